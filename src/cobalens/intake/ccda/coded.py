"""Codes, times, quantities and words of the CDA data types, whatever is missing of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element

from cobalens.intake.ccda.narrative import words_of
from cobalens.intake.coding import system_of
from cobalens.intake.stamps import Stamp, stamp

_UNSAID = frozenset(
    {"unknown", "no information", "not applicable", "ni", "unk", "na", "nav", "asku", "other", "oth"}
)
Ids = Mapping[str, Element]


def codings(node: Element | None, ids: Ids) -> list[tuple[str, str, str]]:
    """(code, words, terminology) of a code, its translations and its original text."""
    if node is None:
        return []
    found = []
    for one in (node, *node.findall("translation")):
        code, words = one.get("code", "").strip(), " ".join(one.get("displayName", "").split())
        if code or words:
            found.append((code, words, _system(one)))
    if said := original(node, ids):
        found.append(("", said, ""))
    return found


def _system(node: Element) -> str:
    oid, name = node.get("codeSystem", "").strip(), node.get("codeSystemName", "").strip()
    return (
        (system_of(f"urn:oid:{oid}") if oid else None) or (system_of(name) if name else None) or (oid or name)
    )


def original(node: Element | None, ids: Ids) -> str:
    """The words that a code stands for, in place or in the readable text."""
    return referred(node.find("originalText"), ids) if node is not None else ""


def referred(node: Element | None, ids: Ids) -> str:
    if node is None:
        return ""
    reference = node.find("reference")
    if reference is not None:
        target = reference.get("value", "").removeprefix("#")
        if target in ids:
            return words_of(ids[target]).replace("\n", ", ")
    return words_of(node).replace("\n", ", ")


def named(given: list[tuple[str, str, str]]) -> str:
    return next((words for _, words, _ in given if words and words.lower() not in _UNSAID), "")


def times(node: Element | None, zone: int | None) -> tuple[Stamp, Stamp]:
    """The first of the effective times that is a moment or an interval: begin and end."""
    for one in node.findall("effectiveTime") if node is not None else ():
        kind = one.get("type", "").rpartition(":")[2]
        if kind in ("PIVL_TS", "EIVL_TS"):
            continue
        low, high = one.find("low"), one.find("high")
        begin = stamp(one.get("value", "") or (low.get("value", "") if low is not None else ""), zone)
        end = stamp(high.get("value", "") if high is not None else "", zone)
        if begin.date or end.date:
            return begin, end
    return Stamp(), Stamp()


def frequency(node: Element) -> str:
    for one in node.findall("effectiveTime"):
        period = one.find("period")
        if period is not None and period.get("value"):
            return f"every {period.get('value')} {period.get('unit', '')}".strip()
    return ""


def value_of(node: Element, ids: Ids, answers: Mapping[str, str]) -> tuple[str, list[str]]:
    """A result as a laboratory would print it, and the spellings of its unit."""
    kind = node.get("type", "").rpartition(":")[2]
    if node.get("nullFlavor") and not list(node) and not (node.text or "").strip():
        return "", []
    if kind == "IVL_PQ" or node.find("low") is not None or node.find("high") is not None:
        return _interval(node)
    top, bottom = node.find("numerator"), node.find("denominator")
    if top is not None and bottom is not None:
        return f"{top.get('value', '')}:{bottom.get('value', '')}", []
    if (number := _number(node)) is not None:
        return number, _units(node)
    given = codings(node, ids)
    if given:
        code = next((code for code, _, _ in given if code), "")
        return named(given) or answers.get(code, code), []
    return referred(node, ids), []


def _interval(node: Element) -> tuple[str, list[str]]:
    low, high = _end(node, "low"), _end(node, "high")
    units = next((_units(one) for one in (low, high) if one is not None and _units(one)), [])
    if low is not None and high is not None:
        return f"{_number(low)}-{_number(high)}", units
    if low is not None:
        return f"{'>' if low.get('inclusive') == 'false' else '>='}{_number(low)}", units
    if high is not None:
        return f"{'<' if high.get('inclusive') == 'false' else '<='}{_number(high)}", units
    return "", []


def _end(node: Element, name: str) -> Element | None:
    found = node.find(name)
    return found if found is not None and _number(found) else None


def _number(node: Element) -> str | None:
    """The number of a quantity; where its unit is none of UCUM it stands in a translation."""
    given = (one.get("value") for one in (node, *node.findall("translation")))
    return next((number.strip() for number in given if number is not None), None)


def _units(node: Element) -> list[str]:
    found = [node.get("unit", "").strip()] if node.get("unit", "").strip() not in ("", "1") else []
    for one in node.findall("translation"):
        found += [
            words
            for words in (" ".join(one.get("displayName", "").split()), words_of(one.find("originalText")))
            if words
        ]
    return found


def range_of(node: Element, ids: Ids) -> str:
    """The printed range where there is exactly one; several are told apart by sex or age and are left to the report."""
    ranges = node.findall("referenceRange/observationRange")
    if len(ranges) != 1:
        return ""
    value = ranges[0].find("value")
    if value is not None:
        said, _ = (
            _interval(value)
            if value.find("low") is not None or value.find("high") is not None
            else (words_of(value), [])
        )
        if said:
            return said.replace(">=", ">").replace("<=", "<")
    return referred(ranges[0].find("text"), ids)


def statements(node: Element) -> Iterator[tuple[Element, list[Element]]]:
    """Every clinical statement below an entry, each with those that hold it, outermost first."""
    stack: list[tuple[Element, list[Element]]] = [(node, [])]
    while stack:
        here, above = stack.pop()
        inside = above
        if here.tag in STATEMENTS:
            yield here, above
            inside = [*above, here]
        stack.extend((child, inside) for child in reversed(here) if child.tag in _HOLDING)


STATEMENTS = frozenset(
    {"act", "observation", "organizer", "procedure", "substanceAdministration", "supply", "encounter"}
)
_HOLDING = STATEMENTS | {"entry", "entryRelationship", "component"}
