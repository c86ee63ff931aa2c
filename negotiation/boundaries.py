"""Where in a plane of two parameters the answer changes: traced curves, not steps of a grid.

Each question (can this truce be kept up? does anything beat rupture?) has an area of its own in
which the answer is yes. The areas of regimes lie within each other, in the order of the table in
`regimes`, so the curves around them draw the whole map.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from . import batch_ask
from .contents import PayoffFile
from .curves import Curve, outlines
from .errors import UsageError
from .game import Array
from .grid import Grid, grid
from .sweeps import REGIMES, Columns, Job, solve_points

__all__ = [
    "ANY",
    "BETTER",
    "BOTH",
    "NO_THREAT",
    "PUNISHMENT",
    "Area",
    "Boundary",
    "Plane",
    "areas",
    "look_at",
    "trace",
]

Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int8]

BOTH = 2
"""In place of a player where both constraints bind."""

PUNISHMENT = 3
"""In place of a player where neither binds: the punishment behind them can no longer be believed."""

NO_THREAT = "no threat needed"
BETTER = "something better than rupture"
ANY = "some equilibrium in pure strategies"
"""What holds on one side of a curve that is not about one truce."""

ACCURACY = 1e-6
"""How far a traced curve may be from the true one, as a share of the sides of the plane."""

_SLACK = 1e-3
"""A constraint with more slack than this share of its range on the map does not bind."""


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

    def places(self, unit: Array) -> Array:
        """Return the parameters' values at points given by shares of the sides, ``(n, 2)``."""
        low, high = np.array(self.spans).T
        return np.asarray(low + unit * (high - low), dtype=np.float64)

    def at(self, unit: Array) -> Columns:
        """Solve points given by their shares of the two sides, shape ``(n, 2)``."""
        points = Grid(self.job.points.names, tuple(self.places(unit).T), sampled=True)
        job = Job(self.job.model, points, self.job.settings)
        return solve_points(job, 0, len(unit), payoff_sets=False)

    def bounds(self, unit: Array, question: batch_ask.Question) -> batch_ask.Bounds:
        """Find out as much about such points as a question needs."""
        values = dict(zip(self.job.points.names, self.places(unit).T, strict=True))
        return batch_ask.bounds(self.job.model.game(**self.job.settings, **values), question)

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
        Whose constraint binds along it; `BOTH` or `PUNISHMENT`; -1 where it is not about a truce.
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


@dataclass(frozen=True, eq=False)
class Area:
    """Everywhere that something holds.

    Attributes
    ----------
    what, regime
        As in a boundary; and the regime that holds there unless one before it in the table does.
    rings
        Closed rings of parameter values, shape ``(n, 2)`` each; those around holes run the other
        way.
    boundaries
        Where the regime or the set of sustained truces changes along the rings.
    """

    what: str
    regime: str
    rings: tuple[Array, ...]
    boundaries: tuple[Boundary, ...]


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
    return tuple(boundary for area in areas(plane) for boundary in area.boundaries)


def areas(plane: Plane) -> tuple[Area, ...]:
    """Outline where each thing holds, the widest first: painted in order they make the map.

    Parameters
    ----------
    plane
        From `look_at`.

    Returns
    -------
    tuple
        Of `ANY`, of `BETTER`, of each truce, and of `NO_THREAT`; those that are nowhere too.
    """
    return tuple(_area(plane, question) for question in _questions(plane))


@dataclass(frozen=True, eq=False)
class _Question:
    """Something that can change in a plane.

    Attributes
    ----------
    what, regime
        As in an area.
    holds
        The answers on the grid.
    test
        The question.
    unless
        A question; where its answer is yes the curve follows another one and does not count.
    """

    what: str
    regime: str
    holds: Bools
    test: batch_ask.Question
    unless: batch_ask.Question | None = None

    def at(self, plane: Plane, unit: Array) -> Codes:
        return self.test(plane.bounds(unit, self.test))


def _questions(plane: Plane) -> list[_Question]:
    """Return what can change in a plane, the widest first."""
    job, columns = plane.job, plane.columns
    truces = np.zeros(tuple(map(len, job.model.actions)), dtype=np.bool_)
    named = {o.name: o.truce for o in job.model.outcomes}
    for outcome in job.model.outcomes:
        for cell in outcome.profiles:
            truces[cell] |= named[outcome.name]
    free = batch_ask.harmony(truces)
    cells = [(a, b) for a, b in np.argwhere(truces).tolist()]
    truce = batch_ask.either(free, *(batch_ask.held(cell) for cell in cells))
    better = batch_ask.either(batch_ask.better, truce)

    def regime(*names: str) -> Bools:
        return np.isin(columns["regime"], [REGIMES.index(name) for name in names])

    peace = ("harmony", "armed truce", "lopsided truce")
    return [
        _Question(ANY, "rupture", regime(*peace, "rupture"), batch_ask.anything, better),
        _Question(BETTER, "lopsided truce", regime(*peace), better, truce),
        *(
            _Question(name, "armed truce", columns["sustained"][:, k], batch_ask.held(cell))
            for k, (name, cell) in enumerate(job.cells)
        ),
        _Question(NO_THREAT, "harmony", regime("harmony"), free),
    ]


def _area(plane: Plane, question: _Question) -> Area:
    """Outline where something holds, and name what binds along the outline."""
    holds = plane.shaped(question.holds)
    found = outlines(holds, lambda unit: question.at(plane, unit), ACCURACY) if holds.any() else ()
    rings = tuple(plane.places(np.concatenate([piece.points for piece in ring])) for ring in found)
    boundaries = tuple(
        boundary
        for ring in found
        for piece in ring
        if isinstance(piece, Curve)
        for boundary in _boundaries(plane, question, piece)
    )
    return Area(question.what, question.regime, rings, boundaries)


def _boundaries(plane: Plane, question: _Question, curve: Curve) -> list[Boundary]:
    """Leave out of a curve where it does not count, and cut it where what binds changes."""
    places = plane.places(curve.points)
    kinds = _binding(plane, question.what, curve.points)
    counts = np.ones(len(places), dtype=np.bool_)
    if question.unless is not None:
        counts = question.unless(plane.bounds(curve.points, question.unless)) != 1
    cuts = np.flatnonzero((kinds[1:] != kinds[:-1]) | (counts[1:] != counts[:-1])) + 1
    accuracy = ACCURACY if curve.resolved else np.inf
    return [
        Boundary(question.what, int(kinds[a]), places[a : min(b + 1, len(places))], accuracy)
        for a, b in pairwise([0, *cuts.tolist(), len(places)])
        if counts[a]
    ]


def _binding(plane: Plane, what: str, points: Array) -> npt.NDArray[np.intp]:
    """Return what binds at points where a truce just holds; -1 where none is meant."""
    job = plane.job
    if what not in job.outcomes:
        return np.full(len(points), -1)
    k = job.outcomes.index(what)
    spread = np.nanmax(plane.columns["slack"][:, k], axis=0) - np.nanmin(
        plane.columns["slack"][:, k], axis=0
    )
    found = plane.bounds(points, batch_ask.worst_known)
    share = np.abs(found.slack(job.cells[k][1])) / np.where(spread > 0, spread, 1.0)
    both = np.abs(share[:, 0] - share[:, 1]) <= 10 * ACCURACY
    kind = np.where(both, BOTH, share.argmin(axis=1))
    return np.where(share.min(axis=1) > _SLACK, PUNISHMENT, kind)
