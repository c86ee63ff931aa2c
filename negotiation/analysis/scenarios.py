"""Scenarios side by side, and the Shapley values of the numbers that differ.

The change in the truce margin from one scenario to another is shared out among the numbers that
differ by their Shapley values: what a number adds, averaged over all orders in which the changes
could be made. The shares add up to the whole change.

References
----------
L. Shapley (1953), A value for n-person games, Contributions to the Theory of Games II.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial
from typing import Any

import numpy as np

from negotiation.analysis.margins import Known, outlook
from negotiation.errors import UsageError
from negotiation.games.game import Array
from negotiation.payoff_file.model import PayoffFile
from negotiation.payoff_file.values import parse_setting
from negotiation.solution.solution import Solution, solve

__all__ = ["Cause", "Difference", "Scenario", "compare", "read_scenario", "scenario"]

_EXACT = 10
"""With up to this many differing numbers every combination is tried."""
_ORDERS = 200
"""Otherwise this many random orders."""


@dataclass(frozen=True, eq=False)
class Scenario:
    """One column of a comparison.

    Attributes
    ----------
    name
        For people.
    model, settings
        The file, and what is set.
    solution
        What holds there.
    margin
        The truce margin, in payoff units a period.
    """

    name: str
    model: PayoffFile
    settings: dict[str, Any]
    solution: Solution
    margin: float


@dataclass(frozen=True)
class Cause:
    """Effect of one number that differs on the truce margin.

    Attributes
    ----------
    parameter, before, after
        Its name and its two values.
    alone
        Change of the margin if it alone changes.
    share
        Its Shapley value.
    """

    parameter: str
    before: float
    after: float
    alone: float
    share: float


@dataclass(frozen=True, eq=False)
class Difference:
    """Differences between a scenario and the first, and their causes.

    Attributes
    ----------
    scenario
        The other one.
    causes
        Numbers that differ, the largest share first; empty if none does.
    turned
        Outcome that holds in one and not in the other → the smallest sets of numbers whose change
        is enough for that.
    structure
        What else differs between the two files, if anything; then nothing is traced.
    exact
        Whether every combination was tried, so that shares and sets are exact.
    """

    scenario: Scenario
    causes: tuple[Cause, ...]
    turned: dict[str, tuple[tuple[str, ...], ...]]
    structure: tuple[str, ...]
    exact: bool


def read_scenario(text: str) -> tuple[str, dict[str, Any]]:
    """Read a scenario such as ``later:s=.7,r=.3``.

    Raises
    ------
    UsageError
        If it is not a name, a colon and settings.

    Examples
    --------
    >>> read_scenario("later:s=0.5")
    ('later', {'s': Fraction(1, 2)})
    """
    name, colon, rest = text.partition(":")
    if not (name.strip() and colon and rest.strip()):
        raise UsageError(f"{text!r} is not a scenario; expected NAME:NAME=NUMBER,..., "
                         "such as later:s=0.7,r=0.3")  # fmt: skip
    pairs = [parse_setting(part) for part in rest.split(",")]
    repeated = [n for k, (n, _) in enumerate(pairs) if n in dict(pairs[:k])]
    if repeated:
        raise UsageError(f"scenario {name!r} gives {repeated[0]!r} twice")
    return name.strip(), dict(pairs)


def scenario(
    name: str, model: PayoffFile, settings: dict[str, Any], solution: Solution | None = None
) -> Scenario:
    """Return one scenario, solved unless a solution is given."""
    solution = solution or solve(model, **settings)
    threats: Known = {(): solution.repeated.min_spe_payoffs}
    margin = float(outlook(solution.game, model.outcomes, threats).margin)
    return Scenario(name, model, settings, solution, margin)


def compare(scenarios: tuple[Scenario, ...], *, seed: int = 0) -> tuple[Difference, ...]:
    """Return the differences between each scenario and the first.

    Parameters
    ----------
    scenarios
        Two or more.
    seed
        For the random orders, where there are too many numbers to try all.

    Raises
    ------
    UsageError
        If there are fewer than two, or two have one name.
    """
    if len(scenarios) < 2:
        raise UsageError("nothing to compare; give two files, or one with --scenario NAME:s=0.7")
    names = [s.name for s in scenarios]
    twice = next((n for k, n in enumerate(names) if n in names[:k]), None)
    if twice is not None:
        raise UsageError(f"two columns are called {twice!r}; expected a name of its own for each")
    return tuple(_difference(scenarios[0], other, seed) for other in scenarios[1:])


def _difference(first: Scenario, other: Scenario, seed: int) -> Difference:
    structure = _structure(first.model, other.model)
    if structure:
        return Difference(other, (), {}, structure, False)
    names, before, after = _differing(first, other)
    if not names:
        return Difference(other, (), {}, (), True)
    exact = len(names) <= _EXACT
    on = _all_sets(len(names)) if exact else _chains(len(names), seed)
    columns = np.where(on, np.array(after), np.array(before))
    values = dict(first.settings) | {n: columns[:, k] for k, n in enumerate(names)}
    base = int(np.flatnonzero(~on.any(axis=1))[0])
    full = int(np.flatnonzero(on.all(axis=1))[0])
    threats: Known = {
        (base,): first.solution.repeated.min_spe_payoffs,
        (full,): other.solution.repeated.min_spe_payoffs,
    }
    margins = outlook(first.model.game(**values), first.model.outcomes, threats)
    shares = _exact_shares(on, margins.margin) if exact else _mean_steps(on, margins.margin)
    alone = [margins.margin[_single(on, k)] - margins.margin[base] for k in range(len(names))]
    causes = [
        Cause(n, before[k], after[k], float(alone[k]), float(shares[k]))
        for k, n in enumerate(names)
    ]
    turned = {
        name: _smallest(on, sustained == sustained[full], names)
        for name, sustained in margins.held.items()
        if sustained[base] != sustained[full]
    }
    causes.sort(key=lambda c: -abs(c.share))
    return Difference(other, tuple(causes), turned, (), exact and margins.exact)


def _differing(first: Scenario, other: Scenario) -> tuple[list[str], list[float], list[float]]:
    """Return the numbers that differ, without those that follow from others by formula."""
    a, b = first.solution.parameters, other.solution.parameters
    follows = {p.name for p in first.model.parameters if p.formula is not None}
    set_ = {*first.settings, *other.settings}
    names = [n for n in a if a[n] != b[n] and (n not in follows or n in set_)]
    return names, [a[n] for n in names], [b[n] for n in names]


def _structure(a: PayoffFile, b: PayoffFile) -> tuple[str, ...]:
    """Name the sections, besides numbers, in which two files differ."""

    def texts(rule: Any) -> Any:
        return [[f.text for f in row] for row in rule] if isinstance(rule, tuple) else rule.text

    def levers(m: PayoffFile) -> Any:
        return [
            [(s.name, [(n, f.text) for n, f in s.attributes]) for x in side for s in x.settings]
            for side in m.levers
        ]

    def formulas(m: PayoffFile) -> Any:
        return {p.name: p.formula.text if p.formula is not None else "" for p in m.parameters}

    parts = {
        "players": (a.players, b.players),
        "actions": (levers(a), levers(b)),
        "parameters": (formulas(a), formulas(b)),
        "followers": tuple(
            [
                (
                    f.name,
                    [(c.name, [(n, x.text) for n, x in c.attributes]) for c in f.choices],
                    [x.text for x in f.formulas],
                )
                for f in m.followers
            ]
            for m in (a, b)
        ),
        "definitions": tuple([(n, f.text) for n, f in m.definitions] for m in (a, b)),
        "payoffs": tuple([texts(r) for r in m.payoffs] for m in (a, b)),
        "discount factors": tuple([f.text for f in m.discounts] for m in (a, b)),
        "outcomes": (a.outcomes, b.outcomes),
    }
    return tuple(name for name, (left, right) in parts.items() if left != right)


def _all_sets(n: int) -> Any:
    """Return every subset of n elements as rows of True and False."""
    return (np.arange(2**n)[:, None] >> np.arange(n)) % 2 == 1


def _chains(n: int, seed: int) -> Any:
    """Return, for random orders, the growing sets along each; then every single one."""
    draw = np.random.default_rng(seed)
    ranks = [np.argsort(draw.permutation(n)) for _ in range(_ORDERS)]
    rows = [rank < k for rank in ranks for k in range(n + 1)]
    return np.concatenate((np.array(rows), np.eye(n, dtype=bool)))


def _single(on: Any, k: int) -> int:
    return int(np.flatnonzero((on.sum(axis=1) == 1) & on[:, k])[0])


def _exact_shares(on: Any, margin: Array) -> Array:
    """Return Shapley values from the margins of all subsets."""
    n = on.shape[1]
    size = on.sum(axis=1)
    weight = np.array([factorial(k) * factorial(n - k - 1) for k in range(n)]) / factorial(n)
    index = np.arange(2**n)
    shares = np.empty(n)
    for k in range(n):
        without = index[~on[:, k]]
        step = margin[without | (1 << k)] - margin[without]
        shares[k] = weight[size[without]] @ step
    return shares


def _mean_steps(on: Any, margin: Array) -> Array:
    """Return Shapley values as the average step over the random orders."""
    n = on.shape[1]
    chains, margins = (
        on[: _ORDERS * (n + 1)].reshape(_ORDERS, n + 1, n),
        margin[: _ORDERS * (n + 1)],
    )
    steps = np.diff(margins.reshape(_ORDERS, n + 1), axis=1)
    added = (chains[:, 1:] & ~chains[:, :-1]).argmax(axis=2)
    shares = np.zeros(n)
    np.add.at(shares, added.ravel(), steps.ravel())
    return shares / _ORDERS


def _smallest(on: Any, enough: Any, names: list[str]) -> tuple[tuple[str, ...], ...]:
    """Return the smallest sets of numbers whose change is enough, of those tried."""
    size = on.sum(axis=1)
    least = size[enough].min()
    rows = on[enough & (size == least)]
    subsets = {tuple(n for n, x in zip(names, row, strict=True) if x) for row in rows}
    return tuple(sorted(subsets, key=lambda s: [names.index(n) for n in s]))
