"""Scenario discovery (PRIM): the box of conditions that best predicts an event.

The patient rule induction method: peel a small share of the cases off one side of a box at a time,
so that what happens becomes more frequent in what is left; then put back what was peeled too much.

References
----------
J. Friedman and N. Fisher (1999), Bump hunting in high-dimensional data, Statistics and Computing 9.
N. Lavrač, P. Flach and B. Zupan (1999), Rule evaluation measures, Inductive Logic Programming, LNAI
1634.
B. Bryant and R. Lempert (2010), Thinking inside the box, Technological Forecasting 77.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from negotiation.games.game import Array

__all__ = ["Box", "discover"]

Bools = npt.NDArray[np.bool_]

_PEEL = 0.05
"""Share of the cases in a box that one step takes off."""
_SMALLEST = 0.02
"""Share of all cases that a box must keep."""
_CHANCE = 0.05
"""A side that chance alone would explain this often is taken off again."""


@dataclass(frozen=True)
class Box:
    """Conditions on inputs, with their coverage and density.

    Attributes
    ----------
    limits
        Column → (lowest, highest) value inside; infinite where there is no limit.
    coverage
        Share of all cases of interest that lie inside.
    density
        Share of the cases inside that are of interest.
    inside, cases, interesting
        Numbers of cases: in the box, in all, of interest.
    """

    limits: dict[int, tuple[float, float]]
    coverage: float
    density: float
    inside: int
    cases: int
    interesting: int


def discover(x: Array, hit: Bools) -> Box | None:
    """Find the box that best explains the cases of interest.

    Of all the boxes passed on the way, the one with the largest weighted relative accuracy is kept:
    the share of all cases inside, times the excess of its density over that of all cases. Then
    every limit is dropped that does not raise it, or that chance would explain (a binomial test, as
    Bryant and Lempert propose).

    Parameters
    ----------
    x
        Inputs, shape ``(n, d)``.
    hit
        Which cases are of interest, shape ``(n,)``.

    Returns
    -------
    Box or None
        None if no case is of interest, or every one is, or no box explains more than the whole.

    Examples
    --------
    >>> grid = np.stack(np.meshgrid(*[np.arange(20.0)] * 2), axis=-1).reshape(-1, 2)
    >>> box = discover(grid, (grid[:, 0] >= 12) & (grid[:, 1] < 10))
    >>> box.limits, box.coverage, box.density
    ({0: (12.0, inf), 1: (-inf, 9.0)}, 1.0, 1.0)
    """
    if hit.all() or not hit.any():
        return None
    low, high = np.full(x.shape[1], -np.inf), np.full(x.shape[1], np.inf)
    best = (_score(x, hit, low, high), low, high)
    while (peeled := _peel(x, hit, low, high)) is not None:
        low, high = peeled
        best = max(best, (_score(x, hit, low, high), low, high), key=lambda candidate: candidate[0])
    low, high = _paste(x, hit, best[1], best[2])
    low, high = _simplified(x, hit, low, high)
    limits = {
        k: (float(low[k]), float(high[k]))
        for k in range(x.shape[1])
        if np.isfinite(low[k]) or np.isfinite(high[k])
    }
    if not limits:
        return None
    inside = _inside(x, low, high)
    both = int((inside & hit).sum())
    return Box(
        limits, both / int(hit.sum()), both / int(inside.sum()), int(inside.sum()), len(x),
        int(hit.sum()),
    )  # fmt: skip


def _inside(x: Array, low: Array, high: Array) -> Bools:
    return np.asarray(((x >= low) & (x <= high)).all(axis=1))


def _score(x: Array, hit: Bools, low: Array, high: Array) -> float:
    """Return the share of all cases inside, times the excess of hits there over the average."""
    inside = _inside(x, low, high)
    return float((inside & hit).sum() - inside.sum() * hit.mean()) / len(x)


def _peel(x: Array, hit: Bools, low: Array, high: Array) -> tuple[Array, Array] | None:
    """Cut off the side that leaves the highest density; None if no cut raises it."""
    inside = _inside(x, low, high)
    points, hits = x[inside], hit[inside]
    best, share = None, float(hits.mean())
    for k in range(x.shape[1]):
        column = np.sort(points[:, k])
        step = max(1, round(_PEEL * len(column)))
        for lower in (True, False):
            edge = column[step] if lower else column[-1 - step]
            keep = points[:, k] >= edge if lower else points[:, k] <= edge
            if keep.all():  # ties: go on to the next value
                rest = column[column > edge] if lower else column[column < edge]
                if not len(rest):
                    continue
                edge = rest[0] if lower else rest[-1]
                keep = points[:, k] >= edge if lower else points[:, k] <= edge
            if keep.sum() < _SMALLEST * len(x):
                continue
            left = float(hits[keep].mean())
            if left > share:
                best, share = (k, lower, float(edge)), left
    if best is None:
        return None
    low, high = low.copy(), high.copy()
    (low if best[1] else high)[best[0]] = best[2]
    return low, high


def _paste(x: Array, hit: Bools, low: Array, high: Array) -> tuple[Array, Array]:
    """Move sides outward to the neighbouring cases as long as that raises the score."""
    score, moved = _score(x, hit, low, high), True
    while moved:
        moved = False
        for k in range(x.shape[1]):
            for side, sign in ((low, 1.0), (high, -1.0)):
                if not np.isfinite(side[k]):
                    continue
                wider = side.copy()
                wider[k] = -np.inf * sign
                bounds = (wider, high) if sign > 0 else (low, wider)
                added = np.sort(sign * x[_inside(x, *bounds), k])
                added = added[added < sign * side[k]]
                step = max(1, round(_PEEL * len(x) / 10))
                if not len(added):
                    continue
                wider[k] = sign * added[max(len(added) - step, 0)]
                gained = _score(x, hit, *((wider, high) if sign > 0 else (low, wider)))
                if gained > score:
                    side[k], score, moved = wider[k], gained, True
    return low, high


def _simplified(x: Array, hit: Bools, low: Array, high: Array) -> tuple[Array, Array]:
    """Drop every limit that does not matter, the least useful first."""
    low, high = low.copy(), high.copy()
    while True:
        now = _score(x, hit, low, high)
        candidates = []
        for side, free in ((low, -np.inf), (high, np.inf)):
            for k in np.flatnonzero(np.isfinite(side)).tolist():
                limit = side[k]
                side[k] = free
                candidates.append((_score(x, hit, low, high), side is low, k, float(limit)))
                side[k] = limit
        if not candidates:
            return low, high
        score, is_low, k, limit = max(candidates)
        side = low if is_low else high
        side[k] = -np.inf if is_low else np.inf
        if score < now and not _by_chance(x, hit, (low, high), (k, limit, is_low)):
            side[k] = limit
            return low, high


def _by_chance(
    x: Array, hit: Bools, without: tuple[Array, Array], limit: tuple[int, float, bool]
) -> bool:
    """Tell whether a random cut of the same size would often leave as many hits."""
    from scipy.stats import binomtest

    k, edge, is_low = limit
    wide = _inside(x, *without)
    narrow = wide & (x[:, k] >= edge if is_low else x[:, k] <= edge)
    share = float(hit[wide].mean())
    test = binomtest(int((narrow & hit).sum()), int(narrow.sum()), share, alternative="greater")
    return bool(test.pvalue > _CHANCE)
