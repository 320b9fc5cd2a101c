"""A made-up cohort for the report: people with ordinary stories, read from case files, as facts and as results with their places."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cobalens.api import load
from cobalens.engines.sql.answers import answers_query
from cobalens.engines.sql.rules import column_name
from cobalens.intake.timelines.timeline import facts_of
from cobalens.model.cohort import EPOCH, LabRow, rows_of
from cobalens.serve.cohort.packs import read_otherwise
from cobalens.serve.cohort.run import Wanted
from cobalens.serve.cohort.runner import run

DOOR = load()
QUERY = answers_query(
    DOOR.ruleset, DOOR.pack, DOOR.others, read_otherwise(DOOR.ruleset, DOOR.pack, DOOR.others)
)
AS_OF = dt.date(2026, 10, 30)
PEOPLE = 500
"""In the run that the tests of the report share."""
SITES = ("Day unit", "Oncology ward", "Haematology clinic", "Surgery")


def b12(chance: random.Random, low: float, high: float, back: int, unit: str = "pmol/L") -> dict[str, Any]:
    day = AS_OF - dt.timedelta(days=back)
    return {
        "analyte": "vitamin_b12",
        "value": round(chance.uniform(low, high)),
        "unit": unit,
        "date": day.isoformat(),
    }


def lab(analyte: str, value: float, unit: str, back: int) -> dict[str, Any]:
    return {
        "analyte": analyte,
        "value": value,
        "unit": unit,
        "date": (AS_OF - dt.timedelta(days=back)).isoformat(),
    }


def story(chance: random.Random) -> dict[str, Any]:
    """One of the stories that a clinic meets, with chance in the details."""
    back = chance.randrange(3, 260)
    symptoms, conditions, drugs, procedures, labs = [], [], [], [], []  # type: ignore[var-annotated]
    kind = chance.choices(
        ("plain", "grey", "low", "low_treated", "high", "high_tablets", "tablets_fail", "antifolate", "nothing", "red", "child"),
        (30, 22, 13, 8, 8, 5, 4, 2, 3, 3, 1),
    )[0]  # fmt: skip
    if kind == "plain":
        labs = [b12(chance, 240, 600, back)]
    elif kind == "grey":
        labs = [b12(chance, 140, 250, back) if chance.random() < 0.7 else b12(chance, 190, 340, back, "ng/L")]
        if chance.random() < 0.4:
            labs.append(lab("mma", chance.choice((0.2, 0.24, 0.55, 0.9)), "umol/L", back))
        if chance.random() < 0.3:
            symptoms.append("tiredness")
    elif kind in ("low", "low_treated", "red"):
        labs = [b12(chance, 50, 128, back)]
        symptoms = chance.choice(([], ["numb feet"], ["tiredness", "sore tongue"], ["no numbness"]))
        procedures = chance.choice(([], [{"name": "total gastrectomy", "date": "2021-03-01"}]))
        drugs = chance.choice(([], ["metformin"], ["omeprazole"]))
        labs += chance.choice(([], [lab("hemoglobin", 98, "g/L", back), lab("mcv", 108, "fL", back)]))
        if kind == "low_treated":
            drugs = [{"name": "hydroxocobalamin", "route": "intramuscular", "start_date": "2026-01-10"}]
        if kind == "red":
            symptoms = chance.choice(
                (["unsteady gait", "numb feet"], ["weakness of both legs"], ["loss of vision"])
            )
    elif kind in ("high", "high_tablets"):
        labs = [b12(chance, 580, 1500, back)]
        if chance.random() < 0.6:
            labs.append(b12(chance, 580, 1500, back + chance.randrange(40, 300)))
        if chance.random() < 0.6:
            ok = chance.random() < 0.5
            labs += [
                lab("hemoglobin", 140, "g/L", back), lab("mcv", 90, "fL", back), lab("wbc", 6, "10*9/L", back),
                lab("platelets", 250, "10*9/L", back), lab("alt", 25 if ok else 160, "U/L", back), lab("alp", 80, "U/L", back),
                lab("ggt", 25, "U/L", back), lab("bilirubin_total", 9, "umol/L", back), lab("egfr", 92, "mL/min/1.73m2", back),
                lab("crp", 2, "mg/L", back), lab("eosinophils", 0.2, "10*9/L", back), lab("neutrophils", 4, "10*9/L", back),
            ]  # fmt: skip
        conditions = chance.choice(([], ["liver metastases"], ["chronic kidney disease"]))
        if kind == "high_tablets":
            drugs = [{"name": "vitamin b12 tablets", "route": "oral", "start_date": "2026-02-01"}]
    elif kind == "tablets_fail":
        labs = [b12(chance, 60, 120, 300), lab("mma", 0.9, "umol/L", back)]
        drugs = [
            {"name": "cyanocobalamin", "route": "oral", "dose": "1 mg daily", "start_date": "2026-01-01"}
        ]
        symptoms = ["numb feet"]
    elif kind == "antifolate":
        labs = [b12(chance, 200, 500, back)]
        drugs = ["pemetrexed"]
    elif kind == "child":
        labs = [b12(chance, 90, 400, back)]
    if chance.random() < 0.03 and labs:
        labs[0] = {**labs[0], "unit": None}
    age = chance.randrange(4, 15) if kind == "child" else chance.randrange(30, 90)
    facts = {
        "labs": labs, "symptoms": symptoms, "conditions": ["colon cancer", *conditions], "medications": drugs,
        "procedures": procedures,
    }  # fmt: skip
    return {"patient": {"age": age, "sex": chance.choice(("female", "male"))}, "facts": facts}


def made(folder: Path, count: int = 500, seed: str = "report") -> tuple[Path, Path]:
    """``(facts, results)`` as Parquet files."""
    chance = random.Random(seed)
    day = (AS_OF - EPOCH).days
    facts: list[dict[str, Any]] = []
    labs: list[dict[str, Any]] = []
    for nth in range(count):
        person = f"P{nth:05}"
        record = DOOR.read(story(chance), as_of=AS_OF.isoformat(), id=person)
        row: dict[str, Any] = {"person_id": person, "index_day": day}
        read = {pack.name: facts_of(record, DOOR.ruleset, pack).values for pack in (DOOR.pack, *DOOR.others)}
        for column, fact in QUERY.facts.items():
            pack = next((p.name for p in DOOR.others if column == column_name(fact, p.name)), DOOR.pack.name)
            value = read[pack].get(fact)
            row[column] = value.value if value is not None else 0
        facts.append(row)
        site = chance.choice(SITES)
        labs += [
            {**{name: getattr(one, name) for name in LabRow.__struct_fields__}, "site": site}
            for one in rows_of(record, (), person).lab
        ]
    folder.mkdir(parents=True, exist_ok=True)
    small = {name: pa.uint8() for name in QUERY.facts}
    schema = pa.schema([("person_id", pa.string()), ("index_day", pa.int32()), *small.items()])
    pq.write_table(pa.Table.from_pylist(facts, schema), folder / "facts.parquet")
    pq.write_table(pa.Table.from_pylist(labs), folder / "lab.parquet")
    return folder / "facts.parquet", folder / "lab.parquet"


def answered(folder: Path, count: int = 500) -> tuple[Path, Path]:
    """``(the folder of the run, the results)``."""
    facts, labs = made(folder / "in", count)
    out = folder / "out"
    assert run(Wanted(source=str(facts), out=str(out), pack=DOOR.pack.name, threads=2), quiet=True) == 0
    return out, labs
