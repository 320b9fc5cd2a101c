"""Numbers among the results of many people that may be codes for no result, by how often they stand there and how far off.

Nothing is left out for it: whoever knows the source says so in a mapping file.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from cobalens.engines.sql.text import quoted

if TYPE_CHECKING:
    from cobalens.engines.duckdb import Base

FEWEST, TWICE, FAR = 5, 2, 3
"""A number is told that stands so often; one of nines or eights alone, if so many times as often as any other of its test and
unit; any other, if it is the greatest, and so many times as great as the next one."""
CODES = "^(9{2,}|8{2,})([.]9+)?$"
UNKNOWN = "no unit"


def standing_out(base: Base, results: Sequence[Path]) -> list[tuple[str, str, str, int]]:
    """Test, unit, number and how often, of ``results.parquet``."""
    if not results:
        return []
    listed = ", ".join(quoted(str(file)) for file in results)
    written = "CASE WHEN number = floor(number) AND number < 1e15 THEN number::BIGINT::VARCHAR ELSE number::VARCHAR END"
    found = base.execute(
        "WITH met AS (SELECT analyte, unit, lo AS number, COUNT(*) AS often FROM read_parquet(["
        + listed
        + "]) "
        "WHERE lo = hi AND problem IS NULL AND NOT derived GROUP BY ALL), "
        "beside AS (SELECT *, LEAD(often) OVER (PARTITION BY analyte, unit ORDER BY often DESC, number) AS next_often, "
        "ROW_NUMBER() OVER (PARTITION BY analyte, unit ORDER BY often DESC, number) AS place, "
        "LAG(number) OVER (PARTITION BY analyte, unit ORDER BY number) AS below, "
        "LEAD(number) OVER (PARTITION BY analyte, unit ORDER BY number) AS above FROM met) "
        f"SELECT analyte, unit, number, often FROM beside WHERE often >= {FEWEST} AND "
        f"((regexp_matches({written}, '{CODES}') AND place = 1 AND often > {TWICE} * COALESCE(next_often, 0)) "
        f"OR (above IS NULL AND below > 0 AND number >= {FAR} * below)) ORDER BY often DESC, analyte, unit"
    ).fetchall()
    return [
        (analyte, unit or UNKNOWN, f"{Decimal(repr(number)):f}".removesuffix(".0"), often)
        for analyte, unit, number, often in found
    ]
