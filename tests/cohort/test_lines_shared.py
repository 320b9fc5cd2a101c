"""Lines of FHIR shared out by person: whatever the pieces in which the files are read, no line and no place of one is lost."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cobalens.intake.fhir import lines
from cobalens.intake.fhir.lines import (
    SHARED,
    Shared,
    chunks_of,
    counted,
    looked_up,
    owner_of,
    plan_for,
)
from cobalens.intake.fhir.rows import share_out
from cobalens.intake.fhir.taking import lines_again, people_in, taken

WHO = st.sampled_from(["p1", "p2", "p3", "a-b.7", "ä", "with space", ""])
OBSERVED = st.builds(lambda who: {"resourceType": "Observation", "subject": {"reference": f"Patient/{who}"}}, WHO)  # fmt: skip
NEAR = st.sampled_from(
    [
        {"resourceType": "Patient", "id": "p1"},
        {"resourceType": "Patient", "id": "p2", "subject": {"reference": "Patient/p9"}},
        {"resourceType": "Patient", "id": 7},
        {"resourceType": "", "subject": {"reference": "Patient/p1"}},
        {"subject": {"reference": "Patient/p1"}},
        {"resourceType": "Observation", "id": 7, "subject": {"reference": "Patient/p1"}},
        {"resourceType": "Observation", "entry": {}, "subject": {"reference": "Patient/p1"}},
        {"resourceType": "Observation", "subject": [{"reference": "Patient/p3"}]},
        {"resourceType": "Observation", "subject": {"reference": "https://here/fhir/Patient/p2"}},
        {"resourceType": "Observation", "subject": {"reference": "urn:uuid:p3"}},
        {"resourceType": "Observation", "subject": {"reference": "Group/p1"}},
        {"resourceType": "Observation", "subject": {"reference": None}},
        {
            "resourceType": "Claim",
            "subject": {"reference": "Group/1"},
            "patient": {"reference": "Patient/p2"},
        },
        {"resourceType": "Location", "subject": {"reference": "Patient/p1"}},
        {"resourceType": "Medication", "id": "m1", "subject": {"reference": "Patient/p1"}},
        {"resourceType": "Medication", "id": "m2"},
        {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient", "id": "p3"}}]},
    ]
)
LINES = (OBSERVED | NEAR).map(lambda one: json.dumps(one, ensure_ascii=False).encode())
ODD = st.sampled_from(
    [b"", b"  ", b"{", b'{"resourceType":"Observation"', b"[1]", b"null", b"\xef\xbb\xbf{}", b"\xff"]
)
ENDS = st.sampled_from([b"\n", b"\r\n", b" \n"])
FILE = st.lists(st.tuples(LINES | ODD, ENDS), max_size=25).map(
    lambda found: b"".join(line + end for line, end in found)
)


def shared_out(
    contents: list[bytes], parts: int, piece: int, block: int
) -> tuple[dict[str, list[bytes]], dict[bytes, bytes], Shared]:
    """Every person's lines, what others' are read with, and what became of all lines."""
    with (
        TemporaryDirectory() as name,
        patch.object(lines, "CHUNK_BYTES", piece),
        patch.object(lines, "BLOCK", block),
    ):
        folder = Path(name)
        files = [folder / f"{number}.ndjson" for number in range(len(contents))]
        for file, content in zip(files, contents, strict=True):
            file.write_bytes(content)
        plan = plan_for(folder / "shared", 1, parts)
        plan.folder.mkdir()
        chunks = chunks_of(files)
        told = counted(chunks, [share_out(chunk, plan) for chunk in chunks], plan)
        found = [one for part in sorted(plan.folder.glob("people-*")) for one in people_in(part)]
        assert len({who for who, _ in found}) == len(found)
        return dict(found), dict(looked_up(plan.folder / SHARED)), told


def expected(contents: list[bytes]) -> tuple[dict[str, list[bytes]], list[tuple[str, int, str]], int, int]:
    """The same, a line after another."""
    people: dict[str, list[bytes]] = {}
    aside: list[tuple[str, int, str]] = []
    met = not_needed = 0
    for place, content in enumerate(contents):
        for number, raw in enumerate(content.split(b"\n"), 1):
            line = raw.removeprefix(b"\xef\xbb\xbf").strip()
            if not line:
                continue
            met += 1
            whose, reason = owner_of(line)
            if reason:
                aside.append((f"{place}.ndjson", number, reason))
            elif not whose:
                not_needed += 1
            elif whose.startswith("Patient/"):
                people.setdefault(whose.removeprefix("Patient/"), []).append(line)
    return people, aside, met, not_needed


@settings(deadline=None)
@given(
    contents=st.lists(FILE, max_size=3),
    parts=st.integers(1, 3),
    piece=st.integers(1, 400),
    block=st.integers(1, 300),
)
def test_every_line_comes_to_its_owner_in_the_order_of_the_source(
    contents: list[bytes], parts: int, piece: int, block: int
) -> None:
    people, _, told = shared_out(contents, parts, piece, block)
    own, aside, met, not_needed = expected(contents)
    assert people == own
    assert [(one.file, one.line, one.reason) for one in told.aside] == aside
    assert (told.lines, told.not_needed) == (met, not_needed)
    assert told.lines == told.given + told.not_needed + len(told.aside)


def test_what_others_are_read_with_is_found_by_its_address_wherever_it_stood() -> None:
    content = b"".join(
        json.dumps({"resourceType": "Medication", "id": f"m{n}"}).encode() + b"\n" for n in range(9)
    )
    _, found, told = shared_out([content, content], 2, 50, 20)
    assert sorted(found) == [f"Medication/m{n}".encode() for n in range(9)]
    assert told.given == 18


def test_a_line_beyond_any_size_is_not_complete_and_the_next_one_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lines, "LONGEST", 200)
    line = json.dumps({"resourceType": "Observation", "subject": {"reference": "Patient/p1"}}).encode()
    long = json.dumps(
        {"resourceType": "Observation", "subject": {"reference": "Patient/p1"}, "x": "y" * 900}
    ).encode()
    for piece, block in ((10_000, 10_000), (10_000, 64), (300, 50), (7, 3)):
        people, _, told = shared_out([line + b"\n" + long + b"\n" + line + b"\n"], 1, piece, block)
        whole = block == 10_000
        assert people == {"p1": [line, long, line] if whole else [line, line]}
        assert [one.line for one in told.aside] == ([] if whole else [2])


def test_a_large_source_is_read_in_an_even_number_of_parts() -> None:
    for size, parts in (
        (1, 1),
        (lines.FEW_BYTES, 1),
        (lines.FEW_BYTES + 1, 2),
        (3 * lines.PART_BYTES, 4),
        (5 * lines.PART_BYTES, 6),
    ):
        assert plan_for(Path("shared"), size).parts == parts
    assert plan_for(Path("shared"), 10**15).parts <= lines.MOST_PARTS


def test_a_source_that_has_changed_in_between_is_not_read_from(tmp_path: Path) -> None:
    source = tmp_path / "all.ndjson"
    line = json.dumps({"resourceType": "Observation", "subject": {"reference": "Patient/p1"}}).encode()
    source.write_bytes(line + b"\n")
    plan = plan_for(tmp_path / "shared", 1, top=tmp_path)
    plan.folder.mkdir()
    for chunk in chunks_of([source]):
        share_out(chunk, plan)
    rows = taken(plan.folder / "people-00000", tmp_path)
    assert [lines for _, lines in lines_again(rows, [0])] == [[line]]
    source.write_bytes(line.replace(b"p1", b"p2 ") + b"\n")
    with pytest.raises(OSError, match="changed"):
        list(lines_again(rows, [0]))
    source.unlink()
    with pytest.raises(FileNotFoundError):
        list(lines_again(rows, [0]))
