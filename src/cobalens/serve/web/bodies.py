"""The body of a request to the JSON interface: read strictly, and refused in plain words, naming keys and never values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from cobalens import errors
from cobalens.errors import CobalensError
from cobalens.intake.own import is_own
from cobalens.intake.source import exact
from cobalens.model.primary import PRIMARY
from cobalens.serve.letters import whole_letters
from cobalens.serve.web import refusals

BODY, CASE, SET = "body", "case", "set"
BUNDLE = "resourceType"
OWN_OF_A_CASE, OWN_OF_A_BUNDLE = ("as_of",), ("language",)
"""Names that a bare case or a FHIR resource has itself."""
KINDS = {
    "bool": "true or false",
    "str": "a text",
    "array": "a list",
    "object": "an object",
    "int": "a number",
    "float": "a number",
    "decimal": "a number",
    "null": "null",
}
SHOWN = {
    "as_of": '"as_of": "2026-03-05"',
    "look_ahead": '"look_ahead": false',
    "complete": '"complete": ["medications"]',
    "pack": f'"pack": "{PRIMARY}"',
    "language": '"language": "es"',
    SET: '"set": ["mma=0.55umol/L"]',
    CASE: '"case": {"patient": …, "facts": …}',
}
_WRONG = re.compile(r"Expected `(?P<wanted>[^`]+)`, got `(?P<found>[^`]+)`(?: - at `\$\.?(?P<place>[^`]*)`)?")
_MISSING = re.compile(r"missing required field `(?P<name>\w+)`")
Kind = TypeVar("Kind", bound=msgspec.Struct)


def refuse_packed(headers: Mapping[str, str]) -> None:
    if headers.get("content-encoding", "").strip().lower() not in ("", "identity"):
        raise refusals.body_packed()


def read(raw: bytes) -> dict[str, Any]:
    """The object that was sent; numbers stay exact, and no key may stand twice."""
    if is_own(raw):
        raise errors.own_answer(BODY)
    found = decoded(raw, refusals.SHAPE)
    if not isinstance(found, dict):
        raise errors.not_a_case(BODY, kind_of(found))
    return found


def read_object(raw: bytes, shape: str) -> dict[str, Any]:
    """The same for a door at which no case is read; ``shape`` says what is."""
    found = decoded(raw, shape)
    if not isinstance(found, dict):
        raise refusals.not_an_object(kind_of(found), shape)
    return found


def decoded(raw: bytes, shape: str) -> Any:
    if not raw.strip():
        raise refusals.empty_body(shape)
    try:
        return json.loads(
            whole_letters(raw).decode("utf-8-sig"),
            parse_float=exact,
            parse_constant=no_number,
            object_pairs_hook=unique,
        )
    except UnicodeDecodeError:
        raise refusals.body_not_text() from None
    except json.JSONDecodeError as error:
        raise errors.broken_syntax(BODY, "JSON", error.lineno, error.colno) from None
    except RecursionError:
        raise refusals.body_too_deep(shape) from None
    except ValueError:
        # Python refuses to make an integer of thousands of digits.
        raise errors.broken_syntax(BODY, "JSON") from None


def no_number(_: str) -> Any:
    raise refusals.not_a_number()


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise refusals.key_twice()
    return made


def kind_of(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return "true or false"
    return "a text" if isinstance(value, str) else "a number"


def asked(data: dict[str, Any], kind: type[Kind]) -> Kind:
    """What is asked: an object that says more than the case, or the case by itself."""
    known = [one.name for one in msgspec.structs.fields(kind)]
    if CASE not in data:
        refuse_misplaced(data, known)
        return msgspec.convert({CASE: data}, kind)
    for key in data:
        if key not in known:
            raise errors.unknown_key(BODY, key, known)
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        raise plainly(str(error)) from None


def refuse_misplaced(data: dict[str, Any], known: Iterable[str]) -> None:
    """A bare case says nothing beside itself: what is said there would not be heeded."""
    own = OWN_OF_A_BUNDLE if BUNDLE in data else OWN_OF_A_CASE
    beside = [name for name in known if name in data and name not in own]
    if SET in known:
        raise refusals.case_missing(SHOWN[SET])
    if beside:
        raise refusals.beside_a_bare_case(beside)


def plainly(message: str) -> CobalensError:
    """What the decoder found, in words; it names keys and kinds only."""
    if missing := _MISSING.search(message):
        return refusals.key_missing(missing["name"], SHOWN.get(missing["name"], ""))
    wrong = _WRONG.search(message)
    if wrong is None:
        return refusals.wrong_body(message)
    name = (wrong["place"] or CASE).partition("[")[0]
    inner = "each entry of " if "[" in (wrong["place"] or "") else ""
    wanted = " or ".join(KINDS.get(one.strip(), one.strip()) for one in wrong["wanted"].split("|"))
    return refusals.wrong_kind(
        f"{inner}`{name}`", wanted, KINDS.get(wrong["found"], wrong["found"]), SHOWN.get(name, "")
    )
