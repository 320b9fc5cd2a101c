"""Results in SQL: what the newest one says against the limits (``latest``) and against its printed range (``range``).

Most people's results have exact days and no quarrel: one grouping settles those, and only the others are looked at row by row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from cobalens.engines.sql.timelines import cutting
from cobalens.engines.sql.timelines.cutting import Bands
from cobalens.engines.sql.timelines.layout import (
    ALWAYS,
    Frame,
    agreed,
    constants,
    front,
    listed,
    rows_kept,
)
from cobalens.model.cohort import AGE
from cobalens.model.ruleset import Fact, Ruleset

RANGE_BITS = 2
_BITS = 5
"""Of one analyte: three for the stretch in which its newest result lies, two for the printed range."""
_EACH = 12
"""Analytes in a word."""
_VALUES = 1 << (_BITS + 1)
_OLDEST = 1_000_000
"""Added to a day so that the number packed from it is positive."""


Read = tuple[str, str]
"""An analyte, and the pack under which it is read: what another pack cuts otherwise has a number of its own."""


class Results(Struct, frozen=True):
    """Which analytes are read. The number of each says where its value lies: the word, and the place in it."""

    ruleset: Ruleset
    numbers: dict[Read, int]
    bands: dict[str, Bands]
    latest: dict[Read, Fact]
    range: dict[Read, Fact]

    @property
    def words(self) -> int:
        return 1 + max((number >> 4 for number in self.numbers.values()), default=-1)


def results_of(ruleset: Ruleset, facts: Sequence[tuple[Fact, str]], also: Iterable[Read]) -> Results:
    """``facts``: each with its pack. ``also``: analytes that other timelines read."""
    latest = {(f.of[0], pack): f for f, pack in facts if f.timeline == "latest"}
    ranged = {(f.of[0], pack): f for f, pack in facts if f.timeline == "range"}
    names = sorted({*latest, *ranged, *also})
    numbers = {name: (i // _EACH << 4) + i % _EACH for i, name in enumerate(names)}
    return Results(ruleset, numbers, cutting.bands_of(ruleset), latest, ranged)


def analyte_table(r: Results) -> str:
    columns = ["analyte", "number", "level_days", "range_days", "days"]
    columns += [f"q_{word}" for word in cutting.WORDS]
    types = ["VARCHAR", *["INTEGER"] * (len(columns) - 1)]
    rows = []
    for (name, pack), number in r.numbers.items():
        level, ranged = r.latest.get((name, pack)), r.range.get((name, pack))
        if level is None and ranged is None:
            continue
        days = [_days(level), _days(ranged)]
        words = [level.qualitative.get(word, 0) if level else 0 for word in cutting.WORDS]
        rows.append([name, number, *days, max(days), *words])
    return constants("analyte", columns, rows, types)


def _days(fact: Fact | None) -> int:
    """For how long a result speaks: never, where no fact asks."""
    if fact is None:
        return -ALWAYS
    return ALWAYS if fact.current_for is None else fact.current_for


# --- Rows ---------------------------------------------------------------------------------------------------------


def not_after(frame: Frame) -> str:
    """Neither from after the day of decision nor withdrawn by the laboratory, nor calculated for another day."""
    return (
        f"(l.first_day IS NULL OR l.first_day <= {frame.today}) AND (l.problem IS NULL OR l.problem <> 'cancelled') "
        f"AND (l.for_index IS NULL OR l.for_index = {frame.today})"
    )


def kept(r: Results, chains: Iterable[str], frame: Frame) -> list[str]:
    """The results that are read by analyte: those of which every one counts, and ages."""
    names = sorted({*chains, *(name for name, _ in r.latest if name == AGE)})
    which = f"l.analyte IN {listed(names)} AND {not_after(frame)}"
    return [rows_kept("lab", "l", which, frame)] if names else []


def first_and_last(frame: Frame) -> tuple[str, str]:
    """Days before the decision between which a result was taken; both NULL when undated.

    Up to a day that is still to come means up to the day of decision: nothing else that is held can be from later.
    """
    last = frame.day("l.last_day")
    undated = "l.first_day IS NULL AND l.last_day IS NULL"
    upto = f"CASE WHEN {undated} THEN NULL WHEN {last} < 0 THEN {last} ELSE 0 END"
    return f"COALESCE({frame.day('l.first_day')}, {upto})", upto


def standing() -> str:
    return "CASE l.status WHEN 'corrected' THEN 3 WHEN 'preliminary' THEN 1 ELSE 2 END"


def tables(r: Results, frame: Frame, width: int) -> list[str]:
    """Common table expressions, the last of which (``lab_words``) holds one row a person.

    A result that is too old for every fact of its analyte is left out at once: whatever follows it is older still. The
    newest of the others is found by one grouping, of its day and of what it says in one number. One that is no plain number
    or word of an exact day stands there on its last day, and says nothing: where it comes out on top, or two of one day
    differ, the results are looked at one by one.
    """
    level = cutting.stretch(width, word=cutting.word_column())
    first, last = first_and_last(frame)
    top = f"(top & {_VALUES - 1})"
    is_hard = f"(top & {_VALUES}) <> 0 OR {top} <> {_VALUES - 1} - (floor & {_VALUES - 1})"
    keys = ", ".join(f"g.{key}" for key in frame.keys)
    grouped = (
        f"lab_group AS (SELECT {frame.key()}, number, MAX(said) AS top, MAX(said + {_VALUES - 1} - 2 * (said & {_VALUES - 1})) AS floor "
        f"FROM ({_read(frame, width)}) AS l GROUP BY {frame.key()}, number)"
    )
    rows = (
        f"lab_rows AS (SELECT {keys}, a.number, {first} AS first, {last} AS last, {standing()} AS standing, "
        f"COALESCE(l.clock, '') AS clock, CASE WHEN l.derived THEN 1 ELSE 0 END AS derived, a.level_days, a.range_days, "
        f"{level} AS level, {cutting.printed_range()} AS ranged, {cutting.usable()} AS usable, {cutting.readable()} AS readable "
        f"FROM {frame.source('lab', 'l')} JOIN analyte a ON a.analyte = l.analyte "
        f"JOIN lab_hard g ON g.number = a.number AND g.person_id = l.person_id"
        + (" AND g.index_day = p.index_day" if len(frame.keys) > 1 else "")
        + f" LEFT JOIN scale s ON s.number = a.number AND s.unit = l.unit WHERE {not_after(frame)})"
    )
    ctes = [
        grouped,
        f"lab_hard AS (SELECT {frame.key()}, number FROM lab_group WHERE {is_hard})",
        rows,
    ]
    found = [
        f"SELECT {frame.key()}, number, CAST({top} AS BIGINT) AS value FROM lab_group WHERE NOT ({is_hard})"
    ]
    for name, condition, days, weight in (
        ("level", "usable", "level_days", 1 << RANGE_BITS),
        ("ranged", "readable", "range_days", 1),
    ):
        ctes.append(f"{name}_rows AS (SELECT * FROM lab_rows WHERE {condition})")
        ctes += front(f"{name}_front", f"{name}_rows", (*frame.keys, "number"))
        current = f"COALESCE(MIN(first) >= -MIN({days}), MIN({days}) >= 0)"
        found.append(
            f"SELECT {frame.key()}, number, CAST(CASE WHEN {current} THEN {agreed(name)} * {weight} ELSE 0 END AS BIGINT) "
            f"AS value FROM {name}_front GROUP BY {frame.key()}, number"
        )
    found += [_age(r, pack, frame) for name, pack in r.latest if name == AGE]
    ctes.append(f"lab_values AS ({' UNION ALL '.join(found)})")
    ctes.append(_words(r, frame))
    return ctes


def _read(frame: Frame, width: int) -> str:
    """Every result as one number: its day, whether that must be doubted, and what it says as far as it is not too old."""
    plain = (
        "((l.lo = l.hi AND NOT l.lo_open AND NOT l.hi_open) OR (l.lo IS NULL AND l.hi IS NULL AND l.qualitative IS NOT NULL)) "
        "AND l.problem IS NULL AND l.first_day = l.last_day"
    )
    upto = f"CASE WHEN l.last_day < {frame.today} THEN l.last_day ELSE {frame.today} END"
    vague = f"CASE WHEN l.first_day IS NULL AND l.last_day IS NULL THEN 0 ELSE {upto} + {_OLDEST} END"
    level = cutting.quick_stretch(width, cutting.word_column())
    says = " + ".join(
        f"CASE WHEN l.last_day < {frame.today} - {days} THEN 0 ELSE ({value}) * {weight} END"
        for value, days, weight in (
            (level, "a.level_days", 1 << RANGE_BITS),
            (cutting.quick_range(), "a.range_days", 1),
        )
    )
    said = (
        f"CASE WHEN {plain} THEN CAST(l.first_day + {_OLDEST} AS BIGINT) * {2 * _VALUES} + {says} "
        f"ELSE CAST({vague} AS BIGINT) * {2 * _VALUES} + {_VALUES} END"
    )
    return (
        f"SELECT {frame.key_of('l')}, a.number, {said} AS said "
        f"FROM {frame.source('lab', 'l')} JOIN analyte a ON a.analyte = l.analyte "
        f"LEFT JOIN scale s ON s.number = a.number AND s.unit = l.unit WHERE {not_after(frame)} "
        f"AND (l.last_day IS NULL OR l.last_day >= {frame.today} - a.days)"
    )


def _age(r: Results, pack: str, frame: Frame) -> str:
    """The age is a result of today, in the analyte's first unit; where ages stand among the results it is one of these."""
    bands, unit = r.bands.get(AGE), (r.ruleset.analytes[AGE].units or ("",))[0]
    width, number = (bands.count if bands else 0), r.numbers[AGE, pack]
    level = " + ".join(f"CASE WHEN p.age >= s.t{i} THEN 1 ELSE 0 END" for i in range(1, width + 1))
    keys = ", ".join(f"p.{key}" for key in frame.keys)
    told = f"SELECT DISTINCT {frame.key()} FROM lab_kept l WHERE l.analyte = '{AGE}'"
    return (
        f"SELECT {keys}, {number}, CAST((1 + {level or '0'}) * {1 << RANGE_BITS} AS BIGINT) FROM person p JOIN scale s "
        f"ON s.number = {number} AND s.unit = '{unit}' LEFT JOIN ({told}) t ON {frame.on('t', 'p')} "
        "WHERE p.age IS NOT NULL AND t.person_id IS NULL"
    )


def _words(r: Results, frame: Frame) -> str:
    placed = f"value << ({_BITS} * (number & 15))"
    words = ", ".join(
        f"BIT_OR(CASE WHEN (number >> 4) = {word} THEN {placed} ELSE 0 END) AS r{word}"
        for word in range(r.words)
    )
    return f"lab_words AS (SELECT {frame.key()}, {words} FROM lab_values GROUP BY {frame.key()})"


def column_of(fact: Fact, pack: str, r: Results) -> str:
    """The value of a ``latest`` or ``range`` fact under a pack, from the words ``r0`` and on."""
    number = r.numbers[fact.of[0], pack]
    shift, bits = _BITS * (number & 15), RANGE_BITS
    if fact.timeline == "latest":
        shift, bits = shift + RANGE_BITS, _BITS - RANGE_BITS
    value = f"((b.r{number >> 4} >> {shift}) & {(1 << bits) - 1})"
    if fact.timeline == "latest" or fact.values[1:] == ("below", "within", "above"):
        return value
    named = {"below": cutting.BELOW, "within": cutting.WITHIN, "above": cutting.ABOVE}
    cases = " ".join(f"WHEN {at} THEN {fact.values.index(w)}" for w, at in named.items() if w in fact.values)
    return f"CASE {value} {cases} ELSE 0 END"
