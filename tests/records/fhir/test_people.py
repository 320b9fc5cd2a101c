"""Whose each resource is, how inputs may be shaped, and that every resource is accounted for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cobalens.errors import CobalensError
from cobalens.intake import fhir
from cobalens.intake.fhir.bundle import MAX_BYTES
from cobalens.intake.refused import Refused
from cobalens.model.record import Record
from cobalens.serve.inputs import inputs
from tests.records.fhir.build import b12, bundle, door, quantity, read

ANNA = {"resourceType": "Patient", "id": "anna", "birthDate": "1950-01-01", "gender": "female"}
BELA = {"resourceType": "Patient", "id": "bela", "birthDate": "1970-01-01", "gender": "male"}


def of(person: str, value: float, own: str) -> dict[str, object]:
    return b12(subject={"reference": f"Patient/{person}"}, **quantity(value, "pg/mL")) | {"id": own}


@pytest.mark.parametrize(
    "kind", ["collection", "searchset", "document", "transaction", "message", "batch", "history"]
)
def test_every_type_of_bundle_is_read(kind: str) -> None:
    (record,) = read(bundle(b12(**quantity(150, "pg/mL")), kind=kind))
    assert [lab.text for lab in record.labs] == ["150 pg/mL"]
    assert len(record.elements) == 2


def test_a_single_resource_a_list_and_lines_are_read() -> None:
    result = b12(**quantity(150, "pg/mL"))
    lines = b"\n".join(json.dumps(one).encode() for one in (ANNA, of("anna", 150, "x")))
    for content in (
        result,
        [ANNA, result],
        lines,
        {"resourceType": "Parameters", "parameter": [{"name": "bundle", "resource": bundle(result)}]},
    ):
        (record,) = read(content)  # type: ignore[arg-type]
        assert [lab.text for lab in record.labs] == ["150 pg/mL"]


@pytest.mark.parametrize("kind", ["OperationOutcome", "CapabilityStatement"])
def test_what_speaks_of_nobody_is_refused_and_beside_a_person_left_aside(kind: str) -> None:
    nobody = {"resourceType": kind}
    alone = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": nobody}]}
    for content in (nobody, alone, [nobody, nobody]):
        with pytest.raises(CobalensError, match=f"The content is {kind} alone"):
            read(content)  # type: ignore[arg-type]
    (record,) = read([nobody, ANNA])  # type: ignore[arg-type]
    assert (record.id, len(record.elements)) == ("anna", 2)


def test_people_are_kept_apart() -> None:
    lines = b"\n".join(
        json.dumps(one).encode() for one in (ANNA, BELA, of("bela", 300, "b"), of("anna", 150, "a"))
    )
    anna, bela = read(lines)
    assert (anna.id, anna.age, [lab.text for lab in anna.labs]) == ("anna", 76, ["150 pg/mL"])
    assert (bela.id, bela.age, [lab.text for lab in bela.labs]) == ("bela", 56, ["300 pg/mL"])


def test_full_urls_and_versions_in_references_are_followed() -> None:
    given = {"resourceType": "Bundle", "type": "transaction", "entry": [
        {"fullUrl": "urn:uuid:1", "resource": {**ANNA}}, {"fullUrl": "urn:uuid:2", "resource": {**BELA}},
        {"resource": of("x", 150, "a") | {"subject": {"reference": "urn:uuid:2"}}},
        {"resource": of("x", 200, "c") | {"subject": {"reference": "https://server.example/fhir/Patient/anna/_history/3"}}},
    ]}  # fmt: skip
    anna, bela = read(given)
    assert ([lab.text for lab in anna.labs], [lab.text for lab in bela.labs]) == (
        ["200 pg/mL"],
        ["150 pg/mL"],
    )


def test_a_result_of_nobody_is_given_to_nobody() -> None:
    result = b12(**quantity(150, "pg/mL"))
    anna, bela = read([ANNA, BELA, result])
    assert (anna.labs, bela.labs) == ((), ())
    assert [one.reason for one in anna.elements if one.fate == "set_aside"] == [
        "it does not say of whom of several people it speaks"
    ]


def test_one_impossible_person_does_not_take_the_others_along() -> None:
    anna, bela = read([ANNA, {**BELA, "birthDate": "2095-01-01"}])
    assert isinstance(anna, Record)
    assert isinstance(bela, Refused)
    assert bela.error.code == "birth_date_impossible"


def test_the_newer_version_counts() -> None:
    old = of("p", 150, "x") | {"meta": {"lastUpdated": "2026-03-01T10:00:00Z"}}
    new = of("p", 400, "x") | {"meta": {"lastUpdated": "2026-03-01T12:00:00Z"}}
    (record,) = read(bundle(old, new))
    assert [lab.text for lab in record.labs] == ["400 pg/mL"]


def test_every_resource_is_accounted_for() -> None:
    strange = [
        {"resourceType": "Observation"},
        {"resourceType": "Unheard"},
        {"noType": 1},
        {"resourceType": "Organization", "id": "o"},
    ]
    given = bundle(b12(**quantity(150, "pg/mL")), *strange)
    given["entry"].append({"request": {"method": "DELETE", "url": "Patient/7"}})
    (record,) = read(given)
    assert len(record.elements) == len(given["entry"])
    assert [one.fate for one in record.elements] == [
        "used",
        "used",
        "understood",
        "not_understood",
        "set_aside",
        "understood",
        "set_aside",
    ]
    assert all(one.reason for one in record.elements if one.fate != "used")


def test_dated_input_needs_a_day_of_decision() -> None:
    with pytest.raises(CobalensError) as caught:
        read(bundle(b12(**quantity(150, "pg/mL"))), as_of=None)
    assert caught.value.code == "as_of_needed"


def test_undated_input_needs_none() -> None:
    result = b12(**quantity(150, "pg/mL"))
    del result["effectiveDateTime"]
    (record,) = read([result], as_of=None)
    assert record.as_of is None


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'{"resourceType": "Bundle", "entry": [', "broken_syntax"),
        (b'{"resourceType": "Bundle"}', "empty_input"),
        (b'{"resourceType": "Bundle", "entry": ' + b"[" * 3000 + b"]" * 3000 + b"}", "nested_too_deeply"),
        (b'{"resourceType": "Bundle", "x": "' + b"a" * MAX_BYTES + b'"}', "file_too_large"),
    ],
)
def test_what_cannot_be_read_is_refused_early(content: bytes, code: str) -> None:
    with pytest.raises(CobalensError) as caught:
        read(content)
    assert caught.value.code == code


def test_fhir_is_known_by_its_content() -> None:
    assert fhir.recognise(b'\xef\xbb\xbf {"resourceType": "Patient"}')
    assert fhir.recognise(b'[{"id": "x", "resourceType":"Patient"}]')
    assert not fhir.recognise(b'{"patient": {"age": 67}, "facts": {}}')
    assert not fhir.recognise(b"resourceType")


def test_a_folder_of_bulk_lines_is_one_input(tmp_path: Path) -> None:
    (tmp_path / "Patient.ndjson").write_text("\n".join(json.dumps(one) for one in (ANNA, BELA)))
    (tmp_path / "Observation.ndjson").write_text(json.dumps(of("bela", 150, "x")))
    (found,) = inputs([str(tmp_path)])
    assert isinstance(found.content, bytes)
    people = door().read_many(found.content, "2026-03-02")
    assert {one.id: len(one.labs) for one in people if isinstance(one, Record)} == {"anna": 0, "bela": 1}


def test_a_number_beyond_any_size_is_told_and_is_no_result() -> None:
    plain = json.dumps(bundle(b12(**quantity(195, "pg/mL")), b12(**quantity(205, "pg/mL"))))
    written = plain.replace("195", "1e9999999999999999999").encode()
    (record,) = door().read_many(written, as_of="2026-01-01")
    assert [(bool(lab.problem), lab.lo) for lab in record.labs] == [(True, None), (False, 205)]
    assert len(record.elements) == 3
