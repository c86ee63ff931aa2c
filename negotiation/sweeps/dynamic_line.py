"""Critical values of a dynamic model along one number, with the changes.

Along a number on a grid the starts are its levels, all of which come from one solution. Along any
other number every point is a game to be solved: a scan tells between which points something
changes, and halving closes in on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from negotiation.errors import UsageError
from negotiation.payoff_file.model import PayoffFile
from negotiation.solution.starts import Standing, Watch, asked_about, standings, unwatched

__all__ = ["MovingLine", "Stretch", "levels_within", "moving_line"]

SCAN = 17
HALVINGS = 6
"""Changes are closed in on to 1 / (16 · 2^6), about a thousandth of the span."""


@dataclass(frozen=True)
class Stretch:
    """Interval of equal answers: its first and last point, and the answer."""

    low: float
    high: float
    found: Standing


@dataclass(frozen=True, eq=False)
class MovingLine:
    """Outcomes supportable at the start along one number.

    Attributes
    ----------
    model, settings
        The file, and what the caller set.
    name, span
        The number, and the ends between which it was varied.
    outcomes
        Those that were asked about.
    stretches
        In order. Between one and the next lies a change.
    solved
        How many points were looked at.
    """

    model: PayoffFile
    settings: dict[str, Any]
    name: str
    span: tuple[float, float]
    outcomes: tuple[str, ...]
    stretches: tuple[Stretch, ...]
    solved: int

    @property
    def levels(self) -> bool:
        """True if the number is on a grid, so that it takes its levels only."""
        return any(axis.name == self.name for axis in self.model.axes)


def moving_line(
    model: PayoffFile,
    name: str,
    span: tuple[float, float],
    settings: Mapping[str, Any] | None = None,
    watch: Watch = unwatched,
) -> MovingLine:
    """Return the changes along one number of the outcomes supportable at the start.

    Parameters
    ----------
    model
        A dynamic payoff file.
    name, span
        The number and where to look.
    settings
        Other numbers that differ from the file's values.
    watch
        Shows how far the work has come.

    Raises
    ------
    UsageError
        If no level of a number on a grid lies within the span, or a setting is impossible.
    """
    others = {k: v for k, v in (settings or {}).items() if k != name}
    names = asked_about(model)
    points = levels_within(model, name, span)
    scan = np.linspace(*span, SCAN) if points is None else points

    def solve(x: Any, seen: Watch = unwatched) -> list[Standing]:
        return standings(model, {name: np.asarray(x)}, others, names, seen)

    answers = dict(zip(scan.tolist(), solve(scan, watch), strict=True))
    if points is None:
        brackets = _brackets(answers)
        for _ in watch(range(HALVINGS), f"closing in on {len(brackets)}") if brackets else ():
            middle = [0.5 * (a + b) for a, b in brackets]
            answers |= dict(zip(middle, solve(middle), strict=True))
            brackets = [pair for pair in _brackets(answers) if set(pair) & set(middle)]
    return MovingLine(model, others, name, span, names, _stretches(answers), len(answers))


def levels_within(model: PayoffFile, name: str, span: tuple[float, float]) -> Any:
    """Return the levels of a number on a grid within a span; None if it is not on a grid.

    Raises
    ------
    UsageError
        If there are none.
    """
    for axis in model.axes:
        if axis.name == name:
            levels = np.array([float(x) for x in axis.levels])
            slack = 1e-9 * (levels[-1] - levels[0])
            inside: Any = levels[(levels >= span[0] - slack) & (levels <= span[1] + slack)]
            if not len(inside):
                raise UsageError(
                    f"no level of {name} lies from {span[0]:g} to {span[1]:g}; its grid goes from "
                    f"{levels[0]:g} to {levels[-1]:g}"
                )
            return inside
    return None


def _same(a: Standing, b: Standing) -> bool:
    return a.regime == b.regime and a.supportable_now == b.supportable_now


def _brackets(answers: Mapping[float, Standing]) -> list[tuple[float, float]]:
    """Return neighbouring points with different answers."""
    return [(a, b) for a, b in pairwise(sorted(answers)) if not _same(answers[a], answers[b])]


def _stretches(answers: Mapping[float, Standing]) -> tuple[Stretch, ...]:
    stretches: list[Stretch] = []
    for x in sorted(answers):
        if stretches and _same(stretches[-1].found, answers[x]):
            stretches[-1] = Stretch(stretches[-1].low, x, stretches[-1].found)
        else:
            stretches.append(Stretch(x, x, answers[x]))
    return tuple(stretches)
