"""The wordings of a database that reads its own tables: out as a list, and back as tables of what they mean."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO

import click
from msgspec.structs import astuple

from cobalens.engines.sql.dialects import table_texts
from cobalens.engines.sql.sources import omop, omop_text
from cobalens.intake.wordings import Wording, read_wordings
from cobalens.model.primary import PRIMARY
from cobalens.model.sources import STATEMENT, WORDS_OF, EntryRow, ResultRow, columns_of
from cobalens.serve.cohort.days import markers_of
from cobalens.serve.cohort.progress import Advance, telling
from cobalens.serve.cohort.refusals import no_list_of_words, no_words
from cobalens.serve.cohort.runner import knowledge
from cobalens.serve.refusals import cannot_be_opened, cannot_be_written, no_such_file

KIND = "kind"
LONGEST = 10_000_000
"""Characters that a field of the list may have at most, so that no wording stops the reading."""


def words_text(known: Iterable[tuple[str, str]], tables: Mapping[str, str]) -> str:
    return omop_text.wordings(tables, omop.known_codes(set(known)))


def meanings_text(words: str | None, unread: str | None, dialect: str, schema: str | None) -> str:
    """Both tables with their rows; what was read, and what was not, is told beside it."""
    if words is None:
        raise no_words()
    ruleset = knowledge(PRIMARY)[0]
    wordings = list({one.said: one for one in (*own_wordings(), *listed(words))}.values())
    with telling(quiet=False) as begin:
        advance = begin("wordings read", len(wordings), 0)
        found = read_wordings(passing(wordings, advance), ruleset, markers_of(ruleset))
    told(wordings, found.unread, unread)
    return ";\n".join(
        part
        for name, shape, rows in (
            (omop_text.RESULTS, ResultRow, found.results),
            (omop_text.ENTRIES, EntryRow, found.entries),
        )
        for part in table_texts(
            f"{schema}.{name}" if schema else name,
            columns_of(shape),
            [astuple(row) for row in rows],
            dialect,
        )
    )


def passing(wordings: Iterable[Wording], advance: Advance) -> Iterator[Wording]:
    for one in wordings:
        yield one
        advance(1)


def own_wordings() -> list[Wording]:
    """What is read of a person's own row, which every instance words alike."""
    return [Wording(STATEMENT, {"section": omop.PATIENT, "name": sex}) for sex in omop.SEX.values()]


def units_of(words: str) -> list[tuple[str, str | None]]:
    """The tests and units that plain numbers are met in."""
    ruleset = knowledge(PRIMARY)[0]
    found = read_wordings((one for one in listed(words) if one.kind != STATEMENT), ruleset)
    return sorted({(row.analyte, row.unit) for row in found.results if row.analyte and row.unit})


def listed(words: str) -> Iterator[Wording]:
    """The list as a database's own tool wrote it: headings in any case, parted by commas, semicolons or tabs."""
    place = Path(words)
    if not place.exists():
        raise no_such_file(words)
    csv.field_size_limit(LONGEST)
    try:
        with place.open(newline="", encoding="utf-8-sig") as file:
            yield from lines_of(file, words)
    except OSError:
        raise cannot_be_opened(words) from None
    except (UnicodeDecodeError, csv.Error):
        raise no_list_of_words(words, []) from None


def lines_of(file: TextIO, place: str) -> Iterator[Wording]:
    headings = file.readline()
    mark = max(",;\t|", key=headings.count)
    names = [one.strip().strip('"').lower() for one in headings.rstrip("\r\n").split(mark)]
    if missing := {KIND, *columns_of_words()} - set(names):
        raise no_list_of_words(place, sorted(missing))
    for row in csv.reader(file, delimiter=mark):
        if not row:
            continue
        held = dict(zip(names, row, strict=False))
        if len(row) != len(names) or held[KIND] not in WORDS_OF:
            raise no_list_of_words(place, [])
        counted = held.get(omop_text.COUNTED, "")
        words = {name: held[name] for name in WORDS_OF[held[KIND]]}
        yield Wording(held[KIND], words, int(counted) if counted.isdigit() else 0)


def columns_of_words() -> list[str]:
    return list(dict.fromkeys(name for words in WORDS_OF.values() for name in words))


def told(wordings: Sequence[Wording], unread: Sequence[tuple[Wording, str]], place: str | None) -> None:
    """How much came to nothing; which wordings, in the file asked for, since they may be what somebody typed."""
    lost, rows = len(unread), sum(one.rows for one, _ in unread)
    click.echo(
        f"{len(wordings):,} wordings on {sum(one.rows for one in wordings):,} rows; {lost:,} of them, on {rows:,} rows, came to "
        + (f"nothing: {place}." if place else "nothing (--unread FILE lists them)."),
        err=True,
    )
    if place is None:
        return
    names = columns_of_words()
    try:
        with Path(place).open("w", newline="", encoding="utf-8") as file:
            lines = csv.writer(file)
            lines.writerow([KIND, *names, omop_text.COUNTED, "reason"])
            for one, reason in sorted(unread, key=lambda each: -each[0].rows):
                lines.writerow([one.kind, *(one.words.get(name, "") for name in names), one.rows, reason])
    except OSError:
        raise cannot_be_written(place) from None
