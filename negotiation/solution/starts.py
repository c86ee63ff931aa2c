"""Outcomes supportable from each start of a dynamic model, at many points at once.

One solution of a stochastic game holds for every start, so points that differ in their start alone
are solved together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from negotiation.equilibria.stochastic.payoff_sets import StatePayoffs, stochastic_sets
from negotiation.errors import NearCriticalError
from negotiation.games.state_graph import only_from
from negotiation.games.stochastic_game import StochasticGame
from negotiation.payoff_file.model import PayoffFile
from negotiation.payoff_file.transitions import start_of

__all__ = ["MOVING_REGIMES", "Standing", "Watch", "asked_about", "standings", "unwatched"]

Array = npt.NDArray[np.float64]
Watch = Callable[[Iterable[Any], str], Iterable[Any]]
"""Passes things on one by one while showing how far the work has come, under a label."""

TRUCE, RUPTURE, NONE, UNKNOWN = "armed truce", "no cooperation", "no pure equilibrium", "undecided"
MOVING_REGIMES = (UNKNOWN, TRUCE, RUPTURE, NONE)
"""The regimes told apart where states move: whether some truce can be played at the start."""


def unwatched(items: Iterable[Any], _label: str) -> Iterable[Any]:
    """Pass items on without showing progress."""
    return items


@dataclass(frozen=True)
class Standing:
    """Outcomes that some equilibrium plays first in one start state.

    Attributes
    ----------
    state
        Name of the state.
    regime
        One of `MOVING_REGIMES`.
    status
        Shape of the set of sustainable payoffs; ``undecided`` if it could not be found.
    min_spe_payoffs
        Each player's worst sustainable payoff; NaN where there is none.
    supportable_now
        For each outcome asked about whether it can be played; None if that lies within the gap.
    """

    state: str
    regime: str
    status: str
    min_spe_payoffs: tuple[float, float]
    supportable_now: tuple[bool | None, ...]


def asked_about(model: PayoffFile) -> tuple[str, ...]:
    """Return the names of the truces of a file, or of all outcomes if none is one."""
    truces = tuple(o.name for o in model.outcomes if o.truce)
    return truces or tuple(o.name for o in model.outcomes)


def standings(
    model: PayoffFile,
    points: Mapping[str, Array],
    settings: Mapping[str, Any],
    outcomes: tuple[str, ...],
    watch: Watch = unwatched,
) -> list[Standing]:
    """Return the outcomes supportable at the start, at every point.

    Parameters
    ----------
    model
        A dynamic payoff file.
    points
        Parameter name → values, shape ``(points,)`` each; of a number on a grid it is the start.
    settings
        Parameters that differ from the file's values at every point.
    outcomes
        Names of the outcomes to ask about.
    watch
        Sees each game before it is solved.

    Raises
    ------
    UsageError
        If a setting is impossible or a start is not on its grid.
    """
    axes = {axis.name for axis in model.axes}
    count = len(next(iter(points.values())))
    groups: dict[tuple[float, ...], list[int]] = {}
    names = [name for name in points if name not in axes]
    for k in range(count):
        groups.setdefault(tuple(float(points[n][k]) for n in names), []).append(k)
    by_point: dict[int, Standing] = {}
    for values, members in watch(groups.items(), "solving"):
        assigned = dict(settings) | dict(zip(names, values, strict=True))
        game, starts = model.stochastic(**assigned), []
        for k in members:
            placed = assigned | {n: float(points[n][k]) for n in points if n in axes}
            starts.append(start_of(model.axes, model.values(**placed)) if axes else game.start)
        solved = _from_starts(game, starts, outcomes)
        by_point |= dict(zip(members, solved, strict=True))
    return [by_point[k] for k in range(count)]


def _from_starts(
    game: StochasticGame, starts: list[int], outcomes: tuple[str, ...]
) -> list[Standing]:
    """Solve a game and return the outcomes supportable in each of the given starts."""
    part, places = only_from(game, starts)
    try:
        sets = stochastic_sets(part)
    except NearCriticalError:
        if len(set(starts)) > 1:  # one start may be decided although another is not
            return [_from_starts(replace(game, start=s), [s], outcomes)[0] for s in starts]
        unknown = (None,) * len(outcomes)
        return [
            Standing(game.states[s], UNKNOWN, UNKNOWN, (np.nan, np.nan), unknown) for s in starts
        ]
    return [_standing(part, s, sets.states[s], outcomes) for s in places]


def _standing(
    game: StochasticGame, s: int, payoffs: StatePayoffs, outcomes: tuple[str, ...]
) -> Standing:
    cells = {o.name: o.profiles for o in game.outcomes[s]}
    truces = {o.name for o in game.outcomes[s] if o.truce}
    playable = tuple(_playable(payoffs, cells.get(name, ())) for name in outcomes)
    worst = (
        (np.nan, np.nan)
        if payoffs.min_spe_payoffs is None
        else tuple(map(float, payoffs.min_spe_payoffs))
    )
    of_truces = [yes for name, yes in zip(outcomes, playable, strict=True) if name in truces]
    return Standing(
        game.states[s],
        _regime(payoffs.status, of_truces),
        payoffs.status,
        worst,  # type: ignore[arg-type]
        playable,
    )


def _playable(payoffs: StatePayoffs, cells: tuple[tuple[int, int], ...]) -> bool | None:
    """Tell whether one of the profiles can be played; None if undecided."""
    if any(payoffs.supportable_now[cell] for cell in cells):
        return True
    return None if any(payoffs.possible[cell] for cell in cells) else False


def _regime(status: str, truces: list[bool | None]) -> str:
    if status == "empty":
        return NONE
    if True in truces:
        return TRUCE
    return UNKNOWN if None in truces else RUPTURE
