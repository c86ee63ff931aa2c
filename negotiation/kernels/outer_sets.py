"""Outer approximations of payoff sets, game by game of a batch.

With one common factor few continuations are followed, so iterations mostly arrive, and a set that
has arrived and generates itself is its own certificate. With unequal factors they close in from
outside, and the certificate mostly comes from within. Games that take longer are left undecided.
"""

from __future__ import annotations

import numpy as np

from negotiation.kernels.compiler import compiled
from negotiation.kernels.hulls import Array, Index
from negotiation.kernels.operator import (
    Tables,
    Workspace,
    convex_hull,
    feasible_profiles,
    generate,
    raise_threat,
    tabulate,
)
from negotiation.kernels.polygons import copy, excess, extent, hull, intersection, least

__all__ = ["generated", "outer_rounds", "settled_sets"]

_SETTLED = 1e-13
_SELF = 1e-12


@compiled
def settled_sets(
    game: tuple[Array, Array, Index, Array],
    rounds: int,
    out: tuple[Array, Array, Index],
    scratch: tuple[Tables, Workspace],
) -> None:
    """Find the payoff set of every game in which the operator comes to rest.

    Parameters
    ----------
    game
        Payoffs ``(P, 2, n0, n1)``, each player's between 0 and 1; discount factors ``(P, 2)``; the
        profiles that may be used ``(P, N)``; and what deviators must lose besides ``(P,)``.
    rounds
        At most so many iterations.
    out
        Written: shape ``(P, 3)``, both threats and the gap; ``(P, most, 2)``, the vertices; and
        ``(P,)``, how many, 0 if the set is empty, -1 if undecided.
    scratch
        From `make_room`.
    """
    payoffs, discount, active, extra = game
    found, rings, counts = out
    tables, room = scratch
    most = rings.shape[1]
    ring, new = np.empty((most, 2)), np.empty((most, 2))
    threat = np.empty(2)
    for p in range(len(payoffs)):
        tabulate(payoffs[p], discount[p], active[p], extra[p], tables)
        m = _start(tables, ring, threat, room)
        if m > 0:
            m, found[p, 2] = _settle(tables, (ring, new), m, threat, rounds, room)
        counts[p] = m
        copy(ring, m, rings[p])
        found[p, 0], found[p, 1] = threat[0], threat[1]


def _settle(
    tables: Tables,
    rings: tuple[Array, Array],
    m: int,
    threat: Array,
    rounds: int,
    room: Workspace,
) -> tuple[int, float]:
    """Apply the operator until nothing moves; then check that the set generates itself.

    Returns
    -------
    tuple
        Vertices, 0 if the set is empty, -1 if undecided; and the gap.
    """
    ring, new = rings
    fixed, before, gap = np.empty(2), np.empty(2), np.inf
    full = tables.discount[0] != tables.discount[1]
    for _ in range(rounds):
        n = convex_hull(room, generate(tables, ring, m, threat, 1, full, room), new)
        if n <= 0:
            return n, 0.0
        if gap < np.inf:
            return (m if excess(ring, m, new, n) <= _SELF else -1), gap
        before[0], before[1] = threat[0], threat[1]
        raise_threat(tables, room, threat, fixed)
        residual = _advance(ring, m, new, n, threat, before)
        m = n
        if residual <= _SETTLED:
            gap = residual / (1.0 - max(tables.discount[0], tables.discount[1]))
            for i in range(2):
                threat[i] = extent(ring, m, i)[0]
    return -1, np.inf


def _advance(ring: Array, m: int, new: Array, n: int, threat: Array, before: Array) -> float:
    """Move on to the new ring; return how far it and the threats moved.

    The whole distance is measured only if the bounding boxes are as good as the same.
    """
    residual = 0.0
    for i in range(2):
        low, high = extent(new, n, i)
        was_low, was_high = extent(ring, m, i)
        threat[i] = max(threat[i], low)
        residual += threat[i] - before[i]
        residual = max(residual, abs(low - was_low), abs(high - was_high))
    if residual <= _SETTLED:
        residual += max(excess(ring, m, new, n), excess(new, n, ring, m))
    copy(new, n, ring)
    return residual


@compiled
def generated(
    game: tuple[Array, Array, Index, Array], ring: Array, scratch: tuple[Tables, Workspace]
) -> int:
    """Apply the operator once to a set of one game: how each vertex of the result comes about.

    Parameters
    ----------
    game
        As for `settled_sets`, with one game.
    ring
        Vertices ``(m, 2)``.
    scratch
        From `make_room`; `points`, `info` and `chosen` tell what was generated.

    Returns
    -------
    int
        The number of vertices, 0 if nothing is generated.
    """
    payoffs, discount, active, extra = game
    tables, room = scratch
    threat = np.full(2, -np.inf)
    tabulate(payoffs[0], discount[0], active[0], extra[0], tables)
    least(ring, len(ring), threat, threat)
    full = discount[0, 0] != discount[0, 1]
    made = generate(tables, ring, len(ring), threat, 1, full, room)
    return hull(room.points, made, room.order, room.chosen) if made > 0 else 0


_DIRECTIONS = 16


@compiled
def outer_rounds(
    game: tuple[Array, Array, Index, Array],
    state: tuple[Array, Index, Array, Array],
    rows: Index,
    rounds: int,
    scratch: tuple[Tables, Workspace],
) -> None:
    """Apply the operator some more times, to a bound on everything sustainable.

    Parameters
    ----------
    game
        As for `settled_sets`; the profiles that may be used are updated.
    state
        Updated: the rings ``(P, most, 2)`` and their sizes, 0 to begin with, then 0 for an empty
        set and -1 for one with too many vertices; the lower bounds on the worst payoffs
        ``(P, 2)``, and the part of them that is a best-deviation payoff.
    rows, rounds
        Which games, and how many rounds more.
    scratch
        From `make_room`.
    """
    payoffs, discount, active, extra = game
    rings, sizes, threats, pinned = state
    tables, room = scratch
    threat, fixed = np.empty(2), np.empty(2)
    for p in rows:
        tabulate(payoffs[p], discount[p], active[p], extra[p], tables)
        full = discount[p, 0] != discount[p, 1]
        if sizes[p] == 0:
            sizes[p] = _start(tables, rings[p], threats[p], room)
            pinned[p, 0], pinned[p, 1] = threats[p, 0], threats[p, 1]
        for i in range(2):
            threat[i], fixed[i] = threats[p, i], pinned[p, i]
        for _ in range(rounds):
            if sizes[p] <= 0:
                break
            n_points = generate(tables, rings[p], sizes[p], threat, 1, full, room)
            raise_threat(tables, room, threat, fixed)
            sizes[p] = _keep(rings[p], n_points, threat, room)
        for a in range(len(tables.g)):
            active[p, a] = tables.use[a]
        for i in range(2):
            threats[p, i], pinned[p, i] = threat[i], fixed[i]


def _keep(ring: Array, n_points: int, threat: Array, room: Workspace) -> int:
    """Write the hull of the points in `room` to `ring`, and raise the threats to its edges."""
    n = convex_hull(room, n_points, ring)
    if n > 0:
        least(ring, n, threat, threat)
    return n


def _start(tables: Tables, ring: Array, threat: Array, room: Workspace) -> int:
    """Write a ring that contains everything feasible; return its size. See `feasible_set`.

    Half-planes in 16 directions, each with the exact support. In a direction, the profile that pays
    most changes with time at the hull's edges only, and each spell between two changes is a
    geometric sum.
    """
    m = convex_hull(room, feasible_profiles(tables, threat, room), ring)
    if m < 2 or tables.discount[0] == tables.discount[1]:
        return m
    d0, d1 = max(tables.discount[0], 1e-300), max(tables.discount[1], 1e-300)
    edges, bounds = np.empty((_DIRECTIONS, 2)), np.empty(_DIRECTIONS)
    corners = np.empty((3 * _DIRECTIONS, 2))
    for t in range(_DIRECTIONS):
        angle = 2.0 * np.pi * (t + 1) / _DIRECTIONS - 0.5 * np.pi
        ex, ey = np.cos(angle), np.sin(angle)
        if t % (_DIRECTIONS // 4) == _DIRECTIONS // 4 - 1:
            ex, ey = np.round(ex), np.round(ey)
        edges[t, 0], edges[t, 1] = ex, ey
        bounds[t] = _support(ring, m, (ey, -ex), (d0, d1))
    n_points = intersection(edges, bounds, _DIRECTIONS, room.order, corners)
    copy(corners, n_points, room.points)
    return convex_hull(room, n_points, ring)


def _support(ring: Array, m: int, n: tuple[float, float], d: tuple[float, float]) -> float:
    """Return the most of ``n·v`` over all average discounted payoffs of sequences of vertices."""
    at, speed = 0, np.log(d[1] / d[0])
    x, y = (1.0 - d[0]) * n[0], (1.0 - d[1]) * n[1]
    for k in range(m):
        if x * (ring[k, 0] - ring[at, 0]) + y * (ring[k, 1] - ring[at, 1]) > 0.0:
            at = k
    turn = 1 if n[0] * n[1] * speed > 0.0 else m - 1
    total, time, p0, p1 = 0.0, 0.0, 1.0, 1.0
    for _ in range(m + 1):
        after = (at + turn) % m
        gain0, gain1 = x * (ring[after, 0] - ring[at, 0]), y * (ring[after, 1] - ring[at, 1])
        until = np.inf
        if gain0 * gain1 < 0.0:
            until = np.ceil(np.log(-gain0 / gain1) / speed)
            if (gain0 > 0.0) == (speed > 0.0):
                until = np.inf
        elif gain0 + gain1 > 0.0:
            until = time
        q0, q1 = d[0] ** max(until, time), d[1] ** max(until, time)
        total += n[0] * ring[at, 0] * (p0 - q0) + n[1] * ring[at, 1] * (p1 - q1)
        if until == np.inf:
            break
        time, p0, p1, at = max(until, time), q0, q1, after
    return total
