"""One statement from an OMOP instance to the table of facts, or to its wordings, for a database that cannot ask the reader.

What wordings mean stands in two tables of the database (``intake.wordings``), found by the text that a row says. Only
what every database has is used; ``dialects.written`` puts it into one's own words.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence

from cobalens.engines.sql.sources.canonical import lies, stops
from cobalens.engines.sql.sources.formulas import Factors, derived, formulas
from cobalens.engines.sql.sources.omop import MEASURED, MEASURED_FROM, day, death_day, stated
from cobalens.model.cohort import COMPLETE, EventRow, LabRow
from cobalens.model.sources import NUMBER, PARTS, STATEMENT, WORDED, WORDS_OF

RESULTS, ENTRIES = "b12_result_meaning", "b12_entry_meaning"
"""The tables that hold what wordings mean."""
PERSON, LAB, EVENT = "b12_person", "b12_lab", "b12_event"
"""The canonical tables, under names that no table of the instance has."""
COUNTED = "rows_met"
_NOTHING = "''"
_SAID = tuple(dict.fromkeys(name for words in WORDS_OF.values() for name in words))
_TAB = f" || CHR({ord(PARTS)}) || "
_LENGTH = (
    "CASE WHEN {month} IN (4, 6, 9, 11) THEN 30 WHEN {month} = 2 THEN CASE WHEN {year} % 4 = 0 AND ({year} % 100 <> 0 "
    "OR {year} % 400 = 0) THEN 29 ELSE 28 END ELSE 31 END"
)
_KEEPS_NUMBER = "(w.problem IS NULL OR w.problem = 'unit_missing')"


def wordings(tables: Mapping[str, str], known: Collection[tuple[str, str]]) -> str:
    """Every wording that the instance holds, and on how many rows: nobody, no day, and no plain number."""
    listed = ", ".join(_SAID)
    number, worded, statement = (
        f"SELECT '{kind}' AS kind, {_columns(kind, texts)} FROM {source}"
        for kind, texts, source in (
            (NUMBER, MEASURED, f"{tables['measurement']}{MEASURED_FROM} WHERE m.value_as_number IS NOT NULL"),
            (WORDED, MEASURED, f"{tables['measurement']}{MEASURED_FROM} WHERE m.value_as_number IS NULL"),
            (STATEMENT, {name: f"e.{name}" for name in WORDS_OF[STATEMENT]}, f"({stated(tables)}) e"),
        )
    )
    return (
        f"WITH {broader(tables, known)}, said AS ({number} UNION ALL {worded} UNION ALL {statement}) "
        f"SELECT kind, {listed}, COUNT(*) AS {COUNTED} FROM said GROUP BY kind, {listed} ORDER BY kind, {listed}"
    )


def _columns(kind: str, texts: Mapping[str, str]) -> str:
    return ", ".join(
        f"{f'COALESCE({texts[name]}, {_NOTHING})' if name in WORDS_OF[kind] else _NOTHING} AS {name}"
        for name in _SAID
    )


def _key(kind: str, texts: Mapping[str, str]) -> str:
    """The text by which a wording is found, as ``Wording.said``."""
    return f"'{kind}'{_TAB}" + _TAB.join(f"COALESCE({texts[name]}, '')" for name in WORDS_OF[kind])


def broader(tables: Mapping[str, str], known: Collection[tuple[str, str]]) -> str:
    """For every concept the nearest code above it that is known, as a table expression."""
    systems: dict[str, list[str]] = {}
    for system, code in sorted(set(known)):
        systems.setdefault(system, []).append(f"'{code}'")
    carried = " OR ".join(
        f"(c.vocabulary_id = '{system}' AND c.concept_code IN ({', '.join(codes)}))"
        for system, codes in systems.items()
    )
    order = "a.min_levels_of_separation, c.vocabulary_id, c.concept_code"
    return (
        f"above AS (SELECT a.descendant_concept_id AS concept_id, c.vocabulary_id || CHR({ord(PARTS)}) || c.concept_code AS broader, "
        f"ROW_NUMBER() OVER (PARTITION BY a.descendant_concept_id ORDER BY {order}) AS nearness FROM {tables['concept_ancestor']} a "
        f"JOIN concepts c ON c.concept_id = a.ancestor_concept_id WHERE a.descendant_concept_id <> a.ancestor_concept_id "
        f"AND ({carried})), broader AS (SELECT concept_id, broader FROM above WHERE nearness = 1)"
    )


def records(
    tables: Mapping[str, str],
    known: Collection[tuple[str, str]],
    index: str,
    lasts: int,
    lists: Sequence[str],
    complete: Collection[str],
    long_ago: int,
    factors: Callable[[str, str], Factors],
    sexes: Mapping[str, str],
) -> str:
    """The canonical tables as table expressions, in order, and before them ``judged(run_id, person_id, index_day)``.

    ``index``: a day as whole days since 1970-01-01, ``latest`` or ``each-result``; ``lasts``: as ``gathering.Lent``. ``factors``: a test and the unit that a
    formula wants -> how much one of each of its units is in that.
    """
    parts = [broader(tables, known), f"met_result AS ({_results(tables['measurement'])})"]
    parts += _judged(tables["person"], index, lasts)
    parts += [
        f"{PERSON} AS ({_person(tables, lists, complete)})",
        f"met_entry AS ({_met_entries(tables, long_ago)})",
        f"{EVENT} AS ({_events()})",
        f"sexes AS ({_sexes(sexes)})",
        f"measured AS ({_measured()})",
    ]
    made: list[str] = []
    for number, formula in enumerate(formulas(factors)):
        parts += derived(f"formula_{number}", formula, PERSON, made)
        made.append(f"formula_{number}")
    listed = ", ".join(LabRow.__struct_fields__)
    parts.append(
        f"{LAB} AS (" + " UNION ALL ".join(f"SELECT {listed} FROM {one}" for one in ("measured", *made)) + ")"
    )
    return ", ".join(parts)


# --- Results ------------------------------------------------------------------------------------------------------


def _results(table: str) -> str:
    """Every measurement that means something, with what it means."""
    key = (
        f"CASE WHEN m.value_as_number IS NULL THEN {_key(WORDED, MEASURED)} ELSE {_key(NUMBER, MEASURED)} END"
    )
    at = "CAST(m.measurement_datetime AS TIMESTAMP)"
    hour, minute, second = (f"EXTRACT({part} FROM {at})" for part in ("HOUR", "MINUTE", "SECOND"))
    clock = (
        f"CASE WHEN {at} IS NULL OR ({hour} = 0 AND {minute} = 0 AND {second} = 0) THEN '' "
        f"ELSE {_two_digits(hour)} || ':' || {_two_digits(minute)} END"
    )
    said = (
        "SELECT CAST(m.person_id AS VARCHAR) AS person_id, m.measurement_id AS number_of_row, CAST(m.value_as_number AS DOUBLE) AS number, "
        f"COALESCE({MEASURED['comparator']}, '') AS comparator, CAST(m.range_low AS DOUBLE) AS low, CAST(m.range_high AS DOUBLE) AS high, "
        f"{day('m.measurement_date')} AS day, CAST(m.measurement_date AS DATE) AS date_of_it, {clock} AS clock, {key} AS said "
        f"FROM {table}{MEASURED_FROM}"
    )
    return (
        "SELECT r.person_id, r.number_of_row, r.number, r.comparator, r.day, r.date_of_it, r.clock, "
        "CASE WHEN r.low > r.high THEN NULL ELSE r.low END AS low, CASE WHEN r.low > r.high THEN NULL ELSE r.high END AS high, "
        "w.part, w.sign, w.analyte, w.lo, w.hi, w.lo_open, w.hi_open, w.unit, w.ref_low, w.ref_high, w.qualitative, w.problem, "
        f"w.status, w.turn FROM ({said}) r JOIN {RESULTS} w ON w.said = r.said WHERE w.sign IS NULL OR "
        "(w.sign = CASE WHEN r.comparator IN ('<', '<=') THEN '<' WHEN r.comparator IN ('>', '>=') THEN '>' ELSE '' END "
        "AND r.number BETWEEN w.from_value AND w.to_value)"
    )


def _two_digits(number: str) -> str:
    whole = f"CAST({number} AS INTEGER)"
    return f"CASE WHEN {number} < 10 THEN '0' ELSE '' END || CAST({whole} AS VARCHAR)"


def _measured() -> str:
    """The rows of ``lab``: of a plain number the interval that it stands for with its sign, and its place in the range."""
    numeric, keeps = "w.sign IS NOT NULL", _KEEPS_NUMBER
    none = "CAST(NULL AS DOUBLE)"
    low = f"CASE WHEN NOT {numeric} THEN w.lo WHEN NOT {keeps} OR w.comparator IN ('<', '<=') THEN {none} ELSE w.number END"
    high = f"CASE WHEN NOT {numeric} THEN w.hi WHEN NOT {keeps} OR w.comparator IN ('>', '>=') THEN {none} ELSE w.number END"
    low_open = f"CASE WHEN NOT {numeric} THEN w.lo_open ELSE {keeps} AND w.comparator = '>' END"
    high_open = f"CASE WHEN NOT {numeric} THEN w.hi_open ELSE {keeps} AND w.comparator = '<' END"
    ref_low = f"CASE WHEN NOT {numeric} THEN w.ref_low WHEN {keeps} THEN w.low ELSE {none} END"
    ref_high = f"CASE WHEN NOT {numeric} THEN w.ref_high WHEN {keeps} THEN w.high ELSE {none} END"
    # As `intervals.against_range` says it.
    by_range = (
        "CASE WHEN w.comparator NOT IN ('>', '>=') AND (w.number < w.low OR (w.number = w.low AND w.comparator = '<')) THEN 'low' "
        "WHEN w.comparator NOT IN ('<', '<=') AND (w.number > w.high OR (w.number = w.high AND w.comparator = '>')) THEN 'high' "
        "WHEN (w.low IS NOT NULL OR w.high IS NOT NULL) AND (w.low IS NULL OR (w.comparator NOT IN ('<', '<=') AND w.number >= w.low)) "
        "AND (w.high IS NULL OR (w.comparator NOT IN ('>', '>=') AND w.number <= w.high)) THEN 'normal' END"
    )
    word = f"CASE WHEN NOT {numeric} THEN w.qualitative WHEN {keeps} THEN {by_range} END"
    place = "ROW_NUMBER() OVER (PARTITION BY i.run_id ORDER BY w.number_of_row, w.part)"
    return (
        f"SELECT i.run_id AS person_id, CAST({place} AS INTEGER) AS place, w.analyte, {low} AS lo, {high} AS hi, {low_open} AS lo_open, "
        f"{high_open} AS hi_open, w.unit, w.day AS first_day, w.day AS last_day, w.clock, {ref_low} AS ref_low, "
        f"{ref_high} AS ref_high, {word} AS qualitative, w.problem, w.status, FALSE AS derived, CAST(NULL AS INTEGER) AS for_index "
        "FROM met_result w JOIN judged i ON i.person_id = w.person_id WHERE w.analyte IS NOT NULL"
    )


# --- People and their days ----------------------------------------------------------------------------------------


def _judged(table: str, index: str, lasts: int) -> list[str]:
    if index not in ("latest", "each-result"):
        # As a day of the calendar too, so that no database has to calculate with dates.
        everybody = (
            f"SELECT CAST(p.person_id AS VARCHAR) AS run_id, CAST(p.person_id AS VARCHAR) AS person_id, {index} AS index_day, "
            f"{_calendar(index)} AS ymd FROM {table} p"
        )
        return [f"judged AS ({everybody})"]
    ymd = "EXTRACT(YEAR FROM {0}) * 10000 + EXTRACT(MONTH FROM {0}) * 100 + EXTRACT(DAY FROM {0})".format
    # Of the tests that are asked for first, where a person has a day of one.
    turns = "turns AS (SELECT person_id, MIN(turn) AS turn FROM met_result WHERE turn IS NOT NULL AND day IS NOT NULL GROUP BY person_id)"
    deciding = (
        "deciding AS (SELECT DISTINCT r.person_id, r.day, r.date_of_it FROM met_result r JOIN turns f "
        "ON f.person_id = r.person_id AND f.turn = r.turn WHERE r.day IS NOT NULL)"
    )
    if index == "latest":
        chosen = (
            f"SELECT l.person_id AS run_id, l.person_id, l.day AS index_day, {ymd('l.newest')} AS ymd FROM (SELECT r.person_id, MAX(r.day) AS day, "
            "MAX(r.date_of_it) AS newest FROM met_result r JOIN (SELECT person_id, MAX(day) AS newest_first FROM deciding GROUP BY person_id) n "
            f"ON n.person_id = r.person_id AND r.turn IS NOT NULL AND r.day <= n.newest_first + {lasts} GROUP BY r.person_id) l"
        )
    else:
        chosen = (
            "SELECT d.person_id || '@' || CAST(d.date_of_it AS VARCHAR) AS run_id, d.person_id, d.day AS index_day, "
            f"{ymd('d.date_of_it')} AS ymd FROM deciding d"
        )
    return [turns, deciding, f"judged AS ({chosen})"]


def _calendar(index: str) -> str:
    found = dt.date(1970, 1, 1) + dt.timedelta(days=int(index))
    return str(found.year * 10_000 + found.month * 100 + found.day)


def _person(tables: Mapping[str, str], lists: Sequence[str], complete: Collection[str]) -> str:
    """Whoever is alive on the day of decision; of a birth date in part, the age is that of the last day that it may be."""
    flags = "".join(f", {'TRUE' if one in complete else 'FALSE'} AS {COMPLETE}{one}" for one in lists)
    # A birth date and time beside a bare year is the source's stand-in for it.
    stands = "p.month_of_birth IS NOT NULL AND p.day_of_birth IS NOT NULL AND p.birth_datetime IS NOT NULL"
    at = "CAST(p.birth_datetime AS DATE)"
    year, month, day_of = (
        f"CASE WHEN {stands} THEN CAST(EXTRACT({part} FROM {at}) AS INTEGER) ELSE {column} END"
        for part, column in (
            ("YEAR", "p.year_of_birth"),
            ("MONTH", "CASE WHEN p.month_of_birth BETWEEN 1 AND 12 THEN p.month_of_birth END"),
            ("DAY", "p.day_of_birth"),
        )
    )
    length = _LENGTH.format(year="b.born_year", month="b.born_month")
    # A day that no calendar has leaves the month, and a month that no year has leaves the year.
    exact = f"b.born_month IS NOT NULL AND b.born_day BETWEEN 1 AND {length}"
    last = f"COALESCE(b.born_month, 12) * 100 + CASE WHEN {exact} THEN b.born_day WHEN b.born_month IS NULL THEN 31 ELSE {length} END"
    first = f"COALESCE(b.born_month, 1) * 100 + CASE WHEN {exact} THEN b.born_day ELSE 1 END"
    deaths = f"SELECT person_id, MIN({death_day()}) AS death_day FROM {tables['death']} GROUP BY person_id"
    age = f"FLOOR((i.ymd - (b.born_year * 10000 + {last})) / 10000.0)"
    return (
        f"SELECT i.run_id AS person_id, i.index_day, CAST({age} AS DOUBLE) AS age{flags} FROM (SELECT CAST(p.person_id AS VARCHAR) "
        f"AS person_id, {year} AS born_year, {month} AS born_month, {day_of} AS born_day, d.death_day FROM {tables['person']} p "
        f"LEFT JOIN ({deaths}) d ON d.person_id = p.person_id) b JOIN judged i ON i.person_id = b.person_id "
        "WHERE (b.death_day IS NULL OR b.death_day > i.index_day) "
        f"AND (b.born_year IS NULL OR b.born_year * 10000 + {first} <= i.ymd)"
    )


# --- Statements ---------------------------------------------------------------------------------------------------


def _met_entries(tables: Mapping[str, str], long_ago: int) -> str:
    key = _key(STATEMENT, {name: f"e.{name}" for name in WORDS_OF[STATEMENT]})
    starts = lies("e.start_first", "e.start_last", "i.index_day", long_ago)
    ends = stops("e.stop_first", "e.stop_last", "i.index_day")
    return (
        f"SELECT i.run_id, i.index_day, e.table_nth, e.number, e.start_first, e.start_last, e.stop_first, e.stop_last, "
        f"{starts} AS starts, {ends} AS stops, {key} AS said FROM ({stated(tables)}) e JOIN judged i ON i.person_id = e.person_id"
    )


def _events() -> str:
    def when(which: str, end: str) -> str:
        return (
            f"CASE m.{which}_from WHEN 'start' THEN e.start_{end} WHEN 'stop' THEN e.stop_{end} "
            f"WHEN 'words' THEN e.index_day + m.{which}_{end} ELSE NULL END AS {which}_{end}"
        )

    place = "ROW_NUMBER() OVER (PARTITION BY e.run_id ORDER BY e.table_nth, e.number, e.said, m.part)"
    columns = {"person_id": "e.run_id AS person_id", "place": f"CAST({place} AS INTEGER) AS place"}
    columns |= {
        f"{which}_{end}": when(which, end) for which in ("start", "stop") for end in ("first", "last")
    }
    listed = ", ".join(columns.get(name, f"m.{name}") for name in EventRow.__struct_fields__)
    return f"SELECT {listed} FROM met_entry e JOIN {ENTRIES} m ON m.said = e.said AND m.starts = e.starts AND m.stops = e.stops"


def _sexes(sexes: Mapping[str, str]) -> str:
    """The sex of each person of whom one is said, which formulas ask for."""
    whens = " ".join(f"WHEN '{concept}' THEN '{sex}'" for concept, sex in sorted(sexes.items()))
    said = ", ".join(f"'{concept}'" for concept in sorted(sexes))
    return (
        f"SELECT person_id, CASE MIN(concept) {whens} END AS sex FROM {EVENT} WHERE concept IN ({said}) AND affirmed "
        "AND NOT family GROUP BY person_id HAVING MIN(concept) = MAX(concept)"
    )
