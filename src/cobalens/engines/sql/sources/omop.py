"""OMOP CDM 5.3 and 5.4 as raw tables: standard concepts by code, broader codes by ancestry where the vocabulary is there.

The concept numbers named here are OMOP's own for operators and sex, which every instance shares.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from cobalens import errors
from cobalens.model.cohort import NO_DAYS_COUNTED
from cobalens.model.sources import RAW_ENTRY

NEEDED = ("person", "measurement", "condition_occurrence", "drug_exposure", "procedure_occurrence")
HELPFUL = ("observation", "death", "concept", "concept_ancestor")
OPERATORS = {4171756: "<", 4171754: "<=", 4171755: ">=", 4172704: ">", 4172703: ""}
SEX = {8507: "male", 8532: "female"}
STATUS = {
    "ruled out": "refuted",
    "refuted": "refuted",
    "condition ruled out": "refuted",
    "differential diagnosis": "differential",
    "preliminary diagnosis": "provisional",
    "provisional diagnosis": "provisional",
    "suspected": "suspected",
    "resolved condition": "resolved",
}
"""Words of a condition's status that bear on its reading; the others say who made the diagnosis, and when in the stay."""
STATED = {0: "condition_occurrence", 1: "drug_exposure", 2: "procedure_occurrence", 3: "observation"}
"""``table_nth`` of an entry -> the table in which it stood."""
PATIENT = "patient.sex"
"""The section of what a person's own row says."""


def raw(tables: Mapping[str, str], known: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Raw table -> its query.

    ``tables``: OMOP's table -> what stands after FROM. ``known``: the codes that carry a meaning, as OMOP names their
    vocabularies; descendants of these are found where ``concept_ancestor`` is filled.
    """
    missing = [name for name in NEEDED if name not in tables]
    if missing:
        raise errors.omop_tables_missing(missing)
    return {
        **vocabulary(tables, known),
        "raw_person": _person(tables),
        "raw_lab": _measurements(tables["measurement"]),
        "raw_entry": _entries(tables),
    }


def vocabulary(tables: Mapping[str, str], known: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The concepts, and what is known above each; empty where the vocabulary is not there."""
    return {
        "concepts": (
            f"SELECT concept_id, concept_name, vocabulary_id, concept_code FROM {tables['concept']}"
            if "concept" in tables
            else NO_CONCEPTS
        ),
        "broader": _broader(tables, known)
        if {"concept", "concept_ancestor"} <= tables.keys()
        else NO_BROADER,
    }


NO_BROADER = "SELECT CAST(0 AS BIGINT) AS concept_id, CAST(NULL AS VARCHAR) AS broader WHERE 1 = 0"
NO_CONCEPTS = "SELECT CAST(0 AS BIGINT) AS concept_id, '' AS concept_name, '' AS vocabulary_id, '' AS concept_code WHERE 1 = 0"


def day(column: str) -> str:
    """A date as whole days since 1970-01-01."""
    return f"CAST(DATE_DIFF('day', DATE '1970-01-01', CAST({column} AS DATE)) AS INTEGER)"


def death_day() -> str:
    """The day of a death; none where the date stands for none."""
    return f"CASE WHEN {day('death_date')} NOT IN {NO_DAYS_COUNTED} THEN {day('death_date')} END"


def _cases(column: str, words: Mapping[int, str]) -> str:
    whens = " ".join(f"WHEN {number} THEN '{word}'" for number, word in words.items())
    return f"CASE {column} {whens} END"


def _person(tables: Mapping[str, str]) -> str:
    # A day that no calendar has leaves the month, and a month that no year has leaves the year.
    month, exact_day = (
        "CASE WHEN p.month_of_birth BETWEEN 1 AND 12 THEN p.month_of_birth END",
        "p.day_of_birth",
    )
    exact = f"TRY(MAKE_DATE(p.year_of_birth, {month}, {exact_day}))"
    first_of = f"TRY(MAKE_DATE(p.year_of_birth, {month}, 1))"
    year = [f"TRY(MAKE_DATE(p.year_of_birth, {ends}))" for ends in ("1, 1", "12, 31")]
    # A birth date and time beside a bare year is the source's stand-in for it.
    stands = "CASE WHEN p.month_of_birth IS NOT NULL AND p.day_of_birth IS NOT NULL THEN CAST(p.birth_datetime AS DATE) END"
    born_first = f"COALESCE({stands}, {exact}, {first_of}, {year[0]})"
    born_last = f"COALESCE({stands}, {exact}, LAST_DAY({first_of}), {year[1]})"
    death = (
        f"LEFT JOIN (SELECT person_id, MIN({death_day()}) AS death_day, TRUE AS died FROM {tables['death']} GROUP BY person_id) d "
        "ON d.person_id = p.person_id"
        if "death" in tables
        else ""
    )
    return (
        f"SELECT CAST(p.person_id AS VARCHAR) AS person_id, {day(born_first)} AS birth_first, {day(born_last)} AS birth_last, "
        f"{'d.death_day' if death else 'CAST(NULL AS INTEGER)'} AS death_day, "
        f"{'d.died' if death else 'CAST(NULL AS BOOLEAN)'} AS died FROM {tables['person']} p {death}"
    )


def _name(concept: str, source: str) -> str:
    return f"COALESCE({concept}.concept_name, {source})"


MEASURED = {
    # A concept that is not known here leaves the source's own value, which is a code or a name.
    "name": "COALESCE(c.concept_name, m.measurement_source_value)",
    "code": "c.concept_code",
    "system": "c.vocabulary_id",
    "unit": "COALESCE(CASE WHEN u.vocabulary_id = 'UCUM' THEN u.concept_code END, u.concept_name, m.unit_source_value)",
    "value": "COALESCE(CAST(m.value_as_number AS VARCHAR), CASE WHEN v.concept_name IS NULL THEN m.value_source_value END)",
    "comparator": _cases("m.operator_concept_id", OPERATORS),
    "word": "CASE WHEN m.value_as_number IS NULL THEN v.concept_name END",
    "ref_low": "CAST(m.range_low AS VARCHAR)",
    "ref_high": "CAST(m.range_high AS VARCHAR)",
}
"""What a measurement says, by the column that it becomes."""
MEASURED_FROM = (
    " m LEFT JOIN concepts c ON c.concept_id = NULLIF(m.measurement_concept_id, 0) "
    "LEFT JOIN concepts u ON u.concept_id = NULLIF(m.unit_concept_id, 0) "
    "LEFT JOIN concepts v ON v.concept_id = NULLIF(m.value_as_concept_id, 0)"
)


def _measurements(table: str) -> str:
    said = ", ".join(f"{text} AS {name}" for name, text in MEASURED.items())
    return (
        "SELECT CAST(m.person_id AS VARCHAR) AS person_id, "
        # Counted anew in each person: an instance's own numbers go beyond what a place may be.
        "ROW_NUMBER() OVER (PARTITION BY m.person_id ORDER BY m.measurement_id, m.measurement_date, m.measurement_concept_id, "
        "CAST(m.value_as_number AS VARCHAR)) AS place, "
        f"{said}, CAST(NULL AS VARCHAR) AS flag, "
        "CAST(NULL AS VARCHAR) AS status, CAST(NULL AS VARCHAR) AS specimen, "
        f"{day('m.measurement_date')} AS first_day, {day('m.measurement_date')} AS last_day, "
        "CASE WHEN m.measurement_datetime IS NULL OR CAST(m.measurement_datetime AS TIME) = TIME '00:00:00' THEN '' "
        "ELSE SUBSTRING(CAST(CAST(m.measurement_datetime AS TIME) AS VARCHAR), 1, 5) END AS clock "
        f"FROM {table}{MEASURED_FROM}"
    )


def _entry(
    table: str,
    section: str,
    prefix: str,
    start: str,
    stop: str,
    nth: int,
    status: str,
    route: str,
    dose: str,
) -> str:
    number = {
        "condition": "condition_occurrence_id",
        "drug": "drug_exposure_id",
        "procedure": "procedure_occurrence_id",
    }
    return (
        f"SELECT CAST(t.person_id AS VARCHAR) AS person_id, {nth} AS table_nth, t.{number[prefix]} AS number, "
        f"'{section}' AS section, {_name('c', f't.{prefix}_source_value')} AS name, "
        f"c.concept_code AS code, c.vocabulary_id AS system, {status} AS status, {route} AS route, {dose} AS dose, b.broader, "
        f"{start} AS start_first, {start} AS start_last, {stop} AS stop_first, {stop} AS stop_last FROM {table} t "
        f"LEFT JOIN concepts c ON c.concept_id = NULLIF(t.{prefix}_concept_id, 0) "
        f"LEFT JOIN broader b ON b.concept_id = t.{prefix}_concept_id"
    )


def stated(tables: Mapping[str, str]) -> str:
    """Every statement of every table that holds some, and each person's sex, one below the other."""
    none = "CAST(NULL AS VARCHAR)"
    words = " ".join(f"WHEN '{said}' THEN '{status}'" for said, status in STATUS.items())
    status = f"CASE LOWER(COALESCE(s.concept_name, t.condition_status_source_value)) {words} END"
    conditions = _entry(
        tables["condition_occurrence"], "conditions", "condition", day("t.condition_start_date"), day("t.condition_end_date"),
        0, status, none, none,
    ) + " LEFT JOIN concepts s ON s.concept_id = NULLIF(t.condition_status_concept_id, 0)"  # fmt: skip
    drugs = _entry(
        tables["drug_exposure"], "medications", "drug", day("t.drug_exposure_start_date"), day("t.drug_exposure_end_date"),
        1, none, "COALESCE(r.concept_name, t.route_source_value)", "t.sig",
    ) + " LEFT JOIN concepts r ON r.concept_id = NULLIF(t.route_concept_id, 0)"  # fmt: skip
    procedures = _entry(
        tables["procedure_occurrence"], "procedures", "procedure", day("t.procedure_date"), "CAST(NULL AS INTEGER)",
        2, none, none, none,
    )  # fmt: skip
    parts = [conditions, drugs, procedures, _sex(tables["person"])]
    if "observation" in tables:
        parts.append(_observations(tables["observation"]))
    return " UNION ALL ".join(parts)


def _entries(tables: Mapping[str, str]) -> str:
    columns = [name for name in RAW_ENTRY if name != "place"]
    # Counted anew in each person: an instance's own numbers go beyond what a place may be.
    place = f"ROW_NUMBER() OVER (PARTITION BY person_id ORDER BY table_nth, number, {', '.join(columns[1:])})"
    return f"SELECT {', '.join(columns)}, table_nth, {place} AS place FROM ({stated(tables)}) e"


def _sex(table: str) -> str:
    unknown = "CAST(NULL AS INTEGER)"
    return (
        f"SELECT CAST(p.person_id AS VARCHAR) AS person_id, -1 AS table_nth, CAST(NULL AS BIGINT) AS number, '{PATIENT}' AS section, "
        f"{_cases('p.gender_concept_id', SEX)} AS name, CAST(NULL AS VARCHAR) AS code, CAST(NULL AS VARCHAR) AS system, "
        "CAST(NULL AS VARCHAR) AS status, CAST(NULL AS VARCHAR) AS route, CAST(NULL AS VARCHAR) AS dose, "
        f"CAST(NULL AS VARCHAR) AS broader, {unknown} AS start_first, {unknown} AS start_last, {unknown} AS stop_first, "
        f"{unknown} AS stop_last FROM {table} p WHERE p.gender_concept_id IN ({', '.join(map(str, SEX))})"
    )


def _observations(table: str) -> str:
    """Statements in the form of an observation; a question of a form is left to the forms' own reader."""
    at = day("t.observation_date")
    none = "CAST(NULL AS INTEGER)"
    return (
        "SELECT CAST(t.person_id AS VARCHAR) AS person_id, 3 AS table_nth, t.observation_id AS number, "
        f"'conditions' AS section, {_name('c', 't.observation_source_value')} || "
        "COALESCE(': ' || COALESCE(v.concept_name, t.value_as_string), '') AS name, "
        "CASE WHEN v.concept_name IS NULL AND t.value_as_string IS NULL THEN c.concept_code END AS code, "
        "c.vocabulary_id AS system, CAST(NULL AS VARCHAR) AS status, CAST(NULL AS VARCHAR) AS route, "
        f"CAST(NULL AS VARCHAR) AS dose, b.broader, {at} AS start_first, {at} AS start_last, {none} AS stop_first, "
        f"{none} AS stop_last FROM {table} t "
        "JOIN concepts c ON c.concept_id = t.observation_concept_id AND c.vocabulary_id <> 'LOINC' "
        "LEFT JOIN concepts v ON v.concept_id = NULLIF(t.value_as_concept_id, 0) "
        "LEFT JOIN broader b ON b.concept_id = t.observation_concept_id"
    )


def _broader(tables: Mapping[str, str], known: Iterable[tuple[str, str]]) -> str:
    """For every concept the known codes above it, nearest first, as lines of system and code."""
    listed = ", ".join(f"('{system}', '{code}')" for system, code in sorted(set(known)))
    return (
        "SELECT a.descendant_concept_id AS concept_id, STRING_AGG(c.vocabulary_id || CHR(9) || c.concept_code, CHR(10) "
        "ORDER BY a.min_levels_of_separation, c.vocabulary_id, c.concept_code) AS broader "
        f"FROM {tables['concept_ancestor']} a JOIN {tables['concept']} c ON c.concept_id = a.ancestor_concept_id "
        f"JOIN (VALUES {listed}) AS k(system, code) ON k.system = c.vocabulary_id AND k.code = c.concept_code "
        "WHERE a.descendant_concept_id <> a.ancestor_concept_id GROUP BY a.descendant_concept_id"
    )


def known_codes(codes: Collection[tuple[str, str]]) -> list[tuple[str, str]]:
    """``(system, code)`` of the knowledge as OMOP names the vocabularies."""
    names = {"snomed": ("SNOMED",), "rxnorm": ("RxNorm",), "atc": ("ATC",), "icd10": ("ICD10", "ICD10CM")}
    return [(name, code) for system, code in codes for name in names.get(system, ())]
