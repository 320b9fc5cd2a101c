"""Mutates the knowledge (rows deleted, answers changed, limits moved a step) and asks which worked patients notice.

``python -m tests.spec.mutate`` runs every mutant and lists the survivors; the tests run a sample.
"""

from __future__ import annotations

import sys
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

from msgspec.structs import replace

from cobalens.compiler import load_ruleset
from cobalens.model.ruleset import Limit, Pack, Table
from tests.spec.worked import Bench, Patient, patients

EXCUSED = Path(__file__).parent / "survivors.toml"


class Mutant:
    """One changed piece of knowledge."""

    def __init__(self, name: str, notices: Callable[[], bool]) -> None:
        self.name, self.notices = name, notices


def notices(bench: Bench, worked: list[Patient], table: Table | None, pack: Pack | None = None) -> bool:
    """Whether any worked patient now gets another answer, status or row."""
    for patient in worked:
        try:
            answer, rows = bench.ask(patient, table=table, pack=pack)
        except (IndexError, KeyError, ValueError):
            return True  # a gap, or a code that is no longer said
        if answer != patient.then or (patient.row and patient.row not in rows):
            return True
    return False


def mutants(bench: Bench) -> Iterator[Mutant]:
    """Every row without itself, every answer changed, every limit a step up and a step down."""
    by_table: dict[str, list[Patient]] = defaultdict(list)
    for patient in patients():
        by_table[patient.table].append(patient)
    for table in bench.ruleset.tables:
        worked = by_table[table.name]
        for row in table.rows:
            rest = tuple(r for r in table.rows if r is not row)
            yield mutant(f"{table.name}.{row.name} deleted", bench, worked, replace(table, rows=rest))
            for changed in other_answers(table, row.then):
                rows = tuple(replace(r, then=changed) if r is row else r for r in table.rows)
                yield mutant(
                    f"{table.name}.{row.name} says {changed[0]}", bench, worked, replace(table, rows=rows)
                )
    yield from moved_limits(bench, [p for ps in by_table.values() for p in ps])


def mutant(name: str, bench: Bench, worked: list[Patient], table: Table) -> Mutant:
    return Mutant(name, lambda: notices(bench, worked, table))


def other_answers(table: Table, then: tuple[str, ...]) -> list[tuple[str, ...]]:
    """For choose the next answer, for collect each code replaced by one that nobody expects."""
    if table.kind == "choose":
        answers = (
            [*table.values, "unknown"] if any("unknown" in r.then for r in table.rows) else list(table.values)
        )
        return [(answers[(answers.index(then[0]) + 1) % len(answers)],)]
    return [tuple("mutant:code" if c == code else c for c in then) for code in then]


def moved_limits(bench: Bench, worked: list[Patient]) -> Iterator[Mutant]:
    facts_of: dict[str, set[str]] = defaultdict(set)
    for fact in bench.ruleset.facts.values():
        if fact.limits:
            facts_of[fact.limits_of].add(fact.name)
    for pack in bench.ruleset.packs.values():
        if pack.role == "common":
            continue  # nobody's primary pack: its limits are moved where nice-ng239 takes them over
        for analyte, limits in pack.limits.items():
            touched = [p for p in worked if facts_of[analyte] & set(p.given) and p.pack == pack.name]
            for limit in limits:
                if limit.pack != pack.name and not (pack.name == "nice-ng239" and limit.pack == "common"):
                    continue
                for unit in limit.values:
                    for step in (-1, 1):
                        moved = move(pack, analyte, limit, unit, step)
                        name = f"{limit.pack} {analyte}.{limit.name} {unit} {'+' if step > 0 else '-'}1 step"
                        yield Mutant(name, lambda m=moved, t=touched: notices(bench, t, None, m))  # type: ignore[misc]


def move(pack: Pack, analyte: str, limit: Limit, unit: str, step: int) -> Pack:
    value = Decimal(limit.values[unit])
    changed = value + step * Decimal((0, (1,), int(value.as_tuple().exponent)))
    limits = tuple(
        replace(one, values={**one.values, unit: str(changed)}) if one.name == limit.name else one
        for one in pack.limits[analyte]
    )
    return replace(pack, limits={**pack.limits, analyte: limits})


def excused() -> dict[str, str]:
    """Survivors that are known, each with its reason."""
    if not EXCUSED.exists():
        return {}
    return dict(tomllib.loads(EXCUSED.read_text(encoding="utf-8")).get("survivors", {}))


def main() -> int:
    bench = Bench(load_ruleset())
    every = list(mutants(bench))
    survivors = [m.name for m in every if not m.notices()]
    known = excused()
    rate = 100 * (len(every) - len(survivors)) / len(every)
    print(f"{len(every)} mutants, {len(every) - len(survivors)} noticed ({rate:.1f} %)")
    for name in survivors:
        print(f"  survives: {name}{'  because ' + known[name] if name in known else ''}")
    return 0 if rate >= 98 and not set(survivors) - set(known) else 1


if __name__ == "__main__":
    sys.exit(main())
