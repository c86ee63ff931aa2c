"""Payoff sets of the games of a batch whose players share a discount factor, as loops.

Outer rounds alone, as in `payoff_set`: with one common factor few continuations are followed, so
they mostly arrive, and a set that has arrived and generates itself is its own certificate. Games
that take longer are left to the exact path.
"""

from __future__ import annotations

import numpy as np

from negotiation.kernels.compiler import compiled
from negotiation.kernels.hulls import Array, Index
from negotiation.kernels.operator import (
    Room,
    Tables,
    enclose,
    generate,
    raise_threat,
    tabulate,
    usable,
)
from negotiation.kernels.polygons import copy, excess, extent

__all__ = ["sets_common"]

_SETTLED = 1e-13
_SELF = 1e-12
_ROUNDS = 4000


@compiled
def sets_common(
    payoffs: Array,
    discount: Array,
    alive: Index,
    out: tuple[Array, Array, Index],
    scratch: tuple[Tables, Room],
) -> None:
    """Find the payoff set of every game.

    Parameters
    ----------
    payoffs, discount
        Shapes ``(P, 2, n0, n1)``, each player's payoffs between 0 and 1, and ``(P, 2)``.
    alive
        Shape ``(P, N)``: 0 for profiles that cannot be used.
    out
        Written: shape ``(P, 3)``, both threats and the gap; ``(P, most, 2)``, the vertices; and
        ``(P,)``, how many, 0 if the set is empty, -1 if left to the exact path.
    scratch
        From `make_room`.
    """
    found, rings, counts = out
    tables, room = scratch
    most = rings.shape[1]
    ring, new = np.empty((most, 2)), np.empty((most, 2))
    threat = np.empty(2)
    for p in range(len(payoffs)):
        tabulate(payoffs[p], discount[p], alive[p], tables)
        m = enclose(room, usable(tables, threat, room), ring)
        if m > 0:
            m, found[p, 2] = _settle(tables, (ring, new), m, threat, room)
        counts[p] = m
        copy(ring, m, rings[p])
        found[p, 0], found[p, 1] = threat[0], threat[1]


def _settle(
    tables: Tables, rings: tuple[Array, Array], m: int, threat: Array, room: Room
) -> tuple[int, float]:
    """Apply the operator until nothing moves; then check that the set generates itself.

    Returns
    -------
    tuple
        Vertices, 0 if the set is empty, -1 if left to the exact path; and the gap.
    """
    ring, new = rings
    fixed, before, gap = np.empty(2), np.empty(2), np.inf
    for _ in range(_ROUNDS):
        n = enclose(room, generate(tables, ring, m, threat, 1, False, room), new)
        if n <= 0:
            return n, 0.0
        if gap < np.inf:
            return (m if excess(ring, m, new, n) <= _SELF else -1), gap
        before[0], before[1] = threat[0], threat[1]
        raise_threat(tables, room, threat, fixed)
        residual = _advance(ring, m, new, n, threat, before)
        m = n
        if residual <= _SETTLED:
            gap = residual / (1.0 - tables.discount[0])
            for i in range(2):
                threat[i] = extent(ring, m, i)[0]
    return -1, np.inf


def _advance(ring: Array, m: int, new: Array, n: int, threat: Array, before: Array) -> float:
    """Move on to the new ring; return how far it and the threats moved.

    The whole distance is measured only if the bounding boxes are as good as the same.
    """
    residual = 0.0
    for i in range(2):
        low, high = extent(new, n, i)
        was_low, was_high = extent(ring, m, i)
        threat[i] = max(threat[i], low)
        residual += threat[i] - before[i]
        residual = max(residual, abs(low - was_low), abs(high - was_high))
    if residual <= _SETTLED:
        residual += max(excess(ring, m, new, n), excess(new, n, ring, m))
    copy(new, n, ring)
    return residual
