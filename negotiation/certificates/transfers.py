"""Check from the definition a solution of a stochastic game with transfers.

What has to hold (Goldlücke & Kranz 2018): one profile per state for the path and one for each
side's punishment, such that in each of them, in every state, what follows is enough to reward both
sides for obeying and nobody expects less than the punishment; the path earns U, the punishments
hold their side to v. Then every payoff with ``u_i >= v_i`` and ``weights @ u <= U`` is an
equilibrium: payments at the start of a period move the joint payoff to where it is needed. Nothing
here comes from the solver.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from negotiation.errors import CertificateError
from negotiation.games.stochastic_game import StochasticGame

__all__ = ["check_payments"]

Array = npt.NDArray[np.float64]


def check_payments(
    game: StochasticGame,
    joint: npt.ArrayLike,
    worst: npt.ArrayLike,
    path: npt.ArrayLike,
    punishments: npt.ArrayLike,
    *,
    tol: float = 1e-9,
) -> float:
    """Check a path and punishments, state by state; return the smallest slack.

    Parameters
    ----------
    game
        The discount factors may differ.
    joint
        Claimed U, shape ``(states,)``, weighted average payoffs as in `stochastic_transfers`; NaN
        in states without an equilibrium, where nothing is checked and nothing may lead.
    worst
        Claimed v, shape ``(states, 2)``.
    path
        Profiles, shape ``(states, 2)``.
    punishments
        Profiles, shape ``(2, states, 2)``.
    tol
        Times the range of payoffs of both sides.

    Returns
    -------
    float
        How much more than needed there is to share out, at the tightest place: average payoffs of
        the more patient side.

    Raises
    ------
    CertificateError
        If a profile cannot be sustained, or a payoff is not what is claimed.
    """
    claim = _Claim.of(game, joint, worst, tol)
    slack = np.inf
    for s in np.flatnonzero(~np.isnan(claim.total)).tolist():
        later = _later(claim, s)
        top = _deviating(claim, s, later)
        plans = np.array([np.asarray(path)[s], *np.asarray(punishments)[:, s]])
        for k, (a, b) in enumerate(plans.tolist()):
            where = f"state {game.states[s]!r}, profile {(a, b)}"
            best, after = np.array([top[0][b], top[1][a]]), float(later[a, b, 2])
            need = _needs(claim, game.payoffs[s][:, a, b], best, later[a, b, :2])
            room = (1 - claim.d.max()) * (after - need.sum())
            if not room >= -claim.allowed:  # negated so that NaN fails
                raise CertificateError(f"{where}: {-room:.3g} too little to reward both")
            slack = min(slack, float(room))
            if k:
                _check_punishment(claim, where, (s, k - 1), best)
            else:
                _check_path(claim, where, (s, a, b), after, need)
    return float(slack)


@dataclass(frozen=True, eq=False)
class _Claim:
    game: StochasticGame
    d: Array
    total: Array  # (states,) joint totals
    lowest: Array  # (states, 2) punishments as totals
    totals: Array  # (states, 3) both
    allowed: float  # what rounding may make of an average

    @classmethod
    def of(
        cls, game: StochasticGame, joint: npt.ArrayLike, worst: npt.ArrayLike, tol: float
    ) -> _Claim:
        d, both = game.discount, np.concatenate([p.reshape(2, -1) for p in game.payoffs], axis=1)
        allowed = tol * float(np.ptp(both, axis=1).max()) + 2e-13 * float(np.abs(both).max())
        total = np.asarray(joint, dtype=np.float64) / (1 - d.max())
        lowest = np.asarray(worst, dtype=np.float64) / (1 - d)
        return cls(game, d, total, lowest, np.column_stack((lowest, total)), allowed)


def _later(claim: _Claim, s: int) -> Array:
    """Return the continuation punishments and joint totals of every profile, (n0, n1, 3)."""
    chance, to = claim.game.chances[s], claim.game.successors[s]
    value = claim.totals[to]
    if np.isnan(value).any():  # nothing exists there, which does not matter if nothing leads there
        value[chance == 0] = 0.0
    expected: Array = (chance[:, :, None] @ value)[:, :, 0]
    return expected


def _deviating(claim: _Claim, s: int, later: Array) -> tuple[Array, Array]:
    """Return each player's best deviation total, with punishment to follow.

    For player 0 an entry for each action of player 1, and the other way round.
    """
    (pay_0, pay_1), d = claim.game.payoffs[s], claim.d
    return (pay_0 + d[0] * later[:, :, 0]).max(axis=0), (pay_1 + d[1] * later[:, :, 1]).max(axis=1)


def _needs(claim: _Claim, pay: Array, best: Array, low: Array) -> Array:
    """Return the least continuation total that each player must expect in order to obey."""
    need = np.empty(2)
    for i, delta in enumerate(claim.d):
        gain = best[i] - pay[i] - delta * low[i]
        if delta > 0:
            need[i] = low[i] + gain / delta
        else:
            need[i] = low[i] if gain <= claim.allowed else np.inf
    return need


def _check_path(
    claim: _Claim, where: str, place: tuple[int, int, int], after: float, need: Array
) -> None:
    """Check that the path earns U: the patient side holds all that the other does not need."""
    s, a, b = place
    patient, n = float(claim.d.max()), int(claim.d.argmin())
    gap = patient - float(claim.d[n])
    loss = gap * float(need[n]) if gap else 0.0
    earned = float(claim.game.payoffs[s][:, a, b].sum()) + patient * after - loss
    _compare(claim, f"{where}: the path earns in total", earned, float(claim.total[s]), patient)


def _check_punishment(claim: _Claim, where: str, place: tuple[int, int], best: Array) -> None:
    """Check that v is the best deviation total under a punishment."""
    s, i = place
    claim_text = f"{where}: {claim.game.players[i]} can get in total"
    _compare(claim, claim_text, float(best[i]), float(claim.lowest[s, i]), float(claim.d[i]))


def _compare(claim: _Claim, claim_text: str, computed: float, claimed: float, delta: float) -> None:
    """Compare two totals; an error in one round can hide one of 1 / (1 - delta) as much."""
    noise = 1e-14 * abs(claimed)  # totals are sums of many payoffs
    if not abs(computed - claimed) <= claim.allowed + noise:
        raise CertificateError(
            f"{claim_text} {computed:.12g}, not {claimed:.12g} (average "
            f"{(1 - delta) * computed:.12g}, not {(1 - delta) * claimed:.12g})"
        )
