"""Writes the generated parts of the documentation, or with ``--check`` says which are stale.

README.md shows the program's own words: the part between its two markers is the note on the published case.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COBALENS = str(Path(sys.executable).parent / "cobalens")
BEGIN = "<!-- The note on the published case, written by `make generate`: -->\n"
END = "<!-- end of the note -->\n"
COLUMNS = 100


def note() -> str:
    """The six lines that the program offers for the record of the published case."""
    case = ROOT / "src" / "cobalens" / "examples" / "published-case.json"
    command = [COBALENS, "interpret", str(case), "--format", "json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False, encoding="utf-8")
    if done.returncode:
        raise SystemExit("The published case cannot be read; nothing was written")
    words = re.sub(r", ruleset [0-9a-f]+", "", json.loads(done.stdout)["text"]["note"])
    return "\n".join(
        line for part in words.splitlines() for line in textwrap.wrap(part, COLUMNS, subsequent_indent="  ")
    )


def readme(text: str) -> str:
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise SystemExit("README.md has lost the markers around the note on the published case")
    return f"{before}{BEGIN}\n```text\n{note()}\n```\n\n{END}{after}"


PAGES: dict[str, Callable[[str], str]] = {"README.md": readme}
"""Each page, and the function from its present text to what it should be."""


def main(arguments: list[str]) -> int:
    stale = []
    for name, renew in PAGES.items():
        page = ROOT / name
        present = page.read_text(encoding="utf-8")
        wanted = renew(present)
        if wanted != present:
            stale.append(name)
            if "--check" not in arguments:
                page.write_text(wanted, encoding="utf-8")
    for name in stale:
        print(f"{name}: " + ("stale; run: make generate" if "--check" in arguments else "written"))
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
