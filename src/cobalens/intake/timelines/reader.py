"""What the timelines need of one ruleset under one pack, prepared once: which facts read what, limits, policies."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from cobalens.intake.timelines.atoms import Cut, cuts_for
from cobalens.intake.timelines.derive import DERIVED
from cobalens.intake.timelines.results import Setting
from cobalens.model.facts import FactValue
from cobalens.model.ruleset import Fact, Pack, Ruleset

NO_LISTS: frozenset[str] = frozenset()
READING_POLICIES = (
    "combined_indicator",
    "persistence_gap_days",
    "trend_gap_days",
    "trend_percent",
    "washout_days",
)
"""The policies that bear on how all results are read; the others are for the rules."""
OF_THE_NEWEST = frozenset({"latest", "range"})
"""Timelines that look at no result but the newest."""
ABOVE_BY = "above_range_by"
"""The policy that bears on what counts as high in ``persistence``."""


class Outlined(Struct, frozen=True):
    """What a fact comes to by statements of which the outline was met before."""

    name: str
    value: int
    places: tuple[int, ...]
    """Of the statements on which it rests."""
    note: str
    whole: FactValue | None = None
    """Its value, where it rests on silence."""


class Reader(Struct):
    """The facts of one ruleset under one pack, sorted by what they read."""

    ruleset: Ruleset
    pack: Pack
    setting: Setting
    by_analyte: dict[str, tuple[Fact, ...]]
    said: tuple[Fact, ...]
    """Facts that rest on statements, in the order of the ruleset."""
    by_concept: dict[str, tuple[int, ...]]
    """Concept -> places in ``said``."""
    named: dict[str, dict[str, dict[str, int]]]
    """Fact -> each of its answers (none for a yes or no) -> the concepts that say so, in their order."""
    by_list: dict[str, tuple[int, ...]]
    """A list that may be declared complete -> places in ``said``."""
    lists: dict[str, frozenset[str]]
    """Concept -> the lists of which it is part."""
    extra: dict[str, frozenset[str]]
    """Fact -> lists that its declaration adds to those of its concepts."""
    kinds: dict[str, str]
    dosing: tuple[Fact, ...]
    treatment: Fact | None
    untreated: tuple[str, ...]
    """Analytes that are read without the vitamin in them."""
    washout: int | None
    routeless: frozenset[str]
    """Concepts that name a product whatever its route: to deny one is to deny all its routes."""
    lasting: tuple[str, ...]
    """Concepts of which it is asked since when they go on, or when they began."""
    newest_derived: bool
    """Whether of calculated results every fact looks at the newest alone."""
    outlined: dict[tuple[Any, ...], tuple[Outlined, ...]] = {}
    """What statements come to, kept per outline of them all."""
    silent: dict[frozenset[str], dict[int, FactValue]] = {}
    """What silence comes to, kept per set of complete lists."""
    beside: dict[str, tuple[Pack, frozenset[str] | None]] = {}
    """Another pack -> the analytes whose limits differ from its; nothing where more than limits differs."""


def _policy_days(pack: Pack, name: str) -> int | None:
    text = pack.policies.get(name, "")
    return int(text) if text.isdigit() else None


def _policy_number(pack: Pack, name: str) -> Decimal | None:
    try:
        return Decimal(pack.policies[name])
    except (KeyError, InvalidOperation):
        return None


def _bands(facts: Iterable[Fact]) -> dict[str, Fact]:
    """Per analyte, the fact with most limits, cut off above the high one."""
    found: dict[str, Fact] = {}
    for fact in facts:
        if (
            fact.lab
            and fact.limits
            and len(fact.limits) > len(found.get(fact.of[0], fact).limits if fact.of[0] in found else ())
        ):
            found[fact.of[0]] = fact
    return {analyte: _up_to_high(fact) for analyte, fact in found.items()}


def _up_to_high(fact: Fact) -> Fact:
    if "high" not in fact.limits:
        return fact
    kept = fact.limits.index("high") + 1
    words = {word: min(index, kept + 1) for word, index in fact.qualitative.items()}
    return replace(fact, limits=fact.limits[:kept], edges=fact.edges[:kept], qualitative=words)


def reader_for(ruleset: Ruleset, pack: Pack, like: Reader | None = None) -> Reader:
    """``like``: a reader of the same ruleset under another pack, of which all is taken over that no pack decides."""
    known: dict[tuple[str, tuple[str, ...], str], tuple[Cut, ...] | None] = {}

    def cuts(fact: Fact, unit: str) -> tuple[Cut, ...] | None:
        key = (fact.limits_of, fact.limits, unit)
        if key not in known:
            analyte = ruleset.analytes.get(fact.of[0])
            known[key] = cuts_for(fact, unit, pack, analyte) if analyte else None
        return known[key]

    def published(analyte: str, name: str) -> tuple[str, ...]:
        return next((tuple(one.values) for one in pack.limits.get(analyte, ()) if one.name == name), ())

    gap = _policy_days(pack, "persistence_gap_days")
    setting = Setting(
        cuts=cuts,
        published=published,
        bands=like.setting.bands if like else _bands(ruleset.facts.values()),
        analytes=ruleset.analytes,
        above_by_laboratory=pack.policies.get(ABOVE_BY) == "laboratory",
        trend_percent=_policy_number(pack, "trend_percent"),
        trend_gap=_policy_days(pack, "trend_gap_days") or gap,
        persistence_gap=gap,
    )
    washout = _policy_days(pack, "washout_days")
    if like is not None:
        return replace(like, pack=pack, setting=setting, washout=washout, outlined={}, silent={}, beside={})
    by_analyte: dict[str, list[Fact]] = {}
    said: list[Fact] = []
    dosing: list[Fact] = []
    for fact in ruleset.facts.values():
        if fact.lab:
            by_analyte.setdefault(fact.of[0], []).append(fact)
        elif fact.timeline in ("treatment_state", "sample_timing"):
            dosing.append(fact)
        else:
            said.append(fact)
    lists = {name: frozenset((concept.kind, *concept.group)) for name, concept in ruleset.concepts.items()}
    by_concept: dict[str, list[int]] = {}
    by_list: dict[str, list[int]] = {}
    for place, fact in enumerate(said):
        for name in dict.fromkeys(concepts_of(fact)):
            by_concept.setdefault(name, []).append(place)
            for one in sorted(lists.get(name, frozenset()) | frozenset(fact.complete)):
                if place not in by_list.setdefault(one, []):
                    by_list[one].append(place)
    return Reader(
        ruleset=ruleset,
        pack=pack,
        setting=setting,
        by_analyte={name: tuple(facts) for name, facts in by_analyte.items()},
        said=tuple(said),
        by_concept={name: tuple(places) for name, places in by_concept.items()},
        named={
            fact.name: {
                answer: {name: place for place, name in enumerate(dict.fromkeys(names))}
                for answer, names in (fact.answers or {"": (*fact.of, *fact.routed)}).items()
            }
            for fact in (*said, *dosing)
        },
        by_list={name: tuple(places) for name, places in by_list.items()},
        lists=lists,
        extra={fact.name: _extra(fact, lists) for fact in ruleset.facts.values() if fact.complete},
        kinds={name: concept.kind for name, concept in ruleset.concepts.items()},
        dosing=tuple(dosing),
        treatment=next((fact for fact in dosing if fact.timeline == "treatment_state"), None),
        untreated=tuple(
            dict.fromkeys(f.of[0] for f in ruleset.facts.values() if f.lab and f.timeline == "untreated")
        ),
        washout=washout,
        lasting=tuple(
            dict.fromkeys(
                name for fact in said if fact.timeline in ("lasting", "begun") for name in concepts_of(fact)
            )
        ),
        newest_derived=all(
            f.timeline in OF_THE_NEWEST for f in ruleset.facts.values() if f.lab and f.of[0] in DERIVED
        ),
        routeless=frozenset(name for fact in ruleset.facts.values() for name in fact.routed),
    )


def _extra(fact: Fact, lists: dict[str, frozenset[str]]) -> frozenset[str]:
    return frozenset(fact.complete) - frozenset(
        one for name in concepts_of(fact) for one in lists.get(name, NO_LISTS)
    )


def concepts_of(fact: Fact) -> tuple[str, ...]:
    return (*fact.of, *fact.routed, *(name for names in fact.answers.values() for name in names))
