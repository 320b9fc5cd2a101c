"""When B12 was given, as far as the record tells, as stretches of days that a chart can shade."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from cobalens.model.record import Event, Span
from cobalens.report.case import Case
from cobalens.report.charts.readings import date_on
from cobalens.report.words import layout

TREATMENT = "treatment_state"


class Course(Struct, frozen=True):
    """One course. An open beginning is ``None``; an open end is an ongoing course, or one whose days are not known."""

    name: str
    words: str
    begin: int | None
    end: int | None
    ongoing: bool
    known: bool


def events(case: Case) -> Iterator[Event]:
    """Doses of B12 that were really given to this person."""
    fact = case.fact(TREATMENT)
    names = {*fact.of, *fact.routed} if fact else set()
    for event in case.record.events:
        if (
            event.concept in names
            and event.affirmed
            and not (event.doubt or event.family)
            and event.time != "planned"
            and (event.start.first is None or event.start.first <= 0)
        ):
            yield event


def courses(case: Case) -> list[Course]:
    found = [course_of(case, event) for event in events(case)]
    order = sorted(
        dict.fromkeys(found), key=lambda one: (one.begin is None, one.begin or 0, one.end or 0, one.name)
    )
    dated = {one.name for one in order if one.known and (one.begin is not None or one.end is not None)}
    # A mention without days beside a dated course of the same product is that course again.
    return [one for one in order if one.name not in dated or one.begin is not None or one.end is not None]


def course_of(case: Case, event: Event) -> Course:
    concept = case.ruleset.concepts.get(event.concept)
    name = case.named(concept.label) if concept else event.concept
    begin, end = middle(event.start), middle(event.stop)
    ongoing = event.time == "current" and not event.stop.known
    end = min(end, 0) if end is not None else 0 if ongoing else None
    known = begin is not None or end is not None
    if ongoing:
        words = (
            layout(case, "chart_course_on", first=date_on(case, begin))
            if begin is not None
            else layout(case, "chart_course_open")
        )
    elif end is None and begin is None:
        words = layout(case, "chart_course_undated")
    elif begin is None and end is not None:
        words = layout(case, "chart_course_ended", last=date_on(case, end))
    elif end is None or begin == end:
        words = date_on(case, begin or 0)
    else:
        words = layout(case, "chart_course_over", first=date_on(case, begin or 0), last=date_on(case, end))
    return Course(name, layout(case, "chart_course", name=name, when=words), begin, end, ongoing, known)


def middle(span: Span) -> int | None:
    if span.first is not None and span.last is not None:
        return (span.first + span.last) // 2
    return span.first if span.first is not None else span.last
