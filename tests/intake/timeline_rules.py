"""A small ruleset with a fact of every timeline, and what records become under it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from cobalens.intake.timelines.timeline import facts_of
from cobalens.model.facts import Facts
from cobalens.model.record import UNDATED, Event, Lab, Record, Span
from cobalens.model.ruleset import Analyte, Concept, Fact, Limit, Pack, Ruleset

LIMITS = ("low", "ample", "high")
ATOMS = ("unknown", "< low", "[low..ample]", "(ample..high]", "> high")
EDGES = ("<", "<=", "<=")


def lab_fact(name: str, timeline: str, values: tuple[str, ...] = (), **more: Any) -> Fact:
    analyte = more.pop("of", "vitamin_b12")
    if not values:
        words = {"low": 1, "normal": 3, "high": 4}
        more = {"limits": LIMITS, "edges": EDGES, "qualitative": words, **more}
        values = ATOMS[1:]
    return Fact(name, name, ("unknown", *values), timeline, (analyte,), lab=True, limits_of=analyte, **more)


def said(name: str, timeline: str = "current", of: tuple[str, ...] = (), **more: Any) -> Fact:
    return Fact(name, name, ("unknown", "yes", "no"), timeline, of or (name,), **more)


DOSES = ("b12_injection", "b12_tablets", "b12_unspecified")
KINDS = {
    "numbness": ("symptom", ("neurological",)), "ppi": ("drug", ()), "h2_blocker": ("drug", ()),
    "metformin": ("drug", ()), "taxane": ("drug", ()), "checkpoint_inhibitor": ("drug", ()),
    "gastrectomy": ("procedure", ()), "transfusion": ("procedure", ()), "nitrous_oxide": ("exposure", ()),
    "pernicious_anaemia": ("condition", ()), "female": ("person", ()), "male": ("person", ()),
    "multivitamin": ("drug", ("supplement",)), "sample_before_dose": ("test", ()), "sample_after_dose": ("test", ()), "rise_persistent": ("test", ()), **dict.fromkeys(DOSES, ("drug", ())),
}  # fmt: skip
FACTS = [
    lab_fact("latest", "latest", current_for=365),
    lab_fact("untreated", "untreated", current_for=365),
    lab_fact("range", "range", ("below", "within", "above")),
    lab_fact("persistence", "persistence", ("none", "single", "persistent", "settled"), current_for=365),
    lab_fact("trend", "trend", ("falling", "rising", "steady")),
    lab_fact("agreement", "agreement", ("agree", "conflict", "single"), current_for=365),
    lab_fact("once_low", "once_low", ("lately", "earlier", "no"), current_for=365),
    lab_fact("reading", "reading", ("sound", "unit_missing", "unit_impossible", "implausible")),
    lab_fact("any_unit", "any_unit", ("low", "indeterminate", "ample", "high")),
    lab_fact("age", "latest", ("< scope", ">= scope"), of="age", limits=("scope",), edges=("<",)),
    said("numbness"),
    said("metformin"),
    said("acid_suppression", of=("ppi", "h2_blocker")),
    said("taxane", "ever"),
    said("taxane_planned", "planned", of=("taxane",), within=90),
    said("taxane_now_or_soon", "current_or_planned", of=("taxane",), within=90),
    said("checkpoint_inhibitor", lingers=730),
    said("gastrectomy", "ever"),
    said("transfusion", lingers=90),
    said("nitrous_oxide", lingers=365),
    said("pernicious_anaemia", "ever"),
    said("pernicious_anaemia_suspected", "suspected", of=("pernicious_anaemia",)),
    said("family_pernicious_anaemia", "family", of=("pernicious_anaemia",)),
    said("injections", of=("b12_injection",), routed={"b12_unspecified": ("intramuscular", "subcutaneous")}),
    said("tablets", of=("b12_tablets",), routed={"b12_unspecified": ("oral",)}),
    said("tablets_tried", "lasting", of=("b12_tablets",), for_at_least=90),
    said("stomach_drugs_begun", "begun", of=("ppi", "h2_blocker"), for_at_least=365),
    said("metformin_begun", "begun", of=("metformin",), for_at_least=120),
    said("taken_reliably", "adherence", of=("b12_tablets",)),
    Fact("sex", "sex", ("unknown", "female", "male"), "ever", (), answers={"female": ("female",), "male": ("male",)}),
    Fact("treatment_state", "", ("unknown", "never", "on", "stopped"), "treatment_state", DOSES),
    Fact("sample_timing", "", ("unknown", "undosed", "after_dose", "washed_out"), "sample_timing",
         (*DOSES, "multivitamin"), samples=("vitamin_b12",)),
]  # fmt: skip


def limit(name: str, edge: str, **values: str) -> Limit:
    return Limit(name, edge, {k.replace("_", "/"): v for k, v in values.items()}, "N4", "2026-01-01", "toy")


POLICIES = {
    "washout_days": "90",
    "trend_percent": "32",
    "persistence_gap_days": "30",
    "above_range_by": "laboratory",
}
PACK = Pack(
    "toy", "Toy", "guideline",
    {
        "vitamin_b12": (
            limit("low", "<", ng_L="180", pmol_L="133"),
            limit("ample", "<=", ng_L="350", pmol_L="258"),
            limit("high", "<=", ng_L="900", pmol_L="664"),
        ),
        "age": (Limit("scope", "<", {"a": "16"}, "N1", "2026-01-01", "toy"),),
    },
    POLICIES,
)  # fmt: skip
RULES = Ruleset(
    hash="toy", compiler="", sources={}, evidence={},
    analytes={
        "vitamin_b12": Analyte("vitamin_b12", "total B12", ("b12",), ("pmol/L", "ng/L", "pg/mL"), molar_mass="1355.37"),
        "age": Analyte("age", "age", ("age",), ("a",)),
    },
    concepts={name: Concept(name, kind, name, group=group) for name, (kind, group) in KINDS.items()},
    facts={fact.name: fact for fact in FACTS}, policies={}, tables=(), packs={"toy": PACK}, text={},
)  # fmt: skip


def b12(value: str | None = None, day: int | None = 0, unit: str | None = "ng/L", **more: Any) -> Lab:
    number = Decimal(value) if value else None
    where = more.pop("where", f"labs[{value},{day}]")
    when = more.pop("when", UNDATED if day is None else Span(day, day))
    return Lab(
        analyte="vitamin_b12", where=where, text=f"{value} {unit}", when=when,
        **{"lo": number, "hi": number, "unit": unit, **more},
    )  # fmt: skip


def event(concept: str, start: int | None = None, stop: int | None = None, **more: Any) -> Event:
    spans = {
        "start": UNDATED if start is None else Span(start, start),
        "stop": UNDATED if stop is None else Span(stop, stop),
    }
    return Event(**{"concept": concept, "where": "medications[0]", "text": concept, **spans, **more})


def since(concept: str, first: int | None, last: int | None) -> Event:
    """What began at some time between two days."""
    return Event(concept=concept, where="medications[0]", text=concept, start=Span(first, last))


def read(*items: Lab | Event, complete: tuple[str, ...] = (), **more: Any) -> Facts:
    labs = tuple(item for item in items if isinstance(item, Lab))
    events = tuple(item for item in items if isinstance(item, Event))
    return facts_of(
        Record(id="x", labs=labs, events=events, complete=frozenset(complete), **more), RULES, PACK
    )


def value(name: str, *items: Lab | Event, complete: tuple[str, ...] = ()) -> str:
    found = read(*items, complete=complete).values.get(name)
    return RULES.facts[name].values[found.value] if found else "unknown"
