"""The canonical tables as a source: read as described, or refused with the table and the column named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from msgspec.structs import replace

from cobalens.engines import keeping
from cobalens.errors import CobalensError
from cobalens.intake.timelines.canonical import canonical, scales_for
from cobalens.model.cohort import EPOCH, Rows
from cobalens.serve.cohort import canonical as cohort_canonical
from cobalens.serve.cohort import runner as cohort
from cobalens.serve.cohort.run import Wanted
from tests.cohort.facts_harness import canonical_rows
from tests.cohort.facts_people import Maker
from tests.cohort.lines_of_people import alone, in_run
from tests.cohort.rules_agreement import DOOR, RULES
from tests.cohort.spark_agreement import ran, write_tables

MAKER = Maker(RULES, scales_for(RULES, DOOR.pack), 2718)
PEOPLE = [MAKER.person(f"c{n:03}") for n in range(12)]
PROBLEMS = {"data_quality:unit_missing", "data_quality:unit_implausible"}
"""What reading a source would have noticed of a result is not in a record that was never read from one."""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_tables(canonical_rows(PEOPLE, RULES, DOOR.pack), tmp_path / "tables")


def without_problems(said: tuple[str, str, list[str]]) -> tuple[str, str, set[str]]:
    return said[0], said[1], set(said[2]) - PROBLEMS


def test_everybody_in_canonical_tables_is_answered_as_alone_and_every_row_counted(
    source: Path, tmp_path: Path
) -> None:
    rows = canonical_rows(PEOPLE, RULES, DOOR.pack)
    run = ran(source, tmp_path / "out", DOOR.pack, "duckdb")
    said = in_run(tmp_path / "out")
    for one in PEOPLE:
        assert without_problems(said[one.id][0]) == without_problems(alone(DOOR, one, None)), one.id
    assert (run["source"], run["people"], run["people_judged"]) == ("canonical", 12, 12)
    for table in ("lab", "event"):
        fates = sum(count for what, count in run["gathered"].items() if what.startswith(f"{table}: "))
        assert fates == run["source_rows"][table] == len(getattr(rows, table))


def files_in(out: Path) -> dict[str, list[dict[str, object]]]:
    return {
        name: pq.read_table(out / f"{name}.parquet").to_pylist()
        for name in ("facts", "results", "interpretations")
    }


@pytest.mark.parametrize(("days", "parts"), [(("2025-11-30",), 40), (("2024-06-01", "2025-11-30"), 3)])
def test_the_number_of_shares_changes_nothing(tmp_path: Path, days: tuple[str, ...], parts: int) -> None:
    whole = [canonical(replace(one, as_of=days[-1]), RULES, DOOR.pack) for one in PEOPLE]
    rows = Rows(
        tuple(
            replace(person, index_day=(EPOCH.fromisoformat(day) - EPOCH).days)
            for one in whole
            for person in one.person
            for day in days
        ),
        tuple(lab for one in whole for lab in one.lab if lab.for_index is None),
        tuple(event for one in whole for event in one.event),
    )
    source = write_tables(rows, tmp_path / "tables")
    wanted = Wanted(source=str(source), out=str(tmp_path / "one"), pack=DOOR.pack.name, threads=1)
    assert cohort.run(wanted, quiet=True) == 0
    several = replace(wanted, out=str(tmp_path / "several"), partitions=parts)
    assert cohort.run(several, quiet=True) == 0
    assert files_in(tmp_path / "several") == files_in(tmp_path / "one")
    assert len(files_in(tmp_path / "one")["facts"]) == len(PEOPLE) * len(days)


def test_a_run_that_is_stopped_goes_on_behind_its_last_share_and_never_with_other_tables(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []

    def stops_at(count: int) -> Any:
        def copied(base: Any, query: str, target: Path) -> int:
            if len(made) == count:
                raise KeyboardInterrupt
            made.append(target)
            return keeping.copied(base, query, target)

        return copied

    wanted = Wanted(
        source=str(source), out=str(tmp_path / "out"), pack=DOOR.pack.name, threads=1, partitions=4
    )
    monkeypatch.setattr(cohort_canonical, "copied", stops_at(5))
    with pytest.raises(KeyboardInterrupt):
        cohort.run(wanted, quiet=True)
    with pytest.raises(CobalensError) as refused:
        cohort.run(wanted, quiet=True)
    assert refused.value.code == "run_exists"
    made.clear()
    monkeypatch.setattr(cohort_canonical, "copied", stops_at(99))
    assert cohort.run(replace(wanted, resume=True), quiet=True) == 0
    # Two shares were whole; of the third only the facts were there.
    assert [one.name for one in made] == [
        f"{name}-{share:05}.parquet" for share in (2, 3) for name in ("facts", "results")
    ]
    assert cohort.run(replace(wanted, out=str(tmp_path / "whole"), partitions=None), quiet=True) == 0
    assert files_in(tmp_path / "out") == files_in(tmp_path / "whole")


def test_tables_that_were_refused_or_broken_are_read_by_the_same_command_once_they_are_mended(
    source: Path, tmp_path: Path
) -> None:
    wanted = Wanted(source=str(source), out=str(tmp_path / "out"), pack=DOOR.pack.name, threads=1)
    lab = next(source.glob("lab.parquet/*.parquet"))
    whole, table = lab.read_bytes(), pq.read_table(lab)
    lacking = pa.Table.from_pylist([{**one, "place": None} for one in table.to_pylist()], table.schema)
    pq.write_table(lacking, lab)
    with pytest.raises(CobalensError) as refused:
        cohort.run(wanted, quiet=True)
    assert refused.value.code == "not_canonical"
    lab.write_bytes(whole[:8] + b"\xff" * (len(whole) // 2) + whole[8 + len(whole) // 2 :])
    with pytest.raises(CobalensError):
        cohort.run(wanted, quiet=True)
    lab.write_bytes(whole)
    assert cohort.run(wanted, quiet=True) == 0
    assert len(files_in(tmp_path / "out")["facts"]) == len(PEOPLE)


def test_what_an_earlier_run_left_without_its_account_is_not_gone_on_with(
    source: Path, tmp_path: Path
) -> None:
    wanted = Wanted(
        source=str(source), out=str(tmp_path / "out"), pack=DOOR.pack.name, threads=1, partitions=2
    )
    left = tmp_path / "out" / "gathering"
    left.mkdir(parents=True)
    for name in ("facts", "results"):
        (left / f"{name}-00000.parquet").write_bytes(b"of other people")
    assert cohort.run(wanted, quiet=True) == 0
    assert len(files_in(tmp_path / "out")["facts"]) == len(PEOPLE)


def test_a_person_judged_on_several_days_is_answered_on_each_as_alone(tmp_path: Path) -> None:
    days = ["2024-06-01", "2025-01-01", "2025-11-30"]
    numbers = {day: (EPOCH.fromisoformat(day) - EPOCH).days for day in days}
    whole = [canonical(replace(one, as_of="2025-11-30"), RULES, DOOR.pack) for one in PEOPLE]
    rows = Rows(
        tuple(
            replace(person, index_day=number)
            for one in whole
            for person in one.person
            for number in numbers.values()
        ),
        tuple(lab for one in whole for lab in one.lab if lab.for_index is None),
        tuple(event for one in whole for event in one.event),
    )
    source = write_tables(rows, tmp_path / "tables")
    run = ran(source, tmp_path / "out", DOOR.pack, "duckdb")
    assert (run["people_judged"], run["used"]) == (len(PEOPLE), 3 * len(PEOPLE))
    found = pq.read_table(tmp_path / "out" / "interpretations.parquet").to_pylist()
    assert [(one["person_id"], one["index_day"]) for one in found] == sorted(
        (one.id, number) for one in PEOPLE for number in numbers.values()
    )
    for day, number in numbers.items():
        own = write_tables(
            replace(rows, person=tuple(one for one in rows.person if one.index_day == number)),
            tmp_path / day,
        )
        ran(own, tmp_path / f"{day}-out", DOOR.pack, "duckdb")
        alone_then = pq.read_table(tmp_path / f"{day}-out" / "interpretations.parquet").to_pylist()
        assert [one for one in found if one["index_day"] == number] == alone_then


def changed(source: Path, table: str, change: Callable[[pa.Table], pa.Table]) -> None:
    place = source / f"{table}.parquet"
    file = place / "part-0.parquet" if place.is_dir() else place
    pq.write_table(change(pq.read_table(file)), file)


def with_column(name: str, change: Callable[[pa.ChunkedArray], pa.Array]) -> Callable[[pa.Table], pa.Table]:
    return lambda table: table.set_column(table.column_names.index(name), name, change(table.column(name)))


def first_is(value: object) -> Callable[[pa.ChunkedArray], pa.Array]:
    return lambda column: pa.array([value, *column.to_pylist()[1:]], column.type)


@pytest.mark.parametrize(
    ("table", "change", "told"),
    [
        ("event", lambda t: t.drop_columns(["dose_ug"]), "`dose_ug` is to be DOUBLE, and is not there"),
        (
            "person",
            with_column("age", lambda c: pc.cast(c, pa.string())),
            "`age` is to be DOUBLE, and is VARCHAR",
        ),
        ("event", with_column("affirmed", first_is(None)), "`affirmed` is empty in 1 rows"),
        ("person", with_column("age", first_is(float("nan"))), "`age` is no number in 1 rows"),
        (
            "person",
            lambda t: pa.concat_tables([t, t.slice(0, 1)]),
            "1 times several rows have the same person_id, index_day",
        ),
    ],
)
def test_tables_that_could_be_read_in_two_ways_are_refused_with_the_column_named(
    source: Path, tmp_path: Path, table: str, change: Callable[[pa.Table], pa.Table], told: str
) -> None:
    changed(source, table, change)
    asked = Wanted(source=str(source), out=str(tmp_path / "out"), pack=DOOR.pack.name)
    with pytest.raises(cohort.CobalensError) as refused:
        cohort.run(asked, quiet=True)
    assert refused.value.code == "not_canonical"
    assert told in str(refused.value)


def test_a_list_that_no_column_speaks_of_is_told_and_counts_as_incomplete(
    source: Path, tmp_path: Path
) -> None:
    changed(source, "person", lambda t: t.drop_columns(["complete_drug"]))
    run = ran(source, tmp_path / "out", DOOR.pack, "duckdb")
    assert run["columns_not_there"] == ["person.complete_drug"]
    told = in_run(tmp_path / "out")
    for one in PEOPLE:
        own = replace(one, complete=one.complete - {"drug"})
        assert without_problems(told[one.id][0]) == without_problems(alone(DOOR, own, None)), one.id


def test_a_day_of_decision_is_not_asked_for_where_the_tables_say_it(source: Path, tmp_path: Path) -> None:
    asked = Wanted(source=str(source), out=str(tmp_path / "out"), pack=DOOR.pack.name, index="2025-01-01")
    with pytest.raises(cohort.CobalensError) as refused:
        cohort.run(asked, quiet=True)
    assert refused.value.code == "days_in_tables"
