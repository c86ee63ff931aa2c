"""Bounds on threats, against the exact sets."""

from __future__ import annotations

import numpy as np
import pytest

from negotiation.equilibria.repeated.payoff_set import payoff_set
from negotiation.equilibria.repeated.screening import threat_bounds
from negotiation.errors import NearCriticalError
from negotiation.games.game import Game


def test_bounds_hold_in_random_games_and_often_meet():
    draw = np.random.default_rng(0)
    seen = met = 0
    for k in range(120):
        tables = draw.integers(0, 6, (2, *draw.integers(2, 4, 2))).astype(float)
        same, apart = draw.choice([0.2, 0.4, 0.6, 0.8]).repeat(2), draw.choice([0.3, 0.5, 0.7], 2)
        game = Game(tables, same if k % 2 else apart)
        try:
            exact = payoff_set(game).min_spe_payoffs
        except NearCriticalError:
            continue
        low, high = threat_bounds(game)
        seen += 1
        met += bool((high <= low).all())
        if exact is None:
            assert not np.isfinite(high).all()
        else:
            assert (exact >= low - 1e-9).all()
            assert (exact <= high + 1e-9).all()
    assert met > seen / 2


def test_stick_and_carrot_beats_reversion():
    """Abreu's Cournot game: the worst payoff is 0, below the one-off equilibrium."""
    from negotiation.payoff_file import load

    game = load("abreu-cournot").game()
    low, high = threat_bounds(game)
    exact = payoff_set(game).min_spe_payoffs
    assert low == pytest.approx(exact)
    assert high == pytest.approx(exact)


def test_a_batch_is_a_loop():
    draw = np.random.default_rng(1)
    tables, discount = draw.normal(size=(6, 2, 3, 4)), draw.uniform(0.2, 0.9, (6, 2))
    many = threat_bounds(Game(tables, discount))
    for k in range(6):
        one = threat_bounds(Game(tables[k], discount[k]))
        assert np.array_equal(many[0][k], one[0])
        assert np.array_equal(many[1][k], one[1])


def test_scale_and_shift_move_the_bounds_with_them():
    draw = np.random.default_rng(2)
    tables, discount = draw.integers(-3, 4, (20, 2, 3, 3)).astype(float), np.array([0.6, 0.8])
    here = threat_bounds(Game(tables, discount))
    there = threat_bounds(Game(1e6 * tables + 1e6, discount))
    for a, b in zip(here, there, strict=True):
        assert b == pytest.approx(1e6 * a + 1e6)
