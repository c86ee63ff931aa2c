"""How far each point of a sample is from having, or losing, a truce.

The truce margin of a point is the largest, over the truces that the file names, of the smaller of
the two sides' slacks: what that side would lose on average a period by breaking the truce. A truce
can be kept up exactly where the margin is zero or more.

In samples the margin counts on punishments that are known to be believable (`threat_bounds`). Where
harsher ones might exist and would make a difference, the point is left open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from negotiation.equilibria.repeated.one_game.worst_payoff_bounds import threat_bounds
from negotiation.equilibria.repeated.payoff_set import payoff_set
from negotiation.errors import UsageError
from negotiation.games.game import Array, Game, Outcome, best_deviation_payoffs
from negotiation.payoff_file.model import PayoffFile

__all__ = ["KINDS", "Judged", "Known", "Outlook", "judge", "outlook", "truces"]

KINDS = ("harmony", "armed truce", "no truce", "open")
"""A truce needs no threat; it holds by threat; none holds; or bounds do not settle which."""

_TIES = 1e-12
_MOST_EXACT = 64

Bools = npt.NDArray[np.bool_]
Known = Mapping[tuple[int, ...], Array | None]
"""Index of a point → the threats that `payoff_set` found there."""


@dataclass(frozen=True, eq=False)
class Judged:
    """What is known about every point of a sample.

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
    """Which outcomes can be kept up at every point of a sample.

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
    """Judge every point of a sample.

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
    """Return the truce margin, and which outcomes hold, for one game or at every point of a batch.

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
    held = {
        o.name: np.any(
            [(_slack(game, threats, p) >= ties).all(axis=-1) for p in o.profiles], axis=0
        )
        & np.isfinite(threats).all(axis=-1)
        for o in outcomes
    }
    return Outlook(_margin(game, threats, cells), held, exact)


def _threats(game: Game, known: Known) -> tuple[Array, bool]:
    """Return each player's worst believable payoff, inf where there is none, and if it is exact."""
    low, high = threat_bounds(game)
    for point, solved in known.items():
        high[point] = np.inf if solved is None else solved
        low[point] = high[point]
    open_ = np.argwhere(np.asarray((high > low).any(axis=-1)))
    if len(open_) > _MOST_EXACT:
        return high, False
    for point in map(tuple, open_.tolist()):
        one = replace(game, payoffs=game.payoffs[point], discount=game.discount[point], exact=None)
        found = payoff_set(one).threats
        high[point] = np.inf if found is None else found
    return high, True


def _lead(game: Game, cell: tuple[int, int]) -> Array:
    """Return what both gain at least by keeping to a cell rather than by any other action."""
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
    """Return both players' slacks, shape ``(..., 2)``."""
    a, b = cell
    g, best = game.payoffs[..., a, b], best_deviation_payoffs(game)[..., a, b]
    unpunished = (1 - game.discount) * (g - best)
    known = np.isfinite(threats)
    slack = unpunished + game.discount * (g - np.where(known, threats, 0.0))
    return np.asarray(np.where(known, slack, unpunished), dtype=np.float64)
