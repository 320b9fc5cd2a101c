"""What the compiler says when the knowledge is wrong: what, where, what was probably meant, what to do."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

MOST_LISTED = 20
"""Longer lists of choices help nobody."""


class Complaint(Struct, frozen=True):
    """One thing wrong in one place."""

    code: str
    where: str
    problem: str
    likely: str = ""
    next: str = ""

    def __str__(self) -> str:
        tail = "".join(f"\n    {part}" for part in (self.likely, self.next) if part)
        return f"{self.where}: {self.problem}{tail}"


class KnowledgeError(Exception):
    """The knowledge was refused. Carries every complaint found, not only the first."""

    def __init__(self, complaints: list[Complaint]) -> None:
        self.complaints = complaints
        count = len(complaints)
        head = f"{count} thing{'s' if count != 1 else ''} to mend in the knowledge:"
        super().__init__("\n".join([head, *(f"  {c}" for c in complaints)]))


def meant(word: str, choices: Iterable[str]) -> str:
    """A did-you-mean, or nothing."""
    from difflib import get_close_matches  # only needed when something is wrong

    near = get_close_matches(word, list(choices), n=1, cutoff=0.6)
    return f"Did you mean {near[0]!r}?" if near else ""


def not_toml(where: str, detail: str) -> Complaint:
    return Complaint("not_toml", where, f"this is not TOML: {detail}", next="Mend the syntax at that place.")


def unknown_key(where: str, key: str, allowed: Iterable[str]) -> Complaint:
    names = sorted(allowed)
    return Complaint(
        "unknown_key", where, f"unknown key {key!r}", meant(key, names), f"Keys here: {', '.join(names)}."
    )


def missing_key(where: str, key: str, why: str = "") -> Complaint:
    return Complaint("missing_key", where, f"{key!r} is missing", why, f"Add `{key} = …`.")


def wrong_type(where: str, key: str, wanted: str) -> Complaint:
    return Complaint(
        "wrong_type", where, f"{key!r} must be {wanted}", next="Write it as docs/knowledge.md shows."
    )


def twice(where: str, what: str, name: str, first: str) -> Complaint:
    return Complaint(
        "declared_twice", where, f"{what} {name!r} is declared twice; first in {first}", next="Keep one."
    )


def not_one_of(where: str, what: str, value: str, choices: Iterable[str]) -> Complaint:
    names = sorted(set(choices))
    listed = (
        f"One of: {', '.join(names)}."
        if len(names) <= MOST_LISTED
        else f"There are {len(names)} to choose from."
    )
    return Complaint("not_one_of", where, f"{what} {value!r} does not exist", meant(value, names), listed)


def literal_number(where: str, cell: str) -> Complaint:
    return Complaint(
        "literal_number",
        where,
        f"the cell {cell!r} holds a number",
        "Numbers live in thresholds/, with a source; rules use names.",
        "Name the limit in a pack and write `< name` here.",
    )


def bad_cell(where: str, cell: str, detail: str, likely: str = "") -> Complaint:
    return Complaint(
        "bad_cell",
        where,
        f"the cell {cell!r} cannot be read: {detail}",
        likely,
        "See the table of cells in docs/knowledge.md.",
    )


def wrong_edge(where: str, cell: str, limit: str, edge: str) -> Complaint:
    right = f"`< {limit}` and `>= {limit}`" if edge == "<" else f"`<= {limit}` and `> {limit}`"
    return Complaint(
        "wrong_edge",
        where,
        f"the cell {cell!r} puts {limit!r} on the wrong side of itself",
        f"It is published with edge {edge!r}, so a rule may say {right}.",
        "Use one of those, or mend the edge in the packs.",
    )


def no_such_input(where: str, name: str, choices: Iterable[str], declared: str = "") -> Complaint:
    """``declared``: the kind of thing that has this name, where one has."""
    instead = {
        "a concept": f"Declare `[fact.{name}]` of it, or give the concept a `timeline`.",
        "an analyte": f"Declare `[fact.{name}]` of it.",
        "a collect table": f"Write `any.{name}`, or name one of its findings: `finding.<code>`.",
    }
    return Complaint(
        "no_such_input",
        where,
        f"no rule can ask {name!r}: that is the name of {declared}"
        if declared
        else f"nothing is called {name!r}",
        instead[declared] if declared else meant(name, choices),
        "An input is a fact, an earlier question, policy.x, finding.<code> or any.<table>.",
    )


def idle_cell(where: str, name: str, cell: str) -> Complaint:
    return Complaint(
        "idle_cell",
        where,
        f"{name} = {cell!r} excludes nothing",
        next="Leave the column out: that already means it does not matter.",
    )


def empty_cell(where: str, name: str, cell: str) -> Complaint:
    return Complaint("empty_cell", where, f"{name} = {cell!r} can never hold", next="Mend or delete the row.")


def gap(where: str, patient: str, nearest: str) -> Complaint:
    return Complaint(
        "gap",
        where,
        f"no row answers for this patient: {patient}",
        f"Nearest row: {nearest}." if nearest else "",
        "Widen that row or add one. There is no else; a row that means the unknown says `unknown`.",
    )


def disagreement(where: str, one: str, other: str, patient: str) -> Complaint:
    return Complaint(
        "disagreement",
        where,
        f"rows {one!r} and {other!r} answer differently for the same patient: {patient}",
        next='Narrow one, or let one say `overrides = ["…"]`.',
    )


def unreachable(where: str, row: str, by: str) -> Complaint:
    return Complaint(
        "unreachable",
        where,
        f"row {row!r} can never act",
        f"Overridden everywhere by {by}." if by else "",
        "Delete it, or narrow what overrides it.",
    )


def idle_override(where: str, row: str, other: str) -> Complaint:
    return Complaint(
        "idle_override",
        where,
        f"row {row!r} overrides {other!r}, but the two never meet",
        next="Drop the override.",
    )


def override_cycle(where: str, rows: list[str]) -> Complaint:
    return Complaint(
        "override_cycle", where, f"overrides run in a circle: {' > '.join(rows)}", next="Break it."
    )


def never_given(where: str, value: str) -> Complaint:
    return Complaint(
        "never_given", where, f"no row gives the answer {value!r}", next="Write the row, or drop the answer."
    )


def too_large(where: str, columns: int, cells: int) -> Complaint:
    return Complaint(
        "too_large",
        where,
        f"the table has {columns} inputs and {cells} combinations",
        "At most 5 inputs and 2,000 combinations can be read and checked by a person.",
        "Split the question in two.",
    )


def circle(where: str, names: list[str]) -> Complaint:
    return Complaint(
        "circle", where, f"questions wait for each other: {' > '.join(names)}", next="Break the circle."
    )


def pack_circle(where: str, names: list[str]) -> Complaint:
    return Complaint(
        "pack_circle",
        where,
        f"packs take what they miss from each other: {' > '.join(names)}",
        next="Let one of them say no `from`.",
    )


def later_chapter(where: str, name: str, chapter: str) -> Complaint:
    return Complaint(
        "later_chapter",
        where,
        f"{name!r} belongs to the later chapter {chapter!r}",
        next="A chapter reads itself and earlier ones: move one of the two.",
    )


def no_source(where: str) -> Complaint:
    return Complaint(
        "no_source", where, "neither the row nor the table names its evidence", next='Add `source = "N4"`.'
    )


def unused(where: str, what: str, name: str) -> Complaint:
    return Complaint("unused", where, f"{what} {name!r} is used nowhere", next="Use it or delete it.")


def limits_not_rising(where: str, unit: str, low: str, high: str) -> Complaint:
    return Complaint(
        "limits_not_rising",
        where,
        f"in {unit} the limit {low!r} is not below {high!r}",
        next="Limits of a fact rise strictly in every unit.",
    )


def edges_differ(where: str, limit: str) -> Complaint:
    return Complaint(
        "edges_differ",
        where,
        f"packs put the limit {limit!r} on different sides of itself",
        next="Give it the same edge in every pack.",
    )


def not_a_number(where: str, key: str, value: object) -> Complaint:
    return Complaint(
        "not_a_number",
        where,
        f"{key} = {value!r} is not an exact number in quotes",
        next='Write it as published, in quotes: "180".',
    )


def no_text(where: str, code: str, part: str) -> Complaint:
    return Complaint("no_text", where, f"{code!r} has no {part} text", next="Add it in text/en/.")


def dead_text(where: str, code: str) -> Complaint:
    return Complaint("dead_text", where, f"no rule says {code!r}", next="Delete the text or mend the code.")


def check_digit(where: str, system: str, code: str) -> Complaint:
    return Complaint(
        "check_digit", where, f"{system} {code} fails its check digit", next="Look the code up again."
    )


def bad_pattern(where: str, pattern: str, detail: str) -> Complaint:
    return Complaint(
        "bad_pattern", where, f"the pattern {pattern!r} cannot be read: {detail}", next="Mend it."
    )


def message_missing(where: str, context: str, text: str) -> Complaint:
    return Complaint(
        "message_missing",
        where,
        f"there is no translation of {context!r}",
        f"English: {text}",
        "Translate it; `make messages` writes the place for it.",
    )


def message_stale(where: str, context: str, old: str, new: str) -> Complaint:
    return Complaint(
        "message_stale",
        where,
        f"the English of {context!r} was changed after it was translated",
        f"Then: {old}\n    Now: {new}",
        "Run `make messages`, mend the translation and delete its mark `fuzzy`.",
    )


def message_unsure(where: str, context: str) -> Complaint:
    return Complaint(
        "message_unsure",
        where,
        f"the translation of {context!r} is marked fuzzy",
        next="Read it against the English sentence, mend it and delete the mark.",
    )


def placeholders_differ(where: str, context: str, wanted: list[str], found: list[str]) -> Complaint:
    return Complaint(
        "placeholders_differ",
        where,
        f"the translation of {context!r} has the placeholders {', '.join(found) or 'none'}",
        f"The English sentence has {', '.join(wanted) or 'none'}.",
        "Keep every name in braces as it is.",
    )


def message_of_nothing(where: str, context: str) -> Complaint:
    return Complaint(
        "message_of_nothing",
        where,
        f"nothing says {context!r} in English",
        next="Run `make messages`; it takes the message out.",
    )


def catalogue_of_nothing(where: str, chapter: str) -> Complaint:
    return Complaint(
        "catalogue_of_nothing",
        where,
        f"there is no English chapter {chapter!r}",
        next="Delete the catalogue, or give it the name of a chapter.",
    )


def no_chapter(where: str, code: str) -> Complaint:
    return Complaint(
        "no_chapter",
        where,
        f"no chapter explains {code!r}",
        next="Add its family to `explains` of the chapter that is its background.",
    )
