"""Reads the knowledge folder into plain trees, each entry with the place it came from."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import tomli

from cobalens.compiler import complaints as say
from cobalens.compiler.complaints import Complaint
from cobalens.compiler.files import COMPILER, knowledge_files

Tree = dict[str, Any]


def fingerprint(folder: Path, files: list[Path]) -> str:
    """The ruleset's hash: the compiler's version and every byte of the knowledge."""
    digest = hashlib.sha256(f"compiler {COMPILER}\n".encode())
    for path in files:
        digest.update(f"{path.relative_to(folder).as_posix()}\n".encode())
        digest.update(path.read_bytes())
    return f"sha256:{digest.hexdigest()}"


class Shelf:
    """The parsed files by relative name, and the complaints gathered so far."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.complaints: list[Complaint] = []
        self.trees: dict[str, Tree] = {}
        self.files = knowledge_files(folder)
        for path in self.files:
            if path.suffix != ".toml":
                continue
            name = path.relative_to(folder).as_posix()
            try:
                self.trees[name] = tomli.loads(path.read_text(encoding="utf-8"))
            except (tomli.TOMLDecodeError, UnicodeDecodeError) as bad:
                self.complain(say.not_toml(name, str(bad)))

    def complain(self, complaint: Complaint) -> None:
        self.complaints.append(complaint)

    def under(self, *prefixes: str) -> list[tuple[str, Tree]]:
        """Files below any of these folders or names, in order."""
        return [(n, t) for n, t in self.trees.items() if any(n == p or n.startswith(p) for p in prefixes)]

    def keys(self, where: str, tree: Tree, allowed: frozenset[str], required: tuple[str, ...] = ()) -> bool:
        """Complains of unknown and missing keys; true when nothing was wrong."""
        before = len(self.complaints)
        for key in tree:
            if key not in allowed:
                self.complain(say.unknown_key(where, key, allowed))
        for key in required:
            if key not in tree:
                self.complain(say.missing_key(where, key))
        return len(self.complaints) == before

    def text(self, where: str, tree: Tree, key: str, default: str = "") -> str:
        value = tree.get(key, default)
        if not isinstance(value, str):
            self.complain(say.wrong_type(where, key, "text in quotes"))
            return default
        return value

    def texts(self, where: str, tree: Tree, key: str) -> tuple[str, ...]:
        """One text or a list of texts."""
        value = tree.get(key, [])
        if isinstance(value, str):
            return (value,)
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            self.complain(say.wrong_type(where, key, "text, or a list of texts"))
            return ()
        return tuple(value)

    def number(self, where: str, tree: Tree, key: str) -> int | None:
        value = tree.get(key)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            self.complain(say.wrong_type(where, key, "a whole number"))
            return None
        return value
