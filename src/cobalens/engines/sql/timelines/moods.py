"""Every statement in SQL as bits: what it says of its concept along any timeline; and per person all concepts in words.

Most concepts are looked at in plain ways, which share bits; doses by route, adherence and the like have bits of their own.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from cobalens.engines.sql.timelines.layout import Frame, constants, listed, rows_kept
from cobalens.engines.sql.timelines.statements import Look, Statements, order_of

_LISTED_MOMENTS = ("exposure", "drug")
DENIED, DOUBTED, CURRENT, OVER, LINGERING, MAY_LINGER, NEAR, FAR, MAY_BE_PLANNED = (1 << i for i in range(9))
KIN_DENIED, KIN_DOUBTED, KIN, UNPLANNED = 1 << 9, 1 << 10, 1 << 11, 1 << 12
MOODS = (
    0, DENIED, DOUBTED, CURRENT, OVER, OVER | LINGERING, OVER | MAY_LINGER, NEAR, FAR, MAY_BE_PLANNED, KIN_DENIED, KIN_DOUBTED, KIN, UNPLANNED,
)  # fmt: skip
"""All that a statement can come to: nothing, or some of these bits."""
_EACH = 16
"""At least as many: a concept and a mood make one number."""

PLAIN: dict[str, tuple[tuple[int, int], ...]] = {
    "ever": ((CURRENT | OVER, 3), (DOUBTED, 2), (DENIED, 1)),
    "suspected": ((CURRENT | OVER | DOUBTED, 3), (DENIED, 1)),
    "current": ((CURRENT, 3), (DOUBTED, 2), (DENIED | OVER, 1)),
    "lingering": ((CURRENT | LINGERING, 3), (DOUBTED | MAY_LINGER, 2), (DENIED | OVER, 1)),
    "planned": ((NEAR, 3), (MAY_BE_PLANNED, 2), (DENIED | UNPLANNED | FAR, 1)),
    "family": ((KIN, 3), (KIN_DOUBTED, 2), (KIN_DENIED, 1)),
}
"""How the shared bits of all statements about a concept come to a code: the first that holds."""


def _kind(look: Look) -> str | None:
    """The plain way in which a look looks, if it is one."""
    if look.routes or look.timeline not in PLAIN:
        return None
    return "lingering" if look.timeline == "current" and look.lingers else look.timeline


def _days(s: Statements, name: str) -> tuple[int, int | None]:
    """For how long this concept lingers, and within how many days a plan counts, in its plain looks."""
    looks = [look for look in s.looks_at(name) if _kind(look)]
    lingers = [look.lingers for look in looks if _kind(look) == "lingering"]
    within = [look.within for look in looks if _kind(look) == "planned"]
    return (lingers[0] if lingers else 0), (within[0] if within else None)


def _is_plain(s: Statements, name: str, look: Look) -> bool:
    lingers, within = _days(s, name)
    kind = _kind(look)
    if kind == "lingering":
        return look.lingers == lingers
    return look.within == within if kind == "planned" else kind is not None


def _own(s: Statements) -> tuple[Look, ...]:
    return tuple(sorted({look for name, look in s.places if not _is_plain(s, name, look)}, key=order_of))


def tables(s: Statements, frame: Frame) -> list[str]:
    """Common table expressions, the last of which (``said_words``) holds one row a person with every code that occurs."""
    return [_concept(s), *_meaning(s), *_said(s, frame), _word(s, frame)]


def kept(s: Statements, doses: Iterable[str], frame: Frame) -> list[str]:
    """The statements that are read by concept: those of which doses are read, and those looked at in ways of their own."""
    names = sorted({*doses, *_own_names(s)})
    return [rows_kept("event", "e", f"e.concept IN {listed(names)}", frame)] if names else []


def _own_names(s: Statements) -> list[str]:
    return sorted({name for name, look in s.places if not _is_plain(s, name, look)})


def _concept(s: Statements) -> str:
    own = _own(s)
    columns = ["concept", "number", "moment", "lingers", "within", "word"]
    types = ["VARCHAR", "INTEGER", "INTEGER", "INTEGER", "INTEGER", "INTEGER"]
    for part in (*PLAIN, *(f"own{i}" for i in range(len(own)))):
        columns.append(f"{part}_weight")
        types.append("BIGINT")
    rows = []
    for name, number in s.numbers.items():
        kind = s.ruleset.concepts[name].kind if name in s.ruleset.concepts else ""
        moment = 2 if kind == "procedure" else 1 if kind in _LISTED_MOMENTS else 0
        lingers, within = _days(s, name)
        looks = s.looks_at(name)
        weights = dict.fromkeys(columns[6:], 0)
        for look in looks:
            plain = _is_plain(s, name, look)
            part = str(_kind(look)) if plain else f"own{own.index(look)}"
            weights[f"{part}_weight"] += s.places[name, look].weight
        word = s.places[name, looks[0]].word
        rows.append([name, number, moment, lingers, within, word, *weights.values()])
    return constants("concept", columns, rows, types)


def phase_of(frame: Frame) -> tuple[str, str, str]:
    """SQL for the phase (0 planned, 1 current, 2 over) and for the first and last day on which it may have ended."""
    moment = "(c.moment = 2 OR (c.moment = 1 AND e.listed_as_procedure)) AND e.stop_first IS NULL AND e.stop_last IS NULL"
    phase = (
        f"CASE WHEN e.tense = 'planned' OR COALESCE(e.start_first > {frame.today}, FALSE) THEN 0 "
        f"WHEN e.stop_last IS NOT NULL THEN CASE WHEN e.stop_last < {frame.today} THEN 2 ELSE 1 END "
        f"WHEN {moment} THEN CASE WHEN e.tense = 'past' OR COALESCE(e.start_last < {frame.today}, FALSE) THEN 2 ELSE 1 END "
        "WHEN e.tense = 'past' THEN 2 ELSE 1 END"
    )
    ended = [
        frame.day(f"CASE WHEN {moment} THEN e.start_{end} ELSE e.stop_{end} END") for end in ("first", "last")
    ]
    return phase, ended[0], ended[1]


def _meaning(s: Statements) -> list[str]:
    """What each mood comes to for each concept: worked out here once, so that a statement has only to find its own."""
    flags = " + ".join(_flag(part, cases) for part, cases in PLAIN.items() if _is_used(s, part)) or "0"
    return [
        constants("moods", ("place", "mood"), list(enumerate(MOODS)), ("INTEGER", "INTEGER")),
        (
            f"meaning AS (SELECT code, word, flags FROM (SELECT c.number * {_EACH} + m.place AS code, c.word, {flags} AS flags "
            "FROM concept c CROSS JOIN moods m) AS f WHERE flags <> 0)"
        ),
    ]


def _said(s: Statements, frame: Frame) -> list[str]:
    """Each statement as a number of bits. The phase is asked once: what follows from it stands in its branches."""
    phase, first, last = phase_of(frame)
    at = {mood: MOODS.index(mood) for mood in MOODS}
    over = (
        f"CASE WHEN c.lingers = 0 THEN {at[OVER]} WHEN {first} >= -c.lingers THEN {at[OVER | LINGERING]} "
        f"WHEN {last} < -c.lingers THEN {at[OVER]} ELSE {at[OVER | MAY_LINGER]} END"
    )
    near = f"CASE WHEN {frame.day('e.start_first')} > c.within THEN {at[FAR]} ELSE {at[NEAR]} END"
    mood = (
        f"CASE WHEN e.family THEN CASE WHEN NOT e.affirmed THEN {at[KIN_DENIED]} WHEN ({phase}) = 0 THEN {at[0]} "
        f"WHEN e.doubt THEN {at[KIN_DOUBTED]} ELSE {at[KIN]} END WHEN NOT e.affirmed "
        f"THEN CASE WHEN ({phase}) = 0 THEN {at[UNPLANNED]} ELSE {at[DENIED]} END "
        f"WHEN e.doubt THEN CASE WHEN ({phase}) = 0 THEN {at[MAY_BE_PLANNED]} ELSE {at[DOUBTED]} END "
        f"ELSE CASE {phase} WHEN 1 THEN {at[CURRENT]} WHEN 2 THEN {over} ELSE {near} END END"
    )
    plainly = (
        f"SELECT {frame.key('m')}, f.word, f.flags FROM (SELECT {frame.key_of('e')}, c.number * {_EACH} + {mood} AS code "
        f"FROM {frame.source('event', 'e')} JOIN concept c ON c.concept = e.concept) AS m JOIN meaning f ON f.code = m.code"
    )
    own = _own(s)
    if not own:
        return [f"said AS ({plainly})"]
    codes = " + ".join(
        f"(CASE {_code(look)} WHEN 1 THEN 1 WHEN 2 THEN 2 WHEN 3 THEN 4 ELSE 0 END) * own{i}_weight"
        for i, look in enumerate(own)
    )
    weights = ", ".join(f"c.own{i}_weight" for i in range(len(own)))
    few = replace(frame, kept=True)
    phase, first, last = phase_of(few)
    return [
        (
            f"said_of_own AS (SELECT {few.key_of('e')}, c.word, {weights}, e.affirmed, e.doubt, e.family, {phase} AS phase, "
            f"{first} AS ended_first, {last} AS ended_last, {few.day('e.start_first')} AS start_first, "
            f"{few.day('e.start_last')} AS start_last, "
            f"e.route, e.adherence FROM {few.source('event_kept', 'e')} JOIN concept c ON c.concept = e.concept "
            f"WHERE e.concept IN {listed(_own_names(s))})"
        ),
        f"said AS ({plainly} UNION ALL SELECT {frame.key()}, word, {codes} FROM said_of_own)",
    ]


def _code(look: Look) -> str:
    """What one statement says, looked at in one way."""
    if look.timeline == "spoken":
        return "1"
    family = look.timeline == "family"
    cases = [f"WHEN {'NOT family' if family else 'family'} THEN 0"]
    if look.timeline not in ("planned", "family"):
        # A plan that is denied says nothing of what was or is.
        cases.append("WHEN NOT affirmed AND phase = 0 THEN 0")
    cases.append(f"WHEN NOT affirmed THEN {0 if look.timeline == 'adherence' else 1}")
    cases.append(f"WHEN {'phase <> 0' if look.timeline == 'planned' else 'phase = 0'} THEN 0")
    if look.routes:
        cases.append(f"WHEN route IS NOT NULL AND route NOT IN {listed(look.routes)} THEN 0")
        cases.append("WHEN route IS NULL THEN 2")
    if look.timeline != "suspected":
        cases.append("WHEN doubt THEN 2")
    return f"CASE {' '.join(cases)} {_certain(look)} END"


def _certain(look: Look) -> str:
    if look.timeline == "planned" and look.within is not None:
        return f"WHEN start_first > {look.within} THEN 1 ELSE 3"
    if look.timeline == "lasting":
        return f"WHEN phase <> 1 OR start_first > -{look.at_least} THEN 1 WHEN start_last <= -{look.at_least} THEN 3 ELSE 2"
    if look.timeline == "begun":
        past = f"start_last <= -{look.at_least} OR (phase = 2 AND ended_last <= -{look.at_least})"
        return f"WHEN start_first > -{look.at_least} THEN 1 WHEN {past} THEN 3 ELSE 2"
    if look.timeline == "adherence":
        return "WHEN adherence = 'taken' THEN 3 WHEN adherence = 'missed' THEN 1 ELSE 2"
    if look.timeline == "current":
        if look.lingers == 0:
            return "WHEN phase = 1 THEN 3 ELSE 1"
        return (
            f"WHEN phase = 1 THEN 3 WHEN ended_first >= -{look.lingers} THEN 3 "
            f"WHEN ended_last < -{look.lingers} THEN 1 ELSE 2"
        )
    return "ELSE 3"


def _word(s: Statements, frame: Frame) -> str:
    """Every code that occurs has its bit; a person's words hold all of them."""
    ors = ", ".join(
        f"BIT_OR(CASE WHEN word = {word} THEN flags ELSE 0 END) AS w{word}" for word in range(s.words)
    )
    return f"said_words AS (SELECT {frame.key()}, {ors} FROM said GROUP BY {frame.key()})"


def _is_used(s: Statements, part: str) -> bool:
    return any(_is_plain(s, name, look) and _kind(look) == part for name, look in s.places)


def _flag(part: str, cases: tuple[tuple[int, int], ...]) -> str:
    """The code of one statement, looked at in one way, as one of the bits no, open and yes."""
    tests = " ".join(f"WHEN (mood & {mask}) <> 0 THEN {1 << (code - 1)}" for mask, code in cases)
    return f"(CASE {tests} ELSE 0 END) * {part}_weight"
