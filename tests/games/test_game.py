"""Payoffs as arrays, and their units taken away."""

import numpy as np
import pytest

from negotiation.games.game import Game, best_deviation_payoffs, normalised_payoffs, payoff_spans


def test_payoffs_are_rescaled_to_run_from_zero_to_one_and_back():
    payoffs = np.array([[[9.0, 1], [10, 3]], [[-9, -10], [-1, -3]]])
    unit, shift, scale = normalised_payoffs(payoffs)
    assert unit.min(axis=(1, 2)).tolist() == [0, 0]
    assert unit.max(axis=(1, 2)).tolist() == [1, 1]
    assert unit * scale[:, None, None] + shift[:, None, None] == pytest.approx(payoffs)


def test_a_player_to_whom_all_is_the_same_has_nothing_to_rescale():
    payoffs = np.array([[[5.0, 5], [5, 5]], [[1, 2], [3, 5]]])
    assert payoff_spans(payoffs).tolist() == [1, 4]
    assert normalised_payoffs(payoffs)[0][0].tolist() == [[0, 0], [0, 0]]


def test_a_batch_is_rescaled_game_by_game():
    payoffs = np.random.default_rng(0).random((4, 3, 2, 2, 3))
    many = normalised_payoffs(payoffs)
    for k in np.ndindex(4, 3):
        for all_of_them, alone in zip(many, normalised_payoffs(payoffs[k]), strict=True):
            assert (all_of_them[k] == alone).all()


def test_the_best_deviation_is_the_best_of_a_column_or_of_a_row():
    game = Game(np.array([[[9.0, 1], [10, 3]], [[9, 10], [1, 3]]]), np.full(2, 0.5))
    assert best_deviation_payoffs(game)[0].tolist() == [[10, 3], [10, 3]]
    assert best_deviation_payoffs(game)[1].tolist() == [[10, 10], [3, 3]]
