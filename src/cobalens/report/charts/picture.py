"""A chart as an SVG: drawn by vl-convert without a network, the same bytes each time, named and described for everyone."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from cobalens.report.charts.chart import Chart

VEGA_LITE = "6.4"
"""The version whose schema the definitions are checked against."""
FONTS = Path(__file__).parent.parent / "sheets" / "fonts"
_MACHINE_WORDS = re.compile(r' (?:role="graphics-[a-z]+"|aria-[a-z]+="[^"]*")')
_MADE_UP = re.compile(r"\b((?:clip|gradient)\w*?_?)(\d+)\b")


@lru_cache(maxsize=1)
def fonts() -> None:
    """The type with which text is measured is the one that the sheets are set in."""
    import vl_convert

    vl_convert.register_font_directory(str(FONTS))


def svg(chart: Chart, inline: bool = True) -> str:
    """The picture. ``inline``: with title and description inside, for a page; a PDF has its own place for these."""
    import vl_convert

    fonts()
    drawn: str = vl_convert.vegalite_to_svg(chart.spec, vl_version=VEGA_LITE, allowed_base_urls=[])
    drawn = renumbered(_MACHINE_WORDS.sub("", drawn), chart.name)
    return named(drawn, chart) if inline else drawn


def renumbered(drawn: str, name: str) -> str:
    """Ids counted from 1 in each picture: the drawing library counts on over the life of the process."""
    order: dict[str, int] = {}

    def numbered(found: re.Match[str]) -> str:
        return f"{name}-{found[1]}{order.setdefault(found[0], len(order) + 1)}"

    inside = re.compile(r'(?<=id=")[^"]+(?=")|(?<=url\(#)[^)]+(?=\))')
    return inside.sub(lambda one: _MADE_UP.sub(numbered, one[0]), drawn)


def named(drawn: str, chart: Chart) -> str:
    title, about = f"{chart.name}-title", f"{chart.name}-about"
    head, _, rest = drawn.partition(">")
    words = f'<title id="{title}">{escaped(chart.title)}</title><desc id="{about}">{escaped(chart.alternative)}</desc>'
    return f'{head} role="img" aria-labelledby="{title}" aria-describedby="{about}">{words}{rest}'


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
