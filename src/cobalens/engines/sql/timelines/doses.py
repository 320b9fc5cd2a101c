"""When the vitamin was given, in SQL: courses of doses, and where a sample stands to each of them."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from cobalens.engines.sql.timelines.chain import SAMPLE
from cobalens.engines.sql.timelines.layout import Frame, listed
from cobalens.engines.sql.timelines.moods import phase_of
from cobalens.engines.sql.timelines.statements import (
    EVER,
    RISE_PERSISTENT,
    SAID_SO,
    SAMPLE_AFTER,
    SAMPLE_BEFORE,
    Statements,
    bits,
    concepts_of,
    is_denied_altogether,
    is_said,
)
from cobalens.model.ruleset import Fact

BEFORE, SAME_DAY, WASHED_OUT, AFTER, UNSURE = 1, 2, 3, 4, 5
SAID_NOTHING, SAID_BEFORE, SAID_AFTER = 0, 1, 2


def tables(counted: Mapping[str, Fact], s: Statements, frame: Frame) -> list[str]:
    """``course`` by tag: every course that the tag's fact counts; the doses of all of them are read at once."""
    few = replace(frame, kept=True)
    phase, ended_first, ended_last = phase_of(few)
    names = dict.fromkeys(name for fact in counted.values() for name in concepts_of(fact))
    counts = ", ".join(
        f"CASE WHEN {_counts(fact)} THEN 1 ELSE 0 END AS {tag}counts" for tag, fact in counted.items()
    )
    start, stop = ([few.day(f"e.{kind}_{end}") for end in ("first", "last")] for kind in ("start", "stop"))
    stated = (
        f"dose AS (SELECT {few.key_of('e')}, e.concept, {counts}, {phase} AS phase, {start[0]} AS start_first, "
        f"{start[1]} AS start_last, {stop[0]} AS stop_first, {stop[1]} AS stop_last, "
        f"{ended_first} AS ended_first, {ended_last} AS ended_last "
        f"FROM {few.source('event_kept', 'e')} JOIN concept c ON c.concept = e.concept "
        f"WHERE e.concept IN {listed(names)} AND e.affirmed AND NOT e.doubt AND NOT e.family)"
    )
    own = "d.stop_first IS NOT NULL OR d.stop_last IS NOT NULL"
    end = {one: f"CASE WHEN {own} THEN d.stop_{one} ELSE d.ended_{one} END" for one in ("first", "last")}
    # A dose that happens on a day ends on it.
    has_end = f"({own} OR d.ended_first IS NOT NULL OR d.ended_last IS NOT NULL)"
    whole = (
        f"dose_end AS (SELECT d.*, CASE WHEN d.phase = 1 THEN 1 ELSE 0 END AS ongoing, {has_end} AS has_end, "
        f"{end['first']} AS end_a, {end['last']} AS end_b, "
        "CASE WHEN d.start_first IS NOT NULL OR d.start_last IS NOT NULL "
        f"OR {own} THEN 1 ELSE 0 END AS dated FROM dose d WHERE d.phase <> 0)"
    )
    marks = ", ".join(f"d.{tag}counts" for tag in counted)
    all_course = (
        f"all_course AS (SELECT {frame.key('d')}, d.concept, {marks}, d.ongoing, d.dated, d.start_first AS begin_first, "
        "CASE WHEN d.start_last < 0 THEN d.start_last ELSE 0 END AS begin_last, "
        "CASE WHEN d.has_end THEN COALESCE(d.end_a, d.start_first) WHEN d.ongoing = 1 THEN 0 ELSE d.start_first END AS end_first, "
        "CASE WHEN d.has_end AND d.end_b < 0 THEN d.end_b ELSE 0 END AS end_last FROM dose_end d)"
    )
    routeless = sorted(name for name in s.routeless)
    bare = f"a.concept IN {listed(routeless)}" if routeless else "FALSE"
    dated = {tag: f"CASE WHEN a.{tag}counts = 1 THEN a.dated ELSE 0 END" for tag in counted}
    within = f"OVER (PARTITION BY {frame.key('a')}"
    among = ", ".join(
        f"MAX({one}) {within}) AS {tag}any_dated, MAX({one}) {within}, a.concept) AS {tag}same_dated, "
        f"MAX(CASE WHEN {bare} THEN {one} ELSE 0 END) {within}) AS {tag}bare_dated"
        for tag, one in dated.items()
    )
    # A dose without a day says nothing new beside one of the same product that has a day.
    courses = [
        f"{tag}course AS (SELECT * FROM marked_course a WHERE a.{tag}counts = 1 AND (a.dated = 1 OR NOT "
        f"(a.{tag}same_dated = 1 OR a.{tag}bare_dated = 1 OR (a.{tag}any_dated = 1 AND {bare}))))"
        for tag in counted
    ]
    return [stated, whole, all_course, f"marked_course AS (SELECT a.*, {among} FROM all_course a)", *courses]


def _counts(fact: Fact) -> str:
    """Whether the fact counts a dose ``e``: its product and the way it is given."""
    names = concepts_of(fact)
    tests = [f"e.concept IN {listed(names)}"]
    tests += [f"({_counted(fact, name)})" for name in names if fact.routed.get(name)]
    return " AND ".join(tests)


def no_course(frame: Frame) -> str:
    """Where no fact asks for treatment, nobody has a course."""
    days = ", ".join(f"0 AS {one}" for one in ("dated", "begin_first", "begin_last", "end_first", "end_last"))
    return f"course AS (SELECT {frame.key('b')}, 0 AS ongoing, {days} FROM person b WHERE 1 = 0)"


def given(s: Statements, frame: Frame, counted: Mapping[str, Fact]) -> list[str]:
    """``given``: one row for each person, treated or not; ``counted``: by tag the facts of which there are courses."""
    before, after = is_said(s, SAMPLE_BEFORE), is_said(s, SAMPLE_AFTER)
    columns = [
        (
            f"CASE WHEN {before} AND NOT {after} THEN {SAID_BEFORE} WHEN {after} AND NOT {before} THEN {SAID_AFTER} "
            f"ELSE {SAID_NOTHING} END AS said"
        ),
        f"CASE WHEN {is_said(s, RISE_PERSISTENT)} THEN 1 ELSE 0 END AS rise",
    ]
    joins = []
    for tag in dict.fromkeys(("", SAMPLE, *counted)):
        if tag not in counted:
            columns.append(f"0 AS {tag}treated, 0 AS {tag}ongoing, 0 AS {tag}denied")
            continue
        k = f"{tag}k"
        columns += [f"COALESCE({k}.treated, 0) AS {tag}treated", f"COALESCE({k}.ongoing, 0) AS {tag}ongoing"]
        columns.append(f"CASE WHEN {is_denied_altogether(counted[tag], s)} THEN 1 ELSE 0 END AS {tag}denied")
        joins.append(
            f"LEFT JOIN (SELECT {frame.key()}, 1 AS treated, MAX(ongoing) AS ongoing FROM {tag}course "
            f"GROUP BY {frame.key()}) {k} ON {frame.on(k, 'b')}"
        )
    names = [*SAID_SO, *(name for fact in counted.values() for name in concepts_of(fact))]
    words = sorted({s.places[name, EVER].word for name in names if (name, EVER) in s.places})
    return [
        bits(s, frame, "dose_bits", words),
        f"given AS (SELECT {frame.key('b')}, {', '.join(columns)} FROM dose_bits b {' '.join(joins)})",
    ]


def _counted(fact: Fact, name: str) -> str:
    return f"e.concept <> '{name}' OR e.route IS NULL OR e.route IN {listed(fact.routed[name])}"


def timing(washout: int | None) -> str:
    """Where a sample ``x`` stands to a course ``k``, by the dates or by what was said (``g.said``)."""
    washed = f"k.ongoing = 0 AND x.first >= k.end_last + {washout}" if washout is not None else "FALSE"
    inside = f"x.last < k.end_first + {washout}" if washout is not None else "TRUE"
    by_dates = (
        f"CASE WHEN k.begin_first IS NULL AND k.ongoing = 1 THEN {AFTER} "
        f"WHEN x.first IS NULL AND k.ongoing = 1 AND k.begin_last < 0 THEN {AFTER} "
        f"WHEN x.first IS NULL THEN {UNSURE} "
        f"WHEN x.last < k.begin_first THEN {BEFORE} "
        f"WHEN {washed} THEN {WASHED_OUT} "
        f"WHEN x.first = x.last AND x.first = k.begin_first AND k.begin_first = k.begin_last THEN {SAME_DAY} "
        f"WHEN x.first > k.begin_last AND k.end_first IS NOT NULL AND {inside} THEN {AFTER} ELSE {UNSURE} END"
    )
    return (
        f"CASE WHEN g.said = {SAID_NOTHING} THEN {by_dates} "
        f"WHEN {by_dates} = {BEFORE} OR (k.dated = 1 AND {by_dates} IN ({AFTER}, {WASHED_OUT})) THEN {by_dates} "
        f"WHEN g.said = {SAID_BEFORE} THEN {BEFORE} ELSE {AFTER} END"
    )


def between(older: str, newer: str) -> str:
    """Whether a course ``k`` begins or ends between the days of two samples, which then may not be compared."""
    begins = (
        f"(k.begin_first IS NULL OR k.begin_first <= {newer}) AND k.begin_last >= {older} "
        "AND NOT (k.begin_first IS NULL AND k.ongoing = 1)"
    )
    ends = f"k.ongoing = 0 AND k.end_last >= {older} AND (k.end_first IS NULL OR k.end_first <= {newer})"
    return f"({begins}) OR ({ends})"


def treatment_state(fact: Fact) -> str:
    on, stopped, never = (fact.values.index(word) for word in ("on", "stopped", "never"))
    return f"CASE WHEN b.ongoing = 1 THEN {on} WHEN b.treated = 1 THEN {stopped} WHEN b.denied = 1 THEN {never} ELSE 0 END"
