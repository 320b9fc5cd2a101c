"""Lines cut by compiled code as rows of numbers: of each mould one line is decoded, and says what stands in the slots of all.

What that line comes to is compared with what was cut out of it; where they differ, lines of the mould are decoded one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from msgspec import Struct

from cobalens.intake.fhir import cutting, cutwords
from cobalens.intake.fhir.cutting import (
    ABATEMENT,
    AUTHORED,
    BEGUN,
    BORN,
    DIED,
    EFFECTIVE,
    ENDED,
    ID,
    ONSET,
    PERFORMED,
    REFERENCE,
    VALUE,
    Cut,
)
from cobalens.intake.fhir.cutwords import Words
from cobalens.intake.fhir.ordered import BOUNDS
from cobalens.intake.fhir.rows import BROKEN, DATE, MEASURED, NONE, Line, Sheet, address_of, decoded, stated
from cobalens.intake.fhir.typed import (
    EMPTY,
    Condition,
    MedicationOrder,
    MedicationRequest,
    MedicationStatement,
    MedicationUse,
    Observation,
    Patient,
    Procedure,
    Quantity,
    Resource,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[Any]

READ = frozenset(
    "code category interpretation referenceRange valueCodeableConcept clinicalStatus verificationStatus medicationCodeableConcept "
    "dosageInstruction dosage reasonCode extension note".split()
)
"""Fields that are kept as bytes and belong to the wording; the others that are kept so are read nowhere."""
LEFT_OUT = (
    frozenset(
        field.encode_name
        for kind in (
            Resource,
            Observation,
            Condition,
            MedicationRequest,
            MedicationStatement,
            Procedure,
            Patient,
        )
        for field in msgspec.structs.fields(kind)
        if field.default is EMPTY
    )
    - READ
)
ADDRESS = "Patient/"
STRANGE = NONE - 1
"""In place of the number of a word that is not in ASCII."""
_amount = msgspec.json.Decoder(Quantity, float_hook=Decimal)


class Mould(Struct, frozen=True):
    """What the lines of a mould say, and in which slots."""

    wording: int
    owner: int
    first: int
    second: int
    measured: bool


def rows_of_block(
    block: bytes, at: int, sheet: Sheet
) -> tuple[int, list[Numbers], Iterator[tuple[int, int, bytes]]]:
    """How many lines, the rows of those that could be cut, and the others with their numbers and places."""
    content = block if block.endswith(b"\n") else block + b"\n"
    cut = cutting.cut(content, LEFT_OUT)
    moulds = [_mould(nth, cut, content, sheet) for nth in range(len(cut.firsts))]
    rows, good = _rows(cut, content, moulds, sheet)
    rows.append(cut.begins[:-1] + at)

    def others() -> Iterator[tuple[int, int, bytes]]:
        for line in np.flatnonzero(~good).tolist():
            begin = int(cut.begins[line])
            yield line, at + begin, content[begin : int(cut.begins[line + 1]) - 1]

    return len(good), rows if good.all() else [column[good] for column in rows], others()


def _mould(nth: int, cut: Cut, content: bytes, sheet: Sheet) -> Mould | None:
    """What the first line of a mould says; nothing where its lines have to be decoded one by one."""
    line = int(cut.firsts[nth])
    whole = content[cut.begins[line] : cut.begins[line + 1] - 1]
    slots = [
        content[at : at + size].decode() if at >= 0 else ""
        for at, size in zip(cut.slot_at[line].tolist(), cut.slot_bytes[line].tolist(), strict=True)
    ] + [""]  # what ``NONE`` points to
    if BOUNDS in whole:
        # The days of a course are not cut out: they are of this line alone, and equal to others by chance.
        return None
    try:
        one = decoded(whole)
        key, first, second = stated(one)
        if key is None:
            return None
        measured = key[0] is MEASURED
        value = one.value_quantity.value if measured else None
        number = amount(slots[VALUE]) if measured else None
    except BROKEN:
        return None
    owner, before = (ID, ADDRESS) if type(one) is Patient else (REFERENCE, "")
    here, there = _slots(one)
    cut_out = slots[ID], before + slots[owner], slots[here], slots[there], number
    if cut_out != (one.id, address_of(one), first, second, value) or type(value) is not type(number):
        return None
    return Mould(sheet.worded(key, whole), owner, here, there if second else NONE, measured)


def _slots(one: Line) -> tuple[int, int]:
    """In which slots the two days of a resource stand."""
    if type(one) is Observation:
        return EFFECTIVE, NONE
    if type(one) is Condition:
        return ONSET, ABATEMENT
    if isinstance(one, MedicationOrder):
        return AUTHORED, NONE
    if isinstance(one, MedicationUse):
        return EFFECTIVE, NONE
    if type(one) is Procedure:
        if one.performed_date_time:
            return PERFORMED, NONE
        return (NONE, NONE) if one.performed_period is None else (BEGUN, ENDED)
    return BORN, DIED


def _rows(
    cut: Cut, content: bytes, moulds: list[Mould | None], sheet: Sheet
) -> tuple[list[Numbers], Numbers]:
    """A column for each of ``FIELDS`` but the last with a row for each line, and which rows are good."""
    good = np.array([one is not None for one in moulds] + [False])[cut.mould]

    def of_mould(name: str) -> Numbers:
        """What each line's mould says."""
        said = [NONE if one is None else getattr(one, name) for one in moulds]
        return np.array([*said, NONE], np.int32)[cut.mould]

    def numbered(found: Words, number_of: Callable[[str], int]) -> Numbers:
        """The numbers that the sheet has for what stands there."""
        places = zip(found.at.tolist(), found.size.tolist(), strict=True)
        words = (content[at : at + size] for at, size in places)
        into = [number_of(word.decode()) if word.isascii() else STRANGE for word in words]
        return np.array([*into, NONE], np.int32)[found.numbers]

    def dated(slots: Numbers, given: Numbers | None) -> tuple[Numbers, Numbers]:
        days = cutwords.told_apart(cut, slots, most=DATE, given=given)
        clocks = cutwords.told_apart(cut, slots, skip=DATE, given=given)
        return numbered(days, sheet.days.__getitem__), numbered(clocks, sheet.clocks.__getitem__)

    owners = cutwords.owners(cut, of_mould("owner"), REFERENCE)
    good &= owners.numbers != NONE
    ends = (owners.at + owners.size).tolist()
    first = sheet.add_owners([content[at:end] for at, end in zip(owners.at.tolist(), ends, strict=True)])
    measured = of_mould("measured") == 1
    numbers = cutwords.told_apart(cut, np.where(measured, np.int32(VALUE), np.int32(NONE)))
    figures = numbered(numbers, partial(_number, sheet))
    good &= ~measured | (figures != NONE)
    sums = cutwords.checksums(cut.content, cut.slot_at[:, ID], cut.slot_bytes[:, ID])
    # A day that is not given is an empty one; where a day ends is told by bytes, so that each sign has to be one.
    days = *dated(of_mould("first"), good), *dated(of_mould("second"), None)
    for column in days:
        good &= column != STRANGE
    return [owners.numbers + np.int32(first), of_mould("wording"), figures, *days, sums], good


def _number(sheet: Sheet, said: str) -> int:
    try:
        return sheet.numbers[amount(said)]
    except BROKEN:
        return NONE


@lru_cache(maxsize=50_000)
def amount(said: str) -> int | Decimal:
    """A number as the decoder of lines reads it."""
    found: int | Decimal = _amount.decode(b'{"value":%b}' % said.encode()).value
    return found
