"""Where a state goes under one policy for ever: arithmetic that can be done by hand."""

from __future__ import annotations

import numpy as np
import pytest

from negotiation.equilibria.stochastic.restriction import equal_speed, expected, restriction
from negotiation.errors import UsageError
from negotiation.games.stochastic_game import StochasticGame
from negotiation.payoff_file import loads

FILE = """
title: A race
parameters:
  fast: {value: 0.08, range: [0, 0.1], unit: share, meaning: rise without chips, grade: assumed}
states:
  s: {start: 0, from: 0, to: 10, step: 0.1, unit: share, meaning: made at home, grade: assumed}
  r: {start: 0, from: 0, to: 0.2, step: 0.1, unit: share, meaning: found elsewhere, grade: assumed}
dynamics:
  s: fast - 0.06*licensed*buys
  r: 0.05*(1 - ore)
players:
  US:
    discount: 0.8
    levers:
      chips: {license: {licensed: 1}, embargo: {licensed: 0}}
  China:
    discount: 0.8
    levers:
      rare earths: {supply: {ore: 1}, cut: {ore: 0}}
      purchases: {buy: {buys: 1}, refuse: {buys: 0}}
payoffs:
  US: ore - licensed
  China: licensed - ore
"""


@pytest.fixture(scope="module")
def game():
    return loads(FILE).stochastic()


def test_a_constant_expected_rise_adds_up(game):
    """0.02 a period with access, 0.08 without: 8 periods later 0.16 and 0.64, far from the top."""
    found = restriction(game, (2, 8))
    assert (found.axis, found.start, found.periods) == ("s", 0, (2, 8))
    assert (found.rows, found.columns) == (("license", "embargo"), ("buy", "refuse"))
    np.testing.assert_allclose(found.levels[0], [[0.04, 0.16], [0.16, 0.16]], atol=1e-12)
    np.testing.assert_allclose(found.levels[1], [[0.16, 0.64], [0.64, 0.64]], atol=1e-12)


def test_with_equal_speeds_nothing_that_is_played_matters(game):
    found = restriction(game, (8,))
    np.testing.assert_allclose(found.equal[0], 0.16, atol=1e-12)
    np.testing.assert_allclose(found.equal[1], 0.64, atol=1e-12)


def test_equal_speeds_leave_the_other_number_as_it_was(game):
    for slow in (True, False):
        for cell in np.ndindex(2, 4):
            before, after = (
                expected(g, cell, (5,))[0, 1] for g in (game, equal_speed(game, slow=slow))
            )
            assert after == pytest.approx(before, abs=1e-12)


def test_a_number_stops_at_the_top_of_its_grid(game):
    """r rises 0.05 a period under a cut, on levels 0, 0.1, 0.2: after 40 periods it is there."""
    assert expected(game, (0, 2), (40,))[0, 1] == pytest.approx(0.2, abs=1e-6)


def test_actions_without_a_setting_in_common_are_listed():
    file = FILE.replace("fast - 0.06*licensed*buys", "fast - 0.06*(ore*buys + (1-ore)*(1-buys))")
    found = restriction(loads(file).stochastic(), (8,))
    assert found.columns == ("supply+buy, cut+refuse", "supply+refuse, cut+buy")
    assert restriction(loads(FILE.replace("0.06", "0")).stochastic(), (8,)).columns == ("anything",)


def test_states_without_numbers_are_refused():
    game = StochasticGame.from_tables([np.ones((2, 1, 1))], [np.ones((1, 1, 1))], 0.5)
    with pytest.raises(UsageError, match="grid"):
        restriction(game, (8,))
