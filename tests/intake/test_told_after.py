"""What a later sentence, list, mark or remark makes of what was said: stopped since, not yet given, disregarded, grade 0."""

from __future__ import annotations

import pytest

from cobalens.compiler import load_ruleset
from cobalens.intake.casefile import read_case
from cobalens.model.record import Event, Record


def read(text: str) -> Record:
    return read_case({"patient": {}, "facts": {"note": text}}, load_ruleset(), as_of="2026-11-24")


def how(event: Event) -> str:
    if event.family:
        return "@"
    if not event.affirmed:
        return "-"
    return "?" if event.doubt else {"past": "~", "planned": ">"}.get(event.time, "")


def said(text: str) -> set[str]:
    return {how(event) + event.concept for event in read(text).events}


def listed(text: str) -> str:
    return " | ".join(one.text for one in read(text).not_understood)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Takes metformin. Stopped in 2025.", "~metformin"), ("B12 injections for 5 years. Stopped in 2024.", "~b12_injection"),
        ("On omeprazole. Stopped last month by GP.", "~ppi"), ("Metformin. It was stopped in March 2024.", "~metformin"),
        ("On B12 injections; stopped 2024.", "~b12_injection"), ("Vegan. Stopped in 2020.", "~vegan_diet"),
        ("Carboplatin. Stopped after 2 cycles because of numb feet.", "~carboplatin"), ("Metformin for 10 years; stopped last spring.", "~metformin"),
    ],
)  # fmt: skip
def test_the_next_sentence_may_say_that_it_was_stopped(text: str, expected: str) -> None:
    found = said(text)
    assert expected in found
    assert expected.removeprefix("~") not in found


def test_when_it_was_stopped_is_kept() -> None:
    (one,) = read("B12 injections for 5 years. Stopped in 2024.").events
    assert (one.stop.first, one.stop.last) == (-1058, -693)


@pytest.mark.parametrize(
    "text",
    [
        "Metformin. Never stopped.",
        "Metformin. Not stopped.",
        "Takes metformin. Stopped smoking in 2020.",
        "Metformin. Tingling has stopped.",
    ],
)
def test_something_else_that_stopped_or_nothing_leaves_it(text: str) -> None:
    assert "metformin" in said(text)


def test_of_several_it_is_asked_which() -> None:
    text = "Metformin, omeprazole. Stopped in 2024."
    assert said(text) == {"metformin", "ppi"}
    assert "Stopped in 2024" in listed(text)


@pytest.mark.parametrize(
    "text",
    [
        "Medications on admission: metformin, omeprazole.\nMedications stopped: metformin.", "Regular: metformin, omeprazole.\nSTOPPED - metformin",
        "Medications on admission:\n- metformin\n- omeprazole\nMedications stopped:\n- metformin",
    ],
)  # fmt: skip
def test_a_list_of_what_was_stopped_outdates_an_earlier_list(text: str) -> None:
    assert said(text) == {"~metformin", "ppi"}


def test_what_is_begun_again_goes_on() -> None:
    assert "metformin" in said("Stopped: metformin. Restarted metformin in March.")


@pytest.mark.parametrize(
    "text",
    ["Hydroxocobalamin: prescribed, NOT YET GIVEN (awaiting bloods)", "Hydroxocobalamin prescribed but not yet given", "Hydroxocobalamin: not yet given"],
)  # fmt: skip
def test_what_is_prescribed_and_not_yet_given_is_a_plan(text: str) -> None:
    assert said(text) == {">b12_unspecified"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PND nil, SOB nil, CP nil, P+N feet", {"-breathlessness", "paraesthesia"}),
        ("CP nil, numbness", {"paraesthesia"}),
        ("Falls nil, CP none, tingling hands", {"-falls", "paraesthesia"}),
        ("Nil numbness, falls", {"-paraesthesia", "-falls"}),
    ],
)
def test_a_nought_before_a_comma_answers_what_stands_before_it(text: str, expected: set[str]) -> None:
    assert said(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rash G1, diarrhoea G0, neuropathy G2", {"-diarrhoea", "neuropathy_known"}),
        ("CTCAE: neuropathy grade 0, fatigue grade 1", {"-neuropathy_known", "fatigue"}),
    ],
)
def test_a_grade_of_nought_is_a_no(text: str, expected: set[str]) -> None:
    assert said(text) == expected


def test_an_allergy_box_holds_allergies() -> None:
    assert said("Allergy box: hydroxocobalamin - anaphylaxis 2018") == {"b12_allergy"}


def test_what_others_think_is_in_doubt() -> None:
    assert said("My GP thinks I have pernicious anaemia") == {"?pernicious_anaemia"}


def test_what_nobody_collects_is_not_taken() -> None:
    assert "b12_unspecified" not in said("Hydroxocobalamin is on her repeat but she never collects it")


@pytest.mark.parametrize(
    "text",
    [
        "B12 taken at 08:15 180 ng/L",
        "B12 (9am) 180 ng/L",
        "B12 180 ng/L at 12.30pm",
        "B12 at 14:20, fasting: 180 ng/L",
    ],
)
def test_a_time_of_the_day_is_no_result(text: str) -> None:
    assert {lab.text for lab in read(text).labs} <= {"180 ng/L"}
    assert read(text).labs or "180 ng/L" in listed(text)


@pytest.mark.parametrize(
    "text",
    ["B12 4500 ng/L - please disregard, wrong patient", "B12 4500 ng/L H. Please ignore this result - mislabelled sample.", "B12 4500 ng/L (wrong blood in tube)"],
)  # fmt: skip
def test_a_result_that_is_to_be_disregarded_is_not_used(text: str) -> None:
    (lab,) = read(text).labs
    assert (lab.problem, lab.qualitative) == ("cancelled", None)


def test_a_result_in_error_is_no_denial_of_the_vitamin() -> None:
    assert said("B12 reported in error, see amended report.") == set()
    assert said("Pernicious anaemia recorded in error.") == {"-pernicious_anaemia"}


@pytest.mark.parametrize(
    "text",
    ["B12 (ng/L)  Mar 2024: 310  Mar 2025: 240  Mar 2026: 165", "B12 ng/L 03/2024 310, 03/2025 240, 03/2026 165", "B12 (ng/L) Mar 2024: 310 Mar 2025: 240 Mar 2026: 165*"],
)  # fmt: skip
def test_a_row_of_months_with_colons_is_a_row_of_results(text: str) -> None:
    assert [lab.text for lab in read(text).labs] == ["310 ng/L", "240 ng/L", "165 ng/L"]


@pytest.mark.parametrize(
    "text",
    ["Side effects explained: numbness, diarrhoea, mouth ulcers.", "Counselled re numbness and diarrhoea", "Warned about numbness and diarrhoea with oxaliplatin."],
)  # fmt: skip
def test_what_somebody_was_warned_of_is_not_there(text: str) -> None:
    assert not {"paraesthesia", "diarrhoea", "mucositis"} & said(text)


def test_what_stands_apart_from_the_warning_is() -> None:
    assert "paraesthesia" in said("Risks discussed. Numb feet since May.")
    assert "paraesthesia" in said("Side effects: numb feet")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Metformin 1 g BD: dose halved Mar 2026, stopped Jun 2026.", {"~metformin"}),
        ("Metformin: continues, aspirin: stopped", {"metformin"}),
        ("diabetes: yes, coeliac: no", {"diabetes", "-coeliac_disease"}),
    ],
)
def test_what_became_of_a_medicine_is_told_behind_its_colon(text: str, expected: set[str]) -> None:
    assert said(text) == expected


def test_a_week_later_counts_from_what_was_told_before() -> None:
    assert "metformin" in said("They stopped my metformin when I had my stent and restarted it a week later")


@pytest.mark.parametrize(
    ("text", "gas"),
    [("Diplopia (NOS)", False), ("Neuropathy NOS", False), ("Anaemia, NOS", False), ("uses NOS at weekends", True), ("neuropathy, nos use", True)],
)  # fmt: skip
def test_not_otherwise_specified_is_no_gas(text: str, gas: bool) -> None:
    assert ("nitrous_oxide" in said(text)) == gas


def test_a_writer_who_asks_for_themselves_is_the_patient() -> None:
    assert "@b12_unspecified" in said("My wife takes B12 and swears by it, should I?")
    assert "b12_unspecified" not in said("My wife takes B12 and swears by it, should I?")
