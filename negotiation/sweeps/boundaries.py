"""Boundaries in a plane of two parameters at which the answer changes, as curves.

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

from negotiation.equilibria.repeated import bounds as batch_ask
from negotiation.equilibria.repeated.bounds import Bounds, bounds
from negotiation.errors import UsageError
from negotiation.games.game import Array
from negotiation.payoff_file.model import PayoffFile
from negotiation.solution.starts import Watch, unwatched
from negotiation.sweeps.crossings import Question, questions
from negotiation.sweeps.curves import Curve, outlines
from negotiation.sweeps.grid import grid
from negotiation.sweeps.sweep import AT_ONCE, Job

__all__ = [
    "BOTH",
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
"""In place of a player where neither binds: the punishment can no longer be believed."""

ACCURACY = 1e-6
"""How far a traced curve may be from the true one, as a share of the sides of the plane."""

_ASIDE = 5 * ACCURACY
"""How far beside a curve it is seen what else holds on either side."""

_SLACK = 1e-3
"""A constraint with more slack than this share of its range on the map does not bind."""


_FEW, _MANY = 16, 128
"""Points asked about at once where sets have to be found, and where comparing mostly tells."""


@dataclass(frozen=True, eq=False)
class Plane:
    """Grid over two parameters, with the answers at its points.

    Attributes
    ----------
    job
        What was asked about, the first parameter's axis running slowest.
    answers
        Shape ``(Q, X, Y)``: for each question 1, 0, or -1 where rounding decides.
    spreads
        Shape ``(K, 2)``: how much each player's slack varies for each of the job's outcomes.
    """

    job: Job
    answers: Codes
    spreads: Array

    @property
    def spans(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Return the ends of both parameters."""
        x, y = self.job.points.values
        return (float(x[0]), float(x[-1])), (float(y[0]), float(y[-1]))

    def places(self, unit: Array) -> Array:
        """Return the parameters' values at points given by shares of the sides, ``(n, 2)``."""
        low, high = np.array(self.spans).T
        return np.asarray(low + unit * (high - low), dtype=np.float64)

    def bounds(self, unit: Array, question: Question, *, finish: bool = True) -> Bounds:
        """Return the bounds that a question needs at such points; see `batch_ask.bounds`."""
        values = dict(zip(self.job.points.names, self.places(unit).T, strict=True))
        game = self.job.model.game(**self.job.settings, **values)
        return bounds(game, question.test, compare=question.compares, finish=finish)


@dataclass(frozen=True, eq=False)
class Boundary:
    """Curve on one side of which a property holds.

    Attributes
    ----------
    what
        The truce that can be kept up on one side; or what `questions` names.
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
    """Area in which a property holds.

    Attributes
    ----------
    what, regime
        As in a boundary; and the regime that holds there unless one before it in the table does,
        empty where an outcome that is no truce makes no regime.
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
        raise UsageError(
            f"{model.title!r} has states that move, so its answer is not traced as curves; call "
            "negotiation.sweeps.dynamic_map.cell_maps(model, spans, settings), or run "
            "`negotiate map`"
        )
    axes = {name: np.linspace(*ends, resolution) for name, ends in spans.items()}
    job = Job(model, grid(axes), settings)
    queries = questions(job)
    answers = np.empty((len(queries), job.points.size), dtype=np.int8)
    low, high = np.full((2, len(job.cells), 2), np.inf)
    for start in range(0, job.points.size, AT_ONCE):
        part = slice(start, min(start + AT_ONCE, job.points.size))
        game = model.game(**settings, **job.points.at(part.start, part.stop))
        at_points = bounds(game, batch_ask.every(*(q.test for q in queries)))
        answers[:, part] = [q.test(at_points) for q in queries]
        slack = np.stack([at_points.slack(cell) for _, cell in job.cells])
        slack = np.where(np.isfinite(slack), slack, np.nan)
        low = np.fmin(low, np.fmin.reduce(slack, axis=1))
        high = np.fmin(high, np.fmin.reduce(-slack, axis=1))
    return Plane(job, answers.reshape(len(queries), *job.points.shape), -high - low)


def trace(plane: Plane) -> tuple[Boundary, ...]:
    """Trace every curve at which the regime or the set of sustained truces changes."""
    return tuple(boundary for area in areas(plane) for boundary in area.boundaries)


def areas(plane: Plane, watch: Watch = unwatched) -> tuple[Area, ...]:
    """Outline the area of each answer, widest first: painted in order they make the map.

    Parameters
    ----------
    plane
        From `look_at`.
    watch
        Passes the questions on one by one, as a progress bar does.

    Returns
    -------
    tuple
        In the order of `questions`; those that are nowhere too.
    """
    queries = list(zip(questions(plane.job), plane.answers, strict=True))
    return tuple(
        _area(plane, question, answers == 1) for question, answers in watch(queries, "outlines")
    )


def _area(plane: Plane, question: Question, holds: Bools) -> Area:
    """Outline the area of one answer, with the binding player along the outline."""

    def ask(unit: Array) -> Codes:
        return question.test(plane.bounds(unit, question))

    at_once = _FEW if question.compares else _MANY
    contours = outlines(holds, ask, ACCURACY, at_once) if holds.any() else ()
    rings = tuple(
        plane.places(np.concatenate([piece.points for piece in ring])) for ring in contours
    )
    boundaries = tuple(
        boundary
        for ring in contours
        for piece in ring
        if isinstance(piece, Curve)
        for boundary in _boundaries(plane, question, piece)
    )
    return Area(question.what, question.regime, rings, boundaries)


def _boundaries(plane: Plane, question: Question, curve: Curve) -> list[Boundary]:
    """Drop the parts of a curve that do not count, and cut it where the binding changes."""
    places = plane.places(curve.points)
    kinds = _binding(plane, question.what, curve.points)
    counts = _counts(plane, question, curve.points)
    cuts = np.flatnonzero((kinds[1:] != kinds[:-1]) | (counts[1:] != counts[:-1])) + 1
    accuracy = ACCURACY if curve.resolved else np.inf
    return [
        Boundary(question.what, int(kinds[a]), places[a : min(b + 1, len(places))], accuracy)
        for a, b in pairwise([0, *cuts.tolist(), len(places)])
        if counts[a]
    ]


def _counts(plane: Plane, question: Question, points: Array) -> Bools:
    """Return where a curve is a boundary of its own, not a copy of another."""
    counts = np.ones(len(points), dtype=np.bool_)
    for other, side, wanted in ((question.unless, -1, False), (question.beyond, 1, True)):
        if other is not None:
            aside = np.clip(points + side * _ASIDE * _to_the_right(points), 0, 1)
            counts &= (other.test(plane.bounds(aside, other)) == 1) == wanted
    return counts


def _to_the_right(points: Array) -> Array:
    """Return unit vectors out of the area at the points of a curve around it.

    Where points coincide, or a curve turns back on itself, the next one along it is taken; a curve
    that is a point has none, and zeros stand for it.
    """
    along = np.gradient(points, axis=0)
    length = np.hypot(*along.T)
    known = np.flatnonzero(length > 0)
    if not len(known):
        return np.zeros(points.shape)
    nearest = known[np.abs(np.arange(len(points))[:, None] - known).argmin(axis=1)]
    across = np.stack((along[nearest, 1], -along[nearest, 0]), axis=1)
    return np.asarray(across / length[nearest, None], dtype=np.float64)


def _binding(plane: Plane, outcome: str, points: Array) -> npt.NDArray[np.intp]:
    """Return the binding constraint where a truce just holds; -1 without a named outcome."""
    job = plane.job
    if outcome not in job.outcomes:
        return np.full(len(points), -1)
    k = job.outcomes.index(outcome)
    at_points = plane.bounds(points, Question(outcome, "", batch_ask.worst_known), finish=False)
    spread = np.where(plane.spreads[k] > 0, plane.spreads[k], 1.0)
    share = np.abs(at_points.slack(job.cells[k][1])) / spread
    both = np.abs(share[:, 0] - share[:, 1]) <= 10 * ACCURACY
    kind = np.where(both, BOTH, share.argmin(axis=1))
    return np.where(share.min(axis=1) > _SLACK, PUNISHMENT, kind)
