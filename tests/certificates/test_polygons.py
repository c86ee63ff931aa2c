"""Polygons for certificates, beside the solvers' own and plain counting."""

from __future__ import annotations

import numpy as np
import pytest

from negotiation.certificates.payoff_sets import above, distances, hull, normals_of, weighted_sum
from negotiation.kernels.hulls import distance
from tests.reference.payoff_sets import plain_hausdorff, plain_hull

SQUARE = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])


def some_points(seed, count=12):
    return np.random.default_rng(seed).normal(size=(count, 2))


@pytest.mark.parametrize("seed", range(5))
def test_the_hull_is_that_of_another_program(seed):
    points = some_points(seed)
    assert plain_hausdorff(hull(points), plain_hull(points)) == 0


def test_one_point_and_two_are_hulls_of_themselves():
    assert hull(np.array([[1.0, 2], [1, 2]])).tolist() == [[1, 2]]
    assert hull(np.array([[3.0, 2], [1, 2]])).tolist() == [[1, 2], [3, 2]]


@pytest.mark.parametrize("seed", range(5))
def test_a_weighted_sum_is_the_hull_of_all_sums(seed):
    one, other = hull(some_points(seed)), hull(some_points(seed + 10, 3))
    sums = (0.3 * one[:, None] + 0.7 * other[None]).reshape(-1, 2)
    found = weighted_sum(np.array([0.3, 0.0, 0.7]), [one, SQUARE, other])
    assert plain_hausdorff(found, plain_hull(sums)) <= 1e-14


@pytest.mark.parametrize("i", [0, 1])
def test_cutting_keeps_what_is_above(i):
    ring = hull(some_points(3))
    kept = above(ring, i, 0.2)
    assert kept[:, i].min() == pytest.approx(0.2)
    inside = some_points(4, 400)
    inside = inside[distances(inside, ring) == 0]
    assert len(inside) > 50
    assert ((distances(inside, kept) <= 1e-12) == (inside[:, i] >= 0.2)).all()
    assert len(above(ring, i, 9.0)) == 0


def test_distances_are_those_of_another_program():
    ring, points = hull(some_points(5)), some_points(6, 50)
    assert distances(points, ring) == pytest.approx(distance(points, ring), abs=1e-14)


def test_normals_point_outward():
    found = normals_of(SQUARE)
    assert found.tolist() == [[0, -1], [1, 0], [0, 1], [-1, 0]]
    ring = hull(some_points(7))
    for normal, corner in zip(normals_of(ring), ring, strict=True):
        assert (ring @ normal).max() == pytest.approx(corner @ normal)
