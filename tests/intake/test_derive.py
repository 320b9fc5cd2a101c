"""What published formulas make of results of one day, and when they make nothing of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from cobalens.intake.timelines.derive import derived_labs
from cobalens.model.record import UNDATED, Lab, Span
from cobalens.model.ruleset import Analyte

MEASURED = {
    "creatinine": Analyte("creatinine", "creatinine", (), ("umol/L", "mg/dL"), molar_mass="113.12"),
    "egfr": Analyte("egfr", "eGFR", (), ("mL/min/{1.73_m2}",)),
    "iron": Analyte("iron", "iron", (), ("umol/L", "ug/dL"), molar_mass="55.845"),
    "tibc": Analyte("tibc", "TIBC", (), ("umol/L", "ug/dL"), molar_mass="55.845"),
    "transferrin": Analyte("transferrin", "transferrin", (), ("g/L",), molar_mass="79570"),
    "tsat": Analyte("tsat", "TSAT", (), ("%",)),
}


def measured(analyte: str, number: str, unit: str, day: int | None = 0, **more: Any) -> Lab:
    return Lab(
        analyte=analyte, where=f"labs[{analyte}]", text=f"{number} {unit}", lo=Decimal(number), hi=Decimal(number),
        unit=unit, when=UNDATED if day is None else Span(day, day), **more,
    )  # fmt: skip


def derived(
    *labs: Lab, age: int | None = 60, sex: str | None = "female"
) -> list[tuple[str, Decimal | None, str]]:
    made = derived_labs(labs, Decimal(age) if age is not None else None, sex, MEASURED)
    return [(lab.analyte, lab.lo, lab.where) for lab in made]


def test_filtration_is_calculated_from_creatinine_age_and_sex_when_not_reported() -> None:
    in_si, in_mass = measured("creatinine", "80", "umol/L"), measured("creatinine", "0.9", "mg/dL")
    assert derived(in_mass) == [("egfr", Decimal(73), "labs[creatinine]")]
    assert derived(in_si)[0][1] == Decimal(73)
    assert derived(in_si, age=None) == derived(in_si, sex=None) == derived(in_si, age=17) == []
    assert derived(in_si, measured("egfr", "50", "mL/min/{1.73_m2}")) == []
    assert len(derived(in_si, measured("egfr", "50", "mL/min/{1.73_m2}", day=-900))) == 1
    assert derived(measured("creatinine", "80", "umol/L", problem="implausible")) == []


def test_a_reported_line_without_a_number_or_a_word_leaves_the_day_to_the_formula() -> None:
    today, before = measured("creatinine", "80", "umol/L"), measured("creatinine", "200", "umol/L", day=-90)
    empty = replace(measured("egfr", "50", "mL/min/{1.73_m2}"), lo=None, hi=None)
    assert [one[1] for one in derived(today, empty)] == [Decimal(73)]
    assert derived(today, replace(empty, qualitative="low")) == []
    made = derived_labs([empty, today, before], Decimal(60), "female", MEASURED, now=True)
    assert [one.lo for one in made] == [Decimal(73)]


def test_of_results_in_turn_the_newest_that_can_be_converted_is_used() -> None:
    strange, before = measured("creatinine", "80", "beans"), measured("creatinine", "200", "umol/L", day=-90)
    for now in (True, False):
        made = derived_labs([strange, before], Decimal(60), "female", MEASURED, now=now)
        assert [one.when for one in made] == [Span(-90, -90)]


def test_saturation_is_calculated_from_iron_and_its_carrier_of_the_same_day() -> None:
    iron = measured("iron", "10", "umol/L")
    assert derived(iron, measured("tibc", "50", "umol/L")) == [("tsat", Decimal("20.0"), "labs[iron]")]
    assert derived(iron, measured("tibc", "279.2", "ug/dL"))[0][1] == Decimal("20.0")
    assert derived(iron, measured("transferrin", "2", "g/L"))[0][1] == Decimal("19.9")
    assert derived(iron, measured("tibc", "50", "umol/L", day=-3)) == []
    assert derived(iron, measured("tibc", "50", "umol/L"), measured("tsat", "25", "%")) == []
