"""What stands below statements is kept for everybody, and so must hold nothing of anybody."""

from __future__ import annotations

import re
from collections import Counter

from cobalens.api import load
from cobalens.report.items import Item
from cobalens.serve.web.feet import feet_of
from tests.web.visitor import Visitor


def test_a_background_is_linked_once_in_a_section_and_each_time_elsewhere() -> None:
    feet = feet_of(load(), "en")
    items = [
        Item("Vegan diet", code="cause:vegan_diet"),
        Item("Bare"),
        Item("Metformin", code="cause:metformin"),
    ]
    once, always = ([foot for _, foot in feet(items, wish)] for wish in (True, False))
    assert ["/learn/" in one for one in always] == [True, False, True]
    assert ["/learn/" in one for one in once] == [True, False, False]
    assert all("cause:metformin" in one[2] and "Metformin" in one[2] for one in (once, always))
    assert not once[1]


def test_every_statement_has_its_own_way_to_what_it_rests_on(visitor: Visitor) -> None:
    for audience in ("patient", "clinician"):
        visitor.paste(audience=audience)
        page = visitor.press("/answer").text
        asked = re.findall(r'class="cl-plain cl-why"[^>]*name="finding" value="([^"]+)"', page)
        assert len(asked) > 5, audience
        assert max(Counter(asked).values()) <= 2, "a next test may stand among what there is to do"
        assert page.count('<div class="cl-trace__tree"') == len(asked)


def test_names_are_escaped() -> None:
    foot = feet_of(load(), "en")([Item('<b>"&', code="cause:vegan_diet")], True)[0][1]
    assert "<b>" not in foot
    assert "&lt;b&gt;&#34;&amp;" in foot
