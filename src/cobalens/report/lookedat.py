"""What was looked at for the four questions about a high number and is well, or denied, told to a patient."""

from __future__ import annotations

from cobalens.report.case import Case
from cobalens.report.items import Item
from cobalens.report.words import layout

PICTURE = "patient_question_4"
NO_SUCH_TEST = "patient_question_3"
LOOKED = {
    "patient_question_2": {"liver_pattern": "normal", "kidney": "normal", "inflammation": "no"},
    NO_SUCH_TEST: {"functional_evidence": "absent"},
    PICTURE: {"blood_picture": "normal", "neurological_picture": "none"},
}
"""For each, the questions whose answer shows that it was looked at and is well."""
CELL_SIZE = {"mcv_class": "normocytic"}
"""What is known of the blood where no count is on record."""
COMPLAINTS = (
    "paraesthesia",
    "neuropathic_pain",
    "unsteadiness",
    "limb_weakness",
    "cognitive_decline",
)
"""Each denied by itself says something, though not that no nerve is affected."""
NERVES = ("possible", "definite", "red_flag")
"""Answers about the neurological picture that tell of some sign."""
ANAEMIA = ("present", "severe")
UNTESTED = ("unknown", "not_measured")
"""Answers about B12 at work that tell of no test; a test that something else can explain was made all the same."""


def looked_at(case: Case, heading: str) -> tuple[Item, ...]:
    """What was tested for a question and is normal, or was told of, so that it is not called unsaid."""
    if heading == PICTURE and (speaks := not_well(case)):
        return (Item("", layout(case, f"patient_{speaks}")),)
    looked = LOOKED.get(heading, {})
    if heading == PICTURE and case.answer("blood_picture") == "unknown":
        looked = looked | CELL_SIZE
    names = [layout(case, f"patient_looked_{q}") for q, well in looked.items() if case.answer(q) == well]
    items = [Item("", layout(case, "patient_looked", names=", ".join(names)))] if names else []
    if heading == PICTURE and (gone := denied(case)):
        items.append(Item("", layout(case, "patient_denied", names=", ".join(gone))))
    if not items and heading == PICTURE and all(case.answer(q) == "unknown" for q in looked):
        items.append(Item("", layout(case, "patient_picture_open")))
    if not items and heading == NO_SUCH_TEST:
        unclear = case.answer("functional_evidence") not in UNTESTED
        items.append(Item("", layout(case, "patient_test_unclear" if unclear else "patient_no_such_test")))
    return tuple(items)


def denied(case: Case) -> list[str]:
    """The complaints that were asked for and are not there, unless the nerves as a whole are told of."""
    if case.answer("neurological_picture") != "unknown":
        return []
    return [
        case.named(case.label(name))
        for name in COMPLAINTS
        if case.fact(name) is not None and case.reads(name) == "no"
    ]


def partly_well(case: Case) -> bool:
    """Whether something of the picture is known to be well, though neither the count nor the nerves as a whole."""
    return bool(denied(case)) or any(case.answer(q) == well for q, well in CELL_SIZE.items())


def not_well(case: Case) -> str:
    """What the record tells of that no finding names: something that may come from the nerves, anaemia, or other counts."""
    if case.answer("neurological_picture") in NERVES:
        return "nerves"
    outside = case.answer("counts_plain") == "abnormal" or case.answer("anaemia") in ANAEMIA
    return "counts" if outside else ""
