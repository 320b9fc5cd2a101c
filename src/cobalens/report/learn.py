"""The Learn chapters of a ruleset in one language, and the chapter behind a finding."""

from __future__ import annotations

from collections.abc import Iterable

from cobalens.model.interpretation import Citation
from cobalens.model.learn import Chapter, Paragraph
from cobalens.model.ruleset import Ruleset
from cobalens.report.case import citation
from cobalens.report.words import pending

HEADING = "learn:chapter_"


def chapters(ruleset: Ruleset, language: str = "en") -> tuple[Chapter, ...]:
    """All chapters in reading order."""
    words = ruleset.text[language]
    plan = ruleset.lexicon.get("learn", {}).get("chapter", {})
    explained: dict[str, list[str]] = {name: [] for name in plan}
    for code in (*ruleset.codes, *(code for code in ruleset.text["en"] if "=" in code)):
        if (home := chapter_of(ruleset, code)) is not None:
            explained[home].append(code)
    return tuple(
        Chapter(
            name=name,
            title=words[f"{HEADING}{name}"].title,
            about=words[f"{HEADING}{name}"].patient,
            paragraphs=tuple(
                Paragraph(
                    code=one["text"],
                    title=words[one["text"]].title,
                    text=words[one["text"]].patient,
                    sources=cited(ruleset, one["source"]),
                )
                for one in chapter["paragraphs"]
            ),
            explains=tuple(explained[name]),
            language=language,
            pending=pending(ruleset, language),
        )
        for name, chapter in plan.items()
    )


def chapter_of(ruleset: Ruleset, code: str) -> str | None:
    """The chapter that is the background of a finding or an answer: the one that claims the longest part of its code."""
    plan = ruleset.lexicon.get("learn", {}).get("chapter", {})
    claims = [
        (len(family), name)
        for name, chapter in plan.items()
        for family in chapter["explains"]
        if code.startswith(family)
    ]
    return max(claims, default=(0, None), key=lambda claim: claim[0])[1]


def cited(ruleset: Ruleset, ids: str | Iterable[str]) -> tuple[Citation, ...]:
    return tuple(citation(ruleset, one) for one in ([ids] if isinstance(ids, str) else ids))
