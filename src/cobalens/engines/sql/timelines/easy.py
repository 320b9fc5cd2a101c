"""People whose results of an analyte can be settled at once: no dose that counts, exact days, no two that quarrel.

Most of a population is of this sort; ``treated`` looks at the results of all the others one by one.
"""

from __future__ import annotations

from cobalens.engines.sql.timelines import cutting, doses
from cobalens.engines.sql.timelines.chain import (
    FALLING,
    NO_DIFFERENCE,
    RISING,
    SAMPLE,
    Chain,
    Policies,
    change_of,
    once_low,
    scales_of,
)
from cobalens.engines.sql.timelines.layout import ALWAYS, PLACE, Frame
from cobalens.engines.sql.timelines.results import standing

_SAYS = 1 << 8
"""Values of what a result says: its level and band, three bits each, and two for whether it is high. Above them in the
same number stand the 24 bits of its place (``PLACE``) and then its day, so that the greatest is the newest."""


def _paired(c: Chain) -> bool:
    """Whether a fact compares the newest result with earlier ones."""
    return any(c.fact(timeline) for timeline in ("persistence", "trend", "agreement"))


def tables(c: Chain, policies: Policies, person: Frame) -> list[str]:
    """``<name>_hard``: people whose results are looked at one by one; ``<name>_easy`` settles all the others at once.

    Easy is who has no dose that counts, exact days, plain numbers, and no second result of a day that matters.
    """
    n, frame = c.name, c.frame(person)
    dosed = f"g.treated = 1 OR g.{SAMPLE}treated = 1 OR g.said = {doses.SAID_AFTER}"
    ctes = [
        _plain(c, frame),
        _first(c, frame),
        (
            f"{n}_split AS (SELECT {frame.key('t')}, (t.top >> 32) - {ALWAYS} AS day, "
            f"((t.top >> 8) & {PLACE - 1}) AS lead, ((t.top >> 5) & 7) AS level, ((t.top >> 2) & 7) AS band, (t.top & 3) AS high, "
            f"t.low, CASE WHEN t.strange = 1 OR ((t.top >> 8) & {PLACE - 1}) <> {PLACE - 1} - (t.floor & {PLACE - 1}) OR {dosed} "
            f"THEN 1 ELSE 0 END AS hard FROM {n}_first t JOIN given g ON {person.on('g', 't')})"
        ),
    ]
    hard = f"SELECT {frame.key()} FROM {n}_split WHERE hard = 1"
    found, joined = "0 AS was_high, 0 AS lasting, 0 AS trend, 0 AS same, 0 AS clash", ""
    if _paired(c):
        ctes.append(_step(c, policies, frame))
        hard += f" UNION ALL SELECT {frame.key()} FROM {n}_step WHERE twice = 1"
        found = "e.was_high, e.lasting, e.trend, e.same, e.clash"
        joined = f" LEFT JOIN {n}_step e ON {frame.on('e', 'w')}"
    return [
        *ctes,
        f"{n}_hard AS ({hard})",
        (
            f"{n}_easy AS (SELECT {frame.key('w')}, 1 AS n, w.day AS since, w.day AS newest_day, w.level, w.high, w.band, "
            f"0 AS side, 1 AS sound, 0 AS trouble, 0 AS differ, 0 AS without_unit, w.low, 0 AS after_dose, 0 AS other_dose, "
            f"0 AS washed_dose, {found} FROM {n}_split w{joined} WHERE w.hard = 0"
            + (" AND COALESCE(e.twice, 0) = 0)" if joined else ")")
        ),
    ]


def _plain(c: Chain, frame: Frame) -> str:
    """What each result says if it is a plain number of an exact day; ``strange`` where it is not."""
    level, band, high, ranged = "0", "0", "0", "0"
    if c.width:
        level = cutting.quick_stretch(c.width, "0")
    if c.bands:
        band = f"CASE WHEN l.level > {c.bands.upto_high} THEN {c.bands.upto_high + 1} ELSE l.level END"
        high = cutting.above_high(c.bands, c.by_laboratory("l"), band, "l.ranged")
        if c.by_laboratory("l") and c.fact("persistence"):
            ranged = cutting.quick_range()
    return (
        f"{c.name}_plain AS (SELECT {frame.key()}, place, lo, unit, day, standing, clock, derived, strange, level, "
        f"{band} AS band, {high} AS high FROM ("
        f"SELECT {frame.key_of('l')}, l.place, l.lo, l.hi, l.unit, l.ref_high, l.qualitative, {frame.day('l.first_day')} AS day, "
        f"{standing()} AS standing, COALESCE(l.clock, '') AS clock, CASE WHEN l.derived THEN 1 ELSE 0 END AS derived, "
        f"CASE WHEN {cutting.plain_number()} THEN 0 ELSE 1 END AS strange, {level} AS level, {ranged} AS ranged "
        f"FROM {frame.source('lab_kept', 'l')} LEFT JOIN scale s ON s.number = {c.number('n')} AND s.unit = l.unit "
        f"WHERE {c.is_of('l')}) AS l)"
    )


def _first(c: Chain, frame: Frame) -> str:
    """The newest result of each person in one number: its day, its place and what it says."""
    day = f"(CAST(day AS BIGINT) + {ALWAYS}) * {PLACE}"
    return (
        f"{c.name}_first AS (SELECT {frame.key()}, MAX(strange) AS strange, "
        f"MAX(({day} + place) * {_SAYS} + level * 32 + band * 4 + high) AS top, MAX({day} + ({PLACE - 1} - place)) AS floor, "
        f"{once_low(c, 'day')} AS low FROM {c.name}_plain GROUP BY {frame.key()})"
    )


def _step(c: Chain, policies: Policies, frame: Frame) -> str:
    """From the newest result to the earlier ones of the same easy person, all in one grouping."""
    n, gap, agreement = c.name, policies.persistence_gap, c.fact("agreement")
    days = agreement.current_for if agreement and agreement.current_for is not None else ALWAYS
    change = change_of("o", "w", policies.trend_percent, "lo") if c.fact("trend") or agreement else "0"
    trending = policies.trend_gap is not None and policies.trend_percent is not None
    base = f"apart >= {policies.trend_gap}" if trending else "FALSE"
    near = f"apart < {gap}" if gap is not None else "FALSE"
    long_ago = f"MAX(CASE WHEN high = 2 AND apart >= {gap} THEN day END)" if gap is not None else "NULL"
    alike = f"before > 0 AND now > 0 AND day >= -{days}"
    moved = f"(change IN ({FALLING}, {RISING}) OR (change = {NO_DIFFERENCE} AND ABS(before - now) > 1))"
    parts = {
        "was_high": "MAX(CASE WHEN high = 2 THEN 1 ELSE 0 END)",
        "long_ago": long_ago,
        "normal": "MAX(CASE WHEN high = 1 THEN day END)",
        "same": f"MAX(CASE WHEN {alike} AND before = now THEN 1 ELSE 0 END)",
        "clash": f"MAX(CASE WHEN {alike} AND before <> now AND {near} AND {moved} THEN 1 ELSE 0 END)",
        "top": f"MAX(CASE WHEN {base} THEN turn * 4 + change END)",
        "floor": f"MAX(CASE WHEN {base} THEN turn - ({PLACE - 1} - place) + place END)",
    }
    columns = ", ".join(f"{text} AS {name}" for name, text in parts.items())
    # Going back in time, of one day the first listed comes first.
    turn = f"(CAST(o.day AS BIGINT) + {ALWAYS}) * {PLACE} + ({PLACE - 1} - o.place)"
    return (
        f"{n}_step AS (SELECT {frame.key()}, was_high, CASE WHEN long_ago >= COALESCE(normal, long_ago) THEN 1 ELSE 0 END AS lasting, "
        f"same, clash, COALESCE(top & 3, 0) AS trend, "
        f"CASE WHEN ((top >> 2) & {PLACE - 1}) <> {PLACE - 1} - (floor & {PLACE - 1}) THEN 1 ELSE 0 END AS twice "
        f"FROM (SELECT {frame.key()}, {columns} FROM (SELECT {frame.key('w')}, o.place, o.high, o.day, o.band AS before, "
        f"w.band AS now, w.day - o.day AS apart, {turn} AS turn, {change} AS change FROM {n}_split t "
        f"JOIN {n}_plain w ON {frame.on('w', 't')} AND w.place = t.lead JOIN {n}_plain o ON {frame.on('o', 't')} AND o.day < t.day "
        f"{scales_of(c)} WHERE t.hard = 0) AS p GROUP BY {frame.key()}) AS e)"
    )
