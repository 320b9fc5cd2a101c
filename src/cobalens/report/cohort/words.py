"""The words of the report about many people, the names of what it counts, and counts as they may be shown."""

from __future__ import annotations

import datetime as dt

from msgspec import Struct

from cobalens.model.cohort import DIED
from cobalens.model.ruleset import Ruleset
from cobalens.model.tally import Key, Tally, key

LANGUAGE = "en"
EPOCH = dt.date(1970, 1, 1)


class Facts(Struct, frozen=True):
    """What the run says of itself."""

    version: str
    ruleset: str
    pack: str
    packs: tuple[str, ...]
    engine: str
    source: str
    status: str
    parts: int
    failed: int
    read: int
    used: int
    set_aside: dict[str, int]
    columns_not_used: tuple[str, ...]
    seconds: float
    numbers_that_stand_out: dict[str, int] = {}
    """Test, unit and a number that may be a code for no result -> how often; of a copy for sharing none."""
    lines: int = 0
    """Of a source of lines; such a run counts people where others count rows."""


class Report(Struct, frozen=True, kw_only=True):
    """All that a report is made of. ``small`` and ``away`` are empty where the copy stays in the clinic."""

    ruleset: Ruleset
    tally: Tally
    facts: Facts
    smallest: int
    shared: bool = False
    small: frozenset[Key] = frozenset()
    away: frozenset[Key] = frozenset()

    def say(self, word: str, **parts: object) -> str:
        return self.ruleset.text[LANGUAGE][f"layout:cohort_{word}"].title.format(**parts)

    def title(self, code: str) -> str:
        """A finding by its title."""
        return self.ruleset.text[LANGUAGE][code].title

    def pack_title(self, name: str) -> str:
        pack = self.ruleset.packs.get(name)
        return pack.title if pack else name

    def number(self, at: Key) -> int | None:
        """A count, if it may be shown."""
        return None if at in self.small or at in self.away else self.tally.counts.get(at, 0)

    def shown(self, at: Key) -> str:
        if at in self.small:
            return self.say("few", smallest=self.smallest)
        if at in self.away:
            return self.say("hidden")
        return f"{self.tally.counts.get(at, 0):,}"

    @property
    def left_out(self) -> tuple[str, ...]:
        """How many are in no list because they have died, where anybody has."""
        died = key({DIED: "yes"})
        if not self.tally.counts.get(died):
            return ()
        return (self.say("lists_died", count=self.shown(died)),)

    def of(self, **asked: str) -> str:
        return self.shown(key(asked))

    def together(self, *keys: Key) -> str:
        """A sum, if every part of it may be shown."""
        found = [self.number(one) for one in keys]
        if any(one is None for one in found):
            return self.say("hidden")
        return f"{sum(one for one in found if one is not None):,}"


def plain(value: str) -> str:
    """An answer as words."""
    return value.replace("_", " ")


def date_of(day: int | None) -> str:
    return "" if day is None else (EPOCH + dt.timedelta(days=day)).isoformat()
