"""An OMOP instance as hospitals fill it: odd units and words, ranges, times, partial births, deaths, plans, sums of several codes."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import pyarrow as pa

from tests.cohort.omop_people import DAY_OF_DECISION, OPERATORS, omop, people

Tables = dict[str, pa.Table]
DATE, MOMENT = pa.date32(), pa.timestamp("us")
TESTS = {
    101: ("14798-3", "Iron [Moles/volume] in Serum or Plasma", "LOINC"),
    102: ("14800-7", "Iron binding capacity [Moles/volume] in Serum or Plasma", "LOINC"),
    103: ("3034-6", "Transferrin [Mass/volume] in Serum or Plasma", "LOINC"),
    104: ("17849-1", "Reticulocytes/100 erythrocytes in Blood by Automated count", "LOINC"),
    105: ("789-8", "Erythrocytes [#/volume] in Blood by Automated count", "LOINC"),
    106: ("14682-9", "Creatinine [Moles/volume] in Serum or Plasma", "LOINC"),
    107: ("5334-0", "Intrinsic factor blocking Ab [Presence] in Serum", "LOINC"),
    108: ("29463-7", "Body weight", "LOINC"),
    201: ("POS", "Positive", "Meas Value"), 202: ("NEG", "Negative", "Meas Value"), 203: ("LOW", "Low", "Meas Value"),
    301: ("umol/L", "micromole per liter", "UCUM"), 302: ("g/L", "gram per liter", "UCUM"), 303: ("%", "percent", "UCUM"),
    304: ("10*12/L", "trillion per liter", "UCUM"), 305: ("kg", "kilogram", "UCUM"),
    401: ("99", "Vegan diet", "SNOMED"), 402: ("98", "Diet", "SNOMED"), 403: ("97", "Family history of", "SNOMED"),
    501: ("Ruled out", "Condition ruled out", "Condition Status"),
}  # fmt: skip
"""Concept -> code, name and vocabulary."""
AMOUNTS = {
    101: ((301,), 2, 40), 102: ((301,), 30, 90), 103: ((302,), 1, 4), 104: ((303,), 0.1, 9), 105: ((304,), 1, 6),
    106: ((301,), 40, 400), 108: ((305,), 40, 120),
}  # fmt: skip
WORDS = ("<150", "> 1500", "positive", "pending", "haemolysed", "see comment", "", "borderline", "1.234,5")
SIGS = (None, "1 mg IM every 3 months", "500 mcg daily", "takes it no longer")
STATUSES = (
    None,
    "Suspected",
    "Ruled out",
    "Preliminary diagnosis",
    "Admitting diagnosis",
    "Resolved condition",
)


def instance(count: int, seed: int) -> Tables:
    """Every table of the instance, with the types that OMOP's own definitions give them."""
    chance = random.Random(seed)
    tables = omop(people(count, seed))
    tables["measurement"] = _more(tables["measurement"], _measured(chance, count), _spoilt(chance))
    tables["condition_occurrence"] = _more(tables["condition_occurrence"], [], _stated(chance))
    tables["drug_exposure"] = _more(tables["drug_exposure"], [], _given(chance))
    tables["person"] = _more(tables["person"], [], _born(chance))
    tables["concept"] = _more(
        tables["concept"],
        [
            {"concept_id": number, "concept_name": name, "vocabulary_id": system, "concept_code": code}
            for number, (code, name, system) in TESTS.items()
        ],
    )
    tables["observation"] = _table(
        {"observation_id": pa.int64(), "person_id": pa.int64(), "observation_concept_id": pa.int64(), "observation_date": DATE,
         "value_as_string": pa.string(), "value_as_concept_id": pa.int64(), "observation_source_value": pa.string()},
        [_observed(chance, number, count) for number in range(count)],
    )  # fmt: skip
    tables["death"] = _table(
        {"person_id": pa.int64(), "death_date": DATE},
        [
            {"person_id": one, "death_date": _back(chance, 900)}
            for one in chance.sample(range(1, count + 1), count // 12)
        ],
    )
    return tables


def _back(chance: random.Random, most: int) -> dt.date:
    return DAY_OF_DECISION - dt.timedelta(days=chance.randrange(-60, most))


def _more(table: pa.Table, rows: list[dict[str, Any]], spoil: Any = None) -> pa.Table:
    held = [*table.to_pylist(), *rows]
    for row in held:
        if spoil:
            spoil(row)
    return pa.Table.from_pylist(held, schema=table.schema)


def _table(types: dict[str, pa.DataType], rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=pa.schema(list(types.items())))


def _measured(chance: random.Random, count: int) -> list[dict[str, Any]]:
    rows = []
    for number in range(count * 5):
        concept = chance.choice([*AMOUNTS, 107])
        units, low, high = AMOUNTS.get(concept, ((0,), 0, 0))
        day = DAY_OF_DECISION - dt.timedelta(days=chance.choice([0, 0, 3, 30, 200]))
        number_given = round(chance.uniform(low, high), chance.choice([0, 1, 2])) if high else None
        rows.append({
            "measurement_id": 1_000_000 + number, "person_id": chance.randrange(1, count + 1), "measurement_concept_id": concept,
            "measurement_date": day, "operator_concept_id": 0, "value_as_number": number_given,
            "value_as_concept_id": chance.choice([201, 202, 203]) if concept == 107 else 0,
            "unit_concept_id": chance.choice(units), "measurement_source_value": "", "unit_source_value": "",
            "value_source_value": "",
        })  # fmt: skip
    return rows


def _spoilt(chance: random.Random) -> Any:
    def spoil(row: dict[str, Any]) -> None:
        what = chance.randrange(14)
        value = row["value_as_number"]
        if what == 0 and value is not None:
            row["range_low"], row["range_high"] = sorted(
                (round(value * chance.uniform(0.3, 1.4), 1), round(value * 1.2, 1))
            )
        elif what == 1:
            row["unit_concept_id"], row["unit_source_value"] = (
                0,
                chance.choice(["", None, "pg/ml", "furlong", "µmol/l"]),
            )
        elif what == 2:
            row["value_as_number"], row["value_source_value"] = None, chance.choice(WORDS)
            row["range_low"] = chance.choice([None, 180.5])
        elif what == 3:
            row["value_as_number"] = chance.choice([0.0, -3.0, 1e7, 13.5537, 81322.2, 0.001])
        elif what == 4:
            row["measurement_datetime"] = dt.datetime.combine(
                row["measurement_date"], dt.time(chance.choice([0, 7, 23]), 0)
            )
        elif what == 5:
            row["operator_concept_id"] = chance.choice([*OPERATORS.values(), 4171754, 4171755, 4172703])
        elif what == 6:
            row["range_low"], row["range_high"] = chance.choice(
                [(900.0, 200.0), (None, 500.0), (180.0, None)]
            )
        elif what == 7:
            row["measurement_concept_id"], row["measurement_source_value"] = (
                0,
                chance.choice(["Vitamin B12", "MMA", "718-7", "x"]),
            )

    return spoil


def _stated(chance: random.Random) -> Any:
    def spoil(row: dict[str, Any]) -> None:
        row["condition_status_source_value"] = chance.choice(STATUSES)
        if chance.randrange(4) == 0:
            row["condition_status_concept_id"] = 501
        if chance.randrange(3) == 0:
            row["condition_start_date"] = _back(chance, 4000)
        if chance.randrange(4) == 0:
            row["condition_end_date"] = row["condition_start_date"] + dt.timedelta(
                days=chance.randrange(-5, 4000)
            )
        if chance.randrange(6) == 0:
            row["condition_concept_id"], row["condition_source_value"] = chance.choice(
                [(999_001, ""), (0, "K90.0"), (0, "numbness of both feet"), (0, "no numbness"), (0, None)]
            )

    return spoil


def _given(chance: random.Random) -> Any:
    def spoil(row: dict[str, Any]) -> None:
        row["sig"] = chance.choice(SIGS)
        if chance.randrange(3) == 0:
            row["drug_exposure_start_date"] = _back(chance, 900)
        if chance.randrange(5) == 0:
            row["drug_concept_id"], row["drug_source_value"] = (
                0,
                chance.choice(["hydroxocobalamin injection", "folic acid 5 mg", "aspirin", None]),
            )

    return spoil


def _born(chance: random.Random) -> Any:
    def spoil(row: dict[str, Any]) -> None:
        what = chance.randrange(9)
        if what == 0:
            row["day_of_birth"] = None
        elif what == 1:
            row["month_of_birth"] = row["day_of_birth"] = None
        elif what == 2:
            row["month_of_birth"], row["day_of_birth"] = 2, chance.choice([28, 29, 30, 0])
        elif what == 3:
            row["birth_datetime"] = dt.datetime.combine(dt.date(row["year_of_birth"], 7, 2), dt.time(3, 4))
        elif what == 4:
            row["month_of_birth"] = 13
        elif what == 5:
            row["year_of_birth"] = chance.choice([2024, 2025, 2006, 2008])
        elif what == 6:
            row["gender_concept_id"] = 0

    return spoil


def _observed(chance: random.Random, number: int, count: int) -> dict[str, Any]:
    concept, value = chance.choice(
        [(401, None), (402, "vegan"), (402, "omnivorous"), (403, "pernicious anaemia"), (108, "70")]
    )
    return {
        "observation_id": number, "person_id": chance.randrange(1, count + 1), "observation_concept_id": concept,
        "observation_date": _back(chance, 2000), "value_as_string": value, "value_as_concept_id": 0, "observation_source_value": "",
    }  # fmt: skip
