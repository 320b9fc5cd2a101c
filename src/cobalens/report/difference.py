"""Two readings of one person side by side: before and after something is supposed, or with old and with new results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from cobalens.model.interpretation import Interpretation
from cobalens.model.record import Event, Lab, Record
from cobalens.model.trace import SUPPORTED
from cobalens.report.case import Case
from cobalens.report.change import TOLD
from cobalens.report.items import Item, Section
from cobalens.report.words import layout

Read = tuple[Case, Interpretation]
NEW, CHANGED, GONE = "new", "changed", "gone"
AXES = ("answer", "deficiency", "treatment_state")


class Stand(Struct, frozen=True):
    """What one reading says."""

    answer: str
    deficiency: str
    treatment_state: str
    told: dict[str, str]
    """The other answers that readers are shown, by question."""
    because: tuple[str, ...]
    next_tests: tuple[str, ...]


class Moved(Struct, frozen=True):
    """A finding that is said in one reading alone, with its reason there; ``status`` is what it is in the other."""

    code: str
    title: str
    why: str
    status: str


class Setting(Struct, frozen=True):
    """What was supposed, as it was read."""

    name: str
    value: str


class ResultChange(Struct, frozen=True):
    """One test: ``new``, ``changed`` or ``gone``, each side as reported, the newest first."""

    analyte: str
    label: str
    how: str
    old: tuple[str, ...]
    new: tuple[str, ...]


class Statements(Struct, frozen=True):
    """What only one record says beside results, in its own words."""

    new: tuple[str, ...]
    gone: tuple[str, ...]


class Sides(Struct, frozen=True, kw_only=True):
    """What two readings have apart."""

    before: Stand
    after: Stand
    changed: tuple[str, ...]
    """The questions that are answered otherwise."""
    findings_gained: tuple[Moved, ...]
    findings_lost: tuple[Moved, ...]


class WhatIf(Struct, frozen=True, kw_only=True):
    """One person before and after something is supposed."""

    cobalens: str
    ruleset: str
    pack: str
    as_of: str | None
    id: str
    set: tuple[Setting, ...]
    before: Stand
    after: Stand
    changed: tuple[str, ...]
    findings_gained: tuple[Moved, ...]
    findings_lost: tuple[Moved, ...]


class Compared(Struct, frozen=True, kw_only=True):
    """Two sets of results for one person."""

    cobalens: str
    ruleset: str
    pack: str
    as_of_old: str | None
    as_of_new: str | None
    id_old: str
    id_new: str
    results: tuple[ResultChange, ...]
    statements: Statements
    before: Stand
    after: Stand
    changed: tuple[str, ...]
    findings_gained: tuple[Moved, ...]
    findings_lost: tuple[Moved, ...]


def what_if(settings: Iterable[tuple[str, str]], before: Read, after: Read) -> WhatIf:
    said, apart = before[1], sides(before, after)
    return WhatIf(
        cobalens=said.cobalens,
        ruleset=said.ruleset,
        pack=said.pack,
        as_of=said.as_of,
        id=said.id,
        set=tuple(Setting(name, value) for name, value in settings),
        before=apart.before,
        after=apart.after,
        changed=apart.changed,
        findings_gained=apart.findings_gained,
        findings_lost=apart.findings_lost,
    )


def compared(old: Read, new: Read) -> Compared:
    said, apart = old[1], sides(old, new)
    records = (old[0].record, new[0].record)
    return Compared(
        cobalens=said.cobalens,
        ruleset=said.ruleset,
        pack=said.pack,
        as_of_old=said.as_of,
        as_of_new=new[1].as_of,
        id_old=said.id,
        id_new=new[1].id,
        results=results(old[0], *records),
        statements=statements(*records),
        before=apart.before,
        after=apart.after,
        changed=apart.changed,
        findings_gained=apart.findings_gained,
        findings_lost=apart.findings_lost,
    )


# --- Answers and findings -------------------------------------------------------------------------------------------


def sides(before: Read, after: Read) -> Sides:
    first, second = stand(*before), stand(*after)
    pairs = [(axis, getattr(first, axis), getattr(second, axis)) for axis in AXES]
    pairs += [(name, first.told.get(name), second.told.get(name)) for name in {**first.told, **second.told}]
    return Sides(
        before=first,
        after=second,
        changed=tuple(name for name, one, other in pairs if one != other),
        findings_gained=moved(after[1], before[1]),
        findings_lost=moved(before[1], after[1]),
    )


def stand(case: Case, said: Interpretation) -> Stand:
    told = {name: case.answer(name) for name in TOLD if case.choice(name)} if case.in_scope else {}
    return Stand(
        answer=said.answer,
        deficiency=said.deficiency,
        treatment_state=said.treatment_state,
        told=told,
        because=tuple(dict.fromkeys((*said.because.deficiency, *said.because.answer))),
        next_tests=tuple(one.code for one in said.next_tests),
    )


def moved(here: Interpretation, there: Interpretation) -> tuple[Moved, ...]:
    statuses = {one.code: one.status for one in there.findings}
    return tuple(
        Moved(one.code, one.title, one.why, statuses.get(one.code, "not_looked_for"))
        for one in here.supported()
        if statuses.get(one.code) != SUPPORTED
    )


# --- Records --------------------------------------------------------------------------------------------------------


def results(case: Case, old: Record, new: Record) -> tuple[ResultChange, ...]:
    """The tests whose results are not the same in both; a result is known by its value and unit, not by its place."""
    sets = [by_test(record.labs) for record in (old, new)]
    found = []
    for analyte in dict.fromkeys((*sets[1], *sets[0])):
        before, after = (one.get(analyte, ()) for one in sets)
        if sorted(before) != sorted(after):
            known = case.ruleset.analytes.get(analyte)
            how = NEW if not before else GONE if not after else CHANGED
            found.append(ResultChange(analyte, known.label if known else analyte, how, before, after))
    return tuple(found)


def by_test(labs: Sequence[Lab]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for lab in sorted(labs, key=lambda one: -(one.when.last if one.when.last is not None else 0)):
        found.setdefault(lab.analyte, []).append(lab.text)
    return {analyte: tuple(texts) for analyte, texts in found.items()}


def statements(old: Record, new: Record) -> Statements:
    first, second = ({said_of(one): one.text for one in record.events} for record in (old, new))
    return Statements(
        tuple(dict.fromkeys(text for key, text in second.items() if key not in first)),
        tuple(dict.fromkeys(text for key, text in first.items() if key not in second)),
    )


def said_of(event: Event) -> tuple[str, bool, bool, bool, str]:
    return event.concept, event.affirmed, event.doubt, event.family, event.time


# --- In words -------------------------------------------------------------------------------------------------------


def rows(case: Case, one: WhatIf | Compared) -> list[tuple[str, str, str, bool]]:
    """Question, before, after, and whether it changed: the two axes and the treatment always, the rest where it changed."""
    made = []
    for axis in AXES:
        words = [in_words(case, axis, getattr(side, axis)) for side in (one.before, one.after)]
        made.append((layout(case, f"side_{axis}"), words[0], words[1], axis in one.changed))
    for name in one.changed:
        if name not in AXES:
            words = [in_words(case, name, side.told.get(name, "unknown")) for side in (one.before, one.after)]
            made.append((layout(case, f"side_{name}"), words[0], words[1], True))
    return made


def in_words(case: Case, question: str, value: str) -> str:
    """An answer by its title, a degree or a choice by its own word."""
    say = case.say(f"{question}={value}").title
    plain = question == "deficiency" or say == f"{question}={value}"
    return value.replace("_", " ") if plain else say


def supposed_section(case: Case, one: WhatIf) -> Section:
    return Section(
        layout(case, "supposed"), tuple(Item(first_upper(made.name), made.value) for made in one.set)
    )


def result_sections(case: Case, one: Compared) -> list[Section]:
    """What is new or changed in the results, then in what is said beside them."""
    items = tuple(Item(first_upper(made.label), result_words(case, made)) for made in one.results)
    items = items or (Item("", layout(case, "results_same")),)
    return [
        Section(layout(case, "results_moved"), items),
        Section(layout(case, "said_new"), tuple(Item("", text) for text in one.statements.new)),
        Section(layout(case, "said_gone"), tuple(Item("", text) for text in one.statements.gone)),
    ]


def result_words(case: Case, one: ResultChange) -> str:
    return layout(case, f"results_{one.how}", old=", ".join(one.old), new=", ".join(one.new))


def table_section(case: Case, one: WhatIf | Compared) -> Section:
    """The two columns as lines, where there is no screen for a table."""
    items = []
    for label, before, after, changed in rows(case, one):
        words = layout(case, "side_turned" if changed else "side_same", before=before, after=after)
        items.append(Item(label, words))
    return Section(layout(case, "side_by_side"), tuple(items), "answer")


def moved_sections(case: Case, one: WhatIf | Compared) -> list[Section]:
    """Findings gained and lost, and why the answer reads as it does now."""
    made = [
        Section(layout(case, "side_because"), tuple(Item("", why) for why in one.after.because)),
        Section(layout(case, "gained"), tuple(Item(m.title, m.why) for m in one.findings_gained)),
        Section(layout(case, "lost"), tuple(Item(m.title) for m in one.findings_lost)),
    ]
    if not (one.changed or one.findings_gained or one.findings_lost):
        made.append(Section("", (Item("", layout(case, "nothing_moved")),)))
    return [section for section in made if section.items]


def first_upper(label: str) -> str:
    return label[:1].upper() + label[1:]
