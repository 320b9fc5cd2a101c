"""Conditions written in fewer steps say of everybody what they said before."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from cobalens.engines.sql.algebra import Node, Step, factored, read, shared, simpler, steps, written
from cobalens.engines.sql.rules import Column

NAMES = ("a", "b", "c", "(d = 1)::UTINYINT", "((e >= 1 AND e <= 2))::UTINYINT")
CONDITIONS = st.recursive(
    st.sampled_from(NAMES),
    lambda inner: st.one_of(
        inner.map(lambda one: f"xor({one}, 1)"),
        st.tuples(st.sampled_from((" & ", " | ")), st.lists(inner, min_size=2, max_size=4)).map(
            lambda pair: f"({pair[0].join(pair[1])})"
        ),
    ),
    max_leaves=24,
)


def value(node: Node, held: dict[str, bool]) -> bool:
    if isinstance(node, str):
        return held[node]
    parts = [value(part, held) for part in node.parts]
    return not parts[0] if node.sign == "xor" else all(parts) if node.sign == "&" else any(parts)


def truth(text: str) -> list[bool]:
    node = read(text)
    return [
        value(node, dict(zip(NAMES, one, strict=True))) for one in product((False, True), repeat=len(NAMES))
    ]


def plain_truth(text: str) -> list[bool]:
    """What the text itself says, by Python."""
    for number, name in enumerate(NAMES):
        text = text.replace(name, f"_{number}_") if len(name) > 1 else text
    text = text.replace("xor(", "(1 ^ ").replace(", 1)", ")")
    return [
        bool(eval(text, {}, {"a": x[0], "b": x[1], "c": x[2], "_3_": x[3], "_4_": x[4]}))
        for x in product((False, True), repeat=len(NAMES))
    ]


@given(CONDITIONS)
def test_a_condition_is_read_as_it_is_written(text: str) -> None:
    assert truth(text) == plain_truth(text)
    assert read(written(read(text))) == read(text)


@given(CONDITIONS)
def test_a_condition_in_fewer_steps_holds_of_the_same_people(text: str) -> None:
    fewer = factored(read(text))
    assert truth(written(fewer)) == plain_truth(text)
    assert steps(fewer) <= steps(read(text))


@given(st.lists(CONDITIONS, min_size=1, max_size=6))
def test_what_several_columns_work_out_has_a_column_before_them(texts: list[str]) -> None:
    made = {f"x{n}": Column(f"x{n}", text) for n, text in enumerate(texts)}
    made["number"] = Column("number", "CASE WHEN x0 = 1 THEN 1 ELSE 0 END", number=True)
    found = shared(simpler(made))
    assert found["number"] == made["number"]
    for one in product((False, True), repeat=len(NAMES)):
        held = dict(zip(NAMES, one, strict=True))
        for name, column in found.items():
            if not column.number:
                held[name] = value(read(column.condition), held)
        before = dict(zip(NAMES, one, strict=True))
        assert all(
            held[name] == value(read(column.condition), before)
            for name, column in made.items()
            if name != "number"
        )


def test_what_all_alternatives_ask_is_asked_once_and_what_many_columns_ask_is_worked_out_once() -> None:
    assert written(factored(read("((a & b) | (a & c))"))) == "(a & (b | c))"
    assert written(factored(read("(a | (a & b))"))) == "a"
    assert written(factored(read("(a & xor(b, 1) & xor(c, 1))"))) == "(a & xor((b | c), 1))"
    long = "(a & b & c & (d = 1)::UTINYINT)"
    found = shared({f"x{n}": Column(f"x{n}", f"({long} | y{n})") for n in range(2)})
    assert [column.condition for column in found.values()] == [long, "(shared__0 | y0)", "(shared__0 | y1)"]
    assert isinstance(read(long), Step)
