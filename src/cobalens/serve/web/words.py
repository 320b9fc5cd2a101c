"""The words of the pages by language: gettext catalogues, read once. English is what stands in the templates."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from io import BytesIO
from pathlib import Path

SOURCE = "en"
LANGUAGES = {"en": "English", "es": "Español"}
HOME = Path(__file__).parent / "locale"
Speak = Callable[..., str]


def N_(sentence: str) -> str:  # noqa: N802 - the name by which gettext's tools know it
    """Marks a sentence for the catalogues that is said elsewhere."""
    return sentence


@lru_cache(maxsize=8)
def speaker(language: str) -> Speak:
    """Says a sentence in a language; ``{name}`` in it stands for what is handed in."""
    told = catalogue(language)

    def speak(sentence: str, **parts: object) -> str:
        words = told.get(sentence, sentence)
        return words.format(**parts) if parts else words

    return speak


def catalogue(language: str) -> dict[str, str]:
    """Sentence -> its translation; empty for the language in which the pages are written."""
    if language == SOURCE:
        return {}
    from babel.messages.pofile import read_po

    content = (HOME / language / "LC_MESSAGES" / "cobalens.po").read_bytes()
    return {
        str(one.id): str(one.string)
        for one in read_po(BytesIO(content), locale=language, domain="cobalens")
        if one.id and one.string and not one.fuzzy
    }


def preferred(header: str) -> str:
    """Of the languages of the pages, the one that a browser asks for first (RFC 9110, 12.5.4)."""
    found: list[tuple[float, int, str]] = []
    for place, part in enumerate(header.split(",")):
        tag, _, weight = part.partition(";")
        name = tag.strip().lower().partition("-")[0]
        if name in LANGUAGES and (share := quality(weight)) > 0:
            found.append((-share, place, name))
    return min(found)[2] if found else SOURCE


def quality(weight: str) -> float:
    """The ``q`` of one language; what cannot be read asks for nothing."""
    if not weight.strip():
        return 1.0
    name, _, number = weight.partition("=")
    try:
        return float(number) if name.strip() == "q" else 0.0
    except ValueError:
        return 0.0


def prefix(language: str) -> str:
    """What stands before every address in a language."""
    return "" if language == SOURCE else f"/{language}"
