"""Explanation of one outcome as a page and as plain data."""

from __future__ import annotations

from typing import Any

from negotiation.analysis.deviations import Side, Why
from negotiation.analysis.thresholds import Flip
from negotiation.reporting.blocks import Block
from negotiation.solution import as_json
from negotiation.solution.outcomes import OutcomeResult
from negotiation.solution.solution import Solution
from negotiation.solution.verdict import (
    amount,
    in_period,
    label,
    listed,
    number,
    per_of,
    period_of,
    weights,
)

__all__ = ["account", "pages", "reason", "to_dict"]


def pages(solution: Solution, found: Why) -> tuple[Block, ...]:
    """Return the page of `negotiate why` about one action profile."""
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
    """Return in one sentence the reason why the profile holds or fails."""
    o, game = found.outcome, solution.game
    name = label(solution, o)
    if o.sustained:
        if o.tightest_player is None:
            return (
                f"Given these payoffs {name} holds, because neither {game.players[0]} nor "
                f"{game.players[1]} would gain by breaking it even once."
            )
        return (
            f"Given these payoffs {name} holds, because whoever gained by breaking it would lose "
            "more afterwards, or as much."
        )
    failing = [s for s in found.sides if not s.keeps]
    if solution.repeated.min_spe_payoffs is None:
        return (
            f"Given these payoffs {name} fails, because at this patience no threat is believable."
        )
    who = listed(game.players[s.player] for s in failing)
    return (
        f"Given these payoffs {name} fails, because what would follow does not stop {who} from "
        "breaking it."
    )


def account(solution: Solution, o: OutcomeResult, side: Side) -> str:
    """Return the gain and loss of a side from breaking the profile, in words."""
    game, i, per = solution.game, side.player, per_of(solution)
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
            f"{who} gains {in_period(solution, i, side.gain)} at once by playing {other} instead "
            f"of {own}"
        )
    if side.worst is None:
        return f"{gains}; nothing that would follow can be relied on."
    now, worst = (amount(solution, i, x) for x in (o.payoffs[i], side.worst))
    if side.loss < 0 and now != worst:
        return (
            f"{gains}, and would lose nothing afterwards: the worst that can believably follow "
            f"gives it {worst} per {per}, more than the {now} of this outcome."
        )
    if amount(solution, i, side.loss) == "0" or now == worst:
        return f"{gains}, and would lose nothing afterwards: it gets {now} per {per} either way."
    return (
        f"{gains}, and would lose at most {in_period(solution, i, side.loss)} afterwards, being "
        f"held down to {worst} per {per} instead of {now}."
    )


def _how_counted(solution: Solution, explanation: Why) -> tuple[str, ...]:
    if all(s.worst is None or s.loss == 0 for s in explanation.sides):
        return ()
    return (
        f"What is lost afterwards is summed over all later {period_of(solution)}s, each counting "
        f"for less than the one before: by a factor of {weights(solution)}.",
    )


def _changes(solution: Solution, explanation: Why) -> Block:
    """List each single number that would change the answer."""
    if solution.model is None:
        return Block("")
    o, model = explanation.outcome, solution.model
    effect = "break it" if o.sustained else "make it hold"
    meaning = {p.name: p.meaning for p in model.parameters}
    rows = tuple(
        (
            f.parameter,
            number(f.now),
            _from_there(f, holds=o.sustained),
            "the punishment" if f.player is None else solution.game.players[f.player],
            meaning[f.parameter],
        )
        for f in explanation.changes
    )
    title = f"What single change would {effect}"
    if not rows:
        line = f"No single number, moved alone within its range, would {effect}."
        return Block(title, lines=(line,))
    header = ("number", "now", "if it were", "decided by", "meaning")
    return Block(title, header=header, rows=rows)


def _from_there(flip: Flip, *, holds: bool) -> str:
    """Return the values that change the answer: at the threshold itself the outcome holds."""
    rounding = 1e-12 * max(1.0, abs(flip.now))
    at, up = number(flip.at if abs(flip.at) > rounding else 0.0), flip.at > flip.now
    if holds:
        return f"{'above' if up else 'below'} {at}"
    return f"{at} or {'more' if up else 'less'}"


def to_dict(solution: Solution, found: tuple[Why, ...]) -> dict[str, Any]:
    """Return the JSON of `negotiate why`, schema ``negotiate/why/1``."""
    return {
        "schema": "negotiate/why/1",
        "model": as_json.to_dict(solution)["model"],
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
                "deviation_gain": s.gain,
                "payoff": o.payoffs[s.player],
                "worst_after": s.worst,
                "loss": s.loss if s.worst is not None else None,
                "keeps": s.keeps,
                "thresholds_searched": True,
            }
            for s in w.sides
        ],
        "changes": [
            {
                "parameter": f.parameter,
                "now": f.now,
                "at": f.at,
                "holds": "above" if f.holds_above else "below",
                "player": None if f.player is None else game.players[f.player],
            }
            for f in w.changes
        ],
    }
