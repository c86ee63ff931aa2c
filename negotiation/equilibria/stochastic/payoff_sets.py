"""Subgame-perfect payoff sets of every state of a stochastic game, with a certificate.

Pure strategies, perfect monitoring, public randomisation. The operator is that of Abreu, Pearce
and Stacchetti (1990), state by state; `state_round` says what one round is. States that lead to one
another are solved together, given those they lead to; where nothing leads back, each state is a
problem of its own.

Two families of sets come out, which `set_families.py` finds: outer ones that lose no equilibrium
payoff and inner ones that contain nothing else, rounding included. The true set lies between the
two, and their distance is reported as `gap`. Where a set has more vertices than are kept, outer
sets are rounded outward and inner ones inward.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from negotiation.equilibria.stochastic.blocks import Part, normalised, parts
from negotiation.equilibria.stochastic.bracketing import SETTLED, Family, bracket
from negotiation.errors import NearCriticalError
from negotiation.games.stochastic_game import StochasticGame
from negotiation.kernels.generation import Mask
from negotiation.kernels.hulls import Array, hausdorff, hull, status, tidy
from negotiation.kernels.minkowski import FLAT, clip
from negotiation.kernels.stochastic_iteration import iterate

__all__ = ["StatePayoffs", "StochasticSets", "stochastic_sets"]

MOST = {8: (256, 2048), 20: (128,), 1_000_000: (64,)}
"""Vertices kept for each state, by how many states there are at most; more if that is too few."""

CLOSE = 1e-8
"""Outer and inner sets further apart than this share of the payoff range are a knife edge."""

UNKNOWN = 10.0
"""The same where vertices have been rounded away: no inner set was found at all."""

COMPILE_FROM = 600
"""Work from which compiling pays: profiles times expected rounds times states that lead to one
another.

One of these takes about 1 to 4 ms as Python; compiling takes a second, loading what was compiled
before a tenth. What is on disk makes no difference, so that results repeat.
"""


@dataclass(frozen=True)
class StatePayoffs:
    """Subgame-perfect payoffs of play that starts in one state.

    Attributes
    ----------
    name
        The state.
    status
        ``polygon``, ``segment``, ``point`` or ``empty``.
    vertices
        Shape ``(m, 2)``: average payoffs a period, counter-clockwise from the lexicographically
        smallest; ``(0, 2)`` when empty.
    gap
        Bound on the Hausdorff distance to the true set, in payoff units.
    min_spe_payoffs
        Each player's worst subgame-perfect payoff from here on, shape ``(2,)``; None when empty.
    supportable_now, possible
        Shape ``(n0, n1)``: profiles that can be played here and now in some equilibrium; proven,
        and not excluded. They differ only within the gap.
    near_critical
        Incentives hold with equality somewhere on the way: with a hair less patience part of the
        set would be lost. The set is then the one in which equality is enough.
    proven, slip
        Shape ``(k, 2)``: vertices of a set, all of whose points are within `slip` of an equilibrium
        payoff, as `certify_stochastic` checks; `slip` is a share of each player's range of payoffs
        over all states. None where equality is needed, or nothing can be sustained.
    """

    name: str
    status: str
    vertices: Array
    gap: float
    min_spe_payoffs: Array | None
    supportable_now: Mask
    possible: Mask
    near_critical: bool
    proven: Array = field(repr=False)
    slip: float


@dataclass(frozen=True, eq=False)
class StochasticSets:
    """The subgame-perfect payoffs of every state of a stochastic game, certified.

    Attributes
    ----------
    states
        One entry per state, in the game's order.
    start
        Index of the first state.
    method
        For people.
    rounds
        Rounds of the operator used, over all states.
    """

    states: tuple[StatePayoffs, ...]
    start: int
    method: str
    rounds: int
    normalised: Family = field(repr=False)

    def __getitem__(self, name: str) -> StatePayoffs:
        """Return a state by name."""
        return next(s for s in self.states if s.name == name)


def stochastic_sets(game: StochasticGame) -> StochasticSets:
    """Return the sets of subgame-perfect payoffs of every state.

    Raises
    ------
    NearCriticalError
        If the sets could not be pinned down within the round limit.

    Examples
    --------
    >>> game = StochasticGame.from_tables(
    ...     [[[[4, 4], [2, 2]], [[4, 2], [4, 2]]], [[[2]], [[2]]]],
    ...     [[[[1, 0], [0, 1]], [[0, 1], [0, 1]]], [[[0, 1]]]],
    ...     discount=0.5, states=("low", "high"))
    >>> stochastic_sets(game)["low"].vertices.round(9).tolist()
    [[4.0, 4.0]]
    """
    shift, scale, payoffs = normalised(game)
    cut = parts(game, payoffs)
    run = iterate if _worth_compiling(game, cut) else iterate.plain
    slack = max(1e-12, 10 * SETTLED / (1 - float(game.discount.max())))
    few, *more = next(most for count, most in MOST.items() if game.count <= count)
    outer, inner = bracket(cut, Family.start(game.count, -slack, few), run)
    for most in more:
        if _unsure(outer, inner):
            outer, inner = bracket(cut, outer.wider(most), run)
    state_payoffs = [_state(game, s, (shift, scale), (outer, inner)) for s in range(game.count)]
    return StochasticSets(
        states=tuple(state_payoffs),
        start=game.start,
        method="Abreu-Pearce-Stacchetti, state by state",
        rounds=outer.rounds + inner.rounds,
        normalised=outer,
    )


def _worth_compiling(game: StochasticGame, cut: list[Part]) -> bool:
    """Tell whether the expected work takes longer than compiling does."""
    work = 0.0
    for part in cut:
        keeps = 1.0 if len(part.states) > 1 else float(part.block.stay.max())
        rate = min(float(game.discount.max()) * keeps, 1 - 1e-6)
        rounds = 1 + (np.log(SETTLED) / np.log(rate) if rate > 0 else 0)
        work += len(part.block.g) * len(part.states) * rounds
    return work > COMPILE_FROM


def _unsure(outer: Family, inner: Family) -> bool:
    """Tell whether rounding vertices away may keep the outer and inner sets apart."""
    return outer.coarse > FLAT and any(
        inner.size[s] == 0 or hausdorff(outer.ring(s), inner.ring(s)) > CLOSE
        for s in np.flatnonzero(outer.size).tolist()
    )


def _above(ring: Array, low: Array, unsure: float) -> Array:
    """Return the part of an outer set that is no worse than the threats for either player.

    Threats are only so sure. Where a side is as good as upright, less than that moves its end far.
    """
    for axis in (0, 1):
        part = np.empty((len(ring) + 2, 2))
        count = clip(ring, len(ring), axis, min(low[axis], ring[:, axis].max()) - unsure, part)
        ring = part[:count]
    return ring[hull(ring)]


def _state(
    game: StochasticGame, s: int, units: tuple[Array, Array], families: tuple[Family, Family]
) -> StatePayoffs:
    """Return the payoffs of one state, in the game's units."""
    (shift, scale), (outer, inner) = units, families
    ring, within = outer.ring(s), inner.ring(s)
    none = np.zeros(game.payoffs[s].shape[1:], dtype=np.bool_)
    if not len(ring):
        void = np.empty((0, 2))
        return StatePayoffs(game.states[s], "empty", void, 0.0, None, none, none, False, void, 0.0)
    apart = hausdorff(ring, within) if len(within) else np.inf
    knife_edge = apart > (CLOSE if outer.coarse <= FLAT else UNKNOWN)
    if knife_edge and outer.rough > 0:
        raise NearCriticalError(
            f"the payoffs of state {game.states[s]!r} change within rounding of these discount "
            "factors",
            residual=outer.rough,
        )
    if knife_edge:
        apart = 0.0 if outer.coarse <= FLAT else float(np.hypot(*np.ptp(ring, axis=0)))
    ring = _above(ring, outer.low[s], -outer.slack)
    short = tidy(ring)
    gap = hausdorff(short, ring) + apart + max(float(inner.eta[s]), SETTLED)
    return StatePayoffs(
        name=game.states[s],
        status=status(ring),
        vertices=short * scale + shift,
        gap=gap * float(scale.max()),
        min_spe_payoffs=ring.min(axis=0) * scale + shift,
        supportable_now=inner.played[s] if len(within) else none,
        possible=outer.played[s],
        near_critical=knife_edge,
        proven=within * scale + shift,
        slip=float(inner.eta[s]),
    )
