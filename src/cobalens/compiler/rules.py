"""Compiles rule files: rows, cells, the order of questions."""

from __future__ import annotations

import re

from msgspec import Struct

from cobalens.compiler import complaints as say
from cobalens.compiler.reading import Shelf, Tree
from cobalens.compiler.vocabulary import STATUSES, Vocabulary
from cobalens.model.ruleset import Evidence, Row, Table

CHAPTERS = (
    "sample", "tests", "picture", "deficiency", "low", "high", "blood", "nerves", "replacement", "follow_up", "conversation",
)  # fmt: skip
TABLE_KEYS = frozenset({"question", "kind", "values", "source", "row", "reviewed_by", "reviewed_on", "note"})
ROW_KEYS = frozenset({"when", "then", "why", "source", "overrides", "status", "quiet"})
INTERVAL = re.compile(r"^([\[(])\s*([a-z_0-9]+)\s*\.\.\s*([a-z_0-9]+)\s*([\])])$")
COMPARISON = re.compile(r"^(<=|>=|<|>)\s*(\S+)$")
NUMBER = re.compile(r"(^|[\s<>=\[(.])\d")
TRUTH = ("unknown", "yes", "no")


class RawTable(Struct, frozen=True):
    """A rule file before its inputs are known."""

    name: str
    chapter: str
    where: str
    tree: Tree
    reads: tuple[str, ...]
    gives: tuple[str, ...]


class Domain(Struct, frozen=True):
    """The values of one input, and whether it can be unknown."""

    values: tuple[str, ...]
    unknown: bool
    limits: tuple[str, ...] = ()
    edges: tuple[str, ...] = ()


class Rules:
    """All tables, in evaluation order."""

    def __init__(self, shelf: Shelf, words: Vocabulary, evidence: dict[str, Evidence]) -> None:
        self.shelf, self.words, self.evidence = shelf, words, evidence
        self.used: set[str] = set()
        self.used_evidence: set[str] = set()
        self.raw = {raw.name: raw for raw in self.read()}
        self.givers: dict[str, list[RawTable]] = {}
        for raw in self.raw.values():
            for code in raw.gives:
                self.givers.setdefault(code, []).append(raw)
        self.tables = tuple(t for t in map(self.table, self.ordered()) if t)

    def read(self) -> list[RawTable]:
        found: dict[str, RawTable] = {}
        for name, tree in self.shelf.under("rules/"):
            parts = name.split("/")
            stem = parts[-1].removesuffix(".toml")
            if len(parts) != 3 or parts[1] not in CHAPTERS:
                self.shelf.complain(say.not_one_of(name, "chapter", parts[1], CHAPTERS))
                continue
            if stem in found:
                self.shelf.complain(say.twice(name, "question", stem, found[stem].where))
                continue
            self.shelf.keys(name, tree, TABLE_KEYS, ("question", "kind", "row"))
            rows = tree.get("row", {})
            reads = dict.fromkeys(
                i for row in rows.values() if isinstance(row, dict) for i in row.get("when", {})
            )
            gives = (
                ()
                if tree.get("kind") == "choose"
                else tuple(
                    dict.fromkeys(c for row in rows.values() for c in self.shelf.texts(name, row, "then"))
                )
            )
            found[stem] = RawTable(stem, parts[1], name, tree, tuple(reads), gives)
        return list(found.values())

    def needs(self, raw: RawTable) -> list[str]:
        """The tables that must be answered before this one."""
        needed: list[str] = []
        for name in raw.reads:
            if name in self.raw:
                needed.append(name)
            elif name.startswith("finding."):
                needed.extend(giver.name for giver in self.givers.get(name.removeprefix("finding."), []))
            elif name.startswith("any."):
                needed.append(name.removeprefix("any."))
        for name in needed:
            if name in self.raw and CHAPTERS.index(self.raw[name].chapter) > CHAPTERS.index(raw.chapter):
                self.shelf.complain(say.later_chapter(raw.where, name, self.raw[name].chapter))
        return [n for n in dict.fromkeys(needed) if n in self.raw]

    def ordered(self) -> list[RawTable]:
        """Chapter order, then dependency, then name."""
        todo = sorted(self.raw.values(), key=lambda raw: (CHAPTERS.index(raw.chapter), raw.name))
        needs = {raw.name: self.needs(raw) for raw in todo}
        done: dict[str, RawTable] = {}
        path: list[str] = []

        def visit(raw: RawTable) -> None:
            if raw.name in done:
                return
            if raw.name in path:
                self.shelf.complain(say.circle(raw.where, [*path[path.index(raw.name) :], raw.name]))
                return
            path.append(raw.name)
            for name in needs[raw.name]:
                visit(self.raw[name])
            path.pop()
            done[raw.name] = raw

        for raw in todo:
            visit(raw)
        return list(done.values())

    def domain(self, where: str, name: str) -> Domain | None:
        """What an input can be."""
        if name in self.words.facts:
            self.used.add(name)
            fact = self.words.facts[name]
            return Domain(fact.values, True, fact.limits, fact.edges)
        if name in self.raw and self.raw[name].tree.get("kind") == "choose":
            values = tuple(self.raw[name].tree.get("values", []))
            return Domain(("unknown", *(v for v in values if v != "unknown")), "unknown" in values)
        if name.startswith("policy.") and name.removeprefix("policy.") in self.words.policies:
            self.used.add(name)
            return Domain(("unknown", *self.words.policies[name.removeprefix("policy.")]), False)
        code = name.removeprefix("finding.")
        if name.startswith("finding.") and code in self.givers:
            return Domain(TRUTH, True)
        if name.startswith("any.") and name.removeprefix("any.") in self.raw:
            return Domain(TRUTH, True)
        choices = [
            *self.words.facts,
            *self.raw,
            *(f"finding.{c}" for c in self.givers),
            *(f"policy.{p}" for p in self.words.policies),
        ]
        self.shelf.complain(say.no_such_input(where, name, choices, declared=self.declared(name)))
        return None

    def declared(self, name: str) -> str:
        """What has this name and is no input by itself."""
        if name in self.raw:
            return "a collect table" if self.raw[name].tree.get("kind") == "collect" else ""
        return (
            "a concept"
            if name in self.words.concepts
            else "an analyte"
            if name in self.words.analytes
            else ""
        )

    def table(self, raw: RawTable) -> Table | None:
        tree, where = raw.tree, raw.where
        kind = tree.get("kind")
        if kind not in {"choose", "collect"}:
            self.shelf.complain(say.not_one_of(where, "kind", str(kind), ["choose", "collect"]))
            return None
        values = tuple(v for v in self.shelf.texts(where, tree, "values") if v != "unknown")
        answers = (*values, "unknown") if "unknown" in tree.get("values", []) else values
        if kind == "choose" and not answers:
            self.shelf.complain(say.missing_key(where, "values"))
        domains = {name: d for name in raw.reads if (d := self.domain(where, name))}
        own = self.evidence_of(where, tree) if "source" in tree else None
        rows = tuple(
            row
            for name, entry in tree.get("row", {}).items()
            if (
                row := self.row(
                    f"{where} [row.{name}]", name, entry, kind, answers, domains, own, set(tree["row"])
                )
            )
        )
        return Table(
            name=raw.name,
            chapter=raw.chapter,
            kind=kind,
            question=str(tree.get("question", "")),
            inputs=tuple(domains),
            rows=rows,
            values=values,
            evidence=own or (),
            reviewed_by=tree.get("reviewed_by"),
            reviewed_on=str(tree["reviewed_on"]) if "reviewed_on" in tree else None,
        )

    def evidence_of(self, where: str, tree: Tree) -> tuple[str, ...]:
        found = self.shelf.texts(where, tree, "source")
        for one in found:
            if one not in self.evidence:
                self.shelf.complain(say.not_one_of(where, "evidence", one, self.evidence))
            self.used_evidence.add(one)
        return tuple(one for one in found if one in self.evidence)

    def row(
        self,
        where: str,
        name: str,
        entry: Tree,
        kind: str,
        answers: tuple[str, ...],
        domains: dict[str, Domain],
        own: tuple[str, ...] | None,
        names: set[str],
    ) -> Row | None:
        if not self.shelf.keys(where, entry, ROW_KEYS, ("then", "why")):
            return None
        then = self.shelf.texts(where, entry, "then")
        if kind == "choose":
            for one in then:
                if one not in answers:
                    self.shelf.complain(say.not_one_of(where, "answer", one, answers))
                    return None
        when = entry.get("when", {})
        cells = []
        for column, cell in when.items():
            if column in domains:
                mask = self.cell(where, column, cell, domains[column])
                if mask is not None:
                    cells.append((column, mask))
        overrides = self.shelf.texts(where, entry, "overrides")
        for other in overrides:
            if other not in names:
                self.shelf.complain(say.not_one_of(where, "row", other, names))
        evidence = self.evidence_of(where, entry) or own or ()
        if own is None and "source" not in entry:
            self.shelf.complain(say.no_source(where))
        status = entry.get("status") or weakest([self.evidence[e].status for e in evidence])
        if status not in STATUSES:
            self.shelf.complain(say.not_one_of(where, "status", status, STATUSES))
        return Row(
            name=name,
            cells=tuple(cells),
            then=then,
            why=self.shelf.text(where, entry, "why"),
            evidence=evidence,
            status=status,
            overrides=overrides,
            quiet=bool(entry.get("quiet", False)),
            written={k: str(v) for k, v in when.items()},
        )

    def cell(self, where: str, column: str, cell: object, domain: Domain) -> int | None:
        """A cell as a mask over the input's values."""
        if not isinstance(cell, str):
            if isinstance(cell, (int, float)) and not isinstance(cell, bool):
                self.shelf.complain(say.literal_number(where, str(cell)))
            else:
                self.shelf.complain(say.wrong_type(where, column, "a cell in quotes"))
            return None
        mask = 0
        for part in (p.strip() for p in cell.split("|")):
            bits = self.part(where, cell, part, domain)
            if bits is None:
                return None
            mask |= bits
        full = sum(1 << i for i in range(0 if domain.unknown else 1, len(domain.values)))
        if not mask & full:
            self.shelf.complain(say.empty_cell(where, column, cell))
        elif mask & full == full:
            self.shelf.complain(say.idle_cell(where, column, cell))
        return mask

    def part(self, where: str, cell: str, part: str, domain: Domain) -> int | None:
        count = len(domain.values)
        if part == "known":
            return sum(1 << i for i in range(1, count))
        if part in domain.values:
            if part == "unknown" and not domain.unknown:
                self.shelf.complain(say.bad_cell(where, cell, "this input is never unknown"))
                return None
            return 1 << domain.values.index(part)
        if (NUMBER.search(part) and not domain.limits) or re.fullmatch(r"[<>=\[(.\])\s\d]+", part):
            self.shelf.complain(say.literal_number(where, cell))
            return None
        bounds = self.bounds(where, cell, part, domain)
        if bounds is None:
            return None
        return sum(1 << i for i in range(bounds[0], bounds[1]))

    def bounds(self, where: str, cell: str, part: str, domain: Domain) -> tuple[int, int] | None:
        """First value index and the one after the last."""
        count = len(domain.values)
        comparison, interval = COMPARISON.match(part), INTERVAL.match(part)
        if comparison:
            sign, limit = comparison.groups()
            place = self.place(where, cell, limit, domain, below=sign in {"<", ">="})
            if place is None:
                return None
            return (1, place) if sign in {"<", "<="} else (place, count)
        if interval:
            left, low, high, right = interval.groups()
            first = self.place(where, cell, low, domain, below=left == "[")
            last = self.place(where, cell, high, domain, below=right == ")")
            return None if first is None or last is None else (first, last)
        if domain.limits and re.search(r"[<>\[(]", part):
            self.shelf.complain(
                say.bad_cell(
                    where, cell, "this is no comparison with a named limit", say.meant(part, domain.values)
                )
            )
        else:
            self.shelf.complain(
                say.bad_cell(
                    where,
                    cell,
                    f"{part!r} is no value of this input",
                    say.meant(part, domain.values) or f"Values: {', '.join(domain.values)}.",
                )
            )
        return None

    def place(self, where: str, cell: str, limit: str, domain: Domain, *, below: bool) -> int | None:
        """The index of the first value above the limit; ``below``: the limit itself lies above the cut."""
        if limit not in domain.limits:
            if limit[0].isdigit():
                self.shelf.complain(say.literal_number(where, cell))
            else:
                self.shelf.complain(say.not_one_of(where, "limit", limit, domain.limits))
            return None
        at = domain.limits.index(limit)
        if (domain.edges[at] == "<") != below:
            self.shelf.complain(say.wrong_edge(where, cell, limit, domain.edges[at]))
            return None
        return at + 2


def weakest(statuses: list[str]) -> str:
    """The weakest verification status of several."""
    return max((s for s in statuses if s in STATUSES), key=STATUSES.index, default="memory")
