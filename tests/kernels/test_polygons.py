"""Hulls of many runs of points, as `polygon.hull` finds them."""

from __future__ import annotations

import numpy as np
import pytest

from negotiation.kernels import hulls as polygon
from negotiation.kernels.polygons import hull


def found(points):
    order, chosen = np.zeros(len(points), dtype=np.intp), np.zeros(2 * len(points) + 1, np.intp)
    return points[chosen[: hull(points, len(points), order, chosen)]]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("count", [1, 2, 3, 9, 30, 200])
def test_hulls_of_scattered_points(seed, count):
    rng = np.random.default_rng(seed)
    points = rng.random((count, 2))
    assert np.array_equal(found(points), points[polygon.hull(points)])


@pytest.mark.parametrize("seed", range(6))
def test_hulls_of_whole_numbers_with_many_ties(seed):
    points = np.random.default_rng(seed).integers(0, 5, (60, 2)).astype(float)
    assert np.array_equal(found(points), points[polygon.hull(points)])


@pytest.mark.parametrize("turn", [0, 3, 17, 39])
def test_hulls_of_a_ring_that_starts_anywhere_and_of_several(turn):
    angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    ring = np.roll(np.column_stack((np.cos(angles), np.sin(angles))), turn, axis=0)
    several = np.concatenate([ring, 0.5 * ring[::-1], ring + np.array([0.3, 0.1]), 0.2 * ring])
    for points in (ring, ring[::-1].copy(), several):
        assert np.array_equal(found(points), points[polygon.hull(points)])


def test_the_hull_of_one_point_many_times_is_that_point():
    assert found(np.full((40, 2), 0.3)).tolist() == [[0.3, 0.3]]
