"""A chart shows what the record holds and nothing else, says it in words and in a table, and is the same bytes each time."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring

from cobalens.api import load
from cobalens.report.case import Case
from cobalens.report.charts import palette
from cobalens.report.charts.chart import Chart
from cobalens.report.charts.evidence import FAMILIES
from cobalens.report.charts.picture import svg
from cobalens.serve.drawing import charts_of

DOOR = load()
SVG = "{http://www.w3.org/2000/svg}"


def b12(value: float | None, day: int | None = 0, unit: str | None = "pmol/L", **more: Any) -> dict[str, Any]:
    placed = {} if day is None else {"day": day}
    return {"analyte": "vitamin_b12", "value": value, "unit": unit, **placed, **more}


def lab(analyte: str, value: float, unit: str, **more: Any) -> dict[str, Any]:
    return {"analyte": analyte, "value": value, "unit": unit, "day": 0, **more}


def person(age: int | None = 62, sex: str = "female", **facts: Any) -> dict[str, Any]:
    return {"patient": {"age": age, "sex": sex}, "facts": facts}


PEOPLE = {
    "one result": person(labs=[b12(98)]),
    "a course of injections": person(
        labs=[b12(v, d, ref_low=145, ref_high=569) for d, v in ((-900, 170), (-500, 98), (-400, 820), (0, 240))],
        medications=[{"name": "hydroxocobalamin", "route": "intramuscular", "start_day": -480, "stop_day": -300}],
    ),
    "two units, beyond the range of the assay": person(
        labs=[
            b12(2000, 0, "ng/L", comparator=">"),
            b12(1500, -100, "ng/L"),
            b12(150, -400, comparator="<"),
            b12(430, -200),
            b12(430, -250, None),
        ]
    ),
    "many tests": person(
        labs=[
            b12(300),
            lab("mma", 310, "nmol/L"),
            lab("homocysteine", 25, "umol/L"),
            lab("hemoglobin", 98, "g/L"),
            lab("mcv", 108, "fL"),
            lab("egfr", 55, "mL/min/1.73m2"),
            lab("creatinine", 90, "umol/L", ref_low=45, ref_high=84),
            lab("if_antibody", 0, "", qualitative="negative") | {"value": None, "unit": None},
        ],
        symptoms=["numb feet", "no diabetes"],
        medications=["metformin"],
    ),
    "a child": person(age=9, labs=[b12(90), lab("hemoglobin", 90, "g/L")], symptoms=["numb feet"]),
    "no result at all": person(symptoms=["tired"]),
    "words that look like markup": person(
        labs=[b12(98)], symptoms=["numb feet <script>alert(1)</script> & \"quoted\""]
    ),
}  # fmt: skip


def case_of(name: str) -> Case:
    return DOOR.case(DOOR.read(PEOPLE[name]))


@cache
def charts(name: str) -> dict[str, Chart]:
    return {one.name: one for one in charts_of(DOOR, case_of(name))}


def values(spec: Any) -> list[dict[str, Any]]:
    """Every row of data anywhere in a definition."""
    if isinstance(spec, dict):
        own = spec["values"] if isinstance(spec.get("values"), list) and spec["values"] and isinstance(spec["values"][0], dict) else []  # fmt: skip
        named = [row for rows in spec.get("datasets", {}).values() for row in rows]
        return [*own, *named, *(row for value in spec.values() for row in values(value))]
    if isinstance(spec, list):
        return [row for value in spec for row in values(value)]
    return []


def marks(spec: Any) -> list[str]:
    """The kind of every mark in a definition."""
    if isinstance(spec, dict):
        own = [spec["mark"]["type"]] if isinstance(spec.get("mark"), dict) else []
        return own + [kind for value in spec.values() for kind in marks(value)]
    return [kind for value in spec for kind in marks(value)] if isinstance(spec, list) else []


@pytest.fixture(scope="module", params=list(PEOPLE))
def drawn(request: pytest.FixtureRequest) -> dict[str, Chart]:
    return charts(request.param)


def test_every_chart_has_a_title_an_alternative_a_key_and_a_table_of_equal_rows(
    drawn: dict[str, Chart],
) -> None:
    for one in drawn.values():
        assert one.title
        assert one.key
        assert one.rows
        assert 20 < len(one.alternative) < 900, one.alternative
        assert "layout:" not in " ".join([one.title, one.alternative, *one.key, *one.header])
        assert {len(row) for row in one.rows} == {len(one.header)}
        assert one.spec["description"] == one.alternative


def test_every_definition_is_valid_vega_lite(drawn: dict[str, Chart]) -> None:
    import altair as alt

    for one in drawn.values():
        alt.Chart.from_dict(one.spec)


def test_every_picture_is_well_formed_named_and_described_and_reaches_for_nothing(
    drawn: dict[str, Chart],
) -> None:
    for one in drawn.values():
        picture = svg(one)
        root = fromstring(picture)
        assert root.get("role") == "img"
        ids = {found.get("id"): found.text for found in root.iter() if found.get("id")}
        assert ids[root.get("aria-labelledby")] == one.title
        assert ids[root.get("aria-describedby")] == one.alternative
        assert not re.search(r"<script|href=|style=|url\((?!#)|graphics-", picture)


def test_a_picture_is_the_same_bytes_again_and_in_another_process() -> None:
    code = (
        "import hashlib, sys; from tests.report.test_charts import charts; from cobalens.report.charts.picture import svg\n"
        "print(*(hashlib.sha256(svg(one).encode()).hexdigest() for one in charts('a course of injections').values()))"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed, "TZ": zone}
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "America/New_York"))
    }  # fmt: skip
    assert len(runs) == 1
    first = charts("a course of injections")["b12-over-time"]
    assert svg(first) == svg(charts("a course of injections")["b12-over-time"])


def test_one_result_is_a_point_without_a_line_and_is_said_to_show_no_trend() -> None:
    one = charts("one result")["b12-over-time"]
    assert "line" not in marks(one.spec)
    assert "no trend" in one.alternative


def test_several_results_of_one_unit_are_joined() -> None:
    assert "line" in marks(charts("a course of injections")["b12-over-time"].spec)


def test_doses_treatment_and_wash_out_are_shown_where_the_record_puts_them() -> None:
    case = case_of("a course of injections")
    one = charts("a course of injections")["b12-over-time"]
    stretches = {(row["first"], row["last"]) for row in values(one.spec) if "words" in row and "last" in row}
    washout = int(case.pack.policies["washout_days"])
    assert (-480.0, -300.0) in stretches
    assert (-300.0, -300.0 + washout) in stretches
    assert "day -480 to day -300" in one.alternative


def test_treatment_without_a_known_beginning_is_told_and_not_shaded() -> None:
    case = DOOR.case(
        DOOR.read(person(labs=[b12(300), b12(200, -300)], medications=["cyanocobalamin tablets"]))
    )
    one = next(chart for chart in charts_of(DOOR, case) if chart.name == "b12-over-time")
    assert not [row for row in values(one.spec) if row.get("words") == "B12 given"]
    assert "beginning not known" in one.alternative


def test_two_units_have_a_panel_each_and_never_share_an_axis() -> None:
    one = charts("two units, beyond the range of the assay")["b12-over-time"]
    panels = one.spec["vconcat"]
    assert len(panels) == 2
    shown = [{row["result"].split()[-1] for row in values(panel) if "result" in row} for panel in panels]
    assert shown == [{"ng/L"}, {"pmol/L"}]


def test_a_result_beyond_the_assay_is_an_arrow_and_never_a_point() -> None:
    one = charts("two units, beyond the range of the assay")["b12-over-time"]
    kinds = {row["words"]: row["kind"] for row in values(one.spec) if "kind" in row}
    assert kinds == {"> 2000": "above", "1500": "exact", "< 150": "below", "430": "exact"}


def test_a_result_without_a_unit_is_in_the_table_and_not_in_the_picture() -> None:
    one = charts("two units, beyond the range of the assay")["b12-over-time"]
    assert [row[3] for row in one.rows if row[0] == "day -250"] == ["not drawn"]
    assert -250 not in {row.get("day") for row in values(one.spec)}
    assert "Not drawn, and listed in the table: 1" in one.alternative


def test_limits_are_drawn_in_the_unit_reported_as_the_pack_publishes_them() -> None:
    one = charts("one result")["b12-over-time"]
    published = {
        Decimal(limit.values["pmol/L"]) for limit in case_of("one result").pack.limits["vitamin_b12"]
    }
    lines = {Decimal(str(row["value"])) for row in values(one.spec) if "place" in row}
    assert lines
    assert lines <= published


def test_no_limit_for_adults_stands_in_a_childs_chart() -> None:
    found = charts("a child")
    assert not [row for row in values(found["b12-over-time"].spec) if "place" in row]
    assert set(found) == {"b12-over-time"}


def test_nobody_without_a_result_gets_a_picture_of_one() -> None:
    assert not {"b12-over-time", "tests-against-limits", "among-people"} & set(charts("no result at all"))


def test_each_test_lies_in_the_band_that_its_limits_give() -> None:
    one = charts("many tests")["tests-against-limits"]
    bands = {row[0]: row[4] for row in one.rows}
    assert bands["total vitamin B12"] == "258 to 664"
    assert bands["methylmalonic acid (MMA)"] == "280 to 400"
    assert bands["mean cell volume (MCV)"] == "100 to 115"
    assert bands["intrinsic factor antibody"] == "no limit to compare with"
    assert "range" in bands["creatinine"]
    framed = {row["test"] for row in values(one.spec) if row.get("here") is True}
    assert framed == set(bands) - {"intrinsic factor antibody"}


@pytest.mark.parametrize(
    ("value", "stretch"),
    [(132.9, "below 133"), (133, "133 to 258"), (258, "133 to 258"), (258.5, "258 to 664")],
)
def test_a_result_on_a_limit_lies_on_the_side_that_the_guideline_says(value: float, stretch: str) -> None:
    case = DOOR.case(DOOR.read(person(labs=[b12(value)])))
    one = next(chart for chart in charts_of(DOOR, case) if chart.name == "tests-against-limits")
    assert one.rows[0][4] == stretch


def test_the_reference_population_is_named_with_what_it_is_not() -> None:
    one = charts("many tests")["among-people"]
    words = " ".join(one.key)
    assert "NHANES 2001-2002" in words
    assert "Bio-Rad" in words
    assert "not people with cancer" in words
    middle = [Decimal(row[3].split()[0]) for row in one.rows]
    assert all(Decimal(row[1].split()[0]) < at < Decimal(row[5].split()[0]) for row, at in zip(one.rows, middle, strict=True))  # fmt: skip
    assert {row[1].split()[1] for row in one.rows} == {"pmol/L"}


def test_for_and_against_rest_on_the_words_of_the_record() -> None:
    one = charts("many tests")["for-and-against-neuropathy-differential"]
    rows = {row[0]: row[1:] for row in one.rows}
    diabetic = next(row for title, row in rows.items() if title.startswith("Diabetic neuropathy"))
    assert "“numb feet”" in diabetic[0]
    assert "diabetes: no" in diabetic[1]
    assert all("red flag" not in cell for row in rows.values() for cell in row)


def test_no_chart_tells_by_colour_alone() -> None:
    """Wherever two kinds of mark share a picture, they differ in shape, edge or words."""
    shapes = json.dumps(charts("many tests")["for-and-against-neuropathy-differential"].spec)
    assert all(f'"shape": "{shape}"' in shapes for shape in ("square", "circle"))
    dashes = json.dumps(charts("a course of injections")["b12-over-time"].spec)
    assert '"strokeDash": [1, 0]' in dashes
    assert '"strokeDash": [3, 3]' in dashes


def contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True])
def test_text_has_a_contrast_of_four_and_a_half_on_every_ground_it_stands_on(dark: bool) -> None:
    def shown(colour: str) -> str:
        return palette.DARK[colour] if dark else colour

    for ground in (palette.PAPER, palette.BAND, palette.OTHER_BAND, palette.DRUG, palette.AFTER):
        assert contrast(shown(palette.INK), shown(ground)) >= 4.5
    for ground in (palette.PAPER, palette.BAND):
        assert contrast(shown(palette.QUIET), shown(ground)) >= 4.5
    for ground in (palette.PAPER, palette.BAND, palette.OTHER_BAND):
        assert contrast(shown(palette.MARK), shown(ground)) >= 3


def test_every_colour_of_a_picture_has_a_counterpart_on_a_dark_screen() -> None:
    for name in PEOPLE:
        for one in charts(name).values():
            used = set(re.findall(r'(?:fill|stroke)="(#[0-9a-fA-F]+)"', svg(one)))
            assert used <= set(palette.DARK), one.name


def test_the_name_of_a_chart_is_the_same_for_everybody() -> None:
    families = [f"for-and-against-{family.replace('_', '-')}" for family in FAMILIES]
    known = ["b12-over-time", "tests-against-limits", "among-people", *families]
    for name in PEOPLE:
        assert [one for one in known if one in charts(name)] == list(charts(name))
