"""A run over a source, to its end, whose counts add up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cobalens.serve.cohort import runner as cohort
from cobalens.serve.cohort.run import Wanted
from tests.cohort.rules_agreement import DOOR


def ran(source: Path | str, out: Path, index: str = "latest", **options: Any) -> dict[str, Any]:
    """What ``run.json`` says of it."""
    options.setdefault("threads", 1)
    order = Wanted(source=str(source), out=str(out), pack=DOOR.pack.name, index=index, **options)
    assert cohort.run(order, quiet=True) == 0
    run: dict[str, Any] = json.loads((out / "run.json").read_bytes())
    assert run["people"] == run["people_judged"] + sum(run["people_aside"].values())
    assert run["read"] == run["used"] + sum(run["set_aside"].values())
    return run
