"""Rounds of the self-generation operator for states that lead to one another.

The operator is applied to one state after another, see `state_round`, until nothing moves. Ordinary
functions on arrays: `compiled` compiles them as they stand when a game is large.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from negotiation.kernels.compiler import compiled
from negotiation.kernels.hulls import Array, Index
from negotiation.kernels.minkowski import (
    FLAT,
    directed,
    extreme_vertices,
    minkowski,
    straight,
    thin,
    widen,
)
from negotiation.kernels.stochastic_operator import Block, IterationWorkspace, apply

__all__ = ["Beyond", "Sets", "iterate"]

SPARE = 5
"""Vertices of an outer set fewer than room, so that an inner set can keep its extremes as well."""

EASE, FEW = 0.1, 24
"""What is rounded away of an outer set while it moves, as a share of what it will still move at
least; and the number of vertices up to which nothing is."""

STALE = 8
"""Where vertices are being rounded away, stop after so many rounds without a smaller change; times
1 / (1 - d) for inner sets that are not kept in shape, as their changes grow at first."""


class Beyond(NamedTuple):
    """Successor states outside a block, and the sets and threats of all states.

    Attributes
    ----------
    to, chance
        Shape ``(U, L)``: states outside, counted over the whole game, and their probabilities; a
        probability of 0 marks an unused place.
    rings, size, low
        Sets and threats of all states of the game.
    """

    to: Index
    chance: Array
    rings: Array
    size: Index
    low: Array


class Sets(NamedTuple):
    """The sets of a block's states while they are being found; all arrays change in place.

    Attributes
    ----------
    rings, size
        Shapes ``(S, M, 2)`` and ``(S,)``: vertices, and how many; 0 where empty.
    low
        Shape ``(S, 2)``: threats.
    aim, aims
        Shapes ``(S, M, 2)`` and ``(S,)``: directions in which an inner set is kept exact where it
        has too many vertices, and how many of them; 0 for all.
    """

    rings: Array
    size: Index
    low: Array
    aim: Array
    aims: Index


def _gather(block: Block, beyond: Beyond, work: IterationWorkspace) -> bool:
    """Fill in the weighted sums of the sets outside; tell whether none of them is empty."""
    spare, full = work.spare, True
    for k in range(len(block.size)):
        out, m = block.outside[k], 1
        for i in range(2):
            out[0, i] = block.floor[k, i] = 0.0
        for j in range(beyond.to.shape[1]):
            p, to = beyond.chance[k, j], beyond.to[k, j]
            if p > 0 and m > 0:
                n = beyond.size[to]
                m = straight(out, m, spare)
                for i in range(2):
                    block.floor[k, i] += p * beyond.low[to, i]
                m = minkowski(spare, m, beyond.rings[to], n, p, out) if n > 0 else 0
                m, _ = thin(out, m, FLAT)
        block.size[k] = m
        full = full and m > 0
    return full


@compiled
def iterate(
    block: Block,
    beyond: Beyond,
    sets: Sets,
    work: IterationWorkspace,
    slack: float,
    limit: int,
    tolerance: float,
) -> tuple[int, float, float]:
    """Apply the operator, state after state, until nothing moves; change the sets in place.

    Parameters
    ----------
    block, beyond
        The states, and what they lead to.
    sets, work
        What is known of their sets, and work space.
    slack
        Negative for outer sets, whose threats only rise and as fast as they provably may;
        positive for inner sets, whose threats are their own lowest payoffs.
    limit, tolerance
        Rounds at most, and the change that counts as none. With a limit of 0 nothing changes, and
        the change returned is how far the sets lie outside what they generate all together.

    Returns
    -------
    tuple
        Rounds, the last change, and the most that lack of room moved a set in the last. If a set
        becomes empty, all sets of the block do.
    """
    change, coarse, least, stale = 0.0, 0.0, np.inf, 0
    full, patience = _gather(block, beyond, work), max(block.discount[0], block.discount[1])
    fuse = STALE if slack < 0 or sets.aims[0] > 0 else STALE / (1 - patience)
    if limit == 0:
        return 0, _overhang(block, sets, slack, full, work), 0.0
    for count in range(1, limit + 1):
        ease = 0.0
        if slack < 0:
            ease = EASE * (1 - patience) * change
        change, forced, rounding = 0.0, 0.0, False
        for s in range(len(block.width)):
            n = apply(block, s, sets.rings, sets.size, sets.low, slack, work) if full else 0
            if n == 0:
                for k in range(len(sets.size)):
                    sets.size[k] = 0
                return count, 0.0, coarse
            n, slipped = _rounded(n, s, sets, (slack, ease), work)
            if slipped > ease:
                forced = max(forced, slipped)
            rounding = rounding or forced > FLAT or sets.aims[s] > 0
            change = max(change, _replace(n, s, sets, slack, tolerance + 4 * forced, work))
        coarse = forced if slack < 0 else 0.0
        stale = stale + 1 if rounding and change >= least else 0
        least = min(least, change)
        still = change <= tolerance + 4 * coarse and ease <= tolerance + forced
        if still or stale >= fuse:
            return count, change, coarse
    return limit, change, coarse


def _overhang(
    block: Block, sets: Sets, slack: float, full: bool, work: IterationWorkspace
) -> float:
    """Return how far the sets lie outside what they generate all together."""
    far = 0.0
    for s in range(len(block.width)):
        n = apply(block, s, sets.rings, sets.size, sets.low, slack, work) if full else 0
        short = directed(sets.rings[s], sets.size[s], work.out, n, 0.0) if n > 0 else np.inf
        far = max(far, short)
    return far


def _rounded(
    n: int, s: int, sets: Sets, amounts: tuple[float, float], work: IterationWorkspace
) -> tuple[int, float]:
    """Leave no more vertices than there is room for: outward for outer sets, inward for inner.

    Of an outer set that still moves, what is small beside the movement is rounded away at once
    (`ease`): otherwise its corners fill with ever shorter edges, which all vanish in the end.
    """
    slack, ease = amounts
    most = sets.rings.shape[1] - SPARE
    n, moved = thin(work.out, n, FLAT)
    if slack < 0:
        if n > most or (n > FEW and ease > FLAT):
            n, moved = widen(work.out, n, most, ease)
    elif sets.aims[s] > 0:
        n = extreme_vertices(work.out, n, sets.aim[s], sets.aims[s], work.keep)
    else:
        tolerance = FLAT
        while n > most:
            tolerance *= 2.0
            n, by = thin(work.out, n, tolerance)
            moved = max(moved, by)
    return n, moved


def _replace(
    n: int, s: int, sets: Sets, slack: float, close: float, work: IterationWorkspace
) -> float:
    """Put the new polygon in the place of the old one, and say how much moved."""
    rings, size, low, out = sets.rings, sets.size, sets.low, work.out
    shift = 0.0
    for i in range(2):
        least, most, old_least, old_most = out[0, i], out[0, i], rings[s, 0, i], rings[s, 0, i]
        for k in range(n):
            least, most = min(least, out[k, i]), max(most, out[k, i])
        for k in range(size[s]):
            old_least, old_most = min(old_least, rings[s, k, i]), max(old_most, rings[s, k, i])
        shift = max(shift, abs(least - old_least), abs(most - old_most))
        worst = max(low[s, i], least, work.bound[i]) if slack < 0 else least
        shift = max(shift, abs(worst - low[s, i]))
        low[s, i] = worst
    if shift <= close:
        shift = directed(rings[s], size[s], out, n, max(shift, close / 2))
        shift = directed(out, n, rings[s], size[s], shift)
    size[s] = straight(out, n, rings[s])
    return shift
