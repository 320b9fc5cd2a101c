"""Nobody is told two things about one medicine that cannot both be done, nor two that cannot both be so."""

from __future__ import annotations

import pytest

from tests.generative.invariant_people import GIVEN, nobody, people, rules

BEGIN = ("action:start_b12_replacement", "action:therapeutic_trial")
NOT_BOTH = (
    # begun, gone on with, or not given
    (("action:start_b12_replacement",), ("action:therapeutic_trial",)),
    (("action:continue_b12_replacement",), (*BEGIN, "action:settle_b12_product")),
    (("action:settle_b12_product",), BEGIN),
    (
        ("action:no_b12_replacement",),
        (
            *BEGIN,
            "action:continue_b12_replacement",
            "action:settle_b12_product",
            "action:lifelong_replacement",
            "action:switch_oral_to_parenteral",
            "action:pemetrexed_vitamin_prophylaxis",
            "route:",
            "regimen:",
            "benefit:",
        ),
    ),
    (("action:review_reason_for_b12",), (*BEGIN, "action:lifelong_replacement")),
    (("action:ask_prevention",), ("action:continue_b12_replacement", "action:lifelong_replacement")),
    # by which way, and by which plan
    (("action:switch_oral_to_parenteral",), ("action:check_tablet_adherence",)),
    (("route:intramuscular",), ("caution:platelets_too_low_for_muscle",)),
    (("caution:platelets_too_low_for_muscle",), ("caution:platelets_borderline_for_muscle",)),
    (("regimen:injection_neurological",), ("regimen:injection", "regimen:injection_prevention")),
    (("regimen:tablets", "regimen:injection"), ("regimen:leber_hydroxocobalamin",)),
    # whether anything is short
    (("limit:not_for_energy", "limit:not_for_chemotherapy_neuropathy"), BEGIN),
    (("interpretation:low_total_b12_low_haptocorrin",), ("action:therapeutic_trial",)),
    (("action:therapeutic_trial",), ("action:lifelong_replacement",)),
    # how soon
    (("urgency:immediate",), ("urgency:soon", "urgency:routine")),
    (("urgency:soon",), ("urgency:routine",)),
    (("urgency:routine",), ("red_flag:", "action:haematology_urgent", "action:stop_or_review_antifolate")),
    # why it is high
    (("high_b12_explanation:unexplained",), ("high_b12_explanation:",)),
    (("interpretation:mild_isolated_rise_low_specificity",), ("action:targeted_assessment",)),
)
"""Of each pair of lists nobody is told one of the first beside one of the second; a beginning stands for all codes that have it."""


def named(wanted: tuple[str, ...]) -> set[str]:
    found = {
        code
        for code in rules().codes
        if code in wanted or any(code.startswith(w) for w in wanted if w.endswith(":"))
    }
    assert all(any(code.startswith(w) for code in found) for w in wanted), wanted
    return found


@pytest.mark.parametrize(("one", "other"), NOT_BOTH, ids=lambda codes: codes[0])
def test_nobody_is_told_both(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    first, second = named(one), named(other)
    nobody([p for p in people() if any((second - {code}) & p.said for code in first & p.said)])


def test_a_product_that_may_be_the_wrong_one_is_never_simply_gone_on_with() -> None:
    warned = ("caution:leber_no_cyanocobalamin", "caution:b12_allergy")
    taking = [p for p in people() if p.fact("treatment_state") == "on" and p.said & set(warned)]
    assert len(taking) > 10
    nobody([p for p in taking if "action:continue_b12_replacement" in p.said])
    nobody(
        [
            p
            for p in taking
            if p.adult() and p.answer("replacement") in GIVEN and "action:settle_b12_product" not in p.said
        ]
    )


def test_words_that_send_back_to_the_product_in_use_stand_with_going_on_alone() -> None:
    kept = ("keep having your b12", "keep to what is prescribed", "keep to your treatment", "keep to any b12")
    found = {code for code, say in rules().text["en"].items() if any(k in say.patient.lower() for k in kept)}
    assert found == {"action:continue_b12_replacement"}
