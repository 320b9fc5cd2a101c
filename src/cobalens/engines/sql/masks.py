"""The cheapest SQL test that a small integer is one of several, and the joining of tests."""

from __future__ import annotations

from collections.abc import Iterable


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
