"""The shortcuts of the reader change nothing: a plain number as `read_lab` reads it, a plain resource as the first of its kind."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cobalens.intake import fhir
from cobalens.intake.casefile import tools_for
from cobalens.intake.entries import Times
from cobalens.intake.fhir import results, straight
from cobalens.intake.fhir.bundle import plain_entries
from cobalens.intake.fhir.coded import Test, _kept, lexis
from cobalens.intake.fhir.person import Person, read_words
from cobalens.intake.laboratory.labs import read_lab
from cobalens.intake.laboratory.testnames import find
from cobalens.intake.words.datedwords import names_a_day
from cobalens.model.record import Span
from tests.records.carried import variants
from tests.records.fhir import writer
from tests.records.fhir.build import AS_OF, LOINC, bundle, concept, door
from tests.records.fhir.mutate import mutated
from tests.records.fhir.test_real import EXAMPLES, FILES

RULES = door().ruleset
CODES = sorted(tools_for(RULES).analytes.loinc)
UNITS = [
    "pg/mL",
    "ng/L",
    "pmol/L",
    "nmol/L",
    "umol/L",
    "g/dL",
    "g/L",
    "fL",
    "10*9/L",
    "10^9/L",
    "10*3/uL",
    "%",
    "U/L",
    "mg/dL",
    "mg/L",
    "ug/L",
    "1",
    "x",
    "mL/min",
]


def person() -> Person:
    tools = tools_for(RULES)
    made: Any = fhir.nothing_yet()
    return Person(tools, lexis(tools), made, None, fhir.directory([]))


@settings(max_examples=600, deadline=None)
@given(
    code=st.sampled_from(CODES), unit=st.sampled_from(UNITS), value=st.one_of(st.integers(-5, 3000), st.decimals("-1", "5000", places=3)),
    flag=st.sampled_from(["", "l", "h", "n", "a", "hh", "zz"]), status=st.sampled_from(["final", "preliminary", "corrected", "cancelled", "unknown", "amended"]),
    low=st.one_of(st.none(), st.integers(0, 400)), high=st.one_of(st.none(), st.integers(0, 1200)),
)  # fmt: skip
def test_a_plain_number_is_read_as_every_number(
    code: str, unit: str, value: int | Decimal, flag: str, status: str, low: int | None, high: int | None
) -> None:  # fmt: skip
    index = tools_for(RULES).analytes
    entry: dict[str, Any] = {
        "value": value,
        "unit": unit,
        "comparator": None,
        "flag": flag or None,
        "status": status,
        "loinc": code,
        "name": "",
    }
    entry |= {key: end for key, end in (("ref_low", low), ("ref_high", high)) if end is not None}
    quick = results.quick(
        entry, Test(index.loinc[code], "", code, (), "", True), "labs[0]", Span(0, 0), person()
    )
    if quick is not None:
        assert (quick, (), ()) == read_lab(entry, "labs[0]", Span(0, 0), index)
    name = index.analytes[index.loinc[code]].label
    if len(find(name, index)) == 1:
        entry |= {"loinc": "", "name": name}
        by_name = results.quick(
            entry, Test(find(name, index)[0], name, agrees=True), "labs[0]", Span(0, 0), person()
        )
        assert by_name is None or (by_name, (), ()) == read_lab(entry, "labs[0]", Span(0, 0), index)


def phrases() -> list[str]:
    """What people write, and what terminologies write."""
    cases = [variants()[name]["facts"] for name in sorted(variants())[::7]]
    said = [one for facts in cases for key in ("symptoms", "conditions") for one in facts[key]]
    said += [
        one["name"]
        for facts in cases
        for key in ("medications", "procedures")
        for one in facts[key]
        if isinstance(one, dict)
    ]
    return [one for one in dict.fromkeys(said) if len(one) <= 200]


DAYS = st.one_of(st.none(), st.integers(-2000, 60))
SPANS = st.builds(
    lambda first, length: Span(first, None if first is None else first + length), DAYS, st.integers(0, 400)
)


@settings(max_examples=250, deadline=None)
@given(
    said=st.sampled_from(phrases()), field=st.sampled_from(["conditions", "medications", "procedures", "symptoms"]), start=SPANS, stop=SPANS,
    others=st.lists(st.tuples(SPANS, SPANS), min_size=1, max_size=6), route=st.sampled_from([None, "oral", "intramuscular"]),
)  # fmt: skip
def test_a_phrase_met_before_says_the_same_with_its_own_days(
    said: str, field: str, start: Span, stop: Span, others: list[tuple[Span, Span]], route: str | None
) -> None:  # fmt: skip
    for first, last in others:
        read_words(said, "before", field, person(), Times(first, last), route)
    here = person()
    again = read_words(said, "here", field, here, Times(start, stop), route)
    _kept.clear()
    anew = person()
    assert again == read_words(said, "here", field, anew, Times(start, stop), route)
    assert (here.found.unread, here.found.understood) == (anew.found.unread, anew.found.understood)


def fresh(raw: bytes) -> list[Any]:
    """Read by a reader that remembers nothing."""
    _kept.clear()
    return list(fhir.read(raw, RULES, AS_OF))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem[:20])
def test_a_file_is_read_the_same_whatever_was_read_before(path: Path) -> None:
    raw = path.read_bytes()
    alone = fresh(raw)
    for other in (EXAMPLES / "us_core.json", FILES[-1]):
        fhir.read(other.read_bytes(), RULES, AS_OF)
    assert fhir.read(raw, RULES, AS_OF) == alone


@pytest.mark.parametrize("start", range(0, 200, 20))
def test_a_strange_input_is_read_the_same_whatever_was_read_before(start: int) -> None:
    inputs = [raw for seed in range(start, start + 20) if (raw := mutated(seed))]
    alone = [outcome(raw, clean=True) for raw in inputs]
    assert [outcome(raw, clean=False) for raw in inputs] == alone


def outcome(raw: bytes, clean: bool) -> Any:
    try:
        return fresh(raw) if clean else list(fhir.read(raw, RULES, AS_OF))
    except fhir.CobalensError as error:
        return error.code


RESULTS = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["final", "final", "corrected", "preliminary", "cancelled", "entered-in-error"]),
        "code": st.sampled_from([concept("", (LOINC, "2132-9")), concept("Vitamin B12", (LOINC, "14685-7")), concept("MCV"), concept("x" * 290, (LOINC, "787-2"))]),
        "effectiveDateTime": st.sampled_from(["2026-02-01", "2025-06", "2026-02-01T08:00:00Z", "2027-01-01", "soon", ""]),
        "valueQuantity": st.fixed_dictionaries(
            {"value": st.sampled_from([110, 150, 1e29, -3, 90.50, 5000000, "150"])},
            optional={"unit": st.sampled_from(["pg/mL", "pmol/L", "fL", "", " "]), "code": st.sampled_from(["pg/mL", "pmol/L", "fL"]),
                      "comparator": st.sampled_from(["<", ">"])},
        ),
    },
    optional={"issued": st.sampled_from(["2026-02-02", "never"]), "category": st.just([concept("", ("", "laboratory"))]),
              "interpretation": st.sampled_from([[concept("", ("", "H"))], [concept("", ("", "L"))], [concept("", ("", "A"))]]),
              "referenceRange": st.sampled_from([[{"low": {"value": 120}, "high": {"value": 900}}], [{"high": {"value": 140, "unit": "pg/mL"}}],
                                                 [{"low": {"value": 100}, "appliesTo": [concept("male")]}], [{"low": {"value": 9}, "high": {"value": 2}}]]), "note": st.sampled_from([[{"text": "numbness of the feet"}], [{"text": "Performed at the main laboratory."}], [{"text": "This assay was changed in 2019; see leaflet."}],
                                       [{"text": "x" * 250}, {"text": "Vitamin B12 was 150 pg/mL last year"}], [{"text": "Sample haemolysed", "time": "2025-01-01"}]])},
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(RESULTS, min_size=1, max_size=4), st.lists(RESULTS, min_size=2, max_size=8))
def test_a_result_is_read_the_same_whatever_results_of_the_test_came_before(
    earlier: list[Any], results: list[Any]
) -> None:
    def raw(given: list[Any]) -> bytes:
        return json.dumps(bundle(*({"resourceType": "Observation", **one} for one in given))).encode()

    one_by_one = [fresh(raw([one])) for one in results]
    fresh(raw(earlier))
    assert [list(fhir.read(raw([one]), RULES, AS_OF)) for one in results] == one_by_one
    again = list(fhir.read(raw(results), RULES, AS_OF))
    assert again == list(fhir.read(raw(results), RULES, AS_OF))
    assert [element.fate for element in again[0].elements] == [
        element.fate for element in fresh(raw(results))[0].elements
    ]


DATES = st.sampled_from(
    [
        "2026-02-01",
        "2019",
        "2024-06",
        "2026-03-02",
        "2026-03-05T08:00:00Z",
        "2027-01-01",
        "soon",
        "2001-05-05",
        "",
    ]
)
STATES = st.sampled_from(
    ["active", "completed", "stopped", "not-done", "resolved", "on-hold", "entered-in-error", "draft", ""]
)
SNOMED = "http://snomed.info/sct"
NAMES = st.sampled_from(
    [concept("", (SNOMED, "84027009")), concept("Pernicious anaemia since 2019"), concept("Numbness of the feet"),
     concept("Nitrous oxide anaesthesia"), concept("Metformin 500 MG Oral Tablet"), concept("Cyanocobalamin 1000 mcg intramuscular"),
     concept("Stress (finding)"), concept("Total gastrectomy"), concept("Screening for malignant neoplasm of breast"), concept("")]
)  # fmt: skip
CODED = {
    name: concept("", ("", name))
    for name in ("active", "resolved", "confirmed", "refuted", "provisional", "encounter-diagnosis")
}
STATEMENTS = st.one_of(
    st.fixed_dictionaries(
        {"resourceType": st.just("Observation"), "effectiveDateTime": DATES, "status": st.sampled_from(["final", "entered-in-error"]),
         "code": st.sampled_from([concept("Tobacco smoking status"), concept("Numbness of the feet"), concept("Blood pressure"), concept("Vitamin B12")])},
        optional={"category": st.sampled_from([[concept("", ("", name))] for name in ("survey", "social-history", "exam", "vital-signs", "laboratory")]),
                  "valueCodeableConcept": st.sampled_from([concept("Former smoker"), concept("yes"), concept("no"), concept("Positive"), concept("since 2019")]),
                  "component": st.just([{"code": concept("Systolic"), "valueQuantity": {"value": 120, "unit": "mmHg"}}]),
                  "valueQuantity": st.just({"value": 140, "unit": "pg/mL"})},
    ),
    st.fixed_dictionaries(
        {"resourceType": st.just("Condition"), "code": NAMES},
        optional={"onsetDateTime": DATES, "abatementDateTime": DATES, "recordedDate": DATES,
                  "clinicalStatus": st.sampled_from([CODED["active"], CODED["resolved"]]),
                  "verificationStatus": st.sampled_from([CODED["confirmed"], CODED["refuted"], CODED["provisional"]]),
                  "category": st.just([CODED["encounter-diagnosis"]])},
    ),
    st.fixed_dictionaries(
        {"resourceType": st.just("MedicationRequest"), "medicationCodeableConcept": NAMES, "status": STATES},
        optional={"authoredOn": DATES, "intent": st.sampled_from(["order", "plan", "option"]),
                  "dosageInstruction": st.one_of(st.just([{"text": "1000 mcg daily"}]), DATES.map(
                      lambda day: [{"timing": {"repeat": {"boundsPeriod": {"start": day}}}}]))},
    ),
    st.fixed_dictionaries(
        {"resourceType": st.just("Procedure"), "code": NAMES, "status": STATES},
        optional={"performedDateTime": DATES, "performedPeriod": st.fixed_dictionaries({}, optional={"start": DATES, "end": DATES})},
    ),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(STATEMENTS, min_size=1, max_size=12), st.lists(STATEMENTS, min_size=1, max_size=4))
def test_a_statement_is_read_the_same_whatever_statements_came_before(
    earlier: list[Any], statements: list[Any]
) -> None:
    def raw(given: list[Any]) -> bytes:
        return json.dumps(bundle(*given)).encode()

    one_by_one = [fresh(raw([one])) for one in statements]
    fresh(raw(earlier))
    assert [list(fhir.read(raw([one]), RULES, AS_OF)) for one in statements] == one_by_one


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(STATEMENTS, RESULTS), min_size=1, max_size=5))
def test_lines_and_a_bundle_of_the_same_resources_say_the_same(resources: list[Any]) -> None:
    whole = bundle(*({"resourceType": "Observation", **one} for one in resources))
    together = fresh(json.dumps(whole).encode())[0]
    lines = fresh(b"\n".join(json.dumps(one["resource"]).encode() for one in whole["entry"]))[0]
    nested = fresh(json.dumps([whole]).encode())[0]
    said = [said_by(one) for one in (together, lines, nested)]
    assert said[0] == said[1] == said[2]


def said_by(record: Any) -> Any:
    """All of a record but its places."""
    return (
        [(lab.analyte, lab.text, lab.when, lab.time, lab.problem) for lab in record.labs],
        [(event.concept, event.text, event.affirmed, event.time, event.start, event.stop) for event in record.events],
        [(one.text, one.fate, one.reason) for one in record.elements],
        record.complete,
    )  # fmt: skip


def test_a_case_is_read_the_same_after_all_the_others() -> None:
    bundles = [json.dumps(writer.bundle(case)).encode() for case in list(variants().values())[:60]]
    alone = [fresh(raw) for raw in bundles]
    assert [list(fhir.read(raw, RULES, AS_OF)) for raw in bundles] == alone


def test_plain_resources_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shortcut is taken, so that the tests above test something."""
    raw = (EXAMPLES / "us_core.json").read_bytes()
    fresh(raw)
    reads = []
    monkeypatch.setitem(fhir.READERS, "Observation", lambda *_: reads.append(1))
    fhir.read(raw, RULES, AS_OF)
    _kept.clear()
    assert reads == []


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(RESULTS.map(lambda one: {"resourceType": "Observation", **one}), STATEMENTS),
        min_size=1,
        max_size=9,
    )
)
def test_one_persons_bundle_is_read_the_same_in_one_pass_and_resource_by_resource(given: list[Any]) -> None:
    named = [
        {**one, "id": f"r{place}", "subject": {"reference": "Patient/p"}} for place, one in enumerate(given)
    ]
    raw = json.dumps(bundle(*named, *({**one, "id": f"again-{one['id']}"} for one in named))).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(straight, "is_of_one", lambda entries: False)
        one_by_one = fresh(raw)
    assert fresh(raw) == one_by_one
    assert list(fhir.read(raw, RULES, AS_OF)) == one_by_one
    entries = plain_entries(raw)
    assert entries is None or straight.is_of_one(entries)


def test_a_bundle_in_which_an_entry_is_of_nobody_known_or_there_twice_is_not_read_in_one_pass() -> None:
    mine = {"subject": {"reference": "Patient/p"}}
    result = {
        "resourceType": "Observation",
        "id": "a",
        "code": concept("MCV"),
        "effectiveDateTime": "2026-01-01",
    }
    others: list[list[Any]] = [
        [result],
        [{**result, "subject": {"reference": "Patient/q"}}],
        [result | mine, result | mine],
        [result | mine, {"resourceType": "Patient", "id": "q"}],
    ]
    for one in others:
        entries = plain_entries(json.dumps(bundle(*one)).encode())
        assert entries is not None
        assert not straight.is_of_one(entries)
    entries = plain_entries(json.dumps(bundle(result | mine)).encode())
    assert entries is not None
    assert straight.is_of_one(entries)


SAID = [
    "Numbness of both feet since 2019",
    "Numbness of both feet since March",
    "Numbness of both feet from 12/2021",
    "Numbness of both feet since 3 Feb",
    "Numbness of both feet for 3 weeks",
    "Numbness of both feet",
]


@pytest.mark.parametrize("said", SAID)
def test_words_that_name_a_day_are_counted_from_each_day_of_decision(said: str) -> None:
    whose = {"subject": {"reference": "Patient/p"}}
    content = json.dumps(
        bundle({"resourceType": "Condition", "id": "c", "code": concept(said), **whose})
    ).encode()
    found = []
    for day in ("2026-03-02", "2026-04-02", "2025-01-05", "2026-03-02"):
        (warm,) = fhir.read(content, RULES, day)
        known = dict(_kept)
        _kept.clear()
        (anew,) = fhir.read(content, RULES, day)
        _kept.clear()
        _kept.update(known)
        assert warm == anew
        assert warm.events
        found.append(warm.events[0].start)
    assert found[0] == found[3]


@pytest.mark.parametrize(
    ("said", "named"), [*((one, True) for one in SAID[:4]), *((one, False) for one in SAID[4:])]
)
def test_it_is_noticed_whether_words_name_a_day(said: str, named: bool) -> None:
    written = json.dumps(concept(said, (LOINC, "2019-1", "a name"))).encode()
    assert names_a_day(("c", written, b"", b"", b""), tools_for(RULES).lexicon) is named
