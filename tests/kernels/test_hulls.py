"""Convex polygons, against brute force in rational arithmetic."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiation.kernels.hulls import (
    chains,
    distance,
    hausdorff,
    hull,
    status,
    tidy,
)
from tests.reference.payoff_sets import plain_hausdorff, plain_hull, turn

SQUARE = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])
ROUND = np.array([[np.cos(t), np.sin(t)] for t in np.linspace(0, 2 * np.pi, 24, endpoint=False)])

small = st.integers(-3, 3)
real = st.floats(-10, 10, allow_subnormal=False).map(lambda x: round(x, 6))
clouds = st.one_of(
    st.lists(st.tuples(small, small), min_size=1, max_size=12),
    st.lists(st.tuples(real, real), min_size=1, max_size=12),
).map(lambda rows: np.array(rows, dtype=float))
law = settings(derandomize=True, deadline=None, max_examples=60)


def exact_turn(a, b, c):
    (ax, ay), (bx, by), (cx, cy) = (tuple(map(Fraction, map(float, p))) for p in (a, b, c))
    return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)


def is_vertex(points, k):
    """By definition: not a weighted average of the others (Carathéodory: of at most three)."""
    p = points[k]
    others = [q for q in points if (q != p).any()]
    for a, b in combinations(others, 2):
        aligned = exact_turn(a, b, p) == 0
        if aligned and (np.minimum(a, b) <= p).all() and (p <= np.maximum(a, b)).all():
            return False
    for a, b, c in combinations(others, 3):
        signs = [exact_turn(a, b, p), exact_turn(b, c, p), exact_turn(c, a, p)]
        if min(signs) > 0 or max(signs) < 0:
            return False
    return True


@law
@given(clouds)
def test_the_hull_is_the_set_of_extreme_points(points):
    expected = {tuple(p) for k, p in enumerate(points) if is_vertex(points, k)}
    found = points[hull(points)]
    assert {tuple(p) for p in found} == expected
    assert len(found) == len(expected)


@law
@given(clouds)
def test_the_hull_runs_counter_clockwise_from_the_smallest_vertex(points):
    ring = points[hull(points)]
    assert tuple(ring[0]) == min(map(tuple, ring))
    for k in range(len(ring) if len(ring) > 2 else 0):
        assert exact_turn(ring[k - 2], ring[k - 1], ring[k]) > 0


@pytest.mark.parametrize("thickness", [1e-6, 1e-9, 1e-12])
def test_the_far_vertex_of_a_sliver_survives(thickness):
    points = np.array(
        [[0.0, 0], [16, 16 * (1 + thickness)], [16, 16], [8, 8 * (1 + thickness / 2)]]
    )
    assert hull(points).tolist() == [0, 2, 1]


def test_rounding_never_costs_the_hull_more_than_rounding():
    rng = np.random.default_rng(0)
    for k in range(200):
        direction, along = rng.normal(size=2), rng.normal(size=(40, 1))
        points = along * direction + rng.normal(size=(40, 2)) * 10.0 ** -(k % 18)
        exact = plain_hull(points)
        assert plain_hausdorff(points[hull(points)], exact) <= 1e-15 * np.abs(points).max()


def test_the_exact_turn_used_as_reference_is_exact():
    rng = np.random.default_rng(1)
    for k in range(300):
        a, b = rng.normal(size=(2, 2))
        c = a + rng.normal() * (b - a) + rng.normal(size=2) * (0, 1e-16, 1e-8)[k % 3]
        assert np.sign(turn(*a, *b, *c)) == np.sign(float(exact_turn(a, b, c)))


@law
@given(clouds)
def test_chains_are_sorted_and_seen_from_their_side(points):
    ring = points[hull(points)]
    found = chains(ring)
    for chain, axis, side in (
        (found.lower, 0, -1),
        (found.upper, 0, 1),
        (found.left, 1, -1),
        (found.right, 1, 1),
    ):
        run, other = ring[chain, axis], ring[chain, 1 - axis]
        assert (np.diff(run) > 0).all()
        assert run[0] == ring[:, axis].min()
        assert run[-1] == ring[:, axis].max()
        at_vertices = np.interp(ring[:, axis], run, other)
        assert (side * (at_vertices - ring[:, 1 - axis]) >= -1e-12).all()


@law
@given(clouds, st.tuples(real, real))
def test_distance_is_the_largest_gap_between_supporting_lines(points, point):
    """By duality: distance = max over unit directions of d·p minus the support, or 0."""
    ring, p = points[hull(points)], np.array(point)
    away = distance(p[None], ring)[0]
    angles = np.linspace(0, 2 * np.pi, 2001)
    directions = np.stack((np.cos(angles), np.sin(angles)), axis=1)
    gap = max(0.0, (directions @ p - (directions @ ring.T).max(axis=1)).max())
    assert gap <= away + 1e-12
    assert away <= gap + 1e-5 * away + 0.0016 * np.linalg.norm(np.ptp(ring, axis=0)) + 1e-9


def test_distance_is_zero_inside_and_on_the_edge():
    inside = np.array([[0.5, 0.5], [0.0, 0.3], [1, 1], [0.2, 0]])
    assert (distance(inside, SQUARE) == 0).all()


@law
@given(clouds, clouds)
def test_hausdorff_agrees_with_the_reference(one, other):
    a, b = one[hull(one)], other[hull(other)]
    assert hausdorff(a, b) == pytest.approx(plain_hausdorff(a, b), abs=1e-12)
    assert hausdorff(a, b) == hausdorff(b, a)
    assert hausdorff(a, a) == 0


def test_hausdorff_sees_a_thin_spike_that_sampled_directions_miss():
    spike = np.array([[0.0, 0], [1, 0], [5, 1e-9], [1, 1], [0, 1]])
    assert hausdorff(SQUARE, spike[hull(spike)]) == pytest.approx(4)


def test_a_vertex_more_on_an_edge_changes_no_distance():
    more = np.array([[0.0, 0], [0.5, 0], [1, 0], [1, 1], [0, 1]])
    assert hausdorff(SQUARE, more) == 0
    assert hausdorff(SQUARE, np.roll(SQUARE, 1, axis=0)) == 0


@pytest.mark.parametrize(
    ("ring", "expected"),
    [
        (None, "empty"),
        ([[2.0, 3]], "point"),
        ([[2.0, 3], [2 + 1e-11, 3]], "point"),
        ([[0.0, 0], [0, 1]], "segment"),
        ([[0.0, 0], [0.5, 0.5 - 1e-11], [1, 1], [0.2, 0.2 + 1e-11]], "segment"),
        ([[0.0, 0], [1, 1], [0.5, 0.5 + 1e-9]], "polygon"),
        ([[0.0, 0], [1, 0], [1, 1], [0, 1]], "polygon"),
    ],
)
def test_the_status_says_how_many_dimensions_the_set_has(ring, expected):
    assert status(None if ring is None else np.array(ring)) == expected


@law
@given(clouds)
def test_tidying_moves_nothing_further_than_its_tolerance(points):
    ring = points[hull(points)]
    clean = tidy(ring, 1e-3)
    assert hausdorff(ring, clean) <= 1e-3 * len(ring)
    assert {tuple(p) for p in clean} <= {tuple(p) for p in ring}
    assert tuple(clean[0]) == min(map(tuple, clean))


def test_tidying_keeps_every_real_corner_and_drops_rounding():
    rough = np.array([[0.0, 0], [0.5, -1e-12], [1, 0], [1 + 1e-13, 0.5], [1, 1], [0, 1]])
    assert tidy(rough).tolist() == SQUARE.tolist()
    assert tidy(SQUARE).tolist() == SQUARE.tolist()


def test_tidying_thins_a_fine_arc_and_does_not_erase_it():
    angles = np.linspace(0, np.pi, 20_001)[:-1][::20]
    arc = np.stack((np.cos(angles), np.sin(angles)), axis=1)
    ring = arc[hull(arc)]
    clean = tidy(ring, 1e-4)
    assert 10 < len(clean) < len(ring) / 2
    assert hausdorff(ring, clean) < 2e-3


def test_tidying_keeps_the_ends_of_a_segment():
    flat = np.array([[0.0, 0], [0.4, 0.4 - 1e-13], [1, 1], [0.6, 0.6 + 1e-13]])
    assert tidy(flat).tolist() == [[0, 0], [1, 1]]
    assert tidy(np.array([[1.0, 1], [1 + 1e-14, 1], [1, 1 + 1e-14]])).shape == (1, 2)
