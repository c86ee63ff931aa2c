"""Which states lead where, and what a state is worth apart from staying in it."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from negotiation.games.state_graph import chain, from_start, groups, reached, split
from negotiation.games.stochastic_game import StochasticGame


def random_game(seed, *, count=7, links=1.5):
    draw = np.random.default_rng(seed)
    chances = []
    for s in range(count):
        weights = draw.random((2, 2, count)) * (draw.random((2, 2, count)) < links / count)
        weights[..., s] += 0.2 * (draw.random((2, 2)) < 0.5)
        weights[weights.sum(-1) == 0, s] = 1
        chances.append(weights / weights.sum(-1, keepdims=True))
    return StochasticGame.from_tables(draw.random((count, 2, 2, 2)), chances, (0.5, 0.9))


def leads(game):
    """Return whether play can get from each state to each other one, in any number of steps."""
    table = np.eye(game.count, dtype=bool)
    for s, cell in product(range(game.count), np.ndindex(2, 2)):
        for to, chance in zip(game.successors[s][cell], game.chances[s][cell], strict=True):
            table[s, to] |= chance > 0
    for _ in range(game.count):
        table = (table.astype(int) @ table.astype(int)) > 0
    return table


@pytest.mark.parametrize("seed", range(20))
def test_groups_are_the_states_that_lead_to_each_other_and_come_after_what_they_lead_to(seed):
    game = random_game(seed)
    table, order = leads(game), groups(game)
    assert sorted(s for group in order for s in group) == list(range(game.count))
    place = {s: k for k, group in enumerate(order) for s in group}
    for s, t in product(range(game.count), repeat=2):
        assert (place[s] == place[t]) == (table[s, t] and table[t, s])
        if table[s, t]:
            assert place[t] <= place[s]


@pytest.mark.parametrize("seed", range(20))
def test_from_the_start_on_the_same_game_is_played(seed):
    game = random_game(seed)
    small = from_start(game)
    kept = np.flatnonzero(leads(game)[game.start])
    assert small.states == tuple(game.states[s] for s in kept)
    assert small.states[small.start] == game.states[game.start]
    for k, s in enumerate(kept):
        assert (small.payoffs[k] == game.payoffs[s]).all()
        for cell in np.ndindex(2, 2):
            before, after = np.zeros(game.count), np.zeros(game.count)
            np.add.at(before, game.successors[s][cell], game.chances[s][cell])
            live = small.chances[k][cell] > 0
            np.add.at(after, kept[small.successors[k][cell][live]], small.chances[k][cell][live])
            np.testing.assert_allclose(before, after)


def test_staying_and_leaving_add_up_to_the_whole():
    game = random_game(3)
    values = np.random.default_rng(0).random((4, game.count, 2))
    for s in range(game.count):
        apart, stay = split(game, s, values)
        later = np.einsum("abm,nabmi->niab", game.chances[s], values[:, game.successors[s]])
        d = game.discount[:, None, None]
        whole = (1 - d) * game.payoffs[s] + d * later
        np.testing.assert_allclose(apart + d * stay * values[:, s, :, None, None], whole)


def test_a_chain_has_the_chances_of_the_profiles_played():
    game = random_game(5)
    cells = np.random.default_rng(1).integers(0, 2, (game.count, 2))
    cells[2] = -1
    move = chain(game, cells).toarray()
    assert move.sum(1).round(12).tolist() == [1, 1, 0, 1, 1, 1, 1]
    for s, cell in enumerate(map(tuple, cells.tolist())):
        if cell[0] >= 0:
            assert set(np.flatnonzero(move[s])) <= set(reached(game, s))
