"""Compiles the vocabulary: analytes, concepts, facts, policies, and the packs' limits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

from cobalens.compiler import complaints as say
from cobalens.compiler.checkdigits import check_digit_holds
from cobalens.compiler.complaints import Complaint
from cobalens.compiler.reading import Shelf, Tree
from cobalens.model.ruleset import Analyte, Code, Concept, Fact, Limit, Pack

CODE_SYSTEMS = ("loinc", "icd10", "atc", "snomed", "rxnorm")
STATUSES = ("verified", "secondary", "derived", "memory", "proposal")
ANALYTE_KEYS = frozenset(
    {"label", "names", "units", "molar_mass", "plausible", "qualitative", "used", "note", *CODE_SYSTEMS}
)
CONCEPT_KEYS = frozenset(
    {
        "kind",
        "label",
        "phrases",
        "group",
        "timeline",
        "lingers",
        "within",
        "current_for",
        "asked_of",
        "note",
        *CODE_SYSTEMS,
    }
)
FACT_KEYS = frozenset(
    {
        "of",
        "timeline",
        "limits",
        "current_for",
        "lingers",
        "within",
        "for_at_least",
        "label",
        "routed",
        "answers",
        "complete",
        "asked_of",
        "note",
    }
)
ABOUT_A_LIMIT = frozenset({"edge", "source", "checked", "status", "note", "sex"})
"""What a limit says beside its numbers, each of which stands under its unit."""
ABOUT_A_PACK = frozenset({"pack", "title", "year", "from", "role", "jurisdiction", "note", "url"})
ROLES = ("guideline", "laboratory", "common")
SEXES = ("female", "male")
EDGES = ("<", "<=")
KINDS = frozenset(
    "drug condition symptom procedure exposure diet finding goal function allergy person test".split()
)
EVENT_TIMELINES = frozenset("ever current lasting begun planned current_or_planned suspected family".split())
LAB_TIMELINES: dict[str, tuple[str, ...] | None] = {
    "latest": None,
    "untreated": None,
    "range": ("below", "within", "above"),
    "persistence": ("none", "single", "persistent", "settled"),
    "trend": ("falling", "rising", "steady"),
    "agreement": ("agree", "conflict", "single"),
    "reading": ("sound", "unit_missing", "unit_impossible", "implausible"),
    "any_unit": ("low", "indeterminate", "ample", "high"),
    "once_low": ("lately", "earlier", "no"),
}
DOSE_TIMELINES = {
    "treatment_state": ("never", "on", "stopped"),
    "sample_timing": ("undosed", "after_dose", "washed_out"),
    "adherence": ("yes", "no"),
}
COMPLETE_LISTS = {
    "drug": "drug",
    "condition": "condition",
    "symptom": "symptom",
    "procedure": "procedure",
    "exposure": "exposure",
    "diet": "diet",
    "finding": "finding",
}


class Vocabulary:
    """Everything that has a name, gathered from ``facts/`` and ``thresholds/``."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self.analytes: dict[str, Analyte] = {}
        self.concepts: dict[str, Concept] = {}
        self.facts: dict[str, Fact] = {}
        self.policies: dict[str, tuple[str, ...]] = {}
        self.packs: dict[str, Pack] = {}
        self.where: dict[str, str] = {}
        self.limit_evidence: list[tuple[str, str]] = []
        self.refused_limits: dict[tuple[str, str], str] = {}
        raw_facts: list[tuple[str, str, Tree]] = []
        regimens: dict[str, list[str]] = {}
        for name, tree in shelf.under("facts/"):
            for section, entries in tree.items():
                for key, entry in self.entries(name, section, entries):
                    where = f"{name} [{section}.{key}]"
                    if section == "analyte":
                        self.analyte(where, key, entry)
                    elif section == "concept":
                        self.concept(where, key, entry)
                        if "timeline" in entry:
                            raw_facts.append((where, key, concept_fact(key, entry)))
                    elif section == "fact":
                        raw_facts.append((where, key, entry))
                    elif section == "policy":
                        self.policy(where, key, entry)
                    elif section == "regimens":
                        for concept in entry:
                            regimens.setdefault(concept, []).append(key)
        self.add_regimens(regimens)
        self.read_packs()
        for where, key, entry in raw_facts:
            self.fact(where, key, entry)
        for key, fact in self.facts.items():
            for name, values in fact.asked_of.items():
                known = self.facts[name].values if name in self.facts else ()
                for value in values:
                    if value not in known:
                        where = self.where[f"fact {key}"]
                        self.shelf.complain(say.not_one_of(where, f"value of {name}", value, known))

    def entries(self, name: str, section: str, entries: Any) -> list[tuple[str, Any]]:
        if section in {"analyte", "concept", "fact", "policy", "regimens"}:
            return list(entries.items())
        if section not in {"background", "ambiguous"}:
            self.shelf.complain(
                say.unknown_key(
                    name,
                    section,
                    ["analyte", "concept", "fact", "policy", "regimens", "background", "ambiguous"],
                )
            )
        return []

    def first(self, where: str, what: str, name: str) -> bool:
        if f"{what} {name}" in self.where:
            self.shelf.complain(say.twice(where, what, name, self.where[f"{what} {name}"]))
            return False
        self.where[f"{what} {name}"] = where
        return True

    def codes(self, where: str, entry: Tree) -> tuple[Code, ...]:
        found = []
        for system in CODE_SYSTEMS:
            for one in entry.get(system, []):
                if not isinstance(one, dict) or set(one) != {"code", "status"}:
                    self.shelf.complain(say.wrong_type(where, system, "a list of { code, status }"))
                    continue
                if one["status"] not in STATUSES:
                    self.shelf.complain(say.not_one_of(where, "status", one["status"], STATUSES))
                if not check_digit_holds(system, one["code"]):
                    self.shelf.complain(say.check_digit(where, system, one["code"]))
                found.append(Code(system, one["code"], one["status"]))
        return tuple(found)

    def analyte(self, where: str, key: str, entry: Tree) -> None:
        if not self.first(where, "analyte", key) or not self.shelf.keys(
            where, entry, ANALYTE_KEYS, ("label", "names")
        ):
            return
        self.analytes[key] = Analyte(
            name=key,
            label=entry["label"],
            names=self.shelf.texts(where, entry, "names"),
            units=self.shelf.texts(where, entry, "units"),
            codes=self.codes(where, entry),
            molar_mass=entry.get("molar_mass"),
            plausible={u: (b[0], b[1]) for u, b in entry.get("plausible", {}).items()},
            qualitative=entry.get("qualitative", {}),
            used=entry.get("used", True),
        )

    def concept(self, where: str, key: str, entry: Tree) -> None:
        if not self.first(where, "concept", key) or not self.shelf.keys(
            where, entry, CONCEPT_KEYS, ("kind", "label")
        ):
            return
        if entry["kind"] not in KINDS:
            self.shelf.complain(say.not_one_of(where, "kind", entry["kind"], KINDS))
        phrases = self.shelf.texts(where, entry, "phrases")
        self.concepts[key] = Concept(
            key,
            entry["kind"],
            entry["label"],
            phrases,
            self.codes(where, entry),
            self.shelf.texts(where, entry, "group"),
        )

    def add_regimens(self, regimens: dict[str, list[str]]) -> None:
        for name, phrases in regimens.items():
            old = self.concepts.get(name)
            if old is None:
                self.shelf.complain(say.not_one_of("facts/regimens.toml", "concept", name, self.concepts))
                continue
            merged = tuple(dict.fromkeys([*old.phrases, *phrases]))
            self.concepts[name] = Concept(old.name, old.kind, old.label, merged, old.codes, old.group)

    def policy(self, where: str, key: str, entry: Tree) -> None:
        if self.first(where, "policy", key) and self.shelf.keys(
            where, entry, frozenset({"values", "label", "number"})
        ):
            self.policies[key] = self.shelf.texts(where, entry, "values")

    def fact(self, where: str, key: str, entry: Tree) -> None:
        if not self.first(where, "fact", key) or not self.shelf.keys(where, entry, FACT_KEYS, ("timeline",)):
            return
        of = self.shelf.texts(where, entry, "of")
        timeline = entry["timeline"]
        lab = len(of) == 1 and of[0] in self.analytes and timeline not in EVENT_TIMELINES
        known = {*EVENT_TIMELINES, *LAB_TIMELINES, *DOSE_TIMELINES}
        if timeline not in known:
            self.shelf.complain(say.not_one_of(where, "timeline", timeline, known))
            return
        samples = tuple(name for name in of if timeline in DOSE_TIMELINES and name in self.analytes)
        of = tuple(name for name in of if name not in samples)
        answers = {a: tuple(c if isinstance(c, list) else [c]) for a, c in entry.get("answers", {}).items()}
        for name in (*of, *entry.get("routed", {}), *(c for cs in answers.values() for c in cs)):
            if not lab and name not in self.concepts:
                self.shelf.complain(say.not_one_of(where, "concept", name, self.concepts))
        limits = (
            self.shelf.texts(where, entry, "limits") if lab and LAB_TIMELINES.get(timeline) is None else ()
        )
        edges = self.edges(where, of[0], limits) if limits else ()
        if lab:
            values = atoms(limits, edges) if limits else LAB_TIMELINES[timeline] or ()
        elif timeline in DOSE_TIMELINES:
            values = DOSE_TIMELINES[timeline]
        else:
            values = tuple(answers) or ("yes", "no")
        if not values:
            self.shelf.complain(say.missing_key(where, "limits"))
            return
        kinds = dict.fromkeys(COMPLETE_LISTS.get(self.concepts[c].kind, "") for c in of if c in self.concepts)
        groups = tuple(g for c in of if c in self.concepts for g in self.concepts[c].group)
        self.facts[key] = Fact(
            name=key,
            label=entry.get("label", key.replace("_", " ")),
            values=("unknown", *values),
            timeline=timeline,
            of=of,
            samples=samples,
            lab=lab,
            limits=limits,
            limits_of=of[0] if lab else "",
            edges=edges,
            current_for=self.shelf.number(where, entry, "current_for"),
            lingers=self.shelf.number(where, entry, "lingers") or 0,
            within=self.shelf.number(where, entry, "within"),
            for_at_least=self.shelf.number(where, entry, "for_at_least"),
            answers=answers,
            routed={c: tuple(r) for c, r in entry.get("routed", {}).items()},
            complete=self.shelf.texts(where, entry, "complete") or tuple(k for k in (*kinds, *groups) if k),
            qualitative=self.words(where, of[0], values) if lab and limits else {},
            asked_of={name: tuple(cell.split(" | ")) for name, cell in entry.get("asked_of", {}).items()},
        )

    def words(self, where: str, analyte: str, values: tuple[str, ...]) -> dict[str, int]:
        """The laboratory's words as value indices, where this fact has the atom they stand for."""
        return {w: values.index(a) + 1 for w, a in self.analytes[analyte].qualitative.items() if a in values}

    def edges(self, where: str, analyte: str, limits: tuple[str, ...]) -> tuple[str, ...]:
        found = []
        for limit in limits:
            edges = {
                one.edge
                for pack in self.packs.values()
                for one in pack.limits.get(analyte, ())
                if one.name == limit
            }
            if not edges and (analyte, limit) not in self.refused_limits:
                self.shelf.complain(
                    say.not_one_of(
                        where,
                        "limit",
                        limit,
                        [one.name for pack in self.packs.values() for one in pack.limits.get(analyte, ())],
                    )
                )
            if not edges:
                edges = {self.refused_limits.get((analyte, limit), "<")}
            if len(edges) > 1:
                self.shelf.complain(say.edges_differ(where, limit))
            found.append(min(edges))
        return tuple(found)

    # -- packs ---------------------------------------------------------------------------------

    def read_packs(self) -> None:
        raw = {}
        for name, tree in self.shelf.under("thresholds/"):
            pack = tree.get("pack")
            if not isinstance(pack, str):
                self.shelf.complain(say.missing_key(name, "pack"))
                continue
            if tree.get("role", "guideline") not in ROLES:
                self.shelf.complain(say.not_one_of(name, "role", str(tree["role"]), ROLES))
            if self.first(name, "pack", pack):
                raw[pack] = (name, tree)
        for pack, (name, tree) in raw.items():
            chain = self.chain(pack, raw)
            self.packs[pack] = self.pack(name, tree, [(n, t) for n, t in chain])

    def chain(self, pack: str, raw: dict[str, tuple[str, Tree]]) -> list[tuple[str, Tree]]:
        """The pack and those it takes missing entries from, nearest first."""
        seen: list[str] = []
        while pack and pack in raw and pack not in seen:
            seen.append(pack)
            pack = raw[pack][1].get("from", "")
        if pack in seen:
            self.shelf.complain(say.pack_circle(raw[pack][0], [*seen[seen.index(pack) :], pack]))
        elif pack and len(seen) == 1:
            self.shelf.complain(say.not_one_of(raw[seen[0]][0], "pack", pack, raw))
        return [raw[p] for p in seen]

    def pack(self, where: str, tree: Tree, chain: list[tuple[str, Tree]]) -> Pack:
        limits: dict[str, dict[str, Limit]] = {}
        policies: dict[str, str] = {}
        policy_evidence: dict[str, str] = {}
        for name, level in chain:
            for section, entry in level.items():
                if section in ABOUT_A_PACK:
                    continue
                if section == "policy":
                    for key, choice in entry.items():
                        self.policy_choice(f"{name} [policy]", key, choice)
                        policies.setdefault(key, str(choice.get("value")))
                        policy_evidence.setdefault(key, choice.get("source", ""))
                elif section not in self.analytes:
                    if name == where:
                        self.shelf.complain(say.not_one_of(name, "analyte", section, self.analytes))
                else:
                    for key, one in entry.items():
                        limit = self.limit(
                            f"{name} [{section}.{key}]",
                            section,
                            key,
                            one,
                            level["pack"],
                            report=name == where,
                        )
                        if limit:
                            limits.setdefault(section, {}).setdefault(key, limit)
        ends = "from" not in chain[-1][1]
        for key in self.policies:
            if key not in policies and ends:
                self.shelf.complain(
                    say.missing_key(
                        f"{where} [policy]", key, "Every pack answers every policy, itself or through `from`."
                    )
                )
        ordered = {a: self.rising(f"{where} [{a}]", list(ls.values())) for a, ls in limits.items()}
        return Pack(
            name=tree["pack"],
            title=str(tree.get("title", tree["pack"])),
            role=tree.get("role", "guideline"),
            limits=ordered,
            policies={k: policies[k] for k in self.policies if k in policies},
            policy_evidence=policy_evidence,
            year=tree.get("year"),
            inherits=tree.get("from"),
        )

    def policy_choice(self, where: str, key: str, choice: Any) -> None:
        if key not in self.policies:
            self.shelf.complain(say.not_one_of(where, "policy", key, self.policies))
        elif not isinstance(choice, dict) or not {"value", "source"} <= set(choice):
            self.shelf.complain(say.wrong_type(where, key, "{ value, source }"))
        elif self.policies[key] and str(choice["value"]) not in self.policies[key]:
            self.shelf.complain(say.not_one_of(where, f"{key}:", str(choice["value"]), self.policies[key]))
        else:
            self.limit_evidence.append((where, choice["source"]))

    def limit(
        self, where: str, analyte: str, key: str, entry: Tree, pack: str, *, report: bool
    ) -> Limit | None:
        wrong = list(wrong_in_limit(where, self.analytes[analyte].units, entry))
        if report:
            self.shelf.complaints += wrong
        if wrong:
            self.refused_limits[analyte, key] = entry.get("edge", "")
            return None
        if report:
            self.limit_evidence.append((where, entry["source"]))
        return Limit(
            name=key,
            edge=entry["edge"],
            values={unit: value for unit, value in entry.items() if unit not in ABOUT_A_LIMIT},
            evidence=entry["source"],
            checked=entry["checked"],
            pack=pack,
            status=entry.get("status", ""),
            note=entry.get("note", ""),
            sex=entry.get("sex", ""),
        )

    def rising(self, where: str, limits: list[Limit]) -> tuple[Limit, ...]:
        """Limits in rising order by their first shared unit; complains where a unit disagrees."""
        if not limits:
            return ()
        unit = next((u for u in limits[0].values if all(u in one.values for one in limits)), None)
        if unit is None:
            self.shelf.complain(say.missing_key(where, "a unit that all its limits share"))
            return tuple(limits)
        ordered = sorted(limits, key=lambda one: Decimal(one.values[unit]))
        for low, high in pairwise(ordered):
            for shared in low.values.keys() & high.values.keys():
                if not Decimal(low.values[shared]) < Decimal(high.values[shared]):
                    self.shelf.complain(say.limits_not_rising(where, shared, low.name, high.name))
        return tuple(ordered)


def concept_fact(key: str, entry: Tree) -> Tree:
    """The fact of a concept that carries its own timeline."""
    shared = ("timeline", "lingers", "within", "current_for", "asked_of", "label")
    return {"of": [key]} | {k: entry[k] for k in shared if k in entry}


def atoms(limits: tuple[str, ...], edges: tuple[str, ...]) -> tuple[str, ...]:
    """The names of the intervals between limits: ``< low``, ``[low..ample]``, ``> ample``."""
    first = f"{edges[0]} {limits[0]}"
    last = f"{'>=' if edges[-1] == '<' else '>'} {limits[-1]}"
    middle = [
        f"{'[' if edges[i] == '<' else '('}{limits[i]}..{limits[i + 1]}{')' if edges[i + 1] == '<' else ']'}"
        for i in range(len(limits) - 1)
    ]
    return (first, *middle, last)


def decimal(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def wrong_in_limit(where: str, units: tuple[str, ...], entry: Tree) -> Iterator[Complaint]:
    for unit, value in entry.items():
        if unit in ABOUT_A_LIMIT:
            continue
        if unit not in units:
            yield say.not_one_of(where, "unit", unit, [*units, *ABOUT_A_LIMIT])
        elif not isinstance(value, str) or decimal(value) is None:
            yield say.not_a_number(where, unit, value)
    for name, choices in (("edge", EDGES), ("sex", SEXES), ("status", STATUSES)):
        if name in entry and entry[name] not in choices:
            yield say.not_one_of(where, name, str(entry[name]), choices)
    for name in ("edge", "source", "checked"):
        if name not in entry:
            yield say.missing_key(where, name)
    if "checked" in entry and not is_day(entry["checked"]):
        yield say.wrong_type(where, "checked", 'a day in quotes, as "2026-11-24"')


def is_day(value: Any) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
