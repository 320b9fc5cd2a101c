"""What is kept on disk until the knowledge changes: a disk that is full costs time at the next start and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from cobalens import compiler


def kept(stamp: str, made: int) -> int:
    return compiler.cached("number", stamp, int, lambda: made)


def test_what_was_made_is_kept_until_its_stamp_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiler, "KNOWLEDGE", tmp_path)
    assert [kept("a", 1), kept("a", 2), kept("b", 3), kept("b", 4)] == [1, 1, 3, 3]


def test_what_cannot_be_written_is_done_without_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiler, "KNOWLEDGE", tmp_path)

    def full(path: Path, content: bytes) -> int:
        with path.open("wb") as file:
            file.write(content[:1])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert [kept("a", 1), kept("a", 2)] == [1, 2]
    assert list(tmp_path.iterdir()) == []
