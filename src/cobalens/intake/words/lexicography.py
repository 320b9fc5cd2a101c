"""Makes the lexicon from the compiled knowledge; loaded only when the knowledge has changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product
from typing import Any

from msgspec import Raw, msgpack, structs

from cobalens.intake.words.lexicon import (
    BACKWARD,
    BOTH,
    FORWARD,
    Amount,
    Begun,
    CompiledLexicon,
    Likened,
    Listed,
    Mark,
    Observable,
    Outcome,
    Relatives,
    Tested,
    Together,
    Umbrella,
    Unless,
    Unnamed,
    Untreated,
)
from cobalens.intake.words.tokens import Spelling, words_of
from cobalens.model.ruleset import Concept

GAP = "\u2026"
TRIGGERS = (
    "negation",
    "refused",
    "doubt",
    "past",
    "was",
    "normal",
    "over",
    "resolved",
    "planned",
    "awaiting",
    "family",
    "hypothetical",
    "offered",
    "feared",
    "unstated",
    "undelivered",
    "found",
    "pseudo",
)
_REACHES = {"forward": FORWARD, "backward": BACKWARD, "both": BOTH}
POINTS = (
    "termination",
    "informant",
    "drug_cue",
    "onset",
    "assay",
    "recanted",
    "swapped",
    "untreated",
    "general",
    "allergy_list",
    "resembles",
)


class _Builder:
    """Gathers phrases; used once by ``compile_lexicon``."""

    def __init__(self, spelling: Spelling) -> None:
        self.spelling = spelling
        self.marks: dict[str, list[Mark]] = {}
        self.gapped: dict[tuple[tuple[str, ...], ...], list[Mark]] = {}
        self.only: dict[str, tuple[str, ...]] = {}
        self.in_field: dict[str, dict[str, list[Mark]]] = {}

    def add(self, phrases: Iterable[str], mark: Mark, fields: tuple[str, ...] = ()) -> None:
        for phrase in phrases:
            if GAP in phrase:
                pieces = tuple(words_of(piece, self.spelling) for piece in phrase.split(GAP))
                if len(pieces) > 1 and all(pieces):
                    _append(self.gapped.setdefault(pieces, []), mark)
                continue
            key = " ".join(words_of(phrase, self.spelling))
            if not key:
                continue
            for field in fields:
                _append(self.in_field.setdefault(field, {}).setdefault(key, []), mark)
            if not fields:
                _append(self.marks.setdefault(key, []), mark)

    def limit(self, phrases: Iterable[str], fields: tuple[str, ...]) -> None:
        for phrase in phrases:
            self.only[" ".join(words_of(phrase, self.spelling))] = fields


def _append(marks: list[Mark], mark: Mark) -> None:
    if mark not in marks:
        marks.append(mark)


def compile_lexicon(concepts: dict[str, Concept], lexicon: dict[str, Any]) -> CompiledLexicon:
    """The table of phrases from the concepts and the parsed files of ``lexicon/``."""
    context, background = lexicon.get("context", {}), lexicon.get("background", {})
    spanish = lexicon.get("spanish", {})
    spelling = _spelling(lexicon.get("spelling", {}), background)
    build = _Builder(spelling)
    for concept in concepts.values():
        build.add(concept.phrases, ("concept", concept.name))
    for name, phrases in (*context.get("also", {}).items(), *spanish.get("also", {}).items()):
        if name in concepts:
            build.add(phrases, ("concept", name))
    for field, by_concept in context.get("in_field", {}).items():
        for name, phrases in by_concept.items():
            if name in concepts:
                build.add(phrases, ("concept", name), (field,))
    for name in TRIGGERS:
        for direction, sign in _REACHES.items():
            for words in (context, spanish):
                build.add(words.get(name, {}).get(direction, ()), (name, sign))
    for spoken in lexicon.get("crossed", {}).get("spoken", ()):
        build.add(_in_turn(spoken["rows"]), (spoken["trigger"], _REACHES.get(spoken.get("reaches", ""), "")))
    for name in POINTS:
        for words in (context, spanish):
            build.add(words.get(name, {}).get("words", ()), (name, ""))
    build.add(context.get("untreated", {}).get("denials", ()), ("untreated", ""))
    build.add(context.get("untreated", {}).get("denials", ()), ("negation", FORWARD))
    for name, words in context.get("quality", {}).items():
        build.add(words, ("quality", name))
    build.add(spanish.get("fillers", {}).get("words", ()), ("ignored", ""))
    build.add(background.get("tests", {}).get("words", ()), ("test", ""))
    build.add(background.get("phrases", {}).get("words", ()), ("ignored", ""))
    for route, words in background.get("routes", {}).items():
        build.add(words, ("route", route))
    for name, words in context.get("adherence", {}).items():
        build.add(words, ("adherence", name))
    for name, words in context.get("adherence_alone", {}).items():
        build.add(words, ("adherence", name), ("medications", "supplements"))
    observables = {}
    for name, entry in lexicon.get("observables", {}).get("observable", {}).items():
        qualities = {
            q: Outcome(
                *(
                    tuple(c for c in o.get(part, ()) if part == "complete" or c in concepts)
                    for part in ("yes", "no", "complete")
                )
            )
            for q, o in entry.items()
            if isinstance(o, dict)
        }
        observables[name] = Observable(qualities, entry.get("none", ""), entry.get("alone", ""))
        build.add(entry["phrases"], ("observable", name))
    for name, entry in context.get("amount", {}).items():
        if entry["concept"] in concepts:
            build.add(entry["phrases"], ("amount", name))
    umbrellas = {}
    for name, entry in context.get("umbrella", {}).items():
        parts = [
            tuple(c for c in entry.get(p, ()) if p == "complete" or c in concepts)
            for p in ("denies", "complete", "affirms", "relatives_deny", "unplanned")
        ]
        umbrellas[name] = Umbrella(*parts)
        fields = tuple(entry.get("fields", ()))
        build.add(entry.get("phrases", ()), ("umbrella", name), fields)
        build.add(entry.get("stated", ()), ("stated", name), fields)
    for pair in lexicon.get("crossed", {}).get("pair", ()):
        if pair["concept"] in concepts:
            build.add(
                (f"{a} {GAP} {b}" for a in pair["first"] for b in pair["then"]), ("concept", pair["concept"])
            )
    for pair in lexicon.get("crossed", {}).get("explained", ()):
        phrases = [f"{a} {GAP} {b}" for a in pair["first"] for b in pair["then"]]
        if pair["concept"] in concepts:
            build.add(phrases, ("explained", pair["concept"]))
    for pair in lexicon.get("crossed", {}).get("stated", ()):
        if pair["umbrella"] in umbrellas:
            build.add(
                (f"{a} {GAP} {b}" for a in pair["first"] for b in pair["then"]), ("stated", pair["umbrella"])
            )
    for whole in lexicon.get("crossed", {}).get("phrase", ()):
        if whole["concept"] in concepts:
            build.add(_in_turn(whole["rows"]), ("concept", whole["concept"]))
    for other in lexicon.get("crossed", {}).get("instead", ()):
        if other["concept"] in concepts:
            for mark in (("background", ""), ("instead", other["concept"])):
                build.add(_in_turn(other["rows"]), mark)
    said = lexicon.get("panels", {}).get("said", {})
    for name, entry in said.items():
        build.add(entry["phrases"], ("result", name))
    for words in _flat(lexicon.get("background_words", {})):
        build.add((words,), ("background", ""))
    for fields, phrases in _ambiguous(lexicon.get("ambiguous_words", {})):
        build.limit(phrases, fields)
    done = _finish(build, concepts, context, background, observables, umbrellas, spanish)
    return structs.replace(
        done,
        said={name: (entry.get("yes", {}), entry.get("no", {})) for name, entry in said.items()},
        passes=dict(lexicon.get("fhir", {}).get("passing", {})),
    )


def _in_turn(rows: Iterable[Iterable[str]]) -> Iterable[str]:
    """Every phrase of one word from each row; an empty one is left out."""
    return (" ".join(filter(None, words)) for words in product(*rows))


def _packed(phrases: dict[str, int]) -> Raw:
    lengths = 0
    for key in phrases:
        lengths |= 1 << len(key.split())
    return Raw(msgpack.encode(Begun(lengths, phrases)))


def _finish(
    build: _Builder, concepts: dict[str, Concept], context: dict[str, Any], background: dict[str, Any],
    observables: dict[str, Observable], umbrellas: dict[str, Umbrella], spanish: dict[str, Any],
) -> CompiledLexicon:  # fmt: skip
    spelling = build.spelling
    entries: dict[tuple[Mark, ...], int] = {}
    begins: dict[str, dict[str, int]] = {}
    for key, marks in build.marks.items():
        begins.setdefault(key.partition(" ")[0], {})[key] = entries.setdefault(tuple(marks), len(entries))
    in_field = {
        field: {key: entries.setdefault(tuple(marks), len(entries)) for key, marks in table.items()}
        for field, table in build.in_field.items()
    }
    gaps: dict[str, dict[str, list[tuple[tuple[tuple[str, ...], ...], int]]]] = {}
    for pieces, marks in build.gapped.items():
        place = entries.setdefault(tuple(marks), len(entries))
        gaps.setdefault(pieces[0][0], {}).setdefault(pieces[1][0], []).append((pieces, place))

    def one(words: Iterable[str]) -> frozenset[str]:
        return frozenset(w for phrase in words for w in words_of(phrase, spelling))

    def spelt(table: dict[str, Any]) -> dict[str, Any]:
        return {" ".join(words_of(k, spelling)): v for k, v in table.items()}

    fresh = one(spanish.get("fresh", {}).get("words", ()))
    time = background.get("time", {})
    numbers, units, months = (spelt(time.get(part, {})) for part in ("numbers", "units", "months"))
    return CompiledLexicon(
        spelling=structs.replace(spelling, memo={}, plain={}),
        begins={word: _packed(phrases) for word, phrases in begins.items()},
        entries=tuple(entries),
        gaps={w: Raw(msgpack.encode(table)) for w, table in gaps.items()},
        only=build.only,
        in_field=in_field,
        kinds={c.name: c.kind for c in concepts.values()},
        families=context.get("families", {}),
        observables=observables,
        umbrellas=umbrellas,
        implied={k: tuple(c for c in v if c in concepts) for k, v in context.get("implied", {}).items()},
        planned={k: tuple(c for c in v if c in concepts) for k, v in context.get("when_planned", {}).items()},
        acute=tuple(context.get("acute", {}).get("concepts", ())),
        only_planned=tuple(context.get("only_planned", {}).get("concepts", ())),
        together={
            k: Together(one(v["given"]), one(v["does"]), one(v["to"]), v["within"])
            for k, v in context.get("together", {}).items()
            if k in concepts
        },
        instead={k: tuple(v) for k, v in context.get("instead", {}).items()},
        amounts={
            k: Amount(v["concept"], v.get("above", ""), v.get("below", ""), v.get("number") == "after")
            for k, v in context.get("amount", {}).items()
            if v["concept"] in concepts
        },
        vague={k: v for k, v in spelt(context.get("vague", {})).items() if v in concepts},
        introduces=one(context.get("introduces", {}).get("words", ()))
        | ({"?"} & set(context.get("introduces", {}).get("words", ()))),
        plan_heads=one(context.get("planned", {}).get("heads", ())),
        kept=one(context.get("planned", {}).get("kept", ())),
        latest=one(context.get("latest", {}).get("words", ())),
        doses=one(context.get("latest", {}).get("doses", ())),
        lapsed_after=context.get("latest", {}).get("lapsed_after", 0),
        introduces_as={
            field: one(context.get("introduces", {}).get(field, ()))
            for field in ("conditions", "medications", "procedures")
        },
        introduces_list=one(context.get("introduces", {}).get("list", ())),
        not_introduced=one(context.get("introduces", {}).get("everyday", ())),
        denied={k: tuple(c for c in v if c in concepts) for k, v in context.get("denied", {}).items()},
        tests=frozenset(
            " ".join(words_of(p, spelling)) for p in background.get("also_tests", {}).get("words", ())
        ),
        endings=tuple(background.get("names", {}).get("endings", ())),
        fillers=one(background.get("fillers", {}).get("words", ()))
        | one(background.get("body", {}).get("words", ())),
        fresh=one(context.get("fresh", {}).get("words", ())) | fresh,
        question=one(context.get("question", {}).get("words", ())),
        of_fact=one(context.get("question", {}).get("of_fact", ())),
        numbers={k: (float(v[0]), float(v[1])) for k, v in numbers.items()},
        units={k: float(v) for k, v in units.items()},
        months={k: int(v) for k, v in months.items()},
        timely=frozenset(
            w.split()[0] for w in (*numbers, *units, *months, *time.get("named", {}).get("words", ()))
        ),
        dose_units=spelt(background.get("dose_units", {})),
        names=_by_letter(concepts),
        unless={
            k: Unless(
                one(v.get("starts", ())),
                one(v.get("before", ())),
                one(v["after"]),
                *(one(v.get(part, ())) for part in ("numbered", "purpose", "source")),
            )
            for k, v in context.get("unless", {}).items()
            if k in concepts
        },
        states=frozenset(context.get("states", {}).get("concepts", ())),
        treatments=frozenset(context.get("states", {}).get("treatments", ())),
        things=frozenset(context.get("found", {}).get("concepts", ())),
        kept_otherwise=one(context.get("kept_otherwise", {}).get("words", ())),
        never_given_up=frozenset(context.get("never_given_up", {}).get("concepts", ())),
        listed={
            k: Listed(one(v["ends"]), one(v["between"]))
            for k, v in context.get("listed", {}).items()
            if k in concepts
        },
        feared={
            c: name for name, of in context.get("feared_goal", {}).items() if name in concepts for c in of
        },
        contradicted={k: frozenset(v) for k, v in context.get("contradicted", {}).items() if k in concepts},
        abbreviations=frozenset(context.get("abbreviations", {}).get("words", ())),
        resembled=frozenset(context.get("resembles", {}).get("of", ())) & concepts.keys(),
        wanted=one(context.get("wanted", {}).get("words", ())),
        anew=one(context.get("anew", {}).get("words", ())),
        relatives=_relatives(context.get("relatives", {}), one),
        likened=Likened(
            *(one(context.get("likened", {}).get(part, ())) for part in ("before", "same", "after", "ended"))
        ),
        unnamed=_unnamed(context.get("unnamed", {}), one),
        untreated=Untreated(
            frozenset(context.get("untreated", {}).get("of", ())),
            tuple(c for c in context.get("untreated", {}).get("denies", ()) if c in concepts),
            *(one(context.get("untreated", {}).get(part, ())) for part in ("low", "after")),
        ),
        tested=Tested(
            frozenset(" ".join(words_of(p, spelling)) for p in context.get("tested", {}).get("words", ())),
            *(one(context.get("tested", {}).get(part, ())) for part in ("negative", "positive", "between")),
        ),
        answers={
            w: said == "yes" for said in ("yes", "no") for w in one(context.get("answer", {}).get(said, ()))
        },
        people=frozenset(context.get("at_large", {}).get("people", ())),
        whose=frozenset(context.get("at_large", {}).get("whose", ())),
        person=frozenset(context.get("at_large", {}).get("person", ())),
        telling=frozenset(context.get("at_large", {}).get("telling", ())),
    )


def _relatives(raw: dict[str, Any], one: Callable[[Iterable[str]], frozenset[str]]) -> Relatives:
    sexes = {word: sex for sex in ("female", "male", "either") for word in one(raw.get(sex, ()))}
    return Relatives(
        sexes,
        **{
            part: one(raw.get(part, ()))
            for part in (
                "opening",
                "living",
                "being",
                "homely",
                "telling",
                "staff",
                "strangers",
                "doing",
                "pronouns",
                "on_behalf",
                "own",
                "self",
                "harmless",
                "patient",
                "takers",
                "she",
                "he",
            )
        },
        prepositions=one(raw.get("for", ())),
    )


def _unnamed(raw: dict[str, Any], one: Callable[[Iterable[str]], frozenset[str]]) -> Unnamed:
    given, own, other, often, had = (
        one(raw.get(part, ())) for part in ("given", "own", "other", "often", "had")
    )
    beside = {word: name for name, words in raw.get("beside", {}).items() for word in one(words)}
    return Unnamed(("concept", raw.get("concept", "")), given, own, other, often, had, beside)


def _by_letter(concepts: dict[str, Concept]) -> dict[str, tuple[str, ...]]:
    out: dict[str, dict[str, None]] = {}
    for concept in concepts.values():
        for phrase in concept.phrases:
            if _can_be_suggested(phrase, concept.kind):
                out.setdefault(phrase[0], {})[phrase] = None
    return {letter: tuple(names) for letter, names in out.items()}


def _can_be_suggested(phrase: str, kind: str) -> bool:
    """Single words of any kind; of drugs, diagnoses and operations also two."""
    words = phrase.count(" ") + 1
    return (
        GAP not in phrase
        and len(phrase) > 4
        and (words == 1 or (words == 2 and kind in {"drug", "condition", "procedure"}))
    )


def _spelling(raw: dict[str, Any], background: dict[str, Any]) -> Spelling:
    units = (
        *background.get("time", {}).get("units", {}),
        *background.get("dose_units", {}),
        *raw.get("glued", {}).get("units", ()),
    )
    return Spelling(
        words=dict(raw.get("words", {})),
        folds=tuple((k, v) for k, v in raw.get("folds", {}).items()),
        keep=tuple(raw.get("keep", {}).get("words", ())),
        symbols=dict(raw.get("symbols", {})),
        units=tuple(u for u in units if " " not in u),
        periods=("day", "week", "month", "year", "night", "fortnight"),
        memo={},
    )


def _flat(tree: Any) -> Iterable[str]:
    """Every phrase in the tree of words that are understood and needed by no rule."""
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict):
        for value in tree.values():
            yield from _flat(value)
    elif isinstance(tree, (list, tuple)):
        for value in tree:
            yield from _flat(value)


def _ambiguous(tree: dict[str, Any]) -> Iterable[tuple[tuple[str, ...], tuple[str, ...]]]:
    """``phrase = "field"`` or ``phrase = ["field", ...]``, file by file."""
    for table in tree.values():
        for phrase, fields in table.items():
            yield ((fields,) if isinstance(fields, str) else tuple(fields)), (phrase,)
