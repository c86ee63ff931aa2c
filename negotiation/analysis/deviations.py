"""Gains and losses from deviating, and the nearest thresholds that change the answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from negotiation.analysis.thresholds import Flip, flips
from negotiation.errors import UsageError, near_name
from negotiation.solution.outcomes import OutcomeResult
from negotiation.solution.solution import Solution, examine

__all__ = ["Side", "Why", "cells_of", "explain", "sides"]

Profile = tuple[int, int]


@dataclass(frozen=True)
class Side:
    """Gain and loss of one player from deviating from an outcome.

    Attributes
    ----------
    player, action
        Who, and the best action instead; its own if nothing pays better.
    gain
        More this period, in payoff units.
    worst
        The worst payoff a period that can believably follow; None if nothing is believable.
    loss
        The most that this takes away later: the sum over all later periods, each counted at the
        player's discount factor. Negative where what follows is better than the outcome.
    """

    player: int
    action: int
    gain: float
    worst: float | None
    loss: float

    @property
    def keeps(self) -> bool:
        """True if this player has no reason to break the outcome."""
        return self.worst is not None and self.gain <= self.loss


@dataclass(frozen=True, eq=False)
class Why:
    """Explanation of one action profile: both incentives and the nearest thresholds.

    Attributes
    ----------
    outcome
        The cell, and what is known about it.
    sides
        Both players.
    changes
        The nearest value of each single parameter that would change whether it holds.
    """

    outcome: OutcomeResult
    sides: tuple[Side, Side]
    changes: tuple[Flip, ...]


def cells_of(
    solution: Solution, outcome: str | None = None, profile: str | None = None
) -> tuple[Profile, ...]:
    """Return the action profiles that an outcome or a profile names.

    Parameters
    ----------
    solution
        What was found.
    outcome, profile
        The name of an outcome, or two actions with a slash between them; one of the two.

    Raises
    ------
    UsageError
        If there is no such outcome or action, with the nearest name.
    """
    if (outcome is None) == (profile is None):
        raise UsageError("expected either --outcome NAME or --profile ACTION/ACTION")
    if profile is not None:
        return (_profile(solution, profile),)
    profiles = tuple(o.profile for o in solution.outcomes if o.name == outcome)
    if profiles:
        return profiles
    names = list(dict.fromkeys(o.name for o in solution.outcomes))
    raise UsageError(_unknown("outcome", str(outcome), names))


def _profile(solution: Solution, text: str) -> Profile:
    """Read two actions; their names may hold slashes themselves."""
    actions = solution.game.actions
    for k in (k for k, c in enumerate(text) if c == "/"):
        pair = text[:k].strip(), text[k + 1 :].strip()
        if all(a in names for a, names in zip(pair, actions, strict=True)):
            return actions[0].index(pair[0]), actions[1].index(pair[1])
    first, slash, second = (part.strip() for part in text.partition("/"))
    if not slash:
        example = f"{actions[0][0]}/{actions[1][0]}"
        raise UsageError(f"{text!r} is not a pair of actions; expected one such as {example!r}")
    player, name = (0, first) if first not in actions[0] else (1, second)
    raise UsageError(
        _unknown(f"action of {solution.game.players[player]}", name, list(actions[player]))
    )


def _unknown(kind: str, name: str, names: list[str]) -> str:
    near = near_name(name, names)
    hint = f"did you mean {near!r}? " if near else ""
    return f"unknown {kind} {name!r}; {hint}expected one of: {', '.join(names)}"


def explain(solution: Solution, profile: Profile, *, thresholds: bool = True) -> Why:
    """Return why an action profile is sustained or not, and the nearest thresholds.

    Parameters
    ----------
    solution
        What was found.
    profile
        ``(a0, a1)``.
    thresholds
        Whether to look for values of single parameters that would change it.
    """
    o = examine(solution, profile)
    changes: tuple[Flip, ...] = ()
    if solution.model is not None and thresholds:
        every = flips(solution.model, solution.settings, among=[(o.name, profile)])
        changes = _nearest(solution, o, every)
    return Why(o, sides(solution, o), changes)


def sides(solution: Solution, o: OutcomeResult) -> tuple[Side, Side]:
    """Return the gain and loss of each player from deviating from an outcome."""
    return _side(solution, o, 0), _side(solution, o, 1)


def _side(solution: Solution, o: OutcomeResult, i: int) -> Side:
    d, factor = o.best_deviation[i], float(solution.game.discount[i])
    threats = solution.repeated.min_spe_payoffs
    if threats is None:
        return Side(i, d.action, d.gain, None, 0.0)
    worst = float(threats[i])
    loss = factor / (1 - factor) * (o.payoffs[i] - worst)
    rounding = 1e-12 * float(np.ptp(solution.game.payoffs[i])) / (1 - factor)
    return Side(i, d.action, d.gain, worst, d.gain if abs(loss - d.gain) <= rounding else loss)


def _nearest(
    solution: Solution, o: OutcomeResult, thresholds: tuple[Flip, ...]
) -> tuple[Flip, ...]:
    """Keep, for each parameter, the first threshold on either side; nearest in its range first."""
    assert solution.model is not None
    spans = {p.name: (p.range[1] - p.range[0]) or 1.0 for p in solution.model.parameters}
    best: dict[tuple[str, bool], Flip] = {}
    for f in thresholds:
        away = f.holds_above == (f.at <= f.now)
        if away != o.sustained:
            continue
        key = f.parameter, f.at > f.now
        if key not in best or abs(f.at - f.now) < abs(best[key].at - f.now):
            best[key] = f
    return tuple(sorted(best.values(), key=lambda f: abs(f.at - f.now) / spans[f.parameter]))
