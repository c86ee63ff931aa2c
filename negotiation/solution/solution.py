"""Solution of a repeated game: all that `negotiate solve` reports, certified."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from negotiation.certificates.followers import check_followers
from negotiation.equilibria.repeated.discounts.patience import penal_threats
from negotiation.equilibria.repeated.payoff_set import PayoffSet, payoff_set
from negotiation.equilibria.repeated.renegotiation import Renegotiation, renegotiation
from negotiation.equilibria.repeated.stationary_transfers import Payments, payments
from negotiation.equilibria.stage.nash import (
    Minmax,
    StageEquilibria,
    best_replies,
    minmax,
    nash,
    pure_nash,
)
from negotiation.games.followers import FollowerPlay
from negotiation.games.game import Array, Game, payoff_spans
from negotiation.kernels.hulls import beats_both
from negotiation.payoff_file.model import PayoffFile
from negotiation.solution.bears import Bears, bears
from negotiation.solution.outcomes import OutcomeResult, Profile, play_for_ever
from negotiation.solution.regimes import Facts, regime

__all__ = ["Solution", "examine", "solve"]


@dataclass(frozen=True, eq=False)
class Solution:
    """Solution of one repeated game at one parameter point.

    Attributes
    ----------
    model
        The file it came from; None for a bare game.
    parameters, settings
        Values used, and those among them that were set by the caller.
    game, stage, minmax, repeated, outcomes
        The game and what was found.
    followers
        Who answers what both do, and how; None if nobody does.
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
    followers: FollowerPlay | None = None
    settings: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def worst_stage(self) -> Array:
        """Each player's lowest payoff in a stage equilibrium, shape ``(2,)``."""
        return _worst(self.stage)

    @property
    def sustained(self) -> tuple[str, ...]:
        """Names of all sustained outcomes, each once, in file order."""
        return tuple(dict.fromkeys(o.name for o in self.outcomes if o.sustained))

    @cached_property
    def renegotiation(self) -> dict[Profile, Renegotiation]:
        """Renegotiation-proofness of each sustained outcome."""
        return {
            o.profile: renegotiation(self.game, o.profile) for o in self.outcomes if o.sustained
        }

    @cached_property
    def bears(self) -> dict[Profile, Bears | None]:
        """Endurance of each outcome; None where it is not sustained."""
        worst = self.repeated.min_spe_payoffs
        return {o.profile: bears(self.game, o, worst, self.stage) for o in self.outcomes}

    @cached_property
    def payments(self) -> dict[Profile, Payments | None]:
        """Side payments that sustain each outcome; None where none do."""
        return {o.profile: payments(self.game, o.profile) for o in self.outcomes}


def solve(model: PayoffFile | Game, /, **settings: Any) -> Solution:
    """Solve a model at one parameter point, as a repeated game at a fixed state.

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
    ('partial cooperation', [True, False, False, True])
    """
    file = model.frozen() if isinstance(model, PayoffFile) else None
    game = model.frozen().game(**settings) if isinstance(model, PayoffFile) else model
    stage = nash(game)
    repeated = payoff_set(game)
    worst = _worst(stage)
    outcomes = _outcomes(game, worst, repeated)
    equilibrium = pure_nash(game)
    facts = Facts(
        truce_is_stage_equilibrium=any(o.truce and equilibrium[o.profile] for o in outcomes),
        truce_is_sustained=any(o.truce and o.sustained for o in outcomes),
        something_beats_worst=beats_both(repeated.vertices, worst, payoff_spans(game.payoffs)),
        any_equilibrium=repeated.status != "empty",
    )
    values = file.values(**settings) if file is not None else {}
    return Solution(
        model=file,
        parameters={name: float(value) for name, value in values.items()},
        game=game,
        stage=stage,
        minmax=minmax(game),
        repeated=repeated,
        outcomes=outcomes,
        regime=regime(facts),
        followers=_followers(file, settings),
        settings=dict(settings),
    )


def _followers(file: PayoffFile | None, settings: dict[str, Any]) -> FollowerPlay | None:
    """Return what followers do, checked from the definition."""
    if file is None or not file.followers:
        return None
    play = file.follower_play(**settings)
    check_followers(play)
    return play


def examine(solution: Solution, profile: Profile) -> OutcomeResult:
    """Return the result on sustaining any profile in every period, named or not.

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
    replies_and_threats = best_replies(game), penal_threats(game)
    cell = (name, profile, False)
    return play_for_ever(game, cell, solution.worst_stage, solution.repeated, replies_and_threats)


def _worst(stage: StageEquilibria) -> Array:
    return np.asarray(np.array([e.payoffs for e in stage.equilibria]).min(axis=0), np.float64)


def _outcomes(game: Game, worst: Array, repeated: PayoffSet) -> tuple[OutcomeResult, ...]:
    """Return the result for every named profile, or for every profile if none is named."""
    cells = [(o.name, p, o.truce) for o in game.outcomes for p in o.profiles] or [
        (f"{first} / {second}", (a, b), False)
        for a, first in enumerate(game.actions[0])
        for b, second in enumerate(game.actions[1])
    ]
    replies_and_threats = best_replies(game), penal_threats(game)
    return tuple(play_for_ever(game, cell, worst, repeated, replies_and_threats) for cell in cells)
