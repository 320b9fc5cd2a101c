"""A plain Bundle of one person in one pass: what is known of each wording is taken as it stands, and the rest is read in full.

The record is the same as without it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from cobalens.intake.account import Account
from cobalens.intake.fhir.alike import NUL, Series, Told, recalled, say
from cobalens.intake.fhir.bundle import (
    KINDS,
    Directory,
    Piece,
    PlainEntry,
    addresses_of,
    pieces_of,
)
from cobalens.intake.fhir.person import Fate, Person, clock, is_again, on_day, placed
from cobalens.intake.fhir.typed import EMPTY, Observation, Patient, Quantity
from cobalens.model.record import Element

Waiting = Element | tuple[str, Series | Told, str, Quantity, Fate]
"""An element, or the place, wording, number, unit and fate of one that is made when somebody asks."""
LONGEST_NUMBER = 30
NUMBERS = frozenset({int, Decimal})
NO_TIME = (None, "")
AGAIN = Fate("set_aside", "the same result was met before")


def is_of_one(entries: list[PlainEntry]) -> bool:
    """Whether the first is the only Patient, all others name that person, and none is there twice."""
    first = entries[0].resource if entries else None
    if type(first) is not Patient:
        return False
    others: list[Any] = [entry.resource for entry in entries]
    del others[0]
    try:
        whose = {one.subject.reference for one in others}
    except AttributeError:
        # Another Patient, or a resource of nobody.
        return False
    if not whose <= addresses_of(entries[0].full_url, first.id).keys():
        return False
    # Ids are mostly told apart without their kinds.
    count = len(others)
    return len({one.id for one in others}) == count or len({(type(one), one.id) for one in others}) == count


def read_entries(
    entries: list[PlainEntry], content: bytes, person: Person, day: dt.date, in_full: Callable[[Piece, Person], Element]
) -> list[Waiting]:  # fmt: skip
    """All behind the Patient. ``in_full``: reads a resource of which nothing is known yet.

    Nearly all are results of wordings that are known: what there is to do for each of them stands in the loop itself.
    """
    waiting: list[Waiting] = []
    pieces: list[Piece] = []
    known, first, found = person.lexis.known, person.first, person.found
    labs = found.labs
    for place in range(1, len(entries)):
        one = entries[place].resource
        kind = KINDS[type(one)]
        where = f"entry[{place}] {kind}/{one.id[:64]}" if one.id else f"entry[{place}] {kind}"
        if (
            type(one) is Observation
            and (quantity := one.value_quantity) is not None
            and not one.component
            and one.value_codeable_concept is EMPTY
        ):
            told = known.get(
                (
                    one.status, quantity.unit, quantity.code,
                    NUL.join((one.code, one.category, one.interpretation, one.reference_range, one.note)),
                )
            )  # fmt: skip
            if told is not None and told.short:
                number, said = quantity.value, one.effective_date_time
                shown, at = str(number), on_day(said[:10], day) if said[10:11] == "T" else None
                if at is None or not (time := clock(said[10:])):
                    at, time = placed(said.strip(), day) or NO_TIME
                if (
                    at is not None
                    and type(number) in NUMBERS
                    and "E" not in shown
                    and shown[0] != "-"
                    and len(shown) <= LONGEST_NUMBER
                ):
                    if type(told) is Told:
                        say(told, where, found)
                        waiting.append((where, told, shown, quantity, told.fate))
                        continue
                    if type(number) is int:
                        number = Decimal(number)
                    if told.ref_low is None is told.ref_high:
                        agree, word = True, told.word
                    else:
                        agree, word = told.flagged(number)
                    if agree and told.least <= number <= told.most:
                        lab = replace(
                            told.lab, where=where, text=f"{shown} {told.unit}", lo=number, hi=number, when=at, time=time,
                            qualitative=word,
                        )  # fmt: skip
                        if told.unread or told.understood:
                            say(told, where, found)
                        fate = told.fate
                        if (key := (told.analyte, at)) not in first:
                            first[key] = lab
                            labs.append(lab)
                        elif is_again(lab, person):
                            fate = AGAIN
                        else:
                            labs.append(lab)
                        waiting.append((where, told, shown, quantity, fate))
                        continue
        assert not isinstance(one, Patient)
        made = recalled(one, where, person)
        if made is None:
            if not pieces:
                pieces += pieces_of(entries, content)
                person.index = Directory(pieces)
            made = in_full(pieces[place], person)
        waiting.append(made)
    return waiting


def account(first: Element, waiting: list[Waiting]) -> Account:
    return Account(lambda: (first, *map(_made, waiting)))


def _made(one: Waiting) -> Element:
    if isinstance(one, Element):
        return one
    where, told, shown, quantity, fate = one
    return Element(where, f"{told.name} {shown} {quantity.unit or quantity.code}".rstrip(), *fate)
