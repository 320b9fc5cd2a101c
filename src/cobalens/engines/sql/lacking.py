"""What some databases lack, written with what they have: the bits of several rows joined, and truth values as columns."""

from __future__ import annotations

from typing import Any

from cobalens.engines.sql.timelines.layout import WORD

BITS = "b12_bits"


def with_joined_bits(tree: Any) -> Any:
    """A statement without ``BIT_OR``: of every bit that stands in one of the rows, once, the sum."""
    import sqlglot
    from sqlglot import exp

    found = False
    for select in list(tree.find_all(exp.Select)):
        joined = list(select.find_all(exp.BitwiseOrAgg))
        joined = [one for one in joined if one.parent_select is select]
        if not joined:
            continue
        found = True
        for one in joined:
            bit = exp.column("bit", table=BITS)
            held = exp.NEQ(
                this=exp.paren(exp.BitwiseAnd(this=exp.paren(one.this.copy()), expression=bit.copy())),
                expression=exp.Literal.number(0),
            )
            case = exp.Case(ifs=[exp.If(this=held, true=bit)], default=exp.Literal.number(0))
            one.replace(exp.Sum(this=exp.Distinct(expressions=[case])))
        select.append("joins", exp.Join(this=exp.to_table(BITS), kind="CROSS"))
    if found:
        rows = ", ".join(f"({1 << place})" for place in range(WORD + 1))
        text = f"WITH {BITS} AS (SELECT CAST(bit AS BIGINT) AS bit FROM (VALUES {rows}) AS t(bit)) SELECT 1"
        parts = list(sqlglot.parse_one(text, read="duckdb").find_all(exp.CTE))
        held = tree.args.get("with_") or tree.args.get("with")
        if held is None:
            tree.set("with_", exp.With(expressions=parts))
        else:
            held.set("expressions", [*parts, *held.expressions])
    return tree


def with_plain_lists(tree: Any) -> Any:
    """A statement in which lists of constants have the names of their columns from the database, as SQLite wants it."""
    from sqlglot import exp

    for held in list(tree.find_all(exp.Values)):
        alias = held.args.get("alias")
        named = [one.name for one in alias.columns] if alias else []
        if not named:
            continue
        alias.set("columns", None)
        for column in held.parent_select.find_all(exp.Column):
            if column.name in named:
                column.set("this", exp.to_identifier(f"column{named.index(column.name) + 1}"))
    return tree


def without_truth_values(tree: Any) -> Any:
    """A statement in which whatever is true or false stands as a condition, and as a number everywhere else."""
    return _rewritten(tree, False)


def _rewritten(node: Any, asked: bool) -> Any:
    """``asked``: whether a condition must stand in its place."""
    from sqlglot import exp

    if isinstance(node, exp.Paren):
        node.set("this", _rewritten(node.this, asked))
        return node
    conditions = _conditions(node)
    for key, value in list(node.args.items()):
        if isinstance(value, exp.Expression):
            node.set(key, _rewritten(value, key in conditions))
        elif isinstance(value, list):
            node.set(
                key,
                [_rewritten(one, False) if isinstance(one, exp.Expression) else one for one in value],
            )
    if isinstance(node, exp.Boolean):
        one = exp.Literal.number(1 if node.this else 0)
        return exp.EQ(this=one, expression=exp.Literal.number(1)) if asked else one
    if isinstance(node, exp.Connector | exp.Not | exp.Predicate):
        return node if asked else _as_number(node)
    return exp.EQ(this=node, expression=exp.Literal.number(1)) if asked else node


def _conditions(node: Any) -> frozenset[str]:
    """The places in which a condition stands."""
    from sqlglot import exp

    if isinstance(node, exp.Connector):
        return frozenset({"this", "expression"})
    if isinstance(node, exp.Not | exp.Where | exp.Having):
        return frozenset({"this"})
    if isinstance(node, exp.Join):
        return frozenset({"on"})
    # Of `CASE x WHEN 1` the 1 is a value.
    if isinstance(node, exp.If) and not (isinstance(node.parent, exp.Case) and node.parent.this):
        return frozenset({"this"})
    return frozenset()


def _as_number(condition: Any) -> Any:
    """1 or 0, and nothing where the condition is unknown."""
    from sqlglot import exp

    return exp.Case(
        ifs=[
            exp.If(this=condition, true=exp.Literal.number(1)),
            exp.If(this=exp.Not(this=exp.paren(condition.copy())), true=exp.Literal.number(0)),
        ]
    )
