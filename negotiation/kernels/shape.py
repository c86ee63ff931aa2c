"""What kind of set each ring of a batch is, and how far it beats given payoffs, as loops."""

from __future__ import annotations

import numpy as np

from negotiation.kernels.compiler import compiled
from negotiation.kernels.hulls import Array, Index

__all__ = ["shapes"]

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
        `regimes.beats_both`; NaN where `worst` is, -inf without vertices.
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
        ahead, then = x - y, z - w
        if ahead * then < 0.0:
            share = ahead / (ahead - then)
            best = max(best, min(x + share * (z - x), y + share * (w - y)))
    return best if worst[0] == worst[0] and worst[1] == worst[1] else np.nan
