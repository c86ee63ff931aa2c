"""Which regime there is at each point of a sample, beyond whether a truce holds.

Whether something short of a truce is left, taking turns for instance, needs sets of payoffs. Two
comparisons settle most points without: cells that are surely sustained, or a coin between two of
them, that leave both better off than their worst one-off equilibrium; and a best payoff, among all
cells that could be played at all, that is no better for one side. The rest is solved one by one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from negotiation.analysis.margins import judge, truces
from negotiation.equilibria.repeated.one_game.critical_discounts import slack
from negotiation.equilibria.repeated.one_game.worst_payoff_bounds import threat_bounds
from negotiation.equilibria.repeated.payoff_set import payoff_set
from negotiation.equilibria.stage.nash import nash, pure_nash
from negotiation.errors import NearCriticalError
from negotiation.games.game import Array, Game, best_deviation_payoffs, payoff_spans
from negotiation.payoff_file.model import PayoffFile
from negotiation.solution.regimes import Facts, beats_both, regime

__all__ = ["UNDECIDED", "regimes_at"]

UNDECIDED = "undecided"
"""Where rounding decides which regime there is."""

_CLEAR = 1e-9
_ROUNDS = 100

Bools = npt.NDArray[np.bool_]


def regimes_at(model: PayoffFile, values: dict[str, Any]) -> npt.NDArray[np.str_]:
    """Return the regime at every point of a sample, as `solve` would name it.

    Parameters
    ----------
    model
        A payoff file that names at least one truce.
    values
        Parameter values, arrays of shape ``(n,)`` or single numbers.

    Returns
    -------
    Array
        Shape ``(n,)``: names of regimes, or `UNDECIDED`.

    Raises
    ------
    UsageError
        If the file names no truce.
    """
    found = judge(model, values).kind.astype("U32")
    game, cells = model.game(**values), truces(model.outcomes)
    n = len(found)
    payoffs = np.broadcast_to(game.payoffs, (n, 2, *game.shape))
    discount = np.broadcast_to(game.discount, (n, 2))
    for k in np.flatnonzero((found == "no truce") | (found == "open")).tolist():
        one = replace(game, payoffs=payoffs[k], discount=discount[k], exact=None)
        found[k] = _short_of_harmony(one, cells, found[k] == "no truce")
    return found


def _short_of_harmony(game: Game, cells: list[tuple[int, int]], broken: bool) -> str:
    """Return the regime of one game; `broken` if it is known that no truce holds."""
    worst = np.array([e.payoffs for e in nash(game).equilibria]).min(axis=0)
    if broken:
        quick = _quickly(game, worst)
        if quick is not None:
            return quick
    try:
        found = payoff_set(game)
    except NearCriticalError:
        return UNDECIDED
    scale = payoff_spans(game.payoffs)
    held = found.threats is not None and any(
        (slack(game, cell, found.threats) >= -1e-12 * scale).all() for cell in cells
    )
    return regime(
        Facts(
            truce_is_stage_equilibrium=bool(any(pure_nash(game)[cell] for cell in cells)),
            truce_is_sustained=held,
            something_beats_worst=beats_both(found.vertices, worst, scale),
            any_equilibrium=found.status != "empty",
        )
    )


def _quickly(game: Game, worst: Array) -> str | None:
    """Return the regime of a game without a truce if comparing numbers settles it."""
    scale = payoff_spans(game.payoffs)
    g = game.payoffs.reshape(2, -1) / scale[:, None]
    c = best_deviation_payoffs(game).reshape(2, -1) / scale[:, None]
    d, floor = game.discount[:, None], worst / scale
    low, high = (bound[:, None] / scale[:, None] for bound in threat_bounds(game))
    if np.isfinite(high).all():
        held = (g - (1 - d) * c - d * high >= _CLEAR).all(axis=0)
        if _coin_beats(g[:, held] - floor[:, None]):
            return "lopsided truce"
        top = _tops(g, c, d, low)
        if (top <= floor).any():
            return "rupture"
    return None


def _coin_beats(lead: Array) -> bool:
    """Whether a cell, or a coin between two, leaves both players clearly ahead; lead ``(2, m)``."""
    x, y = lead
    if not x.size:
        return False
    gap = x - y
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = gap[None, :] / (gap[None, :] - gap[:, None])  # of the row, where both lead alike
    weight = np.clip(np.nan_to_num(weight, nan=1.0), 0.0, 1.0)
    even = np.minimum(
        weight * x[:, None] + (1 - weight) * x[None, :],
        weight * y[:, None] + (1 - weight) * y[None, :],
    )
    return bool(max(even.max(), lead.min(axis=0).max()) > _CLEAR)


def _tops(g: Array, c: Array, d: Array, low: Array) -> Array:
    """Return each player's best payoff among cells that some future could make worth keeping."""
    alive: Bools = np.ones(g.shape[1], dtype=np.bool_)
    top = g.max(axis=1)
    for _ in range(_ROUNDS):
        left = alive & ((1 - d) * (g - c) + d * (top[:, None] - low) >= -_CLEAR).all(axis=0)
        if not left.any() or (left == alive).all():
            break
        alive, top = left, g[:, left].max(axis=1)
    return np.asarray(top, dtype=np.float64)
