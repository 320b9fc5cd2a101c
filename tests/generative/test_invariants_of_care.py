"""The safety invariants from the twentieth on, which speak of giving B12, of warnings and of what is never left out; each test's name is the invariant."""

from __future__ import annotations

import re

from msgspec.structs import replace

from tests.generative.invariant_people import (
    B12_ASKED_FOR,
    BEGUN,
    DEFICIENT,
    GIVEN,
    PEOPLE,
    Person,
    judge,
    nobody,
    people,
    rules,
)


def test_20_an_injection_is_never_advised_in_cancer_without_platelets_nor_below_the_floor() -> None:
    muscle = [p for p in people() if "route:intramuscular" in p.said]
    assert len(muscle) > PEOPLE / 20
    nobody(
        [
            p
            for p in muscle
            if p.fact("cancer_known") == "yes"
            and p.fact("platelets") == "unknown"
            and "caution:ask_platelets" not in p.said
        ]
    )
    nobody(
        [
            p
            for p in muscle
            if p.fact("anticoagulant") == "yes"
            and p.fact("inr") == "unknown"
            and "caution:ask_clotting" not in p.said
        ]
    )
    nobody([p for p in muscle if p.fact("platelets") in {"< very_low", "[very_low..im_floor)"}])
    nobody(
        [
            p
            for p in people()
            if p.answer("route") == "avoid_intramuscular" and "route:oral_acceptable" not in p.said
        ]
    )


def test_21_b12_is_never_given_into_a_vein() -> None:
    assert not [code for code in rules().codes if code.startswith("route:") and "intravenous" in code]
    nobody(
        [
            p
            for p in people()
            if p.fact("intravenous_b12") == "yes" and "caution:not_intravenous" not in p.said
        ]
    )


def test_22_a_severe_megaloblastic_anaemia_is_never_treated_without_the_word_on_potassium() -> None:
    nobody(
        [
            p
            for p in people()
            if p.answer("replacement") in BEGUN
            and p.answer("anaemia") == "severe"
            and p.answer("blood_picture") in {"megaloblastic", "macrocytic"}
            and "caution:potassium" not in p.said
        ]
    )


def test_23_a_regimen_is_never_an_order() -> None:
    text = rules().text["en"]
    regimens = [code for code in rules().codes if code.startswith("regimen:")]
    assert regimens
    assert all("prescriber to confirm" in text[code].clinician for code in regimens)


def test_24_a_lifelong_need_is_never_dropped() -> None:
    for person in people():
        if not person.adult() or person.fact("lifelong_condition") != "yes":
            continue
        assert "action:no_b12_replacement" not in person.said, person
        assert person.answer("replacement") in GIVEN, person
    nobody(
        [
            p
            for p in people()
            if p.adult()
            and p.answer("cause_is_irreversible") == "yes"
            and p.fact("treatment_state") == "on"
            and "action:no_b12_replacement" in p.said
        ]
    )
    nobody(
        [
            p
            for p in people()
            if p.answer("cause_is_irreversible") == "yes"
            and p.answer("replacement") in {"start", "continue", "prophylaxis"}
            and "action:lifelong_replacement" not in p.said
        ]
    )


def test_25_metformin_and_acid_suppression_are_reviewed_never_ended() -> None:
    ended = [c for c in rules().codes if c.startswith("action:stop") and "antifolate" not in c]
    assert not ended


def test_26_a_number_without_a_sound_unit_is_always_named() -> None:
    named = {
        "unit_missing": "data_quality:unit_missing",
        "unit_impossible": "data_quality:unit_implausible",
        "implausible": "data_quality:unit_implausible",
    }
    for person in people():
        wanted = named.get(person.fact("total_b12_reading"))
        assert wanted is None or wanted in person.said, person


def test_27_every_conclusion_carries_its_pack() -> None:
    nobody([p for p in people() if p.trace.pack != p.pack.name])


def test_29_missing_data_are_never_hidden() -> None:
    bare = [
        p
        for p in people()
        if p.adult()
        and p.answer("first_line") == "not_measured"
        and p.answer("functional_evidence") == "not_measured"
        and p.answer("clinical_support") in {"none", "unknown"}
    ]
    nobody([p for p in bare if p.answer("deficiency") != "not_assessable"])
    nobody([p for p in bare if "data_quality:insufficient_data" not in p.said])
    asked = {"next_test:vitamin_b12", "next_test:repeat_b12", "next_test:homocysteine", "next_test:mma"}
    nobody([p for p in bare if p.fact("treatment_state") != "on" and not p.said & asked])


def test_30_the_calculated_indicator_never_moves_an_answer() -> None:
    questions = ("answer", "deficiency", "replacement", "route", "urgency")
    for person in people()[:: PEOPLE // 100]:
        on = replace(person.pack, policies={**person.pack.policies, "combined_indicator": "on"})
        shown = [judge({**person.facts, "cb12": atom}, on) for atom in range(6)]
        for question in questions:
            assert {one.answer(question) for one in shown} == {person.answer(question)}, person


def test_31_no_broad_search_is_ever_ordered_from_b12_alone() -> None:
    assert not [c for c in rules().codes if "broad" in c or "whole_body" in c]
    for person in people():
        if "action:targeted_assessment" in person.said:
            assert person.answer("persistence") == "persistent", person
            assert person.answer("elevation_explained") == "unexplained", person


def test_33_a_dose_of_unknown_date_is_always_named() -> None:
    nobody(
        [
            p
            for p in people()
            if p.fact("treatment_state") in {"on", "stopped"}
            and p.fact("sample_timing") == "unknown"
            and p.fact("total_b12_latest") not in {"unknown", "< low"}
            and "interpretation:b12_uninterpretable_on_replacement" not in p.said
        ]
    )


def test_34_total_b12_is_never_read_in_pregnancy_or_on_hormones_without_the_caveat() -> None:
    low = [p for p in people() if p.answer("total_b12_says") in {"deficient", "indeterminate"}]
    pregnant = "interpretation:pregnancy_total_b12_falls"
    nobody([p for p in low if p.fact("pregnant") == "yes" and pregnant not in p.said])
    hormones = "interpretation:total_b12_may_read_low"
    nobody([p for p in low if p.fact("oestrogen_or_contraceptive") == "yes" and hormones not in p.said])


def test_34_adult_bands_are_never_applied_to_a_child() -> None:
    children = [p for p in people() if not p.adult()]
    assert len(children) > PEOPLE / 20
    acts = {"action:start_b12_replacement", "action:therapeutic_trial", "action:no_b12_replacement"}
    acts |= {"interpretation:indeterminate_b12"}
    nobody(
        [
            p
            for p in children
            if p.answer("deficiency") != "not_assessable"
            or p.answer("answer") != "undetermined"
            or "scope:paediatric_refer" not in p.said
            or p.said & acts
        ]
    )


def test_35_no_reading_of_a_black_person_goes_without_the_word_on_reference_ranges() -> None:
    nobody(
        [
            p
            for p in people()
            if p.fact("black_ethnicity") == "yes"
            and p.answer("total_b12_says") != "not_measured"
            and "interpretation:reference_range_ethnicity" not in p.said
        ]
    )


def test_36_b12_and_folate_are_never_left_out_of_pancytopenia_pseudo_tma_or_large_cells() -> None:
    def asks(p: Person) -> bool:
        large = p.answer("mcv_class") in {"macrocytic", "strongly_macrocytic"}
        large = large and p.fact("macrocytosis_drug") != "yes"
        tma = p.fact("red_cell_fragments") == "yes" and p.answer("platelet_line") == "low"
        white, red = p.answer("white_line") == "low", p.answer("anaemia") in {"present", "severe"}
        return (red and white and p.answer("platelet_line") == "low") or tma or large

    nobody(
        [
            p
            for p in people()
            if p.adult()
            and asks(p)
            and p.answer("first_line") == "not_measured"
            and p.answer("functional_evidence") == "not_measured"
            and not p.said & B12_ASKED_FOR
        ]
    )
    nobody(
        [
            p
            for p in people()
            if p.adult()
            and asks(p)
            and p.answer("folate_says") == "not_measured"
            and p.answer("deficiency") in DEFICIENT
            and "next_test:folate" not in p.said
        ]
    )
    nobody(
        [
            p
            for p in people()
            if "anaemia_type:pseudo_tma" in p.said and "caution:ttp_pathway_goes_on" not in p.said
        ]
    )


def test_37_nothing_is_written_back_as_a_diagnosis() -> None:
    assert not [code for code in rules().codes if code.startswith(("diagnosis:", "icd", "snomed"))]


def test_38_no_patient_sentence_holds_a_dose_or_the_word_stop() -> None:
    for code, say in rules().text["en"].items():
        words = set(re.findall(r"[\w/]+", say.patient.lower()))
        assert not words & {"mg", "µg", "mcg", "microgram", "micrograms", "milligram", "milligrams"}, code
        assert "stop" not in words, code


def test_39_a_high_b12_is_never_called_harmless_or_toxic() -> None:
    for code, say in rules().text["en"].items():
        if code.startswith("high_b12_explanation:"):
            words = f"{say.clinician} {say.patient}".lower()
            assert not any(word in words for word in ("harmless", "toxic", "just excreted")), code


def test_40_the_same_person_is_always_answered_the_same() -> None:
    for person in people()[:: PEOPLE // 100]:
        again = judge(dict(reversed(person.facts.items())), person.pack)
        assert (again.said, again.trace.choices) == (person.said, person.trace.choices), person
        assert all(found.rows for found in again.trace.findings if found.status == "supported")
