"""An inner set: payoffs that sustain each other, found by solving for their vertices.

Once it is known how every vertex of a set is generated (which profile today, which edge the
continuation lies on), the vertices satisfy a small smooth system of equations. Only those where a
constraint binds are unknown; the others follow them along chains of unconstrained continuations.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .operator import (
    CONSTANT,
    CORNER,
    ON_EDGE_0,
    ON_EDGE_1,
    VERTEX,
    Generated,
    Stage,
    generate,
    hull_of,
)
from .polygon import Array, Index, distance, hull, tidy

__all__ = ["MANY", "SELF", "inner_set", "nearest"]

SELF = 1e-12
"""A set generates itself if its vertices are within this of what it generates."""

MANY = 250
"""Above this many vertices a set is thinned to `_COARSE` instead of `_THIN`."""

_THIN = 1e-13
_COARSE = 1e-10
_GROWN = 3e-12


def _follow(stage: Stage, how: Generated) -> tuple[Array, Array, Index]:
    """Resolve chains of unconstrained continuations: ``V = add + times * V[root]``.

    A vertex whose continuation is another vertex inherits from it; a chain that never meets a
    binding constraint ends in a cycle, whose value the discounting fixes by itself.
    """
    m = len(how.points)
    chained = (how.kind == VERTEX)[:, None]
    times = np.where(chained, stage.discount, 1.0)
    add = np.where(chained, (1 - stage.discount) * stage.g[how.profile], 0.0)
    root = np.where(how.kind == VERTEX, how.start, np.arange(m))
    for _ in range(24):
        add, times, root = add + times * add[root], times * times[root], root[root]
    return add, times, root


def _residual(
    stage: Stage, how: Generated, ring: Array, fixed: Array
) -> tuple[Array, Index, list[tuple[Index, int, Index, int, Array]]]:
    """Return T(V) at the vertices where a constraint binds, their rows, and T's derivatives.

    Each derivative is ``(rows, coordinate, columns, coordinate, values)``.
    """
    low = ring.argmin(axis=0)
    worst = ring[low, [0, 1]]
    threat = np.maximum(worst, fixed)
    delta, rows = stage.discount, np.flatnonzero(how.kind > VERTEX)
    kind, a, p, q = how.kind[rows], how.profile[rows], how.start[rows], how.stop[rows]
    value = (1 - delta) * stage.g[a] + delta * how.then[rows]
    slopes = []
    for i in (0, 1):
        j, line = 1 - i, threat[i] + stage.need[a, i]
        binds = (kind == (ON_EDGE_0, ON_EDGE_1)[i]) | (kind == CORNER)
        value[binds, i] = ((1 - delta) * stage.g[a] + delta * line[:, None])[binds, i]
        on = kind == (ON_EDGE_0, ON_EDGE_1)[i]
        r, p_on, q_on = rows[on], p[on], q[on]
        run = ring[q_on, i] - ring[p_on, i]
        safe = np.where(run != 0, run, 1.0)
        slope = np.where(run != 0, (ring[q_on, j] - ring[p_on, j]) / safe, 0.0)
        share = np.where(run != 0, (line[on] - ring[p_on, i]) / safe, 0.0)
        then = ring[p_on, j] + share * (ring[q_on, j] - ring[p_on, j])
        value[on, j] = (1 - delta[j]) * stage.g[a[on], j] + delta[j] * then
        slopes += [
            (r, j, p_on, j, delta[j] * (1 - share)),
            (r, j, q_on, j, delta[j] * share),
            (r, j, p_on, i, delta[j] * (share - 1) * slope),
            (r, j, q_on, i, -delta[j] * share * slope),
        ]
        if worst[i] > fixed[i]:
            slopes.append((r, j, np.full(len(r), low[i]), i, delta[j] * slope))
            bound = rows[binds]
            slopes.append((bound, i, np.full(len(bound), low[i]), i, np.full(len(bound), delta[i])))
    return value, rows, slopes


def _newton(stage: Stage, how: Generated, fixed: Array) -> Array | None:
    """Solve V = T(V) from the points of `how`; None if the structure has no solution nearby."""
    add, times, root = _follow(stage, how)
    ring, seat = how.points, np.full(len(how.points), -1)
    for _ in range(12):
        known = np.where((how.kind == CONSTANT)[:, None], stage.g[how.profile], ring)
        ring = add + times * known[root]
        value, rows, slopes = _residual(stage, how, ring, fixed)
        if not len(rows):
            return ring
        residual = (value - ring[rows]).ravel()
        size = float(np.abs(residual).max())
        if not size < 1e3:
            return None
        if size <= 1e-15:
            break
        seat[rows] = np.arange(len(rows))
        jac = np.zeros((len(rows), 2, len(rows), 2))
        for r, i, column, j, by in slopes:
            free = seat[root[column]] >= 0
            at = (seat[r[free]], i, seat[root[column[free]]], j)
            np.add.at(jac, at, by[free] * times[column[free], j])
        try:
            step = np.linalg.solve(np.eye(len(residual)) - jac.reshape(len(residual), -1), residual)
        except np.linalg.LinAlgError:
            return None
        ring = ring.copy()
        ring[rows] += step.reshape(-1, 2)
    return ring if size <= 1e-13 else None


def nearest(points: Array, ring: Array) -> Index:
    """Index of the vertex of `ring` nearest to each point."""
    apart = ((points[:, None, :] - ring[None, :, :]) ** 2).sum(axis=2)
    return np.asarray(apart.argmin(axis=1), dtype=np.intp)


def inner_set(stage: Stage, ring: Array, fixed: Array) -> tuple[Array, Generated] | None:
    """Look for the largest self-generating set near `ring`; None if none was found.

    Each pass takes the structure of one round as if it were final, solves for the vertices it
    implies, and generates from those; like policy iteration it settles in a few passes. A set
    that generates itself and more is not yet the largest, so the passes go on from there.
    """
    best, grown, solve, fine = None, np.inf, True, True
    for count in range(200):
        threat = np.maximum(ring.min(axis=0), fixed)
        how = hull_of(generate(stage, ring, threat))
        if how is None:
            break
        if solve:
            seat = nearest(ring, how.points)
            moved = replace(how, start=seat[how.start], stop=seat[how.stop])
            solved = _newton(stage, moved, fixed)
            solved = how.points if solved is None else solved
            ring = solved[hull(solved)]
            fine = fine and len(ring) <= MANY
            ring = tidy(ring, _THIN if fine else _COARSE)
            how = hull_of(generate(stage, ring, ring.min(axis=0)))
            if how is None:
                break
        if float(distance(ring, how.points).max()) > SELF:
            ring, solve = (ring, True) if solve else (how.points, True)
            continue
        best = ring, how
        growth = float(distance(how.points, ring).max())
        if growth <= (_GROWN if fine else 5 * _COARSE):
            break
        solve = growth < 0.2 * grown or count % 8 == 0
        ring, grown = how.points, growth
    return best
