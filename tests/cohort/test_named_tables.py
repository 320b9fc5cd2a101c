"""Tables of which the name of the file, or of the sheet, says what they hold."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
import xlsxwriter

from cobalens.intake import tables
from cobalens.intake.tables.headings import words_for
from cobalens.intake.tables.named import Said, said_by
from cobalens.model.record import Event, Record
from tests.cohort.rules_agreement import DOOR
from tests.cohort.runs import ran

DAY = "2026-11-23"
SNOMED = "http://snomed.info/sct"
WHO = "Id,BIRTHDATE,DEATHDATE,FIRST,LAST,MARITAL,GENDER,CITY"
EXPORT = {
    "patients.csv": (
        WHO,
        "a-1,1950-02-03,,Ann,Example,M,F,Boston",
        "a-2,1951-02-03,,Ben,Example,M,M,Boston",
        "a-3,1952-02-03,2025-12-01,Cas,Example,S,M,Boston",
    ),
    "observations.csv": (
        "DATE,PATIENT,ENCOUNTER,CATEGORY,CODE,DESCRIPTION,VALUE,UNITS,TYPE",
        "2024-03-01T09:12:00Z,a-1,e,laboratory,2132-9,Cobalamin (Vitamin B12) [Mass/volume] in Serum,110.0,pg/mL,numeric",
        "2024-03-01T09:12:00Z,a-2,e,laboratory,2132-9,Cobalamin (Vitamin B12) [Mass/volume] in Serum,1450.0,pg/mL,numeric",
        "2024-03-01T09:12:00Z,a-3,e,laboratory,2132-9,Cobalamin (Vitamin B12) [Mass/volume] in Serum,150.0,pg/mL,numeric",
    ),
    "conditions.csv": (
        "START,STOP,PATIENT,ENCOUNTER,SYSTEM,CODE,DESCRIPTION",
        f"2021-02-02,,a-2,e,{SNOMED},19943007,Cirrhosis of liver (disorder)",
    ),
    "medications.csv": (
        "START,STOP,PATIENT,PAYER,ENCOUNTER,CODE,DESCRIPTION,BASE_COST,REASONCODE,REASONDESCRIPTION",
        "2016-05-05T08:01:02Z,,a-1,p,e,860975,metformin hydrochloride 500 MG Oral Tablet,8,44054006,Diabetes",
        "2005-05-05,2010-05-05,a-2,p,e,860975,metformin hydrochloride 500 MG Oral Tablet,8,,",
    ),
    "procedures.csv": (
        "START,STOP,PATIENT,ENCOUNTER,SYSTEM,CODE,DESCRIPTION,BASE_COST",
        f"2018-05-05T08:01:02Z,2018-05-05T10:01:02Z,a-3,e,{SNOMED},26452005,Total gastrectomy (procedure),9000",
    ),
    "allergies.csv": (
        "START,STOP,PATIENT,ENCOUNTER,CODE,SYSTEM,DESCRIPTION",
        "2011-01-01,,a-3,e,6809,RxNorm,Metformin",
    ),
    "immunizations.csv": ("DATE,PATIENT,ENCOUNTER,CODE,DESCRIPTION", "2022-03-03,a-1,e,140,Influenza"),
    "encounters.csv": ("Id,START,STOP,PATIENT,CODE,DESCRIPTION", "e,2022-03-03,2022-03-03,a-1,1,Encounter"),
    "providers.csv": ("Id,NAME,GENDER,PROCEDURES", "prov,Dr Someone,F,12"),
    "organizations.csv": ("Id,NAME,CITY", "org,Hospital,Boston"),
}
"""As a generator of made-up records writes it."""


def export(folder: Path) -> Path:
    folder.mkdir()
    for name, lines in EXPORT.items():
        (folder / name).write_text("\n".join(lines) + "\n")
    return folder


def read(text: str, called: str) -> list[Record]:
    found = tables.read(text.encode(), DOOR.ruleset, DAY, called)
    assert all(isinstance(one, Record) for one in found), found
    return [one for one in found if isinstance(one, Record)]


def events(text: str, called: str) -> list[Event]:
    (one,) = read(text, called)
    return list(one.events)


def test_a_folder_of_tables_whose_names_say_what_they_hold_is_read_as_a_whole(tmp_path: Path) -> None:
    run = ran(export(tmp_path / "in"), tmp_path / "out")
    assert (run["people"], run["people_judged"], run["people_together"]) == (3, 3, 3)
    found = duckdb.sql(f"FROM '{tmp_path / 'out' / 'interpretations.parquet'}'").fetchall()
    names = [
        one[0]
        for one in duckdb.sql(f"DESCRIBE FROM '{tmp_path / 'out' / 'interpretations.parquet'}'").fetchall()
    ]
    by_person = {row[0]: dict(zip(names, row, strict=True)) for row in found}
    assert {"cause:metformin"} <= set(by_person["a-1"]["findings"])
    assert {"high_b12_explanation:liver_disease"} <= set(by_person["a-2"]["findings"])
    assert {"cause:gastrectomy"} <= set(by_person["a-3"]["findings"])
    assert not [who for who in ("a-2", "a-3") if "cause:metformin" in by_person[who]["findings"]]
    # Doctors, hospitals and visits are no people, and no file goes without a word.
    assert run["gathered"]["set aside: a table whose name says that it holds nothing that is needed"] == 4


def test_a_workbook_is_read_sheet_by_sheet_as_they_are_called(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with xlsxwriter.Workbook(str(tmp_path / "in" / "export.xlsx")) as book:
        for name, lines in EXPORT.items():
            sheet = book.add_worksheet(name.removesuffix(".csv").title())
            for at, line in enumerate(lines):
                sheet.write_row(at, 0, line.split(","))
    run = ran(tmp_path / "in" / "export.xlsx", tmp_path / "out")
    ran(export(tmp_path / "csv"), tmp_path / "other")
    assert (run["people"], run["people_judged"]) == (3, 3)
    answers = [
        duckdb.sql(f"FROM '{tmp_path / out / 'facts.parquet'}' ORDER BY ALL").fetchall()
        for out in ("out", "other")
    ]
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    ("called", "section", "status"),
    [
        ("conditions", "conditions", ""),
        ("tblProblemList", "conditions", ""),
        ("2024-05-01 diagnoses_icd", "conditions", ""),
        ("encounter_diagnoses", "conditions", ""),
        ("hospital-prescriptions2024", "medications", ""),
        ("OPERATIONS", "procedures", ""),
        ("drug_allergies", "allergies", ""),
        ("family history", "family_history", ""),
        ("stopped_medications", "medications", "stopped"),
        ("planned operations", "procedures", "planned"),
        ("cancelled_operations", "", ""),
        ("icd_diagnosis_codes", "", ""),
        ("drug levels", "", ""),
        ("lab_results", "", ""),
        ("export", "", ""),
        ("immunisations", "others", ""),
        ("providers", "offices", ""),
    ],
)
def test_what_a_name_says(called: str, section: str, status: str) -> None:
    assert said_by(called, words_for(DOOR.ruleset)) == Said(section, status)


@pytest.mark.parametrize("heading", ["DESCRIPTION", "Drug", "Medication", "Allergen name", "name"])
def test_what_a_list_of_allergies_names_is_never_taken(heading: str) -> None:
    found = events(f"PATIENT,START,{heading}\n7-1,2011-01-01,Metformin\n", "allergies")
    assert not [one for one in found if one.concept == "metformin" and one.affirmed]


def test_what_was_stopped_is_not_taken_any_more() -> None:
    (one,) = events("Patient ID,Drug,Start\n7,metformin,2001-01-01\n", "stopped_drugs")
    assert (one.concept, one.time) == ("metformin", "past")
    (one,) = events("Patient ID,Drug,Start\n7,metformin,2001-01-01\n", "drugs")
    assert (one.concept, one.time) == ("metformin", "current")


def test_results_stay_results_in_a_file_that_is_called_after_visits_or_diagnoses() -> None:
    for called in ("encounters", "diagnoses", "providers"):
        (one,) = read("Patient ID,Date,Vitamin B12 (pg/mL)\n7,2024-01-01,150\n", called)
        assert [lab.analyte for lab in one.labs] == ["vitamin_b12"]


def test_a_dictionary_that_names_nobody_is_about_nobody() -> None:
    with pytest.raises(Exception, match="headings"):
        read("icd_code,long_title\nD510,Pernicious anaemia\n", "diagnoses")


@pytest.mark.parametrize(
    ("heading", "code", "beside", "concept"),
    [
        ("icd_code", "D510", "icd_version\t10", "pernicious_anaemia"),
        ("icd_code", "D51.0", "", "pernicious_anaemia"),
        ("ICD10", "D51.0", "", "pernicious_anaemia"),
        ("code", "ICD10CM:D51.0", "", "pernicious_anaemia"),
        ("SNOMED CT code", "84027009", "", "pernicious_anaemia"),
        ("DX", "D51.0", "DX_TYPE\t10", "pernicious_anaemia"),
        ("DX", "pernicious anaemia", "", "pernicious_anaemia"),
    ],
)
def test_a_code_is_read_with_its_terminology(heading: str, code: str, beside: str, concept: str) -> None:
    more = beside.split("\t") if beside else []
    text = f"Patient ID,{','.join([heading, *more[:1]])}\n7,{','.join([code, *more[1:]])}\n"
    assert [one.concept for one in events(text, "diagnoses")] == [concept]


@pytest.mark.parametrize(
    ("heading", "code", "beside"),
    [
        ("icd_code", "E8497", ""),
        ("icd_code", "2810", ""),
        ("icd_code", "D510", "icd_version\t9"),
        ("DX", "V1029", ""),
    ],
)
def test_a_code_that_may_be_of_another_edition_is_listed(heading: str, code: str, beside: str) -> None:
    more = beside.split("\t") if beside else []
    text = f"Patient ID,{','.join([heading, *more[:1]])}\n7,{','.join([code, *more[1:]])}\n"
    (one,) = read(text, "diagnoses")
    assert not one.events
    assert [left.where for left in one.not_understood] == ["row 2"]
