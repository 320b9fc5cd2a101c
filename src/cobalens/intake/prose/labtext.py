"""Laboratory results inside running text: "B12 195 pg/mL (200-900) in March, Hb 9.7 g/dL, Coombs negative".

Finds the name of a test, its value, unit, range, flag and the time beside it, and hands them to `labs.read_lab`.
A dose ("B12 1000 mcg"), a duration ("B12 for 6 years") and a fear ("a high B12 means cancer") are no results.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from cobalens.intake.laboratory.labs import read_lab
from cobalens.intake.laboratory.testnames import AnalyteIndex
from cobalens.intake.patterns import pattern
from cobalens.intake.prose.columns import columns_in
from cobalens.intake.prose.dayheads import head_of
from cobalens.intake.prose.faraway import dated_next, it_was, with_far_ones
from cobalens.intake.prose.followups import (
    followed_up,
    is_before,
    is_treated,
    is_withdrawn,
    level_of,
    now_called,
    told_first,
    was_earlier,
)
from cobalens.intake.prose.labhits import hits_in
from cobalens.intake.prose.nonresults import (
    OF_WHOM,
    prints_bands,
    speaks_of_all,
    specimen_beside,
)
from cobalens.intake.prose.scanned import mended, without_clocks, without_rules
from cobalens.intake.prose.series import (
    EARLIER,
    NOW,
    before_now,
    beside_earlier,
    in_order,
    last_is_now,
    named_first,
    of_calendar,
    own_results,
    told_on,
)
from cobalens.intake.prose.sexranges import by_sex
from cobalens.intake.prose.sharedday import One, is_wide, of_all, of_those_behind
from cobalens.intake.prose.shortdays import YEAR_NOT_TOLD, day_before, short_day
from cobalens.intake.prose.textnames import Name, Word, in_capitals, names_in, sentences
from cobalens.intake.prose.texttimes import Clock
from cobalens.intake.prose.textvalues import Hit, unit_later
from cobalens.intake.prose.thousands import mark_of_thousands, without
from cobalens.intake.prose.together import of_panel
from cobalens.intake.prose.whose import Other, apart
from cobalens.intake.words.lexicon import CompiledLexicon
from cobalens.intake.words.moments import FAR_AHEAD
from cobalens.model.record import UNDATED, Lab, Note, Span, Unread

_TOKEN = pattern(r"[^\W_]+|\S", re.UNICODE)


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
    other: Other | None = None,
) -> Found:
    """Every result that the text states. A time beside a result wins over ``when``; words of time need the lexicon.

    ``patient``: relatives who are the patient, so that naming them is no family history; ``sex``: for ranges by sex.
    """
    text, slips = mended(text, where)
    tables, mark = columns_in(text, index), mark_of_thousands(text)
    reading = _Text(
        without_clocks(without_rules(text)), where, index, when, as_of, lexicon, patient, sex, other, mark
    )
    reading.notes.extend(slips)
    for start, end in sentences(reading.text):
        if not any(first < end and start < stop for first, stop in tables.spans):
            reading.sentence(start, end)
    for hit in tables.hits:
        reading.take(hit, reading.clock.named(hit.moment) or when)
    reading.spans.extend(tables.spans)
    return reading.found()


class _Text:
    """A text sentence by sentence, and what was found in it so far."""

    def __init__(
        self,
        text: str,
        where: str,
        index: AnalyteIndex,
        when: Span,
        as_of: str | None,
        lexicon: CompiledLexicon | None,
        patient: frozenset[str],
        sex: str | None,
        other: Other | None,
        mark: str,
    ) -> None:
        self.text, self.where, self.index, self.when, self.as_of = text, where, index, when, as_of
        self.lexicon, self.patient, self.sex, self.other, self.mark = lexicon, patient, sex, other, mark
        self.clock = Clock(lexicon, as_of or FAR_AHEAD, index, text)
        self.labs: list[Lab] = []
        self.notes: list[Note] = []
        self.unread: list[Unread] = []
        self.spans: list[tuple[int, int]] = []
        self.older: set[int] = set()
        """Places of results that are told as earlier ones; below, of others that are told in some other way."""
        self.general: dict[int, str] = {}
        self.bare: set[int] = set()
        self.told_now: set[int] = set()
        self.unplaced: dict[int, str] = {}
        """Results with a day whose year nobody knows, and their words."""
        self.of_note, self.is_paper = when, False
        """The day of the note itself, and whether the whole of it is a letter or a visit, whose *today* is its own day."""
        self.heading: set[int] = set()
        """Results with a day between name and value, or that are told as those of before treatment."""
        self.last: tuple[str, ...] = ()
        """The tests that were named in the sentence before; a result without a name goes to the only one that its unit fits."""
        self.numbered: dict[str, str] = {}
        """The tests with a number so far, and its unit."""

    def sentence(self, start: int, end: int) -> None:
        text = self.text
        words = [
            Word(m[0].lower(), start + m.start(), start + m.end()) for m in _TOKEN.finditer(text[start:end])
        ]
        names = in_capitals(text, words, names_in(words, self.index), self.index)
        if self.heads(start, end):
            return
        if self.when != self.of_note and not self.is_paper and self.speaks_of_now(words):
            self.when = self.of_note
        hits, silent = hits_in(text, words, names, end, self.index, self.patient)
        hits = with_far_ones(text, words, names, hits, end, self.index)
        # Readings told in a row may go on over the end of a sentence.
        told = bool(self.spans) and self.spans[-1][1] > start
        later: list[Hit] = []
        if self.last and not told:
            ahead = self.of_last_named(words, names, end)
            ahead = ahead or dated_next(text, words, names, self.last, end, self.index)
            later = it_was(text, start, end, self.last, self.numbered, self.index) if not ahead else []
            hits = [*ahead, *later, *hits]
        if hits and not later and "unit" in hits[-1].fields:
            unit = {hits[-1].fields["analyte"]: hits[-1].fields["unit"]}
            later = it_was(text, hits[-1].end, end, tuple(unit), unit, self.index)
            hits += later
        hits, aside = apart(text, start, hits, self.lexicon, self.patient, self.other)
        self.unread.extend(Unread(self.where, text[first:upto]) for first, upto in aside)
        self.numbered.update(
            (hit.fields["analyte"], hit.fields["unit"]) for hit in hits if "unit" in hit.fields
        )
        if names:
            self.last = tuple(dict.fromkeys(one.name for one in names))
        self.spans.extend((*silent, *aside))
        run = []
        for at, hit in enumerate(hits):
            before = text[hits[at - 1].end if at else start : hit.start]
            # A sentence ends also where the text does.
            after = text[hit.end : hits[at + 1].start] if at + 1 < len(hits) else f"{text[hit.end : end]}\n"
            run.append(One(before, after, len(self.labs)))
            self.hit(hit, before, after, text[start : hits[0].start], hits[at + 1 : at + 2])
        for one, hit in zip(run, hits, strict=True):
            if later and hit.start == later[0].start and one.at < len(self.labs):
                self.put_before(one.at)
        untold = self.bare - self.older if not self.when.known else set()
        shared = (
            *of_all(run, self.labs, untold, self.clock),
            *of_those_behind(run, self.labs, untold, self.heading),
        )
        for at, when in shared:
            self.labs[at] = replace(self.labs[at], when=when)
            self.bare.discard(at)

    def put_before(self, at: int) -> None:
        """A reading without a time before one that is told by its own, "was 165. *Last week it was* 640", is older."""
        day = self.labs[at].when.first
        for place in [
            one for one in self.bare if one < at and self.labs[one].analyte == self.labs[at].analyte
        ]:
            self.labs[place] = replace(self.labs[place], when=Span(None, min(-1, (day or 0) - 1)))
            self.older.add(place)
            self.bare.discard(place)

    def heads(self, start: int, end: int) -> bool:
        """Whether a sentence only heads what follows, which then is of its day."""
        head = head_of(self.text[start:end], self.clock, self.index.words)
        if head is None:
            return False
        if head.when.known:
            first = not self.labs and not any(one.isalnum() for one in self.text[:start])
            self.when, self.is_paper = head.when, first and head.is_of_paper
        self.spans.append((start, end))
        return True

    def speaks_of_now(self, words: Sequence[Word]) -> bool:
        return any(word.text in self.index.words.now_words for word in words)

    def of_last_named(self, words: Sequence[Word], names: Sequence[Name], end: int) -> list[Hit]:
        """ "Pre-treatment 128 ng/L, IF neg.": what comes before the first name still belongs to the test named last."""
        text, index = self.text, self.index
        upto = words[names[0].first].start if names else end
        ahead = [word for word in words if word.start < upto]
        more = [hit for one in self.last if (hit := followed_up(text, ahead, upto, one, index))]
        more = level_of(more, text, ahead, upto, self.numbered, index)
        if len(more) != 1:
            return []
        if self.labs and not self.labs[-1].when.known and is_treated(text, words[0].start, end):
            self.older.add(len(self.labs) - 1)
            self.labs[-1] = replace(self.labs[-1], when=EARLIER)
        return more

    def hit(self, hit: Hit, before: str, after: str, ahead: str, following: Sequence[Hit]) -> None:
        """One result between the words ``before`` and ``after``; ``ahead``: what the sentence begins with."""
        if elsewhere := specimen_beside(before, self.text[hit.start : hit.end], after, self.index):
            hit.fields["specimen"] = elsewhere
        if "value" not in hit.fields and (called := now_called(after, self.index)):
            hit = hit._replace(moment="", when=NOW)
            hit.fields["qualitative"] = called
        placed = None if hit.when is None else told_on(hit.when, self.when)
        span = (
            (self.clock.named(hit.moment) if placed else None)
            or placed
            or self.clock.beside(hit.moment, before, after, ahead)
        )
        if span == NOW and self.is_paper:
            span = self.when
        dated = span is not None and (self.as_of is not None or not of_calendar(span))
        said_so = before, f"{hit.moment} {self.text[hit.start : hit.end]}", after
        first = told_first(*said_so) if "value" in hit.fields and not dated else None
        past = hit.earlier or first is not None or (not dated and was_earlier(*said_so))
        verdict = self.index.words.qualitative.get(hit.fields.get("qualitative", ""))
        # An antibody once found is found; a level once low says nothing of today.
        past = past and verdict not in ("positive", "negative")
        if past and span is None and "value" not in hit.fields:
            return
        if past and not dated:
            span = told_on(first or EARLIER, self.when)
        elif span is None and not self.when.known and following and is_before(following[0], after):
            span = NOW
        self.spans.append((hit.start, hit.end))
        if (panel := self.index.panels.get(hit.fields["analyte"])) is not None:
            self.labs += of_panel(panel, hit, self.where, span or self.when, self.index)
            return
        self.complete(hit, after)
        if is_withdrawn(self.text, hit.end):
            hit.fields.pop("flag", None)
            hit.fields["status"] = "cancelled"
        at = len(self.labs)
        if not self.take(hit, span or self.when):
            return
        in_name = dated and hit.moment and span == self.clock.named(hit.moment) and not is_wide(span)
        self.heading |= {at} if in_name or first is not None else set()
        self.older |= {at} if past else set()
        self.bare |= {at} if span is None and self.when == self.of_note else set()
        self.told_now |= {at} if span == NOW else set()
        if span is None and (day := day_before(hit.moment) or short_day(after)):
            words = self.text[hit.start : hit.end]
            self.unplaced[at] = words if day in words else f"{words} on {day}"
        if speaks_of_all(hit, after):
            self.general[at] = self.text[hit.start : hit.end]

    def complete(self, hit: Hit, after: str) -> None:
        """Puts in order what the document as a whole decides: marks of thousands, a unit told later, ranges by sex."""
        if self.mark and "value" in hit.fields:
            hit.fields["value"] = without(hit.fields["value"], self.mark)
        if "value" in hit.fields and "unit" not in hit.fields:
            hit.fields["unit"] = unit_later(after, hit.fields["analyte"], self.index)
        if ranges := by_sex(printed := hit.fields.pop("ref_range", "")):
            if self.sex not in ranges:
                self.unread.append(Unread(self.where, printed[:60], "the person's sex, beside ranges by sex"))
            printed = ranges.get(self.sex or "", "")
        if printed:
            hit.fields["ref_range"] = printed

    def take(self, hit: Hit, when: Span) -> bool:
        """Whether there is a result in it that can be kept."""
        lab, said, missed = read_lab(hit.fields, self.where, when, self.index, True)
        self.notes.extend(said)
        self.unread.extend(missed)
        if lab is not None:
            self.labs.append(lab)
        return lab is not None

    def listed(self) -> set[int]:
        """The results with a day of no year beside others of their test, none of which tells which is the newer: each is listed."""
        others = {lab.analyte for place, lab in enumerate(self.labs) if place not in self.unplaced}
        left = {place for place in self.unplaced if self.labs[place].analyte in others}
        self.unread.extend(Unread(self.where, self.unplaced[place], YEAR_NOT_TOLD) for place in sorted(left))
        return left

    def bands_alone(self) -> list[Unread]:
        """The limits of a laboratory where no result stands beside them, so that one may be meant."""
        own = {lab.analyte for place, lab in enumerate(self.labs) if place not in self.general}
        return [
            Unread(self.where, words, OF_WHOM)
            for place, words in self.general.items()
            if self.labs[place].analyte not in own
        ]

    def found(self) -> Found:
        labs = before_now(self.labs, self.bare, self.told_now, self.when)
        unplaced = self.listed()
        bands = prints_bands(self.text)
        self.unread.extend(self.bands_alone() if bands else ())
        labs, older = own_results(labs, self.older, self.general.keys() | unplaced, bands)
        labs = last_is_now(labs, older)
        ordered = named_first(beside_earlier(labs if self.as_of else in_order(labs), older))
        return Found(tuple(ordered), tuple(self.notes), tuple(self.unread), tuple(sorted(set(self.spans))))
