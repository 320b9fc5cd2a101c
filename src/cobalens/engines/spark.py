"""Runs the generated SQL on Spark, on this machine or on a cluster: from canonical tables to facts, from facts to answers.

What Spark writes in many files is put together here as one, in the order of the rows, typed as DuckDB types it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from cobalens.engines.duckdb import FULL, MEMORY, NO_SPACE, PLACE, EngineError
from cobalens.engines.sql.answers import KEYS, Query
from cobalens.engines.sql.dialects import tables_of, written
from cobalens.engines.sql.rules import SUPPORTED
from cobalens.engines.sql.text import as_number, as_text, quoted, result_text, said, stage_texts
from cobalens.model.cohort import DIED, EPOCH

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


LOST, NO_START = "lost", "no_start"
"""Further words for what stopped the engine: Spark gave up, or did not start."""
OLDEST_JAVA = 17
NEEDED = {
    # A number that leaves its type is an error, as on DuckDB, and never wraps round.
    "spark.sql.ansi.enabled": "true",
    # The rules are some thousand columns in a row of steps. Spark may neither write the steps out as one, which grows
    # without end, nor make one program of them, nor follow what each column implies for every other.
    "spark.sql.optimizer.excludedRules": "org.apache.spark.sql.catalyst.optimizer.CollapseProject",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.constraintPropagation.enabled": "false",
    "spark.sql.adaptive.enabled": "false",
    # An error's text may hold values.
    "spark.log.level": "OFF",
    "spark.executor.syncLogLevel.enabled": "true",
    "spark.ui.showConsoleProgress": "false",
}
LOGS = ("SQLQueryContextLogger", "DataFrameQueryContextLogger")
"""Where PySpark itself would write an error's text."""
PARTED, USUAL, A_TASK = "spark.sql.shuffle.partitions", 200, 5_000
"""In how many tasks a step is parted, how many that is where nothing is said, and the people of whom a task has enough to do."""
ON_THIS_MACHINE = {
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.eventLog.enabled": "false",
}


class SparkError(EngineError):
    """``cause``: the name of Spark's error, which holds no values."""

    def __init__(self, kind: str, cause: str = "") -> None:
        super().__init__(kind)
        self.cause = cause


class Spark(Struct, frozen=True):
    """A session, and where it may put what it makes on the way."""

    session: Any
    scratch: Path
    parted: bool = True
    """Whether it is said in how many tasks a step is parted."""


# --- A session ----------------------------------------------------------------------------------------------------


def java_version() -> int | None:
    """The main version of the Java that Spark would start; ``None`` where there is none."""
    home = os.environ.get("JAVA_HOME")
    program = str(Path(home, "bin", "java")) if home else shutil.which("java")
    if program is None:
        return None
    try:
        told = subprocess.run([program, "-version"], capture_output=True, text=True, check=False)
    except OSError:
        return None
    found = re.search(r'version "(?:1\.)?(\d+)', told.stderr + told.stdout)
    return int(found[1]) if found else None


def configured() -> dict[str, str]:
    """What ``spark-defaults.conf`` of this machine says, by Spark's own rules of where it lies."""
    home = os.environ.get("SPARK_HOME")
    folder = os.environ.get("SPARK_CONF_DIR") or (str(Path(home, "conf")) if home else "")
    place = Path(folder, "spark-defaults.conf")
    if not folder or not place.is_file():
        return {}
    lines = (line.strip() for line in place.read_text(encoding="utf-8").splitlines())
    pairs = (re.split(r"[\s=:]+", line, maxsplit=1) for line in lines if line and not line.startswith("#"))
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


def settings(
    scratch: Path, memory: str | None, threads: int | None, master: str | None, there: Mapping[str, str]
) -> dict[str, str]:
    """What the session is started with; what ``spark-defaults.conf`` says stands wherever the answers allow it."""
    cores = threads or os.cpu_count() or 1
    found = dict(NEEDED)
    chosen = master or there.get("spark.master") or f"local[{cores}]"
    if master or "spark.master" not in there:
        found["spark.master"] = chosen
    here = {"spark.app.name": "cobalens"}
    if chosen.startswith("local"):
        here |= ON_THIS_MACHINE
        here[PARTED] = str(cores)
        here["spark.local.dir"] = str(scratch)
        here["spark.driver.memory"] = half_of_memory()
    here["spark.sql.warehouse.dir"] = str(scratch / "warehouse")
    found |= {name: value for name, value in here.items() if name not in there}
    if memory:
        found["spark.driver.memory"] = re.sub(r"(?i)i?b$", "", memory.strip()).lower()
    return found


def half_of_memory() -> str:
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4 << 30
    return f"{max(1, pages >> 31)}g"


@contextmanager
def connected(
    scratch: Path, memory: str | None = None, threads: int | None = None, master: str | None = None
) -> Iterator[Spark]:
    """One session of Spark for a whole run."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException
    from pyspark.logger import PySparkLogger
    from pyspark.sql import SparkSession

    scratch.mkdir(parents=True, exist_ok=True)
    there = configured()
    chosen = settings(scratch, memory, threads, master, there)
    if chosen.get("spark.driver.host") == "127.0.0.1":
        # Else Spark asks the network for the name of this machine.
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    for name in LOGS:
        PySparkLogger.getLogger(name).disabled = True
    builder: Any = SparkSession.builder
    for name, value in chosen.items():
        builder = builder.config(name, value)
    with silence():
        try:
            session = builder.getOrCreate()
        except (PySparkException, Py4JError, OSError) as error:
            clear(scratch)
            raise SparkError(NO_START, cause_of(error)) from None
    try:
        yield Spark(session, scratch, parted=PARTED in there or PARTED in chosen)
    finally:
        session.stop()
        clear(scratch)


def divide(spark: Spark, people: int) -> None:
    """Few people in few tasks, where nothing is said: some hundred for every step take minutes, whomever they are about."""
    if not spark.parted:
        with troubles():
            cores = spark.session.sparkContext.defaultParallelism
            spark.session.conf.set(PARTED, str(min(max(USUAL, cores), max(cores, people // A_TASK))))


def clear(scratch: Path) -> None:
    """Leaves nothing of a session, nor the folder that was made for it alone."""
    shutil.rmtree(scratch, ignore_errors=True)
    with suppress(OSError):
        scratch.parent.rmdir()


@contextmanager
def silence() -> Iterator[None]:
    """Java starts without our standard error, on which its remarks would stand among what we say."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(nowhere)
        os.close(kept)


@contextmanager
def troubles() -> Iterator[None]:
    """Turns Spark's errors of the outside world into words; one of our text is our mistake and stays what it is."""
    from py4j.protocol import Py4JError
    from pyspark.errors import AnalysisException, PySparkException

    try:
        yield
    except (AnalysisException, PySparkException, Py4JError, OSError) as error:
        if isinstance(error, AnalysisException) and not is_of_files(error):
            raise
        text = str(error).lower()
        if any(word in text for word in NO_SPACE):
            raise SparkError(FULL) from None
        if "outofmemory" in text:
            raise SparkError(MEMORY) from None
        raise SparkError(LOST, cause_of(error)) from None


def is_of_files(error: Any) -> bool:
    return str(error.getCondition()).startswith(("PATH_NOT_FOUND", "UNABLE_TO_INFER", "FAILED_READ"))


def cause_of(error: BaseException) -> str:
    """The last cause's class, which is a name and no value."""
    names = re.findall(r"(?:^|Caused by: |: )((?:\w+\.)+\w*(?:Exception|Error))\b", str(error), re.MULTILINE)
    return names[-1].rsplit(".", 1)[-1] if names else type(error).__name__


# --- From canonical tables to facts -------------------------------------------------------------------------------


def open_tables(spark: Spark, tables: Mapping[str, Sequence[Path]]) -> None:
    """Parquet files as tables, by name."""
    with troubles():
        for name, files in tables.items():
            spark.session.read.parquet(*map(str, files)).createOrReplaceTempView(name)


def view(spark: Spark, name: str, text: str) -> None:
    """A query as a table that is not made before it is read."""
    with troubles():
        spark.session.sql(written(text, "spark")).createOrReplaceTempView(name)


def make(spark: Spark, name: str, statement: str) -> None:
    """A statement's outcome as a table. What is read more than once on the way is calculated once, and kept.

    As one statement it would be planned as often as its parts are read.
    """
    parts, last = tables_of(statement, "spark")
    read = Counter(word for _, _, words in parts for word in words) + Counter(last[1])
    with troubles():
        for part, text, _ in parts:
            found = spark.session.sql(text)
            (kept(found) if read[part] > 1 else found).createOrReplaceTempView(part)
        kept(spark.session.sql(last[0])).createOrReplaceTempView(name)


def kept(frame: DataFrame) -> DataFrame:
    """What a query gives, calculated now; its columns are others than those it was read from, so that both can be joined."""
    return frame.localCheckpoint().toDF(*frame.columns)


def copied(spark: Spark, text: str, target: Path) -> int:
    """What an ordered query gives as one file, as a whole or not at all; how many rows."""
    with troubles():
        frame = spark.session.sql(written(text, "spark"))
    return put(spark, frame, target)


# --- From facts to answers ----------------------------------------------------------------------------------------


def answer_part(
    spark: Spark, query: Query, part: tuple[Path, int, int], target: Path, aside: Path | None = None
) -> int:
    """Writes the answers of one part; how many rows. ``aside``: a file of the places that are not to be used."""
    from pyspark.sql import functions as f

    file, first, after = part
    divide(spark, after - first)
    with troubles():
        place = f.col("_metadata.row_index")
        columns = [*KEYS, *query.facts, *query.noticed]
        given = spark.session.read.parquet(str(file))
        died = f.col(DIED) if DIED in given.columns else f.lit(None).cast("boolean").alias(DIED)
        source = given.select(*columns, died, place.alias(PLACE))
        source = source.where((f.col(PLACE) >= first) & (f.col(PLACE) < after))
        if aside is not None:
            left_out = spark.session.read.parquet(str(aside)).select(PLACE)
            source = source.join(f.broadcast(left_out), PLACE, "left_anti")
        frame = answered(spark.session, query, source)
    return put(spark, frame, target)


def answered(session: SparkSession, query: Query, source: DataFrame) -> DataFrame:
    """The answers to facts that each have a place, stage by stage, each a step of one plan."""
    source.createOrReplaceTempView("facts")
    keys = (*KEYS, PLACE)
    for name, text in stage_texts(query, keys=(*keys, DIED)):
        session.sql(text).createOrReplaceTempView(name)
    return session.sql(result_text(query, as_text, (*keys, *more_of(query))))


def more_of(query: Query) -> list[str]:
    """In Spark's words: the day as a date, where there is one, who has died, and the list of the findings that are supported."""
    found = [f"DATE_ADD(DATE '{EPOCH.isoformat()}', CAST(NULLIF(index_day, 0) AS INT)) AS as_of", DIED]
    words = [
        said(one, lambda one, n: quoted(one.code) if n == SUPPORTED else "NULL")
        for one in query.outputs
        if one.code
    ]
    if words:
        found.append(f"FILTER(ARRAY({', '.join(words)}), one -> one IS NOT NULL) AS findings")
    return found


def read_numbers(spark: Spark, query: Query, file: Path) -> list[tuple[object, ...]]:
    """Every output as its number, in the order of the people: for comparing engines."""
    with troubles():
        spark.session.read.parquet(str(file)).createOrReplaceTempView("facts")
        for name, text in stage_texts(query):
            spark.session.sql(text).createOrReplaceTempView(name)
        text = f"{result_text(query, as_number)}\nORDER BY person_id, index_day"
        return [tuple(row) for row in spark.session.sql(text).collect()]


# --- Files --------------------------------------------------------------------------------------------------------


def put(spark: Spark, frame: DataFrame, target: Path) -> int:
    """What Spark made as one file, in the order of the places where there are some, else in that of its files."""
    folder = spark.scratch / "written"
    shutil.rmtree(folder, ignore_errors=True)
    coming = target.with_suffix(".together")
    try:
        with troubles():
            frame.write.parquet(str(folder))
            rows = put_together(folder, coming)
        coming.replace(target)
    finally:
        coming.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
    return rows


def put_together(folder: Path, target: Path) -> int:
    """The files of a folder as one, a run of ascending places after the other; how many rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    files = sorted(folder.glob("part-*.parquet"))
    schema = pq.read_schema(files[0])
    placed = PLACE in schema.names
    kept = pa.schema([field.with_nullable(True) for field in schema if field.name != PLACE])
    rows = 0
    with pq.ParquetWriter(target, kept, store_schema=False) as writer:
        for file, first, after in runs(files) if placed else ((file, 0, None) for file in files):
            # Words as numbers while they are carried: a column says one of a few.
            words = [field.name for field in kept if field.type == pa.string() and field.name not in KEYS]
            table = pq.read_table(file, columns=kept.names, read_dictionary=words).slice(
                first, after and after - first
            )
            if table.num_rows:
                writer.write_table(table.cast(kept))
            rows += table.num_rows
    return rows


def runs(files: Sequence[Path]) -> list[tuple[Path, int, int]]:
    """``(file, first row, row after the last)`` of stretches that stand one after the other in the order of the places.

    A task of Spark may have read several pieces of the source, between which another task's lie.
    """
    import pyarrow.parquet as pq

    held = [pq.read_table(file, columns=[PLACE]).column(0).to_pylist() for file in files]
    starts = {n: {0, *(i for i in range(1, len(one)) if one[i] < one[i - 1])} for n, one in enumerate(held)}
    before = 0
    while before != (before := sum(map(len, starts.values()))):
        firsts = sorted(held[n][i] for n, found in starts.items() for i in found if held[n])
        for n, found in starts.items():
            found |= cut_at(held[n], sorted(found), firsts)
    pieces = [
        (held[n][first], files[n], first, after)
        for n, found in starts.items()
        for first, after in pairwise([*sorted(found), len(held[n])])
        if after > first
    ]
    return [(file, first, after) for _, file, first, after in sorted(pieces)]


def cut_at(places: Sequence[int], starts: Sequence[int], firsts: Sequence[int]) -> set[int]:
    """Where a stretch has to be cut, since another one begins between two of its places."""
    found = set()
    for first, after in pairwise([*starts, len(places)]):
        if after > first:
            inside = firsts[bisect_right(firsts, places[first]) : bisect_right(firsts, places[after - 1])]
            found |= {bisect_left(places, one, first, after) for one in inside}
    return found
