"""A record is opened: a card where something bears on vitamin B12, as urgent as the interpretation is, and none where nothing does."""

from __future__ import annotations

import datetime as dt
from typing import Any

import jsonschema
import pytest
from litestar.testing import TestClient

from cobalens.report.cards import LONGEST, fitting
from tests.wire.calls import (
    AS_OF,
    INSTANCE,
    PATIENT,
    SUBJECT,
    Json,
    body,
    called,
    cards,
    condition,
    everything,
    found,
    opened,
    order,
    result,
)
from tests.wire.hooks.specification import ANSWER

RED_FLAG = condition("unsteady gait, numb legs")
BLOOD = result(135, "718-7", "g/L")
PRESSURE: Json = {
    "resourceType": "Observation", "id": "bp", "status": "final", "subject": SUBJECT, "effectiveDateTime": "2026-02-01",
    "code": {"text": "systolic blood pressure"}, "valueQuantity": {"value": 120, "unit": "mm[Hg]"},
}  # fmt: skip


def outcome(severity: str, code: str) -> Json:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": severity, "code": code}]}


CHILD = PATIENT | {"birthDate": "2018-01-01"}

SAID: dict[str, tuple[tuple[Json, ...], list[tuple[str, str]]]] = {
    "a low level": ((result(98),), [("warning", "deficiency")]),
    "just below the limit": ((result(132),), [("warning", "deficiency")]),
    "at the limit, to be settled by another test": ((result(133),), [("info", "undetermined")]),
    "an ample level": ((result(400),), [("info", "neither")]),
    "a high level": ((result(1800),), [("info", "biomarker")]),
    "a low level with a warning sign": ((result(98), RED_FLAG), [("critical", "red_flag:same_day_assessment"), ("warning", "deficiency")]),
    "a warning sign without a level": ((RED_FLAG,), [("critical", "red_flag:same_day_assessment"), ("warning", "undetermined")]),
    "large red cells without a level": ((result(112, "787-2", "fL"),), [("info", "undetermined")]),
    "B12 that is given without a level": ((order("hydroxocobalamin 1 mg intramuscular injection", "active"),), [("info", "undetermined")]),
    "nerve symptoms without a level": ((condition("numb feet"),), [("info", "undetermined")]),
    "a cause without a level": ((condition("pernicious anaemia"),), [("info", "undetermined")]),
}  # fmt: skip
SILENT: dict[str, tuple[Json, ...]] = {
    "an empty record": (),
    "a normal haemoglobin": (BLOOD,),
    "a blood pressure": (PRESSURE,),
    "impaired kidneys": (result(20, "33914-3", "mL/min/{1.73_m2}"),),
    "a pregnancy": (condition("pregnant"),),
    "cancer": (condition("breast cancer"),),
    "a disease that has nothing to do with it": (condition("asthma"),),
}


@pytest.mark.parametrize("name", SAID)
def test_a_card_is_as_urgent_as_what_it_says(client: TestClient[Any], name: str) -> None:
    resources, expected = SAID[name]
    made = opened(client, *resources)
    jsonschema.validate({"cards": made}, ANSWER)
    assert [(one["indicator"], one["source"]["topic"]["code"]) for one in made] == expected


@pytest.mark.parametrize("name", SILENT)
def test_nothing_is_said_where_nothing_bears_on_b12(client: TestClient[Any], name: str) -> None:
    assert opened(client, *SILENT[name]) == []


def test_a_child_with_a_level_is_referred_and_a_child_without_one_draws_no_card(
    client: TestClient[Any],
) -> None:
    (card,) = opened(client, result(98), patient=CHILD)
    assert (card["indicator"], card["extension"]["urn:cobalens:answer"]) == ("warning", "undetermined")
    assert card["summary"] == "Child or young person: refer"
    assert "**First**\n\n- **Child or young person: refer**: " in card["detail"]
    assert "scope:paediatric_refer" in card["extension"]["urn:cobalens:findings"]
    assert opened(client, condition("asthma"), patient=CHILD) == []


def test_a_red_flag_tells_what_to_do_before_the_answer(client: TestClient[Any]) -> None:
    urgent, answer = opened(client, result(98), RED_FLAG)
    assert urgent["summary"] == "Same-day assessment; Without delay. B12 deficiency: confirmed."
    assert urgent["detail"].startswith("**First**\n\n- **Same-day assessment**: ")
    assert "Same-day assessment" not in answer["detail"]
    assert answer["summary"] == "A deficiency needing replacement. B12 deficiency: confirmed."


def test_where_the_answer_is_open_the_line_names_what_would_help_next(client: TestClient[Any]) -> None:
    (card,) = opened(client, result(112, "787-2", "fL"))
    assert card["summary"] == "Cannot be told yet. Next: Measure B12."
    (card,) = opened(client, result(98) | {"effectiveDateTime": "2019-01-01"})
    assert card["summary"] == "Cannot be told yet. Next: Repeat B12."


def test_a_card_prints_the_day_the_pack_and_that_a_professional_decides(client: TestClient[Any]) -> None:
    for card in opened(client, result(98), RED_FLAG):
        assert f"As of {AS_OF}." in card["detail"]
        assert card["source"]["label"].startswith("Cobalens ")
        assert "NICE NG239" in card["source"]["label"]
        assert card["detail"].count("Decision support, not a diagnosis or an order") == 1


def test_without_a_day_the_call_is_judged_today_and_says_so(client: TestClient[Any]) -> None:
    sent = body(prefetch={"patient": PATIENT, **everything(result(98))})
    del sent["extension"]
    (card,) = cards(client, sent)
    today = dt.datetime.now().astimezone().date().isoformat()
    assert card["extension"]["urn:cobalens:as-of"] == today
    assert f"As of {today}." in card["detail"]


def test_another_pack_may_be_asked_for(client: TestClient[Any]) -> None:
    sent = body(prefetch={"patient": PATIENT, **everything(result(160))})
    sent["extension"]["urn:cobalens:pack"] = "afp-2025"
    (card,) = cards(client, sent)
    assert card["extension"]["urn:cobalens:pack"] == "afp-2025"
    assert "American Family Physician" in card["source"]["label"]


def test_a_reason_to_override_is_offered_where_something_is_to_be_done(client: TestClient[Any]) -> None:
    (warned,) = opened(client, result(98))
    (told,) = opened(client, result(400))
    assert [one["code"] for one in warned["overrideReasons"]] == ["done", "known", "elsewhere", "not-here"]
    assert "overrideReasons" not in told


def test_links_lead_to_publications_and_nowhere_else(client: TestClient[Any]) -> None:
    (card,) = opened(client, result(98))
    assert card["links"]
    assert {one["type"] for one in card["links"]} == {"absolute"}
    assert not [one for one in card["links"] if "127.0.0.1" in one["url"] or "p1" in one["url"]]


def test_the_id_of_a_card_follows_from_the_call_and_from_nothing_else(client: TestClient[Any]) -> None:
    first = opened(client, result(98), RED_FLAG)
    again = opened(client, result(98), RED_FLAG)
    assert [one["uuid"] for one in first] == [one["uuid"] for one in again]
    other = body(
        prefetch={"patient": PATIENT, **everything(result(98))}, hookInstance=INSTANCE.replace("d1", "e2")
    )
    assert cards(client, other)[0]["uuid"] not in {one["uuid"] for one in first}


# --- What came and what did not -----------------------------------------------------------------------------------


def test_what_did_not_come_is_named_and_the_rest_is_read(client: TestClient[Any]) -> None:
    (card,) = cards(client, body(prefetch={"results_sample": found(result(98))}))
    assert card["extension"]["urn:cobalens:answer"] == "deficiency"
    (line,) = [one for one in card["detail"].splitlines() if "Not sent, and so not looked at" in one]
    for name in ("birth date and sex", "conditions", "prescriptions", "results (haemoglobin"):
        assert name in line


def test_an_empty_list_came(client: TestClient[Any]) -> None:
    (card,) = opened(client, result(98))
    assert "Not sent" not in card["detail"]


def test_an_error_of_the_record_did_not_come(client: TestClient[Any]) -> None:
    refused: Json = {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "forbidden"}],
    }
    (card,) = opened(client, result(98), conditions=refused)
    assert "Not sent, and so not looked at: conditions." in card["detail"]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"total": 512}, True),
        ({"link": [{"relation": "next", "url": "https://ehr.example/fhir?page=2"}]}, True),
        ({"link": [{"relation": "self", "url": "https://ehr.example/fhir"}]}, False),
        ({"total": 1}, False),
        ({"entry": [{"resource": result(98)}, {"resource": outcome("error", "timeout")}]}, True),
        ({"entry": [{"resource": result(98)}, {"resource": outcome("warning", "incomplete")}]}, True),
        ({"entry": [{"resource": result(98)}, {"resource": outcome("information", "informational")}]}, False),
    ],
)
def test_a_search_that_brought_a_part_alone_is_named(client: TestClient[Any], more: Json, told: bool) -> None:
    (card,) = opened(client, results_sample=found(result(98), **more))
    assert ("Only a part was sent: results (total vitamin B12" in card["detail"]) is told


def test_what_was_not_understood_is_listed(client: TestClient[Any]) -> None:
    (card,) = opened(client, result(98), condition("zorbling flim"))
    assert "Not understood, and not used (1): “zorbling flim”" in card["detail"]
    many = [condition(f"zorbling flim{letter}", f"c{letter}") for letter in "abcdefgh"]
    (card,) = opened(client, result(98), *many)
    assert "not used (8)" in card["detail"]
    assert "and more" in card["detail"]


def test_a_level_that_cannot_be_used_is_told_with_the_reason(client: TestClient[Any]) -> None:
    bare = result(450) | {"valueQuantity": {"value": 450}}
    (card,) = opened(client, bare)
    assert card["extension"]["urn:cobalens:answer"] == "undetermined"
    assert "**About the data**\n\n- Total vitamin B12 came without a unit" in card["detail"]
    (card,) = opened(client, result(450))
    assert "About the data" not in card["detail"]


def test_a_death_that_the_record_tells_of_stands_on_the_card(client: TestClient[Any]) -> None:
    (card,) = opened(client, result(98), patient=PATIENT | {"deceasedBoolean": True})
    assert "- The record says that this person has died." in card["detail"]


def test_what_a_client_sends_under_a_name_of_its_own_is_read(client: TestClient[Any]) -> None:
    note: Json = {
        "resourceType": "DiagnosticReport", "id": "d1", "status": "final", "subject": SUBJECT, "code": {"text": "letter"},
        "effectiveDateTime": "2026-02-01", "conclusion": "Vitamin B12 98 pmol/L.",
    }  # fmt: skip
    (card,) = opened(client, letters=found(note))
    assert card["extension"]["urn:cobalens:answer"] == "deficiency"


@pytest.mark.parametrize("patient", [PATIENT, {key: one for key, one in PATIENT.items() if key != "id"}])
def test_the_patient_of_the_context_is_the_one_whose_record_came(
    client: TestClient[Any], patient: Json
) -> None:
    assert opened(client, result(98), patient=patient)
    sent = body(prefetch={"patient": patient, **everything(result(98))}, context={"patientId": "Patient/p1"})
    assert cards(client, sent)


@pytest.mark.parametrize("length", [LONGEST - 1, LONGEST, LONGEST + 1, LONGEST * 3])
def test_a_summary_has_fewer_than_140_characters(length: int) -> None:
    line = ("unsteady gait " * 40)[:length].strip().ljust(length, "x")
    made = fitting(line)
    assert len(made) < 140
    assert (made == line) is (length <= LONGEST)
    assert length <= LONGEST or made.endswith("…")


def test_feedback_is_heard_and_kept_nowhere(client: TestClient[Any]) -> None:
    said: Json = {"feedback": [{"card": INSTANCE, "outcome": "overridden", "outcomeTimestamp": "2026-03-02T10:00:00Z",
                                "overrideReason": {"userComment": "Quetzalcoatl"}}]}  # fmt: skip
    answer = client.post("/cds-services/cobalens-patient-view/feedback", json=said)
    assert answer.status_code == 200
    assert answer.json() == {}
    assert "Quetzalcoatl" not in client.get("/metrics").text


def test_the_token_and_the_server_of_a_call_are_not_used(client: TestClient[Any]) -> None:
    token = {
        "access_token": "zzz-token",
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "patient/*.read",
        "subject": "x",
    }
    sent = body(prefetch={"patient": PATIENT, **everything(result(98))})
    plain = called(client, sent)
    with_token = called(
        client, sent | {"fhirServer": "https://unreachable.invalid/fhir", "fhirAuthorization": token}
    )
    assert with_token.json() == plain.json()
