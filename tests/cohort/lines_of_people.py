"""People as bulk lines of FHIR, as a hospital exports them, and what is said of each of them alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb

from cobalens.api import Cobalens
from tests.records.carried import variants
from tests.records.fhir import writer

DAY = writer.DAY_ZERO.isoformat()
Said = tuple[str, str, list[str]]


def worked() -> dict[str, dict[str, Any]]:
    """Every worked case, in both systems of units, by a person's id."""
    return {f"p{n:04}": case for n, (_, case) in enumerate(sorted(variants().items()))}


def lines_of(people: dict[str, dict[str, Any]]) -> list[str]:
    """One resource a line, of one person after another."""
    found = []
    for person, case in people.items():
        for entry in writer.bundle(case)["entry"]:
            one = entry["resource"]
            one["id"] = person if one["resourceType"] == "Patient" else f"{person}-{one['id']}"
            for name in ("subject", "patient"):
                if name in one:
                    one[name] = {"reference": f"Patient/{person}"}
            found.append(json.dumps(one))
    return found


def write_lines(people: dict[str, dict[str, Any]], path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines_of(people)) + "\n", encoding="utf-8")
    return path


def alone(door: Cobalens, source: Any, as_of: str | None) -> Said:
    said = door.interpret(source, as_of=as_of, look_ahead=False)
    return said.answer, said.deficiency, sorted(f.code for f in said.findings if f.status == "supported")


def in_run(out: Path) -> dict[str, tuple[Said, str]]:
    """Person -> what the run says, and on which day."""
    place = out / "interpretations.parquet"
    files = f"{place}/*.parquet" if place.is_dir() else str(place)
    rows = duckdb.sql(
        f"SELECT person_id, answer, deficiency, findings, CAST(DATE '1970-01-01' + index_day AS VARCHAR) FROM '{files}'"
    ).fetchall()
    found = {
        person: ((answer, deficiency, sorted(codes)), day) for person, answer, deficiency, codes, day in rows
    }
    assert len(found) == len(rows)
    return found
