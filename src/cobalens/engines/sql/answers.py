"""The whole query from facts to what is said of each person: the rules, the other packs' readings, scope and care.

What it says equals what is said of one person: the same answer, the same deficiency, the same supported findings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from cobalens.engines.sql.rules import (
    NOT_LOOKED_FOR,
    NOT_SUPPORTED,
    ROW,
    STATUSES,
    SUPPORTED,
    WORD,
    Answer,
    Column,
    Status,
    Writer,
    answer_index,
    codes_of,
    column_name,
)
from cobalens.engines.sql.staging import staged
from cobalens.model.cohort import DIED
from cobalens.model.plans import AT_RISK, BESIDE_PLAN, NERVES, PLAN, TREATING
from cobalens.model.ruleset import Pack, Ruleset, Table

KEYS = ("person_id", "index_day")
CARRIED = (*KEYS, DIED)
"""Columns that stand in the answers as in the facts; the last need not be there."""
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
    words: tuple[str, ...] = STATUSES
    """By number, what it says."""
    code: str = ""
    """The finding, where it is one."""
    status: Status | None = None
    """Of a finding where conditions are bits: that it holds and that it may, with all that changes either."""

    def reads(self) -> frozenset[str]:
        """The columns that it is made of."""
        conditions = [condition for condition, _ in self.cases]
        conditions += [self.status.holds, self.status.may] if self.status else []
        return frozenset(word for condition in conditions for word in WORD.findall(condition))


class Query(Struct, frozen=True):
    """The stages from the table of facts to the result; each reads the one before."""

    facts: dict[str, str]
    """Columns that the table of facts must have -> the fact."""
    noticed: tuple[str, ...]
    stages: tuple[tuple[Column, ...], ...]
    outputs: tuple[Output, ...]
    flag: str
    bits: bool = False
    """Conditions are bits, as ``bitmaps`` joins them, instead of truth values that SQL reads."""

    @property
    def codes(self) -> tuple[tuple[str, str], ...]:
        return tuple((one.name, one.code) for one in self.outputs if one.code)


def rules_query(
    ruleset: Ruleset, pack: Pack, rows: bool = True, flag: str = "{}", bits: bool = False
) -> Query:
    """The rules alone, table by table: what the reference engine says, before scope and other packs."""
    writer = Writer(ruleset, pack, flag=flag, bits=bits)
    return finished(writer, [one for table in ruleset.tables for one in of_table(writer, table, rows)])


def answers_query(
    ruleset: Ruleset,
    pack: Pack,
    others: Sequence[Pack] = (),
    differs: Mapping[str, Iterable[str]] | None = None,
    rows: bool = False,
    noticed: Sequence[str] = (),
    flag: str = "{}",
    bits: bool = False,
) -> Query:
    """Everything said of a person. ``others`` are read beside the pack, ``differs`` says which facts they cut otherwise.

    ``noticed``: codes for which the facts have a column of what reading the record noticed.
    """
    writer = Writer(ruleset, pack, differs, flag, bits)
    care = Care(writer, others, noticed)
    outputs = care.axes()
    fact = ruleset.facts.get("treatment_state")
    if fact is not None:
        column = writer.fact(pack, fact.name)
        cases = tuple((writer.equals(column, n), n) for n in range(1, len(fact.values)))
        outputs.append(Output(fact.name, cases, 0, fact.values))
    for table in ruleset.tables:
        if table.kind == "choose" and table.name not in OUT_OF_SCOPE:
            outputs += of_table(writer, table, rows)
        elif rows:
            outputs += [one for one in of_table(writer, table, rows) if one.name.endswith(ROW)]
    outputs += care.findings()
    return finished(writer, outputs, tuple(care.noticed.values()))


def finished(writer: Writer, outputs: Sequence[Output], noticed: tuple[str, ...] = ()) -> Query:
    read = {word for one in outputs for word in one.reads()}
    stages = staged(writer.columns.values(), read, inline=writer.bits)
    return Query(dict(writer.facts), noticed, stages, tuple(outputs), writer.flag, writer.bits)


def of_table(writer: Writer, table: Table, rows: bool) -> list[Output]:
    """What one table says, and by which row."""
    if table.kind == "choose":
        words = ("unknown", *table.values)
        found = [of_answer(writer, table.name, writer.answer(writer.pack, table), words)]
        if rows:
            names = ("", *(row.name for row in table.rows))
            found.append(of_leading(writer, table.name, writer.leading(table), names))
        return found
    found = []
    for code in codes_of(table):
        name = writer.slot_name(table, code)
        found.append(of_status(writer, name, writer.status(writer.pack, table, code), code))
        if rows:
            names = ("", *(row.name for row in table.rows if code in row.then))
            found.append(of_leading(writer, name, writer.leading(table, code), names))
    return found


def of_answer(writer: Writer, name: str, answer: Answer, words: tuple[str, ...]) -> Output:
    cases = tuple((writer.read(flag), value) for value, flag in answer.flags.items())
    return Output(name, cases, answer.otherwise, words)


def of_status(writer: Writer, name: str, status: Status, code: str) -> Output:
    cases = [(writer.read(status.holds), SUPPORTED)]
    if status.may != status.holds:
        cases.append((writer.read(status.may), NOT_LOOKED_FOR))
    return Output(name, tuple(cases), NOT_SUPPORTED, code=code, status=status if writer.bits else None)


def of_leading(writer: Writer, name: str, column: str, names: tuple[str, ...]) -> Output:
    return Output(name + ROW, tuple((writer.equals(column, n), n) for n in range(1, len(names))), 0, names)


class Care:
    """What other packs, scope and the reading of the record change in what the rules of one pack say."""

    def __init__(self, writer: Writer, others: Sequence[Pack], noticed: Sequence[str]) -> None:
        self.writer = writer
        self.others = others
        self.noticed = {code: column_name(NOTICED + code) for code in noticed}
        for column in self.noticed.values():
            writer.known.add(column)
        self.axis = {name: writer.tables[name][1] for name in OUT_OF_SCOPE if name in writer.tables}
        self.outside = self.out_of_scope()
        self.red = self.red_flag()
        self.plans = self.taken()

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
        return self.writer.add(
            "red_flag", self.writer.logic.either(self.supported(self.here, code) for code in codes)
        )

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
        otherwise = self.read_there(code)
        more = [self.writer.logic.both(both) for both in otherwise]
        if code in self.noticed:
            more.append(self.writer.read(self.noticed[code]))
        held = self.writer.logic.either([holds, *more])
        if code.startswith(PLAN) and otherwise:
            taken = self.writer.logic.either(when for when, _ in otherwise)
            kept = self.writer.logic.both([holds, self.writer.logic.negated(taken)])
            dropped = self.writer.logic.both([holds, taken])
            excluded = self.writer.logic.either([dropped, self.writer.logic.negated(may)])
            held = self.writer.logic.either([kept, *more])
        else:
            excluded = self.writer.logic.negated(may) if holds != may else "TRUE"
        outside = "FALSE" if code.startswith(ALWAYS_SAID) else self.writer.read(self.outside)
        if self.writer.bits:
            return self.in_bits(code, outside, held, excluded)
        cases = [(outside, NOT_LOOKED_FOR), (held, SUPPORTED), (excluded, NOT_SUPPORTED)]
        return Output(
            column_name(code), tuple(c for c in cases if c[0] != "FALSE"), NOT_LOOKED_FOR, code=code
        )

    def in_bits(self, code: str, outside: str, held: str, excluded: str) -> Output:
        """A finding as two bits: outside the scope it does not hold and may."""
        logic, name = self.writer.logic, column_name(code)
        inside = self.writer.add("in_adult_scope", logic.negated(outside))
        holds = self.writer.add(column_name(name, "said"), logic.both([inside, held]))
        open_or_held = logic.either([outside, held, logic.negated(excluded)])
        may = self.writer.add(column_name(name, "open"), open_or_held)
        status = Status(holds, may)
        cases = tuple(c for c in ((holds, SUPPORTED), (logic.negated(may), NOT_SUPPORTED)) if c[0] != "FALSE")
        return Output(name, cases, NOT_LOOKED_FOR, code=code, status=status)

    def read_there(self, code: str) -> list[tuple[str, str]]:
        """When another pack decides about this code, and that it says it, for each pack that may say otherwise."""
        if code.startswith((*PLAN, *BESIDE_PLAN)):
            whens = self.plans
        elif code.startswith(SECOND_LINE):
            whens = self.read_otherwise()
        else:
            return []
        here = self.supported(self.here, code)
        said = [(when, self.supported(pack, code)) for pack, when in whens]
        return [(when, there) for when, there in said if there != here]

    def taken(self) -> list[tuple[Pack, str]]:
        """When each other pack's plan is taken over: the most treating, where it treats more and waiting could harm."""
        at_risk = self.answered(self.here, NERVES, *AT_RISK)
        before = [self.writer.logic.either([self.writer.read(self.red), at_risk])]
        found = []
        for least in sorted(TREATING.values(), reverse=True):
            words = [word for word, far in TREATING.items() if far >= least]
            here = self.answered(self.here, "replacement", *words)
            for pack in self.others:
                there = self.answered(pack, "replacement", *words)
                if there != here:
                    when = [*before, self.writer.logic.negated(here), there]
                    found.append((pack, self.writer.logic.both(when)))
                    before.append(self.writer.logic.negated(there))
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
                same = self.writer.logic.either(
                    self.writer.logic.both(
                        [self.writer.one_of(here, 1 << v), self.writer.one_of(there, 1 << v)]
                    )
                    for v in sorted(values)
                )
                name = column_name("read_otherwise", pack.name)
                when = self.writer.logic.both(
                    [self.writer.logic.negated(self.writer.read(self.red)), self.writer.logic.negated(same)]
                )
                found.append((pack, self.writer.read(self.writer.add(name, when))))
        return found
