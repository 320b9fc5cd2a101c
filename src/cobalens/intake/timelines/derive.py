"""Results that follow from others by a published formula, on days on which the laboratory did not report them itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache, partial
from itertools import chain

from msgspec import Struct

from cobalens.intake.laboratory.units import convert, parse_for
from cobalens.intake.timelines.readings import reading
from cobalens.knowledge import scores
from cobalens.knowledge.scores import Score
from cobalens.model.record import Lab, Span
from cobalens.model.ruleset import Analyte

Analytes = Mapping[str, Analyte]
Made = tuple[Score, Decimal, Sequence[Lab]]
"""A score, what it came to, and the results that fed it."""
Possible = tuple[Score, tuple[Lab, ...], Callable[[], Decimal | None]]
"""A score, the results that would feed it, and its calculation, which is run only where it is needed."""


def derived_labs(
    labs: Sequence[Lab], age: Decimal | None, sex: str | None, analytes: Analytes, combined: bool = False,
    now: bool = False,
) -> list[Lab]:  # fmt: skip
    """The results to add.

    ``combined``: whether the combined indicator, which is off by default, is asked for. ``now``: whether of one that
    follows from a single result only the newest is asked for.
    """
    return [_made(*one) for one in derived(labs, age, sex, analytes, combined, now)]


def derived(
    labs: Sequence[Lab], age: Decimal | None, sex: str | None, analytes: Analytes, combined: bool = False,
    now: bool = False,
) -> list[Made]:  # fmt: skip
    """As ``derived_labs``, in numbers."""
    by_analyte: dict[str, list[Lab]] = {}
    for lab in labs:
        if (
            lab.analyte in FEEDS
            and lab.problem is None
            and lab.lo is not None
            and lab.lo == lab.hi
            and lab.unit is not None
        ):
            by_analyte.setdefault(lab.analyte, []).append(lab)
    if not by_analyte:
        return []
    if len(labs) == 1:
        # Of most days one result feeds a formula; of a single one only the filtration rate can come.
        return _alone(labs[0], age, sex, analytes)
    found: dict[tuple[str, Span], Made] = {}
    if now and len(alone := by_analyte.get("creatinine", ())) > 1:
        newest = _newest(alone)
        # What cannot be converted gives nothing, and an older one speaks.
        if all(_in("mg/dL", lab, analytes) is not None for lab in newest):
            by_analyte["creatinine"] = newest
    makers = [_filtration(by_analyte, age, sex, analytes)]
    if "iron" in by_analyte:
        makers.append(_saturation(by_analyte, analytes))
    if "rbc" in by_analyte:
        makers.append(_reticulocytes(by_analyte, analytes))
    if combined:
        makers.append(_combined(by_analyte, age, analytes))
    reported: set[tuple[str, Span]] | None = None
    for score, sources, calculate in chain.from_iterable(makers):
        key = (score.gives, sources[0].when)
        if reported is None:
            reported = {(lab.analyte, lab.when) for lab in labs if lab.analyte in DERIVED and _says(lab)}
        if score.gives not in analytes or key in reported or key in found:
            continue
        value = calculate()
        if value is not None:
            found[key] = score, value, sources
    return list(found.values())


def _alone(lab: Lab, age: Decimal | None, sex: str | None, analytes: Analytes) -> list[Made]:
    return [
        (score, value, sources)
        for score, sources, calculate in _filtration({lab.analyte: [lab]}, age, sex, analytes)
        if score.gives in analytes and (value := calculate()) is not None
    ]


def _says(lab: Lab) -> bool:
    """Whether the laboratory itself gave the result: a line without a number and a word leaves it to the formula."""
    return lab.problem is None and (lab.lo is not None or lab.hi is not None or lab.qualitative is not None)


def _newest(labs: Sequence[Lab]) -> list[Lab]:
    """Those that may be the newest: no other one certainly follows."""
    found = [one for lab in labs if lab.lo and (one := reading(lab)) is not None]
    start = max((one.first for one in found if one.first is not None), default=None)
    return [one.lab for one in found if start is None or (one.last is not None and one.last >= start)]


FEEDS = frozenset(name for score in scores.SCORES for name in score.needs)
"""Tests that feed a formula."""
DERIVED = frozenset(score.gives for score in scores.SCORES)
OF_A_PERSON = frozenset({"age", "sex"})
"""What formulas need that is no test."""


class Family(Struct, frozen=True):
    """Tests whose formulas read one another's results and those of no other test; whether they ask for age and sex."""

    number: int
    aged: bool
    sexed: bool


def families(combined: bool) -> dict[str, Family]:
    """Each test that feeds a formula in use, or comes of one. ``combined``: whether the combined indicator is in use."""
    used = [score for score in scores.SCORES if combined or score is not scores.COMBINED_B12]
    kin: list[set[str]] = []
    for score in used:
        own = {*score.needs, score.gives}
        near = [one for one in kin if not one.isdisjoint(own - OF_A_PERSON)]
        kin = [one for one in kin if one not in near] + [own.union(*near)]
    return {
        name: Family(number, "age" in one, "sex" in one)
        for number, one in enumerate(kin)
        for name in one - OF_A_PERSON
    }


def _in(unit: str, lab: Lab, analytes: Analytes) -> Decimal | None:
    """The result in the unit that a formula wants."""
    analyte = analytes.get(lab.analyte)
    if analyte is None or lab.lo is None:
        return None
    return _converted(lab.lo, lab.unit or "", unit, analyte.molar_mass)


@lru_cache(maxsize=16_384)
def _converted(number: Decimal, unit: str, wanted: str, molar_mass: str | None) -> Decimal | None:
    source, target = parse_for(unit, frozenset()), parse_for(wanted, frozenset())
    if source is None or target is None:
        return None
    return convert(number, source, target, molar_mass)


def _made(score: Score, value: Decimal, sources: Sequence[Lab]) -> Lab:
    basis = " and ".join(lab.text for lab in sources)
    unit = "" if score.unit == "1" else f" {score.unit}"
    return Lab(
        analyte=score.gives, where=sources[0].where, text=f"{value}{unit}, from {basis}",
        lo=value, hi=value, unit=score.unit, when=sources[0].when, time=sources[0].time, status=sources[0].status,
        method=score.label, derived=True,
    )  # fmt: skip


def _together(by_analyte: Mapping[str, list[Lab]], *names: str) -> Iterator[tuple[Lab, ...]]:
    """One result of each name, all of one day; of two on a day the last listed."""
    days: dict[Span, dict[str, Lab]] = {}
    for name in names:
        for lab in by_analyte.get(name, ()):
            days.setdefault(lab.when, {})[name] = lab
    for held in days.values():
        if len(held) == len(names):
            yield tuple(held[name] for name in names)


def _filtration(
    by_analyte: Mapping[str, list[Lab]], age: Decimal | None, sex: str | None, analytes: Analytes
) -> Iterator[Possible]:
    if age is None or sex is None or age < scores.YOUNGEST_FOR_EGFR:
        return
    for lab in by_analyte.get("creatinine", ()):
        value = _in("mg/dL", lab, analytes)
        if value is not None:
            yield scores.EGFR, (lab,), partial(scores.egfr_ckd_epi_2021, value, age, sex)


def _saturation(by_analyte: Mapping[str, list[Lab]], analytes: Analytes) -> Iterator[Possible]:
    for iron, capacity in _together(by_analyte, "iron", "tibc"):
        one, whole = _in("umol/L", iron, analytes), _in("umol/L", capacity, analytes)
        if one is not None and whole is not None:
            yield scores.TSAT_TIBC, (iron, capacity), partial(scores.tsat_from_tibc, one, whole)
    for iron, carrier in _together(by_analyte, "iron", "transferrin"):
        one, mass = _in("umol/L", iron, analytes), _in("g/L", carrier, analytes)
        if one is not None and mass is not None:
            yield scores.TSAT_TRANSFERRIN, (iron, carrier), partial(scores.tsat_from_transferrin, one, mass)


def _reticulocytes(by_analyte: Mapping[str, list[Lab]], analytes: Analytes) -> Iterator[Possible]:
    for share, cells in _together(by_analyte, "reticulocytes_percent", "rbc"):
        percent, count = _in("%", share, analytes), _in("10*12/L", cells, analytes)
        if percent is not None and count is not None:
            yield scores.RETICULOCYTES, (share, cells), partial(scores.absolute_reticulocytes, percent, count)


def _combined(
    by_analyte: Mapping[str, list[Lab]], age: Decimal | None, analytes: Analytes
) -> Iterator[Possible]:
    if age is None:
        return
    units = {"holotc": "pmol/L", "vitamin_b12": "pmol/L", "mma": "umol/L", "homocysteine": "umol/L"}
    for labs in _together(by_analyte, *units):
        holotc, b12, mma, homocysteine = (_in(units[lab.analyte], lab, analytes) for lab in labs)
        if holotc is not None and b12 is not None and mma is not None and homocysteine is not None:
            yield scores.COMBINED_B12, labs, partial(scores.combined_b12, holotc, b12, mma, homocysteine, age)
