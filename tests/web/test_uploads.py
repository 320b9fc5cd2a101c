from __future__ import annotations

import pytest

from cobalens.api import interpret
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
