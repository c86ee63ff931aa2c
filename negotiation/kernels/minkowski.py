"""Convex polygons for rounds of many: ordinary loops on arrays, which `compiled` can compile.

A polygon is rows ``0..m-1`` of an array, counter-clockwise from the lexicographically smallest
vertex. Functions that write a polygon return its m. `polygon.py` has the same for whole arrays.
"""

from __future__ import annotations

import numpy as np

from negotiation.kernels.hulls import Array, Index

__all__ = [
    "FLAT",
    "clip",
    "directed",
    "envelope",
    "extreme_vertices",
    "minkowski",
    "straight",
    "thin",
    "widen",
]

NOISE = 1e-15
"""Edges this short have no direction worth minding."""

FLAT = 1e-14
"""A vertex this close to its neighbours' chord is rounding."""

_EIGHT = np.array([[1, 0], [1, 1], [0, 1], [-1, 1], [-1, 0], [-1, -1], [0, -1], [1, -1]], float)
"""Eight directions, counter-clockwise."""


def ends(ring: Array, m: int) -> tuple[int, int]:
    """Return the lexicographically smallest vertex, and how many edges on the largest is."""
    low, high = 0, 0
    for k in range(1, m):
        x, y = ring[k, 0], ring[k, 1]
        if x < ring[low, 0] or (x == ring[low, 0] and y < ring[low, 1]):
            low = k
        if x > ring[high, 0] or (x == ring[high, 0] and y > ring[high, 1]):
            high = k
    return low, (high - low) % m


def straight(ring: Array, m: int, out: Array) -> int:
    """Write a polygon without the vertices at which it turns the wrong way, if only by rounding.

    Short edges have no direction to speak of. In the midst of others, one that is out of order
    would make `minkowski` take long ones far too late. `out` has room for one vertex more.
    """
    (at, turn), n, floor = ends(ring, m), 0, 0
    for k in range(m + 1):
        x, y = ring[at, 0], ring[at, 1]
        while n - floor > 1:
            ux, uy = out[n - 1, 0] - out[n - 2, 0], out[n - 1, 1] - out[n - 2, 1]
            if ux * (y - out[n - 2, 1]) - uy * (x - out[n - 2, 0]) > 0:
                break
            n -= 1
        out[n, 0], out[n, 1] = x, y
        floor = n if k == turn else floor
        n, at = n + 1, at + 1 if at + 1 < m else 0
    return max(n - 1, 1)


def minkowski(one: Array, m: int, ring: Array, n: int, p: float, out: Array) -> int:
    """Write the sum of one polygon and p times another, both `straight`: edges merged by angle.

    Both are walked from the smallest vertex to the largest and back: which half an edge is in is
    told by its place, since rounding may turn short or upright edges round.
    """
    (at_one, turn_one), (at_ring, turn_ring) = ends(one, m), ends(ring, n)
    i, j, k = 0, 0, 0
    edges, others = (m if m > 1 else 0), (n if n > 1 else 0)
    out[0, 0] = one[at_one, 0] + p * ring[at_ring, 0]
    out[0, 1] = one[at_one, 1] + p * ring[at_ring, 1]
    while i < edges or j < others:
        after = at_one + 1 if at_one + 1 < m else 0
        next_ring = at_ring + 1 if at_ring + 1 < n else 0
        if j >= others or i >= edges:
            turn = 1.0 if j >= others else -1.0
        elif (i < turn_one) != (j < turn_ring):
            turn = 1.0 if i < turn_one else -1.0
        else:
            ax, ay = one[after, 0] - one[at_one, 0], one[after, 1] - one[at_one, 1]
            bx, by = ring[next_ring, 0] - ring[at_ring, 0], ring[next_ring, 1] - ring[at_ring, 1]
            turn = ax * by - ay * bx
            if abs(ax) + abs(ay) <= NOISE:
                turn = 1.0
            elif p * (abs(bx) + abs(by)) <= NOISE:
                turn = -1.0
        if turn >= 0:
            i, at_one = i + 1, after
        if turn <= 0:
            j, at_ring = j + 1, next_ring
        k += 1
        if i < edges or j < others:
            out[k, 0] = one[at_one, 0] + p * ring[at_ring, 0]
            out[k, 1] = one[at_one, 1] + p * ring[at_ring, 1]
    return max(k, 1)


def clip(ring: Array, m: int, axis: int, bound: float, out: Array) -> int:
    """Write the part of a polygon where a coordinate is at least `bound`."""
    count = 0
    for k in range(m):
        after = k + 1 if k + 1 < m else 0
        value, next_value = ring[k, axis], ring[after, axis]
        if value >= bound:
            out[count, 0], out[count, 1] = ring[k, 0], ring[k, 1]
            count += 1
        if (value >= bound) != (next_value >= bound):
            share = (bound - value) / (next_value - value)
            other = 1 - axis
            out[count, axis] = bound
            out[count, other] = ring[k, other] + share * (ring[after, other] - ring[k, other])
            count += 1
    return count


def arrange(points: Array, n: int) -> None:
    """Sort the first n points by first coordinate, then second, in place (heapsort)."""
    start, end = n // 2, n
    while end > 1:
        if start > 0:
            start -= 1
        else:
            end -= 1
            for j in range(2):
                points[0, j], points[end, j] = points[end, j], points[0, j]
        root, x, y = start, points[start, 0], points[start, 1]
        child = 2 * root + 1
        while child < end:
            if child + 1 < end and (
                points[child, 0] < points[child + 1, 0]
                or (
                    points[child, 0] == points[child + 1, 0]
                    and points[child, 1] < points[child + 1, 1]
                )
            ):
                child += 1
            if x > points[child, 0] or (x == points[child, 0] and y >= points[child, 1]):
                break
            points[root, 0], points[root, 1] = points[child, 0], points[child, 1]
            root, child = child, 2 * child + 1
        points[root, 0], points[root, 1] = x, y


def peel(points: Array, n: int, corner: Array) -> int:
    """Move points that are no vertices of the hull for sure behind the others; count those left.

    Inside the octagon of the extreme points in eight directions there are no vertices (Akl and
    Toussaint 1978), and most points are there. `corner` is work space for the octagon.
    """
    for d in range(8):
        corner[d, 0], corner[d, 1] = points[0, 0], points[0, 1]
    for k in range(1, n):
        x, y = points[k, 0], points[k, 1]
        for d in range(8):
            if _EIGHT[d, 0] * (x - corner[d, 0]) + _EIGHT[d, 1] * (y - corner[d, 1]) > 0:
                corner[d, 0], corner[d, 1] = x, y
    kept = 0
    for k in range(n):
        x, y = points[k, 0], points[k, 1]
        inside = True
        for d in range(8):
            ax, ay = corner[d, 0], corner[d, 1]
            bx, by = corner[(d + 1) & 7, 0] - ax, corner[(d + 1) & 7, 1] - ay
            if bx * (y - ay) - by * (x - ax) <= NOISE and (bx != 0 or by != 0):
                inside = False
                break
        if not inside:
            points[k, 0], points[k, 1] = points[kept, 0], points[kept, 1]
            points[kept, 0], points[kept, 1] = x, y
            kept += 1
    return kept if kept > 2 else n


def envelope(points: Array, n: int, out: Array) -> int:
    """Write the vertices of the hull of the first n points, which are reordered."""
    if n > 32:
        n = peel(points, n, out)
    arrange(points, n)
    m = 0
    for step in range(2):
        floor = m + 1 if step else 2
        for at in range(n):
            k = n - 1 - at if step else at
            x, y = points[k, 0], points[k, 1]
            if m > 0 and x == out[m - 1, 0] and y == out[m - 1, 1]:
                continue
            while m >= floor:
                ux, uy = out[m - 1, 0] - out[m - 2, 0], out[m - 1, 1] - out[m - 2, 1]
                if ux * (y - out[m - 2, 1]) - uy * (x - out[m - 2, 0]) > 0:
                    break
                m -= 1
            out[m, 0], out[m, 1] = x, y
            m += 1
    return m - 1 if m > 1 else m


def thin(ring: Array, m: int, tolerance: float) -> tuple[int, float]:
    """Drop vertices within `tolerance` of their neighbours' chord, never two in a row.

    Returns
    -------
    tuple
        The number left, and how far the boundary moved inward at most.
    """
    kept, moved, skip = min(m, 1), 0.0, False
    px, py = ring[0, 0], ring[0, 1]
    for k in range(1, m):
        x, y = ring[k, 0], ring[k, 1]
        after = k + 1 if k + 1 < m else 0
        ex, ey = ring[after, 0] - px, ring[after, 1] - py
        length = np.sqrt(ex * ex + ey * ey)
        height = abs(ex * (y - py) - ey * (x - px)) / length if length > 0 else 0.0
        along = ex * (x - px) + ey * (y - py)
        if height <= tolerance and 0 <= along <= length * length and not skip and m > 2:
            moved, skip = max(moved, height), True
        else:
            ring[kept, 0], ring[kept, 1] = x, y
            kept, skip = kept + 1, False
        px, py = x, y
    return kept, moved


def widen(ring: Array, m: int, most: int, ease: float) -> tuple[int, float]:
    """Replace short edges by the corner where their neighbours meet, until few are left.

    Those that move the boundary by at most `ease` are replaced once in any case.

    Returns
    -------
    tuple
        The number of vertices left, and how far the boundary moved outward at most.
    """
    tolerance, moved, first = max(ease, 1e-12), 0.0, ease > 0
    while (m > most or first) and tolerance < 1.0:
        first = False
        kept, k = 1, 1
        while k < m:
            x, y = ring[k, 0], ring[k, 1]
            if k + 1 < m:
                after = k + 2 if k + 2 < m else 0
                ax, ay = x - ring[kept - 1, 0], y - ring[kept - 1, 1]
                bx, by = ring[after, 0] - ring[k + 1, 0], ring[after, 1] - ring[k + 1, 1]
                ex, ey = ring[k + 1, 0] - x, ring[k + 1, 1] - y
                cross = ax * by - ay * bx
                if cross > 0:
                    t = (ex * by - ey * bx) / cross
                    qx, qy = x + t * ax, y + t * ay
                    height = abs(ex * (qy - y) - ey * (qx - x)) / np.sqrt(ex * ex + ey * ey)
                    if t >= 0 and height <= tolerance:
                        moved = max(moved, height)
                        x, y = qx, qy
                        k += 1
            ring[kept, 0], ring[kept, 1] = x, y
            kept, k = kept + 1, k + 1
        m = kept
        tolerance *= 2.0
    return m, moved


def extreme_vertices(ring: Array, m: int, directions: Array, count: int, keep: Index) -> int:
    """Keep the first vertex and those farthest in the first `count` directions.

    Each is sought uphill from the last, so that directions in order of angle take one walk round.
    """
    for k in range(m):
        keep[k] = 1 if k == 0 else 0
    best = 0
    for d in range(count):
        x, y = directions[d, 0], directions[d, 1]
        for back in range(2):
            step = m - 1 if back else 1
            at = (best + step) % m
            while x * (ring[at, 0] - ring[best, 0]) + y * (ring[at, 1] - ring[best, 1]) > 0:
                best, at = at, (at + step) % m
        keep[best] = 1
    kept = 0
    for k in range(m):
        if keep[k] == 1:
            ring[kept, 0], ring[kept, 1] = ring[k, 0], ring[k, 1]
            kept += 1
    return kept


def directed(one: Array, m: int, other: Array, n: int, least: float) -> float:
    """Return how far a vertex of one polygon lies outside another, but no less than `least`.

    The search for the nearest edge starts where that of the last vertex ended, and ends where it
    is clear that this vertex is not the farthest.
    """
    worst, near = least, 0
    for k in range(m):
        best, inside, at = np.inf, n > 2, near
        for _ in range(n):
            after = at + 1 if at + 1 < n else 0
            ex, ey = other[after, 0] - other[at, 0], other[after, 1] - other[at, 1]
            qx, qy = one[k, 0] - other[at, 0], one[k, 1] - other[at, 1]
            if ex * qy - ey * qx < 0:
                inside = False
            length = ex * ex + ey * ey
            share = min(max((qx * ex + qy * ey) / length, 0.0), 1.0) if length > 0 else 0.0
            away = (qx - share * ex) ** 2 + (qy - share * ey) ** 2
            if away < best:
                best, near = away, at
            if best <= worst * worst:
                break
            at = after
        if best > worst * worst and not inside:
            worst = np.sqrt(best)
        near = near - 1 if near > 0 else n - 1
    return worst
