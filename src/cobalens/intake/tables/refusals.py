"""What the reader of tables refuses, as named constructors."""

from __future__ import annotations

from collections.abc import Sequence

from cobalens.errors import CobalensError


def headings_not_recognised(where: str, named: Sequence[str], width: int) -> CobalensError:
    said = f"Recognised: {', '.join(named)}." if named else "None of the headings was recognised."
    return CobalensError(
        "headings_not_recognised",
        where,
        f"The headings of the table do not say where the tests and their results stand. {said} Columns: {width}.",
        "A table needs a column for the test and one for the result, or a column for each test, such as `B12 (pg/mL)`.",
        "Rename the columns, or say what they hold with --mapping FILE (docs/tables.md shows one).",
    )


def whose_rows(where: str, heading: str) -> CobalensError:
    return CobalensError(
        "whose_rows",
        where,
        "No column is known to say whose each row is, and without one all rows would be read as those of one person.",
        f"The column `{heading}` may say it.",
        f'Call it `patient id`, or say so with --mapping FILE: [columns] and "{heading}" = "id" (or "nothing" where it does not).',
    )


def two_in_one() -> CobalensError:
    return CobalensError(
        "two_people_in_one",
        "id",
        "The rows under one identifier give two sexes or two birth dates.",
        "An identifier is missing from some rows, or was used twice.",
        "Give each person an identifier of their own, or correct the rows.",
    )


def broken_workbook(where: str) -> CobalensError:
    return CobalensError(
        "broken_workbook",
        where,
        "The workbook cannot be opened.",
        "It may be damaged, protected by a password, or still open in another program.",
        "Save it again as .xlsx without a password, or export the sheet as CSV.",
    )


def broken_parquet(where: str) -> CobalensError:
    return CobalensError(
        "broken_parquet",
        where,
        "The Parquet file cannot be read.",
        "The file may be incomplete.",
        "Export it again, or export it as CSV.",
    )


def parquet_not_installed(where: str) -> CobalensError:
    return CobalensError(
        "parquet_not_installed",
        where,
        "Parquet files need a library that is not installed.",
        "It is large, and most people never meet such a file; so it is an option.",
        'Install it with: pip install "cobalens[parquet]" — or export the table as CSV.',
    )
