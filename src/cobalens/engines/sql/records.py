"""One statement from the canonical tables to the table of facts: the primary pack's facts, and what other packs cut otherwise."""

from __future__ import annotations

from collections.abc import Sequence

Part = tuple[str, Sequence[tuple[str, str]]]
"""The query of one pack's facts, and the columns that are wanted of it, each with the fact that it holds."""
WITHOUT_BITS = frozenset({"sqlserver", "sqlite"})
"""Dialects that cannot join the bits of several rows, as the query does to see all that is said of a person."""


def records_text(parts: Sequence[Part]) -> str:
    """``parts``: the primary pack first."""
    texts = ",\n".join(f"facts_{n} AS (\n{sql}\n)" for n, (sql, _) in enumerate(parts))
    listed = ", ".join(
        f"f{n}.{fact} AS {column}" for n, (_, wanted) in enumerate(parts) for column, fact in wanted
    )
    joined = "".join(
        f" JOIN facts_{n} f{n} ON f{n}.person_id = f0.person_id AND f{n}.index_day = f0.index_day"
        for n in range(1, len(parts))
    )
    return f"WITH {texts}\nSELECT f0.person_id, f0.index_day, {listed}\nFROM facts_0 f0{joined}"
