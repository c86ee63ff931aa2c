"""Bargaining solutions, against a fine grid and their defining properties."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

from negotiation.deals.bargaining import (
    alternating_offers,
    bargaining_solutions,
    ideal_point,
    nash_weights,
)
from negotiation.kernels.hulls import hull


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


def test_the_smaller_gain_is_as_large_as_possible_and_equal_where_it_can_be():
    equal = 0
    for points, floor in random_sets():
        found = bargaining_solutions(points, floor)
        if not found:
            continue
        gains = mixtures(points) - floor
        mine = np.array(found["egalitarian"]) - floor
        assert mine.min() >= gains.min(axis=1).max() - 1e-9
        assert not (gains >= mine + 1e-3 * np.ptp(points, axis=0)).all(axis=1).any()
        if mine[0] == pytest.approx(mine[1]):
            equal += 1
        else:  # no point of the frontier has equal gains: one side leads all along it
            better = gains[(gains >= 0).all(axis=1)]
            lead = int(np.argmax(mine))
            most = better[better[:, 1 - lead] >= mine[1 - lead] - 1e-9]
            assert mine[lead] >= most[:, lead].max() - 1e-6
    assert equal > 10


def test_the_sum_is_the_largest():
    for points, floor in random_sets():
        found = bargaining_solutions(points, floor)
        if found:
            gains = mixtures(points) - floor
            allowed = gains[(gains >= 0).all(axis=1)]
            total = sum(found["utilitarian"]) - floor.sum()
            assert total >= allowed.sum(axis=1).max() - 1e-9


def test_weights_make_the_weighted_product_largest():
    for points, floor in random_sets():
        for weights in ((0.2, 0.8), (0.7, 0.3)):
            found = bargaining_solutions(points, floor, weights)
            if found:
                gains = mixtures(points) - floor
                both = gains[(gains > 0).all(axis=1)]
                best = np.prod((np.array(found["Nash"]) - floor) ** weights)
                assert best >= (both**weights).prod(axis=1).max() * (1 - 1e-9)


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
    assert ideal_point(square, np.array([1.0, 1.0])) is None


def test_a_single_point_that_both_prefer_is_every_solution():
    found = bargaining_solutions(np.array([[2.0, 3.0]]), np.zeros(2))
    assert len(found) == 4
    assert all(point == pytest.approx((2, 3)) for point in found.values())


def test_a_segment_is_a_set_too():
    found = bargaining_solutions(np.array([[0.0, 4], [4, 0]]), np.zeros(2))
    assert all(point == pytest.approx((2, 2)) for point in found.values())
    assert len(found) == 4


KNOWN = yaml.safe_load(
    (Path(__file__).parents[1] / "data" / "published_deals.yaml").read_text("utf-8")
)


@pytest.mark.parametrize(
    "entry", [e for e in KNOWN if e["solves"] == "bargaining"], ids=lambda e: e["id"]
)
def test_known_solutions(entry):
    found = bargaining_solutions(np.array(entry["points"], float), np.array(entry["disagreement"]))
    for name, point in entry["expected"].items():
        assert found[name] == pytest.approx(point, abs=entry["tolerance"])


def test_known_offers_and_weights():
    for e in KNOWN:
        if e["solves"] == "offers":
            found = alternating_offers(tuple(e["discount"]), tuple(e["outside"]))
            # the second side gets what is left of the first's share where it starts
            assert (found[0], 1 - found[1]) == pytest.approx(e["expected"], abs=e["tolerance"])
        if e["solves"] == "weights":
            assert nash_weights(tuple(e["discount"])) == pytest.approx(
                e["expected"], abs=e["tolerance"]
            )


def test_offers_are_the_fixed_point_of_what_the_other_accepts():
    draw = np.random.default_rng(0)
    for _ in range(500):
        (d1, d2), (o1, o2) = draw.uniform(0.05, 0.99, 2), draw.uniform(0, 0.7, 2)
        first, other = alternating_offers((d1, d2), (o1, o2))
        if o1 + o2 > 1:
            assert np.isnan(first)
            continue
        assert first == pytest.approx(1 - max(d2 * (1 - other), o2))
        assert other == pytest.approx(max(d1 * first, o1))


def test_rapid_offers_come_to_the_weighted_nash_solution():
    slow = np.array([0.8, 0.9])
    for step in (1e-3, 1e-5):
        share, _ = alternating_offers(tuple(slow**step))
        assert share == pytest.approx(nash_weights((0.8, 0.9))[0], abs=step)
    assert nash_weights((0.0, 0.0)) == (0.5, 0.5)
    assert nash_weights((0.0, 0.5)) == (0.0, 1.0)
