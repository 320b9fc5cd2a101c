"""What stands first among the next tests: what cannot wait, then what is worth most."""

from __future__ import annotations

from typing import Any

import pytest

from cobalens.api import load

DOOR = load()


def listed(look_ahead: bool = True, pregnant: bool | None = None, **facts: Any) -> list[str]:
    person = {"patient": {"age": 34, "sex": "female", "pregnant": pregnant}, "facts": facts}
    said = DOOR.interpret(person, look_ahead=look_ahead)
    return [one.code.removeprefix("next_test:") for one in said.next_tests]


def lab(analyte: str, value: float, unit: str) -> dict[str, Any]:
    return {"analyte": analyte, "value": value, "unit": unit, "day": 0}


@pytest.mark.parametrize("look_ahead", [True, False], ids=["weighed", "in order"])
def test_a_scan_of_the_cord_comes_first_beside_a_same_day_sign(look_ahead: bool) -> None:
    symptoms = ["numb feet", "unsteady gait", "extensor plantars"]
    assert listed(look_ahead, symptoms=symptoms)[0] == "spine_mri"
    grey = listed(look_ahead, symptoms=symptoms, labs=[lab("vitamin_b12", 230, "ng/L")])
    assert grey[:2] == ["spine_mri", "mma"]


def test_without_a_same_day_sign_the_scan_has_its_place_by_worth() -> None:
    grey = [lab("vitamin_b12", 230, "ng/L")]
    assert listed(symptoms=["Lhermitte's sign"], labs=grey)[0] == "mma"


@pytest.mark.parametrize("look_ahead", [True, False], ids=["weighed", "in order"])
def test_fragments_with_low_platelets_put_the_test_for_ttp_first(look_ahead: bool) -> None:
    counts = [lab("hemoglobin", 80, "g/L"), lab("platelets", 30, "10^9/L"), lab("mcv", 118, "fL")]
    assert listed(look_ahead, labs=counts, conditions=["schistocytes on the film"])[0] == "adamts13"


def test_a_level_is_not_put_first_where_nitrous_oxide_makes_it_useless() -> None:
    assert listed(symptoms=["numb feet"], note="Inhales nitrous oxide weekly.")[0] == "homocysteine"


def test_a_scan_comes_first_where_the_cord_may_be_pressed_upon() -> None:
    facts = {"symptoms": ["Lhermitte's sign"], "conditions": ["multiple myeloma"]}
    assert listed(labs=[lab("vitamin_b12", 230, "ng/L")], **facts)[0] == "spine_mri"
