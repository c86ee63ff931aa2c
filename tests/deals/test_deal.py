"""Which deal: the flagship's known answers, every deal solved again, and what has no deal."""

from functools import cache

import numpy as np
import pytest

from negotiation.deals.deal import KINDS, find_deals
from negotiation.deals.terms import contract
from negotiation.errors import UsageError
from negotiation.payoff_file import loads
from negotiation.solution.solution import examine, solve
from tests.reference.flagship import flagship

FEW = 64
BENT = "terms: {ell: [0, 1], W: [4, 300], theta: [1, 3]}"


@cache
def deals(terms="terms: {ell: [0, 1], sigma: [0, 1]}", disagreement="worst", **settings):
    chosen = contract(flagship(terms), settings=settings)
    return find_deals(chosen, disagreement=disagreement, cases=FEW)


def one_licence(us="y*x - 10*x", **changes):
    """A small model: x and y are terms; `us` and `china` are the payoffs of a licence."""
    given = {"china": "(19 - 6*y)*x", "threat": "-28", "x": "[0, 1]", "y": "[0, 1]"} | changes
    return loads(
        f"""\
title: A licence
parameters:
  x: {{value: 0.6, range: [0, 1], unit: share, grade: assumed, meaning: cap}}
  y: {{value: 1, range: [0, 1], unit: share, grade: assumed, meaning: strings}}
players:
  US: {{actions: [license, embargo], discount: 0.8}}
  China: {{actions: [supply, stop], discount: 0.9}}
payoffs:
  US: [["{us}", "{us} + {given["threat"]}"], [0, "{given["threat"]}"]]
  China: [["{given["china"]}", "{given["china"]} + 6"], [0, 6]]
outcomes:
  truce: {{profiles: [[license, supply]], truce: true}}
terms: {{x: {given["x"]}, y: {given["y"]}}}
"""
    )


# --- the flagship ------------------------------------------------------------------------------


def test_the_nash_deal_of_the_flagship():
    found = deals()
    nash = found.deal("nash")
    assert found.method == "linear program"
    assert nash.terms == pytest.approx((1, 0.5103881278538813), abs=1e-6)
    assert nash.payoffs == pytest.approx((-9.2386667, 16.2376712), abs=1e-6)
    assert found.disagreement_point == pytest.approx((-28, 6.6))


def test_the_best_for_beijing_is_the_clean_licence():
    best = deals().deal("best_for_second")
    assert best.terms == pytest.approx((1, 0), abs=1e-9)
    assert best.payoffs == pytest.approx((-15.2, 19.3), abs=1e-9)
    assert best.needs[1] == pytest.approx(0.32446808510638303, abs=1e-9)


def test_the_files_own_terms_are_those_that_solve_knows():
    own = deals().own
    assert own.payoffs == pytest.approx((-2.112, 8.18))
    assert own.sustained
    assert own.needs == pytest.approx((0.0754, 0.7943), abs=1e-4)


def test_the_best_for_washington_is_where_beijing_is_indifferent():
    best = deals().deal("best_for_first")
    # China keeps to it from 7.27778 on: .5 + (24 - 5.2 - 6) ell
    assert best.terms == pytest.approx(((7.2777777777 - 0.5) / 12.8, 1), abs=1e-6)
    assert best.binding == (1,)


def test_the_safest_terms_leave_both_the_same_margin():
    found = deals()
    safest = found.deal("largest_margin")
    assert safest.slack == pytest.approx((found.margin, found.margin), abs=1e-6)
    assert found.margin == pytest.approx(9.6755035, abs=1e-6)


def test_the_least_patience_is_the_same_for_both():
    least = deals().deal("least_patience")
    assert least.needs[0] == pytest.approx(least.needs[1], abs=1e-7)
    assert least.needs[0] == pytest.approx(0.3729491, abs=1e-6)


@pytest.mark.parametrize("terms", ["terms: {ell: [0, 1], sigma: [0, 1]}", BENT])
def test_every_deal_is_sustained_by_solve_or_binds(terms):
    found = deals(terms)
    holding = [d for d in found.deals if d.kinds != ("most_robust",)]
    assert len(holding) >= 3
    for d in holding:
        again = solve(found.contract.model, **found.contract.at(d.terms))
        seen = examine(again, found.contract.profile)
        spread = np.ptp(again.game.payoffs)
        assert seen.slack == pytest.approx(d.slack)
        assert min(seen.slack) >= -1e-7 * spread
        assert seen.sustained or d.binding
        assert d.sustained == seen.sustained
        for i in (0, 1):
            assert (seen.slack[i] <= 1e-6 * spread) == (i in d.binding)


def test_terms_that_bend_payoffs_are_searched_and_said_so():
    found = deals(BENT)
    assert found.method == "search"
    assert "theta" in found.reason
    assert found.looked_at > 1000
    for kind in KINDS:
        assert (found.deal(kind) is None) == (kind in found.missing)


def test_no_random_terms_beat_the_searched_deals():
    found = deals(BENT)
    low, high = np.array(found.contract.bounds).T
    terms = np.random.default_rng(0).uniform(low, high, (800, len(low)))
    seen = found.contract.values(found.contract.games(terms))
    held = seen.by_player().min(axis=1) >= 0
    assert held.sum() > 20
    assert seen.by_player().min(axis=1).max() <= found.margin + 1e-6
    for i, kind in enumerate(("best_for_first", "best_for_second")):
        assert seen.payoffs[held, i].max() <= found.deal(kind).payoffs[i] + 1e-6
    gains = seen.payoffs[held] - found.disagreement_point
    best = np.prod(found.deal("nash").gains)
    assert gains[(gains > 0).all(axis=1)].prod(axis=1).max() <= best * (1 + 1e-6)


def test_a_deal_that_is_two_things_is_listed_once():
    found = deals()
    kinds = [k for d in found.deals for k in d.kinds]
    assert len(kinds) == len(set(kinds))
    assert set(kinds) | found.missing.keys() == set(KINDS)
    assert "egalitarian" in found.deal("best_for_second").kinds


# --- no deal -----------------------------------------------------------------------------------


def test_the_disagreement_point_is_named_and_moves_the_bargain():
    worst, minmax = deals(), deals(disagreement="minmax")
    assert minmax.disagreement_point == pytest.approx((-28, 6.6))
    stage = find_deals(contract(one_licence()), disagreement="stage", cases=16)
    assert stage.disagreement_point == pytest.approx((-28, 6))
    assert worst.deal("nash").payoffs == pytest.approx(minmax.deal("nash").payoffs)


def test_an_unknown_disagreement_is_refused():
    with pytest.raises(UsageError, match="worst, stage, minmax"):
        find_deals(contract(flagship()), disagreement="peace")


def test_no_terms_hold_and_whose_fault_it_is():
    alone = find_deals(contract(one_licence(china="0.1*x")), cases=16)
    assert not alone.exists
    assert alone.margin < 0
    assert alone.alone[0] > 0 > alone.alone[1]
    assert [d.kinds for d in alone.deals] == [("largest_margin",)]
    # each side can be content, but not at the same terms
    apart = find_deals(contract(cooperation("0", first="2 - 6*x", second="6*x - 2")), cases=16)
    assert apart.margin < 0 < min(apart.alone)


def test_who_would_rather_have_no_deal_is_named():
    """Playing once has two equilibria, one of which beats some deals that hold."""
    model = loads("""\
title: Two ways to meet
parameters:
  x: {value: 0.5, range: [0, 1], unit: share, grade: assumed, meaning: split}
players:
  A: {actions: [deal, high, low], discount: 0.9}
  B: {actions: [deal, high, low], discount: 0.9}
payoffs:
  A: [["6*x", 0, 0], [0, 3, 0], [0, 0, -5]]
  B: [["6 - 6*x", 0, 0], [0, 3, 0], [0, 0, -5]]
outcomes: {split: {profiles: [[deal, deal]], truce: true}}
terms: {x: [0, 1]}
""")
    found = find_deals(contract(model), cases=16)
    best = found.deal("best_for_first")
    assert best.terms == pytest.approx((1,))
    assert best.sustained
    assert found.one_shot[1] > best.payoffs[1] == pytest.approx(0)
    assert best.prefers_none == (1,)
    assert found.deal("nash").prefers_none == ()


def cooperation(both, first="0", second="0"):
    """A prisoner's dilemma in which only what cooperation pays depends on x."""
    return loads(f"""\
title: Cooperation
parameters:
  x: {{value: 0.5, range: [0, 1], unit: share, grade: assumed, meaning: gift}}
players:
  A: {{actions: [C, D], discount: 0.9}}
  B: {{actions: [C, D], discount: 0.9}}
payoffs:
  A: [["{first} + {both}", -1], [4, 0]]
  B: [["{second} + {both}", 4], [-1, 0]]
outcomes: {{both: {{profiles: [[C, C]], truce: true}}}}
terms: {{x: [0, 1]}}
""")


def test_nothing_to_bargain_about_is_a_result():
    model = loads("""\
title: One side has no stake
parameters:
  x: {value: 0.5, range: [0, 1], unit: share, grade: assumed, meaning: gift}
players:
  A: {actions: [C, D], discount: 0.9}
  B: {actions: [C, D], discount: 0.9}
payoffs:
  A: [[0, 0], [0, 0]]
  B: [[x, 0], [0, 0]]
outcomes: {both: {profiles: [[C, C]], truce: true}}
terms: {x: [0, 1]}
""")
    found = find_deals(contract(model), cases=16)
    assert "nothing to bargain about" in found.missing["nash"]
    assert found.deal("best_for_second").terms == pytest.approx((1,))


def test_a_term_without_a_bound_is_a_result():
    free = contract(cooperation("2 + x"), {"x": (0.0, np.inf)})
    found = find_deals(free, cases=16)
    assert found.method == "linear program"
    for kind in ("best_for_first", "best_for_second", "largest_margin", "nash"):
        assert "no bound" in found.missing[kind]
    assert found.margin == np.inf
    assert found.exists


def test_a_search_needs_bounds():
    bent = contract(one_licence("y*x - x^2"), {"x": (0.0, np.inf), "y": None})
    with pytest.raises(UsageError, match="'x' has no bound"):
        find_deals(bent, cases=16)


def test_the_same_seed_gives_the_same_answer():
    first, again = (find_deals(contract(flagship()), cases=32, seed=3) for _ in range(2))
    assert [d.terms for d in first.deals] == [d.terms for d in again.deals]
    assert [d.holds_in for d in first.deals] == [d.holds_in for d in again.deals]


def test_without_ranges_nothing_is_uncertain():
    model = one_licence()
    found = find_deals(contract(model), cases=16)
    assert found.sample is None
    assert found.robust is None
    assert found.own.holds_in is None
    assert "no range" in found.missing["most_robust"]


def test_where_both_are_just_indifferent_there_is_an_answer():
    """At every split both gain nothing and lose nothing by breaking it: no certificate needed."""
    model = loads("""\
title: A matter of indifference
parameters:
  x: {value: 0.5, range: [0, 1], unit: share, grade: assumed, meaning: split}
players:
  A: {actions: [C, D], discount: 0.5}
  B: {actions: [C, D], discount: 0.5}
payoffs:
  A: [["1 + 0*x", -1], [2, 0]]
  B: [["1 + 0*x", 2], [-1, 0]]
outcomes: {both: {profiles: [[C, C]], truce: true}}
terms: {x: [0, 1]}
""")
    found = find_deals(contract(model), cases=16)
    assert found.margin == pytest.approx(0, abs=1e-8)
    assert all(d.sustained and d.binding == (0, 1) for d in found.deals)
    assert found.exists
