"""What others ask to be said of their work: of the codes that the knowledge names, and of what the pages bring along."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path

import msgspec

FILE = "NOTICE"
CHECKOUT = Path(__file__).parents[4]
VENDOR = Path(__file__).parent / "static" / "vendor"
OWN_LINES = 2
"""The file begins with a paragraph on the program itself and one on what follows."""


class Notice(msgspec.Struct, frozen=True):
    """To whom it belongs, and what is to be said of it, in its own words."""

    name: str
    text: str


class Part(msgspec.Struct, frozen=True):
    """A style sheet or script of others that the pages bring along."""

    name: str
    version: str
    licence: str
    address: str


@lru_cache(maxsize=1)
def notices() -> tuple[Notice, ...]:
    found = [block.split("\n", 1) for block in written().strip().split("\n\n")[OWN_LINES:]]
    return tuple(Notice(name, " ".join(text.split())) for name, text in found)


def written() -> str:
    """The file beside the licence: of the checkout, or as it was installed with the program."""
    from importlib.metadata import distribution

    own = CHECKOUT / FILE
    if own.is_file():
        return own.read_text(encoding="utf-8")
    return distribution("cobalens").read_text(f"licenses/{FILE}") or ""


@lru_cache(maxsize=1)
def brought_along() -> tuple[Part, ...]:
    listed = tomllib.loads((VENDOR / "vendor.toml").read_text(encoding="utf-8"))
    return tuple(
        Part(one["package"], one["version"], one["licence"], f"/static/vendor/{one['licence_file']}")
        for one in listed.values()
    )
