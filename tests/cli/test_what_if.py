"""What-if: what can be supposed, what cannot, and the answer before and after."""

from __future__ import annotations

import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from cobalens.api import load
from cobalens.errors import CobalensError
from cobalens.serve.cli import main
from cobalens.serve.whatif import table

DOOR = load()
CASE: dict[str, Any] = {
    "patient": {"age": 67, "sex": "female"},
    "facts": {
        "labs": [
            {"analyte": "vitamin_b12", "value": 195, "unit": "pmol/L", "day": 0},
            {"analyte": "egfr", "value": 88, "unit": "mL/min/1.73m2", "day": 0},
        ],
        "medications": ["metformin"],
    },
}


def what_if(*settings: str, case: dict[str, Any] = CASE) -> Any:
    return DOOR.what_if(case, settings)


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "patient.json"
    path.write_text(json.dumps(CASE), encoding="utf-8")
    return str(path)


def cobalens_says(*arguments: str, columns: int = 80) -> Result:
    return CliRunner().invoke(main, list(arguments), env={"COLUMNS": str(columns)})


@pytest.mark.parametrize(
    ("setting", "deficiency"),
    [
        ("mma=0.55umol/L", "confirmed"),
        ("mma=550 nmol/L", "confirmed"),
        ("MMA=0.10 µmol/L", "unlikely"),
        ("methylmalonic acid=raised", "confirmed"),
        ("active B12=20 pmol/L", "probable"),
        ("vitamin_b12=480 pmol/L", "unlikely"),
        ("vitamin_b12=unknown", "not_assessable"),
        ("age=9", "not_assessable"),
        ("metformin=no", "possible"),
    ],
)
def test_a_supposed_result_or_statement_is_read_as_if_it_stood_in_the_record(
    setting: str, deficiency: str
) -> None:
    found = what_if(setting)
    assert found.before.deficiency == "possible"
    assert found.after.deficiency == deficiency
    assert ("deficiency" in found.changed) == (deficiency != "possible")


def test_what_is_supposed_of_doses_is_read_anew() -> None:
    assert what_if("b12_injection=yes").after.treatment_state == "on"
    assert what_if("cyanocobalamin injections=yes").after.treatment_state == "on"
    on = {**CASE, "facts": {**CASE["facts"], "medications": ["hydroxocobalamin injections every 3 months"]}}
    assert what_if("vitamin B12 injections=no", case=on).after.treatment_state != "on"


def test_a_phrase_can_be_affirmed_denied_or_taken_away() -> None:
    with_feet = {**CASE, "facts": {**CASE["facts"], "symptoms": ["numb feet"]}}
    codes = [
        {one.code for one in what_if(f"numb feet={word}", case=with_feet).findings_lost}
        for word in ("no", "unknown")
    ]
    assert all(codes)
    assert what_if("numb feet=yes").findings_gained


def test_several_things_are_supposed_at_once() -> None:
    found = what_if("mma=0.55umol/L", "egfr=25 mL/min/1.73m2")
    assert [one.value for one in found.set] == ["0.55 umol/L", "25 mL/min/1.73m2"] or len(found.set) == 2
    assert found.after.deficiency != what_if("mma=0.55umol/L").after.deficiency


def test_findings_gained_and_lost_are_those_that_differ() -> None:
    found = what_if("mma=0.55umol/L")
    before, after = ({one.code for one in DOOR.interpret(case).supported()} for case in (CASE, with_mma()))
    assert {one.code for one in found.findings_gained} == after - before
    assert {one.code for one in found.findings_lost} == before - after
    assert all(one.why for one in found.findings_gained)


def with_mma() -> dict[str, Any]:
    mma = {"analyte": "mma", "value": 0.55, "unit": "umol/L", "day": 0}
    return {**CASE, "facts": {**CASE["facts"], "labs": [*CASE["facts"]["labs"], mma]}}


@pytest.mark.parametrize(
    ("setting", "code", "words"),
    [
        ("mma", "setting_not_understood", "name=value"),
        ("mma=", "setting_not_understood", "name=value"),
        ("metfromin=no", "setting_name_unknown", 'Did you mean "metformin"?'),
        ("homocystein level of sorts=3", "setting_name_unknown", "Name a test"),
        ("mma=0.55", "setting_needs_unit", "umol/L"),
        ("mma=0.55 mL/min", "setting_unit_cannot_be", "umol/L"),
        ("vitamin_b12=900000 ng/L", "setting_implausible", "pmol/L"),
        ("metformin=maybe", "setting_value_unknown", "Values: unknown, yes, no."),
        ("numb feet=3", "setting_value_unknown", "Values: yes, no, unknown."),
        ("age=old", "age_impossible", "years"),
        ("age=300", "age_impossible", "years"),
    ],
)
def test_what_cannot_be_supposed_is_refused_with_the_way_to_say_it(
    setting: str, code: str, words: str
) -> None:
    with pytest.raises(CobalensError) as refused:
        what_if(setting)
    assert refused.value.code == code
    assert words in str(refused.value)


def test_a_refusal_exits_with_two(file: str) -> None:
    said = cobalens_says("what-if", file, "--set", "mmaa=0.5umol/L")
    assert said.exit_code == 2
    assert 'Did you mean "mma"?' in said.stderr
    assert said.stdout == ""


def test_in_a_pipe_it_is_plain_text_that_fits(file: str) -> None:
    for columns in (80, 120):
        said = cobalens_says(
            "what-if", file, "--set", "mma=0.55umol/L", "--set", "metformin=no", columns=columns
        )
        assert said.exit_code == 0
        assert said.stdout.startswith("Supposed\n")
        assert "possible → confirmed" in said.stdout
        assert "Said now, and not before" in said.stdout
        assert max(map(len, said.stdout.splitlines())) <= columns
        assert "\x1b" not in said.stdout


@pytest.mark.parametrize("columns", [80, 120])
def test_on_a_terminal_before_and_after_stand_side_by_side(columns: int) -> None:
    found, case = what_if("mma=0.55umol/L"), DOOR.case(DOOR.read(CASE))
    screen = Console(width=columns, file=StringIO(), force_terminal=True, highlight=False)
    screen.print(table(case, found, ("side_before", "side_after")))
    assert isinstance(screen.file, StringIO)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", screen.file.getvalue()).splitlines()
    assert max(map(len, lines)) <= columns
    (line,) = (line for line in lines if line.strip().startswith("Deficiency"))
    assert line.index("possible") < line.index("confirmed")


def test_as_json_it_has_both_sides(file: str) -> None:
    said = cobalens_says("what-if", file, "--set", "mma=0.55umol/L", "--format", "json")
    tree = json.loads(said.stdout)
    assert tree["before"]["deficiency"] == "possible"
    assert tree["after"]["deficiency"] == "confirmed"
    assert tree["set"] == [{"name": "methylmalonic acid (MMA)", "value": "0.55 umol/L"}]
    assert "deficiency" in tree["changed"]
    assert {"findings_gained", "findings_lost", "ruleset", "pack"} <= set(tree)


def test_nothing_is_written_to_the_person_supposed_of(file: str) -> None:
    before = Path(file).read_bytes()
    cobalens_says("what-if", file, "--set", "mma=0.55umol/L")
    assert Path(file).read_bytes() == before
