"""Numbers as laboratories write them: every common form, both readings of an ambiguous one, and what is no number."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.intake.lab_index import words

from cobalens.intake.laboratory.values import comparator_of, numeral, read_value, settle


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("195", "195"), ("195.0", "195.0"), ("12,5", "12.5"), ("0,245", "0.245"), ("1.245,0", "1245.0"), ("1,245.5", "1245.5"),
        ("1 245", "1245"), ("1\u00a0245", "1245"), ("1\u2009245,5", "1245.5"), ("1'245", "1245"), ("1,245,000", "1245000"),
        ("1.245.000", "1245000"), ("-5", "-5"), ("1.2e3", "1.2E+3"), (".5", "0.5"), ("12,45", "12.45"), ("1245,678", "1245.678"),
    ],
)  # fmt: skip
def test_a_number_is_read_as_written(written, number):
    found = numeral(written)
    assert found is not None
    assert found.readings[0] == Decimal(number)
    assert found.sure


@pytest.mark.parametrize(
    "written", ["1,2,3", "1,24,500", "1.2.3", "12 34", "abc", "", "1e", "--5", "1,245.5.5", "12a"]
)
def test_what_is_no_number_is_not_guessed_at(written):
    assert numeral(written) is None


def test_one_comma_before_three_digits_keeps_both_readings():
    found = numeral("1,245")
    assert found is not None
    assert found.readings == (Decimal(1245), Decimal("1.245"))
    assert not found.sure


def test_plausibility_chooses_between_two_readings_and_says_so():
    found = numeral("1,245")
    assert found is not None
    assert settle(found, lambda n: n > 10) == (Decimal(1245), True)
    assert settle(found, lambda n: n < 10) == (Decimal("1.245"), True)


def test_two_plausible_readings_are_refused_not_chosen_between():
    found = numeral("1,245")
    assert found is not None
    assert settle(found, lambda n: True) == (None, True)


def test_a_decimal_point_stays_a_decimal_point_unless_that_is_impossible():
    found = numeral("1.245")
    assert found is not None
    assert settle(found, lambda n: True) == (Decimal("1.245"), False)
    assert settle(found, lambda n: n > 10) == (Decimal(1245), True)


@pytest.mark.parametrize(
    ("written", "sign", "number"),
    [
        (">2000", ">", 2000), ("> 2000", ">", 2000), ("<150", "<", 150), ("≥ 200", ">=", 200), ("<= 0,5 mg/L", "<=", "0.5"),
        ("GREATER THAN 2000", ">", 2000), ("less than 150 pg/mL", "<", 150), ("=> 90", ">=", 90), ("195", "", 195), ("~195", "", 195),
        ("above 1500", ">", 1500), ("mayor de 2000", ">", 2000),
    ],
)  # fmt: skip
def test_a_comparator_is_a_sign_or_words(written, sign, number):
    found = read_value(written, words())
    assert found.comparator == sign
    assert found.low is not None
    assert found.low.readings[0] == Decimal(number)


def test_an_interval_keeps_both_ends():
    for written in ("150-200", "150 - 200 ng/L", "150 to 200", "150–200"):
        found = read_value(written, words())
        assert found.low is not None
        assert found.high is not None
        assert (found.low.readings[0], found.high.readings[0]) == (150, 200)
    assert read_value("200-150", words()).problem == "not_a_number"


@pytest.mark.parametrize(
    ("written", "unit", "flag"),
    [
        ("195 pg/mL", "pg/mL", None), ("195pg/mL", "pg/mL", None), ("9.7 g/dL (L)", "g/dL", "low"), ("9.7 g/dL L", "g/dL", "low"),
        ("9.7 L", "", "low"), ("9.7 (H)", "", "high"), ("4.5 x10^9/L", "x10^9/L", None), ("4.5 10*9/L", "10*9/L", None),
        ("90 mL/min/1.73m2", "mL/min/1.73m2", None), ("195 *", "", None), ("44 G/L", "G/L", None), ("1 245 pg/mL H", "pg/mL", "high"),
    ],
)  # fmt: skip
def test_what_follows_the_number_is_its_unit_or_a_flag(written, unit, flag):
    found = read_value(written, words())
    assert (found.unit, found.flag) == (unit, flag)


@pytest.mark.parametrize(
    ("written", "number", "sign", "flag"),
    [
        ("H >2000", "2000", ">", "high"), ("L 150", "150", "", "low"), ("*150", "150", "", None), ("* 150", "150", "", None),
        ("(L) 150", "150", "", "low"), ("L* 150", "150", "", "low"), ("↓150", "150", "", "low"), ("H 1245 H", "1245", "", "high"),
        ("2000+", "2000", ">=", None), ("150.", "150", "", None),
    ],
)  # fmt: skip
def test_a_mark_before_the_number_and_a_plus_behind_it_are_read(written, number, sign, flag):
    found = read_value(written, words())
    assert found.low is not None
    assert (found.low.readings[0], found.comparator, found.flag, found.unit) == (
        Decimal(number),
        sign,
        flag,
        "",
    )


@pytest.mark.parametrize("written", ["X 150", "B12 150", "x2", "L150", "pH 7.4"])
def test_letters_before_a_number_that_are_no_flag_make_it_no_result(written):
    assert read_value(written, words()).problem == "not_a_number"


@pytest.mark.parametrize(
    ("written", "word"),
    [
        ("NEG", "negative"), ("POSITIVE", "positive"), ("low", "low"), ("Raised", "high"), ("undetectable", "low"), ("Not detected", "negative"),
        ("1+", "positive"), ("within normal limits", "normal"), ("Normal.", "normal"), ("H", "high"), ("equivocal", "borderline"), ("negativo", "negative"),
    ],
)  # fmt: skip
def test_a_word_in_place_of_a_number_is_the_laboratorys_judgement(written, word):
    assert read_value(written, words()).qualitative == word


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("HEMOLYZED", "cancelled"), ("insufficient", "cancelled"), ("QNS", "cancelled"), ("pending", "awaited"), ("see comment", "awaited"),
        ("N/A", "awaited"), ("NaN", "not_a_number"), ("inf", "not_a_number"), ("about right", "not_a_number"), ("1:80", "not_a_number"),
        (True, "not_a_number"), (False, "not_a_number"), (float("nan"), "not_a_number"), (float("inf"), "not_a_number"), ([195], "not_a_number"),
        ({"value": 195}, "not_a_number"), ("9" * 300, "not_a_number"),
    ],
)  # fmt: skip
def test_what_is_no_result_says_why(written, problem):
    found = read_value(written, words())
    assert found.problem == problem
    assert found.low is None


def test_nothing_is_nothing_and_never_zero():
    for blank in (None, "", "   "):
        found = read_value(blank, words())
        assert (found.low, found.qualitative, found.problem) == (None, None, None)


def test_a_comparator_field_that_is_not_understood_is_said():
    assert comparator_of("≥", words()) == ">="
    assert comparator_of(None, words()) == ""
    assert comparator_of("roughly", words()) is None
    assert comparator_of(5, words()) is None


@given(st.decimals(min_value=0, max_value=10**9, allow_nan=False, allow_infinity=False, places=3))
def test_the_international_and_the_continental_form_mean_the_same(number):
    international, continental = f"{number:,}", f"{number:,}".translate(str.maketrans(",.", ".,"))
    if number >= 1000:
        one, other = numeral(international), numeral(continental)
        assert one is not None
        assert other is not None
        assert one.readings[0] == other.readings[0] == number


@given(st.integers(min_value=0, max_value=10**12))
def test_a_whole_number_is_exact(number):
    assert read_value(number, words()).low.readings == (Decimal(number),)
    assert read_value(str(number), words()).low.readings[0] == number


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=0, max_value=1e12))
def test_a_decimal_number_keeps_its_written_digits(number):
    assert read_value(number, words()).low.readings == (Decimal(repr(number)),)


@given(
    st.one_of(
        st.text(max_size=60),
        st.text(alphabet="0123456789.,'-<>= eE/", max_size=20),
        st.none(),
        st.booleans(),
        st.binary(),
    )
)
def test_no_input_breaks_the_reading_of_values(raw):
    found = read_value(raw, words())
    assert found.problem is None or found.low is None
