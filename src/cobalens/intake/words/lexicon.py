"""The vocabulary and the words around it (negation, doubt, time, family) as one table of phrases.

Made once from the compiled knowledge (``lexicography``); plain enough to be kept on disk and read back in milliseconds.
"""

# Annotations stand as types, not as text (no `from __future__`): the decoder needs them at every start, and text costs time.

from msgspec import Raw, Struct, msgpack

from cobalens.intake.words.tokens import Spelling

Gapped = dict[str, tuple[tuple[tuple[tuple[str, ...], ...], int], ...]]
"""First word after the gap -> phrases: their pieces and their place in ``entries``."""
Mark = tuple[str, str]
"""What a phrase stands for: ``("concept", "metformin")``, ``("negation", ">")``, ``("quality", "deficit")`` ..."""


class Outcome(Struct, frozen=True):
    """What an observation with one quality says."""

    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    complete: tuple[str, ...] = ()


class Observable(Struct, frozen=True):
    """Something that is examined and then called absent, brisk, normal: *vibration sense*, *gait*."""

    qualities: dict[str, Outcome]
    none: str = ""
    """The quality that "no ..." means: no ankle jerks are absent ones."""
    alone: str = ""
    """The quality meant when nothing is said: *Romberg's sign*."""


class Umbrella(Struct, frozen=True):
    """A word for many things: denied, it denies them all; affirmed, it says little."""

    denies: tuple[str, ...] = ()
    complete: tuple[str, ...] = ()
    affirms: tuple[str, ...] = ()
    relatives_deny: tuple[str, ...] = ()
    """Denied of relatives, where nothing follows in the clause."""
    unplanned: tuple[str, ...] = ()
    """Of which no plan is left where the plan is denied: "no surgery *planned*" says nothing of earlier times."""


class Unless(Struct, frozen=True):
    """A word that is not about its concept where a count does it, or where another word follows: "Hb *fell*", "cancer *screening*".

    ``starts``: the only words of which this holds; none for all.
    """

    starts: frozenset[str]
    before: frozenset[str]
    after: frozenset[str]
    numbered: frozenset[str] = frozenset()
    """Words after it that count only with a number: "fell *to* 90", not "fell to the floor"."""
    purpose: frozenset[str] = frozenset()
    """Words before it behind which it is only what something else is taken for: "spirulina *for* B12"."""
    source: frozenset[str] = frozenset()
    """Words behind it before which it is only what something else holds: "B12 *from* nori"."""


class Listed(Struct, frozen=True):
    """Phrases with a gap that end in ``ends`` and speak of a list: only ``between`` may stand in the gap."""

    ends: frozenset[str]
    between: frozenset[str]


class Amount(Struct, frozen=True):
    """A concept that holds by a figure: "60 units a week", "MMSE 21/30"."""

    concept: str
    above: str = ""
    below: str = ""
    after: bool = False
    """The figure stands after the words, not before."""


class Relatives(Struct, frozen=True):
    """Words by which a note tells that a relative is the patient."""

    sexes: dict[str, str] = {}
    """Relative -> ``female``, ``male`` or nothing."""
    opening: frozenset[str] = frozenset()
    living: frozenset[str] = frozenset()
    being: frozenset[str] = frozenset()
    homely: frozenset[str] = frozenset()
    """What relatives are called at home, and seldom in a family history."""
    telling: frozenset[str] = frozenset()
    """Verbs of somebody who tells of the patient: "*wife reports* numb feet"; below, who is no kin."""
    strangers: frozenset[str] = frozenset()
    doing: frozenset[str] = frozenset()
    """Verbs that go on telling of a relative after an *and*."""
    pronouns: frozenset[str] = frozenset()
    on_behalf: frozenset[str] = frozenset()
    prepositions: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    self: frozenset[str] = frozenset()
    harmless: frozenset[str] = frozenset()
    patient: frozenset[str] = frozenset()
    she: frozenset[str] = frozenset()
    he: frozenset[str] = frozenset()
    staff: frozenset[str] = frozenset()
    takers: frozenset[str] = frozenset()
    """What somebody does with a medicine that is theirs: "*taken* by her husband"."""


class Likened(Struct, frozen=True):
    """Words by which a relative has the same as the patient."""

    before: frozenset[str] = frozenset()
    same: frozenset[str] = frozenset()
    """Before a verb: "*as* has her sister"."""
    after: frozenset[str] = frozenset()
    ended: frozenset[str] = frozenset()
    """What may follow the relative without telling of them anew."""


class Together(Struct, frozen=True):
    """A wish in free words: one of ``given`` in the sentence, and one of ``does`` shortly before one of ``to``."""

    given: frozenset[str]
    does: frozenset[str]
    to: frozenset[str]
    within: int


class Tested(Struct, frozen=True):
    """Words that tell what somebody was tested for, and by which what came of it is told."""

    words: frozenset[str] = frozenset()
    negative: frozenset[str] = frozenset()
    positive: frozenset[str] = frozenset()
    between: frozenset[str] = frozenset()
    """What may stand between what was looked for and what came of it: "coeliac last year, *it came back* negative"."""


class Untreated(Struct, frozen=True):
    """Of which illnesses it says something that nobody treats them, and which medicines are then not taken."""

    of: frozenset[str] = frozenset()
    denies: tuple[str, ...] = ()
    low: frozenset[str] = frozenset()
    """Words by which a result of the test tells of the same."""
    after: frozenset[str] = frozenset()
    """What behind the words makes them something else: "no treatment *since* 2020"."""


class Unnamed(Struct, frozen=True):
    """Words around an injection that nobody named."""

    mark: Mark = ("concept", "")
    """What it stands for where ``own`` words are near."""
    given: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    other: frozenset[str] = frozenset()
    often: frozenset[str] = frozenset()
    had: frozenset[str] = frozenset()
    """Verbs by which somebody has had what has no name: "*started* injections"."""
    beside: dict[str, str] = {}
    """What behind a result of B12 stands for B12 that is given: "620 ng/L on *tablets*" -> its concept."""


class Begun(Struct, frozen=True):
    """The phrases that begin with one word."""

    lengths: int
    """How many words they have: bit *n* set means *n* words."""
    phrases: dict[str, int]
    """A phrase's words joined by spaces -> its place in ``entries``."""


class CompiledLexicon(Struct, frozen=True):
    """Everything that reading a phrase needs."""

    spelling: Spelling
    begins: dict[str, Raw]
    """First word -> the phrases that begin with it, packed: of all of them a text needs a few. See ``begun``."""
    entries: tuple[tuple[Mark, ...], ...]
    gaps: dict[str, Raw]
    """First word -> its phrases with a gap, packed: of all of them a text needs a few. See ``with_gap``."""
    only: dict[str, tuple[str, ...]]
    """Ambiguous phrases that count in some fields only."""
    in_field: dict[str, dict[str, int]]
    """Field -> short answers that mean something there when they stand alone -> place in ``entries``."""
    kinds: dict[str, str]
    families: dict[str, str]
    """Kind -> the larger family of kinds that one list may mix."""
    observables: dict[str, Observable]
    umbrellas: dict[str, Umbrella]
    implied: dict[str, tuple[str, ...]]
    """Affirmed concept -> concepts it denies."""
    planned: dict[str, tuple[str, ...]]
    """Planned concept -> what is then also planned (surgery, an anaesthetic)."""
    acute: tuple[str, ...]
    """Conditions that pass: long ago is over."""
    only_planned: tuple[str, ...]
    """Concepts that mean something only when planned."""
    together: dict[str, Together]
    """Concept -> the words that together say it."""
    instead: dict[str, tuple[str, ...]]
    """Concept of a phrase with a gap -> concepts that shorter phrases inside it then do not say."""
    amounts: dict[str, Amount]
    vague: dict[str, str]
    """A phrase that, affirmed, means another concept: *weakness* without a limb."""
    introduces: frozenset[str]
    """Words after which an ambiguous abbreviation is a diagnosis in any field: *k/c/o*."""
    plan_heads: frozenset[str]
    """Words that head a plan."""
    kept: frozenset[str]
    """Words by which a plan goes on with, or changes, what is taken already: *continue*, *stop*."""
    latest: frozenset[str]
    """Words that make a dose the newest one: *last*."""
    doses: frozenset[str]
    """Words for one dose, and for its being given: *jab*, *given*."""
    lapsed_after: int
    """Days after which a medicine whose last dose is dated is no longer being given."""
    introduces_as: dict[str, frozenset[str]]
    """Field -> words after which an abbreviation of that field is meant: *known*, *on*, *underwent*."""
    introduces_list: frozenset[str]
    """Words that head a list of diagnoses: *pmh*."""
    not_introduced: frozenset[str]
    """Everyday words among the ambiguous ones: only ``introduces`` makes them what their field says."""
    denied: dict[str, tuple[str, ...]]
    """Denied concept -> narrower concepts that are denied with it."""
    tests: frozenset[str]
    """Concept phrases that are also names of blood tests."""
    fillers: frozenset[str]
    endings: tuple[str, ...]
    """How the names of illnesses, operations and medicines end."""
    fresh: frozenset[str]
    """Words that begin a new statement after a comma or an *and*."""
    question: frozenset[str]
    """Words that open a question somebody asks."""
    of_fact: frozenset[str]
    """Those of them, and others, that ask for a fact which a yes or a no settles."""
    numbers: dict[str, tuple[float, float]]
    """Number word -> least and most."""
    units: dict[str, float]
    """Unit of time -> days."""
    months: dict[str, int]
    timely: frozenset[str]
    """Every word with which a date or a duration can begin."""
    dose_units: dict[str, str]
    """Unit of mass -> micrograms."""
    names: dict[str, tuple[str, ...]]
    """First letter -> phrases as written, for suggestions."""
    unless: dict[str, Unless] = {}
    states: frozenset[str] = frozenset()
    """What is said of a person and may be in doubt or only hoped for: a pregnancy, never a sex."""
    treatments: frozenset[str] = frozenset()
    """Conditions and exposures that are a treatment, which may be planned or declined: *dialysis*, *gas and air*."""
    things: frozenset[str] = frozenset()
    """What is a thing before it is used, and may be found lying about."""
    kept_otherwise: frozenset[str] = frozenset()
    """Words behind an adherence that make it none to a medicine: *diet*."""
    never_given_up: frozenset[str] = frozenset()
    """What "none for six months" does not say was there before: an excess, a supplement of any kind."""
    listed: dict[str, Listed] = {}
    """Concept -> what may stand in the gap: "no meat, *fish or* dairy", not "no meat, *takes* dairy"."""
    feared: dict[str, str] = {}
    """Concept -> what it means as a goal where it is not affirmed: "to know it is *not leukaemia*"."""
    contradicted: dict[str, frozenset[str]] = {}
    """Concept -> findings beside which it does not stand."""
    resembled: frozenset[str] = frozenset()
    """What findings only fit, as long as nobody has found it: "nerve conduction *consistent with* B12 deficiency"."""
    wanted: frozenset[str] = frozenset()
    """Words before "ruled out" that make it a wish."""
    anew: frozenset[str] = frozenset()
    """Words beside which nothing known before explains a complaint: *new*, *worse*."""
    relatives: Relatives = Relatives()
    likened: Likened = Likened()
    unnamed: Unnamed = Unnamed()
    tested: Tested = Tested()
    untreated: Untreated = Untreated()
    abbreviations: frozenset[str] = frozenset()
    """Words whose full stop ends no sentence: "Inj. methylcobalamin"."""
    said: dict[str, tuple[dict[str, str], dict[str, str]]] = {}
    """A condition that is a statement about counts (*anaemia*) -> the words of the tests, affirmed and denied."""
    passes: dict[str, int] = {}
    """Concept -> days after which it is over, where nothing but its day is told."""
    answers: dict[str, bool] = {}
    """Answers on a form: *y* yes, *n* no."""
    people: frozenset[str] = frozenset()
    """Words for people at large: "*patients* taking biotin"."""
    whose: frozenset[str] = frozenset()
    """What follows people at large: "patients *who*", "individuals *with*"."""
    person: frozenset[str] = frozenset()
    """Words for this person: "*she* takes biotin, which may interfere"."""
    telling: frozenset[str] = frozenset()
    """Words that tell of this person where nobody at large is named: "*on* biotin, may interfere"."""
    opened: dict[str, Gapped] = {}
    """Of ``gaps``, those that were needed before."""
    unpacked: dict[str, Begun] = {}
    """Of ``begins``, those that were needed before."""
    near: dict[str, str] = {}
    """Words looked up for a suggestion before, and what was found."""
    month_first: bool = False
    """Whether the document in hand writes the month before the day."""


def begun(word: str, lexicon: CompiledLexicon) -> Begun | None:
    """The phrases that begin with a word."""
    found = lexicon.unpacked.get(word)
    if found is None and (packed := lexicon.begins.get(word)) is not None:
        found = lexicon.unpacked[word] = msgpack.decode(packed, type=Begun)
    return found


def is_phrase(key: str, lexicon: CompiledLexicon) -> bool:
    """Whether some words, joined by spaces, are a phrase."""
    found = begun(key.partition(" ")[0], lexicon)
    return found is not None and key in found.phrases


def with_gap(word: str, lexicon: CompiledLexicon) -> Gapped | None:
    """The phrases with a gap that begin with a word."""
    packed = lexicon.gaps.get(word)
    if packed is None:
        return None
    found = lexicon.opened.get(word)
    if found is None:
        found = lexicon.opened[word] = msgpack.decode(packed, type=Gapped)
    return found


def denies_drugs(umbrella: str, lexicon: CompiledLexicon) -> bool:
    return any(lexicon.kinds.get(concept) == "drug" for concept in lexicon.umbrellas[umbrella].denies)


def denies_operations(umbrella: str, lexicon: CompiledLexicon) -> bool:
    meant = lexicon.umbrellas[umbrella]
    return "procedure" in {*meant.complete, *(lexicon.kinds.get(concept) for concept in meant.denies)}


FORWARD, BACKWARD, BOTH = ">", "<", "<>"
