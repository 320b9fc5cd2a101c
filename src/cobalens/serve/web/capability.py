"""What of FHIR this program does, in FHIR's own words: the CapabilityStatement and the OperationDefinition that it names."""

from __future__ import annotations

from typing import Any, NamedTuple

from cobalens import __version__
from cobalens.model.ruleset import Ruleset

Json = dict[str, Any]

OPERATION = "interpret-b12"
DEFINITION = f"OperationDefinition/{OPERATION}"
FHIR_VERSION = "4.0.1"
PUBLISHER = "Cobalens"
ABOUT = (
    "Reads vitamin B12 in the light of one person's record and hands out the interpretation as a Bundle. Decision support "
    "for professionals: it keeps no record, calls no other server, and authenticates nobody by itself."
)
SECURITY = (
    "It listens on its own computer alone unless told otherwise. Beyond it, a gateway in front speaks TLS and says who "
    "may call."
)
WHAT = (
    "Is this a deficiency needing replacement, or a biomarker needing interpretation? Of one person, from a Bundle of any "
    "type; the answer is a Bundle with a preliminary DiagnosticReport, proposals, cautions and their provenance."
)


class Parameter(NamedTuple):
    """One parameter: what it is of, how often it may stand, in which values it may be given, and what it says."""

    type: str
    most: str
    values: tuple[str, ...]
    says: str


PARAMETERS = {
    "bundle": Parameter("Bundle", "1", (), "The record of one person, as a Bundle of any type."),
    "resource": Parameter("Resource", "*", (), "Further resources about the same person, or these alone."),
    "asOf": Parameter(
        "date",
        "1",
        ("valueDate", "valueDateTime", "valueString"),
        "The day of decision; dated input needs it.",
    ),
    "pack": Parameter(
        "string",
        "1",
        ("valueString", "valueCode"),
        "The primary pack of limits; by default the one that is served.",
    ),
    "language": Parameter(
        "code",
        "1",
        ("valueCode", "valueString"),
        "`en` or `es`, for a patient; clinicians are told in English.",
    ),
    "audience": Parameter(
        "code",
        "1",
        ("valueCode", "valueString"),
        "For whom the full text is: `clinician` (default) or `patient`.",
    ),
}


def capability(ruleset: Ruleset, base: str) -> Json:
    """``base``: the address under which the program is reached."""
    return {
        "resourceType": "CapabilityStatement",
        "url": f"{base}/fhir/metadata",
        "name": "CobalensCapability",
        "title": "Cobalens: vitamin B12 in context",
        "status": "active",
        "date": last_checked(ruleset),
        "publisher": PUBLISHER,
        "description": ABOUT,
        "kind": "instance",
        "software": {"name": "Cobalens", "version": __version__},
        "implementation": {"description": ABOUT, "url": f"{base}/fhir"},
        "fhirVersion": FHIR_VERSION,
        "format": ["application/fhir+json", "json"],
        "rest": [
            {
                "mode": "server",
                "security": {"description": SECURITY},
                "resource": [{"type": "OperationDefinition", "interaction": [{"code": "read"}]}],
                "operation": [
                    {"name": OPERATION, "definition": f"{base}/fhir/{DEFINITION}", "documentation": WHAT}
                ],
            }
        ],
    }


def last_checked(ruleset: Ruleset) -> str:
    """The day on which a limit was last checked against its source: since then the answers may have changed."""
    return max(
        one.checked for pack in ruleset.packs.values() for group in pack.limits.values() for one in group
    )


def definition(base: str) -> Json:
    return {
        "resourceType": "OperationDefinition",
        "id": OPERATION,
        "url": f"{base}/fhir/{DEFINITION}",
        "version": __version__,
        "name": "InterpretB12",
        "title": "Vitamin B12 in context",
        "status": "active",
        "kind": "operation",
        "publisher": PUBLISHER,
        "description": WHAT,
        "affectsState": False,
        "code": OPERATION,
        "system": True,
        "type": False,
        "instance": False,
        "parameter": [
            *(
                {
                    "name": name,
                    "use": "in",
                    "min": 0,
                    "max": one.most,
                    "documentation": one.says,
                    "type": one.type,
                }
                for name, one in PARAMETERS.items()
            ),
            {
                "name": "return",
                "use": "out",
                "min": 1,
                "max": "1",
                "documentation": "The interpretation.",
                "type": "Bundle",
            },
        ],
    }
