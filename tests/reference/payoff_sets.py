"""The subgame-perfect payoff set by plain iteration, straight from the definition.

Shares no code with `negotiation/` and takes no short cuts: W starts from everything feasible, u
from the pure minmax payoffs, and each round

    W' = hull over profiles a of (1 - d) g(a) + d * {w in W : w >= u + (1 - d) / d * h(a)},
    u' = max(u, coordinatewise minimum of W'),

until nothing moves by more than 1e-13 of the payoff range. All extreme points of the clipped set
are followed. Signs of turns are exact (floating-point expansions): no vertex of a sliver is lost.
Abreu, Pearce & Stacchetti (1990), Econometrica 58:1041-1063.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

SLACK = 1e-12
"""Incentive constraints hold if they hold within this share of the payoff range."""

FLAT = 3e-15
"""A vertex this close to its neighbours' chord (as a share of the range) is rounding."""


@njit(cache=True)
def _exact_turn(ax, ay, bx, by, cx, cy):
    """Sign of the determinant as an expansion: exact products, exact sums."""
    factors = ((ax, by), (-ay, bx), (bx, cy), (-by, cx), (cx, ay), (-cy, ax))
    parts = np.zeros(13)
    count = 0
    for f, g in factors:
        product = f * g
        t = 134217729.0 * f
        f_high = t - (t - f)
        t = 134217729.0 * g
        g_high = t - (t - g)
        f_low, g_low = f - f_high, g - g_high
        error = f_low * g_low - (((product - f_high * g_high) - f_low * g_high) - f_high * g_low)
        for term in (error, product):
            carry = term
            for k in range(count):
                total = carry + parts[k]
                virtual = total - carry
                parts[k] = (carry - (total - virtual)) + (parts[k] - virtual)
                carry = total
            parts[count] = carry
            count += 1
    for k in range(count - 1, -1, -1):
        if parts[k] != 0.0:
            return 1.0 if parts[k] > 0 else -1.0
    return 0.0


@njit(cache=True)
def turn(ax, ay, bx, by, cx, cy):
    """Sign of (b - a) x (c - a): positive for a left turn, exactly."""
    one, other = (bx - ax) * (cy - ay), (by - ay) * (cx - ax)
    det = one - other
    if abs(det) > 4e-16 * (abs(one) + abs(other)):
        return det
    return _exact_turn(ax, ay, bx, by, cx, cy)


@njit(cache=True)
def _turn(out, m, x, y):
    return turn(out[m - 2, 0], out[m - 2, 1], out[m - 1, 0], out[m - 1, 1], x, y)


@njit(cache=True)
def _sort(p):
    """Heapsort by first coordinate, then second, in place."""
    n = len(p)
    start, end = n // 2, n
    while end > 1:
        if start > 0:
            start -= 1
        else:
            end -= 1
            for j in range(2):
                p[0, j], p[end, j] = p[end, j], p[0, j]
        root = start
        while 2 * root + 1 < end:
            child = 2 * root + 1
            if child + 1 < end and (
                p[child, 0] < p[child + 1, 0]
                or (p[child, 0] == p[child + 1, 0] and p[child, 1] < p[child + 1, 1])
            ):
                child += 1
            if p[root, 0] > p[child, 0] or (
                p[root, 0] == p[child, 0] and p[root, 1] >= p[child, 1]
            ):
                break
            for j in range(2):
                p[root, j], p[child, j] = p[child, j], p[root, j]
            root = child


@njit(cache=True)
def plain_hull(points):
    """Vertices of the hull, counter-clockwise from the lexicographic minimum."""
    p = points.copy()
    _sort(p)
    keep = 1
    for k in range(1, len(p)):
        if p[k, 0] != p[keep - 1, 0] or p[k, 1] != p[keep - 1, 1]:
            p[keep] = p[k]
            keep += 1
    p = p[:keep]
    if keep <= 2:
        return p.copy()
    out = np.empty((2 * keep, 2))
    m = 0
    for k in range(keep):
        while m >= 2 and _turn(out, m, p[k, 0], p[k, 1]) <= 0:
            m -= 1
        out[m] = p[k]
        m += 1
    floor = m + 1
    for k in range(keep - 2, -1, -1):
        while m >= floor and _turn(out, m, p[k, 0], p[k, 1]) <= 0:
            m -= 1
        out[m] = p[k]
        m += 1
    return out[: m - 1].copy()


@njit(cache=True)
def _without_rounding(ring, flat):
    """Drop vertices within `flat` of their neighbours' chord, never two in a row."""
    m = len(ring)
    if m < 4:
        return ring
    keep = np.ones(m, dtype=np.bool_)
    for k in range(1, m):
        if not keep[k - 1]:
            continue
        a, b, c = ring[k - 1], ring[k], ring[(k + 1) % m]
        x, y = c[0] - a[0], c[1] - a[1]
        length = np.hypot(x, y)
        along = x * (b[0] - a[0]) + y * (b[1] - a[1])
        if abs(x * (b[1] - a[1]) - y * (b[0] - a[0])) <= flat * length and (
            0 < along < length * length
        ):
            keep[k] = False
    return ring[keep]


@njit(cache=True)
def _clip(ring, axis, bound, slack):
    """The part of a ring with ``coordinate axis >= bound``; possibly no rows."""
    m = len(ring)
    out = np.empty((2 * m + 2, 2))
    count = 0
    for k in range(m):
        after = (k + 1) % m
        here, there = ring[k, axis], ring[after, axis]
        if here >= bound - slack:
            out[count, 0], out[count, 1] = ring[k, 0], ring[k, 1]
            count += 1
        if (here >= bound - slack) != (there >= bound - slack):
            t = min(max((bound - here) / (there - here), 0.0), 1.0)
            for j in range(2):
                out[count, j] = ring[k, j] + t * (ring[after, j] - ring[k, j])
            count += 1
    return out[:count]


@njit(cache=True)
def _distance(x, y, ring):
    m = len(ring)
    best, inside = np.inf, m > 2
    for k in range(m):
        px, py = ring[k, 0], ring[k, 1]
        ex, ey = ring[(k + 1) % m, 0] - px, ring[(k + 1) % m, 1] - py
        length2 = ex * ex + ey * ey
        t = ((x - px) * ex + (y - py) * ey) / length2 if length2 > 0 else 0.0
        t = min(max(t, 0.0), 1.0)
        best = min(best, np.hypot(x - px - t * ex, y - py - t * ey))
        if ex * (y - py) - ey * (x - px) < 0:
            inside = False
    return 0.0 if inside else best


@njit(cache=True)
def plain_hausdorff(one, other):
    """Hausdorff distance of two convex polygons, vertices to polygon both ways."""
    worst = 0.0
    for k in range(len(one)):
        worst = max(worst, _distance(one[k, 0], one[k, 1], other))
    for k in range(len(other)):
        worst = max(worst, _distance(other[k, 0], other[k, 1], one))
    return worst


@njit(cache=True)
def _rounds(g, h, u, ring, discount, limit, span):
    slack = SLACK * span
    n = len(g)
    change = np.inf
    for count in range(1, limit + 1):
        made = np.empty((n * (2 * len(ring) + 8), 2))
        m = 0
        for a in range(n):
            part = ring
            for i in range(2):
                need = u[i]
                if h[a, i] > 0:
                    if discount[i] == 0:
                        part = part[:0]
                        break
                    need = u[i] + (1 - discount[i]) / discount[i] * h[a, i]
                part = _clip(part, i, need, slack[i])
                if len(part) == 0:
                    break
            for k in range(len(part)):
                if m == len(made):
                    bigger = np.empty((2 * m, 2))
                    bigger[:m] = made
                    made = bigger
                for i in range(2):
                    made[m, i] = (1 - discount[i]) * g[a, i] + discount[i] * part[k, i]
                m += 1
        if m == 0:
            return ring[:0].copy(), u, count, 0.0
        new = _without_rounding(plain_hull(made[:m]), FLAT * min(span[0], span[1]))
        change = 0.0
        worst = u.copy()
        for i in range(2):
            low = new[:, i].min()
            change = max(change, abs(low - ring[:, i].min()) / span[i])
            change = max(change, abs(new[:, i].max() - ring[:, i].max()) / span[i])
            worst[i] = max(u[i], low)
            change = max(change, (worst[i] - u[i]) / span[i])
        if change < 1e-13:
            change = plain_hausdorff(ring / span, new / span)
        ring, u = new, worst
        if change < 1e-13:
            return ring, u, count, change
    return ring, u, limit, change


class Plain(NamedTuple):
    """Outcome: `ring` has no rows when the set is empty; not `converged` means no verdict."""

    ring: np.ndarray
    min_spe_payoffs: np.ndarray
    rounds: int
    converged: bool


def plain_round(payoffs, discount, ring):
    """Return what a set of continuations generates in one round, deviators sent to its worst."""
    payoffs, ring = np.array(payoffs, dtype=float), np.ascontiguousarray(ring, dtype=float)
    d = np.broadcast_to(np.asarray(discount, dtype=float), (2,)).copy()
    g, c = _flat(payoffs)
    span = np.maximum(np.ptp(g, axis=0), 1e-300)
    return _rounds(g, c - g, ring.min(axis=0), ring, d, 1, span)[0]


def _flat(payoffs):
    best = np.empty_like(payoffs)
    best[0] = payoffs[0].max(axis=0)[None, :]
    best[1] = payoffs[1].max(axis=1)[:, None]
    return (
        np.ascontiguousarray(payoffs.reshape(2, -1).T),
        np.ascontiguousarray(best.reshape(2, -1).T),
    )


def plain_payoff_set(payoffs, discount, rounds: int = 20_000) -> Plain:
    """Iterate for payoffs of shape (2, n0, n1) and one or two discount factors."""
    payoffs = np.array(payoffs, dtype=float)
    d = np.broadcast_to(np.asarray(discount, dtype=float), (2,)).copy()
    g, c = _flat(payoffs)
    low, high = g.min(axis=0), g.max(axis=0)
    span = np.where(high > low, high - low, 1.0)
    start = plain_hull(g)
    if d[0] != d[1]:
        box = [[low[0], low[1]], [high[0], low[1]], [high[0], high[1]], [low[0], high[1]]]
        start = plain_hull(np.array(box))
    ring, threats, count, change = _rounds(g, c - g, c.min(axis=0), start, d, rounds, span)
    return Plain(ring, threats, count, change < 1e-13)
