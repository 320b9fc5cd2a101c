"""The safety file names controls that exist: invariants, tests, commands, codes and pages, and nobody has signed in silence."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import click
import pytest

from cobalens.compiler import load_ruleset
from cobalens.serve.cli import main

ROOT = Path(__file__).resolve().parents[2]
SAFETY = ROOT / "docs" / "safety"
PAGES = sorted(SAFETY.glob("*.md"))
RULES = load_ruleset()
COLUMNS = ["id", "hazard", "cause", "severity", "control", "shown by"]
TICKED = re.compile(r"`([^`\n]+)`")
CODE = re.compile(r"[a-z][a-z_0-9]*[:=][a-z0-9_]+")
INVARIANT = re.compile(r"invariant (\d+)")


def page(name: str) -> str:
    return (SAFETY / name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def hazards() -> tuple[tuple[str, ...], ...]:
    lines = [line for line in page("hazard-log.md").splitlines() if line.startswith("|")]
    cells = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]
    return tuple(one for one in cells if re.fullmatch(r"H\d+", one[0]))


def proofs_of(hazard: tuple[str, ...]) -> list[str]:
    return TICKED.findall(hazard[-1])


def options(command: click.Command) -> set[str]:
    return {name for one in command.params for name in one.opts} | {"--help", "--version"}


def wrong_command(text: str) -> str:
    """Why ``cobalens …`` or ``make …`` as written could not be run; empty when it could."""
    program, *words = text.split()
    if program == "make":
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        return "" if re.search(rf"^{words[0]}:", makefile, re.MULTILINE) else f"no target {words[0]}"
    command = main.get_command(click.Context(main), words[0]) if words else main
    if command is None:
        return f"no command {words[0]}"
    unknown = [word for word in words[1:] if word.startswith("--") and word not in options(command)]
    return f"{words[0]} has no {unknown[0]}" if unknown else ""


def wrong_test(text: str) -> str:
    name, _, function = text.partition("::")
    if not (ROOT / name).is_file():
        return f"no file {name}"
    if not function:
        return ""
    source = (ROOT / name).read_text(encoding="utf-8")
    return "" if re.search(rf"^def {function}\(", source, re.MULTILINE) else f"no test {function}"


def wrong(text: str) -> str:
    """What is wrong with one thing that the log names as a proof; empty when it exists."""
    if found := INVARIANT.fullmatch(text):
        return "" if found[1] in {one.id for one in RULES.invariants} else "no such invariant"
    if text.startswith(("cobalens ", "make ")):
        return wrong_command(text)
    if text.startswith(("tests/", "docs/")):
        return wrong_test(text)
    if CODE.fullmatch(text):
        return "" if text in RULES.codes or text in RULES.text["en"] else "no such code"
    return "neither an invariant, a test, a command, a page nor a code"


def test_the_log_is_a_table_of_hazards_with_six_columns_each() -> None:
    headings = [line for line in page("hazard-log.md").splitlines() if line.startswith("| id ")]
    assert headings
    assert all([cell.strip() for cell in line.strip("|").split("|")] == COLUMNS for line in headings)
    assert len(hazards()) >= 35
    assert [one for one in hazards() if len(one) != len(COLUMNS) or not all(one)] == []
    assert [one[0] for one in hazards()] == [f"H{number:02}" for number in range(1, len(hazards()) + 1)]
    assert {one[3] for one in hazards()} <= {"1", "2", "3", "4"}


@pytest.mark.parametrize("hazard", hazards(), ids=lambda one: one[0])
def test_every_control_named_exists(hazard: tuple[str, ...]) -> None:
    named = proofs_of(hazard)
    assert named, "nothing shows that this control stands"
    assert {text: why for text in named if (why := wrong(text))} == {}


def test_every_invariant_guards_against_a_hazard() -> None:
    met = {found[1] for one in hazards() for text in proofs_of(one) if (found := INVARIANT.fullmatch(text))}
    assert {one.id for one in RULES.invariants} - met == set()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("invariant 99", "no such invariant"),
        ("tests/intake/test_labs.py::test_nothing_of_the_kind", "no test"),
        ("tests/nowhere.py", "no file"),
        ("cobalens guess", "no command"),
        ("cobalens interpret --colour", "has no --colour"),
        ("make haste", "no target"),
        ("caution:none_such", "no such code"),
        ("good intentions", "neither"),
    ],
)
def test_a_control_that_does_not_exist_is_noticed(text: str, why: str) -> None:
    assert why in wrong(text)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_link_leads_to_a_page_of_the_project(path: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_code_on_every_page_is_one_that_can_be_said(path: Path) -> None:
    named = [text for text in TICKED.findall(path.read_text(encoding="utf-8")) if CODE.fullmatch(text)]
    assert [text for text in named if wrong(text)] == []


def test_every_command_there_is_has_an_intended_use() -> None:
    text = page("intended-use.md")
    assert [name for name in main.list_commands(click.Context(main)) if f"cobalens {name}" not in text] == []


def test_what_nobody_has_signed_is_said_to_be_unsigned() -> None:
    signed = [table.name for table in RULES.tables if table.reviewed_by]
    assert ("**No clinician has reviewed any rule, limit or sentence yet.**" in page("known-limits.md")) == (
        not signed
    )


def test_no_certification_is_claimed() -> None:
    assert "not a certified or cleared medical device" in page("intended-use.md")
    claim = re.compile(
        r"\b(is|are|has been) (ce[- ]marked|fda[- ](cleared|approved)|certified|validated)\b", re.IGNORECASE
    )
    assert [path.name for path in PAGES if claim.search(path.read_text(encoding="utf-8"))] == []
