"""Whether a content is an answer of this program. Read as a record it would bear witness to itself."""

from __future__ import annotations

import re

BOM = b"\xef\xbb\xbf"
HEAD = 4096
PAGE = 65_536
"""Bytes within which a page for a patient comes to its end, by which it is known."""
MOST = 20_000_000
"""Bytes beyond which no workbook is looked into."""
WHOLE = (".xlsx", ".pdf")
"""Endings of what only its whole content tells of."""
WORKBOOK = "xl/workbook.xml"
SHEETS = (b'name="People"', b'name="Findings"', b'name="About"')
_ID = rb'"id":\s*"(?:[^"\\]|\\.)*",\s*'
OWN = tuple(
    re.compile(one, re.DOTALL)
    for one in (
        # An interpretation, a what-if, a comparison, or what another ruleset would change; alone, or the first of several.
        rb'\s*\[?\s*\{\s*"cobalens":\s*"[^"]*",\s*"(?:ruleset|pack)":\s*"',
        # Somebody who could not be read, in front of others.
        rb"\s*\[?\s*\{\s*" + _ID + rb'"error":\s*\{\s*"code":\s*"\w+",\s*"where":\s*"',
        rb'\s*\{\s*"resourceType":\s*"OperationOutcome",\s*"issue":\s*\[.*?urn:cobalens:fhir:error',
        # The Bundle that is handed out begins with the report; one of a clinic that holds such a report does not.
        (
            rb'\s*\[?\s*\{\s*"resourceType":\s*"Bundle",\s*"type":\s*"collection",(?:\s*"timestamp":\s*"[^"]*",)?\s*"entry":\s*\[\s*\{'
            rb'\s*"fullUrl":\s*"urn:uuid:[^"]*",\s*"resource":\s*\{\s*"resourceType":\s*"DiagnosticReport",[^}]{0,80}urn:cobalens:fhir:kind'
        ),
        rb"id,as_of,answer,deficiency,treatment_state,urgency,key_findings,",
        rb"id,code,status,title,why,rule,verification,sources\r?\n",
        # A clinician's page: its first heading and its bullets, and in the same section the line that names the rules.
        rb"(?:[^\n]{0,200}\n\n)?(?:={40,}\n.{0,2000}\n={40,}\n\n)?Answer\n- .{0,2000}?Cobalens\s+\d+\.\d+\.\d+,\s+ruleset\s+[0-9a-f]{12}\.",
        # A page that is one file.
        rb'<!doctype html>\s*<html.{0,400}<meta name="generator" content="Cobalens">',
        # What `explain` says of a statement: the row, and below it what the row asked.
        rb"[^\n]{1,200}\n  [a-z0-9_]+\.[a-z0-9_]+: [^\n]+\n    .{0,2000}?(?:\(asked: |\[this project's proposal\])",
        # The note for a record, by itself.
        rb"B12: (?:[^\n]+\n){2,8}[^\n]*Cobalens\s+\d+\.\d+\.\d+,\s+ruleset\s+[0-9a-f]{12}\.[^\n]*\s*\Z",
    )
)
PAGES = tuple(
    re.compile(
        rf"(?:[^\n]{{0,200}}\n\n)?(?:={{40,}}\n)?(?:{first})\n- .*?{last.replace(' ', chr(92) + 's+')}".encode(),
        re.DOTALL | re.IGNORECASE,
    )
    for first, last in (
        # A page for a patient: its first heading, and the sentence that ends it.
        (
            "Please read this first|What your results suggest",
            "It is not a diagnosis and does not replace them. It was made with ",
        ),
        (
            "Lea esto primero|Qué dicen sus resultados",
            "No es un diagnóstico y no los reemplaza. Se hizo con ",
        ),
        # What `what-if` and `compare` say: what was supposed or is new, and what it changes.
        ("Supposed|What is new or changed in the results", "\n\nBefore and after\n"),
        ("Se supone|Qué hay nuevo o distinto en los resultados", "\n\nAntes y después\n"),
    )
)
"""In the words of the catalogues; a test makes each and sees that it is known."""
SHEET = (b"/Author(Cobalens)", b"/Creator(Typst ")


def is_own(content: bytes) -> bool:
    head = plain(content[:HEAD])
    if head.startswith(b"PK\x03\x04"):
        return is_own_workbook(content)
    if head.startswith(b"%PDF-"):
        return all(mark in content for mark in SHEET)
    page = plain(content[:PAGE])
    return any(one.match(head) for one in OWN) or any(one.match(page) for one in PAGES)


def plain(content: bytes) -> bytes:
    """With ends of lines as they are written: what is pasted into a page comes with others."""
    return content.removeprefix(BOM).replace(b"\r\n", b"\n")


def is_own_workbook(content: bytes) -> bool:
    import io
    import zipfile

    if len(content) > MOST:
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed, packed.open(WORKBOOK) as file:
            names = file.read(HEAD)
    except Exception:  # noqa: BLE001 - packed files break in many ways, each of which its reader tells
        return False
    return all(name in names for name in SHEETS)
