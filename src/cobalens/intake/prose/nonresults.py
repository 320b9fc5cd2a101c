"""Numbers behind the name of a test that are no result of it: what is normal, the number of the next point of a list, a dose."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from cobalens.intake.laboratory.testnames import AnalyteIndex
from cobalens.intake.patterns import pattern
from cobalens.intake.prose.textnames import Word
from cobalens.intake.prose.textvalues import Hit

_NORMALLY = pattern(
    r"(?P<before>^|[.,;:!?(\n]|\b(?:the|a|an|is|are|of|our|your|lab|laboratory|laboratory's|local)\s)?\s*"
    r"\b(?:(?:normal|usual|typical|healthy)\s+|(?=reference\s))(?P<range>(?:reference\s+(?:range|interval|limits?|values?)|range|ranges|interval|limits?|values?|levels?|reference)\s+)?"
    r"(?:(?:for|of|in|the|adult|adults|serum|plasma|total|vitamin|blood)\s+)*$",
)
_ENDS = pattern(
    r"[\s:=(]*(?:(?:is|are|was|were|lies|runs|in|range|ranges|level|levels|values?|of|from|between|should|be|usually|about|the|adults?)\b[\s:=(]*){0,6}"
    r"(?:(?:[<>≤≥]=?|(?:above|over|below|under|up to|at least|more than|less than|greater than)\b)\s*\d+(?:[.,]\d+)*"
    r"|\d+(?:[.,]\d+)*\s*(?:-|–|—|to\b|and\b)\s*\d+(?:[.,]\d+)*)"
    r"(?:\s*[^\W\d_]{1,6}/(?:10\*?\d\s*/?\s*)?[^\W\d_]{1,3}\b|\s*(?:fL|%))?\s*\)?",
)
_NUMBERED = pattern(r"(?:^|\s)(\d{1,2})[.)]\s*[^\d\n.;]{0,60}$")
_POINT = pattern(r"[.)](?=\s|$)")
_ROUTE = pattern(
    r"\b(?:i\.?m\.?|s\.?c\.?|i\.?v\.?|p\.?o\.?|subcut|intramuscular|subcutaneous|intravenous|sublingual|oral|injectable|parenteral|inj)\s+$",
)
_TAKES = pattern(
    r"\b(?:takes?|taking|took|injects?|injecting|injected|swallows?|swallowing|buys|bought|supplements?|methyl|sublingual)[\s:'\"(\u2018\u201c]+(?:vitamin\s+|methyl[\s-]?)?$"
)
_IF = pattern(
    r"\b(?:if|unless|until|once|as soon as|whenever|should|aim(?:ing)?(?: for)?|target|goal)[\s:]+(?:(?:the|a|an|his|her|your|their|repeat|next|serum|total|vitamin|level|levels|of|for|keep|is)\s+)*$"
)
_THEN_IF = pattern(
    r"\s(?:if|when|unless|where)\s+(?:it\s+is\s+|is\s+)?[<>≤≥]?\s*\d[\d.,]*(?:\s*[-–]\s*\d[\d.,]*)?",
    re.IGNORECASE,
)
_IN_GENERAL = pattern(
    r"(?:^|[.;:!?\n])\s*(?:an?|any|values?|levels?|concentrations?|results?|patients with)\s+(?:(?:of|for|in|an?|serum|plasma|total|vitamin)\s+)*$"
)
_COMPARED = pattern(
    r"\b(?:less|lower|below|under|above|over|greater|more|higher|exceeding|between)\b", re.IGNORECASE
)
_JUDGED = pattern(
    r"[^.;\n]{0,30}?\b(?:is|are|may|can|should|usually|generally|indicates?|suggests?|represents?|means?|defines?|considered|regarded)\b",
    re.IGNORECASE,
)
_PARTS = frozenset({",", ".", ";", "(", ")", "but"})
_OF = frozenset({":", "-", "of", "the", "abdomen", "abdominal"})
YEAR = pattern(r"(?:19|20)\d\d")
_BEFORE_YEAR = pattern(r"(?:\b(?:in|en|from|bloods|of|de)\s+|[(\[]\s*)(?:19|20)\d\d$", re.IGNORECASE)
_LAST = pattern(r"[ \t)]*(?:[.;]?[ \t]*(?:$|\n)|[.;](?P<more>\s))")
_LONGEST = 80


def limits_at(text: str, begin: int, start: int, stop: int, end: int) -> int:
    """Where it ends that a name in a sentence is called normal between two numbers; nothing where it is a result.

    "Normal B12 is 200-900", "the normal range for ferritin: 30 to 300".
    """
    said = _NORMALLY.search(text[max(begin, start - _LONGEST) : start].lower())
    if said is None or (said["before"] is None and not said["range"]):
        return 0
    found = _ENDS.match(text, stop, end)
    return found.end() if found else 0


def is_limit(words: Sequence[Word], at: int, verdict: str | None) -> bool:
    """Whether a number behind a verdict opens a range, or stands alone behind a verdict that no result needs.

    "normal 200-900" and "low 200 high 900" are limits; "low 132", "low 132 ng/L" and "positive 1:320" are results.
    """
    while at + 2 < len(words) and words[at + 1].text in ".," and words[at + 2].text.isdigit():
        at += 2
    after = [word.text for word in words[at + 1 : at + 4]] + ["", "", ""]
    if verdict not in _SIDES:
        return after[0] != ":" and (not after[0][:1].isalpha() or after[0] == "to")
    word, number = after[1:3] if after[0] in (",", ";") else after[:2]
    return number[:1].isdigit() and (word in _SIDES or word in _UP_TO)


def is_announced(text: str, begin: int, at: int, hit: Hit) -> bool:
    """Whether a number without a unit is what the word before it announces: "low at 132"; behind a comma only where it ends what is said.

    ``begin`` and ``at``: from behind the word to the number.
    """
    number = hit.fields["value"]
    if YEAR.fullmatch(number) or "," not in text[begin:at]:
        return not YEAR.fullmatch(number)
    last = _LAST.match(text, hit.end) if "\n" not in text[begin : hit.end] else None
    # A single digit before a full stop may be the next point of a list.
    return last is not None and (not last["more"] or len(number) > 1)


def is_eaten(words: Sequence[Word], stop: int) -> bool:
    """Whether what is eaten is called low, not what was measured: "low B12 *intake*", "low vitamin B12 in the *diet*"."""
    after = [word.text for word in words[stop + 1 : stop + 5]]
    while after and after[0] in _IN:
        after.pop(0)
    return bool(after) and after[0] in _EATEN


_IN = frozenset({"in", "the", "his", "her", "my", "their", "a"})
_EATEN = frozenset(
    "intake intakes diet diets dietary food foods foodstuffs meals consumption content".split()
)
_OF_ALL = pattern(
    r"\s*(?:(?:suggests?|indicates?|means?|confirms?|defines?|excludes?|is (?:consistent with|diagnostic|suggestive|deficient|indeterminate|equivocal|low|normal)|are |=|:)\s*[a-z]"
    r"|(?:is |are )?(?:indeterminate|borderline|equivocal)\b|is (?:considered|regarded|classed|an?|the|in the)\b)",
    re.IGNORECASE,
)


OF_WHOM = "whether that is so of this person"


def speaks_of_all(hit: Hit, after: str) -> bool:
    """Whether a result below or above a number is judged in general: "B12 below a number *suggests deficiency*", "low B12 *can be caused by* metformin". Beside a result of the person's own it is none."""
    if "value" not in hit.fields:
        return _CAUSED.match(after) is not None
    bounds = "comparator" in hit.fields or _INTERVAL.fullmatch(hit.fields["value"]) is not None
    return bounds and _OF_ALL.match(after) is not None


_CAUSED = pattern(
    r"\s*(?:(?:can|may) (?:be caused by|be due to|result from|occur|be seen)|is (?:often|usually|commonly) caused by)\b",
    re.IGNORECASE,
)
"""What is said of low levels at large: "low B12 *can be caused by* metformin"."""


_INTERVAL = pattern(r"\d+(?:[.,]\d+)*\s*(?:-|–|to)\s*\d+(?:[.,]\d+)*")
_BAND = pattern(
    r"(?<![\w.])\d+(?:[.,]\d+)*\s*(?:[^\W\d_]{1,6}/[^\W\d_]{1,3}\s*)?(?:-|–|to|and)\s*\d+(?:[.,]\d+)*\s*(?:[^\W\d_]{1,6}/[^\W\d_]{1,3})?"
    r"\s*(?:[:=(]|is|are|may be|suggests?|indicates?)?\s*(?:(?:considered|regarded as|classed as|taken as|called|an?|the|in the)\s+)*"
    r"(?:possible|probable|indeterminate|borderline|equivocal|insufficient|gr[ea]y(?:[ -](?:zone|area))?|deficiency possible|subclinical)\b",
    re.IGNORECASE,
)


def prints_bands(text: str) -> bool:
    """Whether the text says what is to be made of numbers between two limits, as laboratories do: "180-350 ng/L *indeterminate*"."""
    return _BAND.search(text) is not None


_SIDES = frozenset({"low", "high", "upper", "borderline"})
_UP_TO = frozenset({"-", "–", "to"})


def is_picture(words: Sequence[Word], first: int, index: AnalyteIndex) -> bool:
    """Whether a picture of the organ is meant, not its blood tests: "MRI liver normal", "ultrasound: liver clear"."""
    at = first - 1
    while at >= 0 and words[at].text in _OF:
        at -= 1
    if at >= 0 and words[at].text in index.words.pictures:
        return True
    # "Liver normal on CT".
    behind = [word.text for word in words[first + 1 : first + 8]]
    cut = next((i for i, said in enumerate(behind) if said in _PARTS), len(behind))
    return any(
        said in ("on", "by", "at") and after in index.words.pictures for said, after in pairwise(behind[:cut])
    )


_CHANGE = pattern(
    r"\b(?:by|dropped|fell|fallen|rose|risen|gained|lost|up|down)\s+(?:(?:of|about|around|some|nearly|almost|only|just|another|a further)\s+)*$",
    re.IGNORECASE,
)
"""What a number behind it tells is by how much something moved: "Hb *fell* 20 g/L", "dropped *by* 3 g/dL"."""


def is_change(text: str, name_end: int, number_start: int) -> bool:
    return _CHANGE.search(text, name_end, number_start) is not None


def is_none(text: str, hit: Hit, name_start: int) -> bool:
    """Whether a number is one in general ("A folate concentration of less than 3 is considered low"), or whether a bare number is the next of a numbered list ("1. Folate 2. IM B12"), or follows a drug ("IM B12 2")."""
    fields = hit.fields
    if (
        fields.keys() <= {"analyte", "value"}
        and YEAR.fullmatch(fields.get("value", ""))
        and _BEFORE_YEAR.search(text, name_start, hit.end)
    ):
        return True
    before = text[max(0, name_start - _LONGEST) : name_start].lower()
    if ("comparator" in fields or _COMPARED.search(text, name_start, hit.end)) and _IF.search(before):
        # "Treat if B12 is below a number" tells what to do, not what was found.
        return True
    if _THEN_IF.search(text, name_start, hit.end):
        return True
    if _IN_GENERAL.search(before) and _COMPARED.search(text, name_start, hit.end):
        return _JUDGED.match(text, hit.end) is not None
    if fields.keys() - {"analyte", "value"} or "value" not in fields:
        return False
    if _ROUTE.search(before) or _TAKES.search(before):
        return True
    numbered = _NUMBERED.search(before)
    follows = numbered is not None and fields["value"] == str(int(numbered[1]) + 1)
    return follows and _POINT.match(text, hit.end) is not None


_WORD_BEFORE = pattern(r"(\w+)\W{0,3}$")
_IN_BEHIND = pattern(r"\s*(?:\(\s*|in (?:the |a |spot )?)(\w+)")
_AMONG = pattern(r"\b([^\W\d_]+)\b")


def specimen_beside(before: str, result: str, after: str, index: AnalyteIndex) -> str:
    """What else than blood a result is from, where that stands beside it or in it: "*urine* MMA 8", "raised *urinary* MMA", "MMA 12 *in urine*"."""
    said = [
        _WORD_BEFORE.search(before[-40:]),
        *_AMONG.finditer(result),
        _IN_BEHIND.match(after),
    ]
    words = (found[1].lower() for found in said if found)
    return next((word for word in words if word in index.words.other_specimens), "")
