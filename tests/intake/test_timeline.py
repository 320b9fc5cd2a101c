"""From statements, doses and results with their dates to facts: each timeline, both sides of it, and the blank."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from tests.intake.timeline_rules import ATOMS, RULES, b12, event, read, since, value

from cobalens.model.record import Event, Lab, Span

# --- Atoms --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "unit", "expected"),
    [
        ("179", "ng/L", "< low"), ("180", "ng/L", "[low..ample]"), ("350", "ng/L", "[low..ample]"),
        ("350.1", "ng/L", "(ample..high]"), ("900", "ng/L", "(ample..high]"), ("901", "ng/L", "> high"),
        ("179.9", "pg/mL", "< low"), ("180", "pg/mL", "[low..ample]"),
        ("132.9", "pmol/L", "< low"), ("133", "pmol/L", "[low..ample]"), ("258", "pmol/L", "[low..ample]"),
        ("664.1", "pmol/L", "> high"),
    ],
)  # fmt: skip
def test_a_result_is_compared_in_the_unit_the_laboratory_reported(
    number: str, unit: str, expected: str
) -> None:
    assert value("latest", b12(number, unit=unit)) == expected


def test_a_result_between_two_published_units_says_so() -> None:
    assert "rounded pair" in read(b12("132.9", unit="pmol/L")).values["latest"].note
    assert read(b12("120", unit="pmol/L")).values["latest"].note == ""


@pytest.mark.parametrize(
    ("number", "unit", "said"),
    [("150", "ng/L", False), ("150", "pg/mL", False), ("120", "pmol/L", False), ("0.15", "ug/L", True)],
)
def test_another_scale_than_the_published_limits_is_said(number: str, unit: str, said: bool) -> None:
    facts = read(b12(number, unit=unit))
    assert facts.values["untreated"].value == 1
    assert ("data_quality:unit_conversion" in {code for code, _ in facts.notes}) is said


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ({"hi": Decimal(150), "hi_open": True}, "< low"),
        ({"hi": Decimal(180), "hi_open": True}, "< low"),
        ({"hi": Decimal(180)}, "unknown"),
        ({"hi": Decimal(200), "hi_open": True}, "unknown"),
        ({"lo": Decimal(2000), "lo_open": True}, "> high"),
        ({"lo": Decimal(900), "lo_open": True}, "> high"),
        ({"lo": Decimal(900)}, "unknown"),
        ({"lo": Decimal(400), "hi": Decimal(500)}, "(ample..high]"),
        ({"lo": Decimal(300), "hi": Decimal(400)}, "unknown"),
    ],
)
def test_a_censored_result_counts_only_where_it_lies_on_one_side(
    bounds: dict[str, Any], expected: str
) -> None:
    assert value("latest", b12(**bounds)) == expected


def test_the_laboratorys_own_word_stands_for_an_atom_and_says_so() -> None:
    found = read(b12(qualitative="low")).values["latest"]
    assert RULES.facts["latest"].values[found.value] == "< low"
    assert "own word" in found.note
    assert value("latest", b12(qualitative="borderline")) == "unknown"


@pytest.mark.parametrize("problem", ["unit_missing", "unit_impossible", "implausible", "cancelled"])
def test_a_refused_number_is_not_used(problem: str) -> None:
    assert value("latest", b12("150", problem=problem)) == "unknown"


def test_an_older_sound_result_speaks_with_a_caveat_when_the_newest_was_refused() -> None:
    found = read(b12("150", problem="unit_missing", unit=None), b12("400", day=-30)).values["latest"]
    assert RULES.facts["latest"].values[found.value] == "(ample..high]"
    assert "newer result" in found.note


# --- Which result -------------------------------------------------------------------------------------------------


def test_the_newest_result_speaks() -> None:
    assert value("latest", b12("150", day=-100), b12("400", day=-1)) == "(ample..high]"


def test_a_result_from_after_the_decision_is_set_aside_and_said() -> None:
    facts = read(b12("150", day=3), b12("400", day=-1))
    assert facts.values["latest"].value == ATOMS.index("(ample..high]")
    assert any(code == "data_quality:dated_after_decision" for code, _ in facts.notes)


@pytest.mark.parametrize(("day", "expected"), [(-365, "< low"), (-366, "unknown")])
def test_a_result_speaks_for_as_long_as_its_fact_says(day: int, expected: str) -> None:
    assert value("latest", b12("150", day=day)) == expected


def test_a_corrected_result_beats_a_final_one_of_the_same_day() -> None:
    assert value("latest", b12("150", status="corrected"), b12("400")) == "< low"
    assert value("latest", b12("150", status="preliminary"), b12("400")) == "(ample..high]"


def test_of_one_day_the_later_time_speaks() -> None:
    assert value("latest", b12("150", time="08:00"), b12("400", time="14:00")) == "(ample..high]"


def test_results_of_one_day_that_differ_are_unknown_and_said_to_conflict() -> None:
    facts = read(b12("150"), b12("400"))
    assert facts.values["latest"].value == 0
    assert any(code == "data_quality:conflicting_results" for code, _ in facts.notes)


def test_results_of_one_day_in_one_atom_do_not_conflict() -> None:
    facts = read(b12("150"), b12("110", unit="pmol/L"))
    assert facts.values["latest"].value == 1
    assert facts.notes == ()


def test_an_undated_result_serves_only_as_the_sole_one() -> None:
    assert value("latest", b12("150", day=None)) == "< low"
    assert value("latest", b12("150", day=None), b12("400", day=-3)) == "(ample..high]"
    assert value("latest", b12("150", day=None), b12("400", day=None)) == "unknown"
    assert value("latest", b12("150", day=None), b12("160", day=None)) == "< low"


def test_a_partial_date_is_an_interval() -> None:
    last_year = Span(-300, -10)
    assert value("latest", b12("150", when=last_year)) == "< low"
    assert value("latest", b12("150", when=last_year), b12("400", day=-5)) == "(ample..high]"
    assert value("latest", b12("150", when=last_year), b12("400", day=-100)) == "unknown"
    assert value("latest", b12("150", when=Span(-500, -200))) == "unknown"


# --- Range, persistence, trend, agreement -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"ref_low": Decimal(200), "ref_high": Decimal(900)}, "below"),
        ({"ref_low": Decimal(195), "ref_high": Decimal(900)}, "within"),
        ({"ref_high": Decimal(150)}, "above"),
        ({"ref_high": Decimal(250)}, "within"),
        ({"qualitative": "high"}, "above"),
        ({"ref_low": Decimal(200), "problem": "unit_missing"}, "below"),
        ({"ref_low": Decimal(200), "problem": "implausible"}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_the_printed_range_or_flag_is_read_as_printed(more: dict[str, Any], expected: str) -> None:
    assert value("range", b12("195", **more)) == expected


def test_negative_is_within_and_positive_above() -> None:
    assert value("range", b12(qualitative="negative")) == "within"
    assert value("range", b12(qualitative="positive")) == "above"


@pytest.mark.parametrize(
    ("labs", "expected"),
    [
        ([b12("1000")], "single"),
        ([b12("1000"), b12("1100", day=-30)], "persistent"),
        ([b12("1000"), b12("1100", day=-29)], "single"),
        ([b12("1000"), b12("400", day=-40), b12("1100", day=-90)], "single"),
        ([b12("1000"), b12("400", day=-90), b12("1100", day=-90)], "persistent"),
        ([b12("1000"), b12("1100", day=-90), b12("400", day=-90)], "persistent"),
        ([b12("1000"), b12("400", day=-89), b12("1100", day=-90)], "single"),
        ([b12("400"), b12("1100", day=-90)], "settled"),
        ([b12("400")], "none"),
        ([b12("1000", day=-400), b12("1100", day=-800)], "unknown"),
        ([b12("800", ref_high=Decimal(700))], "single"),
        ([b12("950", ref_high=Decimal(1000))], "none"),
        ([b12(qualitative="high"), b12("1100", day=-60)], "persistent"),
        ([], "unknown"),
    ],
)
def test_a_rise_persists_only_when_two_high_readings_lie_apart(labs: list[Lab], expected: str) -> None:
    assert value("persistence", *labs) == expected


def test_a_rise_may_be_said_to_persist() -> None:
    assert value("persistence", b12("1000"), event("rise_persistent")) == "persistent"
    assert value("persistence", b12("400"), event("rise_persistent")) == "none"
    assert value("persistence", b12("1000"), event("rise_persistent", doubt=True)) == "single"


@pytest.mark.parametrize(
    ("labs", "expected"),
    [
        ([b12("256"), b12("413", day=-670)], "falling"),
        ([b12("300"), b12("413", day=-670)], "steady"),
        ([b12("600"), b12("413", day=-670)], "rising"),
        ([b12("256"), b12("413", day=-10)], "unknown"),
        ([b12("256"), b12("305", unit="pmol/L", day=-300)], "falling"),
        ([b12("256")], "unknown"),
    ],
)
def test_a_trend_is_more_than_remeasuring_explains(labs: list[Lab], expected: str) -> None:
    assert value("trend", *labs) == expected


@pytest.mark.parametrize(
    ("labs", "expected"),
    [
        ([b12("184", unit="pmol/L"), b12(unit="pmol/L", lo=Decimal(1400), lo_open=True, day=-2)], "conflict"),
        ([b12("150"), b12("160", day=-60)], "agree"),
        ([b12("150"), b12("150")], "single"),
        ([b12("130"), b12("420", day=-330)], "single"),
        ([b12("170"), b12("190", day=-5)], "single"),
        ([b12("150"), b12("400")], "conflict"),
        ([b12("150")], "single"),
        ([], "unknown"),
    ],
)
def test_readings_that_cannot_both_be_true_conflict(labs: list[Lab], expected: str) -> None:
    assert value("agreement", *labs) == expected


def test_readings_on_either_side_of_the_first_dose_do_not_conflict() -> None:
    labs = (b12("150", day=-20), b12("2000"))
    assert value("agreement", *labs) == "conflict"
    assert value("agreement", *labs, event("b12_injection", -19)) == "single"


@pytest.mark.parametrize(
    ("labs", "expected"),
    [
        ([b12("450"), b12("179", day=-365)], "lately"),
        ([b12("450"), b12("179", day=-366)], "earlier"),
        ([b12("450"), b12("150", day=-900), b12("170", day=-30)], "lately"),
        ([b12("450"), b12("180", day=-30)], "no"),
        ([b12("150")], "lately"),
        ([], "unknown"),
    ],
)
def test_a_low_reading_is_remembered_and_whether_it_was_lately(labs: list[Lab], expected: str) -> None:
    assert value("once_low", *labs) == expected


@pytest.mark.parametrize(
    ("lab", "expected"),
    [
        (b12("195"), "sound"),
        (b12(qualitative="low"), "sound"),
        (b12("195", unit=None, problem="unit_missing"), "unit_missing"),
        (b12("150", problem="unit_impossible"), "unit_impossible"),
        (b12("0.35", problem="implausible"), "implausible"),
        (b12("195", problem="cancelled"), "unknown"),
    ],
)
def test_whether_the_newest_reading_can_be_used(lab: Lab, expected: str) -> None:
    assert value("reading", lab) == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("90", "low"),
        ("150", "unknown"),
        ("195", "indeterminate"),
        ("300", "unknown"),
        ("500", "ample"),
        ("800", "unknown"),
        ("2500", "high"),
    ],
)
def test_a_number_without_unit_speaks_where_every_unit_agrees(number: str, expected: str) -> None:
    assert value("any_unit", b12(number, unit=None, problem="unit_missing")) == expected


def test_a_number_with_its_unit_needs_no_guess() -> None:
    assert value("any_unit", b12("90")) == "unknown"


# --- Doses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("items", "untreated", "sample", "state"),
    [
        ((b12("150"),), "< low", "unknown", "unknown"),
        ((b12("150"), event("b12_unspecified", affirmed=False)), "< low", "undosed", "never"),
        ((b12("150", day=-61), event("b12_tablets", -60)), "< low", "undosed", "on"),
        ((b12("1466"), event("b12_unspecified", -4, 0)), "unknown", "after_dose", "on"),
        ((b12("600"), event("b12_unspecified")), "unknown", "after_dose", "on"),
        ((b12("150"), event("b12_injection", 0)), "< low", "unknown", "on"),
        ((b12("150"), event("b12_injection", -400, -91)), "< low", "washed_out", "stopped"),
        ((b12("150"), event("b12_injection", -400, -90)), "< low", "washed_out", "stopped"),
        ((b12("150"), event("b12_injection", -400, -89)), "unknown", "after_dose", "stopped"),
        ((b12("150"), event("b12_injection", time="past")), "unknown", "unknown", "stopped"),
        ((b12("150"), event("b12_injection", 20)), "< low", "unknown", "unknown"),
        ((b12("150"), event("b12_injection", doubt=True)), "< low", "unknown", "unknown"),
        ((b12("150"), event("b12_injection", family=True)), "< low", "unknown", "unknown"),
        ((b12("600"), event("multivitamin")), "(ample..high]", "after_dose", "unknown"),
        ((b12("150"), event("multivitamin", affirmed=False)), "< low", "unknown", "unknown"),
        (
            (b12("150", day=-500), b12("900", day=-10), event("b12_injection", -480)),
            "< low",
            "after_dose",
            "on",
        ),
        ((b12("150", day=None), event("b12_injection", -30)), "unknown", "after_dose", "on"),
        ((b12("150", day=None), event("b12_injection", 0)), "unknown", "unknown", "on"),
    ],
)
def test_a_sample_is_judged_against_the_doses(
    items: tuple[Lab | Event, ...], untreated: str, sample: str, state: str
) -> None:
    assert value("untreated", *items) == untreated
    assert value("sample_timing", *items) == sample
    assert value("treatment_state", *items) == state


def test_a_mention_without_dates_is_the_dated_course_again() -> None:
    items = (b12("150", day=-61), event("b12_unspecified", -60), event("b12_tablets", where="note"))
    assert value("untreated", *items) == "< low"
    assert value("sample_timing", *items) == "undosed"
    other = (b12("150", day=-61), event("b12_injection", -60), event("b12_tablets", where="note"))
    assert value("untreated", *other) == "unknown"
    assert value("sample_timing", *other) == "after_dose"


def test_the_record_may_say_in_words_where_the_sample_stands() -> None:
    before, after = event("sample_before_dose"), event("sample_after_dose")
    assert value("untreated", b12("150"), event("b12_unspecified"), before) == "< low"
    assert value("sample_timing", b12("150"), event("b12_unspecified"), before) == "undosed"
    assert value("sample_timing", b12("150"), before) == "undosed"
    assert value("untreated", b12("150"), after) == "unknown"
    assert value("sample_timing", b12("150"), after) == "after_dose"
    assert value("sample_timing", b12("150"), event("b12_injection", 0), after) == "after_dose"
    assert value("sample_timing", b12("150"), event("b12_injection", -4), before) == "after_dose"
    assert value("sample_timing", b12("150"), event("b12_injection", -4), before, after) == "after_dose"
    assert value("sample_timing", b12("150"), event("sample_after_dose", affirmed=False)) == "unknown"


def test_a_complete_list_of_drugs_means_no_dose() -> None:
    assert value("treatment_state", b12("150"), complete=("drug",)) == "never"
    assert value("sample_timing", b12("150"), complete=("drug",)) == "undosed"
    assert value("treatment_state", b12("150"), complete=("symptom",)) == "unknown"


def test_every_way_of_giving_it_denied_leaves_none_and_one_way_leaves_the_others_open() -> None:
    ways = [event(name, affirmed=False) for name in ("b12_injection", "b12_tablets")]
    assert value("treatment_state", b12("150"), *ways) == "never"
    assert value("sample_timing", b12("150"), *ways, event("multivitamin", affirmed=False)) == "undosed"
    for left in range(len(ways)):
        assert value("treatment_state", b12("150"), *ways[:left], *ways[left + 1 :]) == "unknown"
    assert value("treatment_state", *ways, event("b12_unspecified", doubt=True)) == "unknown"
    assert value("treatment_state", ways[1], complete=("drug",)) == "never"


def test_a_denial_yields_to_what_was_given() -> None:
    items = (b12("150"), event("b12_unspecified", affirmed=False), event("b12_injection", -30))
    assert value("treatment_state", *items) == "on"
    assert value("sample_timing", *items) == "after_dose"


def test_an_old_reading_before_the_treatment_now_under_way_still_speaks() -> None:
    assert value("untreated", b12("150", day=-900), event("b12_injection", -890)) == "< low"
    assert value("untreated", b12("150", day=-900)) == "unknown"


# --- Statements ---------------------------------------------------------------------------------------------------

NOTE = {"where": "note"}


@pytest.mark.parametrize(
    ("fact", "items", "expected"),
    [
        ("numbness", [event("numbness")], "yes"),
        ("numbness", [event("numbness", affirmed=False)], "no"),
        ("numbness", [event("numbness", time="past")], "no"),
        ("numbness", [event("numbness", doubt=True)], "unknown"),
        ("numbness", [event("numbness", family=True)], "unknown"),
        ("numbness", [event("numbness", time="planned")], "unknown"),
        ("numbness", [event("numbness"), event("numbness", affirmed=False)], "yes"),
        ("numbness", [], "unknown"),
        ("metformin", [event("metformin", -900)], "yes"),
        ("metformin", [event("metformin", -900, -1)], "no"),
        ("metformin", [event("metformin", -900, 0)], "yes"),
        ("metformin", [event("metformin", 5)], "unknown"),
        ("acid_suppression", [event("ppi")], "yes"),
        ("acid_suppression", [event("ppi", affirmed=False)], "unknown"),
        ("acid_suppression", [event("ppi", affirmed=False), event("h2_blocker", affirmed=False)], "no"),
        ("taxane", [event("taxane", -900, -800)], "yes"),
        ("taxane", [event("taxane", time="past")], "yes"),
        ("taxane", [event("taxane", time="planned")], "unknown"),
        ("taxane", [event("taxane", affirmed=False)], "no"),
        ("taxane_planned", [event("taxane", 90)], "yes"),
        ("taxane_planned", [event("taxane", 91)], "no"),
        ("taxane_planned", [event("taxane", time="planned")], "yes"),
        ("taxane_planned", [event("taxane", -5)], "unknown"),
        ("taxane_now_or_soon", [event("taxane", -5)], "yes"),
        ("taxane_now_or_soon", [event("taxane", 5)], "yes"),
        ("taxane_now_or_soon", [event("taxane", affirmed=False)], "no"),
        ("checkpoint_inhibitor", [event("checkpoint_inhibitor", -1000, -730)], "yes"),
        ("checkpoint_inhibitor", [event("checkpoint_inhibitor", -1000, -731)], "no"),
        ("checkpoint_inhibitor", [event("checkpoint_inhibitor", time="past")], "unknown"),
        ("gastrectomy", [event("gastrectomy", -5000)], "yes"),
        ("gastrectomy", [event("gastrectomy", time="planned")], "unknown"),
        ("transfusion", [event("transfusion", -90, where="procedures[0]")], "yes"),
        ("transfusion", [event("transfusion", -91, where="procedures[0]")], "no"),
        ("nitrous_oxide", [event("nitrous_oxide", -900)], "yes"),
        ("nitrous_oxide", [event("nitrous_oxide", -900, where="procedures[0]")], "no"),
        ("pernicious_anaemia", [event("pernicious_anaemia", doubt=True)], "unknown"),
        ("pernicious_anaemia_suspected", [event("pernicious_anaemia", doubt=True)], "yes"),
        ("pernicious_anaemia_suspected", [event("pernicious_anaemia")], "yes"),
        ("pernicious_anaemia_suspected", [event("pernicious_anaemia", affirmed=False)], "no"),
        ("pernicious_anaemia", [event("pernicious_anaemia", family=True)], "unknown"),
        ("family_pernicious_anaemia", [event("pernicious_anaemia", family=True)], "yes"),
        ("family_pernicious_anaemia", [event("pernicious_anaemia")], "unknown"),
        ("family_pernicious_anaemia", [event("pernicious_anaemia", family=True, affirmed=False)], "no"),
        ("tablets_tried", [event("b12_tablets", -90)], "yes"),
        ("tablets_tried", [event("b12_tablets", -89)], "no"),
        ("tablets_tried", [event("b12_tablets")], "unknown"),
        ("tablets_tried", [since("b12_tablets", -100, -60)], "unknown"),
        ("tablets_tried", [since("b12_tablets", None, -90)], "yes"),
        ("tablets_tried", [since("b12_tablets", -89, None)], "no"),
        ("tablets_tried", [event("b12_tablets", -400), event("b12_tablets", -5)], "yes"),
        ("tablets_tried", [event("b12_tablets", -400, -10)], "no"),
        ("tablets_tried", [event("b12_tablets", -400, doubt=True)], "unknown"),
        ("tablets_tried", [event("b12_tablets", affirmed=False)], "no"),
        ("tablets_tried", [event("b12_tablets", 5)], "unknown"),
        ("injections", [event("b12_unspecified", route="intramuscular")], "yes"),
        ("tablets", [event("b12_unspecified", route="intramuscular")], "unknown"),
        ("injections", [event("b12_unspecified")], "unknown"),
        ("tablets", [event("b12_unspecified", route="oral")], "yes"),
        ("taken_reliably", [event("b12_tablets", adherence="taken")], "yes"),
        ("taken_reliably", [event("b12_tablets", adherence="missed")], "no"),
        ("taken_reliably", [event("b12_tablets")], "unknown"),
        ("taken_reliably", [event("b12_tablets", affirmed=False)], "unknown"),
        ("sex", [event("female")], "female"),
        ("sex", [event("female"), event("male")], "unknown"),
    ],
)  # fmt: skip
def test_a_statement_is_read_along_its_timeline(fact: str, items: list[Event], expected: str) -> None:
    assert value(fact, *items) == expected


def test_silence_is_no_only_where_the_list_is_complete() -> None:
    assert value("numbness", complete=("symptom",)) == "no"
    assert value("numbness", complete=("neurological",)) == "no"
    assert value("numbness", complete=("drug",)) == "unknown"
    assert value("numbness", event("numbness"), complete=("symptom",)) == "yes"
    assert value("numbness", event("numbness", doubt=True), complete=("symptom",)) == "unknown"
    assert value("family_pernicious_anaemia", complete=("condition",)) == "unknown"
    assert value("taken_reliably", complete=("drug",)) == "unknown"
    assert value("gastrectomy", event("gastrectomy", time="planned"), complete=("procedure",)) == "no"
    assert value("taxane_planned", event("taxane", -5), complete=("drug",)) == "no"
    assert read(complete=("symptom",)).values["numbness"].note == "absent from a record declared complete"


# --- The whole ----------------------------------------------------------------------------------------------------


def test_age_is_a_fact_with_its_own_limits() -> None:
    facts = read(age=Decimal(15))
    assert RULES.facts["age"].values[facts.values["age"].value] == "< scope"
    assert RULES.facts["age"].values[read(age=Decimal(16)).values["age"].value] == ">= scope"
    assert "age" not in read().values


def test_each_fact_says_where_it_comes_from_and_when() -> None:
    facts = read(b12("150", day=-3), event("metformin", -900), as_of="2026-01-04")
    basis = facts.values["latest"].basis[0]
    assert (basis.text, basis.date, basis.day) == ("150 ng/L", "2026-01-01", -3)
    assert facts.values["metformin"].basis[0].date == "2023-07-19"
    assert (
        read(b12("150", when=Span(-33, -3)), as_of="2026-01-04").values["latest"].basis[0].date
        == "2025-12-02/2026-01-01"
    )
