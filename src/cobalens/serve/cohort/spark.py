"""Which engine does the judging of a run: DuckDB, or Spark in one session for the whole run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from cobalens.engines import duckdb, spark
from cobalens.serve.cohort import refusals

if TYPE_CHECKING:
    from cobalens.serve.cohort.run import Wanted

SPARK = "spark"


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


def tell(trouble: duckdb.EngineError) -> None:
    """Refuses with what stopped Spark, where it was Spark."""
    if isinstance(trouble, spark.SparkError):
        if trouble.kind == spark.NO_START:
            raise refusals.spark_not_started(trouble.cause) from None
        raise refusals.spark_lost(trouble.cause) from None
