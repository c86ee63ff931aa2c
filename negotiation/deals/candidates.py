"""Terms that stand out: found by linear programs where payoffs are affine, else by a search.

References
----------
W. Dinkelbach (1967), On nonlinear fractional programming, Management Science 13. `affine`, `search`
and `bargaining` name the other sources.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from negotiation.deals import affine, values
from negotiation.deals.affine import AffineDeal, Unbounded
from negotiation.deals.bargaining import bargaining_solutions
from negotiation.deals.search import grid, search
from negotiation.deals.terms import Contract, worst_payoff_bounds
from negotiation.deals.values import Aim, Values
from negotiation.errors import UsageError
from negotiation.games.game import Array

__all__ = ["Candidates", "least_patient", "programmed", "searched"]

_FAIR = ("nash", "kalai_smorodinsky", "egalitarian", "alternating_offers")
_HOLDING = (*_FAIR, "best_for_first", "best_for_second", "least_patience")
_NOTHING = "no terms that hold give both sides more than no deal: there is nothing to bargain about"
_STEPS = 20

Pair = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Candidates:
    """Terms that stand out, before they are solved again.

    Attributes
    ----------
    terms
        Kind → shape ``(k,)``.
    missing
        Kind → why there is none, in words.
    margin, alone
        The largest margin both sides can have at once, and each side's largest slack alone.
    region
        Vertices of the payoffs of all terms that hold, where payoffs are affine; else empty.
    looked_at
        Points of the grid, where terms were searched.
    """

    terms: dict[str, Array]
    missing: dict[str, str]
    margin: float
    alone: Pair
    region: Array
    looked_at: int = 0


def programmed(deal: Contract, polytope: AffineDeal, point: Array, weights: Pair) -> Candidates:
    """Find what stands out by linear programs."""
    how, rows = polytope.lift, polytope.slack_rows()
    near = how.variables(deal.own)
    first = len(polytope.deviations[0])
    best: dict[str, Array] = {}
    missing: dict[str, str] = {}
    region = np.empty((0, 2))
    try:
        y, margin = affine.largest_margin(how, rows, near)
        best["largest_margin"] = y
    except Unbounded:
        margin = np.inf
        missing["largest_margin"] = "the margin grows without end, because a term has no bound"
    alone = tuple(_alone(polytope, part, near) for part in (rows[:first], rows[first:]))
    unit = float(np.abs(polytope.payoffs).max()) or 1.0
    if margin >= -1e-9 * unit:
        tasks: dict[str, Callable[[], Array]] = {
            "best_for_first": lambda: affine.best_for(polytope, 0, near),
            "best_for_second": lambda: affine.best_for(polytope, 1, near),
            "least_patience": lambda: affine.least_patience(polytope, near),
        }
        for kind, task in tasks.items():
            try:
                best[kind] = task()
            except Unbounded:
                missing[kind] = "it gets better without end, because a term has no bound"
        region = _fair(polytope, point, weights, near, best, missing)
    else:
        missing |= dict.fromkeys(_HOLDING, "no terms hold")
    terms = {kind: how.terms(y, deal.own) for kind, y in best.items()}
    return Candidates(terms, missing, float(margin), (alone[0], alone[1]), region)


def _alone(polytope: AffineDeal, rows: Array, near: Array) -> float:
    try:
        return affine.largest_margin(polytope.lift, rows, near)[1]
    except Unbounded:
        return float("inf")


def _fair(
    polytope: AffineDeal,
    point: Array,
    weights: Pair,
    near: Array,
    best: dict[str, Array],
    missing: dict[str, str],
) -> Array:
    """Add the bargaining solutions, and return the payoffs that hold."""
    try:
        region = affine.payoff_polygon(polytope)
    except Unbounded:
        missing |= dict.fromkeys(_FAIR, "payoffs grow without end, because a term has no bound")
        return np.empty((0, 2))
    even = bargaining_solutions(region, point)
    if not even:
        missing |= dict.fromkeys(_FAIR, _NOTHING)
        return region
    leaning = bargaining_solutions(region, point, weights) if min(weights) > 0 else {}
    targets = {
        "nash": even["Nash"],
        "kalai_smorodinsky": even["Kalai-Smorodinsky"],
        "egalitarian": even["egalitarian"],
    }
    if leaning:
        targets["alternating_offers"] = leaning["Nash"]
    for kind, payoffs in targets.items():
        best[kind] = affine.with_payoffs(polytope, np.array(payoffs), near)
    return region


def searched(deal: Contract, point: Array, weights: Pair, reason: str) -> Candidates:
    """Find what stands out by a grid and climbing."""
    endless = [t.name for t in deal.terms if not np.isfinite([t.low, t.high]).all()]
    if endless:
        raise UsageError(
            f"term {endless[0]!r} has no bound on one side, and {reason}, so that terms have to be"
            " searched; expected two numbers as its bounds"
        )
    points = np.vstack([deal.own, grid(deal.bounds)])
    points = np.clip(points, *np.array(deal.bounds).T)
    first = deal.games(points)
    low, high = worst_payoff_bounds(first)
    seen = deal.values(first, high)
    safest = points[np.argsort(-seen.by_player().min(axis=1))[:2]]
    unit = float(np.ptp(np.concatenate([seen.payoffs, *seen.deviations], axis=1))) or 1.0

    def evaluate(some: Array) -> Values:
        return deal.values(deal.games(some))

    def counted(some: Array) -> Values:
        games = deal.games(some)
        return deal.values(games, worst_payoff_bounds(games)[1])

    def climb(aim: Aim) -> Array | None:
        """Count on punishments known to be credible; then climb on with the harshest, if others."""
        first_answer = search(lambda x: aim(counted(x)), deal.bounds, points, unit, aim(seen))
        if (low == high).all():
            return first_answer
        starts = safest if first_answer is None else first_answer[None]
        again = search(lambda x: aim(evaluate(x)), deal.bounds, starts, unit)
        return first_answer if again is None else again

    def at(terms: Array) -> Values:
        return evaluate(terms[None])

    best: dict[str, Array] = {}
    missing: dict[str, str] = {}
    widest = climb(values.large_margin)
    assert widest is not None, "an aim without constraints is met everywhere"
    best["largest_margin"] = widest
    margin = float(at(widest).by_player().min())
    sides = seen.by_player().max(axis=0)
    if margin >= -1e-9 * unit:
        _stand_out(climb, at, point, weights, unit, best, missing)
    else:
        missing |= dict.fromkeys(_HOLDING, "no terms hold")
    alone = np.maximum(sides, at(widest).by_player()[0])
    return Candidates(best, missing, margin, _pair(alone), np.empty((0, 2)), len(points))


def _stand_out(
    climb: Callable[[Aim], Array | None],
    at: Callable[[Array], Values],
    point: Array,
    weights: Pair,
    unit: float,
    best: dict[str, Array],
    missing: dict[str, str],
) -> None:
    """Add the deals that need terms that hold."""
    close = 1e-9 * unit
    for i, kind in enumerate(("best_for_first", "best_for_second")):
        top = climb(values.high_payoff(i))
        if top is None:
            continue
        kept = float(at(top).payoffs[0, i]) - close
        best[kind] = _or(climb(values.high_payoff(1 - i, other=kept)), top)
    patient = least_patient(climb, at)
    if patient is not None:
        best["least_patience"] = patient
    nash = climb(values.large_product(point, (0.5, 0.5)))
    if nash is None or not (at(nash).payoffs[0] > point + close).all():
        missing |= dict.fromkeys(_FAIR, _NOTHING)
        return
    best["nash"] = nash
    if min(weights) > 0:
        best["alternating_offers"] = _or(climb(values.large_product(point, weights)), nash)
    tops = [climb(values.high_payoff(i, other=float(point[1 - i]))) for i in (0, 1)]
    ideal = np.array([at(_or(t, nash)).payoffs[0, i] for i, t in enumerate(tops)])
    for kind, size in (
        ("kalai_smorodinsky", np.maximum(ideal - point, close)),
        ("egalitarian", np.ones(2)),
    ):
        fair = _or(climb(values.fair_shares(point, size)), nash)
        shares = (at(fair).payoffs[0] - point) / size
        lead = int(np.argmax(shares))
        if shares[lead] > shares[1 - lead] + 1e-7 * unit:  # the rest goes to the side that leads
            kept = float(at(fair).payoffs[0, 1 - lead]) - close
            fair = _or(climb(values.high_payoff(lead, other=kept)), fair)
        best[kind] = fair


def least_patient(
    climb: Callable[[Aim], Array | None], at: Callable[[Array], Values]
) -> Array | None:
    """Return terms with the smallest larger critical discount factor: Dinkelbach's method."""
    best, need, lost = None, 1.0, None
    for _ in range(_STEPS):
        terms = climb(values.little_patience(need, lost))
        asked = 1.0 if terms is None else float(at(terms).needs().max())
        if terms is None or asked >= need - 1e-11:
            break
        best, need = terms, asked
        lost = at(terms).lost()
        lost = np.maximum(lost, 1e-4 * max(float(lost.max()), 1e-12))
    return best


def _or(answer: Array | None, otherwise: Array) -> Array:
    return otherwise if answer is None else answer


def _pair(x: Any) -> Pair:
    return float(x[0]), float(x[1])
