"""Who, whether and when: every frame around every concept is read as it is meant."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from cobalens.model.record import Event
from tests.robustness.cases import read

with (Path(__file__).parent / "matrix.toml").open("rb") as file:
    MATRIX = tomllib.load(file)
FIELD = {
    "complaint": "symptoms",
    "condition": "conditions",
    "drug": "medications",
    "procedure": "procedures",
}
LIST, NOTE = "its own field", "a note"
FRAMES = [
    (place, kind, frame, meant)
    for part, places in (("frames", (LIST, NOTE)), ("only_in_a_list", (LIST,)))
    for place in places
    for kind, frames in MATRIX[part].items()
    for frame, meant in frames.items()
]


def is_read(meant: str, events: list[Event]) -> bool:
    """Whether what was read of the concept is what was meant; ``not_said`` allows silence."""
    own = [event for event in events if not event.family]
    said = [event for event in own if event.affirmed and not event.doubt and event.time == "current"]
    one = events[0] if events else None
    match meant:
        case "not_said":
            return not said and all(not event.affirmed or event.doubt for event in own)
        case "said":
            return any(event.affirmed and not event.doubt and event.time != "planned" for event in own)
        case "denied":
            return bool(own) and not any(event.affirmed for event in own)
        case "doubted":
            return bool(own) and all(event.affirmed and event.doubt for event in own)
        case "left_open":
            return all(event.affirmed and event.doubt for event in own)
        case "of_relative":
            return one is not None and not own and one.affirmed
        case "denied_of_relative":
            return not own
        case "over":
            return bool(own) and all(event.time == "past" for event in own if event.affirmed)
        case "planned":
            return bool(own) and all(event.time == "planned" for event in own if event.affirmed)
    raise AssertionError(meant)


@pytest.mark.parametrize(
    ("place", "kind", "frame", "meant"), FRAMES, ids=[f"{k} in {p}: {f}" for p, k, f, _ in FRAMES]
)
def test_the_frame_is_read_as_it_is_meant(place: str, kind: str, frame: str, meant: str) -> None:
    wrong = []
    for concept, words in MATRIX["concepts"][kind].items():
        text = frame.format(words)
        facts = {"note": f"{text[0].upper()}{text[1:]}."} if place == NOTE else {FIELD[kind]: [text]}
        events = [event for event in read({"patient": {}, "facts": facts}).events if event.concept == concept]
        if not is_read(meant, events):
            wrong.append(f"{text!r}: {[(e.affirmed, e.doubt, e.family, e.time) for e in events]}")
    assert not wrong, "\n".join(wrong)
