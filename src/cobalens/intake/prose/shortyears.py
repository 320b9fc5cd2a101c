"""Years of two figures behind an apostrophe: "Nov '25", "gastrectomy in '09"."""

from __future__ import annotations

import re

from cobalens.intake.dates import WITH_APOSTROPHE

_LAST_OF_THIS_CENTURY = 50


def with_whole_years(text: str) -> str:
    """The text with such years written out: '09 is 2009, and '68 is 1968."""
    if "'" not in text and "\u2019" not in text:
        return text
    return WITH_APOSTROPHE.sub(_whole, text)


def _whole(found: re.Match[str]) -> str:
    year = int(found["year"])
    century = 2000 if year <= _LAST_OF_THIS_CENTURY else 1900
    return f"{found['lead']}{found['gap'] or ' '}{century + year}"
