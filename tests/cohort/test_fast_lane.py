"""Lines of FHIR on the short way through typed values and SQL: every fact of everybody is that of the careful reader."""

from __future__ import annotations

import datetime as dt
import json
import random
from pathlib import Path
from typing import Any

import duckdb
import pytest
from msgspec.structs import astuple, replace

from cobalens.intake.fhir.lines import chunks_of, plan_for
from cobalens.intake.fhir.rows import share_out
from cobalens.intake.fhir.taking import people_in
from cobalens.model.cohort import EPOCH, rows_of
from cobalens.serve.cohort.people import Asked, Part, everybody, kept, read_part, row_of
from tests.cohort.lines_of_people import lines_of, worked
from tests.cohort.rules_agreement import DOOR
from tests.records.fhir.build import LOINC, RXNORM, SNOMED, concept, status

DAY = "2026-03-02"
SAMPLES = Path(__file__).parents[3] / "shared" / "data" / "fhir"
"""Where the sample export is, when it is there."""
TESTS = [
    ("2132-9", "pg/mL", 60, 2400), ("2132-9", "ng/L", 60, 2400), ("14685-2", "pmol/L", 40, 1800), ("13964-2", "umol/L", 0.1, 1.4),
    ("2160-0", "mg/dL", 0.5, 4), ("14682-9", "umol/L", 40, 400), ("718-7", "g/dL", 6, 17), ("787-2", "fL", 70, 125), ("2339-0", "mg/dL", 60, 300),
    ("8302-2", "cm", 150, 190), ("14798-3", "umol/L", 2, 40), ("14800-7", "umol/L", 20, 90),
]  # fmt: skip
ODD_TESTS = [
    ("2132-9", "pmol/L", 40, 1800),
    ("2160-0", "umol/L", 40, 400),
    ("718-7", "g/dL", 60, 170),
    ("2498-4", "umol/L", 2, 40),
]
"""A unit that contradicts the code, and numbers that cannot be."""
NAMES = [
    "Pernicious anemia (disorder)", "Pins and needles", "Malignant neoplasm of breast (disorder)", "Stress (finding)", "Numbness since 2019", "Tingling feet since March",
    "Total gastrectomy", "Nitrous oxide anaesthesia", "Chronic kidney disease stage 3 (disorder)", "Hyperlipidemia",
]  # fmt: skip
DRUGS = ["Metformin 500 MG Oral Tablet", "Cyanocobalamin 1 MG/ML Injectable Solution", "Omeprazole 20 MG", "Simvastatin 10 MG"]  # fmt: skip


def people(count: int, seed: int) -> dict[str, list[dict[str, Any]]]:
    """Plain records, and among them the shapes that need more than a plain reading."""
    return {f"p{n:04}": person(random.Random(seed * 10_000 + n), f"p{n:04}") for n in range(count)}


def person(chance: random.Random, who: str) -> list[dict[str, Any]]:
    def day() -> str:
        year, month, date = chance.randint(2015, 2026), chance.randint(1, 12), chance.randint(1, 28)
        return chance.choice(
            [f"{year}-{month:02}-{date:02}", f"2026-02-{date:02}T08:{date:02}:00Z", f"{year}-{month:02}"]
        )

    def made(kind: str, **fields: Any) -> dict[str, Any]:
        return {
            "resourceType": kind,
            "id": f"{who}-{len(found)}",
            "subject": {"reference": f"Patient/{who}"},
            **fields,
        }

    strange = chance.random() < 0.4
    birth = chance.choice([f"{chance.randint(1930, 2004)}-0{chance.randint(1, 9)}-11", "1960", "1971-06"])
    found: list[dict[str, Any]] = [
        {
            "resourceType": "Patient",
            "id": who,
            "birthDate": birth,
            "gender": chance.choice(["female", "male", "unknown"]),
        }
    ]
    for _ in range(chance.randint(0, 14)):
        code, unit, low, high = chance.choice([*TESTS, *TESTS[:3], *(ODD_TESTS if strange else ())])
        value = {
            "value": round(chance.uniform(low, high), chance.choice([0, 1, 2])),
            "unit": unit,
        }
        one = made(
            "Observation",
            status=chance.choice(
                ["final", "final", "corrected", "entered-in-error" if strange else "preliminary"]
            ),
            code=concept("", (LOINC, code)),
            category=[status("laboratory")],
            effectiveDateTime=day(),
            valueQuantity=value,
        )
        odd = chance.random() if strange else 0.5
        if odd < 0.05:
            one["valueQuantity"]["comparator"] = chance.choice(["<", ">"])
        elif odd < 0.1:
            one["interpretation"] = [status(chance.choice(["H", "L", "N"]))]
        elif odd < 0.13:
            del one["valueQuantity"]["unit"]
        elif odd < 0.16:
            one["referenceRange"] = [{"low": {"value": 200}, "high": {"value": 900}}]
        elif odd < 0.18:
            one["effectiveDateTime"] = chance.choice(["soon", "2027-01-01"])
        found.append(one)
        if odd > 0.95:
            found.append({**one, "id": f"{who}-again{len(found)}"})
    for _ in range(chance.randint(0, 4)):
        one = made(
            "Condition",
            code=concept(chance.choice(NAMES)),
            verificationStatus=status(chance.choice(["confirmed", "confirmed", "refuted", "provisional"])),
        )
        one |= {
            name: day()
            for name in ("onsetDateTime", "abatementDateTime", "recordedDate")
            if chance.random() < 0.4
        }
        found.append(one)
    for _ in range(chance.randint(0, 3)):
        found.append(
            made(
                "MedicationRequest",
                status=chance.choice(["active", "completed", "stopped"]),
                intent="order",
                medicationCodeableConcept=concept(chance.choice(DRUGS), (RXNORM, "1")),
                authoredOn=day(),
            )
        )
        if strange and chance.random() < 0.2:
            found[-1]["note"] = [{"text": "burning feet"}]
    if chance.random() < 0.5:
        found.append(
            made(
                "Procedure",
                status=chance.choice(["completed", "not-done"]),
                code=concept(chance.choice(NAMES), (SNOMED, "26452005")),
                **chance.choice(
                    [
                        {"performedDateTime": day()},
                        {},
                        {"performedPeriod": {"start": day()}},
                        {"performedPeriod": {"start": day(), "end": day()}},
                    ]
                ),
            )
        )
    return found  # fmt: skip


def shared_out(lines: dict[str, list[str]], folder: Path) -> Path:
    """The rows of these lines, as a run keeps them."""
    source = folder / "all.ndjson"
    source.write_text("".join(f"{line}\n" for own in lines.values() for line in own), encoding="utf-8")
    plan = plan_for(folder / "shared", 1)
    plan.folder.mkdir()
    for chunk in chunks_of([source]):
        share_out(chunk, plan)
    return plan.folder / "people-00000"


def differences(
    lines: dict[str, list[str]], folder: Path, kind: str, day: str | None
) -> tuple[int, list[Any]]:
    """How many rows took the short way, and the facts that the careful reader sees otherwise."""
    asked = Asked(DOOR.pack.name, kind, day)
    part = Part(
        0,
        str(shared_out(lines, folder)),
        True,
        str(folder / "facts.parquet"),
        str(folder / "results.parquet"),
    )
    read_part(part, asked)
    # By now every wording has been met.
    told = read_part(part, asked)
    door, shape = kept(DOOR.pack.name)
    names = [name for name, _ in shape.columns]
    rows = duckdb.sql(f"SELECT {', '.join(names)} FROM '{part.facts}'").fetchall()
    found = {(row[0], row[1]): row for row in rows}
    assert len(found) == len(rows) == told.judged
    differ: list[Any] = []
    results: dict[str, list[tuple[Any, ...]]] = {}
    met = 0
    for who, said in everybody(part, asked, door):
        if isinstance(said, str):
            continue
        met += 1
        dated = replace(said[1], id=who, as_of=(EPOCH + dt.timedelta(days=said[0])).isoformat())
        if own := [astuple(one) for one in rows_of(dated).lab if one.for_index is None]:
            results[who] = own
        expected = row_of(who, said[0], said[1], door, shape)
        differ += [
            (who, name, one, other)
            for name, one, other in zip(names, found[who, said[0]], expected, strict=True)
            if one != other
        ]
    assert met == len(rows)
    assert kept_results(part) == dict(results)
    print(f"{len(rows)} rows of facts, {len(differ)} differences; {told.shortly} took the short way")
    return told.shortly, differ


def kept_results(part: Part) -> dict[str, list[tuple[Any, ...]]]:
    found: dict[str, list[tuple[Any, ...]]] = {}
    for row in duckdb.sql(f"SELECT * FROM '{part.results}' ORDER BY person_id, place").fetchall():
        found.setdefault(row[0], []).append(row)
    return found


@pytest.mark.parametrize(("kind", "day"), [("date", DAY), ("latest", None), ("each-result", None)])
def test_generated_people_have_the_facts_of_the_careful_reader(
    tmp_path: Path, kind: str, day: str | None
) -> None:
    lines = {who: [json.dumps(one) for one in own] for who, own in people(120, seed=3).items()}
    share, differ = differences(lines, tmp_path, kind, day)
    assert differ == []
    assert share > 30


def test_worked_cases_have_the_facts_of_the_careful_reader(tmp_path: Path) -> None:
    lines = {who: lines_of({who: case}) for who, case in worked().items()}
    _, differ = differences(lines, tmp_path, "date", DAY)
    assert differ == []


@pytest.mark.skipif(not SAMPLES.exists(), reason="the sample export is not here")
def test_people_of_the_sample_export_have_the_facts_of_the_careful_reader(tmp_path: Path) -> None:
    files = sorted(SAMPLES.glob("*.ndjson"))
    plan = plan_for(tmp_path / "sample", 1)
    plan.folder.mkdir()
    for chunk in chunks_of(files):
        share_out(chunk, plan)
    lines = {who: [line.decode() for line in own] for who, own in people_in(plan.folder / "people-00000")}
    _, differ = differences(lines, tmp_path, "date", DAY)
    assert differ == []
