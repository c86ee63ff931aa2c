"""Feasible payoffs with a discount factor for each side, against the definition as a series."""

from __future__ import annotations

import numpy as np
import pytest

from negotiation.equilibria.repeated import feasible
from negotiation.equilibria.repeated.feasible import feasible_set
from negotiation.kernels.hulls import distance, hausdorff, hull

ANGLES = np.linspace(0, 2 * np.pi, 721)
DIRECTIONS = np.stack((np.cos(ANGLES), np.sin(ANGLES)), axis=1)
PAIRS = [(0.3, 0.6), (0.8, 0.5), (0.0, 0.9), (0.5, 0.0), (0.9, 0.95), (0.97, 0.5)]


def series(points, discount, directions=DIRECTIONS):
    """Support of the feasible set: the best profile of every period, period by period."""
    total, weight = np.zeros(len(directions)), 1 - discount
    while weight.max() > 1e-18:
        total += (directions @ (weight * points).T).max(axis=1)
        weight = weight * discount
    return total


def some_points(seed, count=9):
    rng = np.random.default_rng(seed)
    return rng.integers(-5, 6, (count, 2)) / 5 if seed % 2 else rng.uniform(-1, 1, (count, 2))


@pytest.mark.parametrize("pair", PAIRS)
def test_the_support_is_the_discounted_sum_of_each_periods_best(pair):
    discount = np.array(pair)
    for seed in range(6):
        points = some_points(seed)
        ring = feasible_set(points, discount)
        np.testing.assert_allclose(
            (DIRECTIONS @ ring.T).max(axis=1), series(points, discount), atol=1e-13, rtol=0
        )


@pytest.mark.parametrize("pair", PAIRS)
def test_every_sequence_of_profiles_is_feasible(pair):
    discount, rng = np.array(pair), np.random.default_rng(5)
    points = some_points(4)
    ring = feasible_set(points, discount)
    plays = points[rng.integers(0, len(points), (200, 600))]
    weights = (1 - discount) * discount ** np.arange(600)[:, None]
    rest = discount**600
    payoffs = (plays * weights).sum(axis=1) + rest * plays[:, -1]
    assert distance(payoffs, ring).max() <= 1e-12


@pytest.mark.parametrize("delta", [0.0, 0.5, 0.999])
def test_equal_patience_leaves_the_hull_of_stage_payoffs(delta):
    points = some_points(1)
    assert feasible_set(points, np.array([delta, delta])).tolist() == points[hull(points)].tolist()


def test_nearly_equal_patience_leaves_nearly_the_hull():
    points = some_points(2)
    close = feasible_set(points, np.array([0.9, 0.9 + 1e-9]))
    assert hausdorff(close, points[hull(points)]) < 1e-7


def test_the_ring_is_convex_and_starts_at_its_smallest_vertex():
    ring = feasible_set(some_points(3), np.array([0.6, 0.9]))
    assert hull(ring).tolist() == list(range(len(ring)))


def test_unequal_patience_leaves_the_hull_of_stage_payoffs():
    """The impatient side is paid first: more than any stage payoff becomes feasible."""
    points = np.array([[0.0, 0], [1, 0], [0, 1]])
    ring = feasible_set(points, np.array([0.5, 0.9]))
    assert ring.sum(axis=1).max() == pytest.approx(
        series(points, np.array([0.5, 0.9]), np.ones((1, 2)))[0]
    )
    assert ring.sum(axis=1).max() > 1.4


def test_swapping_the_players_swaps_the_coordinates():
    points = some_points(0)
    one = feasible_set(points, np.array([0.4, 0.8]))
    other = feasible_set(points[:, ::-1], np.array([0.8, 0.4]))
    assert hausdorff(one, other[:, ::-1]) < 1e-14


@pytest.mark.parametrize(
    "points", [np.zeros((4, 2)), np.array([[0.0, 0], [1, 1]]), np.array([[0.0, 0.3], [1, 0.3]])]
)
def test_points_and_segments_are_ordinary_cases(points):
    discount = np.array([0.5, 0.8])
    ring = feasible_set(points, discount)
    np.testing.assert_allclose(
        (DIRECTIONS @ ring.T).max(axis=1), series(points, discount), atol=1e-13
    )


@pytest.mark.parametrize("cap", [20, 60, 400])
def test_beyond_the_cap_the_ring_is_rounded_outward(cap):
    points, discount = some_points(6), np.array([0.95, 0.99])
    exact = feasible_set(points, discount, cap=10**9)
    rounded = feasible_set(points, discount, cap=cap)
    assert len(rounded) <= 2 * cap < len(exact)
    assert distance(exact, rounded).max() <= 1e-12
    assert hausdorff(exact, rounded) < 30 / cap**2


def test_very_patient_players_still_get_the_series():
    points, discount = some_points(8), np.array([0.99, 0.999])
    ring = feasible_set(points, discount, cap=10**6)
    directions = DIRECTIONS[::30]
    np.testing.assert_allclose(
        (directions @ ring.T).max(axis=1), series(points, discount, directions), atol=1e-11
    )


def test_millions_of_periods_are_bounded_from_outside_in_blocks(monkeypatch):
    points, discount = np.array([[0.0, 0], [1, 0.2], [0.3, 1], [0.7, 0.9]]), np.array([0.999, 0.99])
    exact = feasible_set(points, discount, cap=10**6)
    monkeypatch.setattr(feasible, "_LONG", 100)
    rough = feasible_set(points, discount, cap=10**6)
    assert distance(exact, rough).max() <= 1e-12
    assert 0 < distance(rough, exact).max() <= 1e-4
