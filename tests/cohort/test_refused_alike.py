"""Files that neither one person's reading nor a run over many reads are told as what they are, and with what to do."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from click.testing import CliRunner

from cobalens.serve.cli import main

LINES = b'{"resourceType":"Patient","id":"a","birthDate":"1950-01-01"}\n'


def told(*arguments: str) -> str:
    result = CliRunner().invoke(main, [*arguments])
    assert result.exit_code in (1, 2), result.output
    return result.output + result.stderr


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.dta", b"<stata_dta><header><release>118</release>" + bytes(600), "a file of Stata"),
        ("old.dta", b"\x72\x02\x01\x00\x03\x00" + bytes(600), "a file of Stata"),
        ("a.sav", b"$FL2@(#) SPSS DATA FILE" + bytes(600), "a file of SPSS"),
        ("a.sas7bdat", bytes(12) + b"\xc2\xea\x81\x60\xb3\x14" + bytes(600), "a file of SAS"),
        ("a.xpt", b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!" + bytes(600), "a file of SAS"),
        ("a.sqlite", b"SQLite format 3\x00" + bytes(600), "a database of SQLite"),
    ],
)
def test_a_file_of_another_program_is_named_by_both(
    name: str, content: bytes, kind: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    for words in (
        told("interpret", str(path)),
        told("cohort", "run", str(path), "--out", str(tmp_path / "out")),
    ):
        assert kind in words
        assert "as CSV" in words


def test_a_folder_of_packed_files_says_that_they_are_packed_and_what_reads_them(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "all.ndjson.gz").write_bytes(gzip.compress(LINES))
    words = told("interpret", str(folder))
    assert "packed" in words
    assert "gunzip -k" in words
    assert "cohort run" in words


@pytest.mark.parametrize("name", [".all.ndjson.gz", "readme.md"])
def test_a_folder_without_packed_files_does_not_speak_of_them(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / name).write_bytes(b"Of the ward.")
    assert "packed" not in told("interpret", str(folder))
