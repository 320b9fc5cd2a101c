"""A small vocabulary, and case files read under it."""

from __future__ import annotations

from typing import Any

from cobalens.intake.casefile import read_case
from cobalens.model.record import Event, Record
from cobalens.model.ruleset import Analyte, Code, Concept, Fact, Pack, Ruleset


def concept(
    name: str, kind: str, *phrases: str, codes: tuple[Code, ...] = (), group: tuple[str, ...] = ()
) -> Concept:
    return Concept(name, kind, name, phrases or (name.replace("_", " "),), codes, group)


CONCEPTS = [
    concept("numbness", "symptom", "numbness", "tingling", group=("neurological",)),
    concept(
        "metformin", "drug", codes=(Code("atc", "A10BA02", "verified"), Code("rxnorm", "6809", "memory"))
    ),
    concept("ppi", "drug", "omeprazole", codes=(Code("atc", "A02BC", "memory"),)),
    concept("pemetrexed", "drug"),
    concept("b12_unspecified", "drug", "cyanocobalamin", "vitamin b12"),
    concept("pernicious_anaemia", "condition", codes=(Code("icd10", "D51.0", "verified"),)),
    concept(
        "crohn_disease",
        "condition",
        codes=(Code("icd10", "K50", "memory"), Code("snomed", "34000006", "memory")),
    ),
    concept("total_gastrectomy", "procedure"),
    concept("vegan_diet", "diet", "vegan"),
    concept("wants_b12_for_energy", "goal", "more energy"),
    concept("walking_affected", "function", "trouble walking"),
    concept("pregnant", "person", "pregnant"),
    concept("female", "person", "female"),
    concept("male", "person", "male"),
]
SEX = Fact(
    "sex",
    "sex",
    ("unknown", "female", "male"),
    "ever",
    (),
    answers={"female": ("female",), "male": ("male",)},
)
RULES = Ruleset(
    hash="toy", compiler="", sources={}, evidence={},
    analytes={
        "vitamin_b12": Analyte("vitamin_b12", "total B12", ("b12", "vitamin b12"), ("pmol/L", "ng/L", "pg/mL"),
                               molar_mass="1355.37", plausible={"pmol/L": ("10", "200000")}),
        "hemoglobin": Analyte("hemoglobin", "haemoglobin", ("hb", "haemoglobin"), ("g/L", "g/dL")),
    },
    concepts={one.name: one for one in CONCEPTS}, facts={"sex": SEX}, policies={}, tables=(),
    packs={"toy": Pack("toy", "Toy", "guideline", {}, {})}, text={},
)  # fmt: skip


def case(patient: dict[str, Any] | None = None, **facts: Any) -> dict[str, Any]:
    return {"patient": patient or {}, "facts": facts}


def read(patient: dict[str, Any] | None = None, as_of: str | None = None, **facts: Any) -> Record:
    return read_case(case(patient, **facts), RULES, as_of)


def events(record: Record, name: str) -> list[Event]:
    return [event for event in record.events if event.concept == name]


def unread(record: Record) -> dict[str, str | None]:
    return {one.where: one.suggestion for one in record.not_understood}
