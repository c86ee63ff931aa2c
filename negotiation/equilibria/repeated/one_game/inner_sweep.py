"""The largest self-generating set of one game whose players discount differently, by sweeps.

The loops that serve batches, run as they stand: where continuations form long chains they need a
few passes round the ring, while rounds of the operator add one link to each chain.
"""

from __future__ import annotations

import numpy as np

from negotiation.kernels.generation import Stage
from negotiation.kernels.hulls import Array, tidy
from negotiation.kernels.inner_sets import make_space, search
from negotiation.kernels.operator import make_room

__all__ = ["swept_set"]

_PASSES = 40
_FINE = 1e-10
_MOST = 2048
"""Room for vertices. Two very different discount factors make chains of more than a thousand, all
of them longer than the smallest corners worth having; without room for them no set is found."""

_THIN = 1e-13
"""A ring to start from that is larger yet is thinned by this first, by more if need be."""


def swept_set(stage: Stage, ring: Array, fixed: Array) -> Array | None:
    """Look for the largest self-generating set near `ring`; None if none was found.

    Parameters
    ----------
    stage
        The game; its discount factors must be positive and differ.
    ring
        Shape ``(m, 2)``: where to start.
    fixed
        Shape ``(2,)``: lower bounds on the worst payoffs.

    Returns
    -------
    Array or None
        Its vertices, counter-clockwise. Corners that stand out by less than 1e-10 of 1 - δ may be
        missing. Whether it generates itself is for the caller to check.
    """
    tolerance = _THIN
    while len(ring) > _MOST:
        ring, tolerance = tidy(ring, tolerance), 10.0 * tolerance
    tables, room = make_room(len(stage.g), _MOST)
    tables.g[:], tables.c[:], tables.need[:] = stage.g, stage.c, stage.need
    tables.discount[:] = stage.discount
    space, seen = make_space(_MOST)
    space.ring[: len(ring)] = ring
    best = np.zeros((_MOST, 2))
    size = search(tables, len(ring), (best, fixed.copy(), _PASSES, _FINE), seen, space, room)
    return best[:size].copy() if size > 0 else None
