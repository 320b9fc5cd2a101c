"""Sheets, answers and reports in a real browser: on either paper, with nothing that axe finds wrong, at 320 pixels."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from click.testing import CliRunner
from playwright.sync_api import Browser
from pypdf import PdfReader

from cobalens.api import load
from cobalens.report.pages import clinician_page, patient_page
from cobalens.serve.cli import main
from cobalens.serve.drawing import answer_html, sheet_html
from tests.report.test_sheets import AUDIENCES, judged

PEOPLE = ("a course of injections", "many tests", "five years of results", "very long words", "a child")


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("name", PEOPLE)
def test_a_sheet_prints_on_one_page_of_either_paper(
    browser: Browser, tmp_path: Path, name: str, audience: str, language: str
) -> None:
    file = tmp_path / "sheet.html"
    file.write_text(sheet_html(load(language=language), *judged(name, language), audience), encoding="utf-8")
    page = browser.new_page()
    page.goto(file.as_uri())
    for paper in ("A4", "Letter"):
        margin = {"top": "9mm", "bottom": "9mm", "left": "14mm", "right": "14mm"}
        printed = page.pdf(format=paper, margin=margin)
        assert len(PdfReader(io.BytesIO(printed)).pages) == 1, paper
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["sheet", "answer"])
@pytest.mark.parametrize("name", PEOPLE)
def test_axe_finds_nothing_and_nothing_runs_off_a_telephone(
    browser: Browser, tmp_path: Path, name: str, kind: str, scheme: str
) -> None:
    case, said = judged(name)
    for audience in AUDIENCES:
        make = patient_page if audience == "patient" else clinician_page
        html = (
            sheet_html(load(), case, said, audience)
            if kind == "sheet"
            else answer_html(load(), case, said, make(case, said), audience)
        )
        file = tmp_path / "page.html"
        file.write_text(html, encoding="utf-8")
        page = browser.new_page(viewport={"width": 320, "height": 640}, color_scheme=scheme)  # type: ignore[arg-type]
        page.goto(file.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        page.close()


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_no_paragraph_of_a_report_is_parted_between_two_sheets_of_paper(
    browser: Browser, tmp_path: Path, paper: str
) -> None:
    run = CliRunner().invoke(main, ["cohort", "run", "nhanes", "--out", str(tmp_path / "out")])
    assert run.exit_code == 0, run.output
    page = browser.new_page()
    page.goto((tmp_path / "out" / "report.html").as_uri())
    told = page.evaluate(
        "[...document.querySelectorAll('main p, main figcaption')].map(one => one.textContent)"
    )
    sheets = [solid(one.extract_text()) for one in PdfReader(io.BytesIO(page.pdf(format=paper))).pages]
    page.close()
    assert len(sheets) > 3
    assert [one for one in told if not any(solid(one) in sheet for sheet in sheets)] == []


def solid(text: str) -> str:
    return re.sub(r"\s+", "", text)
