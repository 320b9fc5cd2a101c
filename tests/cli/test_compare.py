"""Compare: two sets of results for one person, what is new in them, and what that changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cobalens.api import load
from cobalens.intake.supposed import added
from cobalens.serve.cli import main

B12 = {"analyte": "vitamin_b12", "value": 195, "unit": "pmol/L", "day": 0}
MMA = {"analyte": "mma", "value": 0.55, "unit": "umol/L", "day": 0}
EGFR = {"analyte": "egfr", "value": 88, "unit": "mL/min/1.73m2", "day": 0}


def case(
    *labs: dict[str, Any], age: int | None = 67, sex: str | None = "female", **facts: Any
) -> dict[str, Any]:
    return {"patient": {"age": age, "sex": sex}, "facts": {"labs": list(labs), **facts}}


@pytest.fixture
def files(tmp_path: Path) -> Any:
    def write(*cases: dict[str, Any]) -> list[str]:
        paths = [tmp_path / f"{number}.json" for number, _ in enumerate(cases)]
        for path, one in zip(paths, cases, strict=True):
            path.write_text(json.dumps(one), encoding="utf-8")
        return [str(path) for path in paths]

    return write


def cobalens_says(*arguments: str, columns: int = 80) -> Result:
    return CliRunner().invoke(main, list(arguments), env={"COLUMNS": str(columns)})


def data(*arguments: str) -> Any:
    said = cobalens_says("compare", *arguments, "--format", "json")
    assert said.exit_code == 0, said.stderr
    return json.loads(said.stdout)


def test_a_result_that_came_back_is_named_with_what_it_changes(files: Any) -> None:
    tree = data(*files(case(B12, EGFR), case(B12, EGFR, MMA)))
    assert [(one["analyte"], one["how"], one["old"], one["new"]) for one in tree["results"]] == [
        ("mma", "new", [], ["0.55 umol/L"])
    ]
    assert (tree["before"]["deficiency"], tree["after"]["deficiency"]) == ("possible", "confirmed")
    assert "next_test:mma" in [one["code"] for one in tree["findings_lost"]]


def test_results_that_changed_or_went_are_told_apart(files: Any) -> None:
    low = {**B12, "value": 90}
    tree = data(*files(case(B12, MMA), case(low)))
    assert {one["analyte"]: one["how"] for one in tree["results"]} == {
        "vitamin_b12": "changed",
        "mma": "gone",
    }


def test_the_order_of_the_entries_is_no_change(files: Any) -> None:
    said = cobalens_says("compare", *files(case(B12, EGFR), case(EGFR, B12)))
    assert "All results are the same." in said.stdout
    assert "Nothing that is said changes." in said.stdout


def test_statements_that_only_one_of_them_makes_are_named(files: Any) -> None:
    tree = data(*files(case(B12, medications=["metformin"]), case(B12, symptoms=["numb feet"])))
    assert tree["statements"] == {"new": ["numb feet"], "gone": ["metformin"]}


def test_a_file_of_new_results_alone_is_added_to_the_old_one(files: Any) -> None:
    alone = {"patient": {}, "facts": {"labs": [{**MMA, "day": None}]}}
    tree = data(*files(case(B12, EGFR, medications=["metformin"]), alone), "--adds")
    assert [one["how"] for one in tree["results"]] == ["new"]
    assert tree["statements"] == {"new": [], "gone": []}
    assert tree["after"]["deficiency"] == "confirmed"


def test_what_is_added_of_another_day_stands_beside_what_was_known_then(files: Any) -> None:
    """Two high results, so far apart, are lasting only where the first stays on the day on which it was taken."""
    high = {"analyte": "vitamin_b12", "value": 1500, "unit": "ng/L"}

    def seen(day: str, **facts: Any) -> dict[str, Any]:
        return {**case({**high, "date": day}, **facts), "as_of": day}

    def lasting(old: str, new: str, **facts: Any) -> bool:
        tree = data(*files(seen(old, **facts), seen(new)), "--adds")
        return "next_test:repeat_b12" not in tree["after"]["next_tests"]

    assert lasting("2026-01-10", "2026-03-10")
    assert lasting("2026-01-10", "2026-02-09")
    assert not lasting("2026-01-10", "2026-02-08")
    assert lasting("2026-03-10", "2026-01-10")


@pytest.mark.parametrize("as_of", ["2026-01-10", None])
def test_what_was_stopped_then_is_longer_ago_when_something_is_added(files: Any, as_of: str | None) -> None:
    old = {**case(B12, medications=["B12 injections, stopped 10 days ago"]), "as_of": as_of}
    new = {**case({**EGFR, "day": None}), "as_of": "2026-03-10"}
    door = load()
    both = added(door.read(old), door.read(new))
    stops = {one.stop.last for one in both.events if one.concept == "b12_injection"}
    assert stops == ({-10 - 59} if as_of else {-10})


@pytest.mark.parametrize(
    ("age", "sex", "words"), [(67, "male", "the sex is another"), (50, "female", "the age is lower")]
)
def test_two_people_are_not_compared(files: Any, age: int, sex: str, words: str) -> None:
    old, new = files(case(B12), case(B12, age=age, sex=sex))
    said = cobalens_says("compare", old, new)
    assert said.exit_code == 2
    assert f"cobalens: {Path(new).name}: This cannot be the person of the other file: {words}." in said.stderr
    assert "the older one first" in said.stderr


def test_a_file_that_cannot_be_read_is_named(files: Any) -> None:
    (good,) = files(case(B12))
    said = cobalens_says("compare", good, "not-there.json")
    assert said.exit_code == 2
    assert "not-there.json" in said.stderr


@pytest.mark.parametrize("columns", [80, 120])
def test_the_text_fits_and_says_results_first(files: Any, columns: int) -> None:
    said = cobalens_says("compare", *files(case(B12, EGFR), case(B12, EGFR, MMA)), columns=columns)
    assert said.stdout.startswith(
        "What is new or changed in the results\n- Methylmalonic acid (MMA): not there before"
    )
    assert "possible → confirmed" in said.stdout
    assert max(map(len, said.stdout.splitlines())) <= columns


def test_it_can_be_written_to_a_file(files: Any, tmp_path: Path) -> None:
    out = tmp_path / "out" / "difference.txt"
    said = cobalens_says("compare", *files(case(B12), case(B12, MMA)), "--out", str(out))
    assert (said.exit_code, said.stdout) == (0, "")
    assert out.read_text(encoding="utf-8").startswith("What is new or changed")
