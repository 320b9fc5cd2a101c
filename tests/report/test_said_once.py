"""On a page, things of which the same is said share a heading, and a question is never run into the names beside it."""

from __future__ import annotations

from cobalens.report.pages import Item, Section
from cobalens.report.view import together


def headed(*items: Item) -> list[tuple[str, str]]:
    return [(one.title, one.text) for one in together(Section("Missing", items)).items]


def test_things_of_which_the_same_is_said_share_a_heading() -> None:
    assert headed(Item("Gastrin", "a cause"), Item("Folate", "the blood"), Item("Ferritin", "a cause")) == [
        ("Gastrin; Ferritin", "a cause"),
        ("Folate", "the blood"),
    ]


def test_a_question_stands_by_itself() -> None:
    items = (Item("Is the carrier low?", "a lack"), Item("Gastrin", "a lack"), Item("Ferritin", "a lack"))
    assert headed(*items) == [("Is the carrier low?", "a lack"), ("Gastrin; Ferritin", "a lack")]
    assert headed(Item("Is it A?", "a lack"), Item("Is it B?", "a lack")) == [
        ("Is it A?", "a lack"),
        ("Is it B?", "a lack"),
    ]


def test_what_can_be_opened_is_left_as_it_is() -> None:
    items = (Item("Gastrin", "a cause"), Item("Ferritin", "a cause", ("rests on a result",)))
    assert headed(*items) == [("Gastrin", "a cause"), ("Ferritin", "a cause")]
