"""The cheapest SQL test that a small integer is one of several, and the joining of tests: as conditions, or as bits.

Conditions are what every dialect reads. Bits are for ``bitmaps``, which joins the bits of many people in one machine
instruction; comparisons are written alike in both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from msgspec import Struct


def test(column: str, mask: int, domain: int) -> str:
    """That a value of the domain is in the mask. A column is never NULL: unknown is 0."""
    inside = [v for v in range(domain.bit_length()) if (domain & mask) >> v & 1]
    outside = [v for v in range(domain.bit_length()) if domain >> v & 1 and not mask >> v & 1]
    if not outside:
        return "TRUE"
    if not inside:
        return "FALSE"
    if len(inside) == 1:
        return f"{column} = {inside[0]}"
    if len(outside) == 1:
        return f"{column} <> {outside[0]}"
    if inside[-1] < outside[0]:
        return f"{column} <= {inside[-1]}"
    if inside[0] > outside[-1]:
        return f"{column} >= {inside[0]}"
    if not any(inside[0] < v < inside[-1] for v in outside):
        return f"({column} >= {inside[0]} AND {column} <= {inside[-1]})"
    if not any(outside[0] < v < outside[-1] for v in inside):
        return f"({column} < {outside[0]} OR {column} > {outside[-1]})"
    return f"{column} IN ({', '.join(str(v) for v in inside)})"


def both(parts: Iterable[str]) -> str:
    """All of them hold."""
    left = list(dict.fromkeys(part for part in parts if part != "TRUE"))
    if "FALSE" in left:
        return "FALSE"
    if len(left) < 2:
        return left[0] if left else "TRUE"
    return " AND ".join(f"({part})" if " OR " in part else part for part in left)


def either(parts: Iterable[str]) -> str:
    """At least one of them holds."""
    left = list(dict.fromkeys(part for part in parts if part != "FALSE"))
    if "TRUE" in left:
        return "TRUE"
    if len(left) < 2:
        return left[0] if left else "FALSE"
    return " OR ".join(f"({part})" if " AND " in part else part for part in left)


def negated(part: str) -> str:
    if part in ("TRUE", "FALSE"):
        return "FALSE" if part == "TRUE" else "TRUE"
    return f"NOT ({part})"


# --- Bits: a small integer, 1 where the condition holds and 0 where it does not ------------------------------------


OTHER = re.compile(r"xor\((\w+), 1\)")


def bit(condition: str) -> str:
    return condition if condition in ("TRUE", "FALSE") else f"({condition})::UTINYINT"


def test_bit(column: str, mask: int, domain: int) -> str:
    return bit(test(column, mask, domain))


def both_bits(parts: Iterable[str]) -> str:
    left = list(dict.fromkeys(part for part in parts if part != "TRUE"))
    if "FALSE" in left:
        return "FALSE"
    return joined_bits(left, " & ") or "TRUE"


def either_bit(parts: Iterable[str]) -> str:
    left = list(dict.fromkeys(part for part in parts if part != "FALSE"))
    if "TRUE" in left:
        return "TRUE"
    return joined_bits(left, " | ") or "FALSE"


def joined_bits(parts: list[str], sign: str) -> str:
    return f"({sign.join(parts)})" if len(parts) > 1 else "".join(parts)


def other_bit(part: str) -> str:
    if part in ("TRUE", "FALSE"):
        return negated(part)
    twice = OTHER.fullmatch(part)
    return twice[1] if twice else f"xor({part}, 1)"


def asked_bit(part: str) -> str:
    """That a bit is set, as what a CASE asks."""
    other = OTHER.fullmatch(part)
    return f"{other[1]} = 0" if other else f"{part} = 1"


class Logic(Struct, frozen=True):
    """How tests are written and joined."""

    test: Callable[[str, int, int], str]
    both: Callable[[Iterable[str]], str]
    either: Callable[[Iterable[str]], str]
    negated: Callable[[str], str]


CONDITIONS = Logic(test, both, either, negated)
BITS = Logic(test_bit, both_bits, either_bit, other_bit)
