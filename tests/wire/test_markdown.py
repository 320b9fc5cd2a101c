"""Words of a record in a card are shown as they are: nothing that somebody wrote becomes a link, a tag, a list or a picture."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.testing import TestClient
from markdown_it import MarkdownIt

from cobalens.report.items import Item, Section
from cobalens.report.markdown import JOINER, escaped, markdown
from tests.wire.calls import condition, opened, result

RENDER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
NASTY = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(2)>", "[look](https://evil.example)", "![x](https://evil.example/x.png)",
    "https://evil.example/?p=1", "www.evil.example", "mailto:a@evil.example", "a@evil.example", "**bold** _slanted_ ~~gone~~", "`code`",
    "# Heading", "- item", "1. item", "+ item", "> said", "| a | b |", "---", "a\n\n# b", "a\r\n- b", "&lt;b&gt; &amp; &#60;", "\\*not\\*",
    "<https://evil.example>", "[x]: https://evil.example", "===", "***", "2) x", "<!-- x -->", "``` x", "    four spaces", "{{7*7}}",
)  # fmt: skip
INLINE = re.compile(r"</?(?:p|ul|li)>")


def shown(words: str) -> str:
    """What a reader sees of an item with these words, once it was rendered."""
    made = RENDER.render(markdown([Section("", (Item("", words),))]))
    inner = INLINE.sub("", made)
    assert "<" not in inner, made
    return html.unescape(inner).replace(JOINER, "").strip()


@pytest.mark.parametrize("words", NASTY)
def test_what_looks_like_markup_is_text(words: str) -> None:
    assert shown(words) == " ".join(words.split())


@given(st.text(alphabet=st.sampled_from(list("ab1 \n\t.)(*_`~#+-=|>[]!\\<&;:/@w"))))
def test_whatever_is_written_is_shown_as_it_was_written(words: str) -> None:
    assert shown(words) == " ".join(words.split())


@pytest.mark.parametrize("words", ["https://evil.example", "HTTP://evil.example", "www.evil.example", "WWW.evil.example", "ftp://x.example",
                                   "mailto:a@b.example", "a@b.example", "xmpp:a@b.example"])  # fmt: skip
def test_no_renderer_can_take_an_address_for_a_link(words: str) -> None:
    """GitHub's flavour makes links of bare addresses: none is left in one piece."""
    assert not re.search(r"(?i)(?:https?|ftp|mailto|xmpp):|www\.|@[a-z]", escaped(words))


def test_a_section_is_a_heading_and_a_list_with_smaller_print_below() -> None:
    items = (Item("Title", "text", ("because",)), Item("Alone"), Item("", "only text"))
    assert markdown([Section("Why", items), Section("Empty", ())]) == (
        "**Why**\n\n- **Title**: text\n  - because\n- **Alone**\n- only text"
    )


@pytest.mark.parametrize(
    "words",
    [
        "numb feet <img src=x onerror=alert(2)>",
        "zorbling [flim](https://evil.example) www.evil.example a@b.example",
    ],
)
def test_a_card_holds_no_markup_of_a_record(client: TestClient[Any], words: str) -> None:
    (card,) = opened(client, result(98), condition(words))
    made = RENDER.render(card["detail"])
    assert "<img" not in made
    assert "<a " not in made
    assert not re.search(r"https?:|www\.|@[a-z]", card["detail"])
