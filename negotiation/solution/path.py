"""Equilibrium path of a truce as leverage erodes: all that `negotiate path` reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from negotiation.certificates.payoff_sets import check_sets
from negotiation.equilibria.repeated.discounts.patience import penal_threats, slack
from negotiation.equilibria.repeated.payoff_set import payoff_set
from negotiation.equilibria.stochastic.payoff_sets import StochasticSets, stochastic_sets
from negotiation.equilibria.stochastic.restriction import Restriction, restriction
from negotiation.equilibria.stochastic.truce_clock import Clock, at_most, clock, draw
from negotiation.equilibria.stochastic.truce_path import (
    TrucePath,
    threats_of,
    truce_cells,
    truce_paths,
)
from negotiation.errors import NearCriticalError, UsageError
from negotiation.games.game import Game
from negotiation.games.state_graph import from_start
from negotiation.games.stochastic_game import StochasticGame
from negotiation.payoff_file.model import PayoffFile

__all__ = ["HORIZONS", "Life", "Outlook", "Threshold", "line", "outlook"]

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.intp]

HORIZONS = (8, 16, 40)
"""Periods after which restriction is judged: two, four and ten years of quarters."""

FARTHEST = 4_000
"""Periods at most, a thousand years of quarters: what is kept for each grows with the states."""

DRAWN = 5
"""Histories drawn."""

_HOLDS = 1e-9


@dataclass(frozen=True, eq=False)
class Life:
    """One equilibrium path and its survival."""

    path: TrucePath
    clock: Clock


@dataclass(frozen=True)
class Threshold:
    """Reach of a truce along one axis, the others staying at their start.

    Attributes
    ----------
    axis
        Its name.
    frozen
        The last level, going up from the start, at which some truce outcome could be played for
        ever if nothing moved; None if not even at the start.
    moving
        The last level at which the longest-lived path keeps the truce; None likewise.
    possible
        The last level at which some equilibrium plays a truce outcome for a period; likewise.
    """

    axis: str
    frozen: float | None
    moving: float | None
    possible: float | None


@dataclass(frozen=True, eq=False)
class Outlook:
    """Equilibrium paths from the start of a dynamic model, and their survival.

    Attributes
    ----------
    model
        Where it comes from.
    settings
        What was set.
    game
        Without the states that cannot be reached.
    sets
        The payoffs that can be sustained from each state.
    periods, seed
        How far to look, and what histories were drawn with.
    longest, shortest
        The paths on which the truce lasts longest and shortest on average, of those that
        `truce_paths` finds; None if it finds none.
    bound
        Shape ``(periods + 1,)``: no equilibrium keeps the truce k periods with a larger chance.
    possible
        For each state the truce profiles that some equilibrium may play there first: all others
        are ruled out.
    frozen
        The truce profiles that could be played for ever if nothing moved, None where rounding
        decides; only for states that differ from the start along one axis at most, or for all
        where states have names.
    thresholds
        One for each axis.
    without
        Whether some equilibrium starts without a truce.
    histories
        Shape ``(drawn, periods + 1)``: states of the longest-lived path, drawn by chance.
    restriction
        What policies kept up for ever do to the first axis; None without a grid.
    """

    model: PayoffFile
    settings: dict[str, Any]
    game: StochasticGame
    sets: StochasticSets
    periods: int
    seed: int
    longest: Life | None
    shortest: Life | None
    bound: Array
    possible: tuple[Bools, ...]
    frozen: dict[int, Bools | None]
    thresholds: tuple[Threshold, ...]
    without: bool
    histories: Ints
    restriction: Restriction | None


def outlook(
    model: PayoffFile,
    settings: Mapping[str, Any] | None = None,
    *,
    periods: int = 40,
    seed: int = 0,
) -> Outlook:
    """Return the equilibrium paths of the truce of a dynamic model, and their survival.

    Parameters
    ----------
    model
        A dynamic payoff file whose states move one way.
    settings
        Parameter values; those of numbers on a grid move the start.
    periods
        How far to look.
    seed
        For the histories drawn; nothing else is left to chance.

    Raises
    ------
    UsageError
        If nothing moves in the model, or states can come back, or `periods` is not
        between 1 and `FARTHEST`, or `seed` is below 0.
    CertificateError
        If the payoff sets fail their check from the definition.
    """
    if not 1 <= periods <= FARTHEST:
        raise UsageError(f"{periods} periods cannot be looked ahead; expected 1 to {FARTHEST}")
    if seed < 0:
        raise UsageError(f"seed {seed} is below 0; expected 0 or more")
    assigned = dict(settings or {})
    full_game = model.stochastic(**assigned)
    game = from_start(full_game)
    sets = stochastic_sets(game)
    check_sets(game, sets.states)
    lives = [Life(p, clock(game, p, periods)) for p in truce_paths(game, threats_of(sets))]
    longest, shortest = (max(lives, key=_span), min(lives, key=_span)) if lives else (None, None)
    can, truces = [s.possible for s in sets.states], truce_cells(game)
    supportable = tuple(a & b for a, b in zip(can, truces, strict=True))
    lines = [line(game, k) for k in range(len(game.axes))] or [list(range(game.count))]
    frozen = {s: _frozen(game, s, truces[s]) for s in dict.fromkeys(chain(*lines))}
    drawn = draw(game, longest.path, periods, DRAWN, seed=seed) if longest else np.empty((0, 0))
    return Outlook(
        model,
        assigned,
        game,
        sets,
        periods,
        seed,
        longest,
        shortest,
        at_most(game, supportable, periods),
        supportable,
        frozen,
        tuple(_threshold(game, k, (frozen, longest, supportable)) for k in range(len(game.axes))),
        bool((sets.states[game.start].supportable_now & ~truces[game.start]).any()),
        drawn.astype(np.intp),
        restriction(full_game, HORIZONS) if game.axes else None,
    )


def line(game: StochasticGame, k: int) -> list[int]:
    """Return the states along one axis, upward, in which the other axes are as at the start."""
    assert game.levels is not None
    others = np.delete(game.levels, k, axis=1)
    states = np.flatnonzero((others == others[game.start]).all(axis=1))
    along: list[int] = states[np.argsort(game.levels[states, k])].tolist()
    return along


def _span(life: Life) -> tuple[float, float]:
    return life.clock.for_ever, life.clock.mean


def _frozen(game: StochasticGame, s: int, truces: Bools) -> Bools | None:
    """Return the truce profiles sustained in the fixed-state game; None if undecided."""
    still = Game(game.payoffs[s], game.discount)
    threats, span = penal_threats(still), np.ptp(game.payoffs[s], axis=(1, 2))
    sustained = np.zeros_like(truces)
    try:
        for a, b in np.argwhere(truces).tolist():

            def enough(worst: Array, cell: tuple[int, int] = (a, b)) -> bool:
                return bool((slack(still, cell, worst) >= -_HOLDS * span).all())

            worst = threats(still.discount, enough)
            if worst is None:  # no equilibrium at all, or too close to call, which raises here
                return sustained if payoff_set(still).min_spe_payoffs is None else None
            sustained[a, b] = enough(worst)
    except NearCriticalError:
        return None
    return sustained


def _threshold(
    game: StochasticGame,
    k: int,
    results: tuple[dict[int, Bools | None], Life | None, tuple[Bools, ...]],
) -> Threshold:
    """Return the reach of a truce up one axis, the other axes at their start."""
    assert game.levels is not None
    frozen, longest, supportable = results
    states = line(game, k)
    levels = game.levels[states, k].tolist()

    def last(holds: list[bool]) -> float | None:
        first_break = holds.index(False) if False in holds else len(holds)
        return levels[first_break - 1] if first_break else None

    return Threshold(
        game.axes[k],
        last([bool(t is not None and t.any()) for t in (frozen[s] for s in states)]),
        last([bool(longest and longest.path.truce[s]) for s in states]),
        last([bool(supportable[s].any()) for s in states]),
    )
