"""Short forms that open a sentence, and a word that nearly is a medicine: read where it can mean one thing, else suggested."""

from __future__ import annotations

import pytest
from tests.intake.test_in_passing import meant, read, values


@pytest.mark.parametrize(
    "text", ["PA. On injections.", "PA (IF+). Wants to stop.", "Tired. PA; on injections"]
)
def test_capitals_alone_at_the_beginning_are_a_diagnosis(text: str) -> None:
    assert meant(text)["pernicious_anaemia"] == "current"


@pytest.mark.parametrize(
    "text", ["PA chest film clear", "Pa (her father) is well", "Seen by the PA.", "PA views of the chest"]
)
def test_elsewhere_they_are_none(text: str) -> None:
    assert "pernicious_anaemia" not in meant(text)


def test_what_looks_like_a_medicine_is_suggested_and_not_read() -> None:
    (one,) = read("metforminx for pcos").not_understood
    assert (one.text, one.suggestion) == ("metforminx", "metformin")
    assert "metformin" not in meant("metforminx for pcos")


def test_an_arrow_for_what_has_not_changed_may_stand_before_the_number() -> None:
    assert values("Hb ↔ 118 g/L") == {"hemoglobin": "118 g/L"}
