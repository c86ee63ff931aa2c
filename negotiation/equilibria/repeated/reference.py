"""The games of a batch that compiled loops leave open, finished one by one by the exact path."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from negotiation.equilibria.repeated.payoff_set import payoff_set
from negotiation.equilibria.stage.nash import nash, pure_nash
from negotiation.errors import NearCriticalError
from negotiation.games.game import Array, Game, best_deviation_payoffs, payoff_spans
from negotiation.kernels.hulls import STATUSES, beats_both

__all__ = ["Facts", "empty_facts", "patience", "patience_at", "solve_exactly", "worst_exactly"]

Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int8]

TIES = 1e-12
"""Shares of the payoff range, and of discount factors, that count as nothing; as in `patience`."""


@dataclass(frozen=True, eq=False)
class Facts:
    """What must be found out about each of P games; all else follows by broadcasting.

    Attributes
    ----------
    cells
        Shape ``(P, n0, n1)``: pure stage equilibria.
    worst
        Shape ``(P, 2)``: each player's worst stage equilibrium payoff, mixed included.
    status
        Shape ``(P,)``: index into `polygon.STATUSES`, -1 where not asked for or
        where rounding decides.
    threats
        Shape ``(P, 2)``: worst subgame-perfect payoffs; NaN where there are none.
    gap
        Shape ``(P,)``: bound on the distance of the payoff set to the true one.
    any
        Shape ``(P,)``: whether there is a subgame-perfect equilibrium in pure strategies.
    better
        Shape ``(P,)``: whether some subgame-perfect payoff beats `worst` for both.
    held
        Shape ``(P, n0, n1)``: cells that can be played for ever.
    exact
        Shape ``(P,)``: left to the exact path.
    decided
        Shape ``(P,)``: false where not even that could tell.
    """

    cells: Bools
    worst: Array
    status: Codes
    threats: Array
    gap: Array
    any: Bools
    better: Bools
    held: Bools
    exact: Bools
    decided: Bools

    def part(self, rows: slice) -> Facts:
        """Return views of some rows."""
        return Facts(*(getattr(self, f.name)[rows] for f in fields(self)))


def empty_facts(games: int, n0: int, n1: int) -> Facts:
    """Return facts about `games` games, all still to be filled in."""
    return Facts(
        cells=np.zeros((games, n0, n1), dtype=np.bool_),
        worst=np.full((games, 2), np.nan),
        status=np.full(games, -1, dtype=np.int8),
        threats=np.full((games, 2), np.nan),
        gap=np.full(games, np.nan),
        any=np.zeros(games, dtype=np.bool_),
        better=np.zeros(games, dtype=np.bool_),
        held=np.zeros((games, n0, n1), dtype=np.bool_),
        exact=np.zeros(games, dtype=np.bool_),
        decided=np.ones(games, dtype=np.bool_),
    )


def patience(game: Game, threats: Array) -> Array:
    """Return the discount factor at which each player is indifferent at each cell.

    The same as `patience.patience_needed`, for all cells of a batch.

    Parameters
    ----------
    threats
        Shape ``(..., 2)``; NaN where there is no equilibrium.

    Returns
    -------
    Array
        Shape ``(..., 2, n0, n1)``; inf where no patience is enough.
    """
    p = game.payoffs
    best, scale = best_deviation_payoffs(game), payoff_spans(p)[..., None, None]
    return _patience(p, best, threats[..., None, None], scale)


def patience_at(game: Game, threats: Array, cell: tuple[int, int]) -> Array:
    """Return the same at one cell, shape ``(..., 2)``."""
    p, (a, b) = game.payoffs, cell
    best = np.stack((p[..., 0, :, b].max(axis=-1), p[..., 1, a, :].max(axis=-1)), axis=-1)
    return _patience(p[..., a, b], best, threats, payoff_spans(p))


def _patience(p: Array, best: Array, threats: Array, scale: Array) -> Array:
    gain, worth = (best - p) / scale, (p - threats) / scale
    with np.errstate(divide="ignore", invalid="ignore"):
        need = np.where(worth > TIES, gain / (gain + worth), np.inf)
    return np.where(gain > TIES, need, np.where(worth >= -TIES, 0.0, np.inf))


def worst_exactly(game: Game, facts: Facts, index: int) -> None:
    """Write each player's worst stage equilibrium payoff to row `index`."""
    facts.worst[index] = np.array([e.payoffs for e in nash(game).equilibria]).min(axis=0)


def solve_exactly(game: Game, facts: Facts, index: int) -> None:
    """Write what the exact path finds about one game to row `index`."""
    facts.exact[index], facts.any[index] = True, False
    facts.held[index], facts.better[index], facts.threats[index] = False, False, np.nan
    facts.cells[index] = pure_nash(game)
    worst_exactly(game, facts, index)
    try:
        found = payoff_set(game)
    except NearCriticalError:
        facts.status[index], facts.decided[index] = -1, False
        return
    facts.status[index] = STATUSES.index(found.status)
    facts.gap[index] = found.gap
    if found.threats is None:
        return
    facts.any[index] = True
    facts.threats[index] = found.threats
    facts.held[index] = (patience(game, found.threats) <= game.discount[:, None, None] + TIES).all(
        axis=0
    )
    scale = payoff_spans(game.payoffs)
    facts.better[index] = beats_both(found.vertices, facts.worst[index], scale)
