"""What a folder holds beside its records, packed files, and lists that nobody knows: told or refused, never passed over."""

from __future__ import annotations

import bz2
import gzip
import json
import tarfile
from pathlib import Path

import pytest

from cobalens.errors import CobalensError
from cobalens.model.primary import PRIMARY
from cobalens.serve.cohort import runner as cohort
from cobalens.serve.cohort.run import Wanted

LINES = "\n".join(
    json.dumps(one)
    for one in (
        {"resourceType": "Patient", "id": "p1", "birthDate": "1950-01-01", "gender": "female"},
        {
            "resourceType": "Observation", "id": "o1", "status": "final", "subject": {"reference": "Patient/p1"},
            "code": {"coding": [{"system": "http://loinc.org", "code": "2132-9"}]}, "effectiveDateTime": "2026-01-05",
            "valueQuantity": {"value": 150, "unit": "pg/mL", "code": "pg/mL", "system": "http://unitsofmeasure.org"},
        },
    )
)  # fmt: skip
TABLE = "patient id,test,result,unit,date\np1,MMA,0.9,umol/L,2026-01-05\n"


def run(source: Path, out: Path, **more: object) -> dict[str, object]:
    cohort.run(Wanted(source=str(source), out=str(out), pack=PRIMARY, index="2026-02-01", **more), quiet=True)  # type: ignore[arg-type]
    found: dict[str, object] = json.loads((out / "run.json").read_text())
    return found


def test_files_beside_those_that_are_read_are_counted(tmp_path: Path) -> None:
    source = tmp_path / "export"
    source.mkdir()
    (source / "all.ndjson").write_text(LINES)
    (source / "labs.csv").write_text(TABLE)
    (source / "more.ndjson.bz2").write_bytes(bz2.compress(LINES.encode()))
    (source / "older.csv.gz").write_bytes(gzip.compress(TABLE.encode()))
    (source / "readme.md").write_text("What this is.")
    assert run(source, tmp_path / "lines")["files_not_read"] == {".bz2": 1, ".csv": 1, ".csv.gz": 1}
    (source / "all.ndjson").unlink()
    assert run(source, tmp_path / "tables")["files_not_read"] == {".bz2": 1}


@pytest.mark.parametrize("name", ["more.ndjson.bz2", "more.zst", "all.tar.gz", "all.tgz"])
@pytest.mark.parametrize("inside", [True, False])
def test_what_is_packed_in_another_way_is_refused_with_how_to_unpack_it(
    tmp_path: Path, name: str, inside: bool
) -> None:
    (tmp_path / "export").mkdir()
    place = tmp_path / "export" / name
    if "tar" in name or "tgz" in name:
        (tmp_path / "all.ndjson").write_text(LINES)
        with tarfile.open(place, "w:gz") as packed:
            packed.add(tmp_path / "all.ndjson", "all.ndjson")
    else:
        place.write_bytes(bz2.compress(LINES.encode()))
    with pytest.raises(CobalensError, match="unpack") as refused:
        run(place if inside else place.parent, tmp_path / "out")
    assert refused.value.code == "no_cohort"


@pytest.mark.parametrize(("name", "meant"), [("medicatoins", "medications"), ("foo", "")])
def test_a_list_that_nobody_knows_is_refused(tmp_path: Path, name: str, meant: str) -> None:
    (tmp_path / "labs.csv").write_text(TABLE)
    with pytest.raises(CobalensError) as refused:
        run(tmp_path / "labs.csv", tmp_path / "out", complete=("conditions", name))
    assert refused.value.code == "no_such_list"
    assert meant in refused.value.likely
    assert "medications" in refused.value.next


def test_lists_that_are_known_are_taken(tmp_path: Path) -> None:
    (tmp_path / "labs.csv").write_text(TABLE)
    assert (
        run(tmp_path / "labs.csv", tmp_path / "out", complete=("Medications", "drug"))["people_judged"] == 1
    )
