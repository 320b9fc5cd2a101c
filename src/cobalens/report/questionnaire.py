"""The FHIR Questionnaire for what no laboratory knows: symptoms, function, diet, supplements, exposures, goal.

Made from the vocabulary, so that an answer's item names the concept that it speaks of.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cobalens.model.ruleset import Concept, Ruleset, Say
from cobalens.report.words import pending

Json = dict[str, Any]
Words = Callable[[str], str]

ADDRESS = "urn:cobalens:fhir:questionnaire"
GROUPS = ("symptoms", "function", "diet", "supplements", "exposures", "goal")


def questionnaire(ruleset: Ruleset, language: str, version: str) -> Json:
    text = ruleset.text.get(language, {})

    def say(key: str) -> str:
        return text.get(f"layout:form_{key}", Say(key)).title

    def named(label: str) -> str:
        return text.get(f"label:{label}", Say(label)).title

    waiting = pending(ruleset, language) if text else ""
    return {
        "resourceType": "Questionnaire",
        "url": ADDRESS,
        "version": version,
        "name": "CobalensBeforeReadingB12",
        "title": say("title"),
        "language": language,
        "status": "draft",
        "subjectType": ["Patient"],
        **({"description": waiting} if waiting else {}),
        "item": [group(name, ruleset, say, named) for name in GROUPS],
    }


def group(name: str, ruleset: Ruleset, say: Words, named: Words) -> Json:
    dated = frozenset(
        ruleset.lexicon.get("fhir", {}).get("questionnaire", {}).get("dated", {}).get("concepts", ())
    )
    found = [
        item(f"{name}.{concept.name}", named(concept.label), concept.name in dated, say)
        for concept in asked(name, ruleset)
    ]
    other = {"linkId": f"{name}.other", "text": say("other"), "type": "text"}
    return {"linkId": name, "text": say(name), "type": "group", "item": [*found, other]}


def item(link: str, label: str, dated: bool, say: Words) -> Json:
    made: Json = {"linkId": link, "text": label[:1].upper() + label[1:], "type": "boolean"}
    if dated:
        when = [{"question": link, "operator": "=", "answerBoolean": True}]
        made["item"] = [
            {"linkId": f"{link}.{part}", "text": say(part), "type": "date", "enableWhen": when}
            for part in ("since", "last")
        ]
    return made


def asked(name: str, ruleset: Ruleset) -> list[Concept]:
    """The concepts under a heading: those of its kinds that some fact reads, and those that are named for it."""
    plan = ruleset.lexicon.get("fhir", {}).get("questionnaire", {})
    kinds = frozenset(plan.get("kinds", {}).get(name, ()))
    read = {
        of
        for fact in ruleset.facts.values()
        for of in (*fact.of, *fact.routed, *(one for many in fact.answers.values() for one in many))
    }
    found = [
        concept for concept in ruleset.concepts.values() if concept.kind in kinds and concept.name in read
    ]
    named = [
        ruleset.concepts[one] for one in plan.get("concepts", {}).get(name, ()) if one in ruleset.concepts
    ]
    return list({concept.name: concept for concept in (*found, *named)}.values())
