"""The published formulas as SQL, for a database that reads its own tables: in doubles, where one patient's are exact decimals.

A result can come out otherwise only where the formula lies within the last digit of a double beside a half of what it is
rounded to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from cobalens.knowledge import scores
from cobalens.knowledge.scores import Score

Factors = Mapping[str, float]
"""Unit -> how much one of it is in the unit that a formula wants."""


class Formula(Struct, frozen=True):
    """A score as one expression: ``{0}`` is the first result, in the unit that the formula wants."""

    score: Score
    needs: tuple[tuple[str, Factors], ...]
    """The tests that go in."""
    value: str
    holds: str
    """Where it can be worked out."""
    last: bool = True
    """Of several results of a day the last listed speaks; else the first."""


def formulas(factors: Callable[[str, str], Factors]) -> list[Formula]:
    """In the order in which one result comes before another. ``factors``: a test and the unit wanted -> of its units."""
    iron, other = ("iron", factors("iron", "umol/L")), "{0} >= 0 AND {1} > 0"
    saturation = (
        (scores.TSAT_TIBC, "tibc", "umol/L", "100 * {0} / {1}"),
        (scores.TSAT_TRANSFERRIN, "transferrin", "g/L", f"100 * {{0}} / ({{1}} * 2000000 / {scores.TRANSFERRIN_MOLAR_MASS})"),
    )  # fmt: skip
    return [
        Formula(scores.EGFR, (("creatinine", factors("creatinine", "mg/dL")),), _filtration(),
                f"{{0}} > 0 AND p.age >= {scores.YOUNGEST_FOR_EGFR} AND s.sex IS NOT NULL", last=False),
        *(
            Formula(score, (iron, (carrier, factors(carrier, unit))), _rounded(text, "10"), other)
            for score, carrier, unit, text in saturation
        ),
        Formula(
            scores.RETICULOCYTES,
            (("reticulocytes_percent", factors("reticulocytes_percent", "%")), ("rbc", factors("rbc", "10*12/L"))),
            _rounded("{0} * {1} * 10", "10"), "{0} >= 0",
        ),
    ]  # fmt: skip


def _filtration() -> str:
    """As ``scores.egfr_ckd_epi_2021``."""

    def by_sex(numbers: Mapping[str, Decimal]) -> str:
        return "CASE s.sex " + " ".join(f"WHEN '{sex}' THEN {one}" for sex, one in numbers.items()) + " END"

    ratio = f"{{0}} / ({by_sex(scores.KAPPA)})"
    below, above = (f"CASE WHEN {ratio} {sign} 1 THEN {ratio} ELSE 1 END" for sign in "<>")
    return _rounded(
        f"{scores.AT_KAPPA} * POWER({below}, {by_sex(scores.ALPHA)}) * POWER({above}, {scores.ABOVE_KAPPA}) "
        f"* POWER({scores.EACH_YEAR}, p.age) * ({by_sex(scores.SEX_FACTOR)})",
        "1",
    )


def _rounded(text: str, steps: str) -> str:
    return f"FLOOR(({text}) * {steps} + 0.5) / {steps}.0"


def derived(name: str, formula: Formula, person: str, before: Sequence[str]) -> list[str]:
    """The table expressions of one formula over ``measured``, the last of them ``name``, a table like ``lab``.

    A result that the laboratory reported itself on that day stays, and one of an earlier formula (``before``) too.
    """
    gives, steps, joined = formula.score.gives, [], ""
    for nth, (analyte, factors) in enumerate(formula.needs):
        whens = " ".join(f"WHEN '{unit}' THEN l.lo * {factor!r}" for unit, factor in sorted(factors.items()))
        amount = f"CASE l.unit {whens} END"
        steps.append(
            f"{name}_{nth} AS (SELECT person_id, first_day, amount, clock, status, place FROM (SELECT l.person_id, l.first_day, "
            f"{amount} AS amount, l.clock, l.status, l.place, ROW_NUMBER() OVER (PARTITION BY l.person_id, l.first_day "
            f"ORDER BY l.place {'DESC' if formula.last else 'ASC'}) AS turn FROM measured l WHERE l.analyte = '{analyte}' "
            f"AND l.problem IS NULL AND l.lo = l.hi AND {amount} IS NOT NULL) o WHERE turn = 1)"
        )
        if nth:
            joined += f" JOIN {name}_{nth} r{nth} ON r{nth}.person_id = r0.person_id AND r{nth}.first_day = r0.first_day"
    amounts = [f"r{nth}.amount" for nth in range(len(formula.needs))]
    value, holds = (text.format(*amounts) for text in (formula.value, formula.holds))
    there = "{0}.person_id = r0.person_id AND {0}.first_day = r0.first_day AND {0}.analyte = '{1}'".format
    said = "o.problem IS NULL AND (o.lo IS NOT NULL OR o.hi IS NOT NULL OR o.qualitative IS NOT NULL)"
    gone = "".join(f" AND NOT EXISTS (SELECT 1 FROM {other} g WHERE {there('g', gives)})" for other in before)
    number, text = "CAST(NULL AS DOUBLE)", "CAST(NULL AS VARCHAR)"
    given = (
        f"SELECT r0.person_id, r0.place, '{gives}' AS analyte, {value} AS lo, {value} AS hi, FALSE AS lo_open, "
        f"FALSE AS hi_open, '{formula.score.unit}' AS unit, r0.first_day, r0.first_day AS last_day, r0.clock, {number} AS ref_low, "
        f"{number} AS ref_high, {text} AS qualitative, {text} AS problem, r0.status, TRUE AS derived, CAST(NULL AS INTEGER) AS for_index "
        f"FROM {name}_0 r0{joined} JOIN {person} p ON p.person_id = r0.person_id LEFT JOIN sexes s ON s.person_id = r0.person_id "
        f"WHERE {holds} AND NOT EXISTS (SELECT 1 FROM measured o WHERE {there('o', gives)} AND {said}){gone}"
    )
    return [*steps, f"{name} AS ({given})"]
