"""One round of the self-generation operator, in normalised payoffs.

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

from negotiation.kernels.hulls import Array, Index, chains, distance, hull

__all__ = [
    "CONSTANT",
    "CORNER",
    "ON_EDGE_0",
    "ON_EDGE_1",
    "TIGHT",
    "VERTEX",
    "Generated",
    "Stage",
    "generate",
    "hull_of",
    "threat_bound",
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
        """Whether the two discount factors are equal."""
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

    def pick(self, index: Index) -> Generated:
        """Return the points at `index` only."""
        return Generated(
            self.points[index],
            self.profile[index],
            self.kind[index],
            self.start[index],
            self.stop[index],
            self.then[index],
        )


def _chord(
    ring: Array, chain: Index, axis: int, at: Array, *, highest: bool
) -> tuple[Array, Index, Index]:
    """Where a monotone chain crosses ``coordinate axis = at``: other coordinate, edge ends.

    An edge that should run along the line may lean by a rounding error and cross it at one end
    only; a vertex as good as on the line counts as on it, so the other end is not lost.
    """
    run = ring[chain, axis]
    where = np.clip(np.searchsorted(run, at) - 1, 0, max(len(chain) - 2, 0))
    start, stop = chain[where], chain[np.minimum(where + 1, len(chain) - 1)]
    length = ring[stop, axis] - ring[start, axis]
    share = np.where(length > 0, (at - ring[start, axis]) / np.where(length > 0, length, 1.0), 0.0)
    rise = ring[stop, 1 - axis] - ring[start, 1 - axis]
    value = ring[start, 1 - axis] + np.clip(share, 0.0, 1.0) * rise
    beside = np.abs(ring[None, :, axis] - at[:, None]) <= TIGHT
    sign = 1.0 if highest else -1.0
    height = np.where(beside, sign * ring[None, :, 1 - axis], -np.inf)
    best = height.argmax(axis=1)
    better = height[np.arange(len(at)), best] > sign * value
    value = np.where(better, ring[best, 1 - axis], value)
    return value, np.where(better, best, start), np.where(better, best, stop)


_Found = tuple[Mask, Array, npt.NDArray[np.intp], Index, Index]


def _binding(ring: Array, ic: Array) -> list[_Found]:
    """Extreme continuations at which a constraint binds: at most four for each profile."""
    edge = chains(ring)
    (west, south), (east, north) = ring.min(axis=0), ring.max(axis=0)
    at_x, at_y = np.clip(ic[:, 0], west, east), np.clip(ic[:, 1], south, north)
    top, top_p, top_q = _chord(ring, edge.upper, 0, at_x, highest=True)
    low, low_p, low_q = _chord(ring, edge.lower, 0, at_x, highest=False)
    far, far_p, far_q = _chord(ring, edge.right, 1, at_y, highest=True)
    near, near_p, near_q = _chord(ring, edge.left, 1, at_y, highest=False)
    on_x = (np.abs(ic[:, 0] - at_x) <= TIGHT) & (top >= ic[:, 1] - TIGHT)
    on_y = (np.abs(ic[:, 1] - at_y) <= TIGHT) & (far >= ic[:, 0] - TIGHT)
    both = low < at_y
    first, second = np.full(len(ic), ON_EDGE_0), np.full(len(ic), ON_EDGE_1)
    return [
        (on_x, np.stack((at_x, top), 1), first, top_p, top_q),
        (
            on_x,
            np.stack((at_x, np.where(both, at_y, low)), 1),
            np.where(both, CORNER, first),
            low_p,
            low_q,
        ),
        (on_y, np.stack((far, at_y), 1), second, far_p, far_q),
        (on_y & (near > ic[:, 0]), np.stack((near, at_y), 1), second, near_p, near_q),
    ]


def _content(stage: Stage, ring: Array, ic: Array) -> Mask:
    """Which profiles are worth playing for ever: their own payoff meets their constraints."""
    alone: Mask = np.all(stage.g >= ic - TIGHT, axis=1)
    if alone.any():
        alone[alone] = distance(stage.g[alone], ring) <= TIGHT
    return alone


def generate(stage: Stage, ring: Array, threat: Array, *, full: bool | None = None) -> Generated:
    """Generate payoffs whose continuations lie in `ring`; no points if there are none.

    Parameters
    ----------
    stage
        The game.
    ring
        Polygon of continuation payoffs.
    threat
        Shape ``(2,)``: what a deviator is sent to.
    full
        Follow every extreme continuation, so that each profile's own set is right, instead of
        the binding ones only, which give the same hull where the discount factors are equal.
        Default: only where they differ.
    """
    full = not stage.common if full is None else full
    n = len(stage.g)
    ic = threat + stage.need
    found = _binding(ring, ic)
    zero = np.zeros(n, dtype=np.intp)
    if not full:
        alone = _content(stage, ring, ic)
        found = [(mask & ~alone, *rest) for mask, *rest in found]  # type: ignore[misc]
        found.append((alone, stage.g, np.full(n, CONSTANT), zero, zero))
    who = [np.flatnonzero(mask) for mask, *_ in found]
    rest = [tuple(column[mask] for column in columns) for mask, *columns in found]
    if full:
        a, v = np.nonzero((ring[None, :, :] >= ic[:, None, :] - TIGHT).all(axis=2))
        who.append(a)
        rest.append((ring[v], np.full(len(a), VERTEX), v, v))
    profile = np.concatenate(who)
    then, kind, start, stop = (np.concatenate(column) for column in zip(*rest, strict=True))
    points = (1 - stage.discount) * stage.g[profile] + stage.discount * then
    if not full:
        points[kind == CONSTANT] = stage.g[profile[kind == CONSTANT]]
    return Generated(points, profile, kind, start, stop, then)


def hull_of(made: Generated) -> Generated | None:
    """Return the vertices of the generated set, or None if nothing was generated."""
    return made.pick(hull(made.points)) if len(made.points) else None


def threat_bound(
    stage: Stage, ring: Array, threat: Array, made: Generated
) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Bound each player's worst sustainable payoff v_i from below.

    The profile a that starts i's worst equilibrium satisfies v_i ≥ (1-δ_i) c_i(a) + δ_i v_i,
    hence v_i ≥ c_i(a): no need to wait for the iteration to find that out.

    Returns
    -------
    bound, pinned
        Shape ``(2,)`` each; `pinned` where the bound is a best-deviation payoff, hence exact.
    """
    low = np.maximum(ring.min(axis=0), threat + stage.need)
    worst = np.full(stage.g.shape, np.inf)
    np.minimum.at(worst, made.profile, made.then)
    if stage.common:
        inside = (ring[None, :, :] >= (threat + stage.need)[:, None, :] - TIGHT).all(axis=2)
        for i in (0, 1):
            reach = np.where(inside, ring[None, :, i], np.inf).min(axis=1)
            worst[:, i] = np.minimum(worst[:, i], reach)
        alone = made.profile[made.kind == CONSTANT]
        worst[alone] = np.minimum(worst[alone], low[alone])
    supported = np.isfinite(worst).all(axis=1)
    forced = (1 - stage.discount) * stage.g + stage.discount * np.where(
        supported[:, None], worst, 0
    )
    bound = np.where(supported[:, None], np.maximum(stage.c, forced), np.inf)
    best, both = bound.argmin(axis=0), np.arange(2)
    return bound[best, both], stage.c[best, both] >= forced[best, both]
