"""Where answers are written: nothing that is read is lost, no page is taken for another person's, and a wrong place is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cobalens.serve import output_refusals
from cobalens.serve.refusals import cannot_be_written
from tests.cli.test_cli import CASE, cobalens_says, written


@pytest.fixture
def pair(tmp_path: Path) -> list[str]:
    return [written(tmp_path / name, {**CASE, "id": f"Bed {name[0]}"}) for name in ("1.json", "2.json")]


def names(folder: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((folder / "map.json").read_text(encoding="utf-8"))
    return found


MADE = ("output_full", "output_is_read", "pages_stand_there", "no_rulebook", "not_a_site", "not_a_host")


@pytest.mark.parametrize("made", MADE)
def test_every_refusal_of_an_output_teaches(made: str) -> None:
    error = getattr(output_refusals, made)("answers.ndjson")
    assert (error.code, error.where) == (made, "answers.ndjson")
    assert error.problem.endswith(".")
    assert error.next.endswith(".")


@pytest.mark.parametrize("differs", ["sex", "age"])
def test_a_refusal_of_two_people_teaches(differs: str) -> None:
    error = output_refusals.not_one_person("new.json", differs)
    assert differs in error.problem
    assert error.next


@pytest.mark.parametrize("made", ["no_such_day", "no_name", "internal_error"])
def test_every_refusal_of_a_slip_teaches(made: str) -> None:
    error = getattr(output_refusals, made)()
    assert error.code == made
    assert error.likely
    assert error.next


@pytest.mark.parametrize(
    "arguments",
    [
        ("interpret", "{0}", "--format", "json", "--out", "{0}"),
        ("interpret", "{1}", "{0}", "--out", "{0}"),
        ("what-if", "{0}", "--set", "mma=0.55umol/L", "--out", "{0}"),
        ("compare", "{0}", "{1}", "--out", "{1}"),
        ("affected", "{0}", "--old", "shipped", "--new", "shipped", "--out", "{0}"),
    ],
)
def test_what_is_read_is_never_overwritten(pair: list[str], arguments: tuple[str, ...]) -> None:
    before = [Path(one).read_bytes() for one in pair]
    said = cobalens_says(*(one.format(*pair) for one in arguments))
    assert said.exit_code == 2
    assert "would take the place of what is to be read" in said.stderr
    assert [Path(one).read_bytes() for one in pair] == before


def test_nor_by_the_findings_that_stand_beside_a_table(pair: list[str], tmp_path: Path) -> None:
    table = written(tmp_path / "answers-findings.csv", "id,date,test,value,unit\n1,2026-03-01,B12,150,ng/L\n")
    before = Path(table).read_bytes()
    out = str(tmp_path / "answers.csv")
    said = cobalens_says("interpret", table, "--as-of", "2026-03-02", "--format", "csv", "--out", out)
    assert said.exit_code == 2
    assert "would take the place of what is to be read" in said.stderr
    assert Path(table).read_bytes() == before
    assert not Path(out).exists()
    folder = cobalens_says("interpret", pair[0], "--format", "csv", "--out", str(tmp_path))
    assert folder.exit_code == 2
    assert "It is a folder, and the output is one file." in folder.stderr


@pytest.mark.parametrize("form", ["json", "ndjson", "fhir", "hl7", "csv", "xlsx"])
def test_one_file_is_not_written_under_the_name_of_a_folder(
    pair: list[str], tmp_path: Path, form: str
) -> None:
    said = cobalens_says("interpret", pair[0], "--format", form, "--out", f"{tmp_path}/answers/")
    assert said.exit_code == 2
    assert "It is a folder, and the output is one file." in said.stderr
    assert not (tmp_path / "answers").exists()


def test_answers_of_an_earlier_run_in_the_folder_that_is_read_are_no_cases(
    pair: list[str], tmp_path: Path
) -> None:
    out = str(tmp_path / "answers.ndjson")
    assert cobalens_says("interpret", str(tmp_path), "--out", out).exit_code == 0
    first = (tmp_path / "answers.ndjson").read_bytes()
    again = cobalens_says("interpret", str(tmp_path), "--out", out)
    assert again.exit_code == 0
    assert (tmp_path / "answers.ndjson").read_bytes() == first
    other = cobalens_says("interpret", str(tmp_path), "--out", pair[0])
    assert other.exit_code == 2
    assert Path(pair[0]).name in other.stderr


def test_an_earlier_file_stays_where_the_command_is_refused(pair: list[str], tmp_path: Path) -> None:
    out = tmp_path / "out" / "answer.txt"
    assert cobalens_says("interpret", pair[0], "--out", str(out)).exit_code == 0
    before = out.read_bytes()
    assert cobalens_says("interpret", pair[0], "--as-of", "31/31/2026", "--out", str(out)).exit_code == 2
    assert cobalens_says("interpret", str(tmp_path / "none.json"), "--out", str(out)).exit_code == 2
    assert out.read_bytes() == before


def test_a_folder_that_is_there_takes_one_person_as_it_takes_several(pair: list[str], tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    for out in (f"{tmp_path}/there", f"{tmp_path}/new/"):
        assert cobalens_says("interpret", pair[0], "--out", out).exit_code == 0
        assert names(Path(out)) == {"0001.txt": "Bed 1"}


@pytest.mark.parametrize("form", ["json", "ndjson", "fhir", "csv", "xlsx", "hl7"])
def test_one_file_is_not_written_over_a_folder(pair: list[str], tmp_path: Path, form: str) -> None:
    (tmp_path / "there").mkdir()
    said = cobalens_says("interpret", *pair, "--format", form, "--out", str(tmp_path / "there"))
    assert said.exit_code == 2
    assert "It is a folder" in said.stderr
    assert not list((tmp_path / "there").iterdir())


@pytest.mark.parametrize(
    "command",
    [
        ("cohort", "run", "{0}", "--out", ""),
        ("cohort", "run", "", "--out", "{0}.out"),
        ("cohort", "run", "{0}", "--out", "{0}.out", "--mapping", ""),
        ("cohort", "report", ""),
        ("cohort", "report", "{0}", "--results", " "),
        ("interpret", "{0}", "--mapping", ""),
        ("rulebook", "--out", ""),
        ("serve", "--host", ""),
        ("serve", "--rulebook", ""),
    ],
)
def test_an_empty_name_is_neither_this_folder_nor_every_address_nor_no_wish(
    pair: list[str], command: tuple[str, ...]
) -> None:
    said = cobalens_says(*(one.format(*pair) for one in command))
    assert (said.exit_code, said.stdout) == (2, "")
    assert "The name is empty" in said.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("interpret", "{0}"),
        ("interpret", "{0}", "{1}", "--format", "text"),
        ("what-if", "{0}", "--set", "mma=0.55umol/L"),
        ("compare", "{0}", "{1}"),
        ("questionnaire",),
    ],
)
def test_a_dash_is_standard_output_and_an_empty_name_is_refused(
    pair: list[str], command: tuple[str, ...]
) -> None:
    asked = [one.format(*pair) for one in command]
    usual = cobalens_says(*asked)
    assert usual.stdout
    assert cobalens_says(*asked, "--out", "-").stdout == usual.stdout
    for name in ("", " "):
        said = cobalens_says(*asked, "--out", name)
        assert (said.exit_code, said.stdout) == (2, "")
        assert "The name is empty" in said.stderr


def test_a_file_where_a_folder_would_have_to_be_is_told(pair: list[str], tmp_path: Path) -> None:
    written(tmp_path / "file", "x")
    said = cobalens_says("interpret", *pair, "--format", "text", "--out", str(tmp_path / "file"))
    assert said.exit_code == 2
    assert cannot_be_written("").likely in said.stderr


def test_pages_of_an_earlier_run_do_not_stand_among_the_new_ones(pair: list[str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    pages = ("--format", "text", "--out", str(out))
    assert cobalens_says("interpret", *pair, *pages).exit_code == 0
    assert cobalens_says("interpret", pair[1], *pages).exit_code == 0
    assert names(out) == {"0001.txt": "Bed 2"}
    assert sorted(path.name for path in out.iterdir()) == ["0001.txt", "map.json"]


def test_pages_of_another_kind_stay_and_stay_named(pair: list[str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert cobalens_says("interpret", *pair, "--format", "text", "--out", str(out)).exit_code == 0
    (out / "0001.txt").rename(out / "0001.html")
    written(out / "map.json", {"0001.html": "Bed 1", "0002.txt": "Bed 2"})
    assert cobalens_says("interpret", pair[1], "--format", "text", "--out", str(out)).exit_code == 0
    assert names(out) == {"0001.html": "Bed 1", "0001.txt": "Bed 2"}


@pytest.mark.parametrize("map_there", [None, "{", '{"../../patient.json": "x"}', "[]"])
def test_numbered_files_that_no_map_names_are_left_alone(
    pair: list[str], tmp_path: Path, map_there: str | None
) -> None:
    out = tmp_path / "out"
    written(out / "0001.txt", "somebody's")
    if map_there is not None:
        written(out / "map.json", map_there)
    said = cobalens_says("interpret", *pair, "--format", "text", "--out", str(out))
    assert said.exit_code == 2
    assert "numbered files" in said.stderr
    assert (out / "0001.txt").read_text(encoding="utf-8") == "somebody's"


def test_a_map_of_somebody_else_gives_nothing_away(pair: list[str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    written(out / "0007.txt", "Seen today. B12 150 ng/L.")
    written(out / "map.json", {"0007.txt": "Bed 7"})
    said = cobalens_says("interpret", *pair, "--format", "text", "--out", str(out))
    assert said.exit_code == 2
    assert "not known as pages of this program" in said.stderr
    assert (out / "0007.txt").read_text(encoding="utf-8") == "Seen today. B12 150 ng/L."
    read = cobalens_says("interpret", str(out))
    assert json.loads(read.stdout)["id"] == "0007.txt"
    assert "answers of this program 1" in read.stderr


@pytest.mark.parametrize("form", ["text", "html", "pdf"])
def test_pages_of_every_kind_are_known_and_give_way_to_new_ones(
    pair: list[str], tmp_path: Path, form: str
) -> None:
    out = tmp_path / "out"
    bad = written(tmp_path / "b.json", "{")
    for given in ([*pair, bad], pair[1:]):
        assert cobalens_says("interpret", *given, "--format", form, "--out", f"{out}/").exit_code == 0
    assert list(names(out).values()) == ["Bed 2"]
    assert len(list(out.iterdir())) == 2


def test_a_person_who_cannot_be_read_has_a_place_in_the_map(tmp_path: Path) -> None:
    good, bad = written(tmp_path / "a.json", CASE), written(tmp_path / "b.json", "{")
    out = tmp_path / "out"
    assert cobalens_says("interpret", good, bad, "--format", "text", "--out", str(out)).exit_code == 0
    assert names(out) == {"0001.txt": "a.json", "0002.error.json": "b.json"}


def test_a_list_of_answers_written_to_a_file_is_one_value(pair: list[str], tmp_path: Path) -> None:
    out = tmp_path / "answers.json"
    said = cobalens_says("interpret", *pair, "--format", "json", "--out", str(out))
    assert said.exit_code == 0
    assert [one["id"] for one in json.loads(out.read_bytes())] == ["Bed 1", "Bed 2"]
    assert out.read_text(encoding="utf-8") == cobalens_says("interpret", *pair, "--format", "json").stdout


def test_whoever_cannot_be_read_is_an_operation_outcome_among_lines_of_fhir(tmp_path: Path) -> None:
    good, bad = written(tmp_path / "a.json", CASE), written(tmp_path / "b.json", '{"patient": 1')
    said = cobalens_says("interpret", good, bad, "--format", "fhir")
    first, second = (json.loads(line) for line in said.stdout.splitlines())
    assert [one["resourceType"] for one in (first, second)] == ["Bundle", "OperationOutcome"]
    (issue,) = second["issue"]
    told = {one["url"].rpartition(":")[2]: one["valueString"] for one in issue["extension"]}
    plain = json.loads(cobalens_says("interpret", good, bad).stdout.splitlines()[1])
    assert told["id"] == plain["id"] == "b.json"
    assert {"code": issue["details"]["coding"][0]["code"], "problem": issue["details"]["text"]} == {
        name: plain["error"][name] for name in ("code", "problem")
    }
    assert all(told[name] == plain["error"][name] for name in ("where", "likely", "next"))


def test_one_who_cannot_be_read_is_one_too_and_the_command_is_refused(tmp_path: Path) -> None:
    said = cobalens_says("interpret", written(tmp_path / "b.json", "{"), "--format", "fhir")
    assert said.exit_code == 2
    assert json.loads(said.stdout)["resourceType"] == "OperationOutcome"


def test_a_fault_of_the_program_costs_one_person_and_tells_no_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cobalens.serve import batch

    judged = batch.judged

    def faulty(door: Any, record: Any, called: str, show_reading: bool) -> Any:
        if called == "b.json":
            raise KeyError("73519 Quetzalcoatl")
        return judged(door, record, called, show_reading)

    monkeypatch.setattr(batch, "judged", faulty)
    paths = [written(tmp_path / name, CASE) for name in ("a.json", "b.json", "c.json")]
    said = cobalens_says("interpret", *paths, "--strict")
    told = [json.loads(line) for line in said.stdout.splitlines()]
    assert [one["id"] for one in told] == ["a.json", "b.json", "c.json"]
    assert told[1]["error"]["code"] == "internal_error"
    assert said.exit_code == 1
    assert "KeyError" in said.stderr
    assert "73519" not in said.stderr + said.stdout
    alone = cobalens_says("interpret", paths[1])
    assert alone.exit_code == 2
    assert "fault of its own" in alone.stderr
    assert "73519" not in alone.stderr


@pytest.mark.parametrize(
    "command", [("explain",), ("what-if", "--set", "mma=0.55umol/L"), ("interpret", "--format", "fhir")]
)
def test_a_fault_of_the_program_is_told_by_its_place_and_never_by_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    def faulty(*_: Any, **__: Any) -> Any:
        raise KeyError("73519 Quetzalcoatl")

    for place in (
        "cobalens.report.explain.explain",
        "cobalens.report.difference.what_if",
        "cobalens.report.fhir.bundle",
    ):
        monkeypatch.setattr(place, faulty)
    said = cobalens_says(command[0], written(tmp_path / "a.json", CASE), *command[1:])
    assert said.exit_code == 1
    assert "KeyError" in said.stderr
    assert "fault of its own" in said.stderr
    assert "73519" not in said.stderr + said.stdout


@pytest.mark.parametrize("form", ["json", "text", "html", "pdf", "fhir", "hl7", "csv", "xlsx"])
def test_the_clock_has_no_part_in_what_is_written(
    pair: list[str], tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time as clock

    now = clock.time
    said = []
    for later in (0, 86_400.0):
        monkeypatch.setattr("time.time", lambda later=later: now() + later)
        out = tmp_path / f"{later}.{form}"
        assert cobalens_says("interpret", pair[0], "--format", form, "--out", str(out)).exit_code == 0
        said.append(out.read_bytes())
        clock.sleep(1.1 if form == "xlsx" else 0)
    assert said[0] == said[1]
