"""A result means the same however a laboratory writes it, and what cannot be read says why."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec import Struct

from cobalens.model.record import Lab
from tests.records.hl7v2.messages import concepts, element, labs, message, read


class Said(Struct):
    lo: str | None = None
    hi: str | None = None
    unit: str | None = "pg/mL"
    word: str | None = None
    problem: str | None = None
    ref: tuple[str | None, str | None] = (None, None)


def bound(number: str | None) -> Decimal | None:
    return None if number is None else Decimal(number)


def check(lab: Lab, said: Said) -> None:
    assert (lab.lo, lab.hi) == (bound(said.lo), bound(said.hi))
    assert lab.unit == said.unit
    assert (lab.qualitative, lab.problem) == (said.word, said.problem)
    assert (lab.ref_low, lab.ref_high) == (bound(said.ref[0]), bound(said.ref[1]))


CODE = "2132-9^Cobalamin^LN"
ROWS = {
    "a number": (f"OBX|1|NM|{CODE}||195|pg/mL|200-900||||F", Said("195", "195", word="low", ref=("200", "900"))),
    "a comparator in a structured number": (f"OBX|1|SN|{CODE}||>^2000|pg/mL|||||F", Said("2000", None)),
    "a comparator in the text": (f"OBX|1|ST|{CODE}||>2000|pg/mL|||||F", Said("2000", None)),
    "less than": (f"OBX|1|ST|{CODE}||<150|PG/ML|||||F", Said(None, "150")),
    "capital words": (f"OBX|1|TX|{CODE}||GREATER THAN 2000|pg/mL|||||F", Said("2000", None)),
    "an interval": (f"OBX|1|SN|{CODE}||^150^-^200|pg/mL|||||F", Said("150", "200")),
    "an interval in text": (f"OBX|1|ST|{CODE}||150-200|pg/mL|||||F", Said("150", "200")),
    "thousands": (f"OBX|1|ST|{CODE}||1,245|pg/mL|200-900|H|||F", Said("1245", "1245", word="high", ref=("200", "900"))),
    "a range in words": (f"OBX|1|NM|{CODE}||195|pg/mL|200 to 900 pg/mL||||F", Said("195", "195", word="low", ref=("200", "900"))),
    "one end of a range": (f"OBX|1|NM|{CODE}||195|pg/mL|> 180||||F", Said("195", "195", word="normal", ref=("180", None))),
    "a coded unit": (f"OBX|1|NM|{CODE}||195|pg/mL^picogram per milliliter^UCUM|||||F", Said("195", "195")),
    "a unit in the alternative": (f"OBX|1|NM|{CODE}||195|L77^^L^pg/mL^^UCUM|||||F", Said("195", "195")),
    "a molar unit under a mass code": (f"OBX|1|NM|{CODE}||110|pmol/L|||||F", Said("110", "110", unit="pmol/L")),
    "flag beyond the scale": (f"OBX|1|NM|{CODE}||2000|pg/mL||>|||F", Said("2000", None)),
    "no unit": (f"OBX|1|NM|{CODE}||195||||||F", Said("195", "195", unit=None, problem="unit_missing")),
    "an impossible unit": (f"OBX|1|NM|{CODE}||150|g/L|||||F", Said(unit="g/L", problem="implausible")),
    "spoilt": (f"OBX|1|ST|{CODE}||HEMOLYZED||||||X", Said(unit=None, problem="cancelled")),
    "a word": (f"OBX|1|CWE|{CODE}||LOW^Low^L||||||F", Said(unit=None, word="low")),
    "a local code beside LOINC": ("OBX|1|NM|B12S^VIT B12 SERUM^L^2132-9^Cobalamin^LN||195|pg/mL|||||F", Said("195", "195")),
    "a local name alone": ("OBX|1|NM|X7^VITAMIN B12, SERUM^L||195|pg/mL|||||F", Said("195", "195")),
    "a wrong check digit beside a name": ("OBX|1|NM|2132-8^Vitamin B12^LN||195|pg/mL|||||F", Said("195", "195")),
    "a sentence": (f"OBX|1|TX|{CODE}||Vitamin B12 level is 195 pg/mL.||||||F", Said("195", "195")),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_a_result_is_read_as_written(name: str) -> None:
    row, said = ROWS[name]
    check(labs(row)["vitamin_b12"], said)


@pytest.mark.parametrize(
    ("value", "word"),
    [("NEG", "negative"), ("Negative", "negative"), ("POSITIVE", "positive"), ("2+", "positive")],
)
def test_an_antibody_is_a_word(value: str, word: str) -> None:
    assert (
        labs(f"OBX|1|ST|IFAB^Intrinsic factor antibody^L||{value}||||||F")["if_antibody"].qualitative == word
    )


def test_an_answer_in_code_alone_is_understood() -> None:
    assert (
        labs("OBX|1|CWE|IFAB^Intrinsic factor antibody^L||260385009^^SCT||||||F")["if_antibody"].qualitative
        == "negative"
    )


def test_a_titre_is_read_as_positive_or_not() -> None:
    assert (
        labs("OBX|1|SN|PCA^Parietal cell antibody^L||^1^:^160||||||F")["parietal_cell_antibody"].qualitative
        == "positive"
    )


@pytest.mark.parametrize(
    ("status", "kept"),
    [
        ("F", "final"),
        ("C", "corrected"),
        ("P", "preliminary"),
        ("U", "final"),
        ("", "final"),
        ("R", "preliminary"),
    ],
)
def test_the_status_of_a_result_is_kept(status: str, kept: str) -> None:
    assert labs(f"OBX|1|NM|{CODE}||195|pg/mL|||||{status}")["vitamin_b12"].status == kept


@pytest.mark.parametrize("status", ["D", "W", "I", "O", "N"])
def test_a_result_that_was_withdrawn_or_never_came_is_not_used(status: str) -> None:
    value = "" if status == "N" else "195"
    record = read(message(f"OBX|1|NM|{CODE}||{value}|pg/mL|||||{status}"))
    assert not record.labs
    assert element(record, "OBX[1]").fate in ("set_aside", "understood")
    assert element(record, "OBX[1]").reason


def test_a_correction_replaces_what_it_corrects() -> None:
    record = read(message(f"OBX|1|NM|{CODE}||150|pg/mL|||||F", f"OBX|2|NM|{CODE}||450|pg/mL|||||C"))
    assert [lab.text for lab in record.labs] == ["450 pg/mL"]
    assert element(record, "OBX[1]").reason == "corrected later"


def test_a_deletion_takes_back_what_was_sent() -> None:
    record = read(message(f"OBX|1|NM|{CODE}||150|pg/mL|||||F", f"OBX|1|NM|{CODE}||150|pg/mL|||||W"))
    assert not record.labs


def test_a_flag_counts_where_the_unit_is_missing_and_the_account_says_so() -> None:
    record = read(message(f"OBX|1|NM|{CODE}||150|||L|||F"))
    assert [(lab.qualitative, lab.problem) for lab in record.labs] == [("low", "unit_missing")]
    assert element(record, "OBX[1]").fate == "used"
    assert "number itself is not used" in element(record, "OBX[1]").reason


def test_two_repeats_are_two_results() -> None:
    record = read(message(f"OBX|1|NM|{CODE}||195~205|pg/mL|||||F"))
    assert [lab.text for lab in record.labs] == ["195 pg/mL", "205 pg/mL"]


def test_a_number_in_urine_is_no_result_of_the_blood() -> None:
    record = read(message("OBX|1|NM|13964-2^Methylmalonate^LN||2.1|umol/L|||||F", "SPM|1|||UR^Urine^HL70487"))
    assert not record.labs


def test_several_specimens_under_one_order_leave_it_open_which_is_meant() -> None:
    rows = (
        "OBX|1|NM|13964-2^Methylmalonate^LN||2.1|umol/L|||||F",
        "SPM|1|||UR^Urine^HL70487",
        "SPM|2|||SER^Serum^HL70487",
    )
    record = read(message(*rows))
    assert not record.labs
    assert element(record, "OBX[1]").fate == "set_aside"


def test_see_comment_is_answered_by_the_remark_below() -> None:
    record = read(
        message("OBX|1|ST|HCY^HOMOCYSTEINE^L||SEE COMMENT||||||F", "NTE|1|L|Homocysteine 22.5 umol/L (5-15)")
    )
    assert [(lab.analyte, lab.text) for lab in record.labs] == [("homocysteine", "22.5 umol/L")]
    assert not record.not_understood


@pytest.mark.parametrize(
    "words",
    [
        "Biotin supplementation may interfere with this assay.",
        "Values below 200 pg/mL suggest deficiency; consider MMA.",
        "High levels are seen in liver disease, renal impairment and myeloproliferative disorders.",
        "<200 pg/mL: Deficient\\.br\\200-400 pg/mL: Indeterminate\\.br\\>400 pg/mL: Sufficient",
        "Deficient <145 pg/mL, borderline 145 - 180 pg/mL",
        "Patients taking metformin or a PPI have lower levels. Reference: 200-900 pg/mL.",
    ],
)
def test_what_a_laboratory_says_of_people_in_general_is_not_said_of_this_one(words: str) -> None:
    record = read(message(f"OBX|1|NM|{CODE}||195|pg/mL|||||F", f"NTE|1|L|{words}"))
    assert concepts(record) == {"female"}
    assert [lab.text for lab in record.labs] == ["195 pg/mL"]
    assert element(record, "NTE[1]").fate == "set_aside"


def test_what_it_says_of_this_sample_is_read() -> None:
    record = read(
        message(f"OBX|1|NM|{CODE}||1950|pg/mL|||||F", "NTE|1|L|Sample taken two days after a B12 injection.")
    )
    assert "b12_injection" in concepts(record)


def test_lines_of_a_text_are_read_as_one() -> None:
    rows = (
        "OBX|1|TX|HX^Clinical history^L||Bladder cancer, ileal||||||F",
        "OBX|2|TX|HX^Clinical history^L||conduit in 2021||||||F",
    )
    record = read(message(*rows))
    assert "ileal_urinary_diversion" in concepts(record)
    assert {element(record, "OBX[1]").fate, element(record, "OBX[2]").fate} == {"used"}


def test_escapes_stand_for_what_they_say() -> None:
    record = read(
        message("OBX|1|FT|HX^Clinical history^L||Vegan\\.br\\numb feet \\T\\ hands\\X0A\\takes biotin||||||F")
    )
    assert {"vegan_diet", "paraesthesia", "biotin"} <= concepts(record)


def test_a_report_in_running_text_has_the_day_of_its_order() -> None:
    record = read(
        message(
            "OBX|1|FT|RPT^Laboratory report^L||Vitamin B12: 195 pg/mL (200-900)\\.br\\Homocysteine 22.5 umol/L||||||F"
        )
    )
    assert [(lab.analyte, lab.text, lab.when.first) for lab in record.labs] == [
        ("vitamin_b12", "195 pg/mL", -3),
        ("homocysteine", "22.5 umol/L", -3),
    ]


def test_a_table_of_what_numbers_mean_is_no_result() -> None:
    record = read(message("OBX|1|TX|B12C^Vitamin B12 comment^L||<200 pg/mL: deficient||||||F"))
    assert not record.labs


def test_a_final_result_replaces_its_preliminary_one() -> None:
    record = read(message(f"OBX|1|NM|{CODE}||150|pg/mL|||||P", f"OBX|1|NM|{CODE}||155|pg/mL|||||F"))
    assert [lab.text for lab in record.labs] == ["155 pg/mL"]


def test_an_attachment_is_set_aside() -> None:
    record = read(message("OBX|1|ED|PDF^Report^L||^application^pdf^Base64^JVBERi0||||||F"))
    assert element(record, "OBX[1]").fate == "set_aside"


def test_a_unit_that_does_not_go_with_the_code_wins_and_is_said() -> None:
    record = read(message(f"OBX|1|NM|{CODE}||110|pmol/L|||||F"))
    assert [note.code for note in record.notes] == ["data_quality:code_and_unit"]
    assert not read(message(f"OBX|1|NM|{CODE}||150|pg/mL|||||F")).notes


@pytest.mark.parametrize(
    ("said", "there"), [("present", True), ("++", True), ("Seen", True), ("not seen", False)]
)
def test_a_row_that_names_a_finding_says_whether_it_is_there(said: str, there: bool) -> None:
    found = read(message(f"OBX|2|ST|X1^Red cell fragments^L||{said}||||||F"))
    events = [one for one in found.events if one.concept == "red_cell_fragments"]
    assert [one.affirmed for one in events] == [there]
