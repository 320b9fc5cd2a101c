"""`cobalens interpret`: one person after another, each with an interpretation or an error record."""

from __future__ import annotations

import datetime as dt
import gc
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import chain, islice
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
from cobalens.serve import output_refusals, refusals, streams
from cobalens.serve.cohort.progress import telling
from cobalens.serve.given import refuse_early, refuse_overwriting
from cobalens.serve.inputs import Input, Place, places, unique
from cobalens.serve.inputs import read as read_place
from cobalens.serve.letters import writable
from cobalens.serve.naming import is_unnamed, own_id
from cobalens.serve.outputs import ERROR, opened, pages_in, put, put_bytes, write
from cobalens.serve.status import DONE, FAILED
from cobalens.serve.whereabouts import tell_place

DUPLICATE = "data_quality:duplicate_id"
SET_ASIDE = "set_aside"
REFUSAL = 400
"""As what HTTP would say it."""
BRIEF = 1_000_000
"""Bytes of one input up to which it is read without collecting garbage on the way."""
MANY = 20
"""Files, or people of one file, from which on somebody who looks is told how far it has come."""
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
    place: str = ""
    """The file, where the id is the record's own."""

    def as_dict(self) -> dict[str, Any]:
        return {"id": self.id, "error": self.error}


class Told(msgspec.Struct):
    """What of a run is told besides, when it is over."""

    again: int = 0
    """People with an id that was met before."""
    aside: int = 0
    """Pieces of the input that were set aside."""

    def noting(self, results: Iterable[Done | Failure]) -> Iterator[Done | Failure]:
        for one in results:
            if isinstance(one, Done):
                self.aside += sum(piece.fate == SET_ASIDE for piece in one.case.record.elements)
                self.again += any(note.code == DUPLICATE for note in one.said.data_quality)
            yield one

    def tell(self, wanted: Wanted, left_out: dict[str, int]) -> None:
        """Kinds of files and counts alone: a name may be that of a person."""
        if self.again:
            print(f"with an id that was met before, judged apart: {self.again}", file=sys.stderr)
        if self.aside and not wanted.show_reading:
            print(
                f"pieces of the input set aside: {self.aside}; --show-reading says which, and why",
                file=sys.stderr,
            )
        if left_out:
            told = ", ".join(f"{ending} {count}" for ending, count in left_out.items())
            print(f"left out of the folder, by the kind of file: {told}", file=sys.stderr)


class Done(msgspec.Struct, frozen=True):
    """A person's interpretation with the reading it came from."""

    case: Case
    said: Interpretation
    source: bytes = b""
    """What the person was read from."""


Fault = Callable[[Exception], CobalensError]


def raising(error: Exception) -> CobalensError:
    raise error


def told_of(error: Exception) -> CobalensError:
    tell_place(error)
    return output_refusals.internal_error()


def run(names: tuple[str, ...], wanted: Wanted) -> int:
    door = load(wanted.pack, None, wanted.language)
    refuse_early(door, wanted.as_of, wanted.complete)
    named = places(names)
    given = named.found
    refuse_overwriting(wanted.out, given)
    if wanted.form == "csv" and wanted.out is not None and not is_folder(wanted.out):
        refuse_overwriting(findings_beside(wanted.out), given)
    if len(given) > 1:
        lasting()
    told = Told()
    with closing(contents(given, wanted.out is None and sys.stdout.isatty())) as read_in:
        results = told.noting(people(door, read_in, wanted, told_of))
        first = list(islice(results, 2))
        one = len(given) == 1 and len(first) == 1
        if one and not is_folder(wanted.out) and not (named.of_folder and given[0].files and piped(wanted)):
            status = single(first[0], wanted.form or "text", wanted)
            told.tell(wanted, named.left_out)
            return status
        usual = "text" if one and not named.of_folder else "ndjson"
        good, bad = several(chain(first, results), wanted, wanted.form or usual)
    told.tell(wanted, named.left_out)
    print(f"{good} interpreted, {bad} could not be read", file=sys.stderr)
    return FAILED if good == 0 or (wanted.strict and bad) else DONE


def several(results: Iterator[Done | Failure], wanted: Wanted, form: str) -> tuple[int, int]:
    """How many were interpreted, and how many could not be read."""
    if form == "hl7":
        return as_messages(results, wanted.out)
    if form in TABLES:
        return as_tables(results, form, wanted.out)
    if form == "text" or form in PAGES:
        if form in PAGES and wanted.out is None:
            raise refusals.pages_need_a_place(form, several=True)
        return as_texts(results, wanted, form)
    return as_data(results, form, wanted)


def lasting() -> None:
    """What has been loaded stays to the end; what is made of each of many people should not."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def piped(wanted: Wanted) -> bool:
    """Whether a program will take the answers: to it a folder is one of several, also on the day on which it holds one file."""
    return wanted.out is not None or wanted.form not in (None, "text") or not sys.stdout.isatty()


def is_folder(out: str | None) -> bool:
    """Whether what is to be written goes into a folder that is there, or is named as one."""
    return out is not None and (out.endswith("/") or Path(out).is_dir())


def single(result: Done | Failure, form: str, wanted: Wanted) -> int:
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
        put_bytes(wanted.out, file_of(result, wanted, form), form)
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
        placed(failure.place or failure.id, error["where"]),
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


def contents(given: Sequence[Place], quiet: bool) -> Generator[Input]:
    """One place after another is read when its turn comes, so that no more than one is held; on a terminal with its progress."""
    alone = list(read_place(given[0])) if len(given) == 1 else []
    total = len(alone) or len(given)
    with telling(quiet or total < MANY) as begin:
        advance = begin("people answered" if alone else "files answered", total, 0)
        for one in alone or given:
            # Whoever asks for the next has done with the one before.
            yield from [one] if isinstance(one, Input) else read_place(one)
            advance(1)


def people(
    door: Cobalens, given: Iterable[Input], wanted: Wanted, fault: Fault = raising
) -> Iterator[Done | Failure]:
    """Everybody in turn. ``fault``: what becomes of a fault of the program itself, which is no reason to leave others unread."""
    taken: dict[str, int] = {}
    mapping = content_of_mapping(wanted.mapping)
    for one in given:
        if isinstance(one.content, bytes) and len(one.content) > BRIEF:
            lasting()
        try:
            found = read(door, one, wanted.as_of, wanted.complete, mapping)
        except CobalensError as error:
            yield Failure(unique(own_id(one), taken), error.as_dict(), one.id)
            continue
        except Exception as error:  # noqa: BLE001 - whatever it is, the next may well be read
            yield Failure(unique(own_id(one), taken), fault(error).as_dict(), one.id)
            continue
        for person in found:
            called = unique(person.id, taken)
            if not isinstance(person, Record):
                yield Failure(called, person.error.as_dict())
                continue
            try:
                done = judged(door, person, called, wanted.show_reading)
            except Exception as error:  # noqa: BLE001 - as above
                yield Failure(called, fault(error).as_dict())
                continue
            yield replace(done, source=one.content) if isinstance(one.content, bytes) else done


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
        replace(person, id=f"{one.id}#{number}" if several else one.id) if is_unnamed(person.id) else person
        for number, person in enumerate(found, 1)
    ]


# --- Output ---------------------------------------------------------------------------------------------------------


def encode(result: Done | Failure, form: str, audience: str = "clinician", indent: bool = False) -> str:
    """One person as data: the interpretation, or what an exchange format makes of it, or of the refusal."""
    made = exchanged(result, form, audience)
    try:
        data = msgspec.json.encode(made)
    except UnicodeEncodeError:
        data = msgspec.json.encode(writable(msgspec.to_builtins(made)))
    return (msgspec.json.format(data, indent=2) if indent else data).decode()


def exchanged(result: Done | Failure, form: str, audience: str) -> Any:
    if form == "fhir" and isinstance(result, Done):
        from cobalens.report.fhir import bundle

        return bundle(result.case, result.said, audience)
    if form == "fhir" and isinstance(result, Failure):
        from cobalens.serve.web.outcomes import outcome

        # Whoever reads lines of FHIR finds FHIR in each of them.
        return outcome(CobalensError(**result.error), REFUSAL, result.id)
    return result.said if isinstance(result, Done) else result.as_dict()


def as_data(results: Iterator[Done | Failure], form: str, wanted: Wanted) -> tuple[int, int]:
    """One object a line, or one list; each is written as it comes, so that memory does not grow with their number."""
    good = bad = 0
    listed = form == "json"
    with opened(wanted.out) as put_there:
        for result in results:
            begin = ("[\n" if not good + bad else ",\n") if listed else ""
            good, bad = good + isinstance(result, Done), bad + isinstance(result, Failure)
            told = encode(result, form, wanted.audience, indent=listed)
            put_there(f"{begin}{told}" if listed else f"{told}\n")
        if listed:
            put_there("\n]\n" if good + bad else "[\n\n]\n")
    return good, bad


def as_messages(results: Iterator[Done | Failure], out: str | None) -> tuple[int, int]:
    """HL7 v2 messages one after another, each as it comes; whoever could not be read is told on standard error."""
    from cobalens.report.hl7v2 import message

    good = bad = 0
    with opened(out) as put_there:
        for result in results:
            if isinstance(result, Failure):
                bad += 1
                print(encode(result, "json"), file=sys.stderr)
            else:
                good += 1
                put_there(message(result.case, result.said, result.source))
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
        put_bytes(out, book, form)
    elif out is None:
        streams.put(tables.people_csv(told))
    else:
        write(out, b"\xef\xbb\xbf" + tables.people_csv(told).encode())
        write(findings_beside(out), b"\xef\xbb\xbf" + tables.findings_csv(told).encode())
    good = sum(isinstance(one, Done) for one in found)
    return good, len(found) - good


def findings_beside(out: str) -> str:
    """The second file of two."""
    path = Path(out)
    return str(path.with_name(f"{path.stem}-findings{path.suffix or '.csv'}"))


def as_texts(results: Iterator[Done | Failure], wanted: Wanted, form: str = "text") -> tuple[int, int]:
    """Pages one below another, or numbered files in a folder with a map: an id is never a file name."""
    from cobalens.report.text import harmless

    kind = "txt" if form == "text" else form
    good = bad = 0
    folder = pages_in(wanted.out, kind) if wanted.out else None
    try:
        for number, result in enumerate(results, 1):
            good, bad = good + isinstance(result, Done), bad + isinstance(result, Failure)
            if folder is not None and isinstance(result, Done):
                folder.put(number, kind, result.said.id, file_of(result, wanted, form))
            elif folder is not None and isinstance(result, Failure):
                folder.put(number, ERROR, result.id, encode(result, "json", indent=True) + "\n")
            elif isinstance(result, Done):
                print(f"=== {harmless(result.said.id)}\n")
                show(result, wanted)
                print()
            else:
                print(f"=== {harmless(result.id)}\n\n{result.error['problem']} {result.error['next']}\n")
    finally:
        # Also where it is stopped: every page that stands there has its name in the map.
        if folder is not None and folder.names:
            folder.close()
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
