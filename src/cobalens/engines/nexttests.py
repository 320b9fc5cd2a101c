"""Which test is worth most next: every result it could give, what each would change, and how often it is met."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from math import log
from typing import Any

from msgspec import UNSET, Struct
from msgspec.structs import replace

from cobalens.engines import scenarios
from cobalens.engines.cells import Bound, Cell, cells_of, inside, union, words
from cobalens.engines.changes import named
from cobalens.engines.firmness import normal
from cobalens.engines.person import Move, Person, known
from cobalens.engines.population import Group, frequencies
from cobalens.engines.remeasure import exact, lab_in_hand, line, narrow_reread, printed, spread_of, supposed
from cobalens.engines.scenarios import Result
from cobalens.engines.shelf import suppose
from cobalens.engines.standing import B12, settings
from cobalens.model.counterfactual import IfResult, Worth, presses
from cobalens.model.record import Lab, Span
from cobalens.model.ruleset import UNKNOWN, Row

EQUAL, POPULATION, AGAIN, ASKED = "equal", "population", "re-measurement", "asked for"
NEXT_TEST = "next_test:"
ANY = "any result"
QUESTIONS = ("deficiency", "replacement", "urgency")
BESIDE = ("next_test:", "ask:", "data_quality:")
"""Findings that a test changes by being done; they count for nothing."""
RARE = 0.005
"""A result of a repeat that is rarer than this is not reckoned with."""


class Possible(Struct, frozen=True):
    """One result of a test."""

    words: str
    chance: float
    sets: dict[str, int]
    cell: Cell | None = None
    unit: str | None = None
    analyte: str = ""


class Candidate(Struct, frozen=True):
    """A test with its possible results."""

    code: str
    entry: dict[str, Any]
    results: tuple[Possible, ...]
    basis: str


class Judged(Struct, frozen=True):
    """What the results of a test would do."""

    test: Candidate
    worth: float
    urgent: bool
    moves: bool
    """Some result changes a question asked, not only what is said beside it."""
    outcomes: tuple[IfResult, ...]


def told(person: Person) -> dict[str, Any]:
    table: dict[str, Any] = person.shelf.ruleset.lexicon.get("tests", {})
    return table


def next_tests(person: Person, moves: Sequence[Move]) -> tuple[Worth, ...]:
    """At most five: what cannot wait or can raise the urgency first, then by worth; then what is asked for regardless."""
    table = told(person)
    if not table:
        return ()
    tests = [one for one in (test_of(person, code, moves) for code in table["test"]) if one is not None]
    sets = [possible.sets for test in tests for possible in test.results]
    result = scenarios.run(
        person.shelf.everything, person.values, len(sets) + 1, scenarios.moves(person.values, sets)
    )
    asked = asked_for(person, result)
    said = [code for (_, code), scenarios in result.said.items() if scenarios & 1]
    pressing = {code for code in asked if presses(table["test"][code], said)}
    open_answer = is_open(person, table, result)
    wanted: list[Worth] = []
    left = dict(asked)
    for one in sorted(judge(person, tests, result), key=lambda j: rank(j, table, pressing)):
        code, entry = one.test.code, one.test.entry
        suggested = (
            entry.get("suggest", False)
            and open_answer
            and one.moves
            and one.worth >= float(table["fewest_worth"])
        )
        if round(one.worth, 2) > 0 and (code in asked or suggested):
            left.pop(code, None)
            wanted.append(made(one, asked.get(code)))
    regardless = [made_regardless(code, table["test"][code], row) for code, row in left.items()]
    first = [one for one in regardless if one.code in pressing]
    others = [one for one in regardless if one.code not in pressing]
    return shortened([*first, *wanted, *others], int(table["at_most"]))


def shortened(listed: list[Worth], at_most: int) -> tuple[Worth, ...]:
    """What is only suggested gives way to what is asked for."""
    while len(listed) > at_most:
        listed.remove(next((one for one in reversed(listed) if not one.asked), listed[-1]))
    return tuple(listed)


def rank(
    one: Judged, table: Mapping[str, Any], pressing: Collection[str]
) -> tuple[bool, bool, float, int, str]:
    """The order of semantics S8, but for what cannot wait, such as a scan where the cord may be pressed upon."""
    code, burden = one.test.code, table["burden"][one.test.entry["burden"]]
    return (code not in pressing, not one.urgent, -round(one.worth, 6), burden, code)


def made(one: Judged, row: Row | None) -> Worth:
    return Worth(
        code=one.test.code,
        worth=round(one.worth, 2),
        basis=one.test.basis,
        why=row.why if row else one.test.entry["why"],
        burden=one.test.entry["burden"],
        raises_urgency=one.urgent,
        asked=row is not None,
        if_=one.outcomes,
    )


def made_regardless(code: str, entry: Mapping[str, Any], row: Row) -> Worth:
    return Worth(
        code=code, worth=None, basis=ASKED, why=row.why, burden=entry["burden"], raises_urgency=False,
        asked=True, if_=(),
    )  # fmt: skip


def asked_for(person: Person, result: Result) -> dict[str, Row]:
    """The tests that rules ask for, each with the first row that does."""
    found: dict[str, Row] = {}
    for (table, code), name in result.lead.items():
        if code.startswith(NEXT_TEST) and code not in found:
            found[code] = person.shelf.rows[table, name]
    return found


def is_open(person: Person, table: Mapping[str, Any], result: Result) -> bool:
    """Whether more knowledge could still settle something."""
    answer, deficiency = (named(person.shelf.questions[q], result.base(q)) for q in ("answer", "deficiency"))
    return answer in table["open_answers"] or deficiency in table["open_deficiency"]


# --- What a test can give -------------------------------------------------------------------------------------------


def test_of(person: Person, code: str, moves: Sequence[Move]) -> Candidate | None:
    """A test that was not done yet, or one to be repeated; ``None`` where its results cannot be told."""
    entry = told(person)["test"][code]
    if "result" in entry:
        return by_patterns(person, code, entry)
    analytes = entry.get("analytes", ())
    if len(analytes) != 1 or analytes[0] not in person.shelf.labs:
        return None
    if entry.get("repeat"):
        return repeated(person, code, entry, analytes[0])
    if any(known(person, fact.name) for fact in person.shelf.labs[analytes[0]]):
        return None
    found = [
        move
        for move in moves
        if person.shelf.ruleset.facts[move.fact].of[0] == analytes[0] and in_lab(person, move)
    ]
    if not found:
        return None
    odds, basis = chances(person, analytes[0], found)
    results = tuple(
        Possible(move.words, chance, move.sets, move.cell, move.unit, analytes[0])
        for move, chance in zip(found, odds, strict=True)
    )
    return Candidate(code, entry, results, basis)


def in_lab(person: Person, move: Move) -> bool:
    return person.shelf.ruleset.facts[move.fact].lab


def by_patterns(person: Person, code: str, entry: dict[str, Any]) -> Candidate | None:
    """A test of several parts; not offered where everything that it gives is known."""
    facts = person.shelf.ruleset.facts
    results = []
    for one in entry["result"]:
        sets: dict[str, int] = {}
        for name, word in one["set"].items():
            if not known(person, name):
                value = facts[name].values.index(word)
                sets |= (
                    {name: value} if facts[name].lab else suppose(person.shelf, person.values, name, value)
                )
        if sets:
            results.append((one["words"], sets))
    if len(results) < len(entry["result"]):
        return None
    return Candidate(code, entry, tuple(Possible(w, 1 / len(results), sets) for w, sets in results), EQUAL)


def chances(person: Person, analyte: str, moves: Sequence[Move]) -> tuple[Sequence[float], str]:
    """How often each stretch is met: in the reference population at this B12 where it is held there, else equal."""
    found = populated(person, analyte, [move.cell for move in moves if move.cell is not None], moves[0].unit)
    if found is not None and len(found) == len(moves):
        return found, POPULATION
    return [1 / len(moves)] * len(moves), EQUAL


def populated(
    person: Person, analyte: str, cells: Sequence[Cell], unit: str | None
) -> Sequence[float] | None:
    held = settings(person)
    if held is None or analyte not in held["units"] or not cells or unit != held["units"][analyte]:
        return None
    group = Group(int(held["youngest_adult"]))
    atom = None if analyte == B12 else b12_stretch(person, held["units"][B12])
    odds, size = frequencies(held["file"], analyte, tuple(cells), atom, group)
    if size < int(held["fewest"]):
        odds, size = frequencies(held["file"], analyte, tuple(cells), None, group)
    return odds if size >= int(held["fewest"]) else None


def b12_stretch(person: Person, unit: str) -> Cell | None:
    """Where the person's own B12 lies between the limits, in the unit of the survey."""
    for fact in person.shelf.labs.get(B12, ()):
        index = person.values.get(fact.name, UNKNOWN)
        if fact.limits and fact.timeline == "untreated" and index:
            cells = cells_of(line(person, B12, [fact], unit))
            return cells[index - 1] if len(cells) == len(fact.values) - 1 else None
    return None


# --- A repeat -------------------------------------------------------------------------------------------------------


def repeated(person: Person, code: str, entry: dict[str, Any], analyte: str) -> Candidate | None:
    """Another reading today beside the present one, which is set back where it is too new to be a repeat of."""
    lab = lab_in_hand(person, analyte)
    value, spread = exact(lab), spread_of(person.shelf.ruleset, analyte)
    labs = set_back(person, analyte)
    if lab is None or value is None or value <= 0 or spread is None or lab.unit is None or labs is None:
        return None
    measured = [f for f in person.shelf.labs[analyte] if f.limits and f.timeline in ("untreated", "latest")]
    cells = cells_of((*line(person, analyte, measured, lab.unit), *printed(lab)))
    likely = [(cell, chance) for cell in cells if (chance := reached(cell, value, spread)) > RARE]
    total = sum(chance for _, chance in likely)
    results = []
    for cell, chance in likely:
        new = replace(supposed(analyte, lab, lab.unit, inside(cell)), when=Span(0, 0), where="repeat")
        sets = narrow_reread(person, analyte, (*labs, new), None)
        results.append(Possible("", chance / total, sets, cell, lab.unit, analyte))
    return Candidate(code, entry, tuple(results), AGAIN)


def set_back(person: Person, analyte: str) -> tuple[Lab, ...] | None:
    """The earlier readings, at least as far back as a repeat needs; ``None`` where doses would move against them."""
    gap = int(person.shelf.pack.policies.get("persistence_gap_days", "0"))
    own = [lab for lab in person.record.labs if lab.analyte == analyte]
    newest = max((lab.when.last for lab in own if lab.when.last is not None), default=0)
    days = max(0, newest + gap)
    if days and any(event.concept in person.shelf.dosed for event in person.record.events):
        return None
    return tuple(replace(lab, when=back(lab.when, days)) for lab in own)


def back(span: Span, days: int) -> Span:
    if not span.known:
        return Span(-days, -days)
    return Span(*(None if day is None else day - days for day in (span.first, span.last)))


def reached(cell: Cell, value: Decimal, spread: float) -> float:
    """The chance that a re-measurement lies in a stretch."""

    def up_to(bound: Bound | None, without: float) -> float:
        if bound is None:
            return without
        return normal(log(float(bound.value / value)) / spread) if bound.value > 0 else 0.0

    return up_to(cell.high, 1.0) - up_to(cell.low, 0.0)


# --- What the results would change ----------------------------------------------------------------------------------


def judge(person: Person, tests: Sequence[Candidate], result: Result) -> list[Judged]:
    weights = {name: float(number) for name, number in told(person)["weights"].items()}
    answer, asked = result.moved("answer"), 0
    for question in QUESTIONS:
        asked |= result.moved(question)
    beside = 0
    for (_, code), bits in result.said.items():
        if not code.startswith(BESIDE):
            beside |= result.whole & ~bits if bits & 1 else bits
    urgency = result.base("urgency")
    found = []
    at = 0
    for test in tests:
        worth, urgent, moves, seen = 0.0, False, False, []
        for possible in test.results:
            at += 1
            bit = 1 << at
            worth += possible.chance * (
                weights["answer"]
                if answer & bit
                else weights["question"]
                if asked & bit
                else weights["finding"]
                if beside & bit
                else 0.0
            )
            moves = moves or bool((answer | asked) & bit)
            urgent = urgent or result.at("urgency", at) < urgency
            seen.append((possible, result.at("answer", at), result.at("deficiency", at)))
        found.append(Judged(test, worth, urgent, moves, outcomes(person, seen, result.base("deficiency"))))
    return found


def outcomes(
    person: Person, seen: Sequence[tuple[Possible, int, int]], deficiency: int
) -> tuple[IfResult, ...]:
    """What each result would give; neighbouring stretches with the same outcome are one, as are all that give the same."""
    groups: list[list[tuple[Possible, int, int]]] = []
    for one in seen:
        last = groups[-1][-1] if groups else None
        if last and last[0].cell is not None and one[0].cell is not None and last[1:] == one[1:]:
            groups[-1].append(one)
        else:
            groups.append([one])
    tables = person.shelf.questions
    if len({one[1:] for one in seen}) == 1:
        groups = [[(Possible(ANY, 1.0, {}), *seen[0][1:])]]
    return tuple(
        IfResult(
            result=result_words(person, [one[0] for one in group]),
            answer=named(tables["answer"], group[0][1]),
            deficiency=named(tables["deficiency"], group[0][2]) if group[0][2] != deficiency else UNSET,
        )
        for group in groups
    )


def result_words(person: Person, group: Sequence[Possible]) -> str:
    """The stretch by its name where it ends at one limit, with the numbers; else the numbers alone."""
    first = group[0]
    if first.cell is None:
        return first.words
    whole = union([one.cell for one in group if one.cell is not None])
    numbers = words(whole, first.unit)
    name = limit_word(person, first.analyte, whole, first.unit or "")
    return f"{name} ({numbers})" if name and numbers else name or numbers or ANY


def limit_word(person: Person, analyte: str, cell: Cell, unit: str) -> str:
    table = told(person).get("limit_words", {}).get(analyte, {})
    bound, side = (cell.high, "<") if cell.low is None else (cell.low, ">")
    if bound is None or (cell.low is not None and cell.high is not None):
        return ""
    for fact in person.shelf.labs[analyte]:
        for cut in (person.intake.cuts(fact, unit) or ()) if fact.limits else ():
            if cut.value == bound.value and (cut.edge == "<=") == bound.after:
                return str(table.get(f"{side} {cut.name}", ""))
    return ""
