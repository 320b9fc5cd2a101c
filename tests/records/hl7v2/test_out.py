"""The comment goes below the laboratory's result, changes none of its segments, and cannot be taken for a result."""

from __future__ import annotations

import hl7
import pytest
from click.testing import CliRunner

from cobalens.api import load
from cobalens.report.hl7v2 import comment
from cobalens.report.hl7v2 import message as comment_in
from cobalens.serve.cli import main
from tests.records.hl7v2.messages import B12, HEAD, ORDER, PATIENT, message
from tests.records.hl7v2.writer import message as written
from tests.robustness.cases import cases

DOOR = load(packs=())


def commented(source: bytes) -> bytes:
    case, said = DOOR.judged(source)
    return comment_in(case, said, source)


def lines(source: bytes) -> list[bytes]:
    return [line for line in source.replace(b"\r\n", b"\r").replace(b"\n", b"\r").split(b"\r") if line]


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_every_segment_of_the_laboratory_stays_as_it_was(end: bytes) -> None:
    source = message(
        "OBX|1|NM|787-2^MCV^LN||104|fL|||||F", B12, "NTE|1|L|Fasting", "OBX|3|NM|718-7^Hb^LN||9.1|g/dL|||||F"
    )
    out = commented(source.replace(b"\r", end))
    assert [line for line in lines(out) if b"Cobalens" not in line] == lines(source)
    added = [line for line in lines(out) if b"Cobalens" in line]
    assert 1 <= len(added) <= 3
    assert all(line.split(b"|")[:3] == [b"NTE", str(n).encode(), b"O"] for n, line in enumerate(added, 2))
    assert out.count(end) == len(lines(out))


def test_the_comment_stands_below_the_b12_result_and_its_remarks() -> None:
    out = lines(
        commented(
            message(
                "OBX|1|NM|787-2^MCV^LN||104|fL|||||F",
                B12,
                "NTE|1|L|Fasting",
                "OBX|3|NM|718-7^Hb^LN||9.1|g/dL|||||F",
            )
        )
    )
    names = [line.split(b"|")[0] + line.split(b"|")[1] for line in out]
    at = names.index(b"NTE2")
    assert out[at - 2] == B12.encode()
    assert out[-1].startswith(b"OBX|3")


def test_the_newest_of_two_results_is_the_one_commented() -> None:
    older, newer = B12 + "|||20250101", B12.replace("OBX|1", "OBX|2") + "|||20260227"
    out = lines(commented(message(newer, older)))
    assert b"Cobalens" in out[out.index(newer.encode()) + 1]


def test_where_there_is_no_b12_the_comment_is_a_group_of_its_own() -> None:
    source = message("OBX|1|NM|787-2^MCV^LN||104|fL|||||F")
    out = lines(commented(source))
    assert out[: len(lines(source))] == lines(source)
    assert not_a_result(out[len(lines(source)) :])


def not_a_result(group: list[bytes]) -> bool:
    """A local code, a named producer that is no laboratory, preliminary, and no number, unit, range or flag."""
    assert group[0].startswith(b"OBR|")
    assert group[0].split(b"|")[25] == b"P"
    for line in group[1:]:
        fields = line.split(b"|")
        assert fields[0] == b"OBX"
        assert fields[2] == b"TX"
        assert fields[3].endswith(b"99COBALENS")
        assert fields[6:11] == [b""] * 5
        assert fields[11] == b"P"
        assert fields[15].startswith(b"COBALENS")
    return len(group) in (2, 3, 4)


def test_a_case_file_becomes_a_message_that_holds_the_comment_and_no_result() -> None:
    for name, case in list(cases().items())[:40]:
        read, said = DOOR.judged(case)
        out = comment_in(read, said)
        theirs = hl7.parse(out.decode("ascii"))
        assert (str(theirs.segment("MSH")[9]), str(theirs.segment("MSH")[12])) == ("ORU^R01", "2.3.1"), name
        assert not_a_result(lines(out)[2:])
        told = [theirs.unescape(str(one[5])) for one in theirs.segments("OBX")]
        assert told == comment(said)


def test_a_message_bears_the_day_of_decision_and_without_one_is_of_an_edition_that_asks_for_none() -> None:
    b12 = {"analyte": "vitamin_b12", "value": 120, "unit": "ng/L"}
    for when, as_of, head in (
        ({"date": "2026-11-20"}, "2026-11-23", (b"20261123", b"ORU^R01^ORU_R01", b"2.5.1")),
        ({"day": 0}, None, (b"", b"ORU^R01", b"2.3.1")),
    ):
        case = {"patient": {"age": 61, "sex": "female"}, "facts": {"labs": [{**b12, **when}]}}
        fields = lines(comment_in(*DOOR.judged(case, as_of)))[0].split(b"|")
        assert (fields[6], fields[8], fields[11]) == head


def test_the_message_is_the_same_every_time() -> None:
    case = next(iter(cases().values()))
    assert len({comment_in(*DOOR.judged(case)) for _ in range(3)}) == 1


def test_a_message_with_other_delimiters_is_answered_in_them() -> None:
    source = message(B12).decode().replace("|", "#").replace("MSH#^~\\&", "MSH#^~\\&").encode()
    added = [line for line in lines(commented(source)) if b"Cobalens" in line]
    assert added
    assert all(line.startswith(b"NTE#") for line in added)


@pytest.mark.parametrize("declared", ["\xae^~\\&", "^~\xff&", "^~\\é", "ABCD", ""])
def test_what_can_divide_nothing_is_not_written_as_if_it_did(declared: str) -> None:
    source = message(B12).replace(b"MSH|^~\\&|", f"MSH|{declared}|".encode())
    case, said = DOOR.judged(source)
    added = [line for line in lines(comment_in(case, said, source)) if b"Cobalens" in line]
    assert added
    assert all(line.isascii() for line in added)


def test_the_comment_can_be_sent_back_and_changes_nothing() -> None:
    source = message(B12)
    once = commented(source)
    read, said = DOOR.judged(once)
    first, _ = DOOR.judged(source)
    assert [lab.text for lab in read.record.labs] == [lab.text for lab in first.record.labs]
    assert {event.concept for event in read.record.events} == {event.concept for event in first.record.events}
    assert said.answer


def test_other_patients_of_a_file_are_not_in_the_message_of_one() -> None:
    other = message(
        B12, head=HEAD.replace("|1|P|", "|2|P|"), patient="PID|1||4712^^^H^MR||ROE^ANN||19700101|F"
    )
    source = message(B12) + other
    for record in DOOR.read_many(source):
        case, said = DOOR.judged(record)
        out = comment_in(case, said, source)
        assert out.count(b"MSH|") == 1
        assert out.count(b"PID|") == 1
        assert record.id.encode() in out


def test_the_command_line_writes_it(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "in.hl7"
    path.write_bytes("\r".join([HEAD, PATIENT, ORDER, B12]).encode() + b"\r")
    out = tmp_path / "out.hl7"
    result = CliRunner().invoke(main, ["interpret", str(path), "--format", "hl7", "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert B12.encode() + b"\rNTE|1|O|Cobalens" in out.read_bytes()
    whole = written(next(iter(cases().values())))
    path.write_bytes(whole.encode())
    result = CliRunner().invoke(main, ["interpret", str(path), "--format", "hl7"])
    assert result.exit_code == 0
    assert "Cobalens" in result.output
