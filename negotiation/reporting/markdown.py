"""Pieces of GitHub-flavoured Markdown that GitHub and pandoc read alike."""

from __future__ import annotations

import re

from negotiation.reporting.blocks import Block

__all__ = ["bullets", "escape", "from_block", "image", "maths", "table"]

_SPECIAL = re.compile(r"([\\`*_\[\]<>|$~#])")


def escape(text: str) -> str:
    r"""Make text mean itself.

    Examples
    --------
    >>> escape("patience_us is *not* 5 < 6")
    'patience\\_us is \\*not\\* 5 \\< 6'
    """
    return _SPECIAL.sub(r"\\\1", text)


def table(header: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> str:
    """Return a table of cells that are Markdown already; line breaks in cells become spaces.

    Examples
    --------
    >>> print(table(("a", "b"), (("1", "2"),)))
    | a | b |
    |---|---|
    | 1 | 2 |
    """
    lines = [header, tuple("---" for _ in header), *rows]
    texts = [
        "|".join(f" {' '.join(c.split())} " if k != 1 else c for c in row)
        for k, row in enumerate(lines)
    ]
    return "\n".join(f"|{text}|" for text in texts)


def bullets(lines: tuple[str, ...]) -> str:
    """Return a list of lines that are Markdown already."""
    return "\n".join(f"- {line}" for line in lines)


def image(alt: str, path: str) -> str:
    """Return an image with its alternative text."""
    return f"![{escape(alt)}]({path})"


def maths(latex: str) -> str:
    r"""Return mathematics without the backslash escapes that Markdown would take for its own.

    Examples
    --------
    >>> maths(r"a \, b")
    '$a \\cdot b$'
    """
    safe = latex.replace(r" \, ", r" \cdot ").replace(r"\,", r" \cdot ").replace("\\\\", r"\cr ")
    safe = safe.replace(r"\{", r"\lbrace ").replace(r"\}", r"\rbrace ")
    safe = safe.replace(r"\_", "~").strip()
    return f"${safe}$"


def from_block(block: Block, *, title: bool = True) -> str:
    """Return a block of a page: a heading, sentences, lists, a table, notes.

    Parameters
    ----------
    block
        As the command line shows it.
    title
        Whether to keep the title.
    """
    parts = [f"### {escape(_sentence_case(block.title))}"] if title else []
    parts += _paragraphs(block.lines)
    if block.rows:
        header = tuple(map(escape, block.header))
        parts.append(table(header, tuple(tuple(map(escape, row)) for row in block.rows)))
    parts += [escape(note) for note in block.notes]
    return "\n\n".join(parts)


def _paragraphs(lines: tuple[str, ...]) -> list[str]:
    """Group list items together; every other line is a paragraph."""
    parts: list[str] = []
    for line in lines:
        item = line.startswith("- ")
        text = f"- {escape(line[2:])}" if item else escape(line)
        if item and parts and parts[-1].startswith("- "):
            parts[-1] += f"\n{text}"
        else:
            parts.append(text)
    return parts


def _sentence_case(title: str) -> str:
    return title.capitalize() if title.isupper() else title
