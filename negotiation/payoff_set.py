"""The set of subgame-perfect payoffs of one repeated game, with a certificate on both sides.

Outer sets come from the self-generation operator, started from everything feasible, with the
threats raised as fast as they provably may be. An inner set comes from solving the operator's own
equations: once two rounds have the same structure, the vertices satisfy a small smooth system, and
Newton's method finds its solution. The candidate counts only if it generates itself. The distance
between the two is the reported gap.

Waiting for the outer sets to arrive would take about log(1e-13)/log(δ) rounds. They need not: the
operator is monotone, and the bound it puts on each direction is concave in the bounds it is given
(a linear programme in its right-hand side). So if a small step from the candidate towards the
outer set is mapped inside itself, every larger step is too, and nothing sustainable lies between.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .errors import NearCriticalError
from .feasible import feasible_set
from .operator import (
    CONSTANT,
    CORNER,
    ON_EDGE_0,
    ON_EDGE_1,
    VERTEX,
    Generated,
    Stage,
    generate,
    hull_of,
    threat_bound,
)
from .operator import Mask
from .polygon import Array, Index, distance, half_planes, hausdorff, hull, support, tidy

__all__ = ["SelfGenerating", "solve_set", "worst_payoffs"]

_SETTLED = 1e-13
_SELF = 1e-12
_THIN = 1e-13
_GROWN = 3e-12
_COARSE = 1e-10
_MANY = 250
_CLOSE = 1e-9
_ROUNDS = 20_000
_AXES = np.array([[-1.0, 0.0], [0.0, -1.0]])


@dataclass(frozen=True)
class SelfGenerating:
    """A certified pair of sets around the subgame-perfect payoffs, in normalised payoffs.

    Attributes
    ----------
    ring
        The inner set, shape ``(m, 2)``; None when no pure-strategy equilibrium exists.
    how
        How each of its vertices is generated from the set itself; None when empty.
    threat
        Shape ``(2,)``: each player's worst payoff in the set.
    gap
        Bound on the Hausdorff distance to the true set.
    rounds
        Rounds of the operator used.
    knife_edge
        Whether asking deviators to lose 1e-9 of the payoff range would change the set.
    """

    ring: Array | None
    how: Generated | None
    threat: Array
    gap: float
    rounds: int
    knife_edge: bool


def _follow(stage: Stage, how: Generated) -> tuple[Array, Array, Index]:
    """Resolve chains of unconstrained continuations: ``V = add + times * V[root]``.

    A vertex whose continuation is another vertex inherits from it; a chain that never meets a
    binding constraint ends in a cycle, whose value the discounting fixes by itself.
    """
    m = len(how.points)
    chained = (how.kind == VERTEX)[:, None]
    times = np.where(chained, stage.discount, 1.0)
    add = np.where(chained, (1 - stage.discount) * stage.g[how.profile], 0.0)
    root = np.where(how.kind == VERTEX, how.start, np.arange(m))
    for _ in range(24):
        add, times, root = add + times * add[root], times * times[root], root[root]
    return add, times, root


def _residual(
    stage: Stage, how: Generated, ring: Array, fixed: Array
) -> tuple[Array, Index, list[tuple[Index, int, Index, int, Array]]]:
    """Return T(V) at the vertices where a constraint binds, their rows, and T's derivatives.

    Each derivative is ``(rows, coordinate, columns, coordinate, values)``.
    """
    low = ring.argmin(axis=0)
    worst = ring[low, [0, 1]]
    threat = np.maximum(worst, fixed)
    delta, rows = stage.discount, np.flatnonzero(how.kind > VERTEX)
    kind, a, p, q = how.kind[rows], how.profile[rows], how.start[rows], how.stop[rows]
    value = (1 - delta) * stage.g[a] + delta * how.then[rows]
    slopes = []
    for i in (0, 1):
        j, line = 1 - i, threat[i] + stage.need[a, i]
        binds = (kind == (ON_EDGE_0, ON_EDGE_1)[i]) | (kind == CORNER)
        value[binds, i] = ((1 - delta) * stage.g[a] + delta * line[:, None])[binds, i]
        on = kind == (ON_EDGE_0, ON_EDGE_1)[i]
        r, p_on, q_on = rows[on], p[on], q[on]
        run = ring[q_on, i] - ring[p_on, i]
        safe = np.where(run != 0, run, 1.0)
        slope = np.where(run != 0, (ring[q_on, j] - ring[p_on, j]) / safe, 0.0)
        share = np.where(run != 0, (line[on] - ring[p_on, i]) / safe, 0.0)
        then = ring[p_on, j] + share * (ring[q_on, j] - ring[p_on, j])
        value[on, j] = (1 - delta[j]) * stage.g[a[on], j] + delta[j] * then
        slopes += [
            (r, j, p_on, j, delta[j] * (1 - share)),
            (r, j, q_on, j, delta[j] * share),
            (r, j, p_on, i, delta[j] * (share - 1) * slope),
            (r, j, q_on, i, -delta[j] * share * slope),
        ]
        if worst[i] > fixed[i]:
            slopes.append((r, j, np.full(len(r), low[i]), i, delta[j] * slope))
            bound = rows[binds]
            slopes.append((bound, i, np.full(len(bound), low[i]), i, np.full(len(bound), delta[i])))
    return value, rows, slopes


def _newton(stage: Stage, how: Generated, fixed: Array) -> Array | None:
    """Solve V = T(V) from the points of `how`; None if the structure has no solution nearby."""
    add, times, root = _follow(stage, how)
    ring, seat = how.points, np.full(len(how.points), -1)
    for _ in range(12):
        known = np.where((how.kind == CONSTANT)[:, None], stage.g[how.profile], ring)
        ring = add + times * known[root]
        value, rows, slopes = _residual(stage, how, ring, fixed)
        if not len(rows):
            return ring
        residual = (value - ring[rows]).ravel()
        size = float(np.abs(residual).max())
        if not size < 1e3:
            return None
        if size <= 1e-15:
            break
        seat[rows] = np.arange(len(rows))
        jac = np.zeros((len(rows), 2, len(rows), 2))
        for r, i, column, j, by in slopes:
            free = seat[root[column]] >= 0
            at = (seat[r[free]], i, seat[root[column[free]]], j)
            np.add.at(jac, at, by[free] * times[column[free], j])
        try:
            step = np.linalg.solve(np.eye(len(residual)) - jac.reshape(len(residual), -1), residual)
        except np.linalg.LinAlgError:
            return None
        ring = ring.copy()
        ring[rows] += step.reshape(-1, 2)
    return ring if size <= 1e-13 else None


def _nearest(points: Array, ring: Array) -> Index:
    """Index of the vertex of `ring` nearest to each point."""
    apart = ((points[:, None, :] - ring[None, :, :]) ** 2).sum(axis=2)
    return np.asarray(apart.argmin(axis=1), dtype=np.intp)


def _inner(stage: Stage, ring: Array, fixed: Array) -> tuple[Array, Generated] | None:
    """Look for the largest self-generating set near `ring`; None if none was found.

    Each pass takes the structure of one round as if it were final, solves for the vertices it
    implies, and generates from those; like policy iteration it settles in a few passes. A set
    that generates itself and more is not yet the largest, so the passes go on from there.
    """
    best, grown, solve, fine = None, np.inf, True, True
    for count in range(200):
        threat = np.maximum(ring.min(axis=0), fixed)
        how = hull_of(generate(stage, ring, threat))
        if how is None:
            break
        if solve:
            seat = _nearest(ring, how.points)
            moved = replace(how, start=seat[how.start], stop=seat[how.stop])
            solved = _newton(stage, moved, fixed)
            solved = how.points if solved is None else solved
            ring = solved[hull(solved)]
            fine = fine and len(ring) <= _MANY
            ring = tidy(ring, _THIN if fine else _COARSE)
            how = hull_of(generate(stage, ring, ring.min(axis=0)))
            if how is None:
                break
        if float(distance(ring, how.points).max()) > _SELF:
            ring, solve = (ring, True) if solve else (how.points, True)
            continue
        best = ring, how
        growth = float(distance(how.points, ring).max())
        if growth <= (_GROWN if fine else 5 * _COARSE):
            break
        solve = growth < 0.2 * grown or count % 8 == 0
        ring, grown = how.points, growth
    return best


def _directions(*rings: Array) -> Array:
    """Outward unit normals of the rings' edges, both along and across, and the axes."""
    found = [np.array([[1.0, 0], [0, 1], [-1, 0], [0, -1]])]
    for ring in rings:
        edge = np.roll(ring, -1, axis=0) - ring
        length = np.hypot(edge[:, 0], edge[:, 1])
        unit = edge[length > 0] / length[length > 0, None]
        found.append(np.stack((unit[:, 1], -unit[:, 0]), axis=1))
        if len(ring) <= 2:
            found += [unit, -unit]
    return np.unique(np.concatenate(found), axis=0)


def _reach_and_prices(
    stage: Stage, ring: Array, directions: Array
) -> tuple[Array, Array, Index] | None:
    """Bound each profile's reach in each direction, with dual prices.

    For profile a the reach in direction d is (1-δ) d·g(a) plus the value of the linear programme
    max (δd)·w over w in the ring with w ≥ IC(a). Its dual prices bound that value for *every*
    right-hand side, which is what makes a local check global.

    Returns
    -------
    tuple or None
        Reach, shape ``(N, D)``, -inf for a profile with no continuation; the prices of the two
        constraints that bind at the optimum, shape ``(N, D, 2)``; and which directions those
        are. None if some optimum has no prices within rounding.
    """
    n, count = len(stage.g), len(directions)
    made = generate(stage, ring, ring.min(axis=0), full=True)
    who, first = np.unique(made.profile, return_index=True)
    height = made.points @ directions.T
    best = np.zeros((n, count), dtype=np.intp)
    reach = np.full((n, count), -np.inf)
    for a in who:
        rows = np.flatnonzero(made.profile == a)
        best[a] = rows[height[rows].argmax(axis=0)]
        reach[a] = height[best[a], np.arange(count)]
    slack = support(ring, directions) - made.then @ directions.T
    for i, axis in enumerate(_AXES):
        ic = made.then[:, i] - (ring[:, i].min() + stage.need[made.profile, i])
        at = _index(directions, axis)
        slack[:, at] = np.minimum(slack[:, at], np.abs(ic))
    slack = np.maximum(slack, 0.0)[best[who]]
    goal = directions * stage.discount
    turn = np.arctan2(
        goal[:, None, 0] * directions[:, 1] - goal[:, None, 1] * directions[:, 0],
        goal @ directions.T,
    )
    cost = slack + 1e-9 * np.abs(turn)
    left = np.where(turn >= 0, cost, np.inf).argmin(axis=2)
    right = np.where(turn <= 0, cost, np.inf).argmin(axis=2)
    p, q = directions[left], directions[right]
    det = p[..., 0] * q[..., 1] - p[..., 1] * q[..., 0]
    safe = np.where(np.abs(det) <= 1e-15, np.inf, det)
    on_p = np.maximum((goal[:, 0] * q[..., 1] - goal[:, 1] * q[..., 0]) / safe, 0.0)
    on_q = np.maximum((goal * q).sum(axis=2) - on_p * (p * q).sum(axis=2), 0.0)
    if np.abs(on_p[..., None] * p + on_q[..., None] * q - goal).max() > 1e-12:
        return None
    price = np.zeros((n, count, 2))
    which = np.zeros((n, count, 2), dtype=np.intp)
    price[who] = np.stack((on_p, on_q), axis=2)
    which[who] = np.stack((left, right), axis=2)
    reach[who] += (price[who] * np.take_along_axis(slack, which[who], axis=2)).sum(axis=2)
    return reach, price, which


def _index(directions: Array, axis: Array) -> int:
    return int(np.flatnonzero((directions == axis).all(axis=1))[0])


def _beyond(stage: Stage, inner: Array, outer: Array, threat: Array) -> float:
    """Return how far a sustainable payoff of `outer` can lie outside `inner`; inf if not shown.

    Widen the inner set's edges by s·D for a positive vector D and let s shrink from a size that
    covers the outer set. While every profile's reach stays below the widened bound, the largest
    set that generates itself fits in the widened set; so it fits in the last of them.
    """
    directions = _directions(inner)
    bound = support(inner, directions)
    excess = support(outer, directions) - bound
    for i, axis in enumerate(_AXES):
        at = _index(directions, axis)
        excess[at] = min(excess[at], -threat[i] - bound[at])
    far = half_planes(directions, bound + np.maximum(excess, 0.0))
    found = _reach_and_prices(stage, inner, directions)
    if far is None or found is None:
        return np.inf
    reach, price, which = found
    alive = np.unique(generate(stage, far, far.min(axis=0), full=True).profile)
    reach, price, which = reach[alive] - bound, price[alive], which[alive]
    if not np.isfinite(reach).all():
        return np.inf
    active = reach > -1e-9
    for _ in range(20):
        widen = _widening(price, which, active)
        if widen is None:
            return np.inf
        least = 2.0 * max(float(reach.max()), 1e-15)
        scale = max(float((excess / widen).max()), least)
        grows = scale * ((price * widen[which]).sum(axis=2) - widen)
        late = ~active & (reach + np.maximum(grows, 0.0) >= -1e-12)
        if not late.any():
            return least * float(widen.max())
        active |= late
    return np.inf


def _widening(price: Array, which: Index, active: Mask) -> Array | None:
    """Return D > 0 with ``price·D < D`` on active rows, or None if there seems to be none."""
    widen = np.ones(price.shape[1])
    for _ in range(3000):
        needs = np.where(active, (price * widen[which]).sum(axis=2), 0.0).max(axis=0)
        if (needs <= widen - 0.5).all():
            return widen
        widen = needs + 1.0
        if widen.max() > 1e9:
            return None
    return None


def solve_set(payoffs: Array, discount: Array) -> SelfGenerating:
    """Find the subgame-perfect payoff set of one game in normalised payoffs.

    Parameters
    ----------
    payoffs
        Shape ``(2, n0, n1)``, each player's payoffs between 0 and 1.
    discount
        Shape ``(2,)``.

    Raises
    ------
    NearCriticalError
        If the set could not be pinned down within the round limit, which happens only within
        about 1e-9 of a discount factor at which it changes.
    """
    stage = Stage.of(payoffs, discount)
    ring, how, threat, gap, rounds = _solve(stage, _ROUNDS)
    knife_edge = ring is not None and _fragile(stage, ring)
    return SelfGenerating(ring, how, threat, gap, rounds, knife_edge)


def worst_payoffs(payoffs: Array, discount: Array, rounds: int = 1500) -> Array | None:
    """Return each player's worst subgame-perfect payoff only; None if there is no equilibrium.

    Parameters and errors as for `solve_set`.
    """
    ring, _, threat, _, _ = _solve(Stage.of(payoffs, discount), rounds)
    return None if ring is None else threat


def _solve(
    stage: Stage, rounds: int
) -> tuple[Array | None, Generated | None, Array, float, int]:
    """Return inner set, how it generates itself, threats, gap and rounds used."""
    threat = stage.c.min(axis=0)
    fixed, ring = threat, feasible_set(stage.g, stage.discount)
    attempt, search, known = 2, 2, None
    for count in range(1, rounds + 1):
        made = generate(stage, ring, threat)
        how = hull_of(made)
        if how is None:
            return None, None, threat, 0.0, count
        bound, pinned = threat_bound(stage, ring, threat, made)
        fixed = np.where(pinned, np.maximum(fixed, bound), fixed)
        raised = np.maximum(np.maximum(threat, bound), how.points.min(axis=0))
        residual = _change(ring, how.points) + float(np.abs(raised - threat).max())
        ring, threat = how.points, raised
        settled = residual <= _SETTLED
        if count >= attempt or settled:
            attempt = count + max(2, count // 3)
            if known is None or count >= search or settled:
                known, search = _inner(stage, ring, fixed) or known, 4 * count
            gap = _gap(stage, known, ring, threat)
            if known is not None and gap is not None:
                return *known, known[0].min(axis=0), gap, count
            if settled:
                break
    raise NearCriticalError(
        "the payoff set changes within rounding of these discount factors", residual=residual
    )


def _change(before: Array, after: Array) -> float:
    """Hausdorff distance of two rounds, computed in full only when it may be small."""
    box = np.abs(before.min(axis=0) - after.min(axis=0)) + np.abs(
        before.max(axis=0) - after.max(axis=0)
    )
    return float(box.max()) if box.max() > _SETTLED else hausdorff(before, after)


def _gap(
    stage: Stage, known: tuple[Array, Generated] | None, outer: Array, threat: Array
) -> float | None:
    """Return a bound on the distance from the inner set to the true one, if one can be shown."""
    if known is None:
        return None
    inner = known[0]
    gap = min(hausdorff(inner, outer), _beyond(stage, inner, outer, threat))
    return gap if gap <= (_CLOSE if len(inner) <= _MANY else 100 * _CLOSE) else None


def _fragile(stage: Stage, ring: Array) -> bool:
    """Whether asking deviators to lose a little more would change the set by much."""
    strict = replace(stage, need=np.where(stage.h > 0, stage.need + 1e-9, 0.0))
    how = hull_of(generate(strict, ring, ring.min(axis=0)))
    if how is not None and distance(ring, how.points).max() <= 1e-6:
        return False
    try:
        found = _solve(strict, rounds=200)
    except NearCriticalError:
        return True
    return found is None or found[0] is None or hausdorff(found[0], ring) > 1e-6
