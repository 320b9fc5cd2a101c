"""Reads the worked patients and the hand-written guides: from the checkout, or from what was installed with the program."""

from __future__ import annotations

import tomllib
from pathlib import Path

from cobalens.report.rulebook.book import Worked

PACKAGE = Path(__file__).parents[2]
CHECKOUT = PACKAGE.parents[1]
SPEC = CHECKOUT / "tests" / "spec"
INSTALLED = PACKAGE / "manual"
GUIDES = ("how-to-change-a-rule", "knowledge")
NOT_INPUTS = frozenset({"then", "row", "rows", "code", "pack"})


def worked_patients(folder: Path | None = None) -> dict[str, tuple[Worked, ...]]:
    """Question -> its worked patients, in the order of the file."""
    folder = folder or (SPEC if SPEC.is_dir() else INSTALLED / "worked")
    found = {}
    for path in sorted(folder.glob("*/*.toml")):
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
        found[tree["question"]] = tuple(
            patient(sentence, line) for sentence, line in tree["patients"].items()
        )
    return found


def patient(sentence: str, line: dict[str, object]) -> Worked:
    return Worked(
        sentence=sentence,
        given={name: str(value) for name, value in line.items() if name not in NOT_INPUTS},
        then=str(line["then"]),
        pack=str(line.get("pack", "")),
        code=str(line.get("code", "")),
        row=str(line.get("row", "")),
    )


def guides() -> dict[str, str]:
    """The pages written by hand that belong to the rulebook."""
    folder = CHECKOUT / "docs" if SPEC.is_dir() else INSTALLED
    return {name: (folder / f"{name}.md").read_text(encoding="utf-8") for name in GUIDES}
