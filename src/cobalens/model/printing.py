"""Units as reports print them: the codes of UCUM carry braces and stars that nobody writes."""

from __future__ import annotations

import re

PRINTED = {
    "mL/min/{1.73_m2}": "mL/min/1.73m2",
    "10*9/L": "×10⁹/L",
    "10*12/L": "×10¹²/L",
}
_CODES = re.compile("|".join(map(re.escape, PRINTED)))


def printed(text: str) -> str:
    """A unit, or words with units in them, as a report prints them."""
    return _CODES.sub(lambda found: PRINTED[found[0]], text) if "*" in text or "{" in text else text
