"""Deals by linear programs, against many random terms."""

import numpy as np
import pytest

from negotiation.deals import affine
from negotiation.deals.affine import AffineDeal, Unbounded
from negotiation.deals.lifting import Lift
from tests.reference.random_deals import random_deal, values


@pytest.fixture(scope="module")
def cases():
    """Random deals, many terms of each, and what they give."""
    draw, found = np.random.default_rng(1), []
    for _ in range(60):
        deal = random_deal(draw)
        low, high = np.array(deal.lift.bounds).T
        terms = np.vstack([draw.uniform(low, high, (4000, len(low))), low, high])
        found.append((deal, deal.lift.variables(low), values(deal, terms)))
    return found


def at(deal, y):
    return values(deal, deal.lift.terms(y, np.array(deal.lift.bounds)[:, 0])[None])


def holding(cases):
    for deal, near, seen in cases:
        y, margin = affine.largest_margin(deal.lift, deal.slack_rows(), near)
        if margin > 1e-6:
            yield deal, near, seen, y, margin


def test_no_terms_have_a_larger_margin(cases):
    held = 0
    for deal, near, seen in cases:
        y, margin = affine.largest_margin(deal.lift, deal.slack_rows(), near)
        assert at(deal, y).slack().min() == pytest.approx(margin, abs=1e-7)
        assert seen.slack().min(axis=1).max() <= margin + 1e-8
        held += margin > 0
    assert 20 < held < 60


def test_no_terms_that_hold_give_a_side_more(cases):
    for deal, near, seen, _, _ in holding(cases):
        held = seen.slack().min(axis=1) >= 0
        for i in (0, 1):
            best = at(deal, affine.best_for(deal, i, near))
            assert best.slack().min() >= -1e-7
            assert seen.payoffs[held, i].max(initial=-np.inf) <= best.payoffs[0, i] + 1e-7


def test_no_terms_that_hold_need_less_patience(cases):
    for deal, near, seen, _, _ in holding(cases):
        held = seen.slack().min(axis=1) >= 0
        least = at(deal, affine.least_patience(deal, near)).needs().max()
        assert seen.needs().max(axis=1)[held].min(initial=np.inf) >= least - 1e-8


def test_the_polygon_is_just_what_terms_that_hold_give(cases):
    from negotiation.kernels.hulls import distance, hull

    for deal, near, seen, _, _ in holding(cases):
        ring = affine.payoff_polygon(deal)
        ring = ring[hull(ring)]
        held = seen.slack().min(axis=1) >= 0
        size = np.abs(deal.payoffs).max()
        assert distance(seen.payoffs[held], ring).max(initial=0) <= 1e-7 * size
        for corner in ring:  # and every corner is given by some terms
            y = affine.with_payoffs(deal, corner - 1e-7 * size, near)
            assert at(deal, y).slack().min() >= -1e-6 * size


def test_terms_for_payoffs_give_them(cases):
    for deal, near, _, y, _ in holding(cases):
        wanted = at(deal, y).payoffs[0]
        got = at(deal, affine.with_payoffs(deal, wanted, near)).payoffs[0]
        assert (got >= wanted - 1e-7).all()


def test_a_term_without_a_bound_can_make_the_problem_unbounded():
    free = Lift(((0.0, np.inf),), (-1,))
    deal = AffineDeal(
        free,
        np.array([[1.0, 1.0], [1.0, 1.0]]),
        (np.array([[1.0, 1.0]]), np.array([[1.0, 1.0]])),
        np.zeros(2),
        np.full(2, 0.5),
    )
    with pytest.raises(Unbounded):
        affine.best_for(deal, 0, np.zeros(1))
    with pytest.raises(Unbounded):
        affine.largest_margin(free, deal.slack_rows(), np.zeros(1))


def test_of_several_answers_the_one_closest_to_where_one_was_is_given():
    """Payoffs do not depend on the second term: it stays."""
    box = Lift(((0.0, 1.0), (0.0, 1.0)), (-1, -1))
    rows = np.array([[0.0, 1.0, 0.0], [1.0, 1.0, 0.0]])
    y, margin = affine.largest_margin(box, rows, np.array([0.2, 0.7]))
    assert y == pytest.approx([1.0, 0.7])
    assert margin == pytest.approx(1.0)
