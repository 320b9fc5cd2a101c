"""All charts of one person, in the order of a page."""

from __future__ import annotations

from collections.abc import Sequence

from cobalens.model.counterfactual import Curve
from cobalens.report.case import Case, Cuts
from cobalens.report.charts.chart import Chart
from cobalens.report.charts.evidence import FAMILIES, for_and_against
from cobalens.report.charts.limits import against_limits
from cobalens.report.charts.overtime import over_time
from cobalens.report.charts.standing import among_people

FOR_CLINICIANS = "for-and-against-"
"""Charts whose names begin so weigh diagnoses against each other; a patient talks these through, and does not meet them here."""


def charts(case: Case, cuts: Cuts, curves: Sequence[Curve]) -> tuple[Chart, ...]:
    """Every chart for which the record holds something; names are the same for everybody."""
    b12 = case.fact("total_b12_latest")
    among = next((one for one in curves if b12 is not None and one.analyte == b12.of[0]), None)
    made = [
        over_time(case, cuts),
        against_limits(case, cuts),
        among_people(case, among) if among is not None else None,
        *(for_and_against(case, family) for family in FAMILIES),
    ]
    return tuple(one for one in made if one is not None)
