"""Reads a free phrase: finds what it speaks of and how it is meant, and says what it could not read.

The vocabulary and every trigger word are data; see ``lexicon`` for the table, ``context`` for how far a trigger reaches.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, structs

from cobalens.intake.allergies import TO
from cobalens.intake.prose.whose import Other
from cobalens.intake.words.allergylist import INSIDE, MOST_WORDS, in_list
from cobalens.intake.words.asides import goes_on_generally
from cobalens.intake.words.butnotme import denied_of_self
from cobalens.intake.words.conditional import IF_IT_COMES_TO_IT, heads_causes, is_told
from cobalens.intake.words.context import Scene
from cobalens.intake.words.endedlist import in_ended_list, is_ended_row
from cobalens.intake.words.events import Events, Said
from cobalens.intake.words.lexicon import FORWARD, CompiledLexicon
from cobalens.intake.words.matcher import Hit, find, sentences_of
from cobalens.intake.words.moments import Moment, all_ended, lapsed, moments
from cobalens.intake.words.notafterall import is_undelivered, joined
from cobalens.intake.words.observables import Observation, observe
from cobalens.intake.words.ofrelatives import under_heading
from cobalens.intake.words.perspective import (
    goes_on_about,
    is_other,
    is_told_by_another,
    of_writer,
    spoken_of,
    tells_of_self,
)
from cobalens.intake.words.planorder import done_before, next_in_plan, to_do_before
from cobalens.intake.words.resumed import resumed
from cobalens.intake.words.staff import of_staff
from cobalens.intake.words.swapped import swaps
from cobalens.intake.words.swapplan import is_of_another, swap_in
from cobalens.intake.words.tested import with_outcome
from cobalens.intake.words.thenstopped import stopped_then
from cobalens.intake.words.tokens import MARKS, Token, tokenise
from cobalens.intake.words.triggers import Trigger, triggers_of
from cobalens.intake.words.unnamed import named_by_topic
from cobalens.intake.words.unread import unread
from cobalens.intake.words.untreated import untreated
from cobalens.model.record import UNDATED, Event, Span, Unread

__all__ = ["Reading", "read_phrase"]


OF_THE_PERSON = "whether that is so of this person"
WHICH = "which of them is meant"
OF_WHAT = "of which medicine that is said"
ELSE_GIVEN = "whether it was given at other times"
BY_INJECTION = "the name of the medicine that is injected"


class Reading(Struct, frozen=True):
    """What one phrase said."""

    events: tuple[Event, ...] = ()
    understood: tuple[str, ...] = ()
    """Understood, and needed by no rule."""
    not_understood: tuple[Unread, ...] = ()
    complete: frozenset[str] = frozenset()
    """Lists that the phrase declares complete ("none", "no other history")."""
    results: tuple[Said, ...] = ()
    """What the words say of counts ("anaemic", "no macrocytosis")."""


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
    patient: frozenset[str] = frozenset(),
    other: Other | None = None,
) -> Reading:
    """Reads one phrase or note. ``consumed``: spans of characters that somebody else has read (laboratory values);
    ``patient``: the relatives who are the patient (a daughter's note about her *mum*); ``other``: of whom the pronouns of the other sex speak.
    """
    tokens = tokenise(text, lexicon.spelling)
    if not tokens:
        return Reading()
    taken = _taken(tokens, sorted(consumed))
    said: list[Event] = []
    implied: list[Event] = []
    understood: dict[str, None] = {}
    not_understood: list[Unread] = []
    complete: set[str] = set()
    results: list[Said] = []
    adherence: str | None = None
    how = ""
    """The sentence that says how something is taken."""
    planning, relative, listed, over, at_large = "", "", "", "", False
    told: list[Event] = []
    """What the last sentence said that said anything."""
    another = bool(patient) or is_told_by_another(tokens, lexicon.relatives)
    # Nothing reaches beyond a sentence, so each is read by itself: a long note costs its length, not its square.
    parts = sentences_of(tokens, taken, text, lexicon.abbreviations, lexicon.answers)
    for (part, gone), unclear_of in joined(parts, field, lexicon, as_of):
        hits, gapped = find(part, field, lexicon)
        listed = in_list(part, hits, listed, lexicon)
        if listed == INSIDE:
            item = text[part[0].start : part[-1].end].strip(" \n-–—•*.;")
            one = read_phrase(
                " ".join((*TO, item)), where, "conditions", lexicon, as_of=as_of, patient=patient
            )
            said += one.events
            understood.update(dict.fromkeys(one.understood))
            not_understood += one.not_understood
            continue
        over = in_ended_list(part, hits, over, lexicon)
        hits, gapped, unclear = named_by_topic(part, hits, gapped, tokens, field, lexicon)
        not_understood += (
            Unread(where, text[part[h.first].start : part[h.last - 1].end], BY_INJECTION) for h in unclear
        )
        when = moments(part, lexicon, as_of)
        scene, observations = _scene(text, part, hits, gapped, when, gone, lexicon, patient)
        about = goes_on_about(part, relative, lexicon.relatives)
        if about is None and another:
            about = of_writer(part, lexicon.relatives)
            # "I am vegan *and I take* metformin": the writer goes on about themselves.
            own = [k for k, token in enumerate(part) if about is not None and k > about and token.norm == "i"]
            scene.triggers.extend(Trigger("family", FORWARD, k, k + 1) for k in own)
        if about is None and other is not None and part[0].start >= other.since:
            about = is_other(part, other.sex, lexicon.relatives)
        if about is not None:
            # "He is on" by itself begins anew; here it goes on about somebody else.
            last = next(k for k in range(about + 1, len(part) + 1) if k not in scene.ends)
            scene.triggers.append(Trigger("family", FORWARD, about, last))
        else:
            relative = spoken_of(part, lexicon.relatives, patient)
            # Whoever writes on somebody's behalf goes on about the patient.
            relative = relative if relative and tells_of_self(tokens, lexicon.relatives) else ""
        events = Events(text, where, field, scene, when, start, stop, route, dose)
        events.general = at_large = events.general or (at_large and goes_on_generally(part, lexicon))
        for hit in scene.hits:
            events.read(hit)
        for observation in observations:
            events.observed(observation)
        events.wishes()
        swap = swap_in(part, hits, lexicon)
        if swap is not None and not is_of_another(scene.triggers, swap):
            events.swapped(swap)
        if events.general and any(m == "concept" for h in scene.hits for m, _ in h.marks):
            said_of_many = text[part[0].start : part[-1].end].strip(" .;\n")
            not_understood.append(Unread(where, said_of_many, OF_THE_PERSON))
        whole = ""
        if not events.said and not events.implied and heads_causes(part, scene.hits):
            whole = text[part[0].start : part[-1].end].strip(" .;\n")
            not_understood.append(Unread(where, whole, OF_THE_PERSON))
        if is_told(part, scene.hits, (e.concept for e in events.said), lexicon):
            whole = text[part[0].start : part[-1].end].strip(" .;\n")
            not_understood.append(Unread(where, whole, IF_IT_COMES_TO_IT))
        events.said = resumed(events.said, part, hits, when, lexicon)
        if not events.said:
            said = resumed(said, part, hits, when, lexicon)
        events.implied += denied_of_self(part, events.said, lexicon)
        planning = heads_plan(part, planning, lexicon)
        if planning and not any(token.norm in lexicon.kept for token in part):
            events.said = [_as_planned(e, lexicon) for e in events.said]
        if over == INSIDE:
            events.said = [_as_over(e, UNDATED, lexicon) for e in events.said]
        if over == INSIDE or is_ended_row(part, hits, lexicon):
            # What an earlier list of the same document still names, as on admission, is over with it.
            ended_here = {e.concept for e in events.said if e.time == "past" and e.affirmed and not e.family}
            said = [_as_over(e, UNDATED, lexicon) if e.concept in ended_here else e for e in said]
        if not events.said and (ended := lapsed(part, when, lexicon)) is not None:
            said = _ended(said, ended, lexicon)
        if not events.said and (upto := all_ended(part, when)) is not None:
            said = [_as_over(e, upto, lexicon) if e in told else e for e in said]
        if (stopped := stopped_then(part, hits, when, told, lexicon)) is not None:
            over_now, upto = stopped
            said = [structs.replace(e, stop=upto, time="past") if e in over_now else e for e in said]
            if not over_now:
                not_understood.append(Unread(where, text[part[0].start : part[-1].end].strip(" .;\n"), WHICH))
        if not events.said and is_undelivered(hits, lexicon):
            not_understood.append(
                Unread(where, text[part[0].start : part[-1].end].strip(" .;\n"), ELSE_GIVEN)
            )
        if unclear_of and stopped is None:
            not_understood.append(Unread(where, text[part[0].start : part[-1].end].strip(" .;\n"), WHICH))
        if events.left:
            said, events.said = (
                [_as_over(e, events.left[e.concept], lexicon) if e.concept in events.left else e for e in of]
                for of in (said, events.said)
            )
        if (left := untreated(part, hits, events.said, told, lexicon)) is not None:
            events.without(lexicon.untreated.denies, left)
        told = events.said or told
        if any(("recanted", "") in hit.marks for hit in hits):
            said, events.said = _taken_back(said, events.said)
        said += events.said
        implied += events.implied
        results += events.results
        complete |= events.complete
        if adherence is None and events.adherence is not None:
            adherence, how = events.adherence, text[part[0].start : part[-1].end].strip(" .;\n")
        for hit in hits:
            if ("background", "") in hit.marks:
                understood[text[part[hit.first].start : part[hit.last - 1].end]] = None
        missed = unread(text, where, part, scene.hits, scene.covered, gone, lexicon, field)
        not_understood += (one for one in missed if one.text not in whole)
    for claim, findings in lexicon.contradicted.items():
        if any(e.concept == claim for e in said) and any(
            e.concept in findings and _holds_now(e) for e in said
        ):
            said = [e for e in said if e.concept != claim]
            complete.discard("neurological")
    if adherence is not None and not any(lexicon.kinds.get(e.concept) == "drug" for e in said):
        not_understood.append(Unread(where, how, OF_WHAT))
    if adherence is not None:
        said = [_with_adherence(e, adherence, lexicon) for e in said]
    return Reading(
        _settled(said, implied, lexicon),
        tuple(understood),
        tuple(not_understood),
        frozenset(complete),
        tuple(results),
    )


def _with_adherence(event: Event, adherence: str, lexicon: CompiledLexicon) -> Event:
    """How a medicine is taken may be said in the next sentence."""
    if event.adherence is not None or lexicon.kinds.get(event.concept) != "drug":
        return event
    return structs.replace(event, adherence=adherence)


def heads_plan(tokens: list[Token], before: str, lexicon: CompiledLexicon) -> str:
    """``open`` where a sentence belongs to a plan, ``list`` below a heading that stands alone, ``next`` after the mark of a further item, else nothing."""
    words = [i for i, token in enumerate(tokens) if token.norm[0].isalpha()]
    first = tokens[words[0]].norm if words else ""
    colon = bool(words) and words[0] + 1 < len(tokens) and tokens[words[0] + 1].norm == ":"
    if first in lexicon.plan_heads or (tokens[words[0] if words else 0].raw == "P" and colon):
        return "list" if len(words) == 1 and tokens[-1].norm == "\n" else "open"
    if not before:
        return ""
    if not first:
        return "next" if any(token.norm != "\n" for token in tokens) or before != "list" else ""
    if before == "list":
        item = len(words) <= MOST_WORDS and not any(tokens[i].norm in _TELLS for i in words) and not colon
        return "list" if item else "open" if tokens[0].norm == ":" else ""
    # A dash is read as a colon.
    return "open" if before == "next" or tokens[0].norm == ":" else ""


_TELLS = frozenset(
    "takes taking is has was had are were she he currently already on patient i feels reports denies".split()
)
"""In a line below the heading of a plan these tell of what is so."""


def _as_planned(event: Event, lexicon: CompiledLexicon) -> Event:
    current = _holds_now(event) and not event.start.known and not event.stop.known
    if not current or lexicon.kinds.get(event.concept) not in ("drug", "procedure"):
        return event
    return structs.replace(event, time="planned")


def _ended(said: list[Event], when: Span, lexicon: CompiledLexicon) -> list[Event]:
    """The last dose may be dated in the next sentence: "B12 injections every 3 months. Last one 14 months ago."."""
    last = said[-1] if said else None
    if last is None or lexicon.kinds.get(last.concept) != "drug" or not _holds_now(last) or last.start.known:
        return said
    return [structs.replace(e, stop=when, time="past") if e.text == last.text else e for e in said]


def _as_over(event: Event, when: Span, lexicon: CompiledLexicon) -> Event:
    if lexicon.kinds.get(event.concept) != "drug" or not _holds_now(event):
        return event
    return structs.replace(event, stop=when, time="past")


def _taken_back(before: list[Event], here: list[Event]) -> tuple[list[Event], list[Event]]:
    """The denial, or the doubt, that is taken back: "denied balloons, later admitted weekly use"; the next sentence may say so too."""
    if here and (not here[-1].affirmed or here[-1].doubt):
        return before, [*here[:-1], structs.replace(here[-1], affirmed=True, doubt=False, time="current")]
    if not here and before and (not before[-1].affirmed or before[-1].doubt):
        return [*before[:-1], structs.replace(before[-1], affirmed=True, doubt=False, time="current")], here
    return before, here


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
    taken: frozenset[int], lexicon: CompiledLexicon, patient: frozenset[str],
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
    covered.update(
        i
        for i, t in enumerate(tokens)
        if t.norm in fillers or t.norm in MARKS or t.norm[0].isdigit() or len(t.norm) == 1
    )
    fixed = frozenset(covered)
    observations, used = observe(tokens, ends, fixed, hits, lexicon)
    triggers = triggers_of(tokens, hits, used, text, lexicon, patient)
    triggers = (
        with_outcome(triggers, tokens, hits, lexicon) + swaps(hits, lexicon) + of_staff(tokens, hits, lexicon)
    )
    triggers += to_do_before(tokens, hits, lexicon)
    triggers += under_heading(tokens, lexicon)
    triggers += next_in_plan(tokens, hits, triggers, lexicon)
    ends |= done_before(tokens, hits, triggers, lexicon)
    inner = frozenset(k for h in hits for k in range(h.first + 1, h.last))
    return Scene(tokens, hits + gapped, triggers, ends, fixed, inner, lexicon), observations


def _settled(said: list[Event], implied: list[Event], lexicon: CompiledLexicon) -> tuple[Event, ...]:
    """Each statement once; what is implied yields to what is said."""
    # A diet of the past is none that is followed: what is eaten now denies it.
    spoken = {
        e.concept
        for e in said
        if e.affirmed and not e.family and not (e.time == "past" and lexicon.kinds.get(e.concept) == "diet")
    }
    now = {e.concept for e in said if _holds_now(e)}
    ahead = {e.concept for e in said if e.affirmed and e.time == "planned"}
    follows = list(implied)
    for event in said:
        if _holds_now(event):
            denied = lexicon.implied.get(event.concept, ())
            follows.extend(
                Event(concept=c, where=event.where, text=event.text, affirmed=False) for c in denied
            )
        elif event.affirmed and event.time == "planned" and not event.family:
            follows.extend(structs.replace(event, concept=c) for c in lexicon.planned.get(event.concept, ()))
        elif not event.affirmed and not event.doubt and not event.family:
            follows.extend(structs.replace(event, concept=c) for c in lexicon.denied.get(event.concept, ()))
    out: dict[tuple[object, ...], Event] = {}
    stated = (e for e in said if e.affirmed or e.family or e.concept not in now)
    for event in (*stated, *(e for e in follows if e.concept not in (ahead if _is_unplanned(e) else spoken))):
        key = (event.concept, event.affirmed, event.doubt, event.family, event.time, event.start)
        # "Nitrous oxide (nangs) until May": of one thing said twice, that with its end is kept.
        if key not in out or (event.stop.known and not out[key].stop.known):
            out[key] = event
    return tuple(out.values())


def _is_unplanned(event: Event) -> bool:
    """A plan that is denied, beside which the thing itself may have been done before."""
    return event.time == "planned" and not event.affirmed


def _holds_now(event: Event) -> bool:
    return event.affirmed and not event.doubt and not event.family and event.time == "current"
