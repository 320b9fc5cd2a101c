"""``python -m bench.cohort_ndjson [people]``: a hospital's lines of FHIR to answers, beside a bare reading of the same lines.

Two processes, one folder that goes away. The bare readings do nothing with what they read: msgspec decodes every line,
DuckDB reads the few columns that any program would need. A rival from npm (cql-execution with cql-exec-fhir) answers
thirteen simple B12 rules about some of the same people, where npm can install it; its start is not counted.
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import duckdb
import msgspec

from bench.cql.measure import asked
from bench.ndjson_people import DAY, RESOURCES, write
from cobalens.api import PRIMARY
from cobalens.serve import cohort
from cobalens.serve.cohort import Wanted

PEOPLE = 20_000
TARGET, MOST_MEMORY = 10_000, 1_000
"""People a second, and megabytes in the largest process."""
PROCESSES = 2
COLUMNS = (
    "{resourceType: 'VARCHAR', id: 'VARCHAR', subject: 'JSON', code: 'JSON', status: 'VARCHAR', valueQuantity: 'JSON', "
    "effectiveDateTime: 'VARCHAR', onsetDateTime: 'VARCHAR', authoredOn: 'VARCHAR', medicationCodeableConcept: 'JSON'}"
)


def timed(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def decoded(path: Path) -> int:
    decode = msgspec.json.Decoder().decode
    with path.open("rb") as lines:
        return sum(1 for line in lines if decode(line))


def bare_msgspec(folder: Path) -> None:
    """Every line to plain values, the files shared between two processes."""
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        list(pool.map(decoded, sorted(folder.iterdir(), key=lambda path: -path.stat().st_size)))


def bare_duckdb(folder: Path) -> None:
    with duckdb.connect(config={"threads": PROCESSES}) as base:
        base.execute(
            f"CREATE TABLE held AS SELECT * FROM read_json('{folder}/*.ndjson', format = 'newline_delimited', columns = {COLUMNS})"
        )


def ours(folder: Path, out: Path) -> None:
    shutil.rmtree(out, ignore_errors=True)
    cohort.run(
        Wanted(source=str(folder), out=str(out), pack=PRIMARY, index=DAY, threads=PROCESSES), quiet=True
    )


def megabytes() -> float:
    """Of the largest process so far."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(one).ru_maxrss for one in who) / 1024


def main(people: int = PEOPLE) -> int:
    with tempfile.TemporaryDirectory() as name:
        folder, out = Path(name) / "export", Path(name) / "out"
        size = write(people, folder)
        print(f"{people} people, {RESOURCES} resources each, {size / 1e6:.0f} MB; {PROCESSES} processes")
        whole = timed(lambda: ours(folder, out))
        memory = megabytes()
        said = json.loads((out / "run.json").read_text())
        assert said["people"] == people, said["people"]
        plain, columns = timed(lambda: bare_msgspec(folder)), timed(lambda: bare_duckdb(folder))
        print(
            f"lines to answers       {people / whole:8.0f} people a second (wanted {TARGET}), {memory:.0f} MB (at most {MOST_MEMORY})"
        )
        print(f"beside msgspec's read  {people / plain:8.0f} people a second, ratio {whole / plain:.1f}")
        print(f"beside DuckDB's read   {people / columns:8.0f} people a second, ratio {whole / columns:.1f}")
        print(asked())
    return 0 if people / whole >= TARGET and memory <= MOST_MEMORY else 1


if __name__ == "__main__":
    raise SystemExit(main(*(int(one) for one in sys.argv[1:2])))
