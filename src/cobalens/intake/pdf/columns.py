"""Two columns side by side on a page: where each stands alone, the left is read first and then the right.

A table has columns too; there the right side says nothing without the names at the left, and it is left as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from msgspec import Struct

from cobalens.intake.casefile import tools_for
from cobalens.intake.laboratory.testnames import find
from cobalens.intake.pasted.blocks import cells_of, heading_of, is_row, labels_of
from cobalens.intake.pasted.results import result_of
from cobalens.intake.tables.headings import words_for
from cobalens.model.ruleset import Ruleset

GUTTER = 3
"""Blanks between two columns."""
LEAST = 2
"""Lines that must stand side by side; of words, one more."""
MOST_PLACES = 8
"""Places on a page where a right column may begin."""
PROSE = 3
"""Words of a line that is part of a sentence."""


class _Side(Struct, frozen=True):
    """Lines of one side by what they are."""

    strong: int
    words: int
    other: int

    @property
    def alone(self) -> bool:
        return 3 * self.other <= self.strong + self.words + self.other


def in_reading_order(lines: Sequence[str], ruleset: Ruleset) -> list[str]:
    """The lines of one page, with columns that stand side by side one after the other."""
    known: dict[str, str] = {}

    def kind(text: str) -> str:
        if text not in known:
            known[text] = _kind(text, ruleset)
        return known[text]

    best: tuple[int, int, int, int] | None = None
    for start in _starts(lines):
        for first, last in _blocks(lines, start):
            width = _beside(lines[first:last], start, kind)
            if width and (best is None or width > best[0]):
                best = width, first, last, start
    if best is None:
        return list(lines)
    _, first, last, start = best
    block = lines[first:last]
    return [
        *in_reading_order(lines[:first], ruleset),
        *in_reading_order([line[:start].rstrip() for line in block], ruleset),
        "",
        *in_reading_order([" " * start + line[start:] if line[start:].strip() else "" for line in block], ruleset),
        *in_reading_order(lines[last:], ruleset),
    ]  # fmt: skip


def _starts(lines: Sequence[str]) -> list[int]:
    """Where cells begin one below another, with blanks before them."""
    found: Counter[int] = Counter()
    for line in lines:
        for cell in cells_of(line.replace("\t", " ").replace("|", " "))[1:]:
            if line[cell.start - GUTTER : cell.start].isspace() and cell.start >= GUTTER:
                found[cell.start] += 1
    often = [place for place, count in found.most_common(MOST_PLACES) if count >= LEAST]
    return sorted(often)


def _blocks(lines: Sequence[str], start: int) -> list[tuple[int, int]]:
    """Runs of lines that leave the gutter before a place blank."""
    runs: list[tuple[int, int]] = []
    begin = 0
    for at in range(len(lines) + 1):
        clear = at < len(lines) and not lines[at][start - GUTTER : start].strip()
        if not clear:
            if at - begin >= LEAST:
                runs.append((begin, at))
            begin = at + 1
    return runs


def _beside(block: Sequence[str], start: int, kind: Callable[[str], str]) -> int:
    """How many lines stand side by side, where each side says something by itself."""
    pairs = [
        (line[:start].strip(), line[start:].strip())
        for line in block
        if line[:start].strip() and line[start:].strip()
    ]
    if len(pairs) < LEAST:
        return 0
    left, right = (_side([kind(text) for text in side]) for side in zip(*pairs, strict=True))
    if not (left.alone and right.alone):
        return 0
    results = left.strong >= 1 and right.strong >= LEAST
    prose = left.words >= LEAST + 1 and 2 * left.words >= len(pairs) and right.words + right.strong > LEAST
    return len(pairs) if results or prose else 0


def _side(kinds: Sequence[str]) -> _Side:
    counts = Counter(kinds)
    return _Side(counts["strong"], counts["words"], counts[""])


def _kind(text: str, ruleset: Ruleset) -> str:
    """``strong``: headings, or a result with its name; ``words``: part of a sentence; ``label``; nothing for a mere cell."""
    index, words = tools_for(ruleset).analytes, words_for(ruleset)
    if heading_of(text, words, index, None) and not text[:1].isdigit():
        return "heading"
    if result_of(text, words, index, None, None) or _names_a_result(text, ruleset):
        return "strong"
    if labels_of(text):
        return "label"
    said = [one for one in text.split() if sum(char.isalpha() for char in one) > 1]
    return "words" if len(said) >= PROSE and len(cells_of(text)) == 1 else ""


def _names_a_result(text: str, ruleset: Ruleset) -> bool:
    index = tools_for(ruleset).analytes
    cells = cells_of(text)
    return is_row(cells, index) and bool(find(cells[0].text, index))
