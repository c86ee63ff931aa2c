"""Vertices of all that a few payoffs generate, in one pass round the ring, compiled.

With different discount factors the continuation of the best payoff in direction n is the best in
direction δ∘n, which lies closer to the more patient player's axis and in the same quadrant. So in
each quadrant a set can be built from that axis outward: when its next vertex is looked for, the
continuations that vertex may have are there already.
"""

from __future__ import annotations

import numpy as np

from negotiation.kernels.generation import CONSTANT, TIGHT, VERTEX
from negotiation.kernels.hulls import Array, Index
from negotiation.kernels.operator import Tables, Workspace, incentive_compatible_part, load_ring
from negotiation.kernels.polygons import hull

__all__ = ["seeds", "sweep"]

_LEAST = 1e-14
_TIES = 64


def seeds(tables: Tables, ring: Array, m: int, low: Array, room: Workspace) -> int:
    """Write payoffs that do not wait for others to `room`; return how many.

    Profiles that can be played for ever, and those whose continuation lies where a constraint cuts
    the ring. Profiles without a continuation in the ring are marked in `use`, 0 until the next.
    """
    g, need, points, info, d = tables.g, tables.need, room.points, room.info, tables.discount
    n_seeds = 0
    west, south, east, north = load_ring(ring, m, room)
    for a in range(len(g)):
        ic0, ic1 = low[0] + need[a, 0], low[1] + need[a, 1]
        if tables.use[a] < 1 or ic0 > east + TIGHT or ic1 > north + TIGHT:
            continue
        if g[a, 0] >= ic0 - TIGHT and g[a, 1] >= ic1 - TIGHT:
            points[n_seeds, 0], points[n_seeds, 1] = g[a, 0], g[a, 1]
            info[n_seeds, 0], info[n_seeds, 1], info[n_seeds, 2] = a, CONSTANT, 0
            n_seeds += 1
        layer, count = incentive_compatible_part(room, m, (west, south), (ic0, ic1))
        for k in range(count if layer > 0 else 0):
            w0, w1 = room.cut[layer, k, 0], room.cut[layer, k, 1]
            if abs(w0 - ic0) <= TIGHT or abs(w1 - ic1) <= TIGHT:
                points[n_seeds, 0] = (1.0 - d[0]) * g[a, 0] + d[0] * w0
                points[n_seeds, 1] = (1.0 - d[1]) * g[a, 1] + d[1] * w1
                info[n_seeds, 0], info[n_seeds, 1], info[n_seeds, 2] = a, room.tag[layer, k, 0], 0
                n_seeds += 1
    return n_seeds


def sweep(
    tables: Tables, low: Array, made: int, fine: float, out: tuple[Array, Index], room: Workspace
) -> int:
    """Write the vertices of all that the seeds in `room` generate; return how many.

    Parameters
    ----------
    low
        What deviators are sent to.
    made
        The number of seeds.
    fine
        A ring that bulges less than this beyond the next seed goes straight to it.
    out
        Written: vertices, in no order, some twice; and for each the profile, the kind of its
        continuation, and which vertex that is, -1 for a seed.

    Returns
    -------
    int
        -1 if there is no room.
    """
    n = hull(room.points, made, room.order, room.chosen) if made > 0 else 0
    count, patient = 0, 0 if tables.discount[0] > tables.discount[1] else 1
    for quadrant in range(4 if n > 0 else 0):
        east, north = 1.0 - 2.0 * (quadrant // 2), 1.0 - 2.0 * (quadrant % 2)
        count = _chain(tables, low, n, (patient, east, north), fine, out, count, room)
        if count < 0:
            break
    return count


def _chain(
    tables: Tables,
    low: Array,
    n: int,
    turn: tuple[int, float, float],
    fine: float,
    out: tuple[Array, Index],
    count: int,
    room: Workspace,
) -> int:
    """Append one quadrant's vertices, from the patient player's axis to the other's.

    Coordinates are turned so that the walk is from the furthest east to the furthest north.
    """
    ring, how = out
    points, info, d, i = room.points, room.info, tables.discount, 1 - turn[0]
    p, start, pointer = turn[0], count, room.pointer
    for a in range(len(pointer)):
        pointer[a] = count
    seed, who, ref = _furthest(room, n, turn), -1, -1
    while True:
        if count == len(ring):
            return -1
        if seed >= 0:
            ring[count, 0], ring[count, 1] = points[seed, 0], points[seed, 1]
            how[count, 0], how[count, 1], how[count, 2] = info[seed, 0], info[seed, 1], -1
        else:
            ring[count, p] = (1.0 - d[p]) * tables.g[who, p] + d[p] * ring[ref, p]
            ring[count, i] = (1.0 - d[i]) * tables.g[who, i] + d[i] * ring[ref, i]
            how[count, 0], how[count, 1], how[count, 2] = who, VERTEX, ref
        count += 1
        seed, sx, sy = _next_seed(room, n, turn, ring[count - 1])
        who, ref, qx, qy = _next_image(tables, low, turn, (start, count), ring, pointer)
        if who >= 0 and seed < 0 and qy <= fine:
            break
        if who < 0 and seed < 0:
            break
        if who >= 0 and (seed < 0 or qx * sy - sx * qy > fine * np.sqrt(qx * qx + qy * qy)):
            seed = -1
    return count


def _furthest(room: Workspace, n: int, turn: tuple[int, float, float]) -> int:
    """Return the seed furthest east, the northernmost of several."""
    p, east, north = turn
    seed, sx, sy = -1, -np.inf, -np.inf
    for k in range(n):
        at = room.chosen[k]
        x, y = east * room.points[at, p], north * room.points[at, 1 - p]
        if x > sx or (x == sx and y > sy):
            seed, sx, sy = at, x, y
    return seed


def _next_seed(
    room: Workspace, n: int, turn: tuple[int, float, float], position: Array
) -> tuple[int, float, float]:
    """Return the seed to the north that lies furthest out, -1 if none does, and the way there."""
    p, east, north = turn
    seed, sx, sy = -1, 0.0, 0.0
    for k in range(n):
        at = room.chosen[k]
        hx = east * (room.points[at, p] - position[p])
        hy = north * (room.points[at, 1 - p] - position[1 - p])
        if hy > _LEAST and (seed < 0 or hx * sy > sx * hy):
            seed, sx, sy = at, hx, hy
    return seed, sx, sy


def _next_image(
    tables: Tables,
    low: Array,
    turn: tuple[int, float, float],
    span: tuple[int, int],
    ring: Array,
    pointer: Index,
) -> tuple[int, int, float, float]:
    """Return the profile and the continuation, a vertex so far, that lead furthest out.

    -1 if none does; and the way there. `pointer` remembers where each profile's continuation was,
    since it only moves on.
    """
    p, east, north = turn
    g, need, i, now = tables.g, tables.need, 1 - p, span[1] - 1
    dx, dy = tables.discount[p], tables.discount[i]
    x, y = east * ring[now, p], north * ring[now, i]
    who, ref, qx, qy = -1, -1, 0.0, 0.0
    for a in range(len(g)):
        if tables.use[a] < 1:
            continue
        x0, y0 = east * (1.0 - dx) * g[a, p] - x, north * (1.0 - dy) * g[a, i] - y
        ic0, ic1 = low[p] + need[a, p] - TIGHT, low[i] + need[a, i] - TIGHT
        k = pointer[a]
        while k < now and (ring[k, p] < ic0 or ring[k, i] < ic1):
            k += 1
        hx, hy = x0 + dx * east * ring[k, p], y0 + dy * north * ring[k, i]
        while k < now and ring[k + 1, p] >= ic0 and ring[k + 1, i] >= ic1:
            tx, ty = x0 + dx * east * ring[k + 1, p], y0 + dy * north * ring[k + 1, i]
            if hy > _LEAST and tx * hy < hx * ty:
                break
            k, hx, hy = k + 1, tx, ty
        pointer[a] = k
        if ring[k, p] < ic0 or ring[k, i] < ic1:
            continue
        level = now - span[0] < _TIES and hx > _LEAST
        if (hy > _LEAST or level) and (who < 0 or hx * qy > qx * hy):
            who, ref, qx, qy = a, k, hx, hy
    return who, ref, qx, qy
