"""The results of one sentence: behind the name of each test its number, or the word that stands for one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cobalens.intake.laboratory import units
from cobalens.intake.laboratory.testnames import AnalyteIndex
from cobalens.intake.patterns import pattern
from cobalens.intake.prose.changed import change_at, is_now, now_after, row_at
from cobalens.intake.prose.followups import (
    DATE_BEHIND,
    DATE_NEAR,
    ahead_of,
    at_a_step,
    is_of_next,
    is_taken_back,
    now_at,
    older_of,
    same_scale,
    says_older,
    until_behind,
    withdraws,
    without_wrong,
    year_between,
)
from cobalens.intake.prose.nonresults import (
    is_announced,
    is_change,
    is_eaten,
    is_none,
    is_picture,
    limits_at,
)
from cobalens.intake.prose.series import (
    NOW,
    before_in_brackets,
    series_at,
    unit_first,
)
from cobalens.intake.prose.textnames import Name, Word
from cobalens.intake.prose.texttimes import past_moment
from cobalens.intake.prose.textvalues import Hit, accepts, value_at, worded_at
from cobalens.intake.prose.together import after_beside, group_of, headed, paired, says
from cobalens.intake.prose.verdicts import (
    after_fillers,
    is_dated,
    is_denied,
    past_a_word,
    word_after,
    word_before,
)

_BETWEEN = pattern(
    r"between\s+(?P<first>\d+(?:[.,]\d+)*)(?:\s*[^\s,;()\d]{1,12})?\s+and\s+(?P<last>\d)", re.IGNORECASE
)
_INTERVAL = pattern(r"\d+(?:[.,]\d+)*-\d+(?:[.,]\d+)*")
_AS_SALT = pattern(r"\d\.\d{1,2}$")
_MARKS = pattern(r"\s*(?:HH?|LL?|\*|↑|↓)?\s*")
_CLOSING = pattern(r"\s*\)")
MOST_CLAUSE = 40


def hits_in(
    text: str,
    words: Sequence[Word],
    names: Sequence[Name],
    end: int,
    index: AnalyteIndex,
    patient: frozenset[str] = frozenset(),
) -> tuple[list[Hit], list[tuple[int, int]]]:
    """What is said of the tests named between two places, and the spans of what is read as no result of theirs."""
    sentence = _Sentence(text, words, names, end, index, patient)
    for place, name in enumerate(names):
        if words[name.first].start >= sentence.taken:
            sentence.read(place, name)
    return sentence.hits, sentence.silent


class _Sentence:
    """The names of a sentence, one after the other, and what was found of them so far."""

    def __init__(
        self,
        text: str,
        words: Sequence[Word],
        names: Sequence[Name],
        end: int,
        index: AnalyteIndex,
        patient: frozenset[str],
    ) -> None:
        self.text, self.words, self.names, self.end = text, words, names, end
        self.index, self.patient = index, patient
        self.named = frozenset(i for name in names for i in range(name.first, name.last + 1))
        self.hits: list[Hit] = []
        self.silent: list[tuple[int, int]] = []
        self.taken = -1
        """Up to where the text has been read."""

    def take(self, hits: Sequence[Hit]) -> None:
        self.hits.extend(hits)
        self.taken = hits[-1].end

    def leave(self, start: int, end: int) -> None:
        self.silent.append((start, end))
        self.taken = end

    def read(self, place: int, name: Name) -> None:
        text, words, index = self.text, self.words, self.index
        start, panel = words[name.first].start, name.name in index.panels
        if upto := limits_at(text, words[0].start, start, words[name.last].end, self.end):
            self.leave(start, upto)
            return
        if panel and is_picture(words, name.first, index):
            return
        group = group_of(words, self.names, place, index)
        if both := paired(text, words, group, self.end, index):
            self.take(both)
            return
        found = [] if panel else self.numbers(place, name)
        if name.strict and not self.fits(found, name):
            return
        if found and len(group) == 1:
            self.take(found)
        else:
            self.read_words(place, name, group)

    def numbers(self, place: int, name: Name) -> list[Hit]:
        text, words, end, index = self.text, self.words, self.end, self.index
        start = words[name.first].start
        charged = name.name in index.words.symbols and [
            w.text for w in words[name.last + 1 : name.last + 2]
        ] == ["+"]
        if found := _numbers(text, words, name.last + charged, end, index, name.name, start):
            return found
        upto = words[self.names[place + 1].first].start if place + 1 < len(self.names) else end
        found = at_a_step(text, words[name.last].end, upto, end, index, name.name, start)
        return _with_later(text, words, found, end, index, name.name) if found else []

    def fits(self, found: Sequence[Hit], name: Name) -> bool:
        """Whether a unit of the test stands behind a name that means something else as well, or it is a salt's own sign: "K 2.9"."""
        unit = units.parse(found[0].fields.get("unit", ""), self.index.words.units) if found else None
        if unit is None and found and name.name in self.index.words.symbols:
            return self.text[self.words[name.first].start].isupper() and bool(
                _AS_SALT.match(found[0].fields["value"])
            )
        return unit is not None and accepts(unit, name.name, self.index)

    def read_words(self, place: int, name: Name, group: Sequence[Name]) -> None:
        """The word that says what the result is, behind the name or before it."""
        words, index = self.words, self.index
        start = words[name.first].start
        stop = after_beside(words, self.names[place + len(group) - 1].last, index)
        before = headed(words, name.first, index, group) or word_before(words, name.first, index, group)
        if before and (is_eaten(words, stop) or self.hedged(name.first, stop + 1)):
            before = None
        word, upto = word_after(words, stop, index, group)
        if word and index.words.qualitative.get(word) == "low" and is_denied(words, name.first):
            # Said of the person, and left to the reader of phrases.
            return
        if upto and word is None:
            self.leave(start, words[upto - 1].end)
        elif word and (announced := self.announced(word, upto, name, group)):
            self.take(announced)
        elif word and not self.hedged(name.first, upto):
            self.take_word_behind(word, upto, stop, name, group, before)
        elif before is not None:
            self.take_word_before(before, name, group)
        elif name.name not in index.panels:
            since = max(self.taken, words[0].start)
            if ahead := ahead_of(self.text, since, start, words[name.last].end, index, name.name):
                self.take([ahead])

    def hedged(self, first: int, upto: int) -> bool:
        return _hedged(self.words, self.named, first, upto, self.index, self.patient)

    def announced(self, word: str, upto: int, name: Name, group: Sequence[Name]) -> list[Hit]:
        """The number that the word behind a single name announces, or the day until which the word was true."""
        text, words, end, index = self.text, self.words, self.end, self.index
        if len(group) > 1 or name.name in index.panels:
            return []
        start = words[name.first].start
        if hit := _number_after_word(text, words, upto, end, index, name.name, start):
            hit.fields["qualitative"] = word
        elif past := until_behind(text, words[upto - 1].end, end):
            fields = {"analyte": name.name, "qualitative": word}
            hit = Hit(fields, start, past.end(), past[0].strip(" ,("), earlier=True)
        return _with_later(text, words, [hit], end, index, name.name) if hit else []

    def take_word_behind(
        self,
        word: str,
        upto: int,
        stop: int,
        name: Name,
        group: Sequence[Name],
        before: tuple[str, int] | None,
    ) -> None:
        """Of all tests of a list; but "low B12, folate normal": the first of it has its own word before it."""
        words = self.words
        own = before is not None and len(group) > 1 and words[name.last + 1].text in ",;&"
        own = own and words[name.first - 1].text != ":"
        if before is not None and own:
            fields = {"analyte": name.name, "qualitative": before[0]}
            self.hits.append(Hit(fields, words[before[1]].start, words[name.last].end))
        of = [one for one in group[own:] if says(one.name, word, self.index)]
        # What stands in the list and is no test is left, with the verdict, to the reader of phrases.
        mixed = _is_mixed(words, group, stop)
        year = year_between(self.text, words[stop].end, words[upto - 1].start)
        for one in of:
            last = words[one.last if mixed else upto - 1].end
            self.hits.append(
                Hit({"analyte": one.name, "qualitative": word}, words[one.first].start, last, year)
            )
        if of or own:
            self.taken = words[upto - 1].end
        single = len(group) == 1 and name.name not in self.index.panels
        rest = [one for one in words if one.start >= self.taken] if single and of else []
        if rest and (later := now_at(self.text, rest, self.end, name.name, self.index)):
            self.take([later])

    def take_word_before(self, before: tuple[str, int], name: Name, group: Sequence[Name]) -> None:
        """ "low B12, raised MMA": each name of a list may have its own; "raised MMA and homocysteine" share one."""
        words, (word, first) = self.words, before
        listed = len(group) == 1 or words[name.first - 1].text == ":"
        shared = group if listed or words[name.last + 1].text not in ",;" else group[:1]
        for one in shared:
            if says(one.name, word, self.index):
                fields = {"analyte": one.name, "qualitative": word}
                self.hits.append(Hit(fields, words[first].start, words[one.last].end))
        self.taken = words[shared[-1].last].end


def _is_mixed(words: Sequence[Word], group: Sequence[Name], stop: int) -> bool:
    """Whether words stand in a list of tests that name none of them."""
    of = {i for one in group for i in range(one.first, one.last + 1)}
    return any(
        words[i].text[0].isalpha() and words[i].text not in ("and", "or")
        for i in range(group[0].first, stop + 1)
        if i not in of
    )


def _numbers(
    text: str, words: Sequence[Word], stop: int, end: int, index: AnalyteIndex, name: str, start: int
) -> list[Hit]:
    """The result after a name, and later ones of the same test: "413 pg/mL two years ago, now 256"."""
    if several := series_at(text, words[stop].end, name, start, index):
        return several if len(several) > 1 else _with_later(text, words, several, end, index, name)
    for told in (change_at, row_at, now_after):
        if change := told(text, words[stop].end, end, name, start, index):
            earlier = older_of(text, change[0], end, index, name) if len(change) == 1 else None
            return [*change, earlier] if earlier else change
    if named := unit_first(text, words[stop].end, end, name, start, index):
        return _with_later(text, words, named, end, index, name)
    past, moment = past_moment(text, words[stop].end, end)
    at = next((i for i in range(stop + 1, len(words)) if words[i].start >= past), len(words))
    early = next((i for i in range(stop + 1, len(words)) if words[i].text not in "=:-–(,"), len(words))
    for first in dict.fromkeys((early, after_fillers(words, at, index))):
        if first < len(words) and (worded := worded_at(text, words[first].start, end, index, name, start)):
            return [worded._replace(moment=moment)]
    at = past_a_word(text, words, after_fillers(words, at, index), end, index, name)
    if at >= len(words):
        return []
    place = words[at].start
    if (
        words[at - 1].text in {"-", "–"}
        and words[at - 1].end == place
        and words[at - 1].start > words[stop].end
    ):
        return []
    moment = moment or year_between(text, words[stop].end, place)
    both = _BETWEEN.match(text, place, end)
    hit = value_at(text, both.start("last") if both else place, end, index, name, start)
    if hit is None or is_none(text, hit, start) or is_change(text, words[stop].end, place):
        return []
    if both:
        hit.fields["value"] = f"{both['first']}-{hit.fields['value']}"
    hits = [hit._replace(moment=moment)]
    if withdraws(text, hit.end, end):
        return hits
    if before := before_in_brackets(text, hit, name, index):
        return [*hits, *before]
    if older := older_of(text, hit, end, index, name):
        return [*hits, older]
    return _with_later(text, words, hits, end, index, name)


def _with_later(
    text: str, words: Sequence[Word], hits: list[Hit], end: int, index: AnalyteIndex, name: str
) -> list[Hit]:
    for _ in range(4):
        later = _later(text, words, hits[-1], end, index, name)
        if later is None:
            break
        if "unit" in later.fields:
            hits[-1].fields.setdefault("unit", later.fields["unit"])
        if limits := _limits_behind(text, hits[-1], later):
            hits[-1].fields["ref_range"] = limits
            hits[-1] = hits[-1]._replace(end=later.end)
            continue
        hits.append(later)
    return without_wrong(text, hits)


def _limits_behind(text: str, result: Hit, later: Hit) -> str:
    """The printed range where it follows the number at once, or its flag: "165 L 200-1100 pg/mL"."""
    value, sign = later.fields["value"], later.fields.get("comparator", "")
    if "ref_range" in result.fields or not (sign or _INTERVAL.fullmatch(value)):
        return ""
    return f"{sign}{value}" if _MARKS.fullmatch(text, result.end, later.start) else ""


def _later(
    text: str, words: Sequence[Word], last: Hit, end: int, index: AnalyteIndex, name: str
) -> Hit | None:
    """Another reading of the same test: with its own unit, or announced by a word such as "now"."""
    at = next((i for i, word in enumerate(words) if word.start >= last.end), len(words))
    announced, strange = False, 0
    small = index.words.then_words | index.words.around_times | index.words.fillers | index.words.not_results
    for i in range(at, min(at + 12, len(words))):
        word = words[i].text
        if word[0].isdigit() and text[words[i].start - 1] not in "/.-:":
            hit = value_at(text, words[i].start, end, index, name, words[i].start)
            if hit is None:
                continue
            if is_of_next(text, hit.end, end, index) or is_taken_back(text, last.end, words[i].start):
                return None
            unit = units.parse(hit.fields.get("unit", ""), index.words.units)
            if unit and strange and not announced and not same_scale(unit, last, index):
                # "B12 170 ng/L, xyz 3.9 ug/L": the number of something that is not known.
                return None
            older = says_older(text[last.end : hit.start])
            if unit:
                return (
                    _after_that(text, words[i - 1].text, hit._replace(earlier=older), end)
                    if accepts(unit, name, index)
                    else None
                )
            behind = next((later.text for later in words[i + 1 :] if later.start >= hit.end), "")
            if announced or older or behind in index.words.now_words:
                if "unit" in last.fields:
                    hit.fields["unit"] = last.fields["unit"]
                return _after_that(text, words[i - 1].text, hit._replace(earlier=older), end)
        elif word in index.words.now_words or word in {"then", "later", "mine"}:
            announced = True
        elif word in index.by_first or word in index.strict or word == ";":
            return None
        elif word[0].isalpha() and word not in small and not words[i - 1].text.isdecimal():
            strange += 1
            if strange > 2:
                return now_at(text, words[i:], end, name, index)
    return None


def _after_that(text: str, before: str, hit: Hit, end: int) -> Hit:
    """What follows a *then* without a time of its own is where things stand: "28 umol/L *then* 14"."""
    return hit._replace(when=NOW) if before == "then" and not DATE_NEAR.match(text, hit.end, end) else hit


# --- Words instead of numbers ---------------------------------------------------------------------------------


def _number_after_word(
    text: str, words: Sequence[Word], upto: int, end: int, index: AnalyteIndex, name: str, start: int
) -> Hit | None:
    """The number that a word announces: "low at 132", "low (132 ng/L)"; after a comma with its unit, or last."""
    dated = DATE_BEHIND.match(text, words[upto - 1].end, end)
    at = next((i for i in range(upto, len(words)) if dated and words[i].start >= dated.end()), upto)
    while at < len(words) and (words[at].text in index.words.fillers or words[at].text in "=:@-–(,'\"‘’“”"):
        at += 1
    if at >= len(words) or not (words[at].text[0].isdigit() or words[at].text in "<>≤≥"):
        return None
    if is_dated(words[upto - 1].text, words[at].text, index):
        return None
    hit = value_at(text, words[at].start, end, index, name, start)
    bare = hit is not None and "unit" not in hit.fields
    if hit is None or (
        bare
        and not is_announced(text, words[upto].start, words[at].start, hit)
        and not is_now(text, hit.end, end)
    ):
        return None
    closing = _CLOSING.match(text, hit.end, end)
    hit = hit._replace(moment=dated["when"]) if dated else hit
    return hit._replace(end=closing.end()) if closing and words[at - 1].text == "(" else hit


def _hedged(
    words: Sequence[Word],
    named: frozenset[int],
    first: int,
    upto: int,
    index: AnalyteIndex,
    patient: frozenset[str],
) -> bool:
    """Whether the clause asks, fears or plans rather than reports; the IF of an antibody is no such word."""
    nearest, farthest = max(0, first - MOST_CLAUSE), min(len(words), upto + MOST_CLAUSE)
    begin = next(
        (i + 1 for i in range(first - 1, nearest - 1, -1) if words[i].text in {",", ";", ":", "but"}), nearest
    )
    finish = next((i for i in range(upto, farthest) if words[i].text in {",", ";", "but", "and"}), farthest)
    clause = {
        words[i].text for i in range(begin, max(finish, upto)) if i not in named and not _asks_why(words, i)
    }
    before = range(max(begin, first - 2), first)
    return (
        bool(clause & (index.words.hedges - patient))
        or any(words[i].text == "query" or _opens_doubt(words, i) for i in before)
        or any(words[i].text == "?" and not _opens_doubt(words, i) for i in range(first, farthest))
    )


def _opens_doubt(words: Sequence[Word], i: int) -> bool:
    """Whether a question mark is of what follows it: "*?low* B12", and not of the result in "B12 low *?dietary*"."""
    return words[i].text == "?" and i + 1 < len(words) and words[i + 1].start == words[i].end


_OPEN = frozenset("unclear unknown uncertain not undetermined unexplained undiagnosed ?".split())


def _asks_why(words: Sequence[Word], i: int) -> bool:
    """Whether only the cause of what was found is not known: "B12 low, *cause unclear*", "low B12 *?cause*"."""
    beside = {word.text for word in (*words[max(0, i - 2) : i], *words[i + 1 : i + 3])}
    return words[i].text in ("cause", "causes") and bool(beside & (_OPEN | {"query"}))
