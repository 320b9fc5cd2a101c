"""How a result moved, told in a clause; bare numbers that are read no more are listed, and so is a plan under a condition."""

from __future__ import annotations

import pytest
from tests.intake.test_classes_of_words import meant
from tests.intake.test_in_passing import read, values
from tests.intake.test_series import told

from cobalens.intake.prose.series import EARLIER, NOW


def numbers(text: str) -> list[str]:
    return [lab.text for lab in read(text).labs]


def listed(text: str) -> list[str]:
    return [one.text for one in read(text).not_understood]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("B12 150 pg/mL in March, 148 in June", ["150 pg/mL", "148 pg/mL"]),
        ("Hb 130 in Jan, 122 in June, 108 today", ["130 g/L", "122 g/L", "108 g/L"]),
        ("MMA 0.55 umol/L in May, 0.28 in August", ["0.55 umol/L", "0.28 umol/L"]),
        ("MCV creeping up, now 104", ["104 fL"]),
        ("Hb dropping steadily, currently 92", ["92 g/L"]),
        ("Hb dropping: 130, 122, now 108 g/L", ["130 g/L", "122 g/L", "108 g/L"]),
        ("MCV up to 104 from 96", ["104 fL", "96 fL"]),
        ("B12 trending 420 → 310 → 190 ng/L", ["420 ng/L", "310 ng/L", "190 ng/L"]),
        ("B12 rising: 600 → 900 → 1450 pg/mL", ["600 pg/mL", "900 pg/mL", "1450 pg/mL"]),
        ("B12: Jan 310, Apr 280, Aug 240 ng/L", ["310 ng/L", "280 ng/L", "240 ng/L"]),
        ("B12 150 pg/mL in March; June 148", ["150 pg/mL", "148 pg/mL"]),
        ("B12 stable at 300 ng/L", ["300 ng/L"]),
        ("They did a B12 and said it was normal (310 ng/L)", ["310 ng/L"]),
    ],
)
def test_further_numbers_of_a_test_in_the_same_clause_are_its_results(text: str, expected: list[str]) -> None:
    assert numbers(text) == expected
    assert listed(text) == []


@pytest.mark.parametrize(
    "text", ["B12 150 ng/L in March, 148 in June", "B12 150 ng/L then 148", "B12 trending 150 → 148 ng/L"]
)
def test_the_last_of_them_is_where_things_stand(text: str) -> None:
    assert [(value, when) for _, value, when in told(text)] == [("150 ng/L", EARLIER), ("148 ng/L", NOW)]


def test_months_that_run_back_say_nothing_of_the_order_without_a_day_of_decision() -> None:
    assert all(not when.known for *_, when in told("B12 150 ng/L in June, 148 in March"))


def test_in_may_is_a_month_and_may_be_is_none() -> None:
    assert read("B12 150 ng/L in May").labs[0].when.known
    assert read("may be vegan").events[0].doubt


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("B12 150 pg/mL on 1/3, 148 on 1/6", ["148 on 1/6"]),
        ("Ferritin 12 ug/L in March; June 48", ["June 48"]),
        ("Ferritin 12 ug/L in March. June 48.", ["June 48"]),
        ("Hb up 20 g/L after 3 weeks of B12", ["Hb up 20 g/L"]),
        ("MCV up 104", ["MCV up 104"]),
        ("plts 1.2 million", ["plts 1.2 million"]),
        ("B12 repeat 150 ng/L, first one 148", ["first one 148"]),
        ("B12 low at 120 ng/L in 2019, 340 after tablets", ["340 after tablets"]),
        ("the b12 number was something like 180 I think", ["b12 number was something like 180 I think"]),
        ("low b12 (they said 140ish)", ["they said 140ish"]),
    ],
)
def test_a_bare_number_of_a_test_that_is_not_read_is_listed(text: str, left: list[str]) -> None:
    assert listed(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "B12 150 ng/L, aged 67",
        "B12 low, 67 year old man",
        "B12 150 ng/L, CKD 3",
        "1. B12 150 ng/L\n2. Folate normal\n3. Review in 6 weeks",
        "B12 200 ng/L, folate 4 ug/L, Hb 120 g/L, 3 cycles of FOLFOX",
        "B12 210 ng/L; Hb 118; MMSE 22",
        "B12 400 ng/L. ECOG 1. Stage 3 lung cancer",
        "B12 1000 µg tablets, B12 level 300 ng/L",
        "Next B12 injection due 14 December.",
        "USS: focal liver lesion 4 cm",
        "B12 deficiency since 2010, ferritin 20 ug/L",
    ],
)
def test_ages_doses_stages_counts_sizes_and_years_are_no_lost_results(text: str) -> None:
    assert listed(text) == []


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("B12 low end of normal", "borderline"),
        ("B12 at the lower limit of normal", "borderline"),
        ("B12 was only just within the normal range", "borderline"),
        ("low-normal B12", "borderline"),
        ("B12 borderline low", "borderline"),
        ("B12 just below range", "low"),
        ("B12 a touch low", "low"),
        ("B12 upper end of normal", "normal"),
        ("B12 well within the normal range", "normal"),
        ("B12 borderline high", "high"),
    ],
)
def test_just_enough_b12_is_borderline_and_no_reassurance(text: str, verdict: str) -> None:
    assert values(text) == {"vitamin_b12": verdict}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hb low normal", {"hemoglobin": "normal"}),
        ("MCV at upper limit of normal", {"mcv": "normal"}),
        ("MMA borderline high", {"mma": "borderline"}),
        ("ferritin at the lower end of normal", {"ferritin": "normal"}),
    ],
)
def test_of_other_tests_just_enough_is_enough(text: str, expected: dict[str, str]) -> None:
    assert values(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "if nerve signs, start hydroxocobalamin",
        "Start hydroxocobalamin if neurological symptoms develop",
        "Consider B12 injections if MMA raised",
        "Plan: if IF antibody positive then hydroxocobalamin 1 mg IM",
        "Unless she improves, start B12 injections",
        "in case of numbness give hydroxocobalamin",
        "gastrectomy if PET negative",
    ],
)
def test_a_plan_under_a_condition_is_neither_taken_nor_planned_and_is_listed(text: str) -> None:
    assert not {one.concept for one in read(text).events if one.concept.startswith(("b12_", "gastrectomy"))}
    assert [(one.text, one.suggestion) for one in read(text).not_understood] == [
        (text, "whether the condition is met")
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("takes omeprazole if needed", {"ppi": "current"}),
        ("Continue metformin if tolerated", {"metformin": "current"}),
        ("Start hydroxocobalamin today; review if no better", {"b12_unspecified": "planned"}),
        ("Total gastrectomy 2015 and wonders if he needs injections", {"total_gastrectomy": "current"}),
        ("Total gastrectomy, asks if injections needed", {"total_gastrectomy": "current"}),
    ],
)
def test_an_if_that_is_no_condition_of_it_leaves_a_treatment_what_it_is(
    text: str, expected: dict[str, str]
) -> None:
    assert meant(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Causes to consider: pernicious anaemia, vegan diet, gastrectomy, metformin",
        "Symptoms to ask: numbness, unsteadiness",
        "Check for: metformin, PPI, nitrous oxide",
    ],
)
def test_a_list_of_what_may_be_so_of_anybody_is_listed_and_says_nothing(text: str) -> None:
    record = read(text)
    assert record.events == ()
    assert [one.text for one in record.not_understood] == [text]


def test_a_differential_is_in_doubt_to_its_end_and_somebodys_risk_factors_are_theirs() -> None:
    found = read("Differential: MDS, B12 deficiency, hypothyroidism").events
    assert len(found) == 3
    assert all(one.doubt for one in found)
    assert meant("Risk factors: vegan, metformin")["metformin"] == "current"


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("Not yet on folic acid or B12", "b12_unspecified"),
        ("not yet taking metformin", "metformin"),
        ("yet to start B12 injections", "b12_injection"),
        ("hasn't yet had her B12 injection", "b12_injection"),
    ],
)
def test_not_yet_is_no(text: str, concept: str) -> None:
    assert meant(text)[concept] == "no"


@pytest.mark.parametrize("text", ["Recheck B12 next week", "repeat B12 in 3 months"])
def test_a_test_that_is_planned_is_no_treatment_that_is_planned(text: str) -> None:
    assert meant(text) == {}


def test_no_different_on_b12_is_no_denial_of_it() -> None:
    assert meant("feels no different on B12")["not_improved_on_b12"] == "current"
    assert meant("feels no different on B12")["b12_unspecified"] == "current"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("B12 deficiency with numbness", {"b12_deficiency_known": "current", "paraesthesia": "current"}),
        ("B12 injections and numbness", {"b12_injection": "current", "paraesthesia": "current"}),
        (
            "would like B12 to help the numbness",
            {"paraesthesia": "current", "wants_b12_for_neuropathy": "current"},
        ),
    ],
)
def test_b12_beside_a_complaint_is_hoped_for_only_where_words_say_so(
    text: str, expected: dict[str, str]
) -> None:
    assert meant(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pregnant, due 1 March 2027", "current"),
        ("pregnant 28/40, elective CS 20/12/2026", "current"),
        ("pregnant due in 6 weeks", "current"),
        ("pregnancy planned for 2027", "planned"),
    ],
)
def test_a_pregnancy_with_a_day_ahead_is_under_way(text: str, expected: str) -> None:
    assert meant(text)["pregnant"] == expected


def test_the_day_of_an_operation_is_none_of_its_illness() -> None:
    assert meant("Thyroidectomy for papillary thyroid ca 15/12/2026 under GA")["solid_cancer"] == "current"
    assert meant("metformin (yes), vegan (no)") == {"metformin": "current", "vegan_diet": "no"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hb drifting down, 98 now", "98 g/L"),
        ("Hb falling (98 now)", "98 g/L"),
        ("Platelets drifting, 88 now", "88 10*9/L"),
        ("Hb stable, 98 today", "98 g/L"),
        ("Ferritin low, 9 now", "9 ug/L"),
    ],
)
def test_a_now_behind_the_number_dates_it(text: str, expected: str) -> None:
    (lab,) = read(text).labs
    assert (lab.text, lab.when) == (expected, NOW)


def test_what_goes_up_and_down_is_neither_high_nor_low() -> None:
    assert read("Hb up and down.").labs == ()


@pytest.mark.parametrize("word", ["off", "only", "off only"])
def test_words_of_movement_in_a_row_take_no_time(word: str) -> None:
    assert read(f"Hb {f'{word} ' * 60}x").labs == ()
