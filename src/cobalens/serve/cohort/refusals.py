"""What a run over a population, its report and the statements for other databases refuse, as named constructors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cobalens.errors import CobalensError

TOO_MUCH_AT_ONCE = ("file_too_large", "too_many_entries")
"""Refusals of one file, of which there may be several."""


def no_cohort(where: str, packed: bool = False, like: str = "") -> CobalensError:
    """``like``: what kind of file it is, where that is known."""
    return CobalensError(
        "no_cohort",
        where,
        "Nothing in it is known as a source of many people.",
        "It is packed; unpack it first (`unzip`, `tar -xf`, `bunzip2 -k`, `unzstd`). Only gzip is unpacked here, of lines and text."
        if packed
        else f"It is {like}: save or export it as CSV, Excel (.xlsx) or Parquet."
        if like
        else "It may be another kind of file, or the folder may be empty.",
        "Give an OMOP instance, FHIR lines or cases (.ndjson), a table of results, prepared facts (Parquet), or `nhanes`.",
    )


def of_file(error: CobalensError, name: str) -> CobalensError:
    """What a reader of one person's record said of a file of many people, with the file's name and what helps here."""
    where = error.where.replace("input", name, 1) if error.where.startswith("input") else error.where
    if error.code not in TOO_MUCH_AT_ONCE:
        return CobalensError(error.code, where, error.problem, error.likely, error.next)
    return CobalensError(
        error.code,
        where,
        error.problem,
        "A table with a column that says whose each row is (an identifier or a name) may be far larger, since its rows are shared out "
        "by person. This one has no such column, or is a workbook or another kind of file.",
        "Add such a column, save a workbook as CSV or Parquet, or part it into several files, each with the headings, and give their folder.",
    )


def headings_alone(where: str) -> CobalensError:
    return CobalensError(
        "headings_alone",
        where,
        "The file holds a single line.",
        "It may be the headings of a table of which no rows were exported.",
        "Export it again; look at the choice of people and of days.",
    )


def source_empty(where: str) -> CobalensError:
    return CobalensError(
        "source_empty",
        where,
        "The file is empty.",
        "It may not have been written to its end, or not been copied.",
        "Export or copy it again.",
    )


def nobody_named(where: str, lines: int, reasons: Mapping[str, int]) -> CobalensError:
    """``reasons``: why lines were set aside, and how many for each."""
    told = "; ".join(f"{count:,} {reason}" for reason, count in reasons.items())
    return CobalensError(
        "nobody_named",
        where,
        f"None of its {lines:,} lines is of a person{f': {told}' if told else ''}."
        if lines
        else "It holds no line.",
        "It may be a part of an export, for example of organisations alone, or not have been written to its end.",
        "Give the folder of the whole export, with patients and what is about them.",
    )


def source_is_a_run(where: str) -> CobalensError:
    return CobalensError(
        "source_is_a_run",
        where,
        "The folder holds a finished run, which is no source.",
        "",
        "Look at it by `cobalens cohort report`; to answer anew from the same facts, give its `facts.parquet`.",
    )


def packed_unsound(where: str, reason: str, complete: bool = False) -> CobalensError:
    """``reason``: what is wrong with the file; ``complete``: lists were declared so, and may stand in it."""
    return CobalensError(
        "packed_unsound",
        where,
        f"The file {reason}, so that nothing of it is read.",
        "It was declared that lists are complete, and what they lack may stand in this file."
        if complete
        else "It may have been cut off while it was copied or sent, or be called by a wrong name.",
        "Copy it again; `gzip -t` tests it. What can be used without this ending, give with its own name.",
    )


def packed_differs(where: str, other: str) -> CobalensError:
    return CobalensError(
        "packed_differs",
        where,
        f"It does not hold the same as {other}, which stands beside it, or is damaged.",
        "Somebody may have unpacked it half, or changed one of them since.",
        "Take away the one that is not wanted. Where both hold the same, the unpacked one is read.",
    )


def no_index() -> CobalensError:
    return CobalensError(
        "no_index",
        "index",
        "That is no day of decision.",
        "",
        "Give a date such as 2026-11-23, `latest` for the day of each person's latest result, or `each-result`.",
    )


def worker_lost() -> CobalensError:
    return CobalensError(
        "worker_lost",
        "source",
        "A process that was reading people was ended from outside.",
        "The machine may have run out of memory.",
        "Go on with --resume, with fewer --threads; the parts that are done are kept.",
    )


def too_many_days(found: int, most: int) -> CobalensError:
    return CobalensError(
        "too_many_days",
        "index",
        f"The file holds results of {found} days, and is read anew for each day of decision; {most} are the most.",
        "Of all kinds of files only a table, FHIR lines and an OMOP instance are read once for all days.",
        "Give one day with --index DATE, or bring the people in a table, as FHIR lines or as an OMOP instance.",
    )


def not_facts(missing: Sequence[str]) -> CobalensError:
    return CobalensError(
        "not_facts",
        "source",
        f"{len(missing)} columns are missing: {few(missing)}.",
        "The file may hold something else than facts, or was prepared under other rules or packs.",
        "Prepare it anew under these rules. A fact of which nothing is known still has its column, holding 0 or NULL.",
    )


def facts_of_wrong_type(wrong: Sequence[str]) -> CobalensError:
    return CobalensError(
        "facts_of_wrong_type",
        "source",
        f"{len(wrong)} columns do not hold what their name says: {few(wrong)}.",
        "Each fact is a small whole number, the place of its value in the list of its values.",
        "Write these columns as whole numbers.",
    )


def run_exists(where: str) -> CobalensError:
    return CobalensError(
        "run_exists",
        where,
        "The folder holds an earlier run.",
        "It may have been stopped.",
        "Go on with it by --resume, or give another folder.",
    )


def folder_not_empty(where: str) -> CobalensError:
    return CobalensError(
        "folder_not_empty",
        where,
        "The folder is not empty, and holds no run.",
        "It may be used for something else.",
        "Give a new or empty folder.",
    )


def another_run(differ: Sequence[str]) -> CobalensError:
    return CobalensError(
        "another_run",
        "resume",
        f"The run in that folder was another one; these differ: {few(differ)}.",
        "Rules, pack, options or files have changed since it was stopped.",
        "Start anew in another folder, so that all answers come from the same rules and data.",
    )


def disk_full(where: str) -> CobalensError:
    return CobalensError(
        "disk_full",
        where,
        "There is no space left to write to.",
        "",
        "Free some space and go on with --resume; the parts that are done are kept.",
    )


def memory_full(limit: str) -> CobalensError:
    return CobalensError(
        "memory_full",
        "memory",
        f"The work does not fit into the memory allowed{f' ({limit})' if limit else ''}.",
        "",
        "Allow more with --memory, or start anew with more --partitions.",
    )


def source_changed() -> CobalensError:
    return CobalensError(
        "source_changed",
        "source",
        "The source was changed, or is not there any more, while its lines were being read.",
        "A line that needs a careful reading is read again from its place in the source.",
        "Start anew, in another folder, when the source is complete.",
    )


def source_broken(where: str) -> CobalensError:
    return CobalensError(
        "source_broken",
        where,
        "The file cannot be read as Parquet.",
        "It may have been cut off while it was copied, or be another format.",
        "Copy it again.",
    )


def no_run(where: str) -> CobalensError:
    return CobalensError(
        "no_run",
        where,
        "The folder holds no run.",
        "A run leaves `run.json` and `interpretations.parquet` in its folder.",
        "Give the folder of `cobalens cohort run … --out FOLDER`.",
    )


def run_not_finished(where: str) -> CobalensError:
    return CobalensError(
        "run_not_finished",
        where,
        "The run in this folder is not complete, so a report would leave people out.",
        "It may still be going on, or was stopped.",
        "Finish it with `cobalens cohort run … --resume`, then ask for the report again.",
    )


def nobody_answered(where: str) -> CobalensError:
    return CobalensError(
        "nobody_answered",
        where,
        "Nobody was answered in this run, so there is nothing to report.",
        "",
        "`run.json` in the folder says why, and `quarantine.ndjson` what was set aside; mend the source or the options, and run again.",
    )


def run_of_other_rules() -> CobalensError:
    return CobalensError(
        "run_of_other_rules",
        "run.json",
        "The answers in this folder were given under other rules than those installed.",
        "The knowledge was changed, or the program was updated, after the run.",
        "Run the cohort anew, or make the report with the version that made the run.",
    )


def not_answers(missing: Sequence[str]) -> CobalensError:
    return CobalensError(
        "not_answers",
        "interpretations.parquet",
        f"{len(missing)} columns are missing: {few(missing)}.",
        "The file may have been changed after the run.",
        "Run the cohort anew.",
    )


def not_results(missing: Sequence[str]) -> CobalensError:
    return CobalensError(
        "not_results",
        "results",
        f"{len(missing)} columns are missing from the file of results: {few(missing)}.",
        "It is read as the canonical table of results, one row a result.",
        "Give such a file, or leave it out; the report then shows no results.",
    )


def spark_missing() -> CobalensError:
    return CobalensError(
        "spark_missing",
        "installation",
        "PySpark is not installed, which the work on Spark needs.",
        "It is large, and most people do not need it; `make setup` leaves it out.",
        "Install it with: pip install 'cobalens[spark]'. Or leave out --engine spark: DuckDB says the same.",
    )


def spark_without_java(found: int | None, oldest: int) -> CobalensError:
    told = "There is no Java here" if found is None else f"The Java here is version {found}"
    return CobalensError(
        "spark_without_java",
        "installation",
        f"{told}; Spark needs version {oldest} or later.",
        "Spark runs in Java, which Python's packages do not bring along.",
        f"Install one (on Debian: apt install openjdk-{oldest}-jre-headless), or set JAVA_HOME to the folder of one.",
    )


def spark_not_started(cause: str) -> CobalensError:
    return CobalensError(
        "spark_not_started",
        "spark",
        f"Spark did not start{f' ({cause})' if cause else ''}.",
        "The master that --spark-master or spark-defaults.conf names may not answer, or a setting may be misspelt.",
        "Try --spark-master 'local[2]', which needs no cluster; if that works, look at the settings in SPARK_CONF_DIR.",
    )


def spark_lost(cause: str) -> CobalensError:
    return CobalensError(
        "spark_lost",
        "spark",
        f"Spark gave up the work{f' ({cause})' if cause else ''}.",
        "It may have run out of memory, or a machine of the cluster may not see the folders of the source and of --out.",
        "Mend it and go on with --resume; the parts that are done are kept.",
    )


def master_without_spark() -> CobalensError:
    return CobalensError(
        "master_without_spark",
        "--spark-master",
        "A master is given, but the work is not done on Spark.",
        "",
        "Add --engine spark, or leave --spark-master out.",
    )


def not_canonical(table: str, complaint: str) -> CobalensError:
    return CobalensError(
        "not_canonical",
        table,
        f"The table `{table}` is not as the canonical tables are: {complaint}.",
        "",
        "Compare it with docs/cohorts.md, and write it again.",
    )


def days_in_tables() -> CobalensError:
    return CobalensError(
        "days_in_tables",
        "--index",
        "The canonical tables say themselves on which days each person is judged.",
        "",
        "Leave --index out, or change `index_day` in the table `person`.",
    )


def few(names: Sequence[str]) -> str:
    """The first of a list, and how many more."""
    more = f" and {len(names) - 6} more" if len(names) > 6 else ""
    return ", ".join(names[:6]) + more


# --- Statements for other databases ----------------------------------------------------------------------------------


def dialect_only_in_steps(dialect: str) -> CobalensError:
    return CobalensError(
        "dialect_only_in_steps",
        dialect,
        "In this database the step to facts does not end as one statement.",
        "It writes every table expression out wherever it is read, and some are read often.",
        "Ask for it in --steps, with --results-schema for the tables that are made on the way.",
    )


def no_table_name() -> CobalensError:
    return CobalensError(
        "no_table_name",
        "table",
        "This cannot be the name of a table.",
        "A name holds letters, digits, underscores and hyphens, with dots between database, schema and table.",
        "Give such a name, for example clinic.b12_facts.",
    )


def no_words() -> CobalensError:
    return CobalensError(
        "no_words",
        "--words",
        "What the wordings of a database mean cannot be written without the list of them.",
        "It is what the statement of `cobalens cohort sql words` gives there, kept as CSV.",
        "Run that statement first, then give its outcome with --words FILE.",
    )


def no_list_of_words(where: str, missing: Sequence[str]) -> CobalensError:
    return CobalensError(
        "no_list_of_words",
        where,
        f"The list of wordings lacks the columns {', '.join(missing)}."
        if missing
        else "This is no list of wordings as `cobalens cohort sql words` gives it.",
        "A line may have been cut, or the file may not be in UTF-8; every column is needed, also where it is empty.",
        "Keep the outcome of that statement whole, as CSV with headings.",
    )
