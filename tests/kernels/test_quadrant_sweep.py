"""One pass round the ring finds all that a few payoffs generate, and batches agree with `solve`."""

from __future__ import annotations

import numpy as np
import pytest

import negotiation as ng
from negotiation.equilibria.repeated.payoff_rings import payoff_rings
from negotiation.equilibria.repeated.payoff_set import payoff_set
from negotiation.errors import NearCriticalError
from negotiation.games.game import normalised_payoffs
from negotiation.kernels.hulls import distance, hausdorff
from negotiation.kernels.operator import make_workspace, tabulate
from negotiation.kernels.polygons import hull
from negotiation.kernels.quadrant_sweep import seeds, sweep
from tests.first_edition import first_edition
from tests.reference.payoff_sets import plain_round


def _swept(
    payoffs: np.ndarray, discount: np.ndarray, ring: np.ndarray, active: np.ndarray
) -> np.ndarray:
    """One sweep over what the ring generates, uncompiled."""
    cells, most = payoffs[0].size, 512
    tables, room = make_workspace(cells, most)
    tabulate(payoffs, discount, active.ravel().astype(np.intp), 0.0, tables)
    low, out = ring.min(axis=0), (np.empty((most, 2)), np.empty((most, 3), dtype=np.intp))
    made = sweep(tables, low, seeds(tables, ring, len(ring), low, room), 1e-10, out, room)
    room.points[:made] = out[0][:made]
    return out[0][room.chosen[: hull(room.points, made, room.order, room.chosen)]]


@pytest.mark.parametrize("discount", [(0.9, 0.6), (0.6, 0.9), (0.8, 0.79)])
def test_a_sweep_from_the_payoff_set_builds_it_again(discount: tuple[float, float]) -> None:
    rng = np.random.default_rng(2)
    found = 0
    for _ in range(6):
        payoffs = normalised_payoffs(rng.random((1, 2, 3, 3)))[0][0]
        one = payoff_set(ng.Game(payoffs, np.array(discount))).normalised
        if one.ring is not None and len(one.ring) > 2:
            again = _swept(one.payoffs, np.array(discount), one.ring, one.active)
            assert hausdorff(again, one.ring) <= 1e-8
            found += 1
    assert found >= 3


def _check_rings(payoffs: np.ndarray, discount: np.ndarray, alone: int) -> None:
    """Every ring generates itself; and the first `alone` games have the sets `solve` finds."""
    games, cells = len(payoffs), payoffs.shape[2:]
    p = normalised_payoffs(payoffs)[0]
    found = payoff_rings(p, discount, np.ones((games, *cells), dtype=np.bool_))
    rings, counts = found.vertices, found.counts
    assert (counts >= 0).mean() >= 0.9
    for k in np.flatnonzero(counts > 0).tolist():
        ring = rings[k, : counts[k]]
        assert distance(ring, plain_round(p[k], discount[k], ring)).max() <= 1e-11
        assert (ring.min(axis=0) == found.worst[k]).all()
    for k in np.flatnonzero(counts >= 0)[:alone].tolist():
        try:
            one = payoff_set(ng.Game(p[k], discount[k]))
        except NearCriticalError:
            continue
        assert (counts[k] == 0) == (one.status == "empty")
        if counts[k] > 0:
            apart = hausdorff(rings[k, : counts[k]], one.vertices)
            assert apart <= found.gap[k] + one.gap + 1e-9
            assert np.abs(found.worst[k] - one.min_spe_payoffs).max() <= 1e-9 + one.gap


@pytest.mark.parametrize("kind", ["real", "integer", "tied"])
def test_sets_at_two_discount_factors_are_those_of_each_game(kind: str) -> None:
    rng = np.random.default_rng(11)
    draw = {
        "real": lambda size: rng.random(size),
        "integer": lambda size: rng.integers(-10, 11, size).astype(float),
        "tied": lambda size: rng.integers(0, 3, size).astype(float),
    }[kind]
    pairs = np.array([[0.3, 0.6], [0.75, 0.5], [0.6, 0.8], [0.5, 0.3]])
    for cells in ((2, 2), (2, 3), (3, 3)):
        _check_rings(draw((150, 2, *cells)), pairs[rng.integers(len(pairs), size=150)], alone=8)


def test_sets_of_the_flagship_are_those_of_each_game() -> None:
    rng = np.random.default_rng(6)
    points = {"s": rng.uniform(0, 1, 700), "patience_cn": rng.uniform(0.5, 0.99, 700)}
    game = ng.load(first_edition("chips-for-rare-earths")).game(**points)
    _check_rings(game.payoffs, game.discount, alone=12)
