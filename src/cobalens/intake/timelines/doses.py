"""When the vitamin was given, as far as the record tells, and what that makes of a sample taken on some day."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from cobalens.intake.timelines.readings import Reading
from cobalens.intake.timelines.statements import Stated, counts
from cobalens.model.record import Event
from cobalens.model.ruleset import Fact

Timing = Literal["before", "same_day", "after", "washed_out", "unsure"]


class Course(Struct, frozen=True):
    """One course of doses. Its first dose lies in ``[begin_first, begin_last]``, its last in ``[end_first, end_last]``.

    ``begin_first`` is ``None`` where the beginning is not known.
    """

    event: Event
    ongoing: bool
    begin_first: int | None
    begin_last: int
    end_first: int | None
    end_last: int


SAMPLE_BEFORE, SAMPLE_AFTER = "sample_before_dose", "sample_after_dose"
"""Concepts by which a record says in words where the sample stands to the doses."""


def courses(stated: Iterable[Stated], fact: Fact, routeless: frozenset[str] = frozenset()) -> list[Course]:
    """Every course that the fact counts as treatment; doubtful ones are left to the reader.

    ``routeless``: concepts that name the product whatever its route.
    """
    found = []
    for item in stated:
        event = item.event
        if not event.affirmed or event.doubt or event.family or item.phase == "planned":
            continue
        if counts(event, fact) is False:
            continue
        start = event.start
        begin_last = min(start.last, 0) if start.last is not None else 0
        ongoing = item.phase == "current"
        stop = event.stop if event.stop.known else item.ended
        if stop.known:
            end_first = stop.first if stop.first is not None else start.first
            end_last = min(stop.last, 0) if stop.last is not None else 0
        else:
            end_first, end_last = (0 if ongoing else start.first), 0
        found.append(Course(event, ongoing, start.first, begin_last, end_first, end_last))
    dated = {course.event.concept for course in found if _is_dated(course)}
    return [course for course in found if _is_dated(course) or not _is_repeated(course, dated, routeless)]


def _is_dated(course: Course) -> bool:
    return course.event.start.known or course.event.stop.known


def _is_repeated(course: Course, dated: set[str], routeless: frozenset[str]) -> bool:
    """A mention without dates beside a dated course of the same product is that course again."""
    concept = course.event.concept
    return concept in dated or bool(dated & routeless) or (bool(dated) and concept in routeless)


def timing(sample: Reading, course: Course, washout: int | None, said: str = "") -> Timing:
    """Where a sample stands to one course of doses. ``said``: what the record says of it in words."""
    found = _by_dates(sample, course, washout)
    if found == "before" or (found in ("after", "washed_out") and _is_dated(course)):
        return found
    return {SAMPLE_BEFORE: "before", SAMPLE_AFTER: "after"}.get(said, found)  # type: ignore[return-value]


def _by_dates(sample: Reading, course: Course, washout: int | None) -> Timing:
    first, last = sample.first, sample.last
    if course.begin_first is None and course.ongoing:
        return "after"
    # The one sample that is spoken of without a date is today's, and the doses are being given.
    if first is None and course.ongoing and course.begin_last < 0:
        return "after"
    if first is None or last is None:
        return "unsure"
    if course.begin_first is not None and last < course.begin_first:
        return "before"
    if washout is not None and not course.ongoing and first >= course.end_last + washout:
        return "washed_out"
    if course.begin_first is not None and first == last == course.begin_first == course.begin_last:
        return "same_day"
    started = first > course.begin_last
    if started and course.end_first is not None and (washout is None or last < course.end_first + washout):
        return "after"
    return "unsure"


class Given(Struct, frozen=True):
    """The treatment of one person, as far as it bears on samples."""

    courses: tuple[Course, ...] = ()
    washout: int | None = None
    said: str = ""
    """What the record says of the sample: before or after the doses."""


NOT_GIVEN = Given()


def is_untreated(sample: Reading, given: Given) -> bool:
    """Taken before the first dose, on the day of the first dose (it follows the sample), or after the wash-out."""
    if not given.courses:
        return given.said != SAMPLE_AFTER
    return all(
        timing(sample, course, given.washout, given.said) in ("before", "same_day", "washed_out")
        for course in given.courses
    )


def same_treatment(older: Reading, newer: Reading, given: Given) -> bool:
    """No course begins or ends between two samples, so that they may be compared."""
    for course in given.courses:
        begins_between = course.begin_first is None or course.begin_first <= newer.day
        begins_between = begins_between and course.begin_last >= older.day
        if course.begin_first is None and course.ongoing:
            begins_between = False
        ends_between = not course.ongoing and course.end_last >= older.day
        ends_between = ends_between and (course.end_first is None or course.end_first <= newer.day)
        if begins_between or ends_between:
            return False
    return True
