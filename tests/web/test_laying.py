"""Statements are written once and kept for everybody, and so hold nothing of anybody; what is of one person is filled in."""

from __future__ import annotations

import gc
import re
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest
from markupsafe import Markup, escape

from cobalens.api import load
from cobalens.report.items import Item, Section
from cobalens.serve.web import answering
from cobalens.serve.web.held import CLINICIAN, PATIENT, Held
from cobalens.serve.web.laying import ITEM, LEAD, LINE, MORE, Press
from cobalens.serve.web.render import environment
from tests.web.visitor import Visitor, words

CASES = Path("tests/cases")
NASTY = '<b>"&\0title\0{{7*7}}'
WHERE, VALUE = "Quetzalcoatl", "173.519"


@pytest.fixture(scope="module")
def press() -> Press:
    return Press(load(), "en", borrowed=False)


def test_a_background_is_linked_once_in_a_section_and_each_time_elsewhere(press: Press) -> None:
    items = [
        Item("Vegan diet", code="cause:vegan_diet", shared=0),
        Item("Bare"),
        Item("Metformin", code="cause:metformin", shared=0),
    ]
    once, always = (press.items(items, once=wish).decode() for wish in (True, False))
    assert always.count("/learn/") == 2
    assert once.count("/learn/") == 1
    assert once.index("/learn/") < once.index("Bare")
    assert all('value="cause:metformin"' in one and "Metformin" in one for one in (once, always))
    assert once.count('name="finding"') == 2


def test_every_statement_has_its_own_way_to_what_it_rests_on(visitor: Visitor) -> None:
    for audience in ("patient", "clinician"):
        visitor.paste(audience=audience)
        page = visitor.press("/answer").text
        asked = re.findall(r'class="cl-plain cl-why"[^>]*name="finding" value="([^"]+)"', page)
        assert len(asked) > 5, audience
        assert max(Counter(asked).values()) <= 2, "a next test may stand among what there is to do"
        assert page.count('<div class="cl-trace__tree"') == len(asked)


@pytest.mark.parametrize("shared", [None, 0, 1])
def test_whatever_is_filled_in_is_escaped_and_fills_no_other_hole(press: Press, shared: int | None) -> None:
    one = Item("Plain", "words", ("known", NASTY), code="cause:vegan_diet", shared=shared)
    written = press.items([one, Item(NASTY, NASTY, (NASTY,), verbatim=NASTY)], once=False).decode()
    assert written.count(escape(NASTY)) == 5
    assert "<b>" not in written
    section = press.sections([Section("Why", (Item("", NASTY), Item("", NASTY)))]).decode()
    assert section.count(f"<li>{escape(NASTY)}</li>") == 2


@pytest.mark.parametrize("template", [ITEM, LINE, LEAD, MORE])
@pytest.mark.parametrize("shared", [None, 0, 1, 2])
def test_what_is_filled_in_stands_where_the_template_has_it(
    press: Press, template: str, shared: int | None
) -> None:
    code = "cause:vegan_diet"
    for title, text, lines, urgent in (
        ("T", "words & more", ("one", "two"), True),
        ("", "words", ("one", "two"), False),
        ("T", "", ("1", "2", "3"), False),
    ):
        one = Item(title, text, lines, urgent, code=code, shared=shared)
        foot = Markup(press.feet.foot(code, title or text, True).decode())
        given = {"title": title, "text": text, "lines": lines, "verbatim": "", "urgent": urgent, "foot": foot}
        assert press.set(template, one, True) == environment().get_template(template).render(given).encode()


@pytest.mark.parametrize("audience", [PATIENT, CLINICIAN])
def test_nothing_of_a_person_is_kept(audience: str) -> None:
    door = load()
    press = Press(door, "en", borrowed=False)
    case: dict[str, Any] = {
        "id": WHERE,
        "patient": {"age": 61, "sex": "female"},
        "facts": {
            "labs": [{"analyte": "vitamin_b12", "value": float(VALUE), "unit": "ng/L", "day": 0}],
            "symptoms": ["numb feet", f"{WHERE} feeling"],
            "medications": ["metformin"],
        },
    }
    held = Held(record=door.read(case), pack=door.pack.name, audience=audience)
    for look_ahead in (False, True):
        made = answering.answer(door, held, look_ahead)
        page = press.written(made, "sealed", "token", press.sections(made.view.ahead)).decode()
        assert audience == PATIENT or (VALUE in page and WHERE in page)
    kept = [press.known, press.box, press.page, door.shelf.stated, door.shelf.outlines, door.shelf.stretches]
    told = list(texts(kept))
    assert len(told) > 50, "the look into what is kept finds something"
    assert not [one for one in told if VALUE in one or WHERE in one or "sealed" in one]


def texts(kept: Any) -> Any:
    """Every text in what is kept, however deep."""
    todo, seen = [kept], set()
    while todo:
        one = todo.pop()
        if isinstance(one, (str, bytes)):
            yield one if isinstance(one, str) else one.decode()
        elif id(one) not in seen and isinstance(one, (list, tuple, dict)):
            seen.add(id(one))
            todo += [*one.keys(), *one.values()] if isinstance(one, dict) else one
        elif id(one) not in seen and isinstance(one, msgspec.Struct):
            seen.add(id(one))
            todo += [getattr(one, name) for name in one.__struct_fields__]
        elif id(one) not in seen and hasattr(one, "cache_info"):
            seen.add(id(one))
            todo += [inner for inner in gc.get_referents(one) if isinstance(inner, dict)]
        elif type(one).__name__ in ("_lru_list_elem", "_HashedSeq"):
            todo += gc.get_referents(one)


@pytest.mark.parametrize("at", ["", "/es"])
def test_the_sources_come_with_what_is_worked_out_later_and_are_those_of_the_whole_page(
    visitor: Visitor, at: str
) -> None:
    visitor.paste(at=at, audience="clinician")
    first = visitor.press(f"{at}/answer", later="1").text
    assert first.count('id="sources"></div></details>') == 1
    later = visitor.press(f"{at}/answer/ahead", part=True).text
    whole = visitor.press(f"{at}/answer").text
    assert 'id="sources"' not in whole
    assert later.count("hx-swap-oob") == 1
    told = words(later[later.index('<div id="sources"') :]).strip()
    assert "NICE" in told
    assert words(whole).count(told) == 1


def test_a_patient_is_shown_no_sources_box(visitor: Visitor) -> None:
    visitor.paste()
    assert "sources" not in visitor.press("/answer", later="1").text
    assert "hx-swap-oob" not in visitor.press("/answer/ahead", part=True).text


@pytest.mark.parametrize("audience", [PATIENT, CLINICIAN])
@pytest.mark.parametrize("language", ["en", "es"])
def test_an_answer_at_a_glance_says_the_same_as_the_whole_one(audience: str, language: str) -> None:
    door = load(language=language)
    for path in sorted(CASES.glob("*.json"))[::5]:
        held = Held(record=door.read(path, as_of="2026-03-05"), pack=door.pack.name, audience=audience)
        glance, whole = (answering.answer(door, held, look_ahead).view for look_ahead in (False, True))
        for name in ("answer", "notice", "urgent", "early", "rest", "folded", "closing"):
            assert getattr(glance, name) == getattr(whole, name), (path.stem, name)
        assert [one.heading for one in glance.sources] == [one.heading for one in whole.sources], path.stem
