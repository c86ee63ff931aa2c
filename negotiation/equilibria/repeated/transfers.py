r"""Repeated games whose sides can also pay each other: pure strategies, perfect monitoring.

**Timing.** A period is a payment stage, then an action stage. At the payment stage each side may
hand over money; this is observed before actions are chosen, and refusing a payment is answered in
the same period. A deviation in actions is answered from the next payment stage on. Payments are
bounded, in payoff units; payoffs are averages, ``(1 - d_i) * sum of d_i^t * (payoff of period t)``,
measured at a payment stage.

**One common factor, all factors at once** (Goldlücke & Kranz 2012, JET 147, Theorem 2). With G the
sum of payoffs, c_i the best i can get by deviating, L = sum of (c_i - g_i): a path a^e and
punishments a^1, a^2 are sustainable iff ``max L <= d / (1 - d) * (G(a^e) - c_1(a^1) - c_2(a^2))``.
The equilibrium payoffs are then the triangle ``u_i >= v_i``, ``u_0 + u_1 <= U`` with U = G(a^e),
v_i = c_i(a^i) (below the line, money is burnt). Both sides of the condition grow with the set of
profiles allowed, so only the sets {L <= l} matter: sort by L and take running extremes.

**Unequal factors** (our extension; m is the more patient side, n the other). A continuation W, as a
total, must satisfy W_j >= V_j + h_j / d_j, h_j = c_j - g_j. The sum of totals is largest when all
that n does not need goes to m, so with ``gap = d_m - d_n`` the condition becomes

    max over e, 1, 2 of (1 - d_m) * (h_0 / d_0 + h_1 / d_1)  <=  G~(a^e) - c_1(a^1) - c_2(a^2),
    G~ = G - gap * h_n / d_n,

and the frontier ``u_m + u_n * (1 - d_m) / (1 - d_n) <= U``, U = G~(a^e) - gap / (1 - d_n) * v_n.
The set of sustainable profiles grows with either factor: the total at stake,
(G~ - v_0 - v_1) / (1 - d_m), rises in d_m at the rate of (itself - h_n / d_n) / (1 - d_m) >= 0.

A threshold reached within 1e-12 counts as reached.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from negotiation.equilibria.repeated.transfer_plans import (
    REACHED,
    Bools,
    Ints,
    Pair,
    Profile,
    at_all_factors,
    at_factors,
    check_factors,
    checked_cell,
    least_factor,
    named,
    pair,
    plan_names,
    terms_of,
    two_factors,
)
from negotiation.errors import GameError
from negotiation.games.game import Array, Game

__all__ = [
    "Regime",
    "TransferSet",
    "TransferSolution",
    "critical_discount_with_transfers",
    "critical_discounts_with_transfers",
    "payoff_set",
    "regimes_with_transfers",
    "row_at",
    "sustained_with_transfers",
]


@dataclass(frozen=True)
class Regime:
    """Payoffs sustained with transfers from one common discount factor up to the next row's.

    Attributes
    ----------
    delta_min
        Smallest common discount factor at which this row holds.
    U
        Largest sum of average payoffs, in payoff units per period.
    v
        Worst equilibrium payoff of each player.
    equilibrium
        Profile a^e of the best path.
    punishments
        Profiles a^1, a^2 that hold player 0, player 1 to v.
    L
        Largest of the three profiles' sums of gains from deviating.
    """

    delta_min: float
    U: float
    v: Pair
    equilibrium: Profile
    punishments: tuple[Profile, Profile]
    L: float


@dataclass(frozen=True, eq=False)
class TransferSolution:
    """All common discount factors at once, for a game or a batch.

    Attributes
    ----------
    delta_min, U, L
        Shape ``(..., K)``, as in `Regime`, by increasing `delta_min`; games with fewer than K rows
        are padded with inf, NaN, NaN. No row: no pure equilibrium at any common factor.
    v
        Shape ``(..., K, 2)``.
    profiles
        Shape ``(..., K, 3, 2)``: a^e, a^1, a^2 as ``(a0, a1)``; padded with -1.
    method
        Where the algorithm comes from.
    """

    delta_min: Array
    U: Array
    v: Array
    profiles: Ints
    L: Array
    method: str = "Goldlücke & Kranz (2012)"

    @property
    def rows(self) -> tuple[Regime, ...]:
        """The rows of a single game; GameError for a batch."""
        if self.delta_min.ndim != 1:
            raise GameError("a batch of solutions has no single list of rows; solve one game")
        return tuple(
            Regime(float(d), float(big), pair(v), *plan_names(cells), float(el))
            for d, big, v, cells, el in zip(
                self.delta_min, self.U, self.v, self.profiles, self.L, strict=True
            )
        )


@dataclass(frozen=True, eq=False)
class TransferSet:
    """Equilibrium payoffs with payments: ``u_i >= v_i`` and ``weights @ u <= U``.

    Attributes
    ----------
    status
        Whether it has an inside, is one point, or there is no pure equilibrium.
    discount
        The two factors it holds for.
    vertices
        Shape ``(3, 2)``, ``(1, 2)`` or ``(0, 2)``, counter-clockwise from the lexicographic
        minimum, in payoff units per period.
    weights
        ``(1, 1)`` for a common factor; see the module's head for unequal ones.
    U, v, equilibrium, punishments
        As in `Regime`; None when empty.
    """

    status: Literal["polygon", "point", "empty"]
    discount: Pair
    vertices: Array
    weights: Pair
    U: float | None = None
    v: Pair | None = None
    equilibrium: Profile | None = None
    punishments: tuple[Profile, Profile] | None = None


def regimes_with_transfers(game: Game) -> TransferSolution:
    """Solve for every common discount factor; the game's own factors are not used.

    Parameters
    ----------
    game
        A game or a batch, payoffs ``(..., 2, n0, n1)`` in any unit.

    Returns
    -------
    TransferSolution
        One row for each change of U or v, by increasing discount factor.

    References
    ----------
    Goldlücke & Kranz (2012), Journal of Economic Theory 147; Kranz (2012), package repgame.

    Examples
    --------
    >>> pd = Game.from_tables([[4, 0], [6, 2]], [[4, 5], [0, 2]])
    >>> [(round(r.delta_min, 6), r.U, r.v) for r in regimes_with_transfers(pd).rows]
    [(0.0, 4.0, (2.0, 2.0)), (0.428571, 8.0, (2.0, 2.0))]
    """
    plans = at_all_factors(game.payoffs.reshape(-1, *game.payoffs.shape[-3:]))
    shape = (*game.batch, plans.delta_min.shape[1])
    return TransferSolution(
        plans.delta_min.reshape(shape),
        plans.total.reshape(shape),
        plans.threat.reshape(*shape, 2),
        named(plans.cells, game.shape[1]).reshape(*shape, 3, 2),
        plans.gains.reshape(shape),
    )


def row_at(solution: TransferSolution, delta: npt.ArrayLike) -> Ints:
    """Return the index along K of the row that holds at a common factor; -1 where none does.

    Parameters
    ----------
    solution
        For a game or a batch of shape ``(...)``.
    delta
        Common discount factors in [0, 1), broadcast against the batch.

    Raises
    ------
    GameError
        If a factor is outside [0, 1).
    """
    factor = np.asarray(delta, dtype=np.float64)
    check_factors(factor)
    reached: Ints = (solution.delta_min <= factor[..., None] + REACHED).sum(-1)
    return reached - 1


def payoff_set(game: Game, discount: float | Sequence[float] | None = None) -> TransferSet:
    """Return the equilibrium payoffs of one game at one common factor, or at two unequal ones.

    Parameters
    ----------
    game
        A single game.
    discount
        One factor, or one for each player; by default the game's own.

    Raises
    ------
    GameError
        For a batch, or a factor outside [0, 1).

    Examples
    --------
    >>> pd = Game.from_tables([[4, 0], [6, 2]], [[4, 5], [0, 2]])
    >>> payoff_set(pd, 0.5).vertices.tolist()
    [[2.0, 2.0], [6.0, 2.0], [2.0, 6.0]]
    """
    factors = two_factors(game, discount)
    at = at_factors(game.payoffs[None], factors[None])
    d, m = pair(factors), int(factors[1] > factors[0])
    n = 1 - m
    weights = np.ones(2)
    weights[n] = (1 - d[m]) / (1 - d[n])
    if not at.found[0]:
        return TransferSet("empty", d, np.empty((0, 2)), pair(weights))
    v, e, gap = at.threat[:, 0], int(at.cells[0, 0]), d[m] - d[n]
    total = float(game.payoffs.reshape(2, -1)[:, e].sum() - gap / (1 - d[n]) * v[n])
    if gap:
        total -= gap * float(at.steep[n, e, 0])
    reach = (total - (weights * v)[::-1]) / weights  # most each can get, the other held to v
    corners = np.array([v, (reach[0], v[1]), (v[0], reach[1])])
    names = plan_names(named(at.cells[:, 0], game.shape[1]))
    if at.spare[0]:
        return TransferSet("point", d, corners[:1], pair(weights), total, pair(v), *names)
    return TransferSet("polygon", d, corners, pair(weights), total, pair(v), *names)


def critical_discounts_with_transfers(game: Game) -> Array:
    """Return, for every profile, the smallest common factor at which it can be played for ever.

    The profile needs ``L(a) <= d / (1 - d) * (G(a) - v_0(d) - v_1(d))``, payments on the path
    allowed. v falls with d, so the right side rises with d and the answer is a single crossing:
    the least, over rows, of max(row's delta_min, L / (L + G - v_0 - v_1)).

    Returns
    -------
    Array
        Shape ``(..., n0, n1)``; inf where it is never below 1.
    """
    terms = terms_of(game.payoffs.reshape(-1, *game.payoffs.shape[-3:]))
    solution = regimes_with_transfers(game)
    shape = (len(terms.unit), solution.delta_min.shape[-1])
    start, threat = solution.delta_min.reshape(shape), solution.v.sum(-1).reshape(shape)
    best = np.full(terms.total.shape, np.inf)
    for k in range(shape[1]):
        share = (terms.total - threat[:, k]) / terms.unit
        crossing = least_factor(terms.gain.sum(0), share, terms.tie)
        np.minimum(best, np.maximum(crossing, start[:, k]), out=best)
    return best.T.reshape(*game.batch, *game.shape)


def critical_discount_with_transfers(game: Game, profile: Profile) -> float | None:
    """Return the smallest common factor at which `profile` can be played for ever, or None.

    Parameters
    ----------
    game
        A single game.
    profile
        ``(a0, a1)``, from 0.

    Raises
    ------
    GameError, UsageError
        For a batch; for a profile outside the game.

    Examples
    --------
    >>> pd = Game.from_tables([[4, 0], [6, 2]], [[4, 5], [0, 2]])
    >>> critical_discount_with_transfers(pd, (0, 0)) == 3 / 7
    True
    """
    two_factors(game)
    least = float(critical_discounts_with_transfers(game)[checked_cell(game, profile)])
    return least if np.isfinite(least) else None


def sustained_with_transfers(game: Game) -> Bools:
    """Say which profiles can be played for ever, with payments, at the game's own two factors.

    Returns
    -------
    Bools
        Shape ``(..., n0, n1)``.
    """
    p, d = game.payoffs.reshape(-1, *game.payoffs.shape[-3:]), game.discount.reshape(-1, 2)
    at = at_factors(p, d)
    need = at.threat[:, None] + (1 - d.T[:, None]) * at.steep
    room = p.reshape(len(p), *need.shape[:2]).sum(1).T - need.sum(0)
    fits: Bools = (room >= -at.slack) & at.found
    return fits.T.reshape(*game.batch, *game.shape)
