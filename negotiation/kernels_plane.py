"""Convex polygons in the plane, one game at a time, as loops that numba compiles.

The same objects as in `polygon`: a ring is an array of shape ``(m, 2)``, counter-clockwise from the
lexicographically smallest vertex. Ordinary Python functions on arrays: they run uncompiled too.
No sign test has a tolerance.
"""

from __future__ import annotations

import numpy as np

from .polygon import Array, Index

__all__ = ["PLANE", "distance", "excess", "hausdorff", "hull", "intersection", "pick", "precedes", "thin"]

_FEW = 24


def _before(points: Array, a: int, b: int) -> bool:
    """Whether point a is lexicographically smaller than point b."""
    if points[a, 0] != points[b, 0]:
        return bool(points[a, 0] < points[b, 0])
    return bool(points[a, 1] < points[b, 1])


def _extremes(points: Array) -> Array:
    """Return the points farthest out in eight directions, counter-clockwise from the south-west."""
    corner = np.empty((8, 2))
    for k in range(8):
        dx = (-1.0, 0.0, 1.0, 1.0, 1.0, 0.0, -1.0, -1.0)[k]
        dy = (-1.0, -1.0, -1.0, 0.0, 1.0, 1.0, 1.0, 0.0)[k]
        best, at = -np.inf, 0
        for p in range(len(points)):
            value = dx * points[p, 0] + dy * points[p, 1]
            if value > best:
                best, at = value, p
        corner[k, 0], corner[k, 1] = points[at, 0], points[at, 1]
    return corner


def _outermost(points: Array, order: Index) -> int:
    """Write to `order` the points not strictly inside the octagon of extremes; return how many."""
    count = 0
    corner = _extremes(points)
    for p in range(len(points)):
        x, y = points[p, 0], points[p, 1]
        inside = True
        for k in range(8):
            ax, ay = corner[k - 1, 0], corner[k - 1, 1]
            bx, by = corner[k, 0] - ax, corner[k, 1] - ay
            turn = bx * (y - ay) - by * (x - ax)
            if turn <= 0.0 and (bx != 0.0 or by != 0.0):
                inside = False
                break
        if not inside:
            order[count] = p
            count += 1
    return count


def _sort(points: Array, order: Index, count: int) -> Index:
    """Sort the first `count` of `order` by x, then y: merge sort, bottom up."""
    here, there = order, np.empty(count, dtype=np.intp)
    width = 1
    while width < count:
        start = 0
        while start < count:
            i, j, out = start, min(start + width, count), start
            middle, stop = j, min(start + 2 * width, count)
            while out < stop:
                if j >= stop or (i < middle and not _before(points, here[j], here[i])):
                    there[out] = here[i]
                    i += 1
                else:
                    there[out] = here[j]
                    j += 1
                out += 1
            start = stop
        here, there = there, here
        width *= 2
    return here


def _turns_left(points: Array, a: int, b: int, c: int) -> bool:
    bx, by = points[b, 0] - points[a, 0], points[b, 1] - points[a, 1]
    cx, cy = points[c, 0] - points[a, 0], points[c, 1] - points[a, 1]
    return bool(bx * cy - by * cx > 0.0)


def hull(points: Array) -> Index:
    """Return the indices of the hull's vertices, counter-clockwise from the smallest."""
    n = len(points)
    order = np.empty(n, dtype=np.intp)
    for p in range(n):
        order[p] = p
    count = n if n <= _FEW else _outermost(points, order)
    if count == 0:  # every point is the same
        count = 1
    order = _sort(points, order, count)
    keep = 1
    for k in range(1, count):
        if _before(points, order[keep - 1], order[k]):
            order[keep] = order[k]
            keep += 1
    out = np.empty(2 * keep + 1, dtype=np.intp)
    m = 0
    for k in range(keep):
        while m > 1 and not _turns_left(points, out[m - 2], out[m - 1], order[k]):
            m -= 1
        out[m] = order[k]
        m += 1
    floor = m
    for k in range(keep - 2, -1, -1):
        while m > floor and not _turns_left(points, out[m - 2], out[m - 1], order[k]):
            m -= 1
        out[m] = order[k]
        m += 1
    return out[: max(m - 1, 1)]


def precedes(ax: float, ay: float, bx: float, by: float) -> bool:
    """Whether edge direction a comes strictly before b round a ring: from -90 to 270 degrees."""
    first = ax > 0.0 or (ax == 0.0 and ay > 0.0)
    second = bx > 0.0 or (bx == 0.0 and by > 0.0)
    if first != second:
        return first
    return ax * by - ay * bx > 0.0


def _farthest(x: float, y: float, before: Array, after: Array) -> float:
    """Return the largest n·(x, y) over unit outward normals n between two edges."""
    px, py, qx, qy = before[1], -before[0], after[1], -after[0]
    best = max(
        (px * x + py * y) / np.sqrt(px * px + py * py),
        (qx * x + qy * y) / np.sqrt(qx * qx + qy * qy),
    )
    turning = px * qy - py * qx > 0.0 or px * qx + py * qy < 0.0
    if turning and px * y - py * x >= 0.0 and x * qy - y * qx >= 0.0:
        best = max(best, np.sqrt(x * x + y * y))
    return float(best)


def excess(one: Array, other: Array) -> float:
    """Return how far the first polygon reaches outside the second; 0 if it does not.

    The largest difference of the two support functions, found by turning one line round both: at
    the normals of either's edges, or along the line between the two vertices it touches.
    """
    m, n = len(one), len(other)
    edges_m, edges_n = (m if m > 1 else 0), (n if n > 1 else 0)
    if edges_m + edges_n == 0:
        return float(np.hypot(one[0, 0] - other[0, 0], one[0, 1] - other[0, 1]))
    before, after = np.empty(2), np.empty(2)
    last_m, last_n = np.zeros(2), np.zeros(2)
    if edges_m:
        last_m[0], last_m[1] = one[0, 0] - one[m - 1, 0], one[0, 1] - one[m - 1, 1]
    if edges_n:
        last_n[0], last_n[1] = other[0, 0] - other[n - 1, 0], other[0, 1] - other[n - 1, 1]
    from_n = edges_m == 0 or (edges_n > 0 and precedes(last_m[0], last_m[1], last_n[0], last_n[1]))
    for i in range(2):
        before[i] = last_n[i] if from_n else last_m[i]
    worst, i, j = 0.0, 0, 0
    while i < edges_m or j < edges_n:
        x, y = one[i % m, 0] - other[j % n, 0], one[i % m, 1] - other[j % n, 1]
        ex, ey = one[(i + 1) % m, 0] - one[i % m, 0], one[(i + 1) % m, 1] - one[i % m, 1]
        fx, fy = other[(j + 1) % n, 0] - other[j % n, 0], other[(j + 1) % n, 1] - other[j % n, 1]
        take = j >= edges_n or (i < edges_m and not precedes(fx, fy, ex, ey))
        after[0], after[1] = (ex, ey) if take else (fx, fy)
        worst = max(worst, _farthest(x, y, before, after))
        if take:
            i += 1
        else:
            j += 1
        before[0], before[1] = after[0], after[1]
    return worst


def hausdorff(one: Array, other: Array) -> float:
    """Return the Hausdorff distance of two polygons."""
    return max(excess(one, other), excess(other, one))


def distance(x: float, y: float, ring: Array) -> float:
    """Return the distance of a point to a polygon; 0 inside."""
    m = len(ring)
    best, inside = np.inf, m > 2
    for k in range(m):
        px, py = ring[k, 0], ring[k, 1]
        ex, ey = ring[(k + 1) % m, 0] - px, ring[(k + 1) % m, 1] - py
        length2 = ex * ex + ey * ey
        t = ((x - px) * ex + (y - py) * ey) / length2 if length2 > 0.0 else 0.0
        t = min(max(t, 0.0), 1.0)
        best = min(best, np.hypot(x - px - t * ex, y - py - t * ey))
        if ex * (y - py) - ey * (x - px) < 0.0:
            inside = False
    return 0.0 if inside else float(best)


def _flat(ring: Array, k: int, tolerance: float) -> bool:
    """Whether vertex k lies within `tolerance` of its neighbours' chord."""
    m = len(ring)
    a, c = (k - 1) % m, (k + 1) % m
    x, y = ring[c, 0] - ring[a, 0], ring[c, 1] - ring[a, 1]
    px, py = ring[k, 0] - ring[a, 0], ring[k, 1] - ring[a, 1]
    length2 = x * x + y * y
    share = (x * px + y * py) / length2 if length2 > 0.0 else 0.0
    share = min(max(share, 0.0), 1.0)
    return bool(np.hypot(px - share * x, py - share * y) <= tolerance)


def thin(ring: Array, tolerance: float) -> Array:
    """Drop vertices within `tolerance` of their neighbours' chord, never two in a row a pass."""
    while len(ring) > 1:
        m = len(ring)
        out = np.empty((m, 2))
        count, dropped, first = 0, False, False
        for k in range(m):
            last = k == m - 1 and first
            dropped = not dropped and not last and m - (k - count) > 1 and _flat(ring, k, tolerance)
            first = first or (k == 0 and dropped)
            if not dropped:
                out[count, 0], out[count, 1] = ring[k, 0], ring[k, 1]
                count += 1
        if count == m:
            break
        ring = pick(out, hull(out[:count]))
    return ring


def pick(points: Array, index: Index) -> Array:
    """Return the points at `index`."""
    out = np.empty((len(index), 2))
    for k in range(len(index)):
        out[k, 0], out[k, 1] = points[index[k], 0], points[index[k], 1]
    return out


def intersection(edges: Array, bounds: Array) -> Array:
    """Return the ring of points w with ``n·w <= bound`` for the outward normals of all edges.

    Parameters
    ----------
    edges
        Shape ``(n, 2)``: unit directions of the edges, sorted as round a ring, all round.
    bounds
        Shape ``(n,)``. The set must not be empty; bounds that do not matter are skipped.
    """
    n = len(edges)
    kept, corner = np.empty(3 * n, dtype=np.intp), np.empty((3 * n, 2))
    count = 0
    for step in range(3 * n):
        k = step % n
        nx, ny = edges[k, 1], -edges[k, 0]
        while count > 1 and nx * corner[count - 1, 0] + ny * corner[count - 1, 1] > bounds[k] + 1e-15:
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
    ring = np.empty((n, 2))
    m = 0
    for k in range(1, count):
        if n <= kept[k] < 2 * n:
            ring[m, 0], ring[m, 1] = corner[k, 0], corner[k, 1]
            m += 1
    return pick(ring, hull(ring[:m]))


PLANE = (
    _before,
    _extremes,
    _outermost,
    _sort,
    _turns_left,
    hull,
    precedes,
    _farthest,
    excess,
    hausdorff,
    distance,
    _flat,
    thin,
    pick,
    intersection,
)
"""Everything here that compiled code may call."""
