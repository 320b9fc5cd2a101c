"""What changes and what is missed, in full: ``python -m tests.robustness.report``."""

from __future__ import annotations

import sys

from tests.robustness.cases import measure
from tests.robustness.test_paraphrases import readings
from tests.robustness.test_same_answer import KINDS


def main() -> None:
    total = changes = 0
    for kind in KINDS:
        count, changed = measure(kind)
        total, changes = total + count, changes + len(changed)
        sys.stdout.write(
            "\n  ".join([f"{kind.__name__}: {len(changed)} of {count} changed", *map(str, changed)]) + "\n"
        )
    sys.stdout.write(f"all: {changes} of {total} changed\n\nphrases not read as meant\n")
    for means, phrase, value in readings():
        if value != "yes":
            sys.stdout.write(f"  {means} ({value}): {phrase}\n")


if __name__ == "__main__":
    main()
