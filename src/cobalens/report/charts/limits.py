"""The newest result of each test against its limits, every band equally wide, so that each reads whatever its unit."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct

from cobalens.model.counterfactual import Edge
from cobalens.model.record import Lab
from cobalens.model.ruleset import Limit
from cobalens.report.case import Case, Cuts
from cobalens.report.charts import palette
from cobalens.report.charts.chart import Chart
from cobalens.report.charts.overtime import value_words
from cobalens.report.charts.readings import (
    ABOVE,
    BELOW,
    BETWEEN,
    EXACT,
    label_of,
    limits_from,
    limits_in,
    limits_of,
    mark_of,
    newest,
    plain_unit,
    printed,
    usable,
    when,
)
from cobalens.report.words import figures, layout, of_whom

STEP, THICK = 58, 15
LIST = 14
"""As many tests as can be taken in; the others stand in the table."""
TOLD = 4
"""As many as the alternative names."""
SHAPES = {EXACT: "circle", BETWEEN: "circle", BELOW: "triangle-left", ABOVE: "triangle-right"}
WIDTH = 380
LONGEST = 34
"""A result as it was written is shown up to this length; beyond it, its number and unit."""
PERSON = "age"
"""Not measured in a laboratory, although limits apply to it."""


class Border(Struct, frozen=True):
    """One limit between two bands. ``after``: a result equal to it lies below it."""

    value: Decimal
    words: str
    after: bool


class Line(Struct, frozen=True):
    """One test with the borders it is held against."""

    lab: Lab
    label: str
    borders: tuple[Border, ...]
    own_range: bool
    names: tuple[str, ...]

    @property
    def result(self) -> str:
        written = plain_unit(" ".join(self.lab.text.split()))
        if len(written) <= LONGEST:
            return written
        return plain_unit(f"{value_words(mark_of(self.lab))} {self.lab.unit}")


def against_limits(case: Case, cuts: Cuts) -> Chart | None:
    """The chart, where at least one result has a number, a unit and a limit or a printed range."""
    import altair as alt

    latest = newest_of_each(case)
    found = [one for one in (line_of(case, cuts, lab) for lab in latest) if one is not None]
    if not found:
        return None
    shown = found[:LIST]
    told = [f"{stretch(case, one)}." for one in shown[:TOLD]]
    if len(shown) > TOLD:
        told.append(layout(case, "chart_rest"))
    alternative = layout(case, "chart_tests_about", count=len(shown), sentences=" ".join(told))
    order = [one.label for one in shown]
    y = alt.Y(
        "test:N",
        sort=order,
        axis=None,
        scale=alt.Scale(domain=order, paddingInner=0, paddingOuter=0),
    )
    chart = (
        alt.layer(*layers(shown, y))
        .properties(width=WIDTH, height=STEP * len(shown), description=alternative)
        .configure(**{**palette.CONFIG, "view": {"stroke": None, "fill": None}})
    )
    return Chart(
        name="tests-against-limits",
        title=layout(case, "chart_tests_title"),
        alternative=alternative,
        key=key(case, shown, len(latest) > len(shown)),
        header=tuple(layout(case, f"chart_head_{one}") for one in ("test", "result", "date", "range", "stretch")),
        rows=tuple(row(case, lab, next((one for one in found if one.lab is lab), None)) for lab in latest),
        spec=chart.to_dict(validate=False),
    )  # fmt: skip


def newest_of_each(case: Case) -> list[Lab]:
    """One result of each test, in the order of the vocabulary; a usable one where there is any."""
    by_test: dict[str, list[Lab]] = {}
    for lab in case.record.labs:
        if not lab.derived and lab.analyte != PERSON:
            by_test.setdefault(lab.analyte, []).append(lab)
    order = {name: place for place, name in enumerate(case.ruleset.analytes)}
    names = sorted(by_test, key=lambda name: (order.get(name, len(order)), name))
    made = (newest([one for one in by_test[name] if usable(one)] or by_test[name]) for name in names)
    return [one for one in made if one is not None]


def line_of(case: Case, cuts: Cuts, lab: Lab) -> Line | None:
    if not usable(lab):
        return None
    limits = limits_in(case, cuts, lab.analyte, lab.unit)
    if limits:
        whose = limits_of(case, lab.analyte)
        made = tuple(border(case, one, whose.get(one.name)) for one in limits)
        return Line(lab, label_of(case, lab.analyte), made, False, tuple(one.name for one in limits))
    ends = [
        Border(value, figures(value), after)
        for value, after in ((lab.ref_low, False), (lab.ref_high, True))
        if value is not None
    ]
    if not ends or (len(ends) > 1 and ends[0].value >= ends[1].value):
        return None
    return Line(lab, label_of(case, lab.analyte), tuple(ends), True, ())


def border(case: Case, edge: Edge, limit: Limit | None) -> Border:
    """A limit with its number, and with whom it is for where that decides."""
    return Border(edge.value, f"{figures(edge.value)}{of_whom(case, limit)}", edge.edge == "<=")


def place(line: Line, value: float) -> float:
    """Where a value lies from 0 to 1, each band being equally wide and the outer ones as deep as they need."""
    edges = [float(one.value) for one in line.borders]
    bands = len(edges) + 1
    at = sum(
        value > edge or (value == edge and not one.after)
        for edge, one in zip(edges, line.borders, strict=True)
    )
    # Below the first and above the last limit there is no other end: the place tells the band, never a distance.
    if at == 0:
        share = value / edges[0] if edges[0] > 0 else 0.5
    elif at == len(edges):
        share = 1 - edges[-1] / value if value > 0 and edges[-1] > 0 else 0.5
    else:
        share = (value - edges[at - 1]) / (edges[at] - edges[at - 1])
    return (at + min(max(share, 0.08), 0.92)) / bands


def band_of(line: Line) -> int | None:
    """The band in which a result lies; ``None`` where its bounds lie in several."""
    lab = line.lab
    low = 0 if lab.lo is None else sum(above(lab.lo, one, lab.lo_open) for one in line.borders)
    high = len(line.borders) if lab.hi is None else sum(
        lab.hi > one.value or (lab.hi == one.value and not lab.hi_open and not one.after) for one in line.borders
    )  # fmt: skip
    return low if low == high else None


def above(value: Decimal, one: Border, is_open: bool) -> bool:
    """Whether everything from a lower bound on lies above a border."""
    return value > one.value or (value == one.value and (is_open or not one.after))


def layers(shown: Sequence[Line], y: Any) -> list[Any]:
    import altair as alt

    bands: list[dict[str, Any]] = []
    ticks: list[dict[str, Any]] = []
    points: list[dict[str, Any]] = []
    for line in shown:
        count = len(line.borders) + 1
        here = band_of(line)
        bands.extend(
            {"test": line.label, "first": one / count, "last": (one + 1) / count, "here": one == here, "odd": one % 2 == 1}
            for one in range(count)
        )  # fmt: skip
        ticks.extend(
            {"test": line.label, "at": number / count, "words": one.words}
            for number, one in enumerate(line.borders, start=1)
        )
        mark = mark_of(line.lab)
        middle = here is not None and mark.kind in (BELOW, ABOVE)
        points.append(
            {
                "test": line.label,
                "at": (here + 0.5) / count if middle and here is not None else place(line, mark.at),
                "first": place(line, float(line.lab.lo)) if line.lab.lo is not None else place(line, mark.at),
                "last": place(line, float(line.lab.hi)) if line.lab.hi is not None else place(line, mark.at),
                "kind": mark.kind,
                "words": line.result,
            }
        )
    x = alt.X("at:Q", scale=alt.Scale(domain=[0, 1]), axis=None)
    first, last = alt.X("first:Q", scale=alt.Scale(domain=[0, 1]), axis=None), alt.X2("last:Q")
    made = [
        palette.rows_of([one for one in bands if one["odd"] is odd])
        .mark_bar(size=THICK, fill=fill, stroke=palette.RULE, strokeWidth=1)
        .encode(x=first, x2=last, y=y)
        for odd, fill in ((False, palette.BAND), (True, palette.OTHER_BAND))
    ]
    framed = palette.rows_of([one for one in bands if one["here"]])
    made.append(
        framed.mark_bar(size=THICK + 2, filled=False, stroke=palette.INK, strokeWidth=2.5).encode(x=first, x2=last, y=y)
    )  # fmt: skip
    made.append(
        palette.rows_of(ticks)
        .mark_text(dy=16, fontSize=palette.SIZE - 1, color=palette.QUIET)
        .encode(x=x, y=y, text=alt.Text("words:N"))
    )
    between = [one for one in points if one["kind"] == BETWEEN]
    if between:
        rule = palette.rows_of(between).mark_rule(stroke=palette.MARK, strokeWidth=3)
        made.append(rule.encode(x=first, x2=last, y=y))
    shape = alt.Shape(
        "kind:N", scale=alt.Scale(domain=list(SHAPES), range=list(SHAPES.values())), legend=None
    )
    point = palette.rows_of(points)
    made.append(
        point.mark_point(filled=True, size=85, opacity=1, fill=palette.MARK, stroke=palette.PAPER, strokeWidth=1.2)
        .encode(x=x, y=y, shape=shape, size=alt.value(85))
    )  # fmt: skip
    for side, x_at, field, weight in (("left", 0, "test:N", "normal"), ("right", WIDTH, "words:N", "bold")):
        text = point.mark_text(align=side, dy=-18, fontWeight=weight, color=palette.INK)
        made.append(text.encode(x=alt.value(x_at), y=y, text=alt.Text(field)))
    return made


# --- The same in words ----------------------------------------------------------------------------------------------


def stretch(case: Case, line: Line) -> str:
    here = band_of(line)
    words = {"label": line.label, "result": line.result}
    if here is None:
        return layout(case, "chart_tests_across", **words)
    borders = line.borders
    if here == 0:
        return layout(case, "chart_tests_below", upper=borders[0].words, **words)
    if here == len(borders):
        return layout(case, "chart_tests_above", lower=borders[-1].words, **words)
    return layout(
        case, "chart_tests_between", lower=borders[here - 1].words, upper=borders[here].words, **words
    )


def row(case: Case, lab: Lab, line: Line | None) -> tuple[str, ...]:
    told = layout(case, "chart_no_limit") if line is None else stretch(case, line)
    if line is not None:
        told = told.removeprefix(f"{line.label} {line.result}: ")
        if line.own_range:
            told = f"{told} ({layout(case, 'chart_tests_range')})"
    return (label_of(case, lab.analyte), plain_unit(lab.text), when(case, lab.when), printed(case, lab), told)


def key(case: Case, shown: Sequence[Line], left: bool) -> tuple[str, ...]:
    kinds = {mark_of(one.lab).kind for one in shown}
    packs: dict[str, None] = {}
    for one in shown:
        if one.names:
            packs.update(dict.fromkeys(limits_from(case, one.lab.analyte, one.names).split(", ")))
    has = (
        ("chart_tests_scale", True),
        ("chart_tests_framed", any(band_of(one) is not None for one in shown)),
        ("chart_key_exact", EXACT in kinds),
        ("chart_key_below", BELOW in kinds),
        ("chart_key_above", ABOVE in kinds),
        ("chart_key_between", BETWEEN in kinds),
        ("chart_key_limits", bool(packs)),
        ("chart_tests_ranges", any(one.own_range for one in shown)),
        ("chart_tests_left", left),
    )
    return tuple(layout(case, name, packs=", ".join(packs)) for name, holds in has if holds)
