"""The page About says what others ask to be said of their codes and of the parts that the pages bring along."""

from __future__ import annotations

from pathlib import Path

import pytest

from cobalens.serve.web import notices
from cobalens.serve.web.notices import brought_along
from tests.web.visitor import Visitor, words

ROOT = Path(__file__).parents[2]
NAMES = ("LOINC", "UCUM", "SNOMED CT", "RxNorm")


@pytest.mark.parametrize("at", ["", "/es"])
def test_every_notice_stands_on_the_page_word_for_word(visitor: Visitor, at: str) -> None:
    page = words(visitor.open(f"{at}/about").text)
    blocks = (ROOT / "NOTICE").read_text(encoding="utf-8").strip().split("\n\n")[notices.OWN_LINES :]
    assert [block.split("\n")[0] for block in blocks] == list(NAMES)
    for block in blocks:
        assert " ".join(block.split("\n", 1)[1].split()) in page


def test_every_part_of_others_is_named_with_a_licence_that_can_be_read(visitor: Visitor) -> None:
    page = visitor.open("/about").text
    assert len(brought_along()) == len(list(notices.VENDOR.glob("*.LICENCE")))
    for one in brought_along():
        assert f"{one.name} {one.version}" in page
        assert visitor.client.get(one.address).status_code == 200


def test_where_there_is_no_checkout_the_notices_are_those_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "CHECKOUT", Path("/nowhere"))
    assert all(name in notices.written() for name in NAMES)
