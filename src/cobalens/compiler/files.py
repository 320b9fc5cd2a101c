"""Which files hold the knowledge; light enough to be asked at every start."""

from __future__ import annotations

from pathlib import Path

COMPILER = "1"
"""Raised whenever the same knowledge would compile to something else."""


def knowledge_files(folder: Path) -> list[Path]:
    """Every file that can change an answer or a sentence, in a fixed order."""
    return sorted(p for p in folder.rglob("*") if p.suffix in KINDS and p.name != "__init__.py")


KINDS = {".toml", ".py", ".bin", ".po"}
