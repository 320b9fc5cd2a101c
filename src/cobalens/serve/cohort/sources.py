"""From any source of many people to the facts and results that a run answers from, a part at a time, each kept once it is done."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, json
from msgspec.structs import replace

from cobalens.api import Cobalens, load
from cobalens.engines import duckdb as engine
from cobalens.engines.keeping import files_in, move_together, people_in, put_together, rows_in
from cobalens.engines.standing_out import standing_out
from cobalens.errors import CobalensError
from cobalens.intake.casefile import LISTS
from cobalens.intake.fhir.lines import SHARED, Aside, Shared, chunks_of, counted, plan_for
from cobalens.intake.fhir.rows import share_out
from cobalens.serve.cohort import refusals
from cobalens.serve.cohort.account import added, reasons
from cobalens.serve.cohort.days import DATE, EACH, LATEST
from cobalens.serve.cohort.dictionaries import explained, paired
from cobalens.serve.cohort.hands import Hands
from cobalens.serve.cohort.joined import NUMBERS, ROWS, Met, who_is_in_several
from cobalens.serve.cohort.joined import SHARED as SHARED_FILES
from cobalens.serve.cohort.kinds import (
    CANONICAL,
    FILES,
    LINES,
    OMOP,
    SURVEY,
    TABLES,
    files_of,
    is_one_line,
    labels_of,
    like,
    names_of,
    packed_tables,
)
from cobalens.serve.cohort.packed import UNPACKED, as_known, is_packed, plain, unpack_all
from cobalens.serve.cohort.people import Asked, Part, Told, read_part
from cobalens.serve.cohort.pieces import PIECES, Given, part_all
from cobalens.serve.cohort.progress import Telling
from cobalens.serve.cohort.ready import ready_for
from cobalens.serve.cohort.state import (
    FACTS,
    RESULTS,
    WORK,
    Gathered,
    Order,
    begun,
    files_of_part,
    finished,
    forget,
    kept,
    noted,
    of_shares,
    top_of,
)
from cobalens.serve.refusals import no_such_list

if TYPE_CHECKING:
    from cobalens.engines.spark import Spark


# --- What is asked ----------------------------------------------------------------------------------------------------


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


def checked(text: str) -> str:
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        raise refusals.no_index() from None


def refuse_unknown_lists(names: Iterable[str], door: Cobalens) -> None:
    """A misspelt name would leave a list open of which everything depends on its being complete."""
    for name in names:
        if not door.read({"facts": {}}, complete=(name,)).complete:
            raise no_such_list(name, LISTS)


# --- Gathering ----------------------------------------------------------------------------------------------------


def gather(order: Order, kind: str, telling: Telling, hands: Hands, session: Spark | None = None) -> Gathered:
    """Makes ``facts.parquet``, ``results.parquet`` and ``quarantine.ndjson`` in the folder of the run.

    ``telling``: begins the line of progress of a stage. ``session``: makes facts of canonical tables, where Spark judges.
    """
    state = _gathered(order, kind, telling, hands, session)
    with engine.connected(order.out / "scratch", order.memory, order.threads) as base, engine.troubles():
        odd = standing_out(base, files_in(order.out / RESULTS))
    return replace(
        state, numbers_that_stand_out={f"{test}, {unit}: {number}": n for test, unit, number, n in odd}
    )


def _gathered(order: Order, kind: str, telling: Telling, hands: Hands, session: Spark | None) -> Gathered:
    if kind == CANONICAL and order.index != LATEST:
        raise refusals.days_in_tables()
    files = files_of(order.source, kind, order.out)
    asked = asked_of(order, kind, files)
    door = load(order.pack)
    refuse_unknown_lists(order.complete, door)
    state = begun(order, kind, files, door)
    if state.finished:
        return state
    work = order.out / WORK
    work.mkdir(parents=True, exist_ok=True)
    if kind == CANONICAL:
        from cobalens.serve.cohort.canonical import gather_canonical

        return finished(order, gather_canonical(order, state, door, session, telling), ())
    if kind == OMOP:
        from cobalens.serve.cohort.omop import gather_omop

        state, _ = unpacked(order, state, kind, packed_tables(order.source)[0], telling)
        state = gather_omop(order, state, asked, door, telling)
        assert state.parts is not None
        together(order, (files_of_part(work, part) for part in range(state.parts)), session)
        return finished(order, of_shares(state), ())
    state, files = unpacked(order, state, kind, files, telling)
    with refused_by_name(order, asked, kind, files):
        # From now on what lies in pieces there is known to be of this source.
        state = kept(order, state)
        if kind == FILES and asked.mapping is None:
            mapping, explaining = explained(files, door.ruleset)
            asked = replace(asked, mapping=mapping, explaining=explaining)
            numbers, pairing = paired(files, door.ruleset)
            if numbers is not None:
                (work / NUMBERS).write_bytes(json.encode(numbers))
                asked = replace(
                    asked, explaining=(*explaining, pairing), pairing=pairing, numbers=str(work / NUMBERS)
                )
        given = given_of(order, kind, files, asked, door, telling)
        hands.ready, hands.later = ready_for(kind, files)
        state, parts = parts_of(order, state, kind, given, work, asked, telling, hands)
        if not parts:
            forget(order)
            raise refusals.nobody_named(
                top_of(order).name if Path(order.source).is_dir() else Path(order.source).name,
                state.lines,
                reasons(one.reason for one in state.lines_aside),
            )
        state = read_all(order, state, parts, asked, telling, hands)
        if kind == FILES:
            joined = parts_together(state, len(parts), work)
            state = read_all(order, state, joined, asked, telling, hands)
            parts += joined
    return _put_together(order, kind, state, parts, session)


def _put_together(
    order: Order, kind: str, state: Gathered, parts: Sequence[Part], session: Spark | None
) -> Gathered:
    """The facts of all parts as one, and the account of everything that was read."""
    told = [state.done[str(part.number)] for part in parts]
    strangers = strangers_in(parts, told, order.out / WORK) if kind == FILES else {}
    aside = (*state.lines_aside, *(one for each in told for one in each.aside))
    judged_people = together(
        order, ((Path(part.facts), Path(part.results)) for part in parts), session, aside, kind == LINES
    )
    lost = {one.person: one.reason for one in aside if one.person and one.person not in judged_people.among}
    people = judged_people.count + len(lost)
    state = replace(
        state,
        people=people,
        people_again=sum(one.people for one in told) - people,
        people_together=sum(
            one.people for one, part in zip(told, parts, strict=True) if part.together is not None
        ),
        judged=sum(one.judged for one in told),
        files_of_strangers=strangers,
        judged_people=judged_people.count,
        people_aside=reasons(lost.values()),
        account=added(
            (reasons(one.reason for one in aside if not one.person), *(one.pieces for one in told))
        ),
        done={},
    )
    unread = (one for each in told for one in each.unread)
    lost_files = (Aside(one.file, 0, f"this file {one.fate}") for one in state.packed if one.aside)
    return finished(order, state, (*lost_files, *aside, *unread))


def strangers_in(parts: Sequence[Part], told: Sequence[Told], work: Path) -> dict[str, int]:
    """Files of people who stand in no other file and have no result, beside others who have: are they known by two numbers?"""
    among = [(part, one) for part, one in zip(parts, told, strict=True) if part.together is None]
    bare = {part.number for part, _ in among if not rows_in([Path(part.results)])}
    if len(bare) == len(parts):
        return {}
    found: dict[str, int] = {}
    for part, one in among:
        if part.number in bare and one.people and not (work / SHARED_FILES / f"{part.number:05}").exists():
            found[part.file] = found.get(part.file, 0) + one.people
    return found


@contextmanager
def refused_by_name(order: Order, asked: Asked, kind: str, files: Sequence[Path]) -> Iterator[None]:
    """What is wrong with the only file is told by its name, and with what helps those who have many people."""
    try:
        yield
    except CobalensError as error:
        if asked.alone and kind not in (LINES, SURVEY):
            forget(order)
            if error.code in ("unknown_kind", "other_document") and is_one_line(files[0]):
                raise refusals.headings_alone(files[0].name) from None
            if error.code in ("unknown_kind", "other_document") and (other := like(files[0])):
                raise refusals.no_cohort(files[0].name, like=other) from None
            raise refusals.of_file(error, files[0].name) from None
        raise


def unpacked(
    order: Order, state: Gathered, kind: str, files: Sequence[Path], telling: Telling
) -> tuple[Gathered, list[Path]]:
    """The files to read, those that are packed in the folder of the work; one that is not whole is set aside.

    Where all depends on it, on the only file, a table of many or lists declared complete, it is refused.
    """
    top, folder = top_of(order), order.out / WORK / UNPACKED
    if kind == SURVEY or not any(map(is_packed, files)):
        return state, list(files)
    # From now on what lies unpacked there is known to be of this source.
    state = kept(order, state)
    try:
        found, packed = unpack_all(
            files, top, folder, state.packed, telling, plain if kind == OMOP else lambda path: path
        )
        for one in packed:
            if one.aside and (kind == OMOP or order.complete or not found):
                raise refusals.packed_unsound(one.file, one.fate, complete=bool(order.complete and found))
    except CobalensError:
        forget(order)
        raise
    return kept(order, replace(state, packed=tuple(packed))), found


def given_of(
    order: Order, kind: str, files: Sequence[Path], asked: Asked, door: Cobalens, telling: Telling
) -> list[Given]:
    """What is to be read: the files, and in place of tables that are too large to be read at once their pieces."""
    top, work = top_of(order), order.out / WORK
    found = [Given(path, as_known(path, top, work / UNPACKED)) for path in files]
    if kind not in (TABLES, FILES):
        return found
    whole = frozenset(asked.explaining)
    return part_all(found, work / PIECES, door.ruleset, asked.mapping, telling, whole)


class Judged(Struct, frozen=True):
    count: int
    among: frozenset[str]
    """Those who are also named in the quarantine, for another day of decision."""


def together(
    order: Order,
    parts: Iterable[tuple[Path, Path]],
    session: Spark | None,
    aside: Sequence[Aside] = (),
    many: bool = True,
) -> Judged:
    """The parts as one file of facts and one of results; who is in them.

    ``many``: parts are of many people each, so that their files may stay as they are, in one folder each; for Spark, which
    plans anew for each file of facts, not these.
    """
    facts, results = zip(*parts, strict=True)
    names = sorted({one.person for one in aside if one.person})
    with engine.connected(order.out / WORK / "scratch", order.memory, order.threads) as base:
        for files, place, whole in (
            (facts, order.out / FACTS, session),
            (results, order.out / RESULTS, None),
        ):
            if many and len(files) > 1 and not whole:
                move_together(files, place)
            else:
                put_together(base, files, place)
        return Judged(*people_in(base, files_in(order.out / FACTS), names))


def parts_of(
    order: Order,
    state: Gathered,
    kind: str,
    given: Sequence[Given],
    work: Path,
    asked: Asked,
    telling: Telling,
    hands: Hands,
) -> tuple[Gathered, list[Part]]:
    """The parts of the work; lines are shared out by person first, and people of several files looked for, anew where that was not finished."""
    if kind != LINES:
        hands.begin(len(given))
        met = state.met or Met()
        if kind == FILES and state.met is None:
            met = who_is_in_several(given, work, asked, order.partitions, telling, hands)
        state = kept(order, replace(state, parts=len(given), met=met))
    else:
        shared = work / "lines"
        if state.parts is None:
            shutil.rmtree(shared, ignore_errors=True)
            shared.mkdir()
            files, known = [one.path for one in given], [one.source for one in given]
            size = sum(one.stat().st_size for one in files)
            plan = plan_for(shared, size, order.partitions, top_of(order))
            chunks = chunks_of(files, labels_of(known))
            hands.begin(len(chunks))
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
        hands.end()
        given = [Given(path, path) for path in sorted(shared.glob("people-*"))]
    # Places are told, and people without a name called, by the file as its owner knows it.
    shown = list(dict.fromkeys(one.source for one in given))
    told_as = dict(zip(shown, zip(names_of(shown), labels_of(shown), strict=True), strict=True))
    beside = state.met is not None and state.met.shares > 0
    return state, [
        Part(
            n,
            str(one.path),
            kind == LINES,
            str(facts),
            str(results),
            name,
            label,
            beside,
            one.piece,
            one.before,
        )
        for n, one in enumerate(given)
        for name, label in (told_as[one.source],)
        for facts, results in (files_of_part(work, n),)
    ]


def parts_together(state: Gathered, first: int, work: Path) -> list[Part]:
    """The shares of those who stand in several files; their numbers follow those of the files."""
    return [
        Part(first + share, str(work / ROWS), False, str(facts), str(results), together=share)
        for share in range(state.met.shares if state.met else 0)
        for facts, results in (files_of_part(work, first + share),)
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
    hands.begin(len(left))
    advance = telling("parts read", len(parts), len(parts) - len(left))
    for _, told in hands.each(read_part, [(part, asked) for part in left]):
        state = noted(order, state, told)
        advance(1)
    return state
