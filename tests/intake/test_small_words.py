"""Small words and marks that decide: a carrier, a count of falls, a star behind a unit, a hyphen inside a name, a script not collected."""

from __future__ import annotations

import pytest
from tests.intake.test_in_passing import meant, read, values


@pytest.mark.parametrize(
    ("text", "analyte", "value"),
    [
        ("Active vitamin B-12: 28 pmol/L", "holotc", "28 pmol/L"),
        ("active vit B-12 28 pmol/L", "holotc", "28 pmol/L"),
        ("Active B12 28 pmol/L*", "holotc", "28 pmol/L"),
        ("B-12 150 ng/L", "vitamin_b12", "150 ng/L"),
        ("B12 150 ng/L*", "vitamin_b12", "150 ng/L"),
        ('B12 "<150" ng/L', "vitamin_b12", "< 150 ng/L"),
        ("B12 > assay limit", "vitamin_b12", "high"),
        ("B12 too high to measure", "vitamin_b12", "high"),
    ],
)
def test_marks_and_hyphens_make_no_other_result(text: str, analyte: str, value: str) -> None:
    assert values(text) == {analyte: value}


@pytest.mark.parametrize("text", ["haemochromatosis carrier", "carrier of haemochromatosis", "C282Y heterozygote"])  # fmt: skip
def test_a_carrier_is_not_ill(text: str) -> None:
    assert meant(text) == {}


@pytest.mark.parametrize("text", ["fell x3 this month", "fell twice", "has fallen 4 times"])
def test_falls_are_counted_in_many_ways(text: str) -> None:
    assert meant(text) == {"falls": "current"}


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("prescribed omeprazole, hasn't picked it up", "ppi"),
        ("B12 tablets prescribed, yet to collect them", "b12_tablets"),
        ("prescribed B12 but hasn't collected it", "b12_unspecified"),
    ],
)
def test_what_was_not_collected_is_not_taken(text: str, concept: str) -> None:
    assert meant(text)[concept] == "no"


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("used balloons at university", "nitrous_oxide"),
        ("balloons as a student", "nitrous_oxide"),
        ("Missed last 2 B12 injections", "b12_injection"),
        ("Cisplatin dropped after cycle 2", "cisplatin"),
        ("Colchicine last year only", "colchicine"),
    ],
)
def test_what_was_then_is_over(text: str, concept: str) -> None:
    assert meant(text)[concept] == "past"


@pytest.mark.parametrize("text", ["Pregnancy test: neg", "urine hCG negative", "preg test was negative"])
def test_a_negative_test_of_pregnancy_denies_it(text: str) -> None:
    assert meant(text) == {"pregnant": "no"}


def test_rays_to_the_pelvis_may_be_told_by_their_dose() -> None:
    assert meant("45 Gy in 25# to pelvis 2018") == {"pelvic_radiotherapy": "current"}
    assert read("45 Gy to the chest").events == ()


@pytest.mark.parametrize(
    "text",
    [
        "Comment: B12 180-350 ng/L is indeterminate, suggest MMA",
        "B12 levels of 180-350 ng/L are considered indeterminate.",
        "B12 between 180 and 350 ng/L is a grey zone",
    ],
)
def test_the_band_of_a_laboratory_is_no_result_and_is_listed(text: str) -> None:
    record = read(text)
    assert record.labs == ()
    assert any("350 ng/L" in one.text for one in record.not_understood)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("nurse does my B12 jab every 3 months, due next week", "current"),
        ("B12 every 12 weeks, due Friday", "current"),
        ("due her 3 monthly B12 next week", "current"),
        ("B12 injection due next week", "planned"),
        ("Plan: B12 injections every 3 months, first due next week", "planned"),
    ],
)
def test_the_next_of_many_doses_is_no_beginning(text: str, time: str) -> None:
    assert meant(text)["b12_injection"] == time


@pytest.mark.parametrize(
    "text", ["my sister's lad does balloons", "next door's boy does balloons", "my brother's kid does balloons"]
)  # fmt: skip
def test_whoever_belongs_to_a_relative_is_not_the_patient(text: str) -> None:
    assert meant(text) == {}


@pytest.mark.parametrize("text", ["?PA", "IDA and ?PA", "67F ref with IDA + ?PA"])
def test_a_question_mark_introduces_an_abbreviation(text: str) -> None:
    (event,) = (one for one in read(text).events if one.concept == "pernicious_anaemia")
    assert event.doubt


@pytest.mark.parametrize("text", ["DHx: nil", "DH nil", "Drug history: nil", "Meds: nil"])
def test_a_list_of_medicines_may_be_empty_under_any_name(text: str) -> None:
    assert read(text).complete == {"drug"}


def test_who_is_continent_has_no_trouble_of_the_sphincters() -> None:
    assert meant("continent") == {"sphincter_disturbance": "no"}


@pytest.mark.parametrize("text", ["Age 52 F", "Age: 52, sex F", "Pt: F 52 ovarian cancer", "re: F/52"])
def test_age_and_sex_stand_together_in_many_ways(text: str) -> None:
    assert (read(text).age, meant(text)["female"]) == (52, "current")


@pytest.mark.parametrize(
    ("text", "concept", "time"),
    [
        ("C3 carbo-taxol due Thursday", "carboplatin", "current"),
        ("due cycle 4 of FOLFOX tomorrow", "oxaliplatin", "current"),
        ("Cycle 1 FOLFOX due Monday", "oxaliplatin", "planned"),
    ],
)
def test_a_later_cycle_goes_on_with_a_course(text: str, concept: str, time: str) -> None:
    assert meant(text)[concept] == time


@pytest.mark.parametrize(
    "text",
    [
        "Patient leaflet: B12 deficiency can be caused by metformin, PPIs, or a vegan diet. Symptoms include numbness and memory loss.",
        "Causes of B12 deficiency include a vegan diet and metformin.",
        "Pernicious anaemia can occur with autoimmune thyroid disease. It can cause numbness.",
        "Vegans are at risk of B12 deficiency.",
    ],
)
def test_a_leaflet_tells_of_nobody_and_is_listed(text: str) -> None:
    record = read(text)
    assert record.events == ()
    assert record.not_understood != ()


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("Symptoms include numbness and memory loss.", "paraesthesia"),
        ("Metformin can lower B12. Her symptoms include numbness.", "paraesthesia"),
        ("Patient information given. Takes metformin.", "metformin"),
        ("Her B12 deficiency is treated with injections.", "b12_injection"),
    ],
)
def test_what_is_told_of_somebody_beside_it_is_theirs(text: str, concept: str) -> None:
    assert meant(text)[concept] == "current"


@pytest.mark.parametrize(
    ("text", "concept", "time"),
    [
        ("used to tingle, not now", "paraesthesia", "past"),
        ("used to drink heavily", "alcohol_excess", "past"),
        ("metformin used to control diabetes", "metformin", "current"),
        ("metformin stopped, restarted, then stopped again in June", "metformin", "past"),
        ("numbness getting worse even though chemo stopped in May", "paraesthesia", "current"),
        ("no bladder control", "sphincter_disturbance", "current"),
        ("legs won't do as they're told", "limb_weakness", "current"),
        ("has to watch his feet to walk", "unsteadiness", "current"),
    ],
)
def test_what_used_to_be_and_what_still_is(text: str, concept: str, time: str) -> None:
    assert meant(text)[concept] == time


@pytest.mark.parametrize(
    ("text", "analyte", "value"), [("Hb 8.9g", "hemoglobin", "8.9 g/dL"), ("B12 150pg", "vitamin_b12", "150")]
)
def test_a_unit_cut_short_makes_no_dose_of_a_result(text: str, analyte: str, value: str) -> None:
    assert values(text) == {analyte: value}
