"""How many open answers are settled by following the top test, and by each single test for everybody."""

from __future__ import annotations

from collections.abc import Iterable

from cobalens.engines import scenarios
from cobalens.engines.changes import run_singles
from cobalens.engines.moves import all_moves
from cobalens.engines.nexttests import Candidate, next_tests, test_of, told
from cobalens.engines.person import Person
from cobalens.model.record import Record
from tests.whatif.people import knowledge, person

OPEN = "undetermined"


def open_people(records: Iterable[Record]) -> list[Person]:
    """Those whose answer is undetermined and for whom some test is listed."""
    people = [person(record) for record in records]
    table = next(t for t in knowledge().tables if t.name == "answer")
    number = table.values.index(OPEN) + 1
    return [one for one in people if run_singles(one, []).result.base("answer") == number]


def settled(one: Person, test: Candidate) -> float:
    """The chance that the result of a test gives an answer that is not open."""
    table = next(t for t in knowledge().tables if t.name == "answer")
    still = table.values.index(OPEN) + 1
    changed = scenarios.moves(one.values, [possible.sets for possible in test.results])
    result = scenarios.run(one.shelf.program, one.values, len(test.results) + 1, changed)
    return sum(
        possible.chance
        for place, possible in enumerate(test.results, 1)
        if result.at("answer", place) != still
    )


def resolved(people: list[Person]) -> tuple[float, dict[str, float]]:
    """Expected number settled by each person's top test, and by giving one and the same listed test to everybody."""
    followed = 0.0
    others: dict[str, float] = {}
    for one in people:
        moves = all_moves(one)
        listed = next_tests(one, moves)
        codes = {worth.code for worth in listed if worth.worth is not None}
        tests = {code: test for code in told(one)["test"] if (test := test_of(one, code, moves)) is not None}
        if listed and listed[0].worth is not None:
            followed += settled(one, tests[listed[0].code])
        for code in codes:
            others[code] = others.get(code, 0.0) + settled(one, tests[code])
    return followed, others
