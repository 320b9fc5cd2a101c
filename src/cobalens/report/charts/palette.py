"""Colours and type of every chart: told apart in grey and in colour-blindness, text at 4.5 to 1 or better, light and dark.

Shape and words carry the meaning; a shade only helps the eye.
"""

from __future__ import annotations

import re
from typing import Any

INK, QUIET, PAPER = "#212b32", "#4c6272", "#fefefe"
LINE, RULE = "#768692", "#aeb7bd"
BAND, OTHER_BAND, DRUG, AFTER = "#e8edee", "#d2dade", "#c3ddf2", "#e4f0fa"
MARK, SECOND = "#005eb8", "#003d78"
DARK = {
    INK: "#ffffff",
    QUIET: "#c8d1d8",
    PAPER: "#1d262d",
    LINE: "#9fb0bc",
    RULE: "#6b7c88",
    BAND: "#2b363e",
    OTHER_BAND: "#3c4a54",
    DRUG: "#1f4466",
    AFTER: "#243a4d",
    MARK: "#8fc7ff",
    SECOND: "#bfe0ff",
}
"""Each colour on paper, and what it becomes on a dark screen."""
FONT = "Roboto, Arial, Helvetica, sans-serif"
WIDTH = 380
SIZE = 12

CONFIG: dict[str, Any] = {
    "aria": False,
    "background": "transparent",
    "font": FONT,
    "padding": 4,
    "view": {"stroke": RULE, "fill": PAPER},
    "axis": {
        "labelColor": INK,
        "titleColor": INK,
        "labelFontSize": SIZE,
        "titleFontSize": SIZE,
        "titleFontWeight": "normal",
        "gridColor": BAND,
        "domainColor": LINE,
        "tickColor": LINE,
        "labelLimit": 400,
    },
    "title": {"color": INK, "fontSize": SIZE + 1, "anchor": "start", "fontWeight": "bold"},
    "text": {"fontSize": SIZE, "color": INK},
}


def dark_rules() -> str:
    """Style rules that turn the pictures for a dark screen; they overrule the colours written into the SVG."""
    return "\n".join(
        f'.chart [{side}="{light}"] {{ {side}: {dark}; }}'
        for light, dark in DARK.items()
        for side in ("fill", "stroke")
    )


def on_dark(drawn: str) -> str:
    """The same picture for a dark screen, where it stands as an image that no style of the page reaches."""
    return re.sub(r'(?<==")#[0-9a-f]{6}(?=")', lambda found: DARK.get(found[0], found[0]), drawn)


def rows_of(values: list[dict[str, Any]]) -> Any:
    """A chart without marks over some rows. Altair's types know only tables of other libraries."""
    import altair as alt

    made: Any = alt.Chart
    data: Any = alt.Data
    return made(data(values=values))
