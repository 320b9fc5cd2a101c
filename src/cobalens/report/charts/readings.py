"""The results of a record as a chart needs them: where each lies, in which unit, on which day, and what its limits are."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

from cobalens.model.counterfactual import Edge
from cobalens.model.record import Lab, Span
from cobalens.model.ruleset import Fact, Limit
from cobalens.report.case import Case, Cuts
from cobalens.report.words import for_them, layout, pack_title, plain

_BRACES = re.compile(r"\{([^}]*)\}")
_MICRO = re.compile(r"(?<![A-Za-z])u(?=(?:g|mol|L|IU|kat)\b)")
_AREA = re.compile(r"1\.73[ _]?m2\b")
_POWER = re.compile(r"(?P<number>\d )?\b10[\^*](?P<power>\d{1,2})(?=/)")
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
EXACT, BELOW, ABOVE, BETWEEN = "exact", "below", "above", "between"


class Mark(Struct, frozen=True):
    """Where one result is drawn: at its value, or at its bound with an arrow away from what it excludes."""

    lab: Lab
    kind: str
    at: float
    to: float


def usable(lab: Lab) -> bool:
    return lab.problem is None and lab.unit is not None and (lab.lo is not None or lab.hi is not None)


def mark_of(lab: Lab) -> Mark:
    low, high = lab.lo, lab.hi
    if low is None:
        return Mark(lab, BELOW, float(high or 0), float(high or 0))
    if high is None:
        return Mark(lab, ABOVE, float(low), float(low))
    return Mark(lab, EXACT if low == high else BETWEEN, float((low + high) / 2), float(high))


def label_of(case: Case, analyte: str) -> str:
    found = case.ruleset.analytes.get(analyte)
    return case.named(found.label) if found else analyte


def measured_fact(case: Case, analyte: str) -> Fact | None:
    """A fact that compares this test with limits."""
    facts = [one for one in case.ruleset.facts.values() if one.lab and one.of == (analyte,) and one.limits]
    return facts[0] if facts else None


def limits_in(case: Case, cuts: Cuts, analyte: str, unit: str | None) -> tuple[Edge, ...]:
    """The limits of a test in a unit, lowest first; none for a child, to whom they do not apply, nor any for the other sex."""
    if unit is None or not case.in_scope:
        return ()
    facts = [one for one in case.ruleset.facts.values() if one.lab and one.of == (analyte,) and one.limits]
    found: dict[str, Edge] = {}
    for fact in facts:
        for cut in cuts(fact, unit) or ():
            found.setdefault(cut.name, cut)
    theirs = limits_of(case, analyte)
    found = {name: cut for name, cut in found.items() if name not in theirs or for_them(case, theirs[name])}
    return tuple(sorted(found.values(), key=lambda cut: cut.value))


def limits_of(case: Case, analyte: str) -> dict[str, Limit]:
    """The limits that facts of a test are held against, as published, by their names."""
    facts = (one for one in case.ruleset.facts.values() if one.lab and one.of == (analyte,) and one.limits)
    return {limit.name: limit for fact in facts for limit in case.pack.limits.get(fact.limits_of, ())}


def limits_from(case: Case, analyte: str, names: Iterable[str]) -> str:
    """Whose limits are drawn, in words."""
    fact, wanted = measured_fact(case, analyte), set(names)
    limits = case.pack.limits.get(fact.limits_of, ()) if fact else ()
    return ", ".join(dict.fromkeys(pack_title(case, one) for one in limits if one.name in wanted))


def printed(case: Case, lab: Lab) -> str:
    """The range that the laboratory printed beside a result."""
    if lab.ref_low is not None and lab.ref_high is not None:
        return layout(case, "chart_range_both", low=plain(lab.ref_low), high=plain(lab.ref_high))
    if lab.ref_high is not None:
        return layout(case, "chart_range_up_to", high=plain(lab.ref_high))
    return layout(case, "chart_range_from", low=plain(lab.ref_low)) if lab.ref_low is not None else ""


def plain_unit(words: str) -> str:
    """Units as a printout shows them, without what their codes need: ``mL/min/1.73 m²``, ``µmol/L``, ``10⁹/L``."""
    words = _BRACES.sub(lambda found: found[1].replace("_", " "), words)
    words = _MICRO.sub("µ", _AREA.sub("1.73 m²", words))
    return _POWER.sub(power, words)


def power(found: re.Match[str]) -> str:
    """A power of ten; behind a number with the sign that joins the two: ``5 ×10⁹/L``, but ``10⁹/L`` alone."""
    raised = found["power"].translate(RAISED)
    return f"{found['number']}×10{raised}" if found["number"] else f"10{raised}"


SPOKEN = ((15, "days", 1.0), (60, "weeks", 7.0), (730, "months", 30.44), (float("inf"), "years", 365.25))
"""Fewer days than the first number are told in this unit, which has so many days."""


def date_on(case: Case, day: int) -> str:
    """A day in words: its date where the record is dated."""
    if case.record.as_of:
        import datetime as dt

        try:
            return (dt.date.fromisoformat(case.record.as_of) + dt.timedelta(days=day)).isoformat()
        except OverflowError:
            pass
    return day_told(case, day) if case.for_patient else layout(case, "chart_day", day=day)


def day_told(case: Case, day: int) -> str:
    """A day of an undated record as one would tell it; what lies further off is told less exactly."""
    if day == 0:
        return layout(case, "chart_day_itself")
    side = "before" if day < 0 else "after"
    if abs(day) == 1:
        return layout(case, f"chart_day_{side}")
    unit, length = next((unit, length) for most, unit, length in SPOKEN if abs(day) < most)
    return layout(case, f"chart_{unit}_{side}", count=round(abs(day) / length))


def when(case: Case, span: Span) -> str:
    """The date of a result, or the stretch in which it lies."""
    if span.first is not None and span.first == span.last:
        return date_on(case, span.first)
    if span.first is not None and span.last is not None:
        return layout(case, "chart_between", first=date_on(case, span.first), last=date_on(case, span.last))
    if span.last is not None:
        return layout(case, "chart_until", last=date_on(case, span.last))
    if span.first is not None:
        return layout(case, "chart_since", first=date_on(case, span.first))
    return layout(case, "chart_undated")


def newest(labs: Iterable[Lab]) -> Lab | None:
    """The last of several results of one test: by day, then time; one without a date only where no other is."""
    ordered = sorted(labs, key=lambda lab: (lab.when.known, last_day(lab.when), lab.time))
    return ordered[-1] if ordered else None


def last_day(span: Span) -> int:
    return span.last if span.last is not None else span.first if span.first is not None else 0
