"""Requests to the interface as a developer gets them wrong at first: each is refused with what to do, and nothing is dropped in silence."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from litestar.testing import TestClient

CASE: dict[str, Any] = {
    "patient": {"age": 67, "sex": "female"},
    "facts": {"labs": [{"analyte": "vitamin_b12", "value": 195, "unit": "pg/mL", "day": 0}]},
}
DATED: dict[str, Any] = {
    "facts": {"labs": [{"analyte": "vitamin_b12", "value": 195, "unit": "pg/mL", "date": "2026-02-01"}]}
}
BUNDLE: dict[str, Any] = {"resourceType": "Bundle", "type": "collection", "entry": []}
INTERPRET, WHAT_IF = "/api/v1/interpret", "/api/v1/what-if"

WRONG: dict[str, tuple[str, Any, str, str]] = {
    "look_ahead beside a bare case": (
        INTERPRET, {**CASE, "look_ahead": False}, "beside_a_bare_case", '{"case": …, "look_ahead": …}'),
    "a pack beside a bare case": (INTERPRET, {**CASE, "pack": "ruh-bath"}, "beside_a_bare_case", "`pack`"),
    "a language beside a bare case": (INTERPRET, {**CASE, "language": "es"}, "beside_a_bare_case", "`language`"),
    "lists declared complete beside a bare case": (
        INTERPRET, {**CASE, "complete": ["diet"]}, "beside_a_bare_case", "`complete`"),
    "the day beside a bare Bundle": (
        INTERPRET, {**BUNDLE, "as_of": "2026-03-05"}, "beside_a_bare_case", "`as_of`"),
    "a misspelt option": (INTERPRET, {"case": CASE, "as_off": "2026-03-05"}, "unknown_key", 'Did you mean "as_of"?'),
    "a case half inside": (INTERPRET, {"case": CASE, "patient": {"age": 5}}, "unknown_key", '"patient"'),
    "what is supposed, to the wrong address": (INTERPRET, {"case": CASE, "set": ["mma=1"]}, "unknown_key", '"set"'),
    "no day for dated input": (INTERPRET, {"case": DATED, "as_of": None}, "as_of_needed", "`as_of`"),
    "a number for a day": (INTERPRET, {"case": CASE, "as_of": 20260305}, "wrong_kind", "this is a number"),
    "a number for yes or no": (INTERPRET, {"case": CASE, "look_ahead": 1}, "wrong_kind", "must be true or false"),
    "a text for yes or no": (INTERPRET, {"case": CASE, "look_ahead": "false"}, "wrong_kind", "this is a text"),
    "a text for a list": (INTERPRET, {"case": CASE, "complete": "diet"}, "wrong_kind", "must be a list"),
    "a list with a number": (INTERPRET, {"case": CASE, "complete": [1]}, "wrong_kind", "Each entry of `complete`"),
    "a text for the case": (INTERPRET, {"case": "B12 195"}, "wrong_kind", "`case` must be an object"),
    "a list of cases": (INTERPRET, {"case": [CASE]}, "wrong_kind", "this is a list"),
    "no case at all": (INTERPRET, {"case": None}, "wrong_kind", "this is null"),
    "a pack that is not there": (INTERPRET, {"case": CASE, "pack": "nice"}, "unknown_pack", "nice-ng239"),
    "a language that is not there": (INTERPRET, {"case": CASE, "language": "fr"}, "unknown_language", "en, es"),
    "a day as people write it": (INTERPRET, {"case": DATED, "as_of": "05/03/2026"}, "date_not_understood", "YYYY-MM-DD"),
    "an empty object": (INTERPRET, {}, "empty_input", "nothing to read"),
    "a list": (INTERPRET, [CASE], "not_a_case", "this is a list"),
    "null": (INTERPRET, b"null", "not_a_case", "this is null"),
    "a text": (INTERPRET, b'"B12 195"', "not_a_case", "this is a text"),
    "nothing": (INTERPRET, b"", "empty_body", "no body"),
    "half an object": (INTERPRET, b'{"patient":\n {', "broken_syntax", "line 2"),
    "no number": (INTERPRET, b'{"patient": {"age": NaN}, "facts": {}}', "not_a_number", "Leave out"),
    "another encoding": (INTERPRET, json.dumps(CASE).encode("utf-16"), "body_not_text", "UTF-8"),
    "an older encoding": (INTERPRET, '{"facts": {"note": "né"}}'.encode("latin-1"), "body_not_text", "UTF-8"),
    "a key twice": (INTERPRET, b'{"case": {}, "case": {"facts": {}}}', "key_given_twice", "Keep one"),
    "look_ahead to what-if": (WHAT_IF, {"case": CASE, "set": ["mma=0.9umol/L"], "look_ahead": False}, "unknown_key", 'The key "look_ahead" is not known'),
    "a bare case to what-if": (WHAT_IF, CASE, "case_missing", '{"case": …, "set"'),
    "nothing supposed": (WHAT_IF, {"case": CASE}, "key_missing", "There is no `set`"),
    "an empty supposition": (WHAT_IF, {"case": CASE, "set": []}, "nothing_supposed", "`set` is empty"),
    "a text supposed": (WHAT_IF, {"case": CASE, "set": "mma=1 umol/L"}, "wrong_kind", "must be a list"),
    "an object supposed": (WHAT_IF, {"case": CASE, "set": {"mma": 1}}, "wrong_kind", "this is an object"),
    "half a supposition": (WHAT_IF, {"case": CASE, "set": ["mma"]}, "setting_not_understood", "name=value"),
    "the day in the address": (
        f"{INTERPRET}?as_of=2026-03-05", DATED, "said_in_the_address", "may stand in one"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_request_is_told_what_to_do(client: TestClient[Any], name: str) -> None:
    path, body, code, words = WRONG[name]
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = client.post(path, content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["code"] == code
    assert words in f"{told['problem']} {told['likely']} {told['next']}"
    assert told["next"]


@pytest.mark.parametrize("key", ["looked_ahead", "fact", "lab"])
def test_a_key_of_a_case_that_no_reader_knows_is_reported(client: TestClient[Any], key: str) -> None:
    answer = client.post(INTERPRET, json={**CASE, key: {}})
    assert answer.status_code == 200
    assert key in {one["where"] for one in answer.json()["not_understood"]}


def test_a_case_may_say_its_day_itself(client: TestClient[Any]) -> None:
    assert client.post(INTERPRET, json={**DATED, "as_of": "2026-03-05"}).json()["as_of"] == "2026-03-05"


def test_an_address_that_is_not_there_names_those_that_are(client: TestClient[Any]) -> None:
    answer = client.post("/api/v1/interprete", json=CASE)
    assert answer.status_code == 404
    assert INTERPRET in answer.json()["next"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_wrong_method_is_told_the_right_one(client: TestClient[Any], method: str) -> None:
    answer = client.request(method, INTERPRET)
    assert answer.status_code == 405
    assert "POST" in answer.json()["problem"]
    assert "POST" in answer.headers["allow"]


@pytest.mark.parametrize("path", ["/", "/healthz"])
def test_where_a_page_is_handed_out_head_is_among_what_may_be_asked(
    client: TestClient[Any], path: str
) -> None:
    assert {"GET", "HEAD"} <= set(client.delete(path).headers["allow"].split(", "))


@pytest.mark.parametrize("path", [INTERPRET, "/fhir/$interpret-b12", "/cds-services/cobalens-patient-view"])
def test_a_packed_body_is_refused_as_what_it_is(client: TestClient[Any], path: str) -> None:
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    answer = client.post(path, content=gzip.compress(json.dumps(CASE).encode()), headers=headers)
    assert answer.status_code == 415
    assert "not unpacked" in answer.text
    plain = {"content-type": "application/json", "content-encoding": "identity"}
    assert client.post(path, content=json.dumps(CASE).encode(), headers=plain).status_code != 415


def test_a_number_is_read_as_it_was_written(client: TestClient[Any]) -> None:
    """Not through a binary fraction, in which 0.1 and 0.30000000000000004 would change."""
    body = (
        b'{"facts": {"labs": [{"analyte": "mma", "value": 0.30000000000000004, "unit": "umol/L", "day": 0}]}}'
    )
    answer = client.post(INTERPRET, content=body, headers={"content-type": "application/json"})
    assert b"0.30000000000000004" in answer.content
