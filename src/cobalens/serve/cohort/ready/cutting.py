"""Loaded once, before processes that share out lines are copied: the compiled code that cuts lines.

To have been loaded is all that this module is for; the copies share what that made. What fails here fails again, and is told,
where it is needed.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from cobalens.intake.fhir.lines import Plan, chunks_of
from cobalens.intake.fhir.rows import share_out

LINES = (
    b'{"resourceType":"Patient","id":"a","birthDate":"2000-01-01"}\n'
    b'{"resourceType":"Observation","id":"b","status":"final","code":{"text":"c"},"subject":{"reference":"Patient/a"},'
    b'"effectiveDateTime":"2000-01-01T08:00:00Z","valueQuantity":{"value":1,"unit":"d"}}\n'
)
"""Of which every step makes something."""

with suppress(Exception), TemporaryDirectory() as folder:
    (Path(folder) / "lines").write_bytes(LINES)
    for chunk in chunks_of([Path(folder) / "lines"]):
        share_out(chunk, Plan(Path(folder), 1, compiled=True))
