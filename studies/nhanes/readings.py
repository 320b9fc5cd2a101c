"""What Cobalens and three plainer readings say of everybody: each sorts into deficient, a second test, or no further step."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl
from msgspec import Struct

from cobalens import api
from cobalens.model.ruleset import Limit, Pack, Ruleset
from studies.nhanes.people import B12, HOMOCYSTEINE, MMA, YARDSTICK, record

DEFICIENT, SECOND_TEST, NOTHING = "deficient", "second test", "no further step"
CALLS = (DEFICIENT, SECOND_TEST, NOTHING)
FLAG = Decimal(148)
"""The lower limit that laboratories in the United States printed most: 200 ng/L (evidence B4, secondary)."""
SECOND_LINE = "next_test:mma"
CALL_OF = {"confirmed": DEFICIENT, "probable": DEFICIENT, "possible": SECOND_TEST}
UNIT = {B12: "pmol/L", MMA: "umol/L", HOMOCYSTEINE: "umol/L"}
ANALYTE = {B12: "vitamin_b12", MMA: "mma", HOMOCYSTEINE: "homocysteine"}


class Limits(Struct, frozen=True):
    """The published limits that the study uses, from the packs."""

    low: Decimal
    ample: Decimal
    high: Decimal
    mma: Decimal
    mma_clear: Decimal
    homocysteine: Decimal


def limit(pack: Pack, column: str, name: str) -> Decimal:
    found: Limit = next(one for one in pack.limits[ANALYTE[column]] if one.name == name)
    return Decimal(found.values[UNIT[column]])


def limits_of(pack: Pack) -> Limits:
    return Limits(
        limit(pack, B12, "low"),
        limit(pack, B12, "ample"),
        limit(pack, B12, "high"),
        limit(pack, MMA, "raised"),
        limit(pack, MMA, "clear"),
        limit(pack, HOMOCYSTEINE, "raised"),
    )


def by_bands(b12: float, limits: Limits) -> str:
    """A guideline's bands of total B12 and nothing else: below, between, above."""
    if Decimal(str(b12)) < limits.low:
        return DEFICIENT
    return SECOND_TEST if Decimal(str(b12)) <= limits.ample else NOTHING


def by_flag(b12: float) -> str:
    """The laboratory's flag alone: low is deficient, everything else is left."""
    return DEFICIENT if Decimal(str(b12)) < FLAG else NOTHING


def read_all(people: pl.DataFrame) -> pl.DataFrame:
    """The people studied, with every reading: ``flag``, ``nice``, ``afp``, ``cobalens`` (yardstick withheld), ``full``."""
    here = api.load(packs=())
    packs = here.ruleset.packs
    nice, afp = limits_of(packs["nice-ng239"]), limits_of(packs["afp-2025"])
    rows = [
        {
            "SEQN": person["SEQN"],
            "flag": by_flag(person[B12]),
            "nice": by_bands(person[B12], nice),
            "afp": by_bands(person[B12], afp),
            **said(here, person),
        }
        for person in people.filter("studied").to_dicts()
    ]
    return people.join(pl.DataFrame(rows), on="SEQN", how="left")


def said(here: api.Cobalens, person: dict[str, Any]) -> dict[str, str]:
    """Cobalens without and with the functional markers."""
    before = here.case(here.read(record(person, YARDSTICK))).trace
    after = here.case(here.read(record(person))).trace
    first, second = before.answer("deficiency"), after.answer("deficiency")
    return {
        "without": first,
        "with": second,
        "answer_without": before.answer("answer"),
        "answer_with": after.answer("answer"),
        "cobalens": SECOND_TEST if first not in CALL_OF and asks(before.supported()) else called(first),
    }


def asks(codes: set[str]) -> bool:
    return SECOND_LINE in codes


def called(deficiency: str) -> str:
    return CALL_OF.get(deficiency, NOTHING)


def ruleset() -> Ruleset:
    return api.load(packs=()).ruleset
