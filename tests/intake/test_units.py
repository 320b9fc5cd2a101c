"""Units as people write them: one meaning each, exact scales, and limits met in the unit of the result."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.intake.lab_index import analytes, words

from cobalens.errors import CobalensError
from cobalens.intake.laboratory import units
from cobalens.model.ruleset import Limit

SAME = {
    "pg/mL": ["pg/ml", "PG/ML", "Pg/mL", "pg / mL", "picograms per millilitre", "pg/mL.", "pg mL-1", "pg·mL⁻¹", "pg.ml^-1"],
    "ng/L": ["ng/l", "NG/L", "nanograms per litre", "ng per L", "ng L-1", "ng L−1", "ng/L"],
    "pmol/L": ["pmol/l", "PMOL/L", "pM", "picomoles per litre", "pmol L-1", "pmol.L-1", "pmol·l⁻¹", "pmolL-1"],
    "ug/L": ["mcg/L", "µg/L", "μg/l", "ug/l", "UG/L"],
    "umol/L": ["µmol/L", "μmol/L", "umol/l", "UMOL/L", "mcmol/L", "micromol/L", "uM"],
    "nmol/mL": ["NMOL/ML", "nmol/ml"],
    "ng/dL": ["ng/dl", "NG/DL", "ng/100mL"],
    "g/dL": ["g/dl", "gm/dL", "G/DL", "gms/dl", "g%", "grams per decilitre"],
    "mg/dL": ["mg/dl", "MG/DL", "mg%"],
    "10*9/L": [
        *("10^9/L", "10*9/L", "x10^9/L", "X10^9/L", "x10E9/L", "10E9/L", "10⁹/L", "x10⁹/l", "×10⁹/L", "x 10^9/L"),
        *("10**9/L", "109/L", "x10(9)/L", "E9/L", "G/L", "Gpt/L", "giga/L", "10^9 cells/L"),
    ],
    "10*3/uL": ["K/uL", "k/µL", "thou/uL", "THOU/UL", "10^3/uL", "x10^3/µL", "K/mm3", "Tsd./µl", "thousand/mm3", "10*3/uL{cells}"],
    "/uL": ["/mm3", "/µL", "/cmm", "cells/uL", "cells/mm3", "/mm^3", "/cumm"],
    "10*12/L": ["T/L", "10^12/L", "x10E12/L", "Tpt/L"],
    "[IU]/L": ["IU/L", "UI/L", "iu/l", "[IU]/L"],
    "U/L": ["u/l", "E/L", "units/L"],
    "m[IU]/L": ["mIU/L", "mUI/L", "MIU/L", "m[IU]/L"],
    "mL/min/{1.73_m2}": [
        *("mL/min/1.73m2", "ml/min/1.73m²", "mL/min/1.73 m2", "ml/min/1,73m2", "mL/min/1.73m^2", "ML/MIN/1.73M2"),
        *("mL/min per 1.73 m2", "mL/min/(1.73m2)", "mL/min", "mL/min/1.73"),
    ],
    "%": ["percent", "pct", "% "],
    "fL": ["fl", "FL", "um3", "µm3", "femtolitres"],
    "mmol/mol": ["mmol/mol", "MMOL/MOL", "mmol/mol Hb", "mmol/mol (IFCC)"],
    "mm/h": ["mm/hr", "mm/1h", "MM/HR", "mm"],
    "meq/L": ["mEq/L", "MEQ/L"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("ucum", "spelling"), [(ucum, s) for ucum, spellings in SAME.items() for s in spellings]
)
def test_every_spelling_of_a_unit_means_the_same(ucum, spelling):
    found, meant = units.parse(spelling, words().units), units.parse(ucum)
    assert found is not None
    assert meant is not None
    assert (found.dimension, found.scale) == (meant.dimension, meant.scale)


@pytest.mark.parametrize("ucum", SAME)
def test_the_ucum_spelling_is_read_back_as_itself(ucum):
    found = units.parse(ucum)
    assert found is not None
    assert found.ucum == ucum


@pytest.mark.parametrize(
    "text",
    [
        "bananas",
        "H",
        "L",
        "g/dL/L",
        "10^9",
        "/",
        "",
        "   ",
        "mg/banana",
        "x" * 500,
        "pg/mL pg/mL",
        "1/0",
        "{}",
        "µ",
    ],
)
def test_what_is_no_unit_is_not_read_as_one(text):
    assert units.parse(text) is None


def test_capitals_do_not_turn_grams_into_giga_where_giga_cannot_be_meant():
    platelets, haemoglobin = analytes()["platelets"], analytes()["hemoglobin"]
    for text in ("G/L", "g/L"):
        assert units.parse_for(text, units.dimensions_of(platelets)).dimension == units.COUNT
        assert units.parse_for(text, units.dimensions_of(haemoglobin)).dimension == units.MASS


def test_percent_of_glycated_haemoglobin_is_not_scaled_into_mmol_per_mol():
    percent, ifcc = units.parse("%"), units.parse("mmol/mol")
    assert units.convert(Decimal("6.5"), percent, ifcc) is None


def limit(**values: str) -> Limit:
    return Limit(
        name="low",
        edge="<",
        values={k.replace("_", "/"): v for k, v in values.items()},
        evidence="N4",
        checked="",
        pack="p",
    )


def test_a_published_pair_is_met_as_published_and_never_converted():
    low, b12 = limit(ng_L="180", pmol_L="133"), analytes()["vitamin_b12"]
    assert units.limit_in("ng/L", low, b12) == (Decimal(180), False)
    assert units.limit_in("pg/mL", low, b12) == (Decimal(180), False)
    assert units.limit_in("pmol/L", low, b12) == (Decimal(133), False)


def test_scaling_within_a_dimension_is_exact_and_is_no_conversion():
    low, b12 = limit(ng_L="180", pmol_L="133"), analytes()["vitamin_b12"]
    assert units.limit_in("ng/dL", low, b12) == (Decimal(18), False)
    assert units.limit_in("nmol/L", low, b12) == (Decimal("0.133"), False)
    assert units.limit_in("g/dL", limit(g_L="120"), analytes()["hemoglobin"]) == (Decimal(12), False)
    clear = Limit(name="clear", edge="<=", values={"umol/L": "0.40"}, evidence="M7", checked="", pack="p")
    assert units.limit_in("nmol/L", clear, analytes()["mma"]) == (Decimal(400), False)
    assert units.limit_in("nmol/mL", clear, analytes()["mma"]) == (Decimal("0.40"), False)


@pytest.mark.parametrize(
    ("mass", "molar"),
    [("150", "110.7"), ("180", "132.8"), ("200", "147.6"), ("300", "221.3"), ("350", "258.2"), ("400", "295.1"), ("900", "664.0"), ("1000", "737.8"), ("1355", "999.7")],
)  # fmt: skip
def test_a_limit_published_in_mass_is_carried_into_moles_and_said_to_be_converted(mass, molar):
    value, converted = units.limit_in("pmol/L", limit(ng_L=mass), analytes()["vitamin_b12"])
    assert value.quantize(Decimal("0.1")) == Decimal(molar)
    assert converted


@pytest.mark.parametrize(
    ("molar", "mass"),
    [("133", "180"), ("148", "201"), ("258", "350"), ("600", "813"), ("1000", "1355"), ("2500", "3388")],
)
def test_a_limit_published_in_moles_is_carried_into_mass(molar, mass):
    value, converted = units.limit_in("pg/mL", limit(pmol_L=molar), analytes()["vitamin_b12"])
    assert value.quantize(Decimal(1)) == Decimal(mass)
    assert converted


def test_a_limit_that_cannot_be_expressed_in_a_unit_is_refused_by_name():
    with pytest.raises(CobalensError) as refused:
        units.limit_in("10*9/L", limit(ng_L="180"), analytes()["vitamin_b12"])
    assert refused.value.code == "units_incompatible"
    with pytest.raises(CobalensError) as unknown:
        units.limit_in("bananas", limit(ng_L="180"), analytes()["vitamin_b12"])
    assert unknown.value.code == "unknown_unit"


def test_every_unit_that_an_analyte_declares_is_read_and_its_limits_reach_it():
    for analyte in analytes().values():
        for text in (*analyte.units, *analyte.plausible):
            if text != "ug/g":
                assert units.parse(text) is not None, (analyte.name, text)


@given(st.sampled_from(["pg/mL", "ng/L", "pmol/L", "nmol/L", "ng/dL"]), st.sampled_from(["pg/mL", "ng/L", "pmol/L", "nmol/L", "ng/dL"]), st.integers(1, 10**6))  # fmt: skip
def test_conversion_there_and_back_keeps_the_number(one, other, number):
    source, target = units.parse(one), units.parse(other)
    there = units.convert(Decimal(number), source, target, "1355.37")
    back = units.convert(there, target, source, "1355.37")
    assert abs(back - number) < Decimal("1e-15") * number
    if source.dimension == target.dimension:
        assert back == number


@given(st.text(max_size=70))
def test_no_text_breaks_the_reading_of_units(text):
    for unit in units.readings(text, words().units):
        assert unit.scale > 0
        assert units.parse(unit.ucum) is not None


@given(
    st.sampled_from([s for spellings in SAME.values() for s in spellings]), st.sampled_from(["", " ", "  "])
)
def test_spaces_around_a_unit_do_not_matter(text, space):
    assert units.parse(space + text + space, words().units) == units.parse(text, words().units)
