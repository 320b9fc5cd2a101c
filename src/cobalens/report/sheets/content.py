"""What the two sheets say: the visit sheet in a patient's words, the summary in a clinician's; each right when read alone."""

from __future__ import annotations

from collections.abc import Iterable

from cobalens.model.interpretation import Interpretation, Said
from cobalens.model.record import Lab
from cobalens.model.ruleset import Limit
from cobalens.report.basis import chain, used
from cobalens.report.case import Case, Cuts, rank
from cobalens.report.charts.overtime import over_time
from cobalens.report.charts.picture import svg
from cobalens.report.charts.readings import label_of, plain_unit
from cobalens.report.pages import LOW_STATES, SAME_DAY, TO_DO, URGENT, is_high, pick, shows_the_dose, to_do
from cobalens.report.sheets.entries import (
    capital,
    clipped,
    felt,
    history,
    others,
    result_rows,
    results,
    taken,
)
from cobalens.report.sheets.sheet import BLANKS, CLOSING, LIST, PICTURE, TABLE, TEXT, Part, Sheet
from cobalens.report.sheets.sheet import URGENT as URGENT_KIND
from cobalens.report.words import (
    beside,
    for_clinicians,
    for_patients,
    is_result,
    layout,
    mark,
    pack_title,
    pending,
    short,
    stretch,
    year,
)

VISIT, SUMMARY = "visit", "summary"
QUESTIONS, WHYS, CAUSES_NAMED, SEVERAL = 8, 4, 3, 2
SIZE = (225, 125)
"""Of the picture, so that its smallest letters are as large on paper as the text."""
STILL_OPEN = "cause:investigate"
UNSUITED = {"caution:leber": "sheet_question_leber", "caution:b12_allergy": "sheet_question_allergy"}
"""Why one B12 product may not suit somebody, whether B12 is given already or may be, and what to ask for it."""
HEAD = ("test", "result", "date", "range")


def visit_sheet(case: Case, said: Interpretation, cuts: Cuts) -> Sheet:
    """For the patient: results, symptoms, everything taken, what to ask, and lines to fill in."""
    case = for_patients(case)
    spoken = [one for one in said.supported() if not one.quiet]
    pictured = picture(case, cuts)
    parts = [
        first(case, spoken),
        Part(kind=TEXT, heading=layout(case, "sheet_suggests"), rows=suggestion(case, said)),
        results_part(case),
        listed(case, "sheet_symptoms", felt(case), "sheet_symptoms_none", half=True),
        listed(case, "sheet_taken", taken(case), "sheet_taken_none", half=True),
        listed(case, "sheet_history", history(case), "sheet_history_none", half=True),
        listed(case, "sheet_other", others(case), "sheet_history_none", half=True),
        pictured,
        Part(
            kind=LIST,
            heading=layout(case, "sheet_questions"),
            rows=tuple((one,) for one in questions(case, said, spoken)),
            whole=True,
            half=pictured is not None,
        ),
        Part(
            kind=CLOSING,
            heading=layout(case, "sheet_closing"),
            rows=((layout(case, "sheet_closing_words"),), (layout(case, "sheet_closing_plain"),)),
        ),
        blanks(case, "sheet_visit", "impact", "taken", "answer", "plan", "test", "call"),
    ]
    return Sheet(
        name=VISIT,
        language=case.language,
        title=layout(case, "sheet_visit_title"),
        about=layout(case, "sheet_visit_about"),
        person=person(case),
        blanks=(layout(case, "sheet_name"), layout(case, "sheet_born")),
        parts=tuple(part for part in parts if part is not None),
        foot=foot(case, said),
        more=case.say("layout:sheet_more_mine").title,
    )


def summary_sheet(case: Case, said: Interpretation, cuts: Cuts) -> Sheet:
    """For the clinician: reading, reasons, results against limits, what to consider, what is missing."""
    case = for_clinicians(case)
    spoken = [one for one in said.supported() if not one.quiet]
    urgent = pick(spoken, URGENT)
    found = [one for one in spoken if one not in urgent and not one.code.startswith((*TO_DO, "next_test:"))]
    pictured = picture(case, cuts)
    parts = [
        Part(
            kind=URGENT_KIND,
            heading=layout(case, "sheet_urgent"),
            rows=tuple((f"{case.say(one.code).title}: {case.say(one.code).clinician}",) for one in urgent),
        ),
        Part(kind=TEXT, heading=layout(case, "sheet_answer"), rows=reading(case, said)),
        limits_part(case),
        pictured,
        listed(case, "sheet_why", list(dict.fromkeys((*said.because.deficiency, *said.because.answer)))[:WHYS], half=pictured is not None),
        listed(case, "sheet_found", titles(case, found), half=True),
        listed(case, "sheet_do", titles(case, to_do(spoken)), half=True),
        listed(case, "sheet_next", [case.say(one.code).title for one in said.next_tests], half=True),
        listed(case, "sheet_missing", [capital(case.named(one.label)) for one in said.missing], half=True),
        listed(case, "sheet_said", felt(case, signs=True), half=True),
        listed(case, "sheet_given", taken(case), half=True),
        listed(case, "sheet_history", history(case), half=True),
        listed(case, "sheet_other", others(case), half=True),
        *([listed(case, "sheet_data", noticed)] if (noticed := data(said)) else ()),
        blanks(case, "sheet_decided", "decision", "follow", "signed"),
    ]  # fmt: skip
    return Sheet(
        name=SUMMARY,
        language=case.language,
        title=layout(case, "sheet_summary_title"),
        about=layout(case, "sheet_summary_about"),
        person=person(case),
        blanks=(layout(case, "sheet_name"), layout(case, "sheet_born")),
        parts=tuple(part for part in parts if part is not None and part.rows),
        foot=foot(case, said),
        more=case.say("layout:sheet_more").title,
    )


# --- Parts ----------------------------------------------------------------------------------------------------------


def listed(
    case: Case, heading: str, lines: Iterable[str], none: str = "sheet_nothing", half: bool = False
) -> Part:
    """A list, which says so where there is nothing in it."""
    rows = tuple((line,) for line in lines)
    return Part(kind=LIST, heading=layout(case, heading), rows=rows or ((layout(case, none),),), half=half)


def blanks(case: Case, heading: str, *keys: str) -> Part:
    rows = tuple((layout(case, f"sheet_{key}_blank" if key in ("impact", "taken") else f"sheet_blank_{key}"),) for key in keys)  # fmt: skip
    return Part(kind=BLANKS, heading=layout(case, heading), rows=rows)


def results_part(case: Case) -> Part:
    rows = tuple(result_rows(case, results(case)))
    if not rows:
        none = ((layout(case, "sheet_no_results"),),)
        return Part(kind=TEXT, heading=layout(case, "sheet_results"), rows=none)
    header = tuple(layout(case, f"sheet_head_{one}") for one in HEAD)
    return Part(kind=TABLE, heading=layout(case, "sheet_results"), header=header, rows=rows, keep=6)


def limits_part(case: Case) -> Part:
    """The results as recorded; those on which the answer rests come first, with where they lie."""
    readings = against(case)
    labs = sorted(results(case), key=lambda lab: itself(lab) not in readings)
    rows = tuple(
        (*row, readings[itself(lab)][0] if itself(lab) in readings else "")
        for lab, row in zip(labs, result_rows(case, labs), strict=True)
    )
    if not rows:
        none = ((layout(case, "sheet_no_results"),),)
        return Part(kind=TEXT, heading=layout(case, "sheet_results"), rows=none)
    header = tuple(layout(case, f"sheet_head_{one}") for one in (*HEAD, "reading"))
    whose: dict[str, set[str]] = {}
    for _, limits in readings.values():
        for one in limits:
            whose.setdefault(pack_title(case, one), set()).add(case.limit_status(one))
    named = "; ".join(", ".join((name, *sorted(statuses, key=rank))) for name, statuses in whose.items())
    return Part(
        kind=TABLE,
        heading=layout(case, "sheet_results"),
        header=header,
        rows=rows,
        note=layout(case, "sheet_limits", limits=named) if named else "",
        keep=5,
    )


def picture(case: Case, cuts: Cuts) -> Part | None:
    """B12 over time, where there is more than one result to compare."""
    chart = over_time(case, cuts, SIZE)
    if chart is None or len(chart.rows) < SEVERAL:
        return None
    return Part(
        kind=PICTURE,
        heading=chart.title,
        rows=((chart.alternative, svg(chart, inline=False)),),
        note=" ".join(chart.key),
        half=True,
    )


def data(said: Interpretation) -> list[str]:
    """What was noticed about the data, each once."""
    return list(dict.fromkeys(clipped(one.message) for one in said.data_quality))


def itself(lab: Lab) -> tuple[str, str, str]:
    """What tells a result from the others: a note holds several in one place."""
    return lab.where, lab.analyte, lab.text


def against(case: Case) -> dict[tuple[str, str, str], tuple[str, list[Limit]]]:
    """Result -> where it lies and by which limits, if the answer rests on it; none for a child."""
    found: dict[tuple[str, str, str], tuple[str, list[Limit]]] = {}
    placed: dict[str, list[Lab]] = {}
    for lab in case.record.labs:
        if not lab.derived:
            placed.setdefault(lab.where, []).append(lab)
    for one in used(case, chain(case)) if case.in_scope else ():
        fact = case.ruleset.facts[one.fact]
        if one.from_ and is_result(one) and fact.limits:
            words, _ = stretch(case, fact, one.unit)
            near = placed.get(one.from_, [])
            own = [lab for lab in near if (lab.analyte, lab.text) == (fact.of[0], one.value)]
            # Of several results in one place only the one that is named can be meant.
            own = own or (near if len(near) == 1 else [])
            if words and own:
                limits = [limit for limit in beside(case, fact) if limit is not None]
                words = plain_unit(words.removeprefix(": "))
                # What was worked out from a result has limits of its own, which are not those of the result.
                if own[0].analyte != fact.of[0]:
                    words = f"{capital(label_of(case, fact.of[0]))}: {words}"
                found.setdefault(itself(own[0]), (words, limits))
    return found


def first(case: Case, spoken: list[Said]) -> Part | None:
    """What presses in plain words; where that is not help on the same day, also when to get it."""
    urgent = pick(spoken, URGENT)
    words = [case.say(one.code).patient for one in urgent]
    if not pick(urgent, SAME_DAY):
        words.append(case.say("learn:same_day").patient)
    kind = URGENT_KIND if urgent else TEXT
    heading = layout(case, "sheet_first") if urgent else case.say("learn:same_day").title
    return Part(kind=kind, heading=heading, rows=tuple((one,) for one in dict.fromkeys(words)))


def suggestion(case: Case, said: Interpretation) -> tuple[tuple[str], ...]:
    codes = [f"answer={said.answer}"]
    if said.deficiency not in LOW_STATES:
        codes.append(f"deficiency={said.deficiency}")
    if shows_the_dose(case, said):
        codes.append("treatment_state=on")
    return ((" ".join(case.say(code).patient for code in codes),),)


def reading(case: Case, said: Interpretation) -> tuple[tuple[str], ...]:
    codes = (
        f"answer={said.answer}",
        f"deficiency={said.deficiency}",
        f"treatment_state={said.treatment_state}",
    )
    return ((". ".join(case.say(code).title for code in codes) + ".",),)


def titles(case: Case, found: Iterable[Said]) -> list[str]:
    return [f"{case.say(one.code).title} {mark(case, one.verification)}".strip() for one in found]


def questions(case: Case, said: Interpretation, spoken: list[Said]) -> list[str]:
    """This person's own questions: reasons, tests, nerves, the goal, and what comes next."""
    asked = [layout(case, key) for caution, key in UNSUITED.items() if pick(spoken, (caution,))]
    found = pick(spoken, ("cause:",))
    if any(one.code == STILL_OPEN for one in found):
        asked.append(layout(case, "sheet_question_cause"))
    causes = names(case, [one for one in found if one.code != STILL_OPEN])
    if causes:
        asked.append(layout(case, "sheet_question_why", causes=causes))
    # Reasons for a high number are not named here: a name alone would frighten, and the visit is the place for it.
    if is_high(case):
        asked.append(layout(case, "sheet_question_high"))
    asked += [layout(case, "sheet_question_test", test=case.say(one.code).title) for one in said.next_tests]
    if pick(spoken, ("neuropathy_differential:",)):
        asked.append(layout(case, "sheet_question_nerves"))
    return [
        *asked[: QUESTIONS - 2],
        layout(case, "sheet_question_goal"),
        layout(case, "sheet_question_next"),
    ]


def names(case: Case, found: list[Said]) -> str:
    return ", ".join(case.say(one.code).title for one in found[:CAUSES_NAMED])


# --- What the sheet says of itself ----------------------------------------------------------------------------------


def person(case: Case) -> str:
    """The id in the record, with age and sex where they are known."""
    sex = case.reads("sex") if case.fact("sex") else "unknown"
    called = clipped(case.record.id)
    age = case.record.age
    if age is None:
        return layout(case, "sheet_person", id=called)
    if sex == "unknown":
        return layout(case, "sheet_person_age", id=called, age=f"{age:f}")
    return layout(
        case, "sheet_person_aged", id=called, age=f"{age:f}", sex=case.named(case.ruleset.concepts[sex].label)
    )


def foot(case: Case, said: Interpretation) -> tuple[str, ...]:
    """Whose rules, which version, which day, and that it is no diagnosis."""
    basis = said.pack_basis
    words = {
        "title": basis.title,
        "year": year(case, basis.year),
        "version": said.cobalens,
        "hash": short(said.ruleset),
    }
    made = (
        layout(case, "sheet_made", date=said.as_of, **words)
        if said.as_of
        else layout(case, "sheet_made_told" if case.for_patient else "sheet_made_undated", **words)
    )
    waits = pending(case.ruleset, case.language)
    return (made, *((waits,) if waits else ()))
