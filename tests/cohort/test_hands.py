"""Jobs shared between processes give what one process gives; one that is lost is said, and none is left behind."""

from __future__ import annotations

import operator
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import pytest

from cobalens import errors
from cobalens.errors import CobalensError
from cobalens.intake.fhir.lines import COMPILED_BYTES
from cobalens.serve.cohort.hands import hands
from cobalens.serve.cohort.kinds import FILES, LINES
from cobalens.serve.cohort.ready import CUTTING, LIBRARIES, READING, ready_for

JOBS = [(1, 2), (3, 4), (5, 6)]


def test_two_processes_give_what_one_gives_each_at_its_place() -> None:
    for most in (1, 2):
        with hands(most) as found:
            assert dict(found.each(operator.add, JOBS)) == {0: 3, 1: 7, 2: 11}
            assert (found.pool is None) == (most == 1)


def test_the_processes_of_one_stage_serve_the_next_and_one_job_needs_none() -> None:
    with hands(2) as found:
        assert list(found.each(operator.add, JOBS[:1])) == [(0, 3)]
        assert found.pool is None
        assert len(list(found.each(operator.add, JOBS))) == 3
        begun = found.pool
        assert len(list(found.each(operator.mul, JOBS))) == 3
        assert found.pool is begun


def test_what_the_next_stage_needs_is_loaded_while_this_one_is_at_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "needed_later.py").write_text("", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with hands(2) as found:
        found.later = ("needed_later",)
        found.begin(2)
        assert "needed_later" not in sys.modules
        assert len(list(found.each(operator.add, JOBS))) == 3
        assert ("needed_later" in sys.modules) == found.copies
        first = found.pool
        found.end()
        assert (found.pool, found.ready, found.later) == (None, ("needed_later",), ())
        assert len(list(found.each(operator.add, JOBS))) == 3
        assert found.pool is not first
        assert ("needed_later" in sys.modules) == found.copies
    sys.modules.pop("needed_later", None)


def test_what_stops_a_job_stops_the_run() -> None:
    with hands(2) as found, pytest.raises(ZeroDivisionError):
        list(found.each(operator.truediv, [(1, 1), (1, 0)]))


def test_a_process_that_is_lost_is_refused_in_words() -> None:
    with hands(2) as found, pytest.raises(CobalensError) as refusal:
        list(found.each(os._exit, [(3,), (3,)]))
    assert refusal.value.code == "worker_lost"


@pytest.mark.parametrize("most", [1, 2])
def test_a_refusal_in_another_process_arrives_as_it_is(most: int) -> None:
    told = errors.facts_without_sql(["fact"])
    with hands(most) as found, pytest.raises(CobalensError) as refusal:
        list(found.each(refused, [(told,), (told,)]))
    assert refusal.value.as_dict() == told.as_dict()


def refused(error: CobalensError) -> None:
    raise error


COPYING = sys.platform == "linux"
WAITING = """
import os, signal, sys, time
from pathlib import Path
from cobalens.serve.cohort.hands import hands

def waits(folder):
    Path(folder, f"waits-{os.getpid()}").touch()
    time.sleep(60)

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    job = {"waits": waits}[sys.argv[1]]
    with hands(2, ("made_ready",)) as found:
        list(found.each(job, [(sys.argv[2],)] * 2))
"""
READY = """
import os
from pathlib import Path
Path({folder!r}, f"ready-{{os.getpid()}}").touch()
"""


def begun(folder: Path, job: str, cwd: Path | None = None) -> subprocess.Popen[str]:
    """A program of its own that shares out jobs, in a group of processes of its own, where Ctrl-C is heard."""
    program = folder / "program.py"
    program.write_text(WAITING, encoding="utf-8")
    (folder / "made_ready.py").write_text(READY.format(folder=str(folder)), encoding="utf-8")
    command = [sys.executable, str(program), job, str(folder)]
    return subprocess.Popen(command, start_new_session=True, text=True, stderr=subprocess.PIPE, cwd=cwd)


def of_group(group: int) -> list[str]:
    """The processes of a group that are not at their end."""
    found = []
    for one in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, of = one.read_text().rpartition(")")[2].split()[:3]
            if int(of) == group and state != "Z":
                found.append(one.parent.name)
    return found


def wait_until(reached: Callable[[], bool]) -> bool:
    for _ in range(300):
        if reached():
            return True
        time.sleep(0.1)
    return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked for in /proc")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_process_is_left_behind_however_the_first_one_ends(tmp_path: Path, how: signal.Signals) -> None:
    program = begun(tmp_path, "waits")
    try:
        assert wait_until(lambda: len(list(tmp_path.glob("waits-*"))) == 2)
        if how is signal.SIGINT:  # as a terminal sends it
            os.killpg(program.pid, how)
        else:
            program.send_signal(how)
        program.communicate(timeout=30)
        assert program.returncode != 0
        assert wait_until(lambda: of_group(program.pid) == [])
    finally:
        for one in of_group(program.pid):
            os.kill(int(one), signal.SIGKILL)


@pytest.mark.skipif(not COPYING, reason="processes are begun anew here")
def test_what_processes_need_is_loaded_once_and_not_from_the_current_folder(tmp_path: Path) -> None:
    current = tmp_path / "current"
    current.mkdir()
    (current / "made_ready.py").write_text(
        f"open({str(current / 'was_run')!r}, 'w').close()", encoding="utf-8"
    )
    program = begun(tmp_path, "waits", current)
    try:
        assert wait_until(lambda: len(list(tmp_path.glob("waits-*"))) == 2)
        assert not (current / "was_run").exists()
        ready, waits = (
            {one.name.split("-")[1] for one in tmp_path.glob(f"{what}-*")} for what in ("ready", "waits")
        )
        assert len(ready) == 1
        assert ready.isdisjoint(waits)
    finally:
        program.kill()
        program.communicate(timeout=30)


KINDS = """
import operator, sys, threading
from cobalens.serve.cohort.hands import hands

if __name__ == "__main__":
    if sys.argv[1] == "busy":
        threading.Thread(target=threading.Event().wait, daemon=True).start()
    with hands(2) as found:
        found.begin(1)
        assert found.pool is None
        found.begin(2)
        print(*{type(one).__name__ for one in found.pool._processes.values()})
        assert dict(found.each(operator.add, [(1, 2), (3, 4)])) == {0: 3, 1: 7}
"""


@pytest.mark.parametrize(
    ("at", "kind"), [("rest", "ForkProcess" if COPYING else "SpawnProcess"), ("busy", "SpawnProcess")]
)
def test_a_process_is_copied_only_while_nothing_else_runs_in_it(tmp_path: Path, at: str, kind: str) -> None:
    (tmp_path / "program.py").write_text(KINDS, encoding="utf-8")
    command = [sys.executable, "-W", "error", str(tmp_path / "program.py"), at]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.split() == [kind]


# --- What is loaded before the processes that read people begin ------------------------------------------------------


def test_what_is_loaded_depends_on_what_is_read(tmp_path: Path) -> None:
    source = tmp_path / "all.ndjson"
    for size, cut in ((0, False), (COMPILED_BYTES - 1, False), (COMPILED_BYTES, True)):
        with source.open("wb") as file:
            file.truncate(size)
        ready, later = ready_for(LINES, [source])
        assert ready == ((CUTTING,) if cut else ())
        assert later == (*LIBRARIES, READING)
    assert ready_for(FILES, [source]) == ((READING,), ())
    for name in (*ready, *later):
        assert find_spec(name) is not None


def test_to_have_been_loaded_is_to_have_the_rules_and_the_compiled_code() -> None:
    code = f"""
import gc, {CUTTING}, {READING}
from cobalens.model.primary import PRIMARY
from cobalens.intake.fhir import cutting
from cobalens.serve.cohort.people import kept
made = [one for one in vars(cutting).values() if hasattr(one, "signatures")]
assert any(one.signatures for one in made), "not compiled"
assert gc.get_freeze_count() > 10_000, "not frozen"
before = kept.cache_info().misses
kept(PRIMARY)
assert kept.cache_info().misses == before == 1, "not loaded"
"""
    subprocess.run([sys.executable, "-c", code], check=True)
