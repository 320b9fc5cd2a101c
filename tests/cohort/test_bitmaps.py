"""What bitmaps say of many people is what the conditions say of each of them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cobalens.engines.bitmaps import Number, People, of_column, small
from cobalens.engines.sql.algebra import Node, read
from cobalens.engines.sql.masks import BITS, asked_bit, bit
from cobalens.engines.sql.rules import Column
from tests.cohort.test_algebra import value

FACTS = ("a", "b", "c")
SIZE = 5
MASKS = range(1, (1 << SIZE) - 1)
ATOMS = {BITS.test(fact, mask, (1 << SIZE) - 1): (fact, mask) for fact in FACTS for mask in MASKS}
CONDITIONS = st.recursive(
    st.sampled_from(sorted(ATOMS)),
    lambda inner: st.one_of(
        inner.map(lambda one: f"xor({one}, 1)"),
        st.tuples(st.sampled_from((" & ", " | ")), st.lists(inner, min_size=2, max_size=4)).map(
            lambda pair: f"({pair[0].join(pair[1])})"
        ),
    ),
    max_leaves=12,
)
CROWDS = st.lists(st.tuples(*[st.integers(0, SIZE - 1)] * len(FACTS)), max_size=40)
Crowd = list[tuple[int, ...]]


def people(crowd: Crowd) -> People:
    columns = list(zip(*crowd, strict=True)) or [()] * len(FACTS)
    return People({f: np.array(c, "uint8") for f, c in zip(FACTS, columns, strict=True)}, len(crowd))


def holds(node: Node, one: tuple[int, ...]) -> bool:
    held = {text: bool(mask >> one[FACTS.index(fact)] & 1) for text, (fact, mask) in ATOMS.items()}
    return value(node, held)


def first(cases: list[tuple[str, int]], otherwise: int, one: tuple[int, ...]) -> int:
    return next((number for condition, number in cases if holds(read(condition), one)), otherwise)


@settings(deadline=None)
@given(CONDITIONS, CROWDS)
def test_a_condition_holds_of_whom_it_says(text: str, crowd: Crowd) -> None:
    here = people(crowd)
    assert here.spread(here.bits(read(text))).tolist() == [int(holds(read(text), one)) for one in crowd]


@settings(deadline=None)
@given(st.lists(st.tuples(CONDITIONS, st.integers(0, 700)), max_size=5), st.integers(0, 700), CROWDS)
def test_everybody_has_the_number_of_the_first_condition_that_holds(
    cases: list[tuple[str, int]], otherwise: int, crowd: Crowd
) -> None:
    one = Number("n", tuple((read(text), number) for text, number in cases), otherwise)
    wanted = [first(cases, otherwise, each) for each in crowd]
    assert people(crowd).number(one).tolist() == wanted


@settings(deadline=None)
@given(st.lists(st.tuples(CONDITIONS, st.integers(1, 40)), min_size=1, max_size=5), CROWDS)
def test_a_number_written_as_sql_is_read_as_it_is_written(cases: list[tuple[str, int]], crowd: Crowd) -> None:
    whens = " ".join(f"WHEN {asked_bit(text)} THEN {number}" for text, number in cases)
    column = of_column(Column("n", f"CASE {whens} ELSE 3 END", number=True))
    assert people(crowd).number(column).tolist() == [first(cases, 3, each) for each in crowd]


@settings(deadline=None)
@given(st.lists(CONDITIONS, min_size=1, max_size=6), CROWDS)
def test_everybody_has_the_list_of_what_is_supported_in_the_order_asked(
    texts: list[str], crowd: Crowd
) -> None:
    found, starts = people(crowd).listed([read(text) for text in texts])
    lists = [found[a:b].tolist() for a, b in pairwise(starts)]
    assert lists == [
        [place for place, text in enumerate(texts, 1) if holds(read(text), one)] for one in crowd
    ]


def test_a_fact_that_is_a_yes_is_a_condition_and_so_is_what_always_or_never_holds() -> None:
    here = people([(0, 1, 2), (1, 0, 2), (1, 1, 2)])
    assert here.spread(here.bits("a")).tolist() == [0, 1, 1]
    assert here.spread(here.bits(read("xor(TRUE, 1)"))).tolist() == [0, 0, 0]
    assert here.spread(here.bits(read(f"(FALSE | {bit('b = 1')})"))).tolist() == [1, 0, 1]


def test_as_many_values_as_a_byte_tells_apart_are_bytes() -> None:
    assert (small(256), small(257)) == ("uint8", "uint16")
