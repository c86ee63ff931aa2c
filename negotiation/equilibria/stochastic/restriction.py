"""Fixed-policy projection: expected states on a grid after years of one policy.

One profile is played for ever, whatever it costs: no equilibrium is involved, only the speeds in
the file. Beside it stands the same with the speeds made equal, so that what is played makes no
difference to how fast the state moves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from negotiation.errors import UsageError
from negotiation.games.state_graph import chain
from negotiation.games.stochastic_game import StochasticGame

__all__ = ["Restriction", "equal_speed", "expected", "restriction"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]

_SAME = 1e-12


@dataclass(frozen=True, eq=False)
class Restriction:
    """Expected levels of a game's first axis under every policy kept up for ever.

    Attributes
    ----------
    axis
        Its name.
    start
        Where it starts.
    periods
        After how many periods.
    rows
        Player 0's actions.
    columns
        Player 1's actions, those with the same numbers together.
    levels
        Shape ``(periods, rows, columns)``.
    equal
        Shape ``(2, periods, rows, columns)``: the same if the axis rose at one speed whatever is
        played, the slowest and the fastest of each state.
    """

    axis: str
    start: float
    periods: tuple[int, ...]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    levels: Array
    equal: Array


def restriction(game: StochasticGame, periods: tuple[int, ...]) -> Restriction:
    """Return the expected levels of a game's first axis under each pair of actions.

    Parameters
    ----------
    game
        On a whole grid, with the same actions everywhere.
    periods
        After how many periods to look, upward.

    Raises
    ------
    UsageError
        If the states are not on a grid.
    """
    if game.levels is None:
        raise UsageError("the states have no numbers; expected states on a grid")
    levels = _everywhere(game, periods)
    others = np.array(
        [_everywhere(equal_speed(game, slow=slow), periods) for slow in (True, False)]
    )
    every = np.concatenate([levels[None], others])
    groups: list[list[int]] = []
    for b in range(levels.shape[-1]):
        same = [g for g in groups if np.abs(every[..., g[0]] - every[..., b]).max() <= _SAME]
        if same:
            same[0].append(b)
        else:
            groups.append([b])
    first = [g[0] for g in groups]
    return Restriction(
        game.axes[0],
        float(game.levels[game.start, 0]),
        periods,
        game.actions[0][0],
        _labels(game.actions[0][1], groups),
        levels[..., first],
        others[..., first],
    )


def _everywhere(game: StochasticGame, periods: tuple[int, ...]) -> Array:
    """Return expected levels of the first axis, ``(periods, n0, n1)``."""
    cells = list(np.ndindex(game.payoffs[0].shape[1:]))
    table = np.array([expected(game, cell, periods)[:, 0] for cell in cells])
    return table.T.reshape(len(periods), *game.payoffs[0].shape[1:])


def expected(game: StochasticGame, cell: tuple[int, int], periods: tuple[int, ...]) -> Array:
    """Return the expected levels after some periods of one profile, ``(periods, axes)``."""
    assert game.levels is not None
    move = chain(game, np.tile(cell, (game.count, 1)))
    chance = np.zeros(game.count)
    chance[game.start] = 1.0
    levels = []
    for k in range(max(periods) + 1):
        if k in periods:
            levels.append(chance @ game.levels)
        chance = chance @ move
    return np.array(levels)


def equal_speed(game: StochasticGame, *, slow: bool) -> StochasticGame:
    """Return the game in which the first axis rises as fast whatever is played.

    The chance of a step up in each state becomes that of the slowest, or fastest, profile there;
    the other axes move as before, independently.
    """
    assert game.levels is not None
    index = {tuple(row): s for s, row in enumerate(game.levels.tolist())}
    successors, chances = [], []
    for s in range(game.count):
        to, chance, current = game.successors[s], game.chances[s], float(game.levels[s, 0])
        rises = game.levels[to, 0] > current
        up = (chance * rises).sum(-1)
        level = float(game.levels[to, 0].max())
        still = [game.levels[t].tolist() for t in to.ravel()]
        places = [np.array([index[(x, *row[1:])] for row in still]) for x in (current, level)]
        both = np.stack([p.reshape(to.shape) for p in places])
        share = float(up.min() if slow else up.max())
        successors.append(np.concatenate(list(both), axis=-1))
        chances.append(np.concatenate([chance * (1 - share), chance * share], axis=-1))
    return replace(game, successors=tuple(successors), chances=tuple(chances))


def _labels(actions: tuple[str, ...], groups: list[list[int]]) -> tuple[str, ...]:
    """Name groups of actions by the setting that they share and nobody else has."""
    labels = []
    for group in groups:
        parts = [set(actions[b].split("+")) for b in group]
        rest = [set(actions[b].split("+")) for b in range(len(actions)) if b not in group]
        common = set.intersection(*parts) - set().union(*rest)
        whole = len(group) == len(actions)
        name = (
            "anything"
            if whole
            else sorted(common)[0]
            if common
            else ", ".join(actions[b] for b in group)
        )
        labels.append(name)
    return tuple(labels)
