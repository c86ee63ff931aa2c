"""One round for one state, beside the same from the definition."""

from __future__ import annotations

import numpy as np
import pytest

from negotiation.equilibria.stochastic.blocks import normalised, parts
from negotiation.games.stochastic_game import StochasticGame
from negotiation.kernels.stochastic_operator import apply, workspace
from tests.reference.payoff_sets import plain_hausdorff
from tests.reference.stochastic_payoff_sets import one_state

BOX = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])


def random_block(seed, shape=(2, 3), states=3):
    rng = np.random.default_rng(seed)
    payoffs = [rng.normal(size=(2, *shape)) for _ in range(states)]
    tables = [rng.dirichlet(np.ones(states), size=shape) for _ in range(states)]
    game = StochasticGame.from_tables(payoffs, tables, rng.uniform(0.3, 0.9, 2))
    (part,) = parts(game, normalised(game)[2])
    return part.block, tables


def everything(block, most=12):
    rings = np.zeros((len(block.width), most, 2))
    rings[:, :4] = BOX
    return rings, np.full(len(rings), 4), np.zeros((len(rings), 2))


@pytest.mark.parametrize("seed", range(8))
def test_a_round_yields_what_the_definition_says(seed):
    block, tables = random_block(seed)
    work = workspace(block, 12)
    for s, table in enumerate(tables):
        n = apply(block, s, *everything(block), -1e-13, work)
        payoffs = block.g[block.first[s] : block.first[s + 1]].T.reshape(2, *table.shape[:2])
        rings, low = [BOX] * len(tables), np.zeros((len(tables), 2))
        expected = one_state(payoffs, table, rings, low, block.discount, np.ones(2))
        assert (n > 0) == (len(expected) > 0)
        assert plain_hausdorff(work.out[:n], expected) <= 1e-9


@pytest.mark.parametrize("seed", range(4))
def test_only_profiles_that_somebody_would_stand_for_are_marked_as_played(seed):
    block, _ = random_block(seed)
    work, (rings, size, low) = workspace(block, 12), everything(block)
    rings[:, :2], size[:] = 0.5, 1
    for s in range(3):
        n = apply(block, s, rings, size, low + 0.5, -1e-13, work)
        here = work.played[block.first[s] : block.first[s + 1]]
        # Whatever follows is the same, so that the stage equilibria are all that is played.
        g = block.g[block.first[s] : block.first[s + 1]].reshape(2, 3, 2)
        nash = (g[..., 0] == g[..., 0].max(axis=0)) & (g[..., 1] == g[..., 1].max(axis=1)[:, None])
        assert (here > 0).reshape(2, 3).tolist() == nash.tolist()
        assert (n > 0) == nash.any()


def test_where_a_state_may_lead_to_an_empty_set_nothing_is_sustained():
    block, _ = random_block(0)
    rings, size, low = everything(block)
    size[1] = 0
    assert apply(block, 0, rings, size, low, -1e-13, workspace(block, 12)) == 0
