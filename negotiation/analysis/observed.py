"""Observed play as a bound on the numbers: the part of their ranges in which it can be kept up.

Ranges say what is not known, not how likely anything is: a share of sampled cases is not a
probability, neither before play is looked at nor after.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from negotiation.analysis.ranges import Space, space
from negotiation.analysis.samples import sample
from negotiation.analysis.scenario_discovery import Box, discover
from negotiation.errors import UsageError
from negotiation.payoff_file.model import PayoffFile
from negotiation.payoff_file.pieces import Observed
from negotiation.sweeps.batch import solve_batch

__all__ = ["Narrowed", "ObservedCases", "observed_cases"]

Progress = Callable[[str], None]
_TAIL = 0.05
"""Share of the cases left out at each end where a narrowed range is given."""


@dataclass(frozen=True)
class Narrowed:
    """Range of one number, narrowed down by what was seen last.

    Attributes
    ----------
    parameter, range
        Its name, and the file's range.
    low, high
        Nine in ten of the cases in which what was seen can be kept up lie between these.
    lowest, highest
        All of them do.
    now
        Its value at the point examined.
    share
        By how much that is narrower than nine tenths of the range, as a share; 0 says nothing.
    """

    parameter: str
    range: tuple[float, float]
    low: float
    high: float
    lowest: float
    highest: float
    now: float
    share: float


@dataclass(frozen=True, eq=False)
class ObservedCases:
    """In which sampled cases observed play can be kept up.

    Attributes
    ----------
    space, seed, cases
        What was varied, seed of the sample, number of cases.
    observed, hits
        Every stretch of observed play, and in how many cases one of its profiles can be kept up.
    now
        Whether what was seen last can be kept up at the point itself.
    narrowed
        Every number, most narrowed first; empty if what was seen last can be kept up in no case.
    box
        Conditions that best explain where what was seen last can be kept up; None if there are
        none, or nothing to explain.
    """

    space: Space
    seed: int
    cases: int
    observed: tuple[Observed, ...]
    hits: tuple[int, ...]
    now: bool
    narrowed: tuple[Narrowed, ...]
    box: Box | None


def observed_cases(
    model: PayoffFile,
    *,
    settings: dict[str, Any] | None = None,
    cases: int = 1024,
    seed: int = 0,
    progress: Progress = lambda _: None,
) -> ObservedCases:
    """Find the part of the ranges in which observed play can be kept up.

    Parameters
    ----------
    model
        A payoff file with ``observed:`` play, in which nothing moves.
    settings
        Parameters that are held at other values than the file's; they are not varied.
    cases
        Sampled cases, a power of two.
    seed
        Of the sample.
    progress
        Called with what is being worked on.

    Raises
    ------
    UsageError
        If the file has no observed play, its state moves, nothing can vary, or `cases` is not a
        power of two.
    """
    if not model.observed or model.kind == "dynamic":
        raise UsageError(
            f"{model.title}: "
            + ("its state moves" if model.observed else "the file has no 'observed' play")
            + "; expected a model with observed play in which nothing moves"
        )
    if cases < 16 or cases & (cases - 1):
        raise UsageError(f"{cases} cases; expected a power of two, 16 or more, such as 1024")
    varied = space(model, settings)
    unit = sample(len(varied.names), cases, seed)
    progress(f"{cases} sampled cases")
    points = np.concatenate([varied.here[None], unit])
    found = solve_batch(model.game(**varied.values(points)), payoff_sets=False, regimes=False)
    seen = [
        np.any([found.sustained[:, a, b] for a, b in o.profiles], axis=0) for o in model.observed
    ]
    last = seen[-1][1:]
    return ObservedCases(
        space=varied,
        seed=seed,
        cases=cases,
        observed=model.observed,
        hits=tuple(int(s[1:].sum()) for s in seen),
        now=bool(seen[-1][0]),
        narrowed=_narrowed(varied, varied.physical(unit)[last]) if last.any() else (),
        box=discover(varied.physical(unit), last),
    )


def _narrowed(varied: Space, kept: Any) -> tuple[Narrowed, ...]:
    values, found = varied.physical(varied.here), []
    for k, p in enumerate(varied.parameters):
        column, (bottom, top) = kept[:, k], p.range
        low, high = (float(x) for x in np.quantile(column, [_TAIL, 1 - _TAIL]))
        share = 1 - (high - low) / ((1 - 2 * _TAIL) * (top - bottom))
        ends = float(column.min()), float(column.max())
        found.append(Narrowed(p.name, p.range, low, high, *ends, float(values[k]), max(0.0, share)))
    return tuple(sorted(found, key=lambda n: -n.share))
