"""A copy for sharing names nobody and gives no small count away, also not to a reader who solves for it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from cobalens.api import load
from cobalens.model.tally import Key, key, plan_of
from cobalens.report.cohort.suppression import hidden
from cobalens.serve.cohort.report import report_of
from tests.cohort.report_tables import tables

SMALLEST = plan_of(load().ruleset.lexicon["worklists"]).smallest


def test_a_shared_copy_names_nobody(ran: tuple[Path, Path]) -> None:
    import zipfile

    told = (ran[0] / "report-shared.html").read_text(encoding="utf-8")
    with zipfile.ZipFile(ran[0] / "worklists-shared.xlsx") as parts:
        told += "".join(parts.read(name).decode() for name in parts.namelist())
        assert sum("worksheets/sheet" in name for name in parts.namelist()) == 1
    assert re.search(r"P\d{5}", told) is None
    assert re.search(r"P\d{5}", (ran[0] / "report.html").read_text(encoding="utf-8")) is None


def test_a_shared_copy_shows_no_small_count_and_no_true_count_is_changed(ran: tuple[Path, Path]) -> None:
    full, shared = tables(ran[0]), tables(ran[0], "report-shared.html")
    small = others = 0
    for name, rows in shared.items():
        if name == "About this run":
            continue
        whole = {row[0]: row[1:] for row in full[name][1:]}
        for row in rows[1:]:
            for cell, true in zip(row[1:], whole[row[0]], strict=True):
                count = int(true.replace(",", ""))
                assert cell in (true, "<10", "(not shown)"), name
                assert (cell == "<10") == (0 < count < SMALLEST), (name, row[0], true, cell)
                small += cell == "<10"
                others += cell == "(not shown)"
    assert small > 10
    assert others > 10
    pictures = re.findall(
        r"<svg.*?</svg>", (ran[0] / "report-shared.html").read_text(encoding="utf-8"), re.DOTALL
    )
    drawn = [int(one) for picture in pictures for one in re.findall(r">(?:[^<>]*: )?(\d+)</text>", picture)]
    axis = {1, 2, 3, 4, 5}
    assert drawn
    assert {one for one in drawn if 0 < one < SMALLEST} <= axis


def can_be(
    counts: Mapping[Key, int],
    sums: Any,
    shown: set[Key],
    wanted: Key,
    small: set[Key],
    unsaid: frozenset[Key] = frozenset(),
) -> bool:
    """Whether a reader of the shared copy must reckon with another number, by an independent solver over whole numbers."""
    solver = z3.Solver()
    unknown = {one: z3.Int(str(n)) for n, one in enumerate(sorted(counts))}
    for one, count in counts.items():
        if one in shown or not count:
            solver.add(unknown[one] == count)
        elif one in unsaid:
            solver.add(unknown[one] >= 0)
        elif one in small:
            solver.add(unknown[one] >= 1, unknown[one] < SMALLEST)
        else:
            solver.add(unknown[one] >= SMALLEST)
    for whole, parts in sums:
        solver.add(unknown[whole] == z3.Sum([unknown[part] for part in parts]))
    solver.add(unknown[wanted] != counts[wanted])
    return bool(solver.check() == z3.sat)


def table_counts(
    cells: Mapping[tuple[str, str], int],
) -> tuple[dict[Key, int], list[tuple[Key, tuple[Key, ...]]]]:
    """A table of two questions with every sum that its reader can form."""
    counts: dict[Key, int] = {key({"a": a, "b": b}): n for (a, b), n in cells.items()}
    down, across = sorted({a for a, _ in cells}), sorted({b for _, b in cells})
    sums = [(key({"a": a}), tuple(key({"a": a, "b": b}) for b in across)) for a in down]
    sums += [(key({"b": b}), tuple(key({"a": a, "b": b}) for a in down)) for b in across]
    for whole, parts in sums:
        counts[whole] = sum(counts[part] for part in parts)
    sums += [((), tuple(key({"a": a}) for a in down)), ((), tuple(key({"b": b}) for b in across))]
    counts[()] = sum(cells.values())
    return counts, sums


@settings(max_examples=40, deadline=None)
@given(
    st.integers(2, 4).flatmap(
        lambda down: st.integers(1, 4).flatmap(
            lambda across: st.lists(
                st.one_of(st.integers(0, 12), st.integers(0, 300)),
                min_size=down * across,
                max_size=down * across,
            ).map(lambda found: {(f"a{n // across}", f"b{n % across}"): c for n, c in enumerate(found)})
        )
    )
)
def test_no_small_count_can_be_worked_out_from_what_a_shared_table_shows(
    cells: dict[tuple[str, str], int],
) -> None:
    counts, sums = table_counts(cells)
    small, away = hidden(counts, sums, SMALLEST)
    shown = set(counts) - small - away
    assert small == {one for one, count in counts.items() if 0 < count < SMALLEST}
    assert [one for one in small if not can_be(counts, sums, shown, one, set(small))] == []


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.tuples(*[st.integers(0, 2)] * 4), st.one_of(st.integers(1, 6), st.integers(1, 80))),
        min_size=1,
        max_size=14,
        unique_by=lambda one: one[0],
    )
)
def test_no_small_count_can_be_worked_out_from_tables_that_are_tied_by_what_occurs_together(
    occur: list[tuple[tuple[int, ...], int]],
) -> None:
    """Four questions, of which every two are shown as a table; the combinations are never shown."""
    counts: Counter[Key] = Counter()
    parts: dict[Key, list[Key]] = {}
    for answers, count in occur:
        tied = key({f"tied:q{n}": str(answer) for n, answer in enumerate(answers)})
        shown_by = [
            key({f"q{n}": str(answers[n]) for n in asked})
            for size in (1, 2)
            for asked in combinations(range(4), size)
        ]
        counts[tied] = count
        for one in ((), *shown_by):
            counts[one] += count
            parts.setdefault(one, []).append(tied)
    unsaid = frozenset(one for one in counts if one and one[0][0].startswith("tied:"))
    sums = [(whole, tuple(those)) for whole, those in sorted(parts.items())]
    small, away = hidden(counts, sums, SMALLEST, unsaid)
    shown = set(counts) - small - away - unsaid
    left = [one for one in sorted(small) if not can_be(counts, sums, shown, one, set(small), unsaid)]
    # Where all that is shown is hidden already, there is nothing left to hide.
    assert left == [] or not shown


def test_nothing_is_hidden_where_nothing_is_small() -> None:
    counts, sums = table_counts({("a", "x"): 20, ("a", "y"): 0, ("b", "x"): 10, ("b", "y"): 400})
    assert hidden(counts, sums, SMALLEST) == (frozenset(), frozenset())


def test_one_small_count_takes_another_with_it() -> None:
    counts, sums = table_counts({("a", "x"): 4, ("b", "x"): 60, ("c", "x"): 300})
    small, away = hidden(counts, sums, SMALLEST)
    assert key({"a": "a"}) in small
    assert key({"a": "b"}) in away
    assert key({"a": "c"}) not in away


def test_no_small_count_follows_from_all_that_the_real_copy_shows(ran: tuple[Path, Path]) -> None:
    """By another method than the one that chose: rational elimination over everything shown, all tables together."""
    from fractions import Fraction

    report, _ = report_of(ran[0], True, str(ran[1]))
    counts, sums = report.tally.counts, report.tally.sums
    secret = [
        one
        for one in counts
        if one in report.small or one in report.away or (one in report.tally.unsaid and counts[one])
    ]
    place = {one: n for n, one in enumerate(secret)}
    rows: dict[int, dict[int, Fraction]] = {}

    def rest(row: dict[int, Fraction]) -> dict[int, Fraction]:
        row = dict(row)
        while (at := next((n for n in sorted(row) if n in rows), None)) is not None:
            weight = row[at]
            for n, value in rows[at].items():
                row[n] = row.get(n, Fraction(0)) - weight * value
                if not row[n]:
                    del row[n]
        return row

    for whole, parts in sums:
        row = {place[part]: Fraction(1) for part in parts if part in place}
        if whole in place:
            row[place[whole]] = row.get(place[whole], Fraction(0)) - 1
        row = rest({n: v for n, v in row.items() if v})
        if row:
            at = min(row)
            rows[at] = {n: v / row[at] for n, v in row.items()}
    assert report.small
    assert [one for one in report.small if not rest({place[one]: Fraction(1)})] == []
