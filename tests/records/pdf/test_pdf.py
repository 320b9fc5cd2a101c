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


# --- Two columns --------------------------------------------------------------------------------------------------

FAR = 310.0
TOP = [(40.0, "Example Laboratory, report of the blood tests of one person, page one")]
FOOT = [(40.0, "The end of the report, which holds no more than this one page")]
TABLES = [
    [(40.0, "Test"), (130.0, "Result"), (180.0, "Unit"), (FAR, "Test"), (400.0, "Result"), (450.0, "Unit")],
    [(40.0, "Vitamin B12"), (130.0, "150"), (180.0, "pg/mL"), (FAR, "Hemoglobin"), (400.0, "10.2"), (450.0, "g/dL")],
    [(40.0, "MCV"), (130.0, "112"), (180.0, "fL"), (FAR, "Creatinine"), (400.0, "0.9"), (450.0, "mg/dL")],
    [(40.0, "Ferritin"), (130.0, "20"), (180.0, "ng/mL")],
]  # fmt: skip
LINES = [
    [(40.0, "Vitamin B12  150 pg/mL"), (FAR, "Hemoglobin  10.2 g/dL")],
    [(40.0, "MCV  112 fL"), (FAR, "Creatinine  0.9 mg/dL")],
    [(40.0, "Ferritin  20 ng/mL")],
]
WORDS = [
    [(40.0, "The patient has tingling of"), (FAR, "He takes metformin and no")],
    [(40.0, "both feet and no history of"), (FAR, "inhalers. There is a family history of")],
    [(40.0, "a total gastrectomy. He"), (FAR, "pernicious anaemia, and his sister")],
    [(40.0, "has no weight loss."), (FAR, "died of a stroke.")],
]


def one_page(*lines: list[tuple[float, str]]) -> bytes:
    return pdf([columns([TOP, *lines, FOOT])])


@pytest.mark.parametrize("font", ["Courier", "Helvetica"])
@pytest.mark.parametrize("beside", [TABLES, LINES], ids=["tables", "lines"])
def test_results_in_two_columns_are_all_read(beside: list[list[tuple[float, str]]], font: str) -> None:
    (record,) = reader.read(pdf([columns([TOP, *beside, FOOT])], font=font), RULES, "2026-03-02")
    assert {(lab.analyte, lab.text) for lab in record.labs} == {
        ("vitamin_b12", "150 pg/mL"), ("mcv", "112 fL"), ("ferritin", "20 ng/mL"), ("hemoglobin", "10.2 g/dL"),
        ("creatinine", "0.9 mg/dL"),
    }  # fmt: skip
    numbers = [int(one.where.removeprefix("line ").split()[0]) for one in record.elements]
    assert sorted(numbers) == sorted(set(numbers))


def test_words_in_two_columns_are_read_down_one_column_and_then_the_other() -> None:
    (record,) = reader.read(one_page(*WORDS), RULES, "2026-03-02")
    said = {(one.concept, one.affirmed, one.family) for one in record.events}
    assert said >= {
        ("paraesthesia", True, False), ("total_gastrectomy", False, False), ("weight_loss", False, False),
        ("metformin", True, False), ("pernicious_anaemia", True, True),
    }  # fmt: skip
    assert ("pernicious_anaemia", True, False) not in said


def test_a_table_with_remarks_stays_one_table() -> None:
    rows = [
        [(40.0, "Test"), (160.0, "Result"), (220.0, "Unit"), (FAR, "Comment")],
        [(40.0, "Vitamin B12"), (160.0, "150"), (220.0, "pg/mL"), (FAR, "Please repeat in three months")],
        [(40.0, "MCV"), (160.0, "112"), (220.0, "fL"), (FAR, "The cells are rather large")],
        [(40.0, "Ferritin"), (160.0, "20"), (220.0, "ng/mL"), (FAR, "This is a low number")],
    ]
    written = [" ".join(line.text.split()) for line in reader.lines_of(one_page(*rows), RULES)]
    assert "Vitamin B12 150 pg/mL Please repeat in three months" in written


def test_a_table_of_several_days_stays_one_table() -> None:
    (record,) = reader.read(
        one_page(
            [(40.0, "Test"), (160.0, "01/02/2026"), (FAR, "01/02/2025")],
            [(40.0, "Vitamin B12 (ng/L)"), (160.0, "150"), (FAR, "210")],
            [(40.0, "MCV (fL)"), (160.0, "112"), (FAR, "99")],
        ),
        RULES,
        "2026-03-02",
    )
    assert [(lab.analyte, lab.text) for lab in record.labs if lab.analyte == "mcv"] == [
        ("mcv", "112 fL"),
        ("mcv", "99 fL"),
    ]
