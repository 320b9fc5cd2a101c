"""`cobalens compare`: two sets of results for one person, and what the new one changes in the answer."""

from __future__ import annotations

from cobalens.api import load
from cobalens.report.difference import result_sections
from cobalens.serve.whatif import DONE, Wanted, record_of, told


def run(old: str, new: str, adds: bool, wanted: Wanted) -> int:
    door = load(wanted.pack, None, wanted.language)
    before, after = (record_of(door, file, wanted) for file in (old, new))
    one = door.compare(before, after, adds=adds)
    case = door.case(before)
    told(case, one, result_sections(case, one), ("side_old", "side_new"), wanted)
    return DONE
