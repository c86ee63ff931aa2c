"""Check from the definition that Markov strategies are an equilibrium.

A Markov perfect equilibrium (Maskin & Tirole 2001, JET 100:191-219) tells each side what to do in
every state, whatever happened before. By the one-shot-deviation principle it is enough that nobody
gains, in any state, from doing something else for one period. Nothing here comes from a solver:
payoffs and chances are added up anew, as the user gave them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from negotiation.errors import CertificateError
from negotiation.games.stochastic_game import StochasticGame

__all__ = ["check_markov"]

Array = npt.NDArray[np.float64]
Strategies = tuple[npt.ArrayLike, npt.ArrayLike]


def check_markov(
    game: StochasticGame,
    values: npt.ArrayLike,
    choices: Sequence[Sequence[Strategies]],
    *,
    tol: float = 1e-9,
) -> float:
    """Check that every combination of `choices` is a Markov perfect equilibrium worth `values`.

    One choice in every state is checked at a time: if each of them earns ``values[s]`` when the
    game goes on at `values`, then so does every combination of them, because discounted values are
    the only fixed point of that equation (a contraction by the discount factor); and if nobody
    gains by deviating from any of them, nobody gains from any combination.

    Parameters
    ----------
    game
        The discount factors may differ.
    values
        Claimed average payoffs, shape ``(states, 2)``.
    choices
        For each state one or more pairs ``(x, y)`` of mixed strategies.
    tol
        A value may be wrong, and a deviation may gain, by `tol` times the range of that player's
        payoffs over all states, plus 2e-13 of the largest payoff.

    Returns
    -------
    float
        The largest gain found, as a share of the player's range of payoffs.

    Raises
    ------
    CertificateError
        If a strategy is not a distribution, a value is not what the strategies earn, or some
        deviation gains.

    Examples
    --------
    >>> dilemma = StochasticGame.from_tables(
    ...     [[[[2, 0], [3, 1]], [[2, 3], [0, 1]]]], [[[[1], [1]], [[1], [1]]]], discount=0.9)
    >>> check_markov(dilemma, [[1, 1]], [[([0, 1], [0, 1])]])
    0.0
    """
    value = np.asarray(values, dtype=np.float64)
    if value.shape != (game.count, 2) or len(choices) != game.count:
        raise CertificateError(f"values {value.shape} and {len(choices)} states do not fit")
    low = [min(float(p[i].min()) for p in game.payoffs) for i in (0, 1)]
    high = [max(float(p[i].max()) for p in game.payoffs) for i in (0, 1)]
    span = np.subtract(high, low)
    allowed = tol * span + 2e-13 * np.maximum(np.abs(low), np.abs(high))
    worst = 0.0
    for state, options in enumerate(choices):
        if not options:
            raise CertificateError(f"state {game.states[state]!r} has no strategies")
        table = _table(game, state, value)
        for pair in options:
            gains = _gains(game, state, pair, table, value[state], allowed)
            worst = max(worst, float((gains / np.where(span > 0, span, 1.0)).max()))
    return worst


def _table(game: StochasticGame, state: int, value: Array) -> Array:
    """Return the normalised value of each profile, given continuation values, ``(2, n0, n1)``."""
    later = np.einsum("abm,abmi->iab", game.chances[state], value[game.successors[state]])
    weight = game.discount[:, None, None]
    table: Array = (1 - weight) * game.payoffs[state] + weight * later
    return table


def _gains(
    game: StochasticGame,
    state: int,
    pair: Strategies,
    table: Array,
    value: Array,
    allowed: Array,
) -> Array:
    """Return each player's gain from its best deviation, checked."""
    name = game.states[state]
    x, y = (np.asarray(s, dtype=np.float64) for s in pair)
    for player, s, n in zip(game.players, (x, y), table.shape[1:], strict=True):
        if s.shape != (n,) or not ((s >= 0).all() and abs(s.sum() - 1) <= 1e-9):
            raise CertificateError(f"in state {name!r} {player} has no distribution over {n}")
    earned = np.einsum("iab,a,b->i", table, x, y)
    best = np.array([(table[0] @ y).max(), (x @ table[1]).max()])
    # An error e in this equation can hide one of e / (1 - discount) in the value.
    off = np.abs(earned - value) / (1 - game.discount)
    for i, player in enumerate(game.players):
        # Negated so that NaN fails.
        if not off[i] <= allowed[i] + 1e-15 * abs(value[i]) / (1 - game.discount[i]):
            raise CertificateError(
                f"state {name!r} is claimed to be worth {value[i]:.12g} to {player}; "
                f"this period and what follows earn {earned[i]:.12g}"
            )
        if not best[i] - value[i] <= allowed[i]:
            raise CertificateError(
                f"in state {name!r} {player} gains {best[i] - value[i]:.3g} by deviating once; "
                f"at most {allowed[i]:.3g} is rounding"
            )
    gains: Array = np.maximum(best - value, 0.0)
    return gains
