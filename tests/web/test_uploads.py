from __future__ import annotations

import pytest

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
