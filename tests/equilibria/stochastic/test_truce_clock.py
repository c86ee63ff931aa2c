"""How a path unfolds: exact chances against enumeration and against drawn histories."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from negotiation.equilibria.stochastic.payoff_sets import stochastic_sets
from negotiation.equilibria.stochastic.truce_clock import at_most, clock, draw, quantiles
from negotiation.equilibria.stochastic.truce_path import threats_of, truce_cells, truce_paths
from negotiation.games.stochastic_game import StochasticGame
from tests.equilibria.stochastic.test_truce_path import ending, random_game


def first_path(game):
    return truce_paths(game, threats_of(stochastic_sets(game)))[0]


def test_a_truce_that_ends_by_chance_lasts_as_the_geometric_law_says():
    """It is kept in period 1, in each further one with chance 0.8: 0.8^(k - 1), 5 on average."""
    game = ending(0.2)
    found = clock(game, first_path(game), 12)
    np.testing.assert_allclose(found.lasts, [1, *0.8 ** np.arange(12)], atol=1e-12)
    assert (found.for_ever, found.mean) == (0, pytest.approx(5))
    np.testing.assert_allclose(found.state[:, 0], 0.8 ** np.arange(13), atol=1e-12)


def test_a_truce_that_nothing_ends_lasts_for_ever():
    game = ending(0.0)
    found = clock(game, first_path(game), 5)
    assert (found.lasts.tolist(), found.for_ever, found.mean) == ([1.0] * 6, 1.0, np.inf)


def by_enumeration(game, path, periods):
    """Add up the chances of all histories, one by one."""
    lasts, state = np.zeros(periods + 1), np.zeros((periods + 1, game.count))
    for history in product(range(game.count), repeat=periods):
        chance, here, kept = 1.0, [game.start, *history], True
        for s, t in zip(here, history, strict=False):
            cell = tuple(path.cells[s])
            chance *= sum(game.chances[s][cell][game.successors[s][cell] == t])
        for k, s in enumerate(here):
            state[k, s] += chance
            lasts[k] += chance * kept
            kept &= bool(path.truce[s])
    return lasts, state


@pytest.mark.parametrize("seed", range(6))
def test_chances_are_those_of_all_histories_added_up(seed):
    game = random_game(seed)
    for path in truce_paths(game, threats_of(stochastic_sets(game))):
        found, (lasts, state) = clock(game, path, 5), by_enumeration(game, path, 5)
        np.testing.assert_allclose(found.lasts, lasts, atol=1e-12)
        np.testing.assert_allclose(found.state, state, atol=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_drawn_histories_agree_with_the_exact_chances(seed):
    """20,000 histories: a share is within 4.5 standard errors of its chance."""
    game = random_game(seed)
    paths = truce_paths(game, threats_of(stochastic_sets(game)))
    for path in paths[:1]:
        found = clock(game, path, 8)
        drawn = draw(game, path, 8, 20_000, seed=seed)
        error = 4.5 * np.sqrt(0.25 / 20_000)
        for s in range(game.count):
            assert np.abs((drawn == s).mean(0) - found.state[:, s]).max() <= error
        kept = np.cumprod(path.truce[drawn], axis=1).mean(0)[:-1]
        assert np.abs(kept - found.lasts[1:]).max() <= error


def test_a_seed_repeats_and_another_does_not():
    game = ending(0.2)
    path = first_path(game)
    one, again, other = (draw(game, path, 30, 50, seed=s) for s in (0, 0, 1))
    assert (one == again).all()
    assert (one != other).any()


@pytest.mark.parametrize("seed", range(6))
def test_the_bound_is_the_best_of_all_plans_and_above_every_path(seed):
    game, periods = random_game(seed, count=2), 3
    sets = stochastic_sets(game)
    cells = [s.possible & t for s, t in zip(sets.states, truce_cells(game), strict=True)]
    bound = at_most(game, tuple(cells), periods)
    options = [np.argwhere(c).tolist() or [None] for c in cells]
    for k in range(1, periods + 1):
        best = 0.0
        for plan in product(product(*options), repeat=k):  # a profile per state and period
            chance = np.eye(game.count)[game.start]
            for told in plan:
                after = np.zeros(game.count)
                for s, cell in enumerate(told):
                    if cell is not None:
                        np.add.at(
                            after,
                            game.successors[s][*cell],
                            chance[s] * game.chances[s][*cell],
                        )
                chance = after
            best = max(best, chance.sum())
        assert bound[k] == pytest.approx(best, abs=1e-12)
    for path in truce_paths(game, threats_of(sets)):
        assert (clock(game, path, periods).lasts <= bound + 1e-12).all()


def test_quantiles_are_the_smallest_levels_that_reach_a_share():
    levels, chances = np.array([3.0, 1.0, 2.0]), np.array([[0.2, 0.5, 0.3], [1, 0, 0]])
    assert quantiles(levels, chances, (0.5, 0.51, 0.8, 0.81)).tolist() == [
        [1.0, 2.0, 2.0, 3.0],
        [3.0, 3.0, 3.0, 3.0],
    ]


def test_a_path_is_followed_through_states_whose_order_is_not_that_of_play():
    """The start is the last of the list, and play goes to the first."""
    game = ending(0.2)
    turned = StochasticGame(
        game.payoffs[::-1],
        tuple(1 - s for s in game.successors[::-1]),
        game.chances[::-1],
        game.discount,
        start=1,
        outcomes=game.outcomes[::-1],
    )
    one, other = (clock(g, first_path(g), 9).lasts for g in (game, turned))
    np.testing.assert_allclose(one, other, atol=1e-12)
