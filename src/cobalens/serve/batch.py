"""`cobalens interpret`: one person after another, each with an interpretation or an error record."""

from __future__ import annotations

import datetime as dt
import gc
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from cobalens import errors
from cobalens.api import Cobalens, load
from cobalens.errors import CobalensError
from cobalens.intake.recognise import People
from cobalens.model.interpretation import Interpretation, Quality
from cobalens.model.record import Record
from cobalens.report.case import Case
from cobalens.serve import refusals
from cobalens.serve.inputs import Input, inputs, unique

DONE, FAILED, REFUSED = 0, 1, 2
DUPLICATE = "data_quality:duplicate_id"
DEFAULT_ID = "case"
BRIEF = 1_000_000
"""Bytes of one input up to which it is read without collecting garbage on the way."""
TABLES = ("csv", "xlsx")
PAGES = ("html", "pdf")


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for on the command line."""

    form: str | None
    out: str | None
    audience: str
    strict: bool
    show_reading: bool
    as_of: str | None
    pack: str
    language: str
    complete: frozenset[str]
    mapping: str | None = None
    """The file that says what the columns of a table hold."""


class Failure(msgspec.Struct, frozen=True):
    """A person that could not be read."""

    id: str
    error: dict[str, str]


class Done(msgspec.Struct, frozen=True):
    """A person's interpretation with the reading it came from."""

    case: Case
    said: Interpretation
    source: bytes = b""
    """What the person was read from."""


def run(names: tuple[str, ...], wanted: Wanted) -> int:
    door = load(wanted.pack, None, wanted.language)
    given = list(inputs(names))
    if len(given) > 1 or any(isinstance(one.content, bytes) and len(one.content) > BRIEF for one in given):
        # What has been loaded stays to the end; what is made of each of many people should not.
        gc.freeze()
        gc.enable()
    results = people(door, given, wanted)
    if len(given) == 1:
        found = list(results)
        if len(found) == 1:
            return single(found[0], given[0], wanted.form or "text", wanted)
        results = iter(found)
    form = wanted.form or "ndjson"
    if form == "hl7":
        good, bad = as_messages(results, wanted.out)
    elif form in TABLES:
        good, bad = as_tables(results, form, wanted.out)
    elif form == "text" or form in PAGES:
        if form in PAGES and wanted.out is None:
            raise refusals.pages_need_a_place(form)
        good, bad = as_texts(results, wanted, form)
    else:
        good, bad = as_data(results, form, wanted)
    print(f"{good} interpreted, {bad} could not be read", file=sys.stderr)
    return FAILED if good == 0 or (wanted.strict and bad) else DONE


def single(result: Done | Failure, source: Input, form: str, wanted: Wanted) -> int:
    """One person: a refusal is told as such, and stands in the data too where data was asked for."""
    if form == "hl7":
        if isinstance(result, Failure):
            raise refused(result)
        as_messages(iter([result]), wanted.out)
        return DONE
    if form in TABLES:
        as_tables(iter([result]), form, wanted.out)
        if isinstance(result, Failure):
            raise refused(result)
        return DONE
    if form == "text":
        if isinstance(result, Failure):
            raise refused(result)
        if wanted.out:
            write(wanted.out, page(result, wanted) + "\n")
        else:
            show(result, wanted)
        return DONE
    if form in PAGES:
        if isinstance(result, Failure):
            raise refused(result)
        put_bytes(wanted, file_of(result, wanted, form), form)
        return DONE
    text = encode(result, form, wanted.audience, indent=form != "ndjson") + "\n"
    put(wanted.out, text)
    if isinstance(result, Failure):
        raise refused(result)
    return DONE


def refused(failure: Failure) -> CobalensError:
    error = failure.error
    return CobalensError(
        error["code"],
        placed(failure.id, error["where"]),
        error["problem"],
        error["likely"],
        error["next"],
    )


def placed(id: str, where: str) -> str:
    """Where, for a person: the file, then the place in it."""
    return id if where in ("", "input", id) else f"{id}, {where}"


def read_one(door: Cobalens, one: Input, as_of: str | None, complete: frozenset[str]) -> Record:
    """As ``read``, for a command about one person: a refusal names the file."""
    try:
        found = read(door, one, as_of, complete)
        if len(found) != 1:
            raise errors.two_people("input")
        if isinstance(found[0], Record):
            return found[0]
        raise found[0].error
    except CobalensError as error:
        raise refused(Failure(one.id, error.as_dict())) from None


def people(door: Cobalens, given: list[Input], wanted: Wanted) -> Iterator[Done | Failure]:
    taken: dict[str, int] = {}
    mapping = content_of_mapping(wanted.mapping)
    for one in given:
        try:
            found = read(door, one, wanted.as_of, wanted.complete, mapping)
        except CobalensError as error:
            yield Failure(unique(one.id, taken), error.as_dict())
            continue
        for person in found:
            called = unique(person.id, taken)
            if isinstance(person, Record):
                done = judged(door, person, called, wanted.show_reading)
                yield replace(done, source=one.content) if isinstance(one.content, bytes) else done
            else:
                yield Failure(called, person.error.as_dict())


def judged(door: Cobalens, record: Record, called: str, show_reading: bool) -> Done:
    case, said = door.judged(replace(record, id=called), show_reading=show_reading)
    if called != record.id:
        note = Quality(DUPLICATE, "id", case.say("layout:duplicate_id").title)
        said = replace(said, data_quality=(*said.data_quality, note))
    return Done(case, said)


def content_of_mapping(name: str | None) -> bytes | None:
    if name is None:
        return None
    try:
        return Path(name).read_bytes()
    except OSError:
        raise refusals.no_such_file(Path(name).name) from None


def read(
    door: Cobalens, one: Input, as_of: str | None, complete: frozenset[str], mapping: bytes | None = None
) -> People:
    """The records, each called by its own id or else by its file; dated input without a day of decision is judged today."""
    if isinstance(one.content, CobalensError):
        raise one.content
    try:
        found = door.read_many(one.content, as_of, complete, mapping=mapping)
    except CobalensError as error:
        if as_of is not None or error.code != "as_of_needed":
            raise
        today = dt.datetime.now(dt.UTC).astimezone().date().isoformat()
        found = door.read_many(one.content, today, complete, mapping=mapping)
    several = len(found) > 1
    return [
        replace(person, id=f"{one.id}#{number}" if several else one.id) if person.id == DEFAULT_ID else person
        for number, person in enumerate(found, 1)
    ]


# --- Output ---------------------------------------------------------------------------------------------------------


def encode(result: Done | Failure, form: str, audience: str = "clinician", indent: bool = False) -> str:
    """One person as data: the interpretation, or what an exchange format makes of it."""
    data = msgspec.json.encode(exchanged(result, form, audience) if isinstance(result, Done) else result)
    return (msgspec.json.format(data, indent=2) if indent else data).decode()


def exchanged(result: Done, form: str, audience: str) -> Any:
    if form == "fhir":
        from cobalens.report.fhir import bundle

        return bundle(result.case, result.said, audience)
    return result.said


def as_data(results: Iterator[Done | Failure], form: str, wanted: Wanted) -> tuple[int, int]:
    """One object a line, written as it comes, or one list."""
    good = bad = 0
    parts: list[str] = []
    for result in results:
        good, bad = good + isinstance(result, Done), bad + isinstance(result, Failure)
        if form != "json" and wanted.out is None:
            print(encode(result, form, wanted.audience))
        else:
            parts.append(encode(result, form, wanted.audience, indent=form == "json"))
    if form == "json":
        put(wanted.out, "[\n" + ",\n".join(parts) + "\n]\n")
    elif wanted.out is not None:
        put(wanted.out, "".join(f"{part}\n" for part in parts))
    return good, bad


def as_messages(results: Iterator[Done | Failure], out: str | None) -> tuple[int, int]:
    """HL7 v2 messages one after another, as bytes; whoever could not be read is told on standard error."""
    from cobalens.report.hl7v2 import message

    good = bad = 0
    made: list[bytes] = []
    for result in results:
        if isinstance(result, Failure):
            bad += 1
            print(encode(result, "json"), file=sys.stderr)
        else:
            good += 1
            made.append(message(result.case, result.said, result.source))
    if out is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(b"".join(made))
        sys.stdout.buffer.flush()
    else:
        write(out, b"".join(made))
    return good, bad


def as_tables(results: Iterator[Done | Failure], form: str, out: str | None) -> tuple[int, int]:
    """One row a person. A workbook holds the findings too; beside a CSV file they stand in a file of their own."""
    from cobalens.report import tables

    found = list(results)
    told = [
        tables.Told(one.said.id, one.case, one.said)
        if isinstance(one, Done)
        else tables.Told(one.id, error=one.error)
        for one in found
    ]
    if form == "xlsx":
        if out is None and sys.stdout.isatty():
            raise refusals.workbook_needs_a_place()
        book = tables.workbook(told, tables.about(told))
        if out is None:
            sys.stdout.flush()
            sys.stdout.buffer.write(book)
            sys.stdout.buffer.flush()
        else:
            write(out, book)
    elif out is None:
        # The lines end as the format wants them, whatever the system makes of an end of line.
        sys.stdout.flush()
        sys.stdout.buffer.write(tables.people_csv(told).encode())
        sys.stdout.buffer.flush()
    else:
        path = Path(out)
        write(out, b"\xef\xbb\xbf" + tables.people_csv(told).encode())
        write(
            str(path.with_name(f"{path.stem}-findings{path.suffix or '.csv'}")),
            b"\xef\xbb\xbf" + tables.findings_csv(told).encode(),
        )
    good = sum(isinstance(one, Done) for one in found)
    return good, len(found) - good


def as_texts(results: Iterator[Done | Failure], wanted: Wanted, form: str = "text") -> tuple[int, int]:
    """Pages one below another, or numbered files in a folder with a map: an id is never a file name."""
    kind = "txt" if form == "text" else form
    good = bad = 0
    names: dict[str, str] = {}
    for number, result in enumerate(results, 1):
        good, bad = good + isinstance(result, Done), bad + isinstance(result, Failure)
        if wanted.out:
            name = f"{number:04}.{kind if isinstance(result, Done) else 'error.json'}"
            names[name] = result.said.id if isinstance(result, Done) else result.id
            write(
                str(Path(wanted.out) / name),
                file_of(result, wanted, form)
                if isinstance(result, Done)
                else encode(result, "json", indent=True) + "\n",
            )
        elif isinstance(result, Done):
            print(f"=== {result.said.id}\n")
            show(result, wanted)
            print()
        else:
            print(f"=== {result.id}\n\n{result.error['problem']} {result.error['next']}\n")
    if wanted.out:
        write(
            str(Path(wanted.out) / "map.json"),
            msgspec.json.format(msgspec.json.encode(names)).decode() + "\n",
        )
    return good, bad


def show(result: Done, wanted: Wanted) -> None:
    from cobalens.serve import terminal

    terminal.show(sections(result, wanted))


def file_of(result: Done, wanted: Wanted, form: str) -> str | bytes:
    """One person's page: plain text, the answer with its charts, or the one-page sheet."""
    if form == "text":
        return page(result, wanted) + "\n"
    from cobalens.serve import drawing

    if not drawing.can_draw():
        raise refusals.pages_not_installed()
    door = load(wanted.pack, None, wanted.language)
    if form == "html":
        made = sections(result, wanted)
        return drawing.answer_html(door, result.case, result.said, made, wanted.audience)
    return drawing.sheet_pdf(door, result.case, result.said, wanted.audience)


def page(result: Done, wanted: Wanted) -> str:
    from cobalens.report.text import plain

    return plain(sections(result, wanted), 100)


def sections(result: Done, wanted: Wanted) -> list[Any]:
    from cobalens.report.pages import clinician_page, patient_page
    from cobalens.report.reading import reading_section

    make = patient_page if wanted.audience == "patient" else clinician_page
    made = list(make(result.case, result.said))
    if wanted.show_reading:
        made.append(reading_section(result.case))
    return made


def put(out: str | None, text: str) -> None:
    if out is None:
        sys.stdout.write(text)
    else:
        write(out, text)


def put_bytes(wanted: Wanted, content: str | bytes, form: str) -> None:
    if wanted.out is not None:
        write(wanted.out, content)
    elif isinstance(content, str):
        sys.stdout.write(content)
    elif sys.stdout.isatty():
        raise refusals.pages_need_a_place(form)
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()


def write(out: str, content: str | bytes) -> None:
    path = Path(out)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    except OSError:
        raise refusals.cannot_be_written(out) from None
