"""Statements about concepts in SQL: which are looked at how, and one row a person with every answer packed in words.

A statement says no, leaves open or says yes, a bit each; of several a yes outweighs an open one, and that a no.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from cobalens.engines.sql.timelines.layout import WORD, Frame, Place
from cobalens.model.cohort import COMPLETE, lists_of
from cobalens.model.ruleset import Fact, Ruleset

RISE_PERSISTENT = "rise_persistent"
SAMPLE_BEFORE, SAMPLE_AFTER = "sample_before_dose", "sample_after_dose"
SAID_SO = (RISE_PERSISTENT, SAMPLE_BEFORE, SAMPLE_AFTER)
"""Concepts that bear on timelines of results, whether or not a fact reads them."""

_BITS = 3
_LOW = sum(1 << shift for shift in range(0, WORD, _BITS))
_OF_ITSELF = ("adherence", "begun", "lasting")
"""Timelines on which each product speaks for itself: silence about another one leaves nothing open."""
_NO_LIST = ("family", "adherence", "spoken")
"""Relatives are on no list of the patient's own, and no list says how a drug was taken."""
TIMELINES = frozenset(
    {
        "ever",
        "current",
        "lasting",
        "begun",
        "planned",
        "current_or_planned",
        "suspected",
        "family",
        "adherence",
    }
)


class Look(Struct, frozen=True, order=True):
    """One way of looking at the statements about a concept."""

    timeline: str
    lingers: int = 0
    within: int | None = None
    routes: tuple[str, ...] = ()
    at_least: int = 0
    """For so many days it must go on already, or so long ago it must have begun."""


EVER = Look("ever")
SPOKEN = Look("spoken")
"""Whether anything at all was said of the concept."""


class Statements(Struct, frozen=True):
    """Which concepts are looked at in which ways, and where the code of each lies."""

    ruleset: Ruleset
    numbers: dict[str, int]
    places: dict[tuple[str, Look], Place]
    words: int
    lists: tuple[str, ...]
    routeless: frozenset[str]

    def looks_at(self, name: str) -> tuple[Look, ...]:
        return tuple(look for one, look in self.places if one == name)


def looks_of(fact: Fact, concept: str) -> tuple[Look, ...]:
    """The ways in which a fact looks at one of its concepts."""
    routes = fact.routed.get(concept, ())
    if fact.timeline == "current_or_planned":
        return (
            Look("current", fact.lingers, None, routes),
            Look("planned", 0, fact.within, routes),
        )
    lingers = fact.lingers if fact.timeline == "current" else 0
    within = fact.within if fact.timeline == "planned" else None
    return (Look(fact.timeline, lingers, within, routes, fact.for_at_least or 0),)


def concepts_of(fact: Fact) -> tuple[str, ...]:
    """The concepts whose yes is the fact's yes."""
    return tuple(dict.fromkeys((*fact.of, *fact.routed)))


def statements_of(ruleset: Ruleset, facts: Iterable[Fact], dosing: Sequence[Fact]) -> Statements:
    """``facts`` rest on statements alone; ``dosing`` reads the doses of its concepts."""
    wanted: dict[tuple[str, Look], None] = {
        (name, EVER): None for name in SAID_SO if name in ruleset.concepts
    }
    for fact in facts:
        names = [name for group in fact.answers.values() for name in group] or list(concepts_of(fact))
        for name in names:
            for look in looks_of(fact, name):
                wanted[name, look] = None
            if fact.timeline in _OF_ITSELF:
                wanted[name, SPOKEN] = None
    for fact in dosing:
        for name in concepts_of(fact):
            wanted[name, EVER] = None
    places: dict[tuple[str, Look], Place] = {}
    word, shift = 0, 0
    # What bears on doses comes first: these words are looked at for themselves.
    first = {*SAID_SO, *(name for fact in dosing for name in concepts_of(fact))}
    for name in sorted({name for name, _ in wanted}, key=lambda one: (one not in first, one)):
        here = sorted({look for one, look in wanted if one == name}, key=order_of)
        if shift + _BITS * len(here) > WORD:
            word, shift = word + 1, 0
        for look in here:
            places[name, look] = Place(word, shift)
            shift += _BITS
    numbers = {name: i for i, name in enumerate(sorted({name for name, _ in wanted}))}
    routeless = frozenset(name for fact in ruleset.facts.values() for name in fact.routed)
    return Statements(ruleset, numbers, places, word + 1, lists_of(ruleset), routeless)


def order_of(look: Look) -> tuple[str, int, int, tuple[str, ...], int]:
    within = -1 if look.within is None else look.within
    return (look.timeline, look.lingers, within, look.routes, look.at_least)


# --- Planes -------------------------------------------------------------------------------------------------------


def bits(
    s: Statements,
    frame: Frame,
    name: str = "bits",
    words: Iterable[int] | None = None,
    beside: Sequence[tuple[str, str]] = (),
    joins: str = "",
) -> str:
    """Per word (or these words alone) the planes yes, no (silence in a complete list among them) and silence; ``told`` is 1 for yes and 2 for no.

    ``beside``: columns and their names that ``joins`` brings. They are joined here, before there are planes to carry along.
    """
    inner, planes = [], []
    for word in range(s.words) if words is None else words:
        w = f"COALESCE(w.w{word}, 0)"
        inner += [f"{w} & {_LOW} AS no_said{word}", f"({w} >> 1) & {_LOW} AS open{word}"]
        inner += [f"({w} >> 2) & {_LOW} AS yes{word}", f"{_complete_mask(s, word)} AS absent{word}"]
        silent = f"({_LOW} - (no_said{word} | open{word} | yes{word}))"
        denied = f"(no_said{word} - (no_said{word} & (open{word} | yes{word})))"
        no = f"{denied} | ({silent} & absent{word})"
        planes += [f"yes{word}", f"{silent} AS silent{word}", f"{no} AS no{word}"]
        planes.append(f"yes{word} | (({no}) << 1) AS told{word}")
    inner += [f"{column} AS {one}" for column, one in beside]
    planes += [one for _, one in beside]
    lists = ", ".join(f"p.{COMPLETE}{one}" for one in s.lists)
    return (
        f"{name} AS (SELECT person_id, index_day, {', '.join(COMPLETE + one for one in s.lists)}, {', '.join(planes)} FROM ("
        f"SELECT p.person_id, p.index_day, {lists}, {', '.join(inner)} FROM person p "
        f"LEFT JOIN said_words w ON {frame.on('w', 'p')}{joins}) AS b)"
    )


def _complete_mask(s: Statements, word: int) -> str:
    masks: dict[str, int] = {}
    for (name, look), place in s.places.items():
        concept = s.ruleset.concepts.get(name)
        if place.word == word and concept is not None and look.timeline not in _NO_LIST:
            for one in {concept.kind, *concept.group}:
                masks[one] = masks.get(one, 0) | place.weight
    cases = [f"(CASE WHEN p.{COMPLETE}{one} THEN {mask} ELSE 0 END)" for one, mask in sorted(masks.items())]
    return " | ".join(cases) or "0"


# --- From words to facts ------------------------------------------------------------------------------------------


def masks(s: Statements, wanted: Iterable[tuple[str, Look]]) -> dict[int, int]:
    found: dict[int, int] = {}
    for key in wanted:
        place = s.places[key]
        found[place.word] = found.get(place.word, 0) | place.weight
    return found


def any_of(s: Statements, wanted: Sequence[tuple[str, Look]], plane: str = "yes") -> str:
    found = masks(s, wanted)
    return " OR ".join(f"(b.{plane}{word} & {mask}) <> 0" for word, mask in found.items()) or "FALSE"


def all_of(s: Statements, wanted: Sequence[tuple[str, Look]], planes: str = "no") -> str:
    """Every one of these lies in the plane, or in one of the planes ``a|b``."""
    terms = []
    for word, mask in masks(s, wanted).items():
        plane = " | ".join(f"b.{one}{word}" for one in planes.split("|"))
        terms.append(f"(({plane}) & {mask}) = {mask}")
    return " AND ".join(terms) or "FALSE"


def column_of(fact: Fact, s: Statements) -> str:
    """The value of a fact that rests on statements, from the planes ``b``."""
    if fact.answers:
        return _answers(fact, s)
    keys = [(name, look) for name in concepts_of(fact) for look in looks_of(fact, name)]
    no = all_of(s, keys)
    if fact.timeline in _OF_ITSELF:
        spoken = [(name, SPOKEN) for name, _ in keys]
        no = f"({any_of(s, keys, 'no')}) AND {_unspoken_or_no(s, keys)}" if spoken else no
    elif fact.timeline != "family":
        extra = frozenset(fact.complete) - {one for name in concepts_of(fact) for one in _lists(s, name)}
        if extra:
            complete = " OR ".join(f"COALESCE(b.{COMPLETE}{one}, FALSE)" for one in sorted(extra))
            no = f"({no}) OR (({complete}) AND {all_of(s, keys, 'no|silent')})"
    if len(keys) == 1 and fact.values == ("unknown", "yes", "no") and no == all_of(s, keys):
        place = s.places[keys[0]]
        return f"(b.told{place.word} >> {place.shift}) & 3"
    yes_at, no_at = fact.values.index("yes"), fact.values.index("no")
    return f"CASE WHEN {any_of(s, keys)} THEN {yes_at} WHEN {no} THEN {no_at} ELSE 0 END"


def _lists(s: Statements, name: str) -> tuple[str, ...]:
    concept = s.ruleset.concepts.get(name)
    return (concept.kind, *concept.group) if concept else ()


def _unspoken_or_no(s: Statements, keys: Sequence[tuple[str, Look]]) -> str:
    """How, and since when, one product is taken is said of that product: silence about another leaves nothing open."""
    terms = []
    for name, look in keys:
        said_no = any_of(s, [(name, look)], "no")
        terms.append(f"({said_no} OR {any_of(s, [(name, SPOKEN)], 'silent')})")
    return " AND ".join(terms)


def _answers(fact: Fact, s: Statements) -> str:
    """The one answer that is said; two at once are none."""
    held = {
        word: f"({any_of(s, [(name, look) for name in names for look in looks_of(fact, name)])})"
        for word, names in fact.answers.items()
    }
    cases = []
    for word, said in held.items():
        others = "".join(f" AND NOT {other}" for key, other in held.items() if key != word)
        cases.append(f"WHEN {said}{others} THEN {fact.values.index(word)}")
    return f"CASE {' '.join(cases)} ELSE 0 END"


def is_said(s: Statements, name: str) -> str:
    return f"({any_of(s, [(name, EVER)])})" if (name, EVER) in s.places else "FALSE"


def is_denied_altogether(fact: Fact, s: Statements) -> str:
    """Every product of a treatment denied, or absent from a complete list, and none affirmed or in doubt."""
    names = concepts_of(fact)
    terms = []
    for word, mask in masks(s, [(name, EVER) for name in names]).items():
        terms.append(f"((b.yes{word} | b.no{word} | b.silent{word}) & {mask}) = {mask}")
    none_open = " AND ".join(terms)
    nothing_said = f"NOT ({any_of(s, [(name, EVER) for name in names])})"
    routeless = [(name, EVER) for name in names if name in s.routeless]
    by_name = _any_spoken_no(s, routeless) or "FALSE"
    # Where no way of giving it is left, the product without a way is denied too.
    wanted = [(name, EVER) for name in fact.of if name in s.ruleset.concepts and name not in s.routeless]
    everything = all_of(s, wanted)
    extra = frozenset(fact.complete) - {one for name in names for one in _lists(s, name)}
    if extra:
        complete = " OR ".join(f"COALESCE(b.{COMPLETE}{one}, FALSE)" for one in sorted(extra))
        everything = f"({everything}) OR (({complete}) AND {all_of(s, wanted, 'no|silent')})"
    return f"({none_open} AND {nothing_said} AND ({by_name} OR {everything}))"


def _any_spoken_no(s: Statements, keys: Sequence[tuple[str, Look]]) -> str:
    """A no in words, not from the silence of a complete list."""
    found = masks(s, keys)
    return " OR ".join(
        f"((b.no{word} - (b.no{word} & b.silent{word})) & {mask}) <> 0" for word, mask in found.items()
    )
