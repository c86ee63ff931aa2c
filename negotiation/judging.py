"""How far each point of a sample is from having, or losing, a truce.

The truce margin of a point is the largest, over the truces that the file names, of the smaller of
the two sides' slacks: what that side would lose on average a period by breaking the truce. A truce
can be kept up exactly where the margin is zero or more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from .batch import REGIME_NAMES, solve_batch
from .contents import PayoffFile
from .errors import UsageError
from .game import Array, Game, Outcome
from .repeated import best_deviation_payoffs, pure_minmax

__all__ = [
    "NO_TRUCE",
    "REGIME_ORDER",
    "TRUCES",
    "UNDECIDED",
    "Judged",
    "Outlook",
    "judge",
    "kinds",
    "margins",
    "outlook",
    "truces",
]

_VERGE, _TIES = 1e-9, 1e-12

TRUCES = ("harmony", "armed truce")
"""The regimes in which a truce holds."""
NO_TRUCE = "no truce"
UNDECIDED = "undecided"
"""A point that lies on a change within rounding."""
REGIME_ORDER = (*REGIME_NAMES, UNDECIDED)
"""All of them, in the order of the table of regimes."""


@dataclass(frozen=True, eq=False)
class Judged:
    """Margins and regimes of a sample.

    Attributes
    ----------
    margin
        Shape ``(n,)``: the truce margin, in payoff units a period.
    regime
        Shape ``(n,)``: names.
    """

    margin: Array
    regime: npt.NDArray[np.str_]

    @property
    def holds(self) -> npt.NDArray[np.bool_]:
        """Where a truce holds."""
        return np.isin(self.regime, TRUCES)


def truces(outcomes: tuple[Outcome, ...]) -> list[tuple[int, int]]:
    """Return the cells of all truces.

    Raises
    ------
    UsageError
        If there is none.
    """
    cells = [p for o in outcomes if o.truce for p in o.profiles]
    if not cells:
        raise UsageError("no outcome of this model is a truce; expected one with 'truce: true'")
    return cells


def margins(model: PayoffFile, values: dict[str, Any]) -> Array:
    """Return the truce margin at every point of a sample.

    Where no threat is believable a breach goes unpunished, and the margin is what the gain from it
    comes to on average: it is below zero there.

    Parameters
    ----------
    model
        A payoff file that names at least one truce.
    values
        Parameter values, arrays of shape ``(n,)`` or single numbers.

    Raises
    ------
    UsageError
        If the file names no truce.
    """
    game = model.game(**values)
    return np.asarray(_margin(game, _threats(game), truces(model.outcomes)), np.float64)


def _threats(game: Game) -> Array:
    """Return each player's worst believable payoff, shape ``(n, 2)``; NaN where there is none."""
    threats, open_ = _plain_threats(game)
    if open_.any():
        many = game if game.batch else replace(game, payoffs=game.payoffs[None], exact=None)
        left = np.reshape(open_, -1)
        found = solve_batch(_some(many, left)).threats
        threats.reshape(-1, 2)[left] = found
    return threats


@dataclass(frozen=True, eq=False)
class Outlook:
    """Which outcomes can be kept up at every point of a sample.

    Attributes
    ----------
    margin
        Shape ``(n,)``: the truce margin.
    held
        Outcome name → shape ``(n,)``: whether one of its cells can be kept up.
    """

    margin: Array
    held: dict[str, npt.NDArray[np.bool_]]


def outlook(game: Game, outcomes: tuple[Outcome, ...]) -> Outlook:
    """Return the truce margin, and which outcomes hold, for one game or at every point of a batch.

    Parameters
    ----------
    game
        One or many.
    outcomes
        The named cells; at least one is a truce.

    Raises
    ------
    UsageError
        If none is a truce.
    """
    threats = _threats(game)
    scale = np.ptp(game.payoffs, axis=(-2, -1))
    held = {
        o.name: np.any(
            [(_slack(game, threats, p) >= -_TIES * scale).all(axis=-1) for p in o.profiles], axis=0
        )
        & np.isfinite(threats).all(axis=-1)
        for o in outcomes
    }
    return Outlook(_margin(game, threats, truces(outcomes)), held)


def kinds(model: PayoffFile, values: dict[str, Any]) -> npt.NDArray[np.str_]:
    """Return whether a truce holds at every point of a sample, and whether it needs a threat.

    The names are those of the two regimes in which one holds, and `NO_TRUCE`. Parameters and
    errors as for `margins`.
    """
    game, cells = model.game(**values), truces(model.outcomes)
    margin = _margin(game, _threats(game), cells)
    free = np.any([_is_equilibrium(game, cell) for cell in cells], axis=0)
    scale = np.ptp(game.payoffs, axis=(-3, -2, -1))
    return np.where(free, TRUCES[0], np.where(margin >= -_TIES * scale, TRUCES[1], NO_TRUCE))


def judge(model: PayoffFile, values: dict[str, Any]) -> Judged:
    """Return the truce margin and the regime at every point of a sample.

    Parameters and errors as for `margins`, which is quicker.
    """
    cells = truces(model.outcomes)
    game = model.game(**values)
    threats, open_ = _plain_threats(game)
    margin = _margin(game, threats, cells)
    names = np.array(REGIME_ORDER)
    free = np.any([_is_equilibrium(game, cell) for cell in cells], axis=0)
    regime = np.where(free, *TRUCES).astype(names.dtype)
    # clearly no truce, on the verge of one, or without a simple worst case: these take more work
    rest = open_ | ~(free | (margin > _VERGE * np.ptp(game.payoffs, axis=(-3, -2, -1))))
    if rest.any():
        solved = solve_batch(_some(game, rest))
        regime[rest] = names[solved.regime]
        threats[rest] = np.where(open_[rest, None], solved.threats, threats[rest])
        margin = _margin(game, threats, cells)
    return Judged(margin, regime)


def _plain_threats(game: Game) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Return the worst that can follow where that is plain, and at which points it is not.

    It is where a pure stage equilibrium holds each player to the pure minmax: nothing that a
    player could be made to accept is worse.
    """
    best = best_deviation_payoffs(game)
    nash = (game.payoffs == best).all(axis=-3, keepdims=True)
    worst = np.where(nash, game.payoffs, np.inf).min(axis=(-2, -1))
    return worst, ~(worst <= pure_minmax(game)).all(axis=-1)


def _some(game: Game, which: npt.NDArray[np.bool_]) -> Game:
    """Return some games of a batch."""
    discount = np.broadcast_to(game.discount, (*game.batch, 2))
    return replace(game, payoffs=game.payoffs[which], discount=discount[which])


def _is_equilibrium(game: Game, cell: tuple[int, int]) -> npt.NDArray[np.bool_]:
    a, b = cell
    best = best_deviation_payoffs(game)
    return np.asarray((game.payoffs[..., a, b] == best[..., a, b]).all(axis=-1))


def _margin(game: Game, threats: Array, cells: list[tuple[int, int]]) -> Array:
    each = [_slack(game, threats, c).min(axis=-1) for c in cells]
    return np.asarray(np.stack(each).max(axis=0), dtype=np.float64)


def _slack(game: Game, threats: Array, cell: tuple[int, int]) -> Array:
    """Return both players' slacks, shape ``(n, 2)``."""
    a, b = cell
    g, best = game.payoffs[..., a, b], best_deviation_payoffs(game)[..., a, b]
    unpunished = (1 - game.discount) * (g - best)
    known = np.isfinite(threats)
    slack = unpunished + game.discount * (g - np.where(known, threats, 0.0))
    return np.asarray(np.where(known, slack, unpunished), dtype=np.float64)
