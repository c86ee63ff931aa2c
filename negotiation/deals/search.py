"""Terms that no linear program reaches, found by a grid and by climbing from its best points.

Where payoffs bend in the terms, or the punishments move with them, the self-enforcing terms need
not be convex, nor connected. A grid over the box of terms finds where to look, sequential quadratic
programming (Kraft 1988) closes in, with every constraint of the outcome as a constraint of its own,
and the best of several climbs is returned. What comes out is a local optimum, seen from everywhere
on the grid; nothing proves that no better one hides between its points.

References
----------
D. Kraft (1988), A software package for sequential quadratic programming, DFVLR-FB 88-28.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from negotiation.games.game import Array

__all__ = ["Objective", "grid", "search"]

_PER_SIDE = {1: 129, 2: 25, 3: 11, 4: 7}
"""Points of the grid along each of so many terms."""
_STARTS, _CLIMBS = 5, 4
"""Climbs from so many points, each taken up again from where it ended as long as that helps."""
_LEVEL = 6
"""Most points at the level of the best that are climbed from."""
_APART = 0.2
"""How far apart starts are in at least one term, as a share of the width of its bounds."""
_STEP = 1e-6
"""Of finite differences, as a share of the width of the bounds."""
_MET = 1e-9
"""How far a constraint may fall short, as a share of the payoff range."""

Box = tuple[tuple[float, float], ...]


Objective = Callable[[Array], tuple[Array, Array]]
"""Terms ``(n, k)`` → two arrays ``(n, p)`` and ``(n, q)``: make the smallest of the first as large
as possible while all of the second are at least 0."""


def grid(bounds: Box) -> Array:
    """Return the points that a search looks at first, shape ``(n, k)``; all corners among them."""
    sides = [np.linspace(low, high, _PER_SIDE[len(bounds)]) for low, high in bounds]
    mesh = np.meshgrid(*sides, indexing="ij")
    return np.stack([m.reshape(-1) for m in mesh], axis=-1)


def search(
    objective: Objective,
    bounds: Box,
    points: Array,
    unit: float,
    seen: tuple[Array, Array] | None = None,
) -> Array | None:
    """Return the terms that serve an objective best; None if none is found that meets it.

    Parameters
    ----------
    objective
        What to maximise, and what must hold.
    bounds
        Finite, for each term.
    points
        Where to look first, shape ``(n, k)``, such as a `grid`.
    unit
        Payoff range: what tolerances are a share of.
    seen
        The objective at `points`, where it is known.
    """
    leading, holding = seen or objective(points)
    short = np.minimum(holding.min(axis=1, initial=0.0), 0.0)
    order = np.lexsort((-leading.min(axis=1), np.where(short < -_MET * unit, -short, 0.0)))
    best, most = None, -np.inf
    starts = _apart(points[order], np.ptp(np.array(bounds), axis=1))
    while starts:
        improved = False
        for start in starts:
            end, value = _climbed(objective, bounds, start, unit)
            if value > most + _MET * unit * (best is not None):
                best, most, improved = end, value, True
        starts = [] if best is None or not improved else _level(objective, bounds, best, unit)
    return best


def _climbed(objective: Objective, bounds: Box, start: Array, unit: float) -> tuple[Array, float]:
    """Climb, again and again as long as that helps; -inf where the constraints stay unmet."""
    best, most, point = start, -np.inf, start
    for _ in range(_CLIMBS):
        value, lacking = _judge(objective, point)
        met = lacking >= -_MET * unit
        if met and value <= most + _MET * unit:
            break
        if met:
            best, most = point, value
        point = _climb(objective, bounds, point, unit)
    value, lacking = _judge(objective, point)
    return (point, value) if lacking >= -_MET * unit and value > most else (best, most)


def _level(objective: Objective, bounds: Box, best: Array, unit: float) -> list[Array]:
    """Return points no worse than the best that lie away from it, with terms at other ends.

    Where one term is 0 another that multiplies it changes nothing, though it would if the first
    were raised: a climb does not see that, unless it starts from another value of the second.
    """
    ends = [(x, low, high) for x, (low, high) in zip(best, bounds, strict=True)]
    points = np.stack([m.reshape(-1) for m in np.meshgrid(*ends, indexing="ij")], axis=-1)
    points = np.unique(points[(points != best).any(axis=1)], axis=0)
    if not len(points):
        return []
    leading, holding = objective(points)
    value, _ = _judge(objective, best)
    same = (leading.min(axis=1) >= value - _MET * unit) & (
        holding.min(axis=1, initial=0.0) >= -_MET * unit
    )
    return list(points[same][:_LEVEL])


def _apart(points: Array, width: Array) -> list[Array]:
    """Return the first few points, passing over those close to one taken already."""
    taken: list[Array] = []
    for point in points:
        if all((np.abs(point - other) > _APART * width).any() for other in taken):
            taken.append(point)
        if len(taken) == _STARTS:
            break
    return taken


def _judge(objective: Objective, point: Array) -> tuple[float, float]:
    leading, holding = objective(point[None])
    return float(leading.min()), float(holding.min(initial=0.0))


def _climb(objective: Objective, bounds: Box, start: Array, unit: float) -> Array:
    """Climb by sequential quadratic programming over the terms and the smallest leading value."""
    from scipy.optimize import minimize

    low, width = np.array([b[0] for b in bounds]), np.ptp(np.array(bounds), axis=1)
    width = np.where(width > 0, width, 1.0)
    k = len(bounds)
    kept: dict[bytes, tuple[Array, Array]] = {}

    def constraints(x: Array) -> tuple[Array, Array]:
        """Return all constraints at x = (shares of the bounds, level), and their gradients."""
        key = x.tobytes()
        if key not in kept:
            kept.clear()
            kept[key] = _linearised(objective, low, width, x, unit)
        return kept[key]

    level = _judge(objective, start)[0] / unit
    x = np.concatenate([np.clip((start - low) / width, 0, 1), [level]])
    up = np.zeros(k + 1)
    up[-1] = -1.0
    optimum = minimize(
        lambda x: -x[-1],
        x,
        jac=lambda _: up,
        bounds=[(0, 1)] * k + [(None, None)],
        constraints={
            "type": "ineq",
            "fun": lambda x: constraints(x)[0],
            "jac": lambda x: constraints(x)[1],
        },
        method="SLSQP",
        options={"ftol": 1e-13, "maxiter": 100},
    )
    inside = np.clip(np.where(np.isfinite(optimum.x[:k]), optimum.x[:k], x[:k]), 0, 1)
    return np.asarray(low + width * inside)


def _linearised(
    objective: Objective, low: Array, width: Array, x: Array, unit: float
) -> tuple[Array, Array]:
    k = len(low)
    inside = np.clip(x[:k], 0, 1)
    ahead, behind = np.minimum(inside + _STEP, 1.0), np.maximum(inside - _STEP, 0.0)
    spread = np.tile(inside, (2 * k + 1, 1))
    each = np.arange(k)
    spread[1 + each, each], spread[1 + k + each, each] = ahead, behind
    leading, holding = objective(low + width * spread)
    rows = np.concatenate([leading / unit - x[-1], holding / unit], axis=1)
    slope = (rows[1 : 1 + k] - rows[1 + k :]) / (ahead - behind)[:, None]
    level = np.concatenate([-np.ones(leading.shape[1]), np.zeros(holding.shape[1])])
    return rows[0], np.concatenate([slope.T, level[:, None]], axis=1)
