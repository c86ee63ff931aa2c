"""Which states lead where: groups of states that reach each other, the last ones first.

Where states only move one way every group is a single state, and a game is solved from the end
backwards, one state at a time.
"""

from __future__ import annotations

from graphlib import TopologicalSorter

import numpy as np

from .stochastic_game import StochasticGame

__all__ = ["groups", "reached"]


def reached(game: StochasticGame, state: int) -> tuple[int, ...]:
    """Return the states that some profile leads to from `state`, itself included if it can stay."""
    live = game.chances[state] > 0
    return tuple(int(s) for s in np.unique(game.successors[state][live]))


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
