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


def no_such_ruleset(name: str) -> CobalensError:
    return CobalensError(
        "no_such_ruleset",
        name,
        "This is no folder of knowledge, and no git revision of this checkout.",
        "A folder of knowledge holds `rules`, `facts` and `thresholds`; a revision needs git and a checkout.",
        "Give such a folder, a checkout, a git revision, or `shipped`.",
    )


def ruleset_refused(name: str, complaints: str) -> CobalensError:
    return CobalensError(
        "ruleset_refused",
        name,
        f"This ruleset does not compile. {complaints}",
        "It is not finished, or it was written for another version of the language.",
        "Mend the places named, or compare with a ruleset that this version compiles.",
    )


def workbook_needs_a_place() -> CobalensError:
    return CobalensError(
        "workbook_needs_a_place",
        "format",
        "A workbook cannot be shown on a terminal.",
        "",
        "Give its file with --out, for example --out answers.xlsx, or use --format csv.",
    )
