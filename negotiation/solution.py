"""From a model to everything `negotiate solve` reports, checked before it is returned."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from .automaton import sustain
from .certify_automaton import check_automaton
from .contents import PayoffFile
from .errors import CertificateError
from .game import Array, Game
from .knife_edge import hangs_on_rounding
from .payments import Payments, payments
from .regimes import Facts, band, beats_both, regime
from .renegotiation import Renegotiation, renegotiation
from .repeated import (
    PayoffSet,
    critical_discount,
    critical_discount_by_player,
    patience_needed,
    payoff_set,
    penal_threats,
    slack,
)
from .stage import Minmax, StageEquilibria, best_replies, minmax, nash, pure_nash
from .strategy import Automaton
from .transfers import critical_discount_with_transfers
from .trust import Trust, trust_needed

__all__ = ["Deviation", "OutcomeResult", "Solution", "examine", "solve"]

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
    """What is known about playing one named cell for ever.

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
        What each player loses on average a period by deviating; negative where it gains; None if
        no pure-strategy equilibrium exists.
    best_deviation
        One for each player.
    binding
        The tempted player whose patience is closest to too little, or furthest below it; None if
        neither is tempted.
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
    binding: int | None
    trust: Trust
    strategy: Automaton | None


@dataclass(frozen=True, eq=False)
class Solution:
    """Everything about one game at one parameter point.

    Attributes
    ----------
    model
        The file it came from; None for a bare game.
    parameters, settings
        Values used, and those among them that were set by the caller.
    game, stage, minmax, repeated, outcomes
        The game and what was found.
    regime, sustained
        The regime, and the names of all sustained outcomes in file order.
    """

    model: PayoffFile | None
    parameters: dict[str, float]
    game: Game
    stage: StageEquilibria
    minmax: Minmax
    repeated: PayoffSet
    outcomes: tuple[OutcomeResult, ...]
    regime: str
    settings: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def worst_stage(self) -> Array:
        """Each player's lowest payoff in a stage equilibrium, shape ``(2,)``."""
        return _worst(self.stage)

    def margins(self, outcome: OutcomeResult) -> tuple[float, float]:
        """Return how much patience each player can lose before a sustained outcome breaks.

        Infinite for a player who is not tempted to break it.
        """
        tempted = (outcome.best_deviation[i].gain > 0 for i in (0, 1))
        need = outcome.optimal_penal_code_by_player
        first, second = (
            float(d) - (1.0 if n is None else n) if t else np.inf
            for t, d, n in zip(tempted, self.game.discount, need, strict=True)
        )
        return first, second

    @property
    def sustained(self) -> tuple[str, ...]:
        """Names of all sustained outcomes, each once, in file order."""
        return tuple(dict.fromkeys(o.name for o in self.outcomes if o.sustained))

    @cached_property
    def renegotiation(self) -> dict[Profile, Renegotiation]:
        """Whether each sustained outcome survives when both may agree to forgive."""
        return {
            o.profile: renegotiation(self.game, o.profile) for o in self.outcomes if o.sustained
        }

    @cached_property
    def payments(self) -> dict[Profile, Payments | None]:
        """For each outcome, who would have to pay whom to sustain it."""
        return {o.profile: payments(self.game, o.profile) for o in self.outcomes}

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON of `negotiate solve`, schema ``negotiate/solve/1``."""
        from .solution_json import to_dict

        return to_dict(self)


def solve(model: PayoffFile | Game, /, **settings: Any) -> Solution:
    """Solve a model at one parameter point, as if nothing moved.

    Parameters
    ----------
    model
        A payoff file, or a game.
    **settings
        Parameter values, for a payoff file.

    Raises
    ------
    NegotiationError
        If a setting is impossible, an iteration could not be trusted, or an answer failed its
        certificate.

    Examples
    --------
    >>> pd = Game.from_tables([[9, 1], [10, 3]], [[9, 10], [1, 3]], discount=0.75)
    >>> result = solve(pd)
    >>> result.regime, [o.sustained for o in result.outcomes]
    ('lopsided truce', [True, False, False, True])
    """
    file = model.frozen() if isinstance(model, PayoffFile) else None
    game = model.frozen().game(**settings) if isinstance(model, PayoffFile) else model
    stage = nash(game)
    found = payoff_set(game)
    worst = _worst(stage)
    outcomes = _outcomes(game, worst, found)
    equilibrium = pure_nash(game)
    scale = np.ptp(game.payoffs.reshape(2, -1), axis=1)
    facts = Facts(
        truce_is_stage_equilibrium=any(o.truce and equilibrium[o.profile] for o in outcomes),
        truce_is_sustained=any(o.truce and o.sustained for o in outcomes),
        something_beats_worst=beats_both(found.vertices, worst, np.where(scale > 0, scale, 1.0)),
        any_equilibrium=found.status != "empty",
    )
    values = file.values(**settings) if file is not None else {}
    return Solution(
        model=file,
        parameters={name: float(value) for name, value in values.items()},
        game=game,
        stage=stage,
        minmax=minmax(game),
        repeated=found,
        outcomes=outcomes,
        regime=regime(facts),
        settings=dict(settings),
    )


def examine(solution: Solution, profile: Profile) -> OutcomeResult:
    """Return what is known about playing any one cell for ever, named in the file or not.

    Raises
    ------
    CertificateError
        If strategies that should sustain it failed their check.
    """
    for o in solution.outcomes:
        if o.profile == profile:
            return o
    game = solution.game
    name = " / ".join(names[k] for names, k in zip(game.actions, profile, strict=True))
    known = best_replies(game), penal_threats(game)
    cell = (name, profile, False)
    return _outcome(game, cell, solution.worst_stage, solution.repeated, known)


def _worst(stage: StageEquilibria) -> Array:
    return np.asarray(np.array([e.payoffs for e in stage.equilibria]).min(axis=0), np.float64)


def _outcomes(game: Game, worst: Array, found: PayoffSet) -> tuple[OutcomeResult, ...]:
    """Examine every named cell, or every cell if none is named."""
    cells = [(o.name, p, o.truce) for o in game.outcomes for p in o.profiles] or [
        (f"{first} / {second}", (a, b), False)
        for a, first in enumerate(game.actions[0])
        for b, second in enumerate(game.actions[1])
    ]
    best, threats = best_replies(game), penal_threats(game)
    return tuple(_outcome(game, cell, worst, found, (best, threats)) for cell in cells)


def _outcome(
    game: Game, cell: tuple[str, Profile, bool], worst: Array, found: PayoffSet, known: Any
) -> OutcomeResult:
    name, profile, truce = cell
    best, threats = known
    need = np.full(2, np.inf)
    if found.threats is not None:
        need = patience_needed(game, profile, found.threats)
    sustained = bool((need <= game.discount + 1e-12).all())
    deviations = _deviation(game, profile, 0, best), _deviation(game, profile, 1, best)
    optimal = critical_discount(game, profile, threats)
    by_player = critical_discount_by_player(game, profile, threats)
    unsure = [
        x is not None and hangs_on_rounding(game, profile, threats, x, i)
        for i, x in enumerate(by_player)
    ]
    if sustained:
        by_player = _at_most(by_player, game.discount)
    trust = trust_needed(game, profile)
    return OutcomeResult(
        name=name,
        profile=profile,
        payoffs=_pair(game.payoffs[:, profile[0], profile[1]]),
        truce=truce,
        sustained=sustained,
        band=band(
            sustained=sustained, ever=optimal is not None, robust=sustained and bool(trust.robust)
        ),
        nash_reversion=critical_discount(game, profile, worst),
        optimal_penal_code=optimal,
        transfers=critical_discount_with_transfers(game, profile),
        nash_reversion_by_player=critical_discount_by_player(game, profile, worst),
        optimal_penal_code_by_player=by_player,
        near_critical=(unsure[0], unsure[1]),
        slack=None if found.threats is None else _pair(slack(game, profile, found.threats)),
        best_deviation=deviations,
        binding=_binding(game, deviations, need, by_player if sustained else None),
        trust=trust,
        strategy=_strategy(game, name, profile, found) if sustained else None,
    )


def _binding(
    game: Game, deviations: tuple[Deviation, Deviation], need: Array, least: Patience | None
) -> int | None:
    """Return whose constraint binds; among equals, whose gain is larger for its range."""
    tempted = np.array([d.gain > 0 for d in deviations])
    if least is not None:
        if not tempted.any():
            return None
        need = np.array([1.0 if x is None else x for x in least])
    margin = np.where(tempted | ~np.isfinite(need), game.discount - need, np.inf)
    spread = np.ptp(game.payoffs.reshape(2, -1), axis=1)
    greed = [d.gain / s if s > 0 else 0.0 for d, s in zip(deviations, spread, strict=True)]
    return min((0, 1), key=lambda i: (round(float(margin[i]), 12), -round(greed[i], 12)))


def _at_most(least: Patience, discount: Array) -> Patience:
    """Return the least patience, which is no more than one at which the outcome holds."""
    first, second = (
        float(d) if x is None else min(x, float(d)) for x, d in zip(least, discount, strict=True)
    )
    return first, second


def _strategy(game: Game, name: str, profile: Profile, found: PayoffSet) -> Automaton:
    """Return certified strategies for a sustained outcome."""
    strategy = sustain(game, profile, found)
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
