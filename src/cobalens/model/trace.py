"""What the engines return: each table's answer with the rows behind it."""

from __future__ import annotations

from msgspec import Struct

SUPPORTED, NOT_SUPPORTED, NOT_LOOKED_FOR = "supported", "not_supported", "not_looked_for"


class Choice(Struct, frozen=True, gc=False):
    """A choose table's answer and the rows that remained, the leading one first."""

    table: str
    answer: str
    rows: tuple[str, ...]


class Finding(Struct, frozen=True, gc=False):
    """A code of one collect table: its status, the rows that hold, the facts that would decide it."""

    code: str
    table: str
    status: str
    rows: tuple[str, ...] = ()
    waiting_for: tuple[str, ...] = ()


class Trace(Struct, frozen=True, gc=False):
    """The whole reading of one person under one pack."""

    pack: str
    choices: dict[str, Choice]
    findings: tuple[Finding, ...]
    """In chapter, then row order; a code may stand under several tables."""
    values: dict[str, int]
    """Every input (facts, answers, policies) as the tables saw it."""

    def answer(self, question: str) -> str:
        return self.choices[question].answer

    def supported(self) -> set[str]:
        return {f.code for f in self.findings if f.status == SUPPORTED}
