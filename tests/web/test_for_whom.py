from __future__ import annotations

import json
import re

import pytest

from tests.web.visitor import Visitor, words

LOW = (
    "B12 130 pg/mL (200-900)\nMCV 112 fL\nTingling in both feet, unsteady. Total gastrectomy. Bladder cancer."
)
HIGH = (
    "B12 2400 pg/mL (200-900)\nColon cancer with liver metastases. No supplements. ALT 30 U/L\neGFR 35 mL/min"
)


@pytest.mark.parametrize(
    ("pasted", "heading", "lines"),
    [
        (LOW, "The three steps when B12 is low", ("1. Make sure", "2. Find out why", "3. Choose how")),
        (HIGH, "The four questions when B12 is high", ("1. Is B12 being", "2. Could the", "3. Does the", "4. What do")),
    ],
)  # fmt: skip
def test_a_clinician_meets_the_steps_or_the_questions_too(
    visitor: Visitor, pasted: str, heading: str, lines: tuple[str, ...]
) -> None:
    visitor.paste(pasted, audience="clinician")
    page = words(visitor.press("/answer").text)
    assert heading in page
    places = [page.index(one) for one in lines]
    assert places == sorted(places)


def test_a_cause_stands_under_the_step_that_asks_for_it(visitor: Visitor) -> None:
    visitor.paste(LOW, audience="clinician")
    page = words(visitor.press("/answer").text)
    assert re.search(r"2\. Find out why [^.]*Stomach surgery", page)


def test_a_patient_is_told_how_firm_the_answer_is_in_repeated_tests_and_never_in_certainty(
    visitor: Visitor,
) -> None:
    visitor.paste(LOW, audience="patient")
    page = words(visitor.press("/answer").text)
    assert re.search(r"you would get the same answer in (?:\d+|more than 99) of 100 tests", page)
    assert "% sure" not in page


def asked(visitor: Visitor, audience: str) -> str:
    visitor.open("/form")
    fields = {"age": "67", "sex": "female", "as_of": "2026-03-05", "audience": audience}
    lab = {"lab__vitamin_b12__value": "130", "lab__vitamin_b12__unit": "pg/mL"}
    return words(visitor.press("/form", **fields, **lab).text)


def test_the_form_asks_a_patient_in_plain_words_and_a_clinician_in_their_own(visitor: Visitor) -> None:
    plain, clinical = asked(visitor, "patient"), asked(visitor, "clinician")
    assert "Do you have myeloma" in plain
    assert "Myeloma or a paraprotein" in clinical
    assert "Do you have myeloma" not in clinical


def test_a_unit_is_shown_plainly_and_sent_as_it_was_read(visitor: Visitor) -> None:
    page = visitor.paste("eGFR 35 mL/min/1.73m2\nMMA 0.61 umol/L").text
    assert '<option value="mL/min/{1.73_m2}" selected>mL/min/1.73 m²</option>' in page
    assert "{1.73_m2}" not in words(page)
    table = json.dumps(re.findall(r"<option[^>]*selected>[^<]*", page), ensure_ascii=False)
    assert "µmol/L" in table


def test_a_patients_reasons_are_told_in_the_words_of_the_form_without_codes(visitor: Visitor) -> None:
    visitor.paste(LOW, audience="patient")
    visitor.press("/answer")
    part = words(visitor.press("/answer/trace", part=True, finding="cause:gastrectomy").text)
    assert "These notes say: Has your whole stomach" in part
    assert "Has your whole stomach been taken out? Yes “Total gastrectomy”" in part
    assert "cause:" not in part
    assert "asked:" not in part
    assert "rulebook" not in part.lower()


def test_every_line_of_a_clinicians_reasons_leads_to_its_rule_in_the_rulebook(visitor: Visitor) -> None:
    visitor.paste(LOW, audience="clinician")
    visitor.press("/answer")
    for finding in ("cause:gastrectomy", "deficiency=confirmed"):
        part = visitor.press("/answer/trace", part=True, finding=finding).text
        rows = len(re.findall(r"cl-node--(?:row|as_above)", part))
        assert rows > 0
        assert len(re.findall(r'href="/rulebook/question-\w+\.html#\w+\.\w+"', part)) == rows
        assert re.search(r'cl-node--statement">\s*<span>[^<]*</span> <a [^>]*href="/rulebook/question-', part)


def test_every_statement_of_either_page_can_be_opened(visitor: Visitor) -> None:
    """What the reader of the input noticed carries its own reason, and so has nothing to open."""
    for audience in ("patient", "clinician"):
        visitor.paste(f"{LOW}\nB12 0.31 nmol/L", audience=audience)
        page = visitor.press("/answer").text
        codes = set(re.findall(r'name="finding" value="([^"]+)"', page))
        assert len(codes) > 5
        for code in codes:
            assert visitor.press("/answer/trace", part=True, finding=code).status_code == 200, code


def test_a_what_if_speaks_to_a_patient_in_plain_words(visitor: Visitor) -> None:
    visitor.paste(LOW, audience="patient")
    page = visitor.press("/answer").text
    labels = [
        words(one) for one in re.findall(r'<label class="nhsuk-label" for="fact-[^"]*">(.*?)</label>', page)
    ]
    assert labels
    assert all(one.endswith("?") for one in labels)
    fields = {"was__vitamin_b12": "130", "value__vitamin_b12": "900", "unit__vitamin_b12": "pg/mL"}
    part = words(visitor.press("/answer/what-if", part=True, **fields).text)
    assert "What the results suggest" in part
    assert "Deficiency" not in part


def test_an_answer_leads_a_patient_to_its_chapter(visitor: Visitor) -> None:
    visitor.paste(LOW, audience="patient")
    page = visitor.press("/answer").text
    answer = page[page.index('class="cl-answer ') : page.index("</section>", page.index('class="cl-answer '))]
    assert re.search(r'href="/learn/\w+"', answer)
