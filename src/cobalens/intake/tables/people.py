"""The rows of one person, one result or one visit a row, as the entries of a case file."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

from cobalens.intake.dates import names_a_day, writes_a_day
from cobalens.intake.draft import (
    NOT_UNDERSTOOD,
    SET_ASIDE,
    UNDERSTOOD,
    Draft,
    close,
    join,
    not_understood,
    part,
    put,
)
from cobalens.intake.laboratory.reportwords import answered, of_this_person
from cobalens.intake.laboratory.testnames import AnalyteIndex, find, tokens
from cobalens.intake.laboratory.units import parse
from cobalens.intake.prose.labtext import labs_in_text
from cobalens.intake.tables.cells import date_text, is_date, plain, text_of
from cobalens.intake.tables.codes import bare, coded_in, list_of
from cobalens.intake.tables.columns import Columns
from cobalens.intake.tables.composed import results_in
from cobalens.intake.tables.headings import (
    CODE,
    DATED,
    NOTHING,
    PERSON,
    SECTIONS,
    TEST,
    UNKNOWN,
    VALUE,
    Column,
    tidy,
)
from cobalens.intake.tables.persons import NO, VOID, YES, is_void, person_row
from cobalens.intake.tables.table import RANGES, RULE, UNITS, Table
from cobalens.intake.tables.words import TIMED, pieces, put_event, put_timed, statement_in
from cobalens.model.record import Element

SET_FIELDS = (
    "low",
    "high",
    "range",
    "flag",
    "unit",
    "comparator",
    "method",
    "specimen",
    "status",
    "qualitative",
)
KEYS = {
    "low": "ref_low", "high": "ref_high", "range": "ref_range", "flag": "flag", "unit": "unit", "comparator": "comparator",
    "method": "method", "specimen": "specimen", "status": "status", "qualitative": "qualitative", "value": "value",
    "day": "day", "time": "time",
}  # fmt: skip
"""Column -> key of a result in a case file."""
_ENTRY_KEYS = {
    "dose": "dose",
    "route": "route",
    "frequency": "frequency",
    "adherence": "adherence",
    "indication": "indication",
    "status": "status",
}
_NOW = frozenset({"symptoms", "examination", "function"})
"""What a visit's row says of its own day; a diagnosis or an operation may be older than the visit."""
_WHO_AND_WHEN = PERSON | {NOTHING, "date", "reported", "day", "time"}
_LOINC = re.compile(r"\d{1,7}-\d")
_RELATIVE = re.compile(r"(?!(?:19|20)\d\d$)-?\d{1,4}")
"""A day counted from the decision; four digits that are a year are one."""
AGAIN = "the same line again"


# --- One person ---------------------------------------------------------------------------------------------------


def fill(draft: Draft, table: Table, rows: Sequence[int]) -> bool:
    """Takes one person's rows; tells whether anything among them is dated."""
    dated = False
    seen: dict[str, int] = {}
    for row in rows:
        before = len(draft.parts)
        if is_void(table, row):
            part(draft, table.where(row), "", SET_ASIDE, VOID)
            continue
        dated = person_row(draft, table, row) or dated
        if table.header.long:
            dated = long_row(draft, table, row, seen) or dated
        elif one := statement_in(table, row):
            _strange(draft, table, row)
            column, words = one
            number = part(draft, table.where(row, column), words)
            dated = _entry(draft, table, row, column.name, words, number) or dated
        elif table.header.section and not table.header.of(*SECTIONS):
            _strange(draft, table, row)
            number = part(draft, table.where(row), _account(table, row))
            dated = _entry(draft, table, row, table.header.section, "", number) or dated
        else:
            dated = _wide(draft, table, row) or dated
        if len(draft.parts) == before:
            _left_over(draft, table, row)
        if type(table.rows) is not Columns:
            _beyond(draft, table, row)
    return dated


def _beyond(draft: Draft, table: Table, row: int) -> None:
    """Cells of a row that is longer than the headings."""
    for cell in table.rows[row][len(table.header.columns) :]:
        if text := text_of(cell):
            not_understood(draft, part(draft, table.where(row), text), text, "a heading above the cell")


def _left_over(draft: Draft, table: Table, row: int) -> None:
    """A row from which nothing was taken: it only says whose and when, or its headings do not say what it holds."""
    held = [one for one in table.header.columns if one.role not in _WHO_AND_WHEN and table.said(row, one)]
    number = part(draft, table.where(row), _account(table, row))
    if held:
        not_understood(draft, number, _account(table, row), "a heading that names the test")
    else:
        close(draft, number, UNDERSTOOD, "says no more than whose it is, and when")


def preface(draft: Draft, table: Table) -> None:
    """The account of what stands above the headings, of the headings, and of rows without a person."""
    for row in range(0 if table.continued else table.header.below):
        text = " ".join(text for cell in table.rows[row] if (text := text_of(cell)))
        if text and row >= table.header.first:
            part(draft, table.where(row), text, UNDERSTOOD, "headings")
        elif text:
            part(draft, table.where(row), text, SET_ASIDE, "stands above the headings")
    for row, reason in table.aside.items():
        part(
            draft,
            table.where(row),
            " ".join(text for cell in table.rows[row] if (text := text_of(cell))),
            UNDERSTOOD if reason in (UNITS, RANGES, RULE) else SET_ASIDE,
            reason,
        )


def _account(table: Table, row: int) -> str:
    shown = [
        text
        for one in table.header.columns
        if one.role not in ("id", "name", "birth_date") and (text := text_of(table.cell(row, one.at)))
    ]
    return " ".join(shown)


def _strange(draft: Draft, table: Table, row: int) -> None:
    """Cells below a heading that says nothing: a yes or no answers the heading, all else is not understood."""
    for one in table.header.of(UNKNOWN):
        text = table.said(row, one)
        if not text:
            continue
        number = part(draft, table.where(row, one), text)
        low = text.lower()
        plain_answer = one.at in table.answers and low in table.words.yes | table.words.no
        if plain_answer and (said := answered(_spoken(one.heading), YES if low in table.words.yes else NO)):
            put(draft, "note", said, number)
        else:
            not_understood(draft, number, text, f"a heading that is known instead of {one.heading}")


def _spoken(heading: str) -> str:
    return " ".join(heading.replace("_", " ").rstrip("?: ").split())


# --- One result a row ---------------------------------------------------------------------------------------------


def long_row(draft: Draft, table: Table, row: int, seen: dict[str, int]) -> bool:
    """Takes a row that holds one result or one statement; tells whether it is dated."""
    header = table.header
    _strange(draft, table, row)
    number = part(draft, table.where(row), _account(table, row))
    name = next((text for one in header.of(TEST) if (text := table.said(row, one))), "")
    code = next((text for one in header.of(CODE) if (text := table.said(row, one))), "")
    kind = next((tidy(text) for one in header.of("kind") if (text := table.said(row, one))), "")
    role = table.words.roles.get(kind, "")
    section = table.words.lists.get(kind) or (role if role in SECTIONS else header.section or list_of(code))
    code = bare(code)
    if section and section not in ("labs", "patient"):
        return _entry(draft, table, row, section, name, number)
    if section == "patient" or (
        name and tidy(name) in table.words.roles and table.words.roles[tidy(name)] in PERSON
    ):
        return _about(draft, table, row, tidy(name), number)
    values = header.of(VALUE, "qualitative")
    spread = [one for one in header.of(DATED) if table.said(row, one)]
    if not name and not code:
        close(draft, number, SET_ASIDE, "no test is named")
        return False
    listed = _listed(table, name, row)
    if listed:
        return _entry(
            draft,
            table,
            row,
            listed,
            next((text_of(table.cell(row, one.at)) for one in values if table.said(row, one)), ""),
            number,
        )
    entry = _result(table, row, name, code)
    if spread:
        for one in spread:
            put(draft, "labs", {**entry, "value": table.text(row, one), "date": one.date}, number)
        return True
    _flag_alone(entry)
    if "value" not in entry and "qualitative" not in entry and "note" not in entry:
        if any(tidy(one.heading) in table.words.terms for one in header.of(TEST)):
            # A record of a practice lists diagnoses and tests below one heading.
            return _entry(draft, table, row, "note", name, number)
        close(draft, number, SET_ASIDE, "no result is given")
        return False
    key = canonical(entry)
    if key in seen:
        close(draft, number, SET_ASIDE, AGAIN)
        return False
    seen[key] = number
    put(draft, "labs", entry, number)
    return "date" in entry


def canonical(entry: dict[str, Any]) -> str:
    """An entry as text: two lines that say the same have the same."""
    return repr(sorted(entry.items()))


def _listed(table: Table, name: str, row: int) -> str:
    """A line of words among results: "Diagnosis | bladder cancer"."""
    said = tidy(name)
    role = table.words.roles.get(said, "")
    return role if role in SECTIONS and not find(name, table.index) else ""


def _result(table: Table, row: int, name: str, code: str) -> dict[str, Any]:
    header = table.header
    entry: dict[str, Any] = {}
    if name:
        meant = table.mapped.tests.get(" ".join(tokens(name)), name)
        entry["analyte"] = meant if find(meant, table.index) else shorter(meant, table.index)
    if code and (_LOINC.fullmatch(code) or not name):
        entry["loinc" if _LOINC.fullmatch(code) else "code"] = table.mapped.tests.get(
            " ".join(tokens(code)), code
        )
        if "code" in entry and " ".join(tokens(code)) in table.mapped.tests:
            entry = {"analyte": entry["code"]}
    for one in header.columns:
        if one.role == VALUE:
            _value(entry, table, row, one)
        elif (
            one.role in SET_FIELDS
            and (text := table.text(row, one))
            and text.lower() not in table.words.unsaid
        ):
            key, said = _sign(table, row, text) if one.role == "comparator" else (KEYS[one.role], text)
            if said:
                entry.setdefault(key, said)
        elif one.role == "comment" and (text := _remark(table, row, one)):
            entry["note"] = text
        elif one.role == "day" and (text := text_of(table.cell(row, one.at))):
            entry["day"] = text
    dated_of(entry, table, row)
    return entry


def _sign(table: Table, row: int, text: str) -> tuple[str, str]:
    """A comparator, by the letters that stand for it too; without a number beside it, it is a result in words."""
    sign = table.words.signs.get(text.lower(), text)
    numbered = any(table.said(row, one) for one in table.header.of(VALUE))
    return ("comparator", sign) if numbered else ("qualitative", text)


def _flag_alone(entry: dict[str, Any]) -> None:
    """A flag without a number is the result."""
    if "value" not in entry and "qualitative" not in entry and "flag" in entry:
        entry["qualitative"] = entry.pop("flag")


def _remark(table: Table, row: int, column: Column) -> str:
    """A remark on this sample; words such as "see comment" are none."""
    text = table.said(row, column)
    low = text.lower().strip(" .")
    return "" if low in table.index.words.awaited | table.index.words.spoiled else of_this_person(text)


def shorter(name: str, index: AnalyteIndex) -> str:
    """Without what a laboratory adds: "VITAMIN B12, SERUM - ROCHE" and "B12 (pg/mL)"."""
    head = re.split(r"\s*[,;(\[/-]\s|\s[-–:]\s|,", name)[0]
    return head if head and find(head, index) else name


def _value(entry: dict[str, Any], table: Table, row: int, one: Column) -> None:
    cell = table.cell(row, one.at)
    if isinstance(cell, dt.date):
        entry.setdefault("value", "a date in place of the result")
        return
    text = table.text(row, one)
    if text and not table.is_null(cell):
        entry.setdefault("value", text)
        if one.unit:
            entry.setdefault("unit", one.unit)


def dated_of(entry: dict[str, Any], table: Table, row: int) -> None:
    """Adds the day and the time of day that the row gives."""
    columns = (table.header.of(role) for role in ("date", "reported", "start"))
    date = next((text for those in columns if (text := table.day(row, those))), "")
    if is_date(date) or (date and "day" not in entry):
        # A day beside a date is counted from something else, such as the first day of a study.
        entry.pop("day", None)
        entry["date"] = date
        clock = next(
            (text for one in table.header.of("time") if (text := text_of(table.cell(row, one.at)))), ""
        )
        if clock and "T" not in date:
            entry["time"] = clock[:8]


def _entry(draft: Draft, table: Table, row: int, section: str, name: str, number: int) -> bool:
    """A diagnosis, drug or symptom that has a row of its own."""
    header = table.header
    words = name or next(
        (text for one in header.of(VALUE, "qualitative", "comment") if (text := table.said(row, one))), ""
    )
    coded = coded_in(table, row)
    words = words or coded.get("name", "")
    coded.pop("name", None)
    if not words and not coded:
        close(draft, number, SET_ASIDE, "no words are given")
        return False
    value = next((text for one in header.of(VALUE) if name and (text := table.said(row, one))), "")
    if value.lower() in table.words.yes | table.words.no:
        words = answered(words, YES if value.lower() in table.words.yes else NO)
    elif value and value != words:
        words = f"{words}: {value}"
    entry: dict[str, Any] = {"name": words, **coded} if words else coded
    if header.status:
        entry["status"] = header.status
    for one in header.columns:
        if one.role in _ENTRY_KEYS and (text := table.said(row, one)):
            entry[_ENTRY_KEYS[one.role]] = text
        elif one.role == "comment" and (text := table.said(row, one)) and text != words:
            entry["note"] = text
        elif one.role == "dose_unit" and "dose" in entry and (text := table.said(row, one)):
            entry["dose"] = f"{entry['dose']} {text}"
    for role in ("start", "stop"):
        if date := table.day(row, header.of(role)):
            entry[f"{role}_day" if _RELATIVE.fullmatch(date) else f"{role}_date"] = date
    if "start_date" not in entry and "start_day" not in entry:
        if day := next((text for one in header.of("day") if (text := table.said(row, one))), ""):
            entry["day"] = day
        elif date := table.day(row, header.of("date")):
            entry["date"] = date
    put(draft, section, entry if len(entry) > 1 or coded else words, number)
    return any(key.endswith("date") for key in entry)


def _about(draft: Draft, table: Table, row: int, name: str, number: int) -> bool:
    """A row that says the age or the sex: "Age | 67"."""
    role = table.words.roles.get(name, name)
    value = next(
        (table.cell(row, one.at) for one in table.header.of(VALUE, "qualitative") if table.said(row, one)),
        None,
    )
    if role not in PERSON or role in ("id", "name") or value is None:
        close(draft, number, UNDERSTOOD, "no part of the illness")
        return False
    text = date_text(value, table.order, born=True) if role == "birth_date" else text_of(value)
    draft.patient[role] = text
    draft.patient_part = number if draft.patient_part is None else draft.patient_part
    if draft.patient_part != number:
        join(draft, number, draft.patient_part)
    return role == "birth_date"


# --- One visit, or one person, a row ------------------------------------------------------------------------------


def _wide(draft: Draft, table: Table, row: int) -> bool:
    header = table.header
    _strange(draft, table, row)
    date = table.day(row, header.of("date")) or table.day(row, header.of("reported"))
    day = next((text for one in header.of("day") if (text := table.said(row, one))), "")
    when: dict[str, Any] = {"day": day} if day and not is_date(date) else {"date": date} if date else {}
    dated = "date" in when
    method = {
        KEYS[one.role]: text
        for one in header.of("method", "specimen", "status")
        if (text := table.said(row, one))
    }
    for columns in results_in(header, table.index):
        dated = one_result(draft, table, row, columns, {**when, **method}) or dated
    for one in header.of(*SECTIONS):
        text = table.said(row, one)
        if not text:
            continue
        low = text.lower()
        number = part(draft, table.where(row, one), text)
        if header.events and one.name == "note":
            put_event(draft, table, row, text, when, number)
            continue
        if low in table.words.yes | table.words.no and low not in ("none", "never", "absent"):
            put(
                draft,
                one.name,
                answered(_spoken(one.heading), YES if low in table.words.yes else NO),
                number,
            )
            continue
        for words in pieces(text, one.name):
            if one.name in TIMED:
                dated = put_timed(draft, one.name, words, table.order, number) or dated
            else:
                of_the_day = one.name in _NOW or (one.name == "note" and _gives_results(words, table))
                put(draft, one.name, {"name": words, **when} if when and of_the_day else words, number)
    for one in header.of("comment"):
        if text := of_this_person(table.said(row, one)):
            said = {"name": text, **when} if when and _gives_results(text, table) else text
            put(draft, "note", said, part(draft, table.where(row, one), text))
    for one in header.of(
        "dose", "dose_unit", "route", "frequency", "start", "stop", "kind", "adherence", "indication"
    ):
        if one.role == "kind" and header.events:
            continue
        if text := table.said(row, one):
            part(draft, table.where(row, one), text, NOT_UNDERSTOOD, "it is not clear what it belongs to")
    return dated


def _gives_results(words: str, table: Table) -> bool:
    """Whether words give results and no day of their own: then they are of the row's day."""
    if writes_a_day(words) or names_a_day(words):
        return False
    return any(lab.problem is None for lab in labs_in_text(words, "", table.index).labs)


def one_result(draft: Draft, table: Table, row: int, columns: list[Column], when: dict[str, Any]) -> bool:
    entry: dict[str, Any] = {"analyte": columns[0].name, **when}
    shown, first = [], columns[0]
    if first.occasion:
        entry = {"analyte": first.name, **table.of_occasion(row, first.occasion)}
    for one in columns:
        if one.part == "value":
            first = one
            _value(entry, table, row, one)
            if one.limits:
                entry.setdefault("ref_range", plain(one.limits, table.marks.get(one.at)))
            if one.date:
                entry.pop("day", None)
                entry["date"] = one.date
        elif one.part == "date":
            if date := table.day(row, [one]):
                entry.pop("day", None)
                entry["date"] = date
        elif one.part == "comment":
            if text := _remark(table, row, one):
                entry["note"] = text
        elif (text := table.text(row, one)) and text.lower() not in table.words.unsaid:
            entry[KEYS[one.part]] = text
            if one.unit and one.part in ("low", "high") and parse(one.unit):
                entry.setdefault("unit", one.unit)
        if (text := text_of(table.cell(row, one.at))) and one.part != "date":
            shown.append(text)
    _flag_alone(entry)
    if "value" not in entry and "qualitative" not in entry:
        if shown:
            part(draft, table.where(row, first), " ".join(shown), SET_ASIDE, "no result is given")
        return False
    if str(entry.get("value", "")).lower() in table.words.unsaid and "qualitative" not in entry:
        part(draft, table.where(row, first), " ".join(shown), SET_ASIDE, "no result is given")
        return False
    unit = str(entry.get("unit", first.unit))
    put(draft, "labs", entry, part(draft, table.where(row, first), f"{' '.join(shown)} {unit}".strip()))
    return "date" in entry


def ignored(draft: Draft, table: Table, rows: Sequence[int]) -> None:
    """Names, numbers and offices: known, and no part of the illness. One line for each column, without what it holds."""
    for one in table.header.of(NOTHING, "name", "id"):
        held = sum(1 for row in rows if (cell := table.cell(row, one.at)) not in (None, "") and text_of(cell))
        if held and one.heading:
            told = names_and_numbers(one.heading, held)
            part(draft, told.where, told.text, told.fate, told.reason)


def names_and_numbers(heading: str, held: int) -> Element:
    return Element(
        f"column {heading}", f"{held} cells", UNDERSTOOD, "names and numbers of people and offices"
    )
