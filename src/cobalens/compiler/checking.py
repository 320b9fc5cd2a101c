"""Checks a table over every combination of its inputs: no gap, no disagreement, no row or override that never acts.

Sets of combinations are bits of one integer, so that all of a table is checked in a few operations.
"""

from __future__ import annotations

from collections.abc import Callable

from cobalens.compiler import complaints as say
from cobalens.compiler.complaints import Complaint
from cobalens.model.ruleset import Row, Table

MOST_INPUTS, MOST_COMBINATIONS = 5, 2000


class Space:
    """All combinations of some inputs; a set of them is an integer."""

    def __init__(self, domains: dict[str, tuple[tuple[str, ...], bool]]) -> None:
        self.names = list(domains)
        self.values = [range(0 if unknown else 1, len(values)) for values, unknown in domains.values()]
        self.labels = {name: values for name, (values, _) in domains.items()}
        self.size = 1
        for values in self.values:
            self.size *= len(values)
        self.all = (1 << self.size) - 1
        self.sets: dict[tuple[str, int], int] = {}
        stride = self.size
        for name, values in zip(self.names, self.values, strict=True):
            stride //= len(values)
            period = stride * len(values)
            repeat = ((1 << self.size) - 1) // ((1 << period) - 1)
            for place, value in enumerate(values):
                self.sets[name, value] = (((1 << stride) - 1) << (place * stride)) * repeat

    def of(self, row: Row) -> int:
        """The combinations in which a row holds."""
        found = self.all
        for name, mask in row.cells:
            cell = 0
            for value in self.values[self.names.index(name)]:
                if mask >> value & 1:
                    cell |= self.sets[name, value]
            found &= cell
        return found

    def first(self, some: int) -> dict[str, str]:
        """One combination of a set, in words."""
        place = (some & -some).bit_length() - 1
        picked: dict[str, str] = {}
        for name, values in zip(reversed(self.names), reversed(self.values), strict=True):
            place, value = divmod(place, len(values))
            picked[name] = self.labels[name][values[value]]
        return {name: picked[name] for name in self.names}


def check(table: Table, where: str, domain: Callable[[str], tuple[tuple[str, ...], bool]]) -> list[Complaint]:
    """Everything wrong with one choose table."""
    domains = {name: domain(name) for name in table.inputs}
    cells = 1
    for values, unknown in domains.values():
        cells *= len(values) - (0 if unknown else 1)
    if len(domains) > MOST_INPUTS or cells > MOST_COMBINATIONS:
        return [say.too_large(where, len(domains), cells)]
    space = Space(domains)
    raw = {row.name: space.of(row) for row in table.rows}
    found = cycles(table, where)
    over: dict[str, int] = dict.fromkeys(raw, 0)
    for row in table.rows:
        for other in row.overrides:
            if other in raw:
                over[other] |= raw[row.name]
                if not raw[row.name] & raw[other]:
                    found.append(say.idle_override(where, row.name, other))
    acting = {name: bits & ~over[name] for name, bits in raw.items()}
    for row in table.rows:
        if not acting[row.name]:
            by = ", ".join(r.name for r in table.rows if row.name in r.overrides)
            found.append(say.unreachable(where, row.name, by))
    found += disagreements(table, where, space, acting)
    covered = 0
    for bits in acting.values():
        covered |= bits
    if space.all & ~covered:
        patient = space.first(space.all & ~covered)
        found.append(say.gap(where, in_words(patient), nearest(table, patient, space)))
    given = {row.then[0] for row in table.rows}
    found += [say.never_given(where, value) for value in table.values if value not in given]
    return found


def disagreements(table: Table, where: str, space: Space, acting: dict[str, int]) -> list[Complaint]:
    found = []
    for at, one in enumerate(table.rows):
        for other in table.rows[at + 1 :]:
            both = acting[one.name] & acting[other.name]
            if both and one.then != other.then:
                found.append(say.disagreement(where, one.name, other.name, in_words(space.first(both))))
    return found


def cycles(table: Table, where: str) -> list[Complaint]:
    over = {row.name: row.overrides for row in table.rows}

    def walk(name: str, path: tuple[str, ...]) -> list[str] | None:
        if name in path:
            return [*path[path.index(name) :], name]
        return next((c for other in over.get(name, ()) if (c := walk(other, (*path, name)))), None)

    for name in over:
        circle = walk(name, ())
        if circle:
            return [say.override_cycle(where, circle)]
    return []


def in_words(patient: dict[str, str]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in patient.items())


def nearest(table: Table, patient: dict[str, str], space: Space) -> str:
    """The row that misses this patient by the fewest cells and meets it in the most."""
    ranked = []
    for place, row in enumerate(table.rows):
        missed = [n for n, mask in row.cells if not mask >> space.labels[n].index(patient[n]) & 1]
        ranked.append(
            (len(missed), len(missed) - len(row.cells), place, f"{row.name} (but for {', '.join(missed)})")
        )
    return min(ranked, default=(0, 0, 0, ""))[-1]
