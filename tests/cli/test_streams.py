"""Where the output goes: terminals of any alphabet, pipes that close, disks that are full, and a stop by hand."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cobalens.serve import streams
from tests.cli.test_cli import CASE, EXAMPLE, written

WAIT = 60
SIGNS = ("≥", "≤", "µ")


def process(*arguments: str, shell: str = "", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """The program as a process; ``shell``: what a shell would write behind the command."""
    code = "from cobalens.serve.start import run; run()"
    command: list[str] = [sys.executable, "-c", code, *arguments]
    if shell:
        command = ["/bin/sh", "-c", f'"$@" {shell}', "sh", *command]
    env = {**os.environ, **environment}
    return subprocess.run(command, capture_output=True, timeout=WAIT, env=env, check=False)


@pytest.mark.parametrize("alphabet", ["ascii", "latin-1"])
def test_words_are_spelt_where_a_terminal_lacks_their_letters_and_no_sign_is_lost(alphabet: str) -> None:
    usual = process("interpret", str(EXAMPLE), PYTHONIOENCODING="utf-8").stdout.decode()
    assert any(sign in usual for sign in SIGNS)
    done = process("interpret", str(EXAMPLE), PYTHONIOENCODING=alphabet)
    told = done.stdout.decode(alphabet)
    assert done.returncode == 0
    assert told.count("?") == usual.count("?")
    assert told.count(">=") == usual.count("≥") + usual.count(">=")


def test_what_cannot_be_spelt_is_marked_and_nothing_breaks() -> None:
    import codecs

    codecs.register_error(streams.SPELT, streams.spelt)
    assert "≥ 1 µmol/L – “é” → 漢".encode("ascii", streams.SPELT) == b'>= 1 umol/L - "e" -> ?'


@pytest.mark.parametrize("form", ["json", "ndjson", "fhir", "html", "csv"])
def test_data_is_utf_8_whatever_the_terminal_speaks(form: str) -> None:
    done = process("interpret", str(EXAMPLE), "--format", form, PYTHONIOENCODING="latin-1")
    usual = process("interpret", str(EXAMPLE), "--format", form, PYTHONIOENCODING="utf-8")
    assert done.returncode == 0
    assert done.stdout == usual.stdout
    assert done.stdout.decode("utf-8")


def test_data_of_what_if_is_utf_8_too() -> None:
    done = process(
        "what-if", str(EXAMPLE), "--set", "mma=0.55umol/L", "--format", "json", PYTHONIOENCODING="ascii"
    )
    assert json.loads(done.stdout.decode("utf-8"))["set"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
@pytest.mark.parametrize(
    "arguments",
    [
        ("interpret", str(EXAMPLE)),
        ("interpret", str(EXAMPLE), "--format", "json"),
        ("interpret", str(EXAMPLE), str(EXAMPLE)),
        ("explain", str(EXAMPLE)),
        ("packs",),
        ("questionnaire",),
    ],
)
def test_a_full_disk_is_told_and_is_no_success(arguments: tuple[str, ...]) -> None:
    done = process(*arguments, shell="> /dev/full")
    assert done.returncode == 2
    assert b"no space left" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_full_disk_below_a_file_is_told_with_its_place() -> None:
    done = process("interpret", str(EXAMPLE), "--format", "json", "--out", "/dev/full")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"/dev/full: There is no space left" in done.stderr


@pytest.mark.parametrize("closed", [">&-", "<&-", ">&- 2>&-"])
def test_a_stream_that_was_closed_breaks_nothing(closed: str) -> None:
    done = process("interpret", str(EXAMPLE), shell=closed)
    assert done.returncode == 0
    assert done.stderr == b""


def test_a_reader_that_goes_away_ends_the_work_without_a_word(tmp_path: Path) -> None:
    path = written(tmp_path / "many.ndjson", "\n".join([json.dumps(CASE)] * 60))
    done = process("interpret", path, shell="| head -c 20")
    assert done.stdout.startswith(b'{"cobalens"')
    assert b"Traceback" not in done.stderr
    assert b"BrokenPipe" not in done.stderr


def test_a_stop_by_hand_is_told_and_what_came_out_stands(tmp_path: Path) -> None:
    path = written(tmp_path / "many.ndjson", "\n".join([json.dumps(CASE)] * 3000))
    code = "from cobalens.serve.start import run; run()"
    command = [sys.executable, "-c", code, "interpret", path]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert running.stdout is not None
    first = running.stdout.readline()
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=WAIT)
    assert json.loads(first)["answer"] == "deficiency"
    assert running.returncode == 130
    assert b"stopped before the end" in errors
    assert b"Traceback" not in errors


def test_an_end_that_is_asked_for_from_outside_tidies_up(tmp_path: Path) -> None:
    code = (
        "import os, signal, tempfile\n"
        "from cobalens.serve.ending import in_order\n"
        "with in_order(), tempfile.TemporaryDirectory() as place:\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    print('went on')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=False,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert (done.returncode, done.stdout, done.stderr) == (143, b"", b"")
    assert list(tmp_path.iterdir()) == []
