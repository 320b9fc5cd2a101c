"""Several packs in one text: every fact stands under each as that pack alone reads it, and nothing is worked out twice."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from cobalens.api import load
from cobalens.engines.sql.answers import Query, answers_query
from cobalens.engines.sql.timelines import Column, columns_query
from cobalens.engines.sql.timelines.chain import policies_of
from cobalens.intake.timelines.canonical import scales_for
from cobalens.model.cohort import EPOCH, Rows
from cobalens.model.record import Record
from cobalens.model.ruleset import Pack
from cobalens.report.assemble import NOTICED
from cobalens.serve.cohort import packs
from cobalens.serve.cohort.omop import columns_of
from cobalens.serve.cohort.packs import query_of, read_otherwise
from cobalens.serve.cohort.people import shape_of
from tests.cohort.facts_harness import by_columns, by_reader, canonical_rows
from tests.cohort.facts_people import Maker

BASE = load()
RULES, PACK = BASE.ruleset, BASE.pack
PUBLISHED = [PACK, *(one for one in RULES.packs.values() if one.role != "common" and one is not PACK)]
LABS = sorted(name for name, fact in RULES.facts.items() if fact.lab)
STATED = [name for name, fact in RULES.facts.items() if fact.timeline in ("treatment_state", "sample_timing")]


def otherwise(name: str, pack: Pack, **policies: str) -> Pack:
    return replace(pack, name=name, policies={**pack.policies, **policies})


def without(name: str, pack: Pack, *policies: str) -> Pack:
    kept = {one: value for one, value in pack.policies.items() if one not in policies}
    return replace(pack, name=name, policies=kept)


def days(policy: str, by: int) -> str:
    return str(int(PACK.policies[policy]) + by)


OTHER = next(one for one in BASE.others if policies_of(one) != policies_of(PACK))
STRANGE = [
    PACK,
    otherwise("washes-sooner", PACK, washout_days=days("washout_days", -60)),
    otherwise("washes-later", OTHER, washout_days=days("washout_days", 200)),
    otherwise("trends-sooner", PACK, trend_percent=days("trend_percent", -22), trend_gap_days=days("trend_gap_days", -13)),
    otherwise("lasts-longer", PACK, persistence_gap_days=days("persistence_gap_days", 60)),
    otherwise("by-limits", PACK, above_range_by="pack"),
    otherwise("by-range", PACK, above_range_by="laboratory"),
    without("says-nothing", OTHER, "washout_days", "trend_percent", "trend_gap_days", "persistence_gap_days"),
]  # fmt: skip
"""Packs that differ in one policy of the timelines, and one that has none of them."""


def columns_under(packs: list[Pack], facts: list[str]) -> list[Column]:
    return [Column(f"{name}__{n}", name, pack) for n, pack in enumerate(packs) for name in facts]


@pytest.fixture(scope="module")
def people() -> list[Record]:
    found = []
    for n, pack in enumerate(PUBLISHED):
        maker = Maker(RULES, scales_for(RULES, pack), seed=500 + n)
        found += [maker.person(f"person {n} {i}") for i in range(30)]
    return found


def differing(
    rows: Rows,
    packs: list[Pack],
    index_day: int | None = None,
    one_each: bool = False,
    facts: list[str] = LABS,
) -> list[object]:
    """Where the one text differs from the reader of each pack; a treatment is read by the first pack."""
    columns = columns_under(packs, facts) + [Column(name, name, packs[0]) for name in STATED]
    found = by_columns(rows, RULES, columns, index_day, one_each)
    told = {pack.name: by_reader(rows, RULES, pack) for pack in packs}
    wrong, known = [], 0
    for key, values in found.items():
        for one in columns:
            expected = told[one.pack.name][key].get(one.fact, 0)
            known += expected != 0
            if values[one.name] != expected:
                wrong.append((one.name, key, expected, values[one.name]))
    sys.stdout.write(f"{len(found) * len(columns)} values compared, {known} known, {len(wrong)} differ\n")
    assert known > len(found) * len(packs)
    return wrong


@pytest.mark.parametrize("packs", [PUBLISHED, PUBLISHED[::-1], STRANGE], ids=["published", "turned", "strange"])  # fmt: skip
def test_every_pack_reads_in_one_text_as_it_does_alone(people, packs) -> None:
    rows = canonical_rows(people, RULES, PACK)
    assert differing(rows, packs, one_each=True) == []


@pytest.mark.parametrize("packs", [PUBLISHED, STRANGE], ids=["published", "strange"])
def test_the_same_on_one_day_for_everybody_and_on_several_days_of_one_person(people, packs) -> None:
    day = (EPOCH.replace(year=2025) - EPOCH).days
    rows = canonical_rows([replace(one, as_of="2025-01-01", age=None) for one in people], RULES, PACK)
    assert differing(rows, packs, index_day=day) == []
    derived = {lab.analyte for lab in rows.lab if lab.derived}
    later = [replace(one, index_day=one.index_day + by) for one in rows.person[::3] for by in (0, 31, 400)]
    ids = {one.person_id for one in later}
    several = Rows(
        tuple(later),
        tuple(one for one in rows.lab if one.person_id in ids and not one.derived),
        tuple(one for one in rows.event if one.person_id in ids),
    )
    # What is calculated from other results is calculated anew for each day, and is not in these tables.
    measured = [name for name in LABS if RULES.facts[name].of[0] not in derived]
    assert differing(several, packs, facts=measured) == []


def test_the_packs_that_a_policy_parts_are_read_otherwise_by_somebody(people) -> None:
    rows = canonical_rows(people, RULES, PACK)
    found = by_columns(rows, RULES, columns_under(STRANGE, LABS))
    alike = [
        pack.name
        for n, pack in enumerate(STRANGE[1:], start=1)
        if all(one[f"{name}__{n}"] == one[f"{name}__0"] for one in found.values() for name in LABS)
    ]
    # One of the two that say by what a high level is known is the first pack's own.
    assert len(alike) == 1
    assert alike[0].startswith("by-")


# --- Once ---------------------------------------------------------------------------------------------------------


def text_of(columns: list[Column]) -> str:
    packs = {one.pack.name: one.pack for one in columns}
    return columns_query(RULES, columns, {name: scales_for(RULES, pack) for name, pack in packs.items()}).sql


def test_doses_statements_and_results_are_read_once_whatever_the_packs() -> None:
    shape = shape_of(RULES, PACK, BASE.others)
    columns = columns_of(shape, PACK, BASE.others)
    assert [one.name for one in columns] == [column for column, _, _ in shape.facts]
    assert len({one.pack.name for one in columns}) > 2
    text = text_of(columns)
    for name in ("concept", "said", "dose", "course", "given", "lab_group", "lab_kept", "scale", "bits"):
        assert text.count(f"\n{name} AS (") + text.startswith(f"WITH {name} AS (") == 1
    alone = text_of([one for one in columns if one.pack is PACK])
    for read, passes in (("FROM lab l ", 3), ("FROM event e ", 2)):
        assert text.count(read) == alone.count(read) == passes


def test_what_no_limit_changes_is_read_under_the_first_pack_alone() -> None:
    uncut = [name for name in LABS if RULES.facts[name].timeline in ("range", "reading")]
    one, several = (text_of(columns_under(packs, uncut)) for packs in (PUBLISHED[:1], PUBLISHED))
    assert len(uncut) > 3
    assert one.rpartition("SELECT b.person_id")[0] == several.rpartition("SELECT b.person_id")[0]


def test_packs_with_the_same_limits_and_policies_are_read_as_one() -> None:
    twin = replace(PACK, name="twin")
    one, two = (text_of(columns_under(packs, LABS)) for packs in ([PACK], [PACK, twin]))
    assert one.rpartition("SELECT b.person_id")[0] == two.rpartition("SELECT b.person_id")[0]


def test_a_limit_that_one_pack_moves_by_the_least_is_read_by_its_own_number() -> None:
    (name, limits), *_ = ((name, one) for name, one in PACK.limits.items() if one and name == "vitamin_b12")
    moved = replace(limits[0], values={unit: f"{value}.5" for unit, value in limits[0].values.items()})
    other = replace(PACK, name="moved", limits={**PACK.limits, name: (moved, *limits[1:])})
    text = text_of(columns_under([PACK, other], ["total_b12_latest", "total_b12"]))
    assert text.count("('vitamin_b12', ") == 2


def test_where_nothing_is_wanted_there_is_still_a_row_a_person(people) -> None:
    rows = canonical_rows(people[:3], RULES, PACK)
    assert set(map(len, by_columns(rows, RULES, []).values())) == {0}


def test_a_pack_that_asks_another_range_first_has_columns_of_its_own_for_what_persists() -> None:
    lasting = {name for name in LABS if RULES.facts[name].timeline == "persistence"}
    assert lasting
    same, other = otherwise("same", PACK), otherwise("other", PACK, above_range_by="pack")
    assert PACK.policies["above_range_by"] != "pack"
    found = read_otherwise(RULES, PACK, (same, other))
    assert found["same"] == ()
    assert {*found["other"]} <= lasting
    assert {*found["other"]} == lasting & {name for table in RULES.tables for name in table.inputs}
    washes = otherwise("washes", PACK, washout_days=days("washout_days", 1))
    assert {*read_otherwise(RULES, PACK, (washes,))["washes"]} > {*found["other"]}


@pytest.mark.parametrize("rows", [False, True])
def test_what_is_asked_is_kept_until_what_it_is_made_of_changes(
    rows: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("cobalens.compiler.cache_folder", lambda: tmp_path)
    written = []

    def counted(*args: object, **named: object) -> Query:
        written.append(args)
        return answers_query(*args, **named)  # type: ignore[arg-type]

    def asked(noticed: tuple[str, ...]) -> Query:
        query_of.cache_clear()
        return query_of(PACK.name, rows, noticed, True)

    monkeypatch.setattr(packs, "answers_query", counted)
    differs = read_otherwise(RULES, PACK, BASE.others)
    for noticed, times in (((), 1), ((), 1), (NOTICED[:2], 2), (NOTICED[:2], 2)):
        assert asked(noticed) == answers_query(RULES, PACK, BASE.others, differs, rows, noticed, bits=True)
        assert len(written) == times
    monkeypatch.setattr(packs, "states", lambda folder: [f"{folder} changed"])
    assert asked(NOTICED[:2])
    assert len(written) == 3
    query_of.cache_clear()
