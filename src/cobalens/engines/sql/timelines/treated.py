"""Results that doses bear on, in SQL, one chain of analytes at a time: untreated, persistence, trend, agreement and the like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cobalens.engines.sql.timelines import cutting, doses, easy
from cobalens.engines.sql.timelines.chain import (
    FALLING,
    NO_DIFFERENCE,
    RISING,
    SAMPLE,
    STEADY,
    Chain,
    Lane,
    Policies,
    change_of,
    once_low,
    scales_of,
)
from cobalens.engines.sql.timelines.cutting import Bands
from cobalens.engines.sql.timelines.layout import ALWAYS, PLACE, Frame, agreed, front, newest
from cobalens.engines.sql.timelines.results import first_and_last, standing
from cobalens.model.cohort import Scale
from cobalens.model.ruleset import Fact, Pack, Ruleset

TIMELINES = frozenset(
    {"untreated", "once_low", "persistence", "trend", "agreement", "reading", "any_unit", "sample_timing"}
)


def sampled_analytes(ruleset: Ruleset, fact: Fact) -> tuple[str, ...]:
    """The analytes of which the newest reading is held against the doses, the first that there is."""
    untreated = dict.fromkeys(f.of[0] for f in ruleset.facts.values() if f.lab and f.timeline == "untreated")
    return fact.samples or tuple(untreated)


def tables(c: Chain, scales: Mapping[str, Sequence[Scale]], person: Frame) -> list[str]:
    """Common table expressions of one chain; ``<name>_fact`` holds one row a person who has a result, in each lane."""
    policies, frame = c.policies, c.frame(person)
    ctes = [
        *c.numbers(),
        *easy.tables(c, policies, person),
        *_rows(c, scales, frame),
        *_clean(c, policies, frame, person),
    ]
    ctes += _asked(c, frame)
    if c.fact("persistence"):
        ctes.append(_earlier(c, policies, frame))
    if c.fact("trend"):
        ctes += _trend(c, policies, frame)
    if c.fact("agreement"):
        ctes += _agreement(c, policies, frame, person)
    if c.sampled:
        ctes.append(_sample(c, policies, frame, person))
    ctes.append(_facts(c, frame, person))
    return ctes


_STRANGE = "first IS NULL OR first <> last OR NOT usable OR NOT has_number"


# --- The rows of the chain ----------------------------------------------------------------------------------------


def _rows(c: Chain, scales: Mapping[str, Sequence[Scale]], frame: Frame) -> list[str]:
    """``<name>``: all results of the people who are looked at one by one.

    Plain numbers of an exact day stand in ``<name>_plain`` already (``easy``); only ``<name>_odd``, the others, are read here.
    Who has one of these is among those people, so that it need not be asked again.
    """
    first, last = first_and_last(frame)
    level = cutting.stretch(c.width, word=c.word) if c.width else "0"
    banded, high, side, ranged = "0", "0", "0", cutting.printed_range() if c.fact("persistence") else "0"
    if c.bands:
        count, upto = c.bands.count, c.bands.upto_high
        most = upto + 1 if upto < count else max(c.bands.fact.qualitative.values(), default=0)
        meant = {word: min(at, most) for word, at in c.bands.fact.qualitative.items()}
        banded = cutting.stretch(upto, str(upto), cutting.word_literal(meant))
        high = cutting.above_high(c.bands, c.by_laboratory("l"), "l.band", "l.ranged")
        if any_unit := c.fact("any_unit"):
            side = _side_of(c, c.bands, any_unit, scales)
    problems = {"implausible": 1, "unit_impossible": 2, "unit_missing": 3}
    problem = " ".join(f"WHEN l.problem = '{name}' THEN {at}" for name, at in problems.items())
    odd = (
        f"{c.name}_odd AS (SELECT {frame.key('l')}, place, lo, hi, unit, first, last, day, standing, clock, derived, level, band, "
        f"{high} AS high, side, trouble, usable, has_number, has_word, unit_missing FROM ("
        f"SELECT {frame.key_of('l')}, l.place, l.lo, l.hi, l.unit, l.ref_high, l.qualitative, {ranged} AS ranged, "
        f"{first} AS first, {last} AS last, COALESCE({last}, 0) AS day, {standing()} AS standing, "
        "COALESCE(l.clock, '') AS clock, CASE WHEN l.derived THEN 1 ELSE 0 END AS derived, "
        f"{level} AS level, {banded} AS band, {side} AS side, "
        f"CASE WHEN {cutting.usable()} THEN 0 ELSE CASE {problem} ELSE 0 END END AS trouble, "
        f"{cutting.usable()} AS usable, COALESCE(l.problem <> 'not_a_number', TRUE) AS has_number, "
        "l.qualitative IS NOT NULL AS has_word, COALESCE(l.problem = 'unit_missing', FALSE) AS unit_missing "
        f"FROM {frame.source('lab_kept', 'l')} LEFT JOIN scale s ON s.number = {c.number('n')} AND s.unit = l.unit "
        f"WHERE {c.is_of('l')} AND NOT COALESCE({cutting.plain_number()}, FALSE)) AS l)"
    )
    return [
        odd,
        (
            f"{c.name} AS (SELECT * FROM {c.name}_odd UNION ALL SELECT {frame.key('x')}, x.place, x.lo, x.lo, x.unit, x.day, x.day, x.day, "
            f"x.standing, x.clock, x.derived, x.level, x.band, x.high, 0, 0, TRUE, TRUE, FALSE, FALSE "
            f"FROM {c.name}_plain x JOIN {c.name}_hard t ON {frame.on('t', 'x')} WHERE x.strange = 0)"
        ),
    ]


def _side_of(c: Chain, bands: Bands, fact: Fact, scales: Mapping[str, Sequence[Scale]]) -> str:
    sides = {one.number: _side(bands, fact, one.pack, scales[one.pack.name]) for one in c.lanes}
    if len(sides) == 1:
        return sides[c.lanes[0].number]
    return (
        f"CASE n.number {' '.join(f'WHEN {number} THEN {side}' for number, side in sides.items())} ELSE 0 END"
    )


def _side(bands: Bands, fact: Fact, pack: Pack, scales: Sequence[Scale]) -> str:
    """The stretch between the limits where every unit in which the lowest is published agrees; else 0."""
    name = fact.limits[0] if fact.limits else "low"
    if name not in bands.fact.limits:
        return "0"
    known = {scale.unit: scale for scale in scales if scale.analyte == bands.analyte}
    places = []
    for unit in cutting.published_units(pack, bands.analyte, name):
        scale = known.get(unit)
        if scale is None:
            return "0"
        places.append(_interval_in(scale, bands.upto_high))
    if not places:
        return "0"
    same = " AND ".join(f"({places[0]}) = ({one})" for one in places[1:]) or "TRUE"
    return (
        f"CASE WHEN l.problem = 'unit_missing' THEN CASE WHEN {same} THEN {places[0]} ELSE 0 END ELSE 0 END"
    )


def _interval_in(scale: Scale, upto: int) -> str:
    low, high = [], []
    for number, edge in scale.cuts[:upto]:
        g, h = cutting.at_least(number), cutting.beyond(number)
        t = g if edge == "<" else h
        low.append(f"CASE WHEN l.lo >= CASE WHEN l.lo_open THEN {g!r} ELSE {t!r} END THEN 1 ELSE 0 END")
        high.append(f"CASE WHEN l.hi >= CASE WHEN l.hi_open THEN {h!r} ELSE {t!r} END THEN 1 ELSE 0 END")
    same, below, above = "l.lo = l.hi", " + ".join(low) or "0", " + ".join(high) or "0"
    plain = " + ".join(
        f"CASE WHEN l.lo >= {(cutting.at_least(v) if e == '<' else cutting.beyond(v))!r} THEN 1 ELSE 0 END"
        for v, e in scale.cuts[:upto]
    )
    return (
        f"(CASE WHEN {same} THEN 1 + {plain or '0'} WHEN {below} = CASE WHEN l.hi IS NULL THEN {len(scale.cuts[:upto])} "
        f"ELSE {above} END THEN 1 + {below} ELSE 0 END)"
    )


def _clean(c: Chain, policies: Policies, frame: Frame, person: Frame) -> list[str]:
    """Adds to each row whether it was taken without the vitamin in it."""
    n, bad = c.name, f"({doses.AFTER}, {doses.UNSURE})"
    return [
        (
            f"{n}_dosed AS (SELECT {frame.key('x')}, x.place, MAX(CASE WHEN {doses.timing(policies.washout)} IN {bad} THEN 1 ELSE 0 END) "
            f"AS dosed FROM {n} x JOIN course k ON {person.on('k', 'x')} JOIN given g ON {person.on('g', 'x')} "
            f"GROUP BY {frame.key('x')}, x.place)"
        ),
        (
            f"{n}_row AS (SELECT x.*, CASE WHEN g.treated = 1 THEN COALESCE(d.dosed, 0) = 0 ELSE g.said <> {doses.SAID_AFTER} END "
            f"AS clean FROM {n} x JOIN given g ON {person.on('g', 'x')} "
            f"LEFT JOIN {n}_dosed d ON {frame.on('d', 'x')} AND d.place = x.place)"
        ),
    ]


def _sets(c: Chain) -> dict[str, str]:
    """Question -> the rows that may answer it."""
    sets = {}
    if c.fact("untreated"):
        sets["untreated"] = "usable AND clean"
    if c.fact("persistence") or c.fact("agreement"):
        sets["newest"] = "usable"
    if c.fact("reading") or c.sampled:
        sets["reading"] = "(has_number OR has_word)"
    if c.fact("any_unit"):
        sets["any_unit"] = "has_number"
    if c.fact("trend"):
        sets["trend"] = "usable AND clean AND last IS NOT NULL"
    return sets


def _asking(c: Chain, question: str) -> str:
    """Of several lanes those alone in which the question is asked."""
    by = {"newest": {"persistence", "agreement"}, "reading": {"reading", "sample_timing"}}
    lanes = [one for one in c.lanes if not one.wanted.isdisjoint(by.get(question, {question}))]
    return "" if len(lanes) == len(c.lanes) else f" AND {c.among(lanes, 'x')}"


def _asked(c: Chain, frame: Frame) -> list[str]:
    """``<name>_found``: per question and person what the rows in front come to.

    Where all rows have exact days and numbers, the row of the newest day is in front; the others are asked one by one.
    """
    n, sets = c.name, _sets(c)
    # Rows with exact days and sound numbers are clean or not, and otherwise in every set.
    easy_sets = {
        "all": "usable",
        **({"clean": "usable AND clean"} if {"untreated", "trend"} & sets.keys() else {}),
    }
    plainly = " UNION ALL ".join(
        f"SELECT '{name}' AS question, {frame.key('x')}, 1 AS n, x.first AS since, x.day AS newest_day, x.place AS lead, "
        f"x.level, x.high, x.band, 0 AS side, 1 AS sound, 0 AS trouble, 0 AS differ, 0 AS without_unit "
        f"FROM {n}_newest t JOIN {n}_row x ON {frame.on('x', 't')} AND x.place = (t.{of}_top & {PLACE - 1}) "
        f"WHERE t.hard = 0{_asking(c, name)}"
        for name in sets
        if name != "any_unit"
        for of in ("clean" if name in ("untreated", "trend") else "all",)
    )
    asked = " UNION ALL ".join(
        f"SELECT '{name}' AS question, x.* FROM {n}_unsure x WHERE {condition}{_asking(c, name)}"
        for name, condition in sets.items()
    )
    return [
        f"{n}_newest AS ({newest(f'{n}_row', frame.key(), easy_sets, _STRANGE)})",
        f"{n}_unsure AS (SELECT x.* FROM {n}_row x JOIN {n}_newest t ON {frame.on('t', 'x')} WHERE t.hard = 1)",
        f"{n}_asked AS ({asked})",
        *front(f"{n}_front", f"{n}_asked", ("question", *frame.keys)),
        (
            f"{n}_found AS ({plainly} UNION ALL SELECT question, {frame.key()}, COUNT(*) AS n, MIN(first) AS since, "
            f"MAX(day) AS newest_day, MIN(place) AS lead, {agreed('level')} AS level, {agreed('high')} AS high, "
            f"{agreed('band')} AS band, {agreed('side')} AS side, MAX(CASE WHEN usable THEN 1 ELSE 0 END) AS sound, "
            "MIN(trouble) AS trouble, "
            "CASE WHEN MAX(band) > MIN(CASE WHEN band > 0 THEN band END) THEN 1 ELSE 0 END AS differ, "
            "MIN(CASE WHEN unit_missing THEN 1 ELSE 0 END) AS without_unit "
            f"FROM {n}_front GROUP BY question, {frame.key()})"
        ),
    ]


# --- Several results ----------------------------------------------------------------------------------------------


def _earlier(c: Chain, policies: Policies, frame: Frame) -> str:
    """Before the newest result: whether any was high, and whether one that long ago was, with none normal between."""
    gap = policies.persistence_gap
    start = "COALESCE(f.since, 0)"
    long_ago = (
        f"MAX(CASE WHEN x.high = 2 AND {start} - x.day >= {gap} THEN x.day END)"
        if gap is not None
        else "NULL"
    )
    return (
        f"{c.name}_earlier AS (SELECT {frame.key()}, was_high, "
        "CASE WHEN long_ago >= COALESCE(normal, long_ago) THEN 1 ELSE 0 END AS lasting FROM ("
        f"SELECT {frame.key('x')}, MAX(CASE WHEN x.high = 2 THEN 1 ELSE 0 END) AS was_high, {long_ago} AS long_ago, "
        f"MAX(CASE WHEN x.high = 1 THEN x.day END) AS normal FROM {c.name}_row x "
        f"JOIN {c.name}_found f ON {frame.on('f', 'x')} AND f.question = 'newest' AND f.high > 0 "
        f"WHERE x.usable AND x.last IS NOT NULL AND x.day < {start} GROUP BY {frame.key('x')}) AS e)"
    )


def _trend(c: Chain, policies: Policies, frame: Frame) -> list[str]:
    n, gap = c.name, policies.trend_gap
    known = gap is not None and policies.trend_percent is not None
    enough = f"f.since - x.day >= {gap}" if known else "FALSE"
    return [
        (
            f"{n}_older AS (SELECT {frame.key('x')}, x.place, x.first, x.last, x.day, x.standing, x.clock, x.derived, x.usable FROM {n}_row x JOIN {n}_found f ON {frame.on('f', 'x')} AND f.question = 'trend' "
            f"WHERE x.usable AND x.clean AND x.last IS NOT NULL AND {enough})"
        ),
        f"{n}_older_newest AS ({newest(f'{n}_older', frame.key(), {'all': 'usable'}, 'first <> last')})",
        f"{n}_older_hard AS (SELECT x.* FROM {n}_older x JOIN {n}_older_newest t ON {frame.on('t', 'x')} WHERE t.hard = 1)",
        *front(f"{n}_before", f"{n}_older_hard", frame.keys),
        (
            f"{n}_base AS (SELECT {frame.key()}, 1 AS n, CAST(all_top & {PLACE - 1} AS INTEGER) AS lead FROM {n}_older_newest "
            f"WHERE hard = 0 UNION ALL SELECT {frame.key()}, COUNT(*) AS n, MIN(place) AS lead FROM {n}_before "
            f"GROUP BY {frame.key()})"
        ),
        (
            f"{n}_trend AS (SELECT {frame.key('f')}, {change_of('o', 'w', policies.trend_percent)} AS trend FROM {n}_found f "
            f"JOIN {n}_base a ON {frame.on('a', 'f')} AND a.n = 1 "
            f"JOIN {n}_row w ON {frame.on('w', 'f')} AND w.place = f.lead "
            f"JOIN {n}_row o ON {frame.on('o', 'f')} AND o.place = a.lead {scales_of(c)} WHERE f.question = 'trend' AND f.n = 1)"
        ),
    ]


def _agreement(c: Chain, policies: Policies, frame: Frame, person: Frame) -> list[str]:
    n = c.name
    fact = c.fact("agreement")
    assert fact is not None
    days = ALWAYS if fact.current_for is None else fact.current_for
    change = change_of("o", "w", policies.trend_percent)
    gap = policies.persistence_gap
    near = f"gap < {gap}" if gap is not None else "FALSE"
    moved = f"(change IN ({FALLING}, {RISING}) OR (change = {NO_DIFFERENCE} AND ABS(before - now) > 1))"
    return [
        (
            f"{n}_pair AS (SELECT {frame.key('f')}, o.place, o.day AS old_day, w.day AS new_day, o.band AS before, f.band AS now, "
            f"w.day - o.day AS gap, {change} AS change FROM {n}_found f "
            f"JOIN {n}_row w ON {frame.on('w', 'f')} AND w.place = f.lead "
            f"JOIN {n}_row o ON {frame.on('o', 'f')} {scales_of(c)} WHERE f.question = 'newest' AND f.band > 0 AND o.band > 0 AND o.usable "
            f"AND w.last IS NOT NULL AND o.last IS NOT NULL AND o.day < w.day AND o.first >= -{days})"
        ),
        (
            f"{n}_apart AS (SELECT DISTINCT {frame.key('q')}, q.place FROM (SELECT {frame.key('p')}, p.place, p.old_day, "
            f"p.new_day FROM {n}_pair p) q JOIN course k ON {person.on('k', 'q')} "
            f"WHERE {doses.between('q.old_day', 'q.new_day')})"
        ),
        (
            f"{n}_agree AS (SELECT {frame.key('p')}, MAX(CASE WHEN p.before = p.now THEN 1 ELSE 0 END) AS same, "
            f"MAX(CASE WHEN p.before <> p.now AND {near} AND {moved} THEN 1 ELSE 0 END) AS clash FROM {n}_pair p "
            f"LEFT JOIN {n}_apart d ON {frame.on('d', 'p')} AND d.place = p.place WHERE d.place IS NULL GROUP BY {frame.key('p')})"
        ),
    ]


# --- The facts ----------------------------------------------------------------------------------------------------


def _sample(c: Chain, policies: Policies, frame: Frame, person: Frame) -> str:
    """How the newest reading stands to every course: bits of what was found."""
    n = c.name
    found = doses.timing(policies.washout)
    ask = {
        "after": f"= {doses.AFTER}", "same": f"= {doses.SAME_DAY}", "washed": f"= {doses.WASHED_OUT}",
        "other": f"NOT IN ({doses.BEFORE}, {doses.WASHED_OUT})",
    }  # fmt: skip
    parts = ", ".join(
        f"MAX(CASE WHEN {found} {test} THEN 1 ELSE 0 END) AS {name}_dose" for name, test in ask.items()
    )
    return (
        f"{n}_sample AS (SELECT {frame.key('f')}, {parts} FROM {n}_found f "
        f"JOIN {n}_row x ON {frame.on('x', 'f')} AND x.place = f.lead JOIN given g ON {person.on('g', 'f')} "
        f"JOIN {SAMPLE}course k ON {person.on('k', 'f')} WHERE f.question = 'reading' GROUP BY {frame.key('f')})"
    )


def _facts(c: Chain, frame: Frame, person: Frame) -> str:
    """One row a person with a result, in each lane."""
    n = c.name
    asked = ("untreated", "newest", "reading", "any_unit")
    joins = [f"FROM {n}_newest x"]
    joins += [
        f"LEFT JOIN {n}_found {question}_f ON {frame.on(f'{question}_f', 'x')} AND {question}_f.question = '{question}'"
        for question in asked
    ]
    beside = {"low": "o", "earlier": "y", "trend": "w", "agree": "u", "sample": "m"}
    made = {
        "low": bool(c.fact("once_low")),
        "earlier": bool(c.fact("persistence")),
        "trend": bool(c.fact("trend")),
        "agree": bool(c.fact("agreement")),
        "sample": c.sampled,
    }
    low = f"(SELECT {frame.key()}, {once_low(c, 'first')} AS low FROM {n}_row WHERE usable GROUP BY {frame.key()})"
    for name, wanted in made.items():
        table = low if name == "low" else f"{n}_{name}"
        if wanted:
            joins.append(f"LEFT JOIN {table} {beside[name]} ON {frame.on(beside[name], 'x')}")
    hard = {**{question: f"{question}_f" for question in asked}, **beside}
    ways = ((hard, " ".join(joins)), (dict.fromkeys(hard, "x"), f"FROM {n}_easy x"))
    selected = []
    for alias, source in ways:
        columns = [f"{_value(fact, alias)} AS {timeline}" for timeline, fact in c.facts.items()]
        if c.sampled:
            columns.append(f"{_timing_code(alias)} AS timing")
        selected.append(
            f"SELECT {frame.key('x')}, {', '.join(columns)} {source} JOIN given g ON {person.on('g', 'x')}"
        )
    return f"{n}_fact AS ({' UNION ALL '.join(selected)})"


def _value(fact: Fact, alias: Mapping[str, str]) -> str:
    """``alias``: where what was found for each question stands."""
    at, newest_f, any_unit = fact.values.index, alias["newest"], alias["any_unit"]
    days = ALWAYS if fact.current_for is None else fact.current_for
    if fact.timeline == "untreated":
        one = alias["untreated"]
        today = f"CASE WHEN g.ongoing = 1 THEN {one}.newest_day ELSE 0 END"
        return f"CASE WHEN COALESCE({today} - {one}.since <= {days}, TRUE) THEN COALESCE({one}.level, 0) ELSE 0 END"
    if fact.timeline == "once_low":
        low = f"{alias['low']}.low"
        return f"CASE {low} WHEN 2 THEN {at('lately')} WHEN 1 THEN {at('earlier')} WHEN 0 THEN {at('no')} ELSE 0 END"
    if fact.timeline == "persistence":
        y = alias["earlier"]
        return (
            f"CASE COALESCE({newest_f}.high, 0) WHEN 0 THEN 0 "
            f"WHEN 1 THEN CASE WHEN {y}.was_high = 1 THEN {at('settled')} ELSE {at('none')} END "
            f"ELSE CASE WHEN {newest_f}.since < -{days} THEN 0 WHEN {y}.lasting = 1 OR g.rise = 1 THEN {at('persistent')} "
            f"ELSE {at('single')} END END"
        )
    if fact.timeline == "trend":
        words = ((FALLING, "falling"), (RISING, "rising"), (STEADY, "steady"))
        cases = " ".join(f"WHEN {code} THEN {at(word)}" for code, word in words)
        return f"CASE {alias['trend']}.trend {cases} ELSE 0 END"
    if fact.timeline == "agreement":
        u = alias["agree"]
        return (
            f"CASE WHEN {newest_f}.n IS NULL THEN 0 WHEN {newest_f}.differ = 1 OR {u}.clash = 1 THEN {at('conflict')} "
            f"WHEN {u}.same = 1 THEN {at('agree')} ELSE {at('single')} END"
        )
    if fact.timeline == "reading":
        one = alias["reading"]
        troubles = ((1, "implausible"), (2, "unit_impossible"), (3, "unit_missing"))
        cases = " ".join(f"WHEN {code} THEN {at(word)}" for code, word in troubles if word in fact.values)
        return (
            f"CASE WHEN {one}.n IS NULL THEN 0 WHEN {one}.sound = 1 THEN {at('sound')} "
            f"ELSE CASE {one}.trouble {cases} ELSE {at('sound')} END END"
        )
    stretches = " ".join(f"WHEN {code} THEN {code}" for code in range(1, len(fact.values)))
    return (
        f"CASE WHEN {any_unit}.without_unit = 1 THEN CASE {any_unit}.side {stretches} ELSE 0 END ELSE 0 END"
    )


def _timing_code(alias: Mapping[str, str]) -> str:
    """1 undosed, 2 after a dose, 3 washed out, 0 not known, NULL where no reading can be asked."""
    m = alias["sample"]
    return (
        f"CASE WHEN {alias['reading']}.n IS NULL THEN NULL WHEN g.{SAMPLE}treated = 0 THEN "
        f"CASE WHEN g.said = {doses.SAID_AFTER} THEN 2 WHEN g.said = {doses.SAID_BEFORE} THEN 1 WHEN g.{SAMPLE}denied = 1 THEN 1 "
        f"ELSE 0 END WHEN {m}.after_dose = 1 THEN 2 WHEN {m}.other_dose = 0 THEN "
        f"CASE WHEN {m}.washed_dose = 1 THEN 3 ELSE 1 END ELSE 0 END"
    )


def sample_timing(fact: Fact, lanes: Sequence[Lane]) -> str:
    """The first analyte that has a reading speaks."""
    timings = ", ".join(f"b.{one.column('timing')}" for one in lanes)
    code = f"COALESCE({timings}, 0)" if lanes else "0"
    words = ((1, "undosed"), (2, "after_dose"), (3, "washed_out"))
    return f"CASE {code} {' '.join(f'WHEN {at} THEN {fact.values.index(w)}' for at, w in words)} ELSE 0 END"
