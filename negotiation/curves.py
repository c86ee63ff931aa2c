"""Areas of a plane in which something holds, with outlines closed in on instead of read off a grid.

A grid finds out between which points the answer changes; halving finds every crossing of a grid
line, and points are added along the curve until straight lines between them are as close to it as
asked. Coordinates are shares of the sides of the plane; what is asked is of no concern here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from .game import Array

__all__ = ["Ask", "Curve", "Stretch", "outlines"]

Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int8]

Ask = Callable[[Array], Codes]
"""From points, shape ``(n, 2)``, to 1 for yes, 0 for no, -1 for undecided."""

_ROUNDS = 40
_MOST = 20_000
_SHARP = 2.0
"""Corners are found down to an angle of about 30 degrees."""
_AT_ONCE = 32
"""Where few points are left, intervals are cut into many parts instead of halved."""


@dataclass(frozen=True, eq=False)
class Curve:
    """A piece of an outline across which the answer changes.

    Attributes
    ----------
    points
        Shape ``(n, 2)``: just on the side where the answer is yes. The last is the first if the
        curve is closed.
    resolved
        Whether straight lines between the points are sure to be as close to it as asked.
    """

    points: Array
    resolved: bool


@dataclass(frozen=True, eq=False)
class Stretch:
    """A piece of an outline along the sides of the plane.

    Attributes
    ----------
    points
        Shape ``(n, 2)``.
    """

    points: Array


def outlines(holds: Bools, ask: Ask, accuracy: float) -> tuple[tuple[Curve | Stretch, ...], ...]:
    """Outline everywhere that the answer is yes.

    Parameters
    ----------
    holds
        The answers at the points of a grid, shape ``(X, Y)``.
    ask
        Gives the answer at any points.
    accuracy
        How far straight lines between points may be from a curve.

    Returns
    -------
    tuple
        The pieces of each ring in order, the area to their left.

    Examples
    --------
    >>> def inside(points):
    ...     return (np.hypot(*(points - 0.5).T) < 0.3).astype(np.int8)
    >>> x = np.linspace(0, 1, 9)
    >>> grid = np.stack(np.meshgrid(x, x, indexing="ij"), axis=-1).reshape(-1, 2)
    >>> ((circle,),) = outlines(inside(grid).reshape(9, 9) == 1, inside, 1e-4)
    >>> bool(np.abs(np.hypot(*(circle.points - 0.5).T) - 0.3).max() < 1e-4)
    True
    """
    return tuple(
        tuple(
            _curve(run, holds.shape, ask, accuracy)
            if crosses
            else Stretch(run / (np.array(holds.shape) - 1))
            for crosses, run in _runs(ring)
        )
        for ring in _rings(holds)
    )


def _rings(holds: Bools) -> list[Array]:
    """Return closed rings in steps of the grid, with half steps where the answer changes."""
    from contourpy import contour_generator

    generator = contour_generator(z=holds.T.astype(np.float64), fill_type="OuterOffset")
    found: Any = generator.filled(0.5, 1.5)
    return [
        points[a:b] for points, offsets in zip(*found, strict=True) for a, b in pairwise(offsets)
    ]


def _runs(ring: Array) -> list[tuple[bool, Array]]:
    """Cut a closed ring into runs across cells and runs along the sides."""
    half = (ring != np.round(ring)).any(axis=1)
    across = half[1:] & half[:-1]
    changes = np.flatnonzero(across != np.roll(across, 1))
    if not len(changes):
        return [(bool(across[0]), ring)]
    points = ring[:-1]
    ends = [*changes.tolist(), int(changes[0]) + len(points)]
    return [(bool(across[a]), points[np.arange(a, b + 1) % len(points)]) for a, b in pairwise(ends)]


def _curve(run: Array, shape: tuple[int, ...], ask: Ask, accuracy: float) -> Curve:
    """Move every crossing along its grid line to where the answer changes, and fill in."""
    steps = np.array(shape) - 1
    near = np.full(len(run), 0.2 * accuracy)
    line, found = _closed_in(ask, np.floor(run) / steps, np.ceil(run) / steps, near)
    return _filled_in(ask, line, accuracy, resolved=bool(found.all()))


def _closed_in(ask: Ask, a: Array, b: Array, near: Array) -> tuple[Array, Bools]:
    """Return a point near the change between each pair, and where there is one to be found."""
    ends = ask(np.concatenate((a, b)))
    first, last = ends[: len(a)], ends[len(a) :]
    found = (first >= 0) & (last >= 0) & (first != last)
    a, b = a.copy(), b.copy()
    while True:
        rows = np.flatnonzero(found & (np.abs(b - a).max(axis=1) > near))
        if not len(rows):
            return np.where((first == 1)[:, None], a, b), found
        parts = max(2, _AT_ONCE // len(rows))
        share = np.linspace(0, 1, parts + 1)[:, None, None]
        cuts = a[rows] + share * (b[rows] - a[rows])
        here = ask(cuts[1:-1].reshape(-1, 2)).reshape(parts - 1, -1)
        found[rows[(here < 0).any(axis=0)]] = False
        same = (np.cumsum(here != first[rows], axis=0) == 0).sum(axis=0)
        each = np.arange(len(rows))
        a[rows], b[rows] = cuts[same, each], cuts[same + 1, each]


def _filled_in(ask: Ask, line: Array, accuracy: float, *, resolved: bool) -> Curve:
    """Add points to a curve until straight lines between them are close enough to it."""
    todo = np.ones(len(line) - 1, dtype=np.bool_)
    for _ in range(_ROUNDS):
        k = np.flatnonzero(todo)
        if not len(k) or len(line) > _MOST:
            break
        length = np.hypot(*(line[k + 1] - line[k]).T)
        middle = 0.5 * (line[k] + line[k + 1])
        point, found = _beside(ask, line, k, accuracy)
        off = np.hypot(*(point - middle).T)
        resolved &= bool((found | (length <= accuracy)).all())
        bent = found & (off > 0.5 * accuracy) & (length > accuracy)
        todo = np.insert(np.zeros(len(todo), dtype=np.bool_), k[bent] + 1, True)
        todo[k[bent] + np.arange(bent.sum())] = True
        line = np.insert(line, k[bent] + 1, point[bent], axis=0)
    return Curve(line, resolved and not todo.any())


def _beside(ask: Ask, line: Array, k: npt.NDArray[np.intp], accuracy: float) -> tuple[Array, Bools]:
    """Find the curve at right angles to the middles of segments `k`.

    Close to where the neighbouring points let expect it first, then as far as half a segment away,
    then farther, for sharp corners.
    Where the segment itself is expected to do, it is enough to see that it does.
    """
    step = line[k + 1] - line[k]
    middle, across = 0.5 * (line[k] + line[k + 1]), np.stack((-step[:, 1], step[:, 0]), axis=1)
    guess, doubt = _foreseen(line, k, across)
    least = accuracy / np.maximum(np.hypot(*step.T), accuracy)
    straight = np.abs(guess) + doubt < 0.4 * least
    guess, doubt = np.where(straight, 0.0, guess), np.maximum(doubt, 0.45 * least)
    fine = np.where(straight, accuracy, 0.2 * accuracy)
    point, found = np.empty_like(middle), np.zeros(len(k), dtype=np.bool_)
    for wider, most in ((1.0, 0.5), (30.0, 0.5), (np.inf, 0.5), (np.inf, _SHARP)):
        rows = np.flatnonzero(~found)
        reach = np.minimum(wider * doubt[rows], 2 * most)
        near, far = (
            np.clip(middle[rows] + np.clip(share, -most, most)[:, None] * across[rows], 0, 1)
            for share in (guess[rows] - reach, guess[rows] + reach)
        )
        point[rows], found[rows] = _closed_in(ask, near, far, fine[rows])
    return point, found


def _foreseen(line: Array, k: npt.NDArray[np.intp], across: Array) -> tuple[Array, Array]:
    """Guess how far from the middles of segments `k` the curve is, and how far off that may be.

    In lengths of the segment, by parabolas through its ends and either neighbour.
    """
    start, step = line[k], line[k + 1] - line[k]
    square = np.maximum((step**2).sum(axis=1), 1e-300)
    guesses = []
    for beside, there in ((k - 1, k > 0), (k + 2, k + 2 < len(line))):
        to = line[np.clip(beside, 0, len(line) - 1)] - start
        along, aside = (to * step).sum(axis=1) / square, (to * across).sum(axis=1) / square
        plain = there & (np.abs(along - 0.5) > 0.7)
        safe = np.where(plain, along * (along - 1), 1.0)
        guesses.append(np.where(plain, -0.25 * aside / safe, np.nan))
    first, second = (np.where(np.isnan(g), other, g) for g, other in (guesses, guesses[::-1]))
    guess = np.where(np.isnan(first), 0.0, 0.5 * (first + second))
    alone = np.isnan(guesses[0]) | np.isnan(guesses[1])
    doubt = np.where(alone, 0.5 * np.abs(guess), 0.5 * np.abs(first - second))
    return guess, np.where(np.isnan(first), 0.5, doubt)
