"""Checks the worklists: every question and code that they read exists, every finding that they name can be said, and each has words."""

from __future__ import annotations

from cobalens.compiler import complaints as say
from cobalens.compiler.complaints import meant
from cobalens.compiler.reading import Shelf, Tree
from cobalens.compiler.rules import Rules
from cobalens.model.ruleset import Say

FILE = "worklists.toml"
ALSO = "treatment_state"
"""The one fact that a run over many people writes beside the answers."""


def check_worklists(shelf: Shelf, rules: Rules, words: dict[str, Say]) -> None:
    """Complains of every dead name; a knowledge without worklists has none."""
    if FILE not in shelf.trees:
        return
    tree = shelf.trees[FILE]
    keys = ("shown", "rows_at_most", "sharing", "list", "outcome")
    shelf.keys(FILE, tree, frozenset(keys), keys)
    sharing = f"{FILE} [sharing]"
    shelf.keys(sharing, tree.get("sharing", {}), frozenset({"smallest", "source"}), ("smallest", "source"))
    shelf.number(sharing, tree.get("sharing", {}), "smallest")
    shelf.number(FILE, tree, "rows_at_most")
    for name in shelf.texts(FILE, tree, "shown"):
        if name not in rules.words.analytes:
            shelf.complain(say.not_one_of(FILE, "analyte", name, rules.words.analytes))
    for name, entry in tree.get("list", {}).items():
        where = f"{FILE} [list.{name}]"
        if not shelf.keys(where, entry, frozenset({"next", "when"}), ("next", "when")):
            continue
        for begins in shelf.texts(where, entry, "next"):
            if not any(code.startswith(begins) for code in rules.givers):
                shelf.complain(say.not_one_of(where, "finding", begins, rules.givers))
        needed = [f"list_{name}_title", f"list_{name}_means"]
        needed += [f"why_{name}_{when}" for when in entry["when"]]
        check_words(shelf, words, needed)
        check_whens(shelf, rules, where, entry)
    for name, entry in tree.get("outcome", {}).items():
        where = f"{FILE} [outcome.{name}]"
        if shelf.keys(where, entry, frozenset({"when"}), ("when",)):
            check_words(shelf, words, [f"outcome_{name}"])
            check_whens(shelf, rules, where, entry)


def check_words(shelf: Shelf, words: dict[str, Say], needed: list[str]) -> None:
    for key in needed:
        if f"layout:cohort_{key}" not in words:
            shelf.complain(say.no_text("text/en/cohort.toml", f"layout:cohort_{key}", "title"))


def check_whens(shelf: Shelf, rules: Rules, where: str, entry: Tree) -> None:
    """Each cell asks of a question or a finding what it can be: words alone, since a run leaves words."""
    chosen = [name for name, raw in rules.raw.items() if raw.tree.get("kind") == "choose"]
    questions = [*chosen, *(f"finding.{code}" for code in rules.givers), ALSO]
    if not entry["when"]:
        shelf.complain(say.missing_key(where, "when", "A list without a condition would be empty."))
    for name, cells in entry["when"].items():
        here = f"{where} when.{name}"
        if not isinstance(cells, dict) or not cells:
            shelf.complain(say.wrong_type(where, f"when.{name}", "a table of questions and their answers"))
            continue
        for asked, cell in cells.items():
            if asked not in questions:
                shelf.complain(say.not_one_of(here, "question or finding", asked, questions))
            elif not isinstance(cell, str):
                shelf.complain(say.wrong_type(here, asked, "text in quotes"))
            elif (domain := rules.domain(here, asked)) is not None:
                check_cell(shelf, here, cell, domain.values)


def check_cell(shelf: Shelf, where: str, cell: str, values: tuple[str, ...]) -> None:
    for part in (one.strip() for one in cell.split("|")):
        if part not in values:
            detail = f"'{part}' is no value of this input"
            shelf.complain(say.bad_cell(where, cell, detail, meant(part, values)))
