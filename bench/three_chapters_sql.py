"""``python -m bench.three_chapters_sql [people]``: three chapters as a run takes them, as SQL fused by hand, and by hand on Polars.

The chapters are those of ``three_chapters.json``. The text by hand is what a programmer would write without the rule
language: each question one CASE, questions that need each other in stages, no rows and no sources. All must say the same.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import msgspec

from bench.chapters import FILE, with_reasons
from bench.cohort import least_by_turns
from bench.timing import people_and_rounds
from cobalens.engines import duckdb as engine
from cobalens.engines.sql.answers import Query, rules_query
from cobalens.engines.sql.text import quoted
from cobalens.engines.typed import written
from cobalens.model.ruleset import Fact, Pack, Ruleset, Table

PEOPLE, ROUNDS = 1_000_000, 3
TARGET = 1.3
YES, NO, OPEN = "'supported'", "'not_supported'", "'not_looked_for'"
STAGES: tuple[dict[str, str], ...] = (
    {
        "anaemia": """CASE WHEN hemoglobin = '< severe' THEN 'severe' WHEN hemoglobin = '[severe..women)' THEN 'present'
            WHEN hemoglobin = '>= men' THEN 'absent'
            WHEN hemoglobin = '[women..men)' AND sex = 'male' THEN 'present'
            WHEN hemoglobin = '[women..men)' AND sex = 'female' THEN 'absent'
            WHEN hemoglobin_range = 'below' THEN 'present' WHEN hemoglobin_range <> 'unknown' THEN 'absent'
            WHEN hemoglobin = '[women..men)' THEN 'unknown'
            WHEN hematocrit_range = 'below' THEN 'present' WHEN hematocrit_range <> 'unknown' THEN 'absent'
            ELSE 'unknown' END""",
        "mcv_class": """CASE WHEN mcv = '< micro' THEN 'microcytic' WHEN mcv = '[micro..macro]' THEN 'normocytic'
            WHEN mcv = '(macro..strongly]' THEN 'macrocytic' WHEN mcv = '> strongly' THEN 'strongly_macrocytic'
            WHEN mcv_range = 'below' THEN 'microcytic' WHEN mcv_range = 'within' THEN 'normocytic'
            WHEN mcv_range = 'above' THEN 'macrocytic' ELSE 'unknown' END""",
        "white_line": """CASE WHEN neutrophils = '< low' OR wbc = '< low'
            OR (neutrophils = 'unknown' AND neutrophils_range = 'below') THEN 'low'
            WHEN neutrophils <> 'unknown' OR neutrophils_range <> 'unknown' OR wbc <> 'unknown' THEN 'not_low'
            WHEN wbc_range = 'below' THEN 'low' WHEN wbc_range <> 'unknown' THEN 'not_low' ELSE 'unknown' END""",
        "platelet_line": """CASE WHEN platelets IN ('< very_low', '[very_low..im_floor)', '[im_floor..low)') THEN 'low'
            WHEN platelets <> 'unknown' THEN 'not_low' WHEN platelets_range = 'below' THEN 'low'
            WHEN platelets_range <> 'unknown' THEN 'not_low' ELSE 'unknown' END""",
        "imaging_says": """CASE WHEN cord_compression_imaged = 'yes' THEN 'cord_compression'
            WHEN cord_dorsal_column_lesion = 'yes' THEN 'cord_pattern'
            WHEN cord_dorsal_column_lesion = 'no' THEN 'none_seen' ELSE 'unknown' END""",
        "neurological_picture": """CASE WHEN red_flag_sign = 'yes' THEN 'red_flag' WHEN posterior_column_sign = 'yes' THEN 'definite'
            WHEN nerve_symptom = 'yes' OR neuropathy_known = 'yes' THEN 'possible' WHEN nerve_symptom = 'no' THEN 'none'
            ELSE 'unknown' END""",
        "risk": """CASE WHEN irreversible_cause = 'yes' THEN 'irreversible'
            WHEN risk_history = 'yes' OR risk_exposure = 'yes' OR age = '> old' THEN 'present'
            WHEN irreversible_cause = 'no' AND risk_history = 'no' AND risk_exposure = 'no' THEN 'absent' ELSE 'unknown' END""",
        "functional_impact": """CASE WHEN function_lost = 'yes' THEN 'severe' WHEN function_affected = 'yes' THEN 'affected'
            WHEN function_affected = 'no' THEN 'none' ELSE 'unknown' END""",
        "readable": """CASE WHEN sample_after_dose = 'yes' THEN 'after_dose' WHEN biotin_interference = 'likely' THEN 'biotin'
            WHEN readings_agree = 'conflict' THEN 'conflict' ELSE 'yes' END""",
        "deficient_before": """CASE WHEN treatment_state = 'on' AND (b12_deficiency_known = 'yes' OR pernicious_anaemia = 'yes')
            THEN 'yes' ELSE 'no' END""",
        "number_misleads": """CASE WHEN nitrous_oxide_exposed = 'yes' OR antibody_interference = 'likely'
            OR inherited_b12_disorder = 'yes' THEN 'falsely_high'
            WHEN binder_lowered = 'yes' AND active_b12_says <> 'deficient' THEN 'falsely_low' ELSE 'no' END""",
        "review_after": """CASE WHEN replacement = 'start_now' THEN 'one_month'
            WHEN replacement IN ('start', 'trial', 'mandated') THEN
                CASE WHEN pregnant = 'yes' OR breastfeeding = 'yes' THEN 'one_month' ELSE 'three_months' END
            WHEN replacement = 'continue' THEN CASE WHEN tablets_failed = 'yes' THEN 'three_months' ELSE 'annual' END
            WHEN replacement = 'prophylaxis' THEN 'annual' WHEN replacement = 'undecided' THEN 'routine'
            WHEN total_b12_says = 'indeterminate' THEN 'three_months' ELSE 'none' END""",
        "do_not_retest": "CASE WHEN b12_injection = 'yes' AND treatment_state = 'on' THEN 'yes' ELSE 'no' END",
        "response": """CASE WHEN treatment_state = 'never' THEN 'not_treated'
            WHEN treatment_state = 'on' AND tablets_failed = 'yes' THEN 'failed_tablets'
            WHEN treatment_state = 'unknown' THEN 'unknown' WHEN not_improved_on_b12 = 'yes' THEN 'not_improving'
            WHEN improved_on_b12 = 'yes' OR (treatment_state = 'on' AND reticulocytes = '> high') THEN 'improving'
            ELSE 'unknown' END""",
        "next_test__vitamin_b12": f"""CASE WHEN in_scope <> 'under_16' AND total_b12_says = 'not_measured'
            AND active_b12_says = 'not_measured' AND total_b12_reading = 'unknown' AND treatment_state <> 'on'
            AND nitrous_oxide_exposed <> 'yes' THEN {YES} ELSE {NO} END""",
        "next_test__repeat_b12_off_biotin": f"""CASE WHEN biotin_interference = 'likely' THEN {YES}
            WHEN biotin_interference = 'unknown' THEN {OPEN} ELSE {NO} END""",
        "next_test__alternative_b12_assay": f"""CASE WHEN antibody_interference = 'likely' AND treatment_state <> 'on'
            THEN {YES} ELSE {NO} END""",
    },
    {
        "cytopenias": """CASE WHEN anaemia IN ('severe', 'present') THEN
                CASE WHEN white_line = 'low' OR platelet_line = 'low' THEN 'several' ELSE 'one' END
            WHEN white_line = 'low' THEN CASE WHEN platelet_line = 'low' THEN 'several' ELSE 'one' END
            WHEN platelet_line = 'low' THEN 'one'
            WHEN anaemia = 'absent' AND white_line = 'not_low' AND platelet_line = 'not_low' THEN 'none' ELSE 'unknown' END""",
        "first_line": """CASE WHEN in_scope = 'under_16' THEN 'out_of_scope' WHEN active_b12_says = 'deficient' THEN 'deficient'
            WHEN total_b12_says = 'deficient' THEN CASE WHEN active_b12_says = 'ample' THEN 'indeterminate' ELSE 'deficient' END
            WHEN total_b12_says = 'indeterminate' THEN
                CASE WHEN active_b12_says = 'ample' AND readable = 'yes' THEN 'ample' ELSE 'indeterminate' END
            WHEN active_b12_says = 'indeterminate' THEN 'indeterminate'
            WHEN readable = 'after_dose' THEN CASE WHEN deficient_before = 'yes' THEN 'deficient' ELSE 'unreadable' END
            WHEN total_b12_says = 'not_measured' AND active_b12_says = 'not_measured' THEN 'not_measured'
            WHEN readable = 'biotin' THEN 'unreadable'
            WHEN readable = 'conflict' AND active_b12_says = 'not_measured' THEN 'indeterminate' ELSE 'ample' END""",
    },
    {
        "blood_picture": """CASE WHEN megaloblastic_film = 'yes' THEN 'megaloblastic'
            WHEN mcv_class IN ('macrocytic', 'strongly_macrocytic') THEN 'macrocytic'
            WHEN cytopenias IN ('one', 'several') THEN 'anaemia_or_cytopenia' WHEN anaemia = 'absent' THEN 'normal'
            ELSE 'unknown' END""",
        "functional_evidence": """CASE WHEN mma_says = 'marked' THEN
                CASE WHEN kidney IN ('reduced', 'severe') THEN 'suggestive' ELSE 'present' END
            WHEN mma_says = 'raised' THEN CASE WHEN kidney = 'normal' THEN 'present' ELSE 'suggestive' END
            WHEN mma_says = 'borderline' THEN
                CASE WHEN homocysteine_says = 'raised' AND kidney IN ('normal', 'unknown') THEN 'present' ELSE 'confounded' END
            WHEN mma_says = 'kidney_may_explain' THEN 'confounded'
            WHEN mma_says = 'normal' THEN CASE WHEN homocysteine_says = 'raised' THEN 'confounded' ELSE 'absent' END
            WHEN homocysteine_says = 'raised' THEN CASE WHEN kidney = 'normal' THEN 'suggestive' ELSE 'confounded' END
            WHEN homocysteine_says = 'otherwise_explained' THEN 'confounded'
            WHEN homocysteine_says = 'normal' THEN CASE WHEN first_line = 'deficient' THEN 'confounded' ELSE 'absent' END
            ELSE 'not_measured' END""",
    },
    {
        "large_cells": "blood_picture IN ('megaloblastic', 'macrocytic')",
        "nerves": "neurological_picture IN ('possible', 'definite', 'red_flag')",
        "definite": "neurological_picture IN ('definite', 'red_flag')",
        "standing": "risk = 'irreversible'",
        "high": "number_misleads = 'falsely_high'",
        "lowered": "number_misleads = 'falsely_low'",
        "undecided_markers": "functional_evidence IN ('confounded', 'not_measured')",
        "next_test__renal_function__now": """kidney = 'unknown' AND mma_says IN ('borderline', 'raised', 'marked', 'kidney_may_explain')""",
    },
    {
        "strong_picture": """CASE WHEN imaging_says = 'cord_pattern' OR (definite AND (large_cells OR standing))
            OR (nerves AND nitrous_oxide_exposed = 'yes') OR (blood_picture = 'megaloblastic' AND standing) THEN 'yes'
            WHEN neurological_picture = 'unknown' THEN 'unknown' ELSE 'no' END""",
    },
    {
        "clinical_support": """CASE WHEN strong_picture = 'yes' THEN 'strong' WHEN nerves OR large_cells THEN 'fitting'
            WHEN blood_picture = 'anaemia_or_cytopenia' OR readings_agree = 'agree' THEN 'weak'
            WHEN neurological_picture = 'none' OR blood_picture = 'normal' THEN 'none' ELSE 'unknown' END""",
    },
    {
        "strong": "clinical_support = 'strong'",
        "fitting": "clinical_support = 'fitting'",
    },
    {
        "deficiency": """CASE WHEN first_line = 'out_of_scope' THEN 'not_assessable'
            WHEN first_line = 'deficient' THEN CASE
                WHEN functional_evidence = 'present' THEN 'confirmed'
                WHEN functional_evidence = 'suggestive' THEN CASE WHEN lowered THEN 'probable' ELSE 'confirmed' END
                WHEN functional_evidence = 'absent' THEN
                    CASE WHEN strong OR standing THEN 'probable' WHEN lowered THEN 'unlikely' ELSE 'possible' END
                WHEN lowered THEN CASE WHEN strong OR fitting OR standing THEN 'probable' ELSE 'possible' END
                WHEN strong OR fitting OR standing OR clinical_support = 'weak' THEN 'confirmed' ELSE 'probable' END
            WHEN first_line = 'indeterminate' THEN CASE
                WHEN functional_evidence = 'present' THEN 'confirmed' WHEN functional_evidence = 'suggestive' THEN 'probable'
                WHEN functional_evidence = 'absent' THEN
                    CASE WHEN strong OR (fitting AND high) THEN 'possible' ELSE 'unlikely' END
                WHEN strong OR standing OR (fitting AND high) THEN 'probable' ELSE 'possible' END
            WHEN first_line = 'ample' THEN CASE
                WHEN functional_evidence = 'present' THEN
                    CASE WHEN strong OR fitting OR high THEN 'confirmed' ELSE 'probable' END
                WHEN functional_evidence = 'suggestive' THEN
                    CASE WHEN strong OR fitting OR high THEN 'probable' ELSE 'possible' END
                WHEN functional_evidence = 'absent' THEN
                    CASE WHEN strong OR (fitting AND high) THEN 'possible' ELSE 'unlikely' END
                WHEN high THEN CASE WHEN strong OR fitting THEN 'probable' ELSE 'possible' END
                WHEN strong OR (fitting AND risk IN ('irreversible', 'present')) THEN 'possible' ELSE 'unlikely' END
            WHEN functional_evidence = 'absent' THEN CASE WHEN strong THEN 'possible' ELSE 'unlikely' END
            WHEN first_line = 'unreadable' THEN CASE
                WHEN functional_evidence = 'present' THEN 'confirmed'
                WHEN functional_evidence = 'suggestive' OR strong OR (fitting AND high) THEN 'probable'
                WHEN fitting THEN 'possible'
                WHEN high OR standing OR clinical_support = 'unknown' THEN 'not_assessable' ELSE 'unlikely' END
            WHEN functional_evidence = 'present' THEN
                CASE WHEN clinical_support IN ('none', 'unknown') THEN 'probable' ELSE 'confirmed' END
            WHEN functional_evidence = 'suggestive' THEN CASE WHEN strong OR fitting THEN 'probable' ELSE 'possible' END
            WHEN strong OR fitting THEN CASE WHEN high THEN 'probable' WHEN strong OR standing THEN 'possible'
                ELSE 'not_assessable' END
            ELSE 'not_assessable' END""",
    },
    {
        "likely": "deficiency IN ('confirmed', 'probable')",
        "thinkable": "deficiency IN ('confirmed', 'probable', 'possible')",
        "doubtful": "deficiency IN ('probable', 'possible')",
        "starts": "replacement IN ('start_now', 'start', 'trial')",
        "low_total": "total_b12_says IN ('deficient', 'indeterminate')",
        "small": "mcv_class IN ('normocytic', 'microcytic')",
        "unlike": "blood_picture IN ('anaemia_or_cytopenia', 'megaloblastic')",
    },
    {
        "interpretation__functional_deficiency": f"""CASE WHEN (likely AND functional_evidence IN ('present', 'suggestive')
                AND first_line IN ('ample', 'unreadable'))
            OR (deficiency = 'probable' AND undecided_markers AND high AND first_line = 'ample') THEN {YES} ELSE {NO} END""",
        "interpretation__normal_b12_does_not_exclude": f"""CASE WHEN thinkable AND total_b12_says = 'ample'
            THEN {YES} ELSE {NO} END""",
        "interpretation__high_b12_does_not_exclude": f"""CASE WHEN NOT thinkable THEN {NO}
            WHEN total_b12_says = 'above_range' THEN {YES} WHEN total_b12_says <> 'not_measured' THEN {NO}
            WHEN total_b12_range = 'above' THEN {YES} WHEN total_b12_range = 'unknown' THEN {OPEN} ELSE {NO} END""",
        "interpretation__normal_blood_count_does_not_exclude": f"""CASE
            WHEN likely AND (blood_picture = 'normal' OR (unlike AND small)) THEN {YES}
            WHEN likely AND (blood_picture = 'unknown' OR (unlike AND mcv_class = 'unknown')) THEN {OPEN}
            WHEN deficiency = 'possible' AND blood_picture = 'normal' AND nerves THEN {YES}
            WHEN deficiency = 'possible' AND blood_picture IN ('normal', 'unknown')
                AND (nerves OR neurological_picture = 'unknown') THEN {OPEN} ELSE {NO} END""",
        "interpretation__normal_mma_does_not_exclude": f"""CASE WHEN thinkable AND functional_evidence = 'absent' THEN {YES}
            WHEN likely AND mma_says IN ('normal', 'borderline') AND strong THEN {YES}
            WHEN likely AND mma_says IN ('normal', 'borderline') AND clinical_support = 'unknown' THEN {OPEN} ELSE {NO} END""",
        "interpretation__low_total_b12_low_haptocorrin": f"""CASE WHEN deficiency = 'unlikely' AND low_total
            AND functional_evidence = 'absent' AND (lowered OR active_b12_says = 'ample') THEN {YES} ELSE {NO} END""",
        "data_quality__insufficient_data": f"""CASE WHEN deficiency = 'not_assessable' AND (first_line = 'not_measured'
            OR (first_line = 'unreadable' AND clinical_support = 'unknown')) THEN {YES} ELSE {NO} END""",
        "action__follow_up_repeat": f"""CASE WHEN starts OR tablets_failed = 'yes' THEN {YES}
            WHEN replacement = 'undecided' AND deficiency = 'possible' THEN {YES}
            WHEN replacement = 'none' AND (total_b12_says = 'indeterminate' OR (deficiency = 'unlikely' AND definite)
                OR reason_on_record = 'standing_risk'
                OR (total_b12_trend = 'falling' AND (metformin = 'yes' OR acid_suppression = 'yes'))) THEN {YES}
            WHEN tablets_failed = 'unknown' THEN {OPEN}
            WHEN replacement = 'none' AND ((deficiency = 'unlikely' AND neurological_picture = 'unknown')
                OR reason_on_record = 'unknown' OR (total_b12_trend IN ('falling', 'unknown')
                    AND (metformin <> 'no' OR acid_suppression <> 'no'))) THEN {OPEN} ELSE {NO} END""",
        "next_test__repeat_b12": f"""CASE WHEN (total_b12_says = 'not_measured'
                AND total_b12_reading IN ('unit_missing', 'unit_impossible', 'implausible'))
            OR (treatment_state <> 'on' AND ((readings_agree = 'conflict' AND biotin_interference <> 'likely' AND NOT likely)
                OR (replacement = 'undecided' AND deficiency = 'probable' AND first_line = 'deficient'))) THEN {YES}
            WHEN total_b12_says = 'not_measured' AND total_b12_reading = 'unknown' THEN {OPEN} ELSE {NO} END""",
        "next_test__mma": f"""CASE WHEN nitrous_oxide_exposed = 'yes' OR kidney = 'severe' THEN {NO}
            WHEN deficiency = 'possible' AND mma_says = 'not_measured'
                AND (undecided_markers OR functional_evidence = 'suggestive') THEN {YES}
            WHEN functional_evidence <> 'not_measured' THEN {NO}
            WHEN deficiency = 'probable' AND (first_line IN ('indeterminate', 'ample', 'unreadable', 'not_measured')
                OR (replacement = 'undecided' AND first_line = 'deficient')) THEN {YES}
            WHEN kidney = 'reduced' THEN {NO}
            WHEN deficiency = 'unlikely' THEN CASE WHEN definite THEN {YES} WHEN neurological_picture = 'unknown' THEN {OPEN}
                ELSE {NO} END
            WHEN deficiency = 'not_assessable' AND in_scope <> 'under_16' THEN CASE WHEN sample_after_dose = 'yes' THEN {YES}
                WHEN sample_after_dose = 'unknown' THEN {OPEN} ELSE {NO} END
            ELSE {NO} END""",
        "next_test__homocysteine": f"""CASE WHEN functional_evidence <> 'not_measured' OR deficiency = 'confirmed'
            OR nitrous_oxide_exposed = 'no' THEN {NO} WHEN nitrous_oxide_exposed = 'yes' THEN {YES} ELSE {OPEN} END""",
        "next_test__holotc": f"""CASE WHEN active_b12_says <> 'not_measured' OR deficiency IN ('confirmed', 'unlikely') THEN {NO}
            WHEN (low_total OR total_b12_says = 'not_measured') AND pregnant = 'yes' THEN {YES}
            WHEN low_total AND deficiency <> 'not_assessable' AND pregnant <> 'yes' AND binder_lowered = 'yes' THEN {YES}
            WHEN deficiency = 'possible' AND kidney = 'severe' THEN {YES}
            WHEN (low_total OR total_b12_says = 'not_measured') AND pregnant = 'unknown' THEN {OPEN}
            WHEN low_total AND deficiency <> 'not_assessable' AND pregnant <> 'yes' AND binder_lowered = 'unknown' THEN {OPEN}
            WHEN deficiency = 'possible' AND kidney = 'unknown' THEN {OPEN} ELSE {NO} END""",
        "next_test__renal_function": f"""CASE WHEN next_test__renal_function__now OR (kidney = 'unknown'
            AND homocysteine_says = 'raised' AND mma_says = 'not_measured' AND doubtful) THEN {YES} ELSE {NO} END""",
        "next_test__folate": f"""CASE WHEN folate_says <> 'not_measured' THEN {NO}
            WHEN homocysteine_says = 'raised' AND doubtful THEN {YES}
            WHEN replacement NOT IN ('start_now', 'start') THEN {NO} WHEN large_cells THEN {YES}
            WHEN blood_picture = 'unknown' THEN {OPEN} ELSE {NO} END""",
    },
)  # fmt: skip


class Chapters(NamedTuple):
    query: Query
    words: dict[str, tuple[str, ...]]
    """Every column -> the words for its values."""
    asked: dict[str, tuple[int, ...]]
    """Every input -> the values that it can have."""


def chapters(bits: bool = True) -> Chapters:
    """The three chapters; what they ask of others stands among the facts. ``bits``: as ``bitmaps`` likes it."""
    kept = json.loads(FILE.read_bytes())
    tables = msgspec.convert(with_reasons(kept["tables"]), tuple[Table, ...])
    given = {name: ("unknown", *one["values"]) for name, one in kept["answers"].items()}
    inputs = {**{name: tuple(values) for name, values in kept["facts"].items()}, **given}
    facts = {name: Fact(name, name, values, "", ()) for name, values in inputs.items()}
    policies = {name: tuple(values) for name, values in kept["policies"].items()}
    nothing: dict[str, Any] = {}
    ruleset = Ruleset("", "", nothing, nothing, nothing, nothing, facts, policies, tables, nothing, nothing)
    query = rules_query(ruleset, Pack("kept", "", "guideline", {}, kept["pack"]), rows=False, bits=bits)
    words = {**inputs, **{one.name: one.words for one in query.outputs}}
    asked = {name: tuple(range(len(values))) for name, values in inputs.items()}
    for name, one in kept["answers"].items():
        asked[name] = tuple(given[name].index(word) for word in one["given"])
    return Chapters(query, words, asked)


# --- By hand ---------------------------------------------------------------------------------------------------------

ASKED = re.compile(r"(\w+) (=|<>) '([^']*)'")
AMONG = re.compile(r"(\w+) (IN|NOT IN) \(('[^']*'(?:, '[^']*')*)\)")
ANSWERED = re.compile(r"(THEN|ELSE) '([^']*)'")
Literal = Callable[[str, str], str]


def fused(source: str, outputs: list[str], literal: Literal) -> str:
    """The text by hand over a table of facts; ``literal`` writes a word of a column."""

    def written(target: str, text: str) -> str:
        text = AMONG.sub(
            lambda m: (
                f"{m[1]} {m[2]} ({', '.join(literal(m[1], w) for w in m[3][1:-1].split(chr(39) + ', ' + chr(39)))})"
            ),
            text,
        )
        text = ASKED.sub(lambda m: f"{m[1]} {m[2]} {literal(m[1], m[3])}", text)
        return ANSWERED.sub(lambda m: f"{m[1]} {literal(target, m[2])}", text)

    before, parts = source, []
    for number, stage in enumerate(STAGES):
        columns = ", ".join(f"{written(name, text)} AS {name}" for name, text in stage.items())
        parts.append(f"stage_{number} AS (SELECT *, {columns} FROM {before})")
        before = f"stage_{number}"
    return f"WITH {', '.join(parts)} SELECT {', '.join(('person_id', 'index_day', *outputs))} FROM {before}"


class Types:
    """The closed types of the result: one for each list of words."""

    def __init__(self, base: engine.Base) -> None:
        self.base = base
        self.names: dict[tuple[str, ...], str] = {}

    def of(self, words: Iterable[str]) -> str:
        key = tuple(dict.fromkeys(word for word in words if word))
        if key not in self.names:
            self.names[key] = f"words_{len(self.names)}"
            self.base.execute(f"CREATE TYPE {self.names[key]} AS ENUM ({', '.join(map(quoted, key))})")
        return self.names[key]


def on_duckdb(kept: Chapters, types: Types, source: str) -> str:
    def literal(column: str, word: str) -> str:
        if column in kept.asked:
            return str(kept.words[column].index(word))
        return f"'{word}'::{types.of(kept.words[column])}"

    return fused(source, [one.name for one in kept.query.outputs], literal)


def on_polars(kept: Chapters, source: Path, target: Path) -> None:
    import polars as pl

    text = fused(
        "facts",
        [one.name for one in kept.query.outputs],
        lambda column, word: str(kept.words[column].index(word)),
    )
    with pl.SQLContext(facts=pl.scan_parquet(source)) as context:
        said = context.execute(text, eager=False)
        enums = [
            pl.col(one.name).cast(pl.UInt8).cat.to(pl.Enum(list(one.words))) for one in kept.query.outputs
        ]
        said.with_columns(enums).sink_parquet(target, compression="snappy")


# --- Side by side ----------------------------------------------------------------------------------------------------


def fill(base: duckdb.DuckDBPyConnection, kept: Chapters, people: int, target: Path) -> None:
    """People of whom 30, 60 or 90 in a hundred facts are known."""

    def drawn(values: tuple[int, ...]) -> str:
        one = f"({list(values)})[1 + floor(random() * {len(values)})::INTEGER]"
        return f"CASE WHEN random() < share THEN {one} ELSE 0 END" if 0 in values else one

    columns = ", ".join(f"({drawn(values)})::UTINYINT AS {name}" for name, values in kept.asked.items())
    base.execute("SELECT setseed(0.7)")
    base.execute(
        f"COPY (SELECT 'p' || i AS person_id, 20400::INTEGER AS index_day, {columns} "
        f"FROM (SELECT i, [0.3, 0.6, 0.9][1 + i % 3] AS share FROM range({people}) t(i))) TO '{target}' (FORMAT parquet)"
    )


def differences(base: duckdb.DuckDBPyConnection, one: Path, other: Path) -> int:
    """Rows that stand in one file and not in the other, by the columns of the other."""
    names = ", ".join(row[0] for row in base.execute(f"DESCRIBE FROM '{other}'").fetchall())
    return sum(
        base.execute(
            f"SELECT COUNT(*) FROM (SELECT {names} FROM '{a}' EXCEPT ALL SELECT {names} FROM '{b}')"
        ).fetchall()[0][0]
        for a, b in ((one, other), (other, one))
    )


def measure(people: int = PEOPLE, rounds: int = ROUNDS) -> Mapping[str, tuple[float, float]]:
    """Processor and clock seconds of each, after all have said the same of everybody."""
    kept = chapters()
    with tempfile.TemporaryDirectory() as name, engine.connected(Path(name) / "scratch", "4GB", 2) as base:
        folder = Path(name)
        facts = folder / "facts.parquet"
        fill(base, kept, people, facts)
        types = Types(base)
        judge = engine.judge_for(kept.query)
        known = engine.never_missing(base, facts)
        ours = engine.facts_text(kept.query, f"'{facts}'", known)
        hand = on_duckdb(kept, types, f"'{facts}'")

        def generated() -> None:
            read = base.sql(ours).to_arrow_reader(engine.BATCH)
            written(engine.answers(judge.plan, read), judge.typed, folder / "generated.parquet")

        def by_hand() -> None:
            base.execute(f"COPY ({hand}) TO '{folder}/hand.parquet' (FORMAT parquet)")

        def polars() -> None:
            on_polars(kept, facts, folder / "polars.parquet")

        names = ("generated", "hand", "polars")
        found = dict(zip(names, least_by_turns(generated, by_hand, polars, rounds=rounds), strict=True))
        for other in names[1:]:
            wrong = differences(base, folder / "generated.parquet", folder / f"{other}.parquet")
            if wrong:
                raise SystemExit(f"generated and {other} differ in {wrong:,} rows of {people:,} people")
        return found


def main() -> None:
    people, rounds = people_and_rounds(__doc__, PEOPLE, ROUNDS)
    found = measure(people, rounds)
    ours = found["generated"]
    for name, title in (("hand", "SQL fused by hand on DuckDB"), ("polars", "the same by hand on Polars")):
        processor, clock = (mine / theirs for mine, theirs in zip(ours, found[name], strict=True))
        target = f" (target {TARGET})" if name == "hand" else ""
        print(f"generated / {title}: {processor:.2f} x of processor, {clock:.2f} x on the clock{target}")
    print(f"{people:,} people, three chapters, Parquet to Parquet, two cores; all say the same of everybody")
    for name, (processor, clock) in found.items():
        print(f"{name:<10} {processor:6.2f} s of processor, {clock:6.2f} s on the clock")


if __name__ == "__main__":
    main()
