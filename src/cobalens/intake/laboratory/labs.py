"""One laboratory entry of any source to `model.record.Lab`: which test, which unit, can the number be used?

A number that cannot be used stays on the record with its problem and a sentence that says what to do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from cobalens import errors
from cobalens.intake.keys import meant_key
from cobalens.intake.laboratory import units
from cobalens.intake.laboratory.intervals import (
    SIGNS,
    against_range,
    bounds,
    is_amount,
    only_unit,
    plausible_bounds,
)
from cobalens.intake.laboratory.labunits import MOST_TEXT, unit_of, which, written
from cobalens.intake.laboratory.testnames import (
    IN_WORDS,
    AnalyteIndex,
    and_unit,
    find,
    index_for,
    index_of,
    luhn_holds,
    tokens,
)
from cobalens.intake.laboratory.units import Unit
from cobalens.intake.laboratory.values import Numeral, Value, comparator_of, read_value, settle
from cobalens.intake.patterns import pattern
from cobalens.model.printing import printed
from cobalens.model.record import Lab, Note, Span, Unread
from cobalens.model.ruleset import Analyte

__all__ = ["LAB_KEYS", "AnalyteIndex", "clock_in", "index_for", "index_of", "read_lab"]

LAB_KEYS = frozenset(
    "analyte name code system loinc value unit day date time ref_low ref_high ref_range comparator qualitative flag "
    "note method specimen status".split()
)
MISSING, IMPLAUSIBLE = "data_quality:unit_missing", "data_quality:unit_implausible"
CONFLICT, INSUFFICIENT = "data_quality:conflicting_results", "data_quality:insufficient_data"
ASSUMED, NUMBER_FORMAT = "data_quality:unit_assumed", "data_quality:number_format"

_LOINC = pattern(r"\d{1,7}-\d")


Result = tuple[Lab | None, tuple[Note, ...], tuple[Unread, ...]]


def read_lab(
    entry: Mapping[str, Any], where: str, when: Span, index: AnalyteIndex, in_text: bool = False
) -> Result:
    """One entry: the result, what must be said about it, and what was not understood.

    ``in_text``: it stands in running words, where units are often left out.
    """
    notes: list[Note] = []
    unread = [
        Unread(f"{where}.{str(key)[:60]}", str(key)[:60], meant_key(str(key), LAB_KEYS))
        for key in entry
        if key not in LAB_KEYS
    ]
    bearers = _analytes(entry, where, index, unread)
    if not bearers:
        return None, (), tuple(unread)
    specimen = written(entry.get("specimen"))
    if specimen and set(tokens(specimen)) & index.words.other_specimens:
        said = f"{index.analytes[bearers[0]].label} in {specimen}"
        unread.append(Unread(f"{where}.specimen", said[:MOST_TEXT], "a result in serum, plasma or blood"))
        return None, (), tuple(unread)
    value = read_value(entry.get("value"), index.words)
    unit, unit_text, clash = unit_of(entry, value, bearers, index)
    analyte = which(bearers, unit, index)
    maker = _Reader(entry, where, when, index, analyte, value, unit, unit_text, clash, notes, unread, in_text)
    return maker.lab(specimen), tuple(notes), tuple(unread)


def _analytes(
    entry: Mapping[str, Any], where: str, index: AnalyteIndex, unread: list[Unread]
) -> tuple[str, ...]:
    """Which tests the entry may mean, by code or by name; two that contradict each other are not chosen between."""
    name = written(entry.get("analyte") or entry.get("name"))
    code = written(entry.get("loinc") or entry.get("code"))
    system = written(entry.get("system")).lower()
    if not code and _LOINC.fullmatch(name):
        code, name = name, ""
    by_name = find(name, index) if name else ()
    if name and not by_name and units.parse((parted := and_unit(name))[1], index.words.units):
        by_name = find(parted[0], index)
    by_code: tuple[str, ...] = ()
    if code:
        if _LOINC.fullmatch(code) and (not system or "loinc" in system):
            if not luhn_holds(code):
                unread.append(Unread(f"{where}.code", code[:40], "a LOINC code whose check digit holds"))
            elif code in index.loinc:
                by_code = (index.loinc[code],)
            elif not by_name:
                unread.append(Unread(f"{where}.code", f"{code} {name}".strip()))
        elif not by_name:
            by_name = find(code, index)
            if not by_name:
                unread.append(Unread(f"{where}.code", f"{code} {name}".strip()))
    if by_name and by_code and by_code[0] not in by_name:
        unread.append(Unread(where, f"{name} with code {code}", "a name and a code that mean the same test"))
        return ()
    if name and not by_name and not by_code:
        known = [" ".join(words) for words in index.names]
        unread.append(Unread(f"{where}.analyte", name[:80], errors.suggest(" ".join(tokens(name)), known)))
    if not (name or code):
        unread.append(Unread(where, "an entry without the name of a test", "analyte"))
    return by_code or by_name


class _Reader(Struct):
    """The steps of reading one entry whose test is known."""

    entry: Mapping[str, Any]
    where: str
    when: Span
    index: AnalyteIndex
    analyte: Analyte
    value: Value
    unit: Unit | None
    unit_text: str
    clash: bool
    notes: list[Note]
    unread: list[Unread]
    in_text: bool = False

    def note(self, code: str, message: str) -> None:
        if self.analyte.used:
            self.notes.append(Note(code, self.where, printed(message)))

    def lab(self, specimen: str) -> Lab | None:
        _words, value, entry = self.index.words, self.value, self.entry
        status = self.status()
        comparator = self.comparator()
        word = self.word()
        sign = word if word in SIGNS and is_amount(self.analyte) else None
        if sign:
            word = None
            if value.low is not None:
                self.unread.append(Unread(f"{self.where}.flag", sign, "low, normal or high"))
        assumed = False
        if (
            value.low is not None
            and self.unit is None
            and not self.unit_text
            and (only := only_unit(self.analyte.units))
        ):
            self.unit, assumed = only, only.dimension != units.NUMBER
        fitted = value.low is not None and self.unit is None and not self.unit_text and self.fit()
        value = self.value
        low, high, problem = self.number()
        if value.problem == "cancelled" or status == "cancelled":
            self.note(
                INSUFFICIENT, f"{self.label}: the laboratory could not report this result; it is not used."
            )
            problem = "cancelled"
        elif value.problem == "awaited" and word is None:
            self.unread.append(Unread(f"{self.where}.value", f"{self.label}: no result yet"))
            return None
        elif word is None and (value.problem == "not_a_number" or (sign and value.low is None)):
            raw = written(entry.get("value")) or sign or ""
            said = (
                f'{self.label} is an amount, and "{sign}" does not say how much there is; it is not used. '
                "Give the number with its unit, or a word such as low or normal."
                if sign
                else f"{self.label}: what stands in place of the result is neither a number nor a word of the laboratory; "
                "it is not used. Give a number with its unit, or a word such as low, normal or positive."
            )
            self.note(INSUFFICIENT, said)
            return Lab(
                analyte=self.analyte.name,
                where=self.where,
                text=raw,
                when=self.when,
                time=written(entry.get("time")) or clock_in(entry.get("date")),
                problem="not_a_number",
                status=status,
            )
        elif value.problem == "not_a_number":
            self.note(
                INSUFFICIENT,
                f"{self.label}: what stands in place of the number is none; the laboratory's own mark beside it is used.",
            )
        elif low is None and word is None and problem is None:
            self.unread.append(Unread(f"{self.where}.value", f"{self.label}: no result given"))
            return None
        ref_low, ref_high = self.range() if problem in (None, "unit_missing") else (None, None)
        lo, hi, lo_open, hi_open = (
            bounds(low, high, comparator) if problem != "cancelled" else (None, None, False, False)
        )
        word = self.agreed(
            word,
            against_range(lo, hi, lo_open, hi_open, ref_low, ref_high) if low is not None else None,
            problem,
        )
        if problem in {"implausible", "unit_impossible", "cancelled", "not_a_number"}:
            lo = hi = None
            lo_open = hi_open = False
        if assumed and problem is None:
            assert self.unit is not None
            said = self.unit.ucum
            self.note(
                ASSUMED,
                f"{self.label} came without a unit; it is only ever reported in {said} and is read so.",
            )
        if fitted and problem is None:
            assert self.unit is not None
            said = f"{self.label} came without a unit; the number fits only {self.unit.ucum} and is read so."
            self.note(
                ASSUMED if self.in_text else MISSING,
                said if self.in_text else f"{said} Give the unit that the report prints.",
            )
        return Lab(
            analyte=self.analyte.name,
            where=self.where,
            text=self.said(low, high, comparator, word),
            lo=lo,
            hi=hi,
            lo_open=lo_open,
            hi_open=hi_open,
            unit=self.unit.ucum if self.unit is not None and problem != "unit_impossible" else None,
            when=self.when,
            time=written(entry.get("time")) or clock_in(entry.get("date")),
            ref_low=ref_low,
            ref_high=ref_high,
            qualitative=word if problem != "cancelled" else None,
            problem=problem,
            status=status if status != "cancelled" else "final",
            method=written(entry.get("method")) or None,
            specimen=specimen or None,
        )

    @property
    def label(self) -> str:
        return self.analyte.label[:1].upper() + self.analyte.label[1:]

    def status(self) -> str:
        raw = written(self.entry.get("status")).lower()
        if not raw:
            return "final"
        known = self.index.words.status.get(raw)
        if known is None:
            self.unread.append(
                Unread(
                    f"{self.where}.status",
                    raw,
                    errors.suggest(raw, self.index.words.status) or "final, preliminary or corrected",
                )
            )
        return known or "preliminary"

    def comparator(self) -> str:
        raw = self.entry.get("comparator")
        sign = comparator_of(raw, self.index.words)
        if sign is None:
            self.unread.append(Unread(f"{self.where}.comparator", written(raw), "one of < <= > >="))
            sign = ""
        if sign and self.value.comparator and sign[0] != self.value.comparator[0]:
            self.unread.append(Unread(f"{self.where}.comparator", sign, "the value says the opposite"))
        return self.value.comparator or sign

    def word(self) -> str | None:
        """The laboratory's own word: its field, the printed flag, or what stood in place of a number."""
        words = self.index.words
        raw = written(self.entry.get("qualitative")).lower().strip(" .")
        found = words.qualitative.get(raw) or words.flags.get(raw)
        if raw and not found:
            if raw in {"low", "normal", "high", "positive", "negative", "borderline"}:
                found = raw
            elif raw not in words.awaited:
                self.unread.append(
                    Unread(
                        f"{self.where}.qualitative",
                        raw,
                        errors.suggest(raw, words.qualitative) or "low, normal, high, positive or negative",
                    )
                )
        flag = written(self.entry.get("flag")).lower()
        by_flag = words.flags.get(flag) or words.qualitative.get(flag)
        if flag and not by_flag and flag not in words.flags_ignored:
            self.unread.append(Unread(f"{self.where}.flag", flag, "H, L or N"))
        said = raw or written(self.entry.get("value")).lower().strip(" .")
        if said in words.low_normal and "borderline" not in self.analyte.qualitative:
            # Of a test that has nothing between enough and too little.
            return "normal"
        if said in words.borderline_high and {"low", "borderline"} <= self.analyte.qualitative.keys():
            # What is borderline there lies above too little.
            return "high"
        return found or by_flag or self.value.flag or self.value.qualitative

    def agreed(self, word: str | None, by_range: str | None, problem: str | None) -> str | None:
        """The laboratory's word where it gave one; else what the printed range says of the number."""
        if problem not in (None, "unit_missing"):
            return word if self.value.low is None else None
        if word and by_range and {word, by_range} == {"low", "high"}:
            self.note(
                CONFLICT,
                f"{self.label} is flagged {word} beside a printed range that makes it {by_range}; "
                "check the flag, the range and the number against the report.",
            )
            return None
        return word or by_range

    def range(self) -> tuple[Decimal | None, Decimal | None]:
        """The printed reference limits, in the unit of the result."""
        low, high = self.limit("ref_low"), self.limit("ref_high")
        raw = self.entry.get("ref_range") or (self.value.printed if low is None is high else "") or None
        if raw is not None:
            printed = read_value(raw, self.index.words)
            if self.other_scale(printed.unit):
                # The range of another unit says nothing of this number.
                return low, high
            if printed.low is None or printed.high is None:
                self.unread.append(
                    Unread(f"{self.where}.ref_range", written(raw), "two numbers, such as 180-900")
                )
            elif printed.comparator:
                end = self.settled(printed.high)
                low, high = (low, end) if printed.comparator[0] == "<" else (end, high)
            elif printed.low is not printed.high:
                low, high = self.settled(printed.low), self.settled(printed.high)
        if low is not None and high is not None and low > high:
            self.unread.append(
                Unread(f"{self.where}.ref_low", "a reference range whose lower end lies above its upper end")
            )
            return None, None
        return low, high

    def other_scale(self, text: str) -> bool:
        """Whether a unit printed with the range is another than that of the result."""
        if not text or self.unit is None:
            return False
        other = units.parse_for(text, units.dimensions_of(self.analyte), self.index.words.units)
        return other is not None and (other.dimension, other.scale) != (self.unit.dimension, self.unit.scale)

    def limit(self, key: str) -> Decimal | None:
        raw = self.entry.get(key)
        if raw is None or raw == "":
            return None
        printed = read_value(raw, self.index.words)
        if self.other_scale(printed.unit):
            return None
        if printed.low is None or printed.low is not printed.high:
            self.unread.append(Unread(f"{self.where}.{key}", written(raw), "a number"))
            return None
        return self.settled(printed.low)

    def settled(self, number: Numeral) -> Decimal | None:
        return settle(number, self.plausible)[0]

    def plausible(self, number: Decimal) -> bool:
        limits = plausible_bounds(self.analyte, self.unit) if self.unit else None
        return limits is None or limits[0] <= number <= limits[1]

    def number(self) -> tuple[Decimal | None, Decimal | None, str | None]:
        """The number's two ends, and why it cannot be used where it cannot."""
        value = self.value
        if value.low is None or value.high is None:
            return None, None, None
        accepted = units.dimensions_of(self.analyte)
        low, said = settle(value.low, self.plausible)
        high, _ = settle(value.high, self.plausible) if value.high is not value.low else (low, False)
        if self.clash:
            self.note(
                IMPLAUSIBLE,
                f"{self.label} carries two different units, one beside the number and one in the unit field. "
                "The result is not used; keep the unit that the report prints.",
            )
            return low, high, "unit_impossible"
        if self.unit_text and (self.unit is None or self.unit.dimension not in accepted):
            self.note(IMPLAUSIBLE, self.impossible())
            return low, high, "unit_impossible"
        if low is None or high is None:
            self.note(
                INSUFFICIENT,
                f"{self.label}: the separator in the number may mark thousands or decimals, and both readings are "
                "possible. The result is not used; write it without a thousands separator and with a decimal point.",
            )
            return None, None, "not_a_number"
        if self.unit is None and accepted:
            listed = ", ".join(self.analyte.units[:4])
            self.note(
                MISSING,
                f"{self.label} came without a unit, and the same number means different things in {listed}. "
                "The number is not used; take the unit from the report.",
            )
            return low, high, "unit_missing"
        if not self.fits(low, high):
            self.note(IMPLAUSIBLE, self.too_far(low, high))
            return low, high, "implausible"
        if said:
            self.note(
                NUMBER_FORMAT,
                f"{self.label}: the separator in the number was read so that the result is a possible one "
                f"({low} {self.unit.ucum if self.unit else ''}).".replace(" )", ")"),
            )
        return low, high, None

    def fit(self) -> bool:
        """Takes the one unit in which the number can be meant, where there is one."""
        low, high = self.value.low, self.value.high
        if low is None or high is None:
            return False
        bands = self.index.bands(self.analyte.name)
        if self.in_text and not bands:
            bands = self.index.bands(f"{self.analyte.name}{IN_WORDS}")
        for number in low.readings:
            fitting = [
                unit
                for unit, least, most in bands
                if least <= number <= most and (high is low or high.readings[0] <= most)
            ]
            if len(fitting) > 1:
                return False
            if fitting:
                exact = Numeral((number,))
                self.unit, self.value = (
                    fitting[0],
                    replace(self.value, low=exact, high=exact if high is low else high),
                )
                return True
        return False

    def fits(self, low: Decimal, high: Decimal) -> bool:
        limits = plausible_bounds(self.analyte, self.unit) if self.unit else None
        sign = self.value.comparator or comparator_of(self.entry.get("comparator"), self.index.words) or ""
        if low < 0:
            return False
        if limits is None:
            return True
        if sign.startswith("<"):
            return 0 < high <= limits[1]
        return high <= limits[1] and (low >= limits[0] or sign.startswith(">"))

    def impossible(self) -> str:
        listed = ", ".join(self.analyte.units[:4])
        if self.unit is None:
            close = errors.suggest(self.unit_text, self.analyte.units, cutoff=0.6)
            meant = f" Perhaps {close} was meant." if close else ""
            return f'{self.label}: the unit "{self.unit_text[:30]}" is not known.{meant} The number is not used; it is reported in {listed}.'
        return (
            f"{self.label} cannot be measured in {self.unit.ucum}; it is reported in {listed}. The number is not used; "
            "check whether the unit, or the name of the test, belongs to another line of the report."
        )

    def too_far(self, low: Decimal, high: Decimal) -> str:
        assert self.unit is not None or low < 0
        if low < 0:
            return f"{self.label} cannot be negative. The number is not used; check it against the report."
        by_scale: dict[tuple[str, Decimal], str] = {}
        for text in self.analyte.units:
            other = units.parse(text)
            ends = plausible_bounds(self.analyte, other) if other else None
            if other and ends and ends[0] <= low and high <= ends[1]:
                by_scale.setdefault((other.dimension, other.scale), text)
        others = list(by_scale.values())
        unit = self.unit.ucum if self.unit else ""
        meant = (
            f"In {' or '.join(others[:3])} it would be possible: the unit was probably miscopied."
            if others
            else "The number, or the line it was taken from, is probably wrong."
        )
        return (
            f"{self.label} of {low if low == high else f'{low}-{high}'} {unit} lies outside anything that occurs. {meant} "
            "The number is not used; take number and unit from the report, or ask the laboratory."
        )

    def said(self, low: Decimal | None, high: Decimal | None, comparator: str, word: str | None) -> str:
        """The result as people read it."""
        if low is None or high is None:
            raw = written(self.entry.get("value"))
            return raw or word or ""
        number = str(low) if low == high else f"{low}-{high}"
        sign = f"{comparator} " if comparator else ""
        unit = self.unit_text or (self.unit.ucum if self.unit else "")
        if self.clash:
            unit = f"{self.value.unit} / {unit}"
        return f"{sign}{number} {'' if unit == '1' else unit}".strip()


def clock_in(date: object) -> str:
    """The time of day that stands in a date."""
    found = re.search(r"[T ](\d{2}:\d{2}(?::\d{2})?)", date) if isinstance(date, str) else None
    return found[1] if found else ""
