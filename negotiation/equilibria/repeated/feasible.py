"""Feasible discounted payoffs of sequences of profiles, incentives aside.

With one common discount factor this is the hull of the stage payoffs. With two, players trade
over time (the impatient one is paid first) and more becomes feasible: Lehrer & Pauzner (1999),
Econometrica 67:393-412. The set is the Minkowski sum of the hulls of every period's discounted
payoffs, so its edges are the hull's edges, shrunk at two speeds and sorted by angle.
"""

from __future__ import annotations

import numpy as np

from negotiation.kernels.hulls import Array, hull

__all__ = ["feasible_set"]

_NEGLIGIBLE = 1e-15
_LONG, _BLOCKS = 20_000, 1000
"""More periods than `_LONG` are taken together, in `_BLOCKS` blocks."""


def feasible_set(points: Array, discount: Array, cap: int = 2000) -> Array:
    """Return a ring that contains every feasible average discounted payoff.

    Parameters
    ----------
    points
        Stage payoffs, shape ``(n, 2)``.
    discount
        The two discount factors, each in [0, 1).
    cap
        At most about this many vertices; beyond it the ring is rounded outward.

    Returns
    -------
    Array
        Ring, exact up to 1e-15 of the payoff range unless the cap was reached.

    Examples
    --------
    >>> pts = np.array([[0.0, 0], [1, 0], [0, 1]])
    >>> feasible_set(pts, np.array([0.5, 0.5])).tolist()
    [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
    >>> round(float(feasible_set(pts, np.array([0.5, 0.9])).sum(axis=1).max()), 6)
    1.604
    """
    ring = points[hull(points)]
    if discount[0] == discount[1] or len(ring) < 2:
        return ring
    edges = np.roll(ring, -1, axis=0) - ring
    low, high = sorted(discount)
    rates = [r for r in (high, low / high) if r > 0]
    horizon = min(int(np.ceil(np.log(_NEGLIGIBLE) / np.log(r))) for r in rates) if rates else 1
    weights = _weights(discount, max(horizon, 1))
    tail = discount ** max(horizon, 1)
    steps = np.concatenate(((weights[:, None, :] * edges).reshape(-1, 2), tail * edges))
    steps = steps[np.abs(steps).max(axis=1) > 0]
    steps = steps[np.argsort(np.arctan2(steps[:, 1], steps[:, 0]), kind="stable")]
    walk = np.concatenate(([[0.0, 0.0]], np.cumsum(steps, axis=0)))[:-1]
    walk += points.min(axis=0) - walk.min(axis=0)
    out = walk[hull(walk)]
    return out if len(out) <= cap else _rounded_outward(out, cap)


def _weights(discount: Array, horizon: int) -> Array:
    """Return the weight of each period, shape ``(periods, 2)``; of very many, outer bounds.

    The sum over a block of periods has an arc for every edge, and lies inside the triangle of the
    arc's chord and its first and last directions: two edges that together are as long.
    """
    if horizon <= _LONG:
        return np.asarray((1 - discount) * discount ** np.arange(horizon)[:, None])
    ends = np.linspace(0, horizon, _BLOCKS + 1).astype(np.int64)[:, None]
    total = discount ** ends[:-1] - discount ** ends[1:]
    first, last = (
        (1 - discount) * discount ** ends[:-1],
        (1 - discount) * discount ** (ends[1:] - 1),
    )
    turn = first[:, 0] * last[:, 1] - first[:, 1] * last[:, 0]
    if (np.abs(turn) <= 1e-6 * np.abs(first[:, 0] * last[:, 1])).any():
        return np.asarray((1 - discount) * discount ** np.arange(horizon)[:, None])
    one = (total[:, 0] * last[:, 1] - total[:, 1] * last[:, 0]) / turn
    other = (first[:, 0] * total[:, 1] - first[:, 1] * total[:, 0]) / turn
    return np.concatenate((one[:, None] * first, other[:, None] * last))


def _rounded_outward(ring: Array, cap: int) -> Array:
    """Replace runs of short edges by the corner where their outer edges meet."""
    edges = np.roll(ring, -1, axis=0) - ring
    angle = np.unwrap(np.arctan2(edges[:, 1], edges[:, 0]))
    length = np.hypot(edges[:, 0], edges[:, 1])
    effort = np.cumsum(length / length.sum() + np.abs(np.diff(angle, prepend=angle[-1])) / 7.0)
    keep = np.unique(np.searchsorted(effort, np.linspace(0, effort[-1], cap, endpoint=False)))
    keep = keep[keep < len(ring)]
    current, ahead = keep, np.roll(keep, -1)
    d0, d1 = edges[current], edges[ahead]
    cross = d0[:, 0] * d1[:, 1] - d0[:, 1] * d1[:, 0]
    between = ring[ahead] - ring[current]
    safe = np.where(cross > 1e-14 * length[current] * length[ahead], cross, np.inf)
    t = (between[:, 0] * d1[:, 1] - between[:, 1] * d1[:, 0]) / safe
    corner = np.where(np.isfinite(safe)[:, None], ring[current] + t[:, None] * d0, ring[ahead])
    points = np.concatenate((corner, ring[ahead]))
    return points[hull(points)]
