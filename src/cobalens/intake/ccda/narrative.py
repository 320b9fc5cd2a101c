"""The readable text of a section: rows, items and paragraphs, for sections without entries, and the words that entries point to."""

from __future__ import annotations

from typing import NamedTuple
from xml.etree.ElementTree import Element

from cobalens.intake.laboratory.testnames import tokens

_COLUMNS = {
    "test": "name", "name": "name", "component": "name", "analyte": "name", "lab": "name", "description": "name",
    "observation": "name", "result": "value", "results": "value", "value": "value", "unit": "unit", "units": "unit",
    "range": "ref_range", "reference": "ref_range", "interval": "ref_range", "date": "date", "collected": "date",
    "time": "date", "flag": "flag", "interpretation": "flag", "abnormal": "flag", "status": "status",
}  # fmt: skip
MOST = 2_000


class Item(NamedTuple):
    """One row, list item or paragraph; a row of a table with headings also as named cells."""

    words: str
    cells: dict[str, str]


def words_of(node: Element | None) -> str:
    """All words below a node, with breaks where the text breaks."""
    if node is None:
        return ""
    pieces: list[str] = []
    _collect(node, pieces)
    lines = (" ".join(line.split()) for line in "".join(pieces).split("\n"))
    return "\n".join(line for line in lines if line)


def _collect(node: Element, pieces: list[str]) -> None:
    if node.text:
        pieces.append(node.text.replace("\n", " "))
    for child in node:
        if child.tag in ("br", "paragraph", "item", "tr", "list", "caption"):
            pieces.append("\n")
        elif child.tag in ("td", "th"):
            pieces.append(" ")
        _collect(child, pieces)
        if child.tail:
            pieces.append(child.tail.replace("\n", " "))


def by_id(text: Element | None) -> dict[str, Element]:
    if text is None:
        return {}
    return {node.attrib["ID"]: node for node in text.iter() if node.attrib.get("ID")}


def items_of(text: Element | None) -> list[Item]:
    """What a person would read as one statement each."""
    if text is None:
        return []
    found: list[Item] = []
    _items(text, found)
    if not found and (whole := words_of(text)):
        found = [Item(line, {}) for line in whole.split("\n")]
    return found[:MOST]


def _items(node: Element, found: list[Item]) -> None:
    loose = " ".join((node.text or "").split()) if node.tag in ("text", "content") else ""
    if loose:
        found.append(Item(loose, {}))
    for child in node:
        if child.tag == "table":
            found.extend(_rows(child))
        elif child.tag == "list":
            leaves = (words_of(item) for item in child.iter("item") if not item.findall("list"))
            found.extend(Item(said, {}) for said in leaves if said)
        elif child.tag == "paragraph":
            if said := words_of(child):
                found.append(Item(said, {}))
        elif child.tag not in ("caption", "br"):
            if list(child):
                _items(child, found)
            elif said := words_of(child):
                found.append(Item(said, {}))
        if tail := " ".join((child.tail or "").split()):
            found.append(Item(tail, {}))


def _rows(table: Element) -> list[Item]:
    heads: list[str] = []
    found: list[Item] = []
    for row in table.iter("tr"):
        cells = [cell for cell in row if cell.tag in ("td", "th")]
        said = [words_of(cell).replace("\n", ", ") for cell in cells]
        if cells and all(cell.tag == "th" for cell in cells) and not heads:
            heads = [_column(one) for one in said]
            continue
        named: dict[str, str] = {}
        for head, words in zip(heads, said, strict=False):
            if head and words:
                named.setdefault(head, words)
        joined = ", ".join(one for one in said if one)
        if joined:
            found.append(Item(joined, named))
    return found


def _column(heading: str) -> str:
    return next((_COLUMNS[word] for word in tokens(heading) if word in _COLUMNS), "")
