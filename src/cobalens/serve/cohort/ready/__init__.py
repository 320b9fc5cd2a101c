"""What is loaded before processes that read people are copied, once for all of them; see ``hands``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cobalens.intake.fhir.lines import plan_for
from cobalens.serve.cohort.kinds import LINES

LIBRARIES = ("duckdb", "pyarrow.compute", "pyarrow.parquet")
"""Of those who bring rows of many people to facts."""
CUTTING, READING = "cobalens.serve.cohort.ready.cutting", "cobalens.serve.cohort.ready.reading"
ANSWERING = (*LIBRARIES, "cobalens.serve.cohort.ready.answering")
"""Of those who only judge."""


def ready_for(kind: str, files: Sequence[Path]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the first processes for such a source need, and what those need that come after they have shared out lines."""
    if kind != LINES:
        return (READING,), ()
    cut = plan_for(Path(), sum(one.stat().st_size for one in files)).compiled
    return (CUTTING,) if cut else (), (*LIBRARIES, READING)
