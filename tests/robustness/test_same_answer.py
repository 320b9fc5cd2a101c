"""The same said otherwise, in another order, in another unit or with another number between the same limits: the same answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.robustness import numbers, shape, words
from tests.robustness.cases import ALLOWED, Case, Variant, cases, measure

Kind = Callable[[str, Case], Iterator[Variant]]
KINDS: tuple[Kind, ...] = (
    words.paraphrased,
    words.framed,
    shape.reordered,
    shape.as_note,
    shape.as_note_with_results,
    numbers.other_units,
    numbers.molar_units,
    numbers.other_numbers,
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_nearly_every_answer_stands(kind: Kind) -> None:
    count, changed = measure(kind)
    assert len(changed) <= ALLOWED * count, "\n".join([f"{len(changed)} of {count}", *map(str, changed)])


@pytest.mark.parametrize("kind", [shape.reordered, numbers.other_units], ids=lambda kind: kind.__name__)
def test_order_and_exact_units_change_nothing_at_all(kind: Kind) -> None:
    assert not (changed := measure(kind)[1]), "\n".join(map(str, changed))


def test_there_are_variants_of_every_kind() -> None:
    for kind in KINDS:
        assert measure(kind)[0] >= 0.5 * len(cases()), kind.__name__
