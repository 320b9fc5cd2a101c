"""People whose results of an analyte can be settled at once: no dose that counts, exact days, no two that quarrel.

Most of a population is of this sort; ``treated`` looks at the results of all the others one by one.
"""

from __future__ import annotations

from cobalens.engines.sql.timelines import doses
from cobalens.engines.sql.timelines.chain import (
    FALLING,
    NO_DIFFERENCE,
    RISING,
    SAMPLE,
    Chain,
    Policies,
    change_of,
    scales_of,
)
from cobalens.engines.sql.timelines.layout import ALWAYS, PLACE, Frame, newest

STRANGE = "first IS NULL OR first <> last OR NOT usable OR NOT has_number"


def _paired(c: Chain) -> bool:
    """Whether a fact compares the newest result with earlier ones."""
    return any(c.fact(timeline) for timeline in ("persistence", "trend", "agreement"))


def tables(c: Chain, policies: Policies, frame: Frame) -> list[str]:
    """``<name>_hard``: people whose results are looked at one by one; ``<name>_easy`` settles all the others at once.

    Easy is who has no dose that counts, exact days, sound numbers, and no second result of a day that matters.
    """
    n = c.name
    low = {"low": "CASE WHEN band = 1 THEN 1 ELSE 0 END"}
    dosed = f"g.treated = 1 OR g.{SAMPLE}treated = 1 OR g.said = {doses.SAID_AFTER}"
    ctes = [
        f"{n}_first AS ({newest(n, frame.key(), {'all': 'usable'}, STRANGE, low)})",
        (
            f"{n}_split AS (SELECT {frame.key('t')}, (t.all_top & {PLACE - 1}) AS lead, t.low, "
            f"CASE WHEN t.hard = 1 OR {dosed} THEN 1 ELSE 0 END AS hard FROM {n}_first t JOIN given g ON {frame.on('g', 't')})"
        ),
        (
            f"{n}_lead AS (SELECT x.*, t.low FROM {n}_split t JOIN {n} x ON {frame.on('x', 't')} AND x.place = t.lead "
            "WHERE t.hard = 0)"
        ),
    ]
    hard = f"SELECT {frame.key()} FROM {n}_split WHERE hard = 1"
    found, joined = "0 AS was_high, 0 AS lasting, 0 AS trend, 0 AS same, 0 AS clash", ""
    if _paired(c):
        ctes.append(_step(c, policies, frame))
        hard += f" UNION ALL SELECT {frame.key()} FROM {n}_step WHERE twice = 1"
        found = "e.was_high, e.lasting, e.trend, e.same, e.clash"
        joined = f" LEFT JOIN {n}_step e ON {frame.on('e', 'w')} WHERE COALESCE(e.twice, 0) = 0"
    return [
        *ctes,
        f"{n}_hard AS ({hard})",
        (
            f"{n}_easy AS (SELECT {frame.key('w')}, 1 AS n, w.day AS since, w.day AS newest_day, w.level, w.high, w.band, "
            f"0 AS side, 1 AS sound, 0 AS trouble, 0 AS differ, 0 AS without_unit, w.low, 0 AS after_dose, 0 AS other_dose, "
            f"0 AS washed_dose, {found} FROM {n}_lead w{joined})"
        ),
    ]


def _step(c: Chain, policies: Policies, frame: Frame) -> str:
    """From the newest result to the earlier ones of the same easy person, all in one grouping."""
    n, gap, agreement = c.name, policies.persistence_gap, c.fact("agreement")
    days = agreement.current_for if agreement and agreement.current_for is not None else ALWAYS
    change = change_of("o", "w", policies.trend_percent) if c.fact("trend") or agreement else "0"
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
        f"w.band AS now, w.day - o.day AS apart, {turn} AS turn, {change} AS change FROM {n}_lead w "
        f"JOIN {n} o ON {frame.on('o', 'w')} AND o.day < w.day {scales_of(c)}) AS p GROUP BY {frame.key()}) AS e)"
    )
