"""Truce margins and regimes at the points of a sample.

The truce margin of a point is the largest, over the truces that the file names, of the smaller of
the two sides' slacks: what that side would lose on average a period by breaking the truce. A truce
can be kept up exactly where the margin is zero or more.

In samples the margin counts on punishments that are known to be believable
(`worst_payoff_bounds`). Where harsher ones might exist and would make a difference, the point is
left open.

Whether something short of a truce is left, taking turns for instance, needs sets of payoffs. Two
comparisons settle most points without: cells that are surely sustained, or a coin between two of
them, that leave both better off than their worst one-off equilibrium; and a best payoff, among all
cells that could be played at all, that is no better for one side. The rest is solved one by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from negotiation.equilibria.repeated.discounts.patience import slack
from negotiation.equilibria.repeated.payoff_set import payoff_set
from negotiation.equilibria.repeated.screening import threat_bounds
from negotiation.equilibria.stage.nash import nash, pure_nash
from negotiation.errors import NearCriticalError, UsageError
from negotiation.games.game import (
    Array,
    Game,
    Outcome,
    best_deviation_payoffs,
    best_other_payoffs,
    payoff_spans,
)
from negotiation.kernels.hulls import beats_both
from negotiation.payoff_file.model import PayoffFile
from negotiation.solution.regimes import Facts, regime

__all__ = [
    "KINDS",
    "UNDECIDED",
    "Judged",
    "Known",
    "Outlook",
    "judge",
    "outlook",
    "regimes_at",
    "truces",
]

KINDS = ("self-enforcing", "armed truce", "no truce", "open")
"""A truce needs no threat; it holds by threat; none holds; or bounds do not settle which."""

_TIES = 1e-12
_MOST_EXACT = 64

Bools = npt.NDArray[np.bool_]
Known = Mapping[tuple[int, ...], Array | None]
"""Index of a point → the threats that `payoff_set` found there."""


@dataclass(frozen=True, eq=False)
class Judged:
    """Truce margin and class of every point of a sample.

    Attributes
    ----------
    margin
        Shape ``(n,)``: the truce margin, in payoff units a period.
    most
        Shape ``(n,)``: what it would be with punishments as harsh as any could be.
    lead
        Shape ``(n,)``: how much better both do by keeping a truce once than by anything else, for
        the truce where that is most; below 0 every truce needs a threat.
    kind
        Shape ``(n,)``: one of `KINDS`.
    """

    margin: Array
    most: Array
    lead: Array
    kind: npt.NDArray[np.str_]


@dataclass(frozen=True, eq=False)
class Outlook:
    """Truce margin and sustained outcomes at every point of a sample.

    Attributes
    ----------
    margin
        Shape ``(n,)``: the truce margin.
    held
        Outcome name → shape ``(n,)``: whether one of its cells can be kept up.
    exact
        Whether the worst that can follow a breach is known everywhere.
    """

    margin: Array
    held: dict[str, Bools]
    exact: bool


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


def judge(model: PayoffFile, values: dict[str, Any]) -> Judged:
    """Return the truce margin and the class of every point of a sample.

    Where no threat is known to be believable a breach goes unpunished, and the margin is what the
    gain from it comes to on average: it is below zero there.

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
    game, cells = model.game(**values), truces(model.outcomes)
    low, high = threat_bounds(game)
    margin, most = _margin(game, high, cells), _margin(game, low, cells)
    lead = np.max([_lead(game, cell) for cell in cells], axis=0)
    ties = -_TIES * np.ptp(game.payoffs, axis=(-3, -2, -1))
    kind = np.select([lead >= 0, margin >= ties, most < ties], KINDS[:3], KINDS[3])
    return Judged(margin, most, lead, kind)


def outlook(
    game: Game,
    outcomes: tuple[Outcome, ...],
    known: Known | None = None,
) -> Outlook:
    """Return the truce margin and the sustained outcomes, for one game or a batch.

    Parameters
    ----------
    game
        One or many. The exact path finishes up to 64 points that bounds leave open.
    outcomes
        The named cells; at least one is a truce.
    known
        Index of a point, ``()`` for one game → what `payoff_set` gave as threats there, so that
        it need not be solved again.

    Raises
    ------
    UsageError
        If none is a truce.
    """
    cells = truces(outcomes)
    threats, exact = _threats(game, known or {})
    ties = -_TIES * np.ptp(game.payoffs, axis=(-2, -1))
    sustained = {
        o.name: np.any(
            [(_slack(game, threats, p) >= ties).all(axis=-1) for p in o.profiles], axis=0
        )
        & np.isfinite(threats).all(axis=-1)
        for o in outcomes
    }
    return Outlook(_margin(game, threats, cells), sustained, exact)


def _threats(game: Game, solved_threats: Known) -> tuple[Array, bool]:
    """Return the minimum SPE payoffs, inf where there are none, and whether they are exact."""
    low, high = threat_bounds(game)
    for point, solved in solved_threats.items():
        high[point] = np.inf if solved is None else solved
        low[point] = high[point]
    open_ = np.argwhere(np.asarray((high > low).any(axis=-1)))
    if len(open_) > _MOST_EXACT:
        return high, False
    for point in map(tuple, open_.tolist()):
        single_game = replace(
            game, payoffs=game.payoffs[point], discount=game.discount[point], exact=None
        )
        worst = payoff_set(single_game).min_spe_payoffs
        high[point] = np.inf if worst is None else worst
    return high, True


def _lead(game: Game, cell: tuple[int, int]) -> Array:
    """Return the smaller lead of the two players over their other actions at a profile."""
    a, b = cell
    column, row = game.payoffs[..., 0, :, b], game.payoffs[..., 1, a, :]
    others = np.delete(column, a, axis=-1), np.delete(row, b, axis=-1)
    best = [x.max(axis=-1, initial=-np.inf) for x in others]
    lead = np.minimum(column[..., a] - best[0], row[..., b] - best[1])
    return np.asarray(lead, dtype=np.float64)


def _margin(game: Game, threats: Array, cells: list[tuple[int, int]]) -> Array:
    each = [_slack(game, threats, c).min(axis=-1) for c in cells]
    return np.asarray(np.stack(each).max(axis=0), dtype=np.float64)


def _slack(game: Game, threats: Array, cell: tuple[int, int]) -> Array:
    """Return both players' incentive slacks, shape ``(..., 2)``."""
    a, b = cell
    g, best = game.payoffs[..., a, b], best_other_payoffs(game)[..., a, b]
    unpunished = (1 - game.discount) * (g - best)
    finite = np.isfinite(threats)
    slack = unpunished + game.discount * (g - np.where(finite, threats, 0.0))
    return np.asarray(np.where(finite, slack, unpunished), dtype=np.float64)


UNDECIDED = "undecided"
"""Where rounding decides which regime there is."""

_CLEAR = 1e-9
_ROUNDS = 100


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
    kinds = judge(model, values).kind.astype("U32")
    game, cells = model.game(**values), truces(model.outcomes)
    n = len(kinds)
    payoffs = np.broadcast_to(game.payoffs, (n, 2, *game.shape))
    discount = np.broadcast_to(game.discount, (n, 2))
    for k in np.flatnonzero((kinds == "no truce") | (kinds == "open")).tolist():
        single_game = replace(game, payoffs=payoffs[k], discount=discount[k], exact=None)
        kinds[k] = _short_of_self_enforcing(single_game, cells, kinds[k] == "no truce")
    return kinds


def _short_of_self_enforcing(game: Game, cells: list[tuple[int, int]], broken: bool) -> str:
    """Return the regime of one game; `broken` if it is known that no truce holds."""
    worst = np.array([e.payoffs for e in nash(game).equilibria]).min(axis=0)
    if broken:
        quick = _quickly(game, worst)
        if quick is not None:
            return quick
    try:
        repeated = payoff_set(game)
    except NearCriticalError:
        return UNDECIDED
    scale = payoff_spans(game.payoffs)
    sustained = repeated.min_spe_payoffs is not None and any(
        (slack(game, cell, repeated.min_spe_payoffs) >= -1e-12 * scale).all() for cell in cells
    )
    return regime(
        Facts(
            truce_is_stage_equilibrium=bool(any(pure_nash(game)[cell] for cell in cells)),
            truce_is_sustained=sustained,
            something_beats_worst=beats_both(repeated.vertices, worst, scale),
            any_equilibrium=repeated.status != "empty",
        )
    )


def _quickly(game: Game, worst: Array) -> str | None:
    """Return the regime of a game without a truce if bounds settle it, else None."""
    scale = payoff_spans(game.payoffs)
    g = game.payoffs.reshape(2, -1) / scale[:, None]
    c = best_deviation_payoffs(game).reshape(2, -1) / scale[:, None]
    d, floor = game.discount[:, None], worst / scale
    low, high = (bound[:, None] / scale[:, None] for bound in threat_bounds(game))
    if np.isfinite(high).all():
        sustained = (g - (1 - d) * c - d * high >= _CLEAR).all(axis=0)
        if _coin_beats(g[:, sustained] - floor[:, None]):
            return "partial cooperation"
        top = _tops(g, c, d, low)
        if (top <= floor).any():
            return "no cooperation"
    return None


def _coin_beats(lead: Array) -> bool:
    """Tell whether a profile, or a public coin between two, leaves both ahead; lead ``(2, m)``."""
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
    """Return each player's best payoff among profiles that may be enforceable."""
    active: Bools = np.ones(g.shape[1], dtype=np.bool_)
    top = g.max(axis=1)
    for _ in range(_ROUNDS):
        left = active & ((1 - d) * (g - c) + d * (top[:, None] - low) >= -_CLEAR).all(axis=0)
        if not left.any() or (left == active).all():
            break
        active, top = left, g[:, left].max(axis=1)
    return np.asarray(top, dtype=np.float64)
