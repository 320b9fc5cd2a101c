"""On a terminal the answer stands first, and what cannot wait directly below it, where nobody overlooks it."""

from __future__ import annotations

import json
from functools import cache
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from cobalens.api import load
from cobalens.report.items import Item, Section
from cobalens.report.pages import clinician_page, patient_page
from cobalens.serve.terminal import EDGE, HEAVY, draw, pressing, written

CASES = Path(__file__).parent.parent / "cases"
URGENT, QUIET = "platelets-14-after-chemotherapy", "fit-thirty-year-old-b12-480"


@cache
def page(name: str, for_patient: bool = False) -> tuple[Section, ...]:
    case, said = load().judged(json.loads((CASES / f"{name}.json").read_bytes()), look_ahead=False)
    return (patient_page if for_patient else clinician_page)(case, said)


def on_screen(sections: tuple[Section, ...], columns: int) -> list[str]:
    screen = Console(width=columns, file=StringIO(), highlight=False)
    draw(sections, screen)
    assert isinstance(screen.file, StringIO)
    return screen.file.getvalue().splitlines()


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_the_urgent_step_follows_the_answer_within_the_first_lines(columns: int) -> None:
    lines = written(page(URGENT), columns).splitlines()
    assert lines[0] == "Answer"
    edges = [place for place, line in enumerate(lines) if line == EDGE * columns]
    assert len(edges) == 2
    assert edges[0] < 10
    assert lines[edges[0] + 1] == "FIRST"
    assert any(line.startswith("- Without delay: ") for line in lines[edges[0] : edges[1]])


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_on_a_screen_heavy_rules_stand_around_it(columns: int) -> None:
    lines = on_screen(page(URGENT), columns)
    heavy = [place for place, line in enumerate(lines) if HEAVY in line]
    assert len(heavy) == 2
    assert 0 < heavy[0] < 10
    assert lines[0].startswith("Answer")
    assert lines[heavy[0]].startswith("First")


def test_nothing_of_the_answer_is_lost_by_it() -> None:
    text = written(page(URGENT), 80)
    for section in page(URGENT):
        for item in section.items:
            assert " ".join(item.text.split()[:4]) in " ".join(text.split())
    assert sum(len(one.items) for one in pressing(page(URGENT))) == sum(
        len(one.items) for one in page(URGENT)
    )


@pytest.mark.parametrize("name", [QUIET])
def test_where_nothing_presses_the_page_stays_as_it_is(name: str) -> None:
    assert pressing(page(name)) == list(page(name))
    assert EDGE * 80 not in written(page(name), 80)


def test_a_patient_reads_the_red_flag_before_everything_else() -> None:
    lines = [line for line in written(page(URGENT, for_patient=True), 80).splitlines() if line]
    assert lines[0] == EDGE * 80
    assert lines[1] == "PLEASE READ THIS FIRST"


def test_sections_without_an_answer_keep_their_order() -> None:
    found = [Section("Now", (Item("a"),), "urgent"), Section("Then", (Item("b"),))]
    assert pressing(found) == found
