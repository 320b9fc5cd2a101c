"""Forms with boxes: a ticked one says what stands beside it, an empty one ("[ ] metformin", "Vegan Y/N") says nothing.

What stands beside an empty box is blanked, so that nobody reads it as said of the person, and listed.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from cobalens.intake.patterns import pattern

_EMPTY = r"\[[ \u00a0_]{0,4}\]|\([ \u00a0]{1,4}\)|[\u2610\u25a1\u25a2\u274f\u2751]"
_TICKED = r"\[\s?[xXvV\u2713\u2714\u2717\u221a*]\s?\]|\([xX\u2713\u2714]\)|[\u2611\u2612\u2713\u2714]"
_BOX = pattern(rf"(?P<empty>{_EMPTY})|(?P<ticked>{_TICKED})")
_TICK = pattern(_TICKED)
_WORD_FIRST = pattern(
    rf"\b(?P<one>yes|no)\b\s*(?P<first>{_EMPTY}|{_TICKED})\s*+[/,]?\s*+\b(?P<two>yes|no)\b\s*(?P<second>{_EMPTY}|{_TICKED})",
    re.IGNORECASE,
)
_BOX_FIRST = pattern(
    rf"(?P<first>{_EMPTY}|{_TICKED})\s*(?P<one>yes|no)\b\s*+[/,]?\s*+(?P<second>{_EMPTY}|{_TICKED})\s*(?P<two>yes|no)\b",
    re.IGNORECASE,
)
"""A yes and a no with a box each, behind or before it."""
_CHOICE = pattern(
    r"(?:[(\[]\s*)?\b(?:Y\s?/\s?N|yes\s?/\s?no)\b\s*[)\]]?(?P<answer>\s*+[:=?\u2013-]?\s*+(?:y|yes|n|no)\b(?!\s?/))?",
    re.IGNORECASE,
)
_CROSS = "[\u2717\u2718\u274c\u2716]\ufe0f?"
_MARKED = pattern(rf"(?P<no>{_CROSS})|(?P<yes>[\u2713\u2714\u2705\u2611]\ufe0f?)")
_CROSSED, _CHECKED = pattern(rf"(?<!\[){_CROSS}"), pattern(r"[\u2713\u2714\u2705\u2611]")
"""A bare cross, and a tick, by whose side the cross is a no."""
_ROUND = pattern(r"[\u25cb\u25ef\u25cf\u25c9]")
_SAID = {"\u2295": " +ve ", "\u2296": " -ve ", "\u2795": " +ve ", "\u2796": " -ve "}
"""Marks that stand for *positive* and *negative*."""
_SIGNS = pattern("[" + "".join(_SAID) + "]")
_PARTS = pattern(r"[,;|\t\n]|\.(?=\s)| {2,}")
_ANSWER = frozenset({"yes", "no", "y", "n", "unknown", "n/a"})


NOT_TICKED = "a tick in its box, or a yes or a no"


class Unboxed(NamedTuple):
    """The text, and what stood beside an empty box."""

    text: str
    left: tuple[str, ...]


def unboxed(text: str) -> Unboxed:
    """Nothing is looked for where neither a box nor a choice stands."""
    left: list[str] = []
    if _SIGNS.search(text):
        text = _SIGNS.sub(lambda sign: _SAID[sign[0]], text)
    if _ROUND.search(text):
        text = "\n".join(_rounds(line) for line in text.split("\n"))
    if _CROSSED.search(text):
        told = _CHECKED.search(text) is not None
        text = "\n".join(_marks(line) if told else _CROSSED.sub("\u2610", line) for line in text.split("\n"))
    if _BOX.search(text):
        for answered in (_WORD_FIRST, _BOX_FIRST):
            text = _answers(text, answered, left)
        lines = text.split("\n")
        text = "\n".join(_line(line, left) if _BOX.search(line) else line for line in lines)
    if "/" in text and _CHOICE.search(text):
        text = _choices(text, left)
    return Unboxed(text, tuple(dict.fromkeys(left)))


def _rounds(line: str) -> str:
    """Round buttons are boxes where one is full and another is not; else they only head the points of a list."""
    full, empty = "\u25cf\u25c9", "\u25cb\u25ef"
    if not (set(full) & set(line) and set(empty) & set(line)):
        return line
    return _ROUND.sub(lambda mark: "\u2611" if mark[0] in full else "\u2610", line)


def _marks(line: str) -> str:
    """Ticks and crosses of a line as the answers yes and no to what stands before each, or behind each where one opens the line."""
    marks = list(_MARKED.finditer(line))
    if not any(mark["no"] for mark in marks):
        return line
    parts: list[str] = []
    opens = not line[: marks[0].start()].strip(" \u2022*-")
    for place, mark in enumerate(marks):
        before = marks[place - 1].end() if place else 0
        after = marks[place + 1].start() if place + 1 < len(marks) else len(line)
        words = line[mark.end() : after] if opens else line[before : mark.start()]
        said = words.strip(" \t,;:|")
        parts.append(f"{said}: {'no' if mark['no'] else 'yes'}" if said else "")
    rest = "" if opens else line[marks[-1].end() :]
    return "; ".join(filter(None, (*parts, rest.strip())))


def _answers(text: str, answered: re.Pattern[str], left: list[str]) -> str:
    """A yes and a no of which one is ticked as that answer; with none or both the question goes and is listed."""
    out, done = "", 0
    for found in answered.finditer(text):
        before = text[done : found.start()]
        begin = max((m.end() for m in _PARTS.finditer(before)), default=0)
        while begin and not before[begin:].strip(" :?."):
            # The spaces between the question and its answers part nothing.
            begin = max((m.end() for m in _PARTS.finditer(before[: begin - 1].rstrip())), default=0)
        ticked = [
            found[word]
            for word, box in (("one", "first"), ("two", "second"))
            if _TICK.fullmatch(found[box]) is not None
        ]
        label = before[begin:].strip(" :?.")
        if len(ticked) == 1:
            out += f"{before.rstrip(' :?')}: {ticked[0]} "
        else:
            out += before[:begin]
            left += [label] if label else []
        done = found.end()
    return out + text[done:]


def _line(line: str, left: list[str]) -> str:
    """One line of a form; a box belongs to what follows it, unless the line begins with words and ends with a box."""
    boxes = list(_BOX.finditer(line))
    head = line[: boxes[0].start()].strip()
    if head.lower() in _ANSWER:
        # "No ( ) yes (x) numbness": which answer is meant is for people to say.
        left.append(line.strip())
        return " " * len(line)
    first = bool(head) and head[-1] not in ":?" and not line[boxes[-1].end() :].strip(" .;,")
    out, ticked = list(line), False
    answers: list[bool] = []
    for place, box in enumerate(boxes):
        after = boxes[place + 1].start() if place + 1 < len(boxes) else len(line)
        before = boxes[place - 1].end() if place else 0
        begin, end = (before, box.start()) if first else (box.end(), after)
        said = line[begin:end].strip(" .;,|")
        out[box.start() : box.end()] = " " * (box.end() - box.start())
        answers.append(bool(box["ticked"]))
        if box["ticked"]:
            if ticked:
                out[begin if not first else before] = ";"
            ticked = True
            continue
        out[begin:end] = " " * (end - begin)
        if said and said.lower() not in _ANSWER:
            left.append(said)
    if head.endswith((":", "?")) and not any(answers):
        # "Metformin: [ ] yes [ ] no": nobody answered.
        out[: boxes[0].start()] = " " * boxes[0].start()
        left.append(head.rstrip(" :?"))
    return "".join(out)


def _choices(text: str, left: list[str]) -> str:
    out = list(text)
    for choice in _CHOICE.finditer(text):
        if choice["answer"]:
            out[choice.start() : choice.start("answer")] = " " * (choice.start("answer") - choice.start())
            continue
        begin = max((m.end() for m in _PARTS.finditer(text, 0, choice.start())), default=0)
        label = "".join(out[begin : choice.start()]).strip(" :?.([-")
        out[begin : choice.end()] = " " * (choice.end() - begin)
        if label:
            left.append(label)
    return "".join(out)
