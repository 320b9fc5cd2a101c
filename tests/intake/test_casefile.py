"""Case files in three formats to records: every key read or reported, dates placed, traps refused with a reason."""

from __future__ import annotations

import contextlib
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.intake.casefile_rules import RULES, case, events, read, unread

from cobalens.errors import CobalensError
from cobalens.intake.casefile import read_case
from cobalens.intake.coding import code_index, concepts_of, system_of
from cobalens.intake.source import MAX_BYTES, read_source
from cobalens.model.record import Span

# --- Formats ------------------------------------------------------------------------------------------------------

JSON = '{"patient": {"age": 67, "pregnant": false}, "facts": {"labs": [{"analyte": "b12", "value": 195.10, "unit": "pg/mL", "day": 0}]}}'
YAML = """
# a case
patient:
  age: 67
  pregnant: false
facts:
  labs:
    - {analyte: b12, value: 195.10, unit: pg/mL, day: 0}
"""
TOML = """
# a case
[patient]
age = 67
pregnant = false
[[facts.labs]]
analyte = "b12"
value = 195.10
unit = "pg/mL"
day = 0
"""


@pytest.mark.parametrize("text", [JSON, YAML, TOML], ids=["json", "yaml", "toml"])
def test_the_same_case_reads_alike_in_every_format_and_numbers_stay_exact(text: str) -> None:
    record = read_case(text.encode(), RULES)
    assert record == read_case(JSON.encode(), RULES)
    assert record.labs[0].lo == Decimal("195.10")
    assert record.age == 67
    assert not events(record, "pregnant")[0].affirmed


def test_a_byte_order_mark_and_sixteen_bit_text_are_read() -> None:
    assert read_case(b"\xef\xbb\xbf" + JSON.encode(), RULES).age == 67
    assert read_case(JSON.encode("utf-16"), RULES).age == 67


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (b"", "empty_input"),
        (b"   \n", "empty_input"),
        (b"\xff\x00\x81", "not_readable_text"),
        (b"{" + b" " * MAX_BYTES + b"}", "file_too_large"),
        (b'{"patient": {"age": 67}', "broken_syntax"),
        (b"[patient]\nage = = 3", "broken_syntax"),
        (b"patient: [1, 2", "broken_syntax"),
        (b"a: &x [1]\npatient: {age: *x}", "broken_syntax"),
        (b'{"patient": {"age": 1, "age": 2}}', "key_given_twice"),
        (b"patient: {age: 1, age: 2}", "key_given_twice"),
        (b'{"a":' * 3000 + b"1" + b"}" * 3000, "nested_too_deeply"),
        (b'{"patient":' + b"[" * 100_000, "nested_too_deeply"),
        (b'{"a":' * 20 + b"1" + b"}" * 20, "nested_too_deeply"),
        (b"patient: " + b"[" * 40 + b"]" * 40, "nested_too_deeply"),
        (b"[1, 2]", "two_people"),
        (b"[{}]", "not_a_case"),
        (b"just words", "unknown_kind"),
        (b"{}", "empty_input"),
        (b'{"resourceType": "Bundle"}', "not_a_case"),
        (b'{"something": 1}', "not_a_case"),
        (b'{"patient": [1]}', "wrong_shape"),
        (b'{"facts": "x"}', "wrong_shape"),
        (b'{"facts": {"labs": "x"}}', "wrong_shape"),
        (b'{"facts": {"note": "' + b"x" * 200_001 + b'"}}', "text_too_long"),
        (b'{"facts": {"symptoms": [' + b"1," * 5_001 + b"1]}}", "too_many_entries"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(source: bytes, code: str) -> None:
    with pytest.raises(CobalensError) as refused:
        read_case(source, RULES)
    assert refused.value.code == code
    assert refused.value.problem


def test_a_refusal_names_the_place_and_no_value() -> None:
    with pytest.raises(CobalensError) as refused:
        read_case(b'{"patient": {"age": 67,\n "name": "Jane Doe" oops}}', RULES)
    assert "line 2" in str(refused.value)
    assert "Jane" not in str(refused.value)


@given(st.binary(max_size=200))
@settings(max_examples=150)
def test_no_bytes_crash_it(source: bytes) -> None:
    with contextlib.suppress(CobalensError):
        assert isinstance(read_source(source), dict)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    [
        "labs",
        "symptoms",
        "medications",
        "diet",
        "note",
        "declared_complete",
        "procedures",
        "goal",
        "family_history",
        "x",
    ]
)
ENTRIES = st.dictionaries(
    st.sampled_from(["analyte", "name", "value", "unit", "day", "date", "dose", "status", "code", "system", "note", "adherence"]),
    VALUES, max_size=5,
)  # fmt: skip


@given(
    st.dictionaries(st.sampled_from(["age", "sex", "pregnant", "birth_date", "name"]), VALUES, max_size=3),
    st.dictionaries(KEYS, VALUES | st.lists(ENTRIES, max_size=3), max_size=4),
)
@settings(max_examples=150, deadline=None)
def test_no_values_crash_it(patient: dict[str, Any], facts: dict[str, Any]) -> None:
    with contextlib.suppress(CobalensError):
        record = read_case({"patient": patient, "facts": facts}, RULES, as_of="2026-01-01")
        assert all(one.where for one in record.not_understood)


# --- Keys ---------------------------------------------------------------------------------------------------------


def test_an_unknown_key_is_reported_with_what_was_probably_meant() -> None:
    record = read_case(
        {"patient": {"agge": 3}, "facts": {"symtoms": ["tingling"], "labs": []}, "zzz": 1}, RULES
    )
    assert unread(record) == {"patient.agge": "age", "facts.symtoms": "symptoms", "zzz": None}
    entry = read(medications=[{"name": "metformin", "dosage": "1 g"}])
    assert unread(entry) == {"medications[0].dosage": "dose"}


def test_facts_may_stand_beside_the_patient() -> None:
    record = read_case({"patient": {"age": 60}, "symptoms": ["tingling"]}, RULES)
    assert events(record, "numbness")


def test_a_list_may_be_one_phrase_and_an_empty_list_denies_nothing() -> None:
    assert events(read(symptoms="tingling"), "numbness")
    assert read(symptoms=[], medications=[]).complete == frozenset()


def test_what_a_worked_case_says_about_itself_is_not_read() -> None:
    told = {
        **case(symptoms=["tingling"]),
        "title": "vegan",
        "expected": {"answer": "both"},
        "origin": {},
        "scenarios": ["vegan"],
    }
    record = read_case(told, RULES)
    assert not events(record, "vegan_diet")
    assert record.not_understood == ()


def test_lists_are_declared_complete_by_name() -> None:
    record = read(declared_complete=["medications", "neurological", "nonsense"])
    assert record.complete == {"drug", "neurological"}
    assert unread(record) == {"declared_complete": None}
    assert read_case(case(), RULES, complete=frozenset({"symptoms"})).complete == {"symptom"}


# --- The person ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (67, 67), ("67", 67), ("67 years", 67), ("67y", 67), (Decimal("67.5"), Decimal("67.5")), ("62-year-old", 62),
        ("6 months", Decimal("0.50")), (None, None), ("unknown", None), ("adult", None), (0, 0), (130, 130),
    ],
)  # fmt: skip
def test_an_age_is_read_in_years(age: Any, expected: Any) -> None:
    assert read({"age": age}).age == expected


@pytest.mark.parametrize("age", [-1, 131, 1958, "1958"])
def test_an_impossible_age_is_refused(age: Any) -> None:
    with pytest.raises(CobalensError, match="between 0 and 130"):
        read({"age": age})


@pytest.mark.parametrize(
    ("born", "age"),
    [("1958-11-24", 67), ("1958-11-25", 66), ("1958-01-01", 67), ("1958-11", 66), ("1958", 66)],
)
def test_a_birth_date_gives_the_age_on_the_day_of_decision(born: str, age: int) -> None:
    record = read({"birth_date": born}, as_of="2025-11-24")
    assert record.age == age
    assert bool(record.notes) == (len(born) < 10)


def test_an_age_and_a_birth_date_that_disagree_are_refused() -> None:
    assert read({"age": 67, "birth_date": "1958-06-01"}, as_of="2026-01-01").age == 67
    with pytest.raises(CobalensError) as refused:
        read({"age": 66, "birth_date": "1958-06-01"}, as_of="2026-01-01")
    assert refused.value.code == "age_disagrees"


def test_a_birth_date_after_the_decision_is_refused() -> None:
    with pytest.raises(CobalensError, match="birth date"):
        read({"birth_date": "2027-01-01"}, as_of="2026-01-01")


@pytest.mark.parametrize(
    ("sex", "expected"), [("female", "female"), ("F", "female"), ("Male", "male"), ("m", "male")]
)
def test_sex_is_a_statement_like_any_other(sex: str, expected: str) -> None:
    assert events(read({"sex": sex}), expected)


def test_an_unstated_sex_is_unknown_and_a_strange_one_is_reported() -> None:
    assert read({"sex": None}).events == read({"sex": "unknown"}).events == ()
    assert "patient.sex" in unread(read({"sex": "purple"}))


@pytest.mark.parametrize(("raw", "affirmed"), [(True, True), (False, False), ("yes", True), ("no", False)])
def test_pregnancy_is_affirmed_or_denied_only_when_stated(raw: Any, affirmed: bool) -> None:
    assert events(read({"pregnant": raw}), "pregnant")[0].affirmed is affirmed
    assert not events(read({"pregnant": None}), "pregnant")


def test_an_age_in_the_note_is_used_when_it_is_the_only_one() -> None:
    assert read(note="A 62-year-old man with tingling.").age == 62
    assert read(note="A 62-year-old man; his 30-year-old daughter is well.").age is None
    assert read({"age": 70}, note="A 62-year-old man.").age == 70


# --- Entries ------------------------------------------------------------------------------------------------------


def test_a_drug_carries_its_dates_route_and_dose() -> None:
    drug = {
        "name": "cyanocobalamin",
        "route": "i.m.",
        "dose": "1000 ug",
        "frequency": "monthly",
        "start_day": -900,
        "stop_day": None,
    }
    one = events(read(medications=[drug]), "b12_unspecified")[0]
    assert (one.start, one.stop.known, one.route, one.dose_text) == (
        Span(-900, -900),
        False,
        "intramuscular",
        "1000 ug, monthly",
    )
    assert one.where == "medications[0]"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, (True, False, "current")),
        ({"status": "active"}, (True, False, "current")),
        ({"status": "refuted"}, (False, False, "current")),
        ({"status": "suspected"}, (True, True, "current")),
        ({"status": "in remission"}, (True, False, "past")),
        ({"status": "planned"}, (True, False, "planned")),
        ({"planned": True}, (True, False, "planned")),
    ],
)
def test_an_entrys_status_is_respected(more: dict[str, Any], expected: tuple[bool, bool, str]) -> None:
    one = events(read(conditions=[{"name": "pernicious anaemia", **more}]), "pernicious_anaemia")[0]
    assert (one.affirmed, one.doubt, one.time) == expected


def test_an_entry_made_in_error_is_not_used_and_said() -> None:
    record = read(conditions=[{"name": "pernicious anaemia", "status": "entered-in-error"}])
    assert record.events == ()
    assert record.notes


def test_a_completed_operation_is_done_not_over() -> None:
    one = events(
        read(procedures=[{"name": "total gastrectomy", "status": "completed", "day": -90}]),
        "total_gastrectomy",
    )[0]
    assert one.time == "current"


def test_family_history_is_said_of_somebody_else() -> None:
    assert events(read(family_history=["pernicious anaemia"]), "pernicious_anaemia")[0].family


def test_planned_treatment_is_planned() -> None:
    assert events(read(planned_treatment=["pemetrexed"]), "pemetrexed")[0].time == "planned"


@pytest.mark.parametrize(
    ("raw", "expected"), [("good", "taken"), (True, "taken"), ("poor", "missed"), (None, None)]
)
def test_adherence_stands_with_the_drug(raw: Any, expected: str | None) -> None:
    one = events(read(medications=[{"name": "cyanocobalamin", "adherence": raw}]), "b12_unspecified")[0]
    assert one.adherence == expected


@pytest.mark.parametrize(
    ("code", "system", "expected"),
    [
        ("A10BA02", "http://www.whocc.no/atc", ("metformin",)),
        ("A10BA02", "ATC", ("metformin",)),
        ("A02BC01", "atc", ("ppi",)),
        ("D51.0", "ICD-10", ("pernicious_anaemia",)),
        ("D510", "icd10", ("pernicious_anaemia",)),
        ("K50.012", "http://hl7.org/fhir/sid/icd-10-cm", ("crohn_disease",)),
        ("34000006", "http://snomed.info/sct", ("crohn_disease",)),
        ("6809", "RxNorm", ("metformin",)),
        ("34000006", "", ("crohn_disease",)),
        ("D51", "icd10", ()),
        ("9999", "snomed", ()),
    ],
)
def test_a_code_means_its_concept_or_the_broader_code_that_holds_it(
    code: str, system: str, expected: tuple[str, ...]
) -> None:
    assert concepts_of(code, system_of(system) if system else None, code_index(RULES.concepts)) == expected


def test_a_coded_entry_is_read_and_an_unknown_code_reported() -> None:
    record = read(conditions=[{"code": "D51.0", "system": "ICD-10"}, {"code": "Z99.9", "system": "ICD-10"}])
    assert events(record, "pernicious_anaemia")[0].text == "ICD-10 D51.0"
    assert list(unread(record)) == ["conditions[1]"]


def test_a_code_and_its_name_are_one_statement() -> None:
    entry = {"code": "A10BA02", "system": "ATC", "name": "metformin", "start_day": -10}
    assert len(events(read(medications=[entry]), "metformin")) == 1


def test_a_strange_entry_is_reported_where_it_stands() -> None:
    record = read(symptoms=[3, {"when": 1}, "tingling"])
    assert {"symptoms[0]", "symptoms[1]", "symptoms[1].when"} <= set(unread(record))
    assert events(record, "numbness")


# --- Results ------------------------------------------------------------------------------------------------------


def test_results_in_a_note_become_results_and_doses_do_not() -> None:
    record = read(note="B12 195 pg/mL, Hb 97 g/L.", medications=["vitamin b12 1000 ug daily"])
    assert [(lab.analyte, lab.lo, lab.where) for lab in record.labs] == [
        ("vitamin_b12", Decimal(195), "note"),
        ("hemoglobin", Decimal(97), "note"),
    ]


def test_a_note_does_not_repeat_a_listed_result() -> None:
    listed = {"analyte": "b12", "value": 195, "unit": "pg/mL", "day": 0}
    assert len(read(labs=[listed], note="B12 195 pg/mL.").labs) == 1


def test_results_may_be_an_object_or_lines_of_text() -> None:
    assert read(labs={"b12": {"value": 195, "unit": "pg/mL"}}).labs[0].lo == 195
    assert read(labs=["B12 195 pg/mL"]).labs[0].lo == 195


def test_the_time_of_a_dated_result_is_kept_for_ties() -> None:
    lab = {"analyte": "b12", "value": 195, "unit": "pg/mL", "date": "2026-01-01T14:05:00"}
    assert read(as_of="2026-01-01", labs=[lab]).labs[0].time.startswith("14:05")


def test_a_name_that_is_no_test_is_reported_with_a_suggestion() -> None:
    record = read(labs=[{"analyte": "vitamin b21", "value": 3, "unit": "pg/mL"}])
    assert record.labs == ()
    assert unread(record) == {"labs[0].analyte": "vitamin b12"}


@pytest.mark.parametrize(
    "source",
    [
        b'{"facts": {"labs": [{"name": "B12", "value": 1e9999999999999999999, "unit": "pg/mL"}]}}',
        b'[[facts.labs]]\nname = "B12"\nvalue = 1e9999999999999999999\nunit = "pg/mL"\n',
    ],
)
def test_a_number_beyond_any_size_is_told_and_is_no_result(source: bytes) -> None:
    (lab,) = read_case(source, RULES).labs
    assert lab.problem
    assert (lab.lo, lab.hi) == (None, None)


@pytest.mark.parametrize(
    "raw", ["maybe", "Maybe?", "possibly", "not sure", "unsure", "could be", "?", "trying"]
)
def test_a_pregnancy_that_nobody_is_sure_of_is_neither_affirmed_nor_denied(raw: str) -> None:
    (event,) = events(read({"pregnant": raw}), "pregnant")
    assert event.doubt


def test_a_no_with_its_reason_is_a_no() -> None:
    assert [e.affirmed for e in events(read({"pregnant": "no - hysterectomy"}), "pregnant")] == [False]
