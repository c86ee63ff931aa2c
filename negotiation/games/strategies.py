"""A pair of strategies as an automaton: what each side does, and where play goes from there.

The records only, and playing them out. `automaton` finds the strategies, `certify_automaton`
checks them, `strategy_words` prints them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from negotiation.errors import UsageError
from negotiation.games.game import Game

__all__ = ["Automaton", "Lottery", "Play", "State", "drawn", "simulate"]

Lottery = tuple[tuple[int, float], ...]
"""Pairs ``(state, probability)``, states ascending, probabilities positive and summing to 1."""


@dataclass(frozen=True)
class State:
    """One state of play.

    Attributes
    ----------
    name
        For people: "path", "punish US 1".
    profile
        ``(a0, a1)``, what each player does here.
    value
        Each player's average discounted payoff from here on, in the game's units per period.
    then
        Next period's state when both did as told: one state, or a public lottery.
    after
        Next period's state after a deviation by player 0 alone, by player 1 alone. When both
        deviate at once, play goes on as if neither had.
    """

    name: str
    profile: tuple[int, int]
    value: tuple[float, float]
    then: Lottery
    after: tuple[int, int]


@dataclass(frozen=True)
class Automaton:
    """A pair of strategies for the repeated game; play begins in the first state.

    Attributes
    ----------
    kind
        ``stage equilibrium``, ``grim``, ``stick and carrot`` or ``optimal penal code``.
    states
        Every state that can be reached.
    """

    kind: str
    states: tuple[State, ...]


@dataclass(frozen=True)
class Play:
    """Record of one period of play.

    Attributes
    ----------
    period
        From 0.
    state
        Index of the state play was in.
    profile
        What was done.
    payoffs
        What it paid each player this period.
    deviator
        The player who did something else than told; None if neither.
    """

    period: int
    state: int
    profile: tuple[int, int]
    payoffs: tuple[float, float]
    deviator: int | None


def simulate(
    game: Game,
    automaton: Automaton,
    periods: int,
    *,
    deviation: tuple[int, int, int] | None = None,
    seed: int,
) -> tuple[Play, ...]:
    """Return the play of the strategies, with at most one deviation.

    Parameters
    ----------
    game
        A single game.
    automaton
        Strategies for it.
    periods
        How many periods.
    deviation
        ``(period, player, action)``: in that period that player takes that action instead.
    seed
        For the public lotteries; the same seed gives the same play.

    Raises
    ------
    UsageError
        If there is no such player or action, or the period is never played.

    Examples
    --------
    >>> trust = Game.from_tables([[2, 0], [3, 1]], [[2, 3], [0, 1]], discount=0.6)
    >>> grim = Automaton("grim", (
    ...     State("path", (0, 0), (2.0, 2.0), ((0, 1.0),), (1, 1)),
    ...     State("punishment", (1, 1), (1.0, 1.0), ((1, 1.0),), (1, 1)),
    ... ))
    >>> [p.payoffs for p in simulate(trust, grim, 4, deviation=(1, 0, 1), seed=0)]
    [(2.0, 2.0), (3.0, 0.0), (1.0, 1.0), (1.0, 1.0)]
    """
    when, who, action = deviation if deviation is not None else (-1, 0, 0)
    if deviation is not None and not (
        0 <= when < periods and who in (0, 1) and 0 <= action < game.shape[who]
    ):
        raise UsageError(
            f"deviation {deviation} is not (period, player, action); expected a period below "
            f"{periods}, player 0 or 1 and one of {game.shape} actions"
        )
    draw = np.random.default_rng(seed)
    plays, current = [], 0
    for period in range(periods):
        state = automaton.states[current]
        done = list(state.profile)
        if period == when:
            done[who] = action
        a0, a1 = done
        deviator = who if (a0, a1) != state.profile else None
        paid = (float(game.payoffs[0, a0, a1]), float(game.payoffs[1, a0, a1]))
        plays.append(Play(period, current, (a0, a1), paid, deviator))
        current = state.after[who] if deviator is not None else drawn(state.then, draw)
    return tuple(plays)


def drawn(lottery: Lottery, draw: np.random.Generator) -> int:
    """Return the state a public lottery picks; a lottery over one state uses no randomness."""
    if len(lottery) == 1:
        return lottery[0][0]
    reached = np.cumsum([share for _, share in lottery])
    at = int(np.searchsorted(reached, draw.random() * reached[-1], side="right"))
    return lottery[min(at, len(lottery) - 1)][0]
