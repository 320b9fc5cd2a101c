"""From raw events to answers: everybody is answered as alone, from every kind of source, and nobody is lost on the way."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from cobalens.engines.keeping import copied
from cobalens.intake.timelines.canonical import scales_for
from cobalens.serve.cohort import runner as cohort
from cobalens.serve.cohort.omop import facts_text, notice
from cobalens.serve.cohort.people import shape_of
from cobalens.serve.cohort.run import Wanted
from tests.cohort.command import fills_the_disk, gathered, killed
from tests.cohort.facts_harness import canonical_rows, loaded
from tests.cohort.facts_people import Maker
from tests.cohort.lines_of_people import DAY, alone, in_run, lines_of, worked, write_lines
from tests.cohort.omop_people import DAY_OF_DECISION, bundle, people, write
from tests.cohort.omop_people import omop as as_omop
from tests.cohort.rules_agreement import DOOR, RULES

FEW = dict(list(worked().items())[:24])


def wanted(source: Path | str, out: Path, index: str = DAY, **options: object) -> Wanted:
    return Wanted(source=str(source), out=str(out), pack=DOOR.pack.name, index=index, threads=1, **options)  # type: ignore[arg-type]


def aside(out: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (out / "quarantine.ndjson").read_text().splitlines()]


def kept_bytes(out: Path) -> dict[str, bytes]:
    """All that a run leaves but its own account, which holds times."""
    files = sorted(path for path in out.rglob("*") if path.is_file() and path.suffix != ".json")
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in files}


# --- The same answers ---------------------------------------------------------------------------------------------


def test_every_worked_case_as_lines_of_fhir_is_answered_as_alone(tmp_path: Path) -> None:
    found = worked()
    source = write_lines(found, tmp_path / "export" / "all.ndjson")
    assert cohort.run(wanted(source.parent, tmp_path / "out"), quiet=True) == 0
    said = in_run(tmp_path / "out")
    assert said.keys() == found.keys()
    differ = []
    for person, case in found.items():
        one = "\n".join(lines_of({person: case})).encode()
        if said[person] != (alone(DOOR, one, DAY), DAY):
            differ.append(person)
    print(f"{len(found)} people as lines of FHIR, {len(differ)} differences")
    assert differ == []


@pytest.mark.parametrize("index", [DAY_OF_DECISION.isoformat(), "latest"])
def test_people_of_an_omop_instance_are_answered_as_their_bundles(tmp_path: Path, index: str) -> None:
    found = {str(one["id"]): one for one in people(30, seed=9)}
    write(as_omop(list(found.values())), tmp_path / "cdm")
    assert cohort.run(wanted(tmp_path / "cdm", tmp_path / "out", index), quiet=True) == 0
    said = in_run(tmp_path / "out")
    assert len(said) == len(found) or index == "latest"
    differ = [who for who, (one, day) in said.items() if one != alone(DOOR, bundle(found[who]), day)]
    print(f"{len(said)} people of an OMOP instance, {len(differ)} differences")
    assert said
    assert differ == []


def test_people_with_hostile_histories_are_answered_as_alone(tmp_path: Path) -> None:
    maker = Maker(RULES, scales_for(RULES, DOOR.pack), 77)
    records = [maker.person(f"h{n:03}") for n in range(60)]
    base = loaded(canonical_rows(records, RULES, DOOR.pack), RULES)
    base.execute(
        "CREATE TABLE judged AS SELECT person_id AS run_id, person_id, index_day, NULL::BOOLEAN AS died FROM person"
    )
    shape = shape_of(RULES, DOOR.pack, DOOR.others)
    notice(base, DOOR, shape)
    (tmp_path / "in").mkdir()
    copied(base, facts_text(base, DOOR, shape), tmp_path / "in" / "facts.parquet")
    assert cohort.run(wanted(tmp_path / "in", tmp_path / "out"), quiet=True) == 0
    said = in_run(tmp_path / "out")
    # What reading a source would have noticed of a result is not in a record that was never read from one.
    problems = {"data_quality:unit_missing", "data_quality:unit_implausible"}
    differ = []
    for one in records:
        answer, deficiency, codes = said[one.id][0]
        expected = alone(DOOR, one, None)
        if (answer, deficiency) != expected[:2] or set(codes) - problems != set(expected[2]) - problems:
            differ.append(one.id)
    print(f"{len(records)} hostile histories, {len(differ)} differences")
    assert differ == []


def test_a_table_is_read_as_a_whole_and_each_person_answered_as_alone(tmp_path: Path) -> None:
    rows = ["patient id,age,sex,test,result,unit,date"]
    for n in range(20):
        rows.append(f"t{n},{40 + n},female,Vitamin B12,{90 + 40 * n},pg/mL,2026-01-{n + 1:02}")
        rows.append(f"t{n},{40 + n},female,MMA,{0.1 + n / 20:.2f},umol/L,2026-01-{n + 1:02}")
    source = tmp_path / "results.csv"
    source.write_text("\n".join(rows))
    for index in ("2026-02-01", "latest"):
        out = tmp_path / index
        assert cohort.run(wanted(source, out, index), quiet=True) == 0
        said = in_run(out)
        assert len(said) == 20
        for n in range(20):
            one, day = said[f"t{n}"]
            assert day == ("2026-02-01" if index == "2026-02-01" else f"2026-01-{n + 1:02}")
            record = next(r for r in DOOR.read_many(source.read_bytes(), day) if r.id == f"t{n}")
            assert one == alone(DOOR, record, None)
    held = duckdb.sql(f"SELECT COUNT(*), COUNT(DISTINCT person_id) FROM '{tmp_path}/latest/results.parquet'")
    assert held.fetchall() == [(40, 20)]


# --- Mistreatment -------------------------------------------------------------------------------------------------


def test_a_line_that_cannot_be_read_is_named_by_place_and_reason_and_the_rest_is_answered(
    tmp_path: Path,
) -> None:
    lines = lines_of(FEW)
    bad = [
        lines[5][: len(lines[5]) // 2],
        '{"resourceType": "Observation", "status": "final"}',
        '{"resourceType": 7}',
        '{"id": "x"}',
        "\ufffd\x00",
    ]
    source = tmp_path / "export.ndjson"
    source.write_text("\n".join([*lines, *bad]))
    out = tmp_path / "out"
    assert cohort.run(wanted(source, out), quiet=True) == 0
    assert in_run(out).keys() == FEW.keys()
    reasons = {one["line"]: one["reason"] for one in aside(out)}
    first = len(lines) + 1
    assert reasons == {
        first: "not complete JSON",
        first + 1: "no person named",
        first + 2: "a field of the wrong type",
        first + 3: "no resource type",
        first + 4: "not complete JSON",
    }
    assert {one["file"] for one in aside(out)} == {"export.ndjson"}
    assert sum(cohort.json.decode((out / "run.json").read_bytes())["gathered"].values()) == len(bad)


def test_lines_of_files_with_one_name_in_two_folders_are_told_apart(tmp_path: Path) -> None:
    lines = lines_of(FEW)
    places = ("2024/all.ndjson", "2025/all.ndjson", "2025/more.ndjson")
    for number, name in enumerate(places):
        (tmp_path / "export" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "export" / name).write_text("\n".join([*lines[number::3], '{"id": "x"}']))
    out = tmp_path / "out"
    assert cohort.run(wanted(tmp_path / "export", out), quiet=True) == 0
    assert in_run(out).keys() == FEW.keys()
    assert [one["file"] for one in aside(out)] == ["2024/all.ndjson", "2025/all.ndjson", "more.ndjson"]


def test_a_number_beyond_any_size_is_no_result_and_loses_nobody(tmp_path: Path) -> None:
    lines = lines_of(FEW)
    first = next(iter(FEW))
    result = {"resourceType": "Observation", "status": "final", "subject": {"reference": f"Patient/{first}"}}
    result |= {"code": {"text": "vitamin B12"}, "valueQuantity": {"value": 0, "unit": "ng/L"}}
    lines.append(json.dumps(result).replace('"value": 0', '"value": 1e9999999999999999999'))
    source = tmp_path / "export.ndjson"
    source.write_text("\n".join(lines))
    out = tmp_path / "out"
    assert cohort.run(wanted(source, out), quiet=True) == 0
    assert in_run(out).keys() == FEW.keys()
    assert aside(out) == []


def test_a_run_that_is_killed_while_reading_goes_on_and_ends_with_the_same_bytes(tmp_path: Path) -> None:
    source = write_lines(worked(), tmp_path / "export.ndjson")
    options = {"partitions": 8}
    assert cohort.run(wanted(source, tmp_path / "whole", **options), quiet=True) == 0
    out = tmp_path / "out"
    asked = ("--index", DAY, "--partitions", "8", "--threads", "1")
    assert killed(source, out, *asked, reached=gathered, stop=2) < 8
    assert not (out / "run.json").exists()
    assert cohort.run(wanted(source, out, resume=True, **options), quiet=True) == 0
    assert kept_bytes(out) == kept_bytes(tmp_path / "whole")
    assert not (out / "gathering").exists()


def test_a_run_that_is_killed_while_its_parts_are_put_together_loses_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_lines(FEW, tmp_path / "export.ndjson")
    options = {"partitions": 4}
    assert cohort.run(wanted(source, tmp_path / "whole", **options), quiet=True) == 0
    moved: list[Path] = []
    replace = Path.replace

    def stopped(self: Path, target: Path) -> Path:
        if target.parent.name == "results.parquet":
            moved.append(target)
            if len(moved) == 3:
                raise KeyboardInterrupt
        return replace(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", stopped)
        with pytest.raises(KeyboardInterrupt):
            cohort.run(wanted(source, tmp_path / "out", **options), quiet=True)
    assert len(list((tmp_path / "out" / "results.parquet").iterdir())) == 2
    assert cohort.run(wanted(source, tmp_path / "out", resume=True, **options), quiet=True) == 0
    assert kept_bytes(tmp_path / "out") == kept_bytes(tmp_path / "whole")
    assert len(list((tmp_path / "out" / "results.parquet").iterdir())) == 4


def test_a_full_disk_is_said_and_the_run_goes_on_when_there_is_room(tmp_path: Path) -> None:
    source, out = write_lines(FEW, tmp_path / "export.ndjson"), tmp_path / "out"
    fills_the_disk(source, out, "--index", DAY, "--threads", "1", room=60_000)
    assert cohort.run(wanted(source, out, resume=True), quiet=True) == 0
    assert in_run(out).keys() == FEW.keys()


def test_a_broken_file_of_an_omop_instance_is_refused_without_its_content(tmp_path: Path) -> None:
    folder = write(as_omop(people(20, seed=4)), tmp_path / "cdm")
    place = folder / "measurement.parquet"
    whole = place.read_bytes()
    place.write_bytes(whole[:60] + b"\xff" * 400 + whole[460:])
    out = tmp_path / "out"
    with pytest.raises(cohort.CobalensError) as refused:
        cohort.run(wanted(folder, out, DAY_OF_DECISION.isoformat()), quiet=True)
    assert refused.value.code == "omop_table_unreadable"
    place.write_bytes(whole)
    again = wanted(folder, out, DAY_OF_DECISION.isoformat(), resume=True)
    assert cohort.run(again, quiet=True) == 0
    assert len(in_run(out)) == 20


def test_what_is_no_source_and_no_day_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(cohort.CobalensError) as refused:
        cohort.run(wanted(tmp_path / "empty", tmp_path / "out"), quiet=True)
    assert refused.value.code == "no_cohort"
    source = write_lines(dict(list(FEW.items())[:1]), tmp_path / "one.ndjson")
    with pytest.raises(cohort.CobalensError) as refused:
        cohort.run(wanted(source, tmp_path / "out", "tomorrow"), quiet=True)
    assert refused.value.code == "no_index"
