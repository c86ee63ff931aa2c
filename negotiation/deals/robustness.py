"""Robustness of deals to the file's uncertain numbers, and the terms with the best worst case.

Cases are spread evenly over the file's ranges. Ranges say what is not known, not how likely
anything is: a share of cases is not a probability.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from negotiation.analysis.ranges import space
from negotiation.analysis.samples import sample
from negotiation.deals.affine import largest_margin
from negotiation.deals.polytopes import affine_cases
from negotiation.deals.search import grid, search
from negotiation.deals.terms import Contract, settled, worst_payoff_bounds
from negotiation.errors import UsageError
from negotiation.games.game import Array

__all__ = ["Robust", "Sample", "drawn", "most_robust", "slacks"]

_ROUNDS = 20
_WORST_AT_ONCE = 6
_MET = 1e-9


@dataclass(frozen=True, eq=False)
class Sample:
    """Cases of a file's uncertain numbers.

    Attributes
    ----------
    names
        What varies; the terms do not.
    values
        Name → shape ``(cases,)``.
    cases, seed
        How many, and of which sequence.
    """

    names: tuple[str, ...]
    values: dict[str, Array]
    cases: int
    seed: int


@dataclass(frozen=True, eq=False)
class Robust:
    """The terms with the largest worst-case margin.

    Attributes
    ----------
    terms
        Shape ``(k,)``.
    margin
        The smallest slack of either side in any case.
    bound
        No terms have a larger worst-case margin than this; equal to `margin` where it is exact,
        inf where nothing is known.
    """

    terms: Array
    margin: float
    bound: float

    @property
    def exact(self) -> bool:
        """Tell whether no other terms can be better."""
        return self.bound <= self.margin + 1e-6 * max(1.0, abs(self.margin))


def drawn(deal: Contract, cases: int, seed: int) -> Sample | None:
    """Return cases of what is uncertain besides the terms; None if nothing is.

    Raises
    ------
    UsageError
        If `cases` is not a power of two.
    """
    if cases < 16 or cases & (cases - 1):
        raise UsageError(f"{cases} cases; expected a power of two, 16 or more, such as 1024")
    try:
        varied = space(deal.model, deal.at(deal.own))
    except UsageError:
        return None
    values = varied.values(sample(len(varied.names), cases, seed))
    return Sample(varied.names, {name: values[name] for name in varied.names}, cases, seed)


def slacks(deal: Contract, cases: Sample, terms: Array) -> Array:
    """Return both sides' slack in every case at some terms, shape ``(cases, 2)``; see `settled`."""
    return settled(deal, deal.games(terms[None], cases.values), smallest=True)


def most_robust(deal: Contract, cases: Sample, near: Array) -> Robust:
    """Return the terms with the largest worst-case margin.

    A linear program over the cases in which payoffs are affine and punishments stay put bounds it
    from above. If no other case is worse at its answer, that answer is exact; else terms are
    searched against the cases that matter, more of which are added until none is worse.

    Parameters
    ----------
    deal
        The outcome and its terms.
    cases
        At least one.
    near
        Among equals, the terms closest to these.
    """
    bound, start = _program(deal, cases, near)
    worst = slacks(deal, cases, start).min(axis=1)
    if worst.min() >= bound - 1e-7 * max(1.0, abs(bound)):
        return Robust(start, float(worst.min()), float(worst.min()))
    return _searched(deal, cases, start, bound)


def _program(deal: Contract, cases: Sample, near: Array) -> tuple[float, Array]:
    polytopes = affine_cases(deal, cases.values)
    if isinstance(polytopes, str):
        return np.inf, near
    each, fixed = polytopes
    rows = [one.slack_rows() for one, sure in zip(each, fixed, strict=True) if sure]
    if not rows:
        return np.inf, near
    how = each[0].lift
    y, margin = largest_margin(how, _needed_rows(np.concatenate(rows)), how.variables(near))
    return margin, how.terms(y, near)


def _needed_rows(rows: Array) -> Array:
    """Drop rows that repeat others."""
    return np.unique(np.round(rows, 12), axis=0)


def _searched(deal: Contract, cases: Sample, start: Array, bound: float) -> Robust:
    """Search against a growing set of cases until the worst of all is among them."""
    points = np.vstack([start, grid(deal.bounds)]) if _finite(deal) else start[None]
    if len(points) > 1:
        points = points[np.linspace(0, len(points) - 1, min(len(points), 150)).astype(int)]
    active: list[int] = []
    best, most = start, -np.inf
    terms = start
    for _ in range(_ROUNDS):
        worst = slacks(deal, cases, terms).min(axis=1)
        if worst.min() > most:
            best, most = terms, float(worst.min())
        new = [int(k) for k in np.argsort(worst)[:_WORST_AT_ONCE] if k not in active]
        within = worst[active].min() if active else np.inf
        if not new or worst.min() >= within - _MET * max(1.0, abs(within)) or not _finite(deal):
            break
        active += new
        objective, unit = _against(deal, cases, np.array(active))
        answer = search(objective, deal.bounds, np.vstack([best, points]), unit)
        if answer is None:
            break
        terms = answer
    return Robust(best, most, max(bound, most))


def _finite(deal: Contract) -> bool:
    return bool(np.isfinite(np.array(deal.bounds)).all())


def _against(
    deal: Contract, cases: Sample, some: npt.NDArray[np.intp]
) -> tuple[Callable[[Array], tuple[Array, Array]], float]:
    """Return the objective of the smallest slack over some cases, and the payoff range there."""
    values = {name: v[some] for name, v in cases.values.items()}

    def objective(points: Array) -> tuple[Array, Array]:
        game = deal.games(points, values)
        slack = deal.values(game, worst_payoff_bounds(game)[1]).slack()
        return slack.reshape(len(points), -1), np.empty((len(points), 0))

    game = deal.games(deal.own[None], values)
    return objective, float(np.ptp(game.payoffs)) or 1.0
