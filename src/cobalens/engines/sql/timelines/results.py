"""Results in SQL: what the newest one says against the limits (``latest``) and against its printed range (``range``).

Most people's results have exact days and no quarrel: one grouping settles those, and only the others are looked at row by row.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from cobalens.engines.sql.timelines import cutting
from cobalens.engines.sql.timelines.cutting import Bands
from cobalens.engines.sql.timelines.layout import (
    ALWAYS,
    Frame,
    Place,
    agreed,
    constants,
    front,
    laid_out,
)
from cobalens.model.cohort import AGE
from cobalens.model.ruleset import Fact, Ruleset

LEVEL_BITS, RANGE_BITS = 3, 2
_OLDEST = 1_000_000
"""Added to a day so that the number packed from it is positive."""


class Results(Struct, frozen=True):
    """Which analytes are read, and where the value of each fact lies."""

    ruleset: Ruleset
    numbers: dict[str, int]
    bands: dict[str, Bands]
    latest: dict[str, Fact]
    range: dict[str, Fact]
    latest_at: dict[str, Place]
    range_at: dict[str, Place]
    words: int


def results_of(ruleset: Ruleset, facts: Iterable[Fact], also: Iterable[str]) -> Results:
    """``also``: analytes that other timelines read."""
    latest = {f.of[0]: f for f in facts if f.timeline == "latest"}
    ranged = {f.of[0]: f for f in facts if f.timeline == "range"}
    levels = laid_out(len(latest), LEVEL_BITS, 0)
    first = levels[-1].word + 1 if levels else 0
    ranges = laid_out(len(ranged), RANGE_BITS, first)
    words = ranges[-1].word + 1 if ranges else first
    names = sorted({*latest, *ranged, *also})
    return Results(
        ruleset,
        {name: i for i, name in enumerate(names)},
        cutting.bands_of(ruleset),
        latest,
        ranged,
        dict(zip(sorted(latest), levels, strict=True)),
        dict(zip(sorted(ranged), ranges, strict=True)),
        words,
    )


def analyte_table(r: Results) -> str:
    columns = [
        "analyte",
        "number",
        "level_days",
        "range_days",
        "level_word",
        "level_weight",
        "range_word",
        "range_weight",
    ]
    columns += [f"q_{word}" for word in cutting.WORDS]
    types = ["VARCHAR", "INTEGER", "INTEGER", "INTEGER", "INTEGER", "BIGINT", "INTEGER", "BIGINT"]
    types += ["INTEGER"] * len(cutting.WORDS)
    rows = []
    for name, number in r.numbers.items():
        level, ranged = r.latest.get(name), r.range.get(name)
        at, beside = r.latest_at.get(name), r.range_at.get(name)
        rows.append(
            [
                name,
                number,
                _days(level),
                _days(ranged),
                at.word if at else None,
                at.weight if at else None,
                beside.word if beside else None,
                beside.weight if beside else None,
                *((level.qualitative.get(word, 0) if level else 0) for word in cutting.WORDS),
            ]
        )
    return constants("analyte", columns, rows, types)


def _days(fact: Fact | None) -> int:
    return ALWAYS if fact is None or fact.current_for is None else fact.current_for


# --- Rows ---------------------------------------------------------------------------------------------------------


def not_after(frame: Frame) -> str:
    """Neither from after the day of decision nor withdrawn by the laboratory, nor calculated for another day."""
    return (
        f"(l.first_day IS NULL OR l.first_day <= {frame.today}) AND (l.problem IS NULL OR l.problem <> 'cancelled') "
        f"AND (l.for_index IS NULL OR l.for_index = {frame.today})"
    )


def first_and_last(frame: Frame) -> tuple[str, str]:
    """Days before the decision between which a result was taken; both NULL when undated."""
    first = frame.day("COALESCE(l.first_day, l.last_day)")
    last = frame.day("l.last_day")
    undated = "l.first_day IS NULL AND l.last_day IS NULL"
    return first, f"CASE WHEN {undated} THEN NULL WHEN {last} < 0 THEN {last} ELSE 0 END"


def standing() -> str:
    return "CASE l.status WHEN 'corrected' THEN 3 WHEN 'preliminary' THEN 1 ELSE 2 END"


def tables(r: Results, frame: Frame, width: int) -> list[str]:
    """Common table expressions, the last of which (``lab_words``) holds one row a person."""
    level = cutting.stretch(width, word=cutting.word_column())
    first, last = first_and_last(frame)
    day = f"(l.first_day + {_OLDEST})"
    exact = "l.problem IS NULL AND l.first_day = l.last_day"
    plain = f"((l.lo = l.hi AND NOT l.lo_open AND NOT l.hi_open) OR (l.lo IS NULL AND l.hi IS NULL AND l.qualitative IS NOT NULL)) AND {exact}"
    narrow = "".join(f", t{i}" for i in range(1, width + 1))
    limits = f"limits AS (SELECT number, unit{narrow} FROM scale)"
    read = f"lab_read AS ({_read(frame, plain, 'limits', day, '0', cutting.quick_stretch(width, cutting.word_column()), cutting.quick_range())}"
    read += f" UNION ALL {_read(frame, f'NOT COALESCE({plain}, FALSE)', 'scale', day, f'CASE WHEN {exact} AND {cutting.NUMBER} THEN 0 ELSE 1 END', level, cutting.printed_range())})"
    grouped = (
        f"lab_group AS (SELECT {frame.key()}, number, MAX(day * 64 + value) AS top, MAX(day * 64 + (63 - value)) AS floor, "
        f"MAX(odd) AS odd FROM lab_read GROUP BY {frame.key()}, number)"
    )
    hard = f"lab_hard AS (SELECT {frame.key()}, number FROM lab_group WHERE odd = 1 OR (top & 63) <> 63 - (floor & 63))"
    keys = ", ".join(f"g.{key}" for key in frame.keys)
    rows = (
        f"lab_rows AS (SELECT {keys}, a.number, {first} AS first, {last} AS last, {standing()} AS standing, "
        f"COALESCE(l.clock, '') AS clock, CASE WHEN l.derived THEN 1 ELSE 0 END AS derived, "
        f"{level} AS level, {cutting.printed_range()} AS ranged, {cutting.usable()} AS usable, {cutting.readable()} AS readable "
        f"FROM {frame.source('lab', 'l')} JOIN analyte a ON a.analyte = l.analyte "
        f"JOIN lab_hard g ON g.number = a.number AND g.person_id = l.person_id"
        + (" AND g.index_day = p.index_day" if frame.index_day is None else "")
        + f" LEFT JOIN scale s ON s.number = a.number AND s.unit = l.unit WHERE {not_after(frame)})"
    )
    ctes = [limits, read, grouped, hard, rows]
    for name, condition, column in (("level", "usable", "level"), ("ranged", "readable", "ranged")):
        ctes.append(f"{name}_rows AS (SELECT * FROM lab_rows WHERE {condition})")
        ctes += front(f"{name}_front", f"{name}_rows", f"{frame.key('s')}, s.number")
        ctes.append(
            f"{name}_hard AS (SELECT {frame.key()}, number, {agreed(column)} AS value, MIN(first) AS since "
            f"FROM {name}_front GROUP BY {frame.key()}, number)"
        )
    today = frame.today if frame.index_day is not None else "g.index_day"
    since = f"CAST((g.top >> 6) - {_OLDEST} AS INTEGER) - {today}"
    easy = "g.odd = 0 AND (g.top & 63) = 63 - (g.floor & 63)"
    found = [
        (
            f"SELECT {keys}, g.number, CASE WHEN {since} >= -a.level_days THEN (g.top & 63) >> 2 ELSE 0 END AS level, "
            f"CASE WHEN {since} >= -a.range_days THEN g.top & 3 ELSE 0 END AS ranged "
            f"FROM lab_group g JOIN analyte a ON a.number = g.number WHERE {easy}"
        ),
    ]
    for name in ("level", "ranged"):
        days = "level_days" if name == "level" else "range_days"
        value = f"CASE WHEN COALESCE(g.since >= -a.{days}, TRUE) THEN g.value ELSE 0 END"
        pair = f"{value} AS level, 0 AS ranged" if name == "level" else f"0 AS level, {value} AS ranged"
        found.append(
            f"SELECT {keys}, g.number, {pair} FROM {name}_hard g JOIN analyte a ON a.number = g.number"
        )
    if AGE in r.latest:
        found.append(_age(r, frame))
    ctes.append(f"lab_values AS ({' UNION ALL '.join(found)})")
    ctes.append(_words(r, frame))
    return ctes


def _read(frame: Frame, condition: str, limits: str, day: str, odd: str, level: str, ranged: str) -> str:
    """Results of one sort, as one number for the day and one for what they say."""
    return (
        f"SELECT {frame.key_of('l')}, a.number, CAST({day} AS BIGINT) AS day, ({level}) * 4 + {ranged} AS value, {odd} AS odd "
        f"FROM {frame.source('lab', 'l')} JOIN analyte a ON a.analyte = l.analyte "
        f"LEFT JOIN {limits} s ON s.number = a.number AND s.unit = l.unit WHERE {not_after(frame)} AND {condition}"
    )


def _age(r: Results, frame: Frame) -> str:
    """The age is a result of today, in the analyte's first unit; where ages stand among the results it is one of these."""
    bands, unit = r.bands.get(AGE), (r.ruleset.analytes[AGE].units or ("",))[0]
    width = bands.count if bands else 0
    level = " + ".join(f"CASE WHEN p.age >= s.t{i} THEN 1 ELSE 0 END" for i in range(1, width + 1))
    keys = ", ".join(f"p.{key}" for key in frame.keys)
    return (
        f"SELECT {keys}, {r.numbers[AGE]}, 1 + {level or '0'}, 0 FROM person p JOIN scale s ON s.number = {r.numbers[AGE]} "
        f"AND s.unit = '{unit}' LEFT JOIN lab_group g ON {frame.on('g', 'p')} AND g.number = {r.numbers[AGE]} "
        "WHERE p.age IS NOT NULL AND g.number IS NULL"
    )


def _words(r: Results, frame: Frame) -> str:
    levels = {place.word for place in r.latest_at.values()}
    sums = []
    for word in range(r.words):
        kind = "level" if word in levels else "range"
        value = "v.level" if kind == "level" else "v.ranged"
        sums.append(
            f"CAST(SUM(CASE WHEN a.{kind}_word = {word} THEN {value} * a.{kind}_weight ELSE 0 END) AS BIGINT) AS r{word}"
        )
    return (
        f"lab_words AS (SELECT {frame.key('v')}, {', '.join(sums)} FROM lab_values v "
        f"JOIN analyte a ON a.number = v.number GROUP BY {frame.key('v')})"
    )


def column_of(fact: Fact, r: Results) -> str:
    """The value of a ``latest`` or ``range`` fact, from the words ``r``."""
    place = r.latest_at[fact.of[0]] if fact.timeline == "latest" else r.range_at[fact.of[0]]
    mask = (1 << (LEVEL_BITS if fact.timeline == "latest" else RANGE_BITS)) - 1
    value = f"((COALESCE(r.r{place.word}, 0) >> {place.shift}) & {mask})"
    if fact.timeline == "latest" or fact.values[1:] == ("below", "within", "above"):
        return value
    named = {"below": cutting.BELOW, "within": cutting.WITHIN, "above": cutting.ABOVE}
    cases = " ".join(f"WHEN {at} THEN {fact.values.index(w)}" for w, at in named.items() if w in fact.values)
    return f"CASE {value} {cases} ELSE 0 END"
