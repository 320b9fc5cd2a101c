"""The facts that rest on statements, along their timelines; what was found of one outline of them is remembered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from cobalens.intake import dates
from cobalens.intake.timelines.reader import NO_LISTS, Outlined, Reader
from cobalens.intake.timelines.statements import (
    ABSENT,
    NO,
    OF_ITSELF,
    OPEN,
    OPEN_VERDICT,
    YES,
    Stated,
    Verdict,
    together,
    verdict,
)
from cobalens.model.facts import Basis, FactValue
from cobalens.model.record import Event, Lab, Record, Span
from cobalens.model.ruleset import Fact

_KEPT, _KEPT_OUTLINES = 16, 4_096
_WORDS = {YES: "yes", NO: "no"}


def read_statements(
    record: Record,
    reader: Reader,
    stated: dict[str, list[Stated]],
    as_of: dt.date | None,
    values: dict[str, FactValue],
) -> None:
    said = [of.outline for statements in stated.values() for of in statements]
    begun = [of.event.start for name in reader.lasting for of in stated.get(name, ())]
    outline = (record.complete, tuple(said), tuple(begun))
    known = reader.outlined.get(outline)
    if known is None:
        if len(reader.outlined) >= _KEPT_OUTLINES:
            reader.outlined.clear()
        known = reader.outlined[outline] = tuple(_outlined(record, reader, stated))
    events = [of.event for statements in stated.values() for of in statements]
    bases: dict[int, Basis] = {}
    for one in known:
        values[one.name] = one.whole or FactValue(
            one.value, basis_of_events([events[place] for place in one.places], as_of, bases), one.note
        )


def _outlined(record: Record, reader: Reader, stated: dict[str, list[Stated]]) -> Iterator[Outlined]:
    """The facts that rest on statements, in the order of the ruleset."""
    told = {place for name in stated for place in reader.by_concept.get(name, ())}
    silent = _silent(record.complete, reader) if record.complete else {}
    listed = [of.event for statements in stated.values() for of in statements]
    places = {id(event): place for place, event in enumerate(listed)}
    for place in sorted(told.union(silent)):
        fact = reader.said[place]
        if place not in told:
            yield Outlined(fact.name, 0, (), "", silent[place])
            continue
        index, one = (
            _answers(fact, reader, stated, record)
            if fact.answers
            else _yes_or_no(fact, reader, stated, record)
        )
        if index or one.events:
            yield Outlined(fact.name, index, tuple(places[id(event)] for event in one.events), one.note)


def _silent(complete: frozenset[str], reader: Reader) -> dict[int, FactValue]:
    """The facts that are a no when nothing at all is said and these lists are complete."""
    found = reader.silent.get(complete)
    if found is None:
        if len(reader.silent) >= _KEPT:
            reader.silent.clear()
        found = reader.silent[complete] = {}
        for place in dict.fromkeys(
            place for name in sorted(complete) for place in reader.by_list.get(name, ())
        ):
            fact = reader.said[place]
            names = reader.named[fact.name].get("")
            if (
                not fact.answers
                and names
                and all(is_complete(name, fact, reader, complete) for name in names)
            ):
                found[place] = FactValue(fact.values.index("no"), (), ABSENT)
    return found


def _yes_or_no(
    fact: Fact, reader: Reader, stated: dict[str, list[Stated]], record: Record
) -> tuple[int, Verdict]:
    one = _over(reader.named[fact.name][""], fact, reader, stated, record)
    word = _WORDS.get(one.value)
    return (fact.values.index(word) if word in fact.values else 0), one


def _answers(
    fact: Fact, reader: Reader, stated: dict[str, list[Stated]], record: Record
) -> tuple[int, Verdict]:
    """A fact with answers of its own: the one answer that is said; two at once are none."""
    found = [
        (name, _over(names, fact, reader, stated, record)) for name, names in reader.named[fact.name].items()
    ]
    held = [(name, one) for name, one in found if one.value == YES]
    if len(held) == 1:
        return fact.values.index(held[0][0]), held[0][1]
    if held:
        events = tuple(event for _, one in held for event in one.events)
        return 0, Verdict(
            OPEN, events, "the record says more than one: " + ", ".join(name for name, _ in held)
        )
    return 0, Verdict()


def _over(
    names: Mapping[str, int], fact: Fact, reader: Reader, stated: dict[str, list[Stated]], record: Record
) -> Verdict:
    verdicts: list[Verdict] = []
    if record.complete:
        open_silence = False
        for name in names:
            here = stated.get(name)
            complete = is_complete(name, fact, reader, record.complete)
            if here or complete:
                verdicts.append(verdict(here or (), fact, complete))
            else:
                open_silence = True
    else:
        said = spoken(names, stated)
        if len(said) == 1:
            one = verdict(stated[said[0]], fact, False)
            # One no among several concepts of which nothing is said is none.
            alone = one.value != NO or len(names) == 1 or fact.timeline in OF_ITSELF
            return one if alone else OPEN_VERDICT
        verdicts += [verdict(stated[name], fact, False) for name in said]
        open_silence = len(said) < len(names)
    # How, and since when, one product is taken is said of that product; silence about another leaves nothing open.
    if open_silence and not (fact.timeline in OF_ITSELF and verdicts):
        if len(verdicts) == 1:
            return OPEN_VERDICT if verdicts[0].value == NO else verdicts[0]
        verdicts.append(OPEN_VERDICT)
    return together(verdicts)


def spoken(names: Mapping[str, int], stated: dict[str, list[Stated]]) -> list[str]:
    """The concepts of which anything is said, in the order in which the fact names them."""
    if len(names) == 1:
        return [name for name in names if name in stated]
    found = [name for name in stated if name in names]
    if len(found) > 1:
        found.sort(key=names.__getitem__)
    return found


def is_complete(name: str, fact: Fact, reader: Reader, complete: frozenset[str]) -> bool:
    """Relatives are on no list of the patient's own, and no list says how a drug was taken."""
    if fact.timeline in ("family", "adherence"):
        return False
    return not complete.isdisjoint(reader.lists.get(name, NO_LISTS) | reader.extra.get(fact.name, NO_LISTS))


@lru_cache(maxsize=16_384)
def _iso_day(day: int, as_of: dt.date | None) -> str | None:
    return dates.iso(Span(day, day), as_of)


def basis_of(of: Lab | Event, when: Span, as_of: dt.date | None) -> Basis:
    first = when.first
    if first is None or first != when.last:
        return Basis(of.text, of.where, dates.iso(when, as_of))
    return Basis(of.text, of.where, _iso_day(first, as_of), first)


def basis_of_events(
    events: Sequence[Event], as_of: dt.date | None, bases: dict[int, Basis] | None = None
) -> tuple[Basis, ...]:
    """``bases``: those of the statements so far, by the address of the statement."""
    bases = {} if bases is None else bases
    found = []
    for event in events:
        known = bases.get(id(event))
        if known is None:
            when = event.start if event.start.known else event.stop
            known = bases[id(event)] = basis_of(event, when, as_of)
        found.append(known)
    return tuple(dict.fromkeys(found)) if len(found) > 1 else tuple(found)
