"""The statements of plain people: what each wording says in each order of its days is looked up once, and SQL puts the days in.

A statement's days are looked at apart from its words: when they hold, and all that reading sees of them, is a course. Each
wording is then asked of each order of days that a course of it has.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from cobalens.engines.putting import put_table
from cobalens.intake.fhir.alike import START, STOP, Told
from cobalens.intake.fhir.ordered import Key, Order
from cobalens.intake.fhir.shortway import (
    Statement,
    counted,
    is_silent,
    names_days,
    statement_of,
    told_as,
    when_on,
)
from cobalens.intake.fhir.taking import STATEMENT
from cobalens.serve.cohort.plain import Work, is_dated, learn, number_of, read_carefully, reader_for, word_of

CURRENT, PAST = "current", "past"
Stated = tuple[int, int, int, int]
"""Wording, days by their numbers, and the day of decision."""
Asked = tuple[int, int, int | None]
"""Wording, order of days, and the day of decision where the words name a day."""
ROUNDS = 2
"""Of each wording in each order of days, so many people are read before everybody of whom nothing is known is."""
COURSE = "start_first INTEGER, start_last INTEGER, stop_first INTEGER, stop_last INTEGER"


class Saying(Struct):
    """The statements of a part by the numbers of their wordings, and the orders of days by theirs."""

    work: Work
    statements: dict[int, Statement] = {}
    sorts: list[Key] = []
    orders: dict[Order, int] = {}
    told: dict[Asked, Told] = {}

    def of(self, wording: int) -> Statement:
        found = self.statements.get(wording)
        if found is None:
            example: Any = self.work.rows.examples[wording]
            found = self.statements[wording] = statement_of(example)
        return found

    def knows(self, one: Stated) -> bool:
        wording, day, second, index = one
        of, rows = self.of(wording), self.work.rows
        reader = reader_for(self.work, index)
        at = when_on(of.sort, rows.days[day], rows.days[second] if second >= 0 else "", reader)
        return at is not None and isinstance(told_as(of, at[1], reader), Told)


def learn_statements(work: Work) -> None:
    """The tables ``sort``, ``course`` and ``saying`` (of which sort each wording is, when its days hold, what it then says), and ``happened``."""
    read_carefully(
        work,
        "SELECT l.owner FROM line l JOIN days d ON d.number = l.day JOIN clocks c ON c.number = l.clock "
        "LEFT JOIN days e ON e.number = l.second LEFT JOIN clocks f ON f.number = l.later "
        f"WHERE l.kind >= {STATEMENT} AND NOT (((d.said = '' AND l.kind > {STATEMENT}) OR {is_dated('d', 'c')}) "
        f"AND (l.second < 0 OR {is_dated('e', 'f')}))",
    )
    saying = Saying(work)
    _meet(saying)
    _put_courses(saying)
    read_carefully(work, f"SELECT l.owner {_lines()} AND c.seen IS NULL")
    _ask(saying)
    listed = [(*one, *row) for one, told in saying.told.items() for row in _rows(work, told)]
    put_table(
        work.base,
        "saying",
        "wording INTEGER, seen INTEGER, on_day INTEGER, statement INTEGER, start INTEGER, stop INTEGER, over_after INTEGER, tense INTEGER, "
        "read_first INTEGER, read_last INTEGER, stops_first INTEGER, stops_last INTEGER",
        listed,
    )
    work.base.execute(f"CREATE OR REPLACE TABLE happened AS {_happened(work)}")
    backwards = "start_first IS NOT NULL AND stop_last IS NOT NULL AND stop_last < start_first"
    read_carefully(work, f"SELECT owner FROM happened WHERE {backwards}")


def _lines(beside: str = "") -> str:
    """Every statement that may say anything, its course ``c`` and its day of decision ``j``."""
    return (
        "FROM line l JOIN judging j ON j.owner = l.owner JOIN sort s ON s.wording = l.wording JOIN course c ON c.sort = s.sort "
        f"AND c.day = l.day AND c.second = l.second AND c.index_day = j.index_day {beside} "
        f"WHERE l.kind >= {STATEMENT} AND l.owner NOT IN (FROM careful)"
    )


def _happened(work: Work) -> str:
    """SQL for what all statements come to: person, day of decision, statement, tense and when it holds."""

    def day(of: str, end: str) -> str:
        """The day in a statement: one of those given with it, or one out of its words."""
        read = "read" if of == "start" else "stops"
        return f"CASE x.{of} WHEN {START} THEN c.start_{end} WHEN {STOP} THEN c.stop_{end} ELSE x.{read}_{end} + j.index_day END"

    days = ", ".join(f"{day(of, end)} AS {of}_{end}" for of in ("start", "stop") for end in ("first", "last"))
    said = "JOIN saying x ON x.wording = l.wording AND x.seen = c.seen AND (x.on_day IS NULL OR x.on_day = j.index_day)"
    over = "start_last - index_day < -over_after AND stop_first IS NULL AND stop_last IS NULL"
    return (
        f"SELECT owner, index_day, statement, CASE WHEN {over} THEN {word_of(work, PAST)} ELSE tense END AS tense, "
        "start_first, start_last, stop_first, stop_last "
        f"FROM (SELECT l.owner, j.index_day, x.statement, x.tense, x.over_after, {days} {_lines(said)}) h"
    )


def _meet(saying: Saying) -> None:
    """Each wording once, and the table ``sort`` of those that say something."""
    work = saying.work
    asked = f"FROM line l JOIN judging j ON j.owner = l.owner WHERE l.kind >= {STATEMENT} AND l.owner NOT IN (FROM careful)"
    # Of most wordings it is then known that they say nothing, on whatever days.
    columns = ", ".join(
        f"ARG_MIN({name}, l.rowid)" for name in ("l.owner", "l.day", "l.second", "j.index_day")
    )
    found = work.base.execute(f"SELECT l.wording, {columns} {asked} GROUP BY 1 ORDER BY 1").fetchall()
    learn(work, by_person((owner, (wording, *days)) for wording, owner, *days in found), saying.knows)
    sorts: dict[Key, int] = {}
    rows = []
    for wording, *_ in found:
        of = saying.of(wording)
        if not is_silent(of, work.tools):
            rows.append((wording, sorts.setdefault(of.sort, len(sorts))))
    put_table(work.base, "sort", "wording INTEGER, sort INTEGER", rows)
    saying.sorts = list(sorts)


def _put_courses(saying: Saying) -> None:
    """The table ``course``: days that lie alike beside the day of decision are looked at once, whenever that is."""
    work, base, days = saying.work, saying.work.base, saying.work.rows.days
    beside = ", ".join(
        f"{of}.{end}_day - j.index_day AS {of}_{end}" for of in ("d", "e") for end in ("first", "last")
    )
    base.execute(
        f"CREATE OR REPLACE TABLE dated AS SELECT DISTINCT s.sort, l.day, l.second, j.index_day, {beside}, "
        "d.said = '' AS d_none, COALESCE(e.said, '') = '' AS e_none "
        "FROM line l JOIN judging j ON j.owner = l.owner JOIN sort s ON s.wording = l.wording "
        "JOIN days d ON d.number = l.day LEFT JOIN days e ON e.number = l.second "
        f"WHERE l.kind >= {STATEMENT} AND l.owner NOT IN (FROM careful)"
    )
    alike = ("sort", "d_first", "d_last", "d_none", "e_first", "e_last", "e_none")
    one = ", ".join(f"ARG_MIN({name}, rowid) AS {name}" for name in ("day", "second", "index_day"))
    base.execute(f"CREATE OR REPLACE TABLE alike AS SELECT {', '.join(alike)}, {one} FROM dated GROUP BY ALL")
    rows: list[tuple[int | None, ...]] = []
    for number, sort, day, second, index in base.execute(
        "SELECT rowid, sort, day, second, index_day FROM alike ORDER BY sort, day, second, index_day"
    ).fetchall():
        at = when_on(
            saying.sorts[sort], days[day], days[second] if second >= 0 else "", reader_for(work, index)
        )
        if at is not None:
            times, order = at
            seen = saying.orders.setdefault(order, len(saying.orders))
            rows.append((number, seen, *counted(times.start, 0), *counted(times.stop, 0)))
    put_table(base, "told_of", f"number BIGINT, seen INTEGER, {COURSE}", rows)
    same = " AND ".join(f"a.{name} IS NOT DISTINCT FROM d.{name}" for name in alike)
    moved = ", ".join(
        f"t.{name} + d.index_day AS {name}" for name in COURSE.replace(" INTEGER", "").split(", ")
    )
    base.execute(
        f"CREATE OR REPLACE TABLE course AS SELECT d.sort, d.day, d.second, d.index_day, t.seen, {moved} "
        f"FROM dated d JOIN alike a ON {same} LEFT JOIN told_of t ON t.number = a.rowid"
    )
    for name in ("dated", "alike", "told_of"):
        base.execute(f"DROP TABLE {name}")


def _ask(saying: Saying) -> None:
    """What each wording says in each order of days that it has; those who have one that is not known by then are read."""
    work = saying.work
    for _ in range(ROUNDS):
        if not (lacking := _lacking(saying)):
            return
        learn(work, by_person(lacking.values()), saying.knows)
    if lacking := _lacking(saying):
        put_table(work.base, "strange", "wording INTEGER, seen INTEGER, on_day INTEGER", list(lacking))
        people = work.base.execute(
            f"SELECT DISTINCT l.owner, l.wording, l.day, l.second, j.index_day {_lines('JOIN strange x ON x.wording = l.wording AND x.seen = c.seen AND (x.on_day IS NULL OR x.on_day = j.index_day)')} ORDER BY ALL"
        ).fetchall()
        learn(work, by_person((owner, tuple(one)) for owner, *one in people), saying.knows)
        _lacking(saying)


def _lacking(saying: Saying) -> dict[Asked, tuple[int, Stated]]:
    """What is not known of a wording in an order of days, each with one person of whom it could be learnt."""
    work, orders = saying.work, list(saying.orders)
    dated = [str(wording) for wording, of in saying.statements.items() if names_days(of, work.tools)]
    on_day = f"CASE WHEN l.wording IN ({', '.join(dated) or 'NULL'}) THEN j.index_day END"
    first = ", ".join(f"ARG_MIN({name}, l.rowid)" for name in ("l.owner", "l.day", "l.second", "j.index_day"))
    found: dict[Asked, tuple[int, Stated]] = {}
    for *asked, owner, day, second, index in work.base.execute(
        f"SELECT l.wording, c.seen, {on_day}, {first} {_lines()} GROUP BY ALL ORDER BY ALL"
    ).fetchall():
        wording, seen, _ = one = tuple(asked)
        if one in saying.told:
            continue
        said = told_as(saying.of(wording), orders[seen], reader_for(work, index))
        if isinstance(said, Told):
            saying.told[one] = said
        else:
            found[one] = owner, (wording, day, second, index)
    return found


def _rows(work: Work, told: Told) -> Iterable[tuple[int | None, ...]]:
    """The statements of it, with which days stand in them."""
    for part in told.moving:
        event = part.event
        over_after = part.passes if event.time == CURRENT else None
        own = event.start.first, event.start.last, event.stop.first, event.stop.last
        yield number_of(work, event), part.start, part.stop, over_after, word_of(work, event.time), *own


def by_person(found: Iterable[tuple[int, Stated]]) -> list[tuple[int, list[Stated]]]:
    people: dict[int, list[Stated]] = {}
    for owner, one in found:
        people.setdefault(owner, []).append(one)
    return list(people.items())
