"""A dynamic file becomes a stochastic game: levels, chances, restricted actions, starts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from negotiation.errors import GameError, UsageError
from negotiation.payoff_file import load, loads

DATA = Path(__file__).parents[1] / "data"
RACE, LADDER = load(DATA / "race.yaml"), load(DATA / "ladder.yaml")


def test_a_grid_has_a_state_for_every_combination_of_levels():
    game = RACE.stochastic()
    assert game.count == 5 * 4
    assert game.axes == ("s", "r")
    np.testing.assert_allclose(
        game.levels[:5], [[0.4, 0], [0.4, 0.2], [0.4, 0.4], [0.4, 0.6], [0.5, 0]]
    )
    assert game.states[5] == "s=0.5, r=0.2"
    assert game.start == 5


def test_the_payoffs_of_a_state_are_those_of_the_game_at_its_levels():
    game = RACE.stochastic()
    for k, (s, r) in enumerate(game.levels):
        np.testing.assert_allclose(game.payoffs[k], RACE.game(s=s, r=r).payoffs, atol=1e-15)
        assert game.actions[k] == RACE.actions
        assert game.outcomes[k] == RACE.outcomes


def test_the_mean_next_level_is_the_expected_rise():
    """By hand: under embargo and cut s rises .16/4 and r .05; under a licence .04/4 and .01."""
    game = RACE.stochastic()
    for k, here in enumerate(game.levels):
        expected = (game.levels[game.successors[k]] * game.chances[k][..., None]).sum(axis=-2)
        for cell, rise in (((2, 1), (0.04, 0.05)), ((0, 0), (0.01, 0.01)), ((1, 0), (0.025, 0.01))):
            moves = np.where(here < [0.8 - 1e-9, 0.6 - 1e-9], rise, 0)
            np.testing.assert_allclose(expected[cell], here + moves, atol=1e-12)


def test_the_two_numbers_move_independently_by_one_level_at_most():
    game = RACE.stochastic()
    cell = game.chances[0][2, 1], game.levels[game.successors[0][2, 1]]
    up_s, up_r = 0.04 / 0.1, 0.05 / 0.2
    expected = [(1 - up_s) * (1 - up_r), (1 - up_s) * up_r, up_s * (1 - up_r), up_s * up_r]
    np.testing.assert_allclose(cell[0], expected)
    np.testing.assert_allclose(cell[1], [[0.4, 0], [0.4, 0.2], [0.5, 0], [0.5, 0.2]])


def test_a_rise_of_exactly_one_step_is_certain():
    text = (DATA / "race.yaml").read_text("utf-8").replace("0.05 - 0.04*ore", "0.2")
    chances = loads(text).stochastic().chances[0]
    assert (chances[..., [0, 2]] == 0).all()


def test_a_setting_moves_the_start_and_not_the_grid():
    game = RACE.stochastic(s=0.7)
    assert game.states[game.start] == "s=0.7, r=0.2"
    np.testing.assert_array_equal(game.levels, RACE.stochastic().levels)


def test_a_start_between_two_levels_is_refused():
    with pytest.raises(UsageError, match=r"s starts at 0\.61.* expected 0\.6 or 0\.7"):
        RACE.stochastic(s=0.61)
    assert RACE.game(s=0.61).payoffs.shape == (2, 3, 2)


def test_a_setting_changes_speeds():
    faster = RACE.stochastic(fast=0.2)
    np.testing.assert_allclose(faster.chances[0][2, 1, 2:].sum(), 0.5)


def test_a_setting_that_makes_the_grid_too_fine_is_refused():
    with pytest.raises(
        GameError, match=r"dynamics\.s: .* 0\.125 against 0\.1, .* expected steps of 0\.125"
    ):
        RACE.stochastic(fast=0.5)


def test_an_array_is_refused():
    with pytest.raises(UsageError, match="'s' is an array"):
        RACE.stochastic(s=np.array([0.5, 0.6]))


def test_the_frozen_game_is_the_static_game_of_the_start():
    assert RACE.kind == "dynamic"
    frozen = RACE.frozen()
    assert (frozen.kind, frozen.axes) == ("repeated", ())
    np.testing.assert_array_equal(frozen.game().payoffs, RACE.game().payoffs)
    assert RACE.values()["s"] == 0.5
    assert RACE.game(r=np.linspace(0, 1, 3)).batch == (3,)


def test_a_named_state_has_its_own_actions_payoffs_and_outcomes():
    game = LADDER.stochastic()
    assert game.states == ("low", "high")
    assert game.actions == ((("wait", "invest"), ("wait", "invest")), (("wait",), ("wait",)))
    assert game.payoffs[0].tolist() == [[[4, 4], [2, 2]], [[4, 2], [4, 2]]]
    assert game.payoffs[1].tolist() == [[[2]], [[2]]]
    assert [[o.name for o in here] for here in game.outcomes] == [["peace", "race"], ["peace"]]
    assert game.outcomes[0][1].profiles == ((1, 0), (1, 1))


def test_probabilities_of_named_states_may_be_formulas():
    def leads(game, cell):
        found = np.zeros(2)
        np.add.at(found, game.successors[0][cell], game.chances[0][cell])
        return found.tolist()

    assert leads(LADDER.stochastic(), (0, 0)) == [0.75, 0.25]
    assert leads(LADDER.stochastic(p=1), (0, 0)) == [0, 1]
    assert leads(LADDER.stochastic(), (1, 0)) == [0, 1]
    with pytest.raises(GameError, match=r"transitions\.low\[0\]\[0\]: a probability is -1"):
        LADDER.stochastic(p=2)


def test_several_levers_that_a_state_restricts_become_one():
    text = """
title: Two levers
states: [free, bound]
start: bound
players:
  Row: {discount: 0.5, levers: {a: {x: {v: 1}, y: {v: 2}}, b: {on: {w: 1}, off: {w: 0}}}}
  Column: {discount: 0.5, actions: [stay]}
available: {bound: {Row: [y+on, x+off]}}
payoffs:
  free: {Row: v + 10*w, Column: 0}
  bound: {Row: v + 10*w, Column: [[1], [2]]}
transitions: {free: [[free], [free], [free], [bound]], bound: [[free], [bound]]}
outcomes: {best: {profiles: [[y+*, stay]], truce: true}}
"""
    model = loads(text)
    game = model.stochastic()
    assert game.actions[1][0] == ("x+off", "y+on")
    assert game.payoffs[1][0].tolist() == [[1], [12]]
    assert model.game().payoffs[0].tolist() == [[1], [12]]
    assert model.game().outcomes[0].profiles == ((1, 0),)
    assert game.successors[0][..., 0].ravel().tolist() == [0, 0, 0, 1]


def test_a_model_without_states_has_no_stochastic_game():
    with pytest.raises(UsageError, match="nothing in this model moves"):
        load("prisoners-dilemma").stochastic()
