"""What became of every row and every person of a share that was gathered: each counted once, whatever it was judged for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cobalens.engines.sql.sources import canonical
from cobalens.model.sources import ENTRY_KEY, LAB_KEY

if TYPE_CHECKING:
    from cobalens.engines.duckdb import Base

NOT_JUDGED = "of a person who is not judged"
NOT_READ = "not read: a form's question, or of no concept that is known here"
MEASURED = "measurement"


def row_fates(base: Base, stated: dict[int, str], observed: tuple[str, int]) -> dict[str, int]:
    """``table: fate, reason`` -> rows.

    ``stated``: the number of a table among the entries -> its name. ``observed``: the name and the rows of the one table of
    which not every row is an entry.
    """
    listed = ", ".join(f"({number}, '{name}')" for number, name in stated.items())
    judged = "SELECT DISTINCT i.person_id FROM judged i JOIN person p ON p.person_id = i.run_id AND p.index_day = i.index_day"
    results = (
        f"SELECT '{MEASURED}' AS name, CASE WHEN w.person_id IS NULL THEN '{NOT_JUDGED}' ELSE f.fate END AS fate, "
        f"CASE WHEN w.person_id IS NULL THEN '' ELSE f.reason END AS reason FROM raw_lab r JOIN lab_keys k ON "
        f"{canonical.same('r', 'k', LAB_KEY)} JOIN lab_fate f ON f.key = k.number LEFT JOIN who w ON w.person_id = r.person_id"
    )
    # An entry may be read otherwise on another day of decision; its last reading stands for it.
    last = (
        f"SELECT e.person_id, e.place, ARG_MAX(f.fate, e.index_day) AS fate, ARG_MAX(f.reason, e.index_day) AS reason FROM "
        f"{canonical.DATED_ENTRIES} e JOIN entry_keys k ON {canonical.same('e', 'k', ENTRY_KEY)} JOIN entry_fate f ON f.key = k.number "
        "WHERE e.person_id IN (SELECT person_id FROM who) GROUP BY e.person_id, e.place"
    )
    entries = (
        f"SELECT t.name, COALESCE(l.fate, '{NOT_JUDGED}') AS fate, COALESCE(l.reason, '') AS reason FROM raw_entry r "
        f"JOIN (VALUES {listed}) AS t(number, name) ON t.number = r.table_nth LEFT JOIN ({last}) l "
        "ON l.person_id = r.person_id AND l.place = r.place"
    )
    rows = base.execute(
        f"WITH who AS ({judged}) SELECT name, fate, reason, COUNT(*) FROM ({results} UNION ALL {entries}) GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    found: dict[str, int] = {}
    for name, fate, reason, count in rows:
        what = f"{name}: {fate.replace('_', ' ')}{f', {reason}' if reason else ''}"
        found[what] = found.get(what, 0) + count
    name, count = observed
    if left := count - sum(n for what, n in found.items() if what.startswith(f"{name}: ")):
        found[f"{name}: {NOT_READ}"] = left
    return found


def people_aside(base: Base) -> dict[str, int]:
    """Why people are not judged at all -> how many."""
    rows = base.execute(
        "SELECT reason, COUNT(*) FROM (SELECT p.person_id, MIN(CASE WHEN i.index_day IS NULL THEN 'no result to be judged' "
        "WHEN p.death_day <= i.index_day THEN 'died before the day of decision' ELSE 'born after the day of decision' END) AS reason "
        "FROM raw_person p LEFT JOIN judged i ON i.person_id = p.person_id WHERE p.person_id NOT IN "
        "(SELECT j.person_id FROM judged j JOIN person s ON s.person_id = j.run_id AND s.index_day = j.index_day) "
        "GROUP BY p.person_id) r GROUP BY reason ORDER BY reason"
    ).fetchall()
    return {reason: int(count) for reason, count in rows}
