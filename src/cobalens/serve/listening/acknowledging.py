"""Acknowledgements: who is answered how (original and enhanced mode), and the message that says so.

Every field of the sender's header that comes back is echoed as its bytes; all else is ASCII.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from cobalens.errors import CobalensError
from cobalens.report.hl7v2 import escaped, plain
from cobalens.serve.listening import refusals
from cobalens.serve.listening.heading import (
    ACCEPT,
    APPLICATION,
    CHARSET,
    ERRORS,
    EVENT,
    NEVER,
    PLACE,
    PROCESSING,
    RECEIVER,
    RECEIVING_PLACE,
    SENDER,
    SUCCESS,
    VERSION,
    Heading,
)

OWN_NAME, OWN_VERSION, OWN_SYSTEM = b"COBALENS", b"2.5.1", "99COBALENS"
TABLE = "HL70357"
ERROR = "E"
WITH_STRUCTURE, WITH_ERROR_TEXT, WITHOUT_TEXT = (2, 3, 1), (2, 5), (2, 7)
"""Versions from which an acknowledgement names its structure, ERR has room for words, and MSA has none."""
SHORT, LONG = 80, 250
"""Characters of the text of MSA, and of one for the user in ERR."""
PLACE_OF = re.compile(r"([A-Z][A-Z0-9]{2})(?:\[(\d+)\])?(?:-(\d+))?")


def answers(head: Heading | None, error: CobalensError | None) -> list[str]:
    """The codes with which a message is answered, in their order; none where the sender wants none.

    In enhanced mode an error ends the exchange at the first answer that the sender wants: what was not accepted has no outcome.
    """
    end = "A" if error is None else "R" if refusals.is_rejected(error) else "E"
    asked = [head.text(one) for one in (ACCEPT, APPLICATION)] if head else []
    if not any(asked):
        return [f"A{end}"]
    kinds = zip("CA", asked, strict=True)
    found = [f"{kind}{end}" for kind, wish in kinds if is_wanted(wish or NEVER, error is None)]
    return found if error is None else found[:1]


def is_wanted(wish: str, good: bool) -> bool:
    """By HL7 table 0155; a word that is not in it is no reason to be silent."""
    if wish in (ERRORS, SUCCESS):
        return good is (wish == SUCCESS)
    return wish != NEVER


def acknowledgement(
    head: Heading | None,
    code: str,
    control: str,
    now: dt.datetime,
    error: CobalensError | None = None,
    comment: Sequence[str] = (),
) -> bytes:
    """One acknowledgement. ``control``: its own id; ``comment``: lines below it, which a receiver that expects none passes over."""
    head = head or Heading((b"MSH", b"|"))
    field = head.marks[0].encode()
    segments = [header(head, code, control, now)]
    words = error.problem if error and not head.version >= WITHOUT_TEXT else ""
    segments.append([b"MSA", code.encode(), head.control, spelt(words, head, SHORT)])
    lines = list(comment)
    if error is not None:
        segments.append(told(error, head))
        if head.version and head.version < WITH_ERROR_TEXT:
            lines = [one for one in (error.likely, error.next) if one]
    segments += [
        [b"NTE", str(number).encode(), b"O", spelt(line, head)] for number, line in enumerate(lines, 1)
    ]
    return b"".join(field.join(trimmed(one)) + b"\r" for one in segments)


def header(head: Heading, code: str, control: str, now: dt.datetime) -> list[bytes]:
    """Sender and receiver change places; processing id and version stay."""
    kind = ["ACK"]
    if head.version[:2] > (2, 2) or not head.version:
        kind.append(head.text(9, 2) or EVENT)
    if head.version >= WITH_STRUCTURE or not head.version:
        kind.append("ACK")
    echoed = [head.raw(one) for one in (RECEIVER, RECEIVING_PLACE, SENDER, PLACE, PROCESSING, VERSION)]
    made = [
        b"MSH",
        head.marks[1:].encode(),
        echoed[0] or OWN_NAME,
        *echoed[1:4],
        now.strftime("%Y%m%d%H%M%S%z").encode(),
        b"",
        spelt(head.marks[1].join(kind), head, escape=False),
        control.encode(),
        echoed[4] or b"P",
        echoed[5] or OWN_VERSION,
    ]
    enhanced = any(head.text(one) for one in (ACCEPT, APPLICATION))
    never = NEVER.encode() if enhanced else b""
    charset = b"" if all(one.isascii() for one in (*echoed, head.control)) else head.raw(CHARSET)
    return [*made, b"", b"", never, never, b"", charset]


def told(error: CobalensError, head: Heading) -> list[bytes]:
    """ERR: what is wrong by HL7 table 0357, where, and what to do; in the old form for versions before 2.5."""
    number = refusals.condition(error)
    component, sub = head.marks[1], head.marks[4]
    found = PLACE_OF.fullmatch(error.where)
    place = [found[1], found[2] or "1", found[3] or ""] if found else []
    if head.version and head.version < WITH_ERROR_TEXT:
        coded = sub.join((str(number), refusals.CONDITIONS[number], TABLE))
        return [b"ERR", component.join([*place, *[""] * (3 - len(place)), coded]).encode("ascii")]
    coded = component.join((str(number), refusals.CONDITIONS[number], TABLE))
    own = component.join((error.code, "", OWN_SYSTEM))
    where = component.join(place).rstrip(component)
    advice = " ".join(one for one in (error.likely, error.next) if one)
    return [
        b"ERR",
        b"",
        where.encode("ascii"),
        coded.encode("ascii"),
        ERROR.encode(),
        own.encode("ascii"),
        b"",
        spelt(error.problem, head),
        spelt(advice, head, LONG),
    ]


def spelt(text: str, head: Heading, most: int | None = None, escape: bool = True) -> bytes:
    """Text in ASCII, with the sender's delimiters written as escapes; cut between words where there is less room."""
    bare = plain(text)
    if most is not None and len(bare) > most:
        bare = bare[: most - 3].rsplit(" ", 1)[0] + "..."
    return (escaped(bare, head.marks) if escape else bare).encode("ascii")


def trimmed(fields: list[bytes]) -> list[bytes]:
    while not fields[-1]:
        fields = fields[:-1]
    return fields
