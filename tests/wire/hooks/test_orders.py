"""Orders that are not signed: planned, not taken; a card says what they change, and none comes where they change nothing."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from litestar.testing import TestClient

from tests.wire.calls import (
    PATIENT,
    SELECT,
    SIGN,
    SUBJECT,
    Json,
    body,
    cards,
    condition,
    drafted,
    everything,
    opened,
    order,
    result,
)
from tests.wire.hooks.specification import ANSWER

LABELLED = order("pemetrexed")
RED_FLAG = condition("unsteady gait, numb legs")
COURSE: Json = {
    "resourceType": "ServiceRequest", "id": "s1", "status": "draft", "intent": "order", "subject": SUBJECT,
    "code": {"text": "FOLFOX chemotherapy"},
}  # fmt: skip


@pytest.mark.parametrize("hook", [SELECT, SIGN])
def test_a_cancer_drug_whose_label_asks_for_b12_draws_a_card_whatever_the_level(
    client: TestClient[Any], hook: str
) -> None:
    for record in ((result(98),), (result(400),), ()):
        (card,) = drafted(client, LABELLED, record=record, hook=hook)
        jsonschema.validate({"cards": [card]}, ANSWER)
        assert card["indicator"] == "warning"
        assert card["source"]["topic"]["code"] == "action:pemetrexed_vitamin_prophylaxis"
        assert card["summary"].startswith(
            "With the orders not yet signed: Vitamins that go with the cancer drug"
        )
        assert "They count as planned, not as taken" in card["detail"]


def test_with_a_warning_sign_on_the_record_the_card_is_critical_and_tells_it_first(
    client: TestClient[Any],
) -> None:
    (card,) = drafted(client, LABELLED, record=(result(98), RED_FLAG))
    assert card["indicator"] == "critical"
    assert card["detail"].startswith("**First**\n\n- **Same-day assessment**")


@pytest.mark.parametrize(
    "words", ["paracetamol 1 g", "metformin 500 mg tablet", "hydroxocobalamin 1 mg injection"]
)
@pytest.mark.parametrize("record", [(result(98),), (result(400),), (result(98), RED_FLAG), ()])
def test_an_order_that_changes_nothing_draws_no_card(
    client: TestClient[Any], words: str, record: tuple[Json, ...]
) -> None:
    assert drafted(client, order(words), record=record) == []


@pytest.mark.parametrize("status", ["draft", "active", "on-hold"])
def test_a_draft_is_planned_and_not_taken(client: TestClient[Any], status: str) -> None:
    """A drug that is taken is a cause; one that is only ordered is none, whatever status its draft was sent with."""
    assert drafted(client, order("metformin 500 mg tablet", status), record=(result(98),)) == []
    (card,) = opened(client, result(98), order("metformin 500 mg tablet", "active"))
    (without,) = opened(client, result(98))
    taken, before = (set(one["extension"]["urn:cobalens:findings"]) for one in (card, without))
    assert "cause:metformin" in taken - before


def test_a_draft_of_b12_is_no_treatment(client: TestClient[Any]) -> None:
    assert drafted(client, order("hydroxocobalamin 1 mg injection"), record=(result(98),)) == []
    (card,) = opened(client, result(98), order("hydroxocobalamin 1 mg injection", "active"))
    assert "Not known whether B12 is given" not in card["detail"]


@pytest.mark.parametrize("status", ["cancelled", "entered-in-error"])
def test_an_order_that_was_taken_back_says_nothing(client: TestClient[Any], status: str) -> None:
    assert drafted(client, order("pemetrexed", status), record=(result(98),)) == []


def test_a_course_of_treatment_that_is_ordered_matters_where_b12_is_short(client: TestClient[Any]) -> None:
    for level, told in ((98, True), (400, False)):
        made = drafted(client, COURSE, record=(result(level),))
        assert [one["source"]["topic"]["code"] for one in made] == ["action:inform_treating_team"] * told


def test_order_select_speaks_of_what_was_selected_alone(client: TestClient[Any]) -> None:
    other = order("paracetamol 1 g", id="m2")
    record = (result(98),)
    assert drafted(client, LABELLED, other, record=record, hook=SELECT, selections=["MedicationRequest/m1"])
    assert drafted(client, LABELLED, other, record=record, hook=SELECT, selections=["m1"])
    assert (
        drafted(client, LABELLED, other, record=record, hook=SELECT, selections=["MedicationRequest/m2"])
        == []
    )


def test_selections_that_are_not_among_the_orders_leave_all_orders_new(client: TestClient[Any]) -> None:
    assert drafted(
        client, LABELLED, record=(result(98),), hook=SELECT, selections=["MedicationRequest/elsewhere"]
    )


def test_an_order_that_stands_on_the_record_already_is_no_news(client: TestClient[Any]) -> None:
    again = order("pemetrexed", "active", "m0")
    assert drafted(client, again, record=(result(98), again)) == []


def test_an_order_without_a_subject_is_of_the_patient_in_context(client: TestClient[Any]) -> None:
    bare = {key: one for key, one in LABELLED.items() if key != "subject"}
    assert drafted(client, bare, record=(result(98),))


def test_an_empty_record_and_an_order(client: TestClient[Any]) -> None:
    """Each list was looked for and held nothing, the person included: the order alone is read."""
    context: Json = {"draftOrders": {"resourceType": "Bundle", "entry": [{"resource": LABELLED}]}}
    (card,) = cards(client, body(SIGN, {**everything(), "patient": None}, context))
    assert card["source"]["topic"]["code"] == "action:pemetrexed_vitamin_prophylaxis"


def test_no_orders_no_card(client: TestClient[Any]) -> None:
    context: Json = {"draftOrders": {"resourceType": "Bundle", "type": "collection"}}
    assert cards(client, body(SIGN, {"patient": PATIENT, **everything(result(98))}, context)) == []
