"""Tests spoken of together, conditions that are a statement about a count, numbers written without their unit."""

from __future__ import annotations

import itertools
import tomllib

import pytest
from tests.intake.lab_index import KNOWLEDGE, analytes, index, tree

from cobalens.api import load
from cobalens.intake.casefile import read_case
from cobalens.intake.laboratory.intervals import plausible_bounds
from cobalens.intake.laboratory.units import dimensions_of, parse_for
from cobalens.intake.prose.labtext import labs_in_text
from cobalens.intake.prose.series import PANEL, merge
from cobalens.model.record import Lab

PANELS = tree("lexicon/panels.toml")
WORDS = {"low", "normal", "high", "positive", "negative"}


def said(text: str) -> dict[str, str]:
    found = labs_in_text(text, "note", index()).labs
    return {
        lab.analyte: lab.text if lab.lo is not None or lab.hi is not None else lab.qualitative or ""
        for lab in found
    }


LIVER = PANELS["panel"]["liver"]["normal"]
COUNT = PANELS["panel"]["blood_count"]["normal"]
KIDNEY = PANELS["panel"]["kidney"]["normal"]


@pytest.mark.parametrize(
    ("text", "results"),
    [
        ("LFTs normal", LIVER), ("normal liver tests and blood count", LIVER | COUNT), ("FBC, U&E and LFT all normal", COUNT | KIDNEY | LIVER),
        ("U&Es unremarkable", KIDNEY), ("kidneys fine", KIDNEY), ("CBC wnl", COUNT), ("deranged LFTs", {"alt": "high", "alp": "high"}),
        ("FBC, CRP and TFTs normal", COUNT | {"crp": "normal", "tsh": "normal"}), ("LFTs not done", {}), ("LFTs, please", {}),
        ("renal function poor", {"creatinine": "high", "egfr": "low"}), ("FBC otherwise normal, Hb 98 g/L", COUNT | {"hemoglobin": "98 g/L"}),
        ("low B12, folate normal", {"vitamin_b12": "low", "folate_serum": "normal"}), ("raised MMA and homocysteine", {"mma": "high", "homocysteine": "high"}),
        ("↓Hb ↑MCV", {"hemoglobin": "low", "mcv": "high"}), ("MCV ↑, plts ↓", {"mcv": "high", "platelets": "low"}),
        ("B12 sky high", {"vitamin_b12": "high"}), ("homocysteine through the roof", {"homocysteine": "high"}), ("B12 up to 300", {"vitamin_b12": "300"}),
        ("B12 checked twice, both normal", {"vitamin_b12": "normal"}), ("B12 1.1x ULN", {"vitamin_b12": "high"}),
        ("parietal cell antibody 1:80", {"parietal_cell_antibody": "positive"}), ("B12 in the 300s", {"vitamin_b12": "300-399"}),
        ("MMA .31 umol/L", {"mma": "0.31 umol/L"}), ("Hb 118, WCC 45, plt 88", {"hemoglobin": "118 g/L", "wbc": "45 10*9/L", "platelets": "88 10*9/L"}),
        ("platelets 0.44 lakh", {"platelets": "0.44 lakh"}), ("platelets 1.2 lakhs/cumm", {"platelets": "1.2 lakhs/cumm"}),
        ("is the LFT normal?", {}), ("worried whether LFTs normal", {}),
    ],
)  # fmt: skip
def test_what_a_word_says_of_several_tests_is_said_of_each(text: str, results: dict[str, str]) -> None:
    assert said(text) == results


def test_a_result_of_its_own_wins_over_what_was_said_of_the_panel() -> None:
    own = Lab(analyte="alt", where="labs[0]", text="80 U/L", qualitative="high")
    together = Lab(analyte="alt", where="note", text="normal", qualitative="normal", method=PANEL)
    assert merge((own,), (together,)) == (own,)
    assert merge((), (together, own)) == (own,)


def test_every_panel_names_known_tests_and_words_that_those_tests_understand() -> None:
    tables = [(p["names"], {k: v for k, v in p.items() if k != "names"}) for p in PANELS["panel"].values()]
    tables += [
        (s["phrases"], {k: v for k, v in s.items() if k != "phrases"}) for s in PANELS["said"].values()
    ]
    for names, says in tables:
        assert names == list(dict.fromkeys(names))
        for results in says.values():
            assert set(results) <= set(analytes())
            assert set(results.values()) <= WORDS


def test_the_numbers_that_one_unit_fits_are_possible_numbers_and_never_overlap() -> None:
    for name, bands in PANELS["unitless"].items():
        analyte = analytes()[name]
        ends = []
        for text, (least, most) in bands.items():
            unit = parse_for(text, dimensions_of(analyte))
            assert unit is not None, name
            limits = plausible_bounds(analyte, unit)
            assert limits is not None, name
            assert limits[0] <= index().bands(name)[len(ends)][1] or least == "0"
            assert index().bands(name)[len(ends)][2] <= limits[1], name
            ends.append((float(least), float(most)))
        ends.sort()
        assert all(a[1] < b[0] for a, b in itertools.pairwise(ends)), name
    assert not {"vitamin_b12", "holotc", "folate_serum", "folate_rbc", "mma"} & set(PANELS["unitless"])


def test_the_file_is_plain_toml() -> None:
    assert tomllib.loads((KNOWLEDGE / "lexicon/panels.toml").read_text(encoding="utf-8")) == PANELS


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("Folate deficiency.", {"folate_serum": "low"}),
        ("Iron deficiency anaemia, on iron.", {"ferritin": "low"}),
        ("Neutrophilia.", {"neutrophils": "high"}),
        ("No neutrophilia.", {"neutrophils": "normal"}),
        ("No folate deficiency.", {}),
        ("?iron deficiency", {}),
        ("Previous folate deficiency, resolved.", {}),
        ("Previously iron deficient.", {}),
        ("Iron deficiency, now corrected.", {}),
        ("His mother has folate deficiency.", {}),
        ("Iron deficiency anaemia. Ferritin 88 ug/L.", {"ferritin": "88 ug/L"}),
    ],
)
def test_a_diagnosis_that_says_what_a_test_shows_stands_in_for_it(
    note: str, expected: dict[str, str]
) -> None:
    record = read_case({"facts": {"note": note}}, load().ruleset, None)
    found = {
        lab.analyte: lab.text if lab.lo is not None else lab.qualitative
        for lab in record.labs
        if lab.analyte in {"folate_serum", "ferritin", "neutrophils"}
    }
    assert found == expected


@pytest.mark.parametrize(
    ("note", "low"), [("Anaemia.", True), ("Previous anaemia.", False), ("Anaemia, since corrected.", False)]
)
def test_a_count_that_was_out_of_range_once_says_nothing_of_today(note: str, low: bool) -> None:
    record = read_case({"facts": {"note": note}}, load().ruleset, None)
    assert [lab.qualitative for lab in record.labs if lab.analyte == "hemoglobin"] == ["low"] * low
