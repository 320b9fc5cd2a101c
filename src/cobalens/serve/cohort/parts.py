"""The parts of a run, answered by several processes at once, or one after the other by Spark in its one session."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from cobalens.engines import duckdb as engine
from cobalens.engines import spark
from cobalens.engines.sql.answers import Query
from cobalens.serve.cohort.hands import Hands
from cobalens.serve.cohort.packs import query_of
from cobalens.serve.cohort.ready import ANSWERING

if TYPE_CHECKING:
    from cobalens.engines.duckdb import Base
    from cobalens.serve.cohort.run import Wanted

MANY = 100_000
"""People for whom it is worth beginning further processes."""
Place: TypeAlias = tuple[Path, int, int]
"""A file of facts, the first row of a part, and the row after its last."""
Answered: TypeAlias = Iterator[tuple[int, int | engine.EngineError]]
"""The place of each job with the rows written, or with what stopped it, in the order in which they end."""


class Share(Struct, frozen=True):
    """What a process needs to answer a part."""

    part: Place
    target: Path
    pack: str
    rows: bool
    noticed: tuple[str, ...]
    scratch: Path
    memory: str | None
    threads: int | None
    aside: Path | None
    """A file of the places that are not to be used."""


@lru_cache(maxsize=2)
def judge_of(pack: str, rows: bool, noticed: tuple[str, ...]) -> engine.Judge:
    return engine.judge_for(query_of(pack, rows, noticed, True))


def answer_share(share: Share) -> int | str:
    """Writes the answers of a part: how many rows, or what stopped the engine."""
    try:
        with engine.connected(share.scratch / share.target.stem, share.memory, share.threads) as base:
            judge = judge_of(share.pack, share.rows, share.noticed)
            return engine.answer_part(base, judge, share.part, share.target, share.aside)
    except engine.EngineError as trouble:
        return trouble.kind


def begin(hands: Hands, people: int) -> None:
    """The processes, before there is a database here, whose threads no copy of this process would have."""
    if people >= MANY:
        hands.ready = hands.ready or ANSWERING
        hands.begin(hands.most)


def answered(
    jobs: Sequence[tuple[Place, Path]],
    wanted: Wanted,
    query: Query,
    noticed: tuple[str, ...],
    aside: Mapping[Path, Path],
    scratch: Path,
    session: spark.Spark | None,
    hands: Hands,
) -> Answered:
    """All the parts; ``noticed``: the codes of what reading the records noticed, of which the facts have columns."""
    if session is not None:
        for place, (part, target) in enumerate(jobs):
            try:
                yield place, spark.answer_part(session, query, part, target, aside.get(part[0]))
            except engine.EngineError as trouble:
                yield place, trouble
        return
    # Where processes were begun each has a core; else one after the other has them all.
    several = hands.pool is not None
    threads = 1 if several else wanted.threads
    shares = [
        Share(
            part, target, wanted.pack, wanted.rows, noticed, scratch, wanted.memory, threads, aside.get(part[0])
        )
        for part, target in jobs
    ]  # fmt: skip
    found = (
        hands.each(answer_share, [(share,) for share in shares])
        if several
        else ((place, answer_share(share)) for place, share in enumerate(shares))
    )
    for place, one in found:
        yield place, engine.EngineError(one) if isinstance(one, str) else one


def files_aside(base: Base, parts: Sequence[Place], scratch: Path) -> dict[Path, Path]:
    """File of facts -> the file of its rows that are not to be used, where there are any."""
    scratch.mkdir(parents=True, exist_ok=True)
    files = dict.fromkeys(file for file, *_ in parts)
    found = {
        file: engine.places_aside(base, file, scratch / f"aside-{number:05}.parquet")
        for number, file in enumerate(files)
    }
    return {file: places for file, places in found.items() if places is not None}
