"""One laboratory entry: which test it is, whether its number can be used, and what the reader is told."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.intake.lab_index import analytes, index, tree

from cobalens.intake.laboratory import units
from cobalens.intake.laboratory.labs import LAB_KEYS, read_lab
from cobalens.intake.laboratory.testnames import find, luhn_holds
from cobalens.model.record import UNDATED, Lab, Note, Span, Unread


def read(**entry: Any) -> tuple[Lab | None, tuple[Note, ...], tuple[Unread, ...]]:
    return read_lab(entry, "labs[0]", Span(0, 0), index())


def lab(**entry: Any) -> Lab:
    found = read(**entry)[0]
    assert found is not None
    return found


def codes(**entry: Any) -> list[str]:
    return [note.code for note in read(**entry)[1]]


# --- Which test -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "analyte"),
    [
        ("vitamin_b12", "vitamin_b12"), ("Vitamin B12", "vitamin_b12"), ("S-Cobalamin", "vitamin_b12"), ("B12 (serum)", "vitamin_b12"),
        ("Vitamin B12 (Cobalamin), Serum", "vitamin_b12"), ("VITAMINA B12", "vitamin_b12"), ("B-12", "vitamin_b12"), ("serum B12 level", "vitamin_b12"),
        ("Active B12", "holotc"), ("Vitamin B12 (active)", "holotc"), ("Holotranscobalamin", "holotc"), ("Hgb", "hemoglobin"),
        ("Haemoglobin (Hb)", "hemoglobin"), ("P-Homocysteine", "homocysteine"), ("Methylmalonic Acid, Serum", "mma"), ("plt", "platelets"),
        ("TTG IgA", "coeliac_antibody"), ("Anti-intrinsic factor antibodies", "if_antibody"), ("eGFR (CKD-EPI)", "egfr"), ("Alk Phos", "alp"),
        ("ácido fólico", "folate_serum"), ("GGT", "ggt"), ("Gamma-GT", "ggt"), ("BCR::ABL1", "bcr_abl1"), ("2132-9", "vitamin_b12"), ("14685-2", "vitamin_b12"),
    ],
)  # fmt: skip
def test_a_test_is_known_by_the_names_that_people_and_laboratories_give_it(name, analyte):
    assert lab(analyte=name, value=100, unit=analytes()[analyte].units[0]).analyte == analyte


def test_total_and_active_b12_are_never_confused():
    assert find("b12", index()) == ("vitamin_b12",)
    assert find("active b12", index()) == ("holotc",)
    assert lab(analyte="holotc", value=18, unit="pmol/L").analyte == "holotc"


@pytest.mark.parametrize(
    ("name", "unit", "analyte"),
    [
        ("reticulocytes", "%", "reticulocytes_percent"), ("reticulocytes", "10^9/L", "reticulocytes"), ("retics", "K/uL", "reticulocytes"),
        ("neutrophils", "%", "neutrophils_percent"), ("neutrophils", "10*9/L", "neutrophils"), ("eosinophils", "%", "eosinophils_percent"),
    ],
)  # fmt: skip
def test_the_unit_tells_a_share_from_a_count(name, unit, analyte):
    assert lab(analyte=name, value=4, unit=unit).analyte == analyte


@pytest.mark.parametrize(
    ("name", "value", "analyte", "unit"),
    [
        ("Vitamin B12 (pg/mL)", 80, "vitamin_b12", "pg/mL"), ("B12 [pmol/L]", 80, "vitamin_b12", "pmol/L"), ("Vitamin B12 ng/L", 80, "vitamin_b12", "ng/L"),
        ("Hb, g/dL", 12, "hemoglobin", "g/dL"), ("MMA (umol/L)", 0.4, "mma", "umol/L"), ("Neutrophils (%)", 12, "neutrophils_percent", "%"),
    ],
)  # fmt: skip
def test_a_unit_that_stands_behind_the_name_is_the_unit(name, value, analyte, unit):
    found = lab(analyte=name, value=value)
    assert (found.analyte, found.unit, found.problem) == (analyte, unit, None)


@pytest.mark.parametrize(
    "name",
    [
        "Cobalamin (Vitamin B12) [Mass/volume]",
        "Vitamin B12 (serum)",
        "Vitamin B12 (L)",
        "Cobalamin [Moles/volume]",
    ],
)
def test_what_stands_behind_the_name_and_is_no_unit_of_the_test_is_none(name):
    assert lab(analyte=name, value=312).problem == "unit_missing"


def test_a_unit_that_is_printed_with_the_range_alone_is_that_of_the_result():
    found = lab(analyte="vitamin_b12", value=150, ref_range="232 - 1,245 pg/mL")
    assert (found.unit, found.ref_low, found.ref_high, found.qualitative) == ("pg/mL", 232, 1245, "low")


@pytest.mark.parametrize(
    "name",
    [
        "Vitamin B12 (cobalamin) 150 pg/mL",
        "Cobalamin (vitamin B12) 150",
        "Folate (folic acid), serum >20.0 ng/mL",
    ],
)
def test_a_line_that_holds_a_result_is_no_name(name):
    assert find(name, index()) == ()


@pytest.mark.parametrize(
    ("name", "analyte"),
    [
        ("Vitamin B12 01", "vitamin_b12"),
        ("Folate (Folic Acid), Serum 01", "folate_serum"),
        ("Vitamin B12 Lvl", "vitamin_b12"),
        ("Haemoglobin estimation", "hemoglobin"),
        ("V.C.M.", "mcv"),
    ],
)
def test_what_laboratories_add_to_a_name_changes_nothing(name, analyte):
    assert find(name, index()) == (analyte,)


def test_the_field_of_the_unit_comes_before_the_name_and_two_units_are_refused():
    assert lab(analyte="Vitamin B12 (pg/mL)", value=150, unit="pg/mL").problem is None
    assert lab(analyte="Vitamin B12 (pg/mL)", value="150 pmol/L").problem == "unit_impossible"


def test_a_misspelt_name_is_reported_with_the_likely_one_and_not_guessed():
    found, _, unread = read(analyte="vitamn b12", value=195, unit="ng/L")
    assert found is None
    assert unread[0].suggestion == "vitamin b12"


def test_a_code_and_a_name_that_disagree_are_not_chosen_between():
    found, _, unread = read(analyte="B12", code="13964-2", value=1, unit="umol/L")
    assert found is None
    assert unread


def test_a_loinc_code_with_a_false_check_digit_is_refused():
    assert not luhn_holds("14685-0")
    found, _, unread = read(code="14685-0", system="http://loinc.org", value=195, unit="pmol/L")
    assert found is None
    assert unread[0].suggestion is not None
    assert read(code="14685-2", system="http://loinc.org", value=195, unit="pmol/L")[0] is not None


def test_a_result_in_urine_is_another_test():
    assert read(analyte="mma", value=2, unit="umol/L", specimen="urine")[0] is None
    assert lab(analyte="mma", value=2, unit="umol/L", specimen="serum").specimen == "serum"


def test_every_key_that_is_not_known_is_reported_with_the_likely_one():
    _, _, unread = read(analyte="b12", vlaue=195, unit="ng/L")
    assert next((one.text, one.suggestion) for one in unread) == ("vlaue", "value")


# --- The number and its unit ----------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", ["pg/mL", "PG/ML", "ng/L", "pmol/l", "ng/dL", "nmol/L"])
def test_the_value_keeps_the_unit_in_which_it_was_reported(unit):
    value = {"ng/dL": "19.5", "nmol/L": "0.195"}.get(unit, "195")
    found = lab(analyte="b12", value=value, unit=unit)
    assert (found.lo, found.hi, found.problem) == (Decimal(value), Decimal(value), None)
    assert units.parse(found.unit or "") == units.parse(unit)


@pytest.mark.parametrize(
    ("analyte", "value", "unit"),
    [
        ("vitamin_b12", 0.35, "umol/L"), ("vitamin_b12", 150, "g/L"), ("vitamin_b12", 195, "ug/mL"), ("vitamin_b12", 5, "ng/L"),
        ("mma", 350, "pmol/L"), ("mma", 180, "umol/L"), ("mma", 0.35, "nmol/L"), ("hemoglobin", 9.7, "g/L"), ("hemoglobin", 97, "g/dL"),
        ("creatinine", 298, "mg/dL"), ("creatinine", 1.4, "umol/L"), ("platelets", 250000, "10^9/L"), ("platelets", 44, "/uL"), ("wbc", 6.8, "/uL"),
        ("mcv", 9.3, "fL"), ("albumin", 30, "g/dL"), ("hba1c", 6.5, "mmol/mol"), ("hematocrit", 0.31, "%"), ("potassium", 42, "mmol/L"),
        ("vitamin_b12", -5, "ng/L"), ("vitamin_b12", 0, "ng/L"), ("holotc", 0, "pmol/L"),
    ],
)  # fmt: skip
def test_a_number_outside_anything_that_occurs_is_refused(analyte, value, unit):
    found, notes, _ = read(analyte=analyte, value=value, unit=unit)
    assert found is not None
    assert (found.problem, found.lo, found.hi, found.qualitative) == ("implausible", None, None, None)
    assert [note.code for note in notes] == ["data_quality:unit_implausible"]
    assert "not used" in notes[0].message


def test_the_refusal_names_the_unit_that_was_probably_meant():
    assert "umol/L" in read(analyte="mma", value=0.35, unit="nmol/L")[1][0].message
    assert "g/dL" in read(analyte="hemoglobin", value=9.7, unit="g/L")[1][0].message


@pytest.mark.parametrize(("analyte", "value", "unit"), [("vitamin_b12", 195, "10^9/L"), ("platelets", 44, "g/dL"), ("mcv", 100, "mg/L"), ("vitamin_b12", 195, "bananas"), ("egfr", 50, "mg/dL")])  # fmt: skip
def test_a_unit_in_which_the_test_cannot_be_measured_is_refused(analyte, value, unit):
    found, notes, _ = read(analyte=analyte, value=value, unit=unit)
    assert found is not None
    assert (found.problem, found.unit, found.lo) == ("unit_impossible", None, None)
    assert [note.code for note in notes] == ["data_quality:unit_implausible"]


def test_two_different_units_on_one_result_are_refused():
    assert lab(analyte="b12", value="195 pg/mL", unit="pmol/L").problem == "unit_impossible"
    assert lab(analyte="b12", value="195 pg/mL", unit="ng/L").problem is None


def test_a_b12_without_a_unit_is_kept_out_of_use_and_its_number_kept_for_the_text():
    found, notes, _ = read(analyte="b12", value=195)
    assert found is not None
    assert (found.problem, found.unit, found.lo, found.hi) == (
        "unit_missing",
        None,
        Decimal(195),
        Decimal(195),
    )
    assert [note.code for note in notes] == ["data_quality:unit_missing"]


def test_without_a_unit_the_printed_range_still_says_low():
    assert lab(analyte="b12", value=195, ref_low=200, ref_high=900).qualitative == "low"


def test_a_test_that_has_only_one_unit_may_leave_it_out_and_says_so():
    found, notes, _ = read(analyte="mcv", value=104)
    assert found is not None
    assert (found.unit, found.problem) == ("fL", None)
    assert [note.code for note in notes] == ["data_quality:unit_assumed"]
    assert lab(analyte="inr", value=1.1).unit == "1"
    assert codes(analyte="inr", value=1.1) == []


def test_a_number_that_only_one_unit_fits_is_read_so_and_says_that_the_unit_is_missing():
    found, notes, _ = read(analyte="hb", value=9.7)
    assert (found.unit, found.problem, [note.code for note in notes]) == (
        "g/dL",
        None,
        ["data_quality:unit_missing"],
    )
    assert lab(analyte="hb", value=97).unit == "g/L"
    assert lab(analyte="platelets", value="88,000").unit == "/uL"


@pytest.mark.parametrize(
    ("analyte", "value"),
    [
        ("b12", 148),
        ("folate", 3.1),
        ("mma", 180),
        ("mma", 0.62),
        ("bilirubin", 3),
        ("crp", 4),
        ("copper", 30),
    ],
)
def test_a_number_that_two_units_fit_is_not_guessed(analyte, value):
    found, notes, _ = read(analyte=analyte, value=value)
    assert (found.problem, [note.code for note in notes]) == ("unit_missing", ["data_quality:unit_missing"])


def test_a_comma_is_settled_by_what_is_possible_and_said():
    assert lab(analyte="b12", value="1,245", unit="pg/mL").lo == 1245
    assert codes(analyte="b12", value="1,245", unit="pg/mL") == ["data_quality:number_format"]
    assert lab(analyte="b12", value="1.245", unit="pmol/L").lo == 1245
    assert lab(analyte="mma", value="0,245", unit="umol/L").lo == Decimal("0.245")


def test_a_comma_with_two_possible_readings_is_refused():
    found, notes, _ = read(analyte="ferritin", value="1,245", unit="ug/L")
    assert found is not None
    assert (found.problem, found.lo) == ("not_a_number", None)
    assert "separator" in notes[0].message


@pytest.mark.parametrize(
    ("value", "comparator", "bounds"),
    [
        (1400, ">", (1400, None, True, False)), ("> 1400", None, (1400, None, True, False)), (">=1400", None, (1400, None, False, False)),
        (150, "<", (None, 150, False, True)), ("<=150", None, (None, 150, False, False)), ("150-200", None, (150, 200, False, False)),
        (195, None, (195, 195, False, False)),
    ],
)  # fmt: skip
def test_a_censored_result_is_an_interval(value, comparator, bounds):
    found = lab(analyte="b12", value=value, comparator=comparator, unit="ng/L")
    assert (found.lo, found.hi, found.lo_open, found.hi_open) == bounds


def test_below_the_measuring_range_is_no_reason_to_refuse():
    assert lab(analyte="haptoglobin", value=8, comparator="<", unit="mg/dL").problem is None
    assert lab(analyte="b12", value="<5", unit="ng/L").problem is None


# --- Words, flags, ranges -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "word"),
    [
        ({"qualitative": "low"}, "low"), ({"qualitative": "Raised"}, "high"), ({"qualitative": "within normal limits"}, "normal"),
        ({"value": "low"}, "low"), ({"value": 195, "unit": "ng/L", "flag": "L"}, "low"),
        ({"value": 195, "unit": "ng/L", "ref_low": 200, "ref_high": 900}, "low"), ({"value": 1000, "unit": "ng/L", "ref_low": 200, "ref_high": 900}, "high"),
        ({"value": 200, "unit": "ng/L", "ref_low": 200, "ref_high": 900}, "normal"), ({"value": 900, "unit": "ng/L", "ref_low": 200, "ref_high": 900}, "normal"),
        ({"value": 900.1, "unit": "ng/L", "ref_range": "200-900"}, "high"), ({"value": 195, "unit": "ng/L"}, None),
        ({"value": "<150", "unit": "ng/L", "ref_range": "200-900"}, "low"), ({"value": "<250", "unit": "ng/L", "ref_range": "200-900"}, None),
        ({"value": ">900", "unit": "ng/L", "ref_high": 900}, "high"), ({"value": ">=900", "unit": "ng/L", "ref_high": 900}, None),
        ({"value": 180, "unit": "ng/L", "ref_range": "> 150"}, "normal"), ({"value": 180, "unit": "ng/L", "ref_range": "<900"}, "normal"),
    ],
)  # fmt: skip
def test_the_laboratorys_word_comes_from_its_field_its_flag_or_its_range(entry, word):
    assert lab(analyte="b12", **entry).qualitative == word


def test_a_flag_against_its_own_printed_range_is_a_conflict_and_says_nothing():
    entry = {"analyte": "b12", "value": 250, "unit": "ng/L", "flag": "H", "ref_low": 300, "ref_high": 900}
    assert lab(**entry).qualitative is None
    assert codes(**entry) == ["data_quality:conflicting_results"]


@pytest.mark.parametrize("name", ["vitamin_b12", "holotc", "folate_serum", "hemoglobin", "ferritin"])
@pytest.mark.parametrize(
    "entry", [{"value": "NEG"}, {"qualitative": "negative"}, {"value": "not detected"}, {"flag": "POS"}]
)
def test_a_negative_amount_is_neither_low_nor_normal(name, entry):
    found, notes, _ = read(analyte=name, **entry)
    assert found is not None
    assert (found.qualitative, found.problem) == (None, "not_a_number")
    assert [note.code for note in notes] == ["data_quality:insufficient_data"]


def test_a_sign_beside_the_number_of_an_amount_is_told_and_the_number_is_used():
    found, _, unread = read(analyte="vitamin_b12", value=150, unit="pg/mL", flag="NEG")
    assert found is not None
    assert (found.lo, found.qualitative) == (Decimal(150), None)
    assert [one.where for one in unread] == ["labs[0].flag"]


@pytest.mark.parametrize("name", ["if_antibody", "parietal_cell_antibody", "crp", "mma"])
def test_where_only_much_means_something_negative_is_a_result(name):
    assert lab(analyte=name, value="NEG").qualitative == "negative"


def test_an_antibody_below_its_limit_reads_as_normal():
    assert lab(analyte="if_antibody", value=1.0, unit="U", ref_low=0, ref_high=1.1).qualitative == "normal"
    assert lab(analyte="if_antibody", value=4.0, unit="U", ref_low=0, ref_high=1.1).qualitative == "high"


def test_a_range_that_is_upside_down_is_not_used():
    found, _, unread = read(analyte="b12", value=195, unit="ng/L", ref_low=900, ref_high=200)
    assert found is not None
    assert (found.ref_low, found.qualitative) == (None, None)
    assert unread


# --- Status ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "read_as"), [(None, "final"), ("final", "final"), ("F", "final"), ("preliminary", "preliminary"), ("P", "preliminary"), ("corrected", "corrected"), ("amended", "corrected"), ("C", "corrected")])  # fmt: skip
def test_the_status_of_a_result_is_kept(status, read_as):
    assert lab(analyte="b12", value=195, unit="ng/L", status=status).status == read_as


@pytest.mark.parametrize("entry", [{"value": 195, "unit": "ng/L", "status": "cancelled"}, {"value": 195, "unit": "ng/L", "status": "entered-in-error"}, {"value": "HEMOLYZED"}])  # fmt: skip
def test_a_cancelled_or_spoiled_result_is_never_used(entry):
    found = lab(analyte="b12", **entry)
    assert (found.problem, found.lo, found.hi, found.qualitative) == ("cancelled", None, None, None)


@pytest.mark.parametrize(
    "entry", [{"value": "pending"}, {"value": None}, {}, {"value": ""}, {"value": "see comment"}]
)
def test_a_result_that_is_not_there_is_reported_and_makes_no_lab(entry):
    found, _, unread = read(analyte="b12", **entry)
    assert found is None
    assert unread


def test_no_note_is_made_for_a_test_that_no_rule_needs():
    assert codes(analyte="bicarbonate", value=15) == []


# --- The shipped file -----------------------------------------------------------------------------------------


def test_every_analyte_is_found_by_each_of_its_names_and_codes():
    for name, analyte in analytes().items():
        for text in (name, analyte.label, *analyte.names):
            assert name in find(text, index()), (name, text)
        for code in analyte.codes:
            assert luhn_holds(code.code)


def test_names_shared_by_several_analytes_are_told_apart_by_their_units():
    for name, keys in index().names.items():
        dimensions = [units.dimensions_of(analytes()[key]) for key in keys]
        for at, one in enumerate(dimensions):
            assert all(not one & other for other in dimensions[at + 1 :]), (name, keys)


def test_every_word_stands_for_a_stretch_between_limits_of_its_facts():
    facts = tree("facts/analytes.toml")["fact"]
    edges: dict[tuple[str, str], str] = {}
    for pack in ("common", "nice-ng239"):
        for analyte, limits in tree(f"thresholds/{pack}.toml").items():
            if analyte != "policy" and isinstance(limits, dict):
                edges |= {(analyte, name): limit["edge"] for name, limit in limits.items()}
    for fact in facts.values():
        if not fact.get("limits"):
            continue
        names = fact["limits"]
        edge = [edges[fact["of"], name] for name in names]
        atoms = {f"{edge[0]} {names[0]}", f"{'>=' if edge[-1] == '<' else '>'} {names[-1]}"}
        for at in range(len(names) - 1):
            opening, closing = "[" if edge[at] == "<" else "(", ")" if edge[at + 1] == "<" else "]"
            atoms.add(f"{opening}{names[at]}..{names[at + 1]}{closing}")
        assert set(analytes()[fact["of"]].qualitative.values()) <= atoms, fact


def test_limits_of_every_fact_can_be_met_in_every_unit_of_its_analyte():
    for pack in ("common", "nice-ng239"):
        for name, limits in tree(f"thresholds/{pack}.toml").items():
            if name not in analytes():
                continue
            for limit in limits.values():
                published = [
                    units.parse_for(unit, units.dimensions_of(analytes()[name]))
                    for unit in limit
                    if unit not in {"edge", "source", "checked", "status", "note", "sex"}
                ]
                assert all(published), (name, limit)


# --- Robustness -----------------------------------------------------------------------------------------------

_ANY = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30), st.lists(st.integers(), max_size=2), st.dictionaries(st.text(max_size=3), st.integers(), max_size=2))  # fmt: skip


@given(
    st.dictionaries(st.sampled_from(sorted(LAB_KEYS)), _ANY),
    st.sampled_from(["b12", "mma", "hb", "if antibody", "egfr", "nonsense"]),
)
def test_no_entry_breaks_the_reading_of_results(entry, name):
    found, _, unread = read_lab({**entry, "analyte": name}, "labs[0]", UNDATED, index())
    if found is None:
        assert unread
    else:
        assert (
            found.problem is None
            or found.problem == "unit_missing"
            or (found.lo is None and found.hi is None)
        )


@given(st.integers(min_value=20, max_value=60000))
def test_a_plain_result_is_read_the_same_however_it_is_spelt(number):
    forms = [
        {"value": number, "unit": "pg/mL"},
        {"value": str(number), "unit": "PG/ML"},
        {"value": f"{number} pg/mL"},
        {"value": f"{number}", "unit": "ng/L"},
    ]
    assert (
        len({(found.lo, found.hi, found.problem) for form in forms if (found := lab(analyte="b12", **form))})
        == 1
    )
