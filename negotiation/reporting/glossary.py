"""Glossary: the technical words of pages and reports, each with a paragraph and an example."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from negotiation.errors import UsageError, near_name
from negotiation.reporting.blocks import Block

__all__ = ["Entry", "contents", "entries", "glossary_markdown", "lookup", "page"]


@dataclass(frozen=True)
class Entry:
    """Explanation of a word.

    Attributes
    ----------
    term, also
        The word, and others that mean the same.
    means, example
        A paragraph, and a sentence about the command below.
    command, shows
        Arguments of `negotiate` that show it, and a part of what they print.
    """

    term: str
    also: tuple[str, ...]
    means: str
    example: str
    command: str
    shows: str


@cache
def entries() -> tuple[Entry, ...]:
    """Return all entries in the order of the alphabet."""
    text = Path(__file__).with_name("glossary.yaml").read_text("utf-8")
    listed = (
        Entry(e["term"], tuple(e.get("also", ())), e["means"], e["example"], e["try"], e["shows"])
        for e in yaml.safe_load(text)
    )
    return tuple(sorted(listed, key=lambda e: e.term.lower()))


def lookup(word: str) -> Entry:
    """Return the entry of a word or of one that means the same.

    Raises
    ------
    UsageError
        If there is none, with the nearest.

    Examples
    --------
    >>> lookup("Patience").term
    'discount factor'
    """
    by_word = {w.lower(): e for e in entries() for w in (e.term, *e.also)}
    entry = by_word.get(" ".join(word.lower().replace("-", " ").split()))
    entry = entry or by_word.get(" ".join(word.lower().split()))
    if entry is None:
        near = near_name(word[:80], by_word)
        raise UsageError(
            f"the glossary has no {word[:60]!r}; "
            + (f"did you mean {near!r}? " if near else "")
            + "`negotiate explain` lists its words"
        )
    return entry


def page(entry: Entry) -> tuple[Block, ...]:
    """Return one entry as a page."""
    also = (f"Also: {', '.join(entry.also)}.",) if entry.also else ()
    example = f"Example: {entry.example} Try: negotiate {entry.command}"
    return (Block(entry.term.upper(), lines=(entry.means, example), notes=also),)


def contents() -> tuple[Block, ...]:
    """Return the words of the glossary as a page."""
    rows = tuple((e.term, ", ".join(e.also)) for e in entries())
    note = "`negotiate explain WORD` explains one."
    return (Block("GLOSSARY", header=("word", "also"), rows=rows, notes=(note,)),)


def glossary_markdown() -> str:
    """Return the glossary for the docs."""
    parts = []
    for e in entries():
        also = f" (also: {', '.join(e.also)})" if e.also else ""
        shown = f"*Example.* {e.example} Try `negotiate {e.command}`."
        parts.append(f"### {e.term}\n\n{e.means}{also}\n\n{shown}\n")
    return "\n" + "\n".join(parts) + "\n"
