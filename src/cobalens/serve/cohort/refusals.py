"""What the statements for other databases refuse, as named constructors."""

from __future__ import annotations

from collections.abc import Sequence

from cobalens.errors import CobalensError


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
