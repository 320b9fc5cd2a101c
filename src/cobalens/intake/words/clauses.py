"""The clauses of a sentence, the dose that stands in one, and the word that makes a date the next of many."""

from __future__ import annotations

from decimal import Decimal

from cobalens.intake.patterns import pattern
from cobalens.intake.words.context import Scene
from cobalens.intake.words.lexicon import CompiledLexicon
from cobalens.intake.words.matcher import Hit
from cobalens.intake.words.moments import Moment
from cobalens.intake.words.tokens import Token

_BEFORE, _AFTER = 4, 10
"""So many words before and after a medicine may "next" stand."""
_BEHIND_END = 2
"""So many words may part "stopped" from its time."""
_BEHIND_OF = 2
_BEGINS = ("start", "begin", "commenc", "first", "introduc", "switch")
"""How words begin that make it no course under way: "to *start* with the next cycle"."""


def chunks(scene: Scene) -> list[int]:
    """For each token, the number of its clause: commas, brackets and ends of scope divide."""
    out, chunk = [], 0
    for i, token in enumerate(scene.tokens):
        if i and i in scene.ends and i - 1 not in scene.ends:
            chunk += 1
        out.append(chunk)
        if token.norm in (",", "("):
            chunk += 1
    return out


def micrograms(
    tokens: list[Token], i: int, lexicon: CompiledLexicon, *, at_once: bool = False
) -> Decimal | None:
    """The first single dose in micrograms from token ``i`` on; a dose per square metre or kilogram is none."""
    for k in range(i, len(tokens) - 1):
        norm = tokens[k].norm
        if norm[0].isdigit():
            unit = lexicon.dose_units.get(tokens[k + 1].norm)
            per = tokens[k + 2].norm if k + 2 < len(tokens) else ""
            if unit is not None and per != "/":
                number = norm.replace(",", "")
                if k + 1 < len(tokens) and number.replace(".", "", 1).isdigit():
                    return Decimal(number) * Decimal(unit)
        if at_once:
            return None
    return None


def dosed(text: str, tokens: list[Token], at: int) -> str:
    """The dose at a token as it is written, with how often it is taken: "*1 g three times a day*"."""
    last = at + 1
    while last + 1 < len(tokens) and (
        tokens[last + 1].norm in _HOW_OFTEN
        or (tokens[last].norm == "every" and tokens[last + 1].norm[0].isdigit())
    ):
        last += 1
    # What leads to a word that does not follow, "in the", is left out.
    while last > at + 1 and (tokens[last].norm in _LEADS or tokens[last].norm[0].isdigit()):
        last -= 1
    return text[tokens[at].start : tokens[last].end]


_LEADS = frozenset("a at in the every each per alternate other".split())
_HOW_OFTEN = _LEADS | frozenset(
    "once twice thrice three four two times time day daily week weekly month monthly od bd bid tds tid qds qid nocte mane night morning evening days weeks months hours".split()
)


def is_next(hit: Hit, scene: Scene) -> bool:
    """Whether the date is only that of the next dose of a course: "*next* B12 injection due 14 December", "12 weekly, *next* due Friday"."""
    tokens, lexicon = scene.tokens, scene.lexicon
    near = range(max(0, hit.first - _BEFORE), min(hit.last + _AFTER, len(tokens) - 1))
    if any(tokens[i].norm.startswith(_BEGINS) for i in near):
        return False
    if goes_on(hit, scene):
        return True
    for i in near:
        if tokens[i].norm != "next" or hit.first <= i < hit.last:
            continue
        after = tokens[i + 1].norm
        if i + 1 == hit.first or after == "due" or (after in lexicon.doses and after.isalpha()):
            return True
    return False


_PLANS = frozenset("plan plans will to suggest advise recommend needs need requires should for if".split())


def goes_on(hit: Hit, scene: Scene) -> bool:
    """Whether the dose that is due is one of those given so often: "B12 *every 12 weeks*, due Friday"."""
    tokens, often = scene.tokens, scene.lexicon.unnamed.often
    near = range(max(0, hit.first - _BEFORE), min(hit.last + _AFTER, len(tokens)))
    if any(tokens[i].norm in _PLANS for i in range(hit.last)) or "due" not in {tokens[i].norm for i in near}:
        return False
    return any(tokens[i].norm in often or _INTERVAL.fullmatch(tokens[i].norm) for i in near)


_CYCLE = pattern(r"c(\d{1,2})")


def is_later_cycle(hit: Hit, tokens: list[Token]) -> bool:
    """Whether the cycle that is to come is not the first, so that the course goes on: "*C3* carboplatin due Thursday"."""
    near = [token.norm for token in tokens[max(0, hit.first - _NEAR) : hit.last + _NEAR]]
    for i, norm in enumerate(near):
        number = found[1] if (found := _CYCLE.fullmatch(norm)) else ""
        if norm == "cycle" and i + 1 < len(near) and near[i + 1].isdigit():
            number = near[i + 1]
        if number and int(number) > 1:
            return True
    return False


def is_under_way(hit: Hit, scene: Scene, moment: Moment | None) -> bool:
    """Whether what is to come is only the next of a course: a later cycle, or a dose of those given so often."""
    return is_later_cycle(hit, scene.tokens) or (moment is None and goes_on(hit, scene))


_INTERVAL = pattern(r"\d{1,2}/(?:12|52)")
_NEAR = 3
_APART = frozenset(",;.(")
"""A figure behind one of these is none of the word before it: "Mr Alan T, NHS 123"."""


def figure_near(tokens: list[Token], hit: Hit, *, after: bool) -> Decimal | None:
    """The figure before a phrase ("*60* units a week"), or ``after`` it ("MMSE *21*/30")."""
    near = tokens[hit.last : hit.last + _NEAR] if after else tokens[max(0, hit.first - _NEAR) : hit.first]
    if after:
        near = near[: next((i for i, token in enumerate(near) if token.norm in _APART), len(near))]
    figures = [token.norm.split("/")[0].replace(",", ".") for token in near]
    numbers = [one for one in figures if one.replace(".", "", 1).isdigit()]
    return Decimal(numbers[0] if after else numbers[-1]) if numbers else None


def tells_of_beginning(moment: Moment, scene: Scene) -> bool:
    """Whether a time stands right behind the word that something began, and its end without a time: "*commenced 6 months ago*, then stopped"."""
    begun = any(("onset", "") in h.marks and 0 <= moment.first - h.last <= 1 for h in scene.hits)
    return (
        begun
        and moment.role == "at"
        and any(t.name == "over" and t.first >= moment.last for t in scene.triggers)
    )


def end_of(moment: Moment, when: list[Moment], scene: Scene) -> Moment:
    """When something ended, where how long it lasted or another time stands before that: "metformin, *10 years*, stopped *last week*"."""
    behind = [m for m in when if m.first >= moment.last]
    if moment.role not in ("", "for"):
        # "Dose halved *in March*, stopped *in June*": the time right behind the end is its own.
        ends = [t.last for t in scene.triggers if t.name == "over" and t.first >= moment.last]
        behind = [m for m in behind if any(0 <= m.first - last <= _BEHIND_END for last in ends)]
    later = next(iter(behind), None)
    if later is None or later.role != "at":
        return moment
    between = (h for h in scene.hits if moment.last <= h.first < later.first)
    return moment if any(m == "concept" for h in between for m, _ in h.marks) else later


def may_date(moment: Moment, hit: Hit, scene: Scene) -> bool:
    """Whether a time in the clause of a phrase may be its own: not "vegan with *4 months* of tingling", "metformin (diabetes *since 2012*)"."""
    if hit.first <= moment.first < hit.last and not hit.pieces:
        return False
    tokens, after = scene.tokens, moment.last
    of_next = after < len(tokens) and tokens[after].norm == "of" and hit.last <= moment.first
    if of_next and any(_is_named(one) and after < one.first <= after + _BEHIND_OF for one in scene.hits):
        return False
    opened = next((i for i in range(moment.first - 1, -1, -1) if tokens[i].norm in ("(", ")")), None)
    if opened is None or tokens[opened].norm == ")":
        return True
    closed = next((i for i in range(moment.last, len(tokens)) if tokens[i].norm == ")"), len(tokens))
    if opened < hit.first < closed:
        return True
    if hit.first > closed:
        # Of "FOLFOX (last cycle *4 weeks ago*) with numb feet" the time is none of the feet's.
        return False
    return not any(_is_named(one) and opened < one.first < moment.first for one in scene.hits)


def _is_named(hit: Hit) -> bool:
    return any(mark == "concept" for mark, _ in hit.marks)


def is_indication(hit: Hit, scene: Scene, chunk_of: list[int]) -> bool:
    """Whether an operation was done for it: "ileal resection *for* TB" says nothing of today."""
    norms = [token.norm for token in scene.tokens[max(0, hit.first - 3) : hit.first]]
    if not {"for", "following"}.intersection(norms):
        return False
    chunk = chunk_of[hit.first - 1]
    return any(
        h.last <= hit.first
        and chunk_of[h.first] >= chunk - 1
        and any(m == "concept" and scene.lexicon.kinds.get(n) == "procedure" for m, n in h.marks)
        for h in scene.hits
    )
