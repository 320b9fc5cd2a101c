"""Compiles a folder of knowledge into one ``Ruleset``, or refuses it with every complaint."""

from __future__ import annotations

from pathlib import Path

from cobalens.compiler import complaints as say
from cobalens.compiler.checking import check
from cobalens.compiler.complaints import KnowledgeError
from cobalens.compiler.files import COMPILER
from cobalens.compiler.invariants import read_invariants
from cobalens.compiler.learn import check_learn
from cobalens.compiler.reading import Shelf, Tree, fingerprint
from cobalens.compiler.rules import Rules
from cobalens.compiler.shapes import check_shapes
from cobalens.compiler.vocabulary import STATUSES, Vocabulary
from cobalens.compiler.worklists import check_worklists
from cobalens.model.ruleset import Evidence, Ruleset, Say, Source, Table

SPOKEN = ("answer", "deficiency", "replacement", "route", "urgency")
"""Choose questions whose every answer is shown to both readers."""
TABLES_OF_DATA = ("regimens", "variation", "tests", "revisable", "population", "learn", "worklists")
"""Files of data that rules do not read: reference regimens, variation of tests, what a test decides, what can change, chapters, lists."""
SAID = ("title", "clinician", "patient", "plain")
FREE_TEXT = ("layout:", "learn:", "data_quality:")


def compile_knowledge(folder: Path) -> Ruleset:
    """Compiles all knowledge under ``folder``; raises ``KnowledgeError`` with every complaint."""
    return compile_shelf(Shelf(folder))


def compile_shelf(shelf: Shelf) -> Ruleset:
    """What would only follow from another complaint is not said.

    Where a file cannot be read, nothing is said of what it would have declared; nothing is called unused while a
    name elsewhere may be misspelt.
    """
    check_shapes(shelf)
    if shelf.complaints:
        raise KnowledgeError(shelf.complaints)
    sources, evidence = read_sources(shelf)
    words = Vocabulary(shelf)
    rules = Rules(shelf, words, evidence)
    by_name = {table.name: table for table in rules.tables}
    for table in rules.tables:
        if table.kind == "choose" and not shelf.complaints:
            where = rules.raw[table.name].where
            shelf.complaints += check(table, where, lambda n, where=where: domain_of(rules, where, n))  # type: ignore[misc]
    invariants = read_invariants(shelf, rules)
    text = read_text(shelf, by_name, set(rules.givers))
    check_learn(shelf, text.get("en", {}), evidence, set(rules.givers))
    check_worklists(shelf, rules, text.get("en", {}))
    for where, one in words.limit_evidence:
        if one not in evidence:
            shelf.complain(say.not_one_of(where, "evidence", one, evidence))
    if not shelf.complaints:
        unused(shelf, words, rules, sources, evidence)
    if shelf.complaints:
        raise KnowledgeError(shelf.complaints)
    codes = {code: tuple(raw.name for raw in givers) for code, givers in rules.givers.items()}
    lexicon = {
        name.removeprefix("lexicon/").removesuffix(".toml"): tree for name, tree in shelf.under("lexicon/")
    }
    for name, tree in shelf.under("facts/"):
        for section in ("background", "ambiguous"):
            if section in tree:
                lexicon.setdefault(f"{section}_words", {})[name] = tree[section]
    for name, tree in shelf.trees.items():
        if "/" not in name and name.removesuffix(".toml") in TABLES_OF_DATA:
            lexicon[name.removesuffix(".toml")] = tree
    return Ruleset(
        hash=fingerprint(shelf.folder, shelf.files),
        compiler=COMPILER,
        sources=sources,
        evidence=evidence,
        analytes=words.analytes,
        concepts=words.concepts,
        facts=words.facts,
        policies=words.policies,
        tables=rules.tables,
        packs=words.packs,
        text=text,
        codes=codes,
        invariants=invariants,
        lexicon=lexicon,
    )


def domain_of(rules: Rules, where: str, name: str) -> tuple[tuple[str, ...], bool]:
    domain = rules.domain(where, name)
    assert domain is not None  # the table would not have been built
    return domain.values, domain.unknown


def read_sources(shelf: Shelf) -> tuple[dict[str, Source], dict[str, Evidence]]:
    sources: dict[str, Source] = {}
    evidence: dict[str, Evidence] = {}
    for name, tree in shelf.under("sources.toml", "sources/"):
        shelf.keys(name, tree, frozenset({"source", "evidence"}))
        for key, entry in tree.get("source", {}).items():
            where = f"{name} [source.{key}]"
            if key in sources:
                shelf.complain(say.twice(where, "source", key, "sources.toml"))
            if shelf.keys(where, entry, frozenset({"title", "year", "url", "authors", "note"}), ("title",)):
                sources[key] = Source(key, entry["title"], entry.get("year"), entry.get("url"))
        for key, entry in tree.get("evidence", {}).items():
            where = f"{name} [evidence.{key}]"
            if key in evidence:
                shelf.complain(say.twice(where, "evidence", key, "sources.toml"))
            if shelf.keys(
                where,
                entry,
                frozenset({"source", "section", "status", "says", "note"}),
                ("source", "status", "says"),
            ):
                if entry["status"] not in STATUSES:
                    shelf.complain(say.not_one_of(where, "status", entry["status"], STATUSES))
                evidence[key] = Evidence(
                    key, entry["source"], entry["says"], entry.get("section", ""), entry["status"]
                )
    for key, one in evidence.items():
        if one.source not in sources:
            shelf.complain(say.not_one_of(f"[evidence.{key}]", "source", one.source, sources))
    return sources, evidence


def read_text(shelf: Shelf, tables: dict[str, Table], codes: set[str]) -> dict[str, dict[str, Say]]:
    """The words by language and code; every code has all of them, and none is said of nothing."""
    found: dict[str, dict[str, Say]] = {}
    answers = {
        f"{t.name}={v}" for t in tables.values() if t.kind == "choose" for v in (*t.values, "unknown")
    } | {f"treatment_state={v}" for v in ("never", "on", "stopped", "unknown")}
    for name, tree in shelf.under("text/"):
        language = name.split("/")[1]
        words = found.setdefault(language, {})
        for code, entry in tree.items():
            where = f"{name} [{code!r}]"
            free = code.startswith(FREE_TEXT)
            if code in words:
                shelf.complain(say.twice(where, "text", code, name))
            if isinstance(entry, str) and free:
                words[code] = Say(entry)
                continue
            if not free and code not in codes and code not in answers:
                shelf.complain(say.dead_text(where, code))
            if not isinstance(entry, dict):
                shelf.complain(say.wrong_type(where, code, "a table of title, clinician and patient"))
            elif shelf.keys(where, entry, frozenset(SAID), ("title",)):
                words[code] = Say(*(shelf.text(where, entry, k) for k in SAID))
    spoken = {f"{q}={v}" for q in SPOKEN if q in tables for v in tables[q].values}
    for language, words in found.items():
        for code in sorted(codes | spoken):
            one = words.get(code)
            for part in ("title", "clinician", "patient"):
                if one is None or not getattr(one, part):
                    shelf.complain(say.no_text(f"text/{language}/", code, part))
    return found


def unused(
    shelf: Shelf, words: Vocabulary, rules: Rules, sources: dict[str, Source], evidence: dict[str, Evidence]
) -> None:
    """What is declared and used nowhere is a mistake or is dead."""
    cited = rules.used_evidence | {one for _, one in words.limit_evidence} | cited_elsewhere(shelf)
    for name in words.facts:
        if name not in rules.used:
            shelf.complain(say.unused(words.where[f"fact {name}"], "fact", name))
    for name in words.policies:
        if f"policy.{name}" not in rules.used and words.policies[name]:
            shelf.complain(say.unused(words.where[f"policy {name}"], "policy", name))
    for name in evidence:
        if name not in cited:
            shelf.complain(say.unused("sources", "evidence", name))
    published = {one.source for one in evidence.values()}
    for name in sources:
        if name not in published:
            shelf.complain(say.unused("sources", "source", name))


def cited_elsewhere(shelf: Shelf) -> set[str]:
    """Evidence cited by regimens, invariants and scores."""
    found: set[str] = set()
    for _, tree in shelf.under(*(f"{name}.toml" for name in TABLES_OF_DATA)):
        found |= deep_sources(tree)
    return found


def deep_sources(tree: Tree) -> set[str]:
    found: set[str] = set()
    for key, value in tree.items():
        if key in {"source", "evidence"}:
            found |= {value} if isinstance(value, str) else set(value)
        elif isinstance(value, dict):
            found |= deep_sources(value)
        elif isinstance(value, list):
            for item in value:
                if isinstance(item, dict):
                    found |= deep_sources(item)
    return found
