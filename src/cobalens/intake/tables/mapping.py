"""The mapping file: what the columns of a table hold, where their headings do not say it in words that are known."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from msgspec import Struct

from cobalens import errors
from cobalens.intake.laboratory.testnames import AnalyteIndex, find, tokens
from cobalens.intake.laboratory.units import parse
from cobalens.intake.tables.cells import COMMA, DAY_FIRST, MONTH_FIRST, POINT, text_of
from cobalens.intake.tables.headings import ANALYTE, NOTHING, PARTS, PERSON, SECTIONS, TEST, Column, tidy

WHERE = "mapping"
LARGEST = 5_000_000
ROLES = frozenset(
    {
        *PARTS,
        *PERSON,
        *SECTIONS,
        TEST,
        "code",
        NOTHING,
        "specimen",
        "kind",
        "dose",
        "route",
        "frequency",
        "start",
        "stop",
        "reported",
    }
)
_PARTS_OF = frozenset({"columns", "tests", "codes", "missing", "table"})
_TABLE = frozenset({"sheet", "header_row", "dates", "decimal", "missing"})
_ENTRY = frozenset({"analyte", "part", "unit", "date"})


class Mapped(Struct, frozen=True):
    """``columns``: heading -> what stands there. ``tests``: name of a test in the table -> name known here."""

    columns: Mapping[str, Column]
    tests: Mapping[str, str]
    names: Mapping[str, str] = {}
    """Code of a diagnosis, drug or operation -> its words; behind a bar the edition of the code, where that is told."""
    sheet: str = ""
    header_row: int | None = None
    order: str | None = None
    mark: str | None = None
    missing: tuple[str, ...] = ()
    """What stands for no answer, as ``plain`` writes it, in every column but those that say who somebody is."""
    missing_in: Mapping[str, tuple[str, ...]] = {}
    """Heading -> what stands for no answer there."""


NOTHING_GIVEN = Mapped({}, {})


def mapping_of(source: bytes, index: AnalyteIndex) -> Mapped:
    """The mapping, or a refusal that names the key and what was probably meant."""
    if len(source) > LARGEST:
        raise errors.file_too_large(WHERE, len(source), LARGEST)
    tree = _tree(source)
    _known(tree, _PARTS_OF, WHERE)
    columns = {
        tidy(heading): _column(heading, said, index) for heading, said in _table(tree, "columns").items()
    }
    tests = {}
    for name, meant in _table(tree, "tests").items():
        if not isinstance(meant, str) or not find(meant, index):
            raise errors.unknown_analyte(f"{WHERE}.tests.{name}", str(meant), _names(index))
        tests[" ".join(tokens(name))] = meant
    names = _table(tree, "codes")
    if not all(isinstance(one, str) for one in names.values()):
        raise errors.wrong_shape(f"{WHERE}.codes", "words for each code", "something else")
    table = _table(tree, "table")
    _known(table, _TABLE, f"{WHERE}.table")
    missing_in = {
        tidy(heading): _missing(those, f"{WHERE}.missing.{heading}")
        for heading, those in _table(tree, "missing").items()
    }
    return Mapped(
        columns, tests, names, str(table.get("sheet", "")), _row(table.get("header_row")),
        _one_of(table.get("dates"), (DAY_FIRST, MONTH_FIRST), "dates"), _one_of(table.get("decimal"), (POINT, COMMA), "decimal"),
        _missing(table.get("missing"), f"{WHERE}.table.missing"), missing_in,
    )  # fmt: skip


@lru_cache(maxsize=4)
def _tree(source: bytes) -> Mapping[str, Any]:
    try:
        return tomllib.loads(source.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise errors.not_readable_text(WHERE) from None
    except (tomllib.TOMLDecodeError, RecursionError):
        raise errors.broken_syntax(WHERE, "TOML") from None


def _table(tree: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = tree.get(key, {})
    if not isinstance(found, dict):
        raise errors.wrong_shape(f"{WHERE}.{key}", "a table", "a single value")
    return found


def _known(tree: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    for key in tree:
        if key not in known:
            raise errors.unknown_key(where, key, known)


def _names(index: AnalyteIndex) -> list[str]:
    return [" ".join(words) for words in index.names]


def _column(heading: str, said: Any, index: AnalyteIndex) -> Column:
    where = f"{WHERE}.columns.{heading}"
    if isinstance(said, str):
        if said in ROLES:
            return Column(0, heading, said, said if said in SECTIONS else "")
        if find(said, index):
            return Column(0, heading, ANALYTE, said, "value")
        raise errors.unknown_key(where, said, ROLES)
    if not isinstance(said, dict):
        raise errors.wrong_shape(where, "a name or a table", "a single value")
    _known(said, _ENTRY, where)
    name, part, unit = str(said.get("analyte", "")), str(said.get("part", "value")), str(said.get("unit", ""))
    if not find(name, index):
        raise errors.unknown_analyte(where, name, _names(index))
    if part not in PARTS:
        raise errors.unknown_key(where, part, PARTS)
    if unit and parse(unit, index.words.units) is None:
        raise errors.unknown_unit(
            where, unit, sorted({one for a in index.analytes.values() for one in a.units})
        )
    return Column(0, heading, ANALYTE, name, part, unit, str(said.get("date", "")))


def _row(raw: Any) -> int | None:
    if raw is None:
        return None
    if isinstance(raw, bool) or not isinstance(raw, int) or raw < 1:
        raise errors.wrong_shape(
            f"{WHERE}.table.header_row", "the number of a row, counted from 1", "something else"
        )
    return raw


def _one_of(raw: Any, allowed: tuple[str, str], key: str) -> str | None:
    if raw is None or raw in allowed:
        return None if raw is None else str(raw)
    raise errors.unknown_key(f"{WHERE}.table.{key}", str(raw), allowed)


def plain(said: Any) -> str:
    """A number however it is written (``-9``, ``-9.00``, ``-9,0``), else the words in lower case."""
    text = text_of(said).strip().lower()
    try:
        number = Decimal(text.replace(",", "."))
    except InvalidOperation:
        return text
    return f"{number.normalize():f}" if number.is_finite() else text


def _missing(given: Any, where: str) -> tuple[str, ...]:
    """The values that a mapping file names for no answer."""
    if given is None:
        return ()
    if not isinstance(given, list) or any(isinstance(one, bool | list | dict) for one in given):
        raise errors.wrong_shape(where, "a list of numbers or words, such as [-9, 999]", "something else")
    return tuple(plain(one if isinstance(one, str) else str(one)) for one in given)
