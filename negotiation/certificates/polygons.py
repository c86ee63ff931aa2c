"""Convex polygons for certificates: written apart from those of the solvers, to check them by.

A polygon is an array of vertices ``(m, 2)``, counter-clockwise; a segment and a point are polygons.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["above", "distances", "hull", "normals_of", "weighted_sum"]

Array = npt.NDArray[np.float64]


def hull(points: Array) -> Array:
    """Return the convex hull, counter-clockwise, by Andrew's monotone chain."""
    given = sorted(set(map(tuple, points.tolist())))
    if len(given) < 3:
        return np.array(given).reshape(-1, 2)
    halves: list[list[tuple[float, ...]]] = []
    for run in (given, given[::-1]):
        kept: list[tuple[float, ...]] = []
        for x, y in run:
            while len(kept) > 1 and (
                (kept[-1][0] - kept[-2][0]) * (y - kept[-2][1])
                <= (kept[-1][1] - kept[-2][1]) * (x - kept[-2][0])
            ):
                kept.pop()
            kept.append((x, y))
        halves.append(kept[:-1])
    return np.array(halves[0] + halves[1])


def normals_of(ring: Array) -> Array:
    """Return the outward normals of a polygon's edges, absolute entries adding up to 1."""
    edge = np.roll(ring, -1, axis=0) - ring
    size = np.abs(edge).sum(axis=1)
    edge = edge[size > 0] / size[size > 0, None]
    return np.stack((edge[:, 1], -edge[:, 0]), axis=1)


def weighted_sum(chance: Array, parts: list[Array]) -> Array:
    """Return the weighted Minkowski sum of polygons: their edges, in order of angle."""
    used = [p * part for p, part in zip(chance, parts, strict=True) if p > 0]
    start = np.sum([min(part.tolist(), key=lambda v: (v[1], v[0])) for part in used], axis=0)
    edges = np.concatenate([np.roll(part, -1, axis=0) - part for part in used])
    angle = np.arctan2(edges[:, 1], edges[:, 0])
    edges = edges[np.argsort(np.where(angle < 0, angle + 2 * np.pi, angle), kind="stable")]
    return hull(start + np.cumsum(edges, axis=0))


def above(ring: Array, i: int, bound: float) -> Array:
    """Return the part of a convex polygon in which coordinate i is at least `bound`."""
    if not len(ring):
        return ring
    then = np.roll(ring, -1, axis=0)
    here, there = ring[:, i] - bound, then[:, i] - bound
    cut = (here >= 0) != (there >= 0)
    share = here[cut] / (here[cut] - there[cut])
    crossing = ring[cut] + share[:, None] * (then[cut] - ring[cut])
    return hull(np.concatenate([ring[here >= 0], crossing]))


def distances(points: Array, ring: Array) -> Array:
    """Return each point's distance from a convex polygon, 0 inside."""
    edge = np.roll(ring, -1, axis=0) - ring
    size = np.einsum("ei,ei->e", edge, edge)
    ahead = points[:, None] - ring
    along = np.einsum("pei,ei->pe", ahead, edge) / np.where(size > 0, size, 1.0)
    away = ahead - np.clip(along, 0, 1)[:, :, None] * edge
    far = np.hypot(away[:, :, 0], away[:, :, 1]).min(axis=1)
    left = (edge[:, 0] * ahead[:, :, 1] - edge[:, 1] * ahead[:, :, 0] >= 0).all(axis=1)
    return np.where(left & (len(ring) > 2), 0.0, far)
