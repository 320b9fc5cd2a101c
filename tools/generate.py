"""Writes the generated parts of the documentation, or with ``--check`` says which are stale.

README.md shows the program's own output: the part between its two markers is what ``cobalens demo`` prints.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COBALENS = str(Path(sys.executable).parent / "cobalens")
BEGIN = "<!-- The output of `cobalens demo`, written by `make generate`: -->\n"
END = "<!-- end of the output -->\n"
COLUMNS = 100


def demo_output() -> str:
    """What a person sees on a plain terminal, without what depends on the day or the place."""
    plain = {"NO_COLOR": "1", "COLUMNS": str(COLUMNS), "TERM": "dumb", "TZ": "UTC", "LC_ALL": "C.UTF-8"}
    command = [COBALENS, "demo"]
    done = subprocess.run(command, env=os.environ | plain, capture_output=True, check=True, encoding="utf-8")
    lines = [line.rstrip() for line in done.stdout.strip("\n").split("\n")]
    return "\n".join(lines)


def readme(text: str) -> str:
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise SystemExit("README.md has lost the markers around the output of `cobalens demo`")
    return f"{before}{BEGIN}\n```text\n{demo_output()}\n```\n\n{END}{after}"


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
