"""Bound on the distance from an inner set to all sustainable payoffs, compiled.

See `beyond`: dual prices found at the inner set hold at every other, and if they map every widening
of it strictly inside itself, nothing lies outside.
"""

from __future__ import annotations

import numpy as np

from negotiation.kernels.dual_prices import Frame, Prices, priced
from negotiation.kernels.hulls import Array, Index
from negotiation.kernels.operator import Tables, Workspace
from negotiation.kernels.polygons import excess, hull, intersection, precedes

__all__ = ["certify", "make_bounds"]

_SETTLED, _ARRIVED = 1e-13, 1e-3
_EQUAL = 1e-14
_NEAR, _STILL = -1e-9, -1e-12
_LEAST, _USELESS = 1e-15, 0.1
_TRIES, _ROUNDS = 20, 3000


def make_bounds(profiles: int, most: int) -> tuple[Frame, Prices]:
    """Return room for games of `profiles` cells and rings of up to `most` vertices."""
    most += 6
    rows = most * (1 + profiles)
    after, seat = np.zeros((2, most), dtype=np.intp)
    bound, beyond, free, widen, spare = np.zeros((5, most))
    extra = np.zeros((6, 2))
    extra[:4] = (1, 0), (0, 1), (-1, 0), (0, -1)
    frame = Frame(
        np.zeros((most, 2)),
        bound,
        after,
        seat,
        np.zeros(2, dtype=np.intp),
        beyond,
        free,
        widen,
        spare,
        extra,
        np.zeros((3 * most, 2)),
        np.zeros(3 * most, dtype=np.intp),
    )
    prices = Prices(
        np.zeros(rows),
        np.zeros((rows, 2)),
        np.zeros((rows, 3), dtype=np.intp),
        np.zeros((2, rows), dtype=np.intp),
        np.zeros((profiles, most)),
        np.zeros((4, 2)),
        np.zeros((5, 2)),
        np.zeros((5, 2), dtype=np.intp),
        np.zeros(2, dtype=np.intp),
    )
    return frame, prices


def certify(
    tables: Tables,
    rings: tuple[Array, Array],
    sizes: tuple[int, int],
    threat: Array,
    bounds: tuple[Frame, Prices],
    room: Workspace,
) -> float:
    """Bound the distance of an inner set to the true one.

    Parameters
    ----------
    rings, sizes
        The inner ring and an outer one, and how many vertices they have, 0 for none.
    threat
        Lower bounds on both worst payoffs.
    bounds
        From `make_bounds`.

    Returns
    -------
    float
        inf where nothing could be shown.
    """
    (inner, outer), (n, m) = rings, sizes
    if n <= 0 or m <= 0:
        return np.inf
    gap = np.inf
    if _box_apart(inner, n, outer, m) <= _ARRIVED:
        gap = max(excess(inner, n, outer, m), excess(outer, m, inner, n))
    if gap > _SETTLED:
        gap = min(gap, _reach_beyond(tables, rings, sizes, threat, bounds, room))
    return gap


def _box_apart(one: Array, n: int, other: Array, m: int) -> float:
    """Return how far apart the sides of two rings' bounding boxes are, at most."""
    apart = 0.0
    for i in range(2):
        low = high = one[0, i]
        for k in range(1, n):
            low, high = min(low, one[k, i]), max(high, one[k, i])
        least = most = other[0, i]
        for k in range(1, m):
            least, most = min(least, other[k, i]), max(most, other[k, i])
        apart = max(apart, abs(low - least), abs(high - most))
    return float(apart)


def _frame(ring: Array, m: int, frame: Frame) -> int:
    """Sort the normals of a ring and the axes; return how many directions there are."""
    edges, vertex, extra = frame.edges, frame.after, frame.extra
    extras, count = 4, 0
    if m > 1:
        for k in range(m):
            after = k + 1 if k + 1 < m else 0
            x, y = ring[after, 0] - ring[k, 0], ring[after, 1] - ring[k, 1]
            size = np.sqrt(x * x + y * y)
            edges[count, 0], edges[count, 1], vertex[count] = x / size, y / size, k
            count += 1
    if m == 2:
        for k in range(2):
            extra[4 + k, 0], extra[4 + k, 1] = -edges[k, 1], edges[k, 0]
        extras = 6
    for k in range(extras):
        count = _enter(edges, vertex, count, extra[k, 0], extra[k, 1])
    _touch(ring, m, count, frame)
    return count


def _enter(edges: Array, vertex: Index, count: int, x: float, y: float) -> int:
    """Insert a direction where it belongs, unless it is there; return how many there are."""
    place = count
    while place > 0 and precedes(x, y, edges[place - 1, 0], edges[place - 1, 1]):
        place -= 1
    if place > 0 and not precedes(edges[place - 1, 0], edges[place - 1, 1], x, y):
        edges[place - 1, 0], edges[place - 1, 1] = x, y
        return count
    for t in range(count, place, -1):
        edges[t, 0], edges[t, 1], vertex[t] = edges[t - 1, 0], edges[t - 1, 1], vertex[t - 1]
    edges[place, 0], edges[place, 1] = x, y
    vertex[place] = -1
    return count + 1


def _touch(ring: Array, m: int, count: int, frame: Frame) -> None:
    """Find where the ring is touched in every direction; `after` holds the edges at first."""
    at = 0
    for t in range(count):
        edge = frame.after[t]
        x, y = frame.edges[t, 1], -frame.edges[t, 0]
        if edge >= 0:
            at = edge
            frame.seat[at] = t
        frame.bound[t] = x * ring[at, 0] + y * ring[at, 1]
        if edge >= 0:
            at = at + 1 if at + 1 < m else 0
            frame.bound[t] = max(frame.bound[t], x * ring[at, 0] + y * ring[at, 1])
        frame.after[t] = at
        if x == -1.0:
            frame.axis[0] = t
        if y == -1.0:
            frame.axis[1] = t


def _reach_beyond(
    tables: Tables,
    rings: tuple[Array, Array],
    sizes: tuple[int, int],
    threat: Array,
    bounds: tuple[Frame, Prices],
    room: Workspace,
) -> float:
    """Return how far a sustainable payoff of the outer ring can lie outside; inf if not shown.

    Every profile that may be used is priced at the inner ring; bounds that are known exactly (a
    threat that cannot be lower) are not widened.
    """
    (inner, outer), (frame, prices) = rings, bounds
    total = _frame(inner, sizes[0], frame)
    _further(frame, total, outer, sizes[1], threat)
    rows = priced(tables, frame, total, inner, sizes[0], prices)
    if rows < 0 or not _smallest_widening(prices, rows, frame, total):
        return np.inf
    for t in range(total):
        frame.widen[t] += frame.bound[t]
    n_points = intersection(frame.edges, frame.widen, total, frame.kept, frame.corner)
    n = hull(frame.corner, n_points, room.order, room.chosen)
    for k in range(n):
        at = room.chosen[k]
        room.points[k, 0], room.points[k, 1] = frame.corner[at, 0], frame.corner[at, 1]
    return excess(room.points, n, inner, sizes[0])


def _further(frame: Frame, total: int, outer: Array, m: int, threat: Array) -> None:
    """Write how far the outer ring lies beyond the inner one in every direction, and what is free.

    `bound` is moved to the threats where those are exact.
    """
    edges, bound, at = frame.edges, frame.bound, 0
    for t in range(total):
        x, y = edges[t, 1], -edges[t, 0]
        for _ in range(m):
            after = at + 1 if at + 1 < m else 0
            if x * (outer[after, 0] - outer[at, 0]) + y * (outer[after, 1] - outer[at, 1]) < 0.0:
                break
            at = after
        frame.beyond[t] = max(x * outer[at, 0] + y * outer[at, 1] - bound[t], 0.0)
        frame.free[t] = 1.0
    for i in range(2):
        t = frame.axis[i]
        if -bound[t] - threat[i] <= _EQUAL:
            frame.free[t], bound[t] = 0.0, -threat[i]
        frame.beyond[t] = max(min(frame.beyond[t], -bound[t] - threat[i]), 0.0)


def _smallest_widening(prices: Prices, rows: int, frame: Frame, total: int) -> bool:
    """Find the widening below which nothing is shown, in `widen`; whether there is one.

    Each direction widens as its own reach asks: what a thinned arc lacks must not count in the
    directions that patience repeats. Rows that do not come near the bound are left out until a
    widening would bring them there.
    """
    active, spare = prices.some[0], frame.spare
    for t in range(total):
        spare[t] = _LEAST
    for row in range(rows):
        t = prices.on[row, 0]
        active[row] = 0
        if frame.free[t] == 0.0:
            active[row] = -1
            continue
        spare[t] = max(spare[t], prices.reach[row])
        if prices.reach[row] > _NEAR:
            active[row] = 1
    for t in range(total):
        frame.widen[t] = frame.free[t] * spare[t]
    for _ in range(_TRIES):
        if not _widen(prices, rows, frame.widen, spare):
            return False
        if not _too_near(prices, rows, frame, total):
            for t in range(total):
                frame.widen[t] *= 2.0
            return True
    return False


def _too_near(prices: Prices, rows: int, frame: Frame, total: int) -> bool:
    """Make rows active that this widening, or the outer ring's, brings near; whether any."""
    active, widen, scale, late = prices.some[0], frame.widen, 2.0, False
    for t in range(total):
        if frame.free[t] > 0.0:
            scale = max(scale, frame.beyond[t] / widen[t])
    for row in range(rows):
        if active[row] != 0:
            continue
        t, p, q = prices.on[row, 0], prices.on[row, 1], prices.on[row, 2]
        grows = prices.paid[row, 0] * widen[p] + prices.paid[row, 1] * widen[q] - widen[t]
        if prices.reach[row] + max(scale * grows, 0.0) >= _STILL:
            active[row] = 1
            late = True
    return late


def _widen(prices: Prices, rows: int, widen: Array, spare: Array) -> bool:
    """Raise D until ``price·D < D`` by half of `spare` on active rows; whether that is possible.

    What a direction asks of itself is solved for: it would take 1 / (1 - δ) turns. The others in
    turn, from the first row to the last and back: chains of directions follow the ring.
    """
    active, active_rows, count = prices.some[0], prices.some[1], 0
    for row in range(rows):
        if active[row] > 0:
            active_rows[count] = row
            count += 1
    for turn in range(_ROUNDS):
        enough, most = True, 0.0
        for k in range(count):
            row = active_rows[k] if turn % 2 == 0 else active_rows[count - 1 - k]
            t, p, q = prices.on[row, 0], prices.on[row, 1], prices.on[row, 2]
            own = (prices.paid[row, 0] if p == t else 0.0) + (
                prices.paid[row, 1] if q == t else 0.0
            )
            if own >= 1.0:
                return False
            value = prices.paid[row, 0] * widen[p] + prices.paid[row, 1] * widen[q] - own * widen[t]
            if value > widen[t] * (1.0 - own) - 0.5 * spare[t]:
                widen[t] = (value + spare[t]) / (1.0 - own)
                enough = False
            most = max(most, widen[t])
        if enough:
            return True
        if most > _USELESS:
            return False
    return False
