"""Bounds on the worst that can believably follow a breach, for many games at once.

Exact sets of sustainable payoffs take too long for samples of many thousand games. Two bounds do
not, and they often meet:

- No worst payoff is below what a player can secure against any action that could be asked of the
  other side at all (Abreu, Pearce and Stacchetti 1990: a profile that delivers a player's worst
  payoff must be one from which neither gains more than any future could take away).
- Punishments that support themselves show a worst payoff from above: one round of some profile,
  then for ever cells that are themselves sustained, chosen by a public coin (Abreu 1988: stick and
  carrot); a one-off equilibrium for ever is one of them.
"""

from __future__ import annotations

import numpy as np

from negotiation.games.game import Array, Game, best_deviation_payoffs

__all__ = ["threat_bounds"]

_ROUNDS = 30
_TIES = 1e-12
_ENTRIES = 4_000_000
"""Most numbers in one array; larger batches are done in runs."""


def threat_bounds(game: Game) -> tuple[Array, Array]:
    """Bound each player's worst subgame-perfect payoff from below and from above.

    Parameters
    ----------
    game
        One game or a batch.

    Returns
    -------
    tuple
        Two arrays of shape ``(..., 2)``. The upper one is infinite where no punishment of the
        kinds above was found.

    Examples
    --------
    >>> pd = Game.from_tables([[9, 1], [10, 3]], [[9, 10], [1, 3]], discount=0.75)
    >>> [bound.tolist() for bound in threat_bounds(pd)]
    [[3.0, 3.0], [3.0, 3.0]]
    """
    cells = game.shape[0] * game.shape[1]
    payoffs = game.payoffs.reshape(-1, 2, cells)
    best = best_deviation_payoffs(game).reshape(-1, 2, cells)
    discount = np.broadcast_to(game.discount, (*game.batch, 2)).reshape(-1, 2, 1)
    low, high = np.empty((2, len(payoffs), 2))
    run = max(1, _ENTRIES // cells**2)
    for start in range(0, len(payoffs), run):
        some = slice(start, start + run)
        scale = np.ptp(payoffs[some], axis=2, keepdims=True)
        stage = payoffs[some], best[some], discount[some], _TIES * np.where(scale > 0, scale, 1.0)
        low[some] = _from_below(*stage)
        high[some] = _from_above(*stage, low[some])
    return low.reshape(*game.batch, 2), high.reshape(*game.batch, 2)


def _from_below(g: Array, c: Array, d: Array, ties: Array) -> Array:
    """Raise the bound as long as fewer profiles can be asked for; shape ``(n, 2)``."""
    top = g.max(axis=2, keepdims=True)
    low = c.min(axis=2)
    for _ in range(_ROUNDS):
        needed = (1 - d) * c + d * low[:, :, None]
        possible = ((1 - d) * g + d * top >= needed - ties).all(axis=1, keepdims=True)
        raised = np.where(possible, c, np.inf).min(axis=2)
        raised = np.where(np.isfinite(raised), np.maximum(low, raised), low)
        if (raised == low).all():
            break
        low = raised
    return np.asarray(low, dtype=np.float64)


def _from_above(g: Array, c: Array, d: Array, ties: Array, low: Array) -> Array:
    """Find punishments that support themselves; shape ``(n, 2)``, inf where none were found.

    Starting from the lower bound, the worst payoffs are raised to what can be delivered if they
    are what follows a breach, until that is no more than they are.
    """
    high, left = np.full(low.shape, np.inf), np.arange(len(low))
    level = low.copy()
    for _ in range(_ROUNDS):
        stage = g[left], c[left], d[left], ties[left]
        at = level[left]
        delivered = np.stack([_punish(*stage, at, i) for i in (0, 1)], axis=1)
        done = (delivered <= at + ties[left, :, 0]).all(axis=1)
        high[left[done]] = np.maximum(at, delivered)[done]
        level[left] = np.maximum(at, delivered)
        left = left[~done & np.isfinite(delivered).all(axis=1)]
        if not len(left):
            break
    reversion = np.where((g == c).all(axis=1, keepdims=True), g, np.inf).min(axis=2)
    return np.asarray(np.minimum(high, reversion), dtype=np.float64)


def _punish(g: Array, c: Array, d: Array, ties: Array, level: Array, i: int) -> Array:
    """Return the harshest payoff of i by one round of a profile and a sustained future.

    Given that `level` is what follows a breach.
    """
    j = 1 - i
    held = np.all((1 - d) * c + d * level[:, :, None] <= g + ties, axis=1)
    wanted = (1 - d[:, j]) * c[:, j] + d[:, j] * level[:, j, None]

    def then(k: int) -> Array:
        """Payoffs of k, first index today's cell, second the one after."""
        now, later = (1 - d[:, k]) * g[:, k], d[:, k] * g[:, k]
        return np.asarray(now[:, :, None] + later[:, None, :], dtype=np.float64)

    allowed = held[:, None, :] & (then(j) >= wanted[:, :, None] - ties[:, j, :, None])
    value = then(i)
    worst = np.where(allowed, value, np.inf).min(axis=2)
    kindest = np.where(allowed, value, -np.inf).max(axis=2)
    delivered = np.where(kindest >= c[:, i] - ties[:, i], np.maximum(worst, c[:, i]), np.inf)
    return np.asarray(delivered.min(axis=1), dtype=np.float64)
