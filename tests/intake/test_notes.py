"""Whole notes: clerkings, letters, messages of patients and of those who care for them, read as a person reads them."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cobalens.compiler import load_ruleset
from cobalens.intake.casefile import read_case
from cobalens.model.record import Event, Record

NOTES: list[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "notes.toml").read_text(encoding="utf-8")
)["note"]
MUST, LABS = 0.97, 0.97
"""Shares of what the notes say that must be read."""


def said(event: Event) -> str:
    if event.family:
        return ("@" if event.affirmed else "@-") + event.concept
    if not event.affirmed:
        return "-" + event.concept
    return ("?" if event.doubt else {"past": "~", "planned": ">"}.get(event.time, "")) + event.concept


@cache
def record(place: int) -> Record:
    case = {"patient": {}, "facts": {"note": NOTES[place]["text"]}}
    return read_case(case, load_ruleset(), as_of="2026-11-24")


def read(place: int) -> set[str]:
    one = record(place)
    return {said(event) for event in one.events} | {f"={name}" for name in one.complete}


def results(place: int) -> set[str]:
    found = set()
    for lab in record(place).labs:
        numbered = (lab.lo is not None or lab.hi is not None) and lab.problem is None
        found.add(f"{lab.analyte}={lab.text if numbered else lab.qualitative}".lower())
    return found


def test_nearly_all_that_the_notes_say_is_read() -> None:
    wanted = missing = 0
    report = []
    for place, note in enumerate(NOTES):
        absent = [one for one in note["must"].split() if not set(one.split("|")) & read(place)]
        wanted, missing = wanted + len(note["must"].split()), missing + len(absent)
        report += [f"{note['kind']}: {one}" for one in absent]
    assert 1 - missing / wanted >= MUST, report


def test_nearly_all_results_in_the_notes_are_read() -> None:
    wanted = missing = 0
    report = []
    for place, note in enumerate(NOTES):
        listed = [one.lower() for one in note.get("labs", "").split(";") if one]
        absent = [one for one in listed if one not in results(place)]
        wanted, missing = wanted + len(listed), missing + len(absent)
        report += [f"{note['kind']}: {one}" for one in absent]
    assert 1 - missing / wanted >= LABS, report


@pytest.mark.parametrize("place", range(len(NOTES)), ids=[note["kind"] for note in NOTES])
def test_what_a_note_does_not_say_is_not_read(place: int) -> None:
    assert not set(NOTES[place].get("never", "").split()) & read(place)


@pytest.mark.parametrize(
    "place", [i for i, note in enumerate(NOTES) if "sex" in note], ids=lambda i: NOTES[i]["kind"]
)
def test_age_and_sex_are_taken_from_the_note_where_they_stand_nowhere_else(place: int) -> None:
    one = record(place)
    assert one.age == NOTES[place]["age"]
    assert [e.concept for e in one.events if e.concept in ("male", "female")] == [NOTES[place]["sex"]]


OWN = "My brother has pernicious anaemia. I am 45 and my feet tingle."


@pytest.mark.parametrize(
    ("note", "of_patient", "of_family"),
    [
        ("My dad takes metformin. He is unsteady.", {"metformin", "unsteadiness"}, set()),
        ("My wife was diagnosed with breast cancer. She takes letrozole. Her mother had pernicious anaemia.", {"solid_cancer"}, {"pernicious_anaemia"}),
        ("Filling this in for my grandmother, who has CLL. Her mum had pernicious anaemia.", {"lymphoma"}, {"pernicious_anaemia"}),
        (OWN, {"paraesthesia"}, {"pernicious_anaemia"}),
        ("Mother: pernicious anaemia. Takes metformin.", {"metformin"}, {"pernicious_anaemia"}),
        ("sister pernicious anaemia", set(), {"pernicious_anaemia"}),
        ("Lives with his wife. Numb feet.", {"paraesthesia"}, set()),
        ("Mother has pernicious anaemia, patient well.", set(), {"pernicious_anaemia"}),
        ("Mother had coeliac disease. She eats fish and takes famotidine.", {"h2_blocker"}, {"coeliac_disease"}),
        ("Asks if he may stop. Father had pernicious anaemia.", set(), {"pernicious_anaemia"}),
        ("Gran has had her stomach removed. She is unsteady.", {"total_gastrectomy", "unsteadiness"}, set()),
    ],
)  # fmt: skip
def test_a_relative_is_the_patient_only_where_the_note_is_about_them(
    note: str, of_patient: set[str], of_family: set[str]
) -> None:
    events = read_case({"patient": {"age": 60}, "facts": {"note": note}}, load_ruleset()).events
    own = {e.concept for e in events if e.affirmed and not e.family}
    relatives = {e.concept for e in events if e.affirmed and e.family}
    assert of_patient <= own
    assert of_family == relatives


@pytest.mark.parametrize(
    ("note", "signs"),
    [
        ("a friend says B12 jabs would fix it", set()), ("should I have injections?", set()), ("clinic offers weekly injections", set()),
        ("considering B12 injections", set()), ("recommended to start hydroxocobalamin", set()),
        ("advised B12 tablets but never started", {"-b12_tablets"}), ("was prescribed B12 injections, never attended for them", {"-b12_injection"}),
        ("GP says no need for B12 injections", set()), ("told me to get B12 shots but I have not had any", {"-b12_injection"}),
    ],
)  # fmt: skip
def test_treatment_that_is_only_spoken_of_is_not_given(note: str, signs: set[str]) -> None:
    events = read_case({"patient": {"age": 60}, "facts": {"note": note}}, load_ruleset()).events
    given = {said(e) for e in events if e.concept.startswith("b12_")}
    assert signs <= given
    assert not any(one.startswith("b12_") for one in given)


def test_what_a_dated_note_says_of_times_counts_from_the_day_of_the_note() -> None:
    letter = {
        "date": "2025-03-02",
        "text": "Pernicious anaemia. Hydroxocobalamin injections last given 14 months ago. Numb toes since January 2025.",
    }
    found = read_case(
        {"as_of": "2026-03-02", "patient": {"age": 70}, "facts": {"note": [letter]}}, load_ruleset()
    )
    by_name = {event.concept: event for event in found.events}
    injection = by_name["b12_injection"]
    assert injection.time == "past"
    assert injection.stop.last is not None
    assert -800 < injection.stop.last < -770
    numb = next(event for event in found.events if "numb" in event.text.lower())
    assert numb.start.first is not None
    assert -430 < numb.start.first < -390
    assert by_name["pernicious_anaemia"].start.last == -365
