"""What can be settled about the games of a batch by comparing numbers: no sets, no compiling.

Everything here is broadcast over P games. A profile whose incentives no feasible payoff can meet is
never used, and what is left without it bounds what can be had; often that is the answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from negotiation.equilibria.repeated.reference import TIES, Bools, Facts, patience
from negotiation.equilibria.stage.best_replies import pure_nash
from negotiation.games.game import Array, Game
from negotiation.kernels.generation import TIGHT

__all__ = ["NEAR", "Quick", "clear", "look", "lowest", "normalised", "stage", "sustain"]

NEAR = 1e-9
"""Comparisons closer than this share, but not equal, are left to the exact path."""


@dataclass(frozen=True, eq=False)
class Quick:
    """What is known about P games before any set is computed.

    Attributes
    ----------
    alive
        Shape ``(P, n0, n1)``: profiles that might be used; those left out cannot be.
    regime
        Shape ``(P,)``: whether all that a regime depends on is known.
    close
        Shape ``(P,)``: a comparison was too close; left to the exact path.
    """

    alive: Bools
    regime: Bools
    close: Bools


def stage(game: Game, facts: Facts) -> Bools:
    """Write the pure equilibria, and the worst payoffs where they are plain; return where not.

    A player whose worst pure equilibrium pays no more than its pure maxmin does no worse in any.
    And where actions that are strictly dominated, one after the other, leave a player with a single
    one, all equilibria are mixtures of pure ones.
    """
    p = game.payoffs
    facts.cells[...] = pure_nash(game)
    held = lowest(p, facts.cells)
    secure = np.stack((p[:, 0].min(axis=2).max(axis=1), p[:, 1].min(axis=1).max(axis=1)), axis=1)
    plain: Bools = np.less_equal(held, secure).all(axis=1)
    plain[~plain] = _one_left(p[~plain])
    facts.worst[plain] = held[plain]
    return ~plain


def _one_left(p: Array) -> Bools:
    """Whether iterated strict dominance leaves some player with a single action, shape ``(P,)``."""
    left = [np.ones((len(p), n), dtype=np.bool_) for n in p.shape[2:]]
    pays = p[:, 0], p[:, 1].swapaxes(1, 2)
    while True:
        before = [int(some.sum()) for some in left]
        for i in (0, 1):
            other = ~left[1 - i][:, None, :]
            for action in range(left[i].shape[1]):
                better = (pays[i][:, action, None] > pays[i]) | other
                left[i] &= ~(better.all(axis=2) & left[i][:, action, None])
        if before == [int(some.sum()) for some in left]:
            return np.asarray(np.minimum(*(some.sum(axis=1) for some in left)) == 1, np.bool_)


def look(game: Game, truces: Bools, facts: Facts) -> Quick:
    """Settle what can be settled at once, writing it to `facts`; after `stage`.

    Where a pure stage equilibrium holds each player to the pure minmax, no subgame-perfect
    payoff is worse, so the threats are known. Where a single profile is left, so is the set.
    """
    p, cells = game.payoffs, facts.cells
    alive, top = _alive(p, game.discount)
    _settle_points(p, cells, alive, facts)
    floor = _best(p).min(axis=(2, 3))
    settled = (lowest(p, cells) <= floor).all(axis=1)
    facts.threats[settled] = floor[settled]
    point = facts.status == 1
    facts.any[...] = known = settled | point
    close = np.zeros(len(p), dtype=np.bool_)
    close[known] = sustain(game, facts, np.flatnonzero(known))
    lead = (p - facts.worst[..., None, None]) / _spread(p)[..., None, None]
    above = np.where(facts.held, lead.min(axis=1), -np.inf).max(axis=(1, 2))
    facts.better[...] = above > NEAR
    close |= point & ~clear(above)
    nothing = ((top - facts.worst) / _spread(p) <= 0.0).any(axis=1)
    truce = (facts.held & truces).any(axis=(1, 2))
    regime = known & (truce | point | nothing | (facts.better & clear(above)))
    regime |= (facts.status == 0) | (known & (cells & truces).any(axis=(1, 2)))
    return Quick(alive, regime, close)


def clear(lead: Array) -> Bools:
    """Whether a lead over the worst stage payoffs is clearly nothing or clearly something."""
    return np.asarray((np.abs(lead) <= 1e-11) | (lead < 0) | (lead > 2 * NEAR), np.bool_)


def lowest(p: Array, cells: Bools) -> Array:
    """Return the least that each player gets in the cells marked, shape ``(P, 2)``; inf in none."""
    return np.asarray(np.where(cells[:, None], p, np.inf).min(axis=(2, 3)), dtype=np.float64)


def sustain(game: Game, facts: Facts, rows: npt.NDArray[np.intp]) -> Bools:
    """Write which cells the threats sustain in games `rows`; return where that was too close."""
    p, d = game.payoffs[rows], game.discount[rows, :, None, None]
    threats = facts.threats[rows]
    need = patience(Game(p, game.discount[rows]), threats)
    facts.held[rows] = (need <= d + TIES).all(axis=1)
    scale = _spread(p)[..., None, None]
    gain, worth = (_best(p) - p) / scale, np.abs(p - threats[..., None, None]) / scale
    close = (np.abs(need - d) < NEAR) & (gain > TIES / 10)
    for x in (gain, worth):
        close |= (x > TIES / 10) & (x < NEAR)
    return np.asarray(close.any(axis=(1, 2, 3)), np.bool_)


def normalised(payoffs: Array) -> tuple[Array, Array, Array]:
    """Return payoffs ``(P, 2, n0, n1)`` rescaled to [0, 1], the shift and the scale ``(P, 2)``."""
    shift, scale = payoffs.min(axis=(2, 3)), _spread(payoffs)
    return (payoffs - shift[..., None, None]) / scale[..., None, None], shift, scale


def _best(p: Array) -> Array:
    """Return what each player's best deviation pays, ``(P, 2, n0, n1)``."""
    first = np.broadcast_to(p[:, 0].max(axis=1, keepdims=True), p[:, 0].shape)
    second = np.broadcast_to(p[:, 1].max(axis=2, keepdims=True), p[:, 1].shape)
    return np.stack((first, second), axis=1)


def _spread(p: Array) -> Array:
    spread = np.ptp(p, axis=(2, 3))
    return np.where(spread > 0, spread, 1.0)


def _alive(p: Array, discount: Array) -> tuple[Bools, Array]:
    """Drop profiles until the best payoffs left could reward every profile left.

    Returns
    -------
    alive, top
        Shape ``(P, n0, n1)``, and ``(P, 2)``: the best payoff of each player among them.
    """
    best, scale = _best(p), _spread(p)[..., None, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = ((1 - discount) / discount)[..., None, None]
        need = np.where(best > p, rate * (best - p), 0.0)
    alive = np.ones((len(p), *p.shape[2:]), dtype=np.bool_)
    while True:
        top = np.where(alive[:, None], p, -np.inf).max(axis=(2, 3))
        low = np.where(alive[:, None], best, np.inf).min(axis=(2, 3))
        with np.errstate(invalid="ignore"):
            room = (top - low)[..., None, None] + TIGHT * scale - need
        left = alive & (room >= 0).all(axis=1)
        if (left == alive).all():
            return alive, top
        alive = left


def _settle_points(p: Array, cells: Bools, alive: Bools, facts: Facts) -> None:
    """Settle games with nothing left, or only cells of one payoff, one of them an equilibrium."""
    none = ~alive.any(axis=(1, 2))
    top = np.where(alive[:, None], p, -np.inf).max(axis=(2, 3))
    low = np.where(alive[:, None], p, np.inf).min(axis=(2, 3))
    single = (top == low).all(axis=1) & (alive & cells).any(axis=(1, 2))
    facts.status[none], facts.status[single] = 0, 1
    facts.gap[none | single] = 0.0
    facts.threats[single] = top[single]
