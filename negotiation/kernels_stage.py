"""Stage equilibria of one game of a batch, as loops that numba compiles.

Payoffs come normalised, each player's between 0 and 1. In a game without ties every equilibrium has
supports of equal size (von Stengel 2002), and each pair of supports has at most one. Whatever comes
within `TIE` of a tie is not decided here: the game is flagged and left to `stage.nash`.
"""

from __future__ import annotations

import numpy as np

from .kernels_inner import _solve_linear
from .polygon import Array, Index

__all__ = ["MANY_EQUILIBRIA", "STAGE", "equilibria", "normalise", "pure"]

TIE = 1e-9
"""Payoff differences and probabilities smaller than this, as shares, count as ties."""

MANY_EQUILIBRIA = 96
"""Games with more equilibria are left to the exact path."""

_PIVOT = 1e-7
_CLOSE = 2e-13


def normalise(payoffs: Array, out: Array, shift: Array, scale: Array) -> None:
    """Rescale payoffs of shape ``(2, n0, n1)`` to [0, 1] per player."""
    n0, n1 = payoffs.shape[1], payoffs.shape[2]
    for i in range(2):
        low = high = payoffs[i, 0, 0]
        for a in range(n0):
            for b in range(n1):
                low, high = min(low, payoffs[i, a, b]), max(high, payoffs[i, a, b])
        shift[i], scale[i] = low, high - low if high > low else 1.0
        for a in range(n0):
            for b in range(n1):
                out[i, a, b] = (payoffs[i, a, b] - low) / scale[i]


def _best(payoffs: Array, i: int, other: int) -> float:
    """Return player i's best payoff against a pure action of the other's."""
    best = -np.inf
    for k in range(payoffs.shape[1 + i]):
        best = max(best, payoffs[0, k, other] if i == 0 else payoffs[1, other, k])
    return float(best)


def pure(payoffs: Array, cells: Array) -> bool:
    """Mark the pure equilibria in `cells`; False if rounding might decide about one."""
    n0, n1 = payoffs.shape[1], payoffs.shape[2]
    sure, top = True, np.zeros(2)
    for i in range(2):
        for a in range(n0):
            for b in range(n1):
                top[i] = max(top[i], abs(payoffs[i, a, b]))
    for a in range(n0):
        best1 = _best(payoffs, 1, a)
        for b in range(n1):
            best0 = _best(payoffs, 0, b)
            miss0, miss1 = best0 - payoffs[0, a, b], best1 - payoffs[1, a, b]
            cells[a, b] = miss0 == 0.0 and miss1 == 0.0
            near0, near1 = miss0 <= _CLOSE * top[0], miss1 <= _CLOSE * top[1]
            if near0 and near1 and not cells[a, b]:
                sure = False
    return sure


def _mix(table: Array, own: int, other: int, by_row: bool, mix: Array) -> int:
    """Find the opponent's mixture on support `other` that makes the replies in `own` equal.

    Parameters
    ----------
    table
        The replying player's payoffs, shape ``(n0, n1)``.
    own, other
        Supports as bits, of equal size: replies, and the opponent's actions.
    by_row
        Whether the replies are rows.
    mix
        Written: the opponent's probabilities, then what the replies earn.

    Returns
    -------
    int
        1 if all replies in `own` are best replies to a mixture of exactly these actions; 0 if not;
        -1 if that is too close to call.
    """
    replies = table.shape[0] if by_row else table.shape[1]
    actions = table.shape[1] if by_row else table.shape[0]
    size = 0
    for b in range(actions):
        size += (other >> b) & 1
    matrix, right = np.zeros((size + 1, size + 1)), np.zeros(size + 1)
    row = 0
    for a in range(replies):
        if (own >> a) & 1:
            column = 0
            for b in range(actions):
                if (other >> b) & 1:
                    matrix[row, column] = table[a, b] if by_row else table[b, a]
                    column += 1
            matrix[row, size] = -1.0
            row += 1
    for column in range(size):
        matrix[size, column] = 1.0
    right[size] = 1.0
    if size == 2:
        first, second = matrix[0, 0] - matrix[1, 0], matrix[0, 1] - matrix[1, 1]
        if abs(first - second) <= _PIVOT:
            return 0 if abs(first) > 2.0 * _PIVOT else -1
        right[0], right[1] = -second / (first - second), first / (first - second)
        right[2] = matrix[0, 0] * right[0] + matrix[0, 1] * right[1]
    elif size == 1:
        right[0], right[1] = 1.0, matrix[0, 0]
    else:
        if not _solve_linear(matrix, right):
            return -1
        for k in range(size + 1):
            if abs(matrix[k, k]) <= _PIVOT:
                return -1
    near, column = False, 0
    for b in range(actions):
        mix[b] = 0.0
        if (other >> b) & 1:
            mix[b] = right[column]
            column += 1
            if mix[b] < -TIE:
                return 0
            near = near or mix[b] <= TIE
    mix[actions] = right[size]
    for a in range(replies):
        if not (own >> a) & 1:
            earned = 0.0
            for b in range(actions):
                earned += mix[b] * (table[a, b] if by_row else table[b, a])
            if earned > right[size] + TIE:
                return 0
            near = near or earned >= right[size] - TIE
    return -1 if near else 1


def _bits(mask: int) -> int:
    count = 0
    while mask > 0:
        count += mask & 1
        mask >>= 1
    return count


def equilibria(game: Array, x: Array, y: Array) -> int:
    """Find all equilibria of a game without ties; -1 if it is too close to a tie.

    Parameters
    ----------
    game
        Normalised payoffs, shape ``(2, n0, n1)``.
    x, y
        Written: a row for each equilibrium, the player's probabilities and then the *other*
        player's payoff; shapes ``(MANY_EQUILIBRIA, n_i + 1)``.

    Returns
    -------
    int
        How many, ordered by the size of the supports.
    """
    n0, n1 = game.shape[1], game.shape[2]
    count = 0
    for size in range(1, min(n0, n1) + 1):
        for own in range(1, 1 << n0):
            if _bits(own) != size:
                continue
            for other in range(1, 1 << n1):
                if _bits(other) != size:
                    continue
                if count == len(x):
                    return -1
                for_y = _mix(game[0], own, other, True, y[count])
                for_x = _mix(game[1], other, own, False, x[count])
                if for_x < 0 or for_y < 0:
                    return -1
                if for_x == 1 and for_y == 1:
                    count += 1
    return count


def worst_payoffs(game: Array, cells: Array, x: Array, y: Array, worst: Array) -> bool:
    """Write each player's worst equilibrium payoff, mixed included; False if left to the exact path.

    A player whose worst pure equilibrium pays the pure maxmin can do no worse in any other.
    """
    n0, n1 = game.shape[1], game.shape[2]
    held, best = np.full(2, np.inf), np.full(2, -np.inf)
    for a in range(n0):
        least = np.inf
        for b in range(n1):
            least = min(least, game[0, a, b])
        best[0] = max(best[0], least)
    for b in range(n1):
        least = np.inf
        for a in range(n0):
            least = min(least, game[1, a, b])
        best[1] = max(best[1], least)
    for a in range(n0):
        for b in range(n1):
            if cells[a, b]:
                for i in range(2):
                    held[i] = min(held[i], game[i, a, b])
    worst[0], worst[1] = held[0], held[1]
    if held[0] <= best[0] and held[1] <= best[1]:
        return True
    count = equilibria(game, x, y)
    for k in range(count):
        worst[0], worst[1] = min(worst[0], y[k, n1]), min(worst[1], x[k, n0])
    return count > 0


STAGE = (normalise, _best, pure, _mix, _bits, equilibria, worst_payoffs)
"""Everything here that compiled code may call."""
