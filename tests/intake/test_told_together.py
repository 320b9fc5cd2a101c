"""Lists of tests with a film among them, whose result it is, ranges by sex in a note, names in other languages."""

from __future__ import annotations

import pytest
from tests.robustness.cases import RULES

from cobalens.intake.casefile import read_case
from cobalens.model.record import Record


def read(text: str, **patient: object) -> Record:
    return read_case({"patient": patient, "facts": {"note": text}}, RULES, "2026-11-23")


def results(text: str, **patient: object) -> dict[str, str]:
    return {lab.analyte: lab.qualitative or lab.text for lab in read(text, **patient).labs}


def meant(text: str) -> dict[str, str]:
    return {
        e.concept: "no" if not e.affirmed else "unsure" if e.doubt else "yes"
        for e in read(text).events
        if not e.family
    }


# -- what stands in a list and is no test ----------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "FBC, film, LFTs normal",
        "FBC and blood film, LFTs normal",
        "FBC, LFTs and film normal",
        "FBC, ECG, LFTs all normal",
        "FBC (with film), LFTs: NAD",
        "LFTs, urinalysis, FBC unremarkable",
    ],
)
def test_a_film_in_a_list_of_tests_does_not_cut_the_list(text: str) -> None:
    found = results(text)
    assert (found["hemoglobin"], found["mcv"], found["alt"]) == ("normal", "normal", "normal")


@pytest.mark.parametrize("text", ["FBC, film, LFTs normal", "FBC and film normal", "FBC, film: normal"])
def test_the_film_of_such_a_list_is_normal_too(text: str) -> None:
    assert meant(text)["red_cell_fragments"] == "no"


@pytest.mark.parametrize(
    "text",
    [
        "FBC pending, LFTs normal",
        "FBC today, LFTs normal",
        "FBC, MRI spine booked, LFTs normal",
        "FBC not done, film seen, LFTs normal",
    ],
)
def test_a_count_that_is_not_in_the_list_is_not_normal(text: str) -> None:
    assert "hemoglobin" not in results(text)


# -- what was seen, and what is expected -----------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["Schistocytes few (none)", "Schistocytes: occasional (none)", "Film: schistocytes present (absent)"],
)
def test_what_is_expected_in_brackets_denies_nothing(text: str) -> None:
    assert meant(text)["red_cell_fragments"] == "yes"


@pytest.mark.parametrize("text", ["Schistocytes (none)", "Schistocytes: none", "Schistocytes none (none)"])
def test_none_in_place_of_what_was_seen_denies_it(text: str) -> None:
    assert meant(text)["red_cell_fragments"] == "no"


# -- whose result ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "My wife's B12 was 98 ng/L, mine is 265 ng/L",
        "My husband's B12 was 98 ng/L and mine was 265 ng/L. Should I worry?",
        "His wife's B12 was 98 ng/L; mine is 265 ng/L",
        "Her sister's B12 was 98 ng/L. Hers is 265 ng/L",
        "I have numb feet. My mother's B12 was 98 ng/L. Mine was 265 ng/L.",
    ],
)
def test_the_writers_own_result_stands_beside_that_of_a_relative(text: str) -> None:
    record = read(text)
    assert [lab.text for lab in record.labs] == ["265 ng/L"]
    assert any("98 ng/L" in one.text for one in record.not_understood)


@pytest.mark.parametrize(
    "text",
    [
        "Filling this in for my dad. His B12 is 150 ng/L, mine is 480 ng/L",
        "Mum's B12 was 150 ng/L and she is numb. Mine is 480 ng/L.",
        "I'm writing for my mum. Mine was 480 ng/L but hers, done last week, was B12 150 ng/L.",
    ],
)
def test_who_writes_for_a_relative_speaks_of_their_own_result_in_passing(text: str) -> None:
    record = read(text)
    assert [lab.text for lab in record.labs] == ["150 ng/L"]
    assert any("480 ng/L" in one.text for one in record.not_understood)


# -- what is left out of a diet, and what is found lying about -------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "gave up meat, eggs and dairy",
        "gave up meat and then dairy in 2019",
        "no meat, fish, dairy or eggs",
        "does not eat meat, fish, eggs or milk",
        "cut out meat and dairy",
        "no dairy or meat",
    ],
)
def test_a_list_of_what_is_left_out_that_ends_in_milk_is_vegan(text: str) -> None:
    assert meant(text)["vegan_diet"] == "yes"


@pytest.mark.parametrize(
    "text",
    [
        "gave up meat, but not dairy",
        "avoids meat, takes dairy and eggs",
        "no meat, drinks milk",
        "no meat or eggs",
        "no meat but lots of dairy",
        "gave up meat",
    ],
)
def test_who_leaves_out_meat_and_takes_milk_is_vegetarian(text: str) -> None:
    found = meant(text)
    assert found.get("vegetarian_diet") == "yes"
    assert "vegan_diet" not in found


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("balloons seen in his rucksack", "unsure"),
        ("cream chargers found in the bin", "unsure"),
        ("wife found balloons in his car", "unsure"),
        ("found using balloons", "yes"),
        ("does balloons at the weekend", "yes"),
        ("balloons denied", "no"),
    ],
)
def test_what_was_found_is_a_question_and_not_its_use(text: str, how: str) -> None:
    assert meant(text).get("nitrous_oxide", "unsure") == how


def test_what_was_seen_under_the_microscope_is_no_question() -> None:
    assert meant("blasts seen in film")["blasts"] == "yes"


# -- ranges by sex ---------------------------------------------------------------------------------

RANGES = "B12 195 ng/L (women 190-900, men 200-950)"


@pytest.mark.parametrize(
    ("text", "patient", "limit"),
    [
        (f"67F. {RANGES}", {}, "190"),
        (f"67M. {RANGES}", {}, "200"),
        (RANGES, {"sex": "female"}, "190"),
        (RANGES, {"sex": "male"}, "200"),
        ("B12 195 ng/L (190-900 female, 200-950 male)", {"sex": "male"}, "200"),
    ],
)
def test_of_ranges_by_sex_in_a_note_the_persons_own_is_used(
    text: str, patient: dict[str, str], limit: str
) -> None:
    (lab,) = read(text, **patient).labs
    assert (lab.text, str(lab.ref_low)) == ("195 ng/L", limit)


def test_without_the_sex_neither_range_is_used_and_both_are_listed() -> None:
    record = read(RANGES)
    assert record.labs[0].ref_low is None
    assert any("190-900" in one.text for one in record.not_understood)


# -- names as other countries print them -----------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "analyte", "value"),
    [
        ("Vitamin B12 im Serum 120 pmol/l", "vitamin_b12", "120 pmol/l"),
        ("Vitamin B12 i.S. 120 ng/l", "vitamin_b12", "120 ng/l"),
        ("Holotranscobalamin im Serum 21 pmol/l", "holotc", "21 pmol/l"),
        ("Methylmalonsäure 620 nmol/l", "mma", "620 nmol/l"),
        ("Erythrozyten 3,9 T/l", "rbc", "3.9 T/l"),
        ("Hämoglobin 10,2 g/dl", "hemoglobin", "10.2 g/dl"),
        ("Folsäure 9 ng/ml", "folate_serum", "9 ng/ml"),
        ("Ferritin i.S. 80 µg/l", "ferritin", "80 µg/l"),
        ("vitamina B12 120 pmol/L", "vitamin_b12", "120 pmol/L"),
        ("emoglobina 10,2 g/dL", "hemoglobin", "10.2 g/dL"),
        ("omocisteina 31 µmol/L", "homocysteine", "31 µmol/L"),
        ("acido metilmalonico 620 nmol/L", "mma", "620 nmol/L"),
        ("ferritina nel siero 30 ng/mL", "ferritin", "30 ng/mL"),
        ("piastrine 120 G/L", "platelets", "120 G/L"),
    ],
)
def test_german_and_italian_names_of_tests(text: str, analyte: str, value: str) -> None:
    (lab,) = read(text).labs
    assert (lab.analyte, lab.text) == (analyte, value)
    assert not read(text).events


@pytest.mark.parametrize("text", ["Vitamin B12 im Serum erniedrigt", "Vitamin B12 im Serum"])
def test_the_german_im_is_no_injection(text: str) -> None:
    assert "b12_injection" not in meant(text)


@pytest.mark.parametrize("text", ["B12 im 1000 mcg monthly", "vitamin B12 1 mg i.m.", "hydroxocobalamin IM"])
def test_an_intramuscular_dose_is_one(text: str) -> None:
    assert {"b12_injection", "b12_unspecified"} & set(meant(text))


# -- how old somebody is, said in passing ----------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("Vegan household. She's 12.", 12),
        ("He's 71 now, and unsteady", 71),
        ("Mum writing about my daughter, she's 12, we are all vegan", 12),
        ("my son is 8 and vegan", 8),
        ("Writing about my husband, he is 67 and has numb feet", 67),
        ("Woman, 38. Tired.", 38),
        ("vegan girl of 13", 13),
        ("boy, 13", 13),
        ("Mujer de 68 años, vegana", 68),
        ("Tengo 45 años y soy vegana desde hace 10 años", 45),
    ],
)
def test_an_age_in_passing_is_read(text: str, age: int) -> None:
    assert read(text).age == age


@pytest.mark.parametrize(
    "text",
    [
        "she is 34 weeks pregnant",
        "he's 6 weeks post op",
        "She is 72 kg",
        "he's 5 ft tall",
        "Her mother had pernicious anaemia, she's 71",
        "My mum has pernicious anaemia. She's 84. I am vegan",
        "Hb 118 g/L (female, 115-160; male, 130-180)",
        "metformina desde hace 12 años",
    ],
)
def test_what_is_no_age_or_another_persons_is_not_read(text: str) -> None:
    assert read(text).age is None


def test_who_writes_about_a_child_is_no_relative_of_whom_something_is_told() -> None:
    assert meant("Mum writing about my daughter, she's 12, we are all vegan")["vegan_diet"] == "yes"


# -- what a pronoun is not, and what nothing is ----------------------------------------------------


@pytest.mark.parametrize("text", ["He's on nothing for B12", "he’s on metformin", "He's with his wife"])
def test_a_pronoun_and_its_verb_are_no_abbreviation_of_a_disease(text: str) -> None:
    assert "hypereosinophilia" not in meant(text)


def test_an_abbreviation_that_is_introduced_is_one() -> None:
    assert meant("known HES on imatinib")["hypereosinophilia"] == "yes"


@pytest.mark.parametrize("text", ["He's on nothing for B12", "takes nothing for her B12"])
def test_nothing_for_it_is_a_denial(text: str) -> None:
    assert meant(text)["b12_injection"] == "no"


def test_who_tells_of_the_patient_is_no_relative_of_whom_it_is_told() -> None:
    text = "At first denied drugs; flatmate says he does balloons most nights."
    assert meant(text)["nitrous_oxide"] == "yes"


# -- Spanish ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hormigueo en los pies desde hace 4 meses", {"paraesthesia": "yes"}),
        ("sin hormigueo, pero inestabilidad de la marcha", {"paraesthesia": "no", "unsteadiness": "yes"}),
        ("Niega hormigueo ni caídas", {"paraesthesia": "no", "falls": "no"}),
        ("gastrectomía total en 2021", {"total_gastrectomy": "yes"}),
        ("No es vegano, come de todo", {"vegan_diet": "no", "mixed_diet": "yes"}),
        ("Toma metformina y omeprazol", {"metformin": "yes", "ppi": "yes"}),
        ("anemia perniciosa descartada", {"pernicious_anaemia": "no"}),
        ("posible anemia perniciosa", {"pernicious_anaemia": "unsure"}),
        ("Neuropatía por quimioterapia", {"chemotherapy_neuropathy": "yes"}),
        ("¿Debo dejar los suplementos?", {"asks_to_stop_b12": "yes"}),
        (
            "No toma suplementos ni inyecciones de B12",
            {"b12_tablets": "no", "b12_injection": "no", "intravenous_b12": "no"},
        ),
    ],
)
def test_spanish_words_are_read_with_their_denials(text: str, said: dict[str, str]) -> None:
    found = meant(text)
    assert {name: found.get(name) for name in said} == said


@pytest.mark.parametrize(
    "text", ["Su madre tiene anemia perniciosa", "antecedentes familiares de anemia perniciosa"]
)
def test_a_spanish_relatives_illness_is_not_the_patients(text: str) -> None:
    assert "pernicious_anaemia" not in meant(text)


@pytest.mark.parametrize("text", ["Mujer de 68 años", "dolor de espalda", "de alta"])
def test_the_spanish_de_is_no_shortness_of_breath(text: str) -> None:
    assert "breathlessness" not in meant(text)


def test_doe_still_is() -> None:
    assert meant("SOB, DOE")["breathlessness"] == "yes"


# -- names in a list with their numbers in a list, and words between a name and its number ---------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("B12/folate 140 ng/L / 3.2 ug/L", {"vitamin_b12": "140 ng/L", "folate_serum": "3.2 ug/L"}),
        ("B12, MMA: 140 ng/L, 0.9 umol/L", {"vitamin_b12": "140 ng/L", "mma": "0.9 umol/L"}),
        (
            "B12 and ferritin were 140 ng/L and 8 ug/L respectively",
            {"vitamin_b12": "140 ng/L", "ferritin": "8 ug/L"},
        ),
        ("Hb/MCV 98/112", {"hemoglobin": "98 g/L", "mcv": "112 fL"}),
        ("ALT, AST 30, 28, Hb 98", {"alt": "30 U/L", "ast": "28 U/L", "hemoglobin": "98 g/L"}),
        ("B12 140 ng/L, folate 3.2 ug/L", {"vitamin_b12": "140 ng/L", "folate_serum": "3.2 ug/L"}),
    ],
)
def test_as_many_numbers_as_names_belong_to_them_in_their_order(text: str, said: dict[str, str]) -> None:
    assert {lab.analyte: lab.text for lab in read(text).labs} == said


@pytest.mark.parametrize("text", ["B12, folate 140 pmol/L", "ALT, AST 200 in March, 30 in May"])
def test_fewer_numbers_than_names_are_shared_out_to_nobody(text: str) -> None:
    assert "alt" not in results(text)
    assert "vitamin_b12" not in results(text)


@pytest.mark.parametrize(
    "text",
    [
        "Somebody added a B12 to the bloods: 140 ng/L",
        "B12 result on the printout: 140 ng/L",
        "vitamin B12 reading from the lab is 140 ng/L",
        "His B12, which was done privately, was 140 ng/L",
        "B12 came out at 140 ng/L",
        "B12 sits at 140 ng/L",
        "the B12 turned out to be 140 ng/L",
        "Mi B12 salió 140 ng/L",
        "La vitamina B12 fue de 140 ng/L",
    ],
)
def test_words_between_a_name_and_its_number_do_not_part_them(text: str) -> None:
    assert [(lab.analyte, lab.text) for lab in read(text).labs] == [("vitamin_b12", "140 ng/L")]


@pytest.mark.parametrize(
    "text",
    [
        "B12 1000 mcg daily",
        "B12 has never been above 200 ng/L",
        "B12 given, tacrolimus 8 ng/mL",
        "B12 should be above 200 ng/L",
        "target B12 above 400 ng/L",
    ],
)
def test_a_dose_a_wish_or_another_drugs_level_is_no_result(text: str) -> None:
    assert "vitamin_b12" not in results(text)


# -- a verdict that heads a list -------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Normal: FBC, LFTs, U&E",
        "Full work-up clean: FBC, LFTs, CRP",
        "The following were normal: FBC, U&E, LFTs",
    ],
)
def test_a_verdict_at_the_head_of_a_list_is_said_of_all_of_it(text: str) -> None:
    found = results(text)
    assert (found["hemoglobin"], found["alt"]) == ("normal", "normal")


@pytest.mark.parametrize(
    "text", ["FBC normal: LFTs, U&E sent", "Not normal: LFTs, U&E", "MCV high: LFTs, U&E requested"]
)
def test_a_verdict_of_one_test_is_not_said_of_the_list_behind_it(text: str) -> None:
    assert "alt" not in results(text)


# -- what was given up -----------------------------------------------------------------------------


def when(text: str, concept: str) -> tuple[str, int | None]:
    record = read_case({"patient": {}, "facts": {"note": text}}, RULES, "2026-11-23")
    (event,) = (e for e in record.events if e.concept == concept)
    return ("no" if not event.affirmed else event.time), event.stop.last


@pytest.mark.parametrize(
    ("text", "concept", "stop"),
    [
        ("hasn't touched balloons since August", "nitrous_oxide", -84),
        ("no nangs for 3 weeks", "nitrous_oxide", -21),
        ("hasn't taken metformin since June 2026", "metformin", -146),
        ("not had a B12 injection for 10 weeks", "b12_injection", -70),
    ],
)
def test_none_since_a_time_says_that_there_was_some_before(text: str, concept: str, stop: int) -> None:
    assert when(text, concept) == ("past", stop)


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("never used balloons since school", "nitrous_oxide"),
        ("denies nitrous oxide since 2020", "nitrous_oxide"),
        ("no nitrous oxide in the last year", "nitrous_oxide"),
        ("no alcohol for 6 months", "alcohol_excess"),
        ("no metformin, on insulin for 10 years", "metformin"),
        ("no B12 injections", "b12_injection"),
    ],
)
def test_a_denial_that_reaches_back_for_ever_stays_one(text: str, concept: str) -> None:
    assert when(text, concept)[0] == "no"


def test_no_chemotherapy_since_a_year_denies_no_agent_before_it() -> None:
    assert "oxaliplatin" not in meant("no chemotherapy since 2019")


# -- who writes ------------------------------------------------------------------------------------


def test_somebody_who_says_at_the_end_that_they_write_for_another_does() -> None:
    text = "Husband had his stomach removed in 2018. He feels well. He is 70. I'm his wife writing."
    assert meant(text)["total_gastrectomy"] == "yes"
    assert read(text).age == 70


def test_a_relative_who_tells_of_themselves_is_the_patient() -> None:
    text = "My sister had pernicious anaemia. I'm her brother and I have numb feet."
    assert meant(text) == {"paraesthesia": "yes"}
