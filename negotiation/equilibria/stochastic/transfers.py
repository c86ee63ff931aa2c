"""Stochastic games whose sides can also pay each other: pure strategies, perfect monitoring.

Timing and payments are as in `transfers`. In every state the equilibrium payoffs are a triangle:
each side at least at its punishment v_i(s), their weighted sum at most U(s). Work is in totals
(discounted sums), in which a payment moves the same amount from one side to the other.

**Policy elimination** (Goldlücke & Kranz 2018, Games and Economic Behavior 109:235-263). Keep a
set of admissible profiles for each state, all at first. Solve for the largest joint payoff U (a
decision problem) and for each side's punishment v_i (the other side chooses admissible profiles
against its best replies). A profile stays admissible iff what follows can reward both for obeying:
``E U(s') >= e_0 + e_1``, where e_i = (best deviation value - g_i) / δ_i is the least continuation
total that keeps i in line. Delete those that fail; stop when no profile in use fails. Everything
deleted can be played in no equilibrium, and what is left at the end is an equilibrium.

**Unequal factors** (our extension, as in `transfers`; m is the more patient side, n the other).
What n does not need goes to m, who values it more, so the joint payoff of a profile is
``G + δ_m E U - (δ_m - δ_n) e_n``. U falls and v rises from round to round as before.

A state where nothing is admissible has no pure equilibrium, and no profile that may lead there,
whether obeyed or not, can be part of one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from negotiation.certificates.transfers import check_payments
from negotiation.equilibria.stochastic.profile_table import Rows, tabulate
from negotiation.errors import NotConvergedError
from negotiation.games.stochastic_game import StochasticGame

__all__ = ["StochasticTransfers", "solve_with_transfers"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]

_REACHED = 1e-11
"""A bound missed by less is met; of the payoff scale, per period."""

_SAME = 1e-12
"""A policy is changed only for an improvement above this share of the payoff scale."""

_DENSE = 400
"""Up to so many states a dense solve is faster than a sparse one."""

_MOST = 1000
"""Rounds of any iteration here; each has finitely many policies and is done after a few."""


@dataclass(frozen=True, eq=False)
class StochasticTransfers:
    """Equilibrium payoffs with payments, in every state.

    In state s they are ``u_i >= v[s, i]`` and ``weights @ u <= U[s]``, in average payoffs.

    Attributes
    ----------
    U
        Shape ``(states,)``, in payoff units per period; NaN where there is no pure equilibrium.
    v
        Shape ``(states, 2)``: punishments, likewise.
    weights
        Two numbers, both 1 if the discount factors are equal; the less patient side's is below.
    path
        Shape ``(states, 2)``: the profile of the best path; -1 where there is none.
    punishments
        Shape ``(2, states, 2)``: the profiles that hold player 0, player 1 to v.
    rounds
        How often profiles were deleted.
    method
        Where the algorithm comes from.
    """

    U: Array
    v: Array
    weights: Array
    path: Ints
    punishments: Ints
    rounds: int
    method: str = "Goldlücke & Kranz (2018)"

    @property
    def exists(self) -> Bools:
        """True for each state that has a pure equilibrium."""
        has_equilibrium: Bools = ~np.isnan(self.U)
        return has_equilibrium


def solve_with_transfers(game: StochasticGame) -> StochasticTransfers:
    """Return what can be sustained in every state when the sides can pay each other.

    Parameters
    ----------
    game
        The discount factors may differ; a state where a side has one action is fine.

    Raises
    ------
    NotConvergedError
        If an iteration does not settle.
    CertificateError
        If the result fails its check from the definition.

    Examples
    --------
    A prisoner's dilemma that stays where it is; payments need 3/7 at least.

    >>> game = StochasticGame.from_tables(
    ...     [[[[4, 0], [6, 2]], [[4, 5], [0, 2]]]], [[[[1], [1]], [[1], [1]]]], discount=0.5)
    >>> found = solve_with_transfers(game)
    >>> found.U.tolist(), found.v.tolist(), found.path.tolist()
    ([8.0], [[2.0, 2.0]], [[0, 0]])
    """
    rows, low, scale = _normal(tabulate(game))
    keep = np.ones(len(rows.state), dtype=np.bool_)
    total, worst = np.zeros(game.count), np.zeros((game.count, 2))
    for round_ in range(_MOST):
        keep = _reachable(rows, keep)
        active = rows.states_with(keep)
        picks, worst = _punishments(rows, keep, active, worst)
        need = _needs(rows, worst)
        if (hopeless := keep & np.isinf(need).any(1)).any():
            keep &= ~hopeless
            continue
        best, total = _joint(rows, keep, active, need, total)
        room = rows.after(total) - need.sum(1)
        fits = room >= -_REACHED / (1 - rows.discount.max())
        plans = (best, *picks)
        if all(fits[plan[active]].all() for plan in plans):
            d = rows.discount
            joint = (1 - d.max()) * (scale * total + (low / (1 - d)).sum())
            punished = (1 - d) * scale * worst + low
            return _checked(game, rows, plans, (joint, punished), active, round_)
        keep = keep & fits
    raise NotConvergedError("policy elimination did not end", residual=float(-room.min()))


def _normal(rows: Rows) -> tuple[Rows, Array, float]:
    """Return rows with payoffs from 0, at most 1, and the lows and the one scale removed."""
    low, scale = rows.pay.min(axis=0), float(np.ptp(rows.pay, axis=0).max()) or 1.0
    return replace(rows, pay=(rows.pay - low) / scale), low, scale


def _checked(
    game: StochasticGame,
    rows: Rows,
    plans: tuple[Ints, ...],
    values: tuple[Array, Array],
    active: Bools,
    rounds: int,
) -> StochasticTransfers:
    """Return the solution, checked from the definition."""
    cells = [np.where(active[:, None], rows.cell[plan], -1) for plan in plans]
    d = game.discount
    solution = StochasticTransfers(
        np.where(active, values[0], np.nan),
        np.where(active[:, None], values[1], np.nan),
        (1 - d.max()) / (1 - d),
        cells[0],
        np.stack(cells[1:]),
        rounds,
    )
    check_payments(game, solution.U, solution.v, solution.path, solution.punishments)
    return solution


def _reachable(rows: Rows, keep: Bools) -> Bools:
    """Take away what may lead, obeyed or not, to a state where nothing is left."""
    while True:
        dead = ~rows.states_with(keep)
        if not dead.any():
            return keep
        into = rows.after(dead.astype(np.float64)) > 0
        bad = rows.any_own(0, into)[rows.run[0]] | rows.any_own(1, into)[rows.run[1]]
        if not (keep & bad).any():
            return keep
        keep = keep & ~bad


def _punishments(
    rows: Rows, keep: Bools, active: Bools, value: Array
) -> tuple[tuple[Ints, Ints], Array]:
    """Return the rows that hold each player down, and the totals it is held to."""
    picks, values = [], []
    for i in (0, 1):
        pick, worst = _hold_down(rows, i, keep, active, value[:, i])
        picks.append(pick)
        values.append(worst)
    return (picks[0], picks[1]), np.stack(values, axis=1)


def _hold_down(rows: Rows, i: int, keep: Bools, active: Bools, value: Array) -> tuple[Ints, Array]:
    """Let the other side choose runs of admissible rows, player i its best row in each."""
    delta, allowed = rows.discount[i], rows.any_own(i, keep)
    harsh, moved = None, np.inf
    for _ in range(_MOST):
        worth = rows.pay[:, i] + delta * rows.after(value)
        least = _first_least(np.where(allowed, rows.best(i, worth), np.inf), rows.run_state[i])
        if harsh is not None and (np.array_equal(least, harsh) or moved <= _SAME / (1 - delta)):
            break
        harsh, last = least, value
        value = _reply(rows, i, harsh, active, value)
        moved = float(np.abs(value - last).max())
    else:
        raise NotConvergedError("a punishment did not settle", residual=moved)
    inside = keep & (rows.run[i] == harsh[rows.state])
    return rows.argmax(np.where(inside, worth, -np.inf)), value


def _first_least(value: Array, first: Ints) -> Ints:
    """Return, state by state, the first run with the least value."""
    least = np.minimum.reduceat(value, first)
    state = np.repeat(np.arange(len(first)), np.diff([*first, len(value)]))
    at = np.flatnonzero(value == least[state])
    first_runs: Ints = at[np.searchsorted(state[at], np.arange(len(first)))]
    return first_runs


def _reply(rows: Rows, i: int, harsh: Ints, active: Bools, value: Array) -> Array:
    """Return player i's best totals when the other side plays one run in every state."""
    open_ = np.flatnonzero(rows.run[i] == harsh[rows.state])
    problem = _Problem(rows.move[open_], rows.state[open_], rows.pay[open_, i])
    return _decide(problem, float(rows.discount[i]), active, value)[1]


class _Problem(NamedTuple):
    """Decision problem of one player: rows in the order of their states."""

    move: Any  # (rows, states), sparse
    state: Ints  # (rows,)
    pay: Array  # (rows,), -inf where closed


def _decide(problem: _Problem, delta: float, active: Bools, value: Array) -> tuple[Ints, Array]:
    """Solve a decision problem by policy iteration, from a guess: rows and totals."""
    move, state, pay = problem
    first = np.searchsorted(state, np.arange(len(active)))
    policy = first
    for step in range(_MOST):
        worth = pay + delta * (move @ value)
        top = np.maximum.reduceat(worth, first)
        at = np.flatnonzero(worth == top[state])
        better = at[np.searchsorted(state[at], np.arange(len(active)))]
        if step:
            better = np.where(top > worth[policy] + _SAME / (1 - delta), better, policy)
            if (better == policy).all():
                return policy, value
        policy = better
        value = _totals(move[policy], pay[policy], delta, active)
    raise NotConvergedError("policy iteration did not end", residual=float("nan"))


def _totals(move: Any, pay: Array, delta: float, active: Bools) -> Array:
    """Return the totals of playing one row in every state; 0 in states without an equilibrium."""
    live = np.flatnonzero(active)
    value = np.zeros(len(active))
    inside = move if len(live) == len(active) else move[live][:, live]
    if len(live) <= _DENSE:
        value[live] = np.linalg.solve(np.eye(len(live)) - delta * inside.toarray(), pay[live])
        return value
    from scipy.sparse import eye_array
    from scipy.sparse.linalg import spsolve

    value[live] = spsolve((eye_array(len(live)) - delta * inside).tocsc(), pay[live])
    return value


def _needs(rows: Rows, worst: Array) -> Array:
    """Return e_i, shape ``(rows, 2)``: the least total that keeps each player in line."""
    after = rows.after(worst)
    need = np.empty_like(after)
    for i, delta in enumerate(rows.discount):
        worth = rows.pay[:, i] + delta * after[:, i]
        gain = rows.best(i, worth)[rows.run[i]] - worth
        if delta > 0:
            need[:, i] = after[:, i] + gain / delta
        else:
            need[:, i] = np.where(gain <= _REACHED, after[:, i], np.inf)
    return need


def _joint(rows: Rows, keep: Bools, active: Bools, need: Array, value: Array) -> tuple[Ints, Array]:
    """Return the rows of the best path and the joint totals."""
    m = int(rows.discount[1] > rows.discount[0])
    gap = float(rows.discount[m] - rows.discount[1 - m])
    pay = np.where(keep, rows.pay.sum(1), -np.inf)
    if gap:
        pay[keep] -= gap * need[keep, 1 - m]
    problem = _Problem(rows.move, rows.state, pay)
    return _decide(problem, float(rows.discount[m]), active, value)
