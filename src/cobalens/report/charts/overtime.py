"""Total B12 over time: every result in the unit reported, a panel for each unit, with limits, printed ranges and doses."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct

from cobalens.model.counterfactual import Edge
from cobalens.model.record import Lab
from cobalens.report.case import Case, Cuts
from cobalens.report.charts import palette
from cobalens.report.charts.chart import Chart
from cobalens.report.charts.courses import Course, courses
from cobalens.report.charts.readings import (
    ABOVE,
    BELOW,
    BETWEEN,
    EXACT,
    Mark,
    date_on,
    limits_from,
    limits_in,
    mark_of,
    printed,
    usable,
    when,
)
from cobalens.report.words import figures, layout, plain

if TYPE_CHECKING:
    import altair as alt

TOTAL = "total_b12_latest"
HEIGHT = 210
Size = tuple[int, int]
LABELLED = 8
"""More results than this are labelled at the ends and extremes only."""
LEAST_GAP = 15
"""Pixels between two labels at the edge."""
SHAPES = {EXACT: "circle", BETWEEN: "circle", BELOW: "triangle-down", ABOVE: "triangle-up"}


class Panel(Struct, frozen=True):
    """What one unit's panel holds."""

    unit: str
    marks: tuple[Mark, ...]
    limits: tuple[Edge, ...]
    top: float
    steep: bool
    size: Size


def over_time(case: Case, cuts: Cuts, size: Size = (palette.WIDTH, HEIGHT)) -> Chart | None:
    """The chart, where at least one result has a day, a unit and a number; ``size`` in pixels, without its labels."""
    import altair as alt

    fact = case.fact(TOTAL)
    if fact is None:
        return None
    labs = [lab for lab in case.record.labs if lab.analyte == fact.of[0] and not lab.derived]
    drawn = [lab for lab in labs if usable(lab) and day_of(lab) is not None]
    if not drawn:
        return None
    units = list(dict.fromkeys(lab.unit for lab in drawn if lab.unit))
    panels = [
        panel_of(
            unit, [lab for lab in drawn if lab.unit == unit], limits_in(case, cuts, fact.of[0], unit), size
        )
        for unit in units
    ]
    given = courses(case)
    span = days(drawn, given)
    views = [view(case, panel, given, span) for panel in panels]
    chart = alt.vconcat(*views, spacing=14) if len(views) > 1 else views[0]
    alternative = sentences(case, panels, given, len(labs) - len(drawn))
    spec = chart.properties(description=alternative).configure(**palette.CONFIG).to_dict(validate=False)
    return Chart(
        name="b12-over-time",
        title=layout(case, "chart_time_title"),
        alternative=alternative,
        key=key(case, panels, given, fact.of[0]),
        header=tuple(layout(case, f"chart_head_{one}") for one in ("date", "result", "range", "note")),
        rows=rows(case, labs, drawn),
        spec=spec,
    )


def day_of(lab: Lab) -> float | None:
    """The day, or the middle of the stretch, on which a result was taken."""
    first, last = lab.when.first, lab.when.last
    return (first + last) / 2 if first is not None and last is not None else None


def panel_of(unit: str, labs: Sequence[Lab], limits: tuple[Edge, ...], size: Size) -> Panel:
    """Limits far above every result are left out, but never the two lowest."""
    marks = tuple(sorted(map(mark_of, labs), key=lambda mark: day_of(mark.lab) or 0))
    highest = max(
        [mark.to for mark in marks] + [float(lab.ref_high) for lab in labs if lab.ref_high is not None]
    )
    kept = tuple(one for place, one in enumerate(limits) if place < 2 or float(one.value) <= highest * 1.3)
    first = float(kept[min(1, len(kept) - 1)].value) if kept else highest
    top = max([highest, *(float(one.value) for one in kept)]) * 1.18
    return Panel(unit, marks, kept, top or 1.0, top > 5 * first, size)


def days(labs: Sequence[Lab], given: Sequence[Course]) -> tuple[float, float]:
    """The days drawn: those of the results, and of doses that are not so far off that they would press these together."""
    known = [day for lab in labs for day in (lab.when.first, lab.when.last) if day is not None]
    low, high = min(known), max(known)
    reach = max(180, high - low)
    for course in given:
        low = min(
            [low] + [one for one in (course.begin, course.end) if one is not None and one >= low - reach]
        )
        high = max(
            [high] + [one for one in (course.begin, course.end) if one is not None and one <= high + reach]
        )
    pad = max(20.0, (high - low) * 0.08)
    return low - pad, high + pad


# --- One panel ------------------------------------------------------------------------------------------------------


def view(
    case: Case, panel: Panel, given: Sequence[Course], span: tuple[float, float]
) -> alt.LayerChart | alt.FacetChart:
    import altair as alt

    scale = (
        alt.Scale(domain=[0, panel.top], type="pow", exponent=0.5, nice=False)
        if panel.steep
        else alt.Scale(domain=[0, panel.top], nice=False)
    )
    # Without the zero the bands would end where the results do, and the axis at day 0.
    days_drawn = alt.Scale(domain=list(span), nice=False, zero=False, padding=0)
    x = alt.X("day:Q", scale=days_drawn, axis=day_axis(case, panel, span))
    y = alt.Y(
        "value:Q",
        scale=scale,
        axis=alt.Axis(
            title=layout(case, "chart_time_axis", unit=panel.unit), format="~f", tickCount=5, domain=False
        ),
    )
    layers = [
        *bands(panel, span),
        *shades(case, panel, given, span),
        *limit_lines(panel),
        *printed_ranges(panel),
        *results(case, panel, x, y),
    ]  # fmt: skip
    return alt.layer(*layers, width=panel.size[0], height=panel.size[1])


def day_axis(case: Case, panel: Panel, span: tuple[float, float]) -> alt.Axis:
    """The days of the results themselves, as many as have room, the newest first."""
    import altair as alt

    room = (span[1] - span[0]) * 0.24
    kept: list[float] = []
    for mark in reversed(panel.marks):
        day = day_of(mark.lab)
        if day is not None and all(abs(day - other) >= room for other in kept):
            kept.append(day)
    names = {f"{day:g}": date_on(case, round(day)) for day in kept}
    words = json.dumps(names, ensure_ascii=False)
    return alt.Axis(
        title=None, values=kept, labelExpr=f"({words})[toString(datum.value)] || ''", grid=False, labelAngle=0
    )


def bands(panel: Panel, span: tuple[float, float]) -> list[alt.Chart]:
    """Every second stretch between two limits in grey."""
    import altair as alt

    edges = [0.0, *(float(one.value) for one in panel.limits), panel.top]
    stretches = [
        {"low": low, "high": high, "first": span[0], "last": span[1]}
        for place, (low, high) in enumerate(pairwise(edges))
        if place % 2 == 0
    ]
    if not panel.limits:
        return []
    return [
        palette.rows_of(stretches)
        .mark_rect(fill=palette.BAND)
        .encode(x=alt.X("first:Q"), x2=alt.X2("last:Q"), y=alt.Y("low:Q"), y2=alt.Y2("high:Q"))
    ]


def limit_lines(panel: Panel) -> list[alt.Chart]:
    import altair as alt

    if not panel.limits:
        return []
    places = apart([pixel(panel, float(one.value)) for one in panel.limits])
    values = [
        {"value": float(one.value), "words": figures(one.value), "place": place}
        for one, place in zip(panel.limits, places, strict=True)
    ]
    data = palette.rows_of(values)
    lines = data.mark_rule(stroke=palette.LINE, strokeDash=[4, 3]).encode(y=alt.Y("value:Q"))
    words = data.mark_text(align="left", dx=5, color=palette.INK).encode(
        x=alt.value(panel.size[0]), y=alt.Y("place:Q", scale=None), text=alt.Text("words:N")
    )
    return [lines, words]


def pixel(panel: Panel, value: float) -> float:
    share = value / panel.top
    return panel.size[1] * (1 - (share**0.5 if panel.steep else share))


def apart(places: Sequence[float]) -> list[float]:
    """Places from the bottom up, each at least a line above the one before."""
    found: list[float] = []
    for place in places:
        found.append(min(place, found[-1] - LEAST_GAP) if found else place)
    return found


def shades(case: Case, panel: Panel, given: Sequence[Course], span: tuple[float, float]) -> list[alt.Chart]:
    """Treatment and wash-out behind the results, and a diamond for each first dose."""
    import altair as alt

    treated, after, doses = stretches_of(case, given, span)
    made = []
    for stretches, fill, dash, words in (
        (treated, palette.DRUG, [1, 0], layout(case, "chart_time_treated")),
        (after, palette.AFTER, [3, 3], layout(case, "chart_time_after")),
    ):
        if not stretches:
            continue
        data = palette.rows_of(
            [{"first": a, "last": b, "low": 0, "high": panel.top, "words": words} for a, b in stretches]
        )
        box = data.mark_rect(fill=fill, fillOpacity=0.55, stroke=palette.LINE, strokeDash=dash, clip=True)
        made.append(
            box.encode(x=alt.X("first:Q"), x2=alt.X2("last:Q"), y=alt.Y("low:Q"), y2=alt.Y2("high:Q"))
        )
        wide = [one for one in stretches if (one[1] - one[0]) / (span[1] - span[0]) > 0.18]
        named = palette.rows_of([{"first": (a + b) / 2, "words": words} for a, b in wide[:1]])
        if wide:
            text = named.mark_text(baseline="bottom", dy=-4, color=palette.INK)
            made.append(text.encode(x=alt.X("first:Q"), y=alt.value(0), text=alt.Text("words:N")))
    if doses:
        data = palette.rows_of([{"first": day} for day in doses])
        mark = data.mark_point(shape="diamond", size=80, filled=True, fill=palette.SECOND, opacity=1)
        made.append(mark.encode(x=alt.X("first:Q"), y=alt.value(0)))
    return made


def stretches_of(
    case: Case, given: Sequence[Course], span: tuple[float, float]
) -> tuple[list[tuple[float, float]], list[tuple[float, float]], list[float]]:
    """Days of treatment, of wash-out and of first doses, as far as they lie within the days drawn.

    A course whose beginning is not known is not shaded: nobody knows where.
    """
    washout = case.pack.policies.get("washout_days")
    low, high = span
    treated, after, doses = [], [], []
    for course in given:
        if course.begin is not None:
            begin, end = max(low, float(course.begin)), course.end if course.end is not None else course.begin
            if low <= course.begin <= high:
                doses.append(float(course.begin))
            if min(high, end) > begin:
                treated.append((begin, min(high, float(end))))
        last = course.end if course.end is not None else course.begin
        if washout is not None and not course.ongoing and last is not None:
            to = min(high, last + float(washout))
            if to > max(low, float(last)):
                after.append((max(low, float(last)), to))
    return joined(treated), joined(after), sorted(set(doses))


def joined(stretches: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Stretches that touch, as one."""
    found: list[tuple[float, float]] = []
    for first, last in sorted(stretches):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


def printed_ranges(panel: Panel) -> list[alt.Chart]:
    import altair as alt

    values = [
        {
            "day": day_of(mark.lab),
            "low": float(mark.lab.ref_low or 0),
            "high": float(mark.lab.ref_high) if mark.lab.ref_high is not None else panel.top,
        }
        for mark in panel.marks
        if mark.lab.ref_low is not None or mark.lab.ref_high is not None
    ]
    if not values:
        return []
    bar = palette.rows_of(values).mark_bar(width=7, fill=palette.RULE)
    return [bar.encode(x=alt.X("day:Q"), y=alt.Y("low:Q"), y2=alt.Y2("high:Q"))]


def results(case: Case, panel: Panel, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """Points for the results, joined by a line where there are several exact ones; a single one is a point alone."""
    import altair as alt

    exact = [{"day": day_of(mark.lab), "value": mark.at} for mark in panel.marks if mark.kind == EXACT]
    told = labelled(panel)
    points = [
        {
            "day": day_of(mark.lab),
            "value": mark.at,
            "first": mark.lab.when.first,
            "last": mark.lab.when.last,
            "low": float(mark.lab.lo) if mark.lab.lo is not None else mark.at,
            "high": float(mark.lab.hi) if mark.lab.hi is not None else mark.at,
            "kind": mark.kind,
            "words": value_words(mark) if mark in told else "",
            "result": mark.lab.text,
            "when": when(case, mark.lab.when),
        }
        for mark in panel.marks
    ]
    data = palette.rows_of(points)
    made = []
    if len({one["day"] for one in exact}) > 1:
        line = palette.rows_of(exact).mark_line(stroke=palette.MARK, strokeWidth=1.5)
        made.append(line.encode(x=x, y=y))
    inexact = [one for one in points if one["first"] != one["last"]]
    if inexact:
        bar = palette.rows_of(inexact).mark_rule(stroke=palette.MARK, strokeWidth=2)
        made.append(bar.encode(x=alt.X("first:Q"), x2=alt.X2("last:Q"), y=alt.Y("value:Q")))
    between = [one for one in points if one["kind"] == BETWEEN]
    if between:
        bar = palette.rows_of(between).mark_rule(stroke=palette.MARK, strokeWidth=2)
        made.append(bar.encode(x=alt.X("day:Q"), y=alt.Y("low:Q"), y2=alt.Y2("high:Q")))
    shape = alt.Shape(
        "kind:N", scale=alt.Scale(domain=list(SHAPES), range=list(SHAPES.values())), legend=None
    )
    point = data.mark_point(
        filled=True, size=75, opacity=1, fill=palette.MARK, stroke=palette.PAPER, strokeWidth=1
    )
    tooltip = [alt.Tooltip("when:N", title=layout(case, "chart_head_date")), alt.Tooltip("result:N", title=layout(case, "chart_head_result"))]  # fmt: skip
    made.append(point.encode(x=x, y=y, shape=shape, tooltip=tooltip))
    # A rim in the colour of the paper keeps the number readable on lines and shades.
    for style in ({"stroke": palette.PAPER, "strokeWidth": 3}, {"color": palette.INK}):
        text = data.mark_text(dy=-13, fontWeight="bold", **style)
        made.append(text.encode(x=x, y=y, text=alt.Text("words:N")))
    return made


def value_words(mark: Mark) -> str:
    lab = mark.lab
    if mark.kind == BETWEEN and lab.lo is not None and lab.hi is not None:
        return f"{plain(lab.lo)}–{plain(lab.hi)}"
    if mark.kind == BELOW and lab.hi is not None:
        return f"{'<' if lab.hi_open else '≤'} {plain(lab.hi)}"
    if mark.kind == ABOVE and lab.lo is not None:
        return f"{'>' if lab.lo_open else '≥'} {plain(lab.lo)}"
    return plain(lab.lo) if lab.lo is not None else ""


def labelled(panel: Panel) -> list[Mark]:
    if len(panel.marks) <= LABELLED:
        return list(panel.marks)
    by_height = sorted(panel.marks, key=lambda mark: mark.at)
    return [panel.marks[0], panel.marks[-1], by_height[0], by_height[-1]]


# --- The same in words ----------------------------------------------------------------------------------------------


def sentences(case: Case, panels: Sequence[Panel], given: Sequence[Course], left: int) -> str:
    said = []
    for panel in panels:
        first, last = panel.marks[0], panel.marks[-1]
        by_height = sorted(panel.marks, key=lambda mark: mark.at)
        if len(panel.marks) == 1:
            said.append(
                layout(case, "chart_time_one", result=first.lab.text, when=when(case, first.lab.when))
            )
        else:
            said.append(
                layout(
                    case,
                    "chart_time_many",
                    count=len(panel.marks),
                    unit=panel.unit,
                    first_when=when(case, first.lab.when),
                    last_when=when(case, last.lab.when),
                    first=value_words(first),
                    last=value_words(last),
                    lowest=value_words(by_height[0]),
                    highest=value_words(by_height[-1]),
                )
            )
        if panel.limits:
            shown = ", ".join(figures(one.value) for one in panel.limits)
            said.append(layout(case, "chart_time_bands", limits=shown, unit=panel.unit))
    if given:
        said.append(layout(case, "chart_time_doses", courses="; ".join(one.words for one in given)))
    if left:
        said.append(layout(case, "chart_time_left", count=left))
    return " ".join(said)


def key(case: Case, panels: Sequence[Panel], given: Sequence[Course], analyte: str) -> tuple[str, ...]:
    """Only what is in the picture."""
    marks = [mark for panel in panels for mark in panel.marks]
    kinds = {mark.kind for mark in marks}
    treated = [one for one in given if one.known]
    packs = limits_from(case, analyte, {one.name for panel in panels for one in panel.limits})
    has = (
        ("chart_key_exact", EXACT in kinds),
        ("chart_key_below", BELOW in kinds),
        ("chart_key_above", ABOVE in kinds),
        ("chart_key_between", BETWEEN in kinds),
        ("chart_key_date", any(mark.lab.when.first != mark.lab.when.last for mark in marks)),
        ("chart_key_range", any(mark.lab.ref_low is not None or mark.lab.ref_high is not None for mark in marks)),
        ("chart_key_limits", any(panel.limits for panel in panels)),
        ("chart_key_treatment", any(one.begin is not None and one.end not in (None, one.begin) for one in treated)),
        ("chart_key_unshaded", any(one.begin is None for one in given)),
        ("chart_key_washout", any(not one.ongoing for one in treated)),
        ("chart_key_dose", any(one.begin is not None for one in treated)),
        ("chart_key_steep", any(panel.steep for panel in panels)),
    )  # fmt: skip
    return tuple(layout(case, name, packs=packs) for name, holds in has if holds)


def rows(case: Case, labs: Sequence[Lab], drawn: Sequence[Lab]) -> tuple[tuple[str, ...], ...]:
    """Every B12 result of the record, oldest first, drawn or not."""
    ordered = sorted(labs, key=lambda lab: (day_of(lab) is None, day_of(lab) or 0, lab.time))
    made: list[tuple[str, ...]] = []
    for lab in ordered:
        note = "" if lab in drawn else layout(case, "chart_not_drawn")
        made.append((when(case, lab.when), lab.text, printed(case, lab), note))
    return tuple(made)
