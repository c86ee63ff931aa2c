"""The sets of a stochastic game while they are being found: outer and inner ones, block by block.

Outer sets start from everything and relax each constraint by a slack; inner sets start from those
and tighten each by a slack. If rounding moves inner sets by at most rho a round, a promise is off
by at most eta, about rho / (1 - delta) over the whole future, so that with a slack of at least 2
eta every inner promise can be kept. Rho is measured and not assumed: if the slack proves too
small, the inner sets are sought again with a wider one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from negotiation.equilibria.repeated.payoff_set import solve_set
from negotiation.equilibria.stochastic.blocks import Part, beyond
from negotiation.errors import NearCriticalError
from negotiation.games.game import normalised_payoffs
from negotiation.kernels.generation import Mask
from negotiation.kernels.hulls import Array, Index
from negotiation.kernels.minkowski import FLAT
from negotiation.kernels.stochastic_iteration import Beyond, Sets
from negotiation.kernels.stochastic_operator import Block, IterationWorkspace, workspace

__all__ = ["SETTLED", "Family", "Settle", "bracket"]

LIMIT = 20_000
"""Rounds at most."""

SETTLED = 1e-13
"""Sets that move by less than this share of the range in a round are at rest."""

ROUGH = 1e-11
"""Where states lead to one another, inner sets are kept in shape by aims if the outer ones were
rounded by more than this in the last round; elsewhere if they were rounded at all."""

ATTEMPTS = 4
"""Slacks tried for inner sets."""

Settle = Callable[..., tuple[int, float, float]]
"""`rounds.settle`, compiled or as it stands."""


@dataclass
class Family:
    """Sets of all states while they are being found.

    Attributes
    ----------
    rings, size
        Shape ``(S, M, 2)`` and ``(S,)``: vertices, and how many; 0 where empty.
    low
        Shape ``(S, 2)``: threats.
    slack
        What constraints are relaxed (negative) or tightened by.
    aim, aims
        Directions in which inner sets are kept exact, and how many; 0 for all.
    eta
        Shape ``(S,)``: how far a promise may be off by rounding.
    rounds
        Rounds used.
    rough
        The last change where the round limit was reached; 0 otherwise.
    coarse
        The most that vertices rounded away moved a set in one round.
    played
        For each state the profiles that can be played.
    """

    rings: Array
    size: Index
    low: Array
    slack: float
    aim: Array
    aims: Index
    eta: Array
    rounds: int = 0
    rough: float = 0.0
    coarse: float = 0.0
    played: dict[int, Mask] = field(default_factory=dict)

    @classmethod
    def start(cls, count: int, slack: float, most: int) -> Family:
        """Return a family whose sets are all the unit square."""
        rings = np.zeros((count, most, 2))
        rings[:, :4] = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
        size, none = np.full(count, 4, dtype=np.intp), np.zeros(count, dtype=np.intp)
        low, eta = np.zeros((count, 2)), np.zeros(count)
        return cls(rings, size, low, slack, np.zeros((count, most, 2)), none, eta)

    def wider(self, most: int) -> Family:
        """Return a copy of these sets with room for more vertices."""
        family = Family.start(len(self.size), self.slack, most)
        family.rings[:, : self.rings.shape[1]] = self.rings
        family.size, family.low, family.rounds = self.size.copy(), self.low.copy(), self.rounds
        return family

    def ring(self, s: int) -> Array:
        """Return the vertices of one state."""
        return self.rings[s, : self.size[s]]


def bracket(cut: list[Part], outer: Family, run: Settle) -> tuple[Family, Family]:
    """Bring outer sets down as far as they go, and find inner sets."""
    inner = Family.start(len(outer.size), -outer.slack, outer.rings.shape[1])
    for part in cut:
        _solve(part, outer, inner, run)
    return outer, inner


def _solve(part: Part, outer: Family, inner: Family, run: Settle) -> None:
    """Find the outer and the inner sets of one block, those it leads to being known."""
    states = part.states
    if part.absorbing and _as_repeated(part, outer, inner, run):
        return
    coarse = _settle(part, outer, run, outer.slack)
    if not outer.size[states[0]]:
        inner.size[states] = 0
        return
    slack = max(inner.slack, 3 * _promised(part, inner, 0.0))
    rough = ROUGH if len(states) > 1 else FLAT
    for _ in range(ATTEMPTS):
        inner.rings[states], inner.size[states] = outer.rings[states], outer.size[states]
        for s in states:
            inner.low[s] = inner.ring(s).min(axis=0)
            if coarse > rough:
                _aim(inner, s)
        short = _settle(part, inner, run, slack)
        inner.eta[states] = _promised(part, inner, short)
        if slack >= 2 * inner.eta[states[0]] or not inner.size[states[0]]:
            return
        slack = 5 * inner.eta[states[0]]
    inner.size[states] = 0


def _promised(part: Part, family: Family, rho: float) -> float:
    """Bound how far from its promise a payoff can end up, if every round is off by rho."""
    delta, worst = float(part.block.discount.max()), 0.0
    alone = len(part.states) == 1
    for stay, row in zip(part.block.stay, part.outside, strict=True):
        later = max((float(family.eta[to]) for to, _ in row), default=0.0)
        keep = float(stay) if alone else 0.0
        worst = max(worst, (rho + delta * (1 - keep) * later) / (1 - delta * keep))
    return worst if alone else max(worst, rho / (1 - delta))


def _aim(family: Family, s: int) -> None:
    """Choose the directions in which a state's inner set is kept exact: its vertices' own."""
    ring = family.ring(s)
    edge = np.roll(ring, -1, axis=0) - ring
    edge /= np.maximum(np.hypot(edge[:, 0], edge[:, 1]), 1e-300)[:, None]
    along = edge + np.roll(edge, 1, axis=0)
    axes = np.array([[-1.0, 0.0], [0.0, -1.0], [1.0, 0.0], [0.0, 1.0]])
    normals = np.concatenate((axes, np.stack((along[:, 1], -along[:, 0]), axis=1)))
    family.aim[s, : len(normals)], family.aims[s] = normals, len(normals)


def _as_repeated(part: Part, outer: Family, inner: Family, run: Settle) -> bool:
    """Solve a state that never changes as the repeated game that it is; tell whether it worked."""
    s, block = int(part.states[0]), part.block
    payoffs, low, scale = normalised_payoffs(block.g.T.reshape(2, -1, block.width[0]))
    try:
        solution = solve_set(payoffs, block.discount)
    except NearCriticalError:
        return False
    many = solution.ring is not None and len(solution.ring) > inner.rings.shape[1]
    if solution.knife_edge or solution.gap > inner.slack / 4 or many:
        return False
    for family in (outer, inner):
        family.size[s] = 0 if solution.ring is None else len(solution.ring)
        if solution.ring is not None:
            family.rings[s, : len(solution.ring)] = solution.ring * scale + low
            family.low[s] = solution.threat * scale + low
        family.eta[s] = solution.gap
        if solution.ring is not None:
            iteration_args = _ready(part, family)
            run(*iteration_args, outer.slack, 0, SETTLED)
            _record(part, family, iteration_args[-1])
    return True


def _ready(part: Part, family: Family) -> tuple[Block, Beyond, Sets, IterationWorkspace]:
    """Return what the rounds of one block work on; the sets are copies."""
    states = part.states
    block, others = beyond(part, family.rings, family.size, family.low)
    aim, aims = family.aim[states], family.aims[states]
    sets = Sets(family.rings[states], family.size[states], family.low[states], aim, aims)
    return block, others, sets, workspace(block, family.rings.shape[1])


def _record(part: Part, family: Family, work: IterationWorkspace) -> None:
    """Keep which profiles could be played when each state was last applied."""
    first, width = part.block.first, part.block.width
    for k, s in enumerate(part.states.tolist()):
        family.played[s] = (work.played[first[k] : first[k + 1]] > 0).reshape(-1, width[k])


def _settle(part: Part, family: Family, run: Settle, slack: float) -> float:
    """Bring one family's sets of one block to rest.

    Returns
    -------
    float
        How far rounding moved an outer set in one round; how far inner sets lie outside what they
        generate.
    """
    states = part.states
    iteration_args = _ready(part, family)
    _, _, sets, work = iteration_args
    count, change, moved = run(*iteration_args, slack, LIMIT, SETTLED)
    family.rings[states], family.size[states], family.low[states] = sets[:3]
    family.rounds += count
    _record(part, family, work)
    if slack < 0:
        family.coarse = max(family.coarse, moved)
        family.rough = max(family.rough, change) if count == LIMIT else family.rough
        return float(moved)
    if not sets.size[0]:
        return 0.0
    short = float(run(*iteration_args, slack, 0, SETTLED)[1])
    _record(part, family, work)
    return short + FLAT * sum(map(len, part.outside))
