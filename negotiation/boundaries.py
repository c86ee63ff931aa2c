"""Where in a plane of two parameters the answer changes: traced curves, not steps of a grid.

A grid finds out between which points something changes; halving then finds every crossing of a grid
line, and points are added along the curve until straight lines between them are as close to it as
asked. Each question (can this truce be kept up? is no threat needed?) has curves of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .contents import PayoffFile
from .errors import UsageError
from .game import Array
from .grid import Grid, grid
from .sweeps import REGIMES, Columns, Job, solve_points

__all__ = ["ANY", "BETTER", "BOTH", "NO_THREAT", "Boundary", "Plane", "look_at", "trace"]

Bools = npt.NDArray[np.bool_]
Test = Callable[[Columns], Bools]

BOTH = 2
"""In place of a player where both constraints bind."""

NO_THREAT = "no threat needed"
BETTER = "something better than rupture"
ANY = "some equilibrium in pure strategies"
"""What holds on one side of a curve that is not about one truce."""

ACCURACY = 1e-6
"""How far a traced curve may be from the true one, as a share of the sides of the plane."""

VANISHING = 1e-4
"""The same where a whole set of equilibria vanishes at once: the nearer, the slower to decide."""

_ROUNDS = 40
_MOST = 20_000


@dataclass(frozen=True, eq=False)
class Plane:
    """A grid over two parameters with everything solved at its points.

    Attributes
    ----------
    job
        What was solved, the first parameter's axis running slowest.
    columns
        As in a sweep, points first.
    """

    job: Job
    columns: Columns

    @property
    def spans(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Return the ends of both parameters."""
        x, y = self.job.points.values
        return (float(x[0]), float(x[-1])), (float(y[0]), float(y[-1]))

    def at(self, unit: Array, *, regimes: bool = True) -> Columns:
        """Solve points given by their shares of the two sides, shape ``(n, 2)``.

        Without `regimes` only sustained outcomes and slack are sure to be found, at less cost.
        """
        low, high = np.array(self.spans).T
        points = Grid(self.job.points.names, tuple((low + unit * (high - low)).T), sampled=True)
        job = Job(self.job.model, points, self.job.settings)
        return solve_points(job, 0, len(unit), payoff_sets=False, regimes=regimes)

    def shaped(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Give a column the shape of the grid."""
        return values.reshape(*self.job.points.shape, *values.shape[1:])


@dataclass(frozen=True, eq=False)
class Boundary:
    """A curve on one side of which something holds.

    Attributes
    ----------
    what
        The truce that can be kept up on one side; or `NO_THREAT`, `BETTER` or `ANY`.
    player
        Whose constraint binds along it; `BOTH`, or -1 where it is not about a player's.
    points
        Shape ``(n, 2)``: values of the two parameters. The first is the last if it is closed.
    accuracy
        How far straight lines between the points may be from the curve, as a share of the sides
        of the plane; infinite if that could not be made sure.
    """

    what: str
    player: int
    points: Array
    accuracy: float


def look_at(
    model: PayoffFile,
    spans: Mapping[str, tuple[float, float]],
    resolution: int,
    settings: Mapping[str, Any],
) -> Plane:
    """Solve a model on a grid over two parameters.

    Parameters
    ----------
    model
        A payoff file.
    spans
        The two parameters with the ends of their axes.
    resolution
        Points along each axis; features narrower than a step can be missed.
    settings
        Parameters that differ from the file's values.

    Raises
    ------
    UsageError
        If the state of the model moves.
    """
    if model.kind == "dynamic":
        raise UsageError("maps of models whose state moves are not available; expected sweep")
    axes = {name: np.linspace(*ends, resolution) for name, ends in spans.items()}
    job = Job(model, grid(axes), settings)
    return Plane(job, solve_points(job, 0, job.points.size, payoff_sets=False))


def trace(plane: Plane) -> tuple[Boundary, ...]:
    """Trace every curve at which the regime or the set of sustained truces changes."""
    return tuple(
        boundary
        for question in _questions(plane.job)
        for line in _contours(plane, question)
        for boundary in _boundaries(plane, question, line)
    )


class _Question(NamedTuple):
    """Something that can change in a plane.

    A curve counts only where the regime on its inner side is one of `within`; elsewhere it
    follows a curve of another question.
    """

    what: str
    holds: Test
    within: tuple[str, ...] = REGIMES
    regimes: bool = True
    accuracy: float = ACCURACY

    def at(self, plane: Plane, unit: Array) -> Bools:
        """Ask it at points given by their shares of the two sides."""
        return self.holds(plane.at(unit, regimes=self.regimes))


def _questions(job: Job) -> list[_Question]:
    """Return what can change in a plane, each with its test."""

    def truce(k: int) -> Test:
        return lambda columns: columns["sustained"][:, k]

    def regime(*names: str) -> Test:
        codes = [REGIMES.index(name) for name in names]
        return lambda columns: np.isin(columns["regime"], codes)

    better = regime("harmony", "armed truce", "lopsided truce")
    return [
        *(_Question(name, truce(k), regimes=False) for k, name in enumerate(job.outcomes)),
        _Question(NO_THREAT, regime("harmony")),
        _Question(BETTER, better, ("lopsided truce",), accuracy=VANISHING),
        _Question(
            ANY,
            lambda c: ~regime("no pure equilibrium")(c),
            ("rupture", "lopsided truce"),
            accuracy=VANISHING,
        ),
    ]


def _contours(plane: Plane, question: _Question) -> list[Array]:
    """Return curves of grid-line crossings, in shares of the two sides."""
    from contourpy import contour_generator

    holds = plane.shaped(question.holds(plane.columns))
    if holds.all() or not holds.any():
        return []
    inside = np.array([REGIMES.index(name) for name in question.within])
    counts = holds & np.isin(plane.shaped(plane.columns["regime"]), inside)
    lines: Any = contour_generator(z=holds.T.astype(np.float64)).lines(0.5)
    return [run / (np.array(holds.shape) - 1) for line in lines for run in _kept(line, counts)]


def _kept(line: Array, counts: Bools) -> list[Array]:
    """Cut out of a curve the runs of crossings whose inner grid point counts."""
    ends = np.stack((np.floor(line), np.ceil(line))).astype(np.intp)
    keep = (counts[ends[0, :, 0], ends[0, :, 1]] | counts[ends[1, :, 0], ends[1, :, 1]]).tolist()
    runs = [list(group) for kept, group in groupby(range(len(line)), keep.__getitem__) if kept]
    return [line[run] for run in runs if len(run) > 1]


def _boundaries(plane: Plane, question: _Question, line: Array) -> list[Boundary]:
    """Refine one curve, and cut it where another player's constraint starts to bind."""
    points, resolved = _filled_in(plane, question, _on_the_curve(plane, question, line))
    low, high = np.array(plane.spans).T
    places = low + points * (high - low)
    players = _binding(plane, question.what, points)
    cuts = np.flatnonzero(players[1:] != players[:-1]) + 1
    runs = zip([0, *cuts], [*cuts, len(points)], strict=True)
    return [
        Boundary(
            question.what,
            int(players[a]),
            places[a : min(b + 1, len(places))],
            question.accuracy if resolved else np.inf,
        )
        for a, b in runs
    ]


def _on_the_curve(plane: Plane, question: _Question, line: Array) -> Array:
    """Move every crossing along its grid line to where the answer changes."""
    steps = np.array(plane.job.points.shape) - 1
    place = line * steps
    ends = np.stack((np.floor(place + 1e-9), np.ceil(place - 1e-9))) / steps
    return _halved(plane, question, ends[0], ends[1])[0]


def _halved(plane: Plane, question: _Question, a: Array, b: Array) -> tuple[Array, Bools]:
    """Return a change between each pair of points, and where there is one to be found."""
    ends = question.at(plane, np.concatenate((a, b)))
    first, last = ends[: len(a)], ends[len(a) :]
    found = first != last
    a, b = a.copy(), b.copy()
    while found.any() and np.abs(b[found] - a[found]).max() > 0.2 * question.accuracy:
        middle = 0.5 * (a[found] + b[found])
        same = question.at(plane, middle) == first[found]
        rows = np.flatnonzero(found)
        a[rows[same]], b[rows[~same]] = middle[same], middle[~same]
    return 0.5 * (a + b), found


def _filled_in(plane: Plane, question: _Question, line: Array) -> tuple[Array, bool]:
    """Add points to a curve until straight lines between them are close enough to it."""
    todo = np.ones(len(line) - 1, dtype=bool)
    resolved = True
    for _ in range(_ROUNDS):
        k = np.flatnonzero(todo)
        if not len(k) or len(line) > _MOST:
            break
        step = line[k + 1] - line[k]
        length = np.hypot(step[:, 0], step[:, 1])
        middle = 0.5 * (line[k] + line[k + 1])
        across = np.stack((-step[:, 1], step[:, 0]), axis=1)
        near, far = np.clip(middle - 0.5 * across, 0, 1), np.clip(middle + 0.5 * across, 0, 1)
        point, found = _halved(plane, question, near, far)
        off = np.hypot(*(point - middle).T)
        resolved &= bool((found | (length <= question.accuracy)).all())
        bent = found & (off > 0.5 * question.accuracy) & (length > question.accuracy)
        todo = np.insert(np.zeros(len(todo), dtype=bool), k[bent] + 1, True)
        todo[k[bent] + np.arange(bent.sum())] = True
        line = np.insert(line, k[bent] + 1, point[bent], axis=0)
    return line, resolved and not todo.any()


def _binding(plane: Plane, what: str, points: Array) -> npt.NDArray[np.intp]:
    """Return whose slack is nearest to none on each stretch; -1 where no player's is meant."""
    job = plane.job
    if what not in job.outcomes:
        return np.full(len(points), -1)
    k = job.outcomes.index(what)
    spread = np.ptp(plane.columns["slack"][:, k], axis=0)
    share = np.abs(plane.at(points, regimes=False)["slack"][:, k]) / np.where(
        spread > 0, spread, 1.0
    )
    both = np.abs(share[:, 0] - share[:, 1]) <= 10 * ACCURACY
    return np.where(both, BOTH, share.argmin(axis=1))
