"""The engine's meaning, on three rules about the weather."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cobalens.compiler import compile_knowledge
from cobalens.engines import python, reference
from cobalens.model.facts import Facts, FactValue
from cobalens.model.trace import NOT_LOOKED_FOR, NOT_SUPPORTED, SUPPORTED, Trace

TOY = compile_knowledge(Path(__file__).parent.parent / "toy" / "knowledge")
PACK = TOY.packs["almanac"]
FAST = python.generate(TOY, PACK)


def weather(**given: str) -> Trace:
    facts = {name: FactValue(TOY.facts[name].values.index(value)) for name, value in given.items()}
    return reference.run(TOY, Facts(facts), PACK)


def status(trace: Trace, code: str) -> str:
    return next(f.status for f in trace.findings if f.code == code)


def test_a_value_between_its_limits_is_that_atom() -> None:
    assert TOY.facts["rain"].values == ("unknown", "< wet", "[wet..soaking]", "> soaking")


@pytest.mark.parametrize(
    ("rain", "wind", "answer", "rows"),
    [
        ("< wet", "yes", "dry", ("dry",)),
        ("[wet..soaking]", "no", "wet", ("wet",)),
        ("[wet..soaking]", "unknown", "wet", ("wet",)),
        ("[wet..soaking]", "yes", "foul", ("gale",)),
        ("> soaking", "yes", "foul", ("foul", "gale")),
        ("unknown", "yes", "unknown", ("not_looked",)),
    ],
)
def test_choose_gives_the_answer_on_which_the_remaining_rows_agree(
    rain: str, wind: str, answer: str, rows: tuple[str, ...]
) -> None:
    choice = weather(rain=rain, wind=wind).choices["weather_says"]
    assert (choice.answer, choice.rows) == (answer, rows)


def test_a_collected_code_is_true_false_or_waiting() -> None:
    assert status(weather(rain="[wet..soaking]", umbrella="yes"), "take:umbrella") == SUPPORTED
    assert status(weather(rain="< wet", umbrella="yes"), "take:umbrella") == NOT_SUPPORTED
    open_trace = weather(rain="[wet..soaking]")
    assert status(open_trace, "take:umbrella") == NOT_LOOKED_FOR
    assert next(f for f in open_trace.findings if f.code == "take:umbrella").waiting_for == ("umbrella",)


def test_a_false_cell_outweighs_an_unknown_one() -> None:
    assert status(weather(rain="> soaking"), "take:hat") == NOT_SUPPORTED


def test_a_code_is_the_or_of_its_rows() -> None:
    trace = weather(rain="[wet..soaking]", wind="no")
    coat = next(f for f in trace.findings if f.code == "take:coat")
    assert coat.rows == ("coat", "hat")


def test_an_unknown_answer_keeps_a_collected_code_open() -> None:
    assert status(weather(), "take:coat") == NOT_LOOKED_FOR
    assert status(weather(), "ask:weather") == SUPPORTED


def test_any_finding_of_a_table_can_be_asked_for() -> None:
    assert weather().choices["go"].rows == ("asked",)


@given(st.fixed_dictionaries({n: st.integers(0, len(f.values) - 1) for n, f in TOY.facts.items()}))
def test_the_generated_function_equals_the_reference(values: dict[str, int]) -> None:
    trace = reference.run(TOY, Facts({n: FactValue(v) for n, v in values.items()}), PACK)
    outcome = FAST.run(values)
    for table in TOY.tables:
        if table.kind == "choose":
            choice = trace.choices[table.name]
            assert outcome.answers[table.name] == (
                reference.answer_index(table, choice.answer),
                choice.rows[0],
            )
    for finding in trace.findings:
        code, row = outcome.codes[finding.table, finding.code]
        assert reference.STATUS[code] == finding.status
        assert row == (finding.rows[0] if finding.rows else "")
