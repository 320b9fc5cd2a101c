from __future__ import annotations

import re
from pathlib import Path

import pytest

from cobalens.serve.web.words import LANGUAGES, prefix
from tests.web.visitor import PASTED, Visitor, words

CASES = Path(__file__).parent.parent / "cases"
OPEN_TO_ALL = ("/", "/results", "/form", "/learn", "/about")


@pytest.mark.parametrize("path", OPEN_TO_ALL)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_opens_in_every_language_with_one_heading_and_one_title(
    visitor: Visitor, path: str, language: str
) -> None:
    answer = visitor.open(prefix(language) + path)
    assert answer.status_code == 200
    assert f'<html lang="{language}"' in answer.text
    assert len(re.findall("<h1", answer.text)) == 1
    assert re.search(r"<title>[^<]+ – Cobalens</title>", answer.text)


def test_every_link_of_the_pages_that_leads_somewhere_here_leads_to_a_page(visitor: Visitor) -> None:
    seen, waiting = set(), ["/"]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = visitor.open(path)
        assert answer.status_code == 200, path
        if "html" in answer.headers["content-type"]:
            waiting += [link for link in re.findall(r'href="(/[^"#]*)', answer.text) if link not in seen]
    assert {"/about", "/es/about", "/learn"} <= seen


def test_what_was_pasted_is_shown_before_it_is_used_with_what_was_not_understood(visitor: Visitor) -> None:
    page = words(visitor.paste().text)
    assert "Total vitamin B12" in page
    assert "“zorbling flim”" in page
    assert "Vegan diet, denied" in page
    assert re.search(r'name="lab\.0\.value" value="130"', visitor.page)


LINE = "Hb 108 g/L, platelets 160, B12 148 ng/L, eGFR 52"
"""Two of the four stand without their unit."""


def test_a_remark_stands_at_the_result_that_it_is_about_and_at_no_other_of_its_line(visitor: Visitor) -> None:
    rows = re.findall(r'<th scope="row">.*?</th>', visitor.paste(LINE).text, re.DOTALL)
    remarked = {words(row).split("  ")[0]: "came without a unit" in row for row in rows if "Test" in row}
    assert len(remarked) == 4
    assert [name for name, has in remarked.items() if has] == [
        name for name in remarked if "Platelet" in name or "filtration" in name
    ]


def test_a_result_that_is_corrected_takes_its_own_remark_with_it_alone(visitor: Visitor) -> None:
    page = visitor.paste(LINE).text
    place = re.search(r'name="lab\.(\d)\.value" value="160"', page)
    assert place
    name = f"lab.{place[1]}"
    again = visitor.press(
        "/reading", corrected="1", **{f"{name}.value": "155", f"{name}.unit": "10*9/L"}
    ).text
    assert 'value="155"' in again
    assert "Estimated filtration rate (eGFR) came without a unit" in words(again)
    assert "Platelet count came without a unit" not in words(again)


def test_a_paste_leads_to_the_answer_without_any_script(visitor: Visitor) -> None:
    visitor.paste()
    answer = visitor.press("/answer", corrected="1")
    assert answer.status_code == 200
    page = words(answer.text)
    assert "Your results suggest that your body has too little B12" in page
    assert "The three steps when B12 is low" in page
    assert "What if?" in page, "without a script the page holds everything"


def test_red_flags_stand_before_the_answer(visitor: Visitor) -> None:
    visitor.paste()
    page = visitor.press("/answer").text
    assert page.index("Please read this first") < page.index('id="answer"')


def test_a_clinician_sees_the_same_answer_in_other_words(visitor: Visitor) -> None:
    visitor.paste()
    visitor.press("/answer")
    page = words(visitor.press("/answer", audience="clinician").text)
    assert "A deficiency needing replacement" in page
    assert "How firm this answer is" in page
    assert "Read by NICE NG239" in page


def test_a_high_result_is_told_by_the_four_questions(visitor: Visitor) -> None:
    visitor.paste("B12 1900 pg/mL\nNo supplements, no injections. Liver metastases.")
    page = words(visitor.press("/answer").text)
    for number in ("1.", "2.", "3.", "4."):
        assert number in page


def test_a_corrected_value_changes_the_answer(visitor: Visitor) -> None:
    visitor.paste("B12 130 pg/mL\nNo symptoms.")
    before = re.search(r'id="answer">([^<]+)', visitor.press("/answer").text)
    visitor.paste("B12 130 pg/mL\nNo symptoms.")
    after = re.search(
        r'id="answer">([^<]+)', visitor.press("/answer", corrected="1", lab__0__value="600").text
    )
    assert before
    assert after
    assert before[1] != after[1]


def test_what_is_struck_out_is_not_used_and_what_is_added_is(visitor: Visitor) -> None:
    visitor.paste()
    page = visitor.press(
        "/reading",
        corrected="1",
        lab__1__keep="drop",
        new__0__analyte="mma",
        new__0__value="0.9",
        new__0__unit="umol/L",
        more="takes omeprazole",
    ).text
    assert "Mean cell volume" not in re.findall(r"<tbody>.*?</tbody>", page, re.DOTALL)[0]
    assert "Methylmalonic acid (MMA)" in re.findall(r"<tbody>.*?</tbody>", page, re.DOTALL)[0]
    assert "“omeprazole”" in words(page)


def test_a_statement_that_is_not_so_counts_as_denied(visitor: Visitor) -> None:
    visitor.paste("B12 200 pg/mL. Takes metformin.")
    page = words(visitor.press("/reading", corrected="1", event__0="no").text)
    assert "Metformin, denied" in page


def test_a_statement_opens_down_to_its_source(visitor: Visitor) -> None:
    visitor.paste(audience="clinician")
    visitor.press("/answer")
    part = visitor.press("/answer/trace", part=True, finding="deficiency=confirmed").text
    assert "<html" not in part
    assert "130 pg/mL" in part
    assert "cl-node--limit" in part
    assert "cl-node--source" in part
    whole = visitor.press("/answer/trace", finding="deficiency=confirmed").text
    assert "Back to the answer" in whole


def test_a_value_can_be_tried_out_and_nothing_is_changed(visitor: Visitor) -> None:
    visitor.paste()
    visitor.press("/answer")
    fields = {"was__vitamin_b12": "130", "value__vitamin_b12": "900", "unit__vitamin_b12": "pg/mL"}
    part = words(visitor.press("/answer/what-if", part=True, **fields).text)
    assert "changed" in part
    again = visitor.press("/answer")
    assert "Your results suggest that your body has too little B12" in words(again.text)


def test_a_value_that_cannot_be_tried_out_is_refused_with_the_reason(visitor: Visitor) -> None:
    visitor.paste()
    visitor.press("/answer")
    part = visitor.press("/answer/what-if", part=True, value__mma="much", unit__mma="umol/L").text
    assert "nhsuk-error-summary" in part


def test_what_takes_longer_comes_after_the_answer_where_a_script_can_fetch_it(visitor: Visitor) -> None:
    visitor.paste()
    early = visitor.press("/answer", later="1").text
    assert 'hx-post="/answer/ahead"' in early
    assert "What if?" not in early
    late = visitor.press("/answer/ahead", part=True).text
    assert "What if?" in late
    assert "Six lines for the record" in late


def test_the_form_asks_only_what_is_open_and_what_would_change_something(visitor: Visitor) -> None:
    visitor.open("/form")
    first = visitor.press(
        "/form", as_of="2026-03-05", age="67", sex="female",
        lab__vitamin_b12__value="195", lab__vitamin_b12__unit="pg/mL",
    )  # fmt: skip
    assert first.status_code == 200
    assert 'name="lab.mma.value"' in first.text
    assert 'name="lab.vitamin_b12.value"' not in first.text
    asked = re.search(r'name="asked" value="([^"]+)', first.text)
    assert asked
    later = visitor.press("/form/next", asked=asked[1], lab__mma__value="0.9", lab__mma__unit="umol/L")
    again = re.search(r'name="asked" value="([^"]*)', later.text)
    assert again
    assert not set(asked[1].split()) & set(again[1].split()), "what was left open is not asked twice"
    answer = words(visitor.press("/answer", asked="").text)
    assert "What your results suggest" in answer


def test_an_answered_question_of_the_form_is_part_of_the_record(visitor: Visitor) -> None:
    visitor.open("/form")
    visitor.press("/form", as_of="2026-03-05", lab__vitamin_b12__value="195", lab__vitamin_b12__unit="pg/mL")
    page = words(visitor.press("/form/next", asked="metformin", fact__metformin="metformin").text)
    assert page
    assert "Metformin" in words(visitor.press("/reading").text)


def test_no_treatment_ever_is_told_apart_from_not_known(visitor: Visitor) -> None:
    told = {}
    for choice in ("no", ""):
        visitor.open("/form")
        fields = {"lab__vitamin_b12__value": "195", "lab__vitamin_b12__unit": "pg/mL", "treatment": choice}
        visitor.press("/form", as_of="2026-03-05", audience="clinician", **fields)
        told[choice] = words(visitor.press("/answer").text)
    assert "Not known whether B12 is given" in told[""]
    assert "Not known whether B12 is given" not in told["no"]


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        ("195", "pg/mL", "Reads as 195 pg/mL."),
        ("195", "", "Cannot be used as it is."),
        ("5", "pmol/L", "Cannot"),
    ],
)
def test_a_result_is_checked_while_it_is_typed(
    visitor: Visitor, value: str, unit: str, expected: str
) -> None:
    visitor.open("/form")
    fields = {"lab__vitamin_b12__value": value, "lab__vitamin_b12__unit": unit}
    part = visitor.press("/check", part=True, check="lab.vitamin_b12", **fields)
    assert expected in words(part.text)


@pytest.mark.parametrize(
    "name", ["dm-glycomet-burning-soles", "b12-5200-clean-panel-no-intake", "blasts-70-percent-b12-1500"]
)
def test_a_case_file_can_be_uploaded(visitor: Visitor, name: str) -> None:
    assert visitor.upload("x.json", (CASES / f"{name}.json").read_bytes()).status_code == 200
    assert visitor.press("/answer").status_code == 200


def test_a_table_can_be_uploaded(visitor: Visitor) -> None:
    content = b"test,value,unit,date\nvitamin B12,150,pmol/L,2026-02-01\nMMA,0.61,umol/L,2026-02-01\n"
    page = visitor.upload("results.csv", content).text
    assert re.search(r'name="lab\.0\.date" value="2026-02-01"', page)
    assert "Methylmalonic acid" in page


def test_charts_have_an_alternative_and_a_table(visitor: Visitor) -> None:
    visitor.paste()
    visitor.press("/answer")
    part = visitor.press("/answer/charts", part=True).text
    light, dark = (
        re.findall(rf'<img class="cl-on-{ground}" src="data:image/svg\+xml;base64,[^"]+" alt="([^"]+)"', part)
        for ground in ("light", "dark")
    )
    assert light
    assert light == dark
    assert part.count("<table") == len(light)


@pytest.mark.parametrize("audience", ["patient", "clinician"])
def test_the_sheet_is_a_pdf_whose_name_says_nothing_of_anybody(visitor: Visitor, audience: str) -> None:
    visitor.paste()
    visitor.press("/answer")
    made = visitor.press(f"/answer/sheet/{audience}/pdf")
    assert made.status_code == 200
    assert made.content.startswith(b"%PDF-")
    assert re.fullmatch(r'inline; filename="cobalens-[a-z-]+\.pdf"', made.headers["content-disposition"])
    assert visitor.press(f"/answer/sheet/{audience}/doc").status_code == 404


def test_forgetting_leaves_nothing_and_says_so(visitor: Visitor) -> None:
    visitor.paste()
    visitor.press("/answer")
    answer = visitor.press("/forget")
    assert answer.headers["clear-site-data"] == '"cache", "cookies", "storage"'
    assert visitor.held == ""
    assert "zorbling" not in answer.text


def test_the_answer_in_spanish_is_in_spanish(visitor: Visitor) -> None:
    visitor.paste(at="/es")
    page = visitor.press("/es/answer").text
    assert "En qué se basa" in page
    assert '<html lang="es"' in page


def test_the_language_of_an_answer_can_be_switched_without_giving_it_again(visitor: Visitor) -> None:
    visitor.paste()
    visitor.press("/answer")
    assert re.search(r'<form method="post" action="/es/answer">', visitor.page)
    assert visitor.press("/es/answer").status_code == 200


def test_nothing_pasted_is_refused_with_what_to_do(visitor: Visitor) -> None:
    answer = visitor.paste("  ")
    assert answer.status_code == 400
    assert "Paste the results as they stand on the printout" in words(answer.text)


def test_whoever_typed_words_without_a_result_is_told_so_and_not_of_formats(visitor: Visitor) -> None:
    answer = visitor.paste("lorem ipsum dolor")
    assert answer.status_code == 400
    assert "Nothing in this text is a result" in words(answer.text)
    assert "FHIR R4" not in words(visitor.page.partition('id="problem-text"')[2].partition("</div>")[0])
    assert "Nada en este texto" in words(visitor.paste("lorem ipsum dolor", "/es").text)
    assert "in none of the formats" in words(visitor.upload("notes.txt", b"lorem ipsum dolor").text)


def test_what_was_typed_is_still_there_after_a_refusal(visitor: Visitor) -> None:
    text = '{"patient": {"age": 500}, "facts": {}}'
    answer = visitor.paste(text)
    assert answer.status_code == 400
    assert "The age is not a number of years" in answer.text
    assert "&#34;age&#34;: 500" in answer.text


def test_a_value_is_kept_exactly_as_it_was_read_where_nothing_was_changed(visitor: Visitor) -> None:
    visitor.paste(PASTED)
    assert (
        visitor.press("/answer", corrected="1").text.split('id="answer"')[1][:200]
        == (visitor.press("/answer").text.split('id="answer"')[1][:200])
    )


def test_tests_and_facts_are_named_in_the_language_of_the_page(visitor: Visitor) -> None:
    visitor.paste(at="/es")
    assert "Vitamina B12 total" in visitor.page
    assert "Vitamina B12 total" in visitor.open("/es/form").text


def test_the_form_goes_on_to_whatever_else_would_matter_until_nothing_is_left(visitor: Visitor) -> None:
    """What a reader cannot tell makes room for the rest; nothing is asked twice."""
    visitor.open("/form")
    fields = {"age": "67", "sex": "female", "as_of": "2026-03-05", "symptoms": "tired"}
    lab = {"lab__vitamin_b12__value": "230", "lab__vitamin_b12__unit": "pg/mL"}
    page = visitor.press("/form", **fields, **lab).text
    seen: list[str] = []
    while asked := re.findall(r'name="asked" value="([^"]+)"', page):
        seen += asked[0].split()
        assert len(seen) == len(set(seen))
        page = visitor.press("/form/next", asked=asked[0]).text
    assert len(seen) > 12
    assert "metformin" in seen
    assert "Nothing else that can be asked here would change the answer." in words(page)


def test_a_patients_visit_is_prepared_after_what_may_come_next(visitor: Visitor) -> None:
    visitor.paste(audience="patient")
    page = words(visitor.press("/answer").text)
    headings = [
        "Also worth knowing",
        "What may come next",
        "What if?",
        "For your visit",
        "The question to take with you",
    ]
    places = [page.index(one) for one in headings]
    assert places == sorted(places)
    assert page.index("You may need B12") < page.index("A date for the next check")
