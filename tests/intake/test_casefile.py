"""Case files in three formats to records: every key read or reported, dates placed, traps refused with a reason."""

from __future__ import annotations

import contextlib
import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cobalens.errors import CobalensError
from cobalens.intake import dates
from cobalens.intake.casefile import read_case
from cobalens.intake.coding import code_index, concepts_of, system_of
from cobalens.intake.source import MAX_BYTES, read_source
from cobalens.model.record import Event, Record, Span
from cobalens.model.ruleset import Analyte, Code, Concept, Fact, Pack, Ruleset


def concept(
    name: str, kind: str, *phrases: str, codes: tuple[Code, ...] = (), group: tuple[str, ...] = ()
) -> Concept:
    return Concept(name, kind, name, phrases or (name.replace("_", " "),), codes, group)


CONCEPTS = [
    concept("numbness", "symptom", "numbness", "tingling", group=("neurological",)),
    concept(
        "metformin", "drug", codes=(Code("atc", "A10BA02", "verified"), Code("rxnorm", "6809", "memory"))
    ),
    concept("ppi", "drug", "omeprazole", codes=(Code("atc", "A02BC", "memory"),)),
    concept("pemetrexed", "drug"),
    concept("b12_unspecified", "drug", "cyanocobalamin", "vitamin b12"),
    concept("pernicious_anaemia", "condition", codes=(Code("icd10", "D51.0", "verified"),)),
    concept(
        "crohn_disease",
        "condition",
        codes=(Code("icd10", "K50", "memory"), Code("snomed", "34000006", "memory")),
    ),
    concept("total_gastrectomy", "procedure"),
    concept("vegan_diet", "diet", "vegan"),
    concept("wants_b12_for_energy", "goal", "more energy"),
    concept("walking_affected", "function", "trouble walking"),
    concept("pregnant", "person", "pregnant"),
    concept("female", "person", "female"),
    concept("male", "person", "male"),
]
SEX = Fact(
    "sex",
    "sex",
    ("unknown", "female", "male"),
    "ever",
    (),
    answers={"female": ("female",), "male": ("male",)},
)
RULES = Ruleset(
    hash="toy", compiler="", sources={}, evidence={},
    analytes={
        "vitamin_b12": Analyte("vitamin_b12", "total B12", ("b12", "vitamin b12"), ("pmol/L", "ng/L", "pg/mL"),
                               molar_mass="1355.37", plausible={"pmol/L": ("10", "200000")}),
        "hemoglobin": Analyte("hemoglobin", "haemoglobin", ("hb", "haemoglobin"), ("g/L", "g/dL")),
    },
    concepts={one.name: one for one in CONCEPTS}, facts={"sex": SEX}, policies={}, tables=(),
    packs={"toy": Pack("toy", "Toy", "guideline", {}, {})}, text={},
)  # fmt: skip


def case(patient: dict[str, Any] | None = None, **facts: Any) -> dict[str, Any]:
    return {"patient": patient or {}, "facts": facts}


def read(patient: dict[str, Any] | None = None, as_of: str | None = None, **facts: Any) -> Record:
    return read_case(case(patient, **facts), RULES, as_of)


def events(record: Record, name: str) -> list[Event]:
    return [event for event in record.events if event.concept == name]


def unread(record: Record) -> dict[str, str | None]:
    return {one.where: one.suggestion for one in record.not_understood}


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


# --- Dates --------------------------------------------------------------------------------------------------------


def test_a_record_in_relative_days_keeps_no_date() -> None:
    assert read(as_of="2026-01-01", symptoms=["tingling"]).as_of is None
    assert (
        read(as_of="2026-01-01", medications=[{"name": "metformin", "start_date": "2025-12-31"}]).as_of
        == "2026-01-01"
    )


def test_dated_input_needs_a_day_of_decision() -> None:
    with pytest.raises(CobalensError) as refused:
        read(procedures=[{"name": "total gastrectomy", "date": "2020-01-01"}])
    assert refused.value.code == "as_of_needed"
    with pytest.raises(CobalensError) as refused:
        read(as_of="last week", procedures=[{"name": "total gastrectomy", "date": "2020-01-01"}])
    assert refused.value.code == "date_not_understood"


def test_a_day_of_decision_that_is_no_day_is_refused_even_where_it_is_not_needed() -> None:
    for text in ("soon", "2026", "2026-02-30"):
        with pytest.raises(CobalensError, match="as_of"):
            read(as_of=text, symptoms=["tingling"])


def test_a_case_may_carry_its_own_day_of_decision() -> None:
    record = read_case(
        {
            **case(labs=[{"analyte": "b12", "value": 195, "unit": "pg/mL", "date": "2026-01-01"}]),
            "as_of": "2026-01-11",
        },
        RULES,
    )
    assert (record.as_of, record.labs[0].when) == ("2026-01-11", Span(-10, -10))


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("2026-01-01", Span(0, 0)), ("2025-12-31T09:30:00Z", Span(-1, -1)), ("2025-12", Span(-31, -1)),
        ("2025", Span(-365, -1)), ("20251231", Span(-1, -1)), ("31/12/2025", Span(-1, -1)), ("12/31/2025", Span(-1, -1)),
        ("31 December 2025", Span(-1, -1)), ("Dec 31, 2025", Span(-1, -1)), ("Dec 2025", Span(-31, -1)),
        ("12/2025", Span(-31, -1)), ("31-Dec-2025", Span(-1, -1)), ("01.01.2026", Span(0, 0)),
    ],
)  # fmt: skip
def test_dates_are_intervals_of_days(text: str, span: Span) -> None:
    assert dates.span_of_date(text, dt.date(2026, 1, 1))[0] == span


@pytest.mark.parametrize(
    "text", ["03/04/2025", "2025-13-01", "2025-02-30", "soon", "", "5", "32/01/2025", "1 Foo 2025"]
)
def test_a_date_that_could_mean_two_days_or_none_is_not_guessed(text: str) -> None:
    with pytest.raises(dates.DateError):
        dates.parse_date(text)


@given(st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1)), st.dates(dt.date(1990, 1, 1), dt.date(2050, 1, 1)))
def test_every_iso_date_is_its_distance_in_days(day: dt.date, as_of: dt.date) -> None:
    span, _ = dates.span_of_date(day.isoformat(), as_of)
    assert span.first == span.last == (day - as_of).days
    assert dates.iso(span, as_of) == day.isoformat()


def test_a_day_and_a_date_that_disagree_date_nothing_and_are_said() -> None:
    record = read(
        as_of="2026-01-11", procedures=[{"name": "total gastrectomy", "day": -3, "date": "2020-01-01"}]
    )
    assert not events(record, "total_gastrectomy")[0].start.known
    assert [note.where for note in record.notes] == ["procedures[0]"]
    alike = read(
        as_of="2026-01-11", procedures=[{"name": "total gastrectomy", "day": -10, "date": "2026-01"}]
    )
    assert events(alike, "total_gastrectomy")[0].start == Span(-10, -10)


@pytest.mark.parametrize("day", ["soon", 1.5, True, "NaN"])
def test_a_day_that_is_no_whole_number_is_reported(day: Any) -> None:
    assert "labs[0].day" in unread(read(labs=[{"analyte": "b12", "value": 195, "unit": "pg/mL", "day": day}]))


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
