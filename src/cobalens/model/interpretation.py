"""What is handed out about one person: the answer, what it rests on, what would help next, and the words for it.

The JSON of this value is a promise to others (``schema/interpretation.schema.json``). ``None`` means "not calculated", never "none".
"""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from cobalens.model.counterfactual import Percentile, RaisedMma, Standing


class Used(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, rename={"from_": "from"}):
    """One fact that a statement rests on, as the record gave it. A fact may rest on several entries: one ``Used`` each."""

    fact: str
    label: str
    value: str
    """``yes``, ``no``, an answer, ``unknown``; for a result: the value as reported."""
    date: str | None
    from_: str | None
    """Where in the input: ``labs[0]``."""
    unit: str | None = None
    day: int | None = None
    reading: str | None = None
    """For a result: the stretch between two limits in which it lies, or what its timeline says."""
    words: str | None = None
    """The words of the input that said it."""
    note: str = ""


class LimitUsed(Struct, frozen=True, gc=False):
    """One published limit with which a result was compared."""

    fact: str
    limit: str
    value: str
    unit: str
    edge: str
    pack: str
    status: str
    source: str
    """The evidence's id."""


class Citation(Struct, frozen=True, gc=False):
    """One statement of a source that a row rests on."""

    id: str
    evidence: str
    title: str
    section: str
    status: str
    year: int | None = None
    url: str | None = None


class Said(Struct, frozen=True, gc=False, kw_only=True):
    """One finding code with its status, the rows behind it and what they rest on."""

    code: str
    status: str
    """``supported``, ``not_supported``, ``not_looked_for``."""
    title: str
    why: str
    rule: str | tuple[str, ...]
    """The question; a list, beside ``row``, when rows of several questions say it."""
    row: str | tuple[str, ...]
    """The row; a list when several hold, empty when none does."""
    verification: str | None
    """How well the best of these rows is verified."""
    facts: tuple[Used, ...] = ()
    thresholds: tuple[LimitUsed, ...] = ()
    sources: tuple[Citation, ...] = ()
    waiting_for: tuple[str, ...] = ()
    quiet: bool = False
    """Not shown in the short texts."""
    pack: str | None = None
    """Set when another pack than the primary one says it."""


class Outcome(Struct, frozen=True, gc=False, omit_defaults=True):
    """What the answer would be with one result of a test; ``deficiency`` is given where it moves too."""

    result: str
    answer: str
    deficiency: str | UnsetType = UNSET


class NextTest(Struct, frozen=True, gc=False, kw_only=True, rename={"if_": "if"}):
    """A test that would help next. ``worth`` is ``None`` where it is not calculated, or asked for whatever it changes.

    ``basis``: on what the chances of its results rest.
    """

    code: str
    title: str
    why: str
    worth: float | None
    basis: str
    if_: tuple[Outcome, ...] | None
    asked: bool = True
    """A rule asks for it; else it is proposed because its results would change the answer."""
    raises_urgency: bool = False
    burden: str | None = None
    """``blood``, ``scan`` or ``invasive``."""


class Change(Struct, frozen=True, gc=False):
    """A smallest change of the facts that gives another answer, or another degree of deficiency."""

    set: dict[str, str]
    answer: str
    deficiency: str
    kind: str
    """``learned``: something unknown now. ``were``: something known would have to be otherwise."""


class Firmness(Struct, frozen=True, gc=False):
    """The share of re-measurements in which answer and deficiency stand."""

    answer: float
    deficiency: float
    varied: tuple[str, ...]
    """Analytes that were re-measured."""
    held: tuple[str, ...]
    """Analytes held fixed."""


class PackReason(Struct, frozen=True, gc=False):
    """A limit or a policy by which two packs read one person differently."""

    kind: str
    """``limit`` or ``policy``."""
    name: str
    label: str
    here: str
    there: str


class PackReading(Struct, frozen=True, gc=False):
    """What another pack reads, where it differs, and why."""

    pack: str
    title: str
    year: int | None
    answer: str
    deficiency: str
    why: tuple[PackReason, ...] = ()


class PackBasis(Struct, frozen=True, gc=False):
    """The primary pack in words, and how well the limits that were used are verified."""

    title: str
    year: int | None
    status: tuple[str, ...]


class Missing(Struct, frozen=True, gc=False, rename={"for_": "for"}):
    """Something unknown that would decide something."""

    fact: str
    label: str
    for_: tuple[str, ...]
    """The codes, or ``deficiency``, that wait for it."""


class Quality(Struct, frozen=True, gc=False):
    """Something about the data that the reader must know."""

    code: str
    where: str
    message: str


class NotUnderstood(Struct, frozen=True, gc=False):
    """Words of the record that no phrase accounts for."""

    where: str
    text: str
    suggestion: str | None


class TradeOffs(Struct, frozen=True, gc=False, rename={"for_": "for"}):
    for_: tuple[str, ...]
    limits: tuple[str, ...]


class Because(Struct, frozen=True, gc=False):
    answer: tuple[str, ...]
    deficiency: tuple[str, ...]


class Text(Struct, frozen=True, gc=False):
    """The four registers."""

    note: str
    clinician: str
    patient: str
    lab_comment: str


class Understood(Struct, frozen=True, gc=False, rename={"from_": "from"}):
    """How one piece of the input was read."""

    from_: str
    words: str
    read_as: str


class Interpretation(Struct, frozen=True, gc=False, kw_only=True):
    """One person, read under the primary pack, with the others beside it."""

    cobalens: str
    ruleset: str
    pack: str
    pack_basis: PackBasis
    as_of: str | None
    id: str
    answer: str
    deficiency: str
    treatment_state: str
    because: Because
    findings: tuple[Said, ...]
    next_tests: tuple[NextTest, ...]
    what_would_change: tuple[Change, ...] | None
    firmness: Firmness | None
    standing: Standing | None = None
    """Beside the reference population; it informs the conversation and decides nothing."""
    packs: tuple[PackReading, ...]
    not_understood: tuple[NotUnderstood, ...]
    data_quality: tuple[Quality, ...]
    missing: tuple[Missing, ...]
    trade_offs: TradeOffs
    text: Text
    reading: tuple[Understood, ...] | UnsetType = UNSET
    """How each piece of the input was read; only where it was asked for."""

    def supported(self) -> tuple[Said, ...]:
        return tuple([one for one in self.findings if one.status == "supported"])


PARTS = (Percentile, RaisedMma)
"""Parts of ``Standing``, offered here beside everything else that is handed out."""


class Node(Struct, frozen=True, gc=False):
    """One line of an explanation with what it rests on. ``kind``: statement, row, fact, limit, source, as_above."""

    kind: str
    text: str
    children: tuple[Node, ...] = ()
    name: str = ""
    """What it is called in the rules: a code or question, ``question.row``, an input, the id of a statement."""
