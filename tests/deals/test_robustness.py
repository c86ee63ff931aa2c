"""The most robust terms, against all others, and shares of cases counted one by one."""

import numpy as np
import pytest

from negotiation.deals.deal import find_deals
from negotiation.deals.robustness import drawn, most_robust, slacks
from negotiation.deals.terms import contract
from negotiation.errors import UsageError
from negotiation.payoff_file import loads
from negotiation.solution.solution import examine, solve
from tests.reference.flagship import flagship


@pytest.fixture(scope="module")
def deal():
    return contract(flagship())


@pytest.fixture(scope="module")
def cases(deal):
    return drawn(deal, 64, 0)


def test_terms_do_not_vary(cases):
    assert "ell" not in cases.names
    assert "sigma" not in cases.names
    assert {"E", "patience_us", "W"} <= set(cases.names)
    assert all(len(v) == 64 for v in cases.values.values())


def test_cases_stay_within_the_ranges(deal, cases):
    for p in deal.model.parameters:
        if p.name in cases.values:
            assert p.range[0] <= cases.values[p.name].min()
            assert cases.values[p.name].max() <= p.range[1]


def test_no_other_terms_have_a_better_worst_case(deal, cases):
    robust = most_robust(deal, cases, deal.own)
    assert robust.margin <= robust.bound
    assert slacks(deal, cases, robust.terms).min() == pytest.approx(robust.margin)
    for terms in np.random.default_rng(0).uniform(0, 1, (60, 2)):
        assert slacks(deal, cases, terms).min() <= robust.margin + 1e-7


def test_where_punishments_stay_put_the_program_is_exact_and_the_search_agrees(monkeypatch):
    """Only what cooperation pays is uncertain, so that what follows a breach is not."""
    from negotiation.deals import robustness

    model = loads("""\
title: Cooperation
parameters:
  x: {value: 0.5, range: [0, 1], unit: share, grade: assumed, meaning: gift}
  a: {value: 2, range: [1, 3], unit: u, grade: assumed, meaning: what it brings the first}
  b: {value: 2, range: [0, 3], unit: u, grade: assumed, meaning: what it brings the second}
  d: {value: 0.8, range: [0.5, 0.9], unit: per period, grade: assumed, meaning: patience}
players:
  A: {actions: [C, D], discount: d}
  B: {actions: [C, D], discount: 0.9}
payoffs:
  A: [["a - x", -1], [4, 0]]
  B: [["b + x", 4], [-1, 0]]
outcomes: {both: {profiles: [[C, C]], truce: true}}
terms: {x: [0, 1]}
""")
    deal = contract(model)
    cases = drawn(deal, 256, 0)
    exact = most_robust(deal, cases, deal.own)
    assert exact.exact
    others = np.linspace(0, 1, 201)
    worst = [slacks(deal, cases, np.array([x])).min() for x in others]
    assert max(worst) <= exact.margin + 1e-9
    assert max(worst) >= exact.margin - 0.01
    monkeypatch.setattr(robustness, "_program", lambda *known: (np.inf, known[2]))
    searched = most_robust(deal, cases, deal.own)
    assert not searched.exact
    assert searched.margin == pytest.approx(exact.margin, abs=1e-6)


def test_cases_hold_just_where_solve_says(deal, cases):
    nash = np.array([1.0, 0.5103881])
    found, held = slacks(deal, cases, nash), []
    for k in np.argsort(np.abs(found.min(axis=1)))[:6]:  # the closest calls
        values = {name: v[k] for name, v in cases.values.items()}
        one = solve(deal.model, **(values | deal.at(nash)))
        held.append(examine(one, deal.profile).sustained)
        assert held[-1] == (found[k] >= 0).all()
    assert len(set(held)) == 2


def test_shares_of_cases_are_counted(deal, cases):
    found = find_deals(deal, cases=64)
    for d in found.deals:
        slack = slacks(deal, cases, np.array(d.terms))
        assert d.holds_in == (slack >= -1e-9).all(axis=1).sum()
        assert d.broken_by == tuple((slack < -1e-9).sum(axis=0))


@pytest.mark.parametrize("cases", [0, 15, 100, -4])
def test_cases_are_a_power_of_two(deal, cases):
    with pytest.raises(UsageError, match="power of two"):
        drawn(deal, cases, 0)
