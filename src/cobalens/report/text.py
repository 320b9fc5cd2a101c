"""The four registers: a note of six lines, the clinician's page, the patient's page, and the laboratory's comment."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

from cobalens.model.interpretation import Interpretation, Said, Text
from cobalens.report.case import Case
from cobalens.report.items import Item, Section
from cobalens.report.pages import (
    SCHEDULED,
    URGENT,
    chain_results,
    clinician_page,
    is_high,
    patient_page,
    pick,
    to_do,
)
from cobalens.report.unplaced import unplaced
from cobalens.report.words import by_pack, for_clinicians, joined, layout, mark, read_by, ruleset_line

RESULTS_SHOWN, TITLES_SHOWN, MISSING_SHOWN = 4, 8, 4
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
BEFORE_TESTS = (
    "urgency:soon",
    "action:switch",
    "action:stop_or_review",
    "caution:leber",
    "caution:b12_allergy",
)
READ_WITH = (
    "data_quality:unit_missing",
    "data_quality:unit_implausible",
    "data_quality:conflicting_results",
    "interpretation:b12_uninterpretable_on_replacement",
    "interpretation:biotin_may_mislead",
    "interpretation:assay_interference_if_antibody",
    "interpretation:low_total_b12_low_haptocorrin",
    "interpretation:pregnancy_total_b12_falls",
    "interpretation:total_b12_may_read_low",
    "interpretation:functional_deficiency",
    "interpretation:high_b12_does_not_exclude",
    "interpretation:normal_b12_does_not_exclude",
    "interpretation:mma_raised_by_renal_impairment",
    "interpretation:mma_kidney_unknown",
    "interpretation:homocysteine_not_specific",
)
"""What a laboratory knows of the number, most telling first: beside the number alone the conclusion would seem to contradict it."""
READINGS_SHOWN = 2
HIGH_SHOWN = 3
LAB_NEVER = "urgency:routine"
LAB_URGENCY = ("urgency:immediate", "urgency:soon")
RED_FLAG = "red_flag:"
ASKED = ("ask:",)
INTAKE = ("ask:supplements",)
"""Asked before anything else where B12 is high: what is taken explains most high numbers, and asking costs nothing."""
FOUND = {
    "interpretation:": "note_found",
    "data_quality:": "note_found",
    "cause:": "note_low",
    "high_b12_explanation:": "note_high",
    "anaemia_type:": "note_blood",
    "neuropathy_differential:": "note_nerves",
}
"""What is found, by what it is found to explain: a bare name, such as that of a disease, would read as a diagnosis."""


def texts(case: Case, said: Interpretation) -> Text:
    return Text(
        note="\n".join(note(case, said)),
        clinician=plain(clinician_page(case, said)),
        patient=plain(patient_page(case, said)),
        lab_comment="\n".join(lab_comment(case, said)),
    )


def note(case: Case, said: Interpretation) -> list[str]:
    """Six lines to paste into a record, in English."""
    case = for_clinicians(case)
    spoken = [one for one in said.supported() if not one.quiet]
    why = dict.fromkeys((*said.because.deficiency[:2], *said.because.answer[:1]))
    missing = apart([in_a_list(one.label) for one in said.missing])[:MISSING_SHOWN]
    return [
        layout(case, "note_answer", **conclusion(case, said)),
        layout(case, "note_results", results=result_line(case), why=" ".join((*why, *not_used(case)))),
        found(case, pick(spoken, tuple(FOUND))[:TITLES_SHOWN]),
        layout(case, "note_plan", findings=joined(case, titles(case, planned(spoken)))),
        layout(
            case,
            "note_next",
            tests=joined(case, [case.say(code).title for code in wanted(said, spoken)]),
            missing=joined(case, missing),
        ),
        layout(
            case,
            "note_basis",
            read_by=read_by(case, said),
            ruleset=ruleset_line(case, said),
            support=layout(case, "support"),
        ),
    ]


def found(case: Case, shown: list[Said]) -> str:
    parts = []
    for heading in dict.fromkeys(FOUND.values()):
        families = tuple(family for family, one in FOUND.items() if one == heading)
        if told := titles(case, pick(shown, families)):
            parts.append(layout(case, heading, findings="; ".join(told)))
    return " ".join(parts) or layout(case, "note_found", findings=joined(case, ()))


def wanted(said: Interpretation, spoken: Iterable[Said]) -> list[str]:
    """The codes of what would help next: tests, then what is to be asked."""
    return [*(one.code for one in said.next_tests), *(one.code for one in pick(spoken, ASKED))]


def not_used(case: Case) -> list[str]:
    found = [f"{label} {words}" for label, words in unplaced(case)[:RESULTS_SHOWN]]
    return [layout(case, "note_unplaced", results=joined(case, found))] if found else []


def apart(labels: list[str]) -> list[str]:
    """Without what another name of the list holds as well: "myeloma or a paraprotein" and "paraprotein" ask for one thing."""
    return [
        one for one in labels if not any(one != other and one in other.split(" or a ") for other in labels)
    ]


def in_a_list(label: str) -> str:
    """A question among other things that are not known stands without its mark: "Not known: do the nerves look affected; MMA"."""
    return label[0].lower() + label[1:-1] if label.endswith("?") else label


def lab_comment(case: Case, said: Interpretation) -> list[str]:
    """At most three lines under a result, in English."""
    case = for_clinicians(case)
    spoken = [one for one in said.supported() if not one.quiet]
    asked = titles(case, pick(spoken, INTAKE)) if is_high(case) else []
    tests = [lab_title(case, one.code) for one in said.next_tests[:2]]
    first = as_suggested(case, [one for one in planned(spoken) if before_tests(one)])
    advice = first + asked + tests
    if not first and not tests:
        advice += as_suggested(case, [one for one in planned(spoken) if one.code != LAB_NEVER])[:2]
    words = conclusion(case, said)
    known = sorted(
        (one for one in spoken if one.code in READ_WITH), key=lambda one: READ_WITH.index(one.code)
    )
    reading = [f"{title}." for title in titles(case, known[:READINGS_SHOWN])]
    if high := titles(case, pick(spoken, ("high_b12_explanation:",)))[:HIGH_SHOWN]:
        reading.append(layout(case, "note_high", findings="; ".join(high)))
    shown = result_line(case, 1) if chain_results(case) else layout(case, "lab_no_result")
    lines = [" ".join((layout(case, "lab_reads", results=shown, **words), *reading))]
    if advice:
        lines.append(layout(case, "lab_advice", advice=joined(case, advice)))
    lines.append(layout(case, "lab_basis", read_by=read_by(case, said)))
    return lines


def lab_title(case: Case, code: str) -> str:
    """What is asked of the laboratory is told otherwise by the laboratory itself."""
    return layout(case, f"lab_{code}") if f"layout:lab_{code}" in case.words else case.say(code).title


def as_suggested(case: Case, found: list[Said]) -> list[str]:
    """As a laboratory suggests it: how soon is no advice by itself, and a same-day assessment has said it already."""
    same_day = any(one.code.startswith(RED_FLAG) for one in found)
    told = []
    for one in found:
        if one.code in LAB_URGENCY:
            told += [] if same_day else [layout(case, f"lab_{one.code}")]
        else:
            told += titles(case, (one,))
    return told


def before_tests(one: Said) -> bool:
    """What presses, and what a reader of the result alone would miss: failed tablets, B12 due whatever the level, a product to avoid."""
    return one.code.startswith((*URGENT, *BEFORE_TESTS)) or one.code.endswith(SCHEDULED)


def conclusion(case: Case, said: Interpretation) -> dict[str, str]:
    return {
        "answer": case.say(f"answer={said.answer}").title,
        "deficiency": case.say(f"deficiency={said.deficiency}").title,
        "treatment": case.say(f"treatment_state={said.treatment_state}").title,
    }


def planned(spoken: Iterable[Said]) -> list[Said]:
    """What is to be considered, what presses first."""
    spoken = list(spoken)
    return [*pick(spoken, URGENT), *to_do(spoken)]


def titles(case: Case, found: Iterable[Said]) -> list[str]:
    return [
        " ".join(filter(None, (case.say(one.code).title, mark(case, one.verification), by_pack(case, one))))
        for one in found
    ][:TITLES_SHOWN]


def result_line(case: Case, at_most: int = RESULTS_SHOWN) -> str:
    found = [f"{label} {words}" for label, words in chain_results(case)[:at_most]]
    return "; ".join(found) if found else layout(case, "no_result")


# --- Sections as plain text -----------------------------------------------------------------------------------------


def plain(sections: Iterable[Section], width: int | None = None) -> str:
    """Sections with headings and bullets; ``width`` wraps them for a page of that many columns."""
    blocks = []
    for section in sections:
        lines = [section.heading] if section.heading else []
        for item in section.items:
            lines += item_lines(item, width)
        blocks.append("\n".join(lines))
    return harmless("\n\n".join(blocks))


def harmless(text: str) -> str:
    """Without what a terminal would obey, or what would turn the order of letters round: words of a record are only shown."""
    return _OBEYED.sub("", text)


def item_lines(item: Item, width: int | None) -> list[str]:
    head = f"{item.title}: {item.text}" if item.title and item.text else item.title or item.text
    lines = wrapped(head, "- ", "  ", width)
    for one in item.detail:
        lines += wrapped(one, "  ", "  ", width)
    return [*lines, f"    {item.verbatim}"] if item.verbatim else lines


def wrapped(text: str, first: str, rest: str, width: int | None) -> list[str]:
    if width is None:
        return [first + text]
    return textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [first]
