"""HL7 v2 messages, 2.3 to 2.8: results, orders, diagnoses, drugs, allergies; files of one or many, framed or not."""

from cobalens.intake.refused import Refused
from cobalens.model.record import Record
from cobalens.model.ruleset import Ruleset

__all__ = ["read", "recognise"]


def recognise(head: bytes) -> bool:
    """Begins with the header of a message, or of a file or batch of them."""
    start = head[:64].lstrip(b"\xef\xbb\xbf\x0b\x1c \t\r\n")
    return (
        start[:3] in (b"MSH", b"FHS", b"BHS")
        and start[3:4].isascii()
        and not start[3:4].isalnum()
        and start[3:4] > b" "
    )


def read(
    source: bytes,
    ruleset: Ruleset,
    as_of: str | None = None,
    id: str = "case",
    complete: frozenset[str] = frozenset(),
) -> list[Record | Refused]:
    from cobalens.intake.hl7v2.reader import read_messages

    return read_messages(source, ruleset, as_of, id, complete)
