"""Endurance of a sustained truce: stocks, last dates, new governments, false alarms, reopening.

Each number moves one assumption and leaves all others as they are. Where what follows a breach is
one payoff in every later period, closed forms give it (`endurance`). Where the punishment is a
path, such as a harsh period before the truce is taken up again, the payoffs along that path are
followed instead; what cannot be followed so is counted with what the punishment is worth when it
starts, and says so.

References
----------
J.-P. Benoit and V. Krishna (1985), Finitely repeated games, Econometrica 53. `endurance` names the
other sources.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from negotiation.equilibria.repeated.endurance import (
    alarm_rate_limit,
    largest_stock,
    renewal_needed,
    reopening_limit,
    shortest_freeze,
    turnover_limit,
)
from negotiation.equilibria.repeated.transfers import sustained_with_transfers
from negotiation.equilibria.stage.nash import StageEquilibria, pure_nash
from negotiation.games.game import Array, Game
from negotiation.games.strategies import Automaton
from negotiation.solution.outcomes import OutcomeResult

__all__ = ["RATES", "TERMS", "Bears", "SideBears", "bears", "largest_reopening"]

TERMS = (1, 2, 4, 8)
"""Lengths of a truce that expires, in periods."""
RATES = ((0.0, 1.0), (0.05, 1.0), (0.1, 1.0), (0.05, 0.5))
"""Chances a period of a false alarm, and of an alarm after a breach."""

_SAME = 1e-9
_MOST_STOCK = 100_000
_HALVINGS = 60


@dataclass(frozen=True)
class SideBears:
    """Endurance of a truce on one side.

    Attributes
    ----------
    player
        Whose temptation it is.
    gain, surplus
        What its best breach pays more in its period, and what the truce pays above what follows a
        breach, both in payoff units a period.
    constant
        Whether one payoff can follow its breach in every later period. If not, `stock` and
        `turnover` follow the punishment's path, and the other numbers count the punishment with
        what it is worth when it starts.
    stock
        The largest stock of the other side's good, in periods, at which it still keeps to the
        truce; None where no stock makes it break the truce.
    renewal
        For each of `TERMS` the smallest believed chance of renewal; None where even 1 is too small.
    turnover
        The largest chance a period of a government that ends the truce.
    alarm_limit
        The chance a period of a false alarm above which no freeze deters it, if every breach is
        seen; None where none is small enough.
    freeze
        For each of `RATES` the shortest freeze after an alarm, in periods; None where none works.
    """

    player: int
    gain: float
    surplus: float
    constant: bool
    stock: int | None
    renewal: tuple[float | None, ...]
    turnover: float
    alarm_limit: float | None
    freeze: tuple[int | None, ...]


@dataclass(frozen=True)
class Bears:
    """Endurance of a truce, side by side.

    Attributes
    ----------
    sides
        One for each player.
    reopening
        The largest chance a period that the deal is renegotiated, if the sides can pay each other.
    unravels
        Whether it breaks down from the end where both know a last date: it does if all one-shot
        equilibria pay the same and it is none of them; it does not if it is one; None otherwise,
        since equilibria that pay differently could reward keeping to it (Benoit and Krishna 1985).
    """

    sides: tuple[SideBears, SideBears]
    reopening: float
    unravels: bool | None


def bears(
    game: Game, o: OutcomeResult, worst: Array | None, stage: StageEquilibria
) -> Bears | None:
    """Return what a sustained outcome can bear; None if it is not sustained.

    Parameters
    ----------
    game
        A single game.
    o
        One of its outcomes, with the strategies that sustain it.
    worst
        Each side's worst credible payoff, shape ``(2,)``; None where there is none.
    stage
        All one-shot equilibria.
    """
    if not o.sustained or o.strategy is None or worst is None:
        return None
    first, second = (_side(game, o.strategy, o, i, float(worst[i])) for i in (0, 1))
    reopening = largest_reopening(game, o.profile, o.transfers)
    return Bears((first, second), reopening, _unravels(game, o.profile, stage))


def _unravels(game: Game, profile: tuple[int, int], stage: StageEquilibria) -> bool | None:
    if bool(pure_nash(game)[profile]):
        return False
    paid = np.array([e.payoffs for e in stage.equilibria], dtype=np.float64)
    spread = np.ptp(game.payoffs, axis=(1, 2))
    alike = bool((np.ptp(paid, axis=0) <= _SAME * np.where(spread > 0, spread, 1.0)).all())
    return True if alike and stage.complete else None


def _side(game: Game, strategy: Automaton, o: OutcomeResult, i: int, worst: float) -> SideBears:
    after = _for_ever(game, strategy, i, worst)
    gain, delta = max(o.best_deviation[i].gain, 0.0), float(game.discount[i])
    surplus = o.payoffs[i] - (worst if after is None else after)
    if after is None:
        stock = _stock_along(game, strategy, i, gain)
        turnover = _turnover_along(game, strategy, i, worst)
    else:
        stock = float(largest_stock(gain, surplus, delta))
        turnover = float(turnover_limit(gain, surplus, delta))
    limit = float(alarm_rate_limit(gain, surplus, delta))
    return SideBears(
        player=i,
        gain=gain,
        surplus=surplus,
        constant=after is not None,
        stock=max(int(stock), 0) if np.isfinite(stock) else None,
        renewal=tuple(_finite(renewal_needed(gain, surplus, delta, t)) for t in TERMS),
        turnover=max(turnover, 0.0),
        alarm_limit=min(limit, 1.0) if limit >= 0 else None,
        freeze=tuple(
            None if x is None else int(x)
            for x in (_finite(shortest_freeze(gain, surplus, delta, a, b)) for a, b in RATES)
        ),
    )


def _for_ever(game: Game, strategy: Automaton, i: int, worst: float) -> float | None:
    """Return the one payoff a period that follows a player's breach; None if it is a path.

    The worst credible payoff where a stage-game equilibrium gives it, which can then be played for
    ever, whatever the strategies shown do; else what these do, if they pay the same in every
    period.
    """
    spread = float(np.ptp(game.payoffs[i])) or 1.0
    stage = game.payoffs[i][pure_nash(game)]
    if stage.size and float(np.abs(stage - worst).min()) <= _SAME * spread:
        return worst
    paid, moves = _payoffs(game, strategy, i), _moves(strategy)
    reached = np.zeros(len(paid), dtype=np.bool_)
    waiting = [strategy.states[0].after[i]]
    while waiting:
        s = waiting.pop()
        if not reached[s]:
            reached[s] = True
            waiting += np.flatnonzero(moves[s] > 0).tolist()
    held = paid[reached]
    return float(held[0]) if float(np.ptp(held)) <= _SAME * spread else None


def _finite(x: npt.ArrayLike) -> float | None:
    value = float(np.asarray(x))
    return value if np.isfinite(value) else None


def _moves(strategy: Automaton) -> Array:
    """Return the chances of going from state to state when both do as told."""
    chances = np.zeros((len(strategy.states), len(strategy.states)))
    for s, state in enumerate(strategy.states):
        for there, share in state.then:
            chances[s, there] += share
    return chances


def _payoffs(game: Game, strategy: Automaton, i: int) -> Array:
    return np.array([game.payoffs[i, s.profile[0], s.profile[1]] for s in strategy.states])


def _stock_along(game: Game, strategy: Automaton, i: int, gain: float) -> float:
    """Return the largest stock, with the punishment's own payoffs once the stock is used up.

    Play of the punishment goes on while the stock lasts; it does not bite until then.
    """
    paid, moves = _payoffs(game, strategy, i), _moves(strategy)
    delta, kept = float(game.discount[i]), float(paid[0])
    spread = float(np.ptp(game.payoffs[i])) or 1.0
    if gain <= 0:
        return np.inf
    at = np.zeros(len(paid))
    at[strategy.states[0].after[i]] = 1.0
    value = float(strategy.states[strategy.states[0].after[i]].value[i])
    taken, weight = 0.0, 1.0  # what was had before, weight of what is left
    for stock in range(_MOST_STOCK):
        taken += (1 - delta) * weight * (kept + gain)
        weight *= delta
        if taken + weight * value > kept + _SAME * spread:
            return stock - 1.0
        if weight * spread <= _SAME * gain * (1 - delta):
            break
        # one more period of stock: the punishment's next period does not bite
        at = at @ moves
        value = float(at @ np.array([s.value[i] for s in strategy.states]))
    return np.inf


def _turnover_along(game: Game, strategy: Automaton, i: int, worst: float) -> float:
    """Return the largest chance of an end at which a player still keeps to every part of the plan.

    The end is followed by its worst credible payoff, as a breach is.
    """
    held = _keeps(game, strategy, i, worst)
    low, high = 0.0, 1.0
    if held(1.0):
        return 1.0
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if held(middle) else (low, middle)
    return low


def _keeps(game: Game, strategy: Automaton, i: int, worst: float) -> Callable[[float], bool]:
    """Return the test whether a player keeps to the plan in every state, at a chance of an end."""
    paid, moves = _payoffs(game, strategy, i), _moves(strategy)
    delta, spread = float(game.discount[i]), float(np.ptp(game.payoffs[i])) or 1.0
    best = np.array([_best(game, s.profile, i) for s in strategy.states])
    after = np.array([s.after[i] for s in strategy.states])

    def held(chance: float) -> bool:
        left = delta * (1 - chance)
        ended = (1 - delta) * paid + delta * chance * worst
        value = np.linalg.solve(np.eye(len(paid)) - left * moves, ended)
        slack = (1 - delta) * (paid - best) + left * (moves @ value - value[after])
        return bool((slack >= -_SAME * spread).all())

    return held


def _best(game: Game, profile: tuple[int, int], i: int) -> float:
    a, b = profile
    return float((game.payoffs[0, :, b] if i == 0 else game.payoffs[1, a, :]).max())


def largest_reopening(game: Game, profile: tuple[int, int], critical: float | None = None) -> float:
    """Return the largest chance a period of a renegotiation that a profile survives, with payments.

    In a repeated negotiation equilibrium with that chance rho the profile must be sustained, with
    payments, at the discount factors ``(1 - rho) δ_i`` (Goldlücke and Kranz 2023). What is held up
    grows with either factor, so that the largest rho is bracketed, 64 at a time.

    Parameters
    ----------
    game
        A single game.
    profile
        What is played.
    critical
        The common critical discount factor with payments, if it is known.
    """
    if game.discount[0] == game.discount[1] and critical is not None:
        return float(np.clip(reopening_limit(critical, game.discount[0]), 0.0, 1.0))
    low, high, a, b = 0.0, 1.0, *profile
    for _ in range(9):
        chances = np.linspace(low, high, 65)
        factors = (1 - chances)[:, None] * game.discount
        batch = Game(np.broadcast_to(game.payoffs, (65, *game.payoffs.shape)).copy(), factors)
        holds = sustained_with_transfers(batch)[:, a, b]
        if holds.all():
            return high
        first = int(np.argmin(holds))
        if first == 0:
            return low
        low, high = float(chances[first - 1]), float(chances[first])
    return low
