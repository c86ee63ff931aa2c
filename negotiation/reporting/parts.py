"""What the sections of a report share: what they are made of, and how a block becomes Markdown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from negotiation.analysis.samples import Sensitivity
from negotiation.analysis.scenarios import Difference, Scenario
from negotiation.analysis.thresholds import Flip
from negotiation.payoff_file.model import PayoffFile
from negotiation.reporting.figures.drawing import Picture
from negotiation.reporting.markdown import escape, from_block, image
from negotiation.reporting.pages.solution import page
from negotiation.solution.path import Outlook
from negotiation.solution.solution import Solution

__all__ = ["Findings", "Make", "Section", "block", "figure", "words"]


@dataclass(frozen=True, eq=False)
class Findings:
    """Everything that a report is made of.

    Attributes
    ----------
    model, solution, flips
        The file, what holds, and the thresholds of single numbers.
    sensitivity
        None if the file gives nothing to vary, or no truce.
    scenarios, differences
        Scenarios side by side, the first being the file's; empty without a sensitivity.
    outlook
        How the truce unfolds, where the state moves.
    pictures
        Name → picture and path.
    command, version, seed
        How to make the report again.
    """

    model: PayoffFile
    solution: Solution
    flips: tuple[Flip, ...]
    sensitivity: Sensitivity | None
    scenarios: tuple[Scenario, ...]
    differences: tuple[Difference, ...]
    outlook: Outlook | None
    pictures: dict[str, tuple[Picture, str]]
    command: str
    version: str
    seed: int


Make = Callable[[Findings], list[str]]
"""What makes the parts of a section."""


@dataclass(frozen=True)
class Section:
    """A heading and its paragraphs, tables and figures, as Markdown."""

    title: str
    parts: tuple[str, ...]


def words(lines: tuple[str, ...]) -> list[str]:
    """Return sentences that mean themselves in Markdown."""
    return [escape(line) for line in lines]


def block(found: Findings, start: str, *, title: bool = True) -> str:
    """Return a block of the full page by how its title starts; empty if there is none."""
    blocks = [b for b in page(found.solution, full=True) if b.title.startswith(start)]
    return from_block(blocks[0], title=title) if blocks else ""


def figure(found: Findings, name: str) -> list[str]:
    """Return a picture and its caption; nothing if it was not drawn."""
    if name not in found.pictures:
        return []
    picture, path = found.pictures[name]
    return [image(picture.alt, path), escape(picture.caption)]
