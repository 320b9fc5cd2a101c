"""An older letter copied into a note is of its own day, and where that is not told at least not of today."""

from __future__ import annotations

import pytest
from tests.intake.test_in_passing import read

from cobalens.model.record import Span

OF_2019, EARLIER, NOW = Span(-2813, -2813), Span(None, -1), Span(0, 0)


def of_b12(text: str) -> list[tuple[str, Span]]:
    return sorted(((lab.text, lab.when) for lab in read(text).labs), key=lambda one: one[0])


@pytest.mark.parametrize(
    "text",
    [
        "Seen today with tiredness. Letter dated 12/3/2019: Taking metformin. B12 150 ng/L. Numb feet.\nToday: well. B12 420 ng/L",
        "B12 420 ng/L. Tired.\nClinic letter of 12 March 2019:\nB12 150 ng/L. On metformin.",
        "Tired. B12 420 ng/L.\n-----Original Message-----\nFrom: GP\nSent: 12 March 2019\nB12 150 ng/L. On metformin.",
    ],
)
def test_a_letter_with_a_day_is_of_that_day(text: str) -> None:
    assert of_b12(text) == [("150 ng/L", OF_2019), ("420 ng/L", NOW)]
    (metformin,) = (one for one in read(text).events if one.concept == "metformin")
    assert metformin.start == Span(None, -2813)


@pytest.mark.parametrize(
    "text",
    [
        "Feels tired today. On omeprazole.\nPrevious letter copied below:\nTakes metformin 1 g bd. Gastrectomy 2015. B12 150 ng/L.",
        "Today feels well. On omeprazole. ---- forwarded ----\nTakes metformin. Gastrectomy 2015. B12 150 ng/L.",
        "PREVIOUS CORRESPONDENCE:\nB12 150 ng/L. Gastrectomy. Metformin started.\n\nTODAY\nTired. Takes omeprazole.",
    ],
)
def test_a_letter_without_a_day_is_not_of_today(text: str) -> None:
    record = read(text)
    assert of_b12(text) == [("150 ng/L", EARLIER)]
    doubt = {one.concept: one.doubt for one in record.events}
    assert doubt["metformin"]
    assert not doubt["ppi"]
    assert not doubt["gastrectomy_unspecified"]


@pytest.mark.parametrize(
    "text",
    [
        "GP letter: numb feet, takes metformin, B12 150 ng/L",
        "Email from patient: I take metformin. B12 150 ng/L",
        "Sent letter to GP. Takes metformin. B12 150 ng/L.",
        "Summary: takes metformin, B12 150 ng/L",
    ],
)
def test_a_note_that_is_itself_a_letter_is_of_today(text: str) -> None:
    assert of_b12(text) == [("150 ng/L", Span())]
    assert not any(one.doubt for one in read(text).events)


@pytest.mark.parametrize(
    "text", [f"letter {' ' * 5_000}", f"{'-' * 5_000} letter", f"letter{chr(10) * 5_000}"]
)
def test_blanks_and_dashes_beside_a_letter_take_no_time(text: str) -> None:
    assert read(text).labs == ()
