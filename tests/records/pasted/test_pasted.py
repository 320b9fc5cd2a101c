"""Results as they are pasted: lines, tables parted by spaces, one result over several lines, several days side by side, and noise."""

from __future__ import annotations

import pytest

from cobalens.errors import CobalensError
from cobalens.intake import pasted
from cobalens.intake.recognise import format_of
from cobalens.model.record import Record
from tests.records.carried import DAY_ZERO, FATES, of_case, outcome, variants
from tests.records.fhir.build import door
from tests.records.pasted.writer import printout
from tests.robustness.cases import RULES

DAY = "2026-03-02"
NOT_CARRIED: dict[str, str] = {}
"""Case -> what of it has no place in a printout."""


def read(text: str) -> Record:
    (record,) = pasted.read(text.encode(), RULES, DAY)
    assert {one.fate for one in record.elements} <= FATES
    return record


def brief(record: Record) -> list[tuple[str, str, str | None, str | None]]:
    return [(lab.analyte, lab.text, lab.qualitative, lab.problem) for lab in record.labs]


@pytest.mark.parametrize(
    ("line", "text", "word"),
    [
        ("Vitamin B12 1,245 pg/mL (200–900) H", "1245 pg/mL", "high"),
        ("VITAMIN B12        165   ng/L   180-900   L", "165 ng/L", "low"),
        ("Vitamin B12: <150 pg/mL [Ref: 200-900]", "< 150 pg/mL", "low"),
        ("Vitamin B12 ...... H 1245 pg/mL  Reference range 200 - 900", "1245 pg/mL", "high"),
        ("Vitamin B12 (pg/mL)  195  200-900  L", "195 pg/mL", "low"),
        ("B12\t195\tpg/mL\t200-900\tL\tFinal", "195 pg/mL", "low"),
        ("| Vitamin B12 | 195 | pg/mL | 200-900 |", "195 pg/mL", "low"),
        ("2026-01-31 Vitamin B12 195 pg/mL", "195 pg/mL", None),
        ("Vitamin B12 GREATER THAN 2000 pg/mL", "> 2000 pg/mL", None),
        ("Vitamin B12 >2000 pg/mL", "> 2000 pg/mL", None),
        ("VITAMIN B12            165 L      200-1100 pg/mL   EN", "165 pg/mL", "low"),
        ("Vitamin B12  195  > or = 200 pg/mL  01", "195 pg/mL", "low"),
        ("Vitamin B12  195  >OR= 200 pg/mL", "195 pg/mL", "low"),
        ("Vitamin B12 (Cobalamin) 150 pg/mL 200-900", "150 pg/mL", "low"),
        ("Cobalamin (Vitamin B12)  150 pg/mL  200-900", "150 pg/mL", "low"),
        (
            "Serum vitamin B12 (XE2pf)   148 ng/L   [180.0 - 640.0]; Below low reference limit",
            "148 ng/L",
            "low",
        ),
        ("Vitamin B12 Lvl: 150 pg/mL Low (11/15/2025 08:12:00)", "150 pg/mL", "low"),
        ("Vitamine B12 : 150 pg/mL (N : 200 à 900)", "150 pg/mL", "low"),
        ("Vitamin B12   150 -   pg/ml   197-771", "150 pg/ml", "low"),
        ("Vitamina B12 ......... 150 pg/mL (187 - 883) *", "150 pg/mL", "low"),
    ],
)
def test_a_result_on_one_line_is_read_whole(line: str, text: str, word: str | None) -> None:
    record = read(line)
    assert brief(record) == [("vitamin_b12", text, word, None)]
    assert [one.fate for one in record.elements] == ["used"]
    assert record.not_understood == ()


def test_a_result_over_several_lines_is_one_result() -> None:
    record = read(
        "VITAMIN B12\nYour value\n1,245 pg/mL\nNormal range: 200 - 900 pg/mL\nHigh\nCollected on Jan 31, 2026\n\nFOLATE\n3.2\nng/mL\n>4.0\nL\n"
    )
    assert brief(record) == [
        ("vitamin_b12", "1245 pg/mL", "high", None),
        ("folate_serum", "3.2 ng/mL", "low", None),
    ]
    assert record.labs[0].when.first == -30
    assert len(record.elements) == 11


def test_several_days_stand_side_by_side_and_an_empty_place_stays_empty() -> None:
    record = read(
        "               31/01/2026   15/02/2026   01/03/2026   Units    Range\n"
        "Vitamin B12    150          210          >2000        pg/mL    200-900\n"
        "MMA                         0.64                      umol/L   0-0.4\n"
    )
    assert [(lab.analyte, lab.text, lab.when.first) for lab in record.labs] == [
        ("vitamin_b12", "150 pg/mL", -30), ("vitamin_b12", "210 pg/mL", -15), ("vitamin_b12", "> 2000 pg/mL", -1), ("mma", "0.64 umol/L", -15),
    ]  # fmt: skip


def test_a_unit_in_the_name_holds_for_every_day_beside_it() -> None:
    record = read("                    15 Nov 2025   2 May 2025\nVitamin B12 (ng/L)     165          210\n")
    assert brief(record) == [("vitamin_b12", "165 ng/L", None, None), ("vitamin_b12", "210 ng/L", None, None)]


PORTALS = {
    "the unit stands with the range": (
        ("Component\tRef Range & Units\t11/15/25 0812\t5/20/25 0900\n"
        "Vitamin B12\t232 - 1,245 pg/mL\t150 Low\t210 Low\n"
        "Hemoglobin\t11.7 - 15.5 g/dL\t10.2 Low\t11.0 Low\n"),
        [("vitamin_b12", "150 pg/mL"), ("vitamin_b12", "210 pg/mL"), ("hemoglobin", "10.2 g/dL"), ("hemoglobin", "11.0 g/dL")],
    ),
    "an older result and the laboratory that did it stand beside": (
        ("Test   Current Result and Flag   Previous Result and Date   Units   Reference Interval\n"
        "Vitamin B12 01   189 Low   240   03/14/2025   pg/mL   232-1245\n"),
        [("vitamin_b12", "189 pg/mL")],
    ),
    "marks of the laboratory stand behind the numbers": (
        ("Untersuchung  Ergebnis  Einheit  Referenzbereich\n"
        "Vitamin B12   150 -   pg/ml   197-771\n"
        "MMA  512 +   nmol/l  73 - 271\n"),
        [("vitamin_b12", "150 pg/ml"), ("mma", "512 nmol/l")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PORTALS)
def test_printouts_of_portals_and_laboratories_are_read_as_they_are_pasted(name: str) -> None:
    text, expected = PORTALS[name]
    assert sorted((lab.analyte, lab.text) for lab in read(text).labs if not lab.problem) == sorted(expected)


def test_decimal_commas_in_lines_are_no_table() -> None:
    text = "Vitamina B12: 1.245,0 pg/ml (200-900)\nHomocisteína 22,5 µmol/L\nHemoglobina 9,8 g/dl\n"
    record = door().read(text.encode(), as_of=DAY)
    read_as = {lab.analyte: str(lab.lo) for lab in record.labs}
    assert read_as == {"vitamin_b12": "1245.0", "homocysteine": "22.5", "hemoglobin": "9.8"}
    assert record.not_understood == ()


@pytest.mark.parametrize(
    "line", ["No vitamins.", "No supplements", "Vegan diet", "No test was repeated; takes metformin"]
)
def test_words_are_not_taken_for_headings(line: str) -> None:
    record = read(f"Vitamin B12 195 pg/mL\n{line}\n")
    assert record.events or record.not_understood


def test_the_day_of_the_report_is_the_day_of_its_results() -> None:
    record = read(
        "Collected: 31/01/2026 08:15   Received: 01/02/2026\nTest   Result   Units\nVitamin B12   165   ng/L\nHb 97 g/L\n"
    )
    assert [lab.when.first for lab in record.labs] == [-30, -30]


def test_dated_text_needs_the_day_of_decision() -> None:
    with pytest.raises(CobalensError) as refused:
        pasted.read(b"Vitamin B12 165 ng/L 2026-01-31", RULES)
    assert refused.value.code == "as_of_needed"


@pytest.mark.parametrize(
    ("content", "format"),
    [
        (b"Vitamin B12 165 ng/L", "pasted"),
        (b"Patient: X\nAge: 67\nVitamin B12 165 ng/L\n", "pasted"),
        (b"MRN,B12 (ng/L)\n1,165\n", "tables"),
        (b"%PDF-1.7\n", "pdf"),
        (b"patient:\n  age: 67\n", None),
        (b"[patient]\nage = 67\n", None),
        (b'{"patient": {"age": 67}}', None),
        (b"patient: [1, 2", None),
    ],
)
def test_a_format_is_told_from_its_content(content: bytes, format: str | None) -> None:
    assert format_of(content) == format


@pytest.mark.parametrize("mark", ["\t", "   "])
def test_of_two_tables_beside_each_other_under_one_line_of_headings_both_are_read(mark: str) -> None:
    rows = [
        "Test Result Unit Test Result Unit",
        "MCV 112 fL Creatinine 0.9 mg/dL",
        "B12 150 pg/mL Wombat 7 g/L",
    ]
    record = read("\n".join(row.replace(" ", mark) for row in rows))
    assert [(lab.analyte, lab.text, lab.where) for lab in record.labs] == [
        ("mcv", "112 fL", "line 2"),
        ("vitamin_b12", "150 pg/mL", "line 3"),
        ("creatinine", "0.9 mg/dL", "line 2"),
    ]
    assert [one.text for one in record.not_understood] == ["Wombat"]
    assert [(one.where, one.fate) for one in record.elements] == [
        ("line 1", "understood"), ("line 2", "used"), ("line 3", "used"), ("line 2", "used"), ("line 3", "not_understood"),
    ]  # fmt: skip


def test_text_without_anything_known_is_refused() -> None:
    with pytest.raises(CobalensError) as refused:
        pasted.read(b"Dear all, the weather is nice", RULES)
    assert refused.value.code == "unknown_kind"


@pytest.mark.parametrize(
    "name", [name for name in sorted(variants()) if name.removesuffix(", other units") not in NOT_CARRIED]
)
def test_a_case_says_the_same_as_a_printout(name: str) -> None:
    case = variants()[name]
    (record,) = pasted.read(printout(case), RULES, DAY_ZERO.isoformat())
    assert outcome(record) == of_case(case)


def of_days(text: str) -> list[tuple[str, str, int | None]]:
    return [(lab.analyte, lab.text, lab.when.last) for lab in read(text).labs]


def test_below_days_a_line_with_empty_places_and_a_unit_behind_keeps_its_day() -> None:
    text = """Date Collected    01 Feb 26  20 Jul 25  12 Feb 26
Vitamin B12       410        280        164        pmol/L   (150-700)
Active B12                              24         pmol/L   (>35)
"""
    assert [one for one in of_days(text) if one[0] == "holotc"] == [("holotc", "24 pmol/L", -18)]
    assert ("vitamin_b12", "164 pmol/L", -18) in of_days(text)


def test_the_range_with_its_unit_may_stand_between_the_name_and_the_days() -> None:
    text = """Component        Latest Ref Rng & Units    02/20/2026    02/14/2025
Vitamin B-12     232 - 1,245 pg/mL         188 (L)       301
"""
    assert of_days(text) == [("vitamin_b12", "188 pg/mL", -10), ("vitamin_b12", "301 pg/mL", -381)]


@pytest.mark.parametrize(
    "text",
    [
        "Laborbefund vom 18.02.2026\nVitamin B12      112 -   ng/l     197-771\n",
        "HOSPITAL CENTRAL - Laboratorio    Fecha: 18/02/2026\nVitamina B12 ...... 112 ng/l   (197 - 771)\n",
        "Vitamin B12      112   ng/l     197-771\nCollected: 18/02/2026\n",
        "Your recent blood test (18/02/2026): Vit B12 = 112 ng/l (low).",
    ],
)
def test_the_day_may_stand_above_below_or_beside_other_words(text: str) -> None:
    assert of_days(text) == [("vitamin_b12", "112 ng/l", -12)]


def test_a_standing_remark_on_the_range_is_no_result() -> None:
    text = """Vitamin B12      112   ng/l     197-771
Please note: although the reference range for vitamin B12 is 200-1100 pg/mL, some patients with values between 200 and 400 pg/mL have symptoms.
"""
    assert of_days(text) == [("vitamin_b12", "112 ng/l", None)]
