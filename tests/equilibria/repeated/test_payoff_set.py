"""Repeated games: what a side can be held to, and games with other patience."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiation.equilibria.repeated.payoff_set import (
    payoff_set,
    pure_minmax,
    unit_payoffs,
    with_discount,
)
from negotiation.errors import GameError
from negotiation.games.game import Game, best_deviation_payoffs
from tests.games.small_games import deviations

law = settings(derandomize=True, deadline=None, max_examples=40)
tables = st.lists(st.integers(-9, 9), min_size=12, max_size=12).map(
    lambda row: Game(np.array(row, dtype=float).reshape(2, 2, 3), np.zeros(2))
)


@law
@given(tables)
def test_best_deviations_are_the_best_of_a_players_own_actions(game):
    found = best_deviation_payoffs(game)
    for profile in np.ndindex(game.shape):
        assert found[:, *profile].tolist() == deviations(game, profile).tolist()


@law
@given(tables)
def test_the_pure_minmax_is_the_least_the_other_side_can_leave(game):
    profiles = list(np.ndindex(game.shape))
    expected = np.min([deviations(game, p) for p in profiles], axis=0)
    assert pure_minmax(game).tolist() == expected.tolist()


def test_batches_of_games_keep_their_leading_axes():
    rng = np.random.default_rng(0)
    batch = Game(rng.normal(size=(4, 2, 3, 2)), np.asarray(0.5))
    assert best_deviation_payoffs(batch).shape == (4, 2, 3, 2)
    for k in range(4):
        one = Game(batch.payoffs[k], np.asarray(0.5))
        assert (pure_minmax(batch)[k] == pure_minmax(one)).all()


def test_other_discount_factors_leave_the_rest_of_the_game_alone():
    named = Game.from_tables([[1, 2]], [[3, 4]], discount=0.1, players=("us", "them"), title="t")
    other = with_discount(named, 0.7)
    assert other.discount.tolist() == [0.7, 0.7]
    assert (other.players, other.title, other.actions) == (named.players, "t", named.actions)
    assert (other.payoffs == named.payoffs).all()
    with pytest.raises(GameError, match="not in"):
        with_discount(named, 1.0)


def test_one_game_is_solved_at_a_time():
    batch = Game(np.zeros((3, 2, 2, 2)), np.full((3, 2), 0.5))
    for question in (payoff_set, unit_payoffs):
        with pytest.raises(GameError, match="index one game first"):
            question(batch)
