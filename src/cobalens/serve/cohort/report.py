"""``cohort report``: the page and the worklists of a finished run, made again as often as wanted; also as a copy for sharing."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import msgspec
from msgspec import Struct, json

from cobalens import errors
from cobalens.engines.duckdb import BROKEN, FULL, EngineError
from cobalens.engines.tally import NotAnswersError, tally
from cobalens.model.ruleset import Ruleset
from cobalens.model.tally import EVERYBODY, Key, Plan, Tally, key, plan_of
from cobalens.report.cohort.suppression import hidden
from cobalens.report.cohort.words import Facts, Report
from cobalens.serve.cohort import refusals
from cobalens.serve.drawing import can_draw
from cobalens.serve.letters import NO_JSON
from cobalens.serve.refusals import cannot_be_written, no_such_file, pages_not_installed
from cobalens.serve.status import DONE

RUN, ANSWERS, RESULTS = "run.json", "interpretations.parquet", "results.parquet"
PAGE, BOOK = "report", "worklists"
FINISHED = "done"


class Ran(Struct, frozen=True):
    """What ``run.json`` says, as far as a report needs it."""

    cobalens: str
    ruleset: str
    pack: str
    packs: tuple[str, ...]
    engine: str
    source: str
    parts: int
    status: str
    read: int
    used: int
    set_aside: dict[str, int] = {}
    failed: dict[str, str] = {}
    columns_not_used: tuple[str, ...] = ()
    numbers_that_stand_out: dict[str, int] = {}
    seconds: float = 0.0
    people_aside: dict[str, int] = {}
    files_aside: dict[str, str] = {}
    files_of_strangers: dict[str, int] = {}
    files_not_read: dict[str, int] = {}
    lines: int = 0
    gathered: dict[str, int] = {}


def run(folder: str, share: bool = False, results: str | None = None, quiet: bool = False) -> int:
    """Writes the report and the worklists into the folder of the run; with ``share`` the copies that name nobody instead."""
    if find_spec("duckdb") is None:
        raise errors.extra_missing("whole populations", "cohort")
    if not can_draw():
        raise pages_not_installed()
    from cobalens.report.cohort.page import page
    from cobalens.report.cohort.workbook import workbook

    out = Path(folder)
    report, plan = report_of(out, share, results)
    suffix = "-shared" if share else ""
    places = (out / f"{PAGE}{suffix}.html", out / f"{BOOK}{suffix}.xlsx")
    contents = (page(report).encode(), workbook(report, plan))
    for place, content in zip(places, contents, strict=True):
        put(place, content)
    if not quiet:
        for place in places:
            click.echo(str(place))
    return DONE


def report_of(out: Path, share: bool, results: str | None) -> tuple[Report, Plan]:
    from cobalens.api import load

    ran = ran_in(out)
    ruleset = load(ran.pack).ruleset
    if ran.ruleset != ruleset.hash:
        raise refusals.run_of_other_rules()
    plan = plan_of(ruleset.lexicon["worklists"])
    counted = counted_in(out, ran, ruleset, plan, results, named=not share)
    counted = with_rows(counted, ran)
    small: frozenset[Key] = frozenset()
    away: frozenset[Key] = frozenset()
    if share:
        small, away = hidden(counted.counts, counted.sums, plan.smallest, counted.unsaid)
    facts = Facts(
        version=ran.cobalens,
        ruleset=ran.ruleset,
        pack=ran.pack,
        packs=ran.packs,
        engine=ran.engine,
        source=ran.source,
        status=ran.status,
        parts=ran.parts,
        failed=len(ran.failed),
        read=ran.read,
        used=ran.used,
        set_aside=ran.set_aside,
        columns_not_used=ran.columns_not_used,
        numbers_that_stand_out={} if share else ran.numbers_that_stand_out,
        seconds=ran.seconds,
        lines=ran.lines,
    )
    report = Report(
        ruleset=ruleset,
        tally=counted,
        facts=facts,
        smallest=plan.smallest,
        shared=share,
        small=small,
        away=away,
    )
    return report, plan


def ran_in(out: Path) -> Ran:
    """What the folder says of its run; a run that is still going on, or was stopped, has no report yet."""
    if not (out / RUN).is_file():
        raise refusals.no_run(out.name)
    try:
        ran = json.decode((out / RUN).read_bytes(), type=Ran)
    except (OSError, *NO_JSON):
        raise refusals.no_run(out.name) from None
    if ran.status == FINISHED and not ran.used:
        raise refusals.nobody_answered(out.name)
    if ran.status != FINISHED or not (out / ANSWERS).exists():
        raise refusals.run_not_finished(out.name)
    return whole(ran)


def whole(ran: Ran) -> Ran:
    """The run with those who never became a row, or else a reader of the report would take the rest for everybody."""
    judged_not = {f"not judged: {reason.replace('_', ' ')}": n for reason, n in ran.people_aside.items()}
    told = [ran.status]
    if ran.files_aside:
        told.append(
            f"files that could not be unpacked, so that nothing of them was read: {len(ran.files_aside):,}"
        )
    if ran.files_of_strangers:
        names = ", ".join(f"{file} ({count:,})" for file, count in ran.files_of_strangers.items())
        told.append(f"files none of whose people stands in another file or has a result: {names}")
    if ran.lines and ran.gathered:
        told.append(f"lines that could not be read or are of nobody: {sum(ran.gathered.values()):,}")
    if ran.files_not_read:
        endings = ", ".join(f"{count:,} {ending}" for ending, count in ran.files_not_read.items())
        told.append(f"not looked at, beside the files that were read: {endings}")
    return msgspec.structs.replace(
        ran,
        read=ran.read + sum(judged_not.values()),
        set_aside=ran.set_aside | judged_not,
        status="; ".join(told),
    )


def counted_in(
    out: Path, ran: Ran, ruleset: Ruleset, plan: Plan, results: str | None, named: bool = True
) -> Tally:
    place = out / ANSWERS
    files = sorted(place.glob("*.parquet")) if place.is_dir() else [place]
    given = Path(results) if results else out / RESULTS
    if results and not given.exists():
        raise no_such_file(results)
    if given.is_dir() and not any(given.glob("*.parquet")):
        raise no_such_file(str(given / "*.parquet"))
    try:
        with TemporaryDirectory() as scratch:
            found = given if given.exists() else None
            return tally(files, found, ruleset, ran.packs, plan, Path(scratch), named)
    except NotAnswersError as trouble:
        raise (refusals.not_results if trouble.results else refusals.not_answers)(trouble.names) from None
    except EngineError as trouble:
        if trouble.kind == FULL:
            raise refusals.disk_full(str(out)) from None
        if trouble.kind == BROKEN:
            raise refusals.source_broken(out.name) from None
        raise refusals.memory_full("") from None


def with_rows(counted: Tally, ran: Ran) -> Tally:
    """The counts with those of the rows read, which a reader can add up like any others."""
    read, used, aside = (key({"rows": one}) for one in ("read", "used", "aside"))
    reasons = {key({"aside": reason}): count for reason, count in ran.set_aside.items()}
    counts = {**counted.counts, read: ran.read, used: ran.used, aside: sum(reasons.values()), **reasons}
    sums: list[tuple[Key, tuple[Key, ...]]] = [*counted.sums]
    if ran.read == ran.used + counts[aside]:
        sums.append((read, (used, aside)))
    if reasons:
        sums.append((aside, tuple(reasons)))
    if ran.used == counts[EVERYBODY]:
        sums.append((used, (EVERYBODY,)))
    return msgspec.structs.replace(counted, counts=counts, sums=tuple(sums))


def put(place: Path, content: bytes) -> None:
    """A file as a whole or not at all."""
    coming = place.with_name(place.name + ".coming")
    try:
        coming.write_bytes(content)
        coming.replace(place)
    except OSError as error:
        coming.unlink(missing_ok=True)
        import errno

        if error.errno == errno.ENOSPC:
            raise refusals.disk_full(str(place.parent)) from None
        raise cannot_be_written(str(place)) from None
