"""What kind of value each entry of the knowledge holds: text, a list, a table. Looked at before anything is read of it.

Not for keys that are unknown or missing, nor for what a text says: the readers complain of those.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TypedDict, get_args

import msgspec

from cobalens.compiler import complaints as say
from cobalens.compiler.reading import Shelf, Tree
from cobalens.compiler.vocabulary import ABOUT_A_PACK

Texts = str | list[str]
Table = dict[str, Any]


class Code(TypedDict, total=False):
    code: str
    status: str


class Named(TypedDict, total=False):
    """What analytes, concepts and facts have in common."""

    label: str
    timeline: str
    asked_of: dict[str, str]
    loinc: list[Code]
    icd10: list[Code]
    atc: list[Code]
    snomed: list[Code]
    rxnorm: list[Code]


class Analyte(Named, total=False):
    names: Texts
    units: Texts
    molar_mass: str
    plausible: dict[str, tuple[str, str]]
    qualitative: dict[str, str]
    used: bool


class Concept(Named, total=False):
    kind: str
    phrases: Texts
    group: Texts


class Fact(Named, total=False):
    of: Texts
    limits: Texts
    answers: dict[str, Texts]
    routed: dict[str, list[str]]


class Policy(TypedDict, total=False):
    values: Texts


class Choice(TypedDict, total=False):
    value: str
    source: str


class Limit(TypedDict, total=False):
    """The numbers stand beside these, each under its unit; what is wrong with one is told by name."""

    edge: str
    source: str
    checked: str
    status: str
    sex: str


class Source(TypedDict, total=False):
    title: str
    year: int
    url: str


class Evidence(TypedDict, total=False):
    source: str
    section: str
    status: str
    says: str


class Row(TypedDict, total=False):
    when: Table
    then: Texts
    why: str
    source: Texts
    overrides: Texts
    status: str
    quiet: bool


class Question(TypedDict, total=False):
    question: str
    kind: str
    values: Texts
    source: Texts


SECTIONS: dict[str, dict[str, Any]] = {
    "facts/": {
        "analyte": Analyte, "concept": Concept, "fact": Fact, "policy": Policy, "regimens": list[str],
    },
    "sources": {"source": Source, "evidence": Evidence},
    "rules/": {"row": Row},
    "thresholds/": {"policy": Choice},
}  # fmt: skip
"""By the beginning of a file's name: the sections that hold named entries, and the shape of each entry."""
WORDS = {
    "str": "text in quotes",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
}
REFUSAL = re.compile(r"Expected `(?P<wanted>[^`]+)`[^$]*(?: - at `\$\.?(?P<place>.*)`)?$")


def check_shapes(shelf: Shelf) -> None:
    for name, tree in shelf.trees.items():
        for where, held, shape in sections_of(name, tree):
            # All at once first: one by one, each entry with its place, takes three times as long.
            if refusal(held, shape) is None:
                continue
            entries = held.items() if isinstance(held, dict) and where.endswith("]") else ()
            found = [
                (f"{where[:-1]}.{key}]", why)
                for key, entry in entries
                if (why := refusal(entry, get_args(shape)[1])) is not None
            ]
            for place, why in found or [(where, refusal(held, shape) or "")]:
                shelf.complain(told(place, why))


def sections_of(name: str, tree: Tree) -> Iterator[tuple[str, Any, Any]]:
    """Each part of a file that has a shape, with its place."""
    if name.startswith("rules/"):
        yield name, tree, Question
    for kind, sections in SECTIONS.items():
        if not name.startswith(kind):
            continue
        if kind == "thresholds/":
            sections = dict.fromkeys(sorted(tree.keys() - ABOUT_A_PACK), Limit) | sections
        for section, shape in sections.items():
            if section in tree:
                yield f"{name} [{section}]", tree[section], dict[str, shape]  # type: ignore[valid-type]


def refusal(value: Any, shape: Any) -> str | None:
    try:
        msgspec.convert(value, shape)
    except msgspec.ValidationError as refused:
        return str(refused)
    return None


def told(where: str, refusal: str) -> say.Complaint:
    """A refusal of msgspec in this compiler's words."""
    match = REFUSAL.search(refusal)
    place, wanted = (match["place"], match["wanted"]) if match else ("", "something else")
    for word, meant in WORDS.items():
        wanted = re.sub(rf"\b{word}\b", meant, wanted)
    return say.wrong_type(where, place or "this entry", wanted.replace(" | ", " or "))
