"""People as bulk lines of FHIR, as a hospital exports them, and what is said of each of them alone."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import duckdb

from cobalens.api import Cobalens, load
from cobalens.engines.sql.rules import column_name
from cobalens.report.assemble import NOTICED
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


def said_in(out: Path) -> list[tuple[str, str, Said]]:
    """Person, day of decision and what the run says, in the order of the people."""
    place = out / "interpretations.parquet"
    rows = duckdb.sql(
        f"FROM '{f'{place}/*.parquet' if place.is_dir() else place}' ORDER BY person_id, index_day"
    )
    codes = {column_name(code): code for code in (*load().ruleset.codes, *NOTICED)}
    found = []
    for row in rows.fetchall():
        said = dict(zip(rows.columns, row, strict=True))
        held = sorted(code for name, code in codes.items() if said.get(name) == "supported")
        assert sorted(said["findings"]) == held
        date = dt.date(1970, 1, 1) + dt.timedelta(days=said["index_day"])
        assert said["as_of"] == (date if said["index_day"] else None)
        day = date.isoformat()
        found.append((said["person_id"], day, (said["answer"], said["deficiency"], held)))
    return found


def in_run(out: Path) -> dict[str, tuple[Said, str]]:
    """Person -> what the run says, and on which day."""
    rows = said_in(out)
    found = {person: (said, day) for person, day, said in rows}
    assert len(found) == len(rows)
    return found
