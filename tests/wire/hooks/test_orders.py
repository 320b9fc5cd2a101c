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


def to_do(words: str = "", code: str = "", **fields: Any) -> Json:
    """An order for an operation, an examination, a referral."""
    meant: Json = (
        {"text": words} if words else {"coding": [{"system": "http://snomed.info/sct", "code": code}]}
    )
    return COURSE | {"id": "s2", "code": meant} | fields


GASTRECTOMY, AVOID = to_do(code="26452005"), "action:avoid_nitrous_oxide"
VEGAN = condition("strict vegan for nine years", "c2")


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
    since_long = order("metformin 500 mg tablet", "active") | {"authoredOn": "2019-05-06"}
    (card,) = opened(client, result(98), since_long)
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


@pytest.mark.parametrize("hook", [SELECT, SIGN])
@pytest.mark.parametrize(
    "ordered",
    [
        to_do("Hip replacement"), to_do(code="52734007"), to_do(code="387713003"),
        to_do("General anaesthesia"), to_do("Inhalation sedation with nitrous oxide"), order("Entonox"), order("Nitrous oxide"),
        to_do("Hip replacement", status="active", occurrenceDateTime="2026-03-20"),
    ],
)  # fmt: skip
def test_an_operation_an_anaesthetic_or_nitrous_oxide_draws_a_card_where_b12_is_or_may_be_short(
    client: TestClient[Any], ordered: Json, hook: str
) -> None:
    for level in (98, 200):
        (card,) = drafted(client, ordered, record=(result(level),), hook=hook)
        jsonschema.validate({"cards": [card]}, ANSWER)
        assert (card["indicator"], card["source"]["topic"]["code"]) == ("warning", AVOID)
        assert card["summary"] == "With the orders not yet signed: Avoid nitrous oxide"
        assert "Tell the anaesthetist" in card["detail"]
        assert ("**What would help next**" in card["detail"]) is (level == 200)
    assert drafted(client, ordered, record=(result(400),), hook=hook) == []


@pytest.mark.parametrize("ordered", [GASTRECTOMY, to_do("Total gastrectomy")])
def test_an_operation_that_ends_the_uptake_of_b12_draws_a_card_whatever_the_level(
    client: TestClient[Any], ordered: Json
) -> None:
    (card,) = drafted(client, ordered, record=(result(98),))
    assert (card["indicator"], card["source"]["topic"]["code"]) == ("warning", AVOID)
    assert card["summary"] == (
        "With the orders not yet signed: Avoid nitrous oxide; B12 from the planned operation on"
    )
    for record in ((result(400),), ()):
        (card,) = drafted(client, ordered, record=record)
        jsonschema.validate({"cards": [card]}, ANSWER)
        assert card["source"]["topic"]["code"] == "plan:b12_from_operation"
        assert "replacement begins with the operation" in card["detail"]


def test_where_b12_was_never_measured_the_card_comes_with_a_reason_to_lack_it_and_names_the_test(
    client: TestClient[Any],
) -> None:
    hip = to_do("Hip replacement")
    (card,) = drafted(client, hip, record=(VEGAN,))
    assert card["source"]["topic"]["code"] == AVOID
    assert "**What would help next**\n\n- **Measure B12**" in card["detail"]
    assert drafted(client, hip, record=(condition("asthma"),)) == []
    assert drafted(client, hip) == []


@pytest.mark.parametrize(
    "ordered",
    [
        to_do("MRI of spine"), to_do("Gastroscopy"), to_do("Referral to general surgery"), to_do("Physiotherapy after hip replacement"),
        to_do("Local anaesthesia"), to_do("Hip replacement", status="revoked"), to_do("Hip replacement", status="entered-in-error"),
        to_do("Hip replacement", status="completed"), to_do("Hip replacement", doNotPerform=True),
        to_do("Hip replacement", occurrenceDateTime="2027-03-20"),
    ],
)  # fmt: skip
def test_what_is_no_operation_to_come_draws_no_card(client: TestClient[Any], ordered: Json) -> None:
    assert drafted(client, ordered, record=(result(98),)) == []


def test_an_operation_that_was_ordered_before_is_told_when_the_record_is_opened_and_is_no_news(
    client: TestClient[Any],
) -> None:
    standing = to_do("Hip replacement", status="active")
    (card,) = opened(client, result(98), standing)
    assert AVOID in card["extension"]["urn:cobalens:findings"]
    (without,) = opened(client, result(98))
    assert AVOID not in without["extension"]["urn:cobalens:findings"]
    assert drafted(client, standing, record=(result(98), standing)) == []
