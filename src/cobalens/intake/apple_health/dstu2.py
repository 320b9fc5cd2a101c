"""FHIR DSTU2, in which many hospitals still send records to phones, in the shape of R4, as far as a record needs it."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def to_r4(resource: Json) -> Json:
    """A resource of DSTU2; kinds that have not changed stay as they are."""
    change = {
        "Observation": _observation, "Condition": _condition, "MedicationOrder": _order, "MedicationStatement": _statement,
        "Procedure": _procedure, "AllergyIntolerance": _allergy,
    }.get(str(resource.get("resourceType")))  # fmt: skip
    return change(dict(resource)) if change else resource


def _concept(value: Any) -> Any:
    return {"coding": [{"code": value}], "text": value} if isinstance(value, str) else value


def _note(made: Json, *names: str) -> Json:
    words = [made.pop(name) for name in names if name in made]
    texts = [{"text": one} if isinstance(one, str) else one for one in words if one]
    if texts:
        made["note"] = [one for one in texts if isinstance(one, dict)]
    return made


def _observation(made: Json) -> Json:
    if isinstance(made.get("category"), dict):
        made["category"] = [made["category"]]
    if isinstance(made.get("interpretation"), dict):
        made["interpretation"] = [made["interpretation"]]
    return _note(made, "comments")


def _condition(made: Json) -> Json:
    for name in ("clinicalStatus", "verificationStatus"):
        if name in made:
            made[name] = _concept(made[name])
    if "dateRecorded" in made:
        made["recordedDate"] = made.pop("dateRecorded")
    return _note(made, "notes")


def _dose(one: Any) -> Any:
    if not isinstance(one, dict):
        return one
    made = dict(one)
    amount = (
        made.pop("doseQuantity", None) or made.pop("quantityQuantity", None) or made.pop("quantity", None)
    )
    if amount is not None:
        made["doseAndRate"] = [{"doseQuantity": amount}]
    return made


def _order(made: Json) -> Json:
    made["resourceType"] = "MedicationRequest"
    made.setdefault("intent", "order")
    if "dateWritten" in made:
        made["authoredOn"] = made.pop("dateWritten")
    if isinstance(made.get("dosageInstruction"), list):
        made["dosageInstruction"] = [_dose(one) for one in made["dosageInstruction"]]
    return _note(made, "note")


def _statement(made: Json) -> Json:
    if made.pop("wasNotTaken", None) is True:
        made["status"] = "not-taken"
    if isinstance(made.get("dosage"), list):
        made["dosage"] = [_dose(one) for one in made["dosage"]]
    return _note(made, "note")


def _procedure(made: Json) -> Json:
    if made.pop("notPerformed", None) is True:
        made["status"] = "not-done"
    return _note(made, "notes")


def _allergy(made: Json) -> Json:
    if "substance" in made:
        made["code"] = made.pop("substance")
    status = made.pop("status", None)
    if status in ("refuted", "entered-in-error"):
        made["verificationStatus"] = _concept(status)
    elif status in ("inactive", "resolved"):
        made["clinicalStatus"] = _concept(status)
    return _note(made, "note")
