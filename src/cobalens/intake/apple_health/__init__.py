"""Apple Health exports: the person, and the health records in FHIR that hospitals have sent to the phone."""

from cobalens.intake.refused import Refused
from cobalens.model.record import Record
from cobalens.model.ruleset import Ruleset

__all__ = ["read", "recognise"]

_NAMES = (b"apple_health_export/", b"clinical-records/", b"export.xml")


def recognise(head: bytes) -> bool:
    """The archive as the phone makes it, or its `export.xml` alone."""
    if head[:4] == b"PK\x03\x04":
        return any(name in head[30:400] for name in _NAMES)
    return (
        head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"
        and b"HealthData" in head
        and b"ClinicalDocument" not in head
    )


def read(
    source: bytes,
    ruleset: Ruleset,
    as_of: str | None = None,
    id: str = "case",
    complete: frozenset[str] = frozenset(),
) -> list[Record | Refused]:
    from cobalens.intake.apple_health.reader import read_export

    return read_export(source, ruleset, as_of, id, complete)
