"""What a chart is for its readers: a title, a sentence that says what the picture shows, a key, a table, and a definition.

The definition is Vega-Lite, for the interactive chart and for the picture alike. Nothing here draws.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Chart(Struct, frozen=True, kw_only=True):
    """One chart. Whoever cannot see it has the same from ``alternative`` and the table."""

    name: str
    title: str
    alternative: str
    """A sentence or two: what the picture shows."""
    key: tuple[str, ...]
    """What each mark means, in words."""
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    spec: dict[str, Any]
    """Vega-Lite, with its data; ``width`` fits a column of text."""
