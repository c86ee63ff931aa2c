"""Deals: the terms of an outcome that are self-enforcing, and those that stand out.

References
----------
D. Abreu (1988), On the theory of infinitely repeated games with discounting, Econometrica 56: the
worst credible payoffs that make terms self-enforcing. J. Nash (1950), The bargaining problem,
Econometrica 18. `candidates`, `affine`, `search` and `bargaining` name the sources of the methods.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from negotiation.deals.bargaining import nash_weights
from negotiation.deals.candidates import programmed, searched
from negotiation.deals.polytopes import affine_deal
from negotiation.deals.robustness import Robust, Sample, drawn, most_robust, slacks
from negotiation.deals.terms import Contract
from negotiation.errors import CertificateError, NearCriticalError, UsageError
from negotiation.games.game import Array
from negotiation.solution.bears import Bears, bears
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
_EDGE = 1e-6
"""Slack below this share of the payoff range counts as none: the constraint binds."""
_HAIRS = (0.0, 1e-9, 1e-7, 1e-5)
"""Shares of the way to the safest terms at which an answer without a certificate is tried again."""
_SNAP = 1e-7
"""Terms this close to a bound or to the file's own, as a share of the bounds, are put there."""

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
    bears
        What it can bear at these terms; None if it is not sustained.
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
    bears: Bears | None = None
    holds_in: int | None = None
    broken_by: tuple[int, int] | None = None


@dataclass(frozen=True, eq=False)
class DealAnalysis:
    """Terms of an outcome that are self-enforcing, and those that stand out.

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
        """Tell whether some terms are self-enforcing."""
        return any(d.sustained for d in (*self.deals, self.own))

    def deal(self, kind: str) -> Deal | None:
        """Return the deal of a kind; None if there is none."""
        return next((d for d in self.deals if kind in d.kinds), None)


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
    >>> from negotiation.deals.terms import contract
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
    status_quo = solve(deal.alone, **deal.at(deal.own))
    point = _disagreement(status_quo, disagreement)
    weights = nash_weights((float(status_quo.game.discount[0]), float(status_quo.game.discount[1])))
    polytope = affine_deal(deal)
    if isinstance(polytope, str):
        candidates = searched(deal, point, weights, polytope)
    else:
        candidates = programmed(deal, polytope, point, weights)
    robust = None
    if sample is not None:
        progress(f"the most robust terms, over {cases} cases")
        robust = most_robust(deal, sample, candidates.terms.get("largest_margin", deal.own))
        candidates.terms["most_robust"] = robust.terms
    else:
        candidates.missing["most_robust"] = "the file gives no range to any number but the terms"
    progress("each deal solved again")
    settled = _Settler(
        deal, point, _worst_stage(status_quo), sample, candidates.terms.get("largest_margin")
    )
    return DealAnalysis(
        contract=deal,
        method="search" if isinstance(polytope, str) else "linear program",
        reason=polytope if isinstance(polytope, str) else "",
        looked_at=candidates.looked_at,
        disagreement=disagreement,
        disagreement_point=_pair(point),
        one_shot=_worst_stage(status_quo),
        margin=candidates.margin,
        alone=candidates.alone,
        own=settled(("file",), deal.own),
        deals=settled.all(candidates.terms),
        missing=candidates.missing,
        region=candidates.region,
        weights=weights,
        robust=robust,
        sample=sample,
    )


def _disagreement(status_quo: Solution, kind: str) -> Array:
    if kind == "minmax":
        return np.asarray(status_quo.minmax.pure, dtype=np.float64)
    if kind == "worst" and status_quo.repeated.min_spe_payoffs is not None:
        return np.asarray(status_quo.repeated.min_spe_payoffs, dtype=np.float64)
    return np.asarray(status_quo.worst_stage, dtype=np.float64)


def _worst_stage(status_quo: Solution) -> Pair:
    return _pair(status_quo.worst_stage)


def _pair(x: Any) -> Pair:
    return float(x[0]), float(x[1])


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
        terms, solution = self._solved(terms)
        result = examine(solution, deal.profile)
        values = deal.values(deal.games(terms[None]))
        slack = result.slack
        spread = float(np.ptp(solution.game.payoffs)) or 1.0
        tight = tuple(i for i in (0, 1) if slack is not None and slack[i] <= _EDGE * spread)
        settled = Deal(
            kinds=kinds,
            terms=tuple(map(float, terms)),
            payoffs=result.payoffs,
            slack=slack,
            needs=_pair(values.needs()[0]),
            gains=_pair(np.array(result.payoffs) - self.point),
            sustained=result.sustained,
            binding=tight,
            prefers_none=tuple(
                i for i in (0, 1) if result.payoffs[i] < self.one_shot[i] - 1e-9 * spread
            ),
            bears=bears(solution.game, result, solution.repeated.min_spe_payoffs, solution.stage),
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

    def _solved(self, terms: Array) -> tuple[Array, Solution]:
        """Solve at some terms, or a hair inside: at an edge rounding may leave no certificate.

        Raises
        ------
        CertificateError
            If no certificate is found either way.
        """
        deal, towards = self.deal, self.inside
        if towards is None or (np.abs(towards - terms) < 1e-9).all():
            towards = np.clip(deal.own, *np.array(deal.bounds).T)
        for step in _HAIRS:
            x = terms + step * (towards - terms)
            try:
                return x, solve(deal.alone, **deal.at(x))
            except (CertificateError, NearCriticalError):
                if step == _HAIRS[-1]:
                    raise
        raise AssertionError("the last step returns or raises")

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
