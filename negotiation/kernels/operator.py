"""One iteration of the self-generation operator for one game of a batch, compiled.

The same mathematics and tolerances as in `operator`, in normalised payoffs and in buffers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from negotiation.kernels.generation import CONSTANT, CORNER, ON_EDGE_0, TIGHT, VERTEX
from negotiation.kernels.hulls import Array, Index
from negotiation.kernels.polygons import distance, hull, pick

__all__ = [
    "Tables",
    "Workspace",
    "convex_hull",
    "feasible_profiles",
    "generate",
    "incentive_compatible_part",
    "load_ring",
    "make_workspace",
    "raise_threat",
    "tabulate",
]


class Tables(NamedTuple):
    """One game flattened over its N profiles; see `operator.Stage`.

    Attributes
    ----------
    g, c, need
        Shape ``(N, 2)``.
    discount
        Shape ``(2,)``.
    use
        Shape ``(N,)``: 0 for profiles that are known to have no continuation.
    """

    g: Array
    c: Array
    need: Array
    discount: Array
    use: Index


class Workspace(NamedTuple):
    """Scratch space for one thread.

    Attributes
    ----------
    points, info
        Generated payoffs, with profile, kind of continuation, and the vertex or edge it lies on.
    low
        Shape ``(N, 2)``: the worst continuations of each profile; inf where there are none.
    cut, tag
        A ring before and after one and two cuts: vertices; kind, vertex or edge, the edge after.
    order, chosen
        For `hull`.
    pointer
        Shape ``(N,)``: for a sweep, a vertex for each profile.
    """

    points: Array
    info: Index
    low: Array
    cut: Array
    tag: Index
    order: Index
    chosen: Index
    pointer: Index


def make_workspace(profiles: int, most: int) -> tuple[Tables, Workspace]:
    """Return room for games of `profiles` cells and rings of up to `most` vertices."""
    cap = profiles * (most + 4)
    tag = np.zeros((3, most + 4, 3), dtype=np.intp)
    tag[:, :, 0] = VERTEX
    tag[:, :, 1:] = np.arange(most + 4)[:, None]
    g, c, need, low = np.zeros((4, profiles, 2))
    tables = Tables(g, c, need, np.zeros(2), np.ones(profiles, dtype=np.intp))
    room = Workspace(
        np.zeros((cap, 2)),
        np.zeros((cap, 3), dtype=np.intp),
        low,
        np.zeros((3, most + 4, 2)),
        tag,
        np.zeros(cap, dtype=np.intp),
        np.zeros(2 * cap + 1, dtype=np.intp),
        np.zeros(profiles, dtype=np.intp),
    )
    return tables, room


def tabulate(payoffs: Array, discount: Array, active: Index, extra: float, tables: Tables) -> None:
    """Flatten one game in normalised payoffs ``(2, n0, n1)``.

    Continuations of those who are tempted must be worth `extra` more above the threat than the
    incentives ask for.
    """
    n0, n1 = payoffs.shape[1], payoffs.shape[2]
    for i in range(2):
        tables.discount[i] = d = discount[i]
        for a in range(n0):
            for b in range(n1):
                best = payoffs[i, a, b]
                for k in range(n0 if i == 0 else n1):
                    best = max(best, payoffs[0, k, b] if i == 0 else payoffs[1, a, k])
                row, h = a * n1 + b, best - payoffs[i, a, b]
                tables.g[row, i], tables.c[row, i] = payoffs[i, a, b], best
                tables.need[row, i] = (1.0 - d) / d * h + extra if h > 0.0 else 0.0
    for row in range(n0 * n1):
        tables.use[row] = active[row]


def feasible_profiles(tables: Tables, threat: Array, room: Workspace) -> int:
    """Write the payoffs of all profiles that may be used to `room`; return how many.

    And to `threat` what each player is sure of in every one: the least of the best deviations.
    """
    n_points = 0
    threat[0] = threat[1] = np.inf
    for a in range(len(tables.g)):
        if tables.use[a] > 0:
            for i in range(2):
                threat[i] = min(threat[i], tables.c[a, i])
                room.points[n_points, i] = tables.g[a, i]
            n_points += 1
    return n_points


def convex_hull(room: Workspace, made: int, ring: Array) -> int:
    """Write the hull of the points in `room` to `ring`; return its size, -1 if too large."""
    n = hull(room.points, made, room.order, room.chosen) if made > 0 else 0
    if n > len(ring):
        return -1
    pick(room.points, room.chosen, n, ring)
    return n


def load_ring(ring: Array, m: int, room: Workspace) -> tuple[float, float, float, float]:
    """Load a polygon to be cut; return how far west, south, east and north it reaches."""
    first = room.cut[0]
    west = south = np.inf
    east = north = -np.inf
    for k in range(m):
        first[k, 0], first[k, 1] = ring[k, 0], ring[k, 1]
        west, east = min(west, ring[k, 0]), max(east, ring[k, 0])
        south, north = min(south, ring[k, 1]), max(north, ring[k, 1])
    return west, south, east, north


def incentive_compatible_part(
    room: Workspace, m: int, corner: tuple[float, float], needed: tuple[float, float]
) -> tuple[int, int]:
    """Cut the ring laid out to the continuations that are worth what is needed to each player.

    Parameters
    ----------
    corner
        How far west and south the ring reaches.

    Returns
    -------
    tuple
        The layer of `cut` that holds them, 0 if all are, and how many vertices they have.
    """
    layer, count = 0, m
    if corner[0] < needed[0] - TIGHT:
        count = _cut(room, layer, count, 0, needed[0])
        layer += 1
    if corner[1] < needed[1] - TIGHT and count > 0:
        count = _cut(room, layer, count, 1, needed[1])
        layer += 1
    return layer, count


def _cut(room: Workspace, layer: int, count: int, axis: int, at: float) -> int:
    """Keep the part of the ring in `layer` with ``coordinate axis >= at``, in the next layer."""
    source, tag = room.cut[layer], room.tag[layer]
    out, out_tag = room.cut[layer + 1], room.tag[layer + 1]
    kept = 0
    for k in range(count):
        after = k + 1 if k + 1 < count else 0
        value, next_value = source[k, axis], source[after, axis]
        stays = value >= at - TIGHT
        if stays:
            out[kept, 0], out[kept, 1] = source[k, 0], source[k, 1]
            out_tag[kept, 0], out_tag[kept, 1], out_tag[kept, 2] = tag[k, 0], tag[k, 1], tag[k, 2]
            kept += 1
        if stays != (next_value >= at - TIGHT):
            share = min(max((at - value) / (next_value - value), 0.0), 1.0)
            x, y = source[k, 1 - axis], source[after, 1 - axis]
            out[kept, axis], out[kept, 1 - axis] = (
                min(at, max(value, next_value)),
                x + share * (y - x),
            )
            edge = tag[k, 2]
            out_tag[kept, 0] = CORNER if edge < 0 else ON_EDGE_0 + axis
            out_tag[kept, 1] = max(edge, 0)
            out_tag[kept, 2] = -1 if stays else edge
            kept += 1
    return kept


def generate(
    tables: Tables, ring: Array, m: int, threat: Array, least: int, full: bool, room: Workspace
) -> int:
    """Write one round's payoffs to `room`; return how many. See `operator.generate`.

    Only profiles whose mark in ``use`` is at least `least`.
    """
    g, need, points, info, low = tables.g, tables.need, room.points, room.info, room.low
    d0, d1, n_points = tables.discount[0], tables.discount[1], 0
    west, south, east, north = load_ring(ring, m, room)
    for a in range(len(g)):
        low[a, 0] = low[a, 1] = np.inf
        ic0, ic1 = threat[0] + need[a, 0], threat[1] + need[a, 1]
        if tables.use[a] < least or ic0 > east + TIGHT or ic1 > north + TIGHT:
            continue
        layer, count = incentive_compatible_part(room, m, (west, south), (ic0, ic1))
        x, y = g[a, 0], g[a, 1]
        alone = not full and count > 0 and x >= ic0 - TIGHT and y >= ic1 - TIGHT
        alone = alone and distance(x, y, ring, m) <= TIGHT
        if alone:
            points[n_points, 0], points[n_points, 1] = x, y
            info[n_points, 0], info[n_points, 1], info[n_points, 2] = a, CONSTANT, 0
            n_points += 1
        for k in range(count):
            w0, w1 = room.cut[layer, k, 0], room.cut[layer, k, 1]
            low[a, 0], low[a, 1] = min(low[a, 0], w0), min(low[a, 1], w1)
            if not alone and (full or abs(w0 - ic0) <= TIGHT or abs(w1 - ic1) <= TIGHT):
                points[n_points, 0] = (1.0 - d0) * x + d0 * w0
                points[n_points, 1] = (1.0 - d1) * y + d1 * w1
                info[n_points, 0] = a
                info[n_points, 1], info[n_points, 2] = room.tag[layer, k, 0], room.tag[layer, k, 1]
                n_points += 1
    return n_points


def raise_threat(tables: Tables, room: Workspace, threat: Array, fixed: Array) -> None:
    """Raise both lower bounds on the worst payoffs in place. See `operator.threat_bound`.

    Profiles without a continuation are marked: they never get one, as the sets only shrink.
    """
    g, c, low = tables.g, tables.c, room.low
    for i in range(2):
        bound, exact, d = np.inf, False, tables.discount[i]
        for a in range(len(g)):
            if low[a, i] == np.inf:
                tables.use[a] = 0
                continue
            forced = (1.0 - d) * g[a, i] + d * low[a, i]
            least = max(c[a, i], forced)
            if least < bound:
                bound, exact = least, c[a, i] >= forced
        if exact:
            fixed[i] = max(fixed[i], bound)
        threat[i] = max(threat[i], bound)
