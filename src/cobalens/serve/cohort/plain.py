"""The people of a part all of whose lines are plain: what their rows of numbers come to, brought to the canonical tables by SQL.

Each distinct wording, number and day is looked at once. Whoever has anything that is not known by then is left to the
reader of one record, who learns from it what the next one's lines say.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from cobalens.engines.putting import put_arrow, put_numbered, put_rows, put_table
from cobalens.errors import CobalensError
from cobalens.intake.entries import Tools
from cobalens.intake.fhir.alike import Happened, Series
from cobalens.intake.fhir.rows import ASKED, CAREFUL
from cobalens.intake.fhir.shortway import (
    Reader,
    born_as,
    clock_of,
    counted,
    day_of,
    is_shown,
    is_told_by_age,
    meaning_of,
    measured_as,
    reader_on,
)
from cobalens.intake.fhir.taking import PATIENT, PLACES, RESULT, STATEMENT, Places, Taken
from cobalens.intake.fhir.typed import Patient
from cobalens.model.cohort import EPOCH, NO_DAYS_COUNTED
from cobalens.model.record import Event
from cobalens.serve.cohort.days import DATE, EACH, HAS_DIED, NO_RESULT, lasts_of, markers_of
from cobalens.serve.cohort.people import Asked
from cobalens.serve.cohort.tables import Tables, kind_of

if TYPE_CHECKING:
    from cobalens.engines.duckdb import Base

ROUNDS = 3
"""Of each wording so many people are read before it counts as one of which nothing can be learnt."""
LINES_AT_ONCE = 20_000
AT_ONCE = 200
"""People whose lines are fetched together to be learnt from."""
EVENT = "statement INTEGER, tense INTEGER, start_first INTEGER, start_last INTEGER, stop_first INTEGER, stop_last INTEGER"
BORN = "wording INTEGER, day INTEGER, clock INTEGER, index_day INTEGER"
"""Of a person's own line: its wording, the date of birth in two, and the day of decision."""


class Work(Struct):
    """What is under way."""

    base: Base
    rows: Taken
    tables: Tables
    tools: Tools
    read: Callable[[int, Sequence[bytes]], None]
    """Takes one person by the reader of a record."""
    lines: Callable[[Sequence[int]], Iterable[tuple[int, Sequence[bytes]]]]
    lines_at: Callable[[Places], Iterable[tuple[int, Sequence[bytes]]]]
    is_silent: Callable[[bytes, int], bool]
    """Whether a line alone says nothing on a day of decision."""
    series: dict[int, Series | None] = {}
    """Wording of a result -> what its numbers are of; nothing where they say nothing."""
    readers: dict[int, Reader] = {}
    """Day of decision -> what statements are read with."""
    careful: set[int] = set()
    """Who has been read, or is being read."""


def take_plain(work: Work, asked: Asked) -> list[tuple[str, str]]:
    """Everybody in the rows, the plain ones to the tables; who is not judged on a day, and why."""
    _put_words(work)
    read_carefully(
        work,
        f"SELECT owner FROM line GROUP BY owner HAVING BOOL_OR(wording = {CAREFUL}) OR COUNT(*) FILTER (kind = {PATIENT}) <> 1 "
        f"UNION SELECT owner FROM (SELECT owner, id, GREATEST(kind, {STATEMENT}) AS of FROM line WHERE id <> 0 AND kind > {PATIENT} "
        "GROUP BY ALL HAVING COUNT(*) > 1) r",
    )
    _learn_results(work)
    _measure(work)
    if asked.kind != DATE:
        _read_undecided(work)
    judged_not = _judge(work, asked)
    _ask(work)
    _born(work)
    return judged_not


def _put_words(work: Work) -> None:
    base, rows = work.base, work.rows
    put_arrow(base, "line", rows.columns)
    # Only where a line stands is looked up again.
    for name in set(rows.columns).difference(PLACES):
        del rows.columns[name]
    base.execute("CREATE OR REPLACE TABLE careful (owner BIGINT)")
    put_numbered(base, "owners", rows.owners)
    days = ((number, said, day_of(said)) for number, said in enumerate(rows.days))
    put_table(
        base,
        "days",
        "number INTEGER, said VARCHAR, first_day INTEGER, last_day INTEGER, alone BOOLEAN, followed BOOLEAN",
        ((number, said, day.first, day.last, day.alone, day.followed) for number, said, day in days),
    )
    put_table(
        base,
        "clocks",
        "number INTEGER, said VARCHAR, clock VARCHAR",
        ((number, said, clock_of(said)) for number, said in enumerate(rows.clocks)),
    )


def is_dated(day: str, clock: str) -> str:
    """Whether a day and what follows it are read together as each of them is alone."""
    return f"((({clock}.said = '') AND {day}.alone) OR ({day}.followed AND {clock}.clock IS NOT NULL))"


# --- Who is left to the reader of a record --------------------------------------------------------------------------


def read_carefully(work: Work, query: str) -> None:
    """Those whom the query names, of those not read yet."""
    base = work.base
    found = [
        owner
        for (owner,) in base.execute(
            f"SELECT DISTINCT owner FROM ({query}) q WHERE owner NOT IN (FROM careful)"
        ).fetchall()
    ]
    set_careful(work, found)
    for owner, lines in work.lines(found):
        work.read(owner, lines)


def set_careful(work: Work, owners: Sequence[int]) -> None:
    work.careful.update(owners)
    put_rows(work.base, "careful", [(owner,) for owner in owners])


def learn(work: Work, people: Sequence[tuple[int, Sequence[Any]]], knows: Callable[[Any], bool]) -> None:
    """Reads these people, but for those of whom all is known by then."""
    for first in range(0, len(people), AT_ONCE):
        some = dict(people[first : first + AT_ONCE])
        taken = []
        for owner, lines in work.lines(list(some)):
            if not all(map(knows, some[owner])):
                work.read(owner, lines)
                taken.append(owner)
        set_careful(work, taken)


def _learn_results(work: Work) -> None:
    base, tools = work.base, work.tools
    asked = f"FROM line WHERE kind = {RESULT} AND owner NOT IN (FROM careful)"
    wordings = [
        wording for (wording,) in base.execute(f"SELECT DISTINCT wording {asked} ORDER BY 1").fetchall()
    ]

    def meant(wording: int) -> object:
        one = work.rows.examples[wording]
        return meaning_of(one, tools)  # type: ignore[arg-type]

    def knows(wording: int) -> bool:
        return meant(wording) is not None

    new = [wording for wording in wordings if not knows(wording)]
    for _ in range(ROUNDS):
        if new:
            text = f"MIN(owner), [wording] {asked} AND wording IN ({', '.join(map(str, new))}) GROUP BY wording ORDER BY 1"
            learn(work, base.execute(f"SELECT {text}").fetchall(), knows)
            new = [wording for wording in new if not knows(wording)]
    if new:
        # Of these it depends on more than their wording what is said: each is asked by itself.
        base.execute(
            f"UPDATE line SET wording = {ASKED}, kind = {ASKED} WHERE wording IN ({', '.join(map(str, new))}) "
            "AND day IN (SELECT number FROM days WHERE said <> '')"
        )
        listed = f"owner, LIST(DISTINCT wording) {asked} AND wording IN ({', '.join(map(str, new))}) GROUP BY owner ORDER BY 1"
        learn(work, base.execute(f"SELECT {listed}").fetchall(), knows)
    for wording in wordings:
        if (told := meant(wording)) is not None:
            work.series[wording] = told if isinstance(told, Series) else None


# --- Results --------------------------------------------------------------------------------------------------------


def _measure(work: Work) -> None:
    """The table ``measured``: each plain result with its days and what flag and range say of it."""
    base, tables = work.base, work.tables
    kinds = {
        wording: None if of is None else tables.series.get(id(of)) or kind_of(of, tables)
        for wording, of in work.series.items()
    }
    put_table(
        base,
        "meanings",
        "wording INTEGER, series INTEGER",
        ((wording, None if kind is None else kind.number) for wording, kind in kinds.items()),
    )
    found = base.execute(
        f"SELECT DISTINCT wording, number FROM line WHERE kind = {RESULT} AND owner NOT IN (FROM careful)"
    ).fetchall()
    numbers, words = work.rows.numbers, tables.words
    said = []
    for wording, number in found:
        value = numbers[number]
        of = work.series.get(wording)
        good, word = is_shown(value), None
        if good and of is not None:
            good, word = measured_as(of, value)
        said.append((wording, number, good, float(value), words.setdefault(word, len(words))))
    put_table(
        base,
        "said_of",
        "wording INTEGER, number INTEGER, good BOOLEAN, value DOUBLE, word INTEGER",
        said,
    )
    base.execute(
        "CREATE OR REPLACE TABLE measured AS SELECT l.owner, l.rowid AS seq, m.series, l.number, s.value, s.word, d.first_day, d.last_day, c.clock, "
        f"s.good AND {is_dated('d', 'c')} AND (m.series IS NULL OR (d.first_day IS NOT NULL AND d.last_day IS NOT NULL)) AS good "
        "FROM line l JOIN meanings m ON m.wording = l.wording JOIN said_of s ON s.wording = l.wording AND s.number = l.number "
        "JOIN days d ON d.number = l.day JOIN clocks c ON c.number = l.clock "
        f"WHERE l.kind = {RESULT} AND l.owner NOT IN (FROM careful)"
    )
    read_carefully(work, "SELECT owner FROM measured WHERE good IS NOT TRUE")


def _judge(work: Work, asked: Asked) -> list[tuple[str, str]]:
    """The table ``judging``: on which days everybody is judged; and who is not on one, and why. ``deaths``: who has died, and when."""
    base = work.base
    dead = [
        str(wording)
        for wording, one in enumerate(work.rows.examples)
        if isinstance(one, Patient) and one.deceased_boolean
    ]
    base.execute(
        f"CREATE OR REPLACE TABLE deaths AS SELECT l.owner, CASE WHEN {is_dated('d', 'c')} AND d.first_day NOT IN {NO_DAYS_COUNTED} THEN d.last_day END AS last_day "
        "FROM line l LEFT JOIN days d ON d.number = l.second "
        f"LEFT JOIN clocks c ON c.number = l.later WHERE l.kind = {PATIENT} AND (l.second >= 0 OR l.wording IN ({', '.join(dead) or 'NULL'}))"
    )
    without = _to_be_judged(work, asked)
    gone = base.execute(
        "DELETE FROM judging USING deaths d WHERE d.owner = judging.owner AND d.last_day <= judging.index_day RETURNING judging.owner"
    ).fetchall()
    aside = [(owner, NO_RESULT) for owner in without] + [(owner, HAS_DIED) for (owner,) in gone]
    return [(work.rows.owners[owner], reason) for owner, reason in aside]


def _to_be_judged(work: Work, asked: Asked) -> list[int]:
    """The table ``judging``, as if nobody had died; who has no result to be judged."""
    base = work.base
    those = f"FROM line WHERE kind = {PATIENT} AND owner NOT IN (FROM careful)"
    if asked.kind == DATE:
        day = (dt.date.fromisoformat(asked.day or "") - EPOCH).days
        base.execute(f"CREATE OR REPLACE TABLE judging AS SELECT owner, {day} AS index_day {those}")
        return []
    turns = " ".join(
        f"WHEN series IN ({', '.join(str(kind.number) for kind in kinds) or 'NULL'}) THEN {turn}"
        for turn, kinds in enumerate(_kinds_of(work))
    )
    base.execute(
        f"CREATE OR REPLACE TEMP TABLE deciding AS SELECT DISTINCT owner, first_day AS day, CASE {turns} END AS turn FROM measured "
        f"WHERE owner NOT IN (FROM careful) AND CASE {turns} END IS NOT NULL"
    )
    first = "JOIN (SELECT owner, MIN(turn) AS turn FROM deciding GROUP BY owner) f ON f.owner = d.owner AND f.turn = d.turn"
    if asked.kind == EACH:
        days = f"SELECT DISTINCT d.owner, d.day AS index_day FROM deciding d {first}"
    else:
        lasts = lasts_of(work.tables.door.ruleset)
        days = (
            "SELECT d.owner, MAX(d.day) AS index_day FROM deciding d JOIN (SELECT d.owner, MAX(d.day) AS newest FROM deciding d "
            f"{first} GROUP BY d.owner) n ON n.owner = d.owner AND d.day <= n.newest + {lasts} GROUP BY d.owner"
        )
    base.execute(f"CREATE OR REPLACE TABLE judging AS {days}")
    without = base.execute(f"SELECT owner {those} AND owner NOT IN (SELECT owner FROM judging)").fetchall()
    return [owner for (owner,) in without]


def _kinds_of(work: Work) -> list[list[Any]]:
    """The kinds of results that set the day of decision, in their turn."""
    series = work.tables.series.values()
    return [
        [kind for kind in series if kind.of.analyte in markers]
        for markers in markers_of(work.tables.door.ruleset)
    ]


# --- Lines that may say something -----------------------------------------------------------------------------------


def _read_undecided(work: Work) -> None:
    """Reads in full whoever has such lines and no plain result that makes a day of decision, on which they could be asked."""
    numbers = ", ".join(str(kind.number) for kinds in _kinds_of(work) for kind in kinds) or "NULL"
    read_carefully(
        work,
        f"SELECT owner FROM line WHERE wording = {ASKED} "
        f"AND owner NOT IN (SELECT owner FROM measured WHERE series IN ({numbers}))",
    )


def _ask(work: Work) -> None:
    """Reads in full whoever has a line that is not plain and says something on a day of decision."""
    asked = work.base.execute(
        "SELECT l.owner, l.file, l.at, j.days FROM line l "
        "JOIN (SELECT owner, LIST(index_day) AS days FROM judging GROUP BY owner) j ON j.owner = l.owner "
        f"WHERE l.wording = {ASKED} AND l.owner NOT IN (FROM careful) ORDER BY l.owner, l.file, l.at"
    )
    speaking: dict[int, None] = {}
    while rows := asked.fetchmany(LINES_AT_ONCE):
        days: dict[int, list[int]] = {}
        places: dict[int, list[tuple[int, int]]] = {}
        for owner, file, at, those in rows:
            if owner not in speaking:
                days[owner] = those
                places.setdefault(owner, []).append((file, at))
        for owner, lines in work.lines_at(places):
            if not all(work.is_silent(line, day) for line in lines for day in days[owner]):
                speaking[owner] = None
    set_careful(work, list(speaking))
    for owner, lines in work.lines(list(speaking)):
        work.read(owner, lines)


# --- The person's own line --------------------------------------------------------------------------------------------


def _born(work: Work) -> None:
    """The tables ``born`` and ``born_events``: what the person's own line says on each day of decision."""
    base = work.base
    _births(work)
    asked = "SELECT DISTINCT wording, as_day, as_clock, as_index FROM births ORDER BY ALL"
    ages: list[tuple[int, int, int, int, float | None, bool, str]] = []
    events: list[tuple[int | None, ...]] = []
    rows = work.rows
    for *key, day in base.execute(asked).fetchall():
        wording, date, clock = key
        one: Any = replace(rows.examples[wording], birth_date=rows.days[date] + rows.clocks[clock])
        try:
            said = born_as(one, reader_for(work, day))
        except CobalensError:
            said = None
        if said is None:
            ages.append((*key, day, None, False, ""))
            continue
        codes = " ".join(sorted(said.codes.intersection(work.tables.noticed)))
        ages.append((*key, day, None if said.age is None else float(said.age), True, codes))
        events += [(*key, day, *as_event(work, one, day)) for one in said.events]
    put_table(base, "told", f"{BORN}, age DOUBLE, good BOOLEAN, codes VARCHAR", ages)
    put_table(base, "told_events", f"{BORN}, {EVENT}", events)
    keys = "b.wording, b.day, b.clock, b.index_day"
    same = "t.wording = b.wording AND t.day = b.as_day AND t.clock = b.as_clock AND t.index_day = b.as_index"
    names = [column.split()[0] for column in EVENT.split(", ")]
    moved = ", ".join(f"t.{name} + b.index_day - b.as_index AS {name}" for name in names[2:])
    for name, told, columns in (
        ("born", "told", "t.age, t.good, t.codes"),
        ("born_events", "told_events", f"t.{names[0]}, t.{names[1]}, {moved}"),
    ):
        base.execute(
            f"CREATE OR REPLACE TABLE {name} AS SELECT {keys}, {columns} FROM births b JOIN {told} t ON {same} ORDER BY {keys}, t.rowid"
        )
        base.execute(f"DROP TABLE {told}")
    base.execute("DROP TABLE births")
    read_carefully(
        work,
        "SELECT l.owner FROM line l JOIN judging j ON j.owner = l.owner "
        f"JOIN born b ON {same_birth('b', 'j')} WHERE l.kind = {PATIENT} AND NOT b.good",
    )


def _births(work: Work) -> None:
    """The table ``births``: each line of a person and day of decision, and beside it the one of which the same is said.

    Of a whole day that is no later than the decision only the completed years are told, as ``known_patient`` knows.
    """
    base = work.base
    lines = "FROM line l JOIN judging j ON j.owner = l.owner"
    own = f"WHERE l.kind = {PATIENT} AND l.owner NOT IN (FROM careful)"
    wordings = base.execute(f"SELECT DISTINCT l.wording {lines} {own}").fetchall()
    examples: Any = work.rows.examples
    timeless = [wording for (wording,) in wordings if is_told_by_age(examples[wording], work.tools)]
    born, then = (f"(DATE '{EPOCH.isoformat()}' + {day})" for day in ("d.first_day", "j.index_day"))
    before = " < ".join(f"100 * month({day}) + day({day})" for day in (then, born))
    whole = "c.said = '' AND d.alone AND d.first_day = d.last_day AND d.first_day <= j.index_day"
    years = f"CASE WHEN {whole} THEN year({then}) - year({born}) - CAST({before} AS INTEGER) END"
    listed = ", ".join(map(str, timeless)) or "NULL"
    base.execute(
        "CREATE OR REPLACE TABLE births AS SELECT wording, day, clock, index_day, FIRST_VALUE(day) OVER alike AS as_day, "
        "FIRST_VALUE(clock) OVER alike AS as_clock, FIRST_VALUE(index_day) OVER alike AS as_index FROM "
        f"(SELECT DISTINCT l.wording, l.day, l.clock, j.index_day, {years} AS years "
        f"{lines} LEFT JOIN days d ON d.number = l.day LEFT JOIN clocks c ON c.number = l.clock {own}) q "
        "WINDOW alike AS (PARTITION BY wording, years, "
        "CASE WHEN years IS NULL THEN day END, CASE WHEN years IS NULL THEN clock END, "
        f"CASE WHEN years IS NULL OR (wording IN ({listed})) IS NOT TRUE THEN index_day END ORDER BY index_day, day, clock)"
    )


def same_birth(born: str, judged: str) -> str:
    """Whether a row of ``born`` is of the person's line ``l`` and of a day of decision."""
    of_line = " AND ".join(f"{born}.{name} = l.{name}" for name in ("wording", "day", "clock"))
    return f"{of_line} AND {born}.index_day = {judged}.index_day"


def as_event(work: Work, happened: Happened, day: int) -> tuple[int | None, ...]:
    """As in ``EVENT``."""
    event, start, stop, tense = happened
    return (number_of(work, event), word_of(work, tense), *counted(start, day), *counted(stop, day))


def number_of(work: Work, event: Event) -> int:
    statements = work.tables.statements
    number, _ = statements.setdefault(id(event), (len(statements), event))
    return number


def word_of(work: Work, word: str | None) -> int:
    words = work.tables.words
    return words.setdefault(word, len(words))


def reader_for(work: Work, day: int) -> Reader:
    found = work.readers.get(day)
    if found is None:
        found = work.readers[day] = reader_on(EPOCH + dt.timedelta(days=day), work.tools)
    return found
