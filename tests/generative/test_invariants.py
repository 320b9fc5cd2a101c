"""The safety invariants that speak of codes, on random people under every pack; each test's name is the invariant.

People are drawn in many shapes (much known, little known, mostly "no"), and nobody is excluded as unlikely. Invariants
that speak of wording alone are tested where the sentences are.
"""

from __future__ import annotations

from tests.generative.invariant_people import (
    B12_ASKED_FOR,
    BEGUN,
    BLOOD,
    DEFICIENT,
    GIVEN,
    NOT_EXCLUDED,
    PEOPLE,
    Person,
    changed_to,
    judge,
    nobody,
    people,
    rules,
)


def test_01_folic_acid_is_never_alone_while_b12_deficiency_is_not_excluded() -> None:
    nobody(
        [
            p
            for p in people()
            if p.answer("folate_says") == "deficient"
            and p.answer("deficiency") != "unlikely"
            and "action:b12_before_folate" not in p.said
            and p.adult()
        ]
    )


def test_02_vitamins_that_belong_to_pemetrexed_or_pralatrexate_are_never_argued_against() -> None:
    against = {"action:no_b12_replacement", "action:review_reason_for_b12"}
    nobody(
        [
            p
            for p in people()
            if p.adult()
            and p.fact("antifolate_premedicated_drug") == "yes"
            and ("action:pemetrexed_vitamin_prophylaxis" not in p.said or p.said & against)
        ]
    )


def test_03_b12_is_never_presented_as_treatment_against_cancer() -> None:
    nobody(
        [
            p
            for p in people()
            if p.adult()
            and p.fact("wants_b12_against_cancer") == "yes"
            and "safety:b12_not_anticancer" not in p.said
        ]
    )


def test_04_a_high_b12_never_shows_cancer() -> None:
    solid, liver = (
        "high_b12_explanation:solid_tumour_metastases",
        "high_b12_explanation:hepatocellular_carcinoma",
    )
    nobody(
        [
            p
            for p in people()
            if solid in p.said and "yes" not in (p.fact("metastatic_cancer"), p.fact("liver_metastases"))
        ]
    )
    nobody(
        [
            p
            for p in people()
            if liver in p.said
            and p.fact("hepatocellular_carcinoma") != "yes"
            and p.fact("liver_mass") != "yes"
            and p.fact("afp") != "> high"
        ]
    )


def test_05_a_normal_or_high_total_b12_never_excludes_functional_deficiency_against_the_rest() -> None:
    ample = [p for p in people() if p.answer("first_line") == "ample"]
    assert len(ample) > PEOPLE / 20
    nobody(
        [
            p
            for p in ample
            if p.answer("deficiency") == "unlikely"
            and (
                p.answer("functional_evidence") in {"present", "suggestive"}
                or p.answer("strong_picture") == "yes"
                or (
                    p.answer("number_misleads") == "falsely_high"
                    and p.answer("functional_evidence") != "absent"
                )
            )
        ]
    )
    caveats = {"interpretation:normal_b12_does_not_exclude", "interpretation:high_b12_does_not_exclude"}
    nobody(
        [
            p
            for p in ample
            if p.answer("neurological_picture") in {"possible", "definite", "red_flag"}
            and p.answer("functional_evidence") in {"not_measured", "confounded"}
            and not p.said & caveats
        ]
    )


def test_06_replacement_never_waits_with_red_flags_or_a_severe_megaloblastic_picture() -> None:
    def urgent(p: Person) -> bool:
        severe = p.answer("anaemia") == "severe" and p.answer("blood_picture") == "megaloblastic"
        return p.answer("neurological_picture") == "red_flag" or severe

    nobody(
        [
            p
            for p in people()
            if p.adult()
            and urgent(p)
            and p.answer("deficiency") in NOT_EXCLUDED
            and (
                p.answer("replacement") not in {"start_now", "continue"}
                or p.answer("urgency") != "immediate"
                or "urgency:immediate" not in p.said
            )
        ]
    )


def test_07_a_normal_blood_count_never_excludes_deficiency() -> None:
    normal = [p for p in people() if p.answer("blood_picture") == "normal"]
    assert len(normal) > PEOPLE / 30
    for person in [p for p in normal if p.answer("deficiency") == "unlikely"][:400]:
        without = changed_to(person, **dict.fromkeys(BLOOD, "unknown"))
        assert without.answer("deficiency") == "unlikely", person
    code = "interpretation:normal_blood_count_does_not_exclude"
    nobody([p for p in normal if p.answer("deficiency") in DEFICIENT and code not in p.said])


def test_08_nothing_is_started_or_ended_on_a_single_reading() -> None:
    acts = {"action:start_b12_replacement", "action:therapeutic_trial", "action:switch_oral_to_parenteral"}
    for pack in rules().packs.values():
        if pack.role == "common":
            continue
        for atom in rules().facts["total_b12"].values[1:]:
            place = rules().facts["total_b12"].values.index(atom)
            alone = judge({"total_b12": place, "total_b12_latest": place}, pack)
            assert not alone.said & acts, alone
            if alone.answer("elevation") not in {"none", "not_measured"}:
                assert {"next_test:repeat_b12", "ask:supplements"} <= alone.said, alone
    nobody(
        [
            p
            for p in people()
            if "action:start_b12_replacement" in p.said
            and p.answer("replacement") == "start"
            and p.answer("case_supported") != "yes"
            and p.answer("standing_reason") != "lifelong"
            and p.answer("deficiency") != "confirmed"
        ]
    )


def test_09_replacement_is_never_ended_in_order_to_measure() -> None:
    assert not [code for code in rules().codes if "stop_b12" in code or "pause_b12" in code]
    nobody(
        [
            p
            for p in people()
            if p.fact("treatment_state") == "on"
            and p.fact("b12_injection") == "yes"
            and p.answer("unit_sound") in {"sound", "not_measured"}
            and p.answer("biotin_interference") != "likely"
            and "next_test:repeat_b12" in p.said
        ]
    )


def test_10_a_level_after_a_dose_is_never_read_as_success_or_called_unexplained() -> None:
    dosed = [
        p
        for p in people()
        if p.fact("sample_timing") == "after_dose"
        and p.fact("treatment_state") in {"on", "stopped"}
        and p.fact("total_b12_latest") not in {"unknown", "< low"}
    ]
    assert len(dosed) > PEOPLE / 50
    nobody([p for p in dosed if "interpretation:b12_uninterpretable_on_replacement" not in p.said])
    nobody([p for p in dosed if "high_b12_explanation:unexplained" in p.said])


def test_11_mma_never_makes_a_deficiency_without_the_kidneys_nor_homocysteine_alone() -> None:
    kidneys = {"interpretation:mma_kidney_unknown", "interpretation:mma_raised_by_renal_impairment"}
    nobody(
        [
            p
            for p in people()
            if p.adult()
            and p.answer("deficiency") in DEFICIENT
            and p.answer("functional_evidence") in {"present", "suggestive"}
            and p.answer("mma_says") in {"borderline", "raised", "marked"}
            and p.answer("first_line") != "deficient"
            and p.fact("egfr") != ">= reduced"
            and not p.said & kidneys
        ]
    )
    nobody(
        [
            p
            for p in people()
            if p.answer("deficiency") in DEFICIENT
            and p.answer("homocysteine_says") == "raised"
            and p.answer("mma_says") == "not_measured"
            and p.answer("first_line") in {"ample", "unreadable", "not_measured"}
            and p.answer("clinical_support") in {"weak", "none", "unknown"}
            and p.answer("number_misleads") != "falsely_high"
            and p.answer("risk") != "irreversible"
        ]
    )


def test_12_homocysteine_never_counts_with_folate_low_or_unknown_or_on_an_antifolate() -> None:
    raised = [p for p in people() if p.answer("homocysteine_says") == "raised"]
    nobody(
        [
            p
            for p in raised
            if p.answer("folate_says") != "adequate"
            or p.answer("kidney") != "normal"
            or p.fact("homocysteine_raising_drug") == "yes"
            or "interpretation:homocysteine_handling" not in p.said
        ]
    )
    said = {"interpretation:homocysteine_not_specific", "interpretation:mma_raised_by_renal_impairment"}
    nobody(
        [
            p
            for p in people()
            if p.answer("homocysteine_says") == "otherwise_explained"
            and p.fact("homocysteine") != "unknown"
            and p.answer("mma_says") in {"normal", "not_measured"}
            and not p.said & said
        ]
    )


def test_13_b12_levels_never_exclude_deficiency_from_nitrous_oxide() -> None:
    exposed = [p for p in people() if p.answer("nitrous_oxide_exposed") == "yes"]
    nobody(
        [
            p
            for p in exposed
            if p.answer("deficiency") == "unlikely" and p.answer("functional_evidence") != "absent"
        ]
    )


def test_14_a_normal_b12_never_reassures_with_the_antibody_or_pernicious_anaemia() -> None:
    nobody(
        [
            p
            for p in people()
            if p.answer("gastritis_evidence") != "none"
            and p.fact("total_b12")
            in {"(ample..high]", "(high..marked]", "(marked..very_high]", "> very_high"}
            and "interpretation:assay_interference_if_antibody" not in p.said
        ]
    )


def test_15_neuropathy_is_never_laid_to_chemotherapy_with_b12_neither_measured_nor_asked_for() -> None:
    nobody(
        [
            p
            for p in people()
            if p.adult()
            and "neuropathy_differential:cipn" in p.said
            and p.answer("first_line") == "not_measured"
            and p.answer("functional_evidence") == "not_measured"
            and not p.said & B12_ASKED_FOR
        ]
    )


def test_16_b12_is_never_for_chemotherapy_neuropathy_without_deficiency() -> None:
    nobody(
        [
            p
            for p in people()
            if "neuropathy_differential:cipn" in p.said
            and p.answer("deficiency") == "unlikely"
            and p.answer("standing_reason") not in {"lifelong", "antifolate"}
            and p.answer("replacement") in BEGUN
        ]
    )


def test_17_a_red_flag_is_never_less_urgent_than_the_same_day() -> None:
    flagged = [p for p in people() if p.answer("neurological_picture") == "red_flag"]
    assert len(flagged) > PEOPLE / 10
    nobody(
        [
            p
            for p in flagged
            if "red_flag:same_day_assessment" not in p.said or p.answer("urgency") != "immediate"
        ]
    )


def test_18_the_red_flag_always_names_cord_compression_stroke_and_sepsis() -> None:
    words = rules().text["en"]["red_flag:same_day_assessment"].clinician.lower()
    assert all(word in words for word in ("cord compression", "stroke", "sepsis"))


def test_19_cyanocobalamin_is_never_offered_in_lebers_optic_neuropathy_without_the_warning() -> None:
    nobody(
        [
            p
            for p in people()
            if p.fact("leber_optic_neuropathy") == "yes"
            and p.answer("replacement") in GIVEN | {"undecided"}
            and p.adult()
            and "caution:leber_no_cyanocobalamin" not in p.said
        ]
    )
