"""What users of Python import: functions named after the commands, and results with their JSON.

The packages below know nothing of each other's words and pages; this module puts them together.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from negotiation.games.game import Game
from negotiation.payoff_file.model import PayoffFile
from negotiation.solution import as_json, dynamic, solution

__all__ = ["DynamicSolution", "Solution", "solve"]


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
