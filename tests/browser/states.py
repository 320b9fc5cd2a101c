"""Every page in every state that a reader can meet, and the way there."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.in_view import scrolled_to

PASTED = "B12 130 pg/mL (200-900)\nMCV 112 fL\nTingling in both feet, unsteady. Total gastrectomy. Takes metformin. zorbling flim."
HIGH = "65 year old man. B12 1620 pg/mL (200-900), CRP 40 mg/L, ALT 88 U/L. Liver metastases. No supplements."
CHILD = "9 year old girl. B12 150 pg/mL (200-900)."
NOTHING_KNOWN = "B12 250 pg/mL (200-900)."
ON_TREATMENT = "B12 1900 pg/mL (200-900). Hydroxocobalamin injections every two months. Pernicious anaemia."
TWO_DATED = "B12 130 pg/mL (200-900) 2025-10-02\nB12 150 pg/mL (200-900) 2026-02-01"
DAY = "2026-03-05"
SLOW = 30_000


def submit(page: Page) -> None:
    page.locator("main form button[type=submit]").first.click()


def paste(page: Page, at: str, text: str = PASTED, audience: str = "patient") -> None:
    page.goto(f"{at}/results")
    page.fill("#text", text)
    page.fill("#as_of", DAY)
    page.locator(f'input[name="audience"][value="{audience}"]').check()
    submit(page)
    expect(page.locator("#reading")).to_be_visible()


def answered(page: Page, at: str, text: str = PASTED, audience: str = "patient") -> None:
    paste(page, at, text, audience)
    submit(page)
    expect(page.locator("#ahead > .cl-section").first).to_be_attached(timeout=SLOW)


def opened(page: Page, at: str) -> None:
    """The clinician's answer with everything on it unfolded."""
    answered(page, at, audience="clinician")
    expect(scrolled_to(page, page.locator("#charts figure").first)).to_be_visible()
    page.locator(".cl-range").first.evaluate(
        "one => { one.value = one.max * 0.9; one.dispatchEvent(new Event('input', { bubbles: true })) }"
    )
    expect(page.locator("#supposed table")).to_be_visible(timeout=SLOW)
    page.locator(".cl-why").first.click()
    expect(page.locator(".cl-tree").first).to_be_visible()
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")


def pointed_at(page: Page, at: str) -> None:
    """A chart drawn anew by the scripts that are fetched when somebody asks for it."""
    answered(page, at, TWO_DATED)
    scrolled_to(page, page.locator("[data-live]").first).click()
    expect(page.locator(".cl-live svg").first).to_be_visible(timeout=SLOW)


def asked(page: Page, at: str) -> None:
    page.goto(f"{at}/form")
    page.fill("#age", "67")
    page.locator('[id="lab.vitamin_b12-value"]').fill("195")
    page.locator('[id="lab.vitamin_b12-unit"]').select_option("pg/mL")
    submit(page)
    expect(page.locator("#ask")).to_be_visible()


def checked(page: Page, at: str, unit: str = "pg/mL") -> None:
    page.goto(f"{at}/form")
    page.locator('[id="lab.vitamin_b12-value"]').fill("195")
    page.locator('[id="lab.vitamin_b12-unit"]').select_option(unit)
    expect(page.locator(".cl-check p").first).to_be_visible()


def doubted(page: Page, at: str) -> None:
    page.goto(f"{at}/form")
    page.locator('[id="lab.vitamin_b12-value"]').fill("a lot")
    page.locator('[id="lab.vitamin_b12-unit"]').select_option("pg/mL")
    expect(page.locator(".cl-check p").first).to_be_visible()


def refused(page: Page, at: str) -> None:
    page.goto(f"{at}/results")
    submit(page)
    expect(page.locator(".nhsuk-error-summary")).to_be_visible()


def unreadable(page: Page, at: str) -> None:
    page.goto(f"{at}/form")
    page.fill("#age", "200")
    submit(page)
    expect(page.locator(".nhsuk-error-summary")).to_be_visible()


def forgotten(page: Page, at: str) -> None:
    answered(page, at)
    page.locator('[formaction$="/forget"]').click()
    expect(page.locator("#what-if")).to_have_count(0)


def at(path: str) -> Callable[[Page, str], None]:
    def go(page: Page, site: str) -> None:
        page.goto(f"{site}{path}")

    return go


def chapter(page: Page, at: str) -> None:
    page.goto(f"{at}/learn")
    page.locator(".cl-chapters a").nth(3).click()
    expect(page.locator(".cl-article")).to_be_visible()


STATES: dict[str, Callable[[Page, str], None]] = {
    "start": at("/"),
    "results": at("/results"),
    "results, refused": refused,
    "form": at("/form"),
    "form, refused": unreadable,
    "form, a result checked": checked,
    "form, a result doubted": doubted,
    "what matters next": asked,
    "what was read": paste,
    "answer for a patient": answered,
    "answer for a clinician, all unfolded": opened,
    "a chart that answers to pointing": pointed_at,
    "a high result": lambda page, at: answered(page, at, HIGH),
    "a child": lambda page, at: answered(page, at, CHILD),
    "hardly anything known": lambda page, at: answered(page, at, NOTHING_KNOWN),
    "on treatment": lambda page, at: answered(page, at, ON_TREATMENT, "clinician"),
    "learn": at("/learn"),
    "a chapter": chapter,
    "about": at("/about"),
    "forgotten": forgotten,
    "no such page": at("/nowhere"),
}


def pressed(action: str) -> Callable[[Page, str], None]:
    """A page of its own, where no script fetches it as a part."""

    def go(page: Page, site: str) -> None:
        answered(page, site)
        page.locator(f'[formaction$="{action}"]').first.click()
        expect(page.locator('main form[action$="/answer"]')).to_be_visible(timeout=SLOW)

    return go


WITHOUT_SCRIPT: dict[str, Callable[[Page, str], None]] = {
    "trace": pressed("/answer/trace"),
    "charts": pressed("/answer/charts"),
    "what if": pressed("/answer/what-if"),
    "answer": answered,
    "what matters next": asked,
    "results, refused": refused,
}
