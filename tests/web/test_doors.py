"""What is sent to do harm: files that swell, depths without end, forged forms, and text that would be taken for markup."""

from __future__ import annotations

import io
import json
import resource
import zipfile
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from pypdf import PdfReader

from cobalens.api import knowledge_refused
from cobalens.serve.web.settings import MAX_UPLOAD
from tests.records.apple_health.test_apple_health import archive, export_xml
from tests.records.pdf.writer import assembled
from tests.web.conftest import HERE
from tests.web.visitor import Visitor, words
from tests.wire import calls

MEBIBYTE = 1 << 20
NASTY = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


def swelling_archive(name: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        packed.writestr(name, b"0" * (400 * MEBIBYTE))
    return made.getvalue()


def swelling_pdf() -> bytes:
    import zlib

    stream = zlib.compress(b" " * (300 * MEBIBYTE), 9)
    stream = zlib.compress(stream, 9)
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>"
    body = b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n%s\nendstream" % (
        len(stream),
        stream,
    )
    return assembled(
        [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>", page, body]
    )


def laughing() -> bytes:
    return f'<!DOCTYPE x [<!ENTITY l0 "l">{LAUGHS}]><ClinicalDocument xmlns="urn:hl7-org:v3"><title>&l9;</title></ClinicalDocument>'.encode()


HARM = {
    "an archive that swells": lambda: swelling_archive("apple_health_export/export.xml"),
    "a workbook that swells": lambda: swelling_archive("xl/worksheets/sheet1.xml"),
    "an archive that leaves its folder": lambda: archive(
        export_xml(), {"../../../../tmp/out": "{}"}, "../export.xml"
    ),
    "a PDF that swells": swelling_pdf,
    "JSON of endless depth": lambda: b'{"facts": ' * 200_000,
    "lists of endless depth": lambda: b"[" * 1_000_000,
    "a deep case": lambda: b'{"patient": {}, "facts": {"labs": ' + b"[" * 900 + b"]" * 900 + b"}}",
    "XML of endless depth": lambda: b'<ClinicalDocument xmlns="urn:hl7-org:v3">' + b"<component>" * 200_000,
    "entities that multiply": laughing,
    "an entity that reads a file": lambda: (
        b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><ClinicalDocument xmlns="urn:hl7-org:v3"><title>&f;</title></ClinicalDocument>'
    ),
    "a number of a million digits": lambda: b'{"patient": {"age": ' + b"9" * 1_000_000 + b'}, "facts": {}}',
    "a huge exponent": lambda: (
        b'{"patient": {"age": 1e999999999}, "facts": {"labs": [{"analyte": "vitamin_b12", "value": "1e999999999", "unit": "pg/mL"}]}}'
    ),
    "a line without end": lambda: b"B12 " + b"1" * 5_000_000,
    "not text": lambda: bytes(range(256)) * 1000,
}


@pytest.mark.parametrize("kind", HARM)
def test_a_file_made_to_do_harm_is_refused_or_read_and_nothing_breaks_or_swells(
    visitor: Visitor, kind: str
) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    content = HARM[kind]()
    made = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answer = visitor.upload("file", content)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - max(before, made)) // 1024
    assert answer.status_code in (200, 400, 413)
    assert "root:" not in answer.text
    assert grown < 300, "megabytes beyond what making the file took"


@pytest.mark.parametrize("path", ["/api/v1/interpret", "/api/v1/what-if"])
@pytest.mark.parametrize(
    "kind",
    [
        one
        for one in HARM
        if "JSON" in one or "case" in one or "lists" in one or "exponent" in one or "digits" in one
    ],
)
def test_the_json_interface_refuses_the_same(client: TestClient[Any], path: str, kind: str) -> None:
    answer = client.post(path, content=HARM[kind](), headers={"content-type": "application/json"})
    assert answer.status_code in (200, 400)
    assert answer.headers["content-type"] in ("application/json", "application/problem+json")


@pytest.mark.parametrize(
    ("path", "sort"),
    [
        ("/api/v1/interpret", "json"),
        ("/api/v1/what-if", "json"),
        ("/cds-services/cobalens-patient-view", "json"),
        ("/fhir/$interpret-b12", "fhir+json"),
    ],
)
@pytest.mark.parametrize("deep", [b"[" * 200_000 + b"]" * 200_000, b'{"facts": ' * 200_000])
def test_a_program_that_nests_without_end_is_told_so_in_its_own_terms(
    client: TestClient[Any], path: str, sort: str, deep: bytes
) -> None:
    told = client.post(path, content=deep, headers={"content-type": f"application/{sort}"})
    assert told.status_code == 400
    assert "nested_too_deeply" in told.text
    assert "Go back" not in told.text


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/openapi.json"])
def test_what_is_only_looked_at_says_so_to_whoever_sends_there(client: TestClient[Any], path: str) -> None:
    for method in ("PUT", "POST", "DELETE"):
        told = client.request(method, path, content=b"{}", headers={"content-type": "application/json"})
        assert told.status_code == 405
        assert told.json()["problem"] == "This address takes GET and HEAD alone."


@pytest.mark.parametrize(
    ("door", "path", "sent"),
    [
        ("api", "/api/v1/interpret", {"patient": {"age": 67}, "facts": {}}),
        (
            "operation",
            "/fhir/$interpret-b12",
            calls.parameters(calls.bundle(calls.PATIENT), asOf=calls.AS_OF),
        ),
        ("hooks", "/cds-services/cobalens-patient-view", calls.body(prefetch=calls.everything())),
    ],
)
def test_knowledge_that_is_not_finished_is_the_programs_fault_and_not_the_askers(
    client: TestClient[Any], monkeypatch: pytest.MonkeyPatch, door: str, path: str, sent: dict[str, Any]
) -> None:
    def refused(*_: object) -> None:
        raise knowledge_refused("a gap")

    monkeypatch.setattr(f"cobalens.serve.web.{door}.load", refused)
    kind = "application/json" if door == "hooks" else "application/fhir+json"
    told = client.post(path, json=sent, headers={"content-type": kind})
    assert told.status_code == 500
    assert "knowledge_refused" in told.text


def test_a_body_beyond_the_limit_is_refused_at_every_door(visitor: Visitor) -> None:
    visitor.open("/results")
    large = "x" * (MAX_UPLOAD + 1)
    for path in ("/form", "/check", "/answer", "/answer/what-if"):
        sent = visitor.client.post(path, data={"_csrf_token": visitor.token, "symptoms": large})
        assert sent.status_code == 413, path
    sent = visitor.client.post(
        "/api/v1/interpret", content=f'"{large}"', headers={"content-type": "application/json"}
    )
    assert sent.status_code == 413
    assert sent.headers["content-type"] == "application/problem+json"


def test_a_body_that_does_not_tell_its_size_is_counted_as_it_comes(client: TestClient[Any]) -> None:
    pieces = (b"x" * MEBIBYTE for _ in range(MAX_UPLOAD // MEBIBYTE + 2))
    answer = client.post("/api/v1/interpret", content=pieces, headers={"content-type": "application/json"})
    assert answer.status_code == 413


def test_a_form_of_very_many_fields_is_refused_or_answered(visitor: Visitor) -> None:
    visitor.open("/form")
    many = {f"fact.{number}": "yes" for number in range(50_000)}
    assert visitor.press("/form", symptoms="tired", **many).status_code in (200, 400, 413)


PERSONAL = (
    "/results", "/reading", "/answer", "/answer/ahead", "/answer/trace", "/answer/what-if", "/answer/charts",
    "/answer/sheet/patient/pdf", "/form", "/form/next", "/check", "/forget",
)  # fmt: skip


@pytest.mark.parametrize("at", ["", "/es"])
@pytest.mark.parametrize("path", PERSONAL)
def test_every_form_needs_its_own_token(application: Litestar, path: str, at: str) -> None:
    with TestClient(application, base_url=HERE) as one, TestClient(application, base_url=HERE) as other:
        visitor, stranger = Visitor(one), Visitor(other)
        visitor.open("/results")
        stranger.open("/results")
        for token in ("", "x", stranger.token):
            refused = visitor.client.post(
                f"{at}{path}", data={"_csrf_token": token, "held": "x", "text": "B12 195 pg/mL"}
            )
            assert refused.status_code == 403, token


@pytest.mark.parametrize("path", PERSONAL)
def test_a_page_about_a_person_has_no_address_that_a_link_could_hold(
    client: TestClient[Any], path: str
) -> None:
    if path in ("/results", "/form"):
        # The words are ones that no token of random digits can hold by chance.
        opened = client.get(f"{path}?text=B12+195+zorbling&as_of=2026-01-01&age=67")
        assert opened.status_code == 200
        assert "zorbling" not in opened.text
        assert 'value="67"' not in opened.text
        assert "2026-01-01" not in opened.text
    else:
        assert client.get(path).status_code == 405


@pytest.mark.parametrize(
    "name", ["x\r\nset-cookie: a=b", "x\nlocation: http://evil.example", "patient%0d%0aset-cookie:a=b"]
)
def test_a_line_break_in_what_is_sent_makes_no_header(visitor: Visitor, name: str) -> None:
    visitor.paste()
    held = visitor.held
    fields = {"_csrf_token": visitor.token, "held": held, "audience": name, "finding": name}
    answers = [
        visitor.client.post("/answer/trace", data=fields),
        visitor.client.post(
            f"/answer/sheet/{name.replace(chr(13), '%0d').replace(chr(10), '%0a')}/pdf", data=fields
        ),
        visitor.client.get("/", headers={"accept-language": name.replace("\r", "").replace("\n", "")}),
        visitor.client.get(f"/learn/{name.replace(chr(13), '%0d').replace(chr(10), '%0a')}"),
    ]
    for one in answers:
        assert "location" not in one.headers
        assert "a=b" not in one.headers.get("set-cookie", "")


def test_markup_in_every_field_is_text_on_the_page_in_the_sheet_and_in_json(visitor: Visitor) -> None:
    visitor.paste(f"B12 130 pg/mL. {NASTY}. Takes metformin {NASTY}.")
    pages = [visitor.page]
    fields = {"corrected": "1", "age": NASTY, "sex": NASTY, "more": NASTY, "lab.0.value": NASTY, "lab.0.unit": NASTY,
              "lab.0.date": NASTY, "new.0.analyte": NASTY, "new.0.value": NASTY, "new.0.unit": NASTY, "event.0": NASTY}  # fmt: skip
    pages.append(visitor.press("/reading", **fields).text)
    for audience in ("patient", "clinician"):
        pages.append(visitor.press("/answer", audience=audience).text)
        pages.append(visitor.press(f"/answer/sheet/{audience}/html", part=True).text)
        pages.append(visitor.press("/answer/charts", part=True).text)
        made = visitor.press(f"/answer/sheet/{audience}/pdf", part=True)
        assert made.headers["content-type"] == "application/pdf"
        for key in ("/JavaScript", "/JS", "/Launch", "/OpenAction", "/AA"):
            assert key not in str(PdfReader(io.BytesIO(made.content)).trailer["/Root"])
    for page in pages:
        assert "<script>alert" not in page
        assert "<img src=x" not in page
    case = {
        "patient": {"age": 67},
        "facts": {
            "note": NASTY,
            "symptoms": [NASTY],
            "labs": [{"analyte": NASTY, "value": NASTY, "unit": NASTY}],
        },
    }
    told = visitor.client.post("/api/v1/interpret", json={"case": case})
    assert told.headers["content-type"].startswith(("application/json", "application/problem+json"))
    assert told.headers["x-content-type-options"] == "nosniff"
    json.loads(told.content)


def test_a_refusal_does_not_repeat_markup_as_markup(visitor: Visitor) -> None:
    for sent in (
        visitor.paste(NASTY),
        visitor.upload(NASTY, NASTY.encode()),
        visitor.open(f"/{NASTY}"),
        visitor.open(f"/learn/{NASTY}"),
    ):
        assert "<script>alert" not in sent.text
        assert "<img src=x" not in sent.text
        assert "<h1" in sent.text
        assert words(sent.text)


def test_no_other_site_may_read_or_frame_an_answer(client: TestClient[Any]) -> None:
    asked = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    assert "access-control-allow-origin" not in client.options("/api/v1/interpret", headers=asked).headers
    given = client.get("/", headers={"origin": "https://evil.example"}).headers
    assert "access-control-allow-origin" not in given
    assert "frame-ancestors 'none'" in given["content-security-policy"]


def test_the_static_files_cannot_be_left(client: TestClient[Any]) -> None:
    for path in (
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/static//etc/passwd",
        "/static/%2e%2e%2f%2e%2e%2fcli.py",
    ):
        answer = client.get(path)
        assert answer.status_code in (400, 404, 405), path
        assert "import" not in answer.text
