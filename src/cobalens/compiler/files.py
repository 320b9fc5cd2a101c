"""Which files hold the knowledge; light enough to be asked at every start."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

COMPILER = "2"
"""Raised whenever the same knowledge would compile to something else."""


KINDS = (".toml", ".py", ".bin", ".po")


def knowledge_files(folder: Path) -> list[Path]:
    """Every file that can change an answer or a sentence, in a fixed order."""
    return sorted(Path(entry.path) for entry in _entries(str(folder)))


def states(folder: Path) -> list[str]:
    """Name, size and time of each of these files."""
    start = len(str(folder)) + 1
    found = ((entry.path[start:], entry.stat()) for entry in _entries(str(folder)))
    return sorted(f"{name} {state.st_size} {state.st_mtime_ns}" for name, state in found)


def _entries(folder: str) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as inside:
        for entry in inside:
            if entry.is_dir():
                yield from _entries(entry.path)
            elif entry.name.endswith(KINDS) and entry.name != "__init__.py":
                yield entry
