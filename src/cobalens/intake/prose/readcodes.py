"""Codes that general practice prints behind the name of a test: "Serum vitamin B12 *(XE2pf)* 138 ng/L", "Serum folate *(42U5.)*"."""

from __future__ import annotations

import re

from cobalens.intake.patterns import pattern

_CODE = pattern(
    r"\((?:X[0-9A-Za-z]{4}|(?=[0-9A-Za-z.]{5}\))[0-9][0-9A-Za-z]{1,4}\.{0,3}|Y[0-9a-f]{4})\)(?=\s*[:=]?\s*[*<>~]?\s*\d)"
)
"""A code of Read or of CTV3, five signs, between a name and a number; the code itself says no more than the name."""


_PER_AREA = pattern(r"(?<=\))/1\.73 ?m\*?2(?=\s+[*<>(\d])")
"""What stands in the name of a filtration rate and is no number: "eGFRcreat (CKD-EPI)*/1.73 m*2* 58 mL/min"."""


def without_read_codes(text: str) -> str:
    """The text with both as blanks, as long as before."""
    if "(" not in text:
        return text
    return _CODE.sub(_blank, _PER_AREA.sub(_blank, text))


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])
