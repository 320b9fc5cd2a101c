"""Tables that say what the codes in other tables mean: ``d_labitems``, ``concept_dimension``, ``tests``. They are about nobody."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct, json

from cobalens.errors import CobalensError
from cobalens.intake.casefile import tools_for
from cobalens.intake.laboratory.testnames import AnalyteIndex, find
from cobalens.intake.tables.cells import text_of
from cobalens.intake.tables.codes import ICD_10, bare
from cobalens.intake.tables.columns import each
from cobalens.intake.tables.grid import PARQUET, delimiter_of, head_text, is_case, of_parquet, of_text
from cobalens.intake.tables.headings import (
    CODE,
    TEST,
    VALUE,
    tells_people_apart,
    tidy,
    words_for,
)
from cobalens.intake.tables.mapping import LARGEST
from cobalens.intake.tables.people import shorter
from cobalens.model.ruleset import Ruleset

WHO = ("id", "birth_date", "age", "sex")
OF_AN_EDITION = {"10": ICD_10}
"""Edition of a code that is read by itself, so that no words are needed for it."""


class Dictionary(Struct, frozen=True):
    """What the codes below a heading mean; of a code of diagnoses with its edition behind a bar."""

    heading: str
    meanings: Mapping[str, str]


def headings_in(head: bytes) -> list[str]:
    """The headings in the first line of a table in text; none of anything else."""
    text = None if head.startswith(PARQUET) else head_text(head)
    if text is None or is_case(text) or (mark := delimiter_of(text)) is None:
        return []
    return [tidy(cell) for cell in next(csv.reader(text.splitlines(), delimiter=mark), [])]


def names_people(headings: Sequence[str], ruleset: Ruleset) -> bool:
    words = words_for(ruleset)
    return any(
        words.roles.get(one) in WHO or tells_people_apart(one, words) or one in words.person
        for one in headings
    )


def may_explain(headings: Sequence[str], ruleset: Ruleset, asked: Collection[str]) -> bool:
    """Whether a table about nobody has a column of codes that are ``asked`` for, and one of what they mean."""
    words = words_for(ruleset)
    known = {words.roles.get(one) for one in headings}
    return (
        not names_people(headings, ruleset)
        and not known & {VALUE, "date", "start"}
        and any(one in words.labels for one in headings)
        and any(one in asked and one not in words.labels for one in headings)
    )


def dictionary_in(content: bytes, ruleset: Ruleset, asked: Collection[str]) -> Dictionary | None:
    """What the codes mean; nothing where a code stands there twice."""
    words = words_for(ruleset)
    try:
        text = None if content.startswith(PARQUET) else head_text(content)
        grid = of_parquet(content) if text is None else of_text(text, delimiter_of(text[:60_000]) or ",")
    except CobalensError:
        return None
    headings = [tidy(text_of(cell)) for cell in grid.rows[0]]
    label = next((headings.index(one) for one in words.labels if one in headings), None)
    edition = next((at for at, one in enumerate(headings) if one in words.systems), None)
    if label is None:
        return None
    meant = each(grid.rows, label, text_of, 1)
    of = each(grid.rows, edition, text_of, 1) if edition is not None else [""] * len(meant)
    for at, heading in enumerate(headings):
        if heading not in asked or at == label or heading in words.systems:
            continue
        codes = each(grid.rows, at, text_of, 1)
        keys = [f"{code}|{told}" if told else code for code, told in zip(codes, of, strict=True)]
        if "" in codes or len(set(keys)) < len(keys):
            continue
        pairs = zip(keys, meant, of, strict=True)
        return Dictionary(
            heading, {key: said for key, said, told in pairs if said and told not in OF_AN_EDITION}
        )
    return None


def mapping_with(found: Sequence[Dictionary], ruleset: Ruleset) -> bytes | None:
    """What dictionaries say, as a mapping file; nothing where it would be too long for one."""
    words, index = words_for(ruleset), tools_for(ruleset).analytes
    lines = ["[columns]"]
    headings = dict.fromkeys(one.heading for one in found)
    lines += [
        f"{_quoted(one)} = {_quoted(CODE)}"
        for one in headings
        if words.roles.get(one) not in (TEST, CODE) and one not in words.coded
    ]
    tests: dict[str, str] = {}
    names: dict[str, str] = {}
    for one in found:
        for code, said in one.meanings.items():
            names[code] = said
            if test := _test(said, index):
                tests[bare(code.partition("|")[0])] = test
    for title, pairs in (("tests", tests), ("codes", names)):
        lines += [f"[{title}]", *(f"{_quoted(key)} = {_quoted(said)}" for key, said in pairs.items())]
    made = "\n".join(lines).encode()
    return made if len(made) <= LARGEST else None


def _test(said: str, index: AnalyteIndex) -> str:
    name = said if find(said, index) else shorter(said, index)
    return name if find(name, index) else ""


def _quoted(text: str) -> str:
    return json.encode(text).decode().replace("\x7f", "")
