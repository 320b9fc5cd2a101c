"""Operations, anaesthetics and nitrous oxide that lie ahead, in a case file and in words: planned, done, cancelled, refused, denied, of others."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cohort.facts_harness import by_sql, canonical_rows, compare
from tests.intake.test_in_passing import meant

from cobalens.api import load
from cobalens.intake.casefile import read_case
from cobalens.model.record import Record

BASE = load()
AS_OF = "2026-03-05"
SCT = "http://snomed.info/sct"
GASTRECTOMY, HIP = {"code": "26452005", "system": SCT}, {"code": "52734007", "system": SCT}
OF_ITS_OWN = (
    "total_gastrectomy", "partial_gastrectomy", "gastrectomy_unspecified", "bariatric_surgery", "terminal_ileum_resection",
    "ileum_bypassed_or_short_resection", "small_bowel_resection", "ileal_urinary_diversion", "pancreatectomy",
)  # fmt: skip

PROCEDURES: list[tuple[dict[str, Any], str]] = [
    ({"name": "total gastrectomy", "day": 1}, "yes"),
    ({"name": "total gastrectomy", "day": 0}, "unknown"),
    ({"name": "total gastrectomy", "day": -1}, "unknown"),
    ({"name": "total gastrectomy"}, "unknown"),
    ({"name": "total gastrectomy", "day": 180}, "yes"),
    ({"name": "total gastrectomy", "day": 181}, "unknown"),
    ({"name": "total gastrectomy", "date": "2026-03-06"}, "yes"),
    ({"name": "total gastrectomy", "status": "planned"}, "yes"),
    ({"name": "total gastrectomy", "status": "planned", "day": -1}, "yes"),
    ({"name": "total gastrectomy", "status": "cancelled", "day": 30}, "unknown"),
    ({"name": "total gastrectomy", "status": "completed", "day": -30}, "unknown"),
    ({**GASTRECTOMY, "day": 20}, "yes"),
    ({**GASTRECTOMY, "day": -20}, "unknown"),
    ({"name": "hip replacement", "day": 20}, "yes"),
    ({"name": "hip replacement", "day": -20}, "unknown"),
    ({"name": "hip replacement"}, "unknown"),
    ({**HIP, "day": 20}, "yes"),
    ({**HIP, "day": -20}, "unknown"),
    (HIP, "unknown"),
    ({"name": "CABG", "day": 20}, "yes"),
    ({"name": "CABG", "day": -2000}, "unknown"),
]
WORDS = [
    ("Total gastrectomy booked for 12 May.", "yes", "unknown"),
    ("Total gastrectomy booked for 4 March.", "unknown", "unknown"),
    ("Total gastrectomy booked for 2 September.", "unknown", "unknown"),
    ("Total gastrectomy booked for 1 September.", "yes", "unknown"),
    ("Total gastrectomy 12 May.", "unknown", "unknown"),
    ("Entonox planned for labour.", "unknown", "yes"),
    ("Gas and air planned for delivery.", "unknown", "yes"),
    ("Entonox in labour last year.", "unknown", "unknown"),
    ("On metformin planned for total gastrectomy.", "yes", "unknown"),
    ("May need surgery.", "unknown", "unknown"),
    ("Might need an operation.", "unknown", "unknown"),
    ("May require a general anaesthetic.", "unknown", "unknown"),
    ("Needs surgery.", "yes", "yes"),
    ("Total gastrectomy on 06/03/2026.", "yes", "unknown"),
    ("Total gastrectomy on 05/03/2026.", "unknown", "unknown"),
    ("Total gastrectomy on 04/03/2026.", "unknown", "unknown"),
    ("Total gastrectomy tomorrow.", "yes", "unknown"),
    ("Total gastrectomy yesterday.", "unknown", "unknown"),
    ("Listed for CABG.", "yes", "unknown"),
    ("CABG 2015.", "unknown", "unknown"),
    ("Listed for theatre.", "yes", "unknown"),
    ("For elective caesarean section on 20 March 2026.", "yes", "unknown"),
    ("GA planned.", "unknown", "yes"),
    ("General anaesthetic on 12 May 2026.", "unknown", "yes"),
    ("Had a general anaesthetic.", "unknown", "unknown"),
    ("Nitrous oxide planned for the procedure.", "unknown", "yes"),
    ("Hip replacement booked for next month under general anaesthetic.", "yes", "yes"),
    ("Gastric bypass next month; total gastrectomy 2019.", "yes", "unknown"),
    ("No operation planned.", "no", "unknown"),
    ("Surgery is not planned.", "no", "unknown"),
    ("No plans for surgery.", "no", "unknown"),
    ("Not fit for surgery.", "no", "unknown"),
    ("Operation was planned but cancelled.", "no", "unknown"),
    ("No operation planned; total gastrectomy in 2015.", "no", "unknown"),
    ("Total gastrectomy 2015, no further surgery planned.", "no", "unknown"),
    ("Total gastrectomy 2015, no further surgery.", "unknown", "unknown"),
    ("No surgery planned but gastrectomy booked for 3 May 2026.", "yes", "unknown"),
    ("Gastrectomy not planned.", "unknown", "unknown"),
    ("Total gastrectomy, planned for May.", "yes", "unknown"),
    ("On metformin, surgery planned.", "yes", "yes"),
    ("Total gastrectomy scheduled 12 May 2026 was cancelled.", "unknown", "unknown"),
    ("Gastrectomy refused.", "unknown", "unknown"),
    ("Her father has an operation next week.", "unknown", "unknown"),
    ("Mother is having a gastrectomy next week.", "unknown", "unknown"),
    ("? for gastrectomy.", "unknown", "unknown"),
    ("Considering bariatric surgery.", "unknown", "unknown"),
    ("Wants bowel surgery.", "unknown", "unknown"),
    ("For theatre on Friday.", "yes", "unknown"),
    ("Unfit for theatre.", "unknown", "unknown"),
    ("Went for theatre in May.", "unknown", "unknown"),
]
NAMES = ("surgery_planned", "anaesthesia_planned")


def record(number: int = 0, **facts: Any) -> Record:
    return read_case({"patient": {"age": 60}, "facts": facts}, BASE.ruleset, AS_OF, id=f"p{number}")


def reads(of: Record, name: str) -> str:
    return BASE.case(of).reads(name)


@pytest.mark.parametrize(("entry", "planned"), PROCEDURES, ids=str)
def test_an_operation_with_a_day_to_come_is_planned(entry: dict[str, Any], planned: str) -> None:
    assert reads(record(procedures=[entry]), "surgery_planned") == planned


@pytest.mark.parametrize(("words", "operation", "anaesthetic"), WORDS)
def test_what_the_words_plan(words: str, operation: str, anaesthetic: str) -> None:
    assert [reads(record(note=words), name) for name in NAMES] == [operation, anaesthetic]


@pytest.mark.parametrize("name", OF_ITS_OWN)
def test_every_operation_that_is_a_concept_counts_where_it_is_planned(name: str) -> None:
    label = BASE.ruleset.concepts[name].phrases[-1]
    of = BASE.ruleset.facts["surgery_planned"].of
    assert name in of
    assert reads(record(procedures=[{"name": label, "day": 10}]), "surgery_planned") == "yes"
    assert reads(record(procedures=[{"name": label, "day": -10}]), "surgery_planned") == "unknown"


def test_a_planned_operation_is_no_operation_done_and_one_done_none_planned() -> None:
    ahead, behind = (record(procedures=[{"name": "total gastrectomy", "day": day}]) for day in (1, -1))
    assert (reads(ahead, "surgery_planned"), reads(ahead, "total_gastrectomy")) == ("yes", "unknown")
    assert (reads(behind, "surgery_planned"), reads(behind, "total_gastrectomy")) == ("unknown", "yes")


def test_only_an_empty_list_of_operations_says_that_none_is_planned() -> None:
    assert reads(record(procedures=["none"]), "surgery_planned") == "no"
    assert reads(record(), "surgery_planned") == "unknown"


@pytest.mark.parametrize(
    ("words", "done"),
    [
        ("No surgery.", "no"), ("Never had an operation.", "no"), ("No previous operations; declined hernia surgery.", "no"),
        ("No bowel surgery.", "no"), ("Declined surgery for gallstones.", "unknown"), ("Surgery declined.", "unknown"),
        ("Surgery cancelled.", "unknown"), ("Operation refused.", "unknown"), ("Not fit for surgery.", "unknown"),
        ("Unfit for surgery.", "unknown"), ("Too frail for an operation.", "unknown"), ("Decided against surgery.", "unknown"),
        ("Declined bowel surgery.", "unknown"), ("", "unknown"),
    ],
)  # fmt: skip
def test_who_declines_an_operation_may_have_had_another(words: str, done: str) -> None:
    assert reads(record(note=words), "total_gastrectomy") == done


@pytest.mark.parametrize(
    "words",
    ["Balloons in rucksack.", "Balloons found in his rucksack.", "Canisters of nitrous oxide in the car."],
)
def test_gas_that_was_only_found_stays_a_question_and_plans_nothing(words: str) -> None:
    found = record(note=words)
    assert reads(found, "nitrous_oxide") == reads(found, "anaesthesia_planned") == "unknown"
    assert [event.doubt for event in found.events if event.concept == "nitrous_oxide"] == [True]


def test_a_population_and_one_person_are_read_alike() -> None:
    people = [record(i, procedures=[entry]) for i, (entry, _) in enumerate(PROCEDURES)]
    people += [record(i + 100, note=words) for i, (words, _, _) in enumerate(WORDS)]
    rows = canonical_rows(people, BASE.ruleset, BASE.pack)
    names, found = by_sql(rows, BASE.ruleset, BASE.pack)
    planned = {key[0]: [values[names.index(name)] for name in NAMES] for key, values in found.items()}
    for one in people:
        told = [BASE.ruleset.facts[name].values.index(reads(one, name)) for name in NAMES]
        assert planned[one.id or ""] == told, one.id
    assert compare(rows, BASE.ruleset, BASE.pack).differing.total() == 0


@pytest.mark.parametrize(
    ("words", "fact", "value"),
    [
        ("No surgery planned.", "total_gastrectomy", "unknown"),
        ("No gastrectomy planned.", "total_gastrectomy", "unknown"),
        ("Total gastrectomy in 2015, no surgery planned.", "total_gastrectomy", "yes"),
        ("No gastrectomy.", "total_gastrectomy", "no"),
        ("On metformin, surgery planned.", "metformin", "yes"),
        ("Metformin not planned.", "metformin", "unknown"),
        ("No chemotherapy planned.", "chemotherapy_planned", "no"),
    ],
)
def test_a_plan_that_is_denied_says_nothing_of_what_was_or_is(words: str, fact: str, value: str) -> None:
    assert reads(record(note=words), fact) == value


def test_a_denied_plan_of_injections_is_no_proof_that_none_was_given() -> None:
    assert reads(record(note="No B12 planned."), "treatment_state") == "unknown"
    assert reads(record(note="No B12."), "treatment_state") == "never"


@pytest.mark.parametrize(
    "text",
    [
        "S: tired. O: B12 101 ng/L. A: B12 deficiency. P: IM hydroxocobalamin, OGD",
        "Impression: B12 deficiency\nPlan:\nB12 injections\nrepeat bloods",
        "Plan:\n- B12 injections\n- repeat bloods",
        "PLAN\nB12 injections\nStop metformin",
    ],
)
def test_what_stands_below_the_heading_of_a_plan_is_planned(text: str) -> None:
    assert meant(text)["b12_injection"] == "planned"


@pytest.mark.parametrize(
    "text",
    [
        "Plan:\nB12 injections\nShe takes metformin",
        "Plan:\nB12 injections\n\nMedication:\nmetformin",
        "PLAN\nB12 injections\nStop metformin",
        "P: 80 regular. Takes metformin",
    ],
)
def test_what_is_taken_already_is_none_of_the_plan(text: str) -> None:
    assert meant(text)["metformin"] == "current"


@pytest.mark.parametrize("text", ["GA, nitrous free", "nitrous-free anaesthetic", "N2O free GA"])
def test_an_anaesthetic_without_nitrous_oxide_is_none_with_it(text: str) -> None:
    assert meant(text) == {"nitrous_oxide_anaesthesia": "no"}


@pytest.mark.parametrize("text", ["they took the end of the small bowel too", "last bit of small bowel was taken"])  # fmt: skip
def test_the_end_of_the_small_bowel_is_the_ileum(text: str) -> None:
    assert meant(text) == {"terminal_ileum_resection": "current"}


@pytest.mark.parametrize(
    "text", ["GP surgery to give B12 next week", "B12 injection planned at GP surgery", "B12 due at the surgery on Friday"]
)  # fmt: skip
def test_where_a_general_practitioner_works_is_no_operation(text: str) -> None:
    assert set(meant(text)) <= {"b12_unspecified", "b12_injection"}


def test_awaiting_surgery_plans_an_operation_and_its_anaesthetic() -> None:
    told = meant("she is awaiting surgery next month")
    assert told == {"surgery_planned": "planned", "anaesthesia_planned": "planned"}
