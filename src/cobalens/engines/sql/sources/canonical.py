"""From the raw tables of any source to the canonical ones: distinct keys out, their meanings joined back in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from cobalens.model.cohort import COMPLETE
from cobalens.model.sources import DERIVED_KEY, ENTRY_KEY, FUTURE, LAB_KEY, LONG_AGO, NONE, PAST

LAB_KEYS, ENTRY_KEYS = "lab_keys", "entry_keys"
DATED_ENTRIES, DERIVED_KEYS, FEEDING = "dated_entry", "derived_keys", "feeding"


def lies(first: str, last: str, index: str, long_ago: int) -> str:
    """How a start lies beside the day of decision, in the words of ``model.sources``."""
    return (
        f"CASE WHEN {first} IS NULL AND {last} IS NULL THEN '{NONE}' WHEN {first} > {index} THEN '{FUTURE}' "
        f"WHEN {last} < {index} - {long_ago} THEN '{LONG_AGO}' ELSE '{PAST}' END"
    )


def stops(first: str, last: str, index: str) -> str:
    return (
        f"CASE WHEN {first} IS NULL AND {last} IS NULL THEN '{NONE}' WHEN {last} <= {index} THEN '{PAST}' "
        f"ELSE '{FUTURE}' END"
    )


def statements(long_ago: int) -> dict[str, str]:
    """Name of a table -> its query, in order: entries beside each day of decision, then the distinct keys.

    ``judged(run_id, person_id, index_day)`` holds who is judged when; whoever is judged several times has a ``run_id`` each.
    """
    starts = lies("e.start_first", "e.start_last", "i.index_day", long_ago)
    ends = stops("e.stop_first", "e.stop_last", "i.index_day")
    return {
        DATED_ENTRIES: (
            f"SELECT e.*, i.run_id, i.index_day, {starts} AS starts, {ends} AS stops FROM raw_entry e "
            "JOIN judged i ON i.person_id = e.person_id"
        ),
        LAB_KEYS: keys("raw_lab", LAB_KEY),
        ENTRY_KEYS: keys(DATED_ENTRIES, ENTRY_KEY),
    }


def keys(table: str, columns: Sequence[str]) -> str:
    listed = ", ".join(columns)
    return f"SELECT ROW_NUMBER() OVER (ORDER BY {listed}) AS number, {listed} FROM (SELECT DISTINCT {listed} FROM {table}) k"


def same(left: str, right: str, columns: Iterable[str]) -> str:
    return " AND ".join(f"{left}.{one} IS NOT DISTINCT FROM {right}.{one}" for one in columns)


def person(lists: Sequence[str], complete: frozenset[str]) -> str:
    """Whoever is alive on the day of decision; the age in completed years, of a partial birth date the younger one."""
    flags = ", ".join(f"{'TRUE' if one in complete else 'FALSE'} AS {COMPLETE}{one}" for one in lists)
    born, today = "(DATE '1970-01-01' + p.birth_last)", "(DATE '1970-01-01' + i.index_day)"
    age = (
        f"EXTRACT(YEAR FROM {today}) - EXTRACT(YEAR FROM {born}) - CASE WHEN EXTRACT(MONTH FROM {today}) * 100 + "
        f"EXTRACT(DAY FROM {today}) < EXTRACT(MONTH FROM {born}) * 100 + EXTRACT(DAY FROM {born}) THEN 1 ELSE 0 END"
    )
    return (
        f"SELECT i.run_id AS person_id, i.index_day, CAST({age} AS DOUBLE) AS age, {flags} FROM raw_person p "
        "JOIN judged i ON i.person_id = p.person_id "
        "WHERE (p.death_day IS NULL OR p.death_day > i.index_day) AND (p.birth_last IS NULL OR p.birth_first <= i.index_day)"
    )


def lab() -> str:
    """Every result of every key that came to one."""
    return (
        "SELECT i.run_id AS person_id, CAST(r.place * 8 + m.part AS INTEGER) AS place, m.analyte, m.lo, m.hi, m.lo_open, m.hi_open, "
        "m.unit, r.first_day, r.last_day, COALESCE(r.clock, '') AS clock, m.ref_low, m.ref_high, m.qualitative, m.problem, "
        f"m.status, FALSE AS derived, CAST(NULL AS INTEGER) AS for_index FROM raw_lab r JOIN judged i ON i.person_id = r.person_id JOIN lab_keys k ON {same('r', 'k', LAB_KEY)} "
        "JOIN lab_meaning m ON m.key = k.number"
    )


def event() -> str:
    """Every statement of every key that came to one, with its own days where it carries them."""

    def day(which: str, end: str) -> str:
        return (
            f"CASE m.{which}_from WHEN 'start' THEN e.start_{end} WHEN 'stop' THEN e.stop_{end} "
            f"WHEN 'words' THEN e.index_day + m.{which}_{end} ELSE NULL END AS {which}_{end}"
        )

    days = ", ".join(day(which, end) for which in ("start", "stop") for end in ("first", "last"))
    return (
        "SELECT e.run_id AS person_id, CAST(e.place * 8 + m.part AS INTEGER) AS place, m.concept, m.affirmed, m.doubt, "
        f"m.family, m.tense, {days}, m.route, m.dose_ug, m.adherence, m.listed_as_procedure FROM {DATED_ENTRIES} e "
        f"JOIN entry_keys k ON {same('e', 'k', ENTRY_KEY)} JOIN event_meaning m ON m.key = k.number"
    )


# --- What follows from results by a formula -----------------------------------------------------------------------


def derived(feeds: Iterable[str], sexes: Mapping[str, str]) -> dict[str, str]:
    """Name of a table -> its query: the results of one day that feed formulas, and the distinct keys of these.

    ``feeds``: the tests that formulas need. ``sexes``: the concept that says a sex -> the sex.
    """
    listed = ", ".join(f"'{one}'" for one in sorted(feeds))
    whens = " ".join(f"WHEN '{concept}' THEN '{sex}'" for concept, sex in sorted(sexes.items()))
    said = ", ".join(f"'{concept}'" for concept in sorted(sexes))
    sex = (
        f"SELECT person_id, CASE MIN(concept) {whens} END AS sex FROM event WHERE concept IN ({said}) AND affirmed "
        "AND NOT family GROUP BY person_id HAVING MIN(concept) = MAX(concept)"
    )
    line = "l.analyte || CHR(9) || CAST(l.lo AS VARCHAR) || CHR(9) || l.unit"
    return {
        FEEDING: (
            f"SELECT l.person_id, l.first_day, l.last_day, p.age, s.sex, STRING_AGG({line}, CHR(10) ORDER BY l.place) AS results "
            f"FROM lab l JOIN person p ON p.person_id = l.person_id LEFT JOIN ({sex}) s ON s.person_id = l.person_id "
            f"WHERE l.analyte IN ({listed}) AND l.problem IS NULL AND l.lo = l.hi AND l.unit IS NOT NULL "
            "GROUP BY l.person_id, l.first_day, l.last_day, p.age, s.sex"
        ),
        DERIVED_KEYS: keys(FEEDING, DERIVED_KEY),
    }


def with_derived() -> str:
    """The derived results as rows of ``lab``; one that the laboratory reported itself on that day is not added."""
    day = (
        "{a}.first_day IS NOT DISTINCT FROM {b}.first_day AND {a}.last_day IS NOT DISTINCT FROM {b}.last_day"
    )
    here, there = day.format(a="l", b="f"), day.format(a="o", b="f")
    return (
        "SELECT f.person_id, MAX(l.place) AS place, d.analyte, d.value AS lo, d.value AS hi, FALSE AS lo_open, "
        "FALSE AS hi_open, d.unit, f.first_day, f.last_day, ARG_MAX(l.clock, l.place) AS clock, CAST(NULL AS DOUBLE) AS ref_low, "
        "CAST(NULL AS DOUBLE) AS ref_high, CAST(NULL AS VARCHAR) AS qualitative, CAST(NULL AS VARCHAR) AS problem, "
        "ARG_MAX(l.status, l.place) AS status, TRUE AS derived, CAST(NULL AS INTEGER) AS for_index "
        f"FROM feeding f JOIN derived_keys k ON {same('f', 'k', DERIVED_KEY)} JOIN derived_meaning d ON d.key = k.number "
        f"JOIN lab l ON l.person_id = f.person_id AND {here} AND l.analyte = d.source AND l.lo = d.source_value "
        "AND l.problem IS NULL AND l.lo = l.hi WHERE NOT EXISTS (SELECT 1 FROM lab o WHERE o.person_id = f.person_id "
        f"AND {there} AND o.analyte = d.analyte AND o.problem IS NULL "
        "AND (o.lo IS NOT NULL OR o.hi IS NOT NULL OR o.qualitative IS NOT NULL)) "
        "GROUP BY f.person_id, f.first_day, f.last_day, d.analyte, d.value, d.unit"
    )
