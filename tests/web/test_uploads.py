from __future__ import annotations

import json

import pytest

from cobalens.api import interpret
from cobalens.serve.web import held
from tests.browser.files import files
from tests.web.test_api import CASE
from tests.web.visitor import Visitor

LARGE = b"test,value,unit,remark\nvitamin B12,150,pmol/L," + b"x" * 1_500_000 + b"\n"


@pytest.mark.parametrize("in_header", [False, True])
def test_an_upload_touches_no_disk_wherever_the_token_is_sent(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch, in_header: bool
) -> None:
    spilled: list[int] = []
    monkeypatch.setattr("tempfile.SpooledTemporaryFile.rollover", lambda one: spilled.append(one.tell()))
    visitor.open("/results")
    data = {"text": "", "as_of": "2026-03-05"}
    headers = {"x-csrftoken": visitor.token} if in_header else {}
    answer = visitor.client.post(
        "/results",
        data=data if in_header else data | {"_csrf_token": visitor.token},
        files={"file": ("results.csv", LARGE)},
        headers=headers,
    )
    assert answer.status_code in (200, 400)
    assert spilled == []


OWN = "This is an answer of this program, and no record."


def test_an_answer_that_is_pasted_or_uploaded_is_no_record(visitor: Visitor) -> None:
    said = interpret(CASE).text
    for text in (said.note, said.clinician, said.patient):
        answer = visitor.paste(text.replace("\n", "\r\n"))
        assert (answer.status_code, OWN in answer.text) == (400, True), text[:40]
    visitor.paste("B12 150 ng/L (200-900)")
    visitor.press("/reading", corrected="1")
    for audience in ("patient", "clinician"):
        visitor.press("/answer", audience=audience)
        sheet = visitor.press(f"/answer/sheet/{audience}/pdf", part=True)
        assert sheet.content.startswith(b"%PDF")
        answer = visitor.upload("sheet.pdf", sheet.content)
        assert (answer.status_code, OWN in answer.text) == (400, True)
        visitor.paste("B12 150 ng/L (200-900)")
        visitor.press("/reading", corrected="1")


PERSON = {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1960-01-01"}
RESULT = {
    "resourceType": "Observation", "id": "b12", "status": "final", "subject": {"reference": "Patient/p"},
    "code": {"coding": [{"system": "http://loinc.org", "code": "14685-2"}]}, "effectiveDateTime": "2026-02-01",
    "valueQuantity": {"value": 195, "unit": "pmol/L"},
}  # fmt: skip
PLAIN = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [{"resource": PERSON}, {"resource": RESULT}],
}
LONG = "patient,test,value,unit,date\n" + "".join(
    f"7,MCV,{80 + n % 40},fL,2025-{n % 12 + 1:02}-03\n" for n in range(60)
)
WIDE = "patient,date,Vitamin B12,MCV\n7,2026-02-01,195 pg/mL,104 fL\n7,2026-01-01,210 pg/mL,103 fL\n"
FORMATS = {
    **files(),
    "plain.json": json.dumps(PLAIN).encode(),
    "long.csv": f"{LONG}7,Vitamin B12,195,pg/mL,2026-02-01\n".encode(),
    "wide.csv": WIDE.encode(),
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_that_is_read_leads_from_the_upload_to_the_answer(visitor: Visitor, name: str) -> None:
    """Also where a reader writes its account of the input only when somebody looks, which nothing could be made of here."""
    read = visitor.upload(name, FORMATS[name])
    assert read.status_code == 200
    assert 'value="195"' in read.text
    assert visitor.press("/answer", corrected="1").status_code == 200


def test_a_record_too_long_for_a_page_is_refused_before_it_is_confirmed(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the next page would be told that the program was started anew."""
    monkeypatch.setattr(held, "MAX_SEALED", 300)
    answer = visitor.upload("long.csv", FORMATS["long.csv"])
    assert answer.status_code == 413
    assert "More was read than one page can hand on" in answer.text
