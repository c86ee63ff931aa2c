"""What users of Python import: functions named after the commands, and results with their JSON.

The packages below know nothing of each other's words and pages; this module puts them together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from negotiation.deals import as_json as deals_json
from negotiation.deals import deal as deals
from negotiation.deals.terms import contract
from negotiation.games.game import Game
from negotiation.payoff_file.model import PayoffFile
from negotiation.solution import as_json, dynamic, solution

__all__ = ["Deals", "DynamicSolution", "Solution", "deal", "solve"]


class Solution(solution.Solution):
    """Everything about one game at one parameter point."""

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON of `negotiate solve`, schema ``negotiate/solve/1``."""
        return as_json.to_dict(self)


class DynamicSolution(dynamic.DynamicSolution):
    """Everything about one model whose state moves, at one parameter point."""

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON of `negotiate solve`, schema ``negotiate/solve/1``."""
        return as_json.to_dict(self)


def solve(model: PayoffFile | Game, /, **settings: Any) -> Solution | DynamicSolution:
    """Solve a model at one parameter point, as a repeated game or, where states move, as dynamic.

    Parameters
    ----------
    model
        A payoff file, or a game.
    **settings
        Parameter values, for a payoff file. Of a number on a grid it is the start.

    Raises
    ------
    NegotiationError
        If a setting is impossible, an iteration could not be trusted, or an answer failed its
        certificate.

    Examples
    --------
    >>> from negotiation.payoff_file import load
    >>> solve(load("prisoners-dilemma")).to_dict()["regime"]
    'armed truce'
    """
    found = dynamic.solve(model, **settings)
    parts = {f.name: getattr(found, f.name) for f in fields(found)}
    return (Solution if isinstance(found, solution.Solution) else DynamicSolution)(**parts)


class Deals(deals.DealAnalysis):
    """Which terms of an outcome hold, and those that stand out."""

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON of `negotiate deal`, schema ``negotiate/deal/1``."""
        return deals_json.to_dict(self)


def deal(
    model: PayoffFile,
    /,
    terms: Mapping[str, tuple[float, float] | None] | None = None,
    *,
    outcome: str | None = None,
    disagreement: str = "worst",
    cases: int = 1024,
    seed: int = 0,
    **settings: Any,
) -> Deals:
    """Return which terms of an outcome are self-enforcing, and which of them stand out.

    Parameters
    ----------
    model
        A payoff file; if its state moves, it is taken as frozen at its start.
    terms
        Parameter → bounds, None for its range; by default the file's ``terms:``.
    outcome
        Whose terms they are; by default the file's ``deal:``, else its first truce.
    disagreement
        What each side gets without a deal: "worst", "stage" or "minmax".
    cases, seed
        How many cases of the uncertain numbers, a power of two; and the seed of their sequence.
    **settings
        Parameter values other than the file's.

    Raises
    ------
    UsageError
        If terms, outcome, disagreement or cases are impossible.
    """
    chosen = contract(model, terms, outcome, settings)
    found = deals.find_deals(chosen, disagreement=disagreement, cases=cases, seed=seed)
    return Deals(**{f.name: getattr(found, f.name) for f in fields(found)})
