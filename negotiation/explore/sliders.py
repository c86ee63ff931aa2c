"""The numbers as sliders: which come first, their steps, and where the answer changes on each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from negotiation.analysis.ranges import space
from negotiation.analysis.samples import tornado
from negotiation.errors import NegotiationError
from negotiation.explore.signals import changes, own_numbers
from negotiation.payoff_file.model import PayoffFile
from negotiation.payoff_file.pieces import Parameter
from negotiation.solution.verdict import listed, number
from negotiation.sweeps.critical_values import Change, critical_values

__all__ = ["FIRST", "Slider", "Turn", "first_names", "sliders", "turns"]

FIRST = 4
"""Sliders on the first screen."""

_MOST_TURNS = 3


@dataclass(frozen=True)
class Slider:
    """One number as a slider.

    Attributes
    ----------
    parameter
        As in the file.
    value
        Now.
    grain
        Values are rounded to multiples of this when dragged.
    origin
        Where it comes from: sources, or "assumed".
    given
        Whether it differs from the file because somebody set it.
    outside
        Whether its value is outside its range.
    """

    parameter: Parameter
    value: float
    grain: float
    origin: str
    given: bool
    outside: bool

    @property
    def low(self) -> float:
        """The lower end."""
        return self.parameter.range[0]

    @property
    def high(self) -> float:
        """The upper end."""
        return self.parameter.range[1]

    @property
    def shown(self) -> str:
        """The value as people read it."""
        return number(self.value)


@dataclass(frozen=True)
class Turn:
    """A value of a number at which the answer changes.

    Attributes
    ----------
    at, share
        The value, and where it lies between the ends of the range.
    said
        What changes there when the number rises past it, and who decides that.
    """

    at: float
    share: float
    said: str


@lru_cache(maxsize=16)
def first_names(model: PayoffFile) -> tuple[str, ...]:
    """Return the numbers that matter most, at most four, the largest first.

    By how far the truce margin goes when one number alone goes through its range; in file order
    where the file names no truce.
    """
    if model.kind == "signalling":
        return own_numbers(model)[:FIRST]
    still = model.frozen()
    varied = [p.name for p in still.parameters if p.range[1] > p.range[0]]
    try:
        ranked = [s.parameter for s in tornado(space(still, {}))]
    except NegotiationError:
        ranked = varied
    return tuple(ranked[:FIRST])


def sliders(
    model: PayoffFile, values: Mapping[str, float], given: Mapping[str, Any]
) -> tuple[Slider, ...]:
    """Return all numbers that have a range, those that matter most first."""
    still = model if model.kind == "signalling" else model.frozen()
    first = first_names(model)
    outside = still.outside_range(dict(given))
    titles = {s.id: (s.title, s.date) for s in model.sources}
    found = {
        p.name: Slider(
            parameter=p,
            value=values[p.name],
            grain=_grain(p),
            origin=_origin(p, titles),
            given=p.name in given,
            outside=p.name in outside,
        )
        for p in still.parameters
        if p.range[1] > p.range[0]
    }
    rest = [name for name in found if name not in first]
    return tuple(found[name] for name in (*first, *rest))


def _grain(p: Parameter) -> float:
    """Return a round step, about a 200th of the range.

    Examples
    --------
    >>> from negotiation.payoff_file import load
    >>> [_grain(p) for p in load("chips-for-rare-earths").parameters if p.name in ("s", "W")]
    [0.001, 1.0]
    """
    rough = (p.range[1] - p.range[0]) / 200
    ten = 10.0 ** math.floor(math.log10(rough))
    return next(k * ten for k in (5, 2, 1) if k * ten <= rough * 1.0000001)


def _origin(p: Parameter, titles: dict[str, tuple[str, str]]) -> str:
    if p.grade == "assumed" or not p.sources:
        return p.grade
    title, date = titles[p.sources[0]]
    more = len(p.sources) - 1
    said = f"{p.grade}: {title}, {date}"
    return f"{said}; {more} more" if more else said


def turns(model: PayoffFile, name: str, given: Mapping[str, Any]) -> tuple[Turn, ...]:
    """Return where the answer changes as one number goes through its range, in order.

    All others stay as given; a state that moves is taken as it is at the start.
    """
    still = model if model.kind == "signalling" else model.frozen()
    p = next(p for p in still.parameters if p.name == name)
    low, high = p.range
    if still.kind == "signalling":
        changed = changes(still, name, p.range, given)
        return tuple(Turn(at, (at - low) / (high - low), words) for at, words in changed)
    line = critical_values(still, name, p.range, given)
    return tuple(
        Turn(change.at, (change.at - low) / (high - low), _said(still, change))
        for change in line.changes
    )


def _said(model: PayoffFile, change: Change) -> str:
    """Say what starts and stops at a value as the number rises, and who decides."""
    parts = []
    for starts, verb in ((True, "holds from here on"), (False, "ends")):
        reasons = [r for r in change.reasons if r.starts == starts]
        if not reasons:
            continue
        names = listed(dict.fromkeys(r.outcome for r in reasons))
        who = {model.players[r.player] for r in reasons if r.player is not None}
        by = f" ({listed(sorted(who))})" if who else ""
        parts.append(f"{names} {verb}{by}")
    if change.before != change.after:
        parts.append(f"{change.before} becomes {change.after}")
    return "; ".join(parts)
