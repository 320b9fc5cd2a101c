"""``make bench``: prints what was promised, what was measured in this run, and whether it holds. Writes nothing."""

from __future__ import annotations

import gc
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from bench import by_hand, chapters, records_fhir, records_hl7, records_tables
from bench.timing import by_turns, each, processes, share
from cobalens import api
from cobalens.compiler import KNOWLEDGE, compile_knowledge, load_ruleset
from cobalens.compiler.checking import check
from cobalens.compiler.reading import Shelf
from cobalens.compiler.rules import Rules
from cobalens.compiler.vocabulary import Vocabulary
from cobalens.engines import python, reference
from cobalens.intake.casefile import read_case
from cobalens.intake.timelines.timeline import facts_of
from cobalens.model.facts import Facts
from cobalens.model.ruleset import Pack, Ruleset

ROOT = Path(__file__).parent.parent
CASES = (ROOT / "tests" / "cases", ROOT / "src" / "cobalens" / "examples")
AGREE_ON = 10_000


class Measured(NamedTuple):
    what: str
    target: str
    value: str
    holds: bool | None = None
    """``None``: told for orientation, nothing is promised."""


def main() -> int:
    ruleset = load_ruleset()
    pack = ruleset.packs[api.PRIMARY]
    people = cases()
    api.load()
    # As a server does once it has started: what stays for good is not looked through again and again.
    gc.collect()
    gc.freeze()
    lines = [
        *engines(ruleset, pack, people),
        *against_by_hand(),
        *one_case(ruleset, pack, people),
        *cold_start(people),
        *compiling(),
        *records(),
    ]
    show(lines)
    return 1 if any(one.holds is False for one in lines) else 0


def cases() -> list[dict[str, Any]]:
    """The project's own worked cases, as input."""
    found = []
    for folder in CASES:
        for path in sorted(folder.glob("*.json")):
            case = json.loads(path.read_bytes())
            found.append({"patient": case["patient"], "facts": case["facts"]})
    return found


def engines(ruleset: Ruleset, pack: Pack, people: list[dict[str, Any]]) -> list[Measured]:
    """The reference with its trace against the generated function, on the facts of the worked cases."""
    program = python.generate(ruleset, pack)
    facts = [facts_of(read_case(one, ruleset), ruleset, pack) for one in people]
    known = [{name: fact.value for name, fact in one.values.items()} for one in facts]
    traced, run, raw = by_turns(
        lambda: [reference.run(ruleset, one, pack) for one in facts],
        lambda: [program.run(one) for one in known],
        lambda: [program.raw(one) for one in known],
    )
    nobody = Facts({})
    (empty,) = by_turns(lambda: reference.run(ruleset, nobody, pack))
    return [
        Measured("answer and trace, one person", "", ms(traced / len(people))),
        Measured("  … of whom nothing is known", "", ms(empty)),
        Measured("generated Python, named outcome", "", ms(run / len(people))),
        Measured("generated Python, bare numbers", "", ms(raw / len(people))),
        ratio("answer and trace / generated Python", 8, traced, run),
    ]


def against_by_hand() -> list[Measured]:
    kept = chapters.chapters()
    people = chapters.patients(kept, AGREE_ON)
    differs = (chapters.disagreement(kept, *one) for one in people)
    wrong = [one for one in differs if one]
    agree = Measured(
        f"three chapters: agreement on {AGREE_ON:,} people", "all", f"{AGREE_ON - len(wrong):,}", not wrong
    )
    numbers, words = [one for one, _ in people[:2000]], [one for _, one in people[:2000]]
    made, hand = by_turns(
        lambda: [kept.program.raw(one) for one in numbers], lambda: [by_hand.read(one) for one in words]
    )
    told = [Measured(f"  … first difference: {wrong[0]}", "", "")] if wrong else []
    return [
        agree,
        *told,
        Measured("three chapters, generated", "", ms(made / len(numbers))),
        Measured("three chapters, by hand", "", ms(hand / len(words))),
        ratio("generated / by hand", 1.5, made, hand),
    ]


def one_case(ruleset: Ruleset, pack: Pack, people: list[dict[str, Any]]) -> list[Measured]:
    """From the bytes of a case to the bytes of its interpretation, with every pack read beside the primary one.

    Plain, and with all that is looked ahead for: next tests weighed, changes, firmness, the reference population.
    """
    door = api.load()
    written = [msgspec.json.encode(one) for one in people]
    encoder = msgspec.json.Encoder()

    def plain(one: Any) -> Any:
        return door.interpret(one, look_ahead=False)

    each(door.interpret, written, 1)
    times = each(lambda one: encoder.encode(plain(one)), written, max(1, 600 // len(written)))

    def unlike_anybody(one: Any) -> Any:
        door.memory.clear()
        door.shelf.unsaid.clear()
        return plain(one)

    new_times = each(lambda one: encoder.encode(unlike_anybody(one)), written, max(1, 150 // len(written)))
    whole_times = each(lambda one: encoder.encode(door.interpret(one)), written, 2)
    p99, whole_p99 = share(times.processor, 0.99), share(whole_times.processor, 0.99)
    records = [door.read(one) for one in written]
    facts = [facts_of(record, ruleset, pack) for record in records]
    said = [plain(record) for record in records]
    read, primary, traced, whole, encoded = by_turns(
        lambda: [door.read(one) for one in written],
        lambda: [facts_of(record, ruleset, pack) for record in records],
        lambda: [reference.run(ruleset, one, pack) for one in facts],
        lambda: [plain(record) for record in records],
        lambda: [encoder.encode(one) for one in said],
        rounds=5,
    )
    parts = {
        "reading the record": read,
        "facts": primary,
        "answer and trace": traced,
        f"{len(door.others)} other packs, sentences, sources": whole - primary - traced,
        "encoding": encoded,
    }
    return [
        Measured("one case to JSON, plain, median", "", ms(share(times.processor, 0.5))),
        Measured("one case to JSON, plain, 99th percentile", "≤ 5 ms", ms(p99), p99 <= 0.005),
        Measured("  … by the clock, with what else ran", "", ms(share(times.clock, 0.99))),
        Measured("  … of somebody unlike anybody before, 99th", "", ms(share(new_times.processor, 0.99))),
        Measured("one case to JSON, everything on, median", "", ms(share(whole_times.processor, 0.5))),
        Measured(
            "one case to JSON, everything on, 99th percentile", "≤ 50 ms", ms(whole_p99), whole_p99 <= 0.05
        ),
        *(Measured(f"  … {name}", "", ms(part / len(people))) for name, part in parts.items()),
    ]


def cold_start(people: list[dict[str, Any]]) -> list[Measured]:
    """The command, started afresh, against a Python that only imports two libraries."""
    program = Path(sys.executable).with_name("cobalens")
    with tempfile.TemporaryDirectory() as folder:
        case = Path(folder) / "case.json"
        case.write_bytes(msgspec.json.encode(people[0]))
        bare, warm = processes(
            (sys.executable, "-c", "import msgspec, tomllib"),
            (str(program), "interpret", str(case), "--format", "json"),
        )
    return [
        Measured("a Python importing msgspec and tomllib", "", f"{ms(bare[0])}, median {ms(bare[1])}"),
        Measured(
            "cobalens interpret, cold", "≤ 400 ms", f"{ms(warm[0])}, median {ms(warm[1])}", warm[1] <= 0.4
        ),
        ratio("cobalens interpret / that Python", 3, warm[0], bare[0]),
    ]


def compiling() -> list[Measured]:
    """All knowledge from its files, and where the time goes."""
    (whole,) = by_turns(compile_knowledge, rounds=5)
    start = time.perf_counter()
    shelf = Shelf(KNOWLEDGE)
    read = time.perf_counter()
    words = Vocabulary(shelf)
    vocabulary = time.perf_counter()
    rules = Rules(shelf, words, {})
    tables = time.perf_counter()
    for table in rules.tables:
        if table.kind == "choose":
            check(table, "", lambda name: domain(rules, name))
    checked = time.perf_counter()
    phases = (("reading TOML", read - start), ("vocabulary", vocabulary - read), ("tables", tables - vocabulary),
              ("gaps and overlaps", checked - tables))  # fmt: skip
    return [
        Measured("compiling all knowledge", "≤ 300 ms", ms(whole), whole <= 0.3),
        *(
            Measured(f"  … {name}", "", f"{ms(part)} ({part / (checked - start):.0%})")
            for name, part in phases
        ),
    ]


def records() -> list[Measured]:
    """Records in other formats, against what another library needs to parse them alone."""
    bundle, parsed, _ = records_fhir.measured()
    message, split = records_hl7.measured()
    rows = [
        Measured(one.what, f"≤ {records_tables.TARGET:g}" if one.held_against else "",
                 f"{one.seconds / one.held_against:.2f}" if one.held_against else ms(one.seconds),
                 one.seconds <= records_tables.TARGET * one.held_against if one.held_against else None)
        for one in records_tables.loads()
    ]  # fmt: skip
    return [
        ratio("FHIR Bundle of 40 entries to facts / fhir.resources", records_fhir.TARGET, bundle, parsed),
        ratio("HL7 message to facts / python-hl7", records_hl7.TARGET, message, split),
        *rows,
    ]


def domain(rules: Rules, name: str) -> tuple[tuple[str, ...], bool]:
    found = rules.domain("", name)
    assert found is not None
    return found.values, found.unknown


def ratio(what: str, target: float, one: float, other: float) -> Measured:
    return Measured(what, f"≤ {target:g}", f"{one / other:.2f}", one / other <= target)


def ms(seconds: float) -> str:
    return f"{seconds * 1000:.3f} ms" if seconds < 0.01 else f"{seconds * 1000:.0f} ms"


def show(lines: list[Measured]) -> None:
    width = max(len(one.what) for one in lines)
    held = {True: "holds", False: "MISSED", None: ""}
    print(f"{'':{width}}  {'promised':>9}  {'measured':>24}")
    for one in lines:
        print(f"{one.what:{width}}  {one.target:>9}  {one.value:>24}  {held[one.holds]}".rstrip())


if __name__ == "__main__":
    sys.exit(main())
