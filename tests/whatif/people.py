"""The ruleset with its counterfactual knowledge, the worked cases, and people made up from facts and results."""

from __future__ import annotations

import json
import random
import tomllib
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from msgspec.structs import replace

from cobalens.compiler import KNOWLEDGE, load_ruleset
from cobalens.engines.person import Person
from cobalens.engines.whatif import person_of
from cobalens.intake.casefile import read_case
from cobalens.intake.timelines.reader import reader_for
from cobalens.intake.timelines.timeline import facts_of
from cobalens.model.counterfactual import Intake
from cobalens.model.record import Event, Lab, Record, Span
from cobalens.model.ruleset import Pack, Ruleset

ROOT = Path(__file__).parent.parent
PRIMARY = "nice-ng239"
CASES = (
    sorted((ROOT.parent.parent / "shared" / "cases").glob("*.json"))
    or sorted((ROOT / "cases").glob("*.json"))[:30]
)
LEXICON = ("variation", "tests", "revisable", "population")


@lru_cache(maxsize=1)
def knowledge() -> Ruleset:
    ruleset = load_ruleset()
    own = {name: tomllib.loads((KNOWLEDGE / f"{name}.toml").read_text(encoding="utf-8")) for name in LEXICON}
    return replace(ruleset, lexicon=ruleset.lexicon | own)


@lru_cache(maxsize=8)
def lent(name: str = PRIMARY) -> Intake:
    ruleset = knowledge()
    pack = ruleset.packs[name]
    return Intake(lambda record: facts_of(record, ruleset, pack), reader_for(ruleset, pack).setting.cuts)


def pack_of(name: str = PRIMARY) -> Pack:
    return knowledge().packs[name]


@lru_cache(maxsize=256)
def case(path: Path) -> Record:
    tree = json.loads(path.read_text(encoding="utf-8"))
    return read_case({key: tree[key] for key in ("patient", "facts")}, knowledge(), id=path.stem)


def person(record: Record, pack: str = PRIMARY) -> Person:
    facts = facts_of(record, knowledge(), pack_of(pack))
    return person_of(knowledge(), pack_of(pack), facts, record, lent(pack))


RESULTS: dict[str, tuple[str, float, float]] = {
    "vitamin_b12": ("pmol/L", 60, 1800),
    "mma": ("umol/L", 0.1, 1.5),
    "homocysteine": ("umol/L", 5, 60),
    "holotc": ("pmol/L", 10, 150),
    "folate_serum": ("nmol/L", 3, 40),
    "hemoglobin": ("g/L", 60, 170),
    "mcv": ("fL", 70, 125),
    "egfr": ("mL/min/{1.73_m2}", 12, 110),
    "creatinine": ("umol/L", 50, 400),
    "ferritin": ("ug/L", 5, 600),
    "platelets": ("10*9/L", 15, 600),
    "wbc": ("10*9/L", 1, 60),
    "neutrophils": ("10*9/L", 0.5, 30),
    "crp": ("mg/L", 1, 120),
    "alt": ("U/L", 10, 300),
    "alp": ("U/L", 40, 500),
}


def made_up(seed: int) -> Record:
    """One person with some results, printed ranges here and there, and some statements, some of them denied."""
    dice = random.Random(seed)
    ruleset = knowledge()
    labs: list[Lab] = []
    for analyte, (unit, low, high) in RESULTS.items():
        chance = 0.85 if analyte == "vitamin_b12" else 0.35
        if dice.random() > chance:
            continue
        for reading in range(1 + (analyte == "vitamin_b12" and dice.random() < 0.3)):
            value = Decimal(f"{low * (high / low) ** dice.random():.3g}")
            ranged = dice.random() < 0.5
            labs.append(
                Lab(
                    analyte=analyte, where=f"labs[{len(labs)}]", text=f"{value:f} {unit}", lo=value, hi=value, unit=unit,
                    when=Span(-60 * reading, -60 * reading),
                    ref_low=Decimal(f"{low * 2:.3g}") if ranged else None,
                    ref_high=Decimal(f"{high / 2:.3g}") if ranged else None,
                )
            )  # fmt: skip
    names = sorted(ruleset.concepts)
    events = tuple(
        Event(concept=name, where=f"said[{n}]", text=name, affirmed=dice.random() < 0.8)
        for n, name in enumerate(dice.sample(names, dice.randint(0, 8)))
        if ruleset.concepts[name].kind != "person"
    )
    sex = Event(concept=dice.choice(["male", "female"]), where="patient.sex", text="sex")
    return Record(
        id=f"made-up-{seed}",
        age=Decimal(dice.randint(17, 90)),
        labs=tuple(labs),
        events=(*events, sex),
        complete=frozenset({"symptom", "drug"}) if dice.random() < 0.3 else frozenset(),
    )
