"""Hands every proof to a second solver (cvc5) as SMT-LIB text and compares: ``python -m tests.proofs.second_solver``."""

from __future__ import annotations

import sys
import time

import cvc5
import z3

from cobalens.compiler import load_ruleset
from cobalens.model.ruleset import Invariant
from cobalens.proofs.encoding import Encoding
from tests.proofs.faults import faults


def smt_text(encoding: Encoding, one: Invariant, pattern: int) -> tuple[str, str]:
    """The question as SMT-LIB, and the first solver's answer."""
    bad = encoding.all_of(one.never[pattern])
    solver = encoding.solver()
    solver.add(bad)
    return solver.to_smt2(), str(solver.check())


def second_opinion(text: str) -> str:
    solver = cvc5.Solver()
    solver.setLogic("ALL")
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "proof")
    symbols = parser.getSymbolManager()
    answer = ""
    while not (command := parser.nextCommand()).isNull():
        said = str(command.invoke(solver, symbols)).strip()
        answer = said or answer
    return answer


def main() -> int:
    ruleset = load_ruleset()
    pack = ruleset.packs["nice-ng239"]
    begun, asked, differ = time.perf_counter(), 0, []
    for one in (i for i in ruleset.invariants if i.kind == "proved"):
        for pattern in range(len(one.never)):
            broken, _ = next(faults(ruleset, one, pattern))
            for rules, name in ((ruleset, "as it stands"), (broken, "with a planted fault")):
                text, first = smt_text(Encoding(rules, pack), one, pattern)
                second = second_opinion(text)
                asked += 1
                if first != second:
                    differ.append(
                        f"invariant {one.id}, combination {pattern}, {name}: z3 {first}, cvc5 {second}"
                    )
    sys.stdout.write(
        "\n".join(
            [
                *differ,
                f"{asked} questions, {len(differ)} differences, {time.perf_counter() - begun:.1f} s",
                "",
            ]
        )
    )
    return 1 if differ else 0


if __name__ == "__main__":
    z3.set_param("smt.random_seed", 0)
    sys.exit(main())
