"""From any source of many people to the facts and results that a run answers from, a part at a time, each kept once it is done."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from tempfile import gettempdir

from msgspec import Struct, json
from msgspec.structs import replace

from cobalens.api import Cobalens, load
from cobalens.engines import duckdb as engine
from cobalens.engines.keeping import put_together
from cobalens.engines.opening import POSTGRES
from cobalens.intake.fhir.lines import SHARED, Aside, share_out
from cobalens.intake.recognise import HEAD, format_of
from cobalens.serve import refusals
from cobalens.serve.cohort_people import DATE, EACH, LATEST, Asked, Part, Told, read_part, reasons

FACTS, RESULTS, QUARANTINE, STATE, WORK = (
    "facts.parquet",
    "results.parquet",
    "quarantine.ndjson",
    "gathered.json",
    "gathering",
)
PREPARED, OMOP, LINES, TABLES, FILES, SURVEY = "facts", "omop", "fhir-lines", "table", "files", "nhanes"
LINE_ENDINGS = (".ndjson", ".jsonl")
READ = (".json", ".csv", ".tsv", ".txt", ".xlsx", ".parquet", ".xml", ".hl7", ".zip", ".pdf")
DUCKDB_MARK = b"DUCK"
KEYS = {"person_id", "index_day"}


class Gathered(Struct, frozen=True, kw_only=True):
    """What is kept of the work before the answers, so that a stop loses one part at most."""

    cobalens: str
    ruleset: str
    pack: str
    packs: tuple[str, ...]
    kind: str
    index: str
    complete: tuple[str, ...]
    partitions: int | None
    """In how many parts, where that was asked for."""
    files: tuple[tuple[str, int, int], ...]
    """Name, bytes and time of change."""
    parts: int | None = None
    """Known once the lines have been shared out."""
    lines: int = 0
    not_needed: int = 0
    lines_aside: tuple[Aside, ...] = ()
    done: dict[str, Told] = {}
    finished: bool = False
    people: int = 0
    judged: int = 0
    account: dict[str, int] = {}


SAME = ("cobalens", "ruleset", "pack", "packs", "kind", "index", "complete", "partitions", "files")


class Order(Struct, frozen=True, kw_only=True):
    """What was asked for, as far as the gathering needs it."""

    source: str
    out: Path
    pack: str
    index: str
    complete: tuple[str, ...] = ()
    mapping: bytes | None = None
    memory: str | None = None
    threads: int | None = None
    partitions: int | None = None
    resume: bool = False
    schema: str | None = None


# --- What a source is ---------------------------------------------------------------------------------------------


def kind_of(source: str) -> str:
    """What a source holds, from its content."""
    if source.startswith(POSTGRES):
        return OMOP
    path = Path(source)
    if source == SURVEY and not path.exists():
        return SURVEY
    if not path.exists():
        raise refusals.no_such_file(source)
    if path.is_dir():
        names = {one.stem.lower() for one in path.iterdir()}
        if {"person", "measurement"} <= names:
            return OMOP
        if any(one.suffix.lower() in LINE_ENDINGS for one in path.rglob("*")):
            return LINES
        tables = sorted(path.glob("*.parquet"))
        if tables and is_facts(tables[0]):
            return PREPARED
        if files_in(path):
            return FILES
        raise refusals.no_cohort(source)
    with path.open("rb") as file:
        head = file.read(HEAD)
    if head[8:12] == DUCKDB_MARK:
        return OMOP
    if path.suffix.lower() in LINE_ENDINGS:
        return LINES
    if path.suffix.lower() == ".parquet" or head.startswith(b"PAR1"):
        return PREPARED if is_facts(path) else TABLES
    found = format_of(head)
    if found == "tables":
        return TABLES
    if found is not None:
        return FILES
    raise refusals.no_cohort(source)


def is_facts(path: Path) -> bool:
    """Whether a Parquet file was prepared as facts; one that cannot be read is left to the run, which says so."""
    with engine.connected(Path(gettempdir())) as base:
        try:
            with engine.troubles():
                names = {row[0] for row in base.execute(f"DESCRIBE FROM {engine.scan([path])}").fetchall()}
        except engine.EngineError:
            return True
    return bool(KEYS & names)


def files_in(folder: Path) -> list[Path]:
    return sorted(one for one in folder.rglob("*") if one.suffix.lower() in READ and one.is_file())


def files_of(source: str, kind: str) -> list[Path]:
    if kind == SURVEY:
        import cobalens.knowledge

        return sorted((Path(cobalens.knowledge.__file__).parent / "population").glob("nhanes-*.parquet"))
    path = Path(source)
    if source.startswith(POSTGRES):
        return []
    if path.is_file():
        return [path]
    if kind == LINES:
        return sorted(one for one in path.rglob("*") if one.suffix.lower() in LINE_ENDINGS)
    return sorted(one for one in path.rglob("*") if one.is_file()) if kind == OMOP else files_in(path)


def asked_of(order: Order, kind: str, files: Sequence[Path]) -> Asked:
    """The day of decision and what else every part is read with."""
    which, day = order.index, None
    mapping = order.mapping
    if kind == SURVEY:
        mapping = files[0].with_suffix(".toml").read_bytes()
        if which not in (LATEST, EACH):
            which, day = DATE, checked(which)
        else:
            # The survey gives no days; its last one stands for all of them.
            which, day = DATE, dt.date(int(files[0].stem[-4:]), 12, 31).isoformat()
    elif which not in (LATEST, EACH):
        which, day = DATE, checked(which)
    return Asked(
        order.pack, which, day, order.complete, mapping, str(order.out / WORK / SHARED), alone=len(files) == 1
    )


def checked(text: str) -> str:
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        raise refusals.no_index() from None


# --- Gathering ----------------------------------------------------------------------------------------------------


def gather(order: Order, kind: str, telling: Callable[[str, int], Callable[[int], None]]) -> Gathered:
    """Makes ``facts.parquet``, ``results.parquet`` and ``quarantine.ndjson`` in the folder of the run.

    ``telling``: begins a line of progress for so many pieces of something, and gives what to call for each that is done.
    """
    files = files_of(order.source, kind)
    asked = asked_of(order, kind, files)
    door = load(order.pack)
    state = begun(order, kind, files, door)
    if state.finished:
        return state
    work = order.out / WORK
    work.mkdir(parents=True, exist_ok=True)
    if kind == OMOP:
        from cobalens.serve.cohort_omop import gather_omop

        account, judged, people = gather_omop(order, asked, door)
        return finished(order, replace(state, account=account, judged=judged, people=people), ())
    state, parts = parts_of(order, state, kind, files, work, telling)
    state = read_all(order, state, parts, asked, telling)
    told = [state.done[str(part.number)] for part in parts]
    aside = (*state.lines_aside, *(one for each in told for one in each.aside))
    with engine.connected(work / "scratch", order.memory, order.threads) as base:
        for name, which in ((FACTS, "facts"), (RESULTS, "results")):
            put_together(base, [Path(getattr(part, which)) for part in parts], order.out / name)
    people, judged = sum(one.people for one in told), sum(one.judged for one in told)
    return finished(
        order, replace(state, people=people, judged=judged, account=reasons(aside), done={}), aside
    )


def begun(order: Order, kind: str, files: Sequence[Path], door: Cobalens) -> Gathered:
    """The state to start from: a new one, or that of the same work begun earlier."""
    from cobalens import __version__

    top = Path(order.source) if Path(order.source).is_dir() else None
    stamps = tuple(
        (one.relative_to(top).as_posix() if top else one.name, stat.st_size, stat.st_mtime_ns)
        for one, stat in ((one, one.stat()) for one in files)
    )
    now = Gathered(
        cobalens=__version__, ruleset=door.ruleset.hash, pack=order.pack, packs=tuple(one.name for one in door.others),
        kind=kind, index=order.index, complete=order.complete, partitions=order.partitions, files=stamps,
    )  # fmt: skip
    place = order.out / STATE
    if not place.exists():
        return now
    if not order.resume:
        raise refusals.run_exists(order.out.name)
    earlier = json.decode(place.read_bytes(), type=Gathered)
    if differ := [name for name in SAME if getattr(earlier, name) != getattr(now, name)]:
        raise refusals.another_run(differ)
    return earlier


def kept(order: Order, state: Gathered) -> Gathered:
    """The state on disk, as a whole or not at all."""
    put(order.out / STATE, json.format(json.encode(state), indent=1) + b"\n")
    return state


def put(place: Path, content: bytes) -> None:
    coming = place.with_name(place.name + ".coming")
    with coming.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    coming.replace(place)


def parts_of(
    order: Order,
    state: Gathered,
    kind: str,
    files: Sequence[Path],
    work: Path,
    telling: Callable[[str, int], Callable[[int], None]],
) -> tuple[Gathered, list[Part]]:
    """The parts of the work; lines are shared out by person first, anew where that was not finished."""
    if kind != LINES:
        paths = list(files)
        state = kept(order, replace(state, parts=len(paths)))
    else:
        shared = work / "lines"
        if state.parts is None:
            shutil.rmtree(shared, ignore_errors=True)
            shared.mkdir()
            size = sum(one.stat().st_size for one in files)
            found = share_out(files, shared, size, telling("bytes read", size), order.partitions)
            if (shared / SHARED).exists():
                (shared / SHARED).replace(work / SHARED)
            state = kept(
                order,
                replace(
                    state,
                    parts=found.parts,
                    lines=found.lines,
                    not_needed=found.not_needed,
                    lines_aside=found.aside,
                ),
            )
        paths = sorted(shared.glob("people-*.lines"))
    return state, [
        Part(
            n,
            str(path),
            kind == LINES,
            str(work / f"facts-{n:05}.parquet"),
            str(work / f"results-{n:05}.parquet"),
        )
        for n, path in enumerate(paths)
    ]


def read_all(
    order: Order,
    state: Gathered,
    parts: Sequence[Part],
    asked: Asked,
    telling: Callable[[str, int], Callable[[int], None]],
) -> Gathered:
    """Every part that is not done yet, in as many processes as there are cores."""
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    left = [part for part in parts if str(part.number) not in state.done]
    advance = telling("parts read", len(parts))
    advance(len(parts) - len(left))
    workers = min(order.threads or os.cpu_count() or 1, len(left))
    if workers <= 1:
        for part in left:
            state = noted(order, state, read_part(part, asked))
            advance(1)
        return state
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(read_part, part, asked) for part in left]
        try:
            for one in as_completed(waiting):
                state = noted(order, state, one.result())
                advance(1)
        except BrokenProcessPool:
            raise refusals.worker_lost() from None
        except BaseException:
            for one in waiting:
                one.cancel()
            raise
    return state


def noted(order: Order, state: Gathered, told: Told) -> Gathered:
    return kept(order, replace(state, done=state.done | {str(told.number): told}))


def finished(order: Order, state: Gathered, aside: Iterable[Aside]) -> Gathered:
    """The quarantine beside what was kept, and the work's own files away."""
    put(order.out / QUARANTINE, b"".join(json.encode(one) + b"\n" for one in aside))
    state = kept(order, replace(state, finished=True, lines_aside=()))
    shutil.rmtree(order.out / WORK, ignore_errors=True)
    return state
