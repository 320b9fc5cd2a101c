"""The whole query from facts to what is said of each person: the rules, the other packs' readings, scope and care.

What it says equals what is said of one person: the same answer, the same deficiency, the same supported findings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from cobalens.engines.sql.masks import both, either, negated
from cobalens.engines.sql.rules import (
    NOT_LOOKED_FOR,
    NOT_SUPPORTED,
    ROW,
    SUPPORTED,
    Answer,
    Column,
    Status,
    Writer,
    answer_index,
    codes_of,
    column_name,
)
from cobalens.model.ruleset import Pack, Ruleset, Table

KEYS = ("person_id", "index_day")
TREATING = ("start_now", "start", "trial")
BORROWED = ("urgency:", "route:", "action:start_b12_replacement", "action:therapeutic_trial")
DROPPED = "action:no_b12_replacement"
SECOND_LINE, RED_FLAG = "next_test:mma", "red_flag:"
ALWAYS_SAID = ("scope:", "data_quality:")
OUT_OF_SCOPE = {"answer": "undetermined", "deficiency": "not_assessable"}
NOTICED = "noticed__"
"""Before a code's column name: a column of the facts that says that reading the record noticed this."""


class Output(Struct, frozen=True):
    """One column of the result: the number of the first condition that holds."""

    name: str
    cases: tuple[tuple[str, int], ...]
    otherwise: int
    words: tuple[str, ...] = ()
    """By number, what it says; empty for a status, which is TRUE, FALSE or NULL (not looked for)."""
    code: str = ""
    """The finding, where it is one."""


class Query(Struct, frozen=True):
    """The stages from the table of facts to the result; each reads the one before."""

    facts: dict[str, str]
    """Columns that the table of facts must have -> the fact."""
    noticed: tuple[str, ...]
    stages: tuple[tuple[Column, ...], ...]
    outputs: tuple[Output, ...]
    flag: str

    @property
    def codes(self) -> tuple[tuple[str, str], ...]:
        return tuple((one.name, one.code) for one in self.outputs if one.code)


def rules_query(ruleset: Ruleset, pack: Pack, rows: bool = True, flag: str = "{}") -> Query:
    """The rules alone, table by table: what the reference engine says, before scope and other packs."""
    writer = Writer(ruleset, pack, flag=flag)
    return finished(writer, [one for table in ruleset.tables for one in of_table(writer, table, rows)])


def answers_query(
    ruleset: Ruleset,
    pack: Pack,
    others: Sequence[Pack] = (),
    differs: Mapping[str, Iterable[str]] | None = None,
    rows: bool = False,
    noticed: Sequence[str] = (),
    flag: str = "{}",
) -> Query:
    """Everything said of a person. ``others`` are read beside the pack, ``differs`` says which facts they cut otherwise.

    ``noticed``: codes for which the facts have a column of what reading the record noticed.
    """
    writer = Writer(ruleset, pack, differs, flag)
    care = Care(writer, others, noticed)
    outputs = care.axes()
    fact = ruleset.facts.get("treatment_state")
    if fact is not None:
        column = writer.fact(pack, fact.name)
        cases = tuple((f"{column} = {n}", n) for n in range(1, len(fact.values)))
        outputs.append(Output(fact.name, cases, 0, fact.values))
    for table in ruleset.tables:
        if table.kind == "choose" and table.name not in OUT_OF_SCOPE:
            outputs += of_table(writer, table, rows)
        elif rows:
            outputs += [one for one in of_table(writer, table, rows) if one.name.endswith(ROW)]
    outputs += care.findings()
    return finished(writer, outputs, tuple(care.noticed.values()))


def finished(writer: Writer, outputs: Sequence[Output], noticed: tuple[str, ...] = ()) -> Query:
    stages = tuple(tuple(stage) for stage in writer.stages())
    return Query(dict(writer.facts), noticed, stages, tuple(outputs), writer.flag)


def of_table(writer: Writer, table: Table, rows: bool) -> list[Output]:
    """What one table says, and by which row."""
    if table.kind == "choose":
        words = ("unknown", *table.values)
        found = [of_answer(writer, table.name, writer.answer(writer.pack, table), words)]
        if rows:
            names = ("", *(row.name for row in table.rows))
            found.append(of_leading(table.name, writer.leading(table), names))
        return found
    found = []
    for code in codes_of(table):
        name = writer.slot_name(table, code)
        found.append(of_status(writer, name, writer.status(writer.pack, table, code), code))
        if rows:
            names = ("", *(row.name for row in table.rows if code in row.then))
            found.append(of_leading(name, writer.leading(table, code), names))
    return found


def of_answer(writer: Writer, name: str, answer: Answer, words: tuple[str, ...]) -> Output:
    cases = tuple((writer.read(flag), value) for value, flag in answer.flags.items())
    return Output(name, cases, answer.otherwise, words)


def of_status(writer: Writer, name: str, status: Status, code: str) -> Output:
    cases = [(writer.read(status.holds), SUPPORTED)]
    if status.may != status.holds:
        cases.append((writer.read(status.may), NOT_LOOKED_FOR))
    return Output(name, tuple(cases), NOT_SUPPORTED, code=code)


def of_leading(name: str, column: str, names: tuple[str, ...]) -> Output:
    return Output(name + ROW, tuple((f"{column} = {n}", n) for n in range(1, len(names))), 0, names)


class Care:
    """What other packs, scope and the reading of the record change in what the rules of one pack say."""

    def __init__(self, writer: Writer, others: Sequence[Pack], noticed: Sequence[str]) -> None:
        self.writer = writer
        self.others = others
        self.noticed = {code: column_name(NOTICED + code) for code in noticed}
        for column in self.noticed.values():
            writer.depths[column] = 0
        self.axis = {name: writer.tables[name][1] for name in OUT_OF_SCOPE if name in writer.tables}
        self.outside = self.out_of_scope()
        self.red = self.red_flag()

    @property
    def here(self) -> Pack:
        return self.writer.pack

    def answered(self, pack: Pack, question: str, *words: str) -> str:
        """That a pack gives one of these answers; never, where there is no such question."""
        if question not in self.writer.tables:
            return "FALSE"
        table = self.writer.tables[question][1]
        mask = sum(1 << answer_index(table, word) for word in words if word in table.values)
        return self.writer.one_of(self.writer.answer(pack, table), mask)

    def out_of_scope(self) -> str:
        """That no adult limit may be used for this person."""
        return self.writer.add("out_of_scope", self.answered(self.here, "in_scope", "under_16"))

    def red_flag(self) -> str:
        """That something urgent was found."""
        codes = dict.fromkeys(code for _, code in self.writer.slots if code.startswith(RED_FLAG))
        return self.writer.add("red_flag", either(self.supported(self.here, code) for code in codes))

    def supported(self, pack: Pack, code: str) -> str:
        found = self.of(pack, code)
        return "FALSE" if found is None else self.writer.read(found.holds)

    def of(self, pack: Pack, code: str) -> Status | None:
        return self.writer.said(pack, f"finding.{code}", len(self.writer.tables))

    def axes(self) -> list[Output]:
        """Answer and deficiency, of this pack and of each other."""
        found = []
        for name, table in self.axis.items():
            words = ("unknown", *table.values)
            for pack in (self.here, *self.others):
                suffix = "" if pack is self.here else pack.name
                one = of_answer(
                    self.writer, column_name(name, suffix), self.writer.answer(pack, table), words
                )
                if self.outside != "FALSE":
                    silent = (self.writer.read(self.outside), answer_index(table, OUT_OF_SCOPE[name]))
                    one = Output(one.name, (silent, *one.cases), one.otherwise, words)
                found.append(one)
        return found

    def findings(self) -> list[Output]:
        """Every code once: supported, not supported, or not looked for, which is also what is not said at all."""
        codes = dict.fromkeys(code for _, code in self.writer.slots)
        first = [code for code in self.noticed if code not in codes]
        return [self.finding(code) for code in (*first, *codes)]

    def finding(self, code: str) -> Output:
        status = self.of(self.here, code) or Status("FALSE", "FALSE")
        holds, may = self.writer.read(status.holds), self.writer.read(status.may)
        more = self.borrowed(code)
        if code in self.noticed:
            more.append(self.writer.read(self.noticed[code]))
        held = either([holds, *more])
        if code == DROPPED and (taken := either(when for _, when in self.taken())) != "FALSE":
            excluded = either([both([held, taken]), negated(may)])
            held = both([held, negated(taken)])
        else:
            excluded = negated(may) if holds != may else "TRUE"
        outside = "FALSE" if code.startswith(ALWAYS_SAID) else self.writer.read(self.outside)
        cases = [(outside, NOT_LOOKED_FOR), (held, SUPPORTED), (excluded, NOT_SUPPORTED)]
        return Output(
            column_name(code), tuple(c for c in cases if c[0] != "FALSE"), NOT_LOOKED_FOR, code=code
        )

    def borrowed(self, code: str) -> list[str]:
        """When this code is said because of another pack."""
        if code.startswith(BORROWED):
            whens = self.taken()
        elif code.startswith(SECOND_LINE):
            whens = self.read_otherwise()
        else:
            return []
        here = self.supported(self.here, code)
        found = []
        for pack, when in whens:
            there = self.supported(pack, code)
            if there != here:
                found.append(both([when, there]))
        return found

    def taken(self) -> list[tuple[Pack, str]]:
        """When each other pack's more treating reading is taken over: the first that treats, beside a red flag."""
        here = self.answered(self.here, "replacement", *TREATING)
        before = [self.writer.read(self.red), negated(here)]
        found = []
        for pack in self.others:
            there = self.answered(pack, "replacement", *TREATING)
            if there != here:
                found.append((pack, both([*before, there])))
                before.append(negated(there))
        return found

    def read_otherwise(self) -> list[tuple[Pack, str]]:
        """When each other pack reads another deficiency and nothing is urgent."""
        if "deficiency" not in self.axis:
            return []
        table = self.axis["deficiency"]
        here = self.writer.answer(self.here, table)
        found = []
        for pack in self.others:
            there = self.writer.answer(pack, table)
            if there != here:
                values = {*here.flags, here.otherwise} & {*there.flags, there.otherwise}
                same = either(
                    both([self.writer.one_of(here, 1 << v), self.writer.one_of(there, 1 << v)])
                    for v in sorted(values)
                )
                name = column_name("read_otherwise", pack.name)
                when = both([negated(self.writer.read(self.red)), negated(same)])
                found.append((pack, self.writer.read(self.writer.add(name, when))))
        return found
