"""What is handed out about one person keeps its promises: shape, order, statuses, sources, and silence about children."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

import cobalens
from cobalens.api import load
from cobalens.model import interpretation as model
from cobalens.report.words import short

SRC = Path(cobalens.__file__).parent
EXAMPLE = SRC / "examples" / "published-case.json"
SCHEMA = json.loads((SRC / "schema" / "interpretation.schema.json").read_text(encoding="utf-8"))


def b12(value: float | None, unit: str | None = "ng/L", **more: Any) -> dict[str, Any]:
    return {"analyte": "vitamin_b12", "value": value, "unit": unit, "day": 0, **more}


def lab(analyte: str, value: float, unit: str, **more: Any) -> dict[str, Any]:
    return {"analyte": analyte, "value": value, "unit": unit, "day": 0, **more}


def person(age: int | None = 62, sex: str = "female", **facts: Any) -> dict[str, Any]:
    return {"patient": {"age": age, "sex": sex}, "facts": facts}


PEOPLE = {
    "nothing but a number": person(labs=[b12(640)]),
    "no number": person(symptoms=["tired"]),
    "low, with numb feet": person(labs=[b12(120)], symptoms=["numb feet"], medications=["metformin"]),
    "high, with a bad liver": person(
        labs=[b12(1900, ref_low=200, ref_high=900), lab("alt", 190, "U/L")], conditions=["liver cirrhosis"]
    ),
    "no unit": person(labs=[b12(300, None)]),
    "a child": person(age=9, labs=[b12(90)], symptoms=["pale"]),
    "red flags": person(labs=[b12(420)], symptoms=["unsteady gait", "loss of bladder control"]),
    "dosed": person(
        labs=[b12(1800)],
        medications=[{"name": "hydroxocobalamin injection", "route": "intramuscular", "start_day": -30}],
        conditions=["total gastrectomy"],
    ),
    "words nobody knows": person(labs=[b12(200)], symptoms=["flurgle of the left wibble"]),
}


@pytest.fixture(scope="module", params=list(PEOPLE))
def said(request: pytest.FixtureRequest) -> model.Interpretation:
    return cobalens.interpret(PEOPLE[request.param])


def as_json(said: model.Interpretation) -> Any:
    return json.loads(msgspec.json.encode(said))


def test_the_json_meets_the_shipped_schema(said: model.Interpretation) -> None:
    jsonschema.validate(as_json(said), SCHEMA, cls=jsonschema.Draft202012Validator)


def test_the_schema_names_every_field_that_is_handed_out() -> None:
    for name, part in {**SCHEMA["$defs"], "Interpretation": SCHEMA}.items():
        fields = {field.encode_name for field in msgspec.structs.fields(getattr(model, name))}
        assert set(part["properties"]) == fields, name


def test_every_code_stands_once_and_in_reading_order(said: model.Interpretation) -> None:
    codes = [one.code for one in said.findings]
    assert len(codes) == len(set(codes))
    order: dict[str, int] = {}
    for table in load().ruleset.tables:
        if table.kind == "collect":
            for row in table.rows:
                for code in row.then:
                    order.setdefault(code, len(order))
    places = [order[code] for code in codes]
    assert places == sorted(places)


def test_what_is_supported_has_a_reason_a_row_and_a_source(said: model.Interpretation) -> None:
    for one in said.supported():
        assert one.why, one.code
        assert one.row, one.code
        assert one.sources, one.code
        assert one.verification, one.code


def test_what_is_not_supported_gives_no_reason_for_itself(said: model.Interpretation) -> None:
    for one in said.findings:
        if one.status != "supported":
            assert (one.why, one.row, one.facts) == ("", (), ()), one.code
        assert bool(one.waiting_for) == (one.status == "not_looked_for") or one.status == "supported"


def test_a_fact_names_its_place_in_the_input(said: model.Interpretation) -> None:
    for one in said.supported():
        for fact in one.facts:
            assert fact.from_ or fact.value == "unknown" or fact.note, (one.code, fact.fact)


def test_a_limit_names_pack_unit_number_and_status(said: model.Interpretation) -> None:
    statuses = {"verified", "secondary", "derived", "memory", "proposal"}
    for one in said.supported():
        for limit in one.thresholds:
            assert limit.pack in load().ruleset.packs
            assert float(limit.value) >= 0
            assert limit.unit
            assert limit.status in statuses


def test_at_most_five_next_tests_each_asked_for_or_worth_something(said: model.Interpretation) -> None:
    codes = {one.code for one in said.supported()}
    assert len(said.next_tests) <= 5
    for test in said.next_tests:
        assert (test.code in codes) == test.asked
        assert test.worth is None or 0 < test.worth <= 1
        assert test.asked or test.worth


def test_pack_year_and_verification_stand_in_every_text(said: model.Interpretation) -> None:
    for text in (said.text.note, said.text.clinician, said.text.lab_comment):
        assert "NICE NG239 (2024)" in text
        assert any(word in text for word in ("verified", "secondary", "no limit was used"))
    assert "NICE NG239 (2024)" in said.text.patient


def test_the_note_has_six_lines_and_the_comment_at_most_three(said: model.Interpretation) -> None:
    assert len(said.text.note.splitlines()) == 6
    assert 1 <= len(said.text.lab_comment.splitlines()) <= 3


def test_the_patient_page_ends_in_the_question_and_offers_guidance(said: model.Interpretation) -> None:
    text = said.text.patient
    assert "Is this a deficiency needing replacement, or a biomarker needing interpretation?" in text
    assert text.count("Bring the full picture") == 1


def test_no_sentence_is_left_unfilled(said: model.Interpretation) -> None:
    for text in msgspec.structs.astuple(said.text):
        assert "layout:" not in text
        assert "{" not in text
        assert "None" not in text


def test_a_child_gets_no_adult_reading() -> None:
    said = cobalens.interpret(PEOPLE["a child"])
    assert (said.answer, said.deficiency) == ("undetermined", "not_assessable")
    assert {one.code.split(":")[0] for one in said.findings} <= {"scope", "data_quality"}
    assert [one.code for one in said.supported()] == ["scope:paediatric_refer"]
    assert not said.next_tests
    assert not said.missing
    for text in msgspec.structs.astuple(said.text):
        shown = text.replace(short(said.ruleset), "")
        assert "180" not in shown
        assert "133" not in shown
    assert "folic acid is not given alone" in said.text.clinician


def test_low_steps_and_high_questions_are_told_apart() -> None:
    low = cobalens.interpret(PEOPLE["low, with numb feet"]).text.patient
    high = cobalens.interpret(PEOPLE["high, with a bad liver"]).text.patient
    assert "three steps" in low
    assert "four questions" not in low
    assert "four questions" in high
    assert "three steps" not in high


def test_whoever_is_not_short_of_b12_and_has_it_for_life_is_told_why() -> None:
    labs = [b12(620), lab("mma", 0.2, "umol/L"), lab("egfr", 80, "mL/min/1.73m2")]
    treated = {"labs": labs, "medications": ["hydroxocobalamin injections every 3 months since 2019"]}
    without_stomach = cobalens.interpret(
        person(**treated, procedures=["total gastrectomy in 2018"])
    ).text.patient
    assert "B12 for life" in without_stomach
    assert "An operation on the stomach:" in without_stomach
    on_metformin = cobalens.interpret(
        person(labs=labs, medications=["metformin 1 g twice daily for 6 years"])
    )
    assert "Metformin treats diabetes" not in on_metformin.text.patient


def test_a_same_day_sign_comes_before_everything_else() -> None:
    text = cobalens.interpret(PEOPLE["red flags"]).text
    assert text.clinician.index("Same-day assessment") < text.clinician.index("\nWhy\n")
    assert "stroke" in text.clinician
    assert "Same-day assessment" in text.lab_comment


def test_what_was_not_understood_is_listed() -> None:
    said = cobalens.interpret(PEOPLE["words nobody knows"])
    assert said.not_understood
    assert "wibble" in said.text.clinician


def test_a_missing_test_that_would_decide_is_named() -> None:
    said = cobalens.interpret(person(labs=[b12(250)], symptoms=["numb feet"]))
    assert "mma" in {one.fact.removesuffix("_range") for one in said.missing}
    assert all(set(one.for_) for one in said.missing)


def test_a_test_that_was_done_is_not_called_missing() -> None:
    done = [b12(250), lab("mma", 0.2, "umol/L"), lab("egfr", 80, "mL/min/1.73m2")]
    said = cobalens.interpret(person(labs=done))
    facts = load().ruleset.facts
    analytes = {facts[one.fact].of[0] for one in said.missing if one.fact in facts and facts[one.fact].lab}
    assert not analytes & {"vitamin_b12", "mma", "egfr"}


def test_regimens_are_quoted_for_the_prescriber_to_confirm() -> None:
    text = cobalens.interpret(EXAMPLE).text.clinician
    section = text[text.index("Published regimens") :]
    assert "Prescriber to confirm." in section


def test_memory_and_proposal_are_marked() -> None:
    for case in PEOPLE.values():
        said = cobalens.interpret(case)
        shown = [
            one for one in said.supported() if not one.quiet and one.code.startswith(("action:", "cause:"))
        ]
        for one in shown:
            line = next(
                line for line in said.text.clinician.splitlines() if line.startswith(f"- {one.title}")
            )
            marked = "[from memory" in line or "[this project's proposal]" in line
            assert marked == (one.verification in ("memory", "proposal")), one.code


def test_the_example_is_the_published_deficiency() -> None:
    said = cobalens.interpret(EXAMPLE)
    assert (said.answer, said.deficiency) == ("deficiency", "confirmed")
    codes = {one.code for one in said.supported()}
    assert {"urgency:immediate", "route:intramuscular", "interpretation:normal_mma_does_not_exclude"} <= codes


def test_another_primary_pack_is_named() -> None:
    said = cobalens.interpret(EXAMPLE, pack="afp-2025")
    assert said.pack == "afp-2025"
    assert "American Family Physician 2025 (2025)" in said.text.note
    assert all(one.pack != "afp-2025" for one in said.packs)


def test_how_the_input_was_read_is_shown_on_request_only() -> None:
    assert "reading" not in as_json(cobalens.interpret(EXAMPLE))
    shown = load().interpret(EXAMPLE, show_reading=True)
    assert any(one["from"] == "symptoms[0]" for one in as_json(shown)["reading"])


def test_the_same_input_gives_the_same_bytes() -> None:
    code = (
        "import sys, msgspec, cobalens; "
        "sys.stdout.buffer.write(msgspec.json.encode(cobalens.interpret(sys.argv[1])))"
    )
    outputs = set()
    for seed, zone in (("0", "UTC"), ("1", "Asia/Tokyo"), ("4711", "America/Los_Angeles")):
        env = os.environ | {"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": "C.UTF-8"}
        command = [sys.executable, "-c", code, str(EXAMPLE)]
        outputs.add(subprocess.run(command, env=env, capture_output=True, check=True).stdout)
    assert len(outputs) == 1
