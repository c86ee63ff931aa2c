"""Which deal: the terms of an outcome that hold, and those among them that stand out.

References
----------
D. Abreu (1988), On the theory of infinitely repeated games with discounting, Econometrica 56: the
worst credible payoffs that make terms self-enforcing. J. Nash (1950), The bargaining problem,
Econometrica 18. `affine`, `search` and `bargaining` name the sources of the methods.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from negotiation.deals import affine, values
from negotiation.deals.affine import AffineDeal, Unbounded
from negotiation.deals.bargaining import bargaining_solutions, nash_weights
from negotiation.deals.polytopes import affine_deal
from negotiation.deals.robustness import Robust, Sample, drawn, most_robust, slacks
from negotiation.deals.search import grid, search
from negotiation.deals.terms import Contract, worst_payoff_bounds
from negotiation.deals.values import Aim, Values
from negotiation.errors import UsageError
from negotiation.games.game import Array
from negotiation.solution.solution import Solution, examine, solve

__all__ = ["DISAGREEMENTS", "KINDS", "Deal", "DealAnalysis", "find_deals"]

DISAGREEMENTS = ("worst", "stage", "minmax")
"""What each side is taken to get without a deal: its worst credible payoff, its worst one-shot
equilibrium, or what it can secure whatever the other does."""

KINDS = (
    "nash",
    "kalai_smorodinsky",
    "egalitarian",
    "alternating_offers",
    "best_for_first",
    "best_for_second",
    "largest_margin",
    "least_patience",
    "most_robust",
)
_FAIR = ("nash", "kalai_smorodinsky", "egalitarian", "alternating_offers")

_EDGE = 1e-6
"""Slack below this share of the payoff range counts as none: the constraint binds."""
_SNAP = 1e-7
"""Terms this close to a bound or to the file's own, as a share of the bounds, are put there."""

_STEPS = 20

Progress = Callable[[str], None]
Pair = tuple[float, float]


@dataclass(frozen=True)
class Deal:
    """Some terms of the outcome, re-solved at them.

    Attributes
    ----------
    kinds
        What they are best at, of `KINDS`; "file" for the file's own terms.
    terms
        One number a term.
    payoffs, slack
        Both sides', a period; slack is None where no punishment is credible.
    needs
        The discount factor from which on each side keeps to it, given what follows a breach.
    gains
        Payoffs above the disagreement point.
    sustained
        Whether `solve` sustains the outcome at these terms.
    binding
        Sides that would lose next to nothing by breaking it.
    prefers_none
        Sides that get less than in their worst one-shot equilibrium.
    holds_in, broken_by
        In how many sampled cases it holds, and in how many each side would break it; None if
        nothing is uncertain.
    """

    kinds: tuple[str, ...]
    terms: tuple[float, ...]
    payoffs: Pair
    slack: Pair | None
    needs: Pair
    gains: Pair
    sustained: bool
    binding: tuple[int, ...]
    prefers_none: tuple[int, ...]
    holds_in: int | None = None
    broken_by: tuple[int, int] | None = None


@dataclass(frozen=True, eq=False)
class DealAnalysis:
    """Which terms of an outcome hold, and those that stand out.

    Attributes
    ----------
    contract
        The outcome and its terms.
    method
        "linear program", exact; or "search".
    reason
        Why it had to be searched; "" if it had not.
    looked_at
        Points of the search's grid; 0 if there was none.
    disagreement, disagreement_point
        One of `DISAGREEMENTS`, and the payoffs at the file's own terms.
    one_shot
        Each side's worst one-shot equilibrium payoff at the file's own terms.
    margin
        The largest margin that both sides can have at once; negative if no terms hold.
    alone
        The largest slack that each side can have, whatever the other's.
    own
        The file's own terms.
    deals
        Those that stand out, each once.
    missing
        Kind → why there is no such deal, in words.
    region
        Vertices of the payoffs of all terms that hold, where payoffs are affine; else empty.
    weights
        Bargaining weights that alternating offers give.
    robust, sample
        The most robust terms, and the cases; None if nothing is uncertain.
    """

    contract: Contract
    method: str
    reason: str
    looked_at: int
    disagreement: str
    disagreement_point: Pair
    one_shot: Pair
    margin: float
    alone: Pair
    own: Deal
    deals: tuple[Deal, ...]
    missing: dict[str, str]
    region: Array
    weights: Pair
    robust: Robust | None = None
    sample: Sample | None = field(default=None, repr=False)

    @property
    def exists(self) -> bool:
        """Whether some terms hold."""
        return any(d.sustained for d in (*self.deals, self.own))

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON of `negotiate deal`, schema ``negotiate/deal/1``."""
        from negotiation.deals.as_json import to_dict

        return to_dict(self)

    def deal(self, kind: str) -> Deal | None:
        """Return the deal of a kind; None if there is none."""
        return next((d for d in self.deals if kind in d.kinds), None)


@dataclass(frozen=True, eq=False)
class _Found:
    """Terms that stand out, before they are re-solved."""

    terms: dict[str, Array]
    missing: dict[str, str]
    margin: float
    alone: Pair
    region: Array
    looked_at: int = 0


def find_deals(
    deal: Contract,
    *,
    disagreement: str = "worst",
    cases: int = 1024,
    seed: int = 0,
    progress: Progress = lambda _: None,
) -> DealAnalysis:
    """Return which terms of an outcome are self-enforcing, and which of them stand out.

    Parameters
    ----------
    deal
        The outcome and its terms, from `contract`.
    disagreement
        One of `DISAGREEMENTS`.
    cases, seed
        How many cases of the uncertain numbers, a power of two; and the seed of their sequence.
    progress
        Called with what is being worked on.

    Raises
    ------
    UsageError
        If disagreement or cases are impossible, or terms without bounds have to be searched.

    Examples
    --------
    >>> from negotiation.payoff_file import loads
    >>> gifts = loads('''
    ... title: A gift that costs the giver half of what it brings
    ... parameters:
    ...   x: {value: 1, range: [0, 2], unit: units, grade: assumed, meaning: what Row gives}
    ...   y: {value: 1, range: [0, 2], unit: units, grade: assumed, meaning: what Column gives}
    ... players:
    ...   Row:    {actions: [give, keep], discount: 0.9}
    ...   Column: {actions: [give, keep], discount: 0.9}
    ... payoffs:
    ...   Row:    [[y - x/2, -x/2], [y, 0]]
    ...   Column: [[x - y/2, x], [-y/2, 0]]
    ... outcomes: {exchange: {profiles: [[give, give]], truce: true}}
    ... ''')
    >>> found = find_deals(contract(gifts, {"x": None, "y": None}))
    >>> found.method, found.deal("nash").terms
    ('linear program', (2.0, 2.0))
    """
    if disagreement not in DISAGREEMENTS:
        expected = ", ".join(DISAGREEMENTS)
        raise UsageError(f"disagreement {disagreement!r}; expected one of: {expected}")
    sample = drawn(deal, cases, seed)
    progress("terms that hold")
    here = solve(deal.model, **deal.at(deal.own))
    point = _disagreement(here, disagreement)
    weights = nash_weights((float(here.game.discount[0]), float(here.game.discount[1])))
    polytope = affine_deal(deal)
    if isinstance(polytope, str):
        found = _searched(deal, point, weights, polytope)
    else:
        found = _programmed(deal, polytope, point, weights)
    robust = None
    if sample is not None:
        progress(f"the most robust terms, over {cases} cases")
        robust = most_robust(deal, sample, found.terms.get("largest_margin", deal.own))
        found.terms["most_robust"] = robust.terms
    else:
        found.missing["most_robust"] = "the file gives no range to any number but the terms"
    progress("each deal solved again")
    settled = _Settler(deal, point, _worst_stage(here), sample, found.terms.get("largest_margin"))
    return DealAnalysis(
        contract=deal,
        method="search" if isinstance(polytope, str) else "linear program",
        reason=polytope if isinstance(polytope, str) else "",
        looked_at=found.looked_at,
        disagreement=disagreement,
        disagreement_point=_pair(point),
        one_shot=_worst_stage(here),
        margin=found.margin,
        alone=found.alone,
        own=settled(("file",), deal.own),
        deals=settled.all(found.terms),
        missing=found.missing,
        region=found.region,
        weights=weights,
        robust=robust,
        sample=sample,
    )


def _disagreement(here: Solution, kind: str) -> Array:
    if kind == "minmax":
        return np.asarray(here.minmax.pure, dtype=np.float64)
    if kind == "worst" and here.repeated.threats is not None:
        return np.asarray(here.repeated.threats, dtype=np.float64)
    return np.asarray(here.worst_stage, dtype=np.float64)


def _worst_stage(here: Solution) -> Pair:
    return _pair(here.worst_stage)


def _pair(x: Any) -> Pair:
    return float(x[0]), float(x[1])


def _programmed(deal: Contract, polytope: AffineDeal, point: Array, weights: Pair) -> _Found:
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
    terms = {kind: how.terms(y, deal.own) for kind, y in best.items()}
    return _Found(terms, missing, float(margin), (alone[0], alone[1]), region)


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


_NOTHING = "no terms that hold give both sides more than no deal: there is nothing to bargain about"


def _searched(deal: Contract, point: Array, weights: Pair, reason: str) -> _Found:
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
    seen = deal.values(first, worst_payoff_bounds(first)[1])
    unit = float(np.ptp(np.concatenate([seen.payoffs, *seen.deviations], axis=1))) or 1.0

    def evaluate(some: Array) -> Values:
        return deal.values(deal.games(some))

    def climb(aim: Aim) -> Array | None:
        return search(lambda x: aim(evaluate(x)), deal.bounds, points, unit, aim(seen))

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
    alone = np.maximum(sides, at(widest).by_player()[0])
    return _Found(best, missing, margin, _pair(alone), np.empty((0, 2)), len(points))


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
    patient = _least_patient(climb, at)
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


def _least_patient(
    climb: Callable[[Aim], Array | None], at: Callable[[Array], Values]
) -> Array | None:
    """Return terms with the smallest larger critical discount factor: Dinkelbach's method."""
    best, need, lost = None, 1.0, None
    for _ in range(_STEPS):
        found = climb(values.little_patience(need, lost))
        here = 1.0 if found is None else float(at(found).needs().max())
        if found is None or here >= need - 1e-11:
            break
        best, need = found, here
        lost = at(found).lost()
        lost = np.maximum(lost, 1e-4 * max(float(lost.max()), 1e-12))
    return best


def _or(found: Array | None, otherwise: Array) -> Array:
    return otherwise if found is None else found


class _Settler:
    """Re-solves terms by `solve` and says how they fare in the sampled cases."""

    def __init__(
        self,
        deal: Contract,
        point: Array,
        one_shot: Pair,
        sample: Sample | None,
        inside: Array | None,
    ) -> None:
        self.deal, self.point, self.one_shot = deal, point, one_shot
        self.sample, self.inside = sample, inside

    def all(self, terms: dict[str, Array]) -> tuple[Deal, ...]:
        """Settle every kind, each distinct set of terms once."""
        kept: list[tuple[list[str], Array]] = []
        for kind in KINDS:
            if kind not in terms:
                continue
            x = self._tidy(terms[kind])
            same = next((names for names, y in kept if np.allclose(x, y, rtol=0, atol=1e-9)), None)
            if same is None:
                kept.append(([kind], x))
            else:
                same.append(kind)
        return tuple(self(tuple(names), x) for names, x in kept)

    def __call__(self, kinds: tuple[str, ...], terms: Array) -> Deal:
        deal = self.deal
        solution = solve(deal.model, **deal.at(terms))
        found = examine(solution, deal.profile)
        here = deal.values(deal.games(terms[None]))
        slack = found.slack
        spread = float(np.ptp(solution.game.payoffs)) or 1.0
        tight = tuple(i for i in (0, 1) if slack is not None and slack[i] <= _EDGE * spread)
        settled = Deal(
            kinds=kinds,
            terms=tuple(map(float, terms)),
            payoffs=found.payoffs,
            slack=slack,
            needs=_pair(here.needs()[0]),
            gains=_pair(np.array(found.payoffs) - self.point),
            sustained=found.sustained,
            binding=tight,
            prefers_none=tuple(
                i for i in (0, 1) if found.payoffs[i] < self.one_shot[i] - 1e-9 * spread
            ),
        )
        if self.sample is None:
            return settled
        each = slacks(deal, self.sample, terms)
        size = 1e-9 * spread
        broken = (each < -size).sum(axis=0)
        return replace(
            settled,
            holds_in=int((each >= -size).all(axis=1).sum()),
            broken_by=(int(broken[0]), int(broken[1])),
        )

    def _tidy(self, terms: Array) -> Array:
        """Put terms at a bound or at the file's own where they nearly are, then inside by a hair.

        What is best often lies just where a constraint binds; rounding must not push it across.
        """
        deal = self.deal
        own, low, high = deal.own, *np.array(deal.bounds).T
        width = np.where(np.isfinite(high - low), high - low, 1.0 + np.abs(terms))
        near = terms.copy()
        for mark in (own, high, low):
            near = np.where(np.abs(terms - mark) <= _SNAP * width, mark, near)
        tries = [near, terms]
        if self.inside is not None:
            tries += [terms + 4.0**k * 1e-12 * (self.inside - terms) for k in range(12)]
        least = [float(deal.values(deal.games(x[None])).by_player().min()) for x in tries]
        if max(least[:2]) < -1e-6 * (1.0 + abs(least[1])):
            return near  # it does not hold, and is not meant to
        return next((x for x, s in zip(tries, least, strict=True) if s >= 0), terms)
