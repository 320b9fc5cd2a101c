from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.in_view import scrolled_to
from tests.browser.test_paths import answer

VEGA = re.compile(r"/static/vendor/vega")


def test_a_chart_answers_to_pointing_when_it_is_asked_to_under_the_strict_policy(
    page: Page, site: str
) -> None:
    fetched: list[str] = []
    page.on("request", lambda one: fetched.append(one.url) if VEGA.search(one.url) else None)
    answer(page, site)
    expect(scrolled_to(page, page.locator("#charts img").first)).to_be_visible()
    assert fetched == [], "the scripts wait until somebody asks"
    page.goto(f"{site}/results")
    page.fill("#text", "B12 130 pg/mL (200-900) 2025-10-02\nB12 150 pg/mL (200-900) 2026-02-01")
    page.fill("#as_of", "2026-03-05")
    page.get_by_role("button", name="Read it").click()
    page.get_by_role("button", name="This is right").click()
    scrolled_to(page, page.get_by_role("button", name="Show day and value").first).click()
    point = page.locator(".cl-live .mark-symbol path").last
    expect(point).to_be_visible(timeout=30_000)
    point.hover()
    expect(page.locator("#vg-tooltip-element")).to_contain_text("150 pg/mL")
    assert len(set(fetched)) == 4
