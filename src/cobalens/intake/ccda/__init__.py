"""C-CDA documents (CCD and its relatives): results, problems, medicines, procedures, allergies, history, and plain text."""

from cobalens.model.record import Record
from cobalens.model.ruleset import Ruleset

__all__ = ["read", "recognise"]


def recognise(head: bytes) -> bool:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        start = start.decode("utf-16", "ignore").encode("utf-8", "ignore").lstrip()
    return start.startswith(b"<") and b"ClinicalDocument" in start and b"urn:hl7-org:v3" in start


def read(
    source: bytes,
    ruleset: Ruleset,
    as_of: str | None = None,
    id: str = "case",
    complete: frozenset[str] = frozenset(),
) -> list[Record]:
    from cobalens.intake.ccda.reader import read_document

    return [read_document(source, ruleset, as_of, id, complete)]
