"""What stands in the slots of lines that were cut, by compiled code: whose each line is, and a number for each different word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import Struct

from cobalens.intake.fhir.cutting import NONE, SEED, Cut, byte_at, compiled, hashed, same, table_for

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[Any]

LONGEST_NAME = 64
"""Bytes of what a person is called."""
EVERYTHING = 1 << 30


class Words(Struct, frozen=True):
    """What stood in some slots: a number for each different one, and where it first stands."""

    numbers: Numbers
    """Of each line, or ``NONE``."""
    at: Numbers
    size: Numbers


def told_apart(
    cut: Cut, slots: Numbers, skip: int = 0, most: int = EVERYTHING, given: Numbers | None = None
) -> Words:
    """Numbers for what stands in a slot of each line, in the order in which it is met; a slot of ``NONE`` has none.

    ``skip`` and ``most``: only so many bytes behind so many. ``given``: the lines in which what is missing is empty.
    """
    if given is None:
        if not np.any(slots != NONE):
            nothing = np.empty(0, np.int32)
            return Words(np.full(len(slots), NONE, np.int32), nothing, nothing)
        given = np.zeros(len(slots), np.bool_)
    return _numbered(cut.content, cut.slot_at, cut.slot_bytes, slots, skip, most, given)


def owners(cut: Cut, slots: Numbers, reference: int) -> Words:
    """The same of whose a line is: what is behind ``Patient/`` in the slot ``reference``, the whole of any other slot.

    A line whose person is named by anything else than letters, digits, dots and hyphens has none.
    """
    at, size = np.empty((len(slots), 1), np.int32), np.empty((len(slots), 1), np.int32)
    _owners(cut.content, cut.slot_at, cut.slot_bytes, slots, reference, _BEFORE, _NAMES, at, size)
    first, given = np.zeros(len(slots), np.int32), np.zeros(len(slots), np.bool_)
    return _numbered(cut.content, at, size, first, 0, EVERYTHING, given)


def _numbered(
    content: Numbers, slot_at: Numbers, slot_bytes: Numbers, slots: Numbers, skip: int, most: int, given: Numbers
) -> Words:  # fmt: skip
    lines = len(slots)
    numbers, at, size = (np.empty(lines, np.int32) for _ in range(3))
    count = _told_apart(
        content, slot_at, slot_bytes, slots, skip, most, given, table_for(lines), np.empty(lines, np.uint64), numbers, at, size
    )  # fmt: skip
    return Words(numbers, at[:count], size[:count])


def _allowed() -> Numbers:
    allowed = np.zeros(256, np.bool_)
    allowed[list(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-")] = True
    return allowed


_BEFORE, _NAMES = np.frombuffer(b"Patient/", np.uint8), _allowed()


@compiled
def _owners(
    content: Numbers, slot_at: Numbers, slot_bytes: Numbers, slots: Numbers, reference: Any, before: Numbers, names: Numbers,
    at: Numbers, size: Numbers,
) -> None:  # fmt: skip
    last_at = last_size = NONE
    for line in range(len(slots)):
        at[line, 0] = NONE
        slot = slots[line]
        if slot == NONE or slot_at[line, slot] == NONE:
            continue
        begin, count = slot_at[line, slot], slot_bytes[line, slot]
        good = True
        if slot == reference:
            good = count > len(before)
            if good:
                for nth in range(len(before)):
                    good &= byte_at(content, begin + nth) == before[nth]
            begin, count = begin + len(before), count - len(before)
        if not good or not 0 < count <= LONGEST_NAME:
            continue
        # Lines of one person mostly stand together.
        if count != last_size or not same(content, last_at, begin, count):
            for nth in range(count):
                good &= names[byte_at(content, begin + nth)]
        if good:
            at[line, 0], size[line, 0] = begin, count
            last_at, last_size = begin, count


@compiled
def _told_apart(
    content: Numbers, slot_at: Numbers, slot_bytes: Numbers, slots: Numbers, skip: Any, most: Any, given: Numbers, table: Numbers,
    keys: Numbers, numbers: Numbers, at: Numbers, size: Numbers,
) -> Any:  # fmt: skip
    mask = np.uint64(len(table) - 1)
    count = 0
    last = NONE
    for line in range(len(slots)):
        slot = slots[line]
        begin, length = 0, 0
        if slot != NONE and slot_at[line, slot] != NONE:
            before = min(skip, slot_bytes[line, slot])
            begin, length = slot_at[line, slot] + before, min(most, slot_bytes[line, slot] - before)
        elif not given[line]:
            numbers[line] = NONE
            continue
        if last != NONE and size[last] == length and same(content, at[last], begin, length):
            numbers[line] = last
            continue
        key = hashed(content, begin, begin + length, SEED)
        place = key & mask
        found = NONE
        while table[place] != NONE:
            one = table[place]
            if keys[one] == key and size[one] == length and same(content, at[one], begin, length):
                found = one
                break
            place = (place + np.uint64(1)) & mask
        if found == NONE:
            found = count
            table[place], keys[found], at[found], size[found] = found, key, begin, length
            count += 1
        numbers[line] = last = found
    return count


def checksums(content: Numbers, at: Numbers, size: Numbers) -> Numbers:
    """CRC-32 of what stands at these places; 0 where nothing does."""
    found = np.zeros(len(at), np.uint32)
    _checksums(content, at, size, _CRC, found)
    return found


def _crc_table() -> Numbers:
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, (table >> 1) ^ np.uint32(0xEDB88320), table >> 1).astype(np.uint32)
    return table


_CRC = _crc_table()


@compiled
def _checksums(content: Numbers, at: Numbers, size: Numbers, table: Numbers, found: Numbers) -> Any:
    for line in range(len(at)):
        if at[line] < 0:
            continue
        value = np.uint32(0xFFFFFFFF)
        for nth in range(size[line]):
            low = (value ^ np.uint32(byte_at(content, at[line] + nth))) & np.uint32(0xFF)
            value = table[np.uint64(low)] ^ (value >> np.uint32(8))
        found[line] = value ^ np.uint32(0xFFFFFFFF)
