"""People with hostile histories, made from the declarations alone: every analyte, concept, unit, limit and edge in turn."""

from __future__ import annotations

import random
from decimal import Decimal

from cobalens.model.cohort import Scale, lists_of
from cobalens.model.record import Event, Lab, Record, Span
from cobalens.model.ruleset import Analyte, Ruleset

WORDS = ("low", "normal", "high", "positive", "negative", "borderline")
PROBLEMS = ("unit_missing", "unit_impossible", "implausible", "not_a_number", "cancelled")
ROUTES = (
    None,
    "oral",
    "sublingual",
    "intramuscular",
    "subcutaneous",
    "parenteral",
    "intravenous",
    "nasal",
    "inhaled",
)
CLOCKS = ("", "08:00", "08:00", "08:00:30", "17:45")


class Maker:
    """Draws records; the same seed gives the same people."""

    def __init__(self, ruleset: Ruleset, scales: tuple[Scale, ...], seed: int) -> None:
        self.ruleset, self.draw = ruleset, random.Random(seed)
        self.scales: dict[str, list[Scale]] = {}
        for scale in scales:
            self.scales.setdefault(scale.analyte, []).append(scale)
        self.analytes = sorted({f.of[0] for f in ruleset.facts.values() if f.lab} - {"age"})
        feeds = {"creatinine", "iron", "tibc", "transferrin", "rbc", "reticulocytes_percent"}
        self.feeds = sorted(feeds & set(ruleset.analytes))
        self.concepts = sorted(
            {
                name
                for f in ruleset.facts.values()
                if not f.lab
                for name in (*f.of, *f.routed, *(n for names in f.answers.values() for n in names))
            }
            | {"rise_persistent", "sample_before_dose", "sample_after_dose"}
        )
        self.doses = ["b12_injection", "b12_tablets", "b12_unspecified", "intravenous_b12"]
        self.lists = lists_of(ruleset)
        windows = {f.current_for for f in ruleset.facts.values() if f.current_for is not None}
        windows |= {f.lingers for f in ruleset.facts.values() if f.lingers}
        windows |= {f.within for f in ruleset.facts.values() if f.within is not None}
        windows |= {f.for_at_least for f in ruleset.facts.values() if f.for_at_least is not None}
        windows |= {14, 30, 90}
        self.windows = sorted(windows)

    # --- days -----------------------------------------------------------------------------------------------------

    def day(self, future: bool = True) -> int:
        pick = self.draw.random()
        if pick < 0.35:
            return -self.draw.choice(self.windows) + self.draw.choice((-1, 0, 0, 1))
        if pick < 0.55:
            return -self.draw.randrange(0, 4)
        if pick < 0.62 and future:
            return self.draw.choice((1, 2, 30, *self.windows))
        return -self.draw.randrange(0, 900)

    def span(self, undated: float = 0.12, exact: float = 0.7) -> Span:
        pick = self.draw.random()
        if pick < undated:
            return Span()
        day = self.day()
        if pick < undated + exact:
            return Span(day, day)
        width = self.draw.choice((1, 2, 29, 30, 364))
        return self.draw.choice((Span(day, day + width), Span(day, None), Span(None, day)))

    # --- results --------------------------------------------------------------------------------------------------

    def number(self, analyte: Analyte, unit: str) -> Decimal:
        scale = next((s for s in self.scales.get(analyte.name, ()) if s.unit == unit), None)
        if scale is not None and scale.cuts and self.draw.random() < 0.75:
            at = Decimal(self.draw.choice(scale.cuts)[0])
            step = Decimal(1).scaleb(at.adjusted() - 2)
            near = at.quantize(step) if at.is_finite() else at
            return max(near + step * self.draw.choice((-40, -3, -1, 0, 0, 0, 1, 2, 35)), Decimal(0))
        return Decimal(self.draw.randrange(1, 4000)) / self.draw.choice((1, 10, 100))

    def lab(self, name: str, when: Span | None = None) -> Lab:
        analyte, draw = self.ruleset.analytes[name], self.draw
        units = [s.unit for s in self.scales.get(name, ())] or list(analyte.units) or [None]
        own = list(analyte.units) or units
        unit = draw.choice(own if draw.random() < 0.8 else units)
        value = self.number(analyte, unit or "")
        lo: Decimal | None = value
        hi: Decimal | None = value
        lo_open = hi_open = False
        pick = draw.random()
        if pick < 0.08:
            lo, hi_open = None, draw.random() < 0.5
        elif pick < 0.16:
            hi, lo_open = None, draw.random() < 0.5
        elif pick < 0.20:
            hi = value + self.number(analyte, unit or "")
        word = draw.choice(WORDS) if draw.random() < 0.25 else None
        problem = draw.choice(PROBLEMS) if draw.random() < 0.08 else None
        if draw.random() < 0.08:
            lo = hi = None
            lo_open = hi_open = False
        if problem in ("unit_impossible", "implausible", "not_a_number", "cancelled"):
            lo = hi = None
            lo_open = hi_open = False
        if problem in ("unit_impossible", "unit_missing"):
            unit = None
        ref_low = ref_high = None
        if draw.random() < 0.45:
            ref_low = self.number(analyte, unit or "") if draw.random() < 0.8 else Decimal(0)
            ref_high = ref_low + self.number(analyte, unit or "")
            if draw.random() < 0.3 and value is not None:
                ref_low, ref_high = draw.choice(((value, value + 5), (max(value - 5, Decimal(0)), value)))
            if draw.random() < 0.3:
                ref_low, ref_high = draw.choice(((None, ref_high), (ref_low, None)))
        return Lab(
            analyte=name, where="labs[0]", text="", lo=lo, hi=hi, lo_open=lo_open, hi_open=hi_open, unit=unit,
            when=self.span() if when is None else when, time=draw.choice(CLOCKS), ref_low=ref_low, ref_high=ref_high,
            qualitative=word, problem=problem, status=draw.choice(("final", "final", "preliminary", "corrected")),
        )  # fmt: skip

    def labs(self) -> list[Lab]:
        found: list[Lab] = []
        for _ in range(self.draw.choice((0, 1, 2, 3, 5))):
            found += self.series("vitamin_b12")
        for name in self.draw.sample(self.analytes, self.draw.randrange(0, 14)):
            found += self.series(name)
        if self.draw.random() < 0.5:
            day = self.span()
            found += [self.lab(name, day) for name in self.feeds if self.draw.random() < 0.8]
        self.draw.shuffle(found)
        return found

    def series(self, name: str) -> list[Lab]:
        found = [self.lab(name)]
        while self.draw.random() < 0.45:
            again = self.draw.random() < 0.4
            found.append(self.lab(name, found[-1].when if again else None))
        if self.draw.random() < 0.3 and found[0].when.first is not None:
            # The same number again some days apart, in the same unit: at the edge of what counts as a change.
            one = found[0]
            if one.lo is not None and one.lo == one.hi and one.problem is None and one.unit is not None:
                by = self.draw.choice(("1", "1.32", "0.68", "1.321", "0.679", "1.1"))
                day = one.when.first - self.draw.choice((13, 14, 15, 29, 30, 31, 200))
                value = one.lo * Decimal(by)
                if value == value.quantize(Decimal("0.000001")):
                    found.append(
                        Lab(
                            analyte=name,
                            where="labs[0]",
                            text="",
                            lo=value,
                            hi=value,
                            unit=one.unit,
                            when=Span(day, day),
                        )
                    )
        return found

    # --- statements -----------------------------------------------------------------------------------------------

    def event(self, concept: str) -> Event:
        draw = self.draw
        return Event(
            concept=concept, where=draw.choice(("conditions[0]", "medications[1]", "procedures[0]", "note")), text="",
            affirmed=draw.random() < 0.75, doubt=draw.random() < 0.15, family=draw.random() < 0.08,
            time=draw.choice(("current", "current", "past", "planned")), start=self.span(0.4), stop=self.span(0.6),
            route=draw.choice(ROUTES), dose_ug=draw.choice((None, Decimal(50), Decimal(1000))),
            adherence=draw.choice((None, "taken", "missed")),
        )  # fmt: skip

    def dose(self) -> Event:
        draw = self.draw
        start, stop = self.span(0.25), self.span(0.6)
        time = draw.choice(("current", "current", "past", "planned"))
        return Event(
            concept=draw.choice(self.doses), where=draw.choice(("medications[0]", "procedures[2]")), text="",
            affirmed=draw.random() < 0.85, doubt=draw.random() < 0.08, family=draw.random() < 0.04, time=time,
            start=start, stop=stop, route=draw.choice(ROUTES), adherence=draw.choice((None, "taken", "missed")),
        )  # fmt: skip

    def events(self) -> list[Event]:
        found = []
        for name in self.draw.sample(self.concepts, self.draw.randrange(0, 25)):
            found.append(self.event(name))
            while self.draw.random() < 0.3:
                found.append(self.event(name))
        found += [self.dose() for _ in range(self.draw.choice((0, 0, 1, 1, 2, 3)))]
        if self.draw.random() < 0.15:
            denied = self.doses if self.draw.random() < 0.5 else self.draw.sample(self.doses, 2)
            found += [Event(concept=name, where="medications", text="", affirmed=False) for name in denied]
        if self.draw.random() < 0.7:
            found.append(Event(concept=self.draw.choice(("male", "female")), where="patient", text=""))
        self.draw.shuffle(found)
        return found

    def plain_labs(self) -> list[Lab]:
        """What most people have: exact days, sound numbers, seldom two of a day; B12 again and again near its limits."""
        found = []
        names = ["vitamin_b12"] * self.draw.randrange(0, 6) + ["holotc"] * self.draw.randrange(0, 2)
        for name in names + self.draw.sample(self.analytes, self.draw.randrange(0, 8)):
            analyte = self.ruleset.analytes[name]
            unit = self.draw.choice(list(analyte.units) or [None])
            value, day = self.number(analyte, unit or ""), min(self.day(future=False), 0)
            word = None if unit else self.draw.choice(WORDS)
            number = value if unit else None
            found.append(
                Lab(
                    analyte=name,
                    where="",
                    text="",
                    lo=number,
                    hi=number,
                    unit=unit,
                    qualitative=word,
                    when=Span(day, day),
                )
            )
        return found

    def person(self, name: str) -> Record:
        draw = self.draw
        plain = draw.random() < 0.3
        lists = draw.sample(self.lists, draw.randrange(1, 8)) if draw.random() < 0.45 else ()
        ages = [Decimal(t) for t in ("17", "18", "18.5", "60", "64", "65", "66", "70", "80")]
        return Record(
            id=name,
            age=draw.choice(ages) if draw.random() < 0.85 else None,
            labs=tuple(self.plain_labs() if plain else self.labs()),
            events=tuple(one for one in self.events() if not (plain and one.concept in self.doses)),
            complete=frozenset(lists),
            as_of=draw.choice(("2024-02-29", "2025-11-01", "1969-12-31", None)),
        )
