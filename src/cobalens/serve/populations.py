"""The commands for whole populations. Heavy imports stand inside them."""

from __future__ import annotations

import sys
from typing import Any

import click

DIALECTS = (
    "bigquery", "clickhouse", "databricks", "duckdb", "postgres", "redshift", "snowflake", "spark", "sqlite",
    "sqlserver", "trino",
)  # fmt: skip

RUN_HELP = """Answers everybody in SOURCE by the same rules as one person, into FOLDER.

SOURCE is a Parquet file, or a folder of them, with one row of facts a person and day of decision: `person_id`,
`index_day` (days since 1970-01-01), and one whole number a fact; 0 or nothing where it is not known. `cobalens cohort
columns` lists them.

FOLDER then holds `interpretations.parquet` (one file; a folder of files where the work was done in several parts),
`run.json` with every count, and `set_aside.csv` with the place of each row that was not used and the reason. The work is
done in parts of a million rows, each written as a whole or not at all; after a stop, --resume does the rest.

\b
Examples:
  cobalens cohort run facts.parquet --out tonight
  cobalens cohort run facts/ --out tonight --memory 4GB --rows
  cobalens cohort run facts/ --out tonight --resume

\b
Exit status: 0 done; 1 part of the source could not be read; 2 input or command refused.
"""
SQL_HELP = """Writes the rules as one SQL statement in another database's words, to run where the data lives.

It reads a table `facts`, as described under `cobalens cohort run`.

\b
Examples:
  cobalens cohort sql facts --dialect postgres > answers.sql
  cobalens cohort sql facts --dialect sqlserver --table clinic.b12_facts > answers.sql
"""
PACK = click.option("--pack", default="nice-ng239", show_default=True, metavar="NAME", help="The primary pack; see `cobalens packs`.")  # fmt: skip


@click.group()
def cohort() -> None:
    """A whole population: everybody's answers in one run, or the SQL for them."""


@cohort.command(help=RUN_HELP)
@click.argument("source")
@click.option(
    "--out", required=True, metavar="FOLDER", help="A new or empty folder, or the run to go on with."
)
@PACK
@click.option("--rows", is_flag=True, help="Also say which row of the rules led to each answer and finding.")
@click.option(
    "--memory", metavar="SIZE", help="At most so much memory, for example 4GB; the rest goes to disk."
)
@click.option(
    "--threads", type=click.IntRange(1), metavar="N", help="At most so many at once; default: all cores."
)
@click.option(
    "--partitions",
    type=click.IntRange(1),
    metavar="N",
    help="In so many parts; default: a million rows each.",
)
@click.option("--resume", is_flag=True, help="Go on with the run that FOLDER holds.")
def run(**options: Any) -> None:
    from cobalens.serve.cli import guarded
    from cobalens.serve.cohort import Wanted
    from cobalens.serve.cohort import run as run_all

    sys.exit(guarded(lambda: run_all(Wanted(**options))))


@cohort.command(help=SQL_HELP)
@click.argument("kind", type=click.Choice(["facts"]))
@click.option("--dialect", required=True, type=click.Choice(DIALECTS), help="The database's language.")
@click.option("--table", default="facts", show_default=True, metavar="NAME", help="The table of facts.")
@PACK
@click.option("--rows", is_flag=True, help="Also say which row of the rules led to each answer and finding.")
def sql(kind: str, **options: Any) -> None:
    from cobalens.serve.cli import guarded
    from cobalens.serve.cohort import write_sql

    sys.exit(guarded(lambda: write_sql(**options)))


@cohort.command()
@PACK
def columns(pack: str) -> None:
    """Lists the columns that a table of facts has, with the values of each, from 0 on."""
    from cobalens.serve.cli import guarded
    from cobalens.serve.cohort import list_columns

    sys.exit(guarded(lambda: list_columns(pack)))
