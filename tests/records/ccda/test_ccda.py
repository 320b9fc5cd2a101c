"""A C-CDA document: results, problems and their state, medicines, procedures, habits, and sections that are only text."""

from __future__ import annotations

from xml.sax.saxutils import escape

import pytest

from cobalens.errors import CobalensError
from cobalens.intake import ccda
from cobalens.model.record import Element, Record
from tests.records.ccda.writer import HEAD, LOINC_OID, SNOMED_OID, person, section, told
from tests.robustness.cases import RULES

WHEN = '<effectiveTime value="20260302120000+0000"/>'


def document(*sections: str, patient: str = "", head: str = HEAD, when: str = WHEN) -> bytes:
    who = patient or person({"age": 67, "sex": "female"})
    return f"{head}{when}{who}<component><structuredBody>{''.join(sections)}</structuredBody></component></ClinicalDocument>".encode()


def read(*sections: str) -> Record:
    return ccda.read(document(*sections), RULES)[0]


def concepts(record: Record) -> set[str]:
    return {
        e.concept
        for e in record.events
        if e.affirmed and not e.doubt and not e.family and e.time == "current"
    }


def elements(record: Record, title: str) -> list[Element]:
    return [one for one in record.elements if one.where.startswith(title)]


def result(
    value: str, code: str = "2132-9", more: str = "", attributes: str = "", status: str = "completed"
) -> str:
    named = f'<code code="{code}" codeSystem="{LOINC_OID}" displayName="Cobalamin"/>'
    one = (
        f'<observation classCode="OBS" moodCode="EVN" {attributes}>{named}<statusCode code="{status}"/>'
        f'<effectiveTime value="20260227"/>{value}{more}</observation>'
    )
    return section(
        "30954-2",
        "Results",
        [f'<organizer classCode="BATTERY" moodCode="EVN"><component>{one}</component></organizer>'],
    )


VALUES = {
    "a quantity": ('<value xsi:type="PQ" value="195" unit="pg/mL"/>', "195 pg/mL"),
    "an upper end": ('<value xsi:type="IVL_PQ"><high value="150" unit="pg/mL" inclusive="false"/></value>', "< 150 pg/mL"),
    "a lower end": ('<value xsi:type="IVL_PQ"><low value="2000" unit="pg/mL"/></value>', ">= 2000 pg/mL"),
    "two ends": ('<value xsi:type="IVL_PQ"><low value="150" unit="pg/mL"/><high value="200" unit="pg/mL"/></value>', "150-200 pg/mL"),
    "text with its unit": ('<value xsi:type="ST">195 pg/mL</value>', "195 pg/mL"),
    "text with a sign": ('<value xsi:type="ST">GREATER THAN 2000 pg/mL</value>', "> 2000 pg/mL"),
    "a unit that is none of UCUM": ('<value xsi:type="PQ" nullFlavor="OTH"><translation value="195" nullFlavor="OTH"><originalText>PG/ML</originalText></translation></value>', "195 PG/ML"),
    "a unit beside the code": ('<value xsi:type="PQ" value="195" unit="1"><translation value="195"><originalText>pg/mL</originalText></translation></value>', "195 pg/mL"),
}  # fmt: skip


@pytest.mark.parametrize("name", VALUES)
def test_a_result_is_read_as_written(name: str) -> None:
    value, said = VALUES[name]
    record = read(result(value))
    assert [(lab.analyte, lab.text, lab.when.first) for lab in record.labs] == [("vitamin_b12", said, -3)]
    assert elements(record, "Results")[0].fate == "used"


@pytest.mark.parametrize(
    ("value", "status", "attributes"),
    [
        ('<value xsi:type="PQ" value="195" unit="pg/mL"/>', "aborted", ""),
        ('<value xsi:type="PQ" value="195" unit="pg/mL"/>', "nullified", ""),
        ('<value xsi:type="PQ" value="195" unit="pg/mL"/>', "completed", 'negationInd="true"'),
        ('<value xsi:type="PQ" nullFlavor="UNK"/>', "completed", ""),
        ("", "active", ""),
    ],
)
def test_a_result_that_was_not_obtained_is_none(value: str, status: str, attributes: str) -> None:
    record = read(result(value, status=status, attributes=attributes))
    assert not record.labs
    assert elements(record, "Results")[0].fate in ("set_aside", "understood")


def test_flag_and_range_of_the_laboratory_are_kept() -> None:
    ends = '<value xsi:type="IVL_PQ"><low value="200" unit="pg/mL"/><high value="900" unit="pg/mL"/></value>'
    more = f'<interpretationCode code="L"/><referenceRange><observationRange>{ends}</observationRange></referenceRange>'
    (lab,) = read(result('<value xsi:type="PQ" value="195" unit="pg/mL"/>', more=more)).labs
    assert (lab.qualitative, str(lab.ref_low), str(lab.ref_high)) == ("low", "200", "900")


def test_a_mass_code_with_a_molar_unit_is_read_in_the_unit_and_said() -> None:
    record = read(result('<value xsi:type="PQ" value="110" unit="pmol/L"/>'))
    assert [lab.unit for lab in record.labs] == ["pmol/L"]
    assert [note.code for note in record.notes] == ["data_quality:code_and_unit"]


def problem(value: str, state: str = "", act: str = "active", attributes: str = "", times: str = "") -> str:
    status = (
        f'<entryRelationship typeCode="REFR"><observation classCode="OBS" moodCode="EVN"><code code="33999-4" codeSystem="{LOINC_OID}"/>'
        f'<statusCode code="completed"/><value xsi:type="CD" displayName="{state}"/></observation></entryRelationship>'
        if state
        else ""
    )
    inner = (
        f'<observation classCode="OBS" moodCode="EVN" {attributes}><code code="55607006" codeSystem="{SNOMED_OID}"/>'
        f'<statusCode code="completed"/>{times}{value}{status}</observation>'
    )
    held = f'<entryRelationship typeCode="SUBJ">{inner}</entryRelationship>'
    return section(
        "11450-4",
        "Problems",
        [f'<act classCode="ACT" moodCode="EVN"><code code="CONC"/><statusCode code="{act}"/>{held}</act>'],
    )


PERNICIOUS = (
    f'<value xsi:type="CD" code="84027009" codeSystem="{SNOMED_OID}" displayName="Pernicious anemia"/>'
)
TUMOUR = f'<value xsi:type="CD" code="399326009" codeSystem="{SNOMED_OID}" displayName="Malignant neoplasm of urinary bladder"/>'


def test_a_problem_is_one_statement_with_its_state() -> None:
    record = read(problem(PERNICIOUS, "Active"))
    assert "pernicious_anaemia" in concepts(record)
    assert len(elements(record, "Problems")) == 1


def test_a_problem_that_is_over_is_over() -> None:
    for one in (problem(TUMOUR, "Resolved"), problem(TUMOUR, act="completed")):
        (event,) = [e for e in read(one).events if e.where.startswith("Problems")]
        assert event.time == "past"


def test_a_negated_problem_is_denied() -> None:
    (event,) = [
        e
        for e in read(problem(PERNICIOUS, attributes='negationInd="true"')).events
        if e.where.startswith("Problems")
    ]
    assert not event.affirmed


def test_no_known_problems_is_said_of_the_whole_list() -> None:
    generic = f'<value xsi:type="CD" code="55607006" codeSystem="{SNOMED_OID}" displayName="Problem"/>'
    assert "condition" in read(problem(generic, attributes='negationInd="true"')).complete


def test_an_icd_translation_serves_where_the_code_is_null() -> None:
    value = '<value xsi:type="CD" nullFlavor="OTH"><translation code="D51.0" codeSystem="2.16.840.1.113883.6.90"/></value>'
    assert "pernicious_anaemia" in concepts(read(problem(value)))


def test_words_are_found_in_the_text_that_an_entry_points_to() -> None:
    value = (
        '<value xsi:type="CD" nullFlavor="UNK"><originalText><reference value="#p1"/></originalText></value>'
    )
    whole = problem(value).replace(
        "<text><table><tbody><tr><td>See entries</td></tr></tbody></table></text>",
        '<text><list><item ID="p1">Pernicious anaemia</item></list></text>',
    )
    assert "pernicious_anaemia" in concepts(read(whole))


def medicine(name: str, status: str = "active", times: str = "", attributes: str = "", more: str = "") -> str:
    material = f"<manufacturedMaterial><code nullFlavor='OTH'><originalText>{escape(name)}</originalText></code></manufacturedMaterial>"
    one = (
        f'<substanceAdministration classCode="SBADM" moodCode="EVN" {attributes}><statusCode code="{status}"/>{times}'
        f"<consumable><manufacturedProduct>{material}</manufacturedProduct></consumable>{more}</substanceAdministration>"
    )
    return section("10160-0", "Medications", [one])


LOW = '<effectiveTime xsi:type="IVL_TS"><low value="20250101"/></effectiveTime>'
TWICE = '<effectiveTime xsi:type="PIVL_TS"><period value="12" unit="h"/></effectiveTime>'


def test_a_medicine_has_its_dates_route_and_frequency() -> None:
    record = read(
        medicine("Metformin 500 mg", times=LOW + TWICE + '<routeCode code="PO"/><doseQuantity value="1"/>')
    )
    (event,) = [e for e in record.events if e.concept == "metformin"]
    assert (event.start.first, event.route, event.time) == (-425, "oral", "current")


@pytest.mark.parametrize(
    "one",
    [
        medicine("Metformin", status="completed"),
        medicine("Metformin", status="aborted"),
        medicine("Metformin", attributes='negationInd="true"'),
        medicine("Metformin", status="nullified"),
        medicine(
            "Metformin",
            times='<effectiveTime xsi:type="IVL_TS"><low value="20240101"/><high value="20250101"/></effectiveTime>',
        ),
    ],
)
def test_a_medicine_that_is_stopped_or_not_taken_is_not_current(one: str) -> None:
    assert "metformin" not in concepts(read(one))


def test_no_medicines_is_said_of_the_whole_list() -> None:
    code = f'<code nullFlavor="OTH"><translation code="410942007" displayName="drug or medication" codeSystem="{SNOMED_OID}"/></code>'
    one = (
        '<substanceAdministration classCode="SBADM" moodCode="EVN" negationInd="true"><statusCode code="active"/><consumable><manufacturedProduct>'
        f"<manufacturedMaterial>{code}</manufacturedMaterial></manufacturedProduct></consumable></substanceAdministration>"
    )
    assert "drug" in read(section("10160-0", "Medications", [one])).complete
    assert "drug" in read(told("10160-0", "Medications", ["No known medications"])).complete


def test_what_a_relative_has_is_the_relatives() -> None:
    inner = f'<observation classCode="OBS" moodCode="EVN"><code code="64572001" codeSystem="{SNOMED_OID}"/><statusCode code="completed"/>{PERNICIOUS}</observation>'
    subject = '<subject><relatedSubject><code code="MTH" displayName="mother"/></relatedSubject></subject>'
    record = read(
        section(
            "10157-6",
            "Family history",
            [
                f'<organizer classCode="CLUSTER" moodCode="EVN">{subject}<component>{inner}</component></organizer>'
            ],
        )
    )
    assert [(e.concept, e.family) for e in record.events if e.where.startswith("Family")] == [
        ("pernicious_anaemia", True)
    ]


def test_a_planned_procedure_is_planned_and_one_not_done_is_denied() -> None:
    def one(attributes: str, status: str = "active") -> str:
        code = "<code nullFlavor='OTH'><originalText>Total gastrectomy</originalText></code>"
        return section(
            "47519-4",
            "Procedures",
            [f'<procedure classCode="PROC" {attributes}>{code}<statusCode code="{status}"/></procedure>'],
        )

    (planned,) = [e for e in read(one('moodCode="INT"')).events if e.concept == "total_gastrectomy"]
    (denied,) = [
        e for e in read(one('moodCode="EVN" negationInd="true"')).events if e.concept == "total_gastrectomy"
    ]
    (done,) = [e for e in read(one('moodCode="EVN"', "completed")).events if e.concept == "total_gastrectomy"]
    assert (planned.time, denied.affirmed, done.time) == ("planned", False, "current")
    assert not any(e.concept == "total_gastrectomy" for e in read(one('moodCode="EVN"', "cancelled")).events)


def test_an_allergy_is_no_medicine() -> None:
    agent = '<participant typeCode="CSM"><participantRole><playingEntity><name>hydroxocobalamin</name></playingEntity></participantRole></participant>'
    inner = f'<observation classCode="OBS" moodCode="EVN"><statusCode code="completed"/>{agent}</observation>'
    record = read(
        section(
            "48765-2",
            "Allergies",
            [
                f'<act classCode="ACT" moodCode="EVN"><entryRelationship typeCode="SUBJ">{inner}</entryRelationship></act>'
            ],
        )
    )
    assert concepts(record) == {"female", "b12_allergy"}


def test_sections_of_text_are_read_line_by_line() -> None:
    record = read(
        told(
            "11450-4",
            "Problems",
            ["Bladder cancer with neobladder, 2021", "No known problems with the heart"],
        ),
        told("10160-0", "Medications", ["Metformin 500 mg twice daily"]),
        told("10164-2", "History", ["Numb feet for five months.", "Vegan."]),
    )
    assert {"ileal_urinary_diversion", "metformin", "paraesthesia", "vegan_diet"} <= concepts(record)


def test_a_table_of_results_in_the_text_is_read_by_its_headings() -> None:
    rows = "<tr><td>Vitamin B12</td><td>195</td><td>pg/mL</td><td>200-900</td><td>2026-02-27</td></tr><tr><td>MCV</td><td>104</td><td>fL</td><td>80-100</td><td>2026-02-27</td></tr>"
    head = "<tr><th>Test</th><th>Result</th><th>Units</th><th>Reference range</th><th>Date</th></tr>"
    text = f"<text><table><thead>{head}</thead><tbody>{rows}</tbody></table></text>"
    record = read(
        f'<component><section><code code="30954-2"/><title>Results</title>{text}</section></component>'
    )
    assert [(lab.analyte, lab.text, lab.when.first) for lab in record.labs] == [
        ("vitamin_b12", "195 pg/mL", -3),
        ("mcv", "104 fL", -3),
    ]


def test_what_is_planned_or_advised_is_not_so_yet() -> None:
    record = read(told("18776-5", "Plan of treatment", ["Start metformin", "Total gastrectomy in May"]))
    assert concepts(record) == {"female"}
    assert {one.fate for one in elements(record, "Plan")} == {"understood"}


REFUSED = {
    "a document type with entities that grow": b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><ClinicalDocument xmlns="urn:hl7-org:v3">&b;</ClinicalDocument>',
    "an entity from elsewhere": b'<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><ClinicalDocument xmlns="urn:hl7-org:v3">&a;</ClinicalDocument>',
    "a document type alone": b'<!DOCTYPE l SYSTEM "http://example.org/x.dtd"><ClinicalDocument xmlns="urn:hl7-org:v3"/>',
    "no end": b'<ClinicalDocument xmlns="urn:hl7-org:v3"><component>',
    "too deep": b'<ClinicalDocument xmlns="urn:hl7-org:v3">' + b"<component>" * 5000,
    "too large": b'<ClinicalDocument xmlns="urn:hl7-org:v3">' + b" " * 51_000_000,
    "an encoding that is none": b'<?xml version="1.0" encoding="x-none"?><ClinicalDocument xmlns="urn:hl7-org:v3"/>',
}


@pytest.mark.parametrize("name", REFUSED)
def test_xml_that_would_do_harm_is_refused_early(name: str) -> None:
    with pytest.raises(CobalensError) as refused:
        ccda.read(REFUSED[name], RULES, "2026-03-02")
    assert refused.value.problem


def test_a_document_is_known_by_what_it_is() -> None:
    assert ccda.recognise(document())
    assert ccda.recognise("\ufeff".encode() + document())
    assert not ccda.recognise(b'<HealthData locale="en"/>')
    assert not ccda.recognise(b'{"resourceType": "Bundle"}')


def test_without_a_day_one_is_asked_for() -> None:
    with pytest.raises(CobalensError, match="day"):
        ccda.read(document(when='<effectiveTime nullFlavor="UNK"/>'), RULES)


@pytest.mark.parametrize("born", ["20300101", "18000101", "abcd"])
def test_a_birth_date_that_cannot_be_is_said(born: str) -> None:
    who = person({"age": 67, "sex": "female"}).replace(
        'birthTime value="19590115"', f'birthTime value="{born}"'
    )
    (record,) = ccda.read(document(patient=who), RULES)
    assert record.age is None
    assert record.notes


def test_a_body_that_is_an_attachment_is_set_aside_and_text_is_read() -> None:
    def whole(text: str) -> Record:
        return ccda.read(
            f"{HEAD}{WHEN}{person({'sex': 'female'})}<component><nonXMLBody>{text}</nonXMLBody></component></ClinicalDocument>".encode(),
            RULES,
        )[0]

    attached = whole('<text mediaType="application/pdf" representation="B64">JVBERi0=</text>')
    assert [one.fate for one in attached.elements if one.where == "nonXMLBody"] == ["set_aside"]
    assert "vegan_diet" in concepts(whole('<text mediaType="text/plain">Vegan for years.</text>'))


@pytest.mark.parametrize(
    ("said", "died"),
    [
        ('<sdtc:deceasedInd value="true"/><sdtc:deceasedTime value="20260220"/>', (-10, -10)),
        ('<sdtc:deceasedInd value="true"/><sdtc:deceasedTime value="202602201130+0000"/>', (-10, -10)),
        ('<sdtc:deceasedInd value="true"/><sdtc:deceasedTime value="2025"/>', (-425, -61)),
        ('<sdtc:deceasedTime value="20260220"/>', (-10, -10)),
        ('<sdtc:deceasedInd value="true"/>', (None, None)),
        ('<sdtc:deceasedInd value="true"/><sdtc:deceasedTime nullFlavor="UNK"/>', (None, None)),
        ('<sdtc:deceasedTime nullFlavor="UNK"/>', (None, None)),
        ('<sdtc:deceasedInd value="false"/>', None),
        ('<sdtc:deceasedInd value="false"/><sdtc:deceasedTime nullFlavor="NA"/>', None),
        ('<sdtc:deceasedInd nullFlavor="UNK"/>', None),
        ("", None),
    ],
)
def test_who_has_died_and_when_is_read(said: str, died: tuple[int | None, int | None] | None) -> None:
    who = person({"age": 67, "sex": "female"}).replace("<birthTime", f"{said}<birthTime")
    assert not said or said in who
    found = ccda.read(document(patient=who), RULES)[0]
    assert (found.died and (found.died.first, found.died.last)) == died
    assert any("has died" in one.message for one in found.notes) == (died is not None)


def test_the_death_of_a_relative_is_not_the_persons() -> None:
    sister = (
        '<organizer classCode="CLUSTER" moodCode="EVN"><statusCode code="completed"/><subject><relatedSubject classCode="PRS">'
        '<code code="SIS"/><subject><sdtc:deceasedInd value="true"/><sdtc:deceasedTime value="20200101"/></subject></relatedSubject></subject></organizer>'
    )
    assert read(section("10157-6", "Family history", [sister])).died is None
