"""What stands in the tables of hospitals: headings in their own words, dirty values, several people, rows that are no results."""

from __future__ import annotations

import io
from decimal import Decimal

import pyarrow
import pytest
import xlsxwriter
from pyarrow import parquet

from cobalens.errors import CobalensError
from cobalens.intake import tables
from cobalens.intake.refused import Refused
from cobalens.intake.tables.cells import COMMA, POINT, date_text, mark_of, order_of, plain
from cobalens.model.record import Lab, Record
from tests.records.carried import FATES
from tests.robustness.cases import RULES

DAY = "2026-03-02"


def read(text: str | bytes, mapping: str | None = None) -> list[Record]:
    source = text.encode() if isinstance(text, str) else text
    assert tables.recognise(source[:65_536]) or mapping is not None
    people = tables.read(source, RULES, DAY, mapping=mapping.encode() if mapping else None)
    assert all(isinstance(one, Record) for one in people)
    found = [one for one in people if isinstance(one, Record)]
    for record in found:
        assert {one.fate for one in record.elements} <= FATES
        assert all(one.reason for one in record.elements if one.fate == "set_aside")
    return found


def labs(text: str | bytes, mapping: str | None = None) -> tuple[Lab, ...]:
    (record,) = read(text, mapping)
    return record.labs


def brief(lab: Lab) -> tuple[str, str | None, str | None, str | None]:
    return (
        lab.analyte,
        None if lab.lo is None else str(lab.lo),
        None if lab.hi is None else str(lab.hi),
        lab.unit,
    )


@pytest.mark.parametrize(
    ("cell", "unit", "low", "high", "problem"),
    [
        ("195", "pg/mL", "195", "195", None),
        (">2000", "PG/ML", "2000", None, None),
        ("GREATER THAN 2000", "pg/mL", "2000", None, None),
        ("<150", "ng/L", None, "150", None),
        ("150-200", "ng/L", "150", "200", None),
        ('"1,245"', "pg/mL", "1245", "1245", None),
        ('"1.245,0"', "pg/mL", "1245.0", "1245.0", None),
        ("HEMOLYZED", "pg/mL", None, None, "cancelled"),
        ("banana", "pg/mL", None, None, "not_a_number"),
        ("195", "", "195", "195", "unit_missing"),
        ("150", "g/L", None, None, "implausible"),
        ("195", "kg", None, None, "unit_impossible"),
    ],
)
def test_a_dirty_value_is_read_or_kept_with_its_reason(
    cell: str, unit: str, low: str | None, high: str | None, problem: str | None
) -> None:
    (lab,) = labs(f"Test,Result,Units\nVITAMIN B12,{cell},{unit}\n")
    assert (
        lab.problem,
        None if lab.lo is None else str(lab.lo),
        None if lab.hi is None else str(lab.hi),
    ) == (problem, low, high)


@pytest.mark.parametrize(
    "head",
    [
        "Analyte,Value,Unit,Ref Range,Abnormal Flag,Date Collected",
        "component_name,result_value,unit_of_measure,reference_range,flag,collection_date",
        "TestName,Result,UOM,Normal Range,H/L,Collected",
        "Bestimmung,Wert,Einheit,Referenzbereich,Flag,Datum",
        "Lab Test,Your value,Units,Standard range,Flag,Date",
    ],
)
def test_headings_are_read_in_the_words_that_people_use(head: str) -> None:
    (lab,) = labs(f"{head}\nVitamin B12,165,ng/L,180-900,L,2026-01-31\n")
    assert brief(lab) == ("vitamin_b12", "165", "165", "ng/L")
    assert (lab.ref_low, lab.ref_high, lab.qualitative, lab.when.first) == (
        Decimal(180),
        Decimal(900),
        "low",
        -30,
    )


@pytest.mark.parametrize(
    "head", ["B12 (pg/mL)", "b12_pg_ml", "Vitamin B12 [pg/mL]", "B12 pg/mL", "Serum B12, pg/mL"]
)
def test_a_unit_in_the_heading_is_the_unit_of_the_column(head: str) -> None:
    (lab,) = labs(f'MRN,"{head}"\n7,195\n')
    assert lab.unit == "pg/mL"
    assert lab.lo == 195


@pytest.mark.parametrize("head", ["Units", "", "unit"])
def test_a_line_of_units_below_the_headings_is_that_of_the_columns(head: str) -> None:
    (record,) = read(
        f"Date,B12,Folate,Hb\n{head},pg/mL,ng/mL,g/dL\n2026-01-31,150,8,10.1\n2025-01-31,210,9,11\n"
    )
    assert sorted({(lab.analyte, lab.unit) for lab in record.labs}) == [
        ("folate_serum", "ng/mL"),
        ("hemoglobin", "g/dL"),
        ("vitamin_b12", "pg/mL"),
    ]
    assert len(record.labs) == 6
    (line,) = [one for one in record.elements if one.where == "row 2"]
    assert (line.fate, line.reason) == ("understood", "the units of the columns" if head else "headings")


def test_a_line_of_ranges_below_the_headings_is_no_result() -> None:
    (record,) = read(
        "Date,B12 (ng/L),Hb (g/L)\nReference range,180-640,115-165\n2026-01-31,150,101\n2025-01-31,210,110\n"
    )
    b12 = [
        (str(lab.lo), str(lab.ref_low), lab.qualitative)
        for lab in record.labs
        if lab.analyte == "vitamin_b12"
    ]
    assert b12 == [("150", "180", "low"), ("210", "180", "normal")]
    assert len(record.labs) == 4


def test_flags_in_a_first_line_are_no_units() -> None:
    (record,) = read("Date,B12 (ng/L),B12 flag\n2026-01-31,150,L\n2025-01-31,210,N\n")
    assert [(str(lab.lo), lab.qualitative) for lab in record.labs] == [("150", "low"), ("210", "normal")]


def test_one_row_a_person_and_nothing_of_one_is_read_for_another() -> None:
    one, other = read("MRN,Age,Sex,B12 (ng/L),MMA nmol/L,Metformin\n1,67,F,150,,yes\n2,55,M,,700,no\n")
    assert [brief(lab) for lab in one.labs] == [("vitamin_b12", "150", "150", "ng/L")]
    assert [brief(lab) for lab in other.labs] == [("mma", "700", "700", "nmol/L")]
    assert (one.id, one.age, other.id, other.age) == ("1", 67, "2", 55)
    assert [
        (event.affirmed) for record in (one, other) for event in record.events if event.concept == "metformin"
    ] == [True, False]


def test_an_empty_cell_is_not_zero_and_not_no() -> None:
    one, other = read("MRN,B12 (ng/L),Vegan\n1,150,\n2,,yes\n")
    assert one.events == ()
    assert other.labs == ()


def test_results_of_several_days_stand_side_by_side() -> None:
    found = labs("Test,Units,Range,2026-01-31,2026-03-01\nVitamin B12,ng/L,180-900,150,>2000\nHb,g/L,,99,\n")
    assert [(lab.analyte, lab.text, lab.when.first) for lab in found] == [
        ("vitamin_b12", "150 ng/L", -30), ("vitamin_b12", "> 2000 ng/L", -1), ("hemoglobin", "99 g/L", -30),
    ]  # fmt: skip


def test_decimal_commas_are_told_by_the_column() -> None:
    one, other = read("MRN;Hb g/dL;B12 pmol/L\n1;9,7;133,5\n2;11,2;1.245\n")
    assert [lab.lo for lab in one.labs] == [Decimal("9.7"), Decimal("133.5")]
    assert [lab.lo for lab in other.labs] == [Decimal("11.2"), Decimal(1245)]
    assert mark_of(["1,5", "2.5"]) is None
    assert mark_of(["1.245", "1,245"]) is None
    assert (mark_of(["9,7"]), mark_of(["9.7", "1,245"])) == (COMMA, POINT)
    assert plain("1.245,5 - 2.000", COMMA) == "1245.5 - 2000"


def test_day_and_month_are_told_by_the_column_and_never_guessed() -> None:
    found = labs("Test,Result,Units,Date\nB12,150,ng/L,31/01/2026\nB12,160,ng/L,01/02/2026\n")
    assert [lab.when.first for lab in found] == [-30, -29]
    (record,) = read("Test,Result,Units,Date\nB12,150,ng/L,03/02/2026\n")
    assert record.labs[0].when.first is None
    assert record.not_understood
    assert order_of(["13/02/2026", "02/13/2026"]) is None
    assert date_text("45000") == "2023-03-15"
    assert date_text("5.3.26 07:05 PM") == "2026-03-05T19:05"


@pytest.mark.parametrize(
    ("row", "fate", "reason"),
    [
        (",12,mg/L", "set_aside", "no test is named"),
        ("Vitamin B12,,pg/mL", "set_aside", "no result is given"),
        ("Vitamin Q,12,mg/L", "not_understood", None),
        ("Total,7,", "set_aside", "a line that sums up others"),
        ("Test,Result,Units", "understood", None),
        ("MMA,640,nmol/L", "set_aside", "the same line again"),
        ("Sodium,140,mmol/L", "understood", ""),
    ],
)
def test_a_row_that_gives_no_result_is_accounted_for_and_the_rest_goes_on(
    row: str, fate: str, reason: str | None
) -> None:
    (record,) = read(f"Test,Result,Units\nMMA,640,nmol/L\n{row}\n")
    assert [lab.analyte for lab in record.labs if lab.analyte == "mma"] == ["mma"]
    (element,) = [one for one in record.elements if one.where == "row 3"]
    if row != "Test,Result,Units":
        assert element.fate == fate
        assert reason is None or element.reason == reason
    assert len(record.elements) == 3


def test_names_are_for_telling_people_apart_and_are_not_repeated() -> None:
    one, other = read("Patient Name,Test,Result,Units\nDoe Jane,B12,150,ng/L\nRoe Jim,B12,400,ng/L\n")
    assert (one.id, other.id) == ("Doe Jane", "Roe Jim")
    assert not any("Doe" in element.text for element in one.elements)


def test_two_sexes_under_one_number_are_refused_and_the_others_go_on() -> None:
    people = tables.read(
        b"MRN,Sex,Test,Result,Units\n1,F,B12,150,ng/L\n1,M,MMA,600,nmol/L\n2,F,B12,400,ng/L\n", RULES
    )
    assert isinstance(people[0], Refused)
    assert people[0].error.code == "two_people_in_one"
    assert isinstance(people[1], Record)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("foo,bar,baz\n1,2,3\n4,5,6\n", "headings_not_recognised"),
        ("Test,Result,Units,Date\nB12,150,ng/L,2026-01-31\n", "as_of_needed"),
    ],
)
def test_a_refusal_teaches_and_holds_no_value(text: str, code: str) -> None:
    with pytest.raises(CobalensError) as refused:
        tables.read(text.encode(), RULES)
    assert refused.value.code == code
    assert "150" not in str(refused.value)


def test_a_mapping_file_says_what_the_columns_hold() -> None:
    mapping = """
[columns]
"Pat." = "id"
"Kobalamin neu" = { analyte = "vitamin_b12", unit = "pmol/L" }
"Krankheit" = "conditions"
"""
    (record,) = read("Pat.;Kobalamin neu;Krankheit\n9;110;bladder cancer\n", mapping)
    assert brief(record.labs[0]) == ("vitamin_b12", "110", "110", "pmol/L")
    assert record.id == "9"
    assert record.events
    (lab,) = labs("Test;Result;Units\nCOBAL3;110;pmol/L\n", '[tests]\nCOBAL3 = "vitamin_b12"\n')
    assert lab.analyte == "vitamin_b12"


@pytest.mark.parametrize(
    ("mapping", "code"),
    [
        ("[colums]\n", "unknown_key"),
        ('[columns]\nfoo = "vallue"\n', "unknown_key"),
        ('[columns]\nfoo = { analyte = "b21" }\n', "unknown_analyte"),
        ('[columns]\nfoo = { analyte = "b12", unit = "zz" }\n', "unknown_unit"),
        ("[columns\n", "broken_syntax"),
        ('[table]\ndates = "american"\n', "unknown_key"),
    ],
)
def test_a_wrong_mapping_is_refused_with_what_was_meant(mapping: str, code: str) -> None:
    with pytest.raises(CobalensError) as refused:
        tables.read(b"foo,bar\n1,2\n", RULES, mapping=mapping.encode())
    assert refused.value.code == code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encodings_of_older_programs_are_read(encoding: str) -> None:
    (lab,) = labs("Test\tResult\tUnits\nMéthylmalonic acid (MMA)\t0.64\tµmol/L\n".encode(encoding))
    assert brief(lab) == ("mma", "0.64", "0.64", "umol/L")


# --- Workbooks and Parquet ----------------------------------------------------------------------------------------


def workbook(rows: list[list[object]], merged: bool = False) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "default_date_format": "dd/mm/yyyy"}) as book:
        sheet = book.add_worksheet("Results")
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
        if merged:
            sheet.merge_range(0, 1, 0, 2, "Vitamin B12")
    return out.getvalue()


def test_a_workbook_with_titles_dates_and_numbers_as_text_is_read() -> None:
    import datetime as dt

    found = labs(
        workbook(
            [
                ["Results of the ward"], [], ["Test", "Result", "Units", "Date"],
                ["Vitamin B12", "165", "ng/L", dt.date(2026, 1, 31)], ["MMA", 0.64, "umol/L", 46053], [], ["Count", 2],
            ]
        )
    )  # fmt: skip
    assert [(*brief(lab), lab.when.first) for lab in found] == [
        ("vitamin_b12", "165", "165", "ng/L", -30), ("mma", "0.64", "0.64", "umol/L", -30),
    ]  # fmt: skip


def test_headings_over_two_rows_with_merged_cells_are_read_together() -> None:
    (record,) = read(workbook([["Age", "", ""], ["", "value", "unit"], [67, 165, "ng/L"]], merged=True))
    assert brief(record.labs[0]) == ("vitamin_b12", "165", "165", "ng/L")
    assert record.age == 67


def test_a_parquet_file_is_read() -> None:
    out = io.BytesIO()
    table = pyarrow.table(
        {
            "person_id": [1, 1, 2],
            "analyte": ["b12", "mma", "b12"],
            "value": [150.0, 640.0, 1245.5],
            "unit": ["ng/L", "nmol/L", "ng/L"],
        }
    )
    parquet.write_table(table, out)
    one, other = read(out.getvalue())
    assert [lab.analyte for lab in one.labs] == ["vitamin_b12", "mma"]
    assert other.labs[0].lo == Decimal("1245.5")


@pytest.mark.parametrize("source", [b"PK\x03\x04xl/ broken", b"PAR1 broken", workbook([["a"]])[:900]])
def test_a_broken_file_is_refused(source: bytes) -> None:
    with pytest.raises(CobalensError):
        tables.read(source, RULES)
