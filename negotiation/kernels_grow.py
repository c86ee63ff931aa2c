"""A ring that grows by one vertex at a time, as loops. See `kernels_inner`."""

from __future__ import annotations

import numpy as np

from .kernels_round import Room, Tables
from .polygon import Array, Index

__all__ = ["grow"]

_GENERATIONS = 400
_COARSE = 1e-5


def _seat(ring: Array, m: int, east: int, x: float, upper: bool) -> int:
    """Return the last vertex of the lower chain, or of the upper one, before its x passes `x`."""
    first, last = (east, m) if upper else (0, east)
    while last - first > 1:
        middle = (first + last) // 2
        if (ring[middle, 0] > x) if upper else (ring[middle, 0] <= x):
            first = middle
        else:
            last = middle
    return first


def _holds(ring: Array, m: int, east: int, x: float, y: float) -> bool:
    """Whether a point is a vertex of the ring."""
    for upper in range(2):
        k = _seat(ring, m, east, x, upper == 1)
        for t in range(k, k + 2):
            if ring[t % m, 0] == x and ring[t % m, 1] == y:
                return True
    return False


def _place(ring: Array, m: int, east: int, x: float, y: float, least: float) -> int:
    """Return where to insert a point that lies outside by more than `least`; -1 if it does not."""
    if x < ring[0, 0]:
        return 0 if ring[0, 0] - x > least else -1
    if x > ring[east, 0]:
        return east + 1 if x - ring[east, 0] > least else -1
    for upper in range(2):
        first = _seat(ring, m, east, x, upper == 1)
        end = (first + 1) % m
        ex, ey = ring[end, 0] - ring[first, 0], ring[end, 1] - ring[first, 1]
        px, py = x - ring[first, 0], y - ring[first, 1]
        if ex * py - ey * px < -least * np.hypot(ex, ey):
            return first + 1
    return -1


def _insert(ring: Array, m: int, place: int, x: float, y: float) -> int:
    """Insert a point and drop the vertices it makes idle; return the new number."""
    first = last = place  # vertices first..last-1 go
    while m > 2 and last - first < m - 2:
        a, b = (last + 1) % m, last % m
        if (ring[b, 0] - x) * (ring[a, 1] - y) - (ring[b, 1] - y) * (ring[a, 0] - x) > 0.0:
            break
        last += 1
    while m > 2 and last - first < m - 2:
        a, b = (first - 2) % m, (first - 1) % m
        if (ring[b, 0] - ring[a, 0]) * (y - ring[a, 1]) - (ring[b, 1] - ring[a, 1]) * (
            x - ring[a, 0]
        ) > 0.0:
            break
        first -= 1
    if first > 0 and last <= m:
        shift = first + 1 - last
        if shift > 0:
            for k in range(m - 1, last - 1, -1):
                ring[k + 1, 0], ring[k + 1, 1] = ring[k, 0], ring[k, 1]
        else:
            for k in range(last, m):
                ring[k + shift, 0], ring[k + shift, 1] = ring[k, 0], ring[k, 1]
        ring[first, 0], ring[first, 1] = x, y
        return m + shift
    kept, out = 0, np.empty((m + 1, 2))
    for k in range(last, first + m):
        out[kept, 0], out[kept, 1] = ring[k % m, 0], ring[k % m, 1]
        kept += 1
    out[kept, 0], out[kept, 1] = x, y
    kept += 1
    start = 0
    for k in range(1, kept):
        if out[k, 0] < out[start, 0] or (out[k, 0] == out[start, 0] and out[k, 1] < out[start, 1]):
            start = k
    for k in range(kept):
        ring[k, 0], ring[k, 1] = out[(start + k) % kept, 0], out[(start + k) % kept, 1]
    return kept


def _east(ring: Array, m: int) -> int:
    """Return the last vertex of the lower chain: the rightmost, the lowest of several."""
    first, last = 0, m - 1
    while first < last:
        middle = (first + last) // 2
        if ring[middle + 1, 0] > ring[middle, 0]:
            first = middle + 1
        else:
            last = middle
    return first


def _add(ring: Array, state: Index, x: float, y: float, least: float) -> bool:
    """Add a point if it lies outside by more than `least` and there is room; return whether.

    `state` holds the number of vertices and where the lower chain ends.
    """
    if state[0] >= len(ring) - 1:
        return False
    place = _place(ring, state[0], state[1], x, y, least)
    if place >= 0:
        state[0] = _insert(ring, state[0], place, x, y)
        state[1] = _east(ring, state[0])
    return place >= 0


def grow(
    tables: Tables, ring: Array, m: int, n: int, threat: Array, least: float, room: Room
) -> int:
    """Add payoffs whose continuation is a vertex just added, until they are within `least`.

    A ring that generates itself still does so afterwards. The first n points chosen in `room` come
    first. Coarsely to begin with, so that few are added that do not last. Returns the number of
    vertices.
    """
    most = len(ring)
    fresh, added = np.empty((most, 2)), np.empty((most, 2))
    state = np.array([m, _east(ring, m)])
    for level in range(2):
        step = max(least, _COARSE) if level == 0 else least
        count = 0
        for k in range(n if level == 0 else state[0]):
            at = room.chosen[k]
            if level > 0:
                fresh[count, 0], fresh[count, 1] = ring[k, 0], ring[k, 1]
                count += 1
            elif count < most and _add(ring, state, room.points[at, 0], room.points[at, 1], step):
                fresh[count, 0], fresh[count, 1] = room.points[at, 0], room.points[at, 1]
                count += 1
        for _ in range(_GENERATIONS):
            count = _generation(tables, ring, state, threat, step, (fresh, added), count)
            fresh, added = added, fresh
            if count == 0:
                break
    return int(state[0])


def _generation(
    tables: Tables,
    ring: Array,
    state: Index,
    threat: Array,
    least: float,
    buffers: tuple[Array, Array],
    count: int,
) -> int:
    """Add what the fresh vertices generate; write what lasted to `added`, and return how many."""
    fresh, added = buffers
    g, need = tables.g, tables.need
    d0, d1, more, lasting = tables.discount[0], tables.discount[1], 0, 0
    for a in range(len(g)):
        if tables.use[a] < 2:
            continue
        ic0, ic1 = threat[0] + need[a, 0], threat[1] + need[a, 1]
        x0, y0 = (1.0 - d0) * g[a, 0], (1.0 - d1) * g[a, 1]
        for k in range(count):
            if fresh[k, 0] < ic0 or fresh[k, 1] < ic1 or more == len(added):
                continue
            x, y = x0 + d0 * fresh[k, 0], y0 + d1 * fresh[k, 1]
            if _add(ring, state, x, y, least):
                added[more, 0], added[more, 1] = x, y
                more += 1
    for k in range(more):
        if _holds(ring, state[0], state[1], added[k, 0], added[k, 1]):
            added[lasting, 0], added[lasting, 1] = added[k, 0], added[k, 1]
            lasting += 1
    return lasting
