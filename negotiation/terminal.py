"""The same page in a terminal: bold titles, ruled tables, wrapped to the window."""

from __future__ import annotations

from .text import Block

__all__ = ["show"]


def show(blocks: tuple[Block, ...]) -> None:
    """Print blocks to the terminal, in colour unless NO_COLOR is set."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    for k, block in enumerate(blocks):
        console.print(Text(block.title, style="bold reverse" if k == 0 else "bold"))
        for j, line in enumerate(block.lines):
            console.print(Text(line, style="bold" if k == j == 0 else ""))
        if block.header:
            table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), header_style="dim")
            for name in block.header:
                table.add_column(Text(name), overflow="fold")
            for row in block.rows:
                table.add_row(*map(Text, row))
            console.print(table)
        for note in block.notes:
            console.print(Text(note, style="dim"))
        console.print()
