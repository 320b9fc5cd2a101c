"""The ``prove`` command: compiles, proves and checks everything that must never happen, and prints a patient for each failure."""

from __future__ import annotations

import time
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

import click

from cobalens import errors
from cobalens.model.ruleset import Invariant, Pack, Ruleset
from cobalens.serve.status import DONE, FAILED


def proved(wanted: tuple[str, ...], pack: str | None) -> int:
    """Runs every proof (or the invariants named) and says where each of the forty is shown."""
    if find_spec("z3") is None:
        raise no_solver()
    from cobalens.compiler import KnowledgeError, compile_knowledge
    from cobalens.compiler.catalogues import in_every_language

    begun = time.perf_counter()
    try:
        ruleset = in_every_language(compile_knowledge())
    except KnowledgeError as refused:
        click.echo(str(refused))
        return FAILED
    invariants = chosen(ruleset, wanted)
    packs = chosen_packs(ruleset, pack)
    tables = [table for table in ruleset.tables if table.kind == "choose"]
    rows = sum(len(table.rows) for table in ruleset.tables)
    click.echo(
        f"{len(ruleset.tables)} tables, {rows} rows: every one of the {len(tables)} choose tables answers every "
        "combination once; no row is unreachable and no override idle (enumeration)."
    )
    failures = prove_all(ruleset, invariants, packs)
    failures += check_wording(ruleset, invariants)
    failures += check_tests(invariants)
    if not wanted:
        failures += check_whole(ruleset, packs[0])
    summary(invariants)
    click.echo(
        f"{time.perf_counter() - begun:.1f} s. "
        + ("Everything holds." if not failures else f"{failures} failed.")
    )
    return FAILED if failures else DONE


def chosen(ruleset: Ruleset, wanted: tuple[str, ...]) -> list[Invariant]:
    known = {one.id: one for one in ruleset.invariants}
    for name in wanted:
        if name not in known:
            raise unknown_invariant(name, known)
    return [known[name] for name in wanted] if wanted else list(ruleset.invariants)


def chosen_packs(ruleset: Ruleset, name: str | None) -> list[Pack]:
    """The one that is named, else every pack and every other choice of policies."""
    from cobalens.proofs.prover import policy_choices

    if name is None:
        return list(policy_choices(ruleset))
    known = {one.name: one for one in ruleset.packs.values() if one.role != "common"}
    if name not in known:
        raise errors.unknown_pack(name, known)
    return [known[name]]


def prove_all(ruleset: Ruleset, invariants: list[Invariant], packs: list[Pack]) -> int:
    """Each invariant under each pack; failures are printed as patients."""
    from cobalens.proofs.counterexample import in_words
    from cobalens.proofs.prover import prove

    open_ids: dict[str, list[str]] = {}
    for verdict in prove(ruleset, invariants, packs):
        if verdict.proved:
            continue
        open_ids.setdefault(verdict.invariant, []).append(verdict.pack)
        if len(open_ids[verdict.invariant]) == 1:
            sentence = next(one.sentence for one in invariants if one.id == verdict.invariant)
            click.secho(f"\nInvariant {verdict.invariant} does not hold: {sentence}", bold=True)
            for patient in verdict.failures:
                click.echo("\n".join(in_words(ruleset, verdict.pack, patient)) + "\n")
    for name, where in open_ids.items():
        click.echo(f"Invariant {name} fails under: {', '.join(where)}.")
    return len(open_ids)


def check_wording(ruleset: Ruleset, invariants: list[Invariant]) -> int:
    """Every sentence that can be shown; and each check must refuse the sentences written to be refused."""
    from cobalens.proofs.wording import check, sentences, uncaught

    every = list(sentences(ruleset))
    bad = 0
    for one in (i for i in invariants if i.kind == "text"):
        faults, missed = check(one, every), uncaught(one)
        bad += bool(faults or missed)
        for fault in faults:
            click.echo(f"Invariant {one.id}: {fault.where} {fault.how}: {fault.text}")
        for sentence in missed:
            click.echo(f"Invariant {one.id}: its patterns let this pass, and must not: {sentence}")
    if any(i.kind == "text" for i in invariants):
        click.echo(f"{len(every)} sentences read in {len(ruleset.text)} language(s).")
    return bad


def check_tests(invariants: Iterable[Invariant]) -> int:
    """In a checkout, the tests that an invariant names exist."""
    root = Path(__file__).parents[3]
    if not (root / "tests").is_dir():
        return 0
    lost = [(one.id, test) for one in invariants for test in one.tested_by if not (root / test).exists()]
    for name, test in lost:
        click.echo(f"Invariant {name} names a test that does not exist: {test}")
    return len({name for name, _ in lost})


def check_whole(ruleset: Ruleset, pack: Pack) -> int:
    """No row is out of reach of every patient, and for every patient a permitted answer exists."""
    from cobalens.proofs.counterexample import in_words
    from cobalens.proofs.prover import permitted_answer_exists, rows_that_never_act

    bad = 0
    for row in rows_that_never_act(ruleset):
        bad += 1
        click.echo(f"No patient reaches this row under any choice of policies: {row}. Widen or delete it.")
    patient = permitted_answer_exists(ruleset, ruleset.invariants, pack)
    if patient is None:
        click.echo(
            "For every possible patient a permitted answer exists: the invariants do not contradict each other."
        )
        return bad
    click.echo("The invariants contradict each other for this patient:")
    click.echo("\n".join(in_words(ruleset, pack.name, patient)))
    return bad + 1


def summary(invariants: list[Invariant]) -> None:
    """Where each invariant has its one home."""
    for kind, words in (
        ("proved", "proved for every possible patient under every pack"),
        ("text", "checked in every sentence that can be shown"),
        ("tested", "tested"),
    ):
        mine = [one.id for one in invariants if one.kind == kind]
        if mine:
            click.echo(f"{len(mine)} {words}: {', '.join(mine)}.")


def no_solver() -> errors.CobalensError:
    return errors.CobalensError(
        "no_solver",
        "prove",
        "The solver Z3 is not installed.",
        "Proofs are an extra of the program.",
        "Install it with `pip install cobalens[prove]`, or use `make prove` in a checkout.",
    )


def unknown_invariant(name: str, known: Iterable[str]) -> errors.CobalensError:
    return errors.CobalensError(
        "unknown_invariant",
        "--invariant",
        f"There is no invariant {name!r}.",
        f"They are numbered {', '.join(known)}.",
        "See src/cobalens/knowledge/invariants.toml.",
    )
