"""Reads a free phrase: finds what it speaks of and how it is meant, and says what it could not read.

The vocabulary and every trigger word are data; see ``lexicon`` for the table, ``context`` for how far a trigger reaches.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct, structs

from cobalens.intake.context import Scene, Status, status_of, triggers_of
from cobalens.intake.lexicon import CompiledLexicon, Outcome, compile_lexicon
from cobalens.intake.matcher import Hit, find, sentences_of
from cobalens.intake.moments import Moment, moments
from cobalens.intake.observables import Observation, observe
from cobalens.intake.tokens import MARKS, Token, tokenise
from cobalens.intake.unread import unread
from cobalens.model.record import UNDATED, Event, Span, Unread

__all__ = ["CompiledLexicon", "Reading", "compile_lexicon", "read_phrase"]

LONG_AGO = 90
"""Days after which a passing illness that was only dated is over."""
_DRUG_FIELDS = frozenset({"medications", "supplements"})


class Reading(Struct, frozen=True):
    """What one phrase said."""

    events: tuple[Event, ...] = ()
    understood: tuple[str, ...] = ()
    """Understood, and needed by no rule."""
    not_understood: tuple[Unread, ...] = ()
    complete: frozenset[str] = frozenset()
    """Lists that the phrase declares complete ("none", "no other history")."""


def read_phrase(
    text: str,
    where: str,
    field: str,
    lexicon: CompiledLexicon,
    start: Span = UNDATED,
    stop: Span = UNDATED,
    route: str | None = None,
    dose: str | None = None,
    *,
    as_of: str | None = None,
    consumed: Iterable[tuple[int, int]] = (),
) -> Reading:
    """Reads one phrase or note. ``consumed``: spans of characters that somebody else has read (laboratory values)."""
    tokens = tokenise(text, lexicon.spelling)
    if not tokens:
        return Reading()
    taken = _taken(tokens, sorted(consumed))
    said: list[Event] = []
    implied: list[Event] = []
    understood: dict[str, None] = {}
    not_understood: list[Unread] = []
    complete: set[str] = set()
    adherence: str | None = None
    # Nothing reaches beyond a sentence, so each is read by itself: a long note costs its length, not its square.
    for part, gone in sentences_of(tokens, taken, text):
        hits, gapped = find(part, field, lexicon)
        when = moments(part, lexicon, as_of)
        scene, observations = _scene(text, part, hits, gapped, when, gone, lexicon)
        events = _Events(text, where, field, scene, when, start, stop, route, dose)
        for hit in scene.hits:
            events.read(hit)
        for observation in observations:
            events.observed(observation)
        said += events.said
        implied += events.implied
        complete |= events.complete
        adherence = adherence or events.adherence
        for hit in hits:
            if ("background", "") in hit.marks:
                understood[text[part[hit.first].start : part[hit.last - 1].end]] = None
        not_understood += unread(text, where, part, scene.hits, scene.covered, gone, lexicon)
    if adherence is not None:
        said = [_with_adherence(e, adherence, lexicon) for e in said]
    return Reading(_settled(said, implied, lexicon), tuple(understood), tuple(not_understood), frozenset(complete))


def _with_adherence(event: Event, adherence: str, lexicon: CompiledLexicon) -> Event:
    """How a medicine is taken may be said in the next sentence."""
    if event.adherence is not None or lexicon.kinds.get(event.concept) != "drug":
        return event
    return structs.replace(event, adherence=adherence)


def _taken(tokens: list[Token], consumed: list[tuple[int, int]]) -> frozenset[int]:
    """The tokens inside the spans that somebody else has read."""
    out = set()
    place = 0
    for i, token in enumerate(tokens):
        while place < len(consumed) and consumed[place][1] <= token.start:
            place += 1
        if place < len(consumed) and consumed[place][0] < token.end:
            out.add(i)
    return frozenset(out)


def _scene(
    text: str, tokens: list[Token], hits: list[Hit], gapped: list[Hit], when: list[Moment],
    taken: frozenset[int], lexicon: CompiledLexicon,
) -> tuple[Scene, list[Observation]]:  # fmt: skip
    ends = frozenset(k for h in hits if ("termination", "") in h.marks for k in range(h.first, h.last))
    covered = set(taken)
    for hit in hits:
        covered.update(range(hit.first, hit.last))
    for hit in gapped:
        for first, last in hit.pieces:
            covered.update(range(first, last))
    for moment in when:
        covered.update(range(moment.first, moment.last))
    fillers = lexicon.fillers
    covered.update(i for i, t in enumerate(tokens) if t.norm in fillers or t.norm in MARKS or t.norm[0].isdigit() or len(t.norm) == 1)
    fixed = frozenset(covered)
    observations, used = observe(tokens, ends, fixed, hits, lexicon)
    triggers = triggers_of(tokens, hits, used, text, lexicon)
    inner = frozenset(k for h in hits for k in range(h.first + 1, h.last))
    return Scene(tokens, hits + gapped, triggers, ends, fixed, inner, lexicon), observations


class _Events:
    """Collects the events of one text."""

    def __init__(
        self, text: str, where: str, field: str, scene: Scene, when: list[Moment], start: Span, stop: Span,
        route: str | None, dose: str | None,
    ) -> None:  # fmt: skip
        self.text, self.where, self.field, self.scene, self.when = text, where, field, scene, when
        self.start, self.stop, self.route = start, stop, route
        self.dose = dose
        self.lexicon = scene.lexicon
        self.complete: set[str] = set()
        self.said: list[Event] = []
        self.implied: list[Event] = []
        self.chunks = _chunks(scene)
        self.adherence = next((n for h in scene.hits for m, n in h.marks if m == "adherence"), None)

    def read(self, hit: Hit) -> None:
        concepts = [n for m, n in hit.marks if m == "concept"]
        statuses: dict[str, Status] = {}
        for name in concepts:
            kind = self.lexicon.kinds.get(name, "")
            if kind not in statuses:
                statuses[kind] = status_of(hit, kind, self.scene)
            status = statuses[kind]
            if status.spoken_of or self.only_a_test(hit, kind, status) or (kind == "drug" and self.field == "goal"):
                continue
            if name in self.lexicon.only_planned and not self.is_planned(hit, kind, status):
                continue
            self.said.append(self.event(name, kind, hit, status))
        for mark, name in hit.marks:
            if mark == "stated":
                status = status_of(hit, "", self.scene)
                if not (status.family or status.spoken_of or status.doubt):
                    self.umbrella(name, hit, status._replace(affirmed=False))
                    for concept in self.lexicon.umbrellas[name].affirms:
                        self.said.append(self.event(concept, self.lexicon.kinds.get(concept, ""), hit, status))
            elif mark == "umbrella":
                self.umbrella(name, hit, status_of(hit, "", self.scene))

    def is_planned(self, hit: Hit, kind: str, status: Status) -> bool:
        return self.times(kind, hit, status)[2] == "planned"

    def umbrella(self, name: str, hit: Hit, status: Status) -> None:
        umbrella = self.lexicon.umbrellas[name]
        if status.family or status.spoken_of or status.doubt or status.time == "planned":
            return
        if status.affirmed:
            for concept in umbrella.affirms:
                self.said.append(self.event(concept, self.lexicon.kinds.get(concept, ""), hit, status))
            return
        self.complete.update(umbrella.complete)
        for concept in umbrella.denies:
            self.implied.append(self.event(concept, self.lexicon.kinds.get(concept, ""), hit, status))

    def observed(self, observation: Observation) -> None:
        hit = self.scene.hits[observation.place]
        observable = self.lexicon.observables[observation.name]
        quality = observation.quality
        status = status_of(hit, "symptom", self.scene)
        if status.spoken_of:
            return
        if quality:
            by = self.scene.hits[observation.by]
            of_quality = status_of(by, "symptom", self.scene)
            if of_quality.spoken_of:
                return
            wide = hit._replace(first=min(hit.first, by.first), last=max(hit.last, by.last), pieces=())
            positive = of_quality.affirmed and (status.affirmed or by.first > hit.first)
            status = of_quality._replace(family=status.family or of_quality.family, affirmed=True)
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
        self.outcome(outcome, hit, status._replace(affirmed=True))

    def outcome(self, outcome: Outcome, hit: Hit, status: Status) -> None:
        if not status.family and not status.doubt:
            self.complete.update(outcome.complete)
        for name in outcome.yes:
            self.said.append(self.event(name, self.lexicon.kinds.get(name, ""), hit, status))
        for name in outcome.no:
            self.implied.append(self.event(name, self.lexicon.kinds.get(name, ""), hit, status._replace(affirmed=False)))

    def only_a_test(self, hit: Hit, kind: str, status: Status) -> bool:
        """Whether a word such as *B12* names a blood test here, not a medicine."""
        if kind != "drug" or self.field in _DRUG_FIELDS or hit.key not in self.lexicon.tests:
            return False
        if not status.affirmed or status.over or status.time == "planned":
            return False
        chunk = self.chunks[hit.first]
        return not any(("drug_cue", "") in h.marks or h.marks and h.marks[0][0] == "route" for h in self.scene.hits if self.chunks[h.first] == chunk)

    def event(self, name: str, kind: str, hit: Hit, status: Status) -> Event:
        start, stop, time = self.times(kind, hit, status)
        if name in self.lexicon.acute and start.last is not None and start.last < -LONG_AGO and not stop.known and time == "current":
            start, stop, time = start, start, "past"
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
        start, stop, time = self.start, self.stop, status.time
        moment = None if start.known or stop.known else self.moment(hit)
        if moment is not None and status.affirmed and not status.family:
            if moment.role == "due" and kind in ("drug", "procedure", "exposure", "person"):
                time, start = "planned", moment.span
            elif moment.role == "until" or (status.over and moment.role != "since"):
                stop = moment.span
                time = "past" if kind != "procedure" else time
            elif moment.role == "at" and kind == "exposure" and not self.has_onset(hit):
                start, stop, time = moment.span, moment.span, "past"
            elif moment.role != "due":
                start = moment.span
        if start.first is not None and start.first > 0 and status.affirmed:
            time = "planned"
        if stop.last is not None and stop.last <= 0 and kind in ("drug", "exposure", "diet") and time == "current":
            time = "past"
        return start, stop, time

    def moment(self, hit: Hit) -> Moment | None:
        chunk = self.chunks[hit.first]
        near = [m for m in self.when if self.chunks[m.first] == chunk and not (hit.first <= m.first < hit.last and not hit.pieces)]
        if near:
            return min(near, key=lambda m: min(abs(m.first - hit.last), abs(hit.first - m.last)))
        # "total gastrectomy, 2019": a clause that is only a date belongs to the one before it.
        after = [m for m in self.when if self.chunks[m.first] == chunk + 1]
        if after and not any(self.chunks[h.first] == chunk + 1 and any(m[0] in ("concept", "background", "observable") for m in h.marks) for h in self.scene.hits):
            return after[0]
        return None

    def has_onset(self, hit: Hit) -> bool:
        chunk = self.chunks[hit.first]
        return any(("onset", "") in h.marks and self.chunks[h.first] == chunk for h in self.scene.hits)

    def given(self, hit: Hit) -> tuple[str | None, Decimal | None, str | None]:
        chunk = self.chunks[hit.first]
        route = self.route
        if route is None:
            near = [(abs(h.first - hit.first), n) for h in self.scene.hits for m, n in h.marks if m == "route" and self.chunks[h.first] == chunk]
            route = min(near)[1] if near else None
        if self.dose:
            return route, _micrograms(tokenise(self.dose, self.lexicon.spelling), 0, self.lexicon), self.dose
        tokens = self.scene.tokens
        for i in range(hit.last, len(tokens)):
            if self.chunks[i] != chunk:
                break
            amount = _micrograms(tokens[: i + 4], i, self.lexicon, at_once=True)
            if amount is not None:
                return route, amount, self.text[tokens[i].start : tokens[i + 1].end]
        return route, None, None


def _settled(said: list[Event], implied: list[Event], lexicon: CompiledLexicon) -> tuple[Event, ...]:
    """Each statement once; what is implied yields to what is said."""
    spoken = {e.concept for e in said if e.affirmed and not e.family}
    now = {e.concept for e in said if _holds_now(e)}
    follows = list(implied)
    for event in said:
        if _holds_now(event):
            denied = lexicon.implied.get(event.concept, ())
            follows.extend(Event(concept=c, where=event.where, text=event.text, affirmed=False) for c in denied)
        elif event.affirmed and event.time == "planned" and not event.family:
            follows.extend(structs.replace(event, concept=c) for c in lexicon.planned.get(event.concept, ()))
        elif not event.affirmed and not event.doubt and not event.family:
            follows.extend(structs.replace(event, concept=c) for c in lexicon.denied.get(event.concept, ()))
    out: dict[tuple[object, ...], Event] = {}
    stated = (e for e in said if e.affirmed or e.family or e.concept not in now)
    for event in (*stated, *(e for e in follows if e.concept not in spoken)):
        out.setdefault((event.concept, event.affirmed, event.doubt, event.family, event.time, event.start), event)
    return tuple(out.values())


def _holds_now(event: Event) -> bool:
    return event.affirmed and not event.doubt and not event.family and event.time == "current"


def _chunks(scene: Scene) -> list[int]:
    """For each token, the number of its clause: commas, brackets and ends of scope divide."""
    out, chunk = [], 0
    for i, token in enumerate(scene.tokens):
        if i and i in scene.ends and i - 1 not in scene.ends:
            chunk += 1
        out.append(chunk)
        if token.norm in (",", "("):
            chunk += 1
    return out


def _micrograms(tokens: list[Token], i: int, lexicon: CompiledLexicon, *, at_once: bool = False) -> Decimal | None:
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


