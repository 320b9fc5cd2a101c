"""Whose record is it? A note that begins "Mum has had chemotherapy" is about the mother; "mother: pernicious anaemia" is family history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise, product

from msgspec import Struct

from cobalens.intake.words.agesaid import age_beside, is_they, told_age
from cobalens.intake.words.callers import LETTERS, letter_from, told_by_kin
from cobalens.intake.words.lexicon import CompiledLexicon, Relatives
from cobalens.intake.words.matcher import Hit
from cobalens.intake.words.tokens import MARKS, Token, tokenise

_BESIDE = frozenset({"to", "with", "by"})
_HELPS = frozenset(
    "drive drove bring brought sort sorted collect collected help helped remind reminded give fetch fetched pick manage "
    "managed accompany accompanied prompt supervise supervised administer administered inject injected gave".split()
)
"""What a relative does with the patient's own medicines: "her husband *drives* her to her injections"."""
_SINCE, _GONE = frozenset({"since", "after", "when"}), frozenset({"died", "passed", "left", "dies", "moved"})
_OBJECTS = frozenset({"her", "him", "me", "them", "up", "with", "the", "my"})
_STOPS = frozenset(".;?!\n")
CHILD = 16
"""A child of this age is never the writer's relative in passing: "my son is 8 and vegan" is about the son."""
FIRST_WORDS, FIRST_PERSON = 80, 400
"""How many words of a text may name the patient, and how many are searched for a writer who is the patient."""


class Perspective(Struct, frozen=True):
    """The relatives who are the patient, with what their names say of sex and the age that stands beside them."""

    patient: frozenset[str] = frozenset()
    sex: str | None = None
    age: int | None = None
    told: int | None = None
    """The age of somebody who is only called *she* or *he*: "Vegan household. *She's 12.*"."""


def perspective(notes: Iterable[str], lexicon: CompiledLexicon) -> Perspective:
    """From the notes and the goal of a record; nobody where the writer speaks of themselves or of a patient."""
    words = lexicon.relatives
    notes = list(notes)
    first = [_beginning(text, FIRST_WORDS, lexicon) for text in notes]
    if not any(t.norm in words.sexes for tokens in first for t in tokens):
        return Perspective(told=next((age for one in first if (age := told_age(one))), None))
    texts = [_beginning(text, FIRST_PERSON, lexicon) for text in notes]
    for tokens in texts:
        place = _on_behalf(tokens, words)
        if place is not None:
            return _named(tokens, place, words)
    for tokens in texts:
        place = letter_from(tokens, words) or told_by_kin(tokens, words) or _written_by(tokens, words)
        if place is not None:
            return _named(tokens, place, words)
    for tokens in texts:
        place = _mostly_of(tokens, words)
        if place is not None:
            return _named(tokens, place, words)
    if any(_first_person(tokens, words) for tokens in texts):
        return Perspective()
    for tokens in texts:
        place = _subject(tokens, words)
        if place is not None:
            return _named(tokens, place, words)
    return Perspective()


def _beginning(text: str, count: int, lexicon: CompiledLexicon) -> list[Token]:
    """The first words of a text, of which no more is read than it takes; a word that the cut may have hit is left out."""
    upto = 7 * count
    tokens = tokenise(text[:upto], lexicon.spelling)
    if len(tokens) > count or len(text) <= upto:
        return tokens[:count]
    return tokenise(text[: 4 * upto], lexicon.spelling)[:count]


def _named(tokens: list[Token], place: int, words: Relatives) -> Perspective:
    relative = tokens[place].norm
    sex = words.sexes[relative]
    told = told_age(tokens, {"female": "s", "male": "h"}.get(sex, ""))
    return Perspective(
        frozenset({relative}), None if sex == "either" else sex, age_beside(tokens, place), told
    )


def _on_behalf(tokens: list[Token], words: Relatives) -> int | None:
    """ "Filling this in for my grandmother", "on behalf of my father"."""
    for i, token in enumerate(tokens[:FIRST_WORDS]):
        if token.norm not in words.on_behalf:
            continue
        near = range(i + 1, min(i + 7, len(tokens)))
        place = next((k for k in near if tokens[k].norm in words.sexes), None)
        within = [tokens[k].norm for k in range(i, place)] if place is not None else []
        cares = token.norm in _CARES and (place is None or tokens[place - 1].norm not in ("my", "our"))
        if cares and not any(t.norm in ("i", "im") for t in tokens[:i]):
            # "Carer for husband with dementia": what a patient does, where nobody says "I" or "my".
            continue
        if place is not None and not set(within) & _STOPS and set(within) & words.prepositions:
            return place if tokens[place - 1].norm not in words.pronouns else None
    return None


_CARES = frozenset({"carer", "caregiver", "caring", "care", "cares"})


def _written_by(tokens: list[Token], words: Relatives) -> int | None:
    """ "Husband had ... I'm *his wife* writing": the relative with whom the note begins, where another tells of them."""
    norms = [token.norm for token in tokens]
    writer = next(
        (
            i + 1
            for i in range(1, len(norms) - 1)
            if norms[i] in ("his", "her", "their")
            and norms[i + 1] in words.sexes
            and (norms[i - 1] in ("im", "am") or norms[i + 2 : i + 3] in (["writing"], ["here"]))
        ),
        None,
    )
    place = next((i for i, norm in enumerate(norms[:8]) if norm in words.sexes), None)
    if writer is None or place is None or place == writer:
        return None
    if _first_person(tokens, words) and norms[writer + 1 : writer + 2] not in (["writing"], ["here"]):
        return None
    return place if all(n in words.opening or n in MARKS for n in norms[:place]) else None


_MOSTLY = 3
"""How many sentences about the relative stand to each about the writer, where the relative is the patient."""


def _mostly_of(tokens: list[Token], words: Relatives) -> int | None:
    """The relative with whom the note begins and of whom it mostly tells, though the writer mentions an illness of their own:
    "*My husband* Tom (68) has lung cancer. *He's* losing weight. I take metformin myself. *He* falls."
    """
    begin = next((i for i, token in enumerate(tokens[:8]) if token.norm in ("my", "our")), -1)
    if begin < 0 or begin + 1 >= len(tokens) or tokens[begin + 1].norm not in words.sexes:
        return None
    if any(t.norm not in words.opening and t.norm not in MARKS for t in tokens[:begin]):
        return None
    sex = words.sexes[tokens[begin + 1].norm]
    theirs = words.he if sex == "male" else words.she if sex == "female" else frozenset()
    told, own, fresh, mine = 1, 0, True, False
    for i, token in enumerate(tokens):
        if fresh and token.norm in theirs:
            told += 1
        elif token.norm == "i" and not mine and _first_person(tokens[i : i + 3], words):
            own, mine = own + 1, True
        mine = mine and token.norm not in _STOPS
        fresh = token.norm in _STOPS or token.norm in (",", "and", "but", "because", "so")
    return begin + 1 if own and told >= _MOSTLY * own else None


def _first_person(tokens: list[Token], words: Relatives) -> bool:
    """Whether the writer tells of their own illness ("I take", "my feet"), or the note names its patient."""
    for i in range(len(tokens) - 1):
        norm, after = tokens[i].norm, tokens[i + 1].norm
        if norm in words.patient:
            return True
        further = tokens[i + 2].norm if i + 2 < len(tokens) else ""
        if norm == "i" and after in words.self and further not in words.harmless:
            # "He isn't vegan, I am." only sets the writer apart.
            apart = (
                i > 0 and tokens[i - 1].norm in (",", "but", "though") and (not further or further in _STOPS)
            )
            if not apart:
                return True
        if norm == "i" and after in words.self and further == "not" and _breaks_off(tokens, i + 3):
            return True
        if norm == "my" and after in words.own:
            return True
        if norm in _ASKING and after == "i" and further in _OF_ONESELF:
            # "My wife takes B12, *should I*?", not "should I take her to a doctor?".
            whom = tokens[i + 3].norm if i + 3 < len(tokens) else ""
            if whom not in words.pronouns | words.sexes.keys() | _OBJECTS:
                return True
    return False


_ASKING = frozenset({"should", "can", "could", "shall", "must"})
_OF_ONESELF = frozenset({"?", "too", "also", "take", "start", "try"})


def _somebody_else(rest: list[Token], sex: str, words: Relatives) -> bool:
    """Whether the note goes on about a person of the other sex only: "Husband takes omeprazole. *She* has numb feet."."""
    said = {t.norm for t in rest}
    if sex == "either":
        said_of = [t.raw.lower() for t in rest]
        return any(
            who in words.she | words.he and (then, no) in _UNLIKE and further != "else"
            for who, then, no, further in zip(
                said_of, said_of[1:], said_of[2:], [*said_of[3:], ""], strict=False
            )
        )
    same, other = (words.she, words.he) if sex == "female" else (words.he, words.she)
    return bool(said & other) and not said & same


_UNLIKE = {
    *product(("takes", "eats", "uses", "has", "is", "drinks"), ("nothing", "none", "not", "neither")),
    *product(("does", "did", "is", "has"), ("not",)),
}
"""Behind a pronoun: "*partner* takes omeprazole, she *takes nothing*"."""


def _compares(rest: list[Token]) -> bool:
    """Whether the writer stands beside a relative in one sentence: "My wife's B12 was 98, *mine* is 265", "…, *not me*"."""
    upto = next((i for i, t in enumerate(rest) if t.norm in _STOPS and t.norm != ";"), len(rest))
    said = [t.norm for t in rest[:upto]]
    return "mine" in said or ("not", "me") in pairwise(said)


def _breaks_off(tokens: list[Token], place: int) -> bool:
    """Whether the sentence ends here: "Mum takes metformin but I do *not*."."""
    return place >= len(tokens) or tokens[place].norm in MARKS


def _is_name(token: Token, words: Relatives) -> bool:
    """Whether it is the relative's own name: "my dad *Bill* had"."""
    return (
        token.raw[:1].isupper() and token.raw[1:].islower() and token.norm not in words.living | words.being
    )


_PEOPLE = frozenset(
    "lad kid boy girl bloke fella ex baby carer dog family friend neighbour neighbor mate little".split()
)
"""Behind a relative's name these are somebody else again: "my sister's *lad*"."""


def _subject(tokens: list[Token], words: Relatives) -> int | None:
    """The relative with whom the first sentence begins, when it tells how they live, or goes on about them."""
    place = next((i for i, t in enumerate(tokens[:8]) if t.norm in words.sexes), None)
    if place is None or any(t.norm not in words.opening and t.norm not in MARKS for t in tokens[:place]):
        return None
    mine = place > 0 and tokens[place - 1].norm in ("my", "our")
    if tokens[place].norm in words.strangers and not mine:
        return None
    after = place + 1
    if after < len(tokens) and tokens[after].norm == ":":
        return None
    if after + 1 < len(tokens) and mine and _is_name(tokens[after], words):
        after += 1
    aged, after_name = age_beside(tokens, after - 1) is not None, after
    while after < len(tokens) and (
        tokens[after].norm
        in (
            "(",
            ")",
            ",",
            "aged",
            "age",
            "also",
            "who",
            "now",
            "always",
            "still",
            "just",
            "year",
            "old",
            "y",
            "yo",
        )
        or tokens[after].norm.isdigit()
    ):
        after += 1
    verb = tokens[after].norm if after < len(tokens) else ""
    goes_on = any(t.norm in words.pronouns for t in tokens[after:])
    possessive = tokens[place].raw.lower().endswith(("'s", "\u2019s"))
    if _somebody_else(tokens[after:], words.sexes[tokens[place].norm], words):
        return None
    if (
        mine
        and aged
        and (age_beside(tokens, after_name - 1) or 0) < CHILD
        and verb in words.living | words.being
    ):
        return place
    if possessive and _compares(tokens[after:]):
        return None
    if possessive:
        return place if verb not in words.sexes and verb not in _PEOPLE and (mine or goes_on) else None
    if verb in words.telling and not mine:
        # "Wife reports numb feet": whoever tells it stands by, and it is the patient whose feet they are.
        return None
    numbered = after + 1 < len(tokens) and tokens[after + 1].norm[0].isdigit()
    if verb in words.living and (numbered or verb not in ("turned", "turns")):
        return place
    # A clinician's bare "mother had ..." is family history, whoever the next sentence is about.
    near = mine or tokens[place].norm in words.homely
    return place if goes_on and (aged or (near and verb in words.being)) else None


def is_companion(tokens: Sequence[Token], hit: Hit) -> bool:
    """Whether the relative only stands by: "lives *with* her husband", "talks *to* his dead brother"."""
    near = [t.norm for t in tokens[max(0, hit.first - 3) : hit.first]]
    return (
        hit.last - hit.first == 1
        and any(word in _BESIDE for word in near)
        and not any(word in (",", ":", ".") for word in near)
    )


def is_meant(tokens: Sequence[Token], relative: range, pronoun: int, words: Relatives) -> bool:
    """Whether a pronoun can only be the relative: "*my* sister's B12 was 88 and *she* has PA", "*his* mother ... and *she*"."""
    place = next((i for i in relative if tokens[i].norm in words.sexes), 0)
    sex = words.sexes.get(tokens[place].norm)
    if sex not in ("female", "male") or not place:
        return False
    same, other = (words.she, words.he) if sex == "female" else (words.he, words.she)
    owner = tokens[place - 1].norm
    return tokens[pronoun].norm in same and (owner in ("my", "our") or owner in other)


def tells_of_self(tokens: Sequence[Token], words: Relatives) -> bool:
    """Whether the writer is the patient: they tell of their own illness, and write on nobody's behalf."""
    beginning = list(tokens[:FIRST_PERSON])
    return _first_person(beginning, words) and _on_behalf(beginning, words) is None


_WRITES = frozenset({"writing", "here", "filling", "typing"})


def is_told_by_another(tokens: Sequence[Token], words: Relatives) -> bool:
    """Whether the writer says to be a relative of the patient's: "I am *his wife*", "*her son* here"."""
    norms = [token.norm for token in tokens[:FIRST_WORDS]]
    return any(
        norms[i] in ("his", "her", "their")
        and norms[i + 1] in words.sexes
        and (bool({*norms[max(0, i - 1) : i]} & {"im", "am"}) or bool({*norms[i + 2 : i + 3]} & _WRITES))
        for i in range(len(norms) - 1)
    )


def of_writer(tokens: Sequence[Token], words: Relatives) -> int | None:
    """Where a sentence of such a writer begins to tell what they have themselves: "*I* have had PA for years"."""
    first = next((i for i, token in enumerate(tokens) if token.norm[0].isalpha()), None)
    if first is None or first + 2 >= len(tokens) or tokens[first].norm != "i":
        return None
    near = {token.norm for token in tokens[first + 1 : first + 6]}
    told = tokens[first + 1].norm in words.self and tokens[first + 2].norm not in words.harmless
    return first if told and not near & (words.pronouns | words.she | words.he) else None


def spoken_of(tokens: Sequence[Token], words: Relatives, patient: frozenset[str]) -> str:
    """The sex of a relative of the writer's who is the last that a sentence names, where the writer is the patient."""
    for i in range(len(tokens) - 1, 0, -1):
        if tokens[i].norm in words.sexes and tokens[i - 1].norm == "my" and not patient:
            return words.sexes[tokens[i].norm]
    return ""


def goes_on_about(tokens: Sequence[Token], sex: str, words: Relatives) -> int | None:
    """Where a sentence begins with the pronoun of that relative and tells what they have: "*She* has PA too"."""
    first = next((i for i, token in enumerate(tokens) if token.norm[0].isalpha()), None)
    if first is None or not sex or first + 1 >= len(tokens):
        return None
    said = {"female": words.she, "male": words.he}.get(sex, frozenset())
    told = tokens[first + 1].norm in words.doing or is_they(tokens[first])
    mine = any(token.norm in ("i", "im", "my", "me", "mine") for token in tokens)
    return first if told and not mine and tokens[first].norm in said else None


def is_other(tokens: Sequence[Token], sex: str, words: Relatives) -> int | None:
    """Where a sentence goes over to a relative of the other sex than the patient's: "*She* is vegan", "came along, *she* has PA"."""
    said, own = (words.she, words.he) if sex == "female" else (words.he, words.she)
    for i, token in enumerate(tokens[:-1]):
        opens = not i or tokens[i - 1].norm in MARKS or tokens[i - 1].norm in ("and", "but", "while")
        if opens and token.norm in said:
            after = next((t.norm for t in tokens[i + 1 :] if t.norm not in _SMALL or t.norm == "had"), "")
            told = after in words.doing or after in words.living or is_they(token)
            # "She thinks he is vegan" comes back to the patient.
            back = any(t.norm in own for t in tokens[i + 1 :])
            return i if not back and (told or token.norm in ("her", "his")) else None
    return None


_SMALL = frozenset(
    "also still now only already always had been a an the himself herself both on known".split()
)


def is_described(tokens: Sequence[Token], hits: Sequence[Hit], hit: Hit, lexicon: CompiledLexicon) -> bool:
    """Whether a companion's own illness or habit follows: "lives with her daughter, *who is vegan*", not "who says she is"."""
    if tokens[hit.last - 1].norm not in lexicon.relatives.sexes:
        return False
    at = hit.last + (hit.last < len(tokens) and tokens[hit.last].norm == ",")
    if at >= len(tokens) or tokens[at].norm != "who":
        return False
    after = next((h for h in hits if h.first > at and _tells(h)), None)
    said = [t.norm for t in tokens[at + 1 : after.first] if t.norm not in _SMALL] if after else []
    return len(said) == 1 and said[0] in lexicon.relatives.doing


def stands_by(tokens: Sequence[Token], hits: Sequence[Hit], place: int, lexicon: CompiledLexicon) -> bool:
    """Whether nothing is told of the relative at this place of the hits: they have the same, they help, or it is only since
    then ("lives on toast *since mum died*").
    """
    hit = hits[place]
    after = [t.norm for t in tokens[hit.last : hit.last + 2]]
    if "unlike" in [t.norm for t in tokens[max(0, hit.first - 2) : hit.first]]:
        return True
    since = _SINCE.intersection(t.norm for t in tokens[max(0, hit.first - 2) : hit.first])
    if since and after and after[0] in _GONE and after[1:] not in (["of"], ["from"]):
        return True
    if len(after) == 2 and after[0] in _HELPS and (after[1] in _OBJECTS or after[1] in lexicon.relatives.own):
        return True
    if _gives(tokens, hits, hit) or _is_sender(tokens, hit):
        return True
    alone = is_companion(tokens, hit) and not is_described(tokens, hits, hit, lexicon)
    return alone or is_likened(tokens, hits, place, lexicon)


def _is_sender(tokens: Sequence[Token], hit: Hit) -> bool:
    """Whether only a message comes from the relative: "phone call *from wife*: he has stopped"."""
    before = [t.norm for t in tokens[max(0, hit.first - 5) : hit.first]]
    told = "from" in before[-2:] and bool(LETTERS.intersection(before))
    return told and [t.norm for t in tokens[hit.last : hit.last + 1]] in ([":"], ["that"], ["saying"])


_FAR = 7
"""So many words after the relative may it be told what they do for the patient."""


def _gives(tokens: Sequence[Token], hits: Sequence[Hit], hit: Hit) -> bool:
    """Whether the relative gives it to the patient: "wife is a nurse and *gave him* injections", not "mother has PA and gave her advice"."""
    for i in range(hit.last, min(hit.last + _FAR, len(tokens) - 1)):
        if tokens[i].norm in MARKS and tokens[i].norm != ",":
            return False
        if tokens[i].norm in _GIVES and tokens[i + 1].norm in _OBJECTS:
            return not any(_tells(one) for one in hits if hit.last <= one.first < i)
    return False


_GIVES = frozenset("gave give inject injected administer administered".split())


def is_likened(tokens: Sequence[Token], hits: Sequence[Hit], place: int, lexicon: CompiledLexicon) -> bool:
    """Whether a relative only has the same: "coeliac disease, *as has* her sister", "PA *like* his father", "(uncle *too*)".

    Then something was told of the patient before, and nothing more is told of the relative.
    """
    hit, words = hits[place], lexicon.likened
    if any(_tells(one) for one in hits[place + 1 :]) or not any(_tells(one) for one in hits[:place]):
        return False
    before = [t.norm for t in tokens[max(0, hit.first - 3) : hit.first]]
    after = [t.norm for t in tokens[hit.last : hit.last + 4]]
    if not after or after[0] in MARKS or after[0] in words.ended:
        as_has = any(
            a in words.same and b in lexicon.relatives.doing | words.ended for a, b in pairwise(before)
        )
        if as_has or words.before & set(before):
            return True
    return bool(words.after & set(after)) or ("(" in before and after[:1] == ["affected"])


def _tells(hit: Hit) -> bool:
    return any(mark == "concept" for mark, _ in hit.marks)


def is_patient(tokens: list[Token], hit: Hit, patient: frozenset[str], lexicon: CompiledLexicon) -> bool:
    """Whether the relative named here is the one whom the record is about; "her mother" is that person's mother."""
    if not patient or not any(tokens[i].norm in patient for i in range(hit.first, hit.last)):
        return False
    before = tokens[hit.first - 1].norm if hit.first else ""
    after = tokens[hit.last].norm if hit.last < len(tokens) else ""
    return before not in lexicon.relatives.pronouns and after not in lexicon.relatives.sexes and after != ":"


def is_gloss(tokens: Sequence[Token], first: int) -> bool:
    """Whether brackets only say of whom a pronoun speaks: "She (*sister*) has coeliac disease"."""
    at = first - 1
    while at > 0 and tokens[at].norm in ("her", "his", "my", "the"):
        at -= 1
    return at > 0 and tokens[at].norm == "(" and tokens[at - 1].norm in ("she", "he", "they")
