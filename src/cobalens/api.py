"""The library's door: load the knowledge once, interpret people with it, explain what was said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct, json
from msgspec.structs import replace

from cobalens import errors
from cobalens.model import primary
from cobalens.model.interpretation import Interpretation, Node
from cobalens.model.record import Record
from cobalens.model.ruleset import Pack, Ruleset

if TYPE_CHECKING:
    from cobalens.engines.remembered import Memory
    from cobalens.engines.sensitivity import Plan
    from cobalens.intake.recognise import People
    from cobalens.model.counterfactual import Counterfactuals
    from cobalens.model.facts import Facts
    from cobalens.model.learn import Chapter
    from cobalens.report.case import Case, Shelf
    from cobalens.report.difference import Compared, WhatIf

PRIMARY = primary.PRIMARY
Source = dict[str, Any] | Record | Path | str | bytes
"""A case as plain values, a record, the path of a file (``Path`` or text), or a file's content (``bytes``)."""


class Cobalens(Struct, frozen=True):
    """Knowledge loaded for one primary pack, other packs beside it, and one language."""

    ruleset: Ruleset
    pack: Pack
    others: tuple[Pack, ...]
    language: str
    plan: Plan
    """The tables in which a missing fact can matter."""
    shelf: Shelf
    memory: Memory
    """What the tables gave for earlier people."""

    def read(
        self, case: Source, as_of: str | None = None, complete: Iterable[str] = (), id: str = "case"
    ) -> Record:
        """The record of one person; dated input needs ``as_of``, the day on which the question is asked."""
        if isinstance(case, Record):
            return case
        if isinstance(case, dict) and "resourceType" not in case:
            from cobalens.intake.casefile import read_case

            if "cobalens" in case and "ruleset" in case:
                raise errors.own_answer("input")
            return read_case(case, self.ruleset, as_of=as_of, id=id, complete=frozenset(complete))
        people = self.read_many(case, as_of, complete, id)
        if len(people) != 1:
            raise errors.two_people("input")
        if isinstance(people[0], Record):
            return people[0]
        raise people[0].error

    def read_many(
        self,
        source: Source,
        as_of: str | None = None,
        complete: Iterable[str] = (),
        id: str = "case",
        mapping: bytes | None = None,
    ) -> People:
        """Everybody in a file or a message, in whatever format; one who cannot be read is there with the reason.

        ``mapping``: the content of a file that says what the columns of a table hold.
        """
        from cobalens.intake.own import is_own
        from cobalens.intake.recognise import read_people

        if isinstance(source, Record):
            return [source]
        if isinstance(source, dict):
            source = json.Encoder(decimal_format="number").encode(source)
        content = source if isinstance(source, bytes) else content_of(Path(source))
        if is_own(content):
            raise errors.own_answer("input")
        return read_people(content, self.ruleset, as_of, id, complete, mapping)

    def interpret(
        self,
        case: Source,
        as_of: str | None = None,
        complete: Iterable[str] = (),
        show_reading: bool = False,
        look_ahead: bool = True,
    ) -> Interpretation:
        """What can be said of one person, on what it rests, and what would help next.

        Without ``look_ahead`` nothing is tried out: no test is weighed, and neither changes nor firmness are looked for.
        Quicker, for many people at once.
        """
        return self.judged(case, as_of, complete, show_reading, look_ahead)[1]

    def explain_plainly(self, case: Source, finding: str) -> tuple[Node, ...]:
        """One statement for a patient: what of the notes it rests on, in plain words."""
        from cobalens.report.plainly import explain_plainly

        self.refuse_unknown(finding)
        return explain_plainly(self.case(self.read(case)), finding)

    def refuse_unknown(self, finding: str) -> None:
        questions = {table.name for table in self.ruleset.tables if table.kind == "choose"}
        asked = finding.partition("=")[0]
        if asked not in questions | set(self.ruleset.codes) and asked not in self.ruleset.facts:
            raise errors.unknown_finding(finding, [*self.ruleset.codes, *sorted(questions)])

    def explain(
        self, case: Source, finding: str | None = None, as_of: str | None = None, complete: Iterable[str] = ()
    ) -> tuple[Node, ...]:
        """Every statement, or one (a finding's code or a question), down to values, limits and sources."""
        from cobalens.report.explain import explain

        if finding is not None:
            self.refuse_unknown(finding)
        record = self.read(case, as_of, complete)
        return explain(self.case(record), finding)

    def learn(self) -> tuple[Chapter, ...]:
        """The chapters that explain, in plain words and with sources, what stands behind the findings."""
        from cobalens.report.learn import chapters

        return chapters(self.ruleset, self.language)

    def judged(
        self,
        case: Source,
        as_of: str | None = None,
        complete: Iterable[str] = (),
        show_reading: bool = False,
        look_ahead: bool = True,
        whole: bool = True,
    ) -> tuple[Case, Interpretation]:
        """The reading in hand beside its interpretation, for a door that shows more than the four texts, or other than these.

        ``whole`` may be left for what is shown as sections before anything was tried out (see ``interpretation``).
        """
        from cobalens import __version__
        from cobalens.report.assemble import interpretation

        here = self.case(self.read(case, as_of, complete))
        others = self.read_otherwise(here)
        ahead = self.ahead(here) if look_ahead else None
        said = interpretation(here, others, ahead, __version__, whole)
        if show_reading:
            from cobalens.report.reading import reading

            said = replace(said, reading=reading(here))
        return here, said

    def what_if(
        self, case: Source, settings: Iterable[str], as_of: str | None = None, complete: Iterable[str] = ()
    ) -> WhatIf:
        """The answer before and after some things are supposed: ``mma=0.55umol/L``, ``metformin=no``."""
        from cobalens import __version__
        from cobalens.engines.whatif import said_otherwise
        from cobalens.intake.supposed import applied, read_settings
        from cobalens.report.assemble import interpretation
        from cobalens.report.difference import what_if

        record = self.read(case, as_of, complete)
        supposed = read_settings(list(settings), self.ruleset)
        facts = {name: value for one in supposed for name, value in one.facts.items()}
        changed, left = said_otherwise(self.ruleset, self.pack, applied(record, supposed), facts)
        before, after = self.case(record), self.case(changed, supposed=left)
        said = [
            interpretation(one, self.read_otherwise(one, supposed=values), None, __version__)
            for one, values in ((before, {}), (after, left))
        ]
        return what_if([(one.name, one.words) for one in supposed], (before, said[0]), (after, said[1]))

    def compare(
        self,
        old: Source,
        new: Source,
        as_of: str | None = None,
        complete: Iterable[str] = (),
        adds: bool = False,
    ) -> Compared:
        """Two sets of results for one person: what is new or changed, and what that changes in the answer.

        ``adds``: the new set holds only what is new, and is added to the old one.
        """
        from cobalens.intake.supposed import added, one_person
        from cobalens.report.difference import compared

        first, second = (self.read(one, as_of, complete) for one in (old, new))
        one_person(first, second, self.ruleset)
        if adds:
            second = added(first, second)
        before, after = (self.judged(one, look_ahead=False) for one in (first, second))
        return compared(before, after)

    def ahead(self, here: Case) -> Counterfactuals:
        """What would change the answer, which tests are worth most, how firm it is, and the reference population."""
        from cobalens.engines.whatif import counterfactuals
        from cobalens.intake.timelines.timeline import facts_of, kept_reader
        from cobalens.model.counterfactual import Intake

        ruleset, pack = self.ruleset, here.pack
        lent = Intake(lambda record: facts_of(record, ruleset, pack), kept_reader(ruleset, pack).setting.cuts)
        return counterfactuals(ruleset, pack, here.facts, here.record, lent)

    def case(
        self, record: Record, pack: Pack | None = None, supposed: Mapping[str, int] | None = None
    ) -> Case:
        """The record read and judged under one pack, the primary one unless said otherwise.

        ``supposed``: facts that are set whatever the record says.
        """
        from cobalens.intake.timelines.timeline import facts_of

        pack = pack or self.pack
        facts = facts_of(record, self.ruleset, pack)
        if supposed:
            from cobalens.engines.whatif import with_facts

            facts = with_facts(self.ruleset, pack, facts, supposed)
        return self.of_facts(record, pack, facts)

    def of_facts(self, record: Record, pack: Pack, facts: Facts) -> Case:
        """The record judged under one pack by facts that have been read already."""
        from cobalens.engines.remembered import run
        from cobalens.intake.timelines.timeline import kept_reader
        from cobalens.report.case import case_of

        trace = run(self.ruleset, facts, pack, self.memory)
        cuts = kept_reader(self.ruleset, pack).setting.cuts
        return case_of(self.ruleset, record, facts, trace, pack, self.language, self.shelf, cuts)

    def read_otherwise(self, here: Case, supposed: Mapping[str, int] | None = None) -> list[Case]:
        """The packs beside the primary one under which an answer differs; the others read the same."""
        from cobalens.engines.reference import policy_values
        from cobalens.engines.sensitivity import given_by, rerun
        from cobalens.intake.timelines.timeline import facts_beside
        from cobalens.report.missing import QUESTIONS

        given = given_by(self.plan, here.trace)
        known = here.facts.values
        found = []
        for pack in self.others:
            if supposed:
                found.append(self.case(here.record, pack, supposed))
                continue
            facts = facts_beside(here.record, self.ruleset, pack, here.pack, here.facts)
            inputs = policy_values(self.ruleset, pack)
            if facts is not here.facts:
                inputs |= {n: one.value for n, one in facts.values.items() if one is not known.get(n)}
                inputs |= dict.fromkeys(known.keys() - facts.values.keys(), 0)
            changed = {n: v for n, v in inputs.items() if here.trace.values.get(n, 0) != v}
            if any(question in QUESTIONS for question in rerun(self.plan, here.trace, given, changed)):
                found.append(self.of_facts(here.record, pack, facts))
        return found


def load(pack: str = PRIMARY, packs: Iterable[str] | None = None, language: str = "en") -> Cobalens:
    """The shipped knowledge. ``packs`` are read beside the primary one; by default all other guidelines."""
    return _load(pack, None if packs is None else tuple(packs), language)


@lru_cache(maxsize=16)
def _load(pack: str, packs: tuple[str, ...] | None, language: str) -> Cobalens:
    ruleset = _spoken(language)
    names = {name for name, one in ruleset.packs.items() if one.role != "common"}
    if packs is None:
        packs = tuple(sorted(name for name in names if ruleset.packs[name].role == "guideline"))
    for name in (pack, *packs):
        if name not in names:
            raise errors.unknown_pack(name, names)
    others = tuple(ruleset.packs[name] for name in dict.fromkeys(packs) if name != pack)
    from cobalens.engines.remembered import memory_of
    from cobalens.engines.sensitivity import plan_for
    from cobalens.report.case import shelf_of
    from cobalens.report.missing import QUESTIONS

    ready(ruleset)
    plan = plan_for(ruleset, QUESTIONS)
    return Cobalens(
        ruleset, ruleset.packs[pack], others, language, plan, shelf_of(ruleset), memory_of(ruleset)
    )


def ready(ruleset: Ruleset) -> None:
    """Hands the reader its words, from the cache where this ruleset has been read before."""
    from cobalens.compiler import cached
    from cobalens.intake.casefile import prepare, tools_for
    from cobalens.intake.entries import Prepared

    tools_for(ruleset, cached("reader", ruleset.hash, Prepared, lambda: prepare(ruleset)))


@lru_cache(maxsize=4)
def _spoken(language: str) -> Ruleset:
    """The ruleset with the words of a language beside the English ones; a translation is read only when asked for."""
    ruleset = _ruleset()
    if language in ruleset.text:
        return ruleset
    from cobalens.compiler import KnowledgeError
    from cobalens.compiler.catalogues import in_language, languages

    try:
        ruleset = in_language(ruleset, language)
    except KnowledgeError as error:
        raise knowledge_refused(str(error)) from None
    if language not in ruleset.text:
        raise errors.unknown_language(language, languages())
    return ruleset


@lru_cache(maxsize=1)
def _ruleset() -> Ruleset:
    from cobalens.compiler import KnowledgeError, load_ruleset

    try:
        return load_ruleset()
    except KnowledgeError as error:
        raise knowledge_refused(str(error)) from None


def interpret(
    case: Source,
    as_of: str | None = None,
    pack: str = PRIMARY,
    packs: Iterable[str] | None = None,
    language: str = "en",
    complete: Iterable[str] = (),
) -> Interpretation:
    """Is this a deficiency needing replacement, or a biomarker needing interpretation? With reasons and sources."""
    return load(pack, packs, language).interpret(case, as_of, complete)


def explain(
    case: Source,
    finding: str | None = None,
    as_of: str | None = None,
    pack: str = PRIMARY,
    language: str = "en",
    complete: Iterable[str] = (),
) -> tuple[Node, ...]:
    """What a statement rests on; without ``finding``, every statement."""
    return load(pack, (), language).explain(case, finding, as_of, complete)


def content_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise cannot_be_read("input") from None


def knowledge_refused(complaints: str) -> errors.CobalensError:
    return errors.CobalensError(
        "knowledge_refused",
        "knowledge",
        f"The rules do not compile. {complaints}",
        "A knowledge file was changed and is not finished.",
        "Mend the places named; docs/knowledge.md describes the language.",
    )


def cannot_be_read(where: str) -> errors.CobalensError:
    return errors.CobalensError(
        "cannot_be_read",
        where,
        "There is no such file or folder, or it cannot be read.",
        "The path may be misspelt, or relative to another folder.",
        "Check the path; `cobalens demo` shows a case that can be read.",
    )
