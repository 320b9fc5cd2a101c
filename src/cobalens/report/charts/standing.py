"""A result among the people of a survey: how the test runs with age in one sex, and where this person lies."""

from __future__ import annotations

from cobalens.model.counterfactual import Curve
from cobalens.report.case import Case
from cobalens.report.charts import palette
from cobalens.report.charts.chart import Chart
from cobalens.report.charts.readings import label_of
from cobalens.report.words import layout, plain

HEIGHT = 220
MIDDLE = 50


def among_people(case: Case, curve: Curve) -> Chart:
    import altair as alt

    label = label_of(case, curve.analyte)
    alternative = about(case, curve, label)
    lines = [
        {"age": age, "value": float(value), "step": str(step)}
        for step, points in curve.lines
        for age, value in points
    ]
    ends = [
        {"age": points[-1][0], "value": float(points[-1][1]), "words": str(step)}
        for step, points in curve.lines
    ]
    this = [
        {"age": float(curve.age), "value": float(curve.value), "words": layout(case, "chart_people_this")}
    ]
    ages = [age for _, points in curve.lines for age, _ in points]
    top = float(max([curve.value, *(value for _, points in curve.lines for _, value in points)])) * 1.1
    x = alt.X(
        "age:Q",
        scale=alt.Scale(domain=[min(ages), max(ages)], nice=False),
        axis=alt.Axis(title=layout(case, "chart_people_age"), grid=False),
    )
    y = alt.Y(
        "value:Q",
        scale=alt.Scale(domain=[0, top], nice=False),
        axis=alt.Axis(title=curve.unit, format="~f", tickCount=5),
    )
    inner = [one for one in lines if one["step"] != str(MIDDLE)]
    middle = [one for one in lines if one["step"] == str(MIDDLE)]
    at = palette.rows_of(this)
    layers = [
        palette.rows_of(inner).mark_line(stroke=palette.LINE, strokeDash=[5, 3]).encode(x=x, y=y, detail=alt.Detail("step:N")),
        palette.rows_of(middle).mark_line(stroke=palette.INK, strokeWidth=2).encode(x=x, y=y, detail=alt.Detail("step:N")),
        palette.rows_of(ends).mark_text(align="left", dx=5, color=palette.INK).encode(x=x, y=y, text=alt.Text("words:N")),
        at.mark_point(shape="diamond", filled=True, fill=palette.MARK, stroke=palette.PAPER, strokeWidth=1.2, size=150, opacity=1).encode(x=x, y=y),
        at.mark_text(dy=-14, fontWeight="bold", stroke=palette.PAPER, strokeWidth=3).encode(x=x, y=y, text=alt.Text("words:N")),
        at.mark_text(dy=-14, fontWeight="bold", color=palette.INK).encode(x=x, y=y, text=alt.Text("words:N")),
    ]  # fmt: skip
    chart = (
        alt.layer(*layers)
        .properties(width=palette.WIDTH, height=HEIGHT, description=alternative)
        .configure(**palette.CONFIG)
    )
    steps = ", ".join(str(step) for step, _ in curve.lines)
    return Chart(
        name="among-people",
        title=layout(case, "chart_people_title", label=label[:1].upper() + label[1:]),
        alternative=alternative,
        key=(
            layout(case, "chart_people_key", steps=steps),
            layout(case, "chart_people_window", years=curve.years),
            layout(case, "chart_people_not", title=curve.title, caveat=curve.caveat),
        ),
        header=(
            layout(case, "chart_people_age"),
            *(layout(case, "chart_people_head", step=step) for step, _ in curve.lines),
        ),
        rows=tuple(
            (str(age), *(f"{plain(points[place][1])} {curve.unit}" for _, points in curve.lines))
            for place, (age, _) in enumerate(curve.lines[0][1])
        ),
        spec=chart.to_dict(validate=False),
    )


def about(case: Case, curve: Curve, label: str) -> str:
    """The middle half of people nearest in age, and this result."""
    near = min(
        range(len(curve.lines[0][1])), key=lambda at: (abs(curve.lines[0][1][at][0] - float(curve.age)), at)
    )
    at = {step: points[near][1] for step, points in curve.lines}
    quarter = [step for step in at if step < MIDDLE][-1], next(step for step in at if step > MIDDLE)
    return layout(
        case,
        "chart_people_about",
        label=label[:1].upper() + label[1:],
        sex=layout(case, f"chart_people_sex_{curve.sex}"),
        age=curve.lines[0][1][near][0],
        low=plain(at[quarter[0]]),
        high=plain(at[quarter[1]]),
        middle=plain(at[MIDDLE]),
        unit=curve.unit,
        value=f"{plain(curve.value)} {curve.unit}",
    )
