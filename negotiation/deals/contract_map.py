"""A map of two terms: where an outcome holds, who breaks it elsewhere, and by how much."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from negotiation.deals.deal import DealAnalysis
from negotiation.deals.polytopes import affine_deal
from negotiation.deals.terms import Contract, settled
from negotiation.errors import UsageError, near_name
from negotiation.games.game import Array

__all__ = ["ContractMap", "contract_map"]


@dataclass(frozen=True, eq=False)
class ContractMap:
    """Both sides' slack over a grid of two terms; all other terms stay at the file's.

    Attributes
    ----------
    analysis
        The deals, which may be marked on it.
    x, y
        Indices of the two terms.
    across, up
        Values of the two terms, ascending: shape ``(nx,)`` and ``(ny,)``.
    slack
        Shape ``(ny, nx, 2)``: what each side loses by breaking it, negative where it gains.
    """

    analysis: DealAnalysis
    x: int
    y: int
    across: Array
    up: Array
    slack: Array

    @property
    def margin(self) -> Array:
        """The smaller slack, shape ``(ny, nx)``; the outcome holds where it is 0 or more."""
        return np.asarray(self.slack.min(axis=-1))

    @property
    def holds(self) -> npt.NDArray[np.bool_]:
        """Mask of the points at which the outcome holds, shape ``(ny, nx)``."""
        return np.asarray(self.margin >= -1e-12 * (np.abs(self.slack).max() or 1.0))


def contract_map(
    analysis: DealAnalysis, x: str | None = None, y: str | None = None, *, points: int = 100
) -> ContractMap:
    """Return a map of two of an analysis' terms.

    Parameters
    ----------
    analysis
        The analysis.
    x, y
        Names of two terms; by default the first two.
    points
        Along each of them.

    Raises
    ------
    UsageError
        If there are not two terms, one is unknown, or one has no bound on a side.
    """
    deal = analysis.contract
    if len(deal.terms) < 2:
        raise UsageError(
            f"a map needs two terms, and there is only {deal.names[0]!r}; expected another --term"
        )
    i = _index(deal, x, 0)
    j = _index(deal, y, 1 if i == 0 else 0)
    if i == j:
        raise UsageError(f"a map of {deal.names[i]!r} against itself; expected two terms")
    for t in (deal.terms[i], deal.terms[j]):
        if not np.isfinite([t.low, t.high]).all():
            raise UsageError(f"term {t.name!r} has no bound on one side; expected two for a map")
    across, up = (np.linspace(t.low, t.high, points) for t in (deal.terms[i], deal.terms[j]))
    grid = np.tile(deal.own, (points * points, 1))
    grid[:, i], grid[:, j] = np.tile(across, points), np.repeat(up, points)
    slack = _slack(deal, grid).reshape(points, points, 2)
    return ContractMap(analysis, i, j, across, up, slack)


def _index(deal: Contract, name: str | None, otherwise: int) -> int:
    if name is None:
        return otherwise
    if name in deal.names:
        return deal.names.index(name)
    near = near_name(name[:80], deal.names)
    hint = f"did you mean {near!r}? " if near else ""
    raise UsageError(f"no term {name!r}; {hint}the terms are: {', '.join(deal.names)}")


def _slack(deal: Contract, points: Array) -> Array:
    """Return both sides' slack at many terms; threats that stay put are found once."""
    polytope, game = affine_deal(deal), deal.games(points)
    if isinstance(polytope, str):
        return settled(deal, game)
    return deal.values(game, np.broadcast_to(polytope.threats, (len(points), 2))).by_player()
