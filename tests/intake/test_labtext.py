"""Results in running text: what is one, what only looks like one, and which time and range belong to it."""

from __future__ import annotations

import time
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.intake.lab_index import KNOWLEDGE, index, tree

from cobalens.intake.prose.labtext import Found, labs_in_text
from cobalens.intake.prose.series import merge
from cobalens.intake.words.lexicography import compile_lexicon
from cobalens.intake.words.lexicon import CompiledLexicon
from cobalens.model.record import UNDATED, Span


@cache
def lexicon() -> CompiledLexicon:
    return compile_lexicon(
        {}, {path.stem: tree(f"lexicon/{path.name}") for path in (KNOWLEDGE / "lexicon").glob("*.toml")}
    )


def read(text: str, when: Span = UNDATED) -> Found:
    return labs_in_text(text, "note", index(), when, "2026-11-24", lexicon())


def said(text: str) -> list[tuple[str, str]]:
    return [(lab.analyte, lab.text) for lab in read(text).labs]


@pytest.mark.parametrize(
    ("text", "results"),
    [
        ("B12 195 pg/mL", [("vitamin_b12", "195 pg/mL")]),
        ("Serum B12 level was 128 ng/L.", [("vitamin_b12", "128 ng/L")]),
        ("vitamin b12: 88 pmol/l, folate: 12 nmol/l", [("vitamin_b12", "88 pmol/l"), ("folate_serum", "12 nmol/l")]),
        ("B-12 = 195 pg/mL", [("vitamin_b12", "195 pg/mL")]),
        ("B12>2000 ng/L", [("vitamin_b12", "> 2000 ng/L")]),
        ("serum B12 below 100 pg/mL", [("vitamin_b12", "< 100 pg/mL")]),
        ("active B12 18 pmol/L and total B12 112 pmol/L", [("holotc", "18 pmol/L"), ("vitamin_b12", "112 pmol/L")]),
        ("Hb 97 g/l MCV 88 fl RDW 24 % ferritin 7 ug/l", [("hemoglobin", "97 g/l"), ("mcv", "88 fl"), ("rdw", "24 %"), ("ferritin", "7 ug/l")]),
        ("WBC 2.1 K/uL, platelets 44 x10^9/L", [("wbc", "2.1 K/uL"), ("platelets", "44 x10^9/L")]),
        ("platelets of 67,000/uL", [("platelets", "67000 /uL")]),
        ("MMA 0.55 umol/L; homocysteine 27 µmol/L; eGFR >60 mL/min/1.73 m2", [("mma", "0.55 umol/L"), ("homocysteine", "27 µmol/L"), ("egfr", "> 60 mL/min/1.73 m2")]),
        ("CKD stage 3 (eGFR 45)", [("egfr", "45 mL/min/{1.73_m2}")]),
        ("B12 low (132 ng/L)", [("vitamin_b12", "132 ng/L")]),
        ("ferritin low at 7 ug/L", [("ferritin", "7 ug/L")]),
        ("film: monocytes 5.2 x10^9/L, dysplastic neutrophils", [("monocytes", "5.2 x10^9/L")]),
        ("B12 fell from 413 to 256 pg/mL", [("vitamin_b12", "413 pg/mL"), ("vitamin_b12", "256 pg/mL")]),
        ("Ferritin has gone down from 80 ug/L to 9", [("ferritin", "80 ug/L"), ("ferritin", "9 ug/L")]),
        ("B12 improved to 350 pg/mL", [("vitamin_b12", "350 pg/mL")]),
        ("Hb 140, 120, 98 g/L over six months", [("hemoglobin", "140 g/L"), ("hemoglobin", "120 g/L"), ("hemoglobin", "98 g/L")]),
        ("B12 trend 380/290/190 ng/L", [("vitamin_b12", "380 ng/L"), ("vitamin_b12", "290 ng/L"), ("vitamin_b12", "190 ng/L")]),
        ("B12 trend 12/03/2024: 190 ng/L", [("vitamin_b12", "190 ng/L")]),
        ("B12 increased from 1000 mcg to 2000 mcg daily", []),
        ("B12 dropped to 1 injection every 3 months", []),
        ("ferritin low 9, transferrin high 3.9 g/L", [("ferritin", "9 ug/L"), ("transferrin", "3.9 g/L")]),
        ("ferritin low 30 high 400", []),
        ("B12 has been between 900 and 1100 ng/L", [("vitamin_b12", "900-1100 ng/L")]),
        ("eGFR was 55 last year and is 32 now", [("egfr", "55 mL/min/{1.73_m2}"), ("egfr", "32 mL/min/{1.73_m2}")]),
        ("B12 97 pmol, folate 11 nmol", [("vitamin_b12", "97 pmol/L"), ("folate_serum", "11 nmol/L")]),
        ("homocysteine 22 micromol", [("homocysteine", "22 micromol/L")]),
        ("B12 “normal” at 205 ng/L", [("vitamin_b12", "205 ng/L")]),
        ("potassium 40 mmol twice daily", []),
        ("WBC 14,500/mm3 with 21% monocytes", [("wbc", "14500 /mm3")]),
    ],
)  # fmt: skip
def test_a_stated_result_is_read_with_its_unit(text, results):
    assert said(text) == results


@pytest.mark.parametrize(
    ("text", "results"),
    [
        ("Coombs negative.", [("coombs", "negative")]),
        ("B12 and folate reported as low", [("vitamin_b12", "low"), ("folate_serum", "low")]),
        ("B12, folate and ferritin normal", [("vitamin_b12", "normal"), ("folate_serum", "normal"), ("ferritin", "normal")]),
        ("raised MMA, low active B12", [("mma", "high"), ("holotc", "low")]),
        ("Intrinsic factor antibody positive", [("if_antibody", "positive")]),
        ("TSH within normal limits", [("tsh", "normal")]),
        ("MMA was not raised", [("mma", "normal")]),
        ("B12 undetectable", [("vitamin_b12", "low")]),
        ("anti-IF and anti-parietal cell antibodies both positive", [("if_antibody", "positive"), ("parietal_cell_antibody", "positive")]),
        ("IF antibody negative", [("if_antibody", "negative")]),
        ("no low B12", []),
    ],
)  # fmt: skip
def test_a_word_beside_the_name_of_a_test_is_a_result(text, results):
    assert [(lab.analyte, lab.qualitative) for lab in read(text).labs] == results


@pytest.mark.parametrize(
    "text",
    [
        "Takes B12 1000 mcg daily", "B12 injections 1 mg monthly", "folic acid 400 ug", "B12 for 6 years", "iron 200 mg twice daily",
        "vitamin B12 1000 µg IM", "vitamin B12 deficiency since 2019", "iron deficiency", "B12 1000 weekly", "on vitamin B12, normal diet",
        "PLASMIC score 4 (low risk)", "She got 5 injections", "zinc 50 mg", "metformin 500 mg", "B12 3 times a week", "copper IUD",
    ],
)  # fmt: skip
def test_a_dose_a_duration_or_a_disease_is_no_result(text):
    found = read(text)
    assert (found.labs, found.spans) == ((), ())


@pytest.mark.parametrize(
    "text",
    [
        "patient afraid the high B12 means cancer", "What does a high B12 mean?", "If MMA is high, treat", "asks whether her B12 is low",
        "Sister had low B12", "worried about a raised ferritin", "told that raised B12 might be a sign of cancer",
    ],
)  # fmt: skip
def test_a_fear_a_question_or_a_relative_is_no_result(text):
    assert read(text).labs == ()


@pytest.mark.parametrize(
    "text", ["MMA and homocysteine not yet back", "ADAMTS13 pending", "Intrinsic factor antibody not done"]
)
def test_a_test_without_a_result_is_taken_up_and_gives_none(text):
    found = read(text)
    assert found.labs == ()
    assert found.spans


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("IF antibodies +ve 2012", "positive"),
        ("parietal cell antibodies -ve in 2019", "negative"),
        ("Coombs -ve", "negative"),
        ("tTG positive (2015)", "positive"),
    ],
)
def test_a_year_behind_a_verdict_is_no_titre(text, word):
    (lab,) = read(text).labs
    assert (index().words.qualitative[lab.text], lab.lo, lab.hi) == (word, None, None)


def test_the_spans_cover_what_was_read_and_nothing_else():
    text = "Tired. B12 195 pg/mL (200-900) L, numb feet, Hb 9.7 g/dL."
    assert [text[a:b] for a, b in read(text).spans] == ["B12 195 pg/mL (200-900) L", "Hb 9.7 g/dL"]


def test_the_range_and_the_flag_beside_a_result_belong_to_it():
    first, second, third = read("B12 195 pg/mL (200-900), MMA 0.55 umol/L (ref <0.28), CRP 51 mg/L H").labs
    assert (first.ref_low, first.ref_high, first.qualitative) == (200, 900, "low")
    assert (str(second.ref_high), second.qualitative) == ("0.28", "high")
    assert third.qualitative == "high"


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("B12 212 (ref >200) pg/mL", "212 pg/mL"),
        ("B12 212 [197-771] L ng/L", "212 ng/L"),
        ("B12 212 (197-771 ng/L) g/L", "212 ng/L"),
        ("B12 212 (197-771) mg daily", "212"),
        ("B12 212 (197-771), MMA 0.4 (<0.28) umol/L", "212"),
    ],
)
def test_a_unit_behind_the_range_is_the_results(text: str, result: str) -> None:
    assert read(text).labs[0].text == result


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("B12 413 pg/mL two years ago, now 256", [-730, 0]),
        ("3 months ago B12 was 195 pg/mL", [-91]),
        ("B12 195 pg/mL (3 weeks ago)", [-21]),
        ("B12 195 pg/mL today", [0]),
        ("No supplements. B12 was normal a year ago.", [-365]),
        ("March 2026: B12 195 pg/mL, Hb 97 g/L", [-268, -268]),
        ("B12 (March 2026): 195 pg/mL", [-268]),
        ("B12 in March 2026 was 195 pg/mL", [-268]),
        ("B12 195 pg/mL, 10 Nov 2026. Feels well.", [-14]),
        ("B12 195 pg/mL (200-900), taken 2026-11-10, no numbness", [-14]),
        ("B12 195 pg/mL, last month.", [-60]),
        ("B12 195 pg/mL, 10/10/2026, MMA 0.5 umol/L, 10/11/2026.", [-45, -14]),
        ("B12 195 pg/mL, 3 months of tingling.", [None]),
        ("67M, 10/10/2026, B12 195 pg/mL, 10/11/2026, B12 210 pg/mL", [None, None]),
    ],
)  # fmt: skip
def test_a_time_beside_a_result_is_its_date(text, days):
    assert [lab.when.first for lab in read(text).labs] == days


@pytest.mark.parametrize("text", ["gastrectomy 5 years ago, B12 195 pg/mL", "B12 195 pg/mL, gastrectomy 5 years ago", "B12 195 pg/mL after gastrectomy 5 years ago"])  # fmt: skip
def test_the_time_of_something_else_is_not_taken_for_the_results(text):
    assert read(text).labs[0].when == UNDATED


@pytest.mark.parametrize(
    ("text", "value", "limits"),
    [
        ("B12 165 L 200-1100 pg/mL, something else entirely", "165 pg/mL", (200, 1100)),
        ("B12 165 pg/mL 200-1100 pg/mL and so on", "165 pg/mL", (200, 1100)),
        ("B12 165 ng/L (200-900)", "165 ng/L", (200, 900)),
    ],
)
def test_a_range_right_behind_the_number_is_no_second_result(text, value, limits):
    (found,) = read(text).labs
    assert (found.text, (found.ref_low, found.ref_high), found.qualitative) == (value, limits, "low")


@pytest.mark.parametrize("text", ["B12 165 pg/mL, now 200-220 pg/mL", "B12 165 ng/L, 200-220 ng/L last year"])
def test_a_later_reading_given_as_an_interval_stays_a_reading(text):
    assert len(read(text).labs) == 2


@pytest.mark.parametrize("text", ["Vitamin B12 01 189 Low 240 03/14/2025 pg/mL", "B12 189 pg/mL 03/14/2025"])
def test_neither_the_number_of_a_laboratory_nor_a_year_becomes_a_result(text):
    assert not {lab.text for lab in read(text).labs} & {"1189 pg/mL", "2025 pg/mL"}


@pytest.mark.parametrize(
    "text",
    [
        "target B12 above 400 pg/mL",
        "aim for a serum B12 >400 ng/L",
        "keep my vitamin B12 above 500 pg/mL",
        "Reference B12 200-900 ng/L",
    ],
)
def test_what_a_level_ought_to_be_is_no_result(text):
    assert said(text) == []


def test_a_unit_that_stands_in_the_range_alone_is_that_of_the_number():
    (found,) = read("MMA 0.64 (<0.40 umol/L)").labs
    assert (found.text, found.problem, found.qualitative) == ("0.64 umol/L", None, "high")


def test_an_undated_result_takes_the_date_of_its_entry():
    assert read("B12 195 pg/mL", Span(-7, -7)).labs[0].when == Span(-7, -7)


def test_a_result_without_its_unit_is_kept_out_of_use_here_too():
    found = read("B12 195, MCV 104")
    assert [(lab.problem, lab.unit) for lab in found.labs] == [("unit_missing", None), (None, "fL")]
    assert [note.code for note in found.notes] == ["data_quality:unit_missing", "data_quality:unit_assumed"]


def test_another_tests_number_is_never_given_to_the_one_before():
    assert said("B12 195 pg/mL, vitamin D 40 nmol/L") == [
        ("vitamin_b12", "195 pg/mL"),
        ("vitamin_d", "40 nmol/L"),
    ]


def test_the_text_adds_to_structured_results_and_repeats_none():
    structured = read("B12 195 pg/mL").labs
    text = read("B12 195 pg/mL. B12 low. B12 413 pg/mL two years ago. Coombs negative").labs
    assert [(lab.analyte, lab.text) for lab in merge(structured, text)] == [
        ("vitamin_b12", "195 pg/mL"),
        ("vitamin_b12", "413 pg/mL"),
        ("coombs", "negative"),
    ]


@pytest.mark.parametrize(
    "piece",
    [
        *("B12 195 pg/mL ", "B12, ", "low B12 ", "from 1 to ", "B12 " + "1" * 400 + " ", "(", "x"),
        *("B12 195 pg/mL" + sign * 1000 for sign in (" ", "\t", "|", "10:30 ")),
        *("|" + sign * 3000 for sign in ("A", "1", "A|")),
    ],
)
def test_a_long_note_without_a_full_stop_is_read_in_proportion(piece):
    begun = time.process_time()
    read(piece * (30_000 // len(piece)))
    assert time.process_time() - begun < 4


@given(st.text(max_size=120))
def test_no_text_breaks_the_search_for_results(text):
    found = read(text)
    assert all(0 <= a < b <= len(text) for a, b in found.spans)


@given(st.lists(st.sampled_from(["B12", "195", "pg/mL", "(", "200-900", ")", "low", ",", "and", "MMA", "from", "to", "is", ">", "2 years ago", "March", "now", "H", "."]), max_size=14))  # fmt: skip
def test_no_order_of_its_own_words_breaks_the_search(words):
    text = " ".join(words)
    assert all(0 <= a < b <= len(text) for a, b in read(text).spans)


@pytest.mark.parametrize("unit", ["pmol L-1", "pmol L−1", "pmol·L⁻¹", "pmol.l-1"])
def test_a_unit_with_a_power_of_minus_one_is_read_in_running_words(unit: str) -> None:
    [first, second] = read(f"Cobalamin 128 {unit}, haemoglobin 96 g L-1").labs
    assert (str(first.lo), first.unit, first.qualitative) == ("128", "pmol/L", None)
    assert (str(second.lo), second.unit) == ("96", "g/L")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("holoTC low, 28", "28"),
        ("holoTC low, 28. MMA raised, 0.9 umol/L", "28"),
        ("B12 low, 120\nFerritin 30 ug/L", "120"),
        ("MMA raised, 0.9;", "0.9"),
        ("B12 low, 45 years old", None),
        ("B12 low, 45, female", None),
        ("B12 low, 2. Ferritin normal", None),
        ("B12 low, 2019", None),
        ("B12 low,\n2", None),
    ],
)
def test_a_number_behind_a_word_and_a_comma_is_its_result_only_where_nothing_follows(
    text: str, number: str | None
) -> None:
    first = read(text).labs[0]
    assert first.text.split()[0] == (number or first.text)
    assert first.qualitative in ("low", "high")
    assert (first.lo is None and first.problem is None) == (number is None)


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("Takes B12 1000 each day.", []), ("Supplements: B12 1000, D 2000", []), ("Injects 'methyl B12 5000' weekly.", []),
        ("B12 5000 sublingual", []), ("B12 2500 gummies", []), ("Takes metformin, B12 212", ["212"]), ("Supplements: none. B12 212", ["212"]),
        ("B12 212", ["212"]), ("Takes B12; level 212 ng/L", ["212 ng/L"]),
    ],
)  # fmt: skip
def test_what_somebody_takes_is_a_strength_and_no_result(words: str, numbers: list[str]) -> None:
    assert [lab.text for lab in read(words).labs if lab.analyte == "vitamin_b12"] == numbers


@pytest.mark.parametrize(
    ("words", "verdicts"),
    [
        ("Low B12 intake.", []), ("Low vitamin B12 in the diet.", []), ("High B12 diet.", []), ("Low folate intake.", []), ("Low iron intake.", []),
        ("At risk of low B12.", []), ("Prone to low B12.", []), ("Low B12.", ["low"]), ("Low B12, diet poor.", ["low"]), ("Low ferritin from diet.", ["low"]),
        ("High risk, low B12.", ["low"]),
    ],
)  # fmt: skip
def test_what_is_eaten_or_feared_is_no_result(words: str, verdicts: list[str]) -> None:
    assert [lab.qualitative for lab in read(words).labs] == verdicts


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("B12 was low but now normal.", "normal"), ("B12 normal last year, low now.", "low"), ("MCV was high, now normal.", "normal"),
        ("B12 low in 2019, is now back to normal.", "normal"), ("B12 low, now on injections.", "low"), ("B12 high, now feels low.", "high"),
        ("B12 low; folate now normal.", "low"),
    ],
)  # fmt: skip
def test_what_a_test_is_called_now_stands_before_what_it_was_called(words: str, said: str) -> None:
    assert read(words).labs[0].qualitative == said


@pytest.mark.parametrize(
    ("words", "results"),
    [
        ("Treat if B12 < 180 ng/L.", []), ("Repeat if B12 <200.", []), ("Aim B12 > 500.", []), ("Target ferritin above 100 ug/L.", []),
        ("Monitor for low B12.", []), ("Screen for low B12.", []), ("B12 <150 ng/L, if tired treat.", ["< 150 ng/L"]),
        ("If B12 is 120 ng/L he needs treatment.", ["120 ng/L"]), ("Injections for low B12.", ["low"]), ("Screened: low B12.", ["low"]),
        ("B12 low-normal at 210 ng/L.", ["210 ng/L"]),
    ],
)  # fmt: skip
def test_what_is_aimed_at_or_looked_for_is_no_result(words: str, results: list[str]) -> None:
    assert [lab.text for lab in read(words).labs] == results


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("IF Ab +", [("if_antibody", "positive")]), ("Parietal cell antibodies +.", [("parietal_cell_antibody", "positive")]),
        ("IF Ab + folate sent", []), ("B12 + folate sent", []),
    ],
)  # fmt: skip
def test_a_plus_that_ends_what_is_said_is_a_positive_test(words: str, said: list[tuple[str, str]]) -> None:
    assert [(lab.analyte, lab.qualitative) for lab in read(words).labs if lab.qualitative] == said


@pytest.mark.parametrize(
    ("words", "results"),
    [
        ("Lab comment: B12 <150 ng/L suggests deficiency. B12 612 ng/L.", ["612 ng/L"]), ("B12 612 ng/L. B12 >900 ng/L: excess", ["612 ng/L"]),
        ("B12 <150 ng/L suggests deficiency.", ["< 150 ng/L"]), ("B12 <150 ng/L, MMA raised", ["< 150 ng/L"]), ("MMA if 180-350.", []),
    ],
)  # fmt: skip
def test_what_is_said_of_such_results_in_general_yields_to_the_result_of_the_person(
    words: str, results: list[str]
) -> None:
    assert [lab.text for lab in read(words).labs if lab.qualitative is None] == results


@pytest.mark.parametrize(
    "text", ["Hb dropped by 3 g/dL.", "Hb fell 20 g/L after surgery.", "B12 has fallen 40% since 2020."]
)
def test_by_how_much_something_moved_is_no_result(text: str) -> None:
    assert read(text).labs == ()


def test_to_what_something_moved_is_one() -> None:
    assert [lab.text for lab in read("Hb fell to 98 g/L.").labs] == ["98 g/L"]
    assert [lab.text for lab in read("Hb fell from 120 to 98 g/L.").labs][-1] == "98 g/L"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("B12 slightly below range.", "low"),
        ("B12 marginally below the normal range.", "low"),
        ("MMA mildly elevated.", "high"),
    ],
)
def test_how_far_a_result_lies_beyond_its_range_may_be_said(text: str, verdict: str) -> None:
    assert [lab.qualitative for lab in read(text).labs] == [verdict]
