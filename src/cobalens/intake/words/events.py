"""Turns the phrases found in one sentence into statements: status, tense, dates, route and dose."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from cobalens.intake.words.asides import adherence_in, asks, is_aside, is_general, is_label, remark
from cobalens.intake.words.clauses import (
    chunks,
    dosed,
    end_of,
    figure_near,
    is_indication,
    is_next,
    is_under_way,
    may_date,
    micrograms,
    tells_of_beginning,
)
from cobalens.intake.words.context import Scene, Status, status_of
from cobalens.intake.words.denials import has_exception
from cobalens.intake.words.givenup import given_up
from cobalens.intake.words.lexicon import Outcome, denies_drugs, denies_operations
from cobalens.intake.words.matcher import BLANK, Hit
from cobalens.intake.words.moments import Moment, begun_at, ends
from cobalens.intake.words.observables import Observation
from cobalens.intake.words.onlytests import DRUG_FIELDS, only_a_test
from cobalens.intake.words.purpose import is_amount_of_another, is_held_by_another
from cobalens.intake.words.putdown import put_down
from cobalens.intake.words.states import is_no_statement, is_of_treatment, was_then
from cobalens.intake.words.swapplan import SwapPlan, told_by
from cobalens.intake.words.tokens import MARKS, tokenise
from cobalens.model.record import Event, Span

LONG_AGO = 90
"""Days after which a passing illness that was only dated is over."""
_COURSES = frozenset({"drug", "diet", "exposure"})
"""What is taken, eaten or used from one year to another."""
_OF_HEALTH = frozenset({"condition", "symptom", "finding", "person"})


class Said(Struct, frozen=True, gc=False):
    """A count spoken of as a condition: *anaemia*, affirmed or denied."""

    name: str
    affirmed: bool
    text: str
    start: Span


class Events:
    """Collects the events of one text."""

    def __init__(
        self, text: str, where: str, field: str, scene: Scene, when: list[Moment], start: Span, stop: Span,
        route: str | None, dose: str | None,
    ) -> None:  # fmt: skip
        self.text, self.where, self.field, self.scene, self.when = text, where, field, scene, when
        self.start, self.stop, self.route, self.dose = start, stop, route, dose
        self.lexicon = scene.lexicon
        self.complete: set[str] = set()
        self.said: list[Event] = []
        self.implied: list[Event] = []
        self.results: list[Said] = []
        self.left: dict[str, Span] = {}
        """What is no longer taken, of what may have been told before: "no injections *since 2019*"."""
        self.chunks = chunks(scene)
        # A question somebody asks: the medicine in it is not thereby taken.
        self.asking = any(t.norm == "?" for t in scene.tokens) and asks(scene.tokens, scene.lexicon)
        self.general = is_general(scene.tokens, scene.hits, self.lexicon)
        self.remark = range(0) if field in DRUG_FIELDS else remark(scene.tokens, scene.hits, self.lexicon)
        self.gapped = [h for h in scene.hits if h.pieces]
        self.adherence = adherence_in(scene.tokens, scene.hits, self.lexicon)

    def read(self, hit: Hit) -> None:
        tokens = self.scene.tokens
        if self.general or is_aside(hit, tokens, self.remark):
            return
        statuses: dict[str, Status] = {}
        for name in (n for m, n in hit.marks if m == "concept"):
            if is_label(name, hit, self.scene.hits, tokens, self.lexicon):
                continue
            if name in self.replaced(hit) or self.about_another(name, hit) or self.denied_inside(name, hit):
                continue
            kind = self.lexicon.kinds.get(name, "")
            if kind not in statuses:
                statuses[kind] = status_of(hit, kind, self.scene)
            status = statuses[kind]
            if is_no_statement(name, kind, hit, status, self.field, self.scene):
                continue
            asked = kind in ("drug", "procedure") and self.asking
            if asked or put_down(name, hit, status, self.gapped, self.scene):
                continue
            if (
                self.field == "goal"
                and name in self.lexicon.feared
                and (status.spoken_of or status.doubt or not status.affirmed)
            ):
                name, kind, status = self.lexicon.feared[name], "goal", Status()
            if (
                status.spoken_of
                or only_a_test(hit, kind, status, self.field, self.scene, self.chunks)
                or (kind == "drug" and self.field == "goal")
            ):
                continue
            if status.affirmed and hit.key in self.lexicon.vague and not self.explained(hit):
                name = self.lexicon.vague[hit.key]
            if name in self.lexicon.only_planned and not self.is_planned(hit, kind, status):
                continue
            self.said.append(told := self.event(name, kind, hit, status))
            if (left := given_up(kind, hit, status, self.moment(hit), self.scene, name)) is not None:
                self.said[-1] = replace(told, affirmed=True, time="past", stop=left)
        for mark, name in hit.marks:
            if mark == "amount":
                self.amount(name, hit)
            if mark == "result":
                self.result(name, hit)
            if mark == "stated":
                status = status_of(hit, "", self.scene)
                if self.lexicon.umbrellas[name].relatives_deny:
                    self.umbrella(name, hit, Status(affirmed=False, family=True))
                elif not (status.family or status.spoken_of or status.doubt):
                    self.umbrella(name, hit, replace(status, affirmed=False))
                    for concept in self.lexicon.umbrellas[name].affirms:
                        self.said.append(
                            self.event(concept, self.lexicon.kinds.get(concept, ""), hit, status)
                        )
            elif mark == "umbrella":
                self.umbrella(name, hit, status_of(hit, "", self.scene))

    def about_another(self, name: str, hit: Hit) -> bool:
        """Whether the verb speaks of a count or means something else here: "haemoglobin *fell*", "*fell* pregnant"."""
        unless = self.lexicon.unless.get(name)
        tokens = self.scene.tokens
        if unless is None:
            return False
        if is_amount_of_another(name, tokens, self.scene.hits, hit):
            return True
        if is_held_by_another(tokens, self.scene.hits, hit, unless, self.lexicon):
            return True
        verb = next((i for i in range(hit.first, hit.last) if tokens[i].norm in unless.starts), None)
        if unless.starts and verb is None:
            return False
        after = hit.last if verb is None else verb + 1
        if after < len(tokens) and tokens[after].norm in unless.after:
            return True
        if after + 1 < len(tokens) and tokens[after].norm in unless.numbered:
            number = tokens[after + 1].norm
            if number[0].isdigit() or number == BLANK:
                return True
        before = [t.norm for t in tokens[max(0, hit.first - 3) : hit.first]]
        if before and before[-1] in ("and", "&", "plus", ","):
            # "denosumab and B12 injections every 3 months": the other thing is named beside it.
            return False
        return any(word in unless.before or (word == BLANK and bool(unless.numbered)) for word in before)

    def result(self, name: str, hit: Hit) -> None:
        # As a condition it may be over: "previous anaemia".
        status = status_of(hit, "condition", self.scene)
        unsure = status.spoken_of or status.doubt or status.family or status.over or self.asking
        if unsure or status.time != "current":
            return
        tokens = self.scene.tokens
        text = self.text[tokens[hit.first].start : tokens[hit.last - 1].end]
        self.results.append(Said(name, status.affirmed, text, self.times("finding", hit, status)[0]))

    def amount(self, name: str, hit: Hit) -> None:
        """What depends on how much: the number before "units a week", the one after "MMSE"."""
        amount = self.lexicon.amounts[name]
        figure = figure_near(self.scene.tokens, hit, after=amount.after)
        if figure is None:
            return
        if self.about_another(amount.concept, hit):
            return
        kind = self.lexicon.kinds.get(amount.concept, "")
        status = status_of(hit, kind, self.scene)
        if not status.spoken_of:
            much = figure > Decimal(amount.above) if amount.above else figure < Decimal(amount.below)
            self.said.append(
                self.event(amount.concept, kind, hit, replace(status, affirmed=status.affirmed and much))
            )

    def is_planned(self, hit: Hit, kind: str, status: Status) -> bool:
        return self.times(kind, hit, status)[2] == "planned"

    def wishes(self) -> None:
        """What is hoped for in free words: "could B12 keep the cancer from coming back"."""
        norms = [t.norm for t in self.scene.tokens]
        for concept, words in self.lexicon.together.items():
            if self.field != "goal" and not words.given.intersection(norms):
                continue
            if any(e.concept == concept for e in self.said):
                continue
            for i, norm in enumerate(norms):
                if norm not in words.does:
                    continue
                target = next(
                    (k for k in range(i + 1, min(i + 2 + words.within, len(norms))) if norms[k] in words.to),
                    None,
                )
                if target is not None:
                    hit = Hit(i, target + 1, (), "")
                    kind = self.lexicon.kinds.get(concept, "")
                    self.said.append(self.event(concept, kind, hit, status_of(hit, kind, self.scene)))
                    break

    def without(self, concepts: Iterable[str], hit: Hit) -> None:
        """What is not taken, as words say that name none of it."""
        kinds, status = self.lexicon.kinds, Status(affirmed=False)
        self.implied += (self.event(name, kinds.get(name, ""), hit, status) for name in concepts)

    def swapped(self, plan: SwapPlan) -> None:
        """What was taken until it was changed for something else, and, where that is settled, what is taken then."""
        gone, told = told_by(plan, self.lexicon.kinds, self.moment(plan.then), self.event)
        self.said = [*(one for one in self.said if one.concept not in gone), *told]

    def umbrella(self, name: str, hit: Hit, status: Status) -> None:
        umbrella = self.lexicon.umbrellas[name]
        if umbrella.relatives_deny and not status.affirmed and self.says_no_more(hit):
            for concept in umbrella.relatives_deny:
                self.said.append(
                    self.event(
                        concept, self.lexicon.kinds.get(concept, ""), hit, replace(status, family=True)
                    )
                )
        if self.asking or status.family or status.spoken_of or status.doubt:
            return
        if not status.affirmed and (status.time == "planned" or status.declined):
            ahead, kinds = replace(status, time="planned"), self.lexicon.kinds
            self.implied += (self.event(c, kinds.get(c, ""), hit, ahead) for c in umbrella.unplanned)
        if status.time == "planned":
            return
        if status.affirmed:
            for concept in umbrella.affirms:
                kind = self.lexicon.kinds.get(concept, "")
                # "Supplements discussed" says nothing; "takes", "stopped" do.
                given = kind != "drug" or status.time == "past" or self.is_given(hit)
                if given and not self.about_another(concept, hit):
                    self.said.append(self.event(concept, kind, hit, status))
            return
        if has_exception(hit, self.scene.tokens, self.scene.hits):
            return
        left = given_up("drug", hit, status, self.moment(hit), self.scene)
        if left is not None and denies_drugs(name, self.lexicon):
            self.left.update(dict.fromkeys(umbrella.denies, left))
            return
        if status.declined and denies_operations(name, self.lexicon):
            # Who declines an operation, or is not fit for one, may have had another.
            return
        self.complete.update(umbrella.complete)
        for concept in umbrella.denies:
            self.implied.append(self.event(concept, self.lexicon.kinds.get(concept, ""), hit, status))

    def observed(self, observation: Observation) -> None:
        hit = self.scene.hits[observation.place]
        observable = self.lexicon.observables[observation.name]
        quality = observation.quality
        status = status_of(hit, "symptom", self.scene)
        if status.spoken_of or self.explained(hit):
            return
        if quality:
            by = self.scene.hits[observation.by]
            of_quality = status_of(by, "symptom", self.scene)
            if of_quality.spoken_of:
                return
            wide = replace(hit, first=min(hit.first, by.first), last=max(hit.last, by.last), pieces=())
            positive = not self.denies_it(of_quality, wide) and (
                not self.denies_it(status, wide) or by.first > hit.first
            )
            status = replace(of_quality, family=status.family or of_quality.family, affirmed=True)
            outcome = observable.qualities[quality]
            if not positive:
                outcome = Outcome(yes=outcome.no, no=outcome.yes)
            self.outcome(outcome, wide, status)
            return
        quality = observable.alone if status.affirmed else observable.none or observable.alone
        if not quality:
            return
        outcome = observable.qualities[quality]
        if not status.affirmed and not observable.none:
            outcome = Outcome(yes=outcome.no, no=outcome.yes)
        self.outcome(outcome, hit, replace(status, affirmed=True))

    def denies_it(self, status: Status, hit: Hit) -> bool:
        """Whether a denial belongs to this observation and not to one before the comma: "denies falls, gait steady"."""
        if status.affirmed:
            return False
        tokens = self.scene.tokens
        between = [t.norm for t in tokens[status.from_token : hit.first]]
        after = {t.norm for t in tokens[status.from_token :]}
        return "," not in between or bool(after & {"or", "nor"})

    def outcome(self, outcome: Outcome, hit: Hit, status: Status) -> None:
        if not status.family and not status.doubt:
            self.complete.update(outcome.complete)
        for name in outcome.yes:
            self.said.append(self.event(name, self.lexicon.kinds.get(name, ""), hit, status))
        for name in outcome.no:
            self.implied.append(
                self.event(name, self.lexicon.kinds.get(name, ""), hit, replace(status, affirmed=False))
            )

    def says_no_more(self, hit: Hit) -> bool:
        chunk = self.chunks[hit.first]
        after = [i for i in range(hit.last, len(self.scene.tokens)) if self.chunks[i] == chunk]
        return not any(
            self.scene.tokens[i].norm not in MARKS and self.scene.tokens[i].norm not in self.lexicon.fillers
            for i in after
        ) and (not after or self.scene.tokens[after[0]].norm not in ("of", "for"))

    def is_given(self, hit: Hit) -> bool:
        cues = (h for h in self.scene.hits if ("drug_cue", "") in h.marks and h is not hit)
        return any(self.chunks[h.first] == self.chunks[hit.first] for h in cues)

    def replaced(self, hit: Hit) -> set[str]:
        """What this phrase does not say because it stands inside a longer one with a gap: "afraid it may be *cancer*"."""
        around = [h for h in self.gapped if h.first <= hit.first and hit.last <= h.last and h is not hit]
        said = [mark for h in around for mark in h.marks]
        instead = (c for m, n in said if m == "concept" for c in self.lexicon.instead.get(n, ()))
        return {*instead, *(c for m, n in said if m == "stated" for c in self.lexicon.umbrellas[n].denies)}

    def denied_inside(self, name: str, hit: Hit) -> bool:
        """Whether the end of a phrase with a gap is a denial by itself: "MRI whole spine: *no cord compression*"."""
        if not hit.pieces:
            return False
        first, last = hit.pieces[-1]
        return any(
            h.first < last
            and first < h.last
            and any(m == "stated" and name in self.lexicon.umbrellas[n].denies for m, n in h.marks)
            for h in self.scene.hits
        )

    def explained(self, hit: Hit) -> bool:
        """Whether a phrase with a gap says more of the same word: "weakness of both legs"."""
        return any(h.first <= hit.first and hit.last <= h.last for h in self.gapped)

    def event(self, name: str, kind: str, hit: Hit, status: Status) -> Event:
        start, stop, time = self.times(kind, hit, status)
        passes = None if self.start.known else self.lexicon.passes.get(name)
        lasts = LONG_AGO if name in self.lexicon.acute else passes
        if (
            lasts is not None
            and start.last is not None
            and start.last < -lasts
            and not stop.known
            and time == "current"
        ):
            stop, time = start, "past"
        if name in self.lexicon.acute and time == "current" and is_indication(hit, self.scene, self.chunks):
            time = "past"
        tokens = self.scene.tokens
        low = min(hit.first, status.from_token) if status.from_token >= 0 else hit.first
        high = max(hit.last, status.to_token)
        route, dose, dose_text = (self.given(hit)) if kind == "drug" else (None, None, None)
        return Event(
            concept=name, where=self.where, text=self.text[tokens[low].start : tokens[high - 1].end],
            affirmed=status.affirmed, doubt=status.doubt, family=status.family, time=time, start=start, stop=stop,
            route=route, dose_ug=dose, dose_text=dose_text,
            adherence=self.adherence if kind == "drug" else None,
        )  # fmt: skip

    def times(self, kind: str, hit: Hit, status: Status) -> tuple[Span, Span, str]:
        """Start, stop and tense: from the entry's own dates, else from the words."""
        start, stop, time, tokens = self.start, self.stop, status.time, self.scene.tokens
        moment = None if start.known or stop.known else self.moment(hit)
        if moment is not None and status.over:
            moment = end_of(moment, self.when, self.scene)
        if (
            moment is not None
            and kind == "drug"
            and time == "current"
            and (ended := self.short_course(hit)) is not None
        ):
            return start, ended, "past"
        if moment is not None and status.affirmed and not status.family:
            waits = status.began or (time == "planned" and moment.role == "until")
            if moment.role == "due" and kind in ("drug", "procedure", "exposure"):
                time, start = "planned", moment.span
            elif status.over and tells_of_beginning(moment, self.scene):
                start, time = moment.of(time), "past"
            elif not waits and ends(moment, status.over, kind, hit.first, tokens, self.lexicon):
                stop = moment.span
                time = "past" if kind != "procedure" else time
            elif time != "planned" and was_then(moment, kind, hit, tokens) and not self.has_onset(hit):
                start, stop, time = moment.span, moment.span, "past"
            elif moment.role != "due":
                start = begun_at(moment, time, kind, hit.first, tokens, self.lexicon)
            if kind in _COURSES and time in ("current", "past") and (course := self.course(hit)):
                start, stop = course
                time = "current" if stop.known else "past"
            if kind == "drug" and time != "past" and is_next(hit, self.scene):
                # The next dose of many: the course goes on.
                start, time = self.start, "current"
        if kind == "drug" and time == "planned" and is_under_way(hit, self.scene, moment):
            start, time = self.start, "current"
        since = bool(hit.first) and tokens[hit.first - 1].norm == "since"
        if kind == "procedure" and time == "planned" and (since or (moment is not None and moment.is_past)):
            # What is dated in a year gone by was done: "due 9 December (since total gastrectomy in 2018)".
            time = "current"
        if start.first is not None and start.first > 0 and status.affirmed:
            # "Thyroidectomy for thyroid cancer 15/12/2026": the day is that of the treatment, and no illness is planned.
            # A pregnancy has a day on which it is due.
            ill = (
                kind in _OF_HEALTH and time != "planned" and not is_of_treatment("planned", hit, self.lexicon)
            )
            start, time = (self.start, time) if ill else (start, "planned")
        over = stop.last is not None and stop.last <= 0
        if over and kind in ("drug", "exposure", "diet") and time == "current":
            time = "past"
        return start, stop, time

    def moment(self, hit: Hit) -> Moment | None:
        chunk = self.chunks[hit.first]
        near = [m for m in self.when if self.chunks[m.first] == chunk and may_date(m, hit, self.scene)]
        if near:
            return min(near, key=lambda m: min(abs(m.first - hit.last), abs(hit.first - m.last)))
        # "total gastrectomy, 2019": a clause that is only a date belongs to the one before it; a dose may stand between.
        upto = (self.chunks[self.reach(hit)[-1]] if self.when and self.reach(hit) else chunk) + 1
        after = [m for m in self.when if chunk < self.chunks[m.first] <= upto]
        if after and not any(
            chunk < self.chunks[h.first] <= self.chunks[after[0].first]
            and any(m[0] in ("concept", "background", "observable") for m in h.marks)
            for h in self.scene.hits
        ):
            return after[0]
        return None

    def course(self, hit: Hit) -> tuple[Span, Span] | None:
        """From when until when, both said: "metformin from 2024-06 until 2025-01-15"."""
        until = self.chunks[hit.first] + 1
        near = [m for m in self.when if m.first >= hit.last and self.chunks[m.first] <= until]
        if len(near) == 2 and near[0].role in ("since", "at") and near[1].role == "until":
            return near[0].span, near[1].span
        return None

    def short_course(self, hit: Hit) -> Span | None:
        """A medicine taken for so long at such a time: "omeprazole for two weeks in 2018"."""
        chunk = self.chunks[hit.first]
        near = [m for m in self.when if chunk <= self.chunks[m.first] <= chunk + 1 and m.first >= hit.last]
        lasted = next((m for m in near if m.role == "for"), None)
        at = next(
            (m for m in near if m.role == "at" and not (m.span.last is not None and m.span.last >= 0)), None
        )
        if lasted is None or at is None or self.has_onset(hit) or abs(at.first - lasted.last) > 1:
            return None
        return at.span

    def has_onset(self, hit: Hit) -> bool:
        chunk = self.chunks[hit.first]
        return any(("onset", "") in h.marks and self.chunks[h.first] == chunk for h in self.scene.hits)

    def reach(self, hit: Hit) -> range:
        """The clauses after the phrase that only tell how it is given: "cyanocobalamin, *oral, 1 mg daily*"."""
        tokens, last = self.scene.tokens, hit.last
        while last < len(tokens) and self.chunks[last] == self.chunks[hit.first]:
            last += 1
        first = last
        while last < len(tokens):
            here = [i for i in range(last, len(tokens)) if self.chunks[i] == self.chunks[last]]
            inside = (h for h in self.scene.hits if h.first in here and h is not hit)
            if any({m for m, _ in h.marks} - _MORE for h in inside if not h.pieces) or any(
                i not in self.scene.covered and tokens[i].norm not in self.lexicon.dose_units for i in here
            ):
                break
            last = here[-1] + 1
        return range(first, last)

    def given(self, hit: Hit) -> tuple[str | None, Decimal | None, str | None]:
        chunk = self.chunks[hit.first]
        near_by = self.reach(hit)
        route = self.route
        if route is None:
            near = [
                (abs(h.first - hit.first), n)
                for h in self.scene.hits
                for m, n in h.marks
                if m == "route" and (self.chunks[h.first] == chunk or h.first in near_by)
            ]
            route = min(near)[1] if near else None
        if self.dose:
            return route, micrograms(tokenise(self.dose, self.lexicon.spelling), 0, self.lexicon), self.dose
        tokens = self.scene.tokens
        after = hit.pieces[0][1] if hit.pieces else hit.last
        # "B12 1000" is what some call the tablets, and its number is the dose.
        for i in range(after - tokens[after - 1].norm.isdigit(), len(tokens)):
            if self.chunks[i] != chunk and i not in near_by:
                break
            amount = micrograms(tokens[: i + 4], i, self.lexicon, at_once=True)
            if amount is not None:
                return route, amount, dosed(self.text, tokens, i)
        return route, None, None


_MORE = frozenset({"route", "drug_cue", "adherence", "ignored", "onset"})
"""What a clause may hold that only goes on about the medicine before it."""
