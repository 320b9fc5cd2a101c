"""How far a family history goes, what a dictation wrote out, and results that were taken back."""

from __future__ import annotations

import pytest
from tests.intake.test_classes_of_words import meant
from tests.robustness.cases import RULES

from cobalens.intake.casefile import read_case
from cobalens.intake.prose.dictated import punctuated
from cobalens.model.record import Record


def note(text: str) -> Record:
    return read_case({"patient": {}, "facts": {"note": text}}, RULES)


def own(text: str) -> set[str]:
    return {event.concept for event in note(text).events if event.affirmed and not event.family}


@pytest.mark.parametrize(
    "text",
    [
        "FHx: mother - pernicious anaemia, on injections; father - total gastrectomy",
        "Family history: sister vegan, coeliac; brother T2DM, metformin",
        "FHx mother PA, on B12.",
        "mother has PA, on injections",
        "Her grandson (8) is vegan and on B12",
        "her sister (56) has PA and takes metformin",
    ],
)
def test_what_is_told_further_of_relatives_is_theirs(text: str) -> None:
    assert own(text) <= {"female"}


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("FHx: mother PA, DHx: metformin, omeprazole", "metformin"),
        ("FHx: nil, takes metformin", "metformin"),
        ("FH: mum PA. Takes omeprazole.", "ppi"),
        ("FHx: mother PA, patient vegan", "vegan_diet"),
    ],
)
def test_a_family_history_ends_where_something_else_begins(text: str, concept: str) -> None:
    assert concept in own(text)


def test_marks_that_a_dictation_wrote_out_divide() -> None:
    text = (
        "she has been on metformin for twelve years comma B12 118 pmol/L full stop she denies numbness new paragraph "
        "her sister has pernicious anaemia full stop"
    )
    assert len(punctuated(text)) == len(text)
    assert own(text) == {"metformin"}
    assert [str(lab.lo) for lab in note(text).labs] == ["118"]
    assert punctuated("The train came to a halt, comma or not.") == "The train came to a halt, comma or not."


@pytest.mark.parametrize(
    "text",
    [
        "Vitamin B12 98 pmol/L (previously reported as 980 pmol/L in error)",
        "B12 98 pmol/L, previously reported as 980 pmol/L in error",
        "B12 980 pmol/L reported in error, correct value 98 pmol/L",
        "B12 98 pmol/L (was reported as 980)",
    ],
)
def test_a_result_that_was_reported_wrongly_is_listed_and_not_used(text: str) -> None:
    record = note(text)
    assert [str(lab.lo) for lab in record.labs] == ["98"]
    assert not record.labs[0].when.known or record.labs[0].when.last == 0
    assert any("980" in one.text for one in record.not_understood)


@pytest.mark.parametrize("text", ["Nurse is arranging B12 injections", "GP organising B12 injections"])
def test_what_somebody_arranges_is_still_to_come(text: str) -> None:
    assert meant(text) == {"b12_injection": "planned"}


def test_missed_injections_that_nobody_named_are_of_b12_where_b12_is_spoken_of() -> None:
    assert meant("Known PA. Missed her last 3 injections because of lockdown")["b12_injection"] == "past"
    assert "b12_injection" not in meant("Depot for schizophrenia. Missed his last 2 injections.")
