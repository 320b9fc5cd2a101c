"""Where in the rulebook a line of an explanation stands: its address below the rulebook's folder."""

from __future__ import annotations

from cobalens.model.interpretation import Node
from cobalens.model.ruleset import Ruleset

FINDING, ANY, POLICY = "finding.", "any.", "policy."


def place_of(ruleset: Ruleset, node: Node) -> str:
    """The page with its anchor; empty for what stands in no page, such as an entry of the record."""
    name = node.name
    if not name:
        return ""
    if node.kind == "source":
        return f"evidence.html#{name}"
    if node.kind in ("row", "as_above"):
        return f"{question(name.partition('.')[0])}#{name}"
    if name.startswith(POLICY):
        return f"policies.html#policy-{name.removeprefix(POLICY)}"
    if name in ruleset.facts:
        return f"facts.html#fact-{name}"
    if name.startswith(ANY):
        return question(name.removeprefix(ANY))
    return answered(node) or f"findings.html#{name.removeprefix(FINDING)}"


def answered(node: Node) -> str:
    """The question whose row speaks first below a statement, or below what a row asked."""
    first = next((one.name for one in node.children if one.kind in ("row", "as_above") and one.name), "")
    return question(first.partition(".")[0]) if first else ""


def question(name: str) -> str:
    return f"question-{name}.html"
