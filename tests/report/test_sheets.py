"""A sheet is one tagged page that says what it is, holds what the record holds, and counts what it leaves out."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from cobalens.api import load
from cobalens.model.interpretation import Interpretation
from cobalens.report.case import Case
from cobalens.report.pages import URGENT
from cobalens.report.sheets.content import summary_sheet, visit_sheet
from cobalens.report.sheets.paper import fit, pages, pdf
from cobalens.report.sheets.printable import printable
from cobalens.report.sheets.sheet import CLOSING, PICTURE, Sheet
from cobalens.serve.cli import main
from cobalens.serve.drawing import answer_html, cuts_for, sheet_html, sheet_of, sheet_pdf
from tests.report.test_charts import PEOPLE as CHARTED
from tests.report.test_charts import b12, lab, person

CASES = Path(__file__).parent.parent / "cases"
EXAMPLE = Path(__file__).parent.parent.parent / "src" / "cobalens" / "examples" / "published-case.json"
A4, LETTER = (210, 297), (216, 279)
MILLIMETRE = 72 / 25.4
TESTS = (("mma", 310, "nmol/L"), ("hemoglobin", 98, "g/L"), ("mcv", 103, "fL"), ("egfr", 55, "mL/min/1.73m2"),
         ("homocysteine", 25, "umol/L"), ("ferritin", 20, "ug/L"), ("crp", 12, "mg/L"), ("alt", 60, "U/L"),
         ("platelets", 120, "10*9/L"), ("folate_serum", 5, "nmol/L"), ("ldh", 400, "U/L"))  # fmt: skip
EXTREMES: dict[str, dict[str, Any]] = {
    "nothing but an age": person(),
    "five years of results": person(
        labs=[one for day in range(0, -1800, -60) for one in (b12(300 + day / 9, day), *(lab(a, v, u, day=day) for a, v, u in TESTS))],
        symptoms=["numb feet", "unsteady gait", "memory trouble", "sore tongue", "tired", "pale", "weight loss"],
        medications=["metformin", "omeprazole", "oxaliplatin", "capecitabine", "levothyroxine"],
    ),
    "a very long list of medicines": person(
        labs=[b12(98)], medications=[f"preparation zorbaxin number {number} in the morning" for number in range(120)]
    ),
    "very long words": person(labs=[b12(98)], symptoms=["tired " * 800, "wibble" * 900], medications=["q" * 3000]),
    "another script": person(labs=[b12(98)], symptoms=["手足麻木", "онемение ног", "μούδιασμα", "🦶 numb feet", "خدر"]),
    "markup of every kind": person(
        labs=[b12(98)],
        symptoms=["#pagebreak() *bold* $x$ @label <script>alert(1)</script>", "\\documentclass {{ 7 * 7 }} {% raw %}"],
        medications=["#eval(\"1\") & <b>tablet</b>"],
    ),
    "dated, with a range and a comparator": {
        "as_of": "2026-03-02",
        "patient": {"age": 71, "sex": "male"},
        "facts": {"labs": [{"analyte": "vitamin_b12", "value": 2000, "comparator": ">", "unit": "ng/L", "date": "2026-02-28", "ref_low": 200, "ref_high": 900}]},
    },
}  # fmt: skip
WORKED = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(CASES.glob("*.json"))[::12]
}
PEOPLE = {**CHARTED, **EXTREMES, **WORKED}
AUDIENCES = ("patient", "clinician")


@cache
def judged(name: str, language: str = "en") -> tuple[Case, Interpretation]:
    case = PEOPLE[name]
    case = {key: case[key] for key in ("patient", "facts", "as_of", "id") if key in case}
    return load(language=language).judged(case, as_of=case.get("as_of"))


@cache
def made(name: str, audience: str, language: str = "en") -> bytes:
    return sheet_pdf(load(language=language), *judged(name, language), audience)


def text_of(content: bytes) -> str:
    return " ".join(PdfReader(io.BytesIO(content)).pages[0].extract_text().split())


def tags(content: bytes) -> set[str]:
    """The kinds of elements in the structure that a screen reader follows."""
    root = PdfReader(io.BytesIO(content)).trailer["/Root"]["/StructTreeRoot"].get_object()
    found: set[str] = set()
    waiting, seen = [root], 0
    while waiting and seen < 20_000:
        seen += 1
        one = waiting.pop()
        if not hasattr(one, "get"):
            continue
        if "/S" in one:
            found.add(str(one["/S"]))
        kids = one.get("/K", [])
        kids = kids.get_object() if hasattr(kids, "get_object") else kids
        waiting += (
            [kid.get_object() for kid in kids if hasattr(kid, "get_object")]
            if isinstance(kids, list)
            else [kids]
        )
    return found


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("name", list(PEOPLE))
def test_everybodys_sheet_is_one_tagged_page_with_a_title_and_a_language(name: str, audience: str) -> None:
    content = made(name, audience)
    reader = PdfReader(io.BytesIO(content))
    assert len(reader.pages) == 1
    root = reader.trailer["/Root"]
    assert bool(root["/MarkInfo"]["/Marked"])
    assert root["/Lang"] == "en"
    assert bool(root["/ViewerPreferences"]["/DisplayDocTitle"])
    assert reader.metadata is not None
    assert reader.metadata.title
    assert reader.xmp_metadata is not None
    assert b"<pdfuaid:part>1<" in reader.xmp_metadata.stream.get_data()
    assert {"/Document", "/H1", "/H2", "/L", "/LI"} <= tags(content)


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("name", list(PEOPLE))
def test_read_alone_a_sheet_says_what_it_is_and_is_not_by_which_version_and_for_which_day(
    name: str, audience: str
) -> None:
    text = text_of(made(name, audience))
    _, said = judged(name)
    assert "not a diagnosis" in text
    assert f"Cobalens {said.cobalens}" in text
    assert said.pack_basis.title in text
    assert (said.as_of or "the day of the question") in text
    assert "layout:" not in text


@pytest.mark.parametrize("name", list(PEOPLE))
def test_the_visit_sheet_ends_its_questions_with_the_closing_question_and_leaves_lines_to_fill_in(
    name: str,
) -> None:
    text = text_of(made(name, "patient"))
    closing = "Is this a deficiency needing replacement, or a biomarker needing interpretation?"
    assert text.index("Questions to ask") < text.index(closing) < text.index("What we decided")


@pytest.mark.parametrize("name", list(PEOPLE))
def test_a_red_flag_stands_before_everything_else_and_without_one_the_sheet_says_when_to_get_help(
    name: str,
) -> None:
    case, said = judged(name)
    text = text_of(made(name, "patient"))
    flagged = any(one.code.startswith(URGENT) for one in said.supported() if not one.quiet)
    words = "Read this first" if flagged else case.say("learn:same_day").title
    assert text.index(words) < text.index("What the results suggest")


def test_the_results_stand_with_date_unit_and_printed_range() -> None:
    text = text_of(made("dated, with a range and a comparator", "patient"))
    assert "Total vitamin B12 > 2000 ng/L 2026-02-28 200 to 900" in text


@pytest.mark.parametrize("audience", AUDIENCES)
def test_what_does_not_fit_is_counted_and_what_fits_is_not_cut(audience: str) -> None:
    name = "five years of results"
    case, said = judged(name)
    text = text_of(made(name, audience))
    assert re.search(r"and \d+ more in (?:your|the) record", text)
    whole = fit(sheet_of(load(), case, said, audience))
    table = next(part for part in whole.parts if part.kind == "table")
    counted = re.search(r"\d+", table.more)
    assert counted is not None
    measured = [one for one in case.record.labs if not one.derived]
    assert len(table.rows) + int(counted[0]) == len(measured)
    assert table.more in text


@pytest.mark.parametrize("name", ["one result", "many tests"])
def test_a_short_record_is_shown_whole(name: str) -> None:
    case, said = judged(name)
    sheet = sheet_of(load(), case, said, "patient")
    assert fit(sheet) == sheet


@pytest.mark.parametrize("name", list(PEOPLE))
def test_no_letter_is_set_smaller_than_nine_points(name: str) -> None:
    sizes: list[float] = []

    def seen(text: str, _cm: Any, tm: Any, _font: Any, size: float) -> None:
        if text.strip():
            sizes.append(abs(size * tm[3]) if tm else size)

    PdfReader(io.BytesIO(made(name, "patient"))).pages[0].extract_text(visitor_text=seen)
    assert sizes
    assert min(sizes) >= 8.99


@pytest.mark.parametrize("audience", AUDIENCES)
def test_the_page_is_a4_and_its_text_fits_letter_as_well(audience: str) -> None:
    page = PdfReader(io.BytesIO(made("five years of results", audience))).pages[0]
    assert (
        round(float(page.mediabox.width) / MILLIMETRE),
        round(float(page.mediabox.height) / MILLIMETRE),
    ) == A4
    lowest: list[float] = []

    def seen(text: str, cm: Any, tm: Any, _font: Any, _size: float) -> None:
        if text.strip():
            lowest.append(float(page.mediabox.height) - abs(tm[5] * cm[3] + cm[5]))

    page.extract_text(visitor_text=seen)
    assert max(lowest) <= LETTER[1] * MILLIMETRE


def test_several_results_over_time_are_pictured_with_an_alternative() -> None:
    content = made("a course of injections", "patient")
    assert "/Figure" in tags(content)
    case, said = judged("a course of injections")
    sheet = visit_sheet(case, said, cuts_for(load(), case))
    picture = next(part for part in sheet.parts if part.kind == PICTURE)
    assert "4 B12 results in pmol/L" in picture.rows[0][0]


def test_words_of_a_record_are_words_and_never_markup() -> None:
    text = text_of(made("markup of every kind", "patient"))
    assert "*bold* $x$ @label <script>alert(1)" in text
    page = sheet_html(load(), *judged("markup of every kind"), "patient")
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert "49" not in page.split("</style>")[1].split("rules")[0]


DENIED = {
    "Sensation normal": "numbness or tingling",
    "no falls": "falls",
    "Not diabetic": "diabetes",
}


@pytest.mark.parametrize("audience", AUDIENCES)
def test_words_that_deny_by_themselves_are_never_denied_a_second_time(audience: str) -> None:
    case = person(
        labs=[b12(250)],
        symptoms=["Sensation normal", "no falls"],
        conditions=["Not diabetic"],
    )
    door = load()
    text = text_of(sheet_pdf(door, *door.judged(case), audience))
    for words, meaning in DENIED.items():
        assert f"not: {words}" not in text
        assert f"not: {meaning}" in text
        assert f"“{words}”)" in text


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("diet", ["vegan diet", "eats meat"])
def test_the_opposite_of_what_somebody_eats_is_not_told_as_denied(diet: str, audience: str) -> None:
    door = load()
    text = text_of(sheet_pdf(door, *door.judged(person(labs=[b12(250)], diet=diet)), audience))
    assert diet in text
    assert "not: mixed diet" not in text
    assert "not: vegan" not in text


def test_a_short_sheet_gives_each_question_two_lines_to_write_on_and_a_full_one_still_one() -> None:
    def lines(name: str) -> int:
        drawn = PdfReader(io.BytesIO(made(name, "patient"))).pages[0].get_contents()
        assert drawn is not None
        return len(re.findall(rb"0\.6 w [^\n]*l\s+S\b", drawn.get_data()))

    sheet = sheet_of(load(), *judged("one result"), "patient")
    asked = next(len(part.rows) for part in sheet.parts if part.kind == "blanks")
    head = len(sheet.blanks)
    assert lines("one result") == head + 2 * asked
    assert lines("five years of results") == head + asked


def test_limits_beside_a_creatinine_name_the_filtration_rate_whose_limits_they_are() -> None:
    case = person(labs=[b12(256), lab("mma", 757, "nmol/L"), lab("creatinine", 1.4, "mg/dL")])
    door = load()
    sheet = sheet_of(door, *door.judged(case), "clinician")
    rows = next(part.rows for part in sheet.parts if part.kind == "table")
    beside = next(row[-1] for row in rows if row[0] == "Creatinine")
    assert beside.startswith("Estimated filtration rate (eGFR): ")


def test_a_result_told_in_a_word_is_held_against_no_number() -> None:
    case = person(labs=[{"analyte": "vitamin_b12", "qualitative": "low", "day": 0}, lab("mcv", 112, "fL")])
    door = load()
    rows = next(
        part.rows for part in sheet_of(door, *door.judged(case), "clinician").parts if part.kind == "table"
    )
    assert {row[0]: bool(row[-1]) for row in rows} == {
        "Total vitamin B12": False,
        "Mean cell volume (MCV)": True,
    }


def test_every_sign_on_a_keyboard_has_type() -> None:
    case = person(labs=[b12(250), lab("wbc", 3.4, "10^9/L")], symptoms=["tired ~ ^ ` | \\ {}"])
    door = load()
    text = text_of(sheet_pdf(door, *door.judged(case), "patient"))
    assert "10⁹/L" in text
    assert "[…]" not in text


@pytest.mark.parametrize("name", list(WORKED))
def test_the_clinicians_summary_is_the_same_whatever_language_its_reader_chose(name: str) -> None:
    assert made(name, "clinician", "es") == made(name, "clinician")


def test_each_publisher_of_limits_is_named_once() -> None:
    notes = [
        part.note
        for part in sheet_of(load(), *judged("many tests"), "clinician").parts
        if part.note.startswith("Limits: ")
    ]
    assert len(notes) == 1
    named = [one.split(",")[0] for one in notes[0].removeprefix("Limits: ").split("; ")]
    assert len(named) == len(set(named)) > 0


def test_letters_without_type_are_marked_and_the_mark_is_explained() -> None:
    text = text_of(made("another script", "patient"))
    assert "[…]" in text
    assert "has no type for" in text
    assert "онемение" in text


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(words=st.lists(st.text(max_size=60), min_size=1, max_size=6))
def test_any_words_at_all_give_one_page(words: list[str]) -> None:
    case, said = judged("one result")
    sheet = visit_sheet(case, said, cuts_for(load(), case))
    listed = next(part for part in sheet.parts if part.kind == "list")
    from msgspec.structs import replace

    full = replace(sheet, parts=tuple(replace(part, rows=tuple((word,) for word in words)) if part is listed else part for part in sheet.parts))  # fmt: skip
    assert len(PdfReader(io.BytesIO(pdf(full, "[…]", "explained"))).pages) == 1
    assert pages(printable(full, "[…]", "explained")) == 1


@pytest.mark.parametrize("audience", AUDIENCES)
def test_a_sheet_is_the_same_bytes_in_another_process_and_time_zone(audience: str) -> None:
    code = (
        "import hashlib; from tests.report.test_sheets import made\n"
        f"print(hashlib.sha256(made('a course of injections', {audience!r})).hexdigest())"
    )
    runs = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed, "TZ": zone}).stdout
        for seed, zone in (("1", "UTC"), ("7", "Asia/Tokyo"))
    }  # fmt: skip
    assert len(runs) == 1


@pytest.mark.parametrize("name", ["one result", "many tests", "another script"])
def test_the_visit_sheet_is_spanish_where_spanish_is_asked_for(name: str) -> None:
    content = made(name, "patient", "es")
    assert PdfReader(io.BytesIO(content)).trailer["/Root"]["/Lang"] == "es"
    assert len(PdfReader(io.BytesIO(content)).pages) == 1
    english, spanish = (load(language=one).ruleset.text[one] for one in ("en", "es"))
    text = text_of(content)
    for key in ("sheet_visit_title", "sheet_taken", "sheet_questions", "sheet_closing_words"):
        assert spanish[f"layout:{key}"].title in text
        assert english[f"layout:{key}"].title not in text


def test_the_childs_sheet_shows_no_limit_of_an_adult() -> None:
    case, said = judged("a child")
    sheet = summary_sheet(case, said, cuts_for(load(), case))
    table = next(part for part in sheet.parts if part.kind == "table")
    assert {row[4] for row in table.rows} == {""}


def test_a_word_too_long_for_its_column_is_cut_and_says_so() -> None:
    text = text_of(made("very long words", "patient"))
    assert "…" in text
    assert not re.search(r"\S{60}", text)


def test_the_closing_question_is_the_last_thing_before_the_lines() -> None:
    case, said = judged("many tests")
    kinds = [part.kind for part in visit_sheet(case, said, cuts_for(load(), case)).parts]
    assert kinds[-2:] == [CLOSING, "blanks"]


# --- On the command line --------------------------------------------------------------------------------------------


def says(*arguments: str) -> Any:
    return CliRunner().invoke(main, list(arguments))


@pytest.mark.parametrize("audience", AUDIENCES)
def test_the_command_writes_the_sheet_and_the_page(tmp_path: Path, audience: str) -> None:
    for form in ("pdf", "html"):
        out = tmp_path / f"sheet.{form}"
        done = says("interpret", str(EXAMPLE), "--format", form, "--audience", audience, "--out", str(out))
        assert done.exit_code == 0, done.output
        assert out.read_bytes().startswith({"pdf": b"%PDF-", "html": b"<!doctype html>"}[form])


def test_the_page_of_an_answer_needs_nothing_but_itself(tmp_path: Path) -> None:
    out = tmp_path / "answer.html"
    assert says("interpret", str(EXAMPLE), "--format", "html", "--out", str(out)).exit_code == 0
    page = out.read_text(encoding="utf-8")
    assert not re.search(r'(?:src|href)="(?!#)|<script|@import|url\((?!#)', page)
    assert page.count("<svg ") >= 3
    assert page.count("<h1") == 1
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_a_patients_page_weighs_no_diagnoses_in_a_picture() -> None:
    case, said = judged("many tests")
    pages_made = {one: answer_html(load(), case, said, (), one) for one in AUDIENCES}
    assert "Each test against its limits" in pages_made["patient"]
    assert "for-and-against" not in pages_made["patient"]
    assert "for-and-against" in pages_made["clinician"]


def test_pages_of_several_people_are_numbered_files_and_no_id_is_a_file_name(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for name in ("first", "second"):
        (folder / f"{name}.json").write_text(json.dumps(PEOPLE["one result"]), encoding="utf-8")
    done = says("interpret", str(folder), "--format", "pdf", "--out", str(out))
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in out.iterdir()) == ["0001.pdf", "0002.pdf", "map.json"]
    refused = says("interpret", str(folder), "--format", "pdf")
    assert refused.exit_code == 2
    assert "--out" in refused.output


def test_a_sheet_keeps_every_part_it_was_made_with_but_pictures() -> None:
    case, said = judged("a very long list of medicines")
    sheet: Sheet = visit_sheet(case, said, cuts_for(load(), case))
    assert [part.heading for part in fit(sheet).parts] == [
        part.heading for part in sheet.parts if part.kind != PICTURE
    ]


@pytest.mark.parametrize(
    ("case", "asked"),
    [
        (person(labs=[b12(640)], conditions=["Leber's hereditary optic neuropathy"], medications=["cyanocobalamin tablets"]), "Leber's disease"),
        (person(labs=[b12(120)], allergies=["hydroxocobalamin: hives"]), "I reacted to B12 before"),
    ],
)  # fmt: skip
def test_who_may_not_have_every_b12_product_takes_the_question_along(
    case: dict[str, Any], asked: str
) -> None:
    read, said = load().judged(case)
    words = str(visit_sheet(read, said, cuts_for(load(), read)))
    assert asked in words
    on = any(one.code == "action:settle_b12_product" for one in said.supported())
    assert on == ("Leber" in asked) == ("before you next have it" in words)


def test_a_good_level_on_treatment_is_not_called_low_in_a_question() -> None:
    case = person(
        labs=[b12(640)], conditions=["pernicious anaemia"], medications=["hydroxocobalamin injections"]
    )
    words = str(visit_sheet(*(one := load().judged(case)), cuts_for(load(), one[0])))
    assert "Could this make me short of B12" in words
    assert "my B12 is low" not in words


def test_an_age_in_the_notes_stands_in_the_head_and_nowhere_else() -> None:
    case = {"patient": {}, "facts": {"note": "67F. B12 150 ng/L."}}
    words = str(visit_sheet(*(one := load().judged(case)), cuts_for(load(), one[0])))
    assert "67 years" in words
    assert "given in the note" not in words
