"""Proves what must never happen, for every possible patient under every pack, and that every rule can act."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import z3
from msgspec import Struct
from msgspec.structs import replace

from cobalens.model.ruleset import Invariant, Pack, Ruleset
from cobalens.proofs.counterexample import Counterexample, smallest
from cobalens.proofs.encoding import Encoding, any_of, at_most_one


class Verdict(Struct, frozen=True):
    """One invariant under one pack: proved, or the patients who break it."""

    invariant: str
    pack: str
    failures: tuple[Counterexample, ...] = ()

    @property
    def proved(self) -> bool:
        return not self.failures


def prove(ruleset: Ruleset, invariants: Iterable[Invariant], packs: Iterable[Pack]) -> Iterator[Verdict]:
    """Each invariant of the kind "proved" under each pack that can make a difference to it."""
    wanted = [one for one in invariants if one.kind == "proved"]
    below = {one.id: policies_below(ruleset, one) for one in wanted}
    shown: set[tuple[str, tuple[str, ...]]] = set()
    for pack in packs:
        encoding = Encoding(ruleset, pack)
        for one in wanted:
            choice = (one.id, tuple(pack.policies[name] for name in below[one.id]))
            if choice not in shown:
                shown.add(choice)
                yield prove_one(encoding, one)


def policies_below(ruleset: Ruleset, one: Invariant) -> tuple[str, ...]:
    """The policies that the questions behind an invariant read, directly or not."""
    tables = {table.name: table for table in ruleset.tables}
    waiting = [name for cells in one.never for name, _ in cells]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        if name.startswith("finding."):
            for table in ruleset.codes.get(name.removeprefix("finding."), ()):
                waiting += tables[table].inputs
        elif (table_name := name.removeprefix("any.")) in tables:
            waiting += tables[table_name].inputs
    return tuple(p for p in ruleset.policies if f"policy.{p}" in seen)


def prove_one(encoding: Encoding, one: Invariant) -> Verdict:
    """Asks the solver for a patient in whom a forbidden combination holds."""
    failures = []
    for cells, written in zip(one.never, one.written, strict=True):
        bad = encoding.all_of(cells)
        solver = encoding.solver()
        if solver.check(bad) == z3.sat:
            failures.append(smallest(encoding, solver, bad, cells, written))
    return Verdict(one.id, encoding.pack.name, tuple(failures))


def permitted_answer_exists(
    ruleset: Ruleset, invariants: Iterable[Invariant], pack: Pack
) -> Counterexample | None:
    """For every patient some set of codes breaks no invariant: the invariants do not contradict each other.

    What the invariants speak of in the chapters of action (replacement and after) is set free; everything before
    stays as the rules say. A patient for whom no choice of the free codes is permitted is returned.
    """
    encoding = Encoding(ruleset, pack)
    wanted = [
        cells
        for one in invariants
        if one.kind == "proved"
        for cells in one.never
        if any(is_action(encoding, name) for name, _ in cells)
    ]
    free: dict[str, None] = {}
    for cells in wanted:
        free.update(dict.fromkeys(name for name, _ in cells if is_action(encoding, name)))
    for name in free:
        encoding.defined[name] = one_value(encoding, name)
    broken = [encoding.all_of(cells) for cells in wanted]
    choice = [encoding.variable(name, v) for name in free for v in range(1, encoding.count(name))]
    rules = [c for name in free for c in encoding.defined[name]]
    allowed = z3.And(*rules, *(z3.Not(b) for b in broken))
    patients, answers = encoding.solver(), z3.Solver()
    answers.add(allowed)
    while patients.check() == z3.sat:
        model = patients.model()
        before = [v for (name, _), v in encoding.variables.items() if name not in free]
        if answers.check(*(v if z3.is_true(model.eval(v)) else z3.Not(v) for v in before)) != z3.sat:
            return Counterexample(facts=encoding.values(model), cells=(), rows=(), repairs=())
        permitted = answers.model()
        same = [(v, z3.BoolVal(z3.is_true(permitted.eval(v)))) for v in choice]
        patients.add(z3.Not(z3.substitute(allowed, *same)))  # patients whom this set of codes does not suit
    return None


ACTION_CHAPTERS = ("replacement", "follow_up", "conversation")


def is_action(encoding: Encoding, name: str) -> bool:
    """Whether a name belongs to what is advised rather than to what is found."""
    if name.startswith("finding."):
        tables = encoding.ruleset.codes[name.removeprefix("finding.")]
        return all(encoding.tables[t].chapter in ACTION_CHAPTERS for t in tables)
    return name in encoding.tables and encoding.tables[name].chapter in ACTION_CHAPTERS


def one_value(encoding: Encoding, name: str) -> list[z3.BoolRef]:
    """A free name still has one value at most."""
    values = [encoding.variable(name, v) for v in range(1, encoding.count(name))]
    return [*at_most_one(values), any_of(values)] if len(values) > 1 else []


def rows_that_never_act(ruleset: Ruleset) -> list[str]:
    """Rows that no patient meets under any pack, or any other choice of policies."""
    missing: set[str] | None = None
    for pack in policy_choices(ruleset):
        encoding = Encoding(ruleset, pack)
        for table in ruleset.tables:
            if table.kind == "choose":
                encoding.define(table.name)
            else:
                for row in table.rows:
                    encoding.holds(table, row)
        solver = encoding.solver()
        asked = (
            encoding.active.items()
            if missing is None
            else [(key, encoding.active[key]) for key in encoding.active if ".".join(key) in missing]
        )
        missing = {".".join(key) for key, left in asked if solver.check(left) != z3.sat}
        if not missing:
            break
    return sorted(missing or ())


def policy_choices(ruleset: Ruleset) -> Iterator[Pack]:
    """The packs as they are, each choice of policies once; then each policy set to each of its values.

    Proofs see limits only as atoms, so packs with the same policies are the same to them.
    """
    seen: set[tuple[str, ...]] = set()
    read = [name for name, values in ruleset.policies.items() if values]
    packs = list(ruleset.packs.values())
    base = next((p for p in packs if p.role == "guideline"), packs[0])
    last = {name: ruleset.policies[name][-1] for name in read}
    varied = [
        {**start, name: value}
        for start in (base.policies, {**base.policies, **last})
        for name in read
        for value in ruleset.policies[name]
    ]
    for pack in [base, *packs, *(replace(base, policies=policies) for policies in varied)]:
        choice = tuple(pack.policies[name] for name in read)
        if choice not in seen:
            seen.add(choice)
            yield pack
