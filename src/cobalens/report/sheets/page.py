"""A sheet, or an answer with its charts, as one HTML file that needs nothing else: style and pictures are inside, no script."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from cobalens.model.interpretation import Interpretation
from cobalens.report.case import Case
from cobalens.report.charts.chart import Chart
from cobalens.report.charts.palette import dark_rules
from cobalens.report.charts.picture import escaped, svg
from cobalens.report.items import Section
from cobalens.report.sheets.content import foot
from cobalens.report.sheets.entries import clipped
from cobalens.report.sheets.sheet import PICTURE, Part, Sheet
from cobalens.report.words import for_clinicians, for_patients, layout

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"
SHARED = Path(__file__).parent.parent / "templates"
PATIENT = "patient"


@lru_cache(maxsize=1)
def environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader([TEMPLATES, SHARED]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@lru_cache(maxsize=1)
def style() -> str:
    """The style of the page with that of its pictures on a dark screen; on paper they stay as they are."""
    rules = (TEMPLATES / "page.css").read_text(encoding="utf-8")
    return f"{rules}@media screen and (prefers-color-scheme: dark) {{\n{dark_rules()}\n}}"


def sheet_page(sheet: Sheet) -> str:
    """A whole file."""
    from markupsafe import Markup

    title = f"{sheet.title} – {sheet.person}"
    template = environment().get_template("sheet.html")
    return template.render(**inside(sheet), language=sheet.language, title=title, style=Markup(style()))


def inside(sheet: Sheet) -> dict[str, object]:
    from markupsafe import Markup

    pictures = {part.heading: Markup(labelled(*part.rows[0])) for part in sheet.parts if part.kind == PICTURE}
    return {"sheet": sheet, "groups": groups(sheet.parts), "pictures": pictures}


def labelled(alternative: str, drawn: str) -> str:
    """A picture with its alternative in its label."""
    words = escaped(alternative).replace('"', "&quot;")
    return drawn.replace("<svg ", f'<svg role="img" aria-label="{words}" ', 1)


def groups(parts: Sequence[Part]) -> list[list[tuple[int, Part]]]:
    """Two parts of half the width that follow one another stand side by side."""
    found: list[list[tuple[int, Part]]] = []
    for at, part in enumerate(parts):
        if part.half and found and len(found[-1]) == 1 and found[-1][0][1].half:
            found[-1].append((at, part))
        else:
            found.append([(at, part)])
    return found


def answer_page(
    case: Case, said: Interpretation, sections: Iterable[Section], charts: Iterable[Chart], audience: str
) -> str:
    """The answer of one person for one audience, with its charts."""
    from markupsafe import Markup

    reader = case.language
    case = for_patients(case) if audience == PATIENT else for_clinicians(case)
    name = "visit" if audience == PATIENT else "summary"
    return (
        environment()
        .get_template("answer.html")
        .render(
            language=case.language,
            reader=reader,
            title=layout(case, "sheet_page_title", title=layout(case, f"sheet_{name}_page"), id=clipped(case.record.id)),
            about=layout(case, f"sheet_{name}_about"),
            foot=foot(case, said),
            sections=list(sections),
            charts=[(one, Markup(svg(one))) for one in charts],
            words={
                "skip": layout(case, "sheet_skip"),
                "charts": layout(case, "sheet_charts"),
                "key": layout(case, "sheet_key"),
                "table": layout(case, "sheet_data_table"),
            },
            style=Markup(style()),
        )
    )  # fmt: skip
