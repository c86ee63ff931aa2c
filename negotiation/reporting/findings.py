"""Everything that a report is made of, found before a word of it is written."""

from __future__ import annotations

from dataclasses import dataclass

from negotiation.analysis.moving_deal import MovingTurn
from negotiation.analysis.samples import Sensitivity
from negotiation.deals.deal import DealAnalysis
from negotiation.deals.on_the_table import OnTheTable
from negotiation.payoff_file.model import PayoffFile
from negotiation.reporting.blocks import Block
from negotiation.reporting.figures.drawing import Picture
from negotiation.reporting.markdown import Text, image
from negotiation.reporting.pages.solution import page
from negotiation.solution.path import Outlook
from negotiation.solution.solution import Solution

__all__ = ["Findings", "block_named", "figure"]


@dataclass(frozen=True, eq=False)
class Findings:
    """All findings that a report is made of.

    Attributes
    ----------
    model, solution
        The file, and what holds; where the state moves, what would hold if nothing moved.
    table
        What decides about the deal on the table; None without a truce.
    sensitivity
        None if the file gives nothing to vary, or no truce, or its state moves.
    outlook, turns
        How the truce unfolds, and which numbers end the deal, where the state moves.
    deals
        Which terms hold, where the file names any.
    pictures
        Name → picture and path.
    command, version, seed
        How to make the report again.
    """

    model: PayoffFile
    solution: Solution
    table: OnTheTable | None
    sensitivity: Sensitivity | None
    outlook: Outlook | None
    pictures: dict[str, tuple[Picture, str]]
    command: str
    version: str
    seed: int
    deals: DealAnalysis | None = None
    turns: tuple[MovingTurn, ...] = ()

    @property
    def moves(self) -> bool:
        """True if the state moves."""
        return self.outlook is not None


def block_named(findings: Findings, start: str) -> Block:
    """Return the block of the full page with a title that starts so; an empty one if none."""
    blocks = (b for b in page(findings.solution, full=True) if b.title.startswith(start))
    return next(blocks, Block(""))


def figure(findings: Findings, name: str) -> list[Text]:
    """Return a picture and its caption; empty if it was not drawn."""
    if name not in findings.pictures:
        return []
    picture, path = findings.pictures[name]
    return [image(picture.alt, path), picture.caption]
