"""`cobalens compare`: two sets of results for one person, and what the new one changes in the answer."""

from __future__ import annotations

from pathlib import Path

from cobalens.api import load
from cobalens.errors import CobalensError
from cobalens.report.difference import result_sections
from cobalens.serve.inputs import STDIN
from cobalens.serve.output_refusals import input_named_twice, not_one_person
from cobalens.serve.status import DONE
from cobalens.serve.whatif import Wanted, record_of, told

TWO = "two_people"


def run(old: str, new: str, adds: bool, wanted: Wanted) -> int:
    if old == new == STDIN:
        raise input_named_twice()
    door = load(wanted.pack, None, wanted.language)
    before, after = (record_of(door, file, wanted) for file in (old, new))
    try:
        one = door.compare(before, after, adds=adds)
    except CobalensError as error:
        raise not_one_person(Path(new).name, error.where) if error.code == TWO else error from None
    case = door.case(before)
    told(case, one, result_sections(case, one), ("side_old", "side_new"), wanted)
    return DONE
