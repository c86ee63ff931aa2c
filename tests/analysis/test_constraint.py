"""One player's constraint: levels and slack as in the model's games, and where it crosses zero."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

from negotiation.analysis.constraint import Condition, Constraint, crossings
from negotiation.equilibria.repeated.discounts.patience import slack
from negotiation.errors import UsageError
from negotiation.payoff_file import load
from tests.first_edition import first_edition

FLAGSHIP = load(first_edition("chips-for-rare-earths"))
TRUCE, RUPTURE = (1, 0), (2, 4)


@pytest.mark.parametrize("player", [0, 1])
def test_levels_are_those_of_the_game(player):
    constraint = Constraint(FLAGSHIP, Condition(TRUCE, player, RUPTURE), {"V": 47.0})
    shares = np.linspace(0.45, 0.75, 7)
    deal, best, threat = constraint.levels({"s": shares})
    for k, s in enumerate(shares):
        own = FLAGSHIP.game(s=s, V=47.0).payoffs[player]
        replies = own[:, TRUCE[1]] if player == 0 else own[TRUCE[0]]
        assert (deal[k], best[k], threat[k]) == (own[TRUCE], replies.max(), own[RUPTURE])


@pytest.mark.parametrize("player", [0, 1])
def test_the_slack_has_the_sign_of_the_constraint_of_the_repeated_game(player):
    constraint = Constraint(FLAGSHIP, Condition(TRUCE, player, RUPTURE), {})
    signs = set()
    for s in np.linspace(0.2, 0.8, 13):
        game = FLAGSHIP.game(s=s)
        there = slack(game, TRUCE, game.payoffs[:, RUPTURE[0], RUPTURE[1]])[player]
        assert np.sign(constraint.slack({"s": s})[0]) == np.sign(there)
        signs.add(float(np.sign(there)))
    assert player == 0 or signs == {-1.0, 1.0}  # China's part of the truce ends in between


@pytest.mark.parametrize("cell", [(0, 0), (1, 0), (2, 4), (0, 2)])
@pytest.mark.parametrize("player", [0, 1])
def test_a_payoff_in_symbols_has_the_value_of_the_game(player, cell):
    constraint = Constraint(FLAGSHIP, Condition(TRUCE, player, RUPTURE), {})
    found = constraint.payoff(cell, {}, "s")
    assert {x.name for x in found.free_symbols} <= set(FLAGSHIP.values())
    values = {x: float(FLAGSHIP.values()[x.name]) for x in found.free_symbols}
    expected = FLAGSHIP.game().payoffs[player][cell]
    assert float(sympy.sympify(found).xreplace(values)) == pytest.approx(expected)


def test_the_best_deviation_is_named():
    constraint = Constraint(FLAGSHIP, Condition((0, 0), 1, RUPTURE), {})
    assert constraint.where({}) == "China deviates to cut+buy; the threat is (embargo, cut+buy)"


@pytest.mark.parametrize(
    "condition", [((3, 0), 0, RUPTURE), (TRUCE, 0, (0, -1)), (TRUCE, 2, TRUCE)]
)
def test_what_the_model_does_not_have_is_refused(condition):
    with pytest.raises(UsageError, match="there is no"):
        Constraint(FLAGSHIP, Condition(*condition), {})


def test_crossings_are_found_to_the_last_bit_and_say_which_way():
    found = crossings(lambda x: (x - 0.1) * (0.7 - x), 0.0, 1.0)
    assert [rising for _, rising in found] == [True, False]
    assert [x for x, _ in found] == pytest.approx([0.1, 0.7], abs=1e-15)


def test_touching_zero_and_having_no_value_are_not_crossings():
    assert crossings(lambda x: (x - 0.5) ** 2, 0.0, 1.0) == []
    assert crossings(lambda x: np.where(x < 0.5, np.nan, x), 0.0, 1.0) == []
    assert crossings(lambda x: 0 * x, 0.0, 1.0) == []
