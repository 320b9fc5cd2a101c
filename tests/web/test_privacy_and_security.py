from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

import cobalens.serve.web as web
from cobalens.serve.web.app import create_app
from cobalens.serve.web.settings import Settings
from tests.web.conftest import HERE, KEY
from tests.web.visitor import Visitor, words

STATIC = Path(web.__file__).parent / "static"
NASTY = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{7*7}}"
CANARY = "Quetzalcoatl Vanderbuilt-Okonkwo"
CANARY_VALUE = "73519"


def test_nothing_in_a_page_runs_or_styles_from_within_it(visitor: Visitor) -> None:
    visitor.paste()
    for page in (
        visitor.page,
        visitor.press("/answer").text,
        visitor.open("/").text,
        visitor.open("/form").text,
    ):
        assert not re.search(r"<style|<script(?![^>]*src=)|\sstyle=|\son[a-z]+=|javascript:", page)
        assert not re.search(
            r'(?:src|href|action)="(?:https?:)?//(?!127)', page.replace('rel="noreferrer noopener"', "")
        )


@pytest.mark.parametrize("path", ["/", "/nowhere", "/healthz", "/static/cobalens.css", "/api/v1/nothing"])
def test_every_answer_carries_the_headers_that_protect_it(client: TestClient[Any], path: str) -> None:
    headers = client.get(path).headers
    assert "script-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert "server" not in headers


def test_an_answer_is_kept_by_no_cache(visitor: Visitor) -> None:
    visitor.paste()
    assert visitor.press("/answer").headers["cache-control"] == "no-store"


def test_there_is_one_cookie_and_it_belongs_to_the_forms(visitor: Visitor) -> None:
    visitor.paste()
    visitor.press("/answer")
    visitor.press("/answer/what-if")
    assert set(visitor.client.cookies) == {"cobalens_form"}
    kept = TestClient(visitor.client.app, base_url=HERE).get("/").headers["set-cookie"]
    assert "HttpOnly" in kept
    assert "SameSite=strict" in kept


def test_a_form_without_its_token_is_refused(visitor: Visitor) -> None:
    visitor.open("/results")
    answer = visitor.client.post("/answer", data={"held": "x"})
    assert answer.status_code == 403
    assert "Allow the one cookie" in words(answer.text)


@pytest.mark.parametrize("change", ["", "AAAA", "cut", "flip", "ñ"])
def test_a_record_that_this_server_did_not_seal_is_refused(visitor: Visitor, change: str) -> None:
    visitor.paste()
    held = visitor.held
    flipped = held[:80] + ("A" if held[80] != "A" else "B") + held[81:]
    sent = {"cut": held[:-8], "flip": flipped}.get(change, change)
    answer = visitor.client.post("/answer", data={"_csrf_token": visitor.token, "held": sent})
    assert answer.status_code == 400
    assert "no longer belongs to the program" in answer.text


def test_a_record_sealed_by_another_server_is_refused(visitor: Visitor) -> None:
    with TestClient(create_app(Settings(key="o" * 64, per_minute=None)), base_url=HERE) as other:
        stranger = Visitor(other)
        stranger.paste()
        held = stranger.held
    visitor.open("/results")
    answer = visitor.client.post("/answer", data={"_csrf_token": visitor.token, "held": held})
    assert answer.status_code == 400


def test_html_in_a_free_field_is_shown_as_text(visitor: Visitor) -> None:
    pages = [visitor.paste(f"B12 190 pg/mL. {NASTY} metformin {NASTY}").text]
    pages.append(visitor.press("/reading", corrected="1", more=NASTY, age=NASTY, lab__0__value=NASTY).text)
    pages += [visitor.press("/answer").text, visitor.press("/answer", audience="clinician").text]
    pages.append(visitor.press("/answer/what-if", value__vitamin_b12=NASTY, fact__metformin=NASTY).text)
    pages.append(visitor.press("/answer/trace", finding=NASTY).text)
    visitor.open("/form")
    fields = dict.fromkeys(
        ("symptoms", "conditions", "procedures", "medications", "diet", "age", "as_of"), NASTY
    )
    pages.append(visitor.press("/form", **fields).text)
    for page in pages:
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "49" not in re.findall(r"\{\{7\*7\}\}|(?<=&amp;)49", page)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", ""])
def test_another_name_for_this_computer_is_not_answered(client: TestClient[Any], host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code in (400, 421)


def test_a_server_for_others_answers_under_its_names_alone() -> None:
    app = create_app(Settings(key=KEY, host="0.0.0.0", hosts=("b12.example",), per_minute=None))
    with TestClient(app, base_url="http://b12.example") as client:
        assert client.get("/").status_code == 200
        assert client.get("/", headers={"host": "evil.example"}).status_code == 421


def test_too_much_is_refused_before_it_is_read(visitor: Visitor) -> None:
    answer = visitor.upload("big.csv", b"x" * 20_100_000)
    assert answer.status_code == 413
    assert "too large" in words(answer.text)


def test_a_large_file_never_touches_a_disk(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    spilled: list[int] = []
    monkeypatch.setattr("tempfile.SpooledTemporaryFile.rollover", lambda one: spilled.append(one.tell()))
    rows = b"".join(b"vitamin B12,150,pmol/L,2026-02-%02d\n" % (1 + number % 28) for number in range(100_000))
    answer = visitor.upload("many.csv", b"test,value,unit,date\n" + rows)
    assert answer.status_code in (200, 400)
    assert spilled == []


def test_a_form_that_was_cut_off_is_refused(visitor: Visitor) -> None:
    visitor.open("/results")
    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = visitor.client.post("/results", content=b"--x\r\nContent-Dispo", headers=headers)
    assert answer.status_code == 400


def test_too_many_requests_are_refused_and_the_way_out_is_said() -> None:
    with TestClient(create_app(Settings(key=KEY, per_minute=3)), base_url=HERE) as client:
        answers = [client.get("/about") for _ in range(5)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429, 429]
    assert "Wait a minute" in words(answers[-1].text)
    assert 0 < int(answers[-1].headers["retry-after"]) <= 60
    assert "retry-after" not in answers[0].headers


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\r\nset-cookie: x=1", "x" * 3000, "nul\x00.json"])
def test_the_name_of_a_file_is_never_used(visitor: Visitor, name: str) -> None:
    answer = visitor.upload(name, b"test,value,unit\nvitamin B12,150,pmol/L\n")
    assert answer.status_code in (200, 400)
    assert "x=1" not in answer.headers.get("set-cookie", "")
    assert "passwd" not in answer.text


def test_a_name_and_a_value_leave_no_trace_in_logs_counters_and_addresses(
    visitor: Visitor, capfd: pytest.CaptureFixture[str]
) -> None:
    asked: list[str] = []
    visitor.client.event_hooks["request"].append(lambda request: asked.append(str(request.url)))
    visitor.paste(f"{CANARY}\nB12 {CANARY_VALUE} pg/mL\nTakes metformin.")
    visitor.press("/answer")
    visitor.press("/answer/trace", finding="answer")
    visitor.press(
        "/answer/what-if", value__vitamin_b12=CANARY_VALUE, unit__vitamin_b12="pg/mL", was__vitamin_b12="1"
    )
    visitor.client.post(
        "/api/v1/interpret", json={"case": {"patient": {"name": CANARY}, "facts": {"note": CANARY}}}
    )
    visitor.client.post("/api/v1/interpret", json={"case": {"facts": {"labs": CANARY_VALUE}}})
    # A time or a sum of times may hold any digits: a number leaks only as itself.
    shown = [line.rpartition(" ") for line in visitor.client.get("/metrics").text.splitlines()]
    counters = "\n".join(name for name, _, _ in shown)
    assert CANARY_VALUE not in {number.partition(".")[0] for _, _, number in shown}
    told = capfd.readouterr()
    for place in (counters, told.out, told.err, *asked):
        assert CANARY not in place
        assert "Quetzalcoatl" not in place
        assert CANARY_VALUE not in place


def test_a_fault_of_the_program_tells_neither_the_visitor_nor_the_log_what_was_sent(
    application: Litestar,
    visitor: Visitor,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def broken(*_: object) -> None:
        raise ValueError(CANARY)

    visitor.paste()
    visitor.press("/answer")
    monkeypatch.setattr("cobalens.serve.web.answering.trace", broken)
    answer = visitor.press("/answer/trace", finding="answer")
    told = capfd.readouterr().err
    assert answer.status_code == 500
    assert "a fault of its own" in words(answer.text)
    assert "ValueError" in told
    assert "test_privacy_and_security.py" in told, "the operator learns where"
    assert CANARY not in told + answer.text


def test_what_is_shipped_of_others_is_what_the_list_says() -> None:
    listed = tomllib.loads((STATIC / "vendor" / "vendor.toml").read_text(encoding="utf-8"))
    files = {path.name for path in (STATIC / "vendor").iterdir()} - {"vendor.toml"}
    assert files == {name for one in listed.values() for name in (one["file"], one["licence_file"])}
    for one in listed.values():
        content = (STATIC / "vendor" / one["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == one["sha256"], one["file"]
        assert re.fullmatch(r"\d+\.\d+\.\d+", one["version"])


def test_a_style_sheet_asks_no_other_address_for_anything() -> None:
    for path in STATIC.rglob("*.css"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"url\((?!data:)|@import|Frutiger", text), path.name


def test_the_first_load_is_at_most_150_kilobytes(client: TestClient[Any]) -> None:
    import httpx

    size = 0
    for path in ("/", "/static/vendor/nhsuk-frontend.css", "/static/cobalens.css", "/static/vendor/htmx.js",
                 "/static/cobalens.js", "/static/icon.svg"):  # fmt: skip
        with client.stream("GET", path, headers={"accept-encoding": "br"}) as answer:
            assert answer.status_code == httpx.codes.OK
            size += sum(len(chunk) for chunk in answer.iter_raw())
    assert size <= 150_000
