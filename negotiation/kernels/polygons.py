"""Convex polygons in the plane, one game at a time, compiled.

A polygon is the first m rows of an array, counter-clockwise from the lexicographically smallest
vertex. Ordinary Python functions on arrays: they run uncompiled too. No sign test has a tolerance.
"""

from __future__ import annotations

import numpy as np

from negotiation.kernels.compiler import compiled
from negotiation.kernels.hulls import Array, Index

__all__ = [
    "apart",
    "copy",
    "distance",
    "excess",
    "extent",
    "hull",
    "intersection",
    "least",
    "pick",
    "precedes",
    "shapes",
]

_RUNS, _FEW = 8, 24
"""Points in more runs than these are not just a ring or two: most may lie inside the hull."""

_INSIDE = 1e-15
"""Points this close to a side of the octagon, as a product of its length, are kept."""


def copy(source: Array, n: int, target: Array) -> None:
    """Copy n points."""
    for k in range(n):
        target[k, 0], target[k, 1] = source[k, 0], source[k, 1]


def pick(points: Array, chosen: Index, n: int, target: Array) -> None:
    """Copy the n points chosen, as by `hull`."""
    for k in range(n):
        at = chosen[k]
        target[k, 0], target[k, 1] = points[at, 0], points[at, 1]


def extent(ring: Array, m: int, i: int) -> tuple[float, float]:
    """Return a ring's least and greatest coordinate i."""
    low = high = ring[0, i]
    for k in range(1, m):
        low, high = min(low, ring[k, i]), max(high, ring[k, i])
    return low, high


def least(ring: Array, m: int, floor: Array, out: Array) -> None:
    """Write the ring's worst payoffs, but at least `floor`."""
    for i in range(2):
        worst = ring[0, i]
        for k in range(1, m):
            worst = min(worst, ring[k, i])
        out[i] = max(floor[i], worst)


def hull(points: Array, n: int, order: Index, chosen: Index) -> int:
    """Write the indices of the hull's vertices to `chosen`; return how many.

    Parameters
    ----------
    points, n
        The first n rows count; n ≥ 1.
    order, chosen
        Room for n indices, and for 2 n + 1.
    """
    kept = _sorted(points, n, order, chosen)
    if kept == 1:
        chosen[0] = order[0]
        return 1
    m, floor = 0, 1
    for step in range(2 * kept - 1):
        c = order[step] if step < kept else order[2 * kept - 2 - step]
        if step == kept:
            floor = m
        while m > floor:
            a, b = chosen[m - 2], chosen[m - 1]
            bx, by = points[b, 0] - points[a, 0], points[b, 1] - points[a, 1]
            cx, cy = points[c, 0] - points[a, 0], points[c, 1] - points[a, 1]
            if bx * cy - by * cx > 0.0:
                break
            m -= 1
        chosen[m] = c
        m += 1
    return m - 1


def _sorted(points: Array, n: int, order: Index, spare: Index) -> int:
    """Sort points that may be vertices by x, then y, each once; return how many.

    Points mostly come in the order of one ring or of a few, so runs are found and merged.
    """
    for k in range(n):
        order[k] = k
    count, runs = n, _runs(points, n, order)
    if runs > _RUNS and n > _FEW:
        count = _outermost(points, n, order)
        runs = _runs(points, count, order)
    while runs > 1:
        runs = _merged(points, count, order, spare)
        if runs > 1:
            runs = _merged(points, count, spare, order)
        else:
            for k in range(count):
                order[k] = spare[k]
    kept = 1
    for k in range(1, count):
        p, q = order[kept - 1], order[k]
        if points[p, 0] != points[q, 0] or points[p, 1] != points[q, 1]:
            order[kept] = q
            kept += 1
    return kept


def _runs(points: Array, n: int, order: Index) -> int:
    """Turn falling runs round; return the number of rising runs then."""
    runs, k = 0, 0
    while k < n:
        end = k + 1
        while end < n and _before(points, order[end], order[end - 1]):
            end += 1
        if end > k + 1:
            for j in range((end - k) // 2):
                order[k + j], order[end - 1 - j] = order[end - 1 - j], order[k + j]
        else:
            while end < n and not _before(points, order[end], order[end - 1]):
                end += 1
        runs += 1
        k = end
    return runs


def _before(points: Array, p: int, q: int) -> bool:
    """Tell whether p comes before q from west to east, from south to north where level."""
    x, z = points[p, 0], points[q, 0]
    if x == z:
        x, z = points[p, 1], points[q, 1]
    return float(x) < float(z)


def _merged(points: Array, n: int, source: Index, target: Index) -> int:
    """Merge rising runs two by two; return how many there are then, at most."""
    runs, k = 0, 0
    while k < n:
        half = k + 1
        while half < n and not _before(points, source[half], source[half - 1]):
            half += 1
        end = half
        if half < n:
            end += 1
            while end < n and not _before(points, source[end], source[end - 1]):
                end += 1
        i, j = k, half
        for to in range(k, end):
            if i < half and (j >= end or not _before(points, source[j], source[i])):
                target[to] = source[i]
                i += 1
            else:
                target[to] = source[j]
                j += 1
        runs += 1
        k = end
    return runs


def _outermost(points: Array, n: int, order: Index) -> int:
    """Write to `order` the points not strictly inside the octagon of the extremes; how many."""
    corner, sides, count = np.zeros(8, dtype=np.intp), np.empty((8, 3)), 0
    _extremes(points, n, corner)
    for k in range(8):
        a, b = corner[k], corner[k + 1 if k < 7 else 0]
        x, y = points[a, 0], points[a, 1]
        if points[b, 0] != x or points[b, 1] != y:
            sides[count, 0], sides[count, 1] = y - points[b, 1], points[b, 0] - x
            sides[count, 2] = sides[count, 0] * x + sides[count, 1] * y + _INSIDE
            count += 1
    kept = 0
    for p in range(n):
        x, y, k = points[p, 0], points[p, 1], 0
        while k < count and sides[k, 0] * x + sides[k, 1] * y > sides[k, 2]:
            k += 1
        if k < count:
            order[kept] = p
            kept += 1
    if kept == 0:  # every point is the same
        order[0] = 0
        kept = 1
    return kept


def _extremes(points: Array, n: int, corner: Index) -> None:
    """Find the points furthest west, south-west, south, and so on round."""
    low, high = np.full(4, np.inf), np.full(4, -np.inf)
    for p in range(n):
        x, y = points[p, 0], points[p, 1]
        for k in range(4):
            value = (x if k == 0 else x + y) if k < 2 else (y if k == 2 else y - x)
            if value < low[k]:
                low[k], corner[k] = value, p
            if value > high[k]:
                high[k], corner[k + 4] = value, p


def precedes(ax: float, ay: float, bx: float, by: float) -> bool:
    """Tell whether edge direction a strictly precedes b round a ring: from -90 to 270 degrees."""
    first = ax > 0.0 or (ax == 0.0 and ay > 0.0)
    second = bx > 0.0 or (bx == 0.0 and by > 0.0)
    if first != second:
        return first
    return ax * by - ay * bx > 0.0


def excess(one: Array, m: int, other: Array, n: int) -> float:
    """Return how far the first ring reaches outside the second; 0 if it does not.

    The largest difference of the two support functions, found by turning one line round both: at
    the normals of either's edges, or along the line between the two vertices it touches.
    """
    edges_m, edges_n = (m if m > 1 else 0), (n if n > 1 else 0)
    if edges_m + edges_n == 0:
        return float(np.hypot(one[0, 0] - other[0, 0], one[0, 1] - other[0, 1]))
    bx, by = other[0, 0] - other[n - 1, 0], other[0, 1] - other[n - 1, 1]
    ax, ay = one[0, 0] - one[m - 1, 0], one[0, 1] - one[m - 1, 1]
    if edges_n == 0 or (edges_m > 0 and not precedes(ax, ay, bx, by)):
        bx, by = ax, ay
    worst, i, j = 0.0, 0, 0
    while i < edges_m or j < edges_n:
        p, q = (i if i < m else 0), (j if j < n else 0)
        r, s = (p + 1 if p + 1 < m else 0), (q + 1 if q + 1 < n else 0)
        x, y = one[p, 0] - other[q, 0], one[p, 1] - other[q, 1]
        ax, ay = one[r, 0] - one[p, 0], one[r, 1] - one[p, 1]
        fx, fy = other[s, 0] - other[q, 0], other[s, 1] - other[q, 1]
        if j >= edges_n or (i < edges_m and not precedes(fx, fy, ax, ay)):
            i += 1
        else:
            ax, ay = fx, fy
            j += 1
        size_b, size_a = np.sqrt(bx * bx + by * by), np.sqrt(ax * ax + ay * ay)
        worst = max(worst, (by * x - bx * y) / size_b, (ay * x - ax * y) / size_a)
        turning = bx * ay - by * ax > 0.0 or bx * ax + by * ay < 0.0
        if turning and bx * x + by * y >= 0.0 and ax * x + ay * y <= 0.0:
            worst = max(worst, np.sqrt(x * x + y * y))
        bx, by = ax, ay
    return float(worst)


@compiled
def apart(one: Array, other: Array) -> float:
    """Return the Hausdorff distance of two rings, all rows of two arrays."""
    m, n = len(one), len(other)
    return float(max(excess(one, m, other, n), excess(other, n, one, m)))


def distance(x: float, y: float, ring: Array, m: int) -> float:
    """Return the distance of a point to a ring; 0 inside."""
    best2, inside = np.inf, m > 2
    for k in range(m):
        after = k + 1 if k + 1 < m else 0
        px, py = x - ring[k, 0], y - ring[k, 1]
        ex, ey = ring[after, 0] - ring[k, 0], ring[after, 1] - ring[k, 1]
        length2 = ex * ex + ey * ey
        t = (px * ex + py * ey) / length2 if length2 > 0.0 else 0.0
        t = min(max(t, 0.0), 1.0)
        dx, dy = px - t * ex, py - t * ey
        best2 = min(best2, dx * dx + dy * dy)
        if ex * py - ey * px < 0.0:
            inside = False
    return 0.0 if inside else float(np.sqrt(best2))


def intersection(edges: Array, bounds: Array, n: int, kept: Index, corner: Array) -> int:
    """Write the points where all ``direction·w <= bound`` meet, going round; return how many.

    Parameters
    ----------
    edges
        Unit directions of the n edges, sorted as round a ring, all round; the outward normal of
        ``(x, y)`` is ``(y, -x)``.
    bounds
        One for each. The set must not be empty; bounds that do not matter are skipped.
    kept, corner
        Room for 3 n.
    """
    count = 0
    for step in range(3 * n):
        k = step % n
        nx, ny = edges[k, 1], -edges[k, 0]
        while (
            count > 1 and nx * corner[count - 1, 0] + ny * corner[count - 1, 1] > bounds[k] + 1e-15
        ):
            count -= 1
        if count > 0:
            last = kept[count - 1] % n
            px, py = edges[last, 1], -edges[last, 0]
            det = px * ny - py * nx
            if det <= 0.0:
                continue
            corner[count, 0] = (bounds[last] * ny - bounds[k] * py) / det
            corner[count, 1] = (px * bounds[k] - nx * bounds[last]) / det
        kept[count] = step
        count += 1
    m = 0
    for k in range(1, count):
        if n <= kept[k] < 2 * n:
            corner[m, 0], corner[m, 1] = corner[k, 0], corner[k, 1]
            m += 1
    return m


_FLAT, _THICK = 1e-11, 1e-9
"""A ring thinner than the first is flat, thicker than the second is not; between is too close."""


@compiled
def shapes(rings: Array, sizes: Index, worst: Array, kinds: Index, lead: Array) -> None:
    """Classify rings, and compare them with each game's worst stage equilibrium payoffs.

    Parameters
    ----------
    rings, sizes
        Normalised vertices ``(P, most, 2)``, and how many.
    worst
        Shape ``(P, 2)``, normalised; NaN where unknown.
    kinds
        Written, shape ``(P,)``: 1, 2, 3 for points, segments, polygons as in `polygon.status`, -1
        where that is too close to call; 0 without vertices.
    lead
        Written, shape ``(P,)``: the most by which a point beats `worst` in both coordinates, as in
        `hulls.beats_both`; NaN where `worst` is, -inf without vertices.
    """
    for p in range(len(sizes)):
        kinds[p] = _kind(rings[p], sizes[p])
        lead[p] = _lead(rings[p], sizes[p], worst[p])


def _kind(ring: Array, m: int) -> int:
    length2, far = 0.0, 0
    for k in range(m):
        x, y = ring[k, 0] - ring[0, 0], ring[k, 1] - ring[0, 1]
        if x * x + y * y > length2:
            length2, far = x * x + y * y, k
    length, width = np.sqrt(length2), 0.0
    tip0, tip1 = ring[far, 0] - ring[0, 0], ring[far, 1] - ring[0, 1]
    for k in range(m):
        cross = tip0 * (ring[k, 1] - ring[0, 1]) - tip1 * (ring[k, 0] - ring[0, 0])
        width = max(width, abs(cross))
    width = width / length if length > 0.0 else 0.0
    kind, size = (1, length) if length <= _THICK else (3, width)
    if kind == 3 and width <= _THICK:
        kind = 2
    return 0 if m == 0 else (-1 if _FLAT < size <= _THICK else kind)


def _lead(ring: Array, m: int, worst: Array) -> float:
    best = -np.inf
    for k in range(m):
        after = k + 1 if k + 1 < m else 0
        x, y = ring[k, 0] - worst[0], ring[k, 1] - worst[1]
        z, w = ring[after, 0] - worst[0], ring[after, 1] - worst[1]
        best = max(best, min(x, y))
        ahead, next_ahead = x - y, z - w
        if ahead * next_ahead < 0.0:
            share = ahead / (ahead - next_ahead)
            best = max(best, min(x + share * (z - x), y + share * (w - y)))
    return best if worst[0] == worst[0] and worst[1] == worst[1] else np.nan
