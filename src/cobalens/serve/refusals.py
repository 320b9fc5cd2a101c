"""What a door refuses before anything is read, as named constructors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from cobalens.errors import CobalensError, suggest


def no_such_file(where: str) -> CobalensError:
    return CobalensError(
        "no_such_file",
        where,
        "There is no such file or folder.",
        "The path may be misspelt, or relative to another folder.",
        "Check the path; `cobalens demo` shows a case that can be read.",
    )


def cannot_be_opened(where: str) -> CobalensError:
    return CobalensError(
        "cannot_be_opened",
        where,
        "The file cannot be opened.",
        "It may belong to somebody else, or be open in another program.",
        "Check who may read it, or copy it to another place.",
    )


def nothing_in_folder(where: str) -> CobalensError:
    return CobalensError(
        "nothing_in_folder",
        where,
        "The folder holds no record.",
        "In a folder, cases (.json, .yaml, .toml, .ndjson), messages (.hl7), documents (.xml, .pdf, .txt) and tables (.csv, "
        ".tsv, .xlsx, .parquet) are looked at, and other files where their content says what they are.",
        "Give the folder that holds them, or the files themselves.",
    )


def cannot_be_written(where: str, folder: bool = False) -> CobalensError:
    """``folder``: there is one of that name, where a file was to be."""
    return CobalensError(
        "cannot_be_written",
        where,
        "The output cannot be written there.",
        "It is a folder, and the output is one file."
        if folder
        else "A file may stand where a folder would have to be, or the place may be read-only.",
        "Give the name of a file with --out." if folder else "Give another place with --out.",
    )


def no_such_ruleset(name: str) -> CobalensError:
    return CobalensError(
        "no_such_ruleset",
        name,
        "This is no folder of knowledge, and no git revision of this checkout.",
        "A folder of knowledge holds `rules`, `facts` and `thresholds`; a revision needs git and a checkout.",
        "Give such a folder, a checkout, a git revision, or `shipped`.",
    )


def ruleset_refused(name: str, complaints: str) -> CobalensError:
    return CobalensError(
        "ruleset_refused",
        name,
        f"This ruleset does not compile. {complaints}",
        "It is not finished, or it was written for another version of the language.",
        "Mend the places named, or compare with a ruleset that this version compiles.",
    )


def workbook_needs_a_place() -> CobalensError:
    return CobalensError(
        "workbook_needs_a_place",
        "format",
        "A workbook cannot be shown on a terminal.",
        "",
        "Give its file with --out, for example --out answers.xlsx, or use --format csv.",
    )


def pages_need_a_place(form: str, several: bool = False) -> CobalensError:
    return CobalensError(
        "pages_need_a_place",
        "format",
        "The pages of several people are files of a folder."
        if several
        else "A PDF cannot be shown on a terminal.",
        "",
        f"Give the place with --out: a file for one person, for example --out sheet.{form}, a folder for several.",
    )


def pages_not_installed() -> CobalensError:
    return CobalensError(
        "pages_not_installed",
        "format",
        "What draws charts and sets pages is not installed.",
        "It is an option, because it is large.",
        'Install it with: pip install "cobalens[pages]" — or use --format text.',
    )


TOO_MUCH_AT_ONCE = ("file_too_large", "too_many_entries")
"""Refusals of one file, of which there may be several."""


# --- Whole populations ---------------------------------------------------------------------------------------


def no_cohort(where: str, packed: bool = False) -> CobalensError:
    return CobalensError(
        "no_cohort",
        where,
        "Nothing in it is known as a source of many people.",
        "It is packed; unpack it first (`unzip`, `tar -xf`, `bunzip2 -k`, `unzstd`). Only gzip is unpacked here, of lines and text."
        if packed
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


def no_such_list(name: str, known: Iterable[str]) -> CobalensError:
    names = sorted(known)
    close = suggest(name, names)
    return CobalensError(
        "no_such_list",
        "complete",
        f'There is no list "{name[:60]}" that could be complete.',
        f'Did you mean "{close}"?' if close else "",
        f"Lists: {', '.join(names)}.",
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
