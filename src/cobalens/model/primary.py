"""The guideline pack that is primary where nobody names another; light enough to be loaded by every command."""

from __future__ import annotations

PRIMARY = "nice-ng239"
