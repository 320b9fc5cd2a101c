"""What would change the answer of one person, what is worth testing, how firm it is: one call for all of it.

Also the two halves of a what-if: another result in the record, another statement among the facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from msgspec.structs import replace

from cobalens.engines.changes import all_changes, run_singles, shown, swings
from cobalens.engines.firmness import firmness
from cobalens.engines.moves import all_moves, needs_reading
from cobalens.engines.nexttests import next_tests
from cobalens.engines.person import SUPPOSED, Person
from cobalens.engines.shelf import concepts_of, shelf_for, suppose
from cobalens.engines.standing import standing
from cobalens.model.counterfactual import Counterfactuals, Intake
from cobalens.model.facts import Basis, Facts, FactValue
from cobalens.model.record import Event, Lab, Record, Span
from cobalens.model.ruleset import UNKNOWN, Pack, Ruleset

SCOPE, CHILD = "in_scope", "under_16"


def counterfactuals(
    ruleset: Ruleset, pack: Pack, facts: Facts, record: Record, intake: Intake
) -> Counterfactuals:
    """Next tests, changes, firmness and the reference population; nothing of them for a person out of scope."""
    person = person_of(ruleset, pack, facts, record, intake)
    moves = all_moves(person)
    singles = run_singles(person, moves)
    if out_of_scope(person, singles.result.answers.get(SCOPE)):
        return Counterfactuals()
    changes = all_changes(person, singles)
    return Counterfactuals(
        next_tests=next_tests(person, moves),
        what_would_change=shown(person, changes),
        changes=changes,
        firmness=firmness(person, singles.result),
        standing=standing(person),
        swings=swings(person, singles),
    )


def person_of(ruleset: Ruleset, pack: Pack, facts: Facts, record: Record, intake: Intake) -> Person:
    values = {name: fact.value for name, fact in facts.values.items()}
    return Person(shelf_for(ruleset, pack), facts, values, record, intake)


def out_of_scope(person: Person, answers: list[int] | None) -> bool:
    table = next((t for t in person.shelf.ruleset.tables if t.name == SCOPE), None)
    if table is None or answers is None or CHILD not in table.values:
        return False
    return bool(answers[table.values.index(CHILD) + 1] & 1)


# --- What if --------------------------------------------------------------------------------------------------------


def with_result(record: Record, analyte: str, text: str, value: Decimal, unit: str) -> Record:
    """The record with a new result of today, in the place of those of the day of decision."""
    new = Lab(
        analyte=analyte, where=SUPPOSED, text=text, lo=value, hi=value, unit=unit, when=Span(0, 0), time="~"
    )
    kept = tuple(lab for lab in record.labs if lab.analyte != analyte or lab.when != Span(0, 0))
    return replace(record, labs=(*kept, new))


def said_otherwise(
    ruleset: Ruleset, pack: Pack, record: Record, settings: Mapping[str, int]
) -> tuple[Record, dict[str, int]]:
    """The record with what bears on doses or formulas said otherwise, and the settings that are left to be set as facts."""
    shelf = shelf_for(ruleset, pack)
    left: dict[str, int] = {}
    for name, value in settings.items():
        fact = ruleset.facts[name]
        word = fact.values[value]
        own = concepts_of(fact)
        chosen = fact.answers.get(word, own)[:1] if word == "yes" or word in fact.answers else ()
        denied = own if word in ("no", "never") else ()
        if not needs_reading(shelf, fact) or not (chosen or denied or value == UNKNOWN):
            left[name] = value
            continue
        kept = tuple(one for one in record.events if one.concept not in own)
        said = tuple(
            Event(concept=one, where=SUPPOSED, text=SUPPOSED, affirmed=bool(chosen))
            for one in (*chosen, *denied)
        )
        record = replace(record, events=kept + said)
    return record, left


def with_facts(ruleset: Ruleset, pack: Pack, facts: Facts, settings: Mapping[str, int]) -> Facts:
    """The facts with some set otherwise, and with what these imply."""
    shelf = shelf_for(ruleset, pack)
    values = {name: fact.value for name, fact in facts.values.items()}
    made = dict(facts.values)
    for name, value in settings.items():
        for other, one in suppose(shelf, values, name, value).items():
            values[other] = one
            if one == UNKNOWN:
                made.pop(other, None)
            else:
                made[other] = FactValue(one, (Basis(SUPPOSED, SUPPOSED),))
    return Facts(made, facts.notes)
