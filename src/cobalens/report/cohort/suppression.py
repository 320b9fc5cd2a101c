"""Which counts a shared copy leaves out: every small one, and as many others as it takes that no sum gives a small one away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from cobalens.model.tally import Key

Sum = tuple[Key, tuple[Key, ...]]
Line = dict[Key, int]
ROUNDS = 50
"""Ranges are narrowed at most so often; more only matters to sums of sums of sums."""
PRIME = 2**61 - 1
"""Equations are solved in whole numbers modulo a large prime: exact, quick, and the same everywhere."""


def hidden(
    counts: Mapping[Key, int], sums: Sequence[Sum], smallest: int, unsaid: frozenset[Key] = frozenset()
) -> tuple[frozenset[Key], frozenset[Key]]:
    """``(small, others)``: the counts below ``smallest``, and those left out so that none of the small can be worked out.

    Known to the reader: every count that is shown, every nought, and every sum. A small count then lies nowhere in what
    follows from these, and where a sum holds small ones, what is hidden in it leaves each of them its whole range.
    ``unsaid`` is never shown, and need not be protected.
    """
    small = frozenset(one for one, count in counts.items() if 0 < count < smallest and one not in unsaid)
    unsaid = frozenset(one for one in unsaid if counts[one])
    away: set[Key] = set()
    while given := given_away(counts, sums, small, away, unsaid, smallest):
        more = next_to_hide(counts, sums, small | unsaid | away, given)
        if more is None:
            break
        away.add(more)
    for one in sorted(away, key=lambda one: (len(one), -counts[one], one)):
        if not given_away(counts, sums, small, away - {one}, unsaid, smallest):
            away.remove(one)
    return small, frozenset(away)


def given_away(
    counts: Mapping[Key, int],
    sums: Sequence[Sum],
    small: frozenset[Key],
    away: Iterable[Key],
    unsaid: frozenset[Key],
    smallest: int,
) -> tuple[Sum, ...]:
    """The sums that give a small count away: by leaving it too narrow a range, or by letting it be worked out."""
    unknown = small | unsaid | frozenset(away)
    touched = [(one, line) for one in sums if (line := line_of(one, unknown))]
    narrow = [one for one, line in touched if too_narrow(counts, one, line, small, smallest)]
    for one in narrow:
        if one[0] not in unknown:
            return (one,)
    reduced = reduce(line for _, line in touched)
    for one in narrow:
        if follows({one[0]: 1}, reduced):
            return (one,)
    ranges = ranges_of(counts, [one for one, _ in touched], unknown, small, unsaid, smallest)
    for wanted in sorted(small):
        low, high = ranges.get(wanted, (1, smallest - 1))
        if low == high or follows({wanted: 1}, reduced):
            return tuple(one for one, line in touched if wanted in line) or tuple(one for one, _ in touched)
    return ()


def ranges_of(
    counts: Mapping[Key, int],
    sums: Iterable[Sum],
    unknown: frozenset[Key],
    small: frozenset[Key],
    unsaid: frozenset[Key],
    smallest: int,
) -> dict[Key, tuple[int, int]]:
    """Between which numbers each hidden count must lie, for a reader who also knows the mark that stands in its place."""
    sums = tuple(sums)
    most = sum(counts[whole] for whole, _ in sums) + smallest
    low = {one: 1 if one in small else 0 if one in unsaid else smallest for one in unknown}
    high = {one: smallest - 1 if one in small else most for one in unknown}
    for _ in range(ROUNDS):
        changed = False
        for whole, parts in sums:
            least = sum(low.get(part, counts[part]) for part in parts)
            greatest = sum(high.get(part, counts[part]) for part in parts)
            bottom, top = low.get(whole, counts[whole]), high.get(whole, counts[whole])
            bounds = [(whole, least, greatest)]
            bounds += [
                (
                    part,
                    bottom - (greatest - high.get(part, counts[part])),
                    top - (least - low.get(part, counts[part])),
                )
                for part in parts
            ]
            for one, below, above in bounds:
                if one in unknown and (below > low[one] or above < high[one]):
                    low[one], high[one] = max(low[one], below), min(high[one], above)
                    changed = True
        if not changed:
            break
    return {one: (low[one], high[one]) for one in small}


def too_narrow(counts: Mapping[Key, int], one: Sum, line: Line, small: frozenset[Key], smallest: int) -> bool:
    """Whether a reader who knows what the hidden parts of a sum come to learns more of a small one than that it is small."""
    parts = [part for part in one[1] if part in line]
    few = [part for part in parts if part in small]
    others = [part for part in parts if part not in small]
    room = sum(counts[part] for part in parts) - len(few) - smallest * len(others)
    return bool(few) and one[0] not in small and (not others or room < smallest - 2)


def line_of(one: Sum, unknown: frozenset[Key]) -> Line:
    """A sum as an equation between what is not shown."""
    whole, parts = one
    line: Line = {part: 1 for part in parts if part in unknown}
    if whole in unknown:
        line[whole] = (line.get(whole, 0) - 1) % PRIME
    return {part: weight for part, weight in line.items() if weight}


def reduce(lines: Iterable[Line]) -> list[tuple[Key, Line]]:
    """The equations, each with the unknown that stands in it first and in none before it."""
    found: list[tuple[Key, Line]] = []
    for line in lines:
        rest = remainder(line, found)
        if rest:
            first = min(rest)
            weight = pow(rest[first], -1, PRIME)
            found.append((first, {part: value * weight % PRIME for part, value in rest.items()}))
    return found


def remainder(line: Line, reduced: Iterable[tuple[Key, Line]]) -> Line:
    rest = dict(line)
    for first, one in reduced:
        weight = rest.get(first)
        if weight:
            for part, value in one.items():
                rest[part] = (rest.get(part, 0) - weight * value) % PRIME
                if not rest[part]:
                    del rest[part]
    return rest


def follows(line: Line, reduced: Sequence[tuple[Key, Line]]) -> bool:
    """Whether the equations settle this combination."""
    return not remainder(line, reduced)


def next_to_hide(
    counts: Mapping[Key, int], sums: Sequence[Sum], unknown: frozenset[Key], given: Iterable[Sum]
) -> Key | None:
    """The least part that is still shown in a sum that gives something away, else its whole, else a part of any sum beside."""
    given = tuple(given)
    parts = {part for _, every in given for part in every if counts[part] and part not in unknown}
    if not parts:
        parts = {whole for whole, _ in given if whole not in unknown and counts[whole]}
    if not parts:
        parts = {
            part
            for whole, every in sums
            if unknown & {whole, *every}
            for part in (whole, *every)
            if part not in unknown and counts[part]
        }
    return min(parts, key=lambda part: (-len(part), counts[part], part)) if parts else None
