"""The whole query: three canonical tables in, one row of facts a person and day of decision out, under as many packs as wanted.

What no limit bears on is worked out once. An analyte that another pack cuts otherwise is read as an analyte of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from cobalens import errors
from cobalens.engines.sql.timelines import chain, cutting, doses, moods, results, statements, treated
from cobalens.engines.sql.timelines.layout import Frame
from cobalens.model.cohort import Scale
from cobalens.model.ruleset import Fact, Pack, Ruleset

Scales = Mapping[str, Sequence[Scale]]
"""Each pack's limits, by its name."""
UNCUT = frozenset({"range", "reading"})
"""Timelines of results on which neither a pack's limits nor its policies bear."""


class Column(Struct, frozen=True):
    """A fact as it is read under a pack's limits and policies, and what it is called."""

    name: str
    fact: str
    pack: Pack


class Query(Struct, frozen=True):
    """One SELECT over ``person``, ``lab`` and ``event``, and the names of its columns in their order."""

    sql: str
    facts: tuple[str, ...]


class _Wanted(Struct, frozen=True):
    """A column, and the first pack that reads its fact in the same way."""

    name: str
    fact: Fact
    pack: Pack

    @property
    def read(self) -> results.Read:
        return self.fact.of[0], self.pack.name


def facts_query(
    ruleset: Ruleset,
    pack: Pack,
    scales: Sequence[Scale],
    facts: Iterable[str] | None = None,
    index_day: int | None = None,
    one_each: bool = False,
) -> Query:
    """``columns_query`` for one pack. ``facts``: those wanted, by default all that rules read."""
    if facts is None:
        read = {name for table in ruleset.tables for name in table.inputs}
        facts = [name for name in ruleset.facts if name in read]
    columns = [Column(name, name, pack) for name in facts]
    return columns_query(ruleset, columns, {pack.name: scales}, index_day, one_each)


def columns_query(
    ruleset: Ruleset,
    columns: Sequence[Column],
    scales: Scales,
    index_day: int | None = None,
    one_each: bool = False,
) -> Query:
    """Everything that is wanted, in one text. ``index_day``: the one day of decision, where there is one.

    ``one_each``: whether nobody stands twice in ``person``, on two days.
    """
    wanted = _wanted(ruleset, columns, scales)
    facts = [one.fact for one in wanted]
    _refuse_strange(facts, ruleset)
    frame = Frame(index_day, one_each)
    dosing = [one for one in wanted if one.fact.timeline in ("treatment_state", "sample_timing")]
    said = [one.fact for one in wanted if not one.fact.lab and one not in dosing]
    treatment = next((f for f in ruleset.facts.values() if f.timeline == "treatment_state"), None)
    sampling = next((one.fact for one in dosing if one.fact.timeline == "sample_timing"), None)
    doses_of = [f for f in (treatment, sampling) if f is not None]
    s = statements.statements_of(ruleset, said, doses_of)
    chains, r = _chains(ruleset, wanted)
    counted = {tag: fact for tag, fact in (("", treatment), (chain.SAMPLE, sampling)) if fact is not None}
    has_doses = bool(dosing or chains)
    dosed = [name for fact in counted.values() if has_doses for name in statements.concepts_of(fact)]
    read = (name for c in chains for name in c.analytes)
    ctes = [*moods.kept(s, dosed, frame), *results.kept(r, read, frame)]
    ctes += moods.tables(s, frame)
    if has_doses:
        ctes += _doses(counted, s, frame)
    if r.numbers:
        ctes += _results(r, wanted, scales, frame)
    for one in chains:
        ctes += treated.tables(one, scales, frame)
    beside, joins = _beside(r, chains, bool(dosing), frame)
    ctes.append(statements.bits(s, frame, beside=beside, joins=joins))
    typed = [f"{_column(one, s, r, chains)} AS {one.name}" for one in wanted]
    listed = ",\n  ".join(["b.person_id, b.index_day", *typed])
    text = "WITH " + ",\n".join(ctes) + f"\nSELECT {listed}\nFROM bits b"
    return Query(text, tuple(one.name for one in wanted))


# --- Who reads what -----------------------------------------------------------------------------------------------


def _wanted(ruleset: Ruleset, columns: Sequence[Column], scales: Scales) -> list[_Wanted]:
    """What two packs read alike is read once, under the first of them."""
    packs = list({one.pack.name: one.pack for one in columns}.values())
    found = []
    for one in columns:
        fact = ruleset.facts[one.fact]
        first = next(
            pack for pack in packs if pack.name == one.pack.name or _alike(fact, pack, one.pack, scales)
        )
        found.append(_Wanted(one.name, fact, first))
    return found


def _alike(fact: Fact, one: Pack, other: Pack, scales: Scales) -> bool:
    """Whether a fact comes to the same under two packs, whatever the record."""
    if fact.timeline in UNCUT or (not fact.lab and fact.timeline != "sample_timing"):
        return True
    if fact.timeline != "latest" and chain.policies_of(one) != chain.policies_of(other):
        return False
    return not fact.lab or _limits(fact, one, scales) == _limits(fact, other, scales)


def _limits(fact: Fact, pack: Pack, scales: Scales) -> object:
    """All of a pack that cuts a fact's results: the limits in every unit, and the units in which they are published."""
    here = [scale for scale in scales[pack.name] if scale.analyte == fact.of[0]]
    return here, [(limit.name, tuple(limit.values)) for limit in pack.limits.get(fact.of[0], ())]


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
    once = {(f.of[0], f.timeline): f.name for f in wanted if f.timeline in treated.TIMELINES}
    strange += [
        f.name for f in wanted if f.timeline in treated.TIMELINES and once[f.of[0], f.timeline] != f.name
    ]
    if strange:
        raise errors.facts_without_sql(strange)


def _chains(ruleset: Ruleset, wanted: Sequence[_Wanted]) -> tuple[list[chain.Chain], results.Results]:
    """The chains of all analytes of which results are read row by row, and the numbers of everything that is read."""
    packs = {one.pack.name: one.pack for one in wanted}
    sampled = [
        (name, one.pack.name)
        for one in wanted
        if one.fact.timeline == "sample_timing"
        for name in treated.sampled_analytes(ruleset, one.fact)
    ]
    labs = [one for one in wanted if one.fact.lab]
    special = [one for one in labs if one.fact.timeline in treated.TIMELINES]
    reads = list(dict.fromkeys([*sampled, *(one.read for one in special)]))
    r = results.results_of(ruleset, [(one.fact, one.pack.name) for one in labs], reads)
    together: dict[tuple[object, chain.Policies], tuple[list[chain.Lane], dict[str, Fact]]] = {}
    for read in reads:
        facts = {one.fact.timeline: one.fact for one in special if one.read == read}
        asked = facts.keys() | ({"sample_timing"} if read in sampled else set())
        lane = chain.Lane(read[0], packs[read[1]], r.numbers[read], r.bands.get(read[0]), frozenset(asked))
        # Which range says what is high is asked of each row: no reason for a chain of its own.
        policies = replace(chain.policies_of(lane.pack), above_by_laboratory=False)
        days = {fact.current_for for fact in facts.values()}
        alike = frozenset(days) if asked <= chain.SHARED else read[0]
        lanes, found = together.setdefault((alike, policies), ([], {}))
        lanes.append(lane)
        found.update(facts)
    chains = [
        chain.Chain(tuple(lanes), facts, any("sample_timing" in lane.wanted for lane in lanes))
        for lanes, facts in together.values()
    ]
    return chains, r


def _doses(counted: Mapping[str, Fact], s: statements.Statements, frame: Frame) -> list[str]:
    ctes = doses.tables(counted, s, frame) if counted else []
    if "" not in counted:
        ctes.append(doses.no_course(frame))
    return [*ctes, *doses.given(s, frame, counted)]


def _beside(
    r: results.Results, chains: Sequence[chain.Chain], dosing: bool, frame: Frame
) -> tuple[list[tuple[str, str]], str]:
    """What stands beside the statements of a person: expressions with their names, and the joins that bring them."""
    columns = [(f"COALESCE(r.r{word}, 0)", f"r{word}") for word in range(r.words)]
    joins = f" LEFT JOIN lab_words r ON {frame.on('r', 'p')}" if r.numbers else ""
    for c in chains:
        for lane in c.lanes:
            found = [timeline for timeline in c.facts if timeline in lane.wanted]
            found += ["timing"] if "sample_timing" in lane.wanted else []
            columns += [(f"{lane.name}.{one}", lane.column(one)) for one in found]
            joins += f" LEFT JOIN {c.name}_fact {lane.name} ON {frame.on(lane.name, 'p')}"
            joins += f" AND {lane.name}.number = {lane.number}" if len(c.lanes) > 1 else ""
    if dosing:
        columns += [(f"g.{name}", name) for name in ("ongoing", "treated", "denied")]
        joins += f" LEFT JOIN given g ON {frame.on('g', 'p')}"
    return columns, joins


def _results(r: results.Results, wanted: Sequence[_Wanted], scales: Scales, frame: Frame) -> list[str]:
    width = cutting.widest(r.bands[name] for name, _ in r.numbers if name in r.bands)
    trends = {one.pack.name: chain.policies_of(one.pack).trend_percent for one in wanted}
    cut = [
        (number, scale, trends[pack])
        for (name, pack), number in r.numbers.items()
        for scale in scales[pack]
        if scale.analyte == name
    ]
    return [results.analyte_table(r), cutting.scale_table(cut, width), *results.tables(r, frame, width)]


def _column(one: _Wanted, s: statements.Statements, r: results.Results, chains: Sequence[chain.Chain]) -> str:
    fact = one.fact
    own = {lane.analyte: lane for c in chains for lane in c.lanes if lane.pack.name == one.pack.name}
    if fact.timeline == "treatment_state":
        found = doses.treatment_state(fact)
    elif fact.timeline == "sample_timing":
        names = treated.sampled_analytes(s.ruleset, fact)
        found = treated.sample_timing(fact, [own[name] for name in names if name in own])
    elif not fact.lab:
        found = statements.column_of(fact, s)
    elif fact.timeline in ("latest", "range"):
        found = results.column_of(fact, one.pack.name, r)
    else:
        found = f"COALESCE(b.{own[fact.of[0]].column(fact.timeline)}, 0)"
    return f"CAST({found} AS TINYINT)"
