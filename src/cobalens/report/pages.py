"""The clinician's and the patient's page as sections of items, for a plain text and for a terminal alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cobalens.model.interpretation import Citation, Interpretation, Said
from cobalens.model.plans import PLAN
from cobalens.model.trace import NOT_LOOKED_FOR, SUPPORTED
from cobalens.report.ahead import change_section, firmness_section, next_items, pack_items, standing_section
from cobalens.report.basis import chain, cited, used
from cobalens.report.case import Case
from cobalens.report.findings import finding
from cobalens.report.items import Item, Section
from cobalens.report.lookedat import PICTURE, looked_at, not_well
from cobalens.report.missing import QUESTIONS as QUESTIONS_MISSING
from cobalens.report.unplaced import unplaced_section
from cobalens.report.words import (
    SOURCE,
    by_source,
    for_clinicians,
    layout,
    mark,
    pending,
    read_by,
    results,
    ruleset_line,
    year,
)

SAME_DAY = ("red_flag:", "scope:", "urgency:immediate")
URGENT = (
    *SAME_DAY,
    "action:haematology_urgent",
    "action:stop_or_review_antifolate",
    "action:settle_b12_product",
)
TO_DO = ("urgency:", "action:", "route:", "safety:", "caution:", "plan:")
DO_FIRST = (
    "urgency:",
    "action:start",
    "action:therapeutic",
    "action:switch",
    "action:settle",
    "action:continue",
    "action:no_b12",
    "route:",
    "safety:im",
    "caution:",
)
SCHEDULED = "_vitamin_prophylaxis"
"""B12 that goes with a drug whatever the level: it is what there is to begin."""
FOLLOW_UP = "action:follow_up"
DO_LAST = ("plan:", FOLLOW_UP)
"""What to do is told in this order: whether, how, what to mind, the rest, and the review at the end."""
LIFELONG = "action:lifelong"
CAUSE = "cause:"
MORE = (
    "interpretation:",
    CAUSE,
    "anaemia_type:",
    "neuropathy_differential:",
    "action:",
    "plan:",
    "urgency:",
    "route:",
    "safety:",
    "caution:",
    "data_quality:",
    FOLLOW_UP,
)
"""What else a patient is told: what was found, then what may be done, how soon and how, then what to mind."""
TRADE_OFFS = ("benefit:protect", "benefit:restore", "benefit:prevent", "limit:")
"""What a patient may hope for of B12, and what not; what an injection is good for stands with the injection."""
CODES_SHOWN = 2
LOW_STATES = ("confirmed", "probable", "possible")
TOPPED_UP = (
    "route:",
    "action:start",
    LIFELONG,
    "action:therapeutic",
    "action:switch",
    "action:settle",
    "action:continue",
)
STEP_OPEN = {"patient_step_3": "patient_step_3_open"}
"""How to top it up is not for the patient to tell: where nothing is recommended yet, the step before it comes first."""
GUIDANCE = (
    "learn:guide_full_picture",
    "learn:guide_functional",
    "learn:guide_goal",
    "learn:guide_supplements",
    "learn:guide_neuropathy",
)
QUESTIONS = (
    ("patient_question_1", ("high_b12_explanation:supplementation",)),
    (
        "patient_question_2",
        (
            "high_b12_explanation:liver_disease",
            "high_b12_explanation:renal_impairment",
            "high_b12_explanation:inflammation",
            "high_b12_explanation:solid_tumour_metastases",
            "high_b12_explanation:hepatocellular_carcinoma",
            "high_b12_explanation:myeloid_neoplasm",
            "high_b12_explanation:hypereosinophilia",
            "high_b12_explanation:gaucher_disease",
            "high_b12_explanation:autoimmune_lymphoproliferative",
        ),
    ),
    (
        "patient_question_3",
        (
            "interpretation:high_b12_does_not_exclude",
            "interpretation:functional_deficiency",
            "interpretation:b12_uninterpretable_on_replacement",
            "high_b12_explanation:macro_b12",
            "high_b12_explanation:if_antibody_interference",
            "high_b12_explanation:biotin_interference",
        ),
    ),
    (
        "patient_question_4",
        (
            "anaemia_type:",
            "neuropathy_differential:",
            "action:haematology_urgent",
            "action:suspected_cancer_referral",
        ),
    ),
)
"""The four questions about a high number, and the findings that answer each."""


# --- The clinician's page -------------------------------------------------------------------------------------------


def clinician_page(case: Case, said: Interpretation, whole: bool = True) -> tuple[Section, ...]:
    """Answer first, then why, what to do, what would help next, what is missing, and the sources; always in English.

    What is not ``whole`` is without tests, changes and sources, which may follow.
    """
    notice = clinicians_notice(case)
    case = for_clinicians(case)
    spoken = said.supported()
    sections = [
        notice,
        answer_section(case, said),
        findings(case, "urgent", pick(spoken, URGENT), kind="urgent"),
        why_section(case, said),
        results_section(case),
        unplaced_section(case),
        findings(case, "do", to_do(spoken)),
        findings(case, "cause", pick(spoken, (CAUSE,))),
        findings(case, "explanation", pick(spoken, ("high_b12_explanation:",))),
        findings(case, "interpretation", pick(spoken, ("interpretation:",))),
        findings(case, "blood", pick(spoken, ("anaemia_type:",))),
        findings(case, "nerves", pick(spoken, ("neuropathy_differential:",))),
        *(looked_ahead(case, said, spoken) if whole else ()),
        regimen_section(case, spoken),
        findings(case, "trade_offs", pick(spoken, ("benefit:", "limit:"))),
        packs_section(case, said),
        data_section(case, said),
        *((sources_section(case, said),) if whole else ()),
    ]
    return tuple(section for section in sections if section.items)


def looked_ahead(case: Case, said: Interpretation, spoken: Iterable[Said]) -> tuple[Section, ...]:
    """What was found by trying other results, and what to ask for."""
    return (
        next_section(case, said, spoken),
        missing_section(case, said),
        change_section(case, said),
        firmness_section(case, said),
        standing_section(case, said),
    )


def clinicians_notice(case: Case) -> Section:
    """Tells a reader of another language, in it, why the page goes on in English."""
    items = () if case.language == SOURCE else (Item("", layout(case, "clinicians_in_english")),)
    return Section("", items, "small")


def answer_section(case: Case, said: Interpretation, with_ruleset: bool = True) -> Section:
    codes = (
        f"answer={said.answer}",
        f"deficiency={said.deficiency}",
        f"treatment_state={said.treatment_state}",
    )
    items = [Item(case.say(code).title, case.say(code).clinician, code=code, shared=0) for code in codes]
    basis = [read_by(case, said)]
    if said.as_of:
        basis.append(layout(case, "as_of", date=said.as_of))
    if with_ruleset:
        basis.append(ruleset_line(case, said))
    return Section(layout(case, "answer"), (*items, Item("", " ".join(basis))), "answer")


def pick(spoken: Iterable[Said], families: tuple[str, ...]) -> list[Said]:
    return [one for one in spoken if one.code.startswith(families)]


def to_do(spoken: Iterable[Said]) -> list[Said]:
    """What there is to do, in the order in which one would do it; what is urgent stands elsewhere."""
    return sorted((one for one in pick(spoken, TO_DO) if not one.code.startswith(URGENT)), key=turn)


def turn(one: Said) -> int:
    if one.code.endswith(SCHEDULED):
        return DO_FIRST.index("action:start")
    first = next((place for place, start in enumerate(DO_FIRST) if one.code.startswith(start)), len(DO_FIRST))
    return first + 1 if one.code.startswith(DO_LAST) else first


def findings(case: Case, heading: str, found: Iterable[Said], kind: str = "plain") -> Section:
    items = tuple(finding(case, one, urgent=kind == "urgent") for one in found)
    return Section(layout(case, heading), items, kind)


def why_section(case: Case, said: Interpretation) -> Section:
    lines = dict.fromkeys((*said.because.deficiency, *said.because.answer))
    return Section(layout(case, "why"), tuple(Item("", line, shared=0) for line in lines))


def chain_results(case: Case) -> list[tuple[str, str]]:
    """The results on which the answer rests, with the limits they were compared with; none for a child."""
    found = case.results.get(case.language)
    if found is None:
        found = results(case, used(case, chain(case))) if case.in_scope else []
        case.results[case.language] = found
    return found


def results_section(case: Case) -> Section:
    items = tuple(Item(label, words) for label, words in chain_results(case))
    return Section(layout(case, "results"), items)


def next_section(case: Case, said: Interpretation, spoken: Iterable[Said]) -> Section:
    items = [*next_items(case, said)]
    items += [finding(case, one) for one in pick(spoken, ("ask:",))]
    return Section(layout(case, "next"), tuple(items))


def missing_section(case: Case, said: Interpretation) -> Section:
    items = []
    for one in said.missing:
        titles = list(dict.fromkeys(code_title(case, code) for code in one.for_))
        codes = ", ".join(titles[:CODES_SHOWN])
        if len(titles) > CODES_SHOWN:
            codes = layout(case, "missing_more", codes=codes, count=len(titles) - CODES_SHOWN)
        items.append(Item(sentence(one.label), layout(case, "missing_for", codes=codes)))
    return Section(layout(case, "missing"), tuple(items))


def code_title(case: Case, code: str) -> str:
    return layout(case, f"question_{code}") if code in QUESTIONS_MISSING else case.say(code).title


def sentence(label: str) -> str:
    return label[:1].upper() + label[1:]


def regimen_section(case: Case, spoken: Iterable[Said]) -> Section:
    """Published regimens for the situation, quoted with their source; never an order."""
    table = case.ruleset.lexicon.get("regimens", {}).get("regimen", {})
    codes = [one.code for one in pick(spoken, ("regimen:",))]
    items = [Item(case.say(code).title, case.say(code).clinician, shared=0) for code in codes]
    for one in table.values():
        if one["finding"] in codes:
            status = case.ruleset.evidence[one["source"]].status
            text = layout(case, "regimen", **{**one, "status": status})
            items.append(Item(one["label"], text, (one["note"],) if one["note"] else (), shared=1))
    return Section(layout(case, "regimens"), tuple(items))


def packs_section(case: Case, said: Interpretation) -> Section:
    return Section(layout(case, "packs"), pack_items(case, said))


def data_section(case: Case, said: Interpretation) -> Section:
    items = []
    for one in said.data_quality:
        say = case.say(one.code)
        title = say.title if say.title != one.code else ""
        items.append(Item(title, one.message, (one.where,) if one.where else ()))
    for unread in said.not_understood:
        hint = layout(case, "did_you_mean", suggestion=unread.suggestion) if unread.suggestion else ""
        items.append(Item(layout(case, "not_understood"), f"“{unread.text}” ({unread.where}) {hint}".strip()))
    return Section(layout(case, "data"), tuple(items))


def answer_sources(case: Case) -> list[Citation]:
    """What the rows cite that gave answer and deficiency."""
    ids = [
        evidence
        for question in ("answer", "deficiency")
        if (choice := case.choice(question)) is not None
        for name in choice.rows
        for evidence in case.row(question, name).evidence
    ]
    return [cited(case, one) for one in dict.fromkeys(ids)]


def sources_section(case: Case, said: Interpretation, cites: Iterable[Citation] | None = None) -> Section:
    """Publications; by default all that the answer and any finding rest on."""
    if cites is None:
        own = answer_sources(case) if case.in_scope else []
        cites = [*own, *(one for finding in said.supported() for one in finding.sources)]
    items = [Item(name, statements, shared=0) for name, statements in by_source(case, cites)]
    items.append(Item("", layout(case, "support"), shared=0))
    return Section(layout(case, "sources"), tuple(items), "small")


# --- The patient's page ---------------------------------------------------------------------------------------------


def patient_page(case: Case, said: Interpretation) -> tuple[Section, ...]:
    """The same in plain words: what presses, what it suggests, the steps or questions, what may come next, what to ask."""
    spoken = [one for one in said.supported() if not one.quiet]
    told: set[str] = set()

    def tell(found: Iterable[Said]) -> tuple[Item, ...]:
        items = []
        for one in found:
            if one.code not in told:
                told.add(one.code)
                items.append(patient_item(case, one))
        return tuple(items)

    sections = [
        Section(layout(case, "patient_first"), tell(pick(spoken, URGENT)), "urgent"),
        patient_answer(case, said),
        *low_steps(case, said, spoken, tell),
        *high_questions(case, said, spoken, tell),
        Section(layout(case, "patient_trade_offs"), tell(pick(said.supported(), TRADE_OFFS))),
        Section(layout(case, "patient_more"), tell(sorted(more(spoken), key=place))),
        Section(layout(case, "patient_next"), (*patient_tests(case, said), *tell(pick(spoken, ("ask:",))))),
        Section(
            layout(case, "patient_guidance"),
            tuple(Item(case.say(key).heading, case.say(key).patient, shared=0) for key in GUIDANCE),
        ),
        Section(
            layout(case, "patient_closing"),
            (Item("", case.say("learn:question").patient), *small_print(case, said)),
            "closing",
        ),
    ]
    return tuple(section for section in sections if section.items)


def more(spoken: list[Said]) -> list[Said]:
    """What else there is to know; a cause where B12 is for life, since a patient told so wants to know why."""
    for_life = any(one.code.startswith(LIFELONG) for one in spoken)
    return [one for one in pick(spoken, MORE) if for_life or not one.code.startswith(CAUSE)]


def place(one: Said) -> int:
    """Where a patient is told of it among what else there is to know."""
    return max(at for at, family in enumerate(MORE) if one.code.startswith(family))


def patient_item(case: Case, one: Said) -> Item:
    star = layout(case, "mark_patient") if mark(case, one.verification) else ""
    code = one.code if one.code in case.given else ""  # what the reader of the input noticed rests on no row
    return Item(
        case.say(one.code).heading, f"{case.say(one.code).patient} {star}".strip(), code=code, shared=0
    )


def patient_tests(case: Case, said: Interpretation) -> tuple[Item, ...]:
    """The tests that would help next, in plain words, the most useful first; those that are asked for in passing left out."""
    asked = {one.code: one for one in said.supported()}
    return tuple(
        patient_item(case, asked[test.code])
        if test.code in asked
        else Item(case.say(test.code).heading, case.say(test.code).patient, code=test.code, shared=0)
        for test in said.next_tests
        if test.code not in asked or not asked[test.code].quiet
    )


def patient_answer(case: Case, said: Interpretation) -> Section:
    codes = [f"answer={said.answer}"]
    if said.deficiency not in LOW_STATES:
        codes.append(f"deficiency={said.deficiency}")
    if shows_the_dose(case, said):
        codes.append("treatment_state=on")
    items = [Item("", case.say(code).patient, code=code, shared=0) for code in codes]
    if any(one.pack and one.code.startswith(PLAN) for one in said.supported()):
        items.append(Item("", layout(case, "patient_otherwise")))
    return Section(layout(case, "patient_answer"), tuple(items), "answer")


Tell = Callable[[Iterable[Said]], tuple[Item, ...]]


def low_steps(case: Case, said: Interpretation, spoken: list[Said], tell: Tell) -> list[Section]:
    if said.deficiency not in LOW_STATES:
        return []
    steps = (
        ("patient_step_1", pick(spoken, ("interpretation:indeterminate", "interpretation:functional"))),
        ("patient_step_2", pick(spoken, (CAUSE,))),
        ("patient_step_3", sorted(pick(spoken, TOPPED_UP), key=turn)),
    )
    made = [Section(layout(case, "patient_low"), (Item("", case.say("learn:low_steps").patient),))]
    for heading, found in steps:
        items = tell(found)
        if heading == "patient_step_1":
            items = (Item("", case.say(f"deficiency={said.deficiency}").patient), *items)
        still_open = Item("", layout(case, STEP_OPEN.get(heading, "patient_open")))
        made.append(Section(layout(case, heading), items or (still_open,)))
    return made


def shows_the_dose(case: Case, said: Interpretation) -> bool:
    """Whether a patient is told that the level shows what was given: a high one is told so elsewhere, a low one does not."""
    return said.treatment_state == "on" and not is_high(case) and case.answer("still_short") != "yes"


def is_high(case: Case) -> bool:
    return case.answer("elevation", "none") not in ("none", "not_measured")


def high_questions(case: Case, said: Interpretation, spoken: list[Said], tell: Tell) -> list[Section]:
    if not is_high(case):
        return []
    made = [Section(layout(case, "patient_high"), (Item("", case.say("learn:high_questions").patient),))]
    for heading, families in QUESTIONS:
        found = pick(spoken, families)
        items = tell(found) or retold(case, heading, found)
        if not items and heading == "patient_question_1" and said.treatment_state != "unknown":
            items = (Item("", case.say(f"treatment_state={said.treatment_state}").patient),)
        if not items:
            key = "patient_clear" if looked_for(case, families) else "patient_open"
            items = looked_at(case, heading) or (Item("", layout(case, key)),)
        made.append(Section(layout(case, heading), items))
    return made


def retold(case: Case, heading: str, found: Iterable[Said]) -> tuple[Item, ...]:
    """What stands above already: of tests and symptoms, what is not well; of the other questions, the same again."""
    if heading == PICTURE and found and (speaks := not_well(case)):
        return (Item("", layout(case, f"patient_{speaks}")),)
    return tuple(patient_item(case, one) for one in found)


def looked_for(case: Case, families: tuple[str, ...]) -> bool:
    """Whether, of what does not hold among some codes, all was looked for."""
    codes = codes_of(case, families) if case.in_scope else ()
    statuses = [{one.status for one in case.given[code]} for code in codes if code in case.given]
    unsaid = [one for one in statuses if SUPPORTED not in one]
    return bool(unsaid) and not any(NOT_LOOKED_FOR in one for one in unsaid)


def codes_of(case: Case, families: tuple[str, ...]) -> tuple[str, ...]:
    """The codes of some families, looked up once for everybody."""
    found = case.shelf.families.get(families)
    if found is None:
        found = tuple(code for code in case.ruleset.codes if code.startswith(families))
        case.shelf.families[families] = found
    return found


def small_print(case: Case, said: Interpretation) -> list[Item]:
    lines = [Item("", case.say("learn:caregivers").patient)]
    if said.not_understood:
        lines.append(Item("", layout(case, "patient_unread")))
    shown = (one for one in said.supported() if not one.quiet or one.code.startswith(TRADE_OFFS))
    if any(mark(case, one.verification) for one in shown):
        lines.append(Item("", layout(case, "marks_patient")))
    basis = said.pack_basis
    lines.append(Item("", layout(case, "patient_support", title=basis.title, year=year(case, basis.year))))
    if waiting := pending(case.ruleset, case.language):
        lines.append(Item("", waiting))
    return lines
