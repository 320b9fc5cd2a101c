"""Finds the phrases of the lexicon in a text: the longest wins, phrases with a gap stand beside them."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from cobalens.intake.patterns import pattern
from cobalens.intake.words.introduced import introduced
from cobalens.intake.words.lexicon import Begun, CompiledLexicon, Mark, begun, with_gap
from cobalens.intake.words.tokens import MARKS, Token

GAP_WORDS = 4
ANSWER_WORDS = 8
BLANK = "\u00a0"
"""Stands for words that somebody else has read."""
LONGEST = 200
"""Tokens after which a sentence without an end is cut."""


NO_ANSWERS: Mapping[str, bool] = {}


class Hit(Struct, frozen=True, gc=False):
    """A phrase found: the tokens ``[first, last)`` and what it stands for."""

    first: int
    last: int
    marks: tuple[Mark, ...]
    key: str
    pieces: tuple[tuple[int, int], ...] = ()
    """For a phrase with a gap: where each piece stands."""
    answer: bool = False
    """A short answer that means this only where it stands alone ("none", "mixed")."""


def sentences_of(
    tokens: list[Token],
    taken: frozenset[int],
    text: str,
    abbreviations: frozenset[str] = frozenset(),
    answers: Mapping[str, bool] = NO_ANSWERS,
) -> list[tuple[list[Token], frozenset[int]]]:
    """The sentences, each with the places of its tokens that somebody else has read (their words are blanked)."""
    out: list[tuple[list[Token], frozenset[int]]] = []
    part: list[Token] = []
    gone: set[int] = set()
    for i, token in enumerate(tokens):
        if i in taken:
            gone.add(len(part))
            part.append(replace(token, norm=BLANK))
            continue
        part.append(token)
        if (
            token.norm in ";\n\u2022!"
            or (
                token.norm in ".?"
                and not _is_answered(tokens, i, answers)
                and _ends_sentence(tokens, i, text, abbreviations)
            )
            or len(part) >= LONGEST
        ):
            out.append((part, frozenset(gone)))
            part, gone = [], set()
    if part:
        out.append((part, frozenset(gone)))
    return out


def _is_answered(tokens: list[Token], i: int, answers: Mapping[str, bool]) -> bool:
    """Whether a form's answer follows the question mark: "Pregnant? N", "Vegan? No.", "Numb? Yes since May"."""
    after = tokens[i + 2] if i + 2 < len(tokens) else None
    return (
        tokens[i].norm == "?"
        and i + 1 < len(tokens)
        and tokens[i + 1].norm in answers
        and (after is None or after.norm in MARKS or after.raw[:1].isupper() or answers[tokens[i + 1].norm])
    )


_LEADS = frozenset(
    "on with and takes taking given started received of for a one plus by had has dr mr mrs prof to see saw from the x dear".split()
)


def _ends_sentence(tokens: list[Token], i: int, text: str, abbreviations: frozenset[str]) -> bool:
    if tokens[i].norm == "?":
        # "numbness? Unsteady too" ends; "? coeliac" and "numbness? unsteadiness?" do not.
        begin, end = tokens[i].start, tokens[i].end
        return (
            begin > 0
            and not text[begin - 1].isspace()
            and text[end : end + 1].isspace()
            and (text[end + 1 : end + 2].isupper() or _begins_anew(tokens, i + 1))
        )
    rest = text[tokens[i].end : tokens[i].end + 2]
    if rest.strip() == "" and len(rest) < 2:
        return True
    if rest[0] not in " \n":
        return False
    # "H. pylori", "Dr. Smith": an initial is no sentence.
    before = tokens[i - 1].raw if i else ""
    if i and before.lower() in abbreviations and tokens[i - 1].end == tokens[i].start:
        # "Tab. Metformin" and "on Inj. B12" go on; "on B12 inj. Vegan" does not.
        lead = tokens[i - 2].norm if i > 1 else ""
        named = any(c.isalpha() for c in lead) and lead not in _LEADS
        return named and rest[1:].isupper()
    initial = len(before) == 1 and before.isalpha() and before.isupper()
    # "ng/L. Never" and "hepatitis C. Takes" end; "H. pylori" and "Dr J. Smith" go on.
    return not initial or (i > 1 and tokens[i - 2].norm in _LETTERED)


def _begins_anew(tokens: list[Token], at: int) -> bool:
    """Whether whoever writes without capitals goes on to tell: "do i need jabs? *im* on omeprazole"."""
    return at < len(tokens) and tokens[at].norm in _WHO


_WHO = frozenset("i im ive id my she he shes hes they theyre we also".split())
_LETTERED = frozenset("/ hepatitis hep vitamin vit child pugh grade class group type stage influenza".split())


def find(tokens: list[Token], field: str, lexicon: CompiledLexicon) -> tuple[list[Hit], list[Hit]]:
    """Contiguous hits from left to right, and hits with a gap."""
    hits: list[Hit] = []
    i, n = 0, len(tokens)
    begins = lexicon.begins
    while i < n:
        if tokens[i].norm not in begins:
            i += 1
            continue
        found = _longest(tokens, i, n, field, lexicon)
        if found is None:
            i += 1
            continue
        # A longer phrase that begins inside this one is what was meant: "no | loss of vibration sense".
        for j in range(i + 1, found.last):
            if tokens[j].norm not in begins:
                continue
            later = _longest(tokens, j, n, field, lexicon)
            if later is None or later.last <= found.last:
                continue
            gain = (later.last - j) - (found.last - i)
            if gain > 0 or (gain == 0 and later.marks[0][0] == "concept"):
                shorter = _longest(tokens, i, j, field, lexicon)
                found = shorter
                break
        if found is None:
            i += 1
        else:
            hits.append(found)
            i = found.last
    _answers(tokens, field, lexicon, hits)
    if field in _OPERATIONS:
        _answers(tokens, DATED, lexicon, hits, dated=True)
    return hits, _with_gaps(tokens, lexicon, hits)


def _longest(tokens: list[Token], i: int, stop: int, field: str, lexicon: CompiledLexicon) -> Hit | None:
    word = tokens[i].norm
    known = begun(word, lexicon)
    if known is None:
        return None
    lengths, phrases = known.lengths, known.phrases
    if lengths == 2:
        return _hit(word, phrases[word], tokens, i, i + 1, field, lexicon)
    longest = lengths.bit_length() - 1
    words, places, joined = _run(tokens, i, stop, longest)
    found = _of_run(words, places, known, tokens, i, field, lexicon)
    if joined:
        # "Gas & air" is "gas and air" too.
        spelt = _of_run(*_run(tokens, i, stop, longest, "and")[:2], known, tokens, i, field, lexicon)
        if spelt is not None and (found is None or spelt.last > found.last):
            return spelt
    return found


def _run(
    tokens: list[Token], i: int, stop: int, longest: int, ampersand: str = ""
) -> tuple[list[str], list[int], bool]:
    """The words from token ``i`` on that may be one phrase, where each ends, and whether an ampersand stands among them."""
    words, places, joined = [tokens[i].norm], [i + 1], False
    j = i + 1
    while len(words) < longest and j < stop:
        norm = tokens[j].norm
        if norm == "&" and j + 1 < stop:
            joined, norm = True, ampersand or norm
        if norm in MARKS:
            # An ampersand, a stroke, a share or the stop of an initial is spelling ("p & n", "carbo/pem", "0.0% beer", "H. pylori"); other marks divide.
            if norm not in "&./%" or j + 1 >= stop:
                break
            j += 1
            continue
        words.append(norm)
        places.append(j + 1)
        j += 1
    return words, places, joined


def _of_run(
    words: list[str], places: list[int], known: Begun, tokens: list[Token], i: int, field: str, lexicon: CompiledLexicon
) -> Hit | None:  # fmt: skip
    for size in range(len(words), 0, -1):
        if known.lengths >> size & 1:
            key = " ".join(words[:size])
            entry = known.phrases.get(key)
            if entry is not None:
                found = _hit(key, entry, tokens, i, places[size - 1], field, lexicon)
                if found is not None:
                    return found
    return None


def _hit(
    key: str, entry: int, tokens: list[Token], first: int, last: int, field: str, lexicon: CompiledLexicon
) -> Hit | None:
    marks = lexicon.entries[entry]
    fields = lexicon.only.get(key)
    # "He's on nothing": a pronoun and its verb are no abbreviation of a disease.
    joined = fields is not None and last == first + 1 and not tokens[first].raw.isalnum()
    if (
        fields is not None
        and (field not in fields or joined)
        and key not in lexicon.tests
        and (joined or not introduced(tokens, first, last, key, fields, lexicon))
    ):
        # An abbreviation that means something else here; what it is besides a concept stays.
        marks = tuple(m for m in marks if m[0] not in ("concept", "background"))
    if key == _I_AM and _is_pronoun(tokens, first):
        marks = tuple(m for m in marks if m[0] != "route")
    if key == _NOT_OTHERWISE and _is_otherwise(tokens, first):
        return None
    if key in _HOW_OFTEN_TOO and first and tokens[first].raw.islower():
        # A brand of multivitamin bears capitals: "omeprazole *one a day*" is how often.
        return None
    if tokens[first].raw == _CORRECTED_CALCIUM:
        return None
    return Hit(first, last, marks, key) if marks else None


_NOT_OTHERWISE = "nos"
_HOW_OFTEN_TOO = frozenset({"one a day"})
_CORRECTED_CALCIUM = "cCa"
"""In capitals it is a cancer of the bile ducts."""
_ILLNESS = ("ia", "itis", "pathy", "oma", "sis", "cancer", "disease", "disorder", "deficiency", "failure")


def _is_otherwise(tokens: list[Token], i: int) -> bool:
    """Whether these letters stand for "not otherwise specified": "neuropathy *NOS*", "anaemia (*NOS*)"; written small they are the gas."""
    if tokens[i].raw != "NOS" or not i:
        return False
    before = i - 1
    if tokens[before].norm == "(" and i + 1 < len(tokens) and tokens[i + 1].norm == ")":
        return True
    while before > 0 and tokens[before].norm in (",", "(", "-", ":"):
        before -= 1
    return tokens[before].norm.endswith(_ILLNESS)


_I_AM = "im"


def _is_pronoun(tokens: list[Token], i: int) -> bool:
    """Whether these letters are "I'm", not a way of giving a medicine: "*I'm* on B12", "*im* taking tablets", not "B12 *IM*"."""
    raw = tokens[i].raw
    after = tokens[i + 1].norm if i + 1 < len(tokens) else ""
    return not raw.isalnum() or raw == "Im" or (raw == "im" and after in _AM)


_AM = frozenset(
    "on taking having not a so very also still just always getting feeling worried tired vegan vegetarian diabetic due told "
    "having going the her his 20 wondering asking writing scared sure only now off eating using really pretty losing".split()
)
"""What follows "I'm" in lower case."""


def _answers(
    tokens: list[Token], field: str, lexicon: CompiledLexicon, hits: list[Hit], dated: bool = False
) -> None:
    """Adds the short answers of this field that stand alone between commas; those of *dated* beside a year alone."""
    table = lexicon.in_field.get(field)
    if not table:
        return
    opening = {phrase.partition(" ")[0] for phrase in table}
    if opening.isdisjoint([t.norm for t in tokens]):
        return
    begin = 0
    for i in range(len(tokens) + 1):
        if i < len(tokens) and tokens[i].norm not in _DIVIDERS:
            continue
        if dated and not any(_YEAR.fullmatch(token.raw) for token in tokens[begin : i + 2]):
            begin = min(i + 1, len(tokens) - 1)
            continue
        for first in range(begin, i if i - begin <= ANSWER_WORDS else begin):
            if tokens[first].norm not in opening and tokens[first].norm not in MARKS:
                continue
            for last in range(i, first, -1):
                entry = table.get(" ".join([t.norm for t in tokens[first:last] if t.norm not in MARKS]))
                if (
                    entry is not None
                    and _silent([*range(begin, first), *range(last, i)], tokens, hits, lexicon)
                    and not _cuts(first, last, hits)
                    and not (dated and _is_part(first, last, hits, lexicon))
                ):
                    place = next((k for k, h in enumerate(hits) if h.first >= first), len(hits))
                    hits.insert(place, Hit(first, last, lexicon.entries[entry], tokens[first].norm, (), True))
                    break
            else:
                continue
            break
        begin = (
            min(i + 1, len(tokens) - 1)
            if i < len(tokens) and tokens[i].norm in _DIVIDERS
            else min(i, len(tokens) - 1)
        )


DATED = "dated"
"""Not a field: what is meant where it stands alone with its year, in lists of operations and in notes."""
_OPERATIONS = frozenset({"procedures", "conditions", "note"})
_YEAR = pattern(r"(?:19|20)\d\d")
_SAYING = frozenset({"concept", "observable", "test", "background", "umbrella", "stated"})
_DIVIDERS = frozenset({",", ";", "(", ")", "\n", "."})


def _cuts(first: int, last: int, hits: list[Hit]) -> bool:
    """Whether the words are only part of a phrase that means something else: the *no* of "no recurrence"."""
    return any(h.first < last and first < h.last and not (first <= h.first and h.last <= last) for h in hits)


def _is_part(first: int, last: int, hits: list[Hit], lexicon: CompiledLexicon) -> bool:
    """Whether the words are understood by themselves, as a part of the operation named beside them: "total gastrectomy, *Roux-en-Y* 2015"."""
    if not any(first <= h.first and h.last <= last and ("background", "") in h.marks for h in hits):
        return False
    return any(m == "concept" and lexicon.kinds.get(n) == "procedure" for h in hits for m, n in h.marks)


def _silent(rest: list[int], tokens: list[Token], hits: list[Hit], lexicon: CompiledLexicon) -> bool:
    """Whether the rest of the clause says nothing by itself: filler, marks, triggers, numbers."""
    for i in rest:
        inside = [h for h in hits if h.first <= i < h.last]
        if any(m[0] in _SAYING for h in inside for m in h.marks):
            return False
        norm = tokens[i].norm
        if not inside and norm not in lexicon.fillers and norm not in MARKS and not norm[0].isdigit():
            return False
    return True


def _with_gaps(tokens: list[Token], lexicon: CompiledLexicon, hits: list[Hit]) -> list[Hit]:
    out: list[Hit] = []
    here: set[str] | None = None
    spoken: set[int] = set()
    for i, token in enumerate(tokens):
        table = with_gap(token.norm, lexicon)
        if table is None:
            continue
        if here is None:
            here = {t.norm for t in tokens}
            spoken = {
                k
                for hit in hits
                for k in range(hit.first, hit.last)
                if any(m[0] == "concept" for m in hit.marks)
            }
        # In the order of the knowledge, so that of two phrases as long the same one is always taken.
        fitting = [one for then, ones in table.items() if then in here for one in ones]
        fitting.sort(key=lambda one: -sum(len(piece) for piece in one[0]))
        # Of one illness several things may be told in a row, "Crohn's (*terminal ileum*, *active*)", and hoped for of one thing.
        told: list[Hit] = []
        for pieces, entry in fitting:
            kinds = {lexicon.kinds.get(n) for _, n in lexicon.entries[entry]}
            illness, several = kinds == {"condition"}, kinds in ({"condition"}, {"goal"})
            if told and not several:
                continue
            stated = all(mark == "stated" for mark, _ in lexicon.entries[entry])
            places = _pieces(tokens, i, pieces, illness or stated)
            if places is None or _ends_in_another_word(places[-1], hits, lexicon):
                continue
            if any(places[-1] == one.pieces[-1] or lexicon.entries[entry] == one.marks for one in told):
                continue
            # Wholly inside phrases that say more: nothing new.
            if all(k in spoken for first, last in places for k in range(first, last)):
                inside = any(h.first <= places[0][0] and places[-1][1] <= h.last for h in hits)
                if inside:
                    continue
            if _is_culprit(i, places[-1][1], hits, lexicon) or _leaves_list(
                tokens, places, lexicon.entries[entry], lexicon
            ):
                continue
            key = " \u2026 ".join(" ".join(p) for p in pieces)
            told.append(Hit(i, places[-1][1], lexicon.entries[entry], key, places))
            if not several:
                break
        out += told
    return out


def _leaves_list(
    tokens: list[Token],
    places: tuple[tuple[int, int], ...],
    marks: tuple[Mark, ...],
    lexicon: CompiledLexicon,
) -> bool:
    """Whether the gap says more than a list does: "no meat, *takes* dairy" is no list of what is left out."""
    listed = next((lexicon.listed[n] for m, n in marks if m == "concept" and n in lexicon.listed), None)
    if listed is None or tokens[places[-1][1] - 1].norm not in listed.ends:
        return False
    gap = tokens[places[0][1] : places[-1][0]]
    return any(token.norm not in listed.between and token.norm not in MARKS for token in gap)


def _is_culprit(first: int, last: int, hits: list[Hit], lexicon: CompiledLexicon) -> bool:
    """Whether the words only name what an allergy is to: "anaphylaxis after *hydroxocobalamin* … *injection*"."""
    return any(
        h.first < first < h.last < last
        and any(m == "concept" and lexicon.kinds.get(n) == "allergy" for m, n in h.marks)
        for h in hits
    )


def _ends_in_another_word(piece: tuple[int, int], hits: list[Hit], lexicon: CompiledLexicon) -> bool:
    """Whether the last piece is only the beginning of something else: the *energy* of "energy drinks"."""
    for hit in hits:
        if hit.first <= piece[0] and hit.last > piece[1] and hit.first < piece[1]:
            kinds = {lexicon.kinds.get(name, "") for mark, name in hit.marks if mark == "concept"}
            marks = {mark for mark, _ in hit.marks}
            if "drug" in kinds or (not kinds and marks & {"umbrella", "test", "background"}):
                return True
    return False


def _pieces(
    tokens: list[Token], i: int, pieces: tuple[tuple[str, ...], ...], bracketed: bool
) -> tuple[tuple[int, int], ...] | None:
    places = []
    at = i
    for number, words in enumerate(pieces):
        words_skipped = 0
        start = at
        while start < len(tokens):
            end = start + len(words)
            if end > len(tokens):
                return None
            if tokens[start].norm == words[0] and all(
                tokens[start + k].norm == w for k, w in enumerate(words)
            ):
                places.append((start, end))
                at = end
                break
            # "Crohn's (terminal ileum, active)": brackets right behind an illness tell more of it, as a denial in them does.
            opened = bracketed and tokens[start].norm == "(" and start == at and number == 1
            if not number or (tokens[start].norm in ";.()" and not opened):
                return None
            words_skipped += tokens[start].norm not in MARKS
            if words_skipped > GAP_WORDS:
                return None
            start += 1
        else:
            return None
    return tuple(places)
