"""Payoff sets of the games of a batch whose players discount differently, as loops.

Neighbours in a sweep mostly have sets of the same structure. So each game first tries the one that
the game before it had: solving its equations costs a fraction of a search, and whether the set is
the largest the certificate tells.
"""

from __future__ import annotations

import numpy as np

from negotiation.kernels.compiler import compiled
from negotiation.kernels.dual_bounds import certify, make_bounds
from negotiation.kernels.dual_prices import Frame, Prices
from negotiation.kernels.hulls import Array, Index
from negotiation.kernels.inner_sets import Seen, Space, again, make_space, search
from negotiation.kernels.operator import Room, Tables, make_room, tabulate
from negotiation.kernels.polygons import copy, least

__all__ = ["inner_sets", "make_scratch", "sets_unequal"]

_FEW, _MANY = 2, 40
"""Passes after which any set will do, since it is probably the largest; and when it was not."""

_COARSE, _FINE = 1e-6, 1e-7
_CLOSE = 1e-6
_TRIALS, _REST = 4, 16
"""After so many games that needed a search of their own, only every sixteenth is tried."""


_Scratch = tuple[tuple[Tables, Room], tuple[Space, Seen], tuple[Frame, Prices]]


def make_scratch(profiles: int, most: int) -> _Scratch:
    """Return room for games of `profiles` cells and rings of up to `most` vertices."""
    return make_room(profiles, most), make_space(most), make_bounds(profiles, most)


@compiled
def inner_sets(
    game: tuple[Array, Array, Index],
    state: tuple[Array, Index, Array, Array],
    out: tuple[Array, Index, Array],
    rows: Index,
    hasty: bool,
    scratch: _Scratch,
) -> None:
    """Look for a self-generating set near each ring; whether it is the largest is not asked.

    Parameters
    ----------
    game, state, rows, hasty, scratch
        As for `sets_unequal`.
    out
        Written: vertices ``(P, most, 2)``, how many, 0 where no set was found, and the worst
        payoffs in the set ``(P, 2)``.
    """
    payoffs, discount, alive = game
    rings, sizes, pinned = state[0], state[1], state[3]
    inner, found, worst = out
    (tables, room), (space, seen) = scratch[0], scratch[1]
    floor = np.full(2, -np.inf)
    for p in rows:
        found[p], m = 0, sizes[p]
        if m <= 0:
            continue
        tabulate(payoffs[p], discount[p], alive[p], tables)
        copy(rings[p], m, space.ring)
        enough, fine = (_FEW, _COARSE) if hasty else (_MANY, _FINE)
        found[p] = search(tables, m, (inner[p], pinned[p], enough, fine), seen, space, room)
        if found[p] > 0:
            least(inner[p], found[p], floor, worst[p])


@compiled
def sets_unequal(
    game: tuple[Array, Array, Index],
    state: tuple[Array, Index, Array, Array],
    out: tuple[Array, Index, Array, Array],
    rows: Index,
    hasty: bool,
    scratch: _Scratch,
) -> None:
    """Look for the largest self-generating set near each ring, and bound what it misses.

    Parameters
    ----------
    game
        Normalised payoffs ``(P, 2, n0, n1)``, discount factors ``(P, 2)``, and the profiles that
        may be used ``(P, N)``.
    state
        From `outer_rounds`: rings ``(P, most, 2)``, their sizes, lower bounds on the worst payoffs
        ``(P, 2)``, and the part of them that is exact.
    out
        Written: vertices ``(P, most, 2)``, how many, 0 where no set was found, the worst payoffs
        in the set ``(P, 2)``, and the gap ``(P,)``, inf where nothing could be shown.
    rows
        Which games.
    hasty
        Whether to stop at a set that is probably the largest.
    scratch
        From `make_scratch`.
    """
    payoffs, discount, alive = game
    rings, sizes, threats, pinned = state
    inner, found, worst, gap = out
    (tables, room), (space, seen), bounds = scratch
    misses, floor = 0, np.full(2, -np.inf)
    for p in rows:
        found[p], gap[p], m = 0, np.inf, sizes[p]
        if m <= 0:
            continue
        tabulate(payoffs[p], discount[p], alive[p], tables)
        both = inner[p], rings[p]
        tried = hasty and seen.size[0] > 0 and (misses < _TRIALS or p % _REST == 0)
        if tried:
            found[p] = n = again(tables, seen, inner[p], pinned[p], space, room)
            gap[p] = certify(tables, both, (n, m), threats[p], bounds, room)
            if n > 0 and gap[p] > _CLOSE:
                copy(inner[p], n, space.ring)
                found[p] = n = search(
                    tables, n, (inner[p], pinned[p], 0, _COARSE), seen, space, room
                )
                gap[p] = certify(tables, both, (n, m), threats[p], bounds, room)
            misses = misses if gap[p] > _CLOSE else 0
        if gap[p] > _CLOSE:
            copy(rings[p], m, space.ring)
            enough, fine = (_FEW, _COARSE) if hasty else (_MANY, _FINE)
            goal = inner[p], pinned[p], enough, fine
            found[p] = search(tables, m, goal, seen, space, room)
            gap[p] = certify(tables, both, (found[p], m), threats[p], bounds, room)
            if tried and gap[p] <= _CLOSE:
                misses += 1
        if found[p] > 0:
            least(inner[p], found[p], floor, worst[p])
