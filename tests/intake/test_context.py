"""Negation, doubt, time and family: how far each word reaches, and what the words around a phrase make of it."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import pytest
from tests.intake.phrase_lexicon import concepts, lexicon, status, trees

from cobalens.intake.words.lexicography import compile_lexicon
from cobalens.intake.words.lexicon import CompiledLexicon, begun
from cobalens.intake.words.phrases import Reading, read_phrase
from cobalens.intake.words.tokens import tokenise
from cobalens.model.record import UNDATED, Event, Span
from cobalens.model.ruleset import Concept

OWN = ("symptoms", "findings", "habits", "people")


def say(text: str, field: str = "note", **more: object) -> Reading:
    return read_phrase(text, "note", field, lexicon(), **more)  # type: ignore[arg-type]


def said(text: str, field: str = "note") -> dict[str, str]:
    return {e.concept: status(e) for e in say(text, field).events}


def event(text: str, concept: str, field: str = "note", **more: object) -> Event:
    return next(e for e in say(text, field, **more).events if e.concept == concept)


# -- negation --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("no numbness, tingling or weakness", {"paraesthesia": "no", "limb_weakness": "no"}),
        ("no numbness, weakness, falls", {"paraesthesia": "no", "limb_weakness": "no", "falls": "no"}),
        (
            "denies falls and weakness but has numb feet",
            {"falls": "no", "limb_weakness": "no", "paraesthesia": "yes"},
        ),
        ("no falls; unsteady", {"falls": "no", "unsteadiness": "yes"}),
        ("no falls, unsteady in the dark", {"falls": "no", "unsteadiness": "yes"}),
        ("falls absent", {"falls": "no"}),
        ("weakness: none", {"limb_weakness": "no"}),
        ("falls and weakness both absent", {"falls": "no", "limb_weakness": "no"}),
        ("fatigue, falls excluded", {"fatigue": "yes", "falls": "no"}),
        ("free of numbness", {"paraesthesia": "no"}),
        ("never any jaundice", {"jaundice": "no"}),
        ("no omeprazole, metformin or colchicine", {"ppi": "no", "metformin": "no", "colchicine": "no"}),
        ("no metformin, vegan", {"metformin": "no", "vegan_diet": "yes", "mixed_diet": "no"}),
    ],
)
def test_a_denial_reaches_its_list_and_stops_where_the_subject_changes(
    text: str, meant: dict[str, str]
) -> None:
    assert said(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        "no change in the numbness",
        "numbness not only in the feet",
        "no improvement in numbness",
        "numbness, no cause found",
        "feels as if numb",
    ],
)
def test_words_that_look_like_a_denial_deny_nothing(text: str) -> None:
    assert said(text)["paraesthesia"] == "yes"


def test_an_absent_sense_is_a_finding_and_an_absent_symptom_is_none() -> None:
    assert said("absent vibration sense") == {"vibration_loss": "yes"}
    assert said("no vibration sense at the toes") == {"vibration_loss": "yes"}
    assert said("no loss of vibration sense") == {"vibration_loss": "no"}
    assert said("vibration sense not impaired") == {"vibration_loss": "no"}
    assert said("weakness absent") == {"limb_weakness": "no"}


def test_a_quality_belongs_to_the_nearest_thing_examined() -> None:
    assert said("ankle jerks absent, knee jerks brisk, plantars flexor, gait normal") == {
        "areflexia": "yes",
        "upper_motor_signs": "yes",
        "unsteadiness": "no",
    }
    assert said("normal gait and reflexes brisk") == {"upper_motor_signs": "yes", "unsteadiness": "no"}
    assert said("impaired vibration and position sense") == {
        "vibration_loss": "yes",
        "proprioception_loss": "yes",
    }


# -- doubt, time, plans, family --------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "?pernicious anaemia", "pernicious anaemia?", "query pernicious anaemia", "suspected pernicious anaemia", "r/o pernicious anaemia",
        "pernicious anaemia not ruled out", "cannot exclude pernicious anaemia", "awaiting tests for possible pernicious anaemia",
        "pernicious anaemia likely", "under investigation for pernicious anaemia",
    ],
)  # fmt: skip
def test_doubt_is_neither_yes_nor_no(text: str) -> None:
    assert said(text, "conditions") == {"pernicious_anaemia": "doubt"}


@pytest.mark.parametrize(
    ("text", "status_of_metformin"),
    [
        ("stopped metformin", "past"), ("metformin stopped in 2019", "past"), ("no longer takes metformin", "past"), ("used to take metformin", "past"),
        ("metformin not stopped", "yes"), ("to start metformin", "planned"), ("metformin due next week", "planned"), ("metformin in ten days", "planned"),
        ("metformin since 2015", "yes"), ("refused metformin", "no"), ("metformin for 3/12", "yes"), ("her husband takes metformin", "family"),
    ],
)  # fmt: skip
def test_a_drug_is_taken_over_planned_refused_or_anothers(text: str, status_of_metformin: str) -> None:
    assert said(text, "medications") == {"metformin": status_of_metformin}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (
            "mother had pernicious anaemia, patient is vegan",
            {"pernicious_anaemia": "family", "vegan_diet": "yes", "mixed_diet": "no"},
        ),
        ("pernicious anaemia runs in the family", {"pernicious_anaemia": "family"}),
        ("pernicious anaemia (her dad)", {"pernicious_anaemia": "family"}),
        ("no FH of pernicious anaemia", {"pernicious_anaemia": "denied of family"}),
        ("wife says he is forgetful", {"cognitive_decline": "yes"}),
        (
            "sister and aunt with coeliac disease; numb feet",
            {"coeliac_disease": "family", "paraesthesia": "yes"},
        ),
        (
            "both uncles had pernicious anaemia and required metformin",
            {"pernicious_anaemia": "family", "metformin": "family"},
        ),
        ("parents are diabetic and are on metformin", {"diabetes": "family", "metformin": "family"}),
        ("niece with Crohn's disease on metformin", {"crohn_disease": "family", "metformin": "family"}),
        ("husband is vegan and on metformin", {"vegan_diet": "family", "metformin": "family"}),
        ("her nephew collects her metformin from the pharmacy", {"metformin": "yes"}),
        ("his wife helps him with his metformin", {"metformin": "yes"}),
        ("lives with his son who is vegan", {"vegan_diet": "family"}),
        ("shares a room with her sister, who also has coeliac disease", {"coeliac_disease": "family"}),
        ("came with her nephew who has noticed numb feet", {"paraesthesia": "yes"}),
        ("lives with his wife who says he is forgetful", {"cognitive_decline": "yes"}),
    ],
)
def test_a_relatives_illness_is_not_the_patients(text: str, meant: dict[str, str]) -> None:
    assert said(text, "conditions") == meant


@pytest.mark.parametrize(
    "text",
    [
        "advised to avoid nitrous oxide",
        "nitrous oxide use not recorded",
        "not asked about nitrous oxide",
        "asks about nitrous oxide",
        "risk of nitrous oxide",
    ],
)
def test_what_is_only_spoken_of_says_nothing_of_the_patient(text: str) -> None:
    assert said(text) == {}


def test_an_operation_in_the_past_is_simply_done_and_a_planned_one_is_not() -> None:
    assert said("h/o total gastrectomy") == {"total_gastrectomy": "yes"}
    assert said("previous total gastrectomy") == {"total_gastrectomy": "yes"}
    assert said("awaiting total gastrectomy") == {
        "total_gastrectomy": "planned",
        "surgery_planned": "planned",
    }


def test_remission_is_over_and_a_passing_illness_long_ago_too() -> None:
    assert said("lymphoma in complete remission", "conditions") == {"lymphoma": "past"}
    assert said("Crohn's disease, in remission", "conditions") == {"crohn_disease": "past"}
    assert said("stroke 4 years ago", "conditions") == {"stroke": "past"}
    assert said("stroke 4 days ago", "conditions") == {"stroke": "yes"}
    assert said("pernicious anaemia diagnosed 4 years ago", "conditions") == {"pernicious_anaemia": "yes"}


# -- lists that are complete -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "text", "complete"),
    [
        ("symptoms", "none", {"symptom"}), ("symptoms", "Nil.", {"symptom"}), ("symptoms", "well", {"symptom"}), ("symptoms", "asymptomatic", {"symptom"}),
        ("symptoms", "none; worried about cancer", {"symptom"}), ("symptoms", "eats well", set()), ("symptoms", "no numbness", set()),
        ("medications", "none", {"drug"}), ("medications", "no medications", {"drug"}), ("conditions", "PMH nil", {"condition"}),
        ("note", "no other history", {"condition"}), ("note", "Previously well.", {"condition"}), ("note", "none", set()),
        ("note", "no neurological symptoms", {"neurological"}), ("note", "normal neurological examination", {"neurological"}),
        ("note", "mother has no symptoms", set()), ("procedures", "none", {"procedure"}), ("conditions", "bladder cancer, no recurrence", set()),
    ],
)  # fmt: skip
def test_only_an_answer_that_says_so_completes_a_list(field: str, text: str, complete: set[str]) -> None:
    assert say(text, field).complete == complete


def test_no_supplements_denies_every_product_and_an_unasked_question_denies_none() -> None:
    denied = said("No supplements.")
    assert {
        denied[c] for c in ("unspecified_supplement", "b12_tablets", "b12_low_dose_supplement", "biotin")
    } == {"no"}
    assert said("Never had injections.")["b12_injection"] == "no"
    for text in ("No vitamins.", "Supplements: none.", "Takes nothing over the counter."):
        # What is bought and swallowed is denied, not what a nurse injects.
        assert not {"b12_injection", "b12_unspecified"} & set(said(text)), text
    assert said("Supplements not asked about.") == {}


def test_what_is_said_outweighs_what_is_implied() -> None:
    reading = say("neurologically intact apart from numb toes", "symptoms")
    assert "neurological" in reading.complete
    assert {e.concept: status(e) for e in reading.events}["paraesthesia"] == "yes"
    assert said("no vitamins except biotin")["biotin"] == "yes"


# -- dates, routes, doses ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "concept", "start"),
    [
        ("numbness for 5 months", "paraesthesia", Span(-152, -152)),
        ("numbness x 2/52", "paraesthesia", Span(-14, -14)),
        ("two years of numbness", "paraesthesia", Span(-730, -730)),
        ("numbness since yesterday", "paraesthesia", Span(-1, -1)),
        ("total gastrectomy, 6 weeks ago", "total_gastrectomy", Span(-42, -42)),
        ("a few months of numbness", "paraesthesia", Span(-152, -61)),
    ],
)
def test_durations_become_days(text: str, concept: str, start: Span) -> None:
    assert event(text, concept, "symptoms").start == start


def test_a_calendar_date_needs_a_day_to_count_from() -> None:
    assert event("total gastrectomy in March 2024", "total_gastrectomy").start == UNDATED
    dated = event("total gastrectomy in March 2024", "total_gastrectomy", as_of="2024-04-10")
    assert dated.start == Span(-40, -10)
    assert event("total gastrectomy 14/03/2024", "total_gastrectomy", as_of="2024-04-10").start == Span(
        -27, -27
    )
    assert event("metformin stopped 2024-04-09", "metformin", "medications", as_of="2024-04-10").stop == Span(
        -1, -1
    )


def test_an_entrys_own_dates_come_first() -> None:
    known = event("metformin for 3 years", "metformin", "medications", start=Span(-10, -10))
    assert known.start == Span(-10, -10)
    over = event("metformin", "metformin", "medications", start=Span(-90, -90), stop=Span(-5, -5))
    assert (over.time, over.stop) == ("past", Span(-5, -5))
    assert event("pemetrexed", "pemetrexed", "medications", start=Span(10, 10)).time == "planned"


def test_route_and_single_dose_are_read_and_a_dose_by_body_surface_is_not() -> None:
    b12 = event("cyanocobalamin 1 mg IM monthly", "b12_unspecified", "medications")
    assert (b12.route, b12.dose_ug) == ("intramuscular", 1000)
    assert event("paclitaxel", "taxane", "medications", dose="80 mg/m2 weekly").dose_ug is None
    assert (
        event("vitamin B12", "b12_unspecified", "medications", route="oral", dose="1000 ug daily").dose_ug
        == 1000
    )


def test_adherence_is_kept_with_the_medicine() -> None:
    assert (
        event("B12 tablets, often forgets to take them", "b12_tablets", "medications").adherence == "missed"
    )
    assert event("B12 tablets. Never misses a dose.", "b12_tablets", "medications").adherence == "taken"


# -- what was not understood -------------------------------------------------------------------------


def test_what_was_not_understood_is_reported_by_clause() -> None:
    reading = say("numb feet, zorbulates the frimble; unsteady", "symptoms")
    assert [u.text for u in reading.not_understood] == ["zorbulates the frimble"]
    assert say("severe numbness of both feet for years", "symptoms").not_understood == ()
    assert say("hypertension", "conditions").understood == ("hypertension",)


def test_spans_read_by_somebody_else_are_left_alone() -> None:
    text = "B12 195 pg/mL, numb feet"
    reading = say(text, consumed=[(0, 13)])
    assert {e.concept for e in reading.events} == {"paraesthesia"}
    assert reading.not_understood == ()


def test_a_blood_test_is_not_a_medicine() -> None:
    assert said("B12 was low") == {}
    assert said("B12 daily", "medications") == {"b12_unspecified": "yes"}
    assert said("takes B12 every day") == {"b12_unspecified": "yes"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        ".",
        "?",
        "((((",
        "no",
        "no no no",
        "\u00a0",
        "\u2191\u2193",
        "no,",
        "?,?;?",
        "x" * 5000,
        "and or",
        "3/0",
        "99/99/9999",
        "0 years",
    ],
)
def test_odd_input_is_read_without_complaint(text: str) -> None:
    assert isinstance(say(text, "symptoms"), Reading)


# -- the lexicon itself --------------------------------------------------------------------------------


def test_both_spellings_and_shorthand_come_to_the_same_words() -> None:
    spelling = lexicon().spelling
    for one, other in [
        ("anaemia", "anemia"),
        ("oesophageal tumours", "esophageal tumor"),
        ("Crohn's", "crohns"),
        ("P&N", "p & n"),
        ("jabs", "injections"),
    ]:
        assert [t.norm for t in tokenise(one, spelling)] == [t.norm for t in tokenise(other, spelling)]


def test_the_reader_knows_nothing_by_itself() -> None:
    toy = compile_lexicon(
        {"wet": Concept("wet", "symptom", "wet", ("soaked",))}, {"context": {"negation": {"forward": ["no"]}}}
    )
    assert [e.affirmed for e in read_phrase("no soaked", "x", "note", toy).events] == [False]
    assert read_phrase("numbness", "x", "note", toy).events == ()


def test_the_compiled_lexicon_survives_being_written_down() -> None:
    kept = msgspec.msgpack.decode(msgspec.msgpack.encode(lexicon()), type=CompiledLexicon)
    text = "no numbness, tingling or weakness; mother had pernicious anaemia"
    assert read_phrase(text, "x", "note", kept) == say(text).__class__(
        *msgspec.structs.astuple(read_phrase(text, "x", "note", lexicon()))
    )


def test_a_long_note_costs_its_length_not_its_square() -> None:
    note = "No numbness. Mother had pernicious anaemia, takes metformin. "
    say(note * 10)
    started = time.perf_counter()
    say(note * 1500)
    assert time.perf_counter() - started < 5


def test_no_long_phrase_stands_in_a_worked_case() -> None:
    cases = Path(__file__).parents[3] / "shared" / "cases"
    spelling = lexicon().spelling
    heard = [
        f" {' '.join(t.norm for t in tokenise(p.read_text(encoding='utf-8'), spelling) if t.norm.isalnum())} "
        for p in sorted(cases.glob("*.json"))
    ]
    others = {n for stem, tree in trees("facts").items() if stem not in OWN for n in tree.get("concept", {})}
    long = [
        k
        for found in (begun(word, lexicon()) for word in lexicon().begins)
        for k, entry in (found.phrases if found else {}).items()
        if k.count(" ") >= 4 and not {n for _, n in lexicon().entries[entry]} & {"", *others}
    ]
    copied = [key for key in long if any(f" {key} " in case for case in heard)]
    assert copied == []


def test_every_concept_named_in_the_lexicon_exists() -> None:
    context, observables = trees("lexicon")["context"], trees("lexicon")["observables"]
    named = {
        c for u in context["umbrella"].values() for part in ("denies", "affirms") for c in u.get(part, ())
    }
    named |= {
        c
        for part in ("implied", "denied", "when_planned")
        for c in (*context[part], *(x for xs in context[part].values() for x in xs))
    }
    named |= (
        set(context["also"])
        | {c for t in context["in_field"].values() for c in t}
        | set(context["acute"]["concepts"])
    )
    named |= {
        c
        for o in observables["observable"].values()
        for q in o.values()
        if isinstance(q, dict)
        for part in ("yes", "no")
        for c in q.get(part, ())
    }
    assert sorted(named - set(concepts())) == []


def test_neurological_symptoms_carry_their_group() -> None:
    for name in (
        "paraesthesia",
        "unsteadiness",
        "vibration_loss",
        "upper_motor_signs",
        "visual_loss",
        "acute_confusion",
        "sphincter_disturbance",
    ):
        assert concepts()[name].group == ("neurological",)


def test_phrases_are_plain_lower_case() -> None:
    odd = []
    for name in OWN:
        for concept, entry in trees("facts")[name].get("concept", {}).items():
            phrases = entry.get("phrases", [])
            odd += [
                (concept, p)
                for p in phrases
                if p != p.lower() or not all(c.isalnum() or c in " \u2026&" for c in p)
            ]
            odd += [(concept, p) for p in set(phrases) if phrases.count(p) > 1]
    assert odd == []
