"""An older letter copied into a note: what stands below "Letter dated 12/3/2019:" or "Previous letter:" is of then, and not of today.

With a day it is read as a note of that day. Without one its results are earlier ones, and what may have changed since,
a medicine, a complaint, a habit, is left in doubt.
"""

from __future__ import annotations

import re

from msgspec import Struct
from msgspec.structs import replace

from cobalens.intake.patterns import pattern
from cobalens.intake.prose.series import EARLIER, NOW
from cobalens.intake.words.lexicon import CompiledLexicon
from cobalens.intake.words.moments import moments
from cobalens.intake.words.tokens import tokenise
from cobalens.model.record import UNDATED, Event, Lab, Span

_FROM = (
    r"(?:(?:out-?patient|clinic|hospital|discharge|admission|gp|referral|consultant|oncology|haematology|neurology|surgical|medical"
    r"|gastro(?:enterology)?|progress|nursing|nurse|ward|telephone|follow-?up)(?:'s)?\s{1,3}){0,3}"
)
_OLD = r"(?:previous|prior|old(?:er)?|earlier|past|historic(?:al)?|last)"
_PAPER = r"(?:letter|summary|correspondence|e-?mail|entry|note|review|visit|consultation|clinic)s?"
_DAY = (
    r"(?:\d{1,2}(?:st|nd|rd|th)?\s{1,3})?(?:[a-z]{3,9}\.?,?\s{1,3})?(?:19|20)\d\d|\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d\d)"
    r"|\d{1,2}/(?:19|20)\d\d|(?:19|20)\d\d-\d\d(?:-\d\d)?"
)
_BEGINS = r"(?:(?<![^\n])|(?<=[.;!]\s))[ \t]{0,12}[-=_*~>]{0,10}[ \t]{0,12}[(\[]?"
_HEAD = pattern(
    rf"{_BEGINS}(?:(?:copy|extract|copied|pasted|taken|quoted?)\s{{1,3}}(?:of|from)\s{{1,3}}|from\s{{1,3}})?(?:(?:the|her|his|my|a|an)\s{{1,3}})?"
    rf"(?P<old>{_OLD}\s{{1,3}})?{_FROM}{_PAPER}(?:\s{{1,3}}(?:is\s{{1,3}})?(?:copied|pasted|quoted|reproduced|included))?(?:\s{{1,3}}(?:below|here))?"
    rf"[\s,(\[]{{0,4}}(?:(?:dated|of|from|on)\s{{1,3}})?(?P<day>{_DAY})?[)\]]?\s{{0,3}}(?::|[-–—](?=\s)|(?<=\d)\.(?=\s)|[-=_*~]{{0,60}}\n)",
    re.IGNORECASE,
)
_FORWARDED = pattern(
    r"(?<![-=_*~>])[-=_*~>]{2,60}[ \t]{0,12}(?:begin\s{1,3})?(?P<old>forwarded|original)(?:\s{1,3}(?:message|e-?mail|letter))?(?P<day>)[ \t:]{0,4}[-=_*~<]{0,60}[ \t]{0,12}\n"
    r"|(?<![^\n])[ \t]{0,12}(?P<begun>begin forwarded message:|fwd?:)[^\n]*\n",
    re.IGNORECASE,
)
_SENT = pattern(
    rf"[^\n]{{0,60}}\b(?:sent|date|on)\s{{0,3}}:?\s{{1,3}}(?:[a-z]{{3,9}},?\s{{1,3}})?(?P<day>{_DAY})",
    re.IGNORECASE,
)
"""The day among the first lines of a message that was passed on."""
_TODAY = pattern(
    r"(?:(?<![^\n])|(?<=[.;!]\s))[ \t]{0,12}(?:today|now|currently|seen today|update|on review today|at review today|review today|in clinic today|this visit|at present)\b"
    r"|(?<![^\n])[ \t]{0,12}(?:[-=_*~]{3,80}[ \t]{0,12}(?:\n|$)|[-=_*~ ]{0,60}end of (?:letter|summary|(?:forwarded |original )?(?:message|e-?mail)))",
    re.IGNORECASE,
)
_NAMED = tuple(
    "letter summary forward original correspondence mail entry fw note review visit consultation clinic".split()
)
"""A text with none of these holds no other."""
_RECENT = -60
"""A letter that begins the text and is not older than so many days is the note itself."""
_LASTING = frozenset({"condition", "procedure", "allergy", "person"})
_WORD = pattern(r"\w{2}")


class Copied(Struct, frozen=True):
    """What is left of a note, and the older letters that stood in it, each with its time, where that is told."""

    rest: str
    letters: tuple[tuple[str, Span, str], ...] = ()
    """The words, when they were written, and what heads them."""


def copied_in(text: str, lexicon: CompiledLexicon, day: str | None) -> Copied:
    """The note taken apart; nothing is taken out of nearly every text."""
    lowered = text.lower()
    if not any(word in lowered for word in _NAMED):
        return Copied(text)
    found = [(one, how is _FORWARDED) for how in (_HEAD, _FORWARDED) for one in how.finditer(text)]
    found.sort(key=lambda one: one[0].start())
    letters: list[tuple[str, Span, str]] = []
    kept: list[str] = []
    place = 0
    for at, (one, passed_on) in enumerate(found):
        if one.start() < place:
            continue
        told = one.groupdict()
        when = _when(told.get("day") or "", lexicon, day)
        begins = one.end()
        if passed_on and (sent := _SENT.match(text, begins)) is None:
            sent = _SENT.match(text, text.find("\n", begins) + 1) if "\n" in text[begins:] else None
        elif not passed_on:
            sent = None
        if sent is not None:
            when, begins = _when(sent["day"], lexicon, day), text.find("\n", sent.end()) % (len(text) + 1)
        ahead = text[place : one.start()]
        end = _end(text, begins, found[at + 1][0].start() if at + 1 < len(found) else len(text))
        alone = not kept and not _WORD.search(ahead) and not _WORD.search(text, end)
        old = passed_on or told.get("old") or when.known
        if not old or (when.last or -1) >= 0 or not _WORD.search(text[begins:end]):
            continue
        if alone and (not when.known or (when.last or 0) >= _RECENT):
            continue
        letters.append((text[begins:end].strip(), when, " ".join(one[0].split()).strip(" -=_*~>:([")))
        kept.append(ahead)
        place = end
    if not letters:
        return Copied(text)
    return Copied("\n".join((*kept, text[place:])).strip(), tuple(letters))


def _end(text: str, begins: int, upto: int) -> int:
    """Where the letter ends: with its line where it begins in that of its heading, else where the note comes back to today."""
    line = text.find("\n", begins)
    inline = (
        _WORD.search(text[begins : line if line >= 0 else len(text)]) is not None and text[begins - 1] != "\n"
    )
    stop = min(upto, line) if inline and line >= 0 else upto
    today = _TODAY.search(text, begins, stop)
    return today.start() if today else stop


def _when(said: str, lexicon: CompiledLexicon, day: str | None) -> Span:
    if not said or day is None:
        return UNDATED
    found = moments(tokenise(said, lexicon.spelling), lexicon, day)
    return next((one.span for one in found if one.span.known), UNDATED)


def now_beside(labs: tuple[Lab, ...], then: tuple[Lab, ...]) -> tuple[Lab, ...]:
    """The undated result of a test is where things stand, beside one that stands in an older letter."""
    older = {one.analyte for one in then if one.when.known}
    return tuple(
        replace(one, when=NOW)
        if one.analyte in older
        and not one.when.known
        and sum(other.analyte == one.analyte for other in labs) == 1
        else one
        for one in labs
    )


def earlier(
    labs: tuple[Lab, ...], events: tuple[Event, ...], lexicon: CompiledLexicon
) -> tuple[tuple[Lab, ...], tuple[Event, ...]]:
    """What a letter of no known day says, as it holds today."""
    then = tuple(one if one.when.known and one.when.last != 0 else replace(one, when=EARLIER) for one in labs)
    return then, tuple(_then(one, lexicon) for one in events)


def _then(event: Event, lexicon: CompiledLexicon) -> Event:
    dated = event.start.known or event.stop.known
    if event.family or event.time == "past" or lexicon.kinds.get(event.concept) in _LASTING:
        return event if dated or event.time != "current" else replace(event, start=EARLIER)
    return replace(event, doubt=True, time="current" if event.time == "planned" else event.time)
