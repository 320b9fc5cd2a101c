"""What one page says about one person, made from what the page before handed over. No request and no template here."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from cobalens.api import Cobalens, load
from cobalens.errors import CobalensError, own_answer, two_people
from cobalens.intake.own import is_own
from cobalens.model.interpretation import Interpretation, Node
from cobalens.model.record import Record
from cobalens.report.case import Case
from cobalens.report.difference import moved_sections, rows
from cobalens.report.items import Section
from cobalens.report.plainly import plain_moved, plain_rows
from cobalens.report.remarks import Remarks, remarks_of
from cobalens.report.view import View, tone, view_of
from cobalens.serve.letters import whole_letters
from cobalens.serve.web import refusals, supposing
from cobalens.serve.web.held import CLINICIAN, PATIENT, Held, opened, seal
from cobalens.serve.web.reading import dated
from cobalens.serve.web.settings import Settings
from cobalens.serve.web.words import SOURCE

if TYPE_CHECKING:
    from cobalens.report.charts.chart import Chart

YES, PDF = "1", "pdf"
UNKNOWN_KIND = "unknown_kind"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One answer as a page shows it."""

    held: Held
    case: Case
    said: Interpretation
    view: View
    tone: str
    looked_ahead: bool
    controls: supposing.Controls
    """None before the part that comes later, in which they stand."""


class Supposed(msgspec.Struct, frozen=True, kw_only=True):
    """Before and after something was supposed, or why it cannot be."""

    rows: tuple[tuple[str, str, str, bool], ...] = ()
    sections: tuple[Section, ...] = ()
    problem: CobalensError | None = None
    nothing: bool = False


class Drawn(msgspec.Struct, frozen=True):
    """One chart as a page shows it: the picture as base64, light and dark, and the definition for a script to draw it anew."""

    chart: Chart
    picture: str
    dark: str
    live: str


class Desk(msgspec.Struct, frozen=True):
    """The knowledge in every language, and how the pages are served."""

    settings: Settings
    doors: dict[str, Cobalens]
    borrowed: frozenset[str] = frozenset()
    """Languages of the pages in which the clinical text does not stand yet: it is shown in English, and a line says so."""

    def door(self, language: str) -> Cobalens:
        return self.doors[language]

    def held(self, form: Mapping[str, Any]) -> Held:
        """The record that the page before handed over, with what the form says of how to show it."""
        held = opened(str(form.get("held", "")), self.settings.key)
        audience = form.get("audience", held.audience)
        if audience in (PATIENT, CLINICIAN) and audience != held.audience:
            held = replace(held, audience=audience)
        return held

    def sealed(self, held: Held) -> str:
        return seal(held, self.settings.key)


def desk_for(settings: Settings, languages: tuple[str, ...]) -> Desk:
    doors = {SOURCE: load(settings.pack)}
    borrowed = set()
    for language in languages:
        try:
            doors[language] = load(settings.pack, None, language)
        except CobalensError:
            if language == SOURCE:
                raise
            doors[language] = doors[SOURCE]
            borrowed.add(language)
    return Desk(settings, doors, frozenset(borrowed))


def read_input(door: Cobalens, content: bytes, as_of: str) -> Record:
    """One person's record from what was pasted or uploaded."""
    if is_own(content):
        raise own_answer("input")
    people = door.read_many(whole_letters(content), day(as_of))
    if len(people) != 1:
        raise two_people("input")
    if not isinstance(people[0], Record):
        raise people[0].error
    return dated(people[0], as_of)


def day(text: str) -> str | None:
    return text.strip() or None


def today() -> str:
    """Only ever filled into a field that the reader sees and can change, or printed on a card whose caller could have said it."""
    return dt.datetime.now().astimezone().date().isoformat()


def holding(record: Record, form: Mapping[str, Any], pack: str) -> Held:
    audience = form.get("audience")
    return Held(
        record=record,
        pack=pack,
        audience=CLINICIAN if audience == CLINICIAN else PATIENT,
        someone=form.get("someone") == YES,
    )


def answer(door: Cobalens, held: Held, look_ahead: bool) -> Answer:
    # What is to be copied as text stands beside what is worked out later, and so do tests and what is missing.
    case, said = door.judged(held.record, look_ahead=look_ahead, whole=look_ahead)
    return Answer(
        held=held,
        case=case,
        said=said,
        view=view_of(case, said, held.audience, whole=look_ahead),
        tone=tone(said),
        looked_ahead=look_ahead,
        controls=supposing.controls(door, case, said, held.audience == PATIENT)
        if look_ahead
        else supposing.NONE,
    )


def trace(door: Cobalens, held: Held, code: str) -> tuple[Node, ...]:
    """On what a statement rests: down to rows and limits for a clinician, in plain words for a patient."""
    if held.audience == PATIENT:
        return door.explain_plainly(held.record, code)
    return door.explain(held.record, code)


def supposed(door: Cobalens, held: Held, form: Mapping[str, str]) -> Supposed:
    try:
        settings = supposing.settings_of(form)
        if not settings:
            return Supposed(nothing=True)
        made = door.what_if(held.record, settings)
        case = door.case(held.record)
    except CobalensError as error:
        return Supposed(problem=error)
    if held.audience == PATIENT:
        return Supposed(rows=tuple(plain_rows(case, made)), sections=tuple(plain_moved(case, made)))
    return Supposed(rows=tuple(rows(case, made)), sections=tuple(moved_sections(case, made)))


def drawn(door: Cobalens, held: Held) -> list[Drawn]:
    """The charts that are meant for this reader, each with its picture, ready to stand in the page itself."""
    from cobalens.serve.drawing import charts_for

    found = charts_for(door, door.case(held.record), held.audience)
    return [pictured(one) for one in found]


def pictured(chart: Chart) -> Drawn:
    from cobalens.report.charts.palette import on_dark
    from cobalens.report.charts.picture import svg

    picture = svg(chart)
    light, dark = (base64.b64encode(one.encode()).decode() for one in (picture, on_dark(picture)))
    return Drawn(chart, light, dark, live_form(chart))


def live_form(chart: Chart) -> str:
    """The definition for a chart that a script draws; empty where pointing at it would tell nothing more."""
    written = msgspec.json.encode(chart.spec).decode()
    return written if '"tooltip":[' in written else ""


def sheet(door: Cobalens, held: Held, audience: str, kind: str) -> bytes:
    """The visit sheet of a patient or a clinician's summary, as a PDF or as one file of HTML."""
    from cobalens.serve.drawing import sheet_html, sheet_pdf

    case, said = door.judged(held.record)
    if kind == PDF:
        return sheet_pdf(door, case, said, audience)
    return sheet_html(door, case, said, audience).encode()


def naming(door: Cobalens) -> Callable[[str], str]:
    """The name of a test or fact as a heading in the reader's language."""
    words = door.ruleset.text.get(door.language, {})

    def named(label: str) -> str:
        found = words.get(f"label:{label}")
        name = found.title if found else label
        return name[:1].upper() + name[1:]

    return named


def remarking(door: Cobalens) -> Remarks:
    """Refusals and remarks on what was read, in the reader's language."""
    return remarks_of(door.ruleset.text.get(door.language, {}))


def nothing_given(content: bytes) -> None:
    if not content.strip():
        raise refusals.nothing_given()


def in_their_words(error: CobalensError, pasted: bool) -> CobalensError:
    """Whoever typed a few words did not think of formats."""
    return refusals.nothing_found() if pasted and error.code == UNKNOWN_KIND else error
