"""What is denied, queried, planned or said of a relative becomes no cause and no fact of the patient's."""

from __future__ import annotations

import pytest

from cobalens.model.record import Event
from tests.robustness.cases import RULES, cases, judge, read
from tests.robustness.not_said import FITS, Unsaid, unsaid

GENERAL = {"cause:investigate"}
"""Says that a cause is to be looked for; names none."""


def of(how: str) -> list[Unsaid]:
    return [one for name, case in cases().items() for one in unsaid(name, case) if one.how == how]


def causes(case: dict) -> set[str]:
    return {code for code in judge(case).supported() if code.startswith("cause:")} - GENERAL


def is_under(how: str, event: Event) -> bool:
    """Whether a word at the front of the phrase can be meant of it: in "suspected myeloma on lenalidomide" only the disease is."""
    return how != "suspected" or RULES.concepts[event.concept].kind != "drug"


def is_meant(how: str, event: Event) -> bool:
    match how:
        case "denied":
            return not event.affirmed
        case "family":
            return event.family
        case "planned":
            return event.time == "planned" or not event.affirmed
    return event.doubt


@pytest.mark.parametrize("how", ["denied", "family", "suspected"])
def test_it_names_no_cause(how: str) -> None:
    wrong = [
        f"{one.of}: {one.text!r}: {new}" for one in of(how) if (new := causes(one.case) - causes(one.without))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("how", FITS)
def test_its_statements_are_read_as_they_are_meant(how: str) -> None:
    count, wrong = 0, []
    for one in of(how):
        before = {(event.where, event.text) for event in read(one.without).events}
        new = [e for e in read(one.case).events if (e.where, e.text) not in before and e.text in one.text]
        new = [event for event in new if is_under(how, event)]
        count += len(new)
        wrong += [f"{one.text!r}: {event.concept}" for event in new if not is_meant(how, event)]
    assert len(wrong) <= 0.05 * count, "\n".join([f"{len(wrong)} of {count}", *wrong])
