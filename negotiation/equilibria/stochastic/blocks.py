"""Strongly connected components of a stochastic game, in the order of solving.

Where nothing leads back, as when substitution only grows, every block is a single state.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from negotiation.games.state_graph import groups
from negotiation.games.stochastic_game import StochasticGame
from negotiation.kernels.hulls import Array, Index
from negotiation.kernels.stochastic_iteration import Beyond
from negotiation.kernels.stochastic_operator import Block

__all__ = ["Part", "beyond", "normalised", "parts"]


@dataclass(frozen=True)
class Part:
    """A strongly connected component of states, and the states outside that it leads to.

    Attributes
    ----------
    states
        Indices in the game.
    block
        Everything that `rounds` needs, with nothing outside yet.
    outside
        For each kind of transition the states outside, with their probabilities.
    """

    states: Index
    block: Block
    outside: tuple[tuple[tuple[int, float], ...], ...]

    @property
    def absorbing(self) -> bool:
        """True if this is a repeated game: one state that always stays."""
        return len(self.states) == 1 and bool((self.block.stay == 1).all())


def normalised(game: StochasticGame) -> tuple[Array, Array, list[Array]]:
    """Rescale payoffs to [0, 1] per player over all states: shift, scale and payoffs."""
    flat = [p.reshape(2, -1) for p in game.payoffs]
    low = np.min([p.min(axis=1) for p in flat], axis=0)
    spread = np.max([p.max(axis=1) for p in flat], axis=0) - low
    scale = np.where(spread > 0, spread, 1.0)
    return low, scale, [((p.T - low) / scale) for p in flat]


def parts(game: StochasticGame, payoffs: list[Array]) -> list[Part]:
    """Cut a game into blocks; each comes after all that it leads to.

    Parameters
    ----------
    game
        The game.
    payoffs
        From `normalised`: shape ``(profiles, 2)`` for each state.
    """
    return [_part(game, payoffs, list(states)) for states in groups(game)]


def _part(game: StochasticGame, payoffs: list[Array], states: list[int]) -> Part:
    """Return one block, its transitions inside told from those outside."""
    seat = {s: k for k, s in enumerate(states)}
    kind, stay, inner, outer = [], [], [], []
    first, kinds = [0], [0]
    for s in states:
        rows = _rows(game, s)
        row_kinds: dict[tuple[tuple[int, float], ...], int] = {}
        for row in rows:
            kind.append(kinds[-1] + row_kinds.setdefault(row, len(row_kinds)))
        for row in row_kinds:
            stay.append(sum(p for to, p in row if to == s))
            inner.append([(seat[to], p) for to, p in row if to in seat])
            outer.append(tuple((to, p) for to, p in row if to not in seat))
        first.append(first[-1] + len(rows))
        kinds.append(kinds[-1] + len(row_kinds))
    widest = max(map(len, inner))
    inside, chance = np.zeros((len(inner), widest), dtype=np.intp), np.zeros((len(inner), widest))
    for u, leads in enumerate(inner):
        for j, (to, p) in enumerate(leads):
            inside[u, j], chance[u, j] = to, p
    block = Block(
        first=np.array(first),
        width=np.array([game.payoffs[s].shape[2] for s in states]),
        g=np.ascontiguousarray(np.concatenate([payoffs[s] for s in states])),
        kind=np.array(kind),
        kinds=np.array(kinds),
        inside=inside,
        chance=chance,
        outside=np.zeros((len(inner), 1, 2)),
        size=np.ones(len(inner), dtype=np.intp),
        floor=np.zeros((len(inner), 2)),
        stay=np.array(stay),
        discount=np.array(game.discount),
    )
    return Part(np.array(states), block, tuple(outer))


def _rows(game: StochasticGame, s: int) -> list[tuple[tuple[int, float], ...]]:
    """Return the transitions of each profile of a state: successors in order, each once."""
    rows = []
    count = game.payoffs[s][0].size
    reached = game.successors[s].reshape(count, -1).tolist()
    for to, p in zip(reached, game.chances[s].reshape(count, -1).tolist(), strict=True):
        row: dict[int, float] = {}
        for state, chance in zip(to, p, strict=True):
            if chance > 0:
                row[state] = row.get(state, 0.0) + chance
        rows.append(tuple(sorted(row.items())))
    return rows


def beyond(part: Part, rings: Array, size: Index, low: Array) -> tuple[Block, Beyond]:
    """Return the block with room for the sums of the sets outside, and those sets.

    Parameters
    ----------
    part
        The block.
    rings, size, low
        Sets and threats of all states of the game.
    """
    room = 1 + max((sum(int(size[to]) for to, _ in row) for row in part.outside), default=0)
    kinds, most = len(part.outside), max(1, *map(len, part.outside)) if part.outside else 1
    to, chance = np.zeros((kinds, most), dtype=np.intp), np.zeros((kinds, most))
    for u, row in enumerate(part.outside):
        for j, (state, p) in enumerate(row):
            to[u, j], chance[u, j] = state, p
    block = part.block._replace(
        outside=np.zeros((kinds, room, 2)),
        size=np.ones(kinds, dtype=np.intp),
        floor=np.zeros((kinds, 2)),
    )
    return block, Beyond(to, chance, rings, size, low)
