"""Readings told in a row, tables inside a note and slips of a scan: each number keeps its own time, and none is made up."""

from __future__ import annotations

import pytest
from tests.intake.lab_index import index
from tests.intake.test_labtext import lexicon, read

from cobalens.intake.prose.columns import columns_in
from cobalens.intake.prose.labtext import labs_in_text
from cobalens.intake.prose.scanned import mended
from cobalens.intake.prose.series import AT_FIRST, EARLIER, NOW, merge
from cobalens.model.record import UNDATED, Lab, Span


def told(text: str) -> list[tuple[str, str, Span]]:
    """As the text is read where no day of decision is known."""
    return [
        (lab.analyte, lab.text, lab.when)
        for lab in labs_in_text(text, "note", index(), lexicon=lexicon()).labs
    ]


def years(text: str) -> list[tuple[str, int]]:
    """Value and whole years before the decision."""
    return [(lab.text, -(lab.when.last or 0) // 365) for lab in read(text).labs]


@pytest.mark.parametrize(
    "text",
    [
        "Vitamin B12 over the years: Apr 2018 402 ng/L; May 2022 288 ng/L; Sep 2025 171 ng/L.",
        "B12 (ng/L) 402 in April 2018, 288 in May 2022, 171 in September 2025",
        "Serum B12 04/2018: 402, 05/2022: 288, 09/2025: 171 ng/L",
        "20/04/2018 B12 402 ng/L | 30/05/2022 B12 288 ng/L | 21/09/2025 B12 171 ng/L",
        "B12 402 ng/L (Apr 2018) -> 288 ng/L (May 2022) -> 171 ng/L (Sept 2025)",
        "Results: 20/04/2018 B12 402 ng/L\n30/05/2022 B12 288 ng/L\n21/09/2025 B12 171 ng/L",
    ],
)
def test_each_reading_of_a_row_has_its_own_date(text: str) -> None:
    assert years(text) == [("402 ng/L", 8), ("288 ng/L", 4), ("171 ng/L", 1)]


@pytest.mark.parametrize(
    "text",
    ["B12 Apr 2018 402 ng/L, May 2022 288 ng/L, Sep 2025 171 ng/L", "B12: 2018 - 402; 2022 - 288; 2025 - 171 ng/L",
     "B12 402 -> 288 -> 171 ng/L", "B12 402 > 288 > 171 ng/L", "B12 402 → 288 → 171 ng/L"],
)  # fmt: skip
def test_without_a_day_of_decision_the_order_still_counts(text: str) -> None:
    assert [(value, when) for _, value, when in told(text)] == [
        ("402 ng/L", EARLIER),
        ("288 ng/L", EARLIER),
        ("171 ng/L", NOW),
    ]


@pytest.mark.parametrize(
    "words",
    ["B12 400 ng/L. It was previously 150 ng/L.", "B12 400 ng/L (was 150)", "B12 was previously 150 ng/L. B12 400 ng/L.",
     "B12 400 ng/L. Previous 150 ng/L.", "B12 400 ng/L after six injections. Pre-treatment 150 ng/L.",
     "B12 400 ng/L. Before treatment 150 ng/L, ferritin 40 ug/L."],
)  # fmt: skip
def test_beside_a_reading_told_as_earlier_the_other_one_is_where_things_stand(words: str) -> None:
    of_b12 = {value: when for name, value, when in told(words) if name == "vitamin_b12"}
    assert list(of_b12.values()).count(NOW) == 1
    assert sum(when in {EARLIER, AT_FIRST} for when in of_b12.values()) == 1
    assert next(value for value, when in of_b12.items() if when == NOW) == "400 ng/L"


@pytest.mark.parametrize(
    "words",
    ["B12 was low last year (150 ng/L), eats meat again and B12 is 400 ng/L.", "B12 normal in 2022 (150 ng/L). This week 400 ng/L.",
     "B12 150 ng/L in 2022. B12 400 ng/L.", "B12 in 2022 150 ng/L, B12 400 ng/L"],
)  # fmt: skip
def test_the_undated_one_told_last_behind_dated_ones_is_where_things_stand(words: str) -> None:
    said = [(value, when) for name, value, when in told(words) if name == "vitamin_b12"]
    assert [value for value, _ in said] == ["150 ng/L", "400 ng/L"]
    assert said[0][1] != NOW
    assert (said[1][1].last or 0) == 0


@pytest.mark.parametrize(
    "words",
    ["Pre-treatment B12: 88 ng/L. Post-treatment B12: 640 ng/L.", "B12 before treatment 88 ng/L, B12 after treatment 640 ng/L",
     "B12 88 ng/L at diagnosis, 640 ng/L now", "B12 at diagnosis 88 ng/L, now 640 ng/L", "Baseline B12 88 ng/L; B12 on treatment 640 ng/L",
     "B12 88 ng/L. After loading 640 ng/L", "B12 before treatment 88 ng/L; on 3-monthly injections 640 ng/L", "B12 pre-injections: 88 ng/L. Post: 640 ng/L", "First B12 88 ng/L, second B12 640 ng/L", "B12 was 88 ng/L at diagnosis; recent 640 ng/L"],
)  # fmt: skip
def test_a_level_of_the_beginning_is_the_earlier_one(words: str) -> None:
    (first, of_first), (last, of_last) = [(value, when) for _, value, when in told(words)]
    assert (first, last) == ("88 ng/L", "640 ng/L")
    assert (of_first in {EARLIER, AT_FIRST}, of_last) == (True, NOW)


@pytest.mark.parametrize(
    ("words", "when"),
    [("B12 88 ng/L at diagnosis.", AT_FIRST), ("Pre-treatment B12 88 ng/L.", AT_FIRST), ("Baseline B12 88 ng/L.", AT_FIRST), ("First B12 88 ng/L.", EARLIER),
     ("B12 was previously 88 ng/L.", EARLIER), ("B12 88 ng/L.", UNDATED)],
)  # fmt: skip
def test_a_level_of_the_beginning_is_no_repeat_of_the_last_weeks(words: str, when: Span) -> None:
    assert [of for _, _, of in told(words)] == [when]


def test_what_was_earlier_when_a_dated_note_was_written_lies_before_its_day() -> None:
    note = Span(-200, -200)
    labs = labs_in_text(
        "B12 was previously 88 ng/L. B12 640 ng/L.", "note", index(), note, "2026-11-24", lexicon()
    ).labs
    assert [(lab.text, lab.when) for lab in labs] == [("88 ng/L", Span(None, -201)), ("640 ng/L", note)]


@pytest.mark.parametrize(
    ("words", "value"),
    [("B12 on treatment 640 ng/L", "640 ng/L"), ("B12 off treatment 150 ng/L", "150 ng/L"), ("B12 after gastrectomy 150 ng/L", "150 ng/L"),
     ("B12 three months after stopping tablets 210 ng/L", "210 ng/L"), ("B12 taken this morning 190 ng/L", "190 ng/L"), ("B12 190* ng/L", "190 ng/L")],
)  # fmt: skip
def test_words_that_say_at_which_step_it_was_taken_may_stand_before_the_number(
    words: str, value: str
) -> None:
    assert [found for _, found, _ in told(words)] == [value]


def test_another_test_among_those_words_has_its_own_number() -> None:
    assert told("B12 after folate 12 ug/L") == [("folate_serum", "12 ug/L", UNDATED)]


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("Hb fell by 20 g/L to 98", "98 g/L"),
        ("Hb dropped 2 g/dL to 9.8", "9.8 g/dL"),
        ("Hb dropped to 9.8", "9.8 g/dL"),
    ],
)
def test_how_far_it_went_is_no_result(words: str, value: str) -> None:
    assert [found for _, found, _ in told(words)] == [value]


def test_the_undated_one_told_first_is_not_made_the_newest() -> None:
    assert told("B12 150 ng/L. Repeat in June 2025 400 ng/L.")[0][2] == UNDATED


def test_of_two_beside_an_earlier_one_neither_is_made_the_newest() -> None:
    said = told("B12 was previously 150 ng/L. B12 400 ng/L. B12 300 ng/L.")
    assert [when for _, _, when in said] == [EARLIER, UNDATED, UNDATED]


def test_one_told_as_earlier_alone_stays_earlier() -> None:
    assert told("B12 was previously 150 ng/L.") == [("vitamin_b12", "150 ng/L", EARLIER)]


@pytest.mark.parametrize(
    "words",
    ["B12 2018 - 402, 2022 - 288, 2025 - 171 (ng/L)", "B12 2018: 402, 2022: 288, 2025: 171 (all in ng/L)"],
)
def test_a_unit_in_brackets_behind_a_row_is_meant_for_all_of_it(words: str) -> None:
    assert [value for _, value, _ in told(words)] == ["402 ng/L", "288 ng/L", "171 ng/L"]


@pytest.mark.parametrize("words", ["B12 2018 - 402, 2022 - 288 (low)", "B12 2018 - 402, 2022 - 288 (fL)"])
def test_another_word_in_brackets_behind_a_row_is_no_unit(words: str) -> None:
    assert all("ng/L" not in value and "fL" not in value for _, value, _ in told(words))


def test_one_dated_reading_alone_has_no_place_without_a_day_of_decision() -> None:
    assert told("B12 May 2022 288 ng/L") == [("vitamin_b12", "288 ng/L", UNDATED)]


def test_what_holds_now_outranks_what_is_dated() -> None:
    assert told("B12 288 ng/L in 2022 and 171 ng/L now") == [
        ("vitamin_b12", "288 ng/L", EARLIER),
        ("vitamin_b12", "171 ng/L", NOW),
    ]


def test_units_may_change_within_a_row() -> None:
    assert [lab.unit for lab in read("B12 Apr 2018 297 pmol/L; May 2022 288 pg/mL").labs] == [
        "pmol/L",
        "pg/mL",
    ]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("B12 2000 ng/L", ["2000 ng/L"]),
        ("B12 1000 mcg daily, Hb 120 g/L", ["120 g/L"]),
        ("B12 > 2000 ng/L", ["> 2000 ng/L"]),
        ("Hb 104 g/L, MCV 99 fL, B12 171 ng/L", ["104 g/L", "99 fL", "171 ng/L"]),
        ("B12 171 ng/L (211-946) Apr 2025, Hb 104 g/L", ["171 ng/L", "104 g/L"]),
        ("Hb 120 > 101 g/L", ["120 g/L", "101 g/L"]),
    ],
)
def test_what_is_no_row_is_read_as_before(text: str, values: list[str]) -> None:
    assert [lab.text for lab in read(text).labs] == values


def test_a_row_in_a_note_does_not_stand_against_a_result_of_the_record() -> None:
    today = Lab(analyte="vitamin_b12", where="labs[0]", text="150 ng/L", when=NOW)
    rows = labs_in_text("B12 402 -> 288 ng/L", "note", index(), lexicon=lexicon()).labs
    assert [lab.when for lab in merge([today], rows)] == [NOW, EARLIER, EARLIER]


TABLE = """Analyte        2 Feb 2024    9 Sep 2025
Vitamin B12    355 ng/L      161 ng/L
Hb (g/L)       139           117
Ferritin       -             64 ug/L
Tired since spring."""


def test_a_table_in_a_note_gives_each_number_the_date_above_it() -> None:
    found = {(lab.analyte, lab.text, -(lab.when.last or 0) // 365) for lab in read(TABLE).labs}
    assert found == {
        ("vitamin_b12", "355 ng/L", 2), ("vitamin_b12", "161 ng/L", 1), ("hemoglobin", "139 g/L", 2),
        ("hemoglobin", "117 g/L", 1), ("ferritin", "64 ug/L", 1),
    }  # fmt: skip


def test_a_table_with_bars_and_a_column_of_units_is_read_too() -> None:
    text = "| test | unit | 02/2024 | 09/2025 |\n| B12 | pmol/L | 262 | 119 L |\n| Note | x | y | z |"
    assert [(lab.text, lab.unit) for lab in read(text).labs] == [
        ("262 pmol/L", "pmol/L"),
        ("119 pmol/L", "pmol/L"),
    ]


def test_a_table_may_have_units_and_ranges_behind_its_dates() -> None:
    text = (
        "Analyte         5 Jan 2024   7 Oct 2025   Units    Reference range\n"
        "Active B12      81           19           pmol/L   37.5-188\n"
        "Haemoglobin     -            104          g/L      115-165\n"
    )
    assert [(lab.analyte, lab.text) for lab in read(text).labs] == [
        ("holotc", "81 pmol/L"),
        ("holotc", "19 pmol/L"),
        ("hemoglobin", "104 g/L"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Seen 2019 and 2021\nB12 300 ng/L",
        "From 2 Feb 2024   to 9 Sep 2025   off work\nB12   150 ng/L",
        "no dates\n B12  3  4",
    ],
)
def test_lines_that_are_no_table_are_left_to_running_text(text: str) -> None:
    assert columns_in(text, index()).hits == []


@pytest.mark.parametrize(
    ("scanned", "meant"),
    [
        ("Bl2 l43 pg/mL", "B12 143 pg/mL"),
        ("Vit B12 I43 pmol/L (l45-569)", "Vit B12 143 pmol/L (145-569)"),
        ("Ferritin l0 ug/L", "Ferritin 10 ug/L"),
        ("Hb 1O.2 g/dL", "Hb 10.2 g/dL"),
        ("MCV l12 fL", "MCV 112 fL"),
    ],
)
def test_a_letter_among_digits_is_read_as_the_digit_and_told(scanned: str, meant: str) -> None:
    assert mended(scanned, "note")[0] == meant
    assert any(note.code == "data_quality:scan_slip" for note in read(scanned).notes)


@pytest.mark.parametrize(
    "text",
    ["O2 98% on air", "MRI L4/5", "I-131 given", "C3-C7", "lO units", "Ill at ease", "grade II/IV", "T1O"],
)
def test_letters_that_are_meant_are_left_alone(text: str) -> None:
    assert mended(text, "note") == (text, ())


@pytest.mark.parametrize(
    "text",
    ["FERRITIN.......12 ug/L", "Ferritin . . . . 12 ug/L", "Ferritin ____ 12 ug/L", "Ferritin … 12 ug/L"],
)
def test_dots_may_lead_from_the_name_to_the_number(text: str) -> None:
    assert [lab.text for lab in read(text).labs] == ["12 ug/L"]


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("B12 formerly 165 ng/L", [("165 ng/L", EARLIER)]),
        ("B12 was initially low at 165 ng/L, now 402 ng/L", [("165 ng/L", EARLIER), ("402 ng/L", NOW)]),
        ("B12 165 ng/L in the past", [("165 ng/L", EARLIER)]),
        ("B12 165 ng/L, previously 402 ng/L", [("165 ng/L", NOW), ("402 ng/L", EARLIER)]),
        ("Previously well, B12 165 ng/L", [("165 ng/L", UNDATED)]),
        (
            "B12 165 ng/L in 2017; has eaten fish and eggs since, now 402 ng/L",
            [("165 ng/L", EARLIER), ("402 ng/L", NOW)],
        ),
        ("B12 165 ng/L; he is now 58 years old", [("165 ng/L", UNDATED)]),
    ],
)
def test_a_reading_that_is_told_as_one_of_the_past_is_not_where_things_stand(
    text: str, readings: list[tuple[str, Span]]
) -> None:
    assert [(value, when) for _, value, when in told(text)] == readings


@pytest.mark.parametrize(
    "text", ["history of low B12", "B12 formerly low", "once had a low B12", "low B12 in the past"]
)
def test_an_earlier_verdict_without_a_date_is_no_result_of_today(text: str) -> None:
    assert told(text) == []


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("intrinsic factor antibody previously positive", "positive"),
        ("history of a bypass and now low B12", "low"),
        ("a history of gastric bypass with low B12", "low"),
    ],
)
def test_what_is_said_of_something_else_or_stays_true_is_read_as_of_today(text: str, word: str) -> None:
    assert [lab.qualitative for lab in labs_in_text(text, "note", index(), lexicon=lexicon()).labs] == [word]


def test_where_things_stand_in_a_dated_note_is_the_day_of_the_note() -> None:
    from cobalens.intake.prose.series import EARLIER, NOW, told_on
    from cobalens.model.record import UNDATED, Span

    note = Span(-40, -40)
    assert (told_on(NOW, note), told_on(EARLIER, note)) == (note, Span(None, -41))
    assert (told_on(NOW, UNDATED), told_on(EARLIER, UNDATED)) == (NOW, EARLIER)


@pytest.mark.parametrize(
    "words",
    ["B12 62 ng/L; on 3-monthly injections 1180 ng/L.", "B12 on injections 640 ng/L.", "B12 62 ng/L. After three injections 640 ng/L."],
)  # fmt: skip
def test_what_is_said_of_treatment_beside_a_level_is_left_to_be_read(words: str) -> None:
    at = words.index("injections")
    found = labs_in_text(words, "note", index(), lexicon=lexicon())
    assert found.labs[-1].text in {"1180 ng/L", "640 ng/L"}
    assert not any(first <= at < stop for first, stop in found.spans)


@pytest.mark.parametrize(
    "text",
    [
        "B12 low at 132 ng/L, previously 310 in 2019.",
        "B12 low @ 132 ng/L, prev 310 (2019).",
        "B12 @ 132 ng/L (previous level 310 in 2019)",
    ],
)
def test_an_earlier_number_may_leave_its_unit_to_the_one_before_it(text: str) -> None:
    now, before = read(text).labs
    assert (now.text, before.text) == ("132 ng/L", "310 ng/L")
    assert before.when.last is not None
    assert now.when.last is None or now.when.last > before.when.last


def test_what_was_previously_taken_is_no_earlier_number() -> None:
    assert [lab.text for lab in read("B12 132 ng/L, previously 6 weeks of tablets").labs] == ["132 ng/L"]
