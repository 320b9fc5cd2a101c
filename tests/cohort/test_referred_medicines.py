"""Orders that refer to a Medication of the export: what they come to is what the careful reader makes of all lines together."""

from __future__ import annotations

import datetime as dt
import json
import random
from pathlib import Path
from typing import Any

import duckdb
import pytest
from msgspec.structs import replace

from cobalens.intake import fhir
from cobalens.intake.fhir.lines import SHARED, chunks_of, counted, plan_for
from cobalens.intake.fhir.referred import resolved
from cobalens.intake.fhir.rows import share_out
from cobalens.model.cohort import EPOCH
from cobalens.model.record import Record
from cobalens.serve.cohort.people import Asked, Part, kept, read_part, row_of
from tests.cohort.rules_agreement import DOOR
from tests.cohort.test_fast_lane import people
from tests.records.fhir.build import RXNORM, concept

DAY = "2026-03-02"
Json = dict[str, Any]
MEDICINES: dict[str, Json] = {
    "met": {"code": concept("Metformin 500 MG Oral Tablet", (RXNORM, "861007"))},
    "b12": {"code": concept("Cyanocobalamin 1 MG/ML"), "form": concept("Injectable Solution")},
    "mix": {"ingredient": [{"itemCodeableConcept": concept("Omeprazole")}, {"itemCodeableConcept": concept("Metformin")}]},
    "coded": {"code": concept("", (RXNORM, "6809", "metformin"))},
    "sim": {"code": concept("Simvastatin 10 MG")},
    "empty": {"status": "active"},
}  # fmt: skip
LINES = {
    name.encode(): json.dumps({"resourceType": "Medication", "id": name[11:], **said}).encode()
    for name, said in ((f"Medication/{own}", said) for own, said in MEDICINES.items())
}


def referring(chance: random.Random) -> Json:
    """In place of a medicine's name: a reference, as hospitals write them."""
    name = chance.choice([*MEDICINES, "gone"])
    display = {"display": chance.choice(["Cyanocobalamin injection", "Aspirin", ""])}
    way = chance.randrange(6)
    if way == 0:
        inside = {"resourceType": "Medication", "id": "m", **MEDICINES.get(name, {})}
        return {"medicationReference": {"reference": "#m"}, "contained": [inside]}
    if way == 1:
        return {
            "medicationReference": {"reference": f"https://here/fhir/Medication/{name}/_history/2", **display}
        }
    if way == 2:
        return {"medicationReference": display}
    return {"medicationReference": {"reference": f"Medication/{name}", **(display if way == 3 else {})}}


def exported(count: int, seed: int) -> dict[str, list[bytes]]:
    """Plain people whose orders refer to their medicines."""
    chance = random.Random(seed)
    found = {}
    for who, own in people(count, seed).items():
        for one in own:
            if one.pop("medicationCodeableConcept", None):
                one.update(referring(chance))
                if chance.random() < 0.2:
                    one["dosageInstruction"] = [{"text": "stopped in 2019", "doseAndRate": [{"doseQuantity": {"value": 0.50, "unit": "mg"}}]}]  # fmt: skip
            if one["resourceType"] == "Patient" and chance.random() < 0.2:
                one["deceasedBoolean"] = chance.random() < 0.5
        found[who] = [json.dumps(one).encode() for one in own]
    return found


@pytest.mark.parametrize("compiled", [False, True])
def test_each_fact_is_that_of_all_lines_read_together(compiled: bool, tmp_path: Path) -> None:
    lines = exported(150, 7)
    (tmp_path / "all.ndjson").write_bytes(
        b"\n".join([*(line for own in lines.values() for line in own), *LINES.values()])
    )
    plan = replace(plan_for(tmp_path / "shared", 1, 1, tmp_path), compiled=compiled)
    plan.folder.mkdir()
    chunks = chunks_of([tmp_path / "all.ndjson"])
    counted(chunks, [share_out(chunk, plan) for chunk in chunks], plan)
    asked = Asked(
        DOOR.pack.name, "date", DAY, shared=str(plan.folder / SHARED), source=str(tmp_path), alone=True
    )
    part = Part(0, str(plan.folder / "people-00000"), True, str(tmp_path / "facts.parquet"), str(tmp_path / "results.parquet"))  # fmt: skip
    read_part(part, asked)
    told = read_part(part, asked)
    door, shape = kept(DOOR.pack.name)
    names = ", ".join(name for name, _ in shape.columns)
    rows = {row[0]: row for row in duckdb.sql(f"SELECT {names} FROM '{part.facts}'").fetchall()}
    day = (dt.date.fromisoformat(DAY) - EPOCH).days
    for who, own in lines.items():
        (record,) = fhir.read(b"\n".join([*own, *LINES.values()]), door.ruleset, DAY, who)
        assert isinstance(record, Record)
        assert rows[who] == row_of(who, day, record, door, shape)
    assert told.shortly > 60


def test_an_order_is_told_with_its_medicine_in_it() -> None:
    line = b'{"resourceType":"MedicationRequest","id":"1","medicationReference":{"reference":"Medication/met"},"dosageInstruction":[{"n":0.50}]}'
    said = resolved(line, LINES)
    assert json.loads(said)["medicationCodeableConcept"]["text"] == "Metformin 500 MG Oral Tablet"
    assert b"medicationReference" not in said
    assert b"0.50" in said


@pytest.mark.parametrize(
    "line",
    [
        b'{"resourceType":"MedicationRequest","medicationReference":{"reference":"Medication/gone"}}',
        b'{"resourceType":"MedicationRequest","medicationReference":{"reference":"Medication/empty"}}',
        b'{"resourceType":"MedicationRequest","medicationReference":{"reference":"Medication/met"},"strange":1}',
        b'{"resourceType":"MedicationRequest","medicationReference":{"reference":"Medication/met"},"contained":[{"resourceType":"Patient"}]}',
        b'{"resourceType":"MedicationDispense","medicationReference":{"reference":"Medication/met"}}',
        b'{"resourceType":"MedicationRequest","medicationReference":{"reference":"Medication/met"}',
        b'{"resourceType":"MedicationRequest","medicationReference":{"reference":"Medication/met"},"id":"\xe9"}',
        b'{"resourceType":"MedicationRequest","medicationReference":7}',
    ],
)
def test_what_cannot_be_told_so_is_left_as_it_is(line: bytes) -> None:
    assert resolved(line, LINES) == line
