"""`python -m tests.records.fuzz_fhir 50000 [START]`: mutated FHIR; each is read or refused with a reason, in its time, all accounted for."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter

from cobalens.errors import CobalensError
from cobalens.intake import fhir
from cobalens.intake.fhir.bundle import resources
from cobalens.model.record import Record
from tests.records.fhir.build import AS_OF, door
from tests.records.fhir.mutate import mutated

SLOW = 1.0
FATES = frozenset({"used", "understood", "not_understood", "set_aside"})


def checked(raw: bytes) -> str:
    """What came of one input; anything but a record or a refusal is an error of the program."""
    began = time.process_time()
    try:
        people = fhir.read(raw, door().ruleset, AS_OF)
    except CobalensError as error:
        return error.code
    took = time.process_time() - began
    assert took < SLOW, f"{took:.1f} s"
    elements = [one for person in people if isinstance(person, Record) for one in person.elements]
    assert all(one.fate in FATES and (one.reason or one.fate == "used") for one in elements)
    if all(isinstance(person, Record) for person in people):
        assert len(elements) == len(resources(raw)), "an element is missing, or counted twice"
    for person in people:
        if isinstance(person, Record):
            door().case(person)
    return "read"


def main(count: int, start: int = 0) -> int:
    outcomes: Counter[str] = Counter()
    for seed in range(start, start + count):
        try:
            outcomes[checked(mutated(seed))] += 1
        except BaseException as error:
            error.add_note(f"seed {seed}")
            raise
    sys.stdout.write(f"{json.dumps(outcomes)}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*(int(one) for one in sys.argv[1:3])))
