"""Words in a record that say nothing of the person: an address, a laboratory's standing remark on its method; and ticks on a form.

What such words are is data (``lexicon/context.toml``); this module knows only where they must stand.
"""

from __future__ import annotations

from itertools import pairwise

from msgspec import Struct

from cobalens.intake.laboratory.values import AMOUNTS
from cobalens.intake.words.lexicon import BACKWARD, BOTH, FORWARD, CompiledLexicon
from cobalens.intake.words.matcher import Hit
from cobalens.intake.words.moments import is_day_of
from cobalens.intake.words.tokens import MARKS, Token

_POSTCODE = 5
"""Figures of a postcode that follows the two letters of a state."""


class Tick(Struct, frozen=True, gc=False):
    """An answer after a label: its place, and whether it says no."""

    at: int
    no: bool


def ticks(tokens: list[Token], hits: list[Hit], text: str, lexicon: CompiledLexicon) -> list[Tick]:
    """Answers that stand alone after a label: "Pregnant: N", "Smoker - no", "Vegan? Y"."""
    out = []
    for i in range(1, len(tokens) - 1):
        word = tokens[i + 1].norm
        if tokens[i].norm not in (":", "?", "=") or word not in lexicon.answers:
            continue
        # "Reflexes: N" is short for normal, "platelets: 0" is a count.
        before = next((h for h in hits if h.first < i <= h.last), None)
        if before is not None and any(m in ("observable", "test", "quality") for m, _ in before.marks):
            continue
        if _stands_alone(tokens, i + 1, text) or (tokens[i].norm == "?" and lexicon.answers[word]):
            out.append(Tick(i + 1, not lexicon.answers[word]))
    return out or _bare_ticks(tokens, hits, lexicon)


def _bare_ticks(tokens: list[Token], hits: list[Hit], lexicon: CompiledLexicon) -> list[Tick]:
    """Answers right behind their labels, where several stand in a row: "Numbness Y / Weakness N / Bladder N"."""
    out = []
    for hit in hits:
        if hit.last >= len(tokens) or tokens[hit.last].raw not in ("Y", "N"):
            continue
        ended = hit.last + 1 == len(tokens) or tokens[hit.last + 1].norm in MARKS
        if ended and any(
            mark == "concept" and lexicon.kinds.get(name) in _TICKED for mark, name in hit.marks
        ):
            out.append(Tick(hit.last, tokens[hit.last].raw == "N"))
    # One alone is an entry of its own: "Tingling N".
    alone = (
        len(out) == 1
        and out[0].at + 1 == len(tokens)
        and any(h.first == 0 and h.last == out[0].at for h in hits)
    )
    return out if len(out) > 1 or alone else []


_TICKED = frozenset({"symptom", "condition", "drug", "diet", "exposure", "function"})


def _stands_alone(tokens: list[Token], i: int, text: str) -> bool:
    """Whether the clause ends here, or another label begins: "Pregnant: N  Smoker: Y", not "Vitamins: N-acetylcysteine"."""
    end = tokens[i].end
    if text[end : end + 1] == "-":
        return False
    # A dash between words is read as a colon; behind an answer it begins something else.
    if (
        i + 1 >= len(tokens)
        or tokens[i + 1].raw in "-\u2013\u2014"
        or (tokens[i + 1].norm in MARKS and tokens[i + 1].norm not in ":?=")
    ):
        return True
    label = (k for k in range(i + 1, len(tokens)) if tokens[k].norm in MARKS)
    mark = next(label, None)
    if mark is None or mark == i + 1 or tokens[mark].norm not in (":", "?", "="):
        return False
    # "- no indication recorded ?stop": a question mark that stands apart ends no label.
    return tokens[mark].norm != "?" or tokens[mark].start == tokens[mark - 1].end


def asks(tokens: list[Token], lexicon: CompiledLexicon) -> bool:
    """Whether the question mark ends a question of somebody's ("Can he have injections?"), not a diagnosis in doubt.

    One that asks for a fact and is answered is none: "Does she take metformin? Yes".
    """
    first = _first_word(tokens)
    opens = _opened_by(tokens, first, lexicon)
    if presumes(tokens, lexicon):
        return False
    return bool(opens) and not (opens[0] in lexicon.of_fact and is_answered(tokens, first, lexicon))


def _first_word(tokens: list[Token]) -> int:
    return next((i for i, token in enumerate(tokens) if token.norm[0].isalpha()), 0)


def _opened_by(tokens: list[Token], first: int, lexicon: CompiledLexicon) -> list[str]:
    """The words of a question with which a sentence begins, a label apart."""
    after = next((i + 1 for i, token in enumerate(tokens[:2]) if token.norm == ":"), first)
    return [t.norm for t in (tokens[first], *tokens[after : after + 1]) if t.norm in lexicon.question]


def presumes(tokens: list[Token], lexicon: CompiledLexicon) -> bool:
    """Whether a question takes it for granted that something is taken: "Should she *carry on* with her tablets?"."""
    first = _first_word(tokens)
    return bool(_opened_by(tokens, first, lexicon)) and any(
        token.norm in _PRESUMES for token in tokens[first : first + _NEAR_BY]
    )


_PRESUMES = frozenset("continue continuing carry keep stay remain stop stopping".split())
_NEAR_BY = 6


def is_answered(tokens: list[Token], first: int, lexicon: CompiledLexicon) -> bool:
    """Whether a yes or a no follows the first question mark from token ``first`` on."""
    mark = next((i for i in range(first, len(tokens) - 1) if tokens[i].norm == "?"), None)
    return mark is not None and tokens[mark + 1].norm in lexicon.answers


def is_how(tokens: list[Token], clause: range, hits: list[Hit], lexicon: CompiledLexicon) -> bool:
    """Whether a clause only tells how a medicine is taken: "metformin, *1 g twice daily*, stopped"."""
    if any(h.first in clause and any(m == "concept" for m, _ in h.marks) for h in hits):
        return False
    inside = {k for h in hits for k in range(h.first, h.last)}
    norms = [tokens[i].norm for i in clause if i not in inside]
    small = lexicon.fillers | lexicon.units.keys() | lexicon.dose_units.keys()
    return all(n[0].isdigit() or n in small or n in MARKS for n in norms)


_NEAR = 2


def alone_dosed(hit: Hit, start: int, tokens: list[Token], lexicon: CompiledLexicon) -> bool:
    """Whether a medicine alone in its list has a dose, so that it is taken: "no metformin, *lansoprazole 30 mg*"."""
    dose = [t.norm for t in tokens[hit.last : hit.last + 2]]
    before = any(t.norm in lexicon.dose_units for t in tokens[start : hit.first])
    return not before and len(dose) == 2 and dose[0][0].isdigit() and dose[1] in lexicon.dose_units


def stands_near(tokens: list[Token], hits: list[Hit], first: int, last: int) -> bool:
    """Whether at most two words stand from ``first`` up to ``last``, doses aside: "metformin 1 g bd *held*"."""
    doses = {i for hit in hits if ("drug_cue", "") in hit.marks for i in range(hit.first, hit.last)}
    return sum(tokens[i].norm[0].isalpha() and i not in doses for i in range(first, last)) <= _NEAR


def is_wanted(tokens: list[Token], hit: Hit, lexicon: CompiledLexicon) -> bool:
    """Whether somebody wants it ruled out: then it is not."""
    return hit.key.endswith(("ruled out", "excluded")) and any(
        t.norm in lexicon.wanted for t in tokens[max(0, hit.first - 6) : hit.first]
    )


def plan_reaches(tokens: list[Token], hits: list[Hit], hit: Hit, lexicon: CompiledLexicon) -> str:
    """Whether the plan is of what follows, of what stands right before it ("mastectomy *planned for* the 14th"), or of either ("Entonox *planned for* labour")."""

    def given(one: Hit) -> bool:
        return any(m == "concept" and lexicon.kinds.get(n) in _GIVEN for m, n in one.marks)

    # "Total gastrectomy, planned for January": the comma does not part them.
    parted = hit.first > 1 and tokens[hit.first - 1].norm == ","
    beside = parted and any(h.last == hit.first - 1 and given(h) for h in hits)
    if is_day_of(tokens, hit.first - beside, hit.last, lexicon):
        return BACKWARD

    if tokens[hit.last - 1].norm != "for" or any(h.first >= hit.last and given(h) for h in hits):
        return FORWARD
    return BOTH if any(h.last == hit.first and given(h) for h in hits) else FORWARD


def opening_plan(tokens: list[Token], hits: list[Hit], lexicon: CompiledLexicon) -> list[int]:
    """Where a clause opens with *for* and a treatment, which is then still to come: "*For* B12 injections", "FLOT x4, *for* gastrectomy"."""
    out = []
    for i, token in enumerate(tokens):
        if token.norm != "for":
            continue
        ahead = {k for h in hits if h.first == i + 1 for k in _kinds(h, lexicon)}
        opens = not i or tokens[i - 1].norm in _OPENERS
        # "Gastric cancer for gastrectomy": an illness and what is to be done.
        ill = any(h.last == i and "condition" in _kinds(h, lexicon) for h in hits)
        if (opens and ahead & _GIVEN) or (ill and "procedure" in ahead):
            out.append(i)
    return out


def _kinds(hit: Hit, lexicon: CompiledLexicon) -> set[str]:
    return {lexicon.kinds.get(name, "") for mark, name in hit.marks if mark == "concept"}


_OPENERS = frozenset(",:.(;\n\u2022") | {"and", "now"}
_GIVEN = frozenset({"drug", "procedure", "exposure"})
"""Kinds of things that are planned."""


def is_reference(tokens: list[Token], hit: Hit) -> bool:
    """Whether a word in brackets is what is expected, behind what was seen: "Schistocytes few (*none*)"."""
    first, last = hit.first, hit.last
    if first < 2 or tokens[first - 1].norm != "(" or last >= len(tokens) or tokens[last].norm != ")":
        return False
    return tokens[first - 2].norm in _SEEN


_SEEN = AMOUNTS | {"seen", "present", "positive"}


def is_aside(hit: Hit, tokens: list[Token], remark: range) -> bool:
    """Whether the phrase stands in an address, or in a remark (``remark``) and without a dose."""
    return (
        is_address(hit, tokens)
        or is_surname(hit, tokens)
        or (hit.first in remark and not is_dosed(hit, tokens))
    )


def is_label(concept: str, hit: Hit, hits: list[Hit], tokens: list[Token], lexicon: CompiledLexicon) -> bool:
    """Whether what follows the colon says it again, and so how it is meant: "*Pregnancy* status: not pregnant"."""
    near = range(hit.last, min(hit.last + 2, len(tokens)))
    colon = next((i for i in near if tokens[i].norm == ":"), None)
    return colon is not None and any(
        (mark == "concept" and name == concept)
        or (mark == "stated" and concept in lexicon.umbrellas[name].denies)
        for h in hits
        if h.first > colon
        for mark, name in h.marks
    )


def is_address(hit: Hit, tokens: list[Token]) -> bool:
    """Whether two capitals are a state in an address: "San Jose, *CA* 95123", not "CA breast" or "CA 125"."""
    if hit.last - hit.first != 1 or hit.first < 2:
        return False
    raw = tokens[hit.first].raw
    town, comma = tokens[hit.first - 2], tokens[hit.first - 1]
    after = tokens[hit.last].raw if hit.last < len(tokens) else ""
    if len(raw) != 2 or not raw.isupper():
        return False
    if after.isdigit() and len(after) == _POSTCODE:
        return comma.norm == "," or comma.raw[:1].isupper()
    return comma.norm == "," and town.raw.istitle() and after in ("USA", "US")


def is_surname(hit: Hit, tokens: list[Token]) -> bool:
    """Whether a short form is the name of somebody: "Jane *Doe*, 67", not "DOE" or "Doe on stairs"."""
    raw = tokens[hit.first].raw
    if hit.last - hit.first != 1 or not hit.first or raw.lower() not in _SURNAMES:
        return False
    before = tokens[hit.first - 1].raw
    return raw.istitle() and before.isalpha() and before.istitle()


_SURNAMES = frozenset({"doe", "dib"})
"""Short forms of symptoms that are names too."""


def remark(tokens: list[Token], hits: list[Hit], lexicon: CompiledLexicon) -> range:
    """Where the sentence speaks of a method or of people at large: all of it, from the clause on, or nowhere."""
    first = next((h.first for h in hits if ("assay", "") in h.marks), None)
    words = [t.raw.lower() for t in tokens]
    if first is None:
        said_of = pairwise(words)
        first = next(
            (i for i, (who, then) in enumerate(said_of) if who in lexicon.people and then in lexicon.whose),
            None,
        )
    if first is None:
        return range(0)
    said = set(words)
    if said & lexicon.person:
        return range(0)
    if said & lexicon.people:
        return range(len(tokens))
    if said & lexicon.telling:
        return range(0)
    while first and tokens[first - 1].norm not in (",", "("):
        first -= 1
    return range(first, len(tokens))


def adherence_in(tokens: list[Token], hits: list[Hit], lexicon: CompiledLexicon) -> str | None:
    """How the medicines of a sentence are taken; not how a diet is kept: "poor adherence *to GFD*"."""
    for hit in hits:
        for mark, name in hit.marks:
            if mark == "adherence" and not lexicon.kept_otherwise.intersection(
                t.norm for t in tokens[hit.last : hit.last + _BEHIND]
            ):
                return name
    return None


_BEHIND = 4
"""So many words behind an adherence may say to what: "with a strict gluten free diet"."""


def is_general(tokens: list[Token], hits: list[Hit], lexicon: CompiledLexicon) -> bool:
    """Whether the sentence only says what is true of many: "metformin can lower B12", not "her tingling may be caused by it"."""
    at = next((h.first for h in hits if ("general", "") in h.marks), None)
    if at is None or _tells_of_one(tokens, lexicon):
        return False
    before = (mark for h in hits if h.first < at for mark in h.marks)
    return not any(m == "concept" and lexicon.kinds.get(n) in _FELT for m, n in before)


_PAPERS = frozenset(
    "leaflet leaflets information info education handout factsheet website page poster advice safety".split()
)


def _tells_of_one(tokens: list[Token], lexicon: CompiledLexicon) -> bool:
    """Whether somebody is spoken of; a "*patient* leaflet" is nobody."""
    said = [token.raw.lower() for token in tokens]
    told = lexicon.person | lexicon.telling
    return any(word in told and not _PAPERS.intersection(said[i + 1 : i + 2]) for i, word in enumerate(said))


_GOES_ON = frozenset(
    "symptom symptoms sign signs cause causes treatment treatments other others common risk it this these they people patients some many".split()
)
_SAYS = frozenset("include includes including can may might could is are usually often sometimes".split())


def goes_on_generally(tokens: list[Token], lexicon: CompiledLexicon) -> bool:
    """Whether a sentence goes on with what is true of many: "… can be caused by metformin. *Symptoms include* numbness."."""
    said = [token.raw.lower() for token in tokens if token.raw[:1].isalpha()]
    return (
        said[:1] != []
        and said[0] in _GOES_ON
        and bool(_SAYS & set(said[1:4]))
        and not _tells_of_one(tokens, lexicon)
    )


_FELT = frozenset({"symptom", "finding", "function"})


def is_dosed(hit: Hit, tokens: list[Token]) -> bool:
    """Whether a dose follows: "biotin 10 mg may interfere" tells what somebody takes."""
    return hit.last < len(tokens) and tokens[hit.last].norm[0].isdigit()
