"""Which engine does the judging of a run: DuckDB, or Spark in one session for the whole run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from cobalens.engines import duckdb, spark
from cobalens.engines.sql.answers import Query
from cobalens.serve import refusals

if TYPE_CHECKING:
    from cobalens.engines.duckdb import Base
    from cobalens.serve.cohort import Wanted

SPARK = "spark"
Judge: TypeAlias = Callable[[tuple[Path, int, int], Path], int]
"""Writes the answers of a part to a file, and says how many rows they are."""


def check(wanted: Wanted) -> None:
    """Refuses what Spark could not start with, before anything is read."""
    if wanted.engine != SPARK:
        if wanted.spark_master:
            raise refusals.master_without_spark()
        return
    if find_spec("pyspark") is None:
        raise refusals.spark_missing()
    found = spark.java_version()
    if found is None or found < spark.OLDEST_JAVA:
        raise refusals.spark_without_java(found, spark.OLDEST_JAVA)


@contextmanager
def started(wanted: Wanted, scratch: Path) -> Iterator[spark.Spark | None]:
    """Spark's session, where it was asked for."""
    if wanted.engine != SPARK:
        yield None
        return
    with spark.connected(scratch, wanted.memory, wanted.threads, wanted.spark_master) as session:
        yield session


def judging(base: Base, query: Query, aside: bool, session: spark.Spark | None) -> Judge:
    """What writes the answers of a part; ``aside``: some rows of the whole are not to be used."""
    if session is None:
        types = duckdb.Types(base, query)
        return lambda part, target: duckdb.answer_part(base, query, types, part, target, aside)
    on_spark = session

    def judge(part: tuple[Path, int, int], target: Path) -> int:
        places = spark.places_aside(base, part[0], on_spark.scratch / "aside.parquet") if aside else None
        return spark.answer_part(on_spark, query, part, target, places)

    return judge


def tell(trouble: duckdb.EngineError) -> None:
    """Refuses with what stopped Spark, where it was Spark."""
    if isinstance(trouble, spark.SparkError):
        if trouble.kind == spark.NO_START:
            raise refusals.spark_not_started(trouble.cause) from None
        raise refusals.spark_lost(trouble.cause) from None
