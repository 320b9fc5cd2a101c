"""Words that were read before with other days say what they would say if they were read anew."""

from __future__ import annotations

import datetime as dt
import itertools
import random

from msgspec.structs import replace

from cobalens.api import load
from cobalens.intake.casefile import tools_for
from cobalens.intake.entries import Times, Tools, nothing_yet, read_text
from cobalens.intake.recall import Memory, as_before
from cobalens.model.record import UNDATED, Span

TOOLS = tools_for(load().ruleset)
WORDS = [
    ("conditions", "Pernicious anaemia"), ("conditions", "Crohn's disease of ileum, resolved"), ("conditions", "numb toes for 5 months"),
    ("conditions", "breast cancer, in remission since 2019"), ("conditions", "?coeliac disease"), ("conditions", "no history of stroke"),
    ("medications", "metformin 500 mg twice daily"), ("medications", "hydroxocobalamin 1 mg IM, stopped"), ("medications", "planned pemetrexed"),
    ("medications", "omeprazole, last week"), ("supplements", "vitamin B12 1000 mcg"), ("procedures", "total gastrectomy"),
    ("procedures", "nitrous oxide anaesthesia"), ("symptoms", "tingling of both feet"), ("symptoms", "unsteady walking since March"),
    ("conditions", "gone in 3 weeks"), ("conditions", "anaemia"), ("conditions", "B12 145 ng/L"), ("note", "tired, takes metformin"),
]  # fmt: skip
ENDS = (None, -4_000, -400, -150, -1, 0, 30)
DAYS = ("2026-03-01", "2025-11-15")


def spans() -> list[Span]:
    exact = [Span(day, day) for day in ENDS if day is not None]
    return [UNDATED, *exact, Span(-400, -150), Span(None, -1), Span(-150, None)]


def told(text: str, field: str, tools: Tools, day: str, times: Times) -> tuple[object, ...]:
    found = nothing_yet()
    events = read_text(text, "here", field, tools, found, dt.date.fromisoformat(day), times)
    return (
        events,
        found.text_labs,
        found.notes,
        found.unread,
        found.understood,
        found.complete,
    )


def test_every_phrase_with_every_pair_of_days_in_any_order() -> None:
    asked = [
        (field, text, day, Times(start, stop))
        for (field, text), start, stop, day in itertools.product(WORDS, spans(), spans(), DAYS)
        if not (start.known and stop.known and (stop.last or 0) < (start.first or 0))
    ]
    random.Random(5).shuffle(asked)
    tools = replace(TOOLS, read={}, memory=Memory())
    differ = []
    for field, text, day, times in asked:
        anew = replace(TOOLS, read={}, memory=Memory())
        if told(text, field, tools, day, times) != told(text, field, anew, day, times):
            differ.append((text, day, times))
    assert differ == []
    proved = [one.proved for one in tools.memory.known.values()]
    assert proved.count(True) > len(WORDS)


def test_a_phrase_is_read_twice_for_each_order_of_its_days() -> None:
    memory, count = Memory(), 0

    def read(times: Times) -> None:
        nonlocal count

        def now() -> object:
            nonlocal count
            count += 1
            found = nothing_yet()
            events = read_text(
                "asthma", "", "conditions", replace(TOOLS, read={}, memory=Memory()), found, None, times
            )
            from cobalens.intake.found import Words

            return Words((), tuple(events), (), (), tuple(found.understood), frozenset())

        as_before(memory, ("asthma", "conditions"), None, times, TOOLS.lexicon, now)  # type: ignore[arg-type]

    for day in range(-90, -1):
        read(Times(Span(day, day)))
    assert count == 2
