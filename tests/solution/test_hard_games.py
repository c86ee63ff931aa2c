"""Games on which answers were once wrong, refused without reason, or took half a minute."""

from __future__ import annotations

import numpy as np
import pytest

from negotiation.equilibria.repeated.payoff_set import payoff_set
from negotiation.games.game import Game, Outcome
from negotiation.solution.solution import solve
from negotiation.solution.verdict import verdict
from tests.reference.payoff_sets import plain_hausdorff, plain_payoff_set

SLOW_2X5 = Game.from_tables(
    [[-2, 0, 9, 2, 3], [-5, 9, -5, 8, 0]], [[2, 3, 0, -3, 2], [-4, 3, 0, 5, 6]], discount=0.75
)
SLOW_4X3 = Game.from_tables(
    [
        [6.694, 3.514, 1.638],
        [0.252, 3.218, 3.411],
        [8.293, 5.756, 9.333],
        [7.322, 2.817, 4.31],
    ],
    [[8.73, 2.377, 1.699], [1.967, 6.973, 9.75], [8.77, 8.669, 2.679], [9.328, 3.492, 3.348]],
    discount=0.6,
)
PATIENT_2X4 = Game.from_tables(
    [[3, -4, 8, 2], [-1, -3, -3, -3]], [[5, 2, 2, -1], [6, 2, 4, -2]], discount=0.9999
)
DILEMMA = [[3, 0], [5, 1]], [[3, 5], [0, 1]]
PRICE = 1.0e12


def with_a_price(price: float, discount: float) -> Game:
    """A prisoners' dilemma with a third action for each, at a price for both."""
    first = [[3, 0, 1], [5, 1, 2], [-price] * 3]
    second = [[3, 5, -price], [0, 1, -price], [2, 1, -price]]
    deal = Outcome("deal", ((0, 0),), truce=True)
    return Game.from_tables(first, second, discount=discount, outcomes=(deal,))


def held(game: Game) -> dict[tuple[int, int], float | None]:
    found = solve(game)
    return {o.profile: o.optimal_penal_code for o in found.outcomes if o.sustained}


@pytest.mark.parametrize("game", [SLOW_2X5, SLOW_4X3], ids=["2x5", "4x3"])
def test_sets_that_took_half_a_minute_are_those_of_plain_iteration(game: Game) -> None:
    plain, found = plain_payoff_set(game.payoffs, game.discount), payoff_set(game)
    assert plain.converged
    assert plain_hausdorff(np.array(found.vertices), plain.ring) <= 1e-8
    np.testing.assert_allclose(found.min_spe_payoffs, plain.min_spe_payoffs, atol=1e-9)


def test_their_critical_discount_factors_are_found() -> None:
    assert held(SLOW_2X5) == {(1, 3): pytest.approx(1 / 3), (1, 4): pytest.approx(2 / 3)}
    assert held(SLOW_4X3) == {(2, 0): 0.0, (3, 0): pytest.approx(0.41832938, abs=1e-8)}
    assert held(PATIENT_2X4) == {(0, 0): 0.0, (1, 0): pytest.approx(16 / 19)}


@pytest.mark.parametrize("pair", [(0.995, 0.999), (0.999, 0.995), (0.9999, 0.999)])
def test_two_very_patient_sides_are_solved_however_unequal(pair: tuple[float, float]) -> None:
    """Cooperation holds for every pair above one half."""
    game = Game.from_tables(*DILEMMA, discount=pair)
    found = solve(game)
    assert found.repeated.gap <= 1e-6
    assert found.repeated.min_spe_payoffs == pytest.approx([1, 1])
    assert {o.profile: o.optimal_penal_code for o in found.outcomes if o.sustained} == {
        (0, 0): pytest.approx(0.5),
        (1, 1): 0.0,
    }
    both = next(o for o in found.outcomes if o.profile == (0, 0)).optimal_penal_code_by_player
    assert both == pytest.approx((0.5, 0.5))


@pytest.mark.parametrize("price", [1e3, 1e6, 1e9, PRICE, 1e15])
def test_the_price_of_an_action_that_nobody_takes_changes_nothing(price: float) -> None:
    assert held(with_a_price(price, 0.4)) == {}
    assert solve(with_a_price(price, 0.4)).regime == "partial cooperation"
    deal = solve(with_a_price(price, 0.75))
    assert deal.regime == "armed truce"
    assert deal.sustained == ("deal",)
    assert deal.outcomes[0].optimal_penal_code == pytest.approx(0.5, abs=1e-9)
    assert deal.repeated.gap <= 1e-6
    cheap = payoff_set(with_a_price(10.0, 0.75))
    assert plain_hausdorff(np.array(deal.repeated.vertices), np.array(cheap.vertices)) <= 1e-9


def test_what_some_threat_holds_is_not_called_impossible() -> None:
    game = Game.from_tables(
        [[3, 3, 2], [0, 4, 5], [5, 5, 0]],
        [[3, 0, 5], [3, 4, 5], [2, 5, 0]],
        discount=0.6,
        outcomes=(Outcome("deal", ((1, 1),), truce=True),),
    )
    found = solve(game)
    deal = found.outcomes[0]
    assert deal.nash_reversion == pytest.approx(0.4)
    assert deal.band != "impossible"
    text = " ".join(verdict(found))
    assert "choose at random, would hold it from a patience of 0.400" in text
    assert "which they have" in text
    assert "no threat can hold it" not in text


def test_taking_turns_is_said_only_where_turns_are_taken() -> None:
    """All that pure plans sustain there is one pair of actions, a one-off equilibrium."""
    game = Game.from_tables(
        [[3, 3, 2], [0, 4, 5], [5, 5, 0]],
        [[3, 0, 5], [3, 4, 5], [2, 5, 0]],
        discount=0.6,
        outcomes=(Outcome("deal", ((1, 1),), truce=True),),
    )
    found = solve(game)
    assert found.repeated.status == "point"
    assert found.regime == "partial cooperation"
    assert "taking turns" not in " ".join(verdict(found))
