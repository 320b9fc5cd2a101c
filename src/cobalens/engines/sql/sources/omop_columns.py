"""What is read of each table of an OMOP instance, as what, and what a column that holds something else comes to.

A value that is not of its column's kind becomes NULL and is counted; the row stays.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from cobalens.model.cohort import NO_DAYS

PERSON = "person_id"
ID, KEY, WORD, NUMBER, DAY, MOMENT, WHOLE = "id", "key", "word", "number", "day", "moment", "whole"
"""``id``: of a person, as text; ``key``: of a row, for its place alone; ``number``: as it is written, for the reader."""
TYPES = {ID: "VARCHAR", KEY: "VARCHAR", WORD: "VARCHAR", NUMBER: "VARCHAR", DAY: "DATE", MOMENT: "TIMESTAMP", WHOLE: "BIGINT"}  # fmt: skip
SAID = {DAY: "no date", MOMENT: "no date and time", WHOLE: "no whole number"}


class Column(Struct, frozen=True):
    kind: str
    needed: bool = False


def must(kind: str) -> Column:
    return Column(kind, needed=True)


COLUMNS: dict[str, dict[str, Column]] = {
    "person": {
        PERSON: must(ID), "gender_concept_id": Column(WHOLE), "year_of_birth": must(WHOLE), "month_of_birth": Column(WHOLE),
        "day_of_birth": Column(WHOLE), "birth_datetime": Column(MOMENT),
    },
    "measurement": {
        "measurement_id": Column(KEY), PERSON: must(ID), "measurement_concept_id": must(WHOLE), "measurement_date": must(DAY),
        "measurement_datetime": Column(MOMENT), "operator_concept_id": Column(WHOLE), "value_as_number": must(NUMBER),
        "value_as_concept_id": Column(WHOLE), "unit_concept_id": Column(WHOLE), "range_low": Column(NUMBER),
        "range_high": Column(NUMBER), "measurement_source_value": Column(WORD), "unit_source_value": Column(WORD),
        "value_source_value": Column(WORD),
    },
    "condition_occurrence": {
        "condition_occurrence_id": Column(KEY), PERSON: must(ID), "condition_concept_id": must(WHOLE),
        "condition_start_date": must(DAY), "condition_end_date": Column(DAY), "condition_status_concept_id": Column(WHOLE),
        "condition_source_value": Column(WORD), "condition_status_source_value": Column(WORD),
    },
    "drug_exposure": {
        "drug_exposure_id": Column(KEY), PERSON: must(ID), "drug_concept_id": must(WHOLE),
        "drug_exposure_start_date": must(DAY), "drug_exposure_end_date": Column(DAY), "sig": Column(WORD),
        "route_concept_id": Column(WHOLE), "drug_source_value": Column(WORD), "route_source_value": Column(WORD),
    },
    "procedure_occurrence": {
        "procedure_occurrence_id": Column(KEY), PERSON: must(ID), "procedure_concept_id": must(WHOLE),
        "procedure_date": must(DAY), "procedure_source_value": Column(WORD),
    },
    "observation": {
        "observation_id": Column(KEY), PERSON: must(ID), "observation_concept_id": must(WHOLE), "observation_date": must(DAY),
        "value_as_string": Column(WORD), "value_as_concept_id": Column(WHOLE), "observation_source_value": Column(WORD),
    },
    "death": {PERSON: must(ID), "death_date": must(DAY)},
    "concept": {
        "concept_id": must(WHOLE), "concept_name": must(WORD), "vocabulary_id": must(WORD), "concept_code": must(WORD),
    },
    "concept_ancestor": {
        "ancestor_concept_id": must(WHOLE), "descendant_concept_id": must(WHOLE), "min_levels_of_separation": must(WHOLE),
    },
}  # fmt: skip
NUMERIC = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
)


def missing(table: str, held: Mapping[str, str], needed: bool) -> list[str]:
    """Columns that the table lacks: those without which it cannot be read, or the others, which are read as empty."""
    return [
        f"{table}.{name}" for name, one in COLUMNS[table].items() if name not in held and one.needed == needed
    ]


def text_of(name: str, held: str) -> str:
    """A column as text; a number that another program wrote with a point, such as 17.0, is the whole number it was."""
    if held.startswith(("DOUBLE", "FLOAT", "REAL", "DECIMAL")):
        return f"CAST(TRY_CAST({name} AS BIGINT) AS VARCHAR)"
    return f"CAST({name} AS VARCHAR)"


def value_of(name: str, kind: str, held: str) -> str:
    """A column as its kind, NULL where it holds something else. ``held``: its type in the source, in capitals."""
    if kind in (WORD, NUMBER):
        return f"CAST({name} AS VARCHAR)"
    if kind == ID:
        return text_of(name, held)
    if kind == KEY:
        # Numbers keep their order as text when they are of one length.
        whole = f"TRY_CAST({name} AS HUGEINT)"
        return f"COALESCE(LPAD(CAST({whole} AS VARCHAR), 38, '0'), CAST({name} AS VARCHAR))"
    if kind == DAY and held not in ("DATE", "VARCHAR") and not held.startswith("TIMESTAMP"):
        return f"CAST(TRY_STRPTIME({text_of(name, held)}, '%Y%m%d') AS DATE)"
    if kind == DAY and held == "VARCHAR":
        return f"COALESCE(TRY_CAST({name} AS DATE), CAST(TRY_STRPTIME({name}, '%Y%m%d') AS DATE))"
    if kind == MOMENT and held not in ("DATE", "VARCHAR") and not held.startswith("TIMESTAMP"):
        return "CAST(NULL AS TIMESTAMP)"
    if kind == WHOLE and held not in NUMERIC:
        return f"TRY_CAST(TRY_CAST({name} AS DOUBLE) AS BIGINT)"
    return f"TRY_CAST({name} AS {TYPES[kind]})"


def typed(table: str, held: Mapping[str, str]) -> str:
    """The columns to select of a table, each as its kind; one that is not there is empty."""
    return ", ".join(
        f"{value_of(name, one.kind, held[name]) if name in held else f'CAST(NULL AS {TYPES[one.kind]})'} AS {name}"
        for name, one in COLUMNS[table].items()
    )


def troubles_of(table: str, held: Mapping[str, str]) -> dict[str, str]:
    """What is wrong -> the condition on the source's row under which it is."""
    found = {}
    for name, one in COLUMNS[table].items():
        if name not in held or one.kind not in SAID:
            continue
        is_empty = f" AND TRIM({name}) <> ''" if held[name] == "VARCHAR" else ""
        found[f"{table}.{name}: {SAID[one.kind]}"] = (
            f"{name} IS NOT NULL{is_empty} AND {value_of(name, one.kind, held[name])} IS NULL"
        )
    if table == "death" and "death_date" in held:
        value, days = value_of("death_date", DAY, held["death_date"]), sorted(NO_DAYS)
        listed = ", ".join(f"DATE '{one.isoformat()}'" for one in days)
        found[f"{table}.death_date: a day that stands for none"] = f"{value} IN ({listed})"
    if table == "person":
        day, month = "day_of_birth", "month_of_birth"
        if month in held:
            month = value_of(month, WHOLE, held[month])
            found[f"{table}.month_of_birth: no month"] = f"{month} NOT BETWEEN 1 AND 12"
            if day in held:
                year, day = (value_of(n, WHOLE, held[n]) for n in ("year_of_birth", day))
                found[f"{table}.day_of_birth: no day of that month"] = (
                    f"{month} BETWEEN 1 AND 12 AND {day} IS NOT NULL AND {year} IS NOT NULL AND TRY(MAKE_DATE({year}, {month}, {day})) IS NULL"
                )
    return found
