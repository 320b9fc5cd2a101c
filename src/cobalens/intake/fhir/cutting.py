"""Lines of FHIR cut by compiled code: apart from its days, its number and its addresses, which lines are equal to the byte.

What is left is a line's mould. Each cut takes out one whole string or number, so that a line with the mould of another is
JSON of the same shape, field by field, with the same words. Whatever cannot be cut so has no mould.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
from msgspec import Struct
from numba import njit

from cobalens.intake.fhir.typed import is_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[Any]

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compiled when it is first called, and kept beside the module; anew each time where nothing can be kept."""
    try:
        return cast("Function", njit(cache=True, nogil=True)(function))
    except RuntimeError:
        return cast("Function", njit(nogil=True)(function))


KEPT, LEFT_OUT = 0, 1
"""What becomes of a value: it belongs to the mould; it is read nowhere."""
SUBJECT, QUANTITY, PERIOD = 2, 3, 4
"""Values with fields of their own that are cut."""
FIRST_SLOT = 8
"""From here on: what is cut and looked at, each with a place of its own."""
SLOTS = (
    "id", "reference", "effectiveDateTime", "onsetDateTime", "abatementDateTime", "authoredOn", "performedDateTime", "birthDate",
    "deceasedDateTime", "start", "end", "value",
)  # fmt: skip
ID, REFERENCE, EFFECTIVE, ONSET, ABATEMENT, AUTHORED, PERFORMED, BORN, DIED, BEGUN, ENDED, VALUE = range(
    len(SLOTS)
)
WITHIN: Mapping[str, int] = {"subject": SUBJECT, "valueQuantity": QUANTITY, "performedPeriod": PERIOD}
NESTED: Mapping[int, Mapping[str, int]] = {
    SUBJECT: {"reference": FIRST_SLOT + REFERENCE},
    QUANTITY: {"value": FIRST_SLOT + VALUE, "system": LEFT_OUT},
    PERIOD: {"start": FIRST_SLOT + BEGUN, "end": FIRST_SLOT + ENDED},
}
NUMBER = FIRST_SLOT + VALUE
COUNT = len(SLOTS)
MOST_CUTS = 128
"""Cuts of one line; one with more has no mould."""
NONE = -1

QUOTE, SLASH, COMMA, COLON, BLANK, END = b'"\\,: \n'
MINUS, PLUS, DOT, ZERO, ONE, NINE, SMALL_E, GREAT_E = b"-+.019eE"
OPENED, CLOSED, LISTED, UNLISTED = b"{}[]"
ORDINARY, ENDS, ESCAPES, FORBIDDEN = 0, 1, 2, 3
"""What a byte does in a string."""
ESCAPED = 256
"""Behind the kinds of bytes: which of them may follow a backslash."""
_MIXER, SEED = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
_NOTHING, _BYTE, _SHIFT = np.uint64(0), np.uint64(8), np.uint64(29)
_ONES = np.uint64(0x0101010101010101)
_ENDING, _ESCAPING, _BLANKS, _HIGHEST = (_ONES * np.uint64(byte) for byte in (QUOTE, SLASH, BLANK, 128))


class Cut(Struct, frozen=True):
    """The lines of a block. ``n`` lines, ``m`` moulds."""

    content: Numbers
    begins: Numbers
    """Where each line begins, and the end: n + 1."""
    mould: Numbers
    """Number of each line's mould, or ``NONE``: n."""
    slot_at: Numbers
    """Where each of ``SLOTS`` begins in each line, or ``NONE``: n, COUNT."""
    slot_bytes: Numbers
    firsts: Numbers
    """The first line of each mould: m."""


def cut(block: bytes, left_out: frozenset[str]) -> Cut:
    """Cuts whole lines, each with its line feed. ``left_out``: names of fields that are read nowhere."""
    content = np.frombuffer(block, np.uint8)
    kinds = _KINDS if block.isascii() or not is_text(block) else _KINDS_OF_TEXT
    lines = _count(content)
    begins, mould = np.empty(lines + 1, np.int64), np.empty(lines, np.int32)
    slot_at, slot_bytes = np.empty((lines, COUNT), np.int32), np.empty((lines, COUNT), np.int32)
    firsts = np.empty(lines + 1, np.int32)
    found = _cut(
        content, kinds, *_keys(left_out), begins, mould, slot_at, slot_bytes, table_for(lines), firsts,
        np.empty(lines + 1, np.uint64), np.zeros(lines + 2, np.int32), np.empty((16 * lines + MOST_CUTS, 2), np.int32),
    )  # fmt: skip
    return Cut(content, begins, mould, slot_at, slot_bytes, firsts[:found])


def table_for(most: int) -> Numbers:
    """A table in which so many things are looked up by their hash, at most half full."""
    return np.full(1 << (2 * most + 1).bit_length(), NONE, np.int32)


def _kinds(text: bool) -> Numbers:
    """What each byte does. ``text``: bytes of other signs than those of ASCII have been looked at together."""
    kinds = np.full(2 * ESCAPED, ORDINARY, np.uint8)
    kinds[:BLANK] = FORBIDDEN
    if not text:
        kinds[128:ESCAPED] = FORBIDDEN
    kinds[QUOTE], kinds[SLASH] = ENDS, ESCAPES
    for byte in b'"\\/bfnrt':
        kinds[ESCAPED + byte] = 1
    return kinds


_KINDS, _KINDS_OF_TEXT = _kinds(text=False), _kinds(text=True)
_known: dict[frozenset[str], tuple[Numbers, Numbers]] = {}


def _keys(left_out: frozenset[str]) -> tuple[Numbers, Numbers]:
    """What becomes of the values of fields, by the hash of their names and of what they stand in."""
    if left_out not in _known:
        dated = {name: FIRST_SLOT + SLOTS.index(name) for name in SLOTS[EFFECTIVE:BEGUN]}
        top = {**dict.fromkeys(left_out, LEFT_OUT), "id": FIRST_SLOT + ID, **dated, **WITHIN}
        hashes, actions = np.zeros(512, np.uint64), np.full(512, NONE, np.int32)
        for within, names in {KEPT: top, **NESTED}.items():
            for name, action in names.items():
                raw = np.frombuffer(name.encode(), np.uint8)
                key = hashed(raw, 0, len(name), np.uint64(within))
                at = int(key) % len(hashes)
                while actions[at] != NONE:
                    at = (at + 1) % len(hashes)
                hashes[at], actions[at] = key, action
        _known[left_out] = hashes, actions
    return _known[left_out]


# --- Compiled ---------------------------------------------------------------------------------------------------------
# An index without a sign spares the look whether it counts from the end.


@compiled
def byte_at(content: Numbers, at: Any) -> Any:
    return content[np.uint64(at)]


@compiled
def _count(content: Numbers) -> Any:
    """How many lines."""
    found = 0
    for byte in content:
        found += byte == END
    return found


@compiled
def word_at(content: Numbers, at: Any) -> Any:
    """Eight bytes."""
    found = np.uint64(byte_at(content, at))
    for nth in range(1, 8):
        found |= np.uint64(byte_at(content, at + nth)) << np.uint64(8 * nth)
    return found


@compiled
def mixed(key: Any, word: Any) -> Any:
    key = (key ^ word) * _MIXER
    return key ^ (key >> _SHIFT)


@compiled
def hashed(content: Numbers, at: Any, end: Any, key: Any) -> Any:
    key = mixed(key, np.uint64(end - at))
    while end - at >= 8:
        key = mixed(key, word_at(content, at))
        at += 8
    rest = _NOTHING
    while at < end:
        rest = (rest << _BYTE) | np.uint64(byte_at(content, at))
        at += 1
    return mixed(key, rest)


@compiled
def same(content: Numbers, one: Any, other: Any, count: Any) -> Any:
    differs = _NOTHING
    nth = 0
    while count - nth >= 8:
        differs |= word_at(content, one + nth) ^ word_at(content, other + nth)
        nth += 8
    while nth < count:
        differs |= np.uint64(byte_at(content, one + nth) ^ byte_at(content, other + nth))
        nth += 1
    return differs == _NOTHING


@compiled
def _all_ordinary(word: Any) -> Any:
    """Whether none of eight bytes ends a string, escapes or is forbidden: a byte that is 0 shows where 1 is taken from it."""
    ends, escapes = word ^ _ENDING, word ^ _ESCAPING
    strange = ((ends - _ONES) & ~ends) | ((escapes - _ONES) & ~escapes) | ((word - _BLANKS) & ~word) | word
    return strange & _HIGHEST == _NOTHING


@compiled
def _after_string(content: Numbers, at: Any, kinds: Numbers) -> Any:
    """The closing quote of a string that begins at ``at``, negative where it has backslashes; 0 where it is none."""
    escaped = False
    while True:
        while at + 8 <= len(content) and _all_ordinary(word_at(content, at)):
            at += 8
        kind = kinds[np.uint64(byte_at(content, at))]
        while kind == ORDINARY:
            at += 1
            kind = kinds[np.uint64(byte_at(content, at))]
        if kind == ENDS:
            return -at if escaped else at
        if kind == ESCAPES and kinds[ESCAPED + np.int64(byte_at(content, at + 1))] == 1:
            escaped = True
            at += 2
        else:
            return 0


@compiled
def _after_digits(content: Numbers, at: Any) -> Any:
    while ZERO <= byte_at(content, at) <= NINE:
        at += 1
    return at


@compiled
def _after_number(content: Numbers, at: Any) -> Any:
    """The end of a number as JSON writes it; 0 where it is none."""
    if byte_at(content, at) == MINUS:
        at += 1
    end = at + 1 if byte_at(content, at) == ZERO else _after_digits(content, at)
    if end == at:
        return 0
    if byte_at(content, end) == DOT:
        at, end = end + 1, _after_digits(content, end + 1)
        if end == at:
            return 0
    if byte_at(content, end) in (SMALL_E, GREAT_E):
        at = end + 1
        if byte_at(content, at) in (PLUS, MINUS):
            at += 1
        end = _after_digits(content, at)
        if end == at:
            return 0
    return end


@compiled
def _action(content: Numbers, at: Any, end: Any, within: Any, hashes: Numbers, actions: Numbers) -> Any:
    """What becomes of the value whose name stands here."""
    key = hashed(content, at, end, np.uint64(within))
    place = np.int64(key % np.uint64(len(hashes)))
    while actions[place] != NONE:
        if hashes[place] == key:
            return np.int64(actions[place])
        place = (place + 1) % len(hashes)
    return KEPT


@compiled
def _default(within: Any) -> Any:
    """What becomes of a value with a name that nobody knows."""
    return LEFT_OUT if within == SUBJECT else KEPT


@compiled
def _equal(
    content: Numbers, mine: Numbers, count: Any, cuts: Numbers, base: Any, line: Any, other: Any, slot_at: Numbers, slot_bytes: Numbers
) -> Any:  # fmt: skip
    """Whether two lines are the same between their cuts, and give and leave empty the same slots."""
    for nth in range(count):
        size = mine[nth, 1] - mine[nth, 0]
        if size != cuts[base + nth, 1] - cuts[base + nth, 0]:
            return False
        if not same(content, mine[nth, 0], cuts[base + nth, 0], size):
            return False
    for slot in range(COUNT):
        given = slot_at[line, slot] != NONE
        if given != (slot_at[other, slot] != NONE):
            return False
        if given and (slot_bytes[line, slot] == 0) != (slot_bytes[other, slot] == 0):
            return False
    return True


@compiled
def _cut(
    content: Numbers, kinds: Numbers, hashes: Numbers, actions: Numbers, begins: Numbers, mould: Numbers,
    slot_at: Numbers, slot_bytes: Numbers, table: Numbers, firsts: Numbers, keys: Numbers, cuts_before: Numbers, cuts: Numbers,
) -> Any:  # fmt: skip
    """Fills what ``Cut`` holds; how many moulds. ``cuts`` keeps what lies between the cuts of each mould's first line."""
    at = line = moulds = 0
    mine = np.empty((MOST_CUTS + 1, 2), np.int32)
    mask = np.uint64(len(table) - 1)
    while at < len(content):
        begins[line] = at
        for slot in range(COUNT):
            slot_at[line, slot] = NONE
        key, kept, count = SEED, at, 0
        depth, within, action = 0, KEPT, KEPT
        good = True
        while True:
            byte = byte_at(content, at)
            begin = end = 0
            if byte == QUOTE:
                end = _after_string(content, at + 1, kinds)
                if end == 0:
                    good = False
                    break
                escaped = end < 0
                end = abs(end)
                after = end + 1
                while byte_at(content, after) == BLANK:
                    after += 1
                if byte_at(content, after) == COLON:
                    if depth == 1:
                        within = _action(content, at + 1, end, KEPT, hashes, actions)
                        action = _default(within) if SUBJECT <= within < FIRST_SLOT else within
                    elif depth == 2 and SUBJECT <= within < FIRST_SLOT:
                        action = _action(content, at + 1, end, within, hashes, actions)
                        if action == KEPT:
                            action = _default(within)
                    at = end + 1
                    continue
                if action in (KEPT, NUMBER):
                    at = end + 1
                    continue
                if escaped and action >= FIRST_SLOT:
                    good = False
                    break
                begin = at + 1
            elif action != KEPT and (byte == MINUS or ZERO <= byte <= NINE):
                if action in (LEFT_OUT, NUMBER):
                    begin, end = at, _after_number(content, at)
                    if end == 0:
                        good = False
                        break
                else:
                    at += 1
                    continue
            elif byte == END:
                break
            else:
                if byte in (OPENED, LISTED):
                    depth += 1
                elif byte in (CLOSED, UNLISTED):
                    depth -= 1
                elif byte == COMMA and depth == 1:
                    within = action = KEPT
                elif byte == COMMA and depth == 2 and SUBJECT <= within < FIRST_SLOT:
                    action = _default(within)
                at += 1
                continue
            if count == MOST_CUTS:
                good = False
                break
            if action >= FIRST_SLOT:
                slot = action - FIRST_SLOT
                if slot_at[line, slot] != NONE:
                    good = False
                    break
                slot_at[line, slot], slot_bytes[line, slot] = begin, end - begin
                if begin == end:
                    key = mixed(key, SEED)
            key = hashed(content, kept, begin, key)
            mine[count, 0], mine[count, 1] = kept, begin
            count += 1
            kept = at = end
            if byte == QUOTE:
                at += 1
        if not good:
            mould[line] = NONE
            while byte_at(content, at) != END:
                at += 1
        else:
            key = hashed(content, kept, at, key)
            mine[count, 0], mine[count, 1] = kept, at
            count += 1
            place = key & mask
            found = NONE
            while table[place] != NONE:
                one = table[place]
                base = cuts_before[one]
                alike = keys[one] == key and cuts_before[one + 1] - base == count
                if alike and _equal(content, mine, count, cuts, base, line, firsts[one], slot_at, slot_bytes):
                    found = one
                    break
                place = (place + np.uint64(1)) & mask
            base = cuts_before[moulds]
            if found == NONE and base + count <= len(cuts):
                found = moulds
                table[place], keys[found], firsts[found] = found, key, line
                for nth in range(count):
                    cuts[base + nth, 0], cuts[base + nth, 1] = mine[nth, 0], mine[nth, 1]
                moulds += 1
                cuts_before[moulds] = base + count
            mould[line] = found
        at += 1
        line += 1
    begins[line] = at
    return moulds
