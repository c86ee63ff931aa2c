"""Subgame-perfect payoffs of a stochastic game by plain iteration, straight from the definition.

Shares no code with `negotiation/` and takes no short cuts: every W(s) starts from the box of all
payoffs, every u(s) from the lowest payoff, and each round, for all states at once,

    C(s, a) = sum over s' of p(s'|s, a) W(s'),
    IC_i(s, a) = [max over i's deviations d of (1 - d_i) g_i(s, d) + d_i sum of p(s'|s, d) u_i(s')
                  - (1 - d_i) g_i(s, a)] / d_i,
    W'(s) = hull over a of (1 - d) g(s, a) + d * {w in C(s, a) : w >= IC(s, a)},
    u'(s) = max(u(s), coordinatewise minimum of W'(s)),

where nothing is sustained in a state that can be reached, by whatever play, nothing is here either;
until nothing moves by more than 1e-13 of the payoff range.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tests.reference.payoff_sets import SLACK, _clip, plain_hausdorff, plain_hull


class PlainStates(NamedTuple):
    """Per state a ring, without rows where nothing is sustained; and whether it came to rest."""

    rings: list
    min_spe_payoffs: np.ndarray
    rounds: int
    converged: bool


def sum_of_two(one, other):
    """The hull of all sums of two polygons' points; of large ones, those far out across an edge.

    Both are hulls to the last bit: across a dent nothing would be found.
    """
    if len(one) * len(other) <= 400:
        return plain_hull((one[:, None, :] + other[None, :, :]).reshape(-1, 2))
    made = []
    for ring, against in ((one, other), (other, one)):
        then = np.roll(ring, -1, axis=0)
        edge = then - ring
        across = np.stack((edge[:, 1], -edge[:, 0]), axis=1)
        for lean in (1e-9, -1e-9):  # of two points equally far out, each once
            far = against[((across + lean * edge) @ against.T).argmax(axis=1)]
            made += [ring + far, then + far]
    return plain_hull(np.concatenate(made))


def weighted_sum(rings, weights):
    total = np.zeros((1, 2))
    for ring, p in zip(rings, weights, strict=True):
        if p > 0:
            if not len(ring):
                return np.empty((0, 2))
            total = sum_of_two(total, plain_hull(p * ring))  # rounding may have dented it
    return total


def one_state(payoffs, dense, rings, u, d, span):
    _, n0, n1 = payoffs.shape
    if any((dense[..., s] > 0).any() and not len(ring) for s, ring in enumerate(rings)):
        return np.empty((0, 2))
    worth = (1 - d) * np.moveaxis(payoffs, 0, -1) + d * (dense @ u)
    made = []
    for a in range(n0):
        for b in range(n1):
            g = payoffs[:, a, b]
            best = np.array([worth[:, b, 0].max(), worth[a, :, 1].max()])
            part = weighted_sum(rings, dense[a, b])
            for i in range(2):
                if len(part):
                    need = (best[i] - (1 - d[i]) * g[i]) / d[i]
                    part = _clip(part, i, need, SLACK * span[i])
            if len(part):
                made.append((1 - d) * g + d * part)
    return plain_hull(np.concatenate(made)) if made else np.empty((0, 2))


def plain_states(payoffs, dense, discount, rounds=5000):
    """Iterate for payoffs[s] of shape (2, n0, n1) and dense[s] of shape (n0, n1, states)."""
    payoffs = [np.asarray(p, dtype=float) for p in payoffs]
    dense = [np.asarray(t, dtype=float) for t in dense]
    d = np.broadcast_to(np.asarray(discount, dtype=float), (2,)).copy()
    flat = np.concatenate([p.reshape(2, -1) for p in payoffs], axis=1)
    low, high = flat.min(axis=1), flat.max(axis=1)
    span = np.where(high > low, high - low, 1.0)
    box = plain_hull(np.array([low, [high[0], low[1]], high, [low[0], high[1]]]))
    rings, u, change = [box] * len(payoffs), np.tile(low, (len(payoffs), 1)), np.inf
    for count in range(1, rounds + 1):
        new = [one_state(p, t, rings, u, d, span) for p, t in zip(payoffs, dense, strict=True)]
        change = 0.0
        for s, (before, after) in enumerate(zip(rings, new, strict=True)):
            if not len(after):
                change = max(change, 1.0 if len(before) else 0.0)
                continue
            worst = np.maximum(u[s], after.min(axis=0))
            box = np.abs(before.min(axis=0) - after.min(axis=0)) / span
            box = np.maximum(box, np.abs(before.max(axis=0) - after.max(axis=0)) / span)
            change = max(change, (np.abs(worst - u[s]) / span).max(), box.max())
            if change < 1e-13:
                change = max(change, plain_hausdorff(before / span, after / span))
            u[s] = worst
        rings = new
        if change < 1e-13:
            return PlainStates(rings, u, count, True)
    return PlainStates(rings, u, rounds, False)
