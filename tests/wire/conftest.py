"""The application as the pages' tests have it: one for all exchanges."""

from __future__ import annotations

from tests.web.conftest import application, client

__all__ = ["application", "client"]
