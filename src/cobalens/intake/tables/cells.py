"""Numbers and dates as a whole column writes them: one column's other cells say what a doubtful one means."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache

from msgspec import Struct

from cobalens.intake.dates import DateError, parse_date

Cell = str | Decimal | dt.date | bool | None
"""A date with a time of day is a ``datetime``, which is a date too."""

POINT, COMMA = ".", ","
DAY_FIRST, MONTH_FIRST = "day first", "month first"

_POINTED = re.compile(
    r"(?<![\d.,/-])(?:\d+\.(?:\d{1,2}|\d{4,})|\d{1,3}(?:,\d{3})+\.\d+|0\.\d+|\d{1,3}(?:,\d{3}){2,})(?![\d.,/-])"
)
_COMMAED = re.compile(
    r"(?<![\d.,/-])(?:\d+,(?:\d{1,2}|\d{4,})|\d{1,3}(?:\.\d{3})+,\d+|0,\d+|\d{1,3}(?:\.\d{3}){2,})(?![\d.,/-])"
)
_IN_COMMAS = re.compile(r"(?<![\d.,])(\d{1,3}(?:\.\d{3})+|\d+)(?:,(\d+))?(?![\d.,])")
_IN_POINTS = re.compile(r"(?<![\d.,])(\d{1,3}(?:,\d{3})+)(\.\d+)?(?![\d.,])")
_NUMERIC_DATE = re.compile(
    r"(\d{1,2})([/.\-])(\d{1,2})\2(\d{4}|\d{2})(?:[T ,]+(\d{1,2}:\d{2})(?::\d{2})?\s*([ap]\.?m\.?)?.*)?",
    re.IGNORECASE,
)
_WORDED_SHORT = re.compile(r"(\d{1,2})[ \-/.]([a-z]{3,9})[ \-/.,]+'?(\d{2})", re.IGNORECASE)
_TRAILING_TIME = re.compile(
    r"(.*?\d{4})[ ,T]+(\d{1,2}:\d{2})(?::\d{2}(?:\.\d+)?)?\s*([ap]\.?m\.?)?(?:\s*[A-Z]{2,5})?", re.IGNORECASE
)
_WRITTEN = re.compile(r"\d{4}-\d{2}(?:-\d{2}(?:[T ]\d[\d:.,+\-]*(?: ?[A-Za-z.]{1,5})?)?)?")
"""A month or a day as ISO 8601 writes it, with a time of day and nothing else behind it."""
_SERIAL = re.compile(r"(\d{5})(?:\.\d+)?")
_EPOCH = dt.date(1899, 12, 30)
FIRST_SERIAL, LAST_SERIAL = 14_000, 80_000
"""Spreadsheet dates from 1938 to 2119; a smaller or larger number is none."""
MIDDAY = 12


def text_of(cell: Cell) -> str:
    """The words of a cell; a whole number carries no ``.0``."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if not (cell.hour or cell.minute) else cell.isoformat(" ", "minutes")
    return cell.isoformat() if isinstance(cell, dt.date) else str(cell)


# --- Numbers ------------------------------------------------------------------------------------------------------


class Mark(Struct):
    """Which mark stands before decimals in the cells that were looked at."""

    pointed: bool = False
    commaed: bool = False

    def look(self, cells: Iterable[str]) -> Mark:
        pointed, commaed = self.pointed, self.commaed
        for text in cells:
            pointed = pointed or ("." in text and _POINTED.search(text) is not None) or _groups(text, ",")
            commaed = commaed or ("," in text and _COMMAED.search(text) is not None) or _groups(text, ".")
        self.pointed, self.commaed = pointed, commaed
        return self

    @property
    def shown(self) -> str | None:
        """``None`` where no cell shows it, or both are shown."""
        return None if self.pointed == self.commaed else POINT if self.pointed else COMMA


def mark_of(cells: Iterable[str]) -> str | None:
    """Which mark stands before decimals in these cells; ``None`` where none of them shows it, or both are shown."""
    return Mark().look(cells).shown


def _groups(text: str, mark: str) -> bool:
    return (
        text.count(mark) > 1
        and re.search(rf"(?<![\d.,/-])\d{{1,3}}(?:\{mark}\d{{3}}){{2,}}(?![\d.,/-])", text) is not None
    )


def plain(text: str, mark: str | None) -> str:
    """The text with its numbers written with a point and without marks for thousands, where the column says which is which."""
    if mark == COMMA and ("," in text or "." in text):
        return _IN_COMMAS.sub(lambda m: m[1].replace(".", "") + (f".{m[2]}" if m[2] else ""), text)
    if mark == POINT and "," in text:
        return _IN_POINTS.sub(lambda m: m[1].replace(",", "") + (m[2] or ""), text)
    return text


# --- Dates --------------------------------------------------------------------------------------------------------


class Order(Struct):
    """Whether day or month comes first in the dates that were looked at."""

    day: bool = False
    month: bool = False

    def look(self, cells: Iterable[str]) -> Order:
        for text in cells:
            if found := _NUMERIC_DATE.fullmatch(text.strip()):
                first, second = int(found[1]), int(found[3])
                self.day = self.day or (first > 12 >= second) or found[2] == "."
                self.month = self.month or second > 12 >= first
        return self

    @property
    def shown(self) -> str | None:
        """``None`` where no cell shows it, or cells contradict each other."""
        return None if self.day == self.month else DAY_FIRST if self.day else MONTH_FIRST


def order_of(cells: Iterable[str], as_of: str | None = None) -> str | None:
    """Whether day or month comes first; ``None`` where no cell shows it, or cells contradict each other.

    ``as_of``: the day on which everything has been printed, so that no order stands by which a day lies behind it.
    """
    cells = list(cells)
    shown = Order().look(cells).shown
    if shown is not None or as_of is None:
        return shown
    ahead = {
        order: any(
            date_text(text, order)[:10] > as_of for text in cells if _NUMERIC_DATE.fullmatch(text.strip())
        )
        for order in (DAY_FIRST, MONTH_FIRST)
    }
    possible = [order for order, late in ahead.items() if not late]
    return possible[0] if len(possible) == 1 else None


def date_text(cell: Cell, order: str | None = None, born: bool = False) -> str:
    """An ISO date, with its time of day where there is one; a text that is not understood stays as it is.

    ``born``: a year of two digits may lie in either century and is left alone.
    """
    if isinstance(cell, dt.datetime):
        return cell.isoformat("T", "minutes") if cell.hour or cell.minute else cell.date().isoformat()
    if isinstance(cell, dt.date):
        return cell.isoformat()
    if isinstance(cell, bool) or cell is None:
        return ""
    return _date_in(str(cell), order, born)


@lru_cache(maxsize=32_768)
def _date_in(cell: str, order: str | None, born: bool) -> str:
    text = " ".join(cell.split())
    if _SERIAL.fullmatch(text) and FIRST_SERIAL <= int(text[:5]) <= LAST_SERIAL:
        return (_EPOCH + dt.timedelta(days=int(text[:5]))).isoformat()
    if numeric := _NUMERIC_DATE.fullmatch(text):
        return _numeric(numeric, order, born) or text
    if (short := _WORDED_SHORT.fullmatch(text)) and not born:
        text = f"{short[1]} {short[2]} 20{short[3]}"
    clock = ""
    if timed := _TRAILING_TIME.fullmatch(text):
        text, clock = timed[1], _clock(timed[2], timed[3])
    try:
        first, last, time = parse_date(text)
    except DateError:
        return " ".join(cell.split())
    clock = clock or time
    if first != last:
        return f"{first:%Y-%m}" if first.month == last.month else f"{first:%Y}"
    return f"{first.isoformat()}T{clock}" if clock else first.isoformat()


_SHORT_YEAR = re.compile(r"(\d{1,2}([/.\-])\d{1,2}\2|\d{1,2}[ \-/.][A-Za-z]{3,9}[ \-/.,]+'?)(\d{2})")
OLDEST = 120
CENTURY = 100


def born_whole(text: str, upto: dt.date) -> str | None:
    """A birth date with all digits of its year; nothing where two digits may be of two centuries.

    ``upto``: a day on which the person was alive.
    """
    found = _SHORT_YEAR.fullmatch(" ".join(text.split()))
    if found is None:
        return text
    newest = upto.year // CENTURY * CENTURY + int(found[3])
    years = [one for one in (newest, newest - CENTURY) if 0 <= upto.year - one <= OLDEST]
    return f"{found[1]}{years[0]}" if len(years) == 1 else None


def _numeric(found: re.Match[str], order: str | None, born: bool) -> str:
    first, second, year = int(found[1]), int(found[3]), found[4]
    if len(year) == 2:
        if born:
            return ""
        year = f"20{year}"
    if first != second and first <= 12 and second <= 12:
        order = order or (DAY_FIRST if found[2] == "." else None)
        if order is None:
            return ""
        day_first = order == DAY_FIRST
    else:
        day_first = first > 12 or first == second
    day, month = (first, second) if day_first else (second, first)
    try:
        made = dt.date(int(year), month, day).isoformat()
    except ValueError:
        return ""
    return f"{made}T{_clock(found[5], found[6])}" if found[5] else made


def _clock(text: str, half: str | None) -> str:
    hour, minute = (int(part) for part in text.split(":")[:2])
    if half and half[0].lower() == "p" and hour < MIDDAY:
        hour += MIDDAY
    if half and half[0].lower() == "a" and hour == MIDDAY:
        hour = 0
    return f"{hour:02}:{minute:02}"


_DAY = r"(\d{4}-\d{1,2}(?:-\d{1,2})?|\d{1,2}[/.]\d{1,2}[/.]\d{4})(?![\d/.-]*\d)"
_TIMES = (
    (
        "start_date",
        re.compile(
            rf"[,(\s]*\b(?:since|from|started|start|begun|commenced)(?: on)?:?\s+{_DAY}\)?", re.IGNORECASE
        ),
    ),
    (
        "stop_date",
        re.compile(
            rf"[,(\s]*\b(?:to|until|till|stopped|stop|ended|end|discontinued)(?: on)?:?\s+{_DAY}\)?",
            re.IGNORECASE,
        ),
    ),
    ("date", re.compile(rf"[,(\s]*\bon\s+{_DAY}\)?", re.IGNORECASE)),
)


def timed(text: str, order: str | None) -> tuple[str, dict[str, str]]:
    """An item of a list without the calendar dates in it, and those dates: "metformin since 2024-05-01"."""
    dates: dict[str, str] = {}
    for key, pattern in _TIMES:
        if (found := pattern.search(text)) and is_date(day := date_text(found[1], order)):
            dates[key] = day
            text = f"{text[: found.start()]}{text[found.end() :]}".strip(" ,")
    return text, dates


def is_date(cell: Cell) -> bool:
    """Whether a heading or a cell is a day of the calendar and nothing else; a bare year or number is not."""
    if isinstance(cell, dt.date):
        return True
    if (
        not isinstance(cell, str)
        or not 6 <= len(cell.strip()) <= 40
        or not any(char.isdigit() for char in cell)
    ):
        return False
    text = cell.strip()
    if text.isdigit() or _NUMERIC_DATE.fullmatch(text):
        return not text.isdigit() or (len(text) == 8 and text[:2] in ("19", "20") and date_text(text) != text)
    return date_text(text) != text or _WRITTEN.fullmatch(text) is not None
