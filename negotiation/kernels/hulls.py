"""Convex polygons in the plane.

A polygon is a `ring`: an array of shape ``(m, 2)``, counter-clockwise from the lexicographically
smallest vertex. One vertex is a point, two are a segment; both are ordinary polygons here.
All functions are vectorised; none uses an absolute tolerance in a sign test, because such a
tolerance deletes far vertices of slivers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

__all__ = [
    "STATUSES",
    "Chains",
    "above",
    "beats_both",
    "chains",
    "distance",
    "hausdorff",
    "hull",
    "status",
    "tidy",
]


_MANY = 400
"""Vertices that make a ring large."""

STATUSES = ("empty", "point", "segment", "polygon")
"""What a polygon can be; see `status`."""


def _chain(points: Array, keep: Index, sign: float) -> Index:
    """Drop points until the chain turns only one way; `keep` is sorted by x, each x once.

    A point on or beyond the line through two others of the set is never a vertex, so a whole
    pass of such points may go at once.
    """
    while len(keep) > 2:
        p = points[keep]
        left, right = p[1:-1] - p[:-2], p[2:] - p[:-2]
        turn = sign * (left[:, 0] * right[:, 1] - left[:, 1] * right[:, 0])
        convex = turn > 0
        if convex.all():
            break
        keep = keep[np.concatenate(([True], convex, [True]))]
    return keep


def hull(points: Array) -> Index:
    """Return the indices of the hull's vertices, counter-clockwise from the smallest.

    Parameters
    ----------
    points
        Shape ``(n, 2)``, n ≥ 1, finite.

    Returns
    -------
    Index
        Indices into `points`; no duplicates and no vertex inside an edge.

    Examples
    --------
    >>> hull(np.array([[0.0, 0], [1, 1], [2, 0], [1, 0], [0, 0]])).tolist()
    [0, 2, 1]
    """
    order = np.lexsort((points[:, 1], points[:, 0]))
    step = np.diff(points[order, 0]) > 0
    lower = _chain(points, order[np.concatenate(([True], step))], 1.0)
    upper = _chain(points, order[np.concatenate((step, [True]))], -1.0)[::-1]
    if len(upper) and (points[upper[0]] == points[lower[-1]]).all():
        upper = upper[1:]
    if len(upper) and (points[upper[-1]] == points[lower[0]]).all():
        upper = upper[:-1]
    return np.concatenate((lower, upper))


class Chains(NamedTuple):
    """Indices of a ring's four monotone chains, each sorted by its running coordinate.

    ``lower`` and ``upper`` run with x, ``left`` and ``right`` run with y.
    """

    lower: Index
    upper: Index
    left: Index
    right: Index


def chains(ring: Array) -> Chains:
    """Split a ring into the chains seen from below, above, left and right.

    Examples
    --------
    >>> square = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])
    >>> [c.tolist() for c in chains(square)]
    [[0, 1], [3, 2], [0, 3], [1, 2]]
    """
    m = len(ring)
    x, y = ring.T

    def arc(start: int, stop: int) -> Index:
        return np.arange(start, start + (stop - start) % m + 1) % m

    def first(primary: Array, secondary: Array) -> int:
        return int(np.lexsort((secondary, primary))[0])

    west_low, west_high = first(x, y), first(x, -y)
    east_low, east_high = first(-x, y), first(-x, -y)
    south_left, south_right = first(y, x), first(y, -x)
    north_left, north_right = first(-y, x), first(-y, -x)
    return Chains(
        lower=arc(west_low, east_low),
        upper=arc(east_high, west_high)[::-1],
        left=arc(north_left, south_left)[::-1],
        right=arc(south_right, north_right),
    )


def distance(points: Array, ring: Array) -> Array:
    """Return the Euclidean distance of each point to a polygon; 0 inside.

    Examples
    --------
    >>> square = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])
    >>> distance(np.array([[0.5, 0.5], [3.0, 0.5]]), square).tolist()
    [0.0, 2.0]
    """
    out = np.zeros(len(points))
    doubtful = np.arange(len(points))
    if len(ring) > 2:
        edge = chains(ring)
        x, y = points.T
        over = y - np.interp(x, ring[edge.upper, 0], ring[edge.upper, 1])
        under = np.interp(x, ring[edge.lower, 0], ring[edge.lower, 1]) - y
        west, east = ring[edge.lower[0], 0], ring[edge.lower[-1], 0]
        doubtful = np.flatnonzero((np.maximum(over, under) > 0) | (x < west) | (x > east))
    if len(doubtful):
        out[doubtful] = _to_edges(points[doubtful], ring)
    return out


def _to_edges(points: Array, ring: Array) -> Array:
    """Return the distance of each point to the nearest edge."""
    edge = np.roll(ring, -1, axis=0) - ring
    length2 = (edge**2).sum(axis=1)
    offset = points[:, None, :] - ring[None, :, :]
    along = (offset * edge).sum(axis=2) / np.where(length2 > 0, length2, 1.0)
    nearest = offset - np.clip(along, 0.0, 1.0)[:, :, None] * edge
    return np.asarray(np.sqrt((nearest**2).sum(axis=2)).min(axis=1), dtype=np.float64)


def hausdorff(one: Array, other: Array) -> float:
    """Return the Hausdorff distance of two polygons, vertices to polygon both ways.

    Vertex lists need not match: a vertex more or less on an edge changes nothing.

    Examples
    --------
    >>> hausdorff(np.array([[0.0, 0]]), np.array([[0.0, 0], [3, 4]]))
    5.0
    """
    if one.shape == other.shape:
        shift = float(np.abs(one - other).max())
        if shift == 0.0:
            return 0.0
    return float(max(distance(one, other).max(), distance(other, one).max()))


def status(ring: Array | None, tolerance: float = 1e-10) -> str:
    """Classify a polygon: ``polygon``, ``segment``, ``point`` or ``empty`` (for None).

    Parameters
    ----------
    ring
        Vertices, or None for the empty set.
    tolerance
        A polygon thinner than this, in the ring's own units, is a segment, and a segment
        shorter than this is a point.

    Examples
    --------
    >>> status(np.array([[0.0, 0], [1, 1], [0.5, 0.5 + 1e-14]]))
    'segment'
    """
    if ring is None:
        return "empty"
    offset = ring - ring[0]
    reach = np.hypot(offset[:, 0], offset[:, 1])
    far = int(np.argmax(reach))
    if reach[far] <= tolerance:
        return "point"
    width = np.abs(offset[far, 0] * offset[:, 1] - offset[far, 1] * offset[:, 0]) / reach[far]
    return "segment" if width.max() <= tolerance else "polygon"


def _without_flattest(ring: Array, tolerance: float) -> list[int]:
    """Return the vertices of a large ring that are left once those as good as flat are dropped.

    Never two neighbours at once: of each run of flat ones every other.
    """
    keep = np.arange(len(ring))
    while len(keep) > _MANY:
        p = ring[keep]
        before, after = np.roll(p, 1, axis=0), np.roll(p, -1, axis=0)
        chord, arm = after - before, p - before
        length = np.maximum(np.hypot(chord[:, 0], chord[:, 1]), 1e-300)
        height = np.abs(chord[:, 0] * arm[:, 1] - chord[:, 1] * arm[:, 0]) / length
        drop = (height <= tolerance) & (np.arange(len(keep)) % 2 == 1)
        if not drop.any():
            break
        keep = keep[~drop]
    return keep.tolist()


def tidy(ring: Array, tolerance: float = 1e-10) -> Array:
    """Return a ring fit for printing: no vertex within `tolerance` of its neighbours' chord.

    Vertices go one at a time, the flattest first, so that a fine arc is thinned rather than
    erased; the result is within `tolerance` of the ring at each removal.
    """
    kind = status(ring, tolerance)
    if kind == "point":
        return ring[:1].copy()
    if kind == "segment":
        far_end = int(((ring - ring[0]) ** 2).sum(axis=1).argmax())
        near_end = int(((ring - ring[far_end]) ** 2).sum(axis=1).argmax())
        ends = ring[[far_end, near_end]]
        return ends[np.lexsort((ends[:, 1], ends[:, 0]))]
    keep = _without_flattest(ring, 0.25 * tolerance)
    while len(keep) > 3:
        p = ring[keep]
        before, after = np.roll(p, 1, axis=0), np.roll(p, -1, axis=0)
        chord, arm = after - before, p - before
        length = np.hypot(chord[:, 0], chord[:, 1])
        height = np.abs(chord[:, 0] * arm[:, 1] - chord[:, 1] * arm[:, 0])
        height = np.where(length > 0, height / np.where(length > 0, length, 1.0), 0.0)
        flattest = int(np.argmin(height))
        if height[flattest] > tolerance:
            break
        del keep[flattest]
    vertices = ring[keep]
    start = int(np.lexsort((vertices[:, 1], vertices[:, 0]))[0])
    return np.roll(vertices, -start, axis=0)


def above(ring: Array, floor: Array) -> Array:
    """Return the part of a ring in which both coordinates are at least `floor`.

    Examples
    --------
    >>> above(np.array([[0.0, 0], [2, 0], [0, 2]]), np.array([0.5, 0.5])).tolist()
    [[0.5, 0.5], [1.5, 0.5], [0.5, 1.5]]
    """
    for axis in (0, 1):
        vertices = []
        for a, b in zip(ring, np.roll(ring, -1, axis=0), strict=True):
            da, db = a[axis] - floor[axis], b[axis] - floor[axis]
            if da >= 0:
                vertices.append(a)
            if (da > 0 > db) or (da < 0 < db):
                cut = a + da / (da - db) * (b - a)
                cut[axis] = floor[axis]
                vertices.append(cut)
        ring = np.array(vertices).reshape(-1, 2)
    return ring[hull(ring)] if len(ring) else ring


def beats_both(vertices: Array, worst: Array, scale: Array, tolerance: float = 1e-9) -> bool:
    """Tell whether a point of a convex polygon strictly beats `worst` in both coordinates.

    Parameters
    ----------
    vertices
        Shape ``(m, 2)``; m may be 0.
    worst, scale
        Shape ``(2,)``: what to beat, and the payoff range of each player.
    tolerance
        Share of the range by which both must be beaten.
    """
    if not len(vertices):
        return False
    above = (vertices - worst) / scale
    after = np.roll(above, -1, axis=0)
    lead, next_lead = above[:, 0] - above[:, 1], after[:, 0] - after[:, 1]
    crosses = lead * next_lead < 0
    share = lead[crosses] / (lead[crosses] - next_lead[crosses])
    level = above[crosses] + share[:, None] * (after[crosses] - above[crosses])
    return bool(np.concatenate((above, level)).min(axis=1).max() > tolerance)
