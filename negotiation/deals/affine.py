"""Self-enforcing terms as a polytope: the deals that stand out, each by a linear program.

With payoffs affine in (lifted) terms y and punishments that do not move with them, an outcome is
self-enforcing just where, for both players i and each deviation j,
``g_i(y) >= (1 - δ_i) c_ij(y) + δ_i v_i``: finitely many half-spaces. All programs below are over
that polytope, or over the box of terms.

References
----------
A. Charnes and W. Cooper (1962), Programming with linear fractional functionals, Naval Research
Logistics Quarterly 9. J.-P. Crouzeix, J. Ferland and S. Schaible (1985), An algorithm for
generalized fractional programs, Journal of Optimization Theory and Applications 47.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from negotiation.deals.lifting import Lift
from negotiation.errors import NotConvergedError
from negotiation.games.game import Array

__all__ = [
    "AffineDeal",
    "Unbounded",
    "best_for",
    "largest_margin",
    "least_patience",
    "payoff_polygon",
    "with_payoffs",
]

_MET = 1e-10
"""How closely a program meets a row, as a share of the payoffs in it; optima are held within it."""
_MOST_STEPS = 100


class Unbounded(ArithmeticError):  # noqa: N818 (a signal between modules, never shown)
    """An objective grows for ever, because a term has no bound."""


@dataclass(frozen=True, eq=False)
class AffineDeal:
    """An outcome whose payoffs are affine in lifted terms, with punishments that stand still.

    Attributes
    ----------
    lift
        The variables y, k of them.
    payoffs
        Shape ``(2, 1 + k)``: constant and coefficients of both players' payoffs in the outcome.
    deviations
        For each player ``(m_i, 1 + k)``: what each of its other
        actions gives against the outcome.
    threats, discount
        Shape ``(2,)``.
    """

    lift: Lift
    payoffs: Array
    deviations: tuple[Array, Array]
    threats: Array
    discount: Array

    def slack_rows(self) -> Array:
        """Return both players' slack against every deviation: functions of y, ``(m, 1 + k)``."""
        each = []
        for i, (d, v) in enumerate(zip(self.discount, self.threats, strict=True)):
            rows = self.payoffs[i] - (1 - d) * self.deviations[i]
            rows[:, 0] -= d * v
            each.append(rows)
        return np.concatenate(each)


def largest_margin(lift: Lift, rows: Array, near: Array) -> tuple[Array, float]:
    """Return the variables with the largest smallest slack, and that slack.

    Parameters
    ----------
    lift
        Which variables there are.
    rows
        Slacks, shape ``(m, 1 + k)``; of one case or of many.
    near
        Among several answers, the one closest to these variables is returned.
    """
    with_least = np.concatenate([rows, np.full((len(rows), 1), -1.0)], axis=1)
    k = len(near)
    optimum = _optimum(lift, with_least, np.eye(k + 1)[k], near)
    return optimum[:k], float(optimum[k])


def best_for(deal: AffineDeal, player: int, near: Array) -> Array:
    """Return the self-enforcing variables with a player's highest payoff, then the other's."""
    rows = deal.slack_rows()
    top = _optimum(deal.lift, rows, deal.payoffs[player, 1:], None)
    kept = _at_least(deal.payoffs[player], top)
    return _optimum(deal.lift, np.vstack([rows, kept]), deal.payoffs[1 - player, 1:], near)


def least_patience(deal: AffineDeal, near: Array) -> Array:
    """Return the self-enforcing variables at which the larger critical discount factor is least.

    Player i needs ``max_j (c_ij - g_i)/(c_ij - v_i)``: a generalised linear-fractional program. It
    is solved by Dinkelbach's method, each step a linear program in which ratios count in the
    denominators of the step before; for a single ratio Charnes and Cooper's transformation gives
    the same answer at once.
    """
    k, rows, need, best = len(near), deal.slack_rows(), 1.0, near
    lost = np.ones(len(rows))
    for _ in range(_MOST_STEPS):
        owed = replace(deal, discount=np.full(2, need)).slack_rows() / lost[:, None]
        least = np.concatenate([owed, np.full((len(owed), 1), -1.0)], axis=1)
        still = np.concatenate([rows, np.zeros((len(rows), 1))], axis=1)
        optimum = _optimum(deal.lift, np.vstack([least, still]), np.eye(k + 1)[k], near)[:k]
        asked = needed(deal, optimum)
        if asked >= need - 1e-13:
            break
        best, need = optimum, asked
        one = np.concatenate(([1.0], best))
        lost = np.concatenate([d @ one - deal.threats[i] for i, d in enumerate(deal.deviations)])
        lost = np.maximum(lost, 1e-4 * max(float(lost.max()), 1e-12))
    return best


def needed(deal: AffineDeal, y: Array) -> float:
    """Return the larger of the two critical discount factors at some variables."""
    one = np.concatenate(([1.0], y))
    most = 0.0
    for i in (0, 1):
        gain = deal.deviations[i] @ one - deal.payoffs[i] @ one
        lost = deal.deviations[i] @ one - deal.threats[i]
        tempting = gain > _MET * (1.0 + np.abs(gain).max())
        if tempting.any():
            most = max(most, float((gain[tempting] / lost[tempting]).max()))
    return most


def payoff_polygon(deal: AffineDeal) -> Array:
    """Return the payoffs of all self-enforcing variables, as the vertices of a polygon.

    Found by its support function: two vertices are neighbours once nothing lies beyond their
    chord.
    """
    rows = deal.slack_rows()
    size = np.abs(deal.payoffs).max()

    def farthest(direction: Array) -> Array:
        y = _optimum(deal.lift, rows, direction @ deal.payoffs[:, 1:], None)
        return np.asarray(deal.payoffs @ np.concatenate(([1.0], y)))

    def between(p: Array, q: Array, depth: int) -> list[Array]:
        outward = np.array([(q - p)[1], -(q - p)[0]])
        length = float(np.hypot(*outward))
        if length <= _MET * size or depth == 0:
            return []
        r = farthest(outward / length)
        if (r - p) @ outward / length <= 10 * _MET * size:
            return []
        return [*between(p, r, depth - 1), r, *between(r, q, depth - 1)]

    ends = [farthest(np.array(d, float)) for d in ((-1, 0), (0, -1), (1, 0), (0, 1))]
    ring: list[Array] = []
    for p, q in zip(ends, ends[1:] + ends[:1], strict=True):
        ring += [p, *between(p, q, 40)]
    return np.array(ring)


def with_payoffs(deal: AffineDeal, payoffs: Array, near: Array) -> Array:
    """Return the self-enforcing variables closest to `near` that give no less than some payoffs."""
    rows = [deal.slack_rows()]
    for i in (0, 1):
        row = deal.payoffs[i].copy()
        row[0] -= payoffs[i] - 2 * _MET * np.abs(row).max()
        rows.append(row[None])
    return _closest(deal.lift, np.vstack(rows), near)


def _at_least(function: Array, y: Array) -> Array:
    """Return the row that keeps an affine function no lower than at y."""
    row = function.copy()
    row[0] = -(function[1:] @ y) + 2 * _MET * np.abs(function).max()
    return np.asarray(row)


def _optimum(lift: Lift, rows: Array, aim: Array, near: Array | None) -> Array:
    """Maximise ``aim @ x`` where all rows are at least 0; x are the variables and what follows.

    Among several optima the one closest to `near`, if that is given.
    """
    best = _solve(lift, rows, -aim)
    if near is None or not aim.any():
        return best if near is None else _closest(lift, rows, near)
    level = np.concatenate(([0.0], aim))
    row = _at_least(level, best)
    return _closest(lift, np.vstack([rows, row]), near)


def _closest(lift: Lift, rows: Array, near: Array) -> Array:
    """Return what is closest to `near`, each variable counted in its own range."""
    k, extra = len(near), rows.shape[1] - 1 - len(near)
    weight = 1.0 / _scale(lift)
    apart = np.zeros((2 * k, 1 + k + extra + k))
    for t in range(k):
        for row, sign in ((t, 1.0), (k + t, -1.0)):  # distance_t >= ±(y_t - near_t)
            apart[row, 0], apart[row, 1 + t] = sign * near[t], -sign
            apart[row, 1 + k + extra + t] = 1.0
    wide = np.concatenate([rows, np.zeros((len(rows), k))], axis=1)
    cost = np.concatenate([np.zeros(k + extra), weight])
    return _solve(lift, np.vstack([wide, apart]), cost)[: k + extra]


def _scale(lift: Lift) -> Array:
    """Return what counts as one unit of each variable."""
    return np.array([lift.unit(t) for t in range(len(lift.bounds))])


def _solve(lift: Lift, rows: Array, cost: Array) -> Array:
    """Minimise ``cost @ x`` where ``rows @ (1, x) >= 0`` and the variables are possible."""
    from scipy.optimize import linprog

    k, n = len(lift.parent), rows.shape[1] - 1
    unit = np.concatenate([_scale(lift), np.ones(n - k)])
    box, right = lift.rows()
    box = np.concatenate([box, np.zeros((len(box), n - k))], axis=1)
    matrix = np.vstack([-rows[:, 1:], box]) * unit
    limit = np.concatenate([rows[:, 0], right])
    size = np.maximum(np.abs(matrix).max(axis=1), np.abs(limit))
    size = np.where(size > 0, size, 1.0)
    price = cost * unit
    program = linprog(
        price / (np.abs(price).max() or 1.0),
        A_ub=matrix / size[:, None],
        b_ub=limit / size,
        bounds=(None, None),
        method="highs",
        options={"primal_feasibility_tolerance": _MET, "dual_feasibility_tolerance": _MET},
    )
    if program.status == 3:
        raise Unbounded
    if program.x is None:
        message = f"a linear program over the terms ended early: {program.message}"
        raise NotConvergedError(message, residual=float("inf"))
    return np.asarray(program.x * unit, dtype=np.float64)
