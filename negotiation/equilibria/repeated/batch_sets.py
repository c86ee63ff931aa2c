"""Chunks of a batch: what comparing settles, then compiled kernels, then the exact path."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from negotiation.equilibria.repeated.reference import Bools, Facts, solve_exactly, worst_exactly
from negotiation.equilibria.repeated.screening import NEAR, clear, look, normalised, stage, sustain
from negotiation.games.game import Array, Game
from negotiation.kernels import polygons
from negotiation.kernels.inner_sets import make_scratch, sets_unequal
from negotiation.kernels.operator import make_room
from negotiation.kernels.outer_sets import outer_rounds, sets_common
from negotiation.kernels.support_enumeration import MANY_EQUILIBRIA, mixed_all

__all__ = [
    "equilibria",
    "few",
    "payoff_rings",
    "shapes",
    "solve_chunk",
    "spread_out",
    "worst_payoffs",
]

Rows = npt.NDArray[np.intp]

MOST = 512
"""Sets with more vertices are left to the exact path, if the discount factors differ."""

_ROUNDS, _MOST_ROUNDS, _MANY = 150, 3000, 40
"""Rounds for rings of more than `_MANY` vertices, which are slow, and for all."""
_CLOSE, _PINNED = 1e-6, 1e-13

_FEW = 8
"""Up to this many open games in a chunk go to the exact path: no reason to compile anything."""


def few(games: int) -> bool:
    """Whether so few games are better left to the exact path than compiled for.

    The rule looks at the games only, never at what is compiled already, so that results repeat.
    """
    return games <= _FEW


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
    with ThreadPoolExecutor(threads or _cores()) as pool:
        list(pool.map(work, rows))


def _cores() -> int:
    """Return how many processors may be used, where the system says so, else how many there are."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def solve_chunk(
    game: Game, truces: Bools, facts: Facts, *, payoff_sets: bool, regimes: bool
) -> None:
    """Find the facts about some games.

    Parameters
    ----------
    game
        Payoffs ``(P, 2, n0, n1)``, discount factors ``(P, 2)``.
    truces
        Shape ``(n0, n1)``.
    facts
        Written.
    payoff_sets, regimes
        Whether every set, and every regime, is wanted.
    """
    worst_payoffs(game, np.flatnonzero(stage(game, facts)), facts)
    quick = look(game, truces, facts)
    left = quick.close.copy()
    known = facts.any | (facts.status == 0)
    open_ = ~quick.regime if regimes else ~known
    wanted = ~left & (facts.status < 0) & (payoff_sets | open_)
    facts.decided[...] = quick.regime | left | wanted
    rows = np.flatnonzero(wanted)
    left[rows] = True
    if not few(len(rows)):
        left[rows] = _sets(game, quick.alive, rows, facts)
    for k in np.flatnonzero(left).tolist():
        solve_exactly(Game(game.payoffs[k], game.discount[k]), facts, k)


def worst_payoffs(game: Game, rows: Rows, facts: Facts) -> None:
    """Write the worst stage equilibrium payoffs of the games at `rows`."""
    left = rows
    if not few(len(rows)):
        p, shift, scale = normalised(game.payoffs[rows])
        x, y, counts = equilibria(p)
        known = np.arange(MANY_EQUILIBRIA) < counts[:, None]
        worst = np.stack([np.where(known, z[..., -1], np.inf).min(axis=1) for z in (y, x)], axis=1)
        sure = counts > 0
        facts.worst[rows[sure]] = (worst * scale + shift)[sure]
        left = rows[~sure]
    for k in left.tolist():
        worst_exactly(Game(game.payoffs[k], game.discount[k]), facts, k)


def equilibria(payoffs: Array) -> tuple[Array, Array, Rows]:
    """Run the kernel for stage equilibria on normalised payoffs ``(P, 2, n0, n1)``.

    Returns
    -------
    x, y, counts
        For each player, shape ``(P, MANY_EQUILIBRIA, n_i + 1)``: probabilities, then the *other*
        player's payoff; and how many, shape ``(P,)``, -1 where ties leave it open.
    """
    games, _, n0, n1 = payoffs.shape
    x, y = (np.zeros((games, MANY_EQUILIBRIA, n + 1)) for n in (n0, n1))
    counts = np.zeros(games, dtype=np.intp)
    mixed_all(np.ascontiguousarray(payoffs), counts, x, y)
    return x, y, counts


def _sets(game: Game, alive: Bools, rows: Rows, facts: Facts) -> Bools:
    """Find payoff sets by kernels; return which of the games at `rows` are left."""
    p, shift, scale = normalised(game.payoffs[rows])
    found, rings, counts = payoff_rings(p, game.discount[rows], alive[rows])
    facts.any[rows] = has = counts > 0
    kinds, lead = shapes(rings, counts, (facts.worst[rows] - shift) / scale)
    facts.status[rows] = np.where(has, kinds, 0)
    facts.threats[rows] = np.where(has[:, None], found[:, :2] * scale + shift, np.nan)
    facts.gap[rows] = np.where(has, found[:, 2] * scale.max(axis=1), 0.0)
    facts.better[rows] = has & (lead > NEAR)
    left = (counts < 0) | (has & (~clear(lead) | (facts.status[rows] < 0)))
    left[has] |= sustain(game, facts, rows[has])
    facts.held[rows[~has]] = False
    return left


def shapes(rings: Array, counts: Rows, worst: Array) -> tuple[Rows, Array]:
    """Return each ring's kind and lead, as the kernel `shapes` writes them."""
    kinds, lead = np.zeros(len(rings), dtype=np.intp), np.zeros(len(rings))
    polygons.shapes(np.ascontiguousarray(rings), np.maximum(counts, 0), worst, kinds, lead)
    return kinds, lead


def payoff_rings(payoffs: Array, discount: Array, alive: Bools) -> tuple[Array, Array, Rows]:
    """Run the kernels.

    Parameters
    ----------
    payoffs
        Normalised, shape ``(P, 2, n0, n1)``.
    discount, alive
        Shapes ``(P, 2)`` and ``(P, n0, n1)``.

    Returns
    -------
    found, rings, counts
        Threats and gap, shape ``(P, 3)``; vertices, shape ``(P, most, 2)``; and how many, shape
        ``(P,)``: 0 if the set is empty, -1 if the kernels leave it open.
    """
    common = discount[:, 0] == discount[:, 1]
    parts: list[tuple[Bools, _Rings]] = []
    for rows, solve in ((common, _common), (~common, _unequal)):
        if rows.any():
            p, d = np.ascontiguousarray(payoffs[rows]), np.ascontiguousarray(discount[rows])
            use = alive[rows].reshape(len(p), -1).astype(np.intp)
            parts.append((rows, solve(p, d, use)))
    most = max((part[1].shape[1] for _, part in parts), default=1)
    if len(parts) == 1:
        return parts[0][1]
    found, rings = np.zeros((len(payoffs), 3)), np.zeros((len(payoffs), most, 2))
    counts = np.full(len(payoffs), -1)
    for rows, (facts, some, sizes) in parts:
        found[rows], counts[rows] = facts, sizes
        rings[rows, : some.shape[1]] = some
    return found, rings, counts


_Rings = tuple[Array, Array, Rows]


def _common(p: Array, d: Array, alive: Rows) -> _Rings:
    most = 4 * alive.shape[1]
    out = np.zeros((len(p), 3)), np.zeros((len(p), most, 2)), np.full(len(p), -1)
    sets_common(p, d, alive, out, make_room(alive.shape[1], most))
    return out


def _unequal(p: Array, d: Array, alive: Rows) -> _Rings:
    """Alternate outer rounds, inner sets and certificates until none is open."""
    games, scratch = len(p), make_scratch(alive.shape[1], MOST)
    outer, inner = np.zeros((2, games, MOST, 2))  # memory is used only where a ring is
    sizes, counts = np.zeros((2, games), dtype=np.intp)
    threats, pinned, worst = np.zeros((3, games, 2))
    gap, settled = np.full(games, np.inf), np.zeros(games, dtype=np.bool_)
    left, rounds, game = np.arange(games), 0, (p, d, alive)
    while len(left) and rounds < _MOST_ROUNDS:
        more = max(2, rounds)
        state, found = (outer, sizes, threats, pinned), (inner, counts, worst, gap)
        outer_rounds(game, state, left, more, scratch[0])
        sets_unequal(game, state, found, left, rounds == 0, scratch)
        rounds += more
        sure = (worst[left] <= pinned[left] + _PINNED).all(axis=1)
        sure |= (worst[left] <= threats[left] + _CLOSE / 1000).all(axis=1)
        done = (counts[left] > 0) & (gap[left] <= np.where(sure, _CLOSE, _CLOSE / 1000))
        slow = (rounds > _ROUNDS) & (sizes[left] > _MANY)
        settled[left[done]] = True
        left = left[~done & ~slow & (sizes[left] > 0)]
    counts[~settled] = np.where(sizes[~settled] == 0, 0, -1)
    width = max(int(counts.max(initial=0)), 1)
    return np.column_stack((worst, gap)), inner[:, :width], counts
