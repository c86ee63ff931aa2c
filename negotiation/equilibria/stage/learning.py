"""Learning dynamics in "honour or break": a second view of whether a deal is robust.

Two dynamics from nashpy on the 2x2 game of `risk_dominance.critical_belief`, from a regular grid of
starting points. The shares below count starting points; they are not probabilities of anything.

References
----------
P. Taylor (1979), Evolutionarily stable strategies with two types of player, Journal of Applied
Probability 16, 76-83 (replicator dynamics with two populations).
G. Brown (1951), Iterative solution of games by fictitious play, in Activity Analysis of Production
and Allocation, Wiley.
D. Fudenberg, D. Levine (1998), The Theory of Learning in Games, MIT Press.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np
import numpy.typing as npt

from negotiation.errors import GameError
from negotiation.games.game import Array

__all__ = ["Basin", "honouring_basin"]

_ARRIVED = 0.99
_TIMES = np.linspace(0.0, 2000.0, 5)
_ROUNDS = 200
_ON_THE_LINE = 1e-9


@dataclass(frozen=True)
class Basin:
    """Shares of starting points that end with both sides honouring, and both breaking.

    Attributes
    ----------
    replicator, fictitious_play
        Share of starting points that end at (honour, honour), in [0, 1].
    replicator_broken, fictitious_play_broken
        Share that end at (break, break). What is left ends elsewhere or is undecided.
    starts
        Number of starting points.
    seed
        Of the ties in fictitious play.
    method
        For people.
    """

    replicator: float
    fictitious_play: float
    replicator_broken: float
    fictitious_play_broken: float
    starts: int
    seed: int
    method: str = "nashpy: asymmetric replicator dynamics and fictitious play"


def honouring_basin(payoffs: npt.ArrayLike, *, side: int = 7, seed: int = 0) -> Basin:
    """Return the share of starting points from which learning ends at honouring.

    Both dynamics start at shares ``(k + 1/2) / side`` of honouring for each side, k < side: for
    fictitious play they are the beliefs, with the weight of one observation. Payoffs are first
    rescaled for each player so that the two losses, from breaking alone and from honouring alone,
    add up to 1. Then both sides learn at the same pace, units do not matter, and the two beliefs
    needed are all that does. An end must be a strict equilibrium: a share of at least .99 of both
    sides after a time of 2000, or being played once within 200 rounds, since it then stays. A start
    exactly on the line between the two basins of the replicator dynamics ends nowhere.

    Parameters
    ----------
    payoffs
        Shape ``(2, 2, 2)``: ``payoffs[i, x0, x1]`` with 0 to honour and 1 to break.
    side
        The grid has ``side * side`` points.
    seed
        nashpy breaks ties in fictitious play with NumPy's global generator, which is set to this
        and then put back.

    Examples
    --------
    >>> stag_hunt = [[[4, 0], [3, 3]], [[4, 3], [0, 3]]]
    >>> basin = honouring_basin(stag_hunt, side=4)
    >>> basin.replicator, basin.fictitious_play, basin.starts
    (0.1875, 0.0625, 16)
    """
    table = np.asarray(payoffs, dtype=np.float64)
    if table.shape != (2, 2, 2) or not np.isfinite(table).all():
        raise GameError("expected finite payoffs of shape (2, 2, 2)")
    if side < 1:
        raise GameError("expected at least one starting point a side")
    scaled = _same_pace(table)
    points = (np.arange(side) + 0.5) / side
    starts = [np.array([(x, 1 - x), (y, 1 - y)]) for x, y in product(points, points)]
    strict = [bool((scaled[:, x, x] > 0).all()) for x in (0, 1)]
    ends = [np.full((1, 2), 0.5)] * 2
    if any(strict):
        with _contained(seed):
            ends = [np.array(run(scaled, starts)) for run in (_replicator, _fictitious_play)]
    honoured = [strict[0] * float((e > _ARRIVED).all(axis=1).mean()) for e in ends]
    broken = [strict[1] * float((e < 1 - _ARRIVED).all(axis=1).mean()) for e in ends]
    return Basin(honoured[0], honoured[1], broken[0], broken[1], len(starts), seed)


def _same_pace(table: Array) -> Array:
    """Keep only each player's losses, rescaled: they alone move both dynamics.

    Each table becomes diagonal: the loss from breaking alone, the loss from honouring alone.
    """
    mine = np.stack((table[0], table[1].T))
    losses = np.stack((mine[:, 0, 0] - mine[:, 1, 0], mine[:, 1, 1] - mine[:, 0, 1]), axis=1)
    # Payoffs far from zero leave rounding behind, which must not be learnt from.
    losses[np.abs(losses) < 1e-12 * np.abs(table).max()] = 0.0
    stakes = np.abs(losses).sum(axis=1, keepdims=True)
    losses = losses / np.where(stakes > 0, stakes, 1.0)
    return np.stack([np.diag(pair) for pair in losses])


@contextmanager
def _contained(seed: int) -> Iterator[None]:
    """Keep nashpy's use of global random numbers, and its warnings, inside."""
    before = np.random.get_state()  # noqa: NPY002  nashpy draws from the global generator
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            np.random.seed(seed)  # noqa: NPY002
            yield
        finally:
            np.random.set_state(before)  # noqa: NPY002


def _replicator(tables: Array, starts: list[Array]) -> list[tuple[float, float]]:
    """Return the final shares of honouring from each start."""
    from nashpy.learning.replicator_dynamics import asymmetric_replicator_dynamics

    ends = []
    for x, y in starts:
        if _on_the_line(tables, x, y):
            ends.append((0.5, 0.5))
            continue
        rows, columns = asymmetric_replicator_dynamics(
            tables[0], tables[1], x0=x, y0=y, timepoints=_TIMES
        )
        ends.append((float(rows[-1, 0]), float(columns[-1, 0])))
    return ends


def _on_the_line(tables: Array, x: Array, y: Array) -> bool:
    """Tell whether a start lies on the line between the basins, where only rounding decides.

    With beliefs needed p, ``p_1 ln x + (1-p_1) ln(1-x) - p_0 ln y - (1-p_0) ln(1-y)`` stays
    constant along every path; the line runs through the mixed equilibrium ``(p_1, p_0)``, from
    where one side expects more than it needs to where the other does.
    """
    mixed = tables[:, 1, 1]
    if not ((mixed > 0) & (mixed < 1) & (tables[:, 0, 0] > 0)).all():
        return False
    p0, p1 = (np.array([p, 1 - p]) for p in mixed)
    if (x[0] - p1[0]) * (y[0] - p0[0]) > _ON_THE_LINE:
        return False
    level = p1 @ np.log(x / p1) - p0 @ np.log(y / p0)
    return bool(abs(level) < _ON_THE_LINE)


def _fictitious_play(tables: Array, starts: list[Array]) -> list[tuple[float, float]]:
    """Return the share of honouring at the end from each start.

    A strict equilibrium, once played, is played for ever; that ends a run.
    """
    from nashpy.learning.fictitious_play import fictitious_play

    strict = [bool((tables[:, x, x] > 0).all()) for x in (0, 1)]
    ends = []
    for start in starts:
        end = (0.5, 0.5)
        run = fictitious_play(tables[0], tables[1], iterations=_ROUNDS, play_counts=list(start))
        for before, after in pairwise(run):
            honoured = [round(float(n[0] - m[0])) for m, n in zip(before, after, strict=True)]
            if sum(honoured) != 1 and strict[1 - honoured[0]]:
                end = (float(honoured[0]),) * 2
                break
        ends.append(end)
    return ends
