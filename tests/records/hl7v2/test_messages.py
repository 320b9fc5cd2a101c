"""Whose a message is, on which day it is judged, how it is framed; and the person around the results."""

from __future__ import annotations

import pytest

from cobalens.errors import CobalensError
from cobalens.intake import hl7v2
from cobalens.intake.refused import Refused
from cobalens.model.record import Record
from tests.records.carried import accounted
from tests.records.fuzz_hl7 import check_hl7
from tests.records.hl7v2.messages import B12, HEAD, ORDER, PATIENT, concepts, element, message, read
from tests.robustness.cases import RULES


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize(("before", "after"), [("", ""), ("\x0b", "\x1c\r"), ("\n\n", "\n"), ("\ufeff", "")])
def test_line_ends_and_frames_do_not_matter(end: str, before: str, after: str) -> None:
    source = (before + message(B12).decode().replace("\r", end) + after).encode()
    assert hl7v2.recognise(source)
    record = read(source)
    assert [lab.text for lab in record.labs] == ["195 pg/mL"]
    accounted(record, 4)


def test_other_delimiters_are_taken_from_the_header() -> None:
    source = (
        message(B12).decode().replace("|", "#").replace("^", "@").replace("MSH#@~\\&", "MSH#@~\\&").encode()
    )
    assert [lab.text for lab in read(source).labs] == ["195 pg/mL"]


def test_an_error_in_the_character_set_is_said_and_not_hidden() -> None:
    source = message("OBX|1|NM|13964-2^Methylmalonate^LN||0.9|\u00b5mol/L|||||F").decode().encode("latin-1")
    record = read(source)
    assert [lab.unit for lab in record.labs] == ["umol/L"]
    assert any("character set" in note.message for note in record.notes)


def test_a_character_set_that_is_named_is_used() -> None:
    head = HEAD + "||||||8859/1"
    source = (
        message("OBX|1|NM|13964-2^Methylmalonate^LN||0.9|\u00b5mol/L|||||F", head=head)
        .decode()
        .encode("latin-1")
    )
    assert not read(source).notes


@pytest.mark.parametrize(
    ("head", "order", "day"),
    [
        (HEAD, ORDER + "|||||||||||||||20260301", "2026-03-01"),
        (HEAD, ORDER, "2026-03-02"),
    ],
)
def test_the_day_is_that_of_the_report_and_else_that_of_the_message(head: str, order: str, day: str) -> None:
    assert read(message(B12, head=head, order=order)).as_of == day


def test_the_day_that_is_asked_for_comes_first() -> None:
    assert read(message(B12), as_of="2026-03-10").as_of == "2026-03-10"


def test_a_message_without_a_day_asks_for_one() -> None:
    head = HEAD.replace("20260302120000+0000", "")
    with pytest.raises(CobalensError, match="day"):
        hl7v2.read(message(B12, head=head), RULES)


def test_times_of_another_zone_are_brought_to_that_of_the_message() -> None:
    row = B12 + "|||20260227233000-0500"
    lab = read(message(row)).labs[0]
    assert (lab.when.first, lab.time) == (-2, "04:30:00")


def test_the_time_of_the_order_serves_a_result_without_one() -> None:
    assert read(message(B12)).labs[0].when.first == -3


@pytest.mark.parametrize(
    ("born", "age"),
    [("19590301", 67), ("1959", 66), ("195903", 66), ("0000", None), ("20270101", None), ("", None)],
)
def test_the_age_follows_from_the_birth_date_if_it_can_be_one(born: str, age: int | None) -> None:
    record = read(message(B12, patient=f"PID|1||4711||||{born}|F"))
    assert (None if record.age is None else int(record.age)) == age
    assert record.labs


def test_race_is_read_and_names_are_not() -> None:
    record = read(
        message(B12, patient="PID|1||4711||BLACK^JANE||19590101|F||2054-5^Black or African American^CDCREC")
    )
    assert "black_ethnicity" in concepts(record)
    assert "BLACK" not in repr([one.text for one in record.elements])
    assert not record.not_understood


def test_messages_of_one_patient_are_one_record() -> None:
    second = message(
        "OBX|1|NM|13964-2^Methylmalonate^LN||0.9|umol/L|||||F", head=HEAD.replace("|1|P|", "|2|P|")
    )
    record = read(message(B12) + b"\r\n" + second)
    assert {lab.analyte for lab in record.labs} == {"vitamin_b12", "mma"}
    assert record.labs[0].where == "message[1] OBX[1]"
    accounted(record, 8)


def test_messages_of_two_patients_are_two_records() -> None:
    other = message(
        B12, head=HEAD.replace("|1|P|", "|2|P|"), patient="PID|1||4712^^^H^MR||ROE^ANN||19700101|F"
    )
    batch = b"FHS|^~\\&|LIS\rBHS|^~\\&|LIS\r" + message(B12) + other + b"BTS|2\rFTS|1\r"
    people = [one for one in hl7v2.read(batch, RULES) if isinstance(one, Record)]
    assert [one.id for one in people] == ["4711", "4712"]
    accounted(people[0], 8)
    accounted(people[1], 4)


def test_one_patient_who_cannot_be_read_does_not_stop_the_others() -> None:
    from cobalens.intake.refused import Refused

    long = "\r".join([B12] * 10)
    other = message(
        *[f"OBX|{n}|NM|2132-9^C^LN|{n}|1|pg/mL|||||F" for n in range(3)], patient="PID|1||4712||||19700101|F"
    )
    people = hl7v2.read(message(long) + other, RULES)
    assert len(people) == 2
    assert not any(isinstance(one, Refused) for one in people)


def test_a_message_sent_twice_counts_once() -> None:
    record = read(message(B12) + message(B12))
    assert len(record.labs) == 1
    assert {one.fate for one in record.elements if one.where.startswith("message[2]")} == {"set_aside"}


def test_a_result_sent_again_in_another_message_counts_once() -> None:
    record = read(
        message(B12)
        + message(B12, "OBX|2|NM|787-2^MCV^LN||104|fL|||||F", head=HEAD.replace("|1|P|", "|2|P|"))
    )
    assert sorted(lab.analyte for lab in record.labs) == ["mcv", "vitamin_b12"]


def test_two_patients_in_one_message_are_told_apart() -> None:
    source = message(
        B12, "PID|2||4712^^^H^MR||||19700101|M", ORDER, "OBX|1|NM|2132-9^Cobalamin^LN||400|pg/mL|||||F"
    )
    people = [one for one in hl7v2.read(source, RULES) if isinstance(one, Record)]
    assert [[lab.text for lab in one.labs] for one in people] == [["195 pg/mL"], ["400 pg/mL"]]


CONTEXT = {
    "DG1|1||C67.9^Malignant neoplasm of bladder^I10|||F": {"solid_cancer"},
    "DG1|1|I10|D51.0|Pernicious anaemia||F": {"pernicious_anaemia"},
    "DG1|1||84027009^^SCT|||F": {"pernicious_anaemia"},
    "PR1|1||^Total gastrectomy||20210101": {"total_gastrectomy"},
    "PRB|AD|20200101|84027009^Pernicious anaemia^SCT|1": {"pernicious_anaemia"},
    "AL1|1|DA|^hydroxocobalamin": {"b12_allergy"},
    "RXE|^^^20250101|6809^metformin^RXNORM|1000||mg": {"metformin"},
    "RXO|^omeprazole 20 mg": {"ppi"},
    "OBX|9|CWE|11449-6^Pregnancy status^LN||Y^Yes^HL70136||||||F": {"pregnant"},
    "OBX|9|CWE|29308-4^Diagnosis^LN||84027009^Pernicious anaemia^SCT||||||F": {"pernicious_anaemia"},
    "NTE|1||Strict vegan": {"vegan_diet"},
    "PV2|||^Numbness of both feet": {"paraesthesia"},
}


@pytest.mark.parametrize("row", CONTEXT)
def test_what_stands_around_the_results_is_read(row: str) -> None:
    where = f"{row[:3]}[{2 if row.startswith('OBX') else 1}]"
    source = (
        "\r".join([HEAD, PATIENT, row, ORDER, B12])
        if row[:3] != "OBX"
        else "\r".join([HEAD, PATIENT, ORDER, B12, row])
    )
    record = read(source.encode())
    assert CONTEXT[row] <= concepts(record)
    assert element(record, where).fate == "used"


NOT_NOW = {
    "AL1|1|DA|^metformin": "metformin",
    "AL1|1|DA|^No known drug allergies": "b12_allergy",
    "RXA|0|1|20260101|20260101|^metformin|1|g|||||||||||||RE": "metformin",
    "DG1|1||D51.0^Pernicious anaemia^I10|||W": "pernicious_anaemia",
    "DG1|1||D51.0^Pernicious anaemia^I10|||F|||||||||||||||D": "pernicious_anaemia",
    "OBX|9|CWE|11449-6^Pregnancy status^LN||N^No^HL70136||||||F": "pregnant",
    "NTE|1||No numbness, not vegan": "vegan_diet",
}


@pytest.mark.parametrize("row", NOT_NOW)
def test_refused_deleted_denied_and_doubtful_are_not_so(row: str) -> None:
    assert NOT_NOW[row] not in concepts(read("\r".join([HEAD, PATIENT, row, ORDER, B12]).encode()))


def test_a_cancelled_order_is_no_medicine() -> None:
    rows = ["ORC|CA", "RXE|^^^20250101|^metformin|1000||mg"]
    record = read("\r".join([HEAD, PATIENT, *rows, ORDER, B12]).encode())
    assert "metformin" not in concepts(record)


def test_route_dose_and_remark_belong_to_the_medicine() -> None:
    rows = ["ORC|NW", "RXE|^QD^^20250101|^cyanocobalamin|1000||ug", "RXR|PO", "NTE|1||forgets most days"]
    event = next(
        e for e in read("\r".join([HEAD, PATIENT, *rows, ORDER, B12]).encode()).events if e.where == "RXE[1]"
    )
    assert (event.route, event.adherence, event.start.first) == ("oral", "missed", -425)


def test_a_segment_that_is_not_known_is_said() -> None:
    record = read(message(B12, "ZXY|1|something"))
    assert element(record, "ZXY[1]").fate == "not_understood"


def test_words_of_the_office_are_no_illness() -> None:
    record = read(
        "\r".join(
            [HEAD, PATIENT, "NTE|1|L|Address: Rm. 5, Richmond, CA 94804, Email: a.b@cdph.ca.gov", ORDER, B12]
        ).encode()
    )
    assert concepts(record) == {"female"}


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"MSH",
        b"MSH|",
        b"MSH|^~\\&|",
        b"MSH|^~\\&|A|B|C|D|2026||ORU^R01|1|P|2.5\r\r\r",
        b"MSH|\x00\xff\xfe|",
    ],
)
def test_a_broken_message_is_read_or_refused_and_never_fails(source: bytes) -> None:
    assert not check_hl7(source)


def test_a_file_that_is_too_large_is_refused_early() -> None:
    with pytest.raises(CobalensError) as refused:
        hl7v2.read(b"MSH|^~\\&|" + b"x" * 21_000_000, RULES, "2026-03-02")
    assert refused.value.code == "file_too_large"


def test_a_message_without_a_day_is_refused_alone_and_the_others_keep_their_own() -> None:
    undated = "MSH|^~\\&|LIS|H|EHR|H|||ORU^R01^ORU_R01|2|P|2.5.1"
    other = PATIENT.replace("4711", "4712")
    nameless = message(B12, head=undated, patient=other, order="OBR|1||F2|B12^B12^L")
    dated, refused = hl7v2.read(message(B12) + nameless, RULES)
    assert isinstance(dated, Record)
    assert dated.as_of == "2026-03-02"
    assert isinstance(refused, Refused)
    assert refused.error.code == "as_of_needed"
    for alone in (nameless, nameless + nameless.replace(b"4712", b"4713")):
        with pytest.raises(CobalensError, match="day"):
            hl7v2.read(alone, RULES)
    assert len(hl7v2.read(nameless + message(B12), RULES, "2026-03-05")) == 2
