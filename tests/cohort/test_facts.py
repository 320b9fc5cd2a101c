"""A population and one patient are read alike: every fact from raw events, in SQL and by the reader, on the same people."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from cobalens.api import load
from cobalens.engines.sql.timelines import facts_query
from cobalens.errors import CobalensError
from cobalens.intake.timelines.canonical import canonical, derived_from, scales_for
from cobalens.intake.timelines.timeline import facts_of
from cobalens.model.cohort import EPOCH, record_of, rows_of, together
from cobalens.model.record import Event, Lab, Record, Span
from tests.cohort.facts_harness import by_reader, by_sql, canonical_rows, compare, loaded
from tests.cohort.facts_people import Maker

BASE = load()
RULES, PACK = BASE.ruleset, BASE.pack
ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent.parent / "shared" / "cases"
EXAMPLES = ROOT.parent / "src" / "cobalens" / "examples"
FILES = [
    *sorted((ROOT / "cases").glob("*.json")),
    *sorted(SHARED.glob("*.json")),
    *sorted(EXAMPLES.glob("*.json")),
]
PEOPLE = 200


@pytest.fixture(scope="module")
def people() -> list[Record]:
    maker = Maker(RULES, scales_for(RULES, PACK), seed=26)
    return [maker.person(f"person {i}") for i in range(PEOPLE)]


@pytest.fixture(scope="module")
def cases() -> list[Record]:
    found = []
    for path in FILES:
        case = json.loads(path.read_text(encoding="utf-8"))
        found.append(BASE.read({"patient": case["patient"], "facts": case["facts"]}, id=path.stem))
    assert len(found) > 100
    return found


@pytest.mark.parametrize("pack", sorted(name for name, one in RULES.packs.items() if one.role != "common"))
def test_people_with_hostile_histories_are_read_alike_under_every_guideline(people, pack) -> None:
    chosen = RULES.packs[pack]
    result = compare(canonical_rows(people, RULES, chosen), RULES, chosen)
    sys.stdout.write(f"{result}\n")
    assert result.differing.total() == 0, str(result)


def test_the_hostile_histories_leave_no_fact_untouched(people) -> None:
    result = compare(canonical_rows(people, RULES, PACK), RULES, PACK)
    seldom = {name for name, times in result.known.items() if times == 0}
    assert seldom <= {"total_b12_any_unit", "adamts13", "pdgfra"}


def test_the_worked_cases_are_read_alike(cases) -> None:
    result = compare(canonical_rows(cases, RULES, PACK), RULES, PACK)
    sys.stdout.write(f"{result}\n")
    assert result.differing.total() == 0, str(result)


def test_the_worked_cases_lose_nothing_on_the_way_to_the_canonical_tables(cases) -> None:
    for case in cases:
        rows = canonical(case, RULES, PACK)
        again = record_of(rows.person[0], rows.lab, rows.event)
        told = {name: one.value for name, one in facts_of(case, RULES, PACK).values.items() if one.value}
        kept = {name: one.value for name, one in facts_of(again, RULES, PACK).values.items() if one.value}
        assert told == kept, case.id


def test_one_day_of_decision_for_everybody_reads_as_each_ones_own_day(people) -> None:
    day = (EPOCH.replace(year=2025) - EPOCH).days
    rows = canonical_rows([replace(one, as_of="2025-01-01") for one in people], RULES, PACK)
    assert {one.index_day for one in rows.person} == {day}
    assert by_sql(rows, RULES, PACK, index_day=day) == by_sql(rows, RULES, PACK)


def test_one_person_is_read_on_several_days_of_decision(people) -> None:
    found = []
    for one in people[:60]:
        rows = canonical_rows([replace(one, as_of="2025-01-01", age=None)], RULES, PACK)
        start = rows.person[0]
        later = tuple(replace(start, index_day=start.index_day + days) for days in (1, 30, 400))
        measured = tuple(lab for lab in rows.lab if not lab.derived)
        derived = []
        for person in (start, *later):
            record = record_of(person, measured, rows.event)
            dated = replace(record, as_of=(EPOCH + EPOCH.resolution * person.index_day).isoformat())
            made = rows_of(dated, derived_from(dated, RULES, PACK), person.person_id).lab
            derived += [replace(lab, place=lab.place + 1000) for lab in made if lab.derived]
        found.append(replace(rows, person=(start, *later), lab=(*measured, *derived)))
    result = compare(together(found), RULES, PACK)
    assert result.differing.total() == 0, str(result)
    assert result.count == 240 * len(facts_query(RULES, PACK, ()).facts)


def test_the_query_reads_every_fact_that_a_rule_reads_and_no_other() -> None:
    read = {name for table in RULES.tables for name in table.inputs} & RULES.facts.keys()
    assert set(facts_query(RULES, PACK, ()).facts) == read


def test_facts_that_rest_on_statements_alone_are_read_alike_without_the_results(people) -> None:
    rows = canonical_rows(people, RULES, PACK)
    names, whole = by_sql(rows, RULES, PACK)
    said = [name for name in names if not RULES.facts[name].lab and RULES.facts[name].timeline == "ever"]
    query = facts_query(RULES, PACK, (), said)
    found = {(row[0], row[1]): row[2:] for row in loaded(rows, RULES).execute(query.sql).fetchall()}
    places = [names.index(name) for name in said]
    assert found == {key: tuple(values[place] for place in places) for key, values in whole.items()}
    assert len(said) > 20
    assert " lab " not in query.sql


def test_the_same_knowledge_gives_the_same_text() -> None:
    scales = scales_for(RULES, PACK)
    assert facts_query(RULES, PACK, scales).sql == facts_query(RULES, PACK, scales).sql


def test_a_fact_whose_timeline_has_no_sql_is_refused_by_name() -> None:
    strange = replace(RULES.facts["metformin"], timeline="once_in_a_blue_moon")
    with pytest.raises(CobalensError, match="metformin"):
        facts_query(replace(RULES, facts={**RULES.facts, "metformin": strange}), PACK, ())


@pytest.mark.parametrize("pack", ["nice-ng239", "afp-2025", "ruh-bath"])
def test_every_limit_in_every_unit_is_met_on_both_sides_and_on_the_edge(pack) -> None:
    chosen = RULES.packs[pack]
    records = []
    for scale in scales_for(RULES, chosen):
        if scale.analyte == "age":
            continue
        for number, _ in scale.cuts:
            exact = Decimal(number)
            step = Decimal(1).scaleb(exact.adjusted() - 11)
            for value in (exact - step, exact, exact + step):
                for lo, hi, lo_open, hi_open in (
                    (value, value, False, False), (None, value, False, True), (None, value, False, False),
                    (value, None, True, False), (value, None, False, False),
                ):  # fmt: skip
                    lab = Lab(
                        analyte=scale.analyte, where="", text="", unit=scale.unit, when=Span(0, 0), lo=lo, hi=hi, lo_open=lo_open, hi_open=hi_open,
                    )  # fmt: skip
                    records.append(Record(id=f"{len(records)}", labs=(lab,)))
    result = compare(together(rows_of(one) for one in records), RULES, chosen)
    assert result.differing.total() == 0, str(result)
    assert len(records) > 1000


def test_an_age_among_the_results_is_weighed_against_the_persons_own() -> None:
    found = []
    for i, (own, told, day) in enumerate(
        ((50, 70, 0), (50, 50, -3), (None, 70, 0), (17, 70, -1), (70, 17, 9), (70, 17, None))
    ):
        lab = Lab(
            analyte="age",
            where="labs[0]",
            text="",
            lo=Decimal(told),
            hi=Decimal(told),
            unit="a",
            when=Span(day, day),
        )
        age = None if own is None else Decimal(own)
        found.append(Record(id=str(i), age=age, labs=(lab,)))
    result = compare(canonical_rows(found, RULES, PACK), RULES, PACK)
    assert result.differing.total() == 0, str(result)
    assert result.known["age"] == 5


def test_every_span_of_days_is_met_on_the_day_before_it_on_it_and_after_it() -> None:
    records: list[Record] = []
    for fact in RULES.facts.values():
        for days in {fact.current_for, fact.lingers or None, fact.within, fact.for_at_least} - {None}:
            for day in (days - 1, days, days + 1):
                if fact.lab:
                    lab = Lab(
                        analyte=fact.of[0], where="", text="", qualitative="normal", when=Span(-day, -day)
                    )
                    records.append(Record(id=f"{len(records)}", labs=(lab,)))
                    continue
                for stop in (Span(-day, -day), Span(None, -day), Span(-day, None)):
                    over = Event(concept=fact.of[0], where="", text="", time="past", stop=stop)
                    records.append(Record(id=f"{len(records)}", events=(over,)))
                for start in (Span(-day, -day), Span(None, -day), Span(-day, None), Span(-day - 9, -day + 9)):
                    under_way = Event(concept=fact.of[0], where="", text="", start=start)
                    records.append(Record(id=f"{len(records)}", events=(under_way,)))
                plan = Event(concept=fact.of[0], where="", text="", time="planned", start=Span(day, day))
                records.append(Record(id=f"{len(records)}", events=(plan,)))
    unit, low, high = "ng/L", Decimal(150), Decimal(2500)
    for gap in {int(v) for v in PACK.policies.values() if v.isdigit()}:
        for days in (gap - 1, gap, gap + 1):
            for older, newer in ((high, high), (low, low), (high, low), (low, high)):
                labs = tuple(
                    Lab(analyte="vitamin_b12", where="", text="", lo=v, hi=v, unit=unit, when=Span(day, day))
                    for v, day in ((older, -days - 5), (newer, -5))
                )
                records.append(Record(id=f"{len(records)}", labs=labs))
            for stop in (Span(-days - 5, -days - 5), Span(-days - 6, -days - 5), Span(-days - 5, -days - 4)):
                dose = Event(
                    concept="b12_injection", where="", text="", time="past", start=Span(-700, -700), stop=stop
                )
                records.append(Record(id=f"{len(records)}", labs=labs[1:], events=(dose,)))
    result = compare(canonical_rows(records, RULES, PACK), RULES, PACK)
    assert result.differing.total() == 0, str(result)
    assert len(records) > 400


def test_what_the_laboratory_said_itself_stands_before_what_was_calculated_that_day() -> None:
    today = Span(0, 0)
    creatinine = Lab(
        analyte="creatinine",
        where="",
        text="",
        lo=Decimal("0.8"),
        hi=Decimal("0.8"),
        unit="mg/dL",
        when=today,
    )
    word = Lab(
        analyte="egfr",
        where="",
        text="",
        qualitative="low",
        problem="not_a_number",
        status="preliminary",
        when=today,
    )
    woman = Event(concept="female", where="", text="")
    one = Record(id="one", age=Decimal(50), labs=(creatinine, word), events=(woman,))
    rows = canonical_rows([one, replace(one, id="other", labs=(creatinine,))], RULES, PACK)
    assert [row.analyte for row in rows.lab if row.derived] == ["egfr", "egfr"]
    names, found = by_sql(rows, RULES, PACK)
    here = {key[0]: values[names.index("egfr")] for key, values in found.items()}
    assert here == {
        "one": RULES.facts["egfr"].qualitative["low"],
        "other": len(RULES.facts["egfr"].values) - 1,
    }
    assert compare(rows, RULES, PACK).differing.total() == 0


def test_a_person_of_whom_nothing_is_known_has_every_fact_unknown() -> None:
    rows = rows_of(Record(id="nobody"))
    names, found = by_sql(rows, RULES, PACK)
    assert set(found["nobody", 0]) == {0}
    assert not any(by_reader(rows, RULES, PACK)["nobody", 0].get(name) for name in names)


def test_a_result_from_before_a_day_still_to_come_counts_as_taken_up_to_the_day_of_decision() -> None:
    def b12(value: int, when: Span) -> Lab:
        number = Decimal(value)
        return Lab(analyte="vitamin_b12", where="", text="", lo=number, hi=number, unit="ng/L", when=when)

    upto = b12(100, Span(None, 40))
    records = [
        Record(id="alone", labs=(upto,)),
        Record(id="after another", labs=(b12(2500, Span(-3, -3)), upto)),
        Record(id="beside one of today", labs=(b12(2500, Span(0, 0)), upto)),
    ]
    rows = canonical_rows(records, RULES, PACK)
    names, found = by_sql(rows, RULES, PACK)
    latest = {key[0]: values[names.index("total_b12_latest")] for key, values in found.items()}
    assert latest["alone"] == latest["after another"] == 1
    assert latest["beside one of today"] == 0
    assert compare(rows, RULES, PACK).differing.total() == 0


def test_people_with_exact_days_and_no_doses_are_read_alike_also_where_two_results_of_a_day_differ() -> None:
    maker = Maker(RULES, scales_for(RULES, PACK), seed=77)
    days = [0, -1, -13, -14, -29, -30, -30, -31, -200, -200, -800]
    records = []
    for i in range(150):
        labs = []
        for name in ("vitamin_b12", "holotc", "mma"):
            unit = maker.draw.choice(list(RULES.analytes[name].units))
            for day in maker.draw.choices(days, k=maker.draw.randrange(1, 6)):
                value = maker.number(RULES.analytes[name], unit)
                labs.append(
                    Lab(analyte=name, where="", text="", lo=value, hi=value, unit=unit, when=Span(day, day))
                )
        records.append(Record(id=f"{i}", labs=tuple(labs)))
    result = compare(canonical_rows(records, RULES, PACK), RULES, PACK)
    assert result.differing.total() == 0, str(result)
    for name in ("total_b12_trend", "total_b12_agreement", "total_b12_persistence", "total_b12", "holotc"):
        assert result.known[name] > 20


def test_doses_that_are_denied_in_words_or_by_a_complete_list_are_read_alike_beside_every_sample() -> None:
    products = [name for name in RULES.facts["sample_timing"].of if name in RULES.concepts]
    records = []
    for analyte in ("vitamin_b12", "holotc", "mma"):
        unit = next(iter(RULES.analytes[analyte].units))
        value = Decimal(RULES.analytes[analyte].plausible[unit][0])
        labs = (Lab(analyte=analyte, where="", text="", lo=value, hi=value, unit=unit, when=Span(-3, -3)),)
        for told in (products, products[1:], products[:1], []):
            denied = tuple(Event(concept=name, where="", text="", affirmed=False) for name in told)
            for complete in ((), ("drug",), ("condition",)):
                record = Record(id=f"{len(records)}", labs=labs, events=denied, complete=frozenset(complete))
                records.append(record)
    result = compare(canonical_rows(records, RULES, PACK), RULES, PACK)
    assert result.differing.total() == 0, str(result)
    assert result.known["sample_timing"] > 5
