"""Rows among the results that name a finding: blasts, fragments, a germ."""

from __future__ import annotations

from typing import Any

import pytest
from tests.robustness.cases import RULES

from cobalens.intake.casefile import read_case
from cobalens.intake.recognise import read_people
from cobalens.model.record import Record


def read(**row: Any) -> tuple[dict[str, bool], list[str]]:
    case = {"patient": {"age": 50, "sex": "male"}, "facts": {"labs": [{"day": 0, **row}]}}
    record = read_case(case, RULES)
    found = {e.concept: e.affirmed for e in record.events if e.concept != "male"}
    return found, [one.text for one in record.not_understood]


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ({"analyte": "blast_cells", "value": 18, "unit": "%"}, {"blasts": True}),
        ({"analyte": "blast_cells", "value": 0, "unit": "%"}, {"blasts": False}),
        ({"analyte": "red cell fragments", "value": 1, "unit": "%", "ref_high": 1}, {"red_cell_fragments": False}),
        ({"analyte": "helmet_cells", "value": None, "qualitative": "present"}, {"red_cell_fragments": True}),
        ({"analyte": "helmet_cells", "value": None, "qualitative": "negative"}, {"red_cell_fragments": False}),
        ({"analyte": "helicobacter_pylori", "value": "positive"}, {"helicobacter": True}),
        ({"analyte": "helicobacter_pylori", "value": "negative"}, {"helicobacter": False}),
    ],
)  # fmt: skip
def test_a_finding_among_the_results_is_read_as_the_finding_it_is(
    row: dict[str, Any], found: dict[str, bool]
) -> None:
    assert read(**row) == (found, [])


@pytest.mark.parametrize(
    "row",
    [
        {"analyte": "blast_cells", "value": None},
        {"analyte": "helmet_cells", "value": 2, "comparator": "<"},
        {"analyte": "methotrexate", "value": 0.2, "unit": "umol/L"},
        {"analyte": "cannot say what this is", "value": "positive"},
    ],
)
def test_a_row_without_a_finding_or_without_a_result_stays_not_understood(row: dict[str, Any]) -> None:
    found, unread = read(**row)
    assert not found
    assert unread


def test_a_finding_among_the_results_keeps_the_day_of_its_row() -> None:
    case = {
        "patient": {"age": 50, "sex": "male"},
        "facts": {"labs": [{"analyte": "blast_cells", "value": 9, "unit": "%", "day": -40}]},
    }
    [event] = [e for e in read_case(case, RULES).events if e.concept == "blasts"]
    assert event.start.first == -40
    assert event.where == "labs[0]"


@pytest.mark.parametrize("amount", ["few", "Occasional", "rare", "several seen", "moderate", "+"])
@pytest.mark.parametrize("name", ["Schistocytes", "red cell fragments", "helmet_cells", "blasts"])
def test_how_much_of_it_the_film_shows_says_that_it_is_there(name: str, amount: str) -> None:
    found, unread = read(analyte=name, value=amount)
    assert list(found.values()) == [True]
    assert unread == []


@pytest.mark.parametrize("kind", ["ST", "TX", "CWE"])
@pytest.mark.parametrize("amount", ["few", "occasional", "rare"])
def test_a_message_says_so_too(kind: str, amount: str) -> None:
    value = f"^{amount}" if kind == "CWE" else amount
    message = "\r".join(
        (
            r"MSH|^~\&|LAB|H|EMR|H|202501010900||ORU^R01|1|P|2.5.1",
            "PID|1||P1||||19600101|F",
            "OBR|1|||FBC^FBC|||202501010800",
            f"OBX|1|{kind}|800-3^Schistocytes^LN||{value}||||||F",
        )
    )
    (record,) = read_people(message.encode(), RULES, "2025-02-01")
    assert isinstance(record, Record)
    assert [e.affirmed for e in record.events if e.concept == "red_cell_fragments"] == [True]


def test_how_much_of_a_test_is_no_result_of_it() -> None:
    case = {"facts": {"labs": [{"analyte": "vitamin_b12", "value": "few", "day": 0}]}}
    record = read_case(case, RULES)
    assert [lab.problem for lab in record.labs] == ["not_a_number"]
    assert not record.events


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ({"analyte": "blood_film", "qualitative": "oval macrocytes"}, {"oval_macrocytes": True}),
        ({"analyte": "blood_film", "value": "no schistocytes seen"}, {"red_cell_fragments": False}),
        ({"analyte": "bone_marrow", "value": "megaloblastic"}, {"marrow_megaloblastic": True}),
    ],
)
def test_what_a_row_says_in_words_of_a_picture_is_read_as_words(
    row: dict[str, Any], found: dict[str, bool]
) -> None:
    assert read(**row) == (found, [])


def test_words_that_say_nothing_known_leave_the_row_not_understood() -> None:
    assert read(analyte="blood_film", value="normal") == ({}, ["blood_film"])
