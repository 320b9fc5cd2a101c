"""A message to the comment on each of its patients, as `cobalens interpret` says it, and to the message that carries it."""

from __future__ import annotations

from msgspec import Struct

from cobalens.api import Cobalens
from cobalens.errors import CobalensError
from cobalens.report import hl7v2
from cobalens.serve.batch import Done, Failure, Wanted, people
from cobalens.serve.inputs import Input
from cobalens.serve.listening import refusals
from cobalens.serve.listening.heading import numbered
from cobalens.serve.whereabouts import tell_place

CALLED = "message"
WANTED = Wanted(
    form="hl7", out=None, audience="clinician", strict=True, show_reading=False, as_of=None, pack="", language="",
    complete=frozenset(),
)  # fmt: skip
"""As the command line would ask; pack and language are those of the knowledge that was loaded."""


class Commented(Struct, frozen=True):
    """What is said of one patient of a message."""

    id: str
    lines: tuple[str, ...]
    message: bytes


def commented(door: Cobalens, content: bytes) -> list[Commented] | CobalensError:
    """Everybody, or why the message is refused: it is accepted as a whole or not at all, as its answer says."""
    try:
        found = list(people(door, [Input(CALLED, content)], WANTED))
        for one in found:
            if isinstance(one, Failure):
                return CobalensError(**one.error)
        done = [one for one in found if isinstance(one, Done)]
        return [told(one, place if len(done) > 1 else 0) for place, one in enumerate(done, 1)]
    except Exception as error:  # noqa: BLE001 - whatever a message meets, its sender is answered
        return fault(error)


def told(one: Done, place: int) -> Commented:
    """``place``: of a patient among several."""
    lines = hl7v2.comment(one.said)
    if place:
        # A comment that stands away from its patient must say whose it is.
        parts = (part.where for part in one.case.record.elements if part.where.startswith("PID["))
        whose = next(parts, f"PID[{place}]")
        lines = [f"{hl7v2.SPEAKER}{whose}: {line.removeprefix(hl7v2.SPEAKER)}" for line in lines]
    made = hl7v2.message(one.case, one.said, one.source)
    return Commented(one.said.id, tuple(lines), numbered(made, place or 1))


def fault(error: Exception) -> CobalensError:
    tell_place(error)
    return refusals.broken()
