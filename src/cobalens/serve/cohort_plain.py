"""The people of a part all of whose lines are plain: what their rows of numbers come to, brought to the canonical tables by SQL.

Each distinct wording, number and day is looked at once. Whoever has anything that is not known by then is left to the
reader of one record, who learns from it what the next one's lines say.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct

from cobalens.engines.putting import put_arrow, put_rows, put_table
from cobalens.errors import CobalensError
from cobalens.intake.entries import Tools
from cobalens.intake.fhir.alike import Happened, Seen, Series
from cobalens.intake.fhir.rows import CAREFUL, PATIENT, PLACES, RESULT, STATEMENT, Taken
from cobalens.intake.fhir.shortway import (
    Reader,
    Statement,
    born_as,
    clock_of,
    counted,
    day_of,
    happened,
    is_shown,
    is_silent,
    meaning_of,
    measured_as,
    reader_on,
    statement_of,
)
from cobalens.model.cohort import EPOCH
from cobalens.serve.cohort_people import DATE, EACH, MARKER, Asked
from cobalens.serve.cohort_tables import Tables, kind_of

if TYPE_CHECKING:
    from cobalens.engines.duckdb import Base

AT_ONCE = 200
"""People whose lines are fetched together to be learnt from."""
One = TypeVar("One")
EVENT = "statement INTEGER, tense INTEGER, start_first INTEGER, start_last INTEGER, stop_first INTEGER, stop_last INTEGER"
Stated = tuple[int, int, int, int]
"""Wording, days by their numbers, and the day of decision."""


class Work(Struct):
    """What is under way."""

    base: Base
    rows: Taken
    tables: Tables
    tools: Tools
    read: Callable[[int, Sequence[bytes]], None]
    """Takes one person by the reader of a record."""
    lines: Callable[[Sequence[int]], Iterable[tuple[int, Sequence[bytes]]]]
    series: dict[int, Series | None] = {}
    """Wording of a result -> what its numbers are of; nothing where they say nothing."""
    readers: dict[int, Reader] = {}
    """Day of decision -> what statements are read with."""
    careful: set[int] = set()
    """Who has been read, or is being read."""


def take_plain(work: Work, asked: Asked) -> list[str]:
    """Everybody in the rows, the plain ones to the tables; who has no result to be judged."""
    _put_words(work)
    _read_carefully(
        work,
        f"SELECT owner FROM line GROUP BY owner HAVING BOOL_OR(wording = {CAREFUL}) OR COUNT(*) FILTER (kind = {PATIENT}) <> 1 "
        f"UNION SELECT owner FROM (SELECT owner, id, GREATEST(kind, {STATEMENT}) AS of FROM line WHERE id <> 0 AND kind > {PATIENT} "
        "GROUP BY ALL HAVING COUNT(*) > 1) r",
    )
    _learn_results(work)
    _measure(work)
    judged_not = _judge(work, asked)
    _learn_statements(work)
    return judged_not


def _put_words(work: Work) -> None:
    base, rows = work.base, work.rows
    put_arrow(base, "line", rows.columns)
    # Only where a line stands is looked up again.
    for name in set(rows.columns).difference(PLACES):
        del rows.columns[name]
    base.execute("CREATE OR REPLACE TABLE careful (owner BIGINT)")
    put_table(base, "owners", "number INTEGER, name VARCHAR", enumerate(rows.owners))
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


def _read_carefully(work: Work, query: str) -> None:
    """Those whom the query names, of those not read yet."""
    base = work.base
    found = [
        owner
        for (owner,) in base.execute(
            f"SELECT DISTINCT owner FROM ({query}) q WHERE owner NOT IN (FROM careful)"
        ).fetchall()
    ]
    _set_careful(work, found)
    for owner, lines in work.lines(found):
        work.read(owner, lines)


def _set_careful(work: Work, owners: Sequence[int]) -> None:
    work.careful.update(owners)
    put_rows(work.base, "careful", [(owner,) for owner in owners])


def _learn(work: Work, people: Sequence[tuple[int, Sequence[Any]]], knows: Callable[[Any], bool]) -> None:
    """Reads these people, but for those of whom all is known by then."""
    for first in range(0, len(people), AT_ONCE):
        some = dict(people[first : first + AT_ONCE])
        taken = []
        for owner, lines in work.lines(list(some)):
            if not all(map(knows, some[owner])):
                work.read(owner, lines)
                taken.append(owner)
        _set_careful(work, taken)


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
    for listed in (
        "MIN(owner), [wording] {asked} AND wording IN ({new}) GROUP BY wording ORDER BY 1",
        "owner, LIST(DISTINCT wording) {asked} AND wording IN ({new}) GROUP BY owner ORDER BY 1",
    ):
        if new:
            text = listed.format(asked=asked, new=", ".join(map(str, new)))
            _learn(work, base.execute(f"SELECT {text}").fetchall(), knows)
            new = [wording for wording in new if not knows(wording)]
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
    _read_carefully(work, "SELECT owner FROM measured WHERE good IS NOT TRUE")


def _judge(work: Work, asked: Asked) -> list[str]:
    """The table ``judging``: on which days everybody is judged; and who is on none."""
    base = work.base
    those = f"FROM line WHERE kind = {PATIENT} AND owner NOT IN (FROM careful)"
    if asked.kind == DATE:
        day = (dt.date.fromisoformat(asked.day or "") - EPOCH).days
        base.execute(f"CREATE OR REPLACE TABLE judging AS SELECT owner, {day} AS index_day {those}")
        return []
    marker = work.tables.door.ruleset.facts[MARKER].of[0]
    numbers = [kind.number for kind in work.tables.series.values() if kind.of.analyte == marker]
    listed = ", ".join(map(str, numbers)) or "NULL"
    which = "DISTINCT owner, first_day" if asked.kind == EACH else "owner, MAX(first_day)"
    base.execute(
        f"CREATE OR REPLACE TABLE judging AS SELECT {which} AS index_day FROM measured WHERE series IN ({listed}) "
        f"AND owner NOT IN (FROM careful) {'' if asked.kind == EACH else 'GROUP BY owner'}"
    )
    without = base.execute(f"SELECT owner {those} AND owner NOT IN (SELECT owner FROM judging)").fetchall()
    return [work.rows.owners[owner] for (owner,) in without]


# --- Statements -----------------------------------------------------------------------------------------------------


def _learn_statements(work: Work) -> None:
    """The table ``happened``: what each wording comes to with each pair of days, on each day of decision."""
    base, rows = work.base, work.rows
    _born(work)
    _read_carefully(
        work,
        "SELECT l.owner FROM line l JOIN days d ON d.number = l.day JOIN clocks c ON c.number = l.clock "
        "LEFT JOIN days e ON e.number = l.second LEFT JOIN clocks f ON f.number = l.later "
        f"WHERE l.kind >= {STATEMENT} AND NOT (((d.said = '' AND l.kind > {STATEMENT}) OR {is_dated('d', 'c')}) AND (l.second < 0 OR {is_dated('e', 'f')}))",
    )
    found: dict[Stated, list[Happened]] = {}
    statements: dict[int, Statement] = {}

    def stated_as(wording: int) -> Statement:
        of = statements.get(wording)
        if of is None:
            example: Any = rows.examples[wording]
            of = statements[wording] = statement_of(example)
        return of

    def lacks(one: Stated) -> Seen | None:
        """The order of days, or day of decision, in which the wording has to be met first; nothing where it is known."""
        if one in found:
            return None
        wording, day, second, index = one
        of = stated_as(wording)
        other = rows.days[second] if second >= 0 else ""
        said = happened(of, rows.days[day], other, reader_for(work, index))
        if not isinstance(said, list):
            return said
        found[one] = said
        return None

    def knows(one: Stated) -> bool:
        return lacks(one) is None

    asked = (
        "FROM line l JOIN judging j ON j.owner = l.owner "
        f"WHERE l.kind >= {STATEMENT} AND l.owner NOT IN (FROM careful)"
    )
    # Of most wordings it is then known that they say nothing, on whatever days.
    columns = ", ".join(
        f"ARG_MIN({name}, l.rowid)" for name in ("l.owner", "l.day", "l.second", "j.index_day")
    )
    by_wording = base.execute(f"SELECT l.wording, {columns} {asked} GROUP BY 1 ORDER BY 1").fetchall()
    _learn(work, _by_person((owner, (wording, *days)) for wording, owner, *days in by_wording), knows)
    if silent := [str(row[0]) for row in by_wording if is_silent(stated_as(row[0]), work.tools)]:
        asked += f" AND l.wording NOT IN ({', '.join(silent)})"
    key = "l.wording, l.day, l.second, j.index_day"
    new = [
        (row, lacked)
        for row in base.execute(
            f"SELECT {key}, MIN(l.owner) {asked} GROUP BY {key} ORDER BY {key}"
        ).fetchall()
        if (lacked := lacks(row[:4])) is not None
    ]
    # Of each wording in each order of days one person is enough; of one whose words name a day, one for each day of
    # decision.
    for _ in range(2):
        firsts = {(row[0], lacked): row for row, lacked in reversed(new) if row[4] not in work.careful}
        _learn(work, _by_person((row[4], row[:4]) for row in firsts.values()), knows)
        new = [(row, lacked) for row, _ in new if (lacked := lacks(row[:4])) is not None]
    if rest := [row[:4] for row, _ in new]:
        put_table(base, "strange", "wording INTEGER, day INTEGER, second INTEGER, index_day INTEGER", rest)
        people = base.execute(
            f"SELECT DISTINCT l.owner, {key} {asked} AND ({key}) IN (FROM strange) ORDER BY ALL"
        ).fetchall()
        _learn(work, _by_person((row[0], row[1:]) for row in people), knows)
    listed = [(*one, *_event(work, event, one[3])) for one, events in found.items() for event in events]
    put_table(
        base, "happened", f"wording INTEGER, day INTEGER, second INTEGER, index_day INTEGER, {EVENT}", listed
    )


def _by_person(found: Iterable[tuple[int, One]]) -> list[tuple[int, list[One]]]:
    people: dict[int, list[One]] = {}
    for owner, one in found:
        people.setdefault(owner, []).append(one)
    return list(people.items())


def _event(work: Work, happened: Happened, day: int) -> tuple[int | None, ...]:
    """As in ``EVENT``."""
    event, start, stop, tense = happened
    statements, words = work.tables.statements, work.tables.words
    number, _ = statements.setdefault(id(event), (len(statements), event))
    return (number, words.setdefault(tense, len(words)), *counted(start, day), *counted(stop, day))


def _born(work: Work) -> None:
    """The tables ``born`` and ``born_events``: what the person's own line says on each day of decision."""
    base = work.base
    asked = (
        "SELECT DISTINCT l.wording, j.index_day FROM line l JOIN judging j ON j.owner = l.owner "
        f"WHERE l.kind = {PATIENT} AND l.owner NOT IN (FROM careful) ORDER BY ALL"
    )
    ages: list[tuple[int, int, float | None, bool, str]] = []
    events: list[tuple[int | None, ...]] = []
    for wording, day in base.execute(asked).fetchall():
        one: Any = work.rows.examples[wording]
        try:
            said = born_as(one, reader_for(work, day))
        except CobalensError:
            said = None
        if said is None:
            ages.append((wording, day, None, False, ""))
            continue
        codes = " ".join(sorted(said.codes.intersection(work.tables.noticed)))
        ages.append((wording, day, None if said.age is None else float(said.age), True, codes))
        events += [(wording, day, *_event(work, one, day)) for one in said.events]
    put_table(
        base, "born", "wording INTEGER, index_day INTEGER, age DOUBLE, good BOOLEAN, codes VARCHAR", ages
    )
    put_table(base, "born_events", f"wording INTEGER, index_day INTEGER, {EVENT}", events)
    _read_carefully(
        work,
        "SELECT l.owner FROM line l JOIN judging j ON j.owner = l.owner JOIN born b ON b.wording = l.wording "
        f"AND b.index_day = j.index_day WHERE l.kind = {PATIENT} AND NOT b.good",
    )


def reader_for(work: Work, day: int) -> Reader:
    found = work.readers.get(day)
    if found is None:
        found = work.readers[day] = reader_on(EPOCH + dt.timedelta(days=day), work.tools)
    return found
