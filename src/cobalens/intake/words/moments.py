"""Dates and durations in words: "for 5 months", "since March 2024", "3/52", "two years ago", "in ten days"."""

from __future__ import annotations

import datetime as dt

from msgspec import Struct
from msgspec.structs import replace

from cobalens.intake import dates
from cobalens.intake.words.lexicon import CompiledLexicon
from cobalens.intake.words.tokens import MARKS, Token
from cobalens.model.record import UNDATED, Span

FAR_AHEAD = "2999-12-31"
"""Stands for the day of decision where there is none: dates of the calendar then have an order, though no place."""


class Moment(Struct, frozen=True, gc=False):
    """A time named in the text. ``role``: *for* a duration up to now, *at* a past point, *since*, *until*, *due*."""

    first: int
    last: int
    role: str
    span: Span
    ahead: Span = UNDATED
    """The same day a year on, where none was written and it has passed: a plan lies ahead."""

    @property
    def is_past(self) -> bool:
        """Whether its day has gone by, and was told with its year."""
        return self.role == "at" and (self.span.last or 0) < 0 and not self.ahead.known

    def of(self, time: str) -> Span:
        """When it is: a plan for a day without its year is for the next such day, and a plan is no time back ("14/12")."""
        if time == "planned" and self.role in ("", "for") and (self.span.last or 0) < 0:
            return UNDATED
        return self.ahead if time == "planned" and self.ahead.known else self.span


def moments(tokens: list[Token], lexicon: CompiledLexicon, as_of: str | None) -> list[Moment]:
    """Every time named, in order."""
    out: list[Moment] = []
    today = dt.date.fromisoformat(as_of[:10]) if as_of else None
    this_year = as_of != FAR_AHEAD
    i = 0
    timely = lexicon.timely
    while i < len(tokens):
        word = tokens[i].norm
        if word not in timely and not word[0].isdigit():
            i += 1
            continue
        found = (
            _duration(tokens, i, lexicon)
            or _calendar(tokens, i, lexicon, today, this_year)
            or _named(tokens, i, lexicon)
        )
        if found is None:
            i += 1
            continue
        if not (found.role == "" and _is_often(tokens, found, lexicon)):
            out.append(_with_role(tokens, found))
        i = found.last
    return out


def ends(
    moment: Moment, over: bool, kind: str, at: int, tokens: list[Token], lexicon: CompiledLexicon
) -> bool:
    """Whether the moment ends what stands at ``at``: "until 2019", "last dose 14 months ago"; a late dose lapses."""
    # "Off metformin since 2020", not "metformin since 2010, stopped 2020".
    ended = _word(tokens, moment.first - 1) in _NONE or bool(
        {_word(tokens, i) for i in range(at - 2, at)} & _ENDING
    )
    none_since = moment.role == "since" and ended
    if moment.role == "until" or (over and (moment.role != "since" or none_since)):
        return True
    before_it = {_word(tokens, i) for i in range(at - 2, at + 1)}
    single = bool(before_it & _SINGLE or _had(tokens, at)) and not before_it & _BEGUN
    if kind != "drug" or moment.role != "at":
        return False
    if moment.span.last is None:
        # A year that cannot be placed is a year gone by: "one injection in 2019" is over.
        years = (token.norm for token in tokens[moment.first : moment.last])
        return single and any(len(year) == 4 and _looks_like_year(year) for year in years)
    if moment.span.last < 0 and _word(tokens, moment.last) == "only":
        return True
    if moment.span.last >= -lexicon.lapsed_after:
        return False
    return single or _is_latest(moment, at, tokens, lexicon)


def begun_at(
    moment: Moment, time: str, kind: str, at: int, tokens: list[Token], lexicon: CompiledLexicon
) -> Span:
    """When what stands at ``at`` began: of a medicine whose latest dose is told ("every 2 months, *last 5 weeks ago*") some time before."""
    start = moment.of(time)
    # "Started *last month*" tells of no latest dose.
    named = _word(tokens, moment.first) in lexicon.latest and _word(tokens, moment.last - 1) != "ago"
    latest = kind == "drug" and moment.role == "at" and not named and _is_latest(moment, at, tokens, lexicon)
    return Span(None, start.last) if latest and start.last is not None else start


def _is_latest(moment: Moment, at: int, tokens: list[Token], lexicon: CompiledLexicon) -> bool:
    """Whether the moment is that of the latest dose of what stands at ``at``."""
    if lexicon.latest & {_word(tokens, i) for i in range(at - 2, at + 1)}:
        return True
    latest, before = lexicon.latest, moment.first
    while before > 0 and _word(tokens, before) not in latest and _word(tokens, before - 1) in lexicon.doses:
        before -= 1
    if _word(tokens, before) in latest or _word(tokens, before - 1) in latest:
        return True
    # "the last one was, I think, about 18 months ago"
    return any(
        _word(tokens, i) in latest and _word(tokens, i + 1) in lexicon.doses
        for i in range(moment.first - 2, max(at, moment.first - _FAR_BEFORE), -1)
    )


def _had(tokens: list[Token], at: int) -> bool:
    """Whether the clause before a medicine tells of a course that was had: "*received* six cycles of cisplatin"."""
    for i in range(at - 1, max(-1, at - _NEAR_BEFORE), -1):
        if tokens[i].norm in MARKS or tokens[i].norm in _PARTS:
            return False
        if tokens[i].norm in _HAD:
            return True
    return False


def lapsed(tokens: list[Token], when: list[Moment], lexicon: CompiledLexicon) -> Span | None:
    """When the last dose was, in a sentence that says only that, if it lies too far back for the course to go on."""
    if len(when) != 1 or when[0].role != "at" or when[0].span.last is None:
        return None
    words = [_word(tokens, i) for i in range(when[0].first)]
    long_ago = when[0].span.last < -lexicon.lapsed_after
    said = bool(words) and all(word in lexicon.latest | lexicon.doses for word in words)
    return when[0].span if long_ago and said and set(words) & lexicon.latest else None


_NONE = frozenset({"none", "nothing", "nil", "not", "abstinent", "sober", "teetotal", "dry", "clean", "off"})
"""Before *since* these make it the end: "balloons all summer, *none since* August"; below, before the medicine."""
_ENDING = frozenset({"off", "stopped", "without", "longer"})
_ALL = frozenset({"both", "all", "these"})
_ENDED = frozenset({"stopped", "discontinued", "ceased", "withdrawn", "finished", "stop"})
_BESIDE = frozenset(
    "were was are have has been since then now subsequently later of them those they medication medicine drug tablet and . , ;".split()
)


def all_ended(tokens: list[Token], when: list[Moment]) -> Span | None:
    """When all that was told before ended, in a sentence that says only that: "on metformin and omeprazole; *both stopped 2021*"."""
    timed = {i for moment in when for i in range(moment.first, moment.last)}
    norms = [token.norm for i, token in enumerate(tokens) if i not in timed]
    if not norms or norms[0] not in _ALL or not _ENDED.intersection(norms):
        return None
    if any(norm not in _ALL | _ENDED | _BESIDE for norm in norms):
        return None
    return when[0].span if len(when) == 1 and when[0].role in ("at", "since") else UNDATED


def is_day_of(tokens: list[Token], first: int, last: int, lexicon: CompiledLexicon) -> bool:
    """Whether the plan is of what stands before it, and its day follows: "mastectomy *planned for* the 14th"."""
    if not first or tokens[first - 1].norm in MARKS or tokens[last - 1].norm not in _BEFORE_A_DAY:
        return False
    while last < len(tokens) and tokens[last].norm in _OF_A_DAY:
        last += 1
    word = _word(tokens, last)
    return word[:1].isdigit() or word in lexicon.timely or word in lexicon.units


_BEFORE_A_DAY = frozenset({"for", "on", "in", "at"})
_OF_A_DAY = frozenset({"the", "early", "mid", "late", "next", "this"})


def _word(tokens: list[Token], i: int) -> str:
    return tokens[i].norm if 0 <= i < len(tokens) else ""


def _number(tokens: list[Token], i: int, lexicon: CompiledLexicon) -> tuple[float, float, int] | None:
    """A number or number word at ``i``: least, most, and the tokens used."""
    word = _word(tokens, i)
    if word.replace(".", "", 1).isdigit() and len(word) <= 5:
        low = float(word)
        if _word(tokens, i + 1) in ("to", "or", ":") and _word(tokens, i + 2).isdigit():
            return low, float(tokens[i + 2].norm), 3
        if _word(tokens, i + 1).isdigit() and len(_word(tokens, i + 1)) <= 2 and "-" in _between(tokens, i):
            return low, float(tokens[i + 1].norm), 2
        return low, low, 1
    pair = lexicon.numbers.get(f"{word} {_word(tokens, i + 1)}")
    if pair is not None:
        return (*pair, 2)
    pair = lexicon.numbers.get(word)
    return (*pair, 1) if pair is not None else None


def _between(tokens: list[Token], i: int) -> str:
    return "-" if tokens[i + 1].start - tokens[i].end == 1 else ""


def _days(low: float, high: float, unit: float) -> tuple[int, int]:
    return round(low * unit), round(high * unit)


def _duration(tokens: list[Token], i: int, lexicon: CompiledLexicon) -> Moment | None:
    """A number with a unit of time, ``3/52``, or a bare plural: *weeks of*."""
    word = _word(tokens, i)
    if "/" in word:
        parts = word.split("/")
        unit = {"7": 1.0, "52": 7.0, "12": 30.44}.get(parts[1]) if len(parts) == 2 else None
        if unit is None or not parts[0].isdigit() or int(parts[0]) > 104:
            return None
        days = round(int(parts[0]) * unit)
        return Moment(i, i + 1, "", Span(days, days))
    number = _number(tokens, i, lexicon)
    if number is None:
        unit = lexicon.units.get(word)
        if unit is not None and tokens[i].raw.lower().endswith("s") and _word(tokens, i + 1) in ("of", "ago"):
            return Moment(i, i + 1, "", Span(*_days(2, 9, unit)))
        return None
    low, high, used = number
    if _word(tokens, i + used) in ("or", "more", "further"):
        used += 1
    unit = lexicon.units.get(_word(tokens, i + used))
    if unit is None:
        return None
    first, last = _days(low, high, unit)
    end = i + used + 1
    if _word(tokens, end) == "old" or _word(tokens, end) == "y/o":
        return None
    return Moment(i, end, "", Span(first, last))


def _calendar(
    tokens: list[Token], i: int, lexicon: CompiledLexicon, today: dt.date | None, this_year: bool
) -> Moment | None:
    """A year, a month, a day on the calendar; without ``this_year`` only with their year."""
    word = _word(tokens, i)
    begin: dt.date | None = None
    finish: dt.date | None = None
    used = 1
    yearless = False
    if word.isdigit() and len(word) == 4 and 1900 <= int(word) <= 2100:
        if (i and _word(tokens, i - 1) in _AMOUNT_BEFORE) or _word(tokens, i + 1) in lexicon.dose_units:
            return None
        begin, finish = dt.date(int(word), 1, 1), dt.date(int(word), 12, 31)
    elif "-" in word and word[:4].isdigit():
        begin, finish = _iso(word)
    elif "/" in word:
        begin, finish = _slashed(word, lexicon.month_first, today)
    elif word in lexicon.months and (
        word != "may" or _looks_like_year(_word(tokens, i + 1)) or _word(tokens, i - 1) in _BEFORE_A_MONTH
    ):
        month = lexicon.months[word]
        year = _word(tokens, i + 1)
        if _looks_like_year(year):
            used = 2
            begin, finish = _month(int(year) if len(year) == 4 else 2000 + int(year), month)
        elif today is not None and this_year and word != "mar":
            yearless = True
            begin, finish = _month(today.year if month <= today.month else today.year - 1, month)
        elif word == "mar" or len(word) < 4:
            return None
    elif (
        word.rstrip("stndrh").isdigit()
        and int(word.rstrip("stndrh") or 0) <= 31
        and _word(tokens, i + 1) in lexicon.months
    ):
        year = _word(tokens, i + 2)
        if _looks_like_year(year):
            used = 3
            begin = _day(
                int(year) if len(year) == 4 else 2000 + int(year),
                lexicon.months[tokens[i + 1].norm],
                int(word.rstrip("stndrh")),
            )
            finish = begin
        else:
            used, yearless = 2, True
            month, day = lexicon.months[tokens[i + 1].norm], int(word.rstrip("stndrh"))
            begin = finish = dates.newest_day(today, month, day) if today and this_year else None
    else:
        return None
    if begin is None and used == 1 and word not in lexicon.months:
        return None
    if begin is None or finish is None or today is None:
        return Moment(i, i + used, "date", UNDATED)
    span, ahead = Span((begin - today).days, (finish - today).days), UNDATED
    if yearless and finish < today:
        next_begin, next_finish = _a_year_on(begin), _a_year_on(finish)
        ahead = Span((next_begin - today).days, (next_finish - today).days)
    return Moment(i, i + used, "date", span, ahead)


_BEFORE_A_MONTH = frozenset("in since until till early mid late last".split())
"""Before *may* these make it the month."""
_AMOUNT_BEFORE = frozenset({"b12", "ferritin", "platelet", ">", "<", "=", "level", "ldh"})


def _looks_like_year(word: str) -> bool:
    return word.isdigit() and ((len(word) == 4 and word[:2] in ("19", "20")) or len(word) == 2)


def _iso(word: str) -> tuple[dt.date | None, dt.date | None]:
    parts = word.split("-")
    if len(parts) == 2:
        return _month(int(parts[0]), int(parts[1]))
    one = _day(int(parts[0]), int(parts[1]), int(parts[2]))
    return one, one


def _slashed(word: str, month_first: bool, today: dt.date | None) -> tuple[dt.date | None, dt.date | None]:
    written = [p for p in word.split("/") if p.isdigit()]
    parts = [int(p) for p in written]
    if len(parts) == 3 and len(written[2]) == 2:
        parts[2] = dates.whole_year(parts[2], today)
    if len(parts) == 2 and 1 <= parts[0] <= 12 and 1900 <= parts[1] <= 2100:
        return _month(parts[1], parts[0])
    if len(parts) == 3 and parts[2] > 31:
        # Day first, unless that is no date or the document's other dates say otherwise.
        day_first, other = _day(parts[2], parts[1], parts[0]), _day(parts[2], parts[0], parts[1])
        one = other or day_first if month_first else day_first or other
        return one, one
    return None, None


def _a_year_on(day: dt.date) -> dt.date:
    """The same day of the next year; the last of February stays the last."""
    if (day + dt.timedelta(days=1)).day == 1:
        after = day + dt.timedelta(days=1)
        return after.replace(year=after.year + 1) - dt.timedelta(days=1)
    return day.replace(year=day.year + 1)


def _month(year: int, month: int) -> tuple[dt.date | None, dt.date | None]:
    begin = _day(year, month, 1)
    if begin is None:
        return None, None
    after = dt.date(year + month // 12, month % 12 + 1, 1)
    return begin, after - dt.timedelta(days=1)


def _day(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _named(tokens: list[Token], i: int, lexicon: CompiledLexicon) -> Moment | None:
    """*yesterday*, *last week*, *next month*, *recently*."""
    word = _word(tokens, i)
    if word == "yesterday":
        return Moment(i, i + 1, "at", Span(-1, -1))
    if word in ("today", "tonight"):
        return Moment(i, i + 1, "at", Span(0, 0))
    if word == "tomorrow":
        return Moment(i, i + 1, "due", Span(1, 1))
    if word in ("last", "past", "this", "next", "coming"):
        unit = lexicon.units.get(_word(tokens, i + 1))
        if unit is None:
            return _season(tokens, i)
        days = round(unit)
        if word in ("next", "coming"):
            return Moment(i, i + 2, "due", Span(1, 2 * days))
        if word == "this":
            return Moment(i, i + 2, "at", Span(-days, 0))
        return Moment(i, i + 2, "at", Span(-2 * days, -1))
    return None


_GONE_BY = frozenset(
    "restarted resumed started stopped began begun had was were developed became came went got gave given noticed died fell returned followed".split()
)
_SEASONS = frozenset("spring summer autumn fall winter christmas xmas easter".split())
"""On either half of the earth, so that no month is taken from them."""
_YEAR = 366


def _season(tokens: list[Token], i: int) -> Moment | None:
    """*last spring*, *this summer*, *next winter*."""
    if _word(tokens, i + 1) not in _SEASONS:
        return None
    word = tokens[i].norm
    if word in ("next", "coming"):
        return Moment(i, i + 2, "due", Span(1, 2 * _YEAR))
    return Moment(i, i + 2, "at", Span(-_YEAR, 0) if word == "this" else Span(-2 * _YEAR, -1))


def _ends_years(tokens: list[Token], i: int) -> bool:
    """Whether a dash and an earlier year stand before: "2010-2018", "Jan 2010 - March 2018"."""
    before = i - 2 if _word(tokens, i - 1) == ":" else i - 1
    dashed = before == i - 2 or (i > 0 and tokens[i].start - tokens[i - 1].end == 1)
    return dashed and len(_word(tokens, before)) == 4 and _looks_like_year(_word(tokens, before))


def _is_often(tokens: list[Token], time: Moment, lexicon: CompiledLexicon) -> bool:
    """Whether the time says how often: "every 3 months", "three times a day", "two tablets *a day*", "one injection *a month*"."""
    before = _word(tokens, time.first - 1)
    if before in _EVERY:
        return True
    if _word(tokens, time.first) not in ("a", "an") or time.last != time.first + 2:
        return False
    # "3 *x* a day", not "tingling *x* a year".
    often = before in _TIMES or (before == "x" and _word(tokens, time.first - 2).isdigit())
    if often or (before.isdigit() and len(before) <= _COUNT):
        return True
    if before in _SO_LONG or before in _VAGUE or _word(tokens, time.last) in _GONE_OR_TO_COME:
        return False
    if lexicon.units.get(_word(tokens, time.first + 1)) == 1:
        return True
    return any(_is_count(tokens, i, lexicon) for i in range(time.first - 1, time.first - 1 - _NEAR_COUNT, -1))


def _is_count(tokens: list[Token], i: int, lexicon: CompiledLexicon) -> bool:
    """Whether a small number stands there that is no amount: "*one* injection a month", not "1000 mcg"."""
    if i < 0 or tokens[i].norm in MARKS or (len(tokens[i].norm) > _COUNT and tokens[i].norm.isdigit()):
        return False
    return _number(tokens, i, lexicon) is not None and _word(tokens, i + 1) not in lexicon.dose_units


_NEAR_COUNT = 3
"""Words between how many and how often: "*two* Berocca tablets a week"."""
_SO_LONG = frozenset(
    {"for", "in", "within", "x", "of", "since", "after", "during", "until", "till", "half", "last", "been"}
)
_GONE_OR_TO_COME = frozenset(
    {
        "ago",
        "back",
        "previously",
        "earlier",
        "before",
        "later",
        "now",
        "after",
        "time",
        "history",
        "hx",
        "h/o",
        "old",
        "or",
    }
)
_COUNT = 3
"""Figures of how many there are a day: "*50* a day", not "in *2019* a year later"."""
_TIMES = frozenset({"once", "twice", "thrice", "time"})
_SINGLE, _BEGUN = (
    frozenset({"one", "1", "single", "once", "only"}),
    frozenset({"started", "began", "begun", "commenced"}),
)
_HAD = frozenset({"had", "took", "received", "given"})
"""Before a medicine and a time gone by these tell of a course that is over: "*had* B12 injections in 2015"."""
_NEAR_BEFORE = 7
_PARTS = frozenset({"and", "but", "now", "on", "still", "then"})
_FAR_BEFORE = 16
"""So many words may stand between "last one" and its time."""
_EVERY = frozenset({"every", "each", "per", "q"})
"""Before a time that says how often: "every 3 months"."""
_VAGUE = frozenset({"about", "around", "approximately", "approx", "nearly", "almost", "over", "the", "some", "at", "least",
                    "more", "than", "~", "past", "last", "c", "roughly", "just", "under", "only", "early", "late", "mid"})  # fmt: skip


def _with_role(tokens: list[Token], moment: Moment) -> Moment:
    """The moment with what the words around it make of it."""
    first = moment.first
    while first and _word(tokens, first - 1) in _VAGUE:
        first -= 1
    before, after = _word(tokens, first - 1), _word(tokens, moment.last)
    if moment.role == "date":
        if before in ("since", "from"):
            return replace(moment, first=first - 1, role="since")
        if before in ("until", "till", "to") or _ends_years(tokens, first):
            return replace(moment, first=first - (before in ("until", "till", "to")), role="until")
        return replace(moment, first=first - (before in ("in", "on", "during")), role="at")
    if moment.role:
        return replace(
            moment,
            first=first - (before in ("since", "until")),
            role="since" if before == "since" else moment.role,
        )
    low, high = moment.span.first or 0, moment.span.last or 0
    last = moment.last
    if after in ("ago", "back", "previously", "earlier", "before"):
        role = "since" if before == "since" else "until" if before in ("until", "till") else "at"
        return Moment(first - (role != "at"), last + 1, role, Span(-high, -low))
    if before == "within" and after in ("of", "after", "from"):
        # "within a month of the injections" says how long it took, not when.
        return Moment(first - 1, last, "", UNDATED)
    if before in ("in", "within") and _word(tokens, first - 2) not in ("been", "was", "were"):
        return Moment(first - 1, last, "due", Span(low, high))
    if _word(tokens, last) == "later" and _GONE_BY.intersection(
        t.norm for t in tokens[max(0, first - _FAR_BEFORE) : first]
    ):
        # "Restarted it a week *later*" counts from what was told before.
        return Moment(first, last + 1, "", UNDATED)
    if after == "time" or _word(tokens, last) == "later":
        return Moment(first, last + 1, "due", Span(low, high))
    if after in ("history", "hx", "h/o"):
        return Moment(first, last, "for", Span(-high, -low))
    return Moment(first - (before in ("for", "x", "of")), last, "for", Span(-high, -low))
