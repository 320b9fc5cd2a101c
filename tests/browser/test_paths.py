from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from tests.browser.in_view import scrolled_to

PASTED = "B12 130 pg/mL (200-900)\nMCV 112 fL\nTingling in both feet, unsteady. Total gastrectomy. Takes metformin."


def paste(page: Page, site: str) -> None:
    page.goto(f"{site}/results")
    page.fill("#text", PASTED)
    page.fill("#as_of", "2026-03-05")
    page.get_by_role("button", name="Read it").click()


def answer(page: Page, site: str) -> None:
    paste(page, site)
    page.get_by_role("button", name="This is right").click()
    expect(page.locator("#what-if")).to_be_visible()


def test_from_paste_to_answer_what_if_and_trace(page: Page, site: str) -> None:
    answer(page, site)
    expect(page.locator("h1")).to_contain_text("too little B12")
    page.locator(".cl-range").first.evaluate(
        "one => { one.value = one.max * 0.9; one.dispatchEvent(new Event('input', { bubbles: true })) }"
    )
    expect(page.locator("#supposed")).to_contain_text("changed")
    why = page.locator(".cl-answer .cl-why").first
    why.click()
    tree = page.locator(".cl-answer .cl-trace__tree").first
    expect(tree).to_contain_text("130 pg/mL")
    why.click()
    expect(tree).to_be_empty()


def test_the_sources_follow_into_their_place(page: Page, site: str) -> None:
    answer(page, site)
    page.get_by_role("button", name="For a clinician").click()
    expect(page.get_by_role("button", name="For a clinician")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#sources .cl-item").first).to_be_attached()
    expect(page.locator("#sources")).to_have_count(1)
    page.get_by_text("Sources", exact=True).click()
    expect(page.locator("#sources")).to_contain_text("NICE")


def test_charts_come_when_they_are_reached(page: Page, site: str) -> None:
    answer(page, site)
    expect(scrolled_to(page, page.locator("#charts img").first)).to_be_visible()
    assert page.locator("#charts img").first.evaluate("one => one.naturalWidth") > 0


def test_a_text_is_copied_with_one_press(page: Page, site: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    answer(page, site)
    page.get_by_role("button", name="For a clinician").click()
    page.get_by_role("button", name="Copy").first.click()
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("#copy-note").input_value()


def test_nothing_of_a_person_stands_in_an_address_or_in_what_the_browser_keeps(page: Page, site: str) -> None:
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    answer(page, site)
    assert not [url for url in asked if "?" in url or "130" in url.removeprefix(site)]
    assert not [url for url in asked if not url.startswith((site, "data:"))]
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]


def test_the_form_can_be_filled_in_with_the_keyboard_alone(page: Page, site: str) -> None:
    page.goto(f"{site}/form")
    page.locator("#age").focus()
    page.keyboard.type("67")
    page.keyboard.press("Tab")
    page.keyboard.type("female")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "lab.vitamin_b12.value":
            break
    page.keyboard.type("195")
    page.keyboard.press("Tab")
    page.keyboard.type("pg/mL")
    expect(page.locator(".cl-check").first).to_contain_text("Reads as 195 pg/mL")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("What matters next")
    page.get_by_role("button", name="Show the answer").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_be_visible()


def test_everything_is_there_without_a_script(browser: Browser, site: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    paste(page, site)
    page.get_by_role("button", name="This is right").click()
    expect(page.locator("#what-if")).to_be_visible()
    page.get_by_label("Total vitamin B12").first.fill("900")
    page.get_by_role("button", name="See what would change").click()
    expect(page.locator(".cl-sides")).to_contain_text("changed")
    page.get_by_role("button", name="Back to the answer").click()
    page.get_by_role("button", name="For a clinician").click()
    expect(page.locator("h1")).to_have_text("A deficiency needing replacement")
    page.get_by_role("button", name="Forget now").click()
    expect(page.locator("h1")).to_have_text("Forgotten")
    context.close()


def test_forgetting_takes_the_cookie_along(page: Page, site: str) -> None:
    answer(page, site)
    assert page.context.cookies()
    page.get_by_role("button", name="Forget now").click()
    expect(page.locator("h1")).to_have_text("Forgotten")
    assert page.evaluate("document.cookie") == ""
