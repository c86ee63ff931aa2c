"""Rings of a batch are classified and compared as single ones are."""

from __future__ import annotations

import numpy as np

from negotiation.kernels.hulls import STATUSES, beats_both, hull, status
from negotiation.kernels.polygons import shapes


def test_kinds_and_leads_are_those_of_single_rings():
    rng = np.random.default_rng(0)
    rings, sizes = np.zeros((300, 20, 2)), np.zeros(300, dtype=np.intp)
    for k in range(300):
        points = rng.random((rng.integers(1, 12), 2))
        points[:, 1] = points[:, 0] if k % 5 == 0 else points[:, 1]
        ring = points[hull(points)]
        sizes[k], rings[k, : len(ring)] = len(ring), ring
    worst, kinds, lead = rng.random((300, 2)), np.zeros(300, dtype=np.intp), np.zeros(300)
    shapes(rings, sizes, worst, kinds, lead)
    for k, n in enumerate(sizes):
        assert STATUSES[kinds[k]] == status(rings[k, :n])
        assert (lead[k] > 1e-9) == beats_both(rings[k, :n], worst[k], np.ones(2))


def test_a_ring_of_a_width_that_rounding_may_explain_is_left_open():
    rings = np.array([[[0.0, 0.0], [1.0, 0.0], [0.5, 1e-10]], [[0.0, 0.0], [1e-10, 0.0], [0, 0]]])
    kinds, lead = np.zeros(2, dtype=np.intp), np.zeros(2)
    shapes(rings, np.array([3, 2]), np.zeros((2, 2)), kinds, lead)
    assert kinds.tolist() == [-1, -1]


def test_nothing_and_unknown_payoffs_are_marked():
    kinds, lead = np.ones(2, dtype=np.intp), np.zeros(2)
    worst = np.array([[0.0, 0.0], [np.nan, 0.0]])
    shapes(np.ones((2, 1, 2)), np.array([0, 1]), worst, kinds, lead)
    assert kinds.tolist() == [0, 1]
    assert lead[0] == -np.inf
    assert np.isnan(lead[1])
