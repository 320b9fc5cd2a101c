"""Each way through the pages, as different people go it: by keyboard, with a file, without a script, on paper. `make browser-test`."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from tests.browser.files import files
from tests.browser.states import SLOW, answered, asked, opened, paste, pressed, refused, submit, unreadable
from tests.browser.window import faults, window

DAY = "2026-12-01"
SHEETS = {"en": "visit", "es": "visita"}


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
@pytest.mark.parametrize("name", sorted(files()))
def test_a_file_of_every_kind_leads_to_an_answer(
    browser: Browser, site: str, name: str, scripts: bool
) -> None:
    with window(browser, site, java_script_enabled=scripts) as page:
        page.goto(f"{site}/results")
        page.set_input_files(
            "#file", {"name": name, "mimeType": "application/octet-stream", "buffer": files()[name]}
        )
        page.fill("#as_of", DAY)
        submit(page)
        expect(page.get_by_label("Total vitamin B12, Value").first).to_have_value("195")
        expect(page.get_by_label("Total vitamin B12, Unit").first).to_have_value("pg/mL")
        submit(page)
        expect(page.locator("#answer")).to_be_visible(timeout=SLOW)


@pytest.mark.parametrize("language", ["en", "es"])
def test_from_paste_through_a_correction_to_the_answer_what_if_and_the_sheet(
    browser: Browser, site: str, language: str
) -> None:
    at = site if language == "en" else f"{site}/es"
    with window(browser, site, accept_downloads=True) as page:
        paste(page, at)
        page.locator('[name="lab.0.value"]').fill("190")
        page.locator('[formaction$="/reading"]').click()
        expect(page.locator('[name="lab.0.value"]')).to_have_value("190")
        submit(page)
        expect(page.locator("#what-if")).to_be_visible(timeout=SLOW)
        page.locator(".cl-range").first.evaluate(
            "one => { one.value = one.max * 0.9; one.dispatchEvent(new Event('input', { bubbles: true })) }"
        )
        expect(page.locator("#supposed .cl-changed").first).to_be_visible(timeout=SLOW)
        sent = page.locator("#state").evaluate(
            """async form => {
                const answer = await fetch(document.querySelector('[formaction$="/sheet/patient/pdf"]').formAction,
                    { method: 'POST', body: new URLSearchParams(new FormData(form)) });
                return [answer.headers.get('content-type'), Array.from(new Uint8Array(await answer.arrayBuffer()))];
            }"""
        )
    assert sent[0] == "application/pdf"
    made = PdfReader(io.BytesIO(bytes(sent[1])))
    assert len(made.pages) == 1
    assert "190" in made.pages[0].extract_text()
    assert SHEETS[language] in made.pages[0].extract_text().lower()


def test_the_button_for_the_sheet_hands_over_a_pdf_beside_the_page(browser: Browser, site: str) -> None:
    with window(browser, site) as page:
        answered(page, site)
        with page.context.expect_event(
            "response", lambda one: one.url.endswith("/sheet/patient/pdf")
        ) as found:
            page.locator('[formaction$="/sheet/patient/pdf"]').click()
        assert found.value.headers["content-type"] == "application/pdf"
        expect(page.locator("#answer")).to_be_visible()


# --- By keyboard ------------------------------------------------------------------------------------------------------

REACHED = """() => {
    const one = document.activeElement, box = one.getBoundingClientRect();
    const all = [...document.querySelectorAll('*')];
    return { place: all.indexOf(one), name: one.name || one.id || one.textContent.trim().slice(0, 60), kind: one.tagName,
             label: !!one.labels && one.labels.length > 0, visible: one.matches(':focus-visible'),
             x: box.x + scrollX, y: box.y + scrollY, width: box.width, height: box.height };
}"""
BODY = ("BODY", "HTML")
AROUND = 12
MOST = 200


def tabbed(page: Page) -> list[dict[str, object]]:
    """What the Tab key reaches from the top of the page, and whether each place looks otherwise once it is reached."""
    found: list[dict[str, object]] = []
    for _ in range(MOST):
        page.keyboard.press("Tab")
        one = page.evaluate(REACHED)
        if one["kind"] in BODY or (found and one["place"] < found[0]["place"]):
            break
        if found and one["place"] == found[-1]["place"]:
            continue
        found.append({**one, "seen": is_seen(page, one)})
    return found


def is_seen(page: Page, one: dict[str, float]) -> bool:
    clip = {
        "x": max(0, one["x"] - AROUND), "y": max(0, one["y"] - AROUND),
        "width": one["width"] + 2 * AROUND, "height": one["height"] + 2 * AROUND,
    }  # fmt: skip
    held = page.screenshot(clip=clip, full_page=True)  # type: ignore[arg-type]
    handle = page.evaluate_handle("() => { const one = document.activeElement; one.blur(); return one }")
    bare = page.screenshot(clip=clip, full_page=True)  # type: ignore[arg-type]
    handle.evaluate("one => one.focus()")  # type: ignore[attr-defined]
    return held != bare


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/results", "/form", "/es/form"])
def test_the_tab_key_goes_through_a_page_in_its_order_and_the_place_can_be_seen(
    browser: Browser, site: str, path: str, scheme: str
) -> None:
    with window(browser, site, color_scheme=scheme) as page:
        page.goto(f"{site}{path}")
        reached = tabbed(page)
        places = [one["place"] for one in reached]
        assert places == sorted(places)
        assert reached[0]["kind"] == "A", "the link that skips to the main part comes first"
        shown = page.locator(
            "a:visible, button:visible, input:not([type=hidden]), select:visible, textarea:visible"
        ).count()
        radios = (
            page.locator("input[type=radio]").count()
            - page.locator("fieldset:has(input[type=radio])").count()
        )
        assert len(reached) >= shown - radios
        assert [one["name"] for one in reached if not one["seen"]] == []
        assert [
            one["name"]
            for one in reached
            if one["kind"] in ("INPUT", "SELECT", "TEXTAREA") and not one["label"]
        ] == []


def test_the_skip_link_leads_past_the_head_of_the_page(browser: Browser, site: str) -> None:
    with window(browser, site) as page:
        page.goto(f"{site}/form")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "someone"


def go_to(page: Page, selector: str) -> None:
    """By the Tab key alone."""
    for _ in range(MOST):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"The Tab key never reaches {selector}.")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_the_form_leads_to_the_answer_by_keyboard_alone(browser: Browser, site: str, scripts: bool) -> None:
    with window(browser, site, scripts=scripts) as page:
        page.goto(site)
        go_to(page, 'main a[href$="/form"]')
        page.keyboard.press("Enter")
        expect(page.locator("#age")).to_be_visible()
        go_to(page, "#someone")
        page.keyboard.press("Space")
        go_to(page, "#age")
        page.keyboard.type("67")
        go_to(page, "#sex")
        page.keyboard.type("female")
        go_to(page, '[name="lab.vitamin_b12.value"]')
        page.keyboard.type("130")
        go_to(page, '[name="lab.vitamin_b12.unit"]')
        page.keyboard.type("pg/mL")
        go_to(page, "#symptoms")
        page.keyboard.type("tingling of both feet, unsteady")
        go_to(page, "#none-procedures")
        page.keyboard.press("Space")
        go_to(page, "main button[type=submit]")
        page.keyboard.press("Enter")
        expect(page.locator("#ask")).to_be_visible()
        expect(page.get_by_text("About the person for whom")).to_be_visible()
        go_to(page, 'main button[formaction$="/answer"]')
        page.keyboard.press("Enter")
        expect(page.locator("#answer")).to_contain_text("too little B12", timeout=SLOW)
        go_to(page, ".cl-why")
        page.keyboard.press("Enter")
        expect(page.locator(".cl-tree").first).to_be_visible(timeout=SLOW)


def test_what_if_and_the_unfolded_parts_go_by_keyboard_alone(browser: Browser, site: str) -> None:
    with window(browser, site) as page:
        answered(page, site, audience="clinician")
        before = page.locator(".cl-slider .nhsuk-input").first.input_value()
        go_to(page, ".cl-range")
        page.keyboard.press("End")
        expect(page.locator("#supposed .cl-changed").first).to_be_visible(timeout=SLOW)
        assert page.locator(".cl-slider .nhsuk-input").first.input_value() != before
        go_to(page, "#supposed summary")
        page.keyboard.press("Enter")
        expect(page.locator("#supposed details").first).not_to_have_attribute("open", "")
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        go_to(page, '[data-copy="copy-note"]')
        page.keyboard.press("Enter")
        expect(page.locator('[data-copy="copy-note"]')).to_have_text("Copied")


# --- What goes wrong --------------------------------------------------------------------------------------------------

WRONG = {
    "a picture": ("scan.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8),
    "an empty file": ("empty.csv", b""),
    "broken JSON": ("case.json", b'{"patient": {'),
    "a zip of something else": ("x.zip", b"PK\x03\x04" + b"\0" * 200),
    "two people": ("two.csv", b"id,test,value,unit\n1,Vitamin B12,195,pg/mL\n2,Vitamin B12,300,pg/mL\n"),
}


def told(page: Page) -> None:
    """The reason stands first, has the focus, and is in the title, so that nobody has to look for it."""
    summary = page.locator(".nhsuk-error-summary")
    expect(summary).to_be_visible(timeout=SLOW)
    expect(summary).to_be_focused()
    assert page.title().startswith("Error: ")


@pytest.mark.parametrize("kind", WRONG)
def test_a_file_that_cannot_be_read_is_refused_with_what_to_do(
    browser: Browser, site: str, kind: str
) -> None:
    name, content = WRONG[kind]
    with window(browser, site, refusing=True) as page:
        page.goto(f"{site}/results")
        page.set_input_files(
            "#file", {"name": name, "mimeType": "application/octet-stream", "buffer": content}
        )
        submit(page)
        told(page)
        assert faults(page) == []


def test_a_file_that_is_too_large_is_refused_with_what_to_do(
    browser: Browser, site: str, tmp_path: Path
) -> None:
    large = tmp_path / "large.csv"
    large.write_bytes(b"x" * 21_000_000)
    with window(browser, site, refusing=True) as page:
        page.goto(f"{site}/results")
        page.set_input_files("#file", str(large))
        submit(page)
        expect(page.locator(".nhsuk-error-summary")).to_contain_text("too large", timeout=SLOW)
        told(page)


def test_nothing_given_and_an_impossible_age_are_refused_where_they_stand(
    browser: Browser, site: str
) -> None:
    with window(browser, site, refusing=True) as page:
        refused(page, site)
        told(page)
        page.locator('.nhsuk-error-summary a[href="#text"]').press("Enter")
        expect(page.locator("#text")).to_be_focused()
        unreadable(page, site)
        told(page)
        page.locator('.nhsuk-error-summary a[href="#age"]').press("Enter")
        expect(page.locator("#age")).to_be_focused()
        expect(page.locator("#age")).to_have_value("200")


def test_a_unit_that_the_test_cannot_have_is_pointed_out_and_not_used(browser: Browser, site: str) -> None:
    with window(browser, site) as page:
        paste(page, site, "B12 190 mmol/L. MCV 104 fL.")
        row = page.locator(".cl-row--problem")
        expect(row).to_have_count(1)
        expect(row).to_contain_text("Total vitamin B12")
        submit(page)
        expect(page.locator("#answer")).to_be_visible(timeout=SLOW)
        assert "deficien" not in page.locator("#answer").inner_text().lower()


def test_a_value_that_cannot_be_tried_out_is_said_beside_the_controls(browser: Browser, site: str) -> None:
    with window(browser, site, refusing=True) as page:
        answered(page, site)
        page.locator(".cl-slider .nhsuk-input").first.fill("many")
        expect(page.locator("#supposed .nhsuk-error-summary")).to_be_visible(timeout=SLOW)


# --- Colours, paper ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_with_forced_colours_every_control_has_an_edge_and_the_chosen_view_can_be_told(
    browser: Browser, site: str, scheme: str
) -> None:
    with window(browser, site, forced_colors="active", color_scheme=scheme) as page:
        answered(page, site)
        pressed_one = page.locator('.cl-view[aria-pressed="true"]').evaluate(
            "one => getComputedStyle(one).outlineWidth"
        )
        other = page.locator('.cl-view[aria-pressed="false"]').evaluate(
            "one => getComputedStyle(one).outlineStyle"
        )
        assert pressed_one == "3px"
        assert other == "none"
        bare = page.evaluate(
            """() => [...document.querySelectorAll('input:not([type=hidden]):not([type=range]), select, textarea, .nhsuk-button, .cl-answer')]
                .filter(one => one.offsetWidth && parseFloat(getComputedStyle(one).borderTopWidth) < 1).map(one => one.outerHTML.slice(0, 100))"""
        )
        assert bare == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_answer_prints_whole_in_ink_on_white_and_without_the_controls(
    browser: Browser, site: str, scheme: str
) -> None:
    with window(browser, site, color_scheme=scheme) as page:
        answered(page, site)
        page.emulate_media(media="print", color_scheme=scheme)  # type: ignore[arg-type]
        for hidden in (".cl-nav", ".cl-toolbar", "#what-if", ".cl-take", ".cl-why >> nth=0"):
            expect(page.locator(hidden)).to_be_hidden()
        expect(page.locator("#answer")).to_be_visible()
        pale = page.evaluate(
            """() => [...document.querySelectorAll('main p, main h1, main h2, main h3, main li')].filter(one => {
                if (!one.offsetWidth) return false;
                const rgb = getComputedStyle(one).color.match(/[\\d.]+/g).map(Number);
                const back = one.closest('.nhsuk-card--care__heading-container');
                return !back && rgb[0] * .299 + rgb[1] * .587 + rgb[2] * .114 > 130;
            }).map(one => one.outerHTML.slice(0, 100))"""
        )
        assert pale == []
        made = PdfReader(io.BytesIO(page.pdf(format="A4")))
        texts = [one.extract_text() for one in made.pages]
        assert "too little B12" in re.sub(r"\s+", " ", "".join(texts))
        assert min(len(one.strip()) for one in texts) > 80, "no sheet is empty"


def test_without_a_script_every_part_has_a_page_of_its_own(browser: Browser, site: str) -> None:
    for action in ("/answer/trace", "/answer/charts", "/answer/what-if"):
        with window(browser, site, java_script_enabled=False) as page:
            pressed(action)(page, site)
            page.locator('main form[action$="/answer"] button').click()
            expect(page.locator("#answer")).to_be_visible(timeout=SLOW)
    with window(browser, site, java_script_enabled=False) as page:
        asked(page, site)
        page.locator('main button[formaction$="/answer"]').click()
        expect(page.locator("#answer")).to_be_visible(timeout=SLOW)


def test_everything_unfolded_asks_no_other_site_and_keeps_nothing(browser: Browser, site: str) -> None:
    with window(browser, site) as page:
        opened(page, site)
        assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
        assert (
            page.evaluate("async () => (await caches.keys()).length + (await indexedDB.databases()).length")
            == 0
        )
        assert page.url == f"{site}/answer"
