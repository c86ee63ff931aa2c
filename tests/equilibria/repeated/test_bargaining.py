"""Bargaining solutions, against a fine grid and their defining properties."""

from __future__ import annotations

import numpy as np
import pytest

from negotiation.equilibria.repeated.bargaining import bargaining_solutions
from negotiation.kernels.hulls import distance, hull


def random_sets():
    draw = np.random.default_rng(3)
    for _ in range(60):
        points = draw.normal(size=(draw.integers(3, 9), 2)) * draw.uniform(0.5, 20, 2)
        points += draw.normal(size=2) * 5
        yield points, points.min(axis=0) + draw.uniform(-0.2, 0.5) * np.ptp(points, axis=0)


def mixtures(points):
    """A fine grid of the boundary and the inside of the hull."""
    ring = points[hull(points)]
    t = np.linspace(0, 1, 2001)[:, None]
    after = np.roll(ring, -1, axis=0)
    return np.concatenate([a + t * (b - a) for a, b in zip(ring, after, strict=True)])


def test_nash_has_the_largest_product_of_gains():
    seen = 0
    for points, floor in random_sets():
        found = bargaining_solutions(points, floor)
        gains = mixtures(points) - floor
        both = gains[(gains > 0).all(axis=1)]
        if not found:
            continue
        seen += 1
        best = np.prod(np.array(found["Nash"]) - floor)
        assert best >= both.prod(axis=1).max() - 1e-9 * best
        assert best <= both.prod(axis=1).max() * (1 + 1e-4)
    assert seen > 30


def test_kalai_smorodinsky_shares_gains_like_the_best_each_could_have():
    for points, floor in random_sets():
        found = bargaining_solutions(points, floor)
        if not found:
            continue
        gains = mixtures(points) - floor
        most = gains[(gains >= 0).all(axis=1)].max(axis=0)
        ks = np.array(found["Kalai-Smorodinsky"]) - floor
        assert ks[0] / ks[1] == pytest.approx(most[0] / most[1], rel=2e-2)
        better = (gains > ks * (1 + 1e-3)).all(axis=1)
        assert not better.any()


def test_equal_gains_and_largest_sum():
    for points, floor in random_sets():
        found = bargaining_solutions(points, floor)
        if not found:
            continue
        gains = mixtures(points) - floor
        if "egalitarian" in found:
            first, second = np.array(found["egalitarian"]) - floor
            assert first == pytest.approx(second)
            here, beyond = np.array(found["egalitarian"]), floor + 1.001 * first
            ring = points[hull(points)]
            assert distance(here[None], ring)[0] == pytest.approx(0, abs=1e-9)
            assert distance(beyond[None], ring)[0] > 0
        allowed = gains[(gains >= 0).all(axis=1)]
        total = sum(found["utilitarian"]) - floor.sum()
        assert total >= allowed.sum(axis=1).max() - 1e-9


def test_units_move_nash_and_kalai_smorodinsky_with_them():
    for points, floor in random_sets():
        here = bargaining_solutions(points, floor)
        scale, shift = np.array([1e4, 0.01]), np.array([-7.0, 300.0])
        there = bargaining_solutions(points * scale + shift, floor * scale + shift)
        for name in ("Nash", "Kalai-Smorodinsky"):
            if here:
                assert there[name] == pytest.approx(np.array(here[name]) * scale + shift)


def test_where_nobody_can_gain_there_is_no_solution():
    square = np.array([[0.0, 0], [1, 0], [0, 1]])
    assert bargaining_solutions(square, np.array([1.0, 1.0])) == {}
    assert bargaining_solutions(np.array([[0.0, 0], [0, 3]]), np.zeros(2)) == {}
    assert bargaining_solutions(np.array([[2.0, 2.0]]), np.zeros(2)) == {}


def test_a_segment_is_a_set_too():
    found = bargaining_solutions(np.array([[0.0, 4], [4, 0]]), np.zeros(2))
    assert all(point == pytest.approx((2, 2)) for point in found.values())
    assert len(found) == 4
