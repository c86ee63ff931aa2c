"""The discount frontier: the lower edge of the discount factors that sustain an outcome."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from negotiation.equilibria.repeated.discounts.patience import (
    IMPATIENT_LIMIT,
    Threats,
    critical_discount_of,
    patience_needed,
)
from negotiation.equilibria.repeated.payoff_set import pure_minmax, with_discount
from negotiation.games.game import Array, Game

__all__ = ["discount_frontier"]

_SHARP = 1e-7


def discount_frontier(
    game: Game,
    profile: tuple[int, int],
    threats: Threats | Array,
    points: int = 17,
    straight: float = 1e-4,
    sharp: float = _SHARP,
) -> Array:
    """Trace the lower edge of the set of discount factors at which `profile` is sustained.

    Parameters
    ----------
    game
        A single game; its own discount factors play no role.
    profile
        ``(a0, a1)``.
    threats
        As for `critical_discount`.
    points
        Values of player 0's factor to start from; more are added where the edge bends, and jumps
        are closed in on.
    straight
        The edge counts as straight where the middle is this close to the chord.
    sharp
        How closely jumps and the edge are closed in on.

    Returns
    -------
    Array
        Shape ``(m, 2)``: a polyline of pairs ``(δ_0, δ_1)``, δ_0 not decreasing, each on the edge
        within ten times `sharp` in both coordinates; ``(0, 2)`` if no patience sustains the
        profile. Between its points the edge is interpolated.

    Examples
    --------
    >>> pd = Game.from_tables([[9, 1], [10, 3]], [[9, 10], [1, 3]])
    >>> discount_frontier(pd, (0, 0), np.array([3.0, 3.0])).round(4).tolist()
    [[0.1429, 1.0], [0.1429, 0.1429], [1.0, 0.1429]]
    """
    cache: dict[float, float | None] = {}

    def least_other(x: float) -> float | None:
        if x not in cache:
            changed_game = with_discount(game, np.array([x, 0.5]))
            cache[x] = critical_discount_of(changed_game, profile, threats, 1, sharp)
        return cache[x]

    surest = pure_minmax(game) if callable(threats) else threats
    low = float(patience_needed(game, profile, surest)[0])
    if low >= IMPATIENT_LIMIT:
        return np.empty((0, 2))
    start = _first_possible(least_other, np.linspace(low, IMPATIENT_LIMIT, points), sharp)
    if start is None:
        return np.empty((0, 2))
    grid = [start, *(x for x in np.linspace(0, IMPATIENT_LIMIT, points).tolist() if x > start)]
    edge = [(start, IMPATIENT_LIMIT), (start, least_other(start))]
    for left, right in pairwise(grid):
        edge += _between(least_other, left, right, (straight, sharp))
        edge.append((right, least_other(right)))
    return _thinned(np.array([(x, y) for x, y in edge if y is not None]))


def _first_possible(
    least_other: Callable[[float], float | None], ladder: Array, sharp: float
) -> float | None:
    """Return the smallest δ_0 at which some δ_1 is enough."""
    low = float(ladder[0])
    if least_other(low) is not None:
        return low
    for x in ladder[1:].tolist():
        if least_other(x) is not None:
            break
        low = x
    else:
        return None
    while x - low > sharp:
        middle = 0.5 * (low + x)
        if least_other(middle) is None:
            low = middle
        else:
            x = middle
    return float(x)


def _between(
    least_other: Callable[[float], float | None],
    left: float,
    right: float,
    within: tuple[float, float],
) -> list[tuple[float, float | None]]:
    """Return points of the edge strictly between two, in order; straight and sharp as asked."""
    (straight, sharp), (a, b) = within, (least_other(left), least_other(right))
    if a is None or b is None or right - left <= sharp or abs(a - b) <= sharp:
        return []
    middle = 0.5 * (left + right)
    m = least_other(middle)
    if m is not None and abs(m - 0.5 * (a + b)) <= straight:
        return [(middle, m)]
    return [
        *_between(least_other, left, middle, within),
        (middle, m),
        *_between(least_other, middle, right, within),
    ]


def _thinned(edge: Array) -> Array:
    """Drop points on a straight run."""
    keep = [0]
    for k in range(1, len(edge) - 1):
        before, vertex, after = edge[keep[-1]], edge[k], edge[k + 1]
        turn = (vertex - before)[0] * (after - before)[1] - (vertex - before)[1] * (after - before)[
            0
        ]
        if abs(turn) > 1e-12:
            keep.append(k)
    return edge[[*keep, len(edge) - 1]]
