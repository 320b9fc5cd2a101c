"""Builds the reference population that ships with the program from a Parquet file of NHANES 2001-2002 (public domain).

    python tools/build_population.py nhanes_2001_2002.parquet

Needs pyarrow. Writes one small file of plain columns, which every start can read without a library, and one Parquet file
with more columns for whoever studies the population as a whole; prints their checksums, which belong into
``knowledge/population.toml``.
"""

from __future__ import annotations

import hashlib
import json
import sys
from array import array
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent.parent / "src" / "cobalens" / "knowledge" / "population"
TARGET = HERE / "nhanes-2001-2002.bin"
YOUNGEST = 16
MISSING = 0
COLUMNS: tuple[tuple[str, str, str, int], ...] = (
    ("age", "B", "age_years", 1),
    ("sex", "B", "", 1),
    ("pregnant", "B", "pregnant", 1),
    ("stratum", "B", "SDMVSTRA", 1),
    ("unit", "B", "SDMVPSU", 1),
    ("weight", "d", "WTMEC2YR", 1),
    ("vitamin_b12", "I", "b12_pmol_l", 100),
    ("mma", "I", "mma_umol_l", 1000),
    ("homocysteine", "I", "hcy_umol_l", 100),
)
"""Name, array type, column of the source, factor by which it is stored. A result that is missing is 0."""
MEASURED = ("vitamin_b12", "mma", "homocysteine")
PLACE = "H"
"""Array type of a person's place; the population is smaller than its range."""
TABLE = HERE / "nhanes-2001-2002.parquet"
ONLY_SOURCE = {"mec_examined"}
"""Columns that say who was examined; everybody in the table was."""


def wanted(person: dict[str, Any]) -> bool:
    """Examined, of an age to which adult limits apply, and with at least one of the three results."""
    results = (person["b12_pmol_l"], person["mma_umol_l"], person["hcy_umol_l"])
    return (
        bool(person["mec_examined"])
        and person["age_years"] >= YOUNGEST
        and any(one is not None for one in results)
    )


def stored(person: dict[str, Any], name: str, code: str, source: str, factor: int) -> int | float:
    if name == "sex":
        return {"M": 1, "F": 2}[person["sex"]]
    value = person[source]
    if value is None:
        return MISSING
    return float(value) if code == "d" else round(value * factor)


def in_order(values: array[Any]) -> array[Any]:
    """The people who have a result, by rising value: sorted here, so that no start has to."""
    return array(PLACE, sorted((n for n, one in enumerate(values) if one != MISSING), key=values.__getitem__))


def build(source: Path) -> bytes:
    import pyarrow.parquet as parquet

    people = [one for one in parquet.read_table(source).to_pylist() if wanted(one)]
    people.sort(key=lambda one: one["SEQN"])
    columns = {
        name: array(code, (stored(one, name, code, column, factor) for one in people))
        for name, code, column, factor in COLUMNS
    }
    orders = {name: in_order(columns[name]) for name in MEASURED}
    header = {
        "people": len(people),
        "columns": [{"name": name, "type": code, "factor": factor} for name, code, _, factor in COLUMNS],
        "orders": [{"name": name, "people": len(order)} for name, order in orders.items()],
    }
    parts = [json.dumps(header, separators=(",", ":")).encode() + b"\n"]
    for values in (*columns.values(), *orders.values()):
        if sys.byteorder == "big":
            values.byteswap()
        parts.append(values.tobytes())
    return b"".join(parts)


def write_table(source: Path) -> None:
    """Everybody examined and of an age to which adult limits apply, with every column; a missing result is null."""
    import pyarrow.compute as compute
    import pyarrow.parquet as parquet

    people = parquet.read_table(source)
    examined = compute.and_(people["mec_examined"], compute.greater_equal(people["age_years"], YOUNGEST))
    people = people.filter(examined).sort_by("SEQN")
    people = people.select([name for name in people.column_names if name not in ONLY_SOURCE])
    people = people.replace_schema_metadata(None)
    parquet.write_table(people, TABLE, compression="zstd", compression_level=19)


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print(__doc__)
        return 2
    HERE.mkdir(exist_ok=True)
    TARGET.write_bytes(build(Path(arguments[0])))
    write_table(Path(arguments[0]))
    for file in (TARGET, TABLE):
        content = file.read_bytes()
        print(f"{file.name}: {len(content)} bytes, sha256 = {hashlib.sha256(content).hexdigest()}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
