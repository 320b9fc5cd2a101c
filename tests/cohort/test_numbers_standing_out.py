"""Numbers that may be codes for no result are told, and read as what they are until somebody says otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cobalens.serve.cli import main
from cobalens.serve.cohort import report
from tests.cohort.runs import ran

OUT = "numbers_that_stand_out"


def table(folder: Path, numbers: list[str], heading: str = "Vitamin B12 (ng/L)") -> Path:
    path = folder / "visits.csv"
    rows = (f"{n},50,2026-01-01,{number}" for n, number in enumerate(numbers))
    path.write_text("\n".join((f"id,age,date,{heading}", *rows)) + "\n")
    return path


SPREAD = [str(200 + 7 * n) for n in range(60)]


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        (SPREAD + ["999"] * 5, {"vitamin_b12, ng/L: 999": 5}),
        (SPREAD + ["999"] * 4, {}),
        (SPREAD + ["888"] * 9, {"vitamin_b12, ng/L: 888": 9}),
        (SPREAD + ["999"] * 5 + ["300"] * 4, {}),
        (SPREAD + ["2000"] * 5, {"vitamin_b12, ng/L: 2000": 5}),
        (SPREAD + ["1500"] * 5, {}),
        (SPREAD + [">2000"] * 9, {}),
        (["999"] * 5, {"vitamin_b12, ng/L: 999": 5}),
        (["150"] * 40, {}),
    ],
)
def test_a_code_that_repeats_and_a_number_far_above_all_others_are_told(
    tmp_path: Path, numbers: list[str], told: dict[str, int]
) -> None:
    run = ran(table(tmp_path, numbers), tmp_path / "out")
    assert run[OUT] == told
    assert run["used"] == len(numbers)


def test_the_command_and_the_report_say_it_and_a_mapping_settles_it(tmp_path: Path) -> None:
    source = table(tmp_path, [*SPREAD, *["999"] * 40])

    def asked(*more: str) -> Any:
        return CliRunner().invoke(main, ["cohort", "run", str(source), "--no-report", *more])

    out = tmp_path / "out"
    said = asked("--out", str(out)).output
    assert "vitamin_b12, ng/L: 999: 40 times" in said
    assert "missing = [999]" in said
    assert report.run(str(out), quiet=True) == 0
    assert "otal vitamin B12, ng/L: 999 (40)" in (out / "report.html").read_text()
    assert report.run(str(out), share=True, quiet=True) == 0
    assert "999 (40)" not in (out / "report-shared.html").read_text()
    mapping = tmp_path / "map.toml"
    mapping.write_text("[table]\nmissing = [999]\n")
    settled = asked("--out", str(tmp_path / "again"), "--mapping", str(mapping)).output
    assert "999" not in settled
    assert "People in the source: 100; judged: 60." in settled
