"""Proves what must never happen, for every possible patient under every pack, and that every rule can act."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import z3
from msgspec import Struct
from msgspec.structs import replace

from cobalens.model.ruleset import Invariant, Pack, Ruleset
from cobalens.proofs.counterexample import Counterexample, smallest
from cobalens.proofs.encoding import Cells, Encoding, any_of, at_most_one


class Verdict(Struct, frozen=True):
    """One invariant under one pack: proved, or the patients who break it."""

    invariant: str
    pack: str
    failures: tuple[Counterexample, ...] = ()

    @property
    def proved(self) -> bool:
        return not self.failures


def prove(ruleset: Ruleset, invariants: Iterable[Invariant], packs: Iterable[Pack]) -> Iterator[Verdict]:
    """Each invariant of the kind "proved" under each pack."""
    wanted = [one for one in invariants if one.kind == "proved"]
    for pack in packs:
        encoding = Encoding(ruleset, pack)
        for one in wanted:
            yield prove_one(encoding, one)


def prove_one(encoding: Encoding, one: Invariant) -> Verdict:
    """Asks the solver for a patient in whom a forbidden combination holds."""
    failures = []
    for cells, written in zip(one.never, one.written, strict=True):
        bad = encoding.all_of(cells)
        solver = encoding.solver()
        if solver.check(bad) == z3.sat:
            failures.append(smallest(encoding, solver, bad, cells, written))
    return Verdict(one.id, encoding.pack.name, tuple(failures))


def can_happen(encoding: Encoding, cells: Cells) -> bool:
    """Whether any patient meets a combination."""
    bad = encoding.all_of(cells)
    return bool(encoding.solver().check(bad) == z3.sat)


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
    solver = encoding.solver()
    solver.add(z3.ForAll(choice, z3.Not(allowed)) if choice else z3.Not(allowed))
    if solver.check() != z3.sat:
        return None
    facts = encoding.values(solver.model())
    for name in sorted(facts):
        fewer = {n: v for n, v in facts.items() if n != name}
        if solver.check(*encoding.known(fewer)) == z3.sat:
            facts = fewer
    return Counterexample(facts=facts, cells=(), rows=(), repairs=())


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
