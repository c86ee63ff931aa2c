"""Which assumptions a verdict hangs on.

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

from .contents import PayoffFile
from .errors import UsageError
from .factors import Space, space
from .flipping import Change, Together, change_together, changes_alone
from .game import Array
from .judging import REGIME_ORDER, judge, margins
from .prim import Box, discover

__all__ = ["Index", "Sensitivity", "Swing", "analyse", "sobol", "tornado"]

Progress = Callable[[str], None]
_CONFIDENCE = 0.95
_RESAMPLES = 200


@dataclass(frozen=True)
class Index:
    """How much of the variance of a margin one number accounts for.

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
    """What one number does alone: the truce margin at both ends of its range.

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
    """Which assumptions a verdict hangs on.

    Attributes
    ----------
    space
        What was varied, and around which point.
    seed, cases, base
        Seed of the samples; number of cases in the sample of regimes; base sample of the indices.
    margin, regime
        At the point itself.
    indices
        Largest total index first.
    swings
        Largest first.
    alone, together
        Smallest changes that change the regime, or whether a truce holds.
    shares
        Regime → number of sampled cases.
    box
        The conditions that best explain in which sampled cases no truce holds; None if there is
        nothing to explain.
    """

    space: Space
    seed: int
    cases: int
    base: int
    margin: float
    regime: str
    indices: tuple[Index, ...]
    swings: tuple[Swing, ...]
    alone: tuple[Change, ...]
    together: Together | None
    shares: dict[str, int]
    box: Box | None


def analyse(
    model: PayoffFile,
    *,
    settings: dict[str, Any] | None = None,
    cases: int = 1024,
    seed: int = 0,
    progress: Progress = lambda _: None,
) -> Sensitivity:
    """Find out which assumptions a verdict hangs on.

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
    if cases < 16 or cases & (cases - 1):
        raise UsageError(f"{cases} cases; expected a power of two, 16 or more, such as 1024")
    varied = space(model, settings)
    here = judge(model, varied.values(varied.here[None]))
    progress("each number alone")
    swings, alone = tornado(varied), changes_alone(varied)
    progress("all numbers together")
    together = change_together(varied)
    progress(f"{cases} sampled cases")
    unit = sample(len(varied.names), cases, seed)
    judged = judge(model, varied.values(unit))
    base = max(cases // 4, 16)
    progress(f"indices, from {base * (len(varied.names) + 2)} cases")
    return Sensitivity(
        space=varied,
        seed=seed,
        cases=cases,
        base=base,
        margin=float(here.margin[0]),
        regime=str(here.regime[0]),
        indices=_of_margin(varied, base, seed),
        swings=swings,
        alone=alone,
        together=together,
        shares={r: int((judged.regime == r).sum()) for r in REGIME_ORDER if r in judged.regime},
        box=discover(varied.physical(unit), ~judged.holds),
    )


def sample(d: int, n: int, seed: int) -> Array:
    """Return `n` points spread evenly over the unit cube, shape ``(n, d)``: a Sobol' sequence."""
    from scipy.stats import qmc

    return np.asarray(qmc.Sobol(d, rng=np.random.default_rng(seed)).random(n), np.float64)


def tornado(space: Space) -> tuple[Swing, ...]:
    """Return what each number does alone, the largest swing first.

    Parameters
    ----------
    space
        What is varied.
    """
    d = len(space.names)
    ends = np.repeat(space.here[None], 2 * d, axis=0)
    ends[np.arange(d), np.arange(d)], ends[np.arange(d, 2 * d), np.arange(d)] = 0.0, 1.0
    margin = margins(space.model, space.values(ends)).tolist()
    found = [
        Swing(p.name, *p.range, at_low=margin[k], at_high=margin[d + k])
        for k, p in enumerate(space.parameters)
    ]
    return tuple(sorted(found, key=lambda s: -abs(s.at_high - s.at_low)))


def _of_margin(space: Space, base: int, seed: int) -> tuple[Index, ...]:
    """Return the indices of the truce margin, largest first."""

    def margin(x: Array) -> Array:
        return margins(space.model, space.values(x.T))

    found = sobol(margin, space.names, base, seed)
    return tuple(sorted(found, key=lambda i: -i.total))


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
    from scipy.stats import sobol_indices, uniform

    if len(names) == 1:  # all there is; scipy does not take a single input
        return (Index(names[0], 1.0, 1.0, (1.0, 1.0), (1.0, 1.0)),)
    draw, one = np.random.default_rng(seed), [uniform()] * len(names)
    found = sobol_indices(func=lambda x: np.array(f(x)), n=base, dists=one, rng=draw)
    spread = found.bootstrap(confidence_level=_CONFIDENCE, n_resamples=_RESAMPLES)
    first, total = spread.first_order.confidence_interval, spread.total_order.confidence_interval
    return tuple(
        Index(
            parameter=name,
            first=float(found.first_order.flat[k]),
            total=float(found.total_order.flat[k]),
            first_interval=(float(first.low.flat[k]), float(first.high.flat[k])),
            total_interval=(float(total.low.flat[k]), float(total.high.flat[k])),
        )
        for k, name in enumerate(names)
    )
