"""Exchanges over MLLP as they are on the wire; each is also read by another parser of HL7 v2.

Where a change of an answer is meant: delete its file in `mllp`, run this test once, and read the difference.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import hl7
import pytest

from tests.listening.wire import Running, Talking, code, comment, framed, segments, stable
from tests.records.hl7v2.messages import B12, HEAD, ORDER, PATIENT, message

GOLDEN = Path(__file__).parent / "mllp"
TYPE = "ORU^R01^ORU_R01"
TWO = message(B12) + "\r".join(["PID|2||4712^^^H^MR||ROE^ANN||19700101|F", ORDER, B12, ""]).encode()


def headed(old: str, new: str) -> bytes:
    assert old in HEAD
    return message(B12, head=HEAD.replace(old, new))


LAST = headed(f"{TYPE}|1|P|", "ADT^A01|the-last|P|")
EXCHANGES: dict[str, bytes] = {
    "a-result": message(B12),
    "a-result-in-2.3": headed("2.5.1", "2.3"),
    "a-result-in-2.2": headed(f"{TYPE}|1|P|2.5.1", "ORU|1|P|2.2"),
    "a-result-in-2.8": headed("2.5.1", "2.8"),
    "two-patients": TWO,
    "no-result-of-b12": message("OBX|1|NM|2951-2^Sodium^LN||140|mmol/L|||||F"),
    "other-delimiters": message(B12)
    .replace(b"|", b"#")
    .replace(b"^", b"@")
    .replace(b"~\\&", b"*!$"),
    "training": headed("|P|", "|T|"),
    "sender-in-latin-1": headed("LIS|H", "LABOR|KÖLN").replace("Ö".encode(), b"\xd6").replace(b"2.5.1\r", b"2.5.1||||||8859/1\r"),
    "admission": headed(TYPE, "ADT^A01^ADT_A01"),
    "admission-in-2.3": headed(f"{TYPE}|1|P|2.5.1", "ADT^A01|1|P|2.3"),
    "admission-in-2.8": headed(f"{TYPE}|1|P|2.5.1", "ADT^A01^ADT_A01|1|P|2.8"),
    "another-event": headed(TYPE, "ORU^R30^ORU_R30"),
    "no-type": headed(TYPE, ""),
    "unknown-processing": headed("|P|", "|X|"),
    "version-3": headed("2.5.1", "3.0"),
    "no-control-id": headed("|1|P|", "||P|"),
    "no-header": b"PID|1||4711",
    "xml": b"<?xml version='1.0'?><ORU_R01/>",
    "empty-frame": b"",
    "batch": b"BHS|^~\\&|LIS\r" + message(B12) + b"BTS|1\r",
    "a-part-of-a-message": message(B12, head=f"{HEAD}||PART2"),
    "a-part-with-more-to-come": message(B12, "DSC|PART2|F"),
    "two-messages": message(B12) + headed("|1|P|", "|2|P|"),
    "birth-date-in-the-future": message(B12, patient=PATIENT.replace("19590101", "20990101")),
    "enhanced-always": message(B12, head=f"{HEAD}|||AL|AL"),
    "enhanced-accept-alone": message(B12, head=f"{HEAD}|||AL|NE"),
    "enhanced-refused": message(B12, head=HEAD.replace(TYPE, "ADT^A01") + "|||AL|AL"),
    "enhanced-without-control-id": message(B12, head=HEAD.replace("|1|P|", "||P|") + "|||AL|AL"),
    "enhanced-outcome-alone": message(B12, head=f"{HEAD}|||NE|AL"),
    "enhanced-outcome-alone-refused": message(B12, head=HEAD.replace(TYPE, "ADT^A01") + "|||NE|AL"),
}  # fmt: skip


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with Running() as one:
        yield one


def exchanged(running: Running, content: bytes) -> list[bytes]:
    """Every answer to a message: what comes before the answer to a second one, which is refused at once."""
    with running.sender() as sender:
        sender.send(framed(content) + framed(LAST))
        return list(before_the_last(sender))


def before_the_last(sender: Talking) -> Iterator[bytes]:
    while (answer := sender.next()) and segments(answer)[1][1:3] != ["AR", "the-last"]:
        yield answer


def shown(content: bytes, answers: list[bytes]) -> str:
    lines = [f"> {line}" for line in content.decode("utf-8", "backslashreplace").split("\r") if line]
    for answer in answers:
        lines += ["", *(f"< {line}" for line in stable(decoded(answer)).split("\r") if line)]
    return "\n".join(lines) + "\n"


def decoded(answer: bytes) -> bytes:
    return answer.decode("utf-8", "backslashreplace").encode()


@pytest.mark.parametrize("name", EXCHANGES)
def test_a_message_is_answered_as_it_was(running: Running, name: str) -> None:
    content = EXCHANGES[name]
    said = shown(content, exchanged(running, content))
    golden = GOLDEN / f"{name}.txt"
    if not golden.exists():
        golden.write_text(said, encoding="utf-8")
    assert said == golden.read_text(encoding="utf-8")


def test_every_exchange_that_is_kept_is_one_that_is_tried() -> None:
    assert {one.stem for one in GOLDEN.glob("*.txt")} == set(EXCHANGES)


@pytest.mark.parametrize("name", [one for one in EXCHANGES if one != "sender-in-latin-1"])
def test_another_parser_reads_what_is_answered(running: Running, name: str) -> None:
    """python-hl7: sender and receiver changed places, and the control id, version and processing id of the sender."""
    content = EXCHANGES[name]
    theirs = hl7.parse(content.decode()) if content[:3] == b"MSH" else None
    for answer in exchanged(running, content):
        read = hl7.parse(answer.decode("ascii"))
        assert [str(one[0]) for one in read][:2] == ["MSH", "MSA"]
        assert str(read.segment("MSA")[1]) in ("AA", "AE", "AR", "CA", "CE", "CR")
        if theirs is None:
            assert str(read.segment("MSA")[2]) == ""
            continue
        sent, own = theirs.segment("MSH"), read.segment("MSH")
        assert [str(own[one]) for one in (3, 4, 5, 6)] == [str(sent[one]) for one in (5, 6, 3, 4)]
        assert [str(own[one]) for one in (11, 12)] == [str(sent[one]) for one in (11, 12)]
        assert str(read.segment("MSA")[2] if len(read.segment("MSA")) > 2 else "") == str(sent[10])
        assert str(own[10]) != str(sent[10])


@pytest.mark.parametrize(
    ("accept", "application", "good", "bad"),
    [
        ("", "", ["AA"], ["AR"]),
        ('""', '""', ["AA"], ["AR"]),
        ("AL", "", ["CA"], ["CR"]),
        ("AL", "NE", ["CA"], ["CR"]),
        ("AL", "AL", ["CA", "AA"], ["CR"]),
        ("NE", "AL", ["AA"], ["AR"]),
        ("", "AL", ["AA"], ["AR"]),
        ("ER", "AL", ["AA"], ["CR"]),
        ("SU", "AL", ["CA", "AA"], ["AR"]),
        ("ER", "ER", [], ["CR"]),
        ("SU", "SU", ["CA", "AA"], []),
        ("ER", "SU", ["AA"], ["CR"]),
        ("NE", "ER", [], ["AR"]),
        ("NE", "NE", [], []),
        # No word of the table: an answer too many is better than none.
        ("Y", "", ["CA"], ["CR"]),
    ],
)
def test_who_asks_for_answers_gets_those(
    running: Running, accept: str, application: str, good: list[str], bad: list[str]
) -> None:
    for kind, codes in ((TYPE, good), ("ADT^A01", bad)):
        head = HEAD.replace(TYPE, kind) + f"|||{accept}|{application}"
        assert [code(one) for one in exchanged(running, message(B12, head=head))] == codes


def test_the_comment_goes_with_the_last_answer_alone(running: Running) -> None:
    both = exchanged(running, EXCHANGES["enhanced-always"])
    assert [len(comment(one)) for one in both] == [0, 3]
    assert len(comment(*exchanged(running, EXCHANGES["enhanced-accept-alone"]))) == 3


def test_an_acknowledgement_is_not_acknowledged(running: Running) -> None:
    own = running.answer(message(B12))
    assert exchanged(running, own) == []


def test_several_messages_on_one_connection_are_answered_in_their_order(running: Running) -> None:
    contents = [headed("|1|P|", f"|{number}|P|") for number in range(20)]
    with running.sender() as sender:
        sender.send(b"".join(map(framed, contents)))
        assert [segments(sender.next())[1][2] for _ in contents] == [str(number) for number in range(20)]


def test_a_message_in_single_bytes_is_answered(running: Running) -> None:
    whole = framed(message(B12))
    with running.sender() as sender:
        for at in range(len(whole)):
            sender.send(whole[at : at + 1])
        assert code(sender.next()) == "AA"


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("B12 195 pg/mL, ataxia, Müller".encode("latin-1"), "8859/1"),
        ("B12 195 pg/mL, ataxia, Müller".encode(), "UNICODE UTF-8"),
        ("B12 195 pg/mL, ataxia, Łódź".encode("iso8859-2"), "8859/2"),
    ],
)
def test_character_sets_are_read_as_in_a_file(running: Running, content: bytes, named: str) -> None:
    source = message(B12, head=f"{HEAD}||||||{named}") + b"NTE|1|L|" + content + b"\r"
    answer = running.answer(source)
    assert code(answer) == "AA"
    assert len(comment(answer)) == 3
