"""`make fuzz-guided`: inputs that atheris grows by what they reach in the readers, from worked cases in four formats.

`python -m tests.records.fuzz_guided [RUNS] [SECONDS]`. Whatever stops it (an error that is no refusal, a piece without a
fate, a hang, too much memory) is written into `build/fuzz` as the bytes that did it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["cobalens.intake"]):
    from cobalens.intake import fhir, hl7v2, pasted, recognise, tables  # noqa: F401

from cobalens import api
from cobalens.errors import CobalensError
from cobalens.model.record import Record
from tests.records.carried import FATES
from tests.records.fhir.writer import bundle
from tests.records.fuzz_text import WRITERS
from tests.records.hl7v2.writer import message
from tests.records.tables.writer import long, wide
from tests.robustness.cases import cases

FOUND = Path(__file__).parents[2] / "build" / "fuzz"
DAY = "2026-03-02"
LONGEST_INPUT = 20_000
SECONDS_EACH, MEGABYTES = 60, 2_500
"""What one input may take."""


def read(content: bytes) -> None:
    try:
        people = api.load().read_many(content, DAY)
    except CobalensError as error:
        if not (error.code and error.problem):
            raise
        return
    for one in people:
        if isinstance(one, Record):
            assert {element.fate for element in one.elements} <= FATES
            assert all(element.reason for element in one.elements if element.fate == "set_aside")


def seeds(folder: Path) -> None:
    """Every worked case in each of the formats."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, case in cases().items():
        written = {
            "fhir": json.dumps(bundle(case)).encode(), "hl7": message(case).encode(), "long": long({name: case}), "wide": wide(case, name, "\t"),
            **{kind: write(case) for kind, write in WRITERS.items()},
        }  # fmt: skip
        for kind, content in written.items():
            (folder / f"{kind}-{name}").write_bytes(content)


def main(runs: int = 50_000, seconds: int = 600) -> None:
    corpus = FOUND / "corpus"
    seeds(corpus)
    api.load()
    atheris.Setup(
        [
            sys.argv[0], str(corpus), f"-runs={runs}", f"-max_total_time={seconds}", f"-max_len={LONGEST_INPUT}",
            f"-timeout={SECONDS_EACH}", f"-rss_limit_mb={MEGABYTES}", f"-artifact_prefix={FOUND}/", "-print_final_stats=1",
        ],
        read,
    )  # fmt: skip
    atheris.Fuzz()


if __name__ == "__main__":
    main(*(int(one) for one in sys.argv[1:3]))
