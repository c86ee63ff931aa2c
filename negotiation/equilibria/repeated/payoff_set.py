"""Infinitely repeated games: the set of payoffs that can be sustained.

Pure strategies, perfect monitoring, public randomisation. The set of subgame-perfect payoffs
follows Abreu & Sannikov (2014) for one common discount factor and Abreu, Pearce & Stacchetti
(1990) with a factor per player otherwise. A single game is a batch of one: `payoff_rings` finds a
set that generates itself and bounds its distance to all that might be sustainable.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from negotiation.equilibria.repeated.payoff_rings import MOST, payoff_rings
from negotiation.errors import GameError, NearCriticalError
from negotiation.games.game import (
    Array,
    Bools,
    Game,
    best_deviation_payoffs,
    enforceable,
    normalised_payoffs,
)
from negotiation.kernels.generation import CONSTANT, VERTEX, Generated, Stage
from negotiation.kernels.hulls import distance, hull, status, tidy
from negotiation.kernels.operator import make_workspace
from negotiation.kernels.outer_sets import generated
from negotiation.kernels.polygons import apart

__all__ = [
    "PayoffSet",
    "SelfGenerating",
    "best_deviation_payoffs",
    "payoff_set",
    "pure_minmax",
    "solve_set",
    "unit_payoffs",
    "with_discount",
]

_TOO_FAR = 1e-3
"""A gap larger than this share of the payoffs that matter is a refusal."""

_PATIENT = 0.99
"""Chains of continuations are thousands long where both discount factors are above this."""

_EQUAL = 1e-12
"""Shares of the payoffs that matter that count as nothing."""

_HAIR, _STEADY, _TIGHT = 1e-9, 1e-6, 2e-12
"""What deviators are asked to lose besides, to see whether the set hangs on equality; by how much
it may change; and what incentives are met within, twice."""


@dataclass(frozen=True, eq=False)
class SelfGenerating:
    """A certified set of subgame-perfect payoffs, in normalised payoffs.

    Attributes
    ----------
    payoffs, discount, alive
        The game: shapes ``(2, n0, n1)``, ``(2,)`` and ``(n0, n1)``, the profiles that set the
        scale. All others are played in no equilibrium.
    ring
        Shape ``(m, 2)``; None when no pure-strategy equilibrium exists.
    threat
        Shape ``(2,)``: each player's worst payoff in the set.
    gap
        Bound on the Hausdorff distance to the true set. On a knife edge, where a constraint holds
        with equality, the true set is the one in which equality is enough.
    knife_edge
        Whether asking deviators to lose 1e-9 of the payoff range would change the set.
    """

    payoffs: Array
    discount: Array
    active: Bools
    ring: Array | None
    threat: Array
    gap: float
    knife_edge: bool

    @cached_property
    def how(self) -> Generated | None:
        """Generation of each vertex from the set itself; None when empty."""
        return None if self.ring is None else _generated(self, self.ring, 0.0)


def solve_set(payoffs: Array, discount: Array, active: Bools | None = None) -> SelfGenerating:
    """Find the subgame-perfect payoff set of one game in normalised payoffs.

    Parameters
    ----------
    payoffs
        Shape ``(2, n0, n1)``, each player's payoffs between 0 and 1.
    discount
        Shape ``(2,)``.
    active
        Shape ``(n0, n1)``: the profiles that may be played; by default all.

    Raises
    ------
    NearCriticalError
        If the set could not be pinned down, which happens only next to a discount factor at which
        it changes.
    """
    marked: Bools = np.ones(payoffs.shape[1:], dtype=np.bool_)
    marked = marked if active is None else active
    ring, floor, gap = _one(payoffs, discount, marked, 0.0)
    if gap > _TOO_FAR:
        raise NearCriticalError(_undecided(discount), residual=min(gap, 1.0))
    found = SelfGenerating(payoffs, discount, marked, ring, floor, gap, knife_edge=False)
    if ring is not None:
        ring = _with_least_paid(found, ring, floor)
        found = replace(found, ring=ring, threat=ring.min(axis=0))
    if ring is None or not _fragile(found, ring):
        return found
    moved = _moved(found, ring, _TIGHT)
    gap = max(gap, moved) if moved < _TOO_FAR else gap
    return replace(found, gap=gap, knife_edge=True)


def _one(
    payoffs: Array, discount: Array, active: Bools, extra: float, *, thorough: bool = True
) -> tuple[Array | None, Array, float]:
    """Return vertices, lower bounds on the worst payoffs and the gap, infinite if undecided."""
    found = payoff_rings(payoffs[None], discount[None], active[None], extra, thorough=thorough)
    count, floor = int(found.counts[0]), found.floor[0]
    if count < 0:
        return None, floor, np.inf
    if count == 0:
        return None, floor, 0.0
    return found.vertices[0, :count].copy(), floor, float(found.gap[0])


def _with_least_paid(found: SelfGenerating, ring: Array, floor: Array) -> Array:
    """Add profiles that pay a worst payoff for ever, in case they stand out by less than the gap.

    They are playable or not depending on whether the worst payoff is known to the last digit, and
    sets without their smallest corners can be 1e-10 short of it.
    """
    if (ring.min(axis=0) <= floor + 0.01 * _EQUAL).all():
        return ring
    stage = Stage.of(found.payoffs, found.discount)
    worth = (stage.g >= floor + stage.need - _EQUAL).all(axis=1) & found.active.ravel()
    near = stage.g[worth]
    near = near[distance(near, ring) <= _HAIR] if len(near) else near
    both = np.concatenate((ring, near))
    more: Array = both[hull(both)]
    how = _generated(found, more, 0.0)
    stands = how is not None and float(distance(more, how.points).max()) <= _EQUAL
    return more if stands else ring


def _undecided(discount: Array) -> str:
    """Say why no set was certified, and what to try."""
    if discount.max() > 1 - 4e-9:
        return (
            "a discount factor this close to 1 leaves the payoff set to rounding; "
            "take it a little lower"
        )
    if discount.min() > _PATIENT and discount[0] != discount[1]:
        return (
            "with two such patient sides, one more than the other, the payoff set has more corners "
            "than are kept; take one of the discount factors lower, or both the same"
        )
    return (
        "the bounds on the payoff set close in too slowly to certify it: these discount factors "
        "lie next to one at which it changes; take one of them a little lower or higher"
    )


def _fragile(found: SelfGenerating, ring: Array) -> bool:
    """Tell whether a slightly larger loss for deviators would change the set by much."""
    how = _generated(found, ring, _HAIR)
    if how is not None and _apart(ring, how.points) <= _STEADY:
        return False
    return _moved(found, ring, _HAIR) > _STEADY


def _moved(found: SelfGenerating, ring: Array, extra: float) -> float:
    """Return how far the set moves if deviators must lose `extra` more; infinite if it is lost."""
    thorough = len(ring) > MOST // 2
    other, _, gap = _one(found.payoffs, found.discount, found.active, extra, thorough=thorough)
    return np.inf if other is None or gap == np.inf else _apart(other, ring)


def _apart(one: Array, other: Array) -> float:
    """Return the Hausdorff distance of two rings, of any number of vertices."""
    return apart(np.ascontiguousarray(one), np.ascontiguousarray(other))


def _generated(found: SelfGenerating, ring: Array, extra: float) -> Generated | None:
    """Apply the operator once to a ring; None if nothing is generated."""
    use = found.active.reshape(1, -1).astype(np.intp)
    game = found.payoffs[None].copy(), found.discount[None].copy(), use, np.full(1, extra)
    tables, room = make_workspace(use.shape[1], len(ring))
    ring = np.ascontiguousarray(ring)
    chosen = room.chosen[: generated(game, ring, (tables, room))]
    if not len(chosen):
        return None
    points, (profile, kind, start) = room.points[chosen], room.info[chosen].T
    today = (1 - found.discount) * tables.g[profile]
    with np.errstate(divide="ignore", invalid="ignore"):
        then = np.where(found.discount > 0, (points - today) / found.discount, points)
    then = np.where((kind == CONSTANT)[:, None], tables.g[profile], then)
    then = np.where((kind == VERTEX)[:, None], ring[start], then)
    stop = np.where(kind > VERTEX, (start + 1) % len(ring), start)
    return Generated(points, profile, kind, start, stop, then)


@dataclass(frozen=True)
class PayoffSet:
    """The subgame-perfect payoffs of one repeated game, certified.

    Attributes
    ----------
    status
        ``polygon``, ``segment``, ``point`` or ``empty``.
    vertices
        Shape ``(m, 2)``: average payoffs a period, counter-clockwise from the lexicographically
        smallest; ``(0, 2)`` when empty.
    gap
        Bound on the Hausdorff distance to the true set, in payoff units.
    min_spe_payoffs
        Each player's worst subgame-perfect payoff, shape ``(2,)``; None when empty.
    discount
        The two discount factors.
    near_critical
        The discount factors sit on a value at which the set changes: at it, incentives hold with
        equality, and with a hair less patience part of the set is lost.
    method
        For people.
    """

    status: str
    vertices: Array
    gap: float
    min_spe_payoffs: Array | None
    discount: tuple[float, float]
    near_critical: bool
    method: str
    normalised: SelfGenerating = field(repr=False)


def unit_payoffs(game: Game) -> tuple[Array, Array, Array]:
    """Return the payoffs of a single game rescaled to [0, 1] per player, shift and scale.

    Of the profiles that are played at some discount factor.

    Raises
    ------
    GameError
        For a batch.
    """
    _single(game)
    return normalised_payoffs(game.payoffs, enforceable(game.payoffs))


def _single(game: Game) -> None:
    if game.batch:
        raise GameError("a batch of games was given; index one game first")


def payoff_set(game: Game) -> PayoffSet:
    """Return the set of subgame-perfect equilibrium payoffs at the game's discount factors.

    Parameters
    ----------
    game
        A single game.

    Raises
    ------
    NearCriticalError
        If rounding decides the answer.

    Examples
    --------
    >>> pd = Game.from_tables([[9, 1], [10, 3]], [[9, 10], [1, 3]], discount=0.75)
    >>> payoff_set(pd).vertices.round(6).tolist()
    [[3.0, 3.0], [9.75, 3.0], [9.0, 9.0], [3.0, 9.75]]
    """
    _single(game)
    active = enforceable(game.payoffs, game.discount)
    payoffs, shift, scale = normalised_payoffs(game.payoffs, active)
    solution = solve_set(payoffs, np.asarray(game.discount), active)
    ring, tidied = np.empty((0, 2)), 0.0
    if solution.ring is not None:
        short = tidy(solution.ring)
        ring, tidied = short * scale + shift, _apart(short, solution.ring)
    common = game.discount[0] == game.discount[1]
    return PayoffSet(
        status=status(solution.ring),
        vertices=ring,
        gap=(solution.gap + tidied) * float(scale.max()),
        min_spe_payoffs=None if solution.ring is None else solution.threat * scale + shift,
        discount=(float(game.discount[0]), float(game.discount[1])),
        near_critical=solution.knife_edge,
        method="Abreu-Sannikov" if common else "Abreu-Pearce-Stacchetti, a factor per player",
        normalised=solution,
    )


def pure_minmax(game: Game) -> Array:
    """Return each player's pure minmax payoff, shape ``(..., 2)``."""
    c = best_deviation_payoffs(game)
    return np.asarray(c.min(axis=(-2, -1)), dtype=np.float64)


def with_discount(game: Game, discount: Array | float) -> Game:
    """Return the same game with other discount factors."""
    return Game(
        payoffs=game.payoffs,
        discount=np.asarray(discount, dtype=np.float64),
        players=game.players,
        actions=game.actions,
        outcomes=game.outcomes,
        exact=game.exact,
        title=game.title,
    )
