"""What comes on the page of an answer once somebody scrolls to it."""

from __future__ import annotations

from playwright.sync_api import Locator, Page


def scrolled_to(page: Page, what: Locator) -> Locator:
    """What comes when the charts are in view, which what is filled in above them may push out again."""
    for _ in range(120):
        page.locator("#charts").scroll_into_view_if_needed()
        if what.count():
            break
        page.wait_for_timeout(250)
    return what
