"""`make fuzz`: mutated FHIR, HL7 v2, CSV and TSV, and pasted text, a quarter each; each is read or refused with a reason.

`python -m tests.records.fuzz 200000 [SEED]`: no crash, no hang, no unbounded memory, every piece of the input accounted for.
What fails is printed with its kind and number, which make it again.
"""

from __future__ import annotations

import random
import resource
import signal
import sys
from collections import Counter
from collections.abc import Callable
from types import FrameType

from tests.records import fuzz_fhir, fuzz_hl7, fuzz_tables, fuzz_text
from tests.records.fhir.mutate import mutated as mutated_fhir
from tests.records.fuzz_hl7 import mutated
from tests.records.tables.writer import long, wide
from tests.robustness.cases import cases

LONGEST = 10.0
"""Seconds of the processor that one input may take."""
MEMORY = 3_000_000_000
"""Bytes that the whole run may hold."""


class TooSlowError(Exception):
    """One input took longer than any input may."""


def fhir(seed: int) -> str:
    fuzz_fhir.checked(mutated_fhir(seed))
    return ""


def hl7(seed: int) -> str:
    return fuzz_hl7.one("hl7", seed)[1]


def tables(seed: int) -> str:
    chance = random.Random(f"table {seed}")
    name = chance.choice(sorted(cases()))
    mark = chance.choice(",\t;")
    written = long({name: cases()[name]}, mark) if chance.random() < 0.5 else wide(cases()[name], name, mark)
    return fuzz_tables.check("long", mutated(written, chance))


def text(seed: int) -> str:
    return fuzz_text.one(seed)[1]


KINDS: dict[str, Callable[[int], str]] = {"fhir": fhir, "hl7": hl7, "tables": tables, "text": text}


def outcome(kind: str, seed: int) -> str:
    """What is wrong with how one input is read; nothing where all is well."""
    signal.setitimer(signal.ITIMER_VIRTUAL, LONGEST)
    try:
        return KINDS[kind](seed)
    except Exception as error:  # noqa: BLE001
        return f"{type(error).__name__}: {error}"
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def bounded() -> None:
    """From here on an input that hangs or that takes all memory is an error like another."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TooSlowError(f"more than {LONGEST:g} s")

    signal.signal(signal.SIGVTALRM, stop)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))


def main(count: int = 200_000, first: int = 0) -> int:
    bounded()
    each = -(-count // len(KINDS))
    failed: Counter[str] = Counter()
    for done, seed in enumerate(range(first, first + each), 1):
        for kind in KINDS:
            if wrong := outcome(kind, seed):
                failed[kind] += 1
                sys.stdout.write(f"{kind} {seed}: {wrong}\n")
        if done % max(1, each // 50) == 0 or done == each:
            sys.stdout.write(f"{done * len(KINDS):,} of {each * len(KINDS):,}: {failed.total()} failed\n")
            sys.stdout.flush()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    sys.stdout.write(
        f"{each:,} inputs of each of {', '.join(KINDS)}: {failed.total()} failed; at most {peak} MB held\n"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(*(int(one) for one in sys.argv[1:3])))
