"""How long one person's counterfactuals take, beside reading the facts and running the rules in the same run.

python -m bench.counterfactuals
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence

from tests.whatif.people import CASES, case, knowledge, lent, made_up, pack_of

from cobalens.engines import reference
from cobalens.engines.whatif import counterfactuals
from cobalens.intake.timelines.timeline import facts_of
from cobalens.model.record import Record


def records() -> list[Record]:
    """The worked cases and a hundred people made up."""
    return [*map(case, CASES), *map(made_up, range(100))]


def percentiles(times: Sequence[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {
        name: 1000 * ordered[int(share * (len(ordered) - 1))] for name, share in (("p50", 0.5), ("p99", 0.99))
    }


def timed(run: Callable[[Record], object], people: Sequence[Record], rounds: int) -> dict[str, float]:
    """Milliseconds of processor time of one person, after one round to warm up."""
    for one in people:
        run(one)
    times = []
    for _ in range(rounds):
        for one in people:
            begin = time.process_time()
            run(one)
            times.append(time.process_time() - begin)
    return percentiles(times)


def bench(rounds: int = 3) -> dict[str, dict[str, float]]:
    """Milliseconds for each part."""
    ruleset, pack, people = knowledge(), pack_of(), records()

    def facts(record: Record) -> object:
        return facts_of(record, ruleset, pack)

    def rules(record: Record) -> object:
        return reference.run(ruleset, facts_of(record, ruleset, pack), pack)

    def everything(record: Record) -> object:
        return counterfactuals(ruleset, pack, facts_of(record, ruleset, pack), record, lent())

    parts = {"facts": facts, "facts and rules": rules, "facts and counterfactuals": everything}
    return {name: timed(run, people, rounds) for name, run in parts.items()}


def main() -> int:
    for name, found in bench().items():
        print(f"{name}: " + ", ".join(f"{which} {number:.1f} ms" for which, number in found.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
