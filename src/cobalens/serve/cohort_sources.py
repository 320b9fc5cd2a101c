"""From any source of many people to the facts and results that a run answers from, a part at a time, each kept once it is done."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING

from msgspec import Struct, json
from msgspec.structs import replace

from cobalens.api import Cobalens, load
from cobalens.engines import duckdb as engine
from cobalens.engines.keeping import people_in, put_together
from cobalens.engines.opening import POSTGRES
from cobalens.engines.sql.sources.omop import NEEDED
from cobalens.intake.fhir.lines import SHARED, Aside, Shared, chunks_of, counted, plan_for
from cobalens.intake.fhir.rows import share_out
from cobalens.intake.recognise import HEAD, format_of
from cobalens.serve import refusals
from cobalens.serve.cohort_people import DATE, EACH, LATEST, Asked, Part, Told, read_part
from cobalens.serve.cohort_progress import Telling
from cobalens.serve.hands import Hands
from cobalens.serve.hands import hands as begin_hands

if TYPE_CHECKING:
    from cobalens.engines.spark import Spark

FACTS, RESULTS, QUARANTINE, STATE, WORK = (
    "facts.parquet",
    "results.parquet",
    "quarantine.ndjson",
    "gathered.json",
    "gathering",
)
PREPARED, OMOP, LINES, TABLES, FILES, SURVEY = "facts", "omop", "fhir-lines", "table", "files", "nhanes"
CANONICAL = "canonical"
CANONICAL_TABLES = ("person", "lab", "event")
LINE_ENDINGS = (".ndjson", ".jsonl")
READ = (".json", ".csv", ".tsv", ".txt", ".xlsx", ".parquet", ".xml", ".hl7", ".zip", ".pdf")
ENOUGH = 2
"""Tables of an OMOP instance by which a folder shows itself as one, so that a missing one is told by name."""
DUCKDB_MARK = b"DUCK"
KEYS = {"person_id", "index_day"}


class Counted(Struct, frozen=True):
    """What became of one share of an OMOP instance."""

    people: int
    judged: int
    rows: dict[str, int]
    people_aside: dict[str, int]


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
    judged_people: int = 0
    """Of ``people``; one may be judged on several days."""
    people_aside: dict[str, int] = {}
    """Why others are not judged on any day -> people."""
    people_again: int = 0
    """How often someone was met in a further file; each file was read by itself."""
    account: dict[str, int] = {}
    """What became of rows and lines -> how many."""
    rows: dict[str, int] = {}
    """Table of an OMOP instance -> its rows."""
    columns_not_there: tuple[str, ...] = ()
    """Columns of an OMOP instance that were read as empty."""
    shares: dict[str, Counted] = {}
    """Share of an OMOP instance -> what became of it."""


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
        if canonical_in(path):
            return CANONICAL
        if len(names & set(NEEDED)) >= ENOUGH:
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


def canonical_in(folder: Path) -> dict[str, list[Path]]:
    """The canonical tables in a folder, each a Parquet file or a folder of them; empty where one is not there."""
    places = {name: folder / f"{name}.parquet" for name in CANONICAL_TABLES}
    found = {
        name: sorted(place.glob("*.parquet")) if place.is_dir() else [place] * place.is_file()
        for name, place in places.items()
    }
    return found if all(found.values()) else {}


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
    if kind == CANONICAL:
        return [file for files in canonical_in(path).values() for file in files]
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
        order.pack,
        which,
        day,
        order.complete,
        mapping,
        str(order.out / WORK / SHARED),
        len(files) == 1,
        order.memory,
        str(top_of(order)),
    )


def top_of(order: Order) -> Path:
    path = Path(order.source)
    return path if path.is_dir() else path.parent


def checked(text: str) -> str:
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        raise refusals.no_index() from None


# --- Gathering ----------------------------------------------------------------------------------------------------


def gather(order: Order, kind: str, telling: Telling, session: Spark | None = None) -> Gathered:
    """Makes ``facts.parquet``, ``results.parquet`` and ``quarantine.ndjson`` in the folder of the run.

    ``telling``: begins the line of progress of a stage. ``session``: makes facts of canonical tables, where Spark judges.
    """
    if kind == CANONICAL and order.index != LATEST:
        raise refusals.days_in_tables()
    files = files_of(order.source, kind)
    asked = asked_of(order, kind, files)
    door = load(order.pack)
    state = begun(order, kind, files, door)
    if state.finished:
        return state
    work = order.out / WORK
    work.mkdir(parents=True, exist_ok=True)
    if kind == CANONICAL:
        from cobalens.serve.cohort_canonical import gather_canonical

        return finished(order, gather_canonical(order, state, door, session), ())
    if kind == OMOP:
        from cobalens.serve.cohort_omop import gather_omop

        state = gather_omop(order, state, asked, door, telling)
        assert state.parts is not None
        together(order, (files_of_part(work, part) for part in range(state.parts)))
        return finished(order, of_shares(state), ())
    with begin_hands(order.threads) as hands:
        state, parts = parts_of(order, state, kind, files, work, telling, hands)
        state = read_all(order, state, parts, asked, telling, hands)
    told = [state.done[str(part.number)] for part in parts]
    aside = (*state.lines_aside, *(one for each in told for one in each.aside))
    judged_people = together(order, ((Path(part.facts), Path(part.results)) for part in parts), aside)
    lost = {one.person: one.reason for one in aside if one.person and one.person not in judged_people.among}
    people = judged_people.count + len(lost)
    state = replace(
        state,
        people=people,
        people_again=sum(one.people for one in told) - people,
        judged=sum(one.judged for one in told),
        judged_people=judged_people.count,
        people_aside=reasons(lost.values()),
        account=added(
            (reasons(one.reason for one in aside if not one.person), *(one.pieces for one in told))
        ),
        done={},
    )
    return finished(order, state, (*aside, *(one for each in told for one in each.unread)))


class Judged(Struct, frozen=True):
    count: int
    among: frozenset[str]
    """Those who are also named in the quarantine, for another day of decision."""


def together(order: Order, parts: Iterable[tuple[Path, Path]], aside: Sequence[Aside] = ()) -> Judged:
    """The parts as one file of facts and one of results; who is in them."""
    listed = list(parts)
    names = sorted({one.person for one in aside if one.person})
    with engine.connected(order.out / WORK / "scratch", order.memory, order.threads) as base:
        for name, nth in ((FACTS, 0), (RESULTS, 1)):
            put_together(base, [part[nth] for part in listed], order.out / name)
        return Judged(*people_in(base, order.out / FACTS, names))


def of_shares(state: Gathered) -> Gathered:
    """The counts of all shares together."""
    shares = [state.shares[part] for part in sorted(state.shares, key=int)]
    people_aside = added(one.people_aside for one in shares)
    people = sum(one.people for one in shares)
    return replace(
        state,
        people=people,
        judged=sum(one.judged for one in shares),
        judged_people=people - sum(people_aside.values()),
        people_aside=people_aside,
        account=added((state.account, *(one.rows for one in shares))),
        shares={},
    )


def added(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for one in counts:
        found.update(one)
    return dict(sorted(found.items()))


def reasons(found: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(found).items()))


def files_of_part(work: Path, part: int) -> tuple[Path, Path]:
    return work / f"facts-{part:05}.parquet", work / f"results-{part:05}.parquet"


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
    telling: Telling,
    hands: Hands,
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
            plan, chunks = plan_for(shared, size, order.partitions, top_of(order)), chunks_of(files)
            advance = telling("bytes read", size, 0)
            told: dict[int, Shared] = {}
            for place, one in hands.each(share_out, [(chunk, plan) for chunk in chunks]):
                told[place] = one
                advance(chunks[place].after - chunks[place].first)
            found = counted(chunks, [told[place] for place in range(len(chunks))], plan)
            if (shared / SHARED).exists():
                (shared / SHARED).replace(work / SHARED)
            state = kept(
                order,
                replace(
                    state,
                    parts=plan.parts,
                    lines=found.lines,
                    not_needed=found.not_needed,
                    lines_aside=found.aside,
                ),
            )
        paths = sorted(shared.glob("people-*"))
    return state, [
        Part(n, str(path), kind == LINES, str(facts), str(results), name)
        for n, (path, name) in enumerate(zip(paths, names_of(paths), strict=True))
        for facts, results in (files_of_part(work, n),)
    ]


def names_of(files: Sequence[Path]) -> list[str]:
    """What tells the files apart: their names without the ending, else with their folders, else with the ending too."""
    shared = os.path.commonpath([one.parent for one in files]) if files else ""
    inner = [one.relative_to(shared) for one in files]
    choices = [
        [one.stem for one in inner],
        [one.with_suffix("").as_posix() for one in inner],
        [one.as_posix() for one in inner],
    ]
    often = [Counter(names) for names in choices]
    return [
        next((name for name, count in zip(names, often, strict=True) if count[name] == 1), names[-1])
        for names in zip(*choices, strict=True)
    ]


def read_all(
    order: Order,
    state: Gathered,
    parts: Sequence[Part],
    asked: Asked,
    telling: Telling,
    hands: Hands,
) -> Gathered:
    """Every part that is not done yet, in as many processes as there are cores."""
    left = [part for part in parts if str(part.number) not in state.done]
    advance = telling("parts read", len(parts), len(parts) - len(left))
    for _, told in hands.each(read_part, [(part, asked) for part in left]):
        state = noted(order, state, told)
        advance(1)
    return state


def noted(order: Order, state: Gathered, told: Told) -> Gathered:
    return kept(order, replace(state, done=state.done | {str(told.number): told}))


def finished(order: Order, state: Gathered, aside: Iterable[Aside]) -> Gathered:
    """The quarantine beside what was kept, and the work's own files away."""
    put(order.out / QUARANTINE, b"".join(json.encode(one) + b"\n" for one in aside))
    state = kept(order, replace(state, finished=True, lines_aside=()))
    shutil.rmtree(order.out / WORK, ignore_errors=True)
    return state
