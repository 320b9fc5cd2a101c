"""Folders of research databases and warehouses: codes that another table of the folder explains, or that say their terminology."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cobalens.intake import tables
from cobalens.intake.tables import sharing
from cobalens.model.record import Record
from cobalens.serve.cohort import pieces
from tests.cohort.rules_agreement import DOOR
from tests.cohort.runs import ran

HOSPITAL = {
    "patients.csv": ("subject_id,gender,anchor_age", "1,F,61", "2,M,70", "3,F,55"),
    "d_labitems.csv": (
        "itemid,label,fluid,category",
        "51010,Vitamin B12,Blood,Chemistry",
        '50912,"Creatinine, Serum",Blood,Chemistry',
        "50955,Light Green Top Hold,Blood,Blood Gas",
    ),
    "labevents.csv": (
        "labevent_id,subject_id,hadm_id,itemid,charttime,storetime,value,valuenum,valueuom,ref_range_lower,ref_range_upper,flag",
        "1,1,20,51010,2150-03-01 08:00:00,2150-03-01 12:00:00,110,110,pg/mL,240,900,abnormal",
        "2,1,20,50912,2150-03-01 08:00:00,2150-03-01 12:00:00,0.9,0.9,mg/dL,0.4,1.1,",
        "3,2,20,51010,2151-03-01 08:00:00,2151-03-01 12:00:00,GREATER THAN 2000,,pg/mL,240,900,abnormal",
        "4,3,20,51010,2150-04-01 08:00:00,2150-04-01 12:00:00,150,150,pg/mL,240,900,abnormal",
        "5,3,20,50955,2150-04-01 08:00:00,2150-04-01 12:00:00,HOLD,,,,,",
    ),
    "diagnoses_icd.csv": (
        "subject_id,hadm_id,seq_num,icd_code,icd_version",
        "1,20,1,D510,10",
        "2,20,1,5712,9",
        "3,20,1,E8497,9",
    ),
    "d_icd_diagnoses.csv": (
        "icd_code,icd_version,long_title",
        "D510,10,Vitamin B12 deficiency anemia due to intrinsic factor deficiency",
        "5712,9,Alcoholic cirrhosis of liver",
        "E8497,9,Accidents occurring in residential institution",
    ),
    "prescriptions.csv": (
        "subject_id,hadm_id,starttime,stoptime,drug,dose_val_rx,dose_unit_rx,route",
        "1,20,2150-02-01 10:00:00,2150-02-03 10:00:00,MetFORMIN,500,mg,PO",
        "3,20,2149-02-01 10:00:00,,Cyanocobalamin,1000,mcg,IM",
    ),
}
WAREHOUSE = {
    "observation_fact.csv": (
        "encounter_num,patient_num,concept_cd,start_date,modifier_cd,valtype_cd,tval_char,nval_num,valueflag_cd,units_cd,end_date",
        "1,1,LOINC:2132-9,2024-03-01 08:00:00,@,N,E,110,L,pg/mL,",
        "1,1,ICD10CM:C50.9,2023-03-01 08:00:00,@,@,,,,,",
        "1,2,LOINC:2132-9,2024-03-01 08:00:00,@,N,G,2000,H,pg/mL,",
        "1,2,ICD10CM:K70.30,2023-03-01 08:00:00,@,@,,,,,",
        "1,3,LOINC:2132-9,2024-03-01 08:00:00,@,N,L,150,L,pg/mL,",
        "1,3,RXNORM:6809,2023-03-01 08:00:00,@,@,,,,,",
        "1,3,ICD9CM:250.00,2013-03-01 08:00:00,@,@,,,,,",
    ),
    "patient_dimension.csv": (
        "patient_num,birth_date,death_date,sex_cd,age_in_years_num",
        "1,1960-01-01 00:00:00,,F,64",
        "2,1950-01-01 00:00:00,,M,74",
        "3,1955-01-01 00:00:00,2024-06-01,F,69",
    ),
    "concept_dimension.csv": (
        "concept_path,concept_cd,name_char",
        "\\LAB\\B12\\,LOINC:2132-9,Vitamin B12",
        "\\DX\\C50\\,ICD10CM:C50.9,Malignant neoplasm of breast",
    ),
}


def put(folder: Path, files: dict[str, tuple[str, ...]], packed: bool = False) -> Path:
    folder.mkdir()
    for name, lines in files.items():
        content = ("\n".join(lines) + "\n").encode()
        place = folder / (f"{name}.gz" if packed else name)
        place.write_bytes(gzip.compress(content) if packed else content)
    return folder


def findings(out: Path) -> dict[str, set[str]]:
    rows = duckdb.sql(f"SELECT person_id, findings FROM '{out / 'interpretations.parquet'}'").fetchall()
    return {person: set(codes) for person, codes in rows}


def results(out: Path) -> list[tuple[Any, ...]]:
    return duckdb.sql(
        f"SELECT person_id, analyte, lo, lo_open, hi, hi_open FROM '{out / 'results.parquet'}' ORDER BY ALL"
    ).fetchall()


@pytest.mark.parametrize("packed", [False, True])
def test_codes_are_read_by_the_tables_that_explain_them(tmp_path: Path, packed: bool) -> None:
    run = ran(put(tmp_path / "in", HOSPITAL, packed), tmp_path / "out")
    assert (run["people"], run["people_judged"], run["people_together"]) == (3, 3, 3)
    assert run["gathered"]["understood: a table that says what codes mean"] == 2
    found = findings(tmp_path / "out")
    assert "high_b12_explanation:liver_disease" in found["2"]
    assert "action:continue_b12_replacement" in found["3"]
    assert "cause:metformin" not in found["1"]
    assert [(one[0], one[1]) for one in results(tmp_path / "out")] == [
        ("1", "creatinine"),
        ("1", "vitamin_b12"),
        ("2", "vitamin_b12"),
        ("3", "vitamin_b12"),
    ]


def test_large_tables_are_shared_out_with_what_their_names_and_other_tables_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = put(tmp_path / "in", HOSPITAL)
    ran(source, tmp_path / "whole")
    for module in (sharing, pieces):
        monkeypatch.setattr(module, "LARGE_ROWS", 1)
    monkeypatch.setattr(sharing, "LARGE_BYTES", 10)
    monkeypatch.setattr(sharing, "PIECE_BYTES", 40)
    run = ran(source, tmp_path / "shared")
    assert (run["people"], run["people_judged"]) == (3, 3)
    for name in ("facts", "results"):
        rows = [
            duckdb.sql(f"FROM '{tmp_path / out / name}.parquet' ORDER BY ALL").fetchall()
            for out in ("whole", "shared")
        ]
        assert rows[0] == rows[1]


def test_facts_of_a_warehouse_are_told_apart_by_the_terminology_before_their_codes(tmp_path: Path) -> None:
    run = ran(put(tmp_path / "in", WAREHOUSE), tmp_path / "out")
    assert (run["people"], run["people_judged"]) == (3, 3)
    found = findings(tmp_path / "out")
    assert "high_b12_explanation:liver_disease" in found["2"]
    assert "cause:metformin" in found["3"]
    assert [one[2:] for one in results(tmp_path / "out")] == [
        (110.0, False, 110.0, False),
        (2000.0, True, None, False),
        (None, False, 150.0, True),
    ]
    # A code of an older edition that no table explains is listed.
    unread = json.loads(next(iter((tmp_path / "out" / "quarantine.ndjson").read_text().splitlines())))
    assert (unread["file"], unread["line"], unread["person"]) == ("observation_fact.csv", 8, "3")


def test_codes_of_a_laboratory_are_explained_by_its_own_list_of_tests(tmp_path: Path) -> None:
    files = {
        "tblLabResults.csv": (
            "PatientID,TestCode,Value,Units,CollectedDate",
            "1,VB12,110,pg/mL,2024-01-02",
            "1,XYZ,80,umol/L,2024-01-02",
        ),
        "tblTests.csv": ("TestCode,TestName", "VB12,Vitamin B12", "XYZ,Unheard-of test"),
    }
    run = ran(put(tmp_path / "in", files), tmp_path / "out")
    assert [one[1] for one in results(tmp_path / "out")] == ["vitamin_b12"]
    assert sum(count for fate, count in run["gathered"].items() if fate.startswith("not understood")) == 1


@pytest.mark.parametrize(
    "lines",
    [
        ("TestCode,TestName", "VB12,Vitamin B12", "VB12,Folate"),
        ("TestCode,Meaning", "VB12,Vitamin B12"),
        ("PatientID,TestCode,TestName", "1,VB12,Vitamin B12"),
    ],
)
def test_a_table_that_says_two_things_of_a_code_or_names_people_explains_nothing(
    tmp_path: Path, lines: tuple[str, ...]
) -> None:
    files = {
        "results.csv": ("PatientID,TestCode,Value,Units,CollectedDate", "1,VB12,110,pg/mL,2024-01-02"),
        "tests.csv": lines,
    }
    run = ran(put(tmp_path / "in", files), tmp_path / "out", "2024-02-01")
    assert "understood: a table that says what codes mean" not in run["gathered"]
    assert not [one for one in results(tmp_path / "out") if one[2] is not None]


@pytest.mark.parametrize(
    ("heading", "code", "concept"),
    [
        ("SNOMED CT Code", "84027009", "pernicious_anaemia"),
        ("ICD10", "D51.0", "pernicious_anaemia"),
        ("ICD10", "D50.9", "iron_deficiency_known"),
        ("ICD10", "J45", None),
        ("ICD10", "", None),
    ],
)
def test_a_row_whose_words_are_left_out_is_read_by_its_code(
    heading: str, code: str, concept: str | None
) -> None:
    content = f"NHS Number,Problem,{heading},Problem Date\n1,,{code},2026-01-12\n2,Asthma,,2026-01-13\n"
    people = {one.id: one for one in tables.read(content.encode(), DOOR.ruleset, "2026-03-02")}
    record = people["1"]
    assert isinstance(record, Record)
    assert [event.concept for event in record.events] == ([concept] if concept else [])
    assert all(event.start.first == -49 for event in record.events)
