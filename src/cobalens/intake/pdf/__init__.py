"""Reports in PDF that have a text layer: the lines of their pages, as they stand on paper, read like pasted text."""

from __future__ import annotations

import io
import sys
import zlib

from cobalens import errors
from cobalens.errors import CobalensError
from cobalens.intake.pasted import of_lines
from cobalens.intake.pasted.blocks import Line
from cobalens.intake.pdf.columns import in_reading_order
from cobalens.model.record import Record
from cobalens.model.ruleset import Ruleset

__all__ = ["read", "recognise"]

WHERE = "input"
MAX_BYTES = 30_000_000
MAX_PAGES = 100
LEAST_TEXT = 20
"""Letters of a document; with fewer it is a picture of a report."""


def recognise(head: bytes) -> bool:
    return b"%PDF-" in head[:1024]


def read(source: bytes, ruleset: Ruleset, as_of: str | None = None, id: str = "case") -> list[Record]:
    lines = lines_of(source, ruleset)
    found = of_lines(lines, ruleset, as_of, id)
    if found is None:
        raise nothing_known()
    return [found]


def lines_of(source: bytes, ruleset: Ruleset) -> list[Line]:
    """Every line of every page, with its cells where they stand on paper; of columns side by side, the left one first."""
    if len(source) > MAX_BYTES:
        raise errors.file_too_large(WHERE, len(source), MAX_BYTES)
    pages = _pages(source)
    lines: list[Line] = []
    for number, text in enumerate(pages, 1):
        ordered = in_reading_order(text.splitlines(), ruleset)
        lines += [Line(len(lines) + at, line, number) for at, line in enumerate(ordered, 1)]
        lines.append(Line(len(lines) + 1, "", number))
    if sum(char.isalnum() for line in lines for char in line.text) < LEAST_TEXT:
        raise scanned()
    return lines


def _pages(source: bytes) -> list[str]:
    import pypdf
    from pypdf.errors import PyPdfError

    # What the library has to say about a file stays out of every log.
    sys.modules["logging"].getLogger("pypdf").setLevel("CRITICAL")
    try:
        document = pypdf.PdfReader(io.BytesIO(source), strict=False)
        if document.is_encrypted and not document.decrypt(""):
            raise protected()
        if len(document.pages) > MAX_PAGES:
            raise errors.too_many_entries(WHERE, len(document.pages), MAX_PAGES)
        return [
            page.extract_text(extraction_mode="layout", layout_mode_space_vertically=False)
            for page in document.pages
        ]
    except CobalensError:
        raise
    except (
        PyPdfError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, AssertionError, RuntimeError, OSError,
        zlib.error, ImportError, MemoryError,
    ):  # fmt: skip
        raise broken_pdf() from None


def scanned() -> CobalensError:
    return CobalensError(
        "scanned_pdf",
        WHERE,
        "The PDF holds pictures of pages and no text.",
        "The report was scanned or photographed.",
        "Ask for the report as text or data, or type the results into a table or a case file; nothing is guessed from a picture.",
    )


def protected() -> CobalensError:
    return CobalensError(
        "protected_pdf",
        WHERE,
        "The PDF is protected by a password.",
        "",
        "Save it without a password, or copy its text and paste that.",
    )


def broken_pdf() -> CobalensError:
    return CobalensError(
        "broken_pdf",
        WHERE,
        "The PDF cannot be read.",
        "The file may be incomplete.",
        "Download it again, or copy its text and paste that.",
    )


def nothing_known() -> CobalensError:
    return CobalensError(
        "nothing_known_in_pdf",
        WHERE,
        "The text of the PDF holds no result and nothing else that is known here.",
        "It may be another document, or its text may be stored as pictures of letters.",
        "Copy its text and paste that, or type the results into a table.",
    )
