"""What became of each element of one person's input, written out when somebody asks for it: most who read many people do not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, overload

from cobalens.model.record import Element


class Account(Sequence[Element]):
    """Elements as a tuple holds them, made once and on the first look."""

    __slots__ = ("_made", "_make")

    def __init__(self, make: Callable[[], tuple[Element, ...]]) -> None:
        self._make: Callable[[], tuple[Element, ...]] | None = make
        self._made: tuple[Element, ...] = ()

    def all(self) -> tuple[Element, ...]:
        if (make := self._make) is not None:
            self._made = make()
            # Nothing of the input is held on to.
            self._make = None
        return self._made

    def __len__(self) -> int:
        return len(self.all())

    @overload
    def __getitem__(self, at: int) -> Element: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Element, ...]: ...
    def __getitem__(self, at: int | slice) -> Element | tuple[Element, ...]:
        return self.all()[at]

    def __iter__(self) -> Iterator[Element]:
        return iter(self.all())

    def __eq__(self, other: object) -> bool:
        return self.all() == (other.all() if isinstance(other, Account) else other)

    def __hash__(self) -> int:
        return hash(self.all())

    def __repr__(self) -> str:
        return repr(self.all())

    def __reduce__(self) -> tuple[Any, ...]:
        return tuple, (self.all(),)
