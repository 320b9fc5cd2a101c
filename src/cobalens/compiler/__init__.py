"""Reads the knowledge, refuses what is wrong, and returns one ``Ruleset``; keeps it on disk until a file changes.

The compiler itself is loaded only when something has to be compiled.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from cobalens.compiler.complaints import Complaint, KnowledgeError
from cobalens.model.ruleset import Ruleset

__all__ = ["KNOWLEDGE", "Complaint", "KnowledgeError", "cached", "compile_knowledge", "load_ruleset"]

T = TypeVar("T")
KNOWLEDGE = Path(__file__).parent.parent / "knowledge"


def compile_knowledge(folder: Path = KNOWLEDGE) -> Ruleset:
    """Compiles all knowledge under ``folder``; raises ``KnowledgeError`` with every complaint."""
    from cobalens.compiler.compile import compile_knowledge as compile_folder

    return compile_folder(folder)


class Kept(msgspec.Struct, Generic[T], frozen=True):
    """Something made from the knowledge, with the state of the files it was made from."""

    stamp: str
    made: T


def stamp_of(folder: Path) -> str:
    """Changes whenever a knowledge file does: names, sizes and times."""
    from cobalens.compiler.files import COMPILER, states

    return "\n".join((COMPILER, *states(folder)))


def cache_folder() -> Path:
    """Beside the knowledge where that can be written, else the user's cache folder."""
    if os.access(KNOWLEDGE, os.W_OK):
        return KNOWLEDGE
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "cobalens"


def cached(name: str, stamp: str, type: type[T], make: Callable[[], T]) -> T:
    """What ``make`` gives, kept on disk until ``stamp`` changes. A cache that cannot be read or written is done without."""
    path = cache_folder() / f".{name}.msgpack"
    kept_type = Kept[type]  # type: ignore[valid-type]
    try:
        kept = msgspec.msgpack.decode(path.read_bytes(), type=kept_type)
        if kept.stamp == stamp:
            return kept.made
    except (OSError, msgspec.DecodeError):
        pass  # no cache yet, or one of an older version: make it again
    made = make()
    fresh = path.with_suffix(f".{os.getpid()}.msgpack")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_bytes(msgspec.msgpack.encode(Kept(stamp, made)))
        fresh.replace(path)
    except OSError:
        # A read-only home, or a full disk: the next start makes it again.
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
    return made


def load_ruleset() -> Ruleset:
    """The shipped knowledge, from the cache when the files have not changed."""
    return cached("ruleset", stamp_of(KNOWLEDGE), Ruleset, compile_knowledge)
