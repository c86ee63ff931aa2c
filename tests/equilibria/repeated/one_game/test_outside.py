"""What lies outside a self-generating set: bounds that hold, however patient the players are."""

from __future__ import annotations

import numpy as np
import pytest

import negotiation as ng
from negotiation.equilibria.repeated.feasible import feasible_set
from negotiation.equilibria.repeated.one_game.iteration import solve_set
from negotiation.equilibria.repeated.one_game.outside import reach_beyond
from negotiation.equilibria.repeated.payoff_set import payoff_set
from negotiation.equilibria.repeated.screening import normalised
from negotiation.errors import NearCriticalError
from negotiation.kernels.generation import Stage
from negotiation.kernels.hulls import distance
from tests.first_edition import first_edition

PRISONERS = np.array([[[2 / 3, 0.0], [1.0, 1 / 3]], [[2 / 3, 1.0], [0.0, 1 / 3]]])


def outside(stage, inner):
    return reach_beyond(stage, inner, feasible_set(stage.g, stage.discount), stage.c.min(axis=0))


@pytest.mark.parametrize("patience", [0.999, 0.999999, 0.99999999])
def test_one_round_is_enough_to_show_that_nothing_lies_outside(patience):
    """Widenings in the patient player's directions shrink by less than a millionth a round."""
    stage = Stage.of(PRISONERS, np.array([patience, 0.6]))
    ring = solve_set(PRISONERS, stage.discount).ring
    assert outside(stage, ring) <= 1e-6


def test_no_bound_falls_short_of_a_larger_set():
    """The hull of pure stage equilibria sustains itself, and so do sets that reach beyond it."""
    rng, larger = np.random.default_rng(8), 0
    for _ in range(30):
        p = normalised(rng.integers(0, 9, (1, 2, 2, 3)).astype(float))[0][0]
        stage = Stage.of(p, rng.uniform(0.3, 0.95, 2))
        nash = stage.g[(stage.h <= 0).all(axis=1)]
        if len(nash) != 1:
            continue
        ring = solve_set(p, stage.discount).ring
        missing = distance(ring, nash).max()
        larger += missing > 0.01
        assert outside(stage, nash) >= missing - 1e-9
    assert larger >= 5


def test_nothing_is_claimed_where_patience_leaves_the_set_to_rounding():
    game = ng.load(first_edition("chips-for-rare-earths")).game(patience_us=1 - 1e-10)
    with pytest.raises(NearCriticalError, match="this close to 1"):
        payoff_set(game)


def test_next_to_a_critical_value_a_small_gap_is_enough():
    """Rounds shrink by 7.5 in 10,000 there: to the last digit they would take 20,000 of them."""
    game = ng.load(first_edition("chips-for-rare-earths")).game(
        s=0.7, patience_us=0.33658, patience_cn=0.921
    )
    found = payoff_set(game)
    assert found.rounds <= 6000
    assert 0 < found.gap <= 1e-5 * np.ptp(game.payoffs, axis=(1, 2)).max()
    assert found.status == "polygon"
