"""Reads the tables of a report as they stand on its page."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path


class Tables(HTMLParser):
    """Every table of a page by the name under which it is read out."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, list[list[str]]] = {}
        self.name, self.inside = "", False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        label = dict(attrs).get("aria-label")
        if tag == "div" and label and label.startswith("Table of the figures: "):
            self.name = label.removeprefix("Table of the figures: ")
            self.found[self.name] = []
        elif tag == "tr":
            self.found[self.name].append([])
        elif tag in ("td", "th"):
            self.inside = True
            self.found[self.name][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.found[self.name][-1][-1] += data


def tables(out: Path, name: str = "report.html") -> dict[str, list[list[str]]]:
    return Tables((out / name).read_text(encoding="utf-8")).found
