"""A laboratory result out of an Observation: its number, flag, range and specimen for `read_lab`."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from cobalens.intake.fhir.coded import Scale, Test, is_molar_code
from cobalens.intake.fhir.person import (
    SET_ASIDE,
    UNDERSTOOD,
    USED,
    Fate,
    Person,
    is_again,
    note,
)
from cobalens.intake.fhir.quantities import Written, number_of
from cobalens.intake.fhir.shapes import (
    Json,
    codings,
    first_code,
    items,
    number,
    obj,
    text,
    words,
)
from cobalens.intake.laboratory import units
from cobalens.intake.laboratory.intervals import BY_WORD, against_range, plausible_bounds, told_by_word
from cobalens.intake.laboratory.labs import AnalyteIndex, read_lab
from cobalens.intake.prose.sexranges import by_sex, sexes_in
from cobalens.model.record import Lab, Note, Span, Unread
from cobalens.model.ruleset import Analyte

CODE_AND_UNIT = "data_quality:code_and_unit"
PANEL = "a panel; its members are read one by one"


def read_result(
    part: Json, whole: Json, test: Test, value: Written | None, unit: str, sign: str, missing: str, where: str,
    when: Span, time: str, status: str, person: Person,
) -> Fate | None:  # fmt: skip
    found, index = person.found, person.tools.analytes
    analyte = index.analytes[test.analyte]
    flag = flag_of(part, person)
    if isinstance(part.get("valueBoolean"), bool):
        value = "positive" if part["valueBoolean"] else "negative"
    if value is None and not flag and status != "cancelled":
        if items(whole.get("hasMember")) or (part is whole and items(whole.get("component"))):
            return Fate(UNDERSTOOD, PANEL)
        if analyte.used:
            why = f" ({missing})" if missing else ""
            note(where, f"{capital(analyte.label)}: the source gives no result{why[:60]}.", person)
        return Fate(SET_ASIDE, f"no result: {missing}"[:80] if missing else "no result")
    entry: dict[str, Any] = {
        "value": value,
        "unit": unit,
        "comparator": sign or None,
        "flag": flag or None,
        "status": status,
    }
    entry |= {"loinc": test.code, "name": test.name} if test.code else {"name": test.name}
    entry |= _range(part, unit, analyte, person, where)
    if "method" in whole and (method := words(whole["method"])):
        entry["method"] = method
    if "specimen" in whole and (specimen := _specimen(whole, person)):
        entry["specimen"] = specimen
    notes = len(found.notes)
    lab = quick(entry, test, where, when, person)
    said: tuple[Note, ...] = ()
    if lab is None:
        lab, said, unread = read_lab(entry, where, when, index)
        found.notes += said
        found.unread += unread
    if lab is None:
        return None
    if time and not lab.time:
        lab = replace(lab, time=time)
    if is_again(lab, person):
        del found.notes[notes:]
        return Fate(SET_ASIDE, "the same result was met before")
    found.labs.append(lab)
    _code_and_unit(test, lab.unit, lab.problem, where, person)
    if lab.problem is not None and told_by_word(lab):
        return Fate(USED, BY_WORD)
    if lab.problem is not None:
        return Fate(SET_ASIDE, said[0].message if said else lab.problem)
    return None if analyte.used else Fate(UNDERSTOOD, "no rule reads this test")


def quick(entry: Json, test: Test, where: str, when: Span, person: Person) -> Lab | None:
    """The plain case of ``read_lab``, and the same result: a known code, a number, its unit, nothing to be said about it."""
    value, unit = entry["value"], entry["unit"]
    if (
        not test.agrees
        or isinstance(value, str)
        or not unit
        or entry["comparator"]
        or not entry.keys().isdisjoint(RARE)
    ):
        return None
    index = person.tools.analytes
    scale = person.lexis.scales.get((test.analyte, unit))
    if scale is None:
        scale = person.lexis.scales[test.analyte, unit] = _scale(index.analytes[test.analyte], unit, index)
    status, flag = index.words.status.get(entry["status"] or "final"), entry["flag"]
    word = index.words.flags.get(flag) if flag else None
    number = Decimal(value)
    if (
        scale.ucum is None
        or not scale.least <= number <= scale.most
        or status is None
        or status == "cancelled"
    ):
        return None
    if flag and word not in PLAIN:
        return None
    low, high = entry.get("ref_low"), entry.get("ref_high")
    if isinstance(low, str) or isinstance(high, str) or (low is not None and high is not None and low > high):
        return None
    low, high = None if low is None else Decimal(low), None if high is None else Decimal(high)
    by_range = against_range(number, number, False, False, low, high)
    if word and by_range and {word, by_range} == {"low", "high"}:
        return None
    return Lab(
        analyte=test.analyte, where=where, text=f"{number} {unit}", lo=number, hi=number, unit=scale.ucum, when=when,
        ref_low=low, ref_high=high, qualitative=word or by_range, status=status,
    )  # fmt: skip


RARE = frozenset({"method", "specimen", "ref_range"})
PLAIN = frozenset({"low", "normal", "high"})


def _scale(analyte: Analyte, unit: str, index: AnalyteIndex) -> Scale:
    accepted = units.dimensions_of(analyte)
    read = units.parse_for(unit, accepted, index.words.units)
    if read is None or read.dimension not in accepted or unit == "1" or unit.lower() in index.words.awaited:
        return Scale()
    return Scale(read.ucum, *(plausible_bounds(analyte, read) or (Decimal(0), Decimal("Infinity"))))


def _code_and_unit(test: Test, unit: str | None, problem: str | None, where: str, person: Person) -> None:
    """A code for a mass and a unit of amount, or the other way round: the unit is what was reported."""
    if not test.code or unit is None or problem is not None or (key := (test, unit)) in person.lexis.agreeing:
        return
    molar = is_molar_code(test.code, test.display, person.lexis)
    read = units.parse(unit)
    analyte = person.tools.analytes.analytes[test.analyte]
    if (
        molar is None
        or read is None
        or analyte.molar_mass is None
        or read.dimension not in (units.MASS, units.MOLAR)
    ):
        person.lexis.agreeing.add(key)
        return
    if molar != (read.dimension == units.MOLAR) and analyte.used:
        kinds = ("a mass", "an amount in moles")
        note(where, f"{capital(analyte.label)}: its code stands for {kinds[molar]}, its unit ({unit}) for {kinds[not molar]}; "
                    "the unit that was reported is read.", person, CODE_AND_UNIT)  # fmt: skip


def flag_of(part: Json, person: Person) -> str:
    """The laboratory's flag: the first that says low, normal or high, else the first."""
    if "interpretation" not in part:
        return ""
    flags = person.tools.analytes.words.flags
    given = [
        one
        for concept in items(part.get("interpretation"))
        for one in [*(c.code for c in codings(concept)), words(concept)]
        if one
    ]
    low = [one.lower() for one in given]
    return next(
        (one for one in low if one in flags),
        next((one for one in low if one in person.tools.analytes.words.qualitative), ""),
    )


def _range(part: Json, unit: str, analyte: Analyte, person: Person, where: str) -> Json:
    """The normal range printed for this person; none where several could be meant."""
    if "referenceRange" not in part:
        return {}
    printed = [one for one in items(part.get("referenceRange")) if _is_normal(one)]
    ranges = [one for one in printed if _fits(one, person)]
    if not person.sex and any(map(_sexes_of, printed)):
        person.found.unread.append(
            Unread(f"{where} referenceRange", "ranges by sex", "the person's sex, beside ranges by sex")
        )
    if len(ranges) != 1:
        if len(ranges) > 1:
            person.found.unread.append(
                Unread(f"{where} referenceRange", "several reference ranges", "the one that applies")
            )
        return {}
    one = ranges[0]
    made: Json = {}
    accepted, spelt = units.dimensions_of(analyte), person.tools.analytes.words.units
    mine = units.parse_for(unit, accepted, spelt) if unit else None
    for key, end in (("ref_low", obj(one.get("low"))), ("ref_high", obj(one.get("high")))):
        value = number_of(end.get("value"))
        if value is None:
            continue
        other = text(end.get("unit")) or text(end.get("code"))
        read = units.parse_for(other, accepted, spelt) if other else None
        if read and mine and (read.dimension, read.scale) != (mine.dimension, mine.scale):
            person.found.unread.append(
                Unread(f"{where} referenceRange", "a range in another unit than its result", unit)
            )
            return {}
        made[key] = value
    if not made and (said := text(one.get("text"))) and any(sign.isdigit() for sign in said):
        of_sexes = by_sex(said)
        if of_sexes and person.sex not in of_sexes:
            person.found.unread.append(
                Unread(f"{where} referenceRange", said[:60], "the person's sex, beside ranges by sex")
            )
            return {}
        made["ref_range"] = of_sexes.get(person.sex, said[:80])
    return made


def _sexes_of(one: Json) -> frozenset[str]:
    """For which sex a range is, by its field for that, and where it has numbers by its words."""
    said = " ".join(words(concept) for concept in items(one.get("appliesTo")))
    return sexes_in(f"{said} {text(one.get('text'))}" if one.get("low") or one.get("high") else said)


def _is_normal(one: Json) -> bool:
    kind = first_code(one.get("type"))
    return kind in ("", "normal", "recommended", "reference")


def _fits(one: Json, person: Person) -> bool:
    sexes = _sexes_of(one)
    if sexes and person.sex not in sexes:
        return False
    span_of_life = obj(one.get("age"))
    if person.age is None or not span_of_life:
        return True
    low, high = (number(obj(span_of_life.get(name)).get("value")) for name in ("low", "high"))
    years = all(
        text(obj(span_of_life.get(name)).get("unit")).lower() in ("", "a", "y", "yr", "year", "years")
        for name in ("low", "high")
    )
    try:
        return not years or (
            (not low or float(low) <= float(person.age)) and (not high or float(person.age) <= float(high))
        )
    except ValueError:
        return True


def _specimen(whole: Json, person: Person) -> str:
    given = obj(whole.get("specimen"))
    kind = person.index.find(given, whole).get("type")
    return words(kind) or text(given.get("display"))


def capital(label: str) -> str:
    return label[:1].upper() + label[1:]
