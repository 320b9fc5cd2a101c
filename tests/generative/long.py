"""A long run of the same comparison: ``python -m tests.generative.long 100000 [seed]``. Every disagreement is printed with its patient."""

from __future__ import annotations

import random
import sys

from tests.generative.agreement import PACKS, any_patient, disagreements


def main(count: int, seed: str) -> int:
    chance = random.Random(seed)
    wrong = 0
    for number in range(count):
        values, pack = any_patient(chance), PACKS[number % len(PACKS)]
        if found := disagreements(values, pack):
            wrong += 1
            sys.stdout.write("\n".join([*found, f"  patient: {values}", ""]))
    sys.stdout.write(f"{count} patients, {wrong} read differently\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), *(sys.argv[2:] or ["0"])))
