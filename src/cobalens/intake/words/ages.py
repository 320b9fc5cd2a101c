"""The age and the sex of the person, in the words of a note."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from cobalens.intake import dates
from cobalens.intake.patterns import pattern

_AGE_IN_TEXT = pattern(
    r"(?<![\w.])(\d{1,3})[ -]?(?:year|yr)s?[ -]?old\b|\baged (\d{1,3})\b(?! ?(?:months|weeks|days))|(?<![\w.])(\d{1,3})[ -]?(?:y/o\b|yo\b|y\.o\.)"
    r"|\b(?:boy|girl|man|woman|lady|gentleman|male|female|teenager|mujer|varón|hombre|niña|niño)(?:,| of|:| \() ?(\d{1,3})(?=[,;)]|\.(?!\d)| (?:with|who|on|and|from|has|is)\b|$)"
    r"|(?:^|\n)\s*(?:male|female) (\d{2})(?![\d.])(?! ?(?:months?|weeks?|days?|%|kg|cm))"
    r"|\b(?:mujer|varón|hombre|paciente|señora|señor|niña|niño|hija|hijo|tengo|de edad)(?: de|,)? (\d{1,3}) (?:años|a)\b|\b(\d{1,3}) años de edad\b"
)
_AGE_AT_START = pattern(
    r"(?:^|[\s,.])(?:i am|i['\u2019]m|age:?) (\d{1,3})\b(?! ?(?:months?|weeks?|days?|%|kg|cm|mg|units|stone))"
)
_AGE_SEX = pattern(
    r"(?:(?:^|[.\n,;(]\s+|(?<!\d)[.\n,;(]|\b(?:an?|this|is|pt|patient|re:?|for)\s+)(?P<age>\d{1,3})\s?-?\s?(?:(?:y/?o|yrs?|years?|y)\.?\s?-?(?:old)?\s?)?[,/]?\s?"
    r"(?P<sex>[MF]|(?<=[yo/])[mf])(?![\w/]|\.\d)|(?:^|\n)\s*(?P<sex2>[MF])\s?[/,:]?\s?(?P<age2>\d{1,3})(?![\w.])"
    r"|(?:(?<=[A-Za-z]:)\s*|(?<=\d:)\s+)(?P<age3>\d{2})\s?(?:(?:y/?o|yrs?|years? old)\s)?(?P<sex3>[MF])(?=[\s,.;])"
    r"|\b[Aa]ge:?\s?(?P<age4>\d{1,3})[,;/]?\s+(?:(?:[Ss]ex|[Gg]ender):?\s?)?(?P<sex4>[MF])\b(?![/.]\w)"
    r"|\b(?:[Aa]ge|AGE) ?/ ?(?:[Ss]ex|SEX|[Gg]ender)\s*:?\s*(?P<age6>\d{1,3})\s*(?:y|yrs?|years?)?\s*/\s*(?P<sex6>[MF])(?:ale|emale)?\b"
    r"|(?:^|[.\n;]\s*)(?:[Pp]t|[Pp]atient|[Rr]e)\s?:\s?(?P<sex5>[MF])\s?[/,]?\s?(?P<age5>\d{2})(?![\w.]))"
)
WHO = 160
"""Characters at the beginning of a note in which "67F" is its patient."""
LAST = 30
_AT_THE_END = pattern(
    r"(?:[.\n;]\s*|,\s+)(?:(?P<age>\d{2})\s?(?:y/?o|yrs?|years?|y)?\s?(?P<sex>[MF])|(?P<sex2>[MF])\s?(?P<age2>\d{2}))\s*\.?\s*$"
)


_TITLED = pattern(
    r"\b(?P<title>Mr|Mrs|Ms|Miss)\.? (?:[A-Z][\w.'\u2019-]*,? ){1,3}?(?:\(|is |aged )?(?P<age>\d{2})(?: ?-?(?:years?|yrs?|y/?o)(?:[ -]?old)?)?(?=[).,;:\n]|$)"
)
"""A title, a name and an age: "Mr K Osei, 55.". A title alone may be that of a surgeon."""


_BORN = pattern(
    r"\b(?:DOB|D\.O\.B\.?|[Dd]ate of [Bb]irth|[Ff]echa de [Nn]acimiento|[Bb]orn(?: on)?|[Nn]acid[oa] el)\s*[:\-]?\s*"
    r"(\d{1,4}[/.\-](?:\d{1,2}|[A-Za-z]{3,9})[/.\-]\d{2,4}|\d{1,2} [A-Za-z]{3,9} \d{4}|[A-Za-z]{3,9} \d{1,2},? \d{4})"
)
"""The day of birth, as the head of a letter has it."""


def age_of_birth(notes: list[str], day: dt.date | None) -> Decimal | None:
    """The completed years that the only day of birth in some notes makes; the younger where it may be read in two ways."""
    written = {found[1] for text in notes for found in _BORN.finditer(text)}
    if day is None or len(written) != 1:
        return None
    try:
        first, last = dates.born_between(written.pop())
    except dates.DateError:
        return None
    return Decimal(dates.age_on(first, min(last, day), day)[0]) if first <= day else None


def who_is(notes: list[str]) -> tuple[int | None, str | None]:
    """Age and sex as notes give them: "67F", "a 62-year-old woman", "aged 70"."""
    for text in notes:
        if match := _AGE_SEX.search(text[:WHO]):
            n = next(one for one in ("", "2", "3", "4", "5", "6") if match[f"age{one}"])
            return int(match[f"age{n}"]), "male" if match[f"sex{n}"].lower() == "m" else "female"
    for text in notes:
        # Who writes in a hurry may say it last: "... Pt happy. 63F".
        if match := _AT_THE_END.search(text[-LAST:]):
            age, sex = match["age"] or match["age2"], match["sex"] or match["sex2"]
            return int(age), "male" if sex == "M" else "female"
    for text in notes:
        if match := _TITLED.search(text[:WHO]):
            return int(match["age"]), "male" if match["title"] == "Mr" else "female"
    low = [text.lower() for text in notes]
    for text in low:
        if match := _AGE_IN_TEXT.match(text.lstrip()) or _AGE_AT_START.search(text[:WHO]):
            return int(next(part for part in match.groups() if part)), None
    ages = {int(next(part for part in found if part)) for text in low for found in _AGE_IN_TEXT.findall(text)}
    return (ages.pop(), None) if len(ages) == 1 else (None, None)
