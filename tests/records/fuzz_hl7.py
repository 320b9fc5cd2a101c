"""Mutated HL7 v2 messages and C-CDA documents: no crash, no hang, and every piece accounted for.

The long form is `python -m tests.records.fuzz_hl7 N [SEED]`; it prints what failed and how to make it again.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable

from cobalens.errors import CobalensError
from cobalens.intake import ccda, hl7v2
from cobalens.intake.hl7v2.syntax import read_file
from cobalens.intake.refused import Refused
from cobalens.intake.timelines.timeline import facts_of
from tests.records.carried import FATES
from tests.records.ccda.writer import document
from tests.records.hl7v2.writer import message
from tests.robustness.cases import PACK, RULES, cases

LONGEST = 5.0
"""Seconds that one input may take on a busy machine."""
DAY = "2026-03-02"
PIECES = [
    b"|", b"^", b"~", b"\\", b"&", b"\r", b"\n", b"\r\n", b"\x0b", b"\x1c\r", b"OBX|1|NM|2132-9^B12^LN||", b"\\X0A\\", b"\\.br\\", b"\\F",
    b'""', b"\x00", b"\xff", "µ".encode(), "１９５".encode(), b">", b"<", b"1e999", b"-1", b"NaN", b"99999999999999999999", b"0.0.0", b"1:", b"PID|",
    b"MSH|^~\\&|", b"MSH|", b"FHS|", b"NTE|1|L|", b"20269999", b"-0000", b"~" * 300, b"A" * 3000, b"no ", b"B12 150 pg/mL ", b"C", b"D", b"SPM|1",
    b"<observation>", b"</text>", b"<!--", b"]]>", b"&lt;", b"&x;", b'value="', b'nullFlavor="NI" ',
]  # fmt: skip


def mutated(content: bytes, chance: random.Random) -> bytes:
    """The content after one to eight changes of the kinds that go wrong on the way."""
    made = bytearray(content)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(made) + 1)
        upto = min(len(made), at + chance.choice((1, 1, 2, 5, 40, 400)))
        kind = chance.randrange(6)
        if kind == 0:
            del made[at:upto]
        elif kind == 1:
            made[at:at] = made[at:upto]
        elif kind == 2:
            made[at:at] = chance.choice(PIECES)
        elif kind == 3 and at < len(made):
            made[at] = chance.randrange(256)
        elif kind == 4:
            to = chance.randrange(len(made) + 1)
            made[to:to] = made[at:upto]
        else:
            del made[at : at + chance.choice((0, 0, 0, len(made)))]
    return bytes(made)


def check_hl7(source: bytes) -> str:
    """What is wrong with how a message is read; nothing where all is well. A refusal that teaches is well."""
    try:
        people = hl7v2.read(source, RULES, DAY)
    except CobalensError as error:
        return "" if error.problem and error.code else "a refusal without words"
    if any(isinstance(one, Refused) for one in people):
        return ""
    records = [one for one in people if not isinstance(one, Refused)]
    file = read_file(source, "input")
    expected = sum(len(one.segments) for one in file.messages) + len(file.around)
    counted = sum(len(one.elements) for one in records)
    if counted != expected:
        return f"{expected} segments, {counted} accounted for"
    return judged(records)


def check_ccda(source: bytes) -> str:
    try:
        records = ccda.read(source, RULES, DAY)
    except CobalensError as error:
        return "" if error.problem and error.code else "a refusal without words"
    return judged(records)


def judged(records: list[object]) -> str:
    for record in records:
        facts_of(record, RULES, PACK)  # type: ignore[arg-type]
        if not {one.fate for one in record.elements} <= FATES:  # type: ignore[attr-defined]
            return "a piece without a fate"
    return ""


KINDS: dict[str, tuple[Callable[[dict[str, object]], str], Callable[[bytes], str]]] = {
    "hl7": (message, check_hl7),
    "ccda": (document, check_ccda),
}


def one(kind: str, seed: int) -> tuple[bytes, str, float]:
    """One mutated input, what is wrong with it, and the seconds that it took."""
    make, check = KINDS[kind]
    chance = random.Random(f"{kind} {seed}")
    case = cases()[chance.choice(sorted(cases()))]
    source = mutated(make(case).encode(), chance)
    start = time.perf_counter()
    try:
        wrong = check(source)
    except Exception as error:  # noqa: BLE001
        wrong = f"{type(error).__name__}: {error}"
    return source, wrong, time.perf_counter() - start


def main(count: int, first: int = 0) -> int:
    bad, slowest = 0, 0.0
    for seed in range(first, first + count):
        for kind in KINDS:
            _, wrong, seconds = one(kind, seed)
            slowest = max(slowest, seconds)
            if wrong or seconds > LONGEST:
                bad += 1
                print(f"{kind} {seed}: {wrong or f'{seconds:.1f} s'}")  # noqa: T201
    print(f"{count} inputs of each of {', '.join(KINDS)}: {bad} failed, the slowest took {slowest:.2f} s")  # noqa: T201
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*(int(one) for one in sys.argv[1:3] or ("1000",))))
