"""Exports of record systems and registries: whose each row is, which rows are void, and codes and units as they write them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cobalens.errors import CobalensError
from cobalens.serve.cohort import runner as cohort
from cobalens.serve.cohort.run import Wanted
from tests.cohort.rules_agreement import DOOR
from tests.cohort.runs import ran

TWO = (("A1", "110"), ("B2", "1500"))


def results(out: Path) -> list[tuple[Any, ...]]:
    return duckdb.sql(
        f"SELECT person_id, analyte, lo FROM '{out / 'results.parquet'}' ORDER BY ALL"
    ).fetchall()


def findings(out: Path) -> dict[str, set[str]]:
    rows = duckdb.sql(f"SELECT person_id, findings FROM '{out / 'interpretations.parquet'}'").fetchall()
    return {person: set(codes) for person, codes in rows}


def refused(source: Path, out: Path) -> CobalensError:
    with pytest.raises(CobalensError) as error:
        cohort.run(Wanted(source=str(source), out=str(out), pack=DOOR.pack.name), quiet=True)
    return error.value


@pytest.mark.parametrize(
    "lines",
    [
        ("NHS Number,Age,Gender,Code Term,Value,Value Units,Event Date", "{id},74,F,Serum vitamin B12 level,{b12},pg/mL,13/02/2024"),
        ("PAT_ID,COMPONENT_ID,COMPONENT_NAME,ORD_VALUE,REFERENCE_LOW,REFERENCE_UNIT,RESULT_TIME", "{id},12,VITAMIN B12,{b12},211,pg/mL,2024-01-02 10:00"),
        ("patid,obsdate,rubric,value,units", "{id},13/02/2024,Serum vitamin B12,{b12},pg/mL"),
        ("record_id,redcap_event_name,b12_date,b12_pgml", "{id},baseline,2024-01-02,{b12}"),
        ("patient_num,concept_cd,start_date,valtype_cd,tval_char,nval_num,units_cd", "{id},LOINC:2132-9,2024-03-01 08:00:00,N,E,{b12},pg/mL"),
        ("PatientID,TestDate,Test,TestUnits,TestResult,MinNorm,MaxNorm", "{id},2024-01-01,Vitamin B12,pg/mL,{b12},200,900"),
        ("patient_id,code_system,code,date,lab_result_num_val,units_of_measure", "{id},LOINC,2132-9,20240101,{b12},pg/mL"),
        ("USUBJID,LBTESTCD,LBTEST,LBORRES,LBORRESU,VISIT,LBDTC,LBDY", "{id},VITB12,Vitamin B12,{b12},pg/mL,BASELINE,2024-01-02T08:00,1"),
        ("PATID,LAB_LOINC,SPECIMEN_DATE,RESULT_NUM,RESULT_MODIFIER,RESULT_UNIT", "{id},2132-9,2024-01-02,{b12},EQ,pg/mL"),
        ("Patienten-ID;Entnahmedatum;Bestimmung;Ergebnis;Einheit", "{id};03.02.2024;Vitamin B12;{b12},0;pg/ml"),
        ("CPR-nr;Prøvetagningstidspunkt;Analyse;Svar;Enhed", "{id};13-02-2024 08:00;P-Cobalamin (Vitamin B12);{b12};pg/mL"),
        ("IPP;Date de prélèvement;Analyse;Résultat;Unité", "{id};13/02/2024;Vitamine B12;{b12};pg/mL"),
        ("NHC;Fecha de extracción;Determinación;Resultado;Unidades", "{id};13/02/2024;Vitamina B12;{b12};pg/mL"),
    ],
)  # fmt: skip
def test_an_export_is_read_as_it_comes_and_nobody_is_taken_for_somebody_else(
    tmp_path: Path, lines: tuple[str, str]
) -> None:
    source = tmp_path / "export.csv"
    source.write_text("\n".join((lines[0], *(lines[1].format(id=who, b12=b12) for who, b12 in TWO))) + "\n")
    run = ran(source, tmp_path / "out")
    assert (run["people"], run["people_judged"]) == (2, 2)
    assert results(tmp_path / "out") == [(who, "vitamin_b12", float(b12)) for who, b12 in TWO]
    days = duckdb.sql(f"SELECT as_of FROM '{tmp_path / 'out' / 'interpretations.parquet'}'").fetchall()
    assert {day.year for (day,) in days} == {2024}


def test_of_several_comparators_letters_are_read_as_signs(tmp_path: Path) -> None:
    source = tmp_path / "facts.csv"
    source.write_text(
        "patient_num,concept_cd,start_date,valtype_cd,tval_char,nval_num,units_cd\n"
        "1,LOINC:2132-9,2024-03-01,N,L,150,pg/mL\n2,LOINC:2132-9,2024-03-01,N,GE,2000,pg/mL\n"
        "3,LOINC:2132-9,2024-03-01,T,low,,\n"
    )
    ran(source, tmp_path / "out")
    rows = duckdb.sql(
        f"SELECT person_id, lo, hi, qualitative FROM '{tmp_path / 'out' / 'results.parquet'}' ORDER BY ALL"
    ).fetchall()
    assert rows == [("1", None, 150, None), ("2", 2000, None, None), ("3", None, None, "low")]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Pseudonym Nr,Date,Test,Result,Units\nA,2024-01-02,Vitamin B12,140,pg/mL\nB,2024-01-02,Vitamin B12,1400,pg/mL\n", "whose_rows"),
        ("Kennziffer;Tidspunkt;Prove;Tal;Maal\nA;2024-01-02;Vitamin B12;140;pg/mL\nB;2024-01-02;Vitamin B12;1400;pg/mL\n", "headings_not_recognised"),
        ("Patient ID,When taken,What,How much\nA,2024-01-02,Vitamin B12,140 pg/mL\nB,2024-01-02,Vitamin B12,1400 pg/mL\n", "headings_not_recognised"),
    ],
)  # fmt: skip
def test_rows_of_several_people_are_never_read_as_those_of_one(tmp_path: Path, text: str, code: str) -> None:
    source = tmp_path / "rows.csv"
    source.write_text(text)
    error = refused(source, tmp_path / "out")
    assert error.code == code
    assert "rows.csv" in str(error)
    assert "--mapping" in str(error)


def test_whose_rows_are_can_be_said_in_a_mapping(tmp_path: Path) -> None:
    source = tmp_path / "rows.csv"
    source.write_text(
        "Pseudonym Nr,Date,Test,Result,Units\nA,2024-01-02,Vitamin B12,140,pg/mL\nB,2024-01-02,Vitamin B12,1400,pg/mL\n"
    )
    (tmp_path / "map.toml").write_text('[columns]\n"Pseudonym Nr" = "id"\n')
    assert ran(source, tmp_path / "out", mapping=str(tmp_path / "map.toml"))["people_judged"] == 2
    (tmp_path / "map.toml").write_text('[columns]\n"Pseudonym Nr" = "nothing"\n')
    assert ran(source, tmp_path / "one", mapping=str(tmp_path / "map.toml"))["people_judged"] == 1


@pytest.mark.parametrize("said", ["True", "yes", "1"])
def test_a_row_that_is_marked_as_void_counts_for_nothing_and_is_told(tmp_path: Path, said: str) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "labs.csv").write_text(
        "PatientID,Date,Test,Result,Units,Deleted\n"
        f"1,2024-01-01,Vitamin B12,110,pg/mL,0\n1,2024-02-01,Vitamin B12,900,pg/mL,{said}\n"
    )
    (folder / "MedicationOrder.csv").write_text("PatientID,DrugName,ExpectedStartDate,IsCanceled,Route\n"
        f"1,cyanocobalamin,2020-01-01,{said},Intramuscular\n1,metformin,2020-01-01,False,Oral\n")  # fmt: skip
    run = ran(folder, tmp_path / "out")
    assert results(tmp_path / "out") == [("1", "vitamin_b12", 110.0)]
    assert run["gathered"]["set aside: marked as cancelled or entered in error"] == 2
    found = findings(tmp_path / "out")["1"]
    assert "cause:metformin" in found
    assert "action:continue_b12_replacement" not in found


def test_a_term_of_a_practice_without_a_value_is_said_of_the_person(tmp_path: Path) -> None:
    source = tmp_path / "search.csv"
    source.write_text(
        "NHS Number,Code Term,Value,Value Units,Event Date\n111,Serum vitamin B12 level,110,ng/L,13/02/2024\n"
        "111,Pernicious anaemia,,,13/02/2019\n111,Serum folate level,,,13/02/2024\n"
    )
    ran(source, tmp_path / "out")
    assert "cause:pernicious_anaemia" in findings(tmp_path / "out")["111"]


def test_a_code_as_a_heading_names_its_test(tmp_path: Path) -> None:
    source = tmp_path / "wide.csv"
    source.write_text("PatientID,Date,2132-9\nUnits,,pg/mL\n1,2024-01-01,110\n2,2024-01-01,1500\n")
    run = ran(source, tmp_path / "out")
    assert run["people_judged"] == 2
    assert [one[1] for one in results(tmp_path / "out")] == ["vitamin_b12", "vitamin_b12"]


def test_a_table_beside_others_whose_rows_are_nobodys_costs_itself_alone(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.csv").write_text("Patient ID,Date,Test,Result,Units\n1,2024-01-02,Vitamin B12,140,pg/mL\n")
    (folder / "b.csv").write_text(
        "Row Nr,Date,Test,Result,Units\n1,2024-01-02,MMA,0.1,umol/L\n2,2024-01-02,MMA,0.9,umol/L\n"
    )
    (folder / "c.csv").write_text(
        "Pseudonym Nr,Date,Test,Result,Units\n1,2024-01-02,MMA,0.1,umol/L\n2,2024-01-02,MMA,0.9,umol/L\n"
    )
    run = ran(folder, tmp_path / "out")
    assert run["people_aside"]["whose_rows"] >= 1
    assert [
        json.loads(line)["reason"]
        for line in (tmp_path / "out" / "quarantine.ndjson").read_text().splitlines()
    ].count("whose_rows") >= 1
