"""Results far behind the name of their test, or told again later; and of whom somebody tells who rings."""

from __future__ import annotations

import pytest
from tests.intake.test_told_after import listed, read, said


def levels(text: str) -> list[tuple[str, int | None]]:
    return [(lab.text, lab.when.last) for lab in read(text).labs if lab.analyte == "vitamin_b12"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("B12 was checked by his GP because of the tingling: 489 ng/L", "489 ng/L"),
        ("B12 was checked by his GP because of the tingling: 489 ng/L, MMA 0.19 umol/L", "489 ng/L"),
        ("B12 is checked yearly; Oct 2026: 241 ng/L, active B12 41 pmol/L", "241 ng/L"),
        ("TSH normal, B12 done at the same time was only 150 ng/L", "150 ng/L"),
        ("B12 level last month 1300 ng/L", "1300 ng/L"),
    ],
)
def test_a_number_far_behind_its_name_is_read(text: str, value: str) -> None:
    assert [text for text, _ in levels(text)] == [value]


def test_the_words_between_still_say_what_they_say() -> None:
    assert said("B12 was checked because of tingling in his feet: 489 ng/L") == {"paraesthesia"}


@pytest.mark.parametrize(
    "text",
    [
        "B12 should be kept above 400 ng/L", "We treat B12 deficiency at 200 ng/L", "B12 not done, the limit is 200 ng/L",
        "B12 tablets bought, 489 ng/L", "B12 if ferritin is below 12 ug/L",
    ],
)  # fmt: skip
def test_a_limit_or_a_plan_is_no_result(text: str) -> None:
    assert levels(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("B12 >1500 pg/ml on GP bloods 10/10/26, repeated 02/11/26: 1480 pg/ml", [("> 1500 pg/ml", -45), ("1480 pg/ml", -22)]),
        ("B12 150 ng/L (10/10/26), repeat on 02/11/26 170 ng/L, folate 3", [("150 ng/L", -45), ("170 ng/L", -22)]),
        ("my B12 was 165 pg/ml. On 02/11/26 it was 640 but my feet tingle", [("165 pg/ml", -23), ("640 pg/ml", -22)]),
        ("my B12 was 165 pg/ml, yesterday it was 640", [("165 pg/ml", -2), ("640 pg/ml", -1)]),
        ("B12 before was 79 ng/L", [("79 ng/L", -1)]),
    ],
)  # fmt: skip
def test_the_same_test_again_is_told_by_its_time(text: str, expected: list[tuple[str, int]]) -> None:
    assert levels(text) == expected


def test_it_may_be_the_level_of_either_and_is_listed() -> None:
    text = "B12 150 ng/L, MMA 0.5 umol/L. Last week it was 640"
    assert levels(text) == [("150 ng/L", None)]
    assert "it was 640" in listed(text)


@pytest.mark.parametrize(
    "text",
    [
        "Phone message: daughter rang. Mum has numb feet", "Daughter rang: Mum has numb feet", "T/C from daughter - mum has numb feet",
        "Daughter says mum has numb feet", "Husband phoned to say she has numb feet", "Son called. Dad has numb feet.",
    ],
)  # fmt: skip
def test_whoever_rings_tells_of_the_patient(text: str) -> None:
    assert "paraesthesia" in said(text)


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("Daughter reports her mother had pernicious anaemia", "pernicious_anaemia"),
        ("Son says his mother is vegan", "vegan_diet"),
        ("Mother: pernicious anaemia. Daughter: vegan", "vegan_diet"),
    ],
)
def test_a_relative_of_hers_stays_one(text: str, concept: str) -> None:
    assert f"@{concept}" in said(text)


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("B12 was 165, dr said take 1000 mcg tablets daily which I did", True),
        ("B12 150. Takes levothyroxine 100 mcg tablets", False),
        ("B12 150. takes 100 mcg tablets for her thyroid", False),
        ("takes 100 mcg tablets", False),
    ],
)
def test_tablets_of_micrograms_are_b12_where_b12_is_spoken_of(text: str, taken: bool) -> None:
    assert ("b12_tablets" in said(text)) is taken


def test_a_time_in_brackets_is_not_of_what_stands_behind_them() -> None:
    found = read("FOLFOX (last cycle 4 weeks ago) with tingling").events
    assert [e.start.known for e in found if e.concept == "paraesthesia"] == [False]


@pytest.mark.parametrize("word", ["Previous", "Prior", "Earlier", "Previous serum"])
def test_a_previous_level_is_older_than_the_one_without_a_word(word: str) -> None:
    assert levels(f"{word} B12 150 ng/L\nB12 400 ng/L") == [("150 ng/L", -1), ("400 ng/L", 0)]
