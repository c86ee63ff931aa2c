"""Pages as HTML: what the command line prints, for notebooks and the page with sliders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from negotiation.reporting.blocks import Block

__all__ = ["from_block", "from_blocks"]

_NUMBER = frozenset("0123456789.,-+%")


def from_blocks(blocks: Iterable[Block], level: int = 3) -> str:
    """Return blocks as HTML; everything that comes from a file is escaped.

    Parameters
    ----------
    blocks
        Of a page.
    level
        Of their headings.

    Examples
    --------
    >>> print(from_blocks([Block("A < B", lines=("One.", "- two", "- three"))]))
    <h3>A &lt; B</h3>
    <p>One.</p>
    <ul>
    <li>two</li>
    <li>three</li>
    </ul>
    """
    return "\n".join(from_block(b, level) for b in blocks)


def from_block(block: Block, level: int = 3) -> str:
    """Return one block as HTML."""
    parts = [f"<h{level}>{escape(block.title)}</h{level}>"] if block.title else []
    parts += _paragraphs(block.lines)
    if block.rows:
        parts += _table(block)
    parts += [f"<p><small>{escape(note)}</small></p>" for note in block.notes]
    return "\n".join(parts)


def _paragraphs(lines: tuple[str, ...]) -> Iterator[str]:
    """Yield sentences as paragraphs, items that follow each other as one list."""
    listing = False
    for line in lines:
        item = line.startswith("- ")
        if item != listing:
            yield "<ul>" if item else "</ul>"
        listing = item
        yield f"<li>{escape(line[2:])}</li>" if item else f"<p>{escape(line)}</p>"
    if listing:
        yield "</ul>"


def _table(block: Block) -> Iterator[str]:
    columns = list(zip(*block.rows, strict=True))
    numbers = [k > 0 and all(map(_is_number, column)) for k, column in enumerate(columns)]
    marks = [' class="number"' if yes else "" for yes in numbers]
    yield "<table>"
    if block.header:
        cells = "".join(
            f'<th scope="col"{mark}>{_cell(c)}</th>'
            for c, mark in zip(block.header, marks, strict=True)
        )
        yield f"<thead><tr>{cells}</tr></thead>"
    yield "<tbody>"
    for first, *rest in block.rows:
        cells = "".join(
            f"<td{mark}>{_cell(c)}</td>" for c, mark in zip(rest, marks[1:], strict=True)
        )
        yield f'<tr><th scope="row">{_cell(first)}</th>{cells}</tr>'
    yield "</tbody>"
    yield "</table>"


def _cell(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def _is_number(text: str) -> bool:
    """Tell a cell that holds a number, or nothing, so that its column can stand flush right."""
    return set(text) <= _NUMBER
