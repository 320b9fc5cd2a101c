"""Keys of a case file that are nearly right: what was meant by ``start``, ``until`` or ``when``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from cobalens import errors

_START = frozenset("start since from begin began begun started starting onset start_time started_on".split())
_STOP = frozenset(
    "stop until till to end ended stopped finish finished stop_time end_time stopped_on ended_on last".split()
)
_WHEN = frozenset(
    "when year month time dated on taken collected sampled datetime timestamp days days_ago".split()
)
_MEANT = {
    **dict.fromkeys(_START, ("start_day", "start_date")),
    **dict.fromkeys(_STOP, ("stop_day", "stop_date")),
    **dict.fromkeys(_WHEN, ("day", "date")),
}


def meant_key(key: str, known: Iterable[str]) -> str | None:
    """The keys that an unknown one stands for, or the known one that is spelt most like it."""
    names = tuple(known)
    meant = [one for one in _MEANT.get(key.strip().lower(), ()) if one in names]
    return " / ".join(meant) or errors.suggest(key, names)


def hides_an_end(entry: Mapping[str, Any], known: Iterable[str]) -> bool:
    """Whether a key that is not read may say that it is over or has not begun, so that nobody knows whether it goes on."""
    names = frozenset(known)
    unread = {key.strip().lower(): value for key, value in entry.items() if key not in names}
    return any(
        key in _STOP or (key in _START and _lies_ahead(value))
        for key, value in unread.items()
        if _says(value)
    )


def _says(value: Any) -> bool:
    return value is not None and value is not False and value != ""


def _lies_ahead(value: Any) -> bool:
    return isinstance(value, (int, float, Decimal)) and value > 0
