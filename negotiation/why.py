"""Why an outcome holds or fails, and which single number would change that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .errors import UsageError, near_name
from .solution import OutcomeResult, Solution, examine
from .text import Block
from .thresholds import Flip, flips, has_fixed_threat
from .verdict import amount, label, listed, number, patience, period_of

__all__ = ["Side", "Why", "account", "cells_of", "explain", "pages", "reason", "sides", "to_dict"]

Profile = tuple[int, int]


@dataclass(frozen=True)
class Side:
    """What one player gains and loses by breaking an outcome.

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
        """Whether this player has no reason to break the outcome."""
        return self.worst is not None and self.gain <= self.loss


@dataclass(frozen=True, eq=False)
class Why:
    """Why one cell holds or fails.

    Attributes
    ----------
    outcome
        The cell, and what is known about it.
    sides
        Both players.
    changes
        The nearest value of each single parameter that would change whether it holds.
    fixed
        For each player, whether the worst that can follow is a one-off equilibrium; only then are
        its thresholds among the changes.
    """

    outcome: OutcomeResult
    sides: tuple[Side, Side]
    changes: tuple[Flip, ...]
    fixed: tuple[bool, bool]


def cells_of(
    solution: Solution, outcome: str | None = None, profile: str | None = None
) -> tuple[Profile, ...]:
    """Find the cells that a person means.

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
    found = tuple(o.profile for o in solution.outcomes if o.name == outcome)
    if found:
        return found
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


def _unknown(kind: str, name: str, known: list[str]) -> str:
    near = near_name(name, known)
    hint = f"did you mean {near!r}? " if near else ""
    return f"unknown {kind} {name!r}; {hint}expected one of: {', '.join(known)}"


def explain(solution: Solution, profile: Profile) -> Why:
    """Say why a cell holds or fails, and which single number would change that.

    Parameters
    ----------
    solution
        What was found.
    profile
        ``(a0, a1)``.
    """
    o = examine(solution, profile)
    changes: tuple[Flip, ...] = ()
    fixed = has_fixed_threat(solution.game)
    if solution.model is not None:
        found = flips(solution.model, among=[(o.name, profile)], **solution.settings)
        changes = _nearest(solution, o, found)
    return Why(o, sides(solution, o), changes, fixed)


def sides(solution: Solution, o: OutcomeResult) -> tuple[Side, Side]:
    """Return what each side gains and loses by breaking an outcome."""
    return _side(solution, o, 0), _side(solution, o, 1)


def _side(solution: Solution, o: OutcomeResult, i: int) -> Side:
    d, factor = o.best_deviation[i], float(solution.game.discount[i])
    threats = solution.repeated.threats
    if threats is None:
        return Side(i, d.action, d.gain, None, 0.0)
    worst = float(threats[i])
    loss = factor / (1 - factor) * (o.payoffs[i] - worst)
    rounding = 1e-12 * float(np.ptp(solution.game.payoffs[i])) / (1 - factor)
    return Side(i, d.action, d.gain, worst, d.gain if abs(loss - d.gain) <= rounding else loss)


def _nearest(solution: Solution, o: OutcomeResult, found: tuple[Flip, ...]) -> tuple[Flip, ...]:
    """Keep, for each parameter, the first threshold on either side; nearest in its range first."""
    assert solution.model is not None
    spans = {p.name: (p.range[1] - p.range[0]) or 1.0 for p in solution.model.parameters}
    best: dict[tuple[str, bool], Flip] = {}
    for f in found:
        away = f.holds_above == (f.at <= f.now)
        if away != o.sustained:
            continue
        key = f.parameter, f.at > f.now
        if key not in best or abs(f.at - f.now) < abs(best[key].at - f.now):
            best[key] = f
    return tuple(sorted(best.values(), key=lambda f: abs(f.at - f.now) / spans[f.parameter]))


def pages(solution: Solution, found: Why) -> tuple[Block, ...]:
    """Return what `negotiate why` prints about one cell."""
    o = found.outcome
    name, holds = label(solution, o), o.sustained
    sides = sorted(found.sides, key=lambda s: (s.keeps, s.loss - s.gain))
    blocks = [
        Block(
            f"{name} {'holds' if holds else 'fails'}".upper(),
            lines=(reason(solution, found), *(f"- {account(solution, o, s)}" for s in sides)),
            notes=_how_counted(solution, found),
        ),
        _changes(solution, found),
    ]
    return tuple(b for b in blocks if b.lines or b.rows)


def reason(solution: Solution, found: Why) -> str:
    """Say in one sentence why the cell holds or fails."""
    o, game = found.outcome, solution.game
    name = label(solution, o)
    if o.sustained:
        if o.binding is None:
            return (
                f"Given these payoffs {name} holds, because neither {game.players[0]} nor "
                f"{game.players[1]} would gain by breaking it even once."
            )
        return (
            f"Given these payoffs {name} holds, because whoever gained by breaking it would lose "
            "more afterwards, or as much."
        )
    failing = [s for s in found.sides if not s.keeps]
    if solution.repeated.threats is None:
        return (
            f"Given these payoffs {name} fails, because at this patience no threat is believable."
        )
    who = listed(game.players[s.player] for s in failing)
    return (
        f"Given these payoffs {name} fails, because what would follow does not stop {who} from "
        "breaking it."
    )


def account(solution: Solution, o: OutcomeResult, side: Side) -> str:
    """Say in one or two sentences what a side gains and loses by breaking the cell."""
    game, i, period = solution.game, side.player, period_of(solution)
    who = game.players[i]
    own, other = game.actions[i][o.profile[i]], game.actions[i][side.action]
    if side.gain <= 0 and side.loss >= 0 and side.worst is not None:
        return (
            f"{who} has no reason to break it: no other action brings it more than {own}, even at "
            "once."
        )
    if side.gain <= 0:
        gains = f"{who} gains nothing at once by playing anything but {own}"
    else:
        gains = (
            f"{who} gains {amount(solution, i, side.gain)} at once by playing {other} instead of "
            f"{own}"
        )
    if side.worst is None:
        return f"{gains}; nothing that would follow can be relied on."
    now, worst = amount(solution, i, o.payoffs[i]), amount(solution, i, side.worst)
    if side.loss < 0 and now != worst:
        return (
            f"{gains}, and would lose nothing afterwards: the worst that can believably follow "
            f"gives it {worst} per {period}, more than the {now} of this outcome."
        )
    if amount(solution, i, side.loss) == "0" or now == worst:
        return f"{gains}, and would lose nothing afterwards: it gets {now} per {period} either way."
    return (
        f"{gains}, and would lose at most {amount(solution, i, side.loss)} afterwards, being held "
        f"down to {worst} per {period} instead of {now}."
    )


def _how_counted(solution: Solution, found: Why) -> tuple[str, ...]:
    if all(s.worst is None or s.loss == 0 for s in found.sides):
        return ()
    period, game = period_of(solution), solution.game
    weights = " and ".join(
        f"{patience(float(d))} for {name}"
        for name, d in zip(game.players, game.discount, strict=True)
    )
    return (
        f"What is lost afterwards is summed over all later {period}s, each counting for less than "
        f"the one before: by a factor of {weights}.",
    )


def _changes(solution: Solution, found: Why) -> Block:
    """List each single number that would change the answer."""
    if solution.model is None:
        return Block("")
    o, model = found.outcome, solution.model
    what = "break it" if o.sustained else "make it hold"
    meaning = {p.name: p.meaning for p in model.parameters}
    rows = tuple(
        (
            f.parameter,
            number(f.now),
            f"{'above' if f.at > f.now else 'below'} {number(f.at)}",
            solution.game.players[f.player],
            meaning[f.parameter],
        )
        for f in found.changes
    )
    title = f"What single change would {what}"
    notes = _not_searched(solution, found)
    if not rows:
        line = "None was found."
        if not notes:
            line = f"No single number, moved alone within its range, would {what}."
        return Block(title, lines=(" ".join((line, *notes)),))
    header = ("number", "now", "if it were", "decided by", "meaning")
    return Block(title, header=header, rows=rows, notes=notes)


def _not_searched(solution: Solution, found: Why) -> tuple[str, ...]:
    left = [solution.game.players[i] for i in (0, 1) if not found.fixed[i]]
    if not left:
        return ()
    return (
        f"Not searched: where the decision of {listed(left)} would change, since the worst that "
        "can follow a breach is no one-off equilibrium and depends on patience itself.",
    )


def to_dict(solution: Solution, found: tuple[Why, ...]) -> dict[str, Any]:
    """Return the JSON of `negotiate why`, schema ``negotiate/why/1``."""
    return {
        "schema": "negotiate/why/1",
        "model": solution.to_dict()["model"],
        "parameters": solution.parameters,
        "cells": [_cell(solution, w) for w in found],
    }


def _cell(solution: Solution, w: Why) -> dict[str, Any]:
    game, o = solution.game, w.outcome
    return {
        "name": o.name,
        "profile": [names[k] for names, k in zip(game.actions, o.profile, strict=True)],
        "holds": o.sustained,
        "reason": reason(solution, w),
        "sides": [
            {
                "player": game.players[s.player],
                "action": game.actions[s.player][s.action],
                "gain": s.gain,
                "payoff": o.payoffs[s.player],
                "worst_after": s.worst,
                "loss": s.loss if s.worst is not None else None,
                "keeps": s.keeps,
                "thresholds_searched": w.fixed[s.player],
            }
            for s in w.sides
        ],
        "changes": [
            {
                "parameter": f.parameter,
                "now": f.now,
                "at": f.at,
                "holds": "above" if f.holds_above else "below",
                "player": game.players[f.player],
            }
            for f in w.changes
        ],
    }
