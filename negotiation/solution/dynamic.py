"""Solution of a dynamic model: all that `negotiate solve` reports about it.

Beside it stands the same model with nothing moving, in the start state: what the movement changes
is the difference between the two.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from negotiation.certificates.payoff_sets import check_sets
from negotiation.equilibria.stochastic.markov import MarkovEquilibria, markov_equilibria
from negotiation.equilibria.stochastic.payoff_sets import (
    StatePayoffs,
    StochasticSets,
    stochastic_sets,
)
from negotiation.equilibria.stochastic.transfers import StochasticTransfers, solve_with_transfers
from negotiation.games.game import Game
from negotiation.games.state_graph import from_start
from negotiation.games.stochastic_game import StochasticGame
from negotiation.payoff_file.model import PayoffFile
from negotiation.solution import solution
from negotiation.solution.solution import Solution

__all__ = ["DynamicSolution", "OutcomeNow", "solve", "solve_dynamic"]

MARKOV_CAP = 20
MARKOV_LIMIT = 2000


@dataclass(frozen=True)
class OutcomeNow:
    """A named outcome, and the states in which some equilibrium starts with it.

    Attributes
    ----------
    name, truce
        As in the file.
    now, frozen
        Whether it can be played in the start state this period in some equilibrium, if states
        move and if they do not; None if that lies within the gap.
    kept
        Whether it can be played for ever if nothing moves.
    states
        Indices of the states in which it can be played, among those the start leads to.
    """

    name: str
    truce: bool
    now: bool | None
    frozen: bool | None
    kept: bool
    states: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class DynamicSolution:
    """Solution of one dynamic model at one parameter point.

    Attributes
    ----------
    model, settings
        The file, and what the caller set.
    game, sets
        The game with the states that the start leads to, and what can be sustained in each.
    frozen, still
        The solution as a repeated game if nothing moved; its payoffs in the form of `sets`.
    markov
        Equilibria whose strategies depend on the state alone.
    outcomes
        One entry per named outcome of the file, in file order.
    paid
        The same game with payments; worked out when first asked for.
    """

    model: PayoffFile
    game: StochasticGame
    sets: StochasticSets
    frozen: Solution
    still: StatePayoffs
    markov: MarkovEquilibria
    outcomes: tuple[OutcomeNow, ...]
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def start(self) -> StatePayoffs:
        """Payoffs that can be sustained from the start on."""
        return self.sets.states[self.game.start]

    @cached_property
    def paid(self) -> StochasticTransfers:
        """Payoffs that side payments could sustain in every state."""
        return solve_with_transfers(self.game)


def solve(model: PayoffFile | Game, /, **settings: Any) -> Solution | DynamicSolution:
    """Solve a model at one parameter point, as a repeated or as a dynamic game.

    Parameters
    ----------
    model
        A payoff file, or a game.
    **settings
        Parameter values, for a payoff file. Of a number on a grid it is the start.

    Raises
    ------
    NegotiationError
        If a setting is impossible, an iteration could not be trusted, or an answer failed its
        certificate.

    Examples
    --------
    >>> from negotiation.payoff_file import load
    >>> solve(load("prisoners-dilemma")).regime
    'armed truce'
    """
    if isinstance(model, PayoffFile) and model.kind == "dynamic":
        return solve_dynamic(model, **settings)
    return solution.solve(model, **settings)


def solve_dynamic(model: PayoffFile, /, **settings: Any) -> DynamicSolution:
    """Solve a dynamic model at one parameter point.

    Raises
    ------
    NegotiationError
        As for `solve`.
    """
    game = from_start(model.stochastic(**settings))
    frozen = solution.solve(model.frozen(), **settings)
    sets, still = _checked(game), _checked(_still(frozen.game)).states[0]
    sustained = set(frozen.sustained)
    return DynamicSolution(
        model=model,
        game=game,
        sets=sets,
        frozen=frozen,
        still=still,
        markov=markov_equilibria(game, cap=MARKOV_CAP, limit=MARKOV_LIMIT),
        outcomes=tuple(
            _outcome(game, sets, still, name, sustained)
            for name in (o.name for o in model.outcomes)
        ),
        settings=dict(settings),
    )


def _checked(game: StochasticGame) -> StochasticSets:
    """Find the payoff sets of every state, and check them from the definition."""
    sets = stochastic_sets(game)
    check_sets(game, sets.states)
    return sets


def _still(game: Game) -> StochasticGame:
    """Return a repeated game as a state that never changes."""
    return StochasticGame.from_tables(
        [game.payoffs],
        [np.ones((*game.shape, 1))],
        np.asarray(game.discount),
        outcomes=(game.outcomes,),
    )


def _outcome(
    game: StochasticGame, sets: StochasticSets, still: StatePayoffs, name: str, sustained: set[str]
) -> OutcomeNow:
    """Return the states in which a named outcome can be played."""
    start = sets.states[game.start]
    truce = any(o.truce for of_state in game.outcomes for o in of_state if o.name == name)
    return OutcomeNow(
        name=name,
        truce=truce,
        now=_played(game, game.start, start, name),
        frozen=_played(game, game.start, still, name),
        kept=name in sustained,
        states=tuple(s for s, x in enumerate(sets.states) if _played(game, s, x, name)),
    )


def _played(game: StochasticGame, s: int, payoffs: StatePayoffs, name: str) -> bool | None:
    """Tell whether a named outcome of state s can be played; None if undecided."""
    cells = [p for o in game.outcomes[s] if o.name == name for p in o.profiles]
    if any(payoffs.supportable_now[cell] for cell in cells):
        return True
    return None if any(payoffs.possible[cell] for cell in cells) else False
