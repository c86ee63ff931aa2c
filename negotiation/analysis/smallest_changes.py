"""The smallest changes that turn a verdict around: of one number alone, and of all together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from negotiation.analysis.margins import judge
from negotiation.analysis.ranges import Space
from negotiation.games.game import Array

__all__ = ["Change", "Together", "change_together", "changes_alone"]

_GRID = 65
"""Values of each number that are looked at."""
_INSIDE, _ROUNDS = 15, 7
_STEP = 1e-4
_TRIES = 12
_SHARP = 1e-6


@dataclass(frozen=True)
class Change:
    """The nearest value of one number, on one side, that makes, breaks or changes a truce.

    A truce then holds that did not, or the other way round, or it needs a threat that it did not
    need.

    Attributes
    ----------
    parameter, now, at
        Its name, its value, and the value from which on it is otherwise.
    share
        How far away that is, as a share of the width of the range.
    kind
        What there is just beyond: one of `judging.KINDS`.
    """

    parameter: str
    now: float
    at: float
    share: float
    kind: str


@dataclass(frozen=True, eq=False)
class Together:
    """Smallest change of all numbers at once found to make or break the truce.

    Attributes
    ----------
    share
        No number moves by more than this share of the width of its range.
    values
        Where they all are then.
    kind
        What there is: one of `judging.KINDS`.
    """

    share: float
    values: dict[str, float]
    kind: str


def changes_alone(space: Space) -> tuple[Change, ...]:
    """Return the nearest such change on either side of every number, nearest first.

    Looks at a grid over each range and closes in on the first change on it; two changes between
    neighbouring points of the grid are missed.

    Parameters
    ----------
    space
        What is varied.
    """
    d, steps = len(space.names), np.linspace(0, 1, _GRID)
    lines = np.repeat(np.repeat(space.here[None, None], d, 0), _GRID, 1)
    for k in range(d):
        lines[k, :, k] = steps
    kind_now = str(_kind(space, space.here[None])[0])
    labels = _kind(space, lines.reshape(-1, d)).reshape(d, _GRID)
    ends = [
        (k, *bracket)
        for k in range(d)
        for bracket in _brackets(steps, labels[k] == kind_now, float(space.here[k]))
    ]
    if not ends:
        return ()
    axes, near, far = (np.array(x) for x in zip(*ends, strict=True))
    far = _close_in(space, kind_now, axes.astype(int), (near, far))
    points = np.repeat(space.here[None], len(far), axis=0)
    points[np.arange(len(far)), axes.astype(int)] = far
    regime = _kind(space, points)
    low, high = np.array([p.range for p in space.parameters]).T
    changes = [
        Change(
            parameter=space.names[k],
            now=float(low[k] + space.here[k] * (high[k] - low[k])),
            at=float(low[k] + b * (high[k] - low[k])),
            share=float(abs(b - space.here[k])),
            kind=str(r),
        )
        for k, b, r in zip(axes, far, regime, strict=True)
    ]
    return tuple(sorted(changes, key=lambda c: c.share))


def _brackets(steps: Array, same: Array, at: float) -> list[tuple[float, float]]:
    """Return, for either side, the last step that is the same and the first that is not."""
    brackets = []
    for side in (steps > at, steps < at):
        order = np.argsort(np.abs(steps - at))
        walk = [k for k in order if side[k]]
        other = next((n for n, k in enumerate(walk) if not same[k]), None)
        if other is not None:
            near = at if other == 0 else float(steps[walk[other - 1]])
            brackets.append((near, float(steps[walk[other]])))
    return brackets


def _close_in(space: Space, kind_now: str, axes: Array, ends: tuple[Array, Array]) -> Array:
    """Narrow all brackets at once, by a factor of 16 each time; return their far ends."""
    near, far = (np.asarray(x, np.float64) for x in ends)
    inner = np.arange(1, _INSIDE + 2) / (_INSIDE + 1)
    rows = np.arange(len(near))
    for _ in range(_ROUNDS):
        at = near[:, None] + inner * (far - near)[:, None]
        points = np.repeat(np.repeat(space.here[None, None], len(near), 0), len(inner), 1)
        points[rows[:, None], np.arange(len(inner)), axes[:, None]] = at
        labels = _kind(space, points.reshape(-1, len(space.names)))
        other = labels.reshape(at.shape) != kind_now
        other[:, -1] = True
        first = other.argmax(axis=1)
        near = np.where(first > 0, at[rows, np.maximum(first - 1, 0)], near)
        far = at[rows, first]
    return far


def change_together(space: Space) -> Together | None:
    """Return the smallest change found of all numbers at once that flips the truce.

    Distance is the largest share of a range by which any number moves. Every number is moved in
    the direction that the slope of the margin points to, as far as is needed; then the slope is
    taken again at the place reached, until nothing smaller is found. What is returned has been
    checked; a still smaller change may exist where the margin is crooked.

    Parameters
    ----------
    space
        What is varied.

    Returns
    -------
    Together or None
        None if nothing was found within the ranges.
    """
    origin = space.here
    holds = _margin(space, origin[None])[0] >= 0
    best: tuple[float, Array] | None = None
    seen: set[tuple[int, ...]] = set()
    at = origin
    for _ in range(_TRIES):
        sign = _downhill(space, at) * (1 if holds else -1)
        key = tuple(int(s) for s in sign)
        if key in seen:
            break
        seen.add(key)
        reach = _far_enough(space, sign, holds)
        if reach is None:
            at = np.clip(origin + 0.5 * sign, 0, 1)
            continue
        if best is None or reach < best[0]:
            best = (reach, sign)
        at = np.clip(origin + reach * sign, 0, 1)
    if best is None:
        return None
    share, sign = best
    point = np.clip(origin + share * sign, 0, 1)
    kind = str(_kind(space, point[None])[0])
    values = dict(zip(space.names, map(float, space.physical(point)), strict=True))
    return Together(share, values, kind)


def _margin(space: Space, unit: Array) -> Array:
    return judge(space.model, space.values(unit)).margin


def _kind(space: Space, unit: Array) -> Any:
    return judge(space.model, space.values(unit)).kind


def _downhill(space: Space, at: Array) -> Array:
    """Return for each number the direction, -1, 0 or 1, in which the margin falls."""
    d = len(at)
    up = np.clip(at + _STEP * np.eye(d), 0, 1)
    down = np.clip(at - _STEP * np.eye(d), 0, 1)
    both = _margin(space, np.concatenate((up, down)))
    return -np.sign(both[:d] - both[d:])


def _far_enough(space: Space, sign: Array, holds: bool) -> float | None:
    """Return the smallest share along a direction, clipped to the ranges, that is enough."""
    low, high = 0.0, 1.0
    steps = np.linspace(0, 1, _GRID)
    while high - low > _SHARP:
        at = low + steps * (high - low)
        turned = (_margin(space, np.clip(space.here + at[:, None] * sign, 0, 1)) >= 0) != holds
        if not turned.any():
            return None if high == 1.0 and low == 0.0 else high
        first = max(int(turned.argmax()), 1)
        low, high = float(at[first - 1]), float(at[first])
    return high
