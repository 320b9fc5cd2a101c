"""``cohort sql`` and ``cohort columns``: the statements to run where the data lives, and what a table of facts holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from importlib.util import find_spec

import click

from cobalens import errors
from cobalens.engines.sql.answers import answers_query
from cobalens.model.cohort import DIED, EPOCH
from cobalens.serve.cohort.packs import read_otherwise
from cobalens.serve.cohort.refusals import dialect_only_in_steps, no_index, no_table_name
from cobalens.serve.cohort.runner import knowledge
from cobalens.serve.status import DONE

FACTS, RECORDS, OMOP, WORDS, MEANINGS = "facts", "records", "omop", "words", "meanings"
"""What is read: a table of facts, for the answers; the tables of results and statements, or an OMOP instance with what its
wordings mean, for that table of facts; the instance's wordings, and what these mean, for those."""
KINDS = (WORDS, MEANINGS, OMOP, RECORDS, FACTS)
VOCABULARY = frozenset({"concept", "concept_ancestor"})


def write_sql(kind: str, dialect: str, pack: str, *, table: str, schema: str | None, results_schema: str | None,
              words: str | None, unread: str | None, index: str, complete: str, rows: bool,
              steps: bool, into: str | None) -> int:  # fmt: skip
    """The statement on standard output."""
    if find_spec("sqlglot") is None:
        raise errors.extra_missing("whole populations", "cohort")
    from cobalens.engines.sql import dialects
    from cobalens.serve.cohort import wordings

    named = [table, *(one.strip() for one in (schema or "").split(",")), results_schema or "", into or ""]
    if not all(dialects.is_name(name) for name in named if name):
        raise no_table_name()

    def said(text: str, places: dict[str, str], outcome: str) -> str:
        if steps:
            return ";\n".join(dialects.in_steps(text, dialect, places, results_schema, into or outcome))
        found = dialects.written(text, dialect, places)
        return found if into is None else dialects.kept_as(found, into, dialect)

    if kind in (RECORDS, OMOP) and dialect in dialects.ONLY_IN_STEPS and not steps:
        raise dialect_only_in_steps(dialect)
    if kind == MEANINGS:
        found = wordings.meanings_text(words, unread, dialect, results_schema)
    elif kind == FACTS:
        found = said(answers_text(dialect, pack, rows), {FACTS: table}, "b12_answers")
    elif kind == RECORDS:
        places = {name: f"{schema}.{name}" for name in dialects.RECORDS} if schema else {}
        found = said(facts_text(pack), places, "b12_facts")
    elif kind == WORDS:
        tables = instance(schema)
        found = said(wordings.words_text(codes_of(pack), own_names()), tables, "b12_words")
    else:
        tables = instance(schema) | meaning_tables(results_schema)
        met = wordings.units_of(words) if words else ()
        found = said(omop_text(pack, index, complete, met), tables, "b12_facts")
    click.echo(f"-- {knowledge(pack)[0].hash}, {pack}\n{found};")
    return DONE


def answers_text(dialect: str, pack: str, rows: bool) -> str:
    from cobalens.engines.sql.dialects import flag_of
    from cobalens.engines.sql.text import whole_text

    ruleset, primary, others = knowledge(pack)
    differs = read_otherwise(ruleset, primary, others)
    return whole_text(answers_query(ruleset, primary, others, differs, rows, flag=flag_of(dialect)))


def facts_text(name: str, met: Iterable[tuple[str, str | None]] = ()) -> str:
    """Every column that the answers read, whatever the unit of a result, as long as a limit can be said in it.

    ``met``: further tests and units that the data hold.
    """
    from cobalens.engines.sql.timelines import columns_query
    from cobalens.intake.timelines.canonical import scales_for
    from cobalens.serve.cohort.omop import columns_of
    from cobalens.serve.cohort.people import shape_of

    ruleset, primary, others = knowledge(name)
    wanted = columns_of(shape_of(ruleset, primary, others), primary, others)
    known = tuple(met)
    scales = {pack.name: scales_for(ruleset, pack, known) for pack in (primary, *others)}
    return columns_query(ruleset, wanted, scales).sql


def omop_text(name: str, index: str, complete: str, met: Iterable[tuple[str, str | None]] = ()) -> str:
    """From an instance's own tables, and what its wordings mean, to the table of facts."""
    known = tuple(met)
    return before_facts(facts_text(name, known), name, index, complete, known)


def before_facts(
    facts: str, name: str, index: str, complete: str, met: Iterable[tuple[str, str | None]] = ()
) -> str:
    """A query of facts over the canonical tables with these made from an instance's own."""
    from cobalens.api import load
    from cobalens.engines.sql.dialects import chained
    from cobalens.engines.sql.sources import omop, omop_text
    from cobalens.intake.dictionary import sexes_of
    from cobalens.intake.timelines.canonical import factors_for
    from cobalens.intake.words.events import LONG_AGO
    from cobalens.model.cohort import lists_of
    from cobalens.serve.cohort.days import lasts_of

    ruleset = knowledge(name)[0]
    asked = [one.strip() for one in complete.split(",") if one.strip()]
    records = omop_text.records(
        own_names(), omop.known_codes(codes_of(name)), day_of(index), lasts_of(ruleset), lists_of(ruleset),
        load().read({"facts": {}}, complete=asked).complete, LONG_AGO,
        lambda test, unit: factors_for(ruleset, test, unit, met), sexes_of(ruleset),
    )  # fmt: skip
    named = {"person": omop_text.PERSON, "lab": omop_text.LAB, "event": omop_text.EVENT}
    # Whoever is judged on several days is told apart by a name that is no longer needed in the end.
    return chained(records, facts, named, "judged")


def codes_of(name: str) -> set[tuple[str, str]]:
    return {(one.system, one.code) for c in knowledge(name)[0].concepts.values() for one in c.codes}


def own_names() -> dict[str, str]:
    from cobalens.engines.sql.sources.omop import HELPFUL, NEEDED

    return {name: name for name in (*NEEDED, *HELPFUL)}


def instance(schema: str | None) -> dict[str, str]:
    """The tables of an instance, and the name by which the text knows its concepts -> where they lie."""
    found = [one.strip() for one in (schema or "").split(",") if one.strip()]
    places = {
        name: ".".join((*((found[-1] if name in VOCABULARY else found[0],) if found else ()), name))
        for name in own_names()
    }
    return places | {"concepts": places["concept"]}


def meaning_tables(schema: str | None) -> dict[str, str]:
    from cobalens.engines.sql.sources.omop_text import ENTRIES, RESULTS

    return {name: f"{schema}.{name}" if schema else name for name in (RESULTS, ENTRIES)}


def day_of(index: str) -> str:
    """A day of decision as whole days since 1970-01-01, or the word for one of each person's own."""
    if index in ("latest", "each-result"):
        return index
    try:
        return str((dt.date.fromisoformat(index) - EPOCH).days)
    except ValueError:
        raise no_index() from None


def list_columns(name: str) -> int:
    ruleset, pack, others = knowledge(name)
    query = answers_query(ruleset, pack, others, read_otherwise(ruleset, pack, others))
    click.echo("person_id\tthe person\nindex_day\tthe day of decision, in days since 1970-01-01")
    click.echo(f"{DIED}\tTRUE where the person has died since then (need not be there)")
    for column, fact in query.facts.items():
        click.echo(f"{column}\t{' | '.join(ruleset.facts[fact].values)}")
    return DONE
