"""Whole exchanges as they are kept in `golden/`; `python -m tests.wire.exchanges` writes them anew, and the difference is what others will see."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from litestar.testing import TestClient

from tests.wire.exchanges import GOLDEN, SENT, exchanged, written
from tests.wire.hooks.specification import ANSWER


@pytest.mark.parametrize("name", SENT)
def test_an_exchange_is_the_one_that_is_kept(client: TestClient[Any], name: str) -> None:
    assert written(exchanged(client, name)) == (GOLDEN / f"{name}.json").read_text(encoding="utf-8")


def test_no_exchange_is_kept_that_is_not_made() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(SENT)


def test_the_schema_of_the_specification_refuses_what_is_no_card() -> None:
    kept = json.loads((GOLDEN / "hooks-deficiency.json").read_text(encoding="utf-8"))["response"]["body"]
    (card,) = kept["cards"]
    card |= {"detail": "text", "uuid": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"}
    jsonschema.validate({"cards": [card]}, ANSWER)
    for wrong in (
        {"summary": "x" * 140},
        {"summary": ""},
        {"indicator": "urgent"},
        {"links": []},
        {"source": {}},
        {"other": 1},
        {"detail": ""},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({"cards": [card | wrong]}, ANSWER)
