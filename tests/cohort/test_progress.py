"""A long run says on a terminal how far it is, in one line, and is silent where its words go into a file."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

from cobalens.serve.cohort.progress import rate_of

STAGES = """
from cobalens.serve.cohort.progress import progress, telling
with telling(False) as begin:
    for what in ("bytes read", "parts read"):
        advance = begin(what, 1000, 400)
        for _ in range(6):
            advance(100)
with progress(50, False) as advance:
    advance(50)
"""


def shown(command: list[str]) -> str:
    """What a command writes on a terminal of eighty columns."""
    here, there = pty.openpty()
    environment = {**os.environ, "COLUMNS": "80", "TERM": "xterm"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=there, env=environment)
    os.close(there)
    found = bytearray()
    while True:
        try:
            piece = os.read(here, 4096)
        except OSError:
            break
        if not piece:
            break
        found += piece
    process.wait()
    os.close(here)
    return found.decode()


def test_each_stage_has_the_one_line_and_counts_on_from_what_was_done_before() -> None:
    seen = shown([sys.executable, "-c", STAGES])
    for words in ("of 1,000 bytes read", "of 1,000 parts read", "50 of 50 people answered", "left"):
        assert words in seen
    assert seen.startswith("\x1b[?25l\r\x1b[2K400 of 1,000 bytes read")
    # The line of each stage is left once, at its end; a second line would be left more often.
    assert seen.count("\n") == 3


def test_many_bytes_are_counted_in_millions_so_that_there_is_room_for_the_time() -> None:
    stage = """
from cobalens.serve.cohort.progress import telling
with telling(False) as begin:
    for total in (9_999_999, 152_000_000):
        advance = begin("packed bytes unpacked", total, 0)
        for _ in range(4):
            advance(total // 4)
"""
    seen = shown([sys.executable, "-c", stage])
    assert "0 of 9,999,999 packed bytes unpacked" in seen
    assert "0 of 152 packed MB unpacked" in seen


def test_nothing_is_written_into_a_file(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as file:
        subprocess.run([sys.executable, "-c", STAGES], stderr=file, stdout=file, check=True)
    assert (tmp_path / "log").read_bytes() == b""


def test_the_rate_is_that_of_this_run_alone() -> None:
    assert rate_of(0, 5) == ""
    assert rate_of(5000, 2) == "2,500 a second"
    assert rate_of(3, 90) == "2.0 a minute"
