"""Stage equilibria of the games of a batch by support enumeration, compiled.

In a game without ties every equilibrium has supports of equal size (von Stengel 2002), and each
pair of supports has at most one. Whatever comes within `TIE` of a tie is not decided here: the game
is left to `stage.nash`.
"""

from __future__ import annotations

import numpy as np

from negotiation.kernels.compiler import compiled
from negotiation.kernels.hulls import Array, Index
from negotiation.kernels.newton import eliminate

__all__ = ["MANY_EQUILIBRIA", "mixed_all"]

TIE = 1e-9
"""Payoff differences and probabilities smaller than this, as shares, count as ties."""

MANY_EQUILIBRIA = 32
"""Games with more equilibria are left to the exact path."""

_PIVOT = 1e-7


@compiled
def mixed_all(payoffs: Array, count: Index, x: Array, y: Array) -> None:
    """Find all equilibria of every game without ties.

    Parameters
    ----------
    payoffs
        Shape ``(P, 2, n0, n1)``, each player's between 0 and 1.
    count
        Written, shape ``(P,)``: how many; -1 where left to the exact path.
    x, y
        Written: for each equilibrium the player's probabilities and then the *other* player's
        payoff; shapes ``(P, MANY_EQUILIBRIA, n_i + 1)``.
    """
    size = max(payoffs.shape[2], payoffs.shape[3]) + 1
    system = np.empty((size, size)), np.empty(size)
    for p in range(len(payoffs)):
        count[p] = _equilibria(payoffs[p], x[p], y[p], system)


def _mix(
    table: Array, own: int, other: int, by_row: bool, mix: Array, system: tuple[Array, Array]
) -> int:
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
    size = _bits(other)
    matrix, right = system
    _indifference(table, own, other, by_row, system)
    if size == 2:
        first, second = matrix[0, 0] - matrix[1, 0], matrix[0, 1] - matrix[1, 1]
        if abs(first - second) <= _PIVOT:
            return 0 if abs(first) > 2.0 * _PIVOT else -1
        right[0], right[1] = -second / (first - second), first / (first - second)
        right[2] = matrix[0, 0] * right[0] + matrix[0, 1] * right[1]
    elif size == 1:
        right[0], right[1] = 1.0, matrix[0, 0]
    else:
        if not eliminate(matrix, right, size + 1):
            return -1
        for k in range(size + 1):
            if abs(matrix[k, k]) <= _PIVOT:
                return -1
    return _judged(table, own, other, by_row, mix, right)


def _indifference(
    table: Array, own: int, other: int, by_row: bool, system: tuple[Array, Array]
) -> None:
    """Write the equations: replies in `own` earn the same, and the probabilities add up to 1."""
    matrix, right = system
    replies, actions = _counts(table, by_row)
    size, row = _bits(other), 0
    for a in range(replies):
        if (own >> a) & 1:
            column = 0
            for b in range(actions):
                if (other >> b) & 1:
                    matrix[row, column] = table[a, b] if by_row else table[b, a]
                    column += 1
            matrix[row, size], right[row] = -1.0, 0.0
            row += 1
    for column in range(size):
        matrix[size, column] = 1.0
    matrix[size, size], right[size] = 0.0, 1.0


def _judged(table: Array, own: int, other: int, by_row: bool, mix: Array, solution: Array) -> int:
    """Write the mixture that solves the equations, and say whether it is one, as `_mix` does."""
    replies, actions = _counts(table, by_row)
    near, size = False, 0
    for b in range(actions):
        mix[b] = 0.0
        if (other >> b) & 1:
            mix[b] = solution[size]
            size += 1
            if mix[b] < -TIE:
                return 0
            near = near or mix[b] <= TIE
    mix[actions] = solution[size]
    for a in range(replies):
        if not (own >> a) & 1:
            earned = 0.0
            for b in range(actions):
                earned += mix[b] * (table[a, b] if by_row else table[b, a])
            if earned > mix[actions] + TIE:
                return 0
            near = near or earned >= mix[actions] - TIE
    return -1 if near else 1


def _counts(table: Array, by_row: bool) -> tuple[int, int]:
    """Return how many replies there are, and how many actions of the opponent."""
    if by_row:
        return table.shape[0], table.shape[1]
    return table.shape[1], table.shape[0]


def _bits(mask: int) -> int:
    count = 0
    while mask > 0:
        count += mask & 1
        mask >>= 1
    return count


def _equilibria(game: Array, x: Array, y: Array, system: tuple[Array, Array]) -> int:
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
                for_y = _mix(game[0], own, other, True, y[count], system)
                if for_y == 0:
                    continue
                for_x = _mix(game[1], other, own, False, x[count], system)
                if for_x < 0 or (for_y < 0 and for_x != 0):
                    return -1
                if for_x == 1 and for_y == 1:
                    count += 1
    return count
