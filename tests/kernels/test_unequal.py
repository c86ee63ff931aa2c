"""Neighbours help each other to their sets; that must show in the time only."""

from __future__ import annotations

import numpy as np
import pytest

import negotiation as ng
from negotiation.equilibria.repeated.set_parts import payoff_sets_batch
from negotiation.games.game import Game, normalised_payoffs
from negotiation.kernels.hulls import hausdorff
from negotiation.kernels.inner_sets import make_scratch, sets_unequal
from negotiation.kernels.outer_sets import outer_rounds
from negotiation.sweeps.batch import solve_batch
from tests.first_edition import first_edition

SIDE = 32
MOST = 512


@pytest.fixture(scope="module")
def plane():
    """Return the flagship's games over s and China's patience, neighbours side by side."""
    s, patience = (
        x.ravel() for x in np.meshgrid(np.linspace(0, 1, SIDE), np.linspace(0.5, 0.99, SIDE))
    )
    return ng.load(first_edition("chips-for-rare-earths")).game(s=s, patience_cn=patience)


def test_sets_do_not_depend_on_which_game_comes_before(plane):
    order = np.random.default_rng(0).permutation(len(plane.payoffs))
    back = np.argsort(order)
    found = payoff_sets_batch(plane)
    mixed = payoff_sets_batch(Game(plane.payoffs[order], plane.discount[order]))
    scale = np.ptp(plane.payoffs, axis=(2, 3)).max(axis=1)
    for k, n in enumerate(found.counts):
        m = mixed.counts[back[k]]
        assert (n > 0) == (m > 0)
        if n > 0:
            apart = hausdorff(found.vertices[k, :n], mixed.vertices[back[k], :m])
            assert apart <= found.gap[k] + mixed.gap[back[k]] + 1e-9 * scale[k]


def test_nothing_that_solve_reports_depends_on_which_game_comes_before(plane):
    order = np.random.default_rng(1).permutation(len(plane.payoffs))
    back = np.argsort(order)
    found = solve_batch(plane)
    mixed = solve_batch(Game(plane.payoffs[order], plane.discount[order], outcomes=plane.outcomes))
    assert np.array_equal(found.status, mixed.status[back])
    assert np.array_equal(found.sustained, mixed.sustained[back])
    assert np.allclose(
        found.min_spe_payoffs, mixed.min_spe_payoffs[back], rtol=0, atol=1e-7, equal_nan=True
    )


def solved(payoffs, discount, hasty):
    """Return the sets that the kernel finds, one game after the other, and their gaps."""
    p, d = normalised_payoffs(payoffs)[0], discount
    games, scratch = len(p), make_scratch(p[0, 0].size, MOST)
    active, rows = np.ones((games, p[0, 0].size), dtype=np.intp), np.arange(games)
    rings, inner = np.zeros((2, games, MOST, 2))
    sizes, counts = np.zeros((2, games), dtype=np.intp)
    threats, pinned, worst = np.zeros((3, games, 2))
    gap, state = np.zeros(games), (rings, sizes, threats, pinned)
    game, found = (p, d, active, np.zeros(games)), (inner, counts, worst, gap)
    outer_rounds(game, state, rows, 60, scratch[0])
    sets_unequal(game, state, found, rows, (hasty, 1e-7), scratch)
    return [ring[:n] for ring, n in zip(inner, counts, strict=True)], gap


def test_a_small_set_is_not_handed_on_to_a_game_that_sustains_more():
    # A prisoners' dilemma, first too impatient for anything but both defecting, then patient: that
    # defecting sustains itself in both games.
    payoffs = np.array([[[2.0, 0.0], [3.0, 1.0]], [[2.0, 3.0], [0.0, 1.0]]])
    discount = np.array([[0.2, 0.25], [0.8, 0.85]])
    (small, large), gap = solved(np.stack([payoffs] * 2), discount, True)
    assert len(small) == 1
    assert len(large) > 2
    assert (gap <= 1e-6).all()


def test_neighbours_get_the_sets_that_they_get_by_a_search_of_their_own():
    rng = np.random.default_rng(2)
    payoffs = rng.random((2, 3, 3)) + 1e-4 * rng.random((200, 2, 3, 3))
    discount = np.tile([0.7, 0.8], (200, 1))
    found, gap = solved(payoffs, discount, True)
    own, own_gap = solved(payoffs, discount, False)
    assert (gap <= 1e-6).all()
    assert (own_gap <= 1e-6).all()
    apart = [hausdorff(a, b) for a, b in zip(found, own, strict=True)]
    assert (np.array(apart) <= gap + own_gap + 1e-12).all()
