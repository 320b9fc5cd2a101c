"""The compiled knowledge: facts with closed values, tables of rows, limits by pack. One value, shared by every engine.

A value of a fact or an answer is a small integer; 0 is always *unknown*. A cell is a bit mask over those integers.
"""

# Annotations stand as types, not as text (no `from __future__`): the decoder needs them at every start, and text costs time.

from typing import Any

from msgspec import Struct

UNKNOWN = 0
SAID = "said:"
"""Before a sentence of the program itself, in English: the code under which its words in another language stand."""


class Source(Struct, frozen=True, gc=False):
    """A publication."""

    id: str
    title: str
    year: int | None = None
    url: str | None = None


class Evidence(Struct, frozen=True, gc=False):
    """One statement in a publication, and how well it was verified."""

    id: str
    source: str
    says: str
    section: str = ""
    status: str = "memory"
    """``verified`` ``secondary`` ``derived`` ``memory`` ``proposal``."""


class Code(Struct, frozen=True, gc=False):
    """A code of a terminology, with how well it was verified."""

    system: str
    code: str
    status: str


class Analyte(Struct, frozen=True, gc=False):
    """A laboratory test: how it is named, coded and reported."""

    name: str
    label: str
    names: tuple[str, ...]
    units: tuple[str, ...]
    codes: tuple[Code, ...] = ()
    molar_mass: str | None = None
    plausible: dict[str, tuple[str, str]] = {}
    qualitative: dict[str, str] = {}
    used: bool = True


class Concept(Struct, frozen=True, gc=False):
    """A thing that can be said of a person, with the phrases and codes that say it."""

    name: str
    kind: str
    label: str
    phrases: tuple[str, ...] = ()
    codes: tuple[Code, ...] = ()
    group: tuple[str, ...] = ()
    """Named groups whose completeness declares this absent (``neurological``)."""


class Fact(Struct, frozen=True, gc=False):
    """What a rule may ask. ``values[0]`` is ``unknown``."""

    name: str
    label: str
    values: tuple[str, ...]
    timeline: str
    of: tuple[str, ...]
    """An analyte (one name) or concepts."""
    samples: tuple[str, ...] = ()
    """Of doses: the analytes of which the newest reading is held against them, the first that there is."""
    lab: bool = False
    limits: tuple[str, ...] = ()
    limits_of: str = ""
    """The name under which packs hold this fact's limits (the analyte)."""
    edges: tuple[str, ...] = ()
    """Per limit ``<`` or ``<=``: on which side the limit itself lies."""
    current_for: int | None = None
    lingers: int = 0
    within: int | None = None
    for_at_least: int | None = None
    """Of what lasts: so many days ago it must have begun."""
    answers: dict[str, tuple[str, ...]] = {}
    routed: dict[str, tuple[str, ...]] = {}
    """Concepts that count only when given by one of these routes."""
    complete: tuple[str, ...] = ()
    """Lists (kinds or groups) whose completeness makes silence a no."""
    qualitative: dict[str, int] = {}
    """The laboratory's word -> value index."""
    asked_of: dict[str, tuple[str, ...]] = {}
    """Fact -> its values in a person who may be asked for this one, where not everybody is."""


class Row(Struct, frozen=True, gc=False):
    """One rule: what must hold, and what then is said."""

    name: str
    cells: tuple[tuple[str, int], ...]
    """``(input, mask)``: bit *v* set means value *v* satisfies the cell."""
    then: tuple[str, ...]
    why: str
    evidence: tuple[str, ...] = ()
    status: str = "memory"
    overrides: tuple[str, ...] = ()
    quiet: bool = False
    written: dict[str, str] = {}
    """The cells as they were written, for people."""


class Table(Struct, frozen=True, gc=False):
    """One clinical question."""

    name: str
    chapter: str
    kind: str
    """``choose`` or ``collect``."""
    question: str
    inputs: tuple[str, ...]
    rows: tuple[Row, ...]
    values: tuple[str, ...] = ()
    """For *choose*: the answers, without unknown."""
    evidence: tuple[str, ...] = ()
    reviewed_by: str | None = None
    reviewed_on: str | None = None


class Limit(Struct, frozen=True, gc=False):
    """One published limit: its value in each unit, and where it comes from."""

    name: str
    edge: str
    values: dict[str, str]
    """Unit -> the number, as published."""
    evidence: str
    checked: str
    pack: str
    """The pack that holds it (after ``from``)."""
    status: str = "memory"
    note: str = ""
    sex: str = ""
    """For whom it is, where it is for one sex alone."""


class Pack(Struct, frozen=True, gc=False):
    """A guideline's, a laboratory's or the common limits and policies, complete after ``from``."""

    name: str
    title: str
    role: str
    limits: dict[str, tuple[Limit, ...]]
    """Fact's ``limits_of`` -> limits in rising order."""
    policies: dict[str, str]
    policy_evidence: dict[str, str] = {}
    year: int | None = None
    inherits: str | None = None


class Say(Struct, frozen=True, gc=False):
    """The words for one code, for both readers."""

    title: str
    clinician: str = ""
    patient: str = ""
    plain: str = ""
    """The title for a patient, where the other is in a clinician's words."""

    @property
    def heading(self) -> str:
        """What stands over the patient's sentence."""
        return self.plain or self.title


class Wording(Struct, frozen=True, gc=False):
    """The patterns of an invariant of wording in one more language."""

    forbid: tuple[str, ...]
    require: dict[str, tuple[str, ...]]
    caught: tuple[str, ...]


class Invariant(Struct, frozen=True, gc=False, kw_only=True):
    """What must never happen, and where that is shown: proved over codes, checked in every sentence, or tested."""

    id: str
    sentence: str
    kind: str
    """``proved`` ``text`` ``tested``."""
    never: tuple[tuple[tuple[str, int], ...], ...] = ()
    """Proved: combinations of cells of which none may hold for any patient."""
    written: tuple[dict[str, str], ...] = ()
    forbid: tuple[str, ...] = ()
    """Text: patterns that no sentence may match."""
    require: dict[str, tuple[str, ...]] = {}
    """Text: words that the sentences of a code must hold."""
    audience: str = "both"
    caught: tuple[str, ...] = ()
    """Text: sentences that the patterns must refuse, so that the check is seen to work."""
    wording: dict[str, Wording] = {}
    """Text: the same three for each language into which the sentences are translated."""
    tested_by: tuple[str, ...] = ()


class Ruleset(Struct, frozen=True, gc=False):
    """All knowledge, compiled."""

    hash: str
    compiler: str
    sources: dict[str, Source]
    evidence: dict[str, Evidence]
    analytes: dict[str, Analyte]
    concepts: dict[str, Concept]
    facts: dict[str, Fact]
    policies: dict[str, tuple[str, ...]]
    """Policy -> its possible values (index 0 is not used: a policy is never unknown)."""
    tables: tuple[Table, ...]
    """In evaluation order."""
    packs: dict[str, Pack]
    text: dict[str, dict[str, Say]]
    """Language -> code -> words."""
    codes: dict[str, tuple[str, ...]] = {}
    """Finding code -> the tables that can give it."""
    invariants: tuple[Invariant, ...] = ()
    lexicon: dict[str, dict[str, Any]] = {}
    """Data for the reader of phrases: context, spelling, units, background words."""
