"""Mutated printouts, portal lines and notes as pasted text: no crash, no hang, every line accounted for.

The long form is `python -m tests.records.fuzz_text N [SEED]`; it prints what failed and how to make it again.
"""

from __future__ import annotations

import random
import re
import sys
import time
from collections.abc import Callable

from cobalens.errors import CobalensError
from cobalens.intake import pasted
from cobalens.intake.tables.grid import decoded
from cobalens.intake.timelines.timeline import facts_of
from tests.records.carried import FATES
from tests.records.fuzz_hl7 import mutated
from tests.records.pasted.writer import printout
from tests.robustness.cases import PACK, RULES, Case, cases

LONGEST = 5.0
"""Seconds that one input may take on a busy machine."""
DAY = "2026-03-02"
WORDS = (
    "B12 150 pg/mL", "Vitamin B12 1,245 pg/mL (200–900) H", "b12: <150", "MMA 0.55 µmol/L", "Hb 9.1", "no numbness", "?PA", "not vegan", "12/03/2025",
    "Collected: 2026-02-01 08:30", "Diagnoses:", "Current medications:", "- metformin", "1.245,0", "5–7", "GREATER THAN 2000", "see comment", "HEMOLYZED",
    "mother had", "since 2019", "total gastrectomy", "\t", "   ", "....", "----------", "((((", "1-1-1-1", "::", "\u2028", "\u200b", "\ufeff", "½", "٣٤٥", "１９５",
    "é\u0301", "🙂", "\x0c", "\x1b[0m", "Page 2 of 3", "Age: 67", "Sex: F", "DOB: 1958-04-01", "Test  Result  Units  Range", "Test  01/02/2025  01/03/2025",
)  # fmt: skip
_LINE = re.compile(r"line (\d+)\b")


def note(case: Case) -> bytes:
    """The words of a case alone, as somebody dictates them."""
    said = [line.lstrip("- ") for line in printout(case).decode().splitlines() if line.startswith("- ")]
    return ". ".join(said).encode()


def portal(case: Case) -> bytes:
    """Each result over several lines, as pages of portals copy."""
    lines = [line for line in printout(case).decode().splitlines() if re.search(r"\S {2,}\S", line)]
    return "\n".join(piece for line in lines for piece in re.split(r" {2,}", line)).encode()


WRITERS: dict[str, Callable[[Case], bytes]] = {"printout": printout, "note": note, "portal": portal}


def shuffled(content: bytes, chance: random.Random) -> bytes:
    """Lines taken out, moved, said twice, cut, or with other words between."""
    lines = content.decode("utf-8", "replace").split("\n")
    for _ in range(chance.randint(0, 6)):
        at = chance.randrange(len(lines))
        kind = chance.randrange(5)
        if kind == 0 and len(lines) > 1:
            del lines[at]
        elif kind == 1:
            lines.insert(chance.randrange(len(lines) + 1), lines[at])
        elif kind == 2:
            lines[at] = f"{lines[at]}{chance.choice((' ', ', ', '; ', '  ', ''))}{chance.choice(WORDS)}"
        elif kind == 3:
            lines.insert(at, chance.choice(WORDS))
        else:
            lines[at] = lines[at][: chance.randrange(len(lines[at]) + 1)]
    return "\n".join(lines).encode("utf-8", "replace")


def check(source: bytes) -> str:
    """What is wrong with how a text is read; nothing where all is well. A refusal that teaches is well."""
    try:
        (record,) = pasted.read(source, RULES, DAY)
    except CobalensError as error:
        return "" if error.problem and error.code else "a refusal without words"
    facts_of(record, RULES, PACK)
    if not {one.fate for one in record.elements} <= FATES:
        return "a piece without a fate"
    told = {int(found[1]) for one in record.elements if (found := _LINE.match(one.where))}
    wanted = {at for at, line in enumerate(decoded(source).splitlines(), 1) if line.split()}
    if told != wanted:
        return f"lines that are not accounted for, or made up: {sorted(told ^ wanted)[:5]}"
    return ""


def one(seed: int) -> tuple[bytes, str, float]:
    """One mutated input, what is wrong with it, and the seconds that it took."""
    chance = random.Random(f"text {seed}")
    case = cases()[chance.choice(sorted(cases()))]
    source = shuffled(WRITERS[chance.choice(sorted(WRITERS))](case), chance)
    if chance.random() < 0.6:
        source = mutated(source, chance)
    start = time.perf_counter()
    try:
        wrong = check(source)
    except Exception as error:  # noqa: BLE001
        wrong = f"{type(error).__name__}: {error}"
    return source, wrong, time.perf_counter() - start


def main(count: int, first: int = 0) -> int:
    bad, slowest = 0, 0.0
    for seed in range(first, first + count):
        _, wrong, seconds = one(seed)
        slowest = max(slowest, seconds)
        if wrong or seconds > LONGEST:
            bad += 1
            sys.stdout.write(f"{seed}: {wrong or f'{seconds:.1f} s'}\n")
    sys.stdout.write(f"{count} texts: {bad} failed, the slowest took {slowest:.2f} s\n")
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main(*(int(one) for one in sys.argv[1:3] or ("1000",))))
