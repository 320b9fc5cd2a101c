"""Laboratory timelines: what the results of one analyte come to for each fact that reads them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from msgspec import Struct

from cobalens.intake.laboratory.units import convert, parse_for
from cobalens.intake.timelines.atoms import Cut, atom, between_units
from cobalens.intake.timelines.doses import Given, is_untreated, same_treatment
from cobalens.intake.timelines.readings import History, Newest, Reading, agreed, front, is_current, usable
from cobalens.model.record import Lab
from cobalens.model.ruleset import Analyte, Fact

_RANGE_WORDS = {
    "low": "below", "normal": "within", "negative": "within", "high": "above", "positive": "above",
}  # fmt: skip
_READS_RANGE = frozenset({None, "unit_missing", "not_a_number"})


LOWEST = 1
"""The value of a fact below its first limit."""


class Scale(Struct, frozen=True):
    """The limits of one fact in one unit, and what has to be said of every result read by them."""

    fact: Fact
    cuts: tuple[Cut, ...] | None
    paired: bool
    """Whether any of them was published in another unit too, as a number that is none of this one's."""
    caveat: str


class Setting(Struct, frozen=True):
    """Everything besides the results that a timeline needs."""

    cuts: Callable[[Fact, str], tuple[Cut, ...] | None]
    """The limits of a fact in a unit, under the pack in hand."""
    bands: dict[str, Fact]
    """Per analyte: its limits up to the high one, for questions about the analyte rather than one fact."""
    published: Callable[[str, str], tuple[str, ...]]
    """The units in which an analyte's limit is published: those in which its numbers are met."""
    analytes: dict[str, Analyte]
    above_by_laboratory: bool
    trend_percent: Decimal | None
    trend_gap: int | None
    persistence_gap: int | None
    scales: dict[tuple[int, str], Scale] = {}
    """Those that were asked for so far."""


class Answer(Struct, frozen=True, gc=False):
    """The name of the value, or its index where the values are the stretches between limits."""

    value: str | int = 0
    labs: tuple[Lab, ...] = ()
    note: str = ""
    conflict: bool = False


NOTHING = Answer()
TOO_OLD = "too old to speak for today"
NO_SIDE = "the result does not say on which side of a limit it lies"


def answer(fact: Fact, history: History, given: Given, setting: Setting) -> Answer:
    """One lab fact, along its timeline."""
    return TIMELINES[fact.timeline](fact, history, given, setting)


# --- One result ---------------------------------------------------------------------------------------------------


def _scale(fact: Fact, unit: str, setting: Setting) -> Scale:
    key = (id(fact), unit)
    found = setting.scales.get(key)
    if found is None:
        cuts = setting.cuts(fact, unit)
        caveat = f"limits converted into {unit}" if any(cut.converted for cut in cuts or ()) else ""
        # Holding the fact keeps its address from being given to another.
        found = Scale(fact, cuts, any(cut.other for cut in cuts or ()), caveat)
        setting.scales[key] = found
    return found


def _atom_of(fact: Fact, setting: Setting) -> Callable[[Lab], int]:
    return lambda lab: _value(fact, lab, setting)


def _value(fact: Fact, lab: Lab, setting: Setting) -> int:
    lo, hi = lab.lo, lab.hi
    if lab.problem is None and (lo is not None or hi is not None):
        cuts = _scale(fact, lab.unit or "", setting).cuts
        return 0 if cuts is None else atom(lab, cuts)
    return fact.qualitative.get(lab.qualitative or "", 0)


def _caveat(fact: Fact, labs: Sequence[Lab], setting: Setting) -> str:
    for lab in labs:
        if lab.derived:
            return f"calculated, not measured: {lab.method}"
        if lab.lo is None and lab.hi is None:
            return "the laboratory's own word, without a figure"
        scale = _scale(fact, lab.unit or "", setting)
        if scale.paired and (window := between_units(lab, scale.cuts or ())):
            return window
        if scale.caveat:
            return scale.caveat
    return ""


def _range_word(lab: Lab) -> str | None:
    """``below``, ``within`` or ``above`` the printed range, else the laboratory's flag or word."""
    if lab.problem in _READS_RANGE and (lab.lo is not None or lab.hi is not None):
        lo, hi, low, high = lab.lo, lab.hi, lab.ref_low, lab.ref_high
        if low is not None and hi is not None and (hi < low or (lab.hi_open and hi == low)):
            return "below"
        if high is not None and lo is not None and (lo > high or (lab.lo_open and lo == high)):
            return "above"
        floor = low is None or (lo is not None and lo >= low) or (lo is None and low <= 0)
        ceiling = high is None or (hi is not None and hi <= high)
        if (low is not None or high is not None) and floor and ceiling:
            return "within"
    return _RANGE_WORDS.get(lab.qualitative or "") if lab.problem in _READS_RANGE else None


def _change(older: Lab, newer: Lab, setting: Setting) -> str | None:
    """``rising``, ``falling`` or ``steady`` beyond what re-measuring alone explains; ``None`` if it cannot be told."""
    if setting.trend_percent is None:
        return None
    analyte = setting.analytes.get(newer.analyte)
    bounds = [_in_unit_of(newer, older, bound, analyte) for bound in (older.lo, older.hi)]
    old_lo, old_hi = bounds
    share = setting.trend_percent / 100
    if old_hi is not None and newer.lo is not None and newer.lo > old_hi * (1 + share):
        return "rising"
    if old_lo is not None and newer.hi is not None and newer.hi < old_lo * (1 - share):
        return "falling"
    exact = (
        None not in (old_lo, old_hi) and newer.lo is not None and newer.lo == newer.hi and old_lo == old_hi
    )
    return "steady" if exact else None


def _in_unit_of(target: Lab, source: Lab, value: Decimal | None, analyte: Analyte | None) -> Decimal | None:
    if value is None or source.unit is None or target.unit is None or analyte is None:
        return None
    if source.unit == target.unit:
        return value
    mine = frozenset[str]()
    old, new = parse_for(source.unit, mine), parse_for(target.unit, mine)
    return convert(value, old, new, analyte.molar_mass) if old and new else None


# --- Timelines ----------------------------------------------------------------------------------------------------


def _read(fact: Fact, newest: tuple[Reading, ...], setting: Setting, skipped: bool, treated: bool) -> Answer:
    if not newest:
        return NOTHING
    current_for = fact.current_for
    if len(newest) == 1 and not treated:
        one = newest[0]
        first, lab = one.first, one.lab
        labs: tuple[Lab, ...] = (lab,)
        if current_for is not None and first is not None and -first > current_for:
            return Answer(0, labs, TOO_OLD)
        value, note, conflict = _value(fact, lab, setting), "", False
    else:
        found = agreed(newest, _atom_of(fact, setting))
        value, labs, note, conflict = found.value, found.labs, found.note, found.conflict
        if not is_current(newest, current_for, _counted_from(newest) if treated else 0):
            return Answer(0, labs, TOO_OLD)
    if not note:
        note = _caveat(fact, labs, setting) if value else NO_SIDE
    if skipped and value:
        note = "; ".join(part for part in (note, "a newer result could not be used") if part)
    return Answer(value, labs, note, conflict)


def _counted_from(newest: Sequence[Reading]) -> int:
    """A reading before the treatment now under way is judged at its own time, however long ago that was."""
    return max((r.day for r in newest), default=0)


def _latest(fact: Fact, history: History, given: Given, setting: Setting) -> Answer:
    return _read(fact, history.newest, setting, history.skipped, treated=False)


def _untreated(fact: Fact, history: History, given: Given, setting: Setting) -> Answer:
    if not given.courses and not given.said:
        return _read(fact, history.newest, setting, history.skipped, treated=False)
    clean = [r for r in history.usable if is_untreated(r, given)]
    if not clean:
        labs = tuple(r.lab for r in history.newest)
        return (
            Answer(0, labs, "taken after B12 was given, or its time to the doses is not known")
            if labs
            else NOTHING
        )
    ongoing = any(course.ongoing for course in given.courses)
    found = _read(fact, front(clean), setting, False, treated=ongoing)
    if not found.value:
        return found
    note = "; ".join(part for part in (found.note, "from before B12 was given or after its wash-out") if part)
    return Answer(found.value, found.labs, note, found.conflict)


def _once_low(fact: Fact, history: History, given: Given, setting: Setting) -> Answer:
    """Whether any reading on record lies below the first limit, and one that is current: a dose can only lift it."""
    if not history.newest:
        return NOTHING
    bands = setting.bands.get(fact.of[0], fact)
    low = [r for r in history.usable if _value(bands, r.lab, setting) == LOWEST]
    if not low:
        return Answer("no", (history.newest[0].lab,))
    lately = [r for r in low if is_current((r,), fact.current_for)]
    return Answer("lately" if lately else "earlier", tuple(r.lab for r in front(lately or low)))


def _range(fact: Fact, history: History, given: Given, setting: Setting) -> Answer:
    newest = (
        history.newest
        if history.sound
        else front([r for r in history.readings if r.lab.problem in _READS_RANGE])
    )
    if not newest:
        return NOTHING
    if len(newest) == 1:
        return _in_range(fact, newest[0])

    def index(lab: Lab) -> int:
        word = _range_word(lab)
        return fact.values.index(word) if word in fact.values else 0

    found = agreed(newest, index)
    if not is_current(newest, fact.current_for):
        return Answer(0, found.labs, TOO_OLD)
    if not found.value:
        return Answer(0, found.labs, found.note, found.conflict) if found.note else NOTHING
    unread = all(lab.ref_low is None and lab.ref_high is None for lab in found.labs)
    return Answer(fact.values[found.value], found.labs, "the laboratory's own word or flag" if unread else "")


def _in_range(fact: Fact, one: Reading) -> Answer:
    """As ``_range``, of a single result."""
    lab, first, current_for = one.lab, one.first, fact.current_for
    if current_for is not None and first is not None and -first > current_for:
        return Answer(0, (lab,), TOO_OLD)
    word = _range_word(lab)
    if word not in fact.values:
        return NOTHING
    unread = lab.ref_low is None and lab.ref_high is None
    return Answer(word, (lab,), "the laboratory's own word or flag" if unread else "")


def _is_high(lab: Lab, setting: Setting) -> int:
    """2 for above the high limit, 1 for not above it, 0 where that cannot be told."""
    has_number = lab.lo is not None or lab.hi is not None
    if not has_number or (setting.above_by_laboratory and _has_range(lab)):
        return {"above": 2, "within": 1, "below": 1}.get(_range_word(lab) or "", 0)
    bands = setting.bands.get(lab.analyte)
    if bands is None or "high" not in bands.limits:
        return 0
    index = _atom_of(bands, setting)(lab)
    return 0 if index == 0 else 2 if index > 1 + bands.limits.index("high") else 1


def _has_range(lab: Lab) -> bool:
    return lab.ref_high is not None or lab.qualitative in _RANGE_WORDS


def _persistence(fact: Fact, history: History, given: Given, setting: Setting) -> Answer:
    newest = history.newest
    if not newest:
        return NOTHING
    now: Newest = agreed(newest, lambda lab: _is_high(lab, setting))
    if now.value == 0:
        return Answer(0, now.labs, now.note, now.conflict) if now.note else NOTHING
    start = min([r.first for r in newest if r.first is not None], default=0)
    earlier = [r for r in history.usable if r.last is not None and r.last < start]
    if len(earlier) > 1:
        earlier.sort(key=lambda r: r.day, reverse=True)
    if now.value == 1:
        high = tuple(r.lab for r in earlier if _is_high(r.lab, setting) == 2)
        return Answer("settled" if high else "none", now.labs + high)
    if not is_current(newest, fact.current_for):
        return Answer(0, now.labs, "the newest high result is too old to speak for today")
    levels = [(item, _is_high(item.lab, setting)) for item in earlier]
    # Of one day's results that differ none stands between the others and today.
    settled = max([item.day for item, level in levels if level == 1], default=None)
    run = [item for item, level in levels if level == 2 and (settled is None or item.day >= settled)]
    gap = setting.persistence_gap
    lasting = gap is not None and any(start - item.day >= gap for item in run)
    return Answer("persistent" if lasting else "single", now.labs + tuple(item.lab for item in run))


def _trend(fact: Fact, history: History, given: Given, setting: Setting) -> Answer:
    gap = setting.trend_gap
    clean = [r for r in history.usable if r.last is not None and is_untreated(r, given)]
    newest = front(clean)
    if not newest or gap is None:
        return NOTHING
    start = min([r.first for r in newest if r.first is not None])
    before = [r for r in clean if start - r.day >= gap]
    older = front(before)
    if len(newest) != 1 or len(older) != 1:
        return NOTHING
    change = _change(older[0].lab, newest[0].lab, setting)
    return Answer(change or 0, (newest[0].lab, older[0].lab))


def _agreement(fact: Fact, history: History, given: Given, setting: Setting) -> Answer:
    newest = history.newest
    bands = setting.bands.get(fact.of[0])
    if not newest or bands is None:
        return NOTHING
    level = _atom_of(bands, setting)
    now = agreed(newest, level)
    if now.conflict:
        return Answer("conflict", now.labs, now.note, conflict=True)
    lead = newest[0]
    same: list[Lab] = []
    for other in history.usable:
        if not (lead.dated and other.dated and other.day < lead.day) or not same_treatment(
            other, lead, given
        ):
            continue
        if not is_current((other,), fact.current_for):
            continue
        then = level(other.lab)
        if not (then and now.value):
            continue
        if then == now.value:
            same.append(other.lab)
        elif setting.persistence_gap is not None and lead.day - other.day < setting.persistence_gap:
            change = _change(other.lab, lead.lab, setting)
            if change in ("rising", "falling") or (change is None and abs(then - now.value) > 1):
                note = "two results close in time differ by more than re-measuring explains"
                return Answer("conflict", (*now.labs, other.lab), note, conflict=True)
    if same:
        return Answer("agree", (*now.labs, *same))
    return Answer("single", now.labs)


def _reading(fact: Fact, history: History, given: Given, setting: Setting) -> Answer:
    if history.sound:
        return Answer("sound", tuple(r.lab for r in history.newest))
    newest = front(
        [
            r
            for r in history.readings
            if r.lab.problem not in ("cancelled", "not_a_number") or r.lab.qualitative
        ]
    )
    if not newest:
        return NOTHING
    problems = sorted(r.lab.problem or "" for r in newest if not usable(r.lab))
    labs = tuple(r.lab for r in newest)
    if len(problems) < len(newest) or problems[0] not in fact.values:
        return Answer("sound", labs)
    return Answer(str(problems[0]), labs)


def _any_unit(fact: Fact, history: History, given: Given, setting: Setting) -> Answer:
    if history.sound:
        return NOTHING
    newest = front([r for r in history.readings if r.lab.problem not in ("cancelled", "not_a_number")])
    if not newest or any(r.lab.problem != "unit_missing" for r in newest):
        return NOTHING
    bands = setting.bands.get(fact.of[0])
    name = fact.limits[0] if fact.limits else "low"
    if bands is None or name not in bands.limits:
        return NOTHING

    def band(lab: Lab) -> int:
        places = set()
        for unit in setting.published(bands.of[0], name):
            cuts = setting.cuts(bands, unit)
            place = atom(lab, cuts) if cuts else 0
            places.add(place if place < len(fact.values) else 0)
        return places.pop() if len(places) == 1 else 0

    found = agreed(newest, band)
    if not found.value:
        return Answer(0, found.labs, "the unit is missing, and it decides what the number means")
    return Answer(
        fact.values[found.value], found.labs, "the unit is missing; every unit in use gives the same reading"
    )


TIMELINES: dict[str, Callable[[Fact, History, Given, Setting], Answer]] = {
    "latest": _latest,
    "untreated": _untreated,
    "once_low": _once_low,
    "range": _range,
    "persistence": _persistence,
    "trend": _trend,
    "agreement": _agreement,
    "reading": _reading,
    "any_unit": _any_unit,
}
