"""``cohort run`` as a process of its own: killed in the middle of its work, or with a disk that is full."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

RUN = (sys.executable, "-c", "from cobalens.serve.cli import main; main()", "cohort", "run", "--no-report")


def killed(source: Path, out: Path, *options: str, reached: Callable[[Path], int], stop: int) -> int:
    """Kills the run, so that it can do nothing about it, once ``reached`` gives at least ``stop`` of its folder; returns that."""
    command = [*RUN, str(source), "--out", str(out), *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    while (done := reached(out)) < stop:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stderr.close()
    return done


def gathered(out: Path, what: str = "done") -> int:
    """How many parts, or shares, a run has read so far."""
    known = out / "gathered.json"
    return len(json.loads(known.read_bytes())[what]) if known.exists() else 0


def fills_the_disk(source: Path, out: Path, *options: str, room: int) -> None:
    """Runs where no file can grow beyond ``room`` bytes: the run says what is wrong, and no more."""
    limited = subprocess.run(
        [*RUN, str(source), "--out", str(out), *options],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
        check=False,
    )
    assert limited.returncode == 2, limited.stderr
    assert "no space left" in limited.stderr
    assert "Traceback" not in limited.stderr
