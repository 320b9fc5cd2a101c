"""A visitor without a script: opens pages, fills in their forms and presses their buttons, as a browser would."""

from __future__ import annotations

import html
import re
from typing import Any

from httpx import Response
from litestar.testing import TestClient

HELD = re.compile(r'name="held" value="([^"]*)"')
TOKEN = re.compile(r'name="_csrf_token" value="([^"]*)"')
PASTED = """B12 130 pg/mL (200-900)
MCV 112 fL
Tingling in both feet, unsteady. Total gastrectomy. Takes metformin. Not vegan. zorbling flim."""


class Visitor:
    """One browser."""

    def __init__(self, client: TestClient[Any]) -> None:
        self.client = client
        self.page = ""

    def open(self, path: str) -> Response:
        return self.keep(self.client.get(path))

    def keep(self, answer: Response) -> Response:
        if answer.headers.get("content-type", "").startswith("text/html"):
            self.page = answer.text
        return answer

    @property
    def token(self) -> str:
        return field(TOKEN, self.page)

    @property
    def held(self) -> str:
        return field(HELD, self.page)

    def press(self, path: str, part: bool = False, **fields: str) -> Response:
        """Sends the form of the page in hand; ``part`` as the script does."""
        named = {name.replace("__", "."): value for name, value in fields.items()}
        data = {"_csrf_token": self.token, "held": self.held, **named}
        answer = self.client.post(path, data=data, headers={"hx-request": "true"} if part else {})
        return answer if part else self.keep(answer)

    def paste(self, text: str = PASTED, at: str = "", **fields: str) -> Response:
        self.open(f"{at}/results")
        data = {"_csrf_token": self.token, "text": text, "as_of": "2026-03-05", **fields}
        return self.keep(self.client.post(f"{at}/results", data=data, files={"file": ("", b"")}))

    def upload(self, name: str, content: bytes, **fields: str) -> Response:
        self.open("/results")
        data = {"_csrf_token": self.token, "text": "", "as_of": "2026-03-05", **fields}
        return self.keep(self.client.post("/results", data=data, files={"file": (name, content)}))


def field(pattern: re.Pattern[str], page: str) -> str:
    found = pattern.search(page)
    return html.unescape(found[1]) if found else ""


def words(page: str) -> str:
    """What a reader sees, without the markup."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))
