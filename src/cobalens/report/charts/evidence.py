"""For each cause of a neuropathy, and each kind of anaemia: what speaks for it, what against, and what was not looked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from cobalens.model.ruleset import UNKNOWN, Row
from cobalens.model.trace import SUPPORTED
from cobalens.report.basis import behind, entries, leaves
from cobalens.report.case import Case
from cobalens.report.charts import palette
from cobalens.report.charts.chart import Chart
from cobalens.report.missing import test_label
from cobalens.report.words import layout, when_said

STEP = 42
LIST = 10
"""As many as can be taken in; the others stand in the table."""
TOLD = 3
"""As many as the alternative names."""
FAMILIES = ("neuropathy_differential", "anaemia_type")
ENTRIES = 3
"""Entries of the record told of one sign."""
FOR, AGAINST, OPEN = "for", "against", "open"
SHAPES = {FOR: "square", AGAINST: "cross", OPEN: "circle"}
SYMBOLS = 26
"""Pixels from one sign to the next."""


class Weighed(Struct, frozen=True):
    """One possibility with its signs in words; ``holds``: the rules say it."""

    title: str
    holds: bool
    plus: tuple[str, ...]
    minus: tuple[str, ...]
    open: tuple[str, ...]


def for_and_against(case: Case, family: str) -> Chart | None:
    """The chart of one family, where anything speaks for any of it."""
    import altair as alt

    silent = said_of_silence(case)
    found = [weighed(case, code, silent) for code in codes(case, family)] if case.in_scope else []
    found = sorted(found, key=lambda one: (not one.holds, -len(one.plus)))
    shown = [one for one in found if one.plus][:LIST]
    if not shown:
        return None
    said = [f"{counted(case, one)}." for one in shown[:TOLD]]
    if len(shown) > TOLD:
        said.append(layout(case, "chart_rest"))
    alternative = layout(case, "chart_for_about", count=len(shown), sentences=" ".join(said))
    chart = (
        alt.layer(*layers(shown))
        .properties(width=palette.WIDTH, height=STEP * len(shown), description=alternative)
        .configure(**{**palette.CONFIG, "view": {"stroke": None, "fill": None}})
    )
    key = [layout(case, "chart_for_key"), layout(case, "chart_for_count")]
    if len(found) > len(shown):
        key.append(layout(case, "chart_for_more", count=len(found) - len(shown)))
    return Chart(
        name=f"for-and-against-{family.replace('_', '-')}",
        title=layout(case, f"chart_for_title_{family}"),
        alternative=alternative,
        key=tuple(key),
        header=tuple(layout(case, f"chart_head_{one}") for one in ("cause", FOR, AGAINST, OPEN)),
        rows=tuple((one.title, *("; ".join(part) for part in (one.plus, one.minus, one.open))) for one in found),
        spec=chart.to_dict(validate=False),
    )  # fmt: skip


def codes(case: Case, family: str) -> list[str]:
    return [code for code in case.given if code.startswith(f"{family}:")]


def weighed(case: Case, code: str, silent: Mapping[str, int]) -> Weighed:
    """The signs of every row that can say a code; what one row takes as speaking for it is not held against it by another."""
    plus: dict[str, None] = {}
    minus: dict[str, None] = {}
    left: dict[str, None] = {}
    for one in case.given[code]:
        for row in case.tables[one.table].rows:
            if code not in row.then:
                continue
            for side, words in signs(case, row, silent):
                {FOR: plus, AGAINST: minus, OPEN: left}[side].setdefault(words)
    holds = any(one.status == SUPPORTED for one in case.given[code])
    title = case.say(code).title
    return Weighed(
        layout(case, "chart_for_named", title=title) if holds else title,
        holds,
        tuple(plus),
        tuple(one for one in minus if one not in plus),
        tuple(one for one in left if one not in plus and one not in minus),
    )


def signs(case: Case, row: Row, silent: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Each cell of a row: met, not met, or undecided because nothing in the record bears on it.

    A cell that is met also where nothing at all is known only keeps something out; being met, it speaks for nothing.
    """
    for name, mask in row.cells:
        if name.startswith("policy."):
            continue
        value, silence = case.trace.values.get(name, UNKNOWN), silent.get(name, UNKNOWN)
        met = bool(mask >> value & 1)
        if met and mask >> silence & 1:
            continue
        words = words_of(case, name) if value != UNKNOWN else ""
        if words and (met or value != silence):
            yield FOR if met else AGAINST, words
        else:
            yield OPEN, case.named(test_label(case, name))


def said_of_silence(case: Case) -> dict[str, int]:
    """What each question answers where nothing at all is known of a person."""
    found: dict[str, int] = {}
    for table in case.ruleset.tables:
        if table.kind != "choose":
            continue
        rows = [row for row in table.rows if all(m >> found.get(n, UNKNOWN) & 1 for n, m in row.cells)]
        over = {name for row in rows for name in row.overrides}
        kept = [row for row in rows if row.name not in over]
        if kept and kept[0].then[0] in table.values:
            found[table.name] = table.values.index(kept[0].then[0]) + 1
    return found


def words_of(case: Case, name: str) -> str:
    """A conclusion by its own words, else the entries of the record behind it; nothing where the record is silent."""
    if case.fact(name) is None and (choice := case.choice(name)) is not None:
        title = case.say(f"{name}={choice.answer}").title
        if "=" not in title:
            return title
    if case.fact(name) is not None:
        return told(case, name)
    asked = dict.fromkeys(fact for fact, _ in leaves(case, behind(case, name)))
    found = list(
        dict.fromkeys(words for fact in asked if is_entered(case, fact) and (words := told(case, fact)))
    )
    if len(found) > ENTRIES:
        rest = layout(case, "chart_for_rest", count=len(found) - ENTRIES)
        return f"{', '.join(found[:ENTRIES])} {rest}"
    return ", ".join(found)


def is_entered(case: Case, name: str) -> bool:
    """Whether an entry of the record stands behind a fact, rather than a list that is silent, or the age or sex."""
    return any(one.from_ and not one.from_.startswith("patient.") for one in entries(case, name))


def told(case: Case, name: str) -> str:
    """``vitamin B12 98 pmol/L, day 0``; ``numbness of the feet: “tingling toes”``; ``diabetes: no``."""
    label = case.named(test_label(case, name))
    said = [one for one in entries(case, name) if one.value != "unknown"]
    parts = []
    for one in said:
        words = one.value if one.reading is not None else f"“{one.words}”" if one.words else ""
        answer = "" if one.reading is not None or one.value == "yes" else one.value.replace("_", " ")
        if joined := " ".join(part for part in (answer, words) if part):
            parts.append(f"{joined}{when_said(case, one.date, one.day)}")
    if not parts:
        return label if said else ""
    key = "chart_for_result" if said[0].reading is not None else "chart_for_sign"
    return layout(case, key, label=label, words=", ".join(dict.fromkeys(parts)))


def layers(shown: Sequence[Weighed]) -> list[Any]:
    import altair as alt

    order = [one.title for one in shown]
    y = alt.Y("cause:N", sort=order, axis=None, scale=alt.Scale(domain=order, padding=0.5))
    signs = [
        {"cause": one.title, "at": 8 + SYMBOLS * place, "side": side}
        for one in shown
        for place, side in enumerate(
            [FOR] * len(one.plus) + [AGAINST] * len(one.minus) + [OPEN] * len(one.open)
        )
        if 8 + SYMBOLS * place < palette.WIDTH
    ]
    x = alt.X("at:Q", scale=None, axis=None)
    titles = palette.rows_of([{"cause": title} for title in order])
    made: list[Any] = [
        titles.mark_text(align="left", dy=-9, color=palette.INK).encode(
            x=alt.value(0), y=y, text=alt.Text("cause:N")
        )
    ]
    for side, look in (
        (FOR, {"filled": True, "fill": palette.MARK}),
        (AGAINST, {"filled": True, "fill": palette.INK}),
        (OPEN, {"filled": False, "stroke": palette.QUIET, "strokeWidth": 1.5}),
    ):
        some = [one for one in signs if one["side"] == side]
        if some:
            mark = palette.rows_of(some).mark_point(
                shape=SHAPES[side], size=90, opacity=1, yOffset=9, angle=45 if side == AGAINST else 0, **look
            )
            made.append(mark.encode(x=x, y=y))
    return made


def counted(case: Case, one: Weighed) -> str:
    return layout(
        case, "chart_for_one", title=one.title, plus=len(one.plus), minus=len(one.minus), open=len(one.open)
    )
