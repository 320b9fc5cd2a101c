"""``python -m studies.nhanes [folder]``: the whole study, from the shipped file to the report."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console
from rich.status import Status

from cobalens import api
from studies.nhanes.people import examined
from studies.nhanes.readings import limits_of, read_all, ruleset
from studies.nhanes.report import write
from studies.nhanes.tables import tables_of, with_kidneys

FOLDER = Path("build") / "study"


def main(arguments: list[str]) -> int:
    folder = Path(arguments[0]) if arguments else FOLDER
    console = Console(stderr=True)
    with Status("reading everybody with Cobalens (about half a minute)", console=console) as status:
        rules = ruleset()
        limits = limits_of(rules.packs[api.PRIMARY])
        people = read_all(with_kidneys(examined()))
        status.update("estimating shares by the survey's design")
        page = write(tables_of(people, limits), limits, rules, folder)
    sys.stdout.write(f"The report: {page}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
