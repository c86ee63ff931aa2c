"""Games whose state moves: what can be sustained from every state, with a certificate.

Pure strategies, perfect monitoring, public randomisation. The operator is that of Abreu, Pearce
and Stacchetti (1990), state by state; `rounds.py` says what one round is. States that lead to one
another are solved together, given those they lead to; where nothing leads back, each state is a
problem of its own.

Two families of sets come out. Outer sets start from everything and relax each constraint by a
slack; inner sets start from those and tighten each by a slack. If rounding moves inner sets by at
most rho a round, a promise is off by at most eta, about rho / (1 - delta), so that with a slack of
at least 2 eta every inner promise can be kept: the true set lies between the two, and their
distance is reported as `gap`. Where a set has more vertices than are kept, outer sets are rounded
outward and inner ones inward.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from .blocks import Part, beyond, normalised, parts
from .compiled import kernel
from .errors import NearCriticalError
from .operator import Mask
from .payoff_set import solve_set
from .planar import FLAT, clip
from .polygon import Array, Index, hausdorff, hull, status, tidy
from .rounds import Beyond, Block, Sets, Work, settle, workspace
from .stochastic_game import StochasticGame

__all__ = ["StatePayoffs", "StochasticSets", "stochastic_sets"]

MOST = {8: (256, 2048), 20: (128,), 1_000_000: (64,)}
"""Vertices kept for each state, by how many states there are at most; more if that is too few."""

LIMIT = 20_000
"""Rounds at most."""

SETTLED = 1e-13
ROUGH = 1e-11
"""Where states lead to one another, inner sets are kept in shape by aims if the outer ones were
rounded by more than this in the last round; elsewhere if they were rounded at all."""

CLOSE = 1e-8
"""Outer and inner sets further apart than this share of the payoff range are a knife edge."""

UNKNOWN = 10.0
"""The same where vertices have been rounded away: no inner set was found at all."""

ATTEMPTS = 4

Settle = Callable[..., tuple[int, float, float]]
"""`rounds.settle`, compiled or as it stands."""

COMPILE_FROM = 600
"""Work from which compiling pays: profiles times expected rounds times states that lead to one
another.

One of these takes about 1 to 4 ms as Python; compiling takes a second, loading what was compiled
before a tenth. What is on disk makes no difference, so that results repeat.
"""


@dataclass(frozen=True)
class StatePayoffs:
    """What can be sustained from one state on.

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
    threats
        Each player's worst subgame-perfect payoff from here on, shape ``(2,)``; None when empty.
    playable, possible
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
    threats: Array | None
    playable: Mask
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
        """Everything between 0 and 1."""
        rings = np.zeros((count, most, 2))
        rings[:, :4] = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
        size, none = np.full(count, 4, dtype=np.intp), np.zeros(count, dtype=np.intp)
        low, eta = np.zeros((count, 2)), np.zeros(count)
        return cls(rings, size, low, slack, np.zeros((count, most, 2)), none, eta)

    def wider(self, most: int) -> Family:
        """Start from these sets, with room for more vertices."""
        found = Family.start(len(self.size), self.slack, most)
        found.rings[:, : self.rings.shape[1]] = self.rings
        found.size, found.low, found.rounds = self.size.copy(), self.low.copy(), self.rounds
        return found

    def ring(self, s: int) -> Array:
        """Return the vertices of one state."""
        return self.rings[s, : self.size[s]]


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
    >>> stochastic_sets(game)["low"].vertices.tolist()
    [[4.0, 4.0]]
    """
    shift, scale, payoffs = normalised(game)
    cut = parts(game, payoffs)
    run = kernel("settle") if _worth_compiling(game, cut) else settle
    slack = max(1e-12, 10 * SETTLED / (1 - float(game.discount.max())))
    few, *more = next(most for count, most in MOST.items() if game.count <= count)
    outer, inner = _bracket(cut, Family.start(game.count, -slack, few), run)
    for most in more:
        if _unsure(outer, inner):
            outer, inner = _bracket(cut, outer.wider(most), run)
    found = [_state(game, s, (shift, scale), (outer, inner)) for s in range(game.count)]
    return StochasticSets(
        states=tuple(found),
        start=game.start,
        method="Abreu-Pearce-Stacchetti, state by state",
        rounds=outer.rounds + inner.rounds,
        normalised=outer,
    )


def _worth_compiling(game: StochasticGame, cut: list[Part]) -> bool:
    """Whether the expected work takes longer than compiling does."""
    work = 0.0
    for part in cut:
        keeps = 1.0 if len(part.states) > 1 else float(part.block.stay.max())
        rate = min(float(game.discount.max()) * keeps, 1 - 1e-6)
        rounds = 1 + (np.log(SETTLED) / np.log(rate) if rate > 0 else 0)
        work += len(part.block.g) * len(part.states) * rounds
    return work > COMPILE_FROM


def _bracket(cut: list[Part], outer: Family, run: Settle) -> tuple[Family, Family]:
    """Bring outer sets down as far as they go, and find inner sets."""
    inner = Family.start(len(outer.size), -outer.slack, outer.rings.shape[1])
    for part in cut:
        _solve(part, outer, inner, run)
    return outer, inner


def _unsure(outer: Family, inner: Family) -> bool:
    """Whether rounding vertices away may be what keeps outer and inner sets apart."""
    return outer.coarse > FLAT and any(
        inner.size[s] == 0 or hausdorff(outer.ring(s), inner.ring(s)) > CLOSE
        for s in np.flatnonzero(outer.size).tolist()
    )


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
    found = np.concatenate((axes, np.stack((along[:, 1], -along[:, 0]), axis=1)))
    family.aim[s, : len(found)], family.aims[s] = found, len(found)


def _as_repeated(part: Part, outer: Family, inner: Family, run: Settle) -> bool:
    """Solve a state that never changes as the repeated game that it is; tell whether it worked."""
    s, block = int(part.states[0]), part.block
    payoffs = block.g.T.reshape(2, -1, block.width[0])
    low = payoffs.min(axis=(1, 2))
    scale = np.ptp(payoffs, axis=(1, 2))
    scale = np.where(scale > 0, scale, 1.0)
    try:
        found = solve_set((payoffs - low[:, None, None]) / scale[:, None, None], block.discount)
    except NearCriticalError:
        return False
    many = found.ring is not None and len(found.ring) > inner.rings.shape[1]
    if found.knife_edge or found.gap > inner.slack / 4 or many:
        return False
    for family in (outer, inner):
        family.size[s] = 0 if found.ring is None else len(found.ring)
        if found.ring is not None:
            family.rings[s, : len(found.ring)] = found.ring * scale + low
            family.low[s] = found.threat * scale + low
        family.eta[s] = found.gap
        if found.ring is not None:
            known = _ready(part, family)
            run(*known, outer.slack, 0, SETTLED)
            _record(part, family, known[-1])
    return True


def _ready(part: Part, family: Family) -> tuple[Block, Beyond, Sets, Work]:
    """Return what the rounds of one block work on; the sets are copies."""
    states = part.states
    block, others = beyond(part, family.rings, family.size, family.low)
    aim, aims = family.aim[states], family.aims[states]
    sets = Sets(family.rings[states], family.size[states], family.low[states], aim, aims)
    return block, others, sets, workspace(block, family.rings.shape[1])


def _record(part: Part, family: Family, work: Work) -> None:
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
    known = _ready(part, family)
    _, _, sets, work = known
    count, change, moved = run(*known, slack, LIMIT, SETTLED)
    family.rings[states], family.size[states], family.low[states] = sets[:3]
    family.rounds += count
    _record(part, family, work)
    if slack < 0:
        family.coarse = max(family.coarse, moved)
        family.rough = max(family.rough, change) if count == LIMIT else family.rough
        return float(moved)
    if not sets.size[0]:
        return 0.0
    short = float(run(*known, slack, 0, SETTLED)[1])
    _record(part, family, work)
    return short + FLAT * sum(map(len, part.outside))


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
    """Say what was found for one state, in the game's units."""
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
        threats=ring.min(axis=0) * scale + shift,
        playable=inner.played[s] if len(within) else none,
        possible=outer.played[s],
        near_critical=knife_edge,
        proven=within * scale + shift,
        slip=float(inner.eta[s]),
    )
