"""Files packed by gzip are read like others: same answers and places, whole or set aside, in bounds, and never twice."""

from __future__ import annotations

import csv
import gzip
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from cobalens.errors import CobalensError
from cobalens.model.primary import PRIMARY
from cobalens.serve.cohort import packed
from cobalens.serve.cohort import runner as cohort
from cobalens.serve.cohort.run import Wanted
from tests.cohort.command import fills_the_disk, killed
from tests.cohort.lines_of_people import DAY, lines_of, said_in, worked
from tests.cohort.omop_people import DAY_OF_DECISION, people, write
from tests.cohort.omop_people import omop as as_omop

FEW = dict(list(worked().items())[:12])
HEADINGS = "patient id,test,result,unit,date\n"


def run(source: Path, out: Path, index: str = DAY, **more: object) -> dict[str, Any]:
    wanted = Wanted(source=str(source), out=str(out), pack=PRIMARY, index=index, threads=1, **more)  # type: ignore[arg-type]
    assert cohort.run(wanted, quiet=True) == 0
    found: dict[str, Any] = json.loads((out / "run.json").read_text())
    return found


def aside(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "quarantine.ndjson").read_text().splitlines()]


def refused(source: Path, out: Path, index: str = DAY, **more: object) -> CobalensError:
    with pytest.raises(CobalensError) as found:
        run(source, out, index, **more)
    return found.value


def pack(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content, mtime=0))
    return path


def export(folder: Path, ending: str) -> Path:
    """A bulk export of a few people, a file for each kind of resource, with a broken line."""
    kinds: dict[str, list[str]] = {}
    for line in lines_of(FEW):
        kinds.setdefault(json.loads(line)["resourceType"], []).append(line)
    kinds["Observation"].insert(3, '{"resourceType": "Observation", "status": "final"}')
    for kind, lines in kinds.items():
        content = "\n".join(lines).encode() + b"\n"
        if ending.endswith(".gz"):
            pack(folder / f"{kind}{ending}", content)
        else:
            folder.mkdir(exist_ok=True)
            (folder / f"{kind}{ending}").write_bytes(content)
    return folder


def results(person: str, value: int) -> bytes:
    return f"{HEADINGS}{person},Vitamin B12,{value},pg/mL,2026-01-05\n".encode()


# --- The same as unpacked -------------------------------------------------------------------------------------------


def test_packed_lines_say_what_the_same_lines_say_and_places_are_told_by_the_packed_file(
    tmp_path: Path,
) -> None:
    loose = run(export(tmp_path / "loose", ".ndjson"), tmp_path / "one")
    told = run(export(tmp_path / "packed", ".ndjson.gz"), tmp_path / "two")
    assert said_in(tmp_path / "two") == said_in(tmp_path / "one")
    assert pq.read_table(tmp_path / "two/facts.parquet") == pq.read_table(tmp_path / "one/facts.parquet")
    assert [(one["file"], one["line"]) for one in aside(tmp_path / "two")] == [("Observation.ndjson.gz", 4)]
    for name in ("people", "people_judged", "lines", "gathered", "files_not_read", "answers"):
        assert told[name] == loose[name]
    sizes = {
        path.name: [path.stat().st_size, (tmp_path / "loose" / path.stem).stat().st_size]
        for path in (tmp_path / "packed").iterdir()
    }
    assert told["files_unpacked"] == sizes
    assert loose["files_unpacked"] == told["files_aside"] == {}
    assert not (tmp_path / "two/gathering").exists()


@pytest.mark.parametrize("inside", [True, False])
def test_a_packed_table_is_read_alone_and_in_a_folder(tmp_path: Path, inside: bool) -> None:
    source = pack(tmp_path / "export/2026/results.csv.gz", results("p1", 150))
    told = run(source if inside else tmp_path / "export", tmp_path / "out")
    assert (told["people"], told["people_judged"]) == (1, 1)
    assert list(told["files_unpacked"]) == ["results.csv.gz" if inside else "2026/results.csv.gz"]


def test_who_stands_in_a_packed_and_in_another_table_is_put_together_and_places_are_told_by_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "export"
    for folder, value in (("a", 150), ("b", 160)):
        pack(source / folder / "results.csv.gz", results("p1", value) + b"p1,Blood group,A,,2026-01-05\n")
    (source / "results.csv").write_bytes(results("p1", 170) + b"p1,Blood group,B,,2026-01-05\n")
    monkeypatch.chdir(tmp_path)
    # The folder of the run is named from here, and the source from the root.
    told = run(source, Path("out"))
    assert (told["people"], told["people_together"]) == (1, 1)
    places = {(one["file"], one["line"]) for one in aside(tmp_path / "out")}
    assert places >= {("a/results.csv.gz", 3), ("results.csv", 3)}
    assert {file for file, _ in places} <= {"a/results.csv.gz", "b/results.csv.gz", "results.csv"}


def test_a_file_that_names_nobody_is_called_by_its_own_name_without_the_endings(tmp_path: Path) -> None:
    note = b"Vitamin B12 150 pg/mL (5 January 2026)"
    for name in ("one", "two"):
        pack(tmp_path / f"notes/{name}.txt.gz", note)
    told = run(tmp_path / "notes", tmp_path / "out")
    assert told["people_judged"] == 2
    assert sorted(person for person, *_ in said_in(tmp_path / "out")) == ["one", "two"]


def test_an_omop_instance_of_packed_text_is_read_as_one_of_parquet(tmp_path: Path) -> None:
    tables = as_omop(people(20, seed=3))
    day = DAY_OF_DECISION.isoformat()
    write(tables, tmp_path / "cdm")
    first = run(tmp_path / "cdm", tmp_path / "one", day)
    for name, table in tables.items():
        rows = [table.column_names, *(list(row.values()) for row in table.to_pylist())]
        target = tmp_path / "text" / (f"{name}.csv" if name == "person" else f"{name.upper()}.csv.gz")
        target.parent.mkdir(exist_ok=True)
        with target.open("wt") if name == "person" else gzip.open(target, "wt") as file:
            csv.writer(file).writerows(rows)
    second = run(tmp_path / "text", tmp_path / "two", day)
    assert said_in(tmp_path / "two") == said_in(tmp_path / "one")
    assert second["source_rows"] == first["source_rows"]
    assert "MEASUREMENT.csv.gz" in second["files_unpacked"]
    # Another form of the same table is not read, and that is told.
    pack(tmp_path / "cdm/measurement.csv.gz", b"person_id\n")
    assert run(tmp_path / "cdm", tmp_path / "three", day)["files_not_read"] == {".csv.gz": 1}
    assert said_in(tmp_path / "three") == said_in(tmp_path / "one")
    broken = tmp_path / "text/MEASUREMENT.csv.gz"
    broken.write_bytes(broken.read_bytes()[:-9])
    assert refused(tmp_path / "text", tmp_path / "four", day).code == "packed_unsound"


def test_what_is_packed_under_a_name_that_does_not_say_so_is_read(tmp_path: Path) -> None:
    pack(tmp_path / "export/all.ndjson", "\n".join(lines_of(FEW)).encode())
    assert run(tmp_path / "export", tmp_path / "out")["people"] == len(FEW)


@pytest.mark.parametrize("behind", [b"", b"\0" * 700, gzip.compress(b"", mtime=0)])
def test_several_packed_files_put_together_are_one(tmp_path: Path, behind: bytes) -> None:
    first, second = (results("p1", 150), b"p2,Vitamin B12,400,pg/mL,2026-01-06\n")
    path = tmp_path / "results.csv.gz"
    path.write_bytes(gzip.compress(first) + gzip.compress(second) + behind)
    assert run(path, tmp_path / "out")["people"] == 2


# --- What is not whole ----------------------------------------------------------------------------------------------

LINES = "\n".join(lines_of(FEW)).encode()
GOOD = gzip.compress(LINES, mtime=0)
UNSOUND = [
    (b"", packed.CUT),
    (GOOD[:1], packed.CUT),
    (GOOD[:5], packed.CUT),
    (GOOD[: len(GOOD) // 2], packed.CUT),
    (GOOD[:-1], packed.CUT),
    (GOOD[:-8] + bytes(8), packed.DAMAGED),
    (GOOD[:600] + b"\xff" * 90 + GOOD[690:], packed.DAMAGED),
    (GOOD + b"rest", packed.DAMAGED),
    (GOOD + GOOD[:900], packed.CUT),
    (LINES, packed.NOT_PACKED),
    (b"\x1f", packed.CUT),
    (b"\x1f\x8b\x09" + GOOD[3:], packed.DAMAGED),
]


SOME = UNSOUND[::5]


@pytest.mark.parametrize(("content", "reason"), UNSOUND)
def test_a_file_that_is_not_whole_is_known_and_nothing_of_it_is_left(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "all.ndjson.gz"
    path.write_bytes(content)
    with pytest.raises(packed.UnsoundError, match=reason):
        packed.unpack(path, tmp_path / "to", lambda _: None)
    assert list(tmp_path.iterdir()) == [path]
    path.write_bytes(GOOD)
    counted: list[int] = []
    assert packed.unpack(path, tmp_path / "to", counted.append) == len(LINES)
    assert sum(counted) == len(GOOD)


@pytest.mark.parametrize(("content", "reason"), SOME)
def test_a_file_that_is_not_whole_is_set_aside_with_its_reason_and_the_others_are_read(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    source = tmp_path / "export"
    pack(source / "all.ndjson.gz", LINES)
    (source / "more.ndjson.gz").write_bytes(content)
    told = run(source, tmp_path / "out")
    assert told["files_aside"] == {"more.ndjson.gz": reason}
    assert list(told["files_unpacked"]) == ["all.ndjson.gz"]
    assert told["people_judged"] == len(FEW)
    assert aside(tmp_path / "out") == [
        {"file": "more.ndjson.gz", "line": 0, "reason": f"this file {reason}", "person": ""}
    ]
    # Silence in a list that is complete is a no, and what was set aside may hold what is asked for.
    told_why = refused(source, tmp_path / "complete", complete=("medications",))
    assert (told_why.code, told_why.where) == ("packed_unsound", "more.ndjson.gz")
    assert "complete" in told_why.likely


@pytest.mark.parametrize(("content", "reason"), SOME)
def test_the_only_file_is_refused_and_read_once_it_is_mended(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    source = tmp_path / "export"
    source.mkdir()
    path = source / "all.ndjson.gz"
    path.write_bytes(content)
    for one in (path, source):
        told = refused(one, tmp_path / "out")
        assert (told.code, reason in told.problem) == ("packed_unsound", True)
        path.write_bytes(GOOD)
        assert run(one, tmp_path / "out")["people"] == len(FEW)
        shutil.rmtree(tmp_path / "out")
        path.write_bytes(content)


def test_a_file_made_to_fill_the_disk_is_set_aside_at_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packed, "FREELY", 100_000)
    source = tmp_path / "export"
    pack(source / "all.ndjson.gz", LINES)
    pack(source / "bomb.ndjson.gz", b"\n" * 3_000_000)
    # Up to the free limit nothing is said, however well it packs.
    pack(source / "blank.ndjson.gz", b"\n" * 100_000)
    told = run(source, tmp_path / "out")
    assert told["files_aside"] == {"bomb.ndjson.gz": packed.TOO_MUCH}
    assert told["files_unpacked"]["blank.ndjson.gz"][1] == 100_000
    assert str(packed.MOST_TIMES) in aside(tmp_path / "out")[0]["reason"]


@pytest.mark.parametrize("more", [0, 1])
def test_the_limit_itself_is_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: int) -> None:
    path = pack(tmp_path / "blank.gz", b"\n" * (5000 + more))
    monkeypatch.setattr(packed, "FREELY", 0)
    monkeypatch.setattr(packed, "MOST_TIMES", 5000 / path.stat().st_size)
    if more:
        with pytest.raises(packed.UnsoundError):
            packed.unpack(path, tmp_path / "to", lambda _: None)
        assert list(tmp_path.iterdir()) == [path]
    else:
        assert packed.unpack(path, tmp_path / "to", lambda _: None) == 5000
        assert (tmp_path / "to").read_bytes() == b"\n" * 5000


# --- Both there ---------------------------------------------------------------------------------------------------


def test_a_file_beside_its_packed_copy_is_read_once_and_that_is_told(tmp_path: Path) -> None:
    source = export(tmp_path / "export", ".ndjson")
    before = run(source, tmp_path / "one")
    pack(source / "Observation.ndjson.gz", (source / "Observation.ndjson").read_bytes())
    told = run(source, tmp_path / "two")
    assert told["files_packed_beside"] == ["Observation.ndjson.gz"]
    assert (told["lines"], told["people"], told["files_unpacked"]) == (before["lines"], before["people"], {})
    assert said_in(tmp_path / "two") == said_in(tmp_path / "one")


@pytest.mark.parametrize("cut", [10, 1])
def test_a_file_beside_a_packed_one_that_holds_something_else_is_refused(tmp_path: Path, cut: int) -> None:
    """A file half unpacked, or a packed one that is newer: which is right cannot be told."""
    source = tmp_path / "export"
    content = results("p1", 150)
    pack(source / "results.csv.gz", content)
    for other in (content[:-cut], content + b"\n", b""):
        (source / "results.csv").write_bytes(other)
        told = refused(source, tmp_path / "out")
        assert (told.code, told.where) == ("packed_differs", "results.csv.gz")
        assert not list((tmp_path / "out").iterdir())
    (source / "results.csv").write_bytes(content)
    assert run(source, tmp_path / "out")["people"] == 1


# --- Stops ----------------------------------------------------------------------------------------------------------


def test_what_was_unpacked_as_a_whole_is_not_unpacked_again_after_a_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = export(tmp_path / "export", ".ndjson.gz"), tmp_path / "out"
    whole = packed.unpack
    met: list[str] = []

    def stopped(path: Path, target: Path, advance: Any) -> int:
        if len(met) == 2:
            target.with_name(target.name + ".coming").write_bytes(b"half")
            raise KeyboardInterrupt
        met.append(path.name)
        return whole(path, target, advance)

    monkeypatch.setattr(packed, "unpack", stopped)
    with pytest.raises(KeyboardInterrupt):
        run(source, out)
    again: list[str] = []

    def noted(path: Path, target: Path, advance: Any) -> int:
        again.append(path.name)
        return whole(path, target, advance)

    monkeypatch.setattr(packed, "unpack", noted)
    assert refused(source, out).code == "run_exists"
    told = run(source, out, resume=True)
    every = sorted(path.name for path in source.iterdir())
    assert sorted(met + again) == sorted(told["files_unpacked"]) == every
    run(source, tmp_path / "other")
    for name in ("facts.parquet", "interpretations.parquet", "quarantine.ndjson"):
        assert (out / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


def test_what_was_unpacked_of_another_file_is_never_taken_for_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = pack(tmp_path / "results.csv.gz", results("p1", 150)), tmp_path / "out"
    from cobalens.serve.cohort import sources as cohort_sources

    def stopped(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(cohort_sources, "parts_of", stopped)
        with pytest.raises(KeyboardInterrupt):
            run(source, out)
    assert (out / "gathering/unpacked/results.csv.gz").read_bytes() == results("p1", 150)
    pack(source, results("p2", 250))
    os.utime(source, ns=(1, 1))
    assert refused(source, out, resume=True).code == "another_run"
    assert refused(source, out).code == "run_exists"


def test_a_run_that_is_killed_while_it_unpacks_goes_on_with_the_files_that_are_whole(
    tmp_path: Path,
) -> None:
    source, out = export(tmp_path / "in", ".ndjson.gz"), tmp_path / "out"
    nobody = (
        json.dumps({"resourceType": "Organization", "name": os.urandom(20_000).hex()}) for _ in range(1_200)
    )
    (source / "Organization.ndjson.gz").write_bytes(gzip.compress("\n".join(nobody).encode(), 1))
    place = out / "gathering" / packed.UNPACKED

    def half(out: Path) -> int:
        return sum(1 for one in place.glob("Organization*.coming") if one.stat().st_size)

    assert killed(source, out, "--pack", PRIMARY, "--index", DAY, reached=half, stop=1) == 1
    whole = {one.name for one in place.iterdir() if one.suffix != ".coming"}
    assert {"Condition.ndjson.gz", "Observation.ndjson.gz"} & whole
    assert "Organization.ndjson.gz" not in whole
    told = run(source, out, resume=True)
    assert told["people"] == run(source, tmp_path / "whole")["people"] == len(FEW)
    assert said_in(out) == said_in(tmp_path / "whole")
    assert not (out / "gathering").exists()


def test_a_full_disk_leaves_no_half_file_and_the_run_goes_on_when_there_is_room(tmp_path: Path) -> None:
    source, out = export(tmp_path / "export", ".ndjson.gz"), tmp_path / "out"
    pack(source / "Large.ndjson.gz", b"\n".join(b" " * 900 for _ in range(900)))
    fills_the_disk(source, out, "--index", DAY, "--threads", "1", room=300_000)
    assert not list((out / "gathering/unpacked").glob("*.coming"))
    assert run(source, out, resume=True)["people"] == len(FEW)


def test_a_summary_tells_what_was_unpacked_and_what_was_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = export(tmp_path / "export", ".ndjson.gz")
    (source / "more.ndjson.gz").write_bytes(GOOD[:-9])
    wanted = Wanted(source=str(source), out=str(tmp_path / "out"), pack=PRIMARY, index=DAY, threads=1)
    assert cohort.run(wanted) == 0
    said = capsys.readouterr().out
    assert "unpacked for the run: " in said
    assert "more.ndjson.gz breaks off before its end" in said
