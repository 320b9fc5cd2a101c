"""The words around the sentences: headings, joints, dates, limits and marks, all from ``text/<language>/layout.toml``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from cobalens.model.interpretation import Citation, Interpretation, Used
from cobalens.model.ruleset import UNKNOWN, Fact, Limit, Ruleset
from cobalens.report.case import Case, rank

MARKED = ("memory", "proposal")
RANGE_WORDS = ("below", "within", "above")
SOURCE = "en"
"""The language in which the knowledge is written, and in which clinicians read it."""


def layout(case: Case, key: str, **parts: object) -> str:
    return case.say(f"layout:{key}").title.format(**parts)


def for_clinicians(case: Case) -> Case:
    """The same person in the language of the knowledge: what clinicians alone read is not translated."""
    return case if case.language == SOURCE else replace(case, language=SOURCE)


def pending(ruleset: Ruleset, language: str) -> str:
    """Says that a translation waits for a clinical reader; nothing in the language of the knowledge, or once it was read."""
    words = ruleset.text[language].get("layout:translation_pending")
    return words.title if words and language != SOURCE else ""


def mark(case: Case, status: str | None) -> str:
    """What is shown beside a statement that no source has been checked for."""
    return layout(case, f"mark_{status}") if status in MARKED else ""


def year(case: Case, number: int | None) -> str:
    return layout(case, "year", year=number) if number else ""


def read_by(case: Case, said: Interpretation) -> str:
    """The pack with its year, and how well the limits are verified: part of every conclusion."""
    basis = said.pack_basis
    status = (
        layout(case, "limits_used", status=", ".join(basis.status))
        if basis.status
        else layout(case, "no_limit")
    )
    return layout(case, "read_by", title=basis.title, year=year(case, basis.year), status=status)


def ruleset_line(case: Case, said: Interpretation) -> str:
    return layout(case, "ruleset", version=said.cobalens, hash=short(said.ruleset))


def short(hash: str) -> str:
    """Enough of a hash to tell two rulesets apart."""
    return hash.removeprefix("sha256:")[:12]


def when_said(case: Case, date: str | None, day: int | None) -> str:
    if date:
        return layout(case, "on_date", date=date)
    if day == 0:
        return layout(case, "today")
    return "" if day is None else layout(case, "on_day", day=day)


def results(case: Case, facts: Iterable[Used]) -> list[tuple[str, str]]:
    """The results among some facts, each once: its name, and its value with day, reading and limit."""
    found: dict[tuple[str, str | None], tuple[str, str]] = {}
    for one in facts:
        fact = case.ruleset.facts[one.fact]
        if is_result(one) and (fact.limits or one.reading in RANGE_WORDS):
            analyte = case.ruleset.analytes.get(fact.of[0])
            label = analyte.label if analyte else fact.label
            found.setdefault((fact.of[0], one.from_), (label, result(case, fact, one)))
    return list(found.values())


def is_result(one: Used) -> bool:
    """Something measured, not a property of the person such as the age."""
    return one.reading is not None and one.from_ is not None and not one.from_.startswith("patient")


def result(case: Case, fact: Fact, one: Used) -> str:
    reading, limit = stretch(case, fact, one.unit)
    return layout(
        case,
        "result",
        value=one.value,
        when=when_said(case, one.date, one.day),
        reading=reading,
        limit=limit,
    )


def stretch(case: Case, fact: Fact, unit: str | None) -> tuple[str, str]:
    """Where a result lies, by the limits on either side of it; and whose limits these are.

    A result told in a word alone has no unit, and lies beside no number.
    """
    index = case.value(fact.name).value
    if index == UNKNOWN or not unit:
        return "", ""
    if not fact.limits:
        return layout(case, "reads_range", reading=fact.values[index]), ""
    lower, upper = beside(case, fact)
    near = [one for one in (lower, upper) if one is not None]
    if not near:
        return "", ""
    key = "reads_between" if lower and upper else "reads_below" if upper else "reads_above"
    both = key == "reads_between" and shown_unit(lower, unit) == shown_unit(upper, unit)
    reading = layout(case, key, lower=number(lower, unit, bare=both), upper=number(upper, unit))
    names = dict.fromkeys(pack_title(case, one) for one in near)
    statuses = sorted({case.limit_status(one) for one in near}, key=rank)
    return reading, layout(case, "limit_from", pack=", ".join(names), status=", ".join(statuses))


def beside(case: Case, fact: Fact) -> tuple[Limit | None, Limit | None]:
    """The limits below and above the result of a fact."""
    index = case.value(fact.name).value
    if index == UNKNOWN:
        return None, None
    by_name = {one.name: one for one in case.pack.limits.get(fact.limits_of, ())}
    lower = by_name.get(fact.limits[index - 2]) if index >= 2 else None
    upper = by_name.get(fact.limits[index - 1]) if index - 1 < len(fact.limits) else None
    return lower, upper


def shown_unit(limit: Limit | None, unit: str | None) -> str:
    """The unit reported where the limit is published in it, else one in which it is published."""
    if limit is None:
        return ""
    return unit if unit and unit in limit.values else next(iter(limit.values))


def number(limit: Limit | None, unit: str | None, bare: bool = False) -> str:
    if limit is None:
        return ""
    shown = shown_unit(limit, unit)
    return limit.values[shown] if bare else f"{limit.values[shown]} {shown}"


def unit_word(case: Case, unit: str) -> str:
    """A unit as people say it, where that differs from its code."""
    say = case.say(f"layout:unit_{unit}").title
    return unit if say.startswith("layout:") else say


def pack_title(case: Case, limit: Limit) -> str:
    pack = case.ruleset.packs.get(limit.pack)
    return f"{pack.title}{year(case, pack.year)}" if pack else limit.pack


def by_source(case: Case, cited: Iterable[Citation]) -> list[tuple[str, str]]:
    """Publications in the order cited, each with its statements and how well these are verified."""
    found: dict[str, dict[str, str]] = {}
    names: dict[str, str] = {}
    for one in cited:
        names[one.id] = f"{one.title}{year(case, one.year)}"
        found.setdefault(one.id, {})[one.evidence] = one.status
    return [
        (names[source], "; ".join(f"{evidence} {status}" for evidence, status in sorted(held.items())))
        for source, held in found.items()
    ]


def joined(case: Case, parts: Sequence[str]) -> str:
    return "; ".join(parts) if parts else layout(case, "nothing")
