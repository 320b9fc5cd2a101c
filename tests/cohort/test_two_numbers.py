"""People whom several files know by different numbers, and files that are no table: what is said of them, and when nothing is."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from cobalens.errors import CobalensError
from cobalens.serve.cli import main
from cobalens.serve.cohort import report
from tests.cohort.runs import ran

RESULTS = "mrn,test,result,units,collected\nM1,Vitamin B12,110,ng/L,2025-03-01\nM2,Vitamin B12,420,ng/L,2025-03-02\n"
PROBLEMS = "nhs_number,problem,date\n9434765919,Pernicious anaemia,2019-01-01\n9434765870,Asthma,2018-01-01\n"
STRANGERS = "files_of_strangers"


def folder(top: Path, **files: str) -> Path:
    source = top / "source"
    source.mkdir()
    for name, content in files.items():
        (source / f"{name}.csv").write_text(content)
    return source


@pytest.mark.parametrize("index", ["latest", "2025-06-01"])
def test_a_file_of_which_nobody_stands_in_another_or_has_a_result_is_told(tmp_path: Path, index: str) -> None:
    source = folder(tmp_path, results=RESULTS, problems=PROBLEMS)
    asked = ["cohort", "run", str(source), "--out", str(tmp_path / "out"), "--index", index, "--no-report"]
    said = CliRunner().invoke(main, asked).output
    assert "problems.csv: none of its 2 people stands in another file or has a result" in said
    assert report.run(str(tmp_path / "out"), quiet=True) == 0
    assert "problems.csv (2)" in (tmp_path / "out" / "report.html").read_text()


@pytest.mark.parametrize(
    "files",
    [
        {"results": RESULTS, "problems": PROBLEMS.replace("9434765919", "M1")},
        {"results": RESULTS, "more": RESULTS.replace("M1", "M7").replace("M2", "M8")},
        {"problems": PROBLEMS, "drugs": "nhs_number,drug,start\n9434765919,metformin,2020-01-01\n"},
    ],
)
def test_nothing_is_told_where_somebody_is_met_again_has_results_or_nobody_has(
    tmp_path: Path, files: dict[str, str]
) -> None:
    assert ran(folder(tmp_path, **files), tmp_path / "out", "2025-06-01")[STRANGERS] == {}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<html><body><table><tr><th>Patient ID</th></tr></table></body></html>", "a web page"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "an Excel workbook of the old kind"),
        (b"$FL2@(#) SPSS DATA FILE" + bytes(600), "a file of SPSS"),
    ],
)
def test_a_file_of_another_program_is_told_by_what_it_is(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "export.xls").write_bytes(content)
    with pytest.raises(CobalensError, match=said) as refused:
        ran(tmp_path / "export.xls", tmp_path / "out")
    assert refused.value.code == "no_cohort"


def test_headings_without_rows_are_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "results.csv").write_text("patient_id,test,result,unit,date\n")
    with pytest.raises(CobalensError) as refused:
        ran(tmp_path / "results.csv", tmp_path / "out")
    assert (refused.value.code, refused.value.where) == ("headings_alone", "results.csv")


@pytest.mark.parametrize(
    "heading", ["lab_date", "date of blood test", "COLLECTED_DT", "specimen_dttm", "Collection DT_TM"]
)
def test_days_of_a_form_are_read(tmp_path: Path, heading: str) -> None:
    (tmp_path / "form.csv").write_text(f"record_id,age,{heading},b12_pgml\n1,60,2025-01-05,180\n")
    run = ran(tmp_path / "form.csv", tmp_path / "out")
    assert not [what for what in run["gathered"] if heading in what]


def test_the_day_on_which_an_injection_was_given_is_read(tmp_path: Path) -> None:
    drugs = "patient_id,drug,administered,dose,route\n1,hydroxocobalamin,2025-04-01,1 mg,IM\n"
    results = "patient_id,test,result,unit,date\n1,Vitamin B12,1400,ng/L,2025-04-20\n"
    run = ran(folder(tmp_path, mar=drugs, labs=results), tmp_path / "out")
    assert not [what for what in run["gathered"] if "administered" in what]
