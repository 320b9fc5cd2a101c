from __future__ import annotations

from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from cobalens.serve.web.render import unit
from cobalens.serve.web.words import preferred


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("es-MX,es;q=0.9,en;q=0.8", "es"),
        ("en-GB,en;q=0.9,es;q=0.8", "en"),
        ("de, es;q=0.5, en;q=0.4", "es"),
        ("de,fr", "en"),
        ("es;q=0, en;q=0.1", "en"),
        ("es;q=much", "en"),
        ("*", "en"),
    ],
)
def test_the_language_that_a_browser_asks_for_first_is_chosen(header: str, language: str) -> None:
    assert preferred(header) == language


@pytest.mark.parametrize("site", ["none", "cross-site"])
def test_whoever_comes_from_elsewhere_is_met_in_their_language(client: TestClient[Any], site: str) -> None:
    headers = {"accept-language": "es", "sec-fetch-site": site}
    answer = client.get("/", headers=headers, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/es/")
    assert client.get("/es/", headers=headers, follow_redirects=False).status_code == 200


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "same-origin"}, {}])
def test_a_link_of_the_pages_is_followed_whatever_the_browser_prefers(
    client: TestClient[Any], headers: dict[str, str]
) -> None:
    answer = client.get("/", headers={"accept-language": "es", **headers}, follow_redirects=False)
    assert answer.status_code == 200
    assert '<html lang="en"' in answer.text


def test_no_page_borrows_its_clinical_words_from_another_language(application: Litestar) -> None:
    assert application.state["borrowed"] == frozenset()


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("mL/min/{1.73_m2}", "mL/min/1.73 m²"),
        ("10*9/L", "10⁹/L"),
        ("umol/L", "µmol/L"),
        ("10*3/uL", "10³/µL"),
        ("k[IU]/L", "kIU/L"),
        ("pg/mL", "pg/mL"),
        ("U/L", "U/L"),
        ("[arb'U]", "arb. U"),
    ],
)
def test_a_unit_is_shown_as_a_printout_writes_it(code: str, shown: str) -> None:
    assert unit(code) == shown
