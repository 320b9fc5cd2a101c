"""Every joint of the texts is in the layout, none is left over, and an explanation reaches the source."""

from __future__ import annotations

import re
from pathlib import Path

import cobalens
from cobalens.api import load
from cobalens.model.interpretation import Node
from cobalens.report.change import TOLD
from cobalens.report.difference import AXES

SRC = Path(cobalens.__file__).parent
COMPUTED = {
    "mark_memory",
    "mark_proposal",
    "read_current",
    "read_past",
    "read_planned",
    "unit_a",
    "not_looked_for",
    "change_learned",
    "change_were",
    "fact_learned",
    "fact_were",
    "pack_limit",
    "pack_policy",
    "basis_population",
    "basis_re_measurement",
    "basis_equal",
    "results_new",
    "results_changed",
    "results_gone",
} | {
    f"{kind}_{name}"
    for kind, names in (
        ("question", ("answer", "deficiency", "replacement", "urgency")),
        ("side", (*AXES, *TOLD)),
    )
    for name in names
}
"""Keys that code puts together from a value."""
FAMILIES = ("", "rulebook_", "form_", "cohort_")
"""What a part of the program puts before all its keys."""
ASKED = ("form_ask_", "form_choice_", "plain_fact_")
"""What stands before the name of whatever a form asks the reader."""
EXAMPLE = SRC / "examples" / "published-case.json"


def keys_in_code() -> set[str]:
    code = "\n".join(
        path.read_text(encoding="utf-8")
        for part in ("report", "serve")
        for path in (SRC / part).rglob("*.py")
    )
    return set(re.findall(r"""["':]([a-z_0-9]+)["']""", code))


def beginnings_in_code() -> tuple[str, ...]:
    """Beginnings of keys that code completes from a value: ``f"fate_{…}"``."""
    code = "\n".join(
        path.read_text(encoding="utf-8")
        for part in ("report", "serve")
        for path in (SRC / part).rglob("*.py")
    )
    return tuple(set(re.findall(r"""f["']([a-z_0-9]+_)\{""", code)))


def test_every_layout_word_is_used() -> None:
    ruleset = load().ruleset
    words = {key.removeprefix("layout:") for key in ruleset.text["en"] if key.startswith("layout:")}
    asked = {f"{ask}{name}" for ask in ASKED for name in (*ruleset.facts, *ruleset.concepts)}
    asked |= {f"plain_value_{value}" for fact in ruleset.facts.values() for value in fact.values}
    keys, beginnings = keys_in_code(), beginnings_in_code()
    idle = {
        word
        for word in words - COMPUTED - asked
        if not any(
            word.startswith(family)
            and (word[len(family) :] in keys or word[len(family) :].startswith(beginnings))
            for family in FAMILIES
        )
    }
    assert idle == set()


def test_every_layout_word_that_code_asks_for_exists() -> None:
    words = {key.removeprefix("layout:") for key in load().ruleset.text["en"] if key.startswith("layout:")}
    asked = set()
    for path in (SRC / "report").glob("*.py"):
        asked |= set(re.findall(r'layout\(\s*case,\s*"([a-z_0-9]+)"', path.read_text(encoding="utf-8")))
    assert asked
    assert asked - words == set()


def texts(node: Node) -> list[str]:
    return [node.kind, *(kind for child in node.children for kind in texts(child))]


def test_an_explanation_goes_from_the_statement_to_the_source() -> None:
    (node,) = cobalens.explain(EXAMPLE, "deficiency")
    assert node.kind == "statement"
    kinds = texts(node)
    assert {"row", "fact", "limit", "source"} <= set(kinds)


def test_without_a_code_the_answer_comes_first_and_every_finding_follows() -> None:
    nodes = cobalens.explain(EXAMPLE)
    said = cobalens.interpret(EXAMPLE)
    assert len(nodes) == 2 + len(said.supported())
    assert "needing replacement" in nodes[0].text


def test_a_finding_that_is_not_supported_says_what_it_waits_for() -> None:
    (node,) = cobalens.explain(EXAMPLE, "cause:pernicious_anaemia")
    assert "not" in node.text


def test_the_result_stands_with_its_limit_and_whose_it_is() -> None:
    text = cobalens.interpret(EXAMPLE).text.clinician
    assert "98 pmol/L, day 0: below 133 pmol/L (NICE NG239 (2024), secondary)" in text
