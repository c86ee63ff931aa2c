"""Regimes and bands: the table by hand, the geometry, and all five on real games."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiation.games.game import Game, Outcome
from negotiation.kernels.hulls import beats_both, hull
from negotiation.solution.regimes import BANDS, REGIMES, Facts, band, regime
from negotiation.solution.solution import solve
from tests.first_edition import first_edition

NO_SCALE = np.ones(2)
ORIGIN = np.zeros(2)


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        (Facts(True, True, True, True), "self-enforcing"),
        (Facts(True, True, False, True), "self-enforcing"),
        (Facts(False, True, True, True), "armed truce"),
        (Facts(False, True, False, True), "armed truce"),
        (Facts(False, False, True, True), "partial cooperation"),
        (Facts(False, False, False, True), "no cooperation"),
        (Facts(False, False, False, False), "no pure equilibrium"),
    ],
)
def test_the_first_condition_that_holds_is_the_regime(facts, name):
    assert regime(facts) == name


def test_every_combination_of_facts_has_a_regime():
    names = {regime(Facts(*facts)) for facts in product((False, True), repeat=4)}
    assert names == {name for name, _ in REGIMES}


@pytest.mark.parametrize(
    ("sustained", "ever", "risk_dominant", "name"),
    [
        (True, True, True, "risk-dominant"),
        (True, True, False, "possible"),
        (True, False, False, "possible"),
        (False, True, False, "too impatient"),
        (False, False, False, "impossible"),
    ],
)
def test_bands(sustained, ever, risk_dominant, name):
    assert band(sustained=sustained, ever=ever, risk_dominant=risk_dominant) == name
    assert name in BANDS


@pytest.mark.parametrize(
    ("vertices", "beaten"),
    [
        ([], False),
        ([[1, 1]], True),
        ([[1, 0]], False),
        ([[0, 0]], False),
        ([[1e-12, 1e-12]], False),
        ([[-1, 3], [3, -1]], True),  # only the middle of the segment
        ([[-3, 1], [1, -3]], False),
        ([[-1, 1], [1, -1]], False),  # touches the origin
        ([[0, 1], [0, 3]], False),  # one side never gains
        ([[0, 3], [3, 0], [0, 0]], True),  # no vertex, but an edge
        ([[-1, -1], [5, -1], [-1, 5]], True),
        ([[-1, -1], [5, -1], [5, 0], [-1, 0]], False),
    ],
)
def test_beating_both_by_hand(vertices, beaten):
    ring = np.array(vertices, dtype=float).reshape(-1, 2)
    assert beats_both(ring, ORIGIN, NO_SCALE) is beaten


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(-5, 5), st.integers(-5, 5)), min_size=1, max_size=6),
    st.integers(-4, 4),
    st.integers(-4, 4),
)
def test_beating_both_agrees_with_a_fine_grid_on_the_polygon(points, x, y):
    corners = np.array(points, dtype=float)
    ring = corners[hull(corners)]
    worst = np.array([x, y], dtype=float)
    shares = np.linspace(0, 1, 241)[:, None]
    edges = [a + shares * (b - a) for a in ring for b in ring]
    margin = (np.concatenate(edges) - worst).min(axis=1).max()
    if beats_both(ring, worst, NO_SCALE):
        assert margin > -0.05
    else:
        assert margin <= 1e-9


def test_beating_both_does_not_depend_on_units():
    ring = np.array([[0.0, 3.0], [3.0, 0.0]])
    for scale, shift in ((1e6, 0.0), (1.0, 1e6), (1e-6, 5.0)):
        worst = np.array([shift, shift])
        assert beats_both(ring * scale + shift, worst, NO_SCALE * scale)
        assert not beats_both(ring * scale + shift, worst + 1.5 * scale, NO_SCALE * scale)


def named(a, b, discount, truce):
    outcomes = (Outcome("deal", (truce,), truce=True),) if truce else ()
    return Game.from_tables(a, b, discount=discount, outcomes=outcomes)


PD = ([[9, 1], [10, 3]], [[9, 10], [1, 3]])


@pytest.mark.parametrize(
    ("tables", "discount", "truce", "name"),
    [
        (([[4, 0], [3, 3]], [[4, 3], [0, 3]]), 0.5, (0, 0), "self-enforcing"),
        (PD, 0.75, (0, 0), "armed truce"),
        (PD, 0.1, (0, 0), "no cooperation"),
        (PD, 0.75, None, "partial cooperation"),
        (PD, 0.1, None, "no cooperation"),
        # Only turns help: each wants the other's sacrifice, doing it together is worthless.
        (([[0, -1], [5, 0]], [[0, 5], [-1, 0]]), 0.8, (0, 0), "partial cooperation"),
        (([[1, -1], [-1, 1]], [[-1, 1], [1, -1]]), 0.9, None, "no pure equilibrium"),
        (([[2]], [[2]]), 0.5, None, "no cooperation"),
        (([[2]], [[2]]), 0.5, (0, 0), "self-enforcing"),
    ],
)
def test_real_games_of_every_regime(tables, discount, truce, name):
    assert solve(named(*tables, discount, truce)).regime == name


@pytest.mark.parametrize(
    ("slug", "values", "name"),
    [
        (first_edition("h200-licence"), {}, "self-enforcing"),
        (first_edition("chips-for-rare-earths"), {}, "armed truce"),
        (first_edition("chips-for-rare-earths"), {"s": 0.8}, "no cooperation"),
        ("matching-pennies", {}, "no pure equilibrium"),
        ("prisoners-dilemma", {}, "armed truce"),
    ],
)
def test_bundled_models_of_every_regime(solved, slug, values, name):
    assert solved(slug, **values).regime == name


@settings(max_examples=12)
@given(
    st.lists(st.integers(-3, 3), min_size=8, max_size=8),
    st.sampled_from([0.0, 0.3, 0.6, 0.9]),
    st.sampled_from([(0, 0), (0, 1), (1, 1)]),
)
def test_the_regime_follows_from_what_else_is_reported(cells, discount, truce):
    tables = np.array(cells, dtype=float).reshape(2, 2, 2)
    found = solve(named(*tables, discount, truce))
    (deal,) = (o for o in found.outcomes if o.truce)
    expected = (
        "self-enforcing"
        if deal.best_deviation[0].gain <= 0 and deal.best_deviation[1].gain <= 0
        else "armed truce"
        if deal.sustained
        else "no pure equilibrium"
        if found.repeated.status == "empty"
        else None
    )
    if expected:
        assert found.regime == expected
        return
    worst = np.min([e.payoffs for e in found.stage.equilibria], axis=0)
    corners = found.repeated.vertices
    shares = np.linspace(0, 1, 101)[:, None]
    best = max(
        float((a + shares * (b - a) - worst).min(axis=1).max()) for a in corners for b in corners
    )
    if best > 0.2:
        assert found.regime == "partial cooperation"
    elif best <= 1e-10:
        assert found.regime == "no cooperation"
