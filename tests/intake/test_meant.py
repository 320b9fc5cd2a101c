"""What words mean beyond their phrase: ticks on a form, addresses, a laboratory's remarks, doses between commas, what is left over."""

from __future__ import annotations

import pytest
from tests.robustness.cases import RULES

from cobalens.intake.casefile import read_case
from cobalens.intake.laboratory.labs import index_for
from cobalens.intake.laboratory.testnames import find
from cobalens.model.record import Event, Record

AS_OF = "2026-11-23"


def read(text: object, field: str = "note", as_of: str | None = None) -> Record:
    return read_case({"patient": {}, "facts": {field: text}}, RULES, as_of)


def meant(text: str, field: str = "note") -> dict[str, str]:
    return {e.concept: _status(e) for e in read(text, field).events}


def _status(event: Event) -> str:
    if not event.affirmed:
        return "no"
    return "unsure" if event.doubt else "over" if event.time == "past" else "yes"


# -- ticks on a form -------------------------------------------------------------------------------


@pytest.mark.parametrize("no", ["N", "n", "No", "NO", "false", "neg", "0", "Nil", "None"])
@pytest.mark.parametrize(
    ("label", "concept"),
    [("Pregnant", "pregnant"), ("Smoker", "smoking"), ("Vegan", "vegan_diet"), ("On metformin", "metformin")],
)
@pytest.mark.parametrize("mark", [": ", " - ", "? ", ":"])
def test_an_answer_after_a_label_denies_it(label: str, concept: str, mark: str, no: str) -> None:
    assert meant(f"{label}{mark}{no}")[concept] == "no"


@pytest.mark.parametrize("yes", ["Y", "Yes", "yes", "true"])
@pytest.mark.parametrize("mark", [": ", " - ", "? "])
def test_an_answer_after_a_label_affirms_it(mark: str, yes: str) -> None:
    assert meant(f"Smoker{mark}{yes}") == {"smoking": "yes"}
    assert meant(f"Numbness{mark}{yes}")["paraesthesia"] == "yes"


@pytest.mark.parametrize(
    "text", ["Pregnant: N, Smoker: Y", "Pregnant? N  Smoker? Y", "Pregnant - No\nSmoker - Yes"]
)
def test_each_label_of_a_form_has_its_own_answer(text: str) -> None:
    found = meant(text)
    assert (found["pregnant"], found["smoking"]) == ("no", "yes")


@pytest.mark.parametrize(
    "text", ["Pregnancy status: not pregnant", "Diet: vegan: no", "Smoking - non-smoker"]
)
def test_what_stands_after_a_label_decides(text: str) -> None:
    assert "yes" not in meant(text).values()


def test_a_label_that_is_said_again_holds() -> None:
    assert meant("Pregnancy status: pregnant, 12 weeks")["pregnant"] == "yes"


def test_an_n_that_is_no_answer_denies_nothing() -> None:
    assert meant("Metformin: N-acetylcysteine also taken")["metformin"] == "yes"
    assert "no" not in meant("Vitamin B12 tablets - nightly").values()


@pytest.mark.parametrize(
    "text", ["never smoker", "non-smoker", "nonsmoker", "lifelong non smoker", "never smoked"]
)
def test_who_never_smoked_does_not_smoke(text: str) -> None:
    assert meant(text) == {"smoking": "no"}


@pytest.mark.parametrize("text", ["ex-smoker", "former smoker", "previous smoker"])
def test_who_used_to_smoke_smokes_no_longer(text: str) -> None:
    assert meant(text) == {"smoking": "over"}


# -- what is not about the person ------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Biotin supplementation may interfere with this assay.",
        "High dose biotin can cause falsely low results.",
        "Patients taking metformin or a vegan diet may have low levels.",
        "Low levels are seen in pernicious anaemia, coeliac disease and pregnancy; causes include a vegan diet.",
        "Specimens from individuals with liver disease may show falsely elevated B12.",
    ],
)
def test_a_remark_on_the_method_says_nothing_of_the_person(text: str) -> None:
    assert meant(text) == {}


@pytest.mark.parametrize(
    "text",
    [
        "She takes biotin, which may interfere with this assay.",
        "On biotin, may interfere with the assay.",
        "Patient on biotin (known to interfere with immunoassays).",
        "Biotin 10 mg daily may interfere with this assay.",
    ],
)
def test_somebody_who_takes_it_takes_it_whatever_it_does_to_an_assay(text: str) -> None:
    assert meant(text) == {"biotin": "yes"}


@pytest.mark.parametrize("text", ["San Jose, CA 95123", "Pittsburgh, PA 15213", "Jackson MS 39201-1234"])
def test_the_state_in_an_address_is_no_illness(text: str) -> None:
    assert meant(text) == {}


@pytest.mark.parametrize("text", ["Jane Doe, 67F", "Mr John Doe attends", "Mrs Doe is well"])
def test_somebody_of_that_name_is_not_breathless(text: str) -> None:
    assert "breathlessness" not in meant(text)


@pytest.mark.parametrize("text", ["Jane Doe has DOE", "c/o doe", "Doe on stairs", "SOB and DOE"])
def test_breath_may_still_be_short_in_short(text: str) -> None:
    assert "breathlessness" in meant(text)


@pytest.mark.parametrize("text", ["fragmented red cells seen on the film", "Fragmented red cells present"])
def test_cells_that_are_seen_are_no_count_of_them(text: str) -> None:
    assert "red_cell_fragments" in meant(text)


@pytest.mark.parametrize(
    ("text", "concept"), [("CA breast 2019", "solid_cancer"), ("Dx: CA, on chemo", "cancer_known")]
)
def test_two_capitals_elsewhere_still_are_one(text: str, concept: str) -> None:
    assert concept in meant(text)


@pytest.mark.parametrize(
    "text",
    [
        "Miscarriage in first trimester",
        "Miscarriage at 10 weeks gestation",
        "Pregnancy loss 2019",
        "lost pregnancy",
    ],
)
def test_a_pregnancy_that_ended_is_none(text: str) -> None:
    assert "pregnant" not in meant(text)


def test_a_pregnancy_after_another_is_one() -> None:
    assert meant("Previous miscarriage. Now in second trimester.")["pregnant"] == "yes"


@pytest.mark.parametrize(
    "text", ["no loss of consciousness", "Fell without loss of consciousness", "never lost consciousness"]
)
def test_whoever_did_not_faint_may_still_be_confused(text: str) -> None:
    assert "acute_confusion" not in meant(text)


def test_reduced_consciousness_is_confusion() -> None:
    assert meant("reduced consciousness, muddled")["acute_confusion"] == "yes"


# -- medicines -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "cyanocobalamin, oral, 1000 micrograms daily",
        "cyanocobalamin, 1000 mcg, oral, once daily",
        "cyanocobalamin (oral), 1 mg daily",
    ],
)
def test_commas_do_not_part_a_medicine_from_its_route_and_dose(text: str) -> None:
    (one,) = read(text, "medications").events
    assert (one.route, one.dose_ug) == ("oral", 1000)


def test_the_dose_of_the_next_medicine_is_its_own() -> None:
    first, second = read("metformin, omeprazole 20 mg oral", "medications").events
    assert (first.concept, first.route, first.dose_ug) == ("metformin", None, None)
    assert (second.concept, second.dose_ug) == ("ppi", 20_000)


@pytest.mark.parametrize(
    "how",
    ["often missed", "forgets", "not taking regularly", "frequently forgets", "sporadically", "misses doses"],
)
def test_a_medicine_that_is_often_missed_is_missed(how: str) -> None:
    (one,) = read(f"cyanocobalamin tablets, {how}", "medications").events
    assert one.adherence == "missed"


def test_who_forgets_names_does_not_thereby_forget_tablets() -> None:
    found = read("She forgets names. Takes metformin.").events
    assert next(e for e in found if e.concept == "metformin").adherence is None


@pytest.mark.parametrize("how", ["stopped taking", "has stopped taking it", "stopped using it"])
def test_a_medicine_that_somebody_stopped_taking_is_over(how: str) -> None:
    assert meant(f"metformin, {how}", "medications") == {"metformin": "over"}


def test_what_was_stopped_is_the_medicine_that_is_named_after_it() -> None:
    assert meant("metformin, stopped omeprazole", "medications") == {"metformin": "yes", "ppi": "over"}


@pytest.mark.parametrize("salt", ["sulfate", "sulphate", "fumarate", "gluconate", "succinate", "lactate"])
def test_every_salt_of_iron_is_iron(salt: str) -> None:
    assert meant(f"ferrous {salt} 200 mg", "medications") == {"iron_treatment": "yes"}


# -- dates in words --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "start", "stop", "time"),
    [
        ("metformin since 2024-06-30", (-876, -876), (None, None), "current"),
        ("metformin from 2024-06", (-905, -876), (None, None), "current"),
        ("metformin until 2025-01-15", (None, None), (-677, -677), "past"),
        ("metformin from 2024-06-30 until 2025-01-15", (-876, -876), (-677, -677), "past"),
        ("metformin 2024-06-30 to 2025-01-15", (-876, -876), (-677, -677), "past"),
        ("metformin from 2024-06-30 until 2027-01-15", (-876, -876), (53, 53), "current"),
    ],
)
def test_a_written_date_counts_from_the_day_of_decision(
    text: str, start: tuple[int, int], stop: tuple[int, int], time: str
) -> None:
    (one,) = read([text], "medications", AS_OF).events
    assert ((one.start.first, one.start.last), (one.stop.first, one.stop.last)) == (start, stop)
    assert one.time == time


def test_words_in_relative_days_stay_relative() -> None:
    assert read(["metformin for 2 years"], "medications", AS_OF).as_of is None


@pytest.mark.parametrize(
    "dates",
    [{"start_day": -100, "stop_day": -200}, {"start_date": "2025-01-01", "stop_date": "2024-01-01"}],
)
def test_a_medicine_that_ends_before_it_begins_is_told_and_not_dated(dates: dict[str, object]) -> None:
    record = read([{"name": "metformin", **dates}], "medications", AS_OF)
    (one,) = record.events
    assert (one.doubt, one.start.known, one.stop.known) == (True, False, False)
    assert [note.code for note in record.notes] == ["data_quality:insufficient_data"]


def test_words_that_end_a_medicine_before_it_begins_are_told() -> None:
    record = read(["metformin from 2024-06 until 2023-01"], "medications", AS_OF)
    (one,) = record.events
    assert (one.doubt, one.time, one.start.known, one.stop.known) == (True, "current", False, False)
    assert [note.code for note in record.notes] == ["data_quality:insufficient_data"]


def test_a_medicine_of_one_day_ends_as_it_begins() -> None:
    record = read([{"name": "metformin", "start_day": -9, "stop_day": -9}], "medications")
    assert record.notes == ()
    assert record.events[0].doubt is False


# -- what is left over -----------------------------------------------------------------------------


def test_an_unknown_word_beside_a_medicine_is_reported() -> None:
    assert [u.text for u in read(["metformin with zorblaxib"], "medications").not_understood] == ["zorblaxib"]


def test_unknown_words_in_a_clause_that_was_understood_are_reported() -> None:
    left = read("She has numb feet from quavering flibbert pots").not_understood
    assert [u.text for u in left] == ["quavering flibbert pots"]


def test_a_clause_that_is_understood_leaves_nothing() -> None:
    assert read("She has numb feet and takes metformin 1 g twice daily.").not_understood == ()


# -- names of tests --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "unit", "analyte"),
    [
        ("Cobalamin (Vitamin B12) [Mass/volume] in Serum or Plasma", "pg/mL", "vitamin_b12"),
        ("Vit B12 SerPl-mCnc", "pg/mL", "vitamin_b12"),
        ("Methylmalonate [Moles/volume] in Serum or Plasma", "umol/L", "mma"),
        ("Homocysteine [Moles/volume] in Serum or Plasma", "umol/L", "homocysteine"),
        ("Hcys SerPl-sCnc", "umol/L", "homocysteine"),
        ("Hemoglobin [Mass/volume] in Blood", "g/dL", "hemoglobin"),
        ("Hgb Bld-mCnc", "g/dL", "hemoglobin"),
        ("MCV [Entitic mean volume] in Red Blood Cells by Automated count", "fL", "mcv"),
        ("MCV RBC Auto", "fL", "mcv"),
        ("Erythrocyte mean corpuscular volume", "fL", "mcv"),
        ("Erythrocyte distribution width [Ratio] by Automated count", "%", "rdw"),
        ("Erythrocyte distribution width [Entitic volume] by Automated count", "fL", "rdw_sd"),
        ("Folate [Mass/volume] in Serum or Plasma", "ng/mL", "folate_serum"),
        ("Folate [Mass/volume] in Red Blood Cells", "ng/mL", "folate_rbc"),
        ("Ferritin SerPl-mCnc", "ng/mL", "ferritin"),
        ("Neutrophils [#/volume] in Blood by Automated count", "10*9/L", "neutrophils"),
    ],
)
def test_long_and_short_names_of_loinc_are_names(name: str, unit: str, analyte: str) -> None:
    assert analyte in find(name, index_for(RULES))
    (lab,) = read([{"analyte": name, "value": 50, "unit": unit}], "labs").labs
    assert lab.analyte == analyte


@pytest.mark.parametrize(
    "name",
    [
        "Methylmalonate [Moles/volume] in Urine",
        "Cobalamin (Vitamin B12) [Mass/volume] in Amniotic fluid",
        "Hemoglobin [Mass/volume] in Stool",
        "Folate [Mass/volume] in Cerebral spinal fluid",
    ],
)
def test_the_same_substance_in_another_specimen_is_another_test(name: str) -> None:
    assert read([{"analyte": name, "value": 50, "unit": "umol/L"}], "labs").labs == ()


@pytest.mark.parametrize("code", ["30428-7", "787-2"])
def test_both_codes_of_the_mean_cell_volume_are_known(code: str) -> None:
    (lab,) = read([{"analyte": code, "value": 101, "unit": "fL"}], "labs").labs
    assert lab.analyte == "mcv"


@pytest.mark.parametrize(
    ("phrase", "never"),
    [
        (
            "Assessment using AUDIT-C (Alcohol Use Disorders Identification Test - Consumption)",
            "alcohol_excess",
        ),
        ("Alcohol screening done", "alcohol_excess"),
        ("Subcutaneous immunotherapy for hay fever", "checkpoint_inhibitor"),
        ("Allergen immunotherapy", "checkpoint_inhibitor"),
        ("Only received primary school education", "child_stated"),
        ("Primary school teacher", "child_stated"),
    ],
)
def test_an_assessment_a_desensitisation_and_a_schooling_are_no_finding(phrase: str, never: str) -> None:
    record = read_case({"patient": {}, "facts": {"conditions": [phrase]}}, RULES)
    assert never not in {event.concept for event in record.events}


def test_the_same_words_still_say_it_of_a_patient() -> None:
    facts = {"conditions": ["alcohol use disorder"], "medications": ["immunotherapy for melanoma"]}
    record = read_case({"patient": {}, "facts": facts}, RULES)
    assert {"alcohol_excess", "checkpoint_inhibitor"} <= {event.concept for event in record.events}


@pytest.mark.parametrize(
    "text", ["has no stomach trouble", "I have no stomach ulcer", "she has no stomach pain"]
)
def test_a_healthy_stomach_is_not_a_missing_one(text: str) -> None:
    assert "total_gastrectomy" not in meant(text)


@pytest.mark.parametrize(
    "text", ["has no stomach and eats little", "I have no stomach.", "has no stomach since 2019"]
)
def test_a_missing_stomach_is_an_operation(text: str) -> None:
    assert meant(text)["total_gastrectomy"] == "yes"


@pytest.mark.parametrize(
    "text",
    ["anaphylaxis after hydroxocobalamin injections in 2020", "anaphylaxis after hydroxocobalamin jab"],
)
def test_what_an_allergy_is_to_is_not_taken(text: str) -> None:
    assert meant(text, "conditions") == {"b12_allergy": "yes"}


@pytest.mark.parametrize(
    "text",
    [
        "corpus biopsy: autoimmune-type gastritis",
        "atrophic autoimmune gastritis of the body",
        "gastritis of autoimmune pattern",
    ],
)
def test_a_pathologists_autoimmune_gastritis_is_one(text: str) -> None:
    assert meant(text, "biopsies")["atrophic_gastritis"] == "yes"


@pytest.mark.parametrize(
    "text", ["posterior column T2 hyperintensity", "dorsal column high T2 signal from C3"]
)
def test_signal_in_the_dorsal_columns_is_read_in_any_order(text: str) -> None:
    assert meant(text, "imaging")["cord_dorsal_column_lesion"] == "yes"


@pytest.mark.parametrize(
    "words", ["never prescribed", "never issued", "never received", "never used", "were never given"]
)
def test_a_medicine_that_was_never_given_is_not_taken(words: str) -> None:
    assert meant(f"Cyanocobalamin tablets {words}", "medications")["b12_tablets"] == "no"


@pytest.mark.parametrize(
    "text", ["Nitrous oxide was never used.", "laughing gas never tried", "Whippets never touched"]
)
def test_a_gas_that_was_never_used_is_none(text: str) -> None:
    assert meant(text)["nitrous_oxide"] == "no"


@pytest.mark.parametrize("text", ["Fell six times since Easter", "has fallen 5 times", "fell a few times"])
def test_falls_are_falls_however_many(text: str) -> None:
    assert meant(text)["falls"] == "yes"


def test_a_count_that_fell_several_times_is_no_fall() -> None:
    assert "falls" not in meant("Haemoglobin fell three times in a row")


def test_a_blood_count_with_its_film_is_the_count() -> None:
    found = {lab.analyte for lab in read("Full blood count with film, liver tests and CRP normal").labs}
    assert {"hemoglobin", "platelets", "neutrophils", "alt", "crp"} <= found


@pytest.mark.parametrize(
    "text",
    [
        "Has not stopped his cyanocobalamin tablets", "did not stop her cyanocobalamin tablets", "cyanocobalamin tablets were not stopped",
        "has never missed her cyanocobalamin tablets", "does not skip the cyanocobalamin tablets",
    ],
)  # fmt: skip
def test_what_was_not_stopped_or_missed_goes_on(text: str) -> None:
    assert meant(text)["b12_tablets"] == "yes"


def test_a_household_without_the_habit_denies_it() -> None:
    assert meant("Nobody at home is vegan.").get("vegan_diet") == "no"
