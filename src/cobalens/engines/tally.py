"""Counts what a run over many people has left: every figure of the report, and the people of each worklist.

Everybody is counted once, on the last day of decision; the counting is DuckDB's, so that the size of the run does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cobalens.engines.duckdb import connected, troubles
from cobalens.engines.sql.rules import NOT_LOOKED_FOR, NOT_SUPPORTED, STATUSES, SUPPORTED, column_name
from cobalens.engines.sql.text import quoted
from cobalens.model.cohort import DIED
from cobalens.model.ruleset import Ruleset
from cobalens.model.tally import (
    EVERYBODY,
    NOT_KNOWN,
    OPEN,
    SEVERAL,
    WITHOUT,
    Entry,
    Key,
    Plan,
    Reading,
    Tally,
    Worklist,
    key,
)

if TYPE_CHECKING:
    from cobalens.engines.duckdb import Base

AXES = ("answer", "deficiency")
ANSWER, DEFICIENCY, BAND, OUTCOME, TREATMENT = "answer", "deficiency", "band", "outcome", "treatment"
MONTH, SITE, ALONE, UNIT = "month", "site", "alone", "unit"
LIST, TEST, QUALITY, RESULTS = "list:", "test:", "quality:", "results"
TESTS, TROUBLES = "next_test:", "data_quality:"
FINDING = "finding."
B12 = "vitamin_b12"
TABLES = ((ANSWER, DEFICIENCY), (TREATMENT, DEFICIENCY), (BAND, ANSWER), (ANSWER, OUTCOME), (BAND, OUTCOME))
TIED = "tied:"
BAND_OF, TREATMENT_OF, OPEN_ANSWER = "total_b12_band", "treatment_state", "undetermined"
YES, NO = "yes", "no"
ANSWERED = "answered"
RESULT_COLUMNS = (
    "person_id",
    "analyte",
    "lo",
    "hi",
    "lo_open",
    "hi_open",
    "unit",
    "first_day",
    "last_day",
    "problem",
)
URGENCIES = ("immediate", "soon", "routine", "none")


class NotAnswersError(Exception):
    """The files lack columns that these rules write; ``names`` says which."""

    def __init__(self, names: Sequence[str], results: bool = False) -> None:
        self.names, self.results = tuple(names), results
        super().__init__(", ".join(names))


def tally(
    files: Sequence[Path],
    results: Path | None,
    ruleset: Ruleset,
    packs: Sequence[str],
    plan: Plan,
    scratch: Path,
    named: bool = True,
) -> Tally:
    """Every count and every list. ``packs``: those that the run has read beside the primary one. ``named``: with the people."""
    with connected(scratch) as base, troubles():
        begin(base, files, results, ruleset, packs, plan)
        counter = Counter(base, ruleset, packs, plan, results is not None)
        counter.count_all()
        placed = "NULLIF(index_day, 0)"
        first, last = base.execute(f"SELECT MIN({placed}), MAX({placed}) FROM people").fetchall()[0]
        return Tally(
            counts=counter.counts,
            sums=tuple(counter.sums),
            unsaid=frozenset(counter.unsaid),
            values=counter.values,
            packs=tuple(packs),
            month_of="result" if results is not None else "index",
            lists={one.name: entries(base, one, plan, counter) for one in plan.lists} if named else {},
            first_day=first,
            last_day=last,
            has_results=results is not None,
        )


# --- The people and their results ----------------------------------------------------------------------------------


def begin(
    base: Base,
    files: Sequence[Path],
    results: Path | None,
    ruleset: Ruleset,
    packs: Sequence[str],
    plan: Plan,
) -> None:
    """The table ``people``: one row each, on the last day of decision, with all that is counted."""
    source = f"read_parquet([{', '.join(quoted(str(file)) for file in files)}])"
    held = {row[0] for row in base.execute(f"DESCRIBE FROM {source}").fetchall()}
    tests, noticed = codes(ruleset, TESTS), codes(ruleset, TROUBLES)
    asked = {name for one in (*plan.lists, *plan.outcomes) for c in one.conditions for name in c.cells}
    wanted = {column_of(name) for name in asked}
    wanted |= {column_name(code) for code in (*tests, *noticed)}
    wanted |= {BAND_OF, TREATMENT_OF, "urgency", "review_after", *AXES}
    wanted |= {column_name(axis, pack) for axis in AXES for pack in packs}
    wanted |= {column_name(code) for one in plan.lists for code in named_by(one, ruleset)}
    wanted |= {"person_id", "index_day"}
    died = DIED if DIED in held else f"NULL::BOOLEAN AS {DIED}"
    if missing := sorted(wanted - held):
        raise NotAnswersError(missing)
    base.execute(
        f"CREATE TABLE days AS SELECT person_id, MAX(index_day) AS index_day FROM {source} GROUP BY 1"
    )
    newest(base, results)
    alone = ", ".join(f"CASE WHEN {supported(code)} THEN {quoted(code)} END" for code in tests)
    outcome = " ".join(f"WHEN {any_of(one)} THEN {quoted(one.name)}" for one in plan.outcomes)
    month = (
        "b12.month"
        if results is not None
        else "strftime(DATE '1970-01-01' + NULLIF(said.index_day, 0)::INTEGER, '%Y-%m')"
    )
    # Nobody rings a family that has lost somebody.
    lists = ", ".join(
        f"{any_of(one)} AND {DIED} IS NOT TRUE AS {column_name('in', one.name)}" for one in plan.lists
    )
    base.execute(
        f"CREATE TABLE people AS WITH said AS (SELECT {', '.join((*sorted(wanted), died))} FROM {source} QUALIFY ROW_NUMBER() "
        "OVER (PARTITION BY person_id ORDER BY index_day DESC) = 1), "
        f"more AS (SELECT said.*, {lists}, CASE {outcome} ELSE {quoted(OPEN)} END AS outcome, "
        f"list_filter([{alone}], lambda one: one IS NOT NULL) AS asked FROM said) "
        f"SELECT said.*, COALESCE({month}, {quoted(WITHOUT)}) AS month, COALESCE(b12.site, {quoted(WITHOUT)}) AS site, "
        f"b12.day AS result_day, CASE WHEN answer::VARCHAR <> {quoted(OPEN_ANSWER)} THEN {quoted(ANSWERED)} "
        f"WHEN len(asked) = 0 THEN {quoted(WITHOUT)} WHEN len(asked) > 1 THEN {quoted(SEVERAL)} ELSE asked[1] END AS alone "
        f"FROM more AS said LEFT JOIN (SELECT * FROM newest WHERE analyte = {quoted(B12)}) AS b12 USING (person_id)"
    )


def newest(base: Base, results: Path | None) -> None:
    """The table ``newest``: of each person and test the newest usable result up to the day of decision."""
    columns = "person_id VARCHAR, analyte VARCHAR, lo DOUBLE, hi DOUBLE, lo_open BOOLEAN, hi_open BOOLEAN, unit VARCHAR"
    if results is None:
        base.execute(f"CREATE TABLE newest ({columns}, day INTEGER, month VARCHAR, site VARCHAR)")
        return
    files = sorted(results.glob("*.parquet")) if results.is_dir() else [results]
    source = f"read_parquet([{', '.join(quoted(str(file)) for file in files)}])"
    held = {row[0] for row in base.execute(f"DESCRIBE FROM {source}").fetchall()}
    if missing := [name for name in RESULT_COLUMNS if name not in held]:
        raise NotAnswersError(missing, results=True)
    site = "site" if SITE in held else "NULL::VARCHAR AS site"
    status = "CASE status WHEN 'corrected' THEN 2 WHEN 'final' THEN 1 ELSE 0 END" if "status" in held else "0"
    later = ", ".join(f"{name} DESC" for name in ("clock", "place") if name in held)
    usable = "problem IS NULL AND (lo IS NOT NULL OR hi IS NOT NULL)"
    if "derived" in held:
        usable += " AND NOT derived"
    base.execute(
        f"CREATE VIEW results AS SELECT r.*, days.index_day AS judged_on FROM {source} AS r JOIN days USING (person_id) "
        "WHERE r.first_day IS NULL OR r.first_day <= days.index_day"
    )
    base.execute(
        "CREATE TABLE newest AS SELECT person_id, analyte, lo, hi, lo_open, hi_open, unit, last_day AS day, "
        "CASE WHEN judged_on <> 0 AND strftime(DATE '1970-01-01' + first_day::INTEGER, '%Y-%m') = strftime(DATE '1970-01-01' + last_day::INTEGER, '%Y-%m') "
        f"THEN strftime(DATE '1970-01-01' + last_day::INTEGER, '%Y-%m') END AS month, {site} FROM results WHERE {usable} QUALIFY "
        f"ROW_NUMBER() OVER (PARTITION BY person_id, analyte ORDER BY last_day DESC NULLS LAST, {status} DESC"
        f"{', ' + later if later else ''}) = 1"
    )


def codes(ruleset: Ruleset, family: str) -> list[str]:
    return [code for code in ruleset.codes if code.startswith(family)]


def column_of(asked: str) -> str:
    return column_name(asked.removeprefix(FINDING))


def holds(asked: str, values: Iterable[str]) -> str:
    """A cell over the columns of the answers."""
    column = column_of(asked)
    if not asked.startswith(FINDING):
        return f"COALESCE({column}::VARCHAR, {quoted(NOT_KNOWN)}) IN ({', '.join(quoted(one) for one in values)})"
    statuses = {YES: STATUSES[SUPPORTED], NO: STATUSES[NOT_SUPPORTED], NOT_KNOWN: STATUSES[NOT_LOOKED_FOR]}
    return f"{column}::VARCHAR IN ({', '.join(quoted(statuses[one]) for one in values)})"


def supported(code: str) -> str:
    return f"{column_name(code)}::VARCHAR = {quoted(STATUSES[SUPPORTED])}"


def any_of(one: Worklist) -> str:
    """Whether any condition of a list holds."""
    parts = [" AND ".join(holds(name, values) for name, values in c.cells.items()) for c in one.conditions]
    return f"({' OR '.join(f'({part})' for part in parts)})"


# --- Counting ------------------------------------------------------------------------------------------------------


class Counter:
    """Gathers the counts, with the sums that tie them to one another."""

    def __init__(self, base: Base, ruleset: Ruleset, packs: Sequence[str], plan: Plan, results: bool) -> None:
        self.base, self.ruleset, self.packs, self.plan, self.results = base, ruleset, packs, plan, results
        self.counts: dict[Key, int] = {}
        self.sums: list[tuple[Key, tuple[Key, ...]]] = []
        self.values: dict[str, tuple[str, ...]] = {}
        self.columns: dict[str, str] = {}
        self.unsaid: set[Key] = set()
        tables = {table.name: table for table in ruleset.tables}
        self.words = {
            name: (*tables[name].values, NOT_KNOWN) for name in (*AXES, BAND_OF, "urgency", "review_after")
        }

    def count_all(self) -> None:
        self.counts[EVERYBODY] = int(self.rows("SELECT COUNT(*) FROM people")[0][0])
        self.divide(ANSWER, "answer::VARCHAR", self.words[ANSWER])
        self.divide(DEFICIENCY, "deficiency::VARCHAR", self.words[DEFICIENCY])
        self.divide(BAND, f"{BAND_OF}::VARCHAR", self.words[BAND_OF])
        self.divide(TREATMENT, f"{TREATMENT_OF}::VARCHAR", self.ruleset.facts[TREATMENT_OF].values)
        self.divide(OUTCOME, "outcome", (*(one.name for one in self.plan.outcomes), OPEN))
        self.divide(MONTH, "month")
        self.divide(DIED, yes_no(f"{DIED} IS TRUE"), (YES, NO))
        for each in self.plan.lists:
            self.divide(LIST + each.name, yes_no(column_name("in", each.name)), (YES, NO))
        for code in codes(self.ruleset, TROUBLES):
            self.divide(QUALITY + code, yes_no(supported(code)), (YES, NO))
        for one, other in TABLES:
            self.cross(one, other)
        for axis in AXES:
            self.cross(MONTH, axis)
        if self.results:
            self.divide(SITE, "site")
            for axis in AXES:
                self.cross(SITE, axis)
            self.count_units()
        for code in codes(self.ruleset, TESTS):
            self.divide(TEST + code, yes_no(supported(code)), (YES, NO))
            self.cross(TEST + code, ANSWER)
        self.divide(ALONE, "alone")
        waiting = tuple(key({ALONE: one}) for one in self.values[ALONE] if one != ANSWERED)
        self.sums.append((key({ANSWER: OPEN_ANSWER}), waiting))
        for pack in self.packs:
            for axis in AXES:
                name = f"{axis}@{pack}"
                self.divide(name, f"{column_name(axis, pack)}::VARCHAR", self.words[axis])
                self.cross(axis, name)
            self.cross(f"{ANSWER}@{pack}", f"{DEFICIENCY}@{pack}", said=False)
            self.differ(pack)
        self.tie()

    def rows(self, text: str) -> list[tuple[Any, ...]]:
        return self.base.execute(text).fetchall()

    def divide(self, name: str, column: str, order: Sequence[str] = ()) -> None:
        """Everybody by one question; an answer that nobody has is counted too, where all are known."""
        self.columns[name] = f"COALESCE({column}, {quoted(NOT_KNOWN)})"
        found = dict(self.rows(f"SELECT {self.columns[name]}, COUNT(*) FROM people GROUP BY 1 ORDER BY 1"))
        kept = [one for one in dict.fromkeys(order) if one in found or one != NOT_KNOWN]
        self.values[name] = (*kept, *(one for one in sorted(found) if one not in kept))
        for value in self.values[name]:
            self.counts[key({name: value})] = found.get(value, 0)
        self.sums.append((EVERYBODY, tuple(key({name: value}) for value in self.values[name])))

    def cross(self, one: str, other: str, said: bool = True) -> None:
        """Everybody by two questions at once."""
        text = f"SELECT {self.columns[one]}, {self.columns[other]}, COUNT(*) FROM people GROUP BY ALL"
        found = {(a, b): n for a, b, n in self.rows(text)}
        for a in self.values[one]:
            for b in self.values[other]:
                self.counts[key({one: a, other: b})] = found.get((a, b), 0)
                if not said:
                    self.unsaid.add(key({one: a, other: b}))
        for a in self.values[one]:
            self.sums.append((key({one: a}), tuple(key({one: a, other: b}) for b in self.values[other])))
        for b in self.values[other]:
            self.sums.append((key({other: b}), tuple(key({one: a, other: b}) for a in self.values[one])))

    def differ(self, pack: str) -> None:
        """How many another pack reads otherwise: the sum of what lies off the diagonal."""
        for axis in AXES:
            other = f"{axis}@{pack}"
            pairs = [(a, b) for a in self.values[axis] for b in self.values[other]]
            parts = {True: [], False: []}  # type: dict[bool, list[Key]]
            for a, b in pairs:
                parts[a == b].append(key({axis: a, other: b}))
            for same, name in ((True, "same"), (False, "differs")):
                whole = key({f"{other}:": name})
                self.counts[whole] = sum(self.counts[part] for part in parts[same])
                self.sums.append((whole, tuple(parts[same])))
            self.sums.append((EVERYBODY, tuple(key({f"{other}:": name}) for name in ("same", "differs"))))

    def tie(self) -> None:
        """What the rules tie together: answer, deficiency, band, treatment, outcome, death, lists and troubles, by what occurs together.

        A list is made of answers, so a count of it may give away another; each combination that occurs is a count of its
        own, never shown, and every count of these questions is the sum of some.
        """
        names = [ANSWER, DEFICIENCY, BAND, TREATMENT, OUTCOME, DIED]
        names += [one for one in self.values if one.startswith((LIST, QUALITY))]
        found = self.rows(
            f"SELECT {', '.join(self.columns[one] for one in names)}, COUNT(*) FROM people GROUP BY ALL ORDER BY ALL"
        )
        parts: dict[Key, list[Key]] = {}
        for *answers, count in found:
            whole = dict(zip(names, answers, strict=True))
            tied = key({TIED + name: answer for name, answer in whole.items()})
            self.counts[tied] = count
            self.unsaid.add(tied)
            for name in names:
                parts.setdefault(key({name: whole[name]}), []).append(tied)
            for one, other in TABLES:
                parts.setdefault(key({one: whole[one], other: whole[other]}), []).append(tied)
        self.sums += [(one, tuple(many)) for one, many in sorted(parts.items())]

    def count_units(self) -> None:
        """Results, not people: how total B12 was reported."""
        found = self.rows(
            f"SELECT COALESCE(unit, {quoted(WITHOUT)}), COUNT(*) FROM results WHERE analyte = {quoted(B12)} "
            "GROUP BY 1 ORDER BY 2 DESC, 1"
        )
        self.values[UNIT] = tuple(unit for unit, _ in found)
        for unit, count in found:
            self.counts[key({UNIT: unit})] = count
        whole = key({RESULTS: ""})
        self.counts[whole] = sum(count for _, count in found)
        self.sums.append((whole, tuple(key({UNIT: unit}) for unit, _ in found)))


def yes_no(column: str) -> str:
    return f"CASE WHEN {column} THEN '{YES}' ELSE '{NO}' END"


# --- The people of a list ------------------------------------------------------------------------------------------


def entries(base: Base, one: Worklist, plan: Plan, counter: Counter) -> tuple[Entry, ...]:
    """Most urgent first, then those whose result is oldest; at most as many as a sheet is to hold."""
    conditions = ", ".join(
        " AND ".join(holds(name, values) for name, values in c.cells.items()) for c in one.conditions
    )
    said = ", ".join(
        f"CASE WHEN {supported(code)} THEN {quoted(code)} END" for code in named_by(one, counter.ruleset)
    )
    rank = " ".join(f"WHEN {quoted(word)} THEN {place}" for place, word in enumerate(URGENCIES))
    order = f"CASE urgency::VARCHAR {rank} ELSE {len(URGENCIES)} END, result_day NULLS LAST, person_id"
    base.execute(
        f"CREATE OR REPLACE TEMP TABLE chosen AS SELECT ROW_NUMBER() OVER (ORDER BY {order}) AS nth, person_id::VARCHAR AS id, "
        f"person_id, index_day, answer::VARCHAR AS answer, deficiency::VARCHAR AS deficiency, urgency::VARCHAR AS urgency, "
        f"review_after::VARCHAR AS review, [{conditions}] AS whys, "
        f"list_filter([{said}]::VARCHAR[], lambda one: one IS NOT NULL) AS said, site FROM people "
        f"WHERE {column_name('in', one.name)} ORDER BY {order} LIMIT {plan.rows_at_most}"
    )
    readings: dict[str, dict[str, Reading]] = {}
    for person, *rest in base.execute(
        "SELECT n.person_id::VARCHAR, analyte, lo, hi, lo_open, hi_open, unit, day FROM newest n SEMI JOIN chosen USING (person_id)"
    ).fetchall():
        readings.setdefault(person, {})[rest[0]] = Reading(*rest)
    found = base.execute(
        "SELECT id, index_day, answer, deficiency, urgency, review, whys, said, site FROM chosen ORDER BY nth"
    ).fetchall()
    ranks = {code: place for place, code in enumerate(counter.ruleset.codes)}
    # Many people are told the same.
    next_of = cache(lambda said: steps(one, said, ranks))
    return tuple(
        Entry(
            person_id=row[0],
            index_day=row[1],
            answer=row[2] or NOT_KNOWN,
            deficiency=row[3] or NOT_KNOWN,
            urgency=row[4] or NOT_KNOWN,
            review_after=row[5] or NOT_KNOWN,
            whys=tuple(c.name for c, met in zip(one.conditions, row[6], strict=True) if met),
            next=next_of(tuple(row[7])),
            site=None if row[8] == WITHOUT else row[8],
            readings=tuple(readings.get(row[0], {})[a] for a in plan.shown if a in readings.get(row[0], {})),
        )
        for row in found
    )


def named_by(one: Worklist, ruleset: Ruleset) -> list[str]:
    """Every code that is a next step of this list."""
    return [code for code in ruleset.codes if code.startswith(tuple(one.next))]


def steps(one: Worklist, said: Iterable[str], ranks: dict[str, int]) -> tuple[str, ...]:
    """The codes said of a person that are a next step of this list, in the order in which the list names them."""
    place = {
        code: min((n for n, begin in enumerate(one.next) if code.startswith(begin)), default=-1)
        for code in said
    }
    return tuple(
        sorted(
            (code for code, n in place.items() if n >= 0), key=lambda code: (place[code], ranks.get(code, 0))
        )
    )
