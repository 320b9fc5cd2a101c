"""The pages on a terminal: colour and wrapping where there is a screen, plain wrapped text everywhere else."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from cobalens.model.interpretation import Node
from cobalens.report.explain import outline
from cobalens.report.items import Section
from cobalens.report.text import harmless, plain, wrapped

if TYPE_CHECKING:
    from rich.console import Console
    from rich.tree import Tree

NARROW, WIDE, DEFAULT = 40, 120, 80
URGENT = "urgent"
EDGE, HEAVY = "=", "━"
"""What stands above and below that which cannot wait: on paper, and on a screen."""
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
        print(written(sections, width()))


def pressing(sections: Iterable[Section]) -> list[Section]:
    """The answer in one line, directly below it what cannot wait, and only then the rest of the answer."""
    found = list(sections)
    names = [one.kind for one in found]
    if "answer" not in names or URGENT not in names[names.index("answer") :]:
        return found
    place = names.index("answer")
    answer = found[place]
    urgent = [one for one in found[place:] if one.kind == URGENT]
    rest = [replace(answer, heading="", items=answer.items[1:])] if len(answer.items) > 1 else []
    after = [one for one in found[place + 1 :] if one.kind != URGENT]
    return [*found[:place], replace(answer, items=answer.items[:1]), *urgent, *rest, *after]


def written(sections: Iterable[Section], columns: int) -> str:
    blocks = []
    for section in pressing(sections):
        if section.kind == URGENT:
            edge = EDGE * columns
            loud = replace(section, heading=section.heading.upper())
            blocks.append(f"{edge}\n{plain([loud], columns)}\n{edge}")
        else:
            blocks.append(plain([section], columns))
    return "\n\n".join(blocks)


def draw(sections: Iterable[Section], console: Console) -> None:
    """Sections with a rule above each and hanging bullets; what cannot wait stands between two heavy ones."""
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    for section in pressing(sections):
        style = STYLES[section.kind]
        urgent = section.kind == URGENT
        head = Text(section.heading, style=style)
        if urgent:
            console.rule(head, align="left", characters=HEAVY, style=style)
        elif section.heading:
            console.rule(head, align="left", style="dim")
        for item in section.items:
            line = Table.grid(padding=(0, 1))
            line.add_column(width=1)
            line.add_column(ratio=1)
            body = Text()
            if item.title:
                body.append(harmless(item.title), style="bold red" if item.urgent else "bold")
                body.append(": " if item.text else "")
            body.append(harmless(item.text), style="bold" if urgent else "")
            for one in item.detail:
                body.append(f"\n{harmless(one)}", style="dim")
            line.add_row("•", body)
            console.print(Padding(line, (0, 0, 0, 1)))
            if item.verbatim:
                console.print(Text(f"     {item.verbatim}", style="green"), soft_wrap=True)
        if urgent:
            console.rule(characters=HEAVY, style=style)
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
        branch = tree.add(Text(harmless(node.text), style=NODES[node.kind]))
        for child in node.children:
            grow(branch, child)

    for node in nodes:
        tree = Tree(Text(harmless(node.text), style=NODES[node.kind]), guide_style="dim")
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
        lines += wrapped(harmless(node.text), indent, f"{indent}  ", max(columns, len(indent) + NARROW))
    return "\n".join(lines)
