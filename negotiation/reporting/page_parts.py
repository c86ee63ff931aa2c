"""What pages are made of: titled blocks of sentences and tables, which `terminal` lays out."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["MOST_ROWS", "WIDTH", "Block"]

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
