"""Answer yes-or-no questions about many games from bounds on their payoff sets.

Near a point at which the set of sustainable payoffs vanishes, finding all of it takes very long.
What hangs on it does not. Outer rounds bound it from outside: once nothing in the bound is good
enough, the answer is no. A set that generates itself is inside it: once something in that is good
enough, the answer is yes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from negotiation.equilibria.repeated.batch_sets import worst_payoffs
from negotiation.equilibria.repeated.payoff_rings import MOST, shapes, spread_out
from negotiation.equilibria.repeated.payoff_set import payoff_set
from negotiation.equilibria.repeated.screening import (
    NEAR,
    TIES,
    Bools,
    Codes,
    empty_facts,
    look,
    lowest,
    patience,
    patience_at,
    stage,
    yes_or_no,
)
from negotiation.errors import NearCriticalError
from negotiation.games.game import (
    Array,
    Game,
    best_deviation_payoffs,
    best_other_payoffs,
    enforceable,
    normalised_payoffs,
    payoff_spans,
)
from negotiation.kernels.hulls import beats_both
from negotiation.kernels.inner_sets import inner_sets, make_scratch
from negotiation.kernels.outer_sets import outer_rounds

__all__ = [
    "Bounds",
    "Question",
    "anything",
    "ask",
    "better",
    "bounds",
    "either",
    "every",
    "held",
    "self_enforcing",
    "worst_known",
]

_ROUNDS, _LONG = 3000, 1_000_000
"""Most rounds of bounds; and if the question has to be settled, as long as they still get anywhere,
as they do ever so slowly where a set only just vanishes. Whole sets would not get as far."""
_STALLED = 1e-12
"""Bounds that move by less than this share of the payoff range get nowhere."""

_FINE = 1e-7
"""Smallest corners of sets from inside, as a share of 1 - δ."""

_BLOCK = 1024
"""How many games are looked at together."""
_CHUNK, _WORK = 64, 1024
"""How many of them in one call of a kernel, and how many rounds of single games there."""

Cell = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Bounds:
    """Bounds on the worst payoffs and the best joint lead of each of P games.

    Attributes
    ----------
    game
        Payoffs ``(P, 2, n0, n1)``, discount factors ``(P, 2)``.
    cells
        Shape ``(P, n0, n1)``: pure stage equilibria.
    worst
        Shape ``(P, 2)``: each player's worst stage equilibrium payoff, mixed included; NaN where
        it was not to be compared with.
    low, high
        Shape ``(P, 2)``: bounds on the worst subgame-perfect payoffs; infinite while unknown.
    least, most
        Shape ``(P,)``: bounds on how far something sustainable lies beyond `worst` for both, as a
        share of the payoff range.
    empty
        Shape ``(P,)``: there is no equilibrium in pure strategies.
    """

    game: Game
    cells: Bools
    worst: Array
    low: Array
    high: Array
    least: Array
    most: Array
    empty: Bools

    @cached_property
    def spread(self) -> Array:
        """Return the payoff ranges that matter, shape ``(P, 2)``."""
        return payoff_spans(self.game.payoffs)

    def slack(self, cell: Cell) -> Array:
        """Return each player's incentive slack at a cell, at the worst payoff that is sure.

        Shape ``(P, 2)``, on average a period.
        """
        g, d = self.game.payoffs[:, :, cell[0], cell[1]], self.game.discount
        best = best_other_payoffs(self.game)[:, :, cell[0], cell[1]]
        threats = np.where(np.isfinite(self.high), self.high, self.low)
        return np.asarray(g - (1 - d) * best - d * threats, dtype=np.float64)

    def part(self, rows: npt.NDArray[np.intp] | slice) -> Bounds:
        """Return the bounds of the games at `rows`."""
        game = Game(self.game.payoffs[rows], self.game.discount[rows])
        rest = {f.name: getattr(self, f.name)[rows] for f in fields(self) if f.name != "game"}
        return Bounds(game=game, **rest)

    def put(self, rows: npt.NDArray[np.intp] | slice, other: Bounds) -> None:
        """Set the bounds of the games at `rows` to those in `other`."""
        for name in ("low", "high", "least", "most", "empty"):
            getattr(self, name)[rows] = getattr(other, name)


Question = Callable[[Bounds], Codes]
"""1 where the answer is yes, 0 where it is no, -1 where the bounds leave it open."""


def held(cell: Cell) -> Question:
    """Ask whether a cell can be played for ever."""

    def test(b: Bounds) -> Codes:
        lead = (b.game.payoffs[:, :, cell[0], cell[1]] - b.worst) / b.spread
        no = b.empty | (lead.min(axis=1) > b.most + TIES)
        return np.where(no, np.int8(0), _kept(b, cell))

    return test


def _kept(b: Bounds, cell: Cell) -> Codes:
    """Compare critical discount factors, at both bounds on the threats, with the actual ones."""
    yes, no = (
        (patience_at(b.game, threats, cell, b.spread) <= b.game.discount + TIES).all(axis=1)
        for threats in (b.high, b.low)
    )
    return yes_or_no(np.isfinite(b.high).all(axis=1) & yes, ~no)


def self_enforcing(truces: Bools) -> Question:
    """Ask whether a cell marked in `truces` is a stage equilibrium."""

    def test(b: Bounds) -> Codes:
        is_nash = (b.cells & truces).any(axis=(1, 2))
        return yes_or_no(is_nash, ~is_nash)

    return test


def better(b: Bounds) -> Codes:
    """Ask whether something sustainable beats the worst stage equilibria for both."""
    return yes_or_no(b.least > NEAR, b.empty | (b.most <= NEAR))


def anything(b: Bounds) -> Codes:
    """Ask whether there is an equilibrium in pure strategies at all."""
    return yes_or_no(np.isfinite(b.high).all(axis=1), b.empty)


def worst_known(b: Bounds) -> Codes:
    """Ask that the worst payoffs be known to a millionth of the range, and nothing else."""
    gap = np.where(np.isfinite(b.high), b.high, np.inf) - b.low
    return yes_or_no((gap <= 1e-6 * b.spread).all(axis=1), b.empty)


def every(*questions: Question) -> Question:
    """Ask for all answers at once: 1 where all of them are known."""

    def test(b: Bounds) -> Codes:
        decided = np.all([q(b) >= 0 for q in questions], axis=0)
        return yes_or_no(decided, np.zeros_like(decided))

    return test


def either(*questions: Question) -> Question:
    """Ask whether at least one answer is yes."""

    def test(b: Bounds) -> Codes:
        codes = np.stack([question(b) for question in questions])
        return yes_or_no((codes == 1).any(axis=0), (codes == 0).all(axis=0))

    return test


def ask(game: Game, question: Question, *, compare: bool = True) -> Codes:
    """Answer a question about every game of a flat batch.

    Parameters
    ----------
    game
        Payoffs ``(P, 2, n0, n1)``, discount factors ``(P, 2)``.
    question
        One of the above.
    compare
        Whether it compares anything with stage equilibria, which then have to be found.

    Returns
    -------
    Codes
        Shape ``(P,)``: 1 yes, 0 no, -1 where rounding decides.

    Examples
    --------
    >>> pd = Game.from_tables([[9, 1], [10, 3]], [[9, 10], [1, 3]])
    >>> pds = Game(np.broadcast_to(pd.payoffs, (3, 2, 2, 2)), np.array([[0.1], [0.4], [0.75]]))
    >>> ask(pds, held((0, 0))).tolist(), ask(pds, better).tolist()
    ([0, 1, 1], [0, 1, 1])
    """
    return question(bounds(game, question, compare=compare))


def bounds(
    game: Game,
    question: Question,
    *,
    compare: bool = True,
    finish: bool = True,
    extra: float = 0.0,
    rounds: int | None = None,
) -> Bounds:
    """Return bounds on each game of a flat batch that are tight enough to answer a question.

    Unless it is to `finish`, what rounds of bounds leave open stays open: right at a change the
    whole set can take seconds for one game. With `extra`, deviators must lose that much more than
    the incentives ask for, as a share of the payoff range; then nothing is compared. After `rounds`
    what is open stays open.
    """
    discount = np.broadcast_to(game.discount, (len(game.payoffs), 2))
    flat = Game(game.payoffs, discount)
    payoff_bounds = _demanding(flat) if extra else _at_once(flat, compare=compare)
    undecided = np.flatnonzero(question(payoff_bounds) < 0)

    for start in range(0, len(undecided), _BLOCK):
        rows = undecided[start : start + _BLOCK]
        chunk = payoff_bounds.part(rows)
        slow = _by_sets(chunk, question, rounds or (_LONG if finish else _ROUNDS), extra)
        if finish and not rounds:
            _exactly(chunk, question, slow)
        payoff_bounds.put(rows, chunk)
    return payoff_bounds


def _demanding(game: Game) -> Bounds:
    """Return bounds that hold whatever deviators must lose besides: pure stage equilibria stay."""
    games, best = len(game.payoffs), best_deviation_payoffs(game)
    cells: Bools = (game.payoffs == best).all(axis=1)
    return Bounds(
        game=game,
        cells=cells,
        worst=np.full((games, 2), np.nan),
        low=best.min(axis=(2, 3)),
        high=lowest(game.payoffs, cells),
        least=np.full(games, -np.inf),
        most=np.full(games, np.inf),
        empty=np.zeros(games, dtype=np.bool_),
    )


def _at_once(game: Game, *, compare: bool) -> Bounds:
    """Return the bounds that comparing payoffs gives, without any payoff set.

    A pure stage equilibrium can be played for ever, so nobody's worst payoff is above what it pays.
    """
    games, (n0, n1) = len(game.payoffs), game.shape
    facts, discount = empty_facts(games, n0, n1), game.discount[:, :, None, None]
    unknown = np.flatnonzero(stage(game, facts))
    if compare:
        worst_payoffs(game, unknown, facts)
    quick = look(game, np.zeros(game.shape, dtype=np.bool_), facts)
    has_threats = facts.any & np.isfinite(facts.min_spe_payoffs).all(axis=1)
    high = np.where(has_threats[:, None], facts.min_spe_payoffs, lowest(game.payoffs, facts.cells))
    stays = facts.cells | (patience(game, high) <= discount + TIES).all(axis=1)
    payoff_bounds = Bounds(
        game=game,
        cells=facts.cells,
        worst=facts.worst,
        low=np.where(has_threats[:, None], facts.min_spe_payoffs, -np.inf),
        high=high,
        least=np.full(games, -np.inf),
        most=np.full(games, np.inf),
        empty=facts.status == 0,
    )
    lead = (game.payoffs - payoff_bounds.worst[..., None, None]) / payoff_bounds.spread[
        ..., None, None
    ]
    least = np.where(stays, lead.min(axis=1), -np.inf).max(axis=(1, 2))
    reach = np.where(quick.active[:, None], lead, -np.inf).max(axis=(2, 3)).min(axis=1)
    return replace(payoff_bounds, least=least, most=reach)


def _by_sets(
    payoff_bounds: Bounds, question: Question, most: int, extra: float
) -> npt.NDArray[np.intp]:
    """Alternate outer rounds and inner sets until the question is answered or rounds run out.

    Returns the games for which they did while they still got somewhere.
    """
    d = np.array(payoff_bounds.game.discount)
    active = enforceable(payoff_bounds.game.payoffs, d)
    p, shift, scale = normalised_payoffs(payoff_bounds.game.payoffs, active)
    worst = (payoff_bounds.worst - shift) / scale
    games, cells = len(p), p[0, 0].size
    state = _start(games)
    inner = np.zeros((games, MOST, 2)), np.zeros(games, dtype=np.intp), np.zeros((games, 2))
    use = active.reshape(games, cells).astype(np.intp)
    game = np.ascontiguousarray(p), d, use, np.full(games, extra)
    undecided, count = np.arange(games), 0

    spare = [make_scratch(cells, MOST)]  # as many as there are threads, in the end

    def work(rows: slice) -> None:
        chunk, scratch = undecided[rows].copy(), spare.pop() if spare else make_scratch(cells, MOST)
        outer_rounds(game, state, chunk, rounds, scratch[0])
        inner_sets(game, state, inner, chunk, (count == 0, _FINE), scratch)
        spare.append(scratch)

    while len(undecided) and count < most:
        rounds = max(2, 7 * count)
        before = _extents(state, undecided) if count + rounds >= _ROUNDS else None
        spread_out(work, len(undecided), max(1, min(_CHUNK, _WORK // rounds)))
        _from_outside(payoff_bounds, state, worst, (shift, scale), use)
        _from_inside(payoff_bounds, inner, worst, (shift, scale))
        count += rounds
        open_ = (question(payoff_bounds)[undecided] < 0) & (state[1][undecided] > 0)
        if before is not None:
            open_ &= np.abs(_extents(state, undecided) - before).max(axis=1) > _STALLED
        undecided = undecided[open_]
    return undecided


_State = tuple[Array, npt.NDArray[np.intp], Array, Array]


def _start(games: int) -> _State:
    """Return the initial state of the outer iterations; empty where discount factors differ."""
    rings, sizes = np.zeros((games, MOST, 2)), np.zeros(games, dtype=np.intp)
    threats = np.zeros((games, 2))
    return rings, sizes, threats, threats.copy()


def _extents(state: _State, rows: npt.NDArray[np.intp]) -> Array:
    """Return how far rings reach in a few directions, shape ``(n, 16)``."""
    angles = np.arange(16) * (np.pi / 8)
    far = state[0][rows] @ np.stack((np.cos(angles), np.sin(angles)))
    inside = np.arange(MOST)[:, None] < state[1][rows, None, None]
    return np.asarray(np.where(inside, far, -2.0).max(axis=1), dtype=np.float64)


def _from_outside(
    payoff_bounds: Bounds,
    state: _State,
    worst: Array,
    units: tuple[Array, Array],
    use: npt.NDArray[np.intp],
) -> None:
    rings, sizes, threats, _ = state
    shift, scale = units
    payoff_bounds.empty[...] |= sizes == 0
    nonempty = sizes > 0
    low = np.where(nonempty[:, None], threats * scale + shift, -np.inf)
    payoff_bounds.low[...] = np.maximum(payoff_bounds.low, low)
    payoff_bounds.most[nonempty] = np.minimum(payoff_bounds.most, shapes(rings, sizes, worst)[1])[
        nonempty
    ]
    g = payoff_bounds.game.payoffs.reshape(len(rings), 2, -1)
    top = np.where(use[:, None] > 0, g, -np.inf).max(axis=2)
    payoff_bounds.most[...] = np.minimum(
        payoff_bounds.most, ((top - payoff_bounds.worst) / payoff_bounds.spread).min(axis=1)
    )


def _from_inside(
    payoff_bounds: Bounds,
    inner: tuple[Array, npt.NDArray[np.intp], Array],
    worst: Array,
    units: tuple[Array, Array],
) -> None:
    shift, scale = units
    rings, sizes, low = inner
    nonempty = sizes > 0
    payoff_bounds.least[nonempty] = np.maximum(payoff_bounds.least, shapes(rings, sizes, worst)[1])[
        nonempty
    ]
    payoff_bounds.high[nonempty] = np.minimum(payoff_bounds.high, low * scale + shift)[nonempty]


def _exactly(payoff_bounds: Bounds, question: Question, slow: npt.NDArray[np.intp]) -> None:
    """Bound the undecided games by the reference solver, but for those that are too slow."""
    for k in sorted({*np.flatnonzero(question(payoff_bounds) < 0).tolist()} - {*slow.tolist()}):
        try:
            solution = payoff_set(
                Game(payoff_bounds.game.payoffs[k], payoff_bounds.game.discount[k])
            )
        except NearCriticalError:
            continue
        payoff_bounds.empty[k] = solution.min_spe_payoffs is None
        if solution.min_spe_payoffs is not None:
            payoff_bounds.low[k] = payoff_bounds.high[k] = solution.min_spe_payoffs
        if solution.min_spe_payoffs is not None and np.isfinite(payoff_bounds.worst[k]).all():
            beats = beats_both(solution.vertices, payoff_bounds.worst[k], payoff_bounds.spread[k])
            payoff_bounds.least[k] = np.inf if beats else payoff_bounds.least[k]
            payoff_bounds.most[k] = payoff_bounds.most[k] if beats else -np.inf
