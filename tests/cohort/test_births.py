"""What a person's own line says on a day of decision is asked once for an age, and is what it says with its own date."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from cobalens.errors import CobalensError
from cobalens.intake.fhir.person import placed
from cobalens.intake.fhir.shortway import Day, born_as, day_of
from cobalens.model.cohort import EPOCH
from cobalens.serve.cohort import plain as cohort_plain
from cobalens.serve.cohort.people import Asked, Part, read_part
from cobalens.serve.cohort.plain import Work, as_event, reader_for
from tests.cohort.rules_agreement import DOOR
from tests.cohort.test_fast_lane import differences, shared_out
from tests.records.fhir.build import LOINC, concept, status

LEAP, COMMON, PLAIN = "2024-02-29", "2023-02-28", "2026-03-02"
"""Days of decision: on 29 February, the day before 1 March in a year without it, and any other."""
BIRTHS = [
    "1960-02-28", "1960-02-29", "1960-03-01", "1960-03-02", "1960-03-03", "1960-12-31", "1961-01-01", "1961-03-02",
    # Sixteen and sixty-five years, to the day; a hundred and thirty, and more.
    "2010-03-01", "2010-03-02", "2010-03-03", "1961-03-01", "1961-03-03", "1896-03-02", "1896-03-01", "1850-01-01",
    # On the day of decision and around it.
    "2026-03-01", "2026-03-02", "2026-03-03", "2024-02-29", "2023-02-28", "2023-03-01",
    # Not whole, not to be understood, or not there.
    "1960", "1960-03", "02/03/1960", "15/03/1960", "3 March 1960", "sixty", "1960-02-30", "", "1960-03-02T08:00:00Z", "1960-03-02Tnoon", "19600302",
]  # fmt: skip
BACKGROUNDS = [None, "White", "Asian, moved here in August 2019", "Other, since 3 March"]
"""The last two are not read the same on every day."""


def person(who: str, born: str, background: str | None) -> list[str]:
    patient: dict[str, Any] = {"resourceType": "Patient", "id": who, "gender": "female"}
    if born:
        patient["birthDate"] = born
    if background:
        url = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race"
        patient["extension"] = [{"url": url, "extension": [{"url": "text", "valueString": background}]}]
    results = [
        {
            "resourceType": "Observation",
            "id": f"{who}-{nth}",
            "subject": {"reference": f"Patient/{who}"},
            "status": "final",
            "category": [status("laboratory")],
            "code": concept("", (LOINC, "2132-9")),
            "effectiveDateTime": day,
            "valueQuantity": {"value": 180, "unit": "pg/mL"},
        }
        for nth, day in enumerate((COMMON, LEAP, PLAIN))
    ]
    return [json.dumps(one) for one in (patient, *results)]


def everybody() -> dict[str, list[str]]:
    return {
        f"p{nth}-{kind}": person(f"p{nth}-{kind}", born, background)
        for kind, background in enumerate(BACKGROUNDS)
        for nth, born in enumerate(BIRTHS)
    }


def watched(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Takes every person's own line about which is asked."""
    asked: list[Any] = []

    def asks(patient: Any, reader: Any) -> Any:
        asked.append(patient)
        return born_as(patient, reader)

    monkeypatch.setattr(cohort_plain, "born_as", asks)
    return asked


def by_itself(work: Work, wording: int, date: int, clock: int, day: int) -> tuple[tuple[Any, ...], list[Any]]:
    """What is said of one line with its own date, and its statements."""
    rows = work.rows
    one: Any = replace(rows.examples[wording], birth_date=rows.days[date] + rows.clocks[clock])
    try:
        said = born_as(one, reader_for(work, day))
    except CobalensError:
        return (None, False, ""), []
    codes = " ".join(sorted(said.codes.intersection(work.tables.noticed)))
    age = None if said.age is None else float(said.age)
    return (age, True, codes), [as_event(work, one, day) for one in said.events]


@pytest.mark.parametrize(
    ("kind", "day"),
    [("date", PLAIN), ("date", LEAP), ("date", COMMON), ("latest", None), ("each-result", None)],
)
def test_each_line_says_what_it_says_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, day: str | None
) -> None:
    tables, asked, met = cohort_plain._born, watched(monkeypatch), list[Any]()

    def checked(work: Work) -> None:
        own = "FROM line l JOIN judging j ON j.owner = l.owner WHERE l.kind = 0 AND l.owner NOT IN (FROM careful)"
        before = work.base.execute(f"SELECT DISTINCT l.wording, l.day, l.clock, j.index_day {own}").fetchall()
        tables(work)
        keys = "wording, day, clock, index_day"
        found = {row[:4]: row[4:] for row in work.base.execute("FROM born").fetchall()}
        assert sorted(found) == sorted(before)
        for key, said in found.items():
            expected, events = by_itself(work, *key)
            assert said == expected, key
            held = work.base.execute(
                f"SELECT * EXCLUDE ({keys}) FROM born_events WHERE ({keys}) = {key} ORDER BY rowid"
            ).fetchall()
            assert held == events, key
        met.extend(found)

    monkeypatch.setattr(cohort_plain, "_born", checked)
    part = Part(0, str(shared_out(everybody(), tmp_path)), True, str(tmp_path / "f"), str(tmp_path / "r"))
    read_part(part, Asked(DOOR.pack.name, kind, day))
    assert len(met) > 80
    assert len(asked) < 0.9 * len(met)


def test_people_of_one_age_are_asked_about_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begin = dt.date(1960, 3, 3)
    births = [(begin + dt.timedelta(days=nth)).isoformat() for nth in range(365)]
    lines = {f"p{nth}": person(f"p{nth}", born, "White") for nth, born in enumerate(births)}
    part = Part(0, str(shared_out(lines, tmp_path)), True, str(tmp_path / "f"), str(tmp_path / "r"))
    asked = watched(monkeypatch)
    read_part(part, Asked(DOOR.pack.name, "date", PLAIN))
    assert len(asked) == 1


@pytest.mark.parametrize(
    "said",
    [
        *BIRTHS, "1969-12-31", "1970-01-01", "0001-01-01", "0000-01-01", "9999-12-31", "2026-02-29", "2026-13-01", "2026-00-10", "2026-1-01",
        "2026-W01-1", "2026-123", " 2026-3-02", "2026-3-02 ", "2026-03-2T", "\u0662026-03-02", "202\u0666-03-02", "abcd-ef-gh", "2026-03-0a",
    ],
)  # fmt: skip
def test_a_day_is_what_the_reader_of_one_record_takes_it_for(said: str) -> None:
    found, unknown = placed(said.strip(), EPOCH), Day(None, None, False, False)
    if found is None or found[1]:
        assert day_of(said) == unknown
    else:
        whole = len(said) == 10 and said[4] == said[7] == "-" and said == said.strip()
        assert day_of(said) == Day(found[0].first, found[0].last, True, whole)


@pytest.mark.parametrize(("kind", "day"), [("date", LEAP), ("date", PLAIN), ("latest", None)])
def test_people_around_a_birthday_have_the_facts_of_the_careful_reader(
    tmp_path: Path, kind: str, day: str | None
) -> None:
    _, differ = differences(everybody(), tmp_path, kind, day)
    assert differ == []
