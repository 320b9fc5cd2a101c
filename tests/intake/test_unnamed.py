"""Injections that nobody named: B12 where the words around speak of it, listed where they do not."""

from __future__ import annotations

import pytest
from tests.robustness.cases import RULES

from cobalens.intake.casefile import read_case
from cobalens.model.record import Event, Record


def read(text: str) -> Record:
    return read_case({"patient": {}, "facts": {"note": text}}, RULES)


def injections(text: str) -> list[Event]:
    return [one for one in read(text).events if one.concept == "b12_injection"]


@pytest.mark.parametrize(
    "text",
    [
        "Known low B12, has his jabs every 3 months at the surgery.",
        "B12 120 ng/L. Has injections every 3 months.",
        "PA - jabs 3/12",
        "Breast cancer 2019. Pernicious anaemia. Injections every 3 months.",
        "Prostate cancer. Low B12 last year, jab every 3 months since.",
        "PA and hypertension, injections every 12 weeks",
        "3-monthly injections",
    ],
)
def test_injections_beside_b12_are_of_b12(text: str) -> None:
    assert [(e.affirmed, e.time) for e in injections(text)] == [(True, "current")]


@pytest.mark.parametrize(
    "text",
    [
        "prostate cancer, has his jab every 3 months",
        "prostate cancer, on 3-monthly injections",
        "schizophrenia, 3-monthly injection",
        "gets an injection every month for her bones",
        "has an injection every 3 months at the surgery",
    ],
)
def test_injections_of_nobody_knows_what_are_listed(text: str) -> None:
    assert not injections(text)
    assert [one.suggestion for one in read(text).not_understood] == [
        "the name of the medicine that is injected"
    ]


@pytest.mark.parametrize(
    "text", ["Low B12. Zoladex injections every 12 weeks.", "B12 low. Methotrexate injection every week"]
)
def test_injections_of_another_medicine_are_not_of_b12(text: str) -> None:
    assert not injections(text)


def test_injections_denied_or_only_asked_for_are_not_given() -> None:
    assert not any(e.affirmed for e in injections("B12 was low. Declined regular injections."))
    assert not injections("Low B12. Should she have injections every 3 months?")


@pytest.mark.parametrize(
    "text",
    [
        "B12 shots in 2013. No shots since 2019.",
        "PCP gave B12 shots in 2013 but pt has not had any shots since 2019",
    ],
)
def test_injections_of_which_there_were_none_since_are_over(text: str) -> None:
    assert [(e.affirmed, e.time) for e in injections(text)] == [(True, "past")]


def medicines(*entries: str) -> Record:
    return read_case({"patient": {}, "facts": {"medications": list(entries)}}, RULES)


@pytest.mark.parametrize("text", ["3-monthly injections", "injection every 12 weeks", "on injections"])
def test_in_a_list_of_medicines_an_injection_needs_its_name(text: str) -> None:
    record = medicines(text)
    assert not record.events
    assert record.not_understood


@pytest.mark.parametrize("text", ["B12 jabs 3 monthly", "3 monthly injection for B12", "loading injections"])
def test_with_its_name_or_as_loading_it_is_one_of_b12(text: str) -> None:
    assert "b12_injection" in {e.concept for e in medicines(text).events}
