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
from cobalens.intake.fhir.alike import Series, recalled
from cobalens.intake.fhir.bundle import (
    KINDS,
    Directory,
    Piece,
    PlainEntry,
    addresses_of,
    pieces_of,
)
from cobalens.intake.fhir.person import Fate, Person, clock, on_day, placed
from cobalens.intake.fhir.typed import EMPTY, Observation, Patient, Quantity
from cobalens.model.record import Element, Span

Waiting = Element | tuple[str, Series, str, Quantity, Fate]
"""An element, or the place, wording, number, unit and fate of one that is made when somebody asks."""
LONGEST_NAME, LONGEST_NUMBER = 200, 30
AGAIN = Fate("set_aside", "the same result was met before")


def is_of_one(entries: list[PlainEntry]) -> bool:
    """Whether the first is the only Patient, all others name that person, and none is there twice."""
    first = entries[0].resource if entries else None
    if type(first) is not Patient:
        return False
    addresses = addresses_of(entries[0].full_url, first.id)
    for entry in entries:
        one = entry.resource
        if one is not first and (
            isinstance(one, Patient) or one.subject is None or one.subject.reference not in addresses
        ):
            return False
    # Ids are mostly told apart without their kinds.
    count = len(entries)
    return (
        len({entry.resource.id for entry in entries}) == count
        or len({(type(entry.resource), entry.resource.id) for entry in entries}) == count
    )


def read_entries(
    entries: list[PlainEntry], content: bytes, person: Person, day: dt.date, in_full: Callable[[Piece, Person], Element]
) -> list[Waiting]:  # fmt: skip
    """All behind the Patient. ``in_full``: reads a resource of which nothing is known yet.

    Nearly all are results of wordings that are known: what there is to do for each of them stands in the loop itself.
    """
    waiting: list[Waiting] = []
    pieces: list[Piece] = []
    known, seen, labs = person.lexis.known, person.seen, person.found.labs
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
            flag, usual = one.interpretation, one.reference_range
            told = known.get(
                (
                    bytes(one.code), bytes(one.category), one.status, quantity.unit, quantity.code,
                    b"" if flag is EMPTY else bytes(flag), b"" if usual is EMPTY else bytes(usual),
                )
            )  # fmt: skip
            if type(told) is Series and (result := _result(told, one, quantity.value, day)) is not None:
                number, shown, when, time, word = result
                same = (told.analyte, number, number, told.ucum, word, when, time, None)
                if same in seen:
                    waiting.append((where, told, shown, quantity, AGAIN))
                    continue
                seen.add(same)
                labs.append(
                    replace(
                        told.lab, where=where, text=f"{shown} {told.unit}", lo=number, hi=number, when=when, time=time,
                        qualitative=word,
                    )
                )  # fmt: skip
                waiting.append((where, told, shown, quantity, told.fate))
                continue
            made = None if told is None or type(told) is Series else recalled(one, where, person)
        else:
            assert not isinstance(one, Patient)
            made = recalled(one, where, person)
        if made is None:
            if not pieces:
                pieces += pieces_of(entries, content)
                person.index = Directory(pieces)
            made = in_full(pieces[place], person)
        waiting.append(made)
    return waiting


def _result(
    told: Series, one: Observation, number: Any, day: dt.date
) -> tuple[Decimal, str, Span, str, str | None] | None:
    """The number of a result and how it is shown, its day and time, and what flag and range say; nothing where more is to be said."""
    shown = str(number)
    if type(number) is int:
        number = Decimal(number)
    elif type(number) is not Decimal:
        return None
    if "E" in shown or shown[0] == "-" or len(shown) > LONGEST_NUMBER or len(told.name) > LONGEST_NAME:
        return None
    said = one.effective_date_time
    if said[10:11] != "T" or (when := on_day(said[:10], day)) is None or not (time := clock(said[10:])):
        at = placed(said.strip(), day)
        if at is None:
            return None
        when, time = at
    if told.ref_low is None is told.ref_high:
        word = told.word
    else:
        agree, word = told.flagged(number)
        if not agree:
            return None
    return (number, shown, when, time, word) if told.least <= number <= told.most else None


def account(first: Element, waiting: list[Waiting]) -> Account:
    return Account(lambda: (first, *map(_made, waiting)))


def _made(one: Waiting) -> Element:
    if isinstance(one, Element):
        return one
    where, told, shown, quantity, fate = one
    return Element(where, f"{told.name} {shown} {quantity.unit or quantity.code}".rstrip(), *fate)
