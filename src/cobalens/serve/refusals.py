"""What a door refuses before anything is read, as named constructors."""

from __future__ import annotations

from collections.abc import Iterable

from cobalens.errors import CobalensError, suggest


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


def nothing_in_folder(where: str, packed: bool = False) -> CobalensError:
    """``packed``: files are there, and the reader of one person's records unpacks none."""
    if packed:
        return CobalensError(
            "nothing_in_folder",
            where,
            "The folder holds no record but in files that are packed.",
            "What is read one person at a time is not unpacked.",
            "Unpack them first (`gunzip -k`), or use `cobalens cohort run`, which unpacks gzip itself.",
        )
    return CobalensError(
        "nothing_in_folder",
        where,
        "The folder holds no record.",
        "In a folder, cases (.json, .yaml, .toml, .ndjson), messages (.hl7), documents (.xml, .pdf, .txt) and tables (.csv, "
        ".tsv, .xlsx, .parquet) are looked at, and other files where their content says what they are.",
        "Give the folder that holds them, or the files themselves.",
    )


def cannot_be_written(where: str, folder: bool = False) -> CobalensError:
    """``folder``: there is one of that name, where a file was to be."""
    return CobalensError(
        "cannot_be_written",
        where,
        "The output cannot be written there.",
        "It is a folder, and the output is one file."
        if folder
        else "A file may stand where a folder would have to be, or the place may be read-only.",
        "Give the name of a file with --out." if folder else "Give another place with --out.",
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


def pages_need_a_place(form: str, several: bool = False) -> CobalensError:
    return CobalensError(
        "pages_need_a_place",
        "format",
        "The pages of several people are files of a folder."
        if several
        else "A PDF cannot be shown on a terminal.",
        "",
        f"Give the place with --out: a file for one person, for example --out sheet.{form}, a folder for several.",
    )


def pages_not_installed() -> CobalensError:
    return CobalensError(
        "pages_not_installed",
        "format",
        "What draws charts and sets pages is not installed.",
        "It is an option, because it is large.",
        'Install it with: pip install "cobalens[pages]" — or use --format text.',
    )


def no_such_list(name: str, known: Iterable[str]) -> CobalensError:
    names = sorted(known)
    close = suggest(name, names)
    return CobalensError(
        "no_such_list",
        "complete",
        f'There is no list "{name[:60]}" that could be complete.',
        f'Did you mean "{close}"?' if close else "",
        f"Lists: {', '.join(names)}.",
    )
