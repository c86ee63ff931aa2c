"""Check from the definition that punishments sustain an equilibrium path, state by state.

A path tells both sides what to do in every state. A deviation is answered with a threat: from the
next state on the deviator gets a payoff that some equilibrium gives it there. The path is then the
outcome of a subgame-perfect equilibrium if nobody gains by deviating once, in any state (Abreu
1988). Nothing here comes from a solver; that the threats are credible is for the certificate of the
payoff sets to say.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from negotiation.errors import CertificateError
from negotiation.games.stochastic_game import StochasticGame

__all__ = ["PathCheck", "check_path"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PathCheck:
    """Tightest incentive constraint of a path.

    Attributes
    ----------
    state, player, action
        Where the best deviation loses least, whose it is, and what it is (None: a side has no
        other action anywhere).
    slack
        What that deviation loses, in payoff units a period on average.
    """

    state: str
    player: int
    action: str | None
    slack: float


def check_path(
    game: StochasticGame,
    cells: npt.ArrayLike,
    values: npt.ArrayLike,
    threats: npt.ArrayLike,
    *,
    tol: float = 1e-9,
) -> PathCheck:
    """Check a path and return its tightest place.

    Parameters
    ----------
    game
        The discount factors may differ.
    cells
        The profile played in each state, shape ``(states, 2)``; -1 in states left out, to which
        no profile on the path may lead.
    values
        Claimed average payoffs from each state on, shape ``(states, 2)``.
    threats
        What each side gets from each state on after deviating, shape ``(states, 2)``; NaN where
        there is no equilibrium, where no deviation may lead.
    tol
        Times each player's range of payoffs.

    Raises
    ------
    CertificateError
        If a value is not what the path earns, or some deviation gains.
    """
    path, value = np.asarray(cells), np.asarray(values, dtype=np.float64)
    threat = np.asarray(threats, dtype=np.float64)
    both = np.concatenate([p.reshape(2, -1) for p in game.payoffs], axis=1)
    allowed = tol * np.ptp(both, axis=1) + 2e-13 * np.abs(both).max(axis=1)
    tightest = PathCheck("", 0, None, np.inf)
    for s, cell in enumerate(map(tuple, path.tolist())):
        if min(cell) < 0:
            continue
        worth = _worth(game, s, cell, value)
        off = np.abs(worth - value[s])
        if not (off <= (allowed + 1e-14 * np.abs(value[s])) * (1 - game.discount)).all():
            raise CertificateError(f"the path does not earn {value[s]} in {game.states[s]!r}")
        for i in (0, 1):
            for action in range(game.payoffs[s].shape[1 + i]):
                if action == cell[i]:
                    continue
                done = (action, cell[1]) if i == 0 else (cell[0], action)
                slack = float(value[s, i] - _worth(game, s, done, threat)[i])
                name = game.actions[s][i][action]
                if not slack >= -allowed[i]:  # negated so that NaN fails
                    raise CertificateError(
                        f"in state {game.states[s]!r} {game.players[i]} gains {-slack:.3g} "
                        f"by playing {name!r}"
                    )
                if slack < tightest.slack:
                    tightest = PathCheck(game.states[s], i, name, slack)
    return tightest


def _worth(game: StochasticGame, s: int, cell: tuple[int, int], value: Array) -> Array:
    """Return the normalised value of a profile, given continuation values."""
    live = game.chances[s][cell] > 0
    later = game.chances[s][cell][live] @ value[game.successors[s][cell][live]]
    worth: Array = (1 - game.discount) * game.payoffs[s][:, *cell] + game.discount * later
    return worth
