"""In words: what each next test could show, what would change the answer, how firm it is, where this person stands, other packs."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import UNSET

from cobalens.model.counterfactual import Percentile, RaisedMma
from cobalens.model.interpretation import Change, Interpretation, NextTest, Outcome, PackReason
from cobalens.report.case import Case
from cobalens.report.items import Item, Section
from cobalens.report.missing import test_label
from cobalens.report.words import layout, year

MOST, LEAST = 0.995, 0.005
"""A share beyond these is told as more than 99, or fewer than 1, of 100."""


def next_items(case: Case, said: Interpretation) -> tuple[Item, ...]:
    return tuple(
        Item(
            case.say(test.code).title,
            case.say(test.code).clinician,
            (layout(case, "because", why=test.why), *worth_words(case, said, test)),
            code=test.code,
            shared=0,
        )
        for test in said.next_tests
    )


def worth_words(case: Case, said: Interpretation, test: NextTest) -> tuple[str, ...]:
    """What a test is worth, and what each of its results would give."""
    if test.worth is None:
        return ()
    key = f"basis_{test.basis}".replace("-", "_")
    lines = [layout(case, "worth", worth=f"{test.worth:.2f}", basis=layout(case, key))]
    return (*lines, *outcome_lines(case, said, test.if_ or ()))


def outcome_lines(case: Case, said: Interpretation, outcomes: Iterable[Outcome]) -> tuple[str, ...]:
    outcomes = tuple(outcomes)
    found = []
    for one in outcomes:
        deficiency = said.deficiency if one.deficiency is UNSET else one.deficiency
        same = one.answer == said.answer and deficiency == said.deficiency
        key = "if_result" if not same else "if_same" if len(outcomes) > 1 else "if_beside"
        found.append(layout(case, key, result=one.result, reading=reading(case, one.answer, str(deficiency))))
    return tuple(found)


def reading(case: Case, answer: str, deficiency: str) -> str:
    """An answer with its degree of deficiency, in one breath."""
    title = case.say(f"answer={answer}").title
    return layout(
        case, "reading_of", answer=title[:1].lower() + title[1:], deficiency=deficiency.replace("_", " ")
    )


# --- What would change this answer ----------------------------------------------------------------------------------


def change_section(case: Case, said: Interpretation) -> Section:
    items = tuple(Item("", change_words(case, one)) for one in said.what_would_change or ())
    return Section(layout(case, "change"), items)


def change_words(case: Case, one: Change) -> str:
    words = layout(case, "change_and").join(
        layout(case, f"fact_{one.kind}", label=test_label(case, name), words=words)
        for name, words in one.set.items()
    )
    return layout(
        case, f"change_{one.kind}", changes=words, reading=reading(case, one.answer, one.deficiency)
    )


# --- How firm it is -------------------------------------------------------------------------------------------------


def firmness_section(case: Case, said: Interpretation) -> Section:
    """Of re-measurements, never of certainty."""
    items: tuple[Item, ...] = ()
    if (firm := said.firmness) is not None:
        words = layout(
            case,
            "firm",
            answer=of_hundred(case, firm.answer),
            deficiency=of_hundred(case, firm.deficiency),
        )
        detail = layout(case, "firm_varied", varied=labels(case, firm.varied))
        if firm.held:
            detail += layout(case, "firm_held", held=labels(case, firm.held))
        items = (Item("", words, (detail,)),)
    return Section(layout(case, "firmness"), items)


def of_hundred(case: Case, share: float) -> str:
    if share >= MOST:
        return layout(case, "firm_most")
    return layout(case, "firm_least") if share < LEAST else f"{100 * share:.0f}"


def labels(case: Case, analytes: Iterable[str]) -> str:
    known = case.ruleset.analytes
    return ", ".join(known[name].label if name in known else name for name in analytes)


# --- Beside the reference population --------------------------------------------------------------------------------


def standing_section(case: Case, said: Interpretation) -> Section:
    items: list[Item] = []
    if (standing := said.standing) is not None:
        items += [Item("", percentile_words(case, one)) for one in standing.percentiles]
        if standing.raised_mma is not None:
            items.append(Item("", raised_words(case, standing.raised_mma)))
        items.append(Item("", layout(case, "standing_caveat", title=standing.title, caveat=standing.caveat)))
    return Section(layout(case, "standing"), tuple(items), "small")


def percentile_words(case: Case, one: Percentile) -> str:
    return layout(
        case,
        "percentile",
        label=labels(case, (one.analyte,)),
        percentile=of_hundred(case, one.percentile / 100),
        people=one.people,
        ages=one.ages,
    )


def raised_words(case: Case, one: RaisedMma) -> str:
    share, low, high = (f"{100 * number:.0f}" for number in (one.share, one.low, one.high))
    return layout(
        case, "raised_mma", people=one.people, ages=one.ages, band=one.band, limit=one.limit, share=share,
        low=low, high=high,
    )  # fmt: skip


# --- Other packs ----------------------------------------------------------------------------------------------------


def pack_items(case: Case, said: Interpretation) -> tuple[Item, ...]:
    return tuple(
        Item(
            layout(
                case,
                "pack_reads",
                reading=reading(case, one.answer, one.deficiency),
                pack=f"{one.title}{year(case, one.year)}",
            ),
            detail=tuple(reason_words(case, why) for why in one.why),
        )
        for one in said.packs
    )


def reason_words(case: Case, why: PackReason) -> str:
    return layout(case, f"pack_{why.kind}", label=why.label, here=why.here, there=why.there)
