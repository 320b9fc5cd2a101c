"""Headings of medicines that are over or on hold, with their list in the line or in the lines below."""

from __future__ import annotations

import pytest
from tests.intake.test_in_passing import meant


@pytest.mark.parametrize(
    ("text", "concepts"),
    [
        ("on hold: pemetrexed", ("pemetrexed",)),
        ("held: methotrexate", ("methotrexate",)),
        ("On hold: pemetrexed, metformin", ("pemetrexed", "metformin")),
        ("Suspended - metformin", ("metformin",)),
        ("Held this week: methotrexate", ("methotrexate",)),
        ("Medications stopped: metformin, omeprazole", ("metformin", "ppi")),
        ("Recently stopped: metformin, omeprazole", ("metformin", "ppi")),
        ("Stopped:\n- metformin 1 g bd\n- omeprazole\nContinues:\n- ramipril", ("metformin", "ppi")),
        ("Discontinued medications:\nmetformin", ("metformin",)),
        ("Previous medication\nmetformin\nomeprazole\n\nCurrent medication\nramipril", ("metformin", "ppi")),
        ("methotrexate held", ("methotrexate",)),
        ("metformin held for contrast scan", ("metformin",)),
    ],
)
def test_what_is_headed_as_over_is_not_taken_now(text: str, concepts: tuple[str, ...]) -> None:
    assert meant(text) == dict.fromkeys(concepts, "past")


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("Omeprazole on hold: metformin continues", "metformin"),
        ("folic acid on hold, methotrexate weekly", "methotrexate"),
        ("Stopped:\n- metformin\nContinues:\n- omeprazole", "ppi"),
        ("Stopped:\n- metformin\nShe takes omeprazole every day for her reflux, and has done so for years.", "ppi"),
        ("Ceased: metformin. Taking omeprazole.", "ppi"),
        ("Clinic held: metformin continues", "metformin"),
        ("Allergies:\nNKDA\nmetformin 500 mg", "metformin"),
    ],
)  # fmt: skip
def test_what_stands_beside_such_a_list_goes_on(text: str, concept: str) -> None:
    assert meant(text)[concept] == "current"


@pytest.mark.parametrize(
    ("text", "concept", "time"),
    [
        ("Had B12 injections in May 2015", "b12_injection", "past"),
        ("Received 6 cycles of FOLFOX in 2021", "oxaliplatin", "past"),
        ("Had B12 injections since 2015", "b12_injection", "current"),
        ("Had 3 B12 injections in October 2026", "b12_injection", "current"),
        ("She had a gastrectomy in 2015 and B12 injections since", "b12_injection", "current"),
    ],
)
def test_a_course_that_was_had_long_ago_is_over(text: str, concept: str, time: str) -> None:
    assert meant(text)[concept] == time
