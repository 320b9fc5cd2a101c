"""Frames come out the same however the bytes were cut into packets."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cobalens.serve.listening.framing import Frame, Framer, framed

LIMIT = 40
PIECES = st.sampled_from(
    [b"\x0b", b"\x1c", b"\r", b"\n", b"MSH", b"\x0bMSH", b"\x0bMS", b"\x1c\r", b"\x1c\x0b", b"|", b"MSH|^~\\&|LAB", b"OBX|1", b" ", b"x" * 30]
)  # fmt: skip
STREAMS = st.lists(PIECES, max_size=30).map(b"".join)


def fed(parts: list[bytes], limit: int = LIMIT) -> tuple[list[Frame], int, int, bool]:
    framer = Framer(limit)
    frames = [frame for part in parts for frame in framer.feed(part)]
    return frames, framer.stray, framer.cut_off, framer.within


@st.composite
def cut(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    stream = draw(STREAMS)
    places = sorted(draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    ends = [0, *places, len(stream)]
    return stream, [stream[first:last] for first, last in pairwise(ends)]


@settings(max_examples=1500)
@given(cut())
def test_any_split_of_the_bytes_gives_the_same_messages(given: tuple[bytes, list[bytes]]) -> None:
    stream, parts = given
    whole = fed([stream])
    assert fed(parts) == whole
    assert fed([stream[at : at + 1] for at in range(len(stream))]) == whole


@settings(max_examples=300)
@given(st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), max_size=60), max_size=8))
def test_what_is_framed_comes_out_whole(texts: list[str]) -> None:
    contents = [f"MSH|{one}\rPID|1".encode() for one in texts]
    frames, stray, cut_off, within = fed([b"".join(map(framed, contents))], 1_000)
    assert [one.content for one in frames] == contents
    assert (stray, cut_off, within) == (0, 0, False)


@pytest.mark.parametrize(
    ("stream", "contents", "stray", "cut_off"),
    [
        (b"\x0bMSH|1\x1c\r", [b"MSH|1"], 0, 0),
        (b"\x0bMSH|1\x1c\r\x0bMSH|2\x1c\r", [b"MSH|1", b"MSH|2"], 0, 0),
        (b"garbage\x0bMSH|1\x1c\rmore\x0bMSH|2\x1c\r", [b"MSH|1", b"MSH|2"], 11, 0),
        (b"\r\n\x0bMSH|1\x1c\r\n\n", [b"MSH|1"], 0, 0),
        # Begun anew in the midst of a message: the first half is no message.
        (b"\x0bMSH|1|half\x0bMSH|2\x1c\r", [b"MSH|2"], 0, 1),
        (b"\x0b\x0bMSH|1\x1c\r", [b"MSH|1"], 0, 0),
        # A line break of a word processor inside a text is no new frame, and a lone 0x1C no end.
        (b"\x0bMSH|1\rNTE|1|L|above\x0bbelow\x1c\r", [b"MSH|1\rNTE|1|L|above\x0bbelow"], 0, 0),
        (b"\x0bMSH|1\x1cx\x1c\r", [b"MSH|1\x1cx"], 0, 0),
        # The next frame follows at once: the carriage return was left out.
        (b"\x0bMSH|1\x1c\x0bMSH|2\x1c\r", [b"MSH|1", b"MSH|2"], 0, 0),
        (b"\x0b\x1c\r", [b""], 0, 0),
        (b"\x0bMSH|1", [], 0, 0),
        (b"", [], 0, 0),
    ],
)
def test_frames_are_what_lies_between_their_marks(
    stream: bytes, contents: list[bytes], stray: int, cut_off: int
) -> None:
    frames, found, interrupted, _ = fed([stream], 1_000)
    assert [one.content for one in frames] == contents
    assert (found, interrupted) == (stray, cut_off)


@pytest.mark.parametrize(("size", "too_large"), [(LIMIT - 1, False), (LIMIT, False), (LIMIT + 1, True)])
def test_a_message_beyond_the_limit_is_told_as_one_and_the_next_is_read(size: int, too_large: bool) -> None:
    content = b"MSH|1|".ljust(size, b"x")
    frames, *_ = fed([framed(content) + framed(b"MSH|2")])
    assert [one.too_large for one in frames] == [too_large, False]
    assert frames[-1].content == b"MSH|2"


def test_of_a_message_without_end_only_its_beginning_is_held() -> None:
    framer = Framer(10_000)
    found = framer.feed(b"\x0bMSH|1|")
    for _ in range(50):
        found += framer.feed(b"x" * 10_000)
    assert [one.too_large for one in found] == [True]
    assert len(framer._held) < 10
    assert framer.feed(b"\x1c\r\x0bMSH|2\x1c\r") == [Frame(b"MSH|2")]
