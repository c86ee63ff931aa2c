"""Outer and inner sets of a stochastic game, before they are put into words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from negotiation.equilibria.stochastic.blocks import normalised, parts
from negotiation.equilibria.stochastic.bracketing import Family, bracket
from negotiation.games.stochastic_game import StochasticGame
from negotiation.kernels.hulls import distance
from negotiation.kernels.stochastic_iteration import iterate
from negotiation.payoff_file import load
from tests.games.random_stochastic import assorted_game

RACE = Path(__file__).parents[2] / "data" / "race.yaml"


def bracketed(game, most, slack=1e-11):
    payoffs = normalised(game)[2]
    return bracket(parts(game, payoffs), Family.start(game.count, -slack, most), iterate)


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 4, 5])
def test_inner_sets_lie_within_outer_ones(seed):
    outer, inner = bracketed(StochasticGame.from_tables(*assorted_game(seed)), 64)
    assert (outer.size >= inner.size.clip(max=1)).all()
    for s in np.flatnonzero(inner.size):
        assert distance(inner.ring(s), outer.ring(s)).max() <= 1e-12


def test_without_an_equilibrium_in_pure_strategies_both_are_empty():
    pennies = [[[1, -1], [-1, 1]], [[-1, 1], [1, -1]]]
    stay = np.broadcast_to([0.5, 0.5], (2, 2, 2))
    game = StochasticGame.from_tables([pennies, pennies], [stay, stay], 0.5)
    assert [family.size.tolist() for family in bracketed(game, 16)] == [[0, 0], [0, 0]]


def test_a_promise_is_no_surer_than_those_it_leans_on():
    """Bad news arrives when the state moves: eta >= delta (1 - stay) eta' / (1 - delta stay)."""
    game = load(RACE).stochastic(patience=0.85)
    _, inner = bracketed(game, 16)
    assert inner.size.all()
    leaning = 0
    for s in range(game.count):
        moves = zip(game.successors[s].reshape(-1, 4), game.chances[s].reshape(-1, 4), strict=True)
        for to, chance in moves:
            stay = chance[to == s].sum()
            later = inner.eta[to[(chance > 0) & (to != s)]].max(initial=0.0)
            assert inner.eta[s] >= 0.85 * (1 - stay) * later / (1 - 0.85 * stay) - 1e-15
            leaning += later > 1e-12
    assert leaning > 20


def test_a_family_with_room_for_more_vertices_starts_from_the_same_sets():
    outer, _ = bracketed(load(RACE).stochastic(), 12)
    wider = outer.wider(40)
    assert wider.rings.shape[1] == 40
    assert wider.rounds == outer.rounds
    for s in range(len(outer.size)):
        np.testing.assert_array_equal(wider.ring(s), outer.ring(s))
    wider.rings[:] = 7.0
    assert not (outer.rings == 7.0).any()
