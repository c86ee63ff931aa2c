"""Infinitely repeated games: the set of payoffs that can be sustained.

Pure strategies, perfect monitoring, public randomisation. The set of subgame-perfect payoffs
follows Abreu & Sannikov (2014) for one common discount factor and Abreu, Pearce & Stacchetti
(1990) with a factor per player otherwise; see `payoff_set.py` for the method and its certificate.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from negotiation.equilibria.repeated.one_game.iteration import SelfGenerating, solve_set
from negotiation.errors import GameError
from negotiation.games.game import Array, Game, best_deviation_payoffs, normalised_payoffs
from negotiation.kernels.hulls import hausdorff, status, tidy

__all__ = [
    "PayoffSet",
    "best_deviation_payoffs",
    "payoff_set",
    "pure_minmax",
    "unit_payoffs",
    "with_discount",
]


@dataclass(frozen=True)
class PayoffSet:
    """The subgame-perfect payoffs of one repeated game, certified.

    Attributes
    ----------
    status
        ``polygon``, ``segment``, ``point`` or ``empty``.
    vertices
        Shape ``(m, 2)``: average payoffs a period, counter-clockwise from the lexicographically
        smallest; ``(0, 2)`` when empty.
    gap
        Bound on the Hausdorff distance to the true set, in payoff units.
    threats
        Each player's worst subgame-perfect payoff, shape ``(2,)``; None when empty.
    discount
        The two discount factors.
    near_critical
        The discount factors sit on a value at which the set changes: at it, incentives hold with
        equality, and with a hair less patience part of the set is lost.
    rounds
        Rounds of the operator used.
    method
        For people.
    """

    status: str
    vertices: Array
    gap: float
    threats: Array | None
    discount: tuple[float, float]
    near_critical: bool
    rounds: int
    method: str
    normalised: SelfGenerating = field(repr=False)


def unit_payoffs(game: Game) -> tuple[Array, Array, Array]:
    """Return the payoffs of a single game rescaled to [0, 1] per player, shift and scale.

    Raises
    ------
    GameError
        For a batch.
    """
    if game.batch:
        raise GameError("a batch of games was given; index one game first")
    return normalised_payoffs(game.payoffs)


def payoff_set(game: Game) -> PayoffSet:
    """Return the set of subgame-perfect equilibrium payoffs at the game's discount factors.

    Parameters
    ----------
    game
        A single game.

    Raises
    ------
    NearCriticalError
        If rounding decides the answer.

    Examples
    --------
    >>> pd = Game.from_tables([[9, 1], [10, 3]], [[9, 10], [1, 3]], discount=0.75)
    >>> payoff_set(pd).vertices.round(6).tolist()
    [[3.0, 3.0], [9.75, 3.0], [9.0, 9.0], [3.0, 9.75]]
    """
    payoffs, shift, scale = unit_payoffs(game)
    found = solve_set(payoffs, np.asarray(game.discount))
    ring, tidied = np.empty((0, 2)), 0.0
    if found.ring is not None:
        short = tidy(found.ring)
        ring, tidied = short * scale + shift, hausdorff(short, found.ring)
    common = game.discount[0] == game.discount[1]
    return PayoffSet(
        status=status(found.ring),
        vertices=ring,
        gap=(found.gap + tidied) * float(scale.max()),
        threats=None if found.ring is None else found.threat * scale + shift,
        discount=(float(game.discount[0]), float(game.discount[1])),
        near_critical=found.knife_edge,
        rounds=found.rounds,
        method="Abreu-Sannikov" if common else "Abreu-Pearce-Stacchetti, a factor per player",
        normalised=found,
    )


def pure_minmax(game: Game) -> Array:
    """Return each player's pure minmax payoff, shape ``(..., 2)``."""
    c = best_deviation_payoffs(game)
    return np.asarray(c.min(axis=(-2, -1)), dtype=np.float64)


def with_discount(game: Game, discount: Array | float) -> Game:
    """Return the same game with other discount factors."""
    return Game(
        payoffs=game.payoffs,
        discount=np.asarray(discount, dtype=np.float64),
        players=game.players,
        actions=game.actions,
        outcomes=game.outcomes,
        exact=game.exact,
        title=game.title,
    )
