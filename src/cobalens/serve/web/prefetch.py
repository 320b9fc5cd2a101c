"""What a CDS client is asked to send beforehand, made from the knowledge; and what it did send, as one Bundle of one person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from cobalens.model.ruleset import Ruleset
from cobalens.serve.web import refusals
from cobalens.serve.web.bodies import kind_of

Json = dict[str, Any]

PATIENT, RESULTS = "patient", "results_"
OF_PATIENT = "patient={{context.patientId}}"
NEWEST_FIRST = "_sort=-date"
AT_MOST = 200
"""Results that one search may bring; those of one search are so few tests that no other crowds them out."""
ENOUGH = 15
"""Codes in one search from which on the next chapter's tests have a search of their own."""
SPOKEN = "category=social-history,survey,exam"
LISTS = {
    "conditions": "Condition",
    "medication_requests": "MedicationRequest",
    "medication_statements": "MedicationStatement",
    "medication_administrations": "MedicationAdministration",
    "procedures": "Procedure",
    "service_requests": "ServiceRequest",
    "allergies": "AllergyIntolerance",
    "questionnaires": "QuestionnaireResponse",
}
STILL_OPEN = {"service_requests": "&status=active,on-hold"}
"""Of orders, those that are still to be carried out: what they asked for before stands on other lists, and there are many."""
LOINC = "loinc"
ALONE = "untreated"
"""The timeline of the first fact of a test that is a level of vitamin B12; that of other tests is their newest result."""


class Asked(Struct, frozen=True):
    """The templates by key, and the tests for which those of results ask."""

    templates: dict[str, str]
    tests: dict[str, tuple[str, ...]]
    levels: frozenset[str]
    """Tests that are a level of vitamin B12."""


class Given(Struct, frozen=True):
    """The resources that came, and the keys for which nothing or only a part did."""

    entries: list[Json]
    missing: tuple[str, ...]
    part: tuple[str, ...]


# --- Asked for ----------------------------------------------------------------------------------------------------


def asked_of(ruleset: Ruleset) -> Asked:
    tests = by_chapter(ruleset)
    templates = {PATIENT: "Patient/{{context.patientId}}"}
    for key, names in tests.items():
        codes = ",".join(code for name in names for code in loinc(ruleset, name))
        templates[key] = f"Observation?{OF_PATIENT}&code={codes}&{NEWEST_FIRST}&_count={AT_MOST}"
    templates["observations"] = f"Observation?{OF_PATIENT}&{SPOKEN}&{NEWEST_FIRST}&_count={AT_MOST}"
    templates |= {key: f"{kind}?{OF_PATIENT}{STILL_OPEN.get(key, '')}" for key, kind in LISTS.items()}
    read: dict[str, str] = {}
    for one in ruleset.facts.values():
        if one.lab:
            read.setdefault(one.of[0], one.timeline)
    levels = frozenset(test for test, timeline in read.items() if timeline == ALONE)
    return Asked(templates, tests, levels)


def by_chapter(ruleset: Ruleset) -> dict[str, tuple[str, ...]]:
    """The tests that have a code, by the chapter that asks for each first; small chapters stand together."""
    homes: dict[str, str] = {}
    for table in ruleset.tables:
        for name in table.inputs:
            for test in ruleset.facts[name].of if name in ruleset.facts else ():
                homes.setdefault(test, table.chapter)
    chapters = dict.fromkeys(table.chapter for table in ruleset.tables)
    coded = [one.name for one in ruleset.analytes.values() if one.used and loinc(ruleset, one.name)]
    groups = [(chapter, [one for one in coded if homes.get(one) == chapter]) for chapter in chapters]
    groups.append(("others", [one for one in coded if one not in homes]))
    made: list[tuple[str, list[str]]] = []
    for chapter, names in groups:
        if made and sum(len(loinc(ruleset, one)) for one in made[-1][1]) < ENOUGH:
            made[-1][1].extend(names)
        elif names:
            made.append((chapter, names))
    return {f"{RESULTS}{chapter}": tuple(names) for chapter, names in made}


def loinc(ruleset: Ruleset, test: str) -> list[str]:
    return [one.code for one in ruleset.analytes[test].codes if one.system == LOINC]


# --- Given --------------------------------------------------------------------------------------------------------


def given(prefetch: Mapping[str, Any], asked: Asked) -> Given:
    """Everything that came. ``null`` says that there is nothing; a key left out, or an error, that it was not looked for."""
    entries: list[Json] = []
    missing, part = [], []
    for key in dict.fromkeys((*asked.templates, *prefetch)):
        if key not in prefetch or failed(prefetch[key]):
            missing.append(key)
            continue
        entries += entries_of(prefetch[key], f"prefetch.{key}")
        if in_part(prefetch[key]):
            part.append(key)
    looked_for = [key for key in asked.templates if key != PATIENT]
    if all(key in missing for key in looked_for) and all(kind(one) == "Patient" for one in entries):
        raise refusals.nothing_prefetched(looked_for)
    known = asked.templates
    return Given(entries, *(tuple(one for one in keys if one in known) for keys in (missing, part)))


def entries_of(value: Any, where: str) -> list[Json]:
    """A resource, or those of a Bundle, as entries; messages of the server are none."""
    if value is None:
        return []
    if not isinstance(value, dict):
        raise refusals.wrong_kind(
            f"`{where}`", "a FHIR resource", kind_of(value), "", where, refusals.HOOK_SHAPE
        )
    if value.get("resourceType") != "Bundle":
        return [{"resource": value}]
    return [one for one in objects(value.get("entry")) if not failed(one.get("resource"))]


def failed(value: Any) -> bool:
    return isinstance(value, dict) and value.get("resourceType") == "OperationOutcome"


def in_part(value: Any) -> bool:
    """Whether a search goes on elsewhere, found more than it brought, or says that it could not look everywhere."""
    if not isinstance(value, dict):
        return False
    links, entries, total = (value.get(name) for name in ("link", "entry", "total"))
    if any(one.get("relation") == "next" for one in objects(links)):
        return True
    found = objects(entries)
    issues = (
        issue
        for one in found
        if failed(one.get("resource"))
        for issue in objects(one["resource"].get("issue"))
    )
    if any(one.get("severity") in GRAVE or one.get("code") == "incomplete" for one in issues):
        return True
    return isinstance(total, int) and total > len(found)


GRAVE = ("error", "fatal")


def objects(value: Any) -> list[Json]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def kind(entry: Json) -> Any:
    resource = entry.get("resource")
    return resource.get("resourceType") if isinstance(resource, dict) else None


def bundle_of(entries: Iterable[Json], patient: str) -> Json:
    """One Bundle, the person first, so that everything else can be told to speak of this person.

    A Patient without an id is the one in context: it was read by that id.
    """
    kept = list(entries)
    people = [named(one, patient) for one in kept if kind(one) == "Patient"]
    others = [one for one in kept if kind(one) != "Patient"]
    return {"resourceType": "Bundle", "type": "collection", "entry": [*people, *others]}


def named(entry: Json, patient: str) -> Json:
    return (
        entry if entry["resource"].get("id") else {**entry, "resource": {**entry["resource"], "id": patient}}
    )


# --- Orders -------------------------------------------------------------------------------------------------------


STANDING = ("active", "on-hold", "")
"""What an order that is signed anew may still be called: until it is signed it is carried out in this form no more than a draft."""


def orders(draft: Any, record: Iterable[Json]) -> list[Json]:
    """Orders that are not signed, each as a plan, whatever status it was sent with; one that stands on the record stays what it is."""
    if not isinstance(draft, dict) or draft.get("resourceType") != "Bundle":
        raise refusals.no_draft_orders()
    standing = {address(one) for one in record} - {""}
    return [
        one if address(one) in standing else planned(one) for one in entries_of(draft, "context.draftOrders")
    ]


def planned(entry: Json) -> Json:
    resource = entry.get("resource")
    if isinstance(resource, dict) and resource.get("status", "") in STANDING:
        return {**entry, "resource": {**resource, "status": "draft"}}
    return entry


def address(entry: Json) -> str:
    """Kind and id; empty where it has none."""
    resource = entry.get("resource")
    own = resource.get("id") if isinstance(resource, dict) else None
    return f"{kind(entry)}/{own}" if own else ""


def is_selected(entry: Json, selections: Iterable[str]) -> bool:
    """Whether an order is among those named, by kind and id or by its id alone."""
    own = address(entry)
    return bool(own) and any(one in (own, own.partition("/")[2]) for one in selections)
