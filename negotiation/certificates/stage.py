"""Check a claimed equilibrium from its definition.

Nothing here comes from a solver: plain arithmetic on the payoffs as the user gave them, so that a
mistake in a solver cannot hide in its own check.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from negotiation.errors import CertificateError
from negotiation.games.game import Array, Game

__all__ = ["check_stage", "regret"]


def regret(payoffs: npt.ArrayLike, strategies: Sequence[npt.ArrayLike]) -> Array:
    """Return each player's gain from its best pure deviation.

    ``regret_0 = max_a0 g_0(a0, y) - g_0(x, y)``, and likewise for player 1: a pair of mixed
    strategies is a Nash equilibrium exactly when neither is positive (Nash 1951).

    Parameters
    ----------
    payoffs
        Shape ``(..., 2, n0, n1)``.
    strategies
        ``(x, y)`` of shapes ``(..., n0)`` and ``(..., n1)``.

    Returns
    -------
    Array
        Shape ``(..., 2)``, in payoff units.

    Examples
    --------
    >>> coordination = [[[2, 0], [0, 1]], [[1, 0], [0, 2]]]
    >>> regret(coordination, ([1, 0], [1, 0])).tolist()
    [0.0, 0.0]
    >>> regret(coordination, ([1, 0], [0, 1])).tolist()
    [1.0, 1.0]
    """
    x, y = (np.asarray(s, dtype=np.float64) for s in strategies)
    p = np.asarray(payoffs, dtype=np.float64)
    p = p - p.min(axis=(-2, -1), keepdims=True)  # a common shift must not cost digits
    replies0 = np.einsum("...ab,...b->...a", p[..., 0, :, :], y)
    replies1 = np.einsum("...ab,...a->...b", p[..., 1, :, :], x)
    gain0 = replies0.max(axis=-1) - np.einsum("...a,...a->...", replies0, x)
    gain1 = replies1.max(axis=-1) - np.einsum("...b,...b->...", replies1, y)
    return np.stack([gain0, gain1], axis=-1)


def check_stage(
    game: Game, strategies: Sequence[npt.ArrayLike], payoffs: npt.ArrayLike, *, tol: float = 1e-9
) -> Array:
    """Check stage equilibria and their payoffs; return the regrets.

    A player may be off by ``tol`` times the range of that player's payoffs, plus 2e-13 of the
    largest payoff: computed floats are not more exact than that (see `exact_tables`).

    Parameters
    ----------
    game
        One game.
    strategies
        ``(x, y)`` of shapes ``(..., n0)`` and ``(..., n1)``: one pair or many.
    payoffs
        Claimed payoffs, shape ``(..., 2)``.
    tol
        Relative to each player's payoff range; also for the sum of the probabilities.

    Raises
    ------
    CertificateError
        If some strategy is not a distribution, some player gains by deviating, or some payoff is
        not what the strategies earn.
    """
    x, y = (np.asarray(s, dtype=np.float64) for s in strategies)
    for player, s, n in zip(game.players, (x, y), game.shape, strict=True):
        if s.shape[-1:] != (n,):
            raise CertificateError(f"{player} has {n} actions; the strategy has shape {s.shape}")
        if not ((s >= 0).all() and (np.abs(s.sum(axis=-1) - 1) <= tol).all()):
            raise CertificateError(f"{player}'s strategy is not a probability distribution")
    p = game.payoffs
    low = p.min(axis=(-2, -1))
    scale = tol * (p.max(axis=(-2, -1)) - low) + 2e-13 * np.abs(p).max(axis=(-2, -1))
    gains = regret(p, (x, y))
    earned = np.einsum("iab,...a,...b->...i", p - low[:, None, None], x, y) + low
    for i, player in enumerate(game.players):
        # Negated so that NaN fails.
        if not (worst := float(gains[..., i].max())) <= scale[i]:
            raise CertificateError(
                f"{player} gains {worst:.3g} by deviating; at most {scale[i]:.3g} is rounding"
            )
        if not (np.abs(np.asarray(payoffs)[..., i] - earned[..., i]) <= scale[i]).all():
            raise CertificateError(f"the strategies do not earn {player} the payoffs claimed")
    return gains
