"""The report as one self-contained page, and every table as CSV beside it."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jinja2
from msgspec import structs

from cobalens import __version__
from cobalens.model.ruleset import Ruleset
from studies.nhanes import figures
from studies.nhanes.estimates import FEWEST, Estimate
from studies.nhanes.readings import Limits
from studies.nhanes.tables import READINGS, Tables, yardsticks

HERE = Path(__file__).parent
PAGE = "index.html"
MEASURES = (
    "called deficient",
    "deficient or sent for a test",
    "right when deficient",
    "right when no further step",
)


def write(tables: Tables, limits: Limits, ruleset: Ruleset, folder: Path) -> Path:
    """Writes ``index.html`` and the tables; returns the page."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("known", "by_age", "by_band", "settled", "high", "high_said", "compared", "asked"):
        write_table(folder / f"{name}.csv", getattr(tables, name))
    page = folder / PAGE
    page.write_text(rendered(tables, limits, ruleset), encoding="utf-8")
    return page


def write_table(path: Path, estimates: Iterable[Estimate]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.DictWriter(file, fieldnames=Estimate.__struct_fields__, lineterminator="\n")
        rows.writeheader()
        for one in estimates:
            rows.writerow(
                {k: round(v, 6) if isinstance(v, float) else v for k, v in structs.asdict(one).items()}
            )


def rendered(tables: Tables, limits: Limits, ruleset: Ruleset) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": figures.percent, "interval": interval}
    sticks = list(yardsticks(limits))
    first = [one for one in tables.compared if one.group.startswith(f"{sticks[0]}|")]
    return environment.get_template("report.html.jinja").render(
        tables=tables,
        limits=limits,
        fewest=FEWEST,
        version=__version__,
        ruleset=ruleset.hash,
        title=ruleset.lexicon["population"]["title"],
        prevalence=figures.prevalence(tables.by_age),
        bands=figures.bands(tables.by_band),
        calls=figures.calls(tuple(first), list(READINGS.values())),
        grid=grid(tables, sticks),
        measures=MEASURES,
        readings=list(READINGS.values()),
        ages=by_state(tables.by_age),
    )


def grid(tables: Tables, sticks: list[str]) -> dict[str, dict[str, dict[str, Estimate]]]:
    """Yardstick -> reading -> measure -> estimate."""
    made: dict[str, dict[str, dict[str, Estimate]]] = {stick: {} for stick in sticks}
    for one in tables.compared:
        stick, measure = one.group.split("|")
        made[stick].setdefault(one.name, {})[measure] = one
    return made


def by_state(estimates: Iterable[Estimate]) -> dict[str, list[Estimate]]:
    made: dict[str, list[Estimate]] = {}
    for one in estimates:
        made.setdefault(one.name, []).append(one)
    return made


def interval(one: Any) -> str:
    """``12.0 % (10.1 to 14.2)``; where the group is too small, the count alone."""
    if one.share is None:
        return f"{one.counted} of {one.people}"
    return f"{100 * one.share:.1f} % ({100 * one.low:.1f} to {100 * one.high:.1f})"
