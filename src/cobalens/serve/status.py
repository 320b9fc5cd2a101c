"""With which status a command ends, as the contract has it; light enough to be loaded by every command."""

from __future__ import annotations

DONE = 0
FAILED = 1
"""The thing checked does not hold, or no record at all could be read."""
REFUSED = 2
"""The input or the command is refused."""
