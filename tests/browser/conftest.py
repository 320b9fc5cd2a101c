"""The pages as they are served, and a browser to meet them in; skipped with the reason where there is no Chromium."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from socket import socket

import pytest
from playwright.sync_api import Browser, Page

from tests.orphans import none_left

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
PATIENCE = 60

pytest.register_assert_rewrite("tests.browser.window", "tests.browser.states")


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """`cobalens serve` on a free port."""
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "cobalens", "serve", "--port", str(port), "--per-minute", "0"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, preexec_fn=none_left)  # noqa: PLW1509 - it makes one call of the system
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/healthz")
        yield address
    finally:
        server.terminate()
        server.wait(timeout=PATIENCE)


def wait_for(address: str) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            urllib.request.urlopen(address, timeout=PATIENCE).close()
            return
        except urllib.error.URLError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh window; whatever its console or policy complains of fails the test."""
    context = browser.new_context()
    made = context.new_page()
    complaints: list[str] = []
    made.on("console", lambda one: complaints.append(one.text) if one.type in ("error", "warning") else None)
    made.on("pageerror", lambda one: complaints.append(str(one)))
    yield made
    context.close()
    assert complaints == []
