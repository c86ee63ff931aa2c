"""Sweeps find sets with long chains of continuations, which rounds approach slowly."""

from __future__ import annotations

import numpy as np
import pytest

import negotiation as ng
from negotiation.equilibria.repeated.feasible import feasible_set
from negotiation.equilibria.repeated.one_game.inner_sweep import swept_set
from negotiation.equilibria.repeated.payoff_set import payoff_set, unit_payoffs
from negotiation.equilibria.repeated.screening import normalised
from negotiation.kernels.generation import Stage, generate, hull_of, threat_bound
from negotiation.kernels.hulls import distance, hausdorff
from tests.first_edition import first_edition

SELF = 1e-12


def after_two_rounds(stage):
    ring, threat = feasible_set(stage.g, stage.discount), stage.c.min(axis=0)
    fixed = threat
    for _ in range(2):
        made = generate(stage, ring, threat)
        bound, pinned = threat_bound(stage, ring, threat, made)
        fixed = np.where(pinned, np.maximum(fixed, bound), fixed)
        ring = hull_of(made).points
        threat = np.maximum(np.maximum(threat, bound), ring.min(axis=0))
    return ring, fixed


def test_a_swept_set_generates_itself_and_hardly_more():
    rng = np.random.default_rng(3)
    found = 0
    for _ in range(12):
        p = normalised(rng.random((1, 2, 2, 3)))[0][0]
        stage = Stage.of(p, rng.uniform(0.5, 0.9, 2))
        ring = swept_set(stage, *after_two_rounds(stage))
        if ring is None:
            continue
        found += 1
        how = hull_of(generate(stage, ring, ring.min(axis=0)))
        assert distance(ring, how.points).max() <= SELF
        assert distance(how.points, ring).max() <= 1e-9
    assert found >= 6


def test_a_patient_flagship_is_pinned_down_to_a_billionth():
    game = ng.load(first_edition("chips-for-rare-earths")).game(
        s=0.56190872, patience_cn=0.98846863
    )
    found = payoff_set(game)
    assert found.gap <= 1e-7 * np.ptp(game.payoffs)
    assert len(found.vertices) > 100


def test_a_ring_of_too_many_vertices_is_thinned_first():
    p = normalised(np.random.default_rng(0).random((1, 2, 2, 2)))[0][0]
    stage = Stage.of(p, np.array([0.6, 0.8]))
    angles = np.linspace(0, 2 * np.pi, 3000, endpoint=False)
    many = 0.5 + 0.4 * np.column_stack((np.cos(angles), np.sin(angles)))
    ring = swept_set(stage, many, np.zeros(2))
    few = swept_set(stage, many[::10], np.zeros(2))
    assert ring is not None
    assert few is not None
    assert hausdorff(ring, few) <= 1e-9


@pytest.mark.parametrize("patience", [0.999, 0.9999999])
def test_very_unequal_patience_takes_few_rounds_to_a_small_gap(patience):
    """Chains of a thousand continuations, at the end of which a period counts for next to nothing.

    Patience of 0.999 and 0.9 once took more than 5 minutes.
    """
    game = ng.load(first_edition("chips-for-rare-earths")).game(patience_us=patience)
    found = payoff_set(game)
    assert found.rounds <= 4
    assert found.gap <= 1e-6 * np.ptp(game.payoffs)
    ring = found.normalised.ring
    how = hull_of(generate(Stage.of(unit_payoffs(game)[0], game.discount), ring, ring.min(axis=0)))
    assert distance(ring, how.points).max() <= SELF
