"""What is attached to a report is read like a printout of the same person; what is not read is named with its reason."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.records.fhir.build import b12, concept, one
from tests.records.fhir.test_resources import fate, said
from tests.records.pdf.writer import columns, pdf

TEXT = """Collected: 2026-02-01
Test            Result    Unit     Range
Vitamin B12     150       pg/mL    200-900
MCV             112       fL       80-100
Medications: metformin
Wombat index: high
"""


def attached(raw: bytes, kind: str, **fields: Any) -> dict[str, Any]:
    return {"contentType": kind, "data": base64.b64encode(raw).decode(), **fields}


def report(*forms: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "resourceType": "DiagnosticReport", "status": "final", "code": concept("Laboratory report"),
        "effectiveDateTime": "2026-01-10", "presentedForm": list(forms), **fields,
    }  # fmt: skip


def document(*forms: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "resourceType": "DocumentReference",
        "status": "current",
        "content": [{"attachment": one} for one in forms],
        **fields,
    }


def printed() -> bytes:
    lines = [[(60.0, line)] for line in TEXT.splitlines() if not line.startswith(("Test", "Vitamin", "MCV"))]
    table = [
        [(60.0, "Test"), (220.0, "Result"), (300.0, "Unit"), (380.0, "Range")],
        [(60.0, "Vitamin B12"), (220.0, "150"), (300.0, "pg/mL"), (380.0, "200-900")],
        [(60.0, "MCV"), (220.0, "112"), (300.0, "fL"), (380.0, "80-100")],
    ]
    return pdf([columns([lines[0], *table, *lines[1:]])])


def values(record: Any) -> list[tuple[str, str, int | None]]:
    return [(lab.analyte, lab.text, lab.when.first) for lab in record.labs]


@pytest.mark.parametrize("holder", [report, document])
@pytest.mark.parametrize(
    "form",
    [attached(TEXT.encode(), "text/plain"), attached(printed(), "application/pdf")],
    ids=["text", "pdf"],
)
def test_an_attached_printout_gives_its_results_with_their_day_and_its_words(holder: Any, form: Any) -> None:
    record = one(holder(form))
    assert values(record) == [("vitamin_b12", "150 pg/mL", -29), ("mcv", "112 fL", -29)]
    assert ("metformin", "current") in said(record)
    assert fate(record, holder()["resourceType"])[0] == "used"
    assert any("Wombat" in left.text for left in record.not_understood)


def test_a_result_that_stands_in_the_attachment_as_well_is_read_once() -> None:
    listed = b12(effectiveDateTime="2026-02-01", valueQuantity={"value": 150, "unit": "pg/mL"})
    assert [lab.analyte for lab in one(listed, report(attached(printed(), "application/pdf"))).labs] == [
        "vitamin_b12",
        "mcv",
    ]


def test_one_report_in_two_forms_and_two_places_gives_each_result_once() -> None:
    forms = attached(TEXT.encode(), "text/plain"), attached(printed(), "application/pdf")
    record = one(document(*forms), report(forms[1]))
    assert values(record) == [("vitamin_b12", "150 pg/mL", -29), ("mcv", "112 fL", -29)]
    assert fate(record, "DiagnosticReport")[0] == "used"


def test_a_result_without_a_day_is_of_the_day_of_its_report() -> None:
    form = attached(b"Vitamin B12   150 pg/mL\nMCV   112 fL\n", "text/plain")
    assert [lab.when.first for lab in one(report(form)).labs] == [-51, -51]


def test_a_file_that_lies_beside_the_document_is_found_by_its_address() -> None:
    held = {"resourceType": "Binary", "id": "b1", **attached(printed(), "application/pdf")}
    record = one(document({"contentType": "application/pdf", "url": "Binary/b1"}), held)
    assert values(record)[0] == ("vitamin_b12", "150 pg/mL", -29)
    assert fate(record, "Binary") == ("understood", "read with the document that names it")


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({"contentType": "application/pdf", "url": "https://elsewhere.example/1"}, "an attachment that is kept elsewhere"),
        (attached(b"\x89PNG", "image/png"), "an attachment that is not text (image/png)"),
        (attached(b"hello", "application/pdf"), "an attachment that is called a PDF and is none"),
        (attached(b"%PDF-1.4 broken", "application/pdf"), "an attached PDF. The PDF cannot be read."),
        (attached(pdf([[]]), "application/pdf"), "an attached PDF. The PDF holds pictures of pages and no text."),
        (attached(pdf([columns([[(60, "An invitation to the summer party")]])]), "application/pdf"), "an attachment in whose text nothing is known here"),
        (attached(b"\xff\xfe\xfa", "text/plain"), "an attachment that cannot be decoded"),
        (attached(b"a" * 10_000_001, "text/plain"), "an attachment of more than 10 MB"),
        (attached(b"a" * 100_001, "text/plain"), "an attached text of more than 100000 characters"),
        (attached(b"Age/Sex: 66/M\nVitamin B12 150 pg/mL\n", "text/plain"), "an attachment that gives another age or sex than this person's"),
        (attached(b"Age/Sex: 88/F\nVitamin B12 150 pg/mL\n", "text/plain"), "an attachment that gives another age or sex than this person's"),
    ],
)  # fmt: skip
def test_an_attachment_that_is_not_read_is_set_aside_with_the_reason(
    form: dict[str, Any], reason: str
) -> None:
    record = one(document(form))
    assert fate(record, "DocumentReference") == ("set_aside", reason)
    assert not record.labs
    beside = one(report(form, conclusion="Pernicious anaemia."))
    assert ("pernicious_anaemia", "current") in said(beside)
    assert reason in [left.text for left in beside.not_understood]


def test_not_more_than_twenty_pdfs_of_one_person_are_read() -> None:
    forms = [document(attached(printed(), "application/pdf"), id=f"d{n}") for n in range(22)]
    record = one(*forms)
    aside = [element.reason for element in record.elements if element.fate == "set_aside"]
    assert aside == ["one of more than 20 attached PDFs"] * 2
    assert len(record.elements) == 23
