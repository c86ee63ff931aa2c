"""The search, against linear programs where these are exact, and where nothing is affine."""

import numpy as np
import pytest

from negotiation.deals import affine, values
from negotiation.deals.bargaining import bargaining_solutions
from negotiation.deals.candidates import least_patient
from negotiation.deals.search import grid, search
from tests.reference import random_deals

MODELS = 200


@pytest.mark.parametrize("part", range(4))
def test_search_and_linear_programs_agree(part):
    draw, held = np.random.default_rng(part), 0
    for _ in range(MODELS // 4):
        held += compare(random_deals.random_deal(draw))
    assert 20 < held < 50


def compare(deal):
    """Compare every kind of deal; tell whether there was one."""
    how = deal.lift
    near, points = how.variables(np.array(how.bounds)[:, 0]), grid(how.bounds)
    seen = random_deals.values(deal, points)
    unit = float(np.ptp(np.concatenate([seen.payoffs, *seen.deviations], axis=1)))

    def at(terms):
        return random_deals.values(deal, terms[None])

    def climb(aim):
        def objective(terms):
            return aim(random_deals.values(deal, terms))

        return search(objective, how.bounds, points, unit, aim(seen))

    _, margin = affine.largest_margin(how, deal.slack_rows(), near)
    assert at(climb(values.large_margin)).slack().min() == pytest.approx(margin, abs=1e-6)
    if margin < 1e-6:
        return False
    for i in (0, 1):
        most = (deal.payoffs @ np.array([1.0, *affine.best_for(deal, i, near)]))[i]
        assert at(climb(values.high_payoff(i))).payoffs[0, i] == pytest.approx(most, abs=1e-6)
    need = affine.needed(deal, affine.least_patience(deal, near))
    assert at(least_patient(climb, at)).needs().max() == pytest.approx(need, abs=1e-6)
    region, floor = affine.payoff_polygon(deal), deal.threats
    for weights in ((0.5, 0.5), (0.3, 0.7)):
        exact = bargaining_solutions(region, floor, weights)
        if not exact:
            return True
        found = at(climb(values.large_product(floor, weights))).payoffs[0]
        assert ((found - floor) ** weights).prod() == pytest.approx(
            ((np.array(exact["Nash"]) - floor) ** weights).prod(), abs=1e-6
        )
    fair = at(climb(values.fair_shares(floor, np.ones(2)))).payoffs[0]
    assert (fair - floor).min() == pytest.approx(
        (np.array(exact["egalitarian"]) - floor).min(), abs=1e-6
    )
    return True


def test_a_curved_problem_is_solved_to_its_known_answer():
    """Closest to (.3, .6) outside a disc around the middle of the box."""

    def objective(x):
        distance = -((x - [0.3, 0.6]) ** 2).sum(axis=1)[:, None]
        return distance, ((x - 0.5) ** 2).sum(axis=1)[:, None] - 0.09

    box = ((0.0, 1.0), (0.0, 1.0))
    found = search(objective, box, grid(box), 1.0)
    away = np.array([-0.2, 0.1])
    assert found == pytest.approx(0.5 + 0.3 * away / np.hypot(*away), abs=1e-6)


def test_what_nothing_meets_is_not_found():
    box = ((0.0, 1.0),)
    assert search(lambda x: (x, -1 - x), box, grid(box), 1.0) is None


def test_a_term_that_matters_only_beyond_zero_is_tried():
    """At x = 0 y changes nothing; only with y high does raising x pay."""

    def objective(x):
        return (x[:, 0] * (x[:, 1] - 0.9))[:, None], np.empty((len(x), 0))

    box = ((0.0, 1.0), (0.0, 1.0))
    start = np.array([[0.0, 0.0]])
    assert search(objective, box, start, 1.0) == pytest.approx([1.0, 1.0], abs=1e-6)
