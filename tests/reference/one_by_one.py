"""Games of a batch solved again one at a time by the single-game path, and all that differs.

The single-game path is asked as `solve` asks it: `payoff_set`, `nash`, `pure_nash`, `slack`,
`critical_discount`. Nothing is taken from the modules of batches.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from negotiation.equilibria.repeated.discounts.near_critical import hangs_on_rounding
from negotiation.equilibria.repeated.discounts.patience import (
    Threats,
    critical_discount,
    critical_discount_of,
    patience_needed,
    penal_threats,
)
from negotiation.equilibria.repeated.payoff_set import PayoffSet, payoff_set
from negotiation.equilibria.repeated.set_parts import RingBatch, payoff_sets_batch
from negotiation.equilibria.repeated.transfers import critical_discount_with_transfers
from negotiation.equilibria.stage.nash import nash, pure_nash
from negotiation.errors import NearCriticalError
from negotiation.games.game import Array, Game
from negotiation.kernels.hulls import STATUSES, beats_both, hausdorff
from negotiation.solution.regimes import Facts, regime
from negotiation.sweeps.batch import REGIME_NAMES, BatchSolution, named_cells, solve_batch

SAME = 1e-8
"""Payoffs no further apart than this share of the range are the same, and sets if no further than
this beyond the gaps that both paths report."""

SAME_PATIENCE = 1e-9


@dataclass
class Tally:
    """What came of comparing many games.

    Attributes
    ----------
    games, exactly, refused
        How many; how many of them the batch left to the exact path; how many the exact path
        itself refuses.
    slow
        Games left out, of sets or of critical discount factors: the exact path took longer than
        allowed.
    different
        What differs, one line for each field of each game.
    distance
        The furthest that two numbers or sets are apart, as a share of the payoff range.
    discounts, patience
        Critical discount factors compared, and the furthest that two of them are apart.
    """

    games: int = 0
    exactly: int = 0
    refused: int = 0
    slow: int = 0
    different: list[str] = field(default_factory=list)
    distance: float = 0.0
    discounts: int = 0
    patience: float = 0.0


def random_games(shape: tuple[int, int], kind: str, *, common: bool, count: int, seed: int) -> Game:
    """Draw games; discount factors from .2 to .99, half of them on a few round values."""
    rng = np.random.default_rng([seed, *shape, len(kind), common])
    size = (count, 2, *shape)
    payoffs = {
        "real": lambda: rng.random(size),
        "integer": lambda: rng.integers(-5, 6, size).astype(float),
        "tied": lambda: rng.integers(0, 4, size).astype(float),
    }[kind]()
    each = (count, 1 if common else 2)
    round_ones = rng.choice([0.2, 0.25, 0.3, 0.5, 0.6, 0.75, 0.8, 0.9, 0.95, 0.99], each)
    discount = np.where(rng.random((count, 1)) < 0.5, round_ones, rng.uniform(0.2, 0.99, each))
    return Game(payoffs, discount * np.ones(2))


def some(game: Game, rows: list[int]) -> Game:
    discount = np.broadcast_to(game.discount, (*game.batch, 2))
    return Game(game.payoffs[rows], discount[rows], outcomes=game.outcomes)


def one(game: Game, k: int) -> Game:
    return Game(game.payoffs[k], game.discount[k], outcomes=game.outcomes)


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise `TimeoutError` after so much processor time; zero for no limit."""

    def give_up(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGVTALRM, give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def compare(game: Game, tally: Tally, *, sets: bool = True, patience: float = 0.0) -> BatchSolution:
    """Compare everything but critical discount factors, for every game of a flat batch.

    Games whose set takes the single-game path more than `patience` seconds are left out of the
    batch; zero for no limit.
    """
    alone = {}
    for k in range(len(game.payoffs)):
        try:
            with at_most(patience):
                alone[k] = _alone(one(game, k))
        except TimeoutError:
            tally.slow += 1
    game = some(game, list(alone))
    batch = solve_batch(game, threads=1)
    rings = payoff_sets_batch(game, threads=1) if sets else None
    tally.exactly += int(batch.finished_exactly.sum())
    for k, found in enumerate(alone.values()):
        tally.games += 1
        worst = _stage(batch, k, one(game, k), tally)
        if found is None:
            tally.refused += 1
            continue
        _repeated(batch, k, found, worst, tally)
        if rings is not None:
            _vertices(rings, k, one(game, k), found, tally)
    return batch


def _alone(game: Game) -> PayoffSet | None:
    """Return the set as the single-game path finds it; None where it refuses."""
    try:
        return payoff_set(game)
    except NearCriticalError:
        return None


def _differs(tally: Tally, game: Game, what: str, found: object, expected: object) -> None:
    tally.different.append(
        f"{what}: batch {found}, alone {expected}; payoffs {game.payoffs.tolist()}, "
        f"discount {game.discount.tolist()}"
    )


def _near(tally: Tally, game: Game, what: str, found: Array, expected: Array) -> None:
    """Compare payoffs of both players as shares of their ranges."""
    spread = np.ptp(game.payoffs, axis=(1, 2))
    apart = float((np.abs(found - expected) / np.where(spread > 0, spread, 1.0)).max())
    if not apart <= SAME:
        _differs(tally, game, what, found, expected)
    tally.distance = max(tally.distance, apart)


def _stage(batch: BatchSolution, k: int, game: Game, tally: Tally) -> Array:
    if (batch.pure_equilibria[k] != pure_nash(game)).any():
        _differs(tally, game, "pure equilibria", batch.pure_equilibria[k], pure_nash(game))
    worst = np.min([e.payoffs for e in nash(game).equilibria], axis=0)
    _near(tally, game, "worst stage equilibrium", batch.worst_stage[k], worst)
    return worst


def _repeated(batch: BatchSolution, k: int, alone: PayoffSet, worst: Array, tally: Tally) -> None:
    game = one(batch.game, k)
    if STATUSES[batch.status[k]] != alone.status or batch.status[k] < 0:
        _differs(tally, game, "status", batch.status[k], alone.status)
    held = np.zeros(game.shape, dtype=np.bool_)
    if alone.min_spe_payoffs is None:
        if not np.isnan(batch.min_spe_payoffs[k]).all():
            _differs(tally, game, "min_spe_payoffs", batch.min_spe_payoffs[k], None)
    else:
        _near(tally, game, "min_spe_payoffs", batch.min_spe_payoffs[k], alone.min_spe_payoffs)
        for cell in np.ndindex(held.shape):
            needed = patience_needed(game, cell, alone.min_spe_payoffs)
            held[cell] = (needed <= game.discount + 1e-12).all()
    if (batch.sustained[k] != held).any():
        _differs(tally, game, "sustained", batch.sustained[k].tolist(), held.tolist())
    spread = np.ptp(game.payoffs, axis=(1, 2)).max()
    if not 0 <= batch.gap[k] <= max(1e-5 * spread, 2 * alone.gap):
        _differs(tally, game, "gap", batch.gap[k], alone.gap)
    named, expected = int(batch.regime[k]), _regime(game, alone, worst, held)
    if named < 0 or REGIME_NAMES[named] != expected:
        _differs(tally, game, "regime", named, expected)


def _regime(game: Game, alone: PayoffSet, worst: Array, held: Array) -> str:
    truces = np.zeros(game.shape, dtype=np.bool_)
    for outcome in game.outcomes:
        for cell in outcome.profiles:
            truces[cell] |= outcome.truce
    spread = np.ptp(game.payoffs, axis=(1, 2))
    better = beats_both(alone.vertices, worst, np.where(spread > 0, spread, 1.0))
    stays = pure_nash(game) & truces
    return regime(
        Facts(bool(stays.any()), bool((held & truces).any()), better, alone.status != "empty")
    )


def _vertices(rings: RingBatch, k: int, game: Game, alone: PayoffSet, tally: Tally) -> None:
    ring = rings.vertices[k, : max(int(rings.counts[k]), 0)]
    if rings.counts[k] < 0 or (len(ring) == 0) != (alone.status == "empty"):
        _differs(tally, game, "vertices", rings.counts[k], len(alone.vertices))
    elif len(ring):
        spread = float(np.ptp(game.payoffs, axis=(1, 2)).max()) or 1.0
        apart = hausdorff(np.array(ring), alone.vertices)
        if not apart <= rings.gap[k] + alone.gap + SAME * spread:
            _differs(tally, game, "vertices", f"{apart} away, gap {rings.gap[k]}", alone.gap)
        tally.distance = max(tally.distance, apart / spread)


def compare_discounts(batch: BatchSolution, rows: Iterable[int], tally: Tally) -> None:
    """Compare every critical discount factor of some games: of named cells, or of all."""
    for k in rows:
        _compare_thresholds(batch, k, thresholds(one(batch.game, k)), tally)


def compare_discounts_of(game: Game, tally: Tally, patience: float) -> None:
    """Compare every critical discount factor of a flat batch.

    Games that take the single-game path more than `patience` seconds are left out of the batch.
    """
    alone = {}
    for k in range(len(game.payoffs)):
        try:
            with at_most(patience):
                alone[k] = thresholds(one(game, k))
        except TimeoutError:
            tally.slow += 1
    batch = solve_batch(some(game, list(alone)), threads=1)
    for k, told in enumerate(alone.values()):
        _compare_thresholds(batch, k, told, tally)


_Thresholds = dict[tuple[str, tuple[int, ...]], float | None]


def thresholds(game: Game) -> _Thresholds:
    """Return each critical discount factor that a batch has too, as the single-game path finds it.

    Keyed by the field of a batch, and by where in the field.
    """
    worst = np.min([e.payoffs for e in nash(game).equilibria], axis=0)
    penal = penal_threats(game)
    found: _Thresholds = {}
    for _, cell, _ in named_cells(game):
        found["nash_reversion", cell] = _told(critical_discount, game, cell, worst)
        found["penal_code", cell] = _told(critical_discount, game, cell, penal)
        found["transfers", cell] = _told(critical_discount_with_transfers, game, cell)
        for i in (0, 1):
            found["penal_code_by_player", (i, *cell)] = _firm(game, cell, penal, i)
    return found


def _compare_thresholds(batch: BatchSolution, k: int, told: _Thresholds, tally: Tally) -> None:
    for (name, where), least in told.items():
        found = getattr(batch, name)[(k, *where)]
        _patience(tally, one(batch.game, k), f"{name} {where}", found, least)


def _firm(game: Game, cell: tuple[int, int], penal: Threats, i: int) -> float | None:
    """Return a player's critical discount factor; NaN where it hangs on rounding."""
    least = _told(critical_discount_of, game, cell, penal, i)
    if least is not None and hangs_on_rounding(game, cell, penal, least, i):
        return np.nan
    return least


def _told(question: Callable[..., float | None], *about: object) -> float | None:
    """Return the answer of the single-game path; NaN where it refuses."""
    try:
        return question(*about)
    except NearCriticalError:
        return np.nan


def _patience(tally: Tally, game: Game, what: str, found: float, least: float | None) -> None:
    expected = np.inf if least is None else least
    tally.discounts += 1
    if found == expected or (np.isnan(found) and np.isnan(expected)):
        return
    apart = abs(found - expected)
    if not apart <= SAME_PATIENCE:
        _differs(tally, game, what, found, expected)
    if np.isfinite(apart):
        tally.patience = max(tally.patience, apart)
