"""All charts of one person, in the order of a page; each is made only when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from cobalens.model.counterfactual import Curve
from cobalens.report.case import Case, Cuts
from cobalens.report.charts.chart import Chart
from cobalens.report.charts.evidence import FAMILIES, for_and_against
from cobalens.report.charts.limits import against_limits
from cobalens.report.charts.overtime import over_time
from cobalens.report.charts.standing import among_people

FOR_CLINICIANS = "for-and-against-"
"""Charts whose names begin so weigh diagnoses against each other; a patient talks these through, and does not meet them here."""
Maker = Callable[[], Chart | None]


def makers(case: Case, cuts: Cuts, curves: Callable[[], Sequence[Curve]]) -> dict[str, Maker]:
    """Name -> what makes the chart, so that a page asks for one at a time. Names are the same for everybody."""

    def person_among(analyte: str) -> Chart | None:
        return next((among_people(case, one) for one in curves() if one.analyte == analyte), None)

    fact = case.fact("total_b12_latest")
    made: dict[str, Maker] = {
        "b12-over-time": partial(over_time, case, cuts),
        "tests-against-limits": partial(against_limits, case, cuts),
    }
    if fact is not None:
        made["among-people"] = partial(person_among, fact.of[0])
    for family in FAMILIES:
        made[f"for-and-against-{family.replace('_', '-')}"] = partial(for_and_against, case, family)
    return made


def charts(case: Case, cuts: Cuts, curves: Callable[[], Sequence[Curve]]) -> tuple[Chart, ...]:
    """Every chart for which the record holds something."""
    return tuple(one for make in makers(case, cuts, curves).values() if (one := make()) is not None)
