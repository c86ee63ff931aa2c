"""Links of a self-generating set: how its vertices generate each other, compiled.

A ring's links are rows ``(profile, kind of continuation, p, q)``: the continuation lies on the edge
from vertex p to vertex q, equal where it is a vertex; -1 where that is yet to be found.
"""

from __future__ import annotations

import numpy as np

from negotiation.kernels.generation import CONSTANT, CORNER, ON_EDGE_0, VERTEX
from negotiation.kernels.hulls import Array, Index
from negotiation.kernels.operator import Tables, Workspace
from negotiation.kernels.polygons import distance, hull, least, pick

__all__ = ["is_self_generating", "linked", "structured", "tidied", "unlinked"]

_SELF = 1e-12
_THIN = 1e-13


def structured(
    points: Array, made_by: Index, made: int, n: int, out: tuple[Array, Index], room: Workspace
) -> None:
    """Write the n hull points chosen in `room`, swept as `made_by` says: a ring and its links."""
    (ring, how), seat = out, room.order
    pick(points, room.chosen, n, ring)
    for k in range(made):
        seat[k] = -1
    for k in range(n):
        seat[room.chosen[k]] = k
    for k in range(n):
        at = room.chosen[k]
        how[k, 0], how[k, 1] = made_by[at, 0], made_by[at, 1]
        ref = made_by[at, 2]
        if ref >= 0 and seat[ref] < 0:
            seat[ref] = _nearest(ring, n, points[ref, 0], points[ref, 1])
        how[k, 2] = how[k, 3] = seat[ref] if ref >= 0 else -1


def _nearest(ring: Array, n: int, x: float, y: float) -> int:
    best, at = np.inf, 0
    for k in range(n):
        far = (ring[k, 0] - x) ** 2 + (ring[k, 1] - y) ** 2
        if far < best:
            best, at = far, k
    return at


def unlinked(tables: Tables, ring: Array, how: Index, m: int, low: Array) -> bool:
    """Forget every edge that the constraint no longer cuts; whether there is one."""
    moved = False
    for k in range(m):
        i = how[k, 1] - ON_EDGE_0
        if i < 0 or i > 1:
            continue
        line, p, q = low[i] + tables.need[how[k, 0], i], how[k, 2], how[k, 3]
        if (ring[p, i] - line) * (ring[q, i] - line) > 0.0:
            how[k, 2] = how[k, 3] = -1
            moved = True
    return moved


def linked(tables: Tables, ring: Array, how: Index, m: int, low: Array) -> bool:
    """Find the edge of the ring that each seed's continuation lies on; False if there is none."""
    for k in range(m):
        a, kind = how[k, 0], how[k, 1]
        if kind in (CONSTANT, CORNER):
            how[k, 2] = how[k, 3] = k
        if how[k, 2] >= 0:
            continue
        x = (ring[k, 0] - (1.0 - tables.discount[0]) * tables.g[a, 0]) / tables.discount[0]
        y = (ring[k, 1] - (1.0 - tables.discount[1]) * tables.g[a, 1]) / tables.discount[1]
        if kind == VERTEX:
            how[k, 2] = how[k, 3] = _nearest(ring, m, x, y)
            continue
        i = kind - ON_EDGE_0
        line, aside, best = low[i] + tables.need[a, i], y if i == 0 else x, np.inf
        for p in range(m):
            q = p + 1 if p + 1 < m else 0
            offset, next_offset = ring[p, i] - line, ring[q, i] - line
            if offset * next_offset <= 0.0 and offset != next_offset:
                share = offset / (offset - next_offset)
                cross = ring[p, 1 - i] + share * (ring[q, 1 - i] - ring[p, 1 - i])
                if abs(cross - aside) < best:
                    best = abs(cross - aside)
                    how[k, 2], how[k, 3] = p, q
        if best == np.inf:
            return False
    return True


def tidied(ring: Array, m: int, how: Index, new: Array, new_how: Index, room: Workspace) -> int:
    """Write the ring's hull without idle vertices to `new`, with profiles and continuations."""
    chosen, seat = room.chosen, room.order
    n, first = _without_idle(ring, hull(ring, m, seat, chosen), chosen), 0
    for k in range(m):
        seat[k] = -1
    for k in range(1, n):
        p, q = chosen[k], chosen[first]
        if ring[p, 0] < ring[q, 0] or (ring[p, 0] == ring[q, 0] and ring[p, 1] < ring[q, 1]):
            first = k
    for k in range(n):
        at = chosen[(first + k) % n]
        seat[at] = k
        new[k, 0], new[k, 1] = ring[at, 0], ring[at, 1]
        new_how[k, 0] = how[at, 0]
        new_how[k, 1] = at
    for k in range(n):
        at = new_how[k, 1]
        new_how[k, 2] = seat[how[at, 2]] if how[at, 1] == VERTEX and how[at, 2] >= 0 else -1
    return n


def _without_idle(ring: Array, n: int, chosen: Index) -> int:
    """Drop from the vertices chosen those on the line between their neighbours; how many remain."""
    k, since = 0, 0
    while n > 1 and since < n:
        a, b, c = chosen[k - 1 if k > 0 else n - 1], chosen[k], chosen[k + 1 if k + 1 < n else 0]
        x, y = ring[c, 0] - ring[a, 0], ring[c, 1] - ring[a, 1]
        px, py = ring[b, 0] - ring[a, 0], ring[b, 1] - ring[a, 1]
        length2 = x * x + y * y
        share = min(max((x * px + y * py) / length2, 0.0), 1.0) if length2 > 0.0 else 0.0
        since += 1
        dx, dy = px - share * x, py - share * y
        if dx * dx + dy * dy <= _THIN * _THIN:
            for t in range(k, n - 1):
                chosen[t] = chosen[t + 1]
            n -= 1
            since = 0
        else:
            k += 1
        if k >= n:
            k = 0
    return n


def is_self_generating(tables: Tables, ring: Array, how: Index, m: int, low: Array) -> bool:
    """Tell whether every vertex is enforceable, with its continuation in the ring.

    `low` is written: the ring's worst payoffs.
    """
    low[0] = low[1] = -np.inf
    least(ring, m, low, low)
    d, g = tables.discount, tables.g
    for k in range(m):
        a, ref = how[k, 0], how[k, 2]
        x = (ring[k, 0] - (1.0 - d[0]) * g[a, 0]) / d[0]
        y = (ring[k, 1] - (1.0 - d[1]) * g[a, 1]) / d[1]
        if x < low[0] + tables.need[a, 0] - _SELF or y < low[1] + tables.need[a, 1] - _SELF:
            return False
        if ref >= 0 and abs(ring[ref, 0] - x) + abs(ring[ref, 1] - y) <= _SELF:
            continue
        if distance(x, y, ring, m) > _SELF:
            return False
    return True
