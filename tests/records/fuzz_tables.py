"""Mutated tables, printouts and PDF reports: no crash, no hang, every piece accounted for.

The long form is `python -m tests.records.fuzz_tables N [SEED]`; it prints what failed and how to make it again.
"""

from __future__ import annotations

import random
import re
import sys
import time

from cobalens.errors import CobalensError
from cobalens.intake import pasted, pdf, tables
from cobalens.intake.refused import Refused
from cobalens.intake.tables.grid import decoded, delimiter_of, of_text
from cobalens.intake.timelines.timeline import facts_of
from cobalens.model.record import Record
from tests.records.carried import FATES
from tests.records.fuzz_hl7 import mutated
from tests.records.pasted.writer import printout
from tests.records.pdf.writer import columns
from tests.records.pdf.writer import pdf as paper
from tests.records.tables.writer import long, wide
from tests.robustness.cases import PACK, RULES, cases

LONGEST = 10.0
"""Seconds that one input may take on a busy machine."""
DAY = "2026-03-02"
_ROW = re.compile(r"(?:row|line) (\d+)\b")
READERS = {"long": tables, "wide": tables, "pasted": pasted, "pdf": pdf}


def made(kind: str, name: str) -> bytes:
    case = cases()[name]
    if kind == "long":
        return long({name: case})
    if kind == "wide":
        return wide(case, name)
    text = printout(case)
    if kind == "pasted":
        return text
    return paper([columns([[(40.0, line)] for line in text.decode().splitlines()[:45]])], packed=False)


def check(kind: str, source: bytes) -> str:
    """What is wrong with how an input is read; nothing where all is well. A refusal that teaches is well."""
    started = time.monotonic()
    people: list[Record | Refused] = []
    try:
        people = list(READERS[kind].read(source, RULES, DAY))
        for one in people:
            if isinstance(one, Record):
                facts_of(one, RULES, PACK)
    except CobalensError as error:
        return "" if error.problem and error.next is not None else "a refusal that does not teach"
    except Exception as error:  # noqa: BLE001
        return f"{type(error).__name__} in {kind}"
    if time.monotonic() - started > LONGEST:
        return f"too slow in {kind}"
    for one in people:
        if isinstance(one, Record) and not (
            {element.fate for element in one.elements} <= FATES and one.elements
        ):
            return f"not accounted for in {kind}"
    if READERS[kind] is tables and all(isinstance(one, Record) for one in people):
        return rows_lost(source, [one for one in people if isinstance(one, Record)])
    return ""


def rows_lost(source: bytes, people: list[Record]) -> str:
    """Rows of a text with anything in them that no account speaks of, and rows that are made up."""
    text = decoded(source)
    grid = of_text(text, delimiter_of(text) or ",")
    filled = {
        at
        for at, row in zip(grid.numbers, grid.rows, strict=True)
        if any(str(cell or "").split() for cell in row)
    }
    told = {
        int(found[1]) for one in people for element in one.elements if (found := _ROW.match(element.where))
    }
    return (
        f"rows that are not accounted for, or made up: {sorted(filled ^ told)[:5]}" if filled != told else ""
    )


def one_round(seed: int) -> tuple[str, bytes, str]:
    chance = random.Random(seed)
    kind = chance.choice(tuple(READERS))
    source = mutated(made(kind, chance.choice(sorted(cases()))), chance)
    return kind, source, check(kind, source)


def main(count: int, seed: int) -> int:
    failed = 0
    for number in range(seed, seed + count):
        _, source, wrong = one_round(number)
        if wrong:
            failed += 1
            sys.stdout.write(f"seed {number}: {wrong}; {len(source)} bytes\n")
    sys.stdout.write(f"{count} inputs, {failed} failed\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000, int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    )
