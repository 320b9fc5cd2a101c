"""The share of re-measurements in which the answer stands is what sampling them gives."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cobalens.engines.changes import run_singles
from cobalens.engines.firmness import firmness
from cobalens.model.counterfactual import Counterfactuals
from cobalens.model.record import Lab, Record, Span
from tests.whatif.checks import sampled_firmness
from tests.whatif.people import knowledge, made_up, person

WITHIN = 0.015


def with_b12(value: str, unit: str = "pmol/L") -> Record:
    lab = Lab(
        analyte="vitamin_b12", where="labs[0]", text=value, lo=Decimal(value), hi=Decimal(value), unit=unit,
        when=Span(0, 0),
    )  # fmt: skip
    return Record(id="made by hand", age=Decimal(50), labs=(lab,))


@pytest.mark.parametrize("seed", range(300, 312))
def test_against_twenty_thousand_sampled_re_measurements(seed: int) -> None:
    one = person(made_up(seed))
    found = firmness(one, run_singles(one, []).result)
    if found is None:
        return
    answer, deficiency = sampled_firmness(one, Counterfactuals(firmness=found), 20_000, seed)
    assert abs(found.answer - answer) <= WITHIN
    assert abs(found.deficiency - deficiency) <= WITHIN


def test_a_result_at_its_limit_is_half_firm_and_one_far_from_it_is_firm() -> None:
    at_limit = person(with_b12("133"))
    far = person(with_b12("40"))
    half = firmness(at_limit, run_singles(at_limit, []).result)
    whole = firmness(far, run_singles(far, []).result)
    assert half is not None
    assert whole is not None
    assert half.deficiency == pytest.approx(0.5, abs=0.02)
    assert whole.deficiency == 1.0


def test_what_has_no_sourced_variation_is_held_and_said_so() -> None:
    record = with_b12("200")
    holotc = Lab(
        analyte="holotc", where="labs[1]", text="40 pmol/L", lo=Decimal(40), hi=Decimal(40), unit="pmol/L",
        when=Span(0, 0),
    )  # fmt: skip
    one = person(Record(id=record.id, age=record.age, labs=(*record.labs, holotc)))
    found = firmness(one, run_singles(one, []).result)
    assert found is not None
    assert (found.varied, found.held) == (("vitamin_b12",), ("holotc",))


def test_without_a_number_nothing_is_claimed() -> None:
    nobody = person(Record(id="made by hand", age=Decimal(50)))
    assert firmness(nobody, run_singles(nobody, []).result) is None


@pytest.mark.parametrize("analyte", sorted(knowledge().lexicon["variation"]["analyte"]))
def test_every_variation_names_its_evidence(analyte: str) -> None:
    entry = knowledge().lexicon["variation"]["analyte"][analyte]
    sources = [entry["source"]] if isinstance(entry["source"], str) else entry["source"]
    assert analyte in knowledge().analytes
    assert all(source in knowledge().evidence for source in sources)
    assert entry["status"] in ("verified", "secondary", "derived")
    assert 0 < Decimal(entry["within"]) < 100
