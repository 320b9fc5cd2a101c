"""What stands about a result and is no part of it, and what belongs to it though it stands elsewhere."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from cobalens.intake.prose.sexranges import by_sex
from cobalens.intake.recognise import read_people
from cobalens.model.record import Lab, Record
from tests.records.fhir.build import LOINC, concept, door, one

AS_OF = "2026-03-02"


def record(content: str | bytes, as_of: str | None = AS_OF) -> Record:
    raw = content if isinstance(content, bytes) else content.encode()
    (found,) = read_people(raw, door().ruleset, as_of, "case", (), None)
    assert isinstance(found, Record)
    return found


def note(said: str) -> Record:
    return record(json.dumps({"patient": {"age": 61}, "facts": {"note": said}}))


def results(found: Record) -> list[tuple[str, str]]:
    return [(lab.analyte, lab.text) for lab in found.labs]


def days(found: Record) -> list[int | None]:
    return [lab.when.last for lab in found.labs]


# --- In a note ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        "Normal ferritin is 30-300.",
        "The normal range for B12 is 200 to 900 pg/mL.",
        "Usual serum folate: above 4 ug/L.",
        "Typical values of MCV are between 80 and 100 fL.",
        "Our laboratory's normal B12 200-900 ng/L",
    ],
)
def test_what_is_normal_is_no_result_of_this_person(said: str) -> None:
    assert results(note(said)) == []


def test_a_result_beside_what_is_normal_is_one() -> None:
    assert results(note("Normal B12 is 200-900 pg/mL. Hers was 150 pg/mL.")) == [("vitamin_b12", "150 pg/mL")]
    assert results(note("B12 185 ng/L (normal 200-900)")) == [("vitamin_b12", "185 ng/L")]
    assert results(note("folate normal, B12 150-200 ng/L")) == [
        ("folate_serum", "normal"),
        ("vitamin_b12", "150-200 ng/L"),
    ]


@pytest.mark.parametrize(
    "said",
    ["SC B12 4.", "Started oral B12 2", "1. Check folate 2. Repeat MMA 3. Recall", "3) Ferritin 4) Review"],
)
def test_a_number_behind_a_drug_or_of_the_next_point_in_a_list_is_no_result(said: str) -> None:
    assert results(note(said)) == []


def test_two_tests_may_stand_side_by_side_without_a_comma() -> None:
    assert results(note("MCV 112 LDH 340 U/L")) == [("mcv", "112 fL"), ("ldh", "340 U/L")]
    assert results(note("Folate 3 INR 2.1"))[1] == ("inr", "2.1")


@pytest.mark.parametrize(
    ("said", "found", "when"),
    [
        ("Vitamin B12 190 ng/L on 4 Jan 2026, rechecked on 9 Feb: 310 ng/L", ["190 ng/L", "310 ng/L"], [-57, -21]),
        ("Holotranscobalamin 28 pmol/L (4 Jan 2026). Repeat on 9 Feb 2026: 31 pmol/L.", ["28 pmol/L", "31 pmol/L"], [-57, -21]),
        ("MMA was 0.9 umol/L on 31 Dec 2025. Today it is 0.4 umol/L.", ["0.9 umol/L", "0.4 umol/L"], [-61, 0]),
    ],
)  # fmt: skip
def test_a_sentence_that_goes_on_about_the_same_test_gives_another_result_of_it(
    said: str, found: list[str], when: list[int | None]
) -> None:
    read = note(said)
    assert len({lab.analyte for lab in read.labs}) == 1
    assert [lab.text for lab in read.labs] == found
    assert days(read) == when


@pytest.mark.parametrize(
    "said",
    [
        "B12 190 ng/L, ferritin 20 ug/L. Repeat: 30 ug/L.",
        "B12 190 ng/L. Repeat weight 62 kg.",
        "B12 190 ng/L. She weighs 150 ng/L.",
    ],
)
def test_where_it_is_not_clear_of_which_test_it_speaks_nothing_is_taken(said: str) -> None:
    assert results(note(said)) == results(note(said.split(".", maxsplit=1)[0]))


# --- Ranges by sex ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("printed", "female", "male"),
    [
        ("M 13.5-17.5 F 12.0-15.5", "12.0-15.5", "13.5-17.5"),
        ("12.0-15.5 (female) / 13.5-17.5 (male)", "12.0-15.5", "13.5-17.5"),
        ("Women: <150 ug/L; Men: <300 ug/L", "<150 ug/L", "<300 ug/L"),
        ("Frauen 12,0 - 15,5 Männer 13,5 - 17,5", "12,0 - 15,5", "13,5 - 17,5"),
        ("Hommes: 13-17 Femmes: 12-16", "12-16", "13-17"),
    ],
)
def test_of_ranges_printed_by_sex_each_is_found(printed: str, female: str, male: str) -> None:
    assert by_sex(printed) == {"female": female, "male": male}


@pytest.mark.parametrize(
    "printed", ["200-900", "F 200-900", "adults 200-900", "F 1-2 F 3-4", "20-30 mg/L", "", 5, None]
)
def test_other_ranges_are_of_everybody(printed: object) -> None:
    assert by_sex(printed) == {}


def csv(sex: str) -> str:
    return f"mrn,sex,test,result,units,ref range,collected\n7,{sex},Hemoglobin,12.9,g/dL,Male: 13.5-17.5 Female: 12.0-15.5,2026-02-01\n"


def hl7(sex: str) -> str:
    return (
        "MSH|^~\\&|L|L|R|R|20260201||ORU^R01|1|P|2.5\r"
        f"PID|1||7||||19600101|{sex}\r"
        "OBR|1|||CBC|||20260201\r"
        "OBX|1|NM|718-7^Hemoglobin^LN||12.9|g/dL|M: 13.5-17.5 F: 12.0-15.5|||N|F\r"
    )


@pytest.mark.parametrize("write", [csv, hl7])
def test_the_range_of_the_persons_own_sex_is_used(write: object) -> None:
    assert callable(write)
    (woman,), (man,) = record(write("F")).labs, record(write("M")).labs
    assert (woman.ref_low, woman.ref_high, woman.qualitative) == (12, pytest.approx(15.5), "normal")
    assert (man.ref_low, man.ref_high, man.qualitative) == (pytest.approx(13.5), pytest.approx(17.5), "low")


def test_without_the_sex_no_range_is_used_and_that_is_told() -> None:
    read = record(csv(""))
    assert [(lab.ref_low, lab.ref_high, lab.qualitative) for lab in read.labs] == [(None, None, None)]
    assert [one.text for one in read.not_understood] == ["Male: 13.5-17.5 Female: 12.0-15.5"]


def test_words_beside_the_numbers_of_a_range_say_for_whom_it_is() -> None:
    ranges = [{"low": {"value": 13.5}, "text": "Male"}, {"low": {"value": 12.0}, "text": "Female"}]
    result = {
        "resourceType": "Observation", "status": "final", "code": concept("", (LOINC, "718-7")), "effectiveDateTime": "2026-02-01",
        "valueQuantity": {"value": 12.9, "unit": "g/dL"}, "referenceRange": ranges,
    }  # fmt: skip
    assert [lab.ref_low for lab in one(result).labs] == [12]


@pytest.mark.parametrize(
    "range_", [{"text": "F: 12.0-15.5 M: 13.5-17.5"}, {"low": {"value": 13.5}, "text": "men"}]
)
def test_the_range_of_one_sex_is_not_remembered_for_the_other(range_: dict[str, object]) -> None:
    def low(sex: str) -> object:
        person = {"resourceType": "Patient", "id": "p", "gender": sex, "birthDate": "1960-01-01"}
        result = {
            "resourceType": "Observation", "id": "r", "status": "final", "code": concept("", (LOINC, "718-7")), "subject": {"reference": "Patient/p"},
            "effectiveDateTime": "2026-02-01", "valueQuantity": {"value": 12.9, "unit": "g/dL"}, "referenceRange": [range_],
        }  # fmt: skip
        whole = {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [{"resource": person}, {"resource": result}],
        }
        return record(json.dumps(whole)).labs[0].ref_low

    of_men, for_women = Decimal("13.5"), low("female")
    assert [low("male"), low("female"), low("male"), low("unknown")] == [of_men, for_women, of_men, None]
    assert for_women != of_men


def test_the_mark_of_a_final_result_is_no_sex() -> None:
    read = record("Sex: Male\nVitamin B12  150  pg/mL  F  200-900\n")
    assert [(lab.ref_low, lab.ref_high) for lab in read.labs] == [(200, 900)]


def test_a_printed_line_with_ranges_by_sex_is_a_result() -> None:
    read = record("Sex: Female\nFerritin  20 ug/L  M: 30-400 F: 15-150  N\n")
    assert [(lab.text, lab.ref_low, lab.ref_high) for lab in read.labs] == [("20 ug/L", 15, 150)]


# --- The order of day and month -----------------------------------------------------------------------------------


def order_notes(read: Record) -> int:
    return sum(one.code == "data_quality:date_order" for one in read.notes)


def test_one_date_that_can_be_read_in_one_way_only_decides_for_its_document() -> None:
    month_first = note("B12 150 ng/L on 02/01/2026, ferritin 20 ug/L on 01/31/2026")
    day_first = note("B12 150 ng/L on 02/01/2026, ferritin 20 ug/L on 31/01/2026")
    assert (days(month_first), order_notes(month_first)) == ([-29, -30], 0)
    assert (days(day_first), order_notes(day_first)) == ([-59, -30], 0)


def test_where_no_date_decides_the_day_stands_first_and_that_is_told_once() -> None:
    read = note("B12 150 ng/L on 02/01/2026, ferritin 20 ug/L on 03/01/2026")
    assert (days(read), order_notes(read)) == ([-59, -58], 1)
    assert order_notes(note("B12 150 ng/L on 02/02/2026")) == 0
    assert order_notes(note("B12 150 ng/L on 2026-01-02")) == 0


def test_a_printed_line_with_such_a_date_alone_is_told_to_be_undated_and_nothing_else() -> None:
    read = record("Vitamin B12  150 pg/mL  (200-900)  02/01/2026\n")
    assert [(lab.text, lab.when.known) for lab in read.labs] == [("150 pg/mL", False)]
    assert [one.text for one in read.not_understood] == ["a date that is not understood"]
    assert order_notes(read) == 0


def test_pasted_words_are_read_in_the_order_that_the_page_shows() -> None:
    read = record("Seen in clinic, B12 150 ng/L on 02/01/2026.\nTotal gastrectomy on 01/31/2020.\n")
    assert days(read) == [-29]


# --- Lists of events ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "head", ["date,event,details", "Date,Type,Description", "when,category,what happened"]
)
def test_what_happened_on_a_row_of_a_list_of_events_happened_on_its_day(head: str) -> None:
    read = record(
        f"{head}\n2026-01-05,Injection,hydroxocobalamin 1 mg IM\n2026-02-20,Lab,Vitamin B12 410 pg/mL\n2024-05-06,Surgery,total gastrectomy\n"
    )
    assert [(lab.text, lab.when.last) for lab in read.labs] == [("410 pg/mL", -10)]
    started = {event.concept: event.start.last for event in read.events}
    assert started["b12_injection"] == -56
    assert started["total_gastrectomy"] == -665
    assert not read.not_understood


# --- Names --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "analyte"),
    [
        ("Folates sériques 2,1 µg/L", "folate_serum"),
        ("Vitamine B 12 : 145 pg/mL", "vitamin_b12"),
        ("Vitamina B-12 145 pg/mL", "vitamin_b12"),
        ("Ferritina sérica 12 ng/mL", "ferritin"),
        ("Homocystéine plasmatique 22 µmol/L", "homocysteine"),
        ("Acido folico sierico 2,1 ng/mL", "folate_serum"),
        ("Ferritin im Serum 12 µg/L", "ferritin"),
    ],
)
def test_a_word_for_serum_or_plasma_in_another_language_changes_no_test(line: str, analyte: str) -> None:
    found: tuple[Lab, ...] = record(f"{line}\n").labs
    assert [(lab.analyte, lab.problem) for lab in found] == [(analyte, None)]


# --- Older ones beside the new one --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "when"),
    [
        ("Ferritin 20 ug/L (was 35 in January 2025)", [0, -395]),
        ("Ferritin 20 ug/L, previously 35 ug/L", [0, -1]),
        ("Ferritin 20 ug/L on 4 Jan 2026 (previous 35 ug/L, 2024)", [-57, -426]),
        ("Ferritin 20 ug/L, down from 35 ug/L two years ago", [0, -730]),
    ],
)
def test_an_older_result_in_brackets_gives_the_newer_one_neither_its_number_nor_its_day(
    said: str, when: list[int]
) -> None:
    read = note(said)
    assert [lab.text for lab in read.labs] == ["20 ug/L", "35 ug/L"]
    assert days(read) == when


@pytest.mark.parametrize(
    "said",
    [
        "A vitamin B12 concentration of less than 200 pg/mL is considered deficient.",
        "Levels of folate below 4 ng/mL suggest a lack of it.",
        "Values for MMA above 0.4 umol/L are seen in renal failure.",
    ],
)
def test_what_is_said_of_any_number_is_no_result_of_this_person(said: str) -> None:
    assert results(note(said)) == []


# --- Pages and messages -------------------------------------------------------------------------------------------


def test_dots_that_lead_to_the_number_are_no_part_of_it() -> None:
    read = record(
        "HOLOTRANSCOBALAMIN.........28 pmol/L [35-171]  L\nFERRITIN . . . . . 12 ug/L\nFOLATE____3.1 ng/mL\n"
    )
    assert results(read) == [("holotc", "28 pmol/L"), ("ferritin", "12 ug/L"), ("folate_serum", "3.1 ng/mL")]


def test_the_day_below_the_last_of_several_results_is_that_of_all() -> None:
    read = record(
        "Holotranscobalamin\n  28 pmol/L  (35-171)  LOW\nFerritin\n  12 ug/L\nDate collected: 4 Jan 2026\n"
    )
    assert days(read) == [-57, -57]


def test_a_day_below_each_result_is_that_of_each() -> None:
    read = record(
        "Holotranscobalamin\n  28 pmol/L\nCollected: 5 Feb 2025\nFerritin\n  12 ug/L\nCollected: 4 Jan 2026\n"
    )
    assert days(read) == [-390, -57]


def test_a_page_about_two_patients_is_refused() -> None:
    from cobalens.errors import CobalensError

    with pytest.raises(CobalensError) as refused:
        record("Patient name: Ada\nB12 148 pg/mL\n\nPatient name: Bea\nB12 300 pg/mL\n")
    assert refused.value.code == "two_people"
    assert len(record("Patient: Ada\nB12 148 pg/mL\n\nPatient:  ADA\nFerritin 30 ug/L\n").labs) == 2


def test_a_rule_drawn_below_the_headings_of_a_table_is_no_row() -> None:
    read = record("| Test | Result |\n|:---|---:|\n| Holotranscobalamin | 28 pmol/L |\n")
    assert results(read) == [("holotc", "28 pmol/L")]
    assert [one.fate for one in read.elements].count("not_understood") == 0


@pytest.mark.parametrize(
    ("said", "unit", "low", "high"),
    [
        ("28 pmol/L (35-171)", "pmol/L", 35, 171),
        ("28 pmol/L [ref: 35 - 171 pmol/L] L", "pmol/L", 35, 171),
        ("28 pmol/L, reference range >35", "pmol/L", 35, None),
        ("28 pmol/L (L)", "pmol/L", None, None),
    ],
)
def test_a_range_printed_behind_the_number_in_its_own_cell_is_its_range(
    said: str, unit: str, low: int | None, high: int | None
) -> None:
    (lab,) = record(f'test,result,date\nHolotranscobalamin,"{said}",2026-02-01\n').labs
    assert (lab.lo, lab.unit, lab.ref_low, lab.ref_high, lab.qualitative, lab.problem) == (
        28,
        unit,
        low,
        high,
        "low",
        None,
    )
    given = {
        "resourceType": "Observation",
        "status": "final",
        "code": concept("Holotranscobalamin"),
        "effectiveDateTime": "2026-02-01",
    }
    (lab,) = one({**given, "valueString": said}).labs
    assert (lab.lo, lab.unit, lab.ref_low, lab.ref_high) == (28, unit, low, high)


def test_an_amount_in_one_litre_is_a_result_and_another_ratio_is_not() -> None:
    def ratio(of: int) -> Record:
        value = {"numerator": {"value": 28, "unit": "pmol"}, "denominator": {"value": of, "unit": "L"}}
        return one(
            {
                "resourceType": "Observation",
                "status": "final",
                "code": concept("Holotranscobalamin"),
                "valueRatio": value,
            }
        )

    assert [(lab.lo, lab.unit) for lab in ratio(1).labs] == [(28, "pmol/L")]
    assert [lab.lo for lab in ratio(5).labs] == [None]


def test_a_result_inside_a_panel_has_the_day_of_the_panel_unless_it_has_its_own() -> None:
    def inner(**own: str) -> dict[str, object]:
        return {
            "resourceType": "Observation",
            "id": "in",
            "status": "final",
            "code": concept("Ferritin"),
            "valueString": "12 ug/L",
            **own,
        }

    panel = {
        "resourceType": "Observation", "status": "final", "code": concept("Iron studies"), "effectiveDateTime": "2026-01-04",
        "hasMember": [{"reference": "#in"}],
    }  # fmt: skip
    assert days(one({**panel, "contained": [inner()]})) == [-57]
    assert days(one({**panel, "contained": [inner(effectiveDateTime="2026-02-05")]})) == [-25]


def test_one_date_decides_the_order_in_a_table_of_a_clinical_document_too() -> None:
    rows = "".join(f"<tr><td>{test}</td><td>{value}</td><td>{day}</td></tr>" for test, value, day in (
        ("Ferritin", "12 ug/L", "02/01/2026"), ("Hemoglobin", "11.2 g/dL", "01/31/2026")))  # fmt: skip
    read = record(
        '<ClinicalDocument xmlns="urn:hl7-org:v3"><typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/><component><structuredBody>'
        '<component><section><code code="30954-2" codeSystem="2.16.840.1.113883.6.1"/><title>Results</title><text><table>'
        f"<thead><tr><th>Test</th><th>Result</th><th>Date</th></tr></thead><tbody>{rows}</tbody></table></text></section></component>"
        "</structuredBody></component></ClinicalDocument>"
    )
    assert days(read) == [-29, -30]


def test_headings_of_portals_that_say_it_in_their_own_way_are_known() -> None:
    read = record(
        "Component;Your Result (units);Std. Range;Flagged?;Collected On\nFERRITIN;12 ug/L;15 - 150 ug/L;Low;Feb 1, 2026 8:12 AM\n"
    )
    assert [(lab.text, lab.ref_low, lab.qualitative, lab.when.last) for lab in read.labs] == [
        ("12 ug/L", 15, "low", -29)
    ]
    assert not read.not_understood


@pytest.mark.parametrize(
    "said",
    ["A ferritin of 20 ug/L is low.", "A serum ferritin of 20 ug/L was found.", "Ferritin low 20 ug/L", "Ferritin is normal at 20 ug/L", "Any ferritin below 15 ug/L is low. Ferritin 20 ug/L"],
)  # fmt: skip
def test_a_sentence_about_one_number_gives_it_whatever_is_said_of_it(said: str) -> None:
    assert results(note(said)) == [("ferritin", "20 ug/L")]


@pytest.mark.parametrize(
    ("said", "word", "when"),
    [("Ferritin low in 2019. Seen on 1 Mar 2026.", "low", -2253), ("Ferritin low 3 weeks ago", "low", -21)],
)
def test_a_year_or_a_while_behind_a_verdict_is_its_time_and_no_number(
    said: str, word: str, when: int
) -> None:
    assert [(lab.lo, lab.qualitative, lab.when.last) for lab in note(said).labs] == [(None, word, when)]
