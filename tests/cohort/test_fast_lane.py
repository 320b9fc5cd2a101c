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
        elif odd < 0.17:
            one["note"] = [
                {
                    "text": chance.choice(
                        [
                            "Performed at the main laboratory.",
                            "burning feet since 2019",
                            "see leaflet of 2 March",
                        ]
                    )
                }
            ]
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


ALLERGIES = ["Allergy to bee venom", "Penicillin V", "Hydroxocobalamin", "Nickel"]
PLANS = [
    "Diabetes self management plan",
    "Start vitamin B12 injections",
    "Recommendation to exercise",
    "Total gastrectomy",
]
ANSWERS = [("Housing status", "I have housing"), ("Numbness of feet", "Yes"), ("Employment", "Full-time work"), ("Vegan diet", "No")]  # fmt: skip


def besides(chance: random.Random, who: str) -> list[dict[str, Any]]:
    """What hospitals export beside results, diagnoses, orders and operations; most of it says nothing that is asked for."""
    subject = {"reference": f"Patient/{who}"}
    question, answer = chance.choice(ANSWERS)
    made: list[dict[str, Any]] = [
        {"resourceType": "AllergyIntolerance", "patient": subject, "code": concept(chance.choice(ALLERGIES))},
        {
            "resourceType": "CarePlan",
            "subject": subject,
            "status": chance.choice(["active", "completed"]),
            "period": {"start": f"{chance.randint(2015, 2027)}-05-01"},
            "activity": [{"detail": {"code": concept(chance.choice(PLANS)), "status": "in-progress"}}],
        },
        {
            "resourceType": "ExplanationOfBenefit",
            "patient": subject,
            "contained": [{"resourceType": "ServiceRequest", "id": "referral", "subject": subject, "code": concept("Total gastrectomy")}],
        },
        {
            "resourceType": "MedicationAdministration",
            "subject": subject,
            "status": "completed",
            "effectiveDateTime": "2025-03-01",
            "medicationCodeableConcept": concept(chance.choice(["Ondansetron 4 MG", *DRUGS])),
        },
        {
            "resourceType": "Observation",
            "subject": subject,
            "status": "final",
            "category": [status("survey")],
            "code": concept("Answers"),
            "effectiveDateTime": f"{chance.randint(2020, 2027)}-02-03",
            "component": [{"code": concept(question), "valueCodeableConcept": concept(answer)}],
        },
        {
            "resourceType": "Observation",
            "subject": subject,
            "status": "final",
            "category": [status("survey")],
            "code": concept("Days lost in a year"),
            "effectiveDateTime": "2024-02-03",
            "valueQuantity": {"value": chance.choice([1, 2.5, 7]), "unit": "d"},
        },
        {
            "resourceType": "Observation",
            "subject": subject,
            "status": "final",
            "category": [status("laboratory")],
            "code": concept("Vitamin B12", (LOINC, "2132-9")),
            "effectiveDateTime": f"2026-02-{chance.randint(10, 28)}",
            "valueQuantity": {"value": chance.randint(80, 900), "unit": "pg/mL"},
            "note": [{"text": "haemolysed"}],
        },
        {"resourceType": "Goal", "subject": subject, "description": concept("Walk without a stick"), "startDate": "2025-01-01"},
        {"resourceType": "FamilyMemberHistory", "patient": subject, "status": "completed", "relationship": concept("mother"), "condition": [{"code": concept("Pernicious anaemia")}]},
        {"resourceType": "Observation", "subject": subject, "status": "final", "code": concept("Numbness"), "valueString": "present"},
        {"resourceType": "NutritionOrder", "patient": subject, "status": "active", "dateTime": "2025-01-01", "oralDiet": {"type": [concept("Low salt diet")]}},
    ]  # fmt: skip
    chosen = chance.sample(made, chance.randint(0, 3))
    return [{"id": f"{who}-beside{n}", **one} for n, one in enumerate(chosen)]


def abroad(own: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same person with a name, and units, in other signs than ASCII's."""
    own[0]["name"] = [{"family": "Müller-Ōno", "given": ["Zoë"]}]
    for one in own:
        if one.get("valueQuantity", {}).get("unit") == "umol/L":
            one["valueQuantity"]["unit"] = "µmol/L"
    return own


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


@pytest.mark.parametrize(("kind", "day"), [("date", DAY), ("latest", None), ("each-result", None)])
def test_whatever_else_is_exported_is_asked_what_it_says_and_names_may_be_of_any_signs(
    tmp_path: Path, kind: str, day: str | None
) -> None:
    chance = random.Random(11)
    lines = {
        who: [json.dumps(one, ensure_ascii=False) for one in (*abroad(own), *besides(chance, who))]
        for who, own in people(150, seed=5).items()
    }
    share, differ = differences(lines, tmp_path, kind, day)
    assert differ == []
    assert share > 20


@pytest.mark.parametrize(
    ("more", "shortly"),
    [
        ({"resourceType": "AllergyIntolerance", "patient": {}, "code": {"text": "Penicillin V"}}, 1),
        ({"resourceType": "AllergyIntolerance", "patient": {}, "code": {"text": "Hydroxocobalamin"}}, 0),
        ({"resourceType": "ExplanationOfBenefit", "patient": {}, "contained": [{"resourceType": "Patient", "id": "x"}]}, 1),
        ({"resourceType": "Goal", "subject": {}, "description": {"text": "Read more books"}}, 1),
        ({"resourceType": "Basic", "subject": {}, "note": "Zoë"}, 1),
        ({"resourceType": "Observation", "subject": {}, "code": {"text": "Housing"}, "valueString": "flat"}, 0),
        ({"resourceType": "Parameters", "subject": {}, "parameter": []}, 0),
    ],
)  # fmt: skip
def test_a_line_that_says_nothing_does_not_send_its_person_to_the_careful_reader(
    more: dict[str, Any], shortly: int, tmp_path: Path
) -> None:
    one = {
        "resourceType": "Observation", "id": "o", "status": "final", "code": concept("", (LOINC, "2132-9")), "effectiveDateTime": "2026-02-01",
        "subject": {"reference": "Patient/p1"}, "valueQuantity": {"value": 210, "unit": "pg/mL"},
    }  # fmt: skip
    for name in {"patient", "subject"} & {*more}:
        more[name] = {"reference": "Patient/p1"}
    patient = {"resourceType": "Patient", "id": "p1", "birthDate": "1950-01-01"}
    lines = {"p1": [json.dumps(given, ensure_ascii=False) for given in (patient, one, {"id": "m", **more})]}
    share, differ = differences(lines, tmp_path, "latest", None)
    assert (share, differ) == (shortly, [])


@pytest.mark.parametrize(
    ("note", "shortly"),
    [
        ("Performed at the main laboratory.", 4),
        ("Patient reports numb feet.", 0),
        ("Numb feet since 2019.", 0),
    ],
)
def test_a_result_is_plain_whose_note_says_nothing(note: str, shortly: int, tmp_path: Path) -> None:
    lines = {}
    for n in range(4):
        result = {
            "resourceType": "Observation", "id": f"o{n}", "status": "final", "code": concept("", (LOINC, "2132-9")),
            "effectiveDateTime": f"2026-02-0{n + 1}", "subject": {"reference": f"Patient/p{n}"},
            "valueQuantity": {"value": 210 + n, "unit": "pg/mL"}, "note": [{"text": note}],
        }  # fmt: skip
        patient = {
            "resourceType": "Patient",
            "id": f"p{n}",
            "birthDate": "1950-01-01",
            "deceasedBoolean": n == 1,
        }
        lines[f"p{n}"] = [json.dumps(patient), json.dumps(result)]
    assert differences(lines, tmp_path, "latest", None) == (shortly, [])


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
