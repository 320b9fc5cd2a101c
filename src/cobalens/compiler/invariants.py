"""Compiles what must never happen: conditions over codes, patterns over sentences, names of tests."""

from __future__ import annotations

import re

from cobalens.compiler import complaints as say
from cobalens.compiler.reading import Shelf, Tree
from cobalens.compiler.rules import Rules
from cobalens.model.ruleset import Invariant, Wording

KEYS = frozenset(
    {"sentence", "kind", "never", "source", "forbid", "require", "audience", "caught", "tested_by", "note"}
)
KINDS = ("proved", "text", "tested")
WORDING = frozenset({"forbid", "require", "caught"})
SOURCE = "en"
NEEDED = {"proved": "never", "text": "caught", "tested": "tested_by"}
AUDIENCES = ("clinician", "patient", "both")


def read_invariants(shelf: Shelf, rules: Rules) -> tuple[Invariant, ...]:
    """Every invariant of ``invariants.toml``, its cells as masks."""
    found = []
    languages = translated_into(shelf)
    for name, tree in shelf.under("invariants.toml"):
        shelf.keys(name, tree, frozenset({"invariant"}))
        for key, entry in tree.get("invariant", {}).items():
            where = f"{name} [invariant.{key}]"
            if shelf.keys(where, entry, KEYS | languages, ("sentence", "kind")):
                found.append(invariant(shelf, rules, where, key, entry, languages))
    return tuple(found)


def translated_into(shelf: Shelf) -> frozenset[str]:
    """The languages that have catalogues beside the English text."""
    return frozenset(
        path.parent.name for path in shelf.files if path.suffix == ".po" and path.parent.parent.name == "text"
    )


def invariant(
    shelf: Shelf, rules: Rules, where: str, key: str, entry: Tree, languages: frozenset[str]
) -> Invariant:
    kind = entry["kind"]
    if kind not in KINDS:
        shelf.complain(say.not_one_of(where, "kind", str(kind), KINDS))
    elif NEEDED[kind] not in entry:
        shelf.complain(say.missing_key(where, NEEDED[kind]))
    audience = shelf.text(where, entry, "audience", "both")
    if audience not in AUDIENCES:
        shelf.complain(say.not_one_of(where, "audience", audience, AUDIENCES))
    rules.evidence_of(where, entry)
    english = wording(shelf, where, entry)
    others = {}
    for language in sorted(languages) if kind == "text" else ():
        if shelf.keys(f"{where} {language}", entry.get(language, {}), WORDING, ("caught",)):
            others[language] = wording(shelf, f"{where} {language}", entry[language])
    return Invariant(
        id=key,
        sentence=shelf.text(where, entry, "sentence"),
        kind=str(kind),
        never=tuple(cells(rules, where, one) for one in entry.get("never", [])),
        written=tuple({k: str(v) for k, v in one.items()} for one in entry.get("never", [])),
        forbid=english.forbid,
        require=english.require,
        audience=audience,
        caught=english.caught,
        wording=others,
        tested_by=shelf.texts(where, entry, "tested_by"),
    )


def wording(shelf: Shelf, where: str, entry: Tree) -> Wording:
    """What is forbidden, required and must be caught, in one language."""
    forbid = shelf.texts(where, entry, "forbid")
    require = {code: shelf.texts(where, entry["require"], code) for code in entry.get("require", {})}
    for pattern in (*forbid, *(one for many in require.values() for one in many)):
        try:
            re.compile(pattern)
        except re.error as bad:
            shelf.complain(say.bad_pattern(where, pattern, str(bad)))
    return Wording(forbid, require, shelf.texts(where, entry, "caught"))


def cells(rules: Rules, where: str, condition: Tree) -> tuple[tuple[str, int], ...]:
    found = []
    for name, cell in condition.items():
        domain = rules.domain(where, name)
        mask = rules.cell(where, name, cell, domain) if domain else None
        if mask is not None:
            found.append((name, mask))
    return tuple(found)
