"""The list of allergies of a case file: what it names is what somebody cannot take, and nothing that is taken."""

from __future__ import annotations

import re
from typing import Any

from cobalens.intake.patterns import pattern

TO = ("allergic", "to")
_SAYS_ALLERGY = pattern(
    r"allerg|intoleran|hypersensitiv|anaphyla\w+ to|react\w+ to|^\W*(?:no|none|not|nil|nk\w*|never|denies|unknown|\?+)\b|^\W*$",
    re.IGNORECASE,
)
"""An entry of the list of allergies that says itself to what, or that there is none."""


def to_what(value: Any) -> Any:
    """Bare names in the list of allergies, as sentences that say what they are names of."""
    if isinstance(value, list):
        return [to_what(one) for one in value]
    if isinstance(value, dict) and isinstance(value.get("name"), str):
        return {**value, "name": to_what(value["name"])}
    if not isinstance(value, str) or _SAYS_ALLERGY.search(value):
        return value
    return re.sub(r"[^,;]*\w[^,;]*", lambda one: " ".join((*TO, one[0].strip())), value)
