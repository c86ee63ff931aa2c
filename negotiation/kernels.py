"""Loops over the games of a batch: the functions numba compiles, and all that they call.

Everything is an ordinary function on arrays; `batch` compiles the drivers at the end when there is
a batch to solve, and a test runs them uncompiled.
"""

from __future__ import annotations

import numpy as np

from .kernels_inner import SOLVE, solve_set
from .kernels_plane import PLANE
from .kernels_set import MOST, ROUND, Room, Tables, make_room
from .kernels_stage import MANY_EQUILIBRIA, STAGE, equilibria, normalise, pure, worst_payoffs
from .polygon import Array, Index

__all__ = ["DRIVERS", "HELPERS", "mixed_all", "sets_all", "stage_all"]

ROUNDS = 3000
_DECIDED = 1e-9
_TIES = 1e-12
_TIE_OUT = 1e-13


def stage_all(payoffs: Array, cells: Array, worst: Array, flag: Array) -> None:
    """Find the pure equilibria and the worst equilibrium payoffs of every game.

    Parameters
    ----------
    payoffs
        Shape ``(P, 2, n0, n1)``.
    cells, worst, flag
        Written: shape ``(P, n0, n1)``, ``(P, 2)``, and ``(P,)``, true where left to the exact path.
    """
    n0, n1 = payoffs.shape[2], payoffs.shape[3]
    game, shift, scale = np.empty((2, n0, n1)), np.empty(2), np.empty(2)
    x, y = np.empty((MANY_EQUILIBRIA, n0 + 1)), np.empty((MANY_EQUILIBRIA, n1 + 1))
    for p in range(len(payoffs)):
        normalise(payoffs[p], game, shift, scale)
        sure = pure(payoffs[p], cells[p])
        flag[p] = not sure or not worst_payoffs(game, cells[p], x, y, worst[p])
        for i in range(2):
            worst[p, i] = worst[p, i] * scale[i] + shift[i]


def mixed_all(payoffs: Array, count: Index, out: Array) -> None:
    """Find all equilibria of every game without ties.

    Parameters
    ----------
    payoffs
        Shape ``(P, 2, n0, n1)``.
    count
        Written, shape ``(P,)``: how many; -1 where left to the exact path.
    out
        Written, shape ``(P, most, n0 + n1 + 2)``: both mixtures and both payoffs.
    """
    n0, n1 = payoffs.shape[2], payoffs.shape[3]
    game, shift, scale = np.empty((2, n0, n1)), np.empty(2), np.empty(2)
    x, y = np.empty((out.shape[1], n0 + 1)), np.empty((out.shape[1], n1 + 1))
    for p in range(len(payoffs)):
        normalise(payoffs[p], game, shift, scale)
        count[p] = equilibria(game, x, y)
        for k in range(count[p]):
            for a in range(n0):
                out[p, k, a] = x[k, a]
            for b in range(n1):
                out[p, k, n0 + b] = y[k, b]
            out[p, k, n0 + n1] = y[k, n1] * scale[0] + shift[0]
            out[p, k, n0 + n1 + 1] = x[k, n0] * scale[1] + shift[1]


def _tabulate(game: Array, discount: Array, tables: Tables) -> None:
    """Flatten one normalised game over its profiles, as `operator.Stage.of` does."""
    n0, n1 = game.shape[1], game.shape[2]
    for i in range(2):
        d = discount[i]
        tables.discount[i] = d
        for a in range(n0):
            for b in range(n1):
                best = game[i, a, b]
                if i == 0:
                    for k in range(n0):
                        best = max(best, game[0, k, b])
                else:
                    for k in range(n1):
                        best = max(best, game[1, a, k])
                h = best - game[i, a, b]
                row = a * n1 + b
                tables.g[row, i], tables.c[row, i] = game[i, a, b], best
                tables.need[row, i] = 0.0
                if h > 0.0:
                    tables.need[row, i] = (1.0 - d) / d * h if d > 0.0 else np.inf


def _kind(ring: Array) -> int:
    """Return 1, 2 or 3 for a point, segment or polygon; -1 if too close to call."""
    far, reach = 0, 0.0
    for k in range(len(ring)):
        size = np.hypot(ring[k, 0] - ring[0, 0], ring[k, 1] - ring[0, 1])
        if size > reach:
            far, reach = k, size
    if reach <= 1e-9:
        return 1 if reach <= 1e-11 else -1
    width, x, y = 0.0, ring[far, 0] - ring[0, 0], ring[far, 1] - ring[0, 1]
    for k in range(len(ring)):
        width = max(width, abs(x * (ring[k, 1] - ring[0, 1]) - y * (ring[k, 0] - ring[0, 0])) / reach)
    if width <= 1e-9:
        return 2 if width <= 1e-11 else -1
    return 3


def _lead(ring: Array, worst: Array) -> float:
    """Return the most by which a point of the ring beats `worst` in both coordinates."""
    best, m = -np.inf, len(ring)
    for k in range(m):
        x, y = ring[k, 0] - worst[0], ring[k, 1] - worst[1]
        best = max(best, min(x, y))
        u, v = ring[(k + 1) % m, 0] - worst[0], ring[(k + 1) % m, 1] - worst[1]
        if (x - y) * (u - v) < 0.0:
            share = (x - y) / ((x - y) - (u - v))
            best = max(best, min(x + share * (u - x), y + share * (v - y)))
    return float(best)


def _sustain(tables: Tables, threat: Array, held: Array) -> bool:
    """Mark the profiles that can be played for ever; False if one is too close to call."""
    sure, n1 = True, held.shape[1]
    for row in range(len(tables.g)):
        holds = True
        for i in range(2):
            h, worth = tables.c[row, i] - tables.g[row, i], tables.g[row, i] - threat[i]
            margin = worth
            if h > _TIES:
                margin = tables.discount[i] - h / (h + worth) if worth > _TIES else -1.0
            holds = holds and margin >= -_TIES
            sure = sure and not _TIE_OUT < abs(margin) < _DECIDED
        held[row // n1, row % n1] = holds
    return sure


def sets_all(payoffs: Array, discount: Array, worst: Array, found: Array, held: Array, ring: Array, start: int) -> int:
    """Find the payoff set of every game from `start` on.

    Parameters
    ----------
    payoffs, discount, worst
        Shapes ``(P, 2, n0, n1)``, ``(P, 2)``, ``(P, 2)``.
    found
        Written, shape ``(P, 6)``: status (-1 where left to the exact path), both threats, the gap,
        the normalised lead over `worst`, and where the game's vertices end in `ring`.
    held
        Written, shape ``(P, n0, n1)``: profiles that can be played for ever.
    ring
        Written, shape ``(room, 2)``: vertices of all games, one after another; none if room is 0.
    start
        The first game to solve.

    Returns
    -------
    int
        The number of games done; fewer than P if `ring` is full.
    """
    n0, n1 = payoffs.shape[2], payoffs.shape[3]
    n, keep = n0 * n1, len(ring) > 0
    game, shift, scale = np.empty((2, n0, n1)), np.empty(2), np.empty(2)
    tables = Tables(np.empty((n, 2)), np.empty((n, 2)), np.empty((n, 2)), np.empty(2))
    room, relative = make_room(n, MOST), np.empty(2)
    used = int(found[start - 1, 5]) if start > 0 else 0
    for p in range(start, len(payoffs)):
        normalise(payoffs[p], game, shift, scale)
        _tabulate(game, discount[p], tables)
        code, inner, threat, gap = solve_set(tables, room, ROUNDS)
        if code > 0 and keep and used + len(inner) > len(ring):
            return p
        found[p, 0] = code
        if code > 0:
            for i in range(2):
                found[p, 1 + i] = threat[i] * scale[i] + shift[i]
                relative[i] = (worst[p, i] - shift[i]) / scale[i]
            found[p, 3] = gap * max(scale[0], scale[1])
            found[p, 4] = _lead(inner, relative)
            found[p, 0] = _kind(inner)
            lead = found[p, 4]
            near = 1e-11 < abs(lead) and abs(lead - 1e-9) < 1e-9 - 1e-11
            if not _sustain(tables, threat, held[p]) or near:
                found[p, 0] = -1.0
        else:
            for row in range(n):
                held[p, row // n1, row % n1] = False
        if keep and found[p, 0] > 0.0:
            for k in range(len(inner)):
                for i in range(2):
                    ring[used, i] = inner[k, i] * scale[i] + shift[i]
                used += 1
        found[p, 5] = used
    return len(payoffs)


HELPERS = (*PLANE, *ROUND, *SOLVE, *STAGE, _tabulate, _kind, _lead, _sustain)
"""Everything the drivers may call."""

DRIVERS = {f.__name__: f for f in (stage_all, mixed_all, sets_all)}
"""The functions to compile, by name."""
