"""The same message has the same comment whether it is a file for the command line or comes over the wire."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from cobalens.report.hl7v2 import SPEAKER
from cobalens.serve.cli import main
from cobalens.serve.listening.settings import Settings
from tests.listening.wire import Running, code, comment
from tests.records.hl7v2.writer import message as written
from tests.robustness.cases import cases

MESSAGES = [written(one).encode() for one in list(cases().values())[::8]]


@pytest.fixture(scope="module", params=["en", "es"])
def running(request: pytest.FixtureRequest) -> Iterator[Running]:
    with Running(Settings(port=0), language=request.param) as one:
        yield one


def test_the_comment_is_that_of_the_command_line(running: Running, tmp_path: Path) -> None:
    path = tmp_path / "one.hl7"
    for source in MESSAGES:
        path.write_bytes(source)
        asked = ["interpret", str(path), "--format", "hl7", "--language", running.listener.door.language]
        theirs = CliRunner().invoke(main, asked).stdout_bytes.decode("ascii", "replace").split("\r")
        lines = [part for line in theirs for part in line.split("|") if part.startswith(SPEAKER)]
        answer = running.answer(source)
        assert code(answer) == "AA"
        assert comment(answer) == lines
        assert lines
