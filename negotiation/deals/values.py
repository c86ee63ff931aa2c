"""Values of terms at many points at once, and the objectives that a deal can maximise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from negotiation.games.game import Array

__all__ = [
    "Aim",
    "Values",
    "fair_shares",
    "high_payoff",
    "large_margin",
    "large_product",
    "little_patience",
]

_TINY = 1e-12
_ROUNDING = 1e-10


@dataclass(frozen=True, eq=False)
class Values:
    """Everything that terms are judged by, at n points.

    Attributes
    ----------
    payoffs
        Shape ``(n, 2)``: in the outcome.
    deviations
        For each player ``(n, m_i)``: what its other actions give against the outcome.
    threats
        Shape ``(n, 2)``: worst believable payoffs; inf where there is none.
    discount
        Shape ``(n, 2)``.
    """

    payoffs: Array
    deviations: tuple[Array, Array]
    threats: Array
    discount: Array

    def slack(self) -> Array:
        """Return slack against every deviation of either player, shape ``(n, m_0 + m_1)``.

        Where no punishment is believable a breach goes unpunished.
        """
        each = []
        for i, deviations in enumerate(self.deviations):
            d, g = self.discount[:, i, None], self.payoffs[:, i, None]
            v = self.threats[:, i, None]
            lost = np.where(np.isfinite(v), g - np.where(np.isfinite(v), v, 0.0), 0.0)
            each.append((1 - d) * (g - deviations) + d * lost)
        return np.concatenate(each, axis=1)

    def by_player(self) -> Array:
        """Return each player's smallest slack, shape ``(n, 2)``."""
        slack, first = self.slack(), self.deviations[0].shape[1]
        return np.stack([slack[:, :first].min(axis=1), slack[:, first:].min(axis=1)], axis=1)

    def patience(self) -> Array:
        """Return what each deviation asks of its player's discount factor, ``(n, m_0 + m_1)``.

        ``(c - g)/(c - v)``; 0 where a deviation pays nothing but rounding, 1 where nothing is lost.
        """
        each = []
        for i, c in enumerate(self.deviations):
            g, v = self.payoffs[:, i, None], self.threats[:, i, None]
            gain, lost = c - g, c - v
            with np.errstate(divide="ignore", invalid="ignore"):
                share = np.where(lost > 0, np.minimum(gain / lost, 1.0), 1.0)
            each.append(np.where(gain > _ROUNDING * (np.abs(c) + np.abs(g) + 1), share, 0.0))
        return np.concatenate(each, axis=1)

    def lost(self) -> Array:
        """Return what each deviation loses for ever, ``c - v``, shape ``(n, m_0 + m_1)``."""
        each = [c - self.threats[:, i, None] for i, c in enumerate(self.deviations)]
        return np.concatenate(each, axis=1)

    def needs(self) -> Array:
        """Return each player's critical discount factor given its threats, shape ``(n, 2)``."""
        patience, first = self.patience(), self.deviations[0].shape[1]
        return np.stack([patience[:, :first].max(axis=1), patience[:, first:].max(axis=1)], axis=1)


Aim = Callable[[Values], tuple[Array, Array]]
"""What to make large, the smallest counting, and what must be at least 0; see `search`."""


def large_margin(values: Values) -> tuple[Array, Array]:
    """Aim at the largest smallest slack, whether or not the outcome holds."""
    slack = values.slack()
    return slack, slack[:, :0]


def little_patience(need: float, lost: Array | None = None) -> Aim:
    """Aim at room below a discount factor: ``g - (1 - need) c - need v`` for every deviation.

    Each is counted as a share of what its deviation loses for ever, ``c - v``, at some terms.
    """

    def aim(values: Values) -> tuple[Array, Array]:
        room = replace(values, discount=np.full_like(values.discount, need)).slack()
        return room if lost is None else room / lost, values.slack()

    return aim


def high_payoff(player: int, other: float | None = None) -> Aim:
    """Aim at a player's payoff, the other's being no less than a number."""

    def aim(values: Values) -> tuple[Array, Array]:
        slack = values.slack()
        if other is not None:
            slack = np.column_stack([slack, values.payoffs[:, 1 - player] - other])
        return values.payoffs[:, player, None], slack

    return aim


def large_product(disagreement: Array, weights: tuple[float, float]) -> Aim:
    """Aim at the largest product of gains over the disagreement point, each to its weight."""

    def aim(values: Values) -> tuple[Array, Array]:
        gains = values.payoffs - disagreement
        size = np.maximum(np.abs(gains).max(), _TINY)
        logs = np.log(np.maximum(gains / size, _TINY)) @ np.array(weights)
        # logarithms of shares: brought back to payoffs, so that tolerances mean the same
        return (np.exp(logs) * size)[:, None], np.column_stack([values.slack(), gains])

    return aim


def fair_shares(disagreement: Array, unit: Array) -> Aim:
    """Aim at the largest smaller gain over the disagreement point, counted in given units."""

    def aim(values: Values) -> tuple[Array, Array]:
        return (values.payoffs - disagreement) / unit, values.slack()

    return aim
