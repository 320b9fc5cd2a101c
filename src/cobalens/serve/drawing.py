"""What the charts and sheets of one person need from the reader and the engines, handed to the report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cobalens.api import Cobalens
from cobalens.model.counterfactual import Curve, Intake
from cobalens.model.interpretation import Interpretation
from cobalens.report.case import Case, Cuts
from cobalens.report.charts.chart import Chart
from cobalens.report.charts.view import FOR_CLINICIANS, charts
from cobalens.report.items import Section
from cobalens.report.sheets.sheet import Sheet

PATIENT = "patient"
LIBRARIES = ("altair", "jinja2", "typst", "vl_convert")


def can_draw() -> bool:
    """Whether the libraries of charts and pages, which are an option, are installed."""
    from importlib.util import find_spec

    return all(find_spec(name) is not None for name in LIBRARIES)


def cuts_for(door: Cobalens, case: Case) -> Cuts:
    """Where limits lie in a unit, as the results were read."""
    from cobalens.intake.timelines.timeline import kept_reader

    cuts: Cuts = kept_reader(door.ruleset, case.pack).setting.cuts
    return cuts


def curves_for(door: Cobalens, case: Case) -> Sequence[Curve]:
    """The reference population beside this person."""
    from cobalens.engines.curves import curves
    from cobalens.engines.whatif import person_of
    from cobalens.intake.timelines.timeline import facts_of

    if not case.in_scope:
        return ()
    lent = Intake(lambda record: facts_of(record, door.ruleset, case.pack), cuts_for(door, case))
    return tuple(curves(person_of(door.ruleset, case.pack, case.facts, case.record, lent)))


def charts_of(door: Cobalens, case: Case) -> tuple[Chart, ...]:
    return charts(case, cuts_for(door, case), curves_for(door, case))


def charts_for(door: Cobalens, case: Case, audience: str) -> tuple[Chart, ...]:
    """The charts of one reader: a patient does not meet those that weigh diagnoses, and clinicians read in English."""
    from cobalens.report.words import for_clinicians, for_patients

    if audience == PATIENT:
        told = for_patients(case)
        return tuple(one for one in charts_of(door, told) if not one.name.startswith(FOR_CLINICIANS))
    return charts_of(door, for_clinicians(case))


def sheet_of(door: Cobalens, case: Case, said: Interpretation, audience: str) -> Sheet:
    """The visit sheet of a patient, or a clinician's summary, before it is fitted to a page."""
    from cobalens.report.sheets.content import summary_sheet, visit_sheet

    make = visit_sheet if audience == PATIENT else summary_sheet
    return make(case, said, cuts_for(door, case))


def sheet_pdf(door: Cobalens, case: Case, said: Interpretation, audience: str) -> bytes:
    from cobalens.report.sheets.paper import pdf
    from cobalens.report.words import for_clinicians

    words = type_words(case if audience == PATIENT else for_clinicians(case))
    return pdf(sheet_of(door, case, said, audience), *words)


def type_words(case: Case) -> tuple[str, str]:
    """What stands for characters without type, and the line that says so."""
    return case.say("layout:sheet_unprintable").title, case.say("layout:sheet_unprintable_note").title


def sheet_html(door: Cobalens, case: Case, said: Interpretation, audience: str) -> str:
    """The same sheet as a page of its own, to read on a screen and to print from there."""
    from cobalens.report.sheets.page import sheet_page
    from cobalens.report.sheets.paper import BROWSER, fit

    return sheet_page(fit(sheet_of(door, case, said, audience), BROWSER))


def answer_html(
    door: Cobalens, case: Case, said: Interpretation, sections: Iterable[Section], audience: str
) -> str:
    """The answer as one file, with its charts in the language of its reader."""
    from cobalens.report.sheets.page import answer_page

    return answer_page(case, said, sections, list(charts_for(door, case, audience)), audience)
