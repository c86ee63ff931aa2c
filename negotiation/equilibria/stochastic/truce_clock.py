"""Survival of the truce on a path and the distribution of states: exact, and drawn.

A path is a Markov chain on the states. Chances are carried forward period by period; nothing here
is simulated except in `draw`, which gives single histories from the same chain.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from negotiation.equilibria.stochastic.profile_table import tabulate
from negotiation.equilibria.stochastic.truce_path import TrucePath
from negotiation.games.state_graph import chain, groups
from negotiation.games.stochastic_game import StochasticGame

__all__ = ["Clock", "at_most", "clock", "draw", "quantiles"]

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Clock:
    """Survival probabilities and state distributions of a path.

    Attributes
    ----------
    lasts
        Shape ``(periods + 1,)``: the chance that the truce is kept in each of the first k periods.
    for_ever
        The chance that it is never broken.
    mean
        Expected number of periods until it breaks; inf if it may never.
    state
        Shape ``(periods + 1, states)``: the chance of each state, whether the truce holds or not.
    """

    lasts: Array
    for_ever: float
    mean: float
    state: Array


def clock(game: StochasticGame, path: TrucePath, periods: int) -> Clock:
    """Return the survival probabilities and state distributions of a path from the start.

    Parameters
    ----------
    game, path
        A game and one of its paths.
    periods
        How far to look.
    """
    into = chain(game, path.cells).T.tocsr()
    state = np.zeros((periods + 1, game.count))
    state[0, game.start] = 1.0
    unbroken = state[0] * path.truce
    lasts = [1.0]
    for k in range(periods):
        lasts.append(float(unbroken.sum()))
        unbroken = (into @ unbroken) * path.truce
        state[k + 1] = into @ state[k]
    return Clock(np.array(lasts), _never(game, path), float(path.life[game.start]), state)


def _never(game: StochasticGame, path: TrucePath) -> float:
    """Return the chance that the truce is never broken."""
    never = np.zeros(game.count)
    for (s,) in groups(game):
        if path.truce[s]:
            cell = tuple(path.cells[s])
            to, chance = game.successors[s][cell], game.chances[s][cell]
            away = np.where(to != s, chance, 0.0)
            never[s] = away @ never[to] / away.sum() if away.any() else 1.0
    return float(never[game.start])


def at_most(game: StochasticGame, cells: tuple[Bools, ...], periods: int) -> Array:
    """Return the largest chance with which these profiles can be played k periods running.

    With the truce profiles that some equilibrium plays first in each state, this bounds how long a
    truce lasts in any equilibrium, also in those that remember more than the state or draw lots:
    what is played anywhere on the way is played first in the equilibrium from there on.

    Parameters
    ----------
    game
        Any.
    cells
        For each state the profiles that count, shape ``(n0, n1)``.
    periods
        How far to look.

    Returns
    -------
    Array
        Shape ``(periods + 1,)``, from the start state; 1 for k = 0.
    """
    rows, counts = tabulate(game), np.concatenate([c.ravel() for c in cells])
    lasts, survival = np.ones(game.count), [1.0]
    for _ in range(periods):
        lasts = np.maximum.reduceat(np.where(counts, rows.after(lasts), 0.0), rows.first)
        survival.append(float(lasts[game.start]))
    return np.array(survival)


def quantiles(levels: Array, chances: Array, shares: tuple[float, ...]) -> Array:
    """Return the smallest levels that are not exceeded with the given chances.

    Parameters
    ----------
    levels
        Shape ``(states,)``.
    chances
        Shape ``(..., states)``.
    shares
        Between 0 and 1.

    Returns
    -------
    Array
        Shape ``(..., len(shares))``.

    Examples
    --------
    >>> quantiles(np.array([0.1, 0.2, 0.3]), np.array([0.25, 0.5, 0.25]), (0.25, 0.5, 0.9)).tolist()
    [0.1, 0.2, 0.3]
    """
    order = np.argsort(levels, kind="stable")
    total = np.cumsum(chances[..., order], axis=-1)
    # Sums of chances carry rounding; a share is reached when it is missed by that much only.
    at = [(total < share - 1e-12).sum(-1).clip(max=len(levels) - 1) for share in shares]
    quantile_levels: Array = levels[order][np.stack(at, axis=-1)]
    return quantile_levels


def draw(game: StochasticGame, path: TrucePath, periods: int, count: int, *, seed: int) -> Ints:
    """Draw histories of a path.

    Returns
    -------
    Ints
        Shape ``(count, periods + 1)``: the state in each period.
    """
    rng = np.random.default_rng(seed)
    move = chain(game, path.cells)
    starts, to = move.indptr, move.indices
    ends = np.concatenate([np.cumsum(move.data[a:b]) for a, b in pairwise(starts)])
    history = np.full((count, periods + 1), game.start)
    for k in range(periods):
        current, luck = history[:, k], rng.random(count)
        for s in np.unique(current):
            row = slice(starts[s], starts[s + 1])
            pick = np.searchsorted(ends[row][:-1], luck[current == s], side="right")
            history[current == s, k + 1] = to[row][pick]
    return history
