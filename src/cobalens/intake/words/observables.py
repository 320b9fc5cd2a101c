"""What is examined and then called absent, brisk or normal: pairs each observation with its quality."""

from __future__ import annotations

from msgspec import Struct

from cobalens.intake.words.lexicon import CompiledLexicon
from cobalens.intake.words.matcher import Hit
from cobalens.intake.words.tokens import Token

_JOIN_COST = {",": 3, "and": 2, "or": 2, "&": 2, "/": 2, "(": 3, ")": 1, ":": 1, "with": 4}


class Observation(Struct, frozen=True, gc=False):
    """An observable with the quality it was given (empty: none was)."""

    place: int
    """Of the observable among the hits."""
    name: str
    quality: str
    by: int
    """Place of the quality among the hits, or -1."""


def observe(
    tokens: list[Token],
    ends: frozenset[int],
    covered: frozenset[int],
    hits: list[Hit],
    lexicon: CompiledLexicon,
) -> tuple[list[Observation], set[int]]:
    """Every observable with its best quality, and the places of the qualities that were used."""
    qualities = [(p, h, [n for m, n in h.marks if m == "quality"]) for p, h in enumerate(hits)]
    qualities = [q for q in qualities if q[2]]
    out: list[Observation] = []
    used: set[int] = set()
    for place, hit in enumerate(hits):
        for mark, name in hit.marks:
            if mark != "observable":
                continue
            if (
                hit.last < len(tokens)
                and tokens[hit.last].norm == ":"
                and any(
                    h.first == hit.last + 1 and any(m == "observable" for m, _ in h.marks)
                    for h in hits[place + 1 : place + 2]
                )
            ):
                # A heading: "PNS: tone normal, power 4/5".
                continue
            known = lexicon.observables[name].qualities
            best: tuple[int, int, int, str] | None = None
            for other, quality, names in qualities:
                fitting = next((n for n in names if n in known), None)
                if fitting is None:
                    continue
                before = quality.last <= hit.first
                span = (quality.last, hit.first) if before else (hit.last, quality.first)
                cost = _cost(span[0], span[1], tokens, ends, covered, hits)
                if cost is None or (best is not None and (cost, not before) >= best[:2]):
                    continue
                best = (cost, int(not before), other, fitting)
            if best is None:
                out.append(Observation(place, name, "", -1))
            else:
                used.add(best[2])
                out.append(Observation(place, name, best[3], best[2]))
    return out, used


def _cost(
    first: int, last: int, tokens: list[Token], ends: frozenset[int], covered: frozenset[int], hits: list[Hit]
) -> int | None:
    """How far a quality is from its observable; ``None`` when it cannot belong to it."""
    cost = 0
    unknown = 0
    for i in range(first, last):
        norm = tokens[i].norm
        if i in ends:
            return None
        if norm in _JOIN_COST:
            cost += _JOIN_COST[norm]
        elif i not in covered:
            unknown += 1
            cost += 1
    if unknown > 2:
        return None
    for hit in hits:
        if first <= hit.first and hit.last <= last:
            marks = {m for m, _ in hit.marks}
            if marks & {"concept", "umbrella", "test", "background"}:
                return None
            if "quality" in marks:
                cost += 4
            elif "observable" in marks:
                cost += 1
    return cost
