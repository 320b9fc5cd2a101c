"""One person's reading in hand: the ruleset, the record, the facts and the trace, with the look-ups that a report needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from cobalens.model.counterfactual import Edge
from cobalens.model.facts import Basis, Facts, FactValue
from cobalens.model.interpretation import Citation, LimitUsed, Said, Used
from cobalens.model.record import Record
from cobalens.model.ruleset import UNKNOWN, Fact, Limit, Pack, Row, Ruleset, Say, Table
from cobalens.model.trace import SUPPORTED, Choice, Finding, Trace
from cobalens.report.items import Item
from cobalens.report.remarks import Remarks, remarks_of

STATUSES = ("verified", "secondary", "derived", "memory", "proposal")
"""Verification statuses, strongest first."""
NOBODY = FactValue(UNKNOWN)
TOLD = "_told"
"""Ends the name of a question that says how the answer to another one is told."""
Leaf = tuple[str, str]
"""A fact, and the cell that asked for it."""
RowKey = tuple[str, str]
"""A table and the name of its row."""
Cuts = Callable[[Fact, str], Sequence[Edge] | None]
"""Where the limits of a fact lie in a unit; lent by the reader of results."""
Phrase = tuple[str, str]
"""One thing that the record says, in words, behind what makes it the same as another."""
LimitKey = tuple[str, str]
"""What a limit belongs to, and its name."""
Kept = dict[object, tuple[tuple[Finding, ...], Said]]
"""What is the same for many people, by which findings say it, which are kept beside it."""


class Case(Struct, frozen=True):
    """Everything a report may ask about one person under one pack."""

    ruleset: Ruleset
    record: Record
    facts: Facts
    trace: Trace
    pack: Pack
    language: str
    words: dict[str, Say]
    """What codes, answers and headings are called in this language."""
    tables: dict[str, Table]
    rows: dict[RowKey, Row]
    readers: dict[str, tuple[str, ...]]
    given: dict[str, tuple[Finding, ...]]
    """Code -> its findings, one for each table that can give it."""
    units: dict[tuple[str, str], str | None]
    """Place in the record -> the unit reported there."""
    entries: dict[str, tuple[Used, ...]]
    """Facts already looked up, so that each is described once."""
    limits: dict[Leaf, tuple[tuple[LimitKey, LimitUsed], ...]]
    """The limits that a cell named, each looked up once."""
    shelf: Shelf
    rests: dict[RowKey, Rests]
    """What rows of this person rest on, each looked up once."""
    chains: list[list[Leaf]]
    """The facts behind the answer, once they have been followed."""
    results: dict[str, list[tuple[str, str]]]
    """The results behind the answer in the words of a language, once they have been put into words."""
    phrases: dict[tuple[str, str], tuple[Phrase, ...]]
    """Facts in the words of a language, each put into words once."""
    for_patient: bool = False
    """Whether days without a date are told in the words of everyday."""
    cuts: Cuts | None = None
    """Where limits lie in the unit of a result, if the reader of results lends it."""

    def fact(self, name: str) -> Fact | None:
        return self.ruleset.facts.get(name)

    def value(self, name: str) -> FactValue:
        return self.facts.values.get(name, NOBODY)

    def reads(self, name: str) -> str:
        """The value of a fact by its name."""
        return self.ruleset.facts[name].values[self.value(name).value]

    def choice(self, question: str) -> Choice | None:
        return self.trace.choices.get(question)

    def answer(self, question: str, without: str = "unknown") -> str:
        found = self.trace.choices.get(question)
        return without if found is None else found.answer

    @property
    def in_scope(self) -> bool:
        """Adult limits may be shown and used."""
        return self.answer("in_scope") != "under_16"

    def row(self, table: str, name: str) -> Row:
        return self.rows[table, name]

    def holding(self, code: str) -> tuple[tuple[str, Row], ...]:
        """The rows that say a code, with their tables, in reading order."""
        return tuple(
            (one.table, self.rows[one.table, name])
            for one in self.given.get(code, ())
            if one.status == SUPPORTED
            for name in one.rows
        )

    def limit_status(self, limit: Limit) -> str:
        """How well a limit is verified: what the pack says of it, else what its evidence says."""
        found = self.ruleset.evidence.get(limit.evidence)
        return limit.status or (found.status if found else STATUSES[-1])

    def say(self, code: str) -> Say:
        """The words for a code or an answer; the code itself where a ruleset has none."""
        if "=" in code:
            code = self.told(code)
        return self.words.get(code) or Say(code)

    def told(self, code: str) -> str:
        """An answer of this person is told as the question beside it says, which knows what else is true of them."""
        question, _, answer = code.partition("=")
        beside = self.choice(question + TOLD)
        if beside is None or answer != self.answer(question):
            return code
        otherwise = f"{question}{TOLD}={beside.answer}"
        return otherwise if otherwise in self.words else code

    def named(self, label: str) -> str:
        """The name of a test, a condition or a medicine in the reader's language."""
        found = self.words.get(f"label:{label}")
        return found.title if found else label

    @property
    def remarks(self) -> Remarks:
        """What the program says of its own accord, in the reader's language."""
        found = self.shelf.remarks.get(self.language)
        if found is None:
            found = remarks_of(self.words)
            self.shelf.remarks[self.language] = found
        return found

    def label(self, name: str) -> str:
        """A fact or question in words."""
        if (fact := self.ruleset.facts.get(name)) is not None:
            return fact.label
        if (table := self.tables.get(name)) is not None:
            return table.question
        if name.startswith("finding."):
            return self.say(name.removeprefix("finding.")).title
        if name.startswith("any."):
            return self.label(name.removeprefix("any."))
        return name.removeprefix("policy.")


class Asked(Struct, frozen=True):
    """What the cells of a row name: facts with the cell as it was written, and other questions."""

    facts: Sequence[Leaf]
    questions: tuple[str, ...]


class Rests(Struct, frozen=True):
    """What one row rests on for one person: the facts of its cells, those of them that are known, and the rows behind it."""

    asked: Sequence[Leaf]
    known: Sequence[Leaf]
    behind: Sequence[RowKey]


class Shelf(Struct, frozen=True):
    """Tables and rows of a ruleset by name, made once, and what is the same for many people."""

    tables: dict[str, Table]
    rows: dict[RowKey, Row]
    readers: dict[str, tuple[str, ...]]
    """Input -> the questions that read it."""
    asked: dict[RowKey, Asked]
    unsaid: dict[str, Kept]
    """By language: codes that are not said."""
    outlines: dict[str, Kept]
    """The same with the codes that are said, these without facts and limits, which are a person's own."""
    stated: dict[object, Item]
    """What a finding says of many people, by its rows and for whom it is worded."""
    stretches: dict[object, tuple[str, str]]
    """Between which limits a result lies, in words, by the limits and a unit of the test; no result is among it."""
    families: dict[tuple[str, ...], tuple[str, ...]]
    """The codes of some families."""
    headings: dict[tuple[str, tuple[str, ...]], frozenset[str]]
    """What parts of a page are called in a language."""
    named: dict[tuple[str, str, str], tuple[Limit, ...]]
    """The limits that a cell names, by pack, fact and cell."""
    cited: dict[str, Citation]
    remarks: dict[str, Remarks]
    """By language: how the program's own remarks are said."""


def shelf_of(ruleset: Ruleset) -> Shelf:
    tables = {table.name: table for table in ruleset.tables}
    readers: dict[str, list[str]] = {}
    for table in ruleset.tables:
        for name in table.inputs:
            readers.setdefault(name, []).append(table.name)
    return Shelf(
        tables=tables,
        rows={(table.name, row.name): row for table in ruleset.tables for row in table.rows},
        readers={name: tuple(found) for name, found in readers.items()},
        asked={},
        unsaid={},
        outlines={},
        stated={},
        stretches={},
        families={},
        headings={},
        named={},
        cited={},
        remarks={},
    )


def case_of(
    ruleset: Ruleset,
    record: Record,
    facts: Facts,
    trace: Trace,
    pack: Pack,
    language: str = "en",
    shelf: Shelf | None = None,
    cuts: Cuts | None = None,
) -> Case:
    shelf = shelf or shelf_of(ruleset)
    given: dict[str, tuple[Finding, ...]] = {}
    for one in trace.findings:
        given[one.code] = (*given[one.code], one) if one.code in given else (one,)
    return Case(
        ruleset=ruleset,
        record=record,
        facts=facts,
        trace=trace,
        pack=pack,
        language=language,
        words=ruleset.text.get(language, {}),
        tables=shelf.tables,
        rows=shelf.rows,
        readers=shelf.readers,
        units=_units(record),
        entries={},
        limits={},
        shelf=shelf,
        rests={},
        chains=[],
        results={},
        phrases={},
        given=given,
        cuts=cuts,
    )


def _units(record: Record) -> dict[tuple[str, str], str | None]:
    """The unit of each result, by the entry and the words it stands in; by the entry alone where all its results agree."""
    units: dict[tuple[str, str], str | None] = {}
    for lab in record.labs:
        units[lab.where, lab.text] = lab.unit
        whole = (lab.where, "")
        units[whole] = lab.unit if units.get(whole, lab.unit) == lab.unit else None
    return units


def strongest(statuses: list[str]) -> str | None:
    """The best verified of several."""
    return min(statuses, key=rank, default=None)


def rank(status: str) -> int:
    return STATUSES.index(status) if status in STATUSES else len(STATUSES)


def when(basis: Basis) -> tuple[str | None, int | None]:
    """Date and day of an entry: the date where the record is dated, else the day."""
    return basis.date, None if basis.date else basis.day


def citation(ruleset: Ruleset, evidence: str) -> Citation:
    """One statement of a source, with the publication that it stands in."""
    one = ruleset.evidence[evidence]
    source = ruleset.sources[one.source]
    return Citation(
        id=source.id,
        evidence=one.id,
        title=source.title,
        section=one.section,
        status=one.status,
        year=source.year,
        url=source.url,
    )
