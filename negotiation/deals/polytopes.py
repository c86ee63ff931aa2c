"""Deals that linear programs can find: affine in lifted terms, with punishments that stay put."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from negotiation.deals.affine import AffineDeal
from negotiation.deals.degrees import bending
from negotiation.deals.lifting import Lift, coefficients, corners, lift, products
from negotiation.deals.terms import Contract, without
from negotiation.games.game import Array

__all__ = ["Cases", "affine_cases", "affine_deal", "fixed_threats"]

_TIES = 1e-12

Cases = Mapping[str, Any]
"""Values of uncertain parameters, arrays of shape ``(c,)``."""


def affine_deal(deal: Contract) -> AffineDeal | str:
    """Return the outcome as a polytope of lifted terms; or a sentence on why it is none."""
    cases = affine_cases(deal, {})
    if isinstance(cases, str):
        return cases
    (one,), fixed = cases
    if not fixed.all():
        return "what follows a breach may move with the terms"
    return one


def affine_cases(
    deal: Contract, cases: Cases
) -> tuple[list[AffineDeal], npt.NDArray[np.bool_]] | str:
    """Return the outcome as a polytope in every case, and in which cases it is one.

    The lifted variables are the same in all. It is none where punishments may move with the terms
    (its threats are then NaN) or where a choice in the formulas turns within the bounds.
    """
    ends = corners(deal.bounds)
    columns = {n: np.asarray(v).reshape(1, -1) for n, v in cases.items()} or None
    bent, sure = bending(deal.model, deal.names, _at_corners(deal, ends, columns or {}))
    if bent:
        return f"payoffs or patience are not known to be affine in {', '.join(bent)}"
    if not sure.any():
        return "a choice in the formulas, such as min or if, turns within the bounds of the terms"
    game = deal.games(ends, columns)
    payoffs = game.payoffs.reshape(len(ends), -1, 2, *game.shape)
    discount = np.broadcast_to(game.discount, (*game.batch, 2)).reshape(len(ends), -1, 2)[0]
    sure = np.broadcast_to(sure, len(discount))
    coefs = coefficients(deal.bounds, payoffs)
    a, b = deal.profile
    own = (
        coefs[:, :, :, a, b],
        without(coefs[:, :, 0, :, b], a),
        without(coefs[:, :, 1, a, :], b),
    )
    every = products(len(deal.terms))
    used = [p for k, p in enumerate(every) if p and any(part[k, sure].any() for part in own)]
    how = lift(deal.bounds, used)
    if isinstance(how, str):
        return "products of terms do not nest: " + how.format(*deal.names)
    threats = fixed_threats(*_extremes(deal, coefs, payoffs), payoffs)
    rows = [_in_variables(part, how, every) for part in own]
    cases_of = [
        AffineDeal(how, rows[0][c], (rows[1][c], rows[2][c]), threats[c], discount[c])
        for c in range(len(discount))
    ]
    return cases_of, np.asarray(np.isfinite(threats).all(axis=1) & sure)


def _at_corners(deal: Contract, ends: Array, columns: Cases) -> dict[str, Array] | None:
    """Return everything that is set at the corners, in every case; None if the box is open."""
    if not np.isfinite(np.array(deal.bounds)).all():
        return None
    terms = {name: ends[:, t, None] for t, name in enumerate(deal.names)}
    set_ = {n: np.asarray(v, dtype=np.float64).reshape(1, -1) for n, v in deal.settings.items()}
    return set_ | dict(columns) | terms


def _in_variables(part: Array, how: Lift, every: tuple[tuple[int, ...], ...]) -> Array:
    """Turn coefficients of products ``(2^k, c, m)`` into those of variables ``(c, m, 1 + k)``."""
    k = len(how.parent)
    rows = np.zeros((*part.shape[1:], 1 + k))
    rows[..., 0] = part[0]
    for t in range(k):
        product = every.index(tuple(sorted(how.path(t))))
        rows[..., 1 + t] = part[product]
    return rows


def _extremes(deal: Contract, coefs: Array, payoffs: Array) -> tuple[Array, Array]:
    """Return every payoff's lowest and highest value over the box, ``(c, 2, n0, n1)``."""
    low, high = payoffs.min(axis=0), payoffs.max(axis=0)
    open_ = [t for t, b in enumerate(deal.bounds) if not np.isfinite(b).all()]
    for k, product in enumerate(products(len(deal.terms))):
        if any(t in open_ for t in product):
            endless = coefs[k] != 0
            low, high = np.where(endless, -np.inf, low), np.where(endless, np.inf, high)
    return low, high


def fixed_threats(low: Array, high: Array, payoffs: Array) -> Array:
    """Return worst credible payoffs that are the same whatever the terms; NaN where unsure.

    A player's is fixed if some stage-game equilibrium, at all terms, gives it what its minmax
    payoff never falls below: no equilibrium can give less, and this one gives it always.

    Parameters
    ----------
    low, high
        Extremes of payoffs over all terms, shape ``(c, 2, n0, n1)``.
    payoffs
        At the corners of the box, shape ``(corners, c, 2, n0, n1)``.

    Returns
    -------
    Array
        Shape ``(c, 2)``.
    """
    size = np.abs(np.where(np.isfinite(low), low, 0.0)).max(axis=(1, 2, 3)) + 1e-300
    ties = _TIES * size[:, None, None]
    # at a corner multi-affine differences take their extremes, but not along an open side
    closed = np.isfinite(low) & np.isfinite(high)
    row = payoffs[:, :, 0] - payoffs[:, :, 0].max(axis=2, keepdims=True)
    column = payoffs[:, :, 1] - payoffs[:, :, 1].max(axis=3, keepdims=True)
    stays = ((row >= -ties) & (column >= -ties)).all(axis=0)
    stays &= closed[:, 0].all(axis=1, keepdims=True) & closed[:, 1].all(axis=2, keepdims=True)
    secured = low[:, 0].max(axis=1).min(axis=1), low[:, 1].max(axis=2).min(axis=1)
    fixed = np.full((len(low), 2), np.nan)
    for i in (0, 1):
        steady = stays & (high[:, i] - low[:, i] <= ties)
        given = np.where(steady, low[:, i], np.inf).min(axis=(1, 2))
        sure = np.isfinite(given) & (given <= secured[i] + ties[:, 0, 0])
        fixed[sure, i] = given[sure]
    return fixed
