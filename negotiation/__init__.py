"""Equilibria of two-power bargains: when a truce holds, who would break it, what would flip it.

Names are loaded on first use, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from negotiation.api.answers import Comparison as Comparison
    from negotiation.api.answers import Deals as Deals
    from negotiation.api.answers import Played as Played
    from negotiation.api.answers import Sensitivity as Sensitivity
    from negotiation.api.answers import Why as Why
    from negotiation.api.functions import compare as compare
    from negotiation.api.functions import deal as deal
    from negotiation.api.functions import map as map
    from negotiation.api.functions import outlook as outlook
    from negotiation.api.functions import path as path
    from negotiation.api.functions import play as play
    from negotiation.api.functions import report as report
    from negotiation.api.functions import sensitivity as sensitivity
    from negotiation.api.functions import solve as solve
    from negotiation.api.functions import sweep as sweep
    from negotiation.api.functions import why as why
    from negotiation.api.results import DynamicSolution as DynamicSolution
    from negotiation.api.results import Outlook as Outlook
    from negotiation.api.results import Solution as Solution
    from negotiation.api.results import Sweep as Sweep
    from negotiation.equilibria.stage.nash import nash as nash
    from negotiation.equilibria.stochastic.markov import markov_equilibria as markov_equilibria
    from negotiation.games.game import Game as Game
    from negotiation.payoff_file import bundled as bundled
    from negotiation.payoff_file import load as load
    from negotiation.payoff_file import loads as loads

    from .errors import NegotiationError as NegotiationError

__version__ = "0.1.0"

_HOME = {
    "Comparison": "api.answers",
    "Deals": "api.answers",
    "DynamicSolution": "api.results",
    "Game": "games.game",
    "NegotiationError": "errors",
    "Outlook": "api.results",
    "Played": "api.answers",
    "Sensitivity": "api.answers",
    "Solution": "api.results",
    "Sweep": "api.results",
    "Why": "api.answers",
    "bundled": "payoff_file",
    "compare": "api.functions",
    "deal": "api.functions",
    "load": "payoff_file",
    "loads": "payoff_file",
    "map": "api.functions",
    "markov_equilibria": "equilibria.stochastic.markov",
    "nash": "equilibria.stage.nash",
    "outlook": "api.functions",
    "path": "api.functions",
    "play": "api.functions",
    "report": "api.functions",
    "sensitivity": "api.functions",
    "solve": "api.functions",
    "sweep": "api.functions",
    "why": "api.functions",
}

__all__ = [
    "Comparison",
    "Deals",
    "DynamicSolution",
    "Game",
    "NegotiationError",
    "Outlook",
    "Played",
    "Sensitivity",
    "Solution",
    "Sweep",
    "Why",
    "bundled",
    "compare",
    "deal",
    "load",
    "loads",
    "map",
    "markov_equilibria",
    "nash",
    "outlook",
    "path",
    "play",
    "report",
    "sensitivity",
    "solve",
    "sweep",
    "why",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
