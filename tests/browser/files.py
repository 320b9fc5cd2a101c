"""One person's results in every format that can be uploaded: a small file of each kind, made by the tests' own writers."""

from __future__ import annotations

import io
import json
from typing import Any

import xlsxwriter

from tests.records.apple_health import test_apple_health as apple
from tests.records.ccda.writer import document
from tests.records.fhir.build import b12, bundle, quantity
from tests.records.hl7v2.messages import B12, message
from tests.records.pdf.writer import columns, pdf

CASE: dict[str, Any] = {
    "patient": {"age": 67, "sex": "female"},
    "facts": {
        "labs": [
            {
                "analyte": "vitamin_b12",
                "value": 195,
                "unit": "pg/mL",
                "day": 0,
                "ref_low": 200,
                "ref_high": 900,
            }
        ],
        "symptoms": ["tingling of both feet for 5 months"],
    },
}
ROWS = (
    ("test", "value", "unit", "date"),
    ("Vitamin B12", "195", "pg/mL", "2026-02-01"),
    ("MCV", "104", "fL", "2026-02-01"),
)


def sheet() -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        page = book.add_worksheet()
        for number, row in enumerate(ROWS):
            page.write_row(number, 0, row)
    return made.getvalue()


def report() -> bytes:
    places = (50.0, 200.0, 280.0, 360.0)
    heads, row = ("Test", "Result", "Units", "Reference Range"), ("Vitamin B12", "195", "pg/mL", "200 - 900")
    lines = [
        [(50.0, "Collected: 01/02/2026 08:15")],
        list(zip(places, heads, strict=True)),
        list(zip(places, row, strict=True)),
    ]
    return pdf([columns(lines)])


def files() -> dict[str, bytes]:
    """File name -> content; each tells of a total B12 of 195 pg/mL."""
    return {
        "case.json": json.dumps(CASE).encode(),
        "bundle.json": json.dumps(bundle(b12(**quantity(195, "pg/mL")))).encode(),
        "result.hl7": message(B12),
        "summary.xml": document(CASE).encode(),
        "results.csv": "\n".join(",".join(row) for row in ROWS).encode(),
        "results.xlsx": sheet(),
        "report.pdf": report(),
        "export.zip": apple.whole(),
        "letter.txt": b"B12 195 pg/mL (200-900). Tingling of both feet for five months.",
    }
