"""The pictures of the report, as SVG text. Shapes and words carry the meaning, colour only helps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import altair as alt
import vl_convert
from msgspec import Struct

from studies.nhanes.estimates import Estimate
from studies.nhanes.readings import CALLS

INK, QUIET = "#212b32", "#4c6272"
COLOURS = ["#005eb8", "#b25400", "#00703c", "#7c2855", "#425563"]
SHAPES = ["circle", "square", "triangle-up", "diamond", "cross"]
WIDTH = 560
SERIES = "Series"
FOUND, REACHED = "called deficient", "deficient or sent for a test"


class Picture(Struct, frozen=True):
    """One figure: its title, what it shows in a sentence, and the SVG."""

    title: str
    says: str
    svg: str


def drawn(chart: alt.LayerChart | alt.Chart | alt.FacetChart) -> str:
    made = (
        chart.configure(font="Helvetica, Arial, sans-serif", background="white")
        .configure_axis(
            labelFontSize=12,
            titleFontSize=12,
            labelColor=INK,
            titleColor=INK,
            gridColor="#e8edee",
            titleFontWeight="normal",
        )
        .configure_view(stroke=None)
        .configure_legend(labelFontSize=12, titleFontSize=12, labelColor=INK, orient="top", labelLimit=400)
        .configure_header(labelFontSize=13, labelColor=INK, titleColor=INK)
    )
    return str(vl_convert.vegalite_to_svg(made.to_dict()))


def points(
    estimates: Iterable[Estimate], across: str, up: str, order: Sequence[str], series: bool = True
) -> alt.LayerChart:
    """Shares with their intervals; a share of too few people is left out of the picture and stays in the table."""
    data: list[dict[str, Any]] = [
        {
            "group": one.group,
            SERIES: one.name,
            "share": one.share * 100,
            "low": one.low * 100,
            "high": one.high * 100,
        }
        for one in estimates
        if one.share is not None and one.low is not None and one.high is not None
    ]
    names: list[str] = list(dict.fromkeys(str(one[SERIES]) for one in data))
    legend = alt.Legend(title=None, columns=3) if series else None
    base = alt.Chart(alt.InlineData(values=data)).encode(
        x=alt.X("group:N", sort=list(order), title=across, axis=alt.Axis(labelAngle=0)),
        xOffset=alt.XOffset(f"{SERIES}:N", sort=names) if series else alt.Undefined,
        color=alt.Color(
            f"{SERIES}:N", sort=names, scale=alt.Scale(domain=names, range=COLOURS), legend=legend
        ),
    )
    bars = base.mark_rule(strokeWidth=1.5).encode(y=alt.Y("low:Q", title=up), y2="high:Q")
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(
        y="share:Q",
        shape=alt.Shape(
            f"{SERIES}:N", sort=names, scale=alt.Scale(domain=names, range=SHAPES), legend=legend
        ),
    )
    both: alt.LayerChart = (bars + dots).properties(width=WIDTH, height=260)
    return both


def prevalence(by_age: tuple[Estimate, ...]) -> Picture:
    order = list(dict.fromkeys(one.group for one in by_age))
    old = {one.name: one for one in by_age if one.group == order[-1]}
    return Picture(
        "How common, by age",
        f"Low B12 is rare at every age; raised MMA becomes common with age and reaches "
        f"{percent(old['MMA raised'].share)} in those of {order[-1]}. Dots are weighted shares, lines 95 % intervals.",
        drawn(points(by_age, "Age in years", "Share of adults (%)", order)),
    )


def bands(by_band: tuple[Estimate, ...]) -> Picture:
    order = [one.group for one in by_band]
    return Picture(
        "Raised MMA by band of total B12",
        "The lower the B12, the more often MMA is raised; at no level is it raised in nobody.",
        drawn(points(by_band, "Total B12 (pmol/L)", "Share with raised MMA (%)", order, series=False)),
    )


def calls(estimates: tuple[Estimate, ...], readings: Sequence[str]) -> Picture:
    """What each reading makes of those who have functional deficiency, as stacked shares."""
    data: list[dict[str, Any]] = []
    for name in readings:
        by = {one.group.split("|")[1]: one for one in estimates if one.name == name}
        found, reached = by[FOUND].share, by[REACHED].share
        if found is None or reached is None:
            continue
        shares = (found, reached - found, 1 - reached)
        data += [
            {"reading": name, "call": call, "share": 100 * share, "order": n}
            for n, (call, share) in enumerate(zip(CALLS, shares, strict=True))
        ]
    base = alt.Chart(alt.InlineData(values=data)).encode(
        y=alt.Y("reading:N", sort=list(readings), title=None, axis=alt.Axis(labelLimit=220)),
        x=alt.X("share:Q", title="Share of those with raised MMA (%)", scale=alt.Scale(domain=[0, 100])),
        order="order:O",
    )
    bars = base.mark_bar(stroke="white").encode(
        color=alt.Color(
            "call:N",
            sort=list(CALLS),
            scale=alt.Scale(domain=list(CALLS), range=["#005eb8", "#ffb81c", "#d8dde0"]),
            legend=alt.Legend(title=None),
        )
    )
    last = {one.name: one for one in estimates if one.group.endswith(REACHED)}[readings[-1]].share
    return Picture(
        "What each reading makes of adults with raised MMA",
        f"Of the adults whose MMA is raised, {percent(None if last is None else 1 - last)} have a B12 above the "
        "guidelines' bands: no reading of B12 alone finds them.",
        drawn(bars.properties(width=WIDTH - 140, height=170)),
    )


def percent(share: float | None) -> str:
    return "too few people" if share is None else f"{100 * share:.1f} %"
