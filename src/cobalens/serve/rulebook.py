"""The ``rulebook`` command: the knowledge, its proofs and its worked patients as a site of pages."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import click

from cobalens import __version__, errors
from cobalens.model.ruleset import Invariant, Ruleset
from cobalens.serve import ending
from cobalens.serve.status import DONE

HOLDS, BROKEN = "holds", "broken"


def written(out: str, pack: str, prove: bool) -> int:
    """Builds the site and says where it is and what it shows of the proofs."""
    if any(importlib.util.find_spec(name) is None for name in ("sphinx", "furo", "myst_parser")):
        raise no_generator()
    from cobalens.api import load
    from cobalens.report.rulebook.book import book_of
    from cobalens.report.rulebook.site import build
    from cobalens.report.rulebook.worked import guides, worked_patients

    ruleset = load(pack, ()).ruleset
    shown = checked(ruleset, prove)
    book = book_of(ruleset, pack, __version__, worked_patients(), shown, guides())
    with ending.in_order():
        count = build(book, Path(out))
    click.echo(f"{count} pages in {out}; open {Path(out) / 'index.html'}")
    click.echo(summary(ruleset, shown))
    return DONE


def checked(ruleset: Ruleset, prove: bool) -> dict[str, str]:
    """Invariant -> how its check went; what was not run here is left out."""
    if not prove or importlib.util.find_spec("z3") is None:
        return {}
    from cobalens.proofs import prover

    packs = [pack for pack in ruleset.packs.values() if pack.role != "common"]
    shown = {
        one.id: HOLDS if sound(ruleset, one) else BROKEN for one in ruleset.invariants if one.kind == "text"
    }
    for verdict in prover.prove(ruleset, ruleset.invariants, packs):
        if shown.get(verdict.invariant) != BROKEN:
            shown[verdict.invariant] = HOLDS if verdict.proved else BROKEN
    return shown


def sound(ruleset: Ruleset, one: Invariant) -> bool:
    """Whether every sentence keeps to an invariant of wording, and its check catches what it must."""
    from cobalens.proofs import wording

    return not wording.check(one, list(wording.sentences(ruleset))) and not wording.uncaught(one)


def summary(ruleset: Ruleset, shown: dict[str, str]) -> str:
    if not shown:
        return "The invariants were not checked in this run, and the pages say so."
    broken = [one.id for one in ruleset.invariants if shown.get(one.id) == BROKEN]
    held = sum(state == HOLDS for state in shown.values())
    failed = f"; not held: {', '.join(broken)}" if broken else ""
    return f"Invariants checked in this run: {held} hold{failed}. The others are shown by the test suite."


def no_generator() -> errors.CobalensError:
    return errors.CobalensError(
        "no_generator",
        "rulebook",
        "The documentation generator is not installed.",
        "The rulebook is an extra of the program.",
        "Install it with `pip install cobalens[rulebook]`, or use `make rulebook` in a checkout.",
    )
