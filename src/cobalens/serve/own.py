"""Whether a content is an answer of this program. Read as a record it would bear witness to itself."""

from __future__ import annotations

import re

BOM = b"\xef\xbb\xbf"
HEAD = 4096
MOST = 20_000_000
"""Bytes beyond which no workbook is looked into."""
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
    )
)


def is_own(content: bytes) -> bool:
    head = content[:HEAD].removeprefix(BOM)
    if head.startswith(b"PK\x03\x04"):
        return is_own_workbook(content)
    return any(one.match(head) for one in OWN)


def is_own_workbook(content: bytes) -> bool:
    import io
    import zipfile

    if len(content) > MOST:
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed, packed.open(WORKBOOK) as file:
            names = file.read(HEAD)
    except (zipfile.BadZipFile, KeyError, OSError, RuntimeError, NotImplementedError, EOFError, ValueError):
        return False
    return all(name in names for name in SHEETS)
