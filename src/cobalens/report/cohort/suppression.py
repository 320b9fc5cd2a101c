"""Which counts a shared copy leaves out: every small one, and as many others as it takes that no sum gives a small one away.

A small count is safe when there is another table of whole numbers, in accord with everything that is shown, in which it is
another number; HiGHS finds that table, or proves that there is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from cobalens.model.tally import Key

Sum = tuple[Key, tuple[Key, ...]]
NOTHING = 1e-6
HIDDEN = 1e-4
"""The price of what is hidden already: a little, so that few counts differ, which mostly makes them whole."""
SCALES = (1, 2, 3, 4, 6, 12)
"""By how much changes are multiplied that are not whole; every sum stays true."""
TRIES = 6
"""In how many orders a table is looked for whose changes become whole in this way, before whole numbers are asked for."""
GOOD_ENOUGH, TRIED = 0.2, 400
"""How far from the cheapest a table of whole numbers may be, and how many branches are tried for it; if none is found, more is hidden."""


class Figures(Struct, frozen=True):
    """What a shared copy is made of, before anything is left out."""

    counts: Mapping[Key, int]
    sums: Sequence[Sum]
    smallest: int
    """The least count, but for nought, that may be shown."""
    small: frozenset[Key]
    """The counts below it."""
    unsaid: frozenset[Key]
    """Counts that are never shown and need not be protected; none of them nought."""


class Other(Struct, frozen=True):
    """Another table that a reader must reckon with."""

    changes: dict[Key, float]
    """By how much it differs from the true one."""
    price: float
    """Of what would have to be hidden for it."""
    whole: bool


def hidden(
    counts: Mapping[Key, int], sums: Sequence[Sum], smallest: int, unsaid: frozenset[Key] = frozenset()
) -> tuple[frozenset[Key], frozenset[Key]]:
    """``(small, others)``: the counts below ``smallest``, and those left out so that none of the small can be worked out.

    Known to the reader: every count that is shown, every nought, every sum, and what the marks mean. A small count then
    lies nowhere in what follows from these, and where a sum holds small ones, what is hidden in it leaves each of them its
    whole range. ``unsaid`` is never shown, and need not be protected.
    """
    small = frozenset(one for one, count in counts.items() if 0 < count < smallest and one not in unsaid)
    if not small:
        return small, frozenset()
    copy = Copy(Figures(counts, sums, smallest, small, frozenset(one for one in unsaid if counts[one])))
    while not copy.hide_more():
        pass
    for one in sorted(copy.away, key=lambda one: (len(one), -counts[one], one)):
        copy.show_if_safe(one)
    return small, frozenset(copy.away)


class Copy:
    """A shared copy in the making, and what its reader can work out."""

    def __init__(self, figures: Figures) -> None:
        self.counts, self.sums, self.smallest = figures.counts, figures.sums, figures.smallest
        self.small, self.unsaid = figures.small, figures.unsaid
        self.away: set[Key] = set()
        self.others: dict[Key, dict[Key, float]] = {}
        self.risky = [one for one in self.sums if any(part in self.small for part in one[1])]
        self.reader = Reader(figures)

    def is_hidden(self, one: Key) -> bool:
        return one in self.small or one in self.away or one in self.unsaid

    def hide(self, keys: Iterable[Key]) -> None:
        for one in keys:
            self.away.add(one)
            self.reader.hide(one)

    def hide_more(self) -> bool:
        """Hides what the first thing that is given away needs; true where nothing is, or nothing can be done."""
        for one in self.risky:
            if not self.is_narrow(one):
                continue
            if not self.is_hidden(one[0]):
                shown = [part for part in one[1] if self.counts[part] and not self.is_hidden(part)]
                self.hide(
                    [min(shown, key=lambda part: (-len(part), self.counts[part], part), default=one[0])]
                )
                return False
            if not self.is_open(one[0]) and self.open(one[0]):
                return False
        return not any(
            self.open(wanted) or self.hide_beside(wanted)
            for wanted in sorted(self.small)
            if not self.is_open(wanted)
        )

    def hide_beside(self, wanted: Key) -> bool:
        """Hides all that stands in a sum with a count for which no other table was found; whether there was anything."""
        sums = [one for one in self.sums if wanted == one[0] or wanted in one[1]]
        more = {key for whole, parts in sums for key in (whole, *parts) if self.counts[key]}
        more = {key for key in more if not self.is_hidden(key)}
        self.hide(sorted(more))
        return bool(more)

    def is_narrow(self, one: Sum) -> bool:
        """Whether a reader who knows what the hidden parts of a sum come to learns more of a small one than that it is small."""
        if one[0] in self.small:
            return False
        parts = [part for part in one[1] if self.is_hidden(part)]
        few = sum(part in self.small for part in parts)
        others = len(parts) - few
        room = sum(self.counts[part] for part in parts) - few - self.smallest * others
        return few > 0 and (not others or room < self.smallest - 2)

    def is_open(self, one: Key, quick: bool = False) -> bool:
        """Whether the reader must reckon with another number; what was once so stays so while more is hidden."""
        if one not in self.others:
            found = self.reader.nearest(one, quick=quick)
            if found is None or found.price > NOTHING or not found.whole or not self.reader.adds_up(found):
                return False
            for key in found.changes:
                self.others.setdefault(key, found.changes)
        return True

    def open(self, one: Key) -> bool:
        """Hides as little as makes a reader reckon with another number; whether there was anything to hide."""
        found = self.reader.nearest(one)
        if found is not None and found.price <= NOTHING and not found.whole:
            found = self.reader.nearest(one, whole=True)
        more = [key for key in (found.changes if found else ()) if not self.is_hidden(key)]
        self.hide(more)
        return bool(more)

    def show_if_safe(self, one: Key) -> None:
        """Shows a count again where nothing small is given away by it."""
        kept = self.others
        self.away.remove(one)
        self.reader.show(one)
        self.others = {key: other for key, other in kept.items() if one not in other}
        if not self.is_safe_without(one):
            self.hide([one])
            self.others = kept

    def is_safe_without(self, one: Key) -> bool:
        """Looks at what the count had to do with alone: sums in which it stands, and tables in which it was another number."""
        for each in self.risky:
            narrow = (one == each[0] or one in each[1]) and self.is_narrow(each)
            if narrow and not (self.is_hidden(each[0]) and self.is_open(each[0], quick=True)):
                return False
            if (
                each[0] not in self.others
                and self.is_hidden(each[0])
                and self.is_narrow(each)
                and not self.is_open(each[0], quick=True)
            ):
                return False
        return all(self.is_open(key, quick=True) for key in sorted(self.small - self.others.keys()))


class Reader:
    """Everything that a reader knows, as sums of whole numbers, and by how much each count may be more or less than the true one.

    What is shown may differ too, at a price, so that the cheapest other table says what would have to be hidden for it.
    """

    def __init__(self, figures: Figures) -> None:
        counts, smallest = figures.counts, figures.smallest
        self.keys = sorted(counts)
        self.place = {one: 2 * n for n, one in enumerate(self.keys)}
        rows: list[dict[int, int]] = []
        for whole, parts in figures.sums:
            row: dict[int, int] = {}
            for one, weight in ((whole, -1), *((part, 1) for part in parts)):
                for at, sign in ((self.place[one], weight), (self.place[one] + 1, -weight)):
                    row[at] = row.get(at, 0) + sign
            rows.append({at: weight for at, weight in sorted(row.items()) if weight})
        self.rows = rows
        most = sum(counts[whole] for whole, _ in figures.sums) + smallest
        self.room: list[int] = []
        self.price: list[float] = []
        for nth, one in enumerate(self.keys):
            count = counts[one]
            if one in figures.small:
                low, high = 1, smallest - 1
            elif one in figures.unsaid:
                low, high = 0, most
            else:
                low, high = (smallest, most) if count else (0, 0)
            self.room += [high - count, count - low]
            # A cell of a table is missed less than its sums, and a few people less than many; no two prices are alike.
            missed = 1 + count / (count + 1000) + nth / (1000 * len(self.keys))
            is_free = one in figures.small or one in figures.unsaid
            self.price += [HIDDEN if is_free else missed * 10.0 ** (2 - min(len(one), 2))] * 2
        self.asked = {one: self.price[at] for one, at in self.place.items() if self.price[at] != HIDDEN}
        """What it costs to hide each count that is shown, by so much."""
        self.free = {*figures.small, *figures.unsaid}
        self.real = solver(rows, self.room, self.price, False)
        self.whole = solver(rows, self.room, self.price, True)
        # Among what is hidden alone: shown counts are as they are.
        fixed = [room if price == HIDDEN else 0 for room, price in zip(self.room, self.price, strict=True)]
        self.among = solver(rows, fixed, [0.0] * len(fixed), True)

    def hide(self, one: Key) -> None:
        self.charge(one, HIDDEN)

    def show(self, one: Key) -> None:
        self.charge(one, self.price[self.place[one]])

    def charge(self, one: Key, price: float) -> None:
        self.asked[one] = 0.0 if price == HIDDEN else price
        (self.free.add if price == HIDDEN else self.free.remove)(one)
        for at in (self.place[one], self.place[one] + 1):
            for model in (self.real, self.whole):
                model.changeColCost(at, price)
            self.among.changeColBounds(at, 0, self.room[at] if price == HIDDEN else 0)

    def nearest(self, one: Key, whole: bool = False, quick: bool = False) -> Other | None:
        """The table in which this count is another number and that needs the least hidden; nothing where there is none.

        In real numbers, made whole where that costs nothing, unless it is to be ``quick``; with ``whole`` one of whole numbers
        from the first.
        """
        at = self.place[one]
        found: list[Other] = []
        for less in (1, 0):
            if not self.room[at + less]:
                continue
            self.bound(at + less, 1, self.room[at + less])
            self.bound(at + 1 - less, 0, 0)
            other = self.solved(self.whole) if whole else self.made_whole(self.solved(self.real), quick)
            for each in (at, at + 1):
                self.bound(each, 0, self.room[each])
            if other is not None:
                found.append(other)
                if other.price <= NOTHING and other.whole:
                    break
        return (
            min(found, key=lambda each: (each.price > NOTHING, not each.whole, each.price)) if found else None
        )

    def made_whole(self, other: Other | None, quick: bool) -> Other | None:
        """A table of whole numbers that costs nothing, where that of real numbers does."""
        if other is None or other.whole or other.price > NOTHING:
            return other
        if scaled := self.scaled(other):
            return scaled
        if quick:
            return other
        for nth in range(1, TRIES):
            self.prefer(nth)
            again = self.solved(self.real)
            if again is not None and again.price <= NOTHING and (scaled := self.scaled(again)):
                self.prefer(0)
                return scaled
        self.prefer(0)
        return self.solved(self.among) or other

    def scaled(self, other: Other) -> Other | None:
        for times in SCALES:
            scaled = {one: change * times for one, change in other.changes.items()}
            if all(is_whole(change) and self.has_room(one, change) for one, change in scaled.items()):
                return Other({one: round(change) for one, change in scaled.items()}, 0.0, True)
        return None

    def adds_up(self, other: Other) -> bool:
        """The solver works with rounded numbers; that a table of whole numbers is true to every sum is counted here."""
        return all(
            sum(
                weight * round(other.changes.get(self.keys[at // 2], 0))
                for at, weight in row.items()
                if not at % 2
            )
            == 0
            for row in self.rows
        ) and all(self.has_room(one, change) for one, change in other.changes.items())

    def prefer(self, nth: int) -> None:
        """Another order among what is hidden, so that another of the tables is met first."""
        for one in self.free:
            at = self.place[one]
            self.real.changeColCost(at, HIDDEN * (1 + at * nth % 7))
            self.real.changeColCost(at + 1, HIDDEN * (1 + at * nth % 11))

    def has_room(self, one: Key, change: float) -> bool:
        """All sums stay true when every change is taken so many times; only the marks set an end to it."""
        return -self.room[self.place[one] + 1] <= round(change) <= self.room[self.place[one]]

    def bound(self, at: int, low: int, high: int) -> None:
        for model in (self.real, self.whole, self.among):
            model.changeColBounds(at, low, high)

    def solved(self, model: Any) -> Other | None:
        values = values_of(model)
        if values is None:
            return None
        changes = {
            one: values[2 * nth] - values[2 * nth + 1]
            for nth, one in enumerate(self.keys)
            if abs(values[2 * nth] - values[2 * nth + 1]) > NOTHING
        }
        whole = all(map(is_whole, changes.values()))
        price = sum(abs(change) * self.asked.get(one, 0.0) for one, change in changes.items())
        return Other(changes, price, whole)


def is_whole(value: float) -> bool:
    return abs(value - round(value)) < NOTHING


def solver(
    rows: Sequence[Mapping[int, int]], room: Sequence[int], price: Sequence[float], whole: bool
) -> Any:
    """Two unknowns a count, by how much it is more and less, and one equation a sum."""
    import highspy

    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(room), len(rows)
    model.col_cost_ = list(price)
    model.col_lower_, model.col_upper_ = [0.0] * len(room), [float(one) for one in room]
    model.row_lower_, model.row_upper_ = [0.0] * len(rows), [0.0] * len(rows)
    starts = [0]
    for row in rows:
        starts.append(starts[-1] + len(row))
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = starts
    model.a_matrix_.index_ = [at for row in rows for at in row]
    model.a_matrix_.value_ = [float(weight) for row in rows for weight in row.values()]
    if whole:
        model.integrality_ = [highspy.HighsVarType.kInteger] * len(room)
    found = highspy.Highs()
    for name, value in (
        ("output_flag", False),
        ("threads", 1),
        ("random_seed", 0),
        ("mip_rel_gap", GOOD_ENOUGH),
        ("mip_max_nodes", TRIED),
    ):
        found.setOptionValue(name, value)
    found.passModel(model)
    return found


def values_of(model: Any) -> list[float] | None:
    import highspy

    model.run()
    if model.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return None
    return list(model.getSolution().col_value)
