"""Thresholds of followers: single numbers at which one of them would do otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from negotiation.analysis.constraint import crossings
from negotiation.games.game import Array
from negotiation.payoff_file.model import PayoffFile

__all__ = ["ChangeOfMind", "changes_of_mind"]

Profile = tuple[int, int]
_GRID = 401
"""Values of each number that are looked at; two changes between neighbours are missed."""


@dataclass(frozen=True)
class ChangeOfMind:
    """The nearest value of one number, on one side, at which a follower does something else.

    Attributes
    ----------
    outcome, profile, follower
        In which cell, and which follower, by its place in the order of moving.
    parameter, now, at
        Which number, its value, and the value from which on the follower does otherwise.
    choice, otherwise
        What it does now and beyond, as indices of its choices.
    share
        How far away that is, as a share of the width of the number's range.
    """

    outcome: str
    profile: Profile
    follower: int
    parameter: str
    now: float
    at: float
    choice: int
    otherwise: int
    share: float


def changes_of_mind(model: PayoffFile, **settings: Any) -> tuple[ChangeOfMind, ...]:
    """Return, for every named outcome, follower and number, the nearest changes within its range.

    Parameters
    ----------
    model
        A payoff file with followers, in which nothing moves.
    **settings
        Parameters that differ from the file's values.

    Returns
    -------
    tuple
        In the order of outcomes, cells, followers and nearness.
    """
    if not model.followers:
        return ()
    cells = [(o.name, p) for o in model.outcomes for p in o.profiles]
    found = [
        change
        for p in model.parameters
        if p.range[0] < p.range[1]
        for change in _along(model, p.name, p.range, settings, cells)
    ]
    order = {cell: k for k, (_, cell) in enumerate(cells)}
    return tuple(sorted(found, key=lambda c: (order[c.profile], c.follower, c.share, c.parameter)))


def _along(
    model: PayoffFile,
    name: str,
    span: tuple[float, float],
    settings: Mapping[str, Any],
    cells: list[tuple[str, Profile]],
) -> list[ChangeOfMind]:
    """Look along one number, for all cells and followers at once, then close in on each change."""
    now = float(model.values(**settings)[name])
    rest = {k: v for k, v in settings.items() if k != name}
    grid = np.unique([*np.linspace(*span, _GRID), now])
    here = int(np.searchsorted(grid, now))
    chosen = model.answers(**{**rest, name: grid}).chosen
    found = []
    for outcome, (a, b) in cells:
        for k, labels in enumerate(chosen):
            line = labels[:, a, b]
            for at, beyond in _nearest(grid, line == line[here], here):
                root = _close_in(model, rest, (name, at, beyond), (k, a, b))
                otherwise = int(line[np.searchsorted(grid, beyond)])
                share = abs(root - now) / (span[1] - span[0])
                found.append(
                    ChangeOfMind(
                        outcome, (a, b), k, name, now, root, int(line[here]), otherwise, share
                    )
                )
    return found


def _nearest(grid: Array, same: Any, here: int) -> list[tuple[float, float]]:
    """Return, on either side, the last value with the same choice and the first with another."""
    other = np.flatnonzero(~same)
    above, below = other[other > here][:1], other[other < here][-1:]
    return [
        *((float(grid[k - 1]), float(grid[k])) for k in above),
        *((float(grid[k + 1]), float(grid[k])) for k in below),
    ]


def _close_in(
    model: PayoffFile,
    rest: Mapping[str, Any],
    bracket: tuple[str, float, float],
    where: tuple[int, int, int],
) -> float:
    """Find where between two values the follower changes, to neighbouring numbers."""
    name, near, far = bracket
    k, a, b = where

    def keeps(x: Array) -> Array:
        labels = model.answers(**{**rest, name: x}).chosen[k][:, a, b]
        return np.where(labels == first, 1.0, -1.0)

    first = model.answers(**{**rest, name: near}).chosen[k][0, a, b]
    (root, _), *_ = crossings(keeps, min(near, far), max(near, far))
    return root
