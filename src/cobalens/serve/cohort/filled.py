"""From the rows of plain people to the canonical tables, what is noticed of them, and what formulas make of their results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from cobalens.engines.putting import put_rows, put_table
from cobalens.engines.sql.text import quoted
from cobalens.intake.fhir.taking import PATIENT
from cobalens.intake.timelines.derive import derived
from cobalens.model.cohort import AGE, YEARS, record_of
from cobalens.model.record import Lab, Record, Span
from cobalens.serve.cohort.omop import rows_in_doubt
from cobalens.serve.cohort.plain import EVENT, Work, same_birth
from cobalens.serve.cohort.tables import Kind, mark, noticed_of, put_known, sex_of

AFTER_RESULTS, LAST_PLACE = 10_000_000, 16_000_000
DONE_WITH = ("result", "rivals", "stated", "happened", "kin", "feeding", "said_of", "made", "aged", "run")


def fill_tables(work: Work) -> None:
    """The tables ``person``, ``lab``, ``event``, ``judged`` and ``noticed``, of everybody whose lines are plain."""
    _number_runs(work)
    _fill(work)
    _notice(work)
    _derive(work)
    for name in DONE_WITH:
        work.base.execute(f"DROP TABLE {name}")


def _number_runs(work: Work) -> None:
    """The table ``run``: each plain person and day of decision; numbered on from those read by the reader of a record."""
    base, tables = work.base, work.tables
    base.execute(
        f"CREATE OR REPLACE TABLE run AS SELECT CAST({tables.runs} - 1 + ROW_NUMBER() OVER (ORDER BY owner, index_day) AS INTEGER) "
        "AS run_id, owner, index_day FROM judging WHERE owner NOT IN (FROM careful)"
    )
    count = int(base.execute("SELECT COUNT(*) FROM run").fetchall()[0][0])
    tables.runs += count
    tables.shortly += count
    base.execute(
        "INSERT INTO judged SELECT r.run_id, o.name, r.index_day, CASE WHEN d.owner IS NOT NULL THEN TRUE END FROM run r "
        "JOIN owners o ON o.number = r.owner LEFT JOIN deaths d ON d.owner = r.owner"
    )
    base.execute("INSERT INTO kept_run SELECT ARG_MAX(run_id, index_day) FROM run GROUP BY owner")
    silent = "".join(", FALSE" for _ in tables.lists)
    base.execute(
        f"CREATE OR REPLACE TABLE aged AS SELECT r.run_id, r.index_day, b.age, b.codes FROM run r JOIN line l ON l.owner = r.owner "
        f"AND l.kind = {PATIENT} JOIN born b ON {same_birth('b', 'r')}"
    )
    base.execute(f"INSERT INTO person SELECT run_id, index_day, age{silent} FROM aged")


def _fill(work: Work) -> None:
    """The tables ``result``, of which a repeated one counts once, and ``stated``."""
    base = work.base
    put_known(work.tables)
    same = "owner, analyte, unit, number, first_day, last_day, clock, word"
    base.execute(
        "CREATE OR REPLACE TABLE result AS SELECT m.owner, m.seq, m.series, s.analyte, s.unit, m.number, m.value, m.first_day, m.last_day, "
        "m.clock, m.word FROM measured m JOIN series s ON s.number = m.series WHERE m.owner IN (SELECT owner FROM run)"
    )
    base.execute("DROP TABLE measured")
    base.execute(
        "CREATE OR REPLACE TABLE rivals AS SELECT owner, analyte, first_day FROM result GROUP BY ALL HAVING COUNT(*) > 1"
    )
    base.execute(
        f"DELETE FROM result WHERE seq IN (SELECT seq FROM (SELECT seq, ROW_NUMBER() OVER (PARTITION BY {same} ORDER BY seq) AS nth "
        "FROM result SEMI JOIN rivals USING (owner, analyte, first_day)) r WHERE nth > 1)"
    )
    base.execute(
        "INSERT INTO lab SELECT r.run_id, m.place, m.analyte, m.value, m.value, FALSE, FALSE, m.unit, m.first_day, m.last_day, m.clock, "
        "s.ref_low, s.ref_high, w.said, NULL, s.status, FALSE, NULL FROM (SELECT *, CAST(ROW_NUMBER() OVER (PARTITION BY owner ORDER BY seq) - 1 "
        "AS INTEGER) AS place FROM result) m JOIN run r ON r.owner = m.owner JOIN series s ON s.number = m.series JOIN words w ON w.number = m.word"
    )
    listed = ", ".join(f"h.{name.split()[0]}" for name in EVENT.split(", "))
    base.execute(
        f"CREATE OR REPLACE TABLE stated AS SELECT r.run_id, {listed} FROM run r JOIN line l ON l.owner = r.owner "
        f"JOIN born_events h ON {same_birth('h', 'r')} WHERE l.kind = {PATIENT} UNION ALL "
        f"SELECT r.run_id, {listed} FROM run r JOIN happened h ON h.owner = r.owner AND h.index_day = r.index_day"
    )
    base.execute("DROP TABLE line")
    base.execute(
        "INSERT INTO event SELECT t.run_id, CAST(t.rowid AS INTEGER), s.concept, s.affirmed, s.doubt, s.family, w.said, "
        "t.start_first, t.start_last, t.stop_first, t.stop_last, s.route, s.dose_ug, s.adherence, FALSE "
        "FROM stated t JOIN statement s ON s.number = t.statement JOIN words w ON w.number = t.tense"
    )


def _notice(work: Work) -> None:
    """What is noticed of the plain people: of their own line, and of tests whose results leave a doubt."""
    base, tables = work.base, work.tables
    strange = [kind.number for kind in tables.series.values() if kind.scaled or kind.is_age]
    base.execute(
        "CREATE OR REPLACE TABLE doubts AS SELECT r.run_id AS person_id, m.analyte FROM run r JOIN result m ON m.owner = r.owner "
        f"WHERE m.first_day <> m.last_day OR m.series IN ({', '.join(map(str, strange)) or 'NULL'}) UNION "
        "SELECT r.run_id, m.analyte FROM run r JOIN (SELECT owner, analyte FROM result SEMI JOIN rivals USING (owner, analyte, first_day) "
        "GROUP BY owner, analyte, first_day HAVING COUNT(*) > 1) m ON m.owner = r.owner"
    )
    codes = {
        run: set(said.split())
        for run, said in base.execute("SELECT run_id, codes FROM aged WHERE codes <> ''").fetchall()
    }
    doubtful: dict[int, set[str]] = {}
    for run, analyte in base.execute("SELECT person_id, analyte FROM doubts").fetchall():
        doubtful.setdefault(run, set()).add(analyte)
    for run, record in _records(work, "SELECT DISTINCT person_id FROM doubts"):
        codes[run] = codes.get(run, set()) | noticed_of(record, doubtful[run], tables)
    for run in sorted(codes):
        mark(tables, run, codes[run])
    base.execute(
        f"INSERT INTO lab SELECT run_id, {LAST_PLACE}, '{AGE}', age, age, FALSE, FALSE, '{YEARS}', index_day, index_day, '', NULL, NULL, NULL, "
        "NULL, 'final', FALSE, index_day FROM aged WHERE age IS NOT NULL AND run_id IN (SELECT r.run_id FROM run r "
        f"JOIN result m ON m.owner = r.owner WHERE m.analyte = '{AGE}')"
    )


def _records(work: Work, runs: str) -> Iterable[tuple[int, Record]]:
    """The records of some runs, out of the canonical tables."""
    work.base.execute(f"CREATE OR REPLACE TEMP TABLE in_doubt AS {runs}")
    for person, labs, events in rows_in_doubt(work.base):
        yield int(person.person_id), record_of(person, labs, events)


def _derive(work: Work) -> None:
    """The rows of what formulas make of the results of each day, once for the same results, age and sex."""
    base, tables = work.base, work.tables
    kinds = {kind.number: kind for kind in tables.series.values()}
    rows: list[tuple[object, ...]] = [
        (kind.number, kind.family.number, kind.family.aged, kind.family.sexed)
        for kind in kinds.values()
        if kind.family is not None
    ]
    put_table(base, "kin", "series INTEGER, family INTEGER, aged BOOLEAN, sexed BOOLEAN", rows)
    _sexed(work)
    base.execute(
        "CREATE OR REPLACE TABLE feeding AS SELECT r.run_id, r.index_day, k.family, CASE WHEN k.aged THEN p.age END AS age, "
        "CASE WHEN k.sexed THEN x.sex END AS sex, m.first_day, m.last_day, MIN(m.seq) AS turn, "
        "STRING_AGG(m.series || ' ' || m.number, ',' ORDER BY m.seq) AS fed, LIST(m.clock ORDER BY m.seq) AS clocks "
        "FROM run r JOIN result m ON m.owner = r.owner JOIN kin k ON k.series = m.series JOIN aged p ON p.run_id = r.run_id "
        "LEFT JOIN sexed x ON x.run_id = r.run_id GROUP BY ALL"
    )
    keys = base.execute("SELECT DISTINCT age, sex, fed FROM feeding ORDER BY ALL").fetchall()
    # Many people share an age, and many the results of a day.
    ages = {age: None if age is None else Decimal(repr(age)) for age, _, _ in keys}
    days = {fed: _labs_of(fed, kinds, work) for _, _, fed in keys}
    analytes = tables.door.ruleset.analytes
    rows = [
        (age, sex, fed, nth, score.gives, float(value), score.unit, int(those[0].where), those[0].status)
        for age, sex, fed in keys
        for nth, (score, value, those) in enumerate(
            derived(days[fed], ages[age], sex, analytes, tables.combined)
        )
    ]
    put_table(
        base,
        "made",
        "age DOUBLE, sex VARCHAR, fed VARCHAR, nth INTEGER, analyte VARCHAR, value DOUBLE, unit VARCHAR, source INTEGER, status VARCHAR",
        rows,
    )
    base.execute(
        f"INSERT INTO lab SELECT f.run_id, {AFTER_RESULTS} + ROW_NUMBER() OVER (PARTITION BY f.run_id ORDER BY f.turn, m.nth), m.analyte, "
        "m.value, m.value, FALSE, FALSE, m.unit, f.first_day, f.last_day, f.clocks[m.source + 1], NULL, NULL, NULL, NULL, m.status, TRUE, "
        "f.index_day FROM feeding f JOIN made m ON m.fed = f.fed AND m.age IS NOT DISTINCT FROM f.age AND m.sex IS NOT DISTINCT FROM f.sex"
    )


def _labs_of(fed: str, kinds: Mapping[int, Kind], work: Work) -> list[Lab]:
    """The plain results of a day out of their numbers, each with its place among them."""
    found = []
    for place, one in enumerate(fed.split(",")):
        series, number = map(int, one.split())
        of, value = kinds[series].of, work.rows.numbers[number]
        found.append(
            Lab(
                analyte=of.analyte, where=str(place), text="", lo=value, hi=value, unit=of.ucum, when=Span(0, 0),
                ref_low=of.ref_low, ref_high=of.ref_high, status=of.status,
            )
        )  # fmt: skip
    return found


def _sexed(work: Work) -> None:
    """The table ``sexed``: the sex that formulas need, as the fact of that name reads it."""
    base, sexes = work.base, work.tables.sexes
    listed = ", ".join(quoted(one) for one in sorted(sexes)) or "NULL"
    whens = " ".join(f"WHEN {quoted(concept)} THEN {quoted(sex)}" for concept, sex in sorted(sexes.items()))
    plain = "BOOL_AND(affirmed AND NOT doubt AND NOT family AND tense = 'current')"
    base.execute(
        f"CREATE OR REPLACE TABLE sexed AS SELECT person_id AS run_id, CASE MIN(concept) {whens or 'WHEN NULL THEN NULL'} END AS sex, "
        f"COUNT(*) = 1 AND {plain} AS plain FROM event WHERE concept IN ({listed}) AND person_id IN (SELECT r.run_id FROM run r "
        "JOIN result m ON m.owner = r.owner WHERE m.series IN (SELECT series FROM kin WHERE sexed)) GROUP BY person_id"
    )
    rest = "SELECT run_id AS person_id FROM sexed WHERE NOT plain"
    found = [(run, sex_of(record, work.tables)) for run, record in _records(work, rest)]
    base.execute("DELETE FROM sexed WHERE NOT plain")
    put_rows(base, "sexed", [(run, sex, True) for run, sex in found])
