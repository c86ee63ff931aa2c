"""Equilibria of two-power bargains: when a truce holds, who would break it, what would flip it.

Names are loaded on first use, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from negotiation.api import solve as solve
    from negotiation.equilibria.stage.nash import nash as nash
    from negotiation.equilibria.stochastic.markov import markov_equilibria as markov_equilibria
    from negotiation.games.game import Game as Game
    from negotiation.payoff_file import bundled as bundled
    from negotiation.payoff_file import load as load
    from negotiation.payoff_file import loads as loads
    from negotiation.solution.path import outlook as outlook
    from negotiation.sweeps.sweep import sweep as sweep

    from .errors import NegotiationError as NegotiationError

__version__ = "0.1.0"

_HOME = {
    "Game": "games.game",
    "NegotiationError": "errors",
    "bundled": "payoff_file",
    "load": "payoff_file",
    "loads": "payoff_file",
    "markov_equilibria": "equilibria.stochastic.markov",
    "nash": "equilibria.stage.nash",
    "outlook": "solution.path",
    "solve": "api",
    "sweep": "sweeps.sweep",
}

__all__ = [
    "Game",
    "NegotiationError",
    "bundled",
    "load",
    "loads",
    "markov_equilibria",
    "nash",
    "outlook",
    "solve",
    "sweep",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
