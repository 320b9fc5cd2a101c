"""The whole query: three canonical tables in, one row of facts a person and day of decision out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from cobalens import errors
from cobalens.engines.sql.timelines import chain, cutting, doses, moods, results, statements, treated
from cobalens.engines.sql.timelines.layout import Frame
from cobalens.model.cohort import Scale
from cobalens.model.ruleset import Fact, Pack, Ruleset


class Query(Struct, frozen=True):
    """One SELECT over ``person``, ``lab`` and ``event``, and the facts in the order of its columns."""

    sql: str
    facts: tuple[str, ...]


def facts_query(
    ruleset: Ruleset,
    pack: Pack,
    scales: Sequence[Scale],
    facts: Iterable[str] | None = None,
    index_day: int | None = None,
    one_each: bool = False,
) -> Query:
    """``facts``: those wanted, by default all that rules read. ``index_day``: the one day of decision, where there is one.

    ``one_each``: whether nobody stands twice in ``person``, on two days.
    """
    wanted = _wanted(ruleset, facts)
    _refuse_strange(wanted, ruleset)
    frame = Frame(index_day, one_each)
    dosing = [f for f in wanted if f.timeline in ("treatment_state", "sample_timing")]
    said = [f for f in wanted if not f.lab and f not in dosing]
    labs = [f for f in wanted if f.lab]
    treatment = next((f for f in ruleset.facts.values() if f.timeline == "treatment_state"), None)
    sampling = next((f for f in dosing if f.timeline == "sample_timing"), None)
    doses_of = [f for f in (treatment, sampling) if f is not None]
    policies = chain.policies_of(pack)
    s = statements.statements_of(ruleset, said, doses_of)
    chains, r = _chains(ruleset, labs, dosing)
    width = cutting.widest(r.bands[name] for name in r.numbers if name in r.bands)
    ctes = moods.tables(s, frame)
    counted = {tag: fact for tag, fact in (("", treatment), (chain.SAMPLE, sampling)) if fact is not None}
    if dosing or chains:
        if counted:
            ctes += doses.tables(counted, s, frame)
        if treatment is None:
            ctes.append(doses.no_course(frame))
        ctes += doses.given(s, frame, counted)
    if r.numbers:
        ctes += [
            results.analyte_table(r),
            cutting.scale_table(scales, r.numbers, width, policies.trend_percent),
            *results.tables(r, frame, width),
        ]
    for one in chains:
        ctes += treated.tables(one, ruleset, pack, policies, scales, frame)
    columns = [f"{_column(f, s, r, chains)} AS {f.name}" for f in wanted]
    beside = [(f"COALESCE(r.r{word}, 0)", f"r{word}") for word in range(r.words)]
    joins = f" LEFT JOIN lab_words r ON {frame.on('r', 'p')}" if r.numbers else ""
    for c in chains:
        beside += [(f"{c.name}.{name}", name) for name in c.facts]
        beside += [(f"{c.name}.timing", f"{c.name}_timing")] if c.sampled else []
        joins += f" LEFT JOIN {c.name}_fact {c.name} ON {frame.on(c.name, 'p')}"
    if dosing:
        beside += [(f"g.{name}", name) for name in ("ongoing", "treated", "denied")]
        joins += f" LEFT JOIN given g ON {frame.on('g', 'p')}"
    ctes.append(statements.bits(s, frame, beside=beside, joins=joins))
    typed = ",\n  ".join(columns)
    text = "WITH " + ",\n".join(ctes)
    text += f"\nSELECT b.person_id, b.index_day,\n  {typed}\nFROM bits b"
    return Query(text, tuple(f.name for f in wanted))


def _wanted(ruleset: Ruleset, facts: Iterable[str] | None) -> list[Fact]:
    if facts is not None:
        return [ruleset.facts[name] for name in facts]
    read = {name for table in ruleset.tables for name in table.inputs}
    return [fact for name, fact in ruleset.facts.items() if name in read]


def _refuse_strange(wanted: Sequence[Fact], ruleset: Ruleset) -> None:
    """Every fact has its SQL or the query is refused: none is left unknown in silence."""
    known = statements.TIMELINES | treated.TIMELINES | {"latest", "range", "treatment_state"}
    strange = [fact.name for fact in wanted if fact.timeline not in known]
    limits: dict[str, set[tuple[object, ...]]] = {}
    for fact in ruleset.facts.values():
        if fact.lab and fact.limits:
            shape = (fact.limits, fact.limits_of, tuple(sorted(fact.qualitative.items())))
            limits.setdefault(fact.of[0], set()).add(shape)
    strange += [f.name for f in wanted if f.lab and f.limits and len(limits[f.of[0]]) > 1]
    if strange:
        raise errors.facts_without_sql(strange)


def _chains(
    ruleset: Ruleset, labs: Sequence[Fact], dosing: Sequence[Fact]
) -> tuple[list[chain.Chain], results.Results]:
    special = [f for f in labs if f.timeline in treated.TIMELINES]
    sampled = [
        name
        for fact in dosing
        if fact.timeline == "sample_timing"
        for name in treated.sampled_analytes(ruleset, fact)
    ]
    names = list(dict.fromkeys([*sampled, *(f.of[0] for f in special)]))
    r = results.results_of(ruleset, labs, names)
    chains = [
        chain.Chain(
            name,
            r.numbers[name],
            r.bands.get(name),
            {f.name: f for f in special if f.of[0] == name},
            name in sampled,
        )
        for name in names
    ]
    return chains, r


def _column(fact: Fact, s: statements.Statements, r: results.Results, chains: Sequence[chain.Chain]) -> str:
    if fact.timeline == "treatment_state":
        found = doses.treatment_state(fact)
    elif fact.timeline == "sample_timing":
        names = treated.sampled_analytes(s.ruleset, fact)
        found = treated.sample_timing(fact, [c for name in names for c in chains if c.analyte == name])
    elif not fact.lab:
        found = statements.column_of(fact, s)
    elif fact.timeline in ("latest", "range"):
        found = results.column_of(fact, r)
    else:
        found = f"COALESCE(b.{fact.name}, 0)"
    return f"CAST({found} AS TINYINT)"
