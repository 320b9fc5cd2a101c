"""What a denial or a doubt only mentions stays true: from when a time is counted, and on which medicine no complaint came."""

from __future__ import annotations

import pytest
from tests.intake.test_in_passing import meant, read


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("No B12 since her gastrectomy in 2019.", "gastrectomy_unspecified"),
        ("No complications after total gastrectomy", "total_gastrectomy"),
        ("Never had B12 after the gastric bypass", "bariatric_surgery"),
        ("B12 was never replaced after his total gastrectomy", "total_gastrectomy"),
        ("No injections since the ileal conduit in 2018", "ileal_urinary_diversion"),
        ("No numbness since cystectomy and ileal conduit", "ileal_urinary_diversion"),
        ("Denies tingling since starting metformin", "metformin"),
        ("No numbness after nitrous oxide", "nitrous_oxide"),
        ("No alcohol since liver cirrhosis was diagnosed", "cirrhosis"),
        ("No tingling before or after metformin", "metformin"),
        ("No side effects on metformin", "metformin"),
        ("No numbness on oxaliplatin", "oxaliplatin"),
        ("No problems with omeprazole", "ppi"),
        ("No numbness with metformin or omeprazole", "ppi"),
    ],
)
def test_what_is_only_mentioned_is_not_denied(text: str, concept: str) -> None:
    assert meant(text)[concept] in ("current", "past")


def test_what_is_only_mentioned_is_not_in_doubt() -> None:
    by = {one.concept: one.doubt for one in read("? B12 deficiency after total gastrectomy").events}
    assert by == {"b12_deficiency_known": True, "total_gastrectomy": False}


@pytest.mark.parametrize(
    ("text", "concepts"),
    [
        ("No numbness since gastrectomy, weakness or falls", ("paraesthesia", "limb_weakness", "falls")),
        ("No numbness since, weakness or falls", ("paraesthesia", "limb_weakness", "falls")),
        ("No numbness since metformin or falls", ("paraesthesia", "falls")),
        ("Not on metformin or omeprazole", ("metformin", "ppi")),
        ("Denies being on omeprazole", ("ppi",)),
        ("Not treated with metformin", ("metformin",)),
        ("No treatment with oxaliplatin", ("oxaliplatin",)),
        ("No contact with nitrous oxide", ("nitrous_oxide",)),
        ("Not taken metformin", ("metformin",)),
    ],
)
def test_what_the_denial_is_of_stays_denied(text: str, concepts: tuple[str, ...]) -> None:
    assert {meant(text)[concept] for concept in concepts} == {"no"}


@pytest.mark.parametrize(
    "text", ["Tired since pregnancy.", "Tired after her pregnancy", "Well before the pregnancy"]
)
def test_a_pregnancy_from_which_a_time_is_counted_is_none_of_today(text: str) -> None:
    assert "pregnant" not in meant(text)
