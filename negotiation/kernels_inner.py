"""Self-generating sets of games whose players discount differently, as loops.

As in `inner_set`, structure and equations take turns until the set generates itself. The structure
comes from a sweep rather than from one round, so chains of continuations are there at once; or from
a game that is almost the same.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .kernels_newton import System, make_system, newton
from .kernels_plane import distance, excess, hull
from .kernels_round import Room, Tables
from .kernels_sweep import seeds, sweep
from .operator import CONSTANT, CORNER, ON_EDGE_0, VERTEX
from .polygon import Array, Index

__all__ = ["Seen", "Space", "again", "copy", "least", "make_space", "search"]

_SELF = 1e-12
_THIN = 1e-13
_PINNED = 1e-13
_FINEST = 2e-9
_PASSES = 40
_FIRST = 1e-4
_EDGES = 4


class Seen(NamedTuple):
    """The structure of the last set that was found, and where its vertices were.

    Attributes
    ----------
    ring, how
        Shapes ``(most, 2)`` and ``(most, 4)``; see `_structured`.
    size
        Shape ``(1,)``: how many vertices, 0 if nothing can be used again.
    """

    ring: Array
    how: Index
    size: Index


class Space(NamedTuple):
    """Scratch space for `search` and `again`.

    Attributes
    ----------
    ring, how
        A ring, and how each vertex is generated.
    points, made_by
        What is swept, and how.
    system
        For `newton`.
    low
        Shape ``(2,)``.
    """

    ring: Array
    how: Index
    points: Array
    made_by: Index
    system: System
    low: Array


def make_space(most: int) -> tuple[Space, Seen]:
    """Return room for rings of up to `most` vertices."""
    how = np.zeros((2, most, 4), dtype=np.intp)
    space = Space(
        np.zeros((most, 2)),
        how[0],
        np.zeros((2 * most, 2)),
        np.zeros((2 * most, 3), dtype=np.intp),
        make_system(most),
        np.zeros(2),
    )
    return space, Seen(np.zeros((most, 2)), how[1], np.zeros(1, dtype=np.intp))


def again(tables: Tables, seen: Seen, best: Array, fixed: Array, space: Space, room: Room) -> int:
    """Write to `best` the set that has the structure seen before; its size, 0 if none has.

    It generates itself, but may be smaller than the largest.
    """
    m, how, trial, low = seen.size[0], seen.how, seen.ring, space.low
    for k in range(m):
        if tables.use[how[k, 0]] < 1:
            return 0
        if how[k, 1] == CONSTANT:
            trial[k, 0], trial[k, 1] = tables.g[how[k, 0], 0], tables.g[how[k, 0], 1]
    for _ in range(_EDGES):
        if not newton(tables, trial, m, how, fixed, space.system):
            return 0
        least(trial, m, fixed, low)
        if not _unlinked(tables, trial, how, m, low):
            break
        if not _linked(tables, trial, how, m, low):
            return 0
    n = _tidied(trial, m, how, space.points, space.made_by, room)
    if not _stands(tables, space.points, space.made_by, n, low):
        return 0
    copy(space.points, n, best)
    return n


def search(
    tables: Tables,
    m: int,
    goal: tuple[Array, Array, int, float],
    seen: Seen,
    space: Space,
    room: Room,
) -> int:
    """Alternate between structure and equations, from the ring of m vertices in `space`.

    Parameters
    ----------
    goal
        Where to write the best set; the worst payoffs that are known; after how many passes to be
        content with any; and the smallest corners worth having, as a share of 1 - δ.
    seen
        Written: the structure of the best set.

    Returns
    -------
    int
        The size of the best set, 0 if none.
    """
    ring, how, points, made_by = space.ring, space.how, space.points, space.made_by
    best, fixed, enough, precision = goal
    low, found, trial = space.low, 0, room.cut[1]
    seen.size[0] = 0
    for count in range(_PASSES):
        least(ring, m, fixed, low)
        fine = max(precision * (1.0 - max(tables.discount[0], tables.discount[1])), _SELF)
        if count == 0 < enough < _PASSES:
            fine = _FIRST
        made = sweep(tables, low, seeds(tables, ring, m, low, room), fine, (points, made_by), room)
        if made <= 0:
            if made < 0 and precision < 1e-3:
                precision *= 10.0
                continue
            break
        n = hull(points, made, room.order, room.chosen)
        if n > len(best):
            precision *= 10.0
            continue
        if found > 0:
            for k in range(n):
                at = room.chosen[k]
                trial[k, 0], trial[k, 1] = points[at, 0], points[at, 1]
            if excess(trial, n, best, found) <= 3.0 * fine:
                sure = low[0] <= fixed[0] + _PINNED and low[1] <= fixed[1] + _PINNED
                if sure or precision <= _FINEST:
                    break
                precision = _FINEST
        m = _structured(points, made_by, made, n, ring, how, room)
        solved = _linked(tables, ring, how, m, low)
        if solved:
            copy(ring, m, trial)
            solved = newton(tables, trial, m, how, fixed, space.system)
        for source in range(0 if solved else 1, 2):
            n = _tidied(trial if source == 0 else ring, m, how, points, made_by, room)
            stands = _stands(tables, points, made_by, n, low)
            stands = stands and (found == 0 or excess(best, found, points, n) <= 3.0 * fine)
            if stands:
                found = n
                copy(points, n, best)
                _remember(seen, trial, how, m if source == 0 else 0)
                if count >= enough:
                    return found
            if stands or source == 1 or found == 0:
                m = n
                copy(points, n, ring)
                break
    return found


def copy(source: Array, n: int, target: Array) -> None:
    """Copy n points."""
    for k in range(n):
        target[k, 0], target[k, 1] = source[k, 0], source[k, 1]


def _remember(seen: Seen, ring: Array, how: Index, m: int) -> None:
    seen.size[0] = m
    copy(ring, m, seen.ring)
    for k in range(m):
        for j in range(4):
            seen.how[k, j] = how[k, j]


def least(ring: Array, m: int, floor: Array, out: Array) -> None:
    """Write the ring's worst payoffs, but at least `floor`."""
    for i in range(2):
        worst = ring[0, i]
        for k in range(1, m):
            worst = min(worst, ring[k, i])
        out[i] = max(floor[i], worst)


def _structured(
    points: Array, made_by: Index, made: int, n: int, ring: Array, how: Index, room: Room
) -> int:
    """Write the n hull points chosen in `room`, and how each is generated, to `ring` and `how`.

    Columns of `how`: the profile, the kind of continuation, and two ends of the edge it lies on.
    """
    seat = room.order
    for k in range(made):
        seat[k] = -1
    for k in range(n):
        at = room.chosen[k]
        seat[at] = k
        ring[k, 0], ring[k, 1] = points[at, 0], points[at, 1]
    for k in range(n):
        at = room.chosen[k]
        how[k, 0], how[k, 1] = made_by[at, 0], made_by[at, 1]
        ref = made_by[at, 2]
        if ref >= 0 and seat[ref] < 0:
            seat[ref] = _nearest(ring, n, points[ref, 0], points[ref, 1])
        how[k, 2] = how[k, 3] = seat[ref] if ref >= 0 else -1
    return n


def _nearest(ring: Array, n: int, x: float, y: float) -> int:
    best, at = np.inf, 0
    for k in range(n):
        far = (ring[k, 0] - x) ** 2 + (ring[k, 1] - y) ** 2
        if far < best:
            best, at = far, k
    return at


def _unlinked(tables: Tables, ring: Array, how: Index, m: int, low: Array) -> bool:
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


def _linked(tables: Tables, ring: Array, how: Index, m: int, low: Array) -> bool:
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
            here, there = ring[p, i] - line, ring[q, i] - line
            if here * there <= 0.0 and here != there:
                share = here / (here - there)
                cross = ring[p, 1 - i] + share * (ring[q, 1 - i] - ring[p, 1 - i])
                if abs(cross - aside) < best:
                    best = abs(cross - aside)
                    how[k, 2], how[k, 3] = p, q
        if best == np.inf:
            return False
    return True


def _tidied(ring: Array, m: int, how: Index, new: Array, new_how: Index, room: Room) -> int:
    """Write the ring's hull without idle vertices to `new`, with profiles and continuations."""
    n = hull(ring, m, room.order, room.chosen)
    k, since = 0, 0
    chosen, seat = room.chosen, room.order
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
    for k in range(m):
        seat[k] = -1
    first = 0
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


def _stands(tables: Tables, ring: Array, how: Index, m: int, low: Array) -> bool:
    """Whether every vertex is worth keeping to and has its continuation in the ring.

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
