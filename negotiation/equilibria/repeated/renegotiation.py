"""Weak renegotiation-proofness of a deal: whether the punisher would forgive.

Does each side's punishment leave the punisher no worse off than the deal, so that nobody wants to
go back to it early? Average payoffs, pure strategies, perfect monitoring, a discount factor per
player. No answer changes when a player's payoffs are multiplied or shifted.

References
----------
J. Farrell, E. Maskin (1989), Renegotiation in repeated games, Games and Economic Behavior 1,
327-360.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np

from negotiation.equilibria.repeated.payoff_set import best_deviation_payoffs
from negotiation.games.game import Array, Game, rescaled

__all__ = ["Renegotiation", "renegotiation"]

Profile = tuple[int, int]

_TIES = 1e-12


@dataclass(frozen=True, eq=False)
class Renegotiation:
    """Result of testing a deal for weak renegotiation-proofness.

    Attributes
    ----------
    profile
        The deal.
    proof
        Whether it is weakly renegotiation-proof if both are patient enough; None where the
        necessary condition holds and the sufficient one does not.
    at_discount
        The same at the game's discount factors: True with a punishment found and all its
        incentives checked, False if impossible, None if this kind of punishment is not enough.
    punishments
        ``punishments[i]``: the profile that punishes i; the deal itself if i is not tempted;
        None if none passes.
    fails
        The players whose punishment the other would rather forgive.
    periods
        Mean length of each punishment, in periods, when `at_discount`: after each period a public
        lottery decides whether to return to the deal. 0 if there is nothing to punish, infinite if
        it lasts for ever; None if not `at_discount`.
    values
        Shape ``(3, 2)``: average payoffs of the deal, of punishing player 0 and of punishing
        player 1, when `at_discount`; else None.
    """

    profile: Profile
    proof: bool | None
    at_discount: bool | None
    punishments: tuple[Profile | None, Profile | None]
    fails: tuple[int, ...]
    periods: tuple[float, float] | None
    values: Array | None


class _Phase(NamedTuple):
    """Punishing one player at a profile until a public lottery ends it.

    `harsh` is what the punished gets, the least they would accept: c_i(aⁱ). `other` is what the
    punisher gets, `room` the same less the temptation not to punish. `stay` is the probability of
    another period.
    """

    profile: Profile
    harsh: float
    other: float
    room: float
    stay: float


def renegotiation(game: Game, profile: Profile) -> Renegotiation:
    r"""Test whether playing `profile` for ever is weakly renegotiation-proof.

    No continuation may be better for both than another (Farrell & Maskin 1989). If i is tempted to
    leave a, that needs a profile aⁱ with ``c_i(aⁱ) < g_i(a)`` and ``g_j(aⁱ) ≥ g_j(a)``: the worst
    continuation for i pays i some p_i with ``c_i(aⁱ) ≤ p_i < g_i(a)``, and the punisher must not
    prefer the deal. With both players patient enough it is also sufficient. The strict inequality
    is necessary here because the path plays a itself for ever; their theorem is about payoffs.

    At the game's discount factors: play aⁱ; after each period return to a with a probability that
    holds i down to exactly ``p_i = c_i(aⁱ)``, and start again if i resists. A lower p_i would not
    be obeyed; a higher one makes the threat weaker and punishing less rewarding. What must hold::

        p_i ≤ (1-δ_i) g_i(aⁱ) + δ_i g_i(a)         one period is not already too much
        g_i(a) ≥ (1-δ_i) c_i(a) + δ_i p_i           i keeps the deal
        p_j ≥ (1-δ_j) c_j(aⁱ) + δ_j c_j(aʲ)         j carries out the punishment

    with ``p_j`` between g_j(a) and g_j(aⁱ) by the same lottery. If the second fails for every aⁱ
    that j would not forgive, no punishment of any kind is renegotiation-proof.

    Parameters
    ----------
    game
        A single game, with its discount factors.
    profile
        The deal ``(a0, a1)``.

    Examples
    --------
    >>> pd = Game.from_tables([[9, 1], [10, 3]], [[9, 10], [1, 3]], discount=0.75)
    >>> kept = renegotiation(pd, (0, 0))
    >>> kept.proof, kept.at_discount, kept.punishments, kept.fails
    (True, True, ((0, 1), (1, 0)), ())
    """
    scaled = rescaled(game)
    c = best_deviation_payoffs(Game(scaled.g, game.discount))
    candidates = _candidates(scaled.g, c, profile, 0), _candidates(scaled.g, c, profile, 1)
    fails = tuple(i for i in (0, 1) if not candidates[i])
    mildest = (
        candidates[0][0] if candidates[0] else None,
        candidates[1][0] if candidates[1] else None,
    )
    if fails:
        return Renegotiation(profile, False, False, mildest, fails, None, None)
    proof = True if _enough_if_patient(scaled.g, c, profile, candidates) else None
    phases = [_phases(game, scaled.g, c, profile, i, candidates[i]) for i in (0, 1)]
    pair = _compatible(game, *phases)
    if pair is None:
        possible = all(_keeps(game, scaled.g, c, profile, i, candidates[i]) for i in (0, 1))
        return Renegotiation(profile, proof, None if possible else False, mildest, (), None, None)
    deal = scaled.g[:, profile[0], profile[1]]
    values = np.array([deal, (pair[0].harsh, pair[0].other), (pair[1].other, pair[1].harsh)])
    punishments = pair[0].profile, pair[1].profile
    periods = _length(pair[0], profile), _length(pair[1], profile)
    return Renegotiation(profile, proof, True, punishments, (), periods, scaled.back(values))


def _length(phase: _Phase, deal: Profile) -> float:
    """Return the mean number of periods that a punishment lasts."""
    if phase.profile == deal:
        return 0.0
    return 1 / (1 - phase.stay) if phase.stay < 1 else float("inf")


def _candidates(g: Array, c: Array, deal: Profile, i: int) -> list[Profile]:
    """List the profiles that punish i and that the other would not forgive, harshest first.

    The deal itself comes last, if i is not tempted to leave it.
    """
    j = 1 - i
    passes = (c[i] < g[i][deal] - _TIES) & (g[j] >= g[j][deal] - _TIES)
    cells = [(int(a), int(b)) for a, b in np.argwhere(passes)]
    cells.sort(key=lambda x: (round(float(c[i][x]), 12), -round(float(g[j][x]), 12)))
    return cells + ([deal] if c[i][deal] - g[i][deal] <= _TIES else [])


def _enough_if_patient(
    g: Array, c: Array, deal: Profile, candidates: tuple[list[Profile], list[Profile]]
) -> bool:
    """Tell whether punishers can be made to punish as patience grows.

    Always if they can be punished in turn; else if punishing pays strictly, or resists temptation.
    """

    def willing(j: int, x: Profile) -> bool:
        gain = g[j][x] - g[j][deal] > _TIES
        return x == deal or bool(gain) or bool(c[j][x] - g[j][x] <= _TIES)

    return all(
        candidates[j] != [deal] or any(willing(j, x) for x in candidates[1 - j]) for j in (0, 1)
    )


def _keeps(
    game: Game, g: Array, c: Array, deal: Profile, i: int, cells: list[Profile]
) -> list[Profile]:
    """Keep the punishments that are harsh enough for i to honour the deal."""
    delta = float(game.discount[i])
    most = g[i][deal] - (1 - delta) * c[i][deal] + _TIES
    return [x for x in cells if delta * c[i][x] <= most]


def _phases(
    game: Game, g: Array, c: Array, deal: Profile, i: int, cells: list[Profile]
) -> list[_Phase]:
    """Return the punishments of i that i obeys; only those no other one improves on."""
    j, (di, dj) = 1 - i, (float(game.discount[i]), float(game.discount[1 - i]))
    phases: list[_Phase] = []
    for x in _keeps(game, g, c, deal, i, cells):
        harm = g[i][deal] - g[i][x]
        weight = float((g[i][deal] - c[i][x]) / harm) if harm > _TIES else 1.0
        if weight < 1 - di - _TIES:
            continue
        stay = min(1.0, max(0.0, float(1 - (1 - di) / weight) / di)) if di > 0 else 1.0
        share = (1 - dj) / (1 - dj * stay)
        other = float(share * g[j][x] + (1 - share) * g[j][deal])
        room = other - (1 - dj) * float(c[j][x])
        if all(room > p.room + _TIES for p in phases):
            phases.append(_Phase(x, float(c[i][x]), other, room, stay))
    return phases


def _compatible(
    game: Game, first: list[_Phase], second: list[_Phase]
) -> tuple[_Phase, _Phase] | None:
    """Return the harshest pair of punishments in which each punisher fears their own."""
    d0, d1 = map(float, game.discount)
    pairs = [
        (x, y)
        for x, y in product(first, second)
        if x.room - d1 * y.harsh >= -_TIES and y.room - d0 * x.harsh >= -_TIES
    ]
    return min(pairs, key=lambda p: p[0].harsh + p[1].harsh, default=None)
