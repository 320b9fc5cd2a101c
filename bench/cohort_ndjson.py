"""``python -m bench.cohort_ndjson [people]``: a hospital's lines of FHIR to answers, beside a bare reading of the same lines.

Two processes, one folder that goes away; compiled code is compiled before. The bare readings do nothing with what they read: msgspec and Python's own json
decode every line, DuckDB reads the few columns that any program would need, once with codes and amounts left as text, once taken apart.
A rival from npm (cql-execution with cql-exec-fhir) answers thirteen simple B12 rules about some of the same people, where npm can install it; its start is not counted.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import TypeAlias

import duckdb
import msgspec

from bench.cql.measure import asked
from bench.ndjson_people import DAY, RESOURCES, write
from cobalens.intake.fhir.lines import Plan, chunks_of
from cobalens.intake.fhir.rows import share_out
from cobalens.model.primary import PRIMARY
from cobalens.serve.cohort import runner as cohort
from cobalens.serve.cohort.run import Wanted
from cobalens.serve.cohort.state import FACTS

Value: TypeAlias = "Synchronized[float]"
PEOPLE = 100_000
TARGET, MOST_MEMORY, FACTS_BESIDE_READING = 10_000, 1_000, 1.6
"""People a second, megabytes in all processes together, and the way to facts beside a bare reading."""
PROCESSES = 2
CODED = "STRUCT(coding STRUCT(system VARCHAR, code VARCHAR, display VARCHAR)[], text VARCHAR)"
AMOUNT = "STRUCT(value DOUBLE, unit VARCHAR, system VARCHAR, code VARCHAR, comparator VARCHAR)"
COLUMNS = (
    "{resourceType: 'VARCHAR', id: 'VARCHAR', subject: 'JSON', code: 'JSON', status: 'VARCHAR', valueQuantity: 'JSON', "
    "effectiveDateTime: 'VARCHAR', onsetDateTime: 'VARCHAR', authoredOn: 'VARCHAR', medicationCodeableConcept: 'JSON'}"
)
APART = (
    f"{{resourceType: 'VARCHAR', id: 'VARCHAR', subject: 'STRUCT(reference VARCHAR)', code: '{CODED}', status: 'VARCHAR', "
    f"valueQuantity: '{AMOUNT}', referenceRange: 'STRUCT(low {AMOUNT}, high {AMOUNT})[]', clinicalStatus: '{CODED}', "
    f"verificationStatus: '{CODED}', effectiveDateTime: 'VARCHAR', onsetDateTime: 'VARCHAR', performedDateTime: 'VARCHAR', "
    f"authoredOn: 'VARCHAR', medicationCodeableConcept: '{CODED}', gender: 'VARCHAR', birthDate: 'VARCHAR'}}"
)


def timed(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def decoded(path: Path, own: bool) -> int:
    decode = json.loads if own else msgspec.json.Decoder().decode
    with path.open("rb") as lines:
        return sum(1 for line in lines if decode(line))


def bare_python(folder: Path, own: bool) -> None:
    """Every line to plain values by Python's ``own`` json or by msgspec, the files shared between two processes."""
    files = sorted(folder.iterdir(), key=lambda path: -path.stat().st_size)
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        list(pool.map(decoded, files, [own] * len(files)))


def bare_duckdb(folder: Path, columns: str) -> None:
    with duckdb.connect(config={"threads": PROCESSES}) as base:
        base.execute(
            f"CREATE TABLE held AS SELECT * FROM read_json('{folder}/*.ndjson', format = 'newline_delimited', columns = {columns})"
        )


def ours(folder: Path, out: Path) -> None:
    shutil.rmtree(out, ignore_errors=True)
    cohort.run(
        Wanted(source=str(folder), out=str(out), pack=PRIMARY, index=DAY, threads=PROCESSES), quiet=True
    )


def make_ready(folder: Path) -> None:
    """Lets the code that cuts lines be compiled, as the first run on a machine does."""
    write(1, folder / "source")
    (folder / "shared").mkdir()
    for chunk in chunks_of(sorted((folder / "source").iterdir())):
        share_out(chunk, Plan(folder / "shared", 1, compiled=True))


@contextmanager
def watched() -> Iterator[Value]:
    """The most megabytes that this process and those begun by it hold together; what they share counts once.

    It is looked at by a process of its own, since a thread here would change how the run begins its processes.
    """
    context = get_context("spawn")
    most = context.Value("d", 0.0)
    looking = context.Process(target=look, args=(os.getpid(), most), daemon=True)
    looking.start()
    try:
        yield most
    finally:
        looking.terminate()
        looking.join()


def look(process: int, most: Value, pause: float = 0.2) -> None:
    while True:
        most.value = max(most.value, sum(held(one) for one in family(process) if one != os.getpid()))
        time.sleep(pause)


def family(process: int) -> Iterator[int]:
    """A process and all that it has begun."""
    yield process
    for thread in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            begun = thread.read_text().split()
        except OSError:
            continue
        for one in begun:
            yield from family(int(one))


def held(process: int) -> float:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def main(people: int = PEOPLE) -> int:
    with tempfile.TemporaryDirectory() as name:
        folder, out = Path(name) / "export", Path(name) / "out"
        size = write(people, folder)
        print(f"{people} people, {RESOURCES} resources each, {size / 1e6:.0f} MB; {PROCESSES} processes")
        make_ready(Path(name) / "ready")
        begun = time.time()
        with watched() as memory:
            whole = timed(lambda: ours(folder, out))
        to_facts = (out / FACTS).stat().st_mtime - begun
        said = json.loads((out / "run.json").read_text())
        assert said["people"] == people, said["people"]
        plain, own = (timed(lambda: bare_python(folder, False)), timed(lambda: bare_python(folder, True)))
        columns, apart = (
            timed(lambda: bare_duckdb(folder, COLUMNS)),
            timed(lambda: bare_duckdb(folder, APART)),
        )
        print(
            f"lines to answers       {people / whole:8.0f} people a second (wanted {TARGET}), {memory.value:.0f} MB in all processes (at most {MOST_MEMORY})"
        )
        print(f"beside msgspec's read  {people / plain:8.0f} people a second, ratio {whole / plain:.1f}")
        print(f"beside json's read     {people / own:8.0f} people a second, ratio {whole / own:.1f}")
        print(f"beside DuckDB's read   {people / columns:8.0f} people a second, ratio {whole / columns:.1f}")
        print(f"beside the same taken apart {people / apart:3.0f} people a second, ratio {whole / apart:.1f}")
        ratio = to_facts / min(plain, columns)
        print(
            f"lines to facts         {people / to_facts:8.0f} people a second, {ratio:.1f} times the fastest bare read (wanted {FACTS_BESIDE_READING}), "
            f"{to_facts / plain:.1f} msgspec's, {to_facts / own:.1f} json's, {to_facts / apart:.1f} DuckDB's taken apart"
        )
        print(asked())
    good = people / whole >= TARGET and memory.value <= MOST_MEMORY and ratio <= FACTS_BESIDE_READING
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main(*(int(one) for one in sys.argv[1:2])))
