"""Every page in every width and colour, and through axe-core; longer than the other tests, and run by `make browser-test`."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.test_paths import answer, paste

OPEN_TO_ALL = ("/", "/results", "/form", "/learn", "/about", "/es/")


@pytest.mark.parametrize("width", [320, 640, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_the_screen(browser: Browser, site: str, width: int, scheme: str) -> None:
    """640 CSS pixels are a screen of 1280 at 200 per cent, and 320 are one at 400."""
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    for path in OPEN_TO_ALL:
        page.goto(f"{site}{path}")
        assert not page.evaluate(wide), path
    paste(page, site)
    assert not page.evaluate(wide), "what was read"
    answer(page, site)
    page.get_by_role("button", name=re.compile("What this rests on")).first.click()
    expect(page.locator(".cl-tree").first).to_be_visible()
    assert not page.evaluate(wide), "the answer"
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_that_keeps_people_from_reading(browser: Browser, site: str, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(color_scheme=scheme, bypass_csp=True)  # type: ignore[arg-type]
    page = context.new_page()
    found: list[str] = []

    def look(where: str) -> None:
        page.wait_for_timeout(250)
        found.extend(
            f"{where}: {one['id']}: {one['nodes'][0]['html'][:160]}"
            for one in Axe().run(page).response["violations"]
        )

    for path in OPEN_TO_ALL:
        page.goto(f"{site}{path}")
        look(path)
    paste(page, site)
    look("what was read")
    answer(page, site)
    look("patient")
    page.get_by_role("button", name="For a clinician").click()
    expect(page.locator("#what-if")).to_be_visible()
    page.get_by_role("button", name=re.compile("What this rests on")).first.click()
    expect(page.locator(".cl-tree").first).to_be_visible()
    look("clinician")
    context.close()
    assert found == []
