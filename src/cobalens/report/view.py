"""One answer as parts of a screen: what comes first, what helps next, what may be opened, for either reader."""

from __future__ import annotations

from msgspec import Struct

from cobalens.model.interpretation import Interpretation
from cobalens.report.ahead import of_hundred
from cobalens.report.case import Case
from cobalens.report.frame import frame
from cobalens.report.items import Item, Section
from cobalens.report.pages import clinician_page, patient_page
from cobalens.report.words import for_clinicians, layout

TOP = ("answer", "urgent")
EARLY = ("why", "results", "do")
AHEAD = ("next", "missing", "change", "firmness", "standing", "patient_next")
"""Headings of what is worked out by trying other results; it may arrive after the rest."""
LATE = ("patient_guidance",)
"""What prepares a patient's visit stands behind what may come next."""
FOLDED = ("data", "regimens")
SOURCES = ("sources",)
LATER = "later"
"""The kind of a section that is folded and is filled with what comes later."""
PATIENT = "patient"


class View(Struct, frozen=True, kw_only=True):
    """The sections of one reader's page, by their place on a screen."""

    answer: Section
    """Its first item is the answer; the others say how sure, and by which guideline."""
    notice: tuple[Item, ...]
    """What the reader must know before anything else."""
    urgent: tuple[Section, ...]
    early: tuple[Section, ...]
    ahead: tuple[Section, ...]
    rest: tuple[Section, ...]
    folded: tuple[Section, ...]
    sources: tuple[Section, ...]
    """Without items where they come later."""
    closing: tuple[Section, ...]


def view_of(case: Case, said: Interpretation, audience: str, whole: bool = True) -> View:
    """The same answer for a patient or for a clinician; ``whole`` with what an answer at a glance leaves for later."""
    for_patient = audience == PATIENT
    sections = patient_page(case, said) if for_patient else clinician_page(case, said, whole)
    worded = case if for_patient else for_clinicians(case)
    ahead, early, folded, sources = (headings(worded, keys) for keys in (AHEAD, EARLY, FOLDED, SOURCES))
    body = [one for one in sections if one.heading and one.kind not in (*TOP, "closing")]
    rest = [one for one in body if one.heading not in ahead | early | folded | sources]
    late = headings(worded, LATE) if for_patient else frozenset()
    return View(
        answer=next(one for one in sections if one.kind == "answer"),
        notice=tuple(item for one in sections if not one.heading for item in one.items),
        urgent=tuple(one for one in sections if one.kind == "urgent"),
        early=tuple(one for one in rest if one.heading not in late)
        if for_patient
        else (*(one for one in body if one.heading in early), *frame(case, said)),
        ahead=(
            *(together(one) for one in body if one.heading in ahead),
            *(plainly_firm(case, said) if for_patient else ()),
        ),
        rest=tuple(one for one in rest if one.heading in late or not for_patient),
        folded=tuple(one for one in body if one.heading in folded),
        sources=tuple(one for one in body if one.heading in sources)
        if whole or for_patient
        else tuple(Section(heading, (), LATER) for heading in sources),
        closing=tuple(one for one in sections if one.kind == "closing"),
    )


def plainly_firm(case: Case, said: Interpretation) -> tuple[Section, ...]:
    """How firm the answer is, for a patient: of repeated tests, never of certainty."""
    if said.firmness is None:
        return ()
    words = layout(case, "patient_firm", answer=of_hundred(case, said.firmness.answer))
    return (Section(layout(case, "patient_firmness"), (Item("", words),)),)


def together(section: Section) -> Section:
    """A section in which what is said of several things is said once; what can be opened, or asks, stands by itself."""
    if any(one.code or one.detail or not one.title for one in section.items):
        return section
    titles: dict[tuple[str, str], list[str]] = {}
    for one in section.items:
        apart = one.title if one.title.endswith("?") else ""
        titles.setdefault((one.text, apart), []).append(one.title)
    items = tuple(Item("; ".join(names), text) for (text, _), names in titles.items())
    return Section(section.heading, items, section.kind)


def headings(case: Case, keys: tuple[str, ...]) -> frozenset[str]:
    found = case.shelf.headings.get((case.language, keys))
    if found is None:
        found = frozenset(layout(case, key) for key in keys)
        case.shelf.headings[case.language, keys] = found
    return found


def tone(said: Interpretation) -> str:
    """Which of three looks an answer has; the words say it too."""
    if said.answer in ("deficiency", "both"):
        return "act"
    return "open" if said.answer == "undetermined" else "read"
