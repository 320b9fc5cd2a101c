"""ConText: what the words around a phrase make of it. Denied, in doubt, over, planned, of a relative, or merely spoken of.

After Chapman and Harkema: a trigger reaches forward or backward within its sentence until something ends its scope.
The words themselves are data (``lexicon/context.toml``); this module knows only how far each kind of trigger reaches.
"""

from __future__ import annotations

from msgspec import Struct

from cobalens.intake.words.anchors import is_anchor
from cobalens.intake.words.asides import alone_dosed, is_how, stands_near
from cobalens.intake.words.bracketed import DRUG_LIKE, holds_drug, in_brackets, of_what_heads
from cobalens.intake.words.conditional import hangs_on, reaches
from cobalens.intake.words.denials import (
    TIME_WORDS,
    answers_another,
    is_any_more,
    is_excepted,
    is_nought,
    is_since_then,
)
from cobalens.intake.words.endedlist import heads
from cobalens.intake.words.kinds import NOT_OF
from cobalens.intake.words.lexicon import BACKWARD, BOTH, FORWARD, CompiledLexicon
from cobalens.intake.words.matcher import Hit
from cobalens.intake.words.ofrelatives import is_aside, opens_clause, same_subject
from cobalens.intake.words.perspective import is_gloss
from cobalens.intake.words.states import is_advised, is_ahead, is_beside, is_of_state, is_of_treatment
from cobalens.intake.words.tokens import MARKS, Token
from cobalens.intake.words.triggers import Trigger

FAR = 4
"""How many unknown words a trigger may reach across."""

JOINS = frozenset({"and", "or", "nor", "&", "/", "with", "plus"})
_USED_TO = ["used", "to"]
_DONE_OFTEN = frozenset({"symptom", "function", "exposure", "diet", "drug"})
"""What somebody *used to* do or feel, where it stands right behind these words: "used to tingle"."""
_DETERMINERS = frozenset({"no", "never", "nil", "not"})
_LIST_HEADS = frozenset({"hypothetical", "doubt"})
_HOW = frozenset(
    "repeatedly consistently again twice throughout incl including on by with after at following in via from during histologically clinically last and this".split()
)
_AUXILIARIES = frozenset(
    "was is been has have were are now also and considered then later subsequently initially :".split()
)
_ENDED = frozenset({"stopped", "finished", "ended", "completed", "ceased"})
_THROUGH_COMMAS = frozenset({"negation", "hypothetical", "family", "unstated", "refused"})
_MENTIONING = frozenset({"negation", "refused", "doubt", "normal"})


class Status(Struct, frozen=True, gc=False):
    """How a phrase is meant."""

    affirmed: bool = True
    doubt: bool = False
    family: bool = False
    time: str = "current"
    spoken_of: bool = False
    """Wished for, feared, asked about, not recorded: nothing is said of the patient."""
    over: bool = False
    declined: bool = False
    """Not wanted or not given, which denies nothing of earlier times."""
    from_token: int = -1
    to_token: int = -1
    began: bool = False
    """Denied only until some time, when it began: "never had falls *until this year*"."""


class Scene(Struct, frozen=True, gc=False):
    """One text, taken apart."""

    tokens: list[Token]
    hits: list[Hit]
    triggers: list[Trigger]
    ends: frozenset[int]
    """Tokens that end every scope."""
    covered: frozenset[int]
    """Tokens that belong to some phrase, a date or the filler words."""
    inner: frozenset[int]
    """Tokens inside a phrase, its first word apart."""
    lexicon: CompiledLexicon


def status_of(hit: Hit, kind: str, scene: Scene) -> Status:
    """What the triggers in the phrase's sentence make of it."""
    affirmed, doubt, family, time, spoken_of, over = True, False, False, "current", False, False
    refused, denied, declined = False, False, False
    low, high, wish = hit.first, hit.last, -1
    for trigger in scene.triggers:
        name = trigger.name
        if name == "over" and is_any_more(trigger.first, kind, scene.tokens):
            continue
        if _says_nothing_of(trigger, hit, kind, scene) or (
            (name in ("hypothetical", "doubt") and _is_condition(trigger, hit, kind, scene))
            or (name == "doubt" and kind == "drug" and trigger.first > hit.last)
            or (name == "found" and not any(n in scene.lexicon.things for _, n in hit.marks))
        ):
            continue
        if trigger.last <= hit.first:
            under = name == "hypothetical" and reaches(trigger.first, hit, kind, scene.tokens)
            if trigger.direction == BACKWARD or not (under or _forward(trigger, hit, kind, scene)):
                continue
            if name in _MENTIONING and is_anchor(
                trigger.first, trigger.last, hit, kind, scene.tokens, scene.hits, scene.lexicon
            ):
                continue
        elif trigger.first >= hit.last:
            if trigger.direction == FORWARD or not _backward(trigger, hit, scene):
                continue
        elif not _in_gap(trigger, hit) or trigger.direction == BACKWARD:
            continue
        low, high = min(low, trigger.first), max(high, trigger.last)
        if name in ("negation", "refused", "normal"):
            affirmed = False
            denied, declined = denied or name != "refused", declined or name == "refused"
            refused = refused or (name == "refused" and trigger.first >= hit.last)
        elif name in ("doubt", "found"):
            doubt = True
            # "awaiting tests for possible coeliac disease": the nearer word decides.
            spoken_of = spoken_of and not wish < trigger.first <= hit.first
        elif name == "family":
            family = True
        elif name in ("hypothetical", "offered", "feared", "unstated", "undelivered"):
            spoken_of, wish = True, trigger.first
        elif name == "awaiting":
            time, doubt = ("planned", doubt) if kind in DRUG_LIKE else (time, True)
        elif name == "planned":
            time = "planned"
        elif name in ("over", "resolved", "past", "was"):
            time = "past" if time != "planned" else time
            over = over or name not in ("past", "was")
    began = denied and is_since_then(low, hit, kind, scene.tokens)
    if began or (denied and is_excepted(hit, kind, scene.tokens)):
        affirmed, denied, over, time = True, False, False, "current"
    # "Start B12 if the MMA is raised" plans nothing yet.
    spoken_of = spoken_of or hangs_on(hit, kind, time == "planned", scene.tokens)
    # "advised tablets but never started them": what came of it decides.
    spoken_of, declined = spoken_of and not refused, declined and not denied
    return Status(affirmed, doubt, family, time, spoken_of, over, declined, low, high, began)


def _says_nothing_of(trigger: Trigger, hit: Hit, kind: str, scene: Scene) -> bool:
    if kind == "goal" and scene.tokens[trigger.first].norm == "against":
        # "Injections *against* the neuropathy" is what is hoped for.
        return True
    within = hit.first < trigger.first < hit.last
    if kind == "goal" and scene.tokens[trigger.first].norm == "if" and within and _in_gap(trigger, hit):
        # "Seek *help* if *numbness* develops" hopes for nothing.
        return False
    if (
        trigger.name == "resolved"
        and kind == "condition"
        and scene.tokens[trigger.last - 1].norm == "stopped"
    ):
        # "Lung cancer (chemo *stopped*)": an illness that lasts does not stop, what was given for it does.
        return not any(n in scene.lexicon.acute for m, n in hit.marks if m == "concept")
    words = [token.norm for token in scene.tokens[trigger.first : trigger.last]]
    if words == _USED_TO and not (kind in _DONE_OFTEN and trigger.last == hit.first):
        # "Metformin *used to* treat diabetes" tells what it is for.
        return True
    if trigger.name == "over" and scene.tokens[trigger.last - 1].norm == "held":
        # "The MDT *held* on Tuesday" ends no medicine.
        return kind != "drug" or not stands_near(scene.tokens, scene.hits, hit.last, trigger.first)
    if kind in ("condition", "exposure") and is_of_treatment(trigger.name, hit, scene.lexicon):
        return False
    if is_beside(trigger.name, trigger.first, trigger.last, hit, kind, scene):
        return True
    if kind == "diet" and trigger.name == "planned":
        return not is_ahead(trigger.last, hit, scene.tokens)
    if kind == "diet" and trigger.name == "offered":
        return not is_advised(trigger.first, trigger.last, hit, scene.tokens)
    return kind in NOT_OF.get(trigger.name, ()) and not is_of_state(
        trigger.name, trigger.first, trigger.last, hit, scene.tokens, scene.hits, scene.lexicon
    )


def _is_condition(trigger: Trigger, hit: Hit, kind: str, scene: Scene) -> bool:
    """Whether an *if* only says when a complaint comes: "unsteady *if* he shuts his eyes", "tingling *if* I touch cold things"."""
    if (
        kind not in ("symptom", "finding")
        or trigger.last - trigger.first > 1
        or scene.tokens[trigger.first].norm not in ("if", "whether")
    ):
        return False
    return _in_gap(trigger, hit) or any(
        h.last <= trigger.first
        and any(m == "concept" and scene.lexicon.kinds.get(n) in ("symptom", "finding") for m, n in h.marks)
        for h in scene.hits
    )


def _in_gap(trigger: Trigger, hit: Hit) -> bool:
    """Whether the trigger stands in the gap of a phrase, "MRI whole spine: *no* cord compression", or is a plan by itself: "*for theatre*"."""
    if trigger.name == "planned" and (trigger.first, trigger.last) == (hit.first, hit.last):
        return True
    return bool(hit.pieces) and not any(a < trigger.last and trigger.first < b for a, b in hit.pieces)


def _forward(trigger: Trigger, hit: Hit, kind: str, scene: Scene) -> bool:
    tokens, lexicon = scene.tokens, scene.lexicon
    if trigger.direction == BOTH and trigger.name == "negation" and _is_participle(trigger, scene):
        return False
    i, stop = trigger.last, hit.first
    if is_nought(trigger.last, tokens):
        return False
    comma = False
    joined = -9
    unknown = 0
    depth, clause, timed, apposed = 0, False, False, False
    # "Differential: MDS, B12 deficiency", "Causes to consider: vegan diet, metformin": what heads a list speaks of all of it.
    list_head = trigger.name in _LIST_HEADS and stop > i and tokens[i].norm == ":"
    headed = list_head
    while i <= stop:
        norm = tokens[i].norm if i < len(tokens) else ""
        if i in scene.ends and i < stop:
            if clause or not opens_clause(trigger, i, scene):
                return False
            clause, joined = True, -9
        elif norm == "," or norm == ":":
            if norm == ",":
                if (
                    trigger.name == "family"
                    and (apposed or i == trigger.last)
                    and is_aside(i, apposed, scene)
                ):
                    # "Her husband, a diabetic, takes metformin": still of him.
                    apposed = not apposed
                    i += 1
                    continue
                if clause:
                    # "my brother, who has Crohn's, takes metformin": the comma ends the clause, not what is told of him.
                    if tokens[i + 1].norm not in lexicon.relatives.doing:
                        return False
                    clause = False
                    i += 1
                    continue
                if not headed and trigger.name not in _THROUGH_COMMAS and not _or_list(trigger, hit, scene):
                    return False
                comma, timed = True, False
                joined = i
            else:
                headed = headed or heads(trigger, i, kind, tokens, scene.hits)
                if i > trigger.last and not headed:
                    return False
        elif norm == "(":
            depth += 1
        elif norm == ")":
            depth -= 1
            if (depth < 0 and not (i == trigger.last and is_gloss(tokens, trigger.first))) or clause:
                return False
            depth = max(depth, 0)
        elif norm in JOINS:
            joined, timed = i, False
        elif (
            norm in TIME_WORDS
            and trigger.name == "negation"
            and trigger.last < i < stop
            and i not in scene.inner
        ):
            # "No numbness before *chemo*": what dates a denial is not denied.
            timed = True
        elif norm == "to" and trigger.name == "over" and i < stop:
            # "switched from omeprazole to famotidine": what is left is over, what is begun is not.
            return False
        elif (
            norm in lexicon.fresh
            and i not in scene.inner
            and not (list_head and _is_other(i, scene))
            and i - joined <= 2
            and joined > 0
            and not _or_list(trigger, hit, scene)
            and not (
                trigger.name == "family" and (depth > 0 or same_subject(trigger, joined, i, scene, clause))
            )
        ):
            return False
        elif i < stop and i not in scene.covered and norm not in MARKS:
            unknown += 1
        i += 1
    if unknown > FAR or timed:
        return False
    after = tokens[hit.last].norm if hit.last < len(tokens) else ""
    dosed = comma and kind == "drug" and alone_dosed(hit, trigger.last, tokens, lexicon)
    if trigger.name == "negation" and comma and (dosed or after in ("only", "alone")):
        return False
    if (
        trigger.name in ("negation", "refused")
        and (comma or joined > 0)
        and not _or_list(trigger, hit, scene)
    ):
        first = _first_kind(trigger, scene)
        families = lexicon.families
        return not kind or first is None or families.get(first, first) == families.get(kind, kind)
    if trigger.name == "doubt" and kind == "drug":
        return trigger.last == hit.first
    if trigger.name == "planned":
        kept = after in lexicon.kept or any(t.norm in lexicon.kept for t in tokens[trigger.last : hit.first])
        return not kept
    return True


def _or_list(trigger: Trigger, hit: Hit, scene: Scene) -> bool:
    """Whether trigger and phrase stand in one list that ends in *or*: "no numbness, tingling or weakness"."""
    last_or = -1
    for i in range(trigger.last, len(scene.tokens)):
        if i in scene.ends:
            break
        if scene.tokens[i].norm in ("or", "nor"):
            last_or = i
    if last_or < 0:
        return False
    if hit.first < last_or:
        return True
    return not any(scene.tokens[i].norm in (",", ":") for i in range(last_or, hit.first))


def _first_kind(trigger: Trigger, scene: Scene) -> str | None:
    for hit in scene.hits:
        if hit.first >= trigger.last:
            for mark, name in hit.marks:
                if mark == "concept":
                    return scene.lexicon.kinds.get(name)
                if mark in ("umbrella", "stated", "background"):
                    return None
    return None


def _backward(trigger: Trigger, hit: Hit, scene: Scene) -> bool:
    tokens = scene.tokens
    unknown = 0
    crossed, comma = False, 0
    if trigger.name == "refused" and _speaks_of_the_next(trigger, scene):
        return False
    if tokens[trigger.first].raw == "N" and answers_another(trigger.first, hit, tokens, scene.hits):
        return False
    if tokens[trigger.last - 1].norm in _ENDED and _ends_another(trigger, hit, scene):
        return False
    if trigger.direction == BOTH and trigger.name == "negation" and _leads(trigger, scene):
        return False
    alone = _alone_in_chunk(trigger, scene)
    allowed = 0 if trigger.name in ("negation", "normal", "unstated", "doubt", "found") else 3
    for i in range(trigger.first - 1, hit.last - 1, -1):
        norm = tokens[i].norm
        if i in scene.ends:
            # "was planned but cancelled": the refusal speaks of what stands before the *but*.
            not_yet = trigger.name == "planned" and tokens[trigger.first].norm == "not"
            if not (trigger.name in ("refused", "over") or not_yet) or i < trigger.first - 3:
                return False
            continue
        if norm == ",":
            if trigger.name == "over" and in_brackets(trigger, i, scene):
                return False
            if (
                trigger.name == "over"
                and _first_kind(trigger, scene) in DRUG_LIKE
                and _speaks_of_the_next(trigger, scene)
            ):
                return False
            treated = trigger.name == "resolved" and alone and _only_treatment(i, trigger, scene)
            told = (
                crossed
                and trigger.name == "over"
                and is_how(tokens, range(i + 1, comma), scene.hits, scene.lexicon)
            )
            if (
                (not alone or crossed or (trigger.name == "normal" and i < trigger.first - 1))
                and not (treated or told)
                and (trigger.name not in ("negation", "normal") or not _all_before(trigger, scene))
            ):
                return False
            crossed, comma = True, i
        elif norm == ":" and crossed and not of_what_heads(trigger, i, scene):
            # A row of labels, each with its answer: "diabetes: yes, coeliac: *no*".
            return False
        elif norm == "(" and trigger.name == "over" and holds_drug(i, trigger, scene):
            # "Apixaban, diabetes (metformin *stopped* 2015)": it speaks of what stands in its brackets.
            return False
        elif norm == ")" and trigger.name == "negation" and tokens[trigger.first - 1].norm == "(":
            # An answer in brackets speaks of what stands right before them: "metformin (yes), vegan (*no*)".
            return False
        elif norm in ("(", ")", ":"):
            alone = alone or norm in ("(", ":")
        elif norm in MARKS or norm in JOINS:
            continue
        elif i not in scene.covered:
            unknown += 1
            if unknown > allowed:
                return False
        elif (
            trigger.name in ("negation", "normal", "doubt", "unstated")
            and _is_other(i, scene)
            and not _listed(i, hit, scene)
        ):
            return False
    return True


_THEN = frozenset("since after though although despite when while whilst once even".split())


def _ends_another(trigger: Trigger, hit: Hit, scene: Scene) -> bool:
    """Whether what is over stands after a *since*: "numbness has spread since chemotherapy *finished*"."""
    norms = {scene.tokens[i].norm: i for i in range(hit.last, trigger.first)}
    since = max((norms[word] for word in _THEN if word in norms), default=-2)
    told = any(scene.lexicon.kinds.get(n) in ("symptom", "finding") for m, n in hit.marks if m == "concept")
    return told and "," not in norms and any(since <= h.first <= since + 1 for h in scene.hits)


def _is_other(i: int, scene: Scene) -> bool:
    """Whether token ``i`` belongs to another phrase that the trigger then speaks of."""
    for hit in scene.hits:
        if hit.first <= i < hit.last:
            return any(m[0] in ("concept", "test", "background", "observable", "umbrella") for m in hit.marks)
    return False


def _listed(i: int, hit: Hit, scene: Scene) -> bool:
    """Whether an *and*, an *or*, a slash or a comma stands between the phrase and token ``i``."""
    return any(scene.tokens[k].norm in JOINS or scene.tokens[k].norm == "," for k in range(hit.last, i))


def _speaks_of_the_next(trigger: Trigger, scene: Scene) -> bool:
    """Whether a phrase follows in the same clause, of which the trigger then speaks: "not taking *omeprazole*"."""
    for hit in scene.hits:
        if hit.first >= trigger.last and any(m[0] in ("concept", "umbrella") for m in hit.marks):
            between = range(trigger.last, hit.first)
            return not any(scene.tokens[i].norm in (",", "(") or i in scene.ends for i in between)
    return False


def _only_treatment(comma: int, trigger: Trigger, scene: Scene) -> bool:
    """Whether what stands between is how the disease was treated: "breast cancer, resected, no recurrence"."""
    between = (h for h in scene.hits if comma < h.first < trigger.first)
    kinds = {scene.lexicon.kinds.get(n, "") for h in between for m, n in h.marks if m == "concept"}
    return kinds <= {"procedure", "drug"}


def _leads(trigger: Trigger, scene: Scene) -> bool:
    """Whether the clause goes on after the trigger, which then speaks of what follows: "mixed diet, no alcohol"."""
    strict = scene.tokens[trigger.first].norm in _DETERMINERS
    if not strict and _is_participle(trigger, scene):
        return False
    for i in range(trigger.last, len(scene.tokens)):
        norm = scene.tokens[i].norm
        if norm in (",", ")") or i in scene.ends:
            return False
        if norm not in MARKS and (strict or i not in scene.covered or _is_other(i, scene)):
            return True
    return False


def _is_participle(trigger: Trigger, scene: Scene) -> bool:
    """Whether a diagnosis stands right before the trigger and how it was reached, or nothing, after: "cirrhosis *excluded* on biopsy"."""
    tokens = scene.tokens
    after = tokens[trigger.last].norm if trigger.last < len(tokens) else ","
    if not trigger.first:
        return False
    ended = after in MARKS or after[:1].isdigit() or (after[:1] == "x" and after[1:].isdigit())
    if not ended and (after not in _HOW or tokens[trigger.first].norm in _DETERMINERS):
        return False
    before = trigger.first - 1
    while before and (
        tokens[before].norm in _AUXILIARIES
        or any(h.first <= before < h.last and h.marks[0][0] in ("offered", "doubt") for h in scene.hits)
    ):
        before -= 1
    return any(
        h.first <= before < h.last and any(m[0] in ("concept", "background", "observable") for m in h.marks)
        for h in scene.hits
    )


def _alone_in_chunk(trigger: Trigger, scene: Scene) -> bool:
    """Whether nothing but filler stands between the last comma and the trigger: "Crohn's disease, in remission"."""
    i = trigger.first - 1
    while i >= 0 and scene.tokens[i].norm not in (",", "(", ":"):
        if scene.tokens[i].norm not in scene.lexicon.fillers and scene.tokens[i].norm not in MARKS:
            return False
        i -= 1
    # "On metformin, surgery planned": what is planned stands beside it.
    said = (h for h in scene.hits if i < h.first and h.last <= trigger.first and trigger.name == "planned")
    return i >= 0 and not any(m in ("concept", "stated") for h in said for m, _ in h.marks)


def _all_before(trigger: Trigger, scene: Scene) -> bool:
    """Whether the trigger speaks of a whole list: "numbness, tingling and weakness all absent"."""
    before = scene.tokens[trigger.first - 1].norm if trigger.first else ""
    if before in ("all", "both", ":"):
        return True
    i = trigger.first - 1
    while i >= 0 and scene.tokens[i].norm != ",":
        if scene.tokens[i].norm in ("and", "or", "&"):
            return True
        i -= 1
    return False
