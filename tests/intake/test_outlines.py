"""What is remembered of statements, and what is left out of the formulas, changes no fact."""

from __future__ import annotations

from msgspec.structs import replace
from tests.cohort.facts_people import Maker

from cobalens import api
from cobalens.intake.timelines.canonical import scales_for
from cobalens.intake.timelines.timeline import kept_reader, read

RULES = api.load(packs=()).ruleset
PACK = RULES.packs[api.PRIMARY]
READER = kept_reader(RULES, PACK)
SCALES = scales_for(RULES, PACK)


def test_facts_are_the_same_with_all_remembered_and_with_nothing_remembered() -> None:
    people = [Maker(RULES, SCALES, seed).person(f"p{seed}") for seed in range(600)]
    warm = [read(one, READER) for one in people]
    assert len(READER.outlined) > 100
    for one, before in zip(people, warm, strict=True):
        anew = read(one, replace(READER, outlined={}, newest_derived=False))
        assert read(one, READER) == before == anew


def test_statements_in_another_order_rest_on_the_same_words() -> None:
    for seed in range(200):
        one = Maker(RULES, SCALES, seed).person("p")
        turned = replace(one, events=one.events[::-1])
        read(one, READER)
        assert read(turned, READER) == read(turned, replace(READER, outlined={}))


def test_what_ended_long_ago_is_not_taken_for_what_ended_lately() -> None:
    people = [Maker(RULES, SCALES, seed).person("p") for seed in range(300)]
    alone = [replace(one, events=(event,)) for one in people for event in one.events]
    reader = replace(READER, outlined={})
    warm = [read(one, reader) for one in alone]
    assert len(reader.outlined) < len(alone) / 2, "most statements must meet one of the same outline"
    for one, before in zip(alone, warm, strict=True):
        assert before == read(one, replace(READER, outlined={}))
