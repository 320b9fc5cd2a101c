"""The article's four questions about a high B12, or its three steps when it is low, for a clinician: one line for each."""

from __future__ import annotations

from cobalens.model.interpretation import Interpretation, Said
from cobalens.report.case import Case
from cobalens.report.items import Item, Section
from cobalens.report.lookedat import LOOKED, PICTURE, not_well, partly_well
from cobalens.report.pages import LOW_STATES, QUESTIONS, is_high, looked_for, pick
from cobalens.report.words import for_clinicians, layout

STEPS = (
    ("patient_step_1", ("interpretation:indeterminate", "interpretation:functional")),
    ("patient_step_2", ("cause:",)),
    ("patient_step_3", ("route:", "action:start", "action:lifelong", "action:therapeutic", "action:switch")),
)


def frame(case: Case, said: Interpretation) -> tuple[Section, ...]:
    """The questions, the steps, both or neither, as the answer has it."""
    case = for_clinicians(case)
    spoken = [one for one in said.supported() if not one.quiet]
    made = []
    if said.deficiency in LOW_STATES:
        made.append(Section(layout(case, "patient_low"), tuple(steps(case, said, spoken))))
    if is_high(case):
        made.append(Section(layout(case, "patient_high"), tuple(questions(case, said, spoken))))
    return tuple(made)


def steps(case: Case, said: Interpretation, spoken: list[Said]) -> list[Item]:
    items = []
    for place, (heading, families) in enumerate(STEPS):
        found = titles(case, pick(spoken, families))
        if place == 0:
            found = [case.say(f"deficiency={said.deficiency}").title, *found]
        items.append(line(case, heading, found, "frame_open"))
    return items


def questions(case: Case, said: Interpretation, spoken: list[Said]) -> list[Item]:
    items = []
    for place, (heading, families) in enumerate(QUESTIONS):
        found = titles(case, pick(spoken, families))
        if not found and place == 0 and said.treatment_state != "unknown":
            found = [case.say(f"treatment_state={said.treatment_state}").title]
        items.append(line(case, heading, found, "" if found else unless(case, heading, families)))
    return items


def unless(case: Case, heading: str, families: tuple[str, ...]) -> str:
    """What is said where nothing was found: looked at and well, told of by nerves or counts, or not looked for."""
    if heading == "patient_question_4" and (speaks := not_well(case)):
        return f"frame_{speaks}"
    if any(case.answer(name) == well for name, well in LOOKED.get(heading, {}).items()):
        return "frame_clear"
    if heading == PICTURE and partly_well(case):
        return "frame_part"
    return "frame_clear" if looked_for(case, families) else "frame_open"


def titles(case: Case, found: list[Said]) -> list[str]:
    return list(dict.fromkeys(case.say(one.code).title for one in found))


def line(case: Case, heading: str, found: list[str], otherwise: str) -> Item:
    words = f"{'; '.join(found)}." if found else layout(case, otherwise)
    return Item(layout(case, heading), words, shared=0)
