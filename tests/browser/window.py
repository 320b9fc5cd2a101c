"""A browser window that watches itself: what it asks for, what it keeps, and what its console complains of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import axe_playwright_python
from playwright.sync_api import Browser, Page

AXE = next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")).read_text(encoding="utf-8")
COOKIE = "cobalens_form"
WITHIN = ("data:", "blob:", "about:", "chrome:", "chrome-extension:")
"""What never leaves the browser; its own viewer of PDF files is an extension."""
REFUSAL = "Failed to load resource: the server responded with a status of 4"
"""Chromium's own line about a page that refuses; every other complaint counts."""
OPTIONS = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@contextmanager
def window(
    browser: Browser, site: str, refusing: bool = False, scripts: bool = True, **given: Any
) -> Iterator[Page]:
    """``scripts=False``: the scripts of the pages never arrive, while a test can still look into the page."""
    context = browser.new_context(**given)
    page = context.new_page()
    complaints: list[str] = []
    asked: list[str] = []
    if not scripts:
        page.route("**/*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    context.on("request", lambda one: asked.append(one.url))
    page.on("console", lambda one: complaints.append(one.text) if one.type in ("error", "warning") else None)
    page.on("pageerror", lambda one: complaints.append(str(one)))
    try:
        yield page
        cookies = {one["name"] for one in context.cookies()}
    finally:
        context.close()
    assert [one for one in complaints if not (refusing and one.startswith(REFUSAL))] == []
    asked = [one for one in asked if not one.startswith(WITHIN)]
    assert [one for one in asked if not one.startswith(f"{site}/") or urlsplit(one).query] == []
    assert cookies <= {COOKIE}


def faults(page: Page) -> list[str]:
    """What axe-core finds wrong, its rule on the size of targets included."""
    page.evaluate(AXE)
    found = page.evaluate("options => axe.run(options)", OPTIONS)["violations"]
    return [
        f"{one['id']} ({len(one['nodes'])}): {one['nodes'][0]['html'][:160]} {one['nodes'][0]['failureSummary'][:200]}"
        for one in found
    ]
