"""One application for all tests of the pages; each test has a browser of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from cobalens.serve.web.app import create_app
from cobalens.serve.web.settings import Settings
from tests.web.visitor import Visitor

KEY = "k" * 64
HERE = "http://127.0.0.1:8612"


@pytest.fixture(scope="session")
def application() -> Litestar:
    return create_app(Settings(key=KEY, per_minute=None))


@pytest.fixture
def client(application: Litestar) -> Iterator[TestClient[Any]]:
    with TestClient(application, base_url=HERE) as made:
        yield made


@pytest.fixture
def visitor(client: TestClient[Any]) -> Visitor:
    return Visitor(client)
