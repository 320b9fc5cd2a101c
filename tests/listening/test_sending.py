"""Comments handed on: in order, each acknowledged, tried again where nobody took it, and never twice without need."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import hl7
import pytest

from cobalens.serve.listening.keeping import MAP
from cobalens.serve.listening.settings import Settings
from tests.listening.test_keeping import TWO, files, mapped
from tests.listening.wire import (
    RESULT,
    Other,
    Running,
    Talking,
    code,
    comment,
    control,
    framed,
    numbered,
    segment,
    until,
)

SOON = (0.01, 0.05)


def to(other: Other, tries: int = 4, patience: float = 1, stop: float = 5) -> Settings:
    return Settings(
        port=0, send_to=other.address, comment=False, tries=tries, patience=patience, pauses=SOON, stop=stop
    )


@pytest.fixture
def taking() -> Iterator[Other]:
    one = Other()
    yield one
    one.close()


def states(folder: Path) -> dict[str, str]:
    return {one["file"]: one["state"] for one in mapped(folder)}


def test_a_message_goes_on_with_its_comment_and_is_acknowledged_when_it_is_taken(taking: Other) -> None:
    with Running(to(taking)) as running:
        answer = running.answer(RESULT)
        assert code(answer) == "AA"
        assert comment(answer) == []
        assert len(taking.received) == 1
        assert running.listener.counts.line() == "1 message, 1 accepted, 1 handed on"
    theirs = hl7.parse(taking.received[0].decode())
    assert str(theirs.segment("MSH")[10]) == "1"
    assert str(theirs.segment("PID")[3]) == "4711^^^H^MR"
    assert [str(one[3])[:10] for one in theirs.segments("NTE")] == ["Cobalens: "] * 3


@pytest.mark.parametrize("keeps", [False, True])
def test_order_is_kept(taking: Other, tmp_path: Path, keeps: bool) -> None:
    with Running(to(taking, patience=20), tmp_path if keeps else None) as running:
        with running.sender() as sender:
            sender.send(b"".join(framed(numbered(number)) for number in range(30)))
            assert [code(sender.next()) for _ in range(30)] == ["AA"] * 30
        until(lambda: len(taking.received) == 30)
    assert [control(one).decode() for one in taking.received] == [str(number) for number in range(30)]


@pytest.mark.parametrize("trouble", ["AR", "CR", "nothing", "close", "gibberish"])
def test_what_nobody_took_is_tried_again(trouble: str) -> None:
    other = Other(trouble, trouble, "AA")
    with Running(to(other)) as running:
        assert code(running.answer(RESULT)) == "AA"
        assert code(running.answer(numbered(2))) == "AA"
    assert [control(one) for one in other.received] == [b"1", b"1", b"1", b"2"]
    other.close()


@pytest.mark.parametrize("trouble", ["AR", "nothing", "close"])
def test_without_a_folder_the_sender_is_told_that_it_was_given_up(trouble: str) -> None:
    other = Other(trouble)
    with Running(to(other, tries=3)) as running:
        answer = running.answer(RESULT)
        assert code(answer) == "AR"
        assert segment(answer, "ERR")[3:6] == [
            "207^Application internal error^HL70357", "E", "not_handed_on^^99COBALENS",
        ]  # fmt: skip
        assert len(other.received) == 3
        other.does = ["AA"]
        # It was not accepted, so it is no repeat.
        assert code(running.answer(RESULT)) == "AA"
    other.close()


@pytest.mark.parametrize("refusal", ["AE", "CE"])
def test_a_refusal_is_not_sent_again(refusal: str, tmp_path: Path) -> None:
    other = Other(refusal)
    with Running(to(other)) as running:
        answer = running.answer(RESULT)
        assert code(answer) == "AE"
        assert segment(answer, "ERR")[5] == "refused_further_on^^99COBALENS"
    with Running(to(other), tmp_path) as running:
        assert code(running.answer(RESULT)) == "AA"
        until(lambda: states(tmp_path) == {"000001.hl7": "refused"})
    assert len(other.received) == 2
    assert files(tmp_path) == ["000001.hl7", MAP]
    other.close()


def test_what_is_given_up_stays_in_the_folder_and_is_tried_again_at_the_next_start(tmp_path: Path) -> None:
    other = Other("nothing")
    with Running(to(other, tries=2, patience=0.3), tmp_path) as running:
        assert code(running.answer(RESULT)) == "AA"
        assert code(running.answer(numbered(2))) == "AA"
        until(lambda: set(states(tmp_path).values()) == {"given_up"})
        assert "2 given up" in running.listener.counts.line()
    assert [control(one) for one in other.received] == [b"1", b"1", b"2", b"2"]
    other.does = ["AA"]
    with Running(to(other), tmp_path):
        until(lambda: set(states(tmp_path).values()) == {"sent"})
    with Running(to(other), tmp_path):
        pass
    assert [control(one) for one in other.received[4:]] == [b"1", b"2"]
    other.close()


def test_a_system_that_comes_up_late_gets_everything(tmp_path: Path) -> None:
    gone = Other()
    gone.close()
    with Running(to(gone, tries=0), tmp_path) as running:
        for number in range(5):
            assert code(running.answer(numbered(number))) == "AA"
        assert running.listener.counts.waiting == 5
    # Stopped before anybody took them.
    assert list(states(tmp_path).values()) == ["waiting"] * 5
    late = Other()
    with Running(to(late), tmp_path):
        until(lambda: len(late.received) == 5)
    assert list(states(tmp_path).values()) == ["sent"] * 5
    late.close()


def test_a_file_taken_out_of_the_folder_is_passed_over(tmp_path: Path) -> None:
    other = Other("nothing", "AA")
    with Running(to(other, patience=1), tmp_path) as running:
        for number in (1, 2, 3):
            running.answer(numbered(number))
        (tmp_path / "000002.hl7").unlink()
        until(lambda: set(states(tmp_path).values()) == {"sent", "gone"})
    assert states(tmp_path)["000002.hl7"] == "gone"
    other.close()


def test_a_repeat_is_not_sent_twice_even_while_the_first_is_under_way() -> None:
    other = Other("nothing", "AA")
    with Running(to(other, patience=1)) as running:
        with running.sender() as first, running.sender() as second:
            first.send(framed(RESULT))
            until(lambda: len(other.received) == 1)
            second.send(framed(RESULT))
            assert [code(one.next()) for one in (first, second)] == ["AA", "AA"]
        assert code(running.answer(RESULT)) == "AA"
        assert running.listener.counts.line() == "3 messages, 3 accepted, of these 2 sent before, 1 handed on"
    assert len(other.received) == 2
    other.close()


def test_how_it_wants_to_be_acknowledged_was_between_the_laboratory_and_this_listener(taking: Other) -> None:
    wish = RESULT.replace(b"|2.5.1\r", b"|2.5.1|7||NE|NE|GB\r")
    with Running(to(taking)) as running, running.sender() as sender:
        sender.send(framed(wish) + framed(numbered(2)))
        assert segment(sender.next(), "MSA")[2] == "2"
    assert taking.received[0].startswith(wish.split(b"\r")[0].replace(b"NE|NE", b"|"))


def test_patients_of_one_message_go_on_one_by_one(taking: Other) -> None:
    with Running(to(taking)) as running:
        assert code(running.answer(TWO)) == "AA"
    assert [control(one) for one in taking.received] == [b"1", b"1-2"]


def test_an_acknowledgement_of_another_message_is_not_taken_for_this_ones() -> None:
    other = Other("another", "AA")
    with Running(to(other)) as running:
        assert code(running.answer(RESULT)) == "AA"
    assert len(other.received) == 2
    other.close()


def test_one_that_does_not_say_of_which_message_is_taken() -> None:
    other = Other("anonymous")
    with Running(to(other)) as running:
        assert code(running.answer(RESULT)) == "AA"
    assert len(other.received) == 1
    other.close()


# --- A stop in the middle -------------------------------------------------------------------------------------------


def test_who_waits_for_an_answer_at_the_stop_is_told_to_send_again() -> None:
    other = Other("nothing")
    running = Running(to(other, tries=0, patience=20, stop=0.3))
    with running, running.sender() as sender:
        sender.send(framed(RESULT))
        until(lambda: len(other.received) == 1)
        running.ask_to_stop()
        answer = sender.next()
        assert code(answer) == "AR"
        assert segment(answer, "ERR")[5] == "stopping^^99COBALENS"
        assert sender.next() == b""
    other.close()


def test_what_waits_to_be_handed_on_at_the_stop_is_handed_on_first(tmp_path: Path) -> None:
    other = Other("slow")
    running = Running(to(other, patience=20), tmp_path)
    with running:
        for number in (1, 2, 3):
            running.answer(numbered(number))
        running.ask_to_stop()
    assert set(states(tmp_path).values()) == {"sent"}
    assert [control(one) for one in other.received] == [b"1", b"2", b"3"]
    other.close()


def test_what_is_being_read_at_the_stop_is_answered_and_handed_on(tmp_path: Path, taking: Other) -> None:
    running = Running(to(taking, patience=20), tmp_path)
    with running, running.sender() as sender:
        sender.send(b"".join(framed(numbered(number)) for number in range(50)))
        sender.next()
        running.ask_to_stop()
        answered = 1
        while answer := sender.next():
            assert code(answer) == "AA"
            answered += 1
    assert list(states(tmp_path).values()) == ["sent"] * answered
    assert len(taking.received) == answered


def test_what_nobody_takes_at_the_stop_waits_for_the_next_start(tmp_path: Path) -> None:
    other = Other("nothing")
    running = Running(to(other, patience=0.5, stop=30), tmp_path)
    with running:
        for number in (1, 2):
            running.answer(numbered(number))
        running.ask_to_stop()
    assert set(states(tmp_path).values()) == {"waiting"}
    other.close()


def test_a_system_that_is_down_does_not_hold_up_the_stop(tmp_path: Path) -> None:
    gone = Other()
    gone.close()
    with Running(to(gone, tries=0, stop=30), tmp_path) as running:
        running.answer(RESULT)
        began = time.monotonic()
        running.stop()
        assert time.monotonic() - began < 5
    assert states(tmp_path) == {"000001.hl7": "waiting"}


def test_talking_ends_with_the_listener() -> None:
    with Running() as running:
        idle = Talking(running.port)
        half = Talking(running.port)
        half.send(b"\x0bMSH|^~\\&|half")
        assert code(running.answer(RESULT)) == "AA"
        running.stop()
        for one in (idle, half):
            with one:
                assert one.next() == b""
    assert "1 message cut off" in running.listener.counts.line()
