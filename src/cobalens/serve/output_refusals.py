"""What the command line refuses of outputs, and of slips in what was typed, as named constructors."""

from __future__ import annotations

from cobalens.errors import CobalensError


def output_full(where: str = "output") -> CobalensError:
    return CobalensError(
        "output_full",
        where,
        "There is no space left to write to, so the output is not complete.",
        "The disk may be full, or what may be written there may be used up.",
        "Free some space, or give another place with --out; then begin anew.",
    )


def output_is_read(where: str) -> CobalensError:
    return CobalensError(
        "output_is_read",
        where,
        "The output would take the place of what is to be read.",
        "The same name may have been given twice, or the output of an earlier run may lie in the folder that is read.",
        "Give another place with --out.",
    )


def pages_stand_there(where: str) -> CobalensError:
    return CobalensError(
        "pages_stand_there",
        where,
        "The folder holds numbered files already that are not known as pages of this program.",
        "They may be somebody else's, or pages of other people that would stand among the new ones.",
        "Give a new or empty folder with --out.",
    )


def no_such_day() -> CobalensError:
    return CobalensError(
        "no_such_day",
        "--as-of",
        "That is no day of decision.",
        "Day and month may be exchanged, or a part of the date be missing.",
        "Give it as YYYY-MM-DD, for example --as-of 2026-11-23.",
    )


def no_name() -> CobalensError:
    return CobalensError(
        "no_name",
        "FILE",
        "The name of a file is empty.",
        "A variable of a script may not have been set.",
        "Give the file, or a folder; `.` is the folder in which you are.",
    )


def input_named_twice() -> CobalensError:
    return CobalensError(
        "input_named_twice",
        "-",
        "Standard input is named twice, and can be read once.",
        "Each `-` stands for all that comes through it.",
        "Give one of the two as a file.",
    )


def no_rulebook(where: str) -> CobalensError:
    return CobalensError(
        "no_rulebook",
        where,
        "The folder holds no rulebook.",
        "It may not have been written yet, or the path may be misspelt.",
        "Write it first: cobalens rulebook --out FOLDER. Without --rulebook it is built when somebody asks for it.",
    )


def not_a_site(where: str) -> CobalensError:
    return CobalensError(
        "not_a_site",
        where,
        "That is not how a browser names a site, so no page could ever call.",
        "A path or a slash may stand behind it, or the scheme be missing; there is no sign for any site.",
        "Give scheme and host, and the port where it is another than the usual one: https://ehr.example.",
    )


def not_a_host(where: str) -> CobalensError:
    return CobalensError(
        "not_a_host",
        where,
        "That is no name of a computer, so nobody could ever reach the pages under it.",
        "A scheme, a port or a path may stand beside it; there is no sign for any name.",
        "Give the name alone: --allow-host b12.clinic.example.",
    )


def not_one_person(where: str, differs: str) -> CobalensError:
    """``differs``: ``sex`` or ``age``."""
    return CobalensError(
        "not_one_person",
        where,
        f"This cannot be the person of the other file: the {differs} {'is lower' if differs == 'age' else 'is another'}.",
        "The two files may be of two people, or stand in the wrong order: OLD comes first.",
        "Give two files about one person, the older one first.",
    )


def stopped_by_fault() -> CobalensError:
    return CobalensError(
        "internal_error",
        "",
        "The program met a fault of its own, and stopped.",
        "Something in what was read is unlike anything that was foreseen.",
        "Report the lines above, which say where it happened, without what was read.",
    )


def internal_error() -> CobalensError:
    return CobalensError(
        "internal_error",
        "",
        "The program met a fault of its own at this record, and says nothing of it.",
        "Something in the record is unlike anything that was foreseen; the others are not touched by it.",
        "Report the lines on standard error, which say where it happened, without the record.",
    )
