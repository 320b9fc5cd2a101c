"""What changes and what is missed, in full: ``python -m tests.robustness.report``."""

from __future__ import annotations

import sys

from tests.robustness.cases import measure
from tests.robustness.test_paraphrases import UNDERSTOOD, readings
from tests.robustness.test_same_answer import KINDS
from tests.robustness.test_sentences import readings as sentences
from tests.robustness.test_sentences import told


def main() -> None:
    total = changes = 0
    for kind in KINDS:
        count, changed = measure(kind)
        total, changes = total + count, changes + len(changed)
        sys.stdout.write(
            "\n  ".join([f"{kind.__name__}: {len(changed)} of {count} changed", *map(str, changed)]) + "\n"
        )
    sys.stdout.write(f"all: {changes} of {total} changed\n\nphrases not read as meant\n")
    for file in UNDERSTOOD:
        missed = [one for one in readings(file) if one[2] != "yes"]
        sys.stdout.write(f"{file}: {len(missed)} of {len(readings(file))}\n")
        for means, phrase, value in missed:
            sys.stdout.write(f"  {means} ({value}): {phrase}\n")
    wrong = [told(*one) for one in sentences() if one[3] not in one[2]]
    sys.stdout.write("\n  ".join([f"\nsentences: {len(wrong)} of {len(sentences())} facts", *wrong]) + "\n")


if __name__ == "__main__":
    main()
