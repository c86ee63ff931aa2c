"""Inner sets of the games of a batch whose players discount differently, as loops.

See `inner_set`: structure from one round, vertices from its equations, until the set generates
itself. It then grows by what its own vertices generate, down to a precision that keeps it small.
"""

from __future__ import annotations

import numpy as np

from .kernels_grow import grow
from .kernels_newton import newton
from .kernels_plane import excess, hull
from .kernels_round import Room, Tables, generate, tabulate
from .polygon import Array, Index

__all__ = ["inner_sets"]

_SELF = 1e-12
_THIN = 1e-13
_FINE = 1e-9
_GROWN = 1e-8
_PASSES = 40
_UNKNOWNS = 160


def inner_sets(
    game: tuple[Array, Array, Index],
    state: tuple[Array, Index, Array],
    out: tuple[Array, Index],
    scratch: tuple[Tables, Room],
) -> None:
    """Look for the largest self-generating set near each ring.

    Parameters
    ----------
    game
        Normalised payoffs ``(P, 2, n0, n1)``, discount factors ``(P, 2)``, and the profiles that
        may be used ``(P, N)``.
    state
        Rings ``(P, most, 2)``, their sizes, and the worst payoffs that are known ``(P, 2)``.
    out
        Written: vertices ``(P, most, 2)`` and how many, 0 where no set was found.
    scratch
        From `make_room`.
    """
    payoffs, discount, alive = game
    rings, sizes, pinned = state
    inner, found = out
    tables, room = scratch
    most = rings.shape[1]
    work = np.empty((most, 2)), np.empty((most, 2))
    system = np.empty((_UNKNOWNS, _UNKNOWNS)), np.empty(_UNKNOWNS)
    for p in range(len(payoffs)):
        tabulate(payoffs[p], discount[p], alive[p], tables)
        for k in range(sizes[p]):
            work[0][k, 0], work[0][k, 1] = rings[p, k, 0], rings[p, k, 1]
        found[p] = _search(tables, work, sizes[p], (inner[p], pinned[p]), system, room)


def _search(
    tables: Tables,
    work: tuple[Array, Array],
    m: int,
    goal: tuple[Array, Array],
    system: tuple[Array, Array],
    room: Room,
) -> int:
    """Alternate between structure and equations; the size of the best set, 0 if none."""
    ring, new = work
    best, fixed = goal
    low, floor = np.empty(2), np.full(2, -np.inf)
    found, solve, grown, least, fine = 0, True, False, 1, _FINE
    for _ in range(_PASSES):
        _least(ring, m, fixed, low)
        made = generate(tables, ring, m, low, least, True, room)
        if made > 0 and solve:
            n = hull(room.points, made, room.order, room.chosen)
            if n >= len(ring):
                break
            least = 1 if grown else 2
            m = _solved(tables, (ring, new), m, n, fixed, system, room, grown)
            _least(ring, m, floor, low)
            made = generate(tables, ring, m, low, least, True, room)
        if made == 0:
            break
        n = hull(room.points, made, room.order, room.chosen)
        if n >= len(ring):
            break
        _copy(room.points, room.chosen, n, new)
        if excess(ring, m, new, n) > _SELF:
            if not solve:
                ring, new, m = new, ring, n
            solve, grown, least = True, False, 1
            continue
        found = m
        for k in range(m):
            best[k, 0], best[k, 1] = ring[k, 0], ring[k, 1]
        if excess(new, n, ring, m) <= max(_GROWN, 10.0 * fine):
            if least == 1:
                break
            least, solve = 1, False
            continue
        _least(ring, m, floor, low)
        m = grow(tables, ring, m, n, low, fine, room)
        solve, grown = True, True
        if m >= len(ring) - 1:  # no room: again, less finely
            fine, m = 20.0 * fine, found
            for k in range(m):
                ring[k, 0], ring[k, 1] = best[k, 0], best[k, 1]
    return found


def _least(ring: Array, m: int, floor: Array, out: Array) -> None:
    """Write the ring's worst payoffs, but at least `floor`."""
    for i in range(2):
        worst = ring[0, i]
        for k in range(1, m):
            worst = min(worst, ring[k, i])
        out[i] = max(floor[i], worst)


def _copy(points: Array, index: Index, n: int, out: Array) -> None:
    for k in range(n):
        out[k, 0], out[k, 1] = points[index[k], 0], points[index[k], 1]


def _solved(
    tables: Tables,
    work: tuple[Array, Array],
    m: int,
    n: int,
    fixed: Array,
    system: tuple[Array, Array],
    room: Room,
    grown: bool,
) -> int:
    """Replace the ring by what the structure of the round in `room` implies; return its size.

    By the round itself if the structure has no solution, or a smaller one where the set has only
    grown. Marks the profiles behind the n chosen points as those that matter.
    """
    ring, new = work
    info, seat = np.empty((n, 4), dtype=np.intp), np.empty(m, dtype=np.intp)
    _copy(room.points, room.chosen, n, new)
    _seats(ring, m, new, n, seat)
    for k in range(n):
        row = room.chosen[k]
        vertex = room.info[row, 2]
        info[k, 0], info[k, 1] = room.info[row, 0], room.info[row, 1]
        info[k, 2], info[k, 3] = seat[vertex], seat[vertex + 1 if vertex + 1 < m else 0]
        tables.use[info[k, 0]] = 2
    trial = room.cut[1]
    for k in range(n):
        trial[k, 0], trial[k, 1] = new[k, 0], new[k, 1]
    m = 0
    if newton(tables, trial, n, info, fixed, system):
        m = hull(trial, n, room.order, room.chosen)
        _copy(trial, room.chosen, m, ring)
        if grown and excess(new, n, ring, m) > _GROWN:
            m = 0
    if m == 0:
        m = n
        for k in range(n):
            ring[k, 0], ring[k, 1] = new[k, 0], new[k, 1]
    thinned = _thin(ring, m)
    if thinned == m:
        return m
    m = thinned
    for k in range(m):
        room.points[k, 0], room.points[k, 1] = ring[k, 0], ring[k, 1]
    m = hull(room.points, m, room.order, room.chosen)
    _copy(room.points, room.chosen, m, ring)
    return m


def _seats(old: Array, m: int, new: Array, n: int, seat: Index) -> None:
    """Write the vertex of `new` nearest to each of `old`; nearly so where there are many."""
    last = 0
    everywhere = m * n <= 1600
    for k in range(m):
        best, at, search = np.inf, last, everywhere or k == 0
        for step in range(n if search else min(n, 12)):
            t = step if search else (last + step - 3) % n
            x, y = new[t, 0] - old[k, 0], new[t, 1] - old[k, 1]
            if x * x + y * y < best:
                best, at = x * x + y * y, t
        seat[k] = last = at


def _thin(ring: Array, m: int) -> int:
    """Drop vertices within rounding of their neighbours' chord; return how many are left."""
    k, since = 0, 0
    while m > 1 and since < m:
        a, c = (k - 1 if k > 0 else m - 1), (k + 1 if k + 1 < m else 0)
        x, y = ring[c, 0] - ring[a, 0], ring[c, 1] - ring[a, 1]
        px, py = ring[k, 0] - ring[a, 0], ring[k, 1] - ring[a, 1]
        length2 = x * x + y * y
        share = min(max((x * px + y * py) / length2, 0.0), 1.0) if length2 > 0.0 else 0.0
        since += 1
        if np.hypot(px - share * x, py - share * y) <= _THIN:
            for t in range(k, m - 1):
                ring[t, 0], ring[t, 1] = ring[t + 1, 0], ring[t + 1, 1]
            m -= 1
            since = 0
        else:
            k += 1
        if k >= m:
            k = 0
    return m
