"""Scenario discovery on boxes that are known."""

from __future__ import annotations

import numpy as np
import pytest

from negotiation.analysis.scenario_discovery import discover


@pytest.fixture(scope="module")
def points():
    return np.random.default_rng(0).random((3000, 6))


def test_a_hidden_box_is_found(points):
    hit = (points[:, 1] > 0.6) & (points[:, 4] < 0.45)
    box = discover(points, hit)
    assert set(box.limits) == {1, 4}
    assert box.limits[1][0] == pytest.approx(0.6, abs=0.02)
    assert box.limits[4][1] == pytest.approx(0.45, abs=0.02)
    assert box.limits[1][1] == np.inf
    assert box.coverage > 0.97
    assert box.density > 0.97


def test_coverage_and_density_are_counted_from_the_cases(points):
    hit = points @ np.array([3, 2, 1, 0, 0, 0]) + 0.3 * points[:, 5] > 3.6
    box = discover(points, hit)
    inside = np.ones(len(points), bool)
    for k, (low, high) in box.limits.items():
        inside &= (points[:, k] >= low) & (points[:, k] <= high)
    assert box.inside == inside.sum()
    assert box.coverage == (inside & hit).sum() / hit.sum()
    assert box.density == (inside & hit).sum() / inside.sum()
    assert box.density > hit.mean()
    assert 0 in box.limits
    assert not {3, 4} & set(box.limits)


def test_noise_is_not_explained(points):
    hit = np.random.default_rng(1).random(len(points)) < 0.3
    box = discover(points, hit)
    assert box is None or box.density < 0.5


def test_nothing_or_everything_needs_no_box(points):
    assert discover(points, np.zeros(len(points), bool)) is None
    assert discover(points, np.ones(len(points), bool)) is None


def test_few_values_are_peeled_whole():
    x = np.random.default_rng(2).integers(0, 4, (800, 3)).astype(float)
    box = discover(x, x[:, 0] == 3)
    assert box.limits == {0: (3.0, np.inf)}
    assert box.coverage == box.density == 1


def test_the_order_of_cases_does_not_matter(points):
    hit = (points[:, 0] > 0.5) & (points[:, 2] > 0.3)
    order = np.random.default_rng(5).permutation(len(points))
    assert discover(points, hit) == discover(points[order], hit[order])
