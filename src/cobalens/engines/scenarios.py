"""Many what-ifs of one person in one pass: every scenario is one bit of a long whole number.

A cell of a rule is then an "or", a row an "and", over all scenarios at once. The meaning is that of the reference
engine, and a generated test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from cobalens.engines.sensitivity import below
from cobalens.model.ruleset import UNKNOWN, Pack, Ruleset, Table

YES, NO = 1, 2
Bits = int
Cells = tuple[tuple[str, int], ...]


class Line(Struct, frozen=True):
    """One row: what it says, and the rows it overrides."""

    row: str
    then: int | tuple[str, ...]
    """An answer's number, or codes."""
    overrides: tuple[int, ...] = ()


class Step(Struct, frozen=True):
    """One table, ready to run under one pack."""

    name: str
    inputs: frozenset[str]
    lines: tuple[Line, ...]
    cells: tuple[Cells, ...]
    """Per row, its cells without policies."""
    maybe: tuple[Cells, ...]
    """The same, with unknown let through everywhere: the row is not false. Only of tables that are listened to."""
    answers: int
    """How many answers it has; 0 for a table of findings."""
    codes: tuple[str, ...] = ()
    heard: bool = False
    """Whether a later table reads what this one found, and so whether "might be" matters."""


class Program(Struct, frozen=True):
    """The tables below some questions (or all of them), policies settled."""

    steps: tuple[Step, ...]
    facts: tuple[str, ...]
    """Facts that any of the tables reads."""
    sizes: dict[str, int]
    """How many values an input has, unknown included."""
    read: frozenset[str]
    """Every input that any table reads."""


class Result(Struct, frozen=True):
    """What each table says in every scenario; scenario 0 is the person as is."""

    whole: Bits
    answers: dict[str, list[Bits]]
    """Question -> per answer number, the scenarios that give it."""
    said: dict[tuple[str, str], Bits]
    """Table, code -> the scenarios in which it is supported."""
    lead: dict[tuple[str, str], str]
    """Table, code -> the first row that says it of the person as is."""

    def base(self, question: str) -> int:
        return next(number for number, bits in enumerate(self.answers[question]) if bits & 1)

    def moved(self, question: str) -> Bits:
        """The scenarios whose answer differs from the person's own."""
        return self.whole & ~self.answers[question][self.base(question)]

    def at(self, question: str, scenario: int) -> int:
        return next(number for number, bits in enumerate(self.answers[question]) if bits >> scenario & 1)


def prepare(
    ruleset: Ruleset,
    pack: Pack,
    questions: Sequence[str] | None = None,
    made: Mapping[str, Step] | None = None,
) -> Program:
    """The program for some questions, or for everything that can be said.

    ``made``: steps of another program under the same pack, taken over where they come to the same.
    """
    tables = ruleset.tables if questions is None else below(ruleset, questions)
    policies = {
        f"policy.{name}": ruleset.policies[name].index(value) + 1
        for name, value in pack.policies.items()
        if ruleset.policies[name]
    }
    read = frozenset(name for table in tables for name in table.inputs)
    sizes = {name: len(ruleset.facts[name].values) for name in read if name in ruleset.facts}
    return Program(
        steps=tuple(_step_again(table, policies, read, made or {}) for table in tables),
        facts=tuple(name for name in ruleset.facts if name in read),
        sizes=sizes,
        read=read,
    )


def _step_again(
    table: Table, policies: Mapping[str, int], read: frozenset[str], made: Mapping[str, Step]
) -> Step:
    known = made.get(table.name)
    if known is not None and known.heard == _is_heard(table, known.codes, read):
        return known
    return _step(table, policies, read)


def _is_heard(table: Table, codes: Sequence[str], read: frozenset[str]) -> bool:
    return f"any.{table.name}" in read or any(f"finding.{code}" in read for code in codes)


def _step(table: Table, policies: Mapping[str, int], read: frozenset[str]) -> Step:
    """Rows that the pack's policies rule out are left away; a code keeps its place without them."""
    settled = not policies.keys().isdisjoint(table.inputs)
    kept = [
        row
        for row in table.rows
        if not settled or all(mask >> policies[name] & 1 for name, mask in row.cells if name in policies)
    ]
    choose = table.kind == "choose"
    codes = () if choose else tuple(dict.fromkeys([code for row in table.rows for code in row.then]))
    heard = _is_heard(table, codes, read)
    place = {row.name: number for number, row in enumerate(kept)} if choose else {}
    cells = tuple(
        [
            tuple([cell for cell in row.cells if cell[0] not in policies]) if settled else row.cells
            for row in kept
        ]
    )
    lines = [
        Line(
            row=row.name,
            then=_number(table, row.then[0]) if choose else row.then,
            overrides=tuple([place[other] for other in row.overrides if other in place]),
        )
        for row in kept
    ]
    return Step(
        name=table.name,
        inputs=frozenset([name for row in cells for name, _ in row]),
        lines=tuple(lines),
        cells=cells,
        maybe=tuple([tuple([(name, mask | 1) for name, mask in row]) for row in cells])
        if heard and not choose
        else (),
        answers=len(table.values) + 1 if choose else 0,
        codes=codes,
        heard=heard,
    )


def _number(table: Table, answer: str) -> int:
    return UNKNOWN if answer == "unknown" else table.values.index(answer) + 1


def moves(values: Mapping[str, int], changes: Sequence[Mapping[str, int]]) -> dict[str, dict[int, Bits]]:
    """Scenario 1 makes the first change, and so on: per fact and value, the scenarios that set it."""
    changed: dict[str, dict[int, Bits]] = {}
    for scenario, change in enumerate(changes, 1):
        for name, value in change.items():
            by_value = changed.setdefault(name, {})
            by_value[value] = by_value.get(value, 0) | 1 << scenario
    return changed


def run(
    program: Program,
    values: Mapping[str, int],
    count: int,
    changed: Mapping[str, Mapping[int, Bits]],
    base: Result | None = None,
) -> Result:
    """Runs ``count`` scenarios at once; what is not ``changed`` keeps its value.

    ``base``: an earlier run for the same person, from which questions that nothing reaches are taken.
    """
    machine = Machine(program, values, count, changed)
    answers: dict[str, list[Bits]] = {}
    said: dict[tuple[str, str], Bits] = {}
    lead: dict[tuple[str, str], str] = {}
    for step in program.steps:
        if step.answers:
            if base is not None and machine.vary.keys().isdisjoint(step.inputs):
                found = [0] * step.answers
                found[base.base(step.name)] = machine.whole
            else:
                found = machine.choose(step)
            answers[step.name] = found
            if step.name in program.read:
                machine.keep(step.name, found)
        else:
            machine.collect(step, said, lead)
    return Result(machine.whole, answers, said, lead)


class Machine:
    """The state of one run: inputs that are the same everywhere, and those that differ between scenarios."""

    def __init__(
        self,
        program: Program,
        values: Mapping[str, int],
        count: int,
        changed: Mapping[str, Mapping[int, Bits]],
    ) -> None:
        self.read = program.read
        self.whole: Bits = (1 << count) - 1
        self.same: dict[str, int] = {name: values.get(name, UNKNOWN) for name in program.facts}
        self.vary: dict[str, list[Bits]] = {}
        self.known: dict[tuple[str, int], Bits] = {}
        self.so_far: dict[str, tuple[Bits, Bits]] = {}
        for name, by_value in changed.items():
            if name not in program.sizes:
                continue
            vector = [0] * program.sizes[name]
            rest = self.whole
            for value, bits in by_value.items():
                vector[value] |= bits
                rest &= ~bits
            vector[self.same.get(name, UNKNOWN)] |= rest
            self.keep(name, vector)

    def keep(self, name: str, vector: list[Bits]) -> None:
        """An input that later tables read; told apart because most are the same in every scenario."""
        self.same.pop(name, None)
        self.vary.pop(name, None)
        for value, bits in enumerate(vector):
            if bits == self.whole:
                self.same[name] = value
                return
        self.vary[name] = vector

    def cell(self, cell: tuple[str, int]) -> Bits:
        """The scenarios in which an input that differs between them has one of the values of a mask."""
        name, mask = cell
        bits = 0
        for value, one in enumerate(self.vary[name]):
            if mask >> value & 1:
                bits |= one
        self.known[cell] = bits
        return bits

    def held(self, lines: Sequence[Cells]) -> list[tuple[int, Bits]]:
        """The rows that hold anywhere, by their place, with the scenarios in which every cell of them holds."""
        same, vary, known, whole = self.same, self.vary, self.known, self.whole
        found = []
        for number, cells in enumerate(lines):
            bits = whole
            for cell in cells:
                name, mask = cell
                if name in vary:
                    bits &= known[cell] if cell in known else self.cell(cell)
                    if not bits:
                        break
                elif not mask >> same.get(name, UNKNOWN) & 1:
                    break
            else:
                found.append((number, bits))
        return found

    def choose(self, step: Step) -> list[Bits]:
        held = self.held(step.cells)
        beaten: dict[int, Bits] = {}
        for number, bits in held:
            for other in step.lines[number].overrides:
                beaten[other] = beaten.get(other, 0) | bits
        found = [0] * step.answers
        for number, bits in held:
            then = step.lines[number].then
            assert isinstance(then, int)
            found[then] |= bits & ~beaten[number] if number in beaten else bits
        return found

    def collect(
        self, step: Step, said: dict[tuple[str, str], Bits], lead: dict[tuple[str, str], str]
    ) -> None:
        """Kleene's "or" per code: supported where a row holds, open where one might."""
        yes = dict.fromkeys(step.codes, 0)
        for number, sure in self.held(step.cells):
            line = step.lines[number]
            assert not isinstance(line.then, int)
            for code in line.then:
                yes[code] |= sure
                if sure & 1:
                    lead.setdefault((step.name, code), line.row)
        for code, bits in yes.items():
            said[step.name, code] = bits
        if step.heard:
            self.tell(step, yes)

    def tell(self, step: Step, yes: Mapping[str, Bits]) -> None:
        """Hands what a table found to the tables that listen to it."""
        maybe = dict.fromkeys(step.codes, 0)
        for number, possible in self.held(step.maybe):
            then = step.lines[number].then
            assert not isinstance(then, int)
            for code in then:
                maybe[code] |= possible
        any_yes = any_maybe = 0
        for code in step.codes:
            any_yes |= yes[code]
            any_maybe |= maybe[code]
            name = f"finding.{code}"
            if name in self.read:
                before = self.so_far.get(name, (0, 0))
                self.so_far[name] = (before[0] | yes[code], before[1] | maybe[code])
                self.keep_truth(name, *self.so_far[name])
        if (name := f"any.{step.name}") in self.read:
            self.keep_truth(name, any_yes, any_maybe)

    def keep_truth(self, name: str, yes: Bits, maybe: Bits) -> None:
        for mask in range(8):
            self.known.pop((name, mask), None)
        self.keep(name, [maybe & ~yes, yes, self.whole & ~(yes | maybe)])


def places(bits: Bits) -> Iterator[int]:
    """The scenarios in a set, in order."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest
