"""Results that follow from others by a published formula, on days on which the laboratory did not report them itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from cobalens.intake.units import convert, parse_for
from cobalens.knowledge import scores
from cobalens.knowledge.scores import Score
from cobalens.model.record import Lab, Span
from cobalens.model.ruleset import Analyte

Analytes = Mapping[str, Analyte]


def derived_labs(
    labs: Sequence[Lab], age: Decimal | None, sex: str | None, analytes: Analytes, combined: bool = False
) -> list[Lab]:
    """The results to add. ``combined``: whether the combined indicator, which is off by default, is asked for."""
    by_analyte: dict[str, list[Lab]] = {}
    for lab in labs:
        if lab.problem is None and lab.lo is not None and lab.lo == lab.hi and lab.unit is not None:
            by_analyte.setdefault(lab.analyte, []).append(lab)
    if not by_analyte.keys() & _FEEDS:
        return []
    reported = {(lab.analyte, lab.when) for lab in labs if lab.problem is None}
    found: list[Lab] = []
    for made in (
        *_filtration(by_analyte, age, sex, analytes),
        *_saturation(by_analyte, analytes),
        *_reticulocytes(by_analyte, analytes),
        *(_combined(by_analyte, age, analytes) if combined else ()),
    ):
        if made.analyte in analytes and (made.analyte, made.when) not in reported:
            reported.add((made.analyte, made.when))
            found.append(made)
    return found


_FEEDS = frozenset(name for score in scores.SCORES for name in score.needs)


def _in(unit: str, lab: Lab, analytes: Analytes) -> Decimal | None:
    """The result in the unit that a formula wants."""
    analyte = analytes.get(lab.analyte)
    source, target = parse_for(lab.unit or "", frozenset()), parse_for(unit, frozenset())
    if analyte is None or source is None or target is None or lab.lo is None:
        return None
    return convert(lab.lo, source, target, analyte.molar_mass)


def _made(score: Score, value: Decimal | None, sources: Sequence[Lab]) -> Iterator[Lab]:
    if value is None:
        return
    basis = " and ".join(lab.text for lab in sources)
    yield Lab(
        analyte=score.gives, where=sources[0].where, text=f"{value} {score.unit}, from {basis}".replace(" 1,", ","),
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
) -> Iterator[Lab]:
    if age is None or sex is None or age < scores.YOUNGEST_FOR_EGFR:
        return
    for lab in by_analyte.get("creatinine", ()):
        value = _in("mg/dL", lab, analytes)
        if value is not None:
            yield from _made(scores.EGFR, scores.egfr_ckd_epi_2021(value, age, sex), (lab,))


def _saturation(by_analyte: Mapping[str, list[Lab]], analytes: Analytes) -> Iterator[Lab]:
    for iron, capacity in _together(by_analyte, "iron", "tibc"):
        one, all_of_it = _in("umol/L", iron, analytes), _in("umol/L", capacity, analytes)
        if one is not None and all_of_it is not None:
            yield from _made(scores.TSAT_TIBC, scores.tsat_from_tibc(one, all_of_it), (iron, capacity))
    for iron, carrier in _together(by_analyte, "iron", "transferrin"):
        one, mass = _in("umol/L", iron, analytes), _in("g/L", carrier, analytes)
        if one is not None and mass is not None:
            yield from _made(
                scores.TSAT_TRANSFERRIN, scores.tsat_from_transferrin(one, mass), (iron, carrier)
            )


def _reticulocytes(by_analyte: Mapping[str, list[Lab]], analytes: Analytes) -> Iterator[Lab]:
    for share, cells in _together(by_analyte, "reticulocytes_percent", "rbc"):
        percent, count = _in("%", share, analytes), _in("10*12/L", cells, analytes)
        if percent is not None and count is not None:
            yield from _made(
                scores.RETICULOCYTES, scores.absolute_reticulocytes(percent, count), (share, cells)
            )


def _combined(by_analyte: Mapping[str, list[Lab]], age: Decimal | None, analytes: Analytes) -> Iterator[Lab]:
    if age is None:
        return
    units = {"holotc": "pmol/L", "vitamin_b12": "pmol/L", "mma": "umol/L", "homocysteine": "umol/L"}
    for labs in _together(by_analyte, *units):
        values = [_in(units[lab.analyte], lab, analytes) for lab in labs]
        holotc, b12, mma, homocysteine = values
        if holotc is not None and b12 is not None and mma is not None and homocysteine is not None:
            yield from _made(
                scores.COMBINED_B12, scores.combined_b12(holotc, b12, mma, homocysteine, age), labs
            )
