"""The safety invariants that speak of codes, on random people under every pack; each test's name is the invariant.

People are drawn in many shapes (much known, little known, mostly "no"), and nobody is excluded as unlikely. Invariants
that speak of wording alone are tested where the sentences are.
"""

from __future__ import annotations

import random
import re
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from cobalens.compiler import load_ruleset
from cobalens.engines import reference
from cobalens.model.facts import Facts, FactValue
from cobalens.model.ruleset import Pack, Ruleset
from cobalens.model.trace import Trace

PEOPLE = 3000
GIVEN = {"start_now", "start", "trial", "continue", "prophylaxis", "mandated"}
BEGUN = {"start_now", "start", "trial"}
DEFICIENT = {"confirmed", "probable"}
NOT_EXCLUDED = {"confirmed", "probable", "possible"}
CORE = (
    "total_b12", "total_b12_latest", "total_b12_range", "holotc", "mma", "homocysteine", "folate_serum", "egfr",
    "hemoglobin", "mcv", "platelets", "age", "treatment_state", "sample_timing",
)  # fmt: skip
BLOOD = (
    "hemoglobin", "hemoglobin_range", "hematocrit_range", "mcv", "mcv_range", "platelets", "platelets_range", "wbc",
    "wbc_range", "neutrophils", "neutrophils_range", "hypersegmented_range", "megaloblastic_film",
    "hypersegmented_neutrophils", "oval_macrocytes", "marrow_megaloblastic", "large_cells_reason",
)  # fmt: skip


class Person(Struct, frozen=True):
    """One random person, as the rules see them, and what they say."""

    pack: Pack
    facts: dict[str, int]
    trace: Trace
    said: frozenset[str]

    def fact(self, name: str) -> str:
        return _rules().facts[name].values[self.facts.get(name, 0)]

    def answer(self, question: str) -> str:
        return self.trace.choices[question].answer

    def adult(self) -> bool:
        return self.answer("in_scope") != "under_16"

    def __repr__(self) -> str:
        known = ", ".join(f"{n}={self.fact(n)}" for n, v in sorted(self.facts.items()) if v)
        return f"{self.pack.name}: {known} | {', '.join(sorted(self.said))}"


@lru_cache(maxsize=1)
def _rules() -> Ruleset:
    return load_ruleset()


def _judge(facts: dict[str, int], pack: Pack) -> Person:
    trace = reference.run(_rules(), Facts({n: FactValue(v) for n, v in facts.items() if v}), pack)
    return Person(pack, facts, trace, frozenset(trace.supported()))


def _with(person: Person, **changed: str) -> Person:
    """The same person with some facts changed."""
    facts = {**person.facts, **{n: _rules().facts[n].values.index(v) for n, v in changed.items()}}
    return _judge(facts, person.pack)


def _draw(dice: random.Random) -> dict[str, int]:
    rules = _rules()
    known, core, no = (
        dice.choice([0.03, 0.1, 0.3, 0.6]),
        dice.choice([0.4, 0.8]),
        dice.choice([0.2, 0.6, 0.95]),
    )
    facts: dict[str, int] = {}
    for name, fact in sorted(rules.facts.items()):
        if dice.random() >= (core if name in CORE else known):
            continue
        if fact.values == ("unknown", "yes", "no"):
            facts[name] = 2 if dice.random() < no else 1
        else:
            facts[name] = dice.randrange(1, len(fact.values))
    if "total_b12" in facts and dice.random() < 0.6:  # most people have one reading
        facts["total_b12_latest"] = facts["total_b12"]
    _gather(facts)
    return facts


def _gather(facts: dict[str, int]) -> None:
    """A fact that stands for several concepts follows those among them that are facts themselves."""
    rules = _rules()
    for name, fact in rules.facts.items():
        members = [m for m in fact.of if m != name and m in rules.facts]
        plain = fact.values == ("unknown", "yes", "no") and all(
            rules.facts[m].values == fact.values for m in members
        )
        if plain and any(facts.get(m) == 1 for m in members):
            facts[name] = 1


@lru_cache(maxsize=1)
def people() -> tuple[Person, ...]:
    dice = random.Random("B12")
    packs = [pack for name, pack in sorted(_rules().packs.items()) if pack.role != "common"]
    return tuple(_judge(_draw(dice), packs[n % len(packs)]) for n in range(PEOPLE))


def _none(found: list[Person]) -> None:
    assert not found, f"{len(found)} of {PEOPLE}, for example {min(found, key=lambda p: len(p.facts))!r}"


def test_01_folic_acid_is_never_alone_while_b12_deficiency_is_not_excluded() -> None:
    _none(
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
    _none(
        [
            p
            for p in people()
            if p.adult()
            and p.fact("antifolate_premedicated_drug") == "yes"
            and ("action:pemetrexed_vitamin_prophylaxis" not in p.said or p.said & against)
        ]
    )


def test_03_b12_is_never_presented_as_treatment_against_cancer() -> None:
    _none(
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
    _none(
        [
            p
            for p in people()
            if solid in p.said and "yes" not in (p.fact("metastatic_cancer"), p.fact("liver_metastases"))
        ]
    )
    _none(
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
    _none(
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
    _none(
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

    _none(
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
        without = _with(person, **dict.fromkeys(BLOOD, "unknown"))
        assert without.answer("deficiency") == "unlikely", person
    code = "interpretation:normal_blood_count_does_not_exclude"
    _none([p for p in normal if p.answer("deficiency") in DEFICIENT and code not in p.said])


def test_08_nothing_is_started_or_ended_on_a_single_reading() -> None:
    acts = {"action:start_b12_replacement", "action:therapeutic_trial", "action:switch_oral_to_parenteral"}
    for pack in _rules().packs.values():
        if pack.role == "common":
            continue
        for atom in _rules().facts["total_b12"].values[1:]:
            place = _rules().facts["total_b12"].values.index(atom)
            alone = _judge({"total_b12": place, "total_b12_latest": place}, pack)
            assert not alone.said & acts, alone
            if alone.answer("elevation") not in {"none", "not_measured"}:
                assert {"next_test:repeat_b12", "ask:supplements"} <= alone.said, alone
    _none(
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
    assert not [code for code in _rules().codes if "stop_b12" in code or "pause_b12" in code]
    _none(
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
    _none([p for p in dosed if "interpretation:b12_uninterpretable_on_replacement" not in p.said])
    _none([p for p in dosed if "high_b12_explanation:unexplained" in p.said])


def test_11_mma_never_makes_a_deficiency_without_the_kidneys_nor_homocysteine_alone() -> None:
    kidneys = {"interpretation:mma_kidney_unknown", "interpretation:mma_raised_by_renal_impairment"}
    _none(
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
    _none(
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
    _none(
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
    _none(
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
    _none(
        [
            p
            for p in exposed
            if p.answer("deficiency") == "unlikely" and p.answer("functional_evidence") != "absent"
        ]
    )


def test_14_a_normal_b12_never_reassures_with_the_antibody_or_pernicious_anaemia() -> None:
    _none(
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
    missing = {
        "data_quality:insufficient_data",
        "next_test:vitamin_b12",
        "next_test:repeat_b12",
        "next_test:mma",
        "next_test:homocysteine",
    }
    _none(
        [
            p
            for p in people()
            if p.adult()
            and "neuropathy_differential:cipn" in p.said
            and p.answer("first_line") == "not_measured"
            and p.answer("functional_evidence") == "not_measured"
            and not p.said & missing
        ]
    )


def test_16_b12_is_never_for_chemotherapy_neuropathy_without_deficiency() -> None:
    _none(
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
    _none(
        [
            p
            for p in flagged
            if "red_flag:same_day_assessment" not in p.said or p.answer("urgency") != "immediate"
        ]
    )


def test_18_the_red_flag_always_names_cord_compression_stroke_and_sepsis() -> None:
    words = _rules().text["en"]["red_flag:same_day_assessment"].clinician.lower()
    assert all(word in words for word in ("cord compression", "stroke", "sepsis"))


def test_19_cyanocobalamin_is_never_offered_in_lebers_optic_neuropathy_without_the_warning() -> None:
    _none(
        [
            p
            for p in people()
            if p.fact("leber_optic_neuropathy") == "yes"
            and p.answer("replacement") in GIVEN | {"undecided"}
            and p.adult()
            and "caution:leber_no_cyanocobalamin" not in p.said
        ]
    )


def test_20_an_injection_is_never_advised_in_cancer_without_platelets_nor_below_the_floor() -> None:
    muscle = [p for p in people() if "route:intramuscular" in p.said]
    assert len(muscle) > PEOPLE / 20
    _none(
        [
            p
            for p in muscle
            if p.fact("cancer_known") == "yes"
            and p.fact("platelets") == "unknown"
            and "caution:ask_platelets" not in p.said
        ]
    )
    _none(
        [
            p
            for p in muscle
            if p.fact("anticoagulant") == "yes"
            and p.fact("inr") == "unknown"
            and "caution:ask_clotting" not in p.said
        ]
    )
    _none([p for p in muscle if p.fact("platelets") in {"< very_low", "[very_low..im_floor)"}])
    _none(
        [
            p
            for p in people()
            if p.answer("route") == "avoid_intramuscular" and "route:oral_acceptable" not in p.said
        ]
    )


def test_21_b12_is_never_given_into_a_vein() -> None:
    assert not [code for code in _rules().codes if code.startswith("route:") and "intravenous" in code]
    _none(
        [
            p
            for p in people()
            if p.fact("intravenous_b12") == "yes" and "caution:not_intravenous" not in p.said
        ]
    )


def test_22_a_severe_megaloblastic_anaemia_is_never_treated_without_the_word_on_potassium() -> None:
    _none(
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
    text = _rules().text["en"]
    regimens = [code for code in _rules().codes if code.startswith("regimen:")]
    assert regimens
    assert all("prescriber to confirm" in text[code].clinician for code in regimens)


def test_24_a_lifelong_need_is_never_dropped() -> None:
    for person in people():
        if not person.adult() or person.fact("lifelong_condition") != "yes":
            continue
        assert "action:no_b12_replacement" not in person.said, person
        assert person.answer("replacement") in GIVEN, person
    _none(
        [
            p
            for p in people()
            if p.adult()
            and p.answer("cause_is_irreversible") == "yes"
            and p.fact("treatment_state") == "on"
            and "action:no_b12_replacement" in p.said
        ]
    )
    _none(
        [
            p
            for p in people()
            if p.answer("cause_is_irreversible") == "yes"
            and p.answer("replacement") in {"start", "continue", "prophylaxis"}
            and "action:lifelong_replacement" not in p.said
        ]
    )


def test_25_metformin_and_acid_suppression_are_reviewed_never_ended() -> None:
    ended = [c for c in _rules().codes if c.startswith("action:stop") and "antifolate" not in c]
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
    _none([p for p in people() if p.trace.pack != p.pack.name])


def test_29_missing_data_are_never_hidden() -> None:
    bare = [
        p
        for p in people()
        if p.adult()
        and p.answer("first_line") == "not_measured"
        and p.answer("functional_evidence") == "not_measured"
        and p.answer("clinical_support") in {"none", "unknown"}
    ]
    _none([p for p in bare if p.answer("deficiency") != "not_assessable"])
    _none([p for p in bare if "data_quality:insufficient_data" not in p.said])
    asked = {"next_test:vitamin_b12", "next_test:repeat_b12", "next_test:homocysteine", "next_test:mma"}
    _none([p for p in bare if p.fact("treatment_state") != "on" and not p.said & asked])


def test_30_the_calculated_indicator_never_moves_an_answer() -> None:
    questions = ("answer", "deficiency", "replacement", "route", "urgency")
    for person in people()[:: PEOPLE // 100]:
        on = replace(person.pack, policies={**person.pack.policies, "combined_indicator": "on"})
        shown = [_judge({**person.facts, "cb12": atom}, on) for atom in range(6)]
        for question in questions:
            assert {one.answer(question) for one in shown} == {person.answer(question)}, person


def test_31_no_broad_search_is_ever_ordered_from_b12_alone() -> None:
    assert not [c for c in _rules().codes if "broad" in c or "whole_body" in c]
    for person in people():
        if "action:targeted_assessment" in person.said:
            assert person.answer("persistence") == "persistent", person
            assert person.answer("elevation_explained") == "unexplained", person


def test_33_a_dose_of_unknown_date_is_always_named() -> None:
    _none(
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
    _none([p for p in low if p.fact("pregnant") == "yes" and pregnant not in p.said])
    hormones = "interpretation:total_b12_may_read_low"
    _none([p for p in low if p.fact("oestrogen_or_contraceptive") == "yes" and hormones not in p.said])


def test_34_adult_bands_are_never_applied_to_a_child() -> None:
    children = [p for p in people() if not p.adult()]
    assert len(children) > PEOPLE / 20
    acts = {"action:start_b12_replacement", "action:therapeutic_trial", "action:no_b12_replacement"}
    acts |= {"interpretation:indeterminate_b12"}
    _none(
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
    _none(
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

    b12 = {
        "data_quality:insufficient_data",
        "next_test:vitamin_b12",
        "next_test:repeat_b12",
        "next_test:mma",
        "next_test:homocysteine",
    }
    _none(
        [
            p
            for p in people()
            if p.adult()
            and asks(p)
            and p.answer("first_line") == "not_measured"
            and p.answer("functional_evidence") == "not_measured"
            and not p.said & b12
        ]
    )
    _none(
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
    _none(
        [
            p
            for p in people()
            if "anaemia_type:pseudo_tma" in p.said and "caution:ttp_pathway_goes_on" not in p.said
        ]
    )


def test_37_nothing_is_written_back_as_a_diagnosis() -> None:
    assert not [code for code in _rules().codes if code.startswith(("diagnosis:", "icd", "snomed"))]


def test_38_no_patient_sentence_holds_a_dose_or_the_word_stop() -> None:
    for code, say in _rules().text["en"].items():
        words = set(re.findall(r"[\w/]+", say.patient.lower()))
        assert not words & {"mg", "µg", "mcg", "microgram", "micrograms", "milligram", "milligrams"}, code
        assert "stop" not in words, code


def test_39_a_high_b12_is_never_called_harmless_or_toxic() -> None:
    for code, say in _rules().text["en"].items():
        if code.startswith("high_b12_explanation:"):
            words = f"{say.clinician} {say.patient}".lower()
            assert not any(word in words for word in ("harmless", "toxic", "just excreted")), code


def test_40_the_same_person_is_always_answered_the_same() -> None:
    for person in people()[:: PEOPLE // 100]:
        again = _judge(dict(reversed(person.facts.items())), person.pack)
        assert (again.said, again.trace.choices) == (person.said, person.trace.choices), person
        assert all(found.rows for found in again.trace.findings if found.status == "supported")
