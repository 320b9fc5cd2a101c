"""The pages on a terminal: colour and wrapping where there is a screen, plain wrapped text everywhere else."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from cobalens.model.interpretation import Node
from cobalens.report.explain import outline
from cobalens.report.items import Section
from cobalens.report.text import plain, wrapped

if TYPE_CHECKING:
    from rich.console import Console
    from rich.tree import Tree

NARROW, WIDE, DEFAULT = 40, 120, 80
STYLES = {
    "answer": "bold cyan",
    "urgent": "bold red",
    "small": "dim",
    "closing": "bold green",
    "plain": "bold",
}
NODES = {
    "statement": "bold",
    "row": "",
    "fact": "cyan",
    "limit": "yellow",
    "source": "dim",
    "as_above": "dim",
}


def has_screen() -> bool:
    """Colour is shown on a terminal only, and not where NO_COLOR or a dumb terminal asks for none."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def width() -> int:
    """As ``COLUMNS`` says, else of the screen. ``shutil`` knows it too, but brings every way of packing files along."""
    told = os.environ.get("COLUMNS", "")
    try:
        wide = int(told) if told.isdecimal() else os.get_terminal_size().columns
    except OSError:
        wide = DEFAULT
    return max(NARROW, min(WIDE, wide))


def show(sections: Iterable[Section]) -> None:
    if has_screen():
        from rich.console import Console

        draw(sections, Console(width=width(), highlight=False))
    else:
        print(plain(sections, width()))


def draw(sections: Iterable[Section], console: Console) -> None:
    """Sections with a rule above each and hanging bullets."""
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    for section in sections:
        style = STYLES[section.kind]
        console.rule(Text(section.heading, style=style), align="left", style="dim")
        for item in section.items:
            line = Table.grid(padding=(0, 1))
            line.add_column(width=1)
            line.add_column(ratio=1)
            body = Text()
            if item.title:
                body.append(item.title, style="bold red" if item.urgent else "bold")
                body.append(": " if item.text else "")
            body.append(item.text)
            for one in item.detail:
                body.append(f"\n{one}", style="dim")
            line.add_row("•", body)
            console.print(Padding(line, (0, 0, 0, 1)))
            if item.verbatim:
                console.print(Text(f"     {item.verbatim}", style="green"), soft_wrap=True)
        console.print()


def show_tree(nodes: Iterable[Node]) -> None:
    if has_screen():
        from rich.console import Console

        draw_tree(nodes, Console(width=width(), highlight=False))
    else:
        print(plain_tree(nodes, width()))


def draw_tree(nodes: Iterable[Node], console: Console) -> None:
    from rich.text import Text
    from rich.tree import Tree

    def grow(tree: Tree, node: Node) -> None:
        branch = tree.add(Text(node.text, style=NODES[node.kind]))
        for child in node.children:
            grow(branch, child)

    for node in nodes:
        tree = Tree(Text(node.text, style=NODES[node.kind]), guide_style="dim")
        for child in node.children:
            grow(tree, child)
        console.print(tree)
        console.print()


def plain_tree(nodes: Iterable[Node], columns: int) -> str:
    lines: list[str] = []
    for depth, node in outline(nodes):
        if depth == 0 and lines:
            lines.append("")
        indent = "  " * depth
        lines += wrapped(node.text, indent, f"{indent}  ", max(columns, len(indent) + NARROW))
    return "\n".join(lines)
