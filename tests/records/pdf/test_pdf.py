"""Reports in PDF: a text layer is read as it stands on paper; a picture of a report is refused."""

from __future__ import annotations

import pytest

from cobalens.errors import CobalensError
from cobalens.intake import pdf as reader
from tests.records.pdf.writer import Word, columns, pdf
from tests.robustness.cases import RULES

PLACES = (50, 200, 280, 360, 460)
HEAD = [
    [(50.0, "St Elsewhere Hospital")],
    [(50.0, "MRN: 0042"), (280.0, "DOB: 14/02/1957"), (430.0, "Sex: F")],
    [(50.0, "Collected: 31/01/2026 08:15")],
]


def row(*texts: str) -> list[tuple[float, str]]:
    return [(float(x), text) for x, text in zip(PLACES, texts, strict=True) if text]


def report() -> list[list[Word]]:
    heads = row("Test", "Result", "Units", "Reference Range", "Flag")
    return [
        columns(
            [
                *HEAD,
                heads,
                row("Vitamin B12", "165", "ng/L", "180 - 900", "L"),
                row("Methylmalonic acid", "640", "nmol/L", "0 - 370", "H"),
            ]
        ),
        columns([*HEAD, heads, row("Ferritin", "22", "ug/L", "15 - 200", "")]),
    ]


@pytest.mark.parametrize("font", ["Courier", "Helvetica"])
@pytest.mark.parametrize("packed", [True, False])
def test_a_report_in_columns_over_two_pages_is_read(font: str, packed: bool) -> None:
    (record,) = reader.read(pdf(report(), font=font, packed=packed), RULES, "2026-03-02")
    assert [(lab.analyte, lab.text, lab.when.first) for lab in record.labs] == [
        ("vitamin_b12", "165 ng/L", -30), ("mma", "640 nmol/L", -30), ("ferritin", "22 ug/L", -30),
    ]  # fmt: skip
    assert record.age == 69
    assert sum(one.reason == "stands on every page" for one in record.elements) == 3


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (pdf([[]]), "scanned_pdf"),
        (b"%PDF-1.4 nothing more", "broken_pdf"),
        (pdf(report())[:300], "broken_pdf"),
        (pdf([[(50, 50, "Dear colleague, all the best for you")]]), "nothing_known_in_pdf"),
    ],
)
def test_a_pdf_that_cannot_be_read_is_refused_with_what_to_do(source: bytes, code: str) -> None:
    assert reader.recognise(source)
    with pytest.raises(CobalensError) as refused:
        reader.read(source, RULES, "2026-03-02")
    assert refused.value.code == code
    assert refused.value.next
