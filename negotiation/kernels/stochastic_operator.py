"""One round of the self-generation operator for one of the states that lead to one another.

Ordinary functions on arrays: `compiled` compiles them as they stand when a game is large. Polygons
are as in `planar.py`.

A profile a in state s yields x = (1-δ) g(s,a) + δ w with w in the sum over next states s' of
p(s'|s,a) W(s'), provided that x is at least what the best deviation d earns with the worst
continuation, D = max over d of (1-δ) g(s,d) + δ sum of p(s'|s,d) u(s').
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from negotiation.kernels.hulls import Array, Index
from negotiation.kernels.minkowski import clip, envelope, minkowski, straight

__all__ = ["Block", "IterationWorkspace", "apply", "workspace"]

TIE = 1e-11
"""A deviation that gains no more than this over the worst of obeying asks nothing of inner sets."""

LOOSE = 1e-9
"""Where constraints are tightened by more, threats may be off by as much: a deviation that leads
elsewhere must lose that to ask nothing."""


class Block(NamedTuple):
    """States that are solved together, given everything they lead to outside.

    Profiles of all states are numbered through, state by state; `kinds` are distinct rows of
    transition probabilities, which many profiles share.

    Attributes
    ----------
    first, width
        Shape ``(S + 1,)`` and ``(S,)``: the first profile of each state, and player 1's number
        of actions there.
    g
        Shape ``(T, 2)``: payoffs, normalised.
    kind
        Shape ``(T,)``: the row of transition probabilities of each profile.
    kinds
        Shape ``(S + 1,)``: the first kind of each state.
    inside, chance
        Shape ``(U, K)``: next states within the block, and their probabilities.
    outside, size
        Shapes ``(U, M, 2)`` and ``(U,)``: the weighted sum of the sets outside; size 0 if one of
        them is empty. `settle` fills them, and `floor`.
    floor
        Shape ``(U, 2)``: the weighted sum of the threats outside.
    stay
        Shape ``(U,)``: probability of staying in the same state.
    discount
        Shape ``(2,)``.
    """

    first: Index
    width: Index
    g: Array
    kind: Index
    kinds: Index
    inside: Index
    chance: Array
    outside: Array
    size: Index
    floor: Array
    stay: Array
    discount: Array


class IterationWorkspace(NamedTuple):
    """Work space for the largest state of a block.

    Attributes
    ----------
    sums, counts
        Shapes ``(kinds, wide, 2)`` and ``(kinds,)``: sets of continuations, and their sizes.
    spare, part
        Shape ``(wide, 2)``: polygons on the way.
    points, out
        All payoffs found in a state, and their hull.
    own, best, alone, lasting
        Shape ``(profiles, 2)``: see `_incentives`.
    bound
        Shape ``(2,)``: a lower bound on worst payoffs.
    keep
        Marks for vertices.
    played
        Shape ``(T,)``: for each profile of the block the vertices of what playing it can yield,
        when the state was last applied; 0 where nobody would stand for it.
    """

    sums: Array
    counts: Index
    spare: Array
    part: Array
    points: Array
    out: Array
    own: Array
    best: Array
    alone: Array
    lasting: Array
    bound: Array
    keep: Index
    played: Index


def workspace(block: Block, most: int) -> IterationWorkspace:
    """Return work space for polygons of at most `most` vertices."""
    profiles, kinds = int(np.diff(block.first).max()), int(np.diff(block.kinds).max())
    wide = block.outside.shape[1] + most * block.inside.shape[1] + 8
    many = profiles * (wide + 4) + 8
    return IterationWorkspace(
        np.empty((kinds, wide, 2)),
        np.empty(kinds, dtype=np.intp),
        np.empty((wide, 2)),
        np.empty((wide, 2)),
        np.empty((many, 2)),
        np.empty((2 * many, 2)),
        np.empty((profiles, 2)),
        np.empty((profiles, 2)),
        np.empty((profiles, 2)),
        np.empty((profiles, 2)),
        np.empty(2),
        np.empty(2 * many, dtype=np.intp),
        np.zeros(len(block.g), dtype=np.intp),
    )


def _sums(block: Block, s: int, rings: Array, size: Index, work: IterationWorkspace) -> None:
    """Find for each kind of state s the set of continuations, and its size, 0 if empty."""
    start, stop = block.kinds[s], block.kinds[s + 1]
    spare = work.spare
    for k in range(start, stop):
        out = work.sums[k - start]
        m = block.size[k]
        for j in range(m):
            out[j, 0], out[j, 1] = block.outside[k, j, 0], block.outside[k, j, 1]
        for j in range(block.inside.shape[1]):
            p, to = block.chance[k, j], block.inside[k, j]
            if p > 0 and m > 0:
                if size[to] == 0:
                    m = 0
                else:
                    m = straight(out, m, spare)
                    m = minkowski(spare, m, rings[to], size[to], p, out)
        work.counts[k - start] = m


def _incentives(block: Block, s: int, low: Array, slack: float, work: IterationWorkspace) -> None:
    """Find what each profile of s must be worth for it to be obeyed.

    What obeying earns with the worst continuation (`own`), what the best deviation earns with it
    (`best`; -inf for an inner set if none gains), and a lower bound on the state's worst payoff if
    the profile starts it (`alone`): the best deviation's value where staying is worth that again.
    """
    start, stop = block.first[s], block.first[s + 1]
    count, width = stop - start, block.width[s]
    own, best, alone, lasting = work.own, work.best, work.alone, work.lasting
    for t in range(start, stop):
        k = block.kind[t]
        for i in range(2):
            d = block.discount[i]
            continuation = block.floor[k, i]
            for j in range(block.inside.shape[1]):
                continuation += block.chance[k, j] * low[block.inside[k, j], i]
            own[t - start, i] = (1 - d) * block.g[t, i] + d * continuation
            beyond = own[t - start, i] - d * block.stay[k] * low[s, i]
            lasting[t - start, i] = beyond / (1 - d * block.stay[k])
    for t in range(count):
        a0, a1 = t // width, t % width
        for i in range(2):
            best[t, i], alone[t, i] = own[t, i] if slack < 0 else -np.inf, lasting[t, i]
            for turn in range(count // width if i == 0 else width):
                other = turn * width + a1 if i == 0 else a0 * width + turn
                alone[t, i] = max(alone[t, i], lasting[other, i])
                unsure = slack > LOOSE and block.kind[start + other] != block.kind[start + t]
                gain = own[other, i] - own[t, i] + (slack if unsure else 0.0)
                if slack < 0 or gain > min(slack, TIE):
                    best[t, i] = max(best[t, i], own[other, i])


def apply(
    block: Block,
    s: int,
    rings: Array,
    size: Index,
    low: Array,
    slack: float,
    work: IterationWorkspace,
) -> int:
    """Write into the work space what state s can yield.

    Parameters
    ----------
    block, s
        The states, and one of them.
    rings, size, low
        The current sets of the block's states, and the threats.
    slack
        Added to every constraint that a deviation gives: negative for an outer set.
    work
        Receives the polygon, `out`, and `bound`: a lower bound on each player's worst payoff,
        valid if the sets and the threats are outer bounds.

    Returns
    -------
    int
        The number of vertices, 0 if nothing can be sustained.
    """
    _sums(block, s, rings, size, work)
    _incentives(block, s, low, slack, work)
    start, stop = block.first[s], block.first[s + 1]
    total, bound, part, points = 0, work.bound, work.part, work.points
    bound[0] = bound[1] = np.inf
    for t in range(stop - start):
        k = block.kind[start + t] - block.kinds[s]
        m = work.counts[k]
        if m > 0:
            m = _obeyed(block, s, t, work.sums[k], m, slack, work)
        work.played[start + t] = m
        if m == 0:
            continue
        for i in range(2):
            lowest = np.inf
            for j in range(m):
                lowest = min(lowest, part[j, i])
                points[total + j, i] = part[j, i]
            bound[i] = min(bound[i], max(lowest, work.alone[t, i]))
        total += m
    return envelope(points, total, work.out) if total > 0 else 0


def _obeyed(
    block: Block, s: int, t: int, ring: Array, m: int, slack: float, work: IterationWorkspace
) -> int:
    """Write the payoffs of playing profile t of s today that nobody would rather break."""
    part, spare = work.part, work.spare
    for i in range(2):
        d = block.discount[i]
        now = (1 - d) * block.g[block.first[s] + t, i]
        for j in range(m):
            part[j, i] = now + d * ring[j, i]
    for i in range(2):
        if m > 0 and work.best[t, i] > -np.inf:
            for j in range(m):
                spare[j, 0], spare[j, 1] = part[j, 0], part[j, 1]
            m = clip(spare, m, i, work.best[t, i] + slack, part)
    return m
