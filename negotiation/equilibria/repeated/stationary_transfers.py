"""The smallest payment, the same in every period, that makes a profile worth playing for ever."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from negotiation.equilibria.repeated.transfer_plans import (
    Pair,
    Profile,
    at_factors,
    checked_cell,
    named,
    pair,
    plan_names,
    two_factors,
)
from negotiation.games.game import Game

__all__ = ["End", "Payments", "payments"]


class End(NamedTuple):
    """The constraint that ends an interval of payments: whose, and at which stage.

    `action`: the player would rather deviate from the profile. `payment`: the player, who gains
    nothing by deviating from the profile, would rather not pay.
    """

    player: int
    stage: Literal["action", "payment"]


@dataclass(frozen=True)
class Payments:
    """Stationary payments that make a profile worth playing for ever.

    Attributes
    ----------
    profile, discount
        What is played, and the two factors.
    transfer
        Smallest net payment at the start of every period that does it, in payoff units;
        positive from player 0 to player 1, negative from 1 to 0, 0 when none is needed.
    interval
        All stationary payments that do it, same sign convention.
    ends
        The constraints that bind at the two ends: player 1's at the lower, player 0's at the upper.
    binding
        The constraint that `transfer` just meets; None when no payment is needed.
    threats, punishments
        v and the profiles that hold each player to it.
    fines
        What each player may be asked to pay once, on top, to be forgiven a breach: paying leaves
        that player with exactly v; refusing is answered by the punishment.
    """

    profile: Profile
    discount: Pair
    transfer: float
    interval: Pair
    ends: tuple[End, End]
    binding: End | None
    min_spe_payoffs: Pair
    punishments: tuple[Profile, Profile]
    fines: Pair


def payments(
    game: Game, profile: Profile, discount: float | Sequence[float] | None = None
) -> Payments | None:
    """Return the smallest stationary payment that lets `profile` be played for ever.

    A net payment t from player 0 to player 1 at the start of every period leaves average payoffs
    g_0 - t, g_1 + t. Player i obeys iff that is at least v_i + h_i * (1 - d_i) / d_i: with h_i > 0
    the action constraint, which implies the payment constraint; with h_i = 0 they are the same.
    So t lies in an interval, one end for each player. Stationary payments do as well as any others.
    Threats may involve payments: 0 means none *on the path*.

    Parameters
    ----------
    game
        A single game.
    profile
        ``(a0, a1)``, from 0.
    discount
        One factor, or one for each player; by default the game's own.

    Returns
    -------
    Payments or None
        None when no payments sustain the profile.

    Raises
    ------
    GameError, UsageError
        For a batch or a factor outside [0, 1); for a profile outside the game.

    Examples
    --------
    >>> pd = Game.from_tables([[4, 0], [6, 2]], [[4, 5], [0, 2]])
    >>> deal = payments(pd, (0, 0), 0.45)
    >>> round(deal.transfer, 6), deal.binding    # player 1 pays 0.444444 each period
    (-0.444444, End(player=0, stage='action'))
    """
    factors = two_factors(game, discount)
    a0, a1 = checked_cell(game, profile)
    at = at_factors(game.payoffs[None], factors[None])
    if not at.found[0]:
        return None
    cell = a0 * game.shape[1] + a1
    steep, v = at.steep[:, cell, 0], at.threat[:, 0]
    pay = game.payoffs[:, a0, a1]
    room = pay - v - (1 - factors) * steep
    if room.sum() < -at.slack[0]:
        return None
    low, high = -float(room[1]), float(room[0])
    stages: list[Literal["action", "payment"]] = ["action" if s > 0 else "payment" for s in steep]
    ends = (End(1, stages[1]), End(0, stages[0]))
    transfer, binding = _smallest((low, high), ends, near=float(at.slack[0]))
    low, high = min(low, transfer), max(high, transfer)  # differs by rounding only
    net_payoffs = pay + np.array([-transfer, transfer])
    fines = np.maximum(net_payoffs - v, 0) / (1 - factors)
    _, punish = plan_names(named(at.cells[:, 0], game.shape[1]))
    return Payments(
        (a0, a1),
        pair(factors),
        transfer,
        (low, high),
        ends,
        binding,
        pair(v),
        punish,
        pair(fines),
    )


def _smallest(interval: Pair, ends: tuple[End, End], *, near: float) -> tuple[float, End | None]:
    """Return the number nearest 0 in an interval and the end it is at; within `near` of 0 is 0."""
    if interval[0] > near:
        return interval[0], ends[0]
    if interval[1] < -near:
        return interval[1], ends[1]
    return 0.0, None
