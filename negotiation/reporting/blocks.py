"""Blocks that make up a page, and their layout for a terminal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["MOST_ROWS", "WIDTH", "Block", "plain", "show"]

WIDTH = 100
"""Columns that a page may take."""

MOST_ROWS = 24
"""Longer tables are cut; the JSON has everything."""


@dataclass(frozen=True)
class Block:
    """One titled piece of a page: sentences, then a table, then notes.

    Attributes
    ----------
    title
        Names the block.
    lines
        Sentences, one to a paragraph; those that start with a dash are a list.
    header, rows
        A table, shown if it has rows; a line break in a cell stays.
    notes
        Sentences below the table.
    """

    title: str
    lines: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    notes: tuple[str, ...] = ()


_NARROWEST = 30
_GAP = "  "
_STYLES = {
    "title": "bold reverse",
    "head": "bold",
    "lead": "bold",
    "names": "italic",
    "rule": "dim",
}
_ANSWERS = {"yes": "green", "no": "red"}
"""Colours of cells that begin with an answer; the word stays, for those who see no colours."""
_OTHER_ANSWERS = frozenset({"undecided", "-", ""})


def plain(blocks: tuple[Block, ...], width: int = WIDTH) -> str:
    """Lay blocks out as plain text.

    Parameters
    ----------
    blocks
        From `text.page`.
    width
        Sentences are wrapped here, at 100 at most, and the cells of tables that would be wider.
    """
    return "\n".join(text for _, text in _lines(blocks, width)).rstrip() + "\n"


def show(blocks: tuple[Block, ...]) -> None:
    """Print blocks to the terminal, as wide as the window; no colours if NO_COLOR is set."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    for style, line in _lines(blocks, console.width):
        text = Text(line, style=_STYLES.get(style, ""), end="")
        for start in map(int, style.split()[1:]):
            word = _answer(line[start:])
            text.stylize(_ANSWERS.get(word, ""), start, start + len(word))
        console.print(text, soft_wrap=True)


def _lines(blocks: tuple[Block, ...], width: int) -> Iterator[tuple[str, str]]:
    """Yield every line with its style; of rows, also the columns where an answer may stand."""
    width = max(width, _NARROWEST)
    for k, block in enumerate(blocks):
        yield ("head" if k else "title"), block.title
        for j, line in enumerate(block.lines):
            style = "lead" if k == j == 0 else ""
            yield from ((style, text) for text in _sentence(line, width))
        if block.rows:
            head, *rows = _table((block.header, *block.rows), width)
            yield from (("names", text) for text in head[:-1])
            yield "rule", head[-1]
            style = f"row {_answer_columns(block.rows, head[-1])}"
            for first, *more in rows:
                yield style, first
                yield from (("row", text) for text in more)
        for note in block.notes:
            yield from (("", text) for text in _sentence(note, width))
        yield "", ""


def _sentence(text: str, width: int) -> list[str]:
    """Wrap a sentence; items of a list hang."""
    import textwrap

    hang = "  " if text.startswith("- ") else ""
    return textwrap.wrap(
        text, min(width, WIDTH), subsequent_indent=hang, break_on_hyphens=False
    ) or [""]


def _table(rows: tuple[tuple[str, ...], ...], width: int) -> list[list[str]]:
    """Lay out a table: the lines of each row, with a rule below the first row."""
    widths = _widths(rows, width - len(_GAP) * len(rows[0]))
    table_lines = []
    for row in rows:
        cells = [_wrapped(cell, w) for cell, w in zip(row, widths, strict=True)]
        height = max(map(len, cells))
        columns = [cell + [""] * (height - len(cell)) for cell in cells]
        table_lines.append([_joined(line, widths) for line in zip(*columns, strict=True)])
    table_lines[0].append(_joined(tuple("-" * w for w in widths), widths))
    return table_lines


def _answer_columns(rows: tuple[tuple[str, ...], ...], rule: str) -> str:
    """Return where in a line the columns begin that hold nothing but answers, yes or no."""
    starts = [match.start() for match in re.finditer(r"-+", rule)]
    columns = zip(starts, zip(*rows, strict=True), strict=True)
    allowed = _ANSWERS.keys() | _OTHER_ANSWERS
    return " ".join(str(at) for at, cells in columns if allowed.issuperset(map(_answer, cells)))


def _answer(cell: str) -> str:
    """Return the word at the start of a cell, up to a comma, a colon or a gap.

    Examples
    --------
    >>> _answer("yes, risk-dominant"), _answer("no: it pays"), _answer("no deal")
    ('yes', 'no', 'no deal')
    """
    return re.split(r"[,:]|\s\s|$", cell, maxsplit=1)[0]


def _joined(cells: tuple[str, ...], widths: list[int]) -> str:
    padded = (c + " " * (w - _cells(c)) for c, w in zip(cells, widths, strict=True))
    return (_GAP + _GAP.join(padded)).rstrip()


def _widths(rows: tuple[tuple[str, ...], ...], room: int) -> list[int]:
    """Return column widths, narrowing the widest column until the table fits."""
    columns = list(zip(*rows, strict=True))
    widths = [max(_cells(line) for c in column for line in c.split("\n")) for column in columns]
    least = [max(_cells(p.rstrip()) for c in column for p in _pieces(c)) for column in columns]
    while sum(widths) > room:
        spare = [w if w > low else 0 for w, low in zip(widths, least, strict=True)]
        if not any(spare):
            break
        widths[spare.index(max(spare))] -= 1
    return widths


def _wrapped(cell: str, width: int) -> list[str]:
    lines = []
    for forced in cell.split("\n"):
        line = ""
        for piece in _pieces(forced):
            if line and _cells((line + piece).rstrip()) > width:
                lines.append(line.rstrip())
                line = ""
            line += piece
        lines.append(line.rstrip())
    return lines


def _pieces(cell: str) -> list[str]:
    """Split a cell at its break points: after spaces and plus signs inside names."""
    return re.split(r"(?<=[ \n])|(?<=\w\+)", cell)


def _cells(text: str) -> int:
    """Return the width of a text in terminal columns."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) > 0 for c in text)
