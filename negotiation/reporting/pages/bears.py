"""Endurance of a truce, in sentences and as a table."""

from __future__ import annotations

import math

from negotiation.payoff_file.model import PayoffFile
from negotiation.reporting.blocks import Block
from negotiation.solution.bears import RATES, TERMS, Bears, SideBears
from negotiation.solution.outcomes import OutcomeResult
from negotiation.solution.solution import Solution
from negotiation.solution.verdict import label, listed, number, period_of
from negotiation.sweeps.endurance import Stretch

__all__ = ["along_block", "along_dict", "bears_block", "sentences"]

TITLE = "What it can bear"


def bears_block(solution: Solution) -> Block:
    """Return what every sustained truce can bear before a side breaks it; empty without one."""
    held = [(o, b) for o in solution.outcomes if o.truce and (b := solution.bears[o.profile])]
    if not held:
        return Block("")
    period = period_of(solution)
    rows = [_row(solution, o, side) for o, found in held for side in found.sides]
    return Block(
        TITLE,
        lines=tuple(s for o, found in held for s in _said(solution, o, found)),
        header=(
            "truce",
            "side",
            f"stock it\nbears, {period}s",
            f"renewal (%) for\n{', '.join(map(str, TERMS))} {period}s",
            f"new government,\na {period}",
            f"false alarms,\na {period}",
            f"freeze needed,\n{period}s",
        ),
        rows=tuple(rows),
        notes=_notes(solution, held),
    )


def _said(solution: Solution, o: OutcomeResult, found: Bears) -> tuple[str, ...]:
    every = sentences(found, solution.game.players, period_of(solution))
    return tuple(f"- {label(solution, o)}: {s}" for s in every)


def sentences(found: Bears, names: tuple[str, str], period: str) -> tuple[str, ...]:
    """Return one sentence for each thing that a truce can bear.

    Parameters
    ----------
    found
        What it can bear.
    names
        Of both players.
    period
        What the model calls a period.
    """
    sides = found.sides
    if all(side.gain <= 0 for side in sides):
        return ("neither side gains by breaking it, so that none of this would.",)
    tempted = [side for side in sides if side.gain > 0]
    return (
        _stocks(tempted, names, period),
        _renewal(tempted, names, period),
        _turnover(min(tempted, key=lambda s: s.turnover), names, period),
        _alarms(min(tempted, key=lambda s: s.alarm_limit or 0.0), names, period),
        _reopening(found, period),
        *([_LAST_DATE] if found.unravels else []),
    )


_LAST_DATE = (
    "with a last date that both know it would break down from the end, with nothing later to lose."
)


def _stocks(tempted: list[SideBears], names: tuple[str, str], period: str) -> str:
    parts = []
    for side in tempted:
        if side.stock is None:
            parts.append(f"no {names[side.player]} stock would break it")
        else:
            long = _long(side.stock + 1, period)
            parts.append(f"a {names[side.player]} stock of {long} would break it")
    return f"{'; '.join(parts)}."


def _renewal(tempted: list[SideBears], names: tuple[str, str], period: str) -> str:
    most = max(tempted, key=lambda s: _needed(s, 2))
    belief = most.renewal[2]
    if belief is None:
        return f"if it ran for {TERMS[2]} {period}s at a time, {names[most.player]} would break it."
    return (
        f"if it ran for {TERMS[2]} {period}s at a time, {names[most.player]} would have to expect "
        f"renewal with a chance of at least {_percent(belief)}."
    )


def _needed(side: SideBears, k: int) -> float:
    belief = side.renewal[k]
    return 2.0 if belief is None else belief


def _turnover(side: SideBears, names: tuple[str, str], period: str) -> str:
    return (
        f"if a government that ends it came with a chance above {_percent(side.turnover)} a "
        f"{period}, {names[side.player]} would break it now."
    )


def _alarms(side: SideBears, names: tuple[str, str], period: str) -> str:
    name = names[side.player]
    if side.alarm_limit is None:
        return f"no freeze after an alarm would deter {name}, even without false alarms."
    start = (
        f"above {_percent(side.alarm_limit)} false alarms a {period} no freeze after an alarm "
        f"would deter {name}"
    )
    periods = side.freeze[1]
    if periods is None:
        return f"{start}."
    alarm = _percent(RATES[1][0])
    return f"{start}; at {alarm} it takes {_long(periods, period)} if every breach is seen."


def _reopening(found: Bears, period: str) -> str:
    if found.reopening >= 1:
        return "with payments it survives being reopened however often."
    return (
        "if the sides can pay each other, it survives being reopened with a chance of up to "
        f"{_percent(found.reopening)} a {period}."
    )


def _long(periods: int, period: str) -> str:
    return f"{periods} {period}{'' if periods == 1 else 's'}"


def _percent(share: float) -> str:
    return f"{number(100 * share)} %"


def _row(solution: Solution, o: OutcomeResult, side: SideBears) -> tuple[str, ...]:
    return (
        label(solution, o),
        solution.game.players[side.player],
        "any" if side.stock is None else str(side.stock),
        ", ".join("never" if b is None else number(round(100 * b)) for b in side.renewal),
        _percent(side.turnover),
        "none" if side.alarm_limit is None else _percent(side.alarm_limit),
        ", ".join("never" if f is None else str(f) for f in side.freeze),
    )


def _notes(solution: Solution, held: list[tuple[OutcomeResult, Bears]]) -> tuple[str, ...]:
    rates = "; ".join(f"{_percent(a)} and {_percent(b)}" for a, b in RATES)
    notes = [
        "Each number changes one thing and leaves all else as it is. Stock: of what the other side "
        "supplies; until it is used up the other's cut does not bite. An end that is nobody's "
        "breach is counted as bad as what follows one.",
        f"Freeze: how long after an alarm, at these chances of a false alarm and of an alarm after "
        f"a breach: {rates}.",
    ]
    moving = [
        f"{solution.game.players[side.player]} in {label(solution, o)}"
        for o, found in held
        for side in found.sides
        if not side.constant
    ]
    if moving:
        notes.append(
            f"For {listed(moving)} the punishment is a path and not one payoff for ever: stock and "
            "new government follow that path, and another plan might bear more; the rest counts "
            "the punishment with what it is worth when it starts."
        )
    return tuple(notes)


def along_block(model: PayoffFile, name: str, found: tuple[Stretch, ...]) -> Block:
    """Return how the stocks that truces bear change along a parameter."""
    rows = [
        (
            s.outcome,
            model.players[s.player],
            format(s.start, ".6g"),
            format(s.stop, ".6g"),
            "-" if math.isnan(s.stock) else "any" if math.isinf(s.stock) else f"{s.stock:.0f}",
        )
        for s in found
    ]
    period = model.period or "period"
    return Block(
        f"The stock that truces bear as {name} moves",
        header=("truce", "side", "from", "to", f"{period}s"),
        rows=tuple(rows),
        notes=(
            "The largest stock of the other side's good at which this side keeps to the truce; a "
            "dash where the truce does not hold, or its punishment is a path.",
        ),
    )


def along_dict(model: PayoffFile, found: tuple[Stretch, ...]) -> list[dict[str, object]]:
    """Return the same as plain data: the ``bears`` of ``negotiate/critical/1``."""
    return [
        {
            "outcome": s.outcome,
            "player": model.players[s.player],
            "from": s.start,
            "to": s.stop,
            "stock": s.stock if math.isfinite(s.stock) else None,
            "known": not math.isnan(s.stock),
        }
        for s in found
    ]
