"""Best replies, pure equilibria, dominance and minmax of stage games.

A single game is solved exactly, in rationals. Best replies, pure equilibria and pure minmax of a
batch are broadcast. Payoffs times 10^6 or plus 10^6 give the same answers.

References
----------
J. von Neumann (1928), Zur Theorie der Gesellschaftsspiele, Mathematische Annalen 100.
D. Pearce (1984), Rationalizable strategic behavior and the problem of perfection, Econometrica 52.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from negotiation.equilibria.stage.pivoting import matrix_game
from negotiation.equilibria.stage.vertex_enumeration import Rows, Strategy, integer_table
from negotiation.games.game import Array, Game, exact_tables

__all__ = [
    "BoolArray",
    "Elimination",
    "Minmax",
    "best_replies",
    "dominated",
    "minmax",
    "pure_nash",
    "undominated",
]

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Elimination:
    """One strictly dominated action.

    Attributes
    ----------
    round
        From 1; actions of one round are dominated in the game left by the rounds before.
    player, action
        Whose, and which.
    by
        A mixture of the player's actions that earns strictly more against whatever is left.
    """

    round: int
    player: int
    action: int
    by: Strategy


@dataclass(frozen=True, eq=False)
class Minmax:
    """Minmax payoffs of each player, and the punishments that attain them.

    Attributes
    ----------
    pure, mixed
        Shape ``(..., 2)``: when the opponent may use pure or mixed strategies.
    pure_punishment
        Shape ``(..., 2)``: the opponent's first action that holds player i down.
    mixed_punishment
        ``mixed_punishment[i]``: the opponent's mixture that holds player i down, shape
        ``(..., n_j)``.
    """

    pure: Array
    mixed: Array
    pure_punishment: npt.NDArray[np.intp]
    mixed_punishment: tuple[Array, Array]


def best_replies(game: Game) -> tuple[BoolArray, BoolArray]:
    """Return which actions are best replies to the other player's pure actions.

    Exact for a single game. In a batch, floats that differ by less than 1e-13 of the player's
    largest payoff are equal unless both are decimals of at most 15 digits, the rule of
    `exact_tables`.

    Returns
    -------
    tuple of BoolArray
        Both of shape ``(..., n0, n1)``: a0 is a best reply to a1, and a1 is one to a0.

    Examples
    --------
    >>> replies = best_replies(Game.from_tables([[9, 1], [10, 3]], [[9, 10], [1, 3]]))
    >>> [r.astype(int).tolist() for r in replies]
    [[[0, 0], [1, 1]], [[0, 1], [0, 1]]]
    """
    if game.batch:
        p = game.payoffs
        return _best(p[..., 0, :, :], axis=-2), _best(p[..., 1, :, :], axis=-1)
    rows, columns = (np.array(integer_table(t).rows, dtype=object) for t in exact_tables(game))
    best0 = rows == rows.max(axis=0, keepdims=True)
    best1 = columns == columns.max(axis=1, keepdims=True)
    return best0.astype(np.bool_), best1.astype(np.bool_)


def _best(table: Array, axis: int) -> BoolArray:
    top = np.broadcast_to(table.max(axis=axis, keepdims=True), table.shape)
    best: BoolArray = np.equal(table, top)
    largest = np.abs(table).max(axis=(-2, -1), keepdims=True)
    with np.errstate(divide="ignore"):
        exponent = np.floor(np.log10(largest)) - 13
    quantum = np.broadcast_to(10.0**exponent, table.shape)
    close = ~best & (top - table < 2 * quantum)
    u, v, q = table[close], top[close], quantum[close]
    snapped_u, snapped_v = (np.where(_short(w), w, np.rint(w / q) * q) for w in (u, v))
    best[close] = ~(_short(u) & _short(v)) & (np.abs(snapped_u - snapped_v) < q / 4)
    return best


def _short(x: Array) -> BoolArray:
    """Tell whether a float is the nearest to a decimal of at most 15 digits."""
    same: BoolArray = np.equal(np.char.mod("%.15g", x).astype(np.float64), x)
    return same


def pure_nash(game: Game) -> BoolArray:
    """Return which cells are pure equilibria, shape ``(..., n0, n1)``.

    Examples
    --------
    >>> pure_nash(Game.from_tables([[9, 1], [10, 3]], [[9, 10], [1, 3]])).astype(int).tolist()
    [[0, 0], [0, 1]]
    """
    best0, best1 = best_replies(game)
    both: BoolArray = best0 & best1
    return both


def dominated(game: Game) -> tuple[Elimination, ...]:
    """Eliminate strictly dominated actions round by round, by pure and mixed strategies.

    The survivors do not depend on the order; here both players eliminate at once.

    Examples
    --------
    >>> game = Game.from_tables([[9, 1], [10, 3]], [[9, 10], [1, 3]])
    >>> [(e.round, e.player, e.action) for e in dominated(game)]
    [(1, 0, 0), (1, 1, 0)]
    """
    first, second = (integer_table(t) for t in exact_tables(game))
    tables = (first.rows, second.transposed)
    surviving = [list(range(n)) for n in game.shape]
    eliminated: list[Elimination] = []
    while True:
        this_round = [
            Elimination(eliminated[-1].round + 1 if eliminated else 1, i, a, by)
            for i in (0, 1)
            for a in surviving[i]
            for by in [_dominating(tables[i], a, surviving[i], surviving[1 - i])]
            if by is not None
        ]
        if not this_round:
            return tuple(eliminated)
        eliminated += this_round
        for e in this_round:
            surviving[e.player].remove(e.action)


def _dominating(rows: Rows, action: int, own: list[int], other: list[int]) -> Strategy | None:
    """Return a mixture of `own` strictly better than `action` against all of `other`."""
    rivals = [a for a in own if a != action]
    gains = [[rows[a][b] - rows[action][b] for b in other] for a in rivals]
    if not gains or any(max(column) <= 0 for column in zip(*gains, strict=True)):
        return None
    value, mixture, _ = matrix_game(gains)
    weights = dict(zip(rivals, mixture, strict=True))
    return tuple(weights.get(a, Fraction(0)) for a in range(len(rows))) if value > 0 else None


def undominated(game: Game) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return each player's actions that survive iterated strict dominance.

    Examples
    --------
    >>> undominated(Game.from_tables([[9, 1], [10, 3]], [[9, 10], [1, 3]]))
    ((1,), (1,))
    """
    gone = {(e.player, e.action) for e in dominated(game)}
    rows, columns = (
        tuple(a for a in range(n) if (i, a) not in gone) for i, n in enumerate(game.shape)
    )
    return rows, columns


def minmax(game: Game) -> Minmax:
    """Return the payoffs each player can be held down to, and the punishments that do it.

    Pure: ``min_b max_a g_0(a, b)``. Mixed: the value of the zero-sum game in player i's payoffs,
    solved exactly (von Neumann 1928); one game at a time in a batch.

    Examples
    --------
    >>> held = minmax(Game.from_tables([[1, -1], [-1, 1]], [[-1, 1], [1, -1]]))
    >>> held.pure.tolist(), held.mixed.tolist(), held.mixed_punishment[0].tolist()
    ([1.0, 1.0], [0.0, 0.0], [0.5, 0.5])
    """
    p = game.payoffs
    replies = p[..., 0, :, :].max(axis=-2), p[..., 1, :, :].max(axis=-1)
    pure = np.stack([r.min(axis=-1) for r in replies], axis=-1)
    actions = np.stack([r.argmin(axis=-1) for r in replies], axis=-1)
    mixed = np.empty((*game.batch, 2))
    punishments = tuple(np.empty((*game.batch, n)) for n in reversed(game.shape))
    for cell in np.ndindex(game.batch):
        one = game if not game.batch else Game(p[cell], game.discount[cell])
        tables = [integer_table(t) for t in exact_tables(one)]
        for i, rows in enumerate((tables[0].rows, tables[1].transposed)):
            value, _, mixture = matrix_game(rows)
            mixed[(*cell, i)] = float(tables[i].low + tables[i].unit * value)
            punishments[i][cell] = [float(w) for w in mixture]
    return Minmax(pure, mixed, actions, (punishments[0], punishments[1]))
