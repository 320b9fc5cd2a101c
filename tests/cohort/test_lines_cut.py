"""Lines cut by compiled code: whatever stands in them, each row is that of the line decoded by itself."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cobalens.intake.fhir import cutting, cutwords, lines, moulds
from cobalens.intake.fhir.cutting import NONE, REFERENCE, SLOTS
from cobalens.intake.fhir.lines import Shared, chunks_of, plan_for
from cobalens.intake.fhir.rows import FIELDS, share_out, stated
from cobalens.intake.fhir.taking import taken
from tests.cohort.lines_of_people import lines_of, worked
from tests.cohort.test_fast_lane import people
from tests.cohort.test_lines_shared import FILE

WORDS = st.sampled_from(
    ["p1", "p2", "", "a.b-7", "2026-01-02", "2026-01-02T08:00:00Z", "2026-01", "unknown", 'a"b', "a\\b", "ä", "\u0001", "x" * 70, "\x7f"]
)  # fmt: skip
NUMBERS = st.sampled_from(
    ["1", "1.0", "-0", "0", "210", "1e5", "1E400", "1e99999999999999999999", "123456789012345678901234567890", "01", "1.", "-", "+1", ".5", "1e", "NaN", "tru1e",
     "1 2", "1.5.5", '"7"', "null", "true"]
)  # fmt: skip
NAMED = st.sampled_from(
    ["id", "subject", "effectiveDateTime", "onsetDateTime", "valueQuantity", "meta", "encounter", "code", "status", "performedPeriod", "birthDate", "strange"]
)  # fmt: skip
ADDRESS = st.builds("Patient/{}".format, WORDS) | WORDS | st.just("https://here/fhir/Patient/p1")


def told(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def joined(fields: Iterable[tuple[str, str]]) -> str:
    return "{" + ",".join(f'"{name}":{value}' for name, value in fields) + "}"


CODE = st.sampled_from(["2132-9", "718-7"]).map(
    lambda code: told({"coding": [{"system": "http://loinc.org", "code": code}]})
)
SUBJECT = st.builds(
    lambda address, beside: joined([("reference", told(address)), *beside]),
    ADDRESS,
    st.sampled_from([[], [("display", '"A B"')], [("identifier", '{"value":"7","reference":"Patient/p9"}')]]),
)
AMOUNT = st.builds(
    lambda number, unit, system: joined(
        [("value", number), ("unit", told(unit)), ("system", system), ("code", told(unit))]
    ),
    NUMBERS,
    st.sampled_from(["pg/mL", "g/dL"]),
    st.sampled_from(['"http://unitsofmeasure.org"', '"a\\"b"', "7", "null", '{"a":[1,"2"]}', '"\\u00e4"']),
)
PERIOD = st.builds(lambda start, end: joined([("start", told(start)), ("end", told(end))]), WORDS, WORDS)
COURSE = PERIOD.map('[{{"timing":{{"repeat":{{"boundsPeriod":{}}}}}}}]'.format)
BESIDE = st.sampled_from(
    [
        ("meta", '{"lastUpdated":"2026-01-02","versionId":"1","n":12.50}'),
        ("meta", '{"lastUpdated":"2026-01-03","versionId":"2","n":1e7}'),
        ("meta", '{"lastUpdated":7}'),
        ("encounter", '{"reference":"Encounter/1"}'),
        ("encounter", '{"reference":"Encounter/2","display":"\\/ \\" \\\\"}'),
        ("issued", '"2026-01-02"'),
        ("note", '[{"text":"x"}]'),
        ("note", '[{"text":"y 12.5"}]'),
        ("id", '"again"'),
        ("contained", "[]"),
    ]
)
MEDICINE = st.sampled_from(
    ['{"reference":"Medication/1"}', '{"reference":"Medication/2","display":"B12"}', '{"display":"B12"}', "7"]
)
KINDS = {
    "Observation": [("code", CODE), ("effectiveDateTime", WORDS.map(told)), ("valueQuantity", AMOUNT)],
    "Condition": [
        ("code", CODE),
        ("onsetDateTime", WORDS.map(told)),
        ("abatementDateTime", WORDS.map(told)),
    ],
    "MedicationRequest": [("medicationCodeableConcept", CODE), ("authoredOn", WORDS.map(told))],
    "Procedure": [("code", CODE), ("performedPeriod", PERIOD)],
    "MedicationRequest ": [("medicationReference", MEDICINE), ("authoredOn", WORDS.map(told))],
    "MedicationRequest  ": [
        ("medicationCodeableConcept", CODE),
        ("authoredOn", WORDS.map(told)),
        ("dosageInstruction", COURSE),
        ("reasonCode", CODE),
        ("courseOfTherapyType", CODE),
    ],
    "MedicationStatement": [
        ("medicationCodeableConcept", CODE),
        ("effectiveDateTime", WORDS.map(told)),
        ("effectivePeriod", PERIOD),
        ("dateAsserted", WORDS.map(told)),
    ],
    "MedicationStatement ": [("medicationReference", MEDICINE), ("effectiveDateTime", WORDS.map(told))],
    "Patient": [
        ("birthDate", WORDS.map(told)),
        ("gender", st.sampled_from(['"female"', '"male"'])),
        ("deceasedBoolean", st.sampled_from(["true", "false", '"true"'])),
        ("name", st.sampled_from(['[{"family":"A"}]', '[{"family":"B","given":["C"]}]'])),
    ],
    "Encounter": [("status", st.just('"finished"'))],
}


@st.composite
def resources(draw: Any) -> bytes:
    kind = draw(st.sampled_from(sorted(KINDS)))
    fields = [("resourceType", told(kind.strip())), ("id", draw(WORDS.map(told)))]
    if kind != "Patient":
        fields.append(("subject", draw(SUBJECT)))
    fields += [(name, draw(values)) for name, values in KINDS[kind] if draw(st.integers(0, 9))]
    fields += draw(st.lists(BESIDE, max_size=2))
    if not draw(st.integers(0, 3)):
        fields.append((draw(NAMED), draw(NUMBERS | WORDS.map(told) | st.just('[{"a":"b"}]'))))
    if draw(st.booleans()):
        fields = draw(st.permutations(fields))
    line = joined(fields).encode()
    if not draw(st.integers(0, 5)):
        at = draw(st.integers(0, len(line)))
        line = (
            line[:at]
            + draw(st.sampled_from([b"", b" ", b'"', b",", b"}", b"\\", b"1", "é".encode(), b"\xe9"]))
            + line[at + 1 :]
        )
    return line.replace(b"\n", b"")


BROKEN_OR_NOT = st.lists(resources(), max_size=30).map(lambda found: b"\n".join(found) + b"\n")


def rows_of(
    contents: list[bytes], compiled: bool, parts: int, piece: int, block: int
) -> tuple[list[object], list[Shared]]:
    """Every row with the words that its numbers stand for, part by part, and what became of the chunks."""
    with (
        TemporaryDirectory() as name,
        patch.object(lines, "CHUNK_BYTES", piece),
        patch.object(lines, "BLOCK", block),
    ):
        top, folder = Path(name) / "source", Path(name) / "shared"
        top.mkdir()
        folder.mkdir()
        for number, content in enumerate(contents):
            (top / f"{number}.ndjson").write_bytes(content)
        plan = replace(plan_for(folder, 1, parts, top), compiled=compiled)
        said = [share_out(chunk, plan) for chunk in chunks_of(sorted(top.iterdir()))]
        found: list[object] = []
        for part in sorted(folder.glob("people-*")):
            all_rows = taken(part, top)
            wordings = [stated(one)[0] for one in all_rows.examples]
            words: dict[str, Any] = {
                "owner": all_rows.owners, "wording": wordings, "number": all_rows.numbers, "day": all_rows.days, "clock": all_rows.clocks,
                "second": all_rows.days, "later": all_rows.clocks, "file": [one.path for one in all_rows.files],
            }  # fmt: skip
            columns = {name: column.to_pylist() for name, column in all_rows.columns.items()}
            names = (*FIELDS, "file", "kind")
            found += (
                (
                    part.name,
                    *(
                        words[name][one] if name in words and one >= 0 else one
                        for name, one in zip(names, row, strict=True)
                    ),
                )
                for row in zip(*(columns[name] for name in names), strict=True)
            )
        return found, said


def agree(contents: list[bytes], parts: int = 2, piece: int = 10**9, block: int = 10**9) -> int:
    one, other = (rows_of(contents, compiled, parts, piece, block) for compiled in (False, True))
    assert one == other
    return len(one[0])


@settings(deadline=None, max_examples=400)
@given(contents=st.lists(BROKEN_OR_NOT, max_size=2), parts=st.integers(1, 3), piece=st.integers(50, 3000))
def test_a_cut_line_comes_to_the_same_row_as_a_decoded_one(
    contents: list[bytes], parts: int, piece: int
) -> None:
    agree(contents, parts, piece, piece)


@settings(deadline=None)
@given(
    contents=st.lists(FILE, max_size=3),
    parts=st.integers(1, 3),
    piece=st.integers(1, 400),
    block=st.integers(1, 300),
)
def test_so_does_whatever_else_stands_in_a_file(
    contents: list[bytes], parts: int, piece: int, block: int
) -> None:
    agree(contents, parts, piece, block)


def test_so_do_whole_people_and_the_worked_cases() -> None:
    found = [told(one).encode() for person in people(60, 5).values() for one in person]
    found += [line.encode() for line in lines_of(worked())]
    random.Random(1).shuffle(found)
    assert agree([b"\n".join(found) + b"\n"]) > 1000


def measured(who: str, number: str, day: str, code: str = "718-7") -> bytes:
    return joined(
        [
            ("resourceType", '"Observation"'),
            ("id", told(f"o-{who}-{number}")),
            ("subject", told({"reference": f"Patient/{who}"})),
            ("code", told({"coding": [{"code": code}]})),
            ("effectiveDateTime", told(day)),
            ("valueQuantity", joined([("value", number), ("unit", '"g/dL"')])),
        ]
    ).encode()


def cut_of(*found: bytes) -> cutting.Cut:
    return cutting.cut(b"".join(line + b"\n" for line in found), moulds.LEFT_OUT)


def test_lines_that_differ_in_person_day_and_number_alone_share_a_mould() -> None:
    cut = cut_of(
        measured("p1", "12.5", "2026-01-02"),
        measured("p234", "7", "2025-11"),
        measured("p1", "12.5", "2026-01-02", "x"),
    )
    assert cut.mould.tolist() == [0, 0, 1]
    assert cut.firsts.tolist() == [0, 2]


@pytest.mark.parametrize(
    "line",
    [
        measured("p1", "12.5", ""),
        measured("p1", "12.5", "2026-01-02").replace(b'"id"', b'"meta":{},"id"'),
        measured("p1", "12.5", "2026-01-02").replace(b"{", b"{ ", 1),
        measured("p1", "null", "2026-01-02"),
        measured("p1", "12.5", "2026-01-02").replace(b":12.5", b':"12.5"'),
    ],
)
def test_what_is_empty_elsewhere_or_of_another_kind_has_another_mould(line: bytes) -> None:
    assert cut_of(measured("p1", "12.5", "2026-01-02"), line).mould.tolist() == [0, 1]


@pytest.mark.parametrize(
    "line",
    [
        measured("p1", "01", "2026-01-02"),
        measured("p1", "-", "2026-01-02"),
        measured("p1", "1.", "2026-01-02"),
        measured("p1", "1e", "2026-01-02"),
        measured("p1", "1", "2026-01-02").replace(b'"g/dL"', b'"g/dL\xe9"'),
        measured('p"1', "1", "2026-01-02"),
        measured("p1", "1", "2026-01-02")[:-30],
        measured("p1", "1", "2026-01-02").replace(b'"id"', b'"id":"twice","id"'),
        measured("p1", "1", "2026-01-02").replace(b'"g/dL"', b'"\\u0067"'),
        measured("p1", "1", "2026-01-02").replace(b'"g/dL"', b'"\x01"'),
    ],
)
def test_what_is_no_json_or_needs_a_decoder_is_not_taken_from_a_mould(line: bytes) -> None:
    good = measured("p1", "12.5", "2026-01-02")
    cut = cut_of(good, line, good)
    # One that JSON forbids may have a mould of its own, whose first line cannot be decoded.
    assert cut.mould[1] not in (cut.mould[0], cut.mould[2])
    assert cut.mould[0] == cut.mould[2]
    agree([b"\n".join((good, line, good)) + b"\n"])


def test_other_signs_than_those_of_ascii_may_stand_in_a_line_that_can_be_read() -> None:
    one, other = (
        measured("p1", number, "2026-01-02").replace(b'"g/dL"', '"µmol/l"'.encode()) for number in ("1", "2")
    )
    cut = cut_of(one, other)
    assert cut.mould[0] == cut.mould[1] != NONE
    lines = [one, measured("é", "3", "2026-01-02"), measured("p2", "4", "2026-01-0é"), other]
    assert agree([b"\n".join(lines) + b"\n"]) == 4


def test_what_was_cut_out_is_what_stood_there() -> None:
    line = measured("p1", "12.5", "2026-01-02")
    cut = cut_of(line)
    found = {
        name: line[at : at + size].decode()
        for name, at, size in zip(SLOTS, cut.slot_at[0].tolist(), cut.slot_bytes[0].tolist(), strict=True)
        if at >= 0
    }
    assert found == {
        "id": "o-p1-12.5",
        "reference": "Patient/p1",
        "effectiveDateTime": "2026-01-02",
        "value": "12.5",
    }


def test_checksums_are_those_of_zlib() -> None:
    cut = cut_of(measured("p1", "1", "2026"), measured("someone-else", "17.25", "2026"), b"{}")
    found = cutwords.checksums(cut.content, cut.slot_at[:, 0], cut.slot_bytes[:, 0])
    assert found.tolist() == [crc32(b"o-p1-1"), crc32(b"o-someone-else-17.25"), 0]


@pytest.mark.parametrize("strange", ["\\", "\x1f", "\x7f", "\x80", '"', "\\n", " ", "\x21", "]"])
def test_a_strange_sign_anywhere_in_a_long_string_is_met(strange: str) -> None:
    good = measured("p1", "1", "2026-01-02").replace(b"g/dL", b"a" * 20)
    lines = [good.replace(b"a" * 20, b"a" * at + strange.encode() + b"a" * (20 - at)) for at in range(21)]
    agree([b"\n".join((good, *lines, good)) + b"\n"])


@pytest.mark.parametrize(
    ("who", "there"),
    [
        ("p", True),
        ("a" * 64, True),
        ("a" * 65, False),
        ("", False),
        ("p_1", False),
        ("P-1.b", True),
        ("p1/x", False),
    ],
)
def test_whose_a_line_is_is_told_as_a_decoded_one_tells_it(who: str, there: bool) -> None:
    lines = [
        measured("p1", "1", "2026-01-02"),
        *[measured(who, "1", "2026-01-02")] * 2,
        measured("p1", "1", "2026-01-02"),
    ]
    cut = cut_of(*lines)
    found = cutwords.owners(cut, np.full(4, REFERENCE, np.int32), REFERENCE)
    other = (len(found.at) - 1) if there else NONE
    assert found.numbers.tolist() == [0, other, other, 0]
    assert len(found.at) == 1 + there
    agree([b"\n".join(lines) + b"\n"])


def test_a_day_longer_than_a_day_is_parted_and_one_that_is_not_there_is_empty() -> None:
    days = ["2026-01-02T08:00:00Z", "2026-01-02", "", "2026-01-02T08:00:00Z"]
    cut = cut_of(*(measured("p1", "1", day) for day in days), b"{}")
    slots = np.full(5, SLOTS.index("effectiveDateTime"), np.int32)
    given = np.array([True] * 5)
    for skip, most, numbers in ((0, 10, [0, 0, 1, 0, 1]), (10, 99, [0, 1, 1, 0, 1])):
        assert cutwords.told_apart(cut, slots, skip, most, given).numbers.tolist() == numbers
    assert cutwords.told_apart(cut, slots, 0, 10).numbers.tolist() == [0, 0, 1, 0, NONE]


def test_fields_of_which_the_wording_is_made_are_never_left_out() -> None:
    assert not moulds.LEFT_OUT & moulds.READ
    assert {"meta", "encounter", "performer", "name", "issued"} <= moulds.LEFT_OUT
    assert not moulds.LEFT_OUT & set(SLOTS)


def test_compiled_code_is_for_many_lines() -> None:
    for size, compiled in ((lines.COMPILED_BYTES - 1, False), (lines.COMPILED_BYTES, True)):
        assert plan_for(Path("shared"), size).compiled is compiled
