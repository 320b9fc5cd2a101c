"""What a door refuses before anything is read, as named constructors."""

from __future__ import annotations

from cobalens.errors import CobalensError


def no_such_file(where: str) -> CobalensError:
    return CobalensError(
        "no_such_file",
        where,
        "There is no such file or folder.",
        "The path may be misspelt, or relative to another folder.",
        "Check the path; `cobalens demo` shows a case that can be read.",
    )


def cannot_be_opened(where: str) -> CobalensError:
    return CobalensError(
        "cannot_be_opened",
        where,
        "The file cannot be opened.",
        "It may belong to somebody else, or be open in another program.",
        "Check who may read it, or copy it to another place.",
    )


def nothing_in_folder(where: str) -> CobalensError:
    return CobalensError(
        "nothing_in_folder",
        where,
        "The folder holds no case.",
        "Cases end in .json, .yaml, .yml, .toml, .ndjson or .jsonl.",
        "Give the folder that holds them, or the files themselves.",
    )


def cannot_be_written(where: str) -> CobalensError:
    return CobalensError(
        "cannot_be_written",
        where,
        "The output cannot be written there.",
        "The folder may not exist, or may be read-only.",
        "Give another place with --out.",
    )
