"""Where a fault of the program happened, for whoever runs it. The words of the error may hold a value, and are not told."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from traceback import extract_tb

_FRAME = re.compile(r'File "([^"]+)", line (\d+), in (\S+)')
FAR = 3
"""Parts of a path that are told: enough to find the file, and nothing of the machine."""


def tell_place(error: BaseException) -> None:
    print("\n  ".join([f"cobalens: {type(error).__name__}", *places(error)]), file=sys.stderr, flush=True)


def places(error: BaseException) -> list[str]:
    """The calls that led to it, the last one last; where it happened in a process that works for this one, there too."""
    found = [(one.filename, one.lineno, one.name) for one in extract_tb(error.__traceback__)]
    found += _FRAME.findall(str(getattr(error.__cause__, "tb", "")))
    return [f"{'/'.join(Path(file).parts[-FAR:])}:{line} {name}" for file, line, name in found]
