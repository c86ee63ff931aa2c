"""Certified results on sustaining one action profile in every period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from negotiation.certificates.automaton import check_automaton
from negotiation.equilibria.repeated.automata import sustain
from negotiation.equilibria.repeated.discounts.near_critical import hangs_on_rounding
from negotiation.equilibria.repeated.discounts.patience import (
    Threats,
    critical_discount,
    critical_discount_by_player,
    patience_needed,
    slack,
)
from negotiation.equilibria.repeated.payoff_set import PayoffSet
from negotiation.equilibria.repeated.screening import tightest_player
from negotiation.equilibria.repeated.transfers import critical_discount_with_transfers
from negotiation.equilibria.stage.risk_dominance import Trust, critical_belief
from negotiation.errors import CertificateError
from negotiation.games.game import Array, Game
from negotiation.games.strategies import Automaton
from negotiation.solution.regimes import band

__all__ = ["Deviation", "OutcomeResult", "play_for_ever"]

Profile = tuple[int, int]
Patience = tuple[float | None, float | None]


@dataclass(frozen=True)
class Deviation:
    """A player's best deviation from an outcome.

    Attributes
    ----------
    action
        Index of the action; the outcome's own if nothing pays better.
    gain
        What it pays more this period, in payoff units; 0 if nothing does.
    """

    action: int
    gain: float


@dataclass(frozen=True, eq=False)
class OutcomeResult:
    """Result on sustaining one named action profile in every period.

    Attributes
    ----------
    name, profile, payoffs, truce
        As in the file; payoffs a period.
    sustained, band
        At the game's discount factors; see `regimes`.
    nash_reversion, optimal_penal_code, transfers
        Smallest common discount factor under each kind of punishment; None if never below 1.
    nash_reversion_by_player, optimal_penal_code_by_player
        Each player's smallest, the other's held; None if never.
    near_critical
        Of which player's `optimal_penal_code_by_player` rounding decides: a constraint holds with
        equality there whatever that player's patience.
    slack
        What each player loses on average a period by its best other action and the punishment after
        it; negative where it gains; None if no pure-strategy equilibrium exists.
    best_deviation
        One for each player.
    patience_margin
        Each player's discount factor less the one at which its incentive constraint binds, the
        punishments as they are; infinite for a player who is not tempted, -inf where no patience
        is enough.
    tightest_player
        The tempted player with the smaller margin; None if neither is tempted.
    trust
        How sure each side must be of the other.
    strategy
        What sustains it, certified; None if not sustained.
    """

    name: str
    profile: Profile
    payoffs: tuple[float, float]
    truce: bool
    sustained: bool
    band: str
    nash_reversion: float | None
    optimal_penal_code: float | None
    transfers: float | None
    nash_reversion_by_player: Patience
    optimal_penal_code_by_player: Patience
    near_critical: tuple[bool, bool]
    slack: tuple[float, float] | None
    best_deviation: tuple[Deviation, Deviation]
    patience_margin: tuple[float, float]
    tightest_player: int | None
    trust: Trust
    strategy: Automaton | None


def play_for_ever(
    game: Game, cell: tuple[str, Profile, bool], worst: Array, found: PayoffSet, known: Any
) -> OutcomeResult:
    """Return the certified result on sustaining an action profile in every period.

    Parameters
    ----------
    game
        A single game.
    cell
        Its name, the profile, and whether it is a truce.
    worst
        Each player's lowest payoff in a stage equilibrium, shape ``(2,)``.
    found
        The game's payoff set.
    known
        From `best_replies` and `penal_threats`, which are the same for every cell.

    Raises
    ------
    CertificateError
        If strategies that should sustain it failed their check.
    """
    name, profile, truce = cell
    best, threats = known
    need = np.full(2, np.inf)
    lowest = found.min_spe_payoffs
    if lowest is not None:
        need = patience_needed(game, profile, lowest)
    sustained = bool((need <= game.discount + 1e-12).all())
    deviations = _deviation(game, profile, 0, best), _deviation(game, profile, 1, best)
    optimal = critical_discount(game, profile, threats)
    punished = np.full(2, np.nan) if lowest is None else np.asarray(lowest)
    margin, tightest = tightest_player(game, profile, punished)
    by_player, unsure = _least_patience(game, profile, threats, sustained)
    reversion = critical_discount(game, profile, worst)
    trust = critical_belief(game, profile)
    return OutcomeResult(
        name=name,
        profile=profile,
        payoffs=_pair(game.payoffs[:, profile[0], profile[1]]),
        truce=truce,
        sustained=sustained,
        band=band(
            sustained=sustained,
            ever=optimal is not None or reversion is not None,
            risk_dominant=sustained and bool(trust.risk_dominant),
        ),
        nash_reversion=reversion,
        optimal_penal_code=optimal,
        transfers=critical_discount_with_transfers(game, profile),
        nash_reversion_by_player=critical_discount_by_player(game, profile, worst),
        optimal_penal_code_by_player=by_player,
        near_critical=unsure,
        slack=None if lowest is None else _pair(slack(game, profile, lowest)),
        best_deviation=deviations,
        tightest_player=None if int(tightest) < 0 else int(tightest),
        patience_margin=_pair(margin),
        trust=trust,
        strategy=_strategy(game, name, profile, found) if sustained else None,
    )


def _least_patience(
    game: Game, profile: Profile, threats: Threats, sustained: bool
) -> tuple[Patience, tuple[bool, bool]]:
    """Return both unilateral critical discount factors, and whether rounding decides them."""
    least = critical_discount_by_player(game, profile, threats)
    first, second = (
        x is not None and hangs_on_rounding(game, profile, threats, x, i)
        for i, x in enumerate(least)
    )
    return _at_most(least, game.discount) if sustained else least, (first, second)


def _at_most(least: Patience, discount: Array) -> Patience:
    """Return the critical discount factors, each at most the current discount factor."""
    first, second = (
        float(d) if x is None else min(x, float(d)) for x, d in zip(least, discount, strict=True)
    )
    return first, second


def _strategy(game: Game, name: str, profile: Profile, payoffs: PayoffSet) -> Automaton:
    """Return certified strategies for a sustained outcome."""
    strategy = sustain(game, profile, payoffs)
    if strategy is None:
        raise CertificateError(f"no strategies were found for {name!r}, which should be sustained")
    check_automaton(game, strategy)
    return strategy


def _deviation(game: Game, profile: Profile, i: int, best: Any) -> Deviation:
    if best[i][profile]:
        return Deviation(profile[i], 0.0)
    row = game.payoffs[0, :, profile[1]] if i == 0 else game.payoffs[1, profile[0], :]
    top = int(np.argmax(row))
    return Deviation(top, float(row[top] - row[profile[i]]))


def _pair(x: Array) -> tuple[float, float]:
    return float(x[0]), float(x[1])
