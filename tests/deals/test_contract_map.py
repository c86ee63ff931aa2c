"""The map of a contract: signs at every point, terms that are no map."""

import numpy as np
import pytest

from negotiation.deals.contract_map import contract_map
from negotiation.deals.deal import find_deals
from negotiation.deals.terms import contract
from negotiation.errors import UsageError
from negotiation.solution.solution import examine, solve
from tests.reference.flagship import flagship


def test_it_holds_just_where_solve_says():
    found = find_deals(contract(flagship()), cases=16)
    drawn = contract_map(found, points=5)
    assert drawn.slack.shape == (5, 5, 2)
    seen = set()
    for row, up in enumerate(drawn.up):
        for column, across in enumerate(drawn.across):
            one = examine(solve(flagship(), ell=across, sigma=up), (1, 0))
            assert bool(drawn.holds[row, column]) == one.sustained
            assert drawn.slack[row, column] == pytest.approx(one.slack)
            seen.add(one.sustained)
    assert seen == {True, False}


def test_axes_are_chosen_by_name_and_others_stay():
    found = find_deals(contract(flagship("terms: {ell: , sigma: , fee: }")), cases=16)
    drawn = contract_map(found, "fee", "ell", points=5)
    assert (drawn.x, drawn.y) == (2, 0)
    assert drawn.across[-1] == 0.5
    at = found.contract.values(found.contract.games(np.array([[0.5, 1.0, 0.5]])))
    assert drawn.slack[2, -1] == pytest.approx(at.by_player()[0])


@pytest.mark.parametrize(
    ("terms", "x", "y", "what"),
    [
        ("terms: {ell: }", None, None, "needs two terms"),
        ("terms: {ell: , sigma: }", "elle", None, "did you mean 'ell'"),
        ("terms: {ell: , sigma: }", "ell", "ell", "against itself"),
    ],
)
def test_what_is_no_map(terms, x, y, what):
    found = find_deals(contract(flagship(terms)), cases=16)
    with pytest.raises(UsageError, match=what):
        contract_map(found, x, y, points=3)


def test_a_map_needs_bounds():
    found = find_deals(contract(flagship(), {"ell": None, "b": (0.0, np.inf)}), cases=16)
    with pytest.raises(UsageError, match="no bound"):
        contract_map(found, points=3)
