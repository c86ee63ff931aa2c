"""The self-generation operator in words and data; `operator` applies it.

Abreu, Pearce & Stacchetti (1990), Econometrica 58:1041-1063: a payoff is sustainable if it is a
stage payoff today plus a sustainable continuation w that makes today's profile a worth keeping to,

    w_i  ≥  IC_i(a) = u_i + k_i h_i(a),     k_i = (1 - δ_i) / δ_i,

with h_i(a) the gain from the best deviation and u_i the worst sustainable payoff of i. For one
common discount factor only continuations that bind need to be followed: Abreu & Sannikov (2014),
Theoretical Economics 9:313-338.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from negotiation.kernels.hulls import Array, Index

__all__ = [
    "CONSTANT",
    "CORNER",
    "ON_EDGE_0",
    "ON_EDGE_1",
    "TIGHT",
    "VERTEX",
    "Generated",
    "Stage",
]

Mask = npt.NDArray[np.bool_]

CONSTANT, VERTEX, ON_EDGE_0, ON_EDGE_1, CORNER = range(5)
"""Where a generated point's continuation lies: at the profile's own payoff, at a vertex of W, on an
edge of W where player 0's or player 1's incentive constraint binds, or where both bind."""

TIGHT = 1e-12
"""Incentive constraints hold if they hold within this share of the payoff range."""


@dataclass(frozen=True)
class Stage:
    """A stage game flattened over its N profiles, payoffs rescaled to [0, 1] per player.

    Attributes
    ----------
    g, c, h
        Shape ``(N, 2)``: payoff, best deviation payoff, gain from deviating.
    discount
        Shape ``(2,)``.
    need
        Shape ``(N, 2)``: ``(1 - δ) h / δ``, what a continuation must be worth above the threat.
    """

    g: Array
    c: Array
    h: Array
    discount: Array
    need: Array

    @classmethod
    def of(cls, payoffs: Array, discount: Array, extra: float = 0.0) -> Stage:
        """Flatten one game's normalised payoffs, shape ``(2, n0, n1)``.

        `extra` asks that every deviation which would pay today lose this much more in all.
        """
        best = np.stack(
            (
                np.broadcast_to(payoffs[0].max(axis=0, keepdims=True), payoffs[0].shape),
                np.broadcast_to(payoffs[1].max(axis=1, keepdims=True), payoffs[1].shape),
            )
        )
        g, c = payoffs.reshape(2, -1).T, best.reshape(2, -1).T
        h = c - g
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            need = np.where(h > 0, (1 - discount) / discount * (h + extra), 0.0)
        return cls(g=g, c=c, h=h, discount=discount, need=need)

    @property
    def common(self) -> bool:
        """True if the two discount factors are equal."""
        return bool(self.discount[0] == self.discount[1])


@dataclass(frozen=True)
class Generated:
    """Payoffs generated in one round, with where each came from.

    Attributes
    ----------
    points
        Shape ``(m, 2)``.
    profile, kind, start, stop
        Shape ``(m,)``: the profile played today, the kind of continuation, and the ends of the
        edge of the ring of continuations (equal for a vertex) on which the continuation lies.
    then
        Shape ``(m, 2)``: the continuation payoffs.
    """

    points: Array
    profile: Index
    kind: Index
    start: Index
    stop: Index
    then: Array
