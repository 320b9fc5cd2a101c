"""`cobalens affected`: whose answer another ruleset would change, and by which rows. It hands on no value of a record."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
import textwrap
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from cobalens import __version__, errors
from cobalens.api import Cobalens, load
from cobalens.compiler import KNOWLEDGE, KnowledgeError, compile_knowledge
from cobalens.errors import CobalensError
from cobalens.model.record import Record
from cobalens.model.ruleset import Ruleset
from cobalens.report import change as told
from cobalens.report.case import shelf_of
from cobalens.report.change import PersonChange, Side, Turn, compared, side
from cobalens.report.missing import QUESTIONS
from cobalens.report.revision import Difference, differences
from cobalens.report.words import short
from cobalens.serve import refusals
from cobalens.serve.batch import read
from cobalens.serve.given import refuse_early, refuse_overwriting
from cobalens.serve.inputs import Input, inputs, places, unique
from cobalens.serve.outputs import put, put_words
from cobalens.serve.status import DONE, FAILED

SHIPPED = "shipped"
IN_A_CHECKOUT = Path("src") / "cobalens" / "knowledge"
FORMULAS = "scores.py"
ABSENT = "not_in_the_input"
"""The refusal of a person whom one of the rulesets does not find in the input."""
PROGRESS_FROM = 20
LISTED = 12
"""Differences named on a terminal; the data has all."""
COLUMNS = (40, 160)
ROOMY = 80
WORDED = {
    told.UNCHANGED: "unchanged",
    told.ANSWER: "answer changed",
    told.DEFICIENCY: "deficiency changed",
    told.FINDINGS: "findings changed",
    told.PACKS: "another pack's reading changed",
    told.WORDS: "words alone changed",
    told.READING: "read under one ruleset alone",
    told.UNREADABLE: "could not be read",
}
ALWAYS = (told.UNCHANGED, told.ANSWER, told.DEFICIENCY, told.FINDINGS)
"""Counted in the last line even when there are none."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for on the command line."""

    old: str
    new: str
    form: str
    out: str | None
    everybody: bool
    strict: bool
    as_of: str | None
    pack: str
    language: str
    complete: frozenset[str]


class Edition(msgspec.Struct, frozen=True):
    """A ruleset, how it was named, and whether its formulas are those of this program."""

    name: str
    ruleset: Ruleset
    formulas_agree: bool


class Named(msgspec.Struct, frozen=True):
    """A ruleset in the output."""

    name: str
    ruleset: str


class Outcome(msgspec.Struct, frozen=True):
    """Everything that is handed out."""

    cobalens: str
    pack: str
    old: Named
    new: Named
    notes: tuple[str, ...]
    differences: tuple[Difference, ...]
    people: tuple[PersonChange, ...]
    counts: dict[str, int]


SAFELY: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
"""Refuses what leaves the folder, where Python can (3.11.4 and later); the archive is the checkout's own."""


def run(names: tuple[str, ...], wanted: Wanted) -> int:
    old, new = edition(wanted.old), edition(wanted.new)
    doors = (door(old, wanted), door(new, wanted))
    refuse_early(doors[1], wanted.as_of, wanted.complete)
    refuse_overwriting(wanted.out, places(names).found)
    people = tuple(changes(doors, list(inputs(names)), wanted))
    met = Counter(one.change for one in people)
    outcome = Outcome(
        cobalens=__version__,
        pack=wanted.pack,
        old=Named(old.name, old.ruleset.hash),
        new=Named(new.name, new.ruleset.hash),
        notes=notes(old, new),
        differences=differences(old.ruleset, new.ruleset),
        people=people,
        counts={kind: met[kind] for kind in told.KINDS},
    )
    if wanted.form == "json":
        put(wanted.out, msgspec.json.format(msgspec.json.encode(outcome), indent=2).decode() + "\n")
    else:
        put_words(wanted.out, "\n".join(page(outcome, wanted.everybody)) + "\n")
    unread = met[told.UNREADABLE]
    changed = any(met[kind] for kind in told.CHANGED)
    return FAILED if changed or unread == len(people) or (wanted.strict and unread) else DONE


# --- Rulesets -------------------------------------------------------------------------------------------------------


def edition(name: str) -> Edition:
    """``shipped``, a folder of knowledge or a checkout that holds one, else a git revision of this checkout."""
    if name == SHIPPED:
        return Edition(name, load().ruleset, True)
    for folder in (Path(name) / IN_A_CHECKOUT, Path(name)):
        if (folder / "rules").is_dir():
            return compiled(name, folder)
    with tempfile.TemporaryDirectory(prefix="cobalens-") as place:
        if not unpacked(name, KNOWLEDGE, Path(place)):
            raise refusals.no_such_ruleset(name)
        return compiled(name, Path(place))


def compiled(name: str, folder: Path) -> Edition:
    try:
        ruleset = compile_knowledge(folder)
    except KnowledgeError as error:
        raise refusals.ruleset_refused(name, str(error)) from None
    formulas = folder / FORMULAS
    agree = not formulas.exists() or formulas.read_bytes() == (KNOWLEDGE / FORMULAS).read_bytes()
    return Edition(name, ruleset, agree)


def unpacked(revision: str, folder: Path, place: Path) -> bool:
    """Writes a folder of the checkout, as it was at a revision, to a place; false where there is no such revision."""
    git = shutil.which("git")
    if git is None or not revision.strip():
        return False
    base = [git, "-C", str(folder)]
    asked = [*base, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"]
    found = subprocess.run(asked, capture_output=True, text=True, check=False)
    if found.returncode != 0:
        return False
    archive = [*base, "archive", "--format=tar", found.stdout.strip()]
    made = subprocess.run(archive, capture_output=True, check=False)
    if made.returncode != 0:
        return False
    with tarfile.open(fileobj=io.BytesIO(made.stdout)) as tar:
        tar.extractall(place, **SAFELY)
    return (place / "rules").is_dir()


def door(edition: Edition, wanted: Wanted) -> Cobalens:
    """The library's door on a ruleset that need not be the shipped one, with its guidelines beside the primary pack."""
    from cobalens.engines.remembered import memory_of
    from cobalens.engines.sensitivity import plan_for

    ruleset = edition.ruleset
    packs = {name: pack for name, pack in ruleset.packs.items() if pack.role != "common"}
    if wanted.pack not in packs:
        raise errors.unknown_pack(wanted.pack, packs)
    if wanted.language not in ruleset.text:
        raise errors.unknown_language(wanted.language, ruleset.text)
    others = [
        pack for name, pack in sorted(packs.items()) if pack.role == "guideline" and name != wanted.pack
    ]
    plan = plan_for(ruleset, QUESTIONS)
    pack, shelf, memory = packs[wanted.pack], shelf_of(ruleset), memory_of(ruleset)
    return Cobalens(ruleset, pack, tuple(others), wanted.language, plan, shelf, memory)


def notes(old: Edition, new: Edition) -> tuple[str, ...]:
    found = []
    if old.ruleset.hash == new.ruleset.hash:
        found.append("Both are the same ruleset.")
    found += [
        f"The formulas ({FORMULAS}) of {one.name} are not those of this program, which calculates both with its own."
        for one in (old, new)
        if not one.formulas_agree
    ]
    return tuple(found)


# --- People ---------------------------------------------------------------------------------------------------------


def changes(doors: tuple[Cobalens, Cobalens], given: list[Input], wanted: Wanted) -> Iterator[PersonChange]:
    """Each person of each input in turn; where there are many, and somebody is looking, how far it has come."""
    shown = len(given) >= PROGRESS_FROM and sys.stderr.isatty()
    taken: dict[str, int] = {}
    for number, one in enumerate(given, 1):
        old, new = (everybody(door, one, wanted) for door in doors)
        for called, before, after in paired(one.id, old, new):
            yield compared(unique(called, taken), before, after)
        if shown:
            print(f"\r{number} of {len(given)}", end="", file=sys.stderr, flush=True)
    if shown:
        print(file=sys.stderr)


Told = list[tuple[str, Side | str]]
"""Everybody in one input by id: the reading, or the code of the refusal."""


def everybody(door: Cobalens, one: Input, wanted: Wanted) -> Told | str:
    """Each person of an input; the code alone where the whole input is refused."""
    try:
        people = read(door, one, wanted.as_of, wanted.complete)
    except CobalensError as error:
        return error.code
    taken: dict[str, int] = {}
    return [
        (
            unique(person.id, taken),
            judged(door, person) if isinstance(person, Record) else person.error.code,
        )
        for person in people
    ]


def judged(door: Cobalens, record: Record) -> Side:
    case = door.case(replace(record, id=""))
    return side(case, door.read_otherwise(case), __version__)


def paired(id: str, old: Told | str, new: Told | str) -> list[tuple[str, Side | str, Side | str]]:
    """The same people under both rulesets; a refusal of the whole input is everybody's."""
    if isinstance(old, str):
        return [(id, old, new)] if isinstance(new, str) else [(called, old, there) for called, there in new]
    if isinstance(new, str):
        return [(called, here, new) for called, here in old]
    there = dict(new)
    known = {called for called, _ in old}
    both = [(called, here, there.get(called, ABSENT)) for called, here in old]
    return both + [(called, ABSENT, one) for called, one in new if called not in known]


# --- On a terminal --------------------------------------------------------------------------------------------------

Line = tuple[str, str]
"""What is told, and its words."""
QUIET = (told.UNCHANGED, told.WORDS)
"""Listed on request only: they are many, and nothing is decided otherwise."""


def page(outcome: Outcome, everybody: bool) -> Iterator[str]:
    columns = max(COLUMNS[0], min(COLUMNS[1], shutil.get_terminal_size().columns))
    for label, named in (("old", outcome.old), ("new", outcome.new)):
        yield f"{label}  {short(named.ruleset)}  {named.name}"
    yield from outcome.notes
    yield ""
    yield from differing(outcome.differences, columns)
    own = {one.name for one in outcome.differences if one.kind == "row"}
    shown = [one for one in outcome.people if everybody or one.change not in QUIET]
    for one in shown:
        yield f"{one.id}: {WORDED[one.change]}"
        yield from laid_out(list(lines(one, own)), columns)
    if shown:
        yield ""
    yield summary(outcome)


def differing(found: tuple[Difference, ...], columns: int) -> Iterator[str]:
    if not found:
        return
    counts = Counter(one.kind for one in found)
    yield f"What differs: {', '.join(f'{kind} {count}' for kind, count in counts.items())}"
    for one in found[:LISTED]:
        words = f"{one.old or 'none'} -> {one.new or 'none'}" if one.old or one.new else one.how
        yield from wrapped(f"  {one.kind} {one.name}: {words}", "    ", columns)
    if len(found) > LISTED:
        yield f"  and {len(found) - LISTED} more (--format json lists all)"
    yield ""


def lines(one: PersonChange, own: set[str]) -> Iterator[Line]:
    """All that changed for a person. A row that itself differs between the rulesets is marked."""
    if one.error_old or one.error_new:
        yield "reading", f"{one.error_old or 'read'} -> {one.error_new or 'read'}"
    for name, turn in one.turns.items():
        yield name, f"{turn.old} -> {turn.new}"
        for label, rows in (("  old rows", apart(turn, True)), ("  new rows", apart(turn, False))):
            if rows:
                yield label, marked(rows, own)
    for label, moved in (("appeared", one.appeared), ("went", one.went)):
        for each in moved:
            yield label, f"{each.code} ({marked(each.rows, own)})" if each.rows else each.code
    if one.facts:
        yield "facts read otherwise", ", ".join(one.facts)
    if one.texts:
        yield "texts that differ", ", ".join(one.texts)


def apart(turn: Turn, old: bool) -> tuple[str, ...]:
    """The deciding row, then those of the questions further back on which the two sides part. The data has all."""
    here, there = (turn.rows_old, turn.rows_new) if old else (turn.rows_new, turn.rows_old)
    both = {question_of(row) for row in there}
    parted = [row for row in here[1:] if row not in there and question_of(row) in both]
    return (*here[:1], *parted)


def question_of(row: str) -> str:
    return row.partition(".")[0]


def marked(rows: tuple[str, ...], own: set[str]) -> str:
    return ", ".join(f"{row} [row changed]" if row in own else row for row in rows)


def laid_out(table: list[Line], columns: int) -> Iterator[str]:
    """Labels beside their words; on a narrow screen the words go on further left, so that long names fit."""
    width = max((len(label) for label, _ in table), default=0)
    rest = " " * (width + 4 if columns >= ROOMY else 6)
    for label, words in table:
        yield from wrapped(f"  {label.ljust(width)}  {words}", rest, columns)


def wrapped(text: str, rest: str, columns: int) -> list[str]:
    return textwrap.wrap(
        text, columns, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )


def summary(outcome: Outcome) -> str:
    """The last line: how many of each."""
    counts = outcome.counts
    parts = [f"{counts[kind]} {WORDED[kind]}" for kind in told.KINDS if kind in ALWAYS or counts[kind]]
    return f"{len(outcome.people)} compared: {', '.join(parts)}"
