"""All profiles of all states of a stochastic game, one row each: steps run over whole arrays.

Rows are ordered by state, then by player 0's action, then by player 1's. The rows that share a
state and player 1's action are what player 0 can do there, and the other way round: two ways to cut
the same rows into runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from negotiation.games.stochastic_game import StochasticGame

__all__ = ["Rows", "tabulate"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of a game; N is their number.

    Attributes
    ----------
    pay
        Shape ``(N, 2)``: payoffs of the period.
    discount
        Shape ``(2,)``.
    state, cell
        Shape ``(N,)`` and ``(N, 2)``: which state and profile a row is.
    first
        Shape ``(states,)``: the first row of each state.
    own
        For each player an order of the rows in which its options against one action of the other
        side are next to each other, and where such runs start.
    run
        Shape ``(2, N)``: for each player, the number of the run that a row is in.
    run_state
        For each player the first run of each state, shape ``(states,)``.
    move
        A sparse matrix ``(N, states)`` of chances.
    """

    pay: Array
    discount: Array
    state: Ints
    cell: Ints
    first: Ints
    own: tuple[tuple[Ints, Ints], tuple[Ints, Ints]]
    run: Ints
    run_state: tuple[Ints, Ints]
    move: Any

    def after(self, value: Array) -> Array:
        """Return each row's expected value of the next state, from a value per state."""
        expected: Array = self.move @ value
        return expected

    def best(self, i: int, value: Array) -> Array:
        """Return, run by run, the largest of a value per row over what player i can do."""
        order, starts = self.own[i]
        largest: Array = np.maximum.reduceat(value[order], starts)
        return largest

    def any_own(self, i: int, flag: Bools) -> Bools:
        """Return, run by run, whether a flag per row holds anywhere in it."""
        order, starts = self.own[i]
        any_flag: Bools = np.logical_or.reduceat(flag[order], starts)
        return any_flag

    def states_with(self, flag: Bools) -> Bools:
        """Return, state by state, whether a flag per row holds anywhere in it."""
        any_flag: Bools = np.logical_or.reduceat(flag, self.first)
        return any_flag

    def argmax(self, value: Array) -> Ints:
        """Return, state by state, the first row at which a value per row is largest."""
        top = np.maximum.reduceat(value, self.first)
        at = np.flatnonzero(value == top[self.state])
        rows: Ints = at[np.searchsorted(self.state[at], np.arange(len(self.first)))]
        return rows


def tabulate(game: StochasticGame) -> Rows:
    """Lay out a game as rows."""
    from scipy.sparse import csr_array

    sizes = [p[0].size for p in game.payoffs]
    state = np.repeat(np.arange(game.count), sizes)
    cell = np.concatenate([np.indices(p.shape[1:]).reshape(2, -1).T for p in game.payoffs])
    pay = np.concatenate([p.reshape(2, -1).T for p in game.payoffs])
    width = [s.shape[-1] for s in game.successors]
    starts = np.concatenate([[0], np.cumsum(np.repeat(width, sizes))])
    to = np.concatenate([s.ravel() for s in game.successors])
    chance = np.concatenate([c.ravel() for c in game.chances])
    move = csr_array((chance, to, starts), shape=(len(state), game.count))
    cuts = [_runs(state, cell[:, 1 - i]) for i in (0, 1)]
    run = np.empty((2, len(state)), dtype=np.intp)
    for i, (order, begin) in enumerate(cuts):
        run[i, order] = np.repeat(np.arange(len(begin)), np.diff([*begin, len(state)]))
    run_states = [state[order][begin] for order, begin in cuts]
    each = np.arange(game.count)
    return Rows(
        pay,
        np.asarray(game.discount),
        state,
        cell,
        np.searchsorted(state, each),
        (cuts[0], cuts[1]),
        run,
        (np.searchsorted(run_states[0], each), np.searchsorted(run_states[1], each)),
        move,
    )


def _runs(state: Ints, other: Ints) -> tuple[Ints, Ints]:
    """Order rows by state and the other side's action; return the order and where runs start."""
    order = np.lexsort((other, state))
    new = (np.diff(state[order]) != 0) | (np.diff(other[order]) != 0)
    return order, np.concatenate([[0], np.flatnonzero(new) + 1])
