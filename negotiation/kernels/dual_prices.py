"""Dual bounds on each profile's reach beyond a ring in each direction, compiled.

See `beyond`. In a direction n, a profile yields (1-δ)∘g·n and at most what its best continuation
is worth in direction δ∘n. Non-negative prices on bounds of the set of continuations, and on the
profile's two constraints, bound that from above; at other sets as well.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from negotiation.kernels.generation import TIGHT
from negotiation.kernels.hulls import Array, Index
from negotiation.kernels.operator import Tables
from negotiation.kernels.polygons import precedes

__all__ = ["Frame", "Prices", "priced"]

_MISSING = 1e-13
_SLIGHT = 1e-14


class Frame(NamedTuple):
    """Directions round a ring of m vertices: its edges' normals and the axes, D in all, sorted.

    Attributes
    ----------
    edges, bound
        Shapes ``(D, 2)`` and ``(D,)``: unit directions, and the ring's support along the normal.
    after, seat
        Shapes ``(D,)`` and ``(m,)``: the vertex reached when a line has turned past a direction;
        and where each of the ring's edges is among the directions.
    axis
        Shape ``(2,)``: where the directions that bound each player's payoff below are.
    beyond, free, widen, spare
        Shape ``(D,)``: how far an outer ring lies beyond; 0 where the bound is known exactly, else
        1; by how much bounds are moved; and how far some profile seems to reach beyond.
    extra
        Shape ``(6, 2)``: the axes, and room for two more directions.
    corner, kept
        Work space.
    """

    edges: Array
    bound: Array
    after: Index
    seat: Index
    axis: Index
    beyond: Array
    free: Array
    widen: Array
    spare: Array
    extra: Array
    corner: Array
    kept: Index


class Prices(NamedTuple):
    """Bounds on each profile's reach in each direction, one a row.

    Attributes
    ----------
    reach
        How far beyond the ring's own bound.
    paid
        Shape ``(rows, 2)``: the prices.
    on
        Shape ``(rows, 3)``: the direction, and the two directions whose bounds have the prices.
    some
        Shape ``(2, rows)``: marks for rows.
    today
        Shape ``(N, D)``: each profile's reach as if its constraints did not bind.
    pair
        Shape ``(4, 2)``: a goal, two prices, a continuation, a profile's two constraints.
    cross, tag
        Shape ``(5, 2)``: points where a profile's constraints bind; the constraint, 2 for both,
        and the ring's edge.
    two
        Shape ``(2,)``: two directions.
    """

    reach: Array
    paid: Array
    on: Index
    some: Index
    today: Array
    pair: Array
    cross: Array
    tag: Index
    two: Index


def priced(tables: Tables, frame: Frame, total: int, ring: Array, m: int, prices: Prices) -> int:
    """Bound the reach of every profile that may be used.

    Parameters
    ----------
    frame, total
        The directions of the ring, and how many.
    ring, m
        The set.
    prices
        Written.

    Returns
    -------
    int
        The number of rows; -1 if a profile cannot be bounded.
    """
    if not _unbound(tables, frame, total, prices):
        return -1
    row, need, ic = total, tables.need, prices.pair[3]
    for a in range(len(need)):
        if tables.use[a] == 0:
            continue
        beyond = False
        for t in range(total):
            beyond = beyond or prices.today[a, t] > _SLIGHT
        if not beyond:
            continue
        for i in range(2):
            ic[i] = need[a, i] - frame.bound[frame.axis[i]]
        count = _crossings(ring, m, ic, prices)
        row = _bound(tables, a, frame, total, ring, count, row, prices)
        if row < 0:
            return -1
    return row


def _unbound(tables: Tables, frame: Frame, total: int, prices: Prices) -> bool:
    """Price every direction as if no constraint on continuations bound: one row each.

    Those prices bound every profile's reach, so they serve all that need no better. In `today`,
    what is left: the profiles that seem to reach beyond the ring.
    """
    edges, bound, g, two = frame.edges, frame.bound, tables.g, prices.two
    goal, paid, near = prices.pair[0], prices.pair[1], total - 1
    d0, d1 = tables.discount[0], tables.discount[1]
    for t in range(total):
        nx, ny = edges[t, 1], -edges[t, 0]
        goal[0], goal[1] = d0 * nx, d1 * ny
        if t == 0:
            for k in range(total):
                if not precedes(-goal[1], goal[0], edges[k, 0], edges[k, 1]):
                    near = k
        for _ in range(total):
            after = near + 1 if near + 1 < total else 0
            if edges[after, 0] * goal[0] + edges[after, 1] * goal[1] < 0.0:
                break
            near = after
        two[0], two[1] = near, near + 1 if near + 1 < total else 0
        missing = _pay(frame, goal, two, paid)
        if missing > _MISSING:
            return False
        value = paid[0] * bound[two[0]] + paid[1] * bound[two[1]] + 4.0 * missing - bound[t]
        most = -np.inf
        for a in range(len(g)):
            reach = (1.0 - d0) * nx * g[a, 0] + (1.0 - d1) * ny * g[a, 1] + value
            prices.today[a, t] = reach
            if reach <= _SLIGHT:
                most = max(most, reach)
        _write(prices, t, t, most)
    return True


def _write(prices: Prices, row: int, t: int, reach: float) -> None:
    prices.reach[row] = reach
    prices.paid[row, 0], prices.paid[row, 1] = prices.pair[1, 0], prices.pair[1, 1]
    prices.on[row, 0] = t
    prices.on[row, 1], prices.on[row, 2] = prices.two[0], prices.two[1]


def _pay(frame: Frame, goal: Array, on: Index, paid: Array) -> float:
    """Write the goal as a non-negative mix of two normals, in `paid`; return what is missing."""
    px, py = frame.edges[on[0], 1], -frame.edges[on[0], 0]
    qx, qy = frame.edges[on[1], 1], -frame.edges[on[1], 0]
    det = px * qy - py * qx
    along = (goal[0] * qy - goal[1] * qx) / det if det > 1e-15 else px * goal[0] + py * goal[1]
    paid[0] = max(along, 0.0)
    x, y = goal[0] - paid[0] * px, goal[1] - paid[0] * py
    paid[1] = max(x * qx + y * qy, 0.0)
    return float(abs(x - paid[1] * qx) + abs(y - paid[1] * qy))


def _crossings(ring: Array, m: int, ic: Array, prices: Prices) -> int:
    """Write the points of the ring where a constraint binds and the other holds; how many.

    Where the best continuation is not allowed, the best that is allowed is one of these.
    """
    cross, tag, count = prices.cross, prices.tag, 0
    for i in range(2):
        j, low, high = 1 - i, np.inf, -np.inf
        for k in range(m):
            after = k + 1 if k + 1 < m else 0
            value, next_value = ring[k, i], ring[after, i]
            if (value >= ic[i] - TIGHT) == (next_value >= ic[i] - TIGHT):
                continue
            share = min(max((ic[i] - value) / (next_value - value), 0.0), 1.0)
            aside = ring[k, j] + share * (ring[after, j] - ring[k, j])
            low, high = min(low, aside), max(high, aside)
            if aside >= ic[j] - TIGHT:
                cross[count, i], cross[count, j] = min(ic[i], max(value, next_value)), aside
                tag[count, 0], tag[count, 1] = i, k
                count += 1
        if i == 0 and low < ic[1] - TIGHT and high >= ic[1] - TIGHT:
            cross[count, 0], cross[count, 1], tag[count, 0] = ic[0], ic[1], 2
            count += 1
    return count


def _bound(
    tables: Tables,
    a: int,
    frame: Frame,
    total: int,
    ring: Array,
    count: int,
    row: int,
    prices: Prices,
) -> int:
    """Price profile a where it seems to reach beyond, with its constraints; rows, or -1."""
    ic, d = prices.pair[3], tables.discount
    goal, w, two = prices.pair[0], prices.pair[2], prices.two
    for t in range(total):
        if prices.today[a, t] <= _SLIGHT:
            continue
        top = frame.after[prices.on[t, 1]]
        if ring[top, 0] >= ic[0] - TIGHT and ring[top, 1] >= ic[1] - TIGHT:
            prices.pair[1, 0], prices.pair[1, 1] = prices.paid[t, 0], prices.paid[t, 1]
            two[0], two[1] = prices.on[t, 1], prices.on[t, 2]
            _write(prices, row, t, prices.today[a, t])
            row += 1
            continue
        if count == 0:
            return -1
        nx, ny = frame.edges[t, 1], -frame.edges[t, 0]
        goal[0], goal[1] = d[0] * nx, d[1] * ny
        best, most = 0, -np.inf
        for k in range(count):
            value = goal[0] * prices.cross[k, 0] + goal[1] * prices.cross[k, 1]
            if value > most:
                best, most = k, value
        w[0], w[1] = prices.cross[best, 0], prices.cross[best, 1]
        value = _constrained(frame, total, prices, best, most)
        if value == np.inf:
            return -1
        value += (1.0 - d[0]) * nx * tables.g[a, 0] + (1.0 - d[1]) * ny * tables.g[a, 1]
        _write(prices, row, t, value - frame.bound[t])
        row += 1
    return row


def _constrained(frame: Frame, total: int, prices: Prices, best: int, most: float) -> float:
    """Price the goal at a point where constraints bind; return the bound, inf if there is none."""
    edges, axis, two, ic = frame.edges, frame.axis, prices.two, prices.pair[3]
    goal, paid = prices.pair[0], prices.pair[1]
    two[0], two[1] = axis[0], axis[1]
    kind, edge = prices.tag[best, 0], frame.seat[prices.tag[best, 1]]
    if kind < 2:
        line = axis[kind]
        turn = edges[line, 0] * edges[edge, 1] - edges[line, 1] * edges[edge, 0]
        two[0], two[1] = (line, edge) if turn >= 0.0 else (edge, line)
    was0, was1 = frame.bound[axis[0]], frame.bound[axis[1]]
    frame.bound[axis[0]], frame.bound[axis[1]] = -ic[0], -ic[1]
    missing = _pay(frame, goal, two, paid)
    value = paid[0] * frame.bound[two[0]] + paid[1] * frame.bound[two[1]]
    if missing > _MISSING or value > most + _MISSING:
        _nearest(frame, total, prices)
        missing = _pay(frame, goal, two, paid)
        value = paid[0] * frame.bound[two[0]] + paid[1] * frame.bound[two[1]]
    frame.bound[axis[0]], frame.bound[axis[1]] = was0, was1
    return value + 4.0 * missing if missing <= _MISSING else np.inf


def _nearest(frame: Frame, total: int, prices: Prices) -> None:
    """Find the bounds with the least slack at a continuation, on either side of the goal."""
    edges, goal, w, two = frame.edges, prices.pair[0], prices.pair[2], prices.two
    best0 = best1 = np.inf
    for t in range(total):
        x, y = edges[t, 1], -edges[t, 0]
        turn = np.arctan2(goal[0] * y - goal[1] * x, goal[0] * x + goal[1] * y)
        cost = max(frame.bound[t] - x * w[0] - y * w[1], 0.0) + 1e-9 * abs(turn)
        if turn <= 0.0 and cost < best0:
            best0 = cost
            two[0] = t
        if turn >= 0.0 and cost < best1:
            best1 = cost
            two[1] = t
