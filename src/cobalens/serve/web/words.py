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


def prefix(language: str) -> str:
    """What stands before every address in a language."""
    return "" if language == SOURCE else f"/{language}"
