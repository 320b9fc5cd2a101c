"""What a sender may do to the listener: be silent, slow, large, many, or hostile. Others are answered all the while."""

from __future__ import annotations

import inspect
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cobalens.errors import CobalensError
from cobalens.intake.hl7v2.syntax import MAX_SEGMENTS
from cobalens.serve.listening import refusals
from cobalens.serve.listening.acknowledging import LONG, SHORT, acknowledgement, answers
from cobalens.serve.listening.heading import heading, refusal
from cobalens.serve.listening.serving import now
from cobalens.serve.listening.settings import Settings
from tests.listening.wire import RESULT, Running, Talking, code, framed, numbered, segment, segments, until
from tests.records.hl7v2.messages import B12, message


def limited(**limits: float) -> Settings:
    return Settings(port=0, **limits)  # type: ignore[arg-type]


def sent_until_closed(sender: Talking, data: bytes, pause: float = 0) -> None:
    try:
        for _ in range(200_000):
            sender.send(data)
            time.sleep(pause)
    except ConnectionError:
        return
    pytest.fail("the listener took everything")


@pytest.mark.parametrize("over", [-1, 0, 1])
def test_a_message_may_be_so_large_and_not_larger(over: int) -> None:
    large = RESULT + b"NTE|1|L|"
    large += b"x" * (2_000 + over - len(large))
    with Running(limited(most=2_000)) as running, running.sender() as sender:
        answer = sender.ask(large)
        assert segment(answer, "MSA")[1:3] == ["AR" if over > 0 else "AA", "1"]
        if over > 0:
            assert segment(answer, "ERR")[3:6] == [
                "207^Application internal error^HL70357", "E", "message_too_large^^99COBALENS",
            ]  # fmt: skip
            assert segment(answer, "ERR")[7] == "The message is too large; at most 2,000 bytes are read."
        assert code(sender.ask(RESULT)) == "AA"


def test_what_the_reading_refuses_is_told_in_its_words() -> None:
    rows = ["NTE|1|L|x"] * (MAX_SEGMENTS + 1)
    with Running() as running:
        answer = running.answer(message(*rows))
    assert segment(answer, "MSA")[1:3] == ["AE", "1"]
    assert segment(answer, "ERR")[2:6] == [
        "",
        "207^Application internal error^HL70357",
        "E",
        "too_many_entries^^99COBALENS",
    ]
    assert "at most 50,000 are read" in segment(answer, "ERR")[7]


def test_a_message_that_is_too_large_is_refused_before_it_ends() -> None:
    with Running(limited(most=2_000)) as running, running.sender() as sender:
        sender.send(b"\x0b" + RESULT + b"x" * 5_000)
        assert segment(sender.next(), "MSA")[1:3] == ["AR", "1"]
        sender.send(b"y" * 50_000 + b"\x1c\r" + framed(numbered(2)))
        assert segment(sender.next(), "MSA")[1:3] == ["AA", "2"]


def test_a_message_without_end_is_refused_in_time_and_the_connection_closed() -> None:
    with Running(limited(slow=1, idle=60)) as running, running.sender() as sender:
        sender.send(b"\x0b" + RESULT)
        answer = sender.next()
        assert segment(answer, "MSA")[1:3] == ["AR", "1"]
        assert segment(answer, "ERR")[5] == "message_not_finished^^99COBALENS"
        assert sender.next() == b""
        assert code(running.answer(RESULT)) == "AA"
    assert "1 connection closed for slowness" in running.listener.counts.line()


def test_a_byte_now_and_then_does_not_hold_a_connection_for_ever() -> None:
    with Running(limited(slow=0.6, idle=60)) as running, running.sender() as sender:
        sender.send(b"\x0bMSH|")
        began = time.monotonic()
        sent_until_closed(sender, b"x", 0.05)
        assert time.monotonic() - began < 5


def test_a_silent_connection_is_closed_and_one_that_speaks_stays() -> None:
    with Running(limited(idle=2)) as running, running.sender() as silent, running.sender() as speaking:
        for _ in range(8):
            assert code(speaking.ask(RESULT)) == "AA"
            time.sleep(0.35)
        assert silent.next() == b""
    assert running.listener.counts.line().endswith("1 idle connection closed")


def test_only_so_many_senders_at_once() -> None:
    with Running(limited(connections=2)) as running:
        with running.sender() as first, running.sender() as second:
            assert [code(one.ask(RESULT)) for one in (first, second)] == ["AA", "AA"]
            with running.sender() as third:
                assert third.next() == b""
            assert code(first.ask(RESULT)) == "AA"
        until(lambda: not running.listener.open)
        assert code(running.answer(RESULT)) == "AA"
    assert "1 connection turned away" in running.listener.counts.line()


def test_who_sends_without_taking_answers_waits_and_is_let_go() -> None:
    """The answers fill up, so nothing more is read; the memory of the listener does not."""
    wrong = framed(b"no message at all " * 50)
    with Running(limited(slow=1)) as running, running.sender() as greedy:
        sent_until_closed(greedy, wrong)
        assert code(running.answer(RESULT)) == "AA"
    assert running.listener.counts.messages < 100_000
    assert "1 connection closed for slowness" in running.listener.counts.line()


def test_a_slow_message_does_not_hold_up_others() -> None:
    """A message of ten thousand results takes a second or more; a small one in the meantime is answered long before."""
    rows = [
        B12.replace("OBX|1", f"OBX|{number}") + f"|||2026{number % 12 + 1:02}{number % 28 + 1:02}"
        for number in range(10_000)
    ]
    with Running() as running, running.sender() as slow, running.sender() as quick:
        slow.send(framed(message(*rows)))
        time.sleep(0.1)
        for number in range(3):
            assert code(quick.ask(numbered(f"q{number}"))) == "AA"
        slow.socket.setblocking(False)
        with pytest.raises(BlockingIOError):
            slow.socket.recv(1)
        slow.socket.settimeout(60)
        assert code(slow.next()) == "AA"


def test_a_fault_is_answered_and_told_by_its_place_alone(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("JANE DOE 195")

    with Running() as running, running.sender() as sender:
        for place in (
            "cobalens.serve.listening.interpreting.people",
            "cobalens.serve.listening.desk.fingerprint",
        ):
            with monkeypatch.context() as within:
                within.setattr(place, broken)
                answer = sender.ask(RESULT)
            assert segment(answer, "MSA")[1:3] == ["AE", "1"]
            assert segment(answer, "ERR")[5] == "internal_error^^99COBALENS"
        assert code(sender.ask(RESULT)) == "AA"
    told = capfd.readouterr().err
    assert told.count("cobalens: ValueError\n") == 2
    assert "test_limits.py" in told
    assert "JANE" not in told
    assert told.endswith("cobalens: 3 messages, 1 accepted, 2 refused (207 application internal error)\n")


# --- Whatever is sent ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def running():  # type: ignore[no-untyped-def]
    with Running() as one:
        yield one


@pytest.mark.parametrize(
    "content",
    [
        b"MSH", b"MSH|", b"MSH||", b"MSH|^", b"MSH|^~\\&", b"MSH|^~\\&|" * 50, b"MSH|^~\\&|\xff\xfe\x00", b"\xff\xfeM\x00S\x00H\x00|\x00",
        b"MSH|^~\\&|a|b|c|d|e||ORU^R01|1", b"MSH|^~\\&|a|b|c|d|e||ORU^R01|1|P|2.5.1", b"MSH|^~\\&" + b"|" * 100_000,
        b"MSH|^~\\&|a|b|c|d|e||ORU^R01|" + b"9" * 5_000 + b"|P|2.5.1", b"MSH|\x00\x01\x02\x03|a|b|c|d|e||ORU^R01|1|P|2.5.1\rPID|",
        b"MSH^^^^^^^^^^^", b"MSH|ABCD|a|b|c|d|e||ORU^R01|1|P|2.5.1\rOBX|", b"MSH\\\\\\\\\\\\\\\\", b"\x00" * 100, b"FHS|^~\\&|x\rMSH|^~\\&|",
        RESULT.replace(b"\r", b"\n"), RESULT.replace(b"\r", b"\r\n"), b"\n\n  " + RESULT, b"\xef\xbb\xbf" + RESULT,
        RESULT.decode().encode("utf-16"),
    ],
)  # fmt: skip
def test_every_frame_gets_one_answer_that_another_parser_reads(running: Running, content: bytes) -> None:
    answer = running.answer(content)
    assert (
        [one[0] for one in segments(answer)][:2] == ["MSH", "MSA"] or b"MSH^" in answer or b"MSH\\" in answer
    )
    assert answer.endswith(b"\r")
    assert not any(byte < 0x20 and byte != 0x0D for byte in answer)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_line_ends_and_marks_before_the_header_are_read_as_in_a_file(running: Running, end: bytes) -> None:
    assert code(running.answer(b"\xef\xbb\xbf" + RESULT.replace(b"\r", end))) == "AA"


HEADS = st.lists(st.binary(max_size=12), max_size=25).map(lambda parts: b"MSH|" + b"|".join(parts))
BROKEN = st.tuples(st.integers(0, len(RESULT)), st.binary(max_size=6), st.integers(0, 40)).map(
    lambda one: RESULT[: one[0]] + one[1] + RESULT[one[0] + one[2] :]
)


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.binary(max_size=200), HEADS, BROKEN))
def test_any_bytes_get_an_answer_without_control_characters(content: bytes) -> None:
    head = heading(content)
    error = refusal(head, content)
    for one in answers(head, error):
        made = acknowledgement(
            head, one, "1", now(), error, ["Cobalens: a | comment ^ with ~ every \\ delimiter &"]
        )
        assert not any(byte < 0x20 and byte != 0x0D for byte in made)
        assert made.split(b"\r")[1][:3] == b"MSA"
        assert heading(made) is not None


@settings(max_examples=60, deadline=None)
@given(BROKEN)
def test_any_broken_message_gets_its_answers_and_the_next_is_read(running: Running, content: bytes) -> None:
    with running.sender() as sender:
        sender.send(framed(content) + framed(numbered("last")))
        while segment(sender.next(), "MSA")[1:3] != ["AA", "last"]:
            pass


# --- The words ----------------------------------------------------------------------------------------------------


MADE = [
    one(*[5 for _ in inspect.signature(one).parameters])
    for name, one in inspect.getmembers(refusals, inspect.isfunction)
    if inspect.signature(one).return_annotation == "CobalensError"
]


@pytest.mark.parametrize("error", MADE, ids=lambda one: one.code)
def test_every_refusal_teaches_and_fits_into_its_field(error: CobalensError) -> None:
    assert error.problem.endswith(".")
    assert error.next.endswith(".") or error.next.startswith("Fill in")
    assert len(error.problem) <= SHORT or error.code in ("not_kept", "not_handed_on", "map_broken")
    assert len(f"{error.likely} {error.next}") <= LONG - 20
    assert refusals.condition(error) in refusals.CONDITIONS


def test_every_number_of_the_table_is_used_and_named() -> None:
    used = {*refusals.REJECTED.values(), *refusals.ERRORS.values()}
    assert used == set(refusals.CONDITIONS)
    names = {one.code for one in MADE}
    assert {*refusals.REJECTED, *refusals.ERRORS} <= names
