"""An inner set: payoffs that sustain each other, found by solving for their vertices.

Once it is known how every vertex of a set is generated (which profile today, which edge the
continuation lies on), the vertices satisfy a small smooth system of equations. Only those where a
constraint binds are unknown; the others follow them along chains of unconstrained continuations.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from negotiation.equilibria.repeated.one_game.inner_sweep import swept_set
from negotiation.kernels.generation import (
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
from negotiation.kernels.hulls import Array, Index, distance, hull, tidy

__all__ = ["MANY", "SELF", "inner_set", "nearest"]

SELF = 1e-12
"""A set generates itself if its vertices are within this of what it generates."""

MANY = 250
"""Above this many vertices a set is thinned to `_COARSE` instead of `_THIN`."""

_PLAIN = 6
"""After so many passes with two discount factors, long chains are likely: they are swept."""

_TRIES = 40
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


class _Slope(NamedTuple):
    """Derivatives of T at `rows` in coordinate `i` by V at `columns` in coordinate `j`."""

    rows: Index
    i: int
    columns: Index
    j: int
    by: Array


def _residual(
    stage: Stage, how: Generated, ring: Array, fixed: Array
) -> tuple[Array, Index, list[_Slope]]:
    """Return T(V) at the vertices where a constraint binds, their rows, and T's derivatives."""
    rows = np.flatnonzero(how.kind > VERTEX)
    kind = how.kind[rows]
    value = (1 - stage.discount) * stage.g[how.profile[rows]] + stage.discount * how.then[rows]
    low = ring.argmin(axis=0)
    slopes: list[_Slope] = []
    for i, edge in enumerate((ON_EDGE_0, ON_EDGE_1)):
        worst, j, delta = ring[low[i], i], 1 - i, stage.discount
        line = max(worst, fixed[i]) + stage.need[how.profile[rows], i]
        binds, on = (kind == edge) | (kind == CORNER), kind == edge
        today = (1 - delta) * stage.g[how.profile[rows]]
        value[binds, i] = today[binds, i] + delta[i] * line[binds]
        r, p, q = rows[on], how.start[rows][on], how.stop[rows][on]
        run = ring[q, i] - ring[p, i]
        safe = np.where(run != 0, run, 1.0)
        slope = np.where(run != 0, (ring[q, j] - ring[p, j]) / safe, 0.0)
        share = np.where(run != 0, (line[on] - ring[p, i]) / safe, 0.0)
        then = ring[p, j] + share * (ring[q, j] - ring[p, j])
        value[on, j] = today[on, j] + delta[j] * then
        slopes.append(_Slope(r, j, p, j, delta[j] * (1 - share)))
        slopes.append(_Slope(r, j, q, j, delta[j] * share))
        slopes.append(_Slope(r, j, p, i, delta[j] * (share - 1) * slope))
        slopes.append(_Slope(r, j, q, i, -delta[j] * share * slope))
        if worst > fixed[i]:
            bound, seat = rows[binds], np.full(binds.sum(), low[i])
            slopes.append(_Slope(bound, i, seat, i, np.full(len(bound), delta[i])))
            slopes.append(_Slope(r, j, np.full(len(r), low[i]), i, delta[j] * slope))
    return value, rows, slopes


def _jacobian(slopes: list[_Slope], rows: Index, root: Index, times: Array) -> Array:
    """Assemble the derivatives by the unknown vertices alone, following chains to their roots."""
    seat = np.full(len(root), -1)
    seat[rows] = np.arange(len(rows))
    jac = np.zeros((len(rows), 2, len(rows), 2))
    for r, i, columns, j, by in slopes:
        free = seat[root[columns]] >= 0
        at = (
            seat[r[free]],
            np.full(free.sum(), i),
            seat[root[columns[free]]],
            np.full(free.sum(), j),
        )
        np.add.at(jac, at, by[free] * times[columns[free], j])
    return jac.reshape(2 * len(rows), 2 * len(rows))


def _newton(stage: Stage, how: Generated, fixed: Array) -> Array | None:
    """Solve V = T(V) from the points of `how`; None if the structure has no solution nearby."""
    add, times, root = _follow(stage, how)
    ring = how.points
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
        jac = _jacobian(slopes, rows, root, times)
        try:
            step = np.linalg.solve(np.eye(len(residual)) - jac, residual)
        except np.linalg.LinAlgError:
            return None
        ring[rows] += step.reshape(-1, 2)
    return ring if size <= 1e-13 else None


def nearest(points: Array, ring: Array) -> Index:
    """Index of the vertex of `ring` nearest to each point."""
    apart = ((points[:, None, :] - ring[None, :, :]) ** 2).sum(axis=2)
    return np.asarray(apart.argmin(axis=1), dtype=np.intp)


def inner_set(
    stage: Stage, ring: Array, fixed: Array, passes: int = 200
) -> tuple[Array, Generated] | None:
    """Look for the largest self-generating set near `ring`; None if none was found.

    Each pass takes the structure of one round as if it were final, solves for the vertices it
    implies, and generates from those; like policy iteration it settles in a few passes. A set
    that generates itself and more is not yet the largest, so the passes go on from there.
    """
    best, grown, solve, fine, start = None, np.inf, True, True, ring
    for count in range(passes):
        if count == _PLAIN and not stage.common and stage.discount.min() > 0:
            found = _swept(stage, start, fixed, best)
            if found is not None:
                return found
        how = hull_of(generate(stage, ring, np.maximum(ring.min(axis=0), fixed)))
        if how is not None and solve:
            ring = _solved(stage, ring, how, fixed)
            fine = fine and len(ring) <= MANY
            ring = tidy(ring, _THIN if fine else _COARSE)
            how = hull_of(generate(stage, ring, ring.min(axis=0)))
        if how is None or (best is None and count >= _TRIES):
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


def _swept(
    stage: Stage, ring: Array, fixed: Array, best: tuple[Array, Generated] | None
) -> tuple[Array, Generated] | None:
    """Return a self-generating set found by sweeps, if it is as large as the best so far."""
    found = swept_set(stage, ring, fixed)
    if found is None:
        return None
    how = hull_of(generate(stage, found, found.min(axis=0)))
    if how is None or distance(found, how.points).max() > SELF:
        return None
    if distance(how.points, found).max() > 5 * _COARSE:
        return None
    smaller = best is not None and distance(best[0], found).max() > 5 * _COARSE
    return None if smaller else (found, how)


def _solved(stage: Stage, ring: Array, how: Generated, fixed: Array) -> Array:
    """Return the ring that one round's structure implies, or the round itself if none."""
    seat = nearest(ring, how.points)
    moved = replace(how, start=seat[how.start], stop=seat[how.stop])
    solved = _newton(stage, moved, fixed)
    solved = how.points if solved is None else solved
    return solved[hull(solved)]
