"""A finished run over made-up people with its report, made once for every test that looks at it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from cobalens.serve.cli import main
from tests.cohort.report_people import PEOPLE, answered


@pytest.fixture(scope="package")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A finished run with its report and its copy for sharing."""
    out, labs = answered(tmp_path_factory.mktemp("cohort"), PEOPLE)
    for more in ([], ["--share"]):
        done = CliRunner().invoke(main, ["cohort", "report", str(out), "--results", str(labs), *more])
        assert done.exit_code == 0, done.output
    return out, labs


@pytest.fixture(scope="package")
def people(ran: tuple[Path, Path]) -> list[dict[str, Any]]:
    return pq.read_table(ran[0] / "interpretations.parquet").to_pylist()
