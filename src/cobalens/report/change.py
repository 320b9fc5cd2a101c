"""What a change of the knowledge does to one person: the same record told under two rulesets, side by side.

Codes, answers, rows and names of facts only: no value of the record is handed on.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from cobalens.model.interpretation import Interpretation
from cobalens.report.assemble import interpretation
from cobalens.report.basis import behind
from cobalens.report.case import Case
from cobalens.report.words import short

UNCHANGED, ANSWER, DEFICIENCY, FINDINGS = "unchanged", "answer", "deficiency", "findings"
PACKS, WORDS, READING, UNREADABLE = "packs", "words", "reading", "unreadable"
KINDS = (UNCHANGED, ANSWER, DEFICIENCY, FINDINGS, PACKS, WORDS, READING, UNREADABLE)
"""What may have happened to a person's answer; of several, the first counts."""
CHANGED = (ANSWER, DEFICIENCY, FINDINGS, PACKS, WORDS, READING)
AXES = (ANSWER, DEFICIENCY)
TOLD = ("replacement", "injection_appropriate", "route", "urgency", "review_after")
"""Questions beside the two axes whose answers readers are shown."""
TREATMENT = "treatment_state"


class Side(Struct, frozen=True):
    """One person under one ruleset."""

    answer: str
    deficiency: str
    told: dict[str, str]
    """The other answers that readers are shown."""
    codes: dict[str, tuple[str, ...]]
    """What is said, each code with the rows behind it."""
    rows: dict[str, tuple[str, ...]]
    """Answer and deficiency with the rows behind them, the deciding one first."""
    packs: dict[str, tuple[str, str]]
    """Other packs that read the person otherwise: answer and deficiency."""
    facts: dict[str, str]
    """How each fact was read. Compared only, never shown."""
    texts: dict[str, str]
    """The four texts without the ruleset's name. Compared only, never shown."""


class Turn(Struct, frozen=True):
    """An answer that is another one under the new ruleset, with the rows behind both."""

    old: str
    new: str
    rows_old: tuple[str, ...] = ()
    rows_new: tuple[str, ...] = ()


class Moved(Struct, frozen=True):
    """A code that is said under one ruleset alone, with the rows that say it there."""

    code: str
    rows: tuple[str, ...]


class PersonChange(Struct, frozen=True, kw_only=True):
    """One person: what kind of change, and all that goes with it."""

    id: str
    change: str
    turns: dict[str, Turn] = {}
    """By question; under ``pack`` and its name, the readings of another pack."""
    appeared: tuple[Moved, ...] = ()
    went: tuple[Moved, ...] = ()
    facts: tuple[str, ...] = ()
    """Facts that the new ruleset reads otherwise from the same record."""
    texts: tuple[str, ...] = ()
    """Registers whose words differ."""
    error_old: str | None = None
    """Why the person could not be read: the refusal's code."""
    error_new: str | None = None


def side(case: Case, others: Sequence[Case], version: str) -> Side:
    """What one person is told under one ruleset, and the rows behind it."""
    said = interpretation(case, others, None, version)
    codes = {one.code: rows_of(case, one.code) for one in said.supported()}
    codes |= {one.code: () for one in said.data_quality if one.code not in codes}
    told = (
        {name: case.answer(name) for name in TOLD if case.choice(name) is not None} if case.in_scope else {}
    )
    told[TREATMENT] = said.treatment_state
    return Side(
        answer=said.answer,
        deficiency=said.deficiency,
        told=told,
        codes=codes,
        rows={question: chain(case, question) for question in AXES},
        packs={one.pack: (one.answer, one.deficiency) for one in said.packs},
        facts={name: case.reads(name) for name in case.facts.values},
        texts=texts_of(said),
    )


def rows_of(case: Case, code: str) -> tuple[str, ...]:
    return tuple(f"{table}.{row.name}" for table, row in case.holding(code))


def texts_of(said: Interpretation) -> dict[str, str]:
    names = said.text.__struct_fields__
    return {name: getattr(said.text, name).replace(short(said.ruleset), "") for name in names}


def chain(case: Case, question: str) -> tuple[str, ...]:
    """The rows behind an answer: its own, then those of the questions and findings that these read."""
    choice = case.choice(question)
    level = [(question, case.row(question, name)) for name in choice.rows] if choice else []
    found: dict[str, None] = {}
    while level:
        below = []
        for table, row in level:
            name = f"{table}.{row.name}"
            if name not in found:
                found[name] = None
                for asked, _ in row.cells:
                    if asked not in case.ruleset.facts:
                        below += list(behind(case, asked))
        level = below
    return tuple(found)


def compared(id: str, old: Side | str, new: Side | str) -> PersonChange:
    """One person under both; a side that could not be read is the code of its refusal."""
    if isinstance(old, str) or isinstance(new, str):
        errors = (old if isinstance(old, str) else None, new if isinstance(new, str) else None)
        kind = UNREADABLE if errors[0] and errors[1] else READING
        return PersonChange(id=id, change=kind, error_old=errors[0], error_new=errors[1])
    turns = axes(old, new) | others_told(old, new)
    packs = other_packs(old, new)
    appeared = moved(new, old)
    went = moved(old, new)
    texts = tuple(name for name in new.texts if old.texts.get(name) != new.texts[name])
    return PersonChange(
        id=id,
        change=kind_of(turns, bool(appeared or went), bool(packs), bool(texts)),
        turns=turns | packs,
        appeared=appeared,
        went=went,
        facts=tuple(
            sorted(name for name in {*old.facts, *new.facts} if reading(old, name) != reading(new, name))
        ),
        texts=texts,
    )


def kind_of(turns: dict[str, Turn], findings: bool, packs: bool, texts: bool) -> str:
    for axis in AXES:
        if axis in turns:
            return axis
    if turns or findings:
        return FINDINGS
    return PACKS if packs else WORDS if texts else UNCHANGED


def axes(old: Side, new: Side) -> dict[str, Turn]:
    pairs = {ANSWER: (old.answer, new.answer), DEFICIENCY: (old.deficiency, new.deficiency)}
    return {
        axis: Turn(before, after, old.rows[axis], new.rows[axis])
        for axis, (before, after) in pairs.items()
        if before != after
    }


def others_told(old: Side, new: Side) -> dict[str, Turn]:
    names = [*new.told, *(name for name in old.told if name not in new.told)]
    pairs = {name: (old.told.get(name, "not asked"), new.told.get(name, "not asked")) for name in names}
    return {name: Turn(before, after) for name, (before, after) in pairs.items() if before != after}


def other_packs(old: Side, new: Side) -> dict[str, Turn]:
    """Another pack's reading, where it was or is other than the primary one's and is not what it was."""
    found = {}
    for pack in sorted({*old.packs, *new.packs}):
        before = old.packs.get(pack, (old.answer, old.deficiency))
        after = new.packs.get(pack, (new.answer, new.deficiency))
        if before != after:
            found[f"pack {pack}"] = Turn(", ".join(before), ", ".join(after))
    return found


def moved(here: Side, there: Side) -> tuple[Moved, ...]:
    return tuple(Moved(code, rows) for code, rows in here.codes.items() if code not in there.codes)


def reading(one: Side, name: str) -> str:
    return one.facts.get(name, "unknown")
