"""What is asked of a run's gathering, and what is kept of it, so that a stop loses one part at most."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Struct, json
from msgspec.structs import replace

from cobalens.api import Cobalens
from cobalens.intake.fhir.lines import Aside
from cobalens.serve.cohort import refusals
from cobalens.serve.cohort.account import added, discreetly
from cobalens.serve.cohort.joined import Met
from cobalens.serve.cohort.kinds import not_read
from cobalens.serve.cohort.packed import Packed
from cobalens.serve.cohort.people import Told

FACTS, RESULTS, QUARANTINE, STATE, WORK = (
    "facts.parquet",
    "results.parquet",
    "quarantine.ndjson",
    "gathered.json",
    "gathering",
)


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


def top_of(order: Order) -> Path:
    path = Path(order.source)
    return path if path.is_dir() else path.parent


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
    """How often someone was met in a further file that was read by itself."""
    met: Met | None = None
    """Known once every file of a folder has been asked whom it names."""
    people_together: int = 0
    """Of ``people``; what several files say of them was put together."""
    account: dict[str, int] = {}
    """What became of rows and lines -> how many."""
    files_not_read: dict[str, int] = {}
    """Files of the folder that stand beside those that were read, by their endings."""
    packed: tuple[Packed, ...] = ()
    """What became of the packed files."""
    rows: dict[str, int] = {}
    """Table of an OMOP instance -> its rows."""
    files_of_strangers: dict[str, int] = {}
    """File -> its people, none of whom stands in another file or has a result."""
    numbers_that_stand_out: dict[str, int] = {}
    """Test, unit and a number that may be a code for no result -> how often it stands there."""
    columns_not_there: tuple[str, ...] = ()
    """Columns of an OMOP instance that were read as empty."""
    shares: dict[str, Counted] = {}
    """Share of an OMOP instance -> what became of it."""


SAME = ("cobalens", "ruleset", "pack", "packs", "kind", "index", "complete", "partitions", "files")


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
        files_not_read=not_read(order.source, kind, files, order.out),
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


def noted(order: Order, state: Gathered, told: Told) -> Gathered:
    return kept(order, replace(state, done=state.done | {str(told.number): discreetly(told)}))


def forget(order: Order) -> None:
    """Leaves nothing of work that came to nothing: once the source is mended, the same command begins anew."""
    (order.out / STATE).unlink(missing_ok=True)
    shutil.rmtree(order.out / WORK, ignore_errors=True)


def files_of_part(work: Path, part: int) -> tuple[Path, Path]:
    return work / f"facts-{part:05}.parquet", work / f"results-{part:05}.parquet"


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


def finished(order: Order, state: Gathered, aside: Iterable[Aside]) -> Gathered:
    """The quarantine beside what was kept, and the work's own files away."""
    put(order.out / QUARANTINE, b"".join(json.encode(one) + b"\n" for one in aside))
    state = kept(order, replace(state, finished=True, lines_aside=()))
    shutil.rmtree(order.out / WORK, ignore_errors=True)
    return state
