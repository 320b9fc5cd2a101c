"""The comment on B12 as HL7 v2: below the result in the laboratory's own message, or as a message by itself.

The laboratory's segments stay as they are. The comment is NTE from another system, never an OBX among the laboratory's
results; where no B12 result stands, it is an order group of its own, by this program, with the status preliminary.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

from msgspec import Struct

from cobalens.model.interpretation import Interpretation
from cobalens.report.case import Case

MOST_LINES = 3
SPEAKER = "Cobalens: "
CODE = "COBALENS-B12^Interpretive comment on vitamin B12, not a laboratory result^99COBALENS"
PRODUCER = "COBALENS^Cobalens (software)^99COBALENS"
SUBJECT = "vitamin_b12"
DATED = ("ORU^R01^ORU_R01", "2.5.1")
DAYLESS = ("ORU^R01", "2.3.1")
"""The last edition that lets MSH-7 be empty: a case in relative days has no date, and the same case is the same message."""
USUAL = "|^~\\&"
"""The delimiters of nearly every message: of field, component, repeat, escape and subcomponent."""

_BREAK = re.compile(rb"\r\n|\r|\n")
_PLAIN = {
    "≥": ">=",
    "≤": "<=",
    "–": "-",
    "—": "-",
    "µ": "u",
    "μ": "u",
    "’": "'",
    "“": '"',
    "”": '"',
    "…": "...",
    "×": "x",
}
_SEX = {"female": "F", "male": "M"}


class Line(Struct):
    """One segment as it was sent, with the break after it and the name under which the reading knows it."""

    data: bytes
    end: bytes
    name: str
    where: str
    message: int


def message(case: Case, said: Interpretation, source: bytes = b"") -> bytes:
    """The message that was read with the comment in it, or a message that holds the comment alone."""
    lines = comment(said)
    own = _own(_lines(source), {one.where for one in case.record.elements}) if _is_hl7(source) else []
    if not own:
        return _alone(case, said, lines)
    place = _place(own, case)
    return _below(own, place, lines) if place is not None else _beside(own, said, lines)


def comment(said: Interpretation) -> list[str]:
    """At most three lines, each saying who speaks."""
    lines = [line.strip() for line in said.text.lab_comment.splitlines() if line.strip()]
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], " ".join(lines[MOST_LINES - 1 :])]
    return [SPEAKER + plain(line) for line in lines]


def plain(text: str) -> str:
    """In ASCII, the character set of a message that declares none."""
    spelt = "".join(_PLAIN.get(letter, letter) for letter in text)
    return unicodedata.normalize("NFKD", spelt).encode("ascii", "ignore").decode()


def escaped(text: str, marks: str) -> str:
    """With the five delimiters of the message (field, component, repeat, escape, subcomponent) written as escapes.

    What is no letter too: the end of a line would end the segment, and begin another that nobody sent.
    """
    field, component, repeat, escape, sub = tuple(marks)
    letters = {field: "F", component: "S", repeat: "R", escape: "E", sub: "T"}
    letters |= {one: f"X{ord(one):02X}" for one in text if one < " " or one == "\x7f"}
    return "".join(f"{escape}{letters[one]}{escape}" if one in letters else one for one in text)


# --- The message that was read ------------------------------------------------------------------------------------


def _is_hl7(source: bytes) -> bool:
    start = source.lstrip(b"\xef\xbb\xbf\x0b\x1c \t\r\n")[:3]
    return start in (b"MSH", b"FHS", b"BHS")


def _lines(source: bytes) -> list[Line]:
    """The segments with their names as in the reading: ``OBX[3]``, or ``message[2] OBX[3]`` where there are several."""
    content = source.removeprefix(b"\xef\xbb\xbf").replace(b"\x0b", b"").replace(b"\x1c", b"")
    found: list[Line] = []
    counts: dict[str, int] = {}
    message, mark, at = 0, b"|", 0
    while at < len(content):
        cut = _BREAK.search(content, at)
        stop, after = (cut.start(), cut.end()) if cut else (len(content), len(content))
        data, end = content[at:stop], content[stop:after]
        at = after
        bare = data.strip(b" \t\x00")
        name = bare[:3].decode("ascii", "replace")
        if bare[:3] == b"MSH" and len(bare) > 4 and not bare[3:4].isalnum():
            message, mark, counts = message + 1, bare[3:4], {}
        elif not (re.fullmatch(r"[A-Z][A-Z0-9]{2}", name) and bare[3:4] == mark) or name in (
            "FHS",
            "BHS",
            "FTS",
            "BTS",
        ):
            # A line of a long text belongs to the segment before it; empty lines and batch frames to none.
            if found and bare and name not in ("FHS", "BHS", "FTS", "BTS"):
                found[-1].data += found[-1].end + data
                found[-1].end = end
            continue
        if not message:
            continue
        counts[name] = counts.get(name, 0) + 1
        found.append(Line(data, end or b"\r", name, f"{name}[{counts[name]}]", message))
    if message > 1:
        for one in found:
            one.where = f"message[{one.message}] {one.where}"
    return found


def _own(lines: list[Line], places: set[str]) -> list[Line]:
    """The segments about this person, under the header of each message."""
    of = {one.message for one in lines if one.where in places}
    return [one for one in lines if one.where in places or (one.name == "MSH" and one.message in of)]


def _place(lines: list[Line], case: Case) -> int | None:
    """Where the newest B12 result of the message stands."""
    labs = {lab.where: lab for lab in case.record.labs if lab.analyte == SUBJECT}
    found = [at for at, one in enumerate(lines) if one.where in labs]
    if not found:
        return None

    def age(at: int) -> tuple[int, str, int]:
        lab = labs[lines[at].where]
        day = lab.when.last if lab.when.last is not None else -1_000_000
        return (day, lab.time, at)

    return max(found, key=age)


def _below(lines: list[Line], place: int, words: list[str]) -> bytes:
    """The comment after the result and the laboratory's own remarks on it."""
    last, remarks = place, 0
    while last + 1 < len(lines) and lines[last + 1].name == "NTE":
        last, remarks = last + 1, remarks + 1
    marks, end = _marks(lines, lines[place].message), lines[place].end
    made = [
        marks[0].join(("NTE", str(number), "O", escaped(line, marks))).encode("ascii") + end
        for number, line in enumerate(words, remarks + 1)
    ]
    return _joined(lines[: last + 1]) + b"".join(made) + _joined(lines[last + 1 :])


def _beside(lines: list[Line], said: Interpretation, words: list[str]) -> bytes:
    """The comment as a group of its own after the last segment of the last message."""
    marks = _marks(lines, lines[-1].message)
    orders = sum(1 for one in lines if one.name == "OBR" and one.message == lines[-1].message)
    return _joined(lines) + _group(said, words, marks, orders + 1, lines[-1].end)


def _joined(lines: list[Line]) -> bytes:
    return b"".join(one.data + one.end for one in lines)


def _marks(lines: list[Line], message: int) -> str:
    head = next(one.data for one in lines if one.name == "MSH" and one.message == message).strip(b" \t\x00")
    return delimiters(head[3:4], head[4:].split(head[3:4], 1)[0])


def delimiters(field: bytes, declared: bytes) -> str:
    """The five that a header declares. What it leaves out is as usual; a letter, or what is no ASCII, declares nothing."""
    given = (field + declared).decode("ascii", "replace")
    return "".join(
        given[at] if at < len(given) and _divides(given[at]) else usual for at, usual in enumerate(USUAL)
    )


def _divides(letter: str) -> bool:
    return letter.isascii() and letter.isprintable() and not letter.isalnum() and letter != " "


# --- A message of its own -----------------------------------------------------------------------------------------


def _alone(case: Case, said: Interpretation, words: list[str]) -> bytes:
    """A whole ORU for a person who was not read from HL7. It repeats no result: those are the laboratory's to report."""
    marks, day = USUAL, _day(said)
    control = hashlib.sha256(
        f"{said.id}\r{said.as_of}\r{said.ruleset}\r{said.text.lab_comment}".encode()
    ).hexdigest()[:20]
    sex = _SEX.get(case.reads("sex"), "") if case.fact("sex") else ""
    kind, edition = DATED if day else DAYLESS
    head = f"MSH|^~\\&|COBALENS||||{day}||{kind}|{control.upper()}|P|{edition}"
    pid = "|".join(("PID", "1", "", escaped(plain(said.id), marks), "", "", "", "", sex)).rstrip("|")
    return f"{head}\r{pid}\r".encode("ascii") + _group(said, words, marks, 1, b"\r")


def _group(said: Interpretation, words: list[str], marks: str, number: int, end: bytes) -> bytes:
    field, component = marks[0], marks[1]
    code = CODE.replace("^", component)
    producer = PRODUCER.replace("^", component)
    order = ["OBR", str(number), "", f"COBALENS-B12-{number}", code, *[""] * 17, _day(said), "", "", "P"]
    made = [field.join(order)]
    for line, text in enumerate(words, 1):
        row = [
            "OBX",
            str(line),
            "TX",
            code,
            str(line),
            escaped(text, marks),
            *[""] * 5,
            "P",
            *[""] * 3,
            producer,
        ]
        made.append(field.join(row))
    return b"".join(one.encode("ascii") + end for one in made)


def _day(said: Interpretation) -> str:
    return (said.as_of or "").replace("-", "")
