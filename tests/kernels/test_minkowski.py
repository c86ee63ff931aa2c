"""Polygons for compiled loops, beside the hulls of all that they are made of."""

from __future__ import annotations

import numpy as np
import pytest

from negotiation.kernels.hulls import distance, hausdorff, hull
from negotiation.kernels.minkowski import directed, extreme_vertices, minkowski, straight


def _arc(rng: np.random.Generator, count: int, flat: float) -> np.ndarray:
    angle = rng.uniform(0, 2 * np.pi, count)
    points = np.stack((np.cos(angle), flat * np.sin(angle)), axis=1)
    return points[hull(points)]


def _sum(one: np.ndarray, other: np.ndarray, p: float) -> np.ndarray:
    out = np.empty((len(one) + len(other) + 1, 2))
    return out[: minkowski(one, len(one), other, len(other), p, out)]


@pytest.mark.parametrize("flat", [1.0, 1e-3, 1e-9, 0.0])
def test_sums_are_the_hulls_of_all_sums(flat: float) -> None:
    rng = np.random.default_rng(1)
    for count in (1, 2, 3, 30):
        one, other = _arc(rng, count, flat), _arc(rng, 20, 1.0)
        every = (one[:, None] + 0.3 * other[None]).reshape(-1, 2)
        assert hausdorff(_sum(one, other, 0.3), every[hull(every)]) <= 1e-14


def test_a_short_edge_out_of_order_does_not_hold_up_the_long_ones() -> None:
    """A step of 3e-15 the wrong way, as rounding leaves them, before an edge of length 1."""
    one = np.array([[0.0, 0], [2e-15, 3e-15], [1.0, 0], [0.0, 1]])
    other = np.array([[0.0, 0], [1, 0.2], [1, 1], [0.2, 0.9]])
    every = (one[:, None] + other[None]).reshape(-1, 2)
    whole = every[hull(every)]
    assert hausdorff(_sum(one, other, 1.0), whole) > 0.01
    out = np.empty((len(one) + 1, 2))
    tidied = out[: straight(one, len(one), out)]
    assert tidied.tolist() == [[0.0, 0], [1.0, 0], [0.0, 1]]
    assert hausdorff(_sum(tidied, other, 1.0), whole) <= 1e-14


@pytest.mark.parametrize("ring", [[[0.0, 0]], [[0.0, 0], [1, 1]], [[0.0, 0], [1, 0], [0, 1]]])
def test_points_segments_and_triangles_stay_as_they_are(ring: list[list[float]]) -> None:
    out = np.empty((len(ring) + 1, 2))
    assert out[: straight(np.array(ring), len(ring), out)].tolist() == ring


def test_vertices_far_in_some_directions_are_those_that_looking_at_all_finds() -> None:
    rng = np.random.default_rng(3)
    for count in (1, 2, 3, 12, 40):
        ring = _arc(rng, count, 0.4)
        ahead = rng.normal(size=(15, 2))
        far = {0, *(ring @ ahead.T).argmax(axis=0).tolist()}
        out, marks = ring.copy(), np.empty(len(ring), dtype=np.intp)
        kept = extreme_vertices(out, len(ring), ahead, len(ahead), marks)
        assert out[:kept].tolist() == ring[sorted(far)].tolist()


def test_distances_are_those_of_every_vertex_to_every_edge() -> None:
    rng = np.random.default_rng(4)
    for count in (1, 2, 3, 40):
        one, other = _arc(rng, 30, 0.7), _arc(rng, count, 1.0) + rng.normal(0, 0.2, 2)
        far = float(distance(one, other).max())
        assert directed(one, len(one), other, len(other), 0.0) == pytest.approx(far, abs=1e-15)
        assert directed(one, len(one), other, len(other), far + 1.0) == far + 1.0
