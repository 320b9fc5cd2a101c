"""The long form of these tests: ``python -m tests.whatif.long [people]``, 2,000 people by default."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable

from cobalens.engines.changes import run_singles
from cobalens.engines.firmness import firmness
from cobalens.engines.moves import all_moves
from cobalens.engines.person import Person
from cobalens.model.counterfactual import Counterfactuals
from tests.whatif.checks import (
    broken_promises,
    missed_results,
    missed_statements,
    sampled_firmness,
    unfaithful_moves,
)  # fmt: skip
from tests.whatif.people import CASES, case, made_up, person
from tests.whatif.worth import open_people, resolved

SAMPLED, DRAWS, WITHIN = 200, 20_000, 0.015


def everyone(count: int) -> Iterable[Person]:
    yield from (person(case(path)) for path in CASES)
    yield from (person(made_up(seed)) for seed in range(count))


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def timed(name: str, check: Callable[[], list[str]]) -> int:
    begin = time.perf_counter()
    wrong = check()
    for line in wrong[:20]:
        say(f"  {line}")
    say(f"{name}: {len(wrong)} wrong, {time.perf_counter() - begin:.0f} s")
    return len(wrong)


def promises(count: int) -> list[str]:
    wrong: list[str] = []
    for one in everyone(count):
        wrong += broken_promises(one)
        wrong += missed_statements(one)
        wrong += unfaithful_moves(one, all_moves(one))
        wrong += missed_results(one)
    return wrong


def shares() -> list[str]:
    wrong: list[str] = []
    seed = done = 0
    while done < SAMPLED:
        one = person(made_up(100_000 + seed))
        seed += 1
        found = firmness(one, run_singles(one, []).result)
        if found is None:
            continue
        done += 1
        sampled = sampled_firmness(one, Counterfactuals(firmness=found), DRAWS, seed)
        off = [abs(a - b) for a, b in zip((found.answer, found.deficiency), sampled, strict=True)]
        if max(off) > WITHIN:
            wrong.append(f"{one.record.id}: {found.answer, found.deficiency} against {sampled}")
    return wrong


def next_test(count: int) -> list[str]:
    followed, others = resolved(open_people([*map(case, CASES), *map(made_up, range(count))]))
    say(f"  settled by the top test: {followed:.1f}; by one test for everybody: {others}")
    return [f"{code} settles {number}" for code, number in others.items() if number > followed + 1e-9]


def main(arguments: list[str]) -> int:
    count = int(arguments[0]) if arguments else 2_000
    wrong = timed(f"promises of {count} people and {len(CASES)} cases", lambda: promises(count))
    wrong += timed("following the top test", lambda: next_test(count))
    wrong += timed(f"firmness of {SAMPLED} people against {DRAWS} draws each", shares)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
