"""Pasted results and printouts as text: lines, tables, results over several lines, dates side by side, words between."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from cobalens import errors
from cobalens.intake.casefile import tools_for
from cobalens.intake.dates import names_a_day, writes_a_day
from cobalens.intake.draft import NOT_UNDERSTOOD, SET_ASIDE, UNDERSTOOD, Draft, close, finish, join, part, put
from cobalens.intake.entries import Tools
from cobalens.intake.pasted.blocks import (
    Heading,
    Line,
    cells_of,
    day_in,
    heading_of,
    is_noise,
    is_row,
    is_rule,
    labels_of,
    order_in,
    placed,
    role_of,
    side_by_side,
    single_headings,
    tells,
    with_methods,
)
from cobalens.intake.pasted.results import result_of, spread_over
from cobalens.intake.patterns import pattern
from cobalens.intake.prose.labtext import labs_in_text
from cobalens.intake.prose.readcodes import without_read_codes
from cobalens.intake.tables.cells import date_text, is_date, mark_of, text_of
from cobalens.intake.tables.grid import WHERE, Grid, decoded, head_text, is_case
from cobalens.intake.tables.headings import (
    DATED,
    PERSON,
    SECTIONS,
    Column,
    Header,
    Words,
    tidy,
    words_for,
)
from cobalens.intake.tables.mapping import NOTHING_GIVEN
from cobalens.intake.tables.people import fill
from cobalens.intake.tables.table import table_of
from cobalens.intake.tables.words import TIMED, put_timed
from cobalens.intake.words.ownwords import OWN_WORDS, TOLD, without_own
from cobalens.model.record import Note, Record
from cobalens.model.ruleset import Ruleset

__all__ = ["Line", "lines_of_grid", "of_lines", "read", "recognise"]

MAX_CHARACTERS = 1_000_000
MAX_LINES = 20_000
_WIDE = pattern(r"\t+|\s{2,}")
_LETTER = pattern(r"[^\W\d_]")
_OF_PATIENTS = frozenset({"patient", "patients", "mrn", "nhs"})
_BULLET = pattern(r"^\s*(?:[-*•·–]|\d{1,2}[.)])\s+")
_AGE_SEX = pattern(r"(\d{1,3})\s*(?:y|yrs?|years?)?\s*[/, ]\s*(male|female|m|f)\b", re.IGNORECASE)


def recognise(head: bytes) -> bool:
    """Text with words in it that is no case file."""
    text = head_text(head)
    return text is not None and not is_case(text) and _LETTER.search(text) is not None


def read(source: bytes, ruleset: Ruleset, as_of: str | None = None, id: str = "case") -> list[Record]:
    text = without_read_codes(decoded(source))
    if len(text) > MAX_CHARACTERS:
        raise errors.text_too_long(WHERE, len(text), MAX_CHARACTERS)
    lines = [Line(number, one) for number, one in enumerate(text.splitlines(), 1)]
    found = of_lines(lines, ruleset, as_of, id)
    if found is None:
        raise errors.unknown_kind(WHERE)
    return [found]


def lines_of_grid(grid: Grid) -> list[Line]:
    """The rows of a table without headings as lines."""
    made = []
    for number, row in zip(grid.numbers, grid.rows, strict=True):
        cells = [text_of(cell).replace("\t", " ").replace("\n", " ") for cell in row]
        named = len(cells) > 1 and cells[1] and cells[0][:1].isalpha() and ":" not in cells[0]
        made.append(
            Line(number, f"{cells[0]}: {'  '.join(cells[1:])}" if named else "\t".join(cells).rstrip())
        )
    return made


class Reading(Struct):
    """Where the reading of a printout stands."""

    draft: Draft
    tools: Tools
    words: Words
    order: str | None
    mark: str | None
    date: str = ""
    days: list[bool] = []
    """For each line that is a day: whether words call it that of the sample."""
    who: dict[str, str] = {}
    """What the page calls its patient, by the label."""
    closing: str = ""
    """The day that a line called that of the sample below the newest result."""
    dated: bool = False
    section: str = "note"
    heading: Heading | None = None
    rows: list[tuple[int, list[str]]] = []
    prose: list[int] = []
    """Numbers of the parts that wait to be read together."""
    prose_texts: list[str] = []


def of_lines(
    lines: Sequence[Line], ruleset: Ruleset, as_of: str | None = None, id: str = "case"
) -> Record | None:
    """The record of one person, or ``None`` where nothing in the lines is known."""
    if len(lines) > MAX_LINES:
        raise errors.too_many_entries(WHERE, len(lines), MAX_LINES)
    lines, has_own = of_others(lines)
    lines = with_methods(lines, tools_for(ruleset).analytes)
    texts = [line.text for line in lines]
    order = order_in(texts, as_of)
    reading = Reading(
        Draft(),
        tools_for(ruleset),
        words_for(ruleset),
        order,
        mark_of(texts),
        rows=[],
        prose=[],
        prose_texts=[],
    )
    repeated = _on_every_page(lines)
    place = 0
    while place < len(lines):
        place += _line(reading, lines, place, repeated)
    _end_prose(reading)
    _end_table(reading)
    draft = reading.draft
    if has_own:
        draft.notes.append(Note(OWN_WORDS, "", TOLD))
    _day_at_the_end(reading)
    dated = reading.dated or "birth_date" in draft.patient
    if as_of is None and (dated or any(names_a_day(text) or writes_a_day(text) for text in texts)):
        raise errors.as_of_needed(WHERE)
    record = finish(draft, ruleset, as_of or "", id, always_dated=False)
    return record if record.labs or record.events or draft.patient else None


def of_others(lines: Sequence[Line]) -> tuple[Sequence[Line], bool]:
    """The lines without what this program itself has written, and whether there was some."""
    text, has_own = without_own("\n".join(line.text.replace("\n", " ") for line in lines))
    if not has_own:
        return lines, False
    return [replace(line, text=one) for line, one in zip(lines, text.split("\n"), strict=True)], True


def _on_every_page(lines: Sequence[Line]) -> frozenset[str]:
    """Lines that stand on most pages: their heads and feet."""
    pages = {line.page for line in lines}
    if len(pages) < 2:
        return frozenset()
    counts = Counter(
        text for text, _ in {(" ".join(line.text.split()), line.page) for line in lines if line.text.strip()}
    )
    return frozenset(text for text, count in counts.items() if count >= max(2, len(pages) - 1))


# --- One line -----------------------------------------------------------------------------------------------------


def _line(reading: Reading, lines: Sequence[Line], place: int, repeated: frozenset[str]) -> int:
    """Takes the line at a place, and those that belong to it; the number of lines taken."""
    line = lines[place]
    text, words, index = line.text, reading.words, reading.tools.analytes
    plain_text = " ".join(text.split())
    if not plain_text:
        _end_prose(reading)
        reading.section = "note"
        return 1
    if is_rule(text):
        part(reading.draft, f"line {line.number}", plain_text, UNDERSTOOD, "a rule between lines")
        return 1
    if heading := heading_of(text, words, index, reading.order):
        _end_prose(reading)
        _end_table(reading)
        part(reading.draft, f"line {line.number}", plain_text, UNDERSTOOD, "headings")
        reading.heading = heading
        return 1
    cells = cells_of(text)
    found = result_of(text, words, index, reading.order, reading.mark)
    below = reading.heading is not None and is_row(cells, index)
    labelled = below and bool(labels := labels_of(text)) and bool(role_of(labels[0][0], words))
    # A line that says all by itself needs no headings, unless they are the days.
    complete = found is not None and "unit" in found and not _by_days(reading.heading)
    if reading.heading is not None and below and not labelled and not complete:
        reading.rows.append((line.number, placed(cells, reading.heading)))
        return 1
    if plain_text in repeated and line.page > 1:
        part(
            reading.draft,
            f"line {line.number}",
            "a line of the first page again",
            UNDERSTOOD,
            "stands on every page",
        )
        return 1
    if found:
        _end_prose(reading)
        _put_result(reading, found, [line])
        return 1
    if several := spread_over(
        [one.text for one in lines[place : place + 12]], 0, words, index, reading.order, reading.mark
    ):
        _end_prose(reading)
        _put_result(reading, several[0], lines[place : place + several[1]])
        if any(tidy(label) in words.dates for label, _ in labels_of(lines[place + several[1] - 1].text)):
            reading.closing = several[0].get("date", "")
        return several[1]
    if _day(reading, line, plain_text) or _labels(reading, line, text):
        return 1
    if rest := _day_beside(reading, line, text):
        line, plain_text = replace(line, text=rest), rest
    if is_noise(text, words) or single_headings(plain_text, words):
        part(reading.draft, f"line {line.number}", plain_text, UNDERSTOOD, "no part of the illness")
        return 1
    _say(reading, line, plain_text)
    return 1


def _by_days(heading: Heading | None) -> bool:
    return heading is not None and any(one.role == DATED for one in heading.columns)


def _put_result(reading: Reading, entry: dict[str, Any], lines: Sequence[Line]) -> None:
    draft = reading.draft
    if "date" not in entry and reading.date:
        entry["date"] = reading.date
    reading.dated = reading.dated or "date" in entry
    number = part(draft, f"line {lines[0].number}", " ".join(" ".join(line.text for line in lines).split()))
    put(draft, "labs", entry, number)
    for line in lines[1:]:
        if line.text.strip():
            join(draft, part(draft, f"line {line.number}", line.text), number)


def _day(reading: Reading, line: Line, text: str) -> bool:
    """A line that is the day of what follows."""
    day = day_in(text, reading.words)
    if not day:
        return False
    _end_prose(reading)
    _end_table(reading)
    reading.date = date_text(day, reading.order)
    called = day != " ".join(text.split()).rstrip(": ")
    reading.days.append(called)
    told = "the day of the sample" if called else "the day of what follows"
    part(reading.draft, f"line {line.number}", text, UNDERSTOOD, told)
    return True


def _day_beside(reading: Reading, line: Line, text: str) -> str:
    """Takes the day that stands at the end of a line, behind a gap: "Central Laboratory    Date: 19/11/2026"; the words before it."""
    cells = cells_of(text)
    found = labels_of(cells[-1].text) if len(cells) > 1 else []
    if len(found) != 1 or _kind(found[0][0], reading.words) not in ("day", "later"):
        return ""
    _label(
        reading,
        _kind(found[0][0], reading.words),
        *found[0],
        part(reading.draft, f"line {line.number}", cells[-1].text),
    )
    return " ".join(text[: cells[-1].start].split())


def _day_at_the_end(reading: Reading) -> None:
    """The only day of a printout, called that of the sample and printed last, is that of the results above it."""
    results = [one for one in reading.draft.sections.get("labs", ()) if isinstance(one, dict)]
    if reading.closing and results and results[-1].get("date") == reading.closing and not reading.days:
        if not any("date" in one for one in results[:-1]):
            for one in results[:-1]:
                one["date"] = reading.closing
        return
    if reading.days == [True] and results and not any("date" in one for one in results):
        for one in results:
            one["date"] = reading.date
        reading.dated = True


# --- Labels -------------------------------------------------------------------------------------------------------


def _labels(reading: Reading, line: Line, text: str) -> bool:
    """A line of labels with values: about the person, about the day, or the heading of a list."""
    found = labels_of(text)
    if not found:
        return False
    known = ["" if tells(label, said) else _kind(label, reading.words) for label, said in found]
    if not any(known):
        return False
    _end_prose(reading)
    for (label, said), kind in zip(found, known, strict=True):
        number = part(
            reading.draft,
            f"line {line.number}",
            f"{label}: {said}" if kind not in ("id", "name", "nothing") else label,
        )
        _label(reading, kind, label, said, number)
    return True


def _kind(label: str, words: Words) -> str:
    said = tidy(label)
    if said in words.dates:
        return "day"
    if said in words.later_dates:
        return "later"
    if said in ("age sex", "sex age", "age gender", "gender age"):
        return "age_sex"
    role = words.roles.get(said, "")
    if role in SECTIONS or role in PERSON:
        return role
    return "nothing" if role == "nothing" or is_noise(f"{label}:", words) else ""


def _label(reading: Reading, kind: str, label: str, said: str, number: int) -> None:
    draft = reading.draft
    if kind in ("day", "later"):
        date = date_text(said, reading.order)
        if tidy(said) in reading.words.roles:
            close(draft, number, UNDERSTOOD, "headings")
        elif said and is_date(date):
            if kind == "day" or not reading.date:
                if kind == "day":
                    _end_prose(reading)
                    _end_table(reading)
                    reading.days.append(True)
                reading.date = date
            close(
                draft,
                number,
                UNDERSTOOD,
                "the day of the sample" if kind == "day" else "the day of the report",
            )
        else:
            close(
                draft,
                number,
                NOT_UNDERSTOOD if said else UNDERSTOOD,
                "a date that is not understood" if said else "",
            )
    elif kind == "age_sex":
        if both := _AGE_SEX.search(said):
            _about(reading, "age", both[1], number)
            _about(reading, "sex", both[2], number)
        else:
            close(draft, number, NOT_UNDERSTOOD, "age and sex, such as 67/F")
    elif kind in SECTIONS:
        reading.section = kind
        if said:
            for words in _pieces(said, kind):
                _put(reading, kind, words, number)
        else:
            close(draft, number, UNDERSTOOD, "the heading of a list")
    elif kind in PERSON and kind not in ("id", "name") and said:
        _about(
            reading,
            kind,
            date_text(said, reading.order, born=True)
            if kind == "birth_date"
            else said.split(",", maxsplit=1)[0],
            number,
        )
    elif kind:
        called = tidy(label)
        of_patients = bool(said) and not _OF_PATIENTS.isdisjoint(called.split())
        if of_patients and reading.who.setdefault(called, tidy(said)) != tidy(said):
            raise errors.two_people(WHERE)
        close(draft, number, UNDERSTOOD, "names and numbers of people and offices")
    else:
        put(draft, "note", f"{label}: {said}", number)


def _about(reading: Reading, key: str, said: str, number: int) -> None:
    draft = reading.draft
    held = draft.patient.get(key)
    if held is not None and key in ("sex", "birth_date") and str(held).lower()[:1] != said.lower()[:1]:
        raise errors.two_people(WHERE)
    draft.patient[key] = said
    if draft.patient_part is None:
        draft.patient_part = number
    else:
        join(draft, number, draft.patient_part)


def _put(reading: Reading, section: str, words: str, number: int) -> None:
    if section in TIMED:
        reading.dated = put_timed(reading.draft, section, words, reading.order, number) or reading.dated
    else:
        put(reading.draft, section, words, number)


def _pieces(said: str, section: str) -> list[str]:
    if section in ("medications", "supplements", "conditions", "symptoms", "procedures") and ";" in said:
        return [one.strip() for one in said.split(";") if one.strip()]
    return [said]


# --- Words and tables ---------------------------------------------------------------------------------------------


def _say(reading: Reading, line: Line, text: str) -> None:
    """Words: an item of the list that was begun, or a part of the note."""
    number = part(reading.draft, f"line {line.number}", text)
    if reading.section != "note":
        _put(reading, reading.section, _BULLET.sub("", line.text).strip(), number)
        return
    reading.prose.append(number)
    # Numbers in two cells are not one number: "4   150" is no 4150.
    reading.prose_texts.append(_WIDE.sub("  ", line.text.strip()))
    if len(reading.prose) >= 200:
        _end_prose(reading)


def _end_prose(reading: Reading) -> None:
    """Lines of words are read together, since a sentence may go on over the end of a line."""
    if not reading.prose:
        return
    draft, numbers = reading.draft, list(reading.prose)
    joined = ""
    for text in reading.prose_texts:
        goes_on = joined and joined[-1] not in ".;:!?" and (text[:1].islower() or text[:1].isdigit())
        joined = f"{joined} {text}" if goes_on else f"{joined}\n{text}" if joined else text
    reading.prose.clear()
    reading.prose_texts.clear()
    entry: Any = joined
    if (
        reading.date
        and labs_in_text(joined, WHERE, reading.tools.analytes, lexicon=reading.tools.lexicon).labs
    ):
        entry = {"text": joined, "date": reading.date}
        reading.dated = True
    if put(draft, "note", entry, numbers[0]):
        for number in numbers[1:]:
            join(draft, number, numbers[0])
        return
    for number in numbers[1:]:
        close(draft, number, SET_ASIDE, "part of a text that is too long")


def _end_table(reading: Reading) -> None:
    """Reads the rows collected below headings as any other table."""
    heading, rows = reading.heading, reading.rows
    reading.heading, reading.rows = None, []
    if heading is None or not rows:
        return
    for first, last in side_by_side(heading.columns):
        columns = [replace(one, at=at) for at, one in enumerate(heading.columns[first:last])]
        held = [(number, texts[first:last]) for number, texts in rows]
        _table(reading, columns, [(number, texts) for number, texts in held if any(texts)])


def _table(reading: Reading, columns: list[Column], rows: list[tuple[int, list[str]]]) -> None:
    if not rows:
        return
    cells = [list(texts) for _, texts in rows]
    if reading.date and not any(one.role in ("date", "dated") for one in columns):
        columns.append(Column(len(columns), "date", "date"))
        cells = [[*(texts + [""] * len(columns))[: len(columns) - 1], reading.date] for texts in cells]
    header = Header(tuple(columns), 0, 0)
    table = table_of(
        cells,
        [number for number, _ in rows],
        "",
        header,
        reading.words,
        reading.tools.analytes,
        NOTHING_GIVEN,
    )
    table = replace(table, noun="line", order=table.order or reading.order)
    aside = set(table.aside)
    for row, reason in table.aside.items():
        part(reading.draft, table.where(row), " ".join(one for one in cells[row] if one), SET_ASIDE, reason)
    reading.dated = (
        fill(reading.draft, table, [row for row in range(len(cells)) if row not in aside]) or reading.dated
    )
