"""The words around the sentences: headings, joints, dates, limits and marks, all from ``text/<language>/layout.toml``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from msgspec.structs import replace

from cobalens.model.interpretation import Citation, Interpretation, Said, Used
from cobalens.model.printing import printed
from cobalens.model.ruleset import UNKNOWN, Fact, Limit, Ruleset
from cobalens.report.case import Case, rank

MARKED = ("memory", "proposal")
PUBLISHED, CONVERTED = 6, 4
"""So many digits at most has a number that somebody published; and so many are told of one that was converted."""
BESIDE = {
    **{("any_unit", word): "reads_without_unit" for word in ("low", "indeterminate", "ample", "high")},
    ("agreement", "conflict"): "reads_conflict",
    **{("once_low", word): "reads_low" for word in ("lately", "earlier")},
}
"""What is said of a result that is read otherwise than between limits, by how it is read and what it says."""
PLACED = ("untreated", "latest")
"""By these a result is placed between limits, whatever another one says against it."""
RANGE_WORDS = ("below", "within", "above")
OUTSIDE = ("below", "above")
SEX = "sex"
SOURCE = "en"
"""The language in which the knowledge is written, and in which clinicians read it."""


def layout(case: Case, key: str, **parts: object) -> str:
    title = case.say("layout:" + key).title
    return title.format_map(parts) if parts else title


def for_clinicians(case: Case) -> Case:
    """The same person in the language of the knowledge: what clinicians alone read is not translated."""
    if case.language == SOURCE:
        return case
    return replace(case, language=SOURCE, words=case.ruleset.text[SOURCE])


def for_patients(case: Case) -> Case:
    """The same person, with days as people tell them: two months before, not day -61."""
    return replace(case, for_patient=True)


def pending(ruleset: Ruleset, language: str) -> str:
    """Says that a translation waits for a clinical reader; nothing in the language of the knowledge, or once it was read."""
    words = ruleset.text[language].get("layout:translation_pending")
    return words.title if words and language != SOURCE else ""


def by_pack(case: Case, one: Said) -> str:
    """Which other pack says it, where that is not the primary one."""
    return layout(case, "by_pack", pack=case.ruleset.packs[one.pack].title) if one.pack else ""


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
    """The results among some facts, each once: its name, and its value with day, reading and limit.

    Results that contradict each other stand beside one that was placed; where none was, they are told as not used.
    """
    found: dict[tuple[str, str | None], tuple[str, str]] = {}
    printed_range: dict[tuple[str, str | None], str] = {}
    contradicting: set[tuple[str, str | None]] = set()
    for one in facts:
        fact = case.ruleset.facts[one.fact]
        placed = fact.limits or one.reading in RANGE_WORDS or BESIDE.get((fact.timeline, one.reading or ""))
        if is_result(one) and placed:
            analyte = case.ruleset.analytes.get(fact.of[0])
            label = analyte.label if analyte else fact.label
            key = (fact.of[0], one.from_)
            if key not in found and fact.timeline == "agreement":
                contradicting.add(key)
            elif key in contradicting and fact.timeline in PLACED:
                contradicting.discard(key)
                del found[key]
            found.setdefault(key, (label, result(case, fact, one)))
            if one.reading in OUTSIDE and measured(one):
                printed_range[key] = layout(case, "also_range", reading=one.reading)
    tests = {analyte for analyte, _ in found.keys() - contradicting}
    return [
        (label, beside_range(words, printed_range.get(key, "")))
        for key, (label, words) in found.items()
        if key not in contradicting or key[0] in tests
    ]


def beside_range(words: str, outside: str) -> str:
    """A result outside the printed range says so too: an answer may rest on that and not on the limits it stands beside."""
    return words if not outside or outside in words else f"{words}, {outside}"


def measured(one: Used) -> bool:
    """A number, which can stand outside a printed range; a word such as "positive" stands beside none."""
    return any(mark.isdigit() for mark in one.value)


def is_result(one: Used) -> bool:
    """Something measured, not a property of the person such as the age."""
    return one.reading is not None and one.from_ is not None and not one.from_.startswith("patient")


def result(case: Case, fact: Fact, one: Used) -> str:
    reading, limit = stretch(case, fact, one.unit)
    if key := BESIDE.get((fact.timeline, one.reading or "")):
        reading = layout(case, key, reading=one.reading)
    elif fact.limits and reading and not measured(one):
        reading = layout(case, "reads_by_word", reading=reading.removeprefix(": "))
    return layout(
        case,
        "result",
        value=printed(one.value),
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
    analyte = case.ruleset.analytes.get(fact.of[0])
    if analyte is None or unit not in analyte.units:
        return placed(case, fact, unit)
    key = (case.language, case.pack.name, fact.name, index, unit, case.cuts is None, sex_of(case))
    found = case.shelf.stretches.get(key)
    if found is None:
        found = case.shelf.stretches[key] = placed(case, fact, unit)
    return found


def placed(case: Case, fact: Fact, unit: str) -> tuple[str, str]:
    """The same in words, which are alike for every result between these limits in this unit."""
    lower, upper = beside(case, fact)
    near = [one for one in (lower, upper) if one is not None]
    if not near:
        return "", ""
    key = side(lower, upper)
    whom = [of_whom(case, one) for one in (lower, upper)]
    ends = [published(case, fact, one, unit) for one in (lower, upper)]
    reading = between(
        case, key, [(f"{told}{of}", shown) for (told, shown), of in zip(ends, whom, strict=True)]
    )
    here = [figures_in(case, fact, one, unit) for one in (lower, upper)]
    if all(told for told, one in zip(here, (lower, upper), strict=True) if one is not None):
        moved = between(case, key, [(f"{told}{of}", unit) for told, of in zip(here, whom, strict=True)])
        same = all(told in one.values.values() for told, one in zip(here, (lower, upper), strict=True) if one)
        known = "" if same else reading.removeprefix(": ")
        reading = layout(case, "reads_published", here=moved, published=known) if known else moved
    names = dict.fromkeys(pack_title(case, one) for one in near)
    statuses = sorted({case.limit_status(one) for one in near}, key=rank)
    return reading, layout(case, "limit_from", pack=", ".join(names), status=", ".join(statuses))


def side(lower: Limit | None, upper: Limit | None) -> str:
    """On which side of its limits a result lies; the limit itself belongs to one of them, and that is said."""
    if lower and upper:
        return "reads_between"
    if upper:
        return "reads_at_most" if upper.edge == "<=" else "reads_below"
    return "reads_at_least" if lower and lower.edge == "<" else "reads_above"


def beside(case: Case, fact: Fact) -> tuple[Limit | None, Limit | None]:
    """The limits below and above the result of a fact; a limit for the other sex is none for this person."""
    index = case.value(fact.name).value
    if index == UNKNOWN:
        return None, None
    by_name = {one.name: one for one in case.pack.limits.get(fact.limits_of, ())}
    theirs = [by_name.get(name) for name in fact.limits]
    lower = [one for one in theirs[: index - 1] if one is None or for_them(case, one)]
    upper = [one for one in theirs[index - 1 :] if one is None or for_them(case, one)]
    return (lower[-1] if lower else None), (upper[0] if upper else None)


def sex_of(case: Case) -> str:
    """``female``, ``male``, or empty where it is not known."""
    known = case.fact(SEX) and case.value(SEX).value != UNKNOWN
    return case.reads(SEX) if known else ""


def for_them(case: Case, limit: Limit) -> bool:
    """Whether a limit can be this person's: it is for everybody, for their sex, or their sex is not known."""
    return not limit.sex or sex_of(case) in (limit.sex, "")


def of_whom(case: Case, limit: Limit | None) -> str:
    """Whom a limit is for, where it is for one sex and the person's is not known: `` (women)``."""
    if limit is None or not limit.sex or sex_of(case):
        return ""
    return f" ({layout(case, f'limit_for_{limit.sex}')})"


def between(case: Case, key: str, ends: Sequence[tuple[str, str]]) -> str:
    """Below, above or between limits; the unit is said once where both have the same."""
    (low, low_unit), (high, high_unit) = ends
    return layout(
        case,
        key,
        lower=low if key == "reads_between" and low_unit == high_unit else f"{low} {printed(low_unit)}",
        upper=f"{high} {printed(high_unit)}",
    )


def published(case: Case, fact: Fact, limit: Limit | None, unit: str | None) -> tuple[str, str]:
    """A limit and its unit as published: in the unit of the result, else as the number that was used for it, else the first."""
    if limit is None:
        return "", ""
    digits = figures_in(case, fact, limit, unit).replace(".", "").strip("0")
    alike = (
        one for one, told in limit.values.items() if digits and told.replace(".", "").strip("0") == digits
    )
    shown = unit if unit and unit in limit.values else next(alike, next(iter(limit.values)))
    return limit.values[shown], shown


def figures_in(case: Case, fact: Fact, limit: Limit | None, unit: str | None) -> str:
    """A limit in the unit of a result in which it is not published; empty where it is, or cannot be told in that unit."""
    if limit is None or not unit or unit in limit.values or case.cuts is None:
        return ""
    here = next((one for one in case.cuts(fact, unit) or () if one.name == limit.name), None)
    return figures(here.value, CONVERTED) if here else ""


def figures(value: Decimal, most: int = PUBLISHED) -> str:
    """As published; a converted limit, which has more digits, to four figures."""
    return plain(value if len(value.as_tuple().digits) <= most else Decimal(f"{value:.{CONVERTED}g}"))


def plain(value: Decimal) -> str:
    """A number without exponent or idle zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


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
