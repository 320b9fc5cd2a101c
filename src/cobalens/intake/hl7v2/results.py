"""OBX and the NTE below it to entries of a case file: value types, statuses, flags, ranges, comments."""

from __future__ import annotations

import re
from typing import Any

from cobalens.intake.draft import (
    LONGEST_TEXT,
    SET_ASIDE,
    UNDERSTOOD,
    USED,
    Draft,
    close,
    compare_code_and_unit,
    join,
    not_understood,
    put,
)
from cobalens.intake.hl7v2.rows import (
    CODED,
    VALUES,
    WORDS,
    Reading,
    Row,
    answer_in,
    answers_of,
    codings,
    day_of,
    identity,
    status_of,
    triples,
    unit_in,
    values_of,
)
from cobalens.intake.hl7v2.syntax import MAX_REPEATS, components, repeats, text
from cobalens.intake.laboratory.reportwords import (
    GENERAL_REMARK,
    Test,
    answered,
    clinical,
    coded_entry,
    of_this_person,
    plain_name,
    range_text,
    section_of,
    without_tables,
)
from cobalens.intake.laboratory.testnames import AnalyteIndex
from cobalens.intake.laboratory.values import AMOUNTS, Value, read_value
from cobalens.intake.prose.labtext import labs_in_text
from cobalens.intake.prose.textvalues import worded_at
from cobalens.intake.stamps import stamp
from cobalens.model.record import Unread

AWAITED = {"I": "no result yet", "O": "an order without a result", "N": "not asked for"}
VOID = {"D": "deleted by the sender", "W": "withdrawn: reported for the wrong patient or specimen"}
OWN_CODES = "99COBALENS"
"""The table of this program's own codes."""
CORRECTIONS = frozenset({"C", "A", "B"})
_STATUS = {"A": "c", "B": "c", "U": "f"}
"""Statuses that mean what another letter means."""
AGES = frozenset({"21612-7", "30525-0", "29553-5"})
"""LOINC codes of an age that is reported as a result."""
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
PLAIN = Value()
_TITRE = re.compile(r"1\s*:\s*\d+")
_COMMENT = re.compile(
    r"\b(?:comments?|interpretation|interpretive|reference|note|disclaimer|method\w*|performed|footer|header)\b",
    re.IGNORECASE,
)


# --- One result ---------------------------------------------------------------------------------------------------


def read_rows(rows: list[Row], reading: Reading) -> None:
    """All OBX of one person, in order; lines of one text are read together."""
    replaced = _replaced(rows)
    text_lines: list[Row] = []
    for place, row in enumerate(rows):
        draft = reading.draft
        status = status_of(row)
        kind = row.kind
        reason = (
            VOID.get(status)
            or replaced.get(place)
            or (AWAITED.get(status) if status != "N" or not row.segment.raw(5) else None)
            or ("a comment of this program" if OWN_CODES in row.segment.raw(3) else "")
            or ("" if kind in VALUES else "an attachment or a curve, not a value")
        )
        test = row.test
        prose = kind in WORDS and not test.known and not reason
        if text_lines and not (prose and _same_text(text_lines[-1], row)):
            _prose(text_lines, reading)
            text_lines = []
        if reason:
            close(
                draft,
                row.number,
                UNDERSTOOD if status in AWAITED and not replaced.get(place) else SET_ASIDE,
                reason,
            )
            _remarks(row, reading, "")
        elif prose:
            text_lines.append(row)
        elif test.known:
            _result(row, test, kind, status, reading)
        else:
            _statement(row, test, kind, reading)
            _remarks(row, reading, "")
    if text_lines:
        _prose(text_lines, reading)


def _same_text(last: Row, row: Row) -> bool:
    return last.order is row.order and last.segment.raw(3) == row.segment.raw(3) and not last.notes


def _replaced(rows: list[Row]) -> dict[int, str]:
    """Places of results that a later one corrects, deletes or repeats."""
    newest: dict[tuple[str, ...], int] = {}
    found: dict[int, str] = {}
    for place, row in enumerate(rows):
        key = identity(row)
        if not key[1]:
            continue
        status = status_of(row)
        earlier = newest.get(key)
        if earlier is not None:
            before = rows[earlier]
            if status in CORRECTIONS or status in VOID:
                found[earlier] = "corrected later" if status in CORRECTIONS else VOID[status]
            elif before.message != row.message and before.segment.raw(5) == row.segment.raw(5):
                found[earlier] = "sent again later"
            elif status in ("F", "U") and status_of(before) in ("P", "R", "S"):
                found[earlier] = "preliminary; the final result came later"
        newest[key] = place
    return found


def _result(row: Row, test: Test, kind: str, status: str, reading: Reading) -> None:
    draft, index, segment = reading.draft, reading.tools.analytes, row.segment
    values = values_of(row, kind, answers_of(reading))
    entry = _entry(row, test, status, reading)
    specimens = [test.specimen] if test.specimen else row.order.specimens
    if len(set(specimens)) > 1 and any(set(one.split()) & index.words.other_specimens for one in specimens):
        close(
            draft,
            row.number,
            SET_ASIDE,
            "several specimens under one order: it is not said which this is from",
        )
        _remarks(row, reading, "")
        return
    if specimens:
        entry["specimen"] = specimens[0]
    if not values:
        _remarks(row, reading, test.shown)
        close(draft, row.number, UNDERSTOOD, "no result given")
        return
    awaiting = False
    if len(values) > 1 and kind in WORDS:
        values = _joined(values, reading)
    for value in values:
        one = dict(entry)
        if len(value) > LONGEST_TEXT:
            close(draft, row.number, SET_ASIDE, f"longer than {LONGEST_TEXT} characters")
            continue
        read = PLAIN if _NUMBER.fullmatch(value) else read_value(value, index.words)
        if read.problem == "awaited":
            awaiting = True
        elif _TITRE.fullmatch(value) and (name := _named(test, index)):
            hit = worded_at(value, 0, len(value), index, name, 0)
            one["qualitative" if hit else "value"] = hit.fields["qualitative"] if hit else value
            put(draft, "labs", one, row.number)
        elif (
            read.problem == "not_a_number"
            and kind in WORDS | CODED
            and _worded(value, test, entry, row, reading)
        ):
            continue
        else:
            one["value"] = value
            flag = text(segment, 8)
            if flag in ("<", ">") and not read.comparator and read.problem is None:
                one["comparator"] = flag
            put(draft, "labs", one, row.number)
            compare_code_and_unit(draft, row.number, test, entry.get("unit", ""), reading.tools)
    told = _remarks(row, reading, test.shown if awaiting else "")
    if awaiting and not told:
        put(draft, "labs", {**entry, "value": values[0]}, row.number)
    elif awaiting:
        close(draft, row.number, UNDERSTOOD, "the result stands in the remark below")


def _joined(values: list[str], reading: Reading) -> list[str]:
    """Lines of one text, unless each is a result by itself."""
    alone = [read_value(value, reading.tools.analytes.words) for value in values]
    if all(one.low is not None or one.qualitative for one in alone):
        return values
    return ["\n".join(values)]


def _named(test: Test, index: AnalyteIndex) -> str:
    if test.name:
        return test.name
    key = index.loinc.get(test.loinc, "")
    return index.analytes[key].label if key else ""


def _worded(value: str, test: Test, entry: dict[str, Any], row: Row, reading: Reading) -> bool:
    """A result told in words ("Vitamin B12 level is 195 pg/mL"), where it holds one."""
    index = reading.tools.analytes
    name = _named(test, index)
    for words in (value, f"{name} {value}"):
        # A sign or an interval in a sentence is more often a line of the laboratory's table than a result.
        if any(
            lab.qualitative or (lab.lo is not None and lab.lo == lab.hi)
            for lab in labs_in_text(words, "", index).labs
        ):
            put(reading.draft, "note", _dated(words, entry.get("date", "")), row.number)
            return True
    kept = of_this_person(value)
    if len(value.split()) > 3:
        if kept:
            put(reading.draft, "note", kept, row.number)
        else:
            close(reading.draft, row.number, SET_ASIDE, GENERAL_REMARK)
        return True
    return False


def _dated(words: str, when: str) -> Any:
    return {"text": words, "date": when} if when else words


def _entry(row: Row, test: Test, status: str, reading: Reading) -> dict[str, Any]:
    """Everything of a result but its value."""
    segment, index = row.segment, reading.tools.analytes
    when = stamp(text(segment, 14), reading.zone)
    if not when.date:
        when = row.order.when
    if not when.date:
        when = stamp(text(segment, 19), reading.zone)
    entry: dict[str, Any] = {}
    if test.name:
        entry["name"] = test.name
    if test.loinc:
        entry["loinc"] = test.loinc
    if unit := unit_in(segment, reading):
        entry["unit"] = unit
    printed, strange = range_text(text(segment, 7))
    if printed:
        entry["ref_range"] = printed
    elif strange:
        place = reading.draft.parts[row.number].where
        said = text(segment, 7)[:80]
        reading.draft.unread.append(Unread(f"{place}.7", said, "two numbers, such as 180-900"))
    for raw in repeats(segment, 8):
        flag = components(raw, segment.marks)[0].lower()
        if flag in index.words.flags and flag not in ("i", "<", ">"):
            entry.setdefault("flag", flag)
    entry["status"] = (
        _STATUS.get(status, status.lower() if status.lower() in index.words.status else "") or "f"
    )
    if when.date:
        entry["date"] = when.date
    if when.time:
        entry["time"] = when.time
    if method := next((words or code for code, words, _ in codings(segment, 17)), ""):
        entry["method"] = method
    return entry


# --- Everything else in an OBX -----------------------------------------------------------------------------------


def _statement(row: Row, test: Test, kind: str, reading: Reading) -> None:
    """A question and its answer, a finding, a diagnosis: what is no laboratory value known here."""
    draft, segment = reading.draft, row.segment
    values = values_of(row, kind, answers_of(reading))
    if not values:
        close(draft, row.number, UNDERSTOOD, "no result given")
        return
    if test.loinc in AGES and "birth_date" not in draft.patient:
        draft.patient.setdefault(
            "age", f"{values[0]} {next((w or c for c, w, _ in codings(segment, 6)), 'years')}".lower()
        )
        close(draft, row.number, USED)
        return
    if kind not in CODED:
        unit = next((code or words for code, words, _ in codings(segment, 6)), "")
        not_understood(draft, row.number, f"{test.shown or 'unnamed'}: {values[0]} {unit}".strip())
        return
    section = section_of(test.shown)
    words = reading.tools.analytes.words
    for raw in repeats(segment, 5)[:MAX_REPEATS]:
        parts = components(raw, segment.marks)
        value = answer_in(parts, answers_of(reading))
        if not value:
            continue
        question = plain_name(test.shown)
        if said := answered(question, value):
            put(draft, "note", said, row.number)
        elif value.lower() in words.qualitative or value.lower() in AMOUNTS:
            put(draft, "note", f"{question} {value.lower()}", row.number)
        else:
            code, _, system = triples(parts)[0]
            put(draft, section, coded_entry(code, system, value), row.number)


def _prose(rows: list[Row], reading: Reading) -> None:
    """The lines of one text, told apart from general remarks where the laboratory comments."""
    draft = reading.draft
    shown = rows[0].test.shown
    lines = ["\n".join(values_of(row, "TX", {})) for row in rows]
    joined = _run_on([line for line in lines if line])
    if len(joined) > LONGEST_TEXT:
        for row in rows:
            close(draft, row.number, SET_ASIDE, f"longer than {LONGEST_TEXT} characters")
        joined = ""
    if _COMMENT.search(shown) and joined:
        joined = of_this_person(joined)
        if not joined:
            for row in rows:
                close(draft, row.number, SET_ASIDE, GENERAL_REMARK)
    elif joined:
        joined = clinical(joined)
        if not joined:
            close(draft, rows[0].number, SET_ASIDE, GENERAL_REMARK)
    if joined:
        how_much = f"{shown}: {joined}" if joined.lower().rstrip(".") in AMOUNTS else ""
        said = answered(shown, joined) or how_much if shown else ""
        section = "note" if said else section_of(shown)
        when = (
            day_of(rows[0], reading)
            if section == "note" and labs_in_text(joined, "", reading.tools.analytes).labs
            else ""
        )
        put(draft, section, said or _dated(joined, when), rows[0].number)
        for row in rows[1:]:
            join(draft, row.number, rows[0].number)
    for row in rows:
        _remarks(row, reading, "")


def _remarks(row: Row, reading: Reading, awaited: str) -> bool:
    """The NTE below a result; where the result is awaited ("see comment") they may hold it: whether they do."""
    draft = reading.draft
    words = _run_on([said for _, said in row.notes if said])
    if not words.strip() or len(words) > LONGEST_TEXT:
        fate = (
            (SET_ASIDE, f"longer than {LONGEST_TEXT} characters") if words.strip() else (UNDERSTOOD, "empty")
        )
        for number, _ in row.notes:
            close(draft, number, *fate)
        return False
    when = day_of(row, reading)
    index = reading.tools.analytes
    kept, told = of_this_person(words), False
    if awaited:
        plain = without_tables(words)
        named = next((one for one in (plain, f"{awaited} {plain}") if labs_in_text(one, "", index).labs), "")
        kept, told = named or kept, bool(named)
    if kept:
        put(draft, "note", _dated(kept, when), row.notes[0][0])
        _follow(draft, row)
    else:
        for number, _ in row.notes:
            close(draft, number, SET_ASIDE, GENERAL_REMARK)
    return told


def _run_on(lines: list[str]) -> str:
    """Lines as one text: where a line goes on in small letters it was only broken."""
    joined = ""
    for line in lines:
        goes_on = joined and line[0].islower() and joined[-1] not in ".;:!?"
        joined += f" {line}" if goes_on else f"\n{line}" if joined else line
    return joined


def _follow(draft: Draft, row: Row) -> None:
    for number, _ in row.notes[1:]:
        join(draft, number, row.notes[0][0])
