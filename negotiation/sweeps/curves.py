"""Areas in a plane, with outlines located by bisection instead of read off a grid.

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

from negotiation.games.game import Array

__all__ = ["Ask", "Curve", "Stretch", "outlines"]

Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int8]

Ask = Callable[[Array], Codes]
"""From points, shape ``(n, 2)``, to 1 for yes, 0 for no, -1 for undecided."""

_ROUNDS = 40
_MOST = 20_000
_SHARP = 2.0
"""Corners are found down to an angle of about 30 degrees."""
_APART = 16
"""Of the crossings of grid lines every so many are looked for without help from others."""


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


def outlines(
    holds: Bools, ask: Ask, accuracy: float, at_once: int = 32
) -> tuple[tuple[Curve | Stretch, ...], ...]:
    """Return the outlines of the area in which the answer is yes.

    Parameters
    ----------
    holds
        The answers at the points of a grid, shape ``(X, Y)``.
    ask
        Gives the answer at any points.
    accuracy
        How far straight lines between points may be from a curve.
    at_once
        How many points take hardly longer to ask about than one.

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
            _curve(run, holds.shape, _Ask(ask, at_once), accuracy)
            if crosses
            else Stretch(run / (np.array(holds.shape) - 1))
            for crosses, run in _runs(ring)
        )
        for ring in _rings(holds)
    )


@dataclass(frozen=True)
class _Ask:
    """Function that answers at any points, with the number of points worth a call."""

    answers: Ask
    at_once: int

    def __call__(self, points: Array) -> Codes:
        return self.answers(points)


def _rings(holds: Bools) -> list[Array]:
    """Return closed rings in steps of the grid, with half steps where the answer changes."""
    from contourpy import contour_generator

    generator = contour_generator(z=holds.T.astype(np.float64), fill_type="OuterOffset")
    filled: Any = generator.filled(0.5, 1.5)
    return [
        points[a:b] for points, offsets in zip(*filled, strict=True) for a, b in pairwise(offsets)
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


def _curve(run: Array, shape: tuple[int, ...], ask: _Ask, accuracy: float) -> Curve:
    """Move every crossing along its grid line to the change of the answer, and fill in."""
    steps = np.array(shape) - 1
    pairs, resolved = _crossings(ask, np.floor(run) / steps, np.ceil(run) / steps, 0.4 * accuracy)
    return _filled_in(ask, pairs, accuracy, resolved=bool(resolved.all()))


def _crossings(ask: _Ask, a: Array, b: Array, near: float) -> tuple[Array, Bools]:
    """Bracket each crossing between `a` and `b`; see `_closed_in`.

    On some without help, then on those between, close to where these let expect them.
    """
    pairs, resolved = np.empty((len(a), 2, 2)), np.zeros(len(a), dtype=np.bool_)
    located = np.unique(np.append(np.arange(0, len(a), _APART), len(a) - 1))
    pairs[located], resolved[located] = _closed_in(
        ask, a[located], b[located], np.full(len(located), near)
    )
    while len(located) < len(a):
        k = np.flatnonzero(np.diff(located) > 1)
        new = (located[k] + located[k + 1]) // 2
        lines = 0.5 * (a[new] + b[new]), b[new] - a[new]
        guess, doubt = _foreseen(pairs[located].mean(axis=1), k, lines)
        doubt = np.maximum(doubt, 0.5 * near / _length(lines[1]))
        pairs[new], resolved[new] = _sought(ask, lines, (guess, doubt, near), near, farthest=0.5)
        located = np.sort(np.append(located, new))
    return pairs, resolved


def _closed_in(ask: _Ask, a: Array, b: Array, near: Array) -> tuple[Array, Bools]:
    """Return a bracket of the change between `a` and `b`, and whether there is one.

    Returns
    -------
    pairs, found
        Shape ``(n, 2, 2)``, the point where the answer is yes first; and shape ``(n,)``.
    """
    ends = ask(np.concatenate((a, b)))
    first, last = ends[: len(a)], ends[len(a) :]
    changes = (first >= 0) & (last >= 0) & (first != last)
    a, b = a.copy(), b.copy()
    while True:
        rows = np.flatnonzero(changes & (np.abs(b - a).max(axis=1) > 1.01 * near))
        if not len(rows):
            yes = (first == 1)[:, None]
            return np.stack((np.where(yes, a, b), np.where(yes, b, a)), axis=1), changes
        parts = max(2, ask.at_once // len(rows))
        share = np.linspace(0, 1, parts + 1)[:, None, None]
        cuts = a[rows] + share * (b[rows] - a[rows])
        answers = ask(cuts[1:-1].reshape(-1, 2)).reshape(parts - 1, -1)
        changes[rows[(answers < 0).any(axis=0)]] = False
        same = (np.cumsum(answers != first[rows], axis=0) == 0).sum(axis=0)
        each = np.arange(len(rows))
        a[rows], b[rows] = cuts[same, each], cuts[same + 1, each]


def _filled_in(ask: _Ask, pairs: Array, accuracy: float, *, resolved: bool) -> Curve:
    """Add points to a curve until straight lines between them are close enough to it."""
    todo = np.ones(len(pairs) - 1, dtype=np.bool_)
    for _ in range(_ROUNDS):
        k, line = np.flatnonzero(todo), pairs.mean(axis=1)
        if not len(k) or len(line) > _MOST:
            break
        length = _length(line[k + 1] - line[k])
        middle = 0.5 * (line[k] + line[k + 1])
        more, located = _beside(ask, line, k, accuracy)
        off = _length(more.mean(axis=1) - middle)
        resolved &= bool((located | (length <= accuracy)).all())
        bent = located & (off > 0.5 * accuracy) & (length > accuracy)
        todo = np.insert(np.zeros(len(todo), dtype=np.bool_), k[bent] + 1, True)
        todo[k[bent] + np.arange(bent.sum())] = True
        pairs = np.insert(pairs, k[bent] + 1, more[bent], axis=0)
    return Curve(pairs[:, 0], resolved and not todo.any())


def _beside(
    ask: _Ask, line: Array, k: npt.NDArray[np.intp], accuracy: float
) -> tuple[Array, Bools]:
    """Find the curve at right angles to the middles of segments `k`.

    Where the segment itself is expected to do, it is enough to see that it does.
    """
    step = line[k + 1] - line[k]
    lines = 0.5 * (line[k] + line[k + 1]), np.stack((-step[:, 1], step[:, 0]), axis=1)
    guess, doubt = _foreseen(line, k, lines)
    least = accuracy / np.maximum(_length(step), accuracy)
    straight, near = np.abs(guess) + doubt < 0.4 * least, 0.4 * accuracy
    guess = np.where(straight, 0.0, guess)
    doubt = np.maximum(doubt, np.where(straight, 0.45, 0.2) * least)
    fine = np.where(straight, accuracy, near)
    return _sought(ask, lines, (guess, doubt, fine), near, farthest=_SHARP)


def _sought(
    ask: _Ask,
    lines: tuple[Array, Array],
    expected: tuple[Array, Array, Array | float],
    near: float,
    farthest: float,
) -> tuple[Array, Bools]:
    """Search lines for the curve: near the expected place, then half a length, then farther.

    Parameters
    ----------
    lines
        A point on each and its direction, whose length is the unit of what follows.
    expected
        How far from the point the curve is expected; how far off that may be; and what is close
        enough to it if it is there, in shares of the sides of the plane.
    near
        What is close enough elsewhere.
    farthest
        How far from the point to look.
    """
    origin, direction = lines
    guess, doubt, fine = expected
    enough = np.broadcast_to(fine, len(origin))
    pairs, located = np.empty((len(origin), 2, 2)), np.zeros(len(origin), dtype=np.bool_)
    for wider, most in ((1.0, 0.5), (30.0, 0.5), (np.inf, 0.5), (np.inf, farthest)):
        rows = np.flatnonzero(~located)
        reach = np.minimum(wider * doubt[rows], 2 * most)
        a, b = (
            np.clip(origin[rows] + np.clip(share, -most, most)[:, None] * direction[rows], 0, 1)
            for share in (guess[rows] - reach, guess[rows] + reach)
        )
        pairs[rows], located[rows] = _closed_in(ask, a, b, enough[rows])
        enough = np.full(len(origin), near)
    return pairs, located


def _foreseen(
    line: Array, k: npt.NDArray[np.intp], lines: tuple[Array, Array]
) -> tuple[Array, Array]:
    """Extrapolate where other lines cross the curve, with an error estimate.

    By parabolas through the ends of segments `k` and either neighbour.
    """
    start, step = line[k], line[k + 1] - line[k]
    across = np.stack((-step[:, 1], step[:, 0]), axis=1)
    square = np.maximum((step**2).sum(axis=1), 1e-300)

    def seen(to: Array) -> tuple[Array, Array]:
        return (to * step).sum(axis=1) / square, (to * across).sum(axis=1) / square

    origin, direction = seen(lines[0] - start), seen(lines[1])
    steep = np.maximum(np.abs(direction[1]), 1e-9)
    guesses, bends = [], []
    for beside, exists in ((k - 1, k > 0), (k + 2, k + 2 < len(line))):
        along, aside = seen(line[np.clip(beside, 0, len(line) - 1)] - start)
        plain = exists & (np.abs(along - 0.5) > 0.7)
        bends.append(np.where(plain, aside, 0.0) / np.where(plain, along * (along - 1), 1.0))
        guesses.append(np.where(plain, _crossing(bends[-1], origin, direction), np.nan))
    first, second = (np.where(np.isnan(g), other, g) for g, other in (guesses, guesses[::-1]))
    guess = np.where(np.isnan(first), 0.0, 0.5 * (first + second))
    alone = np.isnan(guesses[0]) | np.isnan(guesses[1])
    higher = np.abs(np.add(*bends)) ** 3 / 8 / steep
    doubt = np.where(alone, 0.5 * np.abs(guess), 0.1 * np.abs(first - second) + higher)
    return guess, np.where(np.isnan(first), 0.5, doubt)


def _crossing(bend: Array, origin: tuple[Array, Array], direction: tuple[Array, Array]) -> Array:
    """Return the share along lines at their crossing of aside = bend along (along - 1)."""
    steep = np.where(np.abs(direction[1]) > 1e-9, direction[1], np.nan)
    share = np.zeros(len(bend))
    for _ in range(4):
        along = origin[0] + share * direction[0]
        share = np.clip((bend * along * (along - 1) - origin[1]) / steep, -0.5, 0.5)
    return share


def _length(vectors: Array) -> Array:
    return np.asarray(np.hypot(*vectors.T), dtype=np.float64)
