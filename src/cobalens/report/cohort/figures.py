"""The pictures of the report: bars, stacked bars, and the flow from result to outcome. Counts that are hidden are not drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cobalens.report.charts import palette

WIDTH = 620
SHADES = {
    "deficiency": palette.SECOND, "both": "#5b8fc9", "biomarker": palette.DRUG, "neither": "#f3f5f6", "undetermined": palette.LINE,
    "confirmed": palette.SECOND, "probable": "#5b8fc9", "possible": palette.DRUG, "unlikely": "#f3f5f6", "not assessable": palette.LINE,
    "never": palette.SECOND, "stopped": "#5b8fc9", "unknown": palette.LINE, "on": "#f3f5f6",
}  # fmt: skip
"""From dark to light in grey as well; what is not settled is the middle grey."""
STEP, GAP = 30, 0.018
NODE, CURVE = 0.022, 24
STAGES = (0.0, 0.5, 1.0)


def bars(rows: Sequence[tuple[str, int, str]], axis: str) -> dict[str, Any]:
    """One bar a row, its number in words at its end; none where the number is hidden."""
    import altair as alt

    values = [{"name": name, "count": count, "words": words} for name, count, words in rows]
    base = palette.rows_of(values).encode(
        y=alt.Y(
            "name:N",
            sort=[name for name, _, _ in rows],
            axis=alt.Axis(title=None, labelLimit=300, ticks=False),
        ),
        x=alt.X(
            "count:Q",
            scale=alt.Scale(domain=[0, top(count for _, count, _ in rows)], nice=False),
            axis=count_axis(axis),
        ),
    )
    drawn = base.mark_bar(color=palette.MARK) + base.mark_text(align="left", dx=5).encode(text="words:N")
    return spec(drawn, height=alt.Step(STEP))


def stacked(
    rows: Sequence[tuple[str, Mapping[str, int]]], parts: Sequence[str], axis: str, upright: bool = False
) -> dict[str, Any]:
    """One bar a row, its parts in order; wide enough parts bear their number."""
    import altair as alt

    most = max([sum(counts.values()) for _, counts in rows] + [1])
    values = []
    for name, counts in rows:
        start = 0
        for part in parts:
            count = counts.get(part, 0)
            if count:
                middle = start + count / 2
                words = f"{count:,}" if count / most > (0.045 if upright else 0.05) else ""
                dark = SHADES[part] in (palette.SECOND, "#5b8fc9", palette.LINE)
                values.append(
                    {"name": name, "part": part, "start": start, "end": start + count, "middle": middle, "words": words,
                     "ink": "light" if dark else "dark"}
                )  # fmt: skip
            start += count
    names = [name for name, _ in rows]
    shades = alt.Scale(domain=list(parts), range=[SHADES[part] for part in parts])
    scale = alt.Scale(domain=[0, most * 1.02], nice=False)
    across = alt.Axis(
        title=None, labelLimit=300, ticks=False, labelAngle=-60 if upright and len(names) > 8 else 0
    )
    band: Any = {"sort": names, "axis": across}
    low, high, mid = ("y", "y2", "y") if upright else ("x", "x2", "x")
    channel: Any = alt.Y if upright else alt.X
    other: Any = alt.X("name:N", **band) if upright else alt.Y("name:N", **band)
    place = {"x": other} if upright else {"y": other}
    key = alt.Legend(
        orient="top",
        title=None,
        labelFontSize=palette.SIZE,
        symbolStrokeColor=palette.LINE,
        symbolStrokeWidth=1,
    )
    base = palette.rows_of(values).encode(**place)
    boxes = base.mark_bar(stroke=palette.INK, strokeWidth=0.7).encode(
        **{low: channel("start:Q", scale=scale, axis=count_axis(axis)), high: "end:Q"},
        fill=alt.Fill("part:N", scale=shades, legend=key),
    )
    labels = base.mark_text().encode(
        **{mid: channel("middle:Q", scale=scale)},
        text="words:N",
        color=alt.Color(
            "ink:N", scale=alt.Scale(domain=["light", "dark"], range=["#ffffff", palette.INK]), legend=None
        ),
    )
    sized: dict[str, Any] = {"height": 260} if upright else {"height": alt.Step(STEP + 4)}
    return spec(boxes + labels, **sized)


def flow(
    stages: Sequence[Sequence[tuple[str, int, str]]], links: Sequence[Sequence[tuple[str, str, int]]]
) -> dict[str, Any]:
    """Three columns of nodes, and bands between them as wide as their numbers.

    ``stages``: name, number and the number in words of each node; ``links``: from, to and number between two columns.
    """
    import altair as alt

    total = max([sum(count for _, count, _ in stage) for stage in stages] + [1])
    places = [positions(stage, total) for stage in stages]
    nodes, labels, areas = [], [], []
    for column, stage in enumerate(stages):
        for name, _, words in stage:
            low, high = places[column][name]
            nodes.append({"x": STAGES[column] - NODE, "x2": STAGES[column] + NODE, "y": low, "y2": high})
            labels.append(
                {"x": STAGES[column] + 1.6 * NODE, "y": (low + high) / 2, "words": f"{name}: {words}"}
            )
    for column, between in enumerate(links):
        out = {name: low for name, (low, _) in places[column].items()}
        into = {name: low for name, (low, _) in places[column + 1].items()}
        for nth, (one, other, count) in enumerate(between):
            width = count / total
            for step in range(CURVE + 1):
                share = step / CURVE
                bend = share * share * (3 - 2 * share)
                low = out[one] + (into[other] - out[one]) * bend
                along = STAGES[column] + NODE + (STAGES[column + 1] - STAGES[column] - 2 * NODE) * share
                areas.append(
                    {"band": f"{column}-{nth}", "x": round(along, 4), "y": round(low, 5), "y2": round(low + width, 5),
                     "shade": "open" if column == 1 and other == stages[2][-1][0] else "other"}
                )  # fmt: skip
            out[one] += width
            into[other] += width
    bottom = max(high for column in places for _, high in column.values())
    x: Any = alt.X("x:Q", scale=alt.Scale(domain=[-0.03, 1.36], nice=False), axis=None)
    y: Any = alt.Y("y:Q", scale=alt.Scale(domain=[bottom + 0.01, -0.01], nice=False), axis=None)
    shades = alt.Scale(domain=["other", "open"], range=[palette.DRUG, palette.LINE])
    bands = palette.rows_of(areas).mark_area(opacity=0.75, strokeWidth=0.5, stroke=palette.PAPER).encode(
        x=x, y=y, y2="y2:Q", detail="band:N", fill=alt.Fill("shade:N", scale=shades, legend=None)
    )  # fmt: skip
    boxes = palette.rows_of(nodes).mark_rect(fill=palette.SECOND).encode(x=x, x2="x2:Q", y=y, y2="y2:Q")
    texts = (
        palette.rows_of(labels).mark_text(align="left", fontWeight="bold").encode(x=x, y=y, text="words:N")
    )
    return spec(bands + boxes + texts, width=WIDTH + 120, height=420, bare=True)


def positions(stage: Sequence[tuple[str, int, str]], total: int) -> dict[str, tuple[float, float]]:
    """Where each node begins and ends; a node of few is given room for its words by what lies below it."""
    found = {}
    at = 0.0
    for name, count, _ in stage:
        height = count / total
        found[name] = (at, at + height)
        at += max(height, 0.03) + GAP
    return found


def top(counts: Iterable[int]) -> float:
    return max([*counts, 5]) * 1.12


def count_axis(title: str) -> Any:
    import altair as alt

    return alt.Axis(title=title, format=",d", tickMinStep=1, tickCount=6)


def spec(chart: Any, bare: bool = False, **size: Any) -> dict[str, Any]:
    view = {"stroke": None, "fill": None} if bare else palette.CONFIG["view"]
    sized = chart.properties(**{"width": WIDTH, **size})
    made: dict[str, Any] = sized.configure(**{**palette.CONFIG, "view": view}).to_dict(validate=False)
    return made
