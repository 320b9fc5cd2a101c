"""Every page in every state through axe-core, in light, dark, wide and narrow, in both languages. `make browser-test`."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.states import STATES, WITHOUT_SCRIPT, opened
from tests.browser.window import TOO_WIDE, faults, window

LANGUAGES = {"en": "", "es": "/es"}
WIDTHS = (320, 640, 1280)
"""640 CSS pixels are a screen of 1280 at 200 per cent, and 320 are one at 400."""
SETTLED = 200


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_and_nothing_runs_off_the_screen(
    browser: Browser, site: str, state: str, language: str
) -> None:
    found: list[str] = []
    with window(browser, site, refusing=True, bypass_csp=True) as page:
        STATES[state](page, f"{site}{LANGUAGES[language]}")
        assert page.locator("html").get_attribute("lang") == language
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.wait_for_timeout(SETTLED)
            found += [f"{scheme}: {one}" for one in faults(page)]
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            page.wait_for_timeout(SETTLED)
            if over := page.evaluate(TOO_WIDE):
                found.append(f"{width}: {over} pixels too wide")
        page.set_viewport_size({"width": 320, "height": 800})
        found += [f"320: {one}" for one in faults(page)]
    assert found == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", WITHOUT_SCRIPT)
def test_axe_finds_nothing_on_the_pages_that_come_without_a_script(
    browser: Browser, site: str, state: str, language: str
) -> None:
    found: list[str] = []
    with window(browser, site, refusing=True, scripts=False) as page:
        WITHOUT_SCRIPT[state](page, f"{site}{LANGUAGES[language]}")
        found += faults(page)
        page.set_viewport_size({"width": 320, "height": 800})
        if over := page.evaluate(TOO_WIDE):
            found.append(f"320: {over} pixels too wide")
    assert found == []


def test_axe_does_find_a_fault(browser: Browser, site: str) -> None:
    with window(browser, site, bypass_csp=True) as page:
        page.goto(f"{site}/form")
        page.evaluate("document.querySelector('label[for=age]').remove()")
        assert any(one.startswith("label") for one in faults(page))


SPACED = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-bottom: 2em !important }"
CUT = """() => [...document.querySelectorAll('main *, header *')].filter(one => {
    const style = getComputedStyle(one);
    return ['hidden', 'clip'].includes(style.overflowY) && style.position !== 'absolute' && one.clientHeight > 1 &&
        one.scrollHeight > one.clientHeight + 2;
}).map(one => one.outerHTML.slice(0, 120))"""


def test_text_may_be_spaced_wider_and_nothing_is_cut_off(browser: Browser, site: str) -> None:
    with window(browser, site, bypass_csp=True, viewport={"width": 640, "height": 800}) as page:
        opened(page, site)
        page.add_style_tag(content=SPACED)
        assert page.evaluate(CUT) == []
        assert page.evaluate(TOO_WIDE) == 0
