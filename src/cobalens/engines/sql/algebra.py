"""The same conditions in fewer steps, where they are bits: what all alternatives ask is asked once, what many columns ask has one.

Boolean algebra alone: distribution, absorption and De Morgan's laws.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from msgspec import Struct

from cobalens.engines.sql.rules import Column

Node: TypeAlias = "str | Step"
AND, OR, NOT = "&", "|", "xor"
TOKEN = re.compile(r"\((?:[^()]|\([^()]*\))*\)::UTINYINT|xor\(|, 1\)|[()&|]|\w+")
WORTH = 3
"""Steps that a column of its own must save, since it has to be handed on."""


class Step(Struct, frozen=True):
    """Conditions joined by AND or OR, in the order in which they were met, or one denied."""

    sign: str
    parts: tuple[Node, ...]


def read(text: str) -> Node:
    """A condition as ``masks`` writes it."""
    tokens = TOKEN.findall(text)
    at = 0

    def one() -> Node:
        nonlocal at
        token = tokens[at]
        at += 1
        if token == "xor(":
            inner = one()
            at += 1
            return denied(inner)
        if token != "(":
            return str(token)
        parts, sign = [one()], ""
        while tokens[at] != ")":
            sign = tokens[at]
            at += 1
            parts.append(one())
        at += 1
        return joined(sign, parts) if sign else parts[0]

    found = one()
    assert at == len(tokens), text
    return found


def written(node: Node) -> str:
    if isinstance(node, str):
        return node
    parts = [written(part) for part in node.parts]
    return f"xor({parts[0]}, 1)" if node.sign == NOT else f"({f' {node.sign} '.join(parts)})"


def denied(node: Node) -> Node:
    return node.parts[0] if isinstance(node, Step) and node.sign == NOT else Step(NOT, (node,))


def joined(sign: str, parts: Iterable[Node]) -> Node:
    """The parts joined in one step, each once; what is denied of them is denied together."""
    flat: dict[Node, None] = {}
    for part in parts:
        flat |= dict.fromkeys(part.parts if isinstance(part, Step) and part.sign == sign else (part,))
    against = [part for part in flat if isinstance(part, Step) and part.sign == NOT]
    if len(against) > 1:
        together = joined(other(sign), [denied(part) for part in against])
        kept = [part for part in flat if part not in against]
        return joined(sign, [*kept, denied(together)]) if kept else denied(together)
    return Step(sign, tuple(flat)) if len(flat) > 1 else next(iter(flat))


def other(sign: str) -> str:
    return OR if sign == AND else AND


def factored(node: Node) -> Node:
    """With what several alternatives have in common written once."""
    if isinstance(node, str):
        return node
    parts = [factored(part) for part in node.parts]
    if node.sign == NOT:
        return denied(parts[0])
    again = joined(node.sign, parts)
    if isinstance(again, str) or again.sign != node.sign:
        return again
    sign, inner = node.sign, other(node.sign)
    held = [part.parts if isinstance(part, Step) and part.sign == inner else (part,) for part in again.parts]
    common, times = Counter(part for parts in held for part in parts).most_common(1)[0]
    if times < 2:
        return again
    without = [
        joined(inner, left) if (left := [p for p in parts if p != common]) else None
        for parts in held
        if common in parts
    ]
    rest = [joined(inner, parts) for parts in held if common not in parts]
    # Where one alternative asks for nothing else, the others add nothing.
    shared = (
        common
        if None in without
        else joined(inner, [common, factored(joined(sign, [p for p in without if p is not None]))])
    )
    return factored(joined(sign, [shared, *rest])) if rest else shared


def steps(node: Node) -> int:
    if isinstance(node, str):
        return 0
    return max(1, len(node.parts) - 1) + sum(map(steps, node.parts))


def simpler(made: Mapping[str, Column]) -> dict[str, Column]:
    """Every condition in fewer steps."""
    return {
        name: column if column.number else Column(name, written(factored(read(column.condition))))
        for name, column in made.items()
    }


def shared(made: Mapping[str, Column]) -> dict[str, Column]:
    """With a column for each part that several others would work out, each before those that read it."""
    nodes = {name: read(column.condition) for name, column in made.items() if not column.number}
    times: Counter[Node] = Counter()
    left = list(nodes.values())
    while left:
        node = left.pop()
        times[node] += 1
        if times[node] == 1 and isinstance(node, Step):
            left += node.parts
    worth = {node for node, n in times.items() if (n - 1) * steps(node) >= WORTH}
    names: dict[Node, str] = {}
    found: dict[str, Column] = {}

    def put(node: Node) -> Node:
        if isinstance(node, str):
            return node
        if node in names:
            return names[node]
        inner = Step(node.sign, tuple(put(part) for part in node.parts))
        if node not in worth:
            return inner
        name = names[node] = f"shared__{len(names)}"
        found[name] = Column(name, written(inner))
        return name

    for name, column in made.items():
        if name not in nodes:
            found[name] = column
        elif (node := nodes[name]) in worth and node not in names and isinstance(node, Step):
            inner = Step(node.sign, tuple(put(part) for part in node.parts))
            found[name], names[node] = Column(name, written(inner)), name
        else:
            found[name] = Column(name, written(put(node)))
    return found
