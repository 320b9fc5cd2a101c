"""Classes of wording: doubtful pregnancies, goals, what is true of many, plans that open a clause, what has gone off, "I'm"."""

from __future__ import annotations

import pytest
from tests.robustness.cases import RULES

from cobalens.intake.casefile import read_case
from cobalens.model.record import Event, Record

AS_OF = "2026-11-30"


def read(text: str, field: str = "note") -> Record:
    return read_case({"patient": {}, "facts": {field: text}}, RULES, AS_OF)


def meant(text: str, field: str = "note") -> dict[str, str]:
    return {e.concept: _status(e) for e in read(text, field).events}


def _status(event: Event) -> str:
    if event.family:
        return "family"
    if not event.affirmed:
        return "no"
    return "unsure" if event.doubt else event.time


@pytest.mark.parametrize(
    "text",
    [
        "could be pregnant", "might be pregnant", "She may be pregnant", "?pregnant", "possible early pregnancy", "likely pregnant",
        "pregnancy cannot be excluded", "Could she be pregnant?", "thinks she might be pregnant",
    ],
)  # fmt: skip
def test_a_pregnancy_that_may_be_is_in_doubt(text: str) -> None:
    assert meant(text)["pregnant"] == "unsure"


@pytest.mark.parametrize(
    "text", ["trying to get pregnant", "wants to become pregnant", "hoping to get pregnant"]
)
def test_a_pregnancy_that_is_hoped_for_is_none(text: str) -> None:
    assert "pregnant" not in meant(text)


@pytest.mark.parametrize(
    "text", ["cannot be pregnant (hysterectomy)", "unable to become pregnant", "no chance of pregnancy"]
)
def test_a_pregnancy_that_cannot_be_is_denied(text: str) -> None:
    assert meant(text)["pregnant"] == "no"


@pytest.mark.parametrize(
    "text",
    [
        "Possible PA in this 34 year old pregnant woman", "?B12 deficiency, pregnant", "She may be tired because she is pregnant",
        "Likely dietary deficiency. She is pregnant.", "pregnant, likely iron deficiency",
    ],
)  # fmt: skip
def test_a_doubt_about_something_else_leaves_the_pregnancy(text: str) -> None:
    assert meant(text)["pregnant"] == "current"


def test_a_doubt_never_reaches_a_sex() -> None:
    assert meant("Possible coeliac disease in a woman")["female"] == "current"


@pytest.mark.parametrize("text", ["injections against the neuropathy", "jabs to help against numbness"])
def test_against_denies_no_hope(text: str) -> None:
    assert meant(text, "goal")["wants_b12_for_neuropathy"] == "current"


def test_to_seek_help_if_something_comes_hopes_for_nothing() -> None:
    assert "wants_b12_for_neuropathy" not in meant("Seek help if numbness, falls or confusion develop")


@pytest.mark.parametrize(
    "text",
    [
        "Crohn's (terminal ileum, active)",
        "Crohn's disease, terminal ileum, active",
        "Crohn's - ileum - active on MRE",
    ],
)
def test_of_crohns_disease_both_its_place_and_its_activity_are_read(text: str) -> None:
    found = meant(text, "conditions")
    assert (found["crohn_ileal"], found["crohn_active"]) == ("current", "current")


def test_quiet_crohns_disease_is_not_active() -> None:
    assert "crohn_active" not in meant("Crohn's (terminal ileum, in remission)", "conditions")


@pytest.mark.parametrize(
    "text",
    [
        "NB: metformin can lower B12", "Metformin may cause B12 deficiency", "Vitamin B12 deficiency can cause numbness",
        "Anaemia may be caused by gastrectomy", "Long term omeprazole can lower B12",
    ],
)  # fmt: skip
def test_what_is_true_of_many_is_not_thereby_the_patients_and_is_listed(text: str) -> None:
    record = read(text)
    assert not record.events
    assert record.not_understood


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("Her metformin may cause low B12", "metformin"),
        ("On metformin, which can lower B12", "metformin"),
        ("Tingling may be caused by metformin", "paraesthesia"),
        ("Numbness, can be caused by oxaliplatin", "paraesthesia"),
    ],
)
def test_what_is_said_of_a_person_or_a_complaint_stays(text: str, concept: str) -> None:
    assert meant(text)[concept] == "current"


@pytest.mark.parametrize(
    "text", ["B12 deficiency pathway", "B12 DEFICIENCY TEMPLATE", "seen in B12 deficiency clinic"]
)
def test_the_name_of_a_page_or_a_clinic_is_no_illness(text: str) -> None:
    assert "b12_deficiency_known" not in meant(text)


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("For B12 injections", "b12_injection"),
        ("For hydroxocobalamin loading", "b12_injection"),
        ("s/p 3# FLOT, for oesophagogastrectomy 14/12", "partial_gastrectomy"),
        ("gastric ca for gastrectomy", "gastrectomy_unspecified"),
        ("Crohn's for ileal resection", "terminal_ileum_resection"),
    ],
)
def test_what_somebody_is_for_is_planned(text: str, concept: str) -> None:
    assert meant(text)[concept] == "planned"


@pytest.mark.parametrize(
    ("text", "concept", "time"),
    [
        ("gastric ca for gastrectomy on 3 May 2019", "gastrectomy_unspecified", "current"),
        ("gastric cancer for which he had a gastrectomy", "gastrectomy_unspecified", "current"),
        ("metformin, for diabetes", "metformin", "current"),
        ("For the last year on B12 injections", "b12_injection", "current"),
    ],
)
def test_what_was_done_or_is_taken_for_something_is_not_planned(text: str, concept: str, time: str) -> None:
    assert meant(text)[concept] == time


def test_a_plan_is_not_dated_back() -> None:
    (planned,) = (
        e for e in read("gastrectomy planned 14/12").events if e.concept == "gastrectomy_unspecified"
    )
    assert not planned.start.known


@pytest.mark.parametrize("text", ["I'm on B12", "Im taking B12 tablets", "im on metformin", "I’m having B12"])
def test_i_am_is_no_way_of_giving_a_medicine(text: str) -> None:
    assert {e.route for e in read(text).events} == {None}


def test_im_is_one() -> None:
    assert {e.route for e in read("B12 1 mg im").events} == {"intramuscular"}
    assert "b12_injection" in meant("im B12")


@pytest.mark.parametrize(
    "text", ["no balance probs", "no balance issues", "denies memory issues", "no gait or balance issues"]
)
def test_issues_that_are_denied_are_no_trouble(text: str) -> None:
    assert not set(meant(text).values()) & {"current"}


def test_what_has_gone_off_has_not_passed() -> None:
    found = meant("He has got very forgetful this year and his walking has gone off")
    assert (found["cognitive_decline"], found["walking_affected"]) == ("current", "current")
    assert meant("gait has gone downhill")["unsteadiness"] == "current"
    assert meant("numbness has gone")["paraesthesia"] == "past"


@pytest.mark.parametrize(
    "text", ["poor adherence to GFD, on B12 tablets", "poor compliance with gluten free diet, on metformin"]
)
def test_how_a_diet_is_kept_is_not_how_medicines_are_taken(text: str) -> None:
    assert {e.adherence for e in read(text).events} == {None}


def test_how_medicines_are_taken_is_read() -> None:
    assert {e.adherence for e in read("poor compliance with B12 tablets").events} == {"missed"}


@pytest.mark.parametrize(
    ("text", "fever"), [("Re: Mr Alan T, NHS 123", False), ("T 38.5", True), ("temp: 38.4", True)]
)
def test_a_figure_behind_a_comma_is_none_of_the_word_before_it(text: str, fever: bool) -> None:
    assert ("fever" in meant(text)) is fever


@pytest.mark.parametrize(
    "text",
    ["COVID jabs every 6 months", "had covid shots", "vaccinated against hepatitis B", "hepatitis B jab"],
)
def test_a_jab_against_an_illness_is_no_illness(text: str) -> None:
    assert not {"acute_infection", "acute_hepatitis", "chronic_liver_disease"} & set(meant(text))


@pytest.mark.parametrize(
    ("text", "concept", "last"),
    [
        ("metformin, 10 years, stopped last week", "metformin", -1),
        ("nangs, 50 a day for 6 months, quit a fortnight ago", "nitrous_oxide", -14),
        ("paclitaxel for 12 weeks, finished 3 weeks ago", "taxane", -21),
    ],
)
def test_what_ended_did_so_when_that_is_said_not_when_it_had_lasted(
    text: str, concept: str, last: int
) -> None:
    (event,) = (e for e in read(text).events if e.concept == concept)
    assert (event.time, event.stop.last) == ("past", last)


def test_how_many_a_day_is_no_time() -> None:
    (event,) = read("Using nangs, 50 a day for 6 months").events
    assert event.start.first == -183


@pytest.mark.parametrize("text", ["Low B12 can be caused by metformin. B12 250 ng/L."])
def test_low_levels_at_large_are_no_result_beside_ones_own(text: str) -> None:
    assert [(str(lab.lo), lab.qualitative) for lab in read(text).labs] == [("250", None)]


@pytest.mark.parametrize(
    "text",
    [
        "Rule out pernicious anaemia",
        "to rule out pernicious anaemia",
        "possible pernicious anaemia, not confirmed",
    ],
)
def test_what_is_to_be_ruled_out_or_was_not_confirmed_is_open(text: str) -> None:
    assert meant(text)["pernicious_anaemia"] == "unsure"


@pytest.mark.parametrize("text", ["biopsy rules out coeliac disease", "coeliac disease ruled out"])
def test_what_rules_out_denies(text: str) -> None:
    assert meant(text)["coeliac_disease"] == "no"


def test_brackets_behind_one_medicine_of_a_list_tell_only_of_that() -> None:
    found = meant("metformin, omeprazole, amlodipine, letrozole (finished 2006)")
    assert (found["metformin"], found["ppi"]) == ("current", "current")
    assert meant("omeprazole (stopped 2020), metformin") == {"ppi": "past", "metformin": "current"}


@pytest.mark.parametrize("text", ["lung cancer (chemo stopped)", "lung cancer (stopped smoking)"])
def test_an_illness_that_lasts_does_not_stop(text: str) -> None:
    assert meant(text)["solid_cancer"] == "current"
    assert meant("vomiting has stopped")["vomiting"] == "past"


def test_who_has_gone_off_their_food_still_has_their_illness() -> None:
    found = meant("has lung cancer and he's really gone off his food")
    assert (found["solid_cancer"], found["poor_intake"]) == ("current", "current")


@pytest.mark.parametrize(
    "text",
    [
        "Does the patient have symptoms such as numbness or poor balance?",
        "Have you noticed numbness?",
        "Do you have numbness?",
    ],
)
def test_a_complaint_that_is_asked_about_is_not_there(text: str) -> None:
    assert set(meant(text).values()) <= {"unsure"}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Gastroscopy: severe pangastritis", "pangastritis"),
        ("CT neck: mild sialadenitis", "sialadenitis"),
        ("On somatumab and metformin", "somatumab"),
    ],
)
def test_the_name_of_something_unknown_is_listed_also_alone(text: str, left: str) -> None:
    assert left in {one.text for one in read(text).not_understood}


def test_he_is_is_not_listed() -> None:
    assert not read("He's losing weight and she's worried").not_understood


@pytest.mark.parametrize(
    "text",
    [
        "nivolumab (stopped: G3 gastritis)",
        "nivolumab stopped for grade 3 gastritis",
        "gastritis due to pembrolizumab",
    ],
)
def test_gastritis_of_a_checkpoint_inhibitor_is_one_of_the_immune_system(text: str) -> None:
    assert meant(text)["atrophic_gastritis"] == "current"


@pytest.mark.parametrize(
    "text", ["Melanoma. 39 y.o. lady, tired.", "Thoracic onc 26/11/26: 39F mesothelioma"]
)
def test_an_age_is_read_as_people_abbreviate_it(text: str) -> None:
    assert read(text).age == 39


def test_brackets_with_a_medicine_of_their_own_end_nothing_before_them() -> None:
    found = meant("AF (apixaban), diabetes (metformin stopped 2015)")
    assert (found["anticoagulant"], found["metformin"]) == ("current", "past")


@pytest.mark.parametrize(
    "text",
    ["N2O denied x3 incl. collateral.", "Nitrous oxide denied repeatedly", "nitrous oxide denied twice"],
)
def test_how_often_something_was_denied_denies_it_all_the_same(text: str) -> None:
    assert meant(text)["nitrous_oxide"] == "no"


def test_what_is_planned_for_a_day_without_its_year_lies_ahead() -> None:
    (event,) = (
        e
        for e in read("Plan N2O sedation 9 Dec 2026 for extraction").events
        if e.concept == "nitrous_oxide_anaesthesia"
    )
    assert (event.time, event.start.first) == ("planned", 9)


def test_what_is_given_until_no_further_improvement_goes_on() -> None:
    assert (
        meant("B12 injections alternate days until no further improvement then 2-monthly")["b12_injection"]
        == "current"
    )


def test_a_donor_is_somebody_else_and_the_illness_is_the_patients() -> None:
    found = meant(
        "Allogeneic transplant for AML 2018 (donor brother, who is vegan). Donor had B12 deficiency."
    )
    assert found["other_myeloid_neoplasm"] == "current"
    assert (found["vegan_diet"], found["b12_deficiency_known"]) == ("family", "family")


def test_what_a_wife_gives_is_the_husbands() -> None:
    assert (
        meant("Wife, a retired nurse, gives him hydroxocobalamin 1 mg IM every 2 months")["b12_injection"]
        == "current"
    )


@pytest.mark.parametrize(
    ("text", "concept", "time"),
    [
        ("STOPPED BY GP: metformin (2016, eGFR)", "metformin", "past"),
        ("Stopped on admission: omeprazole; continues metformin", "ppi", "past"),
        ("To start after discharge: hydroxocobalamin", "b12_unspecified", "planned"),
        ("Stopped smoking: on metformin", "metformin", "current"),
        ("stopped metformin: nausea, now on omeprazole", "ppi", "current"),
    ],
)
def test_the_words_before_a_colon_head_what_follows(text: str, concept: str, time: str) -> None:
    assert meant(text)[concept] == time


def test_a_medicine_in_a_dated_note_was_begun_by_its_day_and_nobody_knows_when() -> None:
    record = read_case(
        {"patient": {}, "facts": {"note": [{"text": "On lansoprazole. Numb feet.", "date": "2026-11-20"}]}},
        RULES,
        AS_OF,
    )
    starts = {e.concept: (e.start.first, e.start.last) for e in record.events}
    assert starts == {"ppi": (None, -10), "paraesthesia": (-10, -10)}


@pytest.mark.parametrize(
    "text",
    [
        "Never took nangs",
        "he never inhaled nitrous oxide",
        "Nitrous oxide: never inhaled",
        "never tried balloons",
    ],
)
def test_what_was_never_tried_is_denied(text: str) -> None:
    assert meant(text)["nitrous_oxide"] == "no"


@pytest.mark.parametrize(
    "text", ["Total gastrectomy abandoned (peritoneal disease found).", "total gastrectomy did not go ahead"]
)
def test_an_operation_that_was_abandoned_was_not_done(text: str) -> None:
    assert meant(text)["total_gastrectomy"] == "no"


@pytest.mark.parametrize(
    "text",
    [
        "Advised to stop metformin but carries on taking it.",
        "metformin, should stop before contrast",
        "Consider stopping metformin",
    ],
)
def test_a_medicine_that_is_to_be_stopped_is_still_taken(text: str) -> None:
    assert meant(text)["metformin"] == "current"


def test_what_a_carer_takes_is_theirs_and_what_one_reports_is_not() -> None:
    assert meant("Her carer takes omeprazole.")["ppi"] == "family"
    assert meant("Carer reports falls")["falls"] == "current"


def test_a_risk_of_falls_is_no_fall() -> None:
    assert meant("High falls risk, has not fallen")["falls"] == "no"
    assert "falls" not in meant("Falls risk high")


@pytest.mark.parametrize(
    "text",
    ["Lives with vegan flatmates but eats meat.", "Cooks vegan for her son.", "Vegan Society leaflet given."],
)
def test_somebody_elses_food_is_not_the_patients(text: str) -> None:
    assert meant(text).get("vegan_diet") in (None, "no")


def test_all_that_brackets_tell_of_a_relative_is_theirs() -> None:
    assert meant("Patient's son (vegan, on metformin) rang.") == {
        "vegan_diet": "family",
        "metformin": "family",
    }
    assert meant("Mother (PA), on metformin")["metformin"] == "current"


def test_two_hopes_for_one_thing_are_both_read() -> None:
    found = meant("injections against the neuropathy and tiredness", "goal")
    assert {"wants_b12_for_energy", "wants_b12_for_neuropathy"} <= set(found)


def test_a_heading_of_past_medicines_puts_them_in_the_past_and_no_illness() -> None:
    assert meant("Past drug history: metformin (gestational diabetes 1990)")["metformin"] == "past"
    found = meant("Past medical history: coeliac disease, on metformin")
    assert (found["coeliac_disease"], found["metformin"]) == ("current", "current")


def test_a_telephone_call_is_no_chemotherapy() -> None:
    assert "taxane" not in meant("TC with pt re metformin")
    assert "taxane" in meant("adjuvant TC x4")


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("Previous medications: omeprazole, metformin", {"ppi": "past", "metformin": "past"}),
        ("Stopped: metformin, continues omeprazole", {"metformin": "past", "ppi": "current"}),
        ("Plan: B12 injections, metformin continued", {"b12_injection": "planned", "metformin": "current"}),
        ("Plan: B12 injections, continue metformin", {"b12_injection": "planned", "metformin": "current"}),
    ],
)
def test_a_heading_reaches_through_its_list(text: str, times: dict[str, str]) -> None:
    assert meant(text) == times


@pytest.mark.parametrize(
    ("text", "diet"),
    [
        ("Doesn't eat meat.", "vegetarian_diet"),
        ("He hasn't touched meat since 2010.", "vegetarian_diet"),
        ("I don't eat any animal products.", "vegan_diet"),
        ("Doesn't eat meat or dairy.", "vegan_diet"),
    ],
)
def test_a_diet_may_be_told_with_short_forms(text: str, diet: str) -> None:
    found = meant(text)
    assert [one for one in ("vegetarian_diet", "vegan_diet") if found.get(one) == "current"] == [diet]


def test_little_meat_is_no_diet_without_it() -> None:
    assert "vegetarian_diet" not in meant("Doesn't eat much meat.")
