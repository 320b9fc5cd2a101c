"""Case files as a population: one in each file, a list of them, or one a line; each answered as alone."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cobalens.serve.batch import Done, Wanted, people
from cobalens.serve.cohort import cases as cohort_cases
from cobalens.serve.cohort import people as cohort_people
from cobalens.serve.cohort.kinds import FILES, LINES, kind_of
from cobalens.serve.inputs import parts
from tests.cohort.lines_of_people import alone, said_in, worked, write_lines
from tests.cohort.rules_agreement import DOOR
from tests.cohort.runs import ran
from tests.robustness.cases import cases

CASES = {name: {**case, "id": name} for name, case in sorted(cases().items())}
NO_DAY = "1970-01-01"


def lines(folder: Path, name: str = "people.ndjson") -> Path:
    place = folder / name
    place.write_text("\n".join(map(json.dumps, CASES.values())) + "\n")
    return place


def a_list(folder: Path) -> Path:
    place = folder / "people.json"
    place.write_text(json.dumps(list(CASES.values()), indent=1))
    return place


def a_folder(folder: Path) -> Path:
    place = folder / "people"
    place.mkdir()
    lines(place)
    return place


def packed(folder: Path) -> Path:
    place = folder / "people.ndjson.gz"
    place.write_bytes(gzip.compress(lines(folder).read_bytes()))
    return place


@pytest.mark.parametrize("put", [lines, a_list, a_folder, packed])
def test_cases_are_answered_as_alone_however_they_lie(tmp_path: Path, put: Callable[[Path], Path]) -> None:
    source = put(tmp_path)
    run = ran(source, tmp_path / "out")
    assert (run["source"], run["people_aside"]) == (FILES, {})
    said = said_in(tmp_path / "out")
    assert {name for name, _, _ in said} == CASES.keys()
    differ = [
        name for name, day, one in said if one != alone(DOOR, CASES[name], None if day == NO_DAY else day)
    ]
    assert differ == []


def test_a_broken_line_costs_the_person_in_it_and_is_told_by_its_place(tmp_path: Path) -> None:
    good = [json.dumps({key: value for key, value in case.items() if key != "id"}) for case in CASES.values()]
    source = tmp_path / "people.jsonl"
    source.write_text("\n".join([good[0], good[1][:-9], '{"patient": {"age": "old"}}', good[2]]))
    run = ran(source, tmp_path / "out")
    assert (run["people"], run["people_judged"]) == (4, 2)
    assert {name for name, _, _ in said_in(tmp_path / "out")} == {"people#1", "people#4"}
    aside = [json.loads(line) for line in (tmp_path / "out" / "quarantine.ndjson").read_text().splitlines()]
    assert sorted(one["person"] for one in aside if one["person"] in ("people#2", "people#3")) == [
        "people#2",
        "people#3",
    ]


def test_cases_in_yaml_and_toml_are_read_in_a_folder_and_alone(tmp_path: Path) -> None:
    source = tmp_path / "people"
    source.mkdir()
    (source / "a.yaml").write_text(
        "patient: {age: 70}\nfacts:\n  labs:\n  - {analyte: vitamin_b12, value: 120, unit: ng/L}\n"
    )
    (source / "b.toml").write_text(
        'diet = "vegan"\n[[labs]]\nanalyte = "vitamin_b12"\nvalue = 120\nunit = "ng/L"\n'
    )
    assert ran(source, tmp_path / "out")["people_judged"] == 2
    assert ran(source / "a.yaml", tmp_path / "one")["people_judged"] == 1
    assert ran(source / "b.toml", tmp_path / "other")["people_judged"] == 1


def test_a_case_without_a_person_is_one_too(tmp_path: Path) -> None:
    source = tmp_path / "people.ndjson"
    source.write_text('{"labs": [{"analyte": "vitamin_b12", "value": 120, "unit": "ng/L"}]}\n' * 2)
    assert ran(source, tmp_path / "out")["people_judged"] == 2


def test_lines_of_fhir_stay_what_they_are(tmp_path: Path) -> None:
    found = dict(list(worked().items())[:2])
    source = write_lines(found, tmp_path / "export" / "all.ndjson")
    assert kind_of(str(source)) == kind_of(str(source.parent)) == LINES
    lines(source.parent)
    assert kind_of(str(source.parent)) == LINES, "cases beside them are told as lines without a resource"
    source.write_text('{"broken\n' + source.read_text())
    assert kind_of(str(source)) == LINES


def test_a_large_file_of_lines_is_read_in_pieces_and_says_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [
        json.dumps({key: value for key, value in case.items() if key != "id"}) for case in CASES.values()
    ]
    source = tmp_path / "people.ndjson"
    source.write_text("\ufeff" + "\n\n".join([*found[:30], '{"patient": {"age": 6', *found[30:60]]))
    whole = ran(source, tmp_path / "whole")
    monkeypatch.setattr(cohort_cases, "LARGE", 5_000)
    monkeypatch.setattr(cohort_cases, "PIECE", 9_000)
    pieces: list[int | None] = []
    monkeypatch.setattr(
        cohort_people,
        "cases_in",
        lambda called, content, before: (
            pieces.append(before) or cohort_cases.cases_in(called, content, before)
        ),
    )
    parted = ran(source, tmp_path / "parted")
    assert len(pieces) > 3
    assert pieces == sorted({one for one in pieces if one is not None})
    assert (parted["people"], parted["people_judged"]) == (61, 60)
    assert said_in(tmp_path / "parted") == said_in(tmp_path / "whole")
    assert parted["people_aside"] == whole["people_aside"]


def test_an_id_that_is_there_twice_is_two_people_as_for_one_alone_whole_and_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = [("x", 120), ("y", 300), ("x", 900), ("x~2", 150), (7, 150), ("7", 640), ("x", None), (None, 210)]

    def case(name: str | int | None, b12: int | None) -> dict[str, Any]:
        labs = [{"analyte": "vitamin_b12", "value": b12, "unit": "pg/mL", "day": 0}]
        own = {} if name is None else {"id": name}
        return {**own, "patient": {"age": 60 if b12 else "old"}, "facts": {"labs": labs if b12 else []}}

    source = tmp_path / "people.ndjson"
    source.write_text("\n".join(json.dumps(case(*one)) for one in given))
    wanted = Wanted(
        form=None, out=None, audience="clinician", strict=False, show_reading=False, as_of=None,
        pack=DOOR.pack.name, language="en", complete=frozenset(),
    )  # fmt: skip
    said = people(DOOR, parts("people", source.read_bytes()), wanted)
    expected = {one.case.record.id: one.said.answer for one in said if isinstance(one, Done)}
    assert set(expected) == {"x", "y", "x~2", "x~2~2", "7", "7~2", "x~3", "people#8"}
    # Whoever has no result has no latest one.
    del expected["x~3"]
    whole = ran(source, tmp_path / "whole")
    monkeypatch.setattr(cohort_cases, "LARGE", 10)
    monkeypatch.setattr(cohort_cases, "PIECE", 200)
    parted = ran(source, tmp_path / "parted")
    for run, name in ((whole, "whole"), (parted, "parted")):
        assert (run["people"], run["people_judged"], run["set_aside"], run["people_again"]) == (8, 7, {}, 0)
        assert sum(n for fate, n in run["gathered"].items() if "its id was met before" in fate) == 3
        assert {who: said[0] for who, _, said in said_in(tmp_path / name)} == expected
