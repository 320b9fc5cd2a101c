"""The rulebook's own words, and the names of inputs, cells, limits and statuses as a clinician says them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from cobalens import errors
from cobalens.model.ruleset import Fact, Limit, Pack, Row, Say, Table
from cobalens.report.rulebook.book import LANGUAGE, Book
from cobalens.report.rulebook.html import badge, code, esc, link, small

COMPARISON = re.compile(r"^(<=|>=|<|>)\s*(\S+)$")
INTERVAL = re.compile(r"^([\[(])\s*(\w+)\s*\.\.\s*(\w+)\s*([\])])$")
SIGNS = {"<": "below", "<=": "upto", ">": "above", ">=": "from"}
TRUTHS = ("yes", "no", "unknown", "known")
RANGE = ("below", "within", "above")
ACRONYMS = frozenset({"b12", "mma", "mcv", "egfr", "inr", "peg", "ttp", "if"})
BARE_UNITS = {"a": "years", "1": ""}


def say(book: Book, key: str, **parts: object) -> str:
    """A sentence of the rulebook; one that is missing is an error that says where it belongs."""
    words = book.ruleset.text[LANGUAGE].get(f"layout:rulebook_{key}")
    if words is None:
        raise no_words(key)
    return words.title.format(**parts)


def human(name: str) -> str:
    """A name of the files as words."""
    return " ".join(word.upper() if word in ACRONYMS else word for word in name.replace("_", " ").split(" "))


def first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def short(hash: str) -> str:
    return hash.removeprefix("sha256:")[:12]


def pack_name(pack: Pack) -> str:
    return pack.title if pack.year is None or str(pack.year) in pack.title else f"{pack.title} ({pack.year})"


def no_words(key: str) -> errors.CobalensError:
    return errors.CobalensError(
        "no_words",
        "rulebook",
        f'The rulebook has no words for "{key}".',
        "Something new was declared in the knowledge: a chapter, a timeline, a kind of word, a status.",
        f'Add "layout:rulebook_{key}" to knowledge/text/{LANGUAGE}/rulebook.toml.',
    )


# --- Names --------------------------------------------------------------------------------------------------------


def question_link(book: Book, name: str) -> str:
    return link(f"question-{name}.html", human(name))


def code_title(book: Book, name: str) -> str:
    one = book.ruleset.text[LANGUAGE].get(name)
    return one.title if one else name


def code_link(book: Book, name: str) -> str:
    return link(f"findings.html#{name}", code_title(book, name))


def input_name(book: Book, name: str) -> str:
    """An input without a link."""
    if name in book.ruleset.facts:
        return book.ruleset.facts[name].label
    if name.startswith("finding."):
        return say(book, "input_finding", title=code_title(book, name.removeprefix("finding.")))
    if name.startswith("any."):
        return say(book, "input_any", name=human(name.removeprefix("any.")))
    if name.startswith("policy."):
        return say(book, "input_policy", name=human(name.removeprefix("policy.")))
    return human(name)


def input_link(book: Book, name: str) -> str:
    words = input_name(book, name)
    if name in book.ruleset.facts:
        return link(f"facts.html#fact-{name}", words)
    if name.startswith("finding."):
        return link(f"findings.html#{name.removeprefix('finding.')}", words)
    if name.startswith("any."):
        return link(f"question-{name.removeprefix('any.')}.html", words)
    if name.startswith("policy."):
        return link(f"policies.html#policy-{name.removeprefix('policy.')}", words)
    return link(f"question-{name}.html", words)


def for_patient(one: Say) -> str:
    """The sentence for a patient, under its own title where it has one."""
    title = f"<strong>{esc(one.plain)}</strong><br>" if one.plain else ""
    return title + esc(one.patient)


def status_badge(book: Book, status: str) -> str:
    return badge(status, say(book, f"status_{status}"))


def evidence_links(book: Book, ids: Iterable[str]) -> str:
    """Each statement cited, with how well it was verified."""
    return ", ".join(
        f"{link(f'evidence.html#{one}', one)} {status_badge(book, book.ruleset.evidence[one].status)}"
        for one in ids
    )


# --- Cells --------------------------------------------------------------------------------------------------------


def cell(book: Book, name: str, written: str) -> str:
    """A cell in words; where it names a limit, with the number of the primary pack beneath."""
    parts = [part.strip() for part in written.split("|")]
    fact = book.ruleset.facts.get(name)
    words = f" {say(book, 'or')} ".join(esc(part_words(book, part, fact)) for part in parts)
    if fact is None or not fact.lab:
        return words
    numbers = [shown for part in parts if (shown := part_numbers(book, fact, part))]
    return words + small(esc(f" {say(book, 'or')} ".join(numbers)))


def part_words(book: Book, part: str, fact: Fact | None = None) -> str:
    if fact is not None and fact.timeline == "range" and part in RANGE:
        return say(book, f"range_{part}")
    if match := COMPARISON.match(part):
        return say(book, f"cell_{SIGNS[match[1]]}", limit=human(match[2]))
    if match := INTERVAL.match(part):
        low = say(book, "cell_from" if match[1] == "[" else "cell_above", limit=human(match[2]))
        high = say(book, "cell_upto" if match[4] == "]" else "cell_below", limit=human(match[3]))
        return say(book, "cell_between", low=low, high=high)
    return say(book, f"cell_{part}") if part in TRUTHS else human(part)


def part_numbers(book: Book, fact: Fact, part: str) -> str:
    """The stretch that a cell means under the primary pack, in each published unit."""
    limits = book.limits(fact, book.primary)
    if match := COMPARISON.match(part):
        limit = limits[match[2]]
        return " · ".join(f"{match[1]} {value} {unit_word(unit)}".strip() for unit, value in values_of(limit))
    if match := INTERVAL.match(part):
        low, high = limits[match[2]], limits[match[3]]
        units = [unit for unit in dict(values_of(low)) if unit in high.values]
        opening = "≥" if match[1] == "[" else ">"
        closing = "≤" if match[4] == "]" else "<"
        return " · ".join(
            f"{opening} {low.values[unit]} {say(book, 'and')} {closing} {high.values[unit]} {unit_word(unit)}".strip()
            for unit in units
        )
    return ""


def values_of(limit: Limit) -> list[tuple[str, str]]:
    """Each unit with its number; of two units that mean the same only the first."""
    found: dict[str, str] = {}
    for unit, value in limit.values.items():
        twin = {"pg/mL": "ng/L"}.get(unit)
        if not (twin in limit.values and Decimal(limit.values[twin]) == Decimal(value)):
            found[unit] = value
    return list(found.items())


def unit_word(unit: str) -> str:
    return BARE_UNITS.get(unit, unit)


def answer(book: Book, table: Table, row: Row) -> str:
    """What a row says: an answer, or findings with their titles."""
    if table.kind == "choose":
        return f"<strong>{esc(human(row.then[0]))}</strong>"
    return "<br>".join(
        f"<strong>{code_link(book, one)}</strong>{small(code(one))}" for one in dict.fromkeys(row.then)
    )


def limits_named(row: Row, name: str) -> set[str]:
    """The limits that a row's cell names."""
    found: set[str] = set()
    for part in row.written.get(name, "").split("|"):
        if match := COMPARISON.match(part.strip()):
            found.add(match[2])
        elif match := INTERVAL.match(part.strip()):
            found |= {match[2], match[3]}
    return found
