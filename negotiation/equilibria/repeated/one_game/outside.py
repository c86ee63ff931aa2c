"""A bound on what can be sustained outside a set that generates itself.

The operator is monotone, and the bound it puts on each direction is a linear programme in the
bounds it is given, so dual prices found at one set are valid at every other. If they show that
every widening of the inner set is mapped strictly inside itself, nothing lies outside.
"""

from __future__ import annotations

import numpy as np

from negotiation.kernels.generation import Mask, Stage, generate
from negotiation.kernels.hulls import Array, Index, half_planes, hausdorff, support

__all__ = ["reach_beyond"]

_WINDOW = 8
"""Directions looked at on either side of a vertex's own."""

_PLAIN, _POLICIES = 300, 40
"""Rounds that look for a widening: one step each, and with the equations solved."""

_AXES = np.array([[-1.0, 0.0], [0.0, -1.0]])


def _directions(*rings: Array) -> Array:
    """Outward unit normals of the rings' edges, both along and across, and the axes."""
    found = [np.array([[1.0, 0], [0, 1], [-1, 0], [0, -1]])]
    for ring in rings:
        edge = np.roll(ring, -1, axis=0) - ring
        length = np.hypot(edge[:, 0], edge[:, 1])
        unit = edge[length > 0] / length[length > 0, None]
        found.append(np.stack((unit[:, 1], -unit[:, 0]), axis=1))
        if len(ring) <= 2:
            found += [unit, -unit]
    return np.unique(np.concatenate(found), axis=0)


def _reach_and_prices(
    stage: Stage, ring: Array, directions: Array
) -> tuple[Array, Array, Index] | None:
    """Bound each profile's reach in each direction, with dual prices.

    For profile a the reach in direction d is (1-δ) d·g(a) plus the value of the linear programme
    max (δd)·w over w in the ring with w ≥ IC(a). Its dual prices bound that value for *every*
    right-hand side, which is what makes a local check global.

    Returns
    -------
    tuple or None
        Reach, shape ``(N, D)``, -inf for a profile with no continuation; the prices of the two
        constraints that bind at the optimum, shape ``(N, D, 2)``; and which directions those
        are. None if some optimum has no prices within rounding.
    """
    n, count = len(stage.g), len(directions)
    made = generate(stage, ring, ring.min(axis=0), full=True)
    who = np.unique(made.profile)
    best, height = np.zeros((len(who), count), dtype=np.intp), np.zeros((len(who), count))
    for k, a in enumerate(who):
        rows = np.flatnonzero(made.profile == a)
        heights = made.points[rows] @ directions.T
        best[k], height[k] = rows[heights.argmax(axis=0)], heights.max(axis=0)
    near = _nearby(ring, directions)[made.start[best]]
    then = made.then[best]
    slack = support(ring, directions)[near] - (then[:, :, None] * directions[near]).sum(axis=3)
    for i in (0, 1):
        above = then[..., i] - (ring[:, i].min() + stage.need[who, i, None])
        slack[..., i] = np.minimum(slack[..., i], np.abs(above))
    slack = np.maximum(slack, 0.0)
    found = _prices(directions * stage.discount, directions[near], slack)
    if found is None:
        return None
    reach = np.full((n, count), -np.inf)
    price, which = np.zeros((n, count, 2)), np.zeros((n, count, 2), dtype=np.intp)
    price[who], which[who] = found[0], np.take_along_axis(near, found[1], axis=2)
    paid = (found[0] * np.take_along_axis(slack, found[1], axis=2)).sum(axis=2)
    reach[who] = height + paid
    return reach, price, which


def _nearby(ring: Array, directions: Array) -> Index:
    """Return which directions may bind at each vertex or beside it, shape ``(m, C)``.

    First the two axes of the incentive constraints, then the directions closest to the normals of
    the edges there. All that bind are among them, and any others would be valid, only worse.
    """
    edge = np.roll(ring, -1, axis=0) - ring
    angle = np.arctan2(directions[:, 1], directions[:, 0])
    order = np.argsort(angle)
    seat = np.searchsorted(angle[order], np.arctan2(-edge[:, 0], edge[:, 1]))
    some = np.arange(-_WINDOW, _WINDOW + 1)
    near = order[(seat[:, None] + some) % len(order)]
    axes = [_index(directions, axis) for axis in _AXES]
    return np.concatenate((np.broadcast_to(axes, (len(ring), 2)), near), axis=1)


def _prices(goal: Array, normals: Array, slack: Array) -> tuple[Array, Index] | None:
    """Write every goal as a non-negative mix of two constraints with as little slack as can be.

    Parameters
    ----------
    goal
        Shape ``(D, 2)``.
    normals, slack
        Shapes ``(n, D, C, 2)`` and ``(n, D, C)``: the constraints at hand at each optimum.

    Returns
    -------
    tuple or None
        Prices and constraints, shape ``(n, D, 2)`` each; None if the mix is off by rounding.
    """
    turn = np.arctan2(
        goal[:, None, 0] * normals[..., 1] - goal[:, None, 1] * normals[..., 0],
        (goal[:, None] * normals).sum(axis=3),
    )
    cost = slack + _lean(goal) * np.abs(turn)
    left = np.where(turn >= 0, cost, np.inf).argmin(axis=2)
    right = np.where(turn <= 0, cost, np.inf).argmin(axis=2)
    p, q = (np.take_along_axis(normals, x[..., None, None], axis=2)[:, :, 0] for x in (left, right))
    det = p[..., 0] * q[..., 1] - p[..., 1] * q[..., 0]
    safe = np.where(np.abs(det) <= 1e-15, np.inf, det)
    on_p = np.maximum((goal[:, 0] * q[..., 1] - goal[:, 1] * q[..., 0]) / safe, 0.0)
    on_q = np.maximum((goal * q).sum(axis=2) - on_p * (p * q).sum(axis=2), 0.0)
    if np.abs(on_p[..., None] * p + on_q[..., None] * q - goal).max() > 1e-12:
        return None
    return np.stack((on_p, on_q), axis=2), np.stack((left, right), axis=2)


def _lean(goal: Array) -> float:
    """Slack worth a radian closer to the goal: settles ties, but less than a period can bring."""
    return min(1e-9, 0.01 * (1.0 - float(np.abs(goal).max())))


def _index(directions: Array, axis: Array) -> int:
    return int(np.flatnonzero((directions == axis).all(axis=1))[0])


def reach_beyond(stage: Stage, inner: Array, outer: Array, threat: Array) -> float:
    """Return how far a sustainable payoff of `outer` can lie outside `inner`; inf if not shown.

    Widen the inner set's edges by s·D for a positive vector D and let s shrink from a size that
    covers the outer set. While every profile's reach stays below the widened bound, the largest
    set that generates itself fits in the widened set; so it fits in the last of them.
    """
    directions = _directions(inner)
    bound = support(inner, directions)
    excess = support(outer, directions) - bound
    for i, axis in enumerate(_AXES):
        at = _index(directions, axis)
        excess[at] = min(excess[at], -threat[i] - bound[at])
    far = half_planes(directions, bound + np.maximum(excess, 0.0))
    found = _reach_and_prices(stage, inner, directions)
    if far is None or found is None:
        return np.inf
    reach, price, which = found
    alive = np.unique(generate(stage, far, far.min(axis=0), full=True).profile)
    reach, price, which = reach[alive] - bound, price[alive], which[alive]
    if not np.isfinite(reach).all():
        return np.inf
    widened = _smallest_widening(reach, price, which, excess)
    if widened is None:
        return np.inf
    near = half_planes(directions, bound + widened)
    return np.inf if near is None else hausdorff(near, inner)


def _smallest_widening(reach: Array, price: Array, which: Index, excess: Array) -> Array | None:
    """Return the widening below which nothing is shown, shape ``(D,)``; None if never.

    `reach` is measured from the inner set's bounds. A row counts as active if it could reach
    beyond a widened bound before the widening covers `excess`. Each direction widens as its own
    reach asks: what a thinned arc lacks must not count in the directions that patience repeats.
    """
    active = reach > -1e-9
    spare = np.maximum(reach.max(axis=0), 1e-15)
    for _ in range(20):
        widen = _widening(price, which, active, spare)
        if widen is None:
            return None
        scale = max(float((excess / widen).max()), 2.0)
        grows = scale * ((price * widen[which]).sum(axis=2) - widen)
        late = ~active & (reach + np.maximum(grows, 0.0) >= -1e-12)
        if not late.any():
            return np.asarray(2.0 * widen, dtype=np.float64)
        active |= late
    return None


def _widening(price: Array, which: Index, active: Mask, spare: Array) -> Array | None:
    """Return D > 0 with ``price·D ≤ D - spare / 2`` on active rows; None if there seems to be none.

    Rounds of D ← max over rows of price·D, plus `spare`, arrive where patience is moderate. Where
    they would take long, each direction keeps the row that needs most and the equations are
    solved, as in policy iteration; that ends where no row needs more.
    """
    widen = spare
    for count in range(_PLAIN + _POLICIES):
        each = np.where(active, (price * widen[which]).sum(axis=2), 0.0)
        needs = each.max(axis=0)
        if (needs <= widen - 0.5 * spare).all():
            return widen
        if count < _PLAIN:
            widen = needs + spare
            continue
        solved = _paid_for_ever(price, which, active, (each.argmax(axis=0), spare))
        if solved is None:
            return None
        widen = solved
    return None


def _paid_for_ever(
    price: Array, which: Index, active: Mask, policy: tuple[Index, Array]
) -> Array | None:
    """Solve D = price·D + spare with one row for each direction; None unless D is positive."""
    row, spare = policy
    at = np.arange(len(row))
    paid = np.where(active[row, at, None], price[row, at], 0.0)
    equations = np.eye(len(row))
    for k in (0, 1):
        np.subtract.at(equations, (at, which[row, at, k]), paid[:, k])
    try:
        widen = np.linalg.solve(equations, spare)
    except np.linalg.LinAlgError:
        return None
    return np.asarray(widen, dtype=np.float64) if widen.min() > 0 else None
