"""Records as people hold them: odd headings, words for dates, results inside reports. Each is read whole, or says what is not."""

from __future__ import annotations

import json
import pickle
from decimal import Decimal

import pytest

from cobalens.errors import CobalensError
from cobalens.intake import fhir, pasted, tables
from cobalens.intake.account import Account
from cobalens.intake.casefile import read_case
from cobalens.intake.tables.cells import is_date
from cobalens.model.record import UNDATED, Element, Record, Span
from tests.robustness.cases import RULES

DAY = "2026-03-02"
LETTER = "Serum B12 on 3 Feb 2026 was 162 ng/L (ref 197-771). Olaparib since 05/2024."


def person(read: list[Record] | object) -> Record:
    assert isinstance(read, list)
    (record,) = read
    assert isinstance(record, Record)
    return record


def labs(record: Record) -> list[tuple[str, str, int | None]]:
    return [(lab.analyte, lab.text, lab.when.last) for lab in record.labs]


# --- Days in words ------------------------------------------------------------------------------------------------


def test_a_letter_with_days_in_its_words_is_placed_in_time() -> None:
    record = person(pasted.read(LETTER.encode(), RULES, DAY))
    assert record.as_of == DAY
    assert labs(record) == [("vitamin_b12", "162 ng/L", -27)]
    (drug,) = [event for event in record.events if event.concept == "parp_inhibitor"]
    assert drug.start == Span(-670, -640)


@pytest.mark.parametrize(
    "words",
    ["metformin since 2019", "B12 on Feb 3, 2026: 162 ng/L", "gastrectomy 03.02.2020", "until Jan. 2025"],
)
def test_days_as_people_write_them_make_a_note_a_dated_one(words: str) -> None:
    assert read_case({"facts": {"note": words}}, RULES, DAY).as_of == DAY


@pytest.mark.parametrize(
    "words", ["B12 2000 pg/mL", "2019 tablets", "metformin for 6 years", "1-2 glasses", "MCV 100 in 3 weeks"]
)
def test_numbers_that_are_no_days_leave_a_note_as_it_is(words: str) -> None:
    assert read_case({"facts": {"note": words}}, RULES, DAY).as_of is None


def test_a_letter_with_days_in_its_words_needs_a_day_of_decision() -> None:
    with pytest.raises(CobalensError) as refused:
        pasted.read(LETTER.encode(), RULES)
    assert refused.value.code == "as_of_needed"
    assert person(pasted.read(b"Serum B12 162 ng/L, metformin for 6 years", RULES)).as_of is None


@pytest.mark.parametrize(
    ("born", "age", "told"),
    [
        ("12/05/1950", 75, False),
        ("05/12/1950", 75, False),
        ("01/12/1950", 75, True),
        ("13/05/1950", 75, False),
    ],
)
def test_a_birth_date_that_reads_two_ways_gives_the_age_that_both_allow(
    born: str, age: int, told: bool
) -> None:
    record = read_case({"patient": {"birth_date": born}, "facts": {}}, RULES, DAY)
    assert record.age == Decimal(age)
    assert bool(record.notes) == told


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("2025-02-20", True), ("2025-02", True), ("2025-02-20T08:30:00+01:00", True), ("2025-02-20 08:30 AM", True),
        ('2025-02-20,Lab,"B12: >2000 pg/mL"', False), ("2025-02-20 B12 150 pg/mL", False), ("2025-02-20: B12 150", False),
    ],
)  # fmt: skip
def test_a_line_that_begins_with_a_day_is_not_only_a_day(text: str, whole: bool) -> None:
    assert is_date(text) is whole


# --- Tables -------------------------------------------------------------------------------------------------------


def test_a_list_of_events_has_its_results_on_their_days() -> None:
    source = (
        b"Date,Event,Details\n"
        b'2025-01-05,Lab,"Serum B12: 145 pg/mL, MCV 108 fL"\n'
        b"2025-01-12,Injection,hydroxocobalamin 1mg IM\n"
        b'2025-02-20,Lab,"Serum B12: >2000 pg/mL"\n'
    )
    record = person(tables.read(source, RULES, DAY))
    assert labs(record) == [
        ("vitamin_b12", "145 pg/mL", -421), ("mcv", "108 fL", -421), ("vitamin_b12", "> 2000 pg/mL", -375),
    ]  # fmt: skip
    assert "b12_injection" in {event.concept for event in record.events}
    assert [one.where for one in record.elements if one.fate == "understood"] == ["row 1"]


def test_a_note_that_gives_a_day_of_its_own_is_not_put_on_the_day_of_its_row() -> None:
    source = b"Date,Hb (g/dL),Notes\n2026-02-11,11.2,gastrectomy in March 2015 and MCV 108 fL\n"
    record = person(tables.read(source, RULES, DAY))
    (operation,) = [event for event in record.events if event.concept.startswith("gastrectomy")]
    assert (operation.start.last or 0) < -3000


def test_headings_in_german_are_known() -> None:
    source = (
        "Pat-Nr.;Geschlecht;Entnahme;Vit. B12 [pmol/l];Hb [g/dl];Bemerkung\n"
        "4712;m;20.01.2026;>1476;14,0;CML\n4712;m;15.07.2025;98,5;9,8;\n"
    )
    record = person(tables.read(source.encode(), RULES, DAY))
    assert labs(record) == [
        ("vitamin_b12", "> 1476 pmol/l", -41), ("hemoglobin", "14.0 g/dl", -41),
        ("vitamin_b12", "98.5 pmol/l", -230), ("hemoglobin", "9.8 g/dl", -230),
    ]  # fmt: skip
    assert "chronic_myeloid_leukaemia" in {event.concept for event in record.events}
    assert record.not_understood == ()


def test_lines_of_a_text_are_counted_as_the_rows_of_a_table_are() -> None:
    text = "Labor\x1ctory;Vitamin B12 150 pg/mL\nRemark;Hb 9,4 g/dL\n"
    record = person(tables.read(text.encode(), RULES, DAY))
    assert {one.where.split(",")[0].split()[-1] for one in record.elements} <= {"1", "2"}


def test_the_account_of_many_rows_is_written_out_when_it_is_looked_at() -> None:
    made: list[int] = []

    def make() -> tuple[Element, ...]:
        made.append(1)
        return Element("row 2", "B12", "used"), Element("row 3", "MMA", "used")

    account = Account(make)
    assert not made
    assert account == make()
    assert account == Account(make)
    assert account != ()
    assert (len(account), account[0].where, account[1:], [*account][1].text) == (
        2,
        "row 2",
        make()[1:],
        "MMA",
    )
    assert (hash(account), repr(account)) == (hash(make()), repr(make()))
    assert pickle.loads(pickle.dumps(account)) == make()


# --- Printouts ----------------------------------------------------------------------------------------------------


def test_a_portal_that_prints_each_part_and_the_day_on_lines_of_their_own() -> None:
    text = (
        "VITAMIN B12\nYour Value\n268 pg/mL\nStandard Range\n232 - 1,245 pg/mL\n\n"
        "METHYLMALONIC ACID, SERUM\nYour Value\n412 nmol/L\nFlag\nH\nStandard Range\n0 - 378 nmol/L\n\n"
        "Collected on Jan 9, 2026 10:12 AM\n"
    )
    record = person(pasted.read(text.encode(), RULES, DAY))
    assert labs(record) == [("vitamin_b12", "268 pg/mL", -52), ("mma", "412 nmol/L", -52)]
    assert [lab.qualitative for lab in record.labs] == ["normal", "high"]
    assert record.not_understood == ()


def test_a_day_at_the_end_that_nothing_calls_that_of_the_sample_is_not_taken_for_it() -> None:
    record = person(pasted.read(b"Vitamin B12 268 pg/mL\nMCV 101 fL\n\n2026-01-09\n", RULES, DAY))
    assert {lab.when for lab in record.labs} == {UNDATED}


# --- FHIR ---------------------------------------------------------------------------------------------------------


def test_results_that_a_report_carries_in_itself_are_read_with_its_day() -> None:
    report = {
        "resourceType": "DiagnosticReport", "id": "r", "status": "final", "code": {"text": "B12 studies"}, "effectiveDateTime": "2026-02-01",
        "subject": {"reference": "#p"}, "result": [{"reference": "#o"}, {"reference": "#q"}, {"reference": "#none"}],
        "contained": [
            {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1970-01-01"},
            {"resourceType": "Observation", "id": "o", "status": "final", "code": {"text": "B12 total"}, "valueQuantity": {"value": 0.16, "unit": "nmol/L"}},
            {"resourceType": "Observation", "id": "q", "status": "final", "code": {"text": "Intrinsic factor antibody"}, "valueCodeableConcept": {"text": "Positive"}},
        ],
    }  # fmt: skip
    record = person(fhir.read(json.dumps(report).encode(), RULES, DAY))
    assert labs(record) == [("vitamin_b12", "0.16 nmol/L", -29), ("if_antibody", "Positive", -29)]
    assert [one.fate for one in record.elements] == ["used"]


def test_a_panel_that_names_itself_among_its_members_is_read_once() -> None:
    panel = {
        "resourceType": "Observation", "id": "x", "status": "final", "code": {"text": "Panel"}, "hasMember": [{"reference": "#m"}, {"reference": "#x"}],
        "contained": [{"resourceType": "Observation", "id": "m", "status": "final", "code": {"text": "MCV"}, "valueQuantity": {"value": 101, "unit": "fL"}},
                      {"resourceType": "Observation", "id": "x", "status": "final", "code": {"text": "Panel"}, "hasMember": [{"reference": "#x"}]}],
    }  # fmt: skip
    assert labs(person(fhir.read(json.dumps(panel).encode(), RULES, DAY))) == [("mcv", "101 fL", None)]


def test_a_result_that_names_its_person_by_number_finds_them_in_the_second_of_two_copies() -> None:
    patient = {"resourceType": "Patient", "id": "a", "gender": "female"}
    b12 = {"resourceType": "Observation", "status": "final", "code": {"text": "Vitamin B12"}, "valueQuantity": {"value": 150, "unit": "ng/L"},
           "subject": {"identifier": {"value": "77"}}}  # fmt: skip
    entries = [patient, {**patient, "identifier": [{"value": "77"}]}, b12]
    source = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in entries]}
    assert labs(person(fhir.read(json.dumps(source).encode(), RULES, DAY))) == [
        ("vitamin_b12", "150 ng/L", None)
    ]
