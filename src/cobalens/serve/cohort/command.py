"""The commands for whole populations. Heavy imports stand inside them."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import click

from cobalens.model.primary import PRIMARY
from cobalens.serve.blanks import named

DIALECTS = (
    "bigquery", "clickhouse", "databricks", "duckdb", "postgres", "redshift", "snowflake", "spark", "sqlite",
    "sqlserver", "trino",
)  # fmt: skip

RUN_HELP = """Answers everybody in SOURCE by the same rules as one person, into FOLDER.

SOURCE is one of these; which one, its content says:

\b
  an OMOP CDM      a folder of Parquet or CSV, a DuckDB file, or a postgresql:// address
  FHIR lines       bulk NDJSON, one file or a folder of them, also .gz
  a table          results in CSV, TSV (also .gz), Excel or Parquet, a row each or a row a person
  cases            a case a line (.ndjson), a list of them, or a folder of case files (JSON, YAML, TOML)
  other records    a folder of what `cobalens interpret` reads
  nhanes           the reference population that comes with the program
  canonical tables a folder with `person.parquet`, `lab.parquet` and `event.parquet`; see docs/cohorts.md
  prepared facts   Parquet with `person_id`, `index_day` and one whole number a fact; `cobalens cohort columns` lists them

FOLDER then holds `interpretations.parquet` (one file; a folder of files where the work was done in several parts),
`run.json` with every count, and `set_aside.csv` with the place of each row that was not used and the reason. Unless the
facts were given, it also holds `facts.parquet`, `results.parquet` (the results behind them; both folders where many people
were read in several parts) and `quarantine.ndjson` with each line, row and person that came to
nothing, by place and reason. The work is done in parts, each written as a whole or not at all; after a stop, --resume
does the rest. Files packed by gzip are unpacked into FOLDER first.

\b
Examples:
  cobalens cohort run cdm/ --out tonight --index 2026-11-23
  cobalens cohort run postgresql://reader@server/hospital --schema cdm,vocabulary --out tonight
  cobalens cohort run export/ --out tonight --index each-result
  cobalens cohort run results.xlsx --out tonight --index 2026-11-23
  cobalens cohort run nhanes --out survey
  cobalens cohort run facts/ --out tonight --memory 4GB --rows
  cobalens cohort run facts/ --out tonight --resume
  cobalens cohort run facts/ --out tonight --engine spark --spark-master spark://server:7077

\b
Exit status: 0 done; 1 part of the source could not be read; 2 input or command refused.
"""
SQL_HELP = """Writes the rules as SQL in another database's words, to run where the data lives.

\b
From what, as a rule one after the other:
  omop      an OMOP CDM (5.3 or 5.4), with what its wordings mean, becomes the table of facts
  records   the tables `person`, `lab` and `event`, as docs/cohorts.md describes them, become the table of facts
  facts     the table of facts, as described under `cohort run`, becomes the answers

\b
What the wordings of an OMOP instance mean is read once, here, by the reader of one patient's record:
  words     lists them, with no person and no day; keep the outcome as CSV
  meanings  makes the two tables of what they mean, from that list

Of files (FHIR, tables, NHANES) `cohort run` writes the facts (facts.parquet), which can be loaded where the answers are
wanted. For Spark, Databricks, SQL Server (2022) and SQLite, facts are made in --steps.

\b
Examples:
  cobalens cohort sql words --dialect postgres --schema cdm,vocabulary > words.sql
  cobalens cohort sql meanings --words words.csv --dialect postgres --results-schema results > meanings.sql
  cobalens cohort sql omop --words words.csv --dialect postgres --schema cdm,vocabulary --results-schema results > facts.sql
  cobalens cohort sql records --dialect postgres --schema clinic > facts.sql
  cobalens cohort sql facts --dialect postgres --table clinic.b12_facts > answers.sql
"""
REPORT_HELP = """Writes the report and the worklists of a finished run into its FOLDER: `report.html` and `worklists.xlsx`.

`results.parquet` in FOLDER, or the file or folder given with --results, holds the results to be shown beside the people: the
canonical table of results (`person_id`, `analyte`, `lo`, `hi`, `lo_open`, `hi_open`, `unit`, `first_day`, `last_day`,
`problem`), with a column `site` where the place is known. Without it the worklists show no values.

With --share the copies name nobody, and hide small counts and what would give them away: `report-shared.html` and
`worklists-shared.xlsx`.

\b
Examples:
  cobalens cohort report tonight
  cobalens cohort report tonight --results lab.parquet
  cobalens cohort report tonight --share
"""
REPORTED = 250_000
"""People of whom a report is made without being asked for: some seconds for each ten thousand."""
INTERRUPTED = "Query interrupted"
"""What DuckDB says when Ctrl+C meets it at work."""
PACK = click.option("--pack", default=PRIMARY, show_default=True, metavar="NAME", help="The primary pack; see `cobalens packs`.")  # fmt: skip


class Size(click.ParamType[str]):
    """An amount of memory, refused before anything is begun."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not re.fullmatch(r"\d+(\.\d+)? ?[KMGT]i?B", str(value), re.IGNORECASE):
            self.fail(f"{value!r} is no amount of memory. Write it as 500MB or 4GB.", param, ctx)
        return str(value)


@click.group(short_help="A whole population: answers, report, SQL.")
def cohort() -> None:
    """A whole population: everybody's answers in one run, or the SQL for them."""


@cohort.command(help=RUN_HELP, short_help="Answers everybody in SOURCE, into FOLDER.")
@click.argument("source", callback=named)
@click.option(
    "--out",
    required=True,
    metavar="FOLDER",
    callback=named,
    help="A new or empty folder, or the run to go on with.",
)
@PACK
@click.option(
    "--index",
    default="latest",
    show_default=True,
    metavar="DAY",
    help="The day of decision: a date for everybody, `latest` for that of each person's latest B12, or of an MMA or "
    "homocysteine that followed it, or `each-result`.",
)
@click.option(
    "--complete", default="", metavar="LISTS", help="Lists of the source that are complete, parted by commas."
)
@click.option(
    "--mapping",
    metavar="FILE",
    callback=named,
    help="What the columns of a table hold; see docs/tables.md.",
)
@click.option(
    "--schema",
    metavar="NAME",
    help="The schema of an OMOP instance in its database, or several parted by commas: tables, then vocabulary.",
)
@click.option("--rows", is_flag=True, help="Also say which row of the rules led to each answer and finding.")
@click.option(
    "--memory",
    type=Size(),
    metavar="SIZE",
    help="At most so much memory for the database of each process (--threads), for example 4GB; the rest goes to disk.",
)
@click.option(
    "--threads", type=click.IntRange(1), metavar="N", help="At most so many at once; default: all cores."
)
@click.option(
    "--partitions",
    type=click.IntRange(1),
    metavar="N",
    help="In so many parts; default: 200,000 people of an OMOP instance, a million rows of facts.",
)
@click.option(
    "--engine",
    type=click.Choice(["duckdb", "spark"]),
    default="duckdb",
    show_default=True,
    help="What does the judging. Spark needs Java and `pip install 'cobalens[spark]'`.",
)
@click.option(
    "--spark-master",
    metavar="ADDRESS",
    help="Spark's cluster; default: what spark-defaults.conf says, else this computer.",
)
@click.option("--resume", is_flag=True, help="Go on with the run that FOLDER holds.")
@click.option(
    "--report/--no-report",
    default=None,
    help="Whether to write `report.html` and `worklists.xlsx` too, as `cobalens cohort report` does later; default: for up to 250,000 people.",
)
def run(report: bool | None, **options: Any) -> None:
    from cobalens.serve.cli import privately
    from cobalens.serve.cohort.run import Wanted
    from cobalens.serve.cohort.runner import run as run_all
    from cobalens.serve.cohort.told import stopped

    options["complete"] = tuple(one.strip() for one in options["complete"].split(",") if one.strip())

    def done() -> int:
        draws = reports(report)
        try:
            status = run_all(Wanted(**options))
        except RuntimeError as stop:
            if str(stop) != INTERRUPTED:
                raise
            stopped(Path(options["out"]))
            raise KeyboardInterrupt from None
        if draws and status == 0:
            told(options["out"], bool(report))
        return status

    sys.exit(privately(done, one=False))


def told(out: str, asked: bool) -> None:
    """The report of a finished run; of very many it takes minutes, and is made where it was asked for."""
    from cobalens.serve.cohort.report import ANSWERS, ran_in
    from cobalens.serve.cohort.report import run as write_report

    if not asked and not (Path(out) / ANSWERS).exists():
        # That nobody was answered has been said, with the reasons.
        return
    if asked or ran_in(Path(out)).used <= REPORTED:
        write_report(out)
    else:
        click.echo(f"The report of so many takes minutes: cobalens cohort report {out}", err=True)


def reports(asked: bool | None) -> bool:
    """Whether a report is made. Nobody should learn at the end of a long run that it cannot be made here."""
    from cobalens.serve.drawing import can_draw
    from cobalens.serve.refusals import pages_not_installed

    if asked is False or can_draw():
        return asked is not False
    if asked:
        raise pages_not_installed()
    click.echo(str(pages_not_installed()), err=True)
    click.echo("The answers are made without their report.", err=True)
    return False


@cohort.command(help=SQL_HELP, short_help="Writes the rules as SQL for another database.")
@click.argument("kind", type=click.Choice(["words", "meanings", "omop", "records", "facts"]))
@click.option("--dialect", required=True, type=click.Choice(DIALECTS), help="The database's language.")
@click.option(
    "--table", default="facts", show_default=True, metavar="NAME", help="The table of facts, to answer from."
)
@click.option(
    "--schema",
    metavar="NAME",
    help="Where the tables lie that are read; of an OMOP instance also several, parted by commas: tables, then vocabulary.",
)
@click.option("--results-schema", metavar="NAME", help="Where the two tables of meanings lie.")
@click.option(
    "--words",
    metavar="FILE",
    callback=named,
    help="The wordings of an OMOP instance, as `words` listed them.",
)
@click.option(
    "--unread",
    metavar="FILE",
    callback=named,
    help="With `meanings`: where to list the wordings that came to nothing.",
)
@click.option(
    "--index",
    default="latest",
    show_default=True,
    metavar="DAY",
    help="With `omop`: the day of decision, as under `cohort run`.",
)
@click.option(
    "--complete", default="", metavar="LISTS", help="With `omop`: lists that are complete, parted by commas."
)
@click.option("--into", metavar="NAME", help="Keep the outcome as this table instead of giving it out.")
@click.option(
    "--steps",
    is_flag=True,
    help="As many statements, each of which keeps a table, for Spark, Databricks and whatever cannot plan so long a one; "
    "the tables lie in --results-schema and are gone in the end, the outcome in --into, else in `b12_facts` or `b12_answers`.",
)
@PACK
@click.option("--rows", is_flag=True, help="Also say which row of the rules led to each answer and finding.")
def sql(**options: Any) -> None:
    from cobalens.serve.cli import guarded
    from cobalens.serve.cohort.text import write_sql

    sys.exit(guarded(lambda: write_sql(**options)))


@cohort.command(short_help="Lists the columns of a table of facts.")
@PACK
def columns(pack: str) -> None:
    """Lists the columns that a table of facts has, with the values of each, from 0 on."""
    from cobalens.serve.cli import guarded
    from cobalens.serve.cohort.text import list_columns

    sys.exit(guarded(lambda: list_columns(pack)))


@cohort.command(help=REPORT_HELP, short_help="Writes the report and worklists of a run.")
@click.argument("folder", callback=named)
@click.option("--share", is_flag=True, help="Write copies that may leave the clinic instead.")
@click.option("--results", metavar="FILE", callback=named, help="The results to show beside the people.")
def report(**options: Any) -> None:
    from cobalens.serve.cli import privately
    from cobalens.serve.cohort.report import run as write_report

    sys.exit(privately(lambda: write_report(**options), one=False))
