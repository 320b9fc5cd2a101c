"""Of two phrases one of which holds the other the longer is read; it says no less than the shorter where both are of one concept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from cobalens.api import load

Words = tuple[str, ...]
TURNS = ("locally", "non")
"""First words that take something from what follows: locally advanced is not spread, non-alcoholic has no alcohol."""
SAYS_WHICH = {
    "acute alcoholic hepatitis",
    "angular stomatitis",
    "aphthous stomatitis",
    "recurrent mouth ulcers",
    "chemotherapy mouth ulcers",
    "mouth ulcers from chemotherapy",
    "mouth ulcers since chemotherapy",
    "sore mouth from chemotherapy",
    "stomatitis from chemotherapy",
    "marrow … ring sideroblasts",
    "pola r chop",
}
"""The longer phrase says which of the two things the shorter leaves open is meant."""


def within(words: Words) -> Iterator[Words]:
    for first in range(len(words)):
        for after in range(first + 1, len(words) + 1):
            if after - first < len(words):
                yield words[first:after]


def test_a_longer_phrase_loses_nothing_of_a_shorter_one_of_the_same_concept() -> None:
    """ "Subacute combined degeneration of the cord" was a deficiency alone, and without its last words a nerve sign too."""
    rules = load().ruleset
    concepts: defaultdict[Words, set[str]] = defaultdict(set)
    for concept in rules.concepts.values():
        for phrase in concept.phrases:
            concepts[tuple(phrase.split())].add(concept.name)
    facts: defaultdict[str, set[str]] = defaultdict(set)
    for fact in rules.facts.values():
        for name in fact.of:
            facts[name].add(fact.name)
    lost = []
    for words, own in concepts.items():
        if words[0] in TURNS or " ".join(words) in SAYS_WHICH:
            continue
        said = {fact for name in own for fact in facts[name]}
        for shorter in within(words):
            others = concepts.get(shorter, set())
            if others & own:
                lost += [f"{' '.join(words)}: {name}" for name in sorted(others - own) if facts[name] - said]
    assert not lost, lost
