"""Regular expressions that are compiled when they are first used: to read one case takes a third of those there are."""

from __future__ import annotations

import re
from typing import Any, cast


class Late:
    """Stands for a pattern; the first use of any of its methods compiles it and puts the methods in place."""

    def __init__(self, text: str, flags: int) -> None:
        self._made_of = (text, flags)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        compiled = re.compile(*self._made_of)
        for method in ("match", "fullmatch", "search", "finditer", "findall", "sub", "split"):
            setattr(self, method, getattr(compiled, method))
        return getattr(compiled, name)


def pattern(text: str, flags: int = 0) -> re.Pattern[str]:
    """As ``re.compile``, on first use."""
    return cast("re.Pattern[str]", Late(text, flags))
