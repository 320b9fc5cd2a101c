"""The pages' own style and the charts' palette say the same of a dark screen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cobalens.api import load
from cobalens.report.charts.palette import DARK, dark_rules, on_dark
from cobalens.report.charts.picture import svg
from cobalens.serve.drawing import charts_of
from tests.report.test_charts import PEOPLE

STYLE = Path(__file__).parents[2] / "src" / "cobalens" / "serve" / "web" / "static" / "cobalens.css"
COLOUR = re.compile(r'(?:fill|stroke)="(#[0-9a-f]{3,8}|[a-z]+)"')
NONE = ("none", "transparent")


def test_the_style_of_the_pages_turns_live_charts_dark_as_the_palette_says() -> None:
    assert dark_rules() in STYLE.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", list(PEOPLE))
def test_no_colour_of_a_picture_stays_behind_when_it_turns_dark(name: str) -> None:
    door = load()
    case = PEOPLE[name]
    judged, _ = door.judged({key: case[key] for key in ("patient", "facts", "as_of", "id") if key in case})
    for chart in charts_of(door, judged):
        light = svg(chart)
        used = {one for one in COLOUR.findall(light) if one not in NONE}
        assert used
        assert used <= set(DARK)
        assert {one for one in COLOUR.findall(on_dark(light)) if one not in NONE} == {
            DARK[one] for one in used
        }
