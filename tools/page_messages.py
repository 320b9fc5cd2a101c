"""Brings the catalogues of the web pages up to date with every sentence of the templates; a new one is left open for a translator."""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

WEB = Path(__file__).resolve().parent.parent / "src" / "cobalens" / "serve" / "web"
LANGUAGES = ("es",)
SOURCES = {"*.html": "jinja2.ext:babel_extract", "*.py": "python"}
WORDS = {"_": None, "N_": None}


def sentences() -> dict[str, list[str]]:
    """Every sentence that the pages say, with the files it stands in."""
    found: dict[str, list[str]] = {}
    for pattern, method in SOURCES.items():
        for path in sorted(WEB.rglob(pattern)):
            with path.open("rb") as file:
                for _, message, _, _ in extract(method, file, keywords=WORDS):
                    place = path.relative_to(WEB).as_posix()
                    places = found.setdefault(str(message), [])
                    if place not in places:
                        places.append(place)
    return found


def main() -> int:
    for language in LANGUAGES:
        path = WEB / "locale" / language / "LC_MESSAGES" / "cobalens.po"
        old = read_po(BytesIO(path.read_bytes()), locale=language, domain="cobalens")
        kept = {str(one.id): str(one.string) for one in old if one.id}
        path.write_bytes(written(language, kept))
    return 0


def written(language: str, known: dict[str, str]) -> bytes:
    made = Catalog(locale=language, domain="cobalens", project="Cobalens", fuzzy=False)
    for message, places in sentences().items():
        made.add(message, known.get(message, ""), locations=[(file, 0) for file in places])
    out = BytesIO()
    write_po(out, made, width=0, sort_output=True, omit_header=True, include_lineno=False)
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main())
