"""``cohort sql`` and ``cohort columns``: the statements to run where the data lives, and what a table of facts holds."""

from __future__ import annotations

from importlib.util import find_spec

import click

from cobalens import errors
from cobalens.engines.sql.answers import answers_query
from cobalens.serve import refusals
from cobalens.serve.cohort.packs import read_otherwise
from cobalens.serve.cohort.runner import DONE, knowledge

FACTS, RECORDS = "facts", "records"
"""What is read: a table of facts, for the answers; or the tables of results and statements, for that table of facts."""


def write_sql(kind: str, dialect: str, table: str, schema: str | None, pack: str, rows: bool) -> int:
    """The statement on standard output."""
    if find_spec("sqlglot") is None:
        raise errors.extra_missing("whole populations", "cohort")
    from cobalens.engines.sql import dialects

    if not all(part.isidentifier() for name in (table, schema or FACTS) for part in name.split(".")):
        raise refusals.no_table_name()
    text = facts_text(dialect, pack) if kind == RECORDS else answers_text(dialect, table, pack, rows)
    said = dialects.written(text, dialect, schema if kind == RECORDS else None)
    click.echo(f"-- {knowledge(pack)[0].hash}, {pack}\n{said};")
    return DONE


def answers_text(dialect: str, table: str, pack: str, rows: bool) -> str:
    from cobalens.engines.sql.dialects import flag_of
    from cobalens.engines.sql.text import whole_text

    ruleset, primary, others = knowledge(pack)
    differs = read_otherwise(ruleset, primary, others)
    return whole_text(answers_query(ruleset, primary, others, differs, rows, flag=flag_of(dialect)), table)


def facts_text(dialect: str, name: str) -> str:
    """Every column that the answers read, whatever the unit of a result, as long as a limit can be said in it."""
    from cobalens.engines.sql.dialects import WITHOUT_BITS
    from cobalens.engines.sql.timelines import columns_query
    from cobalens.intake.timelines.canonical import scales_for
    from cobalens.serve.cohort.omop import columns_of
    from cobalens.serve.cohort.people import shape_of

    if dialect in WITHOUT_BITS:
        raise refusals.dialect_without_facts(dialect)
    ruleset, primary, others = knowledge(name)
    wanted = columns_of(shape_of(ruleset, primary, others), primary, others)
    scales = {pack.name: scales_for(ruleset, pack) for pack in (primary, *others)}
    return columns_query(ruleset, wanted, scales).sql


def list_columns(name: str) -> int:
    ruleset, pack, others = knowledge(name)
    query = answers_query(ruleset, pack, others, read_otherwise(ruleset, pack, others))
    click.echo("person_id\tthe person\nindex_day\tthe day of decision, in days since 1970-01-01")
    for column, fact in query.facts.items():
        click.echo(f"{column}\t{' | '.join(ruleset.facts[fact].values)}")
    return DONE
