"""Worked patients: reads the spec tables and asks one question of the engine for each."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from cobalens.engines.reference import choose, collect
from cobalens.intake.laboratory.units import limit_in, parse
from cobalens.model.ruleset import UNKNOWN, Fact, Pack, Ruleset, Table

SPEC = Path(__file__).parent
RESULT = re.compile(r"^([<>]=?)?\s*(-?[\d.]+)\s*(.*)$")
NOT_INPUTS = {"then", "row", "code", "pack", "rows"}


@dataclass(frozen=True)
class Patient:
    """One line of a spec table."""

    table: str
    sentence: str
    given: dict[str, str]
    then: str
    pack: str
    code: str | None
    row: str | None
    file: str

    def __str__(self) -> str:
        return f"{self.table}: {self.sentence}"


def read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as bad:
        told = f"{path.parent.name}/{path.name}: {bad}. Each sentence stands once in a file."
        raise ValueError(told) from None


def patients() -> list[Patient]:
    """Every worked patient, in file order."""
    found = []
    for path in sorted(SPEC.glob("*/*.toml")):
        tree = read(path)
        for sentence, line in tree["patients"].items():
            found.append(
                Patient(
                    table=tree["question"],
                    sentence=sentence,
                    given={k: str(v) for k, v in line.items() if k not in NOT_INPUTS},
                    then=line["then"],
                    pack=line.get("pack", "nice-ng239"),
                    code=line.get("code"),
                    row=line.get("row"),
                    file=f"{path.parent.name}/{path.name}",
                )
            )
    return found


class Bench:
    """Asks the tables of one ruleset."""

    def __init__(self, ruleset: Ruleset) -> None:
        self.ruleset = ruleset
        self.tables = {table.name: table for table in ruleset.tables}

    def ask(
        self, patient: Patient, table: Table | None = None, pack: Pack | None = None
    ) -> tuple[str, tuple[str, ...]]:
        """The answer (or the code's status) and the rows behind it."""
        table = table or self.tables[patient.table]
        pack = pack or self.ruleset.packs[patient.pack]
        values = {
            f"policy.{n}": self.ruleset.policies[n].index(v) + 1
            for n, v in pack.policies.items()
            if self.ruleset.policies[n]
        }
        for name, said in patient.given.items():
            values[name] = self.value(name, said, pack)
        if table.kind == "choose":
            choice = choose(table, values)
            return choice.answer, choice.rows
        self.settle(table, values)
        found = next((f for f in collect(table, values) if f.code == patient.code), None)
        if found is None:
            raise KeyError(f"{patient.table} never says {patient.code}")
        return found.status, found.rows

    def settle(self, table: Table, values: dict[str, int]) -> None:
        """A choose input that can never be unknown and was not given takes no value: only its named answers hold."""
        for name in table.inputs:
            values.setdefault(name, UNKNOWN)

    def value(self, name: str, said: str, pack: Pack) -> int:
        ruleset = self.ruleset
        if name in ruleset.facts:
            fact = ruleset.facts[name]
            if said in fact.values:
                return fact.values.index(said)
            return self.atom(fact, said, pack)
        if name in self.tables:
            table = self.tables[name]
            return UNKNOWN if said == "unknown" else table.values.index(said) + 1
        if name.startswith("policy."):
            return ruleset.policies[name.removeprefix("policy.")].index(said) + 1
        if name.startswith(("finding.", "any.")):
            return ("unknown", "yes", "no").index(said)
        raise KeyError(f"no fact or question is called {name!r}")

    def atom(self, fact: Fact, said: str, pack: Pack) -> int:
        """Which atom a result in its reported unit lies in; unknown where it is censored across a limit."""
        if said in fact.qualitative:
            return fact.qualitative[said]
        match = RESULT.match(said)
        assert match, f"{said!r} is neither a result nor a value of {fact.name}: {fact.values}"
        sign, number, unit_text = match.groups()
        unit = parse(unit_text) if unit_text else None
        analyte = self.ruleset.analytes[fact.limits_of]
        by_name = {limit.name: limit for limit in pack.limits[fact.limits_of]}
        value, place = Decimal(number), 1
        low_place, high_place = 1, len(fact.values) - 1
        for at, (name, edge) in enumerate(zip(fact.limits, fact.edges, strict=True)):
            limit = self.limit_value(by_name[name], unit_text, unit, analyte)
            above = value >= limit if edge == "<" else value > limit
            if above:
                place = at + 2
        if sign in {"<", "<="}:
            # strictly below a limit with "<" edge keeps the atom under it even at the limit itself
            for at, name in enumerate(fact.limits):
                if value == self.limit_value(by_name[name], unit_text, unit, analyte) and sign == "<":
                    place = at + 1
            return place if place == low_place else UNKNOWN
        if sign in {">", ">="}:
            for at, name in enumerate(fact.limits):
                if value == self.limit_value(by_name[name], unit_text, unit, analyte) and sign == ">":
                    place = at + 2
            return place if place == high_place else UNKNOWN
        return place

    @staticmethod
    def limit_value(limit: Any, unit_text: str, unit: Any, analyte: Any) -> Decimal:
        if unit_text in limit.values:
            return Decimal(limit.values[unit_text])
        return Decimal(limit_in(unit, limit, analyte)[0])
