"""Laboratory results inside running text: "B12 195 pg/mL (200-900) in March, Hb 9.7 g/dL, Coombs negative".

Finds the name of a test, its value, unit, range, flag and the time beside it, and hands them to `labs.read_lab`.
A dose ("B12 1000 mcg"), a duration ("B12 for 6 years") and a fear ("a high B12 means cancer") are no results.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from cobalens.intake import units
from cobalens.intake.changed import change_at, row_at
from cobalens.intake.columns import columns_in
from cobalens.intake.followups import (
    DATE_BEHIND,
    ahead_of,
    at_a_step,
    followed_up,
    is_before,
    is_of_next,
    is_taken_back,
    is_treated,
    level_of,
    now_at,
    now_called,
    older_of,
    same_scale,
    says_older,
    told_first,
    until_behind,
    was_earlier,
    year_between,
)
from cobalens.intake.labs import read_lab
from cobalens.intake.lexicon import CompiledLexicon
from cobalens.intake.moments import FAR_AHEAD
from cobalens.intake.nonresults import (
    is_announced,
    is_eaten,
    is_none,
    is_picture,
    limits_at,
    prints_bands,
    speaks_of_all,
)
from cobalens.intake.patterns import pattern
from cobalens.intake.scanned import mended
from cobalens.intake.series import (
    EARLIER,
    NOW,
    before_now,
    beside_earlier,
    in_order,
    last_is_now,
    named_first,
    of_calendar,
    own_results,
    series_at,
    told_on,
)
from cobalens.intake.sexranges import by_sex
from cobalens.intake.testnames import AnalyteIndex
from cobalens.intake.textnames import Name, Word, in_capitals, names_in, sentences
from cobalens.intake.texttimes import Clock, past_moment
from cobalens.intake.textvalues import Hit, accepts, unit_later, value_at, worded_at
from cobalens.intake.thousands import mark_of_thousands, without
from cobalens.intake.together import after_beside, group_of, headed, of_panel, paired, says
from cobalens.intake.verdicts import after_fillers, is_dated, is_denied, past_a_word, word_after, word_before
from cobalens.intake.whose import apart
from cobalens.model.record import UNDATED, Lab, Note, Span, Unread

_TOKEN = pattern(r"[^\W_]+|\S", re.UNICODE)
_BETWEEN = pattern(
    r"between\s+(?P<first>\d+(?:[.,]\d+)*)(?:\s*[^\s,;()\d]{1,12})?\s+and\s+(?P<last>\d)", re.IGNORECASE
)
_INTERVAL = pattern(r"\d+(?:[.,]\d+)*-\d+(?:[.,]\d+)*")
_MARKS = pattern(r"\s*(?:HH?|LL?|\*|↑|↓)?\s*")
_CLOSING = pattern(r"\s*\)")
MOST_CLAUSE = 40


class Found(NamedTuple):
    """What a text holds: results, what must be said about them, and the spans of text they take up."""

    labs: tuple[Lab, ...]
    notes: tuple[Note, ...]
    unread: tuple[Unread, ...]
    spans: tuple[tuple[int, int], ...]


def labs_in_text(
    text: str,
    where: str,
    index: AnalyteIndex,
    when: Span = UNDATED,
    as_of: str | None = None,
    lexicon: CompiledLexicon | None = None,
    patient: frozenset[str] = frozenset(),
    sex: str | None = None,
) -> Found:
    """Every result that the text states. A time beside a result wins over ``when``; words of time need the lexicon.

    ``patient``: relatives who are the patient, so that naming them is no family history; ``sex``: for ranges by sex.
    """
    labs: list[Lab] = []
    notes: list[Note] = []
    unread: list[Unread] = []
    spans: list[tuple[int, int]] = []
    older: set[int] = set()
    general: set[int] = set()
    bare: set[int] = set()
    told_now: set[int] = set()
    clock = Clock(lexicon, as_of or FAR_AHEAD, index)
    text, slips = mended(text, where)
    notes.extend(slips)
    last: tuple[str, ...] = ()
    """The tests that were named in the sentence before; a result without a name goes to the only one that its unit fits."""
    numbered: dict[str, str] = {}
    """The tests with a number so far, and its unit."""
    tables, mark = columns_in(text, index), mark_of_thousands(text)
    for start, end in sentences(text):
        if tables.spans and any(first < end and start < stop for first, stop in tables.spans):
            continue
        words = [
            Word(m[0].lower(), start + m.start(), start + m.end()) for m in _TOKEN.finditer(text[start:end])
        ]
        names = in_capitals(text, words, names_in(words, index), index)
        hits, silent = _hits(text, words, names, end, index, patient)
        # Readings told in a row may go on over the end of a sentence.
        told = bool(spans) and spans[-1][1] > start
        if last and not told:
            # "Pre-treatment 128 ng/L, IF neg.": what comes before the first name still belongs to the test named last.
            upto = words[names[0].first].start if names else end
            ahead = [word for word in words if word.start < upto]
            more = [hit for one in last if (hit := followed_up(text, ahead, upto, one, index))]
            more = level_of(more, text, ahead, upto, numbered, index)
            hits = [*more, *hits] if len(more) == 1 else hits
            if len(more) == 1 and labs and not labs[-1].when.known and is_treated(text, words[0].start, end):
                older.add(len(labs) - 1)
                labs[-1] = replace(labs[-1], when=EARLIER)
        hits, aside = apart(text, start, hits, lexicon, patient)
        unread.extend(Unread(where, text[first:upto]) for first, upto in aside)
        numbered.update((hit.fields["analyte"], hit.fields["unit"]) for hit in hits if "unit" in hit.fields)
        if names:
            last = tuple(dict.fromkeys(one.name for one in names))
        spans.extend((*silent, *aside))
        for at, hit in enumerate(hits):
            before = text[hits[at - 1].end if at else start : hit.start]
            after = text[hit.end : hits[at + 1].start if at + 1 < len(hits) else end]
            if "value" not in hit.fields and (called := now_called(after, index)):
                hit = hit._replace(moment="", when=NOW)
                hit.fields["qualitative"] = called
            placed = None if hit.when is None else told_on(hit.when, when)
            span = placed or clock.beside(hit.moment, before, after, text[start : hits[0].start])
            dated = span is not None and (as_of is not None or not of_calendar(span))
            said_so = before, f"{hit.moment} {text[hit.start : hit.end]}", after
            first = told_first(*said_so) if "value" in hit.fields and not dated else None
            past = hit.earlier or first is not None or (not dated and was_earlier(*said_so))
            verdict = index.words.qualitative.get(hit.fields.get("qualitative", ""))
            # An antibody once found is found; a level once low says nothing of today.
            past = past and verdict not in ("positive", "negative")
            if past and span is None and "value" not in hit.fields:
                continue
            if past and not dated:
                span = told_on(first or EARLIER, when)
            elif span is None and not when.known and at + 1 < len(hits) and is_before(hits[at + 1], after):
                span = NOW
            spans.append((hit.start, hit.end))
            if (panel := index.panels.get(hit.fields["analyte"])) is not None:
                labs += of_panel(panel, hit, where, span or when, index)
                continue
            if mark and "value" in hit.fields:
                hit.fields["value"] = without(hit.fields["value"], mark)
            if "value" in hit.fields and "unit" not in hit.fields:
                hit.fields["unit"] = unit_later(after, hit.fields["analyte"], index)
            if ranges := by_sex(printed := hit.fields.pop("ref_range", "")):
                if sex not in ranges:
                    unread.append(Unread(where, printed[:60], "the person's sex, beside ranges by sex"))
                printed = ranges.get(sex or "", "")
            if printed:
                hit.fields["ref_range"] = printed
            lab, said, missed = read_lab(hit.fields, where, span or when, index, True)
            notes.extend(said)
            unread.extend(missed)
            if lab is not None:
                older |= {len(labs)} if past else set()
                bare |= {len(labs)} if span is None else set()
                told_now |= {len(labs)} if span == NOW else set()
                general |= {len(labs)} if speaks_of_all(hit, after) else set()
                labs.append(lab)
    for hit in tables.hits:
        lab, said, missed = read_lab(hit.fields, where, clock.named(hit.moment) or when, index, True)
        notes.extend(said)
        unread.extend(missed)
        if lab is not None:
            labs.append(lab)
    spans.extend(tables.spans)
    labs = before_now(labs, bare, told_now, when)
    labs, older = own_results(labs, older, general, prints_bands(text))
    labs = last_is_now(labs, older)
    ordered = beside_earlier(labs if as_of else in_order(labs), older)
    return Found(tuple(named_first(ordered)), tuple(notes), tuple(unread), tuple(sorted(set(spans))))


# --- Results --------------------------------------------------------------------------------------------------


def _hits(
    text: str,
    words: Sequence[Word],
    names: Sequence[Name],
    end: int,
    index: AnalyteIndex,
    patient: frozenset[str] = frozenset(),
) -> tuple[list[Hit], list[tuple[int, int]]]:
    named = frozenset(i for name in names for i in range(name.first, name.last + 1))
    hits: list[Hit] = []
    silent: list[tuple[int, int]] = []
    taken = -1
    for place, name in enumerate(names):
        if words[name.first].start < taken:
            continue
        if upto := limits_at(text, words[0].start, words[name.first].start, words[name.last].end, end):
            silent.append((words[name.first].start, upto))
            taken = upto
            continue
        if name.name in index.panels and is_picture(words, name.first, index):
            continue
        group = group_of(words, names, place, index)
        start, named_last = words[name.first].start, names[place + len(group) - 1].last
        stop = after_beside(words, named_last, index)
        if both := paired(text, words, group, end, index):
            hits.extend(both)
            taken = both[-1].end
            continue
        single = len(group) == 1 and name.name not in index.panels
        upto_next = words[names[place + 1].first].start if place + 1 < len(names) else end
        found = (
            _numbers(text, words, name.last, end, index, name.name, start)
            if name.name not in index.panels
            else []
        )
        if not found and name.name not in index.panels:
            found = at_a_step(text, words[name.last].end, upto_next, end, index, name.name, start)
            found = _with_later(text, words, found, end, index, name.name) if found else []
        if name.strict:
            unit = units.parse(found[0].fields.get("unit", ""), index.words.units) if found else None
            if unit is None or not accepts(unit, name.name, index):
                continue
        if found and len(group) == 1:
            hits.extend(found)
            taken = found[-1].end
            continue
        before = headed(words, name.first, index, group) or word_before(words, name.first, index, group)
        if before and (is_eaten(words, stop) or _hedged(words, named, name.first, stop + 1, index, patient)):
            before = None
        word, upto = word_after(words, stop, index, group)
        if word and index.words.qualitative.get(word) == "low" and is_denied(words, name.first):
            # Said of the person, and left to the reader of phrases.
            continue
        if upto and word is None:
            silent.append((start, words[upto - 1].end))
            taken = words[upto - 1].end
        elif word and single and (hit := _number_after_word(text, words, upto, end, index, name.name, start)):
            hit.fields["qualitative"] = word
            hits.extend(_with_later(text, words, [hit], end, index, name.name))
            taken = hits[-1].end
        elif word and single and (past := until_behind(text, words[upto - 1].end, end)):
            fields = {"analyte": name.name, "qualitative": word}
            said = Hit(fields, start, past.end(), past[0].strip(" ,("), earlier=True)
            hits.extend(_with_later(text, words, [said], end, index, name.name))
            taken = hits[-1].end
        elif word and not _hedged(words, named, name.first, upto, index, patient):
            # "low B12, folate normal": the first of the list has its own word before it.
            own = before is not None and len(group) > 1 and words[name.last + 1].text in ",;&"
            own = own and words[name.first - 1].text != ":"
            if before is not None and own:
                hits.append(
                    Hit(
                        {"analyte": name.name, "qualitative": before[0]},
                        words[before[1]].start,
                        words[name.last].end,
                    )
                )
            of = [one for one in group[own:] if says(one.name, word, index)]
            # What stands in the list and is no test is left, with the verdict, to the reader of phrases.
            mixed = _is_mixed(words, group, stop)
            hits.extend(
                Hit(
                    {"analyte": one.name, "qualitative": word},
                    words[one.first].start,
                    words[one.last if mixed else upto - 1].end,
                    year_between(text, words[stop].end, words[upto - 1].start),
                )
                for one in of
            )
            taken = words[upto - 1].end if of or own else taken
        elif before is not None:
            word, first = before
            # "low B12, raised MMA": each name of a list may have its own word; "raised MMA and homocysteine" share one.
            listed = len(group) == 1 or words[name.first - 1].text == ":"
            shared = group if listed or words[name.last + 1].text not in ",;" else group[:1]
            hits.extend(
                Hit({"analyte": one.name, "qualitative": word}, words[first].start, words[one.last].end)
                for one in shared
                if says(one.name, word, index)
            )
            taken = words[shared[-1].last].end
        elif name.name not in index.panels and (
            ahead := ahead_of(text, max(taken, words[0].start), start, words[name.last].end, index, name.name)
        ):
            hits.append(ahead)
            taken = ahead.end
    return hits, silent


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
    for told in (change_at, row_at):
        if change := told(text, words[stop].end, end, name, start, index):
            return change
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
    if hit is None or is_none(text, hit, start):
        return []
    if both:
        hit.fields["value"] = f"{both['first']}-{hit.fields['value']}"
    hits = [hit._replace(moment=moment)]
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
    return hits


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
            if unit:
                older = says_older(text[last.end : hit.start])
                return hit._replace(earlier=older) if accepts(unit, name, index) else None
            behind = next((later.text for later in words[i + 1 :] if later.start >= hit.end), "")
            if announced or behind in index.words.now_words:
                if "unit" in last.fields:
                    hit.fields["unit"] = last.fields["unit"]
                return hit
        elif word in index.words.now_words or word in {"then", "later", "mine"}:
            announced = True
        elif word in index.by_first or word in index.strict or word == ";":
            return None
        elif word[0].isalpha() and word not in small and not words[i - 1].text.isdecimal():
            strange += 1
            if strange > 2:
                return now_at(text, words[i:], end, name, index)
    return None


# --- Words instead of numbers ---------------------------------------------------------------------------------


def _number_after_word(
    text: str, words: Sequence[Word], upto: int, end: int, index: AnalyteIndex, name: str, start: int
) -> Hit | None:
    """The number that a word announces: "low at 132", "low (132 ng/L)"; after a comma with its unit, or last."""
    dated = DATE_BEHIND.match(text, words[upto - 1].end, end)
    at = next((i for i in range(upto, len(words)) if dated and words[i].start >= dated.end()), upto)
    while at < len(words) and (words[at].text in index.words.fillers or words[at].text in "=:-–(,'\"‘’“”"):
        at += 1
    if at >= len(words) or not (words[at].text[0].isdigit() or words[at].text in "<>≤≥"):
        return None
    if is_dated(words[upto - 1].text, words[at].text, index):
        return None
    hit = value_at(text, words[at].start, end, index, name, start)
    bare = hit is not None and "unit" not in hit.fields
    if hit is None or (bare and not is_announced(text, words[upto].start, words[at].start, hit)):
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
    clause = {words[i].text for i in range(begin, max(finish, upto)) if i not in named}
    return bool(clause & (index.words.hedges - patient)) or any(
        words[i].text == "?" for i in range(first, farthest)
    )
