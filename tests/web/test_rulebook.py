from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from cobalens.serve.web.app import create_app
from cobalens.serve.web.rulebook import BUILDING, FAILED, READY, Book
from cobalens.serve.web.settings import Settings
from tests.web.conftest import HERE, KEY
from tests.web.visitor import words

PAGE = "<body><script>\nrun()\n</script><h1>Rules</h1><script src='search.js'></script></body>"


@pytest.fixture
def written(tmp_path: Path) -> Iterator[TestClient[Any]]:
    folder = tmp_path / "book"
    folder.mkdir()
    (folder / "index.html").write_text(PAGE, encoding="utf-8")
    (tmp_path / "beside.html").write_text("not part of it", encoding="utf-8")
    settings = Settings(key=KEY, per_minute=None, rulebook=str(folder))
    with TestClient(create_app(settings), base_url=HERE) as made:
        yield made


def test_a_rulebook_that_was_written_is_shown(written: TestClient[Any]) -> None:
    answer = written.get("/rulebook")
    assert "<h1>Rules</h1>" in answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert "run()" not in answer.text, "nothing runs from within a page"
    assert "search.js" in answer.text
    assert "/rulebook/index.html" in written.get("/about").text


@pytest.mark.parametrize(
    "path", ["../beside.html", "%2e%2e/beside.html", "..%2fbeside.html", "nothing.html", "/etc/passwd", ""]
)
def test_nothing_beside_the_rulebook_can_be_read(written: TestClient[Any], path: str) -> None:
    answer = written.get(f"/rulebook/{path}")
    assert "not part of it" not in answer.text
    assert path == "" or answer.status_code == 404


def test_the_rules_of_other_pages_are_not_loosened_for_it(written: TestClient[Any]) -> None:
    assert "unsafe" not in written.get("/about").headers["content-security-policy"]
    assert "unsafe" not in written.get("/rulebooks").headers["content-security-policy"]


class Ended:
    """A building that has come to an end, or has not."""

    def __init__(self, code: int | None) -> None:
        self.code = code

    def poll(self) -> int | None:
        return self.code

    def terminate(self) -> None:
        self.code = 1

    def wait(self) -> None: ...


@pytest.mark.parametrize(("code", "told"), [(None, "being put together"), (1, "cannot be put together here")])
def test_while_it_is_built_and_if_it_cannot_be_the_page_says_so(
    monkeypatch: pytest.MonkeyPatch, code: int | None, told: str
) -> None:
    monkeypatch.setattr("cobalens.serve.web.rulebook.subprocess.Popen", lambda *_, **__: Ended(code))
    with TestClient(create_app(Settings(key=KEY, per_minute=None)), base_url=HERE) as client:
        answer = client.get("/rulebook/index.html")
    assert answer.status_code == (200 if code is None else 503)
    assert told in words(answer.text)
    assert ('http-equiv="refresh"' in answer.text) is (code is None)


def test_one_worker_builds_the_rulebook_for_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    begun: list[Ended] = []

    def begin(*_: object, **__: object) -> Ended:
        begun.append(Ended(None))
        return begun[-1]

    monkeypatch.setattr("cobalens.serve.web.rulebook.subprocess.Popen", begin)
    one, other = (Book(Settings(key=KEY, shared=str(tmp_path))) for _ in range(2))
    assert (one.state(), other.state(), one.state()) == (BUILDING, BUILDING, BUILDING)
    assert len(begun) == 1
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("half of it", encoding="utf-8")
    assert other.state() == BUILDING
    begun[0].code = 0
    assert (one.state(), other.state()) == (READY, READY)
    assert other.folder == tmp_path / "site"
    for book in (one, other):
        book.close()
    assert (tmp_path / "site").is_dir(), "the folder belongs to the command"


def test_if_it_cannot_be_built_every_worker_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("cobalens.serve.web.rulebook.subprocess.Popen", lambda *_, **__: Ended(1))
    one, other = (Book(Settings(key=KEY, shared=str(tmp_path))) for _ in range(2))
    assert (one.state(), other.state()) == (FAILED, FAILED)


def test_a_worker_alone_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cobalens.serve.web.rulebook.subprocess.Popen", lambda *_, **__: Ended(None))
    book = Book(Settings(key=KEY))
    assert book.state() == BUILDING
    place = book.place
    assert place is not None
    assert place.is_dir()
    book.close()
    assert not place.exists()
