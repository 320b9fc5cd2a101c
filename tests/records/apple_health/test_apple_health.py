"""An Apple Health export: one person whatever each hospital calls them, FHIR in two versions, and archives that would do harm."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from cobalens.api import load
from cobalens.errors import CobalensError
from cobalens.intake import apple_health
from cobalens.model.record import Record
from tests.robustness.cases import RULES

DTD = "<!DOCTYPE HealthData [\n<!ELEMENT HealthData (ExportDate,Me,(Record|ClinicalRecord)*)>\n<!ATTLIST HealthData locale CDATA #REQUIRED>\n]>"
ME = '<Me HKCharacteristicTypeIdentifierDateOfBirth="1959-03-01" HKCharacteristicTypeIdentifierBiologicalSex="HKBiologicalSexFemale"/>'
STEPS = '<Record type="HKQuantityTypeIdentifierStepCount" value="10"/>' * 3
LAB = {
    "resourceType": "Observation", "id": "a", "status": "final", "subject": {"reference": "Patient/xyz"},
    "code": {"coding": [{"system": "http://loinc.org", "code": "2132-9"}], "text": "Vitamin B12"},
    "effectiveDateTime": "2026-11-20T08:30:00-05:00", "valueQuantity": {"value": 195, "unit": "pg/mL"},
}  # fmt: skip
OLD_CONDITION = {
    "resourceType": "Condition", "id": "c", "patient": {"reference": "https://h.example/Patient/1"}, "code": {"text": "Pernicious anemia"},
    "clinicalStatus": "active", "verificationStatus": "confirmed",
}  # fmt: skip
OLD_ORDER = {
    "resourceType": "MedicationOrder", "id": "m", "patient": {"reference": "https://h.example/Patient/1"}, "status": "active", "dateWritten": "2020-01-01",
    "medicationCodeableConcept": {"text": "metformin 1000 mg tablet"}, "dosageInstruction": [{"text": "twice daily", "route": {"text": "oral"}}],
}  # fmt: skip
OLD_NOT_TAKEN = {
    "resourceType": "MedicationStatement", "id": "s", "patient": {"reference": "Patient/1"}, "status": "active", "wasNotTaken": True,
    "medicationCodeableConcept": {"text": "omeprazole"},
}  # fmt: skip
RESOURCES: dict[str, tuple[str, Any]] = {
    "Lab-1": ("4.0.1", LAB), "Condition-2": ("1.0.2", OLD_CONDITION), "Order-3": ("1.0.2", OLD_ORDER), "Statement-4": ("1.0.2", OLD_NOT_TAKEN),
}  # fmt: skip


def listed(names: dict[str, tuple[str, Any]]) -> str:
    return "".join(
        f'<ClinicalRecord type="HKClinicalTypeIdentifierLabResultRecord" identifier="{name}" sourceName="H" fhirVersion="{version}" '
        f'resourceFilePath="/clinical-records/{name}.json"/>'
        for name, (version, _) in names.items()
    )


def export_xml(more: str = "") -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{DTD}\n<HealthData locale="en_US"><ExportDate value="2026-11-23 10:15:00 -0500"/>{ME}{STEPS}{more}</HealthData>'


def archive(xml: str, files: dict[str, Any], name: str = "export.xml") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(f"apple_health_export/{name}", xml)
        for path, content in files.items():
            packed.writestr(
                f"apple_health_export/clinical-records/{path}.json",
                content if isinstance(content, str) else json.dumps(content),
            )
    return made.getvalue()


def whole() -> bytes:
    return archive(export_xml(listed(RESOURCES)), {name: content for name, (_, content) in RESOURCES.items()})


def read(source: bytes) -> Record:
    (record,) = apple_health.read(source, RULES)
    assert isinstance(record, Record)
    return record


def test_records_of_several_hospitals_are_one_person() -> None:
    record = read(whole())
    assert record.as_of == "2026-11-23"
    assert record.age == 67
    assert [(lab.analyte, lab.text, lab.when.first) for lab in record.labs] == [
        ("vitamin_b12", "195 pg/mL", -3)
    ]
    held = {e.concept for e in record.events if e.affirmed}
    assert {"female", "pernicious_anaemia", "metformin"} <= held
    assert "ppi" not in held


def test_everything_is_accounted_for_and_measurements_by_their_number() -> None:
    record = read(whole())
    assert sum(1 for one in record.elements if one.where == "export.xml") == 1
    assert any(one.text == "StepCount: 3" for one in record.elements)
    assert len(record.elements) == len(RESOURCES) + 2


def test_a_record_whose_file_is_missing_or_broken_is_said() -> None:
    record = read(archive(export_xml(listed(RESOURCES)), {"Lab-1": LAB, "Condition-2": "{not json"}))
    fates = {one.where: one.fate for one in record.elements if one.where.startswith("clinical-records/")}
    assert fates == {
        "clinical-records/Condition-2.json": "not_understood", "clinical-records/Order-3.json": "set_aside", "clinical-records/Statement-4.json": "set_aside",
    }  # fmt: skip


def test_the_list_alone_gives_the_person_and_says_what_is_missing() -> None:
    source = export_xml(listed(RESOURCES)).encode()
    assert apple_health.recognise(source)
    record = read(source)
    assert not record.labs
    assert sum(1 for one in record.elements if one.fate == "set_aside") == len(RESOURCES)


def test_an_export_in_another_language_is_found() -> None:
    record = read(
        archive(export_xml(listed({"Lab-1": RESOURCES["Lab-1"]})), {"Lab-1": LAB}, "Exportieren.xml")
    )
    assert record.labs


def test_it_is_interpreted_like_any_other_record() -> None:
    said = load(packs=()).interpret(whole())
    assert said.as_of == "2026-11-23"
    assert said.answer == "deficiency"


def test_it_is_known_by_what_it_is() -> None:
    assert apple_health.recognise(whole()[:65536])
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as packed:
        packed.writestr("[Content_Types].xml", "<Types/>")
    assert not apple_health.recognise(other.getvalue())
    assert not apple_health.recognise(b'{"patient": {}}')


def dense() -> bytes:
    return archive(export_xml("<!-- " + " " * 3_000_000 + " -->"), {})


HARMFUL = {
    "an archive that grows without end": dense,
    "an archive that is cut off": lambda: whole()[: len(whole()) // 2],
    "entities that grow": lambda: archive(
        export_xml().replace("<!ELEMENT", '<!ENTITY a "ha">\n<!ENTITY b "&a;&a;">\n<!ELEMENT', 1), {}
    ),
    "an entity from elsewhere": lambda: archive(
        export_xml().replace("<!ELEMENT", '<!ENTITY a SYSTEM "file:///etc/passwd">\n<!ELEMENT', 1), {}
    ),
    "XML that breaks off": lambda: archive(export_xml()[:-20], {}),
}


@pytest.mark.parametrize("name", HARMFUL)
def test_an_archive_that_would_do_harm_is_refused(name: str) -> None:
    with pytest.raises(CobalensError) as refused:
        apple_health.read(HARMFUL[name](), RULES)
    assert refused.value.problem
