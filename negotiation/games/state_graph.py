"""State graphs: groups of states that reach each other, the last ones first.

Where states only move one way every group is a single state, and a game is solved from the end
backwards, one state at a time.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from graphlib import TopologicalSorter
from typing import Any

import numpy as np
import numpy.typing as npt

from negotiation.games.stochastic_game import StochasticGame

__all__ = ["chain", "from_start", "groups", "only_from", "reached", "split"]

Array = npt.NDArray[np.float64]


def reached(game: StochasticGame, state: int) -> tuple[int, ...]:
    """Return the states that some profile leads to from `state`, itself included if it can stay."""
    live = game.chances[state] > 0
    return tuple(int(s) for s in np.unique(game.successors[state][live]))


def from_start(game: StochasticGame) -> StochasticGame:
    """Return the game without the states that no play from the start can reach.

    Examples
    --------
    >>> still = [[[0, 1]]]
    >>> one = [[[0]], [[0]]]
    >>> from_start(StochasticGame.from_tables([one] * 2, [still] * 2, 0.5, start=1)).states
    ('1',)
    """
    return only_from(game, [game.start])[0]


def only_from(game: StochasticGame, starts: list[int]) -> tuple[StochasticGame, list[int]]:
    """Return the game without the states that no play from some states can reach.

    Returns
    -------
    tuple
        The game, which starts in the first of them, and where all of them are in it.
    """
    reachable, todo = set(starts), list(starts)
    while todo:
        new = set(reached(game, todo.pop())) - reachable
        reachable |= new
        todo += new
    keep = sorted(reachable)
    place = np.zeros(game.count, dtype=np.intp)  # unused slots lead anywhere, with chance 0
    place[keep] = np.arange(len(keep))
    part = replace(
        game,
        payoffs=tuple(game.payoffs[s] for s in keep),
        successors=tuple(place[game.successors[s]] for s in keep),
        chances=tuple(game.chances[s] for s in keep),
        states=tuple(game.states[s] for s in keep),
        start=int(place[starts[0]]),
        actions=tuple(game.actions[s] for s in keep),
        levels=None if game.levels is None else game.levels[keep],
        outcomes=tuple(game.outcomes[s] for s in keep) if game.outcomes else (),
    )
    return part, [int(place[s]) for s in starts]


@lru_cache(maxsize=8)
def groups(game: StochasticGame) -> tuple[tuple[int, ...], ...]:
    """Return the states in groups that reach each other, every group after those it leads to.

    Examples
    --------
    >>> stay, go = [[[1, 0, 0]]], [[[0, 0.5, 0.5]]]
    >>> back = [[[0, 1, 0]]]
    >>> one = [[[0]], [[0]]]
    >>> groups(StochasticGame.from_tables([one] * 3, [stay, go, back], 0.5))
    ((1, 2), (0,))
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    leads = [reached(game, s) for s in range(game.count)]
    starts = np.repeat(np.arange(game.count), [len(to) for to in leads])
    arrows = np.concatenate([np.asarray(to, dtype=np.intp) for to in leads])
    graph = csr_array((np.ones(len(arrows)), (starts, arrows)), shape=(game.count,) * 2)
    _, label = connected_components(graph, connection="strong")
    members: dict[int, list[int]] = {}
    for state, group in enumerate(label.tolist()):
        members.setdefault(group, []).append(state)
    later = {
        group: {int(label[to]) for s in states for to in leads[s]} - {group}
        for group, states in sorted(members.items(), key=lambda pair: -max(pair[1]))
    }
    return tuple(tuple(members[group]) for group in TopologicalSorter(later).static_order())


def split(game: StochasticGame, state: int, values: Array) -> tuple[Array, Array]:
    """Return what each profile is worth apart from staying, and its chance to stay.

    Parameters
    ----------
    game, state
        A game and one of its states.
    values
        Shape ``(..., states, 2)``: average payoffs from each state on; the state's own is not
        read. Leading axes are a batch.

    Returns
    -------
    tuple
        ``(1 - δ_i) g_i + δ_i Σ p V_i`` over the other states, shape ``(..., 2, n0, n1)``; and the
        chance to stay, shape ``(n0, n1)``.
    """
    to, chance = game.successors[state], game.chances[state]
    stay = np.where(to == state, chance, 0.0).sum(-1)
    away = np.where(to == state, 0.0, chance)
    worth = np.where(away[..., None] > 0, values[..., to, :], 0.0)
    later = np.einsum("abm,...abmi->...iab", away, worth)
    delta = game.discount[:, None, None]
    apart: Array = (1 - delta) * game.payoffs[state] + delta * later
    return apart, stay


def chain(game: StochasticGame, cells: npt.NDArray[np.intp]) -> Any:
    """Return the transition matrix of one profile per state, sparse ``(states, states)``.

    States whose profile is -1 lead nowhere.
    """
    from scipy.sparse import csr_array

    rows, columns, chances = [], [], []
    for s, (a, b) in enumerate(cells.tolist()):
        if min(a, b) >= 0:
            live = game.chances[s][a, b] > 0
            columns.append(game.successors[s][a, b][live])
            chances.append(game.chances[s][a, b][live])
            rows.append(np.full(int(live.sum()), s))
    entries = np.concatenate(chances), (np.concatenate(rows), np.concatenate(columns))
    return csr_array(entries, shape=(game.count, game.count))
