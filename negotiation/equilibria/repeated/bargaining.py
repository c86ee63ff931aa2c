"""Bargaining solutions on a convex set of payoffs: points that principles of fairness single out.

They are ideas about what reasonable parties would settle on, given what each gets without a deal.
They are not predictions, and no threat enters except through what each gets without a deal.

References
----------
J. Nash (1950), The bargaining problem, Econometrica 18.
E. Kalai and M. Smorodinsky (1975), Other solutions to Nash's bargaining problem, Econometrica 43.
E. Kalai (1977), Proportional solutions to bargaining situations, Econometrica 45.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from negotiation.games.game import Array
from negotiation.kernels.hulls import hull

__all__ = ["bargaining_solutions"]

_TIES = 1e-12


def bargaining_solutions(points: Array, without_deal: Array) -> dict[str, tuple[float, float]]:
    """Return the bargaining solutions of the hull of some payoffs.

    ========================  ====================================================================
    ``Nash``                  largest product of the two gains
    ``Kalai-Smorodinsky``     gains in proportion to the most that each could gain
    ``egalitarian``           equal gains, as large as possible
    ``utilitarian``           largest sum; the middle of the points where several have it
    ========================  ====================================================================

    The first two do not depend on the unit of either payoff, the last two compare them one to one.

    Parameters
    ----------
    points
        Payoffs, shape ``(n, 2)``.
    without_deal
        What each gets without a deal, shape ``(2,)``.

    Returns
    -------
    dict
        Name → pair of payoffs. Empty where no point gives both more than no deal; without the
        egalitarian one where equal gains are out of reach.

    Examples
    --------
    >>> found = bargaining_solutions(np.array([[0.0, 0], [4, 0], [0, 2]]), np.zeros(2))
    >>> found["Nash"], found["utilitarian"]
    ((2.0, 1.0), (4.0, 0.0))
    >>> [round(x, 6) for x in found["egalitarian"]]
    [1.333333, 1.333333]
    """
    scale = np.ptp(points, axis=0)
    if (scale <= 0).any():
        return {}
    gains = (points - without_deal) / scale
    ring = gains[hull(gains)]
    frontier = _frontier(ring)
    if frontier is None:
        return {}
    most = frontier[[-1, 0], [0, 1]]
    found = {
        "Nash": _nash(frontier),
        "Kalai-Smorodinsky": _along(ring, most),
        "egalitarian": _along(ring, 1 / scale),
        "utilitarian": _largest_sum(frontier, scale),
    }
    placed = {n: p * scale + without_deal for n, p in found.items() if p is not None}
    return {name: (float(x[0]), float(x[1])) for name, x in placed.items()}


def _frontier(ring: Array) -> Array | None:
    """Return the upper right edge within the positive quadrant, from the left to the right.

    None if the edge has no point where both gain.
    """
    if not ((ring > _TIES).any(axis=0)).all():
        return None
    right = ring[np.lexsort((ring[:, 1], ring[:, 0]))[-1]]
    top = ring[np.lexsort((ring[:, 0], ring[:, 1]))[-1]]
    start, end = (int(np.flatnonzero((ring == p).all(axis=1))[0]) for p in (right, top))
    walk = [ring[(start + k) % len(ring)] for k in range((end - start) % len(ring) + 1)][::-1]
    inside = [p for p in walk if (p > -_TIES).all()]
    for a, b in pairwise(walk):
        for axis in (0, 1):
            if (a[axis] < 0) != (b[axis] < 0):
                t = a[axis] / (a[axis] - b[axis])
                cut = a + t * (b - a)
                cut[axis] = 0.0
                if (cut > -_TIES).all():
                    inside.append(cut)
    if not inside:
        return None
    edge = np.array(sorted(inside, key=lambda p: (p[0], -p[1])))
    middle = edge if len(edge) == 1 else 0.5 * (edge[1:] + edge[:-1])
    return edge if (middle > _TIES).all(axis=1).any() else None


def _nash(edge: Array) -> Array:
    """Return the point of a concave edge with the largest product, found piece by piece."""
    best = edge[np.argmax(edge.prod(axis=1))]
    for a, b in pairwise(edge):
        d = b - a
        if d[0] * d[1] < 0:
            t = -(a[0] * d[1] + a[1] * d[0]) / (2 * d[0] * d[1])
            here = a + min(max(t, 0.0), 1.0) * d
            best = max(best, here, key=lambda p: float(p.prod()))
    return np.asarray(best)


def _along(ring: Array, direction: Array) -> Array | None:
    """Return the farthest feasible point from the origin in one direction; None if it misses."""
    low, high = 0.0, np.inf
    for a, b in zip(ring, np.roll(ring, -1, axis=0), strict=True):
        d = b - a
        # inside is where cross(d, t * direction - a) >= 0
        slope = d[0] * direction[1] - d[1] * direction[0]
        offset = d[0] * a[1] - d[1] * a[0]
        if abs(slope) <= _TIES:
            if offset > _TIES:
                return None
        elif slope > 0:
            low = max(low, offset / slope)
        else:
            high = min(high, offset / slope)
    if not np.isfinite(high) or low > high + _TIES:
        return None
    return np.asarray(high * direction)


def _largest_sum(edge: Array, scale: Array) -> Array:
    total = edge @ scale
    best = edge[total >= total.max() - _TIES * np.abs(total).max()]
    return np.asarray(0.5 * (best[0] + best[-1]))
