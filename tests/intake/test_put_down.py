"""What a word is put down to or taken from: old complaints with their reason, drinks without alcohol, plans by the day of the
week, the writer's own illness, a medicine alone in its list that has a dose, results without their unit in running words.
"""

from __future__ import annotations

import pytest
from tests.robustness.cases import RULES

from cobalens.intake import pasted
from cobalens.intake.casefile import read_case
from cobalens.model.record import Event, Record

AS_OF = "2026-11-23"


def read(text: str, field: str = "note", **patient: object) -> Record:
    return read_case({"patient": patient, "facts": {field: text}}, RULES, AS_OF)


def meant(text: str, field: str = "note") -> dict[str, str]:
    return {e.concept: _status(e) for e in read(text, field).events}


def _status(event: Event) -> str:
    if event.family:
        return "relative"
    if not event.affirmed:
        return "no"
    return "unsure" if event.doubt else event.time


# -- complaints with a reason that is local and long known -------------------------------------------


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("Incontinent since his prostatectomy in 2019.", "sphincter_disturbance"),
        ("Neobladder, incontinent at night.", "sphincter_disturbance"),
        ("Urinary urgency from BPH.", "sphincter_disturbance"),
        ("Loss of vision from macular degeneration.", "visual_loss"),
        ("Diabetic retinopathy, poor sight.", "visual_loss"),
        ("Foot drop after old stroke.", "limb_weakness"),
        ("Hemiparesis since stroke in 2015.", "limb_weakness"),
        ("Chronic schizophrenia with hallucinations.", "acute_confusion"),
        ("Liver lesion shown to be haemangioma.", "liver_mass"),
    ],
)
def test_a_complaint_with_a_local_and_known_reason_is_no_sign(text: str, concept: str) -> None:
    assert concept not in meant(text)


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("New incontinence.", "sphincter_disturbance"),
        ("Enlarged prostate, newly incontinent.", "sphincter_disturbance"),
        ("Incontinence since prostatectomy in 2019, worse for two weeks.", "sphincter_disturbance"),
        ("Urinary retention, BPH.", "sphincter_disturbance"),
        ("Cataracts, sudden loss of vision.", "visual_loss"),
        ("Foot drop after old stroke, now progressing.", "limb_weakness"),
        ("Schizophrenia, acutely hallucinating: hallucinations.", "acute_confusion"),
        ("Incontinent, prostatectomy excluded.", "sphincter_disturbance"),
        ("Loss of vision over two weeks.", "visual_loss"),
        ("Blurred vision, cataracts excluded.", "visual_loss"),
        ("Foot drop.", "limb_weakness"),
        ("Drags his left foot.", "limb_weakness"),
        ("Left-sided weakness since this morning.", "limb_weakness"),
        ("Psychosis, schizophrenia ruled out.", "acute_confusion"),
        ("New liver lesion.", "liver_mass"),
        ("Liver lesions, not haemangiomas.", "liver_mass"),
        ("Liver MRI shows a 4 cm mass.", "liver_mass"),
        ("Ultrasound liver: 3 cm lesion", "liver_mass"),
    ],
)
def test_without_such_a_reason_or_beside_a_denied_one_it_counts(text: str, concept: str) -> None:
    assert meant(text)[concept] == "current"


@pytest.mark.parametrize("text", ["Liver ultrasound: no mass.", "Liver MRI did not show a mass."])
def test_a_picture_without_a_mass_denies_it(text: str) -> None:
    assert meant(text)["liver_mass"] == "no"


def test_a_denied_complaint_stays_denied_beside_the_reason() -> None:
    assert meant("No incontinence since his prostatectomy.")["sphincter_disturbance"] == "no"


@pytest.mark.parametrize("text", ["erectile dysfunction", "impotent since hormone treatment", "no erections"])
def test_trouble_with_erections_alone_is_no_warning_sign(text: str) -> None:
    assert "sphincter_disturbance" not in meant(text, "symptoms")


# -- a name in the name of something else ------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["energy drinks 3 cans a day", "4 cans of energy drink a day", "5 soft drinks a day"]
)
def test_cans_without_alcohol_are_no_excess_of_it(text: str) -> None:
    assert "alcohol_excess" not in meant(text)


@pytest.mark.parametrize("text", ["3 cans of lager a day", "drinks 6 cans a day", "3 drinks a day"])
def test_cans_of_beer_are(text: str) -> None:
    assert meant(text)["alcohol_excess"] == "current"


@pytest.mark.parametrize(
    ("text", "concept", "other"),
    [
        ("Whipple's disease", "malabsorption", "pancreatectomy"),
        ("Whipple's procedure", "pancreatectomy", "malabsorption"),
        ("tropical sprue", "malabsorption", "coeliac_disease"),
        ("coeliac sprue", "coeliac_disease", "malabsorption"),
        ("Bariatric Advantage", "b12_low_dose_supplement", "bariatric_surgery"),
    ],
)
def test_diseases_and_products_with_a_borrowed_name(text: str, concept: str, other: str) -> None:
    found = meant(text, "medications" if "Advantage" in text else "conditions")
    assert found[concept] == "current"
    assert other not in found


@pytest.mark.parametrize(
    "text", ["Cancer markers normal.", "Tumour markers normal.", "Cancer screen negative."]
)
def test_a_test_for_cancer_is_no_cancer(text: str) -> None:
    assert "cancer_known" not in meant(text)


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("History of cancer.", "cancer_known"),
        ("Known malignancy.", "cancer_known"),
        ("Liver problems.", "chronic_liver_disease"),
        ("Kidney problems.", "chronic_kidney_disease"),
    ],
)
def test_a_word_for_many_illnesses_is_told_where_it_is_affirmed(text: str, concept: str) -> None:
    assert meant(text)[concept] == "current"
    assert meant(f"No {text.lower()}")[concept] == "no"


# -- plans, and what began before ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["Chemotherapy starts on Monday.", "Chemotherapy begins Friday.", "Chemotherapy is on Tuesday."]
)
def test_a_day_of_the_week_to_come_is_a_plan(text: str) -> None:
    assert meant(text)["chemotherapy"] == "planned"


def test_what_began_before_chemotherapy_did_not_begin_with_it() -> None:
    assert "onset_with_chemotherapy" not in meant("Numbness came on before chemotherapy.")
    assert meant("Numbness came on with chemotherapy.")["onset_with_chemotherapy"] == "current"


@pytest.mark.parametrize("text", ["intends to become vegan", "plans to go vegan", "vegan wife, he eats meat"])
def test_a_diet_only_intended_or_of_somebody_else_is_not_eaten(text: str) -> None:
    assert meant(text, "diet").get("vegan_diet", "no") == "no"


@pytest.mark.parametrize("text", ["has become vegan", "whole-food plant-based with fortified soya milk"])
def test_a_diet_that_was_taken_up_is(text: str) -> None:
    assert meant(text, "diet")["vegan_diet"] == "current"


# -- whose, and whether it is taken ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "I am his wife and fill this in. His toes tingle. I have had pernicious anaemia for years.",
        "Her son here. She is unsteady. I have pernicious anaemia.",
    ],
)
def test_what_a_relative_who_writes_has_is_not_the_patients(text: str) -> None:
    assert meant(text)["pernicious_anaemia"] == "relative"


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("I have pernicious anaemia. My wife is vegan.", "pernicious_anaemia"),
        ("I am her daughter. I give her the B12 injections.", "b12_injection"),
    ],
)
def test_what_the_patient_tells_of_themselves_or_is_given_stays_theirs(text: str, concept: str) -> None:
    assert meant(text)[concept] == "current"


@pytest.mark.parametrize(
    "text", ["No metformin, lansoprazole 30 mg since 2016.", "Never metformin, omeprazole 20mg od."]
)
def test_a_medicine_alone_in_a_denied_list_that_has_a_dose_is_taken(text: str) -> None:
    found = meant(text)
    assert (found["metformin"], found["ppi"]) == ("no", "current")


@pytest.mark.parametrize(
    "text", ["No metformin, omeprazole or famotidine.", "No metformin 500 mg, omeprazole 20 mg."]
)
def test_a_list_of_its_like_is_denied(text: str) -> None:
    assert meant(text)["ppi"] == "no"


@pytest.mark.parametrize(
    ("text", "better"),
    [
        ("no improvement after 3 months of injections", False),
        ("numbness spreading to the knees despite tablets", False),
        ("tingling has improved on injections", True),
    ],
)
def test_whether_b12_helped(text: str, better: bool) -> None:
    found = meant(text, "symptoms")
    assert ("improved_on_b12" in found, "not_improved_on_b12" in found) == (better, not better)


@pytest.mark.parametrize("text", ["cure", "boost energy/cure", "help the chemo work"])
def test_a_cure_hoped_for_is_a_hope_against_cancer(text: str) -> None:
    assert meant(text, "goal")["wants_b12_against_cancer"] == "current"


def test_a_cure_for_something_else_is_not() -> None:
    assert "wants_b12_against_cancer" not in meant("cure my neuropathy", "goal")


@pytest.mark.parametrize(
    "text", ["Metformin was switched to gliclazide in 2021.", "Omeprazole swapped for famotidine."]
)
def test_one_medicine_for_another_ends_the_first(text: str) -> None:
    found = meant(text)
    assert found.get("metformin", found.get("ppi")) == "past"


@pytest.mark.parametrize(
    "text",
    [
        "Metformin changed to slow release.",
        "Metformin changed to metformin SR.",
        "Metformin switched to 2 g.",
        "Metformin stopped then restarted in March.",
    ],
)
def test_a_new_dose_or_form_and_a_new_start_end_nothing(text: str) -> None:
    assert meant(text)["metformin"] == "current"


@pytest.mark.parametrize(
    "text", ["No one in the family has pernicious anaemia.", "No relatives with pernicious anaemia."]
)
def test_what_nobody_in_the_family_has_is_denied_of_the_family(text: str) -> None:
    (event,) = [e for e in read(text).events if e.concept == "pernicious_anaemia"]
    assert (event.family, event.affirmed) == (True, False)


@pytest.mark.parametrize(
    "text", ["He lives on soup and toast since mum died.", "Toast and tea since his wife passed away."]
)
def test_a_relative_since_whose_death_it_is_takes_nothing_on(text: str) -> None:
    assert meant(text)["low_animal_food"] == "current"


@pytest.mark.parametrize(
    "text", ["Father died of pernicious anaemia.", "Tested after her mother died of pernicious anaemia."]
)
def test_what_a_relative_died_of_is_the_relatives(text: str) -> None:
    assert meant(text)["pernicious_anaemia"] == "relative"


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("Resection of 15 cm of jejunum, ileum untouched.", "terminal_ileum_resection"),
        ("Right colon removed, ileum not involved.", "terminal_ileum_resection"),
    ],
)
def test_an_ileum_that_was_spared_is_not_resected(text: str, concept: str) -> None:
    assert concept not in meant(text)


def test_a_normal_ileum_does_not_deny_the_disease_of_the_colon() -> None:
    found = meant("Crohn's colitis, ileum normal on MRE.")
    assert (found["crohn_disease"], found["crohn_ileal"]) == ("current", "no")


@pytest.mark.parametrize(
    "text",
    [
        "My friend says B12 shots help.",
        "My buddy says B12 shots fixed his.",
        "My mate reckons B12 injections work.",
    ],
)
def test_what_a_friend_praises_is_not_thereby_taken(text: str) -> None:
    assert "b12_injection" not in meant(text)


def test_injections_because_it_is_not_absorbed_are_b12() -> None:
    text = "I have injections every 3 months because my stomach doesn't absorb it."
    assert meant(text)["b12_injection"] == "current"
    assert "b12_injection" not in meant("Zoladex injections every 3 months.")


def test_a_mothers_baby_is_not_the_patient() -> None:
    assert "child_stated" not in meant("Breast-feeding a 5-month-old baby who is floppy.")
    assert meant("5 month old baby with floppiness.")["child_stated"] == "current"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Her baby has transcobalamin deficiency.", "relative"),
        ("Carrier of a TCN2 variant.", None),
        ("Transcobalamin deficiency.", "current"),
    ],
)
def test_a_carrier_and_a_babys_mother_do_not_have_the_disorder(text: str, said: str | None) -> None:
    assert meant(text).get("inherited_b12_disorder") == said


# -- numbers and people in running words -------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["B12 taken on admission 140 ng/L", "B12 on admission 140 ng/L", "B12 drawn yesterday 140 ng/L"]
)
def test_a_sample_that_was_taken_is_a_result_and_no_treatment(text: str) -> None:
    record = read(text)
    assert [lab.analyte for lab in record.labs] == ["vitamin_b12"]
    assert not record.events


def test_a_sample_whose_result_is_not_told_is_no_treatment_either() -> None:
    assert not read("B12 taken on the day of discharge.").events
    assert meant("B12 taken on alternate days.")["b12_unspecified"] == "current"


def test_b12_that_is_taken_with_a_dose_is_treatment() -> None:
    assert meant("B12 taken daily 1000 mcg")["b12_unspecified"] == "current"


@pytest.mark.parametrize(
    ("number", "unit"),
    [("0.05", "umol/L"), ("0.48", "umol/L"), ("2", "umol/L"), ("2.1", None), ("320", None)],
)
def test_a_small_mma_without_a_unit_in_words_is_in_micromoles(number: str, unit: str | None) -> None:
    (lab,) = read(f"MMA {number}, numb toes").labs
    assert (lab.unit, lab.problem) == (unit, None if unit else "unit_missing")


def test_in_a_field_of_its_own_it_is_not_used() -> None:
    case = {"patient": {}, "facts": {"labs": [{"analyte": "mma", "value": 0.48, "unit": None, "day": 0}]}}
    assert read_case(case, RULES).labs[0].problem == "unit_missing"


@pytest.mark.parametrize(
    ("text", "sex"),
    [
        ("Psych liaison: 29F admitted with psychosis.", "female"),
        ("Renal: 62M on dialysis.", "male"),
        ("RBC 4.5M, WBC 6.", None),
        ("Platelets: 250M", None),
    ],
)
def test_age_and_sex_behind_a_heading_and_no_number_of_millions(text: str, sex: str | None) -> None:
    said = [e.concept for e in read(text).events if e.concept in ("male", "female")]
    assert said == ([sex] if sex else [])


@pytest.mark.parametrize(
    ("line", "used"),
    [
        ("Patient: 54 yo F. On weekly B12 injections, last one 4 days ago.", True),
        ("Patient: taking B12 injections for ten years, vegan", True),
        ("Patient: Surname, Forename", False),
    ],
)
def test_a_line_of_the_patients_that_tells_of_them_is_read(line: str, used: bool) -> None:
    (record,) = pasted.read(f"Vitamin B12 140 ng/L\n{line}\n".encode(), RULES, AS_OF)
    assert any(e.concept == "b12_injection" for e in record.events) is used
