"""Judges an interpretation against what a case expects, in the concept codes' own terms."""

from __future__ import annotations

from typing import Any

EQUIVALENT: dict[str, tuple[str, ...]] = {
    "next_test:mma": ("next_test:homocysteine",),
    "next_test:homocysteine": ("next_test:mma",),
    "next_test:repeat_b12": ("action:follow_up_repeat",),
    "next_test:repeat_b12_off_biotin": ("next_test:alternative_b12_assay",),
    "interpretation:assay_interference_if_antibody": ("high_b12_explanation:if_antibody_interference",),
    "cause:checkpoint_inhibitor_gastritis": ("cause:pernicious_anaemia",),
    "action:switch_oral_to_parenteral": ("route:intramuscular",),
    "anaemia_type:ineffective_erythropoiesis_haemolysis": ("anaemia_type:pseudo_tma",),
    "interpretation:functional_deficiency": (
        "interpretation:normal_b12_does_not_exclude",
        "interpretation:high_b12_does_not_exclude",
    ),
    "interpretation:high_b12_does_not_exclude": ("interpretation:functional_deficiency",),
    "interpretation:normal_b12_does_not_exclude": ("interpretation:functional_deficiency",),
    "high_b12_explanation:hypereosinophilia": ("high_b12_explanation:myeloid_neoplasm",),
}


def supported(said: Any) -> set[str]:
    return {f.code for f in said.findings if f.status == "supported"}


def judge(said: Any, expected: dict[str, Any]) -> list[str]:
    """What is wrong, in words; empty when the case passes."""
    codes = supported(said)
    wrong = []
    answers = [expected["answer"], *expected.get("answer_also_acceptable", [])]
    if said.answer not in answers:
        wrong.append(f"answer {said.answer!r}, expected {' or '.join(answers)}")
    labels = [expected["deficiency"], *expected.get("deficiency_also_acceptable", [])]
    if said.deficiency not in labels:
        wrong.append(f"deficiency {said.deficiency!r}, expected {' or '.join(labels)}")
    for code in expected["must_include"]:
        others = list(EQUIVALENT.get(code, ()))
        if code == "next_test:mma" and "interpretation:indeterminate_b12" in codes:
            others.append("next_test:holotc")
        if not codes & {code, *others}:
            wrong.append(f"does not say {code}")
    wrong += [f"says {code}" for code in expected["must_not"] if code in codes]
    tablets_alone = "route:oral_acceptable" in codes and not codes & {
        "route:intramuscular",
        "route:avoid_intramuscular",
    }
    if "route:oral_only" in expected["must_not"] and tablets_alone:
        wrong.append("offers tablets alone")
    if "claim:deficiency_confirmed" in expected["must_not"] and said.deficiency == "confirmed":
        wrong.append("calls deficiency confirmed")
    return wrong
