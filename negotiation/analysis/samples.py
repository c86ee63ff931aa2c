"""Sensitivity of a verdict: tornado swings, Sobol' indices and sampled regimes.

Everything here varies the numbers of a file within the ranges that the file gives. Ranges say what
is not known, not how likely anything is: a share of sampled cases is not a probability.

References
----------
I. Sobol' (2001), Global sensitivity indices for nonlinear mathematical models, Mathematics and
Computers in Simulation 55. A. Saltelli et al. (2010), Variance based sensitivity analysis of model
output, Computer Physics Communications 181.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from negotiation.analysis.margins import UNDECIDED, judge, outlook, regimes_at
from negotiation.analysis.ranges import Space, space
from negotiation.analysis.scenario_discovery import Box, discover
from negotiation.analysis.smallest_changes import Change, Together, change_together, changes_alone
from negotiation.errors import UsageError
from negotiation.games.game import Array
from negotiation.payoff_file.model import PayoffFile
from negotiation.solution.regimes import REGIMES

__all__ = ["Index", "Sensitivity", "Swing", "analyse", "sobol", "tornado"]

Progress = Callable[[str], None]
_CONFIDENCE = 0.95
_RESAMPLES = 200
_SETTLED = 256
MOST_CASES = 2**18
"""Cases whose regime is found exactly; each that cannot be told at once costs about 0.1 s."""
_NAMES = (*(name for name, _ in REGIMES), UNDECIDED)


@dataclass(frozen=True)
class Index:
    """Sobol' indices of one number: its share in the variance of the truce margin.

    Attributes
    ----------
    parameter
        Its name.
    first, total
        Alone, and together with its interactions with all others.
    first_interval, total_interval
        95 % bootstrap confidence intervals.
    """

    parameter: str
    first: float
    total: float
    first_interval: tuple[float, float]
    total_interval: tuple[float, float]


@dataclass(frozen=True)
class Swing:
    """One-at-a-time effect of a number: the truce margin at both ends of its range.

    Attributes
    ----------
    parameter, low, high
        Its name and range.
    at_low, at_high
        The truce margin there, all others being as they are, in payoff units a period.
    """

    parameter: str
    low: float
    high: float
    at_low: float
    at_high: float


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """Sensitivity of a verdict to the numbers of a file.

    Attributes
    ----------
    space
        What was varied, and around which point.
    seed, cases, base
        Seed of the samples; number of cases in the sample of regimes; base sample of the indices.
    margin, kind
        At the point itself: truce margin, and one of `judging.KINDS`.
    bound
        The margin there with the punishments that samples count on: no more than `margin`. Swings
        and indices are of this.
    indices
        Largest total index first.
    swings
        Largest first.
    alone, together
        Smallest changes that make, break or change a truce.
    settled, shares
        The first so many cases of the sample, and regime → number of them.
    broken
        In how many of all sampled cases no truce holds for sure.
    box
        The conditions that best explain in which sampled cases no truce holds; None if there is
        nothing to explain.
    """

    space: Space
    seed: int
    cases: int
    base: int
    margin: float
    bound: float
    kind: str
    indices: tuple[Index, ...]
    swings: tuple[Swing, ...]
    alone: tuple[Change, ...]
    together: Together | None
    settled: int
    shares: dict[str, int]
    broken: int
    box: Box | None


def analyse(
    model: PayoffFile,
    *,
    settings: dict[str, Any] | None = None,
    cases: int = 1024,
    seed: int = 0,
    progress: Progress = lambda _: None,
) -> Sensitivity:
    """Return the sensitivity of a verdict to the numbers of a file.

    Parameters
    ----------
    model
        A payoff file that names at least one truce.
    settings
        Parameters that are held at other values than the file's; they are not varied.
    cases
        Sampled cases, a power of two; the indices start from a quarter as many.
    seed
        Of the samples.
    progress
        Called with what is being worked on.

    Raises
    ------
    UsageError
        If the file names no truce or nothing can vary, or `cases` is not a power of two.
    """
    if not 16 <= cases <= MOST_CASES or cases & (cases - 1):
        raise UsageError(
            f"{cases} cases; expected a power of two from 16 to {MOST_CASES}, such as 1024"
        )
    varied = space(model, settings)
    point = varied.values(varied.here[None])
    at_point = judge(model, point)
    exact = outlook(model.game(**point), model.outcomes)
    progress("each number alone")
    swings, alone = tornado(varied), changes_alone(varied)
    progress("all numbers together")
    together = change_together(varied)
    progress(f"{cases} sampled cases")
    unit = sample(len(varied.names), cases, seed)
    hit = judge(model, varied.values(unit)).kind == "no truce"
    settled = min(cases, _SETTLED)
    progress(f"regimes of {settled} cases")
    regimes = regimes_at(model, varied.values(unit[:settled]))
    base = max(cases // 4, 16)
    progress(f"indices, from {base * (len(varied.names) + 2)} cases")
    return Sensitivity(
        space=varied,
        seed=seed,
        cases=cases,
        base=base,
        margin=float(exact.margin[0]),
        bound=float(at_point.margin[0]),
        kind=str(at_point.kind[0]),
        indices=_of_margin(varied, base, seed),
        swings=swings,
        alone=alone,
        together=together,
        settled=settled,
        shares={k: int((regimes == k).sum()) for k in _NAMES if k in regimes},
        broken=int(hit.sum()),
        box=discover(varied.physical(unit), hit),
    )


def sample(d: int, n: int, seed: int) -> Array:
    """Return `n` points of a Sobol' sequence in the unit cube, shape ``(n, d)``."""
    from scipy.stats import qmc

    return np.asarray(qmc.Sobol(d, rng=np.random.default_rng(seed)).random(n), np.float64)


def tornado(space: Space) -> tuple[Swing, ...]:
    """Return the one-at-a-time effect of every number, the largest swing first.

    Parameters
    ----------
    space
        What is varied.
    """
    d = len(space.names)
    ends = np.repeat(space.here[None], 2 * d, axis=0)
    ends[np.arange(d), np.arange(d)], ends[np.arange(d, 2 * d), np.arange(d)] = 0.0, 1.0
    margin = judge(space.model, space.values(ends)).margin.tolist()
    swings = [
        Swing(p.name, *p.range, at_low=margin[k], at_high=margin[d + k])
        for k, p in enumerate(space.parameters)
    ]
    return tuple(sorted(swings, key=lambda s: -abs(s.at_high - s.at_low)))


def _of_margin(space: Space, base: int, seed: int) -> tuple[Index, ...]:
    """Return the Sobol' indices of the truce margin, largest first."""

    def margin(x: Array) -> Array:
        return judge(space.model, space.values(x.T)).margin

    indices = sobol(margin, space.names, base, seed)
    return tuple(sorted(indices, key=lambda i: -i.total))


def sobol(
    f: Callable[[Array], Array], names: tuple[str, ...], base: int, seed: int
) -> tuple[Index, ...]:
    """Return first-order and total Sobol' indices of a function on the unit cube.

    Parameters
    ----------
    f
        Takes an array ``(d, n)`` of points and returns ``(n,)`` values.
    names
        Of the d inputs.
    base
        Size of the base sample, a power of two; f is evaluated ``base * (d + 2)`` times.
    seed
        Of the sample and the bootstrap.
    """
    from scipy.stats import sobol_indices

    if len(names) == 1:  # all there is; scipy does not take a single input
        return (Index(names[0], 1.0, 1.0, (1.0, 1.0), (1.0, 1.0)),)
    draw, d = np.random.default_rng(seed), len(names)
    both = sample(2 * d, base, seed).T
    a, b = both[:d], both[d:]
    mixed = np.repeat(a[:, None], d, axis=1)  # column k of A taken from B, for every k
    mixed[np.arange(d), np.arange(d)] = b
    parts = {"f_A": f(a)[None], "f_B": f(b)[None]}
    parts["f_AB"] = f(mixed.reshape(d, -1)).reshape(d, 1, base)

    def estimate(cases: npt.NDArray[np.intp]) -> Array:
        selected = {name: values[..., cases] for name, values in parts.items()}
        result = sobol_indices(func=selected, n=base)
        return np.stack((result.first_order.reshape(d), result.total_order.reshape(d)))

    best = estimate(np.arange(base))
    resampled = np.array([estimate(draw.integers(base, size=base)) for _ in range(_RESAMPLES)])
    low, high = np.quantile(resampled, [(1 - _CONFIDENCE) / 2, (1 + _CONFIDENCE) / 2], axis=0)
    return tuple(
        Index(
            parameter=name,
            first=float(best[0, k]),
            total=float(best[1, k]),
            first_interval=(float(low[0, k]), float(high[0, k])),
            total_interval=(float(low[1, k]), float(high[1, k])),
        )
        for k, name in enumerate(names)
    )
