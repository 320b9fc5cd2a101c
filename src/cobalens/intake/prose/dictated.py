"""Marks that a dictation wrote out ("no numbness *full stop*", "*new paragraph*") as marks, each keeping its place in the text."""

from __future__ import annotations

from cobalens.intake.patterns import pattern

_SPOKEN = {
    "full stop": ".",
    "fullstop": ".",
    "new paragraph": "\n",
    "next paragraph": "\n",
    "new line": "\n",
    "next line": "\n",
    "comma": ",",
    "semicolon": ";",
    "question mark": "?",
}
_MARK = pattern(rf"\s+({'|'.join(_SPOKEN)})(?![\w-])")
_SURE = ("full stop", "fullstop", "new paragraph", "next paragraph")


def punctuated(text: str) -> str:
    """The text with such marks, as long as before; only where a whole sentence or paragraph is ended that way."""
    small = text.lower()
    if len(small) != len(text) or not any(said in small for said in _SURE):
        return text
    out, done = [], 0
    for found in _MARK.finditer(small):
        out += [text[done : found.start()], _SPOKEN[found[1]].ljust(len(found[0]))]
        done = found.end()
    return "".join((*out, text[done:]))
