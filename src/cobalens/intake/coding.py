"""Coded entries: a code of a terminology to the concepts that carry it, or a broader code that holds it."""

from __future__ import annotations

from collections.abc import Mapping

from cobalens.model.ruleset import Concept

SYSTEMS = {
    "snomed": "snomed", "snomedct": "snomed", "sct": "snomed", "http://snomed.info/sct": "snomed",
    "urn:oid:2.16.840.1.113883.6.96": "snomed",
    "icd10": "icd10", "icd10cm": "icd10", "icd10gm": "icd10", "http://hl7.org/fhir/sid/icd-10": "icd10",
    "http://hl7.org/fhir/sid/icd-10-cm": "icd10", "urn:oid:2.16.840.1.113883.6.3": "icd10",
    "urn:oid:2.16.840.1.113883.6.90": "icd10", "http://fhir.de/codesystem/bfarm/icd-10-gm": "icd10",
    "atc": "atc", "http://www.whocc.no/atc": "atc", "urn:oid:2.16.840.1.113883.6.73": "atc",
    "rxnorm": "rxnorm", "http://www.nlm.nih.gov/research/umls/rxnorm": "rxnorm",
    "urn:oid:2.16.840.1.113883.6.88": "rxnorm",
    "loinc": "loinc", "http://loinc.org": "loinc", "urn:oid:2.16.840.1.113883.6.1": "loinc",
}  # fmt: skip
_NESTED = {"icd10": 3, "atc": 3}
"""Terminologies whose shorter codes hold the longer ones, with the length of their shortest useful code."""

CodeIndex = Mapping[tuple[str, str], tuple[str, ...]]


def code_index(concepts: Mapping[str, Concept]) -> dict[tuple[str, str], tuple[str, ...]]:
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for concept in concepts.values():
        for one in concept.codes:
            key = (one.system, _bare(one.code))
            found[key] = (*found.get(key, ()), concept.name)
    return found


def _bare(code: str) -> str:
    return code.strip().upper().replace(".", "")


def system_of(text: str) -> str | None:
    """The terminology that a system's name or address means."""
    low = text.strip().lower().rstrip("/")
    return SYSTEMS.get(low) or SYSTEMS.get(low.replace("-", "").replace(" ", "").replace("_", ""))


def concepts_of(code: str, system: str | None, index: CodeIndex) -> tuple[str, ...]:
    """The concepts behind a code. Without a system it must mean the same in whichever has it."""
    bare = _bare(code)
    systems = (system,) if system else ("snomed", "icd10", "atc", "rxnorm")
    answers = {found for one in systems if (found := _within(bare, one, index))}
    return answers.pop() if len(answers) == 1 else ()


def _within(bare: str, system: str, index: CodeIndex) -> tuple[str, ...]:
    shortest = _NESTED.get(system, len(bare))
    for length in range(len(bare), shortest - 1, -1):
        if found := index.get((system, bare[:length])):
            return found
    return ()
