"""Endurance of truces over many points: as columns of a sweep, and along one parameter.

As in `solution.bears`, by closed forms, where a stage-game equilibrium gives a player its worst
credible payoff, which can then follow a breach for ever. Elsewhere the punishment is a path, which
`solve` follows and a sweep leaves open: NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from negotiation.equilibria.repeated.endurance import (
    alarm_rate_limit,
    largest_stock,
    renewal_needed,
    turnover_limit,
)
from negotiation.equilibria.repeated.payoff_set import best_deviation_payoffs
from negotiation.errors import UsageError
from negotiation.games.game import Array
from negotiation.payoff_file.model import PayoffFile
from negotiation.sweeps.batch import BatchSolution, named_cells, solve_batch

__all__ = ["BORNE", "TERM", "Stretch", "bears_along", "borne"]

TERM = 4
"""Periods of the truce whose renewal a sweep reports."""
BORNE = {
    "stock": "largest stock of the other side's good at which this side keeps to the outcome",
    "renewal": f"smallest believed chance of renewal at which it keeps to it, for {TERM} periods",
    "turnover": "largest chance a period of a government that ends it",
    "false_alarms": "chance a period of a false alarm above which no freeze deters",
}
"""Name and meaning of what is reported for every outcome and player."""

_SAME = 1e-9
_SCAN, _ROUNDS, _MOST = 257, 45, 40


def borne(solved: BatchSolution, profile: tuple[int, int]) -> dict[str, Array]:
    """Return what an outcome can bear at every point, each of `BORNE` of shape ``(..., 2)``.

    NaN where the outcome is not sustained, or the punishment is a path. Inf where no stock breaks
    it, or no belief in renewal is enough.

    Parameters
    ----------
    solved
        A batch, solved.
    profile
        What is played.
    """
    game, (a, b) = solved.game, profile
    paid, worst = game.payoffs[..., :, a, b], solved.min_spe_payoffs
    gain = np.maximum(best_deviation_payoffs(game)[..., :, a, b] - paid, 0.0)
    spread = np.ptp(game.payoffs, axis=(-2, -1))
    away = np.abs(game.payoffs - worst[..., None, None])
    given = np.where(solved.pure_equilibria[..., None, :, :], away, np.inf).min(axis=(-2, -1))
    sure = solved.sustained[..., a, b, None] & (given <= _SAME * np.where(spread > 0, spread, 1.0))
    surplus, delta = np.where(sure, paid - worst, 1.0), game.discount
    limit = alarm_rate_limit(gain, surplus, delta)
    every = {
        "stock": np.maximum(largest_stock(gain, surplus, delta), 0.0),
        "renewal": renewal_needed(gain, surplus, delta, TERM),
        "turnover": np.maximum(turnover_limit(gain, surplus, delta), 0.0),
        "false_alarms": np.clip(limit, 0.0, 1.0),
    }
    return {name: np.where(sure, every[name], np.nan) for name in BORNE}


@dataclass(frozen=True)
class Stretch:
    """Between two values of a parameter, the largest stock that one side bears in one truce.

    Attributes
    ----------
    outcome, player
        Which truce, and whose temptation.
    start, stop
        The two values.
    stock
        In periods; inf where no stock breaks it, NaN where it is not sustained or not known.
    """

    outcome: str
    player: int
    start: float
    stop: float
    stock: float


def bears_along(
    model: PayoffFile,
    name: str,
    span: tuple[float, float],
    settings: Mapping[str, Any] | None = None,
) -> tuple[Stretch, ...]:
    """Return how the stocks that truces bear change along one parameter.

    Changes closer together than 1/256 of the span, with the same stock on either side, may be
    missed; each change found is exact to 1e-12 of the span.

    Parameters
    ----------
    model
        A payoff file in which nothing moves.
    name, span
        What varies, and between which values.
    settings
        Parameters at other values than the file's.

    Raises
    ------
    UsageError
        If the state of the model moves.
    """
    if model.kind == "dynamic":
        raise UsageError("--bears: what a truce bears is known where no state moves; leave it out")
    others = dict(settings or {})
    cells = [c for c in named_cells(model.game(**others)) if c[2]]

    def stocks(points: Array) -> Array:
        solved = solve_batch(model.game(**(others | {name: points})), payoff_sets=False)
        each = [borne(solved, profile)["stock"] for _, profile, _ in cells]
        return np.stack(each, axis=1) if each else np.empty((len(points), 0, 2))

    def one(c: int, i: int) -> Callable[[Array], Array]:
        return lambda points: stocks(points)[:, c, i]

    points = np.linspace(*span, _SCAN)
    seen = stocks(points)
    return tuple(
        stretch
        for c, (outcome, _, _) in enumerate(cells)
        for i in (0, 1)
        for stretch in _stretches(one(c, i), (outcome, i), points, seen[:, c, i])
    )


def _stretches(
    stock: Callable[[Array], Array], which: tuple[str, int], points: Array, seen: Array
) -> list[Stretch]:
    """Close in on all changes between neighbours at once; what lies between two, after that."""
    changed = np.flatnonzero(~_same(seen[1:], seen[:-1]))
    ends = [(points[k], points[k + 1], seen[k], seen[k + 1]) for k in changed]
    marks: list[tuple[float, float]] = [(float(points[0]), float(seen[0]))]
    for _ in range(_MOST):
        if not ends:
            break
        low, high, left, right = (np.array(column) for column in zip(*ends, strict=True))
        stop = high.copy()
        for _ in range(_ROUNDS):
            middle = 0.5 * (low + high)
            still = _same(stock(middle), left)
            low, high = np.where(still, middle, low), np.where(still, high, middle)
        new = stock(high)
        marks += list(zip(high.tolist(), new.tolist(), strict=True))
        ends = [
            (h, s, n, r)
            for h, s, n, r in zip(high, stop, new, right, strict=True)
            if not _same(n, r)
        ]
    marks.sort()
    last = float(points[-1])
    nexts = [at for at, _ in marks[1:]] + [last]
    return [Stretch(*which, at, to, value) for (at, value), to in zip(marks, nexts, strict=True)]


def _same(one: Any, other: Any) -> Any:
    return (one == other) | (np.isnan(one) & np.isnan(other))
