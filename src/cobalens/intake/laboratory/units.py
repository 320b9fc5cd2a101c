"""Units as people and laboratories write them, read into an exact scale, a dimension and a UCUM spelling.

Limits are expressed in the unit of the result, never the other way round. Words of a language ("picogram",
"litro") come from ``lexicon/units.toml``; the symbols and prefixes are here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

from msgspec import Struct

from cobalens import errors
from cobalens.intake.patterns import pattern
from cobalens.model.ruleset import Analyte, Limit

MASS, MOLAR, COUNT, FRACTION, NUMBER = (
    "mass_concentration",
    "molar_concentration",
    "count",
    "fraction",
    "number",
)
ACTIVITY, ARBITRARY, VOLUME, RATE, SPEED = (
    "activity",
    "arbitrary",
    "volume",
    "filtration_rate",
    "sedimentation",
)
MOLAR_RATIO, AGE, TIME = "molar_ratio", "age", "time"
AMOUNT_MASS, AMOUNT_ACTIVITY, AMOUNT_MOLAR = "mass", "activity_amount", "amount"
AMOUNT_ARBITRARY, MASS_RATIO = "arbitrary_amount", "mass_ratio"

LONGEST = 60


class Unit(Struct, frozen=True):
    """``scale`` is how many of the dimension's base unit (g/L, mol/L, 1/L, U/L …) one of this unit is."""

    ucum: str
    dimension: str
    scale: Decimal


def parse(text: str, words: Mapping[str, str] | None = None) -> Unit | None:
    """The likeliest reading of a unit as written, or ``None``."""
    found = readings(text, words)
    return found[0] if found else None


def readings(text: str, words: Mapping[str, str] | None = None) -> tuple[Unit, ...]:
    """Every reading of a unit: ``G/L`` is giga per litre for platelets and gram per litre for haemoglobin."""
    if len(text) > LONGEST:
        return ()
    return _readings(_worded(text, words) if words else text)


def parse_for(text: str, dimensions: frozenset[str], words: Mapping[str, str] | None = None) -> Unit | None:
    """The reading that fits one of these dimensions; else the likeliest reading."""
    found = readings(text, words)
    return next((unit for unit in found if unit.dimension in dimensions), found[0] if found else None)


def dimensions_of(analyte: Analyte) -> frozenset[str]:
    """The dimensions in which an analyte can be reported."""
    return _dimensions(analyte.units, analyte.molar_mass is not None)


@lru_cache(maxsize=512)
def _dimensions(listed: tuple[str, ...], has_molar_mass: bool) -> frozenset[str]:
    found = {unit.dimension for text in listed if (unit := parse(text))}
    if has_molar_mass and found & {MASS, MOLAR}:
        found |= {MASS, MOLAR}
    return frozenset(found)


def convert(value: Decimal, source: Unit, target: Unit, molar_mass: str | None = None) -> Decimal | None:
    """A number in another unit, or ``None`` when the two do not measure the same thing."""
    if source.dimension == target.dimension:
        return value if source.scale == target.scale else value * source.scale / target.scale
    if molar_mass is None or {source.dimension, target.dimension} != {MASS, MOLAR}:
        return None
    base = value * source.scale
    mass = Decimal(molar_mass)
    return (base / mass if source.dimension == MASS else base * mass) / target.scale


def limit_in(unit: Unit | str, limit: Limit, analyte: Analyte) -> tuple[Decimal, bool]:
    """A published limit in the unit reported, and whether a molar mass had to be used for it.

    The number published for the same unit is taken as it stands; decimal scaling within a dimension is exact.
    """
    target = parse_for(unit, dimensions_of(analyte)) if isinstance(unit, str) else unit
    if target is None:
        raise errors.unknown_unit(analyte.name, str(unit), analyte.units)
    published = [
        (source, Decimal(number))
        for text, number in limit.values.items()
        if (source := parse_for(text, dimensions_of(analyte)))
    ]
    alike = [(source, number) for source, number in published if source.dimension == target.dimension]
    for source, number in alike:
        if source.scale == target.scale:
            return number, False
    for source, number in alike:
        scaled = convert(number, source, target)
        if scaled is not None:
            return scaled, False
    for source, number in published:
        converted = convert(number, source, target, analyte.molar_mass)
        if converted is not None:
            return converted, True
    raise errors.units_incompatible(target.ucum, analyte.name, limit.values)


# --- The grammar ----------------------------------------------------------------------------------------------

_PREFIX = {"": "1", "k": "1e3", "d": "1e-1", "c": "1e-2", "m": "1e-3", "u": "1e-6", "mc": "1e-6", "n": "1e-9"}
_PREFIX |= {"p": "1e-12", "f": "1e-15"}
_SYMBOL = {"mc": "u"}

_BASE: dict[str, tuple[str, str, str, str]] = {
    # as written: (UCUM, dimension per volume, dimension alone, scale)
    **dict.fromkeys(("g", "gm", "gms", "gr", "gram", "grams"), ("g", MASS, AMOUNT_MASS, "1")),
    **dict.fromkeys(("mol", "mols", "mole", "moles"), ("mol", MOLAR, AMOUNT_MOLAR, "1")),
    # every ion measured here carries a single charge, so that an equivalent is a mole
    **dict.fromkeys(("eq", "val"), ("eq", MOLAR, AMOUNT_MOLAR, "1")),
    **dict.fromkeys(("u", "unit", "units", "e"), ("U", ACTIVITY, AMOUNT_ACTIVITY, "1")),
    **dict.fromkeys(("iu", "ui", "ie", "i.u.", "[iu]"), ("[IU]", ACTIVITY, AMOUNT_ACTIVITY, "1")),
    "kat": ("kat", ACTIVITY, AMOUNT_ACTIVITY, "6e7"),
    **dict.fromkeys(("au", "ru", "eu", "arbu", "[arb'u]"), ("[arb'U]", ARBITRARY, AMOUNT_ARBITRARY, "1")),
}
_VOLUME = {
    "l": ("L", "1"), "lt": ("L", "1"), "ltr": ("L", "1"), "dl": ("dL", "1e-1"), "100ml": ("dL", "1e-1"),
    "cl": ("cL", "1e-2"), "ml": ("mL", "1e-3"), "cc": ("mL", "1e-3"), "ul": ("uL", "1e-6"), "mcl": ("uL", "1e-6"),
    "mm3": ("uL", "1e-6"), "mm^3": ("uL", "1e-6"), "cmm": ("uL", "1e-6"), "cumm": ("uL", "1e-6"),
    "nl": ("nL", "1e-9"), "pl": ("pL", "1e-12"), "fl": ("fL", "1e-15"),
}  # fmt: skip
_THOUSANDS = {
    **dict.fromkeys(("k", "th", "thou", "ths", "thsd", "tsd", "thousand", "thousands", "mil(k)"), 3),
    **dict.fromkeys(("lakh", "lakhs", "lac", "lacs"), 5),
    **dict.fromkeys(("m", "mio", "mill", "million", "millions", "mln"), 6),
    **dict.fromkeys(("g", "gpt", "giga", "bill", "billion", "milliard", "mrd"), 9),
    **dict.fromkeys(("t", "tpt", "tera", "trillion", "bio"), 12),
}
_ONLY_PER_LITRE = ("g", "t")
_FIXED: dict[str, tuple[Unit, ...]] = {
    **dict.fromkeys(("%", "pct", "percent", "vol%", "%(v/v)"), (Unit("%", FRACTION, Decimal("0.01")),)),
    **dict.fromkeys(("‰", "[ppth]", "0/00", "o/oo"), (Unit("[ppth]", FRACTION, Decimal("0.001")),)),
    # a platelet count is given in lakhs per cubic millimetre; the volume is often left out
    **dict.fromkeys(("lakh", "lakhs", "lac", "lacs"), (Unit("10*5/uL", COUNT, Decimal("1e11")),)),
    "l/l": (Unit("L/L", FRACTION, Decimal(1)),),
    **dict.fromkeys(
        ("1", "ratio", "index", "inr", "{inr}", "{ratio}", "{index}"), (Unit("1", NUMBER, Decimal(1)),)
    ),
    **dict.fromkeys(
        ("fl", "um3", "um^3", "cubicmicron", "cubicmicrons", "cumic"), (Unit("fL", VOLUME, Decimal(1)),)
    ),
    **dict.fromkeys(
        ("mmol/mol", "mmol/molhb", "mmol/mol(ifcc)"), (Unit("mmol/mol", MOLAR_RATIO, Decimal(1)),)
    ),
    **dict.fromkeys(
        ("mm/h", "mm/hr", "mm/hour", "mm/1h", "mm/1sthr", "mm/1sthour", "mm/1hr", "mm"),
        (Unit("mm/h", SPEED, Decimal(1)),),
    ),
    **dict.fromkeys(("ug/g", "mcg/g", "mg/kg"), (Unit("ug/g", MASS_RATIO, Decimal(1)),)),
    **dict.fromkeys(("a", "y", "yr", "yrs", "year", "years"), (Unit("a", AGE, Decimal(1)),)),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), (Unit("s", TIME, Decimal(1)),)),
}
_AREA = r"(?:/?[({]?1[.,]73_?(?:m2|m\^2|m\*2|sqm|msq|mq)?[)}]?)?"
_RATE = pattern(rf"(ml|l)/(min|mn|minute|s|sec){_AREA}")
_COUNT = pattern(
    r"(?:(?:x|\*)?(?:10(?:\^|\*\*|\*|exp|ex|e)?\(?(?P<power>3|5|6|9|12|03|05|06|09)\)?|e(?P<e>3|5|6|9|12))|(?P<word>[a-z()]+)|)"
    r"(?P<cells>cells?|wbcs?|plts?|rbcs?|zellen|cel)?/(?P<volume>[a-z0-9^]+)"
)
_PARTS = pattern(r"(?P<prefix>mc|[kdcmunpf]?)(?P<base>[a-z\[\]'.]+?)(?:/(?P<volume>[a-z0-9^]+))?")
_PERCENT_MASS = pattern(r"(mc|[munp]?)(?:g|gm|gr)%")
_MOLAR = pattern(r"([munpf]?)M")
_LONE_MICRO = pattern(r"^\s*[µμ]\s*(?:/|$)")
_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_ALIKE = str.maketrans(
    {"µ": "u", "μ": "u", "×": "x", "∗": "*", "·": "*", "⋅": "*", "⁄": "/", "∕": "/", "’": "'"}
)
_NOTES = pattern(
    r"(?<=[a-z0-9])\{[^}]*\}|\((?:ifcc|ngsp|dcct|si|calc)\)|(?<=[dmu]l)(?:rbcs?|cells?|feu|erythrocytes|serum)$"
)


_JOINTS = pattern(r"([\s/]+)")
_PER = pattern(r"[\s.·⋅*]*((?:[dmuµμf])?l)\s*\^?\(?[-−–⁻](?:1|¹)\)?", re.IGNORECASE)
"""What is written with a power of minus one: "pmol L-1", "ng·mL⁻¹"."""


def _tidy(text: str) -> str:
    text = _PER.sub(r"/\1", text)
    text = re.sub(
        "[⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda found: "^" + found[0].translate(_SUPERSCRIPT), text.translate(_ALIKE)
    )
    text = unicodedata.normalize("NFKC", text)
    text = re.sub(r"\bper\b", "/", text)
    return re.sub(r"\s+|(?<=[a-z])\.(?=/)", "", text).strip(".,;:")


def _worded(text: str, words: Mapping[str, str]) -> str:
    """Spelt-out units as symbols: ``nanograms per litre`` becomes ``ng/L``."""
    pieces = _JOINTS.split(text.strip())
    return "".join(words.get(piece.lower().strip("."), piece) for piece in pieces)


@lru_cache(maxsize=2048)
def _readings(text: str) -> tuple[Unit, ...]:
    if _LONE_MICRO.search(text):
        return ()
    raw = _tidy(text)
    low = _NOTES.sub("", raw.lower()) if "{" in raw or "(" in raw or raw[-1:].isalpha() else raw.lower()
    if not low:
        return ()
    if low in _FIXED:
        return _FIXED[low]
    rate = _RATE.fullmatch(raw.lower())
    if rate:
        factor = Decimal(1000 if rate[1] == "l" else 1) * (60 if rate[2] in {"s", "sec"} else 1)
        per = "s" if factor % 60 == 0 else "min"
        return (Unit(f"{'L' if rate[1] == 'l' else 'mL'}/{per}/{{1.73_m2}}", RATE, factor),)
    molar = _MOLAR.fullmatch(raw)
    if molar:
        return (Unit(f"{molar[1]}mol/L", MOLAR, Decimal(_PREFIX[molar[1]])),)
    found = [unit for unit in (_count(low), _parts(low)) if unit]
    if len(found) == 2 and not raw.startswith(("G", "M", "T")):
        found.reverse()
    return tuple(found)


def _count(low: str) -> Unit | None:
    match = _COUNT.fullmatch(low)
    if not match or match["volume"] not in _VOLUME:
        return None
    symbol, size = _VOLUME[match["volume"]]
    word = match["word"]
    if word and not match["cells"] and word not in _THOUSANDS:
        word = re.sub(r"(?:cells?|wbcs?|plts?|rbcs?|zellen|cel)$", "", word)
        if word and word not in _THOUSANDS:
            return None
    if word in _ONLY_PER_LITRE and symbol != "L":
        return None
    power = int(match["power"] or match["e"] or _THOUSANDS.get(word or "", 0))
    head = f"10*{power}" if power else ""
    return Unit(f"{head}/{symbol}", COUNT, Decimal(10) ** power / Decimal(size))


def _parts(low: str) -> Unit | None:
    percent = _PERCENT_MASS.fullmatch(low)
    if percent:
        prefix = percent[1]
        return Unit(f"{_SYMBOL.get(prefix, prefix)}g/dL", MASS, Decimal(_PREFIX[prefix]) * 10)
    head, _, volume = low.partition("/")
    prefix, base = _split(head)
    if base is None or (volume and volume not in _VOLUME) or (not volume and "/" in low):
        return None
    ucum, dimension, alone, scale = _BASE[base]
    factor = Decimal(_PREFIX[prefix]) * Decimal(scale)
    name = f"{_SYMBOL.get(prefix, prefix)}{ucum}"
    if not volume:
        return Unit(name, alone, factor)
    symbol, size = _VOLUME[volume]
    return Unit(f"{name}/{symbol}", dimension, factor / Decimal(size))


def _split(head: str) -> tuple[str, str | None]:
    """The prefix and the base of a numerator: the shortest prefix that leaves a known base."""
    for length in (0, 1, 2):
        prefix, base = head[:length], head[length:]
        if prefix in _PREFIX and base in _BASE and not (prefix and base in {"e", "unit", "units"}):
            return prefix, base
    return "", None
