"""Critical discount factors that rounding decides are told from those that it does not."""

from __future__ import annotations

import numpy as np
import pytest

from negotiation.equilibria.repeated.discounts.critical_discounts import (
    critical_discounts_by_player_batch,
)
from negotiation.equilibria.repeated.discounts.near_critical import hangs_on_rounding
from negotiation.equilibria.repeated.discounts.patience import (
    critical_discount_of,
    penal_threats,
)
from negotiation.games.game import Game
from negotiation.reporting.blocks import plain
from negotiation.reporting.pages.solution import page
from negotiation.solution.as_json import to_dict
from negotiation.solution.solution import solve
from tests.reference.one_by_one import Tally, compare, compare_discounts, random_games

FIRST, SECOND = [[3.0, 5.0], [5.0, 7.0]], [[0.0, 5.0], [8.0, 6.0]]
"""To punish player 2, player 1 must play its first row, and with δ = 1/2 that takes a reward of
exactly the most it can get: both play (1, 1) for ever after. That is harsh enough if 6 δ ≥ 5."""


def least(game, cell, i):
    threats = penal_threats(game)
    found = critical_discount_of(game, cell, threats, i)
    return found, found is not None and hangs_on_rounding(game, cell, threats, found, i)


def test_a_reward_that_is_exactly_the_most_there_is_makes_the_threshold_hang_on_rounding():
    found, hangs = least(Game.from_tables(FIRST, SECOND, discount=(0.5, 0.6)), (1, 1), 1)
    assert abs(found - 5 / 6) > 1e-8
    assert hangs


@pytest.mark.parametrize("patience", [0.5001, 0.6])
def test_a_hair_more_patience_of_the_other_side_makes_the_threshold_firm(patience):
    found, hangs = least(Game.from_tables(FIRST, SECOND, discount=(patience, 0.6)), (1, 1), 1)
    assert not hangs
    assert found < 5 / 6


@pytest.mark.parametrize(
    ("first", "second", "cell", "exact"),
    [
        ([[3, 0], [2, 1]], [[2, 0], [3, 1]], (1, 0), 2 / 3),
        ([[1, 2], [0, 3]], [[0, 1], [1, 3]], (0, 1), (np.sqrt(10) - 2) / 2),
        ([[0, 1], [0, 2]], [[2, 3], [0, 1]], (0, 1), 1 / 2),
    ],
)
def test_equality_alone_does_not_make_a_threshold_hang_on_rounding(first, second, cell, exact):
    """Player 1's constraint holds with equality at δ = 1/2, whatever the patience of player 2."""
    found, hangs = least(Game.from_tables(first, second, discount=(0.5, 0.9)), cell, 1)
    assert found == pytest.approx(exact, abs=1e-9)
    assert not hangs


def test_a_batch_says_that_rounding_decides_where_the_single_game_path_does():
    others = random_games((2, 2), "integer", common=False, count=14, seed=3)
    payoffs = np.concatenate((np.array([[FIRST, SECOND]] * 2), others.payoffs))
    discount = np.concatenate((np.array([[0.5, 0.6], [0.51, 0.6]]), others.discount))
    tally = Tally()
    batch = compare(Game(payoffs, discount), tally, sets=False)
    compare_discounts(batch, range(16), tally)
    assert tally.different == []
    assert np.isnan(batch.penal_code_by_player[0, 1, 1, 1])
    assert np.isfinite(batch.penal_code_by_player[1, 1, 1, 1])
    few = critical_discounts_by_player_batch(Game(payoffs[:2], discount[:2]))
    assert np.isnan(few[0, 1, 1, 1])
    assert np.isfinite(few[1, 1, 1, 1])


def test_solve_marks_the_number_and_says_why():
    found = solve(Game.from_tables(FIRST, SECOND, discount=(0.5, 0.9)))
    (deal,) = (o for o in found.outcomes if o.profile == (1, 1))
    assert deal.near_critical == (False, True)
    told = plain(page(found))
    assert "0.833 ?" in told
    assert "?: a constraint of the other side holds with equality there" in told
    marks = [o["critical_discount_by_player"]["near_critical"] for o in to_dict(found)["outcomes"]]
    assert [False, True] in marks
