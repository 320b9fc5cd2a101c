"""``cohort run``: a whole population through the rules, a part at a time, so that a stop loses one part at most."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import json

from cobalens import errors
from cobalens.engines import duckdb as engine
from cobalens.engines.keeping import files_in, rows_in
from cobalens.engines.sql.answers import NOTICED, Query
from cobalens.engines.sql.rules import column_name
from cobalens.errors import CobalensError
from cobalens.model.ruleset import Pack, Ruleset
from cobalens.report.assemble import NOTICED as READ
from cobalens.serve.cohort import parts as answering
from cobalens.serve.cohort import refusals, spark
from cobalens.serve.cohort.hands import hands as begin_hands
from cobalens.serve.cohort.packs import query_of
from cobalens.serve.cohort.progress import progress, telling
from cobalens.serve.cohort.run import Run, Wanted
from cobalens.serve.cohort.told import stopped, summary
from cobalens.serve.letters import NO_JSON
from cobalens.serve.refusals import cannot_be_opened, cannot_be_written, no_such_file
from cobalens.serve.status import DONE, FAILED

if TYPE_CHECKING:
    from cobalens.engines.duckdb import Base
    from cobalens.engines.spark import Spark
    from cobalens.serve.cohort.hands import Hands
    from cobalens.serve.cohort.state import Gathered

ROWS, ROWS_ON_SPARK = 250_000, 1_000_000
"""People in a part, unless another number of parts is asked for; Spark plans anew for each."""
RUN, RESULT, PARTS, SCRATCH, OF_SPARK, ASIDE = (
    "run.json",
    "interpretations.parquet",
    "parts",
    "scratch",
    "scratch-of-spark",
    "set_aside.csv",
)
GATHERED, WORK = "gathered.json", "gathering"
FACTS, AXES = "facts", ("answer", "deficiency")


def run(wanted: Wanted, quiet: bool = False) -> int:
    """Answers everybody in the source; 1 if a part could not be read."""
    if find_spec("duckdb") is None:
        raise errors.extra_missing("whole populations", "cohort")
    spark.check(wanted)
    begun = time.monotonic()
    out = Path(wanted.out)
    ruleset, _, others = knowledge(wanted.pack)
    with writing(out), told(wanted):
        earlier = earlier_run(out, wanted.resume)
        if earlier is not None and earlier.status == "done":
            if not quiet:
                summary(earlier, out, RUN)
            return DONE
    scratch = out / SCRATCH
    with told(wanted), spark.started(wanted, out / OF_SPARK) as session, begin_hands(wanted.threads) as hands:
        with writing(out):
            files, gathered = facts_of(wanted, out, quiet, hands, session)
            out.mkdir(parents=True, exist_ok=True)
        if session is None:
            answering.begin(hands, rows_in(files))
        with connected(wanted, scratch) as base:
            query, look, noticed = query_for(base, files, ruleset, wanted, bits=session is None)
            usual = ROWS if session is None else ROWS_ON_SPARK
            size = usual if wanted.partitions is None else max(1, -(-look.rows // max(1, wanted.partitions)))
            parts = engine.parts(base, files, size)
            state = with_source(started(wanted, ruleset, others, files, parts, look), wanted, gathered)
            if earlier is not None:
                state = going_on(earlier, state)
            # Facts that were made here hold nothing else than facts can be.
            failed = set_aside(base, query, ruleset, files, parts, given=gathered is None)
            counted = engine.aside_by_reason(base)
            with writing(out):
                engine.write_set_aside(base, out / ASIDE)
                state = changed(state, out, set_aside=counted, read=look.rows, failed=failed)
                # Last: a folder that a stop leaves before there is a run in it must do for the same command again.
                (out / PARTS).mkdir(exist_ok=True)
            aside = answering.files_aside(base, parts, scratch) if counted else {}

            def judge(jobs: Sequence[tuple[answering.Place, Path]]) -> answering.Answered:
                return answering.answered(jobs, wanted, query, noticed, aside, scratch, session, hands)

            state = answer_all(judge, parts, state, out, quiet)
            state = finished(base, state, out, time.monotonic() - begun)
    if not quiet:
        summary(state, out, RUN)
    return DONE if state.status == "done" else FAILED


def connected(wanted: Wanted, scratch: Path) -> AbstractContextManager[Base]:
    return engine.connected(scratch, wanted.memory, wanted.threads)


def facts_of(
    wanted: Wanted, out: Path, quiet: bool, hands: Hands, session: Spark | None
) -> tuple[list[Path], Gathered | None]:
    """The files of facts to answer from: those given, or those made from another kind of source."""
    from cobalens.serve.cohort import sources
    from cobalens.serve.cohort.kinds import PREPARED, kind_of
    from cobalens.serve.cohort.state import FACTS, Order

    if wanted.mapping and not Path(wanted.mapping).is_file():
        raise no_such_file(wanted.mapping)
    kind = kind_of(wanted.source, out)
    if kind == PREPARED:
        return files_of(Path(wanted.source)), None
    order = Order(
        source=wanted.source, out=out, pack=wanted.pack, index=wanted.index, complete=wanted.complete,
        mapping=Path(wanted.mapping).read_bytes() if wanted.mapping else None, memory=wanted.memory,
        threads=wanted.threads, partitions=wanted.partitions,
        resume=wanted.resume, schema=wanted.schema,
    )  # fmt: skip
    with telling(quiet) as tell:
        gathered = sources.gather(order, kind, tell, hands, session)
    return files_in(out / FACTS), gathered


def with_source(state: Run, wanted: Wanted, gathered: Gathered | None) -> Run:
    """The state with what is known of the source behind the facts."""
    from msgspec.structs import replace

    from cobalens.serve.cohort.packed import SAME as SAME_FILE
    from cobalens.serve.cohort.packed import WHOLE

    if gathered is None:
        return state
    return replace(
        state,
        source=gathered.kind,
        index=wanted.index,
        files_of_strangers=gathered.files_of_strangers,
        numbers_that_stand_out=gathered.numbers_that_stand_out,
        people=gathered.people,
        people_judged=gathered.judged_people,
        people_aside=gathered.people_aside,
        people_again=gathered.people_again,
        people_together=gathered.people_together,
        identifiers_alike=gathered.met.alike if gathered.met else 0,
        identifiers_of_two_places=gathered.met.of_two_places if gathered.met else 0,
        identifiers_paired=gathered.met.renumbered if gathered.met else 0,
        identifiers_unclear=gathered.met.unclear if gathered.met else 0,
        files_not_read=gathered.files_not_read,
        files_unpacked={one.file: (one.packed, one.bytes) for one in gathered.packed if one.fate == WHOLE},
        files_packed_beside=tuple(one.file for one in gathered.packed if one.fate == SAME_FILE),
        files_aside={one.file: one.fate for one in gathered.packed if one.aside},
        lines=gathered.lines,
        lines_not_needed=gathered.not_needed,
        source_rows=gathered.rows,
        columns_not_there=gathered.columns_not_there,
        gathered=gathered.account,
    )


def knowledge(name: str) -> tuple[Ruleset, Pack, tuple[Pack, ...]]:
    from cobalens.api import load

    door = load(name)
    return door.ruleset, door.pack, door.others


def files_of(source: Path) -> list[Path]:
    """The Parquet files of a source, in the order of their names."""
    if not source.exists():
        raise no_such_file(str(source))
    found = files_in(source)
    if not found:
        raise refusals.no_cohort(str(source))
    return found


def query_for(
    base: Base, files: Sequence[Path], ruleset: Ruleset, wanted: Wanted, bits: bool = True
) -> tuple[Query, engine.Layout, tuple[str, ...]]:
    """The query that these files can answer, or a refusal that names what is missing; and the codes of what was noticed."""
    codes = {column_name(NOTICED + code): code for code in (*ruleset.codes, *READ)}
    there = noticed_in(base, files)
    noticed = tuple(codes[name] for name in there if name in codes)
    query = query_of(wanted.pack, wanted.rows, noticed, bits)
    look = engine.layout(base, files, query)
    if look.missing:
        raise refusals.not_facts(look.missing)
    if look.wrong:
        raise refusals.facts_of_wrong_type(look.wrong)
    if strange := [name for name in there if name not in codes]:
        raise refusals.facts_of_wrong_type(strange)
    return query, look, noticed


def noticed_in(base: Base, files: Sequence[Path]) -> list[str]:
    """Columns of what reading the records noticed, known before there is a query."""
    with engine.troubles():
        held = base.execute(f"DESCRIBE FROM {engine.scan(files)}").fetchall()
    return [name for name, *_ in held if name.startswith(NOTICED)]


# --- The state of a run --------------------------------------------------------------------------------------------


def started(
    wanted: Wanted,
    ruleset: Ruleset,
    others: Sequence[Pack],
    files: Sequence[Path],
    parts: Sequence[tuple[Path, int, int]],
    look: engine.Layout,
) -> Run:
    from cobalens import __version__

    counted: dict[Path, int] = {}
    for file, _, after in parts:
        counted[file] = max(after, counted.get(file, 0))
    stamps = [(file.name, file.stat().st_size, counted.get(file, 0)) for file in files]
    return Run(
        cobalens=__version__,
        ruleset=ruleset.hash,
        pack=wanted.pack,
        packs=tuple(pack.name for pack in others),
        engine=wanted.engine,
        source=FACTS,
        rows=wanted.rows,
        files=tuple(stamps),
        parts=len(parts),
        status="running",
        columns_not_used=look.ignored,
    )


def earlier_run(out: Path, resume: bool) -> Run | None:
    """What an earlier run left in the folder; a folder that holds anything else, or that is not to be gone on with, is refused."""
    if (out / RUN).exists():
        if not resume:
            raise refusals.run_exists(out.name)
        try:
            return json.decode((out / RUN).read_bytes(), type=Run)
        except NO_JSON:
            raise refusals.folder_not_empty(out.name) from None
    left = {one.name for one in out.iterdir()} if out.exists() else set()
    if GATHERED in left:
        if not resume:
            raise refusals.run_exists(out.name)
        return None
    if left - {WORK, WORK + ".coming", OF_SPARK}:
        raise refusals.folder_not_empty(out.name)
    return None


SAME = ("cobalens", "ruleset", "pack", "packs", "engine", "source", "index", "rows", "files", "parts")


def going_on(earlier: Run, now: Run) -> Run:
    """The earlier run with what it has done, if it was the same run."""
    differ = [name for name in SAME if getattr(earlier, name) != getattr(now, name)]
    if differ:
        raise refusals.another_run(differ)
    from msgspec.structs import replace

    return replace(now, done=earlier.done, seconds=earlier.seconds)


def changed(state: Run, out: Path, **changes: Any) -> Run:
    """The state with these changes, on disk as a whole or not at all."""
    from msgspec.structs import replace

    state = replace(state, **changes)
    coming = out / (RUN + ".coming")
    with coming.open("wb") as file:
        file.write(json.format(json.encode(state), indent=1) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    coming.replace(out / RUN)
    return state


# --- Answering -----------------------------------------------------------------------------------------------------


def part_file(out: Path, number: int, parts: int) -> Path:
    """Where a part lies: at its place in the result once that is complete, else among the parts."""
    name = f"part-{number:05}.parquet"
    if parts == 1 and (out / RESULT).exists():
        return out / RESULT
    return out / (RESULT if (out / RESULT).is_dir() else PARTS) / name


def set_aside(
    base: Base,
    query: Query,
    ruleset: Ruleset,
    files: Sequence[Path],
    parts: Sequence[answering.Place],
    given: bool,
) -> dict[str, str]:
    """Finds every row that cannot be used; the parts that cannot be read, with their place."""
    engine.find_repeated(base, files)
    if not given:
        return {}
    try:
        engine.find_unusable(base, query, ruleset, files)
    except engine.EngineError as trouble:
        if trouble.kind != engine.BROKEN:
            raise
    else:
        return {}
    failed = {}
    for number, (file, first, after) in enumerate(parts):
        try:
            engine.find_unusable(base, query, ruleset, [file], (first, after))
        except engine.EngineError as trouble:
            if trouble.kind != engine.BROKEN:
                raise
            failed[str(number)] = unreadable((file, first, after))
    return failed


def unreadable(part: answering.Place) -> str:
    file, first, after = part
    return f"rows {first} to {after - 1} of {file.name} cannot be read"


def answer_all(
    judge: Callable[[Sequence[tuple[answering.Place, Path]]], answering.Answered],
    parts: Sequence[answering.Place],
    state: Run,
    out: Path,
    quiet: bool,
) -> Run:
    """Every part that is not yet there: written beside its place, then moved to it, then noted."""
    done = {n: count for n, count in state.done.items() if part_file(out, int(n), state.parts).exists()}
    failed = dict(state.failed)
    sizes = [after - first for _, first, after in parts]
    behind = [n for n in range(len(parts)) if str(n) in done or str(n) in failed]
    left = [n for n in range(len(parts)) if n not in behind]
    targets = [part_file(out, n, state.parts) for n in left]
    with progress(state.read, quiet, sum(sizes[n] for n in behind)) as advance:
        jobs = [(parts[n], target.with_suffix(".coming")) for n, target in zip(left, targets, strict=True)]
        for place, found in judge(jobs):
            number, coming = left[place], jobs[place][1]
            if isinstance(found, int):
                coming.replace(targets[place])
                done[str(number)] = found
            else:
                coming.unlink(missing_ok=True)
                if found.kind != engine.BROKEN:
                    changed(state, out, done=done, failed=failed, status="stopped")
                    raise found
                failed[str(number)] = unreadable(parts[number])
            done = dict(sorted(done.items(), key=lambda one: int(one[0])))
            state = changed(state, out, done=done, failed=dict(failed))
            advance(sizes[number])
    return state


def finished(base: Base, state: Run, out: Path, seconds: float) -> Run:
    """The parts at their place in the result, and the counts."""
    seconds = round(state.seconds + seconds, 2)
    used = sum(state.done.values())
    if state.failed:
        return changed(state, out, status="stopped", used=used, seconds=seconds)
    with writing(out):
        if not (out / RESULT).exists() and state.parts:
            (part_file(out, 0, 1) if state.parts == 1 else out / PARTS).replace(out / RESULT)
        for left in (PARTS, SCRATCH):
            shutil.rmtree(out / left, ignore_errors=True)
    files = [part_file(out, int(n), state.parts) for n in sorted(state.done, key=int)]
    answers = {k: dict(v) for k, v in engine.counts(base, files, AXES).items()} if files else {}
    died = engine.deaths(base, files)
    return changed(
        state,
        out,
        status="done",
        used=used,
        seconds=seconds,
        answers=answers,
        people_died=died,
        result=RESULT,
    )


@contextmanager
def told(wanted: Wanted) -> Iterator[None]:
    """What stopped the engine, as a refusal that says what to do."""
    try:
        yield
    except engine.EngineError as trouble:
        if trouble.kind == engine.FULL:
            raise refusals.disk_full(wanted.out) from None
        if trouble.kind == engine.MEMORY:
            raise refusals.memory_full(wanted.memory or "") from None
        spark.tell(trouble)
        # The address of a database may end in its password.
        where = "source" if "://" in wanted.source else Path(wanted.source).name
        raise refusals.source_broken(where) from None
    except KeyboardInterrupt:
        stopped(out=Path(wanted.out))
        raise


@contextmanager
def writing(out: Path) -> Iterator[None]:
    try:
        yield
    except CobalensError:
        raise
    except OSError as error:
        import errno

        if error.errno in (errno.ENOSPC, errno.EFBIG):
            raise refusals.disk_full(str(out)) from None
        if error.filename is not None:
            place, here = Path(os.fsdecode(error.filename)).absolute(), out.absolute()
            if not (place.is_relative_to(here) or here.is_relative_to(place)):
                raise cannot_be_opened(place.name) from None
        raise cannot_be_written(str(out)) from None
