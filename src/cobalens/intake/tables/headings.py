"""What stands in each column: by the words of its heading, by the mapping file where one is given."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from cobalens.intake.laboratory.reportwords import plain_name
from cobalens.intake.laboratory.testnames import AnalyteIndex, find, tokens
from cobalens.intake.laboratory.units import parse
from cobalens.intake.tables.cells import Cell, date_text, is_date, text_of
from cobalens.model.ruleset import Ruleset

TEST, CODE, CODED, VALUE, DATED, ANALYTE, UNKNOWN, NOTHING = (
    "test",
    "code",
    "coded",
    "value",
    "dated",
    "analyte",
    "unknown",
    "nothing",
)
PARTS = frozenset(
    {
        "value",
        "unit",
        "range",
        "low",
        "high",
        "flag",
        "date",
        "time",
        "day",
        "comparator",
        "status",
        "method",
        "comment",
        "qualitative",
    }
)
"""What may be said of one result, each in a column of its own."""
SECTIONS = frozenset(
    "symptoms conditions medications planned_treatment supplements diet procedures goal function ethnicity imaging biopsies "
    "examination allergies family_history exposures note".split()
)
"""Columns of words: each is a list of a case file."""
PERSON = frozenset({"id", "name", "age", "sex", "birth_date", "died", "pregnant", "breastfeeding"})
DEEPEST = 30
"""Rows among which the headings are looked for."""
LONGEST_HEADING = 80

_BRACKETS = re.compile(r"[(\[{]([^()\[\]{}]*(?:\([^()]*\)[^()\[\]{}]*)?)[)\]}]")
_DATE_IN = re.compile(
    r"\b(\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[/.\-]\d{1,2}[/.\-](?:\d{4}|\d{2})|\d{1,2}[ \-][A-Za-z]{3,9}[ \-]\d{2,4}|[A-Za-z]{3,9} \d{1,2},? \d{4}|\d{4}-\d{2}|[A-Za-z]{3,9} \d{4})\b"
)
_CLOCK = re.compile(r"\b(?:[01]?\d|2[0-3]):?[0-5]\d(?::[0-5]\d)?(?: ?[AaPp][Mm])?\s*$")
_RESULT_IN_WORDS = re.compile(r"\w\s*[:=]\s*[<>]?\s*\d+(?:[.,]\d+)?\s*[A-Za-zµμ%]+/")
"""A line of words such as "B12: 145 pg/mL" is no heading."""
_NUMBER = re.compile(r"[<>]?\s*\d+(?:[.,]\d+)*(?:\s*[A-Za-zµμ%]+/\s*[A-Za-z]+)?")
"""A result, with its unit or without; what holds one is no heading."""
_LIKE_A_NUMBER = re.compile(r"(?=\S*\d)\S+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])")


class Column(Struct, frozen=True, cache_hash=True):
    at: int
    heading: str
    role: str
    """``test`` ``value`` … · ``analyte``: a result of the test named · ``dated``: results of one day · ``coded`` ``nothing`` ``unknown``."""
    name: str = ""
    """For ``analyte``: the test. For a list of words: the list. For ``coded``: the terminology of its codes."""
    part: str = ""
    """For ``analyte``: which part of the result stands here."""
    unit: str = ""
    date: str = ""
    limits: str = ""
    """The reference range, where a line below the headings gives it for the whole column."""
    occasion: str = ""
    """At which of several samplings."""


@lru_cache(maxsize=4_096)
def _of(columns: tuple[Column, ...], roles: tuple[str, ...]) -> tuple[Column, ...]:
    return tuple(one for one in columns if one.role in roles)


class Header(Struct, frozen=True, cache_hash=True):
    """The headings and where they end."""

    columns: tuple[Column, ...]
    first: int
    below: int
    """Index of the first row that is no heading."""
    section: str = ""
    """The list to which every row belongs, where the name of the file or sheet says it."""
    status: str = ""
    """What that name says of whether it goes on."""

    def of(self, *roles: str) -> tuple[Column, ...]:
        return _of(self.columns, roles)

    @property
    def long(self) -> bool:
        return bool(self.of(TEST, CODE)) and bool(self.of(VALUE, "qualitative", DATED))

    @property
    def wide(self) -> bool:
        return any(one.role == ANALYTE for one in self.columns)

    @property
    def events(self) -> bool:
        """One event a row: its day, its kind and words."""
        return all(map(self.of, ("date", "kind", "note"))) and not self.long and not self.wide

    @property
    def who(self) -> bool:
        """No more than who each person is."""
        return bool(self.of("id")) and bool(self.of("age", "sex", "birth_date"))

    @property
    def people(self) -> bool:
        """Words about people, without results."""
        return (
            bool(self.section or self.of(*SECTIONS))
            and len([one for one in self.columns if one.role not in (UNKNOWN, NOTHING)]) > 1
        )


class Words(Struct, frozen=True):
    """The words of ``lexicon/tables.toml``, ready to look up."""

    roles: Mapping[str, str]
    beside_results: Mapping[str, str]
    unsaid: frozenset[str]
    yes: frozenset[str]
    no: frozenset[str]
    alive: frozenset[str]
    totals: frozenset[str]
    units_line: frozenset[str]
    ranges_line: frozenset[str]
    lists: Mapping[str, str]
    around: tuple[str, ...]
    dates: frozenset[str]
    later_dates: frozenset[str]
    person: frozenset[str]
    sign: frozenset[str]
    extra: frozenset[str]
    coded: Mapping[str, str]
    systems: frozenset[str]
    first_and_last: tuple[str, ...]
    files: Mapping[str, tuple[str, ...]]
    file_says: Mapping[str, frozenset[str]]
    signs: Mapping[str, str]
    occasions: frozenset[str]
    counted: frozenset[str]
    no_answer: frozenset[str]
    nulls: frozenset[str]
    terms: frozenset[str]
    labels: tuple[str, ...]
    shortened: Mapping[str, str]


def words_for(ruleset: Ruleset) -> Words:
    tree: Mapping[str, Any] = ruleset.lexicon.get("tables", {})
    return Words(
        roles={word: role for role, words in tree.get("heading", {}).items() for word in words},
        beside_results={
            word: role for role, words in tree.get("beside_results", {}).items() for word in words
        },
        unsaid=frozenset(tree.get("unsaid", {}).get("words", ())),
        yes=frozenset(tree.get("yes", {}).get("words", ())),
        no=frozenset(tree.get("no", {}).get("words", ())),
        alive=frozenset(tree.get("no", {}).get("alive", ())),
        totals=frozenset(tree.get("totals", {}).get("words", ())),
        units_line=frozenset(tree.get("units_line", {}).get("units", ())),
        ranges_line=frozenset(tree.get("units_line", {}).get("ranges", ())),
        lists={word: name for name, words in tree.get("lists", {}).items() for word in words},
        around=tuple(tree.get("around", {}).get("begins", ())),
        dates=frozenset(tree.get("around", {}).get("dates", ())),
        later_dates=frozenset(tree.get("around", {}).get("later_dates", ())),
        person=frozenset(tree.get("told_apart", {}).get("person", ())),
        sign=frozenset(tree.get("told_apart", {}).get("sign", ())),
        extra=frozenset(tree.get("told_apart", {}).get("extra", ())),
        coded={
            word: system
            for system, words in tree.get("coded", {}).items()
            for word in words
            if system != "systems"
        },
        systems=frozenset(tree.get("coded", {}).get("systems", ())),
        first_and_last=tuple(tree.get("first_and_last", {}).get("names", ())),
        files={name: tuple(words) for name, words in tree.get("files", {}).items()},
        signs={word: sign for sign, words in tree.get("comparators", {}).items() for word in words},
        occasions=frozenset(tree.get("occasions", {}).get("words", ())),
        counted=frozenset(tree.get("occasions", {}).get("counted", ())),
        no_answer=frozenset(tree.get("unsaid", {}).get("codes", ())),
        nulls=frozenset(tree.get("unsaid", {}).get("nulls", ())),
        terms=frozenset(tree.get("terms", {}).get("words", ())),
        labels=tuple(tree.get("dictionary", {}).get("labels", ())),
        shortened=tree.get("shortened", {}),
        file_says={name: frozenset(words) for name, words in tree.get("file_says", {}).items()},
    )


def tidy(text: str) -> str:
    """A heading in lower case, without punctuation."""
    return " ".join(tokens(_CAMEL.sub(" ", text).replace("_", " ")))


# --- One heading --------------------------------------------------------------------------------------------------


def column_of(text: str, at: int, words: Words, index: AnalyteIndex, order: str | None = None) -> Column:
    """What a heading says: a role, a test with its unit and date, a date alone, or nothing that is known."""
    whole = " ".join(text.split())
    if not whole or len(whole) > LONGEST_HEADING:
        return Column(at, whole[:LONGEST_HEADING], NOTHING if not whole else UNKNOWN)
    if role := _role(whole, words):
        return Column(at, whole, role, role if role in SECTIONS else "")
    if system := words.coded.get(tidy(whole)):
        return Column(at, whole, CODED, system)
    if analyte := index.loinc.get(whole):
        return Column(at, whole, ANALYTE, analyte, "value")
    if is_date(whole):
        return Column(at, whole, DATED, date=date_text(whole, order))
    date, rest = "", whole
    if (found := _DATE_IN.search(whole)) and is_date(found[1]):
        date, rest = (
            date_text(found[1], order),
            _CLOCK.sub("", f"{whole[: found.start()]} {whole[found.end() :]}").strip(" -–:,/()"),
        )
    if date and (_role(rest, words) in ("value", "date") or not tokens(rest)):
        return Column(at, whole, DATED, date=date)
    unit, rest = unit_in(rest, words, index)
    if unit and (role := _role(rest, words)):
        # "Result (pg/mL)": the unit of every result below; "Age (years)": no matter.
        return Column(
            at,
            whole,
            role,
            role if role in SECTIONS else "",
            unit=unit if role in ("value", "low", "high", "range") else "",
        )
    name, part = _test_in(rest, words, index)
    if name:
        return Column(at, whole, ANALYTE, name, part, unit, date)
    return Column(at, whole, UNKNOWN)


def _role(text: str, words: Words) -> str:
    plain = _BRACKETS.sub(" ", text)
    for one in (text, plain):
        said = tidy(one)
        # As databases shorten it: "collected dt", "result dttm".
        short = next((one for one in words.shortened if said.endswith(f" {one}")), "")
        for form in (said, said.removesuffix(short) + words.shortened.get(short, "")):
            if form in words.roles:
                return words.roles[form]
        if tells_people_apart(said, words):
            return "id"
    return ""


def says_who(text: str, words: Words) -> bool:
    """Whether a heading is that of numbers of people."""
    return _role(text, words) == "id"


def tells_people_apart(said: str, words: Words) -> bool:
    """ "Patient ref", "client code": people who are not told apart would be read as one."""
    parts = set(said.split())
    return (
        bool(parts & words.person and parts & words.sign) and parts <= words.person | words.sign | words.extra
    )


def unit_in(text: str, words: Words, index: AnalyteIndex) -> tuple[str, str]:
    """The unit in brackets, after a comma or at the end, and the heading without it."""
    known = index.words.units
    for found in reversed(list(_BRACKETS.finditer(text))):
        inner = found[1].strip()
        if inner != "1" and (
            _is_unit(inner, known)
            or (inner == inner.upper() and len(inner) == 1 and parse(inner, known) is not None)
        ):
            return inner, f"{text[: found.start()]} {text[found.end() :]}".strip()
    if not _BRACKETS.search(text) and text.endswith((")", "]")):
        return "", text
    pieces = text.replace(",", " ").split()
    for count in (3, 2, 1):
        if len(pieces) > count:
            tail = " ".join(pieces[-count:])
            if _is_unit(tail, known) and tidy(tail) not in words.roles:
                return tail, " ".join(pieces[:-count])
    pieces = re.split(r"[_\s]+", text)
    for count in (3, 2):
        if len(pieces) > count:
            tail = "/".join(pieces[-count:])
            if _is_unit(tail, known):
                return tail, " ".join(pieces[:-count])
    if (
        len(pieces) > 1
        and len(pieces[-1]) > 1
        and _is_unit(pieces[-1], known)
        and tidy(pieces[-1]) not in words.roles
    ):
        return pieces[-1], " ".join(pieces[:-1])
    return "", text


def _is_unit(text: str, words: Mapping[str, str]) -> bool:
    """A unit as it stands beside a name: with a slash, a percent sign, or letters that are nothing else."""
    if len(text) > 24 or text.isdigit() or not text:
        return False
    found = parse(text, words)
    return (
        found is not None
        and ("/" in text or "%" in text or "per" in text or not (text.isalpha() and len(text) == 1))
        and text.lower() not in ("s", "h", "l", "d", "h/l")
    )


def _test_in(text: str, words: Words, index: AnalyteIndex) -> tuple[str, str]:
    """The test that a heading names, and the part of the result: "B12 unit", "ref low B12"."""
    spaced = " ".join(_CAMEL.sub(" ", text).replace("_", " ").replace("|", " ").split())
    if not any(char.isalpha() for char in spaced):
        return "", ""
    if find(spaced, index):
        return spaced, "value"
    short = plain_name(spaced)
    if short and find(short, index):
        return short, "value"
    pieces = spaced.split()
    for count in range(min(3, len(pieces) - 1), 0, -1):
        for role_words, rest in ((pieces[-count:], pieces[:-count]), (pieces[:count], pieces[count:])):
            role = _role(" ".join(role_words), words)
            name = " ".join(rest)
            if role in PARTS and not find(name, index) and rest[0].lower() in ("of", "for"):
                name = " ".join(rest[1:])
            if role in PARTS and name and find(name, index):
                return name, role
    return "", ""


# --- The headings of a table --------------------------------------------------------------------------------------


def header_of(
    rows: Sequence[Sequence[Cell]], words: Words, index: AnalyteIndex, given: Mapping[str, Column] | None = None,
    fixed: int | None = None, order: str | None = None, beside: bool = False,
    more: Callable[[Header], Header] | None = None,
) -> Header | None:  # fmt: skip
    """The row, or the two rows, that name the columns best; ``None`` where none names enough of them.

    ``beside``: columns that say no more than who each person is are enough. ``more`` adds what headings
    that are not known as a whole say, and the name of the file.
    """
    best: tuple[int, Header] | None = None
    places = [fixed] if fixed is not None else range(min(DEEPEST, len(rows)))
    for place in places:
        if place >= len(rows):
            continue
        upper = [_heading(cell, index, order) for cell in rows[place]]
        if sum(bool(one) for one in upper) == 0 or (fixed is None and _holds_numbers(rows[place])):
            continue
        candidates = [(upper, place + 1)]
        if place + 1 < len(rows) and not _holds_numbers(rows[place + 1]):
            lower = [_heading(cell, index, order) for cell in rows[place + 1]]
            candidates.append((_two_rows(upper, lower), place + 2))
        for texts, below in candidates:
            columns = tuple(
                _given(column_of(text, at, words, index, order), given) for at, text in enumerate(texts)
            )
            header = _with_names(_with_words(_with_tests(Header(columns, place, below), words)), words)
            header = _with_numbers(header, rows[below : below + DEEPEST], words)
            header = _with_codes(more(header) if more else header)
            score = _score(header, fixed is not None or (beside and place == 0 and header.who))
            if score and (best is None or score > best[0]):
                best = (score, header)
    return best[1] if best else None


def _heading(cell: Cell, index: AnalyteIndex, order: str | None) -> str:
    """The words of a heading; a code of a test may look like a month of a year."""
    text = text_of(cell)
    return date_text(cell, order) if is_date(cell) and text not in index.loinc else text


def _with_tests(header: Header, words: Words) -> Header:
    """Beside results of which no column says the test, `name` or `label` does; whose they are a number says."""
    if header.wide or header.of(TEST) or not header.of(VALUE, "qualitative"):
        return header
    for one in header.columns:
        role = words.beside_results.get(tidy(one.heading))
        if role and (one.role != "name" or header.of("id") or not header.of(CODE)):
            columns = list(header.columns)
            columns[one.at] = replace(one, role=role, name="")
            return replace(header, columns=tuple(columns))
    return header


def _with_words(header: Header) -> Header:
    """Beside days and kinds, and without results, a description is that of an event, not the name of a test."""
    if header.long or header.wide or not (header.of("date") and header.of("kind")) or header.of(*SECTIONS):
        return header
    columns = (replace(one, role="note", name="note") if one.role == TEST else one for one in header.columns)
    return replace(header, columns=tuple(columns))


def _with_names(header: Header, words: Words) -> Header:
    """First and last names, where both stand in the table."""
    said = {tidy(one.heading) for one in header.columns}
    if not said.issuperset(words.first_and_last[:2] or ("",)):
        return header
    names = set(words.first_and_last)
    columns = (
        replace(one, role="name") if one.role == UNKNOWN and tidy(one.heading) in names else one
        for one in header.columns
    )
    return replace(header, columns=tuple(columns))


def _with_numbers(header: Header, rows: Sequence[Sequence[Cell]], words: Words) -> Header:
    """A column called after people, such as `patient`, holds their numbers where each cell looks like one."""
    named = header.of("name")
    if len(named) != 1 or header.of("id") or tidy(named[0].heading) not in words.person:
        return header
    at = named[0].at
    held = [text for row in rows if at < len(row) and (text := text_of(row[at]))]
    if not held or not all(_LIKE_A_NUMBER.fullmatch(text) for text in held):
        return header
    columns = list(header.columns)
    columns[at] = replace(named[0], role="id", name="")
    return replace(header, columns=tuple(columns))


def _with_codes(header: Header) -> Header:
    """Beside results a code of a diagnosis may be why the test was asked for: it is listed, not read."""
    if not header.long or header.section or not header.of(CODED):
        return header
    columns = (replace(one, role=UNKNOWN, name="") if one.role == CODED else one for one in header.columns)
    return replace(header, columns=tuple(columns))


def _holds_numbers(row: Sequence[Cell]) -> bool:
    return any(
        not isinstance(cell, str | bool) and cell is not None and not is_date(cell) for cell in row
    ) or any(
        isinstance(cell, str) and (_NUMBER.fullmatch(cell.strip()) or _RESULT_IN_WORDS.search(cell))
        for cell in row
    )


def _two_rows(upper: list[str], lower: list[str]) -> list[str]:
    """Headings over two rows; a merged cell above stands over each column that it spans."""
    width = max(len(upper), len(lower))
    upper, lower = upper + [""] * (width - len(upper)), lower + [""] * (width - len(lower))
    made, over = [], ""
    for above, under in zip(upper, lower, strict=True):
        over = above or (over if under else "")
        made.append(f"{over} {under}".strip())
    return made


def _given(column: Column, given: Mapping[str, Column] | None) -> Column:
    named = (given or {}).get(tidy(column.heading)) if given else None
    return replace(named, at=column.at, heading=column.heading) if named else column


def _score(header: Header, forced: bool) -> int:
    """How many columns are named; none when they make no table of results or of people."""
    if not (header.long or header.wide or header.people) and not forced:
        return 0
    known = sum(one.role not in (UNKNOWN, NOTHING) for one in header.columns)
    unknown = sum(one.role == UNKNOWN for one in header.columns)
    if known < 2 and not (header.wide and known):
        return 0
    units = sum(bool(one.unit) for one in header.columns)
    return max(1, 10 * known - 4 * unknown + 5 * header.long + units)


def recognised_in(rows: Sequence[Sequence[Cell]], words: Words, index: AnalyteIndex) -> tuple[list[str], int]:
    """For the refusal: what was recognised in the row that names most, and how many columns it has. No cell is repeated."""
    best: list[str] = []
    width = 0
    for row in rows[:DEEPEST]:
        columns = [column_of(text_of(cell), at, words, index) for at, cell in enumerate(row)]
        named = sorted({one.role for one in columns if one.role not in (UNKNOWN, NOTHING, DATED)})
        if len(named) > len(best) or not width:
            best, width = named, len(row)
    return best, width
