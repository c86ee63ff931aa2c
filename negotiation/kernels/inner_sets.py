"""Inner approximations: self-generating sets of games whose players discount differently.

As in `inner_set`, structure and equations take turns until the set generates itself. The structure
comes from a sweep rather than from one round, so chains of continuations are there at once; or from
a game that is almost the same: neighbours in a batch mostly have sets of the same structure, so
each game first tries the one that the game before it had. Whether the set is the largest the
certificate tells.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from negotiation.kernels.compiler import compiled
from negotiation.kernels.dual_bounds import certify, make_bounds
from negotiation.kernels.dual_prices import Frame, Prices
from negotiation.kernels.generation import CONSTANT
from negotiation.kernels.generation_links import (
    is_self_generating,
    linked,
    structured,
    tidied,
    unlinked,
)
from negotiation.kernels.hulls import Array, Index
from negotiation.kernels.newton import System, make_system, newton
from negotiation.kernels.operator import Tables, Workspace, make_workspace, tabulate
from negotiation.kernels.polygons import copy, excess, hull, least, pick
from negotiation.kernels.quadrant_sweep import seeds, sweep

__all__ = [
    "SearchWorkspace",
    "Seen",
    "inner_sets",
    "make_scratch",
    "make_search_workspace",
    "search",
    "sets_unequal",
    "warm_start",
]

_SELF = 1e-12
_PINNED = 1e-13
_FINEST = 2e-9
_PASSES = 40
_FIRST = 1e-4
_EDGES = 4


class Seen(NamedTuple):
    """The structure of the last set that was found, and where its vertices were.

    Attributes
    ----------
    ring, how
        Shapes ``(most, 2)`` and ``(most, 4)``; see `structured`.
    size
        Shape ``(1,)``: how many vertices, 0 if nothing can be used again.
    """

    ring: Array
    how: Index
    size: Index


class SearchWorkspace(NamedTuple):
    """Scratch space for `search` and `warm_start`.

    Attributes
    ----------
    ring, how
        A ring, and how each vertex is generated.
    points, made_by
        What is swept, and how.
    system
        For `newton`.
    low
        Shape ``(2,)``.
    """

    ring: Array
    how: Index
    points: Array
    made_by: Index
    system: System
    low: Array


def make_search_workspace(most: int) -> tuple[SearchWorkspace, Seen]:
    """Return room for rings of up to `most` vertices."""
    how = np.zeros((2, most, 4), dtype=np.intp)
    space = SearchWorkspace(
        np.zeros((most, 2)),
        how[0],
        np.zeros((2 * most, 2)),
        np.zeros((2 * most, 3), dtype=np.intp),
        make_system(most),
        np.zeros(2),
    )
    return space, Seen(np.zeros((most, 2)), how[1], np.zeros(1, dtype=np.intp))


def warm_start(
    tables: Tables, seen: Seen, best: Array, fixed: Array, space: SearchWorkspace, room: Workspace
) -> int:
    """Write to `best` the set that has the structure seen before; its size, 0 if none has.

    It generates itself, but may be smaller than the largest.
    """
    m, how, trial, low = seen.size[0], seen.how, seen.ring, space.low
    for k in range(m):
        if tables.use[how[k, 0]] < 1:
            return 0
        if how[k, 1] == CONSTANT:
            trial[k, 0], trial[k, 1] = tables.g[how[k, 0], 0], tables.g[how[k, 0], 1]
    for _ in range(_EDGES):
        if not newton(tables, trial, m, how, fixed, space.system):
            return 0
        least(trial, m, fixed, low)
        if not unlinked(tables, trial, how, m, low):
            break
        if not linked(tables, trial, how, m, low):
            return 0
    n = tidied(trial, m, how, space.points, space.made_by, room)
    if not is_self_generating(tables, space.points, space.made_by, n, low):
        return 0
    copy(space.points, n, best)
    return n


def search(
    tables: Tables,
    m: int,
    goal: tuple[Array, Array, int, float],
    seen: Seen,
    space: SearchWorkspace,
    room: Workspace,
) -> int:
    """Alternate between structure and equations, from the ring of m vertices in `space`.

    Parameters
    ----------
    goal
        Where to write the best set; the worst payoffs that are known; after how many passes to be
        content with any; and the smallest corners worth having, as a share of 1 - δ.
    seen
        Written: the structure of the best set.

    Returns
    -------
    int
        The size of the best set, 0 if none.
    """
    ring, points, made_by, low = space.ring, space.points, space.made_by, space.low
    best, fixed, enough, precision = goal
    best_size = 0
    seen.size[0] = 0
    for count in range(_PASSES):
        least(ring, m, fixed, low)
        fine = max(precision * (1.0 - max(tables.discount[0], tables.discount[1])), _SELF)
        if count == 0 < enough < _PASSES:
            fine = _FIRST
        made = sweep(tables, low, seeds(tables, ring, m, low, room), fine, (points, made_by), room)
        if made == 0 or (made < 0 and precision >= 1e-3):
            break
        n = hull(points, made, room.order, room.chosen) if made > 0 else len(best) + 1
        if n > len(best):
            precision *= 10.0
            continue
        if best_size > 0 and _arrived(points, n, best, best_size, 3.0 * fine, room):
            sure = low[0] <= fixed[0] + _PINNED and low[1] <= fixed[1] + _PINNED
            if sure or precision <= _FINEST:
                break
            precision = _FINEST
        m = n
        structured(points, made_by, made, n, (ring, space.how), room)
        n, exact = _generated(tables, m, fixed, (best, best_size, 3.0 * fine), space, room)
        if n > 0:
            best_size = n
            copy(points, n, best)
            _remember(seen, room.cut[1], space.how, m if exact else 0)
            if count >= enough:
                return best_size
        m = abs(n)
        copy(points, m, ring)
    return best_size


def _arrived(
    points: Array, n: int, best: Array, best_size: int, slip: float, room: Workspace
) -> bool:
    """Tell whether the n points chosen in `room` exceed the best set by at most `slip`."""
    swept = room.cut[1]
    pick(points, room.chosen, n, swept)
    return excess(swept, n, best, best_size) <= slip


def _generated(
    tables: Tables,
    m: int,
    fixed: Array,
    bar: tuple[Array, int, float],
    space: SearchWorkspace,
    room: Workspace,
) -> tuple[int, bool]:
    """Make a set that generates itself from the ring in `space`: by its equations, else as it is.

    Returns
    -------
    tuple
        As `_standing`; and whether the equations were solved, by the ring in layer 1 of `cut`.
    """
    ring, how, trial = space.ring, space.how, room.cut[1]
    solved = linked(tables, ring, how, m, space.low)
    if solved:
        copy(ring, m, trial)
        solved = newton(tables, trial, m, how, fixed, space.system)
    if solved:
        n = _standing(tables, trial, m, bar, space, room)
        if n > 0 or bar[1] == 0:
            return n, n > 0
    return _standing(tables, ring, m, bar, space, room), False


def _standing(
    tables: Tables,
    ring: Array,
    m: int,
    bar: tuple[Array, int, float],
    space: SearchWorkspace,
    room: Workspace,
) -> int:
    """Write the ring, tidied, to the points in `space`; return its size.

    Negative where it does not generate itself, or falls short of the best set (ring, size) by more
    than the third entry of `bar`.
    """
    best, best_size, slip = bar
    n = tidied(ring, m, space.how, space.points, space.made_by, room)
    if not is_self_generating(tables, space.points, space.made_by, n, space.low):
        return -n
    return n if best_size == 0 or excess(best, best_size, space.points, n) <= slip else -n


def _remember(structure: Seen, ring: Array, how: Index, m: int) -> None:
    structure.size[0] = m
    copy(ring, m, structure.ring)
    for k in range(m):
        for j in range(4):
            structure.how[k, j] = how[k, j]


_FEW, _MANY = 2, 40
"""Passes after which any set will do, since it is probably the largest; and when it was not."""

_COARSE = 1e-6
_CLOSE = 1e-6
_TRIALS, _REST = 4, 16
"""After so many games that needed a search of their own, only every sixteenth is tried."""


_Scratch = tuple[tuple[Tables, Workspace], tuple[SearchWorkspace, Seen], tuple[Frame, Prices]]


def make_scratch(profiles: int, most: int) -> _Scratch:
    """Return room for games of `profiles` cells and rings of up to `most` vertices."""
    return make_workspace(profiles, most), make_search_workspace(most), make_bounds(profiles, most)


@compiled
def inner_sets(
    game: tuple[Array, Array, Index, Array],
    state: tuple[Array, Index, Array, Array],
    out: tuple[Array, Index, Array],
    rows: Index,
    pace: tuple[bool, float],
    scratch: _Scratch,
) -> None:
    """Look for a self-generating set near each ring; whether it is the largest is not asked.

    Parameters
    ----------
    game, state, rows, pace, scratch
        As for `sets_unequal`.
    out
        Written: vertices ``(P, most, 2)``, how many, 0 where no set was found, and the worst
        payoffs in the set ``(P, 2)``.
    """
    payoffs, discount, active, extra = game
    rings, sizes, pinned = state[0], state[1], state[3]
    inner, counts, worst = out
    (tables, room), (space, structure) = scratch[0], scratch[1]
    (hasty, finest), floor = pace, np.full(2, -np.inf)
    for p in rows:
        counts[p], m = 0, sizes[p]
        if m <= 0:
            continue
        tabulate(payoffs[p], discount[p], active[p], extra[p], tables)
        copy(rings[p], m, space.ring)
        enough, fine = (_FEW, _COARSE) if hasty else (_MANY, finest)
        counts[p] = search(tables, m, (inner[p], pinned[p], enough, fine), structure, space, room)
        if counts[p] > 0:
            least(inner[p], counts[p], floor, worst[p])


@compiled
def sets_unequal(
    game: tuple[Array, Array, Index, Array],
    state: tuple[Array, Index, Array, Array],
    out: tuple[Array, Index, Array, Array],
    rows: Index,
    pace: tuple[bool, float],
    scratch: _Scratch,
) -> None:
    """Look for the largest self-generating set near each ring, and bound what it misses.

    Parameters
    ----------
    game
        As for `outer_sets.settled_sets`.
    state
        From `outer_rounds`: rings ``(P, most, 2)``, their sizes, lower bounds on the worst payoffs
        ``(P, 2)``, and the part of them that is exact.
    out
        Written: vertices ``(P, most, 2)``, how many, 0 where no set was found, the worst payoffs
        in the set ``(P, 2)``, and the gap ``(P,)``, inf where nothing could be shown.
    rows
        Which games.
    pace
        Whether to stop at a set that is probably the largest; and the smallest corners worth
        having where not, as a share of 1 - δ.
    scratch
        From `make_scratch`.
    """
    payoffs, discount, active, extra = game
    rings, sizes, threats, pinned = state
    inner, counts, worst, gap = out
    (tables, room), (space, structure), bounds = scratch
    (hasty, finest), misses, floor = pace, 0, np.full(2, -np.inf)
    for p in rows:
        counts[p], gap[p], m = 0, np.inf, sizes[p]
        if m <= 0:
            continue
        tabulate(payoffs[p], discount[p], active[p], extra[p], tables)
        both = inner[p], rings[p]
        tried = hasty and structure.size[0] > 0 and (misses < _TRIALS or p % _REST == 0)
        if tried:
            counts[p] = n = warm_start(tables, structure, inner[p], pinned[p], space, room)
            gap[p] = certify(tables, both, (n, m), threats[p], bounds, room)
            if n > 0 and gap[p] > _CLOSE:
                copy(inner[p], n, space.ring)
                counts[p] = n = search(
                    tables, n, (inner[p], pinned[p], 0, _COARSE), structure, space, room
                )
                gap[p] = certify(tables, both, (n, m), threats[p], bounds, room)
            misses = misses if gap[p] > _CLOSE else 0
        if gap[p] > _CLOSE:
            copy(rings[p], m, space.ring)
            enough, fine = (_FEW, _COARSE) if hasty else (_MANY, finest)
            goal = inner[p], pinned[p], enough, fine
            counts[p] = search(tables, m, goal, structure, space, room)
            gap[p] = certify(tables, both, (counts[p], m), threats[p], bounds, room)
            if tried and gap[p] <= _CLOSE:
                misses += 1
        if counts[p] > 0:
            least(inner[p], counts[p], floor, worst[p])
