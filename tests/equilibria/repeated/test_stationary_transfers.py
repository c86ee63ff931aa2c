"""Stationary payments: they work at both ends of their interval and not beyond."""

from __future__ import annotations

import numpy as np
import pytest

from negotiation.equilibria.repeated.stationary_transfers import payments
from negotiation.equilibria.repeated.transfers import payoff_set
from negotiation.games.game import Game
from tests.reference.transfers import (
    ASYM_PD,
    FACTORS,
    GAMES,
    State,
    breach_gain,
    payoff_of,
    strategy,
)


@pytest.mark.parametrize("factors", FACTORS)
def test_payments_work_at_both_ends_of_the_interval_and_not_beyond(
    factors: tuple[float, float],
) -> None:
    d = np.array(factors)
    needed = 0
    for game in GAMES[1::7]:
        scale = np.ptp(game.payoffs)
        for profile in np.ndindex(*game.shape):
            deal = payments(game, profile, factors)
            if deal is None:
                continue
            low, high = deal.interval

            def gain(t: float, game: Game = game, profile: tuple[int, int] = profile) -> float:
                states = strategy(game, d, State(t, profile, "path"))
                return breach_gain(game.payoffs, d, states)

            assert low <= deal.transfer <= high
            assert abs(deal.transfer) <= min(abs(low), abs(high)) + 1e-12 * scale
            for t in (low, high, deal.transfer):
                assert gain(t) < 1e-9 * scale / (1 - d.max())
            for t in (low - 1e-3 * scale, high + 1e-3 * scale):
                assert gain(t) > 1e-5 * scale
            if deal.transfer:
                needed += 1
                assert deal.binding == deal.ends[int(deal.transfer < 0)]
            else:
                assert deal.binding is None
                assert low <= 1e-11 * scale
                assert high >= -1e-11 * scale
            states = strategy(game, d, State(deal.transfer, profile, "path"))
            for i in (0, 1):  # being forgiven for the fine is worth exactly the threat
                left = payoff_of(game.payoffs, d, states, "path")[i] - (1 - d[i]) * deal.fines[i]
                assert left == pytest.approx(deal.min_spe_payoffs[i], abs=1e-9)
    assert needed > 0 or not d.any()


def test_the_asymmetric_dilemma_is_paid_for_by_the_side_with_less_to_gain() -> None:
    # at .45 player 0 needs 2 + 2 * .55/.45 = 40/9 a period and gets 4: player 1 pays 4/9
    deal = payments(ASYM_PD, (0, 0), 0.45)
    assert deal is not None
    assert deal.transfer == pytest.approx(-4 / 9)
    assert deal.interval == pytest.approx((-(4 - 2 - 11 / 9), -4 / 9))
    assert deal.binding == (0, "action")
    assert deal.ends == ((1, "action"), (0, "action"))
    assert deal.min_spe_payoffs == (2, 2)
    assert deal.punishments == ((1, 1), (1, 1))
    assert deal.fines == pytest.approx(((40 / 9 - 2) / 0.55, (32 / 9 - 2) / 0.55))
    assert payments(ASYM_PD, (0, 0), 3 / 7 - 1e-9) is None
    edge = payments(ASYM_PD, (0, 0), 3 / 7)
    assert edge is not None
    assert edge.interval == pytest.approx((-2 / 3, -2 / 3))
    free = payments(ASYM_PD, (0, 0), 0.5)
    assert free is not None
    assert (free.transfer, free.binding) == (0, None)
    mirrored = Game(ASYM_PD.payoffs.transpose(0, 2, 1)[::-1], np.zeros(2))
    other = payments(mirrored, (0, 0), 0.45)
    assert other is not None
    assert other.transfer == pytest.approx(4 / 9)
    assert other.binding == (1, "action")


def test_a_side_that_gains_nothing_by_deviating_is_bound_by_its_payment() -> None:
    # (0, 0) is a stage equilibrium worth (3, 3); each can be held to 1 in the other one
    game = Game.from_tables([[3, 0], [0, 1]], [[3, 0], [0, 1]])
    deal = payments(game, (0, 0), 0.0)
    assert deal is not None
    assert deal.interval == (-2, 2)
    assert deal.ends == ((1, "payment"), (0, "payment"))


def test_the_games_own_factors_are_the_default() -> None:
    game = Game(ASYM_PD.payoffs, np.array([0.3, 0.9]))
    assert payments(game, (0, 0)) == payments(ASYM_PD, (0, 0), (0.3, 0.9))
    assert payoff_set(game).discount == (0.3, 0.9)
