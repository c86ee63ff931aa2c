"""Payoff sets of many games by the kernels: outer and inner approximations that meet.

One game or a million go the same way. Most are done by the first attempt. What it leaves undecided
gets room for more vertices and finer corners: very unequal patience makes chains of thousands, all
longer than the smallest corner worth having. Where incentives are met with equality, the set is
sometimes found only by iterating the operator until it rests; those that remain are next to a
change, where sets close in as slowly as one likes.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from negotiation.games.game import Array, Bools
from negotiation.kernels import polygons
from negotiation.kernels.inner_sets import make_scratch, sets_unequal
from negotiation.kernels.operator import make_workspace
from negotiation.kernels.outer_sets import outer_rounds, settled_sets

__all__ = ["MOST", "Rings", "Rows", "payoff_rings", "processors", "shapes", "spread_out"]

Rows = npt.NDArray[np.intp]

MOST = 512
"""Vertices in a first attempt."""

_SURE, _PINNED = 1e-9, 1e-13
"""Worst payoffs are known where they are this close to a lower bound; to one that is exact."""

_OPEN = 1e-9
"""The gap that will do where they are not."""

_MANY, _MANY_CLOSE = 250, (1e-7, 1e-6)
"""Sets of more vertices lack their smallest corners: then these will do, where worst payoffs are
open and where they are known."""


class _Attempt(NamedTuple):
    """Limits of one attempt: finest corner, size of polygons, iterations.

    Attributes
    ----------
    most
        Vertices.
    finest
        Smallest corners, as a share of 1 - δ.
    rounds
        Iterations from outside; and of those in which rings have more than `_SLOW` vertices.
    slow
        See there.
    step
        By what factor iterations grow between two looks for a set from inside.
    close
        The gap that will do where worst payoffs are known and there are not many vertices.
    hasty
        Whether to be content, at first, with a set that is probably the largest.
    """

    most: int
    finest: float
    rounds: int
    slow: int
    step: int
    close: float
    hasty: bool


_SLOW = 40
_QUICK = _Attempt(MOST, 1e-7, 3000, 150, 2, 1e-6, hasty=True)
_CAREFUL = _Attempt(2048, 1e-12, 40, 40, 2, 1e-12, hasty=False)
_FINE = _Attempt(2048, 1e-12, 300, 300, 2, 1e-9, hasty=False)
_LARGE = _Attempt(8192, 1e-10, 20_000, 60, 6, 1e-6, hasty=False)
_HUGE = _Attempt(32_768, 1e-10, 20, 20, 6, 1e-6, hasty=False)
_FEW_CELLS = 16
"""Only games of so few cells get room for that many vertices."""

_RESTS = (600, 40_000)
"""Iterations within which the operator may come to rest: soon, and at last."""

_REST_MOST = 1024
_LONGEST = 2_000_000
"""Most iterations times vertices of the larger attempts."""


class Rings(NamedTuple):
    """Payoff sets of P games, in normalised payoffs.

    Attributes
    ----------
    worst, floor
        Shape ``(P, 2)``: the worst payoffs in each set, and what they are in the true one at least.
    gap
        Shape ``(P,)``: bound on the distance to the true set.
    vertices, counts
        Shapes ``(P, most, 2)`` and ``(P,)``: 0 if the set is empty, -1 if undecided.
    """

    worst: Array
    floor: Array
    gap: Array
    vertices: Array
    counts: Rows


_Game = tuple[Array, Array, Rows, Array]


def payoff_rings(
    payoffs: Array,
    discount: Array,
    active: Bools,
    extra: float = 0.0,
    *,
    thorough: bool = False,
) -> Rings:
    """Find the subgame-perfect payoff sets of P games.

    Parameters
    ----------
    payoffs
        Normalised, shape ``(P, 2, n0, n1)``.
    discount, alive
        Shapes ``(P, 2)`` and ``(P, n0, n1)``: profiles not marked are never played.
    extra
        How much more than the incentives ask for deviators must lose, as a share of the range.
    thorough
        Whether to look closer, and to go on with what that leaves undecided.
    """
    games = len(payoffs)
    use = active.reshape(games, -1).astype(np.intp)
    p, d = np.ascontiguousarray(payoffs), np.ascontiguousarray(discount)
    every: _Game = (p, d, use, np.full(games, extra))
    found = _nothing(games)
    for solve in _THOROUGH if thorough else _AT_ONCE:
        left = np.flatnonzero(found.counts < 0)
        if len(left):
            found = _merged(found, left, solve(_part(every, left)))
    return found


def _part(game: _Game, rows: Rows) -> _Game:
    p, d, use, extra = game
    return p[rows], d[rows], use[rows], extra[rows]


def _nothing(games: int) -> Rings:
    """Return what is known of some games before the first attempt."""
    worst, floor = np.zeros((2, games, 2))
    return Rings(worst, floor, np.full(games, np.inf), np.zeros((games, 1, 2)), np.full(games, -1))


def _merged(found: Rings, rows: Rows, more: Rings) -> Rings:
    """Enter what was found about some games."""
    width = more.vertices.shape[1]
    vertices = found.vertices
    if width > vertices.shape[1]:
        vertices = np.zeros((len(vertices), width, 2))
        vertices[:, : found.vertices.shape[1]] = found.vertices
    vertices[rows, :width] = more.vertices
    found.worst[rows], found.floor[rows] = more.worst, more.floor
    found.gap[rows], found.counts[rows] = more.gap, more.counts
    return found._replace(vertices=vertices)


def _common(game: _Game) -> Rings:
    """Iterate the operator where both discount factors are the same: it mostly rests soon."""
    d = game[1]
    same = np.flatnonzero(d[:, 0] == d[:, 1])
    found = _nothing(len(d))
    if not len(same):
        return found
    return _merged(found, same, _rested(_part(game, same), 4 * game[2].shape[1], 100))


def _rested(game: _Game, most: int, rounds: int) -> Rings:
    """Iterate the operator until it rests."""
    games, cells = game[2].shape
    found, rings = np.zeros((games, 3)), np.zeros((games, most, 2))
    counts = np.full(games, -1)
    settled_sets(game, rounds, (found, rings, counts), make_workspace(cells, most))
    width = max(int(counts.max(initial=0)), 1)
    gap = np.where(counts > 0, found[:, 2], 0.0)
    worst = found[:, :2].copy()
    return Rings(worst, worst - gap[:, None], gap, rings[:, :width].copy(), counts)


def _attempted(game: _Game, how: _Attempt) -> Rings:
    """Alternate outer iterations, inner sets and certificates until none is open."""
    games, cells = game[2].shape
    scratch = make_scratch(cells, how.most)
    outer, inner = np.zeros((2, games, how.most, 2))  # memory is used only where a ring is
    sizes, counts = np.zeros((2, games), dtype=np.intp)
    threats, pinned, worst = np.zeros((3, games, 2))
    gap, settled = np.full(games, np.inf), np.zeros(games, dtype=np.bool_)
    state, out = (outer, sizes, threats, pinned), (inner, counts, worst, gap)
    left, rounds = np.arange(games), 0
    while len(left) and rounds < how.rounds:
        more = max(2, (how.step - 1) * rounds)
        outer_rounds(game, state, left, more, scratch[0])
        pace = how.hasty and rounds == 0, how.finest
        sets_unequal(game, state, out, left, pace, scratch)
        rounds += more
        done = (counts[left] > 0) & (
            gap[left] <= _enough(game[1][left], left, state, out, how.close)
        )
        slow = (rounds > how.slow) & (sizes[left] > _SLOW) | (rounds * sizes[left] > _LONGEST)
        settled[left[done]] = True
        left = left[~done & ~slow & (sizes[left] > 0)]
    counts[~settled] = np.where(sizes[~settled] == 0, 0, -1)
    gap[counts == 0] = 0.0
    width = max(int(counts.max(initial=0)), 1)
    floor = np.maximum(threats, worst - gap[:, None])
    return Rings(worst, floor, gap, inner[:, :width].copy(), counts)


def _attempted_hugely(game: _Game) -> Rings:
    games, cells = game[2].shape
    return _attempted(game, _HUGE) if cells <= _FEW_CELLS else _nothing(games)


def _enough(
    discount: Array,
    rows: Rows,
    state: tuple[Array, Rows, Array, Array],
    out: tuple[Array, Rows, Array, Array],
    close: float,
) -> Array:
    """Return what gap will do for each of some games."""
    (_, _, threats, pinned), (_, counts, worst, _) = state, out
    sure = (worst[rows] <= pinned[rows] + _PINNED).all(axis=1)
    sure |= (worst[rows] <= threats[rows] + _SURE).all(axis=1)
    many, rounding = counts[rows] > _MANY, 4e-15 / (1.0 - discount.max(axis=1))
    few = np.where(sure, close, np.maximum(_OPEN, np.minimum(rounding, _MANY_CLOSE[1])))
    return np.where(many, np.where(sure, _MANY_CLOSE[1], _MANY_CLOSE[0]), few)


_Way = Callable[[_Game], Rings]
_AT_ONCE: tuple[_Way, ...] = (_common, lambda game: _attempted(game, _QUICK))
_THOROUGH: tuple[_Way, ...] = (
    _common,
    lambda game: _attempted(game, _CAREFUL),
    lambda game: _attempted(game, _LARGE),
    lambda game: _attempted(game, _FINE),
    lambda game: _rested(game, _REST_MOST, _RESTS[0]),
    lambda game: _rested(game, _REST_MOST, _RESTS[1]),
    lambda game: (
        _attempted(game, _HUGE) if game[2].shape[1] <= _FEW_CELLS else _nothing(len(game[2]))
    ),
)
"""Ways to the sets, each for what those before it leave undecided."""


def shapes(rings: Array, counts: Rows, worst: Array) -> tuple[Rows, Array]:
    """Return each ring's kind and lead, as the kernel `shapes` writes them."""
    kinds, lead = np.zeros(len(rings), dtype=np.intp), np.zeros(len(rings))
    polygons.shapes(np.ascontiguousarray(rings), np.maximum(counts, 0), worst, kinds, lead)
    return kinds, lead


def processors() -> int:
    """Return how many processors this process may use; not every system tells."""
    able = getattr(os, "sched_getaffinity", None)
    return len(able(0)) if able is not None else (os.cpu_count() or 1)


def spread_out(
    work: Callable[[slice], None], games: int, chunk: int, threads: int | None = None
) -> None:
    """Call `work` on chunks of `games`, spread over threads.

    Every chunk is a sample of the whole, because neighbours are equally hard.
    """
    parts = max(1, -(-games // chunk))
    rows = [slice(k, games, parts) for k in range(parts)]
    if len(rows) == 1:
        work(rows[0])
        return
    with ThreadPoolExecutor(threads or processors()) as pool:
        list(pool.map(work, rows))
