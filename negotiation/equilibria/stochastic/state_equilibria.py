"""All equilibria of one state, or of a group of states, given continuation values.

In a state that can last, playing on is worth the solution of V = c + δ p V, where c holds what is
paid now and what the other states are worth, and p the chance to stay. If the other side plays y,
action r is therefore worth ``R_r(y) = (c y)_r / (1 - δ (p y)_r)`` when used for as long as the
state lasts, and a strategy is a best reply exactly when it uses only actions with the largest
R_r(y). So pure equilibria are those of the table c / (1 - δ p), and with two actions a side is
indifferent where ``(c y)_0 (1 - δ (p y)_1) = (c y)_1 (1 - δ (p y)_0)``: a quadratic equation in one
unknown.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise, product
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from negotiation.games.state_graph import split
from negotiation.games.stochastic_game import StochasticGame

__all__ = [
    "MAX_POLICIES",
    "TIE",
    "Found",
    "Strategy",
    "group_equilibria",
    "mixed_covered",
    "policies",
    "state_equilibria",
]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]
Pair = tuple[Array, Array]
Strategy = tuple[int, int] | Pair
"""A profile of actions, or a pair of mixed strategies."""

TIE = 1e-12
"""Payoffs of range 1 that differ by less are the same; what rounding leaves is far below."""

MAX_POLICIES = 200_000
"""Pure policies of a group of states are tried one by one up to this many."""

_CHUNK = 4096


class Found(NamedTuple):
    """Equilibria of one state or group, for several possible values of what follows; F in all.

    Attributes
    ----------
    problem
        Shape ``(F,)``: for which values each one is.
    values
        Shape ``(F, states of the group, 2)``.
    strategies
        F tuples with an entry for each state of the group: a profile ``(a0, a1)`` of actions, or a
        pair of mixed strategies.
    endless
        Whether somewhere there are infinitely many, of which these are the ends.
    """

    problem: Ints
    values: Array
    strategies: list[tuple[Strategy, ...]]
    endless: bool


def mixed_covered(game: StochasticGame, group: tuple[int, ...]) -> bool:
    """Say whether equilibria in mixed strategies are found too, and not only pure ones."""
    n0, n1 = game.payoffs[group[0]].shape[1:]
    return len(group) == 1 and (min(n0, n1) == 1 or (n0, n1) == (2, 2))


def policies(game: StochasticGame, group: tuple[int, ...]) -> int:
    """Return how many pure policies a group of states has."""
    count = 1
    for s in group:
        count *= game.payoffs[s][0].size
    return count


def state_equilibria(game: StochasticGame, state: int, values: Array) -> Found:
    """Return the equilibria of one state, for every list of values in a batch.

    Parameters
    ----------
    game
        Payoffs of range about 1.
    state
        Its index; the game never comes back to it after leaving.
    values
        Shape ``(batch, states, 2)``; only those of states reached from here are read.

    Returns
    -------
    Found
        All pure equilibria; with two actions each (or one player alone to move) the ends of all
        connected pieces, hence all equilibria unless `endless`.
    """
    c, stay = split(game, state, values)
    n0, n1 = stay.shape
    if (n0, n1) == (2, 2):
        return _two_by_two(c, stay, game.discount)
    repeated_payoffs = c / (1 - game.discount[:, None, None] * stay)
    best = (repeated_payoffs[:, 0] >= repeated_payoffs[:, 0].max(-2, keepdims=True) - TIE) & (
        repeated_payoffs[:, 1] >= repeated_payoffs[:, 1].max(-1, keepdims=True) - TIE
    )
    problem, a, b = np.nonzero(best)
    cells: list[tuple[Strategy, ...]] = [
        (cell,) for cell in zip(a.tolist(), b.tolist(), strict=True)
    ]
    endless = min(n0, n1) == 1 and len(problem) > len(values)
    return Found(problem, repeated_payoffs[problem, :, a, b][:, None], cells, endless)


def _two_by_two(c: Array, stay: Array, discount: Array) -> Found:
    """Return the ends of all connected pieces of equilibria of a state with two actions each."""
    problem, worth, endless = [], [], False
    strategies: list[tuple[Strategy, ...]] = []
    for k, (first, second) in enumerate(c):
        own = [(first, stay), (second.T, stay.T)]  # rows: own actions; columns: the other's
        roots = [_indifferent(*table, d) for table, d in zip(own, discount, strict=True)]
        ys, xs = (np.unique([0.0, *r, 1.0]).tolist() for r in roots)
        between = [[*g, *((p + q) / 2 for p, q in pairwise(g))] for g in (xs, ys)]
        for x, y in product(*between):
            replies = (_worth(*own[0], discount[0], y), _worth(*own[1], discount[1], x))
            if not all(_best(r, share) for r, share in zip(replies, (x, y), strict=True)):
                continue
            if x in xs and y in ys:
                problem.append(k)
                worth.append([[r[int(r[1] > r[0])] for r in replies]])
                strategies.append((_strategy(x, y),))
            else:
                endless = True
    values = np.array(worth).reshape(-1, 1, 2)
    return Found(np.array(problem, dtype=np.intp), values, strategies, endless)


def _strategy(x: float, y: float) -> Strategy:
    """Return a profile of actions if both shares are 0 or 1."""
    if x in (0, 1) and y in (0, 1):
        return int(x), int(y)
    return np.array([1 - x, x]), np.array([1 - y, y])


def _worth(c: Array, stay: Array, delta: float, share: float) -> Array:
    """Return R_0 and R_1 when the other side plays its second action with this share."""
    other = np.array([1 - share, share])
    worth: Array = (c @ other) / (1 - delta * (stay @ other))
    return worth


def _best(worth: Array, share: float) -> bool:
    """Say whether playing the second action with this share is a best reply."""
    gain = float(worth[1] - worth[0])
    return abs(gain) <= _NEAR or share == float(gain > 0)


_NEAR = 1e-10
"""A root of the quadratic leaves a difference of rounding size; double roots leave the most."""


def _indifferent(c: Array, stay: Array, delta: float) -> list[float]:
    """Return the other side's shares between 0 and 1 at which both actions are worth as much.

    With c y = c_r0 + c'_r y and 1 - δ p y = d_r0 + d'_r y, both linear in the share y, the
    difference of cross products is a quadratic.
    """
    n, dn = c[:, 0], c[:, 1] - c[:, 0]
    d, dd = 1 - delta * stay[:, 0], -delta * (stay[:, 1] - stay[:, 0])
    square = dn[0] * dd[1] - dn[1] * dd[0]
    linear = n[0] * dd[1] + dn[0] * d[1] - n[1] * dd[0] - dn[1] * d[0]
    constant = n[0] * d[1] - n[1] * d[0]
    roots = _quadratic(float(square), float(linear), float(constant))
    return [y for y in roots if TIE < y < 1 - TIE]


def _quadratic(a: float, b: float, c: float) -> Iterator[float]:
    """Yield the real roots of a y² + b y + c; none when it is zero everywhere."""
    inside = b * b - 4 * a * c
    if max(abs(a), abs(b), abs(c)) <= 1e-15 or inside < -TIE * b * b:
        return
    q = -(b + math.copysign(math.sqrt(max(inside, 0.0)), b)) / 2
    if a:
        yield q / a
    if q:
        yield c / q


def group_equilibria(game: StochasticGame, group: tuple[int, ...], values: Array) -> Found:
    """Return all pure equilibria of states that reach each other, by trying every policy.

    Parameters
    ----------
    game, values
        As for `state_equilibria`.
    group
        Indices; `policies` says how much work it is.
    """
    cells, worth, problem = [], [], []
    for k, one in enumerate(values):
        stable, value = _tried(game, group, one)
        cells += stable
        worth.append(value)
        problem += [k] * len(stable)
    return Found(np.array(problem, dtype=np.intp), np.concatenate(worth), cells, endless=False)


def _tried(
    game: StochasticGame, group: tuple[int, ...], values: Array
) -> tuple[list[tuple[Strategy, ...]], Array]:
    """Return the policies that are equilibria, and their values ``(policies, states, 2)``."""
    local = {s: k for k, s in enumerate(group)}
    outside = np.array(values)
    outside[list(group)] = 0.0
    tables = []
    for s in group:
        c = split(game, s, outside)[0]
        to, chance = game.successors[s], game.chances[s]
        stay = np.where(to == s, chance, 0.0).sum(-1)
        move = np.zeros((*stay.shape, len(group)))
        for t, k in local.items():
            move[..., k] = np.where(to == t, chance, 0.0).sum(-1)
        tables.append((c, move))
    shape = [t[1].shape[:2] for t in tables]
    total = policies(game, group)
    cells, worth = [], []
    for start in range(0, total, _CHUNK):
        index = np.arange(start, min(start + _CHUNK, total))
        policy = np.array(np.unravel_index(index, [n for pair in shape for n in pair]))
        stable, value = _stable(tables, policy, game.discount)
        cells.append(policy[:, stable].T.reshape(-1, len(group), 2))
        worth.append(value[stable])
    profiles = [tuple(map(tuple, p)) for p in np.concatenate(cells).tolist()]
    return profiles, np.concatenate(worth)


def _stable(tables: list[tuple[Array, Array]], cells: Ints, discount: Array) -> tuple[Bools, Array]:
    """Say which policies, ``cells (2 states, policies)``, nobody gains by leaving once; values."""
    m, size = len(tables), cells.shape[1]
    pay = np.stack([t[0][:, cells[2 * k], cells[2 * k + 1]] for k, t in enumerate(tables)], -1)
    move = np.stack([t[1][cells[2 * k], cells[2 * k + 1]] for k, t in enumerate(tables)], 1)
    value = np.empty((size, m, 2))
    for i, delta in enumerate(discount):
        value[..., i] = np.linalg.solve(np.eye(m) - delta * move, pay[i][..., None])[..., 0]
    stable = np.ones(size, dtype=np.bool_)
    for k, (c, to) in enumerate(tables):
        a, b = cells[2 * k], cells[2 * k + 1]
        for i, delta in enumerate(discount):
            # What player i can do here, the other side's action held: (policies, own actions).
            options = (c[0][:, b].T, to[:, b].swapaxes(0, 1)) if i == 0 else (c[1][a], to[a])
            worth = options[0] + delta * np.einsum("bnm,bm->bn", options[1], value[..., i])
            stable &= worth.max(1) <= value[:, k, i] + TIE
    return stable, value
