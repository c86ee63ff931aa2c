"""Games that several test files share."""

import numpy as np
from hypothesis import strategies as st

from negotiation.games.game import Game
from negotiation.payoff_file import load
from tests.first_edition import first_edition

PD = ([[9, 1], [10, 3]], [[9, 10], [1, 3]])
TRUCE, OPEN, RUPTURE, OTHER_RUPTURE = (1, 0), (0, 0), (2, 4), (2, 5)


def pd(delta):
    return Game.from_tables(*PD, discount=delta)


def flagship():
    return load(first_edition("chips-for-rare-earths")).game()


small_games = st.builds(
    lambda cells, n0, n1, d: Game.from_tables(
        np.array(cells[: n0 * n1]).reshape(n0, n1),
        np.array(cells[9 : 9 + n0 * n1]).reshape(n0, n1),
        discount=d,
    ),
    st.lists(st.integers(-4, 6), min_size=18, max_size=18),
    st.integers(1, 3),
    st.integers(1, 3),
    st.tuples(*[st.sampled_from([0.0, 0.3, 0.6, 0.8, 0.95])] * 2),
)

RATCHET = """
title: A truce that one step ends
parameters: {d: {value: 0.8, range: [0, 0.99], unit: none, meaning: patience, grade: assumed}}
states: [early, late]
start: early
players:
  A: {actions: [hold, break], discount: d}
  B: {actions: [hold, break], discount: d}
available: {late: {A: [hold], B: [hold]}}
payoffs:
  early: {A: [[2, 0], [3, 1]], B: [[2, 3], [0, 1]]}
  late: {A: [[1]], B: [[1]]}
transitions:
  early: [[{early: 0.9, late: 0.1}, early], [early, early]]
  late: [[late]]
outcomes:
  truce: {profiles: [[hold, hold]], truce: true}
"""
"""A dynamic file: each round that both hold, the truce ends for good with one chance in ten."""


def deviations(game, profile):
    """By hand: the best each side can get by changing its own action only."""
    a0, a1 = profile
    n0, n1 = game.shape
    return np.array(
        [
            max(game.payoffs[0, k, a1] for k in range(n0)),
            max(game.payoffs[1, a0, k] for k in range(n1)),
        ]
    )
