"""Critical values along one parameter, as a page and as JSON."""

from __future__ import annotations

from typing import Any

from negotiation.reporting.blocks import Block
from negotiation.solution.units import units_of
from negotiation.solution.verdict import number
from negotiation.sweeps.critical_values import Change, Line, Reason

__all__ = ["page", "to_dict"]


def page(line: Line) -> tuple[Block, ...]:
    """Return the page of `negotiate solve --vary`: changes, and outcomes in between."""
    p = next(p for p in line.job.model.parameters if p.name == line.name)
    now = float(line.job.model.values(**line.job.settings)[line.name])
    low, high = line.span
    meaning = f" ({p.meaning})" if p.meaning else ""
    changes = [sentence for change in line.changes for sentence in _sentences(line, change)]
    count = len(line.changes)
    summary = {0: "nothing changes", 1: "there is one change"}.get(
        count, f"there are {count} changes"
    )
    opening = (
        f"Given these payoffs, {summary} in which truces can be kept up, and in what replaces "
        f"them, as {line.name}{meaning} goes from {value(low)} to {value(high)} and all "
        f"else stays as it is. Now it is {value(now)}."
    )
    return (
        Block(f"As {line.name} moves", (opening, *changes)),
        Block("What holds between", (), ("from", "to", "regime", "truces that hold"), _rows(line)),
        Block("How sure this is", _how_sure(line)),
    )


def _how_sure(line: Line) -> tuple[str, ...]:
    missed = (
        "Two changes closer together than 1/256 of it, with the same answer on either side, could "
        "have been missed."
    )
    if all(change.sure for change in line.changes):
        return (f"Every value is exact to a billionth of the span. {missed}",)
    return (
        f"Every value without a question mark is exact to a billionth of the span. {missed}",
        "?: only roughly there. Rounding decides where, mostly since something holds with equality "
        "all along: discount factors that differ by 1e-10 move it by more than 1e-7 of the span.",
    )


def value(x: float) -> str:
    """Write a parameter's value to six digits, enough to tell neighbours apart.

    Examples
    --------
    >>> value(0.5450617), value(23.75)
    ('0.545062', '23.75')
    """
    return format(x + 0.0, ".6g")


def _rows(line: Line) -> tuple[tuple[str, ...], ...]:
    ends = [value(line.span[0]), *(_place(line, c) for c in line.changes), value(line.span[1])]
    regimes = [line.regime, *(c.after for c in line.changes)]
    return tuple(
        (a, b, regime, ", ".join(sustained) or "none")
        for a, b, regime, sustained in zip(ends, ends[1:], regimes, line.held(), strict=False)
    )


def _place(line: Line, change: Change) -> str:
    """Write the place of a change; 0 if it is 0 within accuracy."""
    low, high = line.span
    at = change.at if abs(change.at) > 1e-9 * (high - low) else 0.0
    return value(at) + " ?" * (not change.sure)


def _sentences(line: Line, change: Change) -> list[str]:
    at = f"At {line.name} = {_place(line, change)}"
    sentences = [f"{at} {_because(line, reason)}" for reason in change.reasons]
    if change.before != change.after:
        sentences.append(f"{at} {_turn(change.before, change.after)}")
    return sentences


def _because(line: Line, reason: Reason) -> str:
    verb = "starts to hold" if reason.starts else "stops holding"
    if reason.player is None or reason.action is None:
        news = "becomes believable" if reason.starts else "is no longer believable"
        return f"{reason.outcome} {verb}: the punishment that it rests on {news}."
    model = line.job.model
    player, action = model.players[reason.player], model.actions[reason.player][reason.action]
    if reason.gain == 0.0:
        turn = "no longer gains" if reason.starts else "starts to gain"
        return f"{reason.outcome} {verb}: {player} {turn} at once by playing {action}."
    units = units_of(model)
    weighs = "from there on outweighs" if reason.starts else "from there on falls short of"
    return (
        f"{reason.outcome} {verb}: what {player} would lose later by playing {action} {weighs} the "
        f"{number(reason.gain * units.share)}{units.said} that it would gain at once."
    )


_PEACE = {
    "self-enforcing": "a truce holds without any threat",
    "armed truce": "a truce can be kept up by threats",
    "partial cooperation": "no truce can be kept up, but something better for both can",
    "no cooperation": "nothing better for both than their worst one-off equilibrium can be kept up",
    "no pure equilibrium": "no play without chance moves is in equilibrium",
}


def _turn(before: str, after: str) -> str:
    return f"the regime turns from {before} to {after}: from there on {_PEACE[after]}."


def to_dict(line: Line) -> dict[str, Any]:
    """Return the same as data; schema ``negotiate/critical/1``."""
    model, ends = line.job.model, [line.span[0], *(c.at for c in line.changes), line.span[1]]
    regimes = [line.regime, *(c.after for c in line.changes)]
    return {
        "schema": "negotiate/critical/1",
        "model": {"title": model.title, "file": model.path, "sha256": model.sha256},
        "settings": {name: float(v) for name, v in sorted(line.job.settings.items())},
        "parameter": line.name,
        "span": list(line.span),
        "changes": [_change(line, change) for change in line.changes],
        "stretches": [
            {"from": a, "to": b, "regime": regime, "sustained": list(sustained)}
            for a, b, regime, sustained in zip(ends, ends[1:], regimes, line.held(), strict=False)
        ],
    }


def _change(line: Line, change: Change) -> dict[str, Any]:
    players, actions = line.job.model.players, line.job.model.actions
    return {
        "at": change.at,
        "sure": change.sure,
        "before": change.before,
        "after": change.after,
        "outcomes": [
            {
                "name": r.outcome,
                "starts": r.starts,
                "tightest_player": None if r.player is None else players[r.player],
                "by": None if r.player is None or r.action is None else actions[r.player][r.action],
                "deviation_gain": r.gain if r.player is not None else None,
            }
            for r in change.reasons
        ],
        "why": _sentences(line, change),
    }
