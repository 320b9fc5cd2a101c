"""Text of a case file, in JSON, YAML or TOML, to plain values. Numbers stay exact; traps of the formats are refused.

For shapes only: what the values mean is `casefile`'s work.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any

from cobalens import errors
from cobalens.intake.patterns import pattern

MAX_BYTES = 5_000_000
MAX_DEPTH = 12
MAX_ENTRIES = 20_000

_TOML_START = pattern(
    r"\s*(?:#[^\n]*\n\s*)*(?:\[\[?[\w.\-\" ]+\]\]?\s*(?:#.*)?$|[\w\-\".]+\s*=)", re.MULTILINE
)
_NUMBER = pattern(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?")
_YAML_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}


def decode(source: bytes, where: str) -> str:
    if len(source) > MAX_BYTES:
        raise errors.file_too_large(where, len(source), MAX_BYTES)
    try:
        if source[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return source.decode("utf-16")
        return source.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise errors.not_readable_text(where) from None


def _unique(pairs: list[tuple[str, Any]], where: str) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise errors.CobalensError(
            "key_given_twice",
            where,
            f'The key "{twice[:60]}" stands twice in one object, and only one of the two could be read.',
            "An entry may have been copied and not renamed.",
            "Keep one, or put both in a list.",
        )
    return made


def exact(written: str) -> Decimal | str:
    """A number of a file as it stands there; one beyond any size stays text, which is then read as no number."""
    try:
        return Decimal(written)
    except InvalidOperation:
        return written


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(
            text,
            parse_float=exact,
            parse_constant=str,
            object_pairs_hook=lambda pairs: _unique(pairs, where),
        )
    except json.JSONDecodeError as error:
        raise errors.broken_syntax(where, "JSON", error.lineno, error.colno) from None
    except RecursionError:
        raise errors.nested_too_deeply(where, MAX_DEPTH) from None
    except ValueError:
        # Python refuses to make an integer of thousands of digits.
        raise errors.broken_syntax(where, "JSON") from None


def _toml(text: str, where: str) -> Any:
    import tomllib

    try:
        return _plain(tomllib.loads(text, parse_float=exact), where, 0)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+), column (\d+)", str(error))
        raise errors.broken_syntax(
            where, "TOML", int(line[1]) if line else None, int(line[2]) if line else None
        ) from None
    except RecursionError:
        raise errors.nested_too_deeply(where, MAX_DEPTH) from None
    except ValueError:
        raise errors.broken_syntax(where, "TOML") from None


def _scalar(text: str, quoted: bool) -> Any:
    if quoted:
        return text
    if text.lower() in _YAML_WORDS:
        return _YAML_WORDS[text.lower()]
    if len(text) < 40 and _NUMBER.fullmatch(text):
        return int(text) if text.lstrip("+-").isdigit() else Decimal(text)
    return text


def _yaml(text: str, where: str) -> Any:
    import yaml

    seen: set[int] = set()

    def value(node: Any, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise errors.nested_too_deeply(where, MAX_DEPTH)
        if id(node) in seen:
            raise errors.broken_syntax(where, "YAML (aliases are not read)", node.start_mark.line + 1)
        seen.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node.value, quoted=node.style is not None)
        if isinstance(node, yaml.SequenceNode):
            return [value(item, depth + 1) for item in node.value]
        pairs = [(str(key.value), value(item, depth + 1)) for key, item in node.value]
        return _unique(pairs, where)

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        node = yaml.compose(text, Loader=loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise errors.broken_syntax(
            where, "YAML", mark.line + 1 if mark else None, mark.column + 1 if mark else None
        ) from None
    except RecursionError:
        raise errors.nested_too_deeply(where, MAX_DEPTH) from None
    return None if node is None else value(node, 0)


def _plain(value: Any, where: str, depth: int) -> Any:
    """Plain values only, to a limited depth; dates become their ISO text."""
    if depth > MAX_DEPTH:
        raise errors.nested_too_deeply(where, MAX_DEPTH)
    if isinstance(value, dict):
        if len(value) > MAX_ENTRIES:
            raise errors.too_many_entries(where, len(value), MAX_ENTRIES)
        return {str(key): _plain(item, where, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        if len(value) > MAX_ENTRIES:
            raise errors.too_many_entries(where, len(value), MAX_ENTRIES)
        return [_plain(item, where, depth + 1) for item in value]
    if isinstance(value, (dt.datetime, dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, float):
        return Decimal(repr(value)) if value == value and abs(value) != float("inf") else str(value)
    if value is None or isinstance(value, (str, int, Decimal)):
        return value
    return str(type(value).__name__)


def _bounded(value: Any, where: str) -> None:
    """Refuses what is nested too deeply or holds too much; what JSON gives is plain already."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        below: list[Any] = []
        for one in level:
            if isinstance(one, (dict, list)):
                if len(one) > MAX_ENTRIES:
                    raise errors.too_many_entries(where, len(one), MAX_ENTRIES)
                below += one.values() if isinstance(one, dict) else one
        if not below:
            return
        level = below
    raise errors.nested_too_deeply(where, MAX_DEPTH)


def read_source(source: bytes | str | dict[str, Any], where: str = "input") -> dict[str, Any]:
    """The case as plain values; anything that is no object is refused with a reason."""
    if isinstance(source, dict):
        found: Any = source
    else:
        text = decode(source if isinstance(source, bytes) else source.encode(), where)
        start = text.lstrip()[:1]
        if not start:
            raise errors.empty_input(where)
        if start == "{":
            found = _json(text, where)
            _bounded(found, where)
            return dict(found)
        if _TOML_START.match(text):
            found = _toml(text, where)
        elif start == "[":
            found = _json(text, where)
        else:
            found = _yaml(text, where)
    if isinstance(found, dict):
        plain: dict[str, Any] = _plain(found, where, 0)
        return plain
    if isinstance(found, list):
        raise errors.two_people(where) if len(found) > 1 else errors.not_a_case(where, "a list")
    raise errors.unknown_kind(where) if isinstance(found, str) else errors.not_a_case(where, "a single value")
