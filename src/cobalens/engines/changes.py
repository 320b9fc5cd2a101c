"""What would change this answer: every single change, and the pairs that reach what no single one does."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET, Struct
from msgspec.structs import replace

from cobalens.engines import scenarios
from cobalens.engines.cells import union, words
from cobalens.engines.person import LEARNED, WERE, Move, Person, known
from cobalens.engines.scenarios import Bits, Result, places
from cobalens.model.counterfactual import QUESTIONS, Change
from cobalens.model.ruleset import Table

ANSWER, DEFICIENCY = "answer", "deficiency"
AT_MOST, ALIKE, PAIRED, PAIRS_EACH = 8, 2, 110, 2
Outcome = tuple[int, int]
"""The numbers of answer and deficiency."""


class Singles(Struct, frozen=True):
    """All moves of one person, run at once: scenario *n* is move *n - 1*."""

    moves: tuple[Move, ...]
    result: Result
    here: Outcome


def run_singles(person: Person, moves: Sequence[Move]) -> Singles:
    program = person.shelf.program
    changed = scenarios.moves(person.values, [move.sets for move in moves])
    result = scenarios.run(program, person.values, len(moves) + 1, changed)
    return Singles(tuple(moves), result, (result.base(ANSWER), result.base(DEFICIENCY)))


def swings(person: Person, singles: Singles) -> dict[str, dict[str, tuple[str, ...]]]:
    """Unknown fact -> value -> answers to the questions, where any of them would differ."""
    tables = person.shelf.questions
    moved: Bits = 0
    for question in QUESTIONS:
        moved |= singles.result.moved(question)
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for scenario in places(moved):
        move = singles.moves[scenario - 1]
        if move.kind == LEARNED:
            there = tuple(named(tables[q], singles.result.at(q, scenario)) for q in QUESTIONS)
            found.setdefault(move.fact, {})[move.value] = there
    return found


def all_changes(person: Person, singles: Singles) -> tuple[Change, ...]:
    """Every single change that moves answer or deficiency, nearest first, then pairs."""
    tables = person.shelf.questions
    found = single_changes(person, singles)
    found.sort(key=lambda one: (one.move.distance, one.outcome[0] == singles.here[0]))
    alone = [made(tables, one.outcome, [one]) for one in found]
    return (*alone, *pair_changes(person, singles, {one.outcome for one in found}))


class Ranked(Struct, frozen=True):
    move: Move
    text: str
    outcome: Outcome


def single_changes(person: Person, singles: Singles) -> list[Ranked]:
    result = singles.result
    found: list[Ranked] = []
    stretches: dict[tuple[str, int, Outcome], list[Move]] = {}
    for scenario in places(result.moved(ANSWER) | result.moved(DEFICIENCY)):
        move = singles.moves[scenario - 1]
        outcome = (result.at(ANSWER, scenario), result.at(DEFICIENCY, scenario))
        if move.cell is None:
            found.append(Ranked(move, move.words, outcome))
        else:
            stretches.setdefault((analyte_of(person, move), move.side, outcome), []).append(move)
    for (_, _, outcome), members in stretches.items():
        found += [Ranked(near(run), stretch_words(run), outcome) for run in neighbours(members)]
    return found


def analyte_of(person: Person, move: Move) -> str:
    return person.shelf.ruleset.facts[move.fact].of[0]


def neighbours(members: list[Move]) -> list[list[Move]]:
    """Runs of stretches that lie side by side."""
    runs: list[list[Move]] = []
    for move in sorted(members, key=lambda one: one.place):
        if runs and runs[-1][-1].place + 1 == move.place:
            runs[-1].append(move)
        else:
            runs.append([move])
    return runs


def near(run: Sequence[Move]) -> Move:
    return min(run, key=lambda one: one.distance)


def stretch_words(run: Sequence[Move]) -> str:
    return words(union([one.cell for one in run if one.cell is not None]), run[0].unit)


def named(table: Table, number: int) -> str:
    return table.values[number - 1] if number else "unknown"


def made(tables: dict[str, Table], outcome: Outcome, parts: Sequence[Ranked]) -> Change:
    values: dict[str, int] = {}
    for part in parts:
        values.update(part.move.sets)
    kind = WERE if any(part.move.kind == WERE for part in parts) else LEARNED
    return Change(
        set={part.move.fact: part.text for part in parts},
        kind=kind,
        answer=named(tables[ANSWER], outcome[0]),
        deficiency=named(tables[DEFICIENCY], outcome[1]),
        values=values,
    )


# --- Pairs ----------------------------------------------------------------------------------------------------------


def pair_changes(person: Person, singles: Singles, reached: set[Outcome]) -> list[Change]:
    """Pairs of changes for outcomes that no single change reaches, nearest first.

    All pairs run at once: scenario *i·n + j* makes moves *i* and *j*.
    """
    moves = candidates(person, singles)
    count = len(moves)
    if count < 2:
        return []
    row, column = (1 << count) - 1, sum(1 << (place * count) for place in range(count))
    masks = [row << (place * count) | column << place for place in range(count)]
    changed: dict[str, dict[int, Bits]] = {}
    for move, mask in zip(moves, masks, strict=True):
        for name, value in move.sets.items():
            by_value = changed.setdefault(name, {})
            by_value[value] = by_value.get(value, 0) | mask
    result = scenarios.run(person.shelf.program, person.values, count * count, changed)
    allowed = sum(((row >> (place + 1)) << (place + 1)) << (place * count) for place in range(count))
    tables = person.shelf.questions
    found: list[tuple[float, Change]] = []
    for answer, first in enumerate(result.answers[ANSWER]):
        for deficiency, second in enumerate(result.answers[DEFICIENCY]):
            outcome = (answer, deficiency)
            if outcome == singles.here or outcome in reached or not first & second & allowed:
                continue
            for far, pair in nearest_pairs(moves, first & second & allowed):
                found.append((far, made(tables, outcome, [Ranked(one, one.words, outcome) for one in pair])))
    found.sort(key=lambda one: one[0])
    return [change for _, change in found]


def candidates(person: Person, singles: Singles) -> list[Move]:
    """The moves that pairs are made of: those that already move some question below, known results and near ones first."""
    touched: Bits = 0
    for name, vector in singles.result.answers.items():
        if any(bits & 1 and bits != singles.result.whole for bits in vector):
            touched |= singles.result.moved(name)
    chosen = [singles.moves[scenario - 1] for scenario in places(touched)]
    chosen.sort(key=lambda move: move.distance)
    return chosen[:PAIRED]


def nearest_pairs(moves: Sequence[Move], bits: Bits) -> list[tuple[float, tuple[Move, Move]]]:
    count = len(moves)
    found = []
    for place in places(bits):
        one, other = moves[place // count], moves[place % count]
        if one.sets.keys().isdisjoint(other.sets):
            found.append((one.distance + other.distance, place, (one, other)))
    found.sort(key=lambda item: item[:2])
    return [(far, pair) for far, _, pair in found[:PAIRS_EACH]]


# --- What is shown --------------------------------------------------------------------------------------------------


def shown(person: Person, changes: Sequence[Change]) -> tuple[Change, ...]:
    """At most eight: fewest facts first, nearest first, no more than two of a kind to one outcome, and two pairs.

    Every outcome that a single change reaches is there.
    """
    alike: dict[tuple[str, str, str], int] = {}
    kept: list[Change] = []
    for change in changes:
        key = (group_of(person, next(iter(change.set))), change.answer, change.deficiency)
        alike[key] = alike.get(key, 0) + 1
        if alike[key] <= ALIKE:
            kept.append(change)
    first_of: dict[tuple[str, str], Change] = {}
    for change in kept:
        if len(change.set) == 1:
            first_of.setdefault((change.answer, change.deficiency), change)
    chosen = list(first_of.values())[:AT_MOST]
    pairs = 0
    for change in kept:
        pairs += len(change.set) > 1
        if len(chosen) < AT_MOST and change not in chosen and pairs <= PAIRS_EACH:
            chosen.append(change)
    return tuple(replace(change, values=UNSET) for change in kept if change in chosen)


def group_of(person: Person, fact: str) -> str:
    """The question that first reads a fact; a test that was not done stands for itself."""
    unmeasured = person.shelf.ruleset.facts[fact].lab and not known(person, fact)
    return fact if unmeasured else person.shelf.readers.get(fact, fact)
