"""The rulebook in a real browser: search, every page against axe-core, no foreign request, and paper. `make browser-test`."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page

from tests.rulebook.site import built_once

AXE = next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")).read_text(encoding="utf-8")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
]  # fmt: skip
SHARES = 8
PRINTED = ("print-conversation.html", "print-follow_up.html")
KINDS = (
    "index", "chapter-low", "question-mma_says", "question-cause_tests", "packs", "policies", "regimens", "words-diet",
    "learn", "invariants", "review", "knowledge", "search",
)  # fmt: skip
LOCAL = ("127.0.0.1", "")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_once(tmp_path_factory)


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(site))  # type: ignore[arg-type]

        def log_message(self, *args: object) -> None:
            del args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1400, "height": 900})
    yield opened
    opened.close()


def found_by(page: Page, word: str) -> list[str]:
    page.fill("input.sidebar-search", word)
    page.press("input.sidebar-search", "Enter")
    page.wait_for_selector("ul.search li a")
    return [link.inner_text() for link in page.query_selector_all("ul.search li a")]


@pytest.mark.parametrize("opened", ["served", "from a folder"])
def test_the_search_finds_nitrous(opened: str, page: Page, address: str, site: Path) -> None:
    page.goto(f"{address}/index.html" if opened == "served" else (site / "index.html").as_uri())
    titles = found_by(page, "nitrous")
    assert "nitrous oxide" in titles[0]
    assert len(titles) > 5
    page.click("ul.search li a")
    assert page.locator("h1").inner_text() == titles[0]


def checked(names: list[str]) -> list[str]:
    """Of the pages for printing, which repeat the questions, two stand for all."""
    return [name for name in names if not name.startswith("print-") or name in PRINTED]


def faults(page: Page, only: str = "") -> list[str]:
    page.evaluate(AXE)
    options = {"resultTypes": ["violations"], **({"runOnly": [only]} if only else {})}
    found = page.evaluate("options => axe.run(options)", options)["violations"]
    return [f"{page.url}: {one['id']}: {one['nodes'][0]['html'][:120]}" for one in found]


@pytest.mark.parametrize("share", range(SHARES))
def test_axe_finds_nothing_and_nothing_is_fetched_from_elsewhere(
    share: int, page: Page, address: str, site: Path
) -> None:
    asked: set[str] = set()
    errors: list[str] = []
    page.on("request", lambda request: asked.add(urlsplit(request.url).hostname or ""))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    bad: list[str] = []
    for name in checked(sorted(path.name for path in site.glob("*.html")))[share::SHARES]:
        page.goto(f"{address}/{name}")
        bad += faults(page)
    assert bad == []
    assert errors == []
    assert asked <= set(LOCAL)


def test_contrast_holds_in_the_dark_on_a_page_of_each_kind(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 1400, "height": 900}, color_scheme="dark")
    bad: list[str] = []
    for name in KINDS:
        page.goto(f"{address}/{name}.html")
        bad += faults(page, "color-contrast")
    page.close()
    assert bad == []


def test_axe_does_find_a_fault(page: Page, address: str) -> None:
    page.goto(f"{address}/index.html")
    page.evaluate("document.querySelector('h1').style.color = '#eeeeee'")
    assert any("color-contrast" in one for one in faults(page))


def test_a_page_is_readable_on_a_telephone(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.goto(f"{address}/question-total_b12_band.html")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert faults(page) == []
    page.close()


def test_a_chapter_prints_whole_and_without_the_sidebar(page: Page, site: Path, tmp_path: Path) -> None:
    page.goto((site / "print-deficiency.html").as_uri())
    width = page.evaluate("document.querySelector('.content').scrollWidth")
    page.emulate_media(media="print")
    assert page.is_hidden(".sidebar-drawer")
    assert page.is_hidden(".toc-drawer")
    assert width > 0
    pdf = tmp_path / "chapter.pdf"
    page.pdf(path=str(pdf), prefer_css_page_size=True)
    assert pdf.read_bytes().startswith(b"%PDF")
    if shutil.which("pdftotext"):
        done = subprocess.run(["pdftotext", str(pdf), "-"], capture_output=True, text=True, check=True)
        assert "Is there too little B12 working in the tissues?" in done.stdout
        assert "Not yet reviewed by a clinician." in done.stdout
        assert min(len(sheet.strip()) for sheet in done.stdout.split("\f")[:-1]) > 100
